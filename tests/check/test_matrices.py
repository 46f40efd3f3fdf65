"""Matrices and vectors written out in an answer."""

from __future__ import annotations

import pytest

import symnet as sn

NEURON = sn.Network("2 -> 1 linear")
HIDDEN = sn.Network("3 -> 2 linear nobias -> 1 linear nobias", samples=1)


@pytest.mark.parametrize(
    "answer",
    [
        r"\begin{bmatrix} 2\sum x_1(\hat y-y) \\ 2\sum x_2(\hat y-y) \end{bmatrix}",
        r"\begin{bmatrix} 2\sum x_1(\hat y-y) & 2\sum x_2(\hat y-y) \end{bmatrix}^T",
        r"(2\sum x_1(\hat y-y), 2\sum x_2(\hat y-y))",
        r"2\sum\begin{pmatrix} x_1 \\ x_2 \end{pmatrix}(\hat y-y)",
        r"2\sum\left[\begin{array}{c} x_1 \\ x_2 \end{array}\right](\hat y-y)",
        r"\begin{pmatrix} 2 & 0 \\ 0 & 2 \end{pmatrix} \sum \mathbf{x} (\hat y-y)",
    ],
)
def test_a_gradient_written_out_is_right(answer: str) -> None:
    assert sn.check(NEURON, r"\mathbf w", answer).right is True


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (r"2\sum\begin{bmatrix} x_2 \\ x_1 \end{bmatrix}(\hat y-y)", "differs"),
        (r"2\sum\begin{bmatrix} x_1 & x_2 \end{bmatrix}(\hat y-y)", "transpose"),
        (r"2\sum\begin{bmatrix} x_1 \\ x_2 \\ x_1 \end{bmatrix}(\hat y-y)", "3 × 1"),
        (r"\begin{pmatrix} 2 & 0 & 0 \\ 0 & 2 & 0 \end{pmatrix} \sum \mathbf{x} (\hat y-y)", "3 entries meet 2"),
        (r"\begin{pmatrix} 2 & 0 \\ 0 \end{pmatrix} \sum \mathbf{x} (\hat y-y)", "different lengths"),
    ],
)
def test_a_wrong_one_is_not(answer: str, said: str) -> None:
    verdict = sn.check(NEURON, r"\mathbf w", answer)
    assert verdict.right is False
    assert said in verdict.message


@pytest.mark.parametrize(
    "answer", [r"\begin{bmatrix} 1 & \\ 2 \end{bmatrix}", r"\begin{bmatrix}\end{bmatrix}", "(1,,2)"]
)
def test_what_is_no_matrix_is_not_understood(answer: str) -> None:
    assert sn.check(NEURON, r"\mathbf w", answer).status == "not understood"


def test_a_matrix_of_numbers_takes_the_axes_of_what_it_meets() -> None:
    answer = r"2(z-y) \begin{bmatrix} x_1 \\ x_2 \\ x_3 \end{bmatrix} \mathbf{w}_2^T"
    assert sn.check(HIDDEN, r"\mathbf W_1", answer).right is True


def test_a_matrix_is_shown_as_one() -> None:
    verdict = sn.check(NEURON, r"\mathbf w", r"2\sum\begin{bmatrix} x_1 \\ x_2 \end{bmatrix}(\hat y-y)")
    assert r"\begin{bmatrix} x_1 \\ x_2 \end{bmatrix}" in str(verdict.as_dict()["read_as"])


def test_what_a_prediction_depends_on_is_no_index() -> None:
    net = sn.Network("3 -> 2 sigmoid", cost="quadratic", samples=1)
    names = {"h_{W,b}(x)": "prediction", "z_i": "pre[i]", "y_i": "target[i]", "f": "activation"}
    verdict = sn.check(net, "z", r"(h_{W,b}(x) - y) \odot f'(z)", names=names)
    assert verdict.right is True
