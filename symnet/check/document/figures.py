"""Numbers as a document writes them: their exact value, and how far the last printed digit lets them be off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import sympy as sp

from symnet.check.read.syntax import (
    Fraction,
    Group,
    Listing,
    Matrix,
    Negative,
    Node,
    Number,
    Product,
    Scripted,
    Symbol,
)

MAX_DIGITS = 40
MAX_EXPONENT = 60
SLACKEN, SHARE = 5, sp.Rational(1, 20)
"""So many units of the last printed digit, but no more than this share of the value, may be the rounding of something
in between, where nothing is exact."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as printed: ``unit`` is what its last digit counts, None for a whole number or a fraction.

    ``worked`` says that it is not printed, but what printed arithmetic comes to.
    """

    value: sp.Rational
    unit: sp.Rational | None = None
    worked: bool = False


Rows = tuple[tuple[Figure, ...], ...]


def figure(node: Node) -> Figure | None:
    """A number written out: −3, 0.25, 1/3, 1.2 · 10⁻³; None for anything else."""
    match node:
        case Number(text=text) if len(text) <= MAX_DIGITS:
            whole, _, decimals = text.partition(".")
            unit = sp.Rational(1, 10 ** len(decimals)) if decimals else None
            return Figure(sp.Rational(f"{whole or 0}.{decimals}" if decimals else whole), unit)
        case Group(body=body, delimiter="()"):
            return figure(body)
        case Negative(body=body):
            inner = figure(body)
            return None if inner is None else Figure(-inner.value, inner.unit)
        case Fraction(top=top, bottom=bottom):
            return _ratio(figure(top), figure(bottom))
        case Product(factors=(first, second), signs=("/",)):
            return _ratio(figure(first), figure(second))
        case Product(factors=(first, Scripted(body=Number(text="10"), subs=(), sups=(power,)))):
            mantissa, exponent = figure(first), figure(power)
            small = exponent is not None and exponent.value.is_Integer and abs(exponent.value) <= MAX_EXPONENT
            if mantissa is not None and exponent is not None and small:
                scale = sp.Integer(10) ** exponent.value
                return Figure(mantissa.value * scale, (mantissa.unit or sp.Integer(1)) * scale)
    return None


def _ratio(top: Figure | None, bottom: Figure | None) -> Figure | None:
    exact = top is not None and bottom is not None and top.unit is None and bottom.unit is None
    if not exact or top is None or bottom is None or bottom.value == 0:
        return None
    return Figure(top.value / bottom.value)


def table(node: Node) -> Rows | None:
    """Numbers written out as a number (1 × 1), a vector (a row for every entry) or a matrix; None for anything else."""
    match node:
        case Group(body=Matrix() as inner):
            return table(inner)
        case Group(body=Listing(items=items)) if all(
            isinstance(i, Group) and isinstance(i.body, Listing) for i in items
        ):
            return _rows([i.body.items for i in items])  # type: ignore[attr-defined]
        case Group(body=Listing(items=items)):
            return _rows([(item,) for item in items])
        case Matrix(rows=rows):
            return _rows(rows)
        case Scripted(body=body, subs=(), sups=(Symbol(base="top" | "T", subs=()),), primes=0):
            inner_rows = table(body)
            return None if inner_rows is None else tuple(zip(*inner_rows, strict=True))
    single = figure(node)
    return None if single is None else ((single,),)


def _rows(rows: Any) -> Rows | None:
    found = [[figure(entry) for entry in row] for row in rows]
    if len({len(row) for row in found}) != 1 or any(entry is None for row in found for entry in row):
        return None
    return tuple(tuple(entry for entry in row if entry is not None) for row in found)


# -- rounding ----------------------------------------------------------------------------------------------------

Agreement = Literal["exact", "rounded", "near", "differs"]
"""``near`` is what rounding in between may explain: it is neither right nor wrong."""


def agreement(actual: sp.Expr, claimed: Figure, slack: sp.Expr = sp.S.Zero, approximate: bool = False) -> Agreement:
    """How a printed number agrees with a value; ``slack`` is what the value itself may be off by."""
    gap = abs(actual - claimed.value)
    if gap == 0:
        return "exact"
    exact = bool(actual.is_Rational)
    if claimed.unit is None:
        if not exact and gap <= sp.Rational(1, 10**12) * max(1, abs(claimed.value)):
            return "rounded"
        if claimed.worked and gap <= slack:
            return "rounded"
        if approximate and claimed.value.is_Integer and gap <= sp.Rational(1, 2):
            return "rounded"
        whole = claimed.value.is_Integer and not (exact and actual.is_Integer)
        return "near" if gap <= slack or (whole and gap < sp.Rational(1, 2)) else "differs"
    truncated = gap < claimed.unit and (abs(claimed.value) < abs(actual))
    if gap <= claimed.unit * sp.Rational(50001, 100000) or (truncated and not (exact and _ends(actual, claimed.unit))):
        return "rounded"
    if gap <= slack + claimed.unit * (1 if approximate else 0):
        return "rounded" if gap <= slack + claimed.unit else "near"
    return "near" if not exact and gap <= min(SLACKEN * claimed.unit, SHARE * abs(actual)) else "differs"


def _ends(value: sp.Expr, unit: sp.Rational) -> bool:
    """Whether an exact value has not more than one digit more than are printed: then it is rounded, not cut off."""
    return bool((value * 10 / unit).is_Integer)


def loosened(tree: Node, exact: frozenset[sp.Rational]) -> Iterator[Node]:
    """The tree with every decimal number in turn half a unit larger.

    Left out are numbers that are data, and those of a single digit (0.5), which nobody has rounded.
    """
    for node in _numbers(tree):
        found = figure(node)
        if found is None or found.unit is None or found.value in exact:
            continue
        if len(node.text.replace(".", "").strip("0")) > 1:
            yield _put(tree, node, Number(node.at, _decimal(found.value + found.unit / 2)))


def _decimal(value: sp.Rational) -> str:
    places = max(1, len(str(value.q)))
    scaled = int(value * 10**places)
    text = str(abs(scaled)).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}"


def _numbers(node: Any) -> Iterator[Number]:
    if isinstance(node, Number):
        yield node
    elif isinstance(node, Symbol):
        return
    elif isinstance(node, Scripted):
        yield from _numbers(node.body)
    elif isinstance(node, Node):
        for f in fields(node):
            yield from _numbers(getattr(node, f.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from _numbers(item)


def _put(tree: Any, old: Node, new: Node) -> Any:
    if tree is old:
        return new
    if isinstance(tree, tuple):
        return tuple(_put(item, old, new) for item in tree)
    if isinstance(tree, Node):
        return replace(tree, **{f.name: _put(getattr(tree, f.name), old, new) for f in fields(tree)})
    return tree


def printed(value: sp.Expr, like: Figure | None = None) -> str:
    """A value for people: exact where it is short, else with a few digits more than ``like`` has."""
    if value.is_Integer:
        return str(value)
    if value.is_Rational:
        twos = value.q
        for prime in (2, 5):
            while twos % prime == 0:
                twos //= prime
        if twos != 1:
            return f"{value.p}/{value.q}" if len(str(value.q)) < 6 else f"{float(value):.8g}"
        return f"{float(value):.10g}"
    digits = 10 if like is None or like.unit is None else max(6, len(str(like.unit.q)) + 3)
    return f"{float(value):.{min(digits, 15)}g}"
