"""The plans *unrolled* and *moments*: every weight and every unit is a local variable, samples are the only loop."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import Tensor
from symnet.lower.moments import moments
from symnet.lower.rules import elementwise, looks_ahead, needs_norm
from symnet.lower.statements import (
    Assign,
    Element,
    Function,
    Length,
    Name,
    Number,
    Plus,
    Raise,
    Statement,
    Times,
)
from symnet.lower.training import Body, Task, Variables, assembled, record
from symnet.lower.unrolled import element, loop_over_samples, normalised, passes, places, unrolled


def training_by_elements(task: Task, whole: Length | None, by_moments: bool = False) -> Function | None:
    """The training function with every element in a local variable; ``None`` where there are no moments to take.

    ``whole`` is given where every step takes all samples: their number, or "n".  Moments need that.
    """
    single = normalised(unrolled(task.equations, task.samples, task.data))
    variables = Variables(task, "n" if whole == "n" else "size" if whole is None else whole)
    first, end = (0, whole) if whole is not None else ("start", "stop")
    once: list[Statement] = []
    if by_moments:
        found = moments(single, task.samples)
        if found is None or whole is None:
            return None
        sums, single = found
        once = loop_over_samples(passes(sums, task.samples), "s", first, end, variables)
    cells = [
        (p, element(p, index), element(task.gradients[p], index), tuple(int(i) - 1 for i in index) or (0,))  # type: ignore[arg-type]
        for p in task.gradients
        for index in places(p, None)
    ]
    ahead = looks_ahead(task.rule)
    states = [s.name for s in task.rule.states]
    held: dict[Tensor, dict[str, Name | Element]] = {}
    load: list[Statement] = []
    store: list[Statement] = []
    for p, e, slope, at in cells:
        local = Name(variables.names.of(("held", e), f"{e.name}_") if ahead else variables.tensor(e))
        here: dict[str, Name | Element] = {"w": local}
        here |= {s: Name(variables.names.of((s, e), f"{s}_{e.name}")) for s in states}
        arrays = {"w": variables.array(p)} | {s: variables.states[s, p] for s in states}
        load += [Assign(here[k], Element(arrays[k], at)) for k in here]
        store += [Assign(Element(arrays[k], at), here[k]) for k in here]
        held[e] = {**here, "g": Name(variables.tensor(slope))}
    step: list[Statement] = []
    if whole is None:
        step.append(Assign(Name("size"), Plus((Name("stop"), Times((Number(sp.S.NegativeOne), Name("start")))))))
    known: dict[str, Name | Element] = {"t": Name("t"), **variables.constants}
    if needs_norm(task.rule):
        known["norm"] = Name(variables.names.of("norm", "norm"))
    rule = elementwise(task.rule, known, variables.names, task.single)
    step += rule.before
    if ahead:
        step += [Assign(Name(variables.tensor(e)), rule.place(here)) for e, here in held.items()]
    step += loop_over_samples(passes(single, task.samples), "s", first, end, variables)
    if "norm" in known:
        squares = tuple(Raise(here["g"], sp.Integer(2)) for here in held.values())
        step.append(Assign(known["norm"], Raise(Plus(squares), sp.Rational(1, 2))))
    step += rule.with_norm
    for here in held.values():
        step += rule.own(here, variables.names)
    step.append(record(task, variables))
    return assembled(task, variables, Body(tuple(step), tuple(once), tuple(load), tuple(store)), whole)
