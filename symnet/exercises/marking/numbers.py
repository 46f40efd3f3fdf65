"""Whether a number is the one asked for, and if not, which slip leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy as sp

from symnet.exercises.marking.scheme import KINDS
from symnet.exercises.marking.slips import slip
from symnet.exercises.marking.written import Figure, Written
from symnet.exercises.variant import Part, Value, Variant
from symnet.render.document import Part as Piece

EXACT = sp.Rational(1, 10**12)
"""Values that are worked out to many digits are equal if they differ by less than this part of themselves."""

COARSE = 10
"""An answer within so many tolerances was rounded too much."""

RATIOS = tuple(sp.Rational(p, q) for p, q in ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4)))


@dataclass(frozen=True, slots=True)
class Made:
    """How a wrong number was made: the kind of slip, finer its detail, and what to say about it."""

    kind: str
    detail: str | None = None
    why: tuple[Piece, ...] = ()


def right_in(written: Written, answer: Value) -> Figure | None:
    """The number as it is right, if it can be read as a right one."""
    return next((figure for figure in (written.figure, *written.others) if agrees(figure, answer)), None)


def made(variant: Variant, part: Part, answer: Value, written: Written, own: Mapping[str, sp.Expr]) -> Made:
    """The slip that leads to a wrong number, from the student's ``own`` earlier results on."""
    figure = written.figure
    if any(agrees(earlier, answer) for earlier in written.before):
        return Made("arithmetic", None, ("What was written down is right, but it comes to another number.",))
    gap = abs(figure.value - answer.exact)
    if figure.decimal and answer.exact != 0 and gap <= COARSE * answer.tolerance:
        return Made("rounding", None, ("The number is close, but not close enough.",))
    known = slip(variant, part, own, figure)
    if known is not None:
        return Made(known.kind, known.detail, known.why or (f"{KINDS[known.kind].capitalize()}.",))
    found = list(_plain(variant, part, answer, figure))
    return found[0] if len({one.kind for one in found}) == 1 else Made("other")


def agrees(figure: Figure, answer: Value) -> bool:
    """Whether a number is the answer: a decimal or a whole number within the tolerance, a fraction exactly."""
    gap = abs(figure.value - answer.exact)
    small = EXACT * max(1, abs(answer.exact))
    if answer.exact.is_Rational and figure.value.is_Rational and not figure.decimal and not figure.value.is_Integer:
        return bool(gap == 0)
    return bool(gap <= answer.tolerance + small)


def _plain(variant: Variant, part: Part, answer: Value, figure: Figure) -> Iterator[Made]:
    """What a number says by itself; where that is of several kinds, none is known to be the slip that was made."""
    exact = answer.exact
    if agrees(Figure(-figure.value, figure.decimal), answer):
        yield Made("sign", None, ("The sign is wrong.",))
    for ratio in RATIOS:
        if exact != 0 and agrees(Figure(figure.value / ratio, figure.decimal), answer):
            yield Made("factor", None, (f"The number is {ratio} times what it should be.",))
    for other in variant.parts:
        if other is not part and isinstance(other.answer, Value) and agrees(figure, other.answer):
            yield Made("other_quantity", None, (f"This is the value asked for in part {other.label}.",))
