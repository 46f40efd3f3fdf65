"""The chain of a gradient: what its factors come to, multiplied, is the gradient of reverse mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symnet import Network, l2
from symnet.algebra.expressions import Deriv, Expr, Ref, Tensor, factors_of, refs, walk
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.simplify import pending
from symnet.derive.derivation import Partial

NETWORKS = {
    "neuron": Network("2 -> 1"),
    "one weight": Network("1 -> 1 tanh", cost="mse"),
    "two layers": Network("2 -> 3 sigmoid -> 1", cost="quadratic"),
    "two layers, one sample": Network("2 -> 3 sigmoid -> 1", cost="quadratic", samples=1),
    "several outputs": Network("2 -> 3 tanh -> 2 sigmoid", cost="cross_entropy"),
    "softmax": Network("2 -> 3 relu -> 3 softmax", cost="categorical_cross_entropy"),
    "softmax, one sample": Network("2 -> 3 gelu -> 3 softmax", cost="mse", samples=1),
    "softmax within": Network("2 -> 3 softmax -> 2 tanh", cost="log_cosh"),
    "three layers": Network("2 -> 3 elu -> 2 silu -> 1", cost="huber"),
    "narrow": Network("2 -> 1 tanh -> 3 softplus -> 1", cost="half_mse"),
    "regularised": Network("2 -> 3 tanh -> 1", cost="mse", regulariser=l2(0.3)),
    "exponential": Network("2 -> 3 tanh -> 2", cost="exponential", samples=1),
}
PARTIALS = [
    pytest.param(net, name, id=f"{label}-{name}") for label, net in NETWORKS.items() for name in net.derive().partials
]


def values_of(net: Network) -> dict[Tensor, Any]:
    rng = np.random.default_rng(4)

    def shape(tensor: Tensor) -> tuple[int, ...]:
        return tuple(4 if a.name == "s" else int(a.size) for a in tensor.axes)

    targets = rng.uniform(0.1, 0.9, shape(net.y))
    if any(a.name != "s" for a in net.y.axes):
        targets /= targets.sum(axis=-1, keepdims=True)
    env = {net.x: rng.normal(size=shape(net.x)), net.y: targets, **net.constants}
    env |= {p: rng.normal(size=shape(p)) for p in net.parameters}
    return run([*net.equations, *(a.equation for a in net.derive().backward)], env)


def partial_of(net: Network, name: str) -> Partial:
    return net.derive().partials[name]


@pytest.mark.parametrize(("net", "name"), PARTIALS)
def test_the_chain_with_its_factors_put_in_is_the_gradient(net: Network, name: str) -> None:
    partial, values = partial_of(net, name), values_of(net)
    expected = values[partial.equation.target]
    done = [step.expr for step in partial.chain.steps if not pending(step.expr)]
    assert done or not pending(partial.chain.whole.expr)
    for expr in done or [partial.chain.whole.expr]:
        np.testing.assert_allclose(evaluate(expr, values, partial.tensor.axes), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("net", "name"), PARTIALS)
def test_no_derivative_is_left_when_the_factors_are_put_in(net: Network, name: str) -> None:
    chain = partial_of(net, name).chain
    assert not any(pending(step.expr) for step in chain.steps)
    assert not any(pending(factor.value) for factor in chain.factors)


@pytest.mark.parametrize(("net", "name"), PARTIALS)
def test_the_steps_to_a_factor_have_the_value_of_the_last(net: Network, name: str) -> None:
    values = values_of(net)
    for factor in partial_of(net, name).chain.factors:
        axes = factor.derivative.axes
        expected = evaluate(factor.value, values, axes)
        for step in factor.steps:
            if not pending(step.expr):
                np.testing.assert_allclose(evaluate(step.expr, values, axes), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("net", "name"), PARTIALS)
def test_every_derivative_in_the_chain_has_its_factor_explained(net: Network, name: str) -> None:
    chain = partial_of(net, name).chain
    explained = {_kind(factor.derivative) for factor in chain.factors}
    named = {_kind(e) for e in walk(chain.whole.expr) if _is_named(e)}
    assert named == explained


def _is_named(expr: Expr) -> bool:
    return isinstance(expr, Deriv) or (isinstance(expr, Ref) and expr.tensor.role == "adjoint")


def _kind(expr: Expr) -> tuple[str, ...]:
    """The names of the tensors in an adjoint or a derivative."""
    return tuple(ref.tensor.name for ref in refs(expr))


def test_the_lectures_chain_has_three_factors() -> None:
    net = Network("3 -> 4 -> 1", samples=1)
    kinds = [_kind(f) for f in factors_of(partial_of(net, "W1").chain.whole.expr)]
    assert kinds == [("dC/dz2",), ("z2", "z1"), ("z1", "W1")]
