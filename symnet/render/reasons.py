"""The words beside a row: which rules led to it, with the mathematics that says so best."""

from __future__ import annotations

import sympy as sp

from symnet.algebra.expressions import Const, Expr, Mul, walk
from symnet.algebra.scalars import differentiate, in_terms_of_itself
from symnet.algebra.simplify import Step
from symnet.notation.names import Names
from symnet.render.definitions import polynomial
from symnet.render.display import Node, Product, Relation
from symnet.render.formula import FUNCTION_WORDS, function_name, number
from symnet.render.messages import REASONS

TIDYING = frozenset(
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
"""Rules that only tidy up: they are named where nothing else happened."""

Reason = tuple[str | Node, ...]
"""Words, with mathematics between."""

KEY_RULES = {
    "by_name",
    "softmax_by_name",
    "cost_by_name",
    "substitute",
    "unit_sum",
    "cancel",
    "common_factor",
}
"""Rules whose step is worth a row of its own where not every step is shown."""


def reason_for(step: Step, before: Step | None, names: Names, layer: int = 0) -> Reason:
    """The words for the rules of a step; what is mere tidying is named only where nothing else happened."""
    if before is not None and "numbers" in step.rules and (found := cancelled(before.expr)):
        return ("cancel ", Product(tuple(number(c) for c in found), "·"))
    rules = [r for r in step.rules if r not in TIDYING] or list(step.rules)
    said: dict[str | Node, None] = {}
    for rule in rules:
        if rule == "by_name" and (named := _slope_by_name(names, layer)) is not None:
            said[named] = None
        elif rule == "substitute_forward":
            said["substitute "] = None
            said[names.element(names.network.prediction, names.network.prediction.axes)] = None
            return tuple(said)
        else:
            said[said_of(rule)] = None
    out: list[str | Node] = []
    for part in said:
        out += [", ", part] if out else [part]
    return tuple(out)


def said_of(rule: str) -> str:
    """The words for one rule; a rule may carry the name of its function (``function:log``)."""
    if rule in REASONS:
        return REASONS[rule]
    kind, _, name = rule.partition(":")
    return REASONS[kind].format(FUNCTION_WORDS.get(name, name))


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


def cancelled(expr: Expr) -> list[sp.Expr]:
    """The numbers of a product that cancel each other, such as ½ and 2; none where no product has such."""
    for node in walk(expr):
        if isinstance(node, Mul):
            numbers = [f.value for f in node.factors if isinstance(f, Const)]
            if sp.Mul(*numbers) == 1 and any(abs(n) != 1 for n in numbers):
                return numbers
    return []
