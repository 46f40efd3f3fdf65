"""∂/∂w before an expression that is written out."""

from __future__ import annotations

import pytest

import symnet as sn

NEURON = sn.Network("2 -> 1 linear")
HIDDEN = sn.Network("3 -> 4 sigmoid -> 1 linear", samples=1)


@pytest.mark.parametrize(
    ("net", "wrt", "answer"),
    [
        (NEURON, "w_1", r"2 \sum (\hat y-y) \frac{\partial}{\partial \hat y} x_1 \hat y"),
        (NEURON, "w_1", r"\sum x_1 \frac{\partial}{\partial \hat y}(\hat y-y)^2"),
        (HIDDEN, "w_{ij}", r"2(z-y)\frac{\partial}{\partial k_j}\sum_m w^{(2)}_m \sigma(k_m) x_i"),
        (HIDDEN, "w_{ij}", r"x_i \frac{d}{dk_j} (z-y)^2"),
    ],
)
def test_it_is_carried_out_through_the_network(net: sn.Network, wrt: str, answer: str) -> None:
    assert sn.check(net, wrt, answer).right is True


@pytest.mark.parametrize(
    "answer",
    [
        r"\sum x_1 \frac{\partial}{\partial \hat y}(\hat y+y)^2",
        r"\sum x_2 \frac{\partial}{\partial \hat y}(\hat y-y)^2",
        r"\sum \frac{\partial}{\partial w_2}(\hat y-y)^2 x_1",
    ],
)
def test_what_is_wrong_stays_wrong(answer: str) -> None:
    assert sn.check(NEURON, "b", answer).right is not True
    assert sn.check(NEURON, "w_1", answer).right is not True


@pytest.mark.parametrize(
    "answer",
    [r"\frac{\partial}{\partial w_1} \sum (\hat y - y)^2", r"\sum 2(\hat y-y)\frac{\partial}{\partial w_1} \hat y"],
)
def test_a_derivative_that_is_left_to_be_carried_out_is_no_answer(answer: str) -> None:
    assert sn.check(NEURON, "w_1", answer).status == "not understood"


@pytest.mark.parametrize(
    "answer",
    [r"\frac{\partial}{\partial y} \hat y", r"\frac{\partial}{\partial \hat y} \frac{\partial C}{\partial b}"],
)
def test_what_it_cannot_be_applied_to_is_not_understood(answer: str) -> None:
    assert sn.check(NEURON, "w_1", answer).status == "not understood"
