"""What a teacher sees: how each question went, which slips were made, what could not be decided; and the CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from symnet.exercises.marking.scheme import KINDS
from symnet.exercises.practice.shelf import Shelf
from symnet.exercises.practice.store import SOLUTION, Attempt, Store

OPEN = 50
"""Undecided answers that are listed, the newest first."""

CHUNK = 500
"""Attempts of a CSV file that are read at once."""

FEW = 5
"""With fewer students a question is not called hard."""


@dataclass(frozen=True, slots=True)
class Question:
    """How a question went: how many students tried it, were right at first, were right in the end before they saw the
    solution, saw the solution; all attempts, and those that wait for a human."""

    exercise: str
    title: str
    part: str
    name: str
    students: int
    attempts: int
    first: int
    solved: int
    shown: int
    open: int
    kinds: Sequence[tuple[str, int]] = ()

    @property
    def share_first(self) -> float:
        """The share of students who were right at first."""
        return self.first / self.students

    @property
    def is_hard(self) -> bool:
        """Fewer than half of a number of students worth speaking of were right at first."""
        return self.students >= FEW and self.share_first < 0.5


@dataclass(frozen=True, slots=True)
class Open:
    """An answer that was not decided or not understood."""

    exercise: str
    part: str
    student: int
    answer: str
    status: str
    at: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything at a glance; the hardest questions first."""

    students: int
    attempts: int
    right: int
    questions: tuple[Question, ...]
    kinds: tuple[tuple[str, str, int], ...]
    open: tuple[Open, ...]


_QUESTIONS = """
WITH ranked AS (
  SELECT *, row_number() OVER (PARTITION BY student, edition, seed, part ORDER BY id) AS nth FROM attempts
)
SELECT edition, part, max(name), count(DISTINCT student), count(*),
  count(DISTINCT CASE WHEN nth = 1 AND status = 'right' AND help < :solution THEN student END),
  count(DISTINCT CASE WHEN status = 'right' AND help < :solution THEN student END),
  sum(status IN ('undecided', 'not understood'))
FROM ranked GROUP BY edition, part
"""
_SHOWN = "SELECT edition, part, count(DISTINCT student) FROM helped WHERE level >= :solution GROUP BY edition, part"
_KINDS = """
SELECT edition, part, kind, count(*) FROM attempts WHERE status = 'wrong' AND kind IS NOT NULL
GROUP BY edition, part, kind ORDER BY count(*) DESC, kind
"""
_OPEN = """
SELECT exercise, part, student, answer, status, at FROM attempts WHERE status IN ('undecided', 'not understood')
ORDER BY id DESC LIMIT :most
"""
_TOTALS = "SELECT count(DISTINCT student), count(*), coalesce(sum(status = 'right'), 0) FROM attempts"


def figures(store: Store, shelf: Shelf) -> Figures:
    """The figures of the exercises on offer, in their present editions."""
    editions = {exercise.edition: exercise for exercise in shelf.values()}
    ((students, attempts, right),) = store.asked(_TOTALS, {})
    shown = {(e, p): count for e, p, count in store.asked(_SHOWN, {"solution": SOLUTION})}
    kinds: dict[tuple[str, str], list[tuple[str, int]]] = {}
    totals: dict[str, int] = {}
    for edition, part, kind, count in store.asked(_KINDS, {}):
        kinds.setdefault((edition, part), []).append((in_words(kind), count))
        totals[kind] = totals.get(kind, 0) + count
    questions = [
        Question(
            editions[edition].name, editions[edition].title, part, name, tried, many, first, solved,
            shown.get((edition, part), 0), waiting, tuple(kinds.get((edition, part), ())[:3]),
        )
        for edition, part, name, tried, many, first, solved, waiting in store.asked(_QUESTIONS, {"solution": SOLUTION})
        if edition in editions
    ]  # fmt: skip
    questions.sort(key=lambda q: (q.share_first, -q.students))
    waiting = [
        Open(exercise, part, student, answer, status, _time(at))
        for exercise, part, student, answer, status, at in store.asked(_OPEN, {"most": OPEN})
    ]
    ranked = sorted(totals.items(), key=lambda item: -item[1])
    return Figures(
        students, attempts, right, tuple(questions), tuple((k, in_words(k), n) for k, n in ranked), tuple(waiting)
    )


def in_words(kind: str) -> str:
    """A kind of slip in words."""
    return KINDS.get(kind, kind.replace("_", " "))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


# -- CSV

COLUMNS = (
    "attempt", "time_utc", "student", "exercise", "edition", "seed", "part", "quantity", "answer", "status", "kind",
    "detail", "marks", "out_of", "followed", "help",
)  # fmt: skip

_NUMBER = re.compile(r"[+-]?\d+([.,/]\d+)?")


def csv_lines(attempts: Sequence[tuple[int, Attempt]], header: bool) -> str:
    """Attempts as lines of CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(COLUMNS)
    for number, a in attempts:
        row = (
            number, _time(a.at), a.student, a.exercise, a.edition, a.seed, a.part, a.name, a.answer, a.status,
            a.kind or "", a.detail or "", f"{a.marks:g}", a.out_of, int(a.followed), a.help,
        )  # fmt: skip
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and _NUMBER.fullmatch(cell) is None:
        return f"'{cell}"
    return cell
