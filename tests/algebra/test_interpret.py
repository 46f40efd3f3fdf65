"""The interpreter against NumPy written by hand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnet.algebra.expressions import (
    Apply,
    Axis,
    Deriv,
    Equation,
    Expr,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    const,
    mul,
    power,
    total,
)
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.scalars import elementary

s, i, j = Axis("s", "n"), Axis("i", 3), Axis("j", 4)
i2 = Axis("i'", 3)
X, W, b, w, c = Tensor("X", (s, i)), Tensor("W", (i, j)), Tensor("b", (j,)), Tensor("w", (i,)), Tensor("c", ())
RNG = np.random.default_rng(1)
x_, w_, b_, v_, c_ = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=3), 0.7
VALUES: dict[Tensor, Any] = {X: x_, W: w_, b: b_, w: v_, c: np.asarray(c_)}
EXP = elementary(sp.exp)

FORMS: dict[str, tuple[Expr, tuple[Axis, ...], Any]] = {
    "a layer": (add(Sum(i, mul(X(), W())), b()), (s, j), x_ @ w_ + b_),
    "the same, units first": (add(Sum(i, mul(X(), W())), b()), (j, s), (x_ @ w_ + b_).T),
    "a contraction of three": (total((s, i), mul(X(), W(), w())), (j,), np.einsum("si,ij,i->j", x_, w_, v_)),
    "an outer product": (mul(w(), b()), (i, j), np.outer(v_, b_)),
    "a square of a sum": (power(Sum(i, w()), sp.Integer(2)), (), v_.sum() ** 2),
    "a diagonal": (Sum(i, mul(X(), X(s, i2), w())), (s, i2), np.einsum("si,sk,i->sk", x_, x_, v_)),
    "an element": (X(s, 2), (s,), x_[:, 1]),
    "one element": (mul(c(), W(3, 1)), (), c_ * w_[2, 0]),
    "the number of samples": (power(Size(s), sp.Integer(-1)), (), 1 / 5),
    "a sum of what does not run": (Sum(s, w()), (i,), 5 * v_),
    "broadcast": (w(), (s, i), np.tile(v_, (5, 1))),
    "a softmax": (
        mul(Apply(EXP, (X(),)), Pow(Sum(i2, Apply(EXP, (X(s, i2),))), sp.Integer(-1))),
        (s, i),
        np.exp(x_) / np.exp(x_).sum(axis=1, keepdims=True),
    ),
    "a constant": (const(sp.sqrt(2)), (), np.sqrt(2)),
}


@pytest.mark.parametrize("form", FORMS)
def test_evaluates_as_numpy_does_by_hand(form: str) -> None:
    expr, axes, expected = FORMS[form]
    value = evaluate(expr, VALUES, axes)
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-13)


def test_equations_run_one_after_another() -> None:
    z, a = Tensor("z", (s, j)), Tensor("a", (s, j))
    done = run([Equation(z, FORMS["a layer"][0]), Equation(a, Apply(EXP, (z(),)))], VALUES)
    np.testing.assert_allclose(done[a], np.exp(x_ @ w_ + b_))


def test_given_values_are_left_as_they_were() -> None:
    given = {X: x_.copy()}
    run([Equation(Tensor("y", (s, i)), mul(const(2), X()))], given)
    assert set(given) == {X}
    np.testing.assert_array_equal(given[X], x_)


def test_the_result_owns_its_numbers() -> None:
    value = evaluate(w(), VALUES, (s, i))
    value[0, 0] = 99.0
    assert value[1, 0] == v_[0]
    assert v_[0] != 99.0


def test_overflow_is_inf_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluate(Apply(EXP, (const(1000),)), {}) == np.inf


def test_arrays_that_disagree_on_an_axis_are_refused() -> None:
    with pytest.raises(ValueError, match="w has length 2 along i, another has 3"):
        evaluate(Sum(i, mul(X(), w())), {X: x_, w: np.ones(2)}, (s,))


def test_an_array_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"W has 2 axes, an array of shape \(3,\) was given"):
        evaluate(W(), {W: np.ones(3)}, (i, j))


def test_a_derivative_has_no_value_before_it_is_carried_out() -> None:
    with pytest.raises(TypeError, match="before it is carried out"):
        evaluate(Deriv(w(), Ref(w, (i,))), VALUES, (i,))
