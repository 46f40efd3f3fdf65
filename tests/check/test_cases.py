"""The 129 answers of ``cases.jsonl``: each is read; the right ones are the derivative, the wrong ones are not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared, is_true

from symnet.check.read.reading import Reading, read_layers
from symnet.check.read.symbols import Target, target

LINES = (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()
CASES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
RIGHT = [case for case in CASES if case["verdict"] == "correct"]
WRONG = [case for case in CASES if case["verdict"] != "correct"]


def readings(case: dict[str, Any]) -> tuple[tuple[Target, Reading], ...]:
    network, names = declared(case["network"]["id"])
    asked = target(network, case["target"], names)
    return read_layers(network, case["answer"], asked, syntax=case["syntax"])


def name(case: dict[str, Any]) -> str:
    return f"{case['id']}-{case['network']['id']}"


@pytest.mark.parametrize("case", RIGHT, ids=name)
def test_a_right_answer_is_read_as_the_derivative(case: dict[str, Any]) -> None:
    network, _ = declared(case["network"]["id"])
    for asked, reading in readings(case):
        assert is_true(network, asked, reading), (reading.status, reading.message, reading.position)


@pytest.mark.parametrize("case", WRONG, ids=name)
def test_a_wrong_answer_is_read_and_differs(case: dict[str, Any]) -> None:
    network, _ = declared(case["network"]["id"])
    found = readings(case)
    assert {reading.status for _, reading in found} <= {"read", "shape"}, found[0][1].message
    assert not all(is_true(network, asked, reading) for asked, reading in found)


@pytest.mark.parametrize("case", [c for c in CASES if c["error_kind"] == "transpose"], ids=name)
def test_a_transposed_answer_is_a_matter_of_shape(case: dict[str, Any]) -> None:
    for _, reading in readings(case):
        assert reading.status == "shape"
        assert reading.message


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_syntax_is_found_without_being_told(case: dict[str, Any]) -> None:
    network, names = declared(case["network"]["id"])
    asked = target(network, case["target"], names)
    told, found = (read_layers(network, case["answer"], asked, syntax=s) for s in (case["syntax"], "auto"))
    assert [r.expr for _, r in told] == [r.expr for _, r in found]
