r"""Exam sheets as LaTeX source for the class ``exam``: ``\question``, ``\part[2]``, ``solution``.

It is written to be worked on further: no package that a small TeX lacks except the class itself, and
``\printanswers`` in one line at the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.exercises.export.sheets import Head, Sheet, letter, room
from symnet.exercises.variant import Choice, Part, Variant
from symnet.render.display import Node
from symnet.render.document import Block, Formulas, Picture, latex_prose, write
from symnet.render.document import Part as Piece
from symnet.render.figures.tikz import PALETTE, tikz
from symnet.render.latex import latex
from symnet.render.rows import rows_latex
from symnet.render.theme import LIGHT, latex_colours

GIVEN, SOLUTION = 36.0, 33.0
"""The widths of formulas in em, in what is given and within the frame of a solution."""

WIDEST = 300.0
"""How wide a picture is at most, in points."""

PREAMBLE = r"""\documentclass[11pt,a4paper]{exam}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb}
\usepackage{xcolor,graphicx,tikz}
\usepackage[a4paper,margin=2.4cm]{geometry}
"""

SETTING = r"""\pointsinrightmargin
\pointpoints{mark}{marks}
\bracketedpoints
\renewcommand{\solutiontitle}{\noindent\textbf{Solution.}\enspace}
\renewenvironment{TheSolution}{\par\solutiontitle\ignorespaces}{\par}
\SolutionEmphasis{\color{hidden}}
\DeclareUnicodeCharacter{25A1}{\ensuremath{\square}}
\newcommand{\keep}[1]{\par\ifdim\dimexpr\pagegoal-\pagetotal<#1\relax\newpage\fi}
\allowdisplaybreaks
\raggedbottom
\AtBeginDocument{\abovedisplayskip=6pt\belowdisplayskip=6pt\abovedisplayshortskip=4pt\belowdisplayshortskip=4pt}
% Every sheet counts its questions anew: labels are told apart by its number.
\let\labelled\label
\renewcommand{\label}[1]{\labelled{\sheetnumber.#1}}
\newcommand{\sheetnumber}{}
\pagestyle{headandfoot}
\cfoot[]{}
\lfoot[Sheet \sheetnumber]{Sheet \sheetnumber}
\rfoot[Page \thepage]{Page \thepage}
\begin{document}
"""


def sheet_latex(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> str:
    """The sheets as a whole LaTeX document; ``solutions`` says whether it prints them."""
    answers = r"\printanswers" if solutions else r"\noprintanswers % \printanswers prints the solutions"
    body = "\n\\clearpage\n".join("\n".join(_sheet(sheet, head)) for sheet in sheets)
    return f"{PREAMBLE}{latex_colours(LIGHT)}{answers}\n{SETTING}{body}\n\\end{{document}}\n"


def _sheet(sheet: Sheet, head: Head) -> Iterator[str]:
    yield rf"\renewcommand{{\sheetnumber}}{{{sheet.number}}}\setcounter{{page}}{{1}}"
    yield rf"\noindent {_words(head.course)}\hfill {_words(head.date)}\par\medskip"
    yield rf"\noindent\textbf{{\Large {_words(head.title)}}}\hfill {sheet.marks} marks\par\bigskip"
    yield r"\ifprintanswers\else"
    yield r"\noindent Name \makebox[0.5\textwidth]{\dotfill}\hfill Number \makebox[0.3\textwidth]{\dotfill}\par\bigskip"
    yield r"\fi"
    yield r"\begin{questions}"
    for variant in sheet.exercises:
        yield from _exercise(variant)
    yield r"\end{questions}"


def _exercise(variant: Variant) -> Iterator[str]:
    yield r"\keep{10\baselineskip}"
    yield rf"\question \textbf{{{_words(variant.title)}}}"
    yield ""
    yield _blocks(variant.given, GIVEN)
    yield r"\begin{parts}"
    for part in variant.parts:
        yield from _part(part)
    yield r"\end{parts}"


def _part(part: Part) -> Iterator[str]:
    yield r"\keep{5\baselineskip}"
    yield rf"\part[{part.marks}] {_prose(part.asked)}"
    if isinstance(part.answer, Choice):
        numbers = r"\renewcommand{\checkboxchar}{$\square$}\renewcommand{\checkedchar}{$\boxtimes$}"
        yield rf"{{{numbers}\begin{{checkboxes}}"
        for place, option in enumerate(part.answer.options):
            command = r"\CorrectChoice" if option.right else r"\choice"
            yield rf"{command} {letter(part.answer, place)}\enspace {_prose(option.shown)}"
        yield r"\end{checkboxes}}"
    space = f"[{room(part):g}mm]" if room(part) else ""
    yield rf"\begin{{solution}}{space}"
    apart = "" if part.solution and isinstance(part.solution[0], Formulas) else "\n"
    yield _prose(part.short) + apart
    yield _blocks(part.solution, SOLUTION)
    yield r"\end{solution}"


def _blocks(blocks: Sequence[Block], width: float) -> str:
    """The blocks below each other; before a formula there is no empty line, which would be one of the paragraph."""
    source = ""
    for block in blocks:
        source += ("\n" if isinstance(block, Formulas) else "\n\n") * bool(source) + _block(block, width)
    return source


def _block(block: Block, width: float) -> str:
    match block:
        case Formulas(rows=rows):
            return rows_latex(rows, width=width, palette=PALETTE)
        case Picture(figure=figure):
            drawing = rf"\resizebox{{{min(0.8 * figure.width, WIDEST):g}bp}}{{!}}{{{tikz(figure)}}}"
            return rf"\begin{{center}}{drawing}\end{{center}}"
    return write([block], "latex").strip()


def _words(text: str) -> str:
    return latex_prose((text,))


def _prose(parts: Sequence[Piece]) -> str:
    """Prose whose formulas are as high as on a line of their own."""
    return "".join(rf"$\displaystyle {latex(p)}$" if isinstance(p, Node) else latex_prose((p,)) for p in parts)
