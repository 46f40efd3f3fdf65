"""Every altered derivation of one derivative, and the values that each leads to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from symnet.algebra.expressions import Axis, Expr, Index, Tensor, refs
from symnet.check.explain.alter import alterations, lines
from symnet.check.explain.change import Alteration, Line
from symnet.check.explain.points import LARGEST, NO_VALUE, Array, Points, Value, close
from symnet.network import Network


@dataclass(frozen=True, slots=True)
class Group:
    """Alterations whose results have the same indices, and the results, one row for each."""

    axes: tuple[Axis, ...]
    members: tuple[Alteration, ...]
    values: Array


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can go wrong on the way to one derivative, with what it leads to."""

    derivation: tuple[Line, ...]
    points: Points
    more: Points
    groups: tuple[Group, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The running indices of the derivative."""
        return self.derivation[-1].target.axes

    @property
    def truth(self) -> Expr:
        """The derivative."""
        return self.derivation[-1].forms[0]


@lru_cache(maxsize=64)
def catalogue(network: Network, tensor: Tensor, index: tuple[Index, ...], seed: int = 0) -> Catalogue:
    """All alterations of the derivation of ∂C/∂(tensor[index]), evaluated once."""
    derivation = lines(network, tensor, index)
    largest = max([LARGEST, *(i for i in index if isinstance(i, int))])
    points, more = (Points(network, seed, n, largest) for n in (5, 7))
    target = derivation[-1].target.axes
    by_line: dict[int, dict[tuple[Axis, ...], list[tuple[Alteration, Array]]]] = {}
    for altered in alterations(network, derivation):
        place = derivation.index(altered.line)
        try:
            value, axes = points.over(altered.right, altered.line.target.axes)
        except NO_VALUE:
            continue
        by_line.setdefault(place, {}).setdefault(axes, []).append((altered, value))
    groups: list[Group] = []
    right, _ = points.over(derivation[-1].forms[0], target)
    for place in sorted(by_line, reverse=True):
        for axes, members in by_line[place].items():
            stack = np.concatenate([v for _, v in members])
            values, all_axes = _followed(points, derivation, place, (stack, axes))
            wrong = [k for k, v in enumerate(values) if all_axes != target or not close(v, right[0])]
            groups.append(Group(all_axes, tuple(members[k][0] for k in wrong), values[wrong]))
    return Catalogue(derivation, points, more, tuple(groups))


def _followed(points: Points, derivation: tuple[Line, ...], place: int, value: Value) -> Value:
    """What alternatives for one line lead to at the last line."""
    given: dict[Tensor, Value] = {derivation[place].target: value}
    for line in derivation[place + 1 :]:
        if any(ref.tensor in given for ref in refs(line.forms[0])):
            given[line.target] = value = points.over(line.forms[0], line.target.axes, given)
    array, axes = value
    return np.broadcast_to(array, (given[derivation[place].target][0].shape[0], *array.shape[1:])), axes
