"""Cost functions and regularisers, by name: sympy definitions with normalisation and source.

A cost is ``factor · Σ element``, the sum running over the samples and over the output units; ``outer`` wraps the whole
(the exponential cost).  The normalisation is part of the definition, and of the name: ``sum_of_squares`` has none,
``quadratic`` ½, ``mse`` 1/n, ``half_mse`` 1/(2n), where n counts samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp

from symnet.errors import SymnetError, unknown

yhat = sp.Symbol("yhat", real=True)
y = sp.Symbol("y", real=True)
n = sp.Symbol("n", positive=True)
u = sp.Symbol("u", real=True)
tau, delta = sp.Symbol("tau", positive=True), sp.Symbol("delta", positive=True)

Domain = Literal["real", "positive", "nonnegative", "probability"]

RANGES: Mapping[Domain, str] = {
    "real": "any number",
    "positive": "greater than 0",
    "nonnegative": "at least 0",
    "probability": "between 0 and 1",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost function C = outer(factor · Σ element).

    ``element`` is an expression in ``yhat`` and ``y`` (and constants), ``factor`` in ``n``, ``outer`` in ``u``.
    ``domain`` says which predictions, ``targets`` which targets it is defined for.
    """

    name: str
    element: sp.Expr
    factor: sp.Expr = sp.S.One
    outer: sp.Expr | None = None
    source: str = "given by the user"
    constants: Mapping[str, float] = field(default_factory=dict, hash=False)
    domain: Domain = "real"
    targets: Domain = "real"

    def __post_init__(self) -> None:
        unknown_symbols = [s.name for s in self.constant_symbols if s.name not in self.constants]
        if unknown_symbols:
            raise SymnetError(
                f"cost {self.name} uses {unknown_symbols[0]}, which is neither yhat, y nor n; "
                f"give it a value among the constants, as in {{{unknown_symbols[0]!r}: 1.0}}"
            )

    @property
    def constant_symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols of the definition that stand for constants, by name."""
        parts = (self.element, self.factor, *(() if self.outer is None else (self.outer,)))
        found = {s for part in parts for s in part.free_symbols} - {yhat, y, n, u}
        return tuple(sorted(found, key=lambda s: s.name))

    def __call__(self, **constants: float) -> Cost:
        """The same cost with other constants: ``huber(delta=0.5)``."""
        for name in constants:
            if name not in self.constants:
                raise unknown(f"constant of {self.name}", name, self.constants)
        values = {**self.constants, **constants}
        return Cost(self.name, self.element, self.factor, self.outer, self.source, values, self.domain, self.targets)


def custom(element: sp.Expr, factor: sp.Expr = sp.S.One, name: str = "C") -> Cost:
    """A cost from a sympy expression in symbols called ``yhat`` and ``y``, and a factor in ``n``.

    Raises SymnetError when another symbol occurs, or ``yhat`` does not.
    """
    element, factor = sp.S(element), sp.S(factor)
    known = {"yhat": yhat, "y": y, "n": n}
    renamed = {s: known[s.name] for s in element.free_symbols | factor.free_symbols if s.name in known}
    element, factor = element.xreplace(renamed), factor.xreplace(renamed)
    if not {yhat} <= element.free_symbols <= {yhat, y} or not factor.free_symbols <= {n}:
        raise SymnetError(
            f"a cost is an expression in the symbols yhat and y with a factor in n, given: {element} and {factor}; "
            "rename the symbols or put numbers for them"
        )
    return Cost(name, element, factor)


_LIST = "“A list of cost functions used in neural networks” (the lecture's link)"

with sp.evaluate(False):
    _square = (yhat - y) ** 2
    _binary = y * sp.log(yhat) + (1 - y) * sp.log(1 - yhat)
    _DEFINITIONS = (
        Cost("sum_of_squares", _square, source="the lecture, slide “Backward Propagation”"),
        Cost("quadratic", _square, sp.Rational(1, 2), source="the lecture, slide “Cost Function”"),
        Cost("mse", _square, 1 / n, source="mean over the samples, summed over the output units"),
        Cost("half_mse", _square, 1 / (2 * n), source="Nielsen 2015, chapter 1, eq. 6"),
        Cost(
            "cross_entropy",
            _binary,
            -1 / n,
            source="the lecture, slide “Cost Function”; Nielsen 2015, chapter 3, eq. 57",
            domain="probability",
            targets="probability",
        ),
        Cost(
            "categorical_cross_entropy",
            y * sp.log(yhat),
            -1 / n,
            source="Goodfellow, Bengio & Courville 2016, §6.2.2.3",
            domain="probability",
            targets="probability",
        ),
        Cost("exponential", _square, 1 / tau, tau * sp.exp(u), _LIST, {"tau": 1.0}),
        Cost(
            "hellinger",
            (sp.sqrt(yhat) - sp.sqrt(y)) ** 2,
            1 / sp.sqrt(2),
            source=_LIST,
            domain="positive",
            targets="nonnegative",
        ),
        Cost(
            "kullback_leibler",
            y * sp.log(y / yhat),
            source=_LIST,
            domain="positive",
            targets="positive",
        ),
        Cost(
            "generalized_kullback_leibler",
            y * sp.log(y / yhat) - y + yhat,
            source=_LIST,
            domain="positive",
            targets="positive",
        ),
        Cost(
            "itakura_saito",
            y / yhat - sp.log(y / yhat) - 1,
            source=_LIST,
            domain="positive",
            targets="positive",
        ),
        Cost("mae", sp.Abs(yhat - y), 1 / n, source="mean absolute error; Laplace 1774"),
        Cost(
            "huber",
            sp.Piecewise(
                ((yhat - y) ** 2 / 2, sp.Abs(yhat - y) <= delta),
                (delta * (sp.Abs(yhat - y) - delta / 2), True),
            ),
            1 / n,
            source="Huber 1964, “Robust estimation of a location parameter”",
            constants={"delta": 1.0},
        ),
        Cost("log_cosh", sp.log(sp.cosh(yhat - y)), 1 / n, source="Green 1990, IEEE Trans. Medical Imaging 9"),
        Cost(
            "hinge",
            sp.Max(0, 1 - y * yhat),
            1 / n,
            source="Cortes & Vapnik 1995, “Support-vector networks” (targets −1 and 1)",
        ),
    )

COSTS: Mapping[str, Cost] = {c.name: c for c in _DEFINITIONS}
"""Every cost that can be asked for by name."""


def cost(given: str | Cost | sp.Expr) -> Cost:
    """The cost meant by a name, a sympy expression in ``yhat`` and ``y``, or a :class:`Cost`."""
    if isinstance(given, Cost):
        return given
    if isinstance(given, sp.Expr):
        return custom(given)
    if given not in COSTS:
        raise unknown("cost", str(given), COSTS)
    return COSTS[given]


NORMALISATIONS: Mapping[str, sp.Expr] = {
    "1": sp.S.One,
    "1/2": sp.Rational(1, 2),
    "1/n": 1 / n,
    "1/(2n)": 1 / (2 * n),
}

w = sp.Symbol("w", real=True)


@dataclass(frozen=True, slots=True)
class Regulariser:
    """A penalty λ · normalisation · Σ element(w) over every weight (biases are left alone)."""

    name: str
    element: sp.Expr
    strength: float
    normalisation: str

    @property
    def factor(self) -> sp.Expr:
        """The normalisation as an expression in n."""
        return NORMALISATIONS[self.normalisation]


def _regulariser(name: str, element: sp.Expr, strength: float, normalisation: str) -> Regulariser:
    if normalisation not in NORMALISATIONS:
        raise unknown("normalisation", normalisation, NORMALISATIONS)
    if not strength >= 0:
        raise SymnetError(f"the strength of {name} is {strength}, expected a number of at least 0")
    return Regulariser(name, element, float(strength), normalisation)


def l2(strength: float, normalisation: str = "1/2") -> Regulariser:
    """λ · normalisation · Σ w², by default (λ/2) Σ w² (Goodfellow, Bengio & Courville 2016, eq. 7.2)."""
    return _regulariser("l2", w**2, strength, normalisation)


def l1(strength: float, normalisation: str = "1") -> Regulariser:
    """λ · normalisation · Σ |w|, by default λ Σ |w| (Goodfellow, Bengio & Courville 2016, eq. 7.18)."""
    return _regulariser("l1", sp.Abs(w), strength, normalisation)
