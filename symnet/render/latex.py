r"""LaTeX for the display tree: what pdflatex, KaTeX, MathJax, temml and ziamath all understand.

``\{``, ``\|`` and ``\,`` are avoided as well: GitHub's Markdown takes such a backslash for its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import singledispatch
from itertools import groupby

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
    core,
    is_operator,
    joints,
    parenthesised,
    walk,
)

Palette = Mapping[str, str]


def _table(source: str) -> dict[str, str]:
    """A character, its command, a character, its command, …"""
    words = source.split()
    return dict(zip(words[::2], words[1::2], strict=True))


#: What a Unicode character is called in mathematics.
SYMBOLS: Mapping[str, str] = _table(
    r"""
    α \alpha β \beta γ \gamma δ \delta ε \varepsilon ϵ \epsilon ζ \zeta η \eta θ \theta ϑ \vartheta ι \iota
    κ \kappa λ \lambda μ \mu µ \mu ν \nu ξ \xi ο o π \pi ϖ \varpi ρ \rho ϱ \varrho σ \sigma ς \varsigma τ \tau
    υ \upsilon φ \varphi ϕ \phi χ \chi ψ \psi ω \omega
    Α \mathrm{A} Β \mathrm{B} Γ \Gamma Δ \Delta Ε \mathrm{E} Ζ \mathrm{Z} Η \mathrm{H} Θ \Theta Ι \mathrm{I}
    Κ \mathrm{K} Λ \Lambda Μ \mathrm{M} Ν \mathrm{N} Ξ \Xi Ο \mathrm{O} Π \Pi Ρ \mathrm{P} Σ \Sigma
    Τ \mathrm{T} Υ \Upsilon Φ \Phi Χ \mathrm{X} Ψ \Psi Ω \Omega
    ∇ \nabla ∂ \partial ℓ \ell ∞ \infty ∅ \emptyset ⊤ \top ⊥ \bot √ \surd ∑ \sum ∏ \prod ½ \frac{1}{2}
    ℝ \mathbb{R} ℕ \mathbb{N} ℤ \mathbb{Z} ℂ \mathbb{C} 𝔼 \mathbb{E} ℒ \mathcal{L} 𝟙 \mathbf{1}
    … \ldots ⋯ \cdots ⋮ \vdots ⋱ \ddots ′ ' ″ '' ⟨ \langle ⟩ \rangle ‖ \Vert ŷ \hat{y}
    − - ± \pm · \cdot × \times ÷ \div ⊙ \odot ⊗ \otimes ∘ \circ ∗ *
    ≤ \le ≥ \ge ≠ \ne ≈ \approx ≡ \equiv ∼ \sim ∝ \propto ≪ \ll ≫ \gg ∈ \in ∉ \notin ⊂ \subset
    ∪ \cup ∩ \cap ∀ \forall ∃ \exists ∧ \wedge ∨ \vee
    → \to ← \leftarrow ↔ \leftrightarrow ↦ \mapsto ⇒ \Rightarrow ⇔ \Leftrightarrow ⇐ \Leftarrow
    ₀ {}_{0} ₁ {}_{1} ₂ {}_{2} ₃ {}_{3} ₄ {}_{4} ₅ {}_{5} ₆ {}_{6} ₇ {}_{7} ₈ {}_{8} ₉ {}_{9}
    ⁰ {}^{0} ¹ {}^{1} ² {}^{2} ³ {}^{3} ⁴ {}^{4} ⁵ {}^{5} ⁶ {}^{6} ⁷ {}^{7} ⁸ {}^{8} ⁹ {}^{9}
    ⁻ {}^{-} ᵀ {}^{T} ᵢ {}_{i} ⱼ {}_{j}
    """
)
_RELATIONS = _table(r"<= \le >= \ge != \ne -> \to <- \leftarrow => \Rightarrow")
#: The words that are commands of LaTeX.
FUNCTIONS = re.compile(
    "(arc)?(cos|sin|tan)|(cos|sin|tan|cot)h|arg|cot|csc|deg|det|dim|exp|gcd|hom|inf|ker|lg|lim|liminf|limsup|ln|log"
    "|max|min|sec|sup"
)
_ACCENTS = {
    "hat": (r"\hat", r"\widehat"),
    "bar": (r"\bar", r"\overline"),
    "tilde": (r"\tilde", r"\widetilde"),
}
_DELIMITERS = {
    **{"()": "()", "[]": "[]", "{}": (r"\lbrace", r"\rbrace"), "||": "||", "‖‖": (r"\Vert", r"\Vert")},
    "⌊⌋": (r"\lfloor", r"\rfloor"),
}


def latex(node: Node, palette: Palette | None = None) -> str:
    r"""``node`` as LaTeX mathematics, without ``$``.

    ``palette`` gives the colour name of each tag; a tag that it lacks is printed without colour.
    """
    return _print(parenthesised(node), palette or {})


def relation(sign: str) -> str:
    """The command of a relation sign."""
    return _RELATIONS.get(sign) or SYMBOLS.get(sign, sign)


def sum_sign(node: BigSum, palette: Palette | None = None) -> str:
    """Σ with its limits, without what is summed."""
    below = "" if node.below is None else f"_{{{_print(node.below, palette or {})}}}"
    above = "" if node.above is None else f"^{{{_print(node.above, palette or {})}}}"
    return rf"\sum{below}{above}"


def prose(text: str) -> list[tuple[bool, str]]:
    """``text`` in pieces (is it mathematics?, source); the prose pieces are escaped for text mode."""
    pieces: list[tuple[bool, str]] = []
    maths = {**SYMBOLS, "~": r"{\sim}", "^": r"{\wedge}", "\\": r"\backslash"}
    normal = unicodedata.normalize("NFC", text)
    for is_maths, characters in groupby(normal, key=lambda char: char in maths):
        if is_maths:
            pieces.append((True, joined(maths[char] for char in characters)))
        else:
            pieces.append((False, re.sub(r"([_%&#${}])", r"\\\1", "".join(characters))))
    return pieces


def joined(parts: Iterable[str]) -> str:
    r"""The parts one after another, with a space where a command would swallow a letter (``\sigma x``)."""
    source = ""
    for part in parts:
        source += " " + part if re.search(r"\\[A-Za-z]+$", source) and part[:1].isalpha() else part
    return source


@singledispatch
def _print(node: Node, palette: Palette) -> str:
    raise TypeError(f"no LaTeX rule for {type(node).__name__}")


@_print.register
def _(node: Name, palette: Palette) -> str:
    letter = unicodedata.normalize("NFC", node.letter)
    source = _styled(letter, node.style)
    if node.accent:
        source = f"{_ACCENTS[node.accent][len(letter) > 1]}{{{source}}}"
    source += "'" * node.primes
    if node.sub is not None:
        source += "_" + _script(_print(node.sub, palette))
    if node.sup is not None:
        # A prime is a superscript already: what has one takes a second only as a braced whole.
        source = (_braced(source) if node.primes else source) + f"^{{{_print(node.sup, palette)}}}"
    return source


def _styled(letter: str, style: str) -> str:
    """A letter or word in its typeface."""
    bold = style.startswith("bold")
    if letter in SYMBOLS:
        symbol = SYMBOLS[letter]
        return rf"\boldsymbol{{{symbol}}}" if bold else symbol
    if not (letter.isascii() and letter.isalnum()):
        return words(letter) or "{}"
    if bold:
        return rf"\mathbf{{{letter}}}"
    if len(letter) == 1 or letter.isdigit():
        return rf"\mathrm{{{letter}}}" if style == "upright" else letter
    if FUNCTIONS.fullmatch(letter):
        return f"\\{letter}"
    return rf"\operatorname{{{letter}}}" if style == "upright" else rf"\mathit{{{letter}}}"


@_print.register
def _(node: Number, palette: Palette) -> str:
    mantissa, _, exponent = node.digits.lower().replace("−", "-").partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


@_print.register
def _(node: Words, palette: Palette) -> str:
    return words(node.text)


def words(text: str) -> str:
    r"""Prose inside mathematics: ``\text{…}``, with the symbols in it as mathematics between."""
    return joined(source if maths else rf"\text{{{source}}}" for maths, source in prose(text))


@_print.register
def _(node: Listing, palette: Palette) -> str:
    items = [_print(item, palette) for item in node.items]
    if not node.separator:
        return joined(items)
    if node.separator.isspace():
        return (r"\ " if len(node.separator) == 1 else r" \quad ").join(items)
    return (SYMBOLS.get(node.separator, node.separator) + " ").join(items)


@_print.register
def _(node: Terms, palette: Palette) -> str:
    source = ""
    for sign, term in node.terms:
        sign = SYMBOLS.get(sign, sign)
        if source:
            source += f" {sign} "
        elif sign != "+":
            source = f"{sign} " if sign.startswith("\\") else sign
        source += _print(term, palette)
    return source


@_print.register
def _(node: Product, palette: Palette) -> str:
    source = _print(node.factors[0], palette)
    for sign, factor in zip(joints(node), node.factors[1:], strict=True):
        source += (f" {SYMBOLS[sign]} " if sign else " ") + _print(factor, palette)
    return source


@_print.register
def _(node: Fraction, palette: Palette) -> str:
    return rf"\frac{{{_print(node.numerator, palette)}}}{{{_print(node.denominator, palette)}}}"


@_print.register
def _(node: Power, palette: Palette) -> str:
    return f"{_base(node.base, palette)}^{_script(_print(node.exponent, palette))}"


@_print.register
def _(node: Transpose, palette: Palette) -> str:
    return f"{_base(node.body, palette)}^{_script(SYMBOLS.get(node.mark, node.mark))}"


def _base(node: Node, palette: Palette) -> str:
    """``node`` ready to carry a superscript: braced where it has one already or would take it for a limit."""
    source = _print(node, palette)
    inner = node if isinstance(node, Boxed | Brace) else core(node)
    marked = isinstance(inner, Name) and (inner.sup is not None or inner.primes)
    plain = isinstance(inner, Name | Number | Group | Call | Matrix | Root) and not marked
    return source if plain else _braced(source)


def _braced(source: str) -> str:
    """``source`` as one whole.  TeX undoes a group of an accent alone, hence the empty one after it."""
    accented = re.match(r"\\((wide)?(hat|tilde)|bar|overline)(?![a-z])", source)
    return f"{{{source}{'{}' if accented else ''}}}"


def _script(source: str) -> str:
    """The argument of ``_`` or ``^``, braced unless it is one character."""
    return source if len(source) == 1 and source.isalnum() else f"{{{source}}}"


@_print.register
def _(node: Root, palette: Palette) -> str:
    return rf"\sqrt{{{_print(node.body, palette)}}}"


@_print.register
def _(node: Call, palette: Palette) -> str:
    head = _print(node.head, palette)
    if node.bare:
        return f"{head} {_print(node.arguments[0], palette)}"
    arguments = ", ".join(_print(argument, palette) for argument in node.arguments)
    return head + _delimited("(", arguments, ")", any(map(_is_tall, node.arguments)))


@_print.register
def _(node: Group, palette: Palette) -> str:
    left, right = _DELIMITERS[node.delimiter]
    # A bar is no opening character: only \left tells TeX that a minus after it is a sign.
    tall = _is_tall(node.body) or node.delimiter in ("||", "‖‖")
    shown = _delimited(left, _print(node.body, palette), right, tall)
    return shown if node.sub is None else f"{shown}_{_script(_print(node.sub, palette))}"


def _delimited(left: str, source: str, right: str, tall: bool) -> str:
    if tall:
        return rf"\left{left} {source} \right{right}"
    return f"{left} {source} {right}" if left.startswith("\\") else f"{left}{source}{right}"


def _is_tall(node: Node) -> bool:
    """Whether ordinary parentheses would be too small for ``node``."""
    return any(
        isinstance(part, Fraction | Partial | Cases)
        or (isinstance(part, Matrix) and not part.inline)
        or (isinstance(part, BigSum) and (part.below is not None or part.above is not None))
        for part in walk(node)
    )


@_print.register
def _(node: BigSum, palette: Palette) -> str:
    return f"{sum_sign(node, palette)} {_print(node.body, palette)}"


@_print.register
def _(node: Partial, palette: Palette) -> str:
    symbol = {"∂": r"\partial", "d": r"\mathrm{d}"}[node.symbol]
    order = f"^{_script(str(len(node.wrt)))}" if len(node.wrt) > 1 else ""
    below = []
    for variable, repeated in groupby(node.wrt):
        count = len(list(repeated))
        raised = f"{_base(variable, palette)}^{count}" if count > 1 else _print(variable, palette)
        below.append(f"{symbol} {raised}")
    of = _print(node.of, palette)
    if is_operator(node):
        return rf"\frac{{{symbol}{order}}}{{{' '.join(below)}}} {of}"
    return rf"\frac{{{symbol}{order} {of}}}{{{' '.join(below)}}}"


@_print.register
def _(node: Matrix, palette: Palette) -> str:
    rows = [[_print(entry, palette) for entry in row] for row in node.rows]
    if node.inline and len(rows) == 1:
        return _delimited("[", r" \quad ".join(rows[0]), "]", any(map(_is_tall, node.rows[0])))
    return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"


@_print.register
def _(node: Cases, palette: Palette) -> str:
    def condition(when: Node | None) -> str:
        if when is None:
            return r"\text{otherwise}"
        return _print(when, palette) if isinstance(when, Words) else r"\text{if } " + _print(when, palette)

    branches = (f"{_print(value, palette)} & {condition(when)}" for value, when in node.branches)
    return r"\begin{cases} " + r" \\ ".join(branches) + r" \end{cases}"


@_print.register
def _(node: Relation, palette: Palette) -> str:
    return f" {relation(node.sign)} ".join(_print(operand, palette) for operand in node.operands)


@_print.register
def _(node: Brace, palette: Palette) -> str:
    return rf"\underbrace{{{_print(node.body, palette)}}}_{{{_print(node.label, palette)}}}"


@_print.register
def _(node: Boxed, palette: Palette) -> str:
    return rf"\boxed{{{_print(node.body, palette)}}}"


@_print.register
def _(node: Tagged, palette: Palette) -> str:
    source = _print(node.body, palette)
    return rf"\textcolor{{{palette[node.tag]}}}{{{source}}}" if node.tag in palette else source
