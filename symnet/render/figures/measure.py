"""How large labels are: typeset once, remembered, and scaled to the size asked for."""

from __future__ import annotations

from collections.abc import Iterable

from symnet.render.display import Node, Words
from symnet.render.figures.figure import Label
from symnet.render.figures.geometry import Box

Content = str | Node
"""Prose or mathematics."""

Size = tuple[float, float]
"""Width and height in points."""

RISE, PROSE = 0.24, 0.92
"""Where the baseline of prose lies below the middle of its line, and how high the line is, in multiples of its size.

So words side by side stand on one line, whatever letters reach up or down.
"""

_AT = 100.0
_MOST = 8192
_KNOWN: dict[Content, Size] = {}


def node_of(content: Content) -> Node:
    """Mathematics as it is, prose as words within it."""
    return Words(content) if isinstance(content, str) else content


def sizes(contents: Iterable[Content], size: float) -> list[Size]:
    """Width and height of every label at a font size in points; what is not known yet is typeset in one go."""
    listed = list(contents)
    missing = [content for content in dict.fromkeys(listed) if content not in _KNOWN]
    if missing:
        from symnet.render.typeset import measure

        if len(_KNOWN) + len(missing) > _MOST:
            _KNOWN.clear()
            missing = list(dict.fromkeys(listed))
        _KNOWN.update(zip(missing, measure([node_of(content) for content in missing], _AT), strict=True))
    scale = size / _AT
    return [
        (_KNOWN[content][0] * scale, PROSE * size if isinstance(content, str) else _KNOWN[content][1] * scale)
        for content in listed
    ]


def size_of(content: Content, size: float) -> Size:
    """Width and height of one label."""
    return sizes([content], size)[0]


def box_of(label: Label) -> Box:
    """Where a label lies."""
    width, height = size_of(label.content, label.size)
    left = label.at[0] - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return Box(left, label.at[1] - height / 2, left + width, label.at[1] + height / 2)
