"""Documents with and without planted errors: what is wrong is found at its line and column, and nothing else is."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

import symnet as sn
from symnet.check.document.findings import DocumentVerdict, Finding
from symnet.check.document.report import plain

HERE = Path(__file__).parent
GENERATED = HERE.parents[2] / "generated"
LECTURE = ("neuron", "hidden")

RIGHT: list[tuple[str, tuple[str, ...], int]] = [
    ("logistic.md", ("sigmoid_neuron",), 10),
    ("nielsen.md", ("nielsen",), 15),
    ("ng.tex", ("ng",), 10),
    ("regression.md", ("regression",), 6),
    ("ufldl.md", ("ufldl",), 15),
    ("softmax.ipynb", ("softmax",), 8),
    ("worked.md", ("worked",), 12),
    ("activations.md", ("sigmoid_neuron",), 11),
    ("orientation_other.md", ("matrices",), 0),
    ("conditions.md", ("sigmoid_neuron",), 4),
    ("unrelated.md", ("sigmoid_neuron", "neuron", "regression"), 0),
]
"""Documents in which nothing is wrong, and how many equations must be found to be right."""

WRONG: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {
    ("lecture.txt", LECTURE): [
        ("line 79, column 96", "value"),
        ("line 149, column 43", "stray_d"),
        ("line 151, column 43", "stray_d"),
        ("line 153, column 43", "stray_d"),
        ("line 161, column 129", "missing_index"),
    ],
    ("lecture_plain.txt", LECTURE): [
        ("line 20, column 39", "value"),
        ("line 35, column 5", "stray_d"),
        ("line 36, column 5", "stray_d"),
        ("line 37, column 5", "stray_d"),
        ("line 41, column 29", "missing_index"),
    ],
    ("lecture.tex", LECTURE): [
        ("line 21, column 83", "value"),
        ("line 41, column 25", "stray_d"),
        ("line 42, column 25", "stray_d"),
        ("line 43, column 25", "stray_d"),
        ("line 47, column 61", "missing_index"),
    ],
    ("logistic_wrong.md", ("sigmoid_neuron",)): [
        ("line 15, column 57", "other"),
        ("line 20, column 5", "other"),
        ("line 31, column 6", "sign"),
        ("line 36, column 52", "swapped_y_yhat"),
        ("line 41, column 81", "sign"),
    ],
    ("nielsen_wrong.tex", ("nielsen",)): [
        ("line 11, column 15", "transpose"),
        ("line 13, column 22", "wrong_layer"),
        ("line 22, column 19", "missing_activation_derivative"),
    ],
    ("ng_wrong.tex", ("ng",)): [
        ("line 13, column 15", ""),
        ("line 14, column 15", "other"),
        ("line 15, column 15", "wrong_normalisation"),
    ],
    ("ufldl_wrong.md", ("ufldl",)): [("line 27, column 56", "wrong_index"), ("line 35, column 32", "")],
    ("d2l.md", ("d2l",)): [("line 21, column 3", "")],
    ("softmax_wrong.ipynb", ("softmax",)): [
        ("cell 3, line 5, column 39", "other"),
        ("cell 3, line 11, column 4", "sign"),
        ("cell 4, line 1, column 39", "transpose"),
        ("cell 4, line 1, column 89", "swapped_y_yhat"),
    ],
    ("worked_wrong.md", ("worked",)): [
        ("line 12, column 82", "value"),
        ("line 16, column 78", "value"),
        ("line 18, column 82", "value"),
        ("line 20, column 49", "value"),
        ("line 28, column 100", "value"),
        ("line 36, column 66", "value"),
    ],
    ("activations_wrong.md", ("sigmoid_neuron",)): [
        ("line 6, column 22", "other"),
        ("line 6, column 68", "other"),
        ("line 7, column 36", "other"),
        ("line 10, column 11", "other"),
        ("line 12, column 62", "other"),
    ],
    ("orientation.md", ("matrices",)): [("line 3, column 35", "orientation")],
    ("orientation_mixed.md", ("matrices",)): [("line 6, column 44", "transpose")],
}
"""Documents with errors: the place and the code of each; a code of "" is any."""


@lru_cache
def checked(document: str, networks: tuple[str, ...]) -> DocumentVerdict:
    path = GENERATED / document.removeprefix("generated/") if "/" in document else HERE / "documents" / document
    return sn.check_document(path, [HERE / "networks" / f"{name}.toml" for name in networks])


def said(finding: Finding) -> str:
    return plain(finding.message)


@pytest.mark.parametrize(("document", "networks", "count"), RIGHT, ids=[d[0] for d in RIGHT])
def test_nothing_right_is_accused(document: str, networks: tuple[str, ...], count: int) -> None:
    verdict = checked(document, networks)
    assert [(str(f.place), f.text, said(f)) for f in verdict.wrong] == []
    assert len(verdict.of("right")) == count


@pytest.mark.parametrize(("document", "networks"), WRONG, ids=[d[0] for d in WRONG])
def test_every_error_is_found_at_its_place_and_nothing_else(document: str, networks: tuple[str, ...]) -> None:
    expected = WRONG[document, networks]
    found = [(str(f.place), f.code) for f in checked(document, networks).wrong]
    assert [place for place, _ in found] == [place for place, _ in expected]
    assert [code for (_, code), (_, wanted) in zip(found, expected, strict=True) if wanted not in ("", code)] == []


# -- the lecture ----------------------------------------------------------------------------------------------------


def test_the_lecture_is_told_what_would_be_right() -> None:
    found = [said(f) for f in checked("lecture.txt", LECTURE).wrong]
    assert found[0] == "the value is 12, not 15"
    assert found[1].endswith("the left side must be ∂C/∂w₁; the right side is right")
    assert found[3].endswith("the left side must be ∂C/∂b; the right side is right")
    assert found[4] == "the index j is missing: it must be kⱼ instead of k"


def test_the_repaired_line_of_the_lecture_is_shown() -> None:
    last = checked("lecture.txt", LECTURE).wrong[-1]
    assert last.should_be is not None
    assert plain((last.should_be,)) == "∂C/∂z · ∂z/∂kⱼ · ∂kⱼ/∂wᵢⱼ"


@pytest.mark.parametrize("document", ["lecture.txt", "lecture.tex"])
def test_the_lecture_contradicts_itself_about_the_half_and_leaves_the_weights_to_be_turned(document: str) -> None:
    remarks = {f.code: f for f in checked(document, LECTURE).remarks}
    assert {"normalisation", "orientation", "sample_index", "sum_without_index"} == set(remarks)
    half = remarks["normalisation"]
    assert "(1/2) Σ (ŷ − y)² here, Σ (ŷ − y)² in line" in said(half)
    assert len(half.also) == 1
    assert "inputs × units, 3 × 4" in said(remarks["orientation"])


def test_every_formula_of_the_lecture_is_judged() -> None:
    verdict = checked("lecture.txt", LECTURE)
    assert verdict.counts == {"right": 11, "wrong": 5, "given": 8, "remark": 5}
    assert verdict.right is False


@pytest.mark.parametrize("document", ["generated/lecture.md", "generated/lecture.tex"])
@pytest.mark.parametrize("networks", [LECTURE, (*LECTURE, "hidden_sigmoid")], ids=len)
def test_what_symnet_makes_of_the_lecture_is_right(document: str, networks: tuple[str, ...]) -> None:
    verdict = checked(document, networks)
    assert verdict.wrong == ()
    assert len(verdict.of("right")) >= 45


def test_weights_that_lie_otherwise_than_in_the_file_throughout_are_a_remark() -> None:
    (remark,) = checked("orientation_other.md", ("matrices",)).remarks
    assert remark.code == "orientation"
    assert said(remark).startswith("right if weights are written units × inputs")
    assert [str(place) for place in (remark.place, *remark.also)] == ["line 3, column 22", "line 5, column 3"]


def test_a_gradient_alone_that_is_transposed_is_wrong() -> None:
    text = (
        "$$\\frac{\\partial C}{\\partial \\mathbf{W}_1} = \\frac{\\partial C}{\\partial \\mathbf{k}} \\mathbf{x}^T$$\n"
    )
    (wrong,) = sn.check_document(text, HERE / "networks" / "matrices.toml").wrong
    assert wrong.code == "transpose"


def test_the_notes_among_the_examples_have_one_slip() -> None:
    (wrong,) = sn.check_document(HERE.parents[2] / "examples" / "notes.md", "2 -> 1 linear").wrong
    assert (str(wrong.place), wrong.code) == ("line 15, column 34", "factor")


# -- what the document says elsewhere ----------------------------------------------------------------------------


def test_a_derivative_may_be_right_for_a_cost_that_the_document_gives() -> None:
    text = "$$C = \\frac12\\sum(\\hat y - y)^2$$\n\n$$\\frac{\\partial C}{\\partial w_1} = \\sum(\\hat y - y) x_1$$\n"
    verdict = sn.check_document(text, sn.Network("2 -> 1 linear"))
    assert verdict.wrong == ()
    assert [f.code for f in verdict.remarks] == ["other_cost", "other_cost"]
    assert verdict.of("right") == ()


def test_without_that_cost_it_is_wrong() -> None:
    text = "$$\\frac{\\partial C}{\\partial w_1} = \\sum(\\hat y - y) x_1$$\n"
    assert len(sn.check_document(text, sn.Network("2 -> 1 linear")).wrong) == 1


def test_the_network_of_which_most_is_right_is_the_one_meant() -> None:
    nets = {"half": sn.Network("2 -> 1 linear", cost="quadratic"), "whole": sn.Network("2 -> 1 linear")}
    left = "\\frac{\\partial C}{\\partial b}"
    text = f"${left} = 2\\sum(\\hat y - y)$ and ${left} = \\sum(\\hat y - y)$.\n"
    assert [f.network for f in sn.check_document(text, nets).of("right")] == ["whole", "half"]


def test_a_counterexample_shows_only_what_matters() -> None:
    (wrong,) = sn.check_document("$$h_j = 1 + \\sigma(k_j)$$\n", sn.Network("2 -> 3 sigmoid -> 1")).wrong
    quantities = [plain((cell,)) for cell, _ in wrong.counterexample]
    assert not [q for q in quantities if q.startswith(("y", "w₁⁽²⁾", "b⁽²⁾"))]
    assert [q.split(" for")[0] for q in quantities[-2:]] == ["the left side", "the right side"]
