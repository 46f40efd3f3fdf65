"""LaTeX of the display tree: the lecture's own strings, precedence, escapes, and that TeX takes it all."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symnet.render import display as d
from symnet.render import latex as printer
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
    Tagged,
    Terms,
    Transpose,
    Words,
    parenthesised,
)
from symnet.render.latex import latex
from symnet.render.rows import document


def n(letter: str, sub: str = "", **marks: object) -> Name:
    return Name(letter, sub=Name(sub) if sub else None, **marks)  # type: ignore[arg-type]


def plus(*terms: Node) -> Terms:
    return Terms(tuple(("+", term) for term in terms))


def minus(left: Node, right: Node) -> Terms:
    return Terms((("+", left), ("-", right)))


def times(*factors: Node) -> Product:
    return Product(factors)


def call(head: str, *arguments: Node, bare: bool = False) -> Call:
    return Call(Name(head), arguments, bare)


def neg(node: Node) -> Terms:
    return Terms((("-", node),))


def e(exponent: Node) -> Power:
    return Power(n("e"), exponent)


a, b, c, x, y, z, C, i, w = map(Name, "abcxyzCiw")
one, two, three = map(Number, "123")
w1, w2, x1, x2 = n("w", "1"), n("w", "2"), n("x", "1"), n("x", "2")
y_hat = Name("y", accent="hat")
W2 = Name("W", sup=Group(two))
line = plus(times(w1, x1), times(w2, x2), b)
residual = Terms((*line.terms, ("-", y)))
cost = call("C", w1, w2, b)
wij = Name("w", sub=Listing((n("i"), n("j")), ""))
kj = n("k", "j")
cost_wb = call("C", w, b)
update = call("w", minus(i, one))

LECTURE = [
    (
        Relation(
            (
                y_hat,
                call(
                    "σ",
                    plus(times(Matrix(((w1, w2),), inline=True), Matrix(((x1,), (x2,)))), b),
                ),
                call("σ", plus(times(Transpose(Name("w", "bold"), "T"), Name("x", "bold")), b)),
                call("σ", plus(BigSum(times(n("w", "i"), n("x", "i"))), b)),
            )
        ),
        r"\hat{y} = \sigma([w_1 \quad w_2]\begin{bmatrix}x_1\\x_2\end{bmatrix}+b)"
        r" = \sigma(\mathbf{w}^T\mathbf{x}+b) = \sigma(\sum w_i x_i+b)",
    ),
    (Fraction(one, plus(one, e(neg(x)))), r"\frac{1}{1+e^{-x}}"),
    (Fraction(minus(e(x), e(neg(x))), plus(e(x), e(neg(x)))), r"\frac{e^x-e^{-x}}{e^x+e^{-x}}"),
    (call("max", Number("0"), x), r"\max(0,x)"),
    (
        times(Fraction(one, two), BigSum(Power(minus(y_hat, y), two), below=i)),
        r"\frac{1}{2}\sum_i(\hat{y}-y)^2",
    ),
    (
        neg(
            times(
                Fraction(one, n("n")),
                BigSum(
                    plus(
                        times(y, call("ln", y_hat, bare=True)),
                        times(minus(one, y), call("ln", minus(one, y_hat), bare=True)),
                    ),
                    below=i,
                ),
            )
        ),
        r"-\frac{1}{n}\sum_i(y\ln\hat{y}+(1-y)\ln(1-\hat{y}))",
    ),
    (
        Relation((call("w", i), minus(update, times(n("γ"), n("∇"), call("C", update))))),
        r"w(i)=w(i-1)-\gamma\nabla C(w(i-1))",
    ),
    (
        Relation((cost, BigSum(Power(minus(y_hat, y), two)), BigSum(Power(residual, two)))),
        r"C(w_1,w_2,b)=\sum(\hat{y}-y)^2=\sum(w_1x_1+w_2x_2+b-y)^2",
    ),
    (
        Relation((Partial(cost, (w1,)), times(two, BigSum(times(x1, residual))))),
        r"\frac{\partial C(w_1,w_2,b)}{\partial w_1}=2\sum x_1(w_1x_1+w_2x_2+b-y)",
    ),
    (
        Relation(
            (
                Partial(cost_wb, (wij,)),
                times(Partial(cost_wb, (z,)), Partial(z, (kj,)), Partial(kj, (wij,))),
            )
        ),
        r"\frac{\partial C(w,b)}{\partial w_{ij}}"
        r"=\frac{\partial C(w,b)}{\partial z}\frac{\partial z}{\partial k_j}"
        r"\frac{\partial k_j}{\partial w_{ij}}",
    ),
]


def bald(source: str) -> str:
    return re.sub(r"\\left(?![a-z])|\\right(?![a-z])|[\s{}]", "", source)


@pytest.mark.parametrize(("tree", "lecture"), LECTURE)
def test_prints_the_lecture(tree: Node, lecture: str) -> None:
    assert bald(latex(tree)) == bald(lecture)


PRECEDENCE = [
    (times(a, plus(b, c)), "a (b + c)"),
    (times(a, neg(b)), "a (-b)"),
    (plus(neg(a), b), "-a + b"),
    (minus(a, plus(b, c)), "a - (b + c)"),
    (minus(a, neg(b)), "a - (-b)"),
    (times(times(a, b), c), "a b c"),
    (times(a, Product((b, c), "⊙")), r"a (b \odot c)"),
    (Product((times(a, b), c), "⊙"), r"a b \odot c"),
    (times(two, three), r"2 \cdot 3"),
    (times(x, two), r"x \cdot 2"),
    (times(x, Power(two, three)), r"x \cdot 2^3"),
    (times(two, Fraction(one, two)), r"2 \cdot \frac{1}{2}"),
    (times(two, Fraction(a, two)), r"2 \frac{a}{2}"),
    (times(BigSum(a), b), r"(\sum a) b"),
    (times(a, BigSum(b)), r"a \sum b"),
    (times(times(a, BigSum(b)), c), r"a (\sum b) c"),
    (BigSum(plus(a, b)), r"\sum (a + b)"),
    (plus(BigSum(a), b), r"\sum a + b"),
    (times(BigSum(a, i), b), r"\left( \sum_{i} a \right) b"),
    (Power(times(a, b), two), "(a b)^2"),
    (Power(Power(a, two), three), "(a^2)^3"),
    (Power(Fraction(a, b), two), r"\left( \frac{a}{b} \right)^2"),
    (Power(Partial(C, (w,)), two), r"\left( \frac{\partial C}{\partial w} \right)^2"),
    (Power(BigSum(a), two), r"(\sum a)^2"),
    (Power(Call(Name("σ", primes=1), (x,)), two), r"\sigma'(x)^2"),
    (Power(call("ln", x, bare=True), two), r"(\ln x)^2"),
    (times(call("ln", x, bare=True), y), r"\ln(x) y"),
    (times(y, call("ln", times(a, b), bare=True)), r"y \ln a b"),
    (call("exp", neg(x)), r"\exp(-x)"),
    (Power(W2, two), "{W^{(2)}}^2"),
    (Transpose(W2), r"{W^{(2)}}^{\top}"),
    (Power(Name("a", sup=two), two), "(a^{2})^2"),
    (Name("σ", primes=1, sup=Group(two)), r"{\sigma'}^{(2)}"),
    (Power(Name("σ", primes=1), two), r"{\sigma'}^2"),
    (Power(Name("a", accent="hat", sup=two), two), r"(\hat{a}^{2})^2"),
    (Transpose(times(a, b)), r"(a b)^{\top}"),
    (Partial(Power(minus(z, y), two), (z,)), r"\frac{\partial}{\partial z} (z - y)^2"),
    (Partial(C, (w1, w2)), r"\frac{\partial^2 C}{\partial w_1 \partial w_2}"),
    (Partial(C, (w1, w1)), r"\frac{\partial^2 C}{\partial w_1^2}"),
    (times(a, Tagged(plus(b, c), "t")), "a (b + c)"),
    (times(a, Brace(plus(b, c), one)), r"a \underbrace{(b + c)}_{1}"),
    (Power(Brace(a, one), two), r"{\underbrace{a}_{1}}^2"),
    (Name("w", sub=Listing((one, Number("12")), "")), "w_{1, 12}"),
    (Number("2.5e-3"), r"2.5 \cdot 10^{-3}"),
]


@pytest.mark.parametrize(("tree", "expected"), PRECEDENCE)
def test_parentheses_are_the_fewest_that_keep_the_meaning(tree: Node, expected: str) -> None:
    assert latex(tree) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (Name("σ"), r"\sigma"),
        (Name("∇"), r"\nabla"),
        (Name("ℓ"), r"\ell"),
        (Name("Φ"), r"\Phi"),
        (Name("tanh"), r"\tanh"),
        (Name("relu", "upright"), r"\operatorname{relu}"),
        (Name("net"), r"\mathit{net}"),
        (Name("w", "bold"), r"\mathbf{w}"),
        (Name("w", "bold_upright"), r"\mathbf{w}"),
        (Name("σ", "bold"), r"\boldsymbol{\sigma}"),
        (Name("net", accent="hat"), r"\widehat{\mathit{net}}"),
        (
            Words("50% of a_b & {σ} ~ \\^"),
            r"\text{50\% of a\_b \& \{}\sigma\text{\} }{\sim}\text{ }\backslash{\wedge}",
        ),
    ],
)
def test_names_and_words(name: Node, expected: str) -> None:
    assert latex(name) == expected


@pytest.mark.parametrize("letter", "αβγδεζηθικλμνξοπρςστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ")
def test_no_greek_letter_is_left_in_unicode(letter: str) -> None:
    assert latex(Name(letter)).isascii()


def test_colours_come_from_the_palette_only() -> None:
    tree = times(Tagged(a, "forward"), Tagged(b, "backward"))
    assert latex(tree) == "a b"
    assert latex(tree, {"forward": "blue"}) == r"\textcolor{blue}{a} b"


KINDS = [kind for kind in vars(d).values() if isinstance(kind, type) and issubclass(kind, Node) and kind is not Node]
EXAMPLES: list[Node] = [
    *(tree for tree, _ in LECTURE),
    *(tree for tree, _ in PRECEDENCE),
    *(Group(Fraction(a, b), delimiter) for delimiter in ("()", "[]", "{}", "||", "‖‖")),
    *(Name(letter, "bold", "tilde", sub=i, sup=Group(i), primes=2) for letter in ("Ω", "net", "x")),
    Root(plus(a, b)),
    Boxed(Relation((a, b), "≤")),
    Cases(((x, Relation((x, Number("0")), ">")), (Number("0"), None))),
    Words("where σ′ is 50 % of a_b, “quoted” – naïve ~ ^ \\ { } # $ &"),
    Partial(C, (w,), "d"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_rule(kind: type[Node]) -> None:
    assert printer._print.dispatch(kind) is not printer._print.dispatch(Node)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_among_the_examples(kind: type[Node]) -> None:
    assert any(isinstance(part, kind) for tree in EXAMPLES for part in d.walk(tree))


letters = st.sampled_from(["a", "w", "σ", "Ω", "net", "tanh", "relu", "∇"])
styles = st.sampled_from(["italic", "bold", "upright", "bold_upright"])
accents = st.sampled_from([None, None, "hat", "bar", "tilde"])
numbers = st.sampled_from(["2", "0.25", "13", "1e-5"]).map(Number)
labels = st.one_of(st.none(), numbers, st.just(Group(i)), st.just(Listing((i, Number("12")), "")))
leaves = st.one_of(
    st.builds(Name, letters, styles, accents, labels, labels, st.integers(0, 2)),
    numbers,
    st.text(st.sampled_from("ab σ_%&#${}~^\\é–"), min_size=1, max_size=6).map(Words),
)


def grown(part: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(part, min_size=1, max_size=3).map(tuple)
    signs = st.sampled_from("+-")
    plain = st.builds(Name, letters)
    return st.one_of(
        st.builds(Listing, several, st.sampled_from(["", ",", " ", "  "])),
        st.builds(Terms, st.lists(st.tuples(signs, part), min_size=1, max_size=3).map(tuple)),
        st.builds(Product, several, st.sampled_from(["", "", "·", "×", "⊙"])),
        st.builds(Fraction, part, part),
        st.builds(Power, part, part),
        st.builds(Root, part),
        st.builds(Transpose, part, st.sampled_from(["T", "⊤"])),
        st.builds(Call, part, several, st.booleans()),
        st.builds(Group, part, st.sampled_from(["()", "[]", "{}", "||", "‖‖"])),
        st.builds(BigSum, part, st.none() | part, st.none() | part),
        st.builds(Partial, part, st.lists(plain, min_size=1, max_size=2).map(tuple), st.sampled_from("∂d")),
        several.map(lambda row: Matrix((row, row))),
        several.map(lambda row: Matrix((row,), inline=True)),
        st.builds(Cases, st.lists(st.tuples(part, st.none() | part), min_size=1, max_size=2).map(tuple)),
        st.builds(Relation, several, st.sampled_from(["=", ":=", "≤", "∈", "<=", "≈"])),
        st.builds(Brace, part, part),
        st.builds(Boxed, part),
        st.builds(Tagged, part, st.sampled_from(["known", "unknown"])),
    )


trees = st.recursive(leaves, grown, max_leaves=8)


@given(trees)
@settings(max_examples=150, deadline=None)
def test_putting_in_parentheses_twice_changes_nothing(tree: Node) -> None:
    for inline in (False, True):
        once = parenthesised(tree, inline)
        assert parenthesised(once, inline) == once


@given(trees)
@settings(max_examples=150, deadline=None)
def test_braces_and_delimiters_balance(tree: Node) -> None:
    source = re.sub(r"\\[{}]", "", latex(tree))
    assert source.count("{") == source.count("}")
    assert len(re.findall(r"\\left(?![a-z])", source)) == len(re.findall(r"\\right(?![a-z])", source))


def compile_tex(source: str, folder: Path) -> None:
    (folder / "page.tex").write_text(source, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_pdflatex_takes_examples_and_random_trees(tmp_path: Path) -> None:
    collected: list[Node] = list(EXAMPLES)

    @given(trees)
    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def collect(tree: Node) -> None:
        collected.append(tree)

    collect()
    body = "\n\n".join(rf"$\displaystyle {latex(tree, {'known': 'blue'})}$" for tree in collected)
    compile_tex(document(body, "Random trees, 50 % σ"), tmp_path)
