"""The scalar view: pure sympy, and equal to the structural derivation for every weight of every network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet import Dense, Input, Network, SymnetError, l1, l2
from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Tensor
from symnet.algebra.interpret import run
from symnet.costs import COSTS
from symnet.derive.derivation import Derivation
from symnet.derive.scalar import LIMIT, elements

SAMPLES = 3
OUTPUTS = {
    "real": tuple(ACTIVATIONS),
    "probability": ("sigmoid", "softmax"),
    "positive": ("sigmoid", "softmax", "softplus"),
}
REGULARISERS = (None, None, l1(0.3), l2(0.2), l2(0.2, "1/n"), l2(0.2, "1/(2n)"))


def values_of(net: Network, seed: int = 0) -> dict[Tensor, Any]:
    """Random data and parameters, and every value forward and backward; the targets of a sample sum to 1."""
    rng = np.random.default_rng(seed)

    def shape(tensor: Tensor) -> tuple[int, ...]:
        return tuple(SAMPLES if a.name == "s" else int(a.size) for a in tensor.axes)

    targets = rng.uniform(0.1, 0.9, shape(net.y))
    if any(a.name != "s" for a in net.y.axes):
        targets /= targets.sum(axis=-1, keepdims=True)
    env = {net.x: rng.normal(size=shape(net.x)), net.y: targets}
    env |= {p: rng.normal(size=shape(p)) for p in net.parameters}
    env |= {t: np.asarray(v) for t, v in net.constants.items()}
    return run([*net.equations, *(a.equation for a in net.derive().backward)], env)


def arguments(derivation: Derivation, values: dict[Tensor, Any]) -> list[Any]:
    """The numbers for a lambdified expression: every parameter, every column of data, every constant."""
    view = derivation.scalars

    def at(tensor: Tensor, index: Sequence[int]) -> Any:
        return values[tensor][(..., *(k - 1 for k in index))]

    found = [float(at(*key)) for key in view.parameters]
    found += [
        np.ascontiguousarray(at(*key)) if derivation.network.sample_axes else float(at(*key)) for key in view.data
    ]
    return found + [float(values[t]) for t in view.constants]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    cost = COSTS[draw(st.sampled_from(sorted(COSTS)))]
    tops = OUTPUTS[cost.domain]
    several = cost.name == "categorical_cross_entropy"
    top = "softmax" if several else draw(st.sampled_from(tops))
    units = draw(st.integers(2 if top == "softmax" else 1, 2))
    hidden = []
    for _ in range(draw(st.integers(0, 1))):
        activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
        hidden.append(Dense(2 if activation == "softmax" else draw(st.integers(1, 2)), activation, draw(st.booleans())))
    return Network(
        Input(draw(st.integers(1, 2))),
        *hidden,
        Dense(units, top, draw(st.booleans())),
        cost=cost,
        regulariser=draw(st.sampled_from(REGULARISERS)),
        samples=draw(st.sampled_from([1, "n"])),
    )


def check_weights(net: Network, seed: int, only: int | None = None) -> None:
    """Every parameter, or the first and then every so-manieth."""
    derivation, values = net.derive(), values_of(net, seed)
    given_numbers = arguments(derivation, values)
    parameters = list(derivation.scalars.parameters)
    for tensor, index in parameters[:: 1 if only is None else -(-len(parameters) // only)]:
        partial = derivation.partials[tensor.name]
        expected = values[partial.equation.target][tuple(k - 1 for k in index)]
        expr = derivation.scalars.partial(derivation.scalars.parameters[tensor, index])
        value = derivation.scalars.lambdify(expr)(*given_numbers)
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9, err_msg=f"{tensor.name}{index}")


@given(networks(), st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_sympys_derivative_by_a_weight_is_that_of_reverse_mode(net: Network, seed: int) -> None:
    check_weights(net, seed, only=3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_is_by_every_weight_for_every_activation(activation: str) -> None:
    check_weights(Network(f"2 -> 2 {activation} -> 1", cost="quadratic"), 1)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("samples", [1, "n"])
def test_it_is_by_every_weight_for_every_cost(cost: str, samples: int | str) -> None:
    top = "linear" if COSTS[cost].domain == "real" else "softmax"
    check_weights(Network(f"2 -> 2 {top}", cost=cost, samples=samples), 2)


@given(networks(), st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_sympys_cost_is_the_interpreters(net: Network, seed: int) -> None:
    derivation, values = net.derive(), values_of(net, seed)
    cost = derivation.scalars.lambdify(derivation.scalars.cost)(*arguments(derivation, values))
    np.testing.assert_allclose(cost, values[net.equations[-1].target], rtol=1e-9)


JITTED = [
    Network("2 -> 1"),
    Network("2 -> 1 sigmoid", cost="cross_entropy", regulariser=l2(0.3, "1/n")),
    Network("1 -> 2 tanh -> 1", cost="mse", samples=1),
    Network("2 -> 2 relu -> 1", cost="quadratic"),
    Network("2 -> 2 softmax", cost="categorical_cross_entropy"),
    Network("2 -> 1 gelu", cost="huber"),
    Network("1 -> 1 elu", cost="mae"),
    Network("1 -> 1 leaky_relu", cost="huber", samples=1),
    Network("1 -> 1 relu -> 1 relu", cost="hinge", samples=1),
    Network("2 -> 1 gelu", cost="quadratic", samples=1),
]


@pytest.mark.parametrize("net", JITTED, ids=lambda net: f"{net.spec}, {net.cost.name}, {net.samples}")
def test_through_numba_the_value_is_the_same(net: Network) -> None:
    derivation, values = net.derive(), values_of(net)
    tensor = net.parameters[0]
    index = tuple(1 for _ in tensor.axes)
    name = str(derivation.scalars.parameters[tensor, index])
    expected = values[derivation.partials[tensor.name].equation.target][tuple(k - 1 for k in index)]
    compiled = derivation.partial(name).lambdify(jit=True)
    np.testing.assert_allclose(compiled(*arguments(derivation, values)), expected, rtol=1e-9, atol=1e-12)


def test_the_partial_is_a_sympy_expression_of_the_named_weights_under_a_sum_over_the_samples() -> None:
    expr = Network("2 -> 1").derive().partial("w_1").expr
    (total,) = expr.atoms(sp.Sum)
    assert {str(s) for s in expr.free_symbols if s.is_Symbol} >= {"w_1", "w_2", "b", "n"}
    assert [str(limit) for limit in total.limits[0]] == ["i", "1", "n"]


def test_for_one_sample_the_partial_has_no_sum() -> None:
    expr = Network("2 -> 1", samples=1).derive().partial("w_1").expr
    w_1, w_2, b = (sp.Symbol(name, real=True) for name in ("w_1", "w_2", "b"))
    x_1, x_2, y = (sp.Symbol(name, real=True) for name in ("x_1", "x_2", "y"))
    assert sp.expand(expr - 2 * x_1 * (w_1 * x_1 + w_2 * x_2 + b - y)) == 0


def test_the_arguments_of_a_lambdified_partial_are_told_in_their_order() -> None:
    function = Network("2 -> 1").derive().partial("w_1").lambdify()
    assert str(function.__doc__).startswith("(w_1, w_2, b, x_1, x_2, y)")


# -- second derivatives --------------------------------------------------------------------------------------------

CURVED = [
    Network("2 -> 1", cost="mse"),
    Network("2 -> 1 sigmoid", cost="cross_entropy"),
    Network("1 -> 2 tanh -> 1", cost="quadratic", regulariser=l2(0.3)),
    Network("1 -> 2 softmax", cost="mse", samples=1),
    Network("1 -> 1 gelu -> 1", cost="log_cosh"),
]


@pytest.mark.parametrize("net", CURVED, ids=lambda net: f"{net.spec}, {net.cost.name}")
def test_the_hessian_is_the_difference_quotient_of_the_gradient(net: Network) -> None:
    derivation, values = net.derive(), values_of(net)
    names = [str(s) for s in derivation.scalars.parameters.values()]
    at, step = arguments(derivation, values), 1e-6
    for first in names:
        slope = derivation.partial(first).lambdify()
        for k, second in enumerate(names):
            up, down = list(at), list(at)
            up[k], down[k] = at[k] + step, at[k] - step
            quotient = (slope(*up) - slope(*down)) / (2 * step)
            value = derivation.hessian(first, second).lambdify()(*at)
            np.testing.assert_allclose(value, quotient, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("net", CURVED, ids=lambda net: f"{net.spec}, {net.cost.name}")
def test_the_hessian_is_symmetric(net: Network) -> None:
    derivation, values = net.derive(), values_of(net)
    names = [str(s) for s in derivation.scalars.parameters.values()]
    at = arguments(derivation, values)
    matrix = np.array([[derivation.hessian(v, w).lambdify()(*at) for w in names] for v in names])
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-10, atol=1e-12)
    assert np.any(matrix != np.diag(np.diag(matrix)))


def test_a_hessian_is_of_elements_not_of_whole_tensors() -> None:
    with pytest.raises(SymnetError, match="w is a whole tensor; name one element, such as w_1"):
        Network("2 -> 1").derive().hessian("w", "w_1")


# -- limits --------------------------------------------------------------------------------------------------------


def weights(units: int) -> Network:
    """A network of ``units`` inputs and as many weights, without a bias."""
    return Network(Input(units), Dense(1, "linear", False))


def test_as_many_weights_as_the_limit_are_named() -> None:
    assert len(weights(LIMIT).derive().scalars.parameters) == LIMIT


def test_more_weights_are_refused_in_one_sentence() -> None:
    with pytest.raises(SymnetError, match=re.escape(f"this network has {LIMIT + 1}, more than {LIMIT}; use the index")):
        weights(LIMIT + 1).derive().partial("w_1").latex()


def test_symbolic_sizes_are_refused_by_name() -> None:
    net = Network(Input("n_0"), Dense("n_1"), Dense(1))
    with pytest.raises(SymnetError, match=r"needs sizes in numbers, this network has n_0, n_1; use the index"):
        net.derive().partial("W1[1,1]").latex()


def test_elements_count_from_one() -> None:
    assert elements(Network("2 -> 3").weight(1)) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
