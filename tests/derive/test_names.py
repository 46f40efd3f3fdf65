"""Names of parameters: every way in which a notation prints one is read, and nothing else."""

from __future__ import annotations

import time

import pytest

from symnet import Dense, Input, Network, SymnetError
from symnet.notation.notation import NOTATIONS

NEURON = Network("2 -> 1")
WIDE = Network("3 -> 2")
HIDDEN = Network("3 -> 4 -> 1")
DEEP = Network("3 -> 4 -> 2 -> 1")
NIELSEN = Network("3 -> 4 -> 2", notation="nielsen")
LONG = Network("2" + " -> 2" * 12)
BROAD = Network(Input(12), Dense(11))

READ = [
    (NEURON, "w_1", "w", (1,)),
    (NEURON, "W_1", "w", (1,)),
    (NEURON, "w_{2}", "w", (2,)),
    (NEURON, "w[2]", "w", (2,)),
    (NEURON, "w^{(1)}_2", "w", (2,)),
    (NEURON, "b", "b", ()),
    (NEURON, "w", "w", None),
    (NEURON, "w_i", "w", None),
    (WIDE, "w_12", "W", (1, 2)),
    (WIDE, "w_{12}", "W", (1, 2)),
    (WIDE, "w_{1,2}", "W", (1, 2)),
    (WIDE, "w_{1 2}", "W", (1, 2)),
    (WIDE, "w_1_2", "W", (1, 2)),
    (WIDE, "W[1, 2]", "W", (1, 2)),
    (WIDE, "b_2", "b", (2,)),
    (WIDE, "b[2]", "b", (2,)),
    (WIDE, "w_{ij}", "W", None),
    (HIDDEN, "W1", "W1", None),
    (HIDDEN, "W1[1,3]", "W1", (1, 3)),
    (HIDDEN, "w_13", "W1", (1, 3)),
    (HIDDEN, "W^{(1)}", "W1", None),
    (HIDDEN, "w^{(2)}_1", "w2", (1,)),
    (HIDDEN, "w^{(2)}_j", "w2", None),
    (HIDDEN, "w^(2)_1", "w2", (1,)),
    (HIDDEN, "W^{[2]}_1", "w2", (1,)),
    (HIDDEN, "w^2_1", "w2", (1,)),
    (HIDDEN, "w2[3]", "w2", (3,)),
    (HIDDEN, "W2", "w2", None),
    (HIDDEN, "b2", "b2", ()),
    (HIDDEN, "b^{(1)}_4", "b1", (4,)),
    (HIDDEN, "b_4", "b1", (4,)),
    (DEEP, "W2[4,1]", "W2", (4, 1)),
    (DEEP, "w3_2", "w3", (2,)),
    (LONG, "W12[1,2]", "W12", (1, 2)),
    (LONG, "b12", "b12", None),
    (BROAD, "w_{12,11}", "W", (12, 11)),
    (BROAD, "w_1_11", "W", (1, 11)),
    (BROAD, "w_11", "W", (1, 1)),
    (NIELSEN, "w^1_{41}", "W1", (1, 4)),
    (NIELSEN, "w^{1}_{4,1}", "W1", (1, 4)),
    (NIELSEN, "W1[1,4]", "W1", (1, 4)),
]


@pytest.mark.parametrize(("net", "name", "parameter", "index"), READ, ids=lambda v: v if isinstance(v, str) else "")
def test_a_name_is_read(net: Network, name: str, parameter: str, index: tuple[int, ...] | None) -> None:
    tensor, found = net.derive().resolve(name)
    assert (tensor.name, found) == (parameter, index)


REFUSED = [
    (NEURON, "v", "none of the network's parameters; they are w (2), b"),
    (NEURON, "w2", "none of the network's parameters"),
    (NEURON, "", "none of the network's parameters"),
    (NEURON, "w_", "none of the network's parameters"),
    (NEURON, "w__1", "none of the network's parameters"),
    (NEURON, "w_1a", "none of the network's parameters"),
    (NEURON, "w_-1", "none of the network's parameters"),
    (NEURON, "w[]", "none of the network's parameters"),
    (NEURON, "w[1", "none of the network's parameters"),
    (NEURON, "x_1", "none of the network's parameters"),
    (NEURON, "w_1 + w_2", "none of the network's parameters"),
    (NEURON, "__import__('os')", "none of the network's parameters"),
    (NEURON, "w_3", "'w_3' is outside of w (2); indices count from 1 and are (input, unit)"),
    (NEURON, "w_0", "outside of w (2)"),
    (NEURON, "b_1", "outside of b"),
    (NEURON, "w[1,1]", "outside of w (2)"),
    (WIDE, "w_1", "outside of W (3 × 2)"),
    (WIDE, "w_13", "outside of W (3 × 2)"),
    (WIDE, "W[3]", "outside of W (3 × 2)"),
    (NIELSEN, "w^1_{14}", "outside of W1 (3 × 4)"),
    (HIDDEN, "W3", "none of the network's parameters; they are W1 (3 × 4), b1 (4), w2 (4), b2"),
    (DEEP, "w_12", "none of the network's parameters"),
    (Network(Input(2), Dense(1, "linear", False)), "b", "none of the network's parameters; they are w (2)"),
    (NEURON, "w_" + "9" * 100_000, "none of the network's parameters"),
    (NEURON, "w" * 100_000, "none of the network's parameters"),
]


@pytest.mark.parametrize(("net", "name", "sentence"), REFUSED, ids=lambda v: v[:20] if isinstance(v, str) else "")
def test_another_name_is_refused_in_one_sentence(net: Network, name: str, sentence: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SymnetError) as error:
        net.derive().resolve(name)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 300
    assert "\n" not in str(error.value)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    "spec", ["1 -> 1", "2 -> 1", "3 -> 2", "12 -> 2", "12 -> 11", "3 -> 4 -> 1", "2 -> 3 -> 11 -> 2"]
)
def test_every_symbol_of_the_scalar_view_is_a_name_for_its_element(spec: str, notation: str) -> None:
    derivation = Network(spec, notation=notation).derive()
    for (tensor, index), symbol in derivation.scalars.parameters.items():
        assert derivation.resolve(str(symbol)) == (tensor, index)


@pytest.mark.parametrize("spec", ["2 -> 1", "12 -> 11", "3 -> 4 -> 1"])
def test_no_two_elements_share_a_symbol(spec: str) -> None:
    view = Network(spec).derive().scalars
    symbols = [*view.parameters.values(), *map(str, view.data.values())]
    assert len(set(map(str, symbols))) == len(symbols)


def test_a_partial_of_a_whole_tensor_has_no_scalar_expression() -> None:
    with pytest.raises(
        SymnetError, match=r"W1 is a whole tensor; the scalar view is of one element, such as W1\[1,1\]"
    ):
        _ = HIDDEN.derive().partial("W1").expr
