"""Arrays of residues modulo several primes at once, and square roots among them.

An array has the shape (images, draws, …): image k of an element is its residue modulo the k-th prime, under a
homomorphism of its own.  Every prime p has 2³⁰ < p < 2³¹ (a product of two residues fits into 64 bits) and
p ≡ −1 (mod 24): then 2 and 3 are squares and −1 is none (Gauss's law of reciprocity), and x² = u is solved by
u^((p+1)/4).  With ``gaussian`` the arrays have the shape
(2, images, draws, …), real and imaginary parts of elements of F_p(i), where every residue has a square root.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Residues = NDArray[np.int64]
Vector = tuple[int, ...]
"""One element: its images, with ``gaussian`` all real parts and then all imaginary ones."""

LEAST = 2**30
PRIMES_ABOUT = 6e6
"""How many primes p ≡ −1 (mod 24) lie between 2³⁰ and 2³¹, at least (Dirichlet density 1/φ(24) = 1/8)."""


def draw_prime(rng: Random) -> int:
    """A prime p ≡ −1 (mod 24) between 2³⁰ and 2³¹, every one about equally likely."""
    while True:
        p = 24 * rng.randrange(LEAST // 24 + 1, 2 * LEAST // 24) - 1
        if sp.isprime(p):
            return p


class Field:
    """Arithmetic modulo ``primes``, on arrays and on single elements."""

    def __init__(self, primes: tuple[int, ...], gaussian: bool = False) -> None:
        self.primes = primes
        self.gaussian = gaussian
        self.images = len(primes)
        self.lead = 3 if gaussian else 2
        self.width = self.images * (2 if gaussian else 1)
        self._column = np.array(primes, dtype=np.int64)

    def modulus(self, rank: int) -> Residues:
        """The primes, shaped for broadcasting with (images, draws, …) of ``rank`` dimensions."""
        return self._column.reshape((self.images,) + (1,) * (rank - 1))

    def _mod(self, array: Residues) -> Residues:
        return array % self.modulus(array.ndim - (1 if self.gaussian else 0))

    # -- arrays --------------------------------------------------------------------------------------------------

    def constant(self, vector: Vector) -> Residues:
        """One element as an array for one draw without further dimensions."""
        shape = (2, self.images, 1) if self.gaussian else (self.images, 1)
        return np.array(vector, dtype=np.int64).reshape(shape)

    def add(self, a: Residues, b: Residues) -> Residues:
        """a + b."""
        return self._mod(a + b)

    def neg(self, a: Residues) -> Residues:
        """−a."""
        return self._mod(-a)

    def mul(self, a: Residues, b: Residues) -> Residues:
        """a · b."""
        if not self.gaussian:
            return self._mod(a * b)
        p = self.modulus(max(a.ndim, b.ndim) - 1)
        real = (a[0] * b[0] - a[1] * b[1]) % p
        return np.stack(np.broadcast_arrays(real, (a[0] * b[1] + a[1] * b[0]) % p))

    def total(self, a: Residues, axis: int) -> Residues:
        """Σ along one of the further dimensions (at most 2³² elements)."""
        return self._mod(a.sum(axis=axis + self.lead))

    def power(self, a: Residues, exponent: int) -> Residues:
        """a ** exponent, exponent ≥ 0."""
        out = self.constant(self.one).reshape(self.constant(self.one).shape + (1,) * (a.ndim - self.lead))
        while exponent:
            if exponent & 1:
                out = self.mul(out, a)
            exponent >>= 1
            if exponent:
                a = self.mul(a, a)
        return out

    def inverse(self, a: Residues) -> Residues:
        """1/a, and 0 for 0 (ask :meth:`zero` first)."""
        if self.images == 0:
            return a
        if not self.gaussian:
            return self._residue_inverse(a)
        p = self.modulus(a.ndim - 1)
        norm = self._residue_inverse((a[0] * a[0] % p + a[1] * a[1]) % p)
        return np.stack([a[0] * norm % p, (p - a[1]) * norm % p])

    def _residue_inverse(self, a: Residues) -> Residues:
        """All inverses with one modular inversion an image: prefix products (Montgomery 1987, §10.3.1)."""
        out = np.empty_like(a)
        for k, p in enumerate(self.primes):
            values = a[k].ravel().tolist()
            prefix, running = [], 1
            for v in values:
                prefix.append(running)
                if v:
                    running = running * v % p
            running = pow(running, -1, p)
            for j in range(len(values) - 1, -1, -1):
                v = values[j]
                if v:
                    values[j], running = running * prefix[j] % p, running * v % p
            out[k] = np.array(values, dtype=np.int64).reshape(a[k].shape)
        return out

    def zero(self, a: Residues) -> NDArray[np.bool_]:
        """Where an image of an element is 0: an array of the shape (draws, …)."""
        nil = (a == 0).all(axis=0) if self.gaussian else a == 0
        return np.asarray(nil.any(axis=0))

    def nothing(self, a: Residues) -> NDArray[np.bool_]:
        """Where every image of an element is 0, so that it is 0 as a formal expression."""
        nil = a == 0
        for _ in range(self.lead - 1):
            nil = nil.all(axis=0)
        return np.asarray(nil if self.images else np.zeros(nil.shape, dtype=bool))

    def vectors(self, a: Residues) -> list[Vector]:
        """The elements of an array, draw by draw."""
        flat = a.reshape((self.width, -1)) if a.size else np.zeros((self.width, 0), dtype=np.int64)
        return list(zip(*flat.tolist(), strict=True))

    def gather(self, vectors: list[Vector], shape: tuple[int, ...]) -> Residues:
        """The array of the shape (draws, …) = ``shape`` with these elements."""
        lead = (2, self.images) if self.gaussian else (self.images,)
        return np.array(vectors, dtype=np.int64).T.reshape(lead + shape)

    # -- single elements -----------------------------------------------------------------------------------------

    @property
    def one(self) -> Vector:
        """1."""
        return self.embed((1,) * self.images)

    def embed(self, images: Vector) -> Vector:
        """Residues as elements."""
        return images + (0,) * self.images if self.gaussian else images

    def rational(self, value: Fraction) -> Vector:
        """A rational number.  Raises ZeroDivisionError when a prime divides its denominator."""
        if any(value.denominator % p == 0 for p in self.primes):
            raise ZeroDivisionError
        return self.embed(tuple(value.numerator * pow(value.denominator, -1, p) % p for p in self.primes))

    def scale(self, a: Vector, numerator: int, denominator: int = 1) -> Vector:
        """a · numerator / denominator."""
        k = self.images
        return tuple(
            v * numerator * (pow(denominator, -1, self.primes[j % k]) if denominator > 1 else 1) % self.primes[j % k]
            for j, v in enumerate(a)
        )

    def plus(self, a: Vector, b: Vector) -> Vector:
        """a + b."""
        k = self.images
        return tuple((u + v) % self.primes[j % k] for j, (u, v) in enumerate(zip(a, b, strict=True)))

    def times(self, a: Vector, b: Vector) -> Vector:
        """a · b."""
        k = self.images
        if not self.gaussian:
            return tuple(u * v % p for u, v, p in zip(a, b, self.primes, strict=True))
        parts = list(zip(a[:k], a[k:], b[:k], b[k:], self.primes, strict=True))
        real = tuple((u * x - v * y) % p for u, v, x, y, p in parts)
        return real + tuple((u * y + v * x) % p for u, v, x, y, p in parts)

    def reciprocal(self, a: Vector) -> Vector:
        """1/a, every image being other than 0."""
        k = self.images
        if not self.gaussian:
            return tuple(pow(u, -1, p) for u, p in zip(a, self.primes, strict=True))
        norms = [pow(u * u + v * v, -1, p) for u, v, p in zip(a[:k], a[k:], self.primes, strict=True)]
        real = tuple(u * m % p for u, m, p in zip(a[:k], norms, self.primes, strict=True))
        return real + tuple(-v * m % p for v, m, p in zip(a[k:], norms, self.primes, strict=True))

    def invertible(self, a: Vector) -> bool:
        """Whether no image is 0."""
        k = self.images
        return all(a[:k]) if not self.gaussian else all(u or v for u, v in zip(a[:k], a[k:], strict=True))

    def to_the(self, a: Vector, exponent: int) -> Vector:
        """a ** exponent, for any integer exponent."""
        if exponent < 0:
            return self.to_the(self.reciprocal(a), -exponent)
        out = self.one
        for _ in range(exponent):
            out = self.times(out, a)
        return out

    def square_root(self, a: Vector, sign: Callable[[], int]) -> Vector | None:
        """A root of x² = a with the sign of every image drawn by ``sign``; None where there is none.

        In F_p the root is one of ±a^((p+1)/4).  In F_p(i) a residue that is no square has the root i·√(−a), and
        u + iv has the root s + iv/(2s) with s² = (u + √(u² + v²))/2, where u² + v² is a square.
        """
        k = self.images
        roots: list[tuple[int, int]] = []
        for j, p in enumerate(self.primes):
            u, v = a[j], a[j + k] if self.gaussian else 0
            found = _root(u, v, p) if self.gaussian else _real_root(u, p)
            if found is None:
                return None
            s = sign()
            roots.append((found[0] * s % p, found[1] * s % p))
        real = tuple(r for r, _ in roots)
        return real + tuple(r for _, r in roots) if self.gaussian else real


def _real_root(u: int, p: int) -> tuple[int, int] | None:
    r = pow(u, (p + 1) // 4, p)
    return (r, 0) if r * r % p == u else None


def _root(u: int, v: int, p: int) -> tuple[int, int] | None:
    if v == 0:
        found = _real_root(u, p)
        return found if found is not None else (0, pow(-u % p, (p + 1) // 4, p))
    norm = _real_root((u * u + v * v) % p, p)
    if norm is None:
        return None
    half = (p + 1) // 2
    for n in (norm[0], p - norm[0]):
        s = _real_root((u + n) * half % p, p)
        if s is not None and s[0]:
            return s[0], v * pow(2 * s[0], -1, p) % p
    return None


def random_vector(field: Field, rng: Random) -> Vector:
    """A random element with residues other than 0 as its images."""
    return field.embed(tuple(rng.randrange(1, p) for p in field.primes))


def as_any(array: Residues) -> Any:
    """For NumPy calls whose annotations are narrower than what they take."""
    return array
