"""Reverse mode: every step of every adjoint has the value of the last, and the size does not grow with the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symnet import Dense, Input, Network, l1, l2
from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Pow, Size, Tensor, count, refs, walk
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.simplify import pending
from symnet.costs import COSTS, Cost
from symnet.derive.reverse import Adjoint

#: Output activations whose values every cost of a domain accepts.
OUTPUTS = {
    "real": tuple(ACTIVATIONS),
    "probability": ("sigmoid", "softmax"),
    "positive": ("sigmoid", "softmax", "softplus"),
}


def shape(tensor: Tensor, samples: int = 3) -> tuple[int, ...]:
    return tuple(samples if a.name == "s" else int(a.size) for a in tensor.axes)


def values_of(net: Network, seed: int = 0, unit_targets: bool = True) -> dict[Tensor, Any]:
    """Random data and parameters, and what the interpreter makes of them, forward and backward."""
    rng = np.random.default_rng(seed)
    targets = rng.uniform(0.1, 0.9, shape(net.y))
    if unit_targets and any(a.name != "s" for a in net.y.axes):
        targets /= targets.sum(axis=-1, keepdims=True)
    env = {net.x: rng.normal(size=shape(net.x)), net.y: targets}
    env |= {p: rng.normal(size=shape(p)) for p in net.parameters} | dict(net.constants)
    return run([*net.equations, *(a.equation for a in net.derive().backward)], env)


def off_by(adjoint: Adjoint, values: dict[Tensor, Any]) -> float:
    """How far the steps that are carried out are from the last one, relative to it."""
    axes = adjoint.equation.target.axes
    last = values[adjoint.equation.target]
    done = [evaluate(step.expr, values, axes) for step in adjoint.steps if not pending(step.expr)]
    assert done
    return max(float(np.max(np.abs(d - last))) for d in done) / (1 + float(np.max(np.abs(last))))


def networks(activation: str, cost: Cost) -> list[Network]:
    """The activation in the hidden layer, and on top where the cost takes its values; over samples and for one."""
    allowed = OUTPUTS[cost.domain if cost.domain != "nonnegative" else "positive"]
    top = activation if activation in allowed else allowed[-1]
    several = cost.name == "categorical_cross_entropy" or "softmax" in (activation, top)
    units = 3 if several else 1
    made = [
        Network(Input(2), Dense(3, activation), Dense(units, top), cost=cost),
        Network(Input(2), Dense(2, top), cost=cost, samples=1),
    ]
    if top != "softmax":
        made.append(Network(Input(1), Dense(1, activation, bias=False), Dense(2, top), cost=cost))
    return made if cost.name != "categorical_cross_entropy" else made[:2]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_step_of_every_adjoint_has_the_value_of_the_last(activation: str) -> None:
    wrong = []
    for cost in COSTS.values():
        for net in networks(activation, cost):
            values = values_of(net)
            for adjoint in net.derive().backward:
                off = off_by(adjoint, values)
                if not off < 1e-10:
                    wrong.append((cost.name, net.spec, net.samples, adjoint.equation.target.name, off))
    assert not wrong


@pytest.mark.parametrize("regulariser", [l1(0.3), l2(0.3), l2(0.3, "1/n"), l2(0.3, "1/(2n)")], ids=str)
def test_the_steps_of_a_regularised_gradient_have_the_value_of_the_last(regulariser: Any) -> None:
    net = Network("2 -> 3 tanh -> 2 sigmoid", cost="mse", regulariser=regulariser)
    values = values_of(net)
    assert max(off_by(adjoint, values) for adjoint in net.derive().backward) < 1e-12


SOFTMAX = Network("2 -> 3 tanh -> 3 softmax", cost="categorical_cross_entropy")


def test_softmax_with_cross_entropy_comes_to_a_difference_under_a_condition() -> None:
    adjoint = net_adjoint(SOFTMAX, "z2")
    assert len(refs(adjoint.equation.right)) == 2
    assert adjoint.conditions == ("unit_sum",)


def test_without_the_condition_the_difference_is_wrong() -> None:
    values = values_of(SOFTMAX, unit_targets=False)
    assert off_by(net_adjoint(SOFTMAX, "z2"), values) > 1e-2


@pytest.mark.parametrize("cost", [name for name in COSTS if name != "categorical_cross_entropy"])
def test_where_no_sum_of_targets_is_assumed_the_steps_hold_for_any_targets(cost: str) -> None:
    net = Network("2 -> 3 softmax", cost=cost)
    values = values_of(net, unit_targets=False)
    for adjoint in net.derive().backward:
        assert adjoint.conditions == ("unit_sum",) or off_by(adjoint, values) < 1e-10


def net_adjoint(net: Network, name: str) -> Adjoint:
    return next(a for a in net.derive().backward if a.of.name == name)


@pytest.mark.parametrize(
    ("cost", "output"), [("cross_entropy", "1 sigmoid"), ("categorical_cross_entropy", "3 softmax")]
)
def test_below_a_matched_output_nothing_is_divided_by_the_prediction(cost: str, output: str) -> None:
    right = net_adjoint(Network(f"2 -> {output}", cost=cost), "z1").equation.right
    assert all(isinstance(e.base, Size) for e in walk(right) if isinstance(e, Pow) and e.exponent < 0)


def test_every_quantity_that_moves_the_cost_has_an_adjoint_of_its_own_axes() -> None:
    net = Network("2 -> 3 relu -> 4 tanh -> 2 softmax", cost="mse")
    found = {a.of: a.equation.target.axes for a in net.derive().backward}
    wanted = {*net.parameters, *(eq.target for eq in net.equations[:-1])}
    assert set(found) == wanted
    assert all(found[t] == t.axes for t in wanted)


def test_each_adjoint_is_computed_from_earlier_ones() -> None:
    net = Network("2 -> 3 relu -> 4 tanh -> 2 softmax", cost="mse")
    known = {net.x, net.y, *net.parameters, *(eq.target for eq in net.equations)}
    for adjoint in net.derive().backward:
        assert {ref.tensor for ref in refs(adjoint.equation.right)} <= known
        known.add(adjoint.equation.target)


def nodes(net: Network) -> list[int]:
    return [count(step.expr) for a in net.derive().backward for step in a.steps]


def test_the_size_of_a_derivation_does_not_depend_on_the_number_of_weights() -> None:
    small = Network("7 -> 10 relu -> 10 sigmoid -> 3 softmax", cost="categorical_cross_entropy")
    large = Network("784 -> 1024 relu -> 1024 sigmoid -> 10 softmax", cost="categorical_cross_entropy")
    assert nodes(small) == nodes(large)


def test_every_further_layer_adds_as_many_nodes() -> None:
    sizes = [sum(nodes(Network("2" + " -> 3 tanh" * depth + " -> 1", cost="mse"))) for depth in (2, 3, 4, 5)]
    assert len(set(np.diff(sizes))) == 1


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "step"])
def test_a_kink_is_said_to_be_one(activation: str) -> None:
    net = Network(f"2 -> 3 {activation} -> 1", cost="mse")
    assert f"kink:{activation}" in net_adjoint(net, "z1").conditions
