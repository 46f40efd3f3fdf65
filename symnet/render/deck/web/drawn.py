"""SVG for a page of many formulas and pictures: short, and in the colours of the page's style.

Letters are shared between formulas; lengths are in units of the type size around a formula, so that it grows and
shrinks with the prose beside it; colours are those of a role, whichever theme or medium the page is shown in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symnet.render.figures.figure import Figure
from symnet.render.theme import LIGHT
from symnet.render.typeset import FormulaSvg, shared_glyphs

WIDE = 20.0
"""In units of the type size: a formula that is wider is shrunk where there is no room, but not beyond legibility."""

LEAST = 0.62
"""The part of its width that such a formula keeps."""

ENLARGED = 1.4
"""How much larger than it was drawn a picture may be shown."""

_ROLES = {colour: role for role, colour in LIGHT.colours.items()}


@dataclass(frozen=True, slots=True)
class Drawings:
    """Formulas as ``<svg>`` elements, the letters that they share, and the style rules that they need."""

    svgs: tuple[str, ...]
    glyphs: str
    rules: str


def drawings(formulas: Sequence[FormulaSvg], size: float, id_prefix: str = "g", steps: int = 1000) -> Drawings:
    """Formulas that were typeset at ``size`` points in the colours of the light theme, for one page.

    ``id_prefix`` keeps the letters of several fragments of a page apart.  Lengths in style rules are rounded to one of
    so many ``steps`` of the type size, so that few steps need few rules.
    """
    glyphs, shared = shared_glyphs(formulas, id_prefix)
    rules: dict[str, str] = {}
    svgs = []
    for formula in shared:
        width, height = formula.width / size, formula.height / size
        names = [_rule(rules, "v", "vertical-align", formula.baseline / size - height, steps)]
        if width > WIDE:
            names.append(_rule(rules, "w", "min-width", LEAST * width, steps))
        opening = (
            f'<svg class="{" ".join(names)}" width="{_number(width)}em" height="{_number(height)}em" '
            f'viewBox="0 0 {_number(formula.width)} {_number(formula.height)}" aria-hidden="true">'
        )
        svgs.append(opening + _short(formula.svg.partition(">")[2]))
    return Drawings(tuple(svgs), _short(_unstyled(glyphs)), "".join(sorted(rules.values())))


def picture(figure: Figure, number: int | str, size: float) -> str:
    """A picture as an ``<svg>`` element beside prose of ``size`` points; ``number`` sets its identifiers apart."""
    from symnet.render.figures.svg import svg

    source = svg(figure, LIGHT)
    found = re.search(r'aria-labelledby="(\w+)-t ', source)
    assert found is not None
    source = _short(_unstyled(source.replace(found[1], f"p{number}")))
    wide, high = (_number(ENLARGED * length / size) for length in (figure.width, figure.height))
    return re.sub(r'width="[^"]*" height="[^"]*"', f'width="{wide}em" height="{high}em"', source, count=1)


def _rule(rules: dict[str, str], letter: str, what: str, length: float, steps: int) -> str:
    """The name of the class that gives this length; the page allows no style of single elements."""
    number = round(steps * length)
    name = f"{letter}{number}".replace("-", "_")
    rules[name] = f"svg.{name}{{{what}:{_number(number / steps)}em}}\n"
    return name


_NUMBER = re.compile(r"-?\d+\.\d+")
_TAG = re.compile(r"<[^>]*>")
_ALONE = re.compile(r'<g (transform="[^"]*")><use ([^>]*)/></g>')
_DEFAULT = re.compile(r' (?:x="0"|y="0"|fill-rule="nonzero"|xmlns(?::\w+)?="[^"]*")')
_OUTLINE = re.compile(r' d="([^"]*)"')
_PAINT = re.compile(r' (fill|stroke)="(#[0-9a-f]{6})"')


def _short(source: str) -> str:
    """The same drawing in fewer characters; prose in it, which holds no tags and no quotes, is left alone."""
    source = _TAG.sub(lambda tag: _NUMBER.sub(lambda number: _number(float(number[0])), tag[0]), source)
    source = _TAG.sub(lambda tag: _PAINT.sub(_painted, _DEFAULT.sub("", tag[0])), source)
    source = _TAG.sub(lambda tag: _OUTLINE.sub(_dense, tag[0]), source)
    return _ALONE.sub(r"<use \1 \2/>", source).replace("xlink:href", "href")


def _dense(outline: re.Match[str]) -> str:
    """The commands of an outline without the spaces and noughts that nothing needs."""
    packed = re.sub(r"(?<=[A-Za-z]) +| +(?=[-A-Za-z]|$)", "", outline[1])
    return f' d="{re.sub(r"(?<![0-9.])0(?=[.])", "", packed)}"'


def _painted(found: re.Match[str]) -> str:
    """A colour by its role; ink is the colour of the prose around it, and what is filled without being said."""
    attribute, role = found[1], _ROLES.get(found[2])
    if role is None:
        return found[0]
    if role != "ink":
        return f' {attribute}="var(--{role})"'
    return "" if attribute == "fill" else ' stroke="currentColor"'


def _unstyled(source: str) -> str:
    return _TAG.sub(lambda tag: re.sub(r' style="[^"]*"', "", tag[0]), source)


def _number(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
