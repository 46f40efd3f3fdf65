"""From the options of a training to the one rule of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symnet.errors import SymnetError
from symnet.optimizers import Optimizer, optimizer
from symnet.schedules import Schedule, schedule
from symnet.train import checks
from symnet.training_step import clipping, decay, joined
from symnet.update import gamma

MOST = 100_000
"""The most epochs or steps for which a schedule is tried beforehand."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How steps are made: the whole rule, and its learning rate, None for a rule without one.

    ``proportional`` says whether a step is as long as the gradient: then a cost that sums over the samples wants a rate
    that falls with their number.
    """

    rule: Optimizer
    rate: float | None
    proportional: bool


def chosen(
    given: str | Optimizer,
    learning_rate: float | None,
    plan: str | Schedule | sp.Expr | None,
    clip: Any,
    weight_decay: Any,
    epochs: int,
    steps: int,
) -> Chosen:
    """The rule that the options of :func:`symnet.train.fit.fit` mean, for a training of ``epochs`` of ``steps`` steps.

    Raises SymnetError for what is not understood or out of range, and for a schedule that leaves the numbers from 0 on.
    """
    rule = optimizer(given)
    if learning_rate is not None:
        rate = checks.positive(learning_rate, "learning_rate")
        if gamma.name not in rule.constants:
            raise SymnetError(f"optimizer {rule.name} has no learning rate gamma; leave learning_rate out")
        rule = rule(gamma=rate)
    proportional = all(sp.diff(e, s, 2) == 0 for e in rule.updates.values() for s in e.free_symbols if s.name == "g")
    rate_used = rule.constants.get(gamma.name)
    planned = None if plan is None else schedule(plan)
    length = epochs * (steps if planned is not None and planned.unit == "step" else 1)
    if planned is not None:
        _refuse_negative(planned, length)
    clipped = None if clip is None else clipping(clip)
    decaying = None if weight_decay is None else decay(weight_decay, rule)
    if isinstance(decaying, Optimizer):
        rule, decaying = decaying, None
    whole = joined(rule, planned, clipped, decaying, length=length, steps=steps)
    return Chosen(whole, rate_used, proportional and clipped is None)


def _refuse_negative(plan: Schedule, length: int) -> None:
    """SymnetError if the schedule is negative, or no number, anywhere in a training of this length."""
    before = np.unique(np.linspace(0, length - 1, min(length, MOST)).round())
    values = np.broadcast_to(plan.at(before, length), before.shape)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        value, place = values[wrong[0]], int(before[wrong[0]]) + 1
        raise SymnetError(
            f"schedule {plan} multiplies the learning rate by {value:g} in {plan.unit} {place} of {length}; "
            "expected finite numbers of at least 0"
        )
