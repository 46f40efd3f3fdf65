"""What a student gets back: every answer with its verdict, where it went wrong, and what to think of.

It is a page of HTML that is whole by itself and runs nothing (mathematics in Unicode), and the same as Markdown (in
LaTeX), for places that typeset it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from symnet.exercises.marking.grade import Graded, Item
from symnet.exercises.marking.said import Said, code, printable, words
from symnet.exercises.marking.verdicts import Outcome

HEADLINES = {
    "right": "Right",
    "wrong": "Not right",
    "undecided": "Your teacher will look at this",
    "not understood": "This could not be read, your teacher will look at it",
    "empty": "No answer",
}

SHOWN = 8
"""Numbers of a counterexample."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Text that may hold any character, an answer as it was ``typed``, or words that are set off."""

    text: str
    style: Literal["plain", "typed", "strong", "slanted"] = "plain"


Piece = str | Said | Outside


@dataclass(frozen=True, slots=True)
class Line:
    """A heading (``h1`` to ``h3``), a paragraph (``p``), or a derivation on lines of its own (``pre``)."""

    kind: Literal["h1", "h2", "h3", "p", "pre"]
    pieces: tuple[Piece, ...]


# -- what is said ------------------------------------------------------------------------------------------------


def feedback(papers: Sequence[Graded], solutions: bool = False) -> list[Line]:
    """The feedback for one student, over all exercises; with ``solutions`` what would have been right, and the way."""
    return list(_lines(papers, solutions))


def _lines(papers: Sequence[Graded], solutions: bool) -> Iterator[Line]:
    total = round(sum(paper.marks for paper in papers), 6)
    waiting = sum(paper.waiting for paper in papers)
    decided = sum(paper.out_of for paper in papers) - waiting
    yield Line("h1", ("Feedback for ", Outside(papers[0].student)))
    yield Line("p", (Outside(f"{total:g} of {decided} marks.", "strong"), _waiting(waiting)))
    for paper in papers:
        yield Line("h2", (Outside(paper.title), " (", Outside(paper.exercise), f", variant {paper.seed})"))
        for remark in paper.remarks:
            yield Line("p", (Outside("Note:", "slanted"), " ", Outside(remark), "."))
        for item in paper.items:
            yield from _item(item, solutions)


def _waiting(many: int) -> str:
    if not many:
        return ""
    return f" {many} more {'mark is' if many == 1 else 'marks are'} not decided yet: your teacher will look at it."


def _item(item: Item, solutions: bool) -> Iterator[Line]:
    found = item.outcome
    marks = f"{item.marks:g} of {found.out_of}" if not item.open else f"not marked yet, of {found.out_of}"
    yield Line("h3", (f"{item.label}) ", item.asked, f" ({marks})"))
    if item.answer:
        read: tuple[Piece, ...] = (", read as ", found.read_as) if found.read_as else ()
        yield Line("p", ("Your answer: ", Outside(item.answer, "typed"), *read))
    yield Line("p", (Outside(f"{_headline(item)}.", "strong"), *_reason(found)))
    if found.status == "wrong" and found.witness:
        yield Line("p", ("You can see it with numbers: for ", *_numbers(found), "."))
    if found.status == "wrong" and found.hint:
        yield Line("p", (Outside("Think of this:", "slanted"), " ", found.hint))
    if item.comment:
        yield Line("p", (Outside("Your teacher says:", "slanted"), " ", Outside(item.comment)))
    if solutions and item.short and (found.status != "right" or found.followed):
        yield Line("p", (Outside("Right would be:", "slanted"), " ", item.short))
        if item.solution:
            yield Line("pre", (item.solution,))


def _headline(item: Item) -> str:
    found = item.outcome
    if item.given is not None:
        return "Marked by your teacher"
    if found.status == "right" and found.followed:
        return "Right, by your own earlier result"
    if found.status == "wrong" and found.marks:
        return "Not right, but part of it is"
    return HEADLINES[found.status]


def _reason(found: Outcome) -> tuple[Piece, ...]:
    """What the headline does not say yet."""
    if found.status == "wrong" and found.place:
        return " ", found.place
    if found.followed:
        return (" An earlier part went wrong; from there on this is right.",)
    if found.open:
        told = re.sub(r"^Not (understood|decided): ", "", found.message)
        return " ", Outside(f"{told[:1].upper()}{told[1:]}")
    return ()


def _numbers(found: Outcome) -> Iterator[Piece]:
    """The counterexample in a line: the numbers taken, then what both sides come to."""
    *taken, truth, answer = found.witness
    for k, (name, value) in enumerate(taken[:SHOWN]):
        yield from (", " if k else "", name, " = ", value)
    yield ", …" if len(taken) > SHOWN else ""
    yield from (" it should be ", truth[1], ", and your answer gives ", answer[1])


# -- how it is written -------------------------------------------------------------------------------------------


def markdown(lines: Sequence[Line]) -> str:
    """The feedback as Markdown."""
    heads = {"h1": "# ", "h2": "## ", "h3": "### ", "p": "", "pre": ""}
    return "\n\n".join(heads[line.kind] + "".join(map(_in_markdown, line.pieces)).rstrip() for line in lines) + "\n"


def _in_markdown(piece: Piece) -> str:
    match piece:
        case Said():
            return piece.markdown
        case Outside(text=text, style="typed"):
            return code(text)
        case Outside(text=text, style=style):
            around = {"strong": "**", "slanted": "*"}.get(style, "")
            return f"{around}{words(text)}{around}"
    return piece


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a }}
h2 {{ margin-top: 2.5rem; border-bottom: 1px solid #999 }} h3 {{ margin-bottom: 0.3rem }} p {{ margin: 0.3rem 0 }}
code, pre {{ background: #f1f1f1; padding: 0.1rem 0.3rem; white-space: pre-wrap; overflow-wrap: anywhere }}
pre {{ white-space: pre; overflow-x: auto; line-height: 1.35 }}
</style>
<main>
{body}
</main>
</html>
"""


def page(lines: Sequence[Line]) -> str:
    """The feedback as a page of HTML."""
    body = "\n".join(f"<{line.kind}>{''.join(map(_in_html, line.pieces))}</{line.kind}>" for line in lines)
    return _PAGE.format(title=re.sub(r"<[^>]*>", "", body.partition("\n")[0]), body=body)


def _in_html(piece: Piece) -> str:
    match piece:
        case Said():
            return escape(piece.text)
        case Outside(text=text, style="typed"):
            return f"<code>{escape(printable(text))}</code>"
        case Outside(text=text, style=style):
            tag = {"strong": "strong", "slanted": "em"}.get(style)
            return f"<{tag}>{escape(text)}</{tag}>" if tag else escape(" ".join(text.split()))
    return escape(piece)
