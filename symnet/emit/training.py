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
from symnet.emit.precision import SINGLE, Precision, precision
from symnet.lower.elements import training_by_elements
from symnet.lower.normal import needed
from symnet.lower.plan import KNOWN, Plan
from symnet.lower.rows import training_by_rows
from symnet.lower.stable import flat, stable
from symnet.lower.statements import Function, Length
from symnet.lower.training import Task
from symnet.network import COST, SAMPLES, Network
from symnet.update import Optimizer

Arrays = dict[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trainer:
    """The compiled function; ``source`` is its text, ``function`` the statements that it was written from.

    ``precision`` is that of all arrays.  ``rows`` says whether samples lie as rows, or as columns, in the data that the
    function takes.
    """

    network: Network
    rule: Optimizer
    plan: Plan
    precision: Precision
    source: str = field(repr=False)
    function: Function = field(repr=False)
    whole: bool = True
    rows: bool = False
    _cache: bool = field(default=True, repr=False)

    def laid(self, data: Any) -> Any:
        """Samples (a row each) as the function takes them."""
        array = np.asarray(data, dtype=self.precision.dtype)
        return np.ascontiguousarray(array if self.rows else array.T)

    def start(self, parameters: Values, states: Mapping[str, Values], steps: int = 0) -> Running:
        """A training that begins at these parameters and states, after so many steps."""
        return Running(
            self,
            {name: self._held(value) for name, value in parameters.items()},
            {state: {name: self._held(v) for name, v in values.items()} for state, values in states.items()},
            {name: np.shape(value) for name, value in parameters.items()},
            [np.empty(tuple(map(int, a.lengths)), self.precision.dtype) for a in self.function.workspace],
            steps,
        )

    def _held(self, value: Any) -> Any:
        return np.array(value, dtype=self.precision.dtype, ndmin=1)


@dataclass
class Running:
    """A training under way: arrays that the compiled function changes in place."""

    trainer: Trainer
    _parameters: dict[str, Any]
    _states: dict[str, dict[str, Any]]
    _shapes: Mapping[str, tuple[int, ...]]
    _workspace: list[Any]
    steps: int

    def run(self, x: Any, y: Any, epochs: int = 1, batch_size: int | None = None) -> Any:
        """Train for ``epochs`` on data as :meth:`Trainer.laid` gives them, in the order given.

        Returns the cost of the last batch of each epoch, before its step.
        """
        made = self.trainer
        costs = np.empty(epochs)
        samples = x.shape[0 if made.rows else -1]
        batch = samples if batch_size is None else batch_size
        parameters = made.network.parameters
        arrays = [self._parameters[p.name] for p in parameters]
        arrays += [self._states[s.name][p.name] for s in made.rule.states for p in parameters]
        constants = [float(value) for value in made.rule.constants.values()]
        train = _compiled(made.source, made._cache)
        train(x, y, batch, epochs, float(self.steps), *constants, *arrays, costs, *self._workspace)
        self.steps += epochs * -(-samples // batch)
        return costs

    @property
    def parameters(self) -> Arrays:
        """A copy of the parameters as they are now, in their shapes."""
        return self._shaped(self._parameters)

    @property
    def states(self) -> dict[str, Arrays]:
        """A copy of the states of the rule."""
        return {state: self._shaped(values) for state, values in self._states.items()}

    def _shaped(self, arrays: Arrays) -> Arrays:
        copies = {name: value.reshape(self._shapes[name]).copy() for name, value in arrays.items()}
        return {name: value if value.ndim else float(value) for name, value in copies.items()}


@lru_cache(maxsize=256)
def _compiled(source: str, keep: bool) -> Callable[..., Any]:
    compiled: Callable[..., Any] = load(source, keep).train
    return compiled


def trainer(
    net: Network,
    rule: Optimizer,
    chosen: Plan,
    samples: int | None = None,
    *,
    dtype: str = "float64",
    cache: bool = True,
) -> Trainer:
    """The training function of ``net`` under ``rule``; ``samples`` is given where every step takes all of them.

    Raises SymnetError for a dtype other than float64 and float32.
    """
    computed = precision(dtype)
    whole = None if samples is None else samples if samples <= KNOWN and chosen.kind == "unrolled" else "n"
    function, rows = training_function(net, rule, chosen.kind, whole, computed)
    source = module(f"Training of {describe(net)}, written by symnet.", [function], cache, computed)
    return Trainer(net, rule, chosen, computed, source, function, samples is not None, rows, cache)


def training_function(
    net: Network, rule: Optimizer, kind: str, whole: Length | None, computed: Precision, name: str = "train"
) -> tuple[Function, bool]:
    """The statements of a training by one plan, and whether it takes samples as rows.

    ``whole`` is given where every step takes all samples: their number, or "n".
    """
    adjoints = reverse(net.equations, net.y)
    gradients = {p: adjoint_of(p) for p in net.parameters}
    outputs = [COST, *gradients.values()]
    equations = needed(flat(stable(needed((*net.equations, *(a.equation for a in adjoints)), outputs))), outputs)
    about = f"Train {describe(net)}, by {rule.name}."
    task = Task(
        name, about, equations, (net.x, net.y), gradients, COST, net.constants, SAMPLES, rule, computed == SINGLE
    )
    if kind in ("tiled", "blas"):
        return training_by_rows(task, kind), True
    function = training_by_elements(task, whole, kind == "moments")
    assert function is not None
    return function, False
