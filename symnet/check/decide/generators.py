"""Exponentials, logarithms and roots as generators of a field of functions, with the relations among them.

Exponentials and logarithms are one table of pairs (a, A) with A = e^a: asked for e^u, u is looked for among the
arguments a, their small multiples and the sums of two; asked for ln U, U among the values A and their products.
What is found is used (e^{−z} = 1/e^z, e^{z₁−z₂} = e^{z₁}/e^{z₂}, ln(UV) = ln U + ln V); otherwise the other half of
the pair is drawn at random: a new generator.  By the structure theorem of Risch (1969; Rosenlicht 1976, “On
Liouville's theory of elementary functions”), an analogue of Schanuel's conjecture that Ax proved (1971, “On Schanuel's
conjectures”, Annals of Mathematics 93), ℚ-linear relations among the a (multiplicative ones among the A) are the
only ones that elementary generators can have.  See :mod:`symnet.check.decide.decide` for why a relation that
is missed here cannot make a wrong answer pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as made
from fractions import Fraction
from itertools import islice
from random import Random
from typing import NamedTuple

from symnet.check.decide.field import Field, Vector, random_vector
from symnet.check.decide.program import Unsupported

MULTIPLES = (Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-2), Fraction(-1, 2), Fraction(3), Fraction(-3))
PARTNERS = 96
"""A new argument is compared with sums of two for at most so many generators (undecided is all that this can cost)."""


class NeedsRoots(Exception):
    """A square root of something that has none modulo the primes: to be tried again with F_p(i)."""


class Pair(NamedTuple):
    """a and A = e^a; ``root`` is √A where it is known."""

    exponent: Vector
    value: Vector
    root: Vector | None


@dataclass
class Generators:
    """The generators met in one draw."""

    field: Field
    rng: Random
    by_exponent: dict[Vector, Pair] = made(default_factory=dict)
    by_value: dict[Vector, Pair] = made(default_factory=dict)
    others: dict[tuple[str, Vector], Vector] = made(default_factory=dict)
    algebraic: list[Vector] = made(default_factory=list)
    tests: int = 0
    logarithms: bool = False

    def copy(self) -> Generators:
        """An independent copy."""
        return replace(
            self,
            by_exponent=dict(self.by_exponent),
            by_value=dict(self.by_value),
            others=dict(self.others),
            algebraic=list(self.algebraic),
        )

    def _store(self, pair: Pair) -> Pair:
        self.by_exponent.setdefault(pair.exponent, pair)
        self.by_value.setdefault(pair.value, pair)
        return pair

    def register(self, value: Vector, root: Vector) -> None:
        """Make known the square root of a positive quantity."""
        self._store(Pair(self._logarithm(), value, root))

    def _logarithm(self) -> Vector:
        """A new logarithm; where roots are asked for, one whose root is known."""
        drawn = random_vector(self.field, self.rng)
        if not self.field.gaussian:
            return drawn
        square = self.field.times(drawn, drawn)
        self._store(Pair(random_vector(self.field, self.rng), square, drawn))
        return square

    # -- e^u -----------------------------------------------------------------------------------------------------

    def exp(self, u: Vector) -> Vector:
        """e^u."""
        known = self.by_exponent.get(u)
        if known is not None:
            return known.value
        if not any(u):
            return self.field.one
        return self._exp_related(u).value

    def _exp_related(self, u: Vector) -> Pair:
        f = self.field
        self.tests += 2 * (len(MULTIPLES) + 4 * len(self.by_exponent))
        for c in MULTIPLES:
            known = self.by_exponent.get(f.scale(u, c.denominator, c.numerator) if c > 0 else self._opposite(u, c))
            if known is None:
                continue
            value = self._raised(known, c)
            root = self._raised(known, c / 2) if c.numerator % 2 == 0 else None
            return self._store(Pair(u, value, root))
        sums = self._two(u, additive=True)
        if sums is not None:
            (pair, sign), (other, flip) = sums
            value = f.times(f.to_the(pair.value, sign), f.to_the(other.value, flip))
            root = None
            if pair.root is not None and other.root is not None:
                root = f.times(f.to_the(pair.root, sign), f.to_the(other.root, flip))
            return self._store(Pair(u, value, root))
        return self._store(self._new(u))

    def _new(self, u: Vector) -> Pair:
        """A new exponential A = r².  Where roots are asked for, 1 + A = t² is given one as well, by r = 2m/(1 − m²)."""
        f = self.field
        root = random_vector(f, self.rng)
        if not f.gaussian:
            return Pair(u, f.times(root, root), root)
        square = f.times(root, root)
        below = f.reciprocal(f.plus(f.one, f.scale(square, -1)))
        r, t = f.times(f.scale(root, 2), below), f.times(f.plus(f.one, square), below)
        self.register(f.times(t, t), t)
        return Pair(u, f.times(r, r), r)

    def _opposite(self, u: Vector, c: Fraction) -> Vector:
        return self.field.scale(u, -c.denominator, -c.numerator)

    def _raised(self, pair: Pair, exponent: Fraction) -> Vector:
        if exponent.denominator == 1:
            return self.field.to_the(pair.value, exponent.numerator)
        return self.field.to_the(self._root_of(pair), exponent.numerator)

    def _root_of(self, pair: Pair) -> Vector:
        if pair.root is not None:
            return pair.root
        root = self.field.square_root(pair.value, lambda: self.rng.choice((1, -1)))
        if root is None:
            raise NeedsRoots
        self.algebraic.append(pair.value)
        better = pair._replace(root=root)
        self.by_exponent[pair.exponent] = self.by_value[pair.value] = better
        return root

    def _two(self, u: Vector, *, additive: bool) -> tuple[tuple[Pair, int], tuple[Pair, int]] | None:
        """Two generators with u = ±a ± b, or u = A^±1 · B^±1."""
        table = self.by_exponent if additive else self.by_value
        f = self.field
        if not table or not f.images:
            return None
        known = list(islice(table.items(), PARTNERS))
        rows = f.gather([key for key, _ in known], (len(known),))
        one = f.gather([u], (1,))
        back, forth = (f.neg(rows), rows) if additive else (f.inverse(rows), rows)
        for sign, other in ((1, back), (-1, forth)):
            rest = f.add(one, other) if additive else f.mul(one, other)
            for flip in (1, -1):
                turned = rest if flip == 1 else f.neg(rest) if additive else f.inverse(rest)
                for (_, pair), vector in zip(known, f.vectors(turned), strict=True):
                    if vector in table:
                        return (pair, sign), (table[vector], flip)
        return None

    # -- ln U, √U ------------------------------------------------------------------------------------------------

    def log(self, value: Vector) -> Vector:
        """ln U."""
        if value == self.field.one:
            return (0,) * self.field.width
        return self._pair(value).exponent

    def sqrt(self, value: Vector) -> Vector:
        """√U."""
        return self.field.one if value == self.field.one else self._root_of(self._pair(value))

    def _pair(self, value: Vector) -> Pair:
        known = self._related(value)
        if known is not None:
            return known
        f = self.field
        for other in self.algebraic:  # √p₂ = √p₁ · e^{(z₂−z₁)/2}
            ratio = self._related(f.times(value, f.reciprocal(other)))
            if ratio is not None:
                pair = self.by_value[other]
                root = f.times(self._root_of(pair), self._root_of(ratio))
                return self._store(Pair(f.plus(pair.exponent, ratio.exponent), value, root))
        self.logarithms = True
        return self._store(Pair(self._logarithm(), value, None))

    def _related(self, value: Vector) -> Pair | None:
        """The pair of a value that is a product of known ones."""
        known = self.by_value.get(value)
        if known is not None:
            return known
        f = self.field
        self.tests += 3 + 8 * len(self.by_value)
        inverse = f.reciprocal(value)
        known = self.by_value.get(inverse)
        if known is not None:
            root = f.reciprocal(known.root) if known.root is not None else None
            return self._store(Pair(f.scale(known.exponent, -1), value, root))
        products = self._two(value, additive=False)
        if products is not None:
            (pair, sign), (other, flip) = products
            exponent = f.plus(f.scale(pair.exponent, sign), f.scale(other.exponent, flip))
            root = None
            if f.gaussian or (pair.root is not None and other.root is not None):
                parts = (self._root_of(pair), sign), (self._root_of(other), flip)
                root = f.times(*(f.to_the(r, s) for r, s in parts))
            return self._store(Pair(exponent, value, root))
        return None

    # -- the others ----------------------------------------------------------------------------------------------

    def other(self, name: str, u: Vector) -> Vector:
        """erf, atan (odd), sin and cos, each a generator of its own; f(u) = f(v) is all that is known where u = v."""
        if not any(u):
            return self.field.one if name == "cos" else u
        f = self.field
        kind = "angle" if name in ("sin", "cos") else name
        self.tests += 2 * len(self.others)
        known, negative = self.others.get((kind, u)), self.others.get((kind, f.scale(u, -1)))
        if known is None:
            known = f.scale(negative, -1) if negative is not None else random_vector(f, self.rng)
            self.others[kind, u] = known
        if kind != "angle":
            return known
        square = f.times(known, known)  # the tangent of half the angle
        scale = f.plus(f.one, square)
        if not f.invertible(scale):
            raise Unsupported("an angle whose tangent is no residue")
        top = f.scale(known, 2) if name == "sin" else f.plus(f.one, f.scale(square, -1))
        return f.times(top, f.reciprocal(scale))
