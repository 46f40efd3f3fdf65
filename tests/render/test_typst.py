"""Typst of the display tree: its source, that nothing of a user's becomes code, that typst takes it all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symnet.check.read.network_file import load_check_network
from symnet.derive.derivation import Derivation
from symnet.network import Network
from symnet.render import typst as printer
from symnet.render.derivation import sections
from symnet.render.display import (
    BigSum,
    Boxed,
    Brace,
    Call,
    Cases,
    Fraction,
    Group,
    Listing,
    Matrix,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Root,
    Row,
    Tagged,
    Terms,
    Transpose,
    Words,
)
from symnet.render.equations import names_for
from symnet.render.rows import reason_parts
from symnet.render.typeset import extents, measure, preamble, svgs
from symnet.render.typst import prose, typst
from tests.render.test_latex import EXAMPLES, KINDS, trees

NETWORKS = sorted(Path(__file__).parents[1].glob("networks/*.toml"))
a, b, w, x, C = map(Name, "abwxC")
one, two = Number("1"), Number("2")
HOSTILE = [
    '#panic("owned")',
    '"); #panic("owned"); ("',
    "\\",
    '\\"',
    '"',
    "$",
    "$#panic()$",
    "#{panic()}",
    "//",
    "/* a",
    "*/",
    "a//b",
    "`raw`",
    "@ref",
    "<label>",
    "[x]",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ";",
    ":",
    "a: b",
    "..",
    "..x",
    "_",
    "^",
    "&",
    "~",
    "*bold*",
    "= heading",
    "- item",
    '#import "@preview/x:1.0.0": *',
    "line\nbreak\r\n\ttab",
    "\u2028",
    "\x00\x1b",
    "panic",
    "text",
    "é",
    "Ж",
    "中",
    "🙂",
    "a\u0302\u0302",
    "",
    " ",
    "->",
    "...",
    "1/2",
    "x.y",
    "σx",
    "σ",
]


@pytest.mark.parametrize(
    ("tree", "source"),
    [
        (Name("w", sub=one), "attach(w, b: 1)"),
        (Name("w", sub=one, sup=Group(two)), r"attach(w, b: 1, t: \(2\))"),
        (Name("w", "bold"), "bold(upright(w))"),
        (Name("σ", "bold"), "bold(σ)"),
        (Name("relu", "upright"), 'op("relu")'),
        (Name("tanh"), 'op("tanh")'),
        (Name("max"), 'op("max", limits: #true)'),
        (Name("net"), 'italic("net")'),
        (Name("net", accent="bar"), 'overline(italic("net"))'),
        (Name("y", accent="hat"), "hat(y)"),
        (Name("f", primes=2), "attach(f, t: primes(#2))"),
        (Number("2.5e-3"), "2.5⋅attach(10, t: −3)"),
        (Listing((a, b), ""), "a b"),
        (Listing((a, b)), r"a\,b"),
        (Terms((("-", a), ("+", b), ("-", x))), "−a+b−x"),
        (Product((two, a, Number("3"))), "2 a⋅3"),
        (Product((a, b), "⊙"), "a⊙b"),
        (Product((Fraction(a, b), Partial(C, (w,)))), "frac(a, b)thin frac(∂C, ∂w)"),
        (Product((Fraction(one, two), BigSum(a))), "frac(1, 2)∑a"),
        (Product((a, Fraction(b, x), a)), "a thin frac(b, x)thin a"),
        (Power(Terms((("+", a), ("+", b))), two), r"\(a+b attach(\), t: 2)"),
        (Power(Fraction(a, b), two), r"attach(lr(\(frac(a, b)\)), t: 2)"),
        (Transpose(Name("W", sup=Group(two))), r"attach(attach(W, t: \(2\)), t: ⊤)"),
        (Root(a), "sqrt(a)"),
        (Call(Name("σ"), (a, b)), r"σ\(a\,b\)"),
        (Call(Name("ln"), (a,), bare=True), 'op("ln")a'),
        (Group(a, "‖‖", two), "attach(lr(‖a‖), b: 2)"),
        (BigSum(a, Name("i"), Name("n")), "attach(∑, b: i, t: n)a"),
        (Partial(C, (w, w)), "frac(attach(∂, t: 2)C, ∂attach(w, t: 2))"),
        (Partial(C, (w,), "d"), "frac(upright(d)C, upright(d)w)"),
        (Partial(Power(a, two), (a,)), "frac(∂, ∂a)thin attach(a, t: 2)"),
        (Matrix(((a, b), (one, two))), "mat(a, b; 1, 2)"),
        (Matrix(((a, b),), inline=True), r"\[a quad b\]"),
        (Cases(((a, Relation((a, one), ">")), (b, None))), r'cases(a &quad"if "a\>1, b &quad"otherwise")'),
        (Relation((a, b), ":="), "a≔b"),
        (Brace(a, Words("why")), 'underbrace(a, "why")'),
        (Boxed(a), "framed(a)"),
        (Words("if σ > 0"), '"if "σ" > 0"'),
    ],
)
def test_source(tree: Node, source: str) -> None:
    assert typst(tree) == source


def test_partials_are_written_with_a_round_d() -> None:
    assert "∂" in typst(Partial(C, (w,))) and "d" not in typst(Partial(C, (w,)))


def test_colours_come_from_the_palette_only() -> None:
    tree = Product((Tagged(a, "forward"), Tagged(b, "backward")))
    assert typst(tree) == "a b"
    assert typst(tree, {"forward": "#0072b2"}) == 'paint("#0072b2", a)b'


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_rule(kind: type[Node]) -> None:
    assert printer._print.dispatch(kind) is not printer._print.dispatch(Node)


def test_typst_takes_examples_and_random_trees() -> None:
    collected: list[Node] = list(EXAMPLES)

    @given(trees)
    @settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def collect(tree: Node) -> None:
        collected.append(tree)

    collect()
    assert len(measure(collected, 12.0)) == len(collected)
    coloured = [typst(tree, {"known": "#c24e00"}) for tree in collected]
    assert len(svgs(preamble(12.0) + "\n".join(f"#page[$ {source} $]" for source in coloured))) == len(collected)


def everywhere(text: str) -> list[Node]:
    """A text in every place that takes one from users."""
    name = Name(text, sub=Name(text), sup=Words(text))
    return [
        name,
        Name(text, "bold", "hat"),
        Name(text, "upright", "bar", primes=1),
        Number(text) if "e" not in text.lower() else Words(text),
        Words(text),
        Listing((name, name), text or ","),
        Transpose(name, text or "T"),
        Call(name, (name, name)),
        Matrix(((name, name), (name, name))),
        Cases(((name, Words(text)), (name, name))),
        Brace(name, Words(text)),
        Relation((name, name), text or "="),
        Fraction(name, Words(text)),
        Boxed(Group(name)),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_never_run(text: str) -> None:
    nodes = everywhere(text)
    assert len(measure(nodes, 12.0)) == len(nodes)
    svgs(preamble(12.0) + prose([text, a, text], {}) + "\n\n" + prose([text]))


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_ends_its_literal_early(first: str, second: str) -> None:
    source = printer.literal(first + second)
    inside = source[1:-1]
    assert source[0] == source[-1] == '"'
    assert re.fullmatch(r'([^"\\]|\\["\\])*', inside), source


def test_text_is_shown_letter_by_letter() -> None:
    """What is typeset is as wide as the text: markup would have swallowed the marks."""
    marks = '#*_`$@<>\\"~=-/'
    (shown,) = svgs(preamble(12.0) + prose([marks]))
    assert shown.count("<use") == len(marks)


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_every_formula_of_a_network_compiles(path: Path) -> None:
    nodes = formulas_of(load_check_network(path)[0])
    assert len(nodes) > 5
    assert all(width > 0 and height > 0 for width, height in measure(nodes, 14.0))


def formulas_of(net: Network) -> list[Node]:
    """Left sides, right sides and the mathematics of the reasons, of the derivation in three views."""
    rows = [row for view in ("scalar", "index", "matrix") for row in rows_of(net.derive(), view)]
    nodes = [node for row in rows for node in (row.left, row.right, *reason_parts(row)) if isinstance(node, Node)]
    return list(dict.fromkeys(nodes))


def rows_of(derivation: Derivation, view: str) -> list[Row]:
    names = names_for(derivation.network, None)
    return [row for part in sections(derivation, view, names, "full") for row in part.rows]


def test_parentheses_do_not_reach_down_to_the_label_of_a_brace() -> None:
    """They are as high above the axis as they are deep below it, so they would rise as well."""
    fraction = Fraction(a, b)
    plain, about = extents([("tight", f"$display({typst(Group(n))})$") for n in (fraction, Brace(fraction, one))], 20.0)
    assert about.descent > plain.descent + 5
    assert about.ascent == pytest.approx(plain.ascent, abs=3)
