"""Every cost of every output activation at logits from −10000 to 10000, beside what mpmath says: cases of a proof.

The network hands its inputs to the activation as they are, so an input is a logit.  What is true comes from the
definitions alone: the composed cost, and its partial derivatives by sympy, in as many digits as e^−20000 asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp

from symnet import activations, costs
from symnet.activations import ACTIVATIONS
from symnet.algebra.scalars import kink_convention
from symnet.costs import COSTS
from symnet.emit.kernels import Kernels, compile_network
from symnet.network import Dense, Input, Network

OUTPUTS = {
    "real": tuple(ACTIVATIONS),
    "probability": ("sigmoid", "softmax"),
    "positive": ("sigmoid", "softmax", "softplus"),
}
"""The activations whose values a cost of that domain is defined for."""

LOGITS = (-1e4, -1000.0, -710.5, -100.25, -88.0, -40.0, -12.5, -1.5, -0.125, 0.25, 2.5, 20.0, 50.0, 95.5, 745.5, 1e4)
CLASSES = (
    (0.25, -1.5, 2.0),
    (30.0, -10.0, -12.5),
    (0.0, 20.0, 19.0),
    (-100.0, 50.0, 0.0),
    (1000.0, 999.0, -1000.0),
    (1e4, 0.0, -1e4),
    (-1e4, 1e4, 1e4),
    (1e4, 9999.0, 9950.0),
    (-1e4, -1e4, -9998.5),
)
TARGETS = {"real": (-0.75, 2.0), "probability": (0.0, 1.0, 0.25), "positive": (0.25, 1.5), "nonnegative": (0.0, 0.25)}
DISTRIBUTIONS = ((0.5, 0.25, 0.25), (0.125, 0.75, 0.125))
CERTAIN = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))

PAIRS = tuple((cost, output) for cost in COSTS for output in OUTPUTS[COSTS[cost].domain])


@dataclass(frozen=True)
class Point:
    """Logits and targets of one sample with the true cost and its derivatives by the logits."""

    logits: tuple[float, ...]
    targets: tuple[float, ...]
    cost: Any
    slopes: tuple[Any, ...]


def classes(cost: str, output: str) -> bool:
    """Whether a sample has several outputs."""
    return output == "softmax" or cost == "categorical_cross_entropy"


@lru_cache(maxsize=8)
def kernels(cost: str, output: str, dtype: str) -> Kernels:
    """The kernels of the network whose logits are its inputs."""
    units = 3 if classes(cost, output) else 1
    return compile_network(Network(Input(units), Dense(units, output), cost=cost), dtype, cache=False)


def computed(cost: str, output: str, dtype: str, point: Point) -> tuple[float, tuple[float, ...]]:
    """Cost and derivatives by the compiled kernels."""
    units = len(point.logits)
    weights = np.eye(units) if units > 1 else 1.0
    given = {"W" if units > 1 else "w": weights, "b": np.zeros(units) if units > 1 else 0.0}
    x, y = np.array([point.logits]), np.array([point.targets])
    kernel = kernels(cost, output, dtype)
    value, gradient = kernel.gradient(x, y, given)
    return value, tuple(map(float, np.atleast_1d(gradient["b"])))


@lru_cache(maxsize=8)
def points(cost: str, output: str) -> tuple[Point, ...]:
    """Where the pair is looked at, with what is true there."""
    true = _true(cost, output)
    several = classes(cost, output)
    logits: Sequence[tuple[float, ...]] = CLASSES if several else tuple((z,) for z in LOGITS)
    out = []
    for z in logits:
        for y in _targets(cost, output):
            with mp.workdps(_digits(cost, output, z)):
                value, *slopes = true(*(mp.mpf(v) for v in (*z, *y)))
            out.append(Point(z, y, +value, tuple(+slope for slope in slopes)))
    return tuple(out)


def _digits(cost: str, output: str, z: tuple[float, ...]) -> int:
    """Enough that the definitions lose none that a float64 shows: 1 − p and 1 + e^z may need thousands."""
    if COSTS[cost].domain == "real" or not (cost == "cross_entropy" or output == "softplus"):
        return 400
    return 60 + round((max(*z, 0.0) - min(*z, 0.0)) / math.log(10))


def _targets(cost: str, output: str) -> tuple[tuple[float, ...], ...]:
    if output == "softmax":
        positive = COSTS[cost].targets == "positive"
        return DISTRIBUTIONS if positive else (*DISTRIBUTIONS, *CERTAIN)
    if classes(cost, output):
        return (*DISTRIBUTIONS, *CERTAIN)
    if cost == "hinge":
        return ((-1.0,), (1.0,))
    return tuple((y,) for y in TARGETS[COSTS[cost].targets])


def _true(cost: str, output: str) -> Callable[..., Any]:
    units = 3 if classes(cost, output) else 1
    z, y = sp.symbols(f"z:{units}", real=True), sp.symbols(f"y:{units}", real=True)
    definition = ACTIVATIONS[output]
    constants = {sp.Symbol(name, real=True): value for name, value in definition.constants.items()}
    f = definition.expr.doit().subs(constants)
    values = [f.subs(activations.x, one) for one in z]
    if definition.normalised:
        values = [one / sp.Add(*values) for one in values]
    c = COSTS[cost]
    given = {s: c.constants[s.name] for s in c.constant_symbols}
    elements = (c.element.doit().subs({costs.yhat: a, costs.y: t}) for a, t in zip(values, y, strict=True))
    whole = (c.factor.subs(costs.n, 1) * sp.Add(*elements)).subs(given)
    if c.outer is not None:
        whole = c.outer.subs(given).subs(costs.u, whole)
    slopes = [kink_convention(sp.diff(whole, one)) for one in z]
    made: Callable[..., Any] = sp.lambdify((*z, *y), [whole, *slopes], modules="mpmath", cse=True)
    return made


TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


@dataclass(frozen=True)
class Error:
    """How far a computed number is from the true one; ``allowed`` is the distance that it may have."""

    point: Point
    what: str
    computed: float
    true: Any
    distance: float
    allowed: float

    @property
    def wrong(self) -> bool:
        """Whether it is further away than it may be."""
        return not self.distance <= self.allowed

    def __str__(self) -> str:
        at = f"logits {self.point.logits}, targets {self.point.targets}"
        return f"{self.what} at {at} is {self.computed!r}, true is {float(self.true)!r}"


def errors(cost: str, output: str, dtype: str) -> list[Error]:
    """Every cost and derivative of the pair.

    Allowed is the tolerance relative to the true number.  Where an output is rounded to a target or to 1, its distance
    to that is lost below the rounding of 1, and so is a derivative (ŷ − y, a(1 − a)) or a cost that is a power of it.
    A number beyond the range of the precision must come out infinite; where the cost itself does, so may derivatives.
    """
    limits, out = np.finfo(dtype), []
    largest = mp.mpf(float(limits.max))
    bounded = output in ("sigmoid", "tanh", "softmax") or (cost, output) == ("hinge", "elu")
    for point in points(cost, output):
        value, slopes = computed(cost, output, dtype, point)
        lost = abs(point.cost) > largest
        pairs = [("C", value, point.cost)]
        pairs += [(f"dC/dz_{k + 1}", g, true) for k, (g, true) in enumerate(zip(slopes, point.slopes, strict=True))]
        for what, got, true in pairs:
            if abs(true) > largest or (lost and not math.isfinite(got)):
                right = got == float(mp.sign(true)) * math.inf or (lost and what != "C")
                out.append(Error(point, what, got, true, 0.0 if right else math.inf, 0.0))
                continue
            allowed = TOLERANCE[dtype] * float(abs(true)) + float(limits.tiny)
            if bounded and (what != "C" or COSTS[cost].domain == "real"):
                allowed += 4 * float(limits.eps) * max(1.0, value)
            out.append(Error(point, what, got, true, float(abs(mp.mpf(got) - true)), allowed))
    return out
