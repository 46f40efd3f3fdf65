"""A network's quantities as columns of circles (inputs, sums, units, the cost), and which lead to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Axis, Equation, Index, Ref, Tensor, reindex
from symnet.derive.calculus import carry_out
from symnet.derive.chain import local_derivative
from symnet.derive.numbers import Key, Values, Worked, evaluate
from symnet.network import COST, Network
from symnet.render.display import Node, Number, Terms
from symnet.render.figures.geometry import Point
from symnet.render.figures.layers import Column, Letters
from symnet.render.formula import unrolled

DIGITS = 3
"""Significant digits of numbers in pictures."""


def quantities(network: Network, cost: bool) -> list[Tensor]:
    """What is computed, in order: the inputs, of each layer the sums and (if they differ) the units, and the cost."""
    listed = [network.x, *(eq.target for eq in network.equations[:-1])]
    return [*listed, COST] if cost else listed


@dataclass(frozen=True, slots=True)
class Link:
    """One unit that another is computed from: where both stand, and the places that they have in their columns."""

    source: int | str
    target: int | str
    start: Point
    end: Point


def links(network: Network, before: Column, after: Column) -> list[Link]:
    """The lines from one column to the next: each unit to its own activation, else each to all."""
    if before.tensor is None or after.tensor is None:
        return []
    alone = after.tensor.role == "unit" and not network.layers[after.tensor.layer - 1].function.normalised
    return [
        Link(source, target, start, end)
        for source, start in before.units
        for target, end in after.units
        if not alone or source == target
    ]


def key(tensor: Tensor, place: int | str) -> Key:
    """The element of the first sample at that place."""
    sample = (1,) if tensor.axes and tensor.axes[0].name == "s" else ()
    units = (int(place),) if len(tensor.axes) > len(sample) else ()
    return tensor, (*sample, *units)


def weight_key(network: Network, layer: int, source: int | str, target: int | str) -> Key:
    """The weight between two units."""
    ends = zip(network.unit_axes[layer - 1 : layer + 1], (source, target), strict=True)
    return network.weight(layer), tuple(int(place) for axes, place in ends if axes)


def slope(done: Worked, names: Letters, source: Key, target: Key) -> sp.Expr:
    """The local derivative ∂target/∂source: from the derivation, with the numbers put in."""
    network, values = done.network, done.passes[0].values
    equation = next(eq for eq in network.equations if eq.target == target[0])
    at: dict[Axis, Index] = dict(zip(equation.target.axes, target[1], strict=True))
    if equation.target == COST:
        adjoint = network.derive().adjoints[source[0]].equation
        placed = reindex(adjoint.right, dict(zip(source[0].axes, source[1], strict=True)))
        return evaluate(placed, values, done.samples, done.digits)
    found = local_derivative(source[0], [equation])
    if found is None:
        return _through_all(done, names, equation, at, source)
    derivative, steps = found
    running = zip(derivative.wrt.index, source[1], strict=True)
    moved = {axis: k for axis, k in running if isinstance(axis, Axis)}
    return evaluate(reindex(steps[-1].expr, {**moved, **at}), values, done.samples, done.digits)


def _through_all(done: Worked, names: Letters, equation: Equation, at: Mapping[Axis, Index], source: Key) -> sp.Expr:
    """The local derivative where a unit depends on each of the others (softmax), its sum written out."""
    written = unrolled(reindex(equation.right, at), names)
    steps = carry_out(written, Ref(*source))
    return evaluate(steps[-1].expr, done.passes[0].values, done.samples, done.digits)


def gradient(values: Values, of: Key, adjoints: Mapping[Tensor, Any]) -> sp.Expr | None:
    """∂C/∂of, where it was worked out."""
    adjoint = adjoints.get(of[0])
    return None if adjoint is None else values.get((adjoint.equation.target, of[1]))


def rounded(value: Any, digits: int = DIGITS) -> Node:
    """A number for a picture: whole numbers as they are, others to three significant digits.

    Zeros at the end say that the number was rounded: 0.5 is a half, 0.500 is not quite.
    """
    number = float(value)
    if number < 0:
        return Terms((("-", rounded(-value, digits)),))
    if number == int(number) and number < 10**6:
        return Number(str(int(number)))
    if number >= 10 ** (digits + 1) or number < 0.001:
        mantissa, _, power = f"{number:.{digits - 1}e}".partition("e")
        return Number(f"{mantissa}e{int(power)}")
    if number >= 10**digits:
        return Number(f"{number:.0f}")
    short = f"{number:.{digits}g}"
    return Number(short if float(short) == number else f"{number:#.{digits}g}".rstrip("."))
