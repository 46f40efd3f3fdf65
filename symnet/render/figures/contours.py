"""The cost over two parameters as level lines, with the path of gradient descent; three learning rates side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Fraction, Name, Node, Relation
from symnet.render.equations import names_for
from symnet.render.figures.axes import CAPTION, SYMBOL, Axes, Scale, room_left
from symnet.render.figures.figure import Circle, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Box, Point, around
from symnet.render.figures.marching import level_lines
from symnet.render.figures.measure import box_of, size_of, sizes
from symnet.render.figures.quantities import rounded
from symnet.render.figures.surface import Surface, positive, surface
from symnet.render.text import text

CREEPING, GOOD, DIVERGING = 0.05, 1.0, 2.04
"""Learning rates in units of 1/λmax: too small, good, too large."""

LEVELS = 11
_COLUMNS, _ROWS = 121, 91
_HEAD, _FOOT, _RIGHT = 46.0, 34.0, 22.0
_LONG = 24.0


def contours_figure(
    network: Network,
    x: Any = None,
    y: Any = None,
    wrt: str | Sequence[str] | None = None,
    rate: Any = None,
    steps: int = 25,
    notation: Any = None,
    **parameters: Any,
) -> Figure:
    """Level lines of the cost over two parameters, with the path that gradient descent takes in these two.

    ``wrt`` names the two (``"w_1,w_2"``); all others stay at what is given.  The path begins at the given parameters
    (without any: where training begins) and takes ``steps`` steps, by default with γ = 1/λmax, λmax being the largest
    curvature at its start.  Raises SymnetError without data, and for a network of more parameters without ``wrt``.
    """
    seen = _View(_two(surface(network, x, y, wrt, 2, parameters)), names_for(network, notation))
    gamma = 1.0 / seen.surface.curvature() if rate is None else positive(rate)
    if not isinstance(steps, int) or not 0 <= steps <= 1000:
        raise SymnetError(f"steps is {steps!r}, expected a whole number from 0 to 1000")
    path = seen.surface.descent(gamma, steps)
    window = seen.window([path])
    room = 14.0 + room_left(window[1])
    box = Box(room, _HEAD, room + 480.0, _HEAD + 290.0)
    axes = Axes(box, *window)
    marks = [*seen.lines(axes), *axes.drawn(seen.label(0), seen.label(1))]
    marks += seen.path(axes, path, 1)
    marks += seen.ends(axes, path)
    level = seen.levels(axes, marks)
    shown = Relation((Name(seen.names.notation.learning_rate), rounded(gamma)))
    marks.append(Label(shown, (box.right, _HEAD - 20.0), "end", size=CAPTION, stage=1))
    return Figure(box.right + _RIGHT, box.bottom + _FOOT + 8.0, (*marks, *level), seen.described(path, gamma))


def rates_figure(
    network: Network,
    x: Any = None,
    y: Any = None,
    wrt: str | Sequence[str] | None = None,
    steps: int = 12,
    notation: Any = None,
    **parameters: Any,
) -> Figure:
    """Gradient descent in two parameters with a learning rate that is too small, one that is good, one too large.

    They are 0.05, 1 and 2.04 times 1/λmax, λmax being the largest eigenvalue of the derived second derivatives at
    the start.  The rest as for :func:`contours_figure`.
    """
    seen = _View(_two(surface(network, x, y, wrt, 2, parameters)), names_for(network, notation))
    largest = seen.surface.curvature()
    paths = [seen.surface.descent(factor / largest, steps) for factor in (CREEPING, GOOD, DIVERGING)]
    window = seen.window(paths)
    lam = Name("λ", sub=Name("max", "upright"))
    room = 12.0 + room_left(window[1])
    side = 252.0 - room
    marks: list[Mark] = []
    said = []
    head = 84.0
    for k, (factor, path) in enumerate(zip((CREEPING, GOOD, DIVERGING), paths, strict=True)):
        left = k * 258.0 + room
        axes = Axes(Box(left, head, left + side, head + 210.0), *window)
        marks += [*seen.lines(axes), *axes.drawn(seen.label(0), seen.label(1), 3, 4)]
        marks += seen.path(axes, path, k)
        marks += seen.ends(axes, path, ("start",) if k == 0 else ())
        over = Fraction(rounded(factor), lam)
        shown = Relation((Name(seen.names.notation.learning_rate), over))
        word = seen.verdict(path)
        said.append(f"{factor:g}/λmax {word}")
        high = size_of(shown, SYMBOL)[1]
        marks.append(Label(shown, (left + side, 10.0 + high / 2), "end", size=SYMBOL))
        marks.append(Label(word, (left + side, head - 17.0), "end", size=CAPTION, stage=k))
    description = (
        f"Gradient descent on the level lines of the cost over {seen.plain(0)} and {seen.plain(1)}, "
        f"{steps} steps with each of three learning rates: {', '.join(said)}; λmax is {largest:.4g}."
    )
    return Figure(3 * 258.0 + 4.0, head + 210.0 + _FOOT + 6.0, tuple(marks), description)


def _two(found: Surface) -> Surface:
    if len(found.chosen) != 2:
        raise SymnetError(
            f"level lines are drawn over two parameters, given {len(found.chosen)}; name two with wrt, "
            "such as --wrt w_1,w_2"
        )
    if found.chosen[0] == found.chosen[1]:
        raise SymnetError("wrt names the same parameter twice; name two different ones")
    return found


@dataclass(frozen=True)
class _View:
    """A cost surface and what its parameters are called."""

    surface: Surface
    names: Names

    @cached_property
    def minimum(self) -> NDArray[np.float64] | None:
        """The minimum, if there is one near."""
        return self.surface.minimum()

    def label(self, k: int) -> Node:
        """The name of a parameter."""
        tensor, index = self.surface.chosen[k]
        return self.names.element(tensor, index)

    def plain(self, k: int) -> str:
        """The same as text."""
        return text(self.label(k))

    def window(self, paths: Sequence[NDArray[np.float64]]) -> tuple[Scale, Scale]:
        """What is shown: the start, the minimum if it is not too far away, and what of the paths is near these."""
        start = self.surface.start
        kept = [start]
        near = [p for path in paths for p in path]
        if self.minimum is not None:
            reach = max(3.0 * float(np.max(np.abs(self.minimum - start))), 1e-6)
            kept.append(self.minimum)
            kept += [p for p in near if float(np.max(np.abs(p - self.minimum))) <= reach / 2]
        else:
            kept += near[:200]
        low, high = np.min(kept, axis=0), np.max(kept, axis=0)
        size = high - low
        least = max(float(np.max(size)), 0.5)
        size = np.maximum(size, 0.6 * least)
        middle = (low + high) / 2
        scales = [Scale(float(m - 0.8 * s), float(m + 0.8 * s)) for m, s in zip(middle, size, strict=True)]
        return scales[0], scales[1]

    def values(self, axes: Axes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The cost on a grid over the frame."""
        xs = np.linspace(axes.x.low, axes.x.high, _COLUMNS)
        ys = np.linspace(axes.y.low, axes.y.high, _ROWS)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        return xs, ys, self.surface.costs(grid).reshape(_ROWS, _COLUMNS)

    def levels_of(self, z: NDArray[Any]) -> list[float]:
        """Levels whose lines lie evenly apart on a paraboloid."""
        finite = z[np.isfinite(z)]
        if not len(finite):
            raise SymnetError("the cost has no value near these parameters; give others")
        low, high = float(np.min(finite)), float(np.max(finite))
        return [low + (high - low) * (k / (LEVELS + 1)) ** 2 for k in range(1, LEVELS + 1)]

    def lines(self, axes: Axes) -> list[Mark]:
        """The level lines."""
        xs, ys, z = self.values(axes)
        return [
            Path(line, "muted", width=0.9)
            for level in self.levels_of(z)
            for values in level_lines(xs, ys, z, level)
            for line in axes.line(values)
        ]

    def levels(self, axes: Axes, marks: Sequence[Mark]) -> list[Mark]:
        """The value of every third level line, where it covers neither the path nor another label."""
        xs, ys, z = self.values(axes)
        taken = [box_of(m).grown(3.0) for m in marks if isinstance(m, Label)]
        for mark in marks:
            if isinstance(mark, Circle):
                taken.append(around(mark.centre, 4 * mark.radius, 4 * mark.radius))
            elif isinstance(mark, Path) and mark.stroke == "backward":
                taken += [Box(*_corners(a, b)).grown(4.0) for a, b in pairwise(mark.points)]
        out: list[Mark] = []
        for level in self.levels_of(z)[1::2]:
            node = rounded(level)
            width, height = size_of(node, CAPTION)
            points = [p for values in level_lines(xs, ys, z, level) for line in axes.line(values) for p in line]
            for at in points[:: max(1, len(points) // 60)]:
                box = around(at, width + 6.0, height + 6.0)
                if box.within(axes.frame) and not any(box.meets(other) for other in taken):
                    out.append(Label(node, at, size=CAPTION, colour="muted", halo=True))
                    taken.append(box.grown(6.0))
                    break
        return out

    def path(self, axes: Axes, path: NDArray[np.float64], stage: int) -> list[Mark]:
        """The path as dots joined by lines, long ones with an arrow head."""
        marks: list[Mark] = []
        for before, after in pairwise(path.tolist()):
            start, end = axes.point(*before), axes.point(*after)
            for piece in axes.line([tuple(before), tuple(after)]):
                whole = piece[0] == start and piece[-1] == end
                long = abs(start[0] - end[0]) + abs(start[1] - end[1]) > _LONG
                marks.append(Path(piece, "backward", width=2.0, arrow=whole and long, stage=stage))
            if around(end, 0.0, 0.0).within(axes.frame):
                marks.append(Circle(end, 2.6, stroke="", fill="backward", stage=stage))
        return marks

    def ends(self, axes: Axes, path: NDArray[np.float64], words: Sequence[str] = ("start", "minimum")) -> list[Mark]:
        """A ring at the start and a cross at the minimum, with their names where there is room."""
        marks: list[Mark] = []
        start = axes.point(*path[0])
        marks.append(Circle(start, 5.0, stroke="ink", fill="ground", width=2.0))
        spots: list[tuple[str, Point]] = [("start", start)]
        if self.minimum is not None:
            at = axes.point(*self.minimum)
            if around(at, 8.0, 8.0).within(axes.frame):
                x, y = at
                marks.append(Path(((x - 5, y - 5), (x + 5, y + 5)), "ink", width=2.2))
                marks.append(Path(((x - 5, y + 5), (x + 5, y - 5)), "ink", width=2.2))
                spots.append(("minimum", at))
        taken = [around(at, 14.0, 14.0) for _, at in spots]
        taken += [Box(*_corners(axes.point(*a), axes.point(*b))).grown(3.0) for a, b in pairwise(path.tolist())]
        for word, at in spots:
            if word not in words:
                continue
            width, height = sizes([word], CAPTION)[0]
            for dx, dy in ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1)):
                centre = (at[0] + dx * (width / 2 + 12.0), at[1] + dy * (height / 2 + 11.0))
                box = around(centre, width + 4.0, height + 4.0)
                if box.within(axes.frame) and not any(box.meets(other) for other in taken):
                    marks.append(Label(word, centre, size=CAPTION, halo=True))
                    taken.append(box)
                    break
        return marks

    def verdict(self, path: NDArray[np.float64]) -> str:
        """What a path comes to, by the costs along it."""
        costs = self.surface.costs(path)
        least = self.surface.cost(self.minimum) if self.minimum is not None else float(np.nanmin(costs))
        if not np.isfinite(costs[-1]) or costs[-1] > costs[0]:
            return "diverges"
        left = (costs[-1] - least) / (costs[0] - least) if costs[0] > least else 0.0
        return "creeps" if left > 0.1 else "converges"

    def described(self, path: NDArray[np.float64], gamma: float) -> str:
        """What is to be seen, in words."""
        costs = self.surface.costs(path)
        found = ""
        if self.minimum is not None:
            at = ", ".join(f"{v:.3g}" for v in self.minimum)
            found = f"; the minimum is at ({at})"
        start = ", ".join(f"{v:.3g}" for v in self.surface.start)
        return (
            f"Level lines of the cost over {self.plain(0)} and {self.plain(1)}, with the path of gradient descent "
            f"from ({start}) with learning rate {gamma:.3g}: {len(path) - 1} steps bring the cost from {costs[0]:.4g} "
            f"to {costs[-1]:.4g}{found}."
        )


def _corners(a: Point, b: Point) -> tuple[float, float, float, float]:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])
