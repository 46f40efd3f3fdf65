"""The colours of slides and pictures, by what they mean; every writer takes them from here.

Colour is never the only cue: factors are numbered as well, lines differ in dash and width.
The hues are those of Okabe and Ito (2008, “Color Universal Design”), lighter on dark ground.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symnet.errors import unknown


@dataclass(frozen=True, slots=True)
class Theme:
    """A ground and the colours on it, as ``#rrggbb``: roles by name, and the factors of a chain in order."""

    name: str
    colours: Mapping[str, str]
    factors: tuple[str, ...] = ("forward", "hidden", "backward", "accent")

    def __getitem__(self, role: str) -> str:
        return self.colours[role]

    def factor(self, number: int) -> str:
        """The colour of the factor ``number`` of a chain, counted from 1."""
        return self.colours[self.factors[(number - 1) % len(self.factors)]]


LIGHT = Theme(
    "light",
    {
        "ground": "#ffffff",
        "ink": "#1a1a1a",
        "muted": "#5c5c5c",
        "faint": "#c9c9c9",
        "forward": "#0072b2",
        "hidden": "#00805f",
        "backward": "#c24e00",
        "accent": "#a3437f",
    },
)

DARK = Theme(
    "dark",
    {
        "ground": "#14171c",
        "ink": "#f0f0f0",
        "muted": "#b0b4ba",
        "faint": "#4a4f57",
        "forward": "#56b4e9",
        "hidden": "#2fc9a0",
        "backward": "#f0913f",
        "accent": "#e29ac6",
    },
)

THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (LIGHT, DARK)}


def theme(given: str | Theme) -> Theme:
    """The theme meant by a name or a :class:`Theme`; SymnetError for an unknown name."""
    if isinstance(given, Theme):
        return given
    if given not in THEMES:
        raise unknown("theme", str(given), THEMES)
    return THEMES[given]


def latex_colours(theme: Theme, factors: int = 12) -> str:
    r"""A ``\definecolor`` a line: every role by its name, and ``factor1``, ``factor2`` … up to ``factors``."""
    named = {**theme.colours, **{f"factor{k}": theme.factor(k) for k in range(1, factors + 1)}}
    lines = (rf"\definecolor{{{name}}}{{HTML}}{{{colour.lstrip('#').upper()}}}" for name, colour in named.items())
    return "\n".join(lines) + "\n"
