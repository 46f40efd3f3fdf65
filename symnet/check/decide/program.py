"""Scalar functions as small programs, run by any arithmetic: residues, floating point, intervals.

sympy says what a function is (:class:`~symnet.algebra.expressions.ScalarFunction`); here its expression becomes a tree
of few operations, hyperbolic functions and powers of constants being brought back to ``exp`` and ``log``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import sympy as sp
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symnet.algebra.expressions import ScalarFunction

V = TypeVar("V")


class Unsupported(Exception):
    """Something that this arithmetic cannot evaluate; the question stays undecided."""


class Op(NamedTuple):
    """One operation: its kind, what it works on, and its constant (a number, an exponent, a position, conditions)."""

    kind: str
    parts: tuple[Op, ...] = ()
    value: Any = None


UNARY = {sp.exp: "exp", sp.log: "log", sp.tanh: "tanh", sp.erf: "erf", sp.sin: "sin", sp.cos: "cos", sp.atan: "atan"}
"""Functions that every arithmetic knows."""

TRUE = Op("true")


@lru_cache(maxsize=4096)
def program(expr: sp.Expr, parameters: tuple[sp.Symbol, ...] = ()) -> Op:
    """The program of a sympy expression in the given symbols.

    Raises Unsupported for a symbol that is not among them and for functions that have no arithmetic here.
    """
    return _convert(expr, {s: Op("argument", (), k) for k, s in enumerate(parameters)})


@lru_cache(maxsize=1024)
def definition(function: ScalarFunction) -> Op:
    """The program of a scalar function."""
    return program(function.expr.doit(), function.parameters)


@lru_cache(maxsize=256)
def power_of(exponent: sp.Expr) -> Op:
    """The program of x ↦ x ** exponent."""
    return _power(Op("argument", (), 0), sp.S(exponent), {})


def constant(value: int | Fraction) -> Op:
    """A rational number."""
    return Op("const", (), Fraction(value))


def _convert(e: Any, names: dict[sp.Symbol, Op]) -> Op:
    if e in names:
        return names[e]
    if e.is_Rational:
        return constant(Fraction(int(e.p), int(e.q)))
    if e.is_Float:
        return constant(Fraction(str(e)))  # a decimal stands for itself, not for the nearest binary number
    if e is sp.pi:
        return Op("pi")
    if e is sp.E:
        return Op("exp", (constant(1),))

    def many(kind: str) -> Op:
        return Op(kind, tuple(_convert(a, names) for a in e.args))

    def one(position: int = 0) -> Op:
        return _convert(e.args[position], names)

    if e.is_Add:
        return many("add")
    if e.is_Mul:
        return many("mul")
    if e.is_Pow and not e.free_symbols and sp.Pow(e.base.doit(), e.exp) != e:
        return _convert(sp.Pow(e.base.doit(), e.exp), names)  # √(2/π) = √2/√π
    if e.is_Pow:
        return _power(one(0), e.exp, names)
    if e.func in UNARY:
        return Op(UNARY[e.func], (one(),))
    if e.func in _REWRITTEN:
        return _convert(_REWRITTEN[e.func](*e.args), names)
    if isinstance(e, sp.Max | sp.Min):
        first, *rest = (_convert(a, names) for a in e.args)
        for other in rest:
            gap = _minus(first, other) if isinstance(e, sp.Max) else _minus(other, first)
            first = Op("case", (first, other), (Op("positive", (gap,)), TRUE))
        return first
    if isinstance(e, sp.Abs):
        return Op("abs", (one(),))
    if isinstance(e, sp.sign):
        u = one()
        return Op("case", (constant(1), constant(-1), constant(0)), (_above(u), _above(constant(0), u), TRUE))
    if isinstance(e, sp.Heaviside):
        u = one()  # authors do not agree on its value at 0
        return Op("case", (constant(1), constant(0)), (_above(u), _above(constant(0), u)))
    if isinstance(e, sp.Piecewise):
        return Op(
            "case",
            tuple(_convert(value, names) for value, _ in e.args),
            tuple(_condition(given, names) for _, given in e.args),
        )
    raise Unsupported(f"no arithmetic for {getattr(e.func, '__name__', e.func)}")


def _power(base: Op, exponent: Any, names: dict[sp.Symbol, Op]) -> Op:
    if exponent.is_Rational or exponent.is_Float:
        q = Fraction(int(exponent.p), int(exponent.q)) if exponent.is_Rational else Fraction(str(exponent))
        if q.denominator == 2 and base.kind == "power" and base.value % 2 == 0:
            return Op("power", (Op("abs", base.parts),), base.value * q)  # (u²)^½ = |u|
        return Op("power", (base,), q)
    return Op("exp", (Op("mul", (_convert(exponent, names), Op("log", (base,)))),))


def _minus(a: Op, b: Op) -> Op:
    return Op("add", (a, Op("mul", (constant(-1), b))))


def _above(a: Op, b: Op | None = None) -> Op:
    """a > b, or a > 0."""
    if b is None or b == constant(0):
        return Op("positive", (a,))
    return Op("positive", (_minus(a, b),))


def _condition(e: Any, names: dict[sp.Symbol, Op]) -> Op:
    if isinstance(e, BooleanTrue):
        return TRUE
    if isinstance(e, BooleanFalse):
        return Op("not", (TRUE,))
    if isinstance(e, sp.And | sp.Or | sp.Not):
        kind = {sp.And: "and", sp.Or: "or", sp.Not: "not"}[e.func]
        return Op(kind, tuple(_condition(a, names) for a in e.args))
    if isinstance(e, sp.core.relational.Relational):
        left, right = (_convert(a, names) for a in e.args)
        if isinstance(e, sp.Gt | sp.Lt):
            return _above(left, right) if isinstance(e, sp.Gt) else _above(right, left)
        if isinstance(e, sp.Ge | sp.Le):
            return Op("not", (_above(right, left) if isinstance(e, sp.Ge) else _above(left, right),))
        nonzero = Op("nonzero", (_minus(left, right),))
        return nonzero if isinstance(e, sp.Ne) else Op("not", (nonzero,))
    raise Unsupported(f"no arithmetic for the condition {e}")


_REWRITTEN = {
    sp.cosh: lambda u: (sp.exp(u) + sp.exp(-u)) / 2,
    sp.sinh: lambda u: (sp.exp(u) - sp.exp(-u)) / 2,
    sp.sech: lambda u: 2 / (sp.exp(u) + sp.exp(-u)),
    sp.csch: lambda u: 2 / (sp.exp(u) - sp.exp(-u)),
    sp.coth: lambda u: 1 / sp.tanh(u),
    sp.erfc: lambda u: 1 - sp.erf(u),
    sp.tan: lambda u: sp.sin(u) / sp.cos(u),
}


class Arithmetic(ABC, Generic[V]):
    """What a program needs of a kind of number."""

    def run(self, op: Op, arguments: Sequence[V]) -> V:
        """The value of a program at the arguments."""
        kind = op.kind
        if kind == "argument":
            position: int = op.value
            return arguments[position]
        if kind == "const":
            return self.rational(op.value)
        if kind == "pi":
            return self.pi(Fraction(1))
        if kind == "case":
            return self.case(op, arguments)
        if kind == "power" and op.value.denominator > 1 and op.parts[0].kind == "const" and op.parts[0].value > 0:
            return self.surd(op.parts[0].value, op.value)
        if kind == "power" and op.value.denominator == 2 and op.parts[0].kind == "pi":
            return self.pi(op.value)
        values = [self.run(part, arguments) for part in op.parts]
        if kind == "add":
            return self.add(values)
        if kind == "mul":
            return self.mul(values)
        if kind == "power":
            return self.power(values[0], op.value)
        if kind == "abs":
            return self.absolute(values[0])
        return self.function(kind, values[0])

    @abstractmethod
    def rational(self, value: Fraction) -> V:
        """A rational constant."""

    @abstractmethod
    def pi(self, exponent: Fraction) -> V:
        """A power of π, the exponent being a multiple of ½."""

    @abstractmethod
    def surd(self, base: Fraction, exponent: Fraction) -> V:
        """A rational power of a positive rational constant."""

    @abstractmethod
    def add(self, values: Sequence[V]) -> V:
        """The sum."""

    @abstractmethod
    def mul(self, values: Sequence[V]) -> V:
        """The product."""

    @abstractmethod
    def power(self, base: V, exponent: Fraction) -> V:
        """base ** exponent."""

    @abstractmethod
    def absolute(self, value: V) -> V:
        """|value|."""

    @abstractmethod
    def function(self, name: str, value: V) -> V:
        """One of the functions of :data:`UNARY`."""

    @abstractmethod
    def case(self, op: Op, arguments: Sequence[V]) -> V:
        """The first of the parts whose condition holds."""
