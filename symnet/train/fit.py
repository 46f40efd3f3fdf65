"""The loop that fits a network to data, one epoch after another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from symnet.emit.training import Running, trainer
from symnet.errors import SymnetError
from symnet.lower.plan import plan
from symnet.network import Network
from symnet.optimizers import Optimizer
from symnet.schedules import Schedule
from symnet.train import checks
from symnet.train.chosen import Chosen, chosen
from symnet.train.classes import classifies
from symnet.train.data import Table, split
from symnet.train.distributed import is_spread
from symnet.train.model import History, Model
from symnet.train.parameters import Parameters, read_only, starting
from symnet.train.progress import ProgressBar
from symnet.train.stepping import Stepping
from symnet.train.stopping import SHARE, Best, EarlyStopping, stopping
from symnet.train.threads import limited
from symnet.training_step import Clipping, Decay
from symnet.update import w

GATHERED = 16_000_000
"""Bytes of samples that are put in order at a time, in whole batches."""

MOMENT = 0.1
"""Seconds of training between two looks at the outside."""

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
Callback = Callable[[int, float, Parameters], object]
"""Called after every epoch with its number from 1, the cost after it, and the parameters, read-only."""


class Kernels(Protocol):
    """What training computes with: a :class:`symnet.emit.kernels.Kernels`, or samples in many places."""

    @property
    def dtype(self) -> str: ...
    def forward(self, x: Any, parameters: Parameters) -> Any: ...
    def cost(self, x: Any, y: Any, parameters: Parameters) -> float: ...
    def gradient(self, x: Any, y: Any, parameters: Parameters) -> tuple[float, Mapping[str, Any]]: ...


def fit(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    optimizer: str | Optimizer = "gd",
    learning_rate: float | None = None,
    schedule: str | Schedule | sp.Expr | None = None,
    clip: float | str | Clipping | None = None,
    weight_decay: float | str | Decay | None = None,
    early_stopping: int | EarlyStopping | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    seed: int = 0,
    initial: str | Mapping[str, ArrayLike] = "xavier",
    validation: tuple[ArrayLike, ArrayLike] | float | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
    dtype: str = "float64",
    threads: int | None = None,
    client: Any = None,
) -> Model:
    """Fit the network's parameters to samples X (n×d) and targets y ((n,) for one output unit, else n×k).

    An epoch uses every sample once: in one step (``batch_size=None``, full batch), or in steps of
    ``batch_size`` samples, shuffled anew each epoch by ``np.random.default_rng((seed, 1)).permutation(n)``;
    the last batch holds the samples that are left.  A step minimises the cost of its batch: where the cost
    divides by n, n is the batch's size.

    How a step is made:

    - ``optimizer`` is one of :data:`symnet.optimizers.OPTIMIZERS` by name, with constants or without,
      ``"adam(beta_1=0.8)"``, or an :class:`Optimizer`; ``learning_rate`` is its γ, by default the rule's own.
    - ``schedule`` multiplies γ as training goes on: ``"cosine"``, ``"warm_up(5) -> cosine"``, ``"step(K=100, q=0.5) per
      step"``, or an expression in ``symnet.schedules.k`` and ``T`` (see :func:`symnet.schedules.schedule`).
    - ``clip`` bounds the gradient: a number, its greatest norm over all parameters; or ``"value(0.5)"``, the greatest
      of each of its elements.
    - ``weight_decay`` is a number λ: the rule's own decay where it has one (adamw), else λ·w added to the gradient,
      after clipping; or ``"decoupled(0.01)"``, taken from the parameters beside the step.

    ``initial`` is a scheme of :func:`~symnet.train.initialise.initialise` with this seed, or an array for
    every parameter.  ``validation`` is a pair (X, y) whose cost is recorded, or a share of the samples to hold
    out, as :func:`symnet.train.data.split` does with this seed.  ``early_stopping`` is a number of epochs: if the
    validation cost has not fallen for so long, training stops; the parameters of the best epoch are kept, and
    ``model.history`` says which.  Without ``validation`` it holds out a fifth of the samples.  ``progress`` forces the
    bar on or off. Ctrl-C ends training and keeps the parameters after the last whole epoch (the best one, with
    early stopping); ``model.history.note`` says so.

    ``dtype`` is the precision that training computes in, "float64" or "float32" (faster for wide layers); a model
    predicts in double precision.

    ``threads`` are those of BLAS, which multiplies the matrices of large layers, for as long as training takes; by
    default it takes all cores.  Their number changes no result beyond rounding.

    X and y may be Dask arrays, or NumPy's with the ``client`` of a ``dask.distributed`` cluster: then each worker sums
    cost and gradient over its blocks, and the step is made once, here, to the same parameters but for rounding (see
    :mod:`symnet.train.distributed`; ``pip install 'symnet[dask]'``).

    Returns the fitted model; its ``history.cost[k]`` is the cost of *all* training samples after k epochs, k
    = 0 being before the first step (so mini-batches cost one more forward pass an epoch).

    Raises SymnetError for data that do not fit the network or its cost, options out of range, and for
    training that leaves the finite numbers or the domain of the cost, with the epoch where it did.
    """
    checks.trainable(network)
    patience = stopping(early_stopping)
    share = SHARE if validation is None and patience else validation
    spread = client is not None or is_spread(X, y)
    data: Any
    held_out: Any
    if spread:
        data, held_out, kernels = _spread(network, X, y, share, client, dtype)
    else:
        data, held_out, kernels = _here(network, X, y, share, seed, dtype)
    n = len(data[0])
    epochs = checks.whole(epochs, "epochs", 1)
    if batch_size is not None:
        batch_size = checks.whole(batch_size, "batch_size", 1, n, f", the number of samples, or None for all {n}")
    step = chosen(optimizer, learning_rate, schedule, clip, weight_decay, epochs, -(-n // (batch_size or n)))
    parameters = starting(network, initial, checks.whole(seed, "seed", 0))
    run = _Run(network, kernels, data, held_out, step, epochs, batch_size, seed, parameters, spread)
    run.best = None if patience is None else Best(patience)
    with limited(threads), ProgressBar(run.epochs, progress) as bar, np.errstate(all="ignore"):
        run.warm_up(bool(callbacks))
        begun = time.perf_counter()
        try:
            run.train(callbacks, bar)
            interrupted = False
        except KeyboardInterrupt:
            if not run.costs:
                raise
            interrupted = True
        seconds = time.perf_counter() - begun
    best = None if run.best is None else run.best.epoch
    history = History(
        tuple(run.costs), tuple(run.validation_costs), seconds, run.note(interrupted), best, str(step.rule)
    )
    return Model(network, read_only(run.kept), history)


def _here(
    network: Network, X: ArrayLike, y: ArrayLike, validation: Any, seed: int, dtype: str
) -> tuple[Pair, Pair | None, Kernels]:
    """Samples to train on and to hold out, and the kernels, all in this process."""
    data, held_out = _data(network, X, y, validation, seed)
    kernels = network.compile(dtype=dtype)
    return _as(dtype, data), None if held_out is None else _as(dtype, held_out), kernels


def _spread(network: Network, X: Any, y: Any, validation: Any, client: Any, dtype: str) -> tuple[Any, Any, Kernels]:
    """The same in the blocks of Dask arrays."""
    from symnet.train.distributed import spread

    if validation is not None and not (isinstance(validation, tuple | list) and len(validation) == 2):
        raise SymnetError(
            "samples cannot be held out of Dask arrays here; give validation=(X, y), samples with their targets"
        )
    data, kernels = spread(network, X, y, client, dtype)
    if validation is None:
        return data, None, kernels
    X_held, y_held = validation
    held_out, _ = spread(network, X_held, y_held, client, dtype, ("the validation X", "the validation y"))
    return data, held_out, kernels


def _data(network: Network, X: ArrayLike, y: ArrayLike, validation: Any, seed: int) -> tuple[Pair, Pair | None]:
    """The samples to train on, and those held out."""
    data = checks.pair(network, X, y)
    if validation is None:
        return data, None
    if isinstance(validation, int | float | np.number) and not isinstance(validation, bool):
        return _held_out(network, data, float(validation), seed)
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise SymnetError(
            "validation is not a pair; give (X, y), samples with their targets, or a share of the samples, such as 0.2"
        )
    X_held, y_held = validation
    return data, checks.pair(network, X_held, y_held, ("the validation X", "the validation y"))


def _as(dtype: str, data: Pair) -> Pair:
    X, y = (np.require(array, dtype, ["C", "W"]) for array in data)  # numba compiles anew for what cannot be written
    return X, y


def _held_out(network: Network, data: Pair, share: float, seed: int) -> tuple[Pair, Pair]:
    X, y = data
    if not 0 < share < 1:
        raise SymnetError(f"validation is {share:g}; expected a share of the samples between 0 and 1, or a pair (X, y)")
    table = Table(X, y, (), ("y",))
    parts = split(table, validation=share, seed=checks.whole(seed, "seed", 0), stratify=classifies(network))
    return (parts.train.X, parts.train.y), (parts.validation.X, parts.validation.y)


@dataclass
class _Run:
    """One training, as far as it has come."""

    network: Network
    kernels: Kernels
    data: Pair
    held_out: Pair | None
    step: Chosen
    epochs: int
    batch_size: int | None
    seed: int
    parameters: dict[str, Any]
    spread: bool = False
    best: Best | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    costs: list[float] = field(default_factory=list)
    validation_costs: list[float] = field(default_factory=list)

    def warm_up(self, watched: bool) -> None:
        """Choose what a step is computed with, and compile it before the clock starts.

        ``watched`` says whether somebody wants to see every epoch.
        """
        n = len(self.data[0])
        self.whole = self.batch_size is None or self.batch_size >= n
        watched = watched or self.held_out is not None or checks.may_leave_domain(self.network)
        self.stepping = Stepping(self.kernels, self.step.rule, self.parameters)
        self.running: Running | None = None
        if not self.spread:
            found = plan(self.network, None if self.whole else self.batch_size, samples=n, epochs=self.epochs)
            if found.kind != "loops" and not (self.whole and watched):
                whole = n if self.whole else None
                made = trainer(self.network, self.step.rule, found, whole, dtype=self.kernels.dtype)
                self.running = made.start(self.parameters, self.step.rule.start(self.parameters))
                x, y = (made.laid(array) for array in self.data)
                self.running.run(x, y, 0, self.batch_size)
        # One sample is one task: where there are workers a single one compiles, and the others find what it has kept.
        first = self.data[0][:1], self.data[1][:1]
        self.kernels.cost(*first, self.parameters)
        if self.running is None:
            self.stepping.slope(*first)

    @property
    def sloped(self) -> bool:
        """Whether the next step takes its gradient where, and of what, the cost is recorded."""
        return self.running is None and self.whole and self.step.rule.at == w

    def train(self, callbacks: Sequence[Callback], bar: ProgressBar) -> None:
        """All epochs, or as many as early stopping lets pass."""
        self._record(0, self._full_cost())
        running = self.running
        if running is not None and self.whole:
            self._in_one_go(running, bar)
            return
        rng = np.random.default_rng((self.seed, 1))
        for epoch in range(1, self.epochs + 1):
            order = None if self.whole else rng.permutation(len(self.data[0]))
            if running is not None and order is not None:
                self._through(running, order)
            else:
                self._step_by_step(epoch, order)
            cost = self._full_cost()
            self._record(epoch, cost)
            bar.advance(epoch, cost)
            view = read_only(self.parameters)
            for callback in callbacks:
                callback(epoch, self.costs[-1], view)
            if self.best is not None and self.best.waited(epoch):
                return

    def _in_one_go(self, running: Running, bar: ProgressBar) -> None:
        """All epochs compiled, as many at a time as take a moment, so that Ctrl-C and the bar get their turn."""
        x, y = (running.trainer.laid(array) for array in self.data)
        done, some = 0, 1
        while done < self.epochs:
            some = min(some, self.epochs - done)
            begun = time.perf_counter()
            costs = running.run(x, y, some)
            amiss = np.flatnonzero(~np.isfinite(costs))
            if amiss.size:
                raise self._diverged(done + int(amiss[0]))
            self.parameters = running.parameters
            self.costs += costs[1:].tolist()
            done += some
            self._record(done, self._full_cost())
            bar.advance(done, self.costs[-1])
            some = max(1, int(some * min(4.0, MOMENT / max(time.perf_counter() - begun, 1e-6))))

    def _through(self, running: Running, order: NDArray[np.intp]) -> None:
        """An epoch of batches, compiled."""
        assert self.batch_size is not None
        X, y = self.data
        sample = X.itemsize * (X.size + y.size) // len(X)
        some = max(1, GATHERED // (sample * self.batch_size)) * self.batch_size
        for first in range(0, len(order), some):
            part = order[first : first + some]
            running.run(running.trainer.laid(X[part]), running.trainer.laid(y[part]), 1, self.batch_size)
        self.parameters = running.parameters

    def _step_by_step(self, epoch: int, order: NDArray[np.intp] | None) -> None:
        """An epoch of steps with the gradient compiled and the rule in NumPy."""
        if order is None:
            cost = self.costs[-1] if self.sloped else self.stepping.slope(*self.data)
            self._move(epoch, cost)
        else:
            assert self.batch_size is not None
            for start in range(0, len(order), self.batch_size):
                batch = order[start : start + self.batch_size]
                self._move(epoch, self.stepping.slope(*(array[batch] for array in self.data)))
        self.parameters = self.stepping.parameters

    def _move(self, epoch: int, cost: float) -> None:
        if not math.isfinite(cost):
            raise self._diverged(epoch)
        self.stepping.move()

    def note(self, interrupted: bool) -> str:
        """What the history says of how training ended."""
        last = len(self.costs) - 1
        if interrupted:
            at = last if self.best is None else self.best.epoch
            return f"interrupted in epoch {last + 1} of {self.epochs}; these are the parameters after epoch {at}"
        ended = "" if self.best is None else self.best.note(last, self.epochs)
        risen = checks.risen(self.network, self.costs[0], self.costs[-1], len(self.data[0]), self.step)
        return "; ".join(filter(None, (ended, risen)))

    def _full_cost(self) -> float:
        """The cost of all samples, and with it the gradient of the next step where that is taken here too."""
        if self.sloped:
            return self.stepping.slope(*self.data)
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
        if self.best is None or self.best.sees(epoch, self.validation_costs[-1]) or epoch == 0:
            self.kept = self.parameters

    def _outputs(self) -> Floats:
        return np.asarray(self.kernels.forward(self.data[0], self.parameters))

    def _diverged(self, epoch: int) -> SymnetError:
        return checks.diverged(self.network, epoch, self._outputs(), len(self.data[0]), self.step)
