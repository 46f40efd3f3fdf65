"""Training as one function: gradient and update, step after step, with nothing between them.

The function takes samples as columns (inputs × samples), so that neighbours in memory are neighbouring samples, in the
order in which they are to be taken; parameters and states are arrays that it changes in place:

    train(x, y, batch, epochs, t, constants…, parameters…, states…, costs, workspace…)

``costs[k]`` becomes the cost of the last batch of epoch k, taken before its step: with one batch an epoch, the cost of
all samples before epoch k.  ``t`` counts the steps; the number of all steps is returned.

A plan says how the gradient of a batch is computed; :class:`Body` is what it has to give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from symnet.algebra.expressions import Axis, Equation, Ref, Tensor
from symnet.lower.scalars import Quantities
from symnet.lower.statements import (
    Array,
    Assign,
    Element,
    Extent,
    Function,
    Length,
    Loop,
    Name,
    Number,
    Offset,
    Parts,
    Plus,
    Statement,
)
from symnet.update import Optimizer

RESERVED = ("batch", "epochs", "epoch", "start", "stop", "tile", "end", "lanes", "s", "lane", "t", "costs", "n", "size")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be trained.  ``gradients`` gives for every parameter the tensor of its derivatives."""

    name: str
    about: str
    equations: tuple[Equation, ...]
    data: tuple[Tensor, ...]
    gradients: Mapping[Tensor, Tensor]
    cost: Tensor
    constants: Mapping[Tensor, float]
    samples: Axis
    rule: Optimizer


class Variables(Quantities):
    """Where quantities are: data in columns, from ``sample`` on; ``arrays`` with their units first; others in locals.

    ``samples`` is the length of a batch, ``places`` are indices that are no loop variables.
    """

    def __init__(self, task: Task, sample: str | Offset, samples: Length) -> None:
        super().__init__((task.name, *RESERVED))
        self.data, self.sample, self.samples = frozenset(task.data), sample, samples
        self.parameters = frozenset(task.gradients)
        self.axis_of_samples = task.samples
        self.arrays: set[Tensor] = set()
        self.places: dict[Axis, Offset] = {}
        for tensor in (*task.data, *task.constants):
            self.tensor(tensor)
        for parameter in task.gradients:
            self.array(parameter)
        self.constants = {c: Name(self.names.of(("constant", c), c)) for c in task.rule.constants}
        self.states = {
            (s.name, p): self.names.of(("state", s.name, p), f"{s.name}_{p.name}")
            for s in task.rule.states
            for p in task.gradients
        }

    def array(self, parameter: Tensor) -> str:
        """The array that holds a parameter from call to call."""
        return self.names.of(("array", parameter), parameter.name)

    def length(self, axis: Axis) -> Length:
        """The length of an axis; one that is not known is that of the samples."""
        return axis.size if isinstance(axis.size, int) else self.samples

    def element(self, ref: Ref) -> Name | Element:
        """One use of an element."""
        if ref.tensor not in self.data and ref.tensor not in self.arrays:
            return Name(self.tensor(ref.tensor))
        name = self.array(ref.tensor) if ref.tensor in self.parameters else self.tensor(ref.tensor)
        units = tuple(self.place(i) for i in ref.index if i != self.axis_of_samples)
        if ref.tensor in self.data:
            return Element(name, (*units, self.sample))
        return Element(name, (*units, "lane") if self.axis_of_samples in ref.tensor.axes else units or (0,))

    def place(self, index: Axis | int) -> str | int | Offset:
        """An index in the code, counted from 0."""
        if isinstance(index, int):
            return index - 1
        return self.places.get(index) or self.axis(index)


@dataclass(frozen=True, slots=True)
class Body:
    """``once`` before all epochs, ``load`` and ``store`` around them, ``step`` for a batch; ``workspace`` arrays."""

    step: tuple[Statement, ...]
    once: tuple[Statement, ...] = ()
    load: tuple[Statement, ...] = ()
    store: tuple[Statement, ...] = ()
    workspace: tuple[Array, ...] = field(default=())


def assembled(task: Task, variables: Variables, body: Body, whole: Length | None) -> Function:
    """The function around a plan's body; with ``whole`` every step takes all samples, which are so many."""
    count: list[Statement] = [Assign(Name("t"), Plus((Name("t"), Number(sp.S.One))))]
    record = Assign(Element("costs", ("epoch",)), variables.element(task.cost()))
    step = (*count, *body.step, record)
    first = task.data[0]
    head: list[Statement] = (
        [] if isinstance(whole, int) else [Extent("n", variables.tensor(first), len(first.axes) - 1)]
    )
    for tensor, value in task.constants.items():
        head.append(Assign(Name(variables.tensor(tensor)), Number(sp.Float(value))))
    inner = step if whole is not None else (Parts("start", "stop", 0, "n", "batch", step),)
    return Function(
        task.name,
        task.about,
        inputs=(
            *(Array(variables.tensor(d), d.name, (*_lengths(d, task.samples), "n")) for d in task.data),
            *(Array(a, a, ()) for a in ("batch", "epochs", "t")),
            *(Array(n.name, c, ()) for c, n in variables.constants.items()),
        ),
        outputs=(
            *(Array(variables.array(p), p.name, _lengths(p) or (1,)) for p in task.gradients),
            *(Array(n, f"{s} of {p.name}", _lengths(p) or (1,)) for (s, p), n in variables.states.items()),
            Array("costs", "costs", ("epochs",)),
        ),
        workspace=body.workspace,
        body=(*head, *body.once, *body.load, Loop("epoch", "epochs", inner), *body.store),
        returns=(Array("t", "t", ()),),
        reorders=True,
    )


def _lengths(tensor: Tensor, but: Axis | None = None) -> tuple[int, ...]:
    return tuple(int(a.size) for a in tensor.axes if a != but)
