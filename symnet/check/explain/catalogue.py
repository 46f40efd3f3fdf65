"""Every altered derivation of one derivative, and the values that each leads to."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from symnet.algebra.expressions import Axis, Expr, Index, Tensor, refs
from symnet.check.decide.points import laboratory
from symnet.check.decide.segment import needed, segment
from symnet.check.explain.alter import alterations, lines
from symnet.check.explain.change import Alteration, Line
from symnet.check.explain.points import LARGEST, NO_VALUE, Array, Points, Value, close
from symnet.check.kept import Kept
from symnet.derive.reverse import adjoint_of
from symnet.network import Network

Groups = tuple["Group", ...]


MANY = 100
"""Longer derivations are not gone through line by line."""


class NoTime(Exception):
    """There was no time to look at every alteration."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alterations whose results have the same indices, and the results, one row for each."""

    axes: tuple[Axis, ...]
    members: tuple[Alteration, ...]
    values: Array


@dataclass(slots=True)
class Catalogue:
    """Everything that can go wrong on the way to one derivative, with what it leads to."""

    derivation: tuple[Line, ...]
    points: Points
    more: Points
    _groups: Groups | None = field(default=None, repr=False)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The running indices of the derivative."""
        return self.derivation[-1].target.axes

    @property
    def truth(self) -> Expr:
        """The derivative."""
        return self.derivation[-1].forms[0]

    def groups(self, deadline: float = float("inf")) -> Groups:
        """Every alteration, evaluated once.  Raises NoTime where that is not done by the deadline."""
        if self._groups is None:
            self._groups = _evaluated(self.points, self.derivation, deadline)
        return self._groups


_catalogues: Kept[Catalogue] = Kept(64)
_points: Kept[Points] = Kept(64)


def catalogue(
    network: Network, tensor: Tensor, index: tuple[Index, ...], seed: int = 0, answer: Expr | None = None
) -> Catalogue:
    """All alterations of the derivation of ∂C/∂(tensor[index]), kept.

    In a deep network only of the lines that lead from what ``answer`` names to the derivative: the slip was made there.
    """
    lab = laboratory(network)
    part = None if answer is None else segment(lab.uses, adjoint_of(tensor)(*index), answer)

    def make() -> Catalogue:
        free = set() if part is None else {used for t in part for used in lab.uses[t]} - part
        derivation = lines(network, tensor, index, free)
        used = {r.tensor for line in derivation for form in line.forms for r in refs(form)}
        own = None if part is None else part | needed(lab.uses, used, free)
        largest = max([LARGEST, *(i for i in index if isinstance(i, int))])
        points, more = (_drawn(network, seed, n, largest, own) for n in (5, 7))
        return Catalogue(derivation, points, more)

    return _catalogues.get(network, make, (tensor, index, seed, part))


def _drawn(network: Network, seed: int, samples: int, largest: int, part: frozenset[Tensor] | None) -> Points:
    def make() -> Points:
        definitions = laboratory(network).definitions
        own = definitions if part is None else {t: e for t, e in definitions.items() if t in part}
        return Points(network, seed, samples, largest, own)

    return _points.get(network, make, (seed, samples, largest, part))


def _evaluated(points: Points, derivation: tuple[Line, ...], deadline: float) -> Groups:
    if len(derivation) > MANY:
        raise NoTime
    target = derivation[-1].target.axes
    places = {id(line): place for place, line in enumerate(derivation)}
    by_line: dict[int, dict[tuple[Axis, ...], list[tuple[Alteration, Array]]]] = {}
    for altered in alterations(points.network, derivation):
        if time.monotonic() > deadline:
            raise NoTime
        try:
            value, axes = points.over(altered.right, altered.line.target.axes)
        except NO_VALUE:
            continue
        by_line.setdefault(places[id(altered.line)], {}).setdefault(axes, []).append((altered, value))
    groups: list[Group] = []
    right, _ = points.over(derivation[-1].forms[0], target)
    for place in sorted(by_line, reverse=True):
        for axes, members in by_line[place].items():
            stack = np.concatenate([v for _, v in members])
            values, all_axes = _followed(points, derivation, place, (stack, axes))
            wrong = [k for k, v in enumerate(values) if all_axes != target or not close(v, right[0])]
            groups.append(Group(all_axes, tuple(members[k][0] for k in wrong), values[wrong]))
            if time.monotonic() > deadline:
                raise NoTime
    return tuple(groups)


def _followed(points: Points, derivation: tuple[Line, ...], place: int, value: Value) -> Value:
    """What alternatives for one line lead to at the last line."""
    given: dict[Tensor, Value] = {derivation[place].target: value}
    for line in derivation[place + 1 :]:
        if any(ref.tensor in given for ref in refs(line.forms[0])):
            given[line.target] = value = points.over(line.forms[0], line.target.axes, given)
    array, axes = value
    return np.broadcast_to(array, (given[derivation[place].target][0].shape[0], *array.shape[1:])), axes
