"""A picture as marks in order, in points, y downwards; writers turn it into SVG or TikZ and decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from symnet.render.display import Node

if TYPE_CHECKING:
    from symnet.render.theme import Theme

Anchor = Literal["start", "middle", "end"]
Dash = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, slots=True)
class Path:
    """A polyline, or a closed and filled polygon; ``arrow`` puts a head on its end.

    ``stroke`` and ``fill`` are roles of :mod:`symnet.render.theme`; the empty string is none.
    """

    points: tuple[tuple[float, float], ...]
    stroke: str = "ink"
    fill: str = ""
    width: float = 1.0
    dash: Dash = "solid"
    arrow: bool = False
    closed: bool = False
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle about ``centre``."""

    centre: tuple[float, float]
    radius: float
    stroke: str = "ink"
    fill: str = ""
    width: float = 1.0
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """Prose, or mathematics, vertically centred on ``at``; ``size`` in points, ``halo`` clears the ground behind it."""

    content: str | Node
    at: tuple[float, float]
    anchor: Anchor = "middle"
    size: float = 14.0
    colour: str = "ink"
    halo: bool = False
    stage: int = 0


Mark = Path | Circle | Label


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture; a mark is shown from its ``stage`` on, and ``description`` says in words what is to be seen."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    description: str

    @property
    def stages(self) -> int:
        """In how many steps the picture is revealed."""
        return 1 + max((mark.stage for mark in self.marks), default=0)

    def svg(self, theme: str | Theme = "light", stage: int | None = None) -> str:
        """The picture as SVG in a theme; only what is shown up to ``stage``, if one is given.

        Raises SymnetError for an unknown theme.
        """
        from symnet.render.figures.svg import svg
        from symnet.render.theme import theme as meant

        return svg(self, meant(theme), stage)

    def tikz(self, stage: int | None = None) -> str:
        """The picture as a ``tikzpicture``; the preamble that it needs stands in :mod:`symnet.render.figures.tikz`."""
        from symnet.render.figures.tikz import tikz

        return tikz(self, stage)

    def _repr_svg_(self) -> str:
        return self.svg()


def in_stages(figure: Figure) -> Figure:
    """The figure with its stages counted without gaps, so that each shows something new."""
    order = {stage: k for k, stage in enumerate(sorted({0, *(mark.stage for mark in figure.marks)}))}
    return replace(figure, marks=tuple(replace(mark, stage=order[mark.stage]) for mark in figure.marks))
