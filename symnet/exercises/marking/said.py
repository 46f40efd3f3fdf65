"""Prose with mathematics between, as plain values in two languages: they cross processes and are kept in files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symnet.render.display import Node
from symnet.render.document import Block, markdown_prose, write
from symnet.render.document import Part as Piece
from symnet.render.text import text


@dataclass(frozen=True, slots=True)
class Said:
    """``markdown`` has LaTeX between dollars, ``text`` has Unicode: ∂C/∂w₁."""

    markdown: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.markdown)


NOTHING = Said()


def said(parts: Sequence[Piece]) -> Said:
    """Prose with mathematics; what is not mathematics is only text."""
    return Said(
        "".join(markdown_prose((part if isinstance(part, Node) else escaped(part),)) for part in parts),
        "".join(text(part) if isinstance(part, Node) else part for part in parts),
    )


def said_in_full(blocks: Sequence[Block]) -> Said:
    """A document."""
    return Said(write(blocks, "markdown").strip(), write(blocks, "text").strip("\n")) if blocks else NOTHING


def escaped(outside: str) -> str:
    """A text as Markdown that shows it as it is."""
    shown = re.sub(r"([\\`*_\[\]|~$]|^#)", r"\\\1", outside)
    return shown.replace("&", "&amp;").replace("<", "&lt;")


def words(outside: str) -> str:
    """The same in one line."""
    return escaped(" ".join(outside.split()))


def code(typed: str) -> str:
    """An answer as it was typed, as Markdown: within backticks, or on lines of its own."""
    kept = printable(typed)
    if "\n" in kept:
        return "\n\n" + "\n".join(f"    {line}" for line in kept.splitlines()) + "\n\n"
    fence = "`" * max([1, *(len(run) + 1 for run in re.findall(r"`+", kept))])
    return f"{fence} {kept} {fence}" if "`" in kept else f"{fence}{kept}{fence}"


def printable(typed: str) -> str:
    """The text without characters that control something."""
    return "".join(c for c in typed if c == "\n" or c.isprintable())
