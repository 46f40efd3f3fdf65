"""Derivations with one rule broken: what an answer would be if one thing had gone wrong on the way to it.

A derivation is a list of lines: the forward equations, the adjoint equations, and last the line asked for.  An
alteration changes one node of one line and leaves the rest as it is, so every slip has a place.  Nothing here looks
at an answer.

Kinds are stable codes for teachers: factor, sign, swapped_y_yhat, wrong_normalisation, missing_sum,
missing_chain_factor, missing_activation_derivative, wrong_index, wrong_layer, transpose, other; ``detail`` says more.
``rank`` orders explanations by simplicity: 1 a named factor, term or sum of a line; 2 a symbol within it, or the
inside of a factor; 3 a line put in the place of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import sympy as sp

from symnet import activations, costs
from symnet.algebra.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    children,
    inline,
    mul,
    negative,
    power,
    rebuild,
    refs,
    reindex,
    replace,
    total,
    walk,
)
from symnet.algebra.scalars import differentiate, from_sympy, in_terms_of_itself
from symnet.algebra.simplify import pending
from symnet.derive.derivation import Derivation
from symnet.derive.reverse import adjoint_of
from symnet.network import COST, SAMPLES, Network

SMALL = 4
"""Up to how many elements the units of a layer are told apart one by one."""

Put = Callable[[Expr], Expr]


@dataclass(frozen=True, slots=True)
class Line:
    """One equation of a derivation in each form in which its right side is written; the first one keeps the chain.

    The last line of a derivation also says at which ``index`` of the tensor it is: running indices or numbers.
    """

    target: Tensor
    forms: tuple[Expr, ...]
    index: tuple[Index, ...] = ()

    @property
    def equation(self) -> Equation:
        """The line in its first form."""
        return Equation(self.target, self.forms[0])


@dataclass(frozen=True, slots=True)
class Change:
    """One node replaced: the kind of slip, what it is called in detail, its rank, and the new node."""

    kind: str
    detail: str
    rank: int
    new: Expr


@dataclass(frozen=True, slots=True)
class Alteration:
    """A line with one node changed; ``put`` sets any expression in the place of the node ``old``."""

    line: Line
    put: Put
    old: Expr
    change: Change

    @property
    def kind(self) -> str:
        """The stable kind code."""
        return self.change.kind

    @property
    def detail(self) -> str:
        """The finer kind."""
        return self.change.detail

    @property
    def rank(self) -> int:
        """How far-fetched it is: 1 is simplest."""
        return self.change.rank

    @property
    def right(self) -> Expr:
        """The line's right side as altered."""
        return self.put(self.change.new)


@dataclass(frozen=True, slots=True)
class Spot:
    """A node of a line: where it stands, and the indices that may be used there."""

    node: Expr
    put: Put
    scope: tuple[Index, ...]
    parent: Expr | None
    line: Line
    network: Network


@lru_cache(maxsize=64)
def derived(network: Network) -> Derivation:
    """The derivation of a network, kept."""
    return Derivation(network)


# -- the derivation as lines -----------------------------------------------------------------------------------------


def lines(network: Network, tensor: Tensor, index: tuple[Index, ...]) -> tuple[Line, ...]:
    """Forward and adjoint lines that ∂C/∂(tensor[index]) depends on, in the order of computation, it last."""
    derivation = derived(network)
    adjoint = derivation.adjoints[tensor]
    own = {a: b for a, b in zip(tensor.axes, index, strict=True) if a != b}
    axes = tuple(dict.fromkeys(i for i in index if isinstance(i, Axis)))
    forms = _forms(tuple(reindex(s.expr, own) for s in adjoint.steps))
    last = Line(Tensor(adjoint.equation.target.name, axes, "adjoint", tensor.layer, tensor), forms, index)
    before = [Line(eq.target, (eq.right,)) for eq in network.equations if eq.target != COST]
    before += [Line(a.equation.target, _forms(tuple(s.expr for s in a.steps))) for a in derivation.backward]
    needed: list[Line] = [last]
    wanted = {ref.tensor for form in forms for ref in refs(form)}
    for line in reversed(before):
        if line.target in wanted:
            needed.append(line)
            wanted |= {ref.tensor for form in line.forms for ref in refs(form)}
    return tuple(reversed(needed))


def _forms(steps: tuple[Expr, ...]) -> tuple[Expr, ...]:
    return tuple(dict.fromkeys(expr for expr in steps if not pending(expr)))


def written_out(altered: Alteration, derivation: tuple[Line, ...]) -> Expr:
    """The whole answer that the altered line leads to."""
    expr = altered.right if altered.line is derivation[-1] else derivation[-1].forms[0]
    after = derivation[derivation.index(altered.line) + 1 : -1] if altered.line is not derivation[-1] else ()
    changed, moved = {altered.line.target}, []
    for line in after:
        if any(ref.tensor in changed for ref in refs(line.forms[0])):
            changed.add(line.target)
            moved.append(line.equation)
    for equation in reversed(moved):
        expr = inline(expr, equation)
    return expr if altered.line is derivation[-1] else inline(expr, Equation(altered.line.target, altered.right))


# -- every alteration ------------------------------------------------------------------------------------------------


def alterations(network: Network, derivation: tuple[Line, ...]) -> Iterator[Alteration]:
    """Every derivation that differs from this one in one rule, simplest places first."""
    for line in reversed(derivation):
        whole: Put = _itself
        for form in line.forms:
            if line.target.role == "adjoint":
                scope = tuple(dict.fromkeys((*line.target.axes, *derivation[-1].index)))
                for spot in _spots(form, whole, scope, None, line, network):
                    for change in _changes(spot):
                        yield Alteration(line, spot.put, spot.node, change)
            changes = _forward(line, form, network) if line.target.role != "adjoint" else _of_line(line, form, network)
            yield from (Alteration(line, whole, form, change) for change in changes)
        if line is derivation[-1]:
            for change in _of_target(line, network):
                yield Alteration(line, whole, line.forms[0], change)


def _itself(expr: Expr) -> Expr:
    return expr


def _spots(
    expr: Expr, put: Put, scope: tuple[Index, ...], parent: Expr | None, line: Line, network: Network
) -> Iterator[Spot]:
    yield Spot(expr, put, scope, parent, line, network)
    inner = (*scope, expr.axis) if isinstance(expr, Sum) else scope
    parts = children(expr)
    for k, part in enumerate(parts):

        def put_part(new: Expr, k: int = k) -> Expr:
            return put(rebuild(expr, (*parts[:k], new, *parts[k + 1 :])))

        yield from _spots(part, put_part, inner, expr, line, network)


def _changes(spot: Spot) -> Iterator[Change]:
    match spot.parent:
        case Mul():
            yield from _factor(spot.node, spot.parent, spot)
        case Add():
            yield from _term(spot.node, spot)
    match spot.node:
        case Add():
            if _compares(spot.node, spot.network) and not _penalty(spot.node):
                yield Change("swapped_y_yhat", "swapped", 1, mul(MINUS_ONE, spot.node))
        case Mul(factors=factors) if any(_compares(f, spot.network) for f in factors):
            squared = (power(f, sp.Integer(2)) if _compares(f, spot.network) else f for f in factors)
            yield Change("other", "not_differentiated", 2, mul(*(f for f in squared if not isinstance(f, Const))))
        case Sum():
            yield from _sum(spot.node, spot)
        case Pow():
            yield from _power(spot.node)
        case Apply():
            yield from _function(spot.node, spot)
        case Ref():
            yield from _symbol(spot.node, spot)


def _factor(factor: Expr, product_: Mul, spot: Spot) -> Iterator[Change]:
    """A factor left out; a difference not differentiated."""
    yield Change(*_what_is_missing(factor, product_, spot), ONE)
    if _compares(factor, spot.network):
        yield Change("other", "not_differentiated", 2, power(factor, sp.Integer(2)))


def _what_is_missing(factor: Expr, within: Mul, spot: Spot) -> tuple[str, str, int]:
    match factor:
        case Const(value=value):
            return ("sign", "sign_missing", 1) if value == -1 else ("factor", "power_rule", 1)
        case Size() | Pow(base=Size()):
            return "wrong_normalisation", "normalisation_missing", 1
        case Apply(function=f) if f.opaque and f.primes:
            return "missing_activation_derivative", "activation_derivative_missing", 1
        case Ref(tensor=Tensor(role="constant")):
            return "other", "strength_missing", 1
        case Ref(tensor=Tensor(role="adjoint")):
            return "missing_chain_factor", "upstream_missing", 1
        case Ref() | Apply() if _penalty(within):
            return "other", "penalty_not_differentiated", 1
        case Ref(tensor=Tensor(role="weight")):
            return "missing_chain_factor", "weight_missing", 1
        case Add() if _compares(factor, spot.network):
            return "missing_chain_factor", "cost_derivative_missing", 1
        case Add() if _slope(factor, spot.network):
            whole = not any(isinstance(f, Ref) and f.tensor.role == "unit" for f in within.factors)
            detail = "activation_derivative_missing" if whole else "activation_derivative_incomplete"
            return "missing_activation_derivative", detail, 2 - whole
        case Ref() if any(_slope(f, spot.network) for f in within.factors):
            return "missing_activation_derivative", "activation_derivative_incomplete", 2
        case Ref() | Sum():
            return "missing_chain_factor", "input_missing", 1
    return "missing_chain_factor", "factor_missing", 2


def _compares(expr: Expr, network: Network) -> bool:
    """Whether this is a difference between the target and something else, such as ŷ − y."""
    if not isinstance(expr, Add):
        return False
    others = [t for t in expr.terms if not _only(t, network.y)]
    return 0 < len(others) < len(expr.terms) and all(refs(t) and not refs(t, network.y) for t in others)


def _slope(expr: Expr, network: Network) -> bool:
    """Whether this is the 1 − a of an activation's derivative in terms of itself."""
    used = {ref.tensor.role for ref in refs(expr)}
    return isinstance(expr, Add) and used == {"unit"} and any(isinstance(t, Const) for t in expr.terms)


def _penalty(expr: Expr) -> bool:
    return any(isinstance(n, Ref) and n.tensor.name == "lambda" for n in walk(expr))


def _term(term: Expr, spot: Spot) -> Iterator[Change]:
    """A term left out, with the other sign, or with a factor too many."""
    penalty, is_target = _penalty(term), _only(term, spot.network.y)
    missing = "regulariser_missing" if penalty else "target_missing" if is_target else "term_missing"
    if spot.parent is not None and _slope(spot.parent, spot.network):
        yield Change("missing_activation_derivative", "activation_derivative_incomplete", 2, ZERO)
    else:
        yield Change("other", missing, 1, ZERO)
    yield Change("sign", "sign_of_term", 1, mul(MINUS_ONE, term))
    for c in (sp.Integer(2), sp.Rational(1, 2)):
        yield Change("factor", "penalty_factor" if penalty else "factor_of_term", 1, mul(Const(c), term))
    if spot.network.sample_axes:
        for e in (sp.Integer(1), sp.Integer(-1)):
            scaled = mul(power(Size(SAMPLES), e), term)
            yield Change("wrong_normalisation", "normalisation_of_term", 1, scaled)
    if penalty:
        yield from _penalties(term)


def _only(expr: Expr, tensor: Tensor) -> bool:
    return bool(found := refs(expr)) and all(ref.tensor == tensor for ref in found)


def _penalties(term: Expr) -> Iterator[Change]:
    """The penalty's derivative with the sum kept, with the norm, or not differentiated at all."""
    for weight in (ref for ref in refs(term) if ref.tensor.role == "weight"):
        renamed = {a: Axis(a.name + "'", a.size) for a in weight.tensor.axes}
        each = Ref(weight.tensor, tuple(renamed.values()))
        axes = tuple(renamed.values())
        fixed: dict[Expr, Expr] = {weight: each}
        yield Change("other", "penalty_sum_kept", 1, total(axes, replace(term, fixed)))
        norm = power(total(axes, power(each, sp.Integer(2))), sp.Rational(1, 2))
        yield Change("other", "penalty_norm", 1, replace(term, {weight: norm}))
        yield Change("other", "penalty_not_differentiated", 2, replace(term, {weight: power(weight, sp.Integer(2))}))


def _sum(node: Sum, spot: Spot) -> Iterator[Change]:
    """Σ left out, reduced to the term of an index in use, or a product of sums for a sum of products."""
    yield Change("missing_sum", "sum_missing", 1, node.body)
    for index in spot.scope:
        if isinstance(index, Axis) and index.size == node.axis.size:
            yield Change("missing_sum", "one_term_of_sum", 1, reindex(node.body, {node.axis: index}))
    inside = [f for f in (node.body.factors if isinstance(node.body, Mul) else ()) if node.axis in f.axes]
    outside = [f for f in (node.body.factors if isinstance(node.body, Mul) else ()) if node.axis not in f.axes]
    for size in range(1, len(inside) // 2 + 1):
        for group in combinations(range(len(inside)), size):
            first = mul(*(inside[k] for k in group))
            second = mul(*(f for k, f in enumerate(inside) if k not in group))
            yield Change("other", "product_of_sums", 1, mul(*outside, Sum(node.axis, first), Sum(node.axis, second)))


def _power(node: Pow) -> Iterator[Change]:
    if not isinstance(node.base, Size):
        detail = "denominator_missing" if node.exponent.is_negative else "power_missing"
        yield Change("other", detail, 2, power(node.base, abs(node.exponent)) if node.exponent < 0 else node.base)


def _function(node: Apply, spot: Spot) -> Iterator[Change]:
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
    for index in _elements(below, spot.scope, z.index[: len(network.sample_axes)]):
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


def _elements(tensor: Tensor, scope: tuple[Index, ...], start: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """Indices for a tensor: those of the scope that fit its axes, else each number where there are few."""
    choices: list[list[Index]] = []
    for axis in tensor.axes[len(start) :]:
        fitting: list[Index] = [i for i in scope if isinstance(i, Axis) and i.size == axis.size]
        if not fitting and isinstance(axis.size, int) and axis.size <= SMALL:
            fitting = list(range(1, axis.size + 1))
        choices.append(fitting)
    yield from ((*start, *rest) for rest in product(*choices))


def _symbol(node: Ref, spot: Spot) -> Iterator[Change]:
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
        for at in [index] if index else _elements(own, (), ()):
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


# -- whole lines -----------------------------------------------------------------------------------------------------


def _forward(line: Line, form: Expr, network: Network) -> Iterator[Change]:
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


def _of_line(line: Line, form: Expr, network: Network) -> Iterator[Change]:
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
            other = costs.COSTS[name]
            element = sp.diff(other.element.doit(), costs.yhat) * other.factor.subs(costs.n, 1)
            yield Change("other", "other_cost", 3, mul(scale, from_sympy(sp.simplify(element), names)))
    if form is line.forms[0] and any(isinstance(t, Ref) and t.tensor == network.y for t in walk(form)):
        exchanged: dict[Expr, Expr] = {ref: Ref(network.prediction, ref.index) for ref in refs(form, network.y)}
        exchanged |= {ref: Ref(network.y, ref.index) for ref in refs(form, network.prediction)}
        yield Change("swapped_y_yhat", "swapped", 1, replace(form, exchanged))


def refs_size(expr: Expr) -> bool:
    """Whether the number of samples occurs."""
    return any(isinstance(n, Size) for n in walk(expr))


def _of_target(line: Line, network: Network) -> Iterator[Change]:
    """Another element, another parameter's gradient, indices exchanged, a sum too many, the parameter as a factor."""
    tensor, form = line.target.of, line.forms[0]
    assert tensor is not None
    adjoint = derived(network).adjoints[tensor].equation
    axes = line.target.axes
    for axis in axes:
        yield Change("other", "spurious_sum", 1, Sum(axis, form))
    if len(axes) == len(tensor.axes):
        units = [a for a in axes if a != SAMPLES]
        if len(units) == 2:
            yield Change("wrong_index", "indices_exchanged", 1, reindex(form, {units[0]: units[1], units[1]: units[0]}))
    else:
        for index in _elements(tensor, (), ()):
            at = {a: b for a, b in zip(tensor.axes, index, strict=True)}
            detail = "indices_exchanged" if index == line.index[::-1] else "other_element"
            yield Change("wrong_index", detail, 1, reindex(adjoint.right, at))
    if tensor.role in ("weight", "bias"):
        yield Change("other", "parameter_as_factor", 2, mul(Ref(tensor, line.index), form))
    if tensor.role == "bias":
        x = network.unit(tensor.layer - 1)
        for spot in _spots(form, _itself, axes, None, line, network):
            if isinstance(spot.node, Ref) and spot.node.tensor.role == "adjoint":
                for index in _elements(x, (), network.sample_axes):
                    yield Change("other", "spurious_input", 1, spot.put(mul(Ref(x, index), spot.node)))
        if network.regulariser:
            penalty = mul(Tensor("lambda", (), "constant")(), Ref(tensor, line.index))
            yield Change("other", "spurious_penalty", 2, add(form, penalty))
    for other in derived(network).backward:
        layer = other.of.layer
        if layer != tensor.layer and other.of.role in ("weight", "bias", tensor.role):
            fitted = _fitted(other.equation, axes)
            if fitted is not None:
                yield Change("wrong_layer", "other_gradient", 3, fitted)


def _fitted(equation: Equation, axes: tuple[Axis, ...]) -> Expr | None:
    """The right side in these axes, each of its own taken for itself or, in order, for one that is left over."""
    own = equation.target.axes
    left = [a for a in axes if a not in own]
    moved: dict[Axis, Index] = {}
    for axis in own:
        if axis not in axes:
            if not left:
                return None
            moved[axis] = left.pop(0)
    return reindex(equation.right, moved)
