"""Points, boxes and arrow heads: the plane geometry that layouts and writers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from symnet.render.figures.figure import Dash

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its sides along the axes."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Box:
        """The box with ``by`` added on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def meets(self, other: Box) -> bool:
        """Whether the two boxes overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        """Whether the box lies in ``other``."""
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def crossed_by(self, start: Point, end: Point) -> bool:
        """Whether the line from ``start`` to ``end`` runs through the box (Liang & Barsky 1984)."""
        low, high = 0.0, 1.0
        for at, to, least, most in (
            (start[0], end[0], self.left, self.right),
            (start[1], end[1], self.top, self.bottom),
        ):
            way = to - at
            if way == 0:
                if not least < at < most:
                    return False
                continue
            first, last = sorted(((least - at) / way, (most - at) / way))
            low, high = max(low, first), min(high, last)
        return low < high


def around(centre: Point, width: float, height: float) -> Box:
    """The box of that size about ``centre``."""
    x, y = centre
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def along(start: Point, end: Point, part: float) -> Point:
    """The point that lies ``part`` of the way from ``start`` to ``end``."""
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def shortened(start: Point, end: Point, first: float, last: float) -> tuple[Point, Point]:
    """The line from ``start`` to ``end`` without its first and last few points."""
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return along(start, end, first / length), along(start, end, 1 - last / length)


def arrow_head(points: Sequence[Point], width: float) -> tuple[Point, Point, Point]:
    """The triangle at the end of a line: its tip, then the two corners of its base."""
    length = 5.0 + 2.5 * width
    tip, before = points[-1], points[-2]
    base = shortened(before, tip, 0.0, length)[1]
    x, y = (tip[0] - base[0]) * 0.42, (tip[1] - base[1]) * 0.42
    return tip, (base[0] - y, base[1] + x), (base[0] + y, base[1] - x)


def shaft(points: Sequence[Point], width: float) -> tuple[Point, ...]:
    """The line without what its arrow head covers."""
    _, left, right = arrow_head(points, width)
    return (*points[:-1], along(along(left, right, 0.5), points[-1], 0.2))


def dashes(dash: Dash, width: float) -> tuple[float, float] | None:
    """How long the strokes and the gaps of a line are; None for a solid one."""
    if dash == "solid":
        return None
    return (2.5 + 2.0 * width, 2.0 + 1.5 * width) if dash == "dashed" else (max(width, 1.0), 1.5 + 1.5 * width)
