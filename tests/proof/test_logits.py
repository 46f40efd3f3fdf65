"""B4: costs and gradients are finite and right for logits up to ±10000, in both precisions."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from symnet import activations
from symnet.activations import ACTIVATIONS
from symnet.algebra.scalars import kink_convention
from symnet.emit.kernels import compile_network
from symnet.emit.training import trainer
from symnet.lower.plan import Plan
from symnet.network import Dense, Input, Network
from symnet.optimizers import optimizer

from .logits import CLASSES, LOGITS, PAIRS, TOLERANCE, classes, errors, points

ALIKE = {"sum_of_squares", "quadratic", "half_mse"}
"""They are mse with another factor."""


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("cost", "output"),
    [(c, a) for c, a in PAIRS if c not in ALIKE or a in ("linear", "sigmoid", "softmax")],
)
def test_costs_and_derivatives_are_right_at_any_logit(cost: str, output: str, dtype: str) -> None:
    found = errors(cost, output, dtype)
    wrong = [str(e) for e in found if e.wrong]
    assert not wrong, "\n".join(wrong)
    assert not any(math.isnan(e.computed) for e in found if abs(e.point.cost) < 1e38)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", [a for a in ACTIVATIONS if a not in ("linear", "softmax")])
def test_a_hidden_layer_is_right_at_any_logit(name: str, dtype: str) -> None:
    kernels = compile_network(Network(Input(1), Dense(1, name), Dense(1)), dtype, cache=False)
    definition = ACTIVATIONS[name]
    constants = {sp.Symbol(c, real=True): v for c, v in definition.constants.items()}
    f = definition.expr.doit().subs(constants)
    value = sp.lambdify(activations.x, f, "mpmath", cse=True)
    slope = sp.lambdify(activations.x, kink_convention(sp.diff(f, activations.x)), "mpmath", cse=True)
    limits = np.finfo(dtype)
    for z in LOGITS:
        with mp.workdps(400):
            a, s = value(mp.mpf(z)), slope(mp.mpf(z))
            expected = float(a), float(2 * (mp.mpf("0.5") * a - 2) * mp.mpf("0.5") * s)
        parameters = {"w1": 1.0, "b1": 0.0, "w2": 0.5, "b2": 0.0}
        _, gradient = kernels.gradient([[z]], [2.0], parameters)
        prediction = float(kernels.forward([[z]], {**parameters, "w2": 1.0})[0])
        lost = 8 * float(limits.eps) if name in ("sigmoid", "tanh") else 0.0
        for got, true in ((prediction, expected[0]), (gradient["b1"], expected[1])):
            assert abs(got - true) <= TOLERANCE[dtype] * abs(true) + lost + float(limits.tiny), (z, got, true)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_hidden_softmax_is_right_at_any_logits(dtype: str) -> None:
    kernels = compile_network(Network(Input(3), Dense(3, "softmax"), Dense(1)), dtype, cache=False)
    weights = np.array([1.0, -2.0, 0.5])
    given: dict[str, Any] = {"W1": np.eye(3), "b1": np.zeros(3), "w2": weights, "b2": 0.0}
    for z in CLASSES:
        with mp.workdps(60):
            e = [mp.exp(mp.mpf(v) - max(z)) for v in z]
            p = [v / sum(e) for v in e]
            out = sum(mp.mpf(float(w)) * v for w, v in zip(weights, p, strict=True))
            true = [float(2 * (out - 1) * v * (mp.mpf(float(w)) - out)) for w, v in zip(weights, p, strict=True)]
        value, gradient = kernels.gradient([z], [1.0], given)
        assert value == pytest.approx(float((out - 1) ** 2), rel=TOLERANCE[dtype], abs=TOLERANCE[dtype])
        np.testing.assert_allclose(gradient["b1"], true, rtol=TOLERANCE[dtype], atol=16 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize(
    ("cost", "output"),
    [
        ("cross_entropy", "sigmoid"),
        ("categorical_cross_entropy", "softmax"),
        ("kullback_leibler", "softplus"),
        ("hellinger", "softmax"),
        ("log_cosh", "linear"),
    ],
)
@pytest.mark.parametrize(("kind", "dtype"), [("unrolled", "float64"), ("tiled", "float64"), ("tiled", "float32")])
def test_a_training_step_that_may_reorder_sums_is_right_at_any_logit(
    cost: str, output: str, kind: str, dtype: str
) -> None:
    units = 3 if classes(cost, output) else 1
    net = Network(Input(units), Dense(units, output), cost=cost)
    made = trainer(net, optimizer("gd")(gamma=1.0), Plan(kind, ""), 1, dtype=dtype, cache=False)
    near = 1e-12 if dtype == "float64" else TOLERANCE[dtype]
    names = [p.name for p in net.parameters]
    for point in points(cost, output):
        given = dict(zip(names, (np.eye(units), np.zeros(units)) if units > 1 else (1.0, 0.0), strict=True))
        x, y = (made.laid(np.array([v] if units > 1 else v)) for v in (point.logits, point.targets))
        running = made.start(given, {})
        (value,) = running.run(x, y, 1)
        assert value == pytest.approx(float(point.cost), rel=near, abs=float(np.finfo(dtype).tiny))
        slopes = -np.array([float(g) for g in point.slopes])
        np.testing.assert_allclose(running.parameters["b"], slopes, rtol=near, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_weights_of_many_samples_are_right_whatever_the_others_are(dtype: str) -> None:
    net = Network(Input(1), Dense(1, "sigmoid"), cost="cross_entropy")
    kernels = compile_network(net, dtype, cache=False)
    x = np.array([[1e4], [-1e4], [1e4], [1.0]])
    value, gradient = kernels.gradient(x, [1.0, 0.0, 0.0, 1.0], {"w": 1.0, "b": 0.0})
    last = 1 / (1 + math.exp(-1.0))
    assert value == pytest.approx((1e4 - math.log(last)) / 4, rel=TOLERANCE[dtype])
    assert gradient["w"] == pytest.approx((1e4 + last - 1) / 4, rel=TOLERANCE[dtype])
