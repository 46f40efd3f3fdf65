"""The update rule as loops over the elements of every parameter, for plans that keep parameters in arrays."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import Tensor
from symnet.lower.rules import Known, elementwise, needs_norm
from symnet.lower.statements import (
    Accumulate,
    Array,
    Assign,
    Double,
    Element,
    Flat,
    InDouble,
    Loop,
    Name,
    Number,
    Raise,
    Section,
    Statement,
)
from symnet.lower.training import Task, Variables


class Updates:
    """The statements of a rule; ``views`` come before all steps, ``before`` at the beginning of one, ``after``
    when the gradient is known, then :meth:`of` every parameter.

    ``ahead`` are the arrays that hold where the gradient is taken, for a rule that looks ahead.  ``step`` is the rule
    as w ← keep·w + scale·g, if it is that.
    """

    def __init__(self, task: Task, variables: Variables, ahead: dict[Tensor, Tensor]) -> None:
        self._task, self._variables = task, variables
        self._flat = {
            name: variables.names.of(("flat", name), f"{name}_all")
            for p in task.gradients
            if len(p.axes) > 1
            for name in self._arrays(p, ahead)
        }
        self.views = [Flat(view, name) for name, view in self._flat.items()]
        self.before: list[Statement] = []
        self.after: list[Statement] = []
        known: dict[str, Name | Element] = {"t": Name("t"), **variables.constants}
        if needs_norm(task.rule):
            known["norm"] = Name(variables.names.of("norm", "norm"))
            self.after += self._norm(known["norm"])
        rule = elementwise(task.rule, known, variables.names, task.single)
        self.step = None if needs_norm(task.rule) else rule.linear()
        self._rule = rule
        self.before += rule.before
        self.after += rule.with_norm
        for p, point in ahead.items():
            target = self._element(p, variables.tensor(point))
            self.before += self._loop(p, [Assign(target, rule.place(self._held(p)))])

    def of(self, p: Tensor) -> Section:
        """The rule for the elements of one parameter."""
        names = self._variables.names.inner()
        loop = self._loop(p, self._rule.own(self._held(p), names))
        return Section(f"{self._task.rule.name}: {p.name}", tuple(loop))

    def _arrays(self, p: Tensor, ahead: dict[Tensor, Tensor]) -> list[str]:
        variables = self._variables
        names = [variables.array(p), variables.tensor(self._task.gradients[p])]
        names += [name for (_, of), name in variables.states.items() if of == p]
        return names + ([variables.tensor(ahead[p])] if p in ahead else [])

    def _element(self, p: Tensor, array: str) -> Element | Name:
        if not p.axes and array == self._variables.tensor(self._task.gradients[p]):
            return Name(array)
        return Element(self._flat.get(array, array), ("i",) if p.axes else (0,))

    def _held(self, p: Tensor) -> Known:
        variables = self._variables
        states = {s: self._element(p, name) for (s, of), name in variables.states.items() if of == p}
        slope = self._element(p, variables.tensor(self._task.gradients[p]))
        return {"w": self._element(p, variables.array(p)), "g": slope, **states}

    def _loop(self, p: Tensor, body: list[Statement]) -> list[Statement]:
        size = 1
        for axis in p.axes:
            size *= int(axis.size)
        return [Loop("i", size, tuple(body))] if p.axes else body

    def _norm(self, norm: Name | Element) -> list[Statement]:
        out: list[Statement] = [Assign(norm, Double(Number(sp.S.Zero)))]
        for p in self._task.gradients:
            out += self._loop(p, [Accumulate(norm, Raise(self._held(p)["g"], sp.Integer(2)))])
        return [*out, InDouble((Assign(norm, Raise(norm, sp.Rational(1, 2))),))]


def workspace(tensors: list[Tensor], variables: Variables) -> list[Array]:
    """Arrays of the shapes of parameters, for gradients and for points ahead."""
    return [Array(variables.tensor(t), t.name, tuple(int(a.size) for a in t.axes) or (1,)) for t in tensors]
