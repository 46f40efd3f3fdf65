"""Level lines of a function on a grid: marching squares (Lorensen & Cline 1987, in the plane), joined to polylines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.render.figures.geometry import Point

Key = tuple[int, int, int]
"""An edge of the grid: its row, its column, and whether it runs along the row (0) or the column (1)."""

#: For each set of corners above the level (1 bottom left, 2 bottom right, 4 top right, 8 top left) the sides, counted
#: from the bottom against the clock, that are joined.  The two saddles are told apart by the value in the middle.
_SIDES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}
_SADDLES: dict[tuple[int, bool], tuple[tuple[int, int], ...]] = {
    (5, True): ((3, 2), (1, 0)),
    (5, False): ((3, 0), (1, 2)),
    (10, True): ((0, 3), (2, 1)),
    (10, False): ((0, 1), (2, 3)),
}


def level_lines(x: NDArray[Any], y: NDArray[Any], z: NDArray[Any], level: float) -> list[list[Point]]:
    """The lines on which z is ``level``, z[i, j] being the value at (x[j], y[i]); a closed one ends where it begins.

    Cells with a corner that is not finite are left out.
    """
    above = z > level
    corners = above[:-1, :-1] * 1 + above[:-1, 1:] * 2 + above[1:, 1:] * 4 + above[1:, :-1] * 8
    finite = np.isfinite(z)
    whole = finite[:-1, :-1] & finite[:-1, 1:] & finite[1:, 1:] & finite[1:, :-1]
    joined: dict[Key, list[Key]] = {}
    for i, j in zip(*np.nonzero((corners > 0) & (corners < 15) & whole), strict=True):
        case = int(corners[i, j])
        middle = float(np.mean(z[i : i + 2, j : j + 2])) > level
        pairs = _SADDLES[case, middle] if case in (5, 10) else _SIDES[case]
        edges: tuple[Key, ...] = ((i, j, 0), (i, j + 1, 1), (i + 1, j, 0), (i, j, 1))
        for a, b in pairs:
            joined.setdefault(edges[a], []).append(edges[b])
            joined.setdefault(edges[b], []).append(edges[a])
    return [[_crossing(x, y, z, level, edge) for edge in line] for line in _followed(joined)]


def _followed(joined: dict[Key, list[Key]]) -> list[list[Key]]:
    """The edges in the order in which the lines run through them: first the lines with ends, then the closed ones."""
    lines = []
    starts = [edge for edge, others in joined.items() if len(others) == 1] + list(joined)
    for start in starts:
        if not joined.get(start):
            continue
        line = [start]
        while joined[line[-1]]:
            following = joined[line[-1]].pop()
            joined[following].remove(line[-1])
            line.append(following)
        lines.append(line)
    return lines


def _crossing(x: NDArray[Any], y: NDArray[Any], z: NDArray[Any], level: float, edge: Key) -> Point:
    """Where the level is on an edge, by linear interpolation."""
    i, j, upright = edge
    low, high = float(z[i, j]), float(z[i + upright, j + 1 - upright])
    part = (level - low) / (high - low)
    if upright:
        return float(x[j]), float(y[i] + part * (y[i + 1] - y[i]))
    return float(x[j] + part * (x[j + 1] - x[j])), float(y[i])
