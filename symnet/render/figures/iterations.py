"""The cost against the steps of gradient descent, a line for every learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symnet.errors import SymnetError
from symnet.network import Network
from symnet.render.display import Fraction, Name, Node, Relation
from symnet.render.equations import names_for
from symnet.render.figures.axes import CAPTION, Axes, Scale, room_left
from symnet.render.figures.contours import CREEPING, DIVERGING, GOOD
from symnet.render.figures.figure import Dash, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Box, Point
from symnet.render.figures.measure import sizes
from symnet.render.figures.quantities import rounded
from symnet.render.figures.surface import Surface, positive, surface

MOST_PARAMETERS = 12
"""Of more parameters than this the second derivatives are not worked out; rates have to be given."""

MOST_RATES = 6
_STYLES: tuple[tuple[str, Dash], ...] = (
    ("forward", "solid"),
    ("hidden", "dashed"),
    ("backward", "dotted"),
    ("accent", "solid"),
    ("ink", "dashed"),
    ("muted", "dotted"),
)
_HEAD, _FOOT = 44.0, 36.0
_DECADES = 8
_BETWEEN, _BELOW = 5.0, 20.0


def cost_figure(
    network: Network,
    x: Any = None,
    y: Any = None,
    rate: Any = None,
    steps: int = 50,
    notation: Any = None,
    **parameters: Any,
) -> Figure:
    """The cost after each step of gradient descent in all parameters, for several learning rates.

    ``rate`` is one or several; by default 0.05, 1 and 2.04 times 1/λmax, λmax being the largest eigenvalue of the
    derived second derivatives at the start.  Raises SymnetError without data, and without rates for a network of
    many parameters.
    """
    if not isinstance(steps, int) or not 1 <= steps <= 10_000:
        raise SymnetError(f"steps is {steps!r}, expected a whole number from 1 to 10000")
    seen = surface(network, x, y, None, 10**9, parameters)
    letter = Name(names_for(network, notation).notation.learning_rate)
    rates = _given(letter, rate) if rate is not None else _by_curvature(seen, letter)
    lines = [[float(c) for c in seen.costs(seen.descent(value, steps))] for _, value in rates]
    scale, floor = _scale(lines)
    labels = [label for label, _ in rates]
    room = 14.0 + room_left(scale, 5)
    right = max(width for width, _ in sizes(labels, CAPTION)) + 24.0
    axes = Axes(Box(room, _HEAD, room + 460.0, _HEAD + 285.0), Scale(0.0, float(steps)), scale)
    marks: list[Mark] = list(
        axes.drawn(Name("step", "upright"), Name(names_for(network, notation).notation.cost), 5, 5)
    )
    ends: list[float] = []
    for k, costs in enumerate(lines):
        role, dash = _STYLES[k]
        points = [(float(j), max(c, floor)) for j, c in enumerate(costs) if np.isfinite(c)]
        pieces = axes.line(points)
        marks += [Path(piece, role, width=2.4, dash=dash, stage=k) for piece in pieces]
        ends.append(pieces[-1][-1][1] if pieces else axes.frame.bottom)
    heights = _apart(ends, [h for _, h in sizes(labels, CAPTION)], axes.frame)
    for k, (label, height) in enumerate(zip(labels, heights, strict=True)):
        role, dash = _STYLES[k]
        start: Point = (axes.frame.right + 4.0, height)
        marks.append(Path((start, (start[0] + 18.0, height)), role, width=2.4, dash=dash, stage=k))
        marks.append(Label(label, (start[0] + 23.0, height), "start", size=CAPTION, stage=k))
    said = ", ".join(
        f"{value:.3g}: from {line[0]:.4g} to {line[-1]:.4g}" for (_, value), line in zip(rates, lines, strict=True)
    )
    description = f"The cost over {steps} steps of gradient descent, a line for each learning rate; {said}."
    return Figure(axes.frame.right + 24.0 + right, axes.frame.bottom + _FOOT + 4.0, tuple(marks), description)


def _given(letter: Name, rate: Any) -> list[tuple[Node, float]]:
    listed: Sequence[Any] = (
        rate.split(",") if isinstance(rate, str) else rate if isinstance(rate, (list, tuple)) else [rate]
    )
    if not 1 <= len(listed) <= MOST_RATES:
        raise SymnetError(f"{len(listed)} learning rates are given; the picture has room for 1 to {MOST_RATES}")
    values = [positive(value) for value in listed]
    return [(Relation((letter, rounded(value))), value) for value in values]


def _by_curvature(seen: Surface, letter: Name) -> list[tuple[Node, float]]:
    if len(seen.chosen) > MOST_PARAMETERS:
        raise SymnetError(
            f"this network has {len(seen.chosen)} parameters, too many to take learning rates from the curvature; "
            "give some, such as --rate 0.01,0.1,1"
        )
    largest = seen.curvature()
    lam = Name("λ", sub=Name("max", "upright"))
    return [
        (Relation((letter, Fraction(rounded(factor), lam))), factor / largest) for factor in (CREEPING, GOOD, DIVERGING)
    ]


def _scale(lines: Sequence[Sequence[float]]) -> tuple[Scale, float]:
    """The scale of costs, and the least value drawn: powers of ten where the costs are positive and far apart."""
    finite = [c for line in lines for c in line if np.isfinite(c)]
    if not finite:
        raise SymnetError("the cost has no value at these parameters; give others")
    start = max(line[0] for line in lines)
    high = min(max(finite), 100.0 * start) if start > 0 else max(finite)
    low = max(min(finite), 0.0) if min(finite) >= 0 else min(finite)
    if start > 0 and min(finite) >= 0 and high > 50.0 * max(low, 1e-300):
        floor = max(low, high * 10.0**-_DECADES)
        return Scale(floor / 1.6, high * 1.6, logarithmic=True), floor
    room = 0.06 * (high - low) or 1.0
    return Scale(low - room, high + room), -np.inf


def _apart(ends: Sequence[float], heights: Sequence[float], frame: Box) -> list[float]:
    """The heights of labels beside the ends of their lines, moved so that none covers another."""
    order = sorted(range(len(ends)), key=lambda k: ends[k])
    placed = dict(enumerate(ends))
    above = -np.inf
    for k in order:
        placed[k] = max(placed[k], above + heights[k] / 2)
        above = placed[k] + heights[k] / 2 + _BETWEEN
    below = frame.bottom + _BELOW
    for k in reversed(order):
        placed[k] = min(placed[k], below - heights[k] / 2)
        below = placed[k] - heights[k] / 2 - _BETWEEN
    return [placed[k] for k in range(len(ends))]
