"""Layers as columns of circles: which units are shown, what they are called, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

from symnet.algebra.expressions import Axis, Index, Tensor
from symnet.network import Network, Units
from symnet.notation.names import Names
from symnet.notation.notation import notation as meant
from symnet.render.display import Name, Node, Number
from symnet.render.figures.figure import Circle, Label, Mark
from symnet.render.figures.geometry import Point
from symnet.render.figures.measure import Content, sizes

SYMBOL, CAPTION = 16.0, 14.0
"""Font sizes in points: of symbols, and of everything else (nothing is smaller)."""

_FAR = 80.0

Place = int | str | None
"""A unit by its number, the last one of a symbolic size by that size; None is the ellipsis."""


@dataclass(frozen=True, slots=True)
class Letters(Names):
    """Names of single units; the running index of a symbolic size stands for its last unit (x_n)."""

    def axis(self, axis: Axis) -> Node:
        """The size of the axis."""
        return size_name(axis.size)

    def unit(self, tensor: Tensor, *places: Place) -> Node:
        """The name of the element at those places, without a mark for the sample."""
        axes = [axis for axis in tensor.axes if axis.name != "s"]
        index: list[Index] = [k if isinstance(k, int) else axis for k, axis in zip(places, axes, strict=False)]
        sample: list[Index] = [1] if len(axes) < len(tensor.axes) else []
        return self.element(tensor, (*sample, *index))


def letters(network: Network, notation: Any = None) -> Letters:
    """The names of a network's units in a notation, or in its own."""
    habits = meant(network.notation if notation is None else notation)
    return Letters(network, habits.with_(sample_mark="none", sample_sum="", cost_arguments=False))


def size_name(size: Units) -> Node:
    """A number of units: 3, or n with its index."""
    if isinstance(size, int):
        return Number(str(size))
    letter, _, index = size.partition("_")
    sub = None if not index else Number(index) if index.isdigit() else Name(index)
    return Name(letter or "n", sub=sub)


def places(size: Units, most: int) -> list[Place]:
    """The units of a layer of which at most ``most`` rows are shown, an ellipsis standing for the middle."""
    if not isinstance(size, int):
        return [1, 2, None, size] if most >= 4 else [1, None, size]
    if size <= most:
        return list(range(1, size + 1))
    return [*range(1, most - 1), None, size]


@dataclass(frozen=True, slots=True)
class Fit:
    """How many rows of a layer are shown, how far apart, how far below the last the ones stand, and the middle."""

    most: int
    spacing: float
    ones_below: float
    middle: float


def fitted(
    widths: Sequence[Units], *, top: float, room: float, least: float, best: float, most: int, ones_below: float
) -> Fit:
    """Rows so that columns whose first centre is at ``top`` reach at most ``room`` further down.

    ``widths`` are the layers'; rows stand at least ``least`` and at most ``best`` apart, the ones at least
    ``ones_below`` the last of them, which is 0 where there are none.
    """
    for rows_shown in range(most, 2, -1):
        tall = max(len(places(width, rows_shown)) for width in widths)
        spacing = min(best, (room - ones_below) / max(1, tall - 1))
        if spacing >= least or rows_shown == 3:
            break
    spacing = max(spacing, least)
    left = max(0.0, room - ones_below - (tall - 1) * spacing)
    below = ones_below + min(left, max(0.0, min(spacing, _FAR) - ones_below)) if ones_below else 0.0
    return Fit(rows_shown, spacing, below, top + (tall - 1) / 2 * spacing)


def radius_for(symbols: Sequence[Content], size: float = SYMBOL, least: float = 17.0) -> float:
    """The radius of circles that each of the symbols fits into."""
    return max([least, *(hypot(width, height) / 2 + 3.0 for width, height in sizes(symbols, size))])


def rows(count: int, middle: float, spacing: float) -> list[float]:
    """Heights of that many rows about the middle."""
    return [middle + (k - (count - 1) / 2) * spacing for k in range(count)]


def circle(symbol: Content, at: Point, radius: float, role: str, width: float = 1.6, stage: int = 0) -> list[Mark]:
    """A circle with its symbol."""
    return [
        Circle(at, radius, stroke=role, fill="ground", width=width, stage=stage),
        Label(symbol, at, size=SYMBOL, stage=stage),
    ]


def dots(at: Point, upright: bool = True) -> list[Mark]:
    """Three dots for what is left out."""
    steps = (-9.0, 0.0, 9.0)
    centres = [(at[0], at[1] + k) if upright else (at[0] + k, at[1]) for k in steps]
    return [Circle(centre, 1.8, stroke="", fill="muted") for centre in centres]


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity as a column of circles: where its units stand, and the 1 that the next layer's biases multiply.

    A column without a tensor stands for layers left out.
    """

    tensor: Tensor | None
    x: float
    at: tuple[tuple[Place, Point], ...]
    one: Point | None = None

    @property
    def units(self) -> list[tuple[int | str, Point]]:
        """The units that are shown."""
        return [(place, point) for place, point in self.at if place is not None]


def width_of(tensor: Tensor) -> Units:
    """How many units a quantity has."""
    axes = [axis for axis in tensor.axes if axis.name != "s"]
    return axes[0].size if axes else 1


def without_middle(tensors: Sequence[Tensor], most: int) -> list[Tensor | None]:
    """The columns of a network of at most that many, the middle ones left out."""
    if len(tensors) <= most:
        return list(tensors)
    first = most // 2
    return [*tensors[:first], None, *tensors[len(tensors) - (most - first - 1) :]]


def has_ones(network: Network, before: Tensor | None, after: Tensor | None) -> bool:
    """Whether biases lead from one column to the next."""
    if before is None or after is None or after.role == "cost" or before.layer == after.layer:
        return False
    return network.layers[after.layer - 1].bias


def columns(
    network: Network,
    tensors: Sequence[Tensor | None],
    *,
    left: float,
    gap: float,
    fit: Fit,
) -> tuple[Column, ...]:
    """The columns ``gap`` apart, their rows as they fit, the ones in a row below them all."""
    shown = [[] if tensor is None else places(width_of(tensor), fit.most) for tensor in tensors]
    bottom = fit.middle + (max(map(len, shown)) - 1) / 2 * fit.spacing + fit.ones_below
    made = []
    for k, (tensor, listed) in enumerate(zip(tensors, shown, strict=True)):
        x = left + k * gap
        after = tensors[k + 1] if k + 1 < len(tensors) else None
        one = (x, bottom) if has_ones(network, tensor, after) else None
        heights = rows(len(listed), fit.middle, fit.spacing)
        made.append(Column(tensor, x, tuple((p, (x, y)) for p, y in zip(listed, heights, strict=True)), one))
    return tuple(made)


def weight_name(network: Network, names: Letters, layer: int, source: Place, target: Place) -> Node:
    """The name of the weight between two units."""
    ends = zip(network.unit_axes[layer - 1 : layer + 1], (source, target), strict=True)
    return names.unit(network.weight(layer), *(place for axes, place in ends if axes))
