"""What a student's function takes and gives: names for the network's quantities, and a gradient for each parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.expressions import Tensor
from symnet.network import Network

Floats = NDArray[np.float64]

DICT_NAMES = ("params", "parameters", "weights", "theta", "model", "p")
"""Arguments by which a function takes all parameters as one dict."""

COST_NAMES = frozenset({"c", "cost", "l", "loss", "j", "e", "error", "value"})

_INPUTS = ("X", "x", "inputs", "data", "features")
_TARGETS = ("y", "Y", "t", "T", "target", "targets", "labels", "y_true", "ytrue")
_COUNTS = ("n", "N", "m", "n_samples", "num_samples", "batch_size")
_CONSTANTS = {"lambda": ("lam", "lambda_", "lambd", "lmbda", "lmbd", "reg", "l2", "weight_decay", "regularization")}

_PREFIX = re.compile(r"^(?:grad(?:ient)?s?_?|nabla_?|∇_?|[d∂][CLJE]_?/?_?[d∂]_?|[dg∂]_?)(?=\w)")
_SUFFIX = re.compile(r"(?<=\w)_(?:grad|gradient)$")


@dataclass(frozen=True)
class Answer:
    """The student's gradient on every data set, by parameter (those that were found), and the cost if it was given.

    ``remark`` says how the result was read where that is not obvious.
    """

    gradients: tuple[Mapping[str, Floats], ...]
    costs: tuple[float, ...]
    remark: str = ""


def spellings(network: Network) -> dict[str, list[str]]:
    """For every quantity, the argument names that mean it, its own name first."""
    names = {"x": list(_INPUTS), "y": list(_TARGETS)}
    for parameter in network.parameters:
        names[parameter.name] = _parameter_names(network, parameter)
    for constant in network.constants:
        names[constant.name] = [*_CONSTANTS.get(constant.name, ()), constant.name]
    names["n"] = list(_COUNTS)
    return names


def _parameter_names(network: Network, parameter: Tensor) -> list[str]:
    words = ("w", "weight", "weights") if parameter.role == "weight" else ("b", "bias", "biases")
    numbers = [str(parameter.layer), f"_{parameter.layer}"] + ([""] if network.depth == 1 else [])
    names = [word + number for word, number in product(words, numbers)]
    return list(dict.fromkeys([parameter.name, *names]))


def parameter_named(key: str, names: Mapping[str, Sequence[str]]) -> str | None:
    """The parameter that a key of the result means: ``W1``, ``dW1``, ``grad_W1``, ``dC/dW1``, ``W1_grad``."""
    key = key.strip()
    for candidate in (key, _SUFFIX.sub("", key), _PREFIX.sub("", key)):
        for parameter, known in names.items():
            if any(candidate in (k, k[:1].swapcase() + k[1:]) for k in known):
                return parameter
    return None


def read(
    network: Network,
    results: Sequence[Any],
    arrays: Mapping[str, Floats],
    shapes: Sequence[Mapping[str, tuple[int, ...]]],
    arguments: Sequence[str],
) -> list[Answer]:
    """The readings of what the function returned, the usual one first; none if it is not understood.

    ``shapes`` are the parameters' on every data set.  A tuple is read in the network's order of the parameters, and in
    the order of the function's own arguments, if that is another one.
    """
    own = [p.name for p in network.parameters]
    orders = [own]
    signature = [name for name in arguments if name in own]
    if sorted(signature) == sorted(own) and signature != own:
        orders.append(signature)
    readings = []
    for order in orders:
        read_all = [_one(r, arrays, order, network, s) for r, s in zip(results, shapes, strict=True)]
        if any(r is None for r in read_all):
            continue
        pairs = [r for r in read_all if r is not None]
        costs = tuple(cost for _, cost in pairs if cost is not None)
        remark = "" if order is own else "the result was read in the order of the function's arguments"
        readings.append(Answer(tuple(g for g, _ in pairs), costs if len(costs) == len(pairs) else (), remark))
    return readings


Read = tuple[dict[str, Floats], float | None]


def _one(
    result: Any,
    arrays: Mapping[str, Floats],
    order: Sequence[str],
    network: Network,
    shapes: Mapping[str, tuple[int, ...]],
) -> Read | None:
    if "dict" in result:
        return _from_dict(result["dict"], arrays, order, network, shapes)
    parts = _parts(result, arrays)
    count = len(order)
    if len(parts) == 2:  # (cost, gradients), also with one parameter
        for cost, rest in (parts, parts[::-1]):
            nested = not isinstance(rest, np.ndarray) or (count == 1 and rest.shape == shapes[order[0]] != ())
            if isinstance(cost, np.ndarray) and cost.size == 1 and nested:
                inner = (
                    _one(rest, arrays, order, network, shapes) if isinstance(rest, dict) else ({order[0]: rest}, None)
                )
                return None if inner is None else (inner[0], float(cost.reshape(())))
    flat = [p for p in parts if isinstance(p, np.ndarray)]
    if len(flat) == len(parts) == count:
        return dict(zip(order, flat, strict=True)), None
    if len(flat) == len(parts) == count + 1 and flat[0].size == 1:
        return dict(zip(order, flat[1:], strict=True)), float(flat[0].reshape(()))
    whole = arrays[result["array"]] if "array" in result else None
    if whole is None:
        return None
    if count == 1:
        return {order[0]: whole}, None
    lengths = [int(np.prod(shapes[name])) for name in order]
    if whole.ndim == 1 and whole.size == sum(lengths):
        pieces = np.split(whole, np.cumsum(lengths)[:-1])
        return {name: piece.reshape(shapes[name]) for name, piece in zip(order, pieces, strict=True)}, None
    return None


def _parts(result: Any, arrays: Mapping[str, Floats]) -> list[Any]:
    """The parts of a tuple: arrays, or structures of their own."""
    if "list" in result:
        return [arrays[part["array"]] if "array" in part else part for part in result["list"]]
    if result.get("numbers"):
        return [np.asarray(v) for v in arrays[result["array"]]]
    return []


def _from_dict(
    entries: Sequence[tuple[str, Any]],
    arrays: Mapping[str, Floats],
    order: Sequence[str],
    network: Network,
    shapes: Mapping[str, tuple[int, ...]],
) -> Read | None:
    names = {name: known for name, known in spellings(network).items() if name in order}
    found: dict[str, Floats] = {}
    cost: float | None = None
    for key, value in entries:
        if "array" not in value:
            inner = _one(value, arrays, order, network, shapes)
            found |= inner[0] if inner else {}
            continue
        array = arrays[value["array"]]
        parameter = parameter_named(key, names)
        if parameter is not None:
            found.setdefault(parameter, array)
        elif key.lower() in COST_NAMES and array.size == 1:
            cost = float(array.reshape(()))
    return (found, cost) if found else None
