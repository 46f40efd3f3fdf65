"""Where the formulas of a document are: what Markdown and LaTeX take for mathematics, and plain lines that are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from symnet.check.document import markdown, tex
from symnet.check.document.passages import Part, Passage, Place
from symnet.errors import SymnetError

MAX_FORMULAS = 3_000
Syntax = Literal["latex", "auto"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A formula within a text: where it begins and ends, and whether it stands on its own."""

    start: int
    stop: int
    display: bool
    environment: str = ""
    plain: bool = False


@dataclass(frozen=True)
class Formula:
    """A formula of the document, in order.

    ``label`` is what the line, or the cell of a table before it, calls it; ``before`` the sentence so far.
    ``section`` counts the headings above it.
    """

    number: int
    part: Part
    passage: Passage
    display: bool
    environment: str
    section: int
    label: str
    before: str
    syntax: Syntax

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.part.place(self.passage.start)


def find(parts: Sequence[Part], words: Collection[str], labels: Collection[str] = ()) -> tuple[Formula, ...]:
    """The formulas of all parts; ``words`` may occur in a plain line that is one, ``labels`` may stand before it.

    Raises SymnetError where there are too many.
    """
    found: list[Formula] = []
    sections = 0
    for part in parts:
        text = (tex if part.kind == "latex" else markdown).masked(part.text)
        headings = (tex if part.kind == "latex" else markdown).headings(text)
        stretches = sorted(_stretches(part, text, words, labels), key=lambda s: s.start)
        for stretch in stretches:
            if len(found) >= MAX_FORMULAS:
                raise SymnetError(f"the document has more than {MAX_FORMULAS:,} formulas; give a part of it")
            section = sections + sum(at <= stretch.start for at in headings)
            passage = part.passage(stretch.start, stretch.stop)
            if part.kind == "latex":
                passage = Passage(text[stretch.start : stretch.stop], passage.at, passage.end)
            found.append(
                Formula(
                    len(found),
                    part,
                    passage,
                    stretch.display,
                    stretch.environment,
                    section,
                    _label(text, stretch),
                    _before(text, stretch),
                    "auto" if stretch.plain else "latex",
                )
            )
        sections += len(headings) + 1
    return tuple(found)


def _stretches(part: Part, text: str, words: Collection[str], labels: Collection[str]) -> Iterator[Stretch]:
    taken = [Stretch(*s) for s in (tex if part.kind == "latex" else markdown).stretches(text)]
    yield from taken
    if part.kind == "markdown":
        spans = [(s.start, s.stop) for s in taken]
        yield from (Stretch(a, b, True, "", True) for a, b in markdown.plain_lines(text, spans, words, labels))


_OPENING = re.compile(r"(?:\$\$?|\\\(|\\\[|`)*\s*$")
_MARKS = re.compile(r"^[\s>]*(?:[-*+]\s|\d+[.)]\s|\\item\b(?:\[[^\]]*\])?)?|[*_`{}]|\\text(?:bf|it)\b|\\emph\b")


def _label(text: str, stretch: Stretch) -> str:
    """What stands before the formula in its line or cell; where that is empty, the cell before."""
    line = text[text.rfind("\n", 0, stretch.start) + 1 : stretch.start]
    line = _OPENING.sub("", line[-300:])
    cells = re.split(r"(?<!\\)[|&]", line)
    own = cells[-1].strip() or (cells[-2] if len(cells) > 1 else "")
    return _MARKS.sub("", own).strip().rstrip(":").strip()


def _before(text: str, stretch: Stretch) -> str:
    """The sentence up to the formula."""
    stretch_before = text[max(0, stretch.start - 300) : stretch.start]
    return re.split(r"\n\s*\n|[.!?;]\s|\n\s*(?:[-*+]|\d+[.)])\s", stretch_before)[-1]
