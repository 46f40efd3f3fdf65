"""Whether a number is the one asked for, and if not, which slip leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from symnet.exercises.marking.written import Figure, Written
from symnet.exercises.variant import Part, Value, Variant
from symnet.render.document import Part as Piece

EXACT = sp.Rational(1, 10**12)
"""Values that are worked out to many digits are equal if they differ by less than this part of themselves."""

COARSE = 10
"""An answer within so many tolerances was rounded too much."""

RATIOS = tuple(sp.Rational(p, q) for p, q in ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4)))


@dataclass(frozen=True, slots=True)
class Judged:
    """A number judged: its value, and where it is wrong the slip, with what to say about it."""

    value: sp.Expr
    right: bool
    kind: str | None = None
    detail: str | None = None
    why: tuple[Piece, ...] = ()


def judged(variant: Variant, part: Part, answer: Value, written: Written) -> Judged:
    """The number as an answer: right if it can be read as a right one."""
    for figure in (written.figure, *written.others):
        if agrees(figure, answer):
            return Judged(figure.value, True)
    value = written.figure.value
    if any(agrees(figure, answer) for figure in written.before):
        why = "What was written down is right, but it comes to another number."
        return Judged(value, False, "arithmetic", None, (why,))
    found = list(_slips(variant, part, answer, written.figure))
    one = len({slip.kind for slip in found}) == 1
    return found[0] if one else Judged(value, False, "other")


def agrees(figure: Figure, answer: Value) -> bool:
    """Whether a number is the answer: a decimal or a whole number within the tolerance, a fraction exactly."""
    gap = abs(figure.value - answer.exact)
    small = EXACT * max(1, abs(answer.exact))
    if answer.exact.is_Rational and figure.value.is_Rational and not figure.decimal and not figure.value.is_Integer:
        return bool(gap == 0)
    return bool(gap <= answer.tolerance + small)


def _slips(variant: Variant, part: Part, answer: Value, figure: Figure) -> Iterator[Judged]:
    """The slips that lead to this number; where they are of several kinds, none is known to be the one made."""
    value, exact = figure.value, answer.exact
    if agrees(Figure(-value, figure.decimal), answer):
        yield Judged(value, False, "sign", None, ("The sign is wrong.",))
    if abs(value - exact) <= COARSE * answer.tolerance and exact != 0:
        yield Judged(value, False, "rounding", None, ("The number is close, but not close enough.",))
    for ratio in RATIOS:
        if exact != 0 and agrees(Figure(value / ratio, figure.decimal), answer):
            yield Judged(value, False, "factor", None, (f"The number is {ratio} times what it should be.",))
    for other in variant.parts:
        if other is not part and isinstance(other.answer, Value) and agrees(figure, other.answer):
            why = f"This is the value asked for in part {other.label}."
            yield Judged(value, False, "other_quantity", None, (why,))
