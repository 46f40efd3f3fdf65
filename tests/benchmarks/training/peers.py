"""The same training in each tool: a row → a function that trains from the start and gives the weights.

Every tool is given its best form: JAX one ``jit`` around a ``lax.scan`` over the steps, PyTorch its fused optimiser and
``torch.compile`` of the step, NumPy the layers by hand with arrays that are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symnet.emit.training import trainer
from tests.benchmarks.training.rows import ACTIVATIONS, Layers, Row

Run = Callable[[int], Layers]
"""Trains for so many epochs."""


def symnet(row: Row) -> Run:
    """One compiled function for all steps."""
    net, rule = row.network, row.optimizer
    made = trainer(net, rule, row.plan, row.samples if row.batch is None else None, dtype=row.dtype)
    X, y = row.table
    x, y = made.laid(X if X.shape[1] > 1 else X[:, 0]), made.laid(y if y.shape[1] > 1 else y[:, 0])
    parameters: dict[str, Any] = {}
    for k, (W, b) in enumerate(row.start, 1):
        for tensor, value in ((net.weight(k), W), (net.bias(k), b)):
            parameters[tensor.name] = value.reshape([int(a.size) for a in tensor.axes])

    def run(epochs: int) -> Layers:
        running = made.start(parameters, rule.start(parameters))
        running.run(x, y, epochs, row.batch)
        after = running.parameters
        return [
            (np.reshape(after[net.weight(k).name], W.shape), np.reshape(after[net.bias(k).name], b.shape))
            for k, (W, b) in enumerate(row.start, 1)
        ]

    return run


def numpy(row: Row) -> Run:
    """The layers by hand."""
    X, y = row.table
    act = ACTIVATIONS[row.hidden]
    slope = {
        "linear": lambda a: 1,
        "relu": lambda a: a > 0,
        "tanh": lambda a: 1 - a * a,
        "sigmoid": lambda a: a * (1 - a),
    }

    def output(z: Any, t: Any) -> Any:
        """∂C/∂z of the last layer."""
        if row.cost == "sum_of_squares":
            a = ACTIVATIONS[row.output](z)
            return 2 * (a - t) * slope[row.output](a)
        if row.cost == "cross_entropy":
            return (1 / (1 + np.exp(-z)) - t) / len(z)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True) - t) / len(z)

    def run(epochs: int) -> Layers:
        flat = [p.copy() for layer in row.start for p in layer]
        moments = [(np.zeros_like(p), np.zeros_like(p)) for p in flat]
        t = 0
        for _ in range(epochs):
            for first in range(0, row.samples, row.size):
                t += 1
                units = [X[first : first + row.size]]
                for k in range(0, len(flat), 2):
                    z = units[-1] @ flat[k] + flat[k + 1]
                    units.append(act(z) if k + 2 < len(flat) else z)
                delta = output(units[-1], y[first : first + row.size])
                slopes: list[Any] = []
                for k in range(len(flat) - 2, -1, -2):
                    a = units[k // 2]
                    slopes[:0] = [a.T @ delta, delta.sum(axis=0)]
                    if k:
                        delta = (delta @ flat[k].T) * slope[row.hidden](a)
                for p, g, (m, v) in zip(flat, slopes, moments, strict=True):
                    if row.rule == "sgd":
                        p -= row.precision(row.gamma) * g
                        continue
                    m += row.precision(0.1) * (g - m)
                    v += row.precision(0.001) * (g * g - v)
                    step = row.precision(row.gamma / (1 - 0.9**t)) * m
                    p -= step / (np.sqrt(v * row.precision(1 / (1 - 0.999**t))) + row.precision(1e-8))
        return list(zip(flat[::2], flat[1::2], strict=True))

    return run


def jax(row: Row) -> Run:
    """``jit`` around ``lax.scan`` over the steps and over the epochs."""
    import jax as j
    import jax.numpy as jnp

    j.config.update("jax_enable_x64", row.dtype == "float64")
    X, y = row.table
    acts = {"linear": lambda z: z, "relu": j.nn.relu, "tanh": jnp.tanh, "sigmoid": j.nn.sigmoid}

    def cost(layers: Any, x: Any, t: Any) -> Any:
        for k, (W, b) in enumerate(layers):
            x = (acts[row.hidden](x) if k else x) @ W + b
        if row.cost == "sum_of_squares":
            return jnp.sum((acts[row.output](x) - t) ** 2)
        if row.cost == "cross_entropy":
            return jnp.mean(j.nn.softplus(x) - t * x)
        return -jnp.mean(jnp.sum(t * j.nn.log_softmax(x), axis=1))

    def step(carry: Any, batch: Any) -> Any:
        layers, m, v, t = carry
        g = j.grad(cost)(layers, *batch)
        t = t + 1
        if row.rule == "sgd":
            return (j.tree.map(lambda p, d: p - row.gamma * d, layers, g), m, v, t), None
        m = j.tree.map(lambda a, d: 0.9 * a + 0.1 * d, m, g)
        v = j.tree.map(lambda a, d: 0.999 * a + 0.001 * d * d, v, g)
        above, below = 1 / (1 - 0.9**t), 1 / (1 - 0.999**t)
        layers = j.tree.map(lambda p, a, b: p - row.gamma * (a * above) / (jnp.sqrt(b * below) + 1e-8), layers, m, v)
        return (layers, m, v, t), None

    whole = row.samples // row.size * row.size
    batches = tuple(a[:whole].reshape(-1, row.size, a.shape[1]) for a in (X, y))
    rest = tuple(a[whole:] for a in (X, y))

    def epoch(carry: Any, _: Any) -> Any:
        carry, _ = j.lax.scan(step, carry, batches)
        return (step(carry, rest)[0] if len(rest[0]) else carry), None

    @partial(j.jit, static_argnums=1)
    def train(carry: Any, epochs: int) -> Any:
        return j.lax.scan(epoch, carry, None, length=epochs)[0]

    zeros = j.tree.map(jnp.zeros_like, row.start)
    begin = j.tree.map(jnp.asarray, (row.start, zeros, zeros, row.precision(0)))

    def run(epochs: int) -> Layers:
        layers = j.block_until_ready(train(begin, epochs))[0]
        return [(np.asarray(W), np.asarray(b)) for W, b in layers]

    return run


def torch_eager(row: Row) -> Run:
    """PyTorch as most people write it, with its fused optimiser."""
    return _torch(row, compiled=False)


def torch_compiled(row: Row) -> Run:
    """PyTorch with the cost and its gradient compiled."""
    return _torch(row, compiled=True)


def _torch(row: Row, compiled: bool) -> Run:
    import torch

    dtype = torch.float64 if row.dtype == "float64" else torch.float32
    X, y = (torch.tensor(a) for a in row.table)
    acts = {"linear": lambda z: z, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
    functional = torch.nn.functional

    def cost(flat: list[Any], x: Any, t: Any) -> Any:
        for k in range(0, len(flat), 2):
            x = torch.addmm(flat[k + 1], acts[row.hidden](x) if k else x, flat[k])
        if row.cost == "sum_of_squares":
            return ((acts[row.output](x) - t) ** 2).sum()
        if row.cost == "cross_entropy":
            return functional.binary_cross_entropy_with_logits(x, t)
        return functional.cross_entropy(x, t)

    judged = torch.compile(cost) if compiled else cost

    def run(epochs: int) -> Layers:
        flat = [torch.tensor(p, dtype=dtype, requires_grad=True) for layer in row.start for p in layer]
        kind = torch.optim.SGD if row.rule == "sgd" else torch.optim.Adam
        rule = kind(flat, lr=row.gamma, fused=True)
        for _ in range(epochs):
            for first in range(0, row.samples, row.size):
                rule.zero_grad(set_to_none=True)
                judged(flat, X[first : first + row.size], y[first : first + row.size]).backward()
                rule.step()
        values = [p.detach().numpy() for p in flat]
        return list(zip(values[::2], values[1::2], strict=True))

    return run


def sklearn(row: Row) -> Run | None:
    """scikit-learn's MLP by ``partial_fit``, an epoch a call; None where it has no such network."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if row.cost == "sum_of_squares" and (row.output != "linear" or len(row.sizes) == 2):
        return None
    X, y = row.table
    kind: Any = MLPRegressor if row.cost == "sum_of_squares" else MLPClassifier
    labels = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    options: dict[str, Any] = {"solver": row.rule, "learning_rate_init": row.gamma, "alpha": 0, "batch_size": row.size}
    options |= {"activation": {"linear": "identity", "sigmoid": "logistic"}.get(row.hidden, row.hidden)}
    options |= {"shuffle": False, "hidden_layer_sizes": row.sizes[1:-1]}
    if row.rule == "sgd":
        options |= {"momentum": 0, "nesterovs_momentum": False}

    def run(epochs: int) -> Layers:
        net = kind(**options)
        names = {} if kind is MLPRegressor else {"classes": np.unique(labels)}
        # A rate of nothing for the first call, which draws weights that are then replaced.
        net.set_params(learning_rate_init=1e-30)
        net.partial_fit(X[: row.size], labels[: row.size], **names)
        net.set_params(learning_rate_init=row.gamma)
        net.coefs_ = [W.copy() for W, _ in row.start]
        net.intercepts_ = [b.copy() for _, b in row.start]
        del net._optimizer
        net.t_ = 0
        net._optimizer = _sklearn_rule(row, net)
        for _ in range(epochs):
            net.partial_fit(X, labels)
        return list(zip(net.coefs_, net.intercepts_, strict=True))

    return run


def _sklearn_rule(row: Row, net: Any) -> Any:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

    flat = net.coefs_ + net.intercepts_
    if row.rule == "adam":
        return AdamOptimizer(flat, row.gamma)
    return SGDOptimizer(flat, row.gamma, momentum=0, nesterov=False)


def products(row: Row) -> Run:
    """The limit: the matrix products of a step and nothing else, written into arrays that are kept."""
    X, _ = row.table
    rows = row.size
    shapes = list(zip(row.sizes, row.sizes[1:], strict=False))
    rng = np.random.default_rng(0)
    W = [w for w, _ in row.start]
    units = [rng.normal(size=(rows, b)).astype(row.precision) for _, b in shapes]
    slopes = [np.empty_like(w) for w in W]
    back = [np.empty((rows, a), row.precision) for a, _ in shapes]

    from numba import njit

    @njit
    def product(left: Any, right: Any, out: Any) -> None:
        np.dot(left, right, out)

    def run(epochs: int) -> Layers:
        for _ in range(epochs):
            for first in range(0, row.samples, rows):
                x = X[first : first + rows]
                for k, w in enumerate(W):
                    below = units[k - 1] if k else x
                    product(below, w, units[k])
                for k in range(len(W) - 1, -1, -1):
                    below = units[k - 1] if k else x
                    product(below.T, units[k], slopes[k])
                    if k:
                        product(units[k], W[k].T, back[k])
        return row.start

    return run


PEERS: dict[str, Callable[[Row], Run | None]] = {
    "symnet": symnet,
    "numpy": numpy,
    "torch": torch_eager,
    "torch compiled": torch_compiled,
    "jax": jax,
    "sklearn": sklearn,
}
