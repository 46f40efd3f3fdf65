"""What worker processes do for the page: make and typeset an exercise, read an answer, mark it, show the solution.

Everything that goes in and comes out is JSON, so that a process whose answer is never read can be ended at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from symnet.check.read.reading import Reading, read_layers
from symnet.check.read.symbols import Target, target, vocabulary_of
from symnet.check.read.syntax import NotUnderstood
from symnet.errors import SymnetError
from symnet.exercises.make import variant
from symnet.exercises.marking.mark import mark
from symnet.exercises.marking.scheme import scheme_of
from symnet.exercises.marking.written import number, shape
from symnet.exercises.practice.typesetting import Matters, Prose, formula, typeset
from symnet.exercises.template import Template, parsed
from symnet.exercises.variant import Choice, Formula, Part, Shape, Value, Variant
from symnet.render.display import Name, Node, Number, Product
from symnet.render.document import Paragraph, Table

Job = Mapping[str, Any]
"""What to do (``do``), for which exercise (``name``, ``template``, ``seed``), and what else that needs."""

KEPT = 400
"""Variants that a worker keeps."""


@lru_cache(maxsize=256)
def _template(name: str, text: str) -> Template:
    return parsed(text, name)


@lru_cache(maxsize=KEPT)
def _variant(name: str, text: str, seed: int) -> Variant:
    return variant(_template(name, text), seed)


def _of(job: Job) -> Variant:
    return _variant(job["name"], job["template"], job["seed"])


def _part(job: Job) -> Part:
    return next(part for part in _of(job).parts if part.label == job["label"])


def sheet(job: Job) -> dict[str, Any]:
    """The exercise as it is handed out: what is given and asked, and hints, as HTML, without a word of the answers."""
    made = _of(job)
    matters: dict[str, Matters] = {"given": made.given}
    for part in made.parts:
        matters[f"asked {part.label}"] = Prose(part.asked)
        matters[f"hint {part.label}"] = Prose(part.hint)
        if isinstance(part.answer, Choice):
            for place, option in enumerate(part.answer.options):
                matters[f"option {part.label} {place}"] = Prose(option.shown)
    html = typeset(matters, "x")
    return {
        "title": made.title,
        "letters": html["letters"],
        "given": html["given"],
        "parts": [
            {
                "label": part.label,
                "name": part.name,
                "marks": part.marks,
                "kind": type(part.answer).__name__.lower(),
                "is_lines": isinstance(part.answer, Choice) and part.answer.lines,
                "asked": html[f"asked {part.label}"],
                "hint": html[f"hint {part.label}"],
                "uses": list(part.uses),
                "options": [html[key] for key in matters if key.startswith(f"option {part.label} ")],
            }
            for part in made.parts
        ],
    }


def read_as(job: Job) -> dict[str, Any]:
    """What an answer is read as, or why it is not understood; whether it is right is not looked at."""
    part = _part(job)
    try:
        shown, said, position = _read(part, job["text"])
    except NotUnderstood as error:
        shown, said, position = (), f"{error.message}", error.position
    html = typeset({f"reading {k}": formula(node) for k, node in enumerate(shown)}, f"p{job['label']}")
    letters = html.pop("letters")
    return {"letters": letters, "readings": list(html.values()), "said": said, "position": position}


def _read(part: Part, text: str) -> tuple[Sequence[Node], str, int | None]:
    match part.answer:
        case Formula() as asked:
            found = _reading(asked, text)
            if found.alternatives:
                return found.alternatives, found.message, found.position
            shown = () if found.shown is None else (found.shown,)
            return shown, found.message if found.status != "read" else "", found.position
        case Value():
            return (number(text).figure.shown,), "", None
        case Shape():
            rows, columns = shape(text)
            return (Product((_size(rows), _size(columns)), "×"),), "", None
        case Choice():
            return (), "", None


def _reading(asked: Formula, text: str) -> Reading:
    names = vocabulary_of(asked.network, asked.names)
    wrt = asked.wrt if isinstance(asked.wrt, Target) else target(asked.network, asked.wrt, names)
    return read_layers(asked.network, text, wrt, names=names)[0][1]


def _size(size: int | str) -> Node:
    return Number(str(size)) if str(size).isdigit() else Name(str(size))


def marked(job: Job) -> dict[str, Any]:
    """An answer marked, and everything that can be said of it as HTML.

    ``earlier`` are the student's own results for other parts, by the parts' names, as :func:`_exact` reads them.
    """
    part = _part(job)
    earlier = {name: _exact(value) for name, value in job["earlier"].items()}
    scheme = scheme_of(_template(job["name"], job["template"]))
    found = mark(_of(job), part, job["text"], earlier=earlier, scheme=scheme)
    matters: dict[str, Matters] = {"message": Prose((found.message,))}
    if found.reading is not None:
        matters["reading"] = formula(found.reading)
    if found.status == "wrong":
        matters["hint"] = Prose(found.hint)
        # of a formula whose slip is not known there is the witness, and no more to say
        matters["place"] = Prose(() if found.kind == "other" and found.witness else found.place)
    if found.witness:
        matters["witness"] = (Table(("quantity", "value"), tuple(found.witness)),)
    if found.status == "right":
        matters["short"] = Prose(part.short)
    return {
        "status": found.status,
        "kind": found.kind,
        "detail": found.detail,
        "marks": found.marks,
        "out_of": found.out_of,
        "followed": found.followed,
        "value": None if found.value is None else str(found.value),
        "position": found.position,
        "html": typeset(matters, f"m{part.label}"),
    }


def _exact(value: str) -> sp.Expr:
    """A number as it was written down: a fraction, or a decimal of many digits."""
    return sp.Float(value, 30) if "." in value or "e" in value else sp.Rational(value)


def solution(job: Job) -> dict[str, Any]:
    """The way to the answer in full."""
    part = _part(job)
    blocks = (*part.solution, Paragraph(("The answer: ", *part.short, ".")))
    return dict[str, Any](typeset({"solution": blocks}, f"s{part.label}"))


JOBS: Mapping[str, Callable[[Job], dict[str, Any]]] = {
    "start": lambda _: {},
    "sheet": sheet,
    "read": read_as,
    "mark": marked,
    "solution": solution,
}
"""What a worker can be asked to ``do``."""


def done(job: Job) -> dict[str, Any]:
    """The result of a job, or ``{"failed": why}``: nothing that is asked may end the worker by an error."""
    try:
        return JOBS[job["do"]](job)
    except SymnetError as error:
        return {"failed": str(error)}
    except MemoryError:
        raise
    except Exception as error:
        return {"failed": f"a fault of symnet, please report it ({type(error).__name__}: {error})"}


def done_as_json(message: bytes) -> bytes:
    """:func:`done`, in a process of its own."""
    return json.dumps(done(json.loads(message))).encode()
