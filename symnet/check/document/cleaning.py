r"""A formula as the reader wants it: macros expanded, colours, boxes, braces, labels and numbers of equations gone.

What is kept keeps its place in the document.  Nothing is repaired here: a formula says after this what it said before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from symnet.check.document.passages import Passage, joined
from symnet.check.document.tex import Macro, matching

MAX_LENGTH = 60_000
MAX_EXPANSIONS = 1_000

_COMMAND = re.compile(r"\\[A-Za-z]+\*?")

KEPT: Mapping[str, tuple[int, int]] = {
    r"\boxed": (1, 0), r"\fbox": (1, 0), r"\textcolor": (2, 1), r"\colorbox": (2, 1), r"\mathcolor": (2, 1),
    r"\underbrace": (1, 0), r"\overbrace": (1, 0), r"\alert": (1, 0), r"\mathrel": (1, 0), r"\mathbin": (1, 0),
    r"\emph": (1, 0), r"\only": (1, 0), r"\uncover": (1, 0), r"\visible": (1, 0), r"\smash": (1, 0),
    r"\bbox": (1, 0), r"\htmlClass": (2, 1), r"\class": (2, 1), r"\style": (2, 1),
}  # fmt: skip
"""Commands of which one argument stays: how many they have, and which."""

_GONE: Mapping[str, int] = {
    r"\label": 1, r"\tag": 1, r"\tag*": 1, r"\color": 1, r"\vspace": 1, r"\phantom": 1, r"\hphantom": 1,
    r"\vphantom": 1, r"\footnote": 1, r"\cite": 1, r"\ref": 1, r"\eqref": 1, r"\nonumber": 0, r"\notag": 0,
    r"\pause": 0, r"\hfill": 0, r"\onslide": 0, r"\allowbreak": 0, r"\displaybreak": 0, r"\rm": 0, r"\bf": 0,
    r"\it": 0, r"\sf": 0, r"\bfseries": 0, r"\small": 0, r"\footnotesize": 0, r"\centering": 0, r"\noindent": 0,
    r"\scriptstyle": 0, r"\hline": 0, r"\strut": 0, r"\null": 0, r"\relax": 0,
}  # fmt: skip
_SPACE: Mapping[str, int] = {r"\hspace": 1, r"\hspace*": 1, r"\hskip": 0, r"\enspace": 0, r"\qquad": 0}
_ROWS: Mapping[str, int] = {r"\intertext": 1, r"\shortintertext": 1}
_OVER = (r"\overset", r"\stackrel", r"\underset")
_EQUAL = re.compile(
    r"\\(?:coloneqq|coloneq|triangleq|doteq|vcentcolon\s*=|eqdef|mathcolon\s*=)(?![A-Za-z])|\\colon\s*="
    r"|(?<![<>=]):\s*=(?!=)|≔|≝"
)
_NEAR = re.compile(r"\\(?:simeq|cong|approxeq|thickapprox)(?![A-Za-z])|≈|≃")
_EMPTY = re.compile(r"(?<![A-Za-z_^}])\{\s*\}")
_OVERLAY = re.compile(r"(?<=[a-z}])<[\d,\-+.|]*>")


def cleaned(passage: Passage, macros: Mapping[str, Macro]) -> Passage:
    """The formula without what says nothing to the reader."""
    out = expanded(passage, macros)
    at = 0
    while len(out) <= MAX_LENGTH and (match := _COMMAND.search(out.text, at)):
        out, at = _rewritten(out, match)
    out = out.sub(_EMPTY, " ").sub(_EQUAL, lambda m: "=".ljust(len(m[0]))).sub(_NEAR, r"\approx ")
    return _arguments_apart(rows_in_brackets(flattened(out.sub(_NUMBERED, lambda m: m["gap"]))))


def _arguments_apart(passage: Passage) -> Passage:
    """J(W, b; x, y) as J(W, b, x, y)."""
    depth, places = 0, []
    for match in re.compile(r"\\.|[();]").finditer(passage.text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == ";" and depth > 0:
            places.append(match.start())
    for place in places:
        passage = passage.replaced(place, place + 1, ",")
    return passage


def expanded(passage: Passage, macros: Mapping[str, Macro]) -> Passage:
    """With the user's own commands replaced by what they stand for."""
    out, at = passage, 0
    for _ in range(MAX_EXPANSIONS):
        match = _COMMAND.search(out.text, at)
        if match is None or len(out) > MAX_LENGTH:
            break
        macro = macros.get(match[0])
        arguments = None if macro is None else _arguments(out, match.end(), macro.arguments)
        if macro is None or arguments is None:
            at = match.end()
            continue
        pieces, stop = arguments
        body = Passage(macro.body, (out.offset(match.start()),) * len(macro.body), out.offset(stop))
        for slot in reversed(list(re.finditer(r"#([1-9])", macro.body))):
            if int(slot[1]) <= len(pieces):
                body = body.replaced(slot.start(), slot.end(), pieces[int(slot[1]) - 1])
        follows = out.text[stop : stop + 1]
        if follows.isalpha() and body.text[-1:].isalpha():
            body = body.replaced(len(body), len(body), " ")
        out, at = out.replaced(match.start(), stop, body), match.start()
    return out


def _arguments(passage: Passage, at: int, count: int) -> tuple[list[Passage], int] | None:
    """The braced or single arguments that follow, and where they end."""
    found = []
    for _ in range(count):
        blanks = re.compile(r"\s*").match(passage.text, at)
        assert blanks is not None
        at = blanks.end()
        if passage.text[at : at + 1] == "{":
            end = matching(passage.text, at)
            if end is None:
                return None
            found.append(passage.cut(at + 1, end))
            at = end + 1
        elif piece := re.compile(r"\\[A-Za-z]+|\\.|[^\s}]").match(passage.text, at):
            found.append(passage.cut(at, piece.end()))
            at = piece.end()
        else:
            return None
    return found, at


def _rewritten(passage: Passage, match: re.Match[str]) -> tuple[Passage, int]:
    """The formula with one command taken away, or left, and where to look on."""
    name, start, after = match[0], match.start(), match.end()
    overlay = _OVERLAY.match(passage.text, after)
    after = overlay.end() if overlay else after
    option = re.compile(r"\s*\[[^\]]*\]").match(passage.text, after) if name in (r"\fbox", r"\bbox") else None
    after = option.end() if option else after
    for table, new in ((_GONE, " "), (_SPACE, r"\quad "), (_ROWS, r"\\ ")):
        if name in table:
            found = _arguments(passage, after, table[name])
            if found is not None:
                return passage.replaced(start, found[1], new), start + len(new)
    if name in KEPT and (found := _arguments(passage, after, KEPT[name][0])):
        kept, stop = found[0][KEPT[name][1]], found[1]
        if name in (r"\underbrace", r"\overbrace") and (script := re.match(r"\s*[_^]", passage.text[stop:])):
            beside = _arguments(passage, stop + script.end(), 1)
            stop = beside[1] if beside else stop
        bare = _APART.search(_outside(kept.text)) is not None
        inner = kept if bare else joined([_sign("{", kept.start), kept, _sign("}", kept.end)], "")
        return passage.replaced(start, stop, inner), start
    if name in _OVER and (found := _arguments(passage, after, 2)):
        over, base = found[0]
        if base.text.strip() in ("=", r"\approx", r"\leftarrow"):
            new = r"\overset{!}{=}" if over.text.strip() == "!" else base.text
            if new != match[0] + passage.text[after : found[1]]:
                return passage.replaced(start, found[1], new), start + len(new)
    return passage, match.end()


def _sign(text: str, offset: int) -> Passage:
    return Passage(text, (offset,) * len(text), offset)


_APART = re.compile(r"[=&]|\\\\|\\q?quad|\\approx|^\s*[-+]\s*$")
"""What must not end up within braces: a sign between sides, a column, a row, a gap."""

_INNER = re.compile(r"\\begin\{(?P<env>aligned|alignedat|gathered|split|multlined)\}(?:\[[a-z]\])?(?:\{\d\})?")
_NUMBERED = re.compile(r"(?:(?<=[{&])|(?<=\\\\)|^)(?P<gap>(?:\s|\[[^\]]*\])*)\(\w{1,3}\)\s*\\q?quad(?![A-Za-z])")


def _outside(text: str) -> str:
    """The text without what stands in braces or environments."""
    out, depth = [], 0
    for match in re.compile(r"\\begin\{[^{}]*\}|\\end\{[^{}]*\}|\\[A-Za-z]+|\\.|[{}]|.", re.S).finditer(text):
        token = match[0]
        opening = token == "{" or token.startswith(r"\begin")
        closing = token == "}" or token.startswith(r"\end{")
        depth += opening - closing
        out.append(token if depth == 0 and not (opening or closing) else " ")
    return "".join(out)


def flattened(passage: Passage) -> Passage:
    """Expressions that are broken over several rows within a formula put on one."""
    at = 0
    while match := _INNER.search(passage.text, at):
        at = match.end()
        end = rf"\end{{{match['env']}}}"
        stop = passage.text.find(end, at)
        whole = not passage.text[: match.start()].strip() and not passage.text[stop + len(end) :].strip(" .,;\n")
        inside = passage.text[at:stop]
        if stop < 0 or whole or r"\begin{" in inside or re.search(r"=|\\approx", _outside(inside)):
            continue
        row = passage.cut(at, stop).sub(re.compile(r"\\\\(?:\s*\[[^\]]*\])?|&|\\q?quad(?![A-Za-z])"), " ")
        passage = passage.replaced(match.start(), stop + len(end), row)
        at = match.start()
    return passage


_BRACKET = re.compile(r"\\left\s*([(\[])|([(\[])")


def rows_in_brackets(passage: Passage) -> Passage:
    r"""``[w_1 \quad w_2]`` is a row: entries with nothing but space between them, in brackets."""
    at = 0
    while "quad" in passage.text and (match := _BRACKET.search(passage.text, at)):
        at = match.end()
        opening = match[1] or match[2]
        inside = _within(passage.text, at, opening)
        if inside is None:
            continue
        gaps = _gaps(passage.text[at:inside])
        if not gaps:
            continue
        new = passage
        for start, stop in reversed(gaps):
            new = new.replaced(at + start, at + stop, " & ")
        grown = len(new) - len(passage)
        new = new.replaced(inside + grown, inside + grown, r"\end{matrix}")
        passage = new.replaced(at, at, r"\begin{matrix}")
        at += len(r"\begin{matrix}")
    return passage


def _within(text: str, start: int, opening: str) -> int | None:
    r"""Where the bracket is closed, before ``\right`` if that stands there."""
    closing = {"(": ")", "[": "]"}[opening]
    depth = 1
    for match in re.compile(r"\\[A-Za-z]+|\\.|[()\[\]]").finditer(text, start):
        depth += {opening: 1, closing: -1}.get(match[0], 0)
        if not depth:
            before = re.search(r"\\right\s*$", text[start : match.start()])
            return start + before.start() if before else match.start()
    return None


def _gaps(text: str) -> list[tuple[int, int]]:
    r"""The ``\quad`` between the entries of a row, where there is nothing but entries."""
    if re.search(r"\\text|\\begin|=|,|\\\\|&", text):
        return []
    found, depth = [], 0
    for match in re.compile(r"(?:\\q?quad(?![A-Za-z])\s*)+|[{}()\[\]]").finditer(text):
        if match[0][0] == "\\":
            if depth == 0 and text[: match.start()].strip() and text[match.end() :].strip():
                found.append(match.span())
        else:
            depth += 1 if match[0] in "{([" else -1
    return found
