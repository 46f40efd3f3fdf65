"""A whole document against the networks that it speaks of."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from symnet.check.document import functions
from symnet.check.document.consistency import Written, normalisations, orientations, sample_indices
from symnet.check.document.costs import Known, family_of, recognised
from symnet.check.document.equations import LONGEST, Equation, equations
from symnet.check.document.findings import DocumentVerdict, Finding
from symnet.check.document.formulas import find
from symnet.check.document.judged import Context, Judged, Remark, Step
from symnet.check.document.judging import chain
from symnet.check.document.numbers import Given, given
from symnet.check.document.repairs import Slip, slips
from symnet.check.document.shown import side_shown
from symnet.check.document.sides import Subject
from symnet.check.document.source import load
from symnet.check.document.tex import Macro, macros
from symnet.check.document.updates import update
from symnet.check.read.network_file import load_check_network
from symnet.check.read.symbols import Vocabulary
from symnet.check.read.tokens import FUNCTIONS, GREEK
from symnet.costs import COSTS
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.render.display import Node
from symnet.render.document import Part

SECONDS = 120.0
"""How long a document may take; what is not looked at by then is left open."""

MAX_NETWORKS = 12

SAID = ("other_cost", "element")
"""Remarks that say why a step is neither right nor wrong."""

LABELS = frozenset({*functions.ALIASES, *(name.replace("_", join) for name in COSTS for join in " -")})
"""What a plain line may call an expression that is no equation."""


def check_document(document: str | Path, networks: Any, *, seed: int = 0, seconds: float = SECONDS) -> DocumentVerdict:
    """Every equation of a document that speaks of the networks: right, wrong, or not judged and why.

    ``document`` is the path of a Markdown, LaTeX or notebook file, or Markdown as text.  ``networks`` is a Network, a
    spec string, a network file, or several of them: in a list, or by name in a mapping.

    Raises SymnetError for a document or a network that cannot be read.
    """
    start = time.monotonic()
    subjects = tuple(subjects_of(networks))
    parts = load(document)
    words = frozenset(FUNCTIONS | GREEK | set(functions.ALIASES)).union(*(s.vocabulary.words for s in subjects))
    defined: dict[str, Macro] = {}
    for part in parts:
        defined |= macros(part.text)
    found = equations(find(parts, words, LABELS), defined, frozenset().union(*(s.vocabulary.words for s in subjects)))
    numbers = [g for e in found for s in subjects if (g := given(e, s)) is not None]
    run = _Run(subjects, Context(numbers, {}, seed), start + seconds)
    findings = [f for equation in found for f in run.findings(equation)]
    findings += normalisations(run.costs)
    findings += orientations(numbers, run.judged, len(subjects) > 1, run.wrong)
    name = "the document" if isinstance(document, str) and "\n" in document else Path(document).name
    ordered = sorted(findings, key=lambda f: f.place)
    return DocumentVerdict(name, tuple(s.name for s in subjects), tuple(ordered), seed, time.monotonic() - start)


def subjects_of(networks: Any) -> Iterator[Subject]:
    """The declared networks with their names.  Raises SymnetError where there are none, or too many."""
    if isinstance(networks, (str, Path, Network, Subject)):
        networks = [networks]
    pairs = list(networks.items()) if isinstance(networks, Mapping) else [("", one) for one in networks]
    if not 1 <= len(pairs) <= MAX_NETWORKS:
        raise SymnetError(f"{len(pairs)} networks were given, expected 1 to {MAX_NETWORKS}")
    for name, one in pairs:
        if isinstance(one, Subject):
            yield one
        elif isinstance(one, Network):
            yield Subject(name or one.spec, one, Vocabulary(one))
        elif str(one).endswith(".toml"):
            network, vocabulary = load_check_network(one)
            yield Subject(name or Path(one).stem, network, vocabulary)
        else:
            network = Network(str(one))
            yield Subject(name or str(one), network, Vocabulary(network))


class _Run:
    """The equations of one document, judged one after another."""

    def __init__(self, subjects: Sequence[Subject], context: Context, deadline: float) -> None:
        self.subjects, self.context, self.deadline = subjects, context, deadline
        self.judged: list[tuple[Equation, Judged]] = []
        self.costs: list[Written] = []
        self.given: dict[int, list[Given]] = {}
        for one in context.numbers:
            self.given.setdefault(one.equation.number, []).append(one)

    def findings(self, equation: Equation) -> Iterator[Finding]:
        """What there is to say about one equation."""
        if time.monotonic() > self.deadline:
            if len(equation.members) > 1:
                yield self.finding(equation, "open", "other", "time", ("there was no time left for it",))
            return
        if equation.long:
            said = f"it has more than {LONGEST:,} characters"
            yield self.finding(equation, "open", "other", "long", (said,))
            return
        if equation.number in self.given:
            names = tuple(dict.fromkeys(g.subject.name for g in self.given[equation.number]))
            yield self.finding(equation, "given", "numbers", "given", (), network=", ".join(names))
            return
        if len(equation.members) == 1:
            yield from self.expression(equation)
            return
        if any(member.relation in ("←", "→") for member in equation.members):
            judged = self.rule(equation)
            if judged is not None:
                self.judged.append((equation, judged))
                yield from self.told(equation, judged, None)
            return
        judged = self.best(equation)
        slip = None
        if not judged.perfect and not judged.false:
            slip, judged = self.with_slip(equation, judged)
        judged = _in_its_sentence(equation, judged)
        self.judged.append((equation, judged))
        yield from self.told(equation, judged, slip)

    def best(self, equation: Equation) -> Judged:
        """The equation in the network of which it says most."""
        found = [j for s in self.subjects if (j := update(equation, s, self.context)) is not None]
        if not found and (one := functions.definition(equation, self.subjects, self.context)) is not None:
            found = [one]
        if not any(j.known for j in found):
            found += [chain(equation, s, self.context) for s in self.subjects]
        best = max(found, key=lambda j: j.rank)
        return (self.under_another_cost(equation, best) or best) if best.false else best

    def rule(self, equation: Equation) -> Judged | None:
        """What is assigned, w ← w − η∇C or w → w′ = w − η∇C; None for an arrow that is none of these."""
        *first, new, value = equation.members
        if len(first) > 1 or (first and new.relation != "→"):
            return None
        pair = equation if not first else replace(equation, members=(replace(new, relation=""), value))
        found = [j for s in self.subjects if (j := update(pair, s, self.context)) is not None]
        if not found:
            arrow = value.relation == "←"
            return Judged(None, "update", reason="this is no step of gradient descent") if arrow else None
        best = max(found, key=lambda j: j.rank)
        steps = tuple(replace(step, member=step.member + len(first)) for step in best.steps)
        return replace(best, steps=steps)

    def under_another_cost(self, equation: Equation, judged: Judged) -> Judged | None:
        """The equation, if it is right for a cost that the document itself gave before."""
        for written in reversed(self.costs):
            network, subject = written.known.network, judged.subject
            if subject is None or not written.is_equation or written.known.single:
                continue
            if network.layers != subject.network.layers or network.cost == subject.network.cost:
                continue
            other = Subject(subject.name, network, Vocabulary(network, subject.vocabulary.names))
            found = chain(equation, other, self.context)
            if found.perfect:
                where = written.equation.place(written.member)
                message = ("right for the cost ", written.known.shown, f" of {where}, not for the network's file")
                return replace(found, subject=subject, cost=Remark("other_cost", message))
        return None

    def with_slip(self, equation: Equation, judged: Judged) -> tuple[Slip | None, Judged]:
        """An equation that cannot be read as it is, if it is right with one slip mended."""
        for subject in self.subjects:
            for slip in slips(equation, subject):
                mended = self.best(slip.equation)
                if mended.known:
                    return slip, mended
        return None, judged

    # -- one expression, no equation ----------------------------------------------------------------------

    def expression(self, equation: Equation) -> Iterator[Finding]:
        """An expression that stands alone: an activation by its name, or a cost."""
        judged = functions.labelled(equation, self.subjects, self.context)
        if judged is not None:
            self.judged.append((equation, judged))
            yield from self.told(equation, judged, None)
            return
        (member,) = equation.members
        if len(member.text) < 5 or not re.search(r"sum|[Σ∑]|\^|ln|log", member.text):
            return
        for subject in self.subjects:
            known = recognised(member.text, subject, equation.formula.syntax)
            if known is None:
                continue
            self.costs.append(Written(equation, 0, known, subject))
            remark = sample_indices(equation, member, subject)
            if remark is not None:
                yield remark
            if equation.formula.label:
                yield self.finding(equation, "right", "cost", "", (known.name,))
            return

    # -- what is told ----------------------------------------------------------------------

    def told(self, equation: Equation, judged: Judged, slip: Slip | None) -> Iterator[Finding]:
        """The findings of a judged equation."""
        network = judged.subject.name if judged.subject is not None and len(self.subjects) > 1 else ""
        if slip is not None:
            yield self.of_slip(equation, judged, slip, network)
        for step in judged.steps:
            for remark in step.remarks:
                if remark.code != "convention":
                    place = (
                        equation.place(step.member) if remark.offset is None else self.place(equation, remark.offset)
                    )
                    yield Finding(
                        "remark", step.kind, remark.code, place, equation.text, remark.message, network=network
                    )
        self.gather_costs(equation, judged)
        if judged.subject is not None:
            held = [equation.members[step.member] for step in judged.steps if step.holds]
            notes = (sample_indices(equation, member, judged.subject) for member in held)
            yield from [note for note in notes if note is not None][:1]
        if judged.false:
            for step in judged.false:
                yield self.wrong(equation, step, judged)
        elif any(step.strict for step in judged.steps):
            return  # by another convention: what that means is said when all is known
        elif judged.cost is not None:
            yield self.finding(equation, "remark", judged.kind, judged.cost.code, judged.cost.message, network=network)
        elif judged.perfect and slip is None:
            yield self.finding(equation, "right", judged.kind, "", _how_far(judged), network=network)
        elif slip is None and not any(r.code in SAID for s in judged.steps for r in s.remarks):
            code = "open" if judged.read else "unrelated"
            yield self.finding(
                equation, "open", judged.kind, code, _why(judged), network=network if judged.read else ""
            )

    def gather_costs(self, equation: Equation, judged: Judged) -> None:
        """Remember a cost that is written down, with its normalisation."""
        subject = judged.subject
        if subject is None or judged.kind != "cost" or judged.cost is not None:
            return
        for step in judged.steps:
            known: Known | None = None
            if step.holds and step.kind == "cost":
                known = family_of(subject.network)
            elif step.code == "other_cost":
                known = recognised(equation.members[step.member].text, subject, equation.formula.syntax)
            if known is not None:
                self.costs.append(Written(equation, step.member, known, subject))
                return

    def of_slip(self, equation: Equation, judged: Judged, slip: Slip, network: str) -> Finding:
        """A line that is right but for one slip."""
        step = next((s for s in judged.steps if s.verdict is not None), None)
        what = {"stray_d": "a d too many after ∂", "missing_del": "a ∂ is missing below the bar"}[slip.code]
        side = "left" if slip.member == 0 else "right"
        parts: list[Part] = [f"there is {what}" if slip.code == "stray_d" else what, f": the {side} side must be "]
        mended = slip.equation.members[slip.member].text.strip()
        shown = _shown(slip, judged)
        parts.append(shown if shown is not None else mended)
        if slip.member == 0 and judged.known and not judged.false:
            parts.append("; the right side is right")
        return Finding(
            "wrong", judged.kind, slip.code, self.place(equation, slip.offset), equation.text, tuple(parts),
            item=equation.written(slip.member), network=network, should_be=shown,
            verdict=step.verdict if step else None,
        )  # fmt: skip

    def wrong(self, equation: Equation, step: Step, judged: Judged) -> Finding:
        """A step that does not hold."""
        network = judged.subject.name if judged.subject is not None and len(self.subjects) > 1 else ""
        place = equation.place(step.member) if step.offset is None else self.place(equation, step.offset)
        return Finding(
            "wrong", step.kind, step.code, place, equation.text, step.message,
            item=step.item or equation.written(step.member), network=network, should_be=step.should_be,
            counterexample=step.counterexample, verdict=step.verdict,
        )  # fmt: skip

    def place(self, equation: Equation, offset: int) -> Any:
        """Line and column of a character of an equation."""
        return equation.formula.part.place(offset)

    def finding(
        self, equation: Equation, status: Any, kind: str, code: str, message: tuple[Part, ...], network: str = ""
    ) -> Finding:
        """A finding about a whole equation."""
        network = network if len(self.subjects) > 1 else ""
        return Finding(status, kind, code, equation.place(), equation.text, message, network=network)


def _shown(slip: Slip, judged: Judged) -> Node | None:
    """The mended side as mathematics."""
    if judged.subject is None:
        return None
    return side_shown(slip.equation.members[slip.member].text, judged.subject, slip.equation.formula.syntax)


def _how_far(judged: Judged) -> tuple[Part, ...]:
    held = sum(step.holds is True for step in judged.steps)
    said = "right" if held == 1 else f"right in {held} steps"
    return (f"{said}: {judged.about}" if judged.about else said,)


def _why(judged: Judged) -> tuple[Part, ...]:
    """Why an equation is not judged, or not as a whole."""
    told = next((step.message for step in judged.steps if step.message), None)
    message: tuple[Part, ...] = told if told is not None else (judged.reason or "there is nothing to compare",)
    held = sum(step.holds is True for step in judged.steps)
    return (f"{held} of {judged.members - 1} steps right; ", *message) if held else message


_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|suppose|supposing|assume|assuming|provided|until|once|falls|wenn)\b[^.;:]*$", re.I
)
_TAKEN_BACK = re.compile(
    r"\b(?:wrong|wrongly|incorrect|incorrectly|mistake|mistakenly|erroneous|erroneously|false|falsely|not the same as"
    r"|not equal to|instead of|rather than|misprint|slip)\b[^.;]*$",
    re.I,
)


_ZERO = re.compile(r"[{(\s]*(?:0|\\(?:mathbf|boldsymbol|vec|bm)\s*\{?\s*0\s*\}?)[)}\s]*")


def _in_its_sentence(equation: Equation, judged: Judged) -> Judged:
    """What does not hold in a sentence that makes it a condition, or calls it wrong itself, is left open."""
    reason = ""
    if equation.wanted or equation.conditional or equation.listing:
        reason = "it is stated under a condition"
    elif not equation.formula.display and _CONDITION.search(equation.formula.before):
        reason = "its sentence makes it a condition"
    elif _TAKEN_BACK.search(equation.formula.before):
        reason = "its sentence says that it is not so"
    elif any(_ZERO.fullmatch(member.text) for member in equation.members[1:]):
        reason = "set to zero: an equation to be solved, not a value"
    if not reason or not judged.false:
        return judged
    steps = tuple(replace(s, holds=None, message=(reason,)) if s.holds is False else s for s in judged.steps)
    return replace(judged, steps=steps)
