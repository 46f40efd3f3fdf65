"""The HTML deck in a real browser, offline: what it asks for, shows and prints, to whom and at what size."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from symnet.errors import SymnetError
from symnet.render.deck.html import deck_html
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Boxed, Listing, Name, Node, Number, Row
from symnet.render.document import Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.figures.figure import Figure, Label
from symnet.render.latex import latex
from symnet.render.theme import DARK, LIGHT, THEMES, Theme
from tests.render.deck.in_browser import DECK, DECKS, FIGURE, HALF, PHONE, ROWS, SCREEN, SLOPE, WIDE, Shown, lecture

HOSTILE = """</script></style><script>alert(1)</script><img src=x onerror=alert(2)> "'& {{ 7*7 }} </title> <!--"""


# ---- one file that asks for nothing


@pytest.mark.parametrize("name", ["small", "dark", "hard"])
def test_the_page_asks_for_nothing_and_complains_of_nothing(show: Callable[..., Shown], name: str) -> None:
    made = DECKS[name]()
    shown = show(made)
    for _ in range(sum(slide.steps for slide in made.slides) + 20):
        shown.press("ArrowRight")
    shown.page.click(".all")
    assert shown.at == f"#{len(made.slides)}" + (f".{made.slides[-1].steps}" if made.slides[-1].steps > 1 else "")
    assert [url.partition("#")[0].rpartition("/")[2] for url in shown.requests] == ["1.html"]
    assert shown.complaints == []


@pytest.mark.parametrize("name", ["small", "hard", "derivation"])
def test_no_address_of_anything_stands_in_the_file(name: str) -> None:
    source = deck_html(DECKS[name]())
    assert not re.search(r"://|url\(|@import|\ssrc=", source)
    assert re.findall(r'href="(?!#)([^"]*)"', source) == ["data:,"]


def test_the_policy_forbids_everything_but_the_pages_own_style_and_script() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', deck_html(DECK))
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy[1]
    assert re.findall(r"(\w+)-src (?!&#39;(?:none|sha256))", policy[1]) == ["img"]


def test_a_script_that_was_put_into_the_page_does_not_run(show: Callable[..., Shown]) -> None:
    shown = show(DECK)
    shown.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert shown.page.evaluate("window.ran") is None


@pytest.mark.parametrize("theme", THEMES)
def test_hostile_text_stays_text(show: Callable[..., Shown], theme: str) -> None:
    figure = Figure(200, 60, (Label(HOSTILE, (100, 30)),), HOSTILE)
    letters = Formulas((Row(Name(HOSTILE), "=", Name("w", sub=Name(HOSTILE)), (HOSTILE, Name(HOSTILE)), HOSTILE),))
    table = Table((HOSTILE, Name(HOSTILE)), ((HOSTILE, Name(HOSTILE)),))
    prose = (Heading(HOSTILE), Paragraph((HOSTILE, Name(HOSTILE), HOSTILE)), Note(HOSTILE, (HOSTILE,)))
    made = Deck(HOSTILE, (Slide(HOSTILE, (*prose, letters, table, Picture(figure))),), HOSTILE, theme)
    shown = show(made)
    shown.press(*["ArrowRight"] * 9)
    page = shown.page
    assert shown.complaints == []
    assert page.title() == " ".join(HOSTILE.split())
    assert page.locator("h1").inner_text() == page.locator("h2").inner_text() == page.locator("h1 + p").inner_text()
    assert page.locator(".note b").inner_text() == HOSTILE
    assert page.locator("desc").text_content() == HOSTILE
    assert page.locator("img, main script, main style").count() == 0
    assert page.locator("p > .run .formula > span").get_attribute("aria-label") == latex(Name(HOSTILE))


def test_the_same_deck_gives_the_same_file() -> None:
    assert deck_html(DECK) == deck_html(DECK)


def test_the_lecture_takes_less_than_a_megabyte() -> None:
    assert len(deck_html(lecture()).encode()) < 1_000_000


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(SymnetError, match="sepia"):
        deck_html(replace(DECK, theme="sepia"))


# ---- for everybody


def test_every_formula_says_its_latex_and_every_picture_what_is_to_be_seen(show: Callable[..., Shown]) -> None:
    shown = show(DECK, java_script_enabled=False)
    told = shown.page.locator(".formula > [role=img]").evaluate_all("all => all.map(x => x.ariaLabel)")
    second = latex(ROWS[1].right)
    expected: list[Node | str] = [SLOPE, "=", HALF, "=", second, HALF, "=", Boxed(Name("x", accent="hat"))]
    expected += [Name("w"), HALF, Number("3")]
    assert told == [latex(node) if isinstance(node, Node) else node for node in expected]
    pictures = shown.page.get_by_role("img", name="A path from x₁ to the output")
    assert pictures.count() == 1
    described = pictures.get_attribute("aria-labelledby").split()
    assert [shown.page.locator(f"#{name}").text_content() for name in described][-1] == FIGURE.description


@pytest.mark.parametrize("name", ["hard", "lecture", "derivation"])
def test_no_drawing_is_without_words_and_no_name_is_given_twice(show: Callable[..., Shown], name: str) -> None:
    shown = show(DECKS[name](), java_script_enabled=False)
    silent = "all => all.filter(x => !x.closest('[role=img][aria-label]:not([aria-label=\"\"]), svg[aria-labelledby]'))"
    assert shown.page.locator("main svg").evaluate_all(silent + ".length") == 0
    names = shown.page.locator("[id]").evaluate_all("all => all.map(x => x.id)")
    assert len(names) == len(set(names))
    for link in shown.page.locator("use").evaluate_all("all => [...new Set(all.map(x => x.getAttribute('href')))]"):
        assert link.removeprefix("#") in names


def test_headings_landmarks_language_and_title(show: Callable[..., Shown]) -> None:
    page = show(DECK, java_script_enabled=False).page
    assert page.title() == "A deck"
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(x => x.tagName + ' ' + x.textContent)")
    assert levels == ["H1 A deck", "H2 First", "H2 Second", "H2 Third", "H3 A part"]
    assert page.get_by_role("main").count() == 1
    assert page.locator("th[scope=col]").count() == 2


def test_without_scripts_everything_is_visible(show: Callable[..., Shown]) -> None:
    page = show(DECK, java_script_enabled=False).page
    everything = page.locator("[data-step], [data-stage], .formula, h1, h2, h3")
    assert everything.count() > 20
    for element in everything.all():
        assert element.is_visible()
        assert element.evaluate("x => getComputedStyle(x).opacity") == "1"
    assert not page.locator("nav").is_visible()


def test_everything_is_reached_by_keyboard_alone_and_the_focus_is_seen(show: Callable[..., Shown]) -> None:
    shown = show(DECK)
    shown.press("ArrowRight")
    focused = []
    for _ in range(8):
        shown.press("Tab")
        script = "[document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]"
        focused.append(tuple(shown.page.evaluate(script)))
    assert sorted(set(focused) - {("", "none")}) == [(name, "solid") for name in ("all", "back", "formula", "on")]
    assert sum(name == "formula" for name, _ in focused) >= 3


def _luminance(colour: str) -> float:
    channels = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("role", ["ink", "muted", "forward", "hidden", "backward", "accent"])
def test_what_is_written_stands_out_from_the_ground_as_wcag_asks(theme: Theme, role: str) -> None:
    light, dark = sorted((_luminance(theme[role]), _luminance(theme["ground"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_page_is_in_the_colours_of_the_theme(show: Callable[..., Shown], theme: Theme) -> None:
    page = show(replace(DECK, theme=theme.name), at="#1.3").page

    def shown_as(role: str) -> str:
        return f"rgb({', '.join(str(int(theme[role][k : k + 2], 16)) for k in (1, 3, 5))})"

    colour = "x => getComputedStyle(x)"
    assert page.locator("html").evaluate(f"{colour}.backgroundColor") == shown_as("ground")
    assert page.locator(".current .left use").first.evaluate(f"{colour}.fill") == shown_as("ink")
    assert page.locator(".current .right use").first.evaluate(f"{colour}.fill") == shown_as("forward")
    assert page.locator(".current .reason use").first.evaluate(f"{colour}.fill") == shown_as("muted")


# ---- at any size

OUTSIDE = """() => {
    const bad = [];
    for (const x of document.querySelectorAll('.current .formula svg, .current .picture > svg, .current p')) {
        if (x.closest('.table')) continue;
        const scroller = x.closest('.wide');
        const scrolls = scroller && getComputedStyle(scroller).overflowX === 'auto';
        const box = (scrolls ? scroller : x).getBoundingClientRect();
        if (box.left < -1 || box.right > innerWidth + 1) bad.push([box.left, box.right, x.outerHTML.slice(0, 99)]);
    }
    return bad;
}"""


@pytest.mark.parametrize("size", [SCREEN, WIDE, PHONE, (844, 390), (320, 480)], ids=str)
@pytest.mark.parametrize("name", ["small", "hard", "lecture", "derivation"])
def test_nothing_reaches_out_of_the_window(show: Callable[..., Shown], name: str, size: tuple[int, int]) -> None:
    made = DECKS[name]()
    shown = show(made, size)
    for number in range(len(made.slides) + 1):
        shown.page.evaluate(f"location.hash = '#{number}.999'")
        shown.page.wait_for_function(f"document.querySelector('.current').id === '{number}'")
        assert shown.page.evaluate(OUTSIDE) == []
        assert shown.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=str)
def test_rows_are_aligned_at_their_relations(show: Callable[..., Shown], size: tuple[int, int]) -> None:
    shown = show(DECK, size, at="#1.3")
    ends = shown.page.locator(".current .relation svg").evaluate_all(
        "all => all.map(x => Math.round(x.getBoundingClientRect().right))"
    )
    assert len(ends) == 3
    assert len(set(ends)) == 1


BASELINES = """all => all.map(x => {
    const probe = document.createElement('span');
    probe.style.display = 'inline-block';
    x.after(probe);
    const line = probe.getBoundingClientRect().bottom;
    probe.remove();
    return Math.round(10 * (line - x.getBoundingClientRect().bottom)) / 10;
})"""


def test_formulas_stand_on_the_baseline_of_the_prose(show: Callable[..., Shown]) -> None:
    letters = Listing((Name("x"), Name("z")), "")
    below = Name("x", sub=Number("1"))
    made = Deck("A", (Slide("A", (Paragraph(("before ", letters, " between ", below, " after")),)),))
    flat, deep = show(made, at="#1").page.locator(".current .formula svg").evaluate_all(BASELINES)
    assert abs(flat) < 1
    assert deep < -2


def test_type_grows_with_the_window_and_not_below_what_can_be_read(show: Callable[..., Shown]) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('.current .matter')).fontSize)"
    sizes = {window: show(DECK, window, at="#1").page.evaluate(size) for window in (SCREEN, WIDE, PHONE, (320, 480))}
    assert sizes == {SCREEN: 32, WIDE: 48, PHONE: 17, (320, 480): 17}


def test_a_slide_that_is_a_little_too_tall_is_made_smaller(show: Callable[..., Shown]) -> None:
    made = Deck("A", (Slide("A", (Formulas((ROWS[0],) * 6),)),))
    page = show(made, at="#1").page
    slide = page.locator(".current")
    assert slide.evaluate("x => x.scrollHeight <= x.clientHeight")
    assert slide.evaluate("x => x.style.getPropertyValue('--fit')") in ("0.94", "0.88", "0.82", "0.76", "0.7")


# ---- on paper


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler")
@pytest.mark.parametrize("name", ["small", "dark", "hard", "derivation"])
def test_a_slide_a_page_on_white_with_nothing_clipped(show: Callable[..., Shown], name: str, tmp_path: Path) -> None:
    made = DECKS[name]()
    file = tmp_path / "deck.pdf"
    show(made, PHONE, at="#2").page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    subprocess.run(["pdftoppm", "-r", "48", "-gray", file, tmp_path / "page"], check=True)
    pages = sorted(tmp_path.glob("page*.pgm"))
    assert len(pages) == 1 + len(made.slides)
    for number, page in enumerate(pages):
        width, height, pixels = _pgm(page)
        rows = [pixels[k * width : (k + 1) * width] for k in range(height)]
        edges = b"".join((*rows[:8], *rows[-8:], *(row[:16] + row[-16:] for row in rows)))
        assert set(edges) == {255}, number
        blank = number > 0 and not made.slides[number - 1].blocks and not made.slides[number - 1].title
        assert (min(pixels) < 128) is not blank


def _pgm(file: Path) -> tuple[int, int, bytes]:
    """The size of a grey picture, and its pixels."""
    found = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", file.read_bytes())
    assert found is not None
    return int(found[1]), int(found[2]), file.read_bytes()[found.end() :]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_paper_shows_the_words_of_every_slide(show: Callable[..., Shown], tmp_path: Path) -> None:
    file = tmp_path / "deck.pdf"
    show(DECK).page.pdf(path=file, prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", file, "-"], check=True, capture_output=True, text=True).stdout
    title, first, second, third, _ = text.split("\f")
    assert "A deck" in title and "below it" in title
    assert "chain rule" in first and "the result" in first and "2×2" in first.replace(" ", "")
    assert "See it." in second
    assert "A part" in third
    assert "All slides" not in text
