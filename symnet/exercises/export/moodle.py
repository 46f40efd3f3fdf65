"""Moodle XML: the elements that every type of question has, and the types that every site has.

Source: the format as Moodle itself reads it, question/format/xml/format.php and docs.moodle.org/en/Moodle_XML_format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from xml.etree import ElementTree

import sympy as sp

from symnet.exercises.export.options import options_of
from symnet.exercises.export.sheets import Head, Sheet, lettered, marked, name_of
from symnet.exercises.export.slips import Slip
from symnet.exercises.export.wrong import number_slips, shape_slips
from symnet.exercises.variant import Choice, Formula, Part, Shape, Value, Variant
from symnet.render.display import Node
from symnet.render.document import Block, Picture
from symnet.render.document import Part as Piece
from symnet.render.html import html
from symnet.render.latex import latex
from symnet.render.text import text as plain

Element = ElementTree.Element

PENALTY = "0.1000000"
DIGITS = 12


def plain_xml(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> str:
    """Questions that need no plug-in: numerical, multiple choice and, where several things are asked, cloze."""
    return quiz(sheets, head, _plain)


def quiz(sheets: Sequence[Sheet], head: Head, question: Callable[[Variant], Element]) -> str:
    """A file of questions, a category for every exercise, so that a quiz can draw one of its variants.

    ``question`` makes the question of a variant.
    """
    root = Element("quiz")
    by_template: dict[str, list[Variant]] = {}
    for sheet in sheets:
        for variant in sheet.exercises:
            by_template.setdefault(variant.template, []).append(variant)
    for template, variants in by_template.items():
        own = ElementTree.SubElement(root, "question", type="category")
        folder = f"$course$/top/{_folder(head.title)}/{_folder(variants[0].title)} ({_folder(template)})"
        text(own, "category", folder)
        root.extend([question(variant) for variant in variants])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _folder(name: str) -> str:
    """A name as a category; a slash would end it."""
    return name.replace("/", "//")


# -- what all questions have ---------------------------------------------------------------------------------------


def base(variant: Variant, kind: str, asked: str, feedback: str) -> Element:
    """A question with its name, what is asked, the worked solution and the marks."""
    question = Element("question", type=kind)
    text(question, "name", f"{variant.title} [{name_of(variant)}]")
    text(question, "questiontext", asked, html=True)
    text(question, "generalfeedback", feedback, html=True)
    value(question, "defaultgrade", f"{variant.marks}.0000000")
    value(question, "penalty", PENALTY)
    value(question, "hidden", "0")
    value(question, "idnumber", name_of(variant))
    return question


def text(parent: Element, tag: str, content: str, *, html: bool = False) -> Element:
    """``<tag><text>…</text></tag>``, the format said where it is HTML."""
    own = ElementTree.SubElement(parent, tag, {"format": "html"} if html else {})
    ElementTree.SubElement(own, "text").text = content
    return own


def value(parent: Element, tag: str, content: str) -> None:
    """``<tag>…</tag>``."""
    ElementTree.SubElement(parent, tag).text = content


def blocks(given: Sequence[Block]) -> str:
    """Blocks as HTML; a picture is drawn in the page itself."""
    shown = []
    for block in given:
        if isinstance(block, Picture):
            shown.append(f"<p>{block.figure.svg()}</p>\n")
        else:
            shown.append(html([block]))
    return "".join(shown)


def prose(parts: Sequence[Piece]) -> str:
    r"""Prose as HTML, its formulas between ``\(`` and ``\)`` as high as on a line of their own."""
    return "".join(rf"\(\displaystyle {escape(latex(p))}\)" if isinstance(p, Node) else escape(p) for p in parts)


def asked(part: Part, field: str, several: bool = True) -> str:
    """What is asked in one part, its options if it has some, and the field for the answer."""
    label = f"<b>({escape(part.label)})</b> " if several else ""
    marks = f" <i>({marked(part.marks)})</i>" if several else ""
    shown = f"<p>{label}{prose(part.asked)}{marks}</p>\n"
    return shown + (f"<p>{field}</p>\n" if field else "")


def solution(variant: Variant) -> str:
    """The worked solution of every part."""
    several = len(variant.parts) > 1
    shown = []
    for part in variant.parts:
        label = f"({escape(part.label)}) " if several else ""
        shown.append(f"<p><b>{label}</b>{prose(part.short)}</p>\n{blocks(part.solution)}")
    return "".join(shown)


# -- questions without a plug-in -----------------------------------------------------------------------------------


def _plain(variant: Variant) -> Element:
    if len(variant.parts) == 1:
        part = variant.parts[0]
        if isinstance(part.answer, Value):
            return _numerical(variant, part, part.answer)
        if isinstance(part.answer, Formula | Choice):
            return _choice(variant, part)
    return _cloze(variant)


def _numerical(variant: Variant, part: Part, answer: Value) -> Element:
    question = base(variant, "numerical", blocks(variant.given) + asked(part, "", several=False), solution(variant))
    right: list[tuple[str, sp.Expr, tuple[Piece, ...]]] = [("100", answer.exact, ("Right.",))]
    for fraction, number, why in right + [("0", s.value, s.why) for s in number_slips(variant, part, answer)]:
        own = ElementTree.SubElement(question, "answer", fraction=fraction, format="moodle_auto_format")
        value(own, "text", decimal(number))
        text(own, "feedback", prose(why), html=True)
        value(own, "tolerance", decimal(answer.tolerance))
    for tag, content in (("unitgradingtype", "0"), ("unitpenalty", PENALTY), ("showunits", "3"), ("unitsleft", "0")):
        value(question, tag, content)
    _hint(question, part)
    return question


def _choice(variant: Variant, part: Part) -> Element:
    question = base(variant, "multichoice", blocks(variant.given) + asked(part, "", several=False), solution(variant))
    lines = isinstance(part.answer, Choice) and part.answer.lines
    value(question, "single", "true")
    value(question, "shuffleanswers", "false" if lines else "true")
    value(question, "answernumbering", "123" if lines else "ABCD")
    value(question, "showstandardinstruction", "0")
    text(question, "correctfeedback", "<p>Right.</p>", html=True)
    text(question, "partiallycorrectfeedback", "", html=True)
    text(question, "incorrectfeedback", "<p>Not right.</p>", html=True)
    for option in options_of(variant, part):
        own = ElementTree.SubElement(question, "answer", fraction="100" if option.right else "0", format="html")
        value(own, "text", prose(option.shown))
        text(own, "feedback", prose(option.why), html=True)
    _hint(question, part)
    return question


def _hint(question: Element, part: Part) -> None:
    if part.hint:
        own = ElementTree.SubElement(question, "hint", format="html")
        value(own, "text", prose(part.hint))


def _cloze(variant: Variant) -> Element:
    """Several parts in one question, each with a field within the text."""
    shown = [blocks(variant.given)]
    for part in variant.parts:
        match part.answer:
            case Value() as answer:
                shown.append(asked(part, _numerical_field(part.marks, variant, part, answer)))
            case Shape(rows=int() as rows, columns=int() as columns):
                above = _size_field(part.marks, rows, [(s[0], slip) for s, slip in shape_slips(part.answer)])
                beside = _size_field(part.marks, columns, [(s[1], slip) for s, slip in shape_slips(part.answer)])
                shown.append(asked(part, f"{above} × {beside}"))
            case _:
                options = options_of(variant, part)
                choice = Choice(tuple(options), isinstance(part.answer, Choice) and part.answer.lines)
                listed = "".join(f"<p>{label} {prose(option.shown)}</p>\n" for label, option in lettered(choice))
                letters = [(100 if option.right else 0, label, _said(option.why)) for label, option in lettered(choice)]
                shown.append(asked(part, "") + listed + f"<p>{_field(part.marks, 'MULTICHOICE', letters)}</p>\n")
    return base(variant, "cloze", "".join(shown), solution(variant))


def _size_field(marks: int, right: int, slips: Sequence[tuple[int | str, Slip]]) -> str:
    """The field for rows or columns."""
    wrong = {size: slip for size, slip in slips if isinstance(size, int) and size != right}
    found = [(100, f"{right}:0", ""), *((0, f"{size}:0", _said(slip.why)) for size, slip in wrong.items())]
    return _field(marks, "NUMERICAL", found)


def _numerical_field(marks: int, variant: Variant, part: Part, answer: Value) -> str:
    tolerance = decimal(answer.tolerance)
    found = [(100, f"{decimal(answer.exact)}:{tolerance}", "Right.")]
    found += [(0, f"{decimal(s.value)}:{tolerance}", _said(s.why)) for s in number_slips(variant, part, answer)]
    return _field(marks, "NUMERICAL", found)


def _field(marks: int, kind: str, answers: Sequence[tuple[int, str, str]]) -> str:
    """A field of a cloze question: ``{2:NUMERICAL:%100%9:0.005#Right.~%0%-9:0.005#The sign is wrong.}``."""
    shown = "~".join(
        f"%{fraction}%{answer}" + (f"#{feedback}" if feedback else "") for fraction, answer, feedback in answers
    )
    return f"{{{marks}:{kind}:{shown}}}"


def _said(parts: Sequence[Piece]) -> str:
    """Feedback within a field, in plain letters: what has a meaning there is escaped."""
    shown = "".join(plain(p) if isinstance(p, Node) else p for p in parts)
    return "".join("\\" + c if c in '}#~/"\\' else c for c in escape(shown, quote=False))


def decimal(number: sp.Expr) -> str:
    """A number in digits, without an exponent."""
    if number.is_Integer:
        return str(number)
    shown = f"{sp.N(number, DIGITS + 4):.{DIGITS}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
