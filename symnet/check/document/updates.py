"""Update rules of gradient descent: by their form, and where the gradient is written out, by what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symnet.algebra.expressions import Const, Ref, add, mul
from symnet.check.document.equations import Equation
from symnet.check.document.judged import Context, Judged, Remark, Step
from symnet.check.document.sides import Layers, Side, Subject, kind_of, parsed, readings
from symnet.check.document.steps import compared
from symnet.check.read.syntax import Del, Fraction, Group, Negative, Node, NotUnderstood, Number, Product, Symbol, Terms
from symnet.derive.reverse import adjoint_of

_RATE = re.compile(r"\\(?:gamma|eta|alpha|epsilon|varepsilon|mu|rho)(?![A-Za-z])|[γηαε]")


@dataclass(frozen=True, slots=True)
class Marked:
    """A quantity with the mark of its step: ``core`` is what stays the same from step to step."""

    core: str
    mark: tuple[str, int] | None = None


def update(equation: Equation, subject: Subject, context: Context) -> Judged | None:
    """An update rule judged; None if the equation is none."""
    if len(equation.members) != 2 or equation.members[1].relation not in ("=", "←", "→"):
        return None
    syntax = equation.formula.syntax
    try:
        left, _ = parsed(equation.members[0].text, subject.vocabulary, syntax)
        right, _ = parsed(equation.members[1].text, subject.vocabulary, syntax)
    except NotUnderstood:
        return _written_out(equation, subject, context)
    if not isinstance(right, Terms) or len(right.terms) != 2:
        return None
    (first_sign, kept), (sign, moved) = right.terms
    if first_sign != "+" or not _alike(left, kept, subject):
        return None
    gradient = next(_gradients(moved), None)
    if gradient is None:
        return _written_out(equation, subject, context)
    if not _is_cost(gradient.of, subject):
        return Judged(subject, "update", reason="the gradient is of something that is not this network's cost")
    step = Step(1, True, "update")
    where = equation.members[1].passage.start
    negative = sign == "-" and not isinstance(moved, Negative)
    if not negative:
        told = "gradient descent subtracts the gradient: with + the cost rises"
        return Judged(subject, "update", (replace(step, holds=False, code="sign", message=(told,)),))
    if gradient.by is not None and not _alike(gradient.by, kept, subject):
        told = "the derivative is by another parameter than the one that is updated"
        return Judged(subject, "update", (replace(step, holds=False, code="other_gradient", message=(told,)),))
    late = _late(equation, left, kept, gradient, subject)
    if late:
        return Judged(subject, "update", (replace(step, holds=False, code="step", message=(late,)),))
    if not gradient.rate:
        remark = Remark("no_rate", ("the step has no learning rate",), where)
        step = replace(step, remarks=(remark,))
    return Judged(subject, "update", (step,))


@dataclass(frozen=True, slots=True)
class _Gradient:
    """∇C(at), or ∂C/∂by, and whether there is a factor before it."""

    of: Node
    by: Node | None
    at: Node | None
    rate: bool


def _gradients(node: Node) -> Iterator[_Gradient]:
    """The gradient in a product, if it is written with ∇ or ∂, or as d and the parameter."""
    factors = list(_factors(node))
    for k, factor in enumerate(factors):
        following = factors[k + 1 : k + 3]
        if isinstance(factor, Symbol) and factor.base == "nabla" and following:
            by = factor.subs[0] if len(factor.subs) == 1 else None
            at = following[1].body if len(following) > 1 and isinstance(following[1], Group) else None
            if at is not None and by is None:
                by = at
            beside = k + 2 + (at is not None)
            yield _Gradient(following[0], by, at, k > 0 or beside < len(factors))
        elif isinstance(factor, Fraction):
            above, below = _operand(factor.top), _operand(factor.bottom)
            if above is not None and below is not None:
                yield _Gradient(above, below, None, len(factors) > 1)


def _factors(node: Node) -> Iterator[Node]:
    if isinstance(node, Group) and isinstance(node.body, Product):
        yield from _factors(node.body)
    elif isinstance(node, Product) and not set(node.signs) & {"/"}:
        for factor in node.factors:
            nested = isinstance(factor, Group) and isinstance(factor.body, Product)
            holds = nested and any(isinstance(f, Symbol) and f.base == "nabla" for f in factor.body.factors)  # type: ignore[attr-defined]
            yield from _factors(factor.body) if holds else [factor]  # type: ignore[attr-defined]
    else:
        yield node


def _operand(node: Node) -> Node | None:
    if isinstance(node, Del):
        return node.body
    if isinstance(node, Product) and isinstance(node.factors[0], Del):
        head = node.factors[0].body
        arguments = len(node.factors) == 2 and isinstance(node.factors[1], Group)
        return head if arguments and head is not None else None
    return None


def _is_cost(node: Node, subject: Subject) -> bool:
    if not isinstance(node, Symbol):
        return False
    found = subject.vocabulary.matches(Symbol(node.at, node.base), {})
    return any(m.tensor is not None and m.tensor.role == "cost" for m in found)


# -- marks of steps ------------------------------------------------------------------------------------------------


def _alike(one: Node, other: Node, subject: Subject) -> bool:
    """Whether both are one quantity, maybe at different steps; w_1 and w_2 are two where the network has both."""
    first, second = _marked(one), _marked(other)
    if first.core == second.core:
        return True
    a, b = _symbol(one), _symbol(other)
    if a is None or b is None or a.base != b.base:
        return False
    plain = [replace(symbol, primes=0) for symbol in (a, b)]
    if all(subject.vocabulary.matches(symbol, {}) for symbol in plain) and _numbered(a) and _numbered(b):
        return False
    differing = [
        (x, y)
        for mine, theirs in ((a.subs, b.subs), (a.sups, b.sups))
        for x, y in _pairs(mine, theirs)
        if _text(x) != _text(y)
    ]
    return len(differing) == 1 and all(
        node is None or _step(node) is not None or _text(node).isalpha() for pair in differing for node in pair
    )


def _numbered(symbol: Symbol) -> bool:
    """Whether a number is among the scripts."""
    scripts = (getattr(script, "body", script) for script in (*symbol.subs, *symbol.sups))
    return any(isinstance(script, Number) for script in scripts)


def _pairs(mine: Sequence[Node], theirs: Sequence[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    for k in range(max(len(mine), len(theirs))):
        yield (mine[k] if k < len(mine) else None), (theirs[k] if k < len(theirs) else None)


def _marked(node: Node) -> Marked:
    """A quantity w(i), w′ or w, and the step in its brackets."""
    if isinstance(node, Product) and len(node.factors) == 2 and isinstance(node.factors[1], Group):
        head, argument = node.factors
        if isinstance(head, Symbol):
            return Marked(_text(replace(head, primes=0)), _step(argument.body))  # type: ignore[attr-defined]
    if isinstance(node, Symbol):
        return Marked(_text(replace(node, primes=0)))
    return Marked("?" + repr(node))


def _symbol(node: Node) -> Symbol | None:
    if isinstance(node, Product) and isinstance(node.factors[0], Symbol):
        return node.factors[0]
    return node if isinstance(node, Symbol) else None


def _step(node: Node) -> tuple[str, int] | None:
    """The step that a mark says: i − 1 is (i, −1), 3 is ("", 3)."""
    if isinstance(node, Group):
        return _step(node.body)
    if isinstance(node, Symbol) and not (node.subs or node.sups):
        return node.base, 0
    if isinstance(node, Number) and node.text.isdigit():
        return "", int(node.text)
    if isinstance(node, Terms) and len(node.terms) == 2:
        (_, first), (sign, second) = node.terms
        if isinstance(first, Symbol) and isinstance(second, Number) and second.text.isdigit():
            return first.base, int(second.text) * (1 if sign == "+" else -1)
    return None


def _scripts_step(one: Node, other: Node) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """The steps of two marks, in brackets or in the one script that differs."""
    first, second = _marked(one), _marked(other)
    if first.mark is not None or second.mark is not None:
        return first.mark, second.mark
    a, b = _symbol(one), _symbol(other)
    if a is not None and b is not None:
        for mine, theirs in ((a.subs, b.subs), (a.sups, b.sups)):
            for x, y in _pairs(mine, theirs):
                if _text(x) != _text(y):
                    return (None if x is None else _step(x)), (None if y is None else _step(y))
    return None, None


def _late(equation: Equation, left: Node, kept: Node, gradient: _Gradient, subject: Subject) -> str:
    """What is wrong about the steps: the new value comes after the old one, and the gradient is taken at the old."""
    new, old = _scripts_step(left, kept)
    if new is not None and old is not None and new[0] == old[0] and new[1] <= old[1]:
        return "the left side must be of a later step than the right side"
    marked = _marked(left)
    if new is None and marked.mark is not None and marked == _marked(kept) and equation.members[1].relation == "=":
        return "the left side must be of a later step than the right side"
    for place in (gradient.at, gradient.by):
        if place is None or not _alike(place, kept, subject):
            continue
        there, here = _scripts_step(place, kept)
        if there is not None and here is not None and there[0] == here[0] and there[1] != here[1]:
            return "the gradient is taken at the value before the step"
    return ""


def _text(node: Node | None) -> str:
    """A tree as a text to compare, whatever its columns."""
    return re.sub(r"\bat=\d+", "", repr(node))


# -- gradients written out -----------------------------------------------------------------------------------------


def _written_out(equation: Equation, subject: Subject, context: Context) -> Judged | None:
    """A rule such as w₁ ← w₁ − η·2Σ(ŷ − y)x₁, compared with w₁ − η ∂C/∂w₁ for two values of η."""
    member, syntax = equation.members[1], equation.formula.syntax
    rates = set(_RATE.findall(member.text))
    if len(rates) != 1:
        return None
    (rate,) = rates
    left = equation.members[0]
    found_sides = [s for s in readings(left.text, subject, syntax) if kind_of(s) == "given"]
    if not found_sides or rate in left.text:
        return None
    side = found_sides[0]
    each = [s for s in side.concrete() if isinstance(s, Side) and isinstance(s.expr, Ref)]
    if not each or any(s.truth.tensor not in subject.network.parameters for s in each):  # type: ignore[attr-defined]
        return None
    step = Step(1, None, "update")
    for value in (1, 3):
        stepped = tuple(_stepped(one, value) for one in each)
        wanted = replace(side, each=stepped) if isinstance(side, Layers) else stepped[0]
        before = re.compile(rf"{re.escape(rate)}(?![A-Za-z])(?:\s|\\[,;:! ])*(?=[\w\\(\[{{])")
        text = before.sub(rf" ({value}) \\cdot ", member.text)
        text = text.replace(rate, f" ({value}) ")
        found = compared([wanted], text, subject, syntax, context.seed, plain=True)
        if not found.right:
            message = "the step must be the learning rate times the derivative of the cost"
            known = found.verdict.status == "different" and not found.loose
            step = replace(
                step, holds=False if known else None, code="gradient" if known else "",
                message=(message if known else found.verdict.message,), counterexample=found.verdict.counterexample,
            )  # fmt: skip
            return Judged(subject, "update", (step,))
    return Judged(subject, "update", (replace(step, holds=True),))


def _stepped(side: Side, rate: int) -> Side:
    """A parameter after a step with this learning rate."""
    assert isinstance(side.expr, Ref)
    slope = mul(Const(sp.Integer(-rate)), adjoint_of(side.expr.tensor)(*side.expr.index))
    return replace(side, expr=add(side.expr, slope), kind="quantity", value=None)
