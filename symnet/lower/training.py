"""Training as one function: gradient and update, step after step, with nothing between them.

The function takes samples as columns (inputs × samples, so that neighbours in memory are neighbouring samples) or as
rows, as the plan says, in the order in which they are to be taken; parameters and states are arrays that it changes in
place:

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
    InDouble,
    Length,
    Loop,
    Name,
    Number,
    Parts,
    Plus,
    Statement,
)
from symnet.update import Optimizer

RESERVED = ("batch", "epochs", "epoch", "start", "stop", "tile", "end", "rows", "s", "i", "t", "costs", "n", "size")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be trained.  ``gradients`` gives for every parameter the tensor of its derivatives.

    ``single``: arrays and what is computed for them are in single precision.
    """

    name: str
    about: str
    equations: tuple[Equation, ...]
    data: tuple[Tensor, ...]
    gradients: Mapping[Tensor, Tensor]
    cost: Tensor
    constants: Mapping[Tensor, float]
    samples: Axis
    rule: Optimizer
    single: bool = False


class Variables(Quantities):
    """Where quantities are: data in columns, parameters and their gradients by element in locals.

    ``samples`` is the length of a batch.
    """

    def __init__(self, task: Task, samples: Length) -> None:
        super().__init__((task.name, *RESERVED))
        self.data, self.samples = frozenset(task.data), samples
        self.parameters = frozenset(task.gradients)
        self.axis_of_samples = task.samples
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
        if ref.tensor not in self.data:
            return Name(self.tensor(ref.tensor))
        units = tuple(i - 1 if isinstance(i, int) else self.axis(i) for i in ref.index if i != self.axis_of_samples)
        return Element(self.tensor(ref.tensor), (*units, "s"))


@dataclass(frozen=True, slots=True)
class Body:
    """``once`` before all epochs, ``load`` and ``store`` around them, ``step`` for a batch, which ends with its
    :func:`record`; ``workspace`` arrays; whether samples lie as ``rows``.
    """

    step: tuple[Statement, ...]
    once: tuple[Statement, ...] = ()
    load: tuple[Statement, ...] = ()
    store: tuple[Statement, ...] = ()
    workspace: tuple[Array, ...] = field(default=())
    rows: bool = False


def record(task: Task, variables: Variables) -> Statement:
    """The cost of the batch, kept as that of the epoch."""
    return Assign(Element("costs", ("epoch",)), variables.element(task.cost()))


def assembled(task: Task, variables: Variables, body: Body, whole: Length | None) -> Function:
    """The function around a plan's body; with ``whole`` every step takes all samples, which are so many."""
    count = InDouble((Assign(Name("t"), Plus((Name("t"), Number(sp.S.One)))),))
    step = (count, *body.step)
    first = task.data[0]
    dimension = 0 if body.rows else len(first.axes) - 1
    head: list[Statement] = [] if isinstance(whole, int) else [Extent("n", variables.tensor(first), dimension)]
    for tensor, value in task.constants.items():
        head.append(Assign(Name(variables.tensor(tensor)), Number(sp.Float(value))))
    inner = step if whole is not None else (Parts("start", "stop", 0, "n", "batch", step),)

    def lengths(data: Tensor) -> tuple[Length, ...]:
        units = _lengths(data, task.samples)
        return ("n", *units) if body.rows else (*units, "n")

    return Function(
        task.name,
        task.about,
        inputs=(
            *(Array(variables.tensor(d), d.name, lengths(d)) for d in task.data),
            *(Array(a, a, ()) for a in ("batch", "epochs", "t")),
            *(Array(n.name, c, ()) for c, n in variables.constants.items()),
        ),
        outputs=(
            *(Array(variables.array(p), p.name, _lengths(p) or (1,)) for p in task.gradients),
            *(Array(n, f"{s} of {p.name}", _lengths(p) or (1,)) for (s, p), n in variables.states.items()),
            Array("costs", "costs", ("epochs",), double=True),
        ),
        workspace=body.workspace,
        body=(*head, *body.once, *body.load, Loop("epoch", "epochs", inner), *body.store),
        returns=(Array("t", "t", ()),),
        reorders=True,
    )


def _lengths(tensor: Tensor, but: Axis | None = None) -> tuple[int, ...]:
    return tuple(int(a.size) for a in tensor.axes if a != but)
