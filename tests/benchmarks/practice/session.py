"""A student works through ten exercises in Chromium with the keyboard alone; axe-core looks at every kind of page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symnet.exercises.make import variant
from symnet.exercises.template import read, shipped
from symnet.exercises.variant import Choice, Part, Value
from tests.exercises.practice.served import TEACHER, Server, right, served

CHROMIUM = "/usr/bin/chromium"
DESKTOP, TELEPHONE = (1280, 900), (390, 844)

PACE = 2.0
"""Seconds from one answer to the next: who goes on faster than that is told to wait."""

UNREADABLE = ("w_1^", "2*sum(", r"\frac{1}{", "3 +* 4")
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(document.cookie)</script>",
    "'; DROP TABLE attempts; --",
    "__import__('os').system('touch owned')",
    r"\input{/etc/passwd}",
    "9**9**9**9",
    "(" * 1500 + "x_1" + ")" * 1500,
    "{{ 7*7 }}${7*7}",
    "‮" + "x_1",
    "sum(" * 200 + "x1" + ")" * 200,
)


def chosen(many: int = 10) -> list[str]:
    """Templates of as many kinds as there are, and more of them until there are enough."""
    by_kind: dict[str, list[str]] = {}
    for name in shipped():
        by_kind.setdefault(read(name).kind, []).append(name)
    out: list[str] = []
    while len(out) < many and any(by_kind.values()):
        for names in by_kind.values():
            if names and len(out) < many:
                out.append(names.pop(0))
    return out


@dataclass
class Seen:
    """What was noticed on the way."""

    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    pages: int = 0


class Keyboard:
    """A page that is used by keys alone."""

    def __init__(self, page: Any, seen: Seen, axe: str, pictures: Path | None) -> None:
        self.page, self.seen, self.axe, self.pictures = page, seen, axe, pictures
        self.answered = 0.0

    def to(self, selector: str) -> None:
        """Press Tab until that has the focus."""
        for _ in range(400):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab at {self.page.url}")

    def enter(self, key: str = "Enter") -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def answer(self, part: Part, text: str) -> str:
        """Answer a part; the verdict's headline, which must have the focus."""
        time.sleep(max(0.0, self.answered + PACE - time.perf_counter()))
        self.answered = start = time.perf_counter()
        if isinstance(part.answer, Choice):
            # The arrows walk through radio buttons; one of them is in the order of Tab.
            self.to(f'section:has(#part-{part.label}) input[type="radio"]')
            self.page.keyboard.press("Space")
            for _ in range(20):
                if self.page.evaluate("() => document.activeElement.value") == text:
                    break
                self.page.keyboard.press("ArrowDown")
        else:
            self.to(f"#answer-{part.label}")
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(text)
            if len(text) < 200:
                self.page.wait_for_function(
                    "s => document.querySelector(s).textContent.trim()", arg=f"#read-{part.label}", timeout=10_000
                )
                self.seen.previews.append(time.perf_counter() - start)
                start = time.perf_counter()
        self.enter()
        self.seen.seconds.append(time.perf_counter() - start)
        focus = self.page.evaluate("() => document.activeElement.id")
        if focus != f"said-{part.label}":
            self.seen.complaints.append(f"the focus is at {focus!r} after an answer to {self.page.url}")
        return str(self.page.locator(f"#verdict-{part.label}").inner_text())

    def look(self, name: str) -> None:
        """Take a picture, and have axe look at the page."""
        self.seen.pages += 1
        if self.page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            self.seen.complaints.append(f"{name} is wider than the screen")
        if self.pictures is not None:
            self.page.screenshot(path=str(self.pictures / f"{name}.png"), full_page=True)
        if self.axe:
            self.page.evaluate(self.axe)
            found = self.page.evaluate("() => axe.run(document).then(r => r.violations)")
            for one in found:
                places = "; ".join(node["html"][:120] for node in one["nodes"][:2])
                self.seen.findings.append(f"{one['impact']}: {one['id']} on {name} ({len(one['nodes'])}): {places}")


def run(folder: Path, pictures: Path | None, axe: Path | None) -> None:
    """Go through the session, and print what happened."""
    from playwright.sync_api import sync_playwright

    offered = folder / "exercises"
    offered.mkdir()
    names = chosen()
    for name in names:
        (offered / f"{name}.toml").write_text(read(name).text, "utf-8")
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    with served(offered, folder / "practice.sqlite", workers=2) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        seen = Seen()
        source = axe.read_text("utf-8") if axe is not None else ""
        rows = _worked_through(_keyboard(browser, server, seen, source, pictures, DESKTOP), server, names)
        _others(browser, server, seen, source, pictures, names)
        browser.close()
        print(server.log)
    _print(rows, seen, bool(source))


def _keyboard(
    browser: Any, server: Server, seen: Seen, axe: str, pictures: Path | None, size: tuple[int, int], **options: Any
) -> Keyboard:
    own = f"http://127.0.0.1:{server.port}/"
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    page = context.new_page()
    page.on("request", lambda r: None if r.url.startswith(own) else seen.elsewhere.append(r.url))
    page.on("console", lambda m: seen.complaints.append(m.text))
    page.on("pageerror", lambda e: seen.complaints.append(str(e)))
    page.on("dialog", lambda d: (seen.complaints.append(f"dialog: {d.message}"), d.dismiss()))
    page.goto(own)
    return Keyboard(page, seen, axe, pictures)


def _worked_through(keys: Keyboard, server: Server, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every exercise: a wrong answer, one that cannot be read, a hostile one, a right one; then the next."""
    keys.look("list")
    rows = []
    for number, name in enumerate(names):
        if number == 0:
            keys.to(f'a[href="/exercise/{sorted(names)[0]}"]')
            keys.enter()
        name = keys.page.url.rpartition("/")[2].partition("#")[0]
        seed = int(keys.page.locator('input[name="seed"]').first.get_attribute("value"))
        made = variant(name, seed)
        keys.look(f"{number}-{name}")
        part = made.parts[0]
        found = [keys.answer(part, wrong(part))]
        if number == 1:
            for what in ("place", "solution"):
                if keys.page.locator(f'form[action$="/{part.label}/help"]').count():
                    keys.to(f'form[action$="/{part.label}/help"] button')
                    keys.enter()
                    keys.look(f"{number}-{name}-{what}")
        if isinstance(part.answer, Choice):
            found += ["", ""]
        else:
            found.append(keys.answer(part, UNREADABLE[number % len(UNREADABLE)]))
            found.append(keys.answer(part, HOSTILE[number]))
            keys.look(f"{number}-{name}-hostile")
        for each in made.parts:
            headline = keys.answer(each, right(each))
            if not headline.lstrip("✓\n ").startswith("Right"):
                keys.seen.complaints.append(f"{name} {each.label}: {right(each)!r} is called {headline!r}")
        found.append(headline)
        keys.look(f"{number}-{name}-right")
        rows.append((name, *(" ".join(headline.split()) for headline in found)))
        keys.to(".on a.button")
        keys.enter()
    keys.look("list-after")
    return rows


def wrong(part: Part) -> str:
    """An answer that is wrong."""
    match part.answer:
        case Value(exact=exact):
            return str(-exact - 1) if exact.is_Rational else f"{-float(exact) - 1:.6f}"
        case Choice(options=options) as choice:
            return str((choice.right + 1) % len(options) + 1)
    return "1 x 99" if type(part.answer).__name__ == "Shape" else f"-({right(part)})"


def _others(browser: Any, server: Server, seen: Seen, axe: str, pictures: Path | None, names: Sequence[str]) -> None:
    """The same pages on a telephone, in the dark, without scripts; the teacher's page."""
    phone = {"device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    for where, size, options in (
        ("telephone", TELEPHONE, phone),
        ("dark", DESKTOP, {"color_scheme": "dark"}),
    ):
        keys = _keyboard(browser, server, seen, axe, pictures, size, **options)
        keys.look(f"{where}-list")
        for name in names[:4]:
            keys.page.goto(f"http://127.0.0.1:{server.port}/exercise/{name}")
            seed = int(keys.page.locator('input[name="seed"]').first.get_attribute("value"))
            part = variant(name, seed).parts[0]
            keys.answer(part, wrong(part))
            keys.look(f"{where}-{name}")
    keys.page.goto(f"http://127.0.0.1:{server.port}/teacher")
    keys.look("teacher-signin")
    keys.to("#teacher")
    keys.page.keyboard.insert_text(TEACHER)
    keys.enter()
    keys.look("teacher")
    plain = _keyboard(browser, server, seen, "", pictures, DESKTOP, java_script_enabled=False)
    plain.page.goto(f"http://127.0.0.1:{server.port}/exercise/{names[0]}")
    form = plain.page.locator("form.answering").first
    if form.locator('input[type="text"]').count():
        form.locator('input[type="text"]').fill("2*x1")
        with plain.page.expect_navigation():
            form.get_by_role("button", name="Preview").click()
        if "ead as" not in plain.page.locator("output").first.inner_text():
            seen.complaints.append("no preview without scripts")


def _print(rows: Sequence[tuple[str, ...]], seen: Seen, looked: bool) -> None:
    print("| exercise | wrong | unreadable | hostile | right |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    times = sorted(seen.seconds)
    print(f"\n{len(times)} answers, median {times[len(times) // 2]:.2f} s to the verdict, {times[-1]:.2f} s at most")
    times = sorted(seen.previews)
    print(f"{len(times)} previews, median {times[len(times) // 2]:.2f} s, {times[-1]:.2f} s at most")
    print(f"requests to other hosts: {len(seen.elsewhere)} {seen.elsewhere[:3]}")
    print(f"errors, dialogs, lost focus, wide pages: {len(seen.complaints)}")
    for complaint in dict.fromkeys(seen.complaints):
        print(f"  {complaint}")
    print(f"axe-core on {seen.pages} pages: {len(seen.findings)} findings" if looked else "axe-core: not given")
    for finding in dict.fromkeys(seen.findings):
        print(f"  {finding}")
