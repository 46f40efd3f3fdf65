"""Numbers that show two expressions to be different: simple ones, certified by interval arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from symnet.algebra.expressions import Axis, Expr, Tensor, refs
from symnet.check.decide.intervals import Enclosure, Undefined, apart, decimal
from symnet.check.decide.points import DEEP, Laboratory, Point, Setting
from symnet.check.decide.segment import needed

BITS = (64, 160, 400)
"""The precisions that are tried."""

NARROW = 3
"""In a deep network a witness has layers of no more units than this, or a few more where widths differ."""

CLEAR = 1e-3
"""A relative difference that nobody takes for rounding."""


@dataclass(frozen=True)
class Witness:
    """The values of everything given, the element (counted from 1, over the axes asked for) and both sides there."""

    values: tuple[tuple[Tensor, tuple[int, ...], Fraction], ...]
    sizes: dict[str | int, int] = field(hash=False)
    index: tuple[int, ...]
    truth: str
    answer: str


class _Candidate(NamedTuple):
    """Where the two sides seem to differ, and by how much of their size."""

    gap: float
    point: Point
    draw: int
    at: tuple[int, ...]


def search(
    lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], setting: Setting, deadline: float
) -> Witness | None:
    """A witness among small numbers of growing complexity: one sample first, then as many as the setting has."""
    if not setting.least and len(depends_on(lab, truth, answer)) > DEEP:
        least = lab.least(truth, answer, above=NARROW, weights=0)
        setting = replace(setting, variant=3 if lab.symbolic else 0, least=least, wide=NARROW)
    found: list[_Candidate] = []
    tried = 0
    for samples in dict.fromkeys((1, setting.samples)):
        for level in (0, 1, 2):
            simple = replace(setting, samples=samples, draws=12, exact=False, gaussian=False, level=level)
            candidates = _candidates(lab, truth, answer, axes, simple, deadline)
            clear = [c for c in candidates if c.gap > CLEAR]
            found += candidates
            for candidate in clear[:2]:
                tried += 1
                witness = certify(lab, truth, answer, axes, *candidate[1:], deadline)
                if witness is not None or tried > 6:
                    return witness
    for candidate in sorted(found, key=lambda c: -c.gap)[:3]:
        witness = certify(lab, truth, answer, axes, *candidate[1:], deadline)
        if witness is not None:
            return witness
    return None


def depends_on(lab: Laboratory, truth: Expr, answer: Expr) -> set[Tensor]:
    """Everything that has to be computed for both sides."""
    return needed(lab.uses, {r.tensor for side in (truth, answer) for r in refs(side)})


def _candidates(
    lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], setting: Setting, deadline: float
) -> list[_Candidate]:
    placed = lab.with_truth(truth, axes, setting, deadline)
    if placed is None:
        return []
    point, left = placed
    with np.errstate(all="ignore"):
        evaluator = point.evaluator(lab, deadline)
        right = evaluator.evaluate(answer, axes)
        a, b = np.broadcast_arrays(left.reals, right.reals, np.empty((point.draws,) + (1,) * len(axes)))[:2]
        gap = np.abs(a - b) / (np.abs(a) + np.abs(b))
        gap = np.where(np.isfinite(gap), gap, 0.0).reshape(point.draws, -1)
        size = np.where(np.isfinite(a), np.abs(a), np.inf).reshape(point.draws, -1)
    out = []
    for draw in np.flatnonzero(~evaluator.arrays.bad).tolist():
        clear = np.where((gap[draw] > CLEAR) & (size[draw] > 1e-6) & (size[draw] < 1e6), 2.0, gap[draw])
        at = int(clear.argmax())
        index = tuple(int(k) for k in np.unravel_index(at, a.shape[1:]))
        out.append(_Candidate(float(gap[draw, at]), point, draw, index))
    return sorted(out, key=lambda c: c.gap <= CLEAR)


def certify(
    lab: Laboratory,
    truth: Expr,
    answer: Expr,
    axes: tuple[Axis, ...],
    point: Point,
    draw: int,
    index: tuple[int, ...],
    deadline: float,
) -> Witness | None:
    """The witness at the real values of a draw, if intervals around the two sides there are disjoint."""
    given: dict[tuple[Tensor, tuple[int, ...]], Fraction] = {}
    for tensor in lab.given:
        reals = point.values[tensor].reals
        own = reals[draw] if reals.shape[0] > 1 else reals[0]
        for place in np.ndindex(own.shape):
            given[tensor, tuple(k + 1 for k in place)] = Fraction(float(own[place]))
    where = {axis: k + 1 for axis, k in zip(axes, index, strict=True)}
    far = depends_on(lab, truth, answer)
    for bits in BITS:
        enclosure = Enclosure(given, lab.definitions, point.sizes, bits, deadline)
        try:
            if len(far) > DEEP:
                enclosure.fill(tensor for tensor in lab.definitions if tensor in far)
            left, right = enclosure.value(truth, where), enclosure.value(answer, where)
        except Undefined:
            continue
        if apart(left, right):
            values = tuple((tensor, at, value) for (tensor, at), value in given.items())
            counted = tuple(k + 1 for k in index)
            digits = 12 if decimal(left) != decimal(right) else 24
            return Witness(values, dict(point.sizes), counted, decimal(left, digits), decimal(right, digits))
    return None
