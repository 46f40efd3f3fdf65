"""Arithmetic on arrays whose every element is two things at once: residues modulo primes, and a real number.

The residues are a random image of the quantity as a formal expression; the real number (floating point) is its value
at a point that has nothing to do with the image, except that it chooses the branch wherever a function has several:
where z > 0 at the point, ReLU *is* z, and the residues follow.  So they are an image of the expression that holds on
the whole region of that point.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnet.algebra.expressions import Axis
from symnet.check.decide.coins import Coins
from symnet.check.decide.field import Field, Residues, Vector
from symnet.check.decide.generators import Generators, NeedsRoots
from symnet.check.decide.program import Arithmetic, Op, Unsupported

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]

MARGIN = 1e-9
"""A sign is taken from floating point only where the value is farther from 0 than this, relative to its terms."""

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "erf": np.vectorize(math.erf, otypes=[float]),
}


class OutOfTime(Exception):
    """The time for a decision has passed."""


class Bound(NamedTuple):
    """How large a quotient of integer polynomials can be: degrees, and log₂ of the sums of absolute coefficients."""

    top: int = 1
    bottom: int = 0
    top_bits: int = 0
    bottom_bits: int = 0


class Value(NamedTuple):
    """An array: ``residues`` (images, draws, …), ``reals`` (draws, …), and the bound on the formal expression."""

    residues: Residues
    reals: Reals
    bound: Bound


GENERATOR = Bound(16, 16, 8, 8)
"""Of an exponential, logarithm … : at most four generators, each of degree 4 in what is drawn."""


def sum_bound(parts: Sequence[Bound]) -> Bound:
    """The bound of a sum, over the product of the denominators."""
    bottom, bits = sum(p.bottom for p in parts), sum(p.bottom_bits for p in parts)
    top = max(p.top + bottom - p.bottom for p in parts)
    return Bound(top, bottom, max(p.top_bits + bits - p.bottom_bits for p in parts) + len(parts).bit_length(), bits)


def repeated_bound(bound: Bound, times: int) -> Bound:
    """The bound of a sum of elements of one array; where no polynomial is below, their denominator is common."""
    if bound.bottom:
        return sum_bound([bound] * times)
    return bound._replace(top_bits=bound.top_bits + times.bit_length())


def branch_bound(parts: Sequence[Bound]) -> Bound:
    """The bound of an array whose elements come from several branches, numbers below being made common."""
    below = sum(p.bottom_bits for p in parts)
    bits = max(p.top_bits for p in parts) + below
    return Bound(max(p.top for p in parts), max(p.bottom for p in parts), bits, below)


def product_bound(parts: Sequence[Bound]) -> Bound:
    """The bound of a product."""
    return Bound(*(sum(column) for column in zip(*parts, strict=True))) if parts else Bound(0)


def number_bound(value: Fraction) -> Bound:
    """The bound of a constant."""
    return Bound(0, 0, abs(value.numerator).bit_length(), value.denominator.bit_length())


class Arrays(Arithmetic[Value]):
    """The arithmetic; it notes the draws that cannot be used (``bad``) and every sign that was asked for."""

    def __init__(self, field: Field, generators: list[Generators], deadline: float, coins: Coins | None = None) -> None:
        self.coins = coins
        self.field = field
        self.generators = generators
        self.deadline = deadline
        self.bad: Mask = np.zeros(len(generators), dtype=bool)
        self.signs: list[tuple[tuple[Axis, ...], Mask]] = []
        self.axes: tuple[Axis, ...] = ()
        self.argument_bound = Bound()
        self._live: Mask | None = None

    def check_time(self) -> None:
        """Raises OutOfTime."""
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def _shaped(self, vector: Vector, real: float, bound: Bound) -> Value:
        rank = len(self.axes)
        residues = self.field.constant(vector)
        return Value(residues.reshape(residues.shape + (1,) * rank), np.full((1,) * (rank + 1), real), bound)

    def _reject(self, where: Mask) -> None:
        """Note the draws in which ``where`` holds for an element that matters."""
        if self._live is not None:
            where = where & self._live
        if where.any():
            self.bad |= np.broadcast_to(where.any(axis=tuple(range(1, where.ndim))), self.bad.shape)

    def _reject_reals(self, where: Mask) -> None:
        """The same where it is the real numbers that are not fit; where signs are drawn these say nothing."""
        if self.coins is None:
            self._reject(where)

    # -- numbers -------------------------------------------------------------------------------------------------

    def rational(self, value: Fraction) -> Value:
        return self._shaped(self.field.rational(value), float(value), number_bound(value))

    def pi(self, exponent: Fraction) -> Value:
        half = int(2 * exponent)
        roots = [g.others.setdefault(("pi", ()), self.field.embed(self._random(g))) for g in self.generators]
        powers = [self.field.to_the(r, half) for r in roots]
        shape = (len(roots),) + (1,) * len(self.axes)
        if not self.field.images:
            return self._shaped((), float(np.pi**exponent), Bound())
        residues = self.field.gather(powers, shape)
        return Value(residues, np.full(shape, float(np.pi**exponent)), Bound(abs(half), abs(half)))

    def _random(self, generators: Generators) -> Vector:
        return tuple(generators.rng.randrange(1, p) for p in self.field.primes)

    def surd(self, base: Fraction, exponent: Fraction) -> Value:
        if exponent.denominator != 2:
            raise Unsupported(f"{base} to the {exponent}")
        vector, degree = self.field.one, 0
        for prime, times in {**sp.factorint(base.numerator), **sp.factorint(base.denominator, multiple=False)}.items():
            power = times * (-1 if base.denominator % prime == 0 else 1) * exponent.numerator
            root = tuple(pow(int(prime), (p + 1) // 4, p) for p in self.field.primes)
            if any(r * r % p != prime % p for r, p in zip(root, self.field.primes, strict=True)):
                raise Unsupported(f"the square root of {prime}")
            vector, degree = self.field.times(vector, self.field.to_the(self.field.embed(root), power)), degree + 1
        return self._shaped(vector, float(base) ** float(exponent), Bound(degree, degree, 64, 64))

    # -- rational operations -------------------------------------------------------------------------------------

    def add(self, values: Sequence[Value]) -> Value:
        self.check_time()
        residues, reals = values[0].residues, values[0].reals
        for v in values[1:]:
            residues, reals = self.field.add(residues, v.residues), reals + v.reals
        return Value(residues, reals, sum_bound([v.bound for v in values]))

    def mul(self, values: Sequence[Value]) -> Value:
        self.check_time()
        residues, reals = values[0].residues, values[0].reals
        for v in values[1:]:
            residues, reals = self.field.mul(residues, v.residues), reals * v.reals
        return Value(residues, reals, product_bound([v.bound for v in values]))

    def power(self, base: Value, exponent: Fraction) -> Value:
        self.check_time()
        if exponent.denominator > 1:
            base, exponent = self._root(base, exponent.denominator), Fraction(exponent.numerator)
        k = abs(int(exponent))
        if k > 4096:
            raise Unsupported(f"the exponent {exponent}")
        residues, b = base.residues, base.bound
        if exponent < 0:
            self._reject(self.field.zero(residues))
            residues, b = self.field.inverse(residues), Bound(b.bottom, b.top, b.bottom_bits, b.top_bits)
        bound = Bound(*(k * part for part in b))
        return Value(self.field.power(residues, k), np.power(base.reals, int(exponent)), bound)

    def _root(self, base: Value, degree: int) -> Value:
        if degree != 2:
            raise Unsupported(f"roots of degree {degree}")
        self._reject_reals(~(base.reals > 0))
        self.argument_bound = Bound(*map(max, self.argument_bound, base.bound))
        if not self.field.gaussian and self.field.images:
            raise NeedsRoots
        return self._generated(base, Generators.sqrt, np.sqrt(base.reals), base.bound)

    # -- transcendental functions --------------------------------------------------------------------------------

    def function(self, name: str, value: Value) -> Value:
        self.check_time()
        self.argument_bound = Bound(*map(max, self.argument_bound, value.bound))
        if name == "tanh":
            doubled = Value(self.field.add(value.residues, value.residues), value.reals, value.bound)
            e = self.function("exp", doubled).residues
            one = self.rational(Fraction(1)).residues
            below = self.field.add(e, one)
            self._reject(self.field.zero(below))
            above = self.field.add(e, self.field.neg(one))
            ratio = self.field.mul(above, self.field.inverse(below))
            return Value(ratio, np.tanh(value.reals), Bound(16, 16, 1, 1))
        if name == "exp":
            found = self._generated(value, Generators.exp, np.exp(value.reals), GENERATOR)
            if any(g.logarithms for g in self.generators):  # e^{2 ln U} has twice the degree of U
                return found._replace(bound=product_bound([GENERATOR, *[self.argument_bound] * 4]))
            return found
        if name == "log":
            self._reject_reals(~(value.reals > 0))
            self._reject(self.field.zero(value.residues))
            return self._generated(value, Generators.log, np.log(value.reals), GENERATOR)
        return self._generated(value, lambda g, u: g.other(name, u), _FUNCTIONS[name](value.reals), GENERATOR)

    def _generated(
        self, value: Value, rule: Callable[[Generators, Vector], Vector], reals: Reals, bound: Bound
    ) -> Value:
        if not self.field.images:
            return Value(value.residues, reals, bound)
        shape = (len(self.generators), *value.reals.shape[1:])
        lead = value.residues.shape[: self.field.lead - 1]
        vectors = self.field.vectors(np.broadcast_to(value.residues, lead + shape))
        each = len(vectors) // len(self.generators)
        out: list[Vector] = []
        zero = (0,) * self.field.width
        for r, generators in enumerate(self.generators):
            for vector in vectors[r * each : (r + 1) * each]:
                try:
                    out.append(rule(generators, vector))
                except (ZeroDivisionError, ValueError):  # an image of the argument is 0: this draw says nothing
                    self.bad[r] = True
                    out.append(zero)
            self.check_time()
        return Value(self.field.gather(out, shape), reals, bound)

    # -- branches ------------------------------------------------------------------------------------------------

    def absolute(self, value: Value) -> Value:
        positive = self._positive(value)
        residues = np.where(positive, value.residues, self.field.neg(value.residues))
        return Value(residues, np.abs(value.reals), value.bound)

    def _positive(self, value: Value) -> Mask:
        if self.coins is not None:
            positive = self.coins.positive(value.residues, (len(self.generators), *value.reals.shape[1:]))
        else:
            zero = self.field.nothing(value.residues)  # 0 in the whole region, not at this point alone
            self._reject(~((np.abs(value.reals) > MARGIN) | zero))
            positive = (value.reals > 0) & ~zero
        self.signs.append((self.axes, positive))
        return positive

    def case(self, op: Op, arguments: Sequence[Value]) -> Value:
        outer = self._live
        left = np.ones((1,) * (len(self.axes) + 1), dtype=bool) if outer is None else outer
        zero = self.rational(Fraction(0))
        residues, reals = zero.residues, zero.reals
        bounds: list[Bound] = []
        try:
            for part, given in zip(op.parts, op.value, strict=True):
                self._live = left
                holds = left if given.kind == "true" else left & self._condition(given, arguments)
                left = left & ~holds
                if not holds.any():
                    continue
                self._live = holds
                value = self.run(part, arguments)
                residues = np.where(holds, value.residues, residues)
                reals = np.where(holds, value.reals, reals)
                bounds.append(value.bound)
            self._live = outer
            self._reject(left)
        finally:
            self._live = outer
        return Value(residues, reals, branch_bound(bounds or [Bound(0)]))

    def _condition(self, op: Op, arguments: Sequence[Value]) -> Mask:
        match op.kind:
            case "true":
                return np.ones((1,) * (len(self.axes) + 1), dtype=bool)
            case "not":
                return ~self._condition(op.parts[0], arguments)
            case "and" | "or":
                masks = [self._condition(part, arguments) for part in op.parts]
                return np.asarray(np.logical_and.reduce(masks) if op.kind == "and" else np.logical_or.reduce(masks))
            case "positive":
                return self._positive(self.run(op.parts[0], arguments))
            case "nonzero":
                value = self.run(op.parts[0], arguments)
                zero = self.field.nothing(value.residues)
                self._reject_reals(~((np.abs(value.reals) > MARGIN) | zero))
                return np.asarray(~zero & np.ones(value.reals.shape, dtype=bool))
        raise Unsupported(f"the condition {op.kind}")
