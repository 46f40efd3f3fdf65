"""Marks that a teacher gives by hand: a table that marking adds to and never takes a decision from.

Answers that wait for a human stand in it with empty marks; who fills them in, or adds a row for any other answer, is
followed from then on.  A row speaks of one answer: if another one is handed in later, it is looked at anew.  With * for
the student it speaks of everybody who gave that answer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from symnet.errors import SymnetError
from symnet.exercises.marking.grade import Graded, Item
from symnet.exercises.marking.submissions import table

HEADER = ("student", "exercise", "part", "answer", "marks", "comment")
EVERYBODY = "*"
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Override:
    """A row: ``marks`` is None where none are given yet.  An empty ``answer`` stands for any."""

    student: str
    exercise: str
    part: str
    answer: str
    marks: float | None
    comment: str
    line: int = 0

    @property
    def decided(self) -> bool:
        """Whether a teacher has written anything."""
        return self.marks is not None or bool(self.comment)


def cell(text: str) -> str:
    """A student's text for a table: in one line, and never a formula that a spreadsheet would obey."""
    flat = " ".join(text.split())
    harmless = re.fullmatch(r"[-+]?\d[\d.,/]*", flat)
    return flat if harmless or not flat.startswith(("=", "+", "-", "@", "|", "%")) else f"'{flat}"


def read(path: Path) -> list[Override]:
    """The rows of the table; none if there is no file.

    Raises SymnetError, naming the line, for a table that lacks a column and for marks that are no number.
    """
    if not path.exists():
        return []
    out = []
    for line, row in table(path):
        missing = [name for name in ("student", "part", "marks") if name not in row]
        if missing:
            raise SymnetError(f"{path}: there is no column {missing[0]}; its columns are {', '.join(HEADER)}")
        given = row["marks"].strip()
        if given and not _NUMBER.fullmatch(given):
            raise SymnetError(f"{path}, line {line}: marks are {given[:40]!r}, expected a number such as 1.5")
        student, exercise, part, answer, _, comment = (row.get(name, "").strip() for name in HEADER)
        marks = float(given.replace(",", ".")) if given else None
        out.append(Override(student, exercise, part, answer, marks, comment, line))
    return out


def apply(path: Path, overrides: Sequence[Override], graded: Sequence[Graded]) -> tuple[list[Graded], list[str]]:
    """The papers with the marks that were given by hand, and what is odd about those.

    Raises SymnetError, naming the line, for more marks than a part has.
    """
    used: set[int] = set()
    odd: list[str] = []

    def decided(paper: Graded, item: Item) -> Item:
        for place, row in enumerate(overrides):
            if not _speaks_of(row, paper, item):
                continue
            used.add(place)
            if not row.decided:
                continue
            where = f"{path.name}, line {row.line}"
            if row.answer and row.answer != cell(item.answer):
                odd.append(f"{where}: {row.student} has changed the answer to {row.part} since; it was marked anew")
                continue
            if row.marks is not None and row.marks > item.outcome.out_of:
                raise SymnetError(f"{where}: {row.marks:g} marks for a part that has {item.outcome.out_of}")
            item = replace(item, given=row.marks if row.marks is not None else item.given, comment=row.comment)
        return item

    out = [replace(paper, items=tuple(decided(paper, item) for item in paper.items)) for paper in graded]
    for place, row in enumerate(overrides):
        if place not in used and row.decided:
            who = "anybody" if row.student == EVERYBODY else row.student
            odd.append(f"{path.name}, line {row.line}: there is no such answer of {who} to {row.part}")
    return out, odd


def _speaks_of(row: Override, paper: Graded, item: Item) -> bool:
    everybody = row.student == EVERYBODY and row.answer == cell(item.answer)
    return (
        (everybody or row.student == cell(paper.student))
        and row.exercise in ("", paper.exercise)
        and row.part.casefold() == item.label.casefold()
    )


def updated(overrides: Sequence[Override], graded: Sequence[Graded]) -> str | None:
    """The text of the table with the answers that wait now; None if it need not change.

    What a teacher wrote stays; an empty row goes when its answer waits no longer.
    """
    waiting = {_row_of(paper, item): item for paper in graded for item in paper.items if item.open}
    rows = [row for row in overrides if row.decided or _key(row) in waiting]
    known = {_key(row) for row in rows}
    rows += [Override(*name, None, "") for name in waiting if name not in known]
    if len(rows) == len(overrides) and all(a is b for a, b in zip(rows, overrides, strict=True)):
        return None if overrides else _text(())
    return _text(rows)


def _row_of(paper: Graded, item: Item) -> tuple[str, str, str, str]:
    return cell(paper.student), paper.exercise, item.label, cell(item.answer)


def _key(row: Override) -> tuple[str, str, str, str]:
    return row.student, row.exercise, row.part, row.answer


def _text(rows: Sequence[Override]) -> str:
    return csv_text((HEADER, *_lines(rows)))


def _lines(rows: Sequence[Override]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        marks = "" if row.marks is None else f"{row.marks:g}"
        yield row.student, row.exercise, row.part, row.answer, marks, row.comment


def csv_text(rows: Sequence[Sequence[object]]) -> str:
    """Rows as the text of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
