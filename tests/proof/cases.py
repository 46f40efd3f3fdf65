"""Random networks with data, each determined by its number: the cases of every proof."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Tensor
from symnet.algebra.interpret import run
from symnet.costs import COSTS, NORMALISATIONS, Cost, Regulariser, l1, l2
from symnet.network import Dense, Input, Network

_OUTPUTS = {
    "real": tuple(ACTIVATIONS),
    "probability": ("sigmoid", "softmax"),
    "positive": ("sigmoid", "softmax", "softplus"),
}
_FAR = 1e-3
_KINKED = {"step", "relu", "leaky_relu", "elu"}


@dataclass(frozen=True)
class Case:
    """A network, its parameters by name and its data, in the shapes of their tensors."""

    number: int
    net: Network
    parameters: dict[str, Any]
    x: Any
    y: Any

    @property
    def environment(self) -> dict[Tensor, Any]:
        """What the interpreter starts from."""
        values = {p: self.parameters[p.name] for p in self.net.parameters}
        return {self.net.x: self.x, self.net.y: self.y, **values, **self.net.constants}

    def code(self) -> str:
        """The case as code to paste."""
        parameters = ", ".join(f"{k!r}: {_array(v)}" for k, v in self.parameters.items())
        return (
            f"# case {self.number}\n"
            "from numpy import array\n"
            "from symnet.activations import ACTIVATIONS\n"
            "from symnet.costs import COSTS, l1, l2\n"
            "from symnet.network import Dense, Input, Network\n"
            f"net = {network_code(self.net)}\n"
            f"parameters = {{{parameters}}}\n"
            f"x, y = {_array(self.x)}, {_array(self.y)}\n"
        )


def network_code(net: Network) -> str:
    """The network as a Python expression."""
    layers = ", ".join(
        f"Dense({layer.units}, ACTIVATIONS[{layer.function.name!r}]{_called(layer.function.constants)}, "
        f"bias={layer.bias})"
        for layer in net.layers
    )
    out = f"Network(Input({net.inputs.units}), {layers}, cost=COSTS[{net.cost.name!r}]{_called(net.cost.constants)}"
    if net.regulariser:
        r = net.regulariser
        out += f", regulariser={r.name}({r.strength!r}, {r.normalisation!r})"
    return out + f", samples={net.samples!r})"


def _called(constants: Any) -> str:
    return f"({', '.join(f'{k}={v!r}' for k, v in constants.items())})" if constants else ""


def _array(value: Any) -> str:
    return repr(np.asarray(value).tolist()) if np.ndim(value) == 0 else f"array({np.asarray(value).tolist()!r})"


def draw(number: int) -> Case:
    """The case with that number; costs take turns, data keep away from kinks."""
    rng = np.random.default_rng([20_240_917, number])
    net = _network(number, rng)
    for _ in itertools.repeat(None, 200):
        case = _with_data(number, net, rng)
        if _is_smooth(case):
            return case
    raise AssertionError(f"no data without kinks found for case {number}: {network_code(net)}")


def _network(number: int, rng: np.random.Generator) -> Network:
    cost = list(COSTS.values())[number % len(COSTS)]
    cost = cost(**{name: float(rng.choice([0.5, 1.0, 2.5])) for name in cost.constants})
    last = str(rng.choice(_OUTPUTS[cost.domain]))
    several = last == "softmax" or cost.name == "categorical_cross_entropy"
    units = [int(rng.integers(1, 5)) for _ in range(rng.integers(1, 5))]
    units[-1] = max(units[-1], 2) if several else units[-1]
    names = list(ACTIVATIONS)
    hidden = [names[(number + k) % len(names)] if k == 0 else str(rng.choice(names)) for k in range(len(units) - 1)]
    layers = []
    for size, name in zip(units, [*hidden, last], strict=True):
        activation = ACTIVATIONS[name]
        constants = {c: float(rng.choice([0.01, 0.3, 1.0])) for c in activation.constants}
        least = 2 if name == "softmax" else 1
        layers.append(Dense(max(size, least), activation(**constants), bias=bool(rng.random() < 0.75)))
    samples: int | str = 1 if rng.random() < 0.25 else "n"
    return Network(Input(int(rng.integers(1, 5))), *layers, cost=cost, regulariser=_regulariser(rng), samples=samples)


def _regulariser(rng: np.random.Generator) -> Regulariser | None:
    if rng.random() < 0.6:
        return None
    make = l1 if rng.random() < 0.5 else l2
    return make(float(rng.choice([0.01, 0.3])), str(rng.choice(list(NORMALISATIONS))))


def _with_data(number: int, net: Network, rng: np.random.Generator) -> Case:
    n = int(rng.integers(1, 6))

    def shape(tensor: Tensor) -> tuple[int, ...]:
        return tuple(n if a.size == "n" else int(a.size) for a in tensor.axes)

    parameters = {p.name: rng.normal(size=shape(p)) * 0.7 for p in net.parameters}
    y = _targets(net.cost, net.layers[-1].function.name, shape(net.y), rng)
    return Case(number, net, parameters, rng.normal(size=shape(net.x)), y)


def _targets(cost: Cost, last: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if cost.name == "hinge" and last != "softmax":
        return rng.choice([-1.0, 1.0], size=shape)
    if cost.domain == "real" and last != "softmax":
        return rng.normal(size=shape)
    y = rng.uniform(0.1, 0.9, size=shape)
    return y / np.sum(y, axis=-1, keepdims=True) if last == "softmax" else y


def _is_smooth(case: Case) -> bool:
    """Whether no kink is near, and the exponential cost is of moderate size."""
    net = case.net
    values = run(net.equations, case.environment)
    for k, layer in enumerate(net.layers, 1):
        if layer.function.name in _KINKED and np.min(np.abs(values[net.pre_activation(k)])) < _FAR:
            return False
    prediction, y = values[net.prediction], np.asarray(case.y)
    distance = {
        "mae": prediction - y,
        "hinge": 1.0 - y * prediction,
        "huber": np.abs(prediction - y) - net.cost.constants.get("delta", 0.0),
    }.get(net.cost.name, np.ones(1))
    weights = [np.min(np.abs(case.parameters[p.name])) for p in net.parameters if p.role == "weight"]
    large = net.cost.name == "exponential" and np.sum((prediction - y) ** 2) > 20.0 * net.cost.constants["tau"]
    return bool(np.min(np.abs(distance)) > _FAR and min(weights) > _FAR and not large)
