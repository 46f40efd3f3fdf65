"""Values of expressions at random points, in floating point: enough to tell which slip could lead to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np
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
    refs,
)
from symnet.check.decide.points import laboratory
from symnet.check.decide.program import Op, Unsupported, program
from symnet.network import SAMPLES, Network

Array = NDArray[Any]


Value = tuple[Array, tuple[Axis, ...]]


NO_VALUE = (KeyError, TypeError, ValueError, IndexError, OverflowError, Unsupported)
"""What an expression without a value at the points raises."""


POINTS = 8


LARGEST = 12
"""Longer axes are cut to this length where values are compared; what fits is confirmed at full length."""


class Points:
    """Random points: values of every quantity of a network, forward and backward, at ``POINTS`` points at once.

    Of a part of the network only its ``definitions`` are computed; what else they use is random.

    An array has two leading dimensions, alternatives and points, and then one for each of its axes.
    """

    def __init__(
        self,
        network: Network,
        seed: int,
        samples: int,
        largest: int = LARGEST,
        definitions: Mapping[Tensor, Equation] | None = None,
    ) -> None:
        definitions = laboratory(network).definitions if definitions is None else definitions
        self.network, self.samples, self.largest = network, samples, largest
        self.names: dict[str, int] = {}
        self.memo: dict[int, tuple[Expr, Value]] = {}
        self.values: dict[Tensor, Value] = {}
        self._fill(np.random.default_rng([seed, samples]), definitions)
        for equation in definitions.values():
            self.values[equation.target] = self.over(equation.right, equation.target.axes)

    def _fill(self, rng: np.random.Generator, definitions: Mapping[Tensor, Equation]) -> None:
        network = self.network
        positive = network.cost.domain != "real" and network.layers[-1].function.name not in ("sigmoid", "softmax")
        used = (r.tensor for equation in definitions.values() for r in refs(equation.right))
        free = dict.fromkeys(t for t in used if t not in definitions)
        for tensor in dict.fromkeys((network.x, network.y, *network.parameters, *network.constants, *free)):
            shape = (1, POINTS, *(self.length(a) for a in tensor.axes))
            value = rng.uniform(0.3, 1.7, shape) if positive or tensor.role == "constant" else rng.normal(size=shape)
            if tensor == network.y and network.layers[-1].function.normalised:
                value = np.exp(value) / np.exp(value).sum(axis=-1, keepdims=True)
            elif tensor == network.y and network.cost.targets != "real":
                value = rng.uniform(0.1, 0.9, shape)
            self.values[tensor] = (value, tensor.axes)

    def length(self, axis: Axis) -> int:
        """How long an axis is here."""
        if isinstance(axis.size, int):
            return min(axis.size, self.largest)
        if axis.size == SAMPLES.size:
            return self.samples
        return self.names.setdefault(axis.size, 3 + len(self.names))

    def over(self, expr: Expr, axes: Sequence[Axis], given: Mapping[Tensor, Value] | None = None) -> Value:
        """The value over ``axes`` and then whatever other indices are left free; ``given`` replaces tensors."""
        with np.errstate(all="ignore"):
            value, own = self._value(expr, given or {}, self.memo if not given else {})
        wanted = (*axes, *(a for a in own if a not in axes))
        value = aligned(value, own, wanted)
        shape = (len(value), POINTS, *(self.length(a) for a in wanted))
        return np.broadcast_to(value, shape), wanted

    def _value(self, e: Expr, given: Mapping[Tensor, Value], memo: dict[int, tuple[Expr, Value]]) -> Value:
        if id(e) not in memo:
            memo[id(e)] = (e, self._compute(e, given, memo))
        return memo[id(e)][1]

    def _compute(self, e: Expr, given: Mapping[Tensor, Value], memo: dict[int, tuple[Expr, Value]]) -> Value:
        def together(parts: Sequence[Expr]) -> tuple[list[Array], tuple[Axis, ...]]:
            values = [self._value(p, given, memo) for p in parts]
            axes = tuple(dict.fromkeys(a for _, own in values for a in own))
            return [aligned(v, own, axes) for v, own in values], axes

        match e:
            case Const(value=value):
                return np.full((1, 1), float(value)), ()
            case Size(axis=axis):
                return np.full((1, 1), float(self.length(axis))), ()
            case Ref(tensor=tensor, index=index):
                return self._taken(given.get(tensor) or self.values[tensor], tensor, index)
            case Same(first=first, second=second, negated=negated):
                places = [self._places(i, e.axes) for i in (first, second)]
                return (np.equal(*places) != negated).astype(float)[None, None], e.axes
            case Add(terms=parts):
                values, axes = together(parts)
                return sum(values[1:], values[0]), axes
            case Mul(factors=parts):
                values, axes = together(parts)
                out = values[0]
                for v in values[1:]:
                    out = out * v
                return out, axes
            case Pow(base=base, exponent=exponent):
                value, axes = self._value(base, given, memo)
                return value ** (int(exponent) if exponent.is_integer else float(exponent)), axes
            case Sum(axis=axis, body=body):
                value, axes = self._value(body, given, memo)
                if axis not in axes:
                    return value * self.length(axis), axes
                return value.sum(axis=2 + axes.index(axis)), tuple(a for a in axes if a != axis)
            case Apply(function=function, arguments=parts):
                values, axes = together(parts)
                shape = np.broadcast_shapes((1, 1), *(v.shape for v in values))
                value = _run(program(function.expr.doit(), function.parameters), values)
                return np.broadcast_to(value, shape), axes
        raise TypeError(f"{type(e).__name__} has no value")

    def _places(self, index: Index, axes: Sequence[Axis]) -> Array:
        if isinstance(index, int):
            return np.full((1,) * len(axes), index)
        return np.arange(1, self.length(index) + 1).reshape([-1 if a == index else 1 for a in axes])

    def _taken(self, stored: Value, tensor: Tensor, index: tuple[Index, ...]) -> Value:
        """The elements that an index picks; what lies outside of the tensor is nan."""
        value, held = stored
        if index == tensor.axes == held:
            return value, held
        extra = tuple(a for a in held if a not in tensor.axes)
        axes = tuple(dict.fromkeys([*(i for i in index if isinstance(i, Axis)), *extra]))
        places = [self._places(i, axes) - 1 for i in (*index, *extra)]
        lengths = value.shape[2:]
        inside = np.ones((1,) * len(axes), dtype=bool)
        for place, length in zip(places, lengths, strict=True):
            inside = inside & (place < length)
        out = value[(..., *(np.minimum(p, n - 1) for p, n in zip(places, lengths, strict=True)))]
        return (out if np.all(inside) else np.where(inside, out, np.nan)), axes


def _run(op: Op, arguments: Sequence[Array]) -> Array:
    """The value of a scalar function's program: what an answer says is interpreted, never compiled."""
    if op.kind == "argument":
        position: int = op.value
        return arguments[position]
    if op.kind in ("const", "pi"):
        return np.asarray(np.pi if op.kind == "pi" else float(op.value))
    if op.kind == "case":
        whens = [_run(when, arguments) for when in op.value]
        return np.asarray(_select(whens, [_run(part, arguments) for part in op.parts]))
    values = [_run(part, arguments) for part in op.parts]
    match op.kind:
        case "add":
            return np.asarray(sum(values[1:], values[0]))
        case "and":
            return np.asarray(reduce(np.logical_and, values))
        case "mul":
            return np.asarray(prod(values))
        case "power":
            return np.asarray(values[0] ** (int(op.value) if op.value.denominator == 1 else float(op.value)))
        case "true":
            return np.asarray(True)
        case "or":
            return np.asarray(reduce(np.logical_or, values))
        case "erf":
            from scipy.special import erf

            return np.asarray(erf(values[0]))
    return np.asarray(_FUNCTIONS[op.kind](values[0]))


def _select(whens: Sequence[Array], values: Sequence[Array]) -> Array:
    out: Array = np.asarray(np.nan)
    for when, value in zip(reversed(whens), reversed(values), strict=True):
        out = np.where(when, value, out)
    return out


_FUNCTIONS: Mapping[str, Callable[[Array], Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "not": np.logical_not,
    "positive": lambda u: u > 0,
    "nonzero": lambda u: u != 0,
}


def aligned(value: Array, own: Sequence[Axis], axes: Sequence[Axis]) -> Array:
    """``value`` over its ``own`` axes with a dimension for each of ``axes``, in their order."""
    if tuple(own) == tuple(axes):
        return value
    order = [own.index(a) for a in axes if a in own]
    lengths = [value.shape[2 + own.index(a)] if a in own else 1 for a in axes]
    return value.transpose(0, 1, *(2 + k for k in order)).reshape(*value.shape[:2], *lengths)


def close(a: Array, b: Array) -> bool:
    """Whether two arrays agree wherever both are numbers, and are numbers in the same places."""
    finite = np.isfinite(a)
    if not (np.array_equal(finite, np.isfinite(b)) and finite.any()):
        return False
    a, b = a[finite], b[finite]
    scale = np.abs(b).max()
    return bool(np.all(np.abs(a - b) <= 1e-8 * np.abs(b) + 1e-11 * scale + 1e-300))
