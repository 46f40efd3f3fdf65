"""One side of an equation read on its own: what it is in a network, so that the other side can be asked about it.

A left side becomes a target like the one of ``symnet check``, whatever it is: a derivative of the cost, a quantity of
the network, a derivative of one quantity by another, or any expression.  The reader then reads the other side in the
target's indices.  Where a side can be read in several ways, all of them are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from symnet.algebra.expressions import ZERO, Apply, Axis, Expr, Index, Ref, Size, Tensor, refs, reindex, walk
from symnet.check.document.tex import matching
from symnet.check.read.declarations import Declaration, Labels, Match
from symnet.check.read.latex import parse_latex
from symnet.check.read.letters import Choices
from symnet.check.read.partials import settled
from symnet.check.read.python import parse_python
from symnet.check.read.resolve import Resolver
from symnet.check.read.shapes import BARE, ShapeError, Value, is_open, kind, tidy
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.syntax import Del, Fraction, Group, Node, NotUnderstood, Product, Symbol, checked
from symnet.check.read.syntax import walk as nodes
from symnet.network import SAMPLES, Network

Kind = Literal["derivative", "quantity", "cost", "given", "expression", "number"]
"""What a side is: ∂C/∂(something), a quantity computed by the network (or a derivative of one), the cost, an input,
target or parameter, anything else with quantities in it, or numbers alone."""

MAX_WAYS = 12
GIVEN = frozenset({"input", "target", "weight", "bias", "constant"})

_BLANK = Tensor("side", ())


@dataclass(frozen=True)
class Subject:
    """A declared network that the document may speak of, and what its symbols mean."""

    name: str
    network: Network
    vocabulary: Vocabulary
    known: dict[tuple[str, str], tuple[Target, ...]] = field(default_factory=dict, repr=False, compare=False)
    """Sides that have been read."""


@dataclass(frozen=True)
class Narrowed(Vocabulary):
    """A vocabulary in which symbols of several meanings have one: ``only`` says which declaration counts for which."""

    only: Mapping[str, Declaration] = field(default_factory=dict)

    def matches(self, symbol: Symbol, labels: Labels) -> list[Match]:
        """The meanings of a written symbol."""
        found = super().matches(symbol, labels)
        chosen = self.only.get(_written(symbol))
        kept = [m for m in found if chosen is not None and m.declaration == chosen]
        return kept or found


def narrowed(text: str, vocabulary: Vocabulary, syntax: str) -> Iterator[Vocabulary]:
    """The vocabularies in which every symbol of the text that could mean several things means one of them."""
    try:
        tree, _ = parsed(text, vocabulary, syntax)
    except NotUnderstood:
        return
    unsure: dict[str, list[Declaration]] = {}
    for node in nodes(tree):
        if isinstance(node, Symbol) and _written(node) not in unsure:
            meant = [m.declaration for m in vocabulary.matches(node, {})]
            if len(meant) > 1:
                unsure[_written(node)] = meant
    if 0 < len(unsure) <= 3:
        for chosen in product(*unsure.values()):
            yield Narrowed(vocabulary.network, vocabulary.names, dict(zip(unsure, chosen, strict=True)))


def _written(symbol: Symbol) -> str:
    """The symbol whatever its column."""
    return re.sub(r"\bat=\d+", "", repr(symbol))


@dataclass(frozen=True)
class Side(Target):
    """A side as a target: ``expr`` is what it says, in the axes of ``index``."""

    expr: Expr = ZERO
    kind: Kind = "expression"
    value: Value | None = field(default=None, repr=False, compare=False)

    @property
    def truth(self) -> Expr:
        """What the other side must equal."""
        return self.expr


@dataclass(frozen=True)
class Layers(Target):
    """A side of a generic layer, read at every layer that it may stand for."""

    each: tuple[Target, ...] = ()

    def concrete(self) -> tuple[Target, ...]:
        """The side at every layer."""
        return self.each


def parsed(text: str, vocabulary: Vocabulary, syntax: str) -> tuple[Node, bool]:
    """The tree of a side, and whether it is Python's.  Raises NotUnderstood."""
    checked(text)
    try:
        return parse_latex(text, vocabulary.words), False
    except NotUnderstood:
        if syntax != "auto":
            raise
        return parse_python(text), True


def readings(text: str, subject: Subject, syntax: str = "latex") -> tuple[Target, ...]:
    """Every way to read a side; () where there is none.

    A target of the cost's derivative is an ordinary one, so that what is wrong about it can be diagnosed.
    """
    if (text, syntax) not in subject.known:
        subject.known[text, syntax] = _readings(text, subject, syntax)
    return subject.known[text, syntax]


def _readings(text: str, subject: Subject, syntax: str) -> tuple[Target, ...]:
    try:
        tree, python = parsed(text, subject.vocabulary, syntax)
        found = list(_ways(text, tree, subject.vocabulary, python, {}))
        if found:
            return tuple(found)
        return tuple(_generic(text, tree, subject.vocabulary, python))
    except (NotUnderstood, RecursionError):
        return ()
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):  # a fault of ours is no reading
        return ()


def _generic(text: str, tree: Node, vocabulary: Vocabulary, python: bool) -> Iterator[Target]:
    """The side at every layer that a letter of its scripts may be the label of."""
    depth = vocabulary.network.depth
    for letter in dict.fromkeys(_script_letters(tree)):
        each: list[Target] = []
        for layer in range(depth + 2):
            each += list(_ways(text, tree, vocabulary, python, {letter: layer}))[:1]
        each = list(_meant(each, vocabulary))
        if each:
            first = each[0]
            yield Layers(text, vocabulary, first.tensor, first.index, first.letters, first.whole, each=tuple(each))
            return


def _meant(each: Sequence[Target], vocabulary: Vocabulary) -> Sequence[Target]:
    """The layers that a side is of: not that of the inputs, which have no δ, no activation and no weights."""
    derivatives = [one for one in each if not isinstance(one, Side)]
    computed = [one for one in derivatives or each if kind_of(one) != "given"]
    beyond = [one for one in computed if vocabulary.network.x not in {ref.tensor for ref in refs(one.truth)}]
    return beyond or computed or each


def _script_letters(tree: Node) -> Iterator[str]:
    for node in nodes(tree):
        if isinstance(node, Symbol):
            for script in (*node.sups, *node.subs):
                for inner in nodes(script):
                    if isinstance(inner, Symbol) and len(inner.base) == 1 and inner.base not in "T":
                        yield inner.base


def _ways(text: str, tree: Node, vocabulary: Vocabulary, python: bool, labels: Mapping[str, int]) -> Iterator[Target]:
    todo: list[dict[str, int]] = [{}]
    done: set[tuple[tuple[str, int], ...]] = set()
    known: set[tuple[Expr, Axis | None, Axis | None]] = set()
    while todo and len(done) < MAX_WAYS:
        taken = todo.pop(0)
        key = tuple(sorted((k, v) for k, v in taken.items() if v))
        if key in done:
            continue
        done.add(key)
        choices = Choices(taken)
        resolver = Resolver(vocabulary, Target(text, vocabulary, _BLANK, (), labels=labels), choices, python)
        try:
            side = _side(text, tree, resolver, labels)
        except (NotUnderstood, ShapeError):
            side = None
        todo += [{**taken, name: w} for name, ways in choices.seen.items() if name not in taken for w in range(ways)]
        if side is not None and (side.truth, side.row, side.column) not in known:
            known.add((side.truth, side.row, side.column))
            yield side


def _side(text: str, tree: Node, resolver: Resolver, labels: Mapping[str, int]) -> Target | None:
    value = resolver.value(tree)
    if resolver.work.notes:
        return None
    sides = [a for a in (value.row, value.column) if a is not None]
    if any(is_open(a) and a.size == "?" for a in (*value.expr.axes, *sides)):
        return None
    letters = {name: letter.axis for name, letter in resolver.scopes.levels[0].items() if letter.axis is not None}
    if set(value.expr.axes) - {*sides, *letters.values(), BARE}:
        return None
    if letters and any(kind(a) == SAMPLES.name for a in sides):
        return None  # an element over all samples at once: it is read sample by sample
    value, letters = _plain(value, letters)
    expr = tidy(settled(value.expr))
    whole = not value.is_number
    row, column = value.row, value.column
    what = _kind(tree, expr, resolver)
    common = {"letters": letters, "whole": whole, "row": row, "column": column, "labels": labels}
    if what == "derivative" and isinstance(expr, Ref) and expr.tensor.of is not None:
        if not whole and not letters and expr.tensor.axes and expr.tensor.of.role not in ("pre", "unit"):
            whole = any(isinstance(i, Axis) for i in expr.index)
        return Target(_by(text), resolver.vocabulary, expr.tensor.of, expr.index, **common)  # type: ignore[arg-type]
    index: list[Index] = [a for a in expr.axes if a == SAMPLES]
    index += [a for a in (*letters.values(), row, column) if a is not None and a not in index]
    index += [a for a in expr.axes if a not in index]
    tensor = Tensor("side", tuple(i for i in index if isinstance(i, Axis)))
    return Side(text, resolver.vocabulary, tensor, tuple(index), **common, expr=expr, kind=what, value=value)  # type: ignore[arg-type]


_FRACTION = re.compile(r"\\[dt]?frac\s*\{")
_DEL = re.compile(r"\s*(?:\\partial|∂|\\mathrm\{d\}|d)\s*")


def _by(text: str) -> str:
    """What a derivative is by, as it is written; a name such as δ stands for itself."""
    match = _FRACTION.match(text.strip())
    if match is None:
        return re.sub(r"^.*/\s*(?:\\partial|∂|d)\s*", "", text.strip())
    body = text.strip()
    above = matching(body, match.end() - 1)
    if above is None or body[above + 1 : above + 2] != "{":
        return text
    below = matching(body, above + 1)
    inner = body[above + 2 : below]
    start = _DEL.match(inner)
    return inner[start.end() :].strip() if start else text


def _plain(value: Value, letters: Mapping[str, Axis]) -> tuple[Value, dict[str, Axis]]:
    """The running indices by their plain names, as the network's own equations have them, as far as these are free."""
    mapping: dict[Axis, Axis] = {BARE: SAMPLES}
    taken = {SAMPLES.name} if BARE in value.expr.axes else set()
    for axis in dict.fromkeys((*letters.values(), value.row, value.column)):
        if axis is None or is_open(axis):
            continue
        name = kind(axis)
        while name in taken:
            name += "'"
        taken.add(name)
        mapping[axis] = Axis(name, axis.size)
    moved = {a: b for a, b in mapping.items() if a != b}
    expr = reindex(value.expr, moved)
    row, column = (None if a is None else mapping.get(a, a) for a in (value.row, value.column))
    return Value(expr, row, column, value.flat), {name: mapping.get(a, a) for name, a in letters.items()}


def _kind(tree: Node, expr: Expr, resolver: Resolver) -> Kind:
    used = [node for node in walk(expr) if isinstance(node, Ref | Size)]
    if isinstance(tree, Group):
        return _kind(tree.body, expr, resolver)
    if is_partial(tree):
        return "derivative" if isinstance(expr, Ref) and expr.tensor.role == "adjoint" else "quantity"
    if not used:  # what is 0 or 1 whatever its quantities are is no number that somebody wrote down
        spoken = any(isinstance(node, Symbol) and resolver.match(node) is not None for node in nodes(tree))
        return "expression" if spoken else "number"
    if isinstance(expr, Ref):
        role = expr.tensor.role
        if role == "adjoint":
            return "derivative"
        return "cost" if role == "cost" else "given" if role in GIVEN else "quantity"
    if isinstance(expr, Size):
        return "given"
    if isinstance(tree, Symbol):
        return "quantity"
    applied = isinstance(tree, Product) and isinstance(tree.factors[0], Symbol) and isinstance(expr, Apply)
    return "quantity" if applied else "expression"


def is_partial(tree: Node) -> bool:
    """Whether a side is one derivative, written as a fraction or with ∇."""
    match tree:
        case Fraction(top=top, bottom=bottom):
            return any(_has_del(part) for part in (top, bottom))
        case Product(factors=(Symbol(base="nabla"), *_)):
            return len(tree.factors) <= 3
        case Product(factors=(Del(), Del()), signs=("/",)):
            return True
        case Product(factors=(Fraction(top=Del(body=None)), *_)):
            return True
    return False


def _has_del(node: Node) -> bool:
    head = node.factors[0] if isinstance(node, Product) else node
    return isinstance(head, Del) or (isinstance(head, Symbol) and head.base == "d")


def kind_of(target: Target) -> Kind:
    """What a side is; an ordinary target is a derivative of the cost."""
    if isinstance(target, Layers):
        return kind_of(target.each[0])
    return target.kind if isinstance(target, Side) else "derivative"


def value_of(target: Target) -> Value:
    """A side's expression, and the axes along which it lies."""
    if isinstance(target, Side) and target.value is not None:
        return target.value
    return Value(target.truth, target.row, target.column)


_BARE_SUM = re.compile(r"(\\sum|∑|Σ)(?:\\limits|\\nolimits)?(?!\s*(?:\\limits|\\nolimits)?\s*[_^])(?![A-Za-z])")
_SUBSCRIPT = re.compile(r"_\s*([a-z])|_\s*\{([^{}]*)\}|([ᵢⱼₖ])")


def with_sum_index(text: str, letters: Sequence[str]) -> tuple[str, str] | None:
    """The text with the index below a bare Σ that can only be meant, and that index.

    There is one only where a single letter occurs as an index that is not of the other side.
    """
    if not _BARE_SUM.search(text):
        return None
    scripts = " ".join(part for match in _SUBSCRIPT.finditer(text) for part in match.groups() if part)
    found = set(re.findall("[a-z]", scripts.translate(str.maketrans("ᵢⱼₖ", "ijk"))))
    open_letters = found - set(letters)
    if len(open_letters) != 1:
        return None
    (letter,) = open_letters
    return _BARE_SUM.sub(lambda m: f"{m[0]}_{letter} ", text), letter


__all__ = ["Kind", "Layers", "Side", "Subject", "kind_of", "parsed", "readings", "value_of", "with_sum_index"]
