"""Deep, wide and symbolic networks: an answer is judged by what it names, and that is no weaker a judgement."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared

import symnet as sn
from symnet.algebra.expressions import Tensor, add
from symnet.check import verdict
from symnet.check.decide import segment as segments
from symnet.check.decide.points import Laboratory, laboratory, part_of
from symnet.check.decide.segment import pattern
from symnet.check.read.reading import read
from symnet.check.read.symbols import target
from symnet.check.verdict import check
from symnet.network import Network

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
DELTA = r"((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is tested here, not how soon."""
    monkeypatch.setattr(verdict, "SECONDS", 60.0)


def deep(layers: int, units: int | str, function: str = "sigmoid", samples: int | str = 1) -> Network:
    names = [f"d_{k}" if units == "d" else str(units) for k in range(layers + 1)]
    middle = " -> ".join(f"{name} {function}" for name in names[1:])
    return Network(f"{names[0]} -> {middle} -> 2 {function}", cost="quadratic", samples=samples, notation="nielsen")


FORTY, BATCH, SYMBOLIC, RELU = deep(40, 4), deep(40, 4, samples="n"), deep(12, "d"), deep(40, 4, "relu")


@pytest.mark.parametrize("network", [FORTY, BATCH, SYMBOLIC], ids=["one sample", "samples", "symbolic"])
@pytest.mark.parametrize(
    ("wrt", "answer"), [("delta^l", DELTA), ("w^l", r"\delta^l (a^{l-1})^T"), ("z^5", DELTA.replace("l", "5"))]
)
def test_a_right_answer_on_a_deep_network_is_accepted(network: Network, wrt: str, answer: str) -> None:
    answer = answer.replace("5+1", "6").replace("^5", "^{5}").replace(r"\de5ta", r"\delta")
    assert check(network, wrt, answer).right is True


@pytest.mark.parametrize("network", [FORTY, BATCH, SYMBOLIC, RELU], ids=["one sample", "samples", "symbolic", "relu"])
@pytest.mark.parametrize(
    ("wrt", "answer", "kind"),
    [
        ("w^l", r"2\delta^l (a^{l-1})^T", "factor"),
        ("z^5", r"(w^6)^T \delta^6", "missing_activation_derivative"),
        ("w^5", r"a^4 (\delta^5)^T", "transpose"),
    ],
)
def test_a_wrong_answer_on_a_deep_network_is_explained(network: Network, wrt: str, answer: str, kind: str) -> None:
    found = check(network, wrt, answer)
    assert (found.right, found.kind) == (False, kind)
    assert found.counterexample or kind == "transpose"


@pytest.mark.parametrize("network", [FORTY, RELU], ids=["sigmoid", "relu"])
@pytest.mark.parametrize("answer", ["0", "x_1", r"(a^{41}_1-y_1)x_1"])
def test_what_names_nothing_on_the_way_is_refuted_all_the_same(network: Network, answer: str) -> None:
    assert check(network, "w^1_{11}", answer).right is False


def test_a_wide_network_is_judged_with_its_indices() -> None:
    wide = Network("784 -> 1024 relu -> 10 softmax", cost="categorical_cross_entropy", notation="ng")
    right = r"\frac1m\sum_i x_7^{(i)} 1_{z_3^{[1](i)}>0}\sum_k (a_k^{[2](i)}-y_k^{(i)}) W^{[2]}_{k3}"
    assert check(wide, "W^{[1]}_{3,7}", right).right is True
    assert check(wide, "W^{[1]}_{3,7}", right.replace("x_7", "x_3")).right is False


# -- parts -------------------------------------------------------------------------------------------------------------


def part(network: Network, wrt: str, answer: str) -> tuple[Laboratory, Any]:
    asked = target(network, wrt)
    reading = read(network, answer, asked)
    assert reading.expr is not None, reading.message
    found = part_of(laboratory(network), asked.truth, reading.expr)
    assert found is not None
    return found, pattern(found.definitions, asked.truth, reading.expr, asked.axes)


def names(tensors: tuple[Tensor, ...]) -> set[str]:
    return {tensor.name for tensor in tensors}


def test_what_an_answer_names_is_free_and_the_rest_of_the_network_is_left_out() -> None:
    found, _ = part(FORTY, "z^{20}", DELTA.replace("l+1", "{21}").replace("^l", "^{20}"))
    assert names(found.given) == {"dC/dz21", "W21", "z20"}
    assert names(tuple(found.definitions)) == {"dC/dz20", "dC/da20", "a20"}


def test_layers_that_are_alike_are_one_question_and_others_are_not() -> None:
    def asked(network: Network, layer: int) -> Any:
        return part(network, f"w^{{{layer}}}", rf"\delta^{{{layer}}} (a^{{{layer - 1}}})^T")[1]

    assert asked(FORTY, 7) == asked(FORTY, 30) == asked(deep(25, 4), 20)
    assert asked(SYMBOLIC, 5) == asked(SYMBOLIC, 8)
    assert asked(FORTY, 7) != asked(FORTY, 41)
    assert asked(FORTY, 7) != asked(deep(40, 5), 7)
    assert asked(FORTY, 7) != asked(RELU, 7)
    assert asked(FORTY, 7) != asked(BATCH, 7)


def test_two_quantities_of_one_role_and_layer_are_not_taken_for_each_other() -> None:
    a, b = (Tensor(name, (), "weight", 1)() for name in "AB")
    assert pattern({}, add(a, b), add(b, a), ()) != pattern({}, add(a, b), add(a, a), ())
    assert pattern({}, add(a, b), add(b, a), ()) == pattern({}, add(b, a), add(a, b), ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_parts_of_small_networks_lead_to_the_same_verdict(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "FEW", 0)
    network, vocabulary = declared(case["network"]["id"])
    found = sn.check(network, case["target"], case["answer"], syntax=case["syntax"], names=vocabulary, seed=77)
    assert found.right is (case["verdict"] == "correct")


def test_many_of_these_answers_are_about_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "FEW", 0)
    parts = 0
    for case in CASES:
        network, vocabulary = declared(case["network"]["id"])
        asked = target(network, case["target"], vocabulary).concrete()[0]
        reading = read(network, case["answer"], asked, syntax=case["syntax"], names=vocabulary)
        if reading.expr is not None:
            parts += part_of(laboratory(network), asked.truth, reading.expr) is not None
    assert parts >= 10
