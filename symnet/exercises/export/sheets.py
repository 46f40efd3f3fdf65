"""What one student gets: the variants with one number, in the order in which they were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symnet.exercises.variant import Choice, Formula, Option, Part, Shape, Variant

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top of every sheet: the exam, its course, the day; each may be empty."""

    title: str = ""
    course: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The exercises of one student; ``number`` is the seed of its variants."""

    number: int
    exercises: tuple[Variant, ...]

    @property
    def marks(self) -> int:
        """All marks of the sheet."""
        return sum(variant.marks for variant in self.exercises)


def sheets(variants: Iterable[Variant]) -> tuple[Sheet, ...]:
    """The variants by their seeds: two exercises of 100 variants each are 100 sheets of two exercises."""
    found: dict[int, list[Variant]] = {}
    for variant in variants:
        found.setdefault(variant.seed, []).append(variant)
    return tuple(Sheet(number, tuple(exercises)) for number, exercises in found.items())


def room(part: Part) -> float:
    """How much room an answer is given on paper, in mm; by what is asked for and how long the way there is."""
    match part.answer:
        case Formula(form=form):
            return 50.0 if form == "scalar" else 40.0
        case Shape():
            return 12.0
        case Choice():
            return 0.0
    lines = sum(len(getattr(block, "rows", ())) for block in part.solution)
    return 20.0 if lines <= 1 else 30.0 if lines <= 3 else 40.0


def marked(marks: int) -> str:
    """``1 mark`` or ``3 marks``."""
    return "1 mark" if marks == 1 else f"{marks} marks"


def letter(answer: Choice, place: int) -> str:
    """What an option is called: a letter, or the number of a line where a line is asked for."""
    return f"({place + 1})" if answer.lines else LETTERS[place]


def lettered(answer: Choice) -> Sequence[tuple[str, Option]]:
    """Every option with what it is called."""
    return [(letter(answer, place), option) for place, option in enumerate(answer.options)]


def name_of(variant: Variant) -> str:
    """The name of an exercise that files and grade books know it by: its template and its number."""
    return f"{variant.template}-{variant.seed}"
