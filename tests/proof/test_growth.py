"""What a derivation holds grows with the number of layers, and with nothing else."""

from __future__ import annotations

import pytest

from symnet.algebra.expressions import count
from symnet.derive.reverse import reverse
from symnet.network import Dense, Input, Network


def nodes_by_layer(net: Network) -> dict[int, int]:
    """For each layer the nodes of its adjoint equations and of every step that leads to them."""
    out: dict[int, int] = {}
    for adjoint in reverse(net.equations, net.y):
        layer = adjoint.of.layer
        steps = sum(count(step.expr) for step in adjoint.steps)
        out[layer] = out.get(layer, 0) + count(adjoint.equation.right) + steps
    return out


def deep(layers: int, activation: str = "sigmoid") -> Network:
    return Network(Input(4), *[Dense(5, activation)] * (layers - 1), Dense(2, "linear"), cost="mse")


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "softmax", "gelu_tanh", "silu"])
def test_nodes_of_a_hidden_layer_do_not_depend_on_depth(activation: str) -> None:
    shallow, long = nodes_by_layer(deep(5, activation)), nodes_by_layer(deep(40, activation))
    assert {long[k] for k in range(2, 39)} == {shallow[2]}
    assert shallow[2] == shallow[3]
    assert long[1] == shallow[1]
    assert long[40] == shallow[5]


@pytest.mark.parametrize("cost", ["quadratic", "huber", "exponential"])
def test_nodes_do_not_depend_on_width(cost: str) -> None:
    def net(inputs: int, hidden: int, outputs: int) -> Network:
        layers = (Dense(hidden, "tanh"), Dense(hidden, "sigmoid"), Dense(outputs, "linear"))
        return Network(Input(inputs), *layers, cost=cost)

    narrow, wide = nodes_by_layer(net(7, 10, 3)), nodes_by_layer(net(784, 1024, 10))
    assert narrow == wide


def test_nodes_are_the_same_for_numbers_and_symbols_of_units() -> None:
    numbers = Network(Input(7), Dense(10, "sigmoid"), Dense(3, "softmax"), cost="categorical_cross_entropy")
    symbols = Network(Input("n_0"), Dense("n_1", "sigmoid"), Dense("n_2", "softmax"), cost="categorical_cross_entropy")
    assert nodes_by_layer(numbers) == nodes_by_layer(symbols)


def test_every_quantity_has_one_adjoint() -> None:
    net = deep(30)
    adjoints = reverse(net.equations, net.y)
    expected = [e.target for e in net.equations[:-1]] + list(net.parameters)
    assert sorted(a.of.name for a in adjoints) == sorted(t.name for t in expected)
