"""What ``symnet derive`` writes is a document: all of it is found right, and an error planted in it is found."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import symnet as sn
from symnet.check.document.report import plain
from symnet.cli import main

NETWORKS = [
    ("2 -> 1 linear", "sum_of_squares", "scalar", "lecture", "n", ".md"),
    ("2 -> 1 sigmoid", "cross_entropy", "scalar", "d2l", "n", ".md"),
    ("3 -> 4 sigmoid -> 1 linear", "quadratic", "index", "lecture", "n", ".tex"),
    ("3 -> 4 sigmoid -> 1 linear", "quadratic", "scalar", "lecture", "n", ".md"),
    ("3 -> 4 sigmoid -> 1 linear", "quadratic", "matrix", "lecture", "n", ".md"),
    ("2 -> 3 tanh -> 2 softmax", "categorical_cross_entropy", "index", "lecture", "n", ".md"),
    ("3 -> 4 sigmoid -> 3 sigmoid -> 2 sigmoid", "quadratic", "index", "nielsen", "1", ".tex"),
    ("2 -> 2 relu -> 1 linear", "mse", "matrix", "ng", "n", ".md"),
    ("2 -> 3 tanh -> 2 softmax", "categorical_cross_entropy", "index", "ng", "n", ".md"),
    ("2 -> 3 tanh -> 2 softmax", "categorical_cross_entropy", "matrix", "d2l", "1", ".tex"),
]
Case = tuple[str, str, str, str, str, str]


def derived(case: Case, folder: Path) -> tuple[Path, sn.Network]:
    """The derivation that the command writes, and its network."""
    spec, cost, view, notation, samples, suffix = case
    path = folder / f"derivation{suffix}"
    options = ["--cost", cost, "--view", view, "--notation", notation, "--samples", samples]
    assert main(["derive", spec, *options, "-o", str(path)]) == 0
    return path, sn.Network(spec, cost=cost, samples=1 if samples == "1" else "n", notation=notation)


@pytest.mark.parametrize("case", NETWORKS, ids=" ".join)
def test_everything_in_a_derivation_is_right(case: Case, tmp_path: Path) -> None:
    path, network = derived(case, tmp_path)
    verdict = sn.check_document(path, network)
    assert [(str(f.place), f.text, plain(f.message)) for f in verdict.findings if f.status != "right"] == []
    assert len(verdict.of("right")) >= 6


PLANTED = [
    (r"(?<=[\w}\)]) - (?=[\w\\])", " + "),
    (r"(?<=[\w}\)]) \+ (?=[\w\\])", " - "),
    (r"= 2 ", "= "),
    (r"(?<![\d_{^\[(])2(?![\d\]\)}])", "3"),
    (r"x_1", "x_2"),
    (r"\(1 - ", "(2 - "),
    (r"\\sigma'", r"\\sigma"),
    (r"\\odot", r"\\cdot"),
    (r"\\partial w", r"\\partial dw"),
    (r"h_j", "h_i"),
]
"""A pattern in a line of a derivation, and what makes it wrong."""


@pytest.mark.parametrize("seed", range(24))
def test_an_error_that_is_planted_is_never_taken_for_right(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    path, network = derived(rng.choice([case for case in NETWORKS if case[5] == ".md"]), tmp_path)
    lines = path.read_text(encoding="utf-8").split("\n")
    spots = [
        (k, match.span(), new)
        for k, line in enumerate(lines)
        if "&" in line and "=" in line
        for pattern, new in PLANTED
        for match in re.finditer(pattern, line.partition("&&")[0])
    ]
    k, (start, stop), new = rng.choice(spots)
    lines[k] = lines[k][:start] + new.replace("\\\\", "\\") + lines[k][stop:]
    path.write_text("\n".join(lines), encoding="utf-8")
    verdict = sn.check_document(path, network)
    assert [f.place.line for f in verdict.wrong] in ([k + 1], []), lines[k]
    assert verdict.wrong or verdict.of("open"), lines[k]
