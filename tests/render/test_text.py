"""Unicode text of the display tree: how it reads, and that its parentheses keep the value."""

from __future__ import annotations

import re
from fractions import Fraction as Rational

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from symnet.render import display as d
from symnet.render import text as printer
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
)
from symnet.render.latex import latex
from symnet.render.text import text

a, b, x, y, z, C, i, n = map(Name, "abxyzCin")
one, two, zero = map(Number, "120")
w1, w2, x1, x2 = (Name(letter, sub=Number(digit)) for letter in "wx" for digit in "12")
y_hat = Name("y", accent="hat")
residual = Terms((("+", Product((w1, x1))), ("+", Product((w2, x2))), ("+", b), ("-", y)))
wij = Name("w", sub=Listing((i, Name("j")), ""))

READINGS: list[tuple[Node, str]] = [
    (
        Relation((Partial(C, (w1,)), Product((two, BigSum(Product((x1, residual))))))),
        "∂C/∂w₁ = 2 Σ x₁·(w₁·x₁ + w₂·x₂ + b − y)",
    ),
    (Product((Fraction(one, n), BigSum(Power(residual, two), i))), "(1/n) Σ_i (w₁·x₁ + w₂·x₂ + b − y)²"),
    (Partial(C, (w1, w2)), "∂²C/∂w₁∂w₂"),
    (Partial(C, (w1, w1)), "∂²C/∂w₁²"),
    (Product((Partial(C, (z,)), Partial(z, (wij,)))), "∂C/∂z · ∂z/∂wᵢⱼ"),
    (Partial(Power(Terms((("+", z), ("-", y))), two), (z,)), "∂/∂z (z − y)²"),
    (Power(Partial(C, (z,)), two), "(∂C/∂z)²"),
    (Fraction(Terms((("+", a), ("-", b))), n), "(a − b)/n"),
    (Fraction(a, Product((two, n))), "a/(2·n)"),
    (Fraction(Fraction(a, b), n), "(a/b)/n"),
    (y_hat, "ŷ"),
    (Product((y, Call(Name("ln"), (y_hat,), bare=True))), "y·ln ŷ"),
    (Power(Name("e"), Terms((("-", x),))), "e⁻ˣ"),
    (Power(Name("e"), Terms((("-", Name("k", sub=Name("j"))),))), "e^(−kⱼ)"),
    (Name("W", sup=Group(Terms((("+", Name("l")), ("-", one))))), "W⁽ˡ⁻¹⁾"),
    (Power(Name("a", sup=Group(two)), two), "(a⁽²⁾)²"),
    (Transpose(Name("W", sup=Group(two))), "W⁽²⁾⊤"),
    (Product((Transpose(Name("w", "bold"), "T"), Name("x", "bold"))), "wᵀx"),
    (Name("w", sub=Name("N")), "w_N"),
    (Name("w", sub=Listing((one, Number("12")), "")), "w_{1,12}"),
    (Call(Name("σ", primes=1), (z,)), "σ′(z)"),
    (Product((a, b), "⊙"), "a ⊙ b"),
    (Root(Terms((("+", a), ("+", b)))), "√(a + b)"),
    (Cases(((x, Relation((x, zero), ">")), (zero, None))), "{x if x > 0; 0 otherwise}"),
    (Matrix(((a, b), (x, y))), "[[a, b], [x, y]]"),
    (Matrix(((w1, w2),), inline=True), "[w₁  w₂]"),
    (BigSum(a, Relation((i, one)), n), "Σ_{i=1}^n a"),
    (Group(x, "‖‖"), "‖x‖"),
    (Product((Brace(Partial(C, (z,)), one), Brace(Partial(z, (w1,)), two))), "∂C/∂z⟨1⟩ · ∂z/∂w₁⟨2⟩"),
    (Boxed(Tagged(Words("done"), "result")), "done"),
    (Product((Name("γ"), Name("∇"), Call(C, (Name("w"),)))), "γ·∇C(w)"),
]
KINDS = [kind for kind in vars(d).values() if isinstance(kind, type) and issubclass(kind, Node) and kind is not Node]


@pytest.mark.parametrize(("tree", "expected"), READINGS)
def test_reads_as_a_line(tree: Node, expected: str) -> None:
    assert text(tree) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_rule(kind: type[Node]) -> None:
    assert printer._print.dispatch(kind) is not printer._print.dispatch(Node)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_among_the_readings(kind: type[Node]) -> None:
    assert any(isinstance(part, kind) for tree, _ in READINGS for part in d.walk(tree))


# ---- the value of what is printed is the value of the tree

VALUES = {"a": Rational(3), "b": Rational(5, 7), "c": Rational(-2, 3)}


def value(node: Node) -> Rational:
    match node:
        case Name(letter=letter):
            return VALUES[letter]
        case Number(digits=digits):
            return Rational(digits)
        case Terms(terms=terms):
            return sum((value(t) if sign == "+" else -value(t) for sign, t in terms), Rational(0))
        case Product(factors=factors):
            product = Rational(1)
            for factor in factors:
                product *= value(factor)
            return product
        case Fraction(numerator=above, denominator=below):
            return value(above) / value(below)
        case Power(base=base, exponent=Number(digits=digits)):
            return value(base) ** int(digits)
        case Brace(body=body) | Boxed(body=body) | Tagged(body=body):
            return value(body)
    raise TypeError(node)


def grown(part: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(part, min_size=1, max_size=3).map(tuple)
    signs = st.sampled_from("+-")
    return st.one_of(
        st.builds(Terms, st.lists(st.tuples(signs, part), min_size=1, max_size=3).map(tuple)),
        st.builds(Product, several, st.sampled_from(["", "·"])),
        st.builds(Fraction, part, part),
        st.builds(Power, part, st.sampled_from([two, Number("3")])),
        st.builds(Tagged, part, st.just("tag")),
    )


arithmetic = st.recursive(st.sampled_from([*map(Name, "abc"), one, two, Number("13")]), grown, max_leaves=8)


def calculated(source: str) -> Rational:
    """The value of printed arithmetic, every number exact."""
    source = re.sub(r"(?<![\w*])(\d+)", r"R(\1)", source)
    return eval(source, {"R": Rational, **VALUES})  # type: ignore[no-any-return]


def from_text(source: str) -> str:
    source = source.replace("·", "*").replace("−", "-").replace(") (", ")*(")
    return source.replace("²", "**2").replace("³", "**3")


def from_latex(source: str) -> str:
    """Python for the arithmetic part of our LaTeX: a space between two operands is a product."""
    source = re.sub(r"\\left|\\right|\\frac", "", source.replace(r" \cdot ", "*")).replace("}{", ")/(")
    source = source.replace("{", "(").replace("}", ")").replace("^", "**")
    source = re.sub(r"\(\s+", "(", re.sub(r"\s+\)", ")", source))
    return re.sub(r"(?<=[\w)]) (?=[\w(])", "*", source)


@given(arithmetic)
def test_text_keeps_the_value(tree: Node) -> None:
    try:
        expected = value(tree)
    except ZeroDivisionError:
        assume(False)
    assert calculated(from_text(text(tree))) == expected


@given(arithmetic)
def test_latex_keeps_the_value(tree: Node) -> None:
    try:
        expected = value(tree)
    except ZeroDivisionError:
        assume(False)
    assert calculated(from_latex(latex(tree))) == expected
