"""Forward pass, costs and penalties written by hand in JAX, from the literature.

This file shares nothing with symnet: no formula, no table, no import.  Activations map an array of pre-activations
(samples × units) to outputs; costs map predictions and targets (samples × units) to one number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_disable_most_optimizations", True)  # each network is compiled once and run once


@dataclass(frozen=True)
class Layer:
    """One dense layer; ``constants`` are those of its activation (alpha)."""

    activation: str
    bias: bool
    constants: Mapping[str, float]


@dataclass(frozen=True)
class Reference:
    """A network as plain data; ``penalty`` is (kind, strength, normalisation) or None."""

    layers: tuple[Layer, ...]
    cost: str
    constants: Mapping[str, float]
    penalty: tuple[str, float, str] | None


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "linear": lambda z: z,
    "step": lambda z: jnp.where(z > 0.0, 1.0, 0.0),
    "sigmoid": lambda z: 1.0 / (1.0 + jnp.exp(-z)),
    "tanh": lambda z: (jnp.exp(z) - jnp.exp(-z)) / (jnp.exp(z) + jnp.exp(-z)),
    "relu": lambda z: jnp.where(z > 0.0, z, 0.0),
    "leaky_relu": lambda z, alpha: jnp.where(z > 0.0, z, alpha * z),
    "elu": lambda z, alpha: jnp.where(z > 0.0, z, alpha * jnp.expm1(z)),
    "softplus": lambda z: jnp.log1p(jnp.exp(z)),
    "silu": lambda z: z * jax.nn.sigmoid(z),
    "gelu": lambda z: 0.5 * z * (1.0 + jax.scipy.special.erf(z / jnp.sqrt(2.0))),
    "gelu_tanh": lambda z: 0.5 * z * (1.0 + jnp.tanh(jnp.sqrt(2.0 / jnp.pi) * (z + 0.044715 * z**3))),
    "softmax": lambda z: jnp.exp(z) / jnp.sum(jnp.exp(z), axis=1, keepdims=True),
}
"""Rosenblatt 1958; Maas 2013; Clevert 2016; Dugas 2001; Elfwing 2018; Hendrycks & Gimpel 2016; Bridle 1990."""


def _huber(p: Any, y: Any, delta: float) -> Any:
    r = jnp.abs(p - y)
    return jnp.sum(jnp.where(r <= delta, 0.5 * r**2, delta * r - 0.5 * delta**2)) / len(y)


COSTS: dict[str, Callable[..., Any]] = {
    "sum_of_squares": lambda p, y: jnp.sum((p - y) ** 2),
    "quadratic": lambda p, y: 0.5 * jnp.sum((p - y) ** 2),
    "mse": lambda p, y: jnp.mean(jnp.sum((p - y) ** 2, axis=1)),
    "half_mse": lambda p, y: 0.5 * jnp.mean(jnp.sum((p - y) ** 2, axis=1)),
    "cross_entropy": lambda p, y: -jnp.sum(y * jnp.log(p) + (1.0 - y) * jnp.log(1.0 - p)) / len(y),
    "categorical_cross_entropy": lambda p, y: -jnp.mean(jnp.sum(y * jnp.log(p), axis=1)),
    "exponential": lambda p, y, tau: tau * jnp.exp(jnp.sum((p - y) ** 2) / tau),
    "hellinger": lambda p, y: jnp.sum((jnp.sqrt(p) - jnp.sqrt(y)) ** 2) / jnp.sqrt(2.0),
    "kullback_leibler": lambda p, y: jnp.sum(y * jnp.log(y / p)),
    "generalized_kullback_leibler": lambda p, y: jnp.sum(y * jnp.log(y / p)) - jnp.sum(y) + jnp.sum(p),
    "itakura_saito": lambda p, y: jnp.sum(y / p - jnp.log(y / p) - 1.0),
    "mae": lambda p, y: jnp.sum(jnp.abs(p - y)) / len(y),
    "huber": _huber,
    "log_cosh": lambda p, y: jnp.sum(jnp.log((jnp.exp(p - y) + jnp.exp(y - p)) / 2.0)) / len(y),
    "hinge": lambda p, y: jnp.sum(jnp.where(y * p < 1.0, 1.0 - y * p, 0.0)) / len(y),
}
"""The list of cost functions that the lecture links to; Nielsen 2015; Huber 1964; Cortes & Vapnik 1995."""

PENALTIES: dict[str, Callable[[Any], Any]] = {"l1": lambda w: jnp.abs(w), "l2": lambda w: w**2}


def cost(net: Reference, parameters: list[dict[str, Any]], x: Any, y: Any) -> Any:
    """The cost over samples ``x`` (samples × inputs), ``y`` (samples × outputs).

    ``parameters`` hold for each layer ``"W"`` (inputs × units) and, if it has one, the bias ``"b"`` (units).
    """
    out = x
    for layer, p in zip(net.layers, parameters, strict=True):
        z = out @ p["W"]
        if layer.bias:
            z = z + p["b"]
        out = ACTIVATIONS[layer.activation](z, **layer.constants)
    value = COSTS[net.cost](out, y, **net.constants)
    if net.penalty is not None:
        kind, strength, normalisation = net.penalty
        n = len(y)
        scale = {"1": 1.0, "1/2": 0.5, "1/n": 1.0 / n, "1/(2n)": 0.5 / n}[normalisation]
        value = value + strength * scale * sum(jnp.sum(PENALTIES[kind](p["W"])) for p in parameters)
    return value


def cost_and_gradient(
    net: Reference, parameters: list[dict[str, Any]], x: Any, y: Any
) -> tuple[float, list[dict[str, Any]]]:
    """The cost, and by JAX's reverse mode its gradient, structured like the parameters."""
    compiled = jax.jit(jax.value_and_grad(lambda p, x, y: cost(net, p, x, y)))
    value, gradient = compiled(parameters, x, y)
    return float(value), jax.tree.map(np.asarray, gradient)
