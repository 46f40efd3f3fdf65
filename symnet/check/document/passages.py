"""Text that remembers where it stands in its document, whatever is cut out of it, put into it or replaced."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A place in a document: line and column count from 1; ``cell`` is a notebook's, 0 elsewhere."""

    cell: int
    line: int
    column: int

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        return f"cell {self.cell}, {where}" if self.cell else where


@dataclass(frozen=True)
class Part:
    """A text of its own within a document: the whole of it, or one cell of a notebook."""

    text: str
    kind: str
    cell: int = 0

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    def place(self, offset: int) -> Place:
        """Line and column of a character."""
        line = bisect_right(self._starts, offset)
        return Place(self.cell, line, offset - self._starts[line - 1] + 1)

    def passage(self, start: int = 0, stop: int | None = None) -> Passage:
        """A stretch of the text."""
        stop = len(self.text) if stop is None else stop
        return Passage(self.text[start:stop], tuple(range(start, stop)), stop)


@dataclass(frozen=True, slots=True)
class Passage:
    """``text``, of which character k stands at offset ``at[k]`` of its part, and its end at ``end``."""

    text: str
    at: tuple[int, ...]
    end: int

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def start(self) -> int:
        """The offset of the first character."""
        return self.offset(0)

    def offset(self, position: int) -> int:
        """The offset of a character, or of the end."""
        return self.at[position] if position < len(self.at) else self.end

    def cut(self, start: int, stop: int | None = None) -> Passage:
        """The stretch from ``start`` to ``stop``."""
        stop = len(self.text) if stop is None else stop
        return Passage(self.text[start:stop], self.at[start:stop], self.offset(stop))

    def strip(self, characters: str | None = None) -> Passage:
        """Without blanks (or ``characters``) at both ends."""
        left = len(self.text) - len(self.text.lstrip(characters))
        return self.cut(left, max(left, len(self.text.rstrip(characters))))

    def replaced(self, start: int, stop: int, new: str | Passage) -> Passage:
        """With a stretch replaced; new text without a place of its own stands where the old began."""
        if isinstance(new, str):
            new = Passage(new, (self.offset(start),) * len(new), self.offset(stop))
        text = self.text[:start] + new.text + self.text[stop:]
        return Passage(text, self.at[:start] + new.at + self.at[stop:], self.end)

    def sub(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> Passage:
        """Every match replaced, from the last to the first."""
        out = self
        for match in reversed(list(pattern.finditer(self.text))):
            out = out.replaced(match.start(), match.end(), new if isinstance(new, str) else new(match))
        return out


def joined(passages: Iterable[Passage], between: str = " ") -> Passage:
    """Passages one after another, ``between`` put between them."""
    text, end = "", 0
    at: tuple[int, ...] = ()
    for passage in passages:
        if text:
            text, at = text + between, at + (end,) * len(between)
        text, at, end = text + passage.text, at + passage.at, passage.end
    return Passage(text, at, end)
