"""The chain of one gradient, from the cost to the parameter: ∂C/∂w = ∂C/∂z · ∂z/∂k · ∂k/∂w, and what each factor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symnet.algebra.expressions import (
    Axis,
    Deriv,
    Equation,
    Expr,
    Ref,
    Tensor,
    inline,
    refs,
    reindex,
    transform,
    walk,
)
from symnet.algebra.simplify import TIDY, Step, by_name, cancel_denominators, until_stable
from symnet.derive.calculus import carry_out
from symnet.derive.reverse import Adjoint, adjoint_of, inputs_first


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a chain: the derivative as a name, and the steps to what it is."""

    derivative: Expr
    steps: tuple[Step, ...]

    @property
    def value(self) -> Expr:
        """What the factor comes to."""
        return self.steps[-1].expr


@dataclass(frozen=True, slots=True)
class Chain:
    """A gradient as a chain: the whole product, its factors from the cost on, and the steps after substituting them."""

    whole: Step
    factors: tuple[Factor, ...]
    steps: tuple[Step, ...]


def chain(tensor: Tensor, adjoints: Mapping[Tensor, Adjoint], equations: Sequence[Equation]) -> Chain:
    """The chain from the cost to ``tensor``.

    It begins at the first quantity whose adjoint is written straight from the cost: the prediction, or, for
    softmax, the weighted sums that softmax is fed with (its factor alone would need a matrix of derivatives).
    """
    definitions = {eq.target: eq for eq in equations}
    adjoint = adjoints[tensor]
    expr, rules = adjoint.steps[0].expr, adjoint.steps[0].rules
    while (link := _next_link(expr, adjoints, definitions)) is not None:
        expr = inline(expr, Equation(adjoint_of(link), adjoints[link].steps[0].expr))
    factors = _factors(expr, adjoints, definitions)
    return Chain(Step(expr, rules), tuple(factors.values()), tuple(_put_in(expr, factors, definitions)))


def last_link(tensor: Tensor, adjoints: Mapping[Tensor, Adjoint], equations: Sequence[Equation]) -> Chain:
    """The chain from the quantity that ``tensor`` is used by: ∂C/∂w = ∂C/∂k · ∂k/∂w, where ∂C/∂k keeps its name."""
    definitions = {eq.target: eq for eq in equations}
    first = adjoints[tensor].steps[0]
    factors = _factors(first.expr, adjoints, definitions)
    known: dict[Expr, Factor] = {node: factor for node, factor in factors.items() if isinstance(node, Deriv)}
    return Chain(first, tuple(factors.values()), tuple(_put_in(first.expr, known, definitions)))


def _factors(
    expr: Expr, adjoints: Mapping[Tensor, Adjoint], definitions: Mapping[Tensor, Equation]
) -> dict[Expr, Factor]:
    """The factors of a chain, by the derivative between running indices that each of them is."""
    factors: dict[Expr, Factor] = {}
    for node in walk(expr):
        home: Expr | None = None
        if isinstance(node, Ref) and node.tensor.role == "adjoint":
            home = node.tensor()
            assert node.tensor.of is not None
            factors.setdefault(home, Factor(home, adjoints[node.tensor.of].steps))
        elif isinstance(node, Deriv) and isinstance(node.body, Ref):
            home = Deriv(node.body.tensor(), _natural_use(node, definitions))
            factors.setdefault(home, Factor(home, tuple(_local(definitions[node.body.tensor], home.wrt))))
        elif isinstance(node, Deriv):
            steps = carry_out(node.body, node.wrt)
            factors.setdefault(node, Factor(node, (*steps, *until_stable(steps[-1].expr, TIDY))))
    return factors


def _put_in(expr: Expr, factors: Mapping[Expr, Factor], definitions: Mapping[Tensor, Equation]) -> list[Step]:
    """``expr`` with what the factors come to, and the steps that tidy it up."""

    def substitute(node: Expr) -> Expr | None:
        if isinstance(node, Ref) and node.tensor.role == "adjoint" and node.tensor() in factors:
            return _renamed(factors[node.tensor()].value, node.tensor.axes, node.index)
        if isinstance(node, Deriv) and isinstance(node.body, Ref):
            home = Deriv(node.body.tensor(), _natural_use(node, definitions))
            places = (*home.body.axes, *home.wrt.index)
            actual = (*node.body.index, *node.wrt.index)
            axes = tuple(a for a in places if isinstance(a, Axis))
            return _renamed(factors[home].value, axes, actual)
        return factors[node].value if node in factors else None

    value = transform(expr, substitute)
    steps = [] if value == expr else [Step(value, ("substitute_factors",))]
    steps += until_stable(value, (("cancel", cancel_denominators), *TIDY))
    ordered = inputs_first(steps[-1].expr if steps else value)
    if steps and ordered != steps[-1].expr:
        steps.append(Step(ordered, ("order",)))
    return steps


def _next_link(expr: Expr, adjoints: Mapping[Tensor, Adjoint], definitions: Mapping[Tensor, Equation]) -> Tensor | None:
    for ref in refs(expr):
        of = ref.tensor.of
        if of is None or adjoints[of].steps[0].rules == ("definition",):
            continue
        users = [eq for eq in definitions.values() if refs(eq.right, of)]
        if all(len(refs(eq.right, of)) == 1 for eq in users):
            return of
    return None


def _natural_use(node: Deriv, definitions: Mapping[Tensor, Equation]) -> Ref:
    assert isinstance(node.body, Ref)
    (use,) = refs(definitions[node.body.tensor].right, node.wrt.tensor)
    return use


def _local(equation: Equation, use: Ref) -> list[Step]:
    steps = carry_out(equation.right, use)
    return steps + until_stable(steps[-1].expr, (("by_name", by_name([equation])), *TIDY))


def local_derivative(tensor: Tensor, users: Sequence[Equation]) -> tuple[Deriv, tuple[Step, ...]] | None:
    """∂e/∂t for the one equation e that uses t, once; ``None`` where t is used more than once, or by the cost."""
    if len(users) != 1 or len(refs(users[0].right, tensor)) != 1 or users[0].target.role == "cost":
        return None
    (use,) = refs(users[0].right, tensor)
    return Deriv(users[0].target(), use), tuple(_local(users[0], use))


def _renamed(value: Expr, axes: Sequence[Axis], index: Sequence[Axis | int]) -> Expr:
    return reindex(value, {a: b for a, b in zip(axes, index, strict=True) if a != b})
