"""A deck as Markdown for GitHub, Quarto and Marp: ``---`` between slides, formulas between ``$$``.

Pictures are SVG files beside it: GitHub shows neither SVG nor ``data:`` addresses that stand in the text itself.
Colours are names that LaTeX, KaTeX, MathJax and the web share, legible on light and on dark ground, for a file cannot
know how it will be shown; the theme's own are in hexadecimal, which not all of them take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from symnet.render.deck.colours import factor_of, tags
from symnet.render.deck.model import Deck
from symnet.render.document import Block, Formulas, Picture, markdown_prose, write
from symnet.render.figures.figure import Figure
from symnet.render.rows import rows_markdown
from symnet.render.theme import Theme, theme

NAMES = {"forward": "teal", "hidden": "olive", "backward": "red", "accent": "magenta", "muted": "gray"}
"""The portable name of each role's colour; a role without one is shown without."""

WIDTH = 36.0
"""The width of a formula in em."""

HEAD = """\
---
marp: true
math: mathjax
format: revealjs
---
"""


class Markdown(NamedTuple):
    """The text, and the files that it refers to by name."""

    text: str
    files: Mapping[str, str]


def deck_markdown(deck: Deck, stem: str = "slides") -> Markdown:
    """The deck as Markdown; its pictures are called ``stem-picture-1.svg``, ``stem-picture-2.svg`` …"""
    shade = theme(deck.theme)
    figures = list(pictures(deck))
    named = {f"{stem}-picture-{number}.svg": figure for number, figure in enumerate(figures, 1)}
    places = iter(named)
    slides = [f"# {markdown_prose((deck.title,))}\n\n{deck.subtitle}".rstrip()]
    for slide in deck.slides:
        blocks = [f"## {markdown_prose(slide.heading)}"]
        for block in slide.blocks:
            blocks.append(
                picture_link(block, next(places)) if isinstance(block, Picture) else slide_block(block, shade)
            )
        slides.append("\n\n".join(blocks))
    return Markdown(HEAD + "\n" + "\n\n---\n\n".join(slides) + "\n", drawn(named, shade))


def pictures(deck: Deck) -> Iterator[Figure]:
    """Every picture of the deck, in order."""
    for slide in deck.slides:
        for block in slide.blocks:
            if isinstance(block, Picture):
                yield block.figure


def drawn(named: Mapping[str, Figure], shade: Theme) -> dict[str, str]:
    """The pictures as SVG."""
    if not named:
        return {}
    from symnet.render.figures.svg import svg

    return {name: svg(figure, shade) for name, figure in named.items()}


def picture_link(block: Picture, target: str) -> str:
    """A picture that stands in a file, and in words what is to be seen."""
    words = block.figure.description.replace("[", "(").replace("]", ")").replace("\n", " ")
    return f"![{words}]({target})"


def slide_block(block: Block, shade: Theme) -> str:
    """A block of a slide, in colours where it has any."""
    if not isinstance(block, Formulas):
        return write([block], "markdown").rstrip()
    shapes = any(row.shape for row in block.rows)
    return rows_markdown(block.rows, palette=portable(tags(block), shade), width=WIDTH, shapes=shapes)


def portable(used: tuple[str, ...], shade: Theme) -> dict[str, str]:
    """The portable colour name of each tag that has one."""
    roles = {tag: shade.factors[(factor_of(tag) - 1) % len(shade.factors)] if factor_of(tag) else tag for tag in used}
    return {tag: NAMES[role] for tag, role in roles.items() if role in NAMES}
