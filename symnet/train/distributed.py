"""Samples in the blocks of Dask arrays: cost and gradient are sums over samples, taken where the blocks are.

C = outer(factor(n) · Σ element) + penalty.  A block gives Σ element and its gradient, by the compiled kernels of the
network without outer function and penalty; the sums are added in a fixed order, and what is the same for all samples
is applied once.  Where blocks are computed, and what happens when a worker is lost, is Dask's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from symnet import costs
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.train import checks
from symnet.train.parameters import Parameters

TOGETHER = 8
"""So many sums are added by one task."""

Sums = tuple[float, dict[str, Any]]


def is_spread(*data: Any) -> bool:
    """Whether one of these is a Dask collection; Dask is not imported to see that."""
    return any(hasattr(array, "__dask_graph__") for array in data)


@dataclass(frozen=True)
class Rows:
    """Samples in blocks (tasks that give arrays), of these sizes; ``order`` are the chosen ones, None for all."""

    blocks: tuple[Any, ...]
    sizes: tuple[int, ...]
    order: Any = None

    def __len__(self) -> int:
        return sum(self.sizes) if self.order is None else len(self.order)

    def __getitem__(self, chosen: Any) -> Rows:
        every = np.arange(len(self)) if self.order is None else self.order
        return self if isinstance(chosen, slice) and chosen == slice(None) else replace(self, order=every[chosen])

    @property
    def parts(self) -> list[tuple[Any, Any]]:
        """Every block that has chosen samples, and their rows in it, ascending; None for all."""
        if self.order is None:
            return [(block, None) for block in self.blocks]
        edges = np.concatenate([[0], np.cumsum(self.sizes)])
        rows = np.sort(self.order)
        cuts = np.searchsorted(rows, edges)
        between = zip(self.blocks, edges, pairwise(cuts), strict=False)
        return [(block, rows[a:b] - edge) for block, edge, (a, b) in between if a < b]


@dataclass(frozen=True)
class SpreadKernels:
    """The kernels of a network on samples in blocks: what :class:`symnet.train.fit.Kernels` asks for."""

    network: Network
    client: Any
    dtype: str
    sums: Any = field(repr=False)

    def forward(self, x: Rows, parameters: Parameters) -> Any:
        """ŷ, gathered, in the order of the rows of each block."""
        import dask

        given = dask.delayed(dict(parameters), traverse=False)
        tasks = [_task(_predicted)(self.sums, block, rows, given) for block, rows in x.parts]
        return np.concatenate(_computed(self.client, _task(list)(tasks)))

    def cost(self, x: Rows, y: Rows, parameters: Parameters) -> float:
        """C."""
        total, _ = self._total(_cost_of, x, y, parameters)
        return self._outer(total, len(x)) + self._penalty(parameters, len(x))

    def gradient(self, x: Rows, y: Rows, parameters: Parameters) -> tuple[float, dict[str, Any]]:
        """C and its partial derivatives, by name."""
        total, slopes = self._total(_gradient_of, x, y, parameters)
        n = len(x)
        scale = self._outer_slope(total, n)
        found = {name: np.asarray(scale * slope, self.dtype) for name, slope in slopes.items()}
        for name, slope in self._penalty_slopes(parameters, n).items():
            found[name] = found[name] + slope
        return self._outer(total, n) + self._penalty(parameters, n), found

    def _total(self, of: Callable[..., Sums], x: Rows, y: Rows, parameters: Parameters) -> Sums:
        """Σ element over the chosen samples, and its gradient: a tree of sums in a fixed order."""
        import dask

        given = dask.delayed(dict(parameters), traverse=False)
        pairs = zip(x.parts, y.parts, strict=True)
        tasks = [_task(of)(self.sums, block, targets, rows, given) for (block, rows), (targets, _) in pairs]
        while len(tasks) > 1:
            tasks = [_task(_added)(tasks[k : k + TOGETHER]) for k in range(0, len(tasks), TOGETHER)]
        total: Sums = _computed(self.client, tasks[0])
        return total

    # -- what is the same for all samples: C = outer(u) + penalty, u = factor(n) / factor(1) · Σ -----------------------

    @cached_property
    def _applied(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """C by Σ and n without the penalty, and its derivative by Σ."""
        cost, total = self.network.cost, sp.Symbol("total", real=True)
        constants = {symbol: cost.constants[symbol.name] for symbol in cost.constant_symbols}
        value = cost.factor / _sample_factor(cost) * total
        if cost.outer is not None:
            value = cost.outer.xreplace({costs.u: value})
        value = value.subs(constants)
        written = (value, value.diff(total))
        of_sum, slope = (sp.lambdify((total, costs.n), expression, "numpy") for expression in written)
        return of_sum, slope

    def _outer(self, total: float, n: int) -> float:
        return float(self._applied[0](total, n))

    def _outer_slope(self, total: float, n: int) -> float:
        return float(self._applied[1](total, n))

    @cached_property
    def _penalised(self) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
        """The penalty of one weight by n, and its derivative."""
        regulariser = self.network.regulariser
        if regulariser is None:
            return None
        element = regulariser.strength * regulariser.factor * regulariser.element
        value, slope = (sp.lambdify((costs.w, costs.n), e, "numpy") for e in (element, element.diff(costs.w)))
        return value, slope

    def _weights(self) -> list[str]:
        return [self.network.weight(layer).name for layer in range(1, self.network.depth + 1)]

    def _penalty(self, parameters: Parameters, n: int) -> float:
        if self._penalised is None:
            return 0.0
        value = self._penalised[0]
        return float(sum(np.sum(value(np.asarray(parameters[name], np.float64), n)) for name in self._weights()))

    def _penalty_slopes(self, parameters: Parameters, n: int) -> dict[str, Any]:
        if self._penalised is None:
            return {}
        slope = self._penalised[1]
        return {name: slope(np.asarray(parameters[name]), n) for name in self._weights()}


def spread(
    network: Network, X: Any, y: Any, client: Any, dtype: str, names: tuple[str, str] = ("X", "y")
) -> tuple[tuple[Rows, Rows], SpreadKernels]:
    """The samples in blocks, checked and kept where they are, and the kernels for them.

    Raises SymnetError as :func:`symnet.train.checks.pair` does, and where Dask is not installed.
    """
    try:
        import dask
        import dask.array as da
    except ImportError:
        raise SymnetError(
            "training on Dask arrays needs Dask, which is not installed; pip install 'symnet[dask]'"
        ) from None
    arrays = [_known(client, da.asarray(array)) for array in (X, y)]
    x, t = arrays
    for array, name in zip(arrays, names, strict=True):
        if array.ndim not in (1, 2):
            raise SymnetError(f"{name} has {array.ndim} axes; expected n × columns, a row for each sample")
        if len(array) == 0:
            raise SymnetError(f"{name} has no samples; expected at least one row")
    checks.same_length(x, t, names)
    x = x.rechunk({1: -1}) if x.ndim == 2 else x
    x = x.rechunk({0: x.chunks[0]})
    t = t.rechunk({0: x.chunks[0], **({1: -1} if t.ndim == 2 else {})})
    sizes = tuple(int(size) for size in x.chunks[0])
    firsts = np.concatenate([[0], np.cumsum(sizes)])[:-1].tolist()
    given = dask.delayed(network, traverse=False)
    laid = [
        _task(check)(given, block, name, first, dtype)
        for check, array, name in ((_inputs, x, names[0]), (_targets, t, names[1]))
        for block, first in zip(array.to_delayed().ravel().tolist(), firsts, strict=True)
    ]
    cost = network.cost
    summed = Network(
        network.inputs,
        *network.layers,
        cost=replace(cost, factor=_sample_factor(cost), outer=None),
        samples=network.samples,
        notation=network.notation,
    )
    sums = dask.delayed(summed.compile(dtype), traverse=False)
    sums, *laid = dask.persist(sums, *laid) if client is None else client.persist([sums, *laid])
    _computed(client, _task(len)(laid))  # so that data which do not fit are refused before training
    rows, columns = laid[: len(sizes)], laid[len(sizes) :]
    return (Rows(tuple(rows), sizes), Rows(tuple(columns), sizes)), SpreadKernels(network, client, dtype, sums)


def _sample_factor(cost: costs.Cost) -> sp.Expr:
    """The cost's factor for a single sample."""
    return cost.factor.subs(costs.n, 1)


def _known(client: Any, array: Any) -> Any:
    """The array with blocks of known sizes; an array of NumPy's is cut for the workers that there are."""
    if np.isnan(array.shape[0]):
        array = array.compute_chunk_sizes()
    if client is not None and array.npartitions == 1:
        workers = max(1, sum(client.nthreads().values()))
        array = array.rechunk({0: max(1, -(-len(array) // workers))})
    return array


def _task(function: Callable[..., Any]) -> Any:
    import dask

    return dask.delayed(function, pure=False)


def _computed(client: Any, task: Any) -> Any:
    import dask

    return dask.compute(task)[0] if client is None else client.compute(task).result()


# -- what a worker does ----------------------------------------------------------------------------------------------


def _inputs(network: Network, block: Any, name: str, first: int, dtype: str) -> Any:
    return checks.samples(network, block, name, first).astype(dtype, copy=False)


def _targets(network: Network, block: Any, name: str, first: int, dtype: str) -> Any:
    return checks.targets(network, block, name, first).astype(dtype, copy=False)


def _chosen(array: Any, rows: Any) -> Any:
    return array if rows is None else array[rows]


def _cost_of(kernels: Any, x: Any, y: Any, rows: Any, parameters: Parameters) -> Sums:
    with np.errstate(all="ignore"):
        return float(kernels.cost(_chosen(x, rows), _chosen(y, rows), parameters)), {}


def _gradient_of(kernels: Any, x: Any, y: Any, rows: Any, parameters: Parameters) -> Sums:
    with np.errstate(all="ignore"):
        cost, slopes = kernels.gradient(_chosen(x, rows), _chosen(y, rows), parameters)
    return float(cost), slopes


def _predicted(kernels: Any, x: Any, rows: Any, parameters: Parameters) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(kernels.forward(_chosen(x, rows), parameters))


def _added(sums: list[tuple[float, Mapping[str, Any]]]) -> Sums:
    total, slopes = sums[0][0], dict(sums[0][1])
    for cost, more in sums[1:]:
        total += cost
        slopes = {name: slope + more[name] for name, slope in slopes.items()}
    return total, slopes
