"""Answers whose verdict is known, each as the one formula of a page: the page is right where the answer is."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import symnet as sn
from symnet.check.document.sides import Subject
from symnet.check.read.network_file import load_check_network

CHECK = Path(__file__).parents[1]
CASES: list[dict[str, Any]] = [
    case
    for line in (CHECK / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    if (case := json.loads(line))["syntax"] == "latex"
]


@lru_cache
def subject(name: str) -> Subject:
    network, names = load_check_network(CHECK.parent / "networks" / f"{name}.toml")
    return Subject(name, network, names)


def cost(one: Subject) -> str:
    """The letter of the network's cost."""
    named = one.vocabulary.declarations.items()
    meant = [(base, d.meaning) for base, found in named for d in found if d.meaning.kind == "tensor"]
    return next(base for base, meaning in meant for t in meaning.tensors.values() if t.role == "cost")


@pytest.mark.parametrize("case", CASES, ids=[f"{c['id']}-{c['network']['id']}" for c in CASES])
def test_a_page_is_right_where_its_formula_is(case: dict[str, Any]) -> None:
    one = subject(case["network"]["id"])
    wrt = case["target"]
    left = wrt if wrt.startswith("delta") else rf"\frac{{\partial {cost(one)}}}{{\partial {wrt}}}"
    verdict = sn.check_document(f"# Notes\n\n$${left} = {case['answer']}$$\n", one)
    assert verdict.right is (case["verdict"] == "correct")
    if verdict.wrong:
        assert [(f.place.line, f.place.column) for f in verdict.wrong] == [(3, len(left) + 6)]
