"""Vectorised exp, log, tanh …: their errors in ulp over the whole range, their edges, and that loops are vectorised."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.emit import coefficients
from symnet.emit.mathematics import ROUTINES, ln_2_in_two, source
from symnet.emit.precision import DOUBLE, PRECISIONS, SINGLE, Precision
from symnet.lower.names import MATHEMATICS, RESERVED
from tests.benchmarks.mathematics import TRUE, arguments, computed, vector_width, worst
from tests.benchmarks.minimax import table

BOUNDS = {
    "exp": 1.0,
    "expm1": 2.0,
    "log": 1.0,
    "log1p": 1.0,
    "sigmoid": 2.5,
    "tanh": 3.0,
    "softplus": 2.0,
    "erf": 2.5,
    "normal_cdf": 4.0,
}
"""In ulp; measured are about nine tenths of each."""

BOTH = pytest.mark.parametrize("precision", PRECISIONS.values(), ids=lambda p: p.name)
EACH = pytest.mark.parametrize("name", TRUE)


@BOTH
@EACH
@pytest.mark.parametrize("contract", [True, False], ids=["fused", "not fused"])
def test_the_error_is_within_its_bound_over_the_whole_range(name: str, precision: Precision, contract: bool) -> None:
    x = arguments(name, 800, precision, np.random.default_rng(1))
    found, at = worst(name, x, precision, contract)
    assert found <= BOUNDS[name], f"{name}({at!r}) errs by {found:.2f} ulp"


@settings(max_examples=300, deadline=None)
@given(x=st.floats(allow_nan=False, allow_infinity=False), k=st.sampled_from(sorted(TRUE)))
def test_the_error_is_within_its_bound_at_any_double(x: float, k: str) -> None:
    x = abs(x) or 1.0 if k == "log" else max(x, math.nextafter(-1, 0)) if k == "log1p" else x
    assert worst(k, np.array([x]), DOUBLE)[0] <= BOUNDS[k]


@settings(max_examples=300, deadline=None)
@given(x=st.floats(allow_nan=False, allow_infinity=False, width=32), k=st.sampled_from(sorted(TRUE)))
def test_the_error_is_within_its_bound_at_any_single(x: float, k: str) -> None:
    x = (
        abs(x) or 1.0
        if k == "log"
        else max(x, float(np.nextafter(np.float32(-1), np.float32(0))))
        if k == "log1p"
        else x
    )
    assert worst(k, np.array([x], np.float32), SINGLE)[0] <= BOUNDS[k]


INFINITE: dict[str, tuple[float, float]] = {
    "exp": (0.0, math.inf),
    "expm1": (-1.0, math.inf),
    "log": (math.nan, math.inf),
    "log1p": (math.nan, math.inf),
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softplus": (0.0, math.inf),
    "erf": (-1.0, 1.0),
    "normal_cdf": (0.0, 1.0),
}
"""The values at −∞ and at ∞."""


@BOTH
@EACH
def test_infinite_arguments_and_nan(name: str, precision: Precision) -> None:
    values = computed(name, np.array([-np.inf, np.inf, np.nan], precision.dtype), precision)
    np.testing.assert_array_equal(values, np.array([*INFINITE[name], np.nan], precision.dtype))
    huge = np.finfo(precision.dtype).max
    at = computed(name, np.array([-huge, huge], precision.dtype), precision)
    if name.startswith("log"):
        assert np.isnan(at[0]) and at[1] == pytest.approx(math.log(huge), rel=1e-6)
    elif name == "softplus":
        np.testing.assert_array_equal(at, [0.0, huge])
    else:
        np.testing.assert_array_equal(at, np.array(INFINITE[name], precision.dtype))


@BOTH
def test_zeros_keep_their_sign_and_logarithms_their_poles(precision: Precision) -> None:
    zeros = np.array([0.0, -0.0], precision.dtype)
    for name in ("expm1", "log1p", "tanh", "erf"):
        values = computed(name, zeros, precision)
        np.testing.assert_array_equal(values, [0.0, 0.0])
        assert np.signbit(values).tolist() == [False, True], name
    for name, value in (("exp", 1.0), ("sigmoid", 0.5), ("normal_cdf", 0.5), ("log", -np.inf)):
        np.testing.assert_array_equal(computed(name, zeros, precision), [value, value])
    np.testing.assert_array_equal(computed("log", np.array([1.0, -1.0], precision.dtype), precision), [0.0, np.nan])
    np.testing.assert_array_equal(
        computed("log1p", np.array([-1.0, -1.5], precision.dtype), precision), [-np.inf, np.nan]
    )


@BOTH
@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_subnormal_arguments_are_kept(name: str, precision: Precision) -> None:
    tiny = np.finfo(precision.dtype).smallest_subnormal
    x = (np.array([1, -1, 3, -7, 1000]) * tiny).astype(precision.dtype)
    np.testing.assert_array_equal(computed(name, x, precision), x)


@BOTH
def test_subnormal_values_are_not_flushed_to_zero(precision: Precision) -> None:
    limits = np.finfo(precision.dtype)
    x = np.array([math.log(limits.tiny) - 2.0], precision.dtype)
    for name in ("exp", "sigmoid", "softplus"):
        (value,) = computed(name, x, precision)
        assert 0 < value < limits.tiny
        assert value == pytest.approx(math.exp(float(x[0])), rel=1e-3)


@BOTH
@EACH
def test_loops_are_vectorised(name: str, precision: Precision) -> None:
    assert vector_width(name, precision) >= 128 // (8 * np.dtype(precision.dtype).itemsize)


@pytest.mark.parametrize("name", ROUTINES)
def test_a_text_stands_alone(name: str) -> None:
    parts = source([name], DOUBLE)
    defined = [node.name for part in parts for node in ast.walk(ast.parse(part)) if isinstance(node, ast.FunctionDef)]
    called = {
        node.func.id
        for part in parts
        for node in ast.walk(ast.parse(part))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert defined[-1] == name
    assert called <= {*defined, "njit", "abs"}
    assert len(set(defined)) == len(defined)


def test_no_quantity_takes_the_name_of_a_function() -> None:
    assert set(ROUTINES) | {"f32", "inlined"} == MATHEMATICS <= RESERVED


def test_shared_parts_are_written_once() -> None:
    parts = source(["softplus", "sigmoid", "erf", "normal_cdf"], SINGLE)
    for name in ("exp", "exp_sum", "normal_tail"):
        assert sum(f"def {name}(" in part for part in parts) == 1


@BOTH
def test_ln_2_in_two_parts_is_ln_2(precision: Precision) -> None:
    scope: dict[str, Any] = {"f32": np.float32}
    high, low = (float(eval(part, scope)) for part in ln_2_in_two(precision))
    most = -np.finfo(precision.dtype).minexp + precision.digits
    assert precision.dtype(most) * precision.dtype(high) == most * high
    assert abs(high + low - math.log(2)) <= 2.0 ** -(precision.digits + 1)


def test_the_coefficients_are_what_the_algorithm_finds() -> None:
    assert Path(str(coefficients.__file__)).read_text(encoding="utf-8") == table()
