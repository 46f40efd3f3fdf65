"""Between sympy and ordered expressions: sympy does the calculus, the ordered expression keeps the reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import sympy as sp
from sympy.functions.elementary.piecewise import ExprCondPair

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Size,
    add,
    mul,
    power,
    transform,
)


def differentiate(function: ScalarFunction, position: int = 0) -> ScalarFunction:
    """The derivative of a scalar function with respect to one of its parameters, by ``sympy.diff``.

    At a kink (ReLU at 0) the derivative is taken from the left, so relu′(0) = 0: a convention, not a theorem.
    """
    return _differentiate(function, position)


@lru_cache(maxsize=1024)
def _differentiate(function: ScalarFunction, position: int) -> ScalarFunction:
    derivative = kink_convention(sp.diff(function.expr.doit(), function.parameters[position]))
    if isinstance(derivative, sp.Piecewise):
        derivative = sp.piecewise_fold(derivative)
    return ScalarFunction(function.name, function.parameters, derivative, function.primes + 1, function.opaque)


def kink_convention(derivative: sp.Expr) -> sp.Expr:
    """Heaviside(u), which sympy leaves where max or |·| was differentiated, as 1 for u > 0 and 0 otherwise."""
    out = derivative.replace(
        lambda e: isinstance(e, sp.Heaviside),
        lambda e: sp.Piecewise((sp.S.One, e.args[0] > 0), (sp.S.Zero, True)),
    )
    return out.replace(lambda e: isinstance(e, sp.DiracDelta), lambda e: sp.S.Zero)


def kinked(function: ScalarFunction) -> bool:
    """Whether the function has points without a derivative (max, absolute value, cases)."""
    return bool(function.expr.has(sp.Max, sp.Min, sp.Abs, sp.Piecewise, sp.Heaviside, sp.sign))


def elementary(func: type[sp.Function]) -> ScalarFunction:
    """A one-argument sympy function (exp, log, tanh, erf …) as a scalar function."""
    u = sp.Symbol("u", real=True)
    return ScalarFunction(func.__name__, (u,), func(u))


def from_sympy(expr: sp.Expr, names: Mapping[sp.Symbol, Expr], *, ordered: bool = False) -> Expr:
    """A sympy expression as an ordered expression, its symbols replaced by what ``names`` gives for them.

    ``ordered`` takes sympy's own order of arguments as the author's (it is, under ``sympy.evaluate(False)``);
    otherwise positive terms come first and names in the order of ``names``.
    Raises ``KeyError`` for a symbol without a name.
    """
    rank = {symbol: position for position, symbol in enumerate(names)}

    def position(term: sp.Expr) -> tuple[int, int, int]:
        ranks = sorted(rank.get(s, len(rank)) for s in term.free_symbols)
        return (1 if term.could_extract_minus_sign() else 0, ranks[0] if ranks else -1, len(ranks))

    def arrange(parts: Sequence[sp.Expr]) -> list[sp.Expr]:
        return list(parts) if ordered else sorted(parts, key=position)

    def convert(e: sp.Expr) -> Expr:
        if e.is_Symbol:
            return names[e]
        if e.is_number and not e.has(sp.Function):
            return Const(e)
        if isinstance(e, sp.Add):
            return add(*(convert(a) for a in arrange(e.args)))
        if isinstance(e, sp.Mul):
            if ordered:
                return mul(*(convert(a) for a in e.args))
            number, rest = e.as_coeff_Mul()
            return mul(Const(number), *(convert(a) for a in arrange(sp.Mul.make_args(rest))))
        if isinstance(e, sp.Pow) and e.exp.is_number:
            return power(convert(e.base), e.exp)
        if isinstance(e, sp.Function) and len(e.args) == 1 and not isinstance(e, _BY_CASES):
            return Apply(elementary(e.func), (convert(e.args[0]),))
        symbols = tuple(sorted(e.free_symbols, key=lambda s: (rank.get(s, len(rank)), s.name)))
        if not symbols:
            return Const(e)
        return Apply(ScalarFunction("cases", symbols, e), tuple(convert(s) for s in symbols))

    return convert(expr)


_BY_CASES = (sp.Piecewise, sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, ExprCondPair)


def symbol_of(ref: Ref) -> sp.Symbol:
    """A plain real symbol that stands for a use of a tensor in an element-by-element expression."""
    index = ",".join(str(i.name if isinstance(i, Axis) else i) for i in ref.index)
    return sp.Symbol(f"{ref.tensor.name}[{index}]" if index else ref.tensor.name, real=True)


def to_sympy(expr: Expr) -> tuple[sp.Expr, dict[sp.Symbol, Expr]]:
    """An element-by-element expression as sympy, with the table that leads back.

    Whatever is not element-by-element scalar algebra (sums over axes, opaque functions) becomes a symbol.
    """
    table: dict[sp.Symbol, Expr] = {}
    taken: dict[Expr, sp.Symbol] = {}

    def leaf(e: Expr) -> sp.Symbol:
        if e not in taken:
            positive = isinstance(e, Size)
            symbol = symbol_of(e) if isinstance(e, Ref) else sp.Symbol(f"_{len(taken)}", real=True)
            taken[e] = sp.Symbol(symbol.name, positive=True) if positive else symbol
            table[taken[e]] = e
        return taken[e]

    def convert(e: Expr) -> sp.Expr:
        match e:
            case Const(value=value):
                return value
            case Add(terms=terms):
                return sp.Add(*map(convert, terms))
            case Mul(factors=factors):
                return sp.Mul(*map(convert, factors))
            case Pow(base=base, exponent=exponent):
                return sp.Pow(convert(base), exponent)
            case Apply(function=function, arguments=arguments) if not function.opaque:
                return function.expr.doit().subs(
                    dict(zip(function.parameters, map(convert, arguments), strict=True)), simultaneous=True
                )
        return leaf(e)

    return convert(expr), table


def apply_definition(expr: Expr) -> Expr:
    """``expr`` with every opaque function replaced by its defining expression."""

    def rule(e: Expr) -> Expr | None:
        if isinstance(e, Apply) and e.function.opaque:
            return from_sympy(e.function.expr, dict(zip(e.function.parameters, e.arguments, strict=True)))
        return None

    return transform(expr, rule)


@lru_cache(maxsize=512)
def in_terms_of_itself(function: ScalarFunction) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """Coefficients (c₀, c₁, c₂) with f′ = c₀ + c₁f + c₂f², where such constants exist, else ``None``.

    Found, not listed: three points give the only possible coefficients, and the identity is then proved as one of
    rational functions of e^u, or of a root of it.  The logistic function yields f − f², tanh yields 1 − f².
    """
    if len(function.parameters) != 1 or kinked(function):
        return None
    (u,) = function.parameters
    e = sp.Symbol("e", positive=True)
    value = function.expr.doit().rewrite(sp.exp)
    slope = differentiate(function).expr.rewrite(sp.exp)
    if not slope.has(u):
        return None
    rates = [term.args[0].coeff(u) for term in (value + slope).atoms(sp.exp)]
    unit = sp.ilcm(1, 1, *(rate.q for rate in rates if rate.is_Rational)) * sp.log(e)
    values, slopes = value.subs(u, unit), slope.subs(u, unit)
    if not (values.is_rational_function(e) and slopes.is_rational_function(e)):
        return None
    (v0, s0), (v1, s1), (v2, s2) = ((values.subs(e, k), slopes.subs(e, k)) for k in (2, 3, 5))
    if len({v0, v1, v2}) < 3:
        return None
    first, second = (s1 - s0) / (v1 - v0), (s2 - s1) / (v2 - v1)
    c2 = (second - first) / (v2 - v0)
    c1 = first - c2 * (v0 + v1)
    c0 = s0 - c1 * v0 - c2 * v0**2
    residue = sp.together(slopes - (c0 + c1 * values + c2 * values**2))
    return (c0, c1, c2) if sp.expand(sp.fraction(residue)[0]) == 0 else None
