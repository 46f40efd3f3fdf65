r"""Typst for the display tree, and for prose with mathematics in it.

Whatever a user wrote becomes a string literal or a character by itself, never code: a printed formula holds
letters, digits, Unicode symbols, escaped punctuation, strings, and calls of the few functions named here.
Commas, semicolons and brackets are escaped everywhere, so a formula can be the argument of any of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from itertools import groupby, pairwise

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
from symnet.render.latex import FUNCTIONS, SYMBOLS

Palette = Mapping[str, str]
"""The colour of each tag, as ``#rrggbb``."""

PREAMBLE = """\
#let tight(body) = { set text(top-edge: "bounds", bottom-edge: "bounds"); set par(leading: 0pt); body }
#let framed(body) = context box(stroke: 0.05em + text.fill, inset: 0.32em, tight($display(body)$))
#let paint(colour, body) = text(fill: rgb(colour), body)
#set math.mat(delim: "[", row-gap: 0.28em, column-gap: 0.7em)
#set math.cases(gap: 0.4em)
"""
"""The functions of symnet's own that printed formulas call; it stands before them in a source."""

#: Characters that Typst would not show as mathematics writes them, or would take for a bracket to be matched.
_CHARACTERS: Mapping[str, str] = {
    **{char: f'attach("", b: {digit})' for char, digit in zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼ", "0123456789ij", strict=True)},
    **{char: f'attach("", t: {digit})' for char, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", "0123456789−T", strict=True)},
    "µ": "μ",
    "½": "frac(1, 2)",
    "𝟙": "bold(upright(1))",
    "ŷ": "hat(y)",
    "·": "⋅",
    "⟨": r"\⟨",
    "⟩": r"\⟩",
    "‖": r"\‖",
}
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SIGNS = {"-": "−", "<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "<-": "←", "=>": "⇒", ":=": "≔"}
_ACCENTS = {"hat": ("hat", "hat"), "bar": ("macron", "overline"), "tilde": ("tilde", "tilde")}
DELIMITERS: Mapping[str, tuple[str, str]] = {
    "()": (r"\(", r"\)"),
    "[]": (r"\[", r"\]"),
    "{}": (r"\{", r"\}"),
    "||": ("|", "|"),
    "‖‖": ("‖", "‖"),
    "⌊⌋": ("⌊", "⌋"),
}
#: The height of parentheses about a displayed fraction.
_FRACTION = "#2.25em"
#: Operators whose index stands below them in a displayed formula.
_LIMITS = frozenset(["det", "gcd", "inf", "lim", "liminf", "limsup", "max", "min", "sup"])


def typst(node: Node, palette: Palette | None = None) -> str:
    """``node`` as Typst mathematics, without ``$``; it needs :data:`PREAMBLE` before it.

    A tag that ``palette`` lacks is printed without colour.
    """
    return _print(parenthesised(node), palette or {})


def relation(sign: str) -> str:
    """A relation sign."""
    return _symbols(_SIGNS.get(sign, sign))


def sum_sign(node: BigSum, palette: Palette | None = None) -> str:
    """Σ with its limits, without what is summed."""
    below = None if node.below is None else _print(node.below, palette or {})
    above = None if node.above is None else _print(node.above, palette or {})
    return _attached("∑", below, above)


def painted(tag: str, source: str, palette: Palette) -> str:
    """A printed formula in the colour of a tag."""
    return f"paint({literal(palette[tag])}, {source})" if tag in palette else source


def prose(parts: Iterable[str | Node], palette: Palette | None = None) -> str:
    """Markup of prose with mathematics between; nothing in the prose is taken for markup."""
    source = ""
    for part in parts:
        if isinstance(part, Node):
            source += f"${typst(part, palette)}$"
        else:
            source += "".join(f"${piece}$" if maths else f"#{literal(piece)};" for maths, piece in _pieces(part))
    return source


def literal(text: str) -> str:
    """``text`` as a string literal of Typst, its control characters and line ends as spaces."""
    printable = _CONTROLS.sub(" ", text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(text: str) -> str:
    """Prose inside mathematics: a string, with the symbols in it as mathematics between."""
    pieces = (piece if maths else literal(piece) for maths, piece in _pieces(text))
    return joined(pieces) or '""'


def joined(parts: Iterable[str]) -> str:
    """The parts one after another, with a space where two would run into one word.

    There is no other space: Typst shows the spaces beside a string.
    """
    source = ""
    for part in parts:
        source += " " + part if source[-1:].isalnum() and part[:1].isalnum() else part
    return source


def _joined_by(sign: str, parts: Sequence[str]) -> str:
    """The parts with ``sign`` between each two."""
    return joined([*parts[:1], *(piece for part in parts[1:] for piece in (sign, part))])


def is_tall(node: Node) -> bool:
    """Whether ordinary parentheses would be too small for ``node``."""
    return any(
        isinstance(part, Fraction | Partial | Cases | Brace | Boxed)
        or (isinstance(part, Matrix) and not part.inline)
        or (isinstance(part, BigSum) and (part.below is not None or part.above is not None))
        for part in walk(node)
    )


def _pieces(text: str) -> list[tuple[bool, str]]:
    """``text`` in pieces (is it mathematics?, the characters or their source)."""
    normal = unicodedata.normalize("NFC", text)
    runs = groupby(normal, key=lambda char: not char.isascii() and char in SYMBOLS)
    return [(maths, joined(map(_character, run)) if maths else "".join(run)) for maths, run in runs]


def _character(char: str) -> str:
    return _CHARACTERS.get(char, char)


def _symbols(sign: str) -> str:
    """A sign of any characters: punctuation escaped, symbols as they are, words as a string."""
    if any(char.isalnum() and char not in SYMBOLS for char in sign) or not sign.isprintable():
        return literal(sign)
    return joined(f"\\{char}" if char.isascii() and char not in "+= " else _character(char) for char in sign)


def _attached(base: str, below: str | None, above: str | None) -> str:
    """``base`` with scripts, which stand above and below it where it takes limits."""
    scripts = "".join(f", {key}: {script}" for key, script in (("b", below), ("t", above)) if script)
    # As in TeX, a script stands on the closing parenthesis, not on the tallest letter before it.
    inner, bracket = (base[:-2], base[-2:]) if base.endswith((r"\)", r"\]", r"\}")) else ("", base)
    return joined([inner, f"attach({bracket}{scripts})"]) if scripts else base


@singledispatch
def _print(node: Node, palette: Palette) -> str:
    raise TypeError(f"no Typst rule for {type(node).__name__}")


@_print.register
def _(node: Name, palette: Palette) -> str:
    letter = unicodedata.normalize("NFC", node.letter)
    source = _styled(letter, node.style)
    if node.accent:
        source = f"{_ACCENTS[node.accent][len(letter) > 1]}({source})"
    below = None if node.sub is None else _print(node.sub, palette)
    above = None if node.sup is None else _print(node.sup, palette)
    if node.primes:
        # Strokes are a superscript already: a label beside them goes on the whole.
        source, below = _attached(source, below, f"primes(#{node.primes})"), None
    return _attached(source, below, above)


def _styled(letter: str, style: str) -> str:
    """A letter or word in its typeface."""
    bold = style.startswith("bold")
    if not letter.isascii() and letter in SYMBOLS:
        symbol = _character(letter)
        return f"bold({symbol})" if bold else symbol
    if not (letter.isascii() and letter.isalnum()):
        return words(letter)
    if bold:
        return f"bold(upright({_word(letter)}))"
    if len(letter) == 1 or letter.isdigit():
        return f"upright({letter})" if style == "upright" else letter
    if FUNCTIONS.fullmatch(letter) or style == "upright":
        return f'op("{letter}"{", limits: #true" if letter in _LIMITS else ""})'
    return f'italic("{letter}")'


def _word(letter: str) -> str:
    return letter if len(letter) == 1 or letter.isdigit() else f'"{letter}"'


@_print.register
def _(node: Number, palette: Palette) -> str:
    mantissa, _, exponent = node.digits.lower().replace("−", "-").partition("e")
    shown = mantissa if re.fullmatch(r"[0-9]+(\.[0-9]+)?", mantissa) else literal(mantissa)
    if not exponent:
        return shown
    power = f"attach(10, t: {str(int(exponent)).replace('-', '−')})"
    return power if mantissa == "1" else f"{shown}⋅{power}"


@_print.register
def _(node: Words, palette: Palette) -> str:
    return words(node.text)


@_print.register
def _(node: Listing, palette: Palette) -> str:
    items = [_print(item, palette) for item in node.items]
    separator = node.separator
    if not separator:
        return joined(items) or '""'
    if separator.isspace():
        return _joined_by(" med " if len(separator) == 1 else " quad ", items) or '""'
    return _joined_by(_symbols(separator.strip()), items) or '""'


@_print.register
def _(node: Terms, palette: Palette) -> str:
    parts: list[str] = []
    for sign, term in node.terms:
        if parts or sign != "+":
            parts.append(relation(sign))
        parts.append(_print(term, palette))
    return joined(parts)


@_print.register
def _(node: Product, palette: Palette) -> str:
    parts = [_print(node.factors[0], palette)]
    for sign, factor in zip(factor_signs(node), node.factors[1:], strict=True):
        parts += [sign, _print(factor, palette)]
    return joined(parts)


def factor_signs(node: Product) -> list[str]:
    """What stands between each two factors: its sign, or a thin space beside a fraction, as TeX has it."""
    signs = []
    for (left, right), sign in zip(pairwise(node.factors), joints(node), strict=True):
        apart = _is_fraction(right) or (_is_fraction(left) and not isinstance(core(right), BigSum))
        signs.append(_symbols(sign) if sign else "thin" if apart else "")
    return signs


def _is_fraction(node: Node) -> bool:
    return isinstance(core(node), Fraction | Partial)


@_print.register
def _(node: Fraction, palette: Palette) -> str:
    return f"frac({_print(node.numerator, palette)}, {_print(node.denominator, palette)})"


@_print.register
def _(node: Power, palette: Palette) -> str:
    return _attached(_print(node.base, palette), None, _print(node.exponent, palette))


@_print.register
def _(node: Transpose, palette: Palette) -> str:
    return _attached(_print(node.body, palette), None, _styled(node.mark, "italic"))


@_print.register
def _(node: Root, palette: Palette) -> str:
    return f"sqrt({_print(node.body, palette)})"


@_print.register
def _(node: Call, palette: Palette) -> str:
    head = _print(node.head, palette)
    if node.bare:
        return joined([head, _print(node.arguments[0], palette)])
    arguments = _joined_by(r"\,", [_print(argument, palette) for argument in node.arguments])
    return joined([head, _delimited(r"\(", arguments, r"\)", node.arguments)])


@_print.register
def _(node: Group, palette: Palette) -> str:
    left, right = DELIMITERS[node.delimiter]
    shown = _delimited(left, _print(node.body, palette), right, [node.body])
    return _attached(shown, None if node.sub is None else _print(node.sub, palette), None)


def _delimited(left: str, source: str, right: str, inside: Sequence[Node]) -> str:
    """``source`` between delimiters as high as what is ``inside``, where that is high."""
    # A bar is no opening character: only lr tells Typst that a minus after it is a sign.
    if left in "|‖":
        return f"lr({joined([left, source, right])})"
    tall = any(map(is_tall, inside))
    kinds = {type(part) for node in inside for part in walk(node)}
    if Brace in kinds and not kinds & {Matrix, Cases}:
        # What hangs below a brace is none of the parentheses' business.
        return joined([sized("opening", left, _FRACTION), source, sized("closing", right, _FRACTION)])
    return f"lr({joined([left, source, right])})" if tall else joined([left, source, right])


def sized(kind: str, delimiter: str, size: str) -> str:
    """One delimiter by itself, "opening" or "closing", in a given size."""
    return f'class("{kind}", lr({delimiter}, size: {size}))'


@_print.register
def _(node: BigSum, palette: Palette) -> str:
    return joined([sum_sign(node, palette), _print(node.body, palette)])


@_print.register
def _(node: Partial, palette: Palette) -> str:
    symbol = {"∂": "∂", "d": "upright(d)"}[node.symbol]
    above = _attached(symbol, None, str(len(node.wrt)) if len(node.wrt) > 1 else None)
    below = []
    for variable, repeated in groupby(node.wrt):
        count = len(list(repeated))
        below += [symbol, _attached(_print(variable, palette), None, str(count) if count > 1 else None)]
    of = _print(node.of, palette)
    if is_operator(node):
        space = "" if isinstance(core(node.of), BigSum) else "thin"
        return joined([f"frac({above}, {joined(below)})", space, of])
    return f"frac({joined([above, of])}, {joined(below)})"


@_print.register
def _(node: Matrix, palette: Palette) -> str:
    rows = [[_print(entry, palette) for entry in row] for row in node.rows]
    if node.inline and len(rows) == 1:
        return _delimited(r"\[", " quad ".join(rows[0]), r"\]", node.rows[0])
    return f"mat({'; '.join(', '.join(row) for row in rows)})"


@_print.register
def _(node: Cases, palette: Palette) -> str:
    def condition(when: Node | None) -> str:
        if when is None:
            return '"otherwise"'
        return _print(when, palette) if isinstance(when, Words) else joined(['"if "', _print(when, palette)])

    branches = (joined([_print(value, palette), " &quad", condition(when)]) for value, when in node.branches)
    return f"cases({', '.join(branches)})"


@_print.register
def _(node: Relation, palette: Palette) -> str:
    return _joined_by(relation(node.sign), [_print(operand, palette) for operand in node.operands])


@_print.register
def _(node: Brace, palette: Palette) -> str:
    return f"underbrace({_print(node.body, palette)}, {_print(node.label, palette)})"


@_print.register
def _(node: Boxed, palette: Palette) -> str:
    return f"framed({_print(node.body, palette)})"


@_print.register
def _(node: Tagged, palette: Palette) -> str:
    return painted(node.tag, _print(node.body, palette), palette)
