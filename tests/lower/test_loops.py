"""The order of loops, where a sum is kept, and what is moved out of the innermost loop."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import Apply, Axis, Equation, Expr, Largest, Pow, Same, Size, Sum, Tensor, add, mul
from symnet.algebra.scalars import elementary
from symnet.emit.numba_source import statement_lines
from symnet.emit.precision import DOUBLE, SINGLE, Precision
from symnet.lower.loops import loops, order
from symnet.lower.scalars import Quantities

S, K, J = Axis("s", "n"), Axis("i", 3), Axis("j", 2)
W, X, B = Tensor("W", (K, J)), Tensor("x", (S, K)), Tensor("b", (J,))
Z, D, P = Tensor("z", (S, J)), Tensor("d", (S, J)), Tensor("p", (S,))


def lines(target: Tensor, right: Expr, wide: Tensor | None = None, precision: Precision = DOUBLE) -> list[str]:
    quantities = Quantities()
    for thing in (W, X, B, Z, D, P):
        quantities.tensor(thing)
    statements = loops(Equation(target, right), quantities, wide)
    return [line for s in statements for line in statement_lines(s, 0, precision)]


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


def test_the_largest_value_is_kept_in_a_variable() -> None:
    assert lines(P, Largest(J, Z())) == [
        "for s in range(n):",
        "    largest = -math.inf",
        "    for j in range(2):",
        "        largest = max(largest, z[s, j])",
        "    p[s] = largest",
    ]


def test_an_element_that_is_left_out_is_skipped() -> None:
    other = Axis("j'", 2)
    assert lines(D, Largest(other, Z(S, other), J)) == [
        "for s in range(n):",
        "    for j in range(2):",
        "        largest = -math.inf",
        "        for j_ in range(2):",
        "            if j_ != j:",
        "                largest = max(largest, z[s, j_])",
        "        d[s, j] = largest",
    ]
    assert lines(D, Sum(other, mul(Same(other, J, negated=True), Z(S, other)))) == [
        "for s in range(n):",
        "    for j in range(2):",
        "        total = 0.0",
        "        for j_ in range(2):",
        "            if j_ != j:",
        "                total += z[s, j_]",
        "        d[s, j] = total",
    ]


def test_a_function_of_every_element_is_one_loop() -> None:
    exp = Apply(elementary(sp.exp), (Z(),))
    assert lines(D, mul(D(), exp)) == [
        "d_all = d.reshape(d.size)",
        "z_all = z.reshape(z.size)",
        "count = d_all.shape[0]",
        "for i in range(count):",
        "    d_all[i] = d_all[i] * exp(z_all[i])",
    ]


def test_in_single_precision_sums_over_samples_are_taken_in_blocks_and_added_in_double() -> None:
    wide = Tensor("wide", W.axes)
    assert lines(W, add(Sum(S, mul(X(), D())), mul(B(), B())), wide, SINGLE) == [
        "for i in range(3):",
        "    for j in range(2):",
        "        wide[i, j] = 0.0",
        "for begin in range(0, n, 256):",
        "    stop = min(begin + 256, n)",
        "    for i in range(3):",
        "        for j in range(2):",
        "            W[i, j] = f32(0.0)",
        "    for s in range(begin, stop):",
        "        for i in range(3):",
        "            x_ = x[s, i]",
        "            for j in range(2):",
        "                W[i, j] += x_ * d[s, j]",
        "    for i in range(3):",
        "        for j in range(2):",
        "            wide[i, j] += W[i, j]",
        "for i in range(3):",
        "    for j in range(2):",
        "        W[i, j] = b[j] * b[j] + f32(wide[i, j])",
    ]
