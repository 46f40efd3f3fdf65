"""The loop that fits a network to data, one epoch after another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.errors import SymnetError
from symnet.network import Network
from symnet.optimizers import Optimizer, gamma, optimizer
from symnet.train import checks
from symnet.train.model import History, Model
from symnet.train.parameters import Parameters, read_only, starting
from symnet.train.progress import ProgressBar

Floats = NDArray[np.float64]
Callback = Callable[[int, float, Parameters], object]
"""Called after every epoch with its number from 1, the cost after it, and the parameters, read-only."""


class Kernels(Protocol):
    """What training computes with; ``net.compile`` gives it."""

    def forward(self, x: Any, parameters: Parameters) -> Any: ...
    def cost(self, x: Any, y: Any, parameters: Parameters) -> float: ...
    def gradient(self, x: Any, y: Any, parameters: Parameters) -> tuple[float, Mapping[str, Any]]: ...


def fit(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    optimizer: str | Optimizer = "gd",
    learning_rate: float = 0.1,
    epochs: int = 100,
    batch_size: int | None = None,
    seed: int = 0,
    initial: str | Mapping[str, ArrayLike] = "xavier",
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
) -> Model:
    """Fit the network's parameters to samples X (n×d) and targets y ((n,) for one output unit, else n×k).

    An epoch uses every sample once: in one step (``batch_size=None``, full batch), or in steps of
    ``batch_size`` samples, shuffled anew each epoch by ``np.random.default_rng((seed, 1)).permutation(n)``;
    the last batch holds the samples that are left.  A step minimises the cost of its batch: where the cost
    divides by n, n is the batch's size.

    ``initial`` is a scheme of :func:`~symnet.train.initialise.initialise` with this seed, or an array for
    every parameter.  ``validation`` is a pair (X, y) whose cost is recorded.  ``progress`` forces the bar on
    or off. Ctrl-C ends training and keeps the parameters after the last whole epoch; ``model.history.note``
    says so.

    Returns the fitted model; its ``history.cost[k]`` is the cost of *all* training samples after k epochs, k
    = 0 being before the first step (so mini-batches cost one more forward pass an epoch).

    Raises SymnetError for data that do not fit the network or its cost, options out of range, and for
    training that leaves the finite numbers or the domain of the cost, with the epoch where it did.
    """
    run = _prepare(network, X, y, optimizer, learning_rate, epochs, batch_size, seed, initial, validation)
    run.warm_up()
    with ProgressBar(run.epochs, progress) as bar, np.errstate(all="ignore"):
        begun = time.perf_counter()
        try:
            run.train((*callbacks, lambda epoch, cost, _: bar.advance(epoch, cost)))
        except KeyboardInterrupt:
            if not run.costs:
                raise
            done = len(run.costs) - 1
            kept = f"these are the parameters after epoch {done}"
            run.note = f"interrupted in epoch {done + 1} of {run.epochs}; {kept}"
        seconds = time.perf_counter() - begun
    note = run.note or checks.risen(network, run.costs[0], run.costs[-1], len(run.data[0]), run.rate)
    history = History(tuple(run.costs), tuple(run.validation_costs), seconds, note)
    return Model(network, read_only(run.kept), history)


def _prepare(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    rule: str | Optimizer,
    learning_rate: float,
    epochs: int,
    batch_size: int | None,
    seed: int,
    initial: str | Mapping[str, ArrayLike],
    validation: tuple[ArrayLike, ArrayLike] | None,
) -> _Run:
    checks.trainable(network)
    data = checks.pair(network, X, y)
    held_out = None
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise SymnetError("validation is not a pair; give (X, y), samples with their targets")
        held_out = checks.pair(network, *validation, names=("the validation X", "the validation y"))
    n = len(data[0])
    rate = checks.positive(learning_rate, "learning_rate")
    epochs = checks.whole(epochs, "epochs", 1)
    if batch_size is not None:
        batch_size = checks.whole(batch_size, "batch_size", 1, n, f", the number of samples, or None for all {n}")
    seed = checks.whole(seed, "seed", 0)
    parameters = starting(network, initial, seed)
    chosen = optimizer(rule)
    chosen = chosen(gamma=rate) if gamma.name in chosen.constants else chosen
    return _Run(
        network,
        network.compile(dtype="float64"),
        data,
        held_out,
        chosen,
        rate,
        epochs,
        batch_size,
        seed,
        parameters,
    )


@dataclass
class _Run:
    """One training, as far as it has come."""

    network: Network
    kernels: Kernels
    data: tuple[Floats, Floats]
    held_out: tuple[Floats, Floats] | None
    rule: Optimizer
    rate: float
    epochs: int
    batch_size: int | None
    seed: int
    parameters: dict[str, Any]
    kept: dict[str, Any] = field(default_factory=dict)
    costs: list[float] = field(default_factory=list)
    validation_costs: list[float] = field(default_factory=list)
    note: str = ""

    def warm_up(self) -> None:
        """Compile before the clock starts: a kernel is compiled when it is first called."""
        with np.errstate(all="ignore"):
            X, y = (array[:1] for array in self.data)
            self.kernels.gradient(X, y, self.parameters)
            self.kernels.cost(X, y, self.parameters)

    def train(self, callbacks: Sequence[Callback]) -> None:
        """All epochs."""
        X, y = self.data
        whole = self.batch_size is None or self.batch_size >= len(X)
        self.states = self.rule.start(self.parameters)
        rng = np.random.default_rng((self.seed, 1))
        cost, gradient = self.kernels.gradient(X, y, self.parameters) if whole else (self._full_cost(), {})
        self._record(0, cost)
        for epoch in range(1, self.epochs + 1):
            if whole:
                self._step(gradient)
                if epoch < self.epochs:  # the gradient of the next step comes with the cost after this one
                    cost, gradient = self.kernels.gradient(X, y, self.parameters)
                else:
                    cost = self._full_cost()
            else:
                for batch in self._batches(rng):
                    part, gradient = self.kernels.gradient(X[batch], y[batch], self.parameters)
                    if not math.isfinite(part):
                        raise self._diverged(epoch)
                    self._step(gradient)
                cost = self._full_cost()
            self._record(epoch, cost)
            view = read_only(self.parameters)
            for callback in callbacks:
                callback(epoch, self.costs[-1], view)

    def _batches(self, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
        assert self.batch_size is not None
        order = rng.permutation(len(self.data[0]))
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def _step(self, gradient: Mapping[str, Any]) -> None:
        self.parameters, self.states = self.rule.step(self.parameters, gradient, self.states)

    def _full_cost(self) -> float:
        return float(self.kernels.cost(*self.data, self.parameters))

    def _record(self, epoch: int, cost: float) -> None:
        """Note the cost after ``epoch`` epochs; SymnetError if it, a parameter or an output is amiss."""
        finite = math.isfinite(cost) and all(np.isfinite(value).all() for value in self.parameters.values())
        if checks.may_leave_domain(self.network):
            checks.outputs(self.network, self._outputs(), epoch)
        if not finite:
            raise self._diverged(epoch)
        if self.held_out is not None:
            self.validation_costs.append(float(self.kernels.cost(*self.held_out, self.parameters)))
        self.costs.append(float(cost))
        self.kept = self.parameters

    def _outputs(self) -> Floats:
        return np.asarray(self.kernels.forward(self.data[0], self.parameters))

    def _diverged(self, epoch: int) -> SymnetError:
        return checks.diverged(self.network, epoch, self._outputs(), len(self.data[0]), self.rate)
