"""A document of a few kinds of blocks, and how each language writes them: derivations, worked numbers, the lecture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from symnet.errors import unknown
from symnet.render import latex as tex
from symnet.render import text as plain
from symnet.render.display import Node, Row
from symnet.render.figures.figure import Figure
from symnet.render.rows import rows_latex, rows_markdown, rows_text
from symnet.render.widths import columns

WIDTH = 100
"""Columns of a terminal that prose is wrapped to."""

LANGUAGES = ("latex", "markdown", "text")

Part = str | Node
"""Prose, or mathematics within prose."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part; level 1 is a slide of the lecture, level 2 a section of a derivation."""

    title: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose with mathematics between."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A remark set apart, with what kind of remark it is."""

    label: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Formulas:
    """The rows of a derivation."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header; the cells are prose or mathematics."""

    header: tuple[Part, ...]
    rows: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; where a language has none, its description stands for it."""

    figure: Figure


Block = Heading | Paragraph | Note | Formulas | Table | Picture


def write(blocks: Sequence[Block], language: str, **options: Any) -> str:
    """The blocks in a language: "latex" (the body of a document), "markdown" or "text".

    ``options`` go to the layout of rows: ``reasons``, ``shapes``, ``width``.
    """
    if language not in LANGUAGES:
        raise unknown("format", language, LANGUAGES)
    writer = {"latex": _latex, "markdown": _markdown, "text": _text}[language]
    return "\n\n".join(writer(block, options) for block in blocks) + "\n"


def _latex(block: Block, options: dict[str, Any]) -> str:
    match block:
        case Heading(title=title, level=level):
            return f"\\{'section' if level == 1 else 'subsection'}*{{{latex_prose((title,))}}}"
        case Paragraph(parts=parts):
            return latex_prose(parts)
        case Note(label=label, parts=parts):
            return f"\\begin{{quote}}\\textbf{{{latex_prose((label,))}:}} {latex_prose(parts)}\\end{{quote}}"
        case Picture(figure=figure):
            return latex_prose((figure.description,))
        case Formulas(rows=rows):
            return rows_latex(rows, **{"environment": "align*", **options})
        case Table(header=header, rows=rows):
            lines = [" & ".join(latex_prose((cell,)) for cell in row) + r" \\" for row in (header, *rows)]
            lines.insert(1, r"\hline")
            body = "\n".join(lines)
            table = f"\\begin{{tabular}}{{{'l' * len(header)}}}\n{body}\n\\end{{tabular}}"
            return f"\\begin{{center}}\\renewcommand{{\\arraystretch}}{{1.6}}\n{table}\\end{{center}}"


def latex_prose(parts: Iterable[Part]) -> str:
    """Prose with mathematics between as LaTeX, its special characters escaped."""
    out = []
    for part in parts:
        if isinstance(part, Node):
            out.append(f"${tex.latex(part)}$")
        else:
            out += [f"${source}$" if maths else source for maths, source in tex.prose(part)]
    return "".join(out)


def _markdown(block: Block, options: dict[str, Any]) -> str:
    match block:
        case Heading(title=title, level=level):
            return f"{'#' * (level + 1)} {title}"
        case Paragraph(parts=parts):
            return markdown_prose(parts)
        case Note(label=label, parts=parts):
            return f"> **{label}:** {markdown_prose(parts)}"
        case Picture(figure=figure):
            return f"*{figure.description}*"
        case Formulas(rows=rows):
            return rows_markdown(rows, **options)
        case Table(header=header, rows=rows):
            lines = ["| " + " | ".join(markdown_prose((cell,)) for cell in row) + " |" for row in (header, *rows)]
            lines.insert(1, "|" + "---|" * len(header))
            return "\n".join(lines)


def markdown_prose(parts: Iterable[Part]) -> str:
    """Prose with mathematics between as Markdown; no bar, which would end the cell of a table."""
    shown = (f"${tex.latex(p)}$" if isinstance(p, Node) else p for p in parts)
    return "".join(s.replace("|", r"\vert ") if s.startswith("$") else s for s in shown)


def _text(block: Block, options: dict[str, Any]) -> str:
    match block:
        case Heading(title=title, level=level):
            return f"{title}\n{('═' if level == 1 else '─') * len(title)}"
        case Paragraph(parts=parts):
            return fill(_text_prose(parts), WIDTH)
        case Note(label=label, parts=parts):
            return fill(f"{label}: {_text_prose(parts)}", WIDTH, initial_indent="  ▸ ", subsequent_indent="    ")
        case Picture(figure=figure):
            return fill(f"[{figure.description}]", WIDTH)
        case Formulas(rows=rows):
            return rows_text(rows, **options)
        case Table(header=header, rows=rows):
            cells = [[_text_prose((cell,)) for cell in row] for row in (header, *rows)]
            widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
            padded = ([c + " " * (w - columns(c)) for c, w in zip(row, widths, strict=True)] for row in cells)
            lines = ["  ".join(row).rstrip() for row in padded]
            lines.insert(1, "  ".join("─" * w for w in widths))
            return "\n".join(lines)


def _text_prose(parts: Iterable[Part]) -> str:
    return "".join(plain.text(p) if isinstance(p, Node) else p for p in parts)
