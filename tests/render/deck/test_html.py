"""The HTML deck in a real browser, offline: what it asks for, shows, reveals, copies and prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symnet.errors import SymnetError
from symnet.lecture import slides
from symnet.network import Network
from symnet.render.deck.build import deck
from symnet.render.deck.html import deck_html
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Boxed, Fraction, Listing, Matrix, Name, Node, Number, Partial, Row, Tagged, Terms
from symnet.render.document import Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.figures.figure import Circle, Figure, Label
from symnet.render.figures.figure import Path as Line
from symnet.render.latex import latex
from symnet.render.theme import DARK, LIGHT, THEMES, Theme
from tests.render.test_rows import WIDE_ROWS, long_sum

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason="needs Debian's chromium")

HOSTILE = """</script></style><script>alert(1)</script><img src=x onerror=alert(2)> "'& {{ 7*7 }} </title> <!--"""
SLOPE = Partial(Name("C"), (Name("w"),))
HALF = Fraction(Name("a"), Name("b"))
TALL, WIDE, PHONE = (1280, 720), (1920, 1080), (390, 844)

FIGURE = Figure(
    300,
    160,
    (
        Circle((40, 80), 20, stroke="hidden"),
        Label(Name("x", sub=Number("1")), (40, 80)),
        Line(((60, 80), (240, 80)), arrow=True, stage=1),
        Circle((260, 80), 20, stroke="forward", stage=2),
        Label("output", (260, 130), stage=2, colour="muted"),
    ),
    "A path from x₁ to the output. It is drawn in three stages.",
)
ROWS = (
    Row(SLOPE, "=", Tagged(HALF, "factor1"), "chain rule"),
    Row(None, "=", Terms((("+", Name("x")), ("-", Name("y")))), ("since ", HALF, ", see above")),
    Row(None, "=", Boxed(Name("x", accent="hat")), "the result", "2 × 2"),
)
DECK = Deck(
    "A deck",
    (
        Slide("First", (Formulas(ROWS),)),
        Slide("Second", (Paragraph(("With ", Name("w"), ", and more.")), Picture(FIGURE), Note("Note", ("See it.",)))),
        Slide("Third", (Heading("A part"), Table(("name", "value"), (("w", HALF), ("b", Number("3")))))),
    ),
    "below it",
)
HARD = Deck(
    "Hard cases",
    (
        Slide("Wide rows", (Formulas(tuple(WIDE_ROWS)),)),
        Slide("A wide frame", (Formulas((Row(SLOPE, "=", Boxed(long_sum(30)), "a reason " * 9, "3 × 4"),)),)),
        Slide(
            "A wide matrix",
            (Formulas((Row(Name("W"), "=", Matrix(((*(Name("w", sub=Number(str(k))) for k in range(14)),),) * 9)),)),),
        ),
        Slide("A long title " * 12, (Paragraph(("word " * 300,)),)),
        Slide("", ()),
    ),
)


@cache
def lecture(theme: str = "light") -> Deck:
    """The lecture, its slides as they are divided there."""
    made = tuple(Slide(blocks[0].title, tuple(blocks[1:])) for blocks in slides() if isinstance(blocks[0], Heading))
    return Deck("The lecture", made, theme=theme)


@cache
def derivation() -> Deck:
    net = Network("3 -> 4 sigmoid -> 1 linear")
    return deck(net, steps="full", numbers=net.forward(x=[1, 2, 3], W1=[[1] * 4] * 3, w2=[1] * 4, b1=[0] * 4, b2=0))


DECKS: dict[str, Callable[[], Deck]] = {
    "small": lambda: DECK,
    "dark": lambda: replace(DECK, theme="dark"),
    "hard": lambda: HARD,
    "derivation": derivation,
    "lecture": lecture,
}
"""Made when a test asks for them: the lecture is computed."""


@dataclass
class Shown:
    """A page, everything that it asked for, and everything that it complained of."""

    page: Any
    requests: list[str]
    complaints: list[str]

    @property
    def at(self) -> str:
        """The position in the address."""
        return str(self.page.evaluate("location.hash"))

    @property
    def rows(self) -> int:
        """How many rows of the current slide are to be seen."""
        return int(self.page.locator(".current .row:visible").count())

    def press(self, *keys: str) -> str:
        """The position after the keys."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.at

    def touch(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """The position after a finger moved."""
        session = self.page.context.new_cdp_session(self.page)
        for kind, points in (("touchStart", [start]), ("touchMove", [end]), ("touchEnd", [])):
            where = [{"x": x, "y": y} for x, y in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
        self.page.wait_for_timeout(50)
        return self.at


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Opens a deck: ``show(deck, size, at="#2.3", **options of the browser's context)``."""
    contexts = []

    def opened(shown: Deck, size: tuple[int, int] = TALL, at: str = "", before: str = "", **options: Any) -> Shown:
        context = browser.new_context(
            offline=True,
            viewport={"width": size[0], "height": size[1]},
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion=options.pop("reduced_motion", "reduce"),
            **options,
        )
        contexts.append(context)
        if before:
            context.add_init_script(before)
        made = Shown(context.new_page(), [], [])
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", lambda dialog: made.complaints.append(dialog.message))
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(deck_html(shown), encoding="utf-8")
        made.page.goto(file.as_uri() + at)
        return made

    yield opened
    for context in contexts:
        context.close()


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


# ---- steps

FORWARD_AND_BACK = [
    ("ArrowRight", "ArrowLeft"),
    ("ArrowDown", "ArrowUp"),
    ("PageDown", "PageUp"),
    ("Space", "Shift+Space"),
]
EVERY_STEP = ["#0", "#1", "#1.2", "#1.3", "#2", "#2.2", "#2.3", "#2.4", "#2.5", "#3"]


@pytest.mark.parametrize(("forward", "back"), FORWARD_AND_BACK)
def test_keys_step_through_rows_and_slides_forward_and_back(
    show: Callable[..., Shown], forward: str, back: str
) -> None:
    shown = show(DECK)
    assert [shown.at, *(shown.press(forward) for _ in EVERY_STEP)] == [*EVERY_STEP, EVERY_STEP[-1]]
    assert [shown.at, *(shown.press(back) for _ in EVERY_STEP)] == [*EVERY_STEP[::-1], EVERY_STEP[0]]


def test_there_are_as_many_steps_as_the_deck_says(show: Callable[..., Shown]) -> None:
    shown = show(derivation(), WIDE)
    assert shown.press("End") == f"#{len(derivation().slides)}.{derivation().slides[-1].steps}"
    steps = 1
    while shown.at != "#0":
        shown.press("ArrowLeft")
        steps += 1
    assert steps == 1 + sum(slide.steps for slide in derivation().slides)


def test_home_and_end_and_whole_slides(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#2.3")
    assert shown.press("End") == "#3"
    assert shown.press("Home") == "#0"
    assert shown.press("Shift+ArrowRight", "Shift+ArrowRight") == "#2"
    assert shown.press("ArrowRight", "Shift+ArrowLeft") == "#2"
    assert shown.press("Shift+ArrowLeft") == "#1"


def test_keys_that_belong_to_the_browser_are_left_to_it(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#1")
    assert shown.press("Control+ArrowRight", "Meta+ArrowRight", "a") == "#1"


def test_rows_are_revealed_one_at_a_time_and_stay_where_they_are(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#1")
    places = []
    for count in (1, 2, 3):
        assert shown.rows == count
        places.append(shown.page.evaluate("[...document.querySelectorAll('.current .row')].map(r => r.offsetTop)"))
        assert shown.page.locator(".current .row.newest").count() == 1
        shown.press("ArrowRight")
    assert places[0] == places[1] == places[2]


def test_what_is_not_revealed_cannot_be_reached_by_keyboard_either(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#1.2")
    reached = set()
    for _ in range(40):
        shown.press("Tab")
        reached.add(shown.page.evaluate("document.activeElement.closest('.row')?.dataset.step"))
    assert reached == {"1", "2", None}


def test_a_picture_is_revealed_in_its_stages(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#2")
    seen = []
    for _ in range(5):
        visible = "m => m.filter(x => getComputedStyle(x).visibility === 'visible').map(x => x.dataset.stage)"
        seen.append(shown.page.locator(".current [data-stage]").evaluate_all(visible))
        shown.press("ArrowRight")
    assert seen == [[], ["0"], ["0", "1"], ["0", "1", "2"], ["0", "1", "2"]]


def test_clicks_step_forward_and_on_the_left_back(show: Callable[..., Shown]) -> None:
    shown = show(DECK)
    positions = []
    for x in (900, 900, 900, 60, 60):
        shown.page.mouse.click(x, 600)
        positions.append(shown.at)
    assert positions == ["#1", "#1.2", "#1.3", "#1.2", "#1"]


def test_buttons_step_and_the_space_bar_goes_on_after_them(show: Callable[..., Shown]) -> None:
    shown = show(DECK)
    for button in (".on", ".on", ".on", ".back"):
        shown.page.click(button)
    assert shown.at == "#1.2"
    assert shown.press("Space") == "#1.3"


def test_swipes_step_and_vertical_ones_do_not(show: Callable[..., Shown]) -> None:
    shown = show(DECK, PHONE, at="#1", has_touch=True, is_mobile=True)
    assert shown.touch((300, 600), (100, 610)) == "#1.2"
    assert shown.touch((100, 600), (300, 590)) == "#1"
    assert shown.touch((200, 600), (210, 300)) == "#1"


def test_a_tap_steps(show: Callable[..., Shown]) -> None:
    shown = show(DECK, PHONE, at="#1", has_touch=True, is_mobile=True)
    shown.page.touchscreen.tap(300, 650)
    assert shown.at == "#1.2"


@pytest.mark.parametrize(
    ("given", "reached"),
    [("#2.3", "#2.3"), ("#99.99", "#3"), ("#1.99", "#1.3"), ("#nonsense", "#0"), ("#%E0", "#0"), ("#1.0", "#1")],
)
def test_the_position_is_read_from_the_address(show: Callable[..., Shown], given: str, reached: str) -> None:
    shown = show(DECK, at=given)
    assert shown.at == reached
    shown.page.evaluate("location.hash = '#0'")
    shown.page.evaluate(f"location.hash = '{given}'")
    shown.page.wait_for_function(f"location.hash === '{reached}'")


def test_progress_is_shown(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#2")
    assert shown.page.locator(".count").inner_text() == "2 / 3"
    widths = []
    for key in ("Home", "ArrowRight", "ArrowRight", "End"):
        shown.press(key)
        widths.append(shown.page.evaluate("document.querySelector('.progress div').getBoundingClientRect().width"))
    assert widths == sorted(widths)
    assert (widths[0], widths[-1]) == (0, 1280)


def test_what_is_taller_than_the_window_is_read_to_its_end_before_the_next_step(show: Callable[..., Shown]) -> None:
    tall = Deck("Tall", (Slide("Tall", (Paragraph(("word " * 900,)), Paragraph(("END",)))),))
    shown = show(tall, at="#1")
    before_the_end = 0
    while shown.press("ArrowRight") == "#1":
        before_the_end += 1
        assert before_the_end < 20
    assert before_the_end > 0
    assert shown.page.locator("text=END").bounding_box()["y"] < 720 - 40


def test_all_slides_can_be_shown_as_a_page_and_back(show: Callable[..., Shown]) -> None:
    shown = show(DECK, at="#2.2")
    shown.page.click(".all")
    assert shown.page.locator("main .row:visible, main .note:visible, main table:visible").count() == 5
    assert shown.press("ArrowRight") == "#2.2"
    shown.page.click(".all")
    assert shown.page.locator(".slide:visible h2").inner_text() == "Second"
    assert shown.page.locator(".note:visible").count() == 0


def test_nothing_moves_where_less_motion_is_asked_for(show: Callable[..., Shown]) -> None:
    durations = {}
    for wish in ("reduce", "no-preference"):
        shown = show(DECK, at="#1", reduced_motion=wish)
        script = "getComputedStyle(document.querySelector('.row')).transitionDuration"
        durations[wish] = shown.page.evaluate(script)
    assert durations == {"reduce": "0s", "no-preference": "0.18s"}


# ---- copying

CLIPBOARD = "navigator.clipboard.readText()"
WHOLE = f"{latex(SLOPE)} = {latex(HALF)}"


@pytest.mark.parametrize(
    ("place", "copied"), [(".left", latex(SLOPE)), (".right", latex(HALF)), (".relation", WHOLE)], ids=lambda s: s[:9]
)
def test_a_click_copies_the_latex_says_so_and_does_not_step(
    show: Callable[..., Shown], place: str, copied: str
) -> None:
    shown = show(DECK, at="#1")
    formula = shown.page.locator(f".current .row {place} .formula").first
    assert formula.get_attribute("title") == "Copy the LaTeX"
    formula.click()
    shown.page.wait_for_selector(".said:not(:empty)")
    assert shown.page.locator(".said").inner_text() == "LaTeX copied"
    assert shown.page.evaluate(CLIPBOARD) == copied
    assert shown.at == "#1"
    assert shown.press("Space") == "#1.2"
    shown.page.wait_for_selector(".said:empty", state="attached")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_copies_what_has_the_focus(show: Callable[..., Shown], key: str) -> None:
    shown = show(DECK, at="#1")
    shown.page.locator(".current .right .formula").first.focus()
    assert shown.press(key) == "#1"
    shown.page.wait_for_selector(".said:not(:empty)")
    assert shown.page.evaluate(CLIPBOARD) == latex(HALF)


def test_without_the_clipboard_of_secure_pages_the_old_way_is_taken(show: Callable[..., Shown]) -> None:
    before = "window.reading = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    shown = show(DECK, at="#1", before=before)
    shown.page.click(".current .right .formula")
    shown.page.wait_for_selector(".said:not(:empty)")
    assert shown.page.locator(".said").inner_text() == "LaTeX copied"
    assert shown.page.evaluate("reading.readText()") == latex(HALF)
    assert shown.page.locator("textarea").count() == 0


def test_where_nothing_can_be_copied_the_latex_is_shown(show: Callable[..., Shown]) -> None:
    before = """Object.defineProperty(navigator, 'clipboard', {value: undefined});
        Document.prototype.execCommand = () => false;"""
    shown = show(DECK, at="#1", before=before)
    shown.page.click(".current .right .formula")
    shown.page.wait_for_selector(".said:not(:empty)")
    assert shown.page.locator(".said").inner_text().endswith(latex(HALF))


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
        const box = (x.closest('.wide') || x).getBoundingClientRect();
        if (box.left < -1 || box.right > innerWidth + 1) bad.push([box.left, box.right, x.outerHTML.slice(0, 99)]);
    }
    return bad;
}"""


@pytest.mark.parametrize("size", [TALL, WIDE, PHONE, (844, 390), (320, 480)], ids=str)
@pytest.mark.parametrize("name", ["small", "hard", "lecture", "derivation"])
def test_nothing_reaches_out_of_the_window(show: Callable[..., Shown], name: str, size: tuple[int, int]) -> None:
    made = DECKS[name]()
    shown = show(made, size)
    for number in range(len(made.slides) + 1):
        shown.page.evaluate(f"location.hash = '#{number}.999'")
        shown.page.wait_for_function(f"document.querySelector('.current').id === '{number}'")
        assert shown.page.evaluate(OUTSIDE) == []
        assert shown.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [TALL, PHONE], ids=str)
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
    sizes = {window: show(DECK, window, at="#1").page.evaluate(size) for window in (TALL, WIDE, PHONE, (320, 480))}
    assert sizes == {TALL: 32, WIDE: 48, PHONE: 17, (320, 480): 17}


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
