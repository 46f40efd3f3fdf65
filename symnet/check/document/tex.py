r"""Where LaTeX has mathematics: dollars, brackets and environments, comments and verbatim left out; macros."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

ENVIRONMENTS = (
    "equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath", "math", "aligned",
    "gathered", "split", "dmath",
)  # fmt: skip
"""Environments that are mathematics by themselves."""

_VERBATIM = ("verbatim", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "tikzpicture", "alltt")
_SKIPPED = re.compile(
    rf"(?P<comment>(?<!\\)(?:\\\\)*%[^\n]*)|\\begin\{{(?P<env>(?:{'|'.join(_VERBATIM)})\*?)\}}"
    r"|\\(?:verb|lstinline)\*?(?:\[[^\]\n]*\])?(?P<mark>[^A-Za-z\s*{])"
)
_OPEN = re.compile(
    rf"\\begin\{{(?P<env>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}|\\\\(?:\[[^\]\n]{{0,20}}\])?|\\[(\[]|\$\$|\$|\\.", re.S
)
_HEADING = re.compile(r"\\(?:part|chapter|(?:sub)*section|frametitle|begin\{frame\})")
_BEGIN, _END = r"\begin{document}", r"\end{document}"


def masked(text: str) -> str:
    """The body of the document with comments and verbatim blanked, every character in its place."""
    out, at = [], 0
    while match := _SKIPPED.search(text, at):
        start, stop = match.span()
        if match["comment"]:
            start = match.end() - len(match["comment"].lstrip("\\"))
        elif match["env"]:
            end = text.find(rf"\end{{{match['env']}}}", stop)
            stop = len(text) if end < 0 else end
        else:
            end = text.find(match["mark"], stop)
            stop = stop if end < 0 or "\n" in text[stop:end] else end + 1
        out += [text[at:start], re.sub(r"[^\n]", " ", text[start:stop])]
        at = stop
    text = "".join([*out, text[at:]])
    begin, end = text.find(_BEGIN), text.rfind(_END)
    first = begin + len(_BEGIN) if begin >= 0 else 0
    last = end if end > first else len(text)
    return re.sub(r"[^\n]", " ", text[:first]) + text[first:last] + re.sub(r"[^\n]", " ", text[last:])


def headings(text: str) -> Sequence[int]:
    """Where sections begin."""
    return [match.start() for match in _HEADING.finditer(text)]


def closing(text: str, environment: str, start: int) -> tuple[int, int] | None:
    r"""Where ``\end{environment}`` begins and ends, those of environments within of the same name left out."""
    depth = 1
    for match in re.compile(rf"\\(begin|end)\{{{re.escape(environment)}\}}").finditer(text, start):
        depth += 1 if match[1] == "begin" else -1
        if not depth:
            return match.span()
    return None


def stretches(text: str) -> Iterator[tuple[int, int, bool, str]]:
    """Start, end, whether displayed, and environment of everything between marks of mathematics."""
    at = 0
    while match := _OPEN.search(text, at):
        mark, start = match[0], match.end()
        at = start
        if match["env"]:
            end = closing(text, match["env"], start)
            if end is not None:
                yield start, end[0], match["env"] != "math", match["env"].rstrip("*")
                at = end[1]
        elif mark in (r"\(", r"\[", "$$", "$"):
            shut = {r"\(": r"\)", r"\[": r"\]"}.get(mark, mark)
            last = _shut(text, shut, start)
            if last is not None:
                yield start, last, mark in (r"\[", "$$"), ""
                at = last + len(shut)


def _shut(text: str, mark: str, start: int) -> int | None:
    r"""Where a formula is closed: not within braces (``\text{if $x>0$}``), unless only there."""
    depth, inside = 0, None
    for match in re.compile(r"\\.|[{}]|\$\$?|\n[ \t]*\n", re.S).finditer(text, start):
        found = match[0]
        if found == mark or (found == "$$" and mark == "$"):
            if depth <= 0:
                return match.start()
            inside = match.start() if inside is None else inside
        elif found == "{":
            depth += 1
        elif found == "}":
            depth -= 1
        elif found[0] == "\n" and mark in ("$", r"\("):
            break
    return inside


# -- macros ----------------------------------------------------------------------------------------------------

MAX_MACROS = 300
_DEFINITION = re.compile(
    r"\\(?:re)?newcommand\*?\s*(?:\{\s*(?P<braced>\\[A-Za-z]+)\s*\}|(?P<bare>\\[A-Za-z]+))\s*(?:\[(?P<count>[1-9])\])?"
    r"\s*(?P<body>\{)|\\def\s*(?P<def>\\[A-Za-z]+)\s*(?P<dbody>\{)"
    r"|\\DeclareMathOperator\*?\s*\{\s*(?P<op>\\[A-Za-z]+)\s*\}\s*\{(?P<word>[A-Za-z ]+)\}"
)


@dataclass(frozen=True, slots=True)
class Macro:
    """A user's command: how many arguments it takes, and what stands for it."""

    arguments: int
    body: str


def macros(text: str) -> Mapping[str, Macro]:
    r"""What ``\newcommand``, ``\def`` and ``\DeclareMathOperator`` define; others are left alone."""
    found: dict[str, Macro] = {}
    for match in _DEFINITION.finditer(text):
        if len(found) >= MAX_MACROS:
            break
        if match["op"]:
            found[match["op"]] = Macro(0, rf"\operatorname{{{match['word'].strip()}}}")
            continue
        name = match["braced"] or match["bare"] or match["def"]
        body = braced(text, match.end() - 1)
        if body is not None and len(body) <= 300:
            found[name] = Macro(int(match["count"] or 0), body)
    return found


def braced(text: str, start: int) -> str | None:
    """What stands between the brace at ``start`` and the one that closes it."""
    end = matching(text, start)
    return None if end is None else text[start + 1 : end]


def matching(text: str, start: int) -> int | None:
    """Where the brace at ``start`` is closed."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.S).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return None
