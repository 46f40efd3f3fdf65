"""Pictures of every kind, of networks of every shape, in every notation: what the tests of pictures look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from symnet import NOTATIONS, Network
from symnet.derive.derivation import element_example
from symnet.render.figures.figure import Figure
from symnet.train.parameters import starting

SPECS = (
    "1 -> 1",
    "2 -> 1 sigmoid",
    "3 -> 4 sigmoid -> 1 sigmoid",
    "2 -> 2 tanh -> 2 softmax",
    "2 -> 3 relu -> 2",
    "8 -> 1",
    "1 -> 8 elu -> 1",
    "7 -> 7 softmax",
    "784 -> 30 sigmoid -> 10 softmax",
    "5 -> 4 silu -> 3 leaky_relu -> 2 -> 1 sigmoid",
    "2" + " -> 3 tanh" * 8 + " -> 1",
    "n_0 -> n_1 tanh -> 1",
)
POINTS = [[0, 1], [1, 0], [1, 1], [2, 1], [1, 2], [2, 3]]
TARGETS = [3 * a + 4 * b + 1 for a, b in POINTS]
LINEAR = Network("2 -> 1 linear")
LOGISTIC = Network("2 -> 1 sigmoid", cost="cross_entropy")
XOR: dict[str, Any] = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0]}
AND: dict[str, Any] = {"x": XOR["x"], "y": [0, 0, 0, 1]}

Make = Callable[[], Figure]


def numbers(network: Network, seed: int = 1) -> dict[str, Any]:
    """A sample, targets and parameters of two decimals for a network of any size."""
    rng = np.random.default_rng(seed)
    inputs, outputs = network.inputs.units, network.layers[-1].units
    x, y = np.round(rng.normal(size=inputs), 1).tolist(), np.round(rng.uniform(size=outputs), 2).tolist()
    given = {name: np.round(value, 2) for name, value in starting(network, "xavier", seed).items()}
    biases = {p.name: np.round(rng.normal(size=given[p.name].shape), 2) for p in network.parameters if p.role == "bias"}
    parameters = {name: value.tolist() for name, value in (given | biases).items()}
    return {"x": x if inputs != 1 else x[0], "y": y if outputs != 1 else y[0], **parameters}


def networks() -> list[Network]:
    """Every shape, the notations taking turns."""
    return [Network(spec, notation=list(NOTATIONS)[k % len(NOTATIONS)]) for k, spec in enumerate(SPECS)]


def pictures() -> dict[str, Make]:
    """Every picture by what it is of, each made once."""
    made: dict[str, Make] = {}
    for net in networks():
        said = f"{net.spec}, {net.notation}"
        made[f"network {said}"] = lambda n=net: n.figure("network")
        made[f"neuron {said}"] = lambda n=net: n.figure("neuron", layer=n.depth)
        for p in (net.parameters[0], net.parameters[-1]):
            made[f"chain {said} {p.name}"] = lambda n=net, w=element_example(p): n.figure("chain", wrt=w)
        if isinstance(net.inputs.units, int):
            given = numbers(net)
            forward = {name: value for name, value in given.items() if name != "y"}
            made[f"forward {said}"] = lambda n=net, g=forward: n.figure("forward", **g)
            made[f"forward to the cost {said}"] = lambda n=net, g=given: n.figure("forward", **g)
            made[f"backward {said}"] = lambda n=net, g=given: n.figure("backward", **g)
    made["activations of the network"] = lambda: LOGISTIC.figure("activations")
    made["activations of the lecture"] = lambda: LINEAR.figure("activations", names="lecture")
    made["activations, all"] = lambda: LINEAR.figure("activations", names="all")
    slope: dict[str, Any] = {"x": POINTS, "y": TARGETS, "wrt": "w_1,w_2", "w": [0, 0], "b": 1}
    made["contours, linear"] = lambda: LINEAR.figure("contours", **slope)
    made["contours, a rate too large"] = lambda: LINEAR.figure("contours", rate="0.05", **slope)
    tanh = Network("2 -> 2 tanh -> 1 sigmoid", cost="cross_entropy", notation="nielsen")
    made["contours, a slice"] = lambda: tanh.figure("contours", wrt="W1[1,1],w2[1]", **XOR)
    made["rates, linear"] = lambda: LINEAR.figure("rates", **slope)
    made["rates, logistic"] = lambda: LOGISTIC.figure("rates", wrt="w_1,b", w=[-1, 1], b=2, **AND)
    made["cost, linear"] = lambda: LINEAR.figure("cost", x=POINTS, y=TARGETS, w=[0, 0], b=0)
    made["cost, logistic"] = lambda: LOGISTIC.figure("cost", steps=100, **AND)
    made["cost, six rates"] = lambda: LOGISTIC.figure("cost", rate="0.1,0.2,0.3,1,2,3", **AND)
    made["boundary"] = lambda: LOGISTIC.figure("boundary", w=[3, 3], b=-4, **AND)
    softmax = Network("2 -> 3 softmax", cost="categorical_cross_entropy", notation="ng")
    classes = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    made["boundary, three classes"] = lambda: softmax.figure(
        "boundary", x=XOR["x"], y=classes, W=[[1, -1, 2], [0, 2, -1]], b=[0, 0, -1]
    )
    return {name: cache(make) for name, make in made.items()}
