"""Deciding whether two expressions of a network are the same function of parameters and data.

**Equal.**  Both sides are evaluated, element by element, at random residues modulo primes p > 2³⁰; exponentials,
logarithms and roots are further random residues (:mod:`symnet.check.decide.generators`).  Why agreement means equality:

1. Written with one formal variable for every input, weight, and every exponential or logarithm that is not *known* to
   be a product of powers (a sum) of others, each side is a quotient of polynomials.  If these are identical, so are the
   functions, whatever relations between the variables were overlooked: a missed relation can only make equal things
   look different, never the reverse, and needs no theorem.
2. If they are not identical, their images at random residues agree with probability at most d/p, d the degree of the
   difference (Schwartz 1980, J. ACM 27; Zippel 1979, EUROSAM), plus the chance that the random prime divides all its
   coefficients.  Degrees and heights are tracked; four independent images are taken in every draw.
3. A relation between exponents (u = 2v, u = v + w) is used only when it holds in all images: the same test, the same
   bound, counted for every comparison made.  Roots multiply the degree by two each (the norm of the difference).
   A root's sign is drawn at random where no relation to other roots is known; with 5. a wrong sign cannot pass.
4. That equal things are *found* equal rests on the structure theorem (Risch 1969; Ax 1971): exponentials and
   logarithms have no relations but those.  Small ones are looked for; the rest ends as "undecided".
5. Branches (ReLU, |·|, max) are chosen by an unrelated real point, whose whole region the residues then stand for;
   draws are repeated until new regions become rare.  Floating-point values at those points must agree as well.  Last
   the signs themselves are drawn (:mod:`~symnet.check.decide.coins`), so that no region is too small to count.

**Different** is said only with a witness: simple rational numbers at which interval arithmetic encloses both sides in
disjoint intervals.  Everything else, a contradiction between the two methods included, is "undecided".
"Proved" is a normal form (:mod:`~symnet.check.decide.normalform`) after the first such test.  For the number of
samples see :mod:`~symnet.check.decide.counts`.  Networks of more than some thousand weights are judged at small,
pairwise different widths, and the verdict says so; so are symbolic sizes, which are also made equal once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import sympy as sp

from symnet.algebra.expressions import Apply, Axis, Expr, walk
from symnet.check.decide.arrays import Bound, Mask, OutOfTime, Reals, Value, sum_bound
from symnet.check.decide.counts import sample_counts
from symnet.check.decide.field import LEAST, PRIMES_ABOUT
from symnet.check.decide.generators import NeedsRoots
from symnet.check.decide.normalform import proved
from symnet.check.decide.points import DEEP, IMAGES, Laboratory, Point, Setting, has_branches, laboratory, part_of
from symnet.check.decide.program import Unsupported
from symnet.check.decide.segment import pattern
from symnet.check.decide.witness import Witness, certify, depends_on, search
from symnet.check.kept import Kept
from symnet.network import Network

Status = Literal["proved", "equal", "different", "undecided"]

LIKELY = 1e-9
"""No error bound above this is accepted."""

COINS = 40
"""How often signs are drawn."""

UNSEEN = 0.05
"""Regions are sampled until those seen only once make up less than this (Good 1953, Biometrika 40)."""


@dataclass(frozen=True)
class Decision:
    """The verdict, how it was reached, and what it assumes.

    ``error_bound`` is the probability, over the random choices, that "equal" is wrong.
    """

    status: Status
    method: str
    error_bound: float | None = None
    sample_counts: tuple[int, ...] = ()
    witness: Witness | None = None
    assumptions: tuple[str, ...] = ()
    seed: int = 0
    seconds: float = 0.0


PROVED = Decision("proved", "both sides have the same normal form, for all sizes and numbers of samples")


class Compared(NamedTuple):
    """Both sides at one point: which draws count, where the residues differ, the reals, and the error bound."""

    point: Point
    usable: Mask
    differ: Mask
    truth: Reals
    answer: Reals
    error: float
    signs: tuple[tuple[tuple[Axis, ...], Mask], ...]


def decide(
    network: Network,
    truth: Expr,
    answer: Expr,
    axes: tuple[Axis, ...],
    *,
    seed: int = 0,
    seconds: float = 2.0,
) -> Decision:
    """Whether ``answer`` equals ``truth`` over ``axes``, for every number of samples.

    Both are expressions in the network's inputs, targets, parameters, constants, intermediate quantities and adjoints.
    Never raises: what cannot be decided within ``seconds`` is "undecided".
    """
    start = time.monotonic()
    deadline = start + 0.85 * seconds
    try:
        with np.errstate(all="ignore"):
            found = _decide(laboratory(network), truth, answer, tuple(axes), seed, deadline)
    except OutOfTime:
        found = Decision("undecided", "the time was not enough")
    except Unsupported as reason:
        found = Decision("undecided", f"no way to evaluate: {reason}")
    except Exception as error:  # whatever an expression from outside brings about, it is no verdict
        found = Decision("undecided", f"{type(error).__name__} while deciding")
    return replace(found, seed=seed, seconds=time.monotonic() - start)


def _decide(lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], seed: int, deadline: float) -> Decision:
    part = part_of(lab, truth, answer)
    if part is not None:
        found = _in_part(part, truth, answer, axes, seed, deadline)
        if found.status in ("proved", "equal"):
            return replace(found, method=f"{found.method}; whatever the values of the quantities that are named")
    if part is not None or len(depends_on(lab, truth, answer)) > DEEP:  # numbers are found sooner than residues
        setting = Setting(2 if lab.network.sample_axes else 1, 0, 6, False, False, 3, seed, lab.least(truth, answer))
        witness = search(lab, truth, answer, axes, setting, deadline)
        if witness is not None:
            return _by_witness(witness, ["Σy = 1 for the targets of every sample"] if lab.unit_sum else [])
    return _in(lab, truth, answer, axes, seed, deadline)


_settled: Kept[Decision] = Kept(512)


def _in_part(
    part: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], seed: int, deadline: float
) -> Decision:
    """The decision as functions of what is named, made once for layers that are alike."""
    alike = pattern(part.definitions, truth, answer, axes)
    if alike is None:
        return _in(part, truth, answer, axes, seed, deadline)
    return _settled.get(
        part.network, lambda: _in(part, truth, answer, axes, seed, deadline), (alike, part.unit_sum, seed)
    )


def _in(lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], seed: int, deadline: float) -> Decision:
    try:
        return _by_residues(lab, truth, answer, axes, seed, deadline, gaussian=lab.roots)
    except NeedsRoots:
        return _by_residues(lab, truth, answer, axes, seed, deadline, gaussian=True)


def _by_residues(
    lab: Laboratory,
    truth: Expr,
    answer: Expr,
    axes: tuple[Axis, ...],
    seed: int,
    deadline: float,
    *,
    gaussian: bool,
) -> Decision:
    branches = lab.kinked or has_branches(answer) or has_branches(truth)
    assumptions = ["Σy = 1 for the targets of every sample"] if lab.unit_sum else []
    if lab.network.sample_axes:
        counts, all_n = sample_counts(truth, answer, lab.definitions)
        if not all_n:
            assumptions.append(f"agreement for n = {', '.join(map(str, counts))} samples stands for every n")
    else:
        counts = (1, 1, 1) if lab.symbolic else (1,)
    least = lab.least(truth, answer)
    if least:
        assumptions.append("what holds for layers of a few units holds for as many as were declared")
    runs = [
        Setting(n, k % 3 if lab.symbolic else 0, _draws(n, branches), True, gaussian, 3, seed, least)
        for k, n in enumerate(counts)
    ]
    error, seen = 0.0, Counter[bytes]()
    sides: dict[int, set[bool]] = {}
    done = 0
    while done < len(runs):
        setting = runs[done]
        found = compare(lab, truth, answer, axes, setting, deadline)
        if found is None or found.usable.sum() < 2:
            return Decision("undecided", "too few points at which both sides have a value")
        if not found.usable.all() and _partial(answer):
            return Decision("undecided", "the answer has no value at some points: give every case its branch")
        if (found.differ & found.usable).any():
            if lab.is_part:
                return Decision("undecided", "different as functions of what is named")
            return _different(lab, truth, answer, axes, setting, found, assumptions, deadline)
        if not _agree(lab, truth, answer, axes, found, deadline):
            return Decision("undecided", "residues agree, real values do not")
        if done == 0 and proved(lab.definitions, truth, answer, deadline):  # and both sides have a value: no 0/0
            return PROVED
        error += found.error
        done += 1
        if branches:
            seen.update(_regions(found))
            for at, (_, mask) in enumerate(found.signs):
                sides.setdefault(at, set()).update(np.unique(mask).tolist())
            unseen = sum(times == 1 for times in seen.values()) > UNSEEN * seen.total()
            one_sided = sum(len(both) < 2 for both in sides.values())
            if done == len(runs) < len(counts) + 4 and (unseen or one_sided):
                wider = 4 if one_sided and len(runs) % 2 == len(counts) % 2 else 3
                runs.append(replace(runs[0], level=wider, seed=seed + 1000 * (len(runs) + 1)))
    if branches:
        assumptions.append(_coverage(seen, sum(len(both) < 2 for both in sides.values())))
        setting = Setting(counts[0], 0, COINS, True, gaussian, 3, seed, least, coins=True)
        doubt = _any_signs(lab, truth, answer, axes, setting, deadline)
        if doubt:
            return Decision("undecided", doubt)
    method = "the same rational function of the data and of independent exponentials, at random residues modulo primes"
    if error > LIKELY:  # the normal form, which is given up early where residues do as well, has the last word
        if proved(lab.definitions, truth, answer, deadline, seconds=deadline - time.monotonic()):
            return PROVED
        return Decision("undecided", "the degree is too high for the test")
    return Decision("equal", method, error, tuple(dict.fromkeys(counts)), None, tuple(assumptions))


def _any_signs(
    lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], setting: Setting, deadline: float
) -> str:
    """What is to be said against equality in every region: where signs are drawn at random, both sides must agree."""
    found = compare(lab, truth, answer, axes, setting, deadline)
    if found is None or found.usable.sum() < 2:
        return "too few signs for which both sides have a value"
    if not found.usable.all() and _partial(answer):
        return "the answer has no value at some points: give every case its branch"
    if (found.differ & found.usable).any():
        return "the sides differ for some signs of their conditions, but no numbers with these were found"
    return ""


def _partial(answer: Expr) -> bool:
    """Whether the answer has cases without an “otherwise”, so that it may be without a value in a whole region."""
    tables = (f.function.expr for f in walk(answer) if isinstance(f, Apply))
    return any(piecewise.args[-1].cond != sp.true for table in tables for piecewise in table.atoms(sp.Piecewise))


def _coverage(seen: Counter[bytes], one_sided: int) -> str:
    rare = sum(times == 1 for times in seen.values())
    said = f"kinks are ignored; {len(seen)} patterns of signs were met in {seen.total()} samples, {rare} of them once"
    return said + (f"; {one_sided} conditions never changed their sign" if one_sided else "")


def _draws(samples: int, branches: bool) -> int:
    return max(6, 24 // samples) if branches else 3


def compare(
    lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], setting: Setting, deadline: float
) -> Compared | None:
    """Both sides at the point of a setting; None where the network itself has no value."""
    with np.errstate(all="ignore"):
        placed = lab.with_truth(truth, axes, setting, deadline)
        if placed is None:
            return None
        point, left = placed
        evaluator = point.evaluator(lab, deadline)
        right = evaluator.evaluate(answer, axes)
        arrays = evaluator.arrays
        usable = np.logical_not(arrays.bad)
        shape = np.broadcast_shapes(left.reals.shape, right.reals.shape, (point.draws,) + (1,) * len(axes))
        unequal = np.asarray(left.residues != right.residues)
        for _ in range(point.field.lead - 1):
            unequal = np.asarray(unequal.any(axis=0))
        roots = max((len(g.algebraic) for g in arrays.generators), default=0)
        tests = max((g.tests for g in arrays.generators), default=0)
        signs = (*point.signs, *arrays.signs)
        draws = 1 if signs else max(1, int(usable.sum()))  # with branches every draw may be the only one of its region
        error = _error(left, right, arrays.argument_bound, tests, roots, draws)
    return Compared(
        point,
        usable,
        np.asarray(np.broadcast_to(unequal, shape).reshape(point.draws, -1).any(axis=1)),
        np.broadcast_to(left.reals, shape),
        np.broadcast_to(right.reals, shape),
        error,
        signs,
    )


def _error(left: Value, right: Value, argument: Bound, tests: int, roots: int, draws: int) -> float:
    """The probability that a difference passes ``draws`` draws: by zeros, by relations that do not hold, by the primes.

    Draws are independent of each other, the primes are common to all of them.
    """
    difference, relation = sum_bound([left.bound, right.bound]), sum_bound([argument] * 3)
    factor = 2 ** min(roots, 60)
    zero = (factor * (difference.top + difference.bottom) / LEAST) ** IMAGES
    false = tests * ((relation.top + relation.bottom) / LEAST) ** IMAGES
    bits = factor * (difference.top_bits + difference.bottom_bits)
    primes = (bits / (30 * PRIMES_ABOUT)) ** IMAGES
    primes += tests * ((relation.top_bits + relation.bottom_bits + 16) / (30 * PRIMES_ABOUT)) ** IMAGES
    return float(min(1.0, zero + false) ** draws + min(1.0, primes))


def _agree(
    lab: Laboratory, truth: Expr, answer: Expr, axes: tuple[Axis, ...], found: Compared, deadline: float
) -> bool:
    """Whether the real values agree, those that rounding has spoilt being looked at in interval arithmetic."""
    with np.errstate(all="ignore"):
        a, b = found.truth, found.answer
        largest = np.maximum(np.abs(a), np.abs(b))
        finite = np.isfinite(a) & np.isfinite(b)
        near = np.abs(a - b) <= 1e-7 * (1e-3 + largest)
        far = np.argwhere((finite & ~near) & found.usable.reshape((-1,) + (1,) * (a.ndim - 1)))
    for draw, *index in far[:2].tolist():
        if certify(lab, truth, answer, axes, found.point, draw, tuple(index), deadline) is not None:
            return False
    return bool(finite.any())


def _different(
    lab: Laboratory,
    truth: Expr,
    answer: Expr,
    axes: tuple[Axis, ...],
    setting: Setting,
    found: Compared,
    assumptions: list[str],
    deadline: float,
) -> Decision:
    witness = search(lab, truth, answer, axes, setting, deadline)
    if witness is None:  # the region may be rare: the real point of the draw itself lies in it
        for draw in np.flatnonzero(found.differ & found.usable)[:3].tolist():
            apart = np.abs(found.truth[draw] - found.answer[draw])
            index = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
            witness = certify(lab, truth, answer, axes, found.point, draw, tuple(map(int, index)), deadline)
            if witness is not None:
                break
    if witness is None:
        return Decision("undecided", "residues differ, but no numbers were found that show it")
    return _by_witness(witness, assumptions)


def _by_witness(witness: Witness, assumptions: Sequence[str]) -> Decision:
    tried = (witness.sizes.get("n", 1),)
    return Decision("different", "interval arithmetic at the witness", None, tried, witness, tuple(assumptions))


def _regions(found: Compared) -> list[bytes]:
    """For every usable draw and every sample of it, the signs of everything that was asked for its sign."""
    samples = found.point.sizes["n"]
    out = []
    for draw in np.flatnonzero(found.usable).tolist():
        for sample in range(samples):
            parts = []
            for axes, mask in found.signs:
                own = mask[draw] if mask.shape[0] > 1 else mask[0]
                for at, axis in enumerate(axes):
                    if axis.size == "n" and own.shape[at] == samples:
                        own = np.take(own, [sample], axis=at)
                        break
                parts.append(np.packbits(own).tobytes())
            out.append(b"|".join(parts))
    return out
