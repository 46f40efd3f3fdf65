"""What stands on a page: typeset matter, bars and pictures, each at its place, and how they are written for typst."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from symnet.render.display import Node
from symnet.render.document import Part
from symnet.render.theme import Theme
from symnet.render.typeset import Extent
from symnet.render.typst import literal, prose, typst

BASE = 18.0
"""Type size of a slide."""

SMALLEST = 12.0
"""What has to be made smaller to fit is not made smaller than this, unless it would not fit the page at all."""

REASON = 0.75
"""Type size of reasons and shapes, as part of the size of what they stand beside."""

SETTING = """\
#let lines(size, body) = {
  set text(size: size, top-edge: 0.74em, bottom-edge: -0.26em)
  set par(leading: 0.25em, justify: false)
  body
}
"""
"""The function that sets prose; it stands before a source that has matter in it."""

_FACTORS = 99
#: Longer words than this may be broken, in pieces of half the length.
_LONGEST_WORD = 24


@dataclass(frozen=True, slots=True)
class Matter:
    """What typst typesets: the function that sets it, the content, both as code, and the width of its lines."""

    set_in: str
    body: str
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Matter with its left edge and first baseline at a point, ``factor`` times as large as it was measured."""

    matter: Matter
    extent: Extent
    x: float
    y: float
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle in the colour of a role."""

    x: float
    y: float
    width: float
    height: float
    role: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as SVG."""

    x: float
    y: float
    width: float
    height: float
    svg: str
    description: str


Mark = Placed | Bar | Image


@dataclass(frozen=True, slots=True)
class Print:
    """Prints matter in the colours of a theme; ``colours`` are those of its tags."""

    theme: Theme
    colours: tuple[tuple[str, str], ...]

    def formula(self, node: Node) -> Matter:
        """A formula in displayed style."""
        return self.source(self.maths(node))

    def source(self, maths: str) -> Matter:
        """A formula that is printed already."""
        return Matter("tight", f"$display({maths})$")

    def muted(self, node: Node) -> Matter:
        """A formula that only recalls what stood before."""
        return Matter("tight", f"text(fill: rgb({literal(self.theme['muted'])}), $display({typst(node)})$)")

    def maths(self, node: Node) -> str:
        """The source of a formula, printed once however often it is asked for."""
        return _maths(node, self.colours)

    @property
    def palette(self) -> dict[str, str]:
        """The colour of each tag."""
        return dict(self.colours)

    def prose(
        self,
        parts: Iterable[Part],
        *,
        width: float | None = None,
        size: float = 1.0,
        role: str = "ink",
        bold: bool = False,
    ) -> Matter:
        """Prose in lines of at most ``width``; ``size`` as part of the type size about it."""
        return _lines(self.words(parts, role, bold), width, size)

    def headed(
        self, head: Iterable[Part], parts: Iterable[Part], head_role: str, role: str, *, width: float, size: float = 1.0
    ) -> Matter:
        """Prose that begins with bold words in another colour."""
        return _lines(f"{self.words(head, head_role, bold=True)} + {self.words(parts, role)}", width, size)

    def words(self, parts: Iterable[Part], role: str, bold: bool = False) -> str:
        """Prose in the colour of a role, as code."""
        weight = ', weight: "bold"' if bold else ""
        return f"text(fill: rgb({literal(self.theme[role])}){weight})[{_prose(tuple(parts), self.colours)}]"


def _lines(body: str, width: float | None, size: float) -> Matter:
    return Matter(f"lines.with({size:.4g}em)", body, width)


@lru_cache(maxsize=4096)
def _maths(node: Node, colours: tuple[tuple[str, str], ...]) -> str:
    return typst(node, dict(colours))


@lru_cache(maxsize=4096)
def _prose(parts: tuple[Part, ...], colours: tuple[tuple[str, str], ...]) -> str:
    return prose((part if isinstance(part, Node) else soft(part) for part in parts), dict(colours))


@lru_cache(maxsize=128)
def _bytes(svg: str) -> str:
    return f"bytes({literal(svg)})"


def printing(theme: Theme) -> Print:
    """A printer in the colours of a theme: a role by its name, ``factor1``, ``factor2``, … by number."""
    factors = ((f"factor{number}", theme.factor(number)) for number in range(1, _FACTORS + 1))
    return Print(theme, (*theme.colours.items(), *factors))


def soft(text: str) -> str:
    """``text`` with places to break in words that are too long for a line, and none in ``3 × 4``."""
    half = _LONGEST_WORD // 2
    text = text.replace(" × ", "\u00a0×\u00a0")
    return " ".join(
        word if len(word) <= _LONGEST_WORD else "\u200b".join(word[k : k + half] for k in range(0, len(word), half))
        for word in text.split(" ")
    )


def written(mark: Mark, theme: Theme, scale: float, origin: tuple[float, float]) -> tuple[float, float, str]:
    """Where a mark stands on the page, in points, and what it is as Typst code.

    Its lengths are ``scale`` times as long and counted from ``origin``.
    """
    left = origin[0] + mark.x * scale
    top = origin[1] + mark.y * scale
    match mark:
        case Placed(matter=matter, extent=extent, factor=factor):
            # A hair to spare: in less than their own width lines would be broken anew.
            wide = extent.width if matter.width is None else matter.width
            width = max(wide, extent.width) * scale * factor + 0.01
            body = f"text(size: {BASE * scale * factor:.3f}pt, {matter.set_in}({matter.body}))"
            return left, top - extent.ascent * factor * scale, f"block(width: {width:.2f}pt, {body})"
        case Bar():
            return left, top, f"rect({_size(mark, scale)}, fill: rgb({literal(theme[mark.role])}))"
        case Image():
            alt = literal(mark.description)
            return left, top, f'image({_bytes(mark.svg)}, format: "svg", {_size(mark, scale)}, alt: {alt})'


def _size(mark: Bar | Image, scale: float) -> str:
    return f"width: {mark.width * scale:.2f}pt, height: {mark.height * scale:.2f}pt"
