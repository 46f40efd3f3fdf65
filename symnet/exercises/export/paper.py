"""Exam sheets as PDF, one after another in a file: each begins a page, counts its own pages and has its own number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.exercises.export.sheets import Head, Sheet, lettered, marked, room
from symnet.exercises.variant import Choice, Part, Variant
from symnet.render.display import Node, Row
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Picture, Table
from symnet.render.document import Part as Piece
from symnet.render.rows import reason_parts
from symnet.render.theme import LIGHT
from symnet.render.typeset import colours, pdf, preamble
from symnet.render.typst import literal, prose, relation, typst

SIZE = 11.0
"""Type size in points."""

WIDEST = 300.0
"""How wide a picture is at most, in points."""

COLUMNS = 9
"""Of one exercise, or of more, only the sum of the marks stands at the top."""

GIVEN = 20
"""What is given in more rows than these may go on on the next page."""

KEPT = 8
"""A solution of more rows may go on on the next page."""

SETTING = r"""
#set page(paper: "a4", margin: (x: 22mm, top: 20mm, bottom: 22mm))
#set par(leading: 0.62em, spacing: 0.95em, justify: false)
#let muted = rgb("#5c5c5c")
#let gap = 0.45em
#let row(width, left, sign, right, reason) = {
  let start = if left == none { width } else { width - measure(left).width }
  let used = calc.max(start, 0pt)
  set text(top-edge: "bounds", bottom-edge: "bounds")
  par(hanging-indent: width + gap + 1.6em, leading: 0.6em)[#h(used)#left#h(gap)#sign#h(gap)#right#if reason != none {
    h(1.2em); sym.zws; h(1fr); box(text(size: 0.82em, fill: muted, reason))
  }]
}
#let rows(indent: 1.4em, ..items) = layout(size => {
  let all = items.pos()
  let widths = all.map(item => if item.at(0) == none { 0pt } else { measure(item.at(0)).width })
  let width = calc.max(0pt, ..widths.filter(w => w < 0.4 * size.width))
  pad(left: indent, for item in all { block(spacing: 0.75em, row(width, ..item)) })
})
#let squares = tiling(size: (5mm, 5mm), {
  place(line(start: (0mm, 0mm), end: (5mm, 0mm), stroke: 0.6pt + rgb("#c4c4c4")))
  place(line(start: (0mm, 0mm), end: (0mm, 5mm), stroke: 0.6pt + rgb("#c4c4c4")))
})
#let answer(height) = layout(size => block(width: calc.floor(size.width / 5mm) * 5mm, height: height,
  stroke: 0.4pt + rgb("#b0b0b0"), fill: squares))
#let solution(short, body) = block(width: 100%, above: 0.7em, below: 1.1em, inset: (left: 0.9em, y: 0.35em),
  stroke: (left: 2pt + rgb("#00805f")))[
  #block(below: 0.9em, { set text(top-edge: "bounds", bottom-edge: "bounds"); par(leading: 0.6em)[
    #text(fill: rgb("#00805f"), weight: "bold")[Solution.] #short] }) #body]
#let beside(label, width, body, note: none) = {
  set text(top-edge: "bounds", bottom-edge: "bounds")
  par(hanging-indent: width, leading: 0.6em)[#box(width: width, label)#body#if note != none { h(1fr); box(note) }]
}
#let part(label, marks, asked, body, whole: true) = block(width: 100%, above: 1.3em, below: 1.1em,
  breakable: not whole, {
  block(below: 0.8em, sticky: true,
    beside([(#label)], 1.7em, asked, note: text(fill: muted, size: 0.88em, marks)))
  pad(left: 1.7em, body)
})
#let grid-of(columns, ..cells) = pad(left: 1.4em, table(columns: columns, inset: (x: 0.8em, y: 0.42em),
  stroke: (_, y) => if y == 1 { (top: 0.6pt) }, ..cells.pos()))
#let exercise(number, title, marks) = block(width: 100%, above: 1.6em, below: 0.9em, sticky: true,
  [#text(weight: "bold", size: 1.12em)[Exercise #number. #title] #h(1fr) #text(fill: muted, marks)])
#let tick(right) = box(width: 0.85em, height: 0.85em, stroke: 0.6pt, baseline: 0.1em,
  if right { place(center + horizon, text(size: 0.95em, weight: "bold")[×]) })
#let options(..items) = for item in items.pos() {
  block(spacing: 0.9em, beside([#tick(item.at(0))#h(0.5em)#item.at(1)], 3.2em, item.at(2)))
}
#let line-to-fill(label, width) = box(width: width)[#text(size: 0.9em, label) #box(width: 1fr,
  repeat(text(fill: rgb("#8c8c8c"))[.], gap: 0.12em))]
#let head(title, course, date, key, marks) = {
  text(size: 0.92em, fill: muted)[#course #h(1fr) #date]
  block(above: 0.6em, below: 1.0em, text(size: 1.5em, weight: "bold")[#title#if key [ #text(weight: "regular",
    fill: rgb("#00805f"))[– solutions]]])
  if not key { block(below: 1.0em)[#line-to-fill("Name", 56%) #h(1fr) #line-to-fill("Number", 38%)] }
  let width = if marks.len() < 7 { 2.3cm } else { 1fr }
  let reached = if key { m => m.at(1) } else { m => [#h(1.5em) / #m.at(1)] }
  grid(columns: marks.len() * (width,), stroke: 0.5pt + rgb("#8c8c8c"), inset: 0.5em, align: center,
    ..marks.map(m => text(size: 0.85em, m.at(0))), ..marks.map(reached))
}
"""
"""The look of a sheet; what is on it calls these functions."""


def sheet_pdf(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> bytes:
    """The sheets as one PDF, with room to answer or with ``solutions``; the same sheets give the same bytes.

    Raises SymnetError for a formula that typst does not take.
    """
    return pdf(sheet_typst(sheets, head, solutions))


def sheet_typst(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> str:
    """The sheets as a Typst document."""
    setting = preamble(SIZE) + SETTING + f"#set document(title: {literal(head.title)})\n"
    return setting + "\n".join(_sheet(sheet, head, solutions) for sheet in sheets) + "\n"


def _sheet(sheet: Sheet, head: Head, solutions: bool) -> str:
    """One sheet; its last page is marked, so that each page can say of how many it is."""
    end = f"<end-{sheet.number}>"
    footer = (
        "context { set text(size: 0.8em, fill: muted); "
        f"[Sheet {sheet.number} #h(1fr) Page #counter(page).get().first() of "
        f"#counter(page).at(query({end}).first().location()).first()] }}"
    )
    each = sheet.exercises if 1 < len(sheet.exercises) <= COLUMNS else ()
    table = [f"({literal(str(k))}, {literal(str(v.marks))})" for k, v in enumerate(each, 1)]
    table.append(f"({literal('Marks')}, {literal(str(sheet.marks))})")
    key = "true" if solutions else "false"
    top = f"#head({_text(head.title)}, {_text(head.course)}, {_text(head.date)}, {key}, ({', '.join(table)},))"
    body = [line for k, v in enumerate(sheet.exercises, 1) for line in _exercise(k, v, solutions)]
    lines = "\n".join((top, *body))
    return f"#page(footer: {footer})[#counter(page).update(1)\n{lines}\n#metadata(none) {end}]"


def _exercise(number: int, variant: Variant, solutions: bool) -> Iterator[str]:
    rows = sum(len(block.rows) for block in variant.given if isinstance(block, Formulas | Table))
    given = [
        f"exercise({number}, {_text(variant.title)}, {literal(marked(variant.marks))})",
        *(_block(block) for block in variant.given),
    ]
    kept = "breakable: false, " if rows <= GIVEN else ""
    yield "#block(width: 100%, above: 1.9em, " + kept + "sticky: true, {" + "\n".join(given) + "})"
    for part in variant.parts:
        yield _part(part, solutions)


def _part(part: Part, solutions: bool) -> str:
    """What is asked, and below it the room to answer or the way to the answer."""
    below = []
    if isinstance(part.answer, Choice):
        cells = []
        for label, option in lettered(part.answer):
            ticked = "true" if solutions and option.right else "false"
            cells.append(f"({ticked}, [{_prose((label,))}], [{_prose(option.shown, display=True)}])")
        below.append(f"options({', '.join(cells)})")
    if solutions:
        steps = "{" + "\n".join(_block(block) for block in part.solution) + "}"
        below.append(f"solution([{_prose(part.short, display=True)}], {steps})")
    elif room(part):
        below.append(f"answer({room(part):g}mm)")
    body = "{" + "\n".join(below) + "}"
    rows = sum(len(block.rows) for block in part.solution if isinstance(block, Formulas | Table))
    whole = "false" if solutions and rows > KEPT else "true"
    asked = f"[{_prose(part.asked, display=True)}]"
    return f"#part({literal(part.label)}, {literal(marked(part.marks))}, {asked}, {body}, whole: {whole})"


def _block(block: Block) -> str:
    """A block of a document as code."""
    match block:
        case Heading(title=title):
            return f"block(sticky: true, strong({_text(title)}))"
        case Paragraph(parts=parts):
            return f"par[{_prose(parts)}]"
        case Note(label=label, parts=parts):
            return f"par[#strong({_text(label + ':')}) {_prose(parts)}]"
        case Formulas(rows=rows):
            palette = colours(LIGHT, [n for r in rows for n in (r.left, r.right) if n is not None])
            return f"rows({', '.join(_row(row, palette) for row in rows)})"
        case Table(header=header, rows=lines):
            cells = [f"[{_prose((cell,))}]" for line in (header, *lines) for cell in line]
            return f"grid-of({len(header)}, {', '.join(cells)})"
        case Picture(figure=figure):
            width = min(0.8 * figure.width, WIDEST)
            source = f'bytes({literal(figure.svg())}), format: "svg", width: {width:g}pt'
            return f"align(center, image({source}, alt: {literal(figure.description)}))"


def _row(row: Row, palette: dict[str, str]) -> str:
    left = "none" if row.left is None else f"$display({typst(row.left, palette)})$"
    sign = f"${relation(row.relation)}$" if row.relation else "[]"
    reason = reason_parts(row)
    noted = f"[{_prose(reason)}]" if any(reason) else "none"
    return f"({left}, {sign}, $display({typst(row.right, palette)})$, {noted})"


def _text(text: str) -> str:
    """Prose as content."""
    return f"[{prose((text,))}]"


def _prose(parts: Sequence[Piece], display: bool = False) -> str:
    """Prose as markup; its formulas as high as they would be on a line of their own if ``display``."""
    if not display:
        return prose(parts)
    return "".join(f"$display({typst(p)})$" if isinstance(p, Node) else prose((p,)) for p in parts)
