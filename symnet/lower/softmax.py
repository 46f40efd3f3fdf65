"""Softmax from its logits: with the largest one subtracted no exponential overflows, and no logarithm is of 0.

For p_k = e^(z_k)/Σ_j e^(z_j), with m the largest z_j (Goodfellow, Bengio & Courville 2016, §4.1):

    d_k = z_k − m        e_k = e^(d_k)        t = Σ_j e_j        p_k = e_k/t        ln p_k = d_k − ln t

t counts 1 for each largest logit, so ln t = ln(1 + Σ of the others) keeps its digits where one class is nearly
certain.  Without class k, with m_k the largest of the other logits and t_k = Σ_(j≠k) e^(z_j − m_k):

    ln(1 − p_k) = (m_k − m) + ln t_k − ln t        p_j/(1 − p_k) = e^(z_j − m_k)/t_k   for j ≠ k
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symnet.algebra.expressions import (
    MINUS_ONE,
    ONE,
    Add,
    Apply,
    Axis,
    Equation,
    Expr,
    Index,
    Largest,
    Mul,
    Pow,
    Ref,
    Same,
    ScalarFunction,
    Sum,
    Tensor,
    add,
    const,
    factors_of,
    mul,
    negative,
    power,
    reindex,
    terms_of,
)
from symnet.algebra.functions import log1p, minus
from symnet.algebra.scalars import elementary, from_sympy, to_sympy

_U, _V = sp.symbols("u v", real=True)
_MINUS = ScalarFunction("minus", (_U, _V), minus(_U, _V))
_REST = ScalarFunction("rest", (_U,), sp.Piecewise((0, _U >= 1), (_U, True)))
_WHOLE = ScalarFunction("whole", (_U,), sp.Piecewise((1, _U >= 1), (0, True)))
_LOG_REST = ScalarFunction("cases", (_U, _V), sp.Piecewise((log1p(-_U), sp.Rational(1, 2) >= _U), (_V, True)))


@dataclass(frozen=True, slots=True)
class Softmax:
    """p = softmax of ``logit`` over ``unit``, as an equation defines it; ``other`` is the axis as a bound index."""

    target: Tensor
    logit: Expr
    unit: Axis
    other: Axis

    def equations(self) -> tuple[Equation, ...]:
        """p and everything of it that others may need, in the order of computation."""
        m, d, e, t, log_t = self._m(), self._d(), self._e(), self._t(), self._log_t()
        each = reindex(e, {self.unit: self.other})
        rest, whole = (Sum(self.other, Apply(f, (each,))) for f in (_REST, _WHOLE))
        m_k, t_k = self._m(but=True), self._t(but=True)
        apart = Same(self.other, self.unit, negated=True)
        far = add(_minus(m_k, m), _call(sp.log, t_k), negative(log_t))
        return (
            Equation(m.tensor, Largest(self.other, self._other_logit)),
            Equation(d.tensor, _minus(self.logit, m)),
            Equation(e.tensor, _call(sp.exp, d)),
            Equation(t.tensor, Sum(self.other, each)),
            Equation(log_t.tensor, _call(log1p, add(_minus(whole, ONE), rest))),
            Equation(self.target, mul(e, power(t, sp.S.NegativeOne))),
            Equation(m_k.tensor, Largest(self.other, self._other_logit, self.unit)),
            Equation(t_k.tensor, Sum(self.other, mul(apart, _call(sp.exp, _minus(self._other_logit, m_k))))),
            Equation(self._log_rest().tensor, Apply(_LOG_REST, (self.target(), far))),
        )

    def from_logits(self, expr: Expr, use: Ref) -> tuple[str, Expr] | None:
        """ln p, ln(1 − p), √p and 1/p of a use of p, with the name of the rule; of other expressions ``None``."""
        at = dict(zip(self.target.axes, use.index, strict=True))
        found: tuple[str, Expr] | None = None
        match expr:
            case Apply(arguments=(argument,)) if argument == use:
                found = "ln p from the logits", add(self._d(), negative(self._log_t()))
            case Apply(arguments=(Add(terms=(first, second)),)) if (first, second) == (ONE, negative(use)):
                found = "ln(1 − p) from the logits of the other classes", self._log_rest()
            case Pow(base=base, exponent=exponent) if base == use:
                raised = mul(_call(sp.exp, mul(const(exponent), self._d())), power(self._t(), -exponent))
                found = "p^r from the logits", raised
        return found and (found[0], reindex(found[1], at))

    def diagonal_apart(self, use: Ref, factors: tuple[Expr, ...]) -> Expr | None:
        """p_k·(u_k + c Σ_j v_j/p_j) with the term j = k cancelled against u_k, and p_k/p_j = e^(z_k − z_j) elsewhere.

        The same for Σ_j v_j/(1 − p_j).  ``None`` for other products.
        """
        k = use.index[self.target.axes.index(self.unit)]
        for place, factor in enumerate(factors):
            if not isinstance(factor, Add):
                continue
            whole: list[Expr] = []
            apart: list[Expr] = []
            for term in factor.terms:
                quotients = self._quotients(term, use, k)
                if quotients is None:
                    whole.append(mul(use, term))
                else:
                    whole.append(quotients[0])
                    apart.append(quotients[1])
            if apart:
                return mul(*factors[:place], *factors[place + 1 :], add(_cancelled(add(*whole)), *apart))
        return None

    def _quotients(self, term: Expr, use: Ref, k: Index) -> tuple[Expr, Expr] | None:
        """c Σ_j v_j/p_j times p_k → (its term j = k, the others with the quotient of the two from the logits)."""
        for total in factors_of(term):
            if not isinstance(total, Sum):
                continue
            j = total.axis
            here = reindex(use, {k: j}) if isinstance(k, Axis) else None
            parts = factors_of(total.body)
            for part in parts:
                quotient = None if here is None else self._quotient(part, here, use)
                if quotient is None:
                    continue
                rest = mul(*(f for f in factors_of(term) if f is not total))
                body = mul(Same(j, k, negated=True), *(f for f in parts if f is not part), quotient)
                return mul(rest, use, reindex(total.body, {j: k})), mul(rest, Sum(j, body))
        return None

    def _quotient(self, divisor: Expr, p_j: Expr, p_k: Ref) -> Expr | None:
        """p_k/p_j or p_k/(p_j − 1) where ``divisor`` is 1/p_j or 1/(p_j − 1), for j ≠ k."""
        if not (isinstance(divisor, Pow) and divisor.exponent == -1 and isinstance(p_j, Ref)):
            return None
        at_j = dict(zip(self.target.axes, p_j.index, strict=True))
        z_k = reindex(self.logit, dict(zip(self.target.axes, p_k.index, strict=True)))
        if divisor.base == p_j:
            return _call(sp.exp, _minus(z_k, reindex(self.logit, at_j)))
        if set(terms_of(divisor.base)) == {p_j, MINUS_ONE}:
            m_j, t_j = (reindex(e, at_j) for e in (self._m(but=True), self._t(but=True)))
            return mul(MINUS_ONE, _call(sp.exp, _minus(z_k, m_j)), power(t_j, sp.S.NegativeOne))
        return None

    # -- the quantities, as they are used under their own indices --------------------------------------------------

    @property
    def _other_logit(self) -> Expr:
        return reindex(self.logit, {self.unit: self.other})

    def _quantity(self, name: str, by_class: bool) -> Ref:
        axes = self.target.axes if by_class else tuple(a for a in self.target.axes if a != self.unit)
        return Tensor(f"{name}{self.target.layer or ''}", axes, "softmax", self.target.layer)()

    def _m(self, but: bool = False) -> Ref:
        return self._quantity("mk" if but else "m", but)

    def _t(self, but: bool = False) -> Ref:
        return self._quantity("tk" if but else "t", but)

    def _d(self) -> Ref:
        return self._quantity("d", True)

    def _e(self) -> Ref:
        return self._quantity("e", True)

    def _log_t(self) -> Ref:
        return self._quantity("lnt", False)

    def _log_rest(self) -> Ref:
        return self._quantity("lnq", True)


def softmax(equation: Equation) -> Softmax | None:
    """The parts of an equation that divides e^z by the sum of such over one axis; of any other equation ``None``."""
    match equation.right:
        case Mul(factors=(Apply(arguments=(logit,)) as above, Pow(base=Sum() as below, exponent=exponent))):
            units = [a for a in above.axes if a not in below.axes]
            if exponent != -1 or len(units) != 1 or above.function.expr != sp.exp(*above.function.parameters):
                return None
            if reindex(above, {units[0]: below.axis}) == below.body:
                return Softmax(equation.target, logit, units[0], below.axis)
    return None


def _call(function: type[sp.Function], *arguments: Expr) -> Expr:
    return Apply(elementary(function), arguments)


def _minus(first: Expr, second: Expr) -> Expr:
    return Apply(_MINUS, (first, second))


def _cancelled(expr: Expr) -> Expr:
    plain, table = to_sympy(expr)
    return from_sympy(sp.factor(sp.cancel(plain)), table)
