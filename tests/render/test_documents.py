"""Everything that is printed as a document: typeset by a real TeX without an overfull line, and sound Markdown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from symnet import NOTATIONS, Network, l2
from symnet.lecture import lecture
from symnet.render.rows import columns, document

NEURON = Network("2 -> 1", cost="quadratic")
HIDDEN = Network("3 -> 4 sigmoid -> 1 sigmoid", cost="cross_entropy")
CLASSES = Network("3 -> 4 sigmoid -> 3 softmax", cost="categorical_cross_entropy")
PENALISED = Network("2 -> 3 gelu -> 2 tanh -> 1", cost="huber", regulariser=l2(0.1, "1/(2n)"))
SINGLE = Network("2 -> 2 elu -> 1 leaky_relu", cost="huber", samples=1)
EXPONENTIAL = Network("2 -> 2 softmax", cost="exponential")
WORKED: dict[str, Any] = {
    "W1": [["0.15", "0.25"], ["0.20", "0.30"]],
    "b1": ["0.35", "0.35"],
    "W2": [["0.40", "0.50"], ["0.45", "0.55"]],
    "b2": ["0.60", "0.60"],
}

Printed = Callable[..., str]


def pieces() -> Iterator[tuple[str, Callable[[str], str]]]:
    """What is printed, by what it is: a function of the language."""
    for habits in NOTATIONS:
        for net, names in (
            (NEURON, ("w_1", "b")),
            (HIDDEN, ("W1", "W1[1,2]", "b2")),
            (CLASSES, ("W2", "b1", "W2[1,3]")),
            (PENALISED, ("W1", "W2[1,1]", "w3")),
        ):
            for name in names:
                for view in ("index", "matrix") if "[" not in name and "_" not in name else ("scalar",):
                    partial = net.derive().partial(name)
                    yield (
                        f"{habits}, {net.spec}, {name}, {view}",
                        lambda to, p=partial, v=view, h=habits: getattr(p, to)(view=v, notation=h),
                    )
        for net in (NEURON, HIDDEN, CLASSES, PENALISED, SINGLE, EXPONENTIAL):
            for view in ("scalar", "index", "matrix"):
                yield (
                    f"{habits}, {net.spec}, {view}",
                    lambda to, d=net.derive(), v=view, h=habits: getattr(d, to)(view=v, notation=h),
                )
        second = NEURON.derive().hessian("w_1", "w_2")
        yield f"{habits}, second derivative", lambda to, s=second, h=habits: getattr(s, to)(notation=h)
        done = Network("2 -> 2 sigmoid -> 2 sigmoid", cost="quadratic").forward(
            x=["0.05", "0.10"], y=["0.01", "0.99"], backward=True, steps=1, rate="0.5", notation=habits, **WORKED
        )
        yield f"{habits}, worked numbers", lambda to, d=done: getattr(d, to)()
    yield "the lecture", lecture


PIECES = dict(pieces())


def test_all_of_it_is_typeset_without_an_overfull_box(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    blocks = []
    for title, shown in PIECES.items():
        body = shown("latex")
        formula = body if "\\begin{align" in body or "\\section" in body else f"\\[{body}\\]"
        blocks.append(f"\\typeout{{PIECE {title}}}\n{formula}")
    (tmp_path / "all.tex").write_text(document("\n\n".join(blocks), "All"), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    at, overfull = "", []
    for line in done.stdout.splitlines():
        at = line if line.startswith("PIECE") else at
        overfull += [(at, line)] if line.startswith("Overfull \\hbox") else []
    assert not overfull


@pytest.mark.parametrize("title", PIECES)
def test_dollars_come_in_pairs_in_markdown(title: str) -> None:
    source = PIECES[title]("markdown")
    displayed = re.findall(r"^\$\$$", source, re.M)
    assert displayed
    assert len(displayed) % 2 == 0
    prose = re.sub(r"^\$\$$.*?^\$\$$", "", source, flags=re.M | re.S)
    for line in prose.splitlines():
        assert line.count("$") % 2 == 0


@pytest.mark.parametrize("title", PIECES)
def test_environments_and_braces_balance_in_markdown(title: str) -> None:
    source = PIECES[title]("markdown")
    begun, ended = (sorted(re.findall(rf"\\{word}\{{(\w+)\}}", source)) for word in ("begin", "end"))
    assert begun == ended
    assert "aligned" in begun
    bare = re.sub(r"\\[{}]", "", source)
    assert bare.count("{") == bare.count("}")
    assert "align*" not in source


@pytest.mark.parametrize("title", [title for title in PIECES if not title.startswith("ng")])
def test_text_that_can_be_broken_fits_a_wide_terminal(title: str) -> None:
    # Cases stay on one line; and Ng's marks, W^{[1]} and z^{[1](i)}, have no Unicode superscripts to be short in.
    text = PIECES[title]("text")
    assert "otherwise" in text or max(map(columns, text.splitlines())) <= 112


@pytest.mark.parametrize("title", PIECES)
def test_text_has_no_latex_in_it(title: str) -> None:
    assert not re.search(r"\\[a-z]|\$", PIECES[title]("text"))


def test_without_a_matrix_form_the_row_says_so() -> None:
    assert "no matrix form; by elements" in PENALISED.derive().text("matrix")
