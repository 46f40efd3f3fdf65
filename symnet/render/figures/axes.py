"""Axes of plots: scales with round ticks, a frame, and lines cut off at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, hypot, isfinite, log10

from symnet.render.display import Number, Terms
from symnet.render.figures.figure import Label, Mark, Path
from symnet.render.figures.geometry import Box, Point
from symnet.render.figures.measure import Content, size_of

SYMBOL, CAPTION = 17.0, 15.5
"""Font sizes of plots in points, of symbols and of everything else: larger, for plots are drawn high."""

TICK = 4.0
_APART = 8.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What an axis runs from and to; ``logarithmic`` in powers of ten."""

    low: float
    high: float
    logarithmic: bool = False

    def part(self, value: float) -> float:
        """How far along the axis a value lies, 0 at its beginning and 1 at its end."""
        if self.logarithmic:
            return (log10(max(value, 1e-300)) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (value - self.low) / (self.high - self.low)

    def ticks(self, about: int = 5) -> list[tuple[float, Content]]:
        """Round values, about as many as asked, with their labels."""
        if self.logarithmic:
            first, last = ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9)
            stride = max(1, ceil((last - first + 1) / (about + 1)))
            return [(10.0**k, _power(k)) for k in range(first, last + 1, stride)]
        step = _round_step((self.high - self.low) / about)
        digits = max(0, -floor(log10(step)))
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [(k * step, _decimal(k * step, digits)) for k in range(first, last + 1)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least ``least``."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _decimal(value: float, digits: int) -> Content:
    shown = f"{abs(value):.{digits}f}"
    if value < 0 and float(shown):
        return Terms((("-", Number(shown)),))
    return Number(shown)


def _power(exponent: int) -> Content:
    return Number("1") if exponent == 0 else Number("10") if exponent == 1 else Number(f"1e{exponent}")


@dataclass(frozen=True, slots=True)
class Axes:
    """A frame in the picture and what its sides stand for."""

    frame: Box
    x: Scale
    y: Scale

    def point(self, x: float, y: float) -> Point:
        """Where a value lies in the picture."""
        f = self.frame
        return f.left + self.x.part(x) * (f.right - f.left), f.bottom - self.y.part(y) * (f.bottom - f.top)

    def line(self, values: Iterable[Point]) -> list[tuple[Point, ...]]:
        """A polyline of values as polylines in the picture, without what lies outside of the frame."""
        points = [self.point(x, y) for x, y in values if isfinite(x) and isfinite(y)]
        return [simplified(piece) for piece in clipped(points, self.frame)]

    def drawn(self, x_label: Content, y_label: Content | None, x_ticks: int = 5, y_ticks: int = 4) -> list[Mark]:
        """The frame with ticks; the name of x at its end, that of y, if it has one, above its axis."""
        f = self.frame
        corners = ((f.left, f.top), (f.right, f.top), (f.right, f.bottom), (f.left, f.bottom))
        marks: list[Mark] = [Path(corners, "muted", width=1.0, closed=True)]
        end = f.right - size_of(x_label, SYMBOL)[0] / 2
        lowest = f.bottom + TICK + 4.0
        taken = end - size_of(x_label, SYMBOL)[0] / 2 - _APART
        for value, label in self.x.ticks(x_ticks):
            at = self.point(value, self.y.low)[0]
            width, height = size_of(label, CAPTION)
            marks.append(Path(((at, f.bottom), (at, f.bottom + TICK)), "muted", width=1.0))
            if at + width / 2 < taken:
                marks.append(Label(label, (at, lowest + height / 2), size=CAPTION))
        marks.append(Label(x_label, (end, lowest + size_of(x_label, SYMBOL)[1] / 2), size=SYMBOL))
        for value, label in self.y.ticks(y_ticks):
            at = self.point(self.x.low, value)[1]
            marks.append(Path(((f.left - TICK, at), (f.left, at)), "muted", width=1.0))
            marks.append(Label(label, (f.left - TICK - 4.0, at), "end", size=CAPTION))
        if y_label is not None:
            marks.append(Label(y_label, (f.left, f.top - 8.0 - size_of(y_label, SYMBOL)[1] / 2), size=SYMBOL))
        return marks

    def zero_lines(self) -> list[Mark]:
        """Faint lines where a coordinate is 0, if that is inside."""
        f = self.frame
        marks: list[Mark] = []
        if self.x.low < 0 < self.x.high:
            at = self.point(0.0, self.y.low)[0]
            marks.append(Path(((at, f.top), (at, f.bottom)), "faint", width=1.0))
        if self.y.low < 0 < self.y.high:
            at = self.point(self.x.low, 0.0)[1]
            marks.append(Path(((f.left, at), (f.right, at)), "faint", width=1.0))
        return marks


def room_left(scale: Scale, about: int = 4) -> float:
    """How much the labels of a vertical axis take to the left of its frame."""
    return TICK + 8.0 + max((size_of(label, CAPTION)[0] for _, label in scale.ticks(about)), default=0.0)


def padded(values: Sequence[float], by: float = 0.08) -> Scale:
    """A scale that all values lie on, with some room at both ends."""
    low, high = min(values), max(values)
    room = by * (high - low) or max(0.5 * abs(high), 1.0)
    return Scale(low - room, high + room)


def clipped(points: Sequence[Point], box: Box) -> list[tuple[Point, ...]]:
    """A polyline as the polylines of it that lie in the box."""
    pieces: list[list[Point]] = []
    for start, end in pairwise(points):
        part = _inside(start, end, box)
        if part is None:
            continue
        if pieces and pieces[-1][-1] == part[0]:
            pieces[-1].append(part[1])
        else:
            pieces.append(list(part))
    return [tuple(piece) for piece in pieces]


def simplified(points: Sequence[Point], tolerance: float = 0.12) -> tuple[Point, ...]:
    """The polyline without points that lie on it but for ``tolerance`` (Ramer 1972; Douglas & Peucker 1973)."""
    kept = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        distances = [(_distance(points[k], points[first], points[last]), k) for k in range(first + 1, last)]
        far, at = max(distances, default=(0.0, first))
        if far > tolerance:
            kept.add(at)
            spans += [(first, at), (at, last)]
    return tuple(points[k] for k in sorted(kept))


def _distance(point: Point, start: Point, end: Point) -> float:
    """How far a point is from the line between two others, or from them where they are one."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    x, y = point[0] - start[0], point[1] - start[1]
    length = hypot(dx, dy)
    return abs(dx * y - dy * x) / length if length else hypot(x, y)


def _inside(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    """The part of a line that lies in the box (Liang & Barsky 1984), or None."""
    low, high = 0.0, 1.0
    for at, to, least, most in ((start[0], end[0], box.left, box.right), (start[1], end[1], box.top, box.bottom)):
        way = to - at
        if way == 0:
            if not least <= at <= most:
                return None
            continue
        first, last = sorted(((least - at) / way, (most - at) / way))
        low, high = max(low, first), min(high, last)
    if low >= high:
        return None

    def at_part(part: float) -> Point:
        if part in (0.0, 1.0):
            return start if part == 0.0 else end
        return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])

    return at_part(low), at_part(high)
