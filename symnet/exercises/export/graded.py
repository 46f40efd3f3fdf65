"""What the test cells of a notebook call: an answer marked, its marks handed on to nbgrader."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symnet.errors import unknown
from symnet.exercises.export.templates import found
from symnet.exercises.make import variant
from symnet.exercises.marking.mark import mark


def graded(template: str, seed: int, label: str, answers: Mapping[str, object]) -> float:
    """The marks of an answer, among ``answers`` by their parts' labels; those of earlier parts are followed through.

    ``template`` is one that ships, or else ``template.toml`` in the folder of the notebook.

    Raises AssertionError, which nbgrader takes for no marks, with what a student is told; SymnetError for a template or
    a part that there is not.
    """
    exercise = variant(found(template), seed)
    parts = {part.label: part for part in exercise.parts}
    if label not in parts:
        raise unknown("part", label, parts)
    part = parts[label]
    earlier: dict[str, sp.Expr] = {}
    for other in exercise.parts[: exercise.parts.index(part)]:
        if other.name in part.uses:
            value = mark(exercise, other, _text(answers.get(other.label)), earlier=earlier).value
            if value is not None:
                earlier[other.name] = value
    marked = mark(exercise, part, _text(answers.get(label)), earlier=earlier)
    if marked.open:
        raise AssertionError(f"For a human to mark: {marked.message}")
    if marked.marks <= 0:
        raise AssertionError(marked.message)
    return marked.marks


def _text(answer: object) -> str:
    """An answer as it was written: a text, or a number as it is."""
    return answer if isinstance(answer, str) else "" if answer is None else str(answer)
