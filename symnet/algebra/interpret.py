"""The NumPy interpreter of expressions and equations: short, slow, plainly right.  Every test measures against it."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

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
    Largest,
    Mul,
    Pow,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    factors_of,
)
from symnet.algebra.functions import defined

Array = NDArray[Any]
Environment = Mapping[Tensor, Array]


def run(equations: Sequence[Equation], environment: Environment) -> dict[Tensor, Array]:
    """Evaluate the equations one after another; returns the environment with every target added.

    Each array has one dimension for each axis of its tensor, in the tensor's order.
    """
    values = dict(environment)
    for equation in equations:
        values[equation.target] = evaluate(equation.right, values, equation.target.axes)
    return values


def evaluate(expr: Expr, environment: Environment, axes: Sequence[Axis] = ()) -> Array:
    """The value of ``expr`` as an array over ``axes`` (all of its running indices, in this order).

    Axes of ``axes`` that the expression lacks are broadcast.  Floating-point exceptions yield inf and nan silently,
    as IEEE arithmetic does.
    """
    lengths = axis_lengths(environment)
    with np.errstate(all="ignore"):
        value, own = _evaluate(expr, environment, lengths)
    value = _align(value, own, axes)
    return np.array(np.broadcast_to(value, tuple(_length(a, lengths) for a in axes)))


def axis_lengths(environment: Environment) -> dict[str, int]:
    """How long every axis is, by its name, as the given arrays say.

    Raises ValueError when two arrays disagree, or an array has not one dimension for each axis.
    """
    lengths: dict[str, int] = {}
    for tensor, value in environment.items():
        shape = np.shape(value)
        if len(shape) != len(tensor.axes):
            raise ValueError(f"{tensor.name} has {len(tensor.axes)} axes, an array of shape {shape} was given")
        for axis, length in zip(tensor.axes, shape, strict=True):
            if lengths.setdefault(axis.name, length) != length:
                raise ValueError(
                    f"{tensor.name} has length {length} along {axis.name}, another has {lengths[axis.name]}"
                )
            lengths.setdefault(f"{axis.name}'", length)
    return lengths


def _length(axis: Axis, lengths: Mapping[str, int]) -> int:
    return lengths[axis.name.rstrip("'")]


def _align(value: Array, own: Sequence[Axis], axes: Sequence[Axis]) -> Array:
    order = [own.index(a) for a in axes if a in own]
    shape = tuple(value.shape[own.index(a)] if a in own else 1 for a in axes)
    return np.transpose(value, order).reshape(shape)


def _evaluate(expr: Expr, env: Environment, lengths: Mapping[str, int]) -> tuple[Array, tuple[Axis, ...]]:
    match expr:
        case Const(value=value):
            return np.asarray(float(value)), ()
        case Size(axis=axis):
            return np.asarray(float(_length(axis, lengths))), ()
        case Ref(tensor=tensor, index=index):
            array = np.asarray(env[tensor])
            fixed = tuple(i - 1 if isinstance(i, int) else slice(None) for i in index)
            running = tuple(i for i in index if isinstance(i, Axis))
            return (array[fixed], running) if running == expr.axes else _diagonal(array[fixed], running, expr.axes)
        case Same(first=first, second=second, negated=negated):
            places = [_places(i, expr.axes, lengths) for i in (first, second)]
            return np.asarray(np.equal(*places) != negated, dtype=float), expr.axes
        case Add(terms=parts):
            return _elementwise(lambda *v: sum(v[1:], v[0]), parts, expr.axes, env, lengths), expr.axes
        case Mul() | Sum():
            return _contract(expr, env, lengths), expr.axes
        case Largest():
            return _largest(expr, env, lengths), expr.axes
        case Pow(base=base, exponent=exponent):
            value, own = _evaluate(base, env, lengths)
            return value ** (int(exponent) if exponent.is_integer else float(exponent)), own
        case Apply(function=function, arguments=arguments):
            return _elementwise(numeric(function), arguments, expr.axes, env, lengths), expr.axes
    raise TypeError(f"{type(expr).__name__} has no value before it is carried out")


def _places(index: Index, axes: Sequence[Axis], lengths: Mapping[str, int]) -> Array:
    """The index counted from 1 along its axis, shaped for broadcasting over ``axes``."""
    if isinstance(index, int):
        return np.full((1,) * len(axes), index)
    shape = tuple(_length(a, lengths) if a == index else 1 for a in axes)
    return np.arange(1, _length(index, lengths) + 1).reshape(shape)


def _diagonal(value: Array, running: Sequence[Axis], axes: tuple[Axis, ...]) -> tuple[Array, tuple[Axis, ...]]:
    """The elements whose equal indices are equal: M[i,i] over i."""
    letters = {axis: string.ascii_letters[k] for k, axis in enumerate(axes)}
    return np.einsum("".join(letters[a] for a in running) + "->" + "".join(letters.values()), value), axes


def _elementwise(
    function: Callable[..., Any],
    parts: Sequence[Expr],
    axes: Sequence[Axis],
    env: Environment,
    lengths: Mapping[str, int],
) -> Array:
    values = [_align(*_evaluate(part, env, lengths), axes) for part in parts]
    return np.broadcast_to(function(*values), np.broadcast_shapes(*(v.shape for v in values)))


def _contract(expr: Expr, env: Environment, lengths: Mapping[str, int]) -> Array:
    """A product under any number of sums, by ``einsum`` over the named axes."""
    out, summed, scale = expr.axes, [], 1.0
    while isinstance(expr, Sum):
        if expr.axis in summed or expr.axis not in expr.body.axes:
            scale *= 1.0 if expr.axis in expr.body.axes else _length(expr.axis, lengths)
        summed.append(expr.axis)
        expr = expr.body
    parts = [_evaluate(f, env, lengths) for f in factors_of(expr)]
    letters: dict[Axis, str] = {}
    for axis in (a for _, own in parts for a in own):
        letters.setdefault(axis, string.ascii_letters[len(letters)])
    inputs = ",".join("".join(letters[a] for a in own) for _, own in parts)
    result = np.einsum(f"{inputs}->{''.join(letters[a] for a in out)}", *(v for v, _ in parts), optimize=len(parts) > 2)
    return np.asarray(result * scale)


def _largest(expr: Largest, env: Environment, lengths: Mapping[str, int]) -> Array:
    value, own = _evaluate(expr.body, env, lengths)
    axes = (*expr.axes, expr.axis)
    value = _align(value, own, axes)
    if expr.but is not None:
        apart = np.equal(*(_places(i, axes, lengths) for i in (expr.axis, expr.but)))
        value = np.where(apart, -np.inf, value)
    return np.asarray(np.max(value, axis=-1))


@lru_cache(maxsize=512)
def numeric(function: ScalarFunction) -> Callable[..., Any]:
    """A scalar function as a NumPy function of arrays."""
    expr = defined(function.expr)
    modules = ["scipy", "numpy"] if expr.has(sp.erf, sp.erfc, sp.gamma) else ["numpy"]
    compiled = sp.lambdify(function.parameters, expr, modules=modules)

    def call(*arguments: Array) -> Array:
        arrays = np.broadcast_arrays(*arguments)
        return np.broadcast_to(np.asarray(compiled(*arrays), dtype=float), arrays[0].shape)

    return call
