"""Units: what of a slide is not divided between pages, from its top edge at 0 downwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symnet.render.deck.pages.matter import Bar, Image, Mark, Placed

Marks = tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks that stand together, and when they are shown.

    A unit appears with ``step`` of its slide as its first frame, and changes to the next one with every step after.
    ``gap`` is the distance to what stands above it; ``continued`` is how it looks at the top of a further page;
    ``leads`` keeps it with the unit that follows; ``cramped`` says that something in it was broken or made smaller.
    """

    height: float
    frames: tuple[Marks, ...]
    step: int
    gap: float = 0.0
    continued: Unit | None = None
    leads: bool = False
    is_row: bool = False
    cramped: bool = False

    @property
    def last_step(self) -> int:
        """The step with which it is complete."""
        return self.step + len(self.frames) - 1

    def at(self, step: int) -> Marks:
        """What is shown of it at a step."""
        return () if step < self.step else self.frames[min(step, self.last_step) - self.step]


def moved(marks: Iterable[Mark], x: float, y: float) -> Marks:
    """The marks further to the right by ``x`` and further down by ``y``."""
    return tuple(replace(mark, x=mark.x + x, y=mark.y + y) for mark in marks)


def shrunk(unit: Unit, factor: float) -> Unit:
    """The unit ``factor`` times as large, for what fits no other way."""

    def smaller(mark: Mark) -> Mark:
        mark = replace(mark, x=mark.x * factor, y=mark.y * factor)
        match mark:
            case Placed():
                return replace(mark, factor=mark.factor * factor)
            case Bar() | Image():
                return replace(mark, width=mark.width * factor, height=mark.height * factor)

    frames = tuple(tuple(map(smaller, marks)) for marks in unit.frames)
    return replace(unit, height=unit.height * factor, frames=frames, continued=None, cramped=True)


def stacked(units: Sequence[Unit]) -> Unit:
    """Units of one frame and one step below one another as one unit."""
    marks: list[Mark] = []
    height = 0.0
    for position, unit in enumerate(units):
        height += unit.gap if position else 0.0
        marks += moved(unit.frames[0], 0.0, height)
        height += unit.height
    return replace(units[0], height=height, frames=(tuple(marks),), cramped=any(unit.cramped for unit in units))
