"""Which slip leads to a wrong number: the derivation with one rule broken, evaluated at the numbers of the exercise.

The broken derivations are the checker's (:mod:`symnet.check.explain`); a step of gradient descent has slips of its own.
Small numbers meet by chance, so a slip is named only where the simplest ones that fit are of one kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from symnet.algebra.expressions import Add, Const, Mul, Pow, Size, Tensor
from symnet.check.decide.points import laboratory
from symnet.check.explain.alter import lines
from symnet.check.explain.catalogue import Catalogue
from symnet.check.explain.change import Alteration, Change, Line, itself, spots
from symnet.check.explain.diagnose import Diagnosis
from symnet.check.explain.factors import factor_changes, power_changes, term_changes
from symnet.check.explain.points import NO_VALUE, POINTS, Array, Points
from symnet.check.explain.sentences import explanation
from symnet.check.explain.whole import forward_changes
from symnet.check.user_names import names_of
from symnet.derive.given import Key, given
from symnet.derive.numbers import Update
from symnet.errors import SymnetError
from symnet.exercises.marking.written import Figure
from symnet.exercises.quantities import name_of, parsed, pins, worked_out
from symnet.exercises.variant import Numbers, Part, Variant
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.render.document import Part as Piece

MOST = 300
"""Numbers of an exercise beyond which slips are not looked for."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip, and what to say about it; the lowest ``rank`` is the simplest."""

    kind: str
    detail: str | None
    rank: int
    why: tuple[Piece, ...]


def slip(variant: Variant, part: Part, own: Mapping[str, sp.Expr], figure: Figure) -> Slip | None:
    """The slip that leads to a wrong number from the student's ``own`` earlier results on, if the simplest that do are
    of one kind; without ``why`` where it may be in several places."""
    fitting = list(_leading_to(variant, part, own, figure))
    simplest = [found for found in fitting if found.rank == min(other.rank for other in fitting)]
    if len({found.why for found in simplest}) == 1:
        return simplest[0]
    kinds = {found.kind for found in simplest}
    if len(kinds) != 1 or kinds == {"other"}:
        return None
    return replace(simplest[0], detail=None, why=())


def _leading_to(variant: Variant, part: Part, own: Mapping[str, sp.Expr], figure: Figure) -> Iterator[Slip]:
    network, numbers = variant.network, variant.numbers
    if network is None or numbers is None or not part.name:
        return
    with suppress(SymnetError, AssertionError, *NO_VALUE):
        name, index, step = parsed(part.name)
        if step:
            yield from _of_step(network, numbers, part.name, own, figure)
            return
        points = Exercise(network, numbers, own)
        targets = {t.name: t for t in points.values}
        tensor = targets.get(name)
        if tensor is None or len(index) != len(tensor.axes):
            return
        if tensor.role == "adjoint" and tensor.of is not None:
            yield from _backward(network, points, tensor.of, index, own, figure)
        else:
            yield from _forward(network, points, tensor, index, own, figure)


def _fits(value: float, figure: Figure) -> bool:
    """Whether a number is a value, as far as its decimals say."""
    if not np.isfinite(value):
        return False
    gap = abs(value - float(figure.value))
    return gap <= (0.0051 if figure.decimal and abs(value) >= 0.1 else 0) + 1e-9 * max(1.0, abs(value))


class Exercise(Points):
    """The numbers of an exercise in the place of random ones; earlier results as the student has them."""

    def __init__(self, network: Network, numbers: Numbers, own: Mapping[str, sp.Expr]) -> None:
        samples, known = given(network, numbers.x, numbers.y, **numbers.parameters)
        self.network, self.samples, self.largest = network, samples, MOST
        self.names, self.memo, self.values = {}, {}, {}
        if len(known) > MOST:
            return
        fixed = pins(own, 0, network)
        for tensor in dict.fromkeys(tensor for tensor, _ in known):
            self._set(tensor, np.empty((1, POINTS, *map(self.length, tensor.axes))), known)
        for equation in laboratory(network).definitions.values():
            with suppress(*NO_VALUE):  # without targets there are no costs
                value, _ = self.over(equation.right, equation.target.axes)
                self._set(equation.target, np.array(value), fixed)

    def _set(self, tensor: Tensor, array: Array, values: Mapping[Key, sp.Expr]) -> None:
        for (other, index), value in values.items():
            if other == tensor:
                place: Any = (slice(None), slice(None), *(i - 1 for i in index))
                array[place] = float(value)
        self.values[tensor] = (array, tensor.axes)


def _at(values: Array, index: tuple[int, ...]) -> float:
    """The value at an index; arrays of an element have no more dimensions than points."""
    return float(values[(0, *(i - 1 for i in index))])


def _backward(
    network: Network,
    points: Exercise,
    tensor: Tensor,
    index: tuple[int, ...],
    own: Mapping[str, sp.Expr],
    figure: Figure,
) -> Iterator[Slip]:
    derivation = lines(network, tensor, index)
    names = names_of(network)
    for group in Catalogue(derivation, points, points).groups():
        if group.axes != derivation[-1].target.axes:
            continue
        for member, values in zip(group.members, group.values, strict=True):
            made_here = member.line is derivation[-1] or not _is_asked(member.line, own)
            if made_here and _fits(float(values.flat[0]), figure):
                yield _slip(member, names)


def _is_asked(line: Line, own: Mapping[str, sp.Expr]) -> bool:
    """Whether the student has given a result for that line: then the slip is not there."""
    return any(name.partition("[")[0] == line.target.name for name in own)


def _forward(
    network: Network,
    points: Exercise,
    tensor: Tensor,
    index: tuple[int, ...],
    own: Mapping[str, sp.Expr],
    figure: Figure,
) -> Iterator[Slip]:
    """Slips in the line itself and in those before it that were not asked for."""
    equations = {eq.target: eq for eq in network.equations}
    names = names_of(network)
    order = list(equations)
    order = order[: order.index(tensor) + 1]
    right = _at(points.values[tensor][0][0], index)
    for place, target in enumerate(order):
        line = Line(target, (equations[target].right,))
        if target != tensor and _is_asked(line, own):
            continue
        for altered in _altered(line, network):
            found = {target: points.over(altered.right, target.axes)}
            for later in order[place + 1 :]:
                found[later] = points.over(equations[later].right, later.axes, found)
            value = _at(found[tensor][0][0], index)
            if value != right and _fits(value, figure):
                found_here = _slip(altered, names)
                at = names.element(tensor, index) if target == tensor and tensor != COST else found_here.why[1]
                yield replace(found_here, why=(found_here.why[0], at, *found_here.why[2:]))


def _altered(line: Line, network: Network) -> Iterator[Alteration]:
    """A forward equation with one thing wrong: what the checker knows, a sign, in the cost a factor or the square."""
    form = line.forms[0]
    if line.target != COST:
        yield from (Alteration(line, itself, form, change) for change in forward_changes(line, form, network))
    for spot in spots(form, itself, line.target.axes, None, line, network):
        changes: list[Change] = []
        if isinstance(spot.parent, Add):
            changes += [change for change in term_changes(spot.node, spot) if change.kind == "sign"]
        if isinstance(spot.parent, Mul) and isinstance(spot.node, Const | Size) and line.target == COST:
            changes += factor_changes(spot.node, spot.parent, spot)
        if isinstance(spot.node, Pow) and line.target == COST:
            changes += power_changes(spot.node)
        yield from (Alteration(line, spot.put, spot.node, change) for change in changes)


def _of_step(
    network: Network, numbers: Numbers, name: str, own: Mapping[str, sp.Expr], figure: Figure
) -> Iterator[Slip]:
    """Slips of a step of gradient descent, and the value that was there before it."""
    working = worked_out(network, numbers, backward=True, pinned=own)
    element = working[name]
    _, index, step = parsed(name)
    if isinstance(element.made, Update) and numbers.rate is not None:
        before, slope, rate = element.made.before, element.made.slope, numbers.rate
        wrong: tuple[tuple[str, str, int, sp.Expr, str], ...] = (
            ("sign", "step_uphill", 1, before + rate * slope, "Gradient descent subtracts: with + the cost rises."),
            ("factor", "rate_missing", 1, before - slope, "The learning rate is missing."),
            ("other", "only_the_step", 1, -rate * slope, "This is only the step; it is added to the old value."),
            ("other", "only_the_step", 1, rate * slope, "This is only the step; it is taken from the old value."),
            ("old_values", "not_updated", 1, before, "This is the value before the step."),
        )
        for kind, detail, rank, value, why in wrong:
            if value != element.value and _fits(float(value), figure):
                yield Slip(kind, detail, rank, (why,))
        return
    earlier = working.elements.get(name_of(element.ref.tensor, index, step - 1))
    if earlier is not None and earlier.value != element.value and _fits(float(earlier.value), figure):
        why = "This is the value before the step: the new parameters have to be put in."
        yield Slip("old_values", "not_updated", 1, (why,))


def _slip(altered: Alteration, names: Names) -> Slip:
    why = explanation(Diagnosis(altered.kind, altered.detail, altered), names)
    return Slip(altered.kind, altered.detail, altered.rank, why)
