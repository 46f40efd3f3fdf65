"""The statements that every target language has: loops over axes, assignments to elements, scalar expressions.

Indices are names of loop variables or numbers counted from 0; a length is a number or the name of a run-time length.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

Length = int | str


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, exact (a sympy number)."""

    value: sp.Expr


@dataclass(frozen=True, slots=True)
class Name:
    """A scalar variable, or a run-time length."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an array."""

    array: str
    index: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Plus:
    """A sum, evaluated from left to right."""

    terms: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A product; factors with the exponent −1 are divisions."""

    factors: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Raise:
    """base ** exponent with a constant exponent."""

    base: Scalar
    exponent: sp.Expr


@dataclass(frozen=True, slots=True)
class Formula:
    """A sympy expression with a scalar in place of each of its symbols.

    A scalar that is more than a name or an element stands in for a symbol that occurs once.
    """

    expr: sp.Expr
    names: tuple[tuple[sp.Symbol, Scalar], ...]


Scalar = Number | Name | Element | Plus | Times | Raise | Formula


@dataclass(frozen=True, slots=True)
class Extent:
    """``name = length of the array along a dimension``."""

    name: str
    array: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``."""

    target: Name | Element
    value: Scalar


@dataclass(frozen=True, slots=True)
class Accumulate:
    """``target = target + value``."""

    target: Name | Element
    value: Scalar


@dataclass(frozen=True, slots=True)
class Loop:
    """The body for index = 0, 1, … length − 1."""

    index: str
    length: Length
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Statements that compute what the title, an equation in plain text, says."""

    title: str
    body: tuple[Statement, ...]


Statement = Extent | Assign | Accumulate | Loop | Section


@dataclass(frozen=True, slots=True)
class Array:
    """An array (or, without lengths, a number) and the name of the quantity that it holds."""

    name: str
    quantity: str
    lengths: tuple[Length, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that reads ``inputs``, fills the arrays ``outputs`` and ``workspace``, and returns ``returns``.

    It allocates nothing: whoever calls it in a loop allocates once.  ``returns`` are scalars.
    """

    name: str
    about: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    workspace: tuple[Array, ...]
    body: tuple[Statement, ...]
    returns: tuple[Array, ...]


def used(scalar: Scalar) -> set[str]:
    """The loop variables and scalar variables that the value of ``scalar`` depends on."""
    match scalar:
        case Name(name=name):
            return {name}
        case Element(index=index):
            return {i for i in index if isinstance(i, str)}
        case Plus(terms=parts) | Times(factors=parts):
            return set().union(*map(used, parts))
        case Raise(base=base):
            return used(base)
        case Formula(names=names):
            return set().union(*(used(part) for _, part in names))
    return set()
