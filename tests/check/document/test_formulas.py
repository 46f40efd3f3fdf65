"""Where formulas are found, line and column, in Markdown, LaTeX and plain lines; what is none of one is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symnet.check.document.equations import Equation, equations
from symnet.check.document.formulas import find
from symnet.check.document.passages import Part
from symnet.check.document.source import load
from symnet.check.document.tex import macros
from symnet.errors import SymnetError

WORDS = frozenset({"sum", "exp", "sigma", "max", "line"})


def read(text: str, kind: str = "markdown") -> tuple[Equation, ...]:
    part = Part(text, kind)
    return equations(find([part], WORDS), macros(text), {"line"})


def members(text: str, kind: str = "markdown") -> list[list[str]]:
    return [[" ".join(m.text.split()) for m in equation.members] for equation in read(text, kind)]


def places(text: str, kind: str = "markdown") -> list[tuple[int, int]]:
    return [(e.place().line, e.place().column) for e in read(text, kind)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Let $a = 1$ be.", [(1, 6)]),
        ("A\n\n$$\na = 1\n$$\n", [(4, 1)]),
        (r"\(a = 1\) and \\(b = 2\\)", [(1, 3), (1, 18)]),
        ("\\[\n  a = 1\n\\]", [(2, 3)]),
        ("```math\na = 1\n```", [(2, 1)]),
        ("$`a = 1`$", [(1, 3)]),
        ("\\begin{equation}\na = 1\n\\end{equation}", [(2, 1)]),
        ("- one $a = 1$\n- two $b = 2$", [(1, 8), (2, 8)]),
        ("> quoted $a = 1$", [(1, 11)]),
        ("a = 1·b + 2\n", [(1, 1)]),
        ("1. Sigmoid: f(x) = 1/(1 + exp(-x)).", [(1, 13)]),
        ("C = Σ(ŷ − y)²", [(1, 1)]),
        ("$ a = 1 $", [(1, 3)]),
    ],
)
def test_a_formula_of_markdown_is_found_at_its_place(text: str, found: list[tuple[int, int]]) -> None:
    assert places(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "From $20-$30, about $x.",
        "```\n$a = 1$\na = 1\n```",
        "~~~ python\na = 1\n~~~",
        "`$a = 1$` and `a = 1`",
        "\n    a = 1\n    $b = 2$\n",
        "<!-- $a = 1$ -->",
        "---\na: $b = 1$\n---\n",
        r"\$a = 1\$",
        "Here the size = 3 is given.",
        "see https://a.b/c?d=1",
        "a == b",
        "key=value pairs of words",
    ],
)
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\begin{align} a &= b \\ &= c \\ d &= e \end{align}", [["a", "b", "c"], ["d", "e"]]),
        (r"\begin{align*} a &= b && \text{reason} \\ &= c && \text{other} \end{align*}", [["a", "b", "c"]]),
        (r"\begin{align} a &= b & c &= d \end{align}", [["a", "b"], ["c", "d"]]),
        ("\\begin{align}\n a &= b \\\\\n   &\\quad + c\n\\end{align}", [["a", "b + c"]]),
        ("\\begin{align}\n a &= b \\\\[4pt] % c = d\n   &= e\n\\end{align}", [["a", "b", "e"]]),
        (r"\begin{eqnarray} a & = & b \\ & = & c \end{eqnarray}", [["a", "b", "c"]]),
        (r"\begin{equation}\begin{split} a &= b \\ &= c \end{split}\end{equation}", [["a", "b", "c"]]),
        (r"\begin{gather} a = b \\ c = d \end{gather}", [["a", "b"], ["c", "d"]]),
        (r"\begin{multline} a = b \\ + c \end{multline}", [["a", "b + c"]]),
        (r"\[ a = b \label{x} \tag{1} \]", [["a", "b"]]),
        (r"\[ a = \boxed{b} \nonumber \]", [["a", "b"]]),
        (r"\[ a = \underbrace{b}_{\text{all of it}} c \]", [["a", "{b} c"]]),
        (r"\[ a \overset{(1)}{=} b \stackrel{*}{=} c \]", [["a", "b", "c"]]),
        (r"\[ a = 1 \quad b = 2, \; c = 3 \]", [["a", "1"], ["b", "2"], ["c", "3"]]),
        (r"\[ a = b \text{ and } c = d \]", [["a", "b"], ["c", "d"]]),
        (r"\[ a = b \Rightarrow c = d \]", [["a", "b"], ["c", "d"]]),
        (r"\[ f(i = 1) = \sum_{i=1}^n b_i \]", [["f(i = 1)", r"\sum_{i=1}^n b_i"]]),
        (r"\newcommand{\h}{\hat{y}} \[ \h = \h \]", [[r"\hat{y}", r"\hat{y}"]]),
        (r"\newcommand{\p}[2]{\frac{#1}{#2}} \[ \p{a}{b} = \p cd \]", [[r"\frac{a}{b}", r"\frac{c}{d}"]]),
        (r"\[ z = \text{line}(x) \]", [["z", "line (x)"]]),
        (r"\[ a := b \]", [["a", "b"]]),
        (r"\[ a < b = c \]", [["b", "c"]]),
        (
            r"\[ x = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \]",
            [["x", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"]],
        ),
        (r"\[ \left[ a \quad b \right] = c \]", [[r"\left[\begin{matrix} a & b \end{matrix}\right]", "c"]]),
        (r"\[ \textcolor{red}{(1) \quad a} = b \]", [["a", "b"]]),
        (r"\[ \uncover<2->{a} \uncover<3->{{}= b} \]", [["a", "b"]]),
        (r"\[ a = 0{,}5 \]", [["a", "0.5"]]),
    ],
)
def test_a_formula_is_taken_apart(text: str, found: list[list[str]]) -> None:
    assert members(text, "latex") == found


@pytest.mark.parametrize(
    "text",
    [
        "% $a = 1$",
        r"\begin{verbatim} $a = 1$ \end{verbatim}",
        r"\verb|$a = 1$|",
        r"\begin{lstlisting} \[a = 1\] \end{lstlisting}",
    ],
)
def test_comments_and_verbatim_are_no_formulas(text: str) -> None:
    assert members(text, "latex") == []


def test_a_comment_does_not_move_what_follows() -> None:
    assert places("text % \\[ a = 1\n\\[ b = 2 \\] % $c = 3$\n", "latex") == [(2, 4)]


def test_only_the_body_of_a_latex_document_counts() -> None:
    text = "\\title{$a = 1$}\n\\begin{document}\n$b = 2$\n\\end{document}\n$c = 3$"
    assert members(text, "latex") == [["b", "2"]]


def test_what_a_macro_stands_for_is_placed_where_the_macro_is() -> None:
    text = "\\newcommand{\\yhat}{\\hat{y}}\n\\[ z = \\yhat + b = 3 \\]"
    (equation,) = read(text, "latex")
    assert [equation.place(k).column for k in range(3)] == [4, 8, 20]
    assert equation.text == "z = \\yhat + b = 3"


def test_a_chain_goes_on_in_the_next_formula() -> None:
    assert members("$$a = b$$\n\n$$= c$$\n") == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("- Sigmoid: $a$", "Sigmoid"),
        ("- **Tanh**: $a$", "Tanh"),
        ("| relu | $a$ |", "relu"),
        ("\\item Linear: $a$", "Linear"),
        ("$a$", ""),
    ],
)
def test_a_formula_knows_what_it_is_called(text: str, label: str) -> None:
    (formula,) = find([Part(text, "latex" if "\\item" in text else "markdown")], ())
    assert formula.label == label


@pytest.mark.parametrize(
    ("text", "conditional"),
    [
        (r"$$a = b \text{ if } c > 0$$", True),
        (r"$$a = b, \quad c > 0$$", True),
        (r"$$a = b \quad \text{(by definition)}$$", False),
        (r"$$a = b, \quad c \in D$$", False),
    ],
)
def test_a_condition_is_told_from_a_reason(text: str, conditional: bool) -> None:
    assert read(text)[0].conditional is conditional


def test_an_enumeration_is_one() -> None:
    first, second = read(r"$$a = b, \quad i = 1, \dots, n$$")
    assert (first.listing, second.listing) == (False, True)


# -- notebooks and limits ----------------------------------------------------------------------------------------


def notebook(folder: Path, cells: object) -> Path:
    path = folder / "notes.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    return path


def test_cells_count_among_all_cells(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": "a = 1"},
        {"cell_type": "markdown", "source": ["text\n", "$b = 2$"]},
        {"cell_type": "raw", "source": "$c = 3$"},
        {"cell_type": "markdown", "source": "$d = 4$"},
    ]
    parts = load(notebook(tmp_path, cells))
    assert [str(f.place) for f in find(parts, ())] == ["cell 2, line 2, column 2", "cell 4, line 1, column 2"]


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "markdown", "source": [1]}]}'])
def test_what_is_no_notebook_gets_one_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SymnetError, match=r"notes\.ipynb"):
        load(path)


@pytest.mark.parametrize("name", ["notes.docx", "notes.pdf", "notes"])
def test_other_files_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("a", encoding="utf-8")
    with pytest.raises(SymnetError, match=r"\.md"):
        load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SymnetError, match="cannot be read"):
        load(tmp_path / "nowhere.md")


def test_too_much_is_refused() -> None:
    with pytest.raises(SymnetError, match="characters"):
        load("a = 1\n" * 400_000)
    with pytest.raises(SymnetError, match="formulas"):
        find([Part("$a$ " * 3_100, "markdown")], ())
