"""Decks as PDF, measured from the pages themselves: nothing clipped, nothing over something else, nothing jumps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from symnet.check.read.network_file import load_check_network
from symnet.errors import SymnetError
from symnet.lecture import slides
from symnet.network import Network
from symnet.render import typeset
from symnet.render.deck import pdf as writer
from symnet.render.deck.build import deck
from symnet.render.deck.model import Deck, Slide
from symnet.render.deck.pages.matter import BASE, SMALLEST, Bar, Image, Placed, printing
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pdf import HEIGHT, SIDE, WIDTH, deck_pdf, deck_typst
from symnet.render.display import (
    Boxed,
    Fraction,
    Group,
    Listing,
    Matrix,
    Name,
    Node,
    Number,
    Partial,
    Product,
    Row,
    Tagged,
)
from symnet.render.document import Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.figures.figure import Circle, Figure, Label
from symnet.render.figures.figure import Path as Line
from symnet.render.theme import THEMES
from tests.render.test_rows import DERIVATION, WIDE_ROWS, long_sum

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext and pdftoppm")

NETWORKS = sorted(Path(__file__).parents[2].glob("networks/*.toml"))
SLOPE = Partial(Name("C"), (Name("w"),))
PPI = 72
EDGE = 2.0
"""How far a slanted letter may reach out of its box, in points."""


def entry(row: int, column: int) -> Name:
    return Name("w", sub=Listing((Number(str(row)), Number(str(column))), ""))


def matrix(rows: int, columns: int) -> Matrix:
    return Matrix(tuple(tuple(entry(row, column) for column in range(columns)) for row in range(rows)))


WORDS = " ".join(f"word{k}" for k in range(400))
FIGURE = Figure(
    320.0,
    200.0,
    (
        Circle((60.0, 100.0), 30.0, stroke="forward"),
        Line(((90.0, 100.0), (230.0, 100.0)), arrow=True, stage=1),
        Label(Name("z"), (260.0, 100.0), stage=2),
    ),
    "A circle, then an arrow from it, then the letter z.",
)


def rows_of(*rows: Row) -> tuple[Formulas]:
    return (Formulas(rows),)


ENTRIES = (tuple("entry" for _ in range(12)),)
STRESS = Deck(
    'Everything that could stick out, <with> #panic() $x$ \\ " @y and a title too long for its foot ' + "long " * 30,
    (
        Slide("Wide rows", rows_of(*WIDE_ROWS)),
        Slide("A title that is much too long for one line of a slide " * 4, rows_of(*DERIVATION)),
        Slide("In a box", rows_of(Row(SLOPE, "=", Boxed(long_sum(40)), "the reason", "3 × 4"))),
        Slide("Matrices", rows_of(Row(Name("W"), "=", matrix(3, 24), "wide"), Row(None, "=", matrix(24, 2)))),
        Slide("Long left", rows_of(Row(long_sum(5), "=", Name("a")), Row(long_sum(30), "=", Name("a"), "why"))),
        Slide("Prose", (Paragraph((WORDS,)), Note("Note", (WORDS, Fraction(Name("a"), Name("b")), " " + "x" * 300)))),
        Slide("Maths in prose", (Paragraph(("Before ", long_sum(14), " between ", matrix(2, 24), " after")),)),
        Slide("Reasons", rows_of(Row(SLOPE, "=", Name("a"), ("since ", Fraction(long_sum(9), Name("b")))))),
        Slide("Table", (Table(("name", "words"), tuple((f"row {k}", "word " * (5 * k)) for k in range(1, 15))),)),
        Slide("Wide table", (Table(tuple(f"column number {k}" for k in range(12)), ENTRIES),)),
        Slide("Picture", (Paragraph(("A picture:",)), Picture(FIGURE), Paragraph(("and words below.",)))),
        Slide("Nothing", ()),
    ),
    "a subtitle " * 12,
)


@cache
def lecture() -> Deck:
    return Deck("The lecture", tuple(Slide(block.title, tuple(rest)) for block, *rest in slides()))  # type: ignore[union-attr]


@cache
def derived(spec: str, view: str, steps: str = "factors", theme: str = "light") -> Deck:
    return deck(Network(spec), view=view, steps=steps, theme=theme)


DECKS = {
    "stress": lambda: STRESS,
    "stress, dark": lambda: replace(STRESS, theme="dark"),
    "lecture": lecture,
    "scalar": lambda: derived("2 -> 2 sigmoid -> 1 linear", "scalar"),
    "index": lambda: derived("2 -> 3 sigmoid -> 1 linear", "index", "full", "dark"),
    "matrix": lambda: derived("3 -> 4 tanh -> 3 softmax", "matrix", "full"),
}
every_deck = pytest.mark.parametrize("name", DECKS)


@cache
def made(name: str) -> bytes:
    return deck_pdf(DECKS[name]())


def ink(document: bytes) -> list[np.ndarray]:
    """The pages in grey levels, how far each pixel is from the ground, at a pixel a point."""
    ppm = subprocess.run(
        ["pdftoppm", "-gray", "-r", str(PPI), "-"], input=document, capture_output=True, check=True
    ).stdout
    pages = []
    while ppm:
        found = re.match(rb"P5\s(\d+)\s(\d+)\s255\s", ppm)
        assert found is not None
        wide, high = int(found[1]), int(found[2])
        start, end = found.end(), found.end() + wide * high
        page = np.frombuffer(ppm[start:end], np.uint8).reshape(high, wide).astype(int)
        pages.append(np.abs(page - page[0, 0]))
        ppm = ppm[end:]
    return pages


@cache
def pictures(name: str) -> list[np.ndarray]:
    return ink(made(name))


@dataclass(frozen=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float


def words(document: bytes) -> list[list[Word]]:
    """The words of each page with their boxes."""
    run = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=document, capture_output=True, check=True)
    html = run.stdout.decode()
    number = r'"(-?[\d.]+)"'
    box = re.compile(rf"<word xMin={number} yMin={number} xMax={number} yMax={number}>(.*?)</word>")
    return [
        [Word(text, *map(float, corners)) for *corners, text in box.findall(page)] for page in html.split("<page ")[1:]
    ]


def texts(document: bytes) -> list[str]:
    shown = subprocess.run(["pdftotext", "-layout", "-", "-"], input=document, capture_output=True, check=True).stdout
    return shown.decode().split("\f")[:-1]


# ---- nothing clipped


@every_deck
def test_nothing_reaches_into_the_margins(name: str) -> None:
    for page in pictures(name):
        assert page.shape == (HEIGHT, WIDTH)
        marked = np.argwhere(page > 40)
        (top, left), (bottom, right) = marked.min(axis=0), marked.max(axis=0)
        assert top >= 20 and left >= SIDE - EDGE
        assert bottom <= HEIGHT - 12 and right <= WIDTH - SIDE + EDGE


@every_deck
def test_all_words_are_inside_the_page_margins(name: str) -> None:
    pages = words(made(name))
    assert sum(map(len, pages)) > 20
    for page in pages:
        for word in page:
            assert word.left >= SIDE - EDGE and word.right <= WIDTH - SIDE + EDGE, word
            assert word.top >= 10 and word.bottom <= HEIGHT - 5, word


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_decks_of_every_network_stay_inside_their_pages(path: Path) -> None:
    net = load_check_network(path)[0]
    document = deck_pdf(deck(net, view="index", steps="full"))
    pages = words(document)
    assert len(pages) > 5
    assert all(word.left >= SIDE - EDGE and word.right <= WIDTH - SIDE + EDGE for page in pages for word in page)


# ---- nothing over something else


def boxes(made_of: Deck) -> list[list[tuple[float, float, float, float]]]:
    """Where typeset matter and pictures are on each page: left, top, right, bottom, in points."""
    show = printing(THEMES[made_of.theme])
    sheets = Ruler().settled(
        lambda ruler: [writer._title_sheet(made_of, show, ruler), *writer._sheets(made_of, show, ruler)]
    )
    pages = []
    for sheet in sheets:
        found = []
        for scale, (x, y), marks in sheet.layers:
            for mark in marks:
                match mark:
                    case Placed(extent=extent, factor=factor):
                        left, top = mark.x, mark.y - extent.ascent * factor
                        box = (left, top, left + extent.width * factor, top + extent.height * factor)
                    case Image():
                        box = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
                    case Bar():
                        continue
                found.append((x + box[0] * scale, y + box[1] * scale, x + box[2] * scale, y + box[3] * scale))
        pages.append(found)
    return pages


@every_deck
def test_no_two_things_overlap(name: str) -> None:
    for page in boxes(DECKS[name]()):
        for k, (left, top, right, bottom) in enumerate(page):
            for other in page[:k]:
                across = min(right, other[2]) - max(left, other[0])
                down = min(bottom, other[3]) - max(top, other[1])
                assert across <= 0.1 or down <= 0.1, (page[k], other)


def test_a_formula_has_no_ink_outside_the_room_it_is_measured_at() -> None:
    """What the layout relies on: the measured boxes are those of the ink."""
    nodes: list[Node] = [row.right for row in (*WIDE_ROWS, *DERIVATION)] + [SLOPE, matrix(3, 3), Name("f"), Name("y")]
    margin = 6.0
    sources = [f"tight({typeset.displayed(node)})" for node in nodes]
    sizes = typeset.measure(nodes, 20.0)
    pages = "".join(
        f"#page(width: {width + 2 * margin}pt, height: {height + 2 * margin}pt, margin: 0pt)"
        f"[#place(dx: {margin}pt, dy: {margin}pt, block(width: {width + 0.01}pt, {source}))]"
        for source, (width, height) in zip(sources, sizes, strict=True)
    )
    shown = ink(typeset.pdf(typeset.preamble(20.0) + pages))
    assert len(shown) == len(nodes)
    for page in shown:
        marked = np.argwhere(page > 40)
        (top, left), (bottom, right) = marked.min(axis=0), marked.max(axis=0)
        least = margin - EDGE
        assert top >= least and left >= least
        assert bottom < page.shape[0] - least and right < page.shape[1] - least


@every_deck
def test_no_lines_of_prose_overlap(name: str) -> None:
    """Words of letters only, which are not in formulas, on one page."""
    for page in words(made(name)):
        prose = [word for word in page if re.fullmatch(r"[A-Za-z]{4,}[.,:]?", word.text)]
        for k, word in enumerate(prose):
            # A font's box is higher than its letters: only what is deeper than that is over something.
            spare = 0.35 * (word.bottom - word.top)
            for other in prose[:k]:
                across = min(word.right, other.right) - max(word.left, other.left)
                down = min(word.bottom, other.bottom) - max(word.top, other.top)
                assert across <= 1 or down <= spare, (word, other)


# ---- steps


@pytest.mark.parametrize("name", ["scalar", "index", "matrix"])
def test_a_page_a_step(name: str) -> None:
    assert len(pictures(name)) == 1 + sum(slide.steps for slide in DECKS[name]().slides)


@every_deck
def test_nothing_jumps_and_what_was_shown_stays(name: str) -> None:
    """From page to page of a slide all ink stays, but for the bar in the margin; pictures may change as they like."""
    body = slice(int(SIDE) + 5, None)
    document = deck_pdf(without_pictures(DECKS[name]()))
    shown = [page[:, body] > 60 for page in ink(document)]
    numbers = [page.strip().splitlines()[-1].split()[-3:] for page in texts(document)]
    compared = 0
    for position in range(1, len(numbers) - 1):
        if numbers[position] != numbers[position + 1]:
            continue
        assert not (shown[position] & ~shown[position + 1]).any(), position
        compared += 1
    assert compared > 3


def without_pictures(made_of: Deck) -> Deck:
    def text_only(slide: Slide) -> Slide:
        return replace(slide, blocks=tuple(block for block in slide.blocks if not isinstance(block, Picture)))

    return replace(made_of, slides=tuple(map(text_only, made_of.slides)))


def test_a_new_row_begins_below_the_rows_shown() -> None:
    rows = tuple(Row(SLOPE, "=", long_sum(k), f"reason {k}") for k in range(1, 5))
    pages = ink(deck_pdf(Deck("D", (Slide("S", rows_of(*rows)),))))[1:]
    assert len(pages) == 4
    body = np.s_[70 : int(HEIGHT) - 40, int(SIDE) + 5 :]
    for before, after in pairwise(pages):
        old = np.flatnonzero((before[body] > 60).any(axis=1))
        new = np.flatnonzero(((after - before)[body] > 60).any(axis=1))
        assert new.min() > old.max()


def test_relations_stand_under_one_another() -> None:
    rows = tuple(Row(Name(name), "=", Number(str(k)), "why") for k, name in enumerate(("a", "w", "m", "M")))
    last = words(deck_pdf(Deck("D", (Slide("S", (Formulas(rows),)),))))[-1]
    # Each right side is one digit, and all digits are of one width.
    ends = [word.right for word in last if "=" in word.text]
    assert len(ends) == 4 and max(ends) - min(ends) < 0.1
    reasons = [word.left for word in last if word.text == "why"]
    assert len(reasons) == 4 and max(reasons) - min(reasons) < 0.1 and min(reasons) > WIDTH / 2


def test_numbers_of_rows_stand_under_one_another() -> None:
    lefts = (SLOPE, Partial(Name("C"), (entry(1, 2),)), Name("z"))
    rows = tuple(
        Row(Tagged(Listing((Group(Number(str(k))), left), "  "), f"factor{k}"), "=", Name("x"))
        for k, left in enumerate(lefts, 1)
    )
    last = words(deck_pdf(Deck("D", (Slide("S", (Formulas(rows),)),))))[-1]
    numbers = [word.left for word in last if re.fullmatch(r"\(\d\).*", word.text)]
    assert len(numbers) == 3 and max(numbers) - min(numbers) < 0.1


def test_the_stages_of_a_picture_are_pages() -> None:
    pages = ink(deck_pdf(Deck("D", (Slide("S", (Picture(FIGURE),)),))))
    amounts = [(page > 60).sum() for page in pages[1:]]
    assert len(amounts) == 3 and amounts[0] < amounts[1] < amounts[2]


# ---- further pages


def test_what_is_too_high_goes_on_on_a_further_page() -> None:
    rows = tuple(Row(None if k else SLOPE, "=", long_sum(2), f"reason {k}") for k in range(24))
    pages = texts(deck_pdf(Deck("D", (Slide("Many rows", (Formulas(rows),)),))))
    assert "(continued)" not in pages[1] and "(continued)" in pages[-1]
    for number in range(24):
        assert f"reason {number}" in pages[1 + number]
    # The left side that the rows belong to is said again.
    first = next(page for page in pages if "(continued)" in page)
    assert first.count("∂") + first.count("𝜕") == 2


def test_a_heading_and_what_leads_to_rows_stay_with_them() -> None:
    filling = tuple(Row(Name("a"), "=", Fraction(Name("b"), Name("c"))) for _ in range(4))
    for count in range(3, 16):
        rows = Formulas(filling[:1] * count)
        slide = Slide("S", (rows, Heading("Section"), Paragraph(("which leads to",)), Formulas(filling[:1])))
        pages = texts(deck_pdf(Deck("D", (slide,))))
        assert "which leads to" in pages[-1] and "Section" in pages[-1]


def test_a_table_that_goes_on_has_its_header_again() -> None:
    table = Table(("epoch", "cost"), tuple((str(k), f"value{k}") for k in range(40)))
    pages = texts(deck_pdf(Deck("D", (Slide("S", (table,)),))))[1:]
    assert len(pages) > 2 and all("epoch" in page for page in pages)
    assert "value0" in pages[0] and "value39" in pages[-1]


# ---- type sizes


def sizes(made_of: Deck) -> set[float]:
    """The type sizes of everything on the pages."""
    return {float(size) for size in re.findall(r"text\(size: ([\d.]+)pt", deck_typst(made_of))}


@pytest.mark.parametrize("name", [name for name in DECKS if "stress" not in name])
def test_no_type_is_smaller_than_stated(name: str) -> None:
    found = sizes(DECKS[name]())
    assert min(found) >= SMALLEST and max(found) <= BASE
    relative = {float(size) for size in re.findall(r"lines\.with\(([\d.]+)em\)", deck_typst(DECKS[name]()))}
    assert min(relative) * BASE >= SMALLEST - 0.01


# ---- text from users


def test_text_is_shown_as_it_was_given() -> None:
    hostile = '#panic("x") $y$ \\ @ref <label> *bold* _it_ `raw` // no /* no */ [a] {b} ~ = - 1. ok'
    slide = Slide(
        hostile,
        (
            Paragraph((hostile,)),
            Note(hostile, (hostile,)),
            Table((hostile[:20],), ((hostile[:20],),)),
            Formulas((Row(Name("f(x)"), "=", Name('"); #panic("'), hostile),)),
        ),
    )
    shown = " ".join(texts(deck_pdf(Deck(hostile, (slide,), hostile)))[-1].split())
    assert shown.count("*bold*") >= 3 and "#panic(" in shown and "// no" in shown and "<label>" in shown


# ---- files


def test_the_same_deck_gives_the_same_bytes() -> None:
    code = (
        "import sys; from symnet.network import Network; from symnet.render.deck.build import deck;"
        "from symnet.render.deck.pdf import deck_pdf;"
        "sys.stdout.buffer.write(deck_pdf(deck(Network('2 -> 2 sigmoid -> 1'), view='index')))"
    )

    def run(seed: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            cwd="/",
        ).stdout

    assert run("1") == run("2") == deck_pdf(derived("2 -> 2 sigmoid -> 1", "index"))


def test_a_deck_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    original = typeset._compiled

    def counted(source: str, **options: object) -> bytes | list[bytes]:
        compiled.append(str(options["format"]))
        return original(source, **options)

    monkeypatch.setattr(typeset, "_compiled", counted)
    deck_pdf(lecture())
    assert compiled == ["pdf"]


def test_slides_are_bookmarks_and_the_deck_has_its_title() -> None:
    info = subprocess.run(["pdfinfo", "-"], input=made("lecture"), capture_output=True, check=True).stdout.decode()
    assert re.search(r"Title:\s+The lecture", info) and "CreationDate" not in info
    assert made("lecture").count(b"/Type /Outlines") <= 1 and b"/Outlines" in made("lecture")


@pytest.mark.parametrize("theme", THEMES)
def test_the_ground_is_that_of_the_theme(theme: str) -> None:
    page = typeset.pngs(deck_typst(replace(STRESS, slides=(), theme=theme)), 20)
    assert len(page) == 1
    grey = int(THEMES[theme]["ground"][1:3], 16)
    ppm = subprocess.run(
        ["pdftoppm", "-gray", "-r", "20", "-"],
        input=deck_pdf(replace(STRESS, slides=(), theme=theme)),
        capture_output=True,
        check=True,
    ).stdout
    assert abs(ppm[-1] - grey) <= 6


def test_an_unknown_theme_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(SymnetError, match="unknown theme 'drak'; did you mean 'dark'"):
        deck_pdf(Deck("D", (), theme="drak"))


def test_products_of_many_factors_are_broken() -> None:
    factors = tuple(Partial(Name("k"), (entry(k, k),)) for k in range(40))
    slide = Slide("S", rows_of(Row(SLOPE, "=", Product(factors))))
    assert len(ink(deck_pdf(Deck("D", (slide,))))) == 2
