"""Which mistake explains a wrong gradient: the altered derivation that gives the student's numbers on all data sets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symnet.check.code.data import Trial
from symnet.check.code.mistakes import Gradients, Mistake, mistakes
from symnet.network import Network

Floats = NDArray[np.float64]

TELLING = 1
"""A mistake of at most this rank that explains everything needs no rival."""

SECONDS = 8.0
"""A diagnosis that takes longer is given up: none is better than waiting."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What explains that ``parameters`` are wrong: a stable code, where the mistake is (``∂C/∂z1``), and what it is."""

    kind: str
    places: tuple[str, ...]
    says: str
    parameters: tuple[str, ...]

    @property
    def message(self) -> str:
        """A sentence for the student."""
        return f"In {listed(self.places)}, {self.says}."


def listed(names: Sequence[str]) -> str:
    """The names as a sentence has them: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def same(given: Floats, right: Floats, tolerance: float = 1e-6) -> bool:
    """Whether two gradients are equal, leaving axes of one element aside; see :func:`deviation`."""
    return bool(deviation(given, right).max(initial=0.0) <= tolerance) if comparable(given, right) else False


def comparable(given: Floats, right: Floats) -> bool:
    """Whether the shapes are equal, but for axes of one element."""
    return [k for k in given.shape if k != 1] == [k for k in right.shape if k != 1]


def deviation(given: Floats, right: Floats) -> Floats:
    """|given − right| / max(|given|, |right|, a tenth of the largest |right|), in the shape of right."""
    given = given.reshape(right.shape)
    floor = max(0.1 * float(np.abs(right).max(initial=0.0)), 1e-12)
    with np.errstate(all="ignore"):
        out = np.abs(given - right) / np.maximum(np.maximum(np.abs(given), np.abs(right)), floor)
    return np.asarray(np.where(np.isfinite(given), out, np.inf))


def diagnose(
    network: Network, trials: Sequence[Trial], given: Sequence[Gradients], tolerance: float
) -> tuple[Diagnosis, ...]:
    """The fewest mistakes that together explain every wrong parameter; () if there are no such.

    ``given`` are the student's gradients on the trials, each with all parameters.
    """
    names = [p.name for p in network.parameters]
    wrong = {
        p for p in names if not all(same(g[p], t.gradient[p], tolerance) for g, t in zip(given, trials, strict=True))
    }
    fitting: list[tuple[Mistake, frozenset[str]]] = []
    end = time.monotonic() + SECONDS
    first = len(trials) - 1
    for mistake in mistakes(network, trials):
        if time.monotonic() > end:
            return ()
        explained: frozenset[str] = frozenset(wrong)
        for k in (first, *range(first)):
            try:
                with np.errstate(all="ignore"):
                    made = mistake.gradient(k)
            except (ValueError, KeyError, FloatingPointError):
                explained = frozenset()
                break
            explained &= {p for p in wrong if _fits(given[k][p], made[p], tolerance)}
            touched = {p for p in names if not same(made[p], trials[k].gradient[p], tolerance)}
            if not explained or not touched <= explained:
                explained = frozenset()
                break
        if explained:
            fitting.append((mistake, explained))
            if len(explained) == len(wrong) and mistake.rank <= TELLING:
                break
    found = _fewest(fitting, wrong, names)
    rest = [p for p in names if p in wrong and not any(p in d.parameters for d in found)]
    return _merged([*found, *_proportional(rest, trials, given, tolerance)])


def _fits(given: Floats, made: Floats, tolerance: float) -> bool:
    if given.size == 1 and made.size > 1:  # summed over everything: one number where there should be several
        given = np.broadcast_to(given.reshape(()), made.shape)
    elif (
        given.ndim < made.ndim and given.shape == made.shape[: given.ndim]
    ):  # not summed over the samples, but the units
        given = np.broadcast_to(given.reshape(given.shape + (1,) * (made.ndim - given.ndim)), made.shape)
    return same(given, made, tolerance)


def _fewest(
    fitting: Sequence[tuple[Mistake, frozenset[str]]], wrong: set[str], names: Sequence[str]
) -> list[Diagnosis]:
    """Greedily the mistake that explains most, among equals the most telling one, the one nearest to the cost."""
    out: list[Diagnosis] = []
    rest = set(wrong)
    while rest:
        usable = [(m, e) for m, e in fitting if e <= rest]
        if not usable:
            break
        mistake, explained = min(usable, key=lambda pair: (-len(pair[1]), pair[0].rank))
        out.append(Diagnosis(mistake.kind, (mistake.place,), mistake.says, tuple(p for p in names if p in explained)))
        rest -= explained
    return out


def _proportional(
    rest: Sequence[str], trials: Sequence[Trial], given: Sequence[Gradients], tolerance: float
) -> Iterator[Diagnosis]:
    """What nothing else explains, but is one multiple of the right gradient on all data sets, or a step along it."""
    for p in rest:
        rights = [t.gradient[p] for t in trials]
        if not all(comparable(g[p], right) for g, right in zip(given, rights, strict=True)):
            continue
        results = [g[p].reshape(right.shape) for g, right in zip(given, rights, strict=True)]
        points = [next(v for tensor, v in t.given.items() if tensor.name == p) for t in trials]
        ratio = _ratio(results, rights, tolerance)
        if ratio:
            yield Diagnosis("factor", (f"∂C/∂{p}",), f"the result is {ratio:.6g} times what it should be", (p,))
        elif _ratio([point - r for point, r in zip(points, results, strict=True)], rights, tolerance):
            says = "the result is the parameter after a step of descent, not the gradient"
            yield Diagnosis("other", (f"∂C/∂{p}",), says, (p,))


def _ratio(results: Sequence[Floats], rights: Sequence[Floats], tolerance: float) -> float | None:
    """The one number by which all the right values must be multiplied to give the results, if there is one."""
    largest = np.unravel_index(int(np.abs(rights[-1]).argmax()), rights[-1].shape)
    ratio = float(results[-1][largest] / (rights[-1][largest] or 1.0))
    fits = all(same(r, ratio * right, tolerance) for r, right in zip(results, rights, strict=True))
    return ratio if ratio and np.isfinite(ratio) and fits else None


def _merged(found: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """The same mistake made in several places is told once."""
    together: dict[tuple[str, str], Diagnosis] = {}
    for d in found:
        key = (d.kind, d.says)
        before = together.get(key)
        if before is not None:
            d = Diagnosis(d.kind, before.places + d.places, d.says, before.parameters + d.parameters)
        together[key] = d
    return tuple(together.values())
