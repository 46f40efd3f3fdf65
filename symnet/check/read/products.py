r"""The value of products: matrix products and element by element ones, fractions, functions and derivatives.

Where habits differ (a ⊙ b c, ``*`` between arrays) each way is a reading of its own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from symnet.check.read import functions, partials
from symnet.check.read.grouping import arranged
from symnet.check.read.shapes import ShapeError, Value, elementwise, inner, matmul, outer
from symnet.check.read.syntax import Applied, Group, Product, Relation

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

_Part = tuple[str, Value, int]


def product(resolver: Resolver, node: Product) -> Value:
    """The value of factors and the signs between them."""
    if resolver.python:
        pairs = zip(("", *node.signs), node.factors, strict=True)
        return _from_left(resolver, [(sign, resolver.value(part), part.at) for sign, part in pairs])
    parts = [(sign, resolver.value(part), part.at) for sign, part in arranged(resolver, node)]
    for sign, value, at in parts:
        if sign == "/" and not value.is_number and resolver.choices.taken.get("a/bc"):
            raise ShapeError("an array stands below the fraction bar", at)
    return _by_precedence(resolver, parts)


def applied(resolver: Resolver, node: Applied) -> Value:
    """A symbol of what it is applied to; arguments that are known from the network say nothing."""
    head, argument = node.head, node.argument
    if head.base == "nabla":
        return partials.gradient(resolver, head, argument)
    if functions.is_function(resolver, head):
        return functions.applied(resolver, head, argument.body if isinstance(argument, Group) else argument)
    if head.base == "one" and isinstance(argument, Group) and isinstance(argument.body, Relation):
        return functions.indicator(resolver, argument.body)
    return resolver.value(head)


def _combined(resolver: Resolver, a: Value, sign: str, b: Value, at: int) -> Value:
    if a.is_number and b.is_number and sign != "/":
        return elementwise(a, b, resolver.work, at, True)
    match sign:
        case "/":
            return resolver.divided(a, b, at)
        case "⊙":
            return elementwise(a, b, resolver.work, at, resolver.python)
        case "⊗":
            return outer(a, b, at)
        case "·" if _alike(a, b):
            return inner(a, b, resolver.work, at)
        case "*" if not (a.is_number or b.is_number):
            as_matrices = not (resolver.numpy or a.flat or b.flat) and resolver.choices.pick("*")
            if not as_matrices:
                resolver.by_element.add(at)
                return elementwise(a, b, resolver.work, at, resolver.python)
    return matmul(a, b, resolver.work, at)


def _alike(a: Value, b: Value) -> bool:
    """Whether both are rows, or both are columns."""
    return (a.vector is not None and b.vector is not None) and (a.row is None) == (b.row is None)


def _from_left(resolver: Resolver, parts: list[_Part]) -> Value:
    out = parts[0][1]
    for sign, value, at in parts[1:]:
        out = _combined(resolver, out, sign, value, at)
    return out


def _by_precedence(resolver: Resolver, parts: list[_Part]) -> Value:
    """⊙ binds looser than side by side, or tighter, where the other does not fit."""
    mixed = any(sign == "⊙" for sign, _, _ in parts[1:]) and any(
        sign in ("", "·") and not value.is_number and not before.is_number
        for (_, before, _), (sign, value, _) in pairwise(parts)
    )
    if not mixed:
        return _from_left(resolver, parts)
    loose = ("",) if resolver.choices.pick("⊙") else ("⊙",)
    chunks: list[list[_Part]] = [[parts[0]]]
    for part in parts[1:]:
        if part[0] in loose:
            chunks.append([part])
        else:
            chunks[-1].append(part)
    values = [(chunk[0][0], _from_left(resolver, chunk), chunk[0][2]) for chunk in chunks]
    return _from_left(resolver, values)
