"""Dropping what is not needed, and giving every nested sum an equation of its own."""

from __future__ import annotations

from itertools import count

import sympy as sp

from symnet.algebra.expressions import MINUS_ONE, Apply, Axis, Equation, Pow, Sum, Tensor, add, const, mul, total, walk
from symnet.algebra.scalars import elementary
from symnet.derive.reverse import adjoint_of, reverse
from symnet.lower.normal import calls_apart, needed, normal_form
from symnet.lower.plain import equation_text
from symnet.network import Dense, Input, Network

S, K, J = Axis("s", "n"), Axis("i", 3), Axis("j", 2)
W, X, B = Tensor("W", (K, J)), Tensor("x", (S, K)), Tensor("b", (J,))
Z, P = Tensor("z", (S, J)), Tensor("p", (S,))


def in_normal_form(equation: Equation) -> list[str]:
    return [equation_text(e) for e in normal_form(equation, count(1))]


def test_an_adjoint_that_was_fused_away_is_not_computed() -> None:
    net = Network(Input(2), Dense(2, "softmax"), cost="categorical_cross_entropy")
    equations = [*net.equations, *(a.equation for a in reverse(net.equations, net.y))]
    kept = {e.target for e in needed(equations, [adjoint_of(p) for p in net.parameters])}
    assert adjoint_of(net.pre_activation(1)) in kept
    assert adjoint_of(net.prediction) not in kept
    assert net.equations[-1].target not in kept


def test_a_weighted_sum_is_in_normal_form_already() -> None:
    equation = Equation(Z, add(Sum(K, mul(W(), X())), B()))
    assert normal_form(equation, count(1)) == (equation,)


def test_a_factor_in_front_of_a_sum_is_applied_once() -> None:
    assert in_normal_form(Equation(P, mul(const(2), Sum(J, Z())))) == ["sum1[s] = Σ_j z[s,j]", "p[s] = 2·sum1[s]"]


def test_a_sum_inside_a_sum_is_taken_outside_its_loops() -> None:
    normaliser = Pow(Sum(J, Z()), MINUS_ONE.value)
    assert in_normal_form(Equation(Tensor("C", ()), total((S, J), mul(Z(), normaliser)))) == [
        "sum1[s] = Σ_j z[s,j]",
        "C = Σ_s Σ_j z[s,j]/sum1[s]",
    ]


def test_a_sum_that_occurs_twice_is_taken_once() -> None:
    inner = Sum(J, Z())
    assert in_normal_form(Equation(P, mul(inner, inner))) == ["sum1[s] = Σ_j z[s,j]", "p[s] = sum1[s]·sum1[s]"]


def test_a_sum_without_the_axes_of_the_target_is_not_taken_in_their_loops() -> None:
    result = in_normal_form(Equation(Z, add(Sum(K, X()), B())))
    assert result == ["sum1[s] = Σ_i x[s,i]", "z[s,j] = sum1[s] + b[j]"]


def test_what_is_summed_is_computed_before_where_it_calls_functions() -> None:
    exp = Apply(elementary(sp.exp), (Z(),))
    equation = Equation(Tensor("C", ()), add(total((S, J), mul(exp, P())), Sum(S, P())))
    assert [equation_text(e) for e in calls_apart(equation, count(1))] == [
        "term1[s,j] = exp(z[s,j])·p[s]",
        "C = Σ_s Σ_j term1[s,j] + Σ_s p[s]",
    ]


def test_nothing_larger_than_what_is_there_is_made_for_it() -> None:
    outer = mul(Apply(elementary(sp.exp), (P(),)), B())
    equation = Equation(Tensor("C", ()), total((S, J), outer))
    assert calls_apart(equation, count(1)) == (equation,)


def test_no_equation_has_a_sum_below_a_sum_that_it_could_leave() -> None:
    net = Network(Input(3), Dense(3, "softmax"), Dense(3, "softmax"), cost="hellinger")
    equations = [*net.equations, *(a.equation for a in reverse(net.equations, net.y))]
    for equation in equations:
        for part in normal_form(equation, count(1)):
            for node in walk(part.right):
                if isinstance(node, Sum):
                    below = [n for n in walk(node.body) if isinstance(n, Sum)]
                    assert not below or below == [node.body]
