"""Slips with what stands in a line: a function, an index, a quantity of another layer, y for ŷ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import sympy as sp

from symnet import activations
from symnet.algebra.expressions import Apply, Axis, Const, Expr, Index, Mul, Ref, Tensor, add, mul, negative, power
from symnet.algebra.scalars import differentiate, from_sympy, in_terms_of_itself
from symnet.check.explain.change import SMALL, Change, Spot, elements
from symnet.check.read.partials import input_adjoint
from symnet.derive.reverse import adjoint_of
from symnet.network import SAMPLES, Network


def function_changes(node: Apply, spot: Spot) -> Iterator[Change]:
    """f′ replaced by f, by another function's derivative, or taken elsewhere; f′ twice."""
    f, (z, *others) = node.function, node.arguments
    if not f.opaque:
        yield from _cases(node)
    if not (f.opaque and f.primes == 1 and isinstance(z, Ref)):
        return
    network, layer = spot.network, z.tensor.layer
    unit = Ref(network.unit(layer), z.index)
    yield Change("missing_activation_derivative", "activation_itself", 1, unit)
    for name in ("sigmoid", "tanh", "relu"):
        other = activations.ACTIVATIONS[name].function
        if name != f.name:
            yield Change("other", "wrong_activation_derivative", 1, Apply(differentiate(other), (z,)))
            if (c := in_terms_of_itself(other)) is not None:
                terms = (Const(c[0]), mul(Const(c[1]), unit), mul(Const(c[2]), power(unit, sp.Integer(2))))
                yield Change("other", "wrong_activation_derivative", 1, add(*terms))
    yield Change("other", "wrong_argument", 1, Apply(f, (unit, *others)))
    yield Change("sign", "argument_negated", 1, Apply(f, (negative(z), *others)))
    yield Change("other", "activation_derivative_twice", 1, power(node, sp.Integer(2)))
    for k in (layer - 1, layer + 1):
        if 1 <= k <= network.depth and len(network.unit_axes[k]) == len(z.index) - len(network.sample_axes):
            there = Ref(network.pre_activation(k), z.index)
            yield Change("wrong_layer", "wrong_argument_layer", 1, Apply(f, (there, *others)))
    below = network.unit(layer - 1)
    for index in elements(below, spot.scope, z.index[: len(network.sample_axes)]):
        yield Change("other", "wrong_argument", 2, Apply(f, (Ref(below, index), *others)))


def _cases(node: Apply) -> Iterator[Change]:
    """A function of the cost left out; one branch for all of the cases, or the branches exchanged."""
    names = dict(zip(node.function.parameters, node.arguments, strict=True))
    definition = node.function.expr
    if isinstance(definition, sp.Piecewise):
        values = [value for value, _ in definition.args]
        yield from (Change("other", "case_missing", 1, from_sympy(value, names)) for value in values)
        if len(values) == 2:
            other = sp.Piecewise((values[1], definition.args[0][1]), (values[0], True))
            yield Change("sign", "cases_exchanged", 1, from_sympy(other, names))
    elif len(node.arguments) == 1:
        yield Change("other", "function_missing", 1, node.arguments[0])


def symbol_changes(node: Ref, spot: Spot) -> Iterator[Change]:
    """A symbol replaced by its neighbour: another index, layer, y for ŷ, z for a, the weight for the input."""
    tensor, network = node.tensor, spot.network
    if tensor == network.prediction:
        yield Change("other", "target_for_prediction", 2, Ref(network.y, node.index))
    if tensor == network.y:
        yield Change("other", "prediction_for_target", 2, Ref(network.prediction, node.index))
    if tensor.role == "unit":
        yield Change("other", "pre_for_unit", 2, Ref(network.pre_activation(tensor.layer), node.index))
    for other, detail in _neighbours(tensor, network):
        yield Change("wrong_layer", detail, 2, Ref(other, node.index))
    if tensor.role == "weight" and len(node.index) == 2:
        yield Change("transpose", "weight_transposed", 2, Ref(tensor, node.index[::-1]))
    own = spot.line.target.of
    if own is not None and own.role == "weight" and tensor == network.unit(own.layer - 1):
        index = spot.line.target.axes if len(spot.line.target.axes) == len(own.axes) else None
        for at in [index] if index else elements(own, (), ()):
            yield Change("other", "weight_for_input", 2, Ref(own, tuple(at)))
    for k, place in enumerate(node.index):
        for index_ in _indices(tensor, k, spot.scope):
            if index_ != place:
                changed = Ref(tensor, (*node.index[:k], index_, *node.index[k + 1 :]))
                yield Change("wrong_index", "wrong_index", 2 if isinstance(index_, Axis) else 1, changed)


def _indices(tensor: Tensor, k: int, scope: tuple[Index, ...]) -> Iterator[Index]:
    axis = tensor.axes[k]
    if axis == SAMPLES:
        return
    yield from (i for i in scope if i != SAMPLES)
    if isinstance(axis.size, int) and axis.size <= SMALL and not any(isinstance(i, Axis) and i == axis for i in scope):
        yield from range(1, axis.size + 1)


def _neighbours(tensor: Tensor, network: Network) -> Iterator[tuple[Tensor, str]]:
    """The same kind of quantity one layer up and down, where it has as many axes."""
    made: dict[str, Callable[[int], Tensor]] = {
        "weight": network.weight,
        "bias": network.bias,
        "pre": network.pre_activation,
        "unit": network.unit,
        "input": network.unit,
    }
    role = tensor.of.role if tensor.of is not None else tensor.role
    for k in (tensor.layer - 1, tensor.layer + 1):
        first = 0 if role in ("unit", "input") else 1
        if role not in made or not first <= k <= network.depth:
            continue
        other = made[role](k)
        if tensor.of is not None:
            other = adjoint_of(other)
        if len(other.axes) == len(tensor.axes) and other != tensor:
            yield other, "layer_of_adjoint" if tensor.of is not None else "layer_of_quantity"


def exchanged_layers(node: Mul, network: Network) -> Iterator[Change]:
    """An adjoint and a unit that is multiplied by it, each of the other one's layer: δ¹a² for δ²a¹."""
    for one, other in permutations((f for f in node.factors if isinstance(f, Ref)), 2):
        error, unit = one.tensor, other.tensor
        upstream = error.of is not None and error.of.role == "pre"
        if not upstream or unit.role not in ("unit", "input") or unit.layer == error.layer:
            continue
        above = network.unit(error.layer)
        below = network.pre_activation(unit.layer) if unit.layer else network.x
        if len(above.axes) == len(other.index) and len(below.axes) == len(one.index):
            found = Ref(adjoint_of(below), one.index) if unit.layer else input_adjoint(network, below, one.index)
            replaced: dict[Expr, Expr] = {one: found, other: Ref(above, other.index)}
            yield Change("wrong_layer", "layers_exchanged", 2, mul(*(replaced.get(f, f) for f in node.factors)))
