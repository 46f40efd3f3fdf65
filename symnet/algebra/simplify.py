"""Named simplifications: small rules that each keep the value, so that a derivation can say which one it used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from symnet.algebra.expressions import (
    ONE,
    Add,
    Apply,
    Const,
    Deriv,
    Equation,
    Expr,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    count,
    factors_of,
    mul,
    power,
    refs,
    reindex,
    terms_of,
    transform,
    walk,
)
from symnet.algebra.scalars import from_sympy, in_terms_of_itself, to_sympy


@dataclass(frozen=True, slots=True)
class Step:
    """An expression and the names of the rules that led to it from the one before, with what they assume."""

    expr: Expr
    rules: tuple[str, ...]
    conditions: tuple[str, ...] = ()


Rule = Callable[[Expr], Expr | None]


def collect_numbers(expr: Expr) -> Expr | None:
    """Multiply the numbers of a product and put them first, then the 1/n, the rest in its order."""
    if not isinstance(expr, Mul):
        return None
    numbers = [f.value for f in expr.factors if isinstance(f, Const)]
    sizes = [f for f in expr.factors if isinstance(f, Size) or (isinstance(f, Pow) and isinstance(f.base, Size))]
    rest = [f for f in expr.factors if not isinstance(f, Const) and f not in sizes]
    return mul(Const(sp.Mul(*numbers)), *sizes, *rest) if numbers or sizes else None


def constant_out_of_sum(expr: Expr) -> Expr | None:
    """Σ c·u = c·Σ u for factors without the index; Σ of a constant is the length of the axis times it."""
    if not isinstance(expr, Sum):
        return None
    factors = factors_of(expr.body)
    outside = [f for f in factors if expr.axis not in f.axes]
    inside = [f for f in factors if expr.axis in f.axes]
    if not outside:
        return None
    return mul(*outside, Sum(expr.axis, mul(*inside)) if inside else Size(expr.axis))


def add_exponents(expr: Expr) -> Expr | None:
    """u^a · u^b = u^(a+b); what cancels disappears."""
    if not isinstance(expr, Mul):
        return None
    exponents: dict[Expr, sp.Expr] = {}
    for f in expr.factors:
        base, exponent = (f.base, f.exponent) if isinstance(f, Pow) else (f, sp.S.One)
        if isinstance(base, Const):
            base, exponent = f, sp.S.One
        exponents[base] = exponents.get(base, sp.S.Zero) + exponent
    if len(exponents) == len(expr.factors):
        return None
    return mul(*(power(base, exponent) for base, exponent in exponents.items()))


def nested_power(expr: Expr) -> Expr | None:
    """(u^a)^b and (uv)^b for integers a, b; a power of a number is a number."""
    if isinstance(expr, Pow) and isinstance(expr.base, Mul) and expr.exponent.is_integer and expr.exponent < 0:
        parts = (
            Const(f.value**expr.exponent) if isinstance(f, Const) else power(f, expr.exponent)
            for f in expr.base.factors
        )
        return mul(*parts)
    if (
        isinstance(expr, Pow)
        and isinstance(expr.base, Pow)
        and expr.exponent.is_integer
        and expr.base.exponent.is_integer
    ):
        return power(expr.base.base, expr.base.exponent * expr.exponent)
    if isinstance(expr, Pow) and isinstance(expr.base, Const):
        return Const(expr.base.value**expr.exponent)
    return None


def positive_first(expr: Expr) -> Expr | None:
    """−(−u + v) = u − v, when the factor in front is negative and the sum begins with a minus."""
    if not isinstance(expr, Mul) or not isinstance(expr.factors[0], Const) or not expr.factors[0].value.is_negative:
        return None
    for k, f in enumerate(expr.factors):
        if isinstance(f, Add) and any(_is_negative(t) for t in f.terms):
            flipped = add(*sorted((_opposite(t) for t in f.terms), key=_is_negative))
            if sum(map(_is_negative, f.terms)) >= sum(map(_is_negative, terms_of(flipped))):
                return mul(Const(-expr.factors[0].value), *expr.factors[1:k], flipped, *expr.factors[k + 1 :])
    return None


def _is_negative(expr: Expr) -> bool:
    return any(isinstance(f, Const) and f.value.is_negative for f in factors_of(expr))


def _opposite(expr: Expr) -> Expr:
    numbers = [f.value for f in factors_of(expr) if isinstance(f, Const)]
    return mul(Const(-sp.Mul(*numbers)), *(f for f in factors_of(expr) if not isinstance(f, Const)))


def like_terms(expr: Expr) -> Expr | None:
    """c·u + d·u = (c + d)·u for numbers c, d; numbers are added."""
    if not isinstance(expr, Add):
        return None
    collected: dict[Expr, sp.Expr] = {}
    for term in expr.terms:
        numbers = [f.value for f in factors_of(term) if isinstance(f, Const)]
        rest = mul(*(f for f in factors_of(term) if not isinstance(f, Const)))
        collected[rest] = collected.get(rest, sp.S.Zero) + sp.Mul(*numbers)
    if len(collected) == len(expr.terms):
        return None
    return add(*(mul(Const(c), rest) for rest, c in collected.items()))


def common_factor(expr: Expr) -> Expr | None:
    """a·u − a·v = a·(u − v) for factors that every term has; common numbers and 1/n too."""
    if not isinstance(expr, Add):
        return None
    common = list(factors_of(expr.terms[0]))
    for term in expr.terms[1:]:
        theirs = list(factors_of(term))
        kept = []
        for f in common:
            if f in theirs:
                theirs.remove(f)
                kept.append(f)
        common = kept
    if not common:
        return None

    def without(term: Expr) -> Expr:
        left = list(factors_of(term))
        for f in common:
            left.remove(f)
        return mul(*left)

    return mul(*common, add(*(without(t) for t in expr.terms)))


def cancel(expr: Expr) -> Expr | None:
    """Bring a product with denominators to its shortest form, by ``sympy.cancel`` and ``sympy.factor``."""
    if not isinstance(expr, Mul) or not any(isinstance(f, Add | Pow) for f in expr.factors):
        return None
    if not any(_is_denominator(node) for f in expr.factors for node in walk(f)):
        return None
    plain, table = to_sympy(expr)
    names = dict(sorted(table.items(), key=lambda item: _rank(item[1])))
    best: Expr = expr
    for attempt in (sp.cancel(plain), sp.factor(sp.cancel(plain))):
        candidate = from_sympy(attempt, names)
        if count(candidate) < count(best):
            best = candidate
    return None if best is expr else best


def cancel_denominators(expr: Expr) -> Expr | None:
    """The same for what a product's denominators concern, with its sign; the other factors stay as they are."""
    if not isinstance(expr, Mul):
        return None
    below = {ref for f in expr.factors for node in walk(f) if _is_denominator(node) for ref in refs(node)}
    concerned = [f for f in expr.factors if not refs(f) or below & set(refs(f))]
    shorter = cancel(mul(*concerned)) if below else None
    if shorter is None:
        return None
    return mul(positive_first(shorter) or shorter, *(f for f in expr.factors if f not in concerned))


def _is_denominator(node: Expr) -> bool:
    return isinstance(node, Pow) and bool(node.exponent.is_negative) and not isinstance(node.base, Size)


def _rank(expr: Expr) -> tuple[int, int]:
    order = {
        "constant": 0,
        "cost": 1,
        "adjoint": 2,
        "weight": 3,
        "unit": 4,
        "pre": 4,
        "input": 5,
        "bias": 6,
        "target": 7,
    }
    return (order.get(expr.tensor.role, 4), -expr.tensor.layer) if isinstance(expr, Ref) else (-1, 0)


def by_name(definitions: Sequence[Equation]) -> Rule:
    """f(u) is written by the name that an equation gave it; f′(u) in terms of f(u), where f′ = c₀ + c₁f + c₂f²."""
    by_arguments = {
        (eq.right.function.name, eq.right.arguments): eq for eq in definitions if isinstance(eq.right, Apply)
    }

    def rule(expr: Expr) -> Expr | None:
        if not isinstance(expr, Apply) or not expr.function.opaque:
            return None
        equation = by_arguments.get((expr.function.name, expr.arguments))
        if equation is None:
            return None
        if expr.function.primes == 0:
            return equation.left
        assert isinstance(equation.right, Apply)
        coefficients = in_terms_of_itself(equation.right.function) if expr.function.primes == 1 else None
        if coefficients is None:
            return None
        a: Expr = equation.left
        c0, c1, c2 = (Const(c) for c in coefficients)
        if c0.value == 0:
            return mul(a, add(c1, mul(c2, a)))
        return add(c0, mul(c1, a), mul(c2, power(a, sp.Integer(2))))

    return rule


def normalised_by_name(definition: Equation) -> Rule:
    """g(z_k) / Σ_j g(z_j) is written p_k, whatever the index k is called."""
    match definition.right:
        case Mul(factors=(numerator, Pow(base=Sum() as normaliser, exponent=exponent))) if exponent == -1:
            pass
        case _:
            return lambda _: None
    unit = next(a for a in numerator.axes if a not in normaliser.axes)

    def rule(expr: Expr) -> Expr | None:
        if not isinstance(expr, Mul):
            return None
        left = list(expr.factors)
        changed = False
        for candidate in dict.fromkeys(a for a in expr.axes if a.size == unit.size):
            above = reindex(numerator, {unit: candidate})
            while above in left:
                place = next(
                    (k for k, f in enumerate(left) if isinstance(f, Pow) and f.base == normaliser and f.exponent < 0),
                    None,
                )
                if place is None:
                    break
                denominator = left[place]
                assert isinstance(denominator, Pow)
                left[place] = power(normaliser, denominator.exponent + 1)
                left[left.index(above)] = reindex(definition.left, {unit: candidate})
                changed = True
        return mul(*left) if changed else None

    return rule


def unit_sum(target: Tensor) -> Rule:
    """Σ_k y_k = 1 over the classes, for targets that are a distribution over the last axis."""

    def rule(expr: Expr) -> Expr | None:
        if isinstance(expr, Sum) and isinstance(expr.body, Ref) and expr.body.tensor == target:
            return ONE if expr.body.index[-1] == expr.axis else None
        return None

    return rule


def product_by_name(definition: Equation) -> Rule:
    """A product that contains all factors of a named product is written with the name."""
    whole = factors_of(definition.right)

    def rule(expr: Expr) -> Expr | None:
        if not isinstance(expr, Mul):
            return None
        left = list(expr.factors)
        for f in whole:
            if f not in left:
                return None
            left.remove(f)
        return mul(definition.left, *left)

    return rule


def until_stable(expr: Expr, rules: Sequence[tuple[str, Rule]], conditions: dict[str, str] | None = None) -> list[Step]:
    """Apply the rules, each everywhere and in turn, until none changes anything; a :class:`Step` for every change."""
    steps: list[Step] = []
    for _ in range(12):
        before = expr
        for name, rule in rules:
            new = transform(expr, rule)
            if new != expr:
                said = (conditions or {}).get(name)
                steps.append(Step(new, (name,), (said,) if said else ()))
                expr = new
        if expr == before:
            break
    return steps


TIDY: tuple[tuple[str, Rule], ...] = (
    ("powers", nested_power),
    ("exponents", add_exponents),
    ("numbers", collect_numbers),
    ("constant_factor", constant_out_of_sum),
    ("like_terms", like_terms),
)
"""What every result goes through."""


def tidy(expr: Expr) -> Expr:
    """The result of :data:`TIDY`, without the steps."""
    steps = until_stable(expr, TIDY)
    return steps[-1].expr if steps else expr


def pending(expr: Expr) -> bool:
    """Whether a derivative is still to be carried out."""
    return any(isinstance(node, Deriv) for node in walk(expr))
