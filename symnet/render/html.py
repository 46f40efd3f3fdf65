"""The blocks of a document as a fragment of HTML, mathematics as LaTeX between ``\\(`` and ``\\)``."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from symnet.render.display import Node
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Picture, Table
from symnet.render.latex import latex


def html(blocks: Sequence[Block]) -> str:
    """The blocks as a fragment of HTML, everything escaped."""
    return "".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Heading(title=title):
            return f"<h2>{escape(title)}</h2>\n"
        case Paragraph(parts=parts):
            return f"<p>{_prose(parts)}</p>\n"
        case Note(label=label, parts=parts):
            return f"<p><b>{escape(label)}:</b> {_prose(parts)}</p>\n"
        case Picture(figure=figure):
            return f"<p>{escape(figure.description)}</p>\n"
        case Formulas(rows=rows):
            lines = []
            for row in rows:
                left = _prose((row.left,)) if row.left is not None else ""
                reason = row.reason if isinstance(row.reason, tuple) else (row.reason,)
                cells = (left, escape(row.relation), _prose((row.right,)), _prose(reason))
                lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
            return "<table class='chains'>" + "".join(lines) + "</table>\n"
        case Table(header=header, rows=rows):
            head = "".join(f"<th>{_prose((cell,))}</th>" for cell in header)
            body = "".join("<tr>" + "".join(f"<td>{_prose((c,))}</td>" for c in row) + "</tr>" for row in rows)
            return f"<table><tr>{head}</tr>{body}</table>\n"


def _prose(parts: Sequence[Part]) -> str:
    shown = (f"\\({latex(p)}\\)" if isinstance(p, Node) else p for p in parts)
    return "".join(escape(s) for s in shown)
