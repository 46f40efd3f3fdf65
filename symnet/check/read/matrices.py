"""Matrices and vectors written out: their entries, and which axes they turn out to lie along.

A matrix that is written out has rows and columns of known length, but what they run over is said only by what it
meets: a factor, a term, or the quantity that is asked for.  Until then its axes are open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from symnet.algebra.expressions import Axis, Expr, Same, add, mul
from symnet.check.read.shapes import ShapeError, Value, is_open, rename
from symnet.check.read.syntax import Listing, Matrix, Node, NotUnderstood, Number

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

MAX_ENTRIES = 400


def matrix(resolver: Resolver, node: Matrix) -> Value:
    """A matrix environment: the sum of its entries, each where its row and its column are.

    Raises ShapeError for rows of different lengths and for entries that are no numbers.
    """
    widths = {len(row) for row in node.rows}
    if len(widths) > 1:
        raise ShapeError("the rows of this matrix have different lengths", node.at)
    (width,) = widths
    if width * len(node.rows) > MAX_ENTRIES:
        raise NotUnderstood(f"a matrix of more than {MAX_ENTRIES} entries", node.at)
    row = _open(resolver, len(node.rows))
    column = _open(resolver, width)
    terms = [
        mul(*_at(row, i), *_at(column, j), _number(resolver, entry))
        for i, entries in enumerate(node.rows, 1)
        for j, entry in enumerate(entries, 1)
    ]
    return Value(add(*terms), row, column)


def vector(resolver: Resolver, node: Listing) -> Value:
    """Numbers between commas in brackets: a vector that is neither row nor column.

    Raises NotUnderstood for (0,5), which may be a decimal number.
    """
    match node.items:
        case (Number(at=at, text=text), Number(at=after)) if after == at + len(text) + 1:
            raise NotUnderstood("a comma between digits: a decimal number, or two? write 0.5, or a space", at)
    axis = _open(resolver, len(node.items))
    terms = [mul(*_at(axis, k), _number(resolver, item)) for k, item in enumerate(node.items, 1)]
    return Value(add(*terms), axis, None, axis is not None)


def beside(value: Value, row: Axis | None, column: Axis | None) -> Value:
    """``value`` with its open axes made those of what is asked for, where the lengths agree, if only transposed."""
    if value.flat:
        return _along(value, (value.row,), (row or column,)) if row is None or column is None else value
    own = (value.row, value.column)
    fits = all((a is None) == (b is None) for a, b in zip(own, (row, column), strict=True))
    return _along(value, own, (row, column) if fits else (column, row))


def _along(value: Value, own: tuple[Axis | None, ...], asked: tuple[Axis | None, ...]) -> Value:
    for mine, theirs in zip(own, asked, strict=True):
        if mine is not None and theirs is not None and is_open(mine) and mine.size == theirs.size:
            value = rename(value, mine, theirs)
    return value


def _open(resolver: Resolver, length: int) -> Axis | None:
    return None if length == 1 else replace(resolver.work.anything(), size=length)


def _at(axis: Axis | None, place: int) -> tuple[Expr, ...]:
    return () if axis is None else (Same(axis, place),)


def _number(resolver: Resolver, node: Node) -> Expr:
    value = resolver.value(node)
    if not value.is_number:
        raise ShapeError("an entry of a matrix is one number", node.at)
    return value.expr
