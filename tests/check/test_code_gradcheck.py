"""gradcheck: what is right passes, what is wrong does not, kinks are told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from symnet.check.code.gradcheck import gradcheck
from symnet.errors import SymnetError

points = arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=st.floats(-3, 3))

FUNCTIONS = [
    (lambda x: np.sum(x**3 - 2 * x), lambda x: 3 * x**2 - 2),
    (lambda x: np.sum(np.sin(x) * np.exp(x)), lambda x: np.exp(x) * (np.sin(x) + np.cos(x))),
    (lambda x: np.log(np.sum(np.exp(x))), lambda x: np.exp(x) / np.exp(x).sum()),
    (lambda x: np.prod(np.tanh(x) + 2), lambda x: np.prod(np.tanh(x) + 2) * (1 - np.tanh(x) ** 2) / (np.tanh(x) + 2)),
    (lambda x: 3.0, np.zeros_like),
]


@settings(max_examples=60, deadline=None)
@given(points, st.sampled_from(FUNCTIONS))
def test_a_right_gradient_passes(x, function) -> None:
    f, g = function
    result = gradcheck(f, g, x)
    assert result and result.relative_error < 1e-6 and not result.kinks


@settings(max_examples=60, deadline=None)
@given(points, st.sampled_from(FUNCTIONS[1:3]), st.floats(1e-5, 10), st.integers(0, 8))
def test_a_wrong_element_is_found(x, function, factor, place) -> None:
    f, g = function
    right = np.array(g(x))
    index = np.unravel_index(place % right.size, right.shape)
    if abs(right[index]) < 1e-3:
        return
    right[index] *= 1 + factor
    result = gradcheck(f, right, x)
    assert not result and result.index == index and result.given == right[index]
    assert result.relative_error == pytest.approx(factor / (1 + factor), rel=1e-2)


def test_the_extrapolation_is_good_to_ten_digits() -> None:
    assert gradcheck(lambda x: np.exp(x).sum(), np.exp, np.linspace(-2, 2, 9)).relative_error < 1e-10


def test_a_dict_of_arrays_and_a_number() -> None:
    def f(p):
        return float(np.sum(p["W"] @ p["b"]) ** 2)

    def g(p):
        total = np.sum(p["W"] @ p["b"])
        return {"b": 2 * total * p["W"].sum(0), "W": 2 * total * np.tile(p["b"], (2, 1))}

    point = {"W": np.arange(6.0).reshape(2, 3), "b": np.array([1.0, -1.0, 0.5])}
    assert gradcheck(f, g, point).coordinates == 9
    assert gradcheck(lambda x: x**2, 6.0, 3)
    wrong = gradcheck(f, lambda p: {**g(p), "b": g(p)["b"] * [1, 2, 1]}, point)
    assert not wrong and (wrong.name, wrong.index) == ("b", (1,)) and "b[1]" in wrong.message


def test_a_kink_is_warned_of_and_any_slope_between_passes() -> None:
    x = np.array([1.0, 0.0, -2.0])
    for slope in (0.0, 0.5, 1.0):
        result = gradcheck(lambda v: np.maximum(v, 0).sum(), np.array([1.0, slope, 0.0]), x)
        assert result and [k.index for k in result.kinks] == [(1,)]
        assert "0 to the left and 1 to the right" in result.warnings[0]
    assert not gradcheck(lambda v: np.maximum(v, 0).sum(), np.array([1.0, 1.5, 0.0]), x)


@pytest.mark.parametrize("distance", [1e-3, 5e-4, 3e-4, 1e-4, 1e-5])
def test_a_kink_beside_x_does_not_disturb(distance: float) -> None:
    result = gradcheck(lambda v: np.abs(v).sum(), np.sign, np.array([distance, -distance]))
    assert result and not result.kinks


def test_rounding_is_not_a_mistake() -> None:
    assert gradcheck(lambda x: 1e9 + np.sum(x**2), lambda x: 2 * x, np.array([0.0, 1e-7]))
    assert gradcheck(lambda x: np.sum(x**4), lambda x: 4 * x**3, np.array([0.0, 1e-5, 1.0]))


def test_f_cannot_change_x() -> None:
    def f(x):
        x *= 0.0
        return x.sum()

    x = np.ones(2)
    assert gradcheck(f, np.zeros(2), x) and np.array_equal(x, np.ones(2))


def test_nan_does_not_pass() -> None:
    assert not gradcheck(lambda x: x.sum(), np.array([1.0, np.nan]), np.zeros(2))


def test_the_result_is_plain_json() -> None:
    result = gradcheck(lambda x: x.sum(), np.array([1.0, np.nan]), np.zeros(2)).to_json()
    assert json.loads(json.dumps(result)) == result and result["index"] == [1]


@pytest.mark.parametrize(
    ("f", "g", "x", "options", "says"),
    [
        (np.sum, np.ones(3), np.zeros(2), {}, "shape"),
        (np.sin, np.ones(2), np.zeros(2), {}, "one real number"),
        (lambda x: np.nan, np.ones(2), np.zeros(2), {}, "finite"),
        (np.sum, np.ones(2), ["a"], {}, "real numbers"),
        (np.sum, np.ones(0), np.zeros(0), {}, "no coordinates"),
        (np.sum, {"a": 1.0}, {"b": 1.0}, {}, "keys"),
        (np.sum, np.ones(2), np.zeros(2), {"step": 0}, "step"),
        (np.sum, np.ones(2), np.zeros(2), {"tolerance": -1}, "tolerance"),
    ],
)
def test_what_cannot_be_checked_is_an_error(f, g, x, options, says) -> None:
    with pytest.raises(SymnetError, match=says):
        gradcheck(f, g, x, **options)
