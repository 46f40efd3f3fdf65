"""Calling the kernels, and what must hold of arrays that are given."""

from __future__ import annotations

import math

import numpy as np

from symnet.emit.host.given import DTYPE, NETWORK, PIECE, cost_kernel, forward_kernel, gradient_kernel

# ---- below this line ----


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
