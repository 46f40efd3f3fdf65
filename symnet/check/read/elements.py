"""Elements of arrays: scripts on an expression, and Python's square brackets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from symnet.algebra.expressions import Axis, reindex
from symnet.check.read import functions
from symnet.check.read.shapes import BARE, Value, is_open
from symnet.check.read.spelling import digits_from_zero
from symnet.check.read.syntax import Attribute, Everything, Group, Node, NotUnderstood, Number, Symbol
from symnet.network import SAMPLES

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver


def scripted(resolver: Resolver, value: Value, subs: tuple[Node, ...], sups: tuple[Node, ...], at: int) -> Value:
    """Scripts on an expression: elements of it, its sample, powers and transposes."""
    if subs:
        value = element(resolver, value, subs, at)
    rest: list[Node] = []
    for item in sups:
        if isinstance(item, Group) and isinstance(item.body, Symbol | Number):
            if BARE not in value.expr.axes:
                raise NotUnderstood("this superscript has no meaning here", item.at)
            index = resolver.scopes.index(item.body, SAMPLES, "the bracket")
            value = replace(value, expr=reindex(value.expr, {BARE: index}))
        else:
            rest.append(item)
    return resolver.exponents(value, tuple(rest))


def element(resolver: Resolver, value: Value, items: tuple[Node, ...], at: int) -> Value:
    """The element, row or column of an array that subscripts name."""
    axes = [axis for axis in (value.row, value.column) if axis is not None]
    if len(items) == 1 and isinstance(items[0], Number) and len(items[0].text) == len(axes) == 2:
        items = tuple(Number(items[0].at, digit) for digit in items[0].text)
    if not axes and BARE in value.expr.axes and len(items) == 1:
        return Value(reindex(value.expr, {BARE: resolver.scopes.index(items[0], SAMPLES, "this")}))
    if len(items) != len(axes):
        raise NotUnderstood(f"{len(items)} subscripts for an array of {len(axes)} dimensions", at)
    for axis, item in zip(axes, items, strict=True):
        if is_open(axis):
            raise NotUnderstood("the size of this array is not known", at)
        value = replace(value, expr=reindex(value.expr, {axis: resolver.scopes.index(item, axis, "this")}))
    return Value(value.expr)


def subscripted(resolver: Resolver, body: Node, items: tuple[Node, ...], at: int) -> Value:
    """Python's body[items]: an element, a row or column, a new axis, a layer of a list."""
    if isinstance(body, Attribute) and body.name == "shape" and len(items) == 1 and isinstance(items[0], Number):
        return functions.length(resolver, body.body, items[0].text == "1", at)
    if isinstance(body, Symbol) and len(items) == 1 and resolver.match(body) is None:
        layered = resolver.match(Symbol(body.at, body.base, (), items, 0))
        if layered is not None:
            return resolver.meant(layered, body)
    value = resolver.value(body)
    new = [isinstance(i, Symbol) and i.base in ("None", "newaxis") for i in items]
    if any(new) and len(items) == 2 and value.vector is not None and isinstance(items[1 - new.index(True)], Everything):
        return Value(value.expr, None, value.vector) if new[0] else Value(value.expr, value.vector, None)
    axes = [axis for axis in (value.row, value.column) if axis is not None]
    if BARE in value.expr.axes and len(axes) == len(items) - 1:
        axes = [*axes, BARE] if resolver.vocabulary.notation.layout == "columns" else [BARE, *axes]
    if len(items) == 2 and len(axes) == 1 and not value.flat:
        axes = [value.row or Axis("one", 1), value.column or Axis("one", 1)]
    if len(items) > len(axes):
        raise NotUnderstood(f"{len(items)} indices for an array of {len(axes)} dimensions", at)
    for axis, item in zip(axes, items, strict=False):
        if isinstance(item, Everything):
            continue
        shifted = digits_from_zero(item, axis, resolver.from_zero, resolver.choices)
        if axis.name == "one":
            continue
        index = resolver.scopes.index(shifted, SAMPLES if axis == BARE else axis, "this array")
        value = Value(
            reindex(value.expr, {axis: index}),
            None if value.row == axis else value.row,
            None if value.column == axis else value.column,
        )
    left = value.vector
    return Value(value.expr, left, None, True) if left is not None and len(axes) == 2 else value
