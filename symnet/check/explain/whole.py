"""Slips with a line as a whole: the forward pass, an activation too many, another cost, another parameter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import sympy as sp

from symnet import costs
from symnet.algebra.expressions import (
    ONE,
    Add,
    Apply,
    Axis,
    Equation,
    Expr,
    Index,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    mul,
    negative,
    power,
    refs,
    reindex,
    replace,
    walk,
)
from symnet.algebra.scalars import differentiate, from_sympy
from symnet.check.explain.change import SMALL, Change, Line, elements, itself, spots
from symnet.check.kept import derivation as derivation_of
from symnet.derive.reverse import adjoint_of
from symnet.network import SAMPLES, Network


def forward_changes(line: Line, form: Expr, network: Network) -> Iterator[Change]:
    """The forward pass mistaken where the answer writes it out: bias, activation, or the pairing with the inputs."""
    layer = line.target.layer
    if line.target.role == "unit":
        yield Change("other", "activation_missing", 2, network.pre_activation(layer)())
        return
    if isinstance(form, Add) and network.layers[layer - 1].bias:
        (*weighted, bias) = form.terms
        yield Change("other", "bias_missing", 1, add(*weighted))
        if network.sample_axes:
            spread = mul(power(Size(SAMPLES), sp.S.NegativeOne), bias)
            yield Change("missing_sum", "sum_of_constant", 1, add(*weighted, spread))
    for axis in network.unit_axes[layer - 1]:
        if isinstance(axis.size, int) and axis.size <= SMALL:
            w, x, b = network.weight(layer), network.unit(layer - 1), network.bias(layer)
            for i, j in combinations(range(1, axis.size + 1), 2):
                swap = {i: j, j: i}
                at = [(k, swap.get(k, k)) for k in range(1, axis.size + 1)]
                terms = [mul(w(k, *w.axes[1:]), x(*x.axes[:-1], m)) for k, m in at]
                biases = [b()] if network.layers[layer - 1].bias else []
                yield Change("wrong_index", "inputs_exchanged", 1, add(*terms, *biases))


def line_changes(line: Line, form: Expr, network: Network) -> Iterator[Change]:
    """An activation's derivative where there should be none; the derivative of another cost."""
    of = line.target.of
    if of is None:
        return
    whole = len(line.target.axes) == len(of.axes)
    if of.role == "pre" and whole and not network.layers[of.layer - 1].function.is_linear:
        unit = network.unit(of.layer)
        activated = next(eq.right for eq in network.equations if eq.target == unit)
        if isinstance(activated, Apply):
            slope: Expr = Apply(differentiate(activated.function), activated.arguments)
        else:
            slope = mul(unit(), add(ONE, negative(unit())))
            upstream = adjoint_of(unit)()
            yield Change("missing_activation_derivative", "activation_derivative_missing", 1, upstream)
            yield Change("missing_sum", "diagonal_only", 1, mul(upstream, slope))
        yield Change("other", "activation_derivative_twice", 1, mul(form, slope))
    if of == network.prediction and whole:
        names = {costs.yhat: network.prediction(), costs.y: network.y()}
        scale: Expr = power(Size(SAMPLES), sp.S.NegativeOne) if refs_size(form) else ONE
        for name in ("quadratic", "sum_of_squares", "cross_entropy"):
            yield Change("other", "other_cost", 3, mul(scale, from_sympy(_slope_of(name), names)))
    if form is line.forms[0] and any(isinstance(t, Ref) and t.tensor == network.y for t in walk(form)):
        exchanged: dict[Expr, Expr] = {ref: Ref(network.prediction, ref.index) for ref in refs(form, network.y)}
        exchanged |= {ref: Ref(network.y, ref.index) for ref in refs(form, network.prediction)}
        yield Change("swapped_y_yhat", "swapped", 1, replace(form, exchanged))


@cache
def _slope_of(name: str) -> sp.Expr:
    """The derivative of a cost for one element, by the prediction."""
    other = costs.COSTS[name]
    return sp.simplify(sp.diff(other.element.doit(), costs.yhat) * other.factor.subs(costs.n, 1))


def refs_size(expr: Expr) -> bool:
    """Whether the number of samples occurs."""
    return any(isinstance(n, Size) for n in walk(expr))


def target_changes(line: Line, network: Network) -> Iterator[Change]:
    """Another element, another parameter's gradient, indices exchanged, a sum too many, the parameter as a factor."""
    tensor, form = line.target.of, line.forms[0]
    assert tensor is not None
    adjoint = derivation_of(network).adjoints[tensor].equation
    axes = line.target.axes
    for axis in axes:
        yield Change("other", "spurious_sum", 1, Sum(axis, form))
    if len(axes) == len(tensor.axes):
        units = [a for a in axes if a != SAMPLES]
        if len(units) == 2:
            yield Change("wrong_index", "indices_exchanged", 1, reindex(form, {units[0]: units[1], units[1]: units[0]}))
    else:
        for index in elements(tensor, (), ()):
            at = {a: b for a, b in zip(tensor.axes, index, strict=True)}
            detail = "indices_exchanged" if index == line.index[::-1] else "other_element"
            yield Change("wrong_index", detail, 1, reindex(adjoint.right, at))
    if tensor.role in ("weight", "bias"):
        yield Change("other", "parameter_as_factor", 2, mul(Ref(tensor, line.index), form))
    if tensor.role == "bias":
        x = network.unit(tensor.layer - 1)
        for spot in spots(form, itself, axes, None, line, network):
            if isinstance(spot.node, Ref) and spot.node.tensor.role == "adjoint":
                for index in elements(x, (), network.sample_axes):
                    yield Change("other", "spurious_input", 1, spot.put(mul(Ref(x, index), spot.node)))
        if network.regulariser:
            penalty = mul(Tensor("lambda", (), "constant")(), Ref(tensor, line.index))
            yield Change("other", "spurious_penalty", 2, add(form, penalty))
    for other in derivation_of(network).backward:
        layer = other.of.layer
        if layer != tensor.layer and other.of.role in ("weight", "bias", tensor.role):
            for fitted in dict.fromkeys(_fitted(other.equation, axes)):
                yield Change("wrong_layer", "other_gradient", 3, fitted)


def _fitted(equation: Equation, axes: tuple[Axis, ...]) -> Iterator[Expr]:
    """The right side in these axes: each of its own taken for itself, the others in order; and all in order."""
    own = equation.target.axes
    if len(own) == len(axes):
        yield reindex(equation.right, {a: b for a, b in zip(own, axes, strict=True) if a != b})
    left = [a for a in axes if a not in own]
    moved: dict[Axis, Index] = {}
    for axis in own:
        if axis not in axes:
            if not left:
                return
            moved[axis] = left.pop(0)
    yield reindex(equation.right, moved)
