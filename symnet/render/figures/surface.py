"""The cost as a function of a few named parameters, all else fixed: its values, its derived slopes and curvature."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.expressions import Axis, Equation, Expr, Index, Ref, Tensor, transform
from symnet.algebra.interpret import run
from symnet.derive.derivation import Derivation, Second
from symnet.derive.scalar import symbol_name, units_first
from symnet.errors import SymnetError
from symnet.network import COST, Network
from symnet.render.figures.quantities import worked_out

Array = NDArray[np.float64]
Element = tuple[Tensor, tuple[int, ...]]

_GRID = Axis("g", "g")
_AT_ONCE = 2_000_000
_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Surface:
    """The cost of ``network`` on its data, as a function of the parameter elements ``chosen``.

    ``start`` are their values to begin with, ``environment`` the arrays of everything that stays as it is.
    """

    network: Network
    chosen: tuple[Element, ...]
    environment: Mapping[Tensor, Any]
    start: Array

    @cached_property
    def derivation(self) -> Derivation:
        """The network's derivation, made once."""
        return self.network.derive()

    def placed(self, values: Array) -> dict[Tensor, Any]:
        """All arrays, with the chosen elements at ``values`` (points × elements): parameters get an axis of points."""
        points = len(values)
        out = dict(self.environment)
        for p in self.network.parameters:
            array = np.repeat(np.asarray(self.environment[p], dtype=float)[None], points, axis=0)
            for k, (tensor, index) in enumerate(self.chosen):
                if tensor == p:
                    place: Any = (slice(None), *(i - 1 for i in index))
                    array[place] = values[:, k]
            out[_widened(p)] = array
            del out[p]
        return out

    def costs(self, values: Array) -> Array:
        """The cost at every point (points × elements), through the interpreter; inf or nan where there is none."""
        data = sum(np.size(self.environment[t]) for t in (self.network.x, self.network.y))
        widest = max(layer.units for layer in self.network.layers if isinstance(layer.units, int))
        chunk = max(1, _AT_ONCE // (data * widest + 1))
        equations = [_for_every_point(eq, self.network) for eq in self.network.equations]
        parts = [
            run(equations, self.placed(values[k : k + chunk]))[_widened(COST)] for k in range(0, len(values), chunk)
        ]
        return np.concatenate(parts)

    def cost(self, at: Array) -> float:
        """The cost at one point."""
        return float(self.costs(at[None])[0])

    def gradient(self, at: Array) -> Array:
        """The derivatives by the chosen elements at one point, by the derivation's equations."""
        values = {k: v for k, v in self.environment.items() if k not in self.network.parameters}
        placed = self.placed(at[None])
        for p in self.network.parameters:
            values[p] = placed[_widened(p)][0]
        derivation = self.derivation
        found = run([*self.network.equations, *(a.equation for a in derivation.backward)], values)
        return np.array(
            [
                found[derivation.adjoints[tensor].equation.target][tuple(i - 1 for i in index)]
                for tensor, index in self.chosen
            ]
        )

    def hessian(self, at: Array) -> Array:
        """The second derivatives by the chosen elements at one point, by sympy from the derivation."""
        arguments = self._scalars(at)
        size = len(self.chosen)
        out = np.zeros((size, size))
        for i, j in product(range(size), repeat=2):
            if i <= j:
                second = Second(self.derivation, self.chosen[i], self.chosen[j])
                out[i, j] = out[j, i] = float(_function(second)(*arguments))
        return out

    def _scalars(self, at: Array) -> list[Any]:
        """The arguments of the scalar view's functions: parameters, columns of data, constants."""
        view = self.derivation.scalars
        values = dict(zip(self.chosen, at, strict=True))
        out: list[Any] = []
        for tensor, index in view.parameters:
            there = tuple(i - 1 for i in index)
            out.append(float(values.get((tensor, index), np.asarray(self.environment[tensor])[there])))
        for tensor, index in view.data:
            place: Any = (..., *(i - 1 for i in index))
            column = np.asarray(self.environment[tensor])[place]
            out.append(np.asarray(column, dtype=float) if self.network.sample_axes else float(column))
        return [*out, *(float(self.environment[tensor]) for tensor in view.constants)]

    def descent(self, rate: float, steps: int) -> Array:
        """The points of gradient descent, start included; it ends early where the numbers do."""
        points = [self.start]
        for _ in range(steps):
            with np.errstate(all="ignore"):
                after = points[-1] - rate * self.gradient(points[-1])
            if not np.all(np.isfinite(after)) or np.max(np.abs(after)) > 1e12:
                break
            points.append(after)
        return np.array(points)

    def curvature(self, at: Array | None = None) -> float:
        """λmax, the largest eigenvalue of the second derivatives, at the start unless another point is given.

        Raises SymnetError where the cost does not curve upwards in any direction.
        """
        largest = float(np.linalg.eigvalsh(self.hessian(self.start if at is None else at))[-1])
        if not largest > 0:
            raise SymnetError(
                "the cost does not curve upwards at these parameters, so no learning rate follows from its curvature; "
                "give other parameters to start from, or the rate"
            )
        return largest

    def minimum(self) -> Array | None:
        """The nearest minimum by Newton's method with halved steps, or None where that does not end in one.

        What ends it are steps that vanish, not slopes: those do also where a cost falls for ever.
        """
        at, cost = self.start, self.cost(self.start)
        for _ in range(_NEWTON_STEPS):
            slope, curve = self.gradient(at), self.hessian(at)
            if not (np.all(np.isfinite(slope)) and np.all(np.isfinite(curve))):
                return None
            upwards = float(np.linalg.eigvalsh(curve)[0]) > 0
            step = np.linalg.solve(curve, slope) if upwards else slope
            near = upwards and float(np.max(np.abs(step))) < 1e-5 * (1.0 + float(np.max(np.abs(at))))
            after = self.cost(at - step)
            while not after < cost and float(np.max(np.abs(step))) > 1e-13:
                step = step / 2
                after = self.cost(at - step)
            if near:
                return at - step if after < cost else at
            if not after < cost:
                return None
            at, cost = at - step, after
        return None


def _widened(tensor: Tensor) -> Tensor:
    return Tensor(tensor.name, (_GRID, *tensor.axes), tensor.role, tensor.layer)


def _for_every_point(equation: Equation, network: Network) -> Equation:
    """The equation for all points at once: whatever depends on a parameter gets an axis of points."""

    def rule(e: Expr) -> Expr | None:
        if isinstance(e, Ref) and e.tensor not in (network.x, network.y) and e.tensor not in network.constants:
            index: tuple[Index, ...] = (_GRID, *e.index)
            return Ref(_widened(e.tensor), index)
        return None

    return Equation(_widened(equation.target), transform(equation.right, rule))


@lru_cache(maxsize=256)
def _function(second: Second) -> Any:
    return second.lambdify()


def elements(network: Network) -> list[Element]:
    """Every weight and bias."""
    return list(network.derive().scalars.parameters)


def named(network: Network, wrt: str | Sequence[str]) -> tuple[Element, ...]:
    """The elements named, in a list or separated by commas; SymnetError for whole tensors and unknown names."""
    listed = re.split(r",(?![^\[({]*[\])}])", wrt) if isinstance(wrt, str) else list(wrt)
    found = []
    for name in listed:
        tensor, index = network.derive().resolve(name.strip())
        if index is None:
            example = symbol_name(tensor, tuple(1 for _ in tensor.axes), units_first(network))
            raise SymnetError(f"{name.strip()} has many elements; name one of them, such as {example}")
        found.append((tensor, index))
    return tuple(found)


def surface(
    network: Network, x: Any, y: Any, wrt: str | Sequence[str] | None, most: int, given: Mapping[str, Any]
) -> Surface:
    """The cost on the data (x: samples × inputs, y: their targets) over the parameters that ``wrt`` names.

    Without ``wrt`` these are all parameters, at most ``most``.  Without ``given`` parameters they start as in training
    (:func:`symnet.train.fit.fit` with seed 0).
    """
    if x is None or y is None:
        raise SymnetError("the cost needs data; give x and y, such as --x '0,1;1,0;1,1' --y '1;0;1'")
    done = worked_out(network, x, y, given or _start(network))
    every = elements(network)
    if wrt is None and len(every) > most:
        listed = [symbol_name(*e, units_first(network)) for e in every]
        names = ", ".join(listed[:6]) + (", …" if len(listed) > 6 else "")
        two = ",".join(listed[:most])
        raise SymnetError(
            f"this network has {len(every)} parameters ({names}), the picture has room for {most}; "
            f"name {most} with wrt, such as --wrt {two}"
        )
    chosen = tuple(every) if wrt is None else named(network, wrt)
    environment = {t: v for t, v in done.arrays.items() if t.role in ("input", "target", "weight", "bias", "constant")}
    start = np.array([np.asarray(environment[t])[tuple(i - 1 for i in index)] for t, index in chosen], dtype=float)
    return Surface(network, chosen, environment, start)


def positive(rate: Any) -> float:
    """A learning rate: a positive number, or a text such as ``0.1`` or ``1/8``; SymnetError for anything else."""
    try:
        value = float(Fraction(rate) if isinstance(rate, str) else rate)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        value = 0.0
    if not 0 < value < float("inf"):
        raise SymnetError(f"rate is {rate!r}, expected a positive number such as 0.1")
    return value


def _start(network: Network) -> dict[str, Any]:
    from symnet.train.parameters import starting

    return {name: value.tolist() for name, value in starting(network, "xavier", 0).items()}
