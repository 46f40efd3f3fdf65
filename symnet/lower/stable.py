"""Equations → equations that compute the same without overflow and without loss of digits, by named rules.

A derivation says ln σ(z) where a program must not: σ(−1000) is 0, and its logarithm infinite.  So before equations are
lowered, logarithms, roots and quotients of a layer's outputs are computed from its weighted sums (the logits), and
softmax from their distance to the largest one.  Nothing is derived here: gradients keep the form that the derivation
gave them, ŷ − y, with the stable form of ŷ.

    stage       Input                     Output
    stable      equations                 for each of them the equations that compute it, and the rules that were used
    flat        such                      the equations alone

The rules for scalars are in :mod:`symnet.lower.scalar_rules`; those for softmax in :mod:`symnet.lower.softmax`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Apply,
    Equation,
    Expr,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Tensor,
    add,
    children,
    factors_of,
    mul,
    negative,
    power,
    refs,
    reindex,
    transform,
)
from symnet.algebra.scalars import differentiate, from_sympy, to_sympy
from symnet.algebra.simplify import add_exponents, collect_numbers
from symnet.lower.scalar_rules import FROM_LOGIT, stable_scalar
from symnet.lower.softmax import Softmax, softmax

Outputs = Mapping[Tensor, "Apply | Softmax"]
"""What the outputs of layers are made from, by their tensors."""


@dataclass(frozen=True, slots=True)
class Stable:
    """An equation, the equations that compute it and what others use of it, and the names of the rules."""

    of: Equation
    equations: tuple[Equation, ...]
    rules: tuple[str, ...] = ()


def stable(equations: Sequence[Equation]) -> tuple[Stable, ...]:
    """Equations → for each of them the equations that compute it; what is not needed may be among them."""
    outputs: dict[Tensor, Apply | Softmax] = {}
    out: list[Stable] = []
    for equation in equations:
        normalised = softmax(equation)
        if normalised is not None:
            outputs[equation.target] = normalised
            out.append(Stable(equation, normalised.equations(), ("e^z from the distance to the largest z",)))
            continue
        rewriting = _Rewriting(outputs)
        right = rewriting.of(equation.right)
        out.append(Stable(equation, (Equation(equation.target, right),), tuple(rewriting.used)))
        if isinstance(equation.right, Apply) and equation.right.function.opaque:
            outputs[equation.target] = equation.right
    return tuple(out)


def flat(groups: Sequence[Stable]) -> tuple[Equation, ...]:
    """The equations alone, in their order."""
    return tuple(equation for group in groups for equation in group.equations)


class _Rewriting:
    """The rules on one equation; ``used`` are the names of those that changed something, in order."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self.used: dict[str, None] = {}

    def of(self, expr: Expr) -> Expr:
        if self._outputs:
            for rule in (self._diagonal, self._distributed, self._slope_of_log):
                expr = transform(expr, rule)
            for rule in (self._log_of_quotient, self._from_logit):
                expr = transform(expr, rule)
        expr = transform(expr, self._scalar)
        return transform(expr, collect_numbers) if self.used else expr

    def _note(self, name: str, expr: Expr) -> Expr:
        self.used[name] = None
        return expr

    def _diagonal(self, expr: Expr) -> Expr | None:
        """The two sums over classes in which a quotient of softmax outputs occurs."""
        if not isinstance(expr, Mul):
            return None
        for factor in expr.factors:
            if isinstance(factor, Ref) and isinstance(found := self._outputs.get(factor.tensor), Softmax):
                new = found.diagonal_apart(factor, tuple(_without(expr.factors, factor)))
                if new is not None:
                    return self._note("quotients of classes from the logits, the class itself apart", new)
        return None

    def _distributed(self, expr: Expr) -> Expr | None:
        """a·(u/√a − v) = √a·u − a·v, and f′·(1 − y/a) = f′ − y f′/a, for outputs a too small for a number."""
        if not isinstance(expr, Mul):
            return None
        for k, factor in enumerate(expr.factors):
            if not isinstance(factor, Add):
                continue
            below = {base.tensor for term in factor.terms for base in _divisors(term) if base.tensor in self._outputs}
            others = (*expr.factors[:k], *expr.factors[k + 1 :])
            if any(self._vanishes_with(f, tensor) for f in others for tensor in below):
                products = (mul(*others, term) for term in factor.terms)
                return self._note("products before quotients", add(*(add_exponents(p) or p for p in products)))
        return None

    def _vanishes_with(self, factor: Expr, tensor: Tensor) -> bool:
        base = factor.base if isinstance(factor, Pow) and factor.exponent.is_positive else factor
        if isinstance(base, Ref):
            return base.tensor == tensor
        definition = self._outputs[tensor]
        return isinstance(definition, Apply) and _is_slope(base, definition)

    def _slope_of_log(self, expr: Expr) -> Expr | None:
        """f′(z)/f(z) = (ln f)′(z)."""
        if not isinstance(expr, Mul):
            return None
        for f in expr.factors:
            for divisor in expr.factors:
                if not (isinstance(divisor, Pow) and divisor.exponent.is_negative and isinstance(divisor.base, Ref)):
                    continue
                definition = self._outputs.get(divisor.base.tensor)
                if not isinstance(definition, Apply) or not _is_slope(f, definition):
                    continue
                log = ScalarFunction(
                    f"(ln {definition.function.name})",
                    definition.function.parameters,
                    sp.log(definition.function.expr.doit()),
                    opaque=True,
                )
                slope = differentiate(log)
                new = {f: Apply(slope, definition.arguments), divisor: power(divisor.base, divisor.exponent + 1)}
                return self._note("f′/f = (ln f)′", mul(*(new.get(part, part) for part in expr.factors)))
        return None

    def _log_of_quotient(self, expr: Expr) -> Expr | None:
        """ln(y/a) = ln y − ln a."""
        match expr:
            case Apply(function=function, arguments=(Mul() as argument,)) if _is_log(function):
                for base in _divisors(argument):
                    if base.tensor in self._outputs:
                        rest = add_exponents(mul(argument, base)) or mul(argument, base)
                        return self._note("ln(u/v) = ln u − ln v", add(_log(rest), negative(_log(base))))
        return None

    def _from_logit(self, expr: Expr) -> Expr | None:
        """Logarithms and powers of outputs, from the logits."""
        if not (isinstance(expr, Apply) and _is_log(expr.function)) and not (
            isinstance(expr, Pow) and expr.exponent in (-1, -2, sp.Rational(1, 2), sp.Rational(-1, 2))
        ):
            return None
        for use in refs(expr):
            definition = self._outputs.get(use.tensor)
            if isinstance(definition, Softmax):
                found = definition.from_logits(expr, use)
                if found is not None:
                    return self._note(*found)
            elif definition is not None:
                f = definition.function
                plain = ScalarFunction(f.name, f.parameters, stable_scalar(f.expr.doit())[0])
                arguments = reindex(definition, dict(zip(use.tensor.axes, use.index, strict=True))).arguments  # type: ignore[attr-defined]
                inlined = transform(expr, lambda e, u=use, v=Apply(plain, arguments): v if e == u else None)  # type: ignore[misc]
                new, names = _by_rules(inlined)
                fitting = [name for name in names if name in _LOGIT_NAMES]
                if fitting:
                    for name in fitting:
                        self.used[name] = None
                    return new
        return None

    def _scalar(self, expr: Expr) -> Expr | None:
        """The rules for scalars, at functions and at what is made of them."""
        if isinstance(expr, Apply) and expr.function.opaque:
            new, names = stable_scalar(expr.function.expr.doit())
            if not names:
                return None
            self.used |= dict.fromkeys(names)
            f = expr.function
            return Apply(ScalarFunction(f.name, f.parameters, new, f.primes, True), expr.arguments)
        if not isinstance(expr, Add | Mul | Pow | Apply) or not _has_function(expr):
            return None
        made, names = _by_rules(expr)
        if not names:
            return None
        self.used |= dict.fromkeys(names)
        return made


_LOGIT_NAMES = {rule.name for rule in FROM_LOGIT}


def _by_rules(expr: Expr) -> tuple[Expr, tuple[str, ...]]:
    plain, table = to_sympy(expr)
    new, names = stable_scalar(plain)
    return (from_sympy(new, table), names) if names else (expr, ())


def _has_function(expr: Expr) -> bool:
    """Whether a named function is in ``expr`` outside of its sums."""
    if isinstance(expr, Apply) and not expr.function.opaque:
        return True
    return any(_has_function(part) for part in children(expr) if isinstance(part, Add | Mul | Pow | Apply))


def _is_slope(expr: Expr, definition: Apply) -> bool:
    """Whether ``expr`` is f′(z) where f(z) is the definition."""
    if not isinstance(expr, Apply) or expr.function.primes != 1 or not expr.function.opaque:
        return False
    return (expr.function.name, expr.arguments) == (definition.function.name, definition.arguments)


def _divisors(expr: Expr) -> list[Ref]:
    """The uses of tensors that a product is divided by, by themselves or as a power."""
    return [
        f.base for f in factors_of(expr) if isinstance(f, Pow) and f.exponent.is_negative and isinstance(f.base, Ref)
    ]


def _is_log(function: ScalarFunction) -> bool:
    return isinstance(function.expr, sp.log) and function.expr.args == function.parameters and not function.opaque


def _log(expr: Expr) -> Expr:
    u = sp.Symbol("u", real=True)
    return Apply(ScalarFunction("log", (u,), sp.log(u)), (expr,))


def _without(factors: Sequence[Expr], one: Expr) -> list[Expr]:
    left = list(factors)
    left.remove(one)
    return left
