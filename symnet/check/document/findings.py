"""What was found out about a document: findings, each with its place, and all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from symnet.check.document.passages import Place
from symnet.check.verdict import Verdict
from symnet.render.display import Node
from symnet.render.document import Part

Status = Literal["wrong", "remark", "right", "given", "open"]
"""``given`` is a number that the document gives, ``open`` what could not be judged."""

Evidence = tuple[tuple[Part, Part], ...]


@dataclass(frozen=True)
class Finding:
    """One equation, or one place of it, judged.

    ``kind`` says what sort of statement it is (definition, derivative, cost, activation, numbers, update, identity,
    weights), ``code`` what is wrong or remarkable, both stable.  ``item`` is the piece that is meant, as it is written,
    ``place`` where it begins; ``text`` is the whole equation.  ``should_be`` is what would be right.
    """

    status: Status
    kind: str
    code: str
    place: Place
    text: str
    message: tuple[Part, ...]
    item: str = ""
    network: str = ""
    should_be: Node | None = None
    counterexample: Evidence = ()
    verdict: Verdict | None = None
    also: tuple[Place, ...] = ()


@dataclass(frozen=True)
class DocumentVerdict:
    """What ``check_document`` returns: every finding, in the order of the document."""

    name: str
    networks: tuple[str, ...]
    findings: tuple[Finding, ...]
    seed: int = 0
    seconds: float = 0.0

    @property
    def right(self) -> bool | None:
        """False if something is wrong, None if nothing could be judged."""
        if self.wrong:
            return False
        return True if any(f.status == "right" for f in self.findings) else None

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is wrong."""
        return self.of("wrong")

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What is not wrong, but should be looked at."""
        return self.of("remark")

    def of(self, status: Status) -> tuple[Finding, ...]:
        """The findings of one status."""
        return tuple(f for f in self.findings if f.status == status)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings there are of each status."""
        return Counter(f.status for f in self.findings)

    @property
    def message(self) -> str:
        """The outcome in a sentence."""
        counts = self.counts
        judged, other = counts["right"] + counts["wrong"], sum(f.code == "unrelated" for f in self.findings)
        unread = counts["open"] - other
        rest = f"; {unread} could not be judged" if unread else ""
        rest += f"; {other} speak of something else" if other else ""
        if not judged:
            return f"Nothing in it could be judged{rest}."
        wrong = "nothing is wrong" if not counts["wrong"] else f"{counts['wrong']} wrong"
        return f"{judged} judged, {wrong}{rest}."

    def report(self, language: str = "text") -> str:
        """The findings as text, json, latex (the body of a document), markdown or html (a fragment)."""
        from symnet.check.document.report import report

        return report(self, language)

    def _repr_markdown_(self) -> str:
        return self.report("markdown")

    def as_dict(self) -> dict[str, Any]:
        """The findings as plain values under stable names."""
        from symnet.check.document.report import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        return self.message
