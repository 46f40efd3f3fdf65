"""Marking in a process of its own (:mod:`symnet.exercises.process`), one answer at a time."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.make import variant
from symnet.exercises.marking.mark import mark
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.said import Said, said, said_in_full
from symnet.exercises.marking.scheme import Scheme
from symnet.exercises.process import Process, TooMuch
from symnet.exercises.template import Template, parsed
from symnet.exercises.variant import Variant

ANSWER_SECONDS = 15.0
"""One answer; the checker itself stops after 2 s of it."""

START_SECONDS = 120.0
"""Starting the process and making a variant."""


@dataclass(frozen=True, slots=True)
class Question:
    """A part of a variant: the template's name and text, the seed, the part's label.

    With ``solutions`` the whole way is wanted too, which takes some time to write.
    """

    name: str
    template: str
    seed: int
    label: str
    solutions: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """An answer to be marked; ``earlier`` are the student's own results, by the parts' names."""

    question: Question
    text: str
    earlier: Mapping[str, sp.Expr]
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Asked:
    """One part of a question paper: its name, what it uses, its marks, and what is said."""

    label: str
    name: str
    uses: tuple[str, ...]
    marks: int
    asked: Said
    short: Said
    solution: Said


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a paper is marked against, as plain values: the title and the parts."""

    title: str
    parts: tuple[Asked, ...]


def made(question: Question) -> Variant:
    """The variant that a question is of, kept.  Raises SymnetError where there is none."""
    return _made(question.name, question.template, question.seed)


@lru_cache(maxsize=64)
def _made(name: str, text: str, seed: int) -> Variant:
    return variant(_template(name, text), seed)


@lru_cache(maxsize=64)
def _template(name: str, text: str) -> Template:
    return parsed(text, name)


def sheet(question: Question) -> Sheet:
    """What the variant of a question asks.  Raises SymnetError where there is none."""
    exercise = made(question)
    return Sheet(
        exercise.title,
        tuple(
            Asked(
                part.label,
                part.name,
                part.uses,
                part.marks,
                said(part.asked),
                said(part.short),
                said_in_full(part.solution if question.solutions else ()),
            )
            for part in exercise.parts
        ),
    )


def answered(ask: Ask) -> Marked:
    """The answer marked, in this process."""
    exercise = made(ask.question)
    part = next(p for p in exercise.parts if p.label == ask.question.label)
    try:
        return mark(exercise, part, ask.text, earlier=ask.earlier, scheme=ask.scheme)
    except MemoryError:
        raise
    except Exception as error:  # a fault of ours costs no student anything
        fault = f"Not decided: a fault of symnet, please report it ({type(error).__name__})."
        return Marked("undecided", 0.0, part.marks, fault)


class Worker:
    """A process that marks; to be used by one thread at a time.  It is started when it is first asked."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def sheet(self, question: Question) -> Sheet:
        """What is asked.  Raises SymnetError where there is no such variant, TooMuch if making it takes too long."""
        found: Sheet = self._asked(question, START_SECONDS)
        return found

    def mark(self, ask: Ask, seconds: float = ANSWER_SECONDS) -> Marked:
        """The answer marked.  Raises TooMuch if it took too long or too much memory; then a new process is started."""
        if self._process is None:
            self.sheet(ask.question)
        found: Marked = self._asked(ask, seconds)
        return found

    def _asked(self, message: Ask | Question, seconds: float) -> Any:
        self._process = self._process or Process(done)
        try:
            reply = pickle.loads(self._process.ask(pickle.dumps(message), seconds))
        except TooMuch:
            self.close()
            raise
        if isinstance(reply, SymnetError):
            raise reply
        return reply

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
        self._process = None


def done(message: bytes) -> bytes:
    """What is asked, in the process; an error as the reply.  Without memory the process ends."""
    asked = pickle.loads(message)
    try:
        reply: Any = answered(asked) if isinstance(asked, Ask) else sheet(asked)
    except SymnetError as error:
        reply = error
    except MemoryError:
        raise
    except Exception as error:
        reply = SymnetError(f"a fault of symnet, please report it ({type(error).__name__}: {error})")
    return pickle.dumps(reply)
