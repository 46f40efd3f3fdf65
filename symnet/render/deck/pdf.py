"""A deck as PDF: slides of 16 to 9, a page a step, everything measured so that nothing is clipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from symnet.errors import unknown
from symnet.render.deck.model import Deck, Slide
from symnet.render.deck.pages.matter import BASE, SETTING, SMALLEST, Bar, Mark, Matter, Placed, Print, printing, written
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pages.slides import Page, pages_of
from symnet.render.deck.pages.units import Marks
from symnet.render.theme import THEMES, Theme
from symnet.render.typeset import pdf, preamble
from symnet.render.typst import literal

WIDTH, HEIGHT = 720.0, 405.0
"""A slide of 25.4 cm by 14.29 cm, in points."""

SIDE, TOP, BOTTOM = 44.0, 26.0, 40.0
"""The margins; below the lower one stand the title of the deck and the number of the slide."""

TITLE_SIZES = (1.45, 1.25, 1.05)
"""Type sizes of a title as parts of the base size: the first in which it stands on one line."""

_CONTENT = WIDTH - 2 * SIDE
_UNDER_TITLE = 14.0
_MORE = ("", " (continued)")


def deck_pdf(deck: Deck) -> bytes:
    """The deck as PDF; the same deck gives the same bytes.

    Raises SymnetError for an unknown theme and for a formula that typst does not take.
    """
    return pdf(deck_typst(deck))


def deck_typst(deck: Deck) -> str:
    """The deck as a Typst document."""
    if deck.theme not in THEMES:
        raise unknown("theme", deck.theme, THEMES)
    show = printing(THEMES[deck.theme])
    sheets = Ruler().settled(lambda ruler: [_title_sheet(deck, show, ruler), *_sheets(deck, show, ruler)])
    return _document(deck, show.theme, sheets)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One page of the file: marks by their scale and origin, and the slide that begins with it."""

    layers: tuple[tuple[float, tuple[float, float], Marks], ...]
    bookmark: str = ""


def _title_sheet(deck: Deck, show: Print, ruler: Ruler) -> _Sheet:
    """The first page: title and subtitle in the middle of the height, over one another."""
    title = _large_title(deck.title, _CONTENT, show, ruler)
    subtitle = show.prose((deck.subtitle,), width=0.86 * _CONTENT, size=1.15, role="muted")
    above, below = ruler(title), ruler(subtitle)
    bar = 18.0
    top = 0.44 * HEIGHT - above.height
    marks: list[Mark] = [
        Placed(title, above, 0.0, top + above.ascent),
        Bar(0.0, top + above.height + bar, 72.0, 2.5, "forward"),
    ]
    if deck.subtitle:
        marks.append(Placed(subtitle, below, 0.0, top + above.height + 2 * bar + below.ascent))
    return _Sheet(((1.0, (SIDE, 0.0), tuple(marks)),), deck.title)


def _large_title(title: str, width: float, show: Print, ruler: Ruler) -> Matter:
    """On one line if it can be, else on two; a longer one is cut short."""
    while True:
        for size, lines in ((2.2, 1), (1.8, 1), (1.8, 2), (1.5, 3)):
            matter = show.prose((title,), width=width, size=size, bold=True)
            if ruler(matter).height < (1.3 * lines + 0.2) * size * BASE:
                return matter
        title = _shorter(title)


def _sheets(deck: Deck, show: Print, ruler: Ruler) -> Iterator[_Sheet]:
    """Every slide in its steps, numbered."""
    made = [ruler.kept(("slide", slide), partial(_slide, slide, show, ruler)) for slide in deck.slides]
    total = sum(len(pages) for _, pages in made)
    number = 0
    for slide, (titles, pages) in zip(deck.slides, made, strict=True):
        for position, page in enumerate(pages):
            number += 1
            title = titles[min(position, 1)]
            head = Placed(title, ruler(title), 0.0, ruler(title).ascent)
            foot = _foot(deck.title, f"{number} / {total}", show, ruler)
            under = TOP + max(ruler(each).height for each in titles) + _UNDER_TITLE
            for count, step in enumerate(page.steps() or [1]):
                layers = ((1.0, (SIDE, TOP), (head,)), (page.scale, (SIDE, under), page.at(step)), foot)
                yield _Sheet(layers, slide.title if position == count == 0 else "")


def _slide(slide: Slide, show: Print, ruler: Ruler) -> tuple[list[Matter], list[Page]]:
    """The titles of the first page and of further ones, of one size, and the pages."""
    pages: list[Page] = []
    for count in (1, 2):
        if count == 1 or len(pages) > 1:
            titles = _titles(slide, count, show, ruler)
            under = TOP + max(ruler(title).height for title in titles) + _UNDER_TITLE
            pages = pages_of(slide, _CONTENT, HEIGHT - BOTTOM - under, show, ruler)
    return titles, pages


def _titles(slide: Slide, count: int, show: Print, ruler: Ruler) -> list[Matter]:
    """A title, and the same for further pages, in the largest size in which they stand on one line, if there is one."""
    heading = slide.heading
    while True:
        for size in TITLE_SIZES:
            made = [show.headed(heading, (more,), "ink", "muted", width=_CONTENT, size=size) for more in _MORE[:count]]
            if all(ruler(matter).height < 1.5 * size * BASE for matter in made):
                return made
        if all(ruler(matter).height < 0.25 * HEIGHT for matter in made):
            return made
        heading = (_shorter(slide.title if heading is slide.heading else str(heading[0])),)


def _shorter(title: str) -> str:
    return title.removesuffix("…")[: len(title) * 2 // 3] + "…"


def _foot(title: str, number: str, show: Print, ruler: Ruler) -> tuple[float, tuple[float, float], Marks]:
    """The title of the deck, cut short where it is long, and the number of the page."""
    size = SMALLEST / BASE
    right = show.prose((number,), size=size, role="muted")
    left = show.prose((title,), size=size, role="muted")
    while ruler(left).width > 0.8 * _CONTENT:
        title = _shorter(title)
        left = show.prose((title,), size=size, role="muted")
    marks = (
        Placed(left, ruler(left), 0.0, 0.0),
        Placed(right, ruler(right), _CONTENT - ruler(right).width, 0.0),
    )
    return 1.0, (SIDE, HEIGHT - 0.42 * BOTTOM), marks


def _document(deck: Deck, theme: Theme, sheets: Sequence[_Sheet]) -> str:
    """The pages as a source in which everything that stands on several pages is said once."""
    names: dict[str, str] = {}
    pages = []
    for sheet in sheets:
        lines = [f"#place(hide(heading(level: 1, {literal(sheet.bookmark)})))"] if sheet.bookmark else []
        for scale, origin, marks in sheet.layers:
            for mark in marks:
                x, y, shown = written(mark, theme, scale, origin)
                lines.append(f"#place(dx: {x:.2f}pt, dy: {y:.2f}pt, {names.setdefault(shown, f'm{len(names)}')})")
        pages.append("\n".join(lines))
    setting = (
        f"#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt, fill: rgb({literal(theme['ground'])}))\n"
        f"#set document(title: {literal(deck.title)})\n"
    )
    defined = "".join(f"#let {name} = {shown}\n" for shown, name in names.items())
    return preamble(BASE, theme) + SETTING + setting + defined + "\n#pagebreak()\n".join(pages) + "\n"
