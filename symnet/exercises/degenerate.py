"""What makes a variant unfit to be handed out: cases in which a wrong way leads to the right answer, or to none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import sympy as sp

from symnet.exercises.draw import Unsuitable, alike, flat
from symnet.exercises.quantities import Working, worked_out
from symnet.exercises.variant import Formula, Numbers, Part, Shape, Value, Variant
from symnet.network import COST, Network

SATURATED = {"sigmoid": 3, "tanh": sp.Rational(3, 2)}
"""Beyond this a unit hardly changes any more: its derivative is below 0.05 and 0.2."""

SMALL = 10
"""An answer of less than so many tolerances is not told from a wrong one."""

LARGE = sp.Integer(10) ** 6


def degenerate(variant: Variant) -> str:
    """Why this variant is not to be handed out, or nothing."""
    return next(_reasons(variant), "")


def glance(network: Network, numbers: Numbers) -> None:
    """Raise Unsuitable for numbers whose forward pass is degenerate: before anything is worked out on the way back."""
    for why in _of_numbers(worked_out(network, replace(numbers, steps=0)), numbers, backward=True):
        raise Unsuitable(why)


def refuse(working: Working, numbers: Numbers, asked: Iterable[str], tolerance: sp.Rational, backward: bool) -> None:
    """Raise Unsuitable for numbers, or answers to what is asked, that are degenerate: before anything is written."""
    answers = {name: (working[name].value, tolerance) for name in asked}
    for why in (*_of_numbers(working, numbers, backward), *_of_answers(answers)):
        raise Unsuitable(why)


def _reasons(variant: Variant) -> Iterator[str]:
    network, numbers = variant.network, variant.numbers
    if network is None:
        return
    if any(map(_oriented, variant.parts)) and _square(network):
        yield "square, so that a transpose cannot be told"
    if numbers is not None and numbers.x is not None:
        backward = any(p.name.startswith("dC/") for p in variant.parts) or numbers.steps > 0
        yield from _of_numbers(worked_out(network, numbers, backward=backward), numbers, backward)
    found = {p.name: (p.answer.exact, p.answer.tolerance) for p in variant.parts if isinstance(p.answer, Value)}
    yield from _of_answers(found)


def _oriented(part: Part) -> bool:
    """Whether rows and columns are what matters."""
    answer = part.answer
    return isinstance(answer, Shape) or (isinstance(answer, Formula) and answer.form == "matrix")


def _square(network: Network) -> bool:
    sizes = [network.inputs.units, *(layer.units for layer in network.layers)]
    return any(a == b for a, b in combinations(sizes, 2))


def _of_numbers(working: Working, numbers: Numbers, backward: bool) -> Iterator[str]:
    yield from _parameters(working.network, numbers)
    yield from _units(working, backward)
    yield from _residual(working)


def _parameters(network: Network, numbers: Numbers) -> Iterator[str]:
    for parameter in network.parameters:
        given = numbers.parameters[parameter.name]
        values = flat(given)
        if alike(given):
            yield "of equal weights"
        if parameter.role == "weight" and 0 in values:
            yield "of a weight of 0"
    inputs = flat(numbers.x)
    if not network.sample_axes and len(set(inputs)) < len(inputs):
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
    network, values = working.network, working.done.passes[0].values
    if (COST, ()) not in values or network.cost.domain != "real":
        return
    for (tensor, index), value in values.items():
        if tensor == network.prediction and abs(value - values[network.y, index]) in (0, 1, 2):
            yield "of a residual that hides the square"


def _of_answers(answers: Mapping[str, tuple[sp.Expr, sp.Rational]]) -> Iterator[str]:
    """An answer that is nothing, or two that are one number, unless an active unit has passed the first one on."""
    for value, tolerance in answers.values():
        if value == 0:
            yield "of an answer that is 0"
        elif abs(value) < SMALL * tolerance:
            yield "of an answer that is too small to be told from a wrong one"
        elif abs(value) > LARGE:
            yield "of an answer that is huge"
    for (one, (first, near)), (other, (second, far)) in combinations(answers.items(), 2):
        passed_on = one[0] == "z" and other == f"a{one[1:]}"
        if not passed_on and abs(first - second) <= 2 * max(near, far):
            yield "of two answers that are one number"
