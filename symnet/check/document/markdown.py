"""Where Markdown has mathematics: dollars, brackets, environments, fenced maths, and plain lines with an equation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from symnet.check.document.tex import ENVIRONMENTS, closing

Span = tuple[int, int]

_FENCE = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.M)
_MATHS = ("math", "{math}", "latex-math", "katex")
_FRONT = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*$", re.M | re.S)
_LIST = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_OPEN = re.compile(
    rf"\\begin\{{(?P<env>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}|\\\\?[(\[]|\$\$|\$`|\$|\\.|(?P<fence>^[ \t>]*\u0001)",
    re.M | re.S,
)
_HEADING = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]\S|(?:-{3,}|\*{3,}|={3,})[ \t]*$)", re.M)
MATHS_FENCE = "\u0001"
"""Stands for the marks of fenced maths in a masked text."""


def masked(text: str) -> str:
    """The text with everything that is no prose and no mathematics blanked, every character in its place."""
    text = text.replace(MATHS_FENCE, " ")
    front = _FRONT.match(text)
    if front:
        text = _blank(text, *front.span())
    text = _without_fences(text)
    text = _without_indented(text)
    for start, stop in _comments(text):
        text = _blank(text, start, stop)
    return _without_code(text)


def _blank(text: str, start: int, stop: int) -> str:
    return text[:start] + re.sub(r"[^\n]", " ", text[start:stop]) + text[stop:]


def _without_fences(text: str) -> str:
    out, at = [], 0
    while match := _FENCE.search(text, at):
        mark = match["mark"]
        end = re.compile(rf"^[ \t>]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", re.M).search(text, match.end())
        stop, last = (end.end(), end.start()) if end else (len(text), len(text))
        out.append(text[at : match.start()])
        if match["info"].strip().lower() in _MATHS and end:
            for line, inside in ((match[0], text[match.end() : last]), (end[0], "")):
                out.append(MATHS_FENCE.ljust(len(line)) + inside)
        else:
            out.append(re.sub(r"[^\n]", " ", text[match.start() : stop]))
        at = stop
    return "".join([*out, text[at:]])


def _without_indented(text: str) -> str:
    """Blocks indented by four blanks are code, unless a list goes on in them."""
    out: list[str] = []
    code, listed, blank, fenced = False, False, True, False
    for line in text.split("\n"):
        empty = not line.strip()
        deep = line.startswith(("    ", "\t"))
        if line.lstrip(" \t>").startswith(MATHS_FENCE):
            fenced = not fenced
        if not empty:
            code = deep and not fenced and not listed and (code or blank) and not line.lstrip().startswith("$$")
            listed = bool(_LIST.match(line)) or (listed and (deep or line.startswith(" ") or not blank))
        out.append(" " * len(line) if code and not empty else line)
        blank = empty
    return "\n".join(out)


def _comments(text: str) -> Iterator[Span]:
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start)
        at = len(text) if end < 0 else end + 3
        yield start, at


def _without_code(text: str) -> str:
    r"""Inline code blanked; ``$`…`$`` is mathematics."""
    runs = list(re.finditer(r"`+", text))
    out, at, k = [], 0, 0
    while k < len(runs):
        run = runs[k]
        maths = text[run.start() - 1 : run.start()] == "$" and len(run[0]) == 1
        end = next(
            (
                j
                for j in range(k + 1, min(len(runs), k + 200))
                if len(runs[j][0]) == len(run[0]) and (not maths or text[runs[j].end() : runs[j].end() + 1] == "$")
            ),
            None,
        )
        if end is None or "\n\n" in text[run.end() : runs[end].start()]:
            k += 1
            continue
        if not maths:
            out += [text[at : run.start()], re.sub(r"[^\n]", " ", text[run.start() : runs[end].end()])]
            at = runs[end].end()
        k = end + 1
    return "".join([*out, text[at:]])


def headings(text: str) -> Sequence[int]:
    """Where sections begin."""
    return [match.start() for match in _HEADING.finditer(text)]


def stretches(text: str) -> Iterator[tuple[int, int, bool, str]]:
    """Start, end, whether displayed, and environment of everything between marks of mathematics."""
    at = 0
    while match := _OPEN.search(text, at):
        mark, start = match[0], match.end()
        at = start
        if match["env"]:
            end = closing(text, match["env"], start)
            if end is not None:
                yield start, end[0], True, match["env"].rstrip("*")
                at = end[1]
        elif match["fence"]:
            line = text.find("\n", start)
            last = re.compile(rf"^[ \t>]*{MATHS_FENCE}", re.M).search(text, line) if line >= 0 else None
            if last is not None:
                yield line + 1, last.start(), True, ""
                at = last.end()
        elif mark in (r"\(", r"\\(", r"\[", r"\\[", "$$", "$`"):
            other = {"(": ")", "[": "]", "$": "$$", "`": "`$"}[mark[-1]]
            shut = mark[:-1] + other if mark[0] == "\\" else other
            last_at = text.find(shut, start)
            if last_at >= 0 and (mark in ("$$", "\\[", "\\\\[") or "\n\n" not in text[start:last_at]):
                yield start, last_at, mark not in (r"\(", r"\\(", "$`"), ""
                at = last_at + len(shut)
        elif mark == "$":
            shut_at = _inline(text, start)
            if shut_at is not None:
                yield start, shut_at, False, ""
                at = shut_at + 1


_SHUT = re.compile(r"\\.|\$|\n[ \t]*\n", re.S)


def _inline(text: str, start: int) -> int | None:
    r"""Where ``$`` is closed.

    A price is no formula: the first sign is followed by no blank, the last one preceded by none and followed by no
    digit; blanks on both sides are allowed where there is a command or a relation within.
    """
    at = start
    while match := _SHUT.search(text, at):
        if match[0][0] == "\n":
            return None
        at = match.end()
        if match[0] != "$":
            continue
        inner = text[start : match.start()]
        if not inner.strip() or text[at : at + 1].isdigit():
            return None
        blanks = inner[0].isspace(), inner[-1].isspace()
        marked = "\n" not in inner and re.search(r"\\[a-zA-Z]|[=_^]", inner)
        if not any(blanks) or (all(blanks) and marked) or (not blanks[0] and re.search(r"\\[a-zA-Z]+ +$", inner)):
            return match.start()
        return None
    return None


# -- plain lines ----------------------------------------------------------------------------------------------------

_BULLET = re.compile(r"[\s>]*(?:[-*+]\s+|\(?\d+[.)]\s+)?(?:\*{0,2}(?P<label>[A-Z][A-Za-z -]{2,40})\*{0,2}:\*{0,2}\s+)?")
_EQUALS = re.compile(r"(?<![=<>!:+\-*/|])=(?![=>])|≈")
_SMALL = frozenset(re.findall(r"\w+", "is of to in we if so at by or as an be it on no do he me my up us go"))


def plain_lines(text: str, taken: Sequence[Span], words: Collection[str], labels: Collection[str]) -> Iterator[Span]:
    """Lines without marks that are an equation, or what a label such as “Sigmoid:” says, and nothing else."""
    spans = sorted(taken)
    at = k = 0
    for line in text.split("\n"):
        start, stop = at, at + len(line)
        at = stop + 1
        while k < len(spans) and spans[k][1] < start:
            k += 1
        if k < len(spans) and spans[k][0] <= stop:
            continue
        bullet = _BULLET.match(line)
        first = start + (bullet.end() if bullet else 0)
        body = text[first:stop].rstrip(" \t\r.,;")
        said = _EQUALS.search(body) or (bullet and bullet["label"] and bullet["label"].lower() in labels)
        if said and len(body) < 400 and _is_mathematics(body, words):
            yield first, first + len(body)


def _is_mathematics(line: str, words: Collection[str]) -> bool:
    """Whether every word of the line is a symbol's or a function's name."""
    if re.search(r"://|\||[{}$\"#;@]|``|!\[|\]\(", line) and not re.search(r"[_^]\{", line):
        return False
    runs = re.findall(r"[A-Za-z]+", re.sub(r"_\w+|\\[A-Za-z]+", " ", line))
    return all(
        run in words or run.lower() in words or len(run) == 1 or (len(run) == 2 and run.lower() not in _SMALL)
        for run in runs
    ) and not re.search(r"[A-Za-z]{2}\s+[A-Za-z]{2}", line)
