"""What symnet prints is typeset by a real TeX, and nothing runs off the page."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from symnet.costs import l2
from symnet.network import Dense, Input, Network
from symnet.notation.notation import NOTATIONS
from symnet.render.rows import columns, document

NETWORKS = {
    "3-4-1 sigmoid": Network(Input(3), Dense(4, "sigmoid"), Dense(1)),
    "3-4-3 softmax": Network(Input(3), Dense(4, "sigmoid"), Dense(3, "softmax"), cost="categorical_cross_entropy"),
    "three layers, penalised": Network(
        *(Input(2), Dense(3, "gelu_tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")),
        cost="cross_entropy",
        regulariser=l2(0.1, "1/(2n)"),
    ),
    "cases, one sample": Network(Input(2), Dense(2, "elu"), Dense(1, "leaky_relu"), cost="huber", samples=1),
    "softmax, exponential": Network(Input(2), Dense(2, "softmax"), cost="exponential"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_notation_and_view_is_typeset_without_an_overfull_box(name: str, tmp_path: Path):
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    derivation = NETWORKS[name].derive()
    body = "\n\\clearpage\n".join(
        derivation.latex(view, notation) for notation in NOTATIONS for view in ("scalar", "index", "matrix")
    )
    (tmp_path / "all.tex").write_text(document(body, name), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("view", ["scalar", "index", "matrix"])
def test_text_fits_a_terminal(view: str, notation: str):
    for name in ("3-4-1 sigmoid", "3-4-3 softmax"):
        text = NETWORKS[name].derive().text(view, notation)
        assert max(map(columns, text.splitlines())) <= 130


def test_without_a_matrix_form_the_row_says_so():
    network = Network(Input(2), Dense(2, "tanh"), Dense(2), cost="huber")
    assert "no matrix form" in network.derive().text("matrix")
