"""The parameters of a network as arrays: their shapes, where they start, a read-only view."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.expressions import Tensor
from symnet.errors import SymnetError, unknown
from symnet.network import Network
from symnet.train.initialise import ParameterShape, initialise

Parameters = Mapping[str, Any]
"""Arrays (without dimensions where a parameter is one number) by the parameter's name."""


def starting(network: Network, initial: str | Mapping[str, ArrayLike], seed: int) -> dict[str, Any]:
    """The values that training starts from, float64 by parameter name: by a seeded scheme, or as given.

    Raises SymnetError for an unknown scheme, and as :func:`given` does.
    """
    if not isinstance(initial, str):
        return given(network, initial)
    sizes = [int(units) for units in (network.inputs.units, *(layer.units for layer in network.layers))]
    shapes = {
        tensor.name: ParameterShape(
            shape(tensor), sizes[tensor.layer - 1], sizes[tensor.layer], is_bias=tensor.role == "bias"
        )
        for tensor in network.parameters
    }
    try:
        return dict(initialise(initial, shapes, seed))
    except MemoryError:
        raise SymnetError(
            "the parameters of this network do not fit into memory; give its layers fewer units"
        ) from None


def given(network: Network, values: Mapping[str, ArrayLike]) -> dict[str, Any]:
    """A copy of ``values`` as float64, one array of its parameter's shape for every parameter.

    Raises SymnetError for a missing or unknown name, another shape, or a value that is no finite number.
    """
    tensors = {tensor.name: tensor for tensor in network.parameters}
    try:
        names = list(values)
    except TypeError:
        names = []
    for name in names:
        if name not in tensors:
            raise unknown("parameter", str(name), tensors)
    missing = [name for name in tensors if name not in names]
    if missing:
        raise SymnetError(
            f"parameter {missing[0]} is missing; give an array for each of {', '.join(list(tensors)[:30])}"
        )
    return {name: _array(tensor, values[name]) for name, tensor in tensors.items()}


def shape(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a parameter: inputs × units for weights, an axis of one element being left out."""
    return tuple(int(axis.size) for axis in tensor.axes)


def _array(tensor: Tensor, value: ArrayLike) -> Any:
    expected = shape(tensor)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise SymnetError(f"parameter {tensor.name} is not an array of numbers; its shape is {expected}") from None
    if array.shape != expected:
        hint = "; W is inputs × units" if tensor.role == "weight" and len(expected) == 2 else ""
        raise SymnetError(f"parameter {tensor.name} has shape {array.shape}, the network expects {expected}{hint}")
    if not np.isfinite(array).all():
        raise SymnetError(f"parameter {tensor.name} holds a value that is not finite; give finite numbers")
    return array


def read_only(parameters: Parameters) -> Parameters:
    """A view of the parameters that cannot be written to."""
    views: dict[str, Any] = {}
    for name, value in parameters.items():
        view = np.asarray(value).view()
        view.flags.writeable = False
        views[name] = view
    return MappingProxyType(views)
