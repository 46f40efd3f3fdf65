r"""Derivations laid out: rows ``left · relation · right · reason`` as LaTeX, Markdown and terminal text.

A right side too wide for the page is broken at its relations, then at + and −, then between factors; inside a
parenthesis only when what stands in it is by itself too wide.  The reason then stands beside the last line.
LaTeX reasons come out as ``\text{…}`` with the mathematics between the pieces: ``$`` inside ``\text`` would
end a formula in Markdown, and size commands inside a formula are not portable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from symnet.render import latex as tex
from symnet.render import text as plain
from symnet.render.display import (
    BigSum,
    Boxed,
    Call,
    Group,
    Node,
    Product,
    Relation,
    Row,
    Tagged,
    Terms,
    joints,
    parenthesised,
)
from symnet.render.widths import columns, latex_width

Environment = Literal["align*", "aligned"]

#: Width of a formula in em: A4 at 11 pt with margins of 2.5 cm, less what the estimate may be short of.
PAGE = 39.0


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays on one line; ``joint`` precedes it within a line, ``opening`` at the start of one."""

    source: str
    joint: str = ""
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """What breaking lines needs to know of a language."""

    show: Callable[[Node], str]
    width: Callable[[str], float]
    relation: Callable[[str], str]
    sign: Callable[[str], str]
    sum_sign: Callable[[BigSum], str]
    factor_signs: Callable[[Product], list[str]]
    brackets: Mapping[str, tuple[str, str]]
    colour: Callable[[str, str], str]
    words: Callable[[str], str]
    aside: Callable[[Node], str]
    unary: str
    boxed: Callable[[Sequence[str]], str] | None
    gap: float
    inline: bool


def _latex_language(palette: tex.Palette | None) -> Language:
    colours = palette or {}
    # \left and \right must meet on one line, so what is broken stands between \Bigl and \Bigr.
    pairs = {"()": "()", "[]": "[]", "{}": (r"\lbrace", r"\rbrace")}
    return Language(
        show=lambda node: tex.latex(node, palette),
        width=latex_width,
        relation=tex.relation,
        sign=lambda sign: tex.SYMBOLS.get(sign, sign),
        sum_sign=lambda node: tex.sum_sign(node, palette) + " ",
        factor_signs=lambda node: [f" {tex.SYMBOLS[sign]} " if sign else " " for sign in joints(node)],
        brackets={name: (rf"\Bigl{left} ", rf" \Bigr{right}") for name, (left, right) in pairs.items()},
        colour=lambda tag, source: rf"\textcolor{{{colours[tag]}}}{{{source}}}" if tag in colours else source,
        words=tex.words,
        aside=lambda node: rf"{{\textstyle {tex.latex(node, palette)}}}",
        unary="{}",
        boxed=_boxed_latex,
        gap=2.0,
        inline=False,
    )


def _boxed_latex(lines: Sequence[str]) -> str:
    """One frame about all of the lines."""
    inside = r" \\ & \quad ".join(lines)
    return rf"\boxed{{\begin{{aligned}} & {inside} \end{{aligned}}}}"


_TEXT_LANGUAGE = Language(
    show=plain.text,
    width=lambda source: columns(source),
    relation=plain.relation,
    sign=plain.relation,
    sum_sign=lambda node: plain.sum_sign(node) + " ",
    factor_signs=plain.factor_signs,
    brackets={pair: (pair[0], pair[1]) for pair in ("()", "[]", "{}")},
    colour=lambda tag, source: source,
    words=str,
    aside=plain.text,
    unary="",
    boxed=None,
    gap=3.0,
    inline=True,
)


# ---- breaking


def broken(node: Node, limit: float, language: Language) -> list[str]:
    """``node`` on as few lines as fit ``limit``; what cannot be broken may stick out."""
    lines = [""]
    for piece in _pieces(parenthesised(node, language.inline), limit, language):
        longer = lines[-1] + piece.joint + piece.source
        if lines[-1] and language.width(longer) > limit:
            lines.append(piece.opening + piece.source)
        else:
            lines[-1] = longer
    return lines


def _pieces(node: Node, limit: float, language: Language) -> list[Piece]:
    """The unbreakable pieces of ``node``, which is one piece if it fits on a line of its own."""
    source = language.show(node)
    if language.width(source) <= limit:
        return [Piece(source)]

    def within(part: Node) -> list[Piece]:
        return _pieces(part, limit, language)

    match node:
        case Relation(operands=operands, sign=sign):
            mark = language.relation(sign)
            return _chain([(f" {mark} ", f"{language.unary}{mark} ", within(operand)) for operand in operands])
        case Terms(terms=((sign, first), *rest)):
            leading = "" if sign == "+" else language.sign(sign)
            parts = [("", "", _around(leading, within(first), ""))]
            marks = [(language.sign(sign), term) for sign, term in rest]
            return _chain(parts + [(f" {m} ", f"{language.unary}{m} ", within(term)) for m, term in marks])
        case Product(factors=(*leading, BigSum() as total)) if together := _with_coefficient(
            Product(tuple(leading), node.sign), total, limit, language
        ):
            return together
        case Product(factors=factors):
            signs = ["", *language.factor_signs(node)]
            shown = [sign if sign.strip() else " " + language.sign("·") + " " for sign in signs]
            openings = [language.unary + sign.strip() + " " for sign in shown]
            # A sum sign takes no dot before it, at the start of a line either.
            openings = ["" if isinstance(f, BigSum) else mark for f, mark in zip(factors, openings, strict=True)]
            return _chain(list(zip(signs, openings, map(within, factors), strict=True)))
        case BigSum(body=body):
            return _around(language.sum_sign(node), within(body), "")
        case Group(body=body, delimiter=delimiter) if delimiter in language.brackets:
            left, right = language.brackets[delimiter]
            return _around(left, within(body), right)
        case Call(head=head, arguments=arguments, bare=False):
            left, right = language.brackets["()"]
            inside = _chain([(", ", "", within(argument)) for argument in arguments], trailing=",")
            return _around(language.show(head) + left, inside, right)
        case Boxed(body=body):
            if language.boxed is None:
                return within(body)
            return [Piece(language.boxed(broken(body, limit - language.gap, language)))]
        case Tagged(body=body, tag=tag):
            return [replace(p, source=language.colour(tag, p.source)) for p in within(body)]
    return [Piece(source)]


def _with_coefficient(front: Product, total: BigSum, limit: float, language: Language) -> list[Piece]:
    """The pieces of a sum with its coefficient before the first; none where the coefficient needs a line of its own."""
    before = language.show(front) + " "
    room = limit - language.width(before)
    if room < 0.75 * limit:
        return []
    pieces = _around(before, _pieces(total, room, language), "")
    return pieces if all(language.width(piece.opening + piece.source) <= limit for piece in pieces) else []


def _chain(parts: list[tuple[str, str, list[Piece]]], trailing: str = "") -> list[Piece]:
    """Parts (joint, opening, pieces) in one list; ``trailing`` stays behind where a line ends between two."""
    chain: list[Piece] = []
    for joint, opening, pieces in parts:
        if not chain:
            chain += pieces
            continue
        if trailing:
            chain[-1] = replace(chain[-1], source=chain[-1].source + trailing)
            joint = joint.removeprefix(trailing)
        chain += [replace(pieces[0], joint=joint, opening=opening), *pieces[1:]]
    return chain


def _around(before: str, pieces: list[Piece], after: str) -> list[Piece]:
    pieces = [replace(pieces[0], source=before + pieces[0].source), *pieces[1:]]
    return [*pieces[:-1], replace(pieces[-1], source=pieces[-1].source + after)]


# ---- reasons


def reason_parts(row: Row) -> tuple[str | Node, ...]:
    """A row's reason as a tuple, whichever way it was given."""
    return (row.reason,) if isinstance(row.reason, str) else row.reason


def _prose(parts: Iterable[str | Node], language: Language) -> str:
    """Words and mathematics one after another."""
    runs = groupby(parts, key=lambda part: isinstance(part, str))
    return tex.joined(
        source
        for is_words, run in runs
        for source in ([language.words("".join(map(str, run)))] if is_words else map(language.aside, run))  # type: ignore[arg-type]
    )


def _prose_lines(parts: Iterable[str | Node], limit: float, language: Language) -> list[str]:
    """``parts`` in lines of at most ``limit``, broken where there is white space."""
    units: list[list[str | Node]] = [[]]
    for part in parts:
        if isinstance(part, Node):
            units[-1].append(part)
        else:
            first, *rest = re.split(r"\s+", part)
            units[-1].append(first)
            units += [[word] for word in rest]
    lines: list[list[str | Node]] = []
    for unit in units:
        if not any(unit):
            continue
        if lines and language.width(_prose([*lines[-1], " ", *unit], language)) <= limit:
            lines[-1] += [" ", *unit]
        else:
            lines.append(unit)
    return [_prose(line, language) for line in lines]


# ---- the table of rows


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line of the row with this number; ``indented`` where it goes on with a formula that began above."""

    row: int = 0
    left: str = ""
    relation: str = ""
    right: str = ""
    shape: str = ""
    reason: str = ""
    indented: bool = False


def _table(rows: Sequence[Row], width: float, language: Language, reasons: bool, shapes: bool) -> list[Line]:
    """The lines of a derivation, broken so that everything from left side to reason fits ``width``.

    A left side above a third of the width stands on a line of its own; reasons take what the right sides
    leave, and at least a third.
    """
    measure, gap = language.width, language.gap
    lefts = ["" if row.left is None else language.show(row.left) for row in rows]
    third = width / 3
    room = width - max((measure(left) for left in lefts if measure(left) <= third), default=0.0)
    room -= max((measure(language.relation(row.relation)) for row in rows), default=0.0) + gap
    if shapes:
        room -= gap + max((measure(language.words(row.shape)) for row in rows), default=0.0)
    longest = max((measure(language.show(row.right)) for row in rows), default=0.0)
    margin = max(third, room - longest - gap)
    notes = [_prose_lines(reason_parts(row), margin, language) if reasons else [] for row in rows]
    if any(notes):
        room -= gap + max(measure(line) for lines in notes for line in lines)

    table: list[Line] = []
    for number, (row, left, note) in enumerate(zip(rows, lefts, notes, strict=True)):
        if measure(left) > third:
            table.append(Line(number, right=left))
            left = ""
        lines = [
            replace(line, row=number, left=left if position == 0 else "")
            for position, line in enumerate(right_lines(row, room, language))
        ]
        shape = language.words(row.shape) if shapes else ""
        lines[-1] = replace(lines[-1], shape=shape, reason=note[0] if note else "")
        table += [*lines, *(Line(number, reason=line) for line in note[1:])]
    return table


def right_lines(row: Row, limit: float, language: Language) -> list[Line]:
    """A row's relation and right side; a chain too long for a line continues below its first sign."""
    right = parenthesised(row.right, language.inline)
    links = [(row.relation, right)]
    if isinstance(right, Relation) and language.width(language.show(right)) > limit:
        links = _links(row.relation, right)
    lines = []
    for sign, operand in links:
        first, *rest = broken(operand, limit, language)
        lines += [Line(relation=language.relation(sign), right=first)]
        lines += [Line(right=source, indented=True) for source in rest]
    return lines


def _links(sign: str, node: Node) -> list[tuple[str, Node]]:
    """Each operand of a chain of relations (a = b ≈ c) with the sign before it."""
    if not isinstance(node, Relation):
        return [(sign, node)]
    first, *rest = node.operands
    return [*_links(sign, first), *((node.sign, operand) for operand in rest)]


def latex_lines(
    rows: Sequence[Row],
    *,
    reasons: bool = True,
    shapes: bool = False,
    palette: tex.Palette | None = None,
    width: float = PAGE,
) -> list[Line]:
    """``rows`` as lines of LaTeX at most ``width`` em wide, for what sets them itself."""
    return _table(rows, width, _latex_language(palette), reasons, shapes)


def rows_latex(
    rows: Sequence[Row],
    *,
    environment: Environment = "align*",
    reasons: bool = True,
    shapes: bool = False,
    palette: tex.Palette | None = None,
    width: float = PAGE,
) -> str:
    """``rows`` aligned at their relations, with columns for shapes and reasons, at most ``width`` em wide."""
    language = _latex_language(palette)
    printed = []
    for line in _table(rows, width, language, reasons, shapes):
        indent = r"\quad " if line.indented else ""
        source = f"{line.left} &{line.relation} {indent}{line.right}".strip()
        columns_after = [line.shape] * shapes + [line.reason] * reasons
        while columns_after and not columns_after[-1]:
            columns_after.pop()
        printed.append("  " + source + "".join(f" && \\quad {cell}".rstrip() for cell in columns_after))
    apart = r"\\[0.5ex]" if any(r"\frac" in line for line in printed) else r"\\"
    return f"\\begin{{{environment}}}\n" + f" {apart}\n".join(printed) + f"\n\\end{{{environment}}}"


def rows_markdown(
    rows: Sequence[Row],
    *,
    reasons: bool = True,
    shapes: bool = False,
    palette: tex.Palette | None = None,
    width: float = PAGE,
) -> str:
    """``rows`` as one displayed formula for Markdown (GitHub, Jupyter, KaTeX)."""
    inner = rows_latex(rows, environment="aligned", reasons=reasons, shapes=shapes, palette=palette, width=width)
    return f"$$\n{inner}\n$$"


def rows_text(rows: Sequence[Row], *, width: int = 100, reasons: bool = True, shapes: bool = False) -> str:
    """``rows`` for a terminal of ``width`` columns, aligned at their relations, reasons at the right."""
    table = _table(rows, width, _TEXT_LANGUAGE, reasons, shapes)

    def padded(source: str, size: int, right: bool = False) -> str:
        space = " " * (size - columns(source))
        return space + source if right else source + space

    left = max((columns(line.left) for line in table), default=0)
    relation = max((columns(line.relation) for line in table), default=0)
    bodies = ["  " * line.indented + line.right for line in table]
    right = max(
        (columns(body) for body, line in zip(bodies, table, strict=True) if line.reason or line.shape),
        default=0,
    )
    shape = max((columns(line.shape) for line in table), default=0)
    printed = []
    for line, body in zip(table, bodies, strict=True):
        source = f"{padded(line.left, left, right=True)} {padded(line.relation, relation)} {padded(body, right)}"
        if shape:
            source += f"  {padded(line.shape, shape)}"
        printed.append((source + (f"  │ {line.reason}" if line.reason else "")).rstrip())
    return "\n".join(printed)


def document(body: str, title: str) -> str:
    """A complete LaTeX article around ``body``, for pdflatex with the packages of a small TeX."""
    heading = "".join(f"${source}$" if maths else source for maths, source in tex.prose(title))
    return rf"""\documentclass[11pt,a4paper]{{article}}
\usepackage[T1]{{fontenc}}
\usepackage{{lmodern}}
\usepackage{{amsmath,amssymb}}
\usepackage{{xcolor}}
\usepackage[margin=2.5cm]{{geometry}}
\setlength{{\parindent}}{{0pt}}
\allowdisplaybreaks
\begin{{document}}
\section*{{{heading}}}
{body}
\end{{document}}
"""
