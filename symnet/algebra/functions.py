"""Functions that sympy has no name for, and that are computed better under a name of their own than as written out.

Each has a definition in sympy's functions, which gives it its value wherever nothing better is known.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

__all__ = ["NAMED", "defined", "expm1", "log1p", "minus", "normal_cdf", "sigmoid", "softplus"]


class _Named(sp.Function):  # type: ignore[misc]
    def definition(self) -> sp.Expr:
        raise NotImplementedError

    def _eval_is_real(self) -> bool:
        return True

    def _eval_evalf(self, prec: int) -> Any:
        return self.definition()._eval_evalf(prec)


class sigmoid(_Named):  # the names are those of the functions, as sympy's are
    """1/(1 + e^−u)."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return 1 / (1 + sp.exp(-self.args[0]))


class softplus(_Named):
    """ln(1 + e^u)."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return sp.log(1 + sp.exp(self.args[0]))


class normal_cdf(_Named):
    """Φ(u) = (1 + erf(u/√2))/2, the standard normal distribution function."""

    nargs = 1

    def definition(self) -> sp.Expr:
        return (1 + sp.erf(self.args[0] / sp.sqrt(2))) / 2


class minus(_Named):
    """u − v, where the difference of the two must be taken before anything else is added."""

    nargs = 2

    def definition(self) -> sp.Expr:
        u, v = self.args
        return u - v


NAMED = (sigmoid, softplus, normal_cdf, minus)


def defined(expr: sp.Expr) -> sp.Expr:
    """``expr`` in sympy's own functions alone."""
    expr = expr.replace(lambda e: isinstance(e, expm1 | log1p), lambda e: e.rewrite(sp.exp).rewrite(sp.log))
    return expr.replace(lambda e: isinstance(e, _Named), lambda e: e.definition())
