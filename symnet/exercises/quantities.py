"""The numbers of an exercise worked out, every one under its name: ``z1[2]``, ``C``, ``dC/dw1[1,2]``, ``w[1](1)``.

In brackets stand the indices as the tensor has them (sample, inputs, units; counted from 1), in parentheses after how
many steps of gradient descent, if any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import sympy as sp

from symnet.algebra.expressions import Index, Ref, Tensor, refs
from symnet.check.kept import Kept, derivation
from symnet.derive.given import Key, given
from symnet.derive.numbers import Line, Pass, Update, Worked, run, updates_of
from symnet.errors import SymnetError, unknown
from symnet.exercises.variant import Numbers
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Node, Row
from symnet.render.numbers import Figures, iterated, line_rows, names_and_figures, update_row

LIMIT = 2_000
"""Weights, times passes, that are worked out in one exercise."""

_NAME = re.compile(r"(?P<tensor>[A-Za-z/0-9]+?)(?:\[(?P<index>\d+(?:,\d+)*)\])?(?:\((?P<step>\d+)\))?")


def name_of(tensor: Tensor, index: Iterable[Index], step: int = 0) -> str:
    """The name of one element after so many steps."""
    places = ",".join(map(str, index))
    return f"{tensor.name}{f'[{places}]' if places else ''}{f'({step})' if step else ''}"


@dataclass(frozen=True)
class Element:
    """One number that was worked out: from which line, or as a parameter after a step of gradient descent."""

    name: str
    ref: Ref
    step: int
    value: sp.Expr
    made: Line | Update

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """The names that stand on the right side of its line, sums written out."""
        match self.made:
            case Update(parameter=parameter):
                before = self.step - 1
                slope = f"dC/d{parameter.tensor.name}"
                return (
                    name_of(Tensor(slope, ()), parameter.index, before),
                    name_of(parameter.tensor, parameter.index, before),
                )
            case Line(right=right):
                return tuple(name for ref in refs(right) for name in _elements(ref, self.step))


def _elements(ref: Ref, step: int) -> Iterable[str]:
    """The element that is used, or all of them where an index runs (a layer's units under a sum)."""
    if all(isinstance(i, int) for i in ref.index):
        return (name_of(ref.tensor, ref.index, step),)
    return (f"{ref.tensor.name}[*]({step})",)


@dataclass(frozen=True)
class Working:
    """All numbers of an exercise, in the order in which they are worked out, with the lines that lead to each."""

    network: Network
    done: Worked
    elements: Mapping[str, Element]

    def __getitem__(self, name: str) -> Element:
        if name not in self.elements:
            raise unknown("quantity", name, self.elements)
        return self.elements[name]

    def names_of(self, quantity: str) -> tuple[str, ...]:
        """The names of all elements of a quantity, ``z1`` or ``w(1)``; of one element, itself."""
        if quantity in self.elements:
            return (quantity,)
        match = _NAME.fullmatch(quantity)
        step = int(match["step"] or 0) if match else 0
        wanted = match["tensor"] if match else quantity
        found = tuple(n for n, e in self.elements.items() if e.ref.tensor.name == wanted and e.step == step)
        if not found:
            raise unknown("quantity", quantity, {e.ref.tensor.name for e in self.elements.values()})
        return found

    def needs(self, name: str) -> set[str]:
        """Everything that the element depends on, itself left out."""
        found: set[str] = set()
        todo = [name]
        while todo:
            element = self.elements.get(todo.pop())
            for used in element.uses if element is not None else ():
                for one in self._meant(used):
                    if one not in found:
                        found.add(one)
                        todo.append(one)
        return found

    def _meant(self, used: str) -> Iterable[str]:
        if "[*]" not in used:
            return (used,)
        tensor, _, step = used.partition("[*](")
        return (n for n, e in self.elements.items() if e.ref.tensor.name == tensor and e.step == int(step.rstrip(")")))

    def shown(self, element: Element) -> Node:
        """How the element is written in the network's notation."""
        names, _ = self._names(element.step)
        return self._left(element, names)

    def _left(self, element: Element, names: Names) -> Node:
        tensor, index = element.ref.tensor, element.ref.index
        if tensor == COST:
            return names.cost(False)
        own = names.element(tensor, index)
        return iterated(own, element.step, names.notation) if isinstance(element.made, Update) else own

    def rows(self, element: Element) -> list[Row]:
        """The line that leads to it: symbols, the numbers put in, the value."""
        if isinstance(element.made, Update):
            names, figures = self._names(element.step - 1)
            assert self.done.rate is not None
            return update_row(element.made, element.step - 1, names, figures, self.done.rate)
        names, figures = self._names(element.step)
        return line_rows(element.made, names, figures, self.done.samples, "")

    def figure(self, value: sp.Expr) -> Node:
        """A number as it is written in this exercise."""
        return self._names(0)[1].figure(value)

    def _names(self, step: int) -> tuple[Names, Figures]:
        return names_and_figures(self.done, self.done.passes[step].values, notation(self.network.notation))


_worked: Kept[tuple[Numbers, Working]] = Kept(8)


def worked_out(
    network: Network, numbers: Numbers, *, backward: bool = False, pinned: Mapping[str, sp.Expr] | None = None
) -> Working:
    """Every number of the exercise; what is ``pinned`` (by name) is taken as given instead of being worked out."""
    if pinned:
        return _working(network, numbers, backward, pinned)
    _, working = _worked.get(  # the numbers are kept too, so that no others can have their identity
        network, lambda: (numbers, _working(network, numbers, backward, {})), (id(numbers), backward)
    )
    return working


def _working(network: Network, numbers: Numbers, backward: bool, own: Mapping[str, sp.Expr]) -> Working:
    if (lines := size_of(network) * (numbers.steps + 1)) > LIMIT:
        raise SymnetError(
            f"about {lines:,} numbers would be worked out, more than {LIMIT:,}; make the exercise smaller"
        )
    samples, start = given(network, numbers.x, numbers.y, **numbers.parameters)
    rate = numbers.rate
    elements: dict[str, Element] = {}
    passes: list[Pass] = []
    digits = numbers.decimals
    equations = network.equations if numbers.y is not None else network.equations[:-1]
    adjoints = [a.equation for a in derivation(network).backward] if backward or numbers.steps else []
    for step in range(numbers.steps + 1):
        values = dict(start)
        fixed = pins(own, step, network)
        forward = run(equations, values, samples, digits, fixed)
        back = run(adjoints, values, samples, digits, fixed)
        for line in (*forward, *back):
            name = name_of(line.left.tensor, line.left.index, step)
            elements[name] = Element(name, line.left, step, line.value, line)
        updates: tuple[Update, ...] = ()
        if step < numbers.steps:
            if rate is None:
                raise SymnetError("gradient descent needs a learning rate; give rate under [data]")
            updates = updates_of(network, values, rate, samples)
            start = dict(start)
            for update in updates:
                name = name_of(update.parameter.tensor, update.parameter.index, step + 1)
                value = own.get(name, update.after)
                elements[name] = Element(name, update.parameter, step + 1, value, update)
                start[update.parameter.tensor, tuple(int(i) for i in update.parameter.index)] = value  # type: ignore[arg-type]
        passes.append(Pass(values, forward, back, updates))
    return Working(network, Worked(network, tuple(passes), samples, digits, rate, numbers.decimal), elements)


def size_of(network: Network) -> int:
    """How many weights a network has."""
    return sum(prod(int(a.size) for a in p.axes) for p in network.parameters)


def pins(own: Mapping[str, sp.Expr], step: int, network: Network) -> dict[Key, sp.Expr]:
    """The values given by name that are of this step, by tensor and index."""
    if not own:
        return {}
    known: dict[str, Tensor] = {eq.target.name: eq.target for eq in network.equations}
    known |= {a.equation.target.name: a.equation.target for a in derivation(network).backward}
    found: dict[Key, sp.Expr] = {}
    for name, value in own.items():
        match = _NAME.fullmatch(name)
        if match and match["tensor"] in known and int(match["step"] or 0) == step:
            index = tuple(int(i) for i in match["index"].split(",")) if match["index"] else ()
            found[known[match["tensor"]], index] = value
    return found


def parsed(name: str) -> tuple[str, tuple[int, ...], int]:
    """Tensor, index and step of a name.  Raises SymnetError for what is no name."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise SymnetError(f"{name!r} names no quantity; write z1, z1[2], dC/dw[1] or w[1](1)")
    index = tuple(int(i) for i in match["index"].split(",")) if match["index"] else ()
    return match["tensor"], index, int(match["step"] or 0)
