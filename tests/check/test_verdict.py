"""One answer, from text to verdict, and its report in every language."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared

import symnet as sn
from symnet.check.explain.sentences import SENTENCES
from symnet.check.report import report
from symnet.check.verdict import Verdict, check
from symnet.errors import SymnetError

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]

LINE = sn.Network("2 -> 1 linear")
NEURON = sn.Network("2 -> 1 sigmoid", samples=1)
DEEP = sn.Network("3 -> 4 sigmoid -> 3 sigmoid -> 2 sigmoid", cost="quadratic", samples=1, notation="nielsen")

RIGHT = r"2\sum x_1(w_1x_1+w_2x_2+b-y)"
WRONG = r"2(\hat y-y)x_1"


def test_the_derivative_of_the_lecture_is_right() -> None:
    found = check(LINE, "w_1", RIGHT)
    assert found.status in ("proved", "equal")
    assert found.right is True
    assert found.kind is None


def test_a_wrong_answer_comes_with_numbers_and_a_diagnosis() -> None:
    found = check(NEURON, "w_1", WRONG)
    assert found.status == "different"
    assert found.kind == "missing_activation_derivative"
    assert found.counterexample
    assert "σ′(z)" in found.message


def test_what_cannot_be_read_is_not_called_wrong() -> None:
    found = check(LINE, "w_1", r"2\sum x_1(\qux")
    assert found.status == "not understood"
    assert found.right is None


def test_a_generic_layer_is_right_only_if_right_in_every_layer() -> None:
    assert check(DEEP, "b^l", r"\delta^l").right is True
    assert check(DEEP, "b^l", r"\delta^3").right is False


@pytest.mark.parametrize(
    ("wrt", "answer", "detail"),
    [
        ("w^2", r"\delta^3 (a^1)^T", "layer_of_adjoint"),
        ("w^2", r"\delta^2 (a^2)^T", "layer_of_quantity"),
        ("w^2", r"\delta^1 (a^2)^T", "layers_exchanged"),
        ("w^1", r"\delta^2 (a^1)^T", "other_gradient"),
        ("b^1", r"\delta^2", "layer_of_adjoint"),
    ],
)
def test_a_wrong_layer_that_does_not_even_fit_is_called_a_wrong_layer(wrt: str, answer: str, detail: str) -> None:
    found = check(DEEP, wrt, answer)
    assert (found.right, found.kind) == (False, "wrong_layer")
    assert found.diagnosis is not None
    assert found.diagnosis.detail == detail


def test_a_quantity_that_is_none_is_refused() -> None:
    with pytest.raises(SymnetError, match="q_1"):
        check(LINE, "q_1", "x_1")


@pytest.fixture(scope="module")
def wrong() -> Verdict:
    return check(NEURON, "w_1", WRONG)


@pytest.mark.parametrize("language", ["text", "latex", "markdown", "html"])
def test_a_report_says_what_is_wrong_and_where(wrong: Verdict, language: str) -> None:
    said = report(wrong, language)
    assert "Not right" in said
    assert "as it should be" in said
    assert "Numbers on which it fails" in said


def test_the_json_report_has_stable_names(wrong: Verdict) -> None:
    said = json.loads(report(wrong, "json"))
    assert said["status"] == "different"
    assert said["right"] is False
    assert said["diagnosis"]["kind"] == "missing_activation_derivative"
    assert said["diagnosis"]["place"] == "dC/dz1"
    assert {"answer", "wrt", "read_as", "counterexample", "assumptions", "method", "error_bound", "seed"} <= set(said)


def test_an_answer_cannot_write_into_the_page() -> None:
    found = check(LINE, "w_1", "<script>alert(1)</script>")
    assert "<script>" not in report(found, "html")


def test_an_unknown_format_is_refused(wrong: Verdict) -> None:
    with pytest.raises(SymnetError, match="docx"):
        report(wrong, "docx")


def test_every_sentence_is_one_for_a_student() -> None:
    assert all(sentence[0].islower() or sentence[0] == "{" for sentence in SENTENCES.values())
    assert not any(sentence.endswith(".") for sentence in SENTENCES.values())


def case_name(case: dict[str, Any]) -> str:
    return str(case["id"])


def checked(case: dict[str, Any]) -> Verdict:
    network, names = declared(case["network"]["id"])
    return check(network, case["target"], case["answer"], syntax=case["syntax"], names=names)


@pytest.mark.parametrize("case", [c for c in CASES if c["verdict"] == "correct"], ids=case_name)
def test_a_right_answer_is_accepted(case: dict[str, Any]) -> None:
    assert checked(case).right is True


@pytest.mark.parametrize("case", [c for c in CASES if c["verdict"] != "correct"], ids=case_name)
def test_a_wrong_answer_is_called_different_and_never_explained_by_another_slip(case: dict[str, Any]) -> None:
    found = checked(case)
    assert found.status == "different"
    if found.diagnosis is not None and found.diagnosis.detail != "ambiguous":
        assert found.kind in (case["error_kind"], *case["also_accept_kinds"])


def test_every_wrong_answer_is_explained() -> None:
    wrong = [c for c in CASES if c["verdict"] != "correct"]
    said = [c for c in wrong if checked(c).kind in (c["error_kind"], *c["also_accept_kinds"])]
    assert len(said) == len(wrong)
