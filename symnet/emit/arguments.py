"""Between what a user gives and what a kernel takes: contiguous arrays of the declared shapes and precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.expressions import Axis, Tensor
from symnet.errors import SymnetError, unknown
from symnet.network import Network

Array = NDArray[Any]
Given = dict[str, Any]

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the kernels of a network take, as numbers of ``dtype``; ``conditions`` are what its derivation assumed."""

    network: Network
    conditions: frozenset[str] = frozenset()
    dtype: type[np.floating[Any]] = np.float64

    def checked(self, parameters: Mapping[str, Any], **data: Any) -> Given:
        """Data and parameters → by tensor name, contiguous arrays of the dtype (numbers where there are no axes).

        NaN and infinity pass.  An axis of one element may be given or left out.  Raises SymnetError for a parameter
        that is missing or unknown, for what is not numbers, and for a shape that does not fit.
        """
        if not isinstance(parameters, Mapping):
            raise SymnetError(
                f"parameters are a {type(parameters).__name__}, expected a mapping from name to array: "
                f"{{{', '.join(f'{p.name!r}: …' for p in self.network.parameters)}}}"
            )
        names = [p.name for p in self.network.parameters]
        for name in parameters:
            if name not in names:
                raise unknown("parameter", str(name), names)
        for name in names:
            if name not in parameters:
                raise SymnetError(f"parameter {name!r} is missing; expected {', '.join(names)}")
        lengths: dict[str, int] = {}
        out: Given = {}
        for tensor in self.network.parameters:
            out[tensor.name] = self._fitted(tensor, _numbers(tensor.name, parameters[tensor.name]), lengths)
        tensors = {"x": self.network.x, "y": self.network.y}
        for name, value in data.items():
            out[tensors[name].name] = self._fitted(tensors[name], _numbers(name, value), lengths)
        return out

    def check_conditions(self, given: Given) -> None:
        """Raises SymnetError when the gradient was derived under Σy = 1 and the targets are not so."""
        if "unit_sum" not in self.conditions:
            return
        sums = np.atleast_1d(np.sum(given[self.network.y.name], axis=-1))
        wrong = np.flatnonzero(np.abs(sums - 1.0) > _TOLERANCE)
        if wrong.size:
            raise SymnetError(
                f"the targets of sample {wrong[0] + 1} sum to {sums[wrong[0]]:.6g}, but this gradient holds for "
                "targets that sum to 1 over the classes; give one-hot rows or probabilities"
            )

    def _fitted(self, tensor: Tensor, value: Array, lengths: dict[str, int]) -> Any:
        full = self._full_axes(tensor)
        if value.ndim == len(tensor.axes):
            sizes: tuple[int, ...] | None = value.shape
        elif value.ndim == len(full) and all(value.shape[k] == 1 for k, a in enumerate(full) if a is None):
            sizes = tuple(value.shape[k] for k, a in enumerate(full) if a is not None)
        else:
            sizes = None
        if sizes is None or not all(map(lambda a, n: _fits(a, n, lengths), tensor.axes, sizes)):
            raise SymnetError(self._mismatch(tensor, value.shape, lengths))
        for axis, size in zip(tensor.axes, sizes, strict=True):
            lengths.setdefault(str(axis.size), size)
        if tensor.role == "input" and 0 in sizes:
            raise SymnetError(f"x has shape {value.shape}: no samples; give at least one")
        if not tensor.axes:
            return float(value.reshape(())) if self.dtype is np.float64 else self.dtype(value.reshape(()))
        return np.require(value.reshape(sizes), self.dtype, ["C", "W"])

    def _full_axes(self, tensor: Tensor) -> tuple[Axis | None, ...]:
        """The axes with None for each that has one element: inputs × units, samples × units."""
        net = self.network
        layer = tensor.layer

        def units(k: int) -> Axis | None:
            return net.unit_axes[k][0] if net.unit_axes[k] else None

        if tensor.role == "weight":
            return (units(layer - 1), units(layer))
        if tensor.role == "bias":
            return (units(layer),)
        return (net.sample_axes[0] if net.sample_axes else None, units(layer))

    def _mismatch(self, tensor: Tensor, shape: tuple[int, ...], lengths: Mapping[str, int]) -> str:
        net, layer = self.network, tensor.layer

        def count(k: int) -> str:
            return _size(net.unit_axes[k][0], lengths) if net.unit_axes[k] else "1"

        expected = f"({', '.join(_size(a, lengths) for a in tensor.axes)}{',' if len(tensor.axes) == 1 else ''})"
        if tensor.role == "weight":
            wanted = f"{_plural(count(layer - 1), 'input')} and {_plural(count(layer), 'unit')}"
            return (
                f"layer {layer} expects {wanted}, {tensor.name} has shape {shape}; "
                f"{tensor.name} is inputs × units, {expected}"
            )
        if tensor.role == "bias":
            wanted = _plural(count(layer), "unit")
            return f"layer {layer} has {wanted}, {tensor.name} has shape {shape}, expected {expected}"
        what = "inputs" if tensor.role == "input" else "outputs"
        over = f"samples × {what}" if net.sample_axes else f"the {what} of a single sample"
        return f"{tensor.name} has shape {shape}, expected {expected}: {over}"


def _numbers(name: str, value: Any) -> Array:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            array = np.asarray(value, dtype=np.float64) if array.dtype.kind == "O" else _refuse(name, array)
    except (TypeError, ValueError) as error:
        if isinstance(error, SymnetError):
            raise
        raise SymnetError(f"{name} cannot be read as an array of numbers: {error}") from None
    return np.asarray(array, dtype=np.float64)


def _refuse(name: str, array: Array) -> Array:
    raise SymnetError(f"{name} holds {array.dtype.name} values, expected real numbers")


def _fits(axis: Axis, size: int, lengths: Mapping[str, int]) -> bool:
    if isinstance(axis.size, int):
        return size == axis.size
    return lengths.get(axis.size, size) == size


def _size(axis: Axis, lengths: Mapping[str, int]) -> str:
    return str(lengths.get(str(axis.size), axis.size))


def _plural(count: str, what: str) -> str:
    return f"{count} {what}" if count == "1" else f"{count} {what}s"
