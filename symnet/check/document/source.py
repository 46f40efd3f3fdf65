"""A document as it is on disk or in memory: its parts, and the limits that come before anything is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from symnet.check.document.passages import Part
from symnet.errors import SymnetError
from symnet.files import read_text

MAX_BYTES = 20_000_000
"""Of a file: a notebook holds pictures."""

MAX_CHARACTERS = 2_000_000
"""Of what is written in it."""

MAX_CELLS = 5_000

KINDS = {".md": "markdown", ".markdown": "markdown", ".txt": "markdown", ".tex": "latex", ".ipynb": "notebook"}
"""How a file is read, by its suffix."""


def load(document: str | Path) -> tuple[Part, ...]:
    """The parts of a document: a file by its path, or Markdown as a text of several lines.

    Raises SymnetError for a file that cannot be read, is no Markdown, LaTeX or notebook, or is too large.
    """
    if isinstance(document, str) and ("\n" in document or Path(document).suffix.lower() not in KINDS):
        return _within("the document", (Part(document, "markdown"),))
    path = Path(document)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise SymnetError(f"{path} ends in none of {', '.join(KINDS)}; give Markdown, LaTeX or a notebook")
    text = read_text(path, MAX_BYTES)
    parts = tuple(_cells(path, text)) if kind == "notebook" else (Part(text, kind),)
    return _within(str(path), parts)


def _within(name: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    if sum(len(part.text) for part in parts) > MAX_CHARACTERS:
        raise SymnetError(f"{name} has more than {MAX_CHARACTERS:,} characters; give a part of it")
    return parts


def _cells(path: Path, text: str) -> Iterator[Part]:
    """The Markdown cells of a notebook, numbered among all of its cells."""
    try:
        notebook: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SymnetError(f"{path} is no notebook: {' '.join(str(error).split())[:80]}; save it in Jupyter") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise SymnetError(f"{path} has no list of at most {MAX_CELLS:,} cells; save it as a notebook of format 4")
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            continue
        source = cell.get("source", "")
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise SymnetError(f"{path}, cell {number}: the source is no text; save it in Jupyter")
        yield Part("".join(lines), "markdown", number)
