"""Sums of products over units or samples, Σ_k a[s,k]·W[k,j]: as products of matrices, or as loops.

Small matrices are multiplied in registers (:mod:`symnet.emit.products`), large ones by BLAS.  In loops, the innermost
one runs over elements that lie side by side, so that it takes several at once.  Weights that lie the other way round
are transposed once a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

import sympy as sp

from symnet.algebra.expressions import (
    ZERO,
    Axis,
    Equation,
    Expr,
    Ref,
    Same,
    Sum,
    Tensor,
    add,
    refs,
    reindex,
    terms_of,
    transform,
    walk,
)
from symnet.lower.loops import loops
from symnet.lower.normal import summed
from symnet.lower.placed import RowVariables, fetched, nest
from symnet.lower.products import Product, product_of
from symnet.lower.rules import Step
from symnet.lower.scalars import scalar
from symnet.lower.statements import (
    Accumulate,
    Array,
    Assign,
    Dot,
    Loop,
    Matrix,
    Name,
    Number,
    Offset,
    Statement,
    Unless,
    When,
    Whole,
)

BLOCK = 8
"""Terms of a sum that are added up at once."""

SOME = 4
"""Samples that are taken at once where the innermost loop runs over a middling number of units.

LLVM writes out short loops of little work before it looks for work to do at once; these are too much for that.
"""

MIDDLING = range(8, 32)
"""Numbers of units for which that pays: fewer do not fill a register, more are not written out."""


@dataclass(slots=True)
class Blocks:
    """How sums are taken: large products by BLAS, if ``blas``; ``workspace`` and ``transposed`` are what for."""

    samples: Axis
    blas: bool
    workspace: list[Array] = field(default_factory=list)
    transposed: dict[Tensor, Tensor] = field(default_factory=dict)

    def large(self, product: Product) -> bool:
        """Whether BLAS takes it."""
        return self.blas and product.large

    def overwritten(self, equation: Equation) -> bool:
        """Whether the first tile of a sum over the samples replaces what stood in the target."""
        return isinstance(equation.right, Sum) and product_of(equation.left, equation.right) is not None


def apart(equation: Equation, blocks: Blocks) -> tuple[Equation, ...]:
    """target = Σ … + rest with a product of matrices in it → target = Σ …, then target = target + rest.

    A product in registers can begin with a row, so a bias stays with it.
    """
    terms = terms_of(equation.right)
    for k, term in enumerate(terms):
        product = product_of(equation.left, term)
        if len(terms) == 1 or product is None or blocks.samples not in equation.target.axes:
            continue
        rest = terms[:k] + terms[k + 1 :]
        bias = len(rest) == 1 and _is_row(rest[0], equation.left)
        if any(isinstance(t, Sum) for t in rest) or (bias and not blocks.large(product)):
            continue
        return Equation(equation.target, term), Equation(equation.target, add(equation.left, *rest))
    return (equation,)


def contracted(equation: Equation, blocks: Blocks, variables: RowVariables) -> list[Statement]:
    """An equation for the samples of a tile whose terms are sums over units."""
    target = equation.left
    start = add(*(t for t in terms_of(equation.right) if not isinstance(t, Sum)))
    out: list[Statement] = []
    for k, term in enumerate(t for t in terms_of(equation.right) if isinstance(t, Sum)):
        if any(isinstance(e, Same) for e in walk(term)):
            return list(loops(equation, variables))
        product = product_of(target, term)
        begin = _matrix(target, blocks, variables) if k else _row(start, target, variables)
        if product is not None and (k or start == ZERO or (begin and not blocks.large(product))):
            made = _dot(product, _matrix(target, blocks, variables), blocks, variables)
            out.append(replace(made, start=begin))
            continue
        sums = _by_sums(target, None if k else start, term, blocks, variables)
        if sums is None:
            return list(loops(equation, variables))
        out += sums
    return out


def _row(start: Expr, target: Ref, variables: RowVariables) -> Matrix | None:
    """A bias, as the row that a product begins with."""
    return Matrix(variables.where(start.tensor)) if _is_row(start, target) else None


def _is_row(expr: Expr, target: Ref) -> TypeGuard[Ref]:
    """Whether it is one number for each column of the target."""
    return isinstance(expr, Ref) and expr.index == target.index[1:]


def accumulated(equation: Equation, blocks: Blocks, variables: RowVariables) -> list[Statement]:
    """``target += Σ`` over the samples of a tile, for every term that is one."""
    target = equation.left
    out: list[Statement] = []
    for term in terms_of(equation.right):
        over, body = summed(term)
        if blocks.samples not in over:
            continue
        product = product_of(target, term)
        if product is not None:
            out += _dot_added(target, product, blocks.overwritten(equation), blocks, variables)
        elif over == (blocks.samples,) and target.index and _last(target.index[-1], refs(body)):
            out += _in_blocks(target, body, blocks.samples, variables)
        else:
            out += _one_by_one(target, over, body, variables)
    return out


def copies(blocks: Blocks, variables: RowVariables) -> list[Statement]:
    """The weights that are needed the other way round, made once a step."""
    return [
        s
        for tensor, turned in blocks.transposed.items()
        for s in loops(Equation(turned, Ref(tensor, tuple(reversed(turned.axes)))), variables)
    ]


# -- products of matrices ------------------------------------------------------------------------------------------


def _dot(product: Product, target: Matrix, blocks: Blocks, variables: RowVariables) -> Dot:
    right, (_, last) = product.right, product.right.index
    columns = None
    if not blocks.large(product):
        column = last if last != product.over else right.index[0]
        assert isinstance(column, Axis)
        turned = _turned(right, column, blocks, variables)
        assert isinstance(turned, Ref)
        right, columns = turned, int(column.size)
    turned_left = product.left.index[0] == product.over
    turned_right = right.index[1] == product.over
    return Dot(
        target,
        replace(_matrix(product.left, blocks, variables), transposed=turned_left),
        replace(_matrix(right, blocks, variables), transposed=turned_right),
        columns=columns,
    )


def _matrix(ref: Ref, blocks: Blocks, variables: RowVariables) -> Matrix:
    partly = ref.index[0] == blocks.samples and ref.tensor not in variables.data
    return Matrix(variables.where(ref.tensor), "rows" if partly else None)


def _dot_added(
    target: Ref, product: Product, replaces: bool, blocks: Blocks, variables: RowVariables
) -> list[Statement]:
    there = Matrix(variables.tensor(target.tensor))
    first = _dot(product, there, blocks, variables)
    added = replace(first, start=there)
    if not replaces:
        return [added]
    return [When("tile", "start", (first,)), Unless("tile", "start", (added,))]


def stepped(equation: Equation, parameter: str, step: Step, blocks: Blocks, variables: RowVariables) -> Statement:
    """gradient = left · right over one tile, then w ← keep·w + scale·gradient: both as one product, into the array."""
    product = product_of(equation.left, equation.right)
    assert product is not None
    there = Matrix(parameter)
    return replace(_dot(product, there, blocks, variables), start=there, scale=step.scale, keep=step.keep)


# -- in loops ------------------------------------------------------------------------------------------------------


def _last(axis: object, uses: Sequence[Ref]) -> bool:
    return all(axis not in ref.index[:-1] for ref in uses)


def _turned(body: Expr, axis: Axis, blocks: Blocks, variables: RowVariables) -> Expr | None:
    """``body`` with ``axis`` last in every use of a tensor, by means of weights that are transposed beforehand."""
    for ref in refs(body):
        if _last(axis, [ref]):
            continue
        if len(ref.index) != 2 or ref.tensor in variables.data or blocks.samples in ref.tensor.axes:
            return None

    def rule(e: Expr) -> Expr | None:
        if not isinstance(e, Ref) or _last(axis, [e]):
            return None
        if e.tensor not in blocks.transposed:
            turned = Tensor(f"{e.tensor.name} transposed", tuple(reversed(e.tensor.axes)), "transposed")
            blocks.transposed[e.tensor] = turned
            variables.arrays.add(turned)
            lengths = tuple(int(a.size) for a in turned.axes)
            blocks.workspace.append(Array(variables.tensor(turned), turned.name, lengths))
        return Ref(blocks.transposed[e.tensor], tuple(reversed(e.index)))

    return transform(body, rule)


def _by_sums(
    target: Ref, start: Expr | None, term: Expr, blocks: Blocks, variables: RowVariables
) -> list[Statement] | None:
    """The sum innermost, in a local variable."""
    over, body = summed(term)
    if len(over) != 1:
        return None
    turned = _turned(body, over[0], blocks, variables)
    if turned is None:
        return None
    kind = Accumulate if start is None else Assign
    samples, units = blocks.samples, [a for a in target.tensor.axes if a != blocks.samples]

    def made(at: Sequence[Axis]) -> list[Statement]:
        local = variables.names.inner()
        sums = [Name(local.of(("sum", a), "total")) for a in at]
        before: list[Statement] = []
        inside: list[Statement] = []
        for a, running in zip(at, sums, strict=True):
            some, first = scalar(reindex(ZERO if start is None else start, {samples: a}), variables, local)
            before += [*some, Assign(running, first)]
            some, value = scalar(reindex(turned, {samples: a}), variables, local)
            inside += [*some, Accumulate(running, value)]
        out: list[Statement] = [
            *before,
            *nest(over, inside, variables),
            *(kind(variables.element(_at(target, samples, a)), running) for a, running in zip(at, sums, strict=True)),
        ]
        for axis in reversed(units):
            out = [Loop(variables.axis(axis), variables.length(axis), tuple(out))]
        return out

    return by_blocks(samples, _some(over[0]), made, variables)


def _in_blocks(target: Ref, body: Expr, samples: Axis, variables: RowVariables) -> list[Statement]:
    """Sums over samples: the target's last axis innermost, some samples at a time, then those that are left."""
    *outer, last = target.tensor.axes

    def made(at: Sequence[Axis]) -> list[Statement]:
        value = add(*(reindex(body, {samples: a}) for a in at))
        inner = _inner(last, [(Accumulate, target, value)], variables)
        for axis in reversed(outer):
            inner = [Loop(variables.axis(axis), variables.length(axis), tuple(inner))]
        return inner

    return by_blocks(samples, BLOCK, made, variables)


def by_blocks(
    samples: Axis, size: int, made: Callable[[Sequence[Axis]], list[Statement]], variables: RowVariables
) -> list[Statement]:
    """What is made for some samples of the tile at a time, then for those that are left, one by one."""
    if size == 1:
        return [Loop("s", "rows", tuple(made([samples])))]
    begin = variables.names.of(("block", samples), "first")
    some = _run(samples, begin, size, variables)
    return [
        Loop(begin, Whole("rows", size), tuple(made(some)), 0, size),
        Loop("s", "rows", tuple(made([samples])), Whole("rows", size)),
    ]


def _run(axis: Axis, begin: str, size: int, variables: RowVariables) -> list[Axis]:
    """Neighbouring places along an axis, from ``begin`` on."""
    out = [Axis(f"{axis.name}+{c}", axis.size) for c in range(size)]
    variables.places |= {place: Offset(begin, c) for c, place in enumerate(out)}
    return out


Target = tuple[type[Assign] | type[Accumulate], Ref, Expr]


def _inner(axis: Axis, made: Sequence[Target], variables: RowVariables) -> list[Statement]:
    """The innermost loop, after what it fetches."""
    local = variables.names.inner()
    body: list[Statement] = []
    for kind, target, value in made:
        before, what = scalar(value, variables, local)
        body += [*before, kind(variables.element(target), what)]
    index = variables.axis(axis)
    fixed, body = fetched(body, index, local)
    return [*fixed, Loop(index, variables.length(axis), tuple(body))]


def elementwise(group: Sequence[Equation], samples: Axis, variables: RowVariables) -> list[Statement]:
    """Equations with axes samples × units, some samples at a time, the units innermost."""
    (_, last) = group[0].target.axes

    def made(at: Sequence[Axis]) -> list[Statement]:
        return _inner(
            last,
            [(Assign, _at(e.left, samples, a), reindex(e.right, {samples: a})) for e in group for a in at],
            variables,
        )

    return by_blocks(samples, _some(last), made, variables)


def _some(axis: Axis) -> int:
    return SOME if int(axis.size) in MIDDLING else 1


def _at(ref: Ref, axis: Axis, place: Axis) -> Ref:
    return Ref(ref.tensor, tuple(place if i == axis else i for i in ref.index))


def _one_by_one(target: Ref, over: Sequence[Axis], body: Expr, variables: RowVariables) -> list[Statement]:
    local = variables.names.inner()
    if target.index:
        before, value = scalar(body, variables, local)
        axes = (*over, *target.tensor.axes)
        return nest(axes, [*before, Accumulate(variables.element(target), value)], variables)
    running = Name(local.of("sum", "total"))
    before, value = scalar(body, variables, local)
    return [
        Assign(running, Number(sp.S.Zero)),
        *nest(over, [*before, Accumulate(running, value)], variables),
        Accumulate(variables.element(target), running),
    ]
