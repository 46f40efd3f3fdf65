"""The tree of an answer as it was written, before any symbol has a meaning; limits on what is read at all.

Both grammars (LaTeX, Python) end in these nodes.  Scripts stay scripts: whether a superscript is a label, a power
or a transpose is decided later, against the network's vocabulary.  ``at`` is the column, counted from 1.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

MAX_CHARACTERS = 10_000
MAX_TOKENS = 3_000
MAX_NESTING = 60
MAX_DIGITS = 40
MAX_SECONDS = 1.5


class NotUnderstood(Exception):
    """The text cannot be read: what is wrong with it, and the column if there is one."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.position = message, position


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of an answer; ``at`` is its column."""

    at: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    """Digits, with a decimal point or exponent if there is one."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol(Node):
    """A name with its scripts; ``base`` is plain letters (``x``, ``delta``, ``yhat``), scripts are lists of items."""

    base: str
    subs: tuple[Node, ...] = ()
    sups: tuple[Node, ...] = ()
    primes: int = 0
    python: bool = False


@dataclass(frozen=True, slots=True)
class Scripted(Node):
    """Scripts on something that is no plain name."""

    body: Node
    subs: tuple[Node, ...] = ()
    sups: tuple[Node, ...] = ()
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Group(Node):
    """The body in brackets, or in braces that print nothing (``delimiter`` is empty)."""

    body: Node
    delimiter: str = "()"


@dataclass(frozen=True, slots=True)
class Bars(Node):
    """|body|, or ‖body‖ if ``double``."""

    body: Node
    double: bool


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """−body."""

    body: Node


@dataclass(frozen=True, slots=True)
class Terms(Node):
    """A signed sum; a sign is ``"+"`` or ``"-"``."""

    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """Factors and the signs between them: "" (side by side), "·", "*", "⊙", "⊗", "@", "/"."""

    factors: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fraction(Node):
    """top over bottom."""

    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Applied(Node):
    """A symbol and what it is applied to: a function, ∇, or a quantity written with its arguments."""

    head: Symbol
    argument: Node


@dataclass(frozen=True, slots=True)
class Operator(Node):
    """∂/∂wrt applied to the body."""

    wrt: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Power(Node):
    """base ** exponent, as Python writes it."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class BigSum(Node):
    """Σ with what is written below and above it."""

    below: Node | None
    above: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Del(Node):
    """∂body, the upper or lower half of a derivative; ``body`` is None in ∂/∂w."""

    body: Node | None


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """Operands and the signs between them: =, !=, <, <=, >, >=."""

    operands: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Branches (value, condition); no condition reads “otherwise”."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """Entries in rows and columns, as a matrix environment writes them."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """Items between commas."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function called by name; ``options`` are Python's keyword arguments."""

    head: str
    arguments: tuple[Node, ...]
    options: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Index(Node):
    """body[items]."""

    body: Node
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Everything(Node):
    """The slice ``:``."""


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """body.name."""

    body: Node
    name: str


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """``body for letter in range(stop)``."""

    body: Node
    letter: Symbol
    stop: Node


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it."""

    def nodes(value: object) -> Iterator[Node]:
        if isinstance(value, Node):
            yield from walk(value)
        elif isinstance(value, tuple):
            for item in value:
                yield from nodes(item)

    yield node
    for field in fields(node):
        yield from nodes(getattr(node, field.name))


def put(node: Node, mapping: Mapping[str, Node]) -> Node:
    """``node`` with the plain letters that are keys of ``mapping`` replaced by its values."""
    if isinstance(node, Symbol) and node.base in mapping and not (node.subs or node.sups or node.primes):
        return mapping[node.base]

    def made(value: object) -> object:
        if isinstance(value, Node):
            return put(value, mapping)
        return tuple(made(item) for item in value) if isinstance(value, tuple) else value

    changed: dict[str, Any] = {f.name: made(getattr(node, f.name)) for f in fields(node)}
    return replace(node, **changed) if mapping else node


def checked(text: str) -> str:
    """``text``, if its length and characters are within the limits.

    Raises NotUnderstood otherwise.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotUnderstood(f"the answer has {len(text):,} characters, more than {MAX_CHARACTERS:,}; shorten it")
    for position, char in enumerate(text, 1):
        if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") and char not in "\n\t\r":
            raise NotUnderstood(f"the character U+{ord(char):04X} has no place in an answer; delete it", position)
    if long := re.search(rf"[0-9]{{{MAX_DIGITS + 1},}}", text):
        raise NotUnderstood(f"a number has more than {MAX_DIGITS} digits; shorten it", long.start() + 1)
    if not text.strip():
        raise NotUnderstood("the answer is empty; write the derivative", 1)
    return text


@dataclass(frozen=True, slots=True)
class Token:
    """A token: ``kind`` is "digit", "number", "name", "sign", "command", "text" or "end".

    ``gap`` is the space or size that stands before it and says nothing, with its column.
    """

    kind: str
    text: str
    at: int
    width: int = 1
    gap: tuple[str, int] | None = None


class Tokens:
    """Tokens read from left to right, with the limits on number, nesting and time watched."""

    def __init__(self, tokens: list[Token], seconds: float = MAX_SECONDS) -> None:
        if len(tokens) > MAX_TOKENS:
            raise NotUnderstood(f"the answer has more than {MAX_TOKENS:,} symbols; shorten it", tokens[MAX_TOKENS].at)
        self.tokens, self.at, self.depth = tokens, 0, 0
        self.deadline = time.monotonic() + seconds

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def advance(self) -> Token:
        """The next token, taken."""
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def take(self, kind: str, *texts: str) -> Token | None:
        """The next token if it is of that kind and one of those texts."""
        token = self.next
        if token.kind != kind or (texts and token.text not in texts):
            return None
        return self.advance()

    def expect(self, kind: str, text: str, where: str) -> Token:
        """The next token, which has to be this one.  Raises NotUnderstood if it is another."""
        token = self.take(kind, text)
        if token is None:
            raise self.error(f"expected {text!r} {where}")
        return token

    def error(self, message: str) -> NotUnderstood:
        """What is wrong at the next token."""
        token = self.next
        found = "the end" if token.kind == "end" else repr(token.text)
        return NotUnderstood(f"{message}, found {found}", token.at)

    def enter(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise NotUnderstood(f"brackets are nested more than {MAX_NESTING} deep; simplify", self.next.at)
        if time.monotonic() > self.deadline:
            raise NotUnderstood("reading takes too long; shorten the answer")

    def leave(self) -> None:
        """One level up."""
        self.depth -= 1
