"""Definitions of activation functions and of their derivatives, each checked on a neuron that has that activation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import sympy as sp

from symnet.activations import ACTIVATIONS, Activation
from symnet.check.document.equations import Equation, Member
from symnet.check.document.judged import Context, Judged, Step
from symnet.check.document.judging import chain
from symnet.check.document.passages import Passage
from symnet.check.document.sides import Subject, parsed
from symnet.check.read.symbols import Vocabulary
from symnet.check.read.syntax import Group, Node, NotUnderstood, Product, Symbol, walk
from symnet.check.read.tokens import FUNCTIONS, GREEK, letter_of
from symnet.network import Dense, Input, Network

ALIASES: Mapping[str, str] = {
    "sigmoid": "sigmoid", "logistic": "sigmoid", "logistic sigmoid": "sigmoid", "expit": "sigmoid", "sig": "sigmoid",
    "tanh": "tanh", "hyperbolic tangent": "tanh", "relu": "relu", "rectified linear unit": "relu", "rectifier": "relu",
    "linear": "linear", "identity": "linear", "line": "linear", "softplus": "softplus", "silu": "silu",
    "swish": "silu", "elu": "elu", "leaky relu": "leaky_relu", "lrelu": "leaky_relu", "leakyrelu": "leaky_relu",
    "gelu": "gelu",
}  # fmt: skip
"""What activation functions are called in words."""

LOOSE = ("linear",)
"""Names that are given to much else: what does not fit is not called wrong for its name."""

_PLAIN = ("e", "pi", "one")


def named(label: str) -> Activation | None:
    """The activation that a label names, with or without “function”."""
    words = re.sub(r"[^a-z ]", " ", label.lower())
    words = " ".join(w for w in words.split() if w not in ("function", "the", "activation", "unit", "a"))
    words = words or label.lower()
    name = ALIASES.get(words) or ALIASES.get(f"{words} unit")
    return ACTIVATIONS[name] if name else None


def definition(equation: Equation, subjects: Sequence[Subject], context: Context) -> Judged | None:
    """An equation such as σ(x) = 1/(1 + e⁻ˣ), or σ′(x) = …, judged; None if it is none.

    What a function is called may be fixed by its name, by the label before it, by the document, or by a network.
    """
    head = _head(equation, subjects)
    if head is None:
        return None
    function, primes, argument = head
    fixed = named(equation.formula.label) or named(function)
    loose = fixed is not None and fixed.name in LOOSE
    declared = [a for s in subjects if (a := _declared(s, function)) is not None]
    if primes:
        known = [a for a in (context.functions.get(function), fixed, *declared) if a is not None]
        known += [ACTIVATIONS["sigmoid"]] if function == "sigma" and not known else []
        found = [_judged(equation, one, function, argument, context) for one in dict.fromkeys(known)]
        best = max(found, key=lambda j: j.rank, default=None)
        return (
            best
            if best is not None
            else Judged(None, "activation", reason=f"what {letter_of(function)} is, is not said")
        )
    candidates = [fixed] if fixed else [*declared, *ACTIVATIONS.values()]
    found = [
        _judged(equation, one, function, argument, context)
        for one in dict.fromkeys(a for a in candidates if not a.normalised)
    ]
    for one, judged in zip(dict.fromkeys(a for a in candidates if not a.normalised), found, strict=True):
        if judged.perfect:
            context.functions[function] = one
            return judged
    context.functions.pop(function, None)
    certain = [j for j in found[: max(1, len(declared))] if j.known]
    if (fixed or declared) and certain and not loose:
        return certain[0]
    reason = next((j.reason for j in found if j.reason), f"{letter_of(function)} is none of the activations known here")
    return Judged(None, "activation", reason=reason)


def labelled(equation: Equation, subjects: Sequence[Subject], context: Context) -> Judged | None:
    """A single expression that is called an activation, “Sigmoid: 1/(1 + e⁻ˣ)”, judged; None if it is none."""
    one = named(equation.formula.label)
    if one is None or len(equation.members) != 1:
        return None
    (member,) = equation.members
    tree = _tree(member.text, subjects[0])
    free = set() if tree is None else _free(tree)
    called = {name for s in subjects for name in s.vocabulary.functions}
    if len(free) != 1 or free & called:
        return None
    (argument,) = free
    if not argument.isalpha():
        return None
    start = member.passage.start
    text = f"f({_written(argument)})"
    left = Member(Passage(text, (start,) * len(text), start), "")
    whole = replace(equation, members=(left, Member(member.passage, "=")))
    judged = _judged(whole, one, "f", argument, context)
    steps = tuple(replace(step, member=0) for step in judged.steps)
    known = judged.perfect if one.name in LOOSE else judged.known
    return replace(judged, steps=steps) if known else None


def _head(equation: Equation, subjects: Sequence[Subject]) -> tuple[str, int, str] | None:
    """The function, its strokes, and its argument, of an equation that is about one argument only."""
    if len(equation.members) < 2:
        return None
    trees = [_tree(m.text, subjects[0]) for m in equation.members]
    left = trees[0]
    if not isinstance(left, Product) or len(left.factors) != 2 or left.signs != ("",):
        return None
    head, argument = left.factors
    inner = argument.body if isinstance(argument, Group) else argument
    if not (isinstance(head, Symbol) and isinstance(inner, Symbol)) or head.subs or head.sups:
        return None
    if inner.subs or inner.sups or inner.primes:
        return None
    plain = Symbol(head.at, head.base)
    if named(head.base) is None and any(s.vocabulary.matches(plain, {}) for s in subjects):
        return None
    allowed = {inner.base, head.base, "alpha"}
    if any(tree is not None and _free(tree) - allowed for tree in trees[1:]):
        return None
    return head.base, head.primes, inner.base


def _tree(text: str, subject: Subject) -> Node | None:
    words = {name for name in ALIASES if name.isalpha()} | subject.vocabulary.words
    try:
        return parsed(text, _Words(words), "latex")[0]  # type: ignore[arg-type]
    except NotUnderstood:
        return None


class _Words:
    """Names of several letters, for a text that is parsed before it has a network."""

    def __init__(self, words: set[str]) -> None:
        self.words = words


def _free(tree: Node) -> set[str]:
    """The letters of an expression that are no function's name."""
    found = set()
    for node in walk(tree):
        if isinstance(node, Symbol) and node.base not in FUNCTIONS and node.base not in (*_PLAIN, "'"):
            scripted = bool(node.subs) or any(isinstance(s, Symbol) for s in node.sups)
            found.add(f"{node.base}…" if scripted and node.base != "one" else node.base)
    return found - {"alpha"}


def _declared(subject: Subject, function: str) -> Activation | None:
    """The activation that a network's file, or one of its layers, calls so."""
    own = any(d.meaning.kind == "activation" for d in subject.vocabulary.declarations.get(function, ()))
    used = {layer.function for layer in subject.network.layers}
    found = subject.vocabulary.functions.get(function)
    return found if found is not None and (own or found in used) else None


def _judged(equation: Equation, one: Activation, function: str, argument: str, context: Context) -> Judged:
    """The equation in a neuron whose activation is ``one``, under that function's name."""
    subject = _neuron(one, function, argument)
    if subject is None:
        return Judged(None, "activation", reason="the function has the name of something else")
    judged = chain(equation, subject, Context((), {}, context.seed))
    if one.constants and not judged.perfect:
        usual = _usual(equation, one, function, argument, context)
        judged = usual if usual is not None else judged
    about = f"{'the derivative of ' if _strokes(equation) else ''}the {one.name.replace('_', ' ')} function"
    steps: list[Step] = []
    for step in judged.steps:
        told = step.message
        if step.holds is False and not step.should_be:
            told = (f"this is not {about}", *((": ", *told) if told else ()))
        steps.append(replace(step, kind="activation", message=told))
    return replace(judged, subject=None, kind="activation", steps=tuple(steps), about=about)


def _usual(equation: Equation, one: Activation, function: str, argument: str, context: Context) -> Judged | None:
    """The equation at the usual value of a constant, if it holds there: max(αx, x) is leaky ReLU only for α ≤ 1."""
    values = {name: sp.Rational(str(value)) for name, value in one.constants.items()}
    expr = one.expr.xreplace({s: values[s.name] for s in one.expr.free_symbols if s.name in values})
    subject = _neuron(Activation(one.name, expr, one.letter), function, argument)
    if subject is None:
        return None
    pattern = re.compile("|".join(rf"\\{name}(?![A-Za-z])|{letter_of(name)}" for name in values))
    named_values = {key: str(one.constants[name]) for name in values for key in (f"\\{name}", letter_of(name))}
    members = tuple(
        replace(m, passage=m.passage.sub(pattern, lambda found: f" {named_values[found[0]]} "))
        for m in equation.members
    )
    judged = chain(replace(equation, members=members), subject, Context((), {}, context.seed))
    return judged if judged.perfect else None


def _strokes(equation: Equation) -> bool:
    """Whether the left side is a derivative."""
    return bool(re.search(r"'|′|\\prime", equation.members[0].text))


@lru_cache(maxsize=256)
def _neuron(one: Activation, function: str, argument: str) -> Subject | None:
    network = Network(Input(1), Dense(1, one, bias=False), samples=1)
    names = {_written(argument): "input", _written(function): "activation 1"}
    if argument == function:
        return None
    return Subject(one.name, network, Vocabulary(network, names))


def _written(base: str) -> str:
    return base if len(base) == 1 or base not in GREEK else f"\\{base}"
