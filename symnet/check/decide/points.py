"""Points at which two expressions of a network are compared, and what does not depend on the answer, kept.

A point is many draws at once.  Every draw has residues (uniform and independent) for the inputs, targets, parameters
and constants, and unrelated real values: small binary fractions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from random import Random

import numpy as np
import sympy as sp

from symnet.algebra.expressions import Apply, Axis, Const, Equation, Expr, Pow, Ref, Same, Tensor, refs, walk
from symnet.algebra.scalars import kinked
from symnet.check.decide.arrays import Arrays, Bound, Mask, Reals, Value
from symnet.check.decide.coins import Coins
from symnet.check.decide.evaluate import Evaluator, length
from symnet.check.decide.field import Field, Residues, draw_prime
from symnet.check.decide.generators import Generators
from symnet.check.decide.program import Unsupported
from symnet.check.decide.segment import Uses, segment, uses_of
from symnet.check.kept import Kept, derivation
from symnet.network import Network

IMAGES = 4

WIDE, WEIGHTS = 8, 2000
"""With more weights than this, layers of more than 8 units are judged at smaller widths."""

DEEP = 40
"""A network with more definitions than this is deep."""

LARGE = 1e30
"""Draws with larger values are not used."""


@dataclass(frozen=True)
class Setting:
    """How a point is drawn.

    ``variant`` chooses the lengths of symbolic sizes; ``exact`` asks for residues (with ``gaussian`` in F_p(i));
    With ``least`` layers wider than ``wide`` stand at different small widths of at least that.  With ``coins`` signs
    are drawn (:mod:`symnet.check.decide.coins`), and the reals say nothing.
    ``level`` 0 draws reals from {±1, ±2}, higher ones from finer fractions, 4 from wider ranges.
    """

    samples: int
    variant: int
    draws: int
    exact: bool
    gaussian: bool
    level: int
    seed: int
    least: int = 0
    wide: int = WIDE
    coins: bool = False


@dataclass(frozen=True)
class Point:
    """Draws that can be used (all values finite, no kink), with the values of all of the network's quantities."""

    sizes: Mapping[str | int, int]
    field: Field
    values: Mapping[Tensor, Value]
    generators: tuple[Generators, ...]
    signs: tuple[tuple[tuple[Axis, ...], Mask], ...]
    argument_bound: Bound
    bad: Mask
    coins: Coins | None = None

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.generators)

    def evaluator(self, laboratory: Laboratory, deadline: float) -> Evaluator:
        """An evaluator at this point that leaves the point as it is."""
        arrays = Arrays(self.field, [g.copy() for g in self.generators], deadline, self.coins)
        arrays.argument_bound = self.argument_bound
        arrays.bad = self.bad.copy()
        return Evaluator(arrays, dict(self.values), laboratory.definitions, self.sizes)


class Laboratory:
    """What is known of a network: its definitions and the points drawn so far."""

    def __init__(
        self, network: Network, part: Mapping[Tensor, Equation] | None = None, used: Sequence[Tensor] = ()
    ) -> None:
        self.network = network
        self._part, self._used = part, tuple(used)
        self._points: OrderedDict[Setting, Point | None] = OrderedDict()
        self._truths: OrderedDict[tuple[Expr, tuple[Axis, ...], Setting], tuple[Point, Value]] = OrderedDict()

    @property
    def is_part(self) -> bool:
        """Whether quantities of the network are taken for independent here, so that only equality is telling."""
        return self._part is not None

    @cached_property
    def definitions(self) -> Mapping[Tensor, Equation]:
        """The equation of every intermediate quantity and adjoint, in the order of computation."""
        if self._part is not None:
            return self._part
        backward = (adjoint.equation for adjoint in derivation(self.network).backward)
        return {equation.target: equation for equation in (*self.network.equations, *backward)}

    @cached_property
    def uses(self) -> Uses:
        """What every definition uses."""
        return uses_of(self.definitions)

    @cached_property
    def unit_sum(self) -> bool:
        """Whether the targets are distributions, Σy = 1: softmax under cross-entropy, or assumed by the derivation."""
        if self.network.y not in self.given:
            return False
        softmax = self.network.layers[-1].function.normalised
        if softmax and self.network.cost.name == "categorical_cross_entropy":
            return True
        return any("unit_sum" in adjoint.conditions for adjoint in derivation(self.network).backward)

    @cached_property
    def kinked(self) -> bool:
        """Whether branches (max, |·|, cases) occur in the network."""
        return any(has_branches(equation.right) for equation in self.definitions.values())

    @cached_property
    def roots(self) -> bool:
        """Whether square roots of quantities occur in the network."""
        nodes = (node for equation in self.definitions.values() for node in walk(equation.right))
        return any(isinstance(node, Pow) and node.axes and not node.exponent.is_integer for node in nodes)

    @cached_property
    def given(self) -> tuple[Tensor, ...]:
        """Inputs, targets, parameters and constants; in a part of the network what is not computed there."""
        network = self.network
        if self._part is not None:
            used = (tensor for tensors in self.uses.values() for tensor in tensors)
            return tuple(t for t in dict.fromkeys((*self._used, *used)) if t not in self._part)
        return (network.x, network.y, *network.parameters, *network.constants)

    @cached_property
    def symbolic(self) -> tuple[str, ...]:
        """The names of symbolic sizes, the number of samples left out."""
        return tuple(dict.fromkeys(s for s in self._lengths if isinstance(s, str)))

    @cached_property
    def _lengths(self) -> tuple[int | str, ...]:
        """The declared lengths of all units that occur."""
        axes = [axis for own in self.network.unit_axes for axis in own]
        if self._part is not None:
            here = {axis for tensor in (*self.given, *self._part) for axis in tensor.axes}
            axes = [axis for axis in axes if axis in here]
        return tuple(axis.size for axis in axes)

    def sizes(self, setting: Setting) -> dict[str | int, int]:
        """The lengths: variants 0 and 2 pairwise different in two orders, 1 all equal, 3 different from the next."""
        count = len(self.symbolic)
        lengths: Sequence[int] = {
            0: range(2, 2 + count), 1: [3] * count, 2: range(3 + count, 3, -1), 3: [2 + k % 3 for k in range(count)],
        }[setting.variant]  # fmt: skip
        out: dict[str | int, int] = {"n": setting.samples, **dict(zip(self.symbolic, lengths, strict=True))}
        if setting.least:
            declared = {a.size for axes in self.network.unit_axes for a in axes if isinstance(a.size, int)}
            kept = {size for size in declared if size <= setting.wide}
            free = (k for k in range(setting.least, WIDE + 100) if k not in kept)
            out |= {size: next(free) for size in sorted(declared - kept)}
        return out

    def least(self, *sides: Expr, above: int = WIDE, weights: int = WEIGHTS) -> int:
        """0 if the network is judged at the declared widths, else the smallest width that has every index used.

        That is where layers are wider than ``above``, and more than ``weights`` there are in all.
        """
        wide = {size for size in self._lengths if isinstance(size, int) and size > above}
        parameters = [t for t in self.given if t.role in ("weight", "bias")]
        lengths = [[a.size if isinstance(a.size, int) else 3 for a in p.axes] for p in parameters]
        if not wide or sum(map(prod, lengths)) <= weights:
            return 0
        smallest = 3
        for node in (node for side in sides for node in walk(side)):
            if isinstance(node, Const):
                numbers = (abs(int(q)) for r in node.value.atoms(sp.Rational) for q in (r.p, r.q))
                if any(q and q % size == 0 for q in numbers for size in wide):
                    return 0  # a width may have been written as a number
            used = node.index if isinstance(node, Ref) else (node.first, node.second) if isinstance(node, Same) else ()
            smallest = max(smallest, *(i for i in used if isinstance(i, int)), 0)
        return smallest

    def point(self, setting: Setting, deadline: float) -> Point | None:
        """The point with this setting; None if too few draws are usable."""
        if setting not in self._points:
            self._points[setting] = self._draw(setting, deadline)
            while len(self._points) > 40:
                self._points.popitem(last=False)
        return self._points[setting]

    def with_truth(
        self, truth: Expr, axes: tuple[Axis, ...], setting: Setting, deadline: float
    ) -> tuple[Point, Value] | None:
        """The point of a setting and the value there of one side, kept for the next answer."""
        known = self._truths.get((truth, axes, setting))
        if known is not None:
            return known
        point = self.point(setting, deadline)
        if point is None:
            return None
        evaluator = point.evaluator(self, deadline)
        value = evaluator.evaluate(truth, axes)
        arrays = evaluator.arrays
        signs = (*point.signs, *arrays.signs)
        bad = point.bad | arrays.bad
        point = replace(
            point,
            values=dict(evaluator.values),
            generators=tuple(arrays.generators),
            signs=signs,
            argument_bound=arrays.argument_bound,
            bad=bad,
        )
        self._truths[truth, axes, setting] = (point, value)
        while len(self._truths) > 64:
            self._truths.popitem(last=False)
        return point, value

    def _draw(self, setting: Setting, deadline: float) -> Point | None:
        for attempt in range(4):
            point = self._attempt(setting, attempt, deadline)
            if point is not None:
                return point
        return None

    def _attempt(self, setting: Setting, attempt: int, deadline: float) -> Point | None:
        rng = Random(f"{setting} {attempt}")
        sizes = self.sizes(setting)
        more = setting.draws * ((4 if self.kinked else 1) + (0 if setting.exact else 1))
        reals: dict[Tensor, Reals] = {}
        for tensor in self.given:
            shape = (more, *(length(a, sizes) for a in tensor.axes))
            drawn = self._reals(tensor, shape, setting.level, np.random.default_rng(rng.getrandbits(64)))
            halves = attempt if tensor.role not in ("constant", "target") or self.network.cost.targets == "real" else 0
            reals[tensor] = drawn if self._sums_to_one(tensor) else drawn * 0.5**halves
        usable = range(more) if setting.coins else self._usable(reals, sizes, more, deadline)
        keep = list(usable)[: setting.draws]
        if len(keep) < min(2, setting.draws):
            return None
        field = Field(tuple(draw_prime(rng) for _ in range(IMAGES if setting.exact else 0)), setting.gaussian)
        generators = [Generators(field, Random(rng.getrandbits(64))) for _ in keep]
        values = {
            tensor: Value(self._residues(tensor, field, generators, own[keep].shape), own[keep], Bound(2, 0, 1, 0))
            for tensor, own in reals.items()
        }
        coins = Coins(field, len(keep), f"{setting} {attempt}") if setting.coins else None
        evaluator = Evaluator(Arrays(field, generators, deadline, coins), values, self.definitions, sizes)
        self._everything(evaluator)
        arrays, signs = evaluator.arrays, tuple(evaluator.arrays.signs)
        return Point(sizes, field, values, tuple(generators), signs, arrays.argument_bound, arrays.bad, coins)

    def _everything(self, evaluator: Evaluator) -> None:
        with np.errstate(all="ignore"):
            for tensor in self.definitions:
                with suppress(Unsupported):  # an answer that needs it will say so
                    evaluator.tensor(tensor)

    def _usable(
        self, reals: Mapping[Tensor, Reals], sizes: Mapping[str | int, int], draws: int, deadline: float
    ) -> list[int]:
        """The draws in which everything that can be evaluated is finite and away from kinks."""
        field = Field(())
        values = {
            tensor: Value(np.zeros((0, *own.shape), dtype=np.int64), own, Bound()) for tensor, own in reals.items()
        }
        generators = [Generators(field, Random(0)) for _ in range(draws)]
        evaluator = Evaluator(Arrays(field, generators, deadline), values, self.definitions, sizes)
        self._everything(evaluator)
        bad = evaluator.arrays.bad
        for value in evaluator.values.values():
            wild = ~(np.abs(value.reals) < LARGE)
            bad |= wild.any(axis=tuple(range(1, wild.ndim)))
        return [k for k, unusable in enumerate(bad) if not unusable]

    def _residues(self, tensor: Tensor, field: Field, generators: list[Generators], shape: tuple[int, ...]) -> Residues:
        gaussian = field.gaussian
        lead = (field.images, *shape)
        if not field.images:
            return np.zeros((2, *lead) if gaussian else lead, dtype=np.int64)
        rng = np.random.default_rng(generators[0].rng.getrandbits(64))
        p = field.modulus(len(lead))
        drawn = rng.integers(1, np.broadcast_to(p, lead), dtype=np.int64)
        if gaussian:
            drawn = np.stack([drawn, np.zeros_like(drawn)])
        if self._sums_to_one(tensor):
            rest = field.neg(field.total(drawn[..., :-1], drawn.ndim - field.lead - 1))
            one = field.constant(field.one)
            last = field.add(rest, one.reshape(one.shape + (1,) * (rest.ndim - one.ndim)))
            return np.concatenate([drawn[..., :-1], last[..., None]], axis=-1)
        if gaussian and tensor.role in ("target", "constant"):  # positive: the square of what is its root
            squares = field.mul(drawn, drawn)
            roots, each = field.vectors(drawn), field.vectors(squares)
            per = len(roots) // len(generators)
            for k, (root, square) in enumerate(zip(roots, each, strict=True)):
                generators[k // per].register(square, root)
            return squares
        return drawn

    def _sums_to_one(self, tensor: Tensor) -> bool:
        return self.unit_sum and tensor == self.network.y

    def _reals(self, tensor: Tensor, shape: tuple[int, ...], level: int, rng: np.random.Generator) -> Reals:
        steps = (1, 2, 4, 16, 16)[level]  # the reals are k/steps
        reach = (2, 4, 6, 24, 24)[level]
        if tensor.role == "constant":
            return rng.integers(1, reach + 1, shape) / steps
        if self._sums_to_one(tensor):
            parts = shape[-1]
            whole = 1 << max(2 + level, parts.bit_length() + 1)
            cuts = np.sort(np.argsort(rng.random((*shape[:-1], whole - 1)), axis=-1)[..., : parts - 1] + 1, axis=-1)
            return np.diff(cuts, axis=-1, prepend=0, append=whole) / whole
        if tensor.role == "target":
            match self.network.cost.targets:
                case "probability":
                    return rng.integers(1, 2 << level, shape) / (2 << level)
                case "positive" | "nonnegative":
                    return rng.integers(1, reach + 1, shape) / steps
        deep = self.kinked and len(self.uses) > DEEP
        signs = rng.choice([-1.0, 1.0], shape, p=[0.2, 0.8] if deep else None)  # else all of some layer are cut off
        wide: Reals | float = 0.25 if deep and tensor.role == "weight" else 1.0
        if self.kinked and level >= 3:  # so that regions far out are met as well
            scales = (0.25, 1.0, 2.0, 4.0) if level == 3 else (1.0, 4.0, 16.0, 64.0)
            wide = rng.choice(scales, (shape[0],) + (1,) * (len(shape) - 1))
        if tensor.role == "weight":  # a power of two near 1/√(inputs) keeps pre-activations moderate in wide layers
            inputs = shape[1] if self.network.unit_axes[tensor.layer - 1] else 1
            wide = wide * 2.0 ** -max(0, (inputs // 8).bit_length() // 2)
        return signs * rng.integers(1, reach + 1, shape) / steps * wide


def has_branches(expr: Expr) -> bool:
    """Whether a function with several branches (max, |·|, cases) occurs."""
    return any(isinstance(node, Apply) and kinked(node.function) for node in walk(expr))


_laboratories: Kept[Laboratory] = Kept(32)
_parts: Kept[Laboratory] = Kept(64)


def laboratory(network: Network) -> Laboratory:
    """The laboratory of a network, kept."""
    return _laboratories.get(network, lambda: Laboratory(network))


def part_of(lab: Laboratory, truth: Expr, answer: Expr) -> Laboratory | None:
    """The laboratory of the part of a deep network that both sides are about, kept; None if that is all of it."""
    part = segment(lab.uses, truth, answer)
    if part is None:
        return None
    used = sorted({r.tensor for side in (truth, answer) for r in refs(side)}, key=lambda t: t.name)
    own = {tensor: equation for tensor, equation in lab.definitions.items() if tensor in part}
    return _parts.get(lab.network, lambda: Laboratory(lab.network, own, used), (part, tuple(used)))
