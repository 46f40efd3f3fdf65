"""The loop over epochs, and what it hands to the kernel."""

from __future__ import annotations

import json
import math
import mmap
import os
import sys

import numpy as np

from symnet.emit.host.arrays import TrainerError, _given, _samples, _split, _starting, _targets, _whole, cost
from symnet.emit.host.files import load, save
from symnet.emit.host.given import BLOCK, BUFFER, DTYPE, GATHERED, JUDGED, NETWORK, moments_kernel, train_kernel

# ---- below this line ----


class Model:
    """Fitted parameters by name, and what is needed to predict with them or to go on."""

    def __init__(self, parameters, **known):
        self.parameters = parameters
        self.states = known.get("states", {})
        self.epoch = known.get("epoch", 0)
        self.steps = known.get("steps", 0)
        self.seed = known.get("seed", 0)
        self.costs = list(known.get("costs", ()))
        self.validation_costs = list(known.get("validation_costs", ()))
        self.best = known.get("best")
        self.kept = known.get("kept", parameters)
        self.table = known.get("table", {})
        self.options = known.get("options", {})


def fit(
    X,
    y,
    epochs=100,
    batch_size=None,
    seed=0,
    initial=None,
    validation=0.0,
    patience=None,
    checkpoint=None,
    resume=False,
    report=None,
    table=None,
    **constants,
):
    """Train on samples X (n × inputs) and targets y (n, or n × outputs); returns a Model.

    ``batch_size`` None takes all samples in a step; batches are shuffled anew each epoch by the seed.  ``constants``
    are those of the update rule: fit(X, y, gamma=0.01).  ``validation`` is a share of the samples to hold out;
    ``patience`` ends training when their cost has not fallen for so many epochs, and the best epoch is kept.
    ``checkpoint`` is a file that is written after every epoch, whole or not at all; with ``resume`` training goes on
    from there, to the very numbers that it would have reached.  X and y may be memory maps larger than memory: they
    are read in blocks, which are shuffled, and samples are shuffled within some blocks.  Ctrl-C ends training and
    keeps what is best so far.

    Raises TrainerError for data and options that do not fit.
    """
    X, y = _samples(X), _targets(y)
    if len(X) != len(y):
        raise TrainerError(f"X has {len(X)} samples and y has {len(y)}; give one target for each sample")
    epochs = _whole(epochs, "epochs", 1)
    seed = _whole(seed, "seed", 0)
    unknown = [name for name in constants if name not in NETWORK["constants"]]
    if unknown:
        raise TrainerError(f"unknown constant {unknown[0]}; this rule has {', '.join(NETWORK['constants'])}")
    X, y, X_held, y_held = _split(X, y, validation, seed, patience)
    n = len(X)
    batch = n if batch_size is None else _whole(batch_size, "batch_size", 1)
    batch = min(batch, n)
    steps = -(-n // batch)
    values = {**NETWORK["constants"], **{name: float(value) for name, value in constants.items()}}
    if "T" in values:
        values["T"] = float(epochs * (steps if NETWORK["schedule"] == "step" else 1))
    if "N" in values:
        values["N"] = float(steps)
    options = {"batch": batch, "samples": n, "seed": seed, "constants": values, "validation": float(validation)}
    if resume and checkpoint is not None and os.path.exists(checkpoint):
        model = load(checkpoint)
        if json.loads(json.dumps(options)) != model.options:
            raise TrainerError(
                f"{checkpoint} is of a training with other data or options; give the same, or another file"
            )
    else:
        model = Model(_starting(seed) if initial is None else _given(initial), seed=seed, table=table or {})
        model.states = {
            state: {name: np.full(np.shape(v), begin, DTYPE) for name, v in model.parameters.items()}
            for state, begin in NETWORK["states"].items()
        }
        model.options = options
        model.costs = [cost(X[:JUDGED], y[:JUDGED], model.parameters)]
        model.kept = model.parameters
        if X_held is not None:
            model.validation_costs = [cost(X_held, y_held, model.parameters)]
    run = _Running(model, values)
    try:
        while model.epoch < epochs:
            run.epoch(X, y, batch, model.epoch + 1, seed)
            now = run.parameters()
            reached = cost(X[:JUDGED], y[:JUDGED], now)
            if not (math.isfinite(reached) and all(np.isfinite(v).all() for v in now.values())):
                raise TrainerError(
                    f"the cost left the finite numbers in epoch {model.epoch + 1}; give a smaller gamma, or bring the "
                    "features to mean 0 and deviation 1"
                )
            model.parameters, model.states, model.steps = now, run.states(), run.steps
            model.epoch += 1
            model.costs.append(reached)
            better = True
            if X_held is not None:
                model.validation_costs.append(cost(X_held, y_held, now))
                better = model.validation_costs[-1] < min(model.validation_costs[:-1])
            if better:
                model.kept, model.best = now, model.epoch
            if checkpoint is not None:
                save(model, checkpoint)
            if report is not None:
                report(model)
            if patience is not None and model.epoch - (model.best or 0) >= patience:
                break
    except KeyboardInterrupt:
        kept = f"the parameters of epoch {model.best or 0} are kept"
        print(f"\ninterrupted in epoch {model.epoch + 1}; {kept}", file=sys.stderr)
    if X_held is None:
        model.kept = model.parameters
    return model


class _Running:
    """The arrays that the kernel changes in place."""

    def __init__(self, model, values):
        self.steps = model.steps
        self.held = {name: np.array(v, DTYPE, ndmin=1) for name, v in model.parameters.items()}
        self.kept = {s: {k: np.array(v, DTYPE, ndmin=1) for k, v in d.items()} for s, d in model.states.items()}
        self.work = [np.empty(shape, DTYPE) for shape in NETWORK["workspace"]]
        self.moments = [np.empty(shape, DTYPE) for shape in NETWORK["moments"] or ()]
        self.values = list(values.values())

    def epoch(self, X, y, batch, epoch, seed):
        """Every sample once."""
        if batch >= len(X) and not isinstance(X, np.memmap):
            self._run(X, y, batch, True)
            return
        if isinstance(X, np.memmap):
            for part in _blocks(len(X), batch, epoch, seed):
                self._run(X[part], y[part], batch, False)
                _release(X)
                _release(y)
            return
        order = np.random.default_rng((seed, epoch)).permutation(len(X))
        some = max(1, GATHERED // (X.itemsize * max(1, X.size // len(X)) * batch)) * batch
        for first in range(0, len(X), some):
            part = order[first : first + some]
            self._run(X[part], y[part], batch, False)

    def _run(self, X, y, batch, whole):
        x, t = (np.ascontiguousarray(a if NETWORK["rows"] else a.T, DTYPE) for a in (X, y))
        arrays = list(self.held.values()) + [a for d in self.kept.values() for a in d.values()]
        kernel, work = train_kernel, self.work
        if whole and moments_kernel is not None:
            kernel, work = moments_kernel, self.moments
        kernel(x, t, batch, 1, float(self.steps), *self.values, *arrays, np.empty(1), *work)
        self.steps += -(-len(X) // batch)

    def parameters(self):
        """A copy of the parameters as they are."""
        return {name: v.reshape(NETWORK["parameters"][name]).copy() for name, v in self.held.items()}

    def states(self):
        """A copy of what the rule remembers."""
        shapes = NETWORK["parameters"]
        return {s: {name: v.reshape(shapes[name]).copy() for name, v in d.items()} for s, d in self.kept.items()}


def _release(array):
    """Give the memory back in which the system holds what was read of a memory map."""
    held = getattr(array, "_mmap", None)
    if held is not None and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)


def _blocks(n, batch, epoch, seed):
    """Rows of a memory map, some whole batches at a time: blocks in random order, samples shuffled within a buffer."""
    rng = np.random.default_rng((seed, epoch))
    starts = rng.permutation(-(-n // BLOCK)) * BLOCK
    held = np.empty(0, np.intp)
    for first in range(0, len(starts), BUFFER):
        rows = [np.arange(s, min(s + BLOCK, n)) for s in starts[first : first + BUFFER]]
        held = np.concatenate([held, rng.permutation(np.concatenate(rows))])
        whole = len(held) // batch * batch if first + BUFFER < len(starts) else len(held)
        some = max(1, BLOCK // batch) * batch
        for at in range(0, whole, some):
            yield held[at : min(at + some, whole)]
        held = held[whole:]
