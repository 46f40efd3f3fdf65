"""Expressions over tensors with named axes, in the order in which they were written.

A tensor is used with an index for each of its axes; an index is an :class:`Axis` (a running index such as ``i``)
or an integer (a fixed element, counted from 1).  Two uses of one axis in a product mean the same running index;
summing is always explicit (:class:`Sum`).  Nothing is ever re-sorted: the order of terms and factors is the
author's, because it is what people read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import sympy as sp


@dataclass(frozen=True, slots=True)
class Axis:
    """A named axis; ``size`` is a number, a symbol's name (``"n_0"``), and is fixed for the axis."""

    name: str
    size: int | str


Index = Axis | int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named quantity.  ``role`` and ``layer`` say what it is in its network; notations turn them into letters.

    ``of`` is the quantity that an adjoint ∂C/∂(of) belongs to.
    """

    name: str
    axes: tuple[Axis, ...]
    role: str = "value"
    layer: int = 0
    of: Tensor | None = None

    def __call__(self, *index: Index) -> Ref:
        return Ref(self, index or self.axes)


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """A function of real scalars by its sympy definition.

    ``primes`` counts how often it has been differentiated; ``opaque`` functions (activations) keep their name when
    they are differentiated (σ′), the others are replaced by the derivative's expression.
    """

    name: str
    parameters: tuple[sp.Symbol, ...]
    expr: sp.Expr
    primes: int = 0
    opaque: bool = False


class Expr:
    """An expression; ``axes`` are the running indices that it depends on, in order of appearance."""

    __slots__ = ()
    axes: tuple[Axis, ...]


def _merge(*groups: tuple[Axis, ...]) -> tuple[Axis, ...]:
    return tuple(dict.fromkeys(axis for group in groups for axis in group))


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A number, exact wherever it can be (a sympy number: 2, 1/2, sqrt(2), pi, 0.1)."""

    value: sp.Expr
    axes: tuple[Axis, ...] = field(default=(), init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Size(Expr):
    """The length of an axis as a number: n, the number of samples."""

    axis: Axis
    axes: tuple[Axis, ...] = field(default=(), init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ref(Expr):
    """A use of a tensor with one index for each of its axes."""

    tensor: Tensor
    index: tuple[Index, ...]
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.index) != len(self.tensor.axes):
            raise ValueError(
                f"{self.tensor.name} has {len(self.tensor.axes)} axes, {len(self.index)} indices were given"
            )
        object.__setattr__(self, "axes", _merge(tuple(i for i in self.index if isinstance(i, Axis))))


@dataclass(frozen=True, slots=True)
class Add(Expr):
    """A sum of terms."""

    terms: tuple[Expr, ...]
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", _merge(*(t.axes for t in self.terms)))


@dataclass(frozen=True, slots=True)
class Mul(Expr):
    """A product of factors."""

    factors: tuple[Expr, ...]
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", _merge(*(f.axes for f in self.factors)))


@dataclass(frozen=True, slots=True)
class Pow(Expr):
    """base ** exponent with a constant real exponent."""

    base: Expr
    exponent: sp.Expr
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", self.base.axes)


@dataclass(frozen=True, slots=True)
class Sum(Expr):
    """Σ of the body over ``axis``."""

    axis: Axis
    body: Expr
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(a for a in self.body.axes if a != self.axis))


@dataclass(frozen=True, slots=True)
class Largest(Expr):
    """The largest value of the body over ``axis``, leaving out the element ``but`` where that is given.

    It is not differentiated: it comes in where sums of exponentials are shifted, after the derivation.
    """

    axis: Axis
    body: Expr
    but: Index | None = None
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        apart = (self.but,) if isinstance(self.but, Axis) else ()
        object.__setattr__(self, "axes", _merge(tuple(a for a in self.body.axes if a != self.axis), apart))


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A scalar function applied element by element."""

    function: ScalarFunction
    arguments: tuple[Expr, ...]
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", _merge(*(a.axes for a in self.arguments)))


@dataclass(frozen=True, slots=True)
class Same(Expr):
    """1 where two indices are equal and 0 elsewhere (Kronecker's δ), or the other way round if ``negated``."""

    first: Index
    second: Index
    negated: bool = False
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        running = tuple(i for i in (self.first, self.second) if isinstance(i, Axis))
        object.__setattr__(self, "axes", _merge(running))


@dataclass(frozen=True, slots=True)
class Deriv(Expr):
    """∂ body / ∂ wrt, not yet carried out."""

    body: Expr
    wrt: Ref
    axes: tuple[Axis, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", _merge(self.body.axes, self.wrt.axes))


ZERO, ONE, MINUS_ONE = Const(sp.S.Zero), Const(sp.S.One), Const(sp.S.NegativeOne)


def const(value: object) -> Const:
    """``value`` (an int, float, Fraction or sympy number) as a constant."""
    return Const(sp.S(value))


def add(*terms: Expr) -> Expr:
    """The sum of the terms, flat, without zeros."""
    flat: list[Expr] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else [] if term == ZERO else [term])
    return ZERO if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def mul(*factors: Expr) -> Expr:
    """The product of the factors, flat, without ones; 0 if a factor is 0."""
    flat: list[Expr] = []
    for factor in factors:
        if factor == ZERO:
            return ZERO
        flat.extend(factor.factors if isinstance(factor, Mul) else [] if factor == ONE else [factor])
    return ONE if not flat else flat[0] if len(flat) == 1 else Mul(tuple(flat))


def power(base: Expr, exponent: sp.Expr) -> Expr:
    """base ** exponent, with the exponents 0 and 1 and the base 1 resolved."""
    if exponent == 0 or base == ONE:
        return ONE
    return base if exponent == 1 else Pow(base, exponent)


def total(axes: tuple[Axis, ...], body: Expr) -> Expr:
    """Σ over all of ``axes``, the first one outermost."""
    for axis in reversed(axes):
        body = Sum(axis, body)
    return body


def negative(expr: Expr) -> Expr:
    """−expr."""
    return mul(MINUS_ONE, expr)


def factors_of(expr: Expr) -> tuple[Expr, ...]:
    """The factors of a product; anything else is its own only factor."""
    return expr.factors if isinstance(expr, Mul) else (expr,)


def terms_of(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; anything else is its own only term."""
    return expr.terms if isinstance(expr, Add) else (expr,)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly below ``expr``."""
    match expr:
        case Add(terms=parts) | Mul(factors=parts) | Apply(arguments=parts):
            return parts
        case Pow(base=part) | Sum(body=part) | Largest(body=part):
            return (part,)
        case Deriv(body=body, wrt=wrt):
            return (body, wrt)
    return ()


def rebuild(expr: Expr, parts: tuple[Expr, ...]) -> Expr:
    """``expr`` with other children (flat, zeros and ones dropped)."""
    match expr:
        case Add():
            return add(*parts)
        case Mul():
            return mul(*parts)
        case Pow(exponent=exponent):
            return power(parts[0], exponent)
        case Sum(axis=axis):
            return ZERO if parts[0] == ZERO else Sum(axis, parts[0])
        case Largest(axis=axis, but=but):
            return Largest(axis, parts[0], but)
        case Apply(function=function):
            return Apply(function, parts)
        case Deriv():
            assert isinstance(parts[1], Ref)
            return Deriv(parts[0], parts[1])
    return expr


def walk(expr: Expr) -> Iterator[Expr]:
    """``expr`` and everything below it."""
    yield expr
    for part in children(expr):
        yield from walk(part)


def transform(expr: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """``expr`` with ``rule`` applied once to every node, from the leaves up; ``None`` keeps a node."""
    parts = children(expr)
    new = tuple(transform(part, rule) for part in parts)
    if any(a is not b for a, b in zip(parts, new, strict=True)):
        expr = rebuild(expr, new)
    out = rule(expr)
    return expr if out is None else out


def replace(expr: Expr, mapping: Mapping[Expr, Expr]) -> Expr:
    """``expr`` with the keys of ``mapping`` replaced by their values wherever they occur."""
    return transform(expr, mapping.get)


def reindex(expr: Expr, mapping: Mapping[Axis, Index]) -> Expr:
    """``expr`` with its running indices renamed, or fixed to a number, all at once.

    Bound indices stay as they are, except that one which would capture a new name is renamed first.
    """
    if not any(axis in mapping for axis in expr.axes):
        return expr
    match expr:
        case Ref(tensor=tensor, index=index):
            return Ref(tensor, tuple(_moved(i, mapping) for i in index))
        case Same(first=first, second=second, negated=negated):
            return Same(_moved(first, mapping), _moved(second, mapping), negated)
        case Sum(axis=axis, body=body) | Largest(axis=axis, body=body):
            inner = {a: b for a, b in mapping.items() if a != axis and a in (*body.axes, *expr.axes)}
            if axis in inner.values():
                taken = {b for b in inner.values() if isinstance(b, Axis)} | set(body.axes) | bound(body)
                inner[axis] = new = fresh(axis, taken)
                axis = new
            if isinstance(expr, Largest):
                but = expr.but
                return Largest(axis, reindex(body, inner), but if but is None else _moved(but, mapping))
            return Sum(axis, reindex(body, inner))
    return rebuild(expr, tuple(reindex(part, mapping) for part in children(expr)))


def bound(expr: Expr) -> set[Axis]:
    """The indices that are summed over somewhere in ``expr``."""
    return {node.axis for node in walk(expr) if isinstance(node, Sum | Largest)}


def _moved(index: Index, mapping: Mapping[Axis, Index]) -> Index:
    return mapping.get(index, index) if isinstance(index, Axis) else index


def inline(expr: Expr, equation: Equation) -> Expr:
    """``expr`` with the equation's target replaced by its right side."""

    def rule(e: Expr) -> Expr | None:
        if isinstance(e, Ref) and e.tensor == equation.target:
            changed = {a: b for a, b in zip(equation.target.axes, e.index, strict=True) if a != b}
            return reindex(equation.right, changed)
        return None

    return transform(expr, rule)


def refs(expr: Expr, tensor: Tensor | None = None) -> list[Ref]:
    """The distinct uses of tensors (or of one tensor) in ``expr``, in order of appearance."""
    found = (n for n in walk(expr) if isinstance(n, Ref) and (tensor is None or n.tensor == tensor))
    return list(dict.fromkeys(found))


def depends(expr: Expr, ref: Ref) -> bool:
    """Whether ``ref`` itself, with the same indices, occurs in ``expr``."""
    return any(node == ref for node in walk(expr))


def fresh(axis: Axis, taken: set[Axis]) -> Axis:
    """An axis of the size of ``axis`` whose name is not among ``taken``."""
    names = {a.name for a in taken}
    name = axis.name
    while name in names:
        name += "'"
    return Axis(name, axis.size)


@lru_cache(maxsize=4096)
def count(expr: Expr) -> int:
    """The number of nodes of ``expr``."""
    return 1 + sum(count(part) for part in children(expr))


@dataclass(frozen=True, slots=True)
class Equation:
    """``target[axes] = right``: one named tensor computed from earlier ones."""

    target: Tensor
    right: Expr

    @property
    def left(self) -> Ref:
        """The target with its own axes."""
        return self.target()
