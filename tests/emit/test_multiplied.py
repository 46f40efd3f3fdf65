"""Kernels whose products of matrices are computed as such: in registers and by BLAS, beside NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symnet.emit.kernels import Kernels, Repeated, compile_network
from symnet.network import Network

SPECS = {
    "registers": ("40 -> 9 tanh -> 30 -> 12 tanh -> 11 softmax", "categorical_cross_entropy"),
    "BLAS": ("73 -> 70 tanh -> 72 tanh -> 1", "mse"),
}
TOLERANCE = {"float64": 1e-13, "float32": 2e-5}


def of(name: str, dtype: str) -> tuple[Kernels, Any, Any, dict[str, Any]]:
    spec, cost = SPECS[name]
    net = Network(spec, cost=cost)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(530, net.inputs.units))  # three blocks of samples, the last one smaller
    y = np.eye(11)[rng.integers(0, 11, 530)] if cost.startswith("cat") else rng.normal(size=530)
    parameters = {p.name: rng.normal(size=[int(a.size) for a in p.axes]) / 4 for p in net.parameters}
    return compile_network(net, dtype, cache=False), x.astype(dtype), y.astype(dtype), parameters


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", SPECS)
def test_products_as_numpy_computes_them(name: str, dtype: str) -> None:
    kernels, x, y, parameters = of(name, dtype)
    net = kernels.network
    assert ("multiply(" in kernels.source, "gemm(" in kernels.source) == (name == "registers", name == "BLAS")
    outputs, sums = [x.astype(float)], []
    for k, layer in enumerate(net.layers, 1):
        sums.append(outputs[-1] @ parameters[net.weight(k).name] + parameters[net.bias(k).name])
        outputs.append(np.tanh(sums[-1]) if layer.function.name == "tanh" else sums[-1])
    n = len(x)
    if name == "registers":
        p = np.exp(sums[-1] - sums[-1].max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        slope, cost = (p - y) / n, -np.sum(y * np.log(p)) / n
    else:
        slope, cost = 2 * (sums[-1] - y) / n, np.mean((sums[-1] - y) ** 2)
    found, slopes = kernels.gradient(x, y, parameters)
    assert found == pytest.approx(cost, rel=TOLERANCE[dtype])
    assert kernels.cost(x, y, parameters) == pytest.approx(cost, rel=TOLERANCE[dtype])
    for k in range(len(net.layers), 0, -1):
        before = outputs[k - 1]
        wanted = before.T @ slope
        close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype] * np.abs(wanted).max()}
        np.testing.assert_allclose(slopes[net.weight(k).name], wanted, **close)
        np.testing.assert_allclose(slopes[net.bias(k).name], slope.sum(axis=0), **close)
        weights = parameters[net.weight(k).name]
        slope = slope @ weights.T if slope.ndim == 2 else np.outer(slope, weights)
        if k > 1 and net.layers[k - 2].function.name == "tanh":
            slope = slope * (1 - before**2)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_gradient_again_and_again_is_the_gradient(dtype: str) -> None:
    kernels, x, y, parameters = of("BLAS", dtype)
    repeated = Repeated(kernels)
    vector = np.concatenate([np.ravel(value) for value in parameters.values()])
    for rows in (slice(0, 64), slice(64, 91), slice(100, 164)):
        cost, slopes = kernels.gradient(x[rows], y[rows], parameters)
        assert repeated(x[rows], y[rows], vector) == cost
        np.testing.assert_array_equal(repeated.slopes, np.concatenate([np.ravel(s) for s in slopes.values()]))


def test_predictions_are_made_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels, x, _, parameters = of("BLAS", "float64")
    whole = kernels.forward(x, parameters)
    monkeypatch.setattr("symnet.emit.kernels.PIECE", 100)
    np.testing.assert_allclose(kernels.forward(x, parameters), whole, rtol=1e-13)
