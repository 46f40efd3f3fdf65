"""How wide a formula is before anything has set it: terminal columns exactly, LaTeX in em and roughly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from math import ceil

from symnet.render import latex as tex


def columns(source: str) -> int:
    """How many columns of a terminal ``source`` takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in source
    )


def _script(source: str) -> str:
    """As many characters as a label takes the room of; indices above each other take that of the longer."""
    return "i" * ceil(0.6 * len(source.strip("{}")))


_UNSEEN = re.compile(
    r"\\textcolor\{\w+\}|\\(left|right|Big[lr]|textstyle|boldsymbol|operatorname|math\w+|boxed|sqrt|hat|bar|tilde"
    r"|widehat|overline|widetilde)(?![A-Za-z])|\{\}"
)
_SPACED = re.compile(r"\\(le|ge|ne|approx|equiv|in|to|sim|propto|mapsto|odot|times|quad)(?![A-Za-z])|[=+\-]")
_FOLDS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}"), lambda match: max(match[1], match[2], key=len)),
    (re.compile(r"\\underbrace\{([^{}]*)\}_\{([^{}]*)\}"), lambda match: max(match[1], match[2], key=len)),
    (
        re.compile(r"_(\{[^{}]*\}|[^{}\\])\^(\{[^{}]*\}|[^{}\\])"),
        lambda match: _script(max(match[1], match[2], key=len)),
    ),
    (
        re.compile(r"\^(\{[^{}]*\}|[^{}\\])_(\{[^{}]*\}|[^{}\\])"),
        lambda match: _script(max(match[1], match[2], key=len)),
    ),
    (re.compile(r"(?<!\})[_^](\{[^{}]*\}|[^{}\\])(?![_^])"), lambda match: _script(match[1])),
    (re.compile(r"(?<!\\frac)(?<!\\underbrace)(?<![}_^])\{([^{}]*)\}"), lambda match: match[1]),
]


def latex_width(source: str) -> float:
    """A formula's width in em, roughly; fractions and matrices fold to their longest part."""
    source = re.sub(r"\\text\{([^{}]*)\}", lambda match: match[1].replace(" ", "i"), source)
    source = re.sub(r"\\begin\{\w+\}(.*?)\\end\{\w+\}", _longest_row, source, flags=re.DOTALL)
    source = _SPACED.sub("xx", _UNSEEN.sub("", source)).replace(r"\sum", "xxx")
    source = re.sub(r"\\(?!frac|underbrace)([A-Za-z]+)", _command, source)
    source = re.sub(r"\s", "", source)
    before = ""
    while source != before:
        before = source
        for pattern, fold in _FOLDS:
            source = pattern.sub(fold, source)
    return 0.54 * len(re.sub(r"[\\{}]", "", source))


def _command(match: re.Match[str]) -> str:
    """A function by its name, every other command as one character."""
    return match[1] if tex.FUNCTIONS.fullmatch(match[1]) else "x"


def _longest_row(match: re.Match[str]) -> str:
    return max(match[1].split(r"\\"), key=len).replace("&", "xx")
