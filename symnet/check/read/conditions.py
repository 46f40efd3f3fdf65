"""Indicators, cases, max and |·|: scalar functions by cases, built as sympy objects of our own making."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy as sp

from symnet.algebra.expressions import ONE, ZERO, Apply, Axis, Const, Expr, Mul, Same, ScalarFunction, add, mul
from symnet.check.read.shapes import Value, aligned, negated
from symnet.check.read.syntax import Group, Listing, Node, NotUnderstood, Number, Relation, Symbol

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

_RELATIONS = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "=": sp.Eq, "!=": sp.Ne}
Condition = tuple[list[Value], list[str]]


def by_cases(resolver: Resolver, values: list[Value], make: object, at: int) -> Value:
    """``make(symbols)`` as a scalar function of the values, element by element."""
    first = values[0]
    for other in values[1:]:
        first, _ = aligned(first, other, resolver.work, at, resolver.python, "the cases do not fit")
    spread = [first, *(aligned(first, v, resolver.work, at, True, "the cases do not fit")[1] for v in values[1:])]
    known: dict[Expr, sp.Symbol] = {}

    def symbol(expr: Expr) -> sp.Expr:
        if isinstance(expr, Const):
            return expr.value
        return known.setdefault(expr, sp.Symbol(f"c{len(known) + 1}", real=True))

    assert callable(make)
    made = make([symbol(v.expr) for v in spread])
    used = {e: s for e, s in known.items() if s in made.free_symbols}
    if not used:
        return replace(first, expr=Const(made))
    return replace(first, expr=Apply(ScalarFunction("cases", tuple(used.values()), made), tuple(used)))


def picked(resolver: Resolver, name: str, values: list[Value], at: int) -> Value:
    """max, min, |·| and sgn."""
    if name.startswith(("max", "min")):
        if len(values) < 2:
            raise NotUnderstood(f"{name[:3]} needs two arguments here", at)
        pick = sp.Max if name.startswith("max") else sp.Min
        return by_cases(resolver, values, lambda s: pick(*s), at)
    if len(values) != 1:
        raise NotUnderstood(f"{name} has one argument", at)
    function = sp.sign if name in ("sgn", "sign") else sp.Abs
    return by_cases(resolver, values, lambda s: function(s[0]), at)


def step(resolver: Resolver, value: Value) -> Value:
    """1 above 0 and 0 below; the value at 0 is left alone by policy."""
    return by_cases(resolver, [value], lambda s: sp.Piecewise((sp.S.One, s[0] > 0), (sp.S.Zero, True)), 1)


def _difference(a: Value, b: Value, resolver: Resolver, at: int) -> Value:
    if b.expr != ZERO:
        a, b = aligned(a, b, resolver.work, at, True, "the condition does not fit")
        a = replace(a, expr=add(a.expr, negated(b).expr))
    match a.expr:
        case Mul(factors=(Const(value=value), *rest)) if value.is_positive:
            return replace(a, expr=mul(*rest))
    return a


def _condition(resolver: Resolver, node: Node) -> Condition:
    """The differences that a condition compares with 0, and the signs."""
    if isinstance(node, Group):
        return _condition(resolver, node.body)
    if not isinstance(node, Relation):
        raise NotUnderstood("a condition is expected, such as z > 0", node.at)
    values = [resolver.value(part) for part in node.operands]
    pairs = pairwise(values)
    return [_difference(a, b, resolver, node.at) for a, b in pairs], list(node.signs)


def _relation(symbols: list[sp.Expr], signs: list[str]) -> sp.Basic:
    made = [_RELATIONS[sign](symbol, 0) for symbol, sign in zip(symbols, signs, strict=True)]
    return sp.And(*made) if len(made) > 1 else made[0]


def indicator(resolver: Resolver, node: Relation) -> Value:
    """1 where the condition holds and 0 elsewhere; an equality of indices is Kronecker's δ."""
    equal = _indices(resolver, node)
    if equal is not None:
        return Value(equal)
    values, signs = _condition(resolver, node)

    def make(symbols: list[sp.Expr]) -> sp.Expr:
        return sp.Piecewise((sp.S.One, _relation(symbols, signs)), (sp.S.Zero, True))

    return by_cases(resolver, values, make, node.at)


def _indices(resolver: Resolver, node: Relation) -> Expr | None:
    """Kronecker's δ for i = j or i ≠ j."""
    if node.signs not in (("=",), ("!=",)):
        return None
    if not all(isinstance(o, Symbol | Number) for o in node.operands):
        return None
    letters = [o for o in node.operands if isinstance(o, Symbol) and resolver.scopes.find(o.base) is not None]
    if not letters or any(isinstance(o, Symbol) and o not in letters for o in node.operands):
        return None
    return same_index(resolver, node.operands[0], node.operands[1], node.signs == ("!=",))


def same_index(resolver: Resolver, first: Node, second: Node, negated: bool) -> Expr:
    """Kronecker's δ of two indices; what one of them runs over, the other does.

    Raises NotUnderstood where neither says what it runs over.
    """
    axis: Axis | None = None
    for node in (first, second):
        letter = resolver.scopes.find(node.base) if isinstance(node, Symbol) else None
        if letter is not None and letter.axis is not None:
            axis = axis or letter.axis
    if axis is None:
        raise NotUnderstood("what the indices of this δ run over is not known", first.at)
    one, other = (resolver.scopes.index(node, axis, "δ") for node in (first, second))
    if one == other:
        return ZERO if negated else ONE
    return Same(one, other, negated)


def cases(resolver: Resolver, branches: tuple[tuple[Node, Node | None], ...], at: int) -> Value:
    """Values by conditions; in Python the first that holds counts, elsewhere two that hold at once leave no value."""
    value, condition = branches[0]
    if condition is not None and len(branches) == 2:
        inner = condition.body if isinstance(condition, Group) else condition
        equal = _indices(resolver, inner) if isinstance(inner, Relation) else None
        if isinstance(equal, Same):
            a, b = resolver.value(value), resolver.value(branches[1][0])
            a, b = aligned(a, b, resolver.work, at, True, "the cases do not fit")
            other = Same(equal.first, equal.second, not equal.negated)
            return replace(a, expr=add(mul(equal, a.expr), mul(other, b.expr)))
    values: list[Value] = []
    plan: list[tuple[int, list[int], list[str]]] = []
    for value, condition in branches:
        place = len(values)
        values.append(resolver.value(value))
        tests, signs = ([], []) if condition is None else _condition(resolver, condition)
        plan.append((place, list(range(len(values), len(values) + len(tests))), signs))
        values += tests

    def make(symbols: list[sp.Expr]) -> sp.Expr:
        conditions = [_relation([symbols[k] for k in tests], signs) if tests else sp.true for _, tests, signs in plan]
        explicit = [c for c in conditions if c != sp.true]
        if len(explicit) > 1 and not resolver.python:
            conditions = [
                sp.And(*([] if c == sp.true else [c]), *(sp.Not(o) for o in explicit if o is not c)) for c in conditions
            ]
        return sp.Piecewise(*((symbols[place], c) for (place, _, _), c in zip(plan, conditions, strict=True)))

    return by_cases(resolver, values, make, at)


def chosen(resolver: Resolver, name: str, arguments: tuple[Node, ...], at: int) -> Value:
    """np.where(condition, a, b) and Piecewise((a, condition), (b, True))."""
    if name == "where" and len(arguments) == 3:
        return cases(resolver, ((arguments[1], arguments[0]), (arguments[2], None)), at)
    if name == "Piecewise":
        branches: list[tuple[Node, Node | None]] = []
        for argument in arguments:
            pair = argument.body if isinstance(argument, Group) else argument
            if not isinstance(pair, Listing) or len(pair.items) != 2:
                raise NotUnderstood("Piecewise has pairs (value, condition)", argument.at)
            value, condition = pair.items
            always = isinstance(condition, Symbol) and condition.base == "True"
            branches.append((value, None if always else condition))
        if branches:
            return cases(resolver, tuple(branches), at)
    raise NotUnderstood(f"this form of {name} is not understood", at)
