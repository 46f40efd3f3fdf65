"""Exercises to a file, in the format that is asked for or that the file's name ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from symnet.errors import SymnetError, unknown
from symnet.exercises.export.sheets import Head, Sheet, sheets
from symnet.exercises.variant import Variant
from symnet.files import write_atomically

Writer = Callable[[Sequence[Sheet], Head, bool], str | bytes]


def _pdf(sheets: Sequence[Sheet], head: Head, solutions: bool) -> bytes:
    from symnet.exercises.export.paper import sheet_pdf

    return sheet_pdf(sheets, head, solutions)


def _tex(sheets: Sequence[Sheet], head: Head, solutions: bool) -> str:
    from symnet.exercises.export.exam import sheet_latex

    return sheet_latex(sheets, head, solutions)


def _csv(sheets: Sequence[Sheet], head: Head, solutions: bool) -> str:
    from symnet.exercises.export.table import table_csv

    return table_csv(sheets, head, solutions)


def _ipynb(sheets: Sequence[Sheet], head: Head, solutions: bool) -> str:
    from symnet.exercises.export.notebook import sheet_notebook

    return sheet_notebook(sheets[0], head, solutions)


def _moodle(sheets: Sequence[Sheet], head: Head, solutions: bool) -> str:
    from symnet.exercises.export.moodle import plain_xml

    return plain_xml(sheets, head, solutions)


def _stack(sheets: Sequence[Sheet], head: Head, solutions: bool) -> str:
    from symnet.exercises.export.stack import stack_xml

    return stack_xml(sheets, head, solutions)


APART = ("ipynb",)
"""Formats in which every sheet has a file of its own."""


FORMATS: Mapping[str, tuple[str, Writer]] = {
    "pdf": (".pdf", _pdf),
    "tex": (".tex", _tex),
    "ipynb": (".ipynb", _ipynb),
    "stack": (".xml", _stack),
    "moodle": (".xml", _moodle),
    "csv": (".csv", _csv),
}
"""Every format by its name: the ending of its files, and what writes it.

Where two formats share an ending, the first one is what the ending means.
"""


def check_path(path: str | Path, format: str | None = None) -> str:
    """The format of a file by its name, or the one that is asked for.  Raises SymnetError where there is none."""
    path = Path(path)
    if format is not None:
        if format not in FORMATS:
            raise unknown("format", format, FORMATS)
        return format
    suffix = path.suffix.lower()
    for name, (ending, _) in FORMATS.items():
        if suffix == ending:
            return name
    endings = ", ".join(dict.fromkeys(ending for ending, _ in FORMATS.values()))
    raise SymnetError(f"{path} ends in none of {endings}; rename it, or give a format")


def write(
    variants: Sequence[Variant],
    path: str | Path,
    *,
    solutions: bool = False,
    format: str | None = None,
    title: str = "",
    course: str = "",
    date: str = "",
) -> tuple[Path, ...]:
    """Write the variants, a sheet for every seed among them, and say which files were written.

    Notebooks are one a sheet: of several, ``exam.ipynb`` becomes ``exam-1.ipynb``, ``exam-2.ipynb`` …

    ``solutions`` puts the worked solution in the place of the room to answer; in a notebook it stands where nbgrader
    cuts it out, and Moodle always has it.  ``title``, ``course`` and ``date`` stand at the top of every sheet.

    Raises SymnetError for a format that there is not, no variants, and where nothing can be written.
    """
    path = Path(path)
    chosen = check_path(path, format)
    if not variants:
        raise SymnetError("there is no variant to write; make at least one")
    titles = {variant.title for variant in variants}
    head = Head(title or (titles.pop() if len(titles) == 1 else "Exercises"), course, date)
    made = sheets(variants)
    written = FORMATS[chosen][1]
    if chosen not in APART or len(made) == 1:
        write_atomically(path, written(made, head, solutions))
        return (path,)
    paths = tuple(path.with_name(f"{path.stem}-{sheet.number}{path.suffix}") for sheet in made)
    for own, sheet in zip(paths, made, strict=True):
        write_atomically(own, written([sheet], head, solutions))
    return paths
