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

from collections.abc import Callable, Collection, Iterator

import sympy as sp

from symnet.algebra.expressions import (
    MINUS_ONE,
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
    Sum,
    Tensor,
    inline,
    mul,
    power,
    refs,
    reindex,
)
from symnet.algebra.simplify import pending
from symnet.check.explain.change import (
    Alteration,
    Change,
    Line,
    Put,
    Spot,
    compares,
    is_penalty,
    itself,
    spots,
)
from symnet.check.explain.factors import factor_changes, power_changes, sum_changes, term_changes
from symnet.check.explain.quantities import exchanged_layers, function_changes, symbol_changes
from symnet.check.explain.whole import forward_changes, line_changes, target_changes
from symnet.check.kept import derivation as derivation_of
from symnet.network import COST, Network


def lines(
    network: Network, tensor: Tensor, index: tuple[Index, ...], free: Collection[Tensor] = ()
) -> tuple[Line, ...]:
    """Forward and adjoint lines that ∂C/∂(tensor[index]) depends on, in the order of computation, it last.

    What leads to the quantities in ``free`` is left out, and they with it.
    """
    derivation = derivation_of(network)
    adjoint = derivation.adjoints[tensor]
    own = {a: b for a, b in zip(tensor.axes, index, strict=True) if a != b}
    axes = tuple(dict.fromkeys(i for i in index if isinstance(i, Axis)))
    forms = _forms(tuple(reindex(s.expr, own) for s in adjoint.steps))
    last = Line(Tensor(adjoint.equation.target.name, axes, "adjoint", tensor.layer, tensor), forms, index)
    needed: list[Line] = [last]
    wanted = {ref.tensor for form in forms for ref in refs(form)}

    def wants(target: Tensor, forms: Callable[[], tuple[Expr, ...]]) -> None:
        if target in wanted and target not in free:
            needed.append(Line(target, forms()))
            wanted.update(ref.tensor for form in needed[-1].forms for ref in refs(form))

    for a in reversed(derivation.backward):
        wants(a.equation.target, lambda a=a: _forms(tuple(s.expr for s in a.steps)))  # type: ignore[misc]
    for eq in reversed(network.equations):
        if eq.target != COST:
            wants(eq.target, lambda eq=eq: (eq.right,))  # type: ignore[misc]
    return tuple(reversed(needed))


def _forms(steps: tuple[Expr, ...]) -> tuple[Expr, ...]:
    return tuple(dict.fromkeys(expr for expr in steps if not pending(expr)))


def written_out(altered: Alteration, derivation: tuple[Line, ...]) -> Expr:
    """The whole answer that the altered line leads to."""
    expr = altered.right if altered.line is derivation[-1] else derivation[-1].forms[0]
    place = next(k for k, line in enumerate(derivation) if line is altered.line)
    after = derivation[place + 1 : -1]
    changed, moved = {altered.line.target}, []
    for line in after:
        if any(ref.tensor in changed for ref in refs(line.forms[0])):
            changed.add(line.target)
            moved.append(line.equation)
    for equation in reversed(moved):
        expr = inline(expr, equation)
    return expr if altered.line is derivation[-1] else inline(expr, Equation(altered.line.target, altered.right))


def alterations(network: Network, derivation: tuple[Line, ...]) -> Iterator[Alteration]:
    """Every derivation that differs from this one in one rule, simplest places first."""
    for line in reversed(derivation):
        whole: Put = itself
        for form in line.forms:
            if line.target.role == "adjoint":
                scope = tuple(dict.fromkeys((*line.target.axes, *derivation[-1].index)))
                for spot in spots(form, whole, scope, None, line, network):
                    for change in _changes(spot):
                        yield Alteration(line, spot.put, spot.node, change)
            of_line = line_changes if line.target.role == "adjoint" else forward_changes
            yield from (Alteration(line, whole, form, change) for change in of_line(line, form, network))
        if line is derivation[-1]:
            for change in target_changes(line, network):
                yield Alteration(line, whole, line.forms[0], change)


def _changes(spot: Spot) -> Iterator[Change]:
    match spot.parent:
        case Mul():
            yield from factor_changes(spot.node, spot.parent, spot)
        case Add():
            yield from term_changes(spot.node, spot)
    match spot.node:
        case Add():
            if compares(spot.node, spot.network) and not is_penalty(spot.node):
                yield Change("swapped_y_yhat", "swapped", 1, mul(MINUS_ONE, spot.node))
        case Mul(factors=factors) if any(compares(f, spot.network) for f in factors):
            squared = (power(f, sp.Integer(2)) if compares(f, spot.network) else f for f in factors)
            yield Change("other", "not_differentiated", 2, mul(*(f for f in squared if not isinstance(f, Const))))
        case Mul():
            yield from exchanged_layers(spot.node, spot.network)
        case Sum():
            yield from sum_changes(spot.node, spot)
        case Pow():
            yield from power_changes(spot.node)
        case Apply():
            yield from function_changes(spot.node, spot)
        case Ref():
            yield from symbol_changes(spot.node, spot)
