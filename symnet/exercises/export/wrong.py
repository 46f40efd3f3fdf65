"""Wrong numbers and shapes that a slip leads to, with what is said to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy as sp

from symnet.algebra.expressions import Ref
from symnet.check.explain.alter import alterations
from symnet.check.explain.change import Alteration, Line, itself
from symnet.check.explain.whole import forward_changes
from symnet.derive.given import given
from symnet.derive.numbers import Update, evaluate
from symnet.errors import SymnetError
from symnet.exercises.export.slips import MOST, Slip, by_kind
from symnet.exercises.kinds.choice import why
from symnet.exercises.kinds.shown import names_of
from symnet.exercises.quantities import worked_out
from symnet.exercises.variant import Part, Shape, Value, Variant
from symnet.network import Network

RATIOS = (sp.Integer(2), sp.Rational(1, 2), sp.Integer(3), sp.Rational(1, 3), sp.Integer(4))
DIGITS = 25
WAY, NUMBERS = 3, 8
"""At most so many slips on the way to a number, and so many wrong numbers in all."""

FAR_FETCHED = frozenset({"spurious_sum", "sum_of_constant"})
"""Details of slips that nobody makes with numbers."""


def number_slips(variant: Variant, part: Part, answer: Value) -> tuple[Slip, ...]:
    """Numbers that are not the answer by more than its tolerance, told apart from each other by more than it.

    First those that a slip on the way leads to (a bias left out, an activation not applied), then a wrong sign, another
    part's number, a wrong factor.
    """
    exact, near = answer.exact, 2 * answer.tolerance
    taken, found = [exact], []
    for slip in (*_on_the_way(variant, part), *_numbers(variant, part, exact)):
        if all(abs(slip.value - other) > near for other in taken):
            taken.append(slip.value)
            found.append(slip)
    return tuple(found[:NUMBERS])


def _on_the_way(variant: Variant, part: Part) -> Iterator[Slip]:
    """The line that the number is worked out by, altered in one thing and worked out again."""
    network, numbers = variant.network, variant.numbers
    if network is None or numbers is None:
        return
    try:
        backward = part.name.startswith("dC/") or bool(numbers.steps)
        element = worked_out(network, numbers, backward=backward)[part.name]
        samples, _ = given(network, numbers.x, numbers.y, **numbers.parameters)
    except SymnetError:
        return
    made = element.made
    if isinstance(made, Update):
        gone = made.before - made.after
        yield Slip("sign", made.before + gone, ("The step goes uphill: it is taken against the gradient.",))
        yield Slip("factor", made.before - made.slope, ("The learning rate is missing.",))
        yield Slip("other", gone, ("This is the step, not the parameter after it.",))
        return
    working = worked_out(network, numbers, backward=backward)
    values = working.done.passes[element.step].values
    found = []
    for altered in _altered(network, element.ref, made.right):
        try:
            value = evaluate(altered.right, values, samples, DIGITS)
            found.append(Slip(altered.kind, value, why(altered, names_of(network))))
        except (KeyError, TypeError, ValueError, SymnetError):
            continue
    yield from found[:WAY]


def _altered(network: Network, ref: Ref, right: object) -> Iterator[Alteration]:
    line = Line(ref.tensor, (right,), ref.index)  # type: ignore[arg-type]
    if ref.tensor.role == "adjoint":
        near = (one for one in alterations(network, (line,)) if one.detail not in FAR_FETCHED)
        yield from by_kind(sorted(near, key=lambda one: one.rank))
    elif ref.tensor.role in ("pre", "unit"):
        form = line.forms[0]
        yield from (Alteration(line, itself, form, change) for change in forward_changes(line, form, network))


def _numbers(variant: Variant, part: Part, exact: sp.Expr) -> Iterator[Slip]:
    yield Slip("sign", -exact, ("The sign is wrong.",))
    for ratio in RATIOS[:2]:
        yield Slip("factor", ratio * exact, (f"The number is {ratio} times what it should be.",))
    for other in variant.parts:
        if other is not part and isinstance(other.answer, Value):
            yield Slip("other_quantity", other.answer.exact, (f"This is the value asked for in part {other.label}.",))
    for ratio in RATIOS[2:]:
        yield Slip("factor", ratio * exact, (f"The number is {ratio} times what it should be.",))
    yield Slip("other", exact + 1, ("The number is 1 too large.",))
    yield Slip("other", exact - 1, ("The number is 1 too small.",))
    yield Slip("other", exact + 10, ("The number is 10 too large.",))


def shape_slips(answer: Shape) -> tuple[tuple[tuple[int | str, int | str], Slip], ...]:
    """Wrong shapes (rows, columns)."""
    rows, columns = answer.rows, answer.columns
    candidates: Iterable[tuple[str, tuple[int | str, int | str], str]] = (
        ("transpose", (columns, rows), "Rows and columns are exchanged."),
        ("shape", (rows, rows), "The number of columns is wrong."),
        ("shape", (columns, columns), "The number of rows is wrong."),
        ("shape", (1, columns), "The number of rows is wrong."),
        ("shape", (rows, 1), "The number of columns is wrong."),
        ("shape", (1, 1), "This is the shape of a single number."),
        ("shape", (_more(rows), columns), "The number of rows is wrong."),
        ("shape", (rows, _more(columns)), "The number of columns is wrong."),
    )
    found: dict[tuple[int | str, int | str], Slip] = {}
    for kind, shape, said in candidates:
        if shape != (rows, columns) and shape not in found:
            found[shape] = Slip(kind, sp.Integer(0), (said,))
    return tuple(found.items())[:MOST]


def _more(size: int | str) -> int | str:
    return size + 1 if isinstance(size, int) else f"{size}+1"
