"""Equations in normal form as loops: which order the loops take, where sums are kept, what is moved out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symnet.algebra.expressions import ZERO, Axis, Equation, Expr, Ref, Sum, add, refs, terms_of
from symnet.lower.names import Names
from symnet.lower.normal import summed
from symnet.lower.scalars import Quantities, scalar
from symnet.lower.statements import (
    Accumulate,
    Assign,
    Element,
    Loop,
    Name,
    Number,
    Scalar,
    Statement,
    Times,
    used,
)


def loops(equation: Equation, quantities: Quantities) -> tuple[Statement, ...]:
    """An equation in normal form → the loops that compute it.

    The terms without sums are where the first sum starts from; every further sum is added in loops of its own.
    """
    target = equation.left
    contractions = [term for term in terms_of(equation.right) if isinstance(term, Sum)]
    start = add(*(term for term in terms_of(equation.right) if not isinstance(term, Sum)))
    if not contractions:
        return _pointwise(target, start, quantities)
    out = _contraction(target, start, contractions[0], quantities)
    for term in contractions[1:]:
        out += _contraction(target, None, term, quantities)
    return out


def order(axes: Sequence[Axis], uses: Iterable[Ref]) -> tuple[Axis, ...]:
    """The order in which loops over ``axes`` walk all tensors row by row: no axis before one to its left in a use.

    The innermost loop then runs over elements that lie side by side.  Where two uses contradict each other the
    earlier one counts; what no use decides keeps its order.
    """
    left_of: dict[Axis, set[Axis]] = {axis: set() for axis in axes}
    for ref in uses:
        running = [i for i in dict.fromkeys(ref.index) if isinstance(i, Axis)]
        for k, axis in enumerate(running):
            for earlier in running[:k]:
                if axis not in _all_left_of(earlier, left_of):
                    left_of[axis].add(earlier)
    out: list[Axis] = []
    while len(out) < len(axes):
        out.append(next(a for a in axes if a not in out and left_of[a] <= set(out)))
    return tuple(out)


def _all_left_of(axis: Axis, left_of: dict[Axis, set[Axis]]) -> set[Axis]:
    found: set[Axis] = set()
    waiting = [axis]
    while waiting:
        new = left_of[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _pointwise(target: Ref, value: Expr, quantities: Quantities) -> tuple[Statement, ...]:
    local = quantities.names.inner()
    axes = order(target.tensor.axes, (target,))
    before, what = scalar(value, quantities, local)
    return _nest(axes, (*before, Assign(quantities.element(target), what)), quantities, local)


def _contraction(target: Ref, start: Expr | None, term: Expr, quantities: Quantities) -> tuple[Statement, ...]:
    """``target = start + Σ …``, or ``target = target + Σ …`` without a start.

    Where the summed loops are the innermost ones the sum is kept in a local variable, otherwise in the target itself.
    """
    local = quantities.names.inner()
    free = target.tensor.axes
    over, body = summed(term)
    axes = order((*free, *over), (target, *refs(body)))
    outside = axes[: next(k for k, a in enumerate(axes) if a in over)]
    inside = axes[len(outside) :]
    place = quantities.element(target)
    rest = tuple(a for a in free if a in inside)
    if rest or not free:
        first = () if start is None else _nest(rest, _assigned(place, start, quantities, local), quantities, local)
        then = _nest(inside, _accumulated(place, body, quantities, local), quantities, local)
        return _nest(outside, (*first, *then), quantities, local)
    running = Name(local.of("sum", "total"))
    first = _assigned(running, ZERO if start is None else start, quantities, local)
    then = _nest(inside, _accumulated(running, body, quantities, local), quantities, local)
    last = Accumulate(place, running) if start is None else Assign(place, running)
    return _nest(outside, (*first, *then, last), quantities, local)


def _assigned(target: Name | Element, value: Expr, quantities: Quantities, local: Names) -> tuple[Statement, ...]:
    before, what = scalar(value, quantities, local)
    return (*before, Assign(target, what))


def _accumulated(target: Name | Element, value: Expr, quantities: Quantities, local: Names) -> tuple[Statement, ...]:
    before, what = scalar(value, quantities, local)
    return (*before, Accumulate(target, what))


def _nest(
    axes: Sequence[Axis], body: tuple[Statement, ...], quantities: Quantities, local: Names
) -> tuple[Statement, ...]:
    """The body inside loops over the axes, the first one outermost."""
    for axis in reversed(axes):
        index = quantities.axis(axis)
        before, body = _moved_out(index, body, local)
        body = (*before, Loop(index, quantities.length(axis), body))
    return body


def _moved_out(
    index: str, body: tuple[Statement, ...], local: Names
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Loop body → (what is computed once before the loop, the body by means of it): factors that do not change."""
    *others, last = body
    if not all(isinstance(s, Assign) for s in others) or not isinstance(last, Assign | Accumulate):
        return (), body
    if not isinstance(last.value, Times):
        return (), body
    changing = {index} | {s.target.name for s in others if isinstance(s, Assign) and isinstance(s.target, Name)}
    fixed = tuple(f for f in last.value.factors if not used(f) & changing)
    if len(fixed) == len(last.value.factors) or all(isinstance(f, Number | Name) for f in fixed):
        return (), body
    moving = tuple(f for f in last.value.factors if f not in fixed)
    (first, *more) = fixed
    hint = f"{first.array}_" if isinstance(first, Element) and not more else "factor"
    name = Name(local.of(object(), hint))
    value: Scalar = first if not more else Times(fixed)
    changed = type(last)(last.target, Times((name, *moving)))
    return (Assign(name, value),), (*others, changed)
