"""``symnet exercise``: what teachers type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symnet.cli import main
from symnet.exercises.template import shipped

OWN = """
title = "Mine"
kind = "forward"
[network]
layers = "2 -> 1 linear"
samples = 1
[ask]
quantities = ["z1"]
[data]
x = [2, 5]
w = [-4, 4]
"""


def test_every_template_is_listed(capsys: pytest.CaptureFixture[str]):
    assert main(["exercise", "list", "--json"]) == 0
    assert sorted(row["name"] for row in json.loads(capsys.readouterr().out)) == sorted(shipped())


def test_a_template_of_ones_own_is_made_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    file.write_text(OWN, encoding="utf-8")
    assert main(["exercise", "make", str(file), "--solutions"]) == 0
    assert "Answer: ŷ = " in capsys.readouterr().out
    assert main(["exercise", "make", str(file), "--seeds", "3", "-o", str(tmp_path / "keys.csv")]) == 0
    assert (tmp_path / "keys.csv").stat().st_size
    capsys.readouterr()
    assert main(["exercise", "check", str(file), "--seeds", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["templates"][0]["verified"] == 3 and not any(found["exports"].values())


def test_the_example_is_fit_for_use(capsys: pytest.CaptureFixture[str]):
    example = Path(__file__).parents[2] / "examples" / "exercise.toml"
    assert main(["exercise", "make", str(example), "--seeds", "4-4"]) == 0
    assert "Compute ∂C/∂w₁. (2 marks)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "forward-neuro"], "did you mean 'forward-neuron'"),
        (["make", "forward-neuron", "--seeds", "x"], "expected how many"),
        (["make", "forward-neuron", "--seeds", "2"], "give one with -o"),
        (["make", "forward-neuron", "-o", "a.docx"], "ends in none of"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert main(["exercise", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_template_that_gives_no_variants_is_not_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    file.write_text(OWN.replace("w = [-4, 4]", "w = [1, 1]"), encoding="utf-8")
    assert main(["exercise", "check", str(file), "--seeds", "1"]) == 1
    assert "too few numbers for w" in capsys.readouterr().out
