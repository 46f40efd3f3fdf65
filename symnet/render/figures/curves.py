"""Functions of one variable as polylines, broken where the function jumps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symnet.activations import Activation
from symnet.algebra.expressions import ScalarFunction
from symnet.algebra.interpret import numeric
from symnet.render.figures.geometry import Point

POINTS = 161
_HALVINGS = 40

Function = Callable[[float], float]


def function_of(activation: Activation, function: ScalarFunction) -> Function:
    """An activation, or its derivative, with its constants put in."""
    constants = [float(value) for value in activation.constants.values()]

    def value(x: float) -> float:
        with np.errstate(all="ignore"):
            return float(numeric(function)(np.asarray(x), *map(np.asarray, constants)))

    return value


def polylines(function: Function, low: float, high: float, points: int = POINTS) -> list[list[Point]]:
    """The curve between two arguments as one polyline for each piece on which it is continuous.

    An interval is taken for a jump if halving it towards the larger difference leaves the difference as it is.
    Points at which the function is not finite are left out.
    """
    arguments = [float(x) for x in np.linspace(low, high, points)]
    values = [function(x) for x in arguments]
    pieces: list[list[Point]] = [[]]
    finite = [v for v in values if np.isfinite(v)]
    scale = (max(finite) - min(finite)) if finite else 0.0
    for k, (x, value) in enumerate(zip(arguments, values, strict=True)):
        if not np.isfinite(value):
            pieces.append([])
            continue
        if pieces[-1] and abs(value - values[k - 1]) > 0.05 * scale:
            jump = _jump(function, (arguments[k - 1], values[k - 1]), (x, value))
            if jump is not None:
                pieces[-1].append(jump[0])
                pieces.append([jump[1]])
        pieces[-1].append((x, value))
    return [piece for piece in pieces if len(piece) > 1]


def _jump(function: Function, left: Point, right: Point) -> tuple[Point, Point] | None:
    """Both sides of a jump between two points, or None where there is none."""
    difference = abs(right[1] - left[1])
    for _ in range(_HALVINGS):
        middle: Any = (left[0] + right[0]) / 2
        at = (middle, function(middle))
        left, right = (left, at) if abs(at[1] - left[1]) > abs(right[1] - at[1]) else (at, right)
    return (left, right) if abs(right[1] - left[1]) > 0.5 * difference else None
