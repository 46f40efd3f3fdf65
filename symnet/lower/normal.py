"""Which equations are needed, and each of them so that every sum stands where a loop can compute it once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import sympy as sp

from symnet.algebra.expressions import (
    Apply,
    Axis,
    Equation,
    Expr,
    Sum,
    Tensor,
    add,
    children,
    rebuild,
    refs,
    terms_of,
    total,
    walk,
)
from symnet.algebra.functions import expm1, log1p, normal_cdf, sigmoid, softplus


def needed(equations: Sequence[Equation], outputs: Collection[Tensor]) -> tuple[Equation, ...]:
    """Equations → those that the outputs depend on, in their order.

    What is dropped is never computed: the adjoint of a prediction that its pre-activation's adjoint does not use, say,
    which can be infinite where the other is finite.
    """
    wanted = set(outputs)
    kept = []
    for equation in reversed(equations):
        if equation.target in wanted:
            kept.append(equation)
            wanted.update(ref.tensor for ref in refs(equation.right))
    return tuple(reversed(kept))


def normal_form(equation: Equation, number: Iterator[int]) -> tuple[Equation, ...]:
    """An equation → equations that compute the same, the last one the target, each in normal form.

    In normal form every term is free of sums or is Σ … Σ of something free of sums that depends on all axes of the
    target.  Every other sum gets an equation of its own, before, over the axes that it depends on: nothing is summed
    twice, nor again and again inside a loop that the sum does not depend on.  ``number`` numbers the new quantities.
    """
    before: list[Equation] = []
    known: dict[Expr, Tensor] = {}
    order = list(equation.target.axes)

    def position(axis: Axis) -> int:
        return order.index(axis) if axis in order else len(order)

    def hoisted(expr: Expr) -> Expr:
        if isinstance(expr, Sum):
            if expr not in known:
                right = contraction(expr)
                tensor = Tensor(f"sum{next(number)}", tuple(sorted(expr.axes, key=position)), "sum")
                before.append(Equation(tensor, right))
                known[expr] = tensor
            return known[expr]()
        parts = children(expr)
        new = tuple(map(hoisted, parts))
        return expr if all(a is b for a, b in zip(parts, new, strict=True)) else rebuild(expr, new)

    def contraction(expr: Expr) -> Expr:
        axes, body = summed(expr)
        return total(axes, hoisted(body))

    terms = [
        contraction(term) if isinstance(term, Sum) and set(equation.target.axes) <= set(term.axes) else hoisted(term)
        for term in terms_of(equation.right)
    ]
    return (*before, Equation(equation.target, add(*terms)))


def calls_apart(equation: Equation, number: Iterator[int]) -> tuple[Equation, ...]:
    """An equation in normal form → the same with what is summed computed before it is summed, where it calls functions.

    A loop that only calls is vectorised, one that also sums in a fixed order is not.  What is computed apart is never
    larger than a quantity that is there already.
    """
    terms: list[Expr] = []
    before: list[Equation] = []
    for term in terms_of(equation.right):
        axes, body = summed(term)
        size = next((ref for ref in refs(body) if set(ref.axes) >= set(body.axes)), None)
        if axes and size is not None and set(axes) <= set(body.axes) and calls(body):
            order = tuple(a for a in size.axes if a in body.axes)
            tensor = Tensor(f"term{next(number)}", order, "term")
            before.append(Equation(tensor, body))
            body = tensor()
        terms.append(total(axes, body))
    return (*before, Equation(equation.target, add(*terms))) if before else (equation,)


def calls(expr: Expr) -> bool:
    """Whether ``expr`` has functions that are more than a few operations: exp, log, tanh …"""
    return any(isinstance(node, Apply) and node.function.expr.has(*_CALLS) for node in walk(expr))


_CALLS = (sp.exp, sp.log, sp.tanh, sp.erf, sigmoid, softplus, normal_cdf, log1p, expm1)


def summed(expr: Expr) -> tuple[tuple[Axis, ...], Expr]:
    """The axes that ``expr`` is summed over at its top, and what is summed."""
    axes = []
    while isinstance(expr, Sum):
        axes.append(expr.axis)
        expr = expr.body
    return tuple(axes), expr
