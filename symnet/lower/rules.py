"""An optimiser's update rule as statements: first what is the same for all elements, then each element's own."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symnet.lower.names import Names
from symnet.lower.statements import Assign, Element, Formula, Name, Number, Scalar, Statement
from symnet.update import Optimizer

Known = Mapping[str, Name | Element]
"""What each symbol of a rule is in the code."""


def common(rule: Optimizer, known: Known, names: Names) -> tuple[list[Statement], dict[str, Name | Element]]:
    """What is computed once a step, and what is known then."""
    out: list[Statement] = []
    now = dict(known)
    for symbol in rule.scalars:
        now[symbol.name] = Name(names.of(("rule", symbol.name), symbol.name))
        out.append(Assign(now[symbol.name], substituted(rule.updates[symbol], now)))
    return out, now


def own(rule: Optimizer, known: Known, names: Names) -> list[Statement]:
    """What is computed for one element, whose ``w``, ``g`` and states are known."""
    out: list[Statement] = []
    now = dict(known)
    once = {symbol.name for symbol in rule.scalars}
    for symbol, expr in rule.updates.items():
        if symbol.name not in once:
            now.setdefault(symbol.name, Name(names.of(("rule", symbol.name), symbol.name)))
            out.append(Assign(now[symbol.name], substituted(expr, now)))
    return out


def needs_norm(rule: Optimizer) -> bool:
    """Whether the rule asks for the length of the whole gradient."""
    return any(symbol.name == "norm" for expr in rule.updates.values() for symbol in expr.free_symbols)


def looks_ahead(rule: Optimizer) -> bool:
    """Whether the gradient is taken elsewhere than at the parameters."""
    return not rule.at.is_Symbol


def substituted(expr: sp.Expr, known: Known) -> Scalar:
    """A rule's expression with a variable for each of its symbols."""
    if expr.is_Symbol:
        return known[expr.name]
    if not expr.free_symbols:
        return Number(expr)
    found = sorted(expr.free_symbols, key=lambda s: str(s.name))
    return Formula(expr, tuple((s, known[s.name]) for s in found))
