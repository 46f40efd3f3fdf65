"""Every named simplification keeps the value, and does what its name says."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import (
    ONE,
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
    transform,
)
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.scalars import differentiate, elementary
from symnet.algebra.simplify import (
    TIDY,
    Rule,
    add_exponents,
    by_name,
    cancel,
    collect_numbers,
    common_factor,
    constant_out_of_sum,
    like_terms,
    nested_power,
    normalised_by_name,
    pending,
    positive_first,
    product_by_name,
    tidy,
    unit_sum,
    until_stable,
)

s, i, j = Axis("s", "n"), Axis("i", 3), Axis("j", 2)
i2, i3 = Axis("i'", 3), Axis("i''", 3)
EXP, SIGMOID = elementary(sp.exp), ACTIVATIONS["sigmoid"].function
TANH = ACTIVATIONS["tanh"].function

u, v, M = Tensor("u", (i,)), Tensor("v", (j,)), Tensor("M", (i, j))
z, y = Tensor("z", (s, i)), Tensor("y", (s, i))
a, h, p, q = Tensor("a", (s, i)), Tensor("h", (i,)), Tensor("p", (s, i)), Tensor("q", (j,))


def softmax(k: Axis) -> tuple[Expr, Expr]:
    return Apply(EXP, (z(s, k),)), Pow(Sum(i2, Apply(EXP, (z(s, i2),))), sp.Integer(-1))


A, H = Equation(a, Apply(SIGMOID, (z(),))), Equation(h, Apply(TANH, (u(),)))
P, Q = Equation(p, mul(*softmax(i))), Equation(q, mul(const(3), Apply(EXP, (v(),))))

RNG = np.random.default_rng(2)
GIVEN = {
    u: RNG.uniform(0.5, 2, 3),
    v: RNG.uniform(0.5, 2, 2),
    M: RNG.uniform(0.5, 2, (3, 2)),
    z: RNG.normal(size=(4, 3)),
}
TARGETS = RNG.uniform(0.1, 1, (4, 3))
VALUES = run([A, H, P, Q], {**GIVEN, y: TARGETS / TARGETS.sum(axis=1, keepdims=True)})

RULES: dict[str, Rule] = {
    "collect_numbers": collect_numbers,
    "constant_out_of_sum": constant_out_of_sum,
    "add_exponents": add_exponents,
    "nested_power": nested_power,
    "positive_first": positive_first,
    "like_terms": like_terms,
    "common_factor": common_factor,
    "cancel": cancel,
    "by_name": by_name([A, H]),
    "normalised_by_name": normalised_by_name(P),
    "unit_sum": unit_sum(y),
    "product_by_name": product_by_name(Q),
}

units = st.sampled_from((i, i2, i3, 1, 3))
numbers = st.sampled_from([2, -1, -3, sp.Rational(1, 2), sp.sqrt(2)]).map(const)
leaves = st.one_of(
    numbers,
    st.builds(lambda k: u(k), units),
    st.builds(lambda k: v(k), st.sampled_from((j, 2))),
    st.builds(lambda k, m: M(k, m), units, st.sampled_from((j, 1))),
    st.builds(lambda t, k: t(s, k), st.sampled_from((z, y, a, p)), units),
    st.sampled_from([Size(s), Pow(Size(s), sp.Integer(-1)), h(), q()]),
    st.builds(
        lambda f, primes, k: Apply(differentiate(f) if primes else f, (z(s, k) if f is SIGMOID else u(k),)),
        st.sampled_from((SIGMOID, TANH)),
        st.booleans(),
        st.sampled_from((i, i2)),
    ),
    st.sampled_from((i, i3)).map(lambda k: mul(*softmax(k))),
    st.sampled_from([Q.right, Sum(i, y()), Sum(i2, y(s, i2))]),
)


def grown(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    parts = st.lists(part, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        parts.map(lambda e: add(*e)),
        parts.map(lambda e: mul(*e)),
        st.tuples(part, parts).map(lambda e: add(*(mul(e[0], t) for t in e[1]))),
        st.tuples(part, part).map(lambda e: mul(e[0], e[1], e[0])),
        st.tuples(numbers, part, part).map(lambda e: mul(e[0], add(mul(const(-1), e[1]), e[2]))),
        st.builds(Sum, st.sampled_from((i, j, i2, s)), part),
        st.builds(power, part, st.sampled_from([sp.Integer(2), sp.Integer(-1), sp.Integer(-2), sp.Rational(1, 2)])),
    )


expressions = st.recursive(leaves, grown, max_leaves=6)


@pytest.mark.parametrize("rule", RULES)
@given(expr=expressions)
@settings(max_examples=120, deadline=None)
def test_a_simplification_keeps_the_value(rule: str, expr: Expr) -> None:
    before = evaluate(expr, VALUES, expr.axes)
    assume(np.all(np.isfinite(before)) and np.all(np.abs(before) < 1e6))
    simplified = transform(expr, RULES[rule])
    assert set(simplified.axes) <= set(expr.axes)
    np.testing.assert_allclose(evaluate(simplified, VALUES, expr.axes), before, rtol=1e-8, atol=1e-8)


@given(expressions)
@settings(max_examples=200, deadline=None)
def test_tidying_keeps_the_value_and_tidying_again_changes_nothing(expr: Expr) -> None:
    before = evaluate(expr, VALUES, expr.axes)
    assume(np.all(np.isfinite(before)) and np.all(np.abs(before) < 1e6))
    out = tidy(expr)
    np.testing.assert_allclose(evaluate(out, VALUES, expr.axes), before, rtol=1e-8, atol=1e-8)
    assert tidy(out) == out


@given(expressions)
@settings(max_examples=100, deadline=None)
def test_every_step_of_tidying_names_one_rule_and_changes_something(expr: Expr) -> None:
    steps = until_stable(expr, TIDY)
    known = {name for name, _ in TIDY}
    for before, step in zip([expr, *(done.expr for done in steps)], steps, strict=False):
        assert len(step.rules) == 1
        assert step.rules[0] in known
        assert step.expr != before


EXAMPLES = {
    "collect_numbers": (mul(u(), const(2), const(3)), mul(const(6), u())),
    "constant_out_of_sum": (Sum(i, mul(v(), u())), mul(v(), Sum(i, u()))),
    "add_exponents": (mul(u(), v(), u()), mul(power(u(), sp.Integer(2)), v())),
    "nested_power": (Pow(Pow(u(), sp.Integer(2)), sp.Integer(3)), Pow(u(), sp.Integer(6))),
    "positive_first": (mul(const(-2), add(mul(const(-1), u()), v())), mul(const(2), add(u(), mul(const(-1), v())))),
    "like_terms": (add(mul(const(2), u()), v(), u()), add(mul(const(3), u()), v())),
    "common_factor": (add(mul(u(), v()), mul(u(), q())), mul(u(), add(v(), q()))),
    "by_name": (Apply(differentiate(SIGMOID), (z(),)), mul(a(), add(ONE, mul(const(-1), a())))),
    "normalised_by_name": (mul(*softmax(i3)), p(s, i3)),
    "unit_sum": (Sum(i2, y(s, i2)), ONE),
    "product_by_name": (mul(v(), const(3), Apply(EXP, (v(),))), mul(q(), v())),
}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_simplification_does_what_its_name_says(rule: str) -> None:
    before, after = EXAMPLES[rule]
    assert transform(before, RULES[rule]) == after


def test_cancel_brings_cross_entropy_to_a_difference() -> None:
    one_minus_a, one_minus_y = add(ONE, mul(const(-1), a())), add(ONE, mul(const(-1), y()))
    minus_one = sp.Integer(-1)
    slope = add(mul(const(-1), y(), Pow(a(), minus_one)), mul(one_minus_y, Pow(one_minus_a, minus_one)))
    expr = mul(slope, a(), one_minus_a)
    assert transform(expr, cancel) == add(a(), mul(const(-1), y()))


def test_a_sum_of_a_constant_is_the_length_of_the_axis_times_it() -> None:
    assert transform(Sum(s, const(2)), constant_out_of_sum) == mul(const(2), Size(s))


def test_the_sum_of_targets_over_the_samples_is_not_one() -> None:
    expr = Sum(s, y(s, i))
    assert transform(expr, unit_sum(y)) == expr


def test_a_number_in_front_keeps_the_sign_that_makes_the_sum_shorter_to_read() -> None:
    expr = mul(const(-1), add(u(), mul(const(-1), v())))
    assert transform(expr, positive_first) == add(v(), mul(const(-1), u()))


def test_softmax_of_another_layer_is_not_taken_for_this_one() -> None:
    other = Apply(EXP, (u(),))
    expr = mul(other, Pow(Sum(i2, Apply(EXP, (u(i2),))), sp.Integer(-1)))
    assert transform(expr, normalised_by_name(P)) == expr


def test_pending_sees_a_derivative_anywhere_below() -> None:
    assert pending(mul(v(), Sum(i, Deriv(M(), Ref(u, (i,))))))
    assert not pending(mul(v(), Sum(i, M())))
