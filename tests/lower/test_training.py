"""Training compiled as one function takes the steps that the interpreter and the rule take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symnet.costs import l2
from symnet.emit.training import trainer
from symnet.errors import SymnetError
from symnet.lower import products, rows
from symnet.lower.plan import PLANS, Plan, plan
from symnet.network import Network
from symnet.optimizers import OPTIMIZERS, optimizer
from symnet.train.parameters import starting
from symnet.training_step import clipping, joined
from tests.proof.plans import interpreted

NETWORKS = {
    "neuron": Network("2 -> 1 linear", cost="sum_of_squares"),
    "two outputs": Network("3 -> 2 linear", cost="mse"),
    "xor": Network("2 -> 4 sigmoid -> 1 sigmoid", cost="quadratic"),
    "softmax": Network("3 -> 4 tanh -> 3 softmax", cost="categorical_cross_entropy"),
    "relu": Network("3 -> 5 relu -> 1 linear", cost="huber", regulariser=l2(0.1)),
    "wide": Network("3 -> 10 tanh -> 9 tanh -> 2 linear", cost="half_mse"),
    "one input": Network("1 -> 1 tanh", cost="quadratic"),
    "cost of a sum": Network("3 -> 4 tanh -> 2 linear", cost="exponential"),
    "calls in a sum": Network("2 -> 3 relu -> 2 softmax", cost="log_cosh"),
    "blas": Network("33 -> 40 relu -> 17 softmax", cost="categorical_cross_entropy", regulariser=l2(0.01)),
}


def data(net: Network, n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    inputs, outputs = net.inputs.units, net.layers[-1].units
    x = rng.normal(size=(n, inputs) if inputs > 1 else n)
    y = rng.uniform(0.1, 0.9, size=(n, outputs) if outputs > 1 else n)
    if net.layers[-1].function.normalised:
        y = y / y.sum(axis=1, keepdims=True)
    return x, y


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (n, k)
        for n in NETWORKS
        for k in PLANS
        if k != "loops" and (k != "unrolled" or n not in ("wide", "blas")) and (k != "blas" or n in ("blas", "softmax"))
    ],
)
def test_a_plan_takes_the_steps_of_the_interpreter(name: str, kind: str) -> None:
    net = NETWORKS[name]
    for batch in (None, 70):
        if kind == "moments" and (batch or plan(net).kind != "moments"):
            with pytest.raises(SymnetError, match="moments"):
                plan(net, batch, "moments")
            continue
        x, y = data(net, 90)
        rule = optimizer("gd")(gamma=0.001)
        made = trainer(net, rule, Plan(kind, ""), None if batch else 90, cache=False)
        start = starting(net, "xavier", 1)
        running = made.start(start, {})
        costs = running.run(made.laid(x), made.laid(y), 5, batch)
        wanted, before = interpreted(net, rule, x, y, start, 5, batch or 90)
        for key, value in wanted.items():
            np.testing.assert_allclose(running.parameters[key], value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(costs, before, rtol=1e-11)


@pytest.mark.parametrize("kind", ["unrolled", "tiled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_takes_the_steps_that_it_takes_in_numpy(name: str, kind: str) -> None:
    net = NETWORKS["one input"]
    x, y = data(net, 20)
    rule = OPTIMIZERS[name]
    states = rule.start(starting(net, "xavier", 1))
    made = trainer(net, rule, Plan(kind, ""), None, cache=False)
    running = made.start(starting(net, "xavier", 1), states)
    running.run(made.laid(x), made.laid(y), 3, 8)
    wanted, _ = interpreted(net, rule, x, y, starting(net, "xavier", 1), 3, 8)
    for key, value in wanted.items():
        np.testing.assert_allclose(running.parameters[key], value, rtol=1e-10, atol=1e-13)
    assert running.states.keys() == states.keys()


@pytest.mark.parametrize(
    ("name", "kind", "rule"),
    [
        ("neuron", "moments", "adam"),
        ("xor", "unrolled", "nesterov_lookahead"),
        ("softmax", "tiled", "nesterov_lookahead"),
        ("blas", "blas", "adam"),
    ],
)
def test_single_precision_takes_the_same_steps(name: str, kind: str, rule: str) -> None:
    net, batch = NETWORKS[name], None if kind == "moments" else 32
    x, y = data(net, 90)
    step = joined(optimizer(rule)(gamma=0.001), None, clipping(0.5), None, length=3, steps=3)
    made = trainer(net, step, Plan(kind, ""), None if batch else 90, dtype="float32", cache=False)
    running = made.start(starting(net, "xavier", 1), step.start(starting(net, "xavier", 1)))
    costs = running.run(made.laid(x), made.laid(y), 3, batch)
    wanted, before = interpreted(net, step, x, y, starting(net, "xavier", 1), 3, batch or 90)
    for key, value in wanted.items():
        assert running.parameters[key].dtype == np.float32 if np.ndim(value) else True
        np.testing.assert_allclose(running.parameters[key], value, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(costs, before, rtol=2e-5)


def test_training_goes_on_where_it_stopped() -> None:
    net, rule = NETWORKS["xor"], OPTIMIZERS["adam"]
    x, y = data(net, 20)
    made = trainer(net, rule, Plan("unrolled", ""), 20, cache=False)
    x, y = made.laid(x), made.laid(y)
    start = starting(net, "xavier", 1)
    once = made.start(start, rule.start(start))
    costs = once.run(x, y, 6)
    half = made.start(start, rule.start(start))
    first = half.run(x, y, 3)
    rest = made.start(half.parameters, half.states, half.steps)
    second = rest.run(x, y, 3)
    assert all(np.array_equal(once.parameters[name], rest.parameters[name]) for name in start)
    np.testing.assert_array_equal(costs, [*first, *second])


def test_the_plan_follows_the_shape() -> None:
    assert plan(NETWORKS["neuron"]).kind == "moments"
    assert plan(NETWORKS["neuron"], 32).kind == "unrolled"
    assert plan(NETWORKS["xor"]).kind == "unrolled"
    assert plan(NETWORKS["wide"]).kind == "tiled"
    assert plan(Network("784 -> 1024 relu -> 10 softmax", cost="categorical_cross_entropy")).kind == "blas"
    assert plan(NETWORKS["wide"], samples=100, epochs=10).kind == "loops"
    assert plan(NETWORKS["wide"], samples=100, epochs=1_000_000).kind == "tiled"
    assert plan(NETWORKS["wide"], 1, samples=100, epochs=1000).kind == "tiled"  # as many steps as there are samples
    assert plan(NETWORKS["neuron"], forced="tiled").kind == "tiled"


def test_nothing_is_said_while_a_training_compiles(capfd: pytest.CaptureFixture[str]) -> None:
    net = NETWORKS["wide"]
    x, y = data(net, 20)
    made = trainer(net, OPTIMIZERS["sgd"], Plan("tiled", ""), cache=False)
    start = starting(net, "xavier", 1)
    made.start(start, {}).run(made.laid(x), made.laid(y), 1, 5)  # LLVM warns of loops that it cannot treat as asked
    assert capfd.readouterr() == ("", "")


def test_a_step_goes_into_the_weights_with_its_product_where_one_tile_holds_the_batch(monkeypatch) -> None:
    monkeypatch.setattr(products, "LARGE", 4)
    monkeypatch.setitem(rows.TILE, "blas", 9)
    net = Network("3 -> 4 tanh -> 2", cost="mse")
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(48, 3)), rng.normal(size=(48, 2))  # batches of three tiles and of one
    start = {p.name: rng.normal(size=[int(a.size) for a in p.axes]) for p in net.parameters}
    rule = OPTIMIZERS["sgd"](gamma=0.1)
    made = trainer(net, rule, Plan("blas", ""), cache=False)
    assert "gemm(x_tile.T, dz1[:rows], W1, factor, 1.0)" in made.source
    running = made.start(start, rule.start(start))
    running.run(made.laid(x), made.laid(y), 2, 20)
    wanted, _ = interpreted(net, rule, x, y, start, 2, 20)
    for name, value in running.parameters.items():
        np.testing.assert_allclose(value, wanted[name], rtol=1e-12, atol=1e-14)
