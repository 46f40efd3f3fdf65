"""From a value to the target's indices: whether the shapes agree, and what is left free."""

from __future__ import annotations

import operator
from dataclasses import dataclass

from symnet.algebra.expressions import ZERO, Axis, Expr, Index, reindex
from symnet.check.read.matrices import beside
from symnet.check.read.partials import settled
from symnet.check.read.resolve import Resolver
from symnet.check.read.shapes import BARE, Value, described, is_open, kind, tidy
from symnet.check.read.symbols import Target
from symnet.check.read.syntax import Node, NotUnderstood
from symnet.network import SAMPLES

Note = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Placed:
    """An answer in the target's indices; ``notes`` are shape errors, and without any ``expr`` is the answer.

    ``transposed``, ``square`` and ``mapped`` are values that an answer of another shape has all the same.
    """

    expr: Expr | None
    notes: tuple[Note, ...] = ()
    shape: tuple[str, ...] = ()
    transposed: Expr | None = None
    square: Expr | None = None
    free: tuple[str, ...] = ()
    mapped: Expr | None = None


def place(resolver: Resolver, tree: Node) -> Placed:
    """One reading of the tree, in the target's indices.

    Raises NotUnderstood and ShapeError as :meth:`Resolver.value` does.
    """
    value = beside(resolver.value(tree), resolver.target.row, resolver.target.column)
    if any(is_open(a) and a.size == "?" for a in (*value.expr.axes, value.row, value.column) if a is not None):
        raise NotUnderstood("the size of I, or of a vector of ones, is not known here", tree.at)
    target, work = resolver.target, resolver.work
    value, free, notes = _indices(resolver, value)
    notes = [*work.notes, *notes]
    expr, transposed = _laid(value, target, notes)
    mapped = None if expr is not None else _mapped(value, target)
    if expr is not None:
        expr = tidy(settled(expr))
    if transposed is not None:
        transposed = tidy(settled(transposed))
    shape = () if value.is_number else tuple("1" if a is None else str(a.size) for a in (value.row, value.column))
    if work.forced or resolver.choices.taken.get("letters by use"):
        by_use = bool(resolver.choices.taken.get("letters by use")) and not (work.forced or free) and expr is not None
        swapped = expr if by_use else None
        if by_use:
            notes = notes or [("the indices are exchanged", tree.at)]
        return Placed(None, tuple(notes), shape, swapped, None if by_use else expr, free)
    return Placed(expr, tuple(notes), shape, transposed, None, free, None if mapped is None else tidy(settled(mapped)))


def _mapped(value: Value, target: Target) -> Expr | None:
    """The expression with its rows and columns taken for those of the target, where they are as long."""
    old, new = (value.row, value.column), (target.row, target.column)
    lengths = ([None if side is None else side.size for side in sides] for sides in (old, new))
    return _moved(value.expr, old, new) if operator.eq(*lengths) and not value.flat else None


def _indices(resolver: Resolver, value: Value) -> tuple[Value, tuple[str, ...], list[Note]]:
    """Letters and bare samples put on the target's axes; what has no place there is free."""
    target = resolver.target
    letters = {letter.axis: letter.name for letter in resolver.scopes.levels[0].values() if letter.axis is not None}
    moved: dict[Axis, Index] = {}
    free: list[str] = []
    notes: list[Note] = []
    wanted = {kind(a): a for a in target.axes}
    by_use = bool(resolver.choices.taken.get("letters by use"))
    for axis in value.expr.axes:
        if axis in (value.row, value.column):
            continue
        home = wanted.get(kind(axis))
        if axis == BARE:
            if home is not None:
                moved[axis] = home
            else:
                moved[axis] = SAMPLES
                free.append("the sample")
                notes.append(("the answer depends on the sample, and no sum runs over the samples", None))
        elif axis in target.axes and letters.get(axis) in target.letters:
            continue
        elif home is not None and home not in moved.values() and value.is_number and (target.whole or by_use):
            moved[axis] = home
        else:
            name = letters.get(axis, axis.name)
            free.append(name)
            notes.append((f"the index {name} is free: no sum runs over it, and what is asked for has none such", None))
            if home is None:
                moved[axis] = Axis(kind(axis), axis.size)
    expr = reindex(value.expr, {a: b for a, b in moved.items() if a != b})
    return Value(expr, value.row, value.column, value.flat), tuple(free), notes


def _laid(value: Value, target: Target, notes: list[Note]) -> tuple[Expr | None, Expr | None]:
    """The expression in the target's axes, and the one after transposing where only that fits."""
    if value.is_number:
        nothing = value.expr == ZERO  # 0 is the zero of every shape
        if target.whole and target.axes and not nothing and not set(target.axes) <= set(value.expr.axes):
            notes.append((f"this is one number, {_shape(target.row, target.column)} is needed", None))
        return value.expr, None
    sides = (value.row, value.column)
    found = _shape(*sides)
    if not target.whole or not target.axes:
        notes.append((f"this is {found}, one number is needed", None))
        return None, None
    row, column = target.row, target.column
    if value.flat and (row is None or column is None):
        sides = (value.row, None) if row is not None else (None, value.row)
    if _kinds(*sides) == _kinds(row, column):
        return _moved(value.expr, sides, (row, column)), None
    note = f"this is {found}, {_shape(row, column)} is needed"
    if _kinds(*sides) == _kinds(column, row):
        notes.append((f"{note}; it fits after transposing", None))
        return None, _moved(value.expr, sides, (column, row))
    notes.append((note, None))
    return None, None


def _kinds(*sides: Axis | None) -> tuple[str, ...]:
    return tuple("" if side is None else kind(side) for side in sides)


def _moved(expr: Expr, old: tuple[Axis | None, ...], new: tuple[Axis | None, ...]) -> Expr:
    pairs = zip(old, new, strict=True)
    return reindex(expr, {a: b for a, b in pairs if a is not None and b is not None and a != b})


def _shape(row: Axis | None, column: Axis | None) -> str:
    return f"{described(row)} × {described(column)}"
