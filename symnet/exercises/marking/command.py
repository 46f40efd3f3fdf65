"""``symnet grade``: a class marked, with marks, feedback and a report."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from symnet.errors import SymnetError


def grade(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE… ANSWERS", help="Exercise files (or names), then what was handed in.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("marked"),
    seed: Annotated[int | None, typer.Option(help="The variant, where all students had the same.")] = None,
    seeds: Annotated[Path | None, typer.Option(metavar="FILE", help="A CSV: student, seed, perhaps exercise.")] = None,
    scheme: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A marking scheme; by default [marking] in the exercise file.")
    ] = None,
    solutions: Annotated[bool, typer.Option("--solutions", help="Show students what would have been right.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Mark everything again, not only what is new.")] = False,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="How many; by default one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report for a program to read.")] = False,
) -> None:
    """Mark what students handed in.

    ANSWERS is a CSV (a row for each student: student, seed, a, b, …; or a row for each answer: student, seed, part,
    answer), a folder with a folder of text files or a notebook for each student, or a notebook.  Answers are read, not
    run; a gradient function in Python runs in a limited process.

    Marks, results, a report and feedback for each student go to the folder.  Answers that could not be read or decided
    cost nothing: they stand in its overrides.csv, for you to give marks; what you write there (for any answer) counts
    from the next run on and stays.  Exit status: 0 done, 2 something could not be read.

    \b
    Examples:
        printf 'student,seed,a,b\\nada,1,z = 3,4\\nalan,2,15/2,\\n' > answers.csv
        symnet grade forward-neuron answers.csv -o marked
    """
    from rich.console import Console
    from rich.progress import Progress

    from symnet.exercises.marking import overrides as by_hand
    from symnet.exercises.marking.feedback import feedback, markdown, page
    from symnet.exercises.marking.grade import grade as marked
    from symnet.exercises.marking.report import as_dict, report, tables
    from symnet.exercises.marking.scheme import scheme_in, scheme_of
    from symnet.exercises.marking.submissions import papers as handed_in
    from symnet.exercises.marking.verdicts import Kept, dump, load
    from symnet.exercises.template import read
    from symnet.files import write_atomically

    if len(files) < 2:
        raise SymnetError("give an exercise and what was handed in: symnet grade exercise.toml answers.csv")
    *names, answers = files
    templates = [read(name) for name in names]
    doubled = [t.name for t in templates if [u.name for u in templates].count(t.name) > 1]
    if doubled:
        raise SymnetError(f"{doubled[0]} is given twice; give each exercise once")
    path = Path(answers)
    if not path.exists():
        raise SymnetError(f"{answers} is not there; give the answers last: a CSV, a folder or a notebook")
    schemes = {t.name: scheme_in(scheme) if scheme else scheme_of(t) for t in templates}
    papers, passed = handed_in(path, templates, _seeds(seeds) if seeds else {}, seed)
    _folder(output)
    verdicts = Kept() if anew else load(output / "verdicts.json")
    corrections = by_hand.read(output / "overrides.csv")
    many = processes or os.cpu_count() or 1
    try:
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as shown:
            bar = shown.add_task("papers", total=len(papers))
            graded = marked(
                papers, templates, schemes, processes=many, solutions=solutions, kept=verdicts,
                after_each=lambda: shown.advance(bar),
            )  # fmt: skip
    finally:  # also of a run that was interrupted: the next one goes on from there
        write_atomically(output / "verdicts.json", dump(verdicts))
    graded, odd = by_hand.apply(output / "overrides.csv", corrections, graded)
    remarks = [f"{p.student}, {p.exercise}: {remark}" for p in graded for remark in p.remarks]
    found = report(graded, [*odd, *remarks, *(f"passed over: {what}" for what in passed)])
    _folder(output / "feedback")
    for student in dict.fromkeys(p.student for p in graded):
        own = [p for p in graded if p.student == student]
        lines = feedback(own, solutions)
        for ending, text in ((".html", page(lines)), (".md", markdown(lines))):
            write_atomically(output / "feedback" / f"{file_name(student)}{ending}", text)
    for name, text in tables(found).items():
        write_atomically(output / name, text)
    rows = by_hand.updated(corrections, graded)
    if rows is not None:
        write_atomically(output / "overrides.csv", rows)
    waiting = sum(item.open for p in graded for item in p.items)
    if as_json:
        print(json.dumps(as_dict(found), ensure_ascii=False, indent=2))
    else:
        print(_summary(found.statuses, len({p.student for p in graded}), waiting, output))
        print("".join(f"note: {remark}\n" for remark in odd), end="")


def _summary(statuses: dict[str, int], students: int, waiting: int, output: Path) -> str:
    counted = ", ".join(f"{many} {status}" for status, many in statuses.items() if many)
    told = f"; {waiting} wait for you in {output / 'overrides.csv'}" if waiting else ""
    people = "1 student" if students == 1 else f"{students} students"
    return f"{people}, {sum(statuses.values())} answers: {counted}{told}\n{output / 'report.md'} says more"


def _seeds(path: Path) -> dict[tuple[str, str], int]:
    """The variant of each student, by student and exercise; "" where no exercise is named."""
    from symnet.exercises.marking.submissions import EXERCISE, SEED, STUDENT, column, table, whole_number

    found: dict[tuple[str, str], int] = {}
    for line, row in table(path):
        of_student, of_seed, of_exercise = (column(row, names) for names in (STUDENT, SEED, EXERCISE))
        if of_student is None or of_seed is None:
            raise SymnetError(f"{path}: expected the columns student and seed")
        seed = whole_number(row.get(of_seed, ""), f"{path}, line {line}")
        if seed is not None:
            exercise = row.get(of_exercise, "").strip().removesuffix(".toml") if of_exercise else ""
            found[row[of_student].strip(), exercise] = seed
    return found


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from symnet.files import reason

        raise SymnetError(f"{path} cannot be made a folder: {reason(error)}; give another with -o") from None


def file_name(student: str) -> str:
    """A name for a student's file: letters, digits and a few signs; what differs otherwise gets a number of its own."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", student)[:80].lstrip(".")
    if plain and plain == student:
        return plain
    return f"{plain or 'student'}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
