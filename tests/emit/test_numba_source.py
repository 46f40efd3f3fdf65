"""The text: what a reader of the generated module sees."""

from __future__ import annotations

import ast

import pytest
import sympy as sp

from symnet.emit.formula import formula, raised, strength
from symnet.emit.kernels import compile_network
from symnet.network import Dense, Input, Network

x, y = sp.symbols("x y", real=True)
NAMES = {x: "x", y: "y"}


def test_the_gradient_of_the_lecture_neuron() -> None:
    source = compile_network(Network(Input(2), Dense(1, "linear"))).source
    function = source[source.index("def gradient") :]
    assert function == (
        "def gradient(x, y, w, b, dw, z1, dz1):\n"
        '    """The cost and its gradient of 2 → 1 linear, cost sum_of_squares.\n'
        "\n"
        "    reads: x[n, 2], y[n], w[2], b\n"
        "    fills: dw[2] = dC/dw\n"
        "    works in: z1[n], dz1[n] = dC/dz1\n"
        "    returns: C, db = dC/db\n"
        '    """\n'
        "    n = x.shape[0]\n"
        "\n"
        "    # z1[s] = Σ_u0 w[u0]·x[s,u0] + b\n"
        "    for s in range(n):\n"
        "        total = b\n"
        "        for u0 in range(2):\n"
        "            total += w[u0] * x[s, u0]\n"
        "        z1[s] = total\n"
        "\n"
        "    # C = Σ_s (z1[s] − y[s])^2\n"
        "    C = 0.0\n"
        "    for s in range(n):\n"
        "        C += (z1[s] - y[s]) ** 2\n"
        "\n"
        "    # dC/dz1[s] = 2·(z1[s] − y[s])\n"
        "    for s in range(n):\n"
        "        dz1[s] = 2.0 * (z1[s] - y[s])\n"
        "\n"
        "    # dC/dw[u0] = Σ_s x[s,u0]·dC/dz1[s]\n"
        "    for u0 in range(2):\n"
        "        dw[u0] = 0.0\n"
        "    for s in range(n):\n"
        "        dz1_ = dz1[s]\n"
        "        for u0 in range(2):\n"
        "            dw[u0] += dz1_ * x[s, u0]\n"
        "\n"
        "    # dC/db = Σ_s dC/dz1[s]\n"
        "    db = 0.0\n"
        "    for s in range(n):\n"
        "        db += dz1[s]\n"
        "    return C, db\n"
    )


def test_the_module_is_python_and_imports_only_what_it_uses() -> None:
    source = compile_network(Network(Input(2), Dense(3, "relu"), Dense(2, "linear"), cost="mse")).source
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["from numba import njit"]


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (sp.Rational(1, 3), "1.0 / 3.0"),
        (sp.Rational(-1, 2), "-0.5"),
        (sp.Rational(1, 2) * sp.sqrt(2), "0.5 * math.sqrt(2.0)"),
        (sp.Float("0.1"), "0.1"),
        (x**2 / y, "x ** 2 / y"),
        (1 / (x * y), "1.0 / x / y"),
        (x / 3, "1.0 / 3.0 * x"),
        (-(x + 1) ** 3, "-(x + 1.0) ** 3"),
        (x - 2 * y, "x - 2.0 * y"),
        (x ** sp.Rational(-1, 2), "1.0 / math.sqrt(x)"),
        (x ** sp.Rational(1, 3), "x ** 0.3333333333333333"),
        (sp.exp(-(x**2)), "exp(-x ** 2)"),
        (sp.Piecewise((x, x > 0), (-x, sp.And(x < -1, y > 0)), (0, True)),
         "(x if x > 0.0 else -x if ((y > 0.0) and (x < -1.0)) else 0.0)"),
        (sp.Max(x, y), "np.maximum(x, y)"),
        (sp.oo, "math.inf"),
    ],
)  # fmt: skip
def test_formulas(expr: sp.Expr, text: str) -> None:
    assert formula(expr, NAMES) == text


def test_signs_and_powers_bind_as_python_binds_them() -> None:
    for expr in (-(x**2), (-x) ** 2, (x * y) ** 2, (1 / x) ** 3, (x - y) * (y - x), 2 ** (-x), x**y, -(x - y) / 3):
        value = eval(formula(expr, NAMES), {"x": 1.7, "y": 0.6, "math": __import__("math")})
        assert value == pytest.approx(float(expr.subs({x: 1.7, y: 0.6})), rel=1e-14)


def test_a_power_of_a_sum_keeps_its_parentheses() -> None:
    assert raised("x + 1.0", strength(x + 1), sp.Integer(2)) == "(x + 1.0) ** 2"
