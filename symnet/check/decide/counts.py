"""How many samples decide an identity for every number of samples.

Multiplied out, an expression with at most m sample sums in a product is a sum over distinct samples
Σ g(data of k samples), k ≤ m, with coefficients that are Laurent polynomials in n: partition the m-fold sum by which
indices coincide.  For n ≥ m and generic data these sums are independent up to terms free of one sample, each of which
turns a sum into a factor n or so; what remains at a given datum is a polynomial in n of degree at most
D = m + (highest − lowest power of n).  It vanishes for every n if it does for D + 1 values n ≥ m.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from symnet.algebra.expressions import Axis, Equation, Expr, Mul, Pow, Ref, Size, Sum, Tensor, children

CANDIDATES = (2, 3, 5, 4, 6, 7, 8)


class Growth(NamedTuple):
    """Sample sums in a product, and the highest and lowest power of n."""

    sums: int = 0
    highest: int = 0
    lowest: int = 0


def _over_samples(axis: Axis) -> bool:
    return axis.size == "n"


def growth(expr: Expr, definitions: Mapping[Tensor, Equation], known: dict[Tensor, Growth]) -> Growth:
    """The growth of an expression, everything defined put in."""
    match expr:
        case Size(axis=axis):
            return Growth(0, 1, 1) if _over_samples(axis) else Growth()
        case Ref(tensor=tensor):
            if tensor not in definitions:
                return Growth()
            if tensor not in known:
                known[tensor] = growth(definitions[tensor].right, definitions, known)
            return known[tensor]
    parts = [growth(part, definitions, known) for part in children(expr)]
    if not parts:
        return Growth()
    match expr:
        case Mul():
            return Growth(*(sum(column) for column in zip(*parts, strict=True)))
        case Pow(exponent=exponent):
            k = int(exponent) if exponent.is_integer else 1
            (g,) = parts
            ends = sorted((k * g.highest, k * g.lowest))
            return Growth(abs(k) * g.sums, ends[1], ends[0])
    out = Growth(max(g.sums for g in parts), max(g.highest for g in parts), min(g.lowest for g in parts))
    if isinstance(expr, Sum) and _over_samples(expr.axis):
        return out._replace(sums=out.sums + 1)
    return out


def sample_counts(truth: Expr, answer: Expr, definitions: Mapping[Tensor, Equation]) -> tuple[tuple[int, ...], bool]:
    """The numbers of samples to try, and whether they decide every other number."""
    known: dict[Tensor, Growth] = {}
    for tensor in definitions:  # in the order of computation, so that nothing is looked up at a great depth
        known[tensor] = growth(definitions[tensor].right, definitions, known)
    a, b = growth(truth, definitions, known), growth(answer, definitions, known)
    most = max(a.sums, b.sums)
    degree = most + max(a.highest, b.highest) - min(a.lowest, b.lowest)
    counts = list(CANDIDATES[:3])
    for n in CANDIDATES[3:]:
        if sum(k >= most for k in counts) > degree:
            break
        counts.append(n)
    return tuple(counts), sum(k >= most for k in counts) > degree
