"""A network's quantities as columns of circles (inputs, sums, units, the cost), and which lead to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symnet.algebra.expressions import Axis, Index, Ref, Tensor, reindex
from symnet.algebra.interpret import evaluate, run
from symnet.derive.calculus import carry_out
from symnet.derive.chain import local_derivative
from symnet.derive.derivation import Derivation
from symnet.derive.given import Key, given
from symnet.derive.numbers import Values, check_domain
from symnet.errors import SymnetError
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render.display import Node, Number, Terms
from symnet.render.figures.geometry import Point
from symnet.render.figures.layers import Column
from symnet.render.formula import unrolled

DIGITS = 3
"""Significant digits of numbers in pictures."""

_NOISE = 1e-13
"""What floating point may differ by from the number that is meant, relative to it."""


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


@dataclass(frozen=True)
class Numbers:
    """A network's quantities as arrays, worked out by the interpreter: the forward pass, the cost, the derivatives."""

    network: Network
    arrays: Mapping[Tensor, Any]
    samples: int

    @cached_property
    def derivation(self) -> Derivation:
        """The network's derivation, made once."""
        return self.network.derive()

    def value(self, of: Key) -> float:
        """The value of an element."""
        return float(np.asarray(self.arrays[of[0]])[tuple(k - 1 for k in of[1])])

    def derivative(self, of: Key | None) -> float | None:
        """∂C/∂of; None for what the cost is not differentiated by."""
        adjoint = None if of is None else self.derivation.adjoints.get(of[0])
        if of is None or adjoint is None or adjoint.equation.target not in self.arrays:
            return None
        return self.value((adjoint.equation.target, of[1]))

    def slope(self, source: Key, target: Key) -> float:
        """The local derivative ∂target/∂source: the derivation's, with the numbers put in."""
        equation = next(eq for eq in self.network.equations if eq.target == target[0])
        if equation.target == COST:
            return self.derivative(source) or 0.0
        at: dict[Axis, Index] = dict(zip(equation.target.axes, target[1], strict=True))
        found = local_derivative(source[0], [equation])
        if found is None:  # softmax: each unit depends on each of the others, through the sum
            written = unrolled(reindex(equation.right, at), Names(self.network, LECTURE))
            return float(evaluate(carry_out(written, Ref(*source))[-1].expr, self.arrays))
        derivative, steps = found
        running = zip(derivative.wrt.index, source[1], strict=True)
        moved: dict[Axis, Index] = {axis: k for axis, k in running if isinstance(axis, Axis)}
        return float(evaluate(reindex(steps[-1].expr, {**moved, **at}), self.arrays))


def worked_out(network: Network, x: Any, y: Any, parameters: Mapping[str, Any], backward: bool = False) -> Numbers:
    """The numbers of a network for samples x, with the cost if there are targets y, and ``backward`` the derivatives.

    Raises SymnetError for missing or unknown parameters, wrong shapes, and where the cost is not defined.
    """
    samples, values = given(network, x, y, **parameters)
    environment = arrays(network, samples, values)
    out = run(network.equations[:-1], environment)
    if y is not None:
        predicted = np.asarray(out[network.prediction])
        places = product(*(range(1, size + 1) for size in predicted.shape))
        found = {(network.prediction, k): sp.Float(float(predicted[tuple(i - 1 for i in k)])) for k in places}
        check_domain(network, {**values, **found}, samples)
        out = run(network.equations[-1:], out)
        if not np.isfinite(out[COST]):
            raise SymnetError("for these numbers the cost has no finite value; change the weights or the targets")
    if backward:
        out = run([adjoint.equation for adjoint in network.derive().backward], out)
    return Numbers(network, out, samples)


def arrays(network: Network, samples: int, values: Values) -> dict[Tensor, Any]:
    """Data, parameters and constants as arrays, one dimension for each axis; targets only where they are given."""
    out: dict[Tensor, Any] = {}
    for tensor in (network.x, network.y, *network.parameters, *network.constants):
        shape = tuple(samples if axis.name == "s" else int(axis.size) for axis in tensor.axes)
        listed = list(product(*(range(1, size + 1) for size in shape)))
        if tensor != network.y or (tensor, listed[0]) in values:
            out[tensor] = np.array([float(values[tensor, index]) for index in listed]).reshape(shape)
    return out


def rounded(value: Any, digits: int = DIGITS) -> Node:
    """A number for a picture: whole numbers as they are, others to three significant digits.

    Zeros at the end say that the number was rounded: 0.5 is a half, 0.500 is not quite.
    """
    number = float(value)
    if number == 0:
        return Number("0")
    if number < 0:
        return Terms((("-", rounded(-value, digits)),))
    if abs(number - round(number)) < _NOISE * number and number < 10**6:
        return Number(str(round(number)))
    if number >= 10 ** (digits + 1) or number < 0.001:
        mantissa, _, power = f"{number:.{digits - 1}e}".partition("e")
        return Number(f"{mantissa}e{int(power)}")
    if number >= 10**digits:
        return Number(f"{number:.0f}")
    short = f"{number:.{digits}g}"
    whole = abs(float(short) - number) < _NOISE * number
    return Number(short if whole else f"{number:#.{digits}g}".rstrip("."))
