"""The statements that every target language has: loops over axes, assignments to elements, scalar expressions.

Indices are names of loop variables or numbers counted from 0; a length is a number, the name of a run-time length, or a
multiple of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True, slots=True)
class Whole:
    """The largest multiple of ``step`` that is not above the length."""

    length: str
    step: int


@dataclass(frozen=True, slots=True)
class Product:
    """A length times a number."""

    length: str
    times: int


Length = int | str
End = Length | Whole | Product


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, exact (a sympy number)."""

    value: sp.Expr


ONE = Number(sp.S.One)


@dataclass(frozen=True, slots=True)
class Name:
    """A scalar variable, or a run-time length."""

    name: str


@dataclass(frozen=True, slots=True)
class Offset:
    """An index counted from where a part begins."""

    start: str
    index: str | int


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an array."""

    array: str
    index: tuple[str | int | Offset, ...]


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


@dataclass(frozen=True, slots=True)
class Converted:
    """A value of another kind of number (a length, a sum in double precision) in the precision of the function."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Double:
    """A number in double precision, whatever the precision of the function."""

    value: Number


Scalar = Number | Name | Element | Plus | Times | Raise | Formula | Converted | Double


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
class Enlarge:
    """``target = max(target, value)``."""

    target: Name | Element
    value: Scalar


@dataclass(frozen=True, slots=True)
class Flat:
    """``name = the elements of the array one after another``, in place."""

    name: str
    array: str


@dataclass(frozen=True, slots=True)
class View:
    """``name = the elements of the array from ``first`` to before ``end`` along its first dimension``, in place."""

    name: str
    array: str
    first: str
    end: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """An array of two dimensions as a factor: its first ``rows`` (all: None), ``transposed`` or not."""

    array: str
    rows: str | None = None
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """``target = scale · left · right + keep · start``, a product of matrices; the target is not transposed.

    ``start`` is nothing, one row for all, or the target itself.  With ``columns``, their number, it is computed in
    registers and the right factor is not transposed, else by BLAS, which takes no row.
    """

    target: Matrix
    left: Matrix
    right: Matrix
    start: Matrix | None = None
    scale: Scalar = ONE
    keep: Scalar = ONE
    columns: int | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """The body for index = first, first + step, … below the end."""

    index: str
    end: End
    body: tuple[Statement, ...]
    first: End = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class Parts:
    """The body for parts of [first, end) with at most ``most`` in each: from ``start`` to before ``stop``."""

    start: str
    stop: str
    first: Length
    end: Length
    most: Length
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Unless:
    """The body, unless two indices are equal."""

    first: str | int
    second: str | int
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class When:
    """The body, if two indices are equal."""

    first: str
    second: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class InDouble:
    """The body in double precision, whatever the precision of the function."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Statements that compute what the title, an equation in plain text, says; ``note`` says how."""

    title: str
    body: tuple[Statement, ...]
    note: str = ""


Statement = (
    Extent | Assign | Accumulate | Enlarge | Flat | View | Dot | Loop | Parts | Unless | When | InDouble | Section
)


@dataclass(frozen=True, slots=True)
class Array:
    """An array (or, without lengths, a number) and the name of the quantity that it holds.

    ``double``: it is in double precision, whatever the precision of the function.
    """

    name: str
    quantity: str
    lengths: tuple[Length, ...]
    double: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function that reads ``inputs``, fills the arrays ``outputs`` and ``workspace``, and returns ``returns``.

    It allocates nothing: whoever calls it in a loop allocates once.  ``returns`` are scalars.  ``reorders``: sums may
    be taken in any order, and products and sums be fused.
    """

    name: str
    about: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    workspace: tuple[Array, ...]
    body: tuple[Statement, ...]
    returns: tuple[Array, ...]
    reorders: bool = False


def used(scalar: Scalar) -> set[str]:
    """The loop variables and scalar variables that the value of ``scalar`` depends on."""
    match scalar:
        case Name(name=name):
            return {name}
        case Element(index=index):
            return {i for i in index if isinstance(i, str)} | {
                part for i in index if isinstance(i, Offset) for part in (i.start, i.index) if isinstance(part, str)
            }
        case Plus(terms=parts) | Times(factors=parts):
            return set().union(*map(used, parts))
        case Raise(base=part) | Converted(value=part):
            return used(part)
        case Formula(names=names):
            return set().union(*(used(part) for _, part in names))
    return set()
