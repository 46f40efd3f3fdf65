"""A row that is too wide for a page, on several lines: broken as rows of LaTeX are, with the true widths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symnet.render import typst as printer
from symnet.render.deck.pages.matter import BASE, Mark, Matter, Placed, Print, soft
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pages.units import Unit
from symnet.render.display import Node, Row, joints
from symnet.render.document import Part
from symnet.render.rows import Language, right_lines

#: Brackets that stand on different lines cannot grow with what is between them.
_BRACKET = "#1.25em"


@dataclass(frozen=True, slots=True)
class TypsetLine:
    """One line of a right side, with its relation where it begins with one."""

    right: Matter
    relation: Matter | None = None
    indented: bool = False


def lines_of(row: Row, room: float, show: Print, ruler: Ruler) -> list[TypsetLine]:
    """The right side of ``row`` in lines of at most ``room``, as far as it can be broken.

    Continuation lines are set further in by the type size.
    """
    whole = show.formula(row.right)
    if ruler(whole).width <= room:
        return [TypsetLine(whole, _source(printer.relation(row.relation), show))]
    return ruler.kept(("lines", row, room), lambda: _broken(row, room - BASE, show, ruler))


def _broken(row: Row, room: float, show: Print, ruler: Ruler) -> list[TypsetLine]:
    lines = right_lines(row, room, _language(show, ruler))
    return [TypsetLine(show.source(line.right), _source(line.relation, show), line.indented) for line in lines]


def _source(printed: str, show: Print) -> Matter | None:
    return show.source(printed) if printed else None


def _language(show: Print, ruler: Ruler) -> Language:
    colours = show.palette
    pairs = {name: printer.DELIMITERS[name] for name in ("()", "[]", "{}")}
    return Language(
        show=show.maths,
        width=lambda source: ruler(show.source(source)).width,
        relation=printer.relation,
        sign=printer.relation,
        sum_sign=lambda node: printer.sum_sign(node, colours),
        factor_signs=lambda node: [f" {printer.relation(sign)} " for sign in joints(node)],
        brackets={name: (_bracket("opening", a), _bracket("closing", b)) for name, (a, b) in pairs.items()},
        colour=lambda tag, source: printer.painted(tag, source, colours),
        words=printer.words,
        aside=show.maths,
        unary='""',
        boxed=_boxed,
        gap=BASE,
        inline=False,
    )


def _bracket(kind: str, bracket: str) -> str:
    # The space keeps it apart from a letter before it; Typst shows none there.
    return " " + printer.sized(kind, bracket, _BRACKET)


def _boxed(lines: Sequence[str]) -> str:
    """One frame about all of the lines."""
    stacked = "; ".join(f"display({'quad ' if number else ''}{line})" for number, line in enumerate(lines))
    return f"framed(mat(delim: #none, align: #left, row-gap: #0.5em, {stacked}))"


def shrinking(matter: Matter, width: float, height: float, ruler: Ruler) -> float:
    """How large matter can be in a room."""
    extent = ruler(matter)
    return min(1.0, width / extent.width if extent.width else 1.0, height / extent.height if extent.height else 1.0)


def on_a_line(pieces: Sequence[tuple[Matter, float, float]], step: int, ruler: Ruler, cramped: bool = False) -> Unit:
    """Matter on one baseline: each piece with its left edge and how large it is."""
    extents = [ruler(matter) for matter, _, _ in pieces]
    ascent = max(extent.ascent * factor for extent, (_, _, factor) in zip(extents, pieces, strict=True))
    descent = max(extent.descent * factor for extent, (_, _, factor) in zip(extents, pieces, strict=True))
    marks: list[Mark] = [
        Placed(matter, extent, x, ascent, factor) for extent, (matter, x, factor) in zip(extents, pieces, strict=True)
    ]
    return Unit(ascent + descent, (tuple(marks),), step, cramped=cramped)


def least_width(parts: Sequence[Part], size: float, show: Print, ruler: Ruler) -> float:
    """The width of the longest word or formula: lines of prose cannot be shorter."""
    pieces: set[Part] = set()
    for part in parts:
        pieces |= {part} if isinstance(part, Node) else set(soft(part).replace("\u200b", " ").split(" "))
    return max((ruler(show.prose((piece,), size=size)).width for piece in pieces), default=0.0)
