"""A question worked through in Chromium with the keyboard alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.exercises.practice.served import Server, right_answer

CHROMIUM = "/usr/bin/chromium"

pytestmark = pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason="needs Debian's chromium")


@pytest.fixture
def page(server: Server) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


def test_by_keyboard_on_a_narrow_screen_without_a_request_elsewhere(page: Any, server: Server) -> None:
    own = f"http://127.0.0.1:{server.port}/"
    noticed: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(own) else noticed.append(request.url))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("dialog", lambda dialog: (noticed.append(dialog.message), dialog.dismiss()))
    page.goto(f"{own}exercise/partial-neuron")
    seed = int(page.locator('input[name="seed"]').first.get_attribute("value"))

    def answered(text: str) -> str:
        for _ in range(30):
            if page.evaluate("document.activeElement.id") == "answer-a":
                break
            page.keyboard.press("Shift+Tab" if "said" in page.evaluate("document.activeElement.id") else "Tab")
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(text)
        page.locator("#read-a .reading, #read-a .unread").first.wait_for()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "said-a"
        return str(page.locator("#verdict-a").inner_text())

    right = right_answer("partial-neuron", seed, "a")
    assert re.search("Not right", answered(f"-({right})"))
    assert re.search("Not understood", answered("<img src=x onerror=alert(1)>"))
    assert re.search("Right", answered(right))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not noticed
