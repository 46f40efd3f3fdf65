"""What makes a variant unfit to be handed out: cases in which a wrong way leads to the right answer, or to none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import sympy as sp

from symnet.exercises.draw import flat
from symnet.exercises.quantities import Working, worked_out
from symnet.exercises.variant import Formula, Part, Shape, Value, Variant
from symnet.network import COST, Network

SATURATED = {"sigmoid": 3, "tanh": sp.Rational(3, 2)}
"""Beyond this a unit hardly changes any more: its derivative is below 0.05 and 0.2."""

SMALL = 10
"""An answer of less than so many tolerances is not told from a wrong one."""


def degenerate(variant: Variant) -> str:
    """Why this variant is not to be handed out, or nothing."""
    return next(_reasons(variant), "")


def _reasons(variant: Variant) -> Iterator[str]:
    network = variant.network
    if network is None:
        return
    if any(map(_oriented, variant.parts)) and _square(network):
        yield "square, so that a transpose cannot be told"
    if variant.numbers is None or variant.numbers.x is None:
        yield from _coinciding(variant)
        return
    backward = any(p.name.startswith("dC/") for p in variant.parts) or variant.numbers.steps > 0
    working = worked_out(network, variant.numbers, backward=backward)
    yield from _parameters(variant)
    yield from _units(working, backward)
    yield from _residual(working)
    yield from _coinciding(variant)


def _oriented(part: Part) -> bool:
    """Whether rows and columns are what matters."""
    answer = part.answer
    return isinstance(answer, Shape) or (isinstance(answer, Formula) and answer.form == "matrix")


def _square(network: Network) -> bool:
    sizes = [network.inputs.units, *(layer.units for layer in network.layers)]
    return any(a == b for a, b in combinations(sizes, 2))


def _parameters(variant: Variant) -> Iterator[str]:
    assert variant.numbers is not None and variant.network is not None
    for parameter in variant.network.parameters:
        values = flat(variant.numbers.parameters[parameter.name])
        if len(set(values)) < len(values):
            yield "of equal weights"
        if parameter.role == "weight" and 0 in values:
            yield "of a weight of 0"
    inputs = flat(variant.numbers.x)
    if not variant.network.sample_axes and len(set(inputs)) < len(inputs):
        yield "of equal inputs"


def _units(working: Working, backward: bool) -> Iterator[str]:
    network = working.network
    for k, layer in enumerate(network.layers, 1):
        name = layer.function.name
        sums = [e.value for e in working.elements.values() if e.ref.tensor == network.pre_activation(k)]
        if layer.function.is_linear:
            if any(value == 0 for value in sums):
                yield "of a unit that is 0"
            continue
        if any(value == 0 for value in sums):
            yield "at a kink or in the middle of an activation"
        if name == "relu":
            if backward and any(value < 0 for value in sums):
                yield "of a dead ReLU"
            if not any(value > 0 for value in sums):
                yield "of a layer of dead ReLUs"
        if name in SATURATED and any(abs(value) > SATURATED[name] for value in sums):
            yield "of a saturated unit"


def _residual(working: Working) -> Iterator[str]:
    """ŷ − y of 0, 1 or −1 hides the square, one of 2 hides the half of it as well."""
    network = working.network
    if (COST, ()) not in working.done.passes[0].values or network.cost.domain != "real":
        return
    values = working.done.passes[0].values
    for (tensor, index), value in values.items():
        if tensor == network.prediction and abs(value - values[network.y, index]) in (0, 1, 2):
            yield "of a residual that hides the square"


def _coinciding(variant: Variant) -> Iterator[str]:
    """Two answers that are one number, unless the second is the first one passed on by a unit that is active."""
    numbers = [(p, p.answer) for p in variant.parts if isinstance(p.answer, Value)]
    for _, answer in numbers:
        if answer.exact == 0:
            yield "of an answer that is 0"
        if abs(answer.exact) < SMALL * answer.tolerance:
            yield "of an answer that is too small to be told from a wrong one"
        if abs(answer.exact) > sp.Integer(10) ** 6:
            yield "of an answer that is huge"
    for (one, first), (other, second) in combinations(numbers, 2):
        passed_on = one.name in other.uses and other.name[0] == "a" and one.name[0] == "z"
        if not passed_on and abs(first.exact - second.exact) <= 2 * max(first.tolerance, second.tolerance):
            yield "of two answers that are one number"
