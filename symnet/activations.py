"""Activation functions, by name: sympy definitions with their sources.  A user's own expression is equal to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from symnet.algebra.expressions import ScalarFunction
from symnet.errors import SymnetError, unknown

x = sp.Symbol("x", real=True)
"""The argument of every definition."""

alpha = sp.Symbol("alpha", real=True)


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function f.

    ``expr`` is its definition in the symbol ``x`` (real) and the constants named in ``constants`` with their values.
    ``letter`` is what derivations call it.  ``normalised`` divides f by its sum over the units of the layer: softmax
    is the exponential, normalised.  ``lecture`` is another form of the same definition, for print.
    """

    name: str
    expr: sp.Expr
    letter: str = "f"
    source: str = "given by the user"
    constants: Mapping[str, float] = field(default_factory=dict, hash=False)
    normalised: bool = False
    lecture: sp.Expr | None = None

    @property
    def function(self) -> ScalarFunction:
        """f as a scalar function of ``x`` and its constants."""
        others = tuple(sp.Symbol(name, real=True) for name in self.constants)
        return ScalarFunction(self.name, (x, *others), self.expr, opaque=not self.normalised)

    @property
    def is_linear(self) -> bool:
        """Whether f(x) = x, so that no equation of its own is needed."""
        return bool(self.expr == x) and not self.normalised

    def __call__(self, **constants: float) -> Activation:
        """The same activation with other constants: ``leaky_relu(alpha=0.2)``."""
        for name in constants:
            if name not in self.constants:
                raise unknown(f"constant of {self.name}", name, self.constants)
        values = {**self.constants, **constants}
        return Activation(self.name, self.expr, self.letter, self.source, values, self.normalised, self.lecture)


def custom(expr: sp.Expr, name: str = "f") -> Activation:
    """An activation from a sympy expression in one symbol, e.g. ``x * exp(-x**2)``.

    Raises SymnetError when the expression does not have exactly one symbol.
    """
    symbols = sorted(expr.free_symbols, key=lambda s: s.name)
    if len(symbols) != 1:
        found = ", ".join(s.name for s in symbols) or "none"
        raise SymnetError(
            f"an activation is an expression in one symbol, {expr} has {found}; put numbers for the others"
        )
    expr = expr.xreplace({symbols[0]: x})
    if expr.has(sp.I) or sp.diff(expr, x).has(sp.Derivative, sp.Subs):
        raise SymnetError(
            f"an activation is a real function that sympy can differentiate, given {expr}; use another form"
        )
    return Activation(name, expr)


with sp.evaluate(False):
    _DEFINITIONS = (
        Activation("linear", x, "f", "the lecture, slide “Activation Function”"),
        Activation(
            "step",
            sp.Piecewise((sp.Integer(1), x > 0), (sp.Integer(0), True)),
            "H",
            "Rosenblatt 1958, “The perceptron”, Psychological Review 65 (threshold unit)",
        ),
        Activation("sigmoid", 1 / (1 + sp.exp(-x)), "σ", "the lecture, slide “Activation Function”"),
        Activation(
            "tanh",
            sp.tanh(x),
            "tanh",
            "the lecture, slide “Activation Function”",
            lecture=(sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x)),
        ),
        Activation("relu", sp.Max(0, x), "relu", "the lecture, slide “Activation Function”"),
        Activation(
            "leaky_relu",
            sp.Piecewise((x, x > 0), (alpha * x, True)),
            "lrelu",
            "Maas, Hannun & Ng 2013, “Rectifier nonlinearities improve neural network acoustic models”, §2",
            {"alpha": 0.01},
        ),
        Activation(
            "elu",
            sp.Piecewise((x, x > 0), (alpha * (sp.exp(x) - 1), True)),
            "elu",
            "Clevert, Unterthiner & Hochreiter 2016, “Fast and accurate deep network learning by ELUs”, eq. 15",
            {"alpha": 1.0},
        ),
        Activation(
            "softplus",
            sp.log(1 + sp.exp(x)),
            "softplus",
            "Dugas et al. 2001, “Incorporating second-order functional knowledge for better option pricing”, eq. 3",
        ),
        Activation(
            "silu",
            x / (1 + sp.exp(-x)),
            "silu",
            "Elfwing, Uchibe & Doya 2018, “Sigmoid-weighted linear units”, eq. 7",
        ),
        Activation(
            "gelu",
            x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
            "gelu",
            "Hendrycks & Gimpel 2016, “Gaussian error linear units”, §2 (exact, by erf)",
        ),
        Activation(
            "gelu_tanh",
            x * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (x + sp.Float("0.044715", 30) * x**3))) / 2,
            "gelu",
            "Hendrycks & Gimpel 2016, “Gaussian error linear units”, §2 (tanh approximation)",
        ),
        Activation(
            "softmax",
            sp.exp(x),
            "softmax",
            "Bridle 1990, “Probabilistic interpretation of feedforward classification network outputs”, eq. 4",
            normalised=True,
        ),
    )

ACTIVATIONS: Mapping[str, Activation] = {a.name: a for a in _DEFINITIONS}
"""Every activation that can be asked for by name."""


def activation(given: str | Activation | sp.Expr) -> Activation:
    """The activation meant by a name, a sympy expression or an :class:`Activation`."""
    if isinstance(given, Activation):
        return given
    if isinstance(given, sp.Expr):
        return custom(given)
    if given not in ACTIVATIONS:
        raise unknown("activation", str(given), ACTIVATIONS)
    return ACTIVATIONS[given]
