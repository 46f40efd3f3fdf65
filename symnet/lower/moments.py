"""A cost that is polynomial in the parameters needs the data only through sums of their products: its moments.

    Σ (w·x + b − y)²  =  w² Σx² + 2wb Σx − 2w Σxy + n b² − 2b Σy + Σy²

The sums are taken once; a step of training then costs the same for ten samples and ten million.  What it does to
rounding: near a perfect fit the terms cancel, so a cost far below ε·Σy² (ε the machine's) is lost in rounding, and may
come out below zero; gradients lose the same number of digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    add,
    inline,
    mul,
    power,
    terms_of,
)
from symnet.lower.normal import summed

MOST = 200
"""More sums than this are not worth taking."""


def moments(equations: Sequence[Equation], samples: Axis) -> tuple[tuple[Equation, ...], tuple[Equation, ...]] | None:
    """Equations of single elements, in normal form → (the moments, equations by means of them alone).

    ``None`` where a sum over the samples is not polynomial in data and parameters, or needs too many moments.
    """
    local: list[Equation] = []
    made: dict[tuple[tuple[Ref, int], ...], Tensor] = {}
    out: list[Equation] = []
    for equation in equations:
        right = reduce(inline, reversed(local), equation.right)
        if samples in equation.target.axes:
            local.append(Equation(equation.target, right))
            continue
        terms: list[Expr] = []
        for term in terms_of(right):
            if not isinstance(term, Sum):
                terms.append(term)
                continue
            rewritten = _by_moments(summed(term)[1], samples, made)
            if rewritten is None or len(made) > MOST:
                return None
            terms.append(rewritten)
        out.append(Equation(equation.target, add(*terms)))
    sums = tuple(
        Equation(tensor, Sum(samples, mul(*(power(ref, sp.Integer(k)) for ref, k in factors))))
        for factors, tensor in made.items()
    )
    return sums, tuple(out)


def _by_moments(body: Expr, samples: Axis, made: dict[tuple[tuple[Ref, int], ...], Tensor]) -> Expr | None:
    """Σ of ``body`` over the samples as a polynomial whose coefficients are moments; new ones are put into ``made``."""
    symbols: dict[Expr, sp.Symbol] = {}
    value = _sympy(body, symbols)
    if value is None:
        return None
    data = {s: ref for ref, s in symbols.items() if samples in ref.axes}
    others = {s: ref for ref, s in symbols.items() if samples not in ref.axes}
    try:
        polynomial = sp.Poly(sp.expand(value), *data) if data else None
    except sp.PolynomialError:
        return None
    if polynomial is None:
        return mul(Size(samples), body)
    total = sp.S.Zero
    arguments: dict[sp.Symbol, Expr] = dict(others)
    for powers, coefficient in polynomial.terms():
        if coefficient.free_symbols - set(others):
            return None
        factors = tuple((data[s], k) for s, k in zip(data, powers, strict=True) if k)
        assert all(isinstance(ref, Ref) for ref, _ in factors)
        sum_of: Expr = Size(samples)
        if factors:
            key = tuple(sorted(factors, key=str))
            name = "sum_" + "_".join(_factor_name(ref, k) for ref, k in key)  # type: ignore[arg-type]
            sum_of = made.setdefault(key, Tensor(name, (), "sum"))()  # type: ignore[arg-type]
        symbol = sp.Symbol(f"m{len(arguments)}", real=True)
        arguments[symbol] = sum_of
        total += coefficient * symbol
    used = [s for s in arguments if s in total.free_symbols]
    return Apply(ScalarFunction("polynomial", tuple(used), total), tuple(arguments[s] for s in used))


def _factor_name(ref: Ref, exponent: int) -> str:
    numbers = "".join(str(i) for i in ref.index if isinstance(i, int))
    return f"{ref.tensor.name}{numbers}" + (f"p{exponent}" if exponent > 1 else "")


def _sympy(expr: Expr, symbols: dict[Expr, sp.Symbol]) -> sp.Expr | None:
    """``expr`` in sympy, a symbol for every quantity in it; ``None`` for what has no value in sympy."""
    match expr:
        case Const(value=value):
            return value
        case Ref() | Size():
            return symbols.setdefault(expr, sp.Symbol(f"v{len(symbols)}", real=True))
        case Add(terms=parts) | Mul(factors=parts):
            values = [_sympy(part, symbols) for part in parts]
            if any(v is None for v in values):
                return None
            return sp.Add(*values) if isinstance(expr, Add) else sp.Mul(*values)
        case Pow(base=base, exponent=exponent):
            below = _sympy(base, symbols)
            return None if below is None else below**exponent
        case Apply(function=function, arguments=arguments):
            values = [_sympy(a, symbols) for a in arguments]
            if any(v is None for v in values):
                return None
            return function.expr.subs(dict(zip(function.parameters, values, strict=True)), simultaneous=True)
    return None
