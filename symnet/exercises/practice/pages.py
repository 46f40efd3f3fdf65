"""The templates of the pages, and the style and script beside them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import HTMLResponse

from symnet.exercises.practice.typesetting import rules
from symnet.render.deck.html import blocks_css, colours_by_role
from symnet.render.theme import DARK, LIGHT


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from the template of this name."""
    return HTMLResponse(_environment().get_template(f"{name}.html.jinja").render(**values), status)


def style() -> str:
    """The style of all pages, light or dark as the reader's screen is."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{ {colours_by_role(DARK).partition('@media')[0]} }}\n"
    return colours_by_role(LIGHT) + dark + _part("page.css") + blocks_css() + rules()


def script() -> str:
    """The script of all pages; they work without it."""
    return _part("page.js")


@cache
def _environment() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FunctionLoader(_part), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["typeset"] = Markup
    made.filters["marks"] = lambda value: f"{value:g}"
    return made


@cache
def _part(name: str) -> str:
    return (files("symnet.exercises.practice.web") / name).read_text("utf-8")
