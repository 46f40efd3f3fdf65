"""One line of Unicode for the display tree: ``∂C/∂w₁ = 2 Σ x₁·(w₁·x₁ + w₂·x₂ + b − y)``."""

from __future__ import annotations

import re
import unicodedata
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
)

_SUBSCRIPTS = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
_SUPERSCRIPTS = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUWβγδ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁᵂᵝᵞᵟ",
        strict=True,
    )
)
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_SIGNS = {"-": "−", "<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "<-": "←", "=>": "⇒"}
_PRIMES = {0: "", 1: "′", 2: "″", 3: "‴"}
#: Raised text longer than this is easier to read on the line, after ^.
_LONGEST_SCRIPT = 6


def text(node: Node) -> str:
    """``node`` on one line.  Colours and frames leave no trace, a brace leaves its label: ``body⟨label⟩``."""
    return unicodedata.normalize("NFC", _print(parenthesised(node, inline=True)))


def relation(sign: str) -> str:
    """The character of a relation sign."""
    return _SIGNS.get(sign, sign)


def sum_sign(node: BigSum) -> str:
    """Σ with its limits, without what is summed."""
    sign = "Σ"
    for mark, limit in (("_", node.below), ("^", node.above)):
        if limit is not None:
            sign += mark + _bracketed(_label(limit), "{}")
    return sign


@singledispatch
def _print(node: Node) -> str:
    raise TypeError(f"no text rule for {type(node).__name__}")


@_print.register
def _(node: Name) -> str:
    source = {"0": "𝟎", "1": "𝟏"}.get(node.letter, node.letter) if node.style == "bold" else node.letter
    if node.accent:
        source = "".join(char + _ACCENTS[node.accent] for char in source)
    source += _PRIMES.get(node.primes, "′" * node.primes)
    if node.sub is not None:
        source += _lowered(_label(node.sub))
    if node.sup is not None:
        source += _raised(_label(node.sup), "{}")
    return source


def _label(node: Node) -> str:
    return _print(node).replace(" ", "")


def _lowered(label: str) -> str:
    """``label`` as a subscript: in small characters where there are any, else after ``_``."""
    if label and all(char in _SUBSCRIPTS for char in label):
        return "".join(_SUBSCRIPTS[char] for char in label)
    return "_" + _bracketed(label, "{}")


def _raised(label: str, brackets: str) -> str:
    """``label`` as a superscript: in small characters if it is short and has them, else after ``^``."""
    if 0 < len(label) <= _LONGEST_SCRIPT and all(char in _SUPERSCRIPTS for char in label):
        return "".join(_SUPERSCRIPTS[char] for char in label)
    return "^" + _bracketed(label, brackets)


def _bracketed(source: str, brackets: str) -> str:
    """``source`` between brackets unless it is one word or has parentheses or square brackets about it."""
    enclosed = re.fullmatch(r"(\([^()\[\]]*\)|\[[^()\[\]]*\])+", source)
    return source if source.isalnum() or enclosed else f"{brackets[0]}{source}{brackets[1]}"


@_print.register
def _(node: Number) -> str:
    return node.digits.replace("-", "−")


@_print.register
def _(node: Words) -> str:
    return node.text


@_print.register
def _(node: Listing) -> str:
    separator = node.separator
    if separator.isspace():
        return ("  " if len(separator) > 1 else " ").join(map(_print, node.items))
    return (separator + " " if separator else "").join(map(_print, node.items))


@_print.register
def _(node: Terms) -> str:
    source = ""
    for sign, term in node.terms:
        sign = _SIGNS.get(sign, sign)
        if source:
            source += f" {sign} "
        elif sign != "+":
            source = sign
        source += _print(term)
    return source


@_print.register
def _(node: Product) -> str:
    source = _print(node.factors[0])
    for sign, factor in zip(factor_signs(node), node.factors[1:], strict=True):
        source += sign + _print(factor)
    return source


def factor_signs(node: Product) -> list[str]:
    """What stands between each two factors: a dot, a space before Σ, nothing after ∇ or a transpose."""
    loose = any(isinstance(core(factor), Partial) for factor in node.factors)
    signs = []
    for position, sign in enumerate(joints(node)):
        left, right = core(node.factors[position]), core(node.factors[position + 1])
        if sign in ("⊙", "×"):
            signs.append(f" {sign} ")
        elif isinstance(right, BigSum) or (isinstance(right, Partial) and is_operator(right)):
            signs.append(" ")
        else:
            prefix = isinstance(left, Name) and left.letter in ("∇", "∂", "Δ")
            matrices = isinstance(left, Transpose) and isinstance(right, Name | Transpose)
            signs.append("" if prefix or matrices else " · " if loose else "·")
    return signs


@_print.register
def _(node: Fraction) -> str:
    return f"{_print(node.numerator)}/{_print(node.denominator)}"


@_print.register
def _(node: Power) -> str:
    exponent = _print(node.exponent)
    short = _raised(exponent.replace(" ", ""), "()")
    return _print(node.base) + (short if short[0] != "^" else "^" + _bracketed(exponent, "()"))


@_print.register
def _(node: Transpose) -> str:
    return _print(node.body) + ("ᵀ" if node.mark == "T" else node.mark)


@_print.register
def _(node: Root) -> str:
    return f"√{_print(node.body)}"


@_print.register
def _(node: Call) -> str:
    if node.bare:
        return f"{_print(node.head)} {_print(node.arguments[0])}"
    return f"{_print(node.head)}({', '.join(map(_print, node.arguments))})"


@_print.register
def _(node: Group) -> str:
    mark = "" if node.sub is None else _lowered(_label(node.sub))
    return node.delimiter[0] + _print(node.body) + node.delimiter[1] + mark


@_print.register
def _(node: BigSum) -> str:
    return f"{sum_sign(node)} {_print(node.body)}"


@_print.register
def _(node: Partial) -> str:
    below = ""
    for variable, repeated in groupby(node.wrt):
        count = len(list(repeated))
        below += node.symbol + (
            _print(parenthesised(Power(variable, Number(str(count))), True)) if count > 1 else _print(variable)
        )
    above = node.symbol + (_raised(str(len(node.wrt)), "()") if len(node.wrt) > 1 else "")
    return f"{above}/{below} {_print(node.of)}" if is_operator(node) else f"{above}{_print(node.of)}/{below}"


@_print.register
def _(node: Matrix) -> str:
    rows = [list(map(_print, row)) for row in node.rows]
    if node.inline and len(rows) == 1:
        return f"[{'  '.join(rows[0])}]"
    return f"[{', '.join('[' + ', '.join(row) + ']' for row in rows)}]"


@_print.register
def _(node: Cases) -> str:
    def branch(value: Node, when: Node | None) -> str:
        if when is None:
            return f"{_print(value)} otherwise"
        return f"{_print(value)} {'' if isinstance(when, Words) else 'if '}{_print(when)}"

    return "{" + "; ".join(branch(value, when) for value, when in node.branches) + "}"


@_print.register
def _(node: Relation) -> str:
    return f" {relation(node.sign)} ".join(map(_print, node.operands))


@_print.register
def _(node: Brace) -> str:
    return f"{_print(node.body)}⟨{_print(node.label)}⟩"


@_print.register
def _(node: Boxed) -> str:
    return _print(node.body)


@_print.register
def _(node: Tagged) -> str:
    return _print(node.body)
