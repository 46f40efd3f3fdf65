"""Debian's Chromium, without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from symnet.render.deck.html import deck_html
from symnet.render.deck.model import Deck
from tests.render.deck.in_browser import SCREEN, Shown

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Opens a deck: ``show(deck, size, at="#2.3", **options of the browser's context)``."""
    contexts = []

    def opened(shown: Deck, size: tuple[int, int] = SCREEN, at: str = "", before: str = "", **options: Any) -> Shown:
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
