"""Products of matrices among sums of products: Σ_k a[s,k]·W[k,j], and who multiplies them.

Small ones are computed in registers, large ones by BLAS (:mod:`symnet.emit.products`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from symnet.algebra.expressions import Axis, Equation, Expr, Ref, Tensor, add, factors_of, mul, terms_of, total
from symnet.lower.normal import summed
from symnet.lower.statements import Dot, Matrix

FEW = 4
"""Products with fewer columns than this are sums, one by one."""

SOME = 256
"""Kernels leave matrices of fewer elements to loops: what is gained there is less than it takes to compile."""

LARGE = 5000
"""Matrices of at least so many elements are multiplied by BLAS; smaller ones fit into the nearest memory."""


@dataclass(frozen=True, slots=True)
class Product:
    """target = left · right: the factors of a matrix product, each with its axes in one order or the other."""

    left: Ref
    right: Ref
    over: Axis

    @property
    def weights(self) -> int:
        """The number of elements of its matrix of weights, or of their gradient."""
        sizes = {a: a.size for a in (*self.left.axes, *self.right.axes)}
        return math.prod(size for size in sizes.values() if isinstance(size, int))

    @property
    def turned(self) -> bool:
        """Whether the right factor's rows do not lie as its use needs them."""
        return self.right.index[1] == self.over

    @property
    def large(self) -> bool:
        """Whether it is better left to BLAS."""
        return self.weights >= LARGE


def product_of(target: Ref, term: Expr) -> Product | None:
    """The product of matrices that a term of ``target`` is, if it is one."""
    over, body = summed(term)
    if len(over) != 1 or len(target.index) != 2:
        return None
    (k,), (p, q) = over, target.index
    factors = factors_of(body)
    if len(factors) != 2 or not all(isinstance(f, Ref) and len(f.axes) == len(f.index) == 2 for f in factors):
        return None
    if not isinstance(p, Axis) or not isinstance(q, Axis) or not isinstance(q.size, int) or q.size < FEW:
        return None
    for left, right in (factors, factors[::-1]):
        assert isinstance(left, Ref) and isinstance(right, Ref)
        if set(left.index) == {p, k} and set(right.index) == {k, q}:
            return Product(left, right, k)
    return None


def worthwhile(target: Ref, term: Expr) -> Product | None:
    """The product of matrices that a term of ``target`` is, where a kernel computes it as one."""
    found = product_of(target, term)
    return found if found and found.weights >= SOME else None


def dot(product: Product, target: Matrix, columns: int, left: str, right: str, start: Matrix | None) -> Dot:
    """The statement ``target = left · right + start``, the factors being in these arrays."""
    return Dot(
        target,
        Matrix(left, transposed=product.left.index[0] == product.over),
        Matrix(right, transposed=product.turned),
        start,
        columns=None if product.large else columns,
    )


def with_rows(equation: Equation) -> tuple[Equation, ...]:
    """An equation whose small product has its right factor the other way round → the factor turned, the equation by
    means of it."""
    terms = terms_of(equation.right)
    for k, term in enumerate(terms):
        found = worthwhile(equation.left, term)
        if found and found.turned and not found.large:
            given = found.right
            turned = Tensor(f"{given.tensor.name} transposed", tuple(reversed(given.tensor.axes)), "transposed")
            use = Ref(turned, tuple(reversed(given.index)))
            instead = total((found.over,), mul(found.left, use))
            return Equation(turned, given), Equation(equation.target, add(*terms[:k], instead, *terms[k + 1 :]))
    return (equation,)
