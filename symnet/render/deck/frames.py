"""What stands on one frame of a Beamer deck: rows broken to the width of a slide, slides divided by their height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

from symnet.render import latex as tex
from symnet.render.deck.colours import palette
from symnet.render.deck.heights import height_of
from symnet.render.deck.model import Slide, steps_of
from symnet.render.display import Node, Row, Tagged
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Picture, Table
from symnet.render.rows import Line, latex_lines, reason_parts
from symnet.render.widths import latex_width

WIDTH = 42.0
"""The width of a slide's text in em; where a formula's width was taken for too small, the frame is made smaller."""

HEIGHT = 18.5
"""The height of a slide below its title, in lines as they are estimated."""

SMALLEST = 0.86
"""A slide that is a little too tall is made smaller, down to this, rather than continued."""

SMALLEST_LINE = 0.4
"""What cannot be broken is made smaller down to this; if that is not enough, all of its frame is."""

MISJUDGED = 1.2
"""How much wider than it is a formula may be taken for."""

GAP = 1.5
"""Between a formula, its shape and its reason, in em."""

REASONS = (16.0, 13.0, 10.0, 8.0)
"""How wide the reasons of a derivation may be, in em: they give way to formulas that would be broken."""

ROW_GAP, BLOCK_GAP, TABLE_ROW, PROSE_LINE = 0.45, 0.8, 1.5, 1.15
"""In lines: between two rows, between two blocks, from one row of a table to the next, from one line of prose to it."""

LINE = 1.07
"""One line as it is estimated, in em."""

PICTURE = 10.5
"""The least height of a picture that has no frame of its own, in lines; it takes what the others leave."""

TABLE_ROWS = 10
"""The most rows of a table on one frame."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is not divided between frames: a row of a derivation, a ``part`` of a table, or another block.

    A row has its ``lines`` and the width in em of its derivation's reasons; ``begins`` says how good a place it is to
    begin a frame with, 0 being the best.
    """

    block: int
    content: Block | Row
    height: float
    steps: int
    part: int = 0
    begins: int = 0
    lines: tuple[Line, ...] = ()
    reason_width: float = 0.0


def frames(slide: Slide) -> list[list[Item]]:
    """The items of a slide, on one frame or several."""
    return divided([item for number, block in enumerate(slide.blocks) for item in _items(number, block)])


def _items(number: int, block: Block) -> Iterator[Item]:
    match block:
        case Formulas(rows=rows):
            layouts = [_layout(number, block, width) for width in _reason_widths(rows)]
            yield from min(layouts, key=lambda items: sum(item.height for item in items))
        case Table(header=header, rows=rows):
            for start in range(0, max(1, len(rows)), TABLE_ROWS):
                part = Table(header, rows[start : start + TABLE_ROWS])
                height = TABLE_ROW * (len(part.rows) + 1) + BLOCK_GAP
                yield Item(number, part, height, steps=int(start == 0), part=start)
        case Paragraph(parts=parts):
            yield Item(number, block, _prose_height(parts), 1)
        case Note(label=label, parts=parts):
            yield Item(number, block, _prose_height((label, *parts)), 1)
        case Picture(figure=figure):
            natural = figure.height / figure.width * WIDTH / LINE
            yield Item(number, block, min(natural, PICTURE) + BLOCK_GAP, steps_of(block))
        case Heading():
            yield Item(number, block, PROSE_LINE + BLOCK_GAP, 0)


def _reason_widths(rows: Sequence[Row]) -> list[float]:
    """The widths worth trying: what the reasons need by themselves, and less."""
    longest = max((prose_width(reason_parts(row)) for row in rows), default=0.0)
    return [min(longest, REASONS[0]), *(width for width in REASONS[1:] if width < longest)]


def shapes_in_column(rows: Sequence[Row]) -> bool:
    """Whether shapes have a column of their own; a single one stands right behind its formula."""
    return sum(bool(row.shape) for row in rows) > 1


def _layout(number: int, block: Formulas, reason_width: float) -> list[Item]:
    """The rows of a derivation whose reasons are at most that wide."""
    rows = block.rows
    shape_width = max((prose_width((row.shape,)) + GAP for row in rows if row.shape), default=0.0)
    room = WIDTH - (reason_width + GAP if reason_width else 0.0)
    column = shapes_in_column(rows)
    wide, narrow = (
        latex_lines(rows, width=width, palette=palette(block), reasons=False) for width in (room, room - shape_width)
    )
    left = max((latex_width(line.left) + 1.0 for line in wide), default=0.0)
    items = []
    for k, row in enumerate(rows):
        beside = shape_width if column or row.shape else 0.0
        found = (line for line in (narrow if beside else wide) if line.row == k)
        lines = tuple(_made_smaller(line, room - left - beside) for line in found)
        reason = ceil(prose_width(reason_parts(row)) / reason_width) if reason_width else 0
        height = (len(lines) - 1) * _row_height(row) + max(_row_height(row), PROSE_LINE * reason)
        begins = 3 if row.left is None else int(isinstance(row.left, Tagged))
        items.append(Item(number, row, height + len(lines) * ROW_GAP, 1, 0, begins, lines, reason_width))
    return items


def _made_smaller(line: Line, room: float) -> Line:
    """A line that could not be broken and sticks out by more than its width may be misjudged, made to fit."""
    size = max(SMALLEST_LINE, room / max(latex_width(line.right), 0.1))
    if size > 1 / MISJUDGED:
        return line
    return replace(line, right=rf"\scalebox{{{size:.2f}}}{{$\displaystyle {line.right}$}}")


def _row_height(row: Row) -> float:
    return max(height_of(node) for node in (row.left, row.right) if node is not None)


def prose_width(parts: Sequence[Part]) -> float:
    """Prose on one line, in em."""
    return sum(latex_width(tex.latex(p)) if isinstance(p, Node) else 0.48 * len(p) for p in parts)


def _prose_height(parts: Sequence[Part]) -> float:
    return PROSE_LINE * ceil(prose_width(parts) / WIDTH) + BLOCK_GAP


def divided(items: Sequence[Item]) -> list[list[Item]]:
    """The items on as few frames as hold them, each about as full as the others, none beginning amid a derivation.

    The best of all divisions by dynamic programming: a frame costs the square of what it is emptier or fuller than
    the average, and what its first row costs as a beginning.
    """
    total = sum(item.height for item in items)
    if total <= HEIGHT / SMALLEST:
        return [list(items)]
    share = total / ceil(total / HEIGHT)

    def cost(first: int, last: int) -> float:
        height = sum(item.height for item in items[first:last])
        too_full = max(0.0, height - HEIGHT / SMALLEST) if last - first > 1 else 0.0
        return (height - share) ** 2 + 20 * items[first].begins * bool(first) + 1e6 * too_full + 40

    @cache
    def best(first: int) -> tuple[float, tuple[int, ...]]:
        if first == len(items):
            return 0.0, ()
        ways = ((cost(first, last), last) for last in range(first + 1, len(items) + 1))
        return min((here + best(last)[0], (first, *best(last)[1])) for here, last in ways)

    starts = best(0)[1]
    return [list(items[a:b]) for a, b in zip(starts, (*starts[1:], len(items)), strict=True)]
