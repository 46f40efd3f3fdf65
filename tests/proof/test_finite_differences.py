"""A user's own activations and costs: the compiled gradient agrees with differences of the compiled cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnet import activations, costs
from symnet.emit.kernels import Kernels, compile_network
from symnet.network import Dense, Input, Network

x = sp.Symbol("x", real=True)
yhat, y, n = sp.symbols("yhat y n", real=True)

ACTIVATIONS = {
    "bump": x * sp.exp(-(x**2)),
    "sine": sp.sin(x) + x / 3,
    "arctangent": sp.atan(2 * x),
    "mish": x * sp.tanh(sp.log(1 + sp.exp(x))),
    "cases": sp.Piecewise((-sp.sqrt(1 - x), x < 0), (sp.sqrt(1 + x), True)),
    "clipped": sp.Min(6, sp.Max(x, -1)),
    "cubic": x - x**3 / 6,
}
COSTS = {
    "fourth_power": ((yhat - y) ** 4 / 4, 1 / n),
    "pinball": (sp.Max(sp.Rational(3, 10) * (y - yhat), sp.Rational(-7, 10) * (y - yhat)), sp.S.One),
    "cauchy": (sp.log(1 + (yhat - y) ** 2), sp.Rational(1, 2)),
    "smooth_absolute": (sp.sqrt((yhat - y) ** 2 + 1), 1 / n),
}


def differences(kernels: Kernels, x: Any, y: Any, parameters: dict[str, Any], step: float = 1e-5) -> dict[str, Any]:
    """Central differences of fourth order, one element of one parameter after the other."""
    out = {}
    for name, value in parameters.items():
        slopes = np.empty(np.shape(value))
        for index in np.ndindex(*np.shape(value)):
            costs = []
            for k in (-2, -1, 1, 2):
                moved = {key: np.array(v, dtype=float) for key, v in parameters.items()}
                moved[name][index] += k * step
                costs.append(kernels.cost(x, y, moved))
            slopes[index] = (costs[0] - 8 * costs[1] + 8 * costs[2] - costs[3]) / (12 * step)
        out[name] = slopes
    return out


def check(net: Network) -> None:
    rng = np.random.default_rng(3)
    kernels = compile_network(net, cache=False)
    parameters = {p.name: rng.normal(size=tuple(int(a.size) for a in p.axes)) for p in net.parameters}
    data = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    value, gradient = kernels.gradient(*data, parameters)
    assert value == kernels.cost(*data, parameters)
    for name, expected in differences(kernels, *data, parameters).items():
        np.testing.assert_allclose(gradient[name], expected, rtol=1e-7, atol=1e-9, err_msg=f"{net} {name}")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_through_a_users_activation(name: str) -> None:
    f = activations.custom(ACTIVATIONS[name], name)
    check(Network(Input(2), Dense(3, f), Dense(2, f), cost="mse"))


@pytest.mark.parametrize("name", COSTS)
def test_gradient_of_a_users_cost(name: str) -> None:
    element, factor = COSTS[name]
    check(Network(Input(2), Dense(3, "tanh"), Dense(2), cost=costs.custom(element, factor, name)))
