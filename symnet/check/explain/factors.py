"""Slips with factors, terms, sums and powers: left out, doubled, of the wrong sign, not differentiated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import sympy as sp

from symnet.algebra.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    mul,
    power,
    refs,
    reindex,
    replace,
    total,
)
from symnet.check.explain.change import Change, Spot, compares, is_penalty, is_slope, only
from symnet.network import SAMPLES


def factor_changes(factor: Expr, product_: Mul, spot: Spot) -> Iterator[Change]:
    """A factor left out; a difference not differentiated."""
    yield Change(*_what_is_missing(factor, product_, spot), ONE)
    if compares(factor, spot.network):
        yield Change("other", "not_differentiated", 2, power(factor, sp.Integer(2)))


def _what_is_missing(factor: Expr, within: Mul, spot: Spot) -> tuple[str, str, int]:
    match factor:
        case Const(value=value):
            return ("sign", "sign_missing", 1) if value == -1 else ("factor", "power_rule", 1)
        case Size() | Pow(base=Size()):
            return "wrong_normalisation", "normalisation_missing", 1
        case Apply(function=f) if f.opaque and f.primes:
            return "missing_activation_derivative", "activation_derivative_missing", 1
        case Ref(tensor=Tensor(role="constant")):
            return "other", "strength_missing", 1
        case Ref(tensor=Tensor(role="adjoint")):
            return "missing_chain_factor", "upstream_missing", 1
        case Ref() | Apply() if is_penalty(within):
            return "other", "penalty_not_differentiated", 1
        case Ref(tensor=Tensor(role="weight")):
            return "missing_chain_factor", "weight_missing", 1
        case Add() if compares(factor, spot.network):
            return "missing_chain_factor", "cost_derivative_missing", 1
        case Add() if is_slope(factor, spot.network):
            whole = not any(isinstance(f, Ref) and f.tensor.role == "unit" for f in within.factors)
            detail = "activation_derivative_missing" if whole else "activation_derivative_incomplete"
            return "missing_activation_derivative", detail, 2 - whole
        case Ref() if any(is_slope(f, spot.network) for f in within.factors):
            return "missing_activation_derivative", "activation_derivative_incomplete", 2
        case Ref() | Sum():
            return "missing_chain_factor", "input_missing", 1
    return "missing_chain_factor", "factor_missing", 2


def term_changes(term: Expr, spot: Spot) -> Iterator[Change]:
    """A term left out, with the other sign, or with a factor too many."""
    penalty, is_target = is_penalty(term), only(term, spot.network.y)
    missing = "regulariser_missing" if penalty else "target_missing" if is_target else "term_missing"
    if spot.parent is not None and is_slope(spot.parent, spot.network):
        yield Change("missing_activation_derivative", "activation_derivative_incomplete", 2, ZERO)
    else:
        yield Change("other", missing, 1, ZERO)
    yield Change("sign", "sign_of_term", 1, mul(MINUS_ONE, term))
    for c in (sp.Integer(2), sp.Rational(1, 2)):
        yield Change("factor", "penalty_factor" if penalty else "factor_of_term", 1, mul(Const(c), term))
    if spot.network.sample_axes:
        for e in (sp.Integer(1), sp.Integer(-1)):
            scaled = mul(power(Size(SAMPLES), e), term)
            yield Change("wrong_normalisation", "normalisation_of_term", 1, scaled)
    if penalty:
        yield from _penalties(term)


def _penalties(term: Expr) -> Iterator[Change]:
    """The penalty's derivative with the sum kept, with the norm, or not differentiated at all."""
    for weight in (ref for ref in refs(term) if ref.tensor.role == "weight"):
        renamed = {a: Axis(a.name + "'", a.size) for a in weight.tensor.axes}
        each = Ref(weight.tensor, tuple(renamed.values()))
        axes = tuple(renamed.values())
        fixed: dict[Expr, Expr] = {weight: each}
        yield Change("other", "penalty_sum_kept", 1, total(axes, replace(term, fixed)))
        norm = power(total(axes, power(each, sp.Integer(2))), sp.Rational(1, 2))
        yield Change("other", "penalty_norm", 1, replace(term, {weight: norm}))
        yield Change("other", "penalty_not_differentiated", 2, replace(term, {weight: power(weight, sp.Integer(2))}))


def sum_changes(node: Sum, spot: Spot) -> Iterator[Change]:
    """Σ left out, reduced to the term of an index in use, or a product of sums for a sum of products."""
    yield Change("missing_sum", "sum_missing", 1, node.body)
    for index in spot.scope:
        if isinstance(index, Axis) and index.size == node.axis.size:
            yield Change("missing_sum", "one_term_of_sum", 1, reindex(node.body, {node.axis: index}))
    inside = [f for f in (node.body.factors if isinstance(node.body, Mul) else ()) if node.axis in f.axes]
    outside = [f for f in (node.body.factors if isinstance(node.body, Mul) else ()) if node.axis not in f.axes]
    for size in range(1, len(inside) // 2 + 1):
        for group in combinations(range(len(inside)), size):
            first = mul(*(inside[k] for k in group))
            second = mul(*(f for k, f in enumerate(inside) if k not in group))
            yield Change("other", "product_of_sums", 1, mul(*outside, Sum(node.axis, first), Sum(node.axis, second)))


def power_changes(node: Pow) -> Iterator[Change]:
    """An exponent left out, or a divisor taken for a factor."""
    if not isinstance(node.base, Size):
        detail = "denominator_missing" if node.exponent.is_negative else "power_missing"
        yield Change("other", detail, 2, power(node.base, abs(node.exponent)) if node.exponent < 0 else node.base)
