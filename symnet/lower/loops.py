"""Equations in normal form as loops: which order the loops take, where sums are kept, what is moved out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from symnet.algebra.expressions import (
    ZERO,
    Axis,
    Equation,
    Expr,
    Index,
    Largest,
    Ref,
    Same,
    Sum,
    Tensor,
    add,
    factors_of,
    mul,
    refs,
    terms_of,
    transform,
)
from symnet.lower.names import Names
from symnet.lower.normal import calls, summed
from symnet.lower.products import Product, dot, worthwhile
from symnet.lower.scalars import Quantities, scalar
from symnet.lower.statements import (
    Accumulate,
    Assign,
    Converted,
    Double,
    Element,
    Enlarge,
    Extent,
    Flat,
    Loop,
    Matrix,
    Name,
    Number,
    Parts,
    Plus,
    Scalar,
    Statement,
    Times,
    Unless,
    View,
    used,
)

BLOCK = 256
"""So many samples are summed in single precision before their sum is added in double precision."""


def loops(
    equation: Equation, quantities: Quantities, wide: Tensor | None = None, products: bool = False
) -> tuple[Statement, ...]:
    """An equation in normal form → the loops that compute it.

    The terms without sums are where the first sum starts from; every further sum is added in loops of its own.  With
    ``wide``, an array or number like the target in double precision, sums over the samples are taken in blocks.  With
    ``products``, products of matrices that are worth it are computed as such.
    """
    target = equation.left
    if isinstance(equation.right, Largest):
        return _largest(target, equation.right, quantities)
    contractions = [term for term in terms_of(equation.right) if isinstance(term, Sum)]
    start = add(*(term for term in terms_of(equation.right) if not isinstance(term, Sum)))
    if not contractions:
        return _flattened(target, start, quantities) or _pointwise(target, start, quantities)
    out: tuple[Statement, ...] = ()
    if wide is not None:
        long = [term for term in contractions if samples_of(term, quantities)]
        out += _in_blocks(target, start, long, quantities, wide, products)
        contractions = [term for term in contractions if term not in long]
    for term in contractions:
        product = worthwhile(target, term) if products else None
        if product is None:
            out += _contraction(target, None if out else start, term, quantities)
        else:
            out += _product(target, None if out else start, product, quantities)
    return out


def samples_of(term: Expr, quantities: Quantities) -> Axis | None:
    """The axis without a known length that ``term`` is summed over."""
    return next((a for a in summed(term)[0] if isinstance(quantities.length(a), str)), None)


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


def _product(target: Ref, start: Expr | None, product: Product, quantities: Quantities) -> tuple[Statement, ...]:
    """``target = start + left · right``, or ``target = target + left · right`` without a start."""
    there = Matrix(quantities.tensor(target.tensor))
    begin: Matrix | None = there
    before: tuple[Statement, ...] = ()
    if start == ZERO:
        begin = None
    elif isinstance(start, Ref) and start.index == target.index[1:] and not product.large:
        begin = Matrix(quantities.tensor(start.tensor))
    elif start is not None:
        before = _pointwise(target, start, quantities)
    left, right = (quantities.tensor(factor.tensor) for factor in (product.left, product.right))
    return (*before, dot(product, there, _columns(target), left, right, begin))


def _columns(target: Ref) -> int:
    return int(target.tensor.axes[1].size)


def _largest(target: Ref, right: Largest, quantities: Quantities) -> tuple[Statement, ...]:
    """``target = max …``, beginning with −∞."""
    local = quantities.names.inner()
    running = Name(local.of("largest", "largest"))
    before, value = scalar(right.body, quantities, local)
    inner: tuple[Statement, ...] = (*before, Enlarge(running, value))
    if right.but is not None:
        inner = (Unless(_place(right.axis, quantities), _place(right.but, quantities), inner),)
    body = (
        Assign(running, Number(sp.S.NegativeInfinity)),
        Loop(quantities.axis(right.axis), quantities.length(right.axis), inner),
        Assign(quantities.element(target), running),
    )
    return _nest(target.tensor.axes, body, quantities, local)


def _place(index: Index, quantities: Quantities) -> str | int:
    return quantities.axis(index) if isinstance(index, Axis) else index - 1


def _flattened(target: Ref, value: Expr, quantities: Quantities) -> tuple[Statement, ...]:
    """An equation that calls functions element by element, as one loop over all elements: it takes more at once.

    Nothing where a tensor lacks one of the target's axes, or the target has fewer than two.
    """
    whole = [ref for ref in (target, *refs(value)) if ref.index]
    if len(target.index) < 2 or not calls(value) or any(ref.index != target.index for ref in whole):
        return ()
    flat = {ref.tensor: Tensor(f"{ref.tensor.name}_all", (_ALL,)) for ref in whole}
    local = quantities.names.inner()
    views = tuple(Flat(quantities.tensor(flat[t]), quantities.tensor(t)) for t in flat)
    one = transform(value, lambda e: flat[e.tensor]() if isinstance(e, Ref) and e.tensor in flat else None)
    before, what = scalar(one, quantities, local)
    here = quantities.element(flat[target.tensor]())
    count = Extent(local.of("count", "count"), views[0].name, 0)
    return (*views, count, Loop(quantities.axis(_ALL), count.name, (*before, Assign(here, what))))


_ALL = Axis("i", "all")


def _in_blocks(
    target: Ref, start: Expr, terms: Sequence[Expr], quantities: Quantities, wide: Tensor, products: bool
) -> tuple[Statement, ...]:
    """``target = start + Σ …``: the target holds the sum of one block of samples after another, ``wide`` adds them."""
    local = quantities.names.inner()
    free = target.tensor.axes
    whole, part = quantities.element(Ref(wide, target.index)), quantities.element(target)
    out = _nest(free, (Assign(whole, Double(Number(sp.S.Zero))),), quantities, local)
    for term in terms:
        samples = samples_of(term, quantities)
        assert samples is not None
        begin, stop = (local.of((end, term), end) for end in ("begin", "stop"))
        product = worthwhile(target, term) if products else None
        if product is None:
            over, body = summed(term)
            inside = _accumulated(part, body, quantities, local)
            for axis in reversed(order((*free, *over), (target, *refs(body)))):
                before, inside = _moved_out(quantities.axis(axis), inside, local)
                here, end = (begin, stop) if axis == samples else (0, quantities.length(axis))
                inside = (*before, Loop(quantities.axis(axis), end, inside, here))
        else:
            names = [quantities.tensor(factor.tensor) for factor in (product.left, product.right)]
            left, right = (local.of(("part", name), f"{name}_part") for name in names)
            there = Matrix(quantities.tensor(target.tensor))
            views = (View(view, name, begin, stop) for view, name in zip((left, right), names, strict=True))
            inside = (*views, dot(product, there, _columns(target), left, right, there))
        block = (
            *_nest(free, (Assign(part, Number(sp.S.Zero)),), quantities, local),
            *inside,
            *_nest(free, (Accumulate(whole, part),), quantities, local),
        )
        out += (Parts(begin, stop, 0, quantities.length(samples), BLOCK, block),)
    before, first = scalar(start, quantities, local)
    result: Scalar = Converted(whole) if start == ZERO else Plus((first, Converted(whole)))
    return (*out, *_nest(free, (*before, Assign(part, result)), quantities, local))


def _assigned(target: Name | Element, value: Expr, quantities: Quantities, local: Names) -> tuple[Statement, ...]:
    before, what = scalar(value, quantities, local)
    return (*before, Assign(target, what))


def _accumulated(target: Name | Element, value: Expr, quantities: Quantities, local: Names) -> tuple[Statement, ...]:
    """``target += value``; a factor [i ≠ j] is a condition."""
    apart = [f for f in factors_of(value) if isinstance(f, Same)]
    before, what = scalar(mul(*(f for f in factors_of(value) if f not in apart)), quantities, local)
    out: tuple[Statement, ...] = (*before, Accumulate(target, what))
    for same in apart:
        assert same.negated
        out = (Unless(_place(same.first, quantities), _place(same.second, quantities), out),)
    return out


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
    if len(fixed) == len(last.value.factors) or all(isinstance(f, Number | Name | Converted) for f in fixed):
        return (), body
    moving = tuple(f for f in last.value.factors if f not in fixed)
    (first, *more) = fixed
    hint = f"{first.array}_" if isinstance(first, Element) and not more else "factor"
    name = Name(local.of(object(), hint))
    value: Scalar = first if not more else Times(fixed)
    changed = type(last)(last.target, Times((name, *moving)))
    return (Assign(name, value),), (*others, changed)
