"""Numbers, shapes and choices as students type them: ``ŷ = 12``, ``24/2``, ``0,5``, ``3 × 2``, ``b)``.

The text becomes the checker's tree, and the tree is reckoned with; nothing of it is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.check.read.latex import parse_latex
from symnet.check.read.python import parse_python
from symnet.check.read.syntax import (
    Applied,
    Call,
    Fraction,
    Group,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Power,
    Product,
    Scripted,
    Symbol,
    Terms,
    checked,
)
from symnet.render import display

LONGEST = 500
"""More characters than this are no number."""

DIGITS = 30
"""To which exp, ln and the like are worked out."""

LARGEST = 10**60
MAX_EXPONENT = 60

_EQUAL = re.compile(r"\s*(?::=|==|=|≈|≃|≅|←|⟵|→|\\approx|\\simeq|\\cong|\\leftarrow|\\gets|\\to(?![a-z])|&=|=&)\s*")
_COMMA = re.compile(r"(?<=\d),(?=\d)|(?<=\d)\{,\}(?=\d)")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_POINTED = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d+")
_RAISED = re.compile(r"\^\s*([-+−]?\d+)(?![.\d])")
_CODE = re.compile(r"\*\*|\d[eE][+-]?\d|[a-z]\(")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was read: its value, and whether a decimal point or a function makes it a rounded one."""

    value: sp.Expr
    decimal: bool = False

    @property
    def shown(self) -> display.Node:
        """The number as it was read."""
        size = display.Number(_digits(abs(self.value)))
        if self.value.is_Rational and not self.decimal:
            p, q = display.Number(str(abs(self.value.p))), display.Number(str(self.value.q))
            return _signed(self.value, p if self.value.q == 1 else display.Fraction(p, q))
        return _signed(self.value, size)


def _signed(value: sp.Expr, size: display.Node) -> display.Node:
    return display.Terms((("-", size),)) if value < 0 else size


def _digits(value: sp.Expr) -> str:
    """At most ten digits, never an exponent where there are fewer."""
    return f"{Decimal(f'{float(value):.10g}'):f}"


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was handed in: the ``figure`` that it ends in, and what it was said to equal before.

    ``others`` are further ways to read the last number (``1,234``).
    """

    figure: Figure
    before: tuple[Figure, ...] = ()
    others: tuple[Figure, ...] = ()


# -- numbers -----------------------------------------------------------------------------------------------------


def number(text: str) -> Written:
    """The number in ``text``: alone, after a name and =, or at the end of a calculation.

    Raises NotUnderstood, saying why, for anything else.
    """
    members = _EQUAL.split(_bare(text))
    if len(members) > 1 and (not members[0] or _is_name(members[0])):
        members = members[1:]
    elif len(members) == 2 and re.fullmatch(r"\S{1,24}", members[1]) and _is_name(members[1]):
        members = members[:1]
    *earlier, last = members
    found = [_figure(reading) for reading in _points(last)]
    return Written(found[0], tuple(_figure(next(_points(m))) for m in earlier), tuple(found[1:]))


def _bare(text: str) -> str:
    """The text of something short without what only surrounds it.  Raises NotUnderstood for what is too long."""
    inner = bare(text, LONGEST)
    inner = inner if re.search(r"\\[;,]$", inner) else inner.rstrip(".;, ")
    if not inner:
        raise NotUnderstood("there is nothing but signs")
    return inner


def bare(text: str, longest: int) -> str:
    """The text without the signs that only set it as mathematics.

    Raises NotUnderstood for what is too long or holds odd characters.
    """
    if len(text) > longest:
        raise NotUnderstood(f"the answer has {len(text):,} characters, more than {longest:,}")
    inner = checked(text).strip()
    for opening, closing in (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")):
        if inner.startswith(opening) and inner.endswith(closing) and len(inner) > len(opening) + len(closing):
            return inner[len(opening) : -len(closing)].strip()
    return inner


def _is_name(text: str) -> bool:
    """Whether it can be what a quantity is called; numbers are not."""
    return re.search(r"[^\W\d]", text) is not None and not _is_figure(text)


def _is_figure(text: str) -> bool:
    try:
        _figure(next(_points(text)))
    except NotUnderstood:
        return False
    return True


def _points(text: str) -> Iterator[str]:
    """The ways to read commas within digits: as the decimal point, and where they stand in groups of three, as none."""
    if _POINTED.search(text):
        yield _POINTED.sub(lambda m: m.group().replace(".", "").replace(",", "."), text)
        return
    if "." in text and _GROUPED.search(text):
        yield _GROUPED.sub(lambda m: m.group().replace(",", ""), text)
        return
    yield _COMMA.sub(".", text)
    if _GROUPED.search(text):
        yield _GROUPED.sub(lambda m: m.group().replace(",", ""), text)


def _figure(text: str) -> Figure:
    if "\\" not in text:
        text = _RAISED.sub(r"^{\1}", text)
    grammars: list[Callable[[str], Node]] = [parse_latex, parse_python]
    if _CODE.search(text) and "\\" not in text:
        grammars.reverse()
    failure: NotUnderstood | None = None
    for grammar in grammars:
        try:
            return reckoned(grammar(text))
        except NotUnderstood as error:
            failure = failure or error
    assert failure is not None
    raise failure


def reckoned(node: Node) -> Figure:
    """The value of a tree of numbers.

    Raises NotUnderstood for a tree that holds anything else, and for numbers that are too large to be an answer.
    """
    try:
        return _reckoned(node)
    except RecursionError:
        raise NotUnderstood("the number is nested too deeply; work it out") from None


def _reckoned(node: Node) -> Figure:
    match node:
        case Number(text=text):
            return _number(node, text)
        case Group(body=body, delimiter="()" | "[]" | "{}" | ""):
            return _reckoned(body)
        case Negative(body=body):
            return _made(node, lambda v: -v, body)
        case Terms(terms=terms):
            signs = [1 if sign == "+" else -1 for sign, _ in terms]
            return _made(node, lambda *v: sp.Add(*map(sp.Mul, signs, v)), *(part for _, part in terms))
        case Product():
            return _product(node)
        case Fraction(top=top, bottom=bottom):
            return _made(node, _over, top, bottom)
        case Power(base=base, exponent=exponent):
            return _made(node, _power, base, exponent)
        case Scripted(body=body, subs=(), sups=(exponent,), primes=0):
            return _made(node, _power, body, exponent)
        case Symbol(base="e", subs=(), sups=(exponent,), primes=0):
            return _applied(node, "exp", exponent)
        case Symbol(base="e" | "pi" as name, subs=(), sups=(), primes=0):
            return Figure(sp.Float({"e": sp.E, "pi": sp.pi}[name], DIGITS), True)
        case Call(head=head, arguments=(argument,), options=()):
            return _applied(node, head.rpartition(".")[2], argument)
        case Applied(head=Symbol(base=head, subs=(), sups=(), primes=0), argument=argument):
            return _applied(node, head, argument)
    raise NotUnderstood("a number is expected here", node.at)


def _number(node: Node, text: str) -> Figure:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > 45 or (exponent and abs(int(exponent)) > MAX_EXPONENT):
        raise NotUnderstood("the number is too large or too small for an answer", node.at)
    value = sp.Rational(mantissa.rstrip(".") or "0") * sp.Integer(10) ** int(exponent or 0)
    return Figure(value, "." in mantissa or bool(exponent))


def _product(node: Product) -> Figure:
    """Factors from left to right; a function's name stands for its value at the factor that follows."""
    factors, signs = list(node.factors), ["", *node.signs]
    found: list[tuple[str, Figure]] = []
    divided = False
    while factors:
        factor, sign = factors.pop(0), signs.pop(0)
        if sign not in ("", "·", "*", "/"):
            raise NotUnderstood(f"{sign} stands between numbers; write · or /", factor.at)
        if sign == "" and divided:
            raise NotUnderstood("is a/bc meant as (a/b)c or as a/(bc)? write brackets", factor.at)
        if (
            isinstance(factor, Symbol)
            and not (factor.subs or factor.sups or factor.primes)
            and factor.base in _FUNCTIONS
        ):
            if not factors or signs[0] != "":
                raise NotUnderstood(f"{factor.base} stands without its argument", factor.at)
            signs.pop(0)
            found.append((sign, _applied(factor, factor.base, factors.pop(0))))
        else:
            found.append((sign, _reckoned(factor)))
        divided = sign == "/"
    value, decimal = found[0][1].value, any(f.decimal for _, f in found)
    for sign, figure in found[1:]:
        value = _over(value, figure.value) if sign == "/" else value * figure.value
    return _within(node, Figure(value, decimal))


def _plain(symbol: Symbol) -> bool:
    return not (symbol.subs or symbol.sups or symbol.primes)


def _sigmoid(z: sp.Expr) -> sp.Expr:
    function = ACTIVATIONS["sigmoid"].function
    return function.expr.xreplace({function.parameters[0]: z})


_FUNCTIONS: Mapping[str, Callable[[sp.Expr], sp.Expr]] = {
    "exp": sp.exp,
    "ln": sp.log,
    "log": sp.log,
    "sqrt": sp.sqrt,
    "tanh": sp.tanh,
    "abs": sp.Abs,
    "sigmoid": _sigmoid,
    "sigma": _sigmoid,
}


def _applied(node: Node, name: str, argument: Node) -> Figure:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise NotUnderstood("a number is expected here", node.at)
    inner = _reckoned(argument)
    if name in ("ln", "log") and inner.value <= 0:
        raise NotUnderstood("the logarithm is of a positive number", node.at)
    flat = name in ("sqrt", "abs", "ln", "log")
    if abs(inner.value) > (LARGEST if flat else 300) or (name == "sqrt" and inner.value < 0):
        raise NotUnderstood("the number is too large or too small for an answer", node.at)
    value = function(inner.value)
    if value.is_Rational:
        return Figure(value, inner.decimal)
    return Figure(sp.Float(value.evalf(DIGITS), DIGITS), True)


def _made(node: Node, rule: Callable[..., sp.Expr], *parts: Node) -> Figure:
    found = [_reckoned(part) for part in parts]
    try:
        value = rule(*(f.value for f in found))
    except NotUnderstood as error:
        raise NotUnderstood(error.message, node.at) from None
    return _within(node, Figure(value, any(f.decimal for f in found) or not value.is_Rational))


def _within(node: Node, figure: Figure) -> Figure:
    value = figure.value
    if value.is_Rational and max(abs(value.p), value.q) > LARGEST:
        raise NotUnderstood("the number is too large or too small for an answer", node.at)
    if not value.is_Rational and not (value.is_Float and abs(value) < LARGEST):
        raise NotUnderstood("a real number is expected", node.at)
    return figure


def _over(top: sp.Expr, bottom: sp.Expr) -> sp.Expr:
    if bottom == 0:
        raise NotUnderstood("a division by 0")
    return top / bottom


def _power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    if not exponent.is_Rational or abs(exponent) > MAX_EXPONENT or exponent.q > 4:
        raise NotUnderstood("the exponent is too large, or no simple number")
    if (base == 0 and exponent <= 0) or (base < 0 and exponent.q > 1):
        raise NotUnderstood("such a power is no real number")
    if base.is_Rational and max(abs(base.p), base.q) > 10**6:
        raise NotUnderstood("the number is too large or too small for an answer")
    value = base**exponent
    return value if value.is_Rational else sp.Float(value.evalf(DIGITS), DIGITS)


# -- shapes and choices --------------------------------------------------------------------------------------------

Size = int | str

_SIZE = r"(\d{1,9}|[A-Za-z](?:_\{?\w{1,10}\}?|\d{1,3})?)"
_SHAPE = re.compile(
    rf"[(\[{{]?\s*{_SIZE}\s*(?:×|⨯|\*|,|;|\\times|\bby\b|\bx\b|(?<=\d)x(?=\d))\s*{_SIZE}\s*[)\]}}]?", re.IGNORECASE
)
_COUNTED = re.compile(rf"{_SIZE}\s+rows?\s*(?:,|and|×|x|by)?\s*{_SIZE}\s+col(?:umn)?s?", re.IGNORECASE)
_SET = re.compile(r"(?:.*(?:\\in|∈))?\s*(?:ℝ|\\R\b|R|\\mathbb\s*\{?R\}?)\s*\^?\s*", re.DOTALL)
_PICKED = re.compile(
    r"(?:(?:option|answer|choice|line|row|step|no\.?|nr\.?|number)\s*:?)?\s*[(\[]?\s*([a-z]|\d{1,3})\s*[)\].:]?"
)


def shape(text: str) -> tuple[Size, Size]:
    """Rows and columns: ``3×2``, ``(3, 2)``, ``3 by 2``, ``3 rows, 2 columns``, ``ℝ^{3×2}``.

    A single number stands for a column of so many, as does ``(3,)``.  Raises NotUnderstood for anything else.
    """
    inner = _bare(text)
    if "=" in inner:
        inner = inner.rpartition("=")[2].strip()
    in_set = _SET.match(inner)
    if in_set and in_set.end() < len(inner) and re.search(r"[×x,\d}]", inner[in_set.end() :]):
        inner = inner[in_set.end() :].strip()
    match = _COUNTED.fullmatch(inner) or _SHAPE.fullmatch(inner.strip("{} "))
    if match is not None:
        return _size(match[1]), _size(match[2])
    if inner.casefold() in ("scalar", "a scalar", "number", "a number"):
        return 1, 1
    single = re.fullmatch(rf"[(\[]?\s*{_SIZE}\s*,?\s*[)\]]?", inner)
    if single is not None:
        return _size(single[1]), 1
    raise NotUnderstood("a shape is expected, rows × columns, such as 3 × 2")


def _size(text: str) -> Size:
    return int(text) if text.isdigit() else re.sub(r"[{}]", "", text)


def choice(text: str, many: int, lines: bool = False) -> int:
    """Which of so ``many`` options was picked, from 0: by its letter or number; lines by their number only.

    Raises NotUnderstood for anything else.
    """
    match = _PICKED.fullmatch(_bare(text).strip("*").casefold())
    wanted = f"expected the number of one line, 1 to {many}"
    if not lines:
        wanted = f"expected the letter of one option, a to {chr(ord('a') + many - 1)}, or its number"
    if match is None:
        raise NotUnderstood(wanted)
    if match[1].isdigit():
        place = int(match[1]) - 1
    elif lines:
        raise NotUnderstood(wanted)
    else:
        place = ord(match[1]) - ord("a")
    if not 0 <= place < many:
        raise NotUnderstood(f"there is no {match[1]!r} here: {wanted}")
    return place
