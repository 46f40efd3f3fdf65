"""Exercises as a notebook that nbgrader takes (nbformat 4.5): for every part a question, an answer and a test cell.

With solutions it is the source of an assignment: nbgrader cuts out what stands between ``### BEGIN SOLUTION`` and
``### END SOLUTION`` and the hidden tests, and puts the tests back when it marks.  Without, it is what a student gets.
The test cell marks the answer with symnet's checker (:func:`symnet.exercises.export.graded.graded`) and hands the marks
on, parts of them too.

The answer cell of part (b) of the variant 7 of a template has the grade_id ``template-7-b``, its test cell
``template-7-b-test``; its metadata say the same under ``symnet``: ``template``, ``seed`` and ``label``.  What a student
wrote into it is read without running anything by :func:`answer_in`.
"""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp

from symnet.exercises.export.sheets import Head, Sheet, letter, lettered, marked, name_of
from symnet.exercises.variant import Answer, Choice, Formula, Part, Shape, Value, Variant
from symnet.render.display import Node, Relation
from symnet.render.document import Block, Picture, markdown_prose, write
from symnet.render.document import Part as Piece
from symnet.render.latex import latex

HOW = {
    Formula: "a formula in LaTeX or as in Python, such as `2*x_1*(w_1*x_1 + b - y)`",
    Value: "a number, such as `3.5`, `-2` or `7/4`",
    Shape: "rows and columns, such as `3 x 2`",
    Choice: "the letter in front of it",
}
"""What may be written as an answer, by what is asked for."""

LINE = "the number in front of it"
DIGITS = 12

Cell = dict[str, Any]


def sheet_notebook(sheet: Sheet, head: Head, solutions: bool = False) -> str:
    """One sheet as the JSON of a notebook; the same sheet gives the same bytes."""
    notebook = {
        "cells": list(_cells(sheet, head, solutions)),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def accepted(answer: Answer, short: Sequence[Piece]) -> str:
    """The right answer as one may write it."""
    match answer:
        case Value(exact=exact):
            return str(exact) if exact.is_Rational else str(sp.N(exact, DIGITS))
        case Shape(rows=rows, columns=columns):
            return f"{rows} x {columns}"
        case Choice():
            return letter(answer, answer.right).strip("()")
        case Formula():
            (node,) = (part for part in short if isinstance(part, Node))
            return latex(node.operands[-1] if isinstance(node, Relation) else node)


def answer_in(source: str) -> str:
    """What an answer cell assigns to its variable, as it was written; nothing is run.

    A cell that is no such assignment is an answer as a whole.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source.strip()
    for statement in reversed(statements):
        match statement:
            case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=value)) if not isinstance(value, bytes):
                return str(value).strip()
            case ast.Assign(targets=[ast.Name()], value=value):
                return (ast.get_source_segment(source, value) or "").strip()
    return source.strip()


def _cells(sheet: Sheet, head: Head, solutions: bool) -> Iterator[Cell]:
    several = len(sheet.exercises) > 1
    about = " · ".join(piece for piece in (head.course, head.date, f"Sheet {sheet.number}") if piece)
    yield _text(f"sheet-{sheet.number}", f"# {markdown_prose((head.title,))}\n\n{about}, {marked(sheet.marks)}")
    for number, variant in enumerate(sheet.exercises, 1):
        yield _given(variant, number if several else 0)
        for part in variant.parts:
            names = {p.label: f"answer_{number if several else ''}{_word(p.label)}" for p in variant.parts}
            yield _question(variant, part, names[part.label])
            yield _answer(variant, part, names[part.label], solutions)
            yield _test(variant, part, names, solutions)


def _given(variant: Variant, number: int) -> Cell:
    title = f"Exercise {number}: {variant.title}" if number else variant.title
    blocks = [f"## {markdown_prose((title,))}"]
    attachments: dict[str, dict[str, str]] = {}
    for block in variant.given:
        if isinstance(block, Picture):
            name = f"picture-{len(attachments) + 1}.svg"
            picture = base64.b64encode(block.figure.svg().encode()).decode()
            attachments[name] = {"image/svg+xml": picture}
            words = re.sub(r"[\[\]\n]", " ", block.figure.description)
            blocks.append(f"![{words}](attachment:{name})")
        else:
            blocks.append(write([block], "markdown").strip())
    cell = _text(f"{name_of(variant)}-given", "\n\n".join(blocks))
    return {**cell, "attachments": attachments} if attachments else cell


def _question(variant: Variant, part: Part, name: str) -> Cell:
    lines = [f"**({part.label})** {_asked(part.asked)} *({marked(part.marks)})*"]
    if isinstance(part.answer, Choice):
        lines += [f"- **{label}**  {_asked(option.shown)}" for label, option in lettered(part.answer)]
    how = LINE if isinstance(part.answer, Choice) and part.answer.lines else HOW[type(part.answer)]
    lines.append(f"Write {how}, between the quotes below.")
    return _text(f"{name_of(variant)}-{part.label}-asked", "\n\n".join(lines))


def _asked(parts: Sequence[Piece]) -> str:
    return "".join(rf"$\displaystyle {latex(p)}$" if isinstance(p, Node) else markdown_prose((p,)) for p in parts)


def _answer(variant: Variant, part: Part, name: str, solutions: bool) -> Cell:
    lines = [f'{name} = r""']
    if solutions:
        way = _way(part.solution)
        right = f"{name} = r{json.dumps(accepted(part.answer, part.short), ensure_ascii=False)}"
        right = right.replace("\\\\", "\\")
        lines += ["### BEGIN SOLUTION", right, *(f"# {line}".rstrip() for line in way), "### END SOLUTION"]
    cell = _code(f"{name_of(variant)}-{part.label}", lines, solution=True, grade=False, locked=False)
    cell["metadata"]["symnet"] = {"template": variant.template, "seed": variant.seed, "label": part.label}
    return cell


def _way(blocks: Sequence[Block]) -> list[str]:
    return write(blocks, "text").strip("\n").split("\n")


def _test(variant: Variant, part: Part, names: dict[str, str], solutions: bool) -> Cell:
    lines = [f'assert str({names[part.label]}).strip(), "There is no answer to ({part.label}) yet."']
    if solutions:
        wanted = [p for p in variant.parts if p is part or (p.name and p.name in part.uses)]
        given = ", ".join(f'"{p.label}": globals().get("{names[p.label]}")' for p in wanted)
        lines += [
            "### BEGIN HIDDEN TESTS",
            "from symnet.exercises.export.graded import graded",
            f"graded({json.dumps(variant.template)}, {variant.seed}, {json.dumps(part.label)}, {{{given}}})",
            "### END HIDDEN TESTS",
        ]
    name = f"{name_of(variant)}-{part.label}-test"
    return _code(name, lines, solution=False, grade=True, locked=True, points=part.marks)


def _code(name: str, lines: Sequence[str], **rights: Any) -> Cell:
    return {**_cell("code", name, "\n".join(lines), **rights), "execution_count": None, "outputs": []}


def _text(name: str, source: str) -> Cell:
    return _cell("markdown", name, source, solution=False, grade=False, locked=True)


def _cell(kind: str, name: str, source: str, **rights: Any) -> Cell:
    own = {"grade_id": name, "schema_version": 3, "cell_type": kind, "task": False, **rights}
    return {
        "cell_type": kind,
        "id": re.sub(r"[^A-Za-z0-9_-]", "-", name)[-64:],
        "metadata": {"nbgrader": own},
        "source": source.splitlines(keepends=True),
    }


def _word(label: str) -> str:
    """A label as a part of a name."""
    return re.sub(r"\W", "_", label)
