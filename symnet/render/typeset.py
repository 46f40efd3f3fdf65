"""Typesetting with typst: PDF, SVG and PNG from Typst source, and how much room formulas take.

The one place that calls the compiler.  It sees its own fonts only and no files, and writes no date, so that the
same source gives the same bytes everywhere.  Typst is imported when something is to be typeset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from symnet.errors import SymnetError
from symnet.render.display import Node, walk
from symnet.render.text import text
from symnet.render.theme import LIGHT, Theme
from symnet.render.typst import PREAMBLE, typst

Result = TypeVar("Result")
Source = TypeVar("Source")

#: An open end of the room that a formula may take: no page is higher.
_TALL = "9999pt"
_LONGEST_NAME = 60
_MEASURING = f"""\
#let extent(set-in, body, width: auto) = context {{
  let plain = measure(width: width, set-in(body))
  let raised = measure(width: width, set-in(box(height: {_TALL}) + body))
  let ascent = {_TALL} - (raised.height - plain.height)
  [#metadata((plain.width.pt(), ascent.pt(), (plain.height - ascent).pt()))<extent>]
}}
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """What typeset matter takes, in points: its width, and its height above and below its first baseline."""

    width: float
    ascent: float
    descent: float

    @property
    def height(self) -> float:
        """From its highest to its lowest point."""
        return self.ascent + self.descent


@dataclass(frozen=True, slots=True)
class FormulaSvg:
    """A formula as an ``<svg>`` element to be put into a page; lengths in points, the baseline from the top."""

    svg: str
    width: float
    height: float
    baseline: float


def pdf(source: str) -> bytes:
    """The document as a PDF."""
    compiled = _compiled(source, format="pdf", timestamp=0)
    assert isinstance(compiled, bytes)
    return compiled


def svgs(source: str) -> list[str]:
    """The pages of the document as SVG."""
    return [page.decode() for page in _pages(_compiled(source, format="svg"))]


def pngs(source: str, ppi: float = 144.0) -> list[bytes]:
    """The pages of the document as PNG with ``ppi`` pixels an inch."""
    return _pages(_compiled(source, format="png", ppi=ppi))


def formula_svgs(
    nodes: Sequence[Node], *, size: float = 16.0, theme: Theme = LIGHT, id_prefix: str = "f"
) -> list[FormulaSvg]:
    """Displayed formulas at a type size in points, in the ink of the theme, all from one compilation.

    No two ids are the same in formulas of one call; ``id_prefix`` keeps those of several calls apart.
    Tags take the colours of the theme.
    """
    sources = [("tight", displayed(node, colours(theme, nodes))) for node in nodes]
    return _blamed(nodes, sources, lambda whole: matter_svgs(whole, size=size, theme=theme, id_prefix=id_prefix))


def matter_svgs(
    sources: Sequence[tuple[str, str]], *, size: float = 16.0, theme: Theme = LIGHT, id_prefix: str = "f"
) -> list[FormulaSvg]:
    """The same for any typeset matter: each source is what :func:`extents` takes."""
    if not sources:
        return []
    pages = (f"#page[#extent({set_in}, {body});#{set_in}({body})]" for set_in, body in sources)
    setting = "#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"
    source = preamble(size, theme) + setting + _MEASURING + "\n".join(pages)
    return [
        FormulaSvg(_inlined(page, f"{id_prefix}{number}-"), extent.width, extent.height, extent.ascent)
        for number, (page, extent) in enumerate(zip(svgs(source), _extents(source), strict=True))
    ]


def shared_glyphs(formulas: Sequence[FormulaSvg], id_prefix: str = "g") -> tuple[str, list[FormulaSvg]]:
    """One hidden ``<svg>`` with the letters of all ``formulas``, and the formulas that take them from there.

    A page with hundreds of formulas is a tenth as long that way.
    """
    drawings: dict[str, str] = {}
    shared = []
    for formula in formulas:
        names = {}
        for found in _GLYPH.finditer(formula.svg):
            names[found["id"]] = drawings.setdefault(found["drawing"], f"{id_prefix}{len(drawings)}")
        svg = _GLYPH.sub("", formula.svg)
        for given, name in names.items():
            svg = svg.replace(f'"#{given}"', f'"#{name}"')
        shared.append(replace(formula, svg=re.sub(r"<defs[^>]*>\s*</defs>", "", svg)))
    glyphs = "".join(f'<symbol id="{name}"{drawing}' for drawing, name in drawings.items())
    sheet = '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0" style="position:absolute" aria-hidden="true">'
    return f"{sheet}<defs>{glyphs}</defs></svg>", shared


def measure(nodes: Sequence[Node], size: float) -> list[tuple[float, float]]:
    """The width and the height of displayed formulas at a type size, all in points."""
    if not nodes:
        return []
    source = _measuring([("tight", displayed(node)) for node in nodes], size)
    return [(extent.width, extent.height) for extent in _blamed(nodes, source, _extents)]


Measured = tuple[str, str] | tuple[str, str, float | None]
"""What is measured: the function that sets it, the content, both as Typst code, and the width it may take."""


def extents(sources: Sequence[Measured], size: float, definitions: str = "") -> list[Extent]:
    """How much room matter takes at a type size, all from one compilation.

    It is set by ``tight`` or one of the ``definitions``.  What does not fit its width even when it is broken is
    wider than that.
    """
    return _extents(definitions + _measuring(sources, size)) if sources else []


def displayed(node: Node, palette: dict[str, str] | None = None) -> str:
    """A formula in displayed style as an expression of Typst code."""
    return f"$display({typst(node, palette)})$"


def preamble(size: float, theme: Theme = LIGHT) -> str:
    """What stands before a source: the fonts, the type size, the ink, and what the printers use."""
    return (
        PREAMBLE + "#set document(date: none)\n"
        f'#set text(font: "New Computer Modern", size: {size}pt, fill: rgb("{theme["ink"]}"), lang: "en")\n'
    )


def colours(theme: Theme, nodes: Sequence[Node]) -> dict[str, str]:
    """The colour of every tag in ``nodes`` that means something: ``factor1``, ``factor2``, …, or a role."""
    tags = {tag for node in nodes for part in walk(node) if isinstance(tag := getattr(part, "tag", None), str)}
    palette = {tag: theme[tag] for tag in tags if tag in theme.colours}
    numbered = {tag: found for tag in tags if (found := re.fullmatch(r"factor([1-9][0-9]{0,3})", tag))}
    return {**palette, **{tag: theme.factor(int(found[1])) for tag, found in numbered.items()}}


# ---- the compiler


@cache
def _fonts() -> Any:
    import typst as compiler

    return compiler.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _compiled(source: str, **options: Any) -> bytes | list[bytes]:
    import typst as compiler

    compiled: bytes | list[bytes] = _said(lambda: compiler.compile(source.encode(), font_paths=_fonts(), **options))
    return compiled


def _pages(compiled: bytes | list[bytes]) -> list[bytes]:
    """The compiler hands back a document of one page bare."""
    return compiled if isinstance(compiled, list) else [compiled]


def _measuring(sources: Sequence[Measured], size: float) -> str:
    return preamble(size) + _MEASURING + "\n".join(map(_asked, sources))


def _asked(source: Measured) -> str:
    width = source[2] if len(source) == 3 else None
    room = "" if width is None else f", width: {width:.3f}pt"
    return f"#extent({source[0]}, {source[1]}{room})"


def _extents(source: str) -> list[Extent]:
    import typst as compiler

    found = _said(lambda: compiler.query(source.encode(), "<extent>", field="value", font_paths=_fonts()))
    return [Extent(*(round(float(number), 3) + 0.0 for number in numbers)) for numbers in json.loads(found)]


def _said(compile_it: Callable[[], Result]) -> Result:
    """The result, or the compiler's complaint as an error of symnet."""
    try:
        return compile_it()
    except RuntimeError as error:
        reason = str(error).partition("\n")[0].removeprefix("failed to compile document: ")
        raise SymnetError(f"typst could not typeset this: {reason}") from error


def _blamed(nodes: Sequence[Node], source: Source, compile_it: Callable[[Source], Result]) -> Result:
    """The result, or an error that names the first formula that typst does not take by itself."""
    try:
        return compile_it(source)
    except SymnetError as error:
        for node in nodes:
            try:
                _extents(_measuring([("tight", displayed(node))], 10.0))
            except SymnetError as own:
                raise SymnetError(f"the formula {_named(node)} cannot be typeset: {own}; simplify it") from error
        raise


def _named(node: Node) -> str:
    line = text(node)
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


# ---- SVG

_GLYPH = re.compile(r'<symbol id="(?P<id>[^"]+)"(?P<drawing>[^>]*>.*?</symbol>)', re.DOTALL)


def _inlined(page: str, prefix: str) -> str:
    """An SVG page as an element of another document, its ids and the references to them prefixed."""
    page = re.sub(r"<\?xml[^>]*\?>\s*", "", page)
    page = re.sub(r'(?<=\sid=")(?=[^"]+")', prefix, page)
    page = re.sub(r'(?<=href="#)(?=[^"]+")', prefix, page)
    page = re.sub(r"(?<=url\(#)(?=[^)]+\))", prefix, page)
    # A slanted letter may reach over the edge of its box by a hair.
    return page.replace("<svg ", '<svg overflow="visible" ', 1)
