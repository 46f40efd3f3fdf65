"""Expressions with named axes: what they depend on, and renaming indices without capturing any."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.algebra.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Axis,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    bound,
    const,
    count,
    depends,
    fresh,
    inline,
    mul,
    power,
    refs,
    reindex,
    replace,
    total,
    transform,
    walk,
)
from symnet.algebra.interpret import evaluate

i, j, k = Axis("i", 3), Axis("j", 3), Axis("k", 3)
u, v = Tensor("u", (i,)), Tensor("v", (j,))
M, T = Tensor("M", (i, j)), Tensor("T", (i, j, k))
RNG = np.random.default_rng(0)
VALUES = {t: RNG.uniform(0.5, 2, size=(3,) * len(t.axes)) for t in (u, v, M, T)}
AXES = (i, j, k, Axis("i'", 3))

indices = st.sampled_from((*AXES, 1, 3))


def grown(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda p: add(*p)),
        parts.map(lambda p: mul(*p)),
        st.builds(Sum, st.sampled_from(AXES), part),
        part.map(lambda p: Pow(p, sp.Integer(2))),
    )


leaves = st.one_of(
    *(st.tuples(*[indices] * len(t.axes)).map(lambda index, t=t: Ref(t, index)) for t in VALUES),
    st.sampled_from([const(2), const(-1), Size(i)]),
)
expressions = st.recursive(leaves, grown, max_leaves=7)
mappings = st.dictionaries(st.sampled_from(AXES), indices, min_size=1, max_size=4)


def renamed(array: np.ndarray, axes: tuple[Axis, ...], mapping: Mapping[Axis, Index]) -> tuple[np.ndarray, list[Axis]]:
    """What renaming must do to the values: fixed indices are taken out, indices that become equal run together."""
    new = [mapping.get(a, a) for a in axes]
    array = array[tuple(n - 1 if isinstance(n, int) else slice(None) for n in new)]
    running = [n for n in new if isinstance(n, Axis)]
    kept = list(dict.fromkeys(running))
    letters = {a: "abcdefgh"[position] for position, a in enumerate(kept)}
    return np.einsum(f"{''.join(letters[a] for a in running)}->{''.join(letters[a] for a in kept)}", array), kept


@given(expressions, mappings)
@settings(max_examples=300, deadline=None)
def test_renaming_indices_renames_the_values_and_captures_nothing(expr: Expr, mapping: dict[Axis, Index]) -> None:
    expected, axes = renamed(evaluate(expr, VALUES, expr.axes), expr.axes, mapping)
    out = reindex(expr, mapping)
    assert set(out.axes) <= set(axes)
    np.testing.assert_allclose(evaluate(out, VALUES, axes), expected, rtol=1e-12)


def test_a_bound_index_makes_way_for_a_new_name() -> None:
    assert reindex(Sum(j, mul(M(i, j), v(j))), {i: j}) == Sum(Axis("j'", 3), mul(M(j, Axis("j'", 3)), v(Axis("j'", 3))))


def test_a_bound_index_itself_is_not_renamed() -> None:
    expr = Sum(j, v(j))
    assert reindex(expr, {j: k}) == expr


def test_indices_are_renamed_all_at_once() -> None:
    assert reindex(M(i, j), {i: j, j: i}) == M(j, i)


def test_a_fresh_index_is_not_among_those_taken_and_keeps_the_size() -> None:
    taken = {i, Axis("i'", 3)}
    assert fresh(i, taken) == Axis("i''", 3)


@given(expressions)
@settings(max_examples=100, deadline=None)
def test_the_axes_of_an_expression_are_its_free_indices(expr: Expr) -> None:
    for axis in AXES:
        assert (axis in expr.axes) == (reindex(expr, {axis: Axis("new", 3)}) != expr)


@given(expressions, st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_replacing_a_name_by_its_definition_keeps_the_value(expr: Expr, which: int) -> None:
    tensor = (u, v, M, T)[which]
    definition = add(mul(const(2), tensor()), total((AXES[3],), u(AXES[3])))
    named = Tensor("named", tensor.axes)
    values = {**VALUES, named: evaluate(definition, VALUES, tensor.axes)}
    with_name = transform(expr, lambda e: Ref(named, e.index) if isinstance(e, Ref) and e.tensor == tensor else None)
    out = inline(with_name, Equation(named, definition))
    assert not refs(out, named)
    np.testing.assert_allclose(evaluate(out, values, expr.axes), evaluate(with_name, values, expr.axes), rtol=1e-12)


@given(expressions)
@settings(max_examples=50, deadline=None)
def test_count_is_the_number_of_nodes(expr: Expr) -> None:
    assert count(expr) == sum(1 for _ in walk(expr))


@given(expressions)
@settings(max_examples=50, deadline=None)
def test_rebuilding_without_a_change_changes_nothing(expr: Expr) -> None:
    assert transform(expr, lambda e: None) == expr
    assert replace(expr, {}) == expr


def test_refs_are_listed_once_in_order_of_appearance() -> None:
    expr = add(mul(v(j), u(i)), mul(v(j), u(1)))
    assert refs(expr) == [v(j), u(i), u(1)]
    assert refs(expr, u) == [u(i), u(1)]


def test_dependence_is_on_a_use_with_its_indices() -> None:
    assert depends(Sum(j, M(i, j)), M(i, j))
    assert not depends(M(i, j), M(j, i))


def test_bound_indices_are_those_summed_over() -> None:
    assert bound(mul(u(i), Sum(j, v(j)))) == {j}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (add(u(i), ZERO, add(v(j), u(i))), (u(i), v(j), u(i))),
        (mul(u(i), ONE, mul(v(j), u(i))), (u(i), v(j), u(i))),
    ],
)
def test_sums_and_products_are_flat_and_in_the_authors_order(made: Expr, expected: tuple[Expr, ...]) -> None:
    assert (made.factors if isinstance(made, Mul) else made.terms) == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (add(), ZERO),
        (add(u(i)), u(i)),
        (mul(), ONE),
        (mul(u(i), ZERO), ZERO),
        (power(u(i), sp.Integer(1)), u(i)),
        (power(u(i), sp.Integer(0)), ONE),
        (power(ONE, sp.Integer(-1)), ONE),
        (mul(MINUS_ONE), MINUS_ONE),
    ],
)
def test_trivial_sums_products_and_powers_disappear(made: Expr, expected: Expr) -> None:
    assert made == expected


def test_a_use_needs_an_index_for_every_axis() -> None:
    with pytest.raises(ValueError, match="M has 2 axes, 1 indices were given"):
        M(i)
