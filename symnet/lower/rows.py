"""The plans *tiled* and *blas*: samples as rows, units side by side in memory, tiles of samples in the nearest memory.

stage            Input                              Output
passes           equations in normal form           what is computed before, within and after each loop over the tiles
together         equations within a tile            those that one loop nest can compute element by element
contraction      a sum of products                  loops in blocks, or a product of matrices (symnet.lower.contraction)
training_by_rows all of these, an update rule       the training function

What only the cost needs is computed only where the cost is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import sympy as sp

from symnet.algebra.expressions import (
    Equation,
    Expr,
    Largest,
    Ref,
    Sum,
    Tensor,
    add,
    refs,
    terms_of,
    transform,
)
from symnet.lower.contraction import Blocks, accumulated, apart, contracted, copies, elementwise, stepped
from symnet.lower.loops import loops
from symnet.lower.names import Names
from symnet.lower.normal import calls_apart, needed, summed
from symnet.lower.placed import RowVariables, nest
from symnet.lower.plain import equation_text
from symnet.lower.rules import looks_ahead
from symnet.lower.scalars import scalar
from symnet.lower.statements import (
    Array,
    Assign,
    Flat,
    Function,
    Loop,
    Name,
    Number,
    Parts,
    Plus,
    Product,
    Section,
    Statement,
    Times,
    Unless,
    View,
    When,
)
from symnet.lower.training import Body, Task, assembled, record
from symnet.lower.unrolled import normalised, passes
from symnet.lower.updates import Updates, workspace

TILE = {"tiled": 64, "blas": 512}
"""Samples in a tile."""


def training_by_rows(task: Task, kind: str) -> Function:
    """The training function with loops over tiles of samples, ``kind`` being "tiled" or "blas"."""
    number = count(1)
    equations = tuple(part for e in normalised(task.equations) for part in calls_apart(e, number))
    blocks = Blocks(task.samples, kind == "blas")
    equations = tuple(part for e in equations for part in apart(e, blocks))
    made = _Rows(task, equations, blocks, TILE[kind])
    return assembled(task, made.variables, made.body(), None)


class _Rows:
    """The statements of one training, as they are made."""

    def __init__(self, task: Task, equations: Sequence[Equation], blocks: Blocks, tile: int) -> None:
        self.task, self.blocks, self.tile = task, blocks, tile
        points = {p: replace(p, name=f"{p.name} ahead") for p in task.gradients} if looks_ahead(task.rule) else {}
        if points:
            equations = [Equation(e.target, _moved(e.right, points)) for e in equations]
        self.local = list(dict.fromkeys(e.target for e in equations if task.samples in e.target.axes))
        self.sums = [e.target for e in equations if task.samples not in e.target.axes and e.target.axes]
        self.variables = RowVariables(task)
        self.variables.arrays |= {*task.gradients, *self.local, *self.sums, *points.values()}
        self.points = points
        self.updates = Updates(task, self.variables, points)
        slopes = needed(equations, list(task.gradients.values()))
        self.measured = [e for e in equations if e not in slopes]
        self.passes = passes(equations, task.samples)
        self.stepped = self._stepped(equations)
        self.views: dict[Tensor, Flat] = {}

    def body(self) -> Body:
        """The step: gradient, cost where it is recorded, update."""
        step: list[Statement] = []
        for part in self.passes:
            step += self._where_needed(part.before, self._alone)
            if part.within or part.sums:
                step += self._starts(part.sums)
                step.append(
                    Parts("tile", "end", "start", "stop", self.tile, tuple(self._in_tile(part.within, part.sums)))
                )
        step = [
            Assign(Name("size"), Plus((Name("stop"), Times((Number(sp.S.NegativeOne), Name("start")))))),
            *self.updates.before,
            *copies(self.blocks, self.variables),
            *step,
        ]
        step += [When("stop", "n", (record(self.task, self.variables),)), *self.updates.after]
        step += [s for p in self.task.gradients for s in self._updated(p)]
        arrays = workspace([*self.sums, *self.points.values()], self.variables)
        arrays += [Array(self.variables.tensor(t), t.name, self._lengths(t)) for t in self.local]
        arrays += self.blocks.workspace
        return Body(tuple(step), load=(*self.updates.views, *self.views.values()), workspace=tuple(arrays), rows=True)

    def _stepped(self, equations: Sequence[Equation]) -> dict[Tensor, Equation]:
        """The parameters whose gradient is one product of matrices that goes straight into them, where a tile holds the
        batch and the rule takes a multiple of it."""
        if self.updates.step is None:
            return {}
        found = {p: [e for e in equations if e.target == slope] for p, slope in self.task.gradients.items()}
        used = {ref.tensor for e in equations for ref in refs(e.right)}
        last = [part.sums for part in self.passes if part.within or part.sums][-1]  # what its tiles hold is still there
        return {
            p: made[0]
            for p, made in found.items()
            if made and made[0] in last and self.blocks.overwritten(made[0]) and made[0].target not in used
        }

    def _updated(self, p: Tensor) -> list[Statement]:
        """A parameter's step."""
        update = self.updates.of(p)
        if p not in self.stepped:
            return [update]
        assert self.updates.step is not None
        equation, array = self.stepped[p], self.variables.array(p)
        at_once = stepped(equation, array, self.updates.step, self.blocks, self.variables)
        title = f"{update.title}, with {equation_text(equation)}"
        return [
            Section(title, (When("rows", "size", (at_once,)),)),
            Unless("rows", "size", update.body),
        ]

    def _lengths(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(self.tile if a == self.task.samples else int(a.size) for a in tensor.axes)

    def _where_needed(self, equations: Sequence[Equation], made: object) -> list[Statement]:
        """The statements of equations; those that only the cost needs, under their condition, last."""
        out: list[Statement] = []
        last: list[Statement] = []
        for equation in equations:
            (last if equation in self.measured else out).extend(made(equation))  # type: ignore[operator]
        return out + ([When("stop", "n", tuple(last))] if last else [])

    def _alone(self, equation: Equation) -> list[Statement]:
        """An equation without samples, in loops of its own."""
        return [Section(equation_text(equation), loops(equation, self.variables))]

    def _starts(self, sums: Sequence[Equation]) -> list[Statement]:
        """Before the tiles: the terms of each sum that are not summed over the samples."""
        out: list[Statement] = []
        for e in sums:
            rest = add(*(t for t in terms_of(e.right) if self.task.samples not in summed(t)[0]))
            if not self.blocks.overwritten(e):
                out += loops(Equation(e.target, rest), self.variables)
        return out

    def _in_tile(self, within: Sequence[Equation], sums: Sequence[Equation]) -> list[Statement]:
        """What is computed for the samples of a tile."""
        variables = self.variables
        out: list[Statement] = [
            Assign(Name("rows"), Plus((Name("end"), Times((Number(sp.S.NegativeOne), Name("tile"))))))
        ]
        out += [View(variables.tile(d), variables.tensor(d), "tile", "end") for d in self.task.data]
        for measured in (False, True):
            some = [e for e in within if (e in self.measured) == measured]
            made: list[Statement] = []
            for group in _together(some):
                made += self._elementwise(group) if _elementwise(group[0]) else self._summed(group[0])
            for e in sums:
                if (e in self.measured) == measured:
                    summed_up = tuple(accumulated(e, self.blocks, variables))
                    if e in self.stepped.values():
                        summed_up = (Unless("rows", "size", summed_up),)
                    made.append(Section(equation_text(e), summed_up))
            out += [When("stop", "n", tuple(made))] if measured and made else made
        return out

    def _summed(self, equation: Equation) -> list[Statement]:
        if isinstance(equation.right, Largest):
            return [Section(equation_text(equation), loops(equation, self.variables))]
        return [Section(equation_text(equation), tuple(contracted(equation, self.blocks, self.variables)))]

    def _elementwise(self, group: Sequence[Equation]) -> list[Statement]:
        """Equations with the same axes in one loop nest."""
        variables = self.variables
        axes = group[0].target.axes
        if all(ref.index in ((), axes) for e in group for ref in refs(e.right)):
            loop = self._flattened(group)
        elif len(axes) == 2:
            loop = elementwise(group, self.task.samples, variables)
        else:
            local = variables.names.inner()
            loop = nest(axes, [s for e in group for s in self._assigned(e, local)], variables)
        for e in reversed(group):
            loop = [Section(equation_text(e), tuple(loop))]
        return loop

    def _flattened(self, group: Sequence[Equation]) -> list[Statement]:
        """Equations whose every quantity has the same axes, as one loop over all elements."""
        variables, units = self.variables, [int(a.size) for a in group[0].target.axes[1:]]
        local = variables.names.inner()
        views: list[Statement] = []
        if units:
            tensors = dict.fromkeys(ref.tensor for e in group for ref in (e.left, *refs(e.right)) if ref.index)
            variables.flattened = {t: variables.flat(t) for t in tensors}
            for t, view in variables.flattened.items():
                if t in self.task.data:
                    views.append(Flat(view, variables.tile(t)))
                else:
                    self.views.setdefault(t, Flat(view, variables.tensor(t)))
        body = tuple(s for e in group for s in self._assigned(e, local))
        variables.flattened = {}
        return [*views, Loop("i", Product("rows", units[0]), body) if units else Loop("s", "rows", body)]

    def _assigned(self, equation: Equation, local: Names) -> list[Statement]:
        before, value = scalar(equation.right, self.variables, local)
        return [*before, Assign(self.variables.element(equation.left), value)]


def _elementwise(equation: Equation) -> bool:
    return not isinstance(equation.right, Largest) and not any(isinstance(t, Sum) for t in terms_of(equation.right))


def _together(equations: Sequence[Equation]) -> list[list[Equation]]:
    """Equations in their order, neighbours that one loop nest can compute in one group."""
    out: list[list[Equation]] = []
    for equation in equations:
        group = out[-1] if out else []
        targets = {e.target for e in group}
        fits = (
            bool(group)
            and _elementwise(equation)
            and _elementwise(group[0])
            and group[0].target.axes == equation.target.axes
            and all(ref.index == equation.target.axes for ref in refs(equation.right) if ref.tensor in targets)
        )
        if fits:
            group.append(equation)
        else:
            out.append([equation])
    return out


def _moved(expr: Expr, points: dict[Tensor, Tensor]) -> Expr:
    return transform(expr, lambda e: points[e.tensor](*e.index) if isinstance(e, Ref) and e.tensor in points else None)
