"""From the tags of a formula to colours: ``factor3`` is the third factor's, any other tag a role of the theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symnet.render.display import Node, Tagged, walk
from symnet.render.document import Block, Formulas, Note, Paragraph, Table
from symnet.render.theme import Theme

_FACTOR = re.compile(r"factor([0-9]+)")


def factor_of(tag: str) -> int:
    """The number of the factor that a tag is of; 0 for a role."""
    found = _FACTOR.fullmatch(tag)
    return int(found[1]) if found else 0


def colour(tag: str, theme: Theme) -> str:
    """The colour of a tag, ``#rrggbb``."""
    return theme.factor(factor_of(tag)) if factor_of(tag) else theme[tag]


def tags(block: Block) -> tuple[str, ...]:
    """Every tag in a block, each once."""
    return tuple(dict.fromkeys(n.tag for node in _nodes(block) for n in walk(node) if isinstance(n, Tagged)))


def palette(block: Block) -> dict[str, str]:
    """Every tag of a block by the name of the colour that a LaTeX preamble defines for it."""
    return {tag: tag for tag in tags(block)}


def _nodes(block: Block) -> Iterator[Node]:
    match block:
        case Formulas(rows=rows):
            found = [part for row in rows for part in (row.left, row.right, *row.reason)]
        case Paragraph(parts=parts) | Note(parts=parts):
            found = list(parts)
        case Table(header=header, rows=lines):
            found = [cell for line in (header, *lines) for cell in line]
        case _:
            found = []
    yield from (part for part in found if isinstance(part, Node))
