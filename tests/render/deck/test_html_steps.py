"""The HTML deck as a slide show: what keys, clicks and fingers reveal, and what they copy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from symnet.render.deck.model import Deck, Slide
from symnet.render.document import Paragraph
from symnet.render.latex import latex
from tests.render.deck.in_browser import DECK, HALF, PHONE, SLOPE, WIDE, Shown, derivation

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
