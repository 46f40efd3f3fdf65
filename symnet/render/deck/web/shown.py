"""A deck as the template takes it: blocks with the step that reveals them, formulas as matter to be typeset.

What is typeset is written down as it is asked for, so that all of it can be typeset at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from symnet.render.deck.model import Deck, Slide, steps_of
from symnet.render.deck.pages.breaking import TypsetLine, lines_of
from symnet.render.deck.pages.matter import BASE, Matter, Print
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.web.drawn import WIDE
from symnet.render.display import Boxed, Group, Listing, Node, Row, Tagged
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Picture, Table
from symnet.render.figures.figure import Figure
from symnet.render.latex import latex
from symnet.render.latex import relation as latex_relation
from symnet.render.rows import reason_parts
from symnet.render.typst import relation, typst

ROOM = 17 * BASE
"""A formula that is wider comes in pieces, which the page sets on as many lines as it needs."""

CELL = 14 * BASE
"""The same for a formula in a table."""

GAIN = 0.85
"""It comes whole all the same, if its widest piece is hardly narrower."""

LONG, SHORT = 12 * BASE, 5 * BASE
"""A left side that is longer stands on a line of its own; if all are shorter, they stand beside their right sides even
on a narrow page."""


@dataclass(frozen=True, slots=True)
class Line:
    """What goes on one line if there is room for it, with the relation that it begins with."""

    pieces: tuple[Matter, ...]
    sign: Matter | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its LaTeX, what is copied instead where that differs, and its lines.

    ``boxed`` where the page draws its frame, ``wide`` where a piece of it may need more room than a page has.
    """

    latex: str
    lines: tuple[Line, ...]
    copied: str = ""
    boxed: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Prose and formulas between which no line ends."""

    items: tuple[str | Formula, ...]


Prose = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a derivation in its columns."""

    step: int
    label: Formula | None
    left: Formula | None
    relation: Formula | None
    right: Formula
    shape: str
    reason: Prose
    is_long: bool


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block; ``kind`` says which part of the template writes it and what of the rest it has."""

    kind: str
    step: int
    label: str = ""
    prose: Prose = ()
    rows: tuple[ShownRow, ...] = ()
    header: tuple[Prose, ...] = ()
    cells: tuple[tuple[Prose, ...], ...] = ()
    figure: Figure | None = None
    number: int = 0
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class ShownSlide:
    """A slide with the number of its steps; ``name`` is its title in plain letters."""

    name: str
    title: Prose
    steps: int
    blocks: tuple[ShownBlock, ...]


@dataclass(slots=True)
class Setter:
    """Turns the parts of a deck into what the template takes; ``used`` is what is to be typeset for it."""

    show: Print
    ruler: Ruler
    used: dict[Matter, None] = field(default_factory=dict)
    pictures: int = 0

    def slides(self, deck: Deck) -> tuple[ShownSlide, ...]:
        """All slides of the deck."""
        return tuple(
            ShownSlide(slide.title, self.prose(slide.heading), slide.steps, tuple(self._blocks(slide)))
            for slide in deck.slides
        )

    def _blocks(self, slide: Slide) -> Iterator[ShownBlock]:
        """The blocks, each with its step; a title that repeats the slide's is left out."""
        step = 1
        for block in slide.blocks:
            if not (isinstance(block, Heading) and block.title == slide.title):
                yield self._block(block, min(step, slide.steps))
            step += steps_of(block)

    def _block(self, block: Block, step: int) -> ShownBlock:
        match block:
            case Heading(title=title):
                return ShownBlock("heading", step, prose=self.prose((title,)))
            case Paragraph(parts=parts):
                return ShownBlock("paragraph", step, prose=self.prose(parts))
            case Note(label=label, parts=parts):
                return ShownBlock("note", step, label, self.prose(parts))
            case Formulas(rows=rows):
                made = tuple(self._row(row, step + number) for number, row in enumerate(rows))
                lefts = [self.ruler(self.show.formula(row.left)).width for row in rows if row.left is not None]
                return ShownBlock("rows", step, rows=made, is_short=max(lefts, default=0.0) <= SHORT)
            case Table(header=header, rows=lines):
                cells = tuple(tuple(map(self._cell, line)) for line in lines)
                return ShownBlock("table", step, header=tuple(self.prose((cell,)) for cell in header), cells=cells)
            case Picture(figure=figure):
                self.pictures += 1
                return ShownBlock("picture", step, figure=figure, number=self.pictures)

    def prose(self, parts: Sequence[Part]) -> Prose:
        """Prose in runs; what touches a formula without a space between stays on its line."""
        units: list[str | Formula] = []
        for part in parts:
            units += re.findall(r"\s+|\S+", part) if isinstance(part, str) else [self._within(part)]
        runs: list[Run] = []
        for is_space, group in groupby(units, key=lambda unit: isinstance(unit, str) and unit.isspace()):
            items = tuple(group)
            if is_space or all(isinstance(item, str) for item in items):
                words = "".join(map(str, items))
                if runs and isinstance(runs[-1].items[-1], str) and len(runs[-1].items) == 1:
                    words = "".join(map(str, runs.pop().items)) + words
                items = (words,)
            runs.append(Run(items))
        return tuple(runs)

    def _within(self, node: Node) -> Formula:
        """A formula within prose, set to stand in a line of it."""
        return self._formula(node, (Line((self._use(Matter("tight", f"${typst(node, self.show.palette)}$")),)),))

    def _cell(self, cell: Part) -> Prose:
        return self.prose((cell,)) if isinstance(cell, str) else (Run((self._displayed(cell, CELL),)),)

    def _row(self, row: Row, step: int) -> ShownRow:
        label, left = _parted(row.left)
        sides = [latex(side) for side in (left,) if side is not None]
        whole = " ".join([*sides, latex_relation(row.relation), latex(row.right)])
        sign = Matter("tight", f"${relation(row.relation)}$")
        lefts = 0.0 if row.left is None else self.ruler(self.show.formula(row.left)).width
        return ShownRow(
            step,
            self._displayed(label) if label else None,
            self._displayed(left) if left else None,
            Formula(latex_relation(row.relation), (Line((self._use(sign),)),), whole) if row.relation else None,
            self._displayed(row.right),
            row.shape,
            self.prose(reason_parts(row)) if row.reason else (),
            lefts > LONG,
        )

    def _displayed(self, node: Node, room: float = ROOM) -> Formula:
        """A displayed formula, in pieces where it is wide; a frame about the whole of it is left to the page."""
        boxed = isinstance(node, Boxed)
        body = node.body if isinstance(node, Boxed) else node
        lines: list[Line] = []
        whole = self.show.formula(body)
        broken = lines_of(Row(None, "", body), room, self.show, self.ruler)
        widest = max(self.ruler(line.right).width for line in broken)
        # Only a whole formula has brackets that grow with what is between them.
        for line in broken if widest < GAIN * self.ruler(whole).width else [TypsetLine(whole)]:
            piece = self._use(line.right)
            if lines and line.relation is None:
                lines[-1] = replace(lines[-1], pieces=(*lines[-1].pieces, piece))
            else:
                sign = self._use(line.relation) if line.relation is not None and lines else None
                lines.append(Line((piece,), sign))
        return replace(self._formula(node, tuple(lines)), boxed=boxed)

    def _formula(self, node: Node, lines: tuple[Line, ...]) -> Formula:
        widest = max(self.ruler(piece).width for line in lines for piece in line.pieces)
        return Formula(latex(node), lines, wide=widest > WIDE * BASE)

    def _use(self, matter: Matter) -> Matter:
        self.used[matter] = None
        return matter


def _parted(left: Node | None) -> tuple[Node | None, Node | None]:
    """A left side such as ``(1)  ∂C/∂z``: its number, which has a place of its own, and the rest."""
    match left:
        case Tagged(body=Listing(items=(Group() as label, rest), separator="  "), tag=tag):
            return Tagged(label, tag), Tagged(rest, tag)
        case Listing(items=(Group() as label, rest), separator="  "):
            return label, rest
    return None, left
