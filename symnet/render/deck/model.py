"""A deck: slides of blocks, revealed step by step; what a slide shows, never how a language writes it."""

from __future__ import annotations

from dataclasses import dataclass

from symnet.render.document import Block, Formulas, Heading, Part, Picture


@dataclass(frozen=True, slots=True)
class Slide:
    """One idea: a title and its blocks, in the order in which they are revealed."""

    title: str
    blocks: tuple[Block, ...]
    maths_title: tuple[Part, ...] = ()

    @property
    def heading(self) -> tuple[Part, ...]:
        """The title with its mathematics as such, for what can set it; ``title`` says the same in plain letters."""
        return self.maths_title or (self.title,)

    @property
    def steps(self) -> int:
        """How many steps reveal the slide: a row, a stage of a picture, any other block is one each."""
        return max(1, sum(steps_of(block) for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Deck:
    """Slides under a title; ``theme`` names one of :data:`symnet.render.theme.THEMES`.

    ``declaration`` is Python that declares as ``net`` the network that the slides are of, where a line or two can.
    """

    title: str
    slides: tuple[Slide, ...]
    subtitle: str = ""
    theme: str = "light"
    declaration: str = ""


def steps_of(block: Block) -> int:
    """In how many steps a block is revealed."""
    match block:
        case Formulas(rows=rows):
            return len(rows)
        case Picture(figure=figure):
            return figure.stages
        case Heading():
            return 0
    return 1
