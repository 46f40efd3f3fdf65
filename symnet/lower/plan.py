"""How a training is lowered: which of the plans, chosen by the network's shape, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from symnet.errors import SymnetError, unknown
from symnet.lower.products import LARGE
from symnet.network import Network

PLANS = ("moments", "unrolled", "tiled", "blas", "loops")

FEW = 50
"""Up to so many weights each is a variable of its own."""

KNOWN = 64
"""Up to so many samples their number is part of the code."""

MANY = 1000
"""From so many samples on sums over them are worth taking beforehand."""

COMPILING = 5.0
"""Seconds that a function for one training takes to compile, more than the kernels that every training needs."""

A_STEP, A_PRODUCT = 5e-5, 4e-11
"""Seconds that it saves in every step, and for every weight and sample."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``kind`` is one of :data:`PLANS`; ``why`` says in a sentence what decided."""

    kind: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}"


def plan(
    network: Network,
    batch_size: int | None = None,
    forced: str | None = None,
    *,
    samples: int = MANY,
    epochs: float = math.inf,
) -> Plan:
    """The plan for training ``network`` on so many samples for so many epochs, in steps of ``batch_size`` (all: None).

    *moments*: the cost is polynomial in the parameters, so sums over the data are taken once and a step costs the same
    for any number of samples; near a perfect fit the cost's last digits are lost (see :mod:`symnet.lower.moments`).
    *unrolled*: every weight is a variable, samples are the only loop.  *tiled*: tiles of samples, products of matrices
    in registers.  *blas*: the same, with large products by BLAS.  *loops*: nothing is compiled for this training; the
    gradient is that of ``net.compile``, an equation after the other for all samples, and the rule is NumPy's.

    Raises SymnetError for an unknown plan, and for one that cannot be had.
    """
    if forced is not None and forced not in PLANS:
        raise unknown("plan", forced, PLANS)
    sizes = [network.inputs.units, *(layer.units for layer in network.layers)]
    if any(not isinstance(size, int) for size in sizes):
        raise SymnetError(f"{network.spec} has sizes without a number; a plan needs numbers of units")
    weights = sum(int(np.prod([int(a.size) for a in p.axes])) for p in network.parameters)
    matrices = [int(np.prod([int(a.size) for a in p.axes])) for p in network.parameters if len(p.axes) == 2]
    largest = max(matrices, default=0)
    polynomial = batch_size is None and weights <= FEW and _polynomial(network)
    if forced == "moments" and not polynomial:
        raise SymnetError(
            f"{network.spec} with cost {network.cost.name} cannot be trained by moments; they need steps over all "
            "samples, a cost that is polynomial in the parameters, and few parameters"
        )
    if forced is not None:
        return Plan(forced, "as asked for")
    if polynomial and samples >= MANY:
        return Plan("moments", f"the cost is polynomial in its {weights} parameters")
    if weights <= FEW:
        return Plan("unrolled", f"{weights} weights, no more than {FEW}")
    saved = epochs * (math.ceil(samples / (batch_size or samples)) * A_STEP + weights * samples * A_PRODUCT)
    if saved < COMPILING:
        return Plan("loops", f"{weights} weights, and too few steps to be worth compiling more")
    if largest < LARGE:
        return Plan("tiled", f"{weights} weights, no matrix of {LARGE} or more")
    return Plan("blas", f"a matrix of {largest} weights, not fewer than {LARGE}")


def _polynomial(network: Network) -> bool:
    """Whether the cost of one sample is a polynomial in parameters and data of a degree worth its sums."""
    from symnet import costs

    linear = all(layer.function.is_linear for layer in network.layers)
    element = network.cost.element
    return (
        linear
        and network.depth == 1
        and network.cost.outer is None
        and network.regulariser is None
        and bool(element.is_polynomial(costs.yhat, costs.y))
    )
