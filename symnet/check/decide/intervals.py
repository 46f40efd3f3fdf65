"""Expressions in interval arithmetic: the two ends enclose the value, whatever was rounded (Moore 1966).

The intervals are mpmath's (``mpmath.libmp.libmpi``: directed rounding at any precision); one element of an expression
is computed at a time, at rational values of the given tensors.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import sympy as sp
from mpmath.libmp import from_man_exp, from_rational, libmpi, mpf_gt, mpf_lt, mpf_neg, mpf_sign, to_str

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Same,
    Size,
    Sum,
    Tensor,
)
from symnet.check.decide.arrays import OutOfTime
from symnet.check.decide.evaluate import length
from symnet.check.decide.program import Arithmetic, Op, Unsupported, definition, power_of, program

Interval = Any
"""Two ends, as mpmath's raw numbers."""

Element = tuple[Tensor, tuple[int, ...]]

ZERO = libmpi.mpi_zero


class Undefined(Exception):
    """The value does not exist at this point, or a sign cannot be told."""


def finite(a: Interval) -> bool:
    """Whether both ends are numbers."""
    return all(end[1] or not end[2] for end in a)  # (sign, mantissa, exponent, bits); 0 has no exponent, inf has


def apart(a: Interval, b: Interval) -> bool:
    """Whether no number is in both."""
    return bool(finite(a) and finite(b) and (mpf_lt(a[1], b[0]) or mpf_lt(b[1], a[0])))


def decimal(a: Interval, digits: int = 12) -> str:
    """The middle of an interval."""
    return str(to_str(libmpi.mpi_mid(a, 200), digits))


class Intervals(Arithmetic[Interval]):
    """The arithmetic with ``bits`` binary digits."""

    def __init__(self, bits: int, deadline: float) -> None:
        self.bits = bits
        self.deadline = deadline

    def rational(self, value: Fraction) -> Interval:
        ends = (from_rational(value.numerator, value.denominator, self.bits, side) for side in ("f", "c"))
        return tuple(ends)

    def pi(self, exponent: Fraction) -> Interval:
        return self.power(libmpi.mpi_pi(self.bits), exponent)

    def surd(self, base: Fraction, exponent: Fraction) -> Interval:
        return self.power(self.rational(base), exponent)

    def add(self, values: Sequence[Interval]) -> Interval:
        out = values[0]
        for v in values[1:]:
            out = libmpi.mpi_add(out, v, self.bits)
        return out

    def mul(self, values: Sequence[Interval]) -> Interval:
        out = values[0]
        for v in values[1:]:
            out = libmpi.mpi_mul(out, v, self.bits)
        return out

    def power(self, base: Interval, exponent: Fraction) -> Interval:
        if time.monotonic() > self.deadline:
            raise OutOfTime
        if exponent.denominator > 1:
            self._positive(base)
            if exponent.denominator == 2:
                base = libmpi.mpi_sqrt(base, self.bits)
            else:
                log = libmpi.mpi_log(base, self.bits)
                base = libmpi.mpi_exp(self.mul([log, self.rational(Fraction(1, exponent.denominator))]), self.bits)
        k = exponent.numerator
        if abs(k) > 4096:
            raise Unsupported(f"the exponent {exponent}")
        out = libmpi.mpi_pow_int(base, abs(k), self.bits)
        if k < 0:
            if self.sign(out) == 0:
                raise Undefined
            out = libmpi.mpi_div(libmpi.mpi_one, out, self.bits)
        return out

    def absolute(self, value: Interval) -> Interval:
        return libmpi.mpi_abs(value, self.bits)

    def function(self, name: str, value: Interval) -> Interval:
        if time.monotonic() > self.deadline:
            raise OutOfTime
        largest = from_man_exp(1, 14)  # e^(2¹⁴) has 7,000 digits: larger arguments only cost time
        if not finite(value) or mpf_gt(value[1], largest) or mpf_lt(value[0], mpf_neg(largest)):
            raise Undefined
        match name:
            case "exp":
                return libmpi.mpi_exp(value, self.bits)
            case "log":
                self._positive(value)
                return libmpi.mpi_log(value, self.bits)
            case "tanh":
                e = libmpi.mpi_exp(libmpi.mpi_add(value, value, self.bits), self.bits)
                below = libmpi.mpi_add(e, libmpi.mpi_one, self.bits)
                two = libmpi.mpi_div(self.rational(Fraction(2)), below, self.bits)
                return libmpi.mpi_sub(libmpi.mpi_one, two, self.bits)
            case "sin":
                return libmpi.mpi_sin(value, self.bits)
            case "cos":
                return libmpi.mpi_cos(value, self.bits)
            case "atan":
                return libmpi.mpi_atan(value, self.bits)
            case "erf":
                return self._erf(value)
        raise Unsupported(name)

    def _erf(self, value: Interval) -> Interval:
        """erf is increasing; mpmath's has an error of a few units at the precision that it works with."""
        with mpmath.workprec(self.bits + 30):
            slack = mpmath.ldexp(1, -self.bits)
            low, high = (mpmath.erf(mpmath.make_mpf(end)) for end in value)
            return (low - slack)._mpf_, (high + slack)._mpf_

    def sign(self, value: Interval) -> int:
        """1 or −1 if every number of the interval has that sign, else 0."""
        if not finite(value):
            raise Undefined
        low, high = (mpf_sign(end) for end in value)
        return int(low) if low == high else 0

    def _positive(self, value: Interval) -> None:
        if self.sign(value) <= 0:
            raise Undefined

    def case(self, op: Op, arguments: Sequence[Interval]) -> Interval:
        for part, given in zip(op.parts, op.value, strict=True):
            if self._holds(given, arguments):
                return self.run(part, arguments)
        raise Undefined

    def _holds(self, op: Op, arguments: Sequence[Interval]) -> bool:
        match op.kind:
            case "true":
                return True
            case "not":
                return not self._holds(op.parts[0], arguments)
            case "and":
                return all(self._holds(part, arguments) for part in op.parts)
            case "or":
                return any(self._holds(part, arguments) for part in op.parts)
        value = self.run(op.parts[0], arguments)
        if value == ZERO:  # in the whole region: at kinks, where it is so by chance, no point is looked at
            return False
        sign = self.sign(value)
        if sign == 0:
            raise Undefined
        return op.kind == "nonzero" or sign > 0


class Enclosure:
    """Intervals around elements of expressions at one point."""

    def __init__(
        self,
        given: Mapping[Element, Fraction],
        definitions: Mapping[Tensor, Equation],
        sizes: Mapping[str | int, int],
        bits: int,
        deadline: float,
    ) -> None:
        self.arithmetic = Intervals(bits, deadline)
        self.given = given
        self.definitions = definitions
        self.sizes = sizes
        self._elements: dict[Element, Interval] = {}
        self._known: dict[tuple[int, tuple[int, ...]], Interval] = {}
        self._kept: list[Expr] = []

    def _length(self, axis: Axis) -> int:
        return length(axis, self.sizes)

    def element(self, tensor: Tensor, index: tuple[int, ...]) -> Interval:
        """One element of a tensor, counted from 1."""
        key = (tensor, index)
        if key not in self._elements:
            if key in self.given:
                self._elements[key] = self.arithmetic.rational(self.given[key])
            elif tensor in self.definitions:
                place = dict(zip(tensor.axes, index, strict=True))
                self._elements[key] = self.value(self.definitions[tensor].right, place)
            else:
                raise Unsupported(f"{tensor.name} has no such element")
        return self._elements[key]

    def fill(self, tensors: Iterable[Tensor]) -> None:
        """All elements of the quantities on the way, in the order given; of parameters' adjoints none."""
        for tensor in tensors:
            if (tensor.of or tensor).role in ("pre", "unit"):
                for index in product(*(range(1, self._length(a) + 1) for a in tensor.axes)):
                    self.element(tensor, index)

    def value(self, expr: Expr, place: Mapping[Axis, int]) -> Interval:
        """The value with every running index at its place."""
        key = (id(expr), tuple(place[a] for a in expr.axes))
        if key not in self._known:
            self._known[key] = self._compute(expr, place)
            self._kept.append(expr)
        return self._known[key]

    def _compute(self, expr: Expr, place: Mapping[Axis, int]) -> Interval:
        arithmetic = self.arithmetic
        match expr:
            case Const(value=value):
                return arithmetic.run(program(sp.S(value)), ())
            case Size(axis=axis):
                return arithmetic.rational(Fraction(self._length(axis)))
            case Ref(tensor=tensor, index=index):
                return self.element(tensor, tuple(_at(i, place) for i in index))
            case Same(first=first, second=second, negated=negated):
                return libmpi.mpi_one if (_at(first, place) == _at(second, place)) != negated else ZERO
            case Add(terms=parts):
                return arithmetic.add([self.value(p, place) for p in parts])
            case Mul(factors=parts):
                return arithmetic.mul([self.value(p, place) for p in parts])
            case Pow(base=base, exponent=exponent):
                if isinstance(base, Const):
                    return arithmetic.run(program(sp.Pow(base.value, exponent)), ())
                return arithmetic.run(power_of(exponent), [self.value(base, place)])
            case Sum(axis=axis, body=body):
                if time.monotonic() > arithmetic.deadline:
                    raise OutOfTime
                many = self._length(axis)
                if axis not in body.axes:
                    return arithmetic.mul([arithmetic.rational(Fraction(many)), self.value(body, place)])
                return arithmetic.add([self.value(body, {**place, axis: k}) for k in range(1, many + 1)])
            case Apply(function=function, arguments=parts):
                return arithmetic.run(definition(function), [self.value(p, place) for p in parts])
        raise Unsupported(f"{type(expr).__name__} has no value before it is carried out")


def _at(index: Index, place: Mapping[Axis, int]) -> int:
    return place[index] if isinstance(index, Axis) else index
