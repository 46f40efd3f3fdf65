"""The example notebook runs, and every result in it is shown as mathematics or as a picture."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert.preprocessors import ExecutePreprocessor

import symnet as sn

NOTEBOOK = Path(__file__).parents[1] / "examples" / "notebook.ipynb"
NEURON = sn.Network("2 -> 1 linear")


@pytest.fixture(scope="module")
def outputs() -> list[dict[str, str]]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(notebook, {})
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell.outputs[-1]["data"] for cell in code if cell.outputs]


def test_every_cell_of_the_notebook_shows_its_result(outputs: list[dict[str, str]]) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert len(outputs) == sum(cell.cell_type == "code" for cell in notebook.cells)


def test_each_result_is_a_formula_or_a_picture(outputs: list[dict[str, str]]) -> None:
    for data in outputs:
        rich = {"text/latex", "image/svg+xml"} & set(data)
        assert rich
        if "text/latex" in rich:
            assert data["text/latex"].startswith("$$\n")
            assert data["text/latex"].endswith("\n$$")


def test_the_notebook_is_stored_without_results() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_a_partial_derivative_shows_itself_as_it_prints_itself() -> None:
    partial = NEURON.derive().partial("w_1")
    assert partial._repr_latex_() == partial.markdown()


def test_a_derivation_shows_each_of_its_equations_once() -> None:
    shown = NEURON.derive()._repr_latex_()
    derivation = NEURON.derive()
    assert shown.count("&=") == len(derivation.equations) + len(derivation.backward)


def test_worked_numbers_show_the_value() -> None:
    assert "= 12" in NEURON.forward([1, 2], w=[3, 4], b=1)._repr_latex_()


def test_a_verdict_shows_its_message() -> None:
    verdict = sn.check(NEURON, wrt="w_1", answer=r"\sum x_1 (w_1 x_1 + w_2 x_2 + b - y)")
    assert "half" in verdict.message or "1/2" in verdict.message
    assert verdict._repr_latex_().startswith("$$\n\\text{Not right")
    assert verdict._repr_markdown_() == verdict.report("markdown")
