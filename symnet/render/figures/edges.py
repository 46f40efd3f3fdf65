"""Labels on edges: where each of them stands so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence

from symnet.render.figures.geometry import Box, Point, along, around
from symnet.render.figures.measure import Size

Line = tuple[Point, Point]

FEW = 8
"""With more edges than this between two layers they carry no labels."""

_PARTS = [0.5 + sign * k * 0.03 for k in range(13) for sign in ((1, -1) if k else (1,))]
_TRIES = 20_000
_CLEAR = 4.0


def settled(lines: Sequence[Line], labels: Sequence[Size], taken: Sequence[Box], margin: float = 2.0) -> list[Point]:
    """The centre of a label of each size on its line, where it meets no other label and none of ``taken``.

    Places through which fewer other lines run are preferred, then those near the middle.  An empty list where there
    are no such places.
    """
    choices: list[list[tuple[float, Point, Box]]] = []
    for k, ((start, end), (width, height)) in enumerate(zip(lines, labels, strict=True)):
        found = []
        for part in _PARTS:
            at = along(start, end, part)
            box = around(at, width + 2 * margin, height + 2 * margin)
            if any(box.meets(other) for other in taken):
                continue
            others = [line for j, line in enumerate(lines) if j != k]
            crossing = sum(box.crossed_by(*line) + box.grown(_CLEAR).crossed_by(*line) for line in others)
            found.append((crossing + abs(part - 0.5), at, box))
        choices.append(sorted(found, key=lambda choice: choice[0]))
    order = sorted(range(len(lines)), key=lambda k: len(choices[k]))
    chosen = _search(order, choices)
    if chosen is None:
        return []
    return [chosen[k][1] for k in range(len(lines))]


def _search(
    order: Sequence[int], choices: Sequence[Sequence[tuple[float, Point, Box]]]
) -> dict[int, tuple[float, Point, Box]] | None:
    """A choice for each that meets none of the others, by backtracking, then bettered one by one."""
    tries = 0
    chosen: dict[int, tuple[float, Point, Box]] = {}

    def free(k: int, box: Box) -> bool:
        return not any(box.meets(other[2]) for j, other in chosen.items() if j != k)

    def place(depth: int) -> bool:
        nonlocal tries
        if depth == len(order):
            return True
        k = order[depth]
        for choice in choices[k]:
            tries += 1
            if tries > _TRIES:
                return False
            if free(k, choice[2]):
                chosen[k] = choice
                if place(depth + 1):
                    return True
                del chosen[k]
        return False

    if not place(0):
        return None
    for _ in range(4):
        for k in order:
            chosen[k] = next(choice for choice in choices[k] if free(k, choice[2]))
    return chosen
