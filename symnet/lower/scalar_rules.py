"""Scalar expressions so that they neither overflow nor lose digits: named rules from sympy expression to expression.

Each rule is an identity of real functions.  They come in three groups, which are applied in this order at every node:

    canonicalise    what is written out gets its name: 1/(1 + e^−u) is σ(u), sinh u/cosh u is tanh u
    stabilise       logarithms, roots and quotients of such functions, without what overflows on the way
    specialise      ln(1 + u) and e^u − 1 by the functions that keep the digits of a small u
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from symnet.algebra.functions import expm1, log1p, minus, normal_cdf, sigmoid, softplus

FAR = -36
"""Below it e^u is lost in 1 + e^u in both precisions: ln(1 + e^u) is e^u."""

NEAR = 20
"""Beyond it ln cosh u is |u| − ln 2, in both precisions."""

_HALF = sp.Rational(1, 2)


@dataclass(frozen=True, slots=True)
class Rule:
    """An identity by name; ``apply`` gives the right side for an expression that is a left side, else ``None``."""

    name: str
    node: type[sp.Basic]
    apply: Callable[[sp.Expr], sp.Expr | None]


def logistic(expr: sp.Expr) -> sp.Expr | None:
    """e^(mu)/(1 + e^u)^k = e^(mu) σ(−u)^k = σ(u)^m σ(−u)^(k−m) for 0 ≤ m ≤ k."""
    for base, exponent in expr.as_powers_dict().items():
        named = isinstance(base, sigmoid) and exponent.is_positive
        u = -base.args[0] if named else _one_plus_exp(base)
        if u is None or not (named or exponent.is_negative):
            continue
        exponentials = [f.exp for f in sp.Mul.make_args(expr) if isinstance(f, sp.exp)]
        m = next((v / u for v in exponentials if _times(v, u)), sp.S.Zero)
        if m <= abs(exponent) and not (named and m == 0):
            rest = expr / sp.exp(m * u) / base**exponent
            return rest * sigmoid(u) ** m * sigmoid(-u) ** (abs(exponent) - m)
    return None


def hyperbolic_tangent(expr: sp.Expr) -> sp.Expr | None:
    """sinh u/cosh u = (e^u − e^−u)/(e^u + e^−u) = tanh u."""
    powers = expr.as_powers_dict()
    for base, exponent in powers.items():
        if not exponent.is_negative:
            continue
        u = base.args[0] if isinstance(base, sp.cosh) else _sum_of_exps(base)
        if u is None:
            continue
        for above, sign in ((sp.sinh(u), 1), (sp.exp(u) - sp.exp(-u), 1), (sp.exp(-u) - sp.exp(u), -1)):
            if above in powers and isinstance(base, sp.cosh) == isinstance(above, sp.sinh):
                return expr / above * base * sign * sp.tanh(u)
    return None


def log_sum_of_two(expr: sp.Expr) -> sp.Expr | None:
    """ln(1 + e^u) = softplus(u), and ln(e^u + e^v) = v + softplus(u − v)."""
    (inside,) = expr.args
    if isinstance(inside, sp.Add) and len(inside.args) == 2:
        u = _one_plus_exp(inside)
        if u is not None:
            return softplus(u)
        if all(isinstance(a, sp.exp) for a in inside.args):
            first, second = (a.exp for a in inside.args)
            return second + softplus(first - second)
    return None


def log_of_sigmoid(expr: sp.Expr) -> sp.Expr | None:
    """ln σ(u) = −softplus(−u)."""
    (inside,) = expr.args
    return -softplus(-inside.args[0]) if isinstance(inside, sigmoid) else None


def power_of_sigmoid(expr: sp.Expr) -> sp.Expr | None:
    """√σ(u) = e^(−softplus(−u)/2), 1/σ(u) = e^(−min(u − v, 0))/σ(v) of v = max(u, −36): σ(u) may be no number."""
    if isinstance(expr.base, sigmoid):
        (u,) = expr.base.args
        if expr.exp == -1 and (v := _near(u)) is not None:
            return sp.exp(-_beyond(u)) / sigmoid(v)
        if abs(expr.exp) == _HALF:
            return sp.exp(-expr.exp * softplus(-u))
    return None


def log_of_softplus(expr: sp.Expr) -> sp.Expr | None:
    """ln softplus(u) = ln softplus(v) + min(u − v, 0) of v = max(u, −36)."""
    (inside,) = expr.args
    if isinstance(inside, softplus) and (v := _near(*inside.args)) is not None:
        return sp.log(softplus(v)) + _beyond(*inside.args)
    return None


def power_of_softplus(expr: sp.Expr) -> sp.Expr | None:
    """softplus(u)^p = softplus(v)^p e^(p min(u − v, 0)) of v = max(u, −36), for a root and for the reciprocal."""
    if isinstance(expr.base, softplus) and expr.exp in (-1, _HALF) and (v := _near(*expr.base.args)) is not None:
        return softplus(v) ** expr.exp * sp.exp(expr.exp * _beyond(*expr.base.args))
    return None


def slope_of_log_softplus(expr: sp.Expr) -> sp.Expr | None:
    """σ(u)/softplus(u) = σ(v)/softplus(v) of v = max(u, −36)."""
    powers = expr.as_powers_dict()
    for base, exponent in powers.items():
        if isinstance(base, softplus) and exponent.is_negative and powers.get(sigmoid(*base.args), sp.S.Zero) >= 1:
            (u,) = base.args
            v = _near(u)
            if v is not None:
                return expr / sigmoid(u) * base * sigmoid(v) / softplus(v)
    return None


def _near(u: sp.Expr) -> sp.Expr | None:
    """max(u, −36); of that itself ``None``."""
    return None if isinstance(u, sp.Max) and FAR in u.args else sp.Max(u, FAR)


def _beyond(u: sp.Expr) -> sp.Expr:
    return sp.Min(u - FAR, 0)


def log_of_cosh(expr: sp.Expr) -> sp.Expr | None:
    """ln cosh u = ln(1 + t²/(2 + 2t)) of t = e^v − 1, v = min(|u|, 20), plus |u| − v."""
    (inside,) = expr.args
    if not isinstance(inside, sp.cosh):
        return None
    (u,) = inside.args
    v = sp.Min(sp.Abs(u), NEAR)
    t = expm1(v)
    return log1p(t**2 / (2 + 2 * t)) + minus(sp.Abs(u), v)


def cross_entropy(expr: sp.Expr) -> sp.Expr | None:
    """a softplus(−u) + b softplus(u), a + b a number c:  c softplus(−|u|) + u·(b for u > 0, else −a).

    With a = −y, b = y − 1 it is y ln σ(u) + (1 − y) ln(1 − σ(u)), and exact where y is 0 or 1.
    """
    parts = {f: term for term in expr.args for f in sp.Mul.make_args(term) if isinstance(f, softplus)}
    for f, second in parts.items():
        (u,) = f.args
        first = parts.get(softplus(-u))
        if first is None or u.could_extract_minus_sign():
            continue
        a, b = sp.expand(first / softplus(-u)), sp.expand(second / f)
        if sp.expand(a + b).is_number:
            both = sp.expand(a + b) * softplus(-sp.Abs(u)) + u * sp.Piecewise((b, u > 0), (-a, True))
            return sp.Add(both, *(term for term in expr.args if term not in (first, second)))
    return None


def complements(expr: sp.Expr) -> sp.Expr | None:
    """1 ± erf u = 2 Φ(±√2 u), 1 ± tanh u = 2 σ(±2u), 1 − tanh² u = 4 σ(2u) σ(−2u), 1 − σ(u) = σ(−u)."""
    for term in expr.args:
        for f in sp.Mul.make_args(term):
            found = _complement(f)
            for sign, value in found.items():
                c = sign * term / f
                if found and c in expr.args:
                    return expr - term - c + c * value
    return None


def _complement(f: sp.Expr) -> dict[int, sp.Expr]:
    """What 1 + f and 1 − f are, by the sign."""
    if isinstance(f, sp.erf):
        return {s: 2 * normal_cdf(s * sp.sqrt(2) * f.args[0]) for s in (1, -1)}
    if isinstance(f, sp.tanh):
        return {s: 2 * sigmoid(s * 2 * f.args[0]) for s in (1, -1)}
    if isinstance(f, sp.Pow) and isinstance(f.base, sp.tanh) and f.exp == 2:
        (u,) = f.base.args
        return {-1: 4 * sigmoid(2 * u) * sigmoid(-2 * u)}
    return {-1: sigmoid(-f.args[0])} if isinstance(f, sigmoid) else {}


def exponential_minus_one(expr: sp.Expr) -> sp.Expr | None:
    """e^u − 1, where digits of a small u would be lost."""
    for term in expr.args:
        for f in sp.Mul.make_args(term):
            if isinstance(f, sp.exp) and -term / f in expr.args:
                return expr - term + term / f + term / f * expm1(f.exp)
    return None


def log_of_one_plus(expr: sp.Expr) -> sp.Expr | None:
    """ln(1 + u), where digits of a small u would be lost."""
    (inside,) = expr.args
    if isinstance(inside, sp.Add) and sp.S.One in inside.args:
        return log1p(inside - 1)
    return None


def _one_plus_exp(expr: sp.Expr) -> sp.Expr | None:
    """u of 1 + e^u."""
    if isinstance(expr, sp.Add) and len(expr.args) == 2 and sp.S.One in expr.args:
        (other,) = (a for a in expr.args if a != 1)
        return other.exp if isinstance(other, sp.exp) else None
    return None


def _sum_of_exps(expr: sp.Expr) -> sp.Expr | None:
    """u of e^u + e^−u."""
    if isinstance(expr, sp.Add) and len(expr.args) == 2 and all(isinstance(a, sp.exp) for a in expr.args):
        first, second = (a.exp for a in expr.args)
        if first == -second:
            return second if first.could_extract_minus_sign() else first
    return None


def _times(v: sp.Expr, u: sp.Expr) -> bool:
    """Whether v is a whole positive multiple of u."""
    ratio = v / u
    return bool(ratio.is_Integer and ratio > 0)


CANONICALISE = (
    Rule("1/(1 + e^−u) = σ(u)", sp.Mul, logistic),
    Rule("1/(1 + e^−u) = σ(u)", sp.Pow, logistic),
    Rule("sinh u/cosh u = tanh u", sp.Mul, hyperbolic_tangent),
)
FROM_LOGIT = (
    Rule("ln σ(u) = −ln(1 + e^−u)", sp.log, log_of_sigmoid),
    Rule("σ(u)^p from u, as e^(pu) below −36", sp.Pow, power_of_sigmoid),
    Rule("ln(softplus u) = u below −36", sp.log, log_of_softplus),
    Rule("softplus(u)^p = e^(pu) below −36", sp.Pow, power_of_softplus),
    Rule("σ(u)/softplus(u) = 1 below −36", sp.Mul, slope_of_log_softplus),
)
STABILISE = (
    Rule("ln(1 + e^u) = max(u, 0) + ln(1 + e^−|u|)", sp.log, log_sum_of_two),
    *FROM_LOGIT,
    Rule("ln cosh u from e^|u| − 1, |u| ≤ 20", sp.log, log_of_cosh),
    Rule("y ln σ(u) + (1 − y) ln(1 − σ(u)) from the logit u", sp.Add, cross_entropy),
    Rule("1 ± f(u) without cancellation", sp.Add, complements),
)
SPECIALISE = (
    Rule("e^u − 1 = expm1(u)", sp.Add, exponential_minus_one),
    Rule("ln(1 + u) = log1p(u)", sp.log, log_of_one_plus),
)
RULES = (*CANONICALISE, *STABILISE, *SPECIALISE)


@lru_cache(maxsize=4096)
def stable_scalar(expr: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]]:
    """A scalar expression → one of the same value that is computed more safely, and the names of the rules."""
    used: dict[str, None] = {}

    def at(e: sp.Expr) -> sp.Expr:
        """The rules at this node, after those of which it is a case."""
        for rule in RULES:
            if isinstance(e, rule.node) and (new := rule.apply(e)) is not None and new != e:
                used[rule.name] = None
                return new if rule in FROM_LOGIT else below(new)
        return e

    def below(e: sp.Expr) -> sp.Expr:
        if e.is_Atom:
            return e
        if isinstance(e, sp.Piecewise):
            return sp.Piecewise(*((below(value), condition) for value, condition in e.args))
        if isinstance(e, sp.Mul):
            parts = [sp.Pow(below(f.base), f.exp) if isinstance(f, sp.Pow) else below(f) for f in e.args]
            product = sp.Mul(*parts)
            whole = at(product) if isinstance(product, sp.Mul) else product
            if whole != product or not isinstance(whole, sp.Mul):
                return whole
            return sp.Mul(*(at(f) if isinstance(f, sp.Pow) else f for f in whole.args))
        return at(e.func(*map(below, e.args)))

    return below(expr), tuple(used)
