"""A network → compiled functions for its forward pass, its cost and its gradient.

network → equations, adjoints → statements (symnet.lower) → source text (numba_source) → module (modules) → Kernels
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from symnet.algebra.expressions import Tensor
from symnet.derive.reverse import adjoint_of, reverse
from symnet.emit.arguments import Arguments
from symnet.emit.host.given import PIECE
from symnet.emit.modules import load
from symnet.emit.numba_source import module
from symnet.emit.precision import SINGLE, precision
from symnet.lower.lowering import lower
from symnet.lower.statements import Array, Function
from symnet.network import COST, Network

Values = Mapping[str, Any]
"""Parameters by name: arrays, or numbers where a parameter is one number."""

_NAMES = ("forward", "cost", "gradient")


@dataclass(frozen=True, slots=True)
class Kernels:
    """The compiled functions of a network.  Each is compiled when it is first called, and once for all its data.

    ``source`` is the text that is compiled, ``functions`` the statements that it was written from.
    """

    network: Network
    dtype: str
    source: str = field(repr=False)
    functions: Mapping[str, Function] = field(repr=False)
    _arguments: Arguments = field(repr=False)
    _cache: bool = field(repr=False)

    def forward(self, x: Any, parameters: Values) -> Any:
        """The predictions ŷ for inputs ``x`` (samples × inputs): samples × units, one number a sample for one unit.

        Raises SymnetError when an array has another shape than the network says, or a parameter is missing.
        """
        given = self._arguments.checked(parameters, x=x)
        all_of_x, prediction = given[self.network.x.name], self.network.prediction.name
        if not self.network.sample_axes or len(all_of_x) <= PIECE:
            return self._run("forward", given)[prediction]
        pieces = (all_of_x[k : k + PIECE] for k in range(0, len(all_of_x), PIECE))
        return np.concatenate([self._run("forward", given | {self.network.x.name: x})[prediction] for x in pieces])

    def cost(self, x: Any, y: Any, parameters: Values) -> float:
        """The cost C for inputs ``x`` and targets ``y`` (samples × outputs).

        Raises SymnetError as :meth:`forward` does.
        """
        given = self._arguments.checked(parameters, x=x, y=y)
        return float(self._run("cost", given)[COST.name])

    def gradient(self, x: Any, y: Any, parameters: Values) -> tuple[float, dict[str, Any]]:
        """The cost and its partial derivatives by every parameter, by name, shaped like the parameters.

        Raises SymnetError as :meth:`forward` does, and when the derivation assumed targets that sum to 1 over the
        classes (softmax with cross-entropy) and these do not.
        """
        given = self._arguments.checked(parameters, x=x, y=y)
        self._arguments.check_conditions(given)
        out = self._run("gradient", given)
        return float(out[COST.name]), {p.name: out[adjoint_of(p).name] for p in self.network.parameters}

    def _run(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        function = self.functions[name]
        inputs = [given[a.quantity] for a in function.inputs]
        lengths = _lengths(function, inputs)
        arrays = (*function.outputs, *function.workspace)
        made = [np.empty(_shape(a, lengths), np.float64 if a.double else self.dtype) for a in arrays]
        returned = _compiled(self.source, self._cache, name)(*inputs, *made)
        numbers = returned if len(function.returns) > 1 else (returned,)
        out: dict[str, Any] = {a.quantity: v for a, v in zip(function.outputs, made, strict=False)}
        return out | {a.quantity: v for a, v in zip(function.returns, numbers, strict=False)}


class Repeated:
    """The gradient for one batch after another: nothing is checked, and what a call needs is made once.

    All parameters are one vector, in the order of the network's, and so are their derivatives, ``slopes``.
    """

    def __init__(self, kernels: Kernels) -> None:
        function, shapes = kernels.functions["gradient"], [_known_shape(p) for p in kernels.network.parameters]
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
        self._places = list(zip(ends, ends[1:], shapes, strict=False))
        self._dtype = precision(kernels.dtype).dtype
        self.slopes = np.zeros(ends[-1], self._dtype)
        places = dict(zip((adjoint_of(p).name for p in kernels.network.parameters), self._places, strict=True))
        self._outputs = [_piece(self.slopes, *places[a.quantity]) for a in function.outputs]
        self._returned = [places[a.quantity][0] for a in function.returns if a.quantity in places]
        self._costs = next(k for k, a in enumerate(function.returns) if a.quantity == COST.name)
        self._function = function
        self._call = _compiled(kernels.source, kernels._cache, "gradient")
        self._work: dict[int, list[Any]] = {}

    def __call__(self, x: Any, y: Any, vector: Any) -> float:
        """The cost of a batch at these parameters; the partial derivatives are in ``slopes`` until the next call."""
        vector = vector.astype(self._dtype, copy=False)
        n = len(x)
        if n not in self._work:
            arrays = self._function.workspace
            self._work[n] = [
                np.empty([k if isinstance(k, int) else n for k in a.lengths], np.float64 if a.double else self._dtype)
                for a in arrays
            ]
        parameters = [_piece(vector, *place) for place in self._places]
        returned = self._call(x, y, *parameters, *self._outputs, *self._work[n])
        if not self._returned:
            return float(returned)
        self.slopes[self._returned] = [value for k, value in enumerate(returned) if k != self._costs]
        return float(returned[self._costs])


def _known_shape(parameter: Tensor) -> tuple[int, ...]:
    return tuple(int(a.size) for a in parameter.axes)


def _piece(vector: Any, start: int, stop: int, shape: tuple[int, ...]) -> Any:
    return vector[start:stop].reshape(shape) if shape else vector[start]


@lru_cache(maxsize=256)
def _compiled(source: str, keep: bool, name: str) -> Callable[..., Any]:
    compiled: Callable[..., Any] = getattr(load(source, keep), name)
    return compiled


def _lengths(function: Function, inputs: list[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for given, array in zip(inputs, function.inputs, strict=True):
        for length, actual in zip(array.lengths, np.shape(given), strict=True):
            if isinstance(length, str):
                found[length] = actual
    return found


def _shape(array: Array, lengths: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(length if isinstance(length, int) else lengths[length] for length in array.lengths)


def describe(net: Network) -> str:
    """The network on one line: ``2 → 3 sigmoid → 1 linear, cost quadratic``."""
    layers = (f"{layer.units} {layer.function.name}{'' if layer.bias else ' without bias'}" for layer in net.layers)
    out = f"{' → '.join((str(net.inputs.units), *layers))}, cost {net.cost.name}"
    if net.regulariser:
        out += f" + {net.regulariser.name}({net.regulariser.strength}, {net.regulariser.normalisation!r})"
    return " ".join(out.split())


def compile_network(net: Network, dtype: str = "float64", *, cache: bool = True) -> Kernels:
    """The kernels of ``net``.  Deriving and writing happens here, compiling at the first call of each kernel.

    ``cache`` keeps what numba compiled for later processes, in the folder that :mod:`symnet.emit.modules` names.
    In float32 all arrays, numbers and constants are of single precision, with one exception: sums over the samples are
    taken in blocks of 256, whose sums are added in double precision, so that a sum of millions loses no more digits
    than one of hundreds.

    Raises SymnetError for a dtype other than float64 and float32, and for a function that cannot be compiled.
    """
    chosen = precision(dtype)
    functions, conditions = kernel_functions(net, {name: name for name in _NAMES}, chosen == SINGLE)
    source = module(f"Kernels of {describe(net)}, written by symnet.", list(functions.values()), cache, chosen)
    return Kernels(net, chosen.name, source, functions, Arguments(net, conditions, chosen.dtype), cache)


compiled_network = lru_cache(maxsize=32)(compile_network)
"""The same for networks that are met again and again, as in a cross-validation."""


def kernel_functions(
    net: Network, names: Mapping[str, str], single: bool
) -> tuple[dict[str, Function], frozenset[str]]:
    """The statements of forward pass, cost and gradient, called as ``names`` says, and their conditions."""
    adjoints = reverse(net.equations, net.y)
    equations = (*net.equations, *(a.equation for a in adjoints))
    gradients = [adjoint_of(p) for p in net.parameters]
    parameters, what, called = list(net.parameters), describe(net), tuple(names.values())
    functions = {
        name: lower(names[name], f"{about} of {what}.", equations, inputs, outputs, net.constants, called, single)
        for name, about, inputs, outputs in (
            ("forward", "The prediction", [net.x, *parameters], [net.prediction]),
            ("cost", "The cost", [net.x, net.y, *parameters], [COST]),
            ("gradient", "The cost and its gradient", [net.x, net.y, *parameters], [COST, *gradients]),
        )
    }
    return functions, frozenset(c for a in adjoints for c in a.conditions)
