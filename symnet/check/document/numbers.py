"""Worked numbers: the values that a document gives, and what it says they lead to.

Values are gathered wherever a document gives them, also below the line that uses them.  A number is called wrong only
if it is wrong for every way in which the values that were given may belong to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import sympy as sp

from symnet.algebra.expressions import (
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    reindex,
    transform,
)
from symnet.check.decide.points import laboratory
from symnet.check.document.equations import Equation as Written
from symnet.check.document.figures import Rows, table
from symnet.check.document.passages import Place
from symnet.check.document.sides import Side, Subject, kind_of, parsed, readings
from symnet.check.read.partials import settled
from symnet.check.read.shapes import BARE, Value
from symnet.check.read.syntax import NotUnderstood
from symnet.derive.numbers import evaluate
from symnet.errors import SymnetError
from symnet.network import SAMPLES, Network

DIGITS = 15
MAX_TERMS = 3_000
"""Of a sum that is worked out."""

Key = tuple[Tensor, tuple[int, ...]]
Array = tuple[tuple[sp.Expr, ...], ...]


class Missing(Exception):
    """A value that the document does not give; the name is the quantity's."""

    def __init__(self, tensor: Tensor, index: tuple[int, ...]) -> None:
        super().__init__(tensor.name)
        self.tensor, self.index = tensor, index


@dataclass(frozen=True, slots=True)
class Given:
    """A quantity that an equation of the document gives numbers for."""

    equation: Written
    subject: Subject
    tensor: Tensor | None
    values: Mapping[tuple[int, ...], sp.Rational]
    rows: Rows
    transposed: bool | None = None
    """Of a weight matrix: whether it lies the other way than the notation says; None where nothing shows it."""

    @property
    def place(self) -> Place:
        """Where it is given."""
        return self.equation.place()


def given(equation: Written, subject: Subject) -> Given | None:
    """What an equation such as ``w_1 = 3`` or ``W = [[4, 3], [1, 4]]`` gives; None if it gives nothing."""
    if len(equation.members) != 2 or equation.listing or equation.conditional or equation.wanted:
        return None
    if equation.members[1].relation != "=":
        return None
    left, right = equation.members
    try:
        tree, _ = parsed(right.text, subject.vocabulary, equation.formula.syntax)
    except NotUnderstood:
        return None
    rows = table(tree)
    if rows is None:
        return None
    for side in readings(left.text, subject, equation.formula.syntax):
        if kind_of(side) != "given" or not isinstance(side, Side) or side.letters:
            continue
        if isinstance(side.expr, Size) and len(rows) == len(rows[0]) == 1:
            return Given(equation, subject, None, {(): rows[0][0].value}, rows)
        if isinstance(side.expr, Ref):
            found = _fitted(side, side.expr, rows)
            if found is not None:
                return Given(equation, subject, side.expr.tensor, *found)
    return None


def _fitted(side: Side, ref: Ref, rows: Rows) -> tuple[dict[tuple[int, ...], sp.Rational], Rows, bool | None] | None:
    """The values by index, where the numbers have the quantity's shape, possibly transposed."""
    height, width = len(rows), len(rows[0])
    sides = (side.row, side.column)
    square = height == width or None in sides
    for flipped in (False, True):
        if flipped and square and not (height > 1) ^ (width > 1):
            break
        own = tuple(zip(*rows, strict=True)) if flipped else rows
        sizes = (len(own), len(own[0]))
        if all(_is(axis, size) for axis, size in zip(sides, sizes, strict=True)):
            values = {}
            for r, c in product(range(sizes[0]), range(sizes[1])):
                at: dict[Axis, int] = {SAMPLES: 1}
                at |= {axis: k + 1 for axis, k in zip(sides, (r, c), strict=True) if axis is not None}
                values[tuple(i if isinstance(i, int) else at[i] for i in ref.index)] = own[r][c].value
            matrix = ref.tensor.role == "weight" and None not in sides and not square
            return values, rows, flipped if matrix else None
    return None


def _is(axis: Axis | None, size: int) -> bool:
    return size == 1 if axis is None else axis.size in (size, SAMPLES.size)


# -- values at the numbers given ----------------------------------------------------------------------


@dataclass
class State:
    """Values of given quantities; everything else is worked out from them when it is asked for."""

    network: Network
    known: Mapping[Key, sp.Rational]
    samples: int
    definitions: Mapping[Tensor, Equation]
    worked: dict[Key, sp.Expr] = field(default_factory=dict)

    def __getitem__(self, key: Key) -> sp.Expr:
        if key in self.known:
            return self.known[key]
        if key not in self.worked:
            tensor, index = key
            equation = self.definitions.get(tensor)
            if equation is None:
                raise Missing(tensor, index)
            right = reindex(equation.right, dict(zip(tensor.axes, index, strict=True)))
            self.worked[key] = self.value(right)
        return self.worked[key]

    def get(self, key: Key, default: sp.Expr | None = None) -> sp.Expr | None:
        """The value, or ``default`` where it is not known."""
        try:
            return self[key]
        except Missing:
            return default

    def value(self, expr: Expr) -> sp.Expr:
        """The value of an expression without running indices.

        Raises Missing for a quantity that is not known and SymnetError where there is no real value.
        """
        return evaluate(self.unrolled(expr), self, self.samples, DIGITS)  # type: ignore[arg-type]

    def unrolled(self, expr: Expr) -> Expr:
        """Every sum as its terms, indices by their numbers."""

        def rule(node: Expr) -> Expr | None:
            if isinstance(node, Sum):
                many = self.length(node.axis)
                if many > MAX_TERMS:
                    raise SymnetError("a sum of so many terms is not worked out")
                return add(*(settled(reindex(node.body, {node.axis: k})) for k in range(1, many + 1)))
            return Const(sp.Integer(self.length(node.axis))) if isinstance(node, Size) else None

        return settled(transform(expr, rule))

    def length(self, axis: Axis) -> int:
        """How long an axis is."""
        if axis.size == SAMPLES.size:
            return self.samples
        if isinstance(axis.size, int):
            return axis.size
        raise SymnetError("a symbolic size has no number")

    def array(self, value: Value) -> Array:
        """A side's value: its rows.  Raises as :meth:`value` does."""
        rows = self.length(value.row) if value.row is not None else 1
        columns = self.length(value.column) if value.column is not None else 1
        if rows * columns > 400:
            raise SymnetError("so many numbers are not worked out")
        sample: dict[Axis, Index] = {BARE: 1, SAMPLES: 1} if self.samples == 1 else {}
        free = set(value.expr.axes) - {value.row, value.column, *sample}
        if free:
            raise SymnetError("an index runs freely")

        def at(r: int, c: int) -> sp.Expr:
            places: dict[Axis, Index] = {a: k for a, k in ((value.row, r), (value.column, c)) if a is not None}
            return self.value(settled(reindex(value.expr, {**sample, **places})))

        return tuple(tuple(at(r, c) for c in range(1, columns + 1)) for r in range(1, rows + 1))


def states(subject: Subject, everything: Sequence[Given], at: Written) -> Iterator[tuple[State, Sequence[Given]]]:
    """The values that may be meant at an equation: what was said last, what stands nearest, what its section says."""
    own = [g for g in everything if g.subject is subject]
    seen: list[Mapping[Key, sp.Rational]] = []
    section = [g for g in own if g.equation.formula.section == at.formula.section]
    for gathered in (_last(own, at), _nearest(own, at), _last(section, at) if section else own[:0]):
        known, samples, used = _values(gathered)
        if known in seen:
            continue
        seen.append(known)
        definitions = laboratory(subject.network).definitions
        constants: dict[Key, sp.Rational] = {(t, ()): sp.Rational(str(v)) for t, v in subject.network.constants.items()}
        yield State(subject.network, {**constants, **known}, samples, definitions), used


def _values(gathered: Iterable[Given]) -> tuple[dict[Key, sp.Rational], int, list[Given]]:
    """The values of what was gathered, later ones counting, how many samples they are of, and where they come from."""
    known: dict[Key, sp.Rational] = {}
    sources: dict[Key, Given] = {}
    samples = 1
    for one in gathered:
        if one.tensor is None:
            samples = int(one.values[()]) if one.values[()].is_Integer and 0 < one.values[()] < 1000 else samples
            continue
        for index, value in one.values.items():
            known[one.tensor, index], sources[one.tensor, index] = value, one
            if one.tensor.axes[:1] == (SAMPLES,):
                samples = max(samples, index[0])
    distinct = {one.equation.number: one for one in sources.values()}
    return known, samples, list(distinct.values())


def _last(own: Sequence[Given], at: Written) -> list[Given]:
    """What is not said before is taken from what comes after, the first of it counting."""
    before = [g for g in own if g.equation.number <= at.number]
    after = [g for g in own if g.equation.number > at.number]
    return [*reversed(after), *before]


def _nearest(own: Sequence[Given], at: Written) -> list[Given]:
    return sorted(own, key=lambda g: -abs(g.equation.formula.number - at.formula.number))
