from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.errors import SymnetError
from symnet.train.initialise import SCHEMES, ParameterShape, initialise

sizes = st.integers(1, 6)
schemes = st.sampled_from(SCHEMES)


@st.composite
def layers(draw: st.DrawFn) -> dict[str, ParameterShape]:
    widths = draw(st.lists(sizes, min_size=2, max_size=4))
    shapes = {}
    for i, (inputs, units) in enumerate(pairwise(widths), start=1):
        shapes[f"W{i}"] = ParameterShape((inputs, units), inputs, units)
        shapes[f"b{i}"] = ParameterShape((units,), inputs, units, is_bias=True)
    return shapes


@given(schemes, layers(), st.integers(0, 2**32))
def test_every_parameter_gets_a_finite_float64_array_of_its_shape(scheme, shapes, seed):
    values = initialise(scheme, shapes, seed)
    assert list(values) == list(shapes)
    for name, value in values.items():
        assert value.shape == shapes[name].shape and value.dtype == np.float64
        assert np.isfinite(value).all()


@given(schemes, layers(), st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_values(scheme, shapes, seed):
    once, again = initialise(scheme, shapes, seed), initialise(scheme, shapes, seed)
    assert all(np.array_equal(once[name], again[name]) for name in shapes)


@pytest.mark.parametrize("scheme", ["uniform", "xavier", "he"])
def test_another_seed_gives_other_values(scheme):
    shapes = {"W": ParameterShape((3, 4), 3, 4)}
    assert not np.array_equal(initialise(scheme, shapes, 1)["W"], initialise(scheme, shapes, 2)["W"])


@given(st.sampled_from(["zeros", "xavier", "he"]), layers())
def test_biases_are_zero(scheme, shapes):
    values = initialise(scheme, shapes, 0)
    assert all(not values[name].any() for name in shapes if shapes[name].is_bias)


@given(st.floats(1e-3, 1e3), layers())
def test_uniform_stays_within_its_radius(radius, shapes):
    assert all((abs(v) <= radius).all() for v in initialise("uniform", shapes, 0, radius=radius).values())


@given(sizes, sizes)
def test_xavier_stays_within_glorots_bound(fan_in, fan_out):
    weights = initialise("xavier", {"W": ParameterShape((fan_in, fan_out), fan_in, fan_out)}, 0)["W"]
    assert (abs(weights) <= math.sqrt(6 / (fan_in + fan_out))).all()


@pytest.mark.parametrize(("scheme", "variance"), [("xavier", 2 / (200 + 300)), ("he", 2 / 200), ("uniform", 1 / 12)])
def test_the_variance_is_the_one_the_paper_asks_for(scheme, variance):
    weights = initialise(scheme, {"W": ParameterShape((200, 300), 200, 300)}, 0)["W"]
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert weights.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / weights.size))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scalar_parameter_is_an_array_too(scheme):
    assert initialise(scheme, {"b": ParameterShape((), 2, 1)}, 0)["b"].shape == ()


def test_an_unknown_scheme_is_answered_with_the_closest():
    with pytest.raises(SymnetError, match=r"unknown initialiser 'xaver'; did you mean 'xavier'\? known: zeros, uni"):
        initialise("xaver", {}, 0)


@pytest.mark.parametrize("radius", [0.0, -1.0, math.inf, math.nan])
def test_a_radius_that_spans_no_interval_is_refused(radius):
    with pytest.raises(SymnetError, match="give a positive number"):
        initialise("uniform", {}, 0, radius=radius)


@pytest.mark.parametrize("sizes", [((0, 2), 1, 2), ((2,), 0, 2), ((2,), 2, 0)])
def test_a_parameter_without_units_is_refused(sizes):
    with pytest.raises(SymnetError, match="at least 1"):
        ParameterShape(*sizes)
