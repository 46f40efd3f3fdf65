"""Costs that a document writes down: which known cost an expression is, and with which normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

import sympy as sp

from symnet.algebra.expressions import refs
from symnet.check.decide.decide import decide
from symnet.check.document.numbers import Key, Missing, State
from symnet.check.document.sides import Side, Subject, readings
from symnet.check.read.symbols import Vocabulary
from symnet.check.user_names import names_of
from symnet.costs import COSTS, Cost, n
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.render.display import Node
from symnet.render.document import Part
from symnet.render.formula import formula

FACTORS = (sp.S.One, sp.Rational(1, 2), 1 / n, 1 / (2 * n))
"""Normalisations that are in use."""

SECONDS = 0.5
SAMPLES = 3
NAMES = {
    "square": "the sum of squares",
    "cross_entropy": "the cross-entropy of two classes",
    "categorical_cross_entropy": "the cross-entropy of several classes",
}
OUTPUTS = {"probability": "sigmoid", "positive": "softplus", "nonnegative": "softplus"}
"""Outputs for which a cost is defined."""


@dataclass(frozen=True)
class Family:
    """Costs that differ in their normalisation alone."""

    name: str
    cost: Cost
    factors: tuple[sp.Expr, ...]


@lru_cache
def families() -> tuple[Family, ...]:
    """Every cost that is known, those of one element together."""
    found: dict[sp.Expr, Family] = {}
    for cost in COSTS.values():
        if cost.outer is not None:
            found[cost.outer] = Family(cost.name, cost, (cost.factor,))
            continue
        sign = -1 if cost.factor.could_extract_minus_sign() else 1
        key = cost.element * sign
        if key not in found:
            name = "square" if cost.name == "sum_of_squares" else cost.name
            factors = dict.fromkeys((cost.factor, *(sign * factor for factor in FACTORS)))
            found[key] = Family(name, cost, tuple(factors))
    return tuple(found.values())


@dataclass(frozen=True)
class Known:
    """What cost an expression is: its family, its factor, and a network that has it; ``single`` if of one sample."""

    family: str
    factor: sp.Expr
    network: Network
    single: bool = False

    @property
    def shown(self) -> Node:
        """The cost in the notation of its network."""
        return formula(self.network.equations[-1].right, names_of(self.network))

    @property
    def name(self) -> str:
        """The cost in words."""
        return NAMES.get(self.family, f"the cost “{self.family.replace('_', ' ')}”")

    def message(self, subject: Subject) -> tuple[Part, ...]:
        """That it is another cost than the network's."""
        own = names_of(subject.network)
        declared = formula(subject.network.equations[-1].right, own)
        what = "for one sample, " if self.single else ""
        return (f"{what}this is {self.name}, ", self.shown, "; the network's file has ", declared)


def recognised(text: str, subject: Subject, syntax: str) -> Known | None:
    """The known cost that an expression is, on this network's prediction; None if it is none."""
    network = subject.network
    first = [s for s in readings(text, subject, syntax) if isinstance(s, Side)]
    if first and not any(network.y in {ref.tensor for ref in refs(side.expr)} for side in first):
        return None
    for samples in dict.fromkeys((network.samples, 1)):
        for family in families():
            named = _subject(network, tuple(subject.vocabulary.names.items()), family.cost.name, samples)
            if named is None:
                continue
            variant = named.network
            for side in readings(text, named, syntax):
                if not isinstance(side, Side) or side.axes or side.letters:
                    continue
                factor = _factor(side, family, variant)
                made = None if factor is None else _variant(network, family.cost.name, factor, samples)
                if made is not None and factor is not None and _equal(made, side):
                    return Known(family.name, factor, made, samples != network.samples)
    return None


def family_of(network: Network) -> Known | None:
    """The declared cost of a network in the same terms."""
    cost = network.cost
    for family in families():
        if cost.outer == family.cost.outer and any(
            sp.simplify(cost.element * cost.factor - family.cost.element * factor) == 0 for factor in family.factors
        ):
            factor = next(
                f for f in family.factors if sp.simplify(cost.element * cost.factor - family.cost.element * f) == 0
            )
            return Known(family.name, factor, network)
    return None


@lru_cache(maxsize=256)
def _subject(network: Network, names: tuple[tuple[str, str], ...], cost: str, samples: int | str) -> Subject | None:
    """The network with another cost, in the same letters."""
    variant = _variant(network, cost, None, samples)
    try:
        return None if variant is None else Subject("", variant, Vocabulary(variant, dict(names)))
    except SymnetError:  # a name of the file means nothing in this network
        return None


@lru_cache(maxsize=512)
def _variant(network: Network, name: str, factor: sp.Expr | None, samples: int | str) -> Network | None:
    """The network with another cost, and an output for which that is defined."""
    cost = COSTS[name] if factor is None else replace(COSTS[name], factor=factor)
    *hidden, last = network.layers
    usual = OUTPUTS.get(cost.domain)
    if cost.name == "categorical_cross_entropy" and not last.function.normalised:
        usual = "softmax"
    elif usual is not None and (last.function.name in ("sigmoid", usual) or last.function.normalised):
        usual = None
    try:
        output = last if usual is None else replace(last, activation=usual)
        return Network(network.inputs, *hidden, output, cost=cost, samples=samples, notation=network.notation)
    except SymnetError:
        return None


def _factor(side: Side, family: Family, network: Network) -> sp.Expr | None:
    """The factor with which the expression is the family's cost at some numbers."""
    definitions = {equation.target: equation for equation in network.equations}
    known: dict[Key, sp.Rational] = {}
    rng = Random(7)
    samples = SAMPLES if network.sample_axes else 1
    try:
        for tensor in (network.x, network.y, *network.parameters, *network.constants):
            for index in _indices(tensor.axes, samples):
                known[tensor, index] = sp.Rational(rng.randint(1, 9), 10)
        state = State(network, known, samples, definitions)
        ratio = state.value(side.expr) / state.value(network.equations[-1].right)
    except (SymnetError, Missing, TypeError, KeyError, ArithmeticError):
        return None
    for factor in family.factors:
        wanted = (factor / family.cost.factor).subs(n, samples)
        if wanted.is_number and abs(sp.N(ratio - wanted, 20)) < sp.Float("1e-12"):
            return factor
    return None


def _indices(axes: tuple[object, ...], samples: int) -> Iterator[tuple[int, ...]]:
    from itertools import product

    sizes = [samples if getattr(a, "size", 0) == "n" else getattr(a, "size", 0) for a in axes]
    if any(not isinstance(size, int) or size > 64 for size in sizes):
        raise SymnetError("the sizes are symbols, or too large")
    return product(*(range(1, size + 1) for size in sizes))


def _equal(network: Network, side: Side) -> bool:
    return decide(network, network.equations[-1].right, side.expr, (), seconds=SECONDS).status in ("proved", "equal")
