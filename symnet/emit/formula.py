"""sympy expressions as Python text that numba compiles: calls, conditional expressions, exact quotients.

What :mod:`symnet.emit.mathematics` has is called by its name alone (``exp(x)``), the rest is Python's ``math``.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pycode import PythonCodePrinter

from symnet.emit.precision import DOUBLE, Precision
from symnet.errors import SymnetError


def formula(expr: sp.Expr, names: Mapping[sp.Symbol, str], precision: Precision = DOUBLE) -> str:
    """The Python text of ``expr``, each symbol written as ``names`` says, numbers in the given precision.

    Raises SymnetError for a function that Python's ``math`` has no equal of.
    """
    printer = _Printer(names, precision)
    text = str(printer.doprint(expr))
    if printer.unknown:
        raise SymnetError(
            f"{', '.join(printer.unknown)} cannot be compiled; write the expression with functions that Python's math "
            "module has (exp, log, sqrt, sin, tanh, erf …)"
        )
    return text


def strength(expr: sp.Basic) -> int:
    """How tightly the printed text of ``expr`` binds, on sympy's scale."""
    if isinstance(expr, sp.Number):
        if expr < 0:
            return ADD
        return MUL if isinstance(expr, sp.Rational) and _exact(expr) is None else ATOM
    if isinstance(expr, sp.Pow) and not expr.is_Atom and expr.base is not sp.E:
        return POW if expr.exp.is_positive and expr.exp != _HALF else ATOM if expr.exp == _HALF else MUL
    if isinstance(expr, sp.Add):
        return ADD
    if isinstance(expr, sp.Mul):
        return ADD if expr.could_extract_minus_sign() else MUL
    return ATOM


def _exact(value: sp.Rational) -> float | None:
    """The float that equals ``value``, if there is one and it is short to read."""
    return float(value) if value.q in (1, 2, 4, 8, 16, 32, 64) else None


ATOM, POW, MUL, ADD = (int(PRECEDENCE[name]) for name in ("Atom", "Pow", "Mul", "Add"))
_HALF = sp.Rational(1, 2)


class _Printer(PythonCodePrinter):  # type: ignore[misc]
    def __init__(self, names: Mapping[sp.Symbol, str], precision: Precision) -> None:
        super().__init__({"fully_qualified_modules": True, "user_functions": {}})
        self._of = names
        self._precision = precision
        self.unknown: list[str] = []

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return self._of[expr]

    def _print_Integer(self, expr: sp.Integer) -> str:
        return self._number(f"{int(expr)}.0")

    _print_Zero = _print_One = _print_NegativeOne = _print_Integer

    def _print_Rational(self, expr: sp.Rational) -> str:
        exact = _exact(expr)
        quotient = f"{self._number(f'{expr.p}.0')} / {self._number(f'{expr.q}.0')}"
        return quotient if exact is None else self._number(repr(exact))

    _print_Half = _print_Rational

    def _print_Float(self, expr: sp.Float) -> str:
        return self._number(repr(float(expr)))

    def _number(self, text: str) -> str:
        return self._precision.number(text)

    def parenthesize(self, item: sp.Basic, level: int, strict: bool = False) -> str:
        text = str(self._print(item))
        tight = strength(item)
        return f"({text})" if tight < level or (not strict and tight <= level) else text

    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:
        first, *rest = self._as_ordered_terms(expr, order=order)
        text = str(self._print(first))
        for term in rest:
            part = self.parenthesize(term, ADD, strict=True)
            text += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        return text

    def _print_Mul(self, expr: sp.Mul) -> str:
        number, rest = expr.as_coeff_Mul()
        if number < 0:
            return f"-{self.parenthesize(-expr, MUL, strict=True)}"
        factors = (*([number] if number != 1 else []), *rest.as_ordered_factors())
        below = [1 / f for f in factors if isinstance(f, sp.Pow) and f.exp.is_number and f.exp.is_negative]
        above = [f for f in factors if 1 / f not in below]
        text = " * ".join(self.parenthesize(f, MUL, strict=k == 0) for k, f in enumerate(above))
        text = text or self._number("1.0")
        return "".join((text, *(f" / {self.parenthesize(f, MUL)}" for f in below)))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        if expr.base is sp.E:
            return f"exp({self._print(expr.exp)})"
        if not expr.exp.is_number:
            return f"{self.parenthesize(expr.base, POW)} ** {self.parenthesize(expr.exp, POW)}"
        return raised(str(self._print(expr.base)), strength(expr.base), expr.exp, self._precision)

    def _call(self, expr: sp.Function) -> str:
        return f"{type(expr).__name__}({', '.join(self._print(a) for a in expr.args)})"

    _print_exp = _print_log = _print_log1p = _print_expm1 = _print_tanh = _print_erf = _call
    _print_sigmoid = _print_softplus = _print_normal_cdf = _print_minus = _call

    def _print_Pi(self, expr: sp.Expr) -> str:
        return self._number("math.pi")

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return self._number("math.e")

    def _print_Infinity(self, expr: sp.Expr) -> str:
        return self._number("math.inf")

    def _print_NegativeInfinity(self, expr: sp.Expr) -> str:
        return self._number("-math.inf")

    def _print_NaN(self, expr: sp.Expr) -> str:
        return self._number("math.nan")

    _print_ComplexInfinity = _print_NaN

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        text = ""
        for value, condition in expr.args:
            if condition == True:  # noqa: E712  sympy's true is not Python's
                return f"({text}{self._print(value)})"
            text += f"{self._print(value)} if {self._print(condition)} else "
        return f"({text}{self._number('math.nan')})"

    def _print_Relational(self, expr: sp.Basic) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_And(self, expr: sp.And) -> str:
        return "(" + " and ".join(f"({self._print(a)})" for a in expr.args) + ")"

    def _print_Or(self, expr: sp.Or) -> str:
        return "(" + " or ".join(f"({self._print(a)})" for a in expr.args) + ")"

    def _print_Abs(self, expr: sp.Abs) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Max(self, expr: sp.Max) -> str:
        return self._nested("np.maximum", expr.args)

    def _print_Min(self, expr: sp.Min) -> str:
        return self._nested("np.minimum", expr.args)

    def _nested(self, function: str, args: tuple[sp.Expr, ...]) -> str:
        text = self._print(args[0])
        for other in args[1:]:
            text = f"{function}({text}, {self._print(other)})"
        return str(text)

    def _print_not_supported(self, expr: sp.Basic) -> str:
        name = type(expr).__name__
        if name not in self.unknown:
            self.unknown.append(name)
        return name

    emptyPrinter = _print_Function = _print_not_supported


def raised(base: str, tightness: int, exponent: sp.Expr, precision: Precision = DOUBLE) -> str:
    """``base ** exponent`` as text, by roots and quotients; numba multiplies out small whole exponents."""
    if exponent.is_negative:
        below = raised(base, tightness, -exponent, precision)
        return f"{precision.number('1.0')} / {below}"
    if exponent == 1:
        return base if tightness > MUL else f"({base})"
    if exponent == sp.Rational(1, 2):
        return f"math.sqrt({base})"
    inside = base if tightness >= ATOM else f"({base})"
    return f"{inside} ** {exponent if exponent.is_Integer else precision.number(repr(float(exponent)))}"
