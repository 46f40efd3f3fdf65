"""Carrying out ∂/∂v on one expression, a rule at a time.

The structural rules (sum, product, contraction, chain) are here; what a scalar function's derivative is, sympy says.
"""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Apply,
    Deriv,
    Expr,
    Mul,
    Pow,
    Ref,
    Sum,
    add,
    depends,
    mul,
    transform,
)
from symnet.algebra.scalars import differentiate, from_sympy, kinked
from symnet.algebra.simplify import Step, pending


def carry_out(body: Expr, wrt: Ref) -> list[Step]:
    """∂ body/∂ wrt from the first unfinished form to the last, one :class:`Step` for each round of rules.

    Other uses of the same tensor, with other indices, count as constants here.
    """
    kept = relevant(body, wrt)
    expr: Expr = Deriv(kept, wrt)
    steps = [Step(expr, () if kept == body else ("one_term",))]
    while pending(expr):
        used: dict[str, None] = {}
        conditions: dict[str, None] = {}

        def one_rule(node: Expr) -> Expr | None:
            if not isinstance(node, Deriv):
                return None
            out, rule = _apply_rule(node.body, node.wrt, conditions)  # noqa: B023
            used[rule] = None  # noqa: B023
            return out

        expr = transform(expr, one_rule)
        expr = transform(expr, _trivial)
        steps.append(Step(expr, tuple(used), tuple(conditions)))
    return steps


def relevant(body: Expr, wrt: Ref) -> Expr:
    """What of ``body`` can depend on ``wrt``: no other terms, and of a sum over its index its one term."""
    match body:
        case Sum(axis=axis, body=inner) if axis in wrt.index:
            return relevant(inner, wrt)
        case Add(terms=terms) if not all(depends(t, wrt) for t in terms):
            return add(*(relevant(t, wrt) for t in terms if depends(t, wrt)))
        case Mul(factors=factors) if sum(depends(f, wrt) for f in factors) == 1:
            return mul(*(relevant(f, wrt) if depends(f, wrt) else f for f in factors))
    return body


def _trivial(node: Expr) -> Expr | None:
    """What needs no row of its own: ∂v/∂v = 1, ∂c/∂v = 0, and a sum's one term with the index."""
    if not isinstance(node, Deriv):
        return None
    if node.body == node.wrt:
        return ONE
    if not depends(node.body, node.wrt):
        return ZERO
    if isinstance(node.body, Mul) and len(node.body.factors) == 2 and node.body.factors[0] == MINUS_ONE:
        return mul(MINUS_ONE, _trivial(inner := Deriv(node.body.factors[1], node.wrt)) or inner)
    return None


def _apply_rule(u: Expr, v: Ref, conditions: dict[str, None]) -> tuple[Expr, str]:
    """∂u/∂v by the rule for the outermost operation of ``u``, and the rule's name."""
    if not depends(u, v):
        return ZERO, "constant"
    match u:
        case Ref():
            return ONE, "identity"
        case Add(terms=terms):
            return add(*(Deriv(t, v) for t in terms if depends(t, v))), "sum"
        case Mul(factors=factors):
            moving = [k for k, f in enumerate(factors) if depends(f, v)]
            varied = (mul(*(Deriv(f, v) if k == m else f for k, f in enumerate(factors))) for m in moving)
            return add(*varied), "constant_factor" if len(moving) == 1 else "product"
        case Sum(axis=axis, body=body):
            if axis in v.index:
                return Deriv(body, v), "one_term"
            return Sum(axis, Deriv(body, v)), "linearity"
        case Pow(base=base, exponent=exponent):
            t = sp.Symbol("t", real=True)
            outer = from_sympy(sp.diff(t**exponent, t), {t: base})
            return mul(outer, Deriv(base, v)), "power"
        case Apply(function=function, arguments=arguments):
            out: list[Expr] = []
            for position, argument in enumerate(arguments):
                if not depends(argument, v):
                    continue
                slope = differentiate(function, position)
                if kinked(function):
                    conditions[f"kink:{function.name}"] = None
                if slope.expr.is_zero:
                    continue
                outer = (
                    Apply(slope, arguments)
                    if function.opaque
                    else from_sympy(slope.expr, dict(zip(function.parameters, arguments, strict=True)))
                )
                out.append(mul(outer, Deriv(argument, v)))
            return add(*out), "activation" if function.opaque else f"function:{function.name}"
    raise TypeError(f"no rule of differentiation for {type(u).__name__}")
