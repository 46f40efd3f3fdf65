"""A network as plain arithmetic, for verifying: loops over its layers, and nothing of symnet's equations.

Numbers are sympy numbers: rationals stay exact, everything else has 50 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symnet import activations, costs
from symnet.exercises.variant import Numbers
from symnet.network import Network

DIGITS = 50
STEP = sp.Rational(1, 10**12)
"""Of finite differences: with 50 digits their error is far below 1e-18."""

Rows = list[list[Any]]
Values = Mapping[str, Any]


def forward(network: Network, numbers: Numbers, nudge: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Every quantity of the forward pass by its name, and C if there are targets.

    ``nudge`` is added to elements, by their names (``w[1]``, ``z1[2]``): a small number, or a symbol.
    """
    change = dict(nudge or {})
    batched = bool(network.sample_axes)
    found: dict[str, Any] = {}

    def moved(name: str, index: tuple[int, ...], value: Any) -> Any:
        full = f"{name}[{','.join(map(str, index))}]" if index else name
        found[full] = value + change[full] if full in change else value
        return found[full]

    units: Rows = [_row(x) for x in (_several(network, numbers.x) if batched else [numbers.x])]
    for k, layer in enumerate(network.layers, 1):
        inner, outer = len(units[0]), int(layer.units)
        weight, bias = network.weight(k), network.bias(k)
        w = _matrix(numbers.parameters[weight.name], inner, outer)
        b = _row(numbers.parameters[bias.name]) if layer.bias else [sp.S.Zero] * outer
        w = [[moved(weight.name, _places((inner, i), (outer, j)), w[i][j]) for j in range(outer)] for i in range(inner)]
        if layer.bias:
            b = [moved(bias.name, _places((outer, j)), b[j]) for j in range(outer)]
        sums: Rows = []
        for s, row in enumerate(units):
            sample = (s + 1,) if batched else ()
            sums.append(
                [
                    moved(
                        f"z{k}",
                        (*sample, *_places((outer, j))),
                        sum((row[i] * w[i][j] for i in range(inner)), b[j]),
                    )
                    for j in range(outer)
                ]
            )
        units = [_activated(layer.function, row) for row in sums]
        if not layer.function.is_linear:
            units = [
                [
                    moved(f"a{k}", (*((s + 1,) if batched else ()), *_places((outer, j))), value)
                    for j, value in enumerate(row)
                ]
                for s, row in enumerate(units)
            ]
    if numbers.y is not None:
        targets = [_row(y) for y in (_several(network, numbers.y, output=True) if batched else [numbers.y])]
        found["C"] = cost_of(network, units, targets, found)
    return found


def slope(network: Network, numbers: Numbers, name: str, exactly: bool) -> Any:
    """∂C/∂(the element called ``name``): by differentiating C of one symbol, or by central differences."""
    if exactly:
        t = sp.Symbol("t", real=True)
        return number(sp.diff(forward(network, numbers, {name: t})["C"], t).subs(t, 0))
    above, below = (forward(network, numbers, {name: sign * STEP})["C"] for sign in (1, -1))
    return (above - below) / (2 * STEP)


def number(value: Any) -> Any:
    """A rational as it is, everything else to 50 digits; what has a symbol is left alone."""
    value = sp.S(value)
    if value.free_symbols or (value.is_Rational and not value.is_Float):
        return value
    return sp.N(value, DIGITS)


def _places(*of: tuple[int, int]) -> tuple[int, ...]:
    """Indices from 1, without those of axes that have one element."""
    return tuple(k + 1 for size, k in of if size > 1)


def _several(network: Network, given: Any, output: bool = False) -> list[Any]:
    units = network.layers[-1].units if output else network.inputs.units
    nested = isinstance(given, tuple) and (units == 1 or isinstance(given[0], tuple))
    return list(given) if nested else [given]


def _row(given: Any) -> list[Any]:
    return list(given) if isinstance(given, tuple | list) else [given]


def _matrix(given: Any, inner: int, outer: int) -> Rows:
    values = [v for part in _row(given) for v in _row(part)]
    return [values[i * outer : (i + 1) * outer] for i in range(inner)]


def _activated(function: activations.Activation, row: list[Any]) -> list[Any]:
    constants = {sp.Symbol(name, real=True): sp.Rational(str(v)) for name, v in function.constants.items()}
    definition = function.expr.subs(constants)
    values = [number(definition.xreplace({activations.x: sp.S(z)})) for z in row]
    return [number(v / sum(values)) for v in values] if function.normalised else values


def cost_of(network: Network, predictions: Rows, targets: Rows, found: Values | None = None) -> Any:
    """The cost of predictions, a row a sample; ``found`` are the weights, where they are penalised."""
    cost = network.cost
    constants = {s: sp.Rational(str(cost.constants[s.name])) for s in cost.constant_symbols}
    n = len(predictions)
    element, factor = cost.element.subs(constants), cost.factor.subs(constants).subs(costs.n, n)
    total = sum(
        number(element.xreplace({costs.yhat: p, costs.y: t}))
        for row, wanted in zip(predictions, targets, strict=True)
        for p, t in zip(row, wanted, strict=True)
    )
    out = factor * total
    if cost.outer is not None:
        out = cost.outer.subs(constants).xreplace({costs.u: out, costs.n: sp.Integer(n)})
    if network.regulariser:
        penalty = network.regulariser
        for k in range(1, network.depth + 1):
            name = network.weight(k).name
            weights = [v for key, v in (found or {}).items() if key == name or key.startswith(f"{name}[")]
            strength = sp.Rational(str(penalty.strength)) * penalty.factor.subs(costs.n, n)
            out += strength * sum(number(penalty.element.subs(costs.w, w)) for w in weights)
    return number(out)
