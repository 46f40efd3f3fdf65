"""One answer to one part, marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symnet.check.read.syntax import NotUnderstood
from symnet.exercises.make import followed
from symnet.exercises.marking.code import checked, is_code
from symnet.exercises.marking.formulas import judged
from symnet.exercises.marking.hints import hint
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.numbers import made, right_in
from symnet.exercises.marking.scheme import Scheme
from symnet.exercises.marking.written import Figure, Written, bare, choice, number, shape
from symnet.exercises.variant import Answer, Choice, Formula, Part, Shape, Value, Variant
from symnet.render.display import Name, Node, Number
from symnet.render.display import Product as Times

__all__ = ["Marked", "Scheme", "mark"]

LONGEST = 10_000
"""More characters than this are no formula."""


def mark(
    variant: Variant,
    part: Part,
    text: str,
    *,
    earlier: Mapping[str, sp.Expr] | None = None,
    scheme: Scheme | None = None,
) -> Marked:
    """How ``text`` answers ``part``.

    ``earlier`` are the student's own results for earlier parts, by the parts' names: an answer that is wrong, but right
    by those, is right and ``followed``.  Nothing of the text is executed, and it is never the cause of an error.
    """
    scheme = scheme or Scheme()
    blank = Marked("empty", 0.0, part.marks, "No answer was given.")
    if not text.strip():
        return blank
    try:
        match part.answer:
            case Formula():
                return _formula(part, part.answer, text, scheme)
            case Value():
                return _value(variant, part, number(text), earlier or {}, scheme)
            case Shape():
                return _shape(part, part.answer, text, scheme)
            case Choice():
                return _choice(part, part.answer, text, scheme)
    except NotUnderstood as error:
        said = f"Not understood: {error.message}."
        return replace(blank, status="not understood", message=said, position=error.position)


def _right(part: Part, message: str = "Right.") -> Marked:
    return Marked("right", float(part.marks), part.marks, message)


def _wrong(part: Part, scheme: Scheme, kind: str, detail: str | None = None) -> Marked:
    marks = scheme.of_slip(part.marks, kind, detail)
    return Marked("wrong", marks, part.marks, "Not right.", kind, detail, hint(part, kind))


# -- formulas ------------------------------------------------------------------------------------------------------


def _formula(part: Part, answer: Formula, text: str, scheme: Scheme) -> Marked:
    if is_code(text):
        return _code(part, answer, text, scheme)
    found = judged(answer, bare(text, LONGEST))
    match found.status:
        case "right":
            marked = _right(part)
        case "wrong":
            marked = _wrong(part, scheme, found.kind or "other", found.detail)
        case status:
            marked = Marked(status, 0.0, part.marks, found.message, position=found.verdict.position)
    verdict = found.verdict
    return replace(marked, place=found.place, witness=verdict.counterexample, reading=verdict.reading)


def _code(part: Part, answer: Formula, text: str, scheme: Scheme) -> Marked:
    right, verdict = checked(answer, text)
    if right:
        return _right(part)
    return replace(_wrong(part, scheme, verdict.kind or "other"), place=(verdict.message,))


# -- numbers, shapes, choices --------------------------------------------------------------------------------------


FOLLOWED = "Right by your own earlier result; the number itself is another, for an earlier part went wrong."


def _value(variant: Variant, part: Part, written: Written, earlier: Mapping[str, sp.Expr], scheme: Scheme) -> Marked:
    answer = part.answer
    assert isinstance(answer, Value)
    own = {name: value for name, value in earlier.items() if name in part.uses}
    taken = right_in(written, answer)
    if taken is not None:
        found = _right(part)
    elif (taken := _following(variant, part, written, own)) is not None:
        found = Marked("right", scheme.of_following(part.marks), part.marks, FOLLOWED, followed=True)
    else:
        taken, slip = written.figure, made(variant, part, answer, written, own)
        found = replace(_wrong(part, scheme, slip.kind, slip.detail), place=slip.why)
    return replace(found, value=taken.value, reading=taken.shown)


def _following(variant: Variant, part: Part, written: Written, own: Mapping[str, sp.Expr]) -> Figure | None:
    """The number as it is right by the student's own earlier results, if it is."""
    answer: Answer | None = followed(variant, part, own) if own else None
    return right_in(written, answer) if isinstance(answer, Value) else None


def _shape(part: Part, answer: Shape, text: str, scheme: Scheme) -> Marked:
    rows, columns = shape(text)
    shown = Times((_size(rows), _size(columns)), "×")
    if (str(rows), str(columns)) == (str(answer.rows), str(answer.columns)):
        found = _right(part)
    elif (str(columns), str(rows)) == (str(answer.rows), str(answer.columns)):
        found = replace(_wrong(part, scheme, "transpose"), place=("Rows and columns are exchanged.",))
    else:
        found = _wrong(part, scheme, "shape")
    return replace(found, reading=shown)


def _size(size: int | str) -> Node:
    return Number(str(size)) if isinstance(size, int) or size.isdigit() else Name(size)


def _choice(part: Part, answer: Choice, text: str, scheme: Scheme) -> Marked:
    option = answer.options[choice(text, len(answer.options), answer.lines)]
    found = _right(part)
    if not option.right:
        found = replace(_wrong(part, scheme, option.kind or "wrong_choice"), place=option.why)
    (shown, *more) = option.shown or ("",)
    return replace(found, reading=shown if isinstance(shown, Node) and not more else None)
