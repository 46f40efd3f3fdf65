"""What a class handed in: a table, a folder of files, or notebooks, as one paper for each student and exercise."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symnet.errors import SymnetError
from symnet.exercises.export.notebook import answer_in
from symnet.exercises.template import Template
from symnet.files import read_text

MAX_TABLE = 50_000_000
MAX_NOTEBOOK = 20_000_000
MAX_ANSWER = 10_000
"""More characters are no answer; the rest is cut off."""

MAX_CELL = 50_000

MAX_PAPERS = 100_000
TEXTS = (".txt", ".md", ".tex", ".py")

STUDENT = ("student", "id", "name", "user", "username", "matriculation", "candidate")
SEED = ("seed", "variant")
EXERCISE = ("exercise", "template")
PART, ANSWER = ("part", "question", "label"), ("answer", "response", "text")


@dataclass(frozen=True, slots=True)
class Paper:
    """What one student handed in for one exercise: the answers by the parts' labels; ``seed`` says which variant it is.

    ``remarks`` are what a human should know about how it was handed in.
    """

    student: str
    exercise: str
    seed: int
    answers: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What is gathered of one student's exercise while reading."""

    seed: int | None = None
    answers: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


Gathered = dict[tuple[str, str], Found]


def papers(
    path: Path, templates: Sequence[Template], seeds: Mapping[tuple[str, str], int], seed: int | None = None
) -> tuple[list[Paper], list[str]]:
    """The papers in a CSV table, a notebook, or a folder of files and notebooks, and what was passed over.

    They are in the order of the students, and of the templates.

    Which variant a student had is said in the answers themselves, by ``seeds`` (student and exercise; "" stands for any
    exercise), or is ``seed``.

    Raises SymnetError, naming file and line, for what cannot be read or belongs to no variant.
    """
    gathered: Gathered = {}
    passed: list[str] = []
    names = [template.name for template in templates]
    if path.is_dir():
        _folder(path, names, gathered, passed)
    elif path.suffix.lower() == ".ipynb":
        _notebook(path, path.stem, names, gathered, passed)
    else:
        _table(path, names, gathered, passed)
    if not gathered:
        raise SymnetError(f"{path} holds no answers; give a CSV table, a folder of files, or notebooks")
    if len(gathered) > MAX_PAPERS:
        raise SymnetError(f"{path} holds {len(gathered):,} papers, at most {MAX_PAPERS:,} are marked at a time")
    out = []
    for student, exercise in sorted(gathered, key=lambda one: (one[0], names.index(one[1]))):
        found = gathered[student, exercise]
        own = next(
            (s for s in (found.seed, seeds.get((student, exercise)), seeds.get((student, "")), seed) if s is not None),
            None,
        )
        if own is None:
            raise SymnetError(
                f"{path}: it is not said which variant {student!r} had; add a column seed, "
                "give --seeds FILE with the columns student and seed, or --seed N if all had the same"
            )
        out.append(Paper(student, exercise, own, dict(sorted(found.answers.items())), tuple(found.remarks)))
    return out, passed


def _put(found: Found, label: str, answer: str) -> None:
    label = label.strip().casefold()
    if len(answer) > MAX_ANSWER:
        found.remarks.append(
            f"the answer to {label} has {len(answer):,} characters; only the first {MAX_ANSWER:,} count"
        )
    if found.answers.get(label, "").strip() and answer.strip():
        found.remarks.append(f"there are two answers to {label}; the last one counts")
    if answer.strip() or label not in found.answers:
        found.answers[label] = answer[:MAX_ANSWER].strip()


# -- tables --------------------------------------------------------------------------------------------------------


def table(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by the names of its columns, with their lines; separated by comma, semicolon or tab.

    Raises SymnetError for a file that cannot be read.
    """
    text = read_text(path, MAX_TABLE)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    csv.field_size_limit(MAX_TABLE)
    header: list[str] | None = None
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                continue
            if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
                raise SymnetError(
                    f"{path}, line {reader.line_num}: {len(row)} cells below {len(header)} columns; "
                    "put answers that hold the separator in quotes"
                )
            yield reader.line_num, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise SymnetError(f"{path}, line {reader.line_num}: {error}; save the table as CSV in UTF-8") from None


def column(header: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The column that is called by one of the names, the first of them first."""
    by_name = {key.casefold(): key for key in header}
    return next((by_name[name] for name in names if name in by_name), None)


def whole_number(text: str, where: str) -> int | None:
    """A seed; None for an empty cell.  Raises SymnetError for anything else."""
    if not text.strip():
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text.strip()):
        raise SymnetError(f"{where}: the seed is {text.strip()[:40]!r}, expected a whole number")
    return int(text)


def _table(path: Path, names: list[str], gathered: Gathered, passed: list[str]) -> None:
    unknown_columns: dict[str, None] = {}
    for line, row in table(path):
        where = f"{path}, line {line}"
        of_student, of_seed, of_exercise = (column(row, wanted) for wanted in (STUDENT, SEED, EXERCISE))
        if of_student is None:
            raise SymnetError(f"{path}: no column says who answered; call one of them student")
        student = row[of_student].strip()
        if not student:
            raise SymnetError(f"{where}: the student is not named")
        own = whole_number(row[of_seed], where) if of_seed else None
        given = row[of_exercise].strip() if of_exercise else ""
        exercise = _exercise(given, names, where)
        of_part, of_answer = column(row, PART), column(row, ANSWER)
        if of_part and of_answer:
            found = _found(gathered, student, exercise or _only(names, where), own, where)
            _put(found, row[of_part], row[of_answer])
            continue
        for key, answer in row.items():
            if key in (of_student, of_seed, of_exercise):
                continue
            place = _place(key, names, exercise)
            if place is None:
                unknown_columns[key] = None
                continue
            _put(_found(gathered, student, place[0], own, where), place[1], answer)
    passed.extend(f"column {key!r} of {path.name}" for key in unknown_columns)


def _found(gathered: Gathered, student: str, exercise: str, seed: int | None, where: str) -> Found:
    found = gathered.setdefault((student, exercise), Found())
    if seed is not None and found.seed not in (None, seed):
        raise SymnetError(f"{where}: {student!r} has the seeds {found.seed} and {seed} for {exercise}; one is wrong")
    found.seed = found.seed if seed is None else seed
    return found


def _exercise(given: str, names: Sequence[str], where: str) -> str:
    name = given.removesuffix(".toml")
    if name and name not in names:
        raise SymnetError(f"{where}: the exercise is {given[:40]!r}, expected one of {', '.join(names)}")
    return name or (names[0] if len(names) == 1 else "")


def _only(names: Sequence[str], where: str) -> str:
    if len(names) > 1:
        raise SymnetError(f"{where}: it is not said which exercise this is; add a column exercise")
    return names[0]


def _place(key: str, names: Sequence[str], exercise: str) -> tuple[str, str] | None:
    """The exercise and the label that a column's name says: ``a``, ``forward-neuron.a``; None for other columns."""
    before, dot, label = key.rpartition(".")
    name = before if dot else exercise
    if name not in names or not re.fullmatch(r"[A-Za-z0-9]{1,3}", label.strip().strip("()")):
        return None
    return name, label.strip().strip("()")


# -- folders and notebooks -----------------------------------------------------------------------------------------


def _folder(path: Path, names: list[str], gathered: Gathered, passed: list[str]) -> None:
    """``student/a.txt``, ``student/exercise/a.txt``, ``student.txt`` with lines ``a) …``, ``student.ipynb``."""
    for file in sorted(path.rglob("*")):
        if file.is_symlink() or not file.is_file() or any(p.startswith(".") for p in file.relative_to(path).parts):
            continue
        inside = file.relative_to(path).parts
        student = inside[0] if len(inside) > 1 else file.stem
        if file.suffix.lower() == ".ipynb":
            _notebook(file, student, names, gathered, passed)
            continue
        if file.suffix.lower() not in TEXTS or len(inside) > 3:
            passed.append(str(file.relative_to(path)))
            continue
        exercise = next((p for p in inside[1:-1] if p in names), names[0] if len(names) == 1 else "")
        try:
            text = read_text(file, MAX_TABLE)
        except SymnetError as error:
            passed.append(str(error))
            continue
        whole = len(inside) == 1 or file.stem in names
        _text(file, text, student, file.stem if file.stem in names else exercise, whole, gathered, passed)


def _text(
    file: Path, text: str, student: str, exercise: str, whole: bool, gathered: Gathered, passed: list[str]
) -> None:
    """One answer in a file that is called by its label, or a ``whole`` paper."""
    if not exercise:
        passed.append(f"{file.name} of {student}, which does not say of which exercise it is")
        return
    found = gathered.setdefault((student, exercise), Found())
    if file.stem == "seed":
        found.seed = whole_number(text, str(file))
    elif not whole:
        _put(found, file.stem, text)
    else:
        label = ""
        for line in text.splitlines():
            seed = re.fullmatch(r"\s*(?:seed|variant)\s*[:=]\s*(-?\d{1,18})\s*", line, re.IGNORECASE)
            start = re.match(r"\s*\(?([A-Za-z]|[0-9]{1,2})\s*[):]\s*", line)
            if seed:
                found.seed = int(seed[1])
            elif start:
                label = start[1].casefold()
                _put(found, label, line[start.end() :])
            elif label and line.strip():
                found.answers[label] = f"{found.answers[label]}\n{line}"[:MAX_ANSWER].strip()


def _notebook(path: Path, student: str, names: list[str], gathered: Gathered, passed: list[str]) -> None:
    """The answer cells of a notebook: those whose ``symnet`` metadata say exercise, seed and label.  Nothing is run."""
    try:
        notebook = json.loads(read_text(path, MAX_NOTEBOOK))
        cells = notebook["cells"]
        assert isinstance(cells, list)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        passed.append(f"{path.name}, which is no notebook")
        return
    for cell in cells:
        said = _said(cell)
        if said is None:
            continue
        exercise, seed, label = said
        if exercise not in names:
            passed.append(f"exercise {exercise} in {path.name}")
            continue
        found = gathered.setdefault((student, exercise), Found())
        found.seed = seed if seed is not None else found.seed
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if cell.get("cell_type") == "code":
            with warnings.catch_warnings(action="ignore"):  # Python's, of what the student wrote
                text = answer_in(text[:MAX_CELL])
        _put(found, label, text)


def _said(cell: Any) -> tuple[str, int | None, str] | None:
    """Exercise, seed and label of an answer cell; None for any other cell."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    own = metadata.get("symnet") if isinstance(metadata, dict) else None
    if not isinstance(own, dict) or not all(isinstance(own.get(key), str) for key in ("template", "label")):
        return None
    seed = own.get("seed")
    return own["template"], seed if isinstance(seed, int) else None, own["label"]
