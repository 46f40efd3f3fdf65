"""A variant from a template and a seed, and what a later part comes to on a student's own earlier results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from random import Random
from statistics import median

import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.degenerate import degenerate
from symnet.exercises.draw import Unsuitable
from symnet.exercises.kinds import (
    activation,
    chain,
    choice,
    convert,
    costs,
    dimensions,
    error,
    forward,
    gradient,
    partial,
    rate,
)
from symnet.exercises.quantities import parsed, worked_out
from symnet.exercises.template import Template, read
from symnet.exercises.variant import Answer, Part, Value, Variant

KINDS: Mapping[str, Callable[[Template, Random], Variant]] = {
    "forward": forward.draw,
    "cost": costs.draw,
    "partial": partial.draw,
    "chain": chain.draw,
    "gradient": gradient.draw,
    "step": gradient.draw,
    "error": error.draw,
    "dimensions": dimensions.draw,
    "activation": activation.draw,
    "convert": convert.draw,
    "choice": choice.draw,
    "rate": rate.draw,
}
"""What draws a variant of each kind of exercise."""

DRAWS = 1000
"""So often a variant is drawn again before the template is given up."""

PILOTS = 9
"""Variants from which the usual difficulty of a template is taken."""

SPREAD = 0.15
"""How far the difficulty of a variant may be from the usual one, as a part of it."""


def variant(template: Template | str, seed: int) -> Variant:
    """The variant of a template (or of one that is shipped, by its name) that belongs to a seed: always the same one.

    Draws that are degenerate, or of a difficulty far from the template's usual one, are made again.
    Raises SymnetError where a template allows no variant that can be handed out.
    """
    return drawn(template, seed)[0]


def drawn(template: Template | str, seed: int) -> tuple[Variant, Mapping[str, int]]:
    """The variant that belongs to a seed, and how many draws before it were refused, by the reason."""
    chosen = read(template) if isinstance(template, str) else template
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise SymnetError(f"the seed is {seed!r}, expected a whole number")
    usual = float(chosen.whole("ask", "difficulty", 0, 100_000)) or _usual(_Text(chosen))
    spread = chosen.ask.get("spread", SPREAD)
    if isinstance(spread, bool) or not isinstance(spread, int | float) or not 0 <= spread <= 10:
        raise SymnetError(f"{chosen.name}: spread under [ask] is {spread!r}, expected a number such as 0.15")
    rng = Random(f"{chosen.name}:{seed}")
    found, refused = _drawn(chosen, rng, lambda d: abs(d - usual) <= max(1.0, spread * usual))
    return replace(found, seed=seed), refused


class _Text:
    """A template as a key: two of the same name and text are one."""

    def __init__(self, template: Template) -> None:
        self.template = template

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, str]:
        return self.template.name, self.template.text


@lru_cache(maxsize=256)
def _usual(key: _Text) -> float:
    """The middle one of the difficulties of some draws."""
    rng = Random(f"{key.template.name}: difficulty")
    return float(median(_drawn(key.template, rng, lambda _: True)[0].difficulty for _ in range(PILOTS)))


def _drawn(template: Template, rng: Random, fits: Callable[[int], bool]) -> tuple[Variant, dict[str, int]]:
    refused: dict[str, int] = {}
    for _ in range(DRAWS):
        try:
            found = KINDS[template.kind](template, rng)
        except Unsuitable as reason:
            why = str(reason)
        else:
            why = degenerate(found) or ("" if fits(found.difficulty) else "of another difficulty")
            if not why:
                return found, refused
        refused[why] = refused.get(why, 0) + 1
    most = max(refused, key=lambda why: refused[why])
    raise SymnetError(
        f"{template.name}: none of {DRAWS} draws could be handed out, most of them for being {most}; "
        "widen the ranges under [data]"
    )


def followed(variant: Variant, part: Part, earlier: Mapping[str, sp.Expr]) -> Answer | None:
    """The answer of ``part`` if the student's own ``earlier`` values, by the names of their parts, are taken.

    None if the part is no number, does not use any of them, or has no value there.
    """
    if part.name == rate.BOUND and rate.CURVATURE in earlier and isinstance(part.answer, Value):
        return replace(part.answer, exact=2 / earlier[rate.CURVATURE]) if earlier[rate.CURVATURE] else None
    used = {name: value for name, value in earlier.items() if name in part.uses}
    if not used or variant.network is None or variant.numbers is None or not isinstance(part.answer, Value):
        return None
    tensor, _, step = parsed(part.name)
    try:
        working = worked_out(
            variant.network, variant.numbers, backward=tensor.startswith("dC/") or bool(step), pinned=used
        )
        value = working[part.name].value
    except SymnetError:
        return None
    return replace(part.answer, exact=value)
