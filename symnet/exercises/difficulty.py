"""How much a solver has to do, as a number: what makes the variants of one template comparable."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symnet.algebra.expressions import Add, Apply, Const, Expr, Mul, Pow, Ref, Sum, children, terms_of, walk
from symnet.derive.numbers import Line
from symnet.exercises.quantities import Element, Working

FUNCTION = 3
"""To look a value of exp or ln up counts as so many operations."""

UPDATE = 2
"""A step of gradient descent is a product and a difference."""


def of_numbers(working: Working, names: Iterable[str]) -> int:
    """Operations to work these elements out, one more for every digit of a result after the first."""
    return sum(_effort(working[name], working) for name in names)


def _effort(element: Element, working: Working) -> int:
    made = element.made
    operations = _operations(made.right, working.done.samples) if isinstance(made, Line) else UPDATE
    return operations + _digits(element.value, working.done.digits)


def _operations(expr: Expr, samples: int) -> int:
    below = sum(_operations(part, samples) for part in children(expr))
    match expr:
        case Add(terms=parts) | Mul(factors=parts):
            signs: int = sum(isinstance(p, Const) and abs(p.value) == 1 for p in parts)
            return below + len(parts) - 1 - signs
        case Sum(axis=axis, body=body):
            size: int = samples if axis.name == "s" else int(axis.size)
            return size * _operations(body, samples) + size - 1
        case Pow():
            return below + 1
        case Apply(function=f):
            return below + (FUNCTION if f.expr.has(sp.exp, sp.log, sp.tanh) else 1)
    return below


def _digits(value: sp.Expr, decimals: int) -> int:
    """Digits to write after the first: of numerator and denominator, or the decimals of a rounded value."""
    if value.is_Rational and not value.is_Float:
        return len(str(abs(value.p))) - 1 + (len(str(value.q)) if value.q != 1 else 0)
    return decimals


def of_formula(expr: Expr, factors: int = 0) -> int:
    """Factors of the chain, and terms, factors and sums of the result."""
    symbols = sum(isinstance(node, Ref) for node in walk(expr))
    sums = sum(isinstance(node, Sum) for node in walk(expr))
    return factors + symbols + sums + len(terms_of(expr)) - 1
