"""What a student gets back: every answer with its verdict, where it went wrong, and what to think of, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symnet.exercises.marking.grade import Graded, Item
from symnet.exercises.marking.verdicts import Outcome, escaped

HEADLINES = {
    "right": "Right",
    "wrong": "Not right",
    "undecided": "Your teacher will look at this",
    "not understood": "This could not be read, your teacher will look at it",
    "empty": "No answer",
}

SHOWN = 8
"""Numbers of a counterexample."""


def feedback(papers: Sequence[Graded], solutions: bool = False) -> str:
    """The feedback for one student, over all exercises; with ``solutions`` what would have been right, and the way."""
    return "\n".join(_lines(papers, solutions)).strip() + "\n"


def _lines(papers: Sequence[Graded], solutions: bool) -> Iterator[str]:
    total = round(sum(paper.marks for paper in papers), 6)
    waiting = sum(paper.waiting for paper in papers)
    decided = sum(paper.out_of for paper in papers) - waiting
    yield f"# Feedback for {words(papers[0].student)}\n"
    yield f"**{total:g} of {decided} marks.**{_waiting(waiting)}\n"
    for paper in papers:
        yield f"## {words(paper.title)} ({words(paper.exercise)}, variant {paper.seed})\n"
        yield from (f"*Note: {words(remark)}.*\n" for remark in paper.remarks)
        for item in paper.items:
            yield from _item(item, solutions)


def _waiting(many: int) -> str:
    if not many:
        return ""
    return f" {many} more {'mark is' if many == 1 else 'marks are'} not decided yet: your teacher will look at it."


def _item(item: Item, solutions: bool) -> Iterator[str]:
    found = item.outcome
    marks = f"{item.marks:g} of {found.out_of}" if not item.open else f"not marked yet, of {found.out_of}"
    yield f"### {item.label}) {item.asked} ({marks})\n"
    if item.answer:
        read = f", read as {found.read_as}" if found.read_as else ""
        yield f"Your answer: {code(item.answer)}{read}\n"
    yield f"**{_headline(item)}.** {_said(found)}".rstrip() + "\n"
    if found.status == "wrong" and found.witness:
        yield f"You can see it with numbers: {_numbers(found)}.\n"
    if found.status == "wrong" and found.hint:
        yield f"*Think of this:* {found.hint}\n"
    if item.comment:
        yield f"*Your teacher says:* {words(item.comment)}\n"
    if solutions and item.short and (found.status != "right" or found.followed):
        yield f"*Right would be:* {item.short}\n"
        if item.solution:
            yield f"{item.solution}\n"


def _headline(item: Item) -> str:
    found = item.outcome
    if item.given is not None:
        return "Marked by your teacher"
    if found.status == "right" and found.followed:
        return "Right, by your own earlier result"
    if found.status == "wrong" and found.marks:
        return "Not right, but part of it is"
    return HEADLINES[found.status]


def _said(found: Outcome) -> str:
    """What the headline does not say yet."""
    if found.status == "wrong":
        return found.place
    if found.followed:
        return "An earlier part went wrong; from there on this is right."
    if found.open:
        said = re.sub(r"^Not (understood|decided): ", "", found.message)
        return words(f"{said[:1].upper()}{said[1:]}")
    return ""


def _numbers(found: Outcome) -> str:
    """The counterexample in a line: the numbers taken, then what both sides come to."""
    *taken, truth, answer = found.witness
    shown = ", ".join(f"{name} = {value}" for name, value in taken[:SHOWN])
    more = ", …" if len(taken) > SHOWN else ""
    return f"for {shown}{more} it should be {truth[1]}, and your answer gives {answer[1]}"


def words(text: str) -> str:
    """A text from outside as Markdown that shows it as it is, in one line."""
    return escaped(" ".join(text.split()))


def code(text: str) -> str:
    """An answer as it was typed: within backticks, or on lines of its own."""
    kept = "".join(c for c in text if c == "\n" or c.isprintable())
    fence = "`" * max([1, *(len(run) + 1 for run in re.findall(r"`+", kept))])
    if "\n" in kept:
        return "\n\n" + "\n".join(f"    {line}" for line in kept.splitlines()) + "\n\n"
    return f"{fence} {kept} {fence}" if "`" in kept else f"{fence}{kept}{fence}"
