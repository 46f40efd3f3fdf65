"""Optimisers, by name: update rules as sympy definitions with their sources.

A rule is a list of assignments, carried out in order for every element of every parameter: ``w ← w − γ·g`` is
gradient descent.  A symbol on the left other than ``w`` is a state of the optimiser, which begins at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp

from symnet.errors import SymnetError, unknown

w = sp.Symbol("w", real=True)
"""An element of a parameter."""

g = sp.Symbol("g", real=True)
"""The derivative of the cost with respect to it."""

gamma = sp.Symbol("gamma", positive=True)
"""The learning rate."""

Values = Mapping[str, Any]
"""Arrays by the name of the parameter that they belong to."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An update rule.

    ``updates`` maps what is assigned (``w``, or a state) to its new value, an expression in ``w``, ``g``, the
    states and the constants; the assignments are carried out in order, each sees what those before it
    assigned, as the papers write them.  ``constants`` are named after their symbols; ``gamma`` is the
    learning rate.

    Raises SymnetError for a rule without ``w``, or with a symbol that is neither assigned, ``g`` nor a
    constant.
    """

    name: str
    updates: Mapping[sp.Symbol, sp.Expr] = field(hash=False)
    constants: Mapping[str, float] = field(default_factory=dict, hash=False)
    source: str = "given by the user"

    def __post_init__(self) -> None:
        if w.name not in {symbol.name for symbol in self.updates}:
            raise SymnetError(f"optimizer {self.name} never assigns w; give symnet.optimizers.w its new value")
        known = {g.name, *(s.name for s in self.updates), *self.constants}
        used = sorted(s.name for e in self.updates.values() for s in e.free_symbols if s.name not in known)
        if used:
            raise SymnetError(
                f"optimizer {self.name} uses {used[0]}, which is neither g nor assigned; "
                f"give it a value among the constants, as in {{{used[0]!r}: 0.9}}"
            )

    def __call__(self, **constants: float) -> Optimizer:
        """The same rule with other constants: ``gd(gamma=0.01)``."""
        for name in constants:
            if name not in self.constants:
                raise unknown(f"constant of {self.name}", name, self.constants)
        return Optimizer(self.name, self.updates, {**self.constants, **constants}, self.source)

    @property
    def states(self) -> tuple[sp.Symbol, ...]:
        """What the rule remembers from step to step, for every element of every parameter."""
        return tuple(symbol for symbol in self.updates if symbol.name != w.name)

    def start(self, parameters: Values) -> dict[str, dict[str, Any]]:
        """The states before the first step, by state and parameter: zeros of the parameters' shapes."""
        return {state.name: {name: 0.0 * value for name, value in parameters.items()} for state in self.states}

    def step(
        self, parameters: Values, gradient: Values, states: Mapping[str, Values]
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The parameters and states after one step; what is given is left as it was.

        Each array keeps its parameter's shape; ``gradient`` has one array for every parameter.
        """
        new: dict[str, Any] = {}
        later: dict[str, dict[str, Any]] = {state: {} for state in states}
        rules = _numeric(tuple(self.updates.items()))
        for name, value in parameters.items():
            now: dict[str, Any] = {**self.constants, w.name: value, g.name: gradient[name]}
            for state, values in states.items():
                now[state] = values[name]
            for target, arguments, rule in rules:
                now[target] = rule(*(now[argument] for argument in arguments))
            new[name] = now[w.name]
            for state in later:
                later[state][name] = now[state]
        return new, later


@lru_cache(maxsize=128)
def _numeric(
    updates: tuple[tuple[sp.Symbol, sp.Expr], ...],
) -> tuple[tuple[str, tuple[str, ...], Callable[..., Any]], ...]:
    """For every assignment its target, the names of its arguments and the NumPy function of them."""
    out = []
    for target, expr in updates:
        symbols = sorted(expr.free_symbols, key=str)
        function = sp.lambdify(symbols, expr, modules="numpy")
        out.append((target.name, tuple(symbol.name for symbol in symbols), function))
    return tuple(out)


with sp.evaluate(False):
    _DEFINITIONS = (
        Optimizer(
            "gd",
            {w: w - gamma * g},
            {"gamma": 0.1},
            "Cauchy 1847, “Méthode générale pour la résolution des systèmes d'équations simultanées”; "
            "the lecture, slide “Gradient Descent”",
        ),
    )

OPTIMIZERS: Mapping[str, Optimizer] = {o.name: o for o in _DEFINITIONS}
"""Every optimiser that can be asked for by name."""


def optimizer(given: str | Optimizer) -> Optimizer:
    """The optimiser meant by a name or an :class:`Optimizer`; SymnetError for an unknown name."""
    if isinstance(given, Optimizer):
        return given
    if given not in OPTIMIZERS:
        raise unknown("optimizer", str(given), OPTIMIZERS)
    return OPTIMIZERS[given]
