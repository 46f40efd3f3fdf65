"""The order of loops, where a sum is kept, and what is moved out of the innermost loop."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import Apply, Axis, Equation, Expr, Pow, Size, Sum, Tensor, add, mul
from symnet.algebra.scalars import elementary
from symnet.emit.numba_source import statement_lines
from symnet.lower.loops import loops, order
from symnet.lower.scalars import Quantities

S, K, J = Axis("s", "n"), Axis("i", 3), Axis("j", 2)
W, X, B = Tensor("W", (K, J)), Tensor("x", (S, K)), Tensor("b", (J,))
Z, D, P = Tensor("z", (S, J)), Tensor("d", (S, J)), Tensor("p", (S,))


def lines(target: Tensor, right: Expr) -> list[str]:
    quantities = Quantities()
    for thing in (W, X, B, Z, D, P):
        quantities.tensor(thing)
    return [line for s in loops(Equation(target, right), quantities) for line in statement_lines(s)]


def test_loops_walk_every_array_row_by_row() -> None:
    assert order((K, J, S), (W(), X(), Z())) == (S, K, J)


def test_of_two_uses_that_contradict_each_other_the_first_counts() -> None:
    turned = Tensor("V", (J, K))
    assert order((K, J), (W(), turned())) == (K, J)
    assert order((K, J), (turned(), W())) == (J, K)


def test_a_matrix_product_adds_rows_of_weights() -> None:
    assert lines(Z, add(Sum(K, mul(W(), X())), B())) == [
        "for s in range(n):",
        "    for j in range(2):",
        "        z[s, j] = b[j]",
        "    for i in range(3):",
        "        x_ = x[s, i]",
        "        for j in range(2):",
        "            z[s, j] += x_ * W[i, j]",
    ]


def test_a_sum_over_the_last_axis_is_kept_in_a_variable() -> None:
    assert lines(X, Sum(J, mul(D(), W()))) == [
        "for s in range(n):",
        "    for i in range(3):",
        "        total = 0.0",
        "        for j in range(2):",
        "            total += d[s, j] * W[i, j]",
        "        x[s, i] = total",
    ]


def test_a_gradient_goes_through_the_samples_once() -> None:
    assert lines(W, Sum(S, mul(X(), D()))) == [
        "for i in range(3):",
        "    for j in range(2):",
        "        W[i, j] = 0.0",
        "for s in range(n):",
        "    for i in range(3):",
        "        x_ = x[s, i]",
        "        for j in range(2):",
        "            W[i, j] += x_ * d[s, j]",
    ]


def test_a_second_sum_is_added() -> None:
    other = Tensor("q", ())
    assert lines(other, add(Sum(S, P()), Sum(J, B()))) == [
        "q = 0.0",
        "for s in range(n):",
        "    q += p[s]",
        "for j in range(2):",
        "    q += b[j]",
    ]


def test_factors_that_do_not_change_are_computed_before_the_innermost_loop() -> None:
    exp = Apply(elementary(sp.exp), (Z(),))
    assert lines(D, mul(Pow(Size(S), sp.S.NegativeOne), P(), exp)) == [
        "for s in range(n):",
        "    factor = p[s] / n",
        "    for j in range(2):",
        "        d[s, j] = factor * exp(z[s, j])",
    ]
