"""The lecture as a deck: a part of a slide that has a heading of its own becomes a slide of its own."""

from __future__ import annotations

from symnet.derive.derivation import Partial
from symnet.lecture import slides
from symnet.notation.names import Names
from symnet.render.deck.gradient import gradient_rows
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Row
from symnet.render.document import Block, Heading

TITLE = "Introduction to Neural Networks"


def lecture_deck(theme: str = "light") -> Deck:
    """All slides of the lecture, in order, with their pictures."""
    made: list[Slide] = []
    for blocks in slides(_by_factors):
        first = blocks[0]
        assert isinstance(first, Heading)
        title, part = first.title, list[Block]()
        for block in blocks[1:]:
            if isinstance(block, Heading):
                made += [Slide(title, tuple(part))] if part else []
                title, part = f"{first.title.replace(':', ',')}: {block.title[0].lower()}{block.title[1:]}", []
            else:
                part.append(block)
        made.append(Slide(title, tuple(part)))
    return Deck(TITLE, tuple(made), "every formula derived, every number computed, its slips put right", theme)


def _by_factors(partial: Partial, view: str, names: Names, level: str) -> list[Row]:
    """A gradient with a row for each factor: on slides that is as much as can be followed."""
    return gradient_rows(partial, view, names, "factors")
