"""Which equations are needed, and each of them so that every sum stands where a loop can compute it once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from symnet.algebra.expressions import (
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
)


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


def summed(expr: Expr) -> tuple[tuple[Axis, ...], Expr]:
    """The axes that ``expr`` is summed over at its top, and what is summed."""
    axes = []
    while isinstance(expr, Sum):
        axes.append(expr.axis)
        expr = expr.body
    return tuple(axes), expr
