"""The exercises on offer: the templates of a folder, or some or all of those that ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from symnet.errors import SymnetError
from symnet.exercises.template import Template, read, shipped

SLIDES = (
    "What Is Machine Learning?",
    "What Is Learning?",
    "What Is An Artificial Neural Network?",
    "What Is A Neural Network?",
    "Activation Function",
    "Forward Propagation",
    "How Does A Neural Network Learn?",
    "Cost Function",
    "Gradient Descent",
    "Learning Rate",
    "Backward Propagation",
    "Chain Rule",
)
"""The lecture's slides in order: what ships is offered in that of the lecture, a folder in that of its files."""

MOST = 500
"""Exercises on one page."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A template on offer.  ``edition`` is another one whenever its text is: earlier answers then were to another
    question."""

    name: str
    title: str
    slide: str
    text: str
    edition: str


Shelf = Mapping[str, Exercise]
"""Exercises by name, in the order in which they are offered.  A name from outside is looked up, never opened."""


def shelf(folder: Path | None) -> Shelf:
    """The exercises of a folder (every ``.toml`` in it, by name), or without one those that ship.

    Raises SymnetError for a folder without any, and for a template that cannot be read.
    """
    found = {exercise.name: exercise for exercise in map(_exercise, _templates(folder))}
    if not found:
        raise SymnetError(f"{folder} holds no exercises; put .toml files in it, or leave it out for those that ship")
    if len(found) > MOST:
        raise SymnetError(f"{folder} holds {len(found)} exercises, at most {MOST} are served; divide the folder")
    return found


def _templates(folder: Path | None) -> Iterator[Template]:
    if folder is None:
        order = {slide: place for place, slide in enumerate(SLIDES)}
        yield from sorted(map(read, shipped()), key=lambda template: order.get(template.slide, len(order)))
    elif folder.is_file():
        yield read(folder)
    elif folder.is_dir():
        yield from (read(path) for path in sorted(folder.glob("*.toml")))
    else:
        raise SymnetError(f"{folder} is no folder; give one that holds exercises (.toml)")


def _exercise(template: Template) -> Exercise:
    edition = sha256(template.text.encode()).hexdigest()[:16]
    return Exercise(template.name, template.title, template.slide, template.text, edition)
