r"""A deck as LaTeX: a Beamer file of overlays, or plain ``align*`` fragments for slides of one's own.

The file needs only what a small TeX has (beamer, amsmath, amssymb, lmodern, and tikz where there are pictures) and is
for pdflatex.  A step is uncovered with ``\uncover``, which keeps everything in its place.  A formula that is too wide
is broken, one that cannot be broken is made smaller; a slide that is too tall goes on with a further frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from symnet.render import latex as tex
from symnet.render.deck.colours import colour, factor_of, palette, tags
from symnet.render.deck.frames import GAP, HEIGHT, Item, frames, shapes_in_column
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import Row
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Picture, Table, latex_prose, write
from symnet.render.figures.figure import Figure
from symnet.render.messages import SLIDES
from symnet.render.rows import reason_parts, rows_latex
from symnet.render.theme import latex_colours, theme

ROOM = 6.95
"""The height of a slide below its title, in centimetres."""

OTHERS = 1.1
"""What is written above and below has room even if its height was taken for too small."""

FRAGMENT_WIDTH = 36.0
"""The width of a fragment's formulas in em."""


def deck_latex(deck: Deck) -> str:
    """The deck as a complete Beamer file, in its theme, 16:9."""
    colours = theme(deck.theme)
    written = [frame for slide in deck.slides for frame in _frame_sources(slide)]
    pictures = any(isinstance(block, Picture) for slide in deck.slides for block in slide.blocks)
    used = [tag for slide in deck.slides for block in slide.blocks for tag in tags(block)]
    pieces = tex.prose(deck.title.replace("→", "->").encode("ascii", "ignore").decode())
    return _PREAMBLE.format(
        tikz="\\usepackage{tikz}\n" if pictures else "",
        colours=latex_colours(colours, max(map(factor_of, used), default=0)),
        pdf_title="".join(" " if maths else source for maths, source in pieces),
        title=latex_prose((deck.title,)),
        subtitle=latex_prose((deck.subtitle,)),
        frames="\n\n".join(written),
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
\setcounter{{MaxMatrixCols}}{{100}}
\newsavebox\fittedbox
\newcommand\larger[2]{{% size, height given
  \ifdim#1\wd\fittedbox<\linewidth
    \ifdim\dimexpr#1\ht\fittedbox+#1\dp\fittedbox\relax<#2\sbox\fittedbox{{\scalebox{{#1}}{{\usebox\fittedbox}}}}\fi\fi}}
\newcommand\fitted[3][]{{% how it may grow, height given, what is set: smaller where it does not fit
  \sbox\fittedbox{{#3}}#1%
  \ifdim\wd\fittedbox>\linewidth\sbox\fittedbox{{\resizebox{{\linewidth}}{{!}}{{\usebox\fittedbox}}}}\fi
  \ifdim\dimexpr\ht\fittedbox+\dp\fittedbox\relax>#2\sbox\fittedbox{{\resizebox*{{!}}{{#2}}{{\usebox\fittedbox}}}}\fi
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


def _frame_sources(slide: Slide) -> Iterator[str]:
    """The frames of a slide, the first under its title and the others as its continuation."""
    for number, items in enumerate(frames(slide)):
        title = latex_prose((*slide.heading, f" {SLIDES['continued']}") if number else slide.heading)
        yield f"\\begin{{frame}}{{{title}}}\n{_frame(items)}\n\\end{{frame}}"


def _frame(items: Sequence[Item]) -> str:
    """The blocks of one frame, each uncovered at its step."""
    out = []
    step = 1
    grows = not any(isinstance(item.content, Paragraph | Note | Heading) for item in items)  # prose keeps its size
    for _, found in groupby(items, key=lambda item: (item.block, item.part)):
        group = list(found)
        own = sum(item.height for item in group)
        total = sum(item.height for item in items)
        room = max(HEIGHT - OTHERS * (total - own), own * min(1.0, 0.93 * HEIGHT / total))
        out.append(_written(group, step, room / HEIGHT * ROOM, grows))
        step += sum(item.steps for item in group)
    return "\n\\par\\medskip\n".join(out)


def _written(group: Sequence[Item], step: int, height: float, grows: bool) -> str:
    size = f"{height:.2f}cm"
    growing = rf"[\larger{{1.2}}{{{size}}}\larger{{1.2}}{{{size}}}]"
    match group[0].content:
        case Row():
            return f"\\fitted{growing if grows else ''}{{{size}}}{{$\n{_aligned(group, step)}\n$}}"
        case Paragraph(parts=parts):
            return _uncovered(latex_prose(parts), step)
        case Note(label=label, parts=parts):
            return _uncovered(f"\\textbf{{{latex_prose((label,))}:}} {latex_prose(parts)}", step)
        case Heading(title=title):
            return _uncovered(f"\\textbf{{{latex_prose((title,))}}}", step)
        case Table(header=header, rows=rows):
            return f"\\fitted{growing if grows else ''}{{{size}}}{{{_uncovered(_tabular(header, rows), step)}}}"
        case Picture(figure=figure):
            picture = _uncovered(f"%\n{_picture(figure, step)}", step)
            return f"{{\\centering\\fitted{growing}{{{size}}}{{{picture}}}\\par}}"
    raise TypeError(type(group[0].content).__name__)


def _aligned(items: Sequence[Item], step: int) -> str:
    """Rows aligned at their relations; their shapes and, beside their last lines, their reasons in columns."""
    column = shapes_in_column([item.content for item in items if isinstance(item.content, Row)])
    printed = []
    for overlay, item in enumerate(items, step):
        assert isinstance(item.content, Row)
        for line in item.lines:
            indent = r"\quad " if line.indented else ""
            right = f"{{}}{line.relation} {indent}{line.right}" if line.relation else f"{indent}{line.right}"
            cells = [line.left, right]
            if line is item.lines[-1]:
                shape, reason = _beside(item.content, item.reason_width)
                cells = [*cells, "", shape, "", reason] if column else [line.left, right + shape, "", reason]
            shown = [_uncovered(cell, overlay) if cell else "" for cell in cells]
            while not shown[-1]:
                shown.pop()
            printed.append("  " + " & ".join(shown))
    return "\\begin{aligned}\n" + " \\\\[0.4ex]\n".join(printed) + "\n\\end{aligned}"


def _beside(row: Row, width: float) -> tuple[str, str]:
    """What stands to the right of a formula: its shape and its reason."""
    shape, reason = latex_prose((row.shape,)), latex_prose(reason_parts(row))
    space = rf"\hspace{{{GAP}em}}"
    note = rf"{space}\parbox{{{width:.1f}em}}{{\raggedright\color{{muted}}\strut {reason}\strut}}" if reason else ""
    return rf"{space}\text{{\color{{muted}}{shape}}}" if shape else "", note


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
        written = [_fragment(block) for items in frames(slide) for block in _blocks(items)]
        parts.append("\n\n".join([f"% {slide.title}", *written]))
    return "\n\n".join(parts) + "\n"


def _blocks(items: Sequence[Item]) -> Iterator[Block]:
    """The blocks of one frame; a derivation that goes over several frames is one on each of them."""
    rows: list[Row] = []
    for item in items:
        if isinstance(item.content, Row):
            rows.append(item.content)
        else:
            if rows:
                yield Formulas(tuple(rows))
            rows = []
            yield item.content
    if rows:
        yield Formulas(tuple(rows))


def _fragment(block: Block) -> str:
    match block:
        case Formulas(rows=rows):
            shapes = any(row.shape for row in rows)
            return rows_latex(rows, palette=palette(block), width=FRAGMENT_WIDTH, shapes=shapes)
        case Picture(figure=figure):
            return "\n".join(f"% {line}" for line in wrap(figure.description, 100))
        case Table(header=header, rows=rows):
            return f"\\begin{{center}}\n{_tabular(header, rows)}\n\\end{{center}}"
        case Heading(title=title):
            return rf"\textbf{{{latex_prose((title,))}}}"
    return write([block], "latex").rstrip()
