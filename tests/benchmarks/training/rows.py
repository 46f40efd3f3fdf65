"""What is trained: networks, data, batches, rules; and a NumPy version of each network, to start and to judge by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import symnet as sn
from symnet.lower.plan import Plan, plan
from symnet.optimizers import OPTIMIZERS, Optimizer

Array = NDArray[Any]
Layers = list[tuple[Array, Array]]
"""Weights (inputs × units) and biases, layer by layer."""

RATE = {"sgd": 0.01, "adam": 0.001}


@dataclass(frozen=True)
class Row:
    """``sizes`` are inputs and units, ``hidden`` and ``output`` activations; ``batch`` None is all samples.

    ``forced`` is symnet's plan, by default its own choice; ``aim`` the ratio that is aimed at, ``limit`` the aim as a
    multiple of the bare matrix products.  Final costs are compared after ``epochs``.
    """

    name: str
    sizes: tuple[int, ...]
    hidden: str
    output: str
    cost: str
    samples: int
    batch: int | None
    rule: str
    dtype: str
    epochs: int
    aim: float
    limit: float | None = None
    forced: str | None = None
    data: str = "random"
    rate: float | None = None

    @property
    def size(self) -> int:
        """Samples in a batch."""
        return self.batch or self.samples

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.samples // self.size)

    @property
    def gamma(self) -> float:
        """The learning rate."""
        return self.rate or RATE[self.rule]

    @property
    def precision(self) -> type[np.floating[Any]]:
        """The NumPy type."""
        return np.float64 if self.dtype == "float64" else np.float32

    @property
    def network(self) -> sn.Network:
        """The network in symnet."""
        *hidden, last = self.sizes[1:]
        spec = [str(self.sizes[0]), *(f"{u} {self.hidden}" for u in hidden), f"{last} {self.output}"]
        return sn.Network(" -> ".join(spec), cost=self.cost)

    @property
    def optimizer(self) -> Optimizer:
        """The rule in symnet."""
        return OPTIMIZERS[self.rule](gamma=self.gamma)

    @property
    def plan(self) -> Plan:
        """How symnet trains it."""
        return plan(self.network, self.batch, self.forced, samples=self.samples)

    @cached_property
    def start(self) -> Layers:
        """The weights that every tool begins with."""
        rng = np.random.default_rng(7)
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return [
            (
                rng.normal(size=(a, b)).astype(self.precision) / np.sqrt(a).astype(self.precision),
                np.zeros(b, self.precision),
            )
            for a, b in pairs
        ]

    @cached_property
    def table(self) -> tuple[Array, Array]:
        """X (n × inputs) and y (n × outputs)."""
        rng = np.random.default_rng(3)
        n, outputs = self.samples, self.sizes[-1]
        if self.data == "xor":
            X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
        elif self.data == "moons":
            from sklearn.datasets import make_moons

            X, labels = make_moons(n, noise=0.2, random_state=0)
            y = labels[:, None].astype(float)
        elif self.data == "digits":
            from sklearn.datasets import load_digits

            X, labels = load_digits(return_X_y=True)
            X, y = X[:n] / 16, np.eye(10)[labels[:n]]
        else:
            X = rng.normal(size=(n, self.sizes[0]))
            scores = X @ rng.normal(size=(self.sizes[0], outputs)) / np.sqrt(self.sizes[0])
            noisy = scores + rng.normal(size=scores.shape)
            y = np.eye(outputs)[scores.argmax(axis=1)] if self.output == "softmax" else noisy
        return np.ascontiguousarray(X, self.precision), np.ascontiguousarray(y, self.precision)

    def cost_of(self, layers: Layers) -> float:
        """The cost of all samples in double precision, by NumPy."""
        X, y = (a.astype(np.float64) for a in self.table)
        z = X
        for k, (W, b) in enumerate(layers):
            z = (ACTIVATIONS[self.hidden](z) if k else z) @ np.asarray(W, np.float64) + np.asarray(b, np.float64)
        if self.cost == "sum_of_squares":
            return float(((ACTIVATIONS[self.output](z) - y) ** 2).sum())
        if self.cost == "cross_entropy":
            return float((np.logaddexp(0, z) - y * z).mean())
        top = z.max(axis=1, keepdims=True)
        return float(-(y * (z - top - np.log(np.exp(z - top).sum(axis=1, keepdims=True)))).sum(axis=1).mean())


ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}

_NEURON = Row(
    "neuron", (2, 1), "linear", "linear", "sum_of_squares", 1000, None, "sgd", "float64", 1000, 300, rate=1e-4
)
_CLASSES = ("relu", "softmax", "categorical_cross_entropy")
ROWS = (
    replace(_NEURON, name="neuron, loops", forced="unrolled", aim=15),
    _NEURON,
    replace(_NEURON, name="neuron, 10⁶ samples", samples=1_000_000, epochs=20, rate=1e-7),
    Row("xor", (2, 4, 1), "sigmoid", "sigmoid", "sum_of_squares", 4, None, "sgd", "float64", 5000, 4, data="xor"),
    Row("moons", (2, 16, 16, 1), "tanh", "sigmoid", "cross_entropy", 1000, 32, "sgd", "float64", 20, 3, data="moons"),
    Row("digits", (64, 64, 10), *_CLASSES, 1792, 64, "adam", "float32", 3, 1.7, data="digits"),
    Row("mnist-shaped", (784, 128, 10), *_CLASSES, 12_800, 128, "sgd", "float32", 2, 1.15, 1.2),
    Row("wide", (784, 1024, 1024, 10), *_CLASSES, 2560, 256, "sgd", "float32", 2, 1.05, 1.1),
)
"""The rows of the table."""
