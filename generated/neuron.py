"""A trainer of 2 → 1 linear, cost sum_of_squares, by gd, written by symnet.
It needs numpy and numba.

    python trainer.py fit data.csv --target y -o model.npz
    python trainer.py predict model.npz data.csv
    python trainer.py check

    import trainer
    model = trainer.fit(X, y, epochs=100)
    trainer.predict(X, model.kept)

Training is compiled as one function, unrolled: 3 weights, no more than 50.

How its gradients are derived

Forward propagation
───────────────────

ŷ = Σ_i wᵢ·xᵢ + b  │ weighted sum

Cost function
─────────────

C = Σ (ŷ − y)²  │ cost

Backward propagation
────────────────────

 ∂C/∂ŷ = ∂/∂ŷ (ŷ − y)²     │ by definition of the cost
       = 2·(ŷ − y)         │ power rule
∂C/∂wᵢ = Σ ∂C/∂ŷ · ∂ŷ/∂wᵢ  │ chain rule
       = Σ xᵢ · ∂C/∂ŷ      │ ∂ŷ/∂wᵢ = xᵢ
 ∂C/∂b = Σ ∂C/∂ŷ · ∂ŷ/∂b   │ chain rule
       = Σ ∂C/∂ŷ           │ ∂ŷ/∂b = 1

How a step is made

gd
──

g(t) = ∇C(w(t − 1))  │ derivative of the cost
w(t) = w(t − 1) − γ·g(t)

For every element of every parameter; t counts the steps from 1. With γ = 0.01.

  ▸ source: Cauchy 1847, Comptes rendus 25, “Méthode générale pour la résolution des systèmes
    d'équations simultanées”; the lecture, slide “Gradient Descent”
"""


import argparse
import csv
import io
import json
import math
import mmap
import os
import sys
import tempfile
import time
import zipfile

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.extending import intrinsic


def control(builder, name, state):
    """Load the processor's state of floating point, or store it: only x86-64 has this one."""
    if builder.module.triple.startswith("x86_64"):
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(ir.IntType(8))])
        known = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        builder.call(known, [builder.bitcast(state, ir.PointerType(ir.IntType(8)))])


@intrinsic
def promise(typing_context):
    """Promise LLVM that the arrays of the calling function lie apart, let it use the widest vectors, and take numbers
    below the normal range for zero; returns the state to restore."""

    def code(context, builder, signature, arguments):
        function = builder.function
        for argument in function.args[2:]:  # the first two are numba's own
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        # llvmlite lists only LLVM's oldest attributes, so this one is added as the text that LLVM reads.
        set.add(function.attributes, '"prefer-vector-width"="512"')
        state = builder.alloca(ir.IntType(32))
        builder.store(ir.IntType(32)(0), state)
        control(builder, "llvm.x86.sse.stmxcsr", state)
        before = builder.load(state)
        builder.store(builder.or_(before, ir.IntType(32)(0x8040)), state)
        control(builder, "llvm.x86.sse.ldmxcsr", state)
        return before

    return types.int32(), code


def marked(function):
    """Say how loops are to be compiled: not written out several times, and where a processor has so few registers that
    LLVM would take one vector at a time, two."""
    place = {block: k for k, block in enumerate(function.blocks)}
    wishes = [function.module.add_metadata(["llvm.loop.unroll.disable"])]
    if not binding.get_host_cpu_features().get("avx512f"):
        wishes.append(function.module.add_metadata(["llvm.loop.interleave.count", ir.IntType(32)(2)]))
    for block in function.blocks:
        for target in getattr(block.terminator, "operands", ()):
            if place.get(target, len(place)) <= place[block]:  # a loop's end
                mark = ir.values.MDValue(function.module, wishes, name=str(len(function.module.metadata)))
                mark.operands = (mark, *wishes)
                block.terminator.set_metadata("llvm.loop", mark)


@intrinsic
def restore(typing_context, before):
    """The state that ``promise`` returned; loops are marked."""

    def code(context, builder, signature, arguments):
        marked(builder.function)
        state = builder.alloca(ir.IntType(32))
        builder.store(arguments[0], state)
        control(builder, "llvm.x86.sse.ldmxcsr", state)
        return context.get_dummy_value()

    return types.void(types.int32), code


@njit(error_model="numpy", cache=True)
def forward_kernel(x, w, b, z1):
    """The prediction of 2 → 1 linear, cost sum_of_squares.

    reads: x[n, 2], w[2], b
    fills: z1[n]
    """
    n = x.shape[0]

    # z1[s] = Σ_u0 w[u0]·x[s,u0] + b
    for s in range(n):
        total = b
        for u0 in range(2):
            total += w[u0] * x[s, u0]
        z1[s] = total


@njit(error_model="numpy", cache=True)
def cost_kernel(x, y, w, b, z1):
    """The cost of 2 → 1 linear, cost sum_of_squares.

    reads: x[n, 2], y[n], w[2], b
    works in: z1[n]
    returns: C
    """
    n = x.shape[0]

    # z1[s] = Σ_u0 w[u0]·x[s,u0] + b
    for s in range(n):
        total = b
        for u0 in range(2):
            total += w[u0] * x[s, u0]
        z1[s] = total

    # C = Σ_s (z1[s] − y[s])^2
    C = 0.0
    for s in range(n):
        C += (z1[s] - y[s]) ** 2
    return C


@njit(error_model="numpy", cache=True)
def gradient_kernel(x, y, w, b, dw, z1, dz1):
    """The cost and its gradient of 2 → 1 linear, cost sum_of_squares.

    reads: x[n, 2], y[n], w[2], b
    fills: dw[2] = dC/dw
    works in: z1[n], dz1[n] = dC/dz1
    returns: C, db = dC/db
    """
    n = x.shape[0]

    # z1[s] = Σ_u0 w[u0]·x[s,u0] + b
    for s in range(n):
        total = b
        for u0 in range(2):
            total += w[u0] * x[s, u0]
        z1[s] = total

    # C = Σ_s (z1[s] − y[s])^2
    C = 0.0
    for s in range(n):
        C += (z1[s] - y[s]) ** 2

    # dC/dz1[s] = 2·(z1[s] − y[s])
    for s in range(n):
        dz1[s] = 2.0 * (z1[s] - y[s])

    # dC/dw[u0] = Σ_s x[s,u0]·dC/dz1[s]
    for u0 in range(2):
        dw[u0] = 0.0
    for s in range(n):
        dz1_ = dz1[s]
        for u0 in range(2):
            dw[u0] += dz1_ * x[s, u0]

    # dC/db = Σ_s dC/dz1[s]
    db = 0.0
    for s in range(n):
        db += dz1[s]
    return C, db


@njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"}, cache=True)
def train_kernel(x, y, batch, epochs, t, gamma, w, b, costs):
    """Train 2 → 1 linear, cost sum_of_squares, by gd.

    reads: x[2, n], y[n], batch, epochs, t, gamma
    fills: w[2], b[1], costs[epochs] (float64)
    returns: t
    """
    before = promise()
    n = x.shape[1]
    w_1 = w[0]
    w_2 = w[1]
    b_ = b[0]
    for epoch in range(epochs):
        for start in range(0, n, batch):
            stop = min(start + batch, n)
            t = t + 1.0
            size = stop - start
            factor = -gamma
            C = 0.0
            dw_1 = 0.0
            dw_2 = 0.0
            db = 0.0
            for s in range(start, stop):
                z1 = w_1 * x[0, s] + w_2 * x[1, s] + b_
                dz1 = 2.0 * (z1 - y[s])
                C += (z1 - y[s]) ** 2
                dw_1 += x[0, s] * dz1
                dw_2 += x[1, s] * dz1
                db += dz1
            w_1 = factor * dw_1 + w_1
            w_2 = factor * dw_2 + w_2
            b_ = factor * db + b_
            costs[epoch] = C
    w[0] = w_1
    w[1] = w_2
    b[0] = b_
    restore(before)
    return t


@njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"}, cache=True)
def moments_kernel(x, y, batch, epochs, t, gamma, w, b, costs):
    """Train 2 → 1 linear, cost sum_of_squares, by gd.

    reads: x[2, n], y[n], batch, epochs, t, gamma
    fills: w[2], b[1], costs[epochs] (float64)
    returns: t
    """
    before = promise()
    n = x.shape[1]
    sum_x1p2 = 0.0
    sum_x1_x2 = 0.0
    sum_x1_y = 0.0
    sum_x1 = 0.0
    sum_x2p2 = 0.0
    sum_x2_y = 0.0
    sum_x2 = 0.0
    sum_yp2 = 0.0
    sum_y = 0.0
    for s in range(n):
        sum_x1p2 += x[0, s] ** 2
        sum_x1_x2 += x[0, s] * x[1, s]
        sum_x1_y += x[0, s] * y[s]
        sum_x1 += x[0, s]
        sum_x2p2 += x[1, s] ** 2
        sum_x2_y += x[1, s] * y[s]
        sum_x2 += x[1, s]
        sum_yp2 += y[s] ** 2
        sum_y += y[s]
    w_1 = w[0]
    w_2 = w[1]
    b_ = b[0]
    for epoch in range(epochs):
        t = t + 1.0
        factor = -gamma

        # C = b**2*n + 2*b*sum_x1*w_1 + 2*b*sum_x2*w_2 - 2*b*sum_y + 2*sum_x1_x2*w_1*w_2 - 2*sum_x1_y*w_1 + sum_x1p2*w_1**2 - 2*sum_x2_y*w_2 + sum_x2p2*w_2**2 + sum_yp2
        C = sum_yp2 - 2.0 * sum_y * b_ + n * b_ ** 2 + sum_x1p2 * w_1 ** 2 + 2.0 * sum_x1_x2 * w_1 * w_2 - 2.0 * sum_x1_y * w_1 + 2.0 * sum_x1 * w_1 * b_ + sum_x2p2 * w_2 ** 2 - 2.0 * sum_x2_y * w_2 + 2.0 * sum_x2 * w_2 * b_

        # dC/dw_1 = 2*b*sum_x1 + 2*sum_x1_x2*w_2 - 2*sum_x1_y + 2*sum_x1p2*w_1
        dw_1 = 2.0 * sum_x1p2 * w_1 + 2.0 * sum_x1_x2 * w_2 - 2.0 * sum_x1_y + 2.0 * sum_x1 * b_

        # dC/dw_2 = 2*b*sum_x2 + 2*sum_x1_x2*w_1 - 2*sum_x2_y + 2*sum_x2p2*w_2
        dw_2 = 2.0 * sum_x2p2 * w_2 + 2.0 * sum_x1_x2 * w_1 - 2.0 * sum_x2_y + 2.0 * sum_x2 * b_

        # dC/db = 2*b*n + 2*sum_x1*w_1 + 2*sum_x2*w_2 - 2*sum_y
        db = 2.0 * sum_x1 * w_1 + 2.0 * sum_x2 * w_2 - 2.0 * sum_y + 2.0 * n * b_
        w_1 = factor * dw_1 + w_1
        w_2 = factor * dw_2 + w_2
        b_ = factor * db + b_
        costs[epoch] = C
    w[0] = w_1
    w[1] = w_2
    b[0] = b_
    restore(before)
    return t


NETWORK = {'name': '2 → 1 linear, cost sum_of_squares',
 'inputs': 2,
 'outputs': 1,
 'dtype': 'float64',
 'targets': 'real',
 'classes': '',
 'unit_sum': False,
 'prediction': 'z1',
 'parameters': {'w': (2,), 'b': ()},
 'fans': {'w': (2, 1), 'b': ()},
 'constants': {'gamma': 0.01},
 'states': {},
 'schedule': 'epoch',
 'rows': False,
 'workspace': [],
 'moments': [],
 'kernels': {'forward': {'inputs': ['x', 'w', 'b'], 'arrays': [('z1', ['n'], False)], 'returns': []},
             'cost': {'inputs': ['x', 'y', 'w', 'b'], 'arrays': [('z1', ['n'], False)], 'returns': ['C']},
             'gradient': {'inputs': ['x', 'y', 'w', 'b'],
                          'arrays': [('dC/dw', [2], False), ('z1', ['n'], False), ('dC/dz1', ['n'], False)],
                          'returns': ['C', 'dC/db']}},
 'example': 'python trainer.py fit data.csv --target y, where data.csv begins with a line x_1, x_2, y'}


DTYPE = np.dtype(NETWORK["dtype"]) if NETWORK else np.dtype("float64")
GATHERED = 16_000_000
"""Bytes of samples that are put in order at a time."""
BLOCK, BUFFER = 4096, 16
"""A memory map is read in blocks of so many samples; so many blocks are shuffled together."""
JUDGED = 100_000
"""The cost of a memory map is that of so many of its first samples."""
PIECE = 16_384
"""Predictions are made for so many samples at a time: what is computed between has room in memory."""


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


class TrainerError(ValueError):
    """What was given cannot be used; the message says why and how to mend it."""


def predict(X, parameters):
    """ŷ for X (n × inputs): (n,) for one output, else n × outputs."""
    X = _samples(X)
    parts = (_kernel(forward_kernel, "forward", {"x": X[k : k + PIECE]}, parameters) for k in range(0, len(X), PIECE))
    return np.concatenate([part[NETWORK["prediction"]] for part in parts])


def cost(X, y, parameters):
    """The cost of all samples together."""
    return float(_kernel(cost_kernel, "cost", _pair(X, y), parameters)["C"])


def gradient(X, y, parameters):
    """The cost and its partial derivatives by every parameter, by name."""
    out = _kernel(gradient_kernel, "gradient", _pair(X, y), parameters)
    return float(out["C"]), {name: out[f"dC/d{name}"] for name in NETWORK["parameters"]}


def _pair(X, y):
    X, y = _samples(X), _targets(y)
    if len(X) != len(y):
        raise TrainerError(f"X has {len(X)} samples and y has {len(y)}; give one target for each sample")
    return {"x": X, "y": y}


def _kernel(kernel, name, data, parameters):
    shape = NETWORK["kernels"][name]
    lengths = {"n": len(data["x"])}
    known = {**data, **_given(parameters)}
    inputs = [np.require(known[q], DTYPE, "CW") if np.ndim(known[q]) else DTYPE.type(known[q]) for q in shape["inputs"]]
    made = [
        np.empty([lengths.get(k, k) for k in lengths_of], np.float64 if double else DTYPE)
        for _, lengths_of, double in shape["arrays"]
    ]
    returned = kernel(*inputs, *made)
    numbers = () if returned is None else returned if len(shape["returns"]) > 1 else (returned,)
    out = {quantity: array for (quantity, _, _), array in zip(shape["arrays"], made, strict=True)}
    return {**out, **dict(zip(shape["returns"], numbers, strict=True))}


def _starting(seed):
    """Xavier's uniform weights (Glorot & Bengio 2010, eq. 16), biases 0."""
    rng = np.random.default_rng(seed)
    out = {}
    for name, shape in NETWORK["parameters"].items():
        fans = NETWORK["fans"][name]
        bound = math.sqrt(6 / sum(fans)) if fans else 0.0
        out[name] = (rng.uniform(-bound, bound, shape) if fans else np.zeros(shape)).astype(DTYPE)
    return out


def _given(parameters):
    out = {}
    for name, shape in NETWORK["parameters"].items():
        if name not in parameters:
            raise TrainerError(f"parameter {name} is missing; give {', '.join(NETWORK['parameters'])}")
        out[name] = np.asarray(parameters[name], DTYPE)
        if out[name].shape != tuple(shape):
            raise TrainerError(f"parameter {name} has shape {out[name].shape}, the network expects {tuple(shape)}")
    return out


def _samples(X):
    return _array(X, "X", NETWORK["inputs"], "input")


def _targets(y):
    y = _array(y, "y", NETWORK["outputs"], "output")
    if NETWORK["targets"] == "probability" and not isinstance(y, np.memmap) and ((y < 0) | (y > 1)).any():
        raise TrainerError(f"y holds {y[(y < 0) | (y > 1)][0]:g}; this cost needs targets between 0 and 1")
    if NETWORK["unit_sum"] and not isinstance(y, np.memmap) and (np.abs(y.sum(axis=1) - 1) > 1e-6).any():
        row = int(np.argmax(np.abs(y.sum(axis=1) - 1) > 1e-6))
        raise TrainerError(f"the targets of sample {row + 1} do not sum to 1; give one-hot rows or probabilities")
    return y


def _array(given, name, width, kind):
    try:
        array = given if isinstance(given, np.memmap) else np.asarray(given, DTYPE)
    except (TypeError, ValueError):
        raise TrainerError(f"{name} is not an array of numbers; give one row for each sample") from None
    wide = f"{width} {kind}{'s' * (width > 1)}"
    if width == 1 and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != (1 if width == 1 else 2) or (width > 1 and array.shape[1] != width):
        raise TrainerError(f"{name} has shape {array.shape}, the network has {wide}; give n × {width}")
    if len(array) == 0:
        raise TrainerError(f"{name} has no samples; give at least one row")
    if not isinstance(array, np.memmap) and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise TrainerError(
            f"{name} holds a value that is not finite in sample {row + 1}; drop the sample or fill it in"
        )
    return array


def _whole(value, name, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise TrainerError(f"{name} is {value!r}; give a whole number of at least {least}")
    return int(value)


def _split(X, y, share, seed, patience):
    if not share:
        if patience is not None:
            raise TrainerError("patience needs samples that are held out; give validation a share, such as 0.2")
        return X, y, None, None
    held = round(share * len(X))
    if not 0 < share < 1 or not 0 < held < len(X):
        raise TrainerError(f"validation is {share}; give a share between 0 and 1 that leaves samples on both sides")
    if isinstance(X, np.memmap):
        return X[: len(X) - held], y[: len(y) - held], np.array(X[-held:]), np.array(y[-held:])
    order = np.random.default_rng(seed).permutation(len(X))
    return X[order[held:]], y[order[held:]], X[order[:held]], y[order[:held]]


def save(model, path):
    """Write a model or checkpoint, whole or not at all."""
    arrays = {f"parameter {k}": v for k, v in model.parameters.items()}
    arrays |= {f"kept {k}": v for k, v in model.kept.items()}
    arrays |= {f"state {s} {k}": v for s, d in model.states.items() for k, v in d.items()}
    known = {name: getattr(model, name) for name in ("epoch", "steps", "seed", "best", "table", "options")}
    known |= {"costs": model.costs, "validation_costs": model.validation_costs, "network": NETWORK["name"]}
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(known)), **arrays)
    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getvalue())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise TrainerError(
            f"{path} cannot be written: {error.strerror}; give a file in a folder that is writable"
        ) from None


def load(path):
    """The model in a file that ``save`` wrote."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        known = json.loads(str(arrays.pop("about")))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise TrainerError(f"{path} is not there; check the path") from None
        raise TrainerError(f"{path} cannot be read: {error}; check the path") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise TrainerError(f"{path} is damaged or no model; train again, or give another file") from None
    if known.pop("network", None) != NETWORK["name"]:
        raise TrainerError(f"{path} is a model of another network than {NETWORK['name']}")
    parts = {"parameter": {}, "kept": {}}
    states = {state: {} for state in NETWORK["states"]}
    for name, value in arrays.items():
        kind, *rest = name.split(" ")
        (states[rest[0]] if kind == "state" else parts[kind])[rest[-1]] = value
    return Model(_given(parts["parameter"]), kept=_given(parts["kept"]), states=states, **known)


def read_table(path, target=None, features=None, classes=None):
    """The columns of a CSV file with a header: X, y (None without a target), the features' names, and the classes."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainerError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; check the file"
        ) from None
    if len(rows) < 2:
        raise TrainerError(f"{path} has no samples; expected a row of names and a row for each sample")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise TrainerError(f"{path}, line {number}: {len(row)} cells, the first line has {len(names)}")
    wanted = [] if target is None else [t.strip() for t in target.split(",")]
    for name in (*wanted, *(features or ())):
        if name not in names:
            raise TrainerError(f"{path} has no column {name!r}; its columns are {', '.join(names)}")
    features = list(features) if features else [name for name in names if name not in wanted]
    columns = {name: [row[names.index(name)].strip() for row in rows[1:]] for name in (*features, *wanted)}

    def numbers(name):
        out = []
        for number, cell in enumerate(columns[name], 2):
            try:
                out.append(float(cell))
            except ValueError:
                out.append(math.nan)
            if not math.isfinite(out[-1]):
                raise TrainerError(f"{path}, line {number}, column {name}: {cell!r} is not a finite number; fill it in")
        return out

    X = np.array([numbers(name) for name in features]).T
    if X.shape[1] != NETWORK["inputs"]:
        raise TrainerError(
            f"{path} gives {X.shape[1]} features ({', '.join(features)}), the network has {NETWORK['inputs']} inputs"
        )
    if not wanted:
        return X, None, features, classes
    if NETWORK["classes"] and len(wanted) == 1:
        y, classes = _coded(columns[wanted[0]], wanted[0], classes)
        return X, y, features, classes
    return X, np.array([numbers(name) for name in wanted]).T, features, None


def _coded(labels, name, classes):
    classes = classes or sorted(set(labels), key=lambda c: (0, float(c), c) if _is_number(c) else (1, 0.0, c))
    unknown = [label for label in labels if label not in classes]
    if unknown:
        raise TrainerError(f"column {name} holds {unknown[0]!r}; the classes are {', '.join(classes)}")
    units = NETWORK["outputs"]
    if len(classes) != max(2, units):
        raise TrainerError(f"column {name} holds {len(classes)} classes, the network tells {max(2, units)}")
    codes = np.array([classes.index(label) for label in labels])
    coded = np.eye(units)[codes] if units > 1 else codes.astype(float)
    return 2 * coded - 1 if NETWORK["classes"] == "signs" else coded, classes


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def main(arguments=None):
    """Run a command; returns 0 for done, 1 for checked and wrong, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description=f"A trainer of {NETWORK['name']}.", epilog=NETWORK["example"])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "fit", help="train on a CSV file, or on memory maps X.npy and y.npy", epilog=NETWORK["example"]
    )
    one.add_argument("data", help="data.csv, or X.npy")
    one.add_argument("--target", required=True, help="the column to predict (several: y1,y2), or y.npy")
    one.add_argument("--epochs", type=int, default=100)
    one.add_argument("--batch-size", type=int, help="samples a step; all by default")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--validation", type=float, default=0.0, help="the share of the samples to hold out")
    one.add_argument("--patience", type=int, help="stop when the validation cost has not fallen for so many epochs")
    one.add_argument("--as-is", action="store_true", help="do not bring features to mean 0 and deviation 1")
    one.add_argument("--checkpoint", help="a file to write after every epoch")
    one.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    one.add_argument("-o", "--output", help="write the model: model.npz")
    for name, value in NETWORK["constants"].items():
        if name not in ("T", "N"):
            one.add_argument(
                f"--{name.replace('_', '-')}", dest=f"constant {name}", type=float, default=value, help=f"({value:g})"
            )
    two = commands.add_parser("predict", help="predict for a CSV file or X.npy")
    two.add_argument("model")
    two.add_argument("data")
    two.add_argument("-o", "--output", help="a .csv or .npy file; standard output by default")
    three = commands.add_parser("check", help="the gradient against finite differences, at random numbers")
    three.add_argument("--seed", type=int, default=0)
    for command in (one, two):
        command.add_argument("--threads", type=int, help="of BLAS, for large layers; all cores by default")
    given = parser.parse_args(arguments)
    _limit(getattr(given, "threads", None), arguments)
    try:
        return {"fit": _fit, "predict": _predict, "check": _check}[given.command](given)
    except TrainerError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 2


def _limit(threads, arguments):
    """BLAS reads the number of its threads when it is loaded, so the program begins once more with that number."""
    name = "OPENBLAS_NUM_THREADS"
    if threads is None or arguments is not None or os.environ.get(name) == str(threads):
        return
    os.environ |= {name: str(threads), "MKL_NUM_THREADS": str(threads)}
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])


def _fit(given):
    table = {}
    if given.data.endswith(".npy"):
        X, y = _mapped(given.data), _mapped(given.target)
    else:
        X, y, features, classes = read_table(given.data, given.target)
        mean, scale = X.mean(axis=0), X.std(axis=0)
        constant = [name for name, s in zip(features, scale, strict=True) if s == 0]
        if constant and not given.as_is:
            print(f"column {constant[0]} is constant: it tells nothing", file=sys.stderr)
        if given.as_is:
            mean, scale = np.zeros_like(mean), np.ones_like(scale)
        scale = np.where(scale == 0, 1.0, scale)
        X = (X - mean) / scale
        table = {"features": features, "classes": classes, "mean": mean.tolist(), "scale": scale.tolist()}
    begun = time.perf_counter()

    def report(model):
        held = f", held out {model.validation_costs[-1]:.6g}" if model.validation_costs else ""
        end = "\n" if model.epoch == given.epochs else ""
        print(f"\repoch {model.epoch} of {given.epochs}: cost {model.costs[-1]:.6g}{held}   ", end=end, file=sys.stderr)

    constants = {k.removeprefix("constant "): v for k, v in vars(given).items() if k.startswith("constant ")}
    model = fit(
        X,
        y,
        given.epochs,
        given.batch_size,
        given.seed,
        validation=given.validation,
        patience=given.patience,
        checkpoint=given.checkpoint,
        resume=given.resume,
        report=report if sys.stderr.isatty() else None,
        table=table,
        **constants,
    )
    seconds = time.perf_counter() - begun
    print(f"cost {model.costs[0]:.6g} -> {model.costs[-1]:.6g} in {model.epoch} epochs, {seconds:.2f} s")
    if NETWORK["classes"]:
        right = _classes(predict(X[:JUDGED], model.kept)) == _classes(np.asarray(y[:JUDGED], float))
        print(f"{100 * right.mean():.2f} % of the samples are told right")
    if given.output:
        save(model, given.output)
        print(f"written: {given.output}")
    return 0


def _mapped(path):
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path} cannot be read as an array: {error}; give a .npy file that np.save wrote") from None


def _classes(values):
    if values.ndim == 2:
        return values.argmax(axis=1)
    return (values >= (0.0 if NETWORK["classes"] == "signs" else 0.5)).astype(int)


def _predict(given):
    model = load(given.model)
    table = model.table
    if given.data.endswith(".npy"):
        X = _mapped(given.data)
    else:
        X, *_ = read_table(given.data, features=table.get("features"))
    if table:
        X = (X - np.array(table["mean"])) / np.array(table["scale"])
    out = predict(X, model.kept)
    names = table.get("classes")
    shown = [names[k] for k in _classes(out)] if names else None
    if given.output and given.output.endswith(".npy"):
        np.save(given.output, out)
        return 0
    lines = shown or [",".join(f"{v:.9g}" for v in np.atleast_1d(row)) for row in out]
    text = "\n".join(["prediction", *lines]) + "\n"
    if not given.output:
        sys.stdout.write(text)
        return 0
    try:
        with open(given.output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise TrainerError(f"{given.output} cannot be written: {error.strerror}; give another file") from None
    return 0


def _check(given):
    rng = np.random.default_rng(given.seed)
    n = 5
    X = rng.normal(size=(n, NETWORK["inputs"]))
    y = rng.uniform(0.1, 0.9, (n, NETWORK["outputs"]))
    y = y / y.sum(axis=1, keepdims=True) if NETWORK["unit_sum"] else y
    parameters = {name: rng.normal(size=shape) * 0.5 for name, shape in NETWORK["parameters"].items()}
    _, slopes = gradient(X, y, parameters)
    step, bound = (1e-3, 1e-7) if np.float64 == DTYPE else (2e-2, 2e-3)
    at, worst, kinks = cost(X, y, parameters), 0.0, 0
    for name, value in parameters.items():
        for index in np.ndindex(np.shape(value)):
            sides = {}
            for distance in (step, -step, step / 2, -step / 2):
                there = {k: np.array(v) for k, v in parameters.items()}
                there[name][index] += distance
                sides[distance] = (cost(X, y, there) - at) / distance
            wide, narrow = (sides[h] + sides[-h] for h in (step, step / 2))
            bent, less = (sides[h] - sides[-h] for h in (step, step / 2))
            difference = (4 * narrow - wide) / 6  # Richardson: the error is of the fourth order
            slope = float(np.asarray(slopes[name])[index])
            error = abs(difference - slope) / max(1.0, abs(difference))
            if error > bound and max(abs(bent - 2 * less), abs(narrow - wide) / 2) > bound:
                kinks += 1  # it bends at a point, not evenly: a kink lies between
                continue
            worst = max(worst, error)
            if error > bound:
                print(f"{name}{list(index)}: {slope:.8g}, by differences {difference:.8g}")
    verdict = "right" if worst <= bound else "WRONG"
    print(f"gradient against central differences: worst relative error {worst:.1e}: {verdict}")
    if kinks:
        print(f"{kinks} elements beside a kink of the cost were not judged; --seed gives other numbers")
    return 0 if worst <= bound else 1


if __name__ == "__main__" and NETWORK:
    sys.exit(main())
