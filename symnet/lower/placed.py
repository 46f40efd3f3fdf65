"""Where quantities are when samples lie as rows: in arrays, the samples of a tile from its first row on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from symnet.algebra.expressions import Axis, Index, Ref, Tensor
from symnet.lower.names import Names
from symnet.lower.statements import (
    Accumulate,
    Assign,
    Element,
    Formula,
    Length,
    Loop,
    Name,
    Offset,
    Plus,
    Raise,
    Scalar,
    Statement,
    Times,
    used,
)
from symnet.lower.training import Task, Variables


class RowVariables(Variables):
    """Quantities with axes in ``arrays``, a tile of the data in views, everything else in locals.

    ``places`` are indices that are no loop variables; what is ``flattened`` is used as one row of elements, by whatever
    names its axes go.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task, "rows")
        self.arrays: set[Tensor] = set()
        self.places: dict[Axis, Offset] = {}
        self.flattened: Mapping[Tensor, str] = {}

    def tile(self, data: Tensor) -> str:
        """The view of the samples of a tile."""
        return self.names.of(("tile", data), f"{data.name}_tile")

    def flat(self, tensor: Tensor) -> str:
        """The view of all elements, one after another."""
        return self.names.of(("elements", tensor), f"{tensor.name}_all")

    def axis(self, axis: Axis) -> str:
        """The loop variable of an axis."""
        return "s" if axis == self.axis_of_samples else super().axis(axis)

    def count(self, axis: Axis) -> Length:
        """The length of an axis as a number: for the samples, that of the batch."""
        return "size" if axis == self.axis_of_samples else self.length(axis)

    def where(self, tensor: Tensor) -> str:
        """The array that holds a quantity, for the samples of a tile."""
        if tensor in self.parameters:
            return self.array(tensor)
        return self.tile(tensor) if tensor in self.data else self.tensor(tensor)

    def element(self, ref: Ref) -> Name | Element:
        """One use of an element."""
        tensor = ref.tensor
        if tensor in self.flattened and ref.index:
            return Element(self.flattened[tensor], ("i",))
        if tensor in self.data or tensor in self.arrays:
            return Element(self.where(tensor), tuple(map(self.place, ref.index)) or (0,))
        return Name(self.tensor(tensor))

    def place(self, index: Index) -> str | int | Offset:
        """An index in the code, counted from 0."""
        if isinstance(index, int):
            return index - 1
        return self.places.get(index) or self.axis(index)


def nest(axes: Sequence[Axis], body: Sequence[Statement], variables: Variables) -> list[Statement]:
    """The body in loops over the axes, the first one outermost; the innermost one fetches beforehand what it can."""
    out = list(body)
    for k, axis in enumerate(reversed(axes)):
        index = variables.axis(axis)
        before: list[Statement] = []
        if k == 0:
            before, out = fetched(out, index, variables.names.inner())
        out = [*before, Loop(index, variables.length(axis), tuple(out))]
    return out


def fetched(body: Sequence[Statement], index: str, local: Names) -> tuple[list[Statement], list[Statement]]:
    """A loop's body → (elements that are the same for every ``index``, fetched before the loop; the body with them)."""
    if not all(isinstance(s, Assign | Accumulate) for s in body):
        return [], list(body)
    written = {s.target.array for s in body if isinstance(s, Assign | Accumulate) and isinstance(s.target, Element)}
    found: dict[Scalar, Name] = {}

    def fixed(value: Scalar) -> Scalar:
        match value:
            case Element(array=array) if index not in used(value) and array not in written:
                return found.setdefault(value, Name(local.of(("fetched", value), _hint(value))))
            case Plus(terms=terms):
                return Plus(tuple(map(fixed, terms)))
            case Times(factors=factors):
                return Times(tuple(map(fixed, factors)))
            case Raise(base=Element(array=array) as base, exponent=sp.S.NegativeOne) if (
                index not in used(base) and array not in written
            ):
                return found.setdefault(value, Name(local.of(("fetched", value), f"{array}_inverse")))
            case Raise(base=base, exponent=exponent):
                return Raise(fixed(base), exponent)
            case Formula(expr=expr, names=names):
                return Formula(expr, tuple((s, fixed(v)) for s, v in names))
        return value

    moved: list[Statement] = [type(s)(s.target, fixed(s.value)) for s in body if isinstance(s, Assign | Accumulate)]
    return [Assign(name, element) for element, name in found.items()], moved


def _hint(element: Element) -> str:
    numbers = [i.index if isinstance(i, Offset) else i for i in element.index]
    return "_".join([element.array, *(str(i + 1) for i in numbers if isinstance(i, int))])
