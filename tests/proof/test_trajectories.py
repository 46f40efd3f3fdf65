"""A8: 100 steps of gradient descent equal an independent NumPy implementation to 1e-12.

Each network below has its forward and backward pass written out by hand, as matrices with samples as rows,
from the textbook formulas; nothing here comes from symnet's derivation.  Run with ``-s`` to see the
deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import symnet as sn
from symnet.costs import Regulariser

Values = Mapping[str, Any]
STEPS = 100


def sigma(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def lecture_neuron(p: Values, X, y):
    """ŷ = Xw + b,  C = Σ(ŷ − y)²."""
    e = X @ p["w"] + p["b"] - y
    return e @ e, {"w": 2 * X.T @ e, "b": 2 * e.sum()}


def logistic_regression(p: Values, X, y):
    """ŷ = σ(Xw + b),  C = −(1/n) Σ(y ln ŷ + (1 − y) ln(1 − ŷ))."""
    n, a = len(X), sigma(X @ p["w"] + p["b"])
    cost = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    return cost, {"w": X.T @ (a - y) / n, "b": np.mean(a - y)}


def softmax_regression(p: Values, X, Y):
    """P = softmax(XW + b),  C = −(1/n) ΣΣ y ln p."""
    n, P = len(X), softmax(X @ p["W"] + p["b"])
    return -(Y * np.log(P)).sum() / n, {"W": X.T @ (P - Y) / n, "b": (P - Y).sum(axis=0) / n}


def tanh_sigmoid_quadratic(p: Values, X, y):
    """2-4-1, C = ½ Σ(ŷ − y)²."""
    H = np.tanh(X @ p["W1"] + p["b1"])
    a = sigma(H @ p["w2"] + p["b2"])
    d2 = (a - y) * a * (1 - a)
    D1 = np.outer(d2, p["w2"]) * (1 - H**2)
    gradient = {"W1": X.T @ D1, "b1": D1.sum(axis=0), "w2": H.T @ d2, "b2": d2.sum()}
    return ((a - y) ** 2).sum() / 2, gradient


def relu_linear_mse(p: Values, X, Y):
    """3-5-2, C = (1/n) Σ‖ŷ − y‖²."""
    Z = X @ p["W1"] + p["b1"]
    H = np.maximum(Z, 0)
    E = H @ p["W2"] + p["b2"] - Y
    D2 = 2 * E / len(X)
    D1 = D2 @ p["W2"].T * (Z > 0)
    gradient = {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": H.T @ D2, "b2": D2.sum(axis=0)}
    return (E**2).sum() / len(X), gradient


def sigmoids_without_bias(p: Values, X, Y):
    """2-3-2, C = 1/(2n) Σ‖ŷ − y‖², no biases."""
    H = sigma(X @ p["W1"])
    A = sigma(H @ p["W2"])
    D2 = (A - Y) / len(X) * A * (1 - A)
    D1 = D2 @ p["W2"].T * H * (1 - H)
    return ((A - Y) ** 2).sum() / (2 * len(X)), {"W1": X.T @ D1, "W2": H.T @ D2}


def softplus_huber_l2(p: Values, X, y):
    """3-4-1, Huber with δ = 0.5, mean, and (λ/2) Σ w² with λ = 0.02."""
    delta, lam = 0.5, 0.02
    Z = X @ p["W1"] + p["b1"]
    H = np.log1p(np.exp(Z))
    e = H @ p["w2"] + p["b2"] - y
    inside = np.abs(e) <= delta
    cost = np.mean(np.where(inside, e**2 / 2, delta * (np.abs(e) - delta / 2)))
    cost += lam / 2 * ((p["W1"] ** 2).sum() + (p["w2"] ** 2).sum())
    d2 = np.clip(e, -delta, delta) / len(X)
    D1 = np.outer(d2, p["w2"]) * sigma(Z)
    gradient = {"W1": X.T @ D1 + lam * p["W1"], "b1": D1.sum(axis=0)}
    return cost, gradient | {"w2": H.T @ d2 + lam * p["w2"], "b2": d2.sum()}


def deep_tanh_log_cosh_l1(p: Values, X, y):
    """2-4-3-1, C = (1/n) Σ ln cosh(ŷ − y) + (λ/n) Σ|w| with λ = 0.05; n counts the batch."""
    n, lam = len(X), 0.05
    H1 = np.tanh(X @ p["W1"] + p["b1"])
    H2 = np.tanh(H1 @ p["W2"] + p["b2"])
    e = H2 @ p["w3"] + p["b3"] - y
    weights = ("W1", "W2", "w3")
    cost = np.mean(np.log(np.cosh(e))) + lam / n * sum(np.abs(p[w]).sum() for w in weights)
    d3 = np.tanh(e) / n
    D2 = np.outer(d3, p["w3"]) * (1 - H2**2)
    D1 = D2 @ p["W2"].T * (1 - H1**2)
    gradient = {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": H1.T @ D2, "b2": D2.sum(axis=0)}
    gradient |= {"w3": H2.T @ d3, "b3": d3.sum()}
    return cost, gradient | {w: gradient[w] + lam / n * np.sign(p[w]) for w in weights}


def elu_silu_softmax_l2(p: Values, X, Y):
    """3-4-3-2, C = −(1/n) ΣΣ y ln p + λ/(2n) Σ w² with λ = 0.1; n counts the batch."""
    n, lam = len(X), 0.1
    Z1 = X @ p["W1"] + p["b1"]
    H1 = np.where(Z1 > 0, Z1, np.expm1(np.minimum(Z1, 0)))
    Z2 = H1 @ p["W2"] + p["b2"]
    S = sigma(Z2)
    H2 = Z2 * S
    P = softmax(H2 @ p["W3"] + p["b3"])
    D3 = (P - Y) / n
    D2 = D3 @ p["W3"].T * (S + H2 * (1 - S))
    D1 = D2 @ p["W2"].T * np.where(Z1 > 0, 1.0, np.exp(np.minimum(Z1, 0)))
    gradient = {"b1": D1.sum(axis=0), "b2": D2.sum(axis=0), "b3": D3.sum(axis=0)}
    for name, inputs, D in (("W1", X, D1), ("W2", H1, D2), ("W3", H2, D3)):
        gradient[name] = inputs.T @ D + lam / n * p[name]
    penalty = lam / (2 * n) * sum((p[w] ** 2).sum() for w in ("W1", "W2", "W3"))
    return -(Y * np.log(P)).sum() / n + penalty, gradient


def leaky_relu_hinge(p: Values, X, y):
    """4-5-1 without a bias at the end, slope 0.2 below 0, C = (1/n) Σ max(0, 1 − y ŷ), targets ±1."""
    Z = X @ p["W1"] + p["b1"]
    H = np.where(Z > 0, Z, 0.2 * Z)
    margin = 1 - y * (H @ p["w2"])
    d2 = np.where(margin > 0, -y, 0) / len(X)
    D1 = np.outer(d2, p["w2"]) * np.where(Z > 0, 1, 0.2)
    cost = np.mean(np.maximum(margin, 0))
    return cost, {"W1": X.T @ D1, "b1": D1.sum(axis=0), "w2": H.T @ d2}


@dataclass(frozen=True)
class Case:
    """A network, the same by hand, and how it is trained; ``targets`` names the kind that the cost takes."""

    by_hand: Callable[[Values, Any, Any], tuple[float, dict[str, Any]]]
    spec: str
    cost: str
    targets: str
    rate: float
    batch_size: int | None = None
    regulariser: Regulariser | None = None


CASES = (
    Case(lecture_neuron, "2 -> 1 linear", "sum_of_squares", "real", 0.005),
    Case(logistic_regression, "3 -> 1 sigmoid", "cross_entropy", "binary", 0.5),
    Case(softmax_regression, "4 -> 3 softmax", "categorical_cross_entropy", "one-hot", 0.5, 7),
    Case(tanh_sigmoid_quadratic, "2 -> 4 tanh -> 1 sigmoid", "quadratic", "binary", 0.1),
    Case(relu_linear_mse, "3 -> 5 relu -> 2 linear", "mse", "real", 0.05, 7),
    Case(sigmoids_without_bias, "2 -> 3 sigmoid nobias -> 2 sigmoid nobias", "half_mse", "binary", 2.0),
    Case(softplus_huber_l2, "3 -> 4 softplus -> 1", "huber(0.5)", "real", 0.1, regulariser=sn.l2(0.02, "1/2")),
    Case(
        deep_tanh_log_cosh_l1,
        *("2 -> 4 tanh -> 3 tanh -> 1 linear", "log_cosh", "real", 0.1, 6),
        regulariser=sn.l1(0.05, "1/n"),
    ),
    Case(
        elu_silu_softmax_l2,
        *("3 -> 4 elu -> 3 silu -> 2 softmax", "categorical_cross_entropy", "one-hot", 0.2, 7),
        regulariser=sn.l2(0.1, "1/(2n)"),
    ),
    Case(leaky_relu_hinge, "4 -> 5 leaky_relu(0.2) -> 1 linear nobias", "hinge", "sign", 0.1),
)


def drawn(case: Case, network: sn.Network, n: int = 30) -> tuple[Any, Any, dict[str, Any]]:
    """Data that the cost is defined for, and weights to start from."""
    rng = np.random.default_rng(len(case.spec))
    X = rng.normal(size=(n, network.inputs.units))
    k = network.layers[-1].units
    y = rng.normal(size=(n, k))
    if case.targets == "binary":
        y = (y > 0).astype(float)
    if case.targets == "sign":
        y = np.sign(y)
    if case.targets == "one-hot":
        y = np.eye(k)[rng.integers(k, size=n)]
    start = {p.name: rng.normal(0, 0.7, tuple(a.size for a in p.axes)) for p in network.parameters}
    return X, y[:, 0] if k == 1 else y, start


def by_hand(case: Case, X, y, p: dict[str, Any], epochs: int) -> list[tuple[float, dict[str, Any]]]:
    """The cost and the parameters after every epoch; batches are dealt as ``fit`` documents it."""
    n, size = len(X), case.batch_size or len(X)
    rng = np.random.default_rng((0, 1))
    out = []
    for _ in range(epochs):
        order = rng.permutation(n) if case.batch_size else np.arange(n)
        for start in range(0, n, size):
            batch = order[start : start + size]
            _, gradient = case.by_hand(p, X[batch], y[batch])
            p = {name: value - case.rate * gradient[name] for name, value in p.items()}
        out.append((case.by_hand(p, X, y)[0], p))
    return out


def deviation(found: Any, expected: Any) -> float:
    """The greatest difference, relative to the greatest entry."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.by_hand.__name__)
def test_a_hundred_steps_equal_the_hand_written_ones(case: Case):
    network = sn.load(case.spec, cost=case.cost, regulariser=case.regulariser)
    X, y, start = drawn(case, network)
    steps_an_epoch = -(-len(X) // case.batch_size) if case.batch_size else 1
    epochs = STEPS // steps_an_epoch
    assert steps_an_epoch * epochs == STEPS
    seen: list[tuple[float, dict[str, Any]]] = []
    model = network.fit(
        *(X, y),
        learning_rate=case.rate,
        epochs=epochs,
        batch_size=case.batch_size,
        initial=start,
        callbacks=[lambda _, cost, p: seen.append((cost, dict(p)))],
    )
    expected = by_hand(case, X, y, start, epochs)
    assert len(seen) == epochs and expected[-1][0] < case.by_hand(start, X, y)[0]
    worst = 0.0
    for (cost, parameters), (cost_by_hand, parameters_by_hand) in zip(seen, expected, strict=True):
        assert set(parameters) == set(parameters_by_hand)
        worst = max(worst, deviation(cost, cost_by_hand))
        worst = max(worst, *(deviation(parameters[p], value) for p, value in parameters_by_hand.items()))
    print(f"{case.spec:45} {case.cost:26} worst deviation {worst:.1e}")
    assert worst < 1e-12
    assert all(np.array_equal(model.parameters[p], value) for p, value in seen[-1][1].items())
