"""A slide on pages: units below one another, at the size and on as few pages as read best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symnet.render.deck.model import Slide, steps_of
from symnet.render.deck.pages.aligned import row_units
from symnet.render.deck.pages.blocks import (
    GAP,
    SMALLEST_PICTURE,
    heading_unit,
    note_units,
    picture_unit,
    prose_units,
    table_units,
)
from symnet.render.deck.pages.matter import Bar, Mark, Print
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.pages.units import Marks, Unit, moved, shrunk
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Picture, Table

SCALES = (1.0, 0.94, 0.88, 0.82, 0.76)
"""How much smaller than its natural size a slide may be shown as a whole."""

ALONE = 0.84
"""The part of the height of a picture that has a page of its own, under a heading or a line of prose."""

BESIDE = 0.4
"""The part of the width that what stands beside a picture may take."""

#: How far short matter is moved down from the title, as a part of the free height and at most.
_SINK, _DEEPEST = 0.3, 40.0


@dataclass(frozen=True, slots=True)
class Page:
    """A page without its steps: units with their tops, ``scale`` times as large as measured."""

    units: tuple[tuple[float, Unit], ...]
    scale: float
    width: float

    def steps(self) -> list[int]:
        """The steps of the slide that change something on the page."""
        return sorted({step for _, unit in self.units for step in range(unit.step, unit.last_step + 1)})

    def at(self, step: int) -> Marks:
        """What is shown at a step; a bar in the margin marks the newest row."""
        marks: list[Mark] = []
        several = len(self.steps()) > 1
        for top, unit in self.units:
            marks += moved(unit.at(step), 0.0, top)
            if several and unit.is_row and unit.step == step:
                marks.append(Bar(0.0, top, 2.5, unit.height, "forward"))
        return tuple(marks)


def pages_of(slide: Slide, width: float, height: float, show: Print, ruler: Ruler) -> list[Page]:
    """The pages of a slide in a room of ``width`` by ``height``.

    Fewer pages are better than large type, large type better than broken lines.
    """

    def cost(pages: Sequence[Page]) -> float:
        cramped = any(unit.cramped for page in pages for _, unit in page.units)
        # Small type is for what then stands on one page.
        return len(pages) + 0.5 * cramped + (3 if len(pages) == 1 else 6) * (1 - pages[0].scale)

    best = _pages(slide, width, height, 1.0, show, ruler)
    for scale in SCALES[1:]:
        # Nothing below costs less than one page of this size.
        if cost(best) <= 1 + 3 * (1 - scale):
            break
        best = min(best, _pages(slide, width, height, scale, show, ruler), key=cost)
    return best


def _pages(slide: Slide, width: float, height: float, scale: float, show: Print, ruler: Ruler) -> list[Page]:
    """The pages at one scale; lengths inside are as measured, so the room is larger where type is smaller."""
    wide, high = width / scale, height / scale
    blocks = list(_numbered(slide))
    pictures = [position for position, (_, block) in enumerate(blocks) if isinstance(block, Picture)]
    if len(pictures) == 1 and len(blocks) > 1:
        beside = _beside(blocks, pictures[0], wide, high, scale, show, ruler)
        if beside is not None:
            return [Page(beside, scale, width)]
    units = _units(blocks, wide, high, scale, show, ruler)
    return [Page(_placed(group, high), scale, width) for group in _shared(units, high)]


def _numbered(slide: Slide) -> Iterator[tuple[int, Block]]:
    """The blocks, each with the step at which it begins; a title that repeats the slide's is left out."""
    step = 1
    for block in slide.blocks:
        if isinstance(block, Heading) and block.title == slide.title:
            continue
        yield step, block
        step += steps_of(block)


def _units(
    blocks: Sequence[tuple[int, Block]], width: float, height: float, scale: float, show: Print, ruler: Ruler
) -> list[Unit]:
    """The units of all blocks; pictures share the height that the others leave."""
    others = [
        [] if isinstance(block, Picture) else _block_units(blocks, k, width, height, scale, show, ruler)
        for k, (_, block) in enumerate(blocks)
    ]
    drawn = [block.figure for _, block in blocks if isinstance(block, Picture)]
    taken = sum(unit.height + unit.gap for units in others for unit in units)
    shares = bool(taken) or len(drawn) > 1
    room = (height - taken) / max(1, len(drawn)) - GAP if shares else height
    if shares and any(
        room < SMALLEST_PICTURE * min(figure.height, figure.height * width / figure.width) for figure in drawn
    ):
        # On a page of its own, under what leads to it.
        room = ALONE * height
    units = []
    for (step, block), made in zip(blocks, others, strict=True):
        units += [picture_unit(block.figure, width, room, step, show)] if isinstance(block, Picture) else made
    return [shrunk(unit, height / unit.height) if unit.height > height else unit for unit in units]


def _block_units(
    blocks: Sequence[tuple[int, Block]],
    position: int,
    width: float,
    height: float,
    scale: float,
    show: Print,
    ruler: Ruler,
) -> list[Unit]:
    step, block = blocks[position]
    following = blocks[position + 1][1] if position + 1 < len(blocks) else None
    match block:
        case Heading(title=title):
            return [heading_unit(title, width, step, show, ruler)]
        case Paragraph(parts=parts):
            leads = isinstance(following, Formulas | Table | Picture)
            return prose_units(parts, width, height, step, show, ruler, leads=leads)
        case Note(label=label, parts=parts):
            return note_units(label, parts, width, height, step, show, ruler)
        case Table():
            return table_units(block, width, height, scale, step, show, ruler)
        case Formulas(rows=rows):
            units = row_units(rows, width, height, scale, step, show, ruler)
            return [replace(unit, gap=GAP if number == 0 else unit.gap) for number, unit in enumerate(units)]
        case Picture():
            raise AssertionError("pictures take what the other blocks leave")


def _beside(
    blocks: Sequence[tuple[int, Block]],
    position: int,
    width: float,
    height: float,
    scale: float,
    show: Print,
    ruler: Ruler,
) -> tuple[tuple[float, Unit], ...] | None:
    """The one picture on the left and the other blocks on its right, if they fit there and it is the larger so."""
    step, block = blocks[position]
    assert isinstance(block, Picture)
    others = [other for other in blocks if other[1] is not block]
    if any(isinstance(other, Formulas) for _, other in others):
        return None
    right = BESIDE * width
    left = width - right - 2 * GAP
    stack = _placed(_units(others, right, height, scale, show, ruler), height)
    if not stack or stack[-1][0] + stack[-1][1].height > height:
        return None
    beside = picture_unit(block.figure, left, height, step, show)
    taken = sum(unit.height + unit.gap for _, unit in stack) + GAP
    if beside.height < min(height - taken, block.figure.height * width / block.figure.width):
        return None
    if beside.height < SMALLEST_PICTURE * block.figure.height:
        return None
    shifted = [(top, _shifted(unit, left + 2 * GAP)) for top, unit in stack]
    return ((max(0.0, _SINK * (height - beside.height)), beside), *shifted)


def _shifted(unit: Unit, x: float) -> Unit:
    return replace(unit, frames=tuple(moved(marks, x, 0.0) for marks in unit.frames))


def _shared(units: Sequence[Unit], height: float) -> list[list[Unit]]:
    """The units on pages: what leads to the next unit does not end a page, and a page begins as continued."""
    pages: list[list[Unit]] = [[]]
    used = 0.0
    for number, unit in enumerate(units):
        needed = unit.height + (unit.gap if pages[-1] else 0.0)
        leading = unit
        for following in units[number + 1 :]:
            if not leading.leads:
                break
            needed += following.gap + following.height
            leading = following
        alone = unit.height + (unit.gap if pages[-1] else 0.0)
        fits = used + (needed if needed <= height else alone) <= height + 1e-6
        if pages[-1] and not fits:
            pages.append([])
            used, alone = 0.0, unit.height
            if unit.continued is not None and unit.continued.height <= height:
                unit = replace(unit.continued, gap=unit.gap)
                alone = unit.height
        pages[-1].append(unit)
        used += alone
    return [page for page in pages if page] or [[]]


def _placed(units: Sequence[Unit], height: float) -> tuple[tuple[float, Unit], ...]:
    """Units with their tops; a page that is not full begins a little lower."""
    total = sum(unit.height + (unit.gap if number else 0.0) for number, unit in enumerate(units))
    top = min(_DEEPEST, max(0.0, _SINK * (height - total)))
    placed = []
    for number, unit in enumerate(units):
        top += unit.gap if number else 0.0
        placed.append((top, unit))
        top += unit.height
    return tuple(placed)
