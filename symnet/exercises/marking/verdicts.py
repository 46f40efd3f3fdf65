"""Verdicts kept from run to run: an answer that was marked once is not marked again, so its mark never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.marking.marked import Marked
from symnet.exercises.marking.said import NOTHING, Said, said
from symnet.exercises.marking.workers import Ask, Asked, Question, Sheet
from symnet.exercises.marking.written import DIGITS
from symnet.files import read_text

MAX_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer marked, as plain values; see :class:`~symnet.exercises.marking.marked.Marked`."""

    status: str
    marks: float
    out_of: int
    message: str
    kind: str | None = None
    detail: str | None = None
    hint: Said = NOTHING
    place: Said = NOTHING
    witness: tuple[tuple[Said, Said], ...] = ()
    read_as: Said = NOTHING
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
        said(found.hint),
        said(found.place),
        tuple((said((a,)), said((b,))) for a, b in found.witness),
        said((found.reading,)) if found.reading is not None else NOTHING,
        found.position,
        found.followed,
        None if found.value is None else str(found.value),
    )


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
    known |= {name: Said(**known[name]) for name in ("hint", "place", "read_as")}
    return Outcome(**{**known, "witness": tuple((Said(**a), Said(**b)) for a, b in values["witness"])})


def _sheet(values: Mapping[str, Any]) -> Sheet:
    def part(of: Mapping[str, Any]) -> Asked:
        known = {name: Said(**of[name]) for name in ("asked", "short", "solution")}
        return Asked(**{**of, **known, "uses": tuple(of["uses"])})

    return Sheet(values["title"], tuple(map(part, values["parts"])))


def dump(kept: Kept) -> str:
    """What is kept as the text of such a file."""
    outcomes = {name: asdict(found) for name, found in sorted(dict(kept.outcomes).items())}
    sheets = {name: asdict(found) for name, found in sorted(dict(kept.sheets).items())}
    plain = {"outcomes": outcomes, "sheets": sheets}
    return json.dumps(plain, ensure_ascii=False, indent=0) + "\n"
