"""The rows of a derivation on a page: left sides, relations, right sides and reasons, each in its column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symnet.render.deck.pages.breaking import least_width, lines_of, on_a_line, shrinking
from symnet.render.deck.pages.matter import BASE, REASON, SMALLEST, Matter, Print
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pages.units import Unit, stacked
from symnet.render.display import Group, Listing, Node, Row, Tagged
from symnet.render.document import Part
from symnet.render.rows import reason_parts
from symnet.render.typst import relation

INDENT = 16.0
ROW_GAP, TIGHT_GAP, LINE_GAP = 13.0, 8.0, 7.0
"""Between rows, between rows of a slide that is full, and between the lines of a row."""

SPACE = 0.3 * BASE
"""Between a relation and its sides."""

COLUMN_GAP = 1.4 * BASE
SHAPE_GAP = 0.9 * BASE
KEPT = 0.5
"""The part of a page that rows with one left side may take and not be divided."""

REASONS, WIDEST_REASONS = 0.28, 0.5
"""The part of the width that reasons take where right sides need the room, and where a formula in them needs it."""

_SHORT_WORD = 12


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns of a derivation are: right ends of left sides and signs, left ends of the others."""

    left: float
    sign: float
    right: float
    note: float
    end: float


def row_units(
    rows: Sequence[Row], width: float, tallest: float, scale: float, step: int, show: Print, ruler: Ruler
) -> list[Unit]:
    """A unit a row; a row above ``tallest`` is divided at its lines.

    ``scale`` is how large the page will be shown: reasons do not get smaller with it than they may.
    """
    small = max(REASON, SMALLEST / (BASE * scale))
    gap = ROW_GAP if scale == 1 else TIGHT_GAP
    notes = [show.prose(reason_parts(row), size=small, role="muted") if row.reason else None for row in rows]
    columns = _columns(rows, notes, width, small, show, ruler)
    units: list[Unit] = []
    carried: Node | None = None
    for number, (row, note) in enumerate(zip(rows, notes, strict=True)):
        beside = None if note is None else _note(row, note, columns.end - columns.note, small, show, ruler)
        lefts = [_lefts(row.left, show)]
        if row.left is None and carried is not None:
            lefts.append((None, show.muted(_split(carried)[1])))
        carried = row.left or carried
        made = [_row(row, left, beside, columns, small, tallest, step + number, show, ruler) for left in lefts]
        whole = [stacked(lines) for lines in made]
        if whole[0].height <= tallest:
            units.append(replace(whole[0], gap=gap, continued=whole[1] if len(whole) > 1 else None))
        else:
            units += [replace(made[0][0], gap=gap), *made[0][1:]]
    return _kept_together(units, KEPT * tallest)


def _kept_together(units: Sequence[Unit], most: float) -> list[Unit]:
    """Rows with one left side stay on one page if they are not higher than ``most`` together."""
    starts = [number for number, unit in enumerate(units) if unit.continued is None]
    groups = [units[start:end] for start, end in zip(starts, [*starts[1:], len(units)], strict=True)]
    kept: list[Unit] = []
    for group in groups:
        together = sum(unit.height + unit.gap for unit in group) <= most
        kept += [replace(unit, leads=together) for unit in group[:-1]] + list(group[-1:])
    return kept


def _columns(
    rows: Sequence[Row], notes: Sequence[Matter | None], width: float, small: float, show: Print, ruler: Ruler
) -> _Columns:
    """Left sides above a third of the width do not count; reasons stand at the right edge."""
    lefts = [_left_width(_lefts(row.left, show), ruler) for row in rows if row.left is not None]
    left = INDENT + max((wide for wide in lefts if wide <= width / 3), default=0.0)
    signs = max((ruler(show.source(relation(row.relation))).width for row in rows if row.relation), default=0.0)
    sign = left + (SPACE if left > INDENT else 0.0) + signs
    right = sign + (SPACE if signs else 0.0)
    reasons = max((ruler(note).width for note in notes if note is not None), default=0.0)
    if not reasons:
        return _Columns(left, sign, right, width, width)
    longest = max(
        (_right_width(row, show, ruler) for row, note in zip(rows, notes, strict=True) if note is not None),
        default=0.0,
    )
    room = width - right - longest - COLUMN_GAP
    # Where there is room, reasons begin at the same place on every slide.
    taken = reasons if room < reasons < REASONS * width else max(REASONS * width, min(reasons, room))
    least = max(_least(row, small, show, ruler) for row in rows)
    return _Columns(left, sign, right, width - max(taken, min(least, WIDEST_REASONS * width)), width)


def _least(row: Row, small: float, show: Print, ruler: Ruler) -> float:
    """The width that a reason needs; short words need no measuring."""
    parts: list[Part] = []
    for part in reason_parts(row):
        parts += [part] if isinstance(part, Node) else [word for word in part.split() if len(word) > _SHORT_WORD]
    return least_width(parts, small, show, ruler)


def _note(row: Row, note: Matter, room: float, small: float, show: Print, ruler: Ruler) -> tuple[Matter, float]:
    """A reason in lines as wide as its column, and how large it is: what cannot be broken is made smaller."""
    least = _least(row, small, show, ruler)
    factor = min(1.0, room / least) if least else 1.0
    if ruler(note).width * factor <= room:
        return note, factor
    return show.prose(reason_parts(row), width=room / factor, size=small, role="muted"), factor


def _lefts(left: Node | None, show: Print) -> tuple[Matter | None, Matter | None]:
    """The number of a row and its left side."""
    label, rest = (None, None) if left is None else _split(left)
    return None if label is None else show.formula(label), None if rest is None else show.formula(rest)


def _split(left: Node) -> tuple[Node | None, Node]:
    """A left side such as ``(1)  ∂C/∂z``: its number, which has a column of its own, and the rest."""
    match left:
        case Tagged(body=Listing(items=(Group() as label, rest), separator="  "), tag=tag):
            return Tagged(label, tag), Tagged(rest, tag)
        case Listing(items=(Group() as label, rest), separator="  "):
            return label, rest
    return None, left


def _left_width(lefts: tuple[Matter | None, Matter | None], ruler: Ruler) -> float:
    label, left = lefts
    return (ruler(label).width + 0.8 * BASE if label else 0.0) + (ruler(left).width if left else 0.0)


def _right_width(row: Row, show: Print, ruler: Ruler) -> float:
    return ruler(show.formula(row.right)).width + _shape_width(row, show, ruler)


def _shape(row: Row, show: Print, size: float) -> Matter:
    return show.prose((row.shape,), size=size, role="muted")


def _shape_width(row: Row, show: Print, ruler: Ruler, size: float = REASON) -> float:
    return SHAPE_GAP + ruler(_shape(row, show, size)).width if row.shape else 0.0


def _row(
    row: Row,
    lefts: tuple[Matter | None, Matter | None],
    note: tuple[Matter, float] | None,
    columns: _Columns,
    small: float,
    tallest: float,
    step: int,
    show: Print,
    ruler: Ruler,
) -> list[Unit]:
    """The lines of a row, a unit each."""
    room = columns.end - columns.right
    beyond = _shape_width(row, show, ruler, small)
    lines: list[Unit] = []
    label, left = lefts
    if row.left is not None and _left_width(lefts, ruler) > columns.left - INDENT + 0.01:
        above = lines_of(Row(None, "", row.left), columns.end - INDENT, show, ruler)
        for line in above:
            indent = BASE if line.indented else 0.0
            factor = shrinking(line.right, columns.end - INDENT - indent, tallest, ruler)
            lines.append(on_a_line([(line.right, INDENT + indent, factor)], step, ruler, cramped=True))
        label = left = None
    shown = lines_of(row, room - beyond, show, ruler)
    for number, line in enumerate(shown):
        pieces: list[tuple[Matter, float, float]] = []
        if label is not None and number == 0:
            pieces.append((label, INDENT, 1.0))
        if left is not None and number == 0:
            pieces.append((left, columns.left - ruler(left).width, 1.0))
        if line.relation is not None:
            pieces.append((line.relation, columns.sign - ruler(line.relation).width, 1.0))
        indent = BASE if line.indented else 0.0
        wide = ruler(line.right).width
        last = number == len(shown) - 1
        factor = shrinking(line.right, room - indent - (beyond if last else 0.0), tallest, ruler)
        pieces.append((line.right, columns.right + indent, factor))
        end = columns.right + indent + wide * factor
        below = False
        if last and row.shape:
            pieces.append((_shape(row, show, small), end + SHAPE_GAP, 1.0))
            end += beyond
        if last and note is not None:
            below = end + COLUMN_GAP / 2 > columns.note
            if not below:
                pieces.append((note[0], columns.note, note[1]))
        lines.append(on_a_line(pieces, step, ruler, cramped=factor < 1 or len(shown) > 1))
        if below and note is not None:
            lines.append(on_a_line([(note[0], columns.note, note[1])], step, ruler))
    return [replace(unit, is_row=True, gap=LINE_GAP if number else 0.0) for number, unit in enumerate(lines)]
