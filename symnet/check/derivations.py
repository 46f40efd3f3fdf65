r"""A derivation of several steps: ``A = B = C``, or the lines of an ``align``.

Every member is compared with the one before it and with the derivative.  The first step that does not hold is named;
what comes after it is judged on its own, for it may follow from a line that is already wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from symnet.check.decide.decide import decide
from symnet.check.read.latex import parse_latex
from symnet.check.read.reading import Syntax
from symnet.check.read.symbols import Target, Vocabulary, target
from symnet.check.read.syntax import NotUnderstood, Symbol
from symnet.check.verdict import SECONDS, Verdict, check
from symnet.errors import SymnetError
from symnet.network import Network

Holds = Literal["holds", "fails", "undecided", "not understood"]


@dataclass(frozen=True, slots=True)
class Member:
    """One side of an equality: its text, the line that it stands on (from 1), and its column there."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Step:
    """A member with its verdict, and whether it follows from the member ``after`` (None: the derivative itself)."""

    member: Member
    verdict: Verdict
    holds: Holds
    after: Member | None
    message: str


@dataclass(frozen=True, slots=True)
class DerivationVerdict:
    """The steps of a derivation; ``first_false`` is the first that does not hold."""

    network: Network
    wrt: str
    steps: tuple[Step, ...]

    @property
    def first_false(self) -> Step | None:
        """The first step that does not hold, or None."""
        return next((step for step in self.steps if step.holds == "fails"), None)

    @property
    def right(self) -> bool | None:
        """Whether every step holds and the last member is the derivative; None where something is not known."""
        if self.first_false is not None:
            return False
        known = all(step.holds == "holds" for step in self.steps)
        return self.steps[-1].verdict.right if known and self.steps else None

    @property
    def message(self) -> str:
        """One or two sentences for a student."""
        false = self.first_false
        if false is not None:
            return f"The step in line {false.member.line} is the first that does not hold. {false.verdict.message}"
        if self.right:
            return f"Every step holds ({len(self.steps)} in all)."
        return next((s.message for s in self.steps if s.holds != "holds"), "There is nothing to check.")

    def text(self) -> str:
        """The report, a line a step."""
        rows = [f"{s.member.line}: {s.member.text}\n   {s.message}" for s in self.steps]
        return "\n".join([self.message, *rows]) + "\n"


def check_derivation(
    network: Network,
    wrt: str | None,
    derivation: str,
    *,
    syntax: Syntax = "auto",
    names: Mapping[str, str] | Vocabulary | None = None,
    seed: int = 0,
) -> DerivationVerdict:
    """Every step of a derivation of ∂C/∂wrt; a line that begins with ``∂C/∂… =`` says itself of what.

    Raises SymnetError when it is not said what the derivative is by.
    """
    vocabulary = names if isinstance(names, Vocabulary) else Vocabulary(network, names or {})
    current = wrt
    steps: list[Step] = []
    for row in rows_of(derivation):
        members = [m for m in row if m.text]
        subject = _subject(row[0].text, network, vocabulary)
        if subject is not None and not subject[1]:
            continue  # the definition of a quantity, not a derivative of the cost
        if subject is not None:
            left = subject[0]
            current, members = (wrt if wrt and _same(left, wrt, network, vocabulary) else left), members[1:]
        if current is None:
            raise SymnetError("the derivation does not say by what the cost is differentiated; give wrt")
        for member in members:
            verdict = check(network, current, member.text, syntax=syntax, names=vocabulary, seed=seed)
            earlier = [s for s in steps if s.verdict.wrt == current and s.verdict.status != "not understood"]
            steps.append(_step(member, verdict, earlier, vocabulary, seed))
    return DerivationVerdict(network, wrt or current or "", tuple(steps))


def _step(member: Member, verdict: Verdict, earlier: Sequence[Step], names: Vocabulary, seed: int) -> Step:
    before = earlier[-1] if earlier else None
    after = before.member if before else None
    if verdict.status == "not understood":
        return Step(member, verdict, "not understood", after, verdict.message)
    if before is None:
        holds: Holds = {True: "holds", False: "fails", None: "undecided"}[verdict.right]  # type: ignore[assignment]
        return Step(member, verdict, holds, None, verdict.message)
    where = f"line {before.member.line}"
    mine, theirs = verdict.right, before.verdict.right
    if mine and theirs:
        return Step(member, verdict, "holds", after, f"Follows from {where}, and is right.")
    if mine is not None and theirs is not None and mine != theirs:
        regained = f" It is right all the same, but does not follow from {where}." if mine else ""
        return Step(
            member, verdict, "fails", after, (verdict.message if not mine else "This step does not hold.") + regained
        )
    status = _equal(before.verdict, verdict, names, seed)
    if status is None:
        return Step(member, verdict, "undecided", after, f"Not decided whether this follows from {where}.")
    if status:
        return Step(member, verdict, "holds", after, f"Follows from {where}, which is already wrong.")
    return Step(member, verdict, "fails", after, f"Does not follow from {where}. {verdict.message}")


def _equal(first: Verdict, second: Verdict, names: Vocabulary, seed: int) -> bool | None:
    """Whether two answers to the same question are equal, right or not."""
    if first.expr is None or second.expr is None:
        return None
    asked = target(first.network, first.wrt, names).concrete()[0]
    axes = tuple(dict.fromkeys((*asked.axes, *first.expr.axes, *second.expr.axes)))
    status = decide(first.network, first.expr, second.expr, axes, seed=seed, seconds=SECONDS).status
    return None if status == "undecided" else status != "different"


# -- taking the text apart ---------------------------------------------------------------------------------------------

_ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|split|eqnarray|multline)\*?\}|\$\$?|\\[\[\]]"
)
_RELATION = re.compile(r"\\(?:overset|stackrel)\{[^{}]*\}\{=\}")


def rows_of(derivation: str) -> Iterator[list[Member]]:
    r"""The members of every line, taken apart at ``=`` outside of brackets; an empty first one continues the last line.

    Lines end at a line break and at ``\\``.
    """
    text = _ENVIRONMENT.sub(lambda m: " " * len(m[0]), derivation)
    text = _RELATION.sub(lambda m: "=".ljust(len(m[0])), text)
    line = 0
    for raw in re.split(r"\n|\\\\(?:\[[^\]]*\])?", text):
        if raw.strip(" \t&.,;"):
            line += 1
            yield [Member(part.strip(" \t&,;"), line, column) for part, column in _members(raw)]


def _members(row: str) -> Iterator[tuple[str, int]]:
    depth, start = 0, 0
    for k, character in enumerate(row):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif (
            character == "="
            and depth == 0
            and row[k - 1 : k] not in ("<", ">", "!", "=", ":")
            and row[k + 1 : k + 2] != "="
        ):
            yield row[start:k], start + 1
            start = k + 1
    yield row[start:], start + 1


_PARTIAL = re.compile(
    r"\s*\\[dt]?frac\s*\{\s*(?:\\partial|d)\s*[A-Z](?:\([^()]*\))?\s*\}\s*\{\s*(?:\\partial|d)\s*(?P<wrt>.+)\}\s*"
    r"|\s*d[A-Z]\s*/\s*d(?P<plain>[A-Za-z_0-9]+)\s*"
)


def _subject(text: str, network: Network, names: Vocabulary) -> tuple[str, bool] | None:
    """The quantity on a left side, and whether what is meant is ∂C/∂(it): written so, or by a name such as δ."""
    match = _PARTIAL.fullmatch(text)
    wrt = (match["wrt"] or match["plain"]).strip() if match else text.strip()
    try:
        found = target(network, wrt, names).concrete()[0]
        symbol = parse_latex(wrt, names.words)
    except (SymnetError, NotUnderstood):
        return None
    if match or not isinstance(symbol, Symbol):
        return wrt, match is not None
    return wrt, any(m.tensor is not None and m.tensor.role == "adjoint" for m in names.matches(symbol, found.labels))


def _same(first: str, second: str, network: Network, names: Vocabulary) -> bool:
    def place(wrt: str) -> tuple[object, object]:
        found: Target = target(network, wrt, names)
        return found.tensor, found.index

    return first == second or place(first) == place(second)
