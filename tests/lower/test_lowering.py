"""The function that comes out: what it reads, fills, works in and returns."""

from __future__ import annotations

from symnet.algebra.expressions import Tensor
from symnet.derive.reverse import adjoint_of, reverse
from symnet.lower.lowering import lower
from symnet.lower.plain import equation_text
from symnet.lower.statements import Array, Assign, Extent, Function, Loop, Section, Statement
from symnet.network import COST, Dense, Input, Network


def gradient(net: Network) -> Function:
    equations = [*net.equations, *(a.equation for a in reverse(net.equations, net.y))]
    outputs = [COST, *(adjoint_of(p) for p in net.parameters)]
    return lower("gradient", "…", equations, [net.x, net.y, *net.parameters], outputs, net.constants)


def test_numbers_are_returned_and_arrays_are_filled() -> None:
    function = gradient(Network(Input(3), Dense(1, "sigmoid"), cost="cross_entropy"))
    assert [a.name for a in function.inputs] == ["x", "y", "w", "b"]
    assert function.outputs == (Array("dw", "dC/dw", (3,)),)
    assert [a.name for a in function.returns] == ["C", "db"]
    assert [a.name for a in function.workspace] == ["z1", "a1", "term2", "dz1"]


def test_lengths_that_are_not_numbers_are_read_off_the_inputs() -> None:
    function = gradient(Network(Input("n_0"), Dense("n_1", "tanh"), Dense(2), cost="mse"))
    assert [s for s in function.body if isinstance(s, Extent)] == [
        Extent("n", "x", 0),
        Extent("n_0", "x", 1),
        Extent("n_1", "W1", 1),
    ]


def test_a_single_sample_has_no_loop_over_samples() -> None:
    function = gradient(Network(Input(2), Dense(2, "tanh"), cost="mse", samples=1))

    def indices(statements: tuple[Statement, ...]) -> set[str]:
        found: set[str] = set()
        for s in statements:
            if isinstance(s, Loop):
                found.add(s.index)
            if isinstance(s, Loop | Section):
                found |= indices(s.body)
        return found

    assert indices(function.body) == {"u0", "u1"}


def test_only_the_constants_that_are_used_are_set() -> None:
    net = Network(Input(2), Dense(2, "leaky_relu"), cost="huber")
    forward = lower("forward", "…", net.equations, [net.x, *net.parameters], [net.prediction], net.constants)
    assert [s.target.name for s in forward.body if isinstance(s, Assign)] == ["alpha"]  # type: ignore[union-attr]


def test_every_section_is_headed_by_its_equation() -> None:
    function = gradient(Network(Input(2), Dense(3, "sigmoid"), Dense(1), cost="quadratic"))
    titles = [s.title for s in function.body if isinstance(s, Section)]
    assert titles[:4] == [
        "z1[s,u1] = Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]",
        "a1[s,u1] = sigmoid(z1[s,u1])",
        "z2[s] = Σ_u1 w2[u1]·a1[s,u1] + b2",
        "C = 1/2·Σ_s (z2[s] − y[s])^2",
    ]


def test_an_equation_in_plain_text_is_one_line_whatever_its_names() -> None:
    net = Network(Input(2), Dense(2, "tanh"))
    odd = Tensor("z\nimport os", net.y.axes)
    assert "\n" not in equation_text(type(net.equations[0])(odd, net.equations[0].right))
