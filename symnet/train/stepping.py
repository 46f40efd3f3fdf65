"""Training step by step: the gradient is a compiled function, the update rule is carried out in NumPy.

A rule treats all elements alike, so all parameters are one vector here, and a step carries the rule out once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from symnet.emit.kernels import Kernels, Repeated
from symnet.train.parameters import Parameters
from symnet.update import Optimizer

ALL = "all parameters"


class Slopes(Protocol):
    """Called with samples, targets and the vector of parameters: their cost; then the derivatives are ``slopes``."""

    slopes: Any

    def __call__(self, x: Any, y: Any, vector: Any) -> float: ...


class Elsewhere:
    """Slopes of kernels that take parameters by name: those of samples in many places."""

    def __init__(self, kernels: Any, split: Callable[[Any], Parameters]) -> None:
        self.kernels, self.split, self.slopes = kernels, split, np.zeros(0)

    def __call__(self, x: Any, y: Any, vector: Any) -> float:
        parameters = self.split(vector)
        cost, slopes = self.kernels.gradient(x, y, parameters)
        self.slopes = joined({name: slopes[name] for name in parameters})
        return float(cost)


class Stepping:
    """A training under way, at some parameters."""

    def __init__(self, kernels: Any, rule: Optimizer, parameters: Parameters) -> None:
        self.shapes = {name: np.shape(value) for name, value in parameters.items()}
        self.rule, self.vector, self.steps = rule, joined(parameters), 0
        self.states = rule.start({ALL: self.vector})
        self.slopes: Slopes = Repeated(kernels) if isinstance(kernels, Kernels) else Elsewhere(kernels, self._split)

    def slope(self, x: Any, y: Any) -> float:
        """The cost of a batch where the rule takes the gradient, which is kept for :meth:`move`."""
        return self.slopes(x, y, self.rule.place({ALL: self.vector}, self.states)[ALL])

    def move(self) -> None:
        """A step along the gradient that was taken last."""
        self.steps += 1
        slopes = {ALL: self.slopes.slopes.astype(np.float64, copy=False)}
        made, self.states = self.rule.step({ALL: self.vector}, slopes, self.states, self.steps)
        self.vector = made[ALL]

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters as they are now, by name."""
        return self._split(self.vector)

    def _split(self, vector: Any) -> dict[str, Any]:
        out, first = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            out[name] = vector[first : first + size].reshape(shape)
            first += size
        return out


def joined(parameters: Mapping[str, Any]) -> Any:
    """Arrays by name → one vector."""
    return np.concatenate([np.ravel(np.asarray(value, np.float64)) for value in parameters.values()])
