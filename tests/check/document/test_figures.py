"""Numbers as printed: what they are, and when a printed number agrees with a value."""

from __future__ import annotations

import pytest
import sympy as sp

from symnet.check.document.figures import Figure, agreement, figure, printed, table
from symnet.check.read.latex import parse_latex


def value(text: str) -> Figure | None:
    return figure(parse_latex(text))


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("12", 12, None),
        ("-3", -3, None),
        ("0.25", sp.Rational(1, 4), sp.Rational(1, 100)),
        (r"\frac{1}{3}", sp.Rational(1, 3), None),
        ("1/3", sp.Rational(1, 3), None),
        ("(-1)", -1, None),
        (r"1.2 \cdot 10^{-3}", sp.Rational(12, 10000), sp.Rational(1, 10000)),
    ],
)
def test_a_number_is_what_is_written(text: str, number: sp.Rational, unit: sp.Rational | None) -> None:
    found = value(text)
    assert found is not None
    assert (found.value, found.unit) == (number, unit)


@pytest.mark.parametrize("text", ["x", "1 + 2", r"\sqrt{2}", r"\frac{1}{0}"])
def test_anything_else_is_no_number(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{bmatrix}", (3, 2)),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{bmatrix}^T", (2, 3)),
        ("(1, 2, 3)", (3, 1)),
        ("[1, 2, 3]", (3, 1)),
        ("[[1, 2], [3, 4]]", (2, 2)),
        ("7", (1, 1)),
    ],
)
def test_a_table_has_rows_and_columns(text: str, shape: tuple[int, int]) -> None:
    rows = table(parse_latex(text))
    assert rows is not None
    assert (len(rows), len(rows[0])) == shape


@pytest.mark.parametrize("text", [r"\begin{bmatrix} 1 & x \end{bmatrix}", "(1, y)", "x^T"])
def test_a_table_of_anything_else_is_none(text: str) -> None:
    assert table(parse_latex(text)) is None


SIGMA = sp.N(1 / (1 + sp.exp(-1)), 40)


@pytest.mark.parametrize(
    ("actual", "text", "found"),
    [
        (sp.Integer(12), "12", "exact"),
        (sp.Integer(12), "15", "differs"),
        (sp.Integer(12), "13", "differs"),
        (sp.Rational(1, 4), "0.25", "exact"),
        (sp.Rational(1, 3), "0.333", "rounded"),
        (sp.Rational(2, 3), "0.666", "rounded"),
        (sp.Rational(125, 10), "12.6", "differs"),
        (sp.Rational(16, 10), "1.7", "differs"),
        (sp.Rational(1234, 1000), "1.23", "rounded"),
        (sp.Rational(123, 10), "12", "near"),
        (SIGMA, "0.731", "rounded"),
        (SIGMA, "0.73", "rounded"),
        (SIGMA, "0.734", "near"),
        (SIGMA, "0.74", "near"),
        (SIGMA, "0.7", "rounded"),
        (SIGMA, "0.8", "differs"),
        (SIGMA, "0.2", "differs"),
        (SIGMA, "0.85", "differs"),
        (SIGMA, "1", "near"),
        (SIGMA, "0", "differs"),
    ],
)
def test_a_number_agrees_as_far_as_it_is_printed(actual: sp.Expr, text: str, found: str) -> None:
    claimed = value(text)
    assert claimed is not None
    assert agreement(actual, claimed) == found


def test_what_is_rounded_in_between_is_forgiven_as_far_as_it_reaches() -> None:
    claimed = value("1.15")
    assert claimed is not None
    assert agreement(sp.Rational(114, 100), claimed) == "differs"
    assert agreement(sp.Rational(114, 100), claimed, slack=sp.Rational(1, 100)) == "rounded"


@pytest.mark.parametrize(
    ("number", "text"),
    [(sp.Integer(12), "12"), (sp.Rational(1, 4), "0.25"), (sp.Rational(1, 3), "1/3"), (SIGMA, "0.7310585786")],
)
def test_a_value_is_printed_shortly(number: sp.Expr, text: str) -> None:
    assert printed(number) == text
