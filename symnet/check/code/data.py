"""Random data on which a student's gradient is compared, and the right gradients there.

The numbers have two decimals, so that a witness can be typed in again.  Data are drawn anew until the cost is finite,
every weighted sum has both signs (else a forgotten relu′ would not show), and finite differences agree with the
derivation, which they do unless a kink is near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.expressions import Equation, Tensor
from symnet.algebra.interpret import evaluate, run
from symnet.check.code.gradcheck import central_difference
from symnet.derive.derivation import Derivation
from symnet.errors import SymnetError
from symnet.network import COST, Network

Floats = NDArray[np.float64]

SAMPLES = (2, 5, 5)
"""The numbers of samples: never 1, where a forgotten sum does not show, and two of them, so that n is told from 2."""

ATTEMPTS = 60
DIFFERENCES = 30
"""Of a parameter, at most so many elements are compared with finite differences (chosen at random)."""

AGREEMENT = 1e-6
"""Derivation and finite differences must agree this closely."""


@dataclass(frozen=True)
class Trial:
    """One data set: ``given`` the inputs, targets, constants and parameters, ``values`` the forward pass as well.

    ``gradient`` is right: the derivation's, within 1e-6 of the finite differences of the cost (``difference``).
    """

    samples: int
    given: Mapping[Tensor, Floats]
    values: Mapping[Tensor, Floats]
    gradient: Mapping[str, Floats]
    difference: float

    @property
    def cost(self) -> float:
        """The cost."""
        return float(self.values[COST])


def trials(network: Network, seed: int) -> tuple[Trial, ...]:
    """The data sets, the same for the same seed.

    Raises SymnetError when no data are found for which the cost is defined.
    """
    rng = np.random.default_rng(seed)
    counts = SAMPLES if network.sample_axes else (1, 1, 1)
    derivation = network.derive()
    return tuple(_trial(derivation, n, rng) for n in counts)


def sizes(network: Network) -> dict[str, int]:
    """A number for every symbolic size: pairwise different, and different from all the others."""
    named = (network.inputs.units, *(layer.units for layer in network.layers))
    taken = {size for size in named if isinstance(size, int)} | set(SAMPLES) | {1}
    free = (k for k in range(3, 1000) if k not in taken)
    symbols = list(dict.fromkeys(size for size in named if isinstance(size, str)))
    return dict(zip(symbols, islice(free, len(symbols)), strict=True))


def _trial(derivation: Derivation, n: int, rng: np.random.Generator) -> Trial:
    network = derivation.network
    backward = [adjoint.equation for adjoint in derivation.backward]
    worst = np.inf
    for attempt in range(ATTEMPTS):
        given = _draw(network, n, rng, attempt)
        values = run(network.equations, given)
        if not np.isfinite(values[COST]) or not _telling(network, values):
            continue
        adjoints = run(backward, values)
        gradient = {a.of.name: adjoints[a.equation.target] for a in derivation.backward if a.of in network.parameters}
        if not all(np.isfinite(g).all() for g in gradient.values()):
            continue
        difference = _difference(network, given, gradient, rng)
        worst = min(worst, difference)
        if difference <= AGREEMENT:
            return Trial(n, given, values, gradient, difference)
    raise SymnetError(
        "no random data were found on which this network's cost is finite and smooth"
        + (f" (finite differences differ by {worst:.1e} at best)" if np.isfinite(worst) else "")
        + f"; {network.cost.name} may not fit the last layer's activation"
    )


def _draw(network: Network, n: int, rng: np.random.Generator, attempt: int) -> dict[Tensor, Floats]:
    known = sizes(network)

    def shape(tensor: Tensor) -> tuple[int, ...]:
        lengths = {**known, "n": n}
        return tuple(lengths[a.size] if isinstance(a.size, str) else a.size for a in tensor.axes)

    def normal(tensor: Tensor, spread: float = 1.0) -> Floats:
        values = np.round(rng.normal(0, spread, shape(tensor)), 2)
        return np.asarray(np.where(values == 0, 0.11, values))

    inside = network.cost.domain != "real" and attempt % 2 == 1
    given = {network.x: normal(network.x)}
    for p in network.parameters:
        fan = int(np.prod(shape(p)[:1])) if p.role == "weight" else 4
        given[p] = normal(p, 1.2 / np.sqrt(max(fan, 1)))
        if inside and p.layer == network.depth:
            given[p] = np.abs(given[p]) + (1.5 if p.role == "bias" else 0.0)
    given |= {tensor: np.asarray(value, dtype=np.float64) for tensor, value in network.constants.items()}
    given[network.y] = _targets(network, shape(network.y), rng)
    return given


def _targets(network: Network, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Targets as the cost wants them: classes where it is a cost for classes."""
    domain, name = network.cost.targets, network.cost.name
    if name == "hinge":
        return np.asarray(rng.choice([-1.0, 1.0], shape))
    if domain == "probability":
        if network.layers[-1].function.normalised:
            return np.asarray(np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])])
        return np.asarray(rng.integers(0, 2, shape), dtype=np.float64)
    if domain in ("positive", "nonnegative"):
        return np.asarray(np.round(rng.uniform(0.1, 2.0, shape), 2))
    return np.asarray(np.round(rng.normal(0, 1, shape), 2))


def _telling(network: Network, values: Mapping[Tensor, Floats]) -> bool:
    """Whether every hidden layer's weighted sums have both signs, in so far as there are several."""
    sums = [values[network.pre_activation(k)] for k in range(1, network.depth)]
    return all(z.size < 4 or (z.min() < 0 < z.max()) for z in sums)


def _difference(
    network: Network, given: Mapping[Tensor, Floats], gradient: Mapping[str, Floats], rng: np.random.Generator
) -> float:
    """The largest deviation of the derivation from finite differences, relative to the parameter's largest element."""
    worst = 0.0
    for parameter in network.parameters:
        right, moved = gradient[parameter.name], np.array(given[parameter], dtype=np.float64)

        def cost(value: float, place: tuple[int, ...], moved: Floats = moved, parameter: Tensor = parameter) -> float:
            changed = moved.copy()
            changed[place] = value
            return float(run(network.equations, {**given, parameter: changed})[COST])

        places = [tuple(int(i) for i in place) for place in np.ndindex(right.shape)]
        if len(places) > DIFFERENCES:
            places = [places[i] for i in rng.choice(len(places), DIFFERENCES, replace=False)]
        scale = max(float(np.abs(right).max(initial=0.0)), 1e-3)
        for place in places:
            numerical = central_difference(lambda v, place=place: cost(v, place), float(moved[place]))  # type: ignore[misc]
            worst = max(worst, abs(numerical - float(right[place])) / scale)
    return worst


def gradients(
    network: Network, forward: Sequence[Equation], backward: Sequence[Equation], given: Mapping[Tensor, Floats]
) -> dict[str, Floats]:
    """The gradient that other equations give, by parameter's name; an array may have axes before its parameter's own.

    Raises KeyError where an adjoint with such axes is used again: there is no meaning in that.
    """
    values = run(forward, given)
    found: dict[str, Floats] = {}
    for equation in backward:
        extra = tuple(a for a in equation.right.axes if a not in equation.target.axes)
        value = evaluate(equation.right, values, extra + equation.target.axes)
        if not extra:
            values[equation.target] = value
        if equation.target.of in network.parameters:
            assert equation.target.of is not None
            found[equation.target.of.name] = value
    return found
