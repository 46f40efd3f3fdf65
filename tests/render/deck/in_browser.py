"""Decks to be shown in a browser, and what can be asked of a page that shows one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from symnet.lecture import slides
from symnet.network import Network
from symnet.render.deck.build import deck
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Boxed, Fraction, Matrix, Name, Number, Partial, Row, Tagged, Terms
from symnet.render.document import Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.figures.figure import Circle, Figure, Label
from symnet.render.figures.figure import Path as Line
from tests.render.test_rows import WIDE_ROWS, long_sum

SLOPE = Partial(Name("C"), (Name("w"),))
HALF = Fraction(Name("a"), Name("b"))
SCREEN, WIDE, PHONE = (1280, 720), (1920, 1080), (390, 844)

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
            (Formulas((Row(Name("W"), "=", Matrix(((*(Name("w", sub=Number(str(k))) for k in range(24)),),) * 9)),)),),
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
