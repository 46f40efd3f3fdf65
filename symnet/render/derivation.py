"""A derivation as sections of rows, in each of the three views, and printed in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp

from symnet.algebra.expressions import (
    Axis,
    Const,
    Deriv,
    Equation,
    Expr,
    Index,
    Mul,
    Ref,
    Sum,
    Tensor,
    inline,
    reindex,
    replace,
    transform,
    walk,
)
from symnet.algebra.scalars import differentiate, from_sympy, in_terms_of_itself
from symnet.algebra.simplify import TIDY, Step, pending, until_stable
from symnet.derive.calculus import carry_out, relevant
from symnet.derive.chain import Factor, local_derivative
from symnet.derive.derivation import Derivation, Partial, Second
from symnet.derive.reverse import Adjoint, inputs_first
from symnet.derive.scalar import elements
from symnet.errors import unknown
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.notation.notation import Notation, notation
from symnet.render.definitions import activation_definition, activation_slope, polynomial
from symnet.render.display import Call, Name, Node, Product, Relation, Row, Words
from symnet.render.display import Partial as Slope
from symnet.render.document import Block, Formulas, Heading, write
from symnet.render.formula import derivative, formula, function_name, number, unrolled
from symnet.render.latex import latex
from symnet.render.matrix import NoMatrixForm, matrix_formula, orientation
from symnet.render.messages import CONDITIONS, HEADINGS, REASONS

View = Literal["scalar", "index", "matrix"]
LONGEST_CHAIN = {"scalar": 2, "index": 12}
"""Over more layers than this a gradient is shown by the adjoint of its own layer, not by the chain from the cost.

Written out in scalars a chain has a term for every path through the network.
"""

VIEWS = ("scalar", "index", "matrix")
LEVELS = ("final", "chain", "factors", "full")

_TIDYING = frozenset(
    {
        "numbers",
        "exponents",
        "powers",
        "like_terms",
        "signs",
        "order",
        "one_term",
        "definition",
        "constant_factor",
        "identity",
        "sum",
    }
)
Reason = tuple[str | Node, ...]

_KEY_RULES = {
    "by_name",
    "softmax_by_name",
    "cost_by_name",
    "substitute",
    "unit_sum",
    "cancel",
    "common_factor",
}


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together, under a heading."""

    title: str
    rows: tuple[Row, ...]


def names_for(network: Network, given: str | Notation | None) -> Names:
    """The names of a network in the notation asked for, or in its own."""
    return Names(network, notation(network.notation if given is None else given))


# -- the whole derivation ------------------------------------------------------------------------------------------


def sections(derivation: Derivation, view: str, names: Names, level: str) -> list[Section]:
    """The derivation from the forward equations to the last gradient.

    Raises SymnetError for an unknown view or level, and for a scalar view of too many weights.
    """
    _check(view, level)
    net = derivation.network
    if view != "scalar":
        names = Names(net, names.notation.with_(cost_arguments=False))
    forward = [eq for eq in net.equations if eq.target != COST]
    cost = net.equations[-1]
    if view == "scalar":
        derivation.scalars  # noqa: B018  refuses what is too large
    out = [
        Section("forward", tuple(r for eq in forward for r in equation_rows(net, eq, view, names))),
        Section("cost", tuple(equation_rows(net, cost, view, names))),
    ]
    slopes = activation_rows(net, names)
    if slopes and level != "final":
        out.append(Section("derivatives", tuple(slopes)))
    rows: list[Row] = []
    for adjoint in derivation.backward:
        if view == "matrix":
            rows += _matrix_rows(adjoint, names, level)
        elif view == "index":
            rows += _adjoint_rows(derivation, adjoint, {}, names, level)
        else:
            for index in elements(adjoint.of, skip_samples=True):
                axes = [a for a in adjoint.of.axes if a.name != "s"]
                rows += _adjoint_rows(derivation, adjoint, dict(zip(axes, index, strict=True)), names, level)
    out.append(Section("backward", tuple(rows)))
    conditions = tuple(dict.fromkeys(c for adjoint in derivation.backward for c in adjoint.conditions))
    if conditions:
        out.append(Section("conditions", tuple(condition_row(net, c, names) for c in conditions)))
    return out


def _check(view: str, level: str) -> None:
    if view not in VIEWS:
        raise unknown("view", view, VIEWS)
    if level not in LEVELS:
        raise unknown("level of steps", level, LEVELS)


def equation_rows(net: Network, equation: Equation, view: str, names: Names) -> list[Row]:
    """A forward equation (or the cost) as rows: one, or in the scalar view one for every unit."""
    reason = equation.target.role
    if view == "matrix":
        return [matrix_row(net, equation, names, REASONS.get(reason, ""))]
    if view == "index":
        return [_forward_row(equation.left, equation.right, names, reason)]
    out = []
    for index in elements(equation.target, skip_samples=True):
        axes = [a for a in equation.target.axes if a.name != "s"]
        at: dict[Axis, Index] = dict(zip(axes, index, strict=True))
        left = reindex(equation.left, at)
        assert isinstance(left, Ref)
        row = _forward_row(left, unrolled(reindex(equation.right, at), names), names, reason)
        if equation.target == COST and (explicit := explicit_cost(net, names)) is not None:
            row = Row(row.left, "=", Relation((row.right, explicit)), row.reason, row.shape)
        out.append(row)
    return out


def explicit_cost(net: Network, names: Names) -> Node | None:
    """For one linear layer: the cost with the prediction written out."""
    if net.depth > 1 or not net.layers[0].function.is_linear:
        return None
    return formula(unrolled(inline(net.equations[-1].right, net.equations[0]), names), names)


def _forward_row(left: Ref, right: Expr, names: Names, reason: str) -> Row:
    shown = names.cost() if left.tensor == COST else names.element(left.tensor, left.index)
    return Row(shown, "=", formula(right, names), REASONS.get(reason, ""), _shape(left.tensor, names))


def _shape(tensor: Tensor, names: Names) -> str:
    return " × ".join(str(a.size) for a in tensor.axes) or "1"


def activation_rows(net: Network, names: Names) -> list[Row]:
    """f(x) and f′(x) of every activation that is not linear."""
    rows = []
    for f in {layer.function.name: layer.function for layer in net.layers}.values():
        if not f.is_linear and not f.normalised:
            rows.append(activation_definition(f, names.notation, lecture=False))
            rows.append(activation_slope(f, names.notation))
    return rows


def condition_row(net: Network, condition: str, names: Names) -> Row:
    """A side condition in mathematics, and why it is needed."""
    if condition == "unit_sum":
        unit = net.unit_axes[-1][0]
        return Row(formula(Sum(unit, net.y()), names), "=", number(sp.S.One), CONDITIONS["unit_sum"])
    kind, _, name = condition.partition(":")
    for layer in net.layers:
        if layer.function.name == name:
            slope = differentiate(layer.function.function)
            at_zero = slope.expr.subs(slope.parameters[0], 0)
            constants = {s: Tensor(s.name, (), "constant")() for s in slope.parameters[1:]}
            left = Call(function_name(slope, names), (number(sp.S.Zero),))
            return Row(left, ":=", formula(from_sympy(at_zero, constants), names), CONDITIONS[kind])
    return Row(names.cost(False), ":", Words(CONDITIONS[kind]))


# -- one adjoint -----------------------------------------------------------------------------------------------------


def _adjoint_rows(
    derivation: Derivation, adjoint: Adjoint, at: Mapping[Axis, Index], names: Names, level: str
) -> list[Row]:
    """∂C/∂t by elements, with the steps that the level asks for."""
    steps = _selected(adjoint.steps, level)
    left = reindex(adjoint.equation.left, at)
    assert isinstance(left, Ref)
    shown_left = names.element(left.tensor, left.index)
    if isinstance(shown_left, Name) and level != "final":
        shown_left = Relation((shown_left, names.derivative(names.element(adjoint.of, left.index))))
    rows: list[Row] = []
    for k, step in enumerate(steps):
        expr = reindex(step.expr, at)
        right = formula(_written_small(unrolled(expr, names)) if at else expr, names)
        if rows and right == rows[-1].right:
            continue
        reason = _reason(derivation, adjoint, step, steps[k - 1] if k else None, at, names)
        shape = _shape(adjoint.of, names) if k == len(steps) - 1 else ""
        rows.append(Row(None if rows else shown_left, "=", right, reason, shape))
    return rows


def _written_small(expr: Expr) -> Expr:
    """Pending derivatives of sums that were written out lose the terms that do not matter."""

    def rule(node: Expr) -> Expr | None:
        return Deriv(relevant(node.body, node.wrt), node.wrt) if isinstance(node, Deriv) else None

    return transform(expr, rule)


def _selected(steps: Sequence[Step], level: str) -> list[Step]:
    """The steps to show; a step that is shown carries the rules of those that were passed over before it."""
    complete = next((k for k, s in enumerate(steps) if not pending(s.expr)), len(steps) - 1)
    last = len(steps) - 1
    if level == "final":
        kept = {last}
    elif level == "chain":
        kept = {0}
    elif level == "full":
        kept = set(range(len(steps)))
    else:
        only_order = last == complete + 1 and steps[last].rules == ("order",)
        kept = {0, last if only_order else complete, last}
        kept |= {k for k, s in enumerate(steps) if k > complete and _KEY_RULES & set(s.rules)}
    out: list[Step] = []
    rules: dict[str, None] = {}
    for k, step in enumerate(steps):
        rules |= dict.fromkeys(step.rules)
        if k in kept:
            out.append(Step(step.expr, tuple(rules), step.conditions))
            rules = {}
    return out


def _reason(
    derivation: Derivation,
    adjoint: Adjoint,
    step: Step,
    before: Step | None,
    at: Mapping[Axis, Index],
    names: Names,
) -> Reason:
    if before is not None and pending(before.expr) and not pending(step.expr):
        local = _local_reason(derivation, adjoint, at, names)
        if local is not None:
            return (local,)
    return reason_for(step, before, names, adjoint.of.layer)


def reason_for(step: Step, before: Step | None, names: Names, layer: int = 0) -> Reason:
    """The words for the rules of a step; what is mere tidying is named only where nothing else happened."""
    if before is not None and "numbers" in step.rules and (cancelled := _cancelled(before.expr)):
        return ("cancel ", Product(tuple(number(c) for c in cancelled), "·"))
    rules = [r for r in step.rules if r not in _TIDYING] or list(step.rules)
    said: dict[str | Node, None] = {}
    for rule in rules:
        if rule == "by_name" and (named := _slope_by_name(names, layer)) is not None:
            said[named] = None
        elif rule == "substitute_forward":
            said["substitute "] = None
            said[names.element(names.network.prediction, names.network.prediction.axes)] = None
            return tuple(said)
        else:
            said[REASONS[rule]] = None
    out: list[str | Node] = []
    for part in said:
        out += [", ", part] if out else [part]
    return tuple(out)


def _slope_by_name(names: Names, layer: int) -> Node | None:
    """σ′ = σ(1 − σ), for the activation of a layer."""
    if not layer:
        return None
    f = names.network.layers[layer - 1].function
    coefficients = in_terms_of_itself(f.function)
    if coefficients is None:
        return None
    value = function_name(f.function, names)
    return Relation((function_name(differentiate(f.function), names), polynomial(coefficients, value)))


def _cancelled(expr: Expr) -> list[sp.Expr]:
    for node in walk(expr):
        if isinstance(node, Mul):
            numbers = [f.value for f in node.factors if isinstance(f, Const)]
            if len(numbers) > 1 and sp.Mul(*numbers) == 1:
                return numbers
    return []


def _local_reason(derivation: Derivation, adjoint: Adjoint, at: Mapping[Axis, Index], names: Names) -> Node | None:
    """∂k/∂w = x, where the quantity is used once."""
    found = local_derivative(adjoint.of, derivation.users[adjoint.of])
    if found is None:
        return None
    slope, steps = found
    step = next(s for s in steps if not pending(s.expr))
    node, value = reindex(slope, at), reindex(step.expr, at)
    if at and any(a.name != "s" for a in node.axes):
        return None
    if at:
        value = unrolled(value, names)
    return Relation((formula(node, names), formula(value, names)))


# -- the matrix view -------------------------------------------------------------------------------------------------


def matrix_row(net: Network, equation: Equation, names: Names, reason: str = "") -> Row:
    """An equation in matrices; by elements, and saying so, where no matrix form exists."""
    target = equation.target
    left = names.cost() if target == COST else names.whole(target)
    try:
        right = _softmax(net, equation, names) or matrix_formula(equation.right, orientation(target, names), names)
    except NoMatrixForm:
        left = names.cost() if target == COST else names.element(target, target.axes)
        return Row(left, "=", formula(equation.right, names), REASONS["no_matrix_form"], _shape(target, names))
    if isinstance(left, Name) and target.role == "adjoint" and target.of is not None:
        left = Relation((left, Slope(Name(names.notation.cost), (names.whole(target.of),))))
    sides = orientation(target, names) if target != COST else (None, None)
    return Row(left, "=", right, reason, " × ".join(str(s.size) if s else "1" for s in sides))


def _softmax(net: Network, equation: Equation, names: Names) -> Node | None:
    target = equation.target
    if target.role != "unit" or not net.layers[target.layer - 1].function.normalised:
        return None
    z = net.pre_activation(target.layer)
    return Call(Name(net.layers[target.layer - 1].function.letter, "upright"), (names.whole(z),))


def _matrix_rows(adjoint: Adjoint, names: Names, level: str) -> list[Row]:
    """The adjoint equation in matrices; for the sum before an output activation also as it was before cancelling."""
    every = dict.fromkeys(r for s in adjoint.steps for r in s.rules)
    rules = tuple(r for r in every if r in ("chain_rule", *_KEY_RULES)) or tuple(r for r in every if r not in _TIDYING)
    layer = adjoint.of.layer
    reason = reason_for(Step(adjoint.equation.right, rules), None, names, layer) if rules else ()
    steps = [adjoint.steps[-1]]
    if level != "final":
        first = [s for s in adjoint.steps if not pending(s.expr)]
        middle = [s for k, s in enumerate(first) if k + 1 < len(first) and "substitute" in first[k + 1].rules]
        steps = middle[:1] + steps
    made = [matrix_row(names.network, Equation(adjoint.equation.target, s.expr), names) for s in steps]
    if any(row.reason for row in made) and not made[0].reason:
        steps, made = steps[:1], made[:1]  # elements never continue a line that began with matrices
    rows: list[Row] = []
    for k, (step, row) in enumerate(zip(steps, made, strict=True)):
        words: Reason = reason
        if len(made) > 1:
            early = tuple(r for r in rules if (r in ("chain_rule", "by_name", "softmax_by_name")) == (k == 0))
            words = reason_for(Step(step.expr, early), None, names, layer)
        if row.reason:
            words = (*words, "; " if words else "", REASONS["no_matrix_form"])
        shape = row.shape if k == len(made) - 1 else ""
        rows.append(Row(row.left if not rows else None, "=", row.right, words, shape))
    return rows


# -- one partial derivative ------------------------------------------------------------------------------------------


def partial_rows(partial: Partial, view: str, names: Names, level: str) -> list[Row]:
    """∂C/∂w with its chain, its factors one by one, the substitution and the result."""
    _check(view, level)
    derivation = partial.derivation
    adjoint = derivation.adjoints[partial.tensor]
    if view == "matrix":
        rows: list[Row] = []
        for a in derivation.backward:
            if a is adjoint or (
                level == "full" and a.of.role not in ("weight", "bias") and a.of.layer >= partial.tensor.layer
            ):
                rows += _matrix_rows(a, names, level)
            if a is adjoint:
                break
        return rows
    at: dict[Axis, Index] = {}
    if view == "scalar":
        partial.symbol  # noqa: B018  refuses a whole tensor, and what is too large
        at = dict(zip(partial.tensor.axes, partial.index or (), strict=True))
    elif partial.index:
        at = dict(zip(partial.tensor.axes, partial.index, strict=True))

    def place(expr: Expr) -> Expr:
        moved = reindex(expr, at)
        return unrolled(moved, names) if view == "scalar" else moved

    if derivation.network.depth - partial.tensor.layer > LONGEST_CHAIN[view]:
        return _adjoint_rows(derivation, adjoint, at, names, level)
    left = names.derivative(names.element(partial.tensor, tuple(at.get(a, a) for a in partial.tensor.axes)))
    chain = partial.chain
    whole = place(chain.whole.expr)
    rows = [Row(left, "=", formula(whole, names), (REASONS["chain_rule"],))]
    if level == "chain":
        return rows
    if level in ("full", "factors"):
        rows += _factor_rows(partial, whole, names, view)
    steps = [Step(place(s.expr), s.rules) for s in chain.steps]
    steps += _written_out(derivation, steps[-1].expr if steps else whole, names, view)
    if level == "final":
        last = steps[-1].expr if steps else whole
        return [Row(left, "=", formula(last, names))]
    shown = rows[0].right
    for k, step in enumerate(steps):
        right = formula(step.expr, names)
        if right == shown:
            continue
        before = steps[k - 1] if k else None
        rows.append(Row(left if shown == rows[0].right else None, "=", right, reason_for(step, before, names)))
        shown = right
    return rows


def _written_out(derivation: Derivation, expr: Expr, names: Names, view: str) -> list[Step]:
    """In the scalar view of one linear layer the prediction is written out, as lectures do."""
    net = derivation.network
    if view != "scalar" or net.depth > 1 or not net.layers[0].function.is_linear:
        return []
    steps = until_stable(expr, TIDY)
    last = unrolled(inline(steps[-1].expr if steps else expr, net.equations[0]), names)
    return [*steps, Step(last, ("substitute_forward",))] if last != expr else steps


def _factor_rows(partial: Partial, whole: Expr, names: Names, view: str) -> list[Row]:
    rows: list[Row] = []
    seen: set[Expr] = set()
    for node in walk(whole):
        is_adjoint = isinstance(node, Ref) and node.tensor.role == "adjoint"
        if node in seen or not (is_adjoint or isinstance(node, Deriv)):
            continue
        seen.add(node)
        for factor in partial.chain.factors:
            at = _match(factor.derivative, node)
            if at is None:
                continue
            value = reindex(factor.value, at)
            if view == "scalar":
                value = unrolled(value, names)
            rows.append(Row(formula(node, names), "=", formula(value, names), _factor_reason(factor, node, names)))
            break
    return rows


def _factor_reason(factor: Factor, node: Expr, names: Names) -> Reason:
    rules = tuple(dict.fromkeys(r for s in factor.steps for r in s.rules))
    cancelled = next((c for s in factor.steps if not pending(s.expr) and (c := _cancelled(s.expr))), [])
    if "substitute" in rules:
        rules = tuple(r for r in rules if r in ("unit_sum", "cancel")) or ("substitute",)
    elif "by_name" in rules:
        rules = ("by_name",)
    else:
        rules = tuple(r for r in rules if r not in _TIDYING) or ("linear",)
    layer = node.wrt.tensor.layer if isinstance(node, Deriv) else 0
    reason = reason_for(Step(node, rules), None, names, layer)
    return (*reason, "; cancel ", Product(tuple(map(number, cancelled)), "·")) if cancelled else reason


def _match(pattern: Expr, node: Expr) -> dict[Axis, Index] | None:
    """The indices that turn ``pattern`` (a derivative between running indices) into ``node``."""
    match pattern, node:
        case Ref(tensor=a, index=p), Ref(tensor=b, index=q) if a == b:
            return {x: y for x, y in zip(p, q, strict=True) if isinstance(x, Axis) and x != y}
        case Deriv(body=Ref() as body, wrt=wrt), Deriv(body=Ref() as other, wrt=other_wrt):
            first, second = _match(body, other), _match(wrt, other_wrt)
            return None if first is None or second is None else {**first, **second}
        case Deriv(), Deriv() if (at := _match(pattern.wrt, node.wrt)) is not None:
            return at if reindex(pattern, at) == node else None
    return None


def second_rows(second: Second, names: Names, level: str) -> list[Row]:
    """∂²C/∂v∂w: the first derivative written out in the parameters, differentiated once more."""
    derivation = second.derivation
    net = derivation.network
    derivation.scalars  # noqa: B018
    (tensor, index), (other, other_index) = second.first, second.second
    adjoints = derivation.adjoints
    expr: Expr = reindex(adjoints[tensor].equation.right, dict(zip(tensor.axes, index, strict=True)))
    for adjoint in reversed(derivation.backward):
        expr = inline(expr, adjoint.equation)
    for equation in reversed(net.equations[:-1]):
        expr = inline(expr, equation)
    expr = unrolled(expr, names)
    steps = [Step(expr, ())] + until_stable(expr, TIDY)
    expr = inputs_first(steps[-1].expr)
    named = _forward_names(net, names)
    wrt = Ref(other, other_index)
    left = Slope(names.cost(), (names.element(tensor, index), names.element(other, other_index)))
    done = carry_out(expr, wrt)
    done += until_stable(done[-1].expr, TIDY)
    rows = []
    if level != "final":
        rows.append(
            Row(
                left,
                "=",
                derivative(_rename(expr, named), wrt, names),
                (REASONS["definition"].split(" of")[0],),
            )
        )
    for step in done[-1:] if level == "final" else done[1:]:
        right = formula(_rename(step.expr, named), names)
        if not rows or right != rows[-1].right:
            rows.append(Row(None if rows else left, "=", right, reason_for(step, None, names)))
    return rows


def _forward_names(net: Network, names: Names) -> dict[Expr, Expr]:
    """Every unit written out in the parameters, and its name; nothing for one linear layer, which stays written out."""
    if net.depth == 1 and net.layers[0].function.is_linear:
        return {}
    table: dict[Expr, Expr] = {}
    made: list[Equation] = []
    for equation in net.equations[:-1]:
        right = equation.right
        for earlier in reversed(made):
            right = inline(right, earlier)
        made.append(equation)
        axes = [a for a in equation.target.axes if a.name != "s"]
        for index in elements(equation.target, skip_samples=True):
            at: dict[Axis, Index] = dict(zip(axes, index, strict=True))
            table[unrolled(reindex(right, at), names)] = reindex(equation.left, at)
    return table


def _rename(expr: Expr, named: Mapping[Expr, Expr]) -> Expr:
    for written_out, name in named.items():
        expr = replace(expr, {written_out: name})
    return expr


# -- printing --------------------------------------------------------------------------------------------------------


def show(derivation: Derivation, language: str, view: str, given: Any, level: str, **options: Any) -> str:
    """The whole derivation in a language."""
    names = names_for(derivation.network, given)
    return printed(sections(derivation, view, names, level), language, **options)


def show_partial(partial: Partial, language: str, view: str, given: Any, level: str, **options: Any) -> str:
    """One partial derivative in a language; without steps a single line."""
    names = names_for(partial.derivation.network, given)
    return printed_rows(partial_rows(partial, view, names, level), language, **options)


def show_second(second: Second, language: str, given: Any, level: str, **options: Any) -> str:
    """One second derivative in a language."""
    names = names_for(second.derivation.network, given)
    return printed_rows(second_rows(second, names, level), language, **options)


def printed(parts: Sequence[Section], language: str, **options: Any) -> str:
    """Sections with headings."""
    blocks: list[Block] = []
    for section in parts:
        if section.rows:
            blocks += [Heading(HEADINGS[section.title]), Formulas(section.rows)]
    return write(blocks, language, **options)


def printed_rows(rows: Sequence[Row], language: str, **options: Any) -> str:
    """Rows in a language; a single row without a reason is printed in LaTeX as a plain formula."""
    if len(rows) == 1 and language == "latex" and not options and rows[0].left is not None:
        return latex(Relation((rows[0].left, rows[0].right)))
    return write([Formulas(tuple(rows))], language, **options).rstrip("\n")
