"""Documents that mean harm, or none at all: nothing is executed, raised, or taken for right, and limits come first."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import symnet as sn
from symnet.errors import SymnetError

NET = sn.Network("2 -> 1 sigmoid", cost="cross_entropy")
DOCUMENTS = Path(__file__).parent / "documents"

CHOSEN = {
    "braces": "$" + "{" * 100_000 + "$",
    "open": "$$" + "(" * 50_000,
    "environments": r"\begin{align}" * 3_000 + "a=b" + r"\end{align}" * 3_000,
    "a macro of itself": r"\newcommand{\a}{\a\a} $\a = 1$",
    "macros that grow": r"\def\a{\b\b}\def\b{\c\c}\def\c{\d\d\d\d\d}\def\d{xxxxxxxx} $\a\a\a\a = 1$",
    "dollars": "$" * 20_001,
    "dollars apart": "$ " * 20_001,
    "backticks": "`" * 30_001,
    "backticks apart": "` " * 30_001,
    "a chain": "$$" + "=".join(["w_1"] * 3_000) + "$$",
    "rows": "$$\\begin{aligned}" + r"\hat y &= w_1 \\" * 2_000 + "\\end{aligned}$$",
    "a matrix": r"$$x = \begin{bmatrix}" + r"1 & 2 & 3 \\" * 300 + r"\end{bmatrix}$$",
    "fences": "```\n" * 5_000,
    "comments": "<!--" * 20_000,
    "directions": "$\u202eŷ = w\u2066 = 3$",
    "null": "$a\x00 = b$",
    "powers": "$9^{9^{9^9}} = 1$ and $\\hat y = 9^{99999999}$",
    "digits": "$x_1 = " + "9" * 100_000 + "$",
    "text": "$$a = b \\text{" + "if " * 20_000 + "} c$$",
    "gaps": "$$[" + r"a \quad " * 900 + "] = 1$$",
    "brackets": "$" + r"\left(" * 1_300 + "= 1$",
    "files": r"\input{/etc/passwd} $\input{/etc/passwd} = 1$ $\write18{ls} = 2$",
    "code": "$__import__('os').system('id') = 1$\n\n__import__('os') = 1\n\nx.__class__ = 1\n",
    "cells": "| $a$ " * 2_900,
    "blank": "\n" * 100_000,
    "backslashes": "\\" * 50_001,
}


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """What code of ours opens, runs or imports while a document is looked at."""
    events: list[str] = []
    active = [True]

    def hook(event: str, arguments: Any) -> None:
        if active[0] and event in ("os.system", "subprocess.Popen", "socket.connect", "os.exec", "os.remove"):
            events.append(event)
        if active[0] and event == "open" and "passwd" in str(arguments[0]):
            events.append(f"open {arguments[0]}")

    sys.addaudithook(hook)
    yield events
    active[0] = False


@pytest.mark.parametrize("suffix", [".md", ".tex"])
@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_document_is_harmless(name: str, suffix: str, tmp_path: Path, watched: list[str]) -> None:
    path = tmp_path / f"notes{suffix}"
    path.write_text(CHOSEN[name], encoding="utf-8")
    try:
        verdict = sn.check_document(path, NET)
    except SymnetError as error:
        assert "\n" not in str(error)
    else:
        assert verdict.of("right") == ()
        assert verdict.report("text")
    assert watched == []


def test_a_formula_that_is_too_long_is_said_to_be() -> None:
    verdict = sn.check_document("$$\\hat y = " + "w_1 x_1 + " * 5_000 + "b$$\n", NET)
    assert [f.code for f in verdict.findings] == ["long"]


def test_what_time_is_not_enough_for_is_left_open() -> None:
    from symnet.check.document.check import check_document

    verdict = check_document("$\\hat y = w_1 x_1$\n", NET, seconds=0.0)
    assert [(f.status, f.code) for f in verdict.findings] == [("open", "time")]


PIECES = [
    "$", "$$", "\\", "{", "}", "(", ")", "[", "]", "\\begin{align}", "\\end{align}", "&", "\\\\", "^", "_", "'", "|",
    "\\left", "\\right", "\\frac", "\\partial", "\\sum", "=", "\\text{if}", "%", "`", "```", "\n\n", "\u202e", "\x00",
    "Σ", "∂", "₁", "²", "\\newcommand{\\a}{\\a\\a}", "\\a", "\\begin{bmatrix}", "\\quad", ",", "1/0", "\\boxed{",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_torn_document_raises_nothing(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    source = rng.choice([p for p in sorted(DOCUMENTS.iterdir()) if p.suffix in (".md", ".tex", ".txt")])
    text = source.read_text(encoding="utf-8")
    start = rng.randrange(len(text))
    text = text[start : start + rng.randrange(300, 1_500)]
    for _ in range(rng.randrange(2, 12)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES) + text[at + rng.randrange(0, 4) :]
    path = tmp_path / f"torn{source.suffix}"
    path.write_text(text, encoding="utf-8")
    verdict = sn.check_document(path, [NET, sn.Network("3 -> 4 sigmoid -> 1 linear", samples=1)])
    assert verdict.report("json")
