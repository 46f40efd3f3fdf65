"""Beamer decks are set by a real pdflatex without a warning; fragments need amsmath and xcolor alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symnet as sn
from symnet.render.deck.beamer import deck_latex, fragment
from symnet.render.deck.build import deck
from symnet.render.deck.frames import HEIGHT, SMALLEST, Item, divided, frames
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Fraction, Matrix, Name, Number, Row, Tagged, Terms
from symnet.render.document import Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.theme import DARK


def numbers(spec: str, **options: object) -> dict[str, object]:
    net = sn.Network(spec, cost="quadratic")
    return {"numbers": net.forward(backward=True, **options)}


NEURON = {"x": [1, 2], "y": 10, "w": [3, 4], "b": 1, "steps": 1, "rate": "0.1"}
DECKS = {
    "a neuron in scalars, every step": ("2 -> 1 linear", "quadratic", {"view": "scalar", "steps": "full"}),
    "numbers": ("2 -> 1 linear", "quadratic", numbers("2 -> 1 linear", **NEURON)),
    "cross-entropy, dark": ("2 -> 2 sigmoid -> 1 sigmoid", "cross_entropy", {"view": "scalar", "theme": "dark"}),
    "softmax": ("4 -> 8 tanh -> 3 softmax", "categorical_cross_entropy", {"notation": "d2l", "steps": "full"}),
    "three layers": ("3 -> 4 relu -> 4 tanh -> 2 linear", "mse", {"notation": "nielsen"}),
    "matrices": ("2 -> 3 sigmoid -> 1 linear", "mse", {"notation": "ng", "view": "matrix"}),
    "deep matrices": (" -> ".join(["3", *["3 tanh"] * 4, "2"]), "huber", {"view": "matrix", "theme": "dark"}),
    "deep": (" -> ".join(["8", *["16 relu"] * 5, "4 softmax"]), "categorical_cross_entropy", {"notation": "d2l"}),
    "wide scalars": ("9 -> 6 gelu -> 5", "log_cosh", {"view": "scalar", "wrt": ["W1[1,2]", "b1_1"], "steps": "full"}),
    "symbolic sizes": ("n_0 -> n_1 elu -> n_2 softmax", "quadratic", {"steps": "full"}),
    "results only": ("3 -> 3 tanh -> 1 linear", "hinge", {"steps": "final", "reasons": False}),
}


def made(title: str) -> Deck:
    spec, cost, options = DECKS[title]
    return deck(sn.Network(spec, cost=cost), **options)


def pdflatex(source: str, folder: Path) -> str:
    """What pdflatex says about the file; the test fails where it refuses it."""
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    (folder / "deck.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "deck.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    log = (folder / "deck.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if re.search(r"Warning|Overfull|Underfull|Missing character", line)]


def pages(log: str) -> int:
    found = re.search(r"Output written on deck\.pdf \((\d+) page", log)
    assert found is not None
    return int(found[1])


def expected_pages(slides: Deck) -> int:
    """The title, and a page for each step; a frame that only goes on with a table is one."""
    on_frames = [sum(item.steps for item in frame) for slide in slides.slides for frame in frames(slide)]
    assert sum(on_frames) == sum(slide.steps for slide in slides.slides)
    return 1 + sum(max(1, steps) for steps in on_frames)


@pytest.mark.parametrize("title", DECKS)
def test_a_deck_is_set_without_a_warning_and_has_a_page_a_step(title: str, tmp_path: Path) -> None:
    slides = made(title)
    log = pdflatex(deck_latex(slides), tmp_path)
    assert complaints(log) == []
    assert pages(log) == expected_pages(slides)


def test_steps_are_uncovered_and_never_only_shown() -> None:
    source = deck_latex(made("softmax"))
    assert r"\uncover<2->" in source
    assert r"\only" not in source
    assert r"\pause" not in source


def test_a_small_tex_is_enough() -> None:
    packages = re.findall(r"\\usepackage(?:\[[^]]*\])?\{([^}]*)\}", deck_latex(made("softmax")))
    assert packages == ["fontenc", "lmodern", "amsmath,amssymb", "tikz"]
    formulas = replace(made("softmax"), slides=made("softmax").slides[1:])
    assert "tikz" not in deck_latex(formulas)


def test_the_colours_are_those_of_the_theme() -> None:
    source = deck_latex(made("cross-entropy, dark"))
    assert rf"\definecolor{{ground}}{{HTML}}{{{DARK['ground'].lstrip('#').upper()}}}" in source
    assert rf"\definecolor{{factor2}}{{HTML}}{{{DARK.factor(2).lstrip('#').upper()}}}" in source
    used = set(re.findall(r"\\(?:textcolor|color)\{(\w+)\}", source))
    assert used <= set(re.findall(r"\\definecolor\{(\w+)\}", source))


def test_as_many_colours_as_factors(tmp_path: Path) -> None:
    rows = tuple(Row(Tagged(Name("a"), f"factor{k}"), "=", Number("1")) for k in range(1, 31))
    log = pdflatex(deck_latex(Deck("Many", (Slide("Many", (Formulas(rows),)),))), tmp_path)
    assert complaints(log) == []


def awkward() -> Deck:
    """Prose with every special character, tall and wide formulas, a long table."""
    tall = Matrix(tuple((Fraction(Name("a"), Name("b")),) for _ in range(25)))
    wide = Matrix((tuple(Name("w", sub=Number(str(k))) for k in range(60)),))
    long = Terms(tuple(("+", Name("x", sub=Number(str(k)))) for k in range(90)))
    table = Table(("cost & Co", "#"), tuple((f"row_{k} 100 % ~ ^ \\", Name("γ")) for k in range(35)))
    blocks = (
        Heading("50 % of $ & # _ { } ~ ^ \\"),
        Paragraph(("Prose on ", Name("σ"), ", → and ∂ over a line or two. " * 6)),
        Note("Beware", ("of ", Fraction(Name("a"), Name("b")), " & more")),
        Formulas((Row(Name("a"), "=", tall, "tall"), Row(Name("b"), "≈", wide, "wide"), Row(None, "=", long, "long"))),
        table,
    )
    return Deck("50 % of $ & # _ { } ~ ^ \\", (Slide("50 % & ⁽²⁾ #", blocks, ("50 % & # ", Name("w"))),), "a_b & c")


def test_what_is_too_tall_or_too_wide_still_fits(tmp_path: Path) -> None:
    log = pdflatex(deck_latex(awkward()), tmp_path)
    assert complaints(log) == []
    assert pages(log) == expected_pages(awkward())


heights = st.lists(st.tuples(st.floats(0.5, 30), st.integers(0, 3)), min_size=1, max_size=40)


@given(heights)
def test_dividing_loses_nothing_and_overfills_nothing(made_up: list[tuple[float, int]]) -> None:
    items = [Item(0, Paragraph(()), height, 1, part=k, begins=b) for k, (height, b) in enumerate(made_up)]
    found = divided(items)
    assert [item for frame in found for item in frame] == items
    assert all(len(frame) == 1 or sum(i.height for i in frame) <= HEIGHT / SMALLEST + 1e-9 for frame in found)


def test_what_fits_one_frame_stays_on_one() -> None:
    slides = deck(sn.Network("2 -> 3 sigmoid -> 1 linear", cost="quadratic")).slides
    assert [len(frames(slide)) for slide in slides] == [1] * len(slides)


def test_a_continued_frame_begins_with_a_statement_where_it_can() -> None:
    for slide in made("softmax").slides:
        for frame in frames(slide)[1:]:
            assert frame[0].begins < 3 or len(frame) > 1


def test_a_title_goes_on_as_continued() -> None:
    assert "(continued)" in deck_latex(made("softmax"))
    assert "(continued)" not in deck_latex(made("results only"))


# fragments

ARTICLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{xcolor}
%s
\begin{document}
\input{fragment}
\end{document}
"""


@pytest.mark.parametrize("title", ["softmax", "numbers", "matrices", "cross-entropy, dark"])
def test_a_fragment_needs_amsmath_and_xcolor_alone(title: str, tmp_path: Path) -> None:
    (tmp_path / "fragment.tex").write_text(fragment(made(title)), encoding="utf-8")
    log = pdflatex(ARTICLE % r"\usepackage[margin=2cm]{geometry}", tmp_path)
    assert not [line for line in complaints(log) if "Underfull" not in line]


def test_a_fragment_says_what_it_needs_and_has_no_preamble() -> None:
    source = fragment(made("softmax"))
    assert source.startswith("% To \\input where amsmath and xcolor are loaded; nothing else is needed.\n")
    assert not re.search(r"\\(documentclass|usepackage|begin\{document\}|begin\{frame\}|uncover)", source)


def test_a_fragment_keeps_a_colour_that_is_defined_already(tmp_path: Path) -> None:
    (tmp_path / "fragment.tex").write_text(fragment(made("softmax")), encoding="utf-8")
    own = r"\definecolor{factor1}{gray}{0.25}\AtEndDocument{\extractcolorspec{factor1}\found\typeout{FOUND \found}}"
    log = pdflatex(ARTICLE % own, tmp_path)
    assert "FOUND {gray}{0.25}" in log


def test_the_lecture_is_set_without_a_warning(tmp_path: Path) -> None:
    from symnet.lecture.deck import lecture_deck

    slides = lecture_deck()
    log = pdflatex(deck_latex(slides), tmp_path)
    assert complaints(log) == []
    assert pages(log) == expected_pages(slides)


def test_a_picture_leaves_room_for_what_belongs_to_it() -> None:
    picture = sn.Network("2 -> 1").figure("network")
    slide = Slide("Both", (Picture(picture), Paragraph(("Prose.",)), Table(("a",), (("b",), ("c",)))))
    assert len(frames(slide)) == 1
