"""One answer checked: read, compared with the derivation, and diagnosed where it is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from symnet.algebra.expressions import Axis, Expr
from symnet.check.decide.decide import Decision, decide
from symnet.check.explain.diagnose import Diagnosis, diagnose
from symnet.check.explain.sentences import explanation, plain
from symnet.check.kept import Kept
from symnet.check.read.reading import Reading, Syntax, read, read_layers
from symnet.check.read.symbols import Target, Vocabulary, target, vocabulary_of
from symnet.check.report import as_dict, report, witness_rows
from symnet.check.user_names import names_of
from symnet.network import Input, Network
from symnet.notation.names import Names
from symnet.render.display import Node
from symnet.render.document import Part

Status = Literal["proved", "equal", "different", "undecided", "not understood"]

SECONDS = 2.0
"""How long one answer may take in all."""

SPARE = 0.3
"""What is left of that for what cannot be interrupted."""

ENOUGH = 3
"""An answer for all layers that is wrong in so many is looked at in no more of them."""

CONFIRMING = 0.5
"""How long one explanation may take to be confirmed."""

DIAGNOSING = 0.3
"""With less time left a wrong answer stays without a diagnosis."""

WIDEST = 8
"""Wider networks are not looked at with all layers of one width."""

ORIENTED = frozenset({"transposed", "weight_transposed", "indices_exchanged"})
"""Slips that are a wrong index in an answer by elements, and a transposition in one by matrices."""

ORDER = ("proved", "equal", "undecided", "different", "not understood")
"""Of several layers the last of these counts."""


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer.

    ``right`` is True (proved, or equal up to ``error_bound``), False, or None where nothing could be decided.
    ``reading`` is what the answer was read as, ``alternatives`` the readings between which it does not choose.
    ``counterexample`` is a table of (quantity, value) at which the answer fails, both sides last.
    """

    network: Network
    wrt: str
    answer: str
    status: Status
    message: str = ""
    reading: Node | None = None
    alternatives: tuple[Node, ...] = ()
    position: int | None = None
    diagnosis: Diagnosis | None = None
    counterexample: tuple[tuple[Part, Part], ...] = ()
    assumptions: tuple[str, ...] = ()
    proof: Proof | None = None
    layer: int | None = None
    seed: int = 0
    seconds: float = 0.0
    expr: Expr | None = field(default=None, repr=False, compare=False)
    asked: Target | None = field(default=None, repr=False, compare=False)

    @property
    def names(self) -> Names:
        """What the quantities are called in reports."""
        return names_of(self.network, self.asked)

    @property
    def right(self) -> bool | None:
        """Whether the answer is right, or None where that is not known."""
        return {"proved": True, "equal": True, "different": False}.get(self.status)

    @property
    def kind(self) -> str | None:
        """The stable code of what went wrong, for teachers; None for an answer that is not wrong."""
        if self.status != "different":
            return None
        return self.diagnosis.kind if self.diagnosis else "other"

    def report(self, language: str = "text") -> str:
        """The verdict as text, json, latex, markdown or html."""
        return report(self, language)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain values under stable names."""
        return as_dict(self)

    def _repr_markdown_(self) -> str:
        return self.report("markdown")

    def _repr_latex_(self) -> str:
        from symnet.render.latex import words

        return f"$$\n{words(self.message)}\n$$"

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Proof:
    """How the answer was decided: the method, the probability of an error, the numbers of samples tried."""

    method: str
    error_bound: float | None = None
    sample_counts: tuple[int, ...] = ()


class _Written(NamedTuple):
    """An answer as it was written."""

    answer: str
    syntax: Syntax
    names: Vocabulary


def check(
    network: Network,
    wrt: str | Target,
    answer: str,
    *,
    syntax: Syntax = "auto",
    names: Mapping[str, str] | Vocabulary | None = None,
    seed: int = 0,
) -> Verdict:
    """Whether ``answer`` is ∂C/∂wrt.

    ``wrt`` is written as in the network's notation (``w_1``, ``W^{(1)}``, ``w^l_{jk}``, ``delta^l``): a generic layer
    stands for every layer that has such a quantity, and the answer must be right in each.  ``names`` is the
    ``[names]`` table of the network's file.  A target that is read already may stand for ``wrt``.

    Raises SymnetError when ``wrt`` names nothing that the cost depends on.
    """
    start = time.perf_counter()
    vocabulary = names if isinstance(names, Vocabulary) else vocabulary_of(network, names or {})
    asked = wrt if isinstance(wrt, Target) else target(network, wrt, vocabulary)
    written = _Written(answer, syntax, vocabulary)
    found: list[Verdict] = []
    for one, reading in read_layers(network, answer, asked, syntax=syntax, names=vocabulary):
        left = SECONDS - SPARE - (time.perf_counter() - start)
        found.append(_checked(network, one, reading, written, seed, left))
        if sum(v.status == "different" for v in found) == ENOUGH:
            break
    out = _together(found)
    if len(found) > 1 and out.right is False:
        out = replace(out, message=f"In layer {out.layer}: {out.message[0].lower()}{out.message[1:]}")
    return replace(out, wrt=asked.wrt, seconds=time.perf_counter() - start)


def _together(found: Sequence[Verdict]) -> Verdict:
    """The verdict over all layers: the worst one, with the diagnosis on which they agree."""
    worst = max(found, key=lambda v: ORDER.index(v.status))
    if worst.status != "different":
        return worst
    wrong = [v for v in found if v.status == "different"]
    placed = [v for v in wrong if v.diagnosis is not None and v.diagnosis.detail != "ambiguous"]
    if len({v.kind for v in placed}) != 1:
        return replace(wrong[0], diagnosis=None) if len(placed) > 1 else wrong[0]
    return placed[0]


def _checked(
    network: Network, asked: Target, reading: Reading, written: _Written, seed: int, seconds: float
) -> Verdict:
    start = time.perf_counter()
    blank = Verdict(network, asked.wrt, written.answer, "undecided", seed=seed, layer=asked.tensor.layer, asked=asked)
    blank = replace(blank, reading=reading.shown, alternatives=reading.alternatives, expr=reading.expr)
    if reading.status in ("not understood", "ambiguous"):
        message = f"Not understood: {reading.message}."
        return replace(blank, status="not understood", message=message, position=reading.position)
    if seconds <= 0.05:
        return replace(blank, message="There was no time left to decide.")
    if reading.circular:
        message = "The answer names the derivative that is asked for; write it in other quantities."
        return replace(blank, status="not understood", message=message)

    def remaining() -> float:
        return seconds - (time.perf_counter() - start)

    if reading.status == "shape":
        diagnosis = _of_shape(network, asked, reading, written, seed, remaining)
        message = f"Not right, for the shape does not fit: {reading.message}."
        return _wrong(replace(blank, status="different", message=message), diagnosis)
    assert reading.expr is not None
    decision = decide(network, asked.truth, reading.expr, asked.axes, seed=seed, seconds=remaining())
    blank = replace(
        blank,
        status=decision.status,
        assumptions=(*reading.assumed, *decision.assumptions),
        proof=Proof(decision.method, decision.error_bound, decision.sample_counts),
        message=_said(decision),
    )
    if decision.status != "different":
        return blank
    if decision.witness is not None:
        blank = replace(blank, counterexample=witness_rows(decision.witness, asked, blank.names))
    return _wrong(blank, _diagnosed(network, asked, reading, seed, remaining))


def _diagnosed(
    network: Network, asked: Target, reading: Reading, seed: int, remaining: Callable[[], float]
) -> Diagnosis | None:
    """The slip that leads to the answer."""

    def deciding(_: Network, truth: Expr, answer: Expr, axes: tuple[Axis, ...]) -> str:
        if remaining() < 0.05:
            return "undecided"
        every = tuple(dict.fromkeys((*axes, *answer.axes)))
        return decide(network, truth, answer, every, seed=seed, seconds=min(remaining(), CONFIRMING)).status

    answer = reading.expr if reading.expr is not None else reading.transposed
    if answer is None or remaining() < DIAGNOSING:
        return None
    found = diagnose(
        network, asked.tensor, asked.index, answer, transposed=reading.transposed, decide=deciding, seed=seed,
        seconds=remaining(),
    )  # fmt: skip
    if found is None or found.detail not in ORIENTED:
        return found
    if asked.form == "matrix":
        return replace(found, kind="transpose")
    detail = "indices_exchanged" if found.detail == "transposed" else found.detail
    return replace(found, kind="wrong_index", detail=detail)


def _of_shape(
    network: Network, asked: Target, reading: Reading, written: _Written, seed: int, remaining: Callable[[], float]
) -> Diagnosis | None:
    """What leads to an answer of the wrong shape: a transposition, or a slip that layers of one width would hide."""
    found = _diagnosed(network, asked, reading, seed, remaining)
    if found is None:
        square = _squares.get(network, lambda: _square(network))
        names = vocabulary_of(square, written.names.names)
        there = target(square, asked.wrt, names).alike(asked) if _width(square) <= WIDEST else None
        if there is not None:
            again = read(square, written.answer, there, syntax=written.syntax, names=names)
            value = next((e for e in (again.expr, again.square, again.mapped) if e is not None), None)
            if value is not None:
                found = _diagnosed(square, there, replace(again, expr=value), seed, remaining)
    if found is None and reading.transposed is None:
        found = Diagnosis("transpose" if asked.form == "matrix" else "wrong_index", "shape")
    return found


_squares: Kept[Network] = Kept(16)


def _square(network: Network) -> Network:
    """The network with all layers of one width."""
    width = max(3, _width(network))
    return Network(
        network.inputs if network.inputs.units == 1 else Input(width),
        *(layer if layer.units == 1 else replace(layer, units=width) for layer in network.layers),
        cost=network.cost,
        regulariser=network.regulariser,
        samples=network.samples,
        notation=network.notation,
    )


def _width(network: Network) -> int:
    """Of its widest layer."""
    sizes = (network.inputs.units, *(layer.units for layer in network.layers))
    return max((size for size in sizes if isinstance(size, int)), default=1)


def _wrong(verdict: Verdict, diagnosis: Diagnosis | None) -> Verdict:
    """A wrong answer with what a student is told: the slip where one is known, else where it fails."""
    verdict = replace(verdict, diagnosis=diagnosis)
    if diagnosis is None or diagnosis.detail in ("ambiguous", "shape"):
        return verdict
    said = plain(explanation(diagnosis, verdict.names))
    return replace(verdict, message=f"Not right. {said}")


def _said(decision: Decision) -> str:
    match decision.status:
        case "proved":
            return "Right: the answer is the derivative, and this is proved."
        case "equal":
            return f"Right; the probability that this is an error is at most {decision.error_bound:.0e}."
        case "different":
            return "Not right: there are numbers on which the answer differs from the derivative."
    return f"Not decided: {decision.method}."
