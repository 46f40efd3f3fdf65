"""Blocks that are not rows, as units: prose, remarks, headings, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from symnet.render.deck.pages.breaking import least_width, lines_of, on_a_line, shrinking
from symnet.render.deck.pages.matter import BASE, SMALLEST, Bar, Image, Mark, Matter, Placed, Print
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pages.units import Unit, moved, shrunk
from symnet.render.display import Node, Row
from symnet.render.document import Part, Table
from symnet.render.figures.figure import Figure
from symnet.render.theme import THEMES

GAP = 16.0
"""Above a block."""

LEADING = 0.25 * BASE
"""Between lines of prose."""

NOTE_INDENT = 14.0
CELL_GAP, LINE_GAP = 26.0, 10.0
#: How much wider bold words are, at most.
_BOLD = 1.25
KEPT = 0.75
"""The part of a page that a table may take and not be divided."""

SMALLEST_PICTURE, LARGEST_PICTURE = 0.8, 1.4
"""How much smaller and larger than it was drawn a picture may be shown beside others, so that it can be read."""


def prose_units(
    parts: Sequence[Part],
    width: float,
    tallest: float,
    step: int,
    show: Print,
    ruler: Ruler,
    *,
    label: str = "",
    leads: bool = False,
) -> list[Unit]:
    """A paragraph, after a ``label`` if it has one.

    What is higher than a page is divided between words; a formula wider than a line has lines of its own.
    """
    wide = [k for k, part in enumerate(parts) if isinstance(part, Node) and ruler(show.prose((part,))).width > width]
    if wide:
        before, formula, after = parts[: wide[0]], parts[wide[0]], parts[wide[0] + 1 :]
        assert isinstance(formula, Node)
        first = prose_units(before, width, tallest, step, show, ruler, label=label, leads=True) if before else []
        second = prose_units(after, width, tallest, step, show, ruler, leads=leads) if after else []
        return [*first, *formula_units(formula, width, tallest, step, show, ruler), *second]
    matter = _paragraph(label, parts, width, show)
    extent = ruler(matter)
    divided = _halves(parts) if extent.height > tallest else None
    if divided is not None:
        first = prose_units(divided[0], width, tallest, step, show, ruler, label=label, leads=leads)
        second = prose_units(divided[1], width, tallest, step, show, ruler, leads=leads)
        return [*first, *(replace(unit, gap=LEADING) for unit in second)]
    return [Unit(extent.height, ((Placed(matter, extent, 0.0, extent.ascent),),), step, GAP, leads=leads)]


def _paragraph(label: str, parts: Sequence[Part], width: float, show: Print) -> Matter:
    if not label:
        return show.prose(parts, width=width)
    return show.headed((f"{label}: ",), parts, "accent", "ink", width=width)


def formula_units(node: Node, width: float, tallest: float, step: int, show: Print, ruler: Ruler) -> list[Unit]:
    """A formula on lines of its own, one below the other."""
    units = []
    for number, line in enumerate(lines_of(Row(None, "", node), width, show, ruler)):
        indent = BASE if line.indented else 0.0
        factor = shrinking(line.right, width - indent, tallest, ruler)
        unit = on_a_line([(line.right, indent, factor)], step, ruler, cramped=True)
        units.append(replace(unit, gap=LINE_GAP if number else GAP, leads=True))
    return units


def _halves(parts: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Part, ...]] | None:
    """The parts divided at the space nearest to their middle, if there is one."""
    spaces = [
        (number, position)
        for number, part in enumerate(parts)
        if isinstance(part, str)
        for position, char in enumerate(part)
        if char == " " and (number or part[:position].strip()) and (number < len(parts) - 1 or part[position:].strip())
    ]
    if not spaces:
        return None
    number, position = spaces[len(spaces) // 2]
    text = parts[number]
    assert isinstance(text, str)
    return (*parts[:number], text[:position]), (text[position + 1 :], *parts[number + 1 :])


def note_units(
    label: str, parts: Sequence[Part], width: float, tallest: float, step: int, show: Print, ruler: Ruler
) -> list[Unit]:
    """A remark: its kind in bold, and a bar beside it."""
    body = prose_units(parts, width - NOTE_INDENT, tallest, step, show, ruler, label=label)

    def beside_a_bar(unit: Unit) -> Unit:
        bar = Bar(0.0, 0.0, 2.5, unit.height, "accent")
        return replace(unit, frames=((bar, *moved(unit.frames[0], NOTE_INDENT, 0.0)),))

    return [beside_a_bar(unit) for unit in body]


def heading_unit(title: str, width: float, step: int, show: Print, ruler: Ruler) -> Unit:
    """The title of a part of a slide."""
    matter = show.prose((title,), width=width, size=1.05, bold=True)
    extent = ruler(matter)
    return Unit(extent.height, ((Placed(matter, extent, 0.0, extent.ascent),),), step, 1.3 * GAP, leads=True)


def table_units(
    table: Table, width: float, tallest: float, scale: float, step: int, show: Print, ruler: Ruler
) -> list[Unit]:
    """The lines of a table, a unit each; a long one is divided, with its header above every page of it."""
    grid = [[_cell(cell, None, number == 0, show) for cell in row] for number, row in enumerate(_square(table))]
    columns = len(grid[0])
    gaps = CELL_GAP * (columns - 1)
    widths = [max(ruler(row[column]).width for row in grid) for column in range(columns)]
    factor = min(1.0, width / (sum(widths) + gaps)) if sum(widths) else 1.0
    least = SMALLEST / (BASE * scale)
    if factor < least:
        grid, widths = _wrapped(table, widths, width - gaps, show, ruler)
        factor = min(1.0, width / (sum(widths) + gaps))
    lines = [_table_line(row, widths, number == 0, step, ruler) for number, row in enumerate(grid)]
    header, *body = [shrunk(line, factor) if factor < 1 else line for line in lines]
    whole = sum(line.height + LINE_GAP for line in lines) <= KEPT * tallest
    units = [replace(header, gap=GAP, leads=True)]
    for number, line in enumerate(body):
        under = header.height + LINE_GAP
        marks = tuple(replace(mark, y=mark.y + under) for mark in line.frames[0])
        again = replace(line, height=line.height + under, frames=((*header.frames[0], *marks),))
        units.append(
            replace(line, gap=LINE_GAP, continued=again, leads=(whole or number == 0) and line is not body[-1])
        )
    return units


def _square(table: Table) -> list[tuple[Part, ...]]:
    """Header and rows, each as long as the longest."""
    rows = [table.header, *table.rows]
    longest = max(map(len, rows))
    return [(*row, *[""] * (longest - len(row))) for row in rows]


def _cell(cell: Part, width: float | None, is_header: bool, show: Print) -> Matter:
    if isinstance(cell, Node) and not is_header:
        return show.formula(cell)
    return show.prose((cell,), width=width, role="muted" if is_header else "ink", bold=is_header)


def _wrapped(
    table: Table, widths: Sequence[float], room: float, show: Print, ruler: Ruler
) -> tuple[list[list[Matter]], list[float]]:
    """The cells with prose in lines: columns share the room as far as they need it, each wide enough for its words."""
    rows = _square(table)
    least = [
        max(
            ruler(show.formula(cell)).width
            if isinstance(cell, Node) and number
            else least_width((cell,), 1.0, show, ruler) * (1.0 if number else _BOLD)
            for number, cell in enumerate(column)
        )
        for column in zip(*rows, strict=True)
    ]
    given = list(least)
    spare = max(0.0, room - sum(least))
    # Who wants least is served first, so that one long column does not break all the others.
    wanted = sorted((max(0.0, need - words), k) for k, (need, words) in enumerate(zip(widths, least, strict=True)))
    for left, (want, k) in zip(range(len(wanted), 0, -1), wanted, strict=True):
        got = min(want, spare / left)
        given[k] += got
        spare -= got
    grid = [
        [_cell(cell, given[column], number == 0, show) for column, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    return grid, given


def _table_line(row: Sequence[Matter], widths: Sequence[float], is_header: bool, step: int, ruler: Ruler) -> Unit:
    extents = [ruler(cell) for cell in row]
    ascent = max(extent.ascent for extent in extents)
    height = ascent + max(extent.descent for extent in extents)
    marks: list[Mark] = []
    x = 0.0
    for cell, extent, wide in zip(row, extents, widths, strict=True):
        marks.append(Placed(cell, extent, x, ascent))
        x += wide + CELL_GAP
    if is_header:
        height += 4.0
        marks.append(Bar(0.0, height - 0.8, x - CELL_GAP, 0.8, "faint"))
    return Unit(height, (tuple(marks),), step)


def picture_unit(figure: Figure, width: float, room: float, step: int, show: Print) -> Unit:
    """A picture in the middle of ``width``, at most ``room`` high: a frame a stage."""
    factor = min(width / figure.width, room / figure.height, LARGEST_PICTURE)
    wide, high = figure.width * factor, figure.height * factor
    left = (width - wide) / 2
    frames = tuple(
        (Image(left, 0.0, wide, high, _drawn(figure, show.theme.name, stage), figure.description),)
        for stage in range(figure.stages)
    )
    return Unit(high, frames, step, GAP)


@lru_cache(maxsize=64)
def _drawn(figure: Figure, theme: str, stage: int) -> str:
    """The picture at a stage; it is asked for with every layout."""
    from symnet.render.figures.svg import svg

    return svg(figure, THEMES[theme], stage)
