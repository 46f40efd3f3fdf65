"""What a template is worth: how many seeds give a variant, whether its solutions hold, how even its variants are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from symnet.errors import SymnetError
from symnet.exercises.degenerate import degenerate
from symnet.exercises.make import drawn
from symnet.exercises.marking.scheme import scheme_of
from symnet.exercises.template import Template
from symnet.exercises.variant import Variant
from symnet.exercises.verify import verify

SHOWN = 5
"""Faults that are told of."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What became of the seeds of one template."""

    name: str
    kind: str
    slide: str
    seeds: int
    made: int
    verified: int
    degenerate: int
    distinct: int
    difficulties: tuple[int, ...]
    faults: tuple[str, ...]
    refused: Mapping[str, int]

    @property
    def perfect(self) -> bool:
        """Whether every seed gives a variant that is not degenerate and whose solutions hold."""
        return self.made == self.verified == self.seeds and not self.degenerate

    @property
    def spread(self) -> str:
        """The lowest, the middle and the highest difficulty."""
        if not self.difficulties:
            return "–"
        low, high = min(self.difficulties), max(self.difficulties)
        return f"{low}" if low == high else f"{low}–{high} (median {median(self.difficulties):g})"


def inspected(template: Template, seeds: Iterable[int]) -> Inspection:
    """Make and verify the variants of these seeds.  Raises SymnetError for a marking scheme that makes no sense."""
    scheme_of(template)
    asked = list(seeds)
    found: list[Variant] = []
    verified = spoilt = 0
    faults: list[str] = []
    refused: Counter[str] = Counter()
    for seed in asked:
        try:
            one, why = drawn(template, seed)
            refused.update(why)
            found.append(one)
            spoilt += bool(degenerate(one))
            verify(one)
            verified += 1
        except SymnetError as error:
            faults.append(str(error))
    distinct = len({repr((v.given, v.parts)) for v in found})
    difficulties = tuple(v.difficulty for v in found)
    return Inspection(
        template.name, template.kind, template.slide, len(asked), len(found), verified, spoilt, distinct,
        difficulties, tuple(faults[:SHOWN]), dict(refused),
    )  # fmt: skip


HEADER = ("template", "kind", "made", "verified", "degenerate", "distinct", "difficulty")


def table(found: Sequence[Inspection]) -> str:
    """The inspections, a line each, in columns."""
    rows = [HEADER]
    rows += [
        (i.name, i.kind, f"{i.made}/{i.seeds}", f"{i.verified}/{i.seeds}", str(i.degenerate), str(i.distinct), i.spread)
        for i in found
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * w for w in widths))
    return "\n".join(lines)


def exported(variants: Sequence[Variant]) -> dict[str, str]:
    """For each format what stands in the way of writing these variants in it, or nothing."""
    from symnet.exercises.export.formats import FORMATS, write

    found = {}
    with TemporaryDirectory() as folder:
        for name, (ending, _) in FORMATS.items():
            try:
                written = write(variants, Path(folder) / f"{name}{ending}", format=name, solutions=True)
                found[name] = "" if all(path.stat().st_size for path in written) else "the file is empty"
            except SymnetError as error:
                found[name] = str(error)
    return found
