r"""Slips of the pen: a line that reads, and is right, once one character is taken out or put in.

A repair explains why a line is wrong; it never makes one right.  It is told of only if the repaired line is checked and
holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symnet.check.document.equations import Equation, Member
from symnet.check.document.sides import Subject, parsed, readings
from symnet.check.document.steps import compared
from symnet.check.read.declarations import axis_of, roles_of
from symnet.check.read.reading import Reading, Syntax, read
from symnet.check.read.symbols import Target
from symnet.check.read.syntax import NotUnderstood, Symbol, walk
from symnet.network import SAMPLES
from symnet.render.display import Name, Node
from symnet.render.document import Part

MAX_TRIES = 24


@dataclass(frozen=True)
class Repair:
    """What has to be changed: where, what stands there, and what should stand there."""

    code: str
    message: tuple[Part, ...]
    offset: int
    item: str
    should_be: Node | None = None


def unread(text: str, subject: Subject, syntax: str) -> str:
    """Why the reader cannot read a side, in its own words."""
    probe = Target(text, subject.vocabulary, next(iter(subject.network.parameters)), ())
    found: Reading = read(subject.network, text, probe, syntax=syntax, names=subject.vocabulary)  # type: ignore[arg-type]
    shortened = " ".join(text.split())
    shortened = shortened if len(shortened) <= 60 else shortened[:59] + "…"
    return f"{shortened}: {found.message}" if found.message else f"{shortened} cannot be read"


# -- a letter too many or too few in a derivative ------------------------------------------------------------------

_STRAY_D = re.compile(r"(?:\\partial|∂)\s*(d|\\mathrm\{d\})(?=\s*(?:[A-Za-z]|\\[A-Za-z]))")
_NO_DEL = re.compile(r"\\[dt]?frac\s*\{\s*\\partial[^{}]*\}\s*\{(?=\s*(?!\\partial|\\mathrm\{d\}|d\b)[A-Za-z\\])")


@dataclass(frozen=True)
class Slip:
    """An equation with a slip mended in one member, and what the slip is."""

    equation: Equation
    member: int
    code: str
    offset: int
    item: str


def slips(equation: Equation, subject: Subject) -> Iterator[Slip]:
    """The equation with every slip of one kind mended that keeps a member from being read."""
    syntax = equation.formula.syntax
    for code, pattern, group, new in (("stray_d", _STRAY_D, 1, ""), ("missing_del", _NO_DEL, 0, r"\partial ")):
        members, first = list(equation.members), None
        for k, member in enumerate(members):
            found = list(pattern.finditer(member.text))
            if not found or readings(member.text, subject, syntax):
                continue
            passage = member.passage
            for match in reversed(found):
                start, stop = match.span(group) if group else (match.end(), match.end())
                passage = passage.replaced(start, stop, new)
            if first is None:
                at = found[0].start(group) if group else found[0].end()
                item = member.text[found[0].start() : found[0].end() + 4]
                first = (k, member.passage.offset(at), item)
            members[k] = Member(passage, member.relation)
        if first is not None:
            yield Slip(replace(equation, members=tuple(members)), first[0], code, first[1], first[2])


# -- an index that is missing --------------------------------------------------------------------------------------


def missing_index(member: Member, base: Sequence[Target], subject: Subject, syntax: Syntax, seed: int) -> Repair | None:
    """The one quantity that lacks an index, if the side is right with it."""
    target = base[0].concrete()[0]
    if not (target.letters or any(isinstance(i, int) for i in target.index)):
        return None
    found: list[Repair] = []
    for tried, (position, width, letter, symbol) in enumerate(_lacking(member.text, target, subject)):
        if tried >= MAX_TRIES:
            return None
        stop = position + width
        text = member.text[:stop] + f"_{{{letter}}}" + member.text[stop:]
        one = compared(base[:1], text, subject, syntax, seed, plain=True)
        if one.right:
            name = Name(symbol)
            message: tuple[Part, ...] = (
                "the index ", Name(letter), " is missing: it must be ",
                Name(symbol, sub=Name(letter)), " instead of ", name,
            )  # fmt: skip
            written = member.text[position:stop]
            found.append(
                Repair("missing_index", message, member.passage.offset(position), written, one.verdict.reading)
            )
    return found[0] if len(found) == 1 else None


def _lacking(text: str, target: Target, subject: Subject) -> Iterator[tuple[int, int, str, str]]:
    """Where a whole quantity stands, how wide it is written, and a letter that may be its index."""
    try:
        tree, _ = parsed(text, subject.vocabulary, "latex")
    except NotUnderstood:
        return
    network = subject.network
    letters = list(dict.fromkeys([*target.letters, *re.findall(r"_\{?([a-z])\}?", text)]))
    for node in walk(tree):
        if not isinstance(node, Symbol) or node.subs or node.primes:
            continue
        for match in subject.vocabulary.matches(node, target.labels)[:2]:
            tensor = match.tensor
            if tensor is None:
                continue
            roles = [r for r in roles_of(tensor, network) if axis_of(tensor, r, network) not in (None, SAMPLES)]
            if len(roles) - len([r for r in roles if r in match.index]) != 1:
                continue
            width = _width(text, node.at - 1)
            for letter in letters:
                yield node.at - 1, width, letter, node.base
            break


def _width(text: str, position: int) -> int:
    """How many characters a symbol's letter takes, with its accent."""
    accent = re.compile(r"\\(?:hat|widehat|bar|overline|tilde|widetilde|vec)\s*(?:\{[^{}]*\}|\\?[A-Za-z]+)")
    found = accent.match(text, position) or re.compile(r"\\[A-Za-z]+|.").match(text, position)
    return found.end() - position if found else 1
