"""Blocks and prose as fragments of HTML whose formulas are drawings that say their LaTeX, for pages that load nothing.

Formulas are set as on the HTML slides (:mod:`symnet.render.deck.web`); their style rules stand in :func:`rules`, so
that a page needs no style of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symnet.render.deck.html import macros
from symnet.render.deck.model import Deck, Slide
from symnet.render.deck.pages.matter import BASE, Matter, printing
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.web.drawn import drawings, picture
from symnet.render.deck.web.shown import Setter, ShownBlock, ShownSlide
from symnet.render.display import Node
from symnet.render.document import Block, Paragraph, Part
from symnet.render.theme import LIGHT
from symnet.render.typeset import matter_svgs

STEPS = 50
"""Places within the type size that a formula may be lowered by; each has a style rule."""

LETTERS = "letters"
"""The fragment that the formulas of all others take their letters from."""

LOWEST, WIDEST = 12, 40
"""The lowest foot below its line, and the greatest least width of a formula, in units of the type size."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Prose with mathematics that stands within an element of the page, a legend or a label."""

    parts: tuple[Part, ...]


Matters = Prose | Sequence[Block]


def typeset(matters: Mapping[str, Matters], id_prefix: str) -> dict[str, str]:
    """Each of ``matters`` as HTML, all from one compilation; ``id_prefix`` sets apart what stands on one page.

    Where any of them is shown, so must be the fragment :data:`LETTERS`.

    Raises SymnetError for a formula that cannot be typeset.
    """
    from markupsafe import Markup

    slides = tuple(
        Slide(key, (Paragraph(matter.parts),) if isinstance(matter, Prose) else tuple(matter))
        for key, matter in matters.items()
    )

    def lay_out(ruler: Ruler) -> tuple[tuple[ShownSlide, ...], list[Matter]]:
        setter = Setter(printing(LIGHT), ruler)
        return setter.slides(Deck("", slides)), list(setter.used)

    shown, used = Ruler().settled(lay_out)
    set_matters = matter_svgs([(matter.set_in, matter.body) for matter in used], size=BASE)
    made = drawings(set_matters, BASE, f"{id_prefix}-g", STEPS)
    svgs = dict(zip(used, map(Markup, made.svgs), strict=True))

    def drawn(block: ShownBlock) -> Markup:
        assert block.figure is not None
        return Markup(picture(block.figure, f"{id_prefix}-{block.number}", BASE))

    write = macros(svgs.__getitem__, drawn)
    out = {LETTERS: made.glyphs.replace("<svg ", '<svg class="letters" ', 1) if used else ""}
    for slide in shown:
        if isinstance(matters[slide.name], Prose):
            out[slide.name] = str(write.prose(slide.blocks[0].prose))
        else:
            out[slide.name] = "\n".join(str(write.block(block)) for block in slide.blocks)
    return out


def formula(node: Node) -> Prose:
    """A formula within a line."""
    return Prose((node,))


def rules() -> str:
    """The style rules that typeset formulas name: how far they are lowered, and how narrow they may become."""
    lowered = (f"svg.v_{k}{{vertical-align:{-k / STEPS:g}em}}" for k in range(1, LOWEST * STEPS + 1))
    narrow = (f"svg.w{k}{{min-width:{k / STEPS:g}em}}" for k in range(12 * STEPS, WIDEST * STEPS))
    return "svg.v0{vertical-align:0}\n" + "\n".join(lowered) + "\n" + "\n".join(narrow) + "\n"
