"""Signs that are drawn instead of measured, so that no region of numbers is too small to be met.

A function with branches is, for each choice of them, a polynomial in what its branches are made of.  If two such
functions agree for *every* choice, they agree in every region, also in those that no random point would hit.  Here a
condition u > 0 holds or does not hold by chance, −u > 0 the other way round, and equal residues are equal conditions;
conditions that depend on each other in another way (u > 0, u > 1) are drawn as if they did not.  So agreement for all
choices is more than equality, and a disagreement may be one that no numbers bring about.

A product of d conditions is met with probability 2^{−d}; half of the draws have most conditions alike, for products
of many.
"""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from symnet.check.decide.field import Field, Residues, Vector

CHANCES = (0.5, 0.5, 0.9, 0.1)
"""With which probability a condition holds when it is first met, draw by draw."""


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
            chance = CHANCES[draw % len(CHANCES)]
            known[vector] = Random(f"{self._seed} {draw} {vector}").random() < chance
            known[self._field.scale(vector, -1)] = not known[vector]
        return known[vector]
