"""Signs that are drawn instead of measured, so that no region of numbers is too small to be met.

A function with branches is, for each choice of them, a polynomial in what its branches are made of.  If two such
functions agree for *every* choice, they agree in every region, also in those that no random point would hit.  Here a
condition u > 0 holds or does not hold by chance, −u > 0 the other way round, and equal residues are equal conditions;
conditions that depend on each other in another way (u > 0, u > 1) are drawn as if they did not.  So agreement for all
choices is more than equality, and a disagreement may be one that no numbers bring about.

A product of d conditions is met with probability 2^{−d}; half of the draws have most conditions alike, for products
of many.  A condition that is another one times a number, such as 0.01u − u > 0 and u > 0, is that one or its negative.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
from numpy.typing import NDArray

from symnet.check.decide.field import Field, Residues, Vector

CHANCES = (0.5, 0.5, 0.9, 0.1)
"""With which probability a condition holds when it is first met, draw by draw."""


LARGEST = 1 << 12
"""Up to which numerator and denominator a number is found between two conditions."""

MANY = 64
"""Among more conditions of one draw it is not looked for."""


class Coins:
    """The signs of each draw by residue."""

    def __init__(self, field: Field, draws: int, seed: str) -> None:
        self._field, self._seed = field, seed
        self._known: list[dict[Vector, bool]] = [{} for _ in range(draws)]

    def positive(self, residues: Residues, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Whether the elements are positive, in the shape (draws, …); what is 0 is not."""
        field = self._field
        lead = residues.shape[: field.lead - 1]
        vectors = field.vectors(np.broadcast_to(residues, lead + shape))
        each = len(vectors) // shape[0]
        return np.array([self._sign(k // each, v) for k, v in enumerate(vectors)], dtype=bool).reshape(shape)

    def _sign(self, draw: int, vector: Vector) -> bool:
        if not any(vector):
            return False
        known = self._known[draw]
        if vector not in known:
            sign = self._of_multiple(known, vector)
            if sign is None:
                sign = Random(f"{self._seed} {draw} {vector}").random() < CHANCES[draw % len(CHANCES)]
            known[vector] = sign
        return known[vector]

    def _of_multiple(self, known: dict[Vector, bool], vector: Vector) -> bool | None:
        """The sign that a known condition gives to a multiple of it; None if it is none of any."""
        p, images = self._field.primes[0], self._field.images
        at = next((k for k in range(0, len(vector), images) if vector[k]), None)
        if at is None or len(known) > MANY:
            return None
        for other, sign in known.items():
            ratio = rational(vector[at] * pow(other[at], -1, p) % p, p) if other[at] else None
            if ratio is not None and self._field.scale(other, ratio.numerator, ratio.denominator) == vector:
                return sign if ratio > 0 else not sign
        return None


def rational(residue: int, p: int) -> Fraction | None:
    """The fraction of small numerator and denominator that has this residue, if there is one (Wang 1981)."""
    a, b, s, t = p, residue, 0, 1
    while b > LARGEST:
        a, b, s, t = b, a % b, t, s - a // b * t
    return Fraction(b, t) if 0 < abs(t) <= LARGEST else None
