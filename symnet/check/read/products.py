r"""Products as they are written: functions and their arguments, ∇C, a / b, ⊙ beside matrix products.

Where habits differ (``a/bc``, ``\ln ab``, a ⊙ b c, ``*`` between arrays) each way is a reading of its own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from symnet.check.read import elements, functions, partials
from symnet.check.read.shapes import ShapeError, Value, elementwise, inner, matmul, outer
from symnet.check.read.syntax import Del, Group, Node, NotUnderstood, Number, Product, Relation, Scripted, Symbol

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

_Part = tuple[str, Value, int]


def product(resolver: Resolver, node: Product) -> Value:
    """The value of factors and the signs between them."""
    parts = _parts(resolver, list(node.factors), ["", *node.signs])
    if resolver.python:
        return _from_left(resolver, parts)
    return _by_precedence(resolver, parts)


def _parts(resolver: Resolver, nodes: list[Node], signs: list[str]) -> list[_Part]:
    """Every factor's value with the sign before it; functions have taken their arguments."""
    out: list[_Part] = []
    at = 0
    while at < len(nodes):
        node, sign = nodes[at], signs[at]
        following = nodes[at + 1] if at + 1 < len(nodes) and signs[at + 1] == "" else None
        if sign == "/" and not resolver.python and not isinstance(node, Group):
            stop = extent(nodes, signs, at + 1)
            if stop > at + 1 and resolver.choices.pick("a/bc"):
                tail = Product(node.at, tuple(nodes[at:stop]), tuple(signs[at + 1 : stop]))
                below = product(resolver, tail)
                if not below.is_number:
                    raise ShapeError("an array stands below the fraction bar", node.at)
                out.append((sign, below, node.at))
                at = stop
                continue
        if isinstance(node, Del) and at + 1 < len(nodes) and signs[at + 1] == "/" and isinstance(nodes[at + 1], Del):
            value = partials.fraction(resolver, node, nodes[at + 1])
            assert value is not None
            at += 2
        elif isinstance(node, Symbol) and not resolver.python and functions.is_function(resolver, node):
            value, at = _applied(resolver, node, nodes, signs, at)
        elif isinstance(node, Symbol) and node.base == "nabla":
            if following is None:
                raise NotUnderstood("∇ needs the cost after it", node.at)
            value = partials.gradient(resolver, node, following)
            at += 2
        elif isinstance(node, Symbol) and node.base == "one" and _is_condition(following):
            assert isinstance(following, Group) and isinstance(following.body, Relation)
            value = functions.indicator(resolver, following.body)
            at += 2
        else:
            value = resolver.value(node)
            at += 1
            if isinstance(node, Symbol) and isinstance(following, Group) and _takes_arguments(resolver, node):
                at += 1
        out.append((sign, value, node.at))
    return out


def _is_condition(node: Node | None) -> bool:
    return isinstance(node, Group) and isinstance(node.body, Relation)


def _takes_arguments(resolver: Resolver, node: Symbol) -> bool:
    """Whether a symbol is written with arguments that say nothing: C(w, b), h(x)."""
    found = resolver.match(node)
    return found is not None and (
        found.declaration.called or (found.tensor is not None and found.tensor.role == "cost")
    )


def extent(nodes: list[Node], signs: list[str], start: int) -> int:
    """How far plain symbols go on side by side."""
    while start < len(nodes) and signs[start] == "" and isinstance(nodes[start], Symbol | Number):
        start += 1
    return start


def _applied(resolver: Resolver, head: Symbol, nodes: list[Node], signs: list[str], at: int) -> tuple[Value, int]:
    """A function of what follows it, and where the product goes on."""
    at += 1
    if at >= len(nodes) or signs[at] not in ("",):
        raise NotUnderstood(f"the function {head.base} needs an argument", head.at)
    first = nodes[at]
    if isinstance(first, Group):
        return functions.applied(resolver, head, first.body), at + 1
    if isinstance(first, Scripted) and isinstance(first.body, Group):
        value = functions.applied(resolver, head, first.body.body)
        return elements.scripted(resolver, value, first.subs, first.sups, first.at), at + 1
    stop = extent(nodes, signs, at + 1)
    if isinstance(first, Symbol) and functions.is_function(resolver, first):
        value, after = _applied(resolver, first, nodes, signs, at)
        return functions.apply_to(resolver, head, [value]), after
    if stop > at + 1 and isinstance(first, Symbol | Number) and resolver.choices.pick("f ab"):
        return functions.applied(
            resolver, head, Product(first.at, tuple(nodes[at:stop]), tuple(signs[at + 1 : stop]))
        ), stop
    return functions.applied(resolver, head, first), at + 1


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
