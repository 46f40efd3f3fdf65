"""Starting weights: seeded schemes by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symnet.errors import SymnetError, unknown

SCHEMES = ("zeros", "uniform", "xavier", "he")


@dataclass(frozen=True, slots=True)
class ParameterShape:
    """What a scheme must know of a parameter.  A dense W is inputs × units: fan_in × fan_out."""

    shape: tuple[int, ...]
    fan_in: int
    fan_out: int
    is_bias: bool = False

    def __post_init__(self) -> None:
        if min((*self.shape, self.fan_in, self.fan_out)) < 1:
            raise SymnetError(
                f"a parameter of shape {self.shape} with fan_in {self.fan_in} and fan_out {self.fan_out} "
                "cannot be initialised; sizes and fans count units, so each must be at least 1"
            )


def initialise(
    scheme: str, shapes: Mapping[str, ParameterShape], seed: int, *, radius: float = 0.5
) -> dict[str, NDArray[np.float64]]:
    """Starting values of the named parameters, drawn in the order given; equal seeds give equal values.

    - ``zeros``: every value 0.  For a single layer only: hidden units that start equal stay equal.
    - ``uniform``: U(−radius, radius), biases too.
    - ``xavier``: U(−a, a) with a = √(6 / (fan_in + fan_out)), biases 0; for tanh and sigmoid layers
      (Glorot & Bengio 2010, eq. 16).
    - ``he``: N(0, 2 / fan_in), biases 0; for ReLU layers (He et al. 2015, eq. 10).

    Each array is float64 of its parameter's shape.  Raises SymnetError for an unknown scheme or a radius
    that is not a positive finite number.
    """
    if scheme not in SCHEMES:
        raise unknown("initialiser", scheme, SCHEMES)
    if not 0 < radius < math.inf:
        raise SymnetError(f"radius is {radius}; uniform draws from −radius to radius, so give a positive number")
    rng = np.random.default_rng(seed)
    return {name: _draw(scheme, parameter, rng, radius) for name, parameter in shapes.items()}


def _draw(scheme: str, parameter: ParameterShape, rng: np.random.Generator, radius: float) -> NDArray[np.float64]:
    if scheme == "uniform":
        return np.asarray(rng.uniform(-radius, radius, parameter.shape))
    if scheme == "zeros" or parameter.is_bias:
        return np.zeros(parameter.shape)
    if scheme == "xavier":
        bound = math.sqrt(6 / (parameter.fan_in + parameter.fan_out))
        return np.asarray(rng.uniform(-bound, bound, parameter.shape))
    return np.asarray(rng.normal(0.0, math.sqrt(2 / parameter.fan_in), parameter.shape))
