"""Notebooks of slides: valid, the same each time, and they run."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET

import nbformat
import pytest

import symnet as sn
from symnet.render.deck.build import deck
from symnet.render.deck.model import Deck
from symnet.render.deck.notebook import deck_notebook


def made(**options: object) -> Deck:
    return deck(sn.Network("2 -> 3 sigmoid -> 1 linear", cost="quadratic"), **options)


@pytest.mark.parametrize("view", ["index", "scalar", "matrix"])
def test_it_is_valid_with_a_cell_a_slide(view: str) -> None:
    slides = made(view=view)
    notebook = nbformat.reads(deck_notebook(slides), as_version=4)
    nbformat.validate(notebook)
    markdown = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(markdown) == len(slides.slides) + 1
    assert {cell.metadata.slideshow.slide_type for cell in notebook.cells} == {"slide"}
    for slide, cell in zip(slides.slides, markdown[1:], strict=True):
        assert cell.source.startswith("## " + slide.title.split(" w")[0].split(" b")[0].split(" W")[0])


def test_the_same_deck_gives_the_same_bytes() -> None:
    assert deck_notebook(made()) == deck_notebook(made())


def test_a_picture_is_attached_to_its_slide() -> None:
    cell = json.loads(deck_notebook(made()))["cells"][1]
    (name,) = cell["attachments"]
    assert f"(attachment:{name})" in "".join(cell["source"])
    assert ET.fromstring(base64.b64decode(cell["attachments"][name]["image/svg+xml"])).tag.endswith("svg")


def test_it_runs_and_its_code_prints_the_derivation() -> None:
    pytest.importorskip("nbconvert")
    from nbconvert.preprocessors import ExecutePreprocessor

    notebook = nbformat.reads(deck_notebook(made()), as_version=4)
    ExecutePreprocessor(timeout=300).preprocess(notebook, {})
    (code,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    printed = "".join(output.text for output in code.outputs)
    assert printed == sn.Network("2 -> 3 sigmoid -> 1 linear", cost="quadratic").derive().text() + "\n"


def test_it_becomes_a_page_with_its_picture() -> None:
    pytest.importorskip("nbconvert")
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(nbformat.reads(deck_notebook(made()), as_version=4))
    assert 'src="data:image/svg+xml;base64,' in page


def test_a_network_that_no_line_declares_has_no_code() -> None:
    slides = deck(sn.Network("1 -> 1", regulariser=sn.l2(0.1)))
    assert {cell["cell_type"] for cell in json.loads(deck_notebook(slides))["cells"]} == {"markdown"}
