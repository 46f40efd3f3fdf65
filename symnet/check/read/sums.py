"""Sums: which axis a letter below Σ runs over, which samples a bare quantity is of, sums over a part of an axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from symnet.algebra.expressions import Axis, Const, Expr, Same, Size, add, mul, reindex
from symnet.check.read.declarations import OWN, label_of
from symnet.check.read.letters import written
from symnet.check.read.shapes import BARE, Value, described, everything, kind, summed
from symnet.check.read.syntax import (
    BigSum,
    Group,
    Listing,
    Node,
    NotUnderstood,
    Number,
    Product,
    Relation,
    Symbol,
    Terms,
)
from symnet.check.read.tokens import letter_of
from symnet.network import SAMPLES

if TYPE_CHECKING:
    from symnet.check.read.letters import Letter
    from symnet.check.read.resolve import Resolver


Stop = int | Axis | Symbol | None

_SAMPLE_SIZES = ("n", "N", "m", "M")
"""Letters that stand for the number of samples where nothing else says what a sum runs over."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``start`` to ``stop``: a number, an axis (all of it), a letter that was not declared, or None."""

    start: int | None = None
    stop: Stop = None


def big_sum(resolver: Resolver, node: BigSum) -> Value:
    """Σ as LaTeX writes it."""
    letters, start, unequal = _below(node.below)
    stop = _stop(resolver, node.above, int(start == 0))
    if len(letters) > 1 and stop is not None:
        raise NotUnderstood("an upper bound for several letters is not understood", node.at)
    bounds = Bounds(start, stop)
    return over(resolver, letters, dict.fromkeys(letters, bounds), node.body, node.at, unequal)


def over(
    resolver: Resolver,
    letters: list[str],
    bounds: dict[str, Bounds],
    body: Node,
    at: int,
    unequal: list[tuple[Node, Node]] | None = None,
) -> Value:
    """Σ over the letters, or over the samples where there is none."""
    scope = resolver.scopes.push(letters)
    for name in letters:
        stop = bounds[name].stop
        if stop == SAMPLES:
            scope[name].axis = resolver.work.fresh(SAMPLES)
    value = resolver.value(body)
    for first, second in unequal or []:
        value = replace(value, expr=mul(value.expr, _unequal(resolver, first, second)))
    resolver.scopes.pop()
    if not letters:
        if BARE not in value.expr.axes:
            raise NotUnderstood("Σ over what? write the index below it", at)
        return _over_samples(resolver, value)
    for name in reversed(letters):
        value = _over(resolver, scope[name], bounds[name], value, at)
    return value


def _over(resolver: Resolver, letter: Letter, bounds: Bounds, value: Value, at: int) -> Value:
    axis = letter.axis
    if isinstance(bounds.stop, Symbol):
        _to_the_end(resolver, bounds.stop, axis)
    if axis is None or (kind(axis) == "s" and axis not in value.expr.axes):
        unsaid = bounds.stop is None or isinstance(bounds.stop, Symbol)
        if BARE in value.expr.axes and (unsaid or axis is not None):
            return _over_samples(resolver, value)
        if axis is None:
            return replace(value, expr=mul(_repeated(resolver, letter, bounds, at), value.expr))
    if kind(axis) == "s" and BARE in value.expr.axes:
        value = replace(value, expr=reindex(value.expr, {BARE: axis}))
    return replace(value, expr=_within(axis, bounds, value.expr, at))


def _over_samples(resolver: Resolver, value: Value) -> Value:
    axis = resolver.work.fresh(SAMPLES)
    return replace(value, expr=summed(axis, reindex(value.expr, {BARE: axis})))


def _repeated(resolver: Resolver, letter: Letter, bounds: Bounds, at: int) -> Expr:
    """How often a term is added that does not depend on the letter."""
    if isinstance(bounds.stop, Axis):
        return Size(SAMPLES) if kind(bounds.stop) == "s" else resolver.size(bounds.stop)
    if isinstance(bounds.stop, int):
        return Const(sp.Integer(bounds.stop - (bounds.start or 1) + 1))
    if isinstance(bounds.stop, Symbol):  # the number of samples, else it was not understood
        return Size(SAMPLES)
    if resolver.network.sample_axes and letter.name == resolver.vocabulary.notation.sample_letter:
        return Size(SAMPLES)
    raise NotUnderstood(f"what does {letter.name} run over? nothing below the sum depends on it", at)


def _within(axis: Axis, bounds: Bounds, body: Expr, at: int) -> Expr:
    """Σ over the axis, or over the part of it that the bounds say."""
    start, stop = bounds.start, bounds.stop
    alike = isinstance(stop, Axis) and (kind(stop) == kind(axis) or stop.size == axis.size == str(stop.size))
    if isinstance(stop, Axis) and not alike:
        raise NotUnderstood(f"the sum ends at {described(stop)}, its index runs over {described(axis)}", at)
    if isinstance(stop, Axis | Symbol) or stop is None:
        if start not in (None, 0, 1):
            raise NotUnderstood("a sum that begins later than at 1 needs a number as its end", at)
        return summed(axis, body)
    if not isinstance(axis.size, int):
        raise NotUnderstood(f"a sum to {stop} over any number of samples is not understood", at)
    first = 1 if start is None else start
    if (first, stop) in ((1, axis.size), (0, axis.size - 1)):
        return summed(axis, body)
    if first < 1 or stop > axis.size or stop - first > 100:
        raise NotUnderstood(f"the sum runs from {first} to {stop}, the index from 1 to {axis.size}", at)
    return add(*(reindex(body, {axis: k}) for k in range(first, stop + 1)))


def _unequal(resolver: Resolver, first: Node, second: Node) -> Expr:
    known = [resolver.scopes.find(n.base) if isinstance(n, Symbol) else None for n in (first, second)]
    axis = next((letter.axis for letter in known if letter is not None and letter.axis is not None), None)
    if axis is None:
        raise NotUnderstood("what these letters run over is not known", first.at)
    one, other = (resolver.scopes.index(n, axis, "≠") for n in (first, second))
    return Same(one, other, negated=True)


def _below(node: Node | None) -> tuple[list[str], int | None, list[tuple[Node, Node]]]:
    """Letters, start and inequalities of what stands below Σ."""
    letters: list[str] = []
    start: int | None = None
    unequal: list[tuple[Node, Node]] = []
    parts: tuple[Node, ...] = () if node is None else (node,)
    if isinstance(node, Product) and not any(node.signs):
        parts = node.factors
    elif isinstance(node, Listing):
        parts = node.items
    for part in parts:
        match part:
            case Symbol(subs=(), sups=(), primes=0, base=base):
                letters.append(base)
            case Relation(operands=(Symbol(base=base, subs=(), sups=()), Number() as number), signs=("=",)):
                letters.append(base)
                start = _whole(number)
            case Relation(operands=(Symbol(base=base) as first, Symbol() as second), signs=("!=",)):
                if base not in letters:
                    letters.append(base)
                unequal.append((first, second))
            case _:
                raise NotUnderstood("below Σ an index is expected, such as i, i=1 or k≠i", part.at)
    return letters, start, unequal


def _to_the_end(resolver: Resolver, bound: Symbol, axis: Axis | None) -> None:
    """A letter that was not declared means to the end, where nothing else can be meant.

    Raises NotUnderstood where it could be another size: that of another sum or layer, or of a part of the axis.
    """
    name = written(bound)
    index = resolver.scopes.find(bound.base) is not None and not bound.subs
    if len(letter_of(bound.base)) > 1:
        raise NotUnderstood(f"what is {name}? it is not declared", bound.at)
    if index or bound.primes or bound.sups or label_of(bound, resolver.labels) is not None:
        raise NotUnderstood(f"a sum to {name} is not understood, for {name} is an index or a label", bound.at)
    if axis is None:
        if bound.base not in _SAMPLE_SIZES or bound.subs or not resolver.network.sample_axes:
            raise NotUnderstood(f"what is {name}? it is not declared, and nothing below the sum says it", bound.at)
        axis = SAMPLES
    label = label_of(bound.subs[0], resolver.labels) if len(bound.subs) == 1 else None
    if bound.subs and (label is None or kind(axis) not in _labelled(resolver, label)):
        raise NotUnderstood(f"what is {name}? it is not declared, and the sum is over {described(axis)}", bound.at)
    if resolver.bounds.setdefault(name, axis) != axis and kind(resolver.bounds[name]) != kind(axis):
        raise NotUnderstood(f"{name} is not declared, and two sums of different length end at it", bound.at)


def _labelled(resolver: Resolver, label: int) -> set[str]:
    """What the units of the layer with this label run over, by the labels of the declared quantities."""
    declarations = (d for found in resolver.vocabulary.declarations.values() for d in found)
    tensors = (d.meaning.tensors.get(label) for d in declarations if d.rank <= OWN and len(d.meaning.tensors) > 1)
    layers = {t.layer for t in tensors if t is not None and t.of is None and t.role in ("unit", "pre", "input")}
    return {f"u{layer}" for layer in layers or {label}}


def _stop(resolver: Resolver, node: Node | None, missing: int = 0) -> Stop:
    """The upper bound: a number, the samples, the units of a layer, or a letter that was not declared.

    ``missing`` is what must be subtracted from a bound in letters for the sum to reach the end: 1 where it begins at 0
    and includes its bound.
    """
    if isinstance(node, Group):
        return _stop(resolver, node.body, missing)
    if node is None:
        return None
    if isinstance(node, Number):
        return _whole(node)
    less = 0
    if isinstance(node, Terms):
        match node.terms:
            case (("+", first), ("-", Number() as second)):
                node, less = first, _whole(second)
            case _:
                raise NotUnderstood("this upper bound is not understood", node.at)
    if isinstance(node, Number):
        return _whole(node) - less
    if isinstance(node, Symbol):
        if less != missing:
            raise NotUnderstood("a sum over a part of the samples or units is not understood", node.at)
        match = resolver.match(node)
        meaning = match.declaration.meaning if match is not None else None
        if meaning is None:
            return node
        if meaning.kind == "samples":
            return SAMPLES
        if meaning.kind == "size":
            axes = resolver.network.unit_axes[int(meaning.value or 0)]
            return axes[0] if axes else 1
    raise NotUnderstood("this upper bound is not understood", node.at)


def _whole(node: Number) -> int:
    """A bound in digits."""
    if not node.text.isdigit():
        raise NotUnderstood("the bounds of a sum are whole numbers", node.at)
    return int(node.text)


def python_bounds(resolver: Resolver, node: Node) -> tuple[str, Bounds]:
    """The letter and bounds of sympy's (i, 1, n)."""
    body = node.body if isinstance(node, Group) else node
    if isinstance(body, Listing) and len(body.items) == 3:
        letter, start, stop = body.items
        if isinstance(letter, Symbol) and isinstance(start, Number):
            first = _whole(start)
            return letter.base, Bounds(first, python_stop(resolver, stop, int(first == 0)))
    raise NotUnderstood("expected the index and its bounds, such as (i, 1, n)", node.at)


def python_stop(resolver: Resolver, node: Node, missing: int = 0) -> Stop:
    """The bound of a sum in Python: n, 4, len(X), X.shape[0], n - 1."""
    if isinstance(node, Number | Symbol | Terms):
        return _stop(resolver, node, missing)
    found = resolver.value(node).expr
    if isinstance(found, Size) and not missing:
        return found.axis
    if isinstance(found, Const) and found.value.is_Integer:
        return int(found.value)
    raise NotUnderstood("this bound is not understood", node.at)


def python_sum(resolver: Resolver, value: Value) -> Value:
    """sum() of an array: over the samples of bare quantities and over every axis."""
    if BARE in value.expr.axes:
        value = _over_samples(resolver, value)
    return everything(value)
