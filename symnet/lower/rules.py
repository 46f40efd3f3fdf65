"""An optimiser's update rule as statements: first what is the same for all elements, then each element's own.

What is the same for all elements, 1/(1 − β₁ᵗ) or γ√(1 − β₂ᵗ), is computed once a step, in double precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.functions.elementary.piecewise import ExprCondPair

from symnet.lower.names import Names
from symnet.lower.statements import Assign, Converted, Element, Formula, InDouble, Name, Number, Scalar, Statement
from symnet.update import Optimizer, g, w

Known = Mapping[str, Name | Element]
"""What each symbol of a rule is in the code."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that is w ← keep·w + scale·g."""

    keep: Scalar
    scale: Scalar


@dataclass(frozen=True, slots=True)
class Elementwise:
    """A rule's equations for one element, what is known of their symbols, and how that is computed once a step:
    ``before`` the gradient is known, and ``with_norm`` where its length is needed.

    ``at`` is where the gradient is taken.
    """

    before: tuple[Statement, ...]
    with_norm: tuple[Statement, ...]
    updates: Mapping[sp.Symbol, sp.Expr]
    at: sp.Expr
    known: Known

    def own(self, here: Known, names: Names) -> list[Statement]:
        """What is computed for one element, ``here`` being its ``w``, ``g`` and states."""
        out: list[Statement] = []
        now = {**self.known, **here}
        for symbol, expr in self.updates.items():
            now.setdefault(symbol.name, Name(names.of(("rule", symbol.name), symbol.name)))
            out.append(Assign(now[symbol.name], substituted(expr, now)))
        return out

    def linear(self) -> Step | None:
        """The rule as one multiple of the parameter and one of the gradient, if it is that and nothing else."""
        if set(self.updates) != {w} or not self.at.is_Symbol:
            return None
        expr = sp.expand(self.updates[w])
        keep, scale = expr.coeff(w), expr.coeff(g)
        rest = sp.expand(expr - keep * w - scale * g)
        if rest != 0 or (keep.free_symbols | scale.free_symbols) & {w, g}:
            return None
        return Step(substituted(keep, self.known), substituted(scale, self.known))

    def place(self, here: Known) -> Scalar:
        """Where the gradient of one element is taken."""
        return substituted(self.at, {**self.known, **here})


def elementwise(rule: Optimizer, known: Known, names: Names, single: bool) -> Elementwise:
    """A rule → what is computed once a step, and its equations by means of that.

    ``known`` are its constants, ``t`` and ``norm``, in double precision; with ``single`` elements are not.
    """
    out: list[Statement] = []
    late: list[Statement] = []
    by_norm = {"norm"}
    now = dict(known)
    once = {symbol.name for symbol in rule.scalars}
    same = {*known, *once}
    made: dict[sp.Expr, sp.Symbol] = {}

    def whole(expr: sp.Basic) -> bool:
        names_in = {s.name for s in expr.free_symbols}
        return isinstance(expr, sp.Expr) and bool(names_in) and names_in <= same

    def computed(expr: sp.Expr) -> sp.Expr:
        if expr.is_Symbol and not single:
            return expr
        if expr not in made:
            made[expr] = sp.Symbol(f"factor {len(made)}", real=True)
            place = late if {s.name for s in expr.free_symbols} & by_norm else out
            value = substituted(expr, now)
            if not expr.is_Symbol:
                name = Name(names.of(expr, "factor"))
                place.append(InDouble((Assign(name, value),)))
                value = name
            if single:
                assert isinstance(value, Name)
                name = Name(names.of(("single", expr), f"{value.name}_32"))
                place.append(Assign(name, Converted(value)))
            now[made[expr].name] = name
        return made[expr]

    def split(expr: sp.Basic) -> sp.Basic:
        if whole(expr):
            return computed(expr)
        if not expr.args or not isinstance(expr, sp.Expr | ExprCondPair):
            return expr
        if isinstance(expr, sp.Add | sp.Mul):
            parts = [a for a in expr.args if whole(a) or a.is_number]
            if any(map(whole, parts)):
                rest = [split(a) for a in expr.args if a not in parts]
                return expr.func(computed(expr.func(*parts)), *rest)
        return expr.func(*map(split, expr.args))

    for symbol in rule.scalars:
        now[symbol.name] = Name(names.of(("rule", symbol.name), symbol.name))
        expr = rule.updates[symbol]
        place = out
        if {s.name for s in expr.free_symbols} & by_norm:
            by_norm.add(symbol.name)
            place = late
        place.append(InDouble((Assign(now[symbol.name], substituted(expr, now)),)))
    at = split(rule.at)
    updates = {symbol: split(expr) for symbol, expr in rule.updates.items() if symbol.name not in once}
    return Elementwise(tuple(out), tuple(late), updates, at, now)


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
