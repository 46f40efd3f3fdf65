"""Reverse mode: the equations are walked once, last to first, and every quantity gets one adjoint equation.

∂C/∂t is, summed over every equation e that uses t, the adjoint of e times ∂e/∂t, summed over the axes that t lacks.
Nothing is expanded: the size of the result is proportional to the number of equations, whatever the axes' lengths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Deriv,
    Equation,
    Expr,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    bound,
    factors_of,
    fresh,
    inline,
    mul,
    refs,
    reindex,
    total,
)
from symnet.algebra.simplify import (
    TIDY,
    Rule,
    Step,
    by_name,
    cancel,
    common_factor,
    normalised_by_name,
    pending,
    positive_first,
    product_by_name,
    unit_sum,
    until_stable,
)
from symnet.derive.calculus import carry_out

GIVEN = frozenset({"input", "target", "constant"})
"""Roles that nothing is differentiated with respect to."""


@dataclass(frozen=True, slots=True)
class Adjoint:
    """∂C/∂(of): the equation that computes it, and the steps that lead to its right side, the last one being it."""

    equation: Equation
    steps: tuple[Step, ...]

    @property
    def of(self) -> Tensor:
        """The quantity that the cost is differentiated with respect to."""
        assert self.equation.target.of is not None
        return self.equation.target.of

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every side condition that a step assumed."""
        return tuple(dict.fromkeys(c for step in self.steps for c in step.conditions))


def adjoint_of(tensor: Tensor) -> Tensor:
    """The tensor that is called ∂C/∂(tensor)."""
    return Tensor(f"dC/d{tensor.name}", tensor.axes, "adjoint", tensor.layer, tensor)


def reverse(equations: Sequence[Equation], target: Tensor) -> tuple[Adjoint, ...]:
    """The adjoints of everything that the last equation (the cost) depends on, in the order of computation.

    ``target`` is the tensor of desired outputs, for Σy = 1.
    """
    users = users_of(equations)
    made: dict[Tensor, Adjoint] = {}
    for equation in reversed(equations):
        for tensor in dict.fromkeys(ref.tensor for ref in refs(equation.right)):
            if tensor.role in GIVEN or tensor in made or users[tensor][0] is not equation:
                continue  # everything that uses it comes later, so its adjoint is complete at its first user
            made[tensor] = _adjoint(tensor, users[tensor], made, equations, target)
    return tuple(made.values())


def users_of(equations: Sequence[Equation]) -> dict[Tensor, list[Equation]]:
    """For every tensor the equations whose right sides use it, in order."""
    users: dict[Tensor, list[Equation]] = {}
    for equation in equations:
        for tensor in dict.fromkeys(ref.tensor for ref in refs(equation.right)):
            users.setdefault(tensor, []).append(equation)
    return users


def _adjoint(
    tensor: Tensor,
    users: Sequence[Equation],
    made: Mapping[Tensor, Adjoint],
    equations: Sequence[Equation],
    target: Tensor,
) -> Adjoint:
    cost = equations[-1]
    chains: list[Expr] = []
    parts: list[list[Step]] = []
    for user in users:
        uses = refs(user.right, tensor)
        if user.target != cost.target:
            chains.append(_chain(user, tensor))
        for use in uses:
            parts.append([_placed(user, use, step, cost) for step in carry_out(user.right, use)])
            if user.target == cost.target:
                chains.append(parts[-1][0].expr)
    steps = [Step(add(*chains), _chain_rule(users, cost))]
    for k in range(1, max(map(len, parts))):
        current = [part[min(k, len(part) - 1)] for part in parts]
        rules = dict.fromkeys(r for part in parts if k < len(part) for r in part[k].rules)
        conditions = dict.fromkeys(c for part in parts if k < len(part) for c in part[k].conditions)
        steps.append(Step(add(*(step.expr for step in current)), tuple(rules), tuple(conditions)))
    steps += _simplified(steps[-1].expr, tensor, users, made, equations, target)
    if tensor.role in ("weight", "bias"):
        ordered = inputs_first(steps[-1].expr)
        if ordered != steps[-1].expr:
            steps.append(Step(ordered, ("order",)))
    return Adjoint(Equation(adjoint_of(tensor), steps[-1].expr), tuple(steps))


def _chain_rule(users: Sequence[Equation], cost: Equation) -> tuple[str, ...]:
    if all(user.target == cost.target for user in users):
        return ("definition",)
    return ("chain_rule",) if len(users) == 1 else ("chain_rule", "sum")


def _lacking(user: Equation, use: Ref) -> tuple[Axis, ...]:
    return tuple(a for a in user.target.axes if a not in use.index)


def _chain(user: Equation, tensor: Tensor) -> Expr:
    """Σ ∂C/∂e · ∂e/∂t, over every axis of e in which t can move it."""
    uses = refs(user.right, tensor)
    moved = [a for a in user.target.axes if any(a not in use.index for use in uses)]
    renamed = {a: fresh(a, set(tensor.axes)) if a in tensor.axes else a for a in moved}
    left = Ref(user.target, tuple(renamed.get(a, a) for a in user.target.axes))
    return total(tuple(renamed.values()), mul(Ref(adjoint_of(user.target), left.index), Deriv(left, tensor())))


def _placed(user: Equation, use: Ref, step: Step, cost: Equation) -> Step:
    """The adjoint of the user times a local derivative, summed over what the use lacks, in the tensor's own axes."""
    expr = step.expr
    if user.target == cost.target:
        if not pending(expr):
            expr = _home(expr, use)
        return Step(expr, step.rules, step.conditions)
    expr = mul(adjoint_of(user.target)(), expr)
    lacking = _lacking(user, use)
    taken = set(expr.axes) | bound(expr) | set(use.tensor.axes)
    renamed = {a: fresh(a, taken) for a in lacking if a in use.tensor.axes}
    expr = total(tuple(renamed.get(a, a) for a in lacking), reindex(expr, renamed))
    return Step(_home(expr, use), step.rules, step.conditions)


def _home(expr: Expr, use: Ref) -> Expr:
    moved = {a: b for a, b in zip(use.index, use.tensor.axes, strict=True) if a != b and isinstance(a, Axis)}
    return reindex(expr, moved)


def _simplified(
    expr: Expr,
    tensor: Tensor,
    users: Sequence[Equation],
    made: Mapping[Tensor, Adjoint],
    equations: Sequence[Equation],
    target: Tensor,
) -> list[Step]:
    definitions = [eq for eq in users if eq is not equations[-1]]
    rules: list[tuple[str, Rule]] = [("by_name", by_name(definitions))]
    softmax = [eq for eq in definitions if any(isinstance(f, Pow) for f in factors_of(eq.right))]
    rules += [("softmax_by_name", normalised_by_name(eq)) for eq in softmax]
    if isinstance(equations[-1].right, Apply) or any(isinstance(f, Apply) for f in factors_of(equations[-1].right)):
        rules.append(("cost_by_name", product_by_name(equations[-1])))
    steps = until_stable(expr, (*rules, *TIDY, *((("common_factor", common_factor),) if softmax else ())))
    if steps:
        expr = steps[-1].expr
    upstream = _upstream(definitions, made, equations)
    if upstream is not None:
        first = Step(inline(expr, upstream), ("substitute",))
        rest: list[tuple[str, Rule]] = list(TIDY)
        if softmax:
            rest.append(("unit_sum", unit_sum(target)))
        rest += [("cancel", cancel), ("signs", positive_first)]
        more = until_stable(first.expr, rest, {"unit_sum": "unit_sum"})
        if first.expr != expr:
            steps += [first, *more]
    return steps


def _upstream(
    definitions: Sequence[Equation], made: Mapping[Tensor, Adjoint], equations: Sequence[Equation]
) -> Equation | None:
    """The adjoint of the prediction, when what is being derived is the sum that the prediction is made from."""
    if len(definitions) != 1:
        return None
    (user,) = definitions
    if equations[-2] is not user or user.target.role != "unit":
        return None
    return made[user.target].equation


def inputs_first(expr: Expr) -> Expr:
    """In a weight's gradient, the input that the weight multiplies is written first: Σ x·(ŷ − y)."""
    match expr:
        case Add(terms=terms):
            return add(*(inputs_first(t) for t in terms))
        case Sum(axis=axis, body=body):
            return Sum(axis, inputs_first(body))
        case Mul(factors=factors):
            if isinstance(factors[-1], Sum):
                return mul(*factors[:-1], inputs_first(factors[-1]))
            last = factors[-1]
            if isinstance(last, Ref) and last.tensor.role in ("input", "unit", "pre"):
                numbers = [f for f in factors if _is_number(f)]
                return mul(*numbers, last, *(f for f in factors[:-1] if f not in numbers))
    return expr


def _is_number(expr: Expr) -> bool:
    base = expr.base if isinstance(expr, Pow) else expr
    return isinstance(base, Const | Size) or (isinstance(base, Ref) and base.tensor.role == "constant")
