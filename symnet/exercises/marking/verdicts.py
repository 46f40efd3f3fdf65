"""Verdicts kept from run to run: an answer that was marked once is not marked again, so its mark never changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.workers import Ask
from symnet.exercises.marking.written import DIGITS
from symnet.files import read_text
from symnet.render.display import Node
from symnet.render.document import Part as Piece
from symnet.render.document import latex_prose, markdown_prose

MAX_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer marked, as plain values: mathematics is Markdown with LaTeX between dollars.  See
    :class:`~symnet.exercises.marking.marked.Marked` for the rest."""

    status: str
    marks: float
    out_of: int
    message: str
    kind: str | None = None
    detail: str | None = None
    hint: str = ""
    place: str = ""
    witness: tuple[tuple[str, str], ...] = ()
    read_as: str = ""
    position: int | None = None
    followed: bool = False
    value: str | None = None

    @property
    def open(self) -> bool:
        """Whether a human has to look at it."""
        return self.status in ("undecided", "not understood")

    @property
    def number(self) -> sp.Expr | None:
        """The number that was handed in."""
        if self.value is None:
            return None
        return sp.Float(self.value, DIGITS) if set(self.value) & set(".e") else sp.Rational(self.value)


def plain(found: Marked) -> Outcome:
    """What marking found, as plain values."""
    return Outcome(
        found.status,
        found.marks,
        found.out_of,
        found.message,
        found.kind,
        found.detail,
        prose(found.hint),
        prose(found.place),
        tuple((prose((a,)), prose((b,))) for a, b in found.witness),
        latex_prose((found.reading,)) if found.reading is not None else "",
        found.position,
        found.followed,
        None if found.value is None else str(found.value),
    )


def prose(parts: Sequence[Piece]) -> str:
    """Prose with mathematics between as Markdown, in which text from outside is only text."""
    return "".join(markdown_prose((part if isinstance(part, Node) else escaped(part),)) for part in parts)


def escaped(text: str) -> str:
    """A text as Markdown that shows it as it is."""
    shown = re.sub(r"([\\`*_\[\]|~$]|^#)", r"\\\1", text)
    return shown.replace("&", "&amp;").replace("<", "&lt;")


def key(ask: Ask) -> str:
    """What a verdict is found by: everything that it depends on."""
    try:
        ours = version("symnet")
    except PackageNotFoundError:
        ours = ""
    question = ask.question
    parts = [ours, question.name, question.template, question.seed, question.label, ask.text]
    parts += [sorted((name, str(value)) for name, value in ask.earlier.items()), asdict(ask.scheme)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load(path: Path) -> dict[str, Outcome]:
    """The verdicts kept in a file; none if there is no file.  Raises SymnetError for a file that holds others."""
    if not path.exists():
        return {}
    try:
        table = json.loads(read_text(path, MAX_BYTES))
        return {name: _outcome(values) for name, values in table.items()}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        if isinstance(error, SymnetError):
            raise
        raise SymnetError(f"{path} holds no verdicts; delete it, and everything is marked anew") from None


def _outcome(values: Mapping[str, Any]) -> Outcome:
    known = {field.name: values[field.name] for field in fields(Outcome)}
    return Outcome(**{**known, "witness": tuple((str(a), str(b)) for a, b in values["witness"])})


def dump(kept: Mapping[str, Outcome]) -> str:
    """The verdicts as the text of such a file."""
    return json.dumps({name: asdict(kept[name]) for name in sorted(kept)}, ensure_ascii=False, indent=0) + "\n"
