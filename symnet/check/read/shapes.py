"""Expressions that lie as matrices: which axis runs down and which across, and what products of them mean.

Axes are compared by what they are (samples, units of layer 1), never by their lengths: a product that contracts two
different axes is a shape error even where the sizes agree.  Such an error is noted and the reading goes on as if the
axes were one, which has a value where the sizes are equal, so that a diagnosis can say more than "shape".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import sympy as sp

from symnet.algebra.expressions import (
    ONE,
    Axis,
    Const,
    Expr,
    Mul,
    Ref,
    Same,
    Size,
    Sum,
    add,
    children,
    factors_of,
    mul,
    power,
    rebuild,
    reindex,
    walk,
)
from symnet.network import SAMPLES

BARE = Axis("bare", SAMPLES.size)
"""The sample of a quantity that was written without one."""


class ShapeError(Exception):
    """An operation on shapes that do not fit, and that no equality of sizes could make fit."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.position = message, position


@dataclass(frozen=True, slots=True)
class Value:
    """An expression with its row and column axis (None: one element).

    ``flat`` is a NumPy array of one dimension: a vector that is neither row nor column; its axis is ``row``.
    """

    expr: Expr
    row: Axis | None = None
    column: Axis | None = None
    flat: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it has neither rows nor columns."""
        return self.row is None and self.column is None

    @property
    def vector(self) -> Axis | None:
        """The axis of a row, a column or a flat vector; None for a number or a matrix."""
        return None if self.row is not None and self.column is not None else self.row or self.column


@dataclass(slots=True)
class Workspace:
    """Fresh axes, and the shape errors that were noted on the way."""

    counter: int = 0
    notes: list[tuple[str, int | None]] = field(default_factory=list)
    forced: bool = False

    def fresh(self, axis: Axis) -> Axis:
        """A running index over the same thing as ``axis`` that is used nowhere else."""
        self.counter += 1
        return Axis(axis.name.rstrip("'") + "'" * self.counter, axis.size)

    def anything(self) -> Axis:
        """An axis that will be whatever it meets."""
        self.counter += 1
        return Axis(f"any{self.counter}", "?")

    def note(self, message: str, position: int | None, forced: bool = True) -> None:
        """Remember a shape error; ``forced`` if the reading only has a value where sizes are equal."""
        self.notes.append((message, position))
        self.forced = self.forced or forced


def kind(axis: Axis) -> str:
    """What an axis runs over, whatever the name of the running index."""
    return "s" if axis == BARE else axis.name.rstrip("'")


def is_open(axis: Axis) -> bool:
    """Whether the axis is still to be found out (of I or of a vector of ones)."""
    return axis.name.startswith("any")


def described(axis: Axis | None) -> str:
    """An axis in words."""
    if axis is None:
        return "1"
    name = kind(axis)
    if is_open(axis):
        return "any size" if axis.size == "?" else str(axis.size)
    if name == "s":
        return f"{axis.size} samples"
    return f"{axis.size} {'inputs' if name == 'u0' else f'units of layer {name[1:]}'}"


def rename(value: Value, old: Axis, new: Axis) -> Value:
    """``value`` with one running index renamed."""
    if old == new:
        return value
    return replace(
        value,
        expr=reindex(value.expr, {old: new}),
        row=new if value.row == old else value.row,
        column=new if value.column == old else value.column,
    )


def unify(a: Value, b: Value, x: Axis, y: Axis, work: Workspace, at: int, what: str) -> tuple[Value, Value, Axis]:
    """Both values with axis ``x`` of the first and ``y`` of the second made one."""
    lengths = [axis.size for axis in (x, y) if isinstance(axis.size, int)]
    if (is_open(x) or is_open(y)) and len(set(lengths)) > 1:
        raise ShapeError(f"{what}: {x.size} entries meet {y.size}", at)
    if is_open(x):
        return rename(a, x, y), b, y
    if kind(x) != kind(y) and not is_open(y):
        work.note(f"{what}: {described(x)} meet {described(y)}", at)
    return a, rename(b, y, x), x


def scaled(number: Value, other: Value) -> Value:
    """A number times anything."""
    return replace(other, expr=mul(number.expr, other.expr))


def summed(axis: Axis, body: Expr) -> Expr:
    """Σ over ``axis``; a Kronecker δ in the product picks its term."""
    factors = factors_of(body)
    for k, factor in enumerate(factors):
        if isinstance(factor, Same) and not factor.negated and axis in (factor.first, factor.second):
            other = factor.second if factor.first == axis else factor.first
            if isinstance(other, Axis) and other != axis and kind(other) == kind(axis):
                return reindex(mul(*factors[:k], *factors[k + 1 :]), {axis: other})
    return Sum(axis, body)


def matmul(a: Value, b: Value, work: Workspace, at: int) -> Value:
    """The matrix product, by axes; a column times a row is an outer product."""
    if a.is_number or b.is_number:
        scaled_value = scaled(a, b) if a.is_number else replace(a, expr=mul(a.expr, b.expr))
        return scaled_value
    if a.flat or b.flat:
        return _flat_product(a, b, work, at)
    if a.column is not None and b.row is not None:
        a, b, shared = unify(a, b, a.column, b.row, work, at, "the product does not fit")
        return Value(summed(shared, mul(a.expr, b.expr)), a.row, b.column)
    if a.column is None and b.row is None:
        return Value(mul(a.expr, b.expr), a.row, b.column)
    left, right = _shape(a), _shape(b)
    raise ShapeError(f"the product does not fit: {left} times {right}", at)


def _flat_product(a: Value, b: Value, work: Workspace, at: int) -> Value:
    first = a.row if a.flat else a.column
    second = b.row
    if first is None or second is None:
        raise ShapeError(f"the product does not fit: {_shape(a)} times {_shape(b)}", at)
    a, b, shared = unify(a, b, first, second, work, at, "the product does not fit")
    row = None if a.flat else a.row
    column = None if b.flat else b.column
    expr = summed(shared, mul(a.expr, b.expr))
    if row is not None and column is not None:
        return Value(expr, row, column)
    return Value(expr, row or column, None, (row or column) is not None)


def _shape(value: Value) -> str:
    if value.flat:
        return f"({described(value.row)},)"
    return f"({described(value.row)}) × ({described(value.column)})"


def aligned(a: Value, b: Value, work: Workspace, at: int, broadcast: bool, what: str) -> tuple[Value, Value]:
    """Both values over the same axes, as element-by-element operations need them.

    With ``broadcast`` a missing axis is filled as NumPy does; without it only numbers that are no quantities
    (the 1 in 1 − a) and biases stand for a whole array.
    """
    if a.is_number or b.is_number:
        number, other = (a, b) if a.is_number else (b, a)
        if not (broadcast or other.is_number or _spreads(number.expr)):
            work.note(f"{what}: a number and {_shape(other)}", at, forced=False)
        filled = Value(number.expr, other.row, other.column, other.flat)
        return (filled, b) if a.is_number else (a, filled)
    if a.flat and not b.flat:
        a = _directed(a, b)
    elif b.flat and not a.flat:
        b = _directed(b, a)
    for side in ("row", "column"):
        x, y = getattr(a, side), getattr(b, side)
        if x is not None and y is not None:
            a, b, _ = unify(a, b, x, y, work, at, what)
        elif x is not y and not (broadcast or _added_bias(a, b)):
            raise ShapeError(f"{what}: {_shape(a)} and {_shape(b)}", at)
    row, column = a.row or b.row, a.column or b.column
    return replace(a, row=row, column=column), replace(b, row=row, column=column)


def _directed(flat: Value, other: Value) -> Value:
    """A flat vector laid along the columns of ``other``, as NumPy broadcasts it, or along its only axis."""
    if other.vector is not None:
        along_row = other.row is not None
        return Value(flat.expr, flat.row if along_row else None, None if along_row else flat.row)
    return Value(flat.expr, None, flat.row)


def _spreads(expr: Expr) -> bool:
    used = [n for n in walk(expr) if isinstance(n, Ref | Size)]
    return not used or all(isinstance(n, Ref) and n.tensor.role == "bias" for n in used)


def _added_bias(a: Value, b: Value) -> bool:
    """Whether one of them is a bias, which lecture notes add to every row or column."""
    return any(isinstance(v.expr, Ref) and v.expr.tensor.role == "bias" for v in (a, b))


def elementwise(a: Value, b: Value, work: Workspace, at: int, broadcast: bool) -> Value:
    """The element-by-element product."""
    if a.is_number or b.is_number:
        return scaled(a, b) if a.is_number else replace(a, expr=mul(a.expr, b.expr))
    a, b = aligned(a, b, work, at, broadcast, "the element-by-element product does not fit")
    return replace(a, expr=mul(a.expr, b.expr))


def plus(values: list[tuple[str, Value, int]], work: Workspace, broadcast: bool) -> Value:
    """A signed sum."""
    sign, total, _ = values[0]
    out = negated(total) if sign == "-" else total
    for sign, value, at in values[1:]:
        out, value = aligned(out, negated(value) if sign == "-" else value, work, at, broadcast, "the sum does not fit")
        out = replace(out, expr=add(out.expr, value.expr))
    return out


def negated(value: Value) -> Value:
    """−value."""
    expr = value.expr
    if isinstance(expr, Const):
        return replace(value, expr=Const(-expr.value))
    if isinstance(expr, Mul) and isinstance(expr.factors[0], Const):
        return replace(value, expr=mul(Const(-expr.factors[0].value), *expr.factors[1:]))
    return replace(value, expr=mul(Const(sp.S.NegativeOne), expr))


def transposed(value: Value) -> Value:
    """Rows and columns exchanged; a flat vector stays what it is."""
    return value if value.flat else replace(value, row=value.column, column=value.row)


def raised(value: Value, exponent: sp.Expr) -> Value:
    """Every element to a constant power."""
    expr = value.expr
    if isinstance(expr, Const) and (expr.value != 0 or exponent.is_positive):
        return replace(value, expr=Const(expr.value**exponent))
    if expr == ONE:
        return value
    return replace(value, expr=power(expr, exponent))


def everything(value: Value) -> Value:
    """The sum of all elements."""
    expr = value.expr
    for axis in (value.column, value.row):
        if axis is not None:
            if is_open(axis):
                raise ShapeError("the size of what is summed over is not known")
            expr = summed(axis, expr)
    return Value(expr)


def diagonal(value: Value, work: Workspace, at: int) -> Value:
    """diag(v): the matrix with v on its diagonal."""
    axis = value.vector
    if axis is None:
        raise ShapeError("diag needs a vector", at)
    other = work.fresh(axis)
    return Value(mul(Same(axis, other), value.expr), axis, other)


def outer(a: Value, b: Value, at: int) -> Value:
    """The outer product of two vectors."""
    if a.is_number or b.is_number:
        return scaled(a, replace(b, flat=False)) if a.is_number else scaled(b, replace(a, flat=False))
    if a.vector is None or b.vector is None:
        raise ShapeError("an outer product needs two vectors", at)
    return Value(mul(a.expr, b.expr), a.vector, b.vector)


def inner(a: Value, b: Value, work: Workspace, at: int) -> Value:
    """The inner product of two vectors."""
    if a.vector is None or b.vector is None:
        raise ShapeError("an inner product needs two vectors", at)
    a, b, shared = unify(a, b, a.vector, b.vector, work, at, "the inner product does not fit")
    return Value(summed(shared, mul(a.expr, b.expr)))


def tidy(expr: Expr, scope: frozenset[str] = frozenset()) -> Expr:
    """``expr`` with its summation indices renamed to the fewest strokes."""
    if isinstance(expr, Sum):
        taken = scope | {a.name for a in expr.axes}
        name = kind(expr.axis)
        while name in taken:
            name += "'"
        new = Axis(name, expr.axis.size)
        body = expr.body if new == expr.axis else reindex(expr.body, {expr.axis: new})
        return Sum(new, tidy(body, taken | {name}))
    parts = children(expr)
    return rebuild(expr, tuple(tidy(part, scope) for part in parts)) if parts else expr
