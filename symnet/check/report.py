"""What a check found, for people and for programs: one verdict as text, JSON, LaTeX or HTML.

Everything is first laid out as blocks (:mod:`symnet.render.document`); the languages only print them.  The JSON fields
are stable: see :func:`as_dict`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symnet.algebra.expressions import Axis
from symnet.check.decide.witness import Witness
from symnet.check.explain.sentences import chains, explanation, plain
from symnet.check.read.symbols import Target
from symnet.errors import unknown
from symnet.notation.names import Names
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table, write
from symnet.render.html import html
from symnet.render.latex import latex

if TYPE_CHECKING:
    from symnet.check.verdict import Verdict


HEADLINES: Mapping[str, str] = {
    "proved": "Right, and proved",
    "equal": "Right",
    "different": "Not right",
    "undecided": "Not decided",
    "not understood": "Not understood",
}


SHOWN = 40
"""How many numbers of a witness are printed."""


LANGUAGES = ("text", "json", "latex", "markdown", "html")


def report(verdict: Verdict, language: str = "text") -> str:
    """The verdict in a language: text, json, latex (the body of a document), markdown or html (a fragment).

    Raises SymnetError for another language.
    """
    if language == "json":
        return json.dumps(as_dict(verdict), ensure_ascii=False, indent=2) + "\n"
    if language == "html":
        return html(blocks(verdict))
    if language not in LANGUAGES:
        raise unknown("format", language, LANGUAGES)
    return write(blocks(verdict), language)


def blocks(verdict: Verdict) -> list[Block]:
    """The verdict as blocks: headline, reading, witness, diagnosis, assumptions, and how it was decided."""
    names = verdict.names
    out: list[Block] = [Heading(HEADLINES[verdict.status]), Paragraph(_message(verdict, names))]
    if verdict.reading is not None:
        out.append(Note("Read as", (verdict.reading,)))
    if verdict.alternatives:
        out += [Note(f"Reading {k}", (shown,)) for k, shown in enumerate(verdict.alternatives, 1)]
    if verdict.diagnosis is not None and (rows := chains(verdict.diagnosis, names)):
        out.append(Formulas(rows))
    if verdict.counterexample:
        out.append(Paragraph(("Numbers on which it fails:",)))
        out.append(Table(("quantity", "value"), verdict.counterexample))
    if verdict.assumptions:
        out.append(Note("Assuming", ("; ".join(verdict.assumptions),)))
    if (proof := verdict.proof) is not None:
        bound = f", error bound {proof.error_bound:.1e}" if proof.error_bound else ""
        counts = f", for n = {', '.join(map(str, proof.sample_counts))}" if proof.sample_counts else ""
        out.append(Note("Method", (f"{proof.method}{bound}{counts}; seed {verdict.seed}",)))
    return out


def _message(verdict: Verdict, names: Names) -> tuple[Part, ...]:
    """The message, with the mathematics of the diagnosis as mathematics, below a headline that says the verdict."""
    diagnosis, message = verdict.diagnosis, verdict.message
    parts: tuple[Part, ...] = () if diagnosis is None else explanation(diagnosis, names)
    if parts and message.endswith(plain(parts)):
        before = message.removesuffix(plain(parts)).removeprefix("Not right. ")
        return (before, *parts) if before else parts
    return (message,)


def witness_rows(witness: Witness, asked: Target, names: Names) -> tuple[tuple[Part, Part], ...]:
    """The numbers of a witness, one a row, and at the end what the derivative and the answer come to."""
    if witness.sizes.get("n", 1) > 1:
        names = Names(names.network, names.notation.with_samples_marked(names.network.depth))
    rows: list[tuple[Part, Part]] = [
        (names.element(of, index), str(value)) for of, index, value in witness.values[:SHOWN]
    ]
    if len(witness.values) > SHOWN:
        rows.append(("…", f"{len(witness.values) - SHOWN} more"))
    places = iter(witness.index)
    index = tuple(next(places) if isinstance(i, Axis) else i for i in asked.index)
    left = names.derivative(names.element(asked.tensor, index))
    return (*rows, (left, witness.truth), ("the answer", witness.answer))


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values under stable names."""
    diagnosis = verdict.diagnosis
    names = verdict.names
    proof = verdict.proof
    found: dict[str, Any] | None = None
    if diagnosis is not None:
        rows = chains(diagnosis, names)
        found = {
            "kind": diagnosis.kind,
            "detail": diagnosis.detail,
            "place": diagnosis.place,
            "sentence": plain(explanation(diagnosis, names)),
            "should_be": latex(rows[0].right) if rows else None,
            "taken": latex(rows[1].right) if rows else None,
            "confirmed": diagnosis.confirmed,
        }
    return {
        "status": verdict.status,
        "right": verdict.right,
        "kind": verdict.kind,
        "message": verdict.message,
        "wrt": verdict.wrt,
        "answer": verdict.answer,
        "read_as": latex(verdict.reading) if verdict.reading is not None else None,
        "readings": [latex(shown) for shown in verdict.alternatives],
        "position": verdict.position,
        "diagnosis": found,
        "counterexample": [{"quantity": plain((a,)), "value": plain((b,))} for a, b in verdict.counterexample],
        "assumptions": list(verdict.assumptions),
        "method": proof.method if proof else None,
        "error_bound": proof.error_bound if proof else None,
        "sample_counts": list(proof.sample_counts) if proof else [],
        "seed": verdict.seed,
        "seconds": round(verdict.seconds, 4),
    }
