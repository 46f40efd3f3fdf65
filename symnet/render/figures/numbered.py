"""Lines with numbers: written on them where there are few, else told by how wide they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from symnet.derive.given import Key
from symnet.render.figures.edges import Line, settled
from symnet.render.figures.figure import Label, Mark, Path
from symnet.render.figures.geometry import Box, Point
from symnet.render.figures.layers import CAPTION
from symnet.render.figures.measure import size_of, sizes
from symnet.render.figures.quantities import rounded

_APART = 4.0


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line, the parameter that it stands for (None: it stands for none), and the numbers to be written on it.

    ``number`` is the weight or the local derivative, ``derivative`` that of the cost by the parameter.
    """

    ends: Line
    of: Key | None = None
    number: float | None = None
    derivative: float | None = None
    dashed: bool = False

    def drawn(self, role: str, stage: int, width: float = 1.4, arrow: bool = True) -> Path:
        """The line as a mark."""
        return Path(self.ends, role, width=width, dash="dashed" if self.dashed else "solid", arrow=arrow, stage=stage)


def written(
    lines: Sequence[NumberedLine], taken: Sequence[Box], role: str, stage: int, given: int
) -> list[Mark] | None:
    """The lines with their numbers on them, each below the other; None where there is no room for them.

    The lines take the colour ``role`` at ``stage``, at which also the local derivatives and, if there is room for
    them, those by the parameters appear; the parameters themselves are there from the stage ``given``.
    """
    for full in (True, False):
        stacks = [_stack(line, full, stage, given) for line in lines]
        spoken = [k for k, stack in enumerate(stacks) if stack]
        spots = settled([lines[k].ends for k in spoken], [_extent(stacks[k]) for k in spoken], taken)
        if len(spots) < len(spoken):
            continue
        marks: list[Mark] = [line.drawn("muted", 0) for line in lines]
        marks += [line.drawn(role, stage) for line in lines]
        for k, at in zip(spoken, spots, strict=True):
            marks += _stacked(stacks[k], at)
        return marks
    return None


def weighted(
    lines: Sequence[NumberedLine], number: Callable[[NumberedLine], float | None], roles: tuple[str, str], stage: int
) -> list[Mark]:
    """Lines without numbers: how wide they are tells how large ``number`` is, dashes that it is negative.

    ``roles`` are the colours of positive and of negative numbers.
    """
    marks: list[Mark] = [line.drawn("faint", 0, width=0.8, arrow=False) for line in lines]
    found = [number(line) or 0.0 for line in lines]
    largest = max(map(abs, found)) or 1.0
    for line, value in zip(lines, found, strict=True):
        if value:
            width = 0.7 + 2.6 * abs(value) / largest
            role, dash = (roles[1], "dashed") if value < 0 else (roles[0], "solid")
            marks.append(Path(line.ends, role, width=width, dash=dash, stage=stage))  # type: ignore[arg-type]
    return marks


def _stack(line: NumberedLine, full: bool, stage: int, given: int) -> list[Label]:
    """What stands on a line, from above to below."""
    if line.number is None:
        return []
    label = Label(rounded(line.number), (0.0, 0.0), size=CAPTION, halo=True, stage=stage if line.of is None else given)
    if line.derivative is None or not full:
        return [label]
    return [label, replace(label, content=rounded(line.derivative), colour="backward", stage=stage)]


def _extent(stack: Sequence[Label]) -> tuple[float, float]:
    measured = sizes([label.content for label in stack], CAPTION)
    return max(w for w, _ in measured), sum(h for _, h in measured) + _APART * (len(stack) - 1)


def _stacked(stack: Sequence[Label], at: Point) -> list[Label]:
    y = at[1] - _extent(stack)[1] / 2
    out = []
    for label in stack:
        height = size_of(label.content, label.size)[1]
        out.append(replace(label, at=(at[0], y + height / 2)))
        y += height + _APART
    return out
