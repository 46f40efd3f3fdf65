"""The matrix view: index equations written with matrices, where such a form exists.

A product under sums becomes matrix products (an index that two factors share and that is summed over), element-by-
element products ⊙ (factors with the same indices) and outer products (vectors side by side).  Which way each
matrix lies is the notation's business; the order and the transposes follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symnet.algebra.expressions import (
    ZERO,
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Index,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    bound,
    factors_of,
    mul,
)
from symnet.notation.names import Names
from symnet.render.display import (
    Call,
    Fraction,
    Group,
    Name,
    Node,
    Number,
    Power,
    Product,
    Root,
    Terms,
    Transpose,
    walk,
)
from symnet.render.formula import formula, function_name, is_coefficient, number

Side = Axis | None


class NoMatrixForm(Exception):
    """The expression has no form in matrices, element-by-element products and transposes."""


@dataclass(frozen=True, slots=True)
class Block:
    """A matrix over at most two axes; ``make(row, column)`` gives it, lying that way, as a chain of factors."""

    axes: tuple[Axis, ...]
    make: Callable[[Side, Side], list[Node]]


@dataclass(frozen=True, slots=True)
class _Wholes(Names):
    """Names of numbers among matrices: marked as matrices are, by the names that the matrices have."""

    matrices: Names = None  # type: ignore[assignment]

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The name of the whole quantity."""
        plain = tensor.role in ("cost", "constant")
        return Names.element(self, tensor, index) if plain else self.matrices.whole(tensor)


def orientation(tensor: Tensor, names: Names) -> tuple[Side, Side]:
    """The row axis and the column axis of a tensor in the notation; ``None`` is an axis of one element."""
    if tensor.role == "adjoint":
        assert tensor.of is not None
        return orientation(tensor.of, names)
    notation = names.notation
    rows = notation.layout == "rows"
    batched = bool(names.network.sample_axes)
    if tensor.role == "weight":
        inner, outer = names.network.unit_axes[tensor.layer - 1], names.network.unit_axes[tensor.layer]
        sides = (inner[0] if inner else None, outer[0] if outer else None)
        return sides if notation.orientation == "inputs x units" else (sides[1], sides[0])
    if tensor.role == "bias":
        unit = tensor.axes[0] if tensor.axes else None
        return (None, unit) if batched and rows else (unit, None)
    sample = next((a for a in tensor.axes if a.name == "s"), None)
    unit = next((a for a in tensor.axes if a.name != "s"), None)
    if not batched:
        return unit, None
    return (sample, unit) if rows else (unit, sample)


def matrix_formula(expr: Expr, sides: tuple[Side, Side], names: Names) -> Node:
    """``expr`` as a matrix with these row and column axes.

    Raises NoMatrixForm where there is none.
    """
    if expr == ZERO and sides != (None, None):
        return Name("0", "bold")
    return _shown(expr, sides[0], sides[1], names)


def _shown(expr: Expr, row: Side, column: Side, names: Names) -> Node:
    sign, body = _signed(expr, row, column, names)
    return body if sign == "+" else Terms((("-", body),))


def _signed(expr: Expr, row: Side, column: Side, names: Names) -> tuple[str, Node]:
    numbers = [f for f in factors_of(expr) if isinstance(f, Const)]
    negative = len(numbers) == 1 and bool(numbers[0].value.is_negative)
    if negative:
        rest = mul(Const(-numbers[0].value), *(f for f in factors_of(expr) if f is not numbers[0]))
        return "-", _plain(rest, row, column, names)
    return "+", _plain(expr, row, column, names)


def _plain(expr: Expr, row: Side, column: Side, names: Names) -> Node:
    if row is column is None and not (expr.axes or bound(expr)):
        return formula(expr, _Wholes(names.network, names.notation, names))
    match expr:
        case Const(value=value):
            return number(value)
        case Size():
            return formula(expr, names)
        case Add(terms=terms):
            return Terms(tuple(_signed(t, row, column, names) for t in terms))
        case Pow(base=base, exponent=exponent):
            if exponent.is_negative:
                return Fraction(
                    Number("1"), _plain(Pow(base, -exponent) if exponent != -1 else base, row, column, names)
                )
            inner = _shown(base, row, column, names)
            if exponent * 2 == 1:
                return Root(inner)
            if not expr.axes:
                return Power(inner, number(exponent))
            if exponent not in (2, 3):
                raise NoMatrixForm  # a power of a matrix would be read as its product with itself
            return Product((inner,) * int(exponent), "⊙")
        case Apply(function=function, arguments=arguments):
            shown = _shown(arguments[0], row, column, names)
            if function.opaque:
                return Call(function_name(function, names), (shown,))
            if function.name == "cases":
                raise NoMatrixForm
            if function.name == "exp" and not expr.axes:
                return Power(Name("e"), shown)
            word = {"log": "ln"}.get(function.name, function.name)
            return Call(Name(word, "upright"), (shown,), bare=word == "ln")
    return _contraction(expr, row, column, names)


def _contraction(expr: Expr, row: Side, column: Side, names: Names) -> Node:
    factors, summed = _flatten(expr)
    coefficients = [f for f in factors if is_coefficient(f) or not (f.axes or bound(f))]
    rest = [f for f in factors if f not in coefficients]
    norm = _norm(rest, summed, names)
    if norm is not None:
        return _with_coefficient(coefficients, [norm], names)
    dividing = [f for f in rest if isinstance(f, Pow) and f.exponent.is_negative]
    if dividing:
        over = mul(*(Pow(f.base, -f.exponent) if f.exponent != -1 else f.base for f in dividing if isinstance(f, Pow)))
        above = mul(*(f for f in rest if f not in dividing))
        if summed or any(f.axes != above.axes for f in dividing):
            raise NoMatrixForm
        fraction = Fraction(_shown(above, row, column, names), _shown(over, row, column, names))
        return _with_coefficient(coefficients, [fraction], names)
    blocks = _grouped(rest, summed, names)
    for axis in summed:
        blocks = _eliminate(axis, blocks, names)
    chain = _combine(blocks, row, column, names)
    return _with_coefficient(coefficients, chain, names)


def _with_coefficient(coefficients: Sequence[Expr], chain: Sequence[Node], names: Names) -> Node:
    bias = [names.whole(c.tensor) for c in coefficients if isinstance(c, Ref) and c.tensor.role == "bias"]
    scalars = [c for c in coefficients if not (isinstance(c, Ref) and c.tensor.role == "bias")]
    front = [formula(mul(*scalars), _Wholes(names.network, names.notation, names))] if mul(*scalars) != Const(1) else []
    lying = bool(chain) and isinstance(chain[0], Transpose)  # b 𝟏ᵀ, but 𝟏 b
    parts = [*front, *bias, *chain] if lying else [*front, *chain, *bias]
    if not parts:
        return Number("1")
    return parts[0] if len(parts) == 1 else Product(tuple(parts))


def _flatten(expr: Expr) -> tuple[list[Expr], list[Axis]]:
    """The factors of a product with its nested sums opened, and the axes that are summed over."""
    factors: list[Expr] = []
    summed: list[Axis] = []
    for f in factors_of(expr):
        if isinstance(f, Sum):
            inner, axes = _flatten(f.body)
            if f.axis in summed or any(f.axis in g.axes for g in factors):
                raise NoMatrixForm
            summed += [f.axis, *axes]
            factors += inner
        else:
            factors.append(f)
    return factors, summed


def _norm(factors: Sequence[Expr], summed: Sequence[Axis], names: Names) -> Node | None:
    """Σ u² over every index of u is ‖u‖²."""
    if len(factors) != 1 or not isinstance(factors[0], Pow) or factors[0].exponent != 2:
        return None
    base = factors[0].base
    if not summed or set(base.axes) != set(summed):
        return None
    sides = _natural(base, names)
    frobenius = Name("F", "upright") if len(base.axes) == 2 else None
    inner = Group(_shown(base, *sides, names), "‖‖", frobenius)
    return Power(inner, Number("2"))


def _natural(expr: Expr, names: Names) -> tuple[Side, Side]:
    """The way in which the first matrix of the expression lies."""
    from symnet.algebra.expressions import refs

    for ref in refs(expr):
        if set(ref.index) == set(expr.axes):
            sides = orientation(ref.tensor, names)
            renamed = dict(zip(ref.tensor.axes, ref.index, strict=True))
            row, column = (renamed.get(s) if s is not None else None for s in sides)
            assert not isinstance(row, int) and not isinstance(column, int)
            return row, column
    raise NoMatrixForm


def _grouped(factors: Sequence[Expr], summed: Sequence[Axis], names: Names) -> list[Block]:
    """Factors with the same indices are one block: their element-by-element product.

    Vectors along an index that is summed over stay two blocks where nothing else carries it: w·x is 𝐰ᵀ𝐱.
    """
    groups: dict[frozenset[Axis], list[Expr]] = {}
    for f in factors:
        if len(f.axes) > 2:
            raise NoMatrixForm
        groups.setdefault(frozenset(f.axes), []).append(f)
    blocks: list[Block] = []
    for axes, group in groups.items():
        alone = not any(axes < other for other in groups)
        if len(axes) == 1 and axes <= set(summed) and len(group) > 1 and alone:
            blocks += [_block(group[0].axes, group[:-1], names), _block(group[0].axes, group[-1:], names)]
        else:
            blocks.append(_block(group[0].axes, group, names))
    return blocks


def _block(axes: tuple[Axis, ...], factors: Sequence[Expr], names: Names) -> Block:
    def one(expr: Expr, row: Side, column: Side) -> Node:
        if not isinstance(expr, Ref):
            return _shown(expr, row, column, names)
        if any(isinstance(i, int) for i in expr.index):
            raise NoMatrixForm
        renamed: dict[Axis, Side] = {
            a: b for a, b in zip(expr.tensor.axes, expr.index, strict=True) if isinstance(b, Axis)
        }
        sides = tuple(renamed.get(s) if s is not None else None for s in orientation(expr.tensor, names))
        whole = names.whole(expr.tensor)
        if sides == (row, column):
            return whole
        if sides == (column, row):
            return Transpose(whole, names.notation.transpose)
        raise NoMatrixForm

    def make(row: Side, column: Side) -> list[Node]:
        parts = [one(f, row, column) for f in factors]
        return parts if len(parts) == 1 else [Product(tuple(parts), "⊙")]

    return Block(axes, make)


def _ones(axis: Axis, names: Names) -> Block:
    one = Name("1", "bold")

    def make(row: Side, column: Side) -> list[Node]:
        return [one if row == axis else Transpose(one, names.notation.transpose)]

    return Block((axis,), make)


def _transposes(chain: Sequence[Node]) -> int:
    return sum(isinstance(node, Transpose) and node.body != Name("1", "bold") for part in chain for node in walk(part))


def _other(block: Block, axis: Axis) -> Side:
    rest = [a for a in block.axes if a != axis]
    return rest[0] if rest else None


def _eliminate(axis: Axis, blocks: Sequence[Block], names: Names) -> list[Block]:
    """Contract over ``axis``: the two blocks that carry it are multiplied, a single one is multiplied by ones."""
    carrying = [b for b in blocks if axis in b.axes]
    others = [b for b in blocks if axis not in b.axes]
    if len(carrying) == 1:
        carrying.insert(0, _ones(axis, names))
    if len(carrying) != 2:
        raise NoMatrixForm
    first, second = carrying
    p, q = _other(first, axis), _other(second, axis)
    if p is not None and p == q:
        raise NoMatrixForm

    def make(row: Side, column: Side) -> list[Node]:
        ways = []
        if (p, q) == (row, column):
            ways.append(first.make(p, axis) + second.make(axis, q))
        if (q, p) == (row, column):
            ways.append(second.make(q, axis) + first.make(axis, p))
        if not ways:
            raise NoMatrixForm
        return min(ways, key=_transposes)

    return [*others, Block(tuple(a for a in (p, q) if a is not None), make)]


def _combine(blocks: Sequence[Block], row: Side, column: Side, names: Names) -> list[Node]:
    """Blocks over the free axes, multiplied element by element; vectors become outer products first."""
    scalars: list[Node] = []
    whole: list[list[Node]] = []
    down: list[Block] = []
    across: list[Block] = []
    for b in blocks:
        free = set(b.axes)
        if not free:
            scalars += b.make(None, None)
        elif free == {a for a in (row, column) if a is not None}:
            whole.append(b.make(row, column))
        elif free == {row}:
            down.append(b)
        elif free == {column}:
            across.append(b)
        else:
            raise NoMatrixForm
    if down or across:
        assert row is not None and column is not None
        left = _product_of([b.make(row, None) for b in down]) if down else _ones(row, names).make(row, None)
        right = (
            _product_of([b.make(None, column) for b in across]) if across else _ones(column, names).make(None, column)
        )
        outer = left + right
        whole.insert(0, outer)
    if not whole:
        if row is not None or column is not None:
            sides = [_ones(a, names).make(row, column) for a in (row, column) if a is not None]
            return scalars + [n for side in sides for n in side]
        return scalars
    return scalars + _product_of(whole)


def _product_of(chains: Sequence[list[Node]]) -> list[Node]:
    if len(chains) == 1:
        return list(chains[0])
    return [Product(tuple(c[0] if len(c) == 1 else Group(Product(tuple(c)), "()") for c in chains), "⊙")]
