"""A network and an update rule → one compiled function that trains.

network → equations, adjoints → plan (symnet.lower.plan) → statements → source text → module → Trainer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from symnet.derive.reverse import adjoint_of, reverse
from symnet.emit.kernels import describe
from symnet.emit.modules import load
from symnet.emit.numba_source import module
from symnet.lower.elements import training_by_elements
from symnet.lower.normal import needed
from symnet.lower.plan import KNOWN, Plan
from symnet.lower.stable import flat, stable
from symnet.lower.statements import Function
from symnet.lower.tiled import training_by_tiles
from symnet.lower.training import Task
from symnet.network import COST, SAMPLES, Network
from symnet.update import Optimizer

Arrays = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trainer:
    """The compiled function; ``source`` is its text, ``function`` the statements that it was written from."""

    network: Network
    rule: Optimizer
    plan: Plan
    source: str = field(repr=False)
    function: Function = field(repr=False)
    whole: bool = True
    _cache: bool = field(default=True, repr=False)

    def run(
        self,
        x: Any,
        y: Any,
        parameters: Mapping[str, Any],
        states: Mapping[str, Mapping[str, Any]],
        epochs: int = 1,
        batch_size: int | None = None,
        steps: int = 0,
    ) -> tuple[Arrays, dict[str, Arrays], Any]:
        """Train for ``epochs`` on samples in columns (inputs × samples, outputs × samples or samples).

        Samples are taken in the order given; ``steps`` have been made before.  Returns new parameters and states, and
        the cost of the last batch of each epoch, before its step.
        """
        held = {name: np.array(value, dtype=np.float64, ndmin=1) for name, value in parameters.items()}
        kept = {
            state: {name: np.array(value, dtype=np.float64, ndmin=1) for name, value in values.items()}
            for state, values in states.items()
        }
        costs = np.empty(epochs)
        batch = x.shape[-1] if batch_size is None else batch_size
        arrays = [held[p.name] for p in self.network.parameters]
        arrays += [kept[s.name][p.name] for s in self.rule.states for p in self.network.parameters]
        work = [np.empty(tuple(map(int, a.lengths))) for a in self.function.workspace]
        constants = [float(value) for value in self.rule.constants.values()]
        _compiled(self.source, self._cache)(x, y, batch, epochs, float(steps), *constants, *arrays, costs, *work)
        shaped = {name: value.reshape(np.shape(parameters[name])) for name, value in held.items()}
        later = {
            state: {name: value.reshape(np.shape(parameters[name])) for name, value in values.items()}
            for state, values in kept.items()
        }
        return {n: v if v.ndim else float(v) for n, v in shaped.items()}, later, costs


@lru_cache(maxsize=256)
def _compiled(source: str, keep: bool) -> Callable[..., Any]:
    compiled: Callable[..., Any] = load(source, keep).train
    return compiled


def columns(data: Any) -> Any:
    """Samples as rows → samples as columns, side by side in memory."""
    return np.ascontiguousarray(np.asarray(data, dtype=np.float64).T)


def trainer(net: Network, rule: Optimizer, chosen: Plan, samples: int | None = None, *, cache: bool = True) -> Trainer:
    """The training function of ``net`` under ``rule``; ``samples`` is given where every step takes all of them."""
    adjoints = reverse(net.equations, net.y)
    gradients = {p: adjoint_of(p) for p in net.parameters}
    outputs = [COST, *gradients.values()]
    equations = needed(flat(stable(needed((*net.equations, *(a.equation for a in adjoints)), outputs))), outputs)
    about = f"Train {describe(net)}, by {rule.name}."
    task = Task("train", about, equations, (net.x, net.y), gradients, COST, net.constants, SAMPLES, rule)
    whole = None if samples is None else samples if samples <= KNOWN and chosen.kind == "unrolled" else "n"
    if chosen.kind == "tiled":
        function: Function | None = training_by_tiles(task, whole)
    else:
        function = training_by_elements(task, whole, chosen.kind == "moments")
    assert function is not None
    source = module(f"Training of {describe(net)}, written by symnet.", [function], cache)
    return Trainer(net, rule, chosen, source, function, samples is not None, cache)
