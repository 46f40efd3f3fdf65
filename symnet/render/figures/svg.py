"""A figure as SVG: one self-contained file, the same bytes for the same figure.

Labels are typeset as outlines, so that the reader's machine needs no font.  Marks of one stage stand in groups with
``data-stage``: whoever shows the picture step by step hides the groups of later stages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from symnet.render.display import Tagged
from symnet.render.figures.figure import Circle, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Point, arrow_head, dashes, shaft
from symnet.render.figures.measure import RISE, node_of
from symnet.render.theme import LIGHT, Theme
from symnet.render.typeset import FormulaSvg, formula_svgs, shared_glyphs

HALO = 2.0
"""How far the cleared ground reaches around a label, in points."""


def svg(figure: Figure, theme: Theme = LIGHT, stage: int | None = None) -> str:
    """The figure as SVG, in the theme's colours on its ground; only the marks up to ``stage``, if one is given.

    The identifiers in it are those of this very picture, so that several may stand in one page.
    """
    marks = [mark for mark in figure.marks if stage is None or mark.stage <= stage]
    prefix = "f" + hashlib.sha256(_rounded(repr((figure, theme.name, stage))).encode()).hexdigest()[:10]
    glyphs, labels = _typeset(marks, theme, prefix)
    typeset = iter(labels)
    title = re.split(r"(?<=[.:;])\s", figure.description, maxsplit=1)[0].rstrip(".:;")
    width, height = _number(figure.width), _number(figure.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="{prefix}-t {prefix}-d">',
        f'<title id="{prefix}-t">{_text(title)}</title>',
        f'<desc id="{prefix}-d">{_text(figure.description)}</desc>',
        glyphs,
        f'<rect width="{width}" height="{height}" fill="{theme["ground"]}"/>',
    ]
    for at, group in groupby(marks, key=lambda mark: mark.stage):
        lines += [f'<g data-stage="{at}">', *_drawn(group, theme, typeset), "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _rounded(text: str) -> str:
    """The text with six figures of each decimal number: the last ones differ from processor to processor."""
    return re.sub(r"\d+\.\d+(?:e[+-]?\d+)?", lambda found: f"{float(found[0]):.6g}", text)


def _typeset(marks: Iterable[Mark], theme: Theme, prefix: str) -> tuple[str, list[FormulaSvg]]:
    """The letters of all labels, and the labels in the order of the marks; those of one size are typeset at once."""
    labels = [mark for mark in marks if isinstance(mark, Label)]
    made: dict[int, FormulaSvg] = {}
    for size in sorted({label.size for label in labels}):
        places = [k for k, label in enumerate(labels) if label.size == size]
        nodes = [Tagged(node_of(labels[k].content), labels[k].colour) for k in places]
        named = f"{prefix}-{_number(size).replace('.', '_')}-"
        made |= zip(places, formula_svgs(nodes, size=size, theme=theme, id_prefix=named), strict=True)
    glyphs, shared = shared_glyphs([made[k] for k in range(len(labels))], f"{prefix}-g")
    return glyphs if labels else "", shared


def _drawn(marks: Iterable[Mark], theme: Theme, typeset: Iterator[FormulaSvg]) -> Iterator[str]:
    for mark in marks:
        match mark:
            case Path():
                yield from _path(mark, theme)
            case Circle(centre=(x, y), radius=radius):
                place = f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
                yield f"<circle {place} {_paint(mark.fill, mark.stroke, mark.width, theme)}/>"
            case Label():
                yield from _label(mark, theme, next(typeset))


def _path(path: Path, theme: Theme) -> Iterator[str]:
    points = shaft(path.points, path.width) if path.arrow else path.points
    pattern = dashes(path.dash, path.width)
    paint = _paint(path.fill, path.stroke, path.width, theme)
    if pattern is not None:
        paint += f' stroke-dasharray="{_number(pattern[0])} {_number(pattern[1])}"'
    end = "Z" if path.closed else ""
    yield f'<path d="{_through(points)}{end}" {paint} stroke-linejoin="round"/>'
    if path.arrow:
        yield f'<path d="{_through(arrow_head(path.points, path.width))}Z" fill="{theme[path.stroke]}"/>'


def _label(label: Label, theme: Theme, shown: FormulaSvg) -> Iterator[str]:
    x = label.at[0] - {"start": 0.0, "middle": shown.width / 2, "end": shown.width}[label.anchor]
    y = label.at[1] - shown.height / 2
    if isinstance(label.content, str):
        y = label.at[1] + RISE * label.size - shown.baseline
    if label.halo:
        yield (
            f'<rect x="{_number(x - HALO)}" y="{_number(y - HALO)}" width="{_number(shown.width + 2 * HALO)}" '
            f'height="{_number(shown.height + 2 * HALO)}" fill="{theme["ground"]}"/>'
        )
    # Lengths are points here, and pixels in a page; the letters follow what they label.
    lettering = re.sub(r'(width|height)="([0-9.]+)pt"', r'\1="\2"', shown.svg, count=2)
    yield f'<g transform="translate({_number(x)} {_number(y)})">{lettering}</g>'


def _paint(fill: str, stroke: str, width: float, theme: Theme) -> str:
    filled = f'fill="{theme[fill] if fill else "none"}"'
    return f'{filled} stroke="{theme[stroke]}" stroke-width="{_number(width)}"' if stroke else filled


def _through(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """A length to the hundredth of a point."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """``text`` as XML may hold it."""
    return escape("".join(char for char in text if char in "\n\t" or ord(char) >= 32))
