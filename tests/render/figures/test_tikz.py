"""TikZ: a real TeX typesets every kind of picture without a warning, as a file of its own and in Beamer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symnet import Network
from symnet.render.figures.figure import Figure, Label
from symnet.render.figures.tikz import document, preamble, tikz_overlays
from symnet.render.theme import DARK, latex_colours
from tests.render.figures.pictures import LINEAR, pictures

CHOSEN = {
    name: make
    for name, make in pictures().items()
    if not name.startswith(("network", "neuron", "chain", "forward", "backward"))
    or any(spec in name for spec in ("3 -> 4 sig", "2 -> 2 tanh", "n_0", "784"))
}


def typeset(source: str, folder: Path) -> int:
    """The number of pages that pdflatex makes, without a warning or a box that does not fit."""
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    (folder / "figure.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert not re.findall(r"^.*(?:Warning|Overfull|Underfull|Missing character).*$", done.stdout, re.M)
    pages = re.search(r"Output written on \S+ \((\d+) pages?", done.stdout)
    assert pages
    return int(pages[1])


def test_every_kind_of_picture_is_typeset_without_a_warning(tmp_path: Path) -> None:
    pictures_of_all = "\n\\newpage\n".join(make().tikz() for make in CHOSEN.values())
    source = document(Figure(800, 900, (), "a page"), DARK)
    body = re.compile(r"(?<=\\begin\{document\}\n).*(?=\\end\{document\})", re.S)
    assert typeset(body.sub(lambda _: pictures_of_all, source), tmp_path) == len(CHOSEN)


def test_a_file_of_its_own_is_one_page_of_the_size_of_the_picture(tmp_path: Path) -> None:
    figure = LINEAR.figure("chain", wrt="w_1")
    assert typeset(document(figure), tmp_path) == 1
    if shutil.which("pdfinfo"):
        said = subprocess.run(["pdfinfo", tmp_path / "figure.pdf"], capture_output=True, text=True, check=True).stdout
        width, height = map(float, re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", said).groups())
        assert width == pytest.approx(figure.width, abs=0.1)
        assert height == pytest.approx(figure.height, abs=0.1)


def test_beamer_shows_a_page_for_every_stage(tmp_path: Path) -> None:
    figure = LINEAR.figure("backward", x=[1, 2], y=10, w=[3, 4], b=1)
    source = (
        "\\documentclass[aspectratio=169,hyperref={bookmarks=false}]{beamer}\n\\usepackage[T1]{fontenc}\n\\usepackage{lmodern}\n"
        "\\setbeamertemplate{navigation symbols}{}\n"
        f"{preamble()}\\begin{{document}}\\begin{{frame}}\n\\resizebox{{\\linewidth}}{{!}}{{%\n"
        f"{tikz_overlays(figure).rstrip()}}}\n\\end{{frame}}\\end{{document}}\n"
    )
    assert typeset(source, tmp_path) == figure.stages


def test_stages_come_in_order_on_the_overlays_asked_for() -> None:
    figure = LINEAR.figure("backward", x=[1, 2], y=10, w=[3, 4], b=1)
    overlays = set(map(int, re.findall(r"\\uncover<(\d+)->", tikz_overlays(figure, first=4))))
    assert overlays == set(range(5, 4 + figure.stages))


def test_colours_are_names_of_roles_which_the_preamble_defines() -> None:
    source = LINEAR.figure("chain", wrt="w_1").tikz()
    used = set(re.findall(r"(?:draw|fill|text|textcolor)[={](\w+)", source))
    defined = set(re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{[0-9A-F]{6}\}", latex_colours(DARK)))
    assert {"ink", "factor1", "forward"} <= used <= defined
    assert "#" not in source


def test_hostile_letters_are_escaped(tmp_path: Path) -> None:
    evil = r"\input{/etc/passwd} $%&#_^~{}"
    figure = Figure(400, 40, (Label(evil, (200, 20)),), "A label.")
    assert "\\input" not in figure.tikz()
    assert typeset(document(figure), tmp_path) == 1


def test_up_to_a_stage_nothing_later_is_drawn() -> None:
    figure = Network("2 -> 1").figure("chain", wrt="w_1")
    assert len(figure.tikz(0)) < len(figure.tikz(1)) < len(figure.tikz())
