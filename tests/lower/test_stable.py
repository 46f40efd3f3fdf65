"""Stable forms: every rule is an identity, and every rewriting keeps the value and loses what overflows."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Equation, Largest, Sum, Tensor, walk
from symnet.algebra.functions import defined, expm1, log1p, minus, normal_cdf, sigmoid, softplus
from symnet.algebra.interpret import run
from symnet.algebra.scalars import differentiate
from symnet.costs import COSTS
from symnet.derive.reverse import adjoint_of, reverse
from symnet.lower.normal import needed
from symnet.lower.plain import equation_text
from symnet.lower.scalar_rules import FAR, NEAR, RULES, Rule, stable_scalar
from symnet.lower.stable import flat, stable
from symnet.network import COST, Dense, Input, Network
from tests.proof.cases import draw

u, v, y, alpha = sp.symbols("u v y alpha", real=True)
LOGISTIC = 1 / (1 + sp.exp(-u))

EXAMPLES: dict[str, tuple[tuple[sp.Expr, sp.Expr], ...]] = {
    "1/(1 + e^−u) = σ(u)": (
        (LOGISTIC, sigmoid(u)),
        (sp.exp(u) / (1 + sp.exp(u)), sigmoid(u)),
        (u * sp.exp(-2 * u) / (1 + sp.exp(-u)) ** 3, u * sigmoid(u) * sigmoid(-u) ** 2),
        (sp.exp(-y * u) * sigmoid(y * u), sigmoid(-y * u)),
    ),
    "sinh u/cosh u = tanh u": (
        (sp.sinh(u - v) * y / sp.cosh(u - v), y * sp.tanh(u - v)),
        ((sp.exp(u) - sp.exp(-u)) / (sp.exp(u) + sp.exp(-u)), sp.tanh(u)),
    ),
    "ln(1 + e^u) = max(u, 0) + ln(1 + e^−|u|)": (
        (sp.log(1 + sp.exp(-y * u)), softplus(-y * u)),
        (sp.log(sp.exp(u) + sp.exp(v)), v + softplus(u - v)),
    ),
    "ln σ(u) = −ln(1 + e^−u)": ((sp.log(sigmoid(u)), -softplus(-u)), (sp.log(1 - LOGISTIC), -softplus(u))),
    "σ(u)^p from u, as e^(pu) below −36": (
        (1 / sigmoid(u), sp.exp(-sp.Min(u - FAR, 0)) / sigmoid(sp.Max(u, FAR))),
        (sp.sqrt(sigmoid(u)), sp.exp(-softplus(-u) / 2)),
        (1 / sp.sqrt(sigmoid(u)), sp.exp(softplus(-u) / 2)),
    ),
    "ln(softplus u) = u below −36": ((sp.log(softplus(u)), sp.log(softplus(sp.Max(u, FAR))) + sp.Min(u - FAR, 0)),),
    "softplus(u)^p = e^(pu) below −36": (
        (1 / softplus(u), sp.exp(-sp.Min(u - FAR, 0)) / softplus(sp.Max(u, FAR))),
        (sp.sqrt(softplus(u)), sp.sqrt(softplus(sp.Max(u, FAR))) * sp.exp(sp.Min(u - FAR, 0) / 2)),
    ),
    "σ(u)/softplus(u) = 1 below −36": (
        (y * sigmoid(u) / softplus(u), y * sigmoid(sp.Max(u, FAR)) / softplus(sp.Max(u, FAR))),
    ),
    "ln cosh u from e^|u| − 1, |u| ≤ 20": (
        (
            sp.log(sp.cosh(u)),
            log1p(expm1(sp.Min(NEAR, sp.Abs(u))) ** 2 / (2 + 2 * expm1(sp.Min(NEAR, sp.Abs(u)))))
            + minus(sp.Abs(u), sp.Min(NEAR, sp.Abs(u))),
        ),
    ),
    "y ln σ(u) + (1 − y) ln(1 − σ(u)) from the logit u": (
        (
            y * sp.log(LOGISTIC) + (1 - y) * sp.log(1 - LOGISTIC),
            u * sp.Piecewise((y - 1, u > 0), (y, True)) - softplus(-sp.Abs(u)),
        ),
        (
            v + 3 * y * softplus(-u) + (5 - 3 * y) * softplus(u),
            v + 5 * softplus(-sp.Abs(u)) + u * sp.Piecewise((5 - 3 * y, u > 0), (-3 * y, True)),
        ),
    ),
    "1 ± f(u) without cancellation": (
        (u * (1 + sp.erf(u / sp.sqrt(2))) / 2, u * normal_cdf(u)),
        (y - y * sp.erf(u), 2 * y * normal_cdf(-sp.sqrt(2) * u)),
        (1 + sp.tanh(u), 2 * sigmoid(2 * u)),
        (1 - sp.tanh(u) ** 2, 4 * sigmoid(2 * u) * sigmoid(-2 * u)),
        (1 - sigmoid(u), sigmoid(-u)),
    ),
    "e^u − 1 = expm1(u)": (
        (alpha * (sp.exp(u) - 1), alpha * expm1(u)),
        (sp.expand(alpha * (sp.exp(u) - 1)), alpha * expm1(u)),
    ),
    "ln(1 + u) = log1p(u)": ((sp.log(1 + u**2), log1p(u**2)), (sp.log(1 - sp.sin(u)), log1p(-sp.sin(u)))),
}
APPROXIMATE = ("below −36", "|u| ≤ 20")
"""Rules that hold up to what e^−36 and e^−40 are beside 1."""


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.apply.__name__}-{r.node.__name__}")
def test_every_rule_has_an_example_that_it_rewrites(rule: Rule) -> None:
    assert any(rule.name in stable_scalar(given)[1] for given, _ in EXAMPLES[rule.name])


@pytest.mark.parametrize(
    ("name", "given", "expected"), [(n, a, b) for n, pairs in EXAMPLES.items() for a, b in pairs], ids=str
)
def test_a_rule_says_what_its_name_says(name: str, given: sp.Expr, expected: sp.Expr) -> None:
    found, names = stable_scalar(given)
    assert found == expected
    assert name in names
    assert stable_scalar(found) == (found, ())


def value(expr: sp.Expr, at: dict[sp.Symbol, float]) -> Any:
    symbols = tuple(at)
    return sp.lambdify(symbols, defined(expr), "mpmath")(*(mp.mpf(at[s]) for s in symbols))


@pytest.mark.parametrize(("name", "given"), [(n, a) for n, pairs in EXAMPLES.items() for a, _ in pairs], ids=str)
def test_a_rule_keeps_the_value_to_60_digits_at_random_points(name: str, given: sp.Expr) -> None:
    found, _ = stable_scalar(given)
    rng = np.random.default_rng(len(str(given)))
    near = sp.Float("1e-15") if any(mark in name for mark in APPROXIMATE) else sp.Float("1e-60")
    with mp.workdps(400):
        for size in (0.5, 5.0, 60.0):
            for _ in range(12):
                at = {s: float(rng.normal() * size) for s in (u, v, y, alpha)}
                if not given.has(sp.erf) or abs(at[u]) < 30:
                    a, b = value(given, at), value(found, at)
                    assert abs(a - b) <= mp.mpf(str(near)) * abs(a), at


@pytest.mark.parametrize("primes", [0, 1])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_derivative_keep_their_values(name: str, primes: int) -> None:
    function = ACTIVATIONS[name].function
    for _ in range(primes):
        function = differentiate(function)
    found, _ = stable_scalar(function.expr.doit())
    symbols = dict.fromkeys(function.parameters, 0.25)
    with mp.workdps(400):
        for x in np.linspace(-9.3, 9.1, 23):
            at = {**symbols, function.parameters[0]: float(x)}
            a, b = value(function.expr.doit(), at), value(found, at)
            assert abs(a - b) <= mp.mpf(10) ** -60 * abs(a)


@pytest.mark.parametrize(
    ("expr", "lost"),
    [
        (sp.log(LOGISTIC), sp.log),
        (LOGISTIC, sp.exp),
        (sp.exp(u) / (1 + sp.exp(u)), sp.exp),
        (sp.log(1 + sp.exp(u)), sp.exp),
        (sp.log(sp.cosh(u)), sp.cosh),
        (sp.diff(u / (1 + sp.exp(-u))), sp.exp),
        (sp.diff(u * (1 + sp.tanh(u)) / 2), sp.tanh),
    ],
)
def test_what_overflows_or_cancels_is_gone(expr: sp.Expr, lost: Any) -> None:
    assert not stable_scalar(expr)[0].has(lost)


def test_what_no_rule_fits_is_left_alone() -> None:
    for expr in (u, sp.exp(-(u**2)), sp.sqrt(u), sp.tanh(u), u**2 - y, sp.Piecewise((u, u > 0), (0, True))):
        assert stable_scalar(expr) == (expr, ())


# -- equations ---------------------------------------------------------------------------------------------------------


def derived(net: Network) -> tuple[Equation, ...]:
    outputs = [COST, net.prediction, *(adjoint_of(p) for p in net.parameters)]
    return needed([*net.equations, *(a.equation for a in reverse(net.equations, net.y))], outputs)


def lines(net: Network) -> dict[str, list[str]]:
    outputs = [COST, *(adjoint_of(p) for p in net.parameters)]
    groups = stable(needed(derived(net), outputs))
    kept = {e.target for e in needed(flat(groups), outputs)}
    return {g.of.target.name: [equation_text(e) for e in g.equations if e.target in kept] for g in groups}


@pytest.mark.parametrize("number", range(0, 510, 3))
def test_stable_equations_have_the_values_of_the_derived_ones(number: int) -> None:
    case = draw(number)
    equations = derived(case.net)
    expected, found = run(equations, case.environment), run(flat(stable(equations)), case.environment)
    for equation in equations:
        a, b = expected[equation.target], found[equation.target]
        assert np.max(np.abs(a - b)) <= 1e-12 * max(np.max(np.abs(a)), 1e-12), equation_text(equation)


@pytest.mark.parametrize("cost", ["cross_entropy", "itakura_saito", "hellinger", "generalized_kullback_leibler"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_nothing_divides_by_an_output_or_takes_its_logarithm(cost: str, output: str) -> None:
    units = 3 if output == "softmax" else 1
    net = Network(Input(2), Dense(units, output), cost=cost)
    for group in stable(derived(net)):
        if group.of.target == COST or group.of.target.role == "adjoint":
            for equation in group.equations:
                text = equation_text(equation)
                assert "/a1" not in text and "log(a1" not in text and "√a1" not in text and "- 1)" not in text, text


def test_binary_cross_entropy_is_computed_from_the_logit_and_its_gradient_is_the_derived_one() -> None:
    found = lines(Network(Input(2), Dense(1, "sigmoid"), cost="cross_entropy"))
    assert found["C"] == ["C = −(Σ_s ((y[s] - 1 if z1[s] > 0 else y[s])·z1[s] − softplus(−Abs(z1[s]))))/n"]
    assert found["dC/dz1"] == ["dC/dz1[s] = (a1[s] − y[s])/n"]


def test_categorical_cross_entropy_is_computed_from_the_distance_to_the_largest_logit() -> None:
    found = lines(Network(Input(2), Dense(3, "softmax"), cost="categorical_cross_entropy"))
    assert found["a1"][:4] == [
        "m1[s] = max_u1' z1[s,u1']",
        "d1[s,u1] = z1[s,u1] − m1[s]",
        "e1[s,u1] = exp(d1[s,u1])",
        "t1[s] = Σ_u1' e1[s,u1']",
    ]
    assert found["C"] == ["C = −(Σ_s Σ_u1 y[s,u1]·(d1[s,u1] − lnt1[s]))/n"]
    assert found["dC/dz1"] == ["dC/dz1[s,u1] = (a1[s,u1] − y[s,u1])/n"]


def test_of_a_softmax_only_what_is_used_is_computed() -> None:
    net = Network(Input(2), Dense(3, "softmax"), cost="mse")
    assert [line.split("[")[0] for line in lines(net)["a1"]] == ["m1", "d1", "e1", "t1", "a1"]


def test_equations_without_need_are_the_same_objects_in_value() -> None:
    equations = derived(Network(Input(2), Dense(3, "relu"), Dense(1), cost="mse"))
    assert flat(stable(equations)) == equations
    assert all(not group.rules for group in stable(equations))


def test_a_user_s_own_expressions_are_made_stable_too() -> None:
    from symnet import activations, costs

    yhat, target, x = sp.symbols("yhat y x", real=True)
    logistic_loss = costs.custom(sp.log(1 + sp.exp(-target * yhat)))
    mish = activations.custom(x * sp.tanh(sp.log(1 + sp.exp(x))), "mish")
    found = lines(Network(Input(1), Dense(1, mish), Dense(1), cost=logistic_loss))
    assert found["C"] == ["C = Σ_s softplus(−y[s]·z2[s])"]
    assert found["dC/dz2"] == ["dC/dz2[s] = −y[s]·sigmoid(−y[s]·z2[s])"]


def test_every_cost_has_a_name_to_be_looked_at_by() -> None:
    assert set(COSTS) >= {"cross_entropy", "itakura_saito", "hellinger", "generalized_kullback_leibler"}


def test_the_largest_value_leaves_out_what_it_is_told_to() -> None:
    net = Network(Input(2), Dense(3, "softmax"), cost="cross_entropy")
    z = net.pre_activation(1)
    s, unit = z.axes
    other = type(unit)("u1'", 3)
    values = {z: np.array([[1.0, 5.0, 2.0]])}
    whole = run([Equation(Tensor("m", (s,)), Largest(other, z(s, other)))], values)
    apart = run([Equation(Tensor("m", (s, unit)), Largest(other, z(s, other), unit))], {**values, net.y: values[z]})
    assert whole[Tensor("m", (s,))].tolist() == [5.0]
    assert apart[Tensor("m", (s, unit))].tolist() == [[5.0, 2.0, 5.0]]
    assert not any(isinstance(node, Sum) for node in walk(Largest(other, z(s, other))))
