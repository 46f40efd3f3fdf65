"""A deck as one HTML file that needs nothing but a browser: without scripts a page, with scripts a slide show.

Formulas and pictures are SVG; a formula says its LaTeX and gives it away on a click.  The page asks nothing of
anybody: its style and script stand in it, and its policy allows only them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from symnet.render.deck.model import Deck
from symnet.render.deck.pages.matter import BASE, Matter, printing
from symnet.render.deck.pages.ruler import Ruler
from symnet.render.deck.web.drawn import drawings, picture
from symnet.render.deck.web.shown import Setter, ShownBlock, ShownSlide
from symnet.render.messages import PAGE
from symnet.render.theme import LIGHT, Theme, theme
from symnet.render.typeset import matter_svgs


def deck_html(deck: Deck) -> str:
    """The deck as a self-contained HTML file.

    Raises SymnetError for an unknown theme and for a formula that typst does not take.
    """
    from markupsafe import Markup

    colours = theme(deck.theme)
    slides, used = _settled(deck)
    made = drawings(matter_svgs([(matter.set_in, matter.body) for matter in used], size=BASE), BASE)
    typeset = dict(zip(used, map(Markup, made.svgs), strict=True))

    def drawn(block: ShownBlock) -> Markup:
        assert block.figure is not None
        return Markup(picture(block.figure, block.number, BASE))

    style = colours_by_role(colours) + "".join(map(_part, ("page.css", "blocks.css", "show.css"))) + made.rules
    script = _part("page.js")
    return str(
        _template("page.html.jinja").render(
            title=deck.title,
            subtitle=deck.subtitle,
            slides=slides,
            words=PAGE,
            svg=typeset.__getitem__,
            drawn=drawn,
            glyphs=Markup(made.glyphs),
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
        )
    )


def _settled(deck: Deck) -> tuple[tuple[ShownSlide, ...], list[Matter]]:
    """The slides as the template takes them, and everything that is to be typeset for them."""

    def lay_out(ruler: Ruler) -> tuple[tuple[ShownSlide, ...], list[Matter]]:
        # Everything is typeset in the colours of one theme; the style of the page gives them those of the deck's.
        setter = Setter(printing(LIGHT), ruler)
        return setter.slides(deck), list(setter.used)

    return Ruler().settled(lay_out)


def colours_by_role(shown: Theme) -> str:
    """The colours of the page by role; on paper they are those of the light theme, whatever is on the screen."""

    def roles(of: Theme) -> str:
        return "".join(f"--{role}:{colour};" for role, colour in of.colours.items()) + f"color-scheme:{of.name}"

    return f":root{{{roles(shown)}}}\n@media print{{:root{{{roles(LIGHT)}}}}}\n"


def _policy(style: str, script: str) -> str:
    """What the page may load and run: nothing but its own style and script, known by their digests."""

    def digest(source: str) -> str:
        return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def macros(svg: Callable[[Matter], Any], drawn: Callable[[ShownBlock], Any]) -> Any:
    """What writes blocks on a page, ``.block(shown)`` and ``.prose(runs)``, given drawings of formulas and pictures."""
    return _template("blocks.html.jinja").make_module({"svg": svg, "drawn": drawn})


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_part), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.get_template(name)


def blocks_css() -> str:
    """The style of blocks, in the colours of :func:`colours_by_role`."""
    return _part("blocks.css")


@cache
def _part(name: str) -> str:
    return (files("symnet.render.deck.web") / name).read_text(encoding="utf-8")
