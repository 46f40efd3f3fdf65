"""Markdown decks: slides apart, pictures beside, and no LaTeX that only some engines take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import symnet as sn
from symnet.render.deck.build import deck
from symnet.render.deck.markdown import HEAD, NAMES, deck_markdown
from symnet.render.deck.model import Deck
from symnet.render.theme import LIGHT

CHOICES = [("index", "lecture", "light"), ("scalar", "nielsen", "dark"), ("matrix", "ng", "light")]

PORTABLE = re.compile(
    r"aligned|cases|bmatrix|underbrace|boxed|textcolor|text|textstyle|frac|sqrt|sum|partial|hat|bar|tilde|widehat"
    r"|mathbf|mathit|mathrm|operatorname|boldsymbol|odot|cdot|times|top|left|right|lbrace|rbrace|quad|Big[lr]|begin|end"
    r"|le|ge|ne|approx|vert|Vert|sigma|alpha|beta|gamma|delta|lambda|tau|eta|tanh|ln|max|min|exp|to|leftarrow"
)


def made(view: str = "index", habits: str = "lecture", theme: str = "light") -> Deck:
    net = sn.Network("2 -> 2 relu -> 2 softmax", cost="categorical_cross_entropy")
    return deck(net, view=view, notation=habits, theme=theme)


@pytest.mark.parametrize(("view", "habits", "theme"), CHOICES)
def test_every_slide_stands_between_rules(view: str, habits: str, theme: str) -> None:
    slides = made(view, habits, theme)
    text = deck_markdown(slides).text
    assert text.startswith(HEAD)
    parts = text.removeprefix(HEAD).split("\n\n---\n\n")
    assert len(parts) == len(slides.slides) + 1
    assert parts[0].strip().startswith(f"# {slides.title}\n\n{slides.subtitle}")
    assert all(part.strip().startswith("## ") for part in parts[1:])


@pytest.mark.parametrize(("view", "habits", "theme"), CHOICES)
def test_no_command_that_only_some_engines_know(view: str, habits: str, theme: str) -> None:
    text = deck_markdown(made(view, habits, theme)).text
    used = set(re.findall(r"\\([A-Za-z]+)", text))
    assert {command for command in used if not PORTABLE.fullmatch(command)} == set()
    assert not re.search(r"\\[{}|,;!]|\\tag|\\begin\{align[^e]", text)


@pytest.mark.parametrize(("view", "habits", "theme"), CHOICES)
def test_formulas_and_their_braces_are_closed(view: str, habits: str, theme: str) -> None:
    text = deck_markdown(made(view, habits, theme)).text
    assert text.count("\n$$\n") % 2 == 0
    blocks = re.findall(r"\n\$\$\n(.*?)\n\$\$", text, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        assert block.startswith(r"\begin{aligned}")
        assert block.endswith(r"\end{aligned}")
        assert block.count("{") == block.count("}")
        assert "\n\n" not in block, "an empty line ends a formula in Markdown"
        assert "$" not in block


def test_factors_have_colours_that_every_engine_names() -> None:
    text = deck_markdown(made()).text
    used = re.findall(r"\\textcolor\{(\w+)\}", text)
    assert used[:4] == [NAMES[LIGHT.factors[k]] for k in range(4)]
    assert set(used) <= {"black", "blue", "brown", "cyan", "gray", "lime", "magenta", "olive", "red", "teal", "violet"}


def test_pictures_are_svg_files_beside_it() -> None:
    written = deck_markdown(made(), "net")
    linked = re.findall(r"!\[([^]]*)\]\(([^)]*)\)", written.text)
    assert [target for _, target in linked] == list(written.files) == ["net-picture-1.svg"]
    assert linked[0][0].startswith("A network drawn as layers")
    for source in written.files.values():
        assert ET.fromstring(source).tag == "{http://www.w3.org/2000/svg}svg"
    assert "<svg" not in written.text
    assert "data:" not in written.text


def test_pictures_are_in_the_colours_of_the_theme() -> None:
    light, dark = (deck_markdown(made(theme=theme)).files["slides-picture-1.svg"] for theme in ("light", "dark"))
    assert LIGHT["ground"] in light
    assert LIGHT["ground"] not in dark


def test_the_shape_of_a_result_is_said() -> None:
    assert r"\text{2 }\times\text{ 2}" in deck_markdown(made()).text


@pytest.mark.parametrize(("view", "habits", "theme"), CHOICES)
def test_tex_sets_the_same_formulas(view: str, habits: str, theme: str, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    blocks = re.findall(r"\n\$\$\n(.*?)\n\$\$", deck_markdown(made(view, habits, theme)).text, flags=re.DOTALL)
    body = "\n".join(f"\\[{block}\\]" for block in blocks)
    preamble = r"\documentclass{article}\usepackage{amsmath,xcolor}\usepackage[a4paper,margin=1.5cm]{geometry}"
    (tmp_path / "all.tex").write_text(f"{preamble}\\begin{{document}}\n{body}\n\\end{{document}}", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull \\hbox" not in done.stdout
