r"""STACK questions in Moodle XML: an input and a response tree a part, with tests of the question in itself.

A formula is compared with the right one by its values at fixed points, worked out by Maxima from the student's own
answer with everything defined by the network put in, and after that with what each slip leads to: the node of a slip
says which one it was.  ``<qtest>`` elements hold right answers in several forms and every slip, with the node that must
find it, so that STACK's own "Run all question tests" shows whether a question does what it says.

Source: the question type's exported XML and its documentation (docs.stack-assessment.org, "Question tests",
"Potential response trees"); version 4.4 and later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

import sympy as sp

from symnet.exercises.export.maxima import COUNT, STEP, Beyond, Spelling, maxima
from symnet.exercises.export.moodle import PENALTY, Element, asked, base, blocks, prose, quiz, solution, text, value
from symnet.exercises.export.options import options_of
from symnet.exercises.export.sheets import Head, Sheet
from symnet.exercises.export.slips import Decided, Point, decided
from symnet.exercises.export.wrong import number_slips, shape_slips
from symnet.exercises.variant import Choice, Formula, Option, Part, Shape, Value, Variant
from symnet.render.display import Node
from symnet.render.document import Part as Piece
from symnet.render.latex import latex

VERSION = "2023010400"
SETTINGS = (
    ("questionsimplify", "1"), ("assumepositive", "0"), ("assumereal", "0"), ("decimals", "."),
    ("multiplicationsign", "dot"), ("sqrtsign", "1"), ("complexno", "i"), ("inversetrig", "cos-1"),
    ("logicsymbol", "lang"), ("matrixparens", "["), ("variantsselectionseed", ""),
)  # fmt: skip

FUNCTIONS = """\
unitstep(t):=(1+signum(t))/2;
over(u,d):=apply("+",makelist(subst(q,u),q,d));
valueat(e,p,d):=block([f],f:subst(p,subst(defs,e)),f:subst(lambda([u],over(u,d)),total,f),float(ev(subst(first(d),f))));
near(a,b):=if numberp(a) then is(abs(a-b)<=1.0e-8*(1+abs(b))) else false;
same(e,f):=every(lambda([p],near(valueat(e,p[1],p[2]),valueat(f,p[1],p[2]))),points);
"""
"""What the trees of formulas are worked out with: a value at a point, and whether two formulas agree at all of them."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a response tree: Maxima's condition, what is said if it holds, and an answer for which it does."""

    condition: str
    said: tuple[Piece, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """What STACK needs for one part: the input, its key, and the tree; its first branch is the right answer."""

    kind: str
    key: str
    variables: str
    feedback: str
    branches: tuple[Branch, ...]
    how: str = ""
    allowed: tuple[str, ...] = ()
    options: str = ""


def stack_xml(sheets: Sequence[Sheet], head: Head, solutions: bool = False) -> str:
    """A STACK question for every variant."""
    return quiz(sheets, head, question)


def question(variant: Variant) -> Element:
    """One question; what Maxima cannot decide on is asked as a choice."""
    trees = [tree(variant, part, k) for k, part in enumerate(variant.parts, 1)]
    shown = [blocks(variant.given)]
    several = len(trees) > 1
    for k, (part, own) in enumerate(zip(variant.parts, trees, strict=True), 1):
        shown.append(asked(part, f"[[input:ans{k}]] [[validation:ans{k}]]", several))
        shown.append(f"<p><small>{own.how}</small></p>\n" if own.how else "")
        shown.append(f"<p>[[feedback:prt{k}]]</p>\n" if several else "")
    made = base(variant, "stack", "".join(shown), solution(variant))
    text(made, "stackversion", VERSION)
    text(made, "questionvariables", "\n".join(own.variables for own in trees if own.variables))
    text(made, "specificfeedback", "" if several else "<p>[[feedback:prt1]]</p>", html=True)
    text(made, "questionnote", f"{variant.template} {variant.seed}")
    for tag, content in SETTINGS:
        value(made, tag, content)
    text(made, "prtcorrect", "<p>Right.</p>", html=True)
    text(made, "prtpartiallycorrect", "<p>Right in part.</p>", html=True)
    text(made, "prtincorrect", "<p>Not right.</p>", html=True)
    for k, own in enumerate(trees, 1):
        _input(made, k, own)
    for k, (part, own) in enumerate(zip(variant.parts, trees, strict=True), 1):
        _tree(made, k, part, own)
    _tests(made, trees)
    return made


def tree(variant: Variant, part: Part, number: int) -> Tree:
    """How the answer to a part is judged."""
    match part.answer:
        case Formula() as answer:
            try:
                return _formula(decided(answer), number)
            except Beyond:
                return _choice(options_of(variant, part), number)
        case Value() as answer:
            return _number(variant, part, answer, number)
        case Shape() as answer:
            return _shape(answer, number)
        case Choice(options=options):
            return _choice(options, number)


# -- the four kinds of answers -------------------------------------------------------------------------------------


def _formula(found: Decided, k: int) -> Tree:
    spelling = found.spelling
    key = maxima(found.right)
    slips = [f"m{k}_{j}:{maxima(slip.value)};" for j, slip in enumerate(found.slips, 1)]
    branches = [Branch(f"same(ans{k},ta{k})", ("Right.",), (f"ta{k}", *_forms(found)))]
    branches += [Branch(f"same(ans{k},m{k}_{j})", s.why, (f"m{k}_{j}",)) for j, s in enumerate(found.slips, 1)]
    names = _names(spelling)
    typed = ", ".join(f"<code>{escape(name)}</code>" for name in names if name not in ("n", "total", "unitstep"))
    how = f"Write the names as {typed}" if typed else ""
    if found.right.has(STEP):
        how += "; <code>unitstep(t)</code> is 1 for <code>t</code> above 0 and else 0"
    if spelling.network.sample_axes:
        how += "; Σ over the samples is <code>total( … )</code>, their number is <code>n</code>"
    return Tree(
        "algebraic",
        f"ta{k}",
        "\n".join([f"ta{k}:{key};", *slips]),
        _points(spelling, found.points),
        tuple(branches),
        how + "." if how else "",
        tuple(names),
    )


def _forms(found: Decided) -> tuple[str, ...]:
    """The right answer in other forms: as the chain has it, and with everything put in."""
    whole = found.right
    for symbol, definition in found.spelling.definitions.items():
        whole = whole.xreplace({symbol: definition})
    return tuple(dict.fromkeys(maxima(form) for form in (found.chain, whole) if form != found.right))


def _names(spelling: Spelling) -> list[str]:
    """What a student may type besides Maxima's own."""
    shared, own = spelling.given
    curved = any(not layer.function.is_linear for layer in spelling.network.layers)
    functions = [*spelling.functions, "unitstep"] if curved else []
    sums = ["n", "total"] if spelling.network.sample_axes else []
    return [*dict.fromkeys([*map(str, (*shared, *own, *spelling.definitions)), *functions, *sums])]


def _points(spelling: Spelling, points: Sequence[Point]) -> str:
    """The feedback variables of a formula: definitions, functions and points."""
    defined = ",".join(f"{left}={maxima(right)}" for left, right in spelling.definitions.items())
    lines = [f"defs:[{defined}];"]
    for name, function in spelling.functions.items():
        (argument,) = function.variables
        lines.append(f"{name}({argument}):={maxima(function.expr)};")
    shown = []
    for point in points:
        shared = _given({**point.shared, COUNT: sp.Integer(len(point.samples))})
        shown.append(f"[{shared},[{','.join(map(_given, point.samples))}]]")
    return FUNCTIONS + "\n".join([*lines, f"points:[{','.join(shown)}];"]) + "\n"


def _given(numbers: dict[sp.Symbol, sp.Rational] | dict[sp.Symbol, sp.Expr]) -> str:
    return "[" + ",".join(f"{name}={maxima(number)}" for name, number in numbers.items()) + "]"


def _number(variant: Variant, part: Part, answer: Value, k: int) -> Tree:
    key, tolerance = maxima(answer.exact), maxima(answer.tolerance)
    feedback = (
        f"within(a,b):=if numberp(float(a)) then is(abs(float(a-b))<={tolerance}+1.0e-12*(1+abs(b))) else false;\n"
    )
    branches = [Branch(f"within(ans{k},ta{k})", ("Right.",), (f"ta{k}", f"float(ta{k})"))]
    for slip in number_slips(variant, part, answer):
        branches.append(Branch(f"within(ans{k},{maxima(slip.value)})", slip.why, (maxima(slip.value),)))
    how = "A whole number, a decimal or a fraction."
    return Tree("algebraic", f"ta{k}", f"ta{k}:{key};", feedback, tuple(branches), how)


def _shape(answer: Shape, k: int) -> Tree:
    key = f"[{answer.rows},{answer.columns}]"
    branches = [Branch(f"is(ans{k}=ta{k})", ("Right.",), (f"ta{k}",))]
    for (rows, columns), slip in shape_slips(answer):
        branches.append(Branch(f"is(ans{k}=[{rows},{columns}])", slip.why, (f"[{rows},{columns}]",)))
    letters = tuple(size for size in (answer.rows, answer.columns) if isinstance(size, str))
    how = "Rows and columns as <code>[rows,columns]</code>, such as <code>[4,2]</code>."
    return Tree("algebraic", f"ta{k}", f"ta{k}:{key};", "", tuple(branches), how, letters)


def _choice(options: Sequence[Option], k: int) -> Tree:
    listed = []
    for number, option in enumerate(options, 1):
        shown = "".join(rf"\(\displaystyle {latex(p)}\)" if isinstance(p, Node) else escape(p) for p in option.shown)
        listed.append(f"[{number},{'true' if option.right else 'false'},{_string(shown)}]")
    right = next(number for number, option in enumerate(options, 1) if option.right)
    branches = [Branch(f"is(ans{k}={right})", ("Right.",), (str(right),))]
    for number, option in enumerate(options, 1):
        if not option.right:
            branches.append(Branch(f"is(ans{k}={number})", option.why or ("Not right.",), (str(number),)))
    return Tree("radio", f"ta{k}", f"ta{k}:[{','.join(listed)}];", "", tuple(branches))


def _string(text: str) -> str:
    """A text as a string of Maxima."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- XML -----------------------------------------------------------------------------------------------------------


def _input(made: Element, k: int, own: Tree) -> None:
    element = ElementTree.SubElement(made, "input")
    radio = own.kind == "radio"
    for tag, content in (
        ("name", f"ans{k}"), ("type", own.kind), ("tans", own.key), ("boxsize", "40"), ("strictsyntax", "1"),
        ("insertstars", "0"), ("syntaxhint", ""), ("syntaxattribute", "0"), ("forbidwords", ""),
        ("allowwords", ", ".join(own.allowed)), ("forbidfloat", "0"), ("requirelowestterms", "0"),
        ("checkanswertype", "0"), ("mustverify", "0" if radio else "1"), ("showvalidation", "0" if radio else "1"),
        ("options", own.options),
    ):  # fmt: skip
        value(element, tag, content)


def _tree(made: Element, k: int, part: Part, own: Tree) -> None:
    element = ElementTree.SubElement(made, "prt")
    for tag, content in (
        ("name", f"prt{k}"), ("value", f"{part.marks}.0000000"), ("autosimplify", "1"), ("feedbackstyle", "1"),
    ):  # fmt: skip
        value(element, tag, content)
    text(element, "feedbackvariables", own.feedback)
    last = len(own.branches) - 1
    for number, branch in enumerate(own.branches):
        node = ElementTree.SubElement(element, "node")
        right = number == 0
        for tag, content in (
            ("name", str(number)), ("description", ""), ("answertest", "AlgEquiv"), ("sans", branch.condition),
            ("tans", "true"), ("testoptions", ""), ("quiet", "1"), ("truescoremode", "="),
            ("truescore", "1" if right else "0"), ("truepenalty", ""), ("truenextnode", "-1"),
            ("trueanswernote", note(k, number, True)),
        ):  # fmt: skip
            value(node, tag, content)
        text(node, "truefeedback", "" if right else f"<p>{prose(branch.said)}</p>", html=True)
        for tag, content in (
            ("falsescoremode", "="), ("falsescore", "0"), ("falsepenalty", ""),
            ("falsenextnode", "-1" if number == last else str(number + 1)),
            ("falseanswernote", note(k, number, False)),
        ):  # fmt: skip
            value(node, tag, content)
        text(node, "falsefeedback", "", html=True)


def note(tree: int, node: int, holds: bool) -> str:
    """The answer note of a node, counted from 1 as STACK does by itself."""
    return f"prt{tree}-{node + 1}-{'T' if holds else 'F'}"


def _tests(made: Element, trees: Sequence[Tree]) -> None:
    """A test for every answer that a branch is to find, the other parts answered right."""
    number = 0
    for k, own in enumerate(trees, 1):
        for place, branch in enumerate(own.branches):
            for form, answer in enumerate(branch.tests):
                if place == form == 0 and k > 1:
                    continue  # everything right is tested once
                number += 1
                test = ElementTree.SubElement(made, "qtest")
                value(test, "testcase", str(number))
                value(test, "description", "right" if place == 0 else f"part {k}: a slip")
                for j, other in enumerate(trees, 1):
                    given = ElementTree.SubElement(test, "testinput")
                    value(given, "name", f"ans{j}")
                    value(given, "value", answer if j == k else other.branches[0].tests[0])
                for j in range(1, len(trees) + 1):
                    expected = ElementTree.SubElement(test, "expected")
                    wrong = j == k and place > 0
                    value(expected, "name", f"prt{j}")
                    value(expected, "expectedscore", "0.0000000" if wrong else "1.0000000")
                    value(expected, "expectedpenalty", PENALTY if wrong else "0.0000000")
                    value(expected, "expectedanswernote", note(j, place if j == k else 0, True))
