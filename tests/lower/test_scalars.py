"""Scalar functions as code: shared values, comparisons that pass NaN on, and names that are free."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import ScalarFunction
from symnet.algebra.interpret import numeric
from symnet.algebra.scalars import differentiate
from symnet.costs import COSTS
from symnet.emit.formula import formula
from symnet.emit.precision import DOUBLE
from symnet.lower.names import MATHEMATICS, Names
from symnet.lower.scalars import computable
from tests.benchmarks.mathematics import compiled

x = sp.Symbol("x", real=True)


def value(function: ScalarFunction, *arguments: float) -> Any:
    """The function by the text that is compiled."""
    shared, rest = computable(function)
    names: dict[sp.Symbol, str] = {p: f"v{k}" for k, p in enumerate(function.parameters)}
    called = {name: getattr(compiled(DOUBLE), name) for name in MATHEMATICS - {"f32", "inlined"}}
    scope = {"math": math, "np": np, **called, **{f"v{k}": a for k, a in enumerate(arguments)}}
    for k, (symbol, part) in enumerate(shared):
        scope[f"t{k}"] = eval(formula(part, names), scope)
        names[symbol] = f"t{k}"
    return eval(formula(rest, names), scope)


@pytest.mark.parametrize("primes", [0, 1, 2])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_text_of_an_activation_and_its_derivatives_has_its_value(name: str, primes: int) -> None:
    function = ACTIVATIONS[name].function
    for _ in range(primes):
        function = differentiate(function)
    others = [0.3] * (len(function.parameters) - 1)
    for point in (-3.1, -0.4, 0.0, 0.7, 2.9):
        assert value(function, point, *others) == pytest.approx(float(numeric(function)(point, *others)), rel=1e-13)


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("name", COSTS)
def test_text_of_a_cost_and_its_slopes_has_its_value(name: str, position: int) -> None:
    symbols = tuple(sorted(COSTS[name].element.free_symbols, key=str))
    function = ScalarFunction(name, symbols, COSTS[name].element)
    for f in (function, differentiate(function, position)):
        arguments = [0.3 + 0.2 * k for k in range(len(symbols))]
        assert value(f, *arguments) == pytest.approx(float(numeric(f)(*arguments)), rel=1e-13)


@pytest.mark.parametrize("expr", [sp.Max(0, x), sp.Min(6, x), sp.Abs(x), sp.sign(x), sp.Max(0, x) ** 2 + x])
def test_nan_stays_nan(expr: sp.Expr) -> None:
    assert math.isnan(value(ScalarFunction("f", (x,), expr), math.nan))


def test_an_expensive_part_is_computed_once() -> None:
    shared, _ = computable(ScalarFunction("f", (x,), sp.exp(x) / (1 + sp.exp(x))))
    assert [part for _, part in shared] == [sp.exp(x)]


def test_a_cheap_part_is_not_given_a_variable() -> None:
    shared, _ = computable(ScalarFunction("f", (x,), (x + 1) * sp.sqrt(x + 1)))
    assert shared == ()


def test_names_are_identifiers_of_their_own() -> None:
    names = Names(["gradient"])
    hints = ["lambda", "W", "W", "dC/dW1", "math", "gradient", "u2'", "2x"]
    given = [names.of(k, hint) for k, hint in enumerate(hints)]
    assert given == ["lambda_", "W", "W_", "dW1", "math_", "gradient_", "u2_", "v_2x"]
    assert names.of(1, "anything") == "W"
