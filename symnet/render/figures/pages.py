"""A figure as a file: SVG, PDF and PNG by typst, TikZ as a whole document; the format is what the name ends in."""

from __future__ import annotations

from pathlib import Path

from symnet.errors import SymnetError
from symnet.files import write_atomically
from symnet.render.figures.figure import Figure
from symnet.render.figures.svg import svg
from symnet.render.figures.tikz import document
from symnet.render.theme import LIGHT, Theme

FORMATS = (".svg", ".pdf", ".png", ".tex")

PPI = 192.0
"""Pixels an inch of PNG files."""


def write(figure: Figure, path: Path, theme: Theme = LIGHT, stage: int | None = None) -> None:
    """Write the figure to a file, whole or not at all; up to ``stage``, if one is given.

    Raises SymnetError for a name that ends in none of :data:`FORMATS`, and where the file cannot be written.
    """
    write_atomically(path, rendered(figure, path, theme, stage))


def rendered(figure: Figure, path: Path, theme: Theme = LIGHT, stage: int | None = None) -> bytes:
    """The figure in the format that the name of the file asks for."""
    check(path)
    match path.suffix.lower():
        case ".svg":
            return svg(figure, theme, stage).encode()
        case ".tex":
            return document(figure, theme, stage).encode()
        case ".pdf":
            from symnet.render.typeset import pdf

            return pdf(_page(figure, theme, stage))
    from symnet.render.typeset import pngs

    (page,) = pngs(_page(figure, theme, stage), PPI)
    return page


def check(path: Path) -> None:
    """SymnetError if the name of the file says no format."""
    if path.suffix.lower() not in FORMATS:
        raise SymnetError(f"{path} ends in none of {', '.join(FORMATS)}; rename it")


def _page(figure: Figure, theme: Theme, stage: int | None) -> str:
    """A Typst document whose one page is the figure."""
    source = svg(figure, theme, stage).replace("\\", "\\\\").replace('"', '\\"')
    size = f"width: {figure.width:.2f}pt, height: {figure.height:.2f}pt"
    return (
        f'#set page({size}, margin: 0pt)\n#set document(date: none)\n#image(bytes("{source}"), format: "svg", {size})\n'
    )
