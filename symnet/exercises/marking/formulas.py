"""A formula as an answer, or the derivation that leads to it: the last member counts, and every step has to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symnet.check.derivations import check_derivation, rows_of
from symnet.check.explain.sentences import explanation
from symnet.check.read.symbols import Target, target
from symnet.check.verdict import Verdict, check
from symnet.exercises.variant import Formula
from symnet.render.document import Part as Piece

MOST_STEPS = 8
"""Of longer derivations only the result is looked at."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A formula judged; a wrong one with the slip that leads to it and where it was made."""

    status: Literal["right", "wrong", "undecided", "not understood"]
    verdict: Verdict
    message: str = ""
    kind: str | None = None
    detail: str | None = None
    place: tuple[Piece, ...] = ()


def judged(answer: Formula, text: str) -> Judged:
    """The formula, or the derivation, as an answer."""
    members = [member for row in rows_of(text) for member in row if member.text]
    if len(members) <= 2:
        found = _one(answer, members[-1].text if len(members) == 1 else text)
        if len(members) < 2 or found.status != "not understood":
            return found
    last = _one(answer, members[-1].text)
    if last.status not in ("right", "wrong") or len(members) > MOST_STEPS or isinstance(answer.wrt, Target):
        return last
    steps = check_derivation(answer.network, answer.wrt, text, names=answer.names)
    false = steps.first_false
    if false is None:
        return last
    number = steps.steps.index(false) + 1
    if last.status == "right":
        message = f"Not decided: the result is right, but step {number} of the way to it does not hold."
        return Judged("undecided", last.verdict, message)
    slip = _slip(false.verdict) if false.verdict.status == "different" else last
    where = f"Step {number} is the first that does not hold. "
    return Judged("wrong", false.verdict, "", slip.kind, slip.detail, (where, *slip.place))


def _one(answer: Formula, text: str) -> Judged:
    """One formula: the derivative, or ∂C/∂w and what it is equal to."""
    verdict = check(answer.network, answer.wrt, text, names=answer.names)
    if not verdict.right and (whole := _as_a_whole(answer, verdict)) is not None:
        other = check(answer.network, whole, text, names=answer.names)
        verdict = other if other.right else verdict
    match verdict.status:
        case "proved" | "equal":
            return Judged("right", verdict)
        case "different":
            return _slip(verdict)
        case "undecided" | "not understood" as status:
            return Judged(status, verdict, verdict.message)


def _slip(verdict: Verdict) -> Judged:
    diagnosis = verdict.diagnosis
    if diagnosis is None or diagnosis.detail in ("ambiguous", "shape"):
        detail = diagnosis.detail if diagnosis else None
        return Judged("wrong", verdict, "", verdict.kind or "other", detail, (verdict.message,))
    place = explanation(diagnosis, verdict.names)
    return Judged("wrong", verdict, "", verdict.kind or "other", diagnosis.detail, place)


def _as_a_whole(answer: Formula, verdict: Verdict) -> Target | None:
    """The quantity as a matrix, where it is asked for by its elements: a right matrix is right."""
    asked = verdict.asked
    if asked is None or len(asked.letters) != len(asked.tensor.axes) or len(asked.letters) < 2 or asked.layers:
        return None
    if asked.tensor not in answer.network.parameters:
        return None
    return target(answer.network, asked.tensor.name, asked.vocabulary)
