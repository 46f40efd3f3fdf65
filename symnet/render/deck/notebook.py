"""A deck as a notebook (nbformat 4.5): a Markdown cell a slide, shown as slides by Jupyter; pictures are in their cell.

Where the network can be declared in a line, a cell at the end does so, to go on from.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from symnet.render.deck.markdown import drawn, picture_link, slide_block
from symnet.render.deck.model import Deck, Slide
from symnet.render.document import Picture, markdown_prose
from symnet.render.figures.figure import Figure
from symnet.render.theme import Theme, theme


def deck_notebook(deck: Deck) -> str:
    """The deck as the JSON of a notebook; the same deck gives the same bytes."""
    shade = theme(deck.theme)
    title = f"# {markdown_prose((deck.title,))}\n\n{deck.subtitle}".rstrip()
    cells = [_markdown(title), *(_slide(slide, shade) for slide in deck.slides)]
    if deck.declaration:
        code = f"{deck.declaration}\nprint(net.derive().text())"
        cells.append({**_cell("code", code), "execution_count": None, "outputs": []})
    notebook = {
        "cells": [{"id": f"slide-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _slide(slide: Slide, shade: Theme) -> dict[str, Any]:
    """One slide as a cell, its pictures attached."""
    blocks = [f"## {markdown_prose(slide.heading)}"]
    figures: dict[str, Figure] = {}
    for block in slide.blocks:
        if isinstance(block, Picture):
            name = f"picture-{len(figures) + 1}.svg"
            figures[name] = block.figure
            blocks.append(picture_link(block, f"attachment:{name}"))
        else:
            blocks.append(slide_block(block, shade))
    cell = _markdown("\n\n".join(blocks))
    if figures:
        cell["attachments"] = {
            name: {"image/svg+xml": base64.b64encode(source.encode()).decode()}
            for name, source in drawn(figures, shade).items()
        }
    return cell


def _markdown(source: str) -> dict[str, Any]:
    return _cell("markdown", source)


def _cell(kind: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": kind,
        "metadata": {"slideshow": {"slide_type": "slide"}},
        "source": source.splitlines(keepends=True),
    }
