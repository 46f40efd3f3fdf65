"""Between sympy and ordered expressions: there and back with the value kept, and slopes in terms of the function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symnet.activations import ACTIVATIONS, Activation, custom, x
from symnet.algebra.expressions import Apply, Axis, Const, Ref, ScalarFunction, Tensor, add, const, mul, power
from symnet.algebra.interpret import evaluate, numeric
from symnet.algebra.scalars import (
    apply_definition,
    differentiate,
    elementary,
    from_sympy,
    in_terms_of_itself,
    kinked,
    to_sympy,
)

i = Axis("i", 4)
A, B = Tensor("A", (i,)), Tensor("B", ())
a, b = sp.Symbol("a", real=True), sp.Symbol("b", real=True)
NAMES = {a: A(), b: B()}
VALUES = {A: np.array([-1.7, -0.3, 0.4, 2.1]), B: np.asarray(0.8)}
NETWORK = [f for f in ACTIVATIONS.values() if not f.normalised]


def grown(part: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    functions = [
        sp.exp,
        sp.tanh,
        sp.erf,
        sp.cosh,
        sp.Abs,
        sp.sign,
        lambda e: sp.log(1 + e**2),
        lambda e: sp.sqrt(1 + e**2),
    ]
    return st.one_of(
        st.builds(sp.Add, part, part),
        st.builds(sp.Mul, part, part),
        st.builds(lambda e, n: e**n, part, st.sampled_from([2, 3])),
        st.builds(lambda e, n: (e**2 + 1) ** n, part, st.sampled_from([-1, -2, sp.Rational(-1, 2)])),
        st.builds(lambda f, e: f(e), st.sampled_from(functions), part),
        st.builds(lambda e, f: sp.Max(e, f), part, part),
        st.builds(lambda e, f: sp.Piecewise((e, e > 0), (f, True)), part, part),
    )


numbers = st.sampled_from([sp.Integer(-2), sp.Integer(3), sp.Rational(1, 3), sp.pi, sp.sqrt(2), sp.Float("0.1")])
formulas = st.recursive(st.sampled_from([a, b]) | numbers, grown, max_leaves=6)


def by_sympy(expr: sp.Expr) -> np.ndarray:
    function = sp.lambdify((a, b), expr, modules=["scipy", "numpy"])
    return np.broadcast_to(function(*np.broadcast_arrays(VALUES[A], VALUES[B])), 4).astype(float)


@given(formulas, st.booleans())
@settings(max_examples=150, deadline=None)
def test_an_expression_from_sympy_has_sympys_value(formula: sp.Expr, ordered: bool) -> None:
    with np.errstate(all="ignore"):
        expected = by_sympy(formula)
    assume(np.all(np.isfinite(expected)) and np.max(np.abs(expected)) < 1e9)
    value = evaluate(from_sympy(formula, NAMES, ordered=ordered), VALUES, (i,))
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9)


@given(formulas, st.booleans())
@settings(max_examples=150, deadline=None)
def test_there_and_back_again_keeps_the_value(formula: sp.Expr, ordered: bool) -> None:
    with np.errstate(all="ignore"):
        expected = by_sympy(formula)
    assume(np.all(np.isfinite(expected)) and np.max(np.abs(expected)) < 1e9)
    plain, table = to_sympy(from_sympy(formula, NAMES, ordered=ordered))
    assert set(table.values()) <= set(NAMES.values())
    back = {symbol: a if expr == A() else b for symbol, expr in table.items()}
    np.testing.assert_allclose(by_sympy(plain.xreplace(back)), expected, rtol=1e-9, atol=1e-9)


def test_terms_and_factors_keep_the_authors_order() -> None:
    with sp.evaluate(False):
        written = sp.Add(sp.Mul(b, a), sp.Mul(-1, a), 3)
    assert from_sympy(written, NAMES, ordered=True) == add(mul(B(), A()), mul(const(-1), A()), const(3))


def test_otherwise_positive_terms_come_first_and_names_in_their_order() -> None:
    assert from_sympy(b * a - b, NAMES) == add(mul(A(), B()), mul(const(-1), B()))


def test_a_symbol_without_a_name_is_refused() -> None:
    with pytest.raises(KeyError):
        from_sympy(a + sp.Symbol("stranger"), NAMES)


def test_sums_over_axes_and_activations_stay_whole_in_sympy() -> None:
    from symnet.algebra.expressions import Sum

    inner = Sum(i, A())
    plain, table = to_sympy(power(inner, sp.Integer(2)))
    assert list(table.values()) == [inner]
    assert plain.is_Pow


# -- derivatives of scalar functions -------------------------------------------------------------------------------


def at(f: Activation, points: np.ndarray, function: ScalarFunction) -> Any:
    return numeric(function)(points, *f.constants.values())


@pytest.mark.parametrize("f", NETWORK, ids=lambda f: f.name)
def test_the_slope_of_an_activation_is_its_difference_quotient(f: Activation) -> None:
    points = np.array([-2.3, -0.7, -0.01, 0.02, 0.6, 1.9])
    step = 1e-6
    quotient = (at(f, points + step, f.function) - at(f, points - step, f.function)) / (2 * step)
    np.testing.assert_allclose(at(f, points, differentiate(f.function)), quotient, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", NETWORK, ids=lambda f: f.name)
def test_the_second_slope_is_the_difference_quotient_of_the_first(f: Activation) -> None:
    points = np.array([-2.3, -0.7, -0.01, 0.02, 0.6, 1.9])
    step, slope = 1e-6, differentiate(f.function)
    quotient = (at(f, points + step, slope) - at(f, points - step, slope)) / (2 * step)
    np.testing.assert_allclose(at(f, points, differentiate(slope)), quotient, rtol=1e-5, atol=1e-7)


def test_primes_are_counted() -> None:
    f = ACTIVATIONS["sigmoid"].function
    assert (f.primes, differentiate(f).primes, differentiate(differentiate(f)).primes) == (0, 1, 2)


@pytest.mark.parametrize(("name", "at_zero"), [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0), ("step", 0.0)])
def test_at_its_kink_the_slope_is_that_from_the_left(name: str, at_zero: float) -> None:
    f = ACTIVATIONS[name]
    assert at(f, np.array([0.0]), differentiate(f.function))[0] == at_zero


def test_the_slope_of_abs_at_zero_is_zero() -> None:
    f = custom(sp.Abs(x))
    assert at(f, np.array([0.0]), differentiate(f.function))[0] == 0.0


@pytest.mark.parametrize(("name", "expected"), [("sigmoid", (0, 1, -1)), ("tanh", (1, 0, -1))], ids=["sigmoid", "tanh"])
def test_the_slope_in_terms_of_the_function_is_found(name: str, expected: tuple[int, int, int]) -> None:
    assert in_terms_of_itself(ACTIVATIONS[name].function) == expected


OTHERS = {
    "exp": sp.exp(x),
    "decay": 3 * sp.exp(-2 * x),
    "coth-like": 1 / (1 - sp.exp(-x)),
    "scaled tanh": sp.Rational(7, 4) * sp.tanh(2 * x / 3),
    "shifted": 2 / (1 + sp.exp(-x)) - 1,
    "twisted": x * sp.exp(x),
    "gauss": sp.exp(-(x**2)),
    "arctan": sp.atan(x),
    "sine": sp.sin(x),
    "line": 3 * x + 1,
    "inverse": 1 / (1 + x**2),
}


@pytest.mark.parametrize("f", [*NETWORK, *(custom(e, name) for name, e in OTHERS.items())], ids=lambda f: f.name)
def test_wherever_such_coefficients_are_found_they_satisfy_the_differential_equation(f: Activation) -> None:
    coefficients = in_terms_of_itself(f.function)
    if coefficients is None:
        assert f.name not in ("sigmoid", "tanh", "exp", "decay", "coth-like", "scaled tanh", "shifted")
        return
    points = np.array([-2.1, -0.4, 0.3, 1.7])
    value = at(f, points, f.function)
    c0, c1, c2 = map(float, coefficients)
    np.testing.assert_allclose(at(f, points, differentiate(f.function)), c0 + c1 * value + c2 * value**2, rtol=1e-10)


@pytest.mark.parametrize("f", NETWORK, ids=lambda f: f.name)
def test_an_activation_by_its_definition_has_the_same_value(f: Activation) -> None:
    constants = {Tensor(name, (), "constant"): np.asarray(value) for name, value in f.constants.items()}
    expr = Apply(f.function, (A(), *(t() for t in constants)))
    plain = apply_definition(expr)
    assert not any(isinstance(e, Apply) and e.function.opaque for e in [plain])
    values = {**VALUES, **constants}
    np.testing.assert_allclose(evaluate(plain, values, (i,)), evaluate(expr, values, (i,)), rtol=1e-14)


@pytest.mark.parametrize(("name", "has_kink"), [("relu", True), ("elu", True), ("tanh", False), ("gelu", False)])
def test_kinks_are_recognised(name: str, has_kink: bool) -> None:
    assert kinked(ACTIVATIONS[name].function) is has_kink


def test_an_elementary_function_is_replaced_when_it_is_differentiated() -> None:
    slope = differentiate(elementary(sp.tanh))
    assert from_sympy(slope.expr, {slope.parameters[0]: Ref(B, ())}) == add(
        Const(sp.S.One), mul(const(-1), power(Apply(elementary(sp.tanh), (B(),)), sp.Integer(2)))
    )
