r"""A deck as LaTeX: a Beamer file of overlays, or plain ``align*`` fragments for slides of one's own.

The file needs only what a small TeX has (beamer, amsmath, amssymb, lmodern, and tikz where there are pictures) and is
for pdflatex.  A step is uncovered with ``\uncover``, which keeps everything in its place.  A formula that is too wide
is broken, one that cannot be broken is made smaller; a slide that is too tall goes on with a further frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import wrap

from symnet.render import latex as tex
from symnet.render.deck.colours import colour, factor_of, tags
from symnet.render.deck.heights import height_of
from symnet.render.deck.model import Deck, Slide, steps_of
from symnet.render.display import Node, Row
from symnet.render.document import (
    Block,
    Formulas,
    Heading,
    Note,
    Paragraph,
    Part,
    Picture,
    Table,
    latex_prose,
    write,
)
from symnet.render.figures.figure import Figure
from symnet.render.messages import SLIDES
from symnet.render.rows import Line, latex_lines, rows_latex
from symnet.render.theme import latex_colours, theme
from symnet.render.widths import latex_width

WIDTH = 39.0
"""The width of a slide's text in em, less what the estimate of a formula's width may be short of."""

HEIGHT = 18.0
"""The height of a slide below its title, in lines as they are estimated."""

ROOM = 6.95
"""The same in centimetres."""

SMALLEST = 0.8
"""A slide that is a little too tall is made smaller, down to this, rather than continued."""

ROW_GAP, BLOCK_GAP, TABLE_ROW = 0.45, 0.8, 1.5
"""In lines: between two rows, between two blocks, from one row of a table to the next."""

TABLE_ROWS = 9
"""The most rows of a table on one frame."""


def deck_latex(deck: Deck) -> str:
    """The deck as a complete Beamer file, in its theme, 16:9."""
    colours = theme(deck.theme)
    frames = [frame for slide in deck.slides for frame in _frames(slide)]
    pictures = any(isinstance(block, Picture) for slide in deck.slides for block in slide.blocks)
    used = [tag for slide in deck.slides for block in slide.blocks for tag in tags(block)]
    plain_title = deck.title.replace("→", "->").encode("ascii", "ignore").decode()
    return _PREAMBLE.format(
        tikz="\\usepackage{tikz}\n" if pictures else "",
        colours=latex_colours(colours, max(map(factor_of, used), default=0)),
        pdf_title=latex_prose((plain_title,)),
        title=latex_prose((deck.title,)),
        subtitle=latex_prose((deck.subtitle,)),
        frames="\n\n".join(frames),
    )


_PREAMBLE = r"""\documentclass[10pt,aspectratio=169,hyperref={{bookmarks=false}}]{{beamer}}
\usepackage[T1]{{fontenc}}
\usepackage{{lmodern}}
\usepackage{{amsmath,amssymb}}
{tikz}{colours}\hypersetup{{pdftitle={{{pdf_title}}}}}
\usefonttheme{{professionalfonts}}
\setbeamertemplate{{navigation symbols}}{{}}
\setbeamertemplate{{footline}}{{%
  \hfill\usebeamercolor[fg]{{page number in head/foot}}\scriptsize\insertframenumber\hspace{{1em}}\vspace{{0.6em}}}}
\setbeamercolor{{background canvas}}{{bg=ground}}
\setbeamercolor{{normal text}}{{fg=ink,bg=ground}}
\setbeamercolor{{frametitle}}{{fg=ink,bg=ground}}
\setbeamercolor{{structure}}{{fg=forward}}
\setbeamercolor{{page number in head/foot}}{{fg=muted}}
\setbeamersize{{text margin left=0.8cm,text margin right=0.8cm}}
\newsavebox\fittedbox
\newcommand\larger[2]{{% size, height given
  \ifdim#1\wd\fittedbox<\linewidth
    \ifdim\dimexpr#1\ht\fittedbox+#1\dp\fittedbox\relax<#2\sbox\fittedbox{{\scalebox{{#1}}{{\usebox\fittedbox}}}}\fi\fi}}
\newcommand\fitted[2]{{% height given, what is set: larger where there is room, smaller where it does not fit
  \sbox\fittedbox{{#2}}\larger{{1.2}}{{#1}}\larger{{1.2}}{{#1}}%
  \ifdim\wd\fittedbox>\linewidth\sbox\fittedbox{{\resizebox{{\linewidth}}{{!}}{{\usebox\fittedbox}}}}\fi
  \ifdim\dimexpr\ht\fittedbox+\dp\fittedbox\relax>#1\sbox\fittedbox{{\resizebox*{{!}}{{#1}}{{\usebox\fittedbox}}}}\fi
  \usebox\fittedbox}}
\begin{{document}}

\begin{{frame}}[plain]
\centering
{{\LARGE {title}\par}}
\bigskip
{{\color{{muted}}{subtitle}\par}}
\end{{frame}}

{frames}

\end{{document}}
"""


# ---- frames


@dataclass(frozen=True, slots=True)
class _Item:
    """What is not divided between frames: a row of a derivation, or another block; ``lines`` are a row's."""

    block: int
    content: Block
    height: float
    steps: int
    lines: tuple[Line, ...] = ()


def _frames(slide: Slide) -> Iterator[str]:
    """The frames of a slide, the first under its title and the others as its continuation."""
    for number, items in enumerate(_divided([item for k, b in enumerate(slide.blocks) for item in _items(k, b)])):
        title = latex_prose((*slide.heading, f" {SLIDES['continued']}") if number else slide.heading)
        yield f"\\begin{{frame}}{{{title}}}\n{_frame(items)}\n\\end{{frame}}"


def _items(number: int, block: Block) -> Iterator[_Item]:
    match block:
        case Formulas(rows=rows):
            lines = latex_lines(rows, width=WIDTH, palette=_palette(block), shapes=_has_shapes(rows))
            for k, row in enumerate(rows):
                mine = tuple(line for line in lines if line.row == k)
                height = len(mine) * (_row_height(row) + ROW_GAP) if mine else 1.0
                yield _Item(number, block, height, 1, mine)
        case Table(header=header, rows=rows):
            for start in range(0, max(1, len(rows)), TABLE_ROWS):
                part = Table(header, rows[start : start + TABLE_ROWS])
                yield _Item(number, part, TABLE_ROW * (len(part.rows) + 1) + BLOCK_GAP, 1)
        case Paragraph(parts=parts):
            yield _Item(number, block, _prose_height(parts), 1)
        case Note(parts=parts):
            yield _Item(number, block, _prose_height((block.label, *parts)), 1)
        case Picture(figure=figure):
            yield _Item(number, block, min(HEIGHT, figure.height / 28.35 * HEIGHT / ROOM) + BLOCK_GAP, steps_of(block))
        case Heading():
            yield _Item(number, block, 1.0 + BLOCK_GAP, 0)


def _has_shapes(rows: Sequence[Row]) -> bool:
    return any(row.shape for row in rows)


def _row_height(row: Row) -> float:
    nodes = [row.right, *([row.left] if row.left is not None else [])]
    return max(map(height_of, nodes))


def _prose_height(parts: Sequence[Part]) -> float:
    width = sum(latex_width(tex.latex(p)) if isinstance(p, Node) else 0.5 * len(p) for p in parts)
    return 1.2 * ceil(width / WIDTH) + BLOCK_GAP


def _divided(items: Sequence[_Item]) -> list[list[_Item]]:
    """The items on as few frames as hold them, each about as full as the others."""
    total = sum(item.height for item in items)
    count = 1 if total <= HEIGHT / SMALLEST else ceil(total / HEIGHT)
    frames: list[list[_Item]] = [[]]
    filled = 0.0
    for item in items:
        full = filled + item.height > HEIGHT / SMALLEST
        if frames[-1] and (full or (len(frames) < count and filled + item.height / 2 > total / count)):
            frames.append([])
            filled = 0.0
        frames[-1].append(item)
        filled += item.height
    return frames


def _frame(items: Sequence[_Item]) -> str:
    """The blocks of one frame, each uncovered at its step."""
    out = []
    step = 1
    position = 0
    while position < len(items):
        item = items[position]
        group = [item]
        if isinstance(item.content, Formulas):
            group = [i for i in items[position:] if i.block == item.block]
        others = sum(i.height for i in items if i not in group)
        out.append(_written(group, step, max(3.0, HEIGHT - others)))
        step += sum(i.steps for i in group)
        position += len(group)
    return "\n\\par\\medskip\n".join(out)


def _written(group: Sequence[_Item], step: int, room: float) -> str:
    height = f"{room / HEIGHT * ROOM:.2f}cm"
    match group[0].content:
        case Formulas():
            body = _aligned([line for item in group for line in item.lines], step)
            return f"\\fitted{{{height}}}{{$\n{body}\n$}}"
        case Paragraph(parts=parts):
            return _uncovered(latex_prose(parts), step)
        case Note(label=label, parts=parts):
            return _uncovered(f"\\textbf{{{latex_prose((label,))}:}} {latex_prose(parts)}", step)
        case Heading(title=title):
            return _uncovered(f"\\textbf{{{latex_prose((title,))}}}", step)
        case Table(header=header, rows=rows):
            return f"\\fitted{{{height}}}{{{_uncovered(_tabular(header, rows), step)}}}"
        case Picture(figure=figure):
            return f"{{\\centering\\fitted{{{height}}}{{%\n{_picture(figure, step)}}}\\par}}"


def _aligned(lines: Sequence[Line], step: int) -> str:
    first = lines[0].row
    shaped = any(line.shape for line in lines)
    printed = []
    for line in lines:
        indent = r"\quad " if line.indented else ""
        after = f"{{}}{line.relation} {indent}{line.right}" if line.relation else f"{indent}{line.right}"
        shape, reason = (rf"\quad \textcolor{{muted}}{{{c}}}" if c else "" for c in (line.shape, line.reason))
        cells = [line.left, after, *(("", shape) if shaped else ()), "", reason]
        overlay = step + line.row - first
        shown = [_uncovered(cell, overlay) if cell.strip() else "" for cell in cells]
        while not shown[-1]:
            shown.pop()
        printed.append("  " + " & ".join(shown))
    return "\\begin{aligned}\n" + " \\\\[0.4ex]\n".join(printed) + "\n\\end{aligned}"


def _uncovered(source: str, step: int) -> str:
    return source if step <= 1 else rf"\uncover<{step}->{{{source}}}"


def _tabular(header: Sequence[Part], rows: Sequence[Sequence[Part]]) -> str:
    lines = [" & ".join(latex_prose((cell,)) for cell in row) + r" \\" for row in (header, *rows)]
    lines.insert(1, r"\hline")
    body = "\n".join(lines)
    table = f"\\begin{{tabular}}{{@{{}}{'l' * len(header)}@{{}}}}\n{body}\n\\end{{tabular}}"
    return f"\\begingroup\\renewcommand{{\\arraystretch}}{{1.4}}{table}\\endgroup"


def _picture(figure: Figure, step: int) -> str:
    from symnet.render.figures.tikz import tikz_overlays

    return tikz_overlays(figure, step)


def _palette(block: Block) -> dict[str, str]:
    """Every tag by the name of the colour that the preamble defines for it."""
    return {tag: tag for tag in tags(block)}


# ---- fragments


def fragment(deck: Deck) -> str:
    """The slides as plain LaTeX to ``\\input`` into slides of one's own: ``align*``, prose, tables; no overlays."""
    shade = theme(deck.theme)
    blocks = [block for slide in deck.slides for block in slide.blocks]
    needed = sorted({tag for block in blocks for tag in tags(block)}, key=lambda tag: (factor_of(tag), tag))
    lines = [
        "% To \\input where amsmath and xcolor are loaded; nothing else is needed.",
        "% A colour that is defined already keeps its definition.",
        *(rf"\providecolor{{{tag}}}{{HTML}}{{{colour(tag, shade).lstrip('#').upper()}}}" for tag in needed),
    ]
    parts = ["\n".join(lines)]
    for slide in deck.slides:
        written = [_fragment(block) for block in slide.blocks]
        parts.append("\n\n".join([f"% {slide.title}", *written]))
    return "\n\n".join(parts) + "\n"


def _fragment(block: Block) -> str:
    match block:
        case Formulas(rows=rows):
            return rows_latex(rows, palette=_palette(block), width=WIDTH, shapes=_has_shapes(rows))
        case Picture(figure=figure):
            return "\n".join(f"% {line}" for line in wrap(figure.description, 100))
        case Table(header=header, rows=rows):
            return f"\\begin{{center}}\n{_tabular(header, rows)}\n\\end{{center}}"
        case Heading(title=title):
            return rf"\textbf{{{latex_prose((title,))}}}"
    return write([block], "latex").rstrip()
