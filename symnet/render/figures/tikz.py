r"""A figure as TikZ: the same marks at the same places, the letters TeX's own, the colours by the names of their roles.

The preamble defines those colours (:func:`symnet.render.theme.latex_colours`) and loads ``tikz`` and ``amsmath``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from symnet.render import latex as tex
from symnet.render.display import Node
from symnet.render.figures.figure import Circle, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Point, arrow_head, dashes, shaft
from symnet.render.figures.measure import RISE, Content
from symnet.render.theme import LIGHT, Theme, latex_colours

HALO = 2.0
_ANCHORS = {"start": "west", "middle": "center", "end": "east"}
_PROSE = {"start": "base west", "middle": "base", "end": "base east"}
PALETTE = {tag: tag for tag in (*LIGHT.colours, *(f"factor{k}" for k in range(1, 13)))}
"""What the preamble defines: a colour for every role and for the factors of a chain."""


def tikz(figure: Figure, stage: int | None = None) -> str:
    """The figure as a ``tikzpicture``; only the marks up to ``stage``, if one is given."""
    marks = [mark for mark in figure.marks if stage is None or mark.stage <= stage]
    return _picture(figure, [line for mark in marks for line in _drawn(mark)])


def tikz_overlays(figure: Figure, first: int = 1) -> str:
    r"""The figure as a ``tikzpicture`` for Beamer, later stages in ``\uncover``; stage 0 is on overlay ``first``."""
    lines: list[str] = []
    for stage, group in groupby(figure.marks, key=lambda mark: mark.stage):
        drawn = [line for mark in group for line in _drawn(mark)]
        lines += drawn if not stage else [rf"\uncover<{first + stage}->{{%", *drawn, "}"]
    return _picture(figure, lines)


def preamble(theme: Theme = LIGHT) -> str:
    r"""What a document with such pictures loads and defines, besides ``lmodern`` and ``amsmath``.

    The font of large signs (Σ, tall parentheses) is made to follow the size of the letters.
    """
    scaling = r"\DeclareFontFamily{OMX}{lmex}{}\DeclareFontShape{OMX}{lmex}{m}{n}{<->lmex10}{}"
    return f"\\usepackage{{tikz}}\n{scaling}\n{latex_colours(theme)}"


def document(figure: Figure, theme: Theme = LIGHT, stage: int | None = None) -> str:
    """A complete LaTeX file whose one page is the figure, for pdflatex with the packages of a small TeX."""
    size = f"paperwidth={_number(figure.width)}bp,paperheight={_number(figure.height)}bp"
    return rf"""\documentclass{{article}}
\usepackage[T1]{{fontenc}}
\usepackage{{lmodern}}
\usepackage{{amsmath,amssymb}}
\usepackage[{size},margin=0pt,noheadfoot]{{geometry}}
{preamble(theme)}\pagecolor{{ground}}
\pagestyle{{empty}}
\parindent=0pt
\topskip=0pt
\begin{{document}}
{tikz(figure, stage)}\end{{document}}
"""


def _picture(figure: Figure, lines: Sequence[str]) -> str:
    frame = rf"\path[use as bounding box] (0,0) rectangle ({_number(figure.width)},{_number(figure.height)});"
    body = "\n".join(f"  {line}" for line in (frame, *lines))
    return f"\\begin{{tikzpicture}}[x=1bp,y=-1bp,line join=round]\n{body}\n\\end{{tikzpicture}}\n"


def _drawn(mark: Mark) -> Iterator[str]:
    match mark:
        case Path():
            yield from _path(mark)
        case Circle(centre=centre, radius=radius):
            yield rf"\path[{_paint(mark.fill, mark.stroke, mark.width)}] {_point(centre)} circle[radius={_bp(radius)}];"
        case Label():
            yield _label(mark)


def _label(label: Label) -> str:
    font = rf"\fontsize{{{_bp(label.size)}}}{{{_bp(1.2 * label.size)}}}\selectfont"
    prose = isinstance(label.content, str)
    anchor = (_PROSE if prose else _ANCHORS)[label.anchor]
    options = f"anchor={anchor},{'fill=ground,' * label.halo}inner sep={_bp(HALO if label.halo else 0)}"
    x, y = label.at
    if label.halo:  # what is anchored is the cleared ground, what stands at the point is the letters
        x += {"start": -HALO, "middle": 0.0, "end": HALO}[label.anchor]
    at = (x, y + RISE * label.size) if prose else (x, y)
    return rf"\node[{options},text={label.colour},font={font}] at {_point(at)} {{{_content(label.content)}}};"


def _path(path: Path) -> Iterator[str]:
    points = shaft(path.points, path.width) if path.arrow else path.points
    options = _paint(path.fill, path.stroke, path.width)
    pattern = dashes(path.dash, path.width)
    if pattern is not None:
        options += f",dash pattern=on {_bp(pattern[0])} off {_bp(pattern[1])}"
    yield rf"\path[{options}] {_through(points)}{' -- cycle' if path.closed else ''};"
    if path.arrow:
        yield rf"\path[fill={path.stroke}] {_through(arrow_head(path.points, path.width))} -- cycle;"


def _paint(fill: str, stroke: str, width: float) -> str:
    options = [f"fill={fill}"] if fill else []
    return ",".join([*options, f"draw={stroke}", f"line width={_bp(width)}"] if stroke else options)


def _content(content: Content) -> str:
    if isinstance(content, Node):
        return f"$\\displaystyle {tex.latex(content, PALETTE)}$"
    return "".join(f"${source}$" if maths else source for maths, source in tex.prose(content))


def _through(points: Iterable[Point]) -> str:
    return " -- ".join(map(_point, points))


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _bp(value: float) -> str:
    return f"{_number(value)}bp"


def _number(value: float) -> str:
    """A length to the hundredth of a point."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
