"""Worked numbers of several samples: no mark means two things."""

from __future__ import annotations

import pytest

from symnet.network import Network


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
