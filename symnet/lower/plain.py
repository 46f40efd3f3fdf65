"""Expressions in plain text, for the comments of generated code: ``Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]``."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Largest,
    Mul,
    Pow,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    mul,
    power,
)
from symnet.algebra.functions import minus


def equation_text(equation: Equation) -> str:
    """``target[axes] = right side`` on one line."""
    return " ".join(f"{text(equation.left)} = {text(equation.right)}".split())


def text(expr: Expr) -> str:
    """``expr`` in plain text, terms and factors in their own order."""
    match expr:
        case Const(value=value):
            return str(value)
        case Size(axis=axis):
            return str(axis.size)
        case Ref(tensor=tensor, index=index):
            inside = ",".join(map(_index, index))
            return f"{tensor.name}[{inside}]" if inside else tensor.name
        case Add(terms=terms):
            out = text(terms[0])
            for term in terms[1:]:
                opposite = _opposite(term)
                out += f" + {text(term)}" if opposite is None else f" − {_tight(opposite, Add)}"
            return out
        case Mul(factors=factors):
            return _product(factors)
        case Pow(base=base, exponent=exponent):
            if exponent.is_negative:
                return _product((expr,))
            if exponent == sp.Rational(1, 2):
                return f"√{_tight(base, Add, Mul, Pow, Sum)}"
            return f"{_tight(base, Add, Mul, Pow, Sum)}^{exponent if exponent.is_Integer else f'({exponent})'}"
        case Sum(axis=axis, body=body):
            return f"Σ_{axis.name} {_tight(body, Add)}"
        case Largest(axis=axis, body=body, but=but):
            return f"max_{axis.name}{'' if but is None else f'≠{_index(but)}'} {_tight(body, Add)}"
        case Same(first=first, second=second, negated=negated):
            return f"[{_index(first)} {'≠' if negated else '='} {_index(second)}]"
        case Apply(function=function, arguments=arguments):
            return _application(function, [text(a) for a in arguments])
    raise TypeError(f"{type(expr).__name__} has no value before it is carried out")


def _index(index: Index) -> str:
    return index.name if isinstance(index, Axis) else str(index)


def _tight(expr: Expr, *loose: type[Expr]) -> str:
    out = text(expr)
    composite = isinstance(expr, Const) and not (expr.value.is_Atom and expr.value.is_nonnegative)
    apart = isinstance(expr, Apply) and isinstance(expr.function.expr, minus) and Add in loose
    return f"({out})" if isinstance(expr, loose) or apart or (composite and Mul in loose) else out


def _opposite(term: Expr) -> Expr | None:
    match term:
        case Const(value=value) if value.is_negative:
            return Const(-value)
        case Mul(factors=(Const(value=value), *rest)) if value.is_negative:
            return mul(Const(-value), *rest)
    return None


def _product(factors: tuple[Expr, ...]) -> str:
    if factors[0] == Const(sp.S.NegativeOne) and len(factors) > 1:
        return f"−{_product(factors[1:])}"
    above = [f for f in factors if not (isinstance(f, Pow) and f.exponent.is_negative)]
    below = [power(f.base, -f.exponent) for f in factors if isinstance(f, Pow) and f.exponent.is_negative]
    loose = [_tight(f, Add) if k == len(above) - 1 and not below else _tight(f, Add, Sum) for k, f in enumerate(above)]
    out = "·".join(loose) or "1"
    if not below:
        return out
    under = "·".join(_tight(f, Add, Sum) for f in below)
    return f"{out}/({under})" if len(below) > 1 else f"{out}/{_tight(below[0], Add, Sum, Mul)}"


def _application(function: ScalarFunction, arguments: list[str]) -> str:
    if function.opaque:
        return f"{function.name}{'′' * function.primes}({', '.join(arguments)})"
    if isinstance(function.expr, minus):
        return f"{arguments[0]} − {arguments[1]}"
    symbols = {p: sp.Symbol(a, real=True) for p, a in zip(function.parameters, arguments, strict=True)}
    written = function.expr.xreplace(symbols)
    if isinstance(written, sp.Piecewise):
        *cases, (otherwise, _) = written.args
        return f"({' else '.join(f'{value} if {condition}' for value, condition in cases)} else {otherwise})"
    return str(written)
