"""Derivations laid out: columns, broken lines, reasons, and a document without an overfull line."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symnet.render.display import (
    BigSum,
    Boxed,
    Call,
    Fraction,
    Group,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Row,
    Tagged,
    Terms,
)
from symnet.render.rows import document, rows_latex, rows_markdown, rows_text
from symnet.render.widths import columns, latex_width

b, y, z, C = map(Name, "byzC")
two = Number("2")


def indexed(letter: str, index: int) -> Name:
    return Name(letter, sub=Number(str(index)))


def long_sum(size: int) -> Terms:
    products = (Product((indexed("w", k), indexed("x", k))) for k in range(1, size + 1))
    return Terms((*(("+", product) for product in products), ("+", b), ("-", y)))


slope = Partial(C, (indexed("w", 1),))
square = Relation((Name("u", primes=1), Number("2")))
DERIVATION = [
    Row(slope, "=", BigSum(Partial(Power(long_sum(2), two), (indexed("w", 1),))), "the sum rule"),
    Row(
        None,
        "=",
        BigSum(Product((two, long_sum(2), indexed("x", 1)))),
        ("the chain rule, since ", square, ", and each term is a square"),
        "1×1",
    ),
    Row(None, "=", Boxed(Product((two, BigSum(Product((indexed("x", 1), long_sum(2))))))), "2 leaves the sum"),
]
WIDE: list[Node] = [
    long_sum(30),
    Product((two, BigSum(Product((indexed("x", 1), long_sum(25))), Name("s")))),
    Relation((z, long_sum(12), long_sum(14))),
    Product(tuple(Partial(indexed("k", k), (indexed("k", k - 1),)) for k in range(2, 30))),
    Call(Name("σ"), (long_sum(25),)),
    Tagged(Group(long_sum(25), "[]"), "known"),
    Fraction(Power(long_sum(3), two), Product((two, Name("n")))),
]
WIDE_ROWS = [Row(slope, "=", node, "a reason that is of some length and needs its own column") for node in WIDE]


def test_relations_stand_under_one_another_in_text() -> None:
    lines = rows_text(DERIVATION, width=100).splitlines()
    assert {line.index("=") for line in lines if "=" in line.split("│")[0]} == {lines[0].index("=")}
    assert lines[0].startswith("∂C/∂w₁ = ")


def test_reasons_print_their_mathematics_in_each_language() -> None:
    assert "since u′ = 2, and" in re.sub(r"\s*\n.*?│", "", rows_text(DERIVATION, width=140))
    source = rows_latex(DERIVATION, width=80)
    assert r"\text{the chain rule, since }{\textstyle u' = 2}\text{, and" in source


def test_a_plain_string_and_a_tuple_are_the_same_reason() -> None:
    rows = [Row(z, "=", y, reason) for reason in ("why", ("why",))]
    assert rows_latex(rows[:1]) == rows_latex(rows[1:])
    assert rows_text(rows[:1]) == rows_text(rows[1:]) == "z = y  │ why"


def test_shapes_have_their_own_column() -> None:
    assert r"&& \quad \text{1}\times\text{1} && \quad \text{the chain" in rows_latex(DERIVATION, shapes=True, width=90)
    assert "1×1" in rows_text(DERIVATION, shapes=True, width=120)
    assert "1×1" not in rows_text(DERIVATION)


def test_rows_without_reasons_have_no_reason_column() -> None:
    assert "&&" not in rows_latex(DERIVATION, reasons=False)
    assert "│" not in rows_text(DERIVATION, reasons=False)


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("row", WIDE_ROWS)
def test_terminal_lines_fit(row: Row, width: int) -> None:
    assert max(map(columns, rows_text([row], width=width).splitlines())) <= width


@pytest.mark.parametrize("row", WIDE_ROWS)
def test_breaking_changes_no_symbol(row: Row) -> None:
    def letters(source: str) -> str:
        return re.sub(r"[\s·]|│.*", "", source)

    broken = rows_text([row], width=80, reasons=False)
    assert letters(broken) == letters(rows_text([row], width=10_000, reasons=False))


def test_sums_break_before_their_signs() -> None:
    lines = rows_latex([Row(z, "=", long_sum(30))], reasons=False).splitlines()[1:-1]
    assert len(lines) > 1
    assert all(line.strip().startswith(r"& \quad {}") or k == 0 for k, line in enumerate(lines)), lines


def test_chains_continue_below_their_first_sign() -> None:
    lines = rows_latex([Row(None, "=", Relation((long_sum(8), long_sum(7))))], reasons=False).splitlines()[1:-1]
    assert [line.strip()[:2] for line in lines] == ["&=", "&="]


def test_a_parenthesis_is_broken_only_when_it_is_too_wide() -> None:
    narrow = Product((long_sum(8), long_sum(8), long_sum(8)))
    assert r"\Bigl" not in rows_latex([Row(z, "=", narrow)])
    assert r"\Bigl" in rows_latex([Row(z, "=", Product((two, long_sum(30))))])


def test_the_reason_stands_beside_the_last_line() -> None:
    lines = rows_latex([Row(z, "=", long_sum(30), "short")]).splitlines()[1:-1]
    assert ["short" in line for line in lines] == [False] * (len(lines) - 1) + [True]


def test_markdown_has_no_line_that_markdown_would_take_for_itself() -> None:
    source = rows_markdown(WIDE_ROWS + DERIVATION)
    lines = source.splitlines()
    assert lines[0] == lines[-1] == "$$"
    assert source.count("$") == 4
    assert not any(re.match(r"\s*([-+*=#>]|$)", line) for line in lines)


def test_widths_fold_fractions_scripts_and_matrices() -> None:
    assert latex_width(r"\frac{abcd}{e}") == latex_width("abcd")
    assert latex_width(r"x_{ab}") < latex_width("xab") + 0.1
    assert latex_width(r"\begin{bmatrix} a \\ bcd \\ e \end{bmatrix}") == latex_width("bcd")
    assert latex_width(r"\mathbf{w}") == latex_width("w")
    assert columns("ŷ") == columns("y\u0302") == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_document_of_wide_derivations_has_no_overfull_line(tmp_path: Path) -> None:
    body = (
        rows_latex(DERIVATION, shapes=True)
        + "\n"
        + "\n".join(rows_latex([row], palette={"known": "blue"}) for row in WIDE_ROWS)
    )
    aligned = rows_latex(DERIVATION, environment="aligned")
    (tmp_path / "page.tex").write_text(document(f"{body}\n\\[{aligned}\\]", "∂C/∂w for σ & 50 %"), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert "Overfull" not in run.stdout, re.findall(r"Overfull.*", run.stdout)
