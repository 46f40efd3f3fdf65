"""What went wrong in a wrong answer: the one altered derivation that leads to it, if there is exactly one.

Direct tests come first (the answer is c times the derivative, or its transpose), then every altered derivation of
:mod:`symnet.check.explain.alter`, compared at random points.  What fits is confirmed by ``decide``.  Explanations are
ranked by simplicity; where the simplest ones disagree about the kind, none is given: a wrong
diagnosis is worse than none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Axis,
    Const,
    Expr,
    Index,
    Size,
    Tensor,
    const,
    count,
    factors_of,
    mul,
    power,
    refs,
    walk,
)
from symnet.check.explain.alter import written_out
from symnet.check.explain.catalogue import Catalogue, NoTime, catalogue
from symnet.check.explain.change import Alteration
from symnet.check.explain.points import NO_VALUE, aligned, close
from symnet.network import SAMPLES, Network

Deciding = Callable[[Network, Expr, Expr, tuple[Axis, ...]], str]
"""Decides whether two expressions are equal: proved, equal, different or undecided."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong: a stable ``kind`` for teachers, a finer ``detail``, and the place in the derivation.

    ``line`` is the equation that went wrong, ``old`` and ``new`` what stands there and what was taken instead, each
    with the way to put it back (``put``); without a place these are ``None``.  ``ratio`` is answer / derivative where
    that is constant.
    """

    kind: str
    detail: str
    alteration: Alteration | None = None
    ratio: sp.Expr | None = None
    confirmed: str = "undecided"

    @property
    def place(self) -> str | None:
        """The name of the line that went wrong (``dC/dz1``)."""
        return self.alteration.line.target.name if self.alteration else None


def diagnose(
    network: Network,
    tensor: Tensor,
    index: tuple[Index, ...],
    answer: Expr,
    *,
    transposed: Expr | None = None,
    decide: Deciding | None = None,
    seed: int = 0,
    seconds: float = float("inf"),
) -> Diagnosis | None:
    """The one simplest slip that leads from the derivation of ∂C/∂(tensor[index]) to ``answer``.

    ``None`` if nothing fits, or if not everything could be looked at within ``seconds``; kind "other" without a place
    if several kinds of slip fit equally well.
    """
    deadline = time.monotonic() + seconds
    known = catalogue(network, tensor, index, seed, answer)

    def confirmed(explained: Expr) -> str:
        return decide(network, explained, answer, known.axes) if decide else "undecided"

    if transposed is not None and _equal_values(known, transposed):
        status = decide(network, known.truth, transposed, known.axes) if decide else "undecided"
        return None if status == "different" else Diagnosis("transpose", "transposed", confirmed=status)
    ratio = _ratio(known, answer)
    if ratio is not None:
        scaled = Diagnosis(*_of_ratio(ratio, answer, network), ratio=ratio)
        status = confirmed(mul(_factor(ratio), known.truth))
        return None if status == "different" else Diagnosis(scaled.kind, scaled.detail, None, ratio, status)
    try:
        found = _fitting(known, answer, deadline)
    except NoTime:
        return None
    simplest = [a for a in found if a.rank == min(f.rank for f in found)]
    if len({a.kind for a in simplest}) > 1:
        return Diagnosis("other", "ambiguous")
    for altered in sorted(simplest, key=_size):
        status = confirmed(written_out(altered, known.derivation))
        if status != "different":
            return Diagnosis(altered.kind, altered.detail, altered, None, status)
    return None


def _size(altered: Alteration) -> tuple[bool, int]:
    """Of several places for the same slip a term says more than a sign, and the shortest line with it most."""
    return altered.detail == "sign_missing", count(altered.put(altered.old)) + count(altered.old)


def _fitting(known: Catalogue, answer: Expr, deadline: float) -> list[Alteration]:
    found: list[Alteration] = []
    try:
        value, axes = known.points.over(answer, known.axes)
    except NO_VALUE:
        return []
    for group in known.groups(deadline):
        if set(group.axes) == set(axes):
            mine = aligned(value, axes, group.axes)[0]
            found += [a for a, v in zip(group.members, group.values, strict=True) if close(v, mine)]
    return found


def _equal_values(known: Catalogue, answer: Expr) -> bool:
    try:
        value, axes = known.points.over(answer, known.axes)
    except NO_VALUE:
        return False
    return axes == known.axes and close(value[0], known.points.over(known.truth, known.axes)[0][0])


N = sp.Symbol("n", positive=True)


def _ratio(known: Catalogue, answer: Expr) -> sp.Expr | None:
    """answer / derivative as c·nᵏ with a simple rational c, if it is that at every point."""
    found = []
    for points in (known.points, known.more):
        try:
            value, axes = points.over(answer, known.axes)
        except NO_VALUE:
            return None
        truth = points.over(known.truth, known.axes)[0]
        if axes != known.axes:
            return None
        finite = np.isfinite(truth) & np.isfinite(value)
        if not finite.any():
            return None
        truth, value = truth[finite], value[finite]
        large = np.abs(truth) > 1e-6 * np.abs(truth).max()
        if not large.any() or np.any(np.abs(value[~large]) > 1e-4 * np.abs(value).max()):
            return None
        with np.errstate(all="ignore"):
            ratios = value[large] / truth[large]
        if not np.all(np.isfinite(ratios)) or np.ptp(ratios) > 1e-8 * np.abs(ratios).max() or abs(ratios[0]) < 1e-9:
            return None
        found.append((float(ratios.mean()), points.samples))
    (first, n), (second, m) = found
    exponent = np.log(abs(second / first)) / np.log(m / n) if known.points.network.sample_axes else 0.0
    if first * second < 0 or abs(exponent - round(exponent)) > 1e-6:
        return None
    c = sp.nsimplify(first / n ** round(exponent), rational=True, tolerance=1e-9)
    return c * N ** round(exponent) if c.q <= 24 and abs(c.p) <= 24 and c * N ** round(exponent) != 1 else None


def _factor(ratio: sp.Expr) -> Expr:
    c, rest = ratio.as_coeff_Mul()
    return mul(const(c), power(Size(SAMPLES), rest.as_base_exp()[1])) if rest.has(N) else const(ratio)


def _of_ratio(ratio: sp.Expr, answer: Expr, network: Network) -> tuple[str, str]:
    if ratio.has(N):
        return "wrong_normalisation", "constant_ratio"
    if ratio != -1:
        return "factor", "constant_ratio"
    return ("swapped_y_yhat", "swapped") if _target_first(answer, network) else ("sign", "sign_missing")


def _target_first(answer: Expr, network: Network) -> bool:
    """Whether y − ŷ is written somewhere: a sum in which the target is counted and other quantities are taken away."""

    def minus(term: Expr) -> bool:
        return any(isinstance(f, Const) and f.value.is_negative for f in factors_of(term))

    for node in walk(answer):
        if isinstance(node, Add):
            mine = [t for t in node.terms if refs(t) and all(r.tensor == network.y for r in refs(t))]
            others = [t for t in node.terms if t not in mine and refs(t)]
            if mine and others and not any(map(minus, mine)) and all(map(minus, others)):
                return True
    return False
