"""Equations as rows, forward and backward, by elements and in matrices, with the steps that a level asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import sympy as sp

from symnet.algebra.expressions import (
    Axis,
    Deriv,
    Equation,
    Expr,
    Index,
    Ref,
    Sum,
    Tensor,
    inline,
    reindex,
    transform,
)
from symnet.algebra.scalars import differentiate, from_sympy
from symnet.algebra.simplify import Step, pending
from symnet.derive.calculus import relevant
from symnet.derive.chain import local_derivative
from symnet.derive.derivation import Derivation
from symnet.derive.reverse import Adjoint
from symnet.derive.scalar import elements
from symnet.errors import unknown
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.notation.notation import Notation, notation
from symnet.render.definitions import activation_definition, activation_slope
from symnet.render.display import Call, Name, Node, Relation, Row, Words
from symnet.render.display import Partial as Slope
from symnet.render.formula import formula, function_name, number, unrolled
from symnet.render.matrix import NoMatrixForm, matrix_formula, orientation
from symnet.render.messages import CONDITIONS, REASONS
from symnet.render.reasons import KEY_RULES, TIDYING, Reason, reason_for

LEVELS = ("final", "chain", "factors", "full")
VIEWS = ("scalar", "index", "matrix")


def names_for(network: Network, given: str | Notation | None) -> Names:
    """The names of a network in the notation asked for, or in its own."""
    return Names(network, notation(network.notation if given is None else given))


def check_choice(view: str, level: str) -> None:
    """Refuse an unknown view or level with a SymnetError."""
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
    return Row(shown, "=", formula(right, names), REASONS.get(reason, ""), shape_of(left.tensor))


def shape_of(tensor: Tensor) -> str:
    """The lengths of a tensor's axes."""
    return " × ".join(_length(a) for a in tensor.axes) or "1"


def shape_in(tensor: Tensor, names: Names) -> str:
    """The shape of a tensor as a matrix, lying as the notation lays it."""
    return " × ".join(map(_length, orientation(tensor, names)))


def _length(axis: Axis | None) -> str:
    """How many an axis has, in prose: 3, n, n₁."""
    size = "1" if axis is None else str(axis.size)
    return re.sub(r"_(\d+)$", lambda m: "".join("₀₁₂₃₄₅₆₇₈₉"[int(d)] for d in m[1]), size)


def activation_rows(net: Network, names: Names) -> list[Row]:
    """f(x) and f′(x) of every activation that is not linear; tanh needs no definition, it is a name of its own."""
    rows = []
    for f in {layer.function.name: layer.function for layer in net.layers}.values():
        if not f.is_linear and not f.normalised:
            rows.append(activation_definition(f, names.notation, lecture=False))
            rows.append(activation_slope(f, names.notation))
    return [row for row in rows if row.left != row.right]


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


def adjoint_rows(
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
        shape = shape_of(adjoint.of) if k == len(steps) - 1 else ""
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
        kept |= {k for k, s in enumerate(steps) if k > complete and KEY_RULES & set(s.rules)}
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


def matrix_row(net: Network, equation: Equation, names: Names, reason: str = "") -> Row:
    """An equation in matrices; by elements, and saying so, where no matrix form exists."""
    target = equation.target
    left = names.cost() if target == COST else names.whole(target)
    try:
        right = _softmax(net, equation, names) or matrix_formula(equation.right, orientation(target, names), names)
    except NoMatrixForm:
        left = names.cost() if target == COST else names.element(target, target.axes)
        return Row(left, "=", formula(equation.right, names), REASONS["no_matrix_form"], shape_of(target))
    if isinstance(left, Name) and target.role == "adjoint" and target.of is not None:
        left = Relation((left, Slope(Name(names.notation.cost), (names.whole(target.of),))))
    return Row(left, "=", right, reason, shape_in(target, names) if target != COST else "1 × 1")


def _softmax(net: Network, equation: Equation, names: Names) -> Node | None:
    target = equation.target
    if target.role != "unit" or not net.layers[target.layer - 1].function.normalised:
        return None
    z = net.pre_activation(target.layer)
    return Call(Name(net.layers[target.layer - 1].function.letter, "upright"), (names.whole(z),))


def matrix_rows(adjoint: Adjoint, names: Names, level: str) -> list[Row]:
    """The adjoint equation in matrices; for the sum before an output activation also as it was before cancelling."""
    every = dict.fromkeys(r for s in adjoint.steps for r in s.rules)
    rules = tuple(r for r in every if r in ("chain_rule", *KEY_RULES)) or tuple(r for r in every if r not in TIDYING)
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
