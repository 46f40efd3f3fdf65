"""Worked numbers of several samples: no mark means two things."""

from __future__ import annotations

import pytest
import sympy as sp

from symnet.network import Network
from symnet.render.numbers import decimals


@pytest.mark.parametrize("notation", ["lecture", "nielsen", "ng"])
def test_the_mark_of_a_sample_is_not_that_of_a_layer(notation: str) -> None:
    net = Network("2 -> 2 sigmoid -> 1 linear", notation=notation)
    worked = net.forward(x=[[1, 2], [3, 4]], W1=[[1, 2], [3, 4]], b1=[0, 1], w2=[1, 2], b2=0)
    source = worked.latex()
    samples = {"lecture": "[{}]", "nielsen": "({})", "ng": "({})"}[notation]
    layers = {"lecture": "({})", "nielsen": "{}", "ng": "[{}]"}[notation]
    assert f"x_1^{{{samples.format(2)}}}" in source
    assert f"^{{{layers.format(2)}" in source
    assert samples != layers


def test_the_mark_of_a_sample_is_explained() -> None:
    net = Network("2 -> 1 linear")
    assert "x₁⁽²⁾ is input 1 of sample 2." in net.forward(x=[[1, 2], [3, 4]], w=[1, 2], b=0).text()
    assert "sample 2" not in net.forward(x=[1, 2], w=[1, 2], b=0).text()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (sp.Rational(1, 3), "0.333"),
        (sp.Integer(10) ** 20 + sp.Rational(1, 4), "100000000000000000000.25"),
        (sp.Rational(10**6000, 3), "3.333e5999"),
        (sp.Rational(3, 10**6000), "3e-6000"),
        (sp.Float("-2.5e400"), "-2.5e400"),
    ],
)
def test_numbers_of_any_size_are_written(value: sp.Expr, shown: str) -> None:
    assert decimals(value, 3) == shown
