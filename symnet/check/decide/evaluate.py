"""Expressions evaluated element by element, as arrays of residues and reals (:mod:`symnet.check.decide.arrays`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Same,
    Size,
    Sum,
    Tensor,
)
from symnet.check.decide.arrays import Arrays, Bound, Value, repeated_bound
from symnet.check.decide.program import Op, Unsupported, definition, power_of, program

LARGEST = 4_000_000
"""No array of an evaluation may have more elements than this."""


def length(axis: Axis, sizes: Mapping[str | int, int]) -> int:
    """How long an axis is: a number stands for itself unless ``sizes`` has a smaller one in its place."""
    return sizes[axis.size] if isinstance(axis.size, str) else sizes.get(axis.size, axis.size)


class Placed(NamedTuple):
    """A value with the running indices that its dimensions stand for."""

    value: Value
    axes: tuple[Axis, ...]


class Evaluator:
    """Values of expressions at given values of tensors; what is not given is computed from its definition, once."""

    def __init__(
        self,
        arrays: Arrays,
        values: dict[Tensor, Value],
        definitions: Mapping[Tensor, Equation],
        sizes: Mapping[str | int, int],
    ) -> None:
        self.arrays = arrays
        self.values = values
        self.definitions = definitions
        self.sizes = sizes
        self._known: dict[int, tuple[Expr, Placed]] = {}

    def length(self, axis: Axis) -> int:
        """How long an axis is here."""
        return length(axis, self.sizes)

    def evaluate(self, expr: Expr, axes: Sequence[Axis]) -> Value:
        """The value over ``axes`` (all running indices of the expression, in this order)."""
        lacking = set(expr.axes) - set(axes)
        if lacking:
            raise Unsupported(f"a free index {', '.join(a.name for a in lacking)}")
        return self._aligned(self._placed(expr), tuple(axes))

    def tensor(self, tensor: Tensor) -> Value:
        """The value of a tensor over its own axes."""
        if tensor not in self.values:
            if tensor not in self.definitions:
                raise Unsupported(f"{tensor.name} is no quantity of the network")
            value = self.evaluate(self.definitions[tensor].right, tensor.axes)
            self.values[tensor] = self._full(value, tensor.axes)
        return self.values[tensor]

    def _full(self, value: Value, axes: Sequence[Axis]) -> Value:
        """The value with every dimension of ``axes`` as long as the axis."""
        dims = tuple(self.length(a) for a in axes)
        lead = value.residues.shape[: self.arrays.field.lead]
        residues = np.broadcast_to(value.residues, lead + dims)
        return Value(residues, np.broadcast_to(value.reals, value.reals.shape[:1] + dims), value.bound)

    def _placed(self, expr: Expr) -> Placed:
        known = self._known.get(id(expr))
        if known is not None:
            return known[1]
        found = self._compute(expr)
        self._known[id(expr)] = (expr, found)  # the expression is kept, so that its id stays its own
        return found

    def _compute(self, expr: Expr) -> Placed:
        arrays = self.arrays
        if prod(map(self.length, expr.axes)) * len(arrays.generators) * max(1, arrays.field.width) > LARGEST:
            raise Unsupported("too many elements")
        match expr:
            case Const(value=value):
                return self._program(program(sp.S(value)), (), ())
            case Size(axis=axis):
                arrays.axes = ()
                return Placed(arrays.rational(Fraction(self.length(axis))), ())
            case Ref(tensor=tensor, index=index):
                return self._indexed(self.tensor(tensor), index)
            case Same(first=first, second=second, negated=negated):
                return self._same(first, second, negated, expr.axes)
            case Add(terms=parts):
                return Placed(arrays.add([self._aligned(self._placed(p), expr.axes) for p in parts]), expr.axes)
            case Mul(factors=parts):
                return Placed(arrays.mul([self._aligned(self._placed(p), expr.axes) for p in parts]), expr.axes)
            case Pow(base=base, exponent=exponent):
                if isinstance(base, Const):
                    return self._program(program(sp.Pow(base.value, exponent)), (), ())
                if (
                    isinstance(base, Pow)
                    and base.exponent.is_integer
                    and base.exponent % 2 == 0
                    and getattr(exponent, "q", 1) == 2
                ):
                    size = Op("abs", (Op("argument", (), 0),))  # (u²)^½ = |u|
                    power = Fraction(int(base.exponent * exponent))
                    return self._program(Op("power", (size,), power), (base.base,), expr.axes)
                return self._program(power_of(exponent), (base,), expr.axes)
            case Sum(axis=axis, body=body):
                return self._sum(axis, body)
            case Apply(function=function, arguments=parts):
                return self._program(definition(function), parts, expr.axes)
        raise Unsupported(f"{type(expr).__name__} has no value before it is carried out")

    def _program(self, op: Op, parts: Sequence[Expr], axes: tuple[Axis, ...]) -> Placed:
        arguments = [self._aligned(self._placed(part), axes) for part in parts]
        self.arrays.axes = axes
        return Placed(self.arrays.run(op, arguments), axes)

    def _sum(self, axis: Axis, body: Expr) -> Placed:
        inner = self._placed(body)
        many = self.length(axis)
        field = self.arrays.field
        if axis not in inner.axes:
            self.arrays.axes = inner.axes
            return Placed(self.arrays.mul([self.arrays.rational(Fraction(many)), inner.value]), inner.axes)
        at = inner.axes.index(axis)
        residues, reals, bound = inner.value
        value = Value(field.total(residues, at), reals.sum(axis=at + 1), repeated_bound(bound, many))
        return Placed(value, tuple(a for a in inner.axes if a != axis))

    def _aligned(self, placed: Placed, axes: tuple[Axis, ...]) -> Value:
        value, own = placed
        if own == axes:
            return value
        lead = self.arrays.field.lead
        order = [own.index(a) for a in axes if a in own]

        def moved(array: NDArray[Any], first: int) -> NDArray[Any]:
            out = np.transpose(array, [*range(first), *(first + k for k in order)])
            dims = iter(out.shape[first:])
            return out.reshape(out.shape[:first] + tuple(next(dims) if a in own else 1 for a in axes))

        return Value(moved(value.residues, lead), moved(value.reals, 1), value.bound)

    def _indexed(self, value: Value, index: tuple[Index, ...]) -> Placed:
        residues, reals, bound = value
        for at in reversed(range(len(index))):
            fixed = index[at]
            if isinstance(fixed, int):
                if not 1 <= fixed <= reals.shape[at + 1]:
                    raise Unsupported(f"the index {fixed} is outside")
                residues = np.take(residues, fixed - 1, axis=at + self.arrays.field.lead)
                reals = np.take(reals, fixed - 1, axis=at + 1)
        axes = [i for i in index if isinstance(i, Axis)]
        while len(set(axes)) < len(axes):  # one index used twice: the diagonal
            first = next(k for k, a in enumerate(axes) if a in axes[k + 1 :])
            second = axes.index(axes[first], first + 1)
            lead = self.arrays.field.lead
            residues = np.diagonal(residues, axis1=first + lead, axis2=second + lead)
            reals = np.diagonal(reals, axis1=first + 1, axis2=second + 1)
            axis = axes.pop(second)
            axes = [*axes[:first], *axes[first + 1 :], axis]
        for axis, many in zip(axes, reals.shape[1:], strict=True):
            if self.length(axis) != many:
                raise Unsupported(f"the index {axis.name} has another range")
        return Placed(Value(residues, reals, bound), tuple(axes))

    def _same(self, first: Index, second: Index, negated: bool, axes: tuple[Axis, ...]) -> Placed:
        def places(index: Index) -> NDArray[Any]:
            if isinstance(index, int):
                return np.full((1,) * len(axes), index)
            shape = tuple(self.length(a) if a == index else 1 for a in axes)
            return np.arange(1, self.length(index) + 1).reshape(shape)

        equal = np.asarray(np.equal(places(first), places(second)) != negated)
        field = self.arrays.field
        lead = field.constant(field.one)
        residues = lead.reshape(lead.shape + (1,) * len(axes)) * equal.astype(np.int64)
        return Placed(Value(residues, equal.astype(float)[None], Bound(0)), axes)
