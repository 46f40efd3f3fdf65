"""A class marked: every paper against its variant, in processes beside each other, each answer within limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.marking.said import NOTHING, Said
from symnet.exercises.marking.scheme import Scheme
from symnet.exercises.marking.submissions import Paper
from symnet.exercises.marking.verdicts import Kept, Outcome, key, plain
from symnet.exercises.marking.workers import Ask, Asked, Question, Sheet, Worker
from symnet.exercises.process import TooMuch
from symnet.exercises.template import Template

SLOW = 0.5
"""An answer that took more seconds than this and was left open is looked at once more."""


@dataclass(frozen=True, slots=True)
class Item:
    """One part of a paper, marked.

    ``given`` are the marks that a teacher gave instead, with a ``comment``.
    """

    label: str
    asked: Said
    answer: str
    outcome: Outcome
    short: Said = NOTHING
    solution: Said = NOTHING
    given: float | None = None
    comment: str = ""

    @property
    def marks(self) -> float:
        """The marks that count."""
        return self.outcome.marks if self.given is None else self.given

    @property
    def open(self) -> bool:
        """Whether a human still has to look at it."""
        return self.given is None and self.outcome.open


@dataclass(frozen=True, slots=True)
class Graded:
    """A paper marked: its parts, and what a human should know about it."""

    student: str
    exercise: str
    title: str
    seed: int
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()

    @property
    def marks(self) -> float:
        """All its marks."""
        return round(sum(item.marks for item in self.items), 6)

    @property
    def out_of(self) -> int:
        """All marks that can be had."""
        return sum(item.outcome.out_of for item in self.items)

    @property
    def waiting(self) -> int:
        """The marks of answers that a human still has to look at: neither had nor lost."""
        return sum(item.outcome.out_of for item in self.items if item.open)


def grade(
    papers: Sequence[Paper],
    templates: Sequence[Template],
    schemes: Mapping[str, Scheme],
    *,
    processes: int = 2,
    solutions: bool = False,
    kept: Kept | None = None,
    after_each: Callable[[], None] = lambda: None,
) -> list[Graded]:
    """The papers marked, in their order; ``schemes`` are by the names of the templates.

    With ``solutions`` every part comes with its solution.  What is ``kept`` is taken as it is, and what is found is put
    there.  ``after_each`` is called when a paper is done.

    Raises SymnetError where a paper belongs to no variant.
    """
    known = Kept() if kept is None else kept
    texts = {template.name: template.text for template in templates}
    todo: SimpleQueue[int] = SimpleQueue()
    for place in range(len(papers)):
        todo.put(place)
    done: dict[int, Graded] = {}
    failures: list[SymnetError] = []

    def work() -> None:
        worker = Worker()
        try:
            while not failures:
                place = todo.get_nowait()
                paper = papers[place]
                question = Question(paper.exercise, texts[paper.exercise], paper.seed, "", solutions)
                done[place] = _graded(paper, question, schemes[paper.exercise], worker, known)
                after_each()
        except Empty:
            pass
        except SymnetError as error:
            failures.append(error)
        finally:
            worker.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(max(1, min(processes, len(papers))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [done[place] for place in range(len(papers))]


def _graded(paper: Paper, question: Question, scheme: Scheme, worker: Worker, kept: Kept) -> Graded:
    exercise = _sheet(paper, question, worker, kept)
    earlier: dict[str, sp.Expr] = {}
    items = []
    for part in exercise.parts:
        answer = paper.answers.get(part.label.casefold(), "")
        own = {name: value for name, value in earlier.items() if name in part.uses}
        ask = Ask(replace(question, label=part.label), answer, own, scheme)
        name = key(ask)
        if name not in kept.outcomes:
            kept.outcomes[name] = _outcome(ask, part, worker)
        found = kept.outcomes[name]
        if part.name and found.number is not None:
            earlier[part.name] = found.number
        items.append(Item(part.label, part.asked, answer, found, part.short, part.solution))
    labels = {part.label.casefold() for part in exercise.parts}
    beside = [f"there is an answer to {a}, which is not asked" for a in paper.answers if a not in labels]
    return Graded(paper.student, paper.exercise, exercise.title, paper.seed, tuple(items), (*paper.remarks, *beside))


def _sheet(paper: Paper, question: Question, worker: Worker, kept: Kept) -> Sheet:
    name = key(question)
    if name not in kept.sheets:
        try:
            kept.sheets[name] = worker.sheet(question)
        except TooMuch as reason:
            raise SymnetError(
                f"variant {paper.seed} of {paper.exercise}, which {paper.student!r} had, could not be made: {reason}"
            ) from None
    return kept.sheets[name]


def _outcome(ask: Ask, part: Asked, worker: Worker) -> Outcome:
    if not ask.text.strip():
        return Outcome("empty", 0.0, part.marks, "No answer was given.")
    start = time.monotonic()
    try:
        found = worker.mark(ask)
        if found.open and time.monotonic() - start > SLOW:  # perhaps only because the computer was busy
            found = worker.mark(ask)
        return plain(found)
    except TooMuch as reason:
        return Outcome("undecided", 0.0, part.marks, f"Not decided: {reason}.")
