"""Answers by cases: right ones in any form, and wrong ones that are wrong only where hardly any point lies."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared

import symnet as sn
from symnet.check.verdict import check

HIDDEN = sn.Network("3 -> 4 relu -> 1 linear", cost="quadratic", samples=1)
BATCH = sn.Network("3 -> 4 relu -> 1 linear", cost="quadratic")
SEVERAL = sn.Network("2 -> 6 relu -> 1 linear", cost="quadratic", samples=1)


@pytest.mark.parametrize("network", [HIDDEN, BATCH], ids=["one sample", "samples"])
@pytest.mark.parametrize(
    "slope",
    [
        r"1_{k_j>0}",
        r"1_{k_j\ge 0}",
        r"1_{2k_j>0}",
        r"1_{0<k_j}",
        r"1_{k_j-0.99k_j>0}",
        r"(1-1_{0.01k_j-k_j>0})",
        r"1_{h_j>0}",
        r"1_{h_j\ne 0}",
        r"\frac{1+\operatorname{sgn}(k_j)}{2}",
        r"\operatorname{sgn}(h_j)",
        r"\begin{cases}1&k_j>0\\0&k_j<0\end{cases}",
        r"\begin{cases}1&k_j>0\\0&k_j\le 0\end{cases}",
        r"\begin{cases}0&h_j=0\\1&\text{otherwise}\end{cases}",
    ],
)
def test_the_slope_of_relu_in_any_form_is_right(network: sn.Network, slope: str) -> None:
    start = r"\sum " if network is BATCH else ""
    assert check(network, "w_{ij}", rf"{start}(z-y) w_j^{{(2)}} {slope} x_i").right is True


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "slope",
    [
        r"1_{k_j>0.001}",
        r"1_{k_j>10^{-9}}",
        r"(1_{k_j>0}+1_{z>100000000})",
        r"(1_{k_j>0}+1_{0.4999<z<0.5})",
        r"1_{k_j>0}(1+1_{1000<k_j})",
        r"(1_{h_j>0}+1_{h_j\le 0})",
        r"1_{h_j\ge 0}",
        r"\begin{cases}1&k_j>0\\0&k_j<-0.01\end{cases}",
        r"\begin{cases}1&k_j>0\\0&k_j<0.5\end{cases}",
        r"\begin{cases}1&k_j>0\\0&k_j<0.5\\0&\text{otherwise}\end{cases}",
    ],
)
def test_what_is_wrong_in_a_small_region_alone_is_not_right(slope: str, seed: int) -> None:
    assert check(HIDDEN, "w_{ij}", rf"(z-y) w_j^{{(2)}} {slope} x_i", seed=seed).right is not True


@pytest.mark.parametrize("seed", range(3))
def test_what_is_wrong_where_all_units_are_cut_off_is_not_right(seed: int) -> None:
    off = "".join(rf"1_{{k_{j}<0}}" for j in range(1, 7))
    assert check(SEVERAL, "b^{(2)}", rf"(z-y)(1+{off})", seed=seed).right is not True
    assert check(SEVERAL, "b^{(2)}", rf"(z-y)+{off}-{off}", seed=seed).right is True


@pytest.mark.parametrize("seed", range(3))
def test_one_neuron_with_conditions_of_its_own(seed: int) -> None:
    network, names = declared("RELU_Q")
    for answer in (
        r"2(a-y)1_{z>0}x_1+1_{z>1000}",
        r"\begin{cases}2(z-y)x_1 & z>0\\ 0 & z\le -1\end{cases}",
        r"\begin{cases}2(z-y)x_1 & z>0\\ 0 & z\le 0.5\end{cases}",
        r"2(a-y)x_1(1_{a>0}+1_{a\le 0})",
    ):
        assert check(network, "w_1", answer, names=names, seed=seed).right is not True
    for answer in (r"2(a-y)1_{a>0}x_1", r"\begin{cases}2(z-y)x_1 & 0<z\\ 0 & 0\ge z\end{cases}", r"(a-y)(1+z/|z|)x_1"):
        assert check(network, "w_1", answer, names=names, seed=seed).right is True
