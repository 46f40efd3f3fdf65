"""Verdicts kept from run to run: an answer that was marked once is not marked again, so its mark never changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.workers import Ask, Asked, Question, Sheet
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found, by everything that it depends on: verdicts on answers, and what variants ask."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)


def key(of: Ask | Question) -> str:
    """What a verdict, or a variant, is found by."""
    try:
        ours = version("symnet")
    except PackageNotFoundError:
        ours = ""
    question = of.question if isinstance(of, Ask) else of
    parts: list[Any] = [ours, question.name, question.template, question.seed]
    if isinstance(of, Ask):
        earlier = sorted((name, str(value)) for name, value in of.earlier.items())
        parts += [question.label, of.text, earlier, asdict(of.scheme)]
    else:
        parts.append(question.solutions)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load(path: Path) -> Kept:
    """What is kept in a file; nothing if there is no file.  Raises SymnetError for a file that holds something else."""
    if not path.exists():
        return Kept()
    try:
        table = json.loads(read_text(path, MAX_BYTES))
        outcomes = {name: _outcome(values) for name, values in table["outcomes"].items()}
        return Kept(outcomes, {name: _sheet(values) for name, values in table["sheets"].items()})
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        if isinstance(error, SymnetError):
            raise
        raise SymnetError(f"{path} holds no verdicts; delete it, and everything is marked anew") from None


def _outcome(values: Mapping[str, Any]) -> Outcome:
    known = {one.name: values[one.name] for one in fields(Outcome)}
    return Outcome(**{**known, "witness": tuple((str(a), str(b)) for a, b in values["witness"])})


def _sheet(values: Mapping[str, Any]) -> Sheet:
    parts = tuple(Asked(**{**part, "uses": tuple(part["uses"])}) for part in values["parts"])
    return Sheet(values["title"], parts)


def dump(kept: Kept) -> str:
    """What is kept as the text of such a file."""
    outcomes = {name: asdict(found) for name, found in sorted(dict(kept.outcomes).items())}
    sheets = {name: asdict(found) for name, found in sorted(dict(kept.sheets).items())}
    plain = {"outcomes": outcomes, "sheets": sheets}
    return json.dumps(plain, ensure_ascii=False, indent=0) + "\n"
