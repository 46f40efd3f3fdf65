"""Carrying out a derivative: each round of rules ends in what finite differences give."""

from __future__ import annotations

from itertools import product

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
    Expr,
    Ref,
    Sum,
    Tensor,
    add,
    const,
    mul,
    power,
    replace,
    walk,
)
from symnet.algebra.interpret import evaluate
from symnet.algebra.scalars import elementary
from symnet.algebra.simplify import pending
from symnet.derive.calculus import carry_out, relevant

s, i, j = Axis("s", "n"), Axis("i", 3), Axis("j", 2)
i2 = Axis("i'", 3)
u, M, z, c = Tensor("u", (i,)), Tensor("M", (i, j)), Tensor("z", (s, i)), Tensor("c", ())
RNG = np.random.default_rng(3)
VALUES = {
    u: RNG.uniform(0.5, 1.5, 3),
    M: RNG.uniform(0.5, 1.5, (3, 2)),
    z: RNG.uniform(0.5, 1.5, (2, 3)),
    c: np.asarray(0.8),
}
SMOOTH = [ACTIVATIONS[name].function for name in ("sigmoid", "tanh", "softplus", "gelu")]
SMOOTH += [elementary(f) for f in (sp.exp, sp.log, sp.tanh)]

leaves = st.sampled_from(
    [
        u(),
        u(i2),
        u(2),
        M(),
        M(i2, j),
        M(1, 2),
        z(),
        z(s, i2),
        z(1, 3),
        c(),
        const(2),
        const(-1),
        const(sp.Rational(1, 3)),
    ]
)
EXPONENTS = [sp.Integer(2), sp.Integer(-1), sp.Rational(1, 2), sp.Integer(3)]


def grown(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda p: add(*p)),
        parts.map(lambda p: mul(*p)),
        st.builds(power, part, st.sampled_from(EXPONENTS)),
        st.builds(lambda f, e: Apply(f, (e,)), st.sampled_from(SMOOTH), part),
        st.builds(Sum, st.sampled_from((s, i, j, i2)), part),
    )


def summed_once(expr: Expr) -> bool:
    """Whether no sum stands within a sum over the same index, as in every equation of a network."""
    return not any(
        isinstance(node, Sum) and any(isinstance(e, Sum) and e.axis == node.axis for e in walk(node.body))
        for node in walk(expr)
    )


expressions = st.recursive(leaves, grown, max_leaves=7).filter(summed_once)
variables = st.sampled_from([u(), u(2), M(), M(1, 2), z(), z(1, 3), c()])


def by_differences(expr: Expr, wrt: Ref, axes: tuple[Axis, ...], step: float) -> np.ndarray:
    """∂ expr/∂ wrt by central differences, over ``axes``; uses with other indices stay as they are."""
    own = tuple(a for a in wrt.index if isinstance(a, Axis))
    moved = Tensor("moved", own)
    body = replace(expr, {wrt: moved(*own)})
    at = evaluate(wrt, VALUES, own)
    out = np.zeros(tuple({"s": 2, "i": 3, "j": 2}[a.name[0]] for a in axes))
    for index in product(*(range(k) for k in at.shape)):
        values = []
        for sign in (1, -1):
            there = at.copy()
            there[index] += sign * step
            values.append(evaluate(body, {**VALUES, moved: there}, axes))
        here = tuple(index[own.index(a)] if a in own else slice(None) for a in axes)
        out[here] = (values[0][here] - values[1][here]) / (2 * step)
    return out


@given(expressions, variables)
@settings(max_examples=250, deadline=None)
def test_the_derivative_is_that_by_finite_differences(expr: Expr, wrt: Ref) -> None:
    axes = tuple(dict.fromkeys((*expr.axes, *wrt.axes)))
    value = evaluate(expr, VALUES, expr.axes)
    assume(np.all(np.isfinite(value)) and np.all(np.abs(value) < 1e3))
    last = carry_out(expr, wrt)[-1].expr
    assert not pending(last)
    derivative = evaluate(last, VALUES, axes)
    fine, coarse = by_differences(expr, wrt, axes, 1e-5), by_differences(expr, wrt, axes, 2e-5)
    assume(np.allclose(fine, coarse, rtol=1e-5, atol=1e-6))
    np.testing.assert_allclose(derivative, fine, rtol=1e-4, atol=1e-5)


@given(expressions, variables)
@settings(max_examples=100, deadline=None)
def test_every_step_says_by_which_rules_it_was_made(expr: Expr, wrt: Ref) -> None:
    first, *others = carry_out(expr, wrt)
    assert pending(first.expr)
    assert all(step.rules for step in others)
    assert [pending(step.expr) for step in others] == [True] * (len(others) - 1) + [False] * bool(others)


RULES = {
    "sum": (add(power(u(), sp.Integer(2)), u()), add(mul(const(2), u()), ONE)),
    "product": (mul(u(), Apply(SMOOTH[1], (u(),))), None),
    "constant_factor": (mul(const(3), power(u(), sp.Integer(2))), mul(const(3), const(2), u())),
    "power": (power(u(), sp.Integer(3)), mul(const(3), power(u(), sp.Integer(2)))),
    "activation": (Apply(SMOOTH[0], (u(),)), None),
    "function:exp": (Apply(elementary(sp.exp), (u(),)), Apply(elementary(sp.exp), (u(),))),
    "linearity": (Sum(j, mul(M(), Apply(elementary(sp.exp), (u(),)))), None),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_for_the_outermost_operation_is_named_first(rule: str) -> None:
    body, result = RULES[rule]
    steps = carry_out(body, u())
    assert rule in steps[1].rules
    assert result is None or steps[-1].expr == result


def test_of_a_sum_over_the_index_one_term_is_left() -> None:
    (first, *_, last) = carry_out(Sum(i, mul(u(), M())), u())
    assert first.rules == ("one_term",)
    assert last.expr == M()


def test_terms_that_do_not_depend_are_left_out() -> None:
    assert relevant(add(u(), M(), c()), u()) == u()


def test_a_power_is_differentiated_as_one_product() -> None:
    assert carry_out(power(u(), sp.Integer(2)), u())[-1].expr == mul(const(2), u())


def test_a_kink_is_a_condition() -> None:
    steps = carry_out(Apply(ACTIVATIONS["relu"].function, (u(),)), u())
    assert [c for step in steps for c in step.conditions] == ["kink:relu"]


def test_a_smooth_function_makes_no_condition() -> None:
    assert not any(step.conditions for step in carry_out(Apply(SMOOTH[0], (u(),)), u()))
