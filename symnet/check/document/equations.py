r"""Formulas taken apart: rows of an ``align``, equations side by side, and the members of each between its signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symnet.check.document.cleaning import MAX_LENGTH, cleaned
from symnet.check.document.formulas import Formula
from symnet.check.document.passages import Passage, Place, joined
from symnet.check.document.tex import Macro, matching
from symnet.check.read.tokens import FUNCTIONS

MAX_MEMBERS = 60
LONGEST = 40_000
"""Longer formulas are not read."""


@dataclass(frozen=True, slots=True)
class Member:
    """One side of an equation, and the sign before it ("" for the first): "=", "≈", "←" or "→"."""

    passage: Passage
    relation: str

    @property
    def text(self) -> str:
        """What is written."""
        return self.passage.text


@dataclass(frozen=True)
class Equation:
    """A chain of equal expressions, or a single expression; ``note`` is the reason written beside it.

    ``conditional`` says that it holds only under a condition, ``listing`` that it is one item of an enumeration
    (``i = 1, …, n``), ``wanted`` that it is asked for rather than said, ``long`` that it was too long to be read.
    """

    number: int
    formula: Formula
    members: tuple[Member, ...]
    note: str = ""
    conditional: bool = False
    listing: bool = False
    wanted: bool = False
    long: bool = False

    def place(self, member: int = 0) -> Place:
        """Where a member begins."""
        return self.formula.part.place(self.members[member].passage.start)

    def written(self, member: int) -> str:
        """A member as it is written in the document."""
        passage = self.members[member].passage
        return _source(self.formula.part.text[passage.start : passage.end], passage.text)

    @property
    def text(self) -> str:
        """The whole equation as it is written, in one line."""
        first, last = self.members[0].passage, self.members[-1].passage
        said = " ".join(filter(None, (part for m in self.members for part in (m.relation, m.text))))
        return _source(self.formula.part.text[first.start : last.end], said)


def _source(written: str, said: str) -> str:
    """What stands in the document, or what was read where that begins or ends within a command."""
    balanced = written.strip() and written.count("{") == written.count("}")
    return shown(written if balanced else said)


def shown(text: str) -> str:
    """A formula in one line, without the blanks that were put in place of something else."""
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:299] + "…"


def equations(formulas: Sequence[Formula], macros: Mapping[str, Macro], words: Collection[str]) -> tuple[Equation, ...]:
    """Every equation and every single expression of the document, in order."""
    out: list[Equation] = []
    for formula in formulas:
        found = list(_of_formula(formula, macros, words))
        first = found[0] if found else None
        if first and not first.members[0].text and len(first.members) > 1:
            last = out[-1] if out else None
            follows = last is not None and formula.display and last.formula.number == formula.number - 1
            if follows and last is not None and last.formula.section == formula.section:
                found[0] = replace(last, members=(*last.members, *first.members[1:]))
                out.pop()
            else:
                found[0] = replace(first, members=first.members[1:])
        out += found
    return tuple(replace(equation, number=k) for k, equation in enumerate(out))


def _of_formula(formula: Formula, macros: Mapping[str, Macro], words: Collection[str]) -> Iterator[Equation]:
    passage = formula.passage
    if len(passage) > LONGEST:
        yield Equation(0, formula, (Member(passage.cut(0, 60), ""),), long=True)
        return
    if formula.syntax == "latex":
        passage = _named(cleaned(passage, macros), words)
    if len(passage) > MAX_LENGTH:
        return
    passage, environment = _unwrapped(passage.strip(), formula.environment)
    equation: Equation | None = None
    for columns in _rows(passage, environment):
        main, beside = (
            (joined(columns[:2], ""), joined(columns[2:])) if len(columns) > 2 else (joined(columns, ""), None)
        )
        if environment == "eqnarray":
            main, beside = joined(columns, ""), None
        if beside is not None and any(re.match("[=≈←→]", t) for t, _ in _signs(beside.text)):
            pieces = [*_pieces(main), *_pieces(beside)]
        else:
            pieces = list(_pieces(main))
            if beside is not None and pieces:
                pieces[-1] = replace(pieces[-1], note=" ".join([pieces[-1].note, beside.text]).strip())
        for k, piece in enumerate(pieces):
            members = _members(piece.passage)
            if k == 0 and equation is not None and _goes_on(members, equation):
                equation = _continued(equation, members, piece)
                continue
            if equation is not None:
                yield equation
            equation = Equation(
                0, formula, tuple(members[:MAX_MEMBERS]), piece.note, piece.conditional, piece.listing, piece.wanted
            )
    if equation is not None:
        yield equation


def _continued(equation: Equation, members: Sequence[Member], piece: _Piece) -> Equation:
    """The chain with a further row: more members, or more of the last one."""
    own = equation.members
    if members[0].text:
        last = own[-1]
        own = (*own[:-1], Member(joined([last.passage, members[0].passage]), last.relation))
    return replace(
        equation,
        members=(*own, *members[1:])[:MAX_MEMBERS],
        note=" ".join(filter(None, [equation.note, piece.note])),
        conditional=equation.conditional or piece.conditional,
        listing=equation.listing or piece.listing,
    )


def _goes_on(members: Sequence[Member], equation: Equation) -> bool:
    """Whether a row continues the chain above: it has no sign, begins with one, or a bracket is still open."""
    if len(members) == 1 or _open(equation.members[-1].text):
        return True
    return not members[0].text


def _open(text: str) -> bool:
    plain = re.sub(r"\\[{}\[\]]", "", text)
    return plain.count("(") > plain.count(")") or plain.count("[") > plain.count("]")


# -- names in words ----------------------------------------------------------------------------------------------------

_WORD = re.compile(
    r"\\(?:text|textrm|textit|textbf|textsf|texttt|mbox|mathrm|mathsf|operatorname\*?)\s*\{\s*([^{}$\\]*?)\s*\}"
)
_DECIMAL = re.compile(r"(?<=\d)\{,\}(?=\d)")


def _named(passage: Passage, words: Collection[str]) -> Passage:
    r"""``\text{line}`` as the name line, where that is one; functions in the reader's spelling."""

    known = frozenset(words)

    def named(match: re.Match[str]) -> str:
        word = match[1]
        lower = word.lower()
        if word in known:
            return f" {word} " if word.isascii() and word.isalpha() else match[0]
        if len(word) == 1 and match.string[: match.start()].rstrip(" {").endswith(("_", "^")):
            return f" {word} "
        if word != lower and lower in known | FUNCTIONS:
            return rf"\operatorname{{{lower}}}"
        return rf"\operatorname{{{lower}}}" if lower in FUNCTIONS else match[0]

    return passage.sub(_WORD, named).sub(_DECIMAL, ".")


# -- rows and columns ----------------------------------------------------------------------------------------

_LAYOUT = re.compile(
    r"\\begin\{(?P<env>aligned|alignedat|align|alignat|split|gathered|gather|eqnarray|array|multlined|equation)(?P<star>\*?)\}"
    r"(?:\[[^\]]*\])?(?P<columns>\{[^{}]*\})?"
)
_TOKEN = re.compile(r"\\begin\{[^{}]*\}|\\end\{[^{}]*\}|\\[A-Za-z]+\*?|\\.|[{}()\[\]&]|.", re.S)


def _unwrapped(passage: Passage, environment: str) -> tuple[Passage, str]:
    """The inside of the environment that makes up the whole formula, and which one it is."""
    if environment in ("alignat", "flalign") and passage.text[:1] == "{":
        end = matching(passage.text, 0)
        passage = passage.cut(end + 1 if end is not None else 0)
    match = _LAYOUT.match(passage.text)
    if match is None:
        return passage, environment
    name = match["env"] + match["star"]
    tail = re.compile(rf"\\end\{{{re.escape(name)}\}}[\s.,;]*$").search(passage.text)
    if tail is None or passage.text.count(rf"\begin{{{name}}}") != 1 + passage.text[: tail.start()].count(
        rf"\end{{{name}}}"
    ):
        return passage, environment
    start = match.end()
    if match["env"] not in ("array", "alignat", "alignedat") and match["columns"]:
        start -= len(match["columns"])
    inner = passage.cut(start, tail.start())
    if match["env"] == "array" and not any(
        re.match("[=≈←→]", s) for row in _rows(inner, "array") for c in row for s, _ in _signs(c.text)
    ):
        return passage, environment
    return _unwrapped(inner.strip(), "eqnarray" if match["env"] == "array" else match["env"])


def _rows(passage: Passage, environment: str) -> Iterator[list[Passage]]:
    r"""The rows, each as its columns; of ``multline`` there is one."""
    if environment.startswith("multline"):
        passage = passage.sub(re.compile(r"\\\\(?:\s*\[[^\]]*\])?"), " ")
    row: list[Passage] = []
    start = depth = 0
    for match in _TOKEN.finditer(passage.text):
        token = match[0]
        if token == "{" or token.startswith(r"\begin"):
            depth += 1
        elif token == "}" or token.startswith(r"\end{"):
            depth -= 1
        elif depth == 0 and token in ("&", "\\\\"):
            if match.start() >= start:
                row.append(passage.cut(start, match.start()))
            start = match.end()
            if token == "\\\\":
                gap = re.compile(r"\*?(?:\s*\[[^\]\\]{0,20}\])?").match(passage.text, start)
                start = gap.end() if gap else start
                if any(column.text.strip() for column in row):
                    yield row
                row = []
    row.append(passage.cut(start))
    if any(column.text.strip() for column in row):
        yield row


# -- equations side by side, and their members -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    passage: Passage
    note: str = ""
    conditional: bool = False
    listing: bool = False
    wanted: bool = False


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEPARATORS = _set(
    r"\quad \Rightarrow \implies \Longrightarrow \iff \Leftrightarrow \Longleftrightarrow \land \wedge \therefore "
    r"\because \text \textrm \textit \textbf \textsf \texttt \mbox"
)
_RELATIONS = {
    "=": "=", r"\equiv": "=", r"\approx": "≈", r"\leftarrow": "←", r"\gets": "←", r"\longleftarrow": "←", "←": "←",
    "→": "→", r"\to": "→", r"\rightarrow": "→", r"\longrightarrow": "→",
}  # fmt: skip
_OTHERS = _set(
    r"< > ≤ ≥ ≠ ∈ ∝ ≪ ≫ \lt \gt \le \leq \leqslant \ge \geq \geqslant \ll \gg \ne \neq \in \notin \propto \sim "
    r"\mapsto \subset \subseteq \perp \succ \prec \succeq \preceq \lesssim"
)
_INEQUALITY = re.compile(r"[<>≤≥≠]|\\(?:lt|gt|le|leq|leqslant|ge|geq|geqslant|ne|neq)(?![A-Za-z])")
_TRIM = re.compile(r"^(?:\s|~|\\[,;:! ]|[,;&])+|(?:\s|~|\\[,;:! ]|[,;.&])+$")


def _signs(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The signs of relation and the separators outside of every bracket, with their places."""
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("{", "(", "[", r"\{") or token.startswith(r"\begin"):
            depth += 1
        elif token in ("}", ")", "]", r"\}") or token.startswith(r"\end{"):
            depth -= 1
        elif token == r"\overset" and depth == 0:
            yield r"\overset{!}{=}", (match.start(), match.start() + len(r"\overset{!}{=}"))
        elif depth == 0 and (token in _RELATIONS or token in _OTHERS or token in _SEPARATORS or token in ",;"):
            yield _RELATIONS.get(token, token), match.span()


def _pieces(passage: Passage) -> Iterator[_Piece]:
    """Equations that stand side by side; an expression without a sign is the note of what stands before it."""
    found: list[tuple[_Piece, str]] = []
    start, before = 0, ""

    def add(stop: int, sign: str) -> None:
        nonlocal start, before
        piece = _trimmed(passage.cut(start, stop))
        if piece.text:
            found.append((_Piece(piece), before))
        before = sign

    for sign, (first, last) in _signs(passage.text):
        if first < start:
            continue
        if sign in (",", ";") or sign in _SEPARATORS:
            add(first, sign)
            start = last
            if sign.startswith((r"\text", r"\mbox")):
                brace = re.compile(r"\s*\{").match(passage.text, last)
                end = matching(passage.text, brace.end() - 1) if brace else None
                if brace and end is not None:
                    words = passage.text[brace.end() : end]
                    found.append((_Piece(passage.cut(brace.end(), end)), "text"))
                    start, before = end + 1, f"text {words.strip().lower()}"
    add(len(passage), "")
    yield from _together(found)


_IF = re.compile(r"text\s+(?:if|when|whenever|unless|provided|otherwise|falls|wenn|only|assuming)\b")


def _together(found: Sequence[tuple[_Piece, str]]) -> Iterator[_Piece]:
    held: _Piece | None = None
    for k, (piece, before) in enumerate(found):
        signs = [] if before == "text" else [sign for sign, _ in _signs(piece.passage.text)]
        related = any(sign in ("=", "≈", "←", "→", r"\overset{!}{=}") for sign in signs)
        if related and not (held is not None and _IF.match(before)):
            if held is not None:
                yield held
            after = found[k + 1] if k + 1 < len(found) else None
            listing = (
                before == "," and k > 0 and found[k - 1][1] != "text" and not list(_signs(found[k - 1][0].passage.text))
            )
            if after is not None and after[1] == ",":
                listing = listing or not list(_signs(after[0].passage.text))
            held = replace(piece, listing=listing, wanted=r"\overset{!}{=}" in signs)
        elif held is None:
            held = piece if before != "text" else None
        elif before == "text":
            held = replace(held, note=f"{held.note} {piece.passage.text}".strip())
            held = replace(
                held, conditional=held.conditional or bool(_IF.match(f"text {piece.passage.text.strip().lower()}"))
            )
        else:
            held = replace(held, note=f"{held.note} {piece.passage.text}".strip())
            held = replace(
                held, conditional=held.conditional or bool(_INEQUALITY.search(piece.passage.text)) or related
            )
    if held is not None:
        yield held


def _trimmed(passage: Passage) -> Passage:
    while match := _TRIM.search(passage.text):
        passage = passage.cut(match.end()) if match.start() == 0 else passage.cut(0, match.start())
    if passage.text[:1] == "{" and matching(passage.text, 0) == len(passage) - 1:
        return _trimmed(passage.cut(1, len(passage) - 1))
    return passage


def _members(passage: Passage) -> list[Member]:
    """The sides of an equation; at a sign that is none of equality the chain ends, and the longest chain counts."""
    chains: list[list[Member]] = [[]]
    start, relation = 0, ""
    for sign, (first, last) in _signs(passage.text):
        if first < start:
            continue
        chains[-1].append(Member(_trimmed(passage.cut(start, first)), relation))
        start, relation = last, sign
        if sign in _OTHERS:
            chains.append([])
            relation = ""
        elif sign == r"\overset{!}{=}":
            relation = "="
    chains[-1].append(Member(_trimmed(passage.cut(start)), relation))
    return max(chains, key=len)
