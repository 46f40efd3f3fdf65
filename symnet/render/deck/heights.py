"""How tall a formula is in lines of text, roughly, before anything has set it: to split slides that are too tall.

The shapes of formulas are the same whatever sets them: a fraction is as tall as two lines, a brace adds one.
"""

from __future__ import annotations

from collections.abc import Iterable

from symnet.render.display import (
    BigSum,
    Boxed,
    Brace,
    Cases,
    Fraction,
    Matrix,
    Node,
    Partial,
    Power,
    children,
    is_operator,
)


def height_of(node: Node, inner: bool = False) -> float:
    """A displayed formula's height in lines; ``inner`` in a fraction, where sums and fractions are set smaller."""
    line = 0.8 if inner else 1.0

    def tallest(nodes: Iterable[Node]) -> float:
        return max((height_of(n, inner) for n in nodes), default=line)

    match node:
        case Fraction(numerator=top, denominator=bottom):
            return height_of(top, True) + height_of(bottom, True) + (0.0 if inner else 0.3)
        case Partial(of=of):
            return max(1.7 if inner else 2.1, height_of(of, inner) if is_operator(node) else 0.0)
        case Brace(body=body):
            return height_of(body, inner) + 1.1
        case Boxed(body=body):
            return height_of(body, inner) + 0.5
        case Matrix(rows=rows) if not node.inline:
            return sum(1.1 * tallest(row) for row in rows) + 0.3
        case Cases(branches=branches):
            return sum(1.15 * height_of(value, inner) for value, _ in branches) + 0.2
        case BigSum(body=body, below=below, above=above):
            limits = (below is not None) + (above is not None)
            return max(1.2 if inner else 1.6 + 0.8 * limits, height_of(body, inner))
        case Power(base=base):
            return height_of(base, inner) + 0.2
    return tallest(children(node))
