"""Variants and their keys as CSV: a line for every part of every variant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from symnet.exercises.export.sheets import Head, Sheet, letter
from symnet.exercises.variant import Answer, Choice, Formula, Shape, Value
from symnet.render.display import Node
from symnet.render.document import Block, write
from symnet.render.document import Part as Piece
from symnet.render.text import text

COLUMNS = ("template", "seed", "exercise", "part", "name", "kind", "marks", "asked", "key", "tolerance", "difficulty")
WIDE = 10_000
"""Nothing is broken into lines within a cell."""


def table_csv(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> str:
    """A table with the key of every part; with ``solutions`` the whole way as well."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow((*COLUMNS, *(("solution",) if solutions else ())))
    for sheet in sheets:
        for number, variant in enumerate(sheet.exercises, 1):
            for part in variant.parts:
                answer = part.answer
                tolerance = str(answer.tolerance) if isinstance(answer, Value) else ""
                row = (
                    variant.template, variant.seed, number, part.label, part.name, type(answer).__name__.lower(),
                    part.marks, _line(part.asked), key(answer, part.short), tolerance, variant.difficulty,
                )  # fmt: skip
                lines.writerow(map(_safe, (*row, *((_way(part.solution),) if solutions else ()))))
    return out.getvalue()


def key(answer: Answer, short: Iterable[Piece]) -> str:
    """The right answer in a word: a number as a fraction or with its digits, a shape, a letter, a formula as text."""
    match answer:
        case Value(exact=exact):
            return str(exact)
        case Shape(rows=rows, columns=columns):
            return f"{rows}×{columns}"
        case Choice():
            return letter(answer, answer.right)
        case Formula():
            return _line(short)


def _line(parts: Iterable[Piece]) -> str:
    return "".join(text(part) if isinstance(part, Node) else part for part in parts)


def _way(blocks: Sequence[Block]) -> str:
    return write(blocks, "text", width=WIDE).strip()


def _safe(cell: object) -> object:
    """A text that a spreadsheet would take for a formula of its own, marked as a text; numbers stay as they are."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "@", "\t", "\r"):
        return "'" + cell
    return cell
