"""How much room matter takes: what a layout asks for is measured all at once, then it is laid out again.

A layout asks for the room of one thing after another.  What is not known yet is answered with a guess and written
down; when the layout is done, everything written down is measured in one compilation, and the layout is made anew
with the true numbers, until it asks for nothing new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from symnet.render.deck.pages.matter import BASE, SETTING, Matter
from symnet.render.typeset import Extent, extents

Made = TypeVar("Made")

#: After as many rounds the few things still unknown are measured one by one.
_ROUNDS = 8


class Ruler:
    """The room that matter takes at the type size :data:`BASE`."""

    def __init__(self) -> None:
        self._known: dict[Matter, Extent] = {}
        self._asked: dict[Matter, None] = {}
        self._kept: dict[Hashable, Any] = {}
        self._guesses = 0
        self._guessed = ("", 0.0)
        self._per_letter = 0.5 * BASE
        self._may_guess = True

    def __call__(self, matter: Matter) -> Extent:
        """The extent of ``matter``, or a guess at it."""
        found = self._known.get(matter)
        if found is not None:
            self._guessed = matter.body.removesuffix(")$"), found.width
            return found
        self._asked[matter] = None
        if self._may_guess:
            self._guesses += 1
            return Extent(self._guessed_width(matter), BASE, 0.5 * BASE)
        self._measure()
        return self._known[matter]

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` made before under this key, once it did so without a guess."""
        if key in self._kept:
            found: Made = self._kept[key]
            return found
        guesses = self._guesses
        made = make()
        if guesses == self._guesses:
            self._kept[key] = made
        return made

    def settled(self, lay_out: Callable[[Ruler], Made]) -> Made:
        """What ``lay_out`` makes when it is told true measures only."""
        for attempt in range(_ROUNDS + 1):
            self._may_guess = attempt < _ROUNDS
            made = lay_out(self)
            if not self._asked:
                break
            self._measure()
        return made

    def _guessed_width(self, matter: Matter) -> float:
        """By the number of letters; lines grow while they are broken, so what was asked last may be its beginning."""
        source = matter.body.removesuffix(")$")
        begun, width = self._guessed
        if not begun or not source.startswith(begun):
            begun, width = "", 0.0
        width += self._per_letter * _letters(source[len(begun) :])
        self._guessed = source, width
        return width

    def _measure(self) -> None:
        asked = list(self._asked)
        self._asked.clear()
        found = extents([(matter.set_in, matter.body, matter.width) for matter in asked], BASE, SETTING)
        self._known.update(zip(asked, found, strict=True))
        formulas = [(matter, extent) for matter, extent in self._known.items() if matter.set_in == "tight"]
        letters = sum(_letters(matter.body) for matter, _ in formulas)
        if letters:
            self._per_letter = sum(extent.width for _, extent in formulas) / letters


def _letters(source: str) -> int:
    """How many letters a source shows, roughly."""
    return len(re.sub(r"[a-z-]{3,}(?=[(:])|[\s(),:#\"\\$]", "", source))
