"""Marking in a process of its own, which is ended if an answer takes it too long or too much memory.

The process only reads and decides; like everything here it executes nothing that was handed in.  The grader and the
practice page ask it one answer at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.make import variant
from symnet.exercises.marking.mark import mark
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.said import Said, said, said_in_full
from symnet.exercises.marking.scheme import Scheme
from symnet.exercises.template import Template, parsed
from symnet.exercises.variant import Variant

ANSWER_SECONDS = 15.0
"""One answer; the checker itself stops after 2 s of it."""

START_SECONDS = 120.0
"""Starting the process and making a variant."""

MEMORY = 4 * 2**30
"""Bytes of address space."""


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


class TooMuch(Exception):
    """The process had to be ended; the message says why, as a clause."""


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
        self._process: Any = None
        self._connection: Connection | None = None

    def sheet(self, question: Question) -> Sheet:
        """What is asked.  Raises SymnetError where there is no such variant, TooMuch if making it takes too long."""
        found: Sheet = self._asked(question, START_SECONDS)
        return found

    def mark(self, ask: Ask, seconds: float = ANSWER_SECONDS) -> Marked:
        """The answer marked.  Raises TooMuch if it took too long or too much memory; then a new process is started."""
        if self._connection is None:
            self.sheet(ask.question)
        found: Marked = self._asked(ask, seconds)
        return found

    def _asked(self, message: Any, seconds: float) -> Any:
        connection = self._connection or self._started()
        try:
            connection.send(message)
            if not connection.poll(seconds):
                self.close()
                raise TooMuch(f"it took longer than {seconds:g} s")
            reply = connection.recv()
        except (EOFError, OSError):
            self.close()
            raise TooMuch("it took too much memory") from None
        if isinstance(reply, SymnetError):
            raise reply
        if isinstance(reply, MemoryError):
            self.close()
            raise TooMuch("it took too much memory")
        return reply

    def _started(self) -> Connection:
        methods = multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            context.set_forkserver_preload([__name__])
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._connection = ours
        return self._connection

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def _serve(connection: Connection) -> None:
    """Answer until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the one that asks
    _limit()
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            return
        try:
            reply: Any = answered(message) if isinstance(message, Ask) else sheet(message)
        except (SymnetError, MemoryError) as error:
            reply = error
        except Exception as error:
            reply = SymnetError(f"a fault of symnet, please report it ({type(error).__name__}: {error})")
        connection.send(reply)


def _limit() -> None:
    if os.name == "posix":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY if most < 0 else min(MEMORY, most), most))
