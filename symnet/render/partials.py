"""One derivative as rows: the chain, its factors one by one, the substitution and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from symnet.algebra.expressions import (
    Axis,
    Deriv,
    Equation,
    Expr,
    Index,
    Ref,
    inline,
    reindex,
    replace,
    walk,
)
from symnet.algebra.simplify import TIDY, Step, pending, until_stable
from symnet.derive.calculus import carry_out
from symnet.derive.chain import Chain, Factor
from symnet.derive.derivation import Derivation, Partial, Second
from symnet.derive.reverse import inputs_first
from symnet.derive.scalar import elements
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Node, Product, Row
from symnet.render.display import Partial as Slope
from symnet.render.equations import adjoint_rows, check_choice, matrix_rows
from symnet.render.formula import derivative, formula, number, unrolled
from symnet.render.messages import REASONS
from symnet.render.reasons import TIDYING, Reason, cancelled, reason_for

LONGEST_CHAIN = {"scalar": 2, "index": 12}
"""Over more layers than this a gradient is shown by the adjoint of its own layer, not by the chain from the cost.

Written out in scalars a chain has a term for every path through the network.
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A factor as it stands in a chain: the derivative as a name, the steps to its value, and the reason in short."""

    derivative: Expr
    steps: tuple[Step, ...]
    reason: Reason

    @property
    def value(self) -> Expr:
        """What the factor comes to."""
        return self.steps[-1].expr


@dataclass(frozen=True, slots=True)
class WrittenChain:
    """A gradient's chain in a view: the chain, its factors in the order in which they stand, the steps after it.

    The first of ``steps``, if there are any, is the chain with the factors put in.
    """

    left: Node
    whole: Expr
    links: tuple[Link, ...]
    steps: tuple[Step, ...]


def partial_rows(partial: Partial, view: str, names: Names, level: str) -> list[Row]:
    """∂C/∂w with its chain, its factors one by one, the substitution and the result."""
    check_choice(view, level)
    derivation = partial.derivation
    adjoint = derivation.adjoints[partial.tensor]
    if view == "matrix":
        rows: list[Row] = []
        for a in derivation.backward:
            if a is adjoint or (
                level == "full" and a.of.role not in ("weight", "bias") and a.of.layer >= partial.tensor.layer
            ):
                rows += matrix_rows(a, names, level)
            if a is adjoint:
                break
        return rows
    if too_long(partial, view):
        return adjoint_rows(derivation, adjoint, fixed(partial), names, level)
    chain = written_chain(partial, view, names)
    rows = [Row(chain.left, "=", formula(chain.whole, names), (REASONS["chain_rule"],))]
    if level == "chain":
        return rows
    if level in ("full", "factors"):
        rows += [Row(formula(k.derivative, names), "=", formula(k.value, names), k.reason) for k in chain.links]
    if level == "final":
        last = chain.steps[-1].expr if chain.steps else chain.whole
        return [Row(chain.left, "=", formula(last, names))]
    shown = rows[0].right
    for k, step in enumerate(chain.steps):
        right = formula(step.expr, names)
        if right == shown:
            continue
        before = chain.steps[k - 1] if k else None
        left = chain.left if shown == rows[0].right else None
        rows.append(Row(left, "=", right, reason_for(step, before, names)))
        shown = right
    return rows


def too_long(partial: Partial, view: str) -> bool:
    """Whether the chain from the cost has more layers than are shown at once."""
    return partial.derivation.network.depth - partial.tensor.layer > LONGEST_CHAIN[view]


def fixed(partial: Partial) -> dict[Axis, Index]:
    """The element's index for each axis of its tensor; nothing for a whole tensor."""
    return dict(zip(partial.tensor.axes, partial.index or (), strict=bool(partial.index)))


def written_chain(partial: Partial, view: str, names: Names, chain: Chain | None = None) -> WrittenChain:
    """The chain from the cost (or another one given) by elements, in the scalar view with every sum written out.

    Raises SymnetError for a scalar view of a whole tensor, or of too many weights.
    """
    if view == "scalar":
        partial.symbol  # noqa: B018  refuses a whole tensor, and what is too large
    at = fixed(partial)

    def written(expr: Expr) -> Expr:
        return unrolled(expr, names) if view == "scalar" else expr

    chain = chain or partial.chain
    left = names.derivative(names.element(partial.tensor, tuple(at.get(a, a) for a in partial.tensor.axes)))
    whole = written(reindex(chain.whole.expr, at))
    steps = [Step(written(reindex(s.expr, at)), s.rules) for s in chain.steps]
    steps += _written_out(partial.derivation, steps[-1].expr if steps else whole, names, view)
    return WrittenChain(left, whole, tuple(_links(chain, whole, names, written)), tuple(steps))


def _written_out(derivation: Derivation, expr: Expr, names: Names, view: str) -> list[Step]:
    """In the scalar view of one linear layer the prediction is written out, as lectures do."""
    net = derivation.network
    if view != "scalar" or net.depth > 1 or not net.layers[0].function.is_linear:
        return []
    steps = until_stable(expr, TIDY)
    last = unrolled(inline(steps[-1].expr if steps else expr, net.equations[0]), names)
    return [*steps, Step(last, ("substitute_forward",))] if last != expr else steps


def _links(chain: Chain, whole: Expr, names: Names, place: Callable[[Expr], Expr]) -> Iterator[Link]:
    seen: set[Expr] = set()
    for node in walk(whole):
        is_adjoint = isinstance(node, Ref) and node.tensor.role == "adjoint"
        if node in seen or not (is_adjoint or isinstance(node, Deriv)):
            continue
        seen.add(node)
        for factor in chain.factors:
            at = _match(factor.derivative, node)
            if at is None:
                continue
            steps = tuple(Step(place(reindex(step.expr, at)), step.rules) for step in factor.steps)
            yield Link(node, steps, _factor_reason(factor, node, names))
            break


def _factor_reason(factor: Factor, node: Expr, names: Names) -> Reason:
    rules = tuple(dict.fromkeys(r for s in factor.steps for r in s.rules))
    found = next((c for s in factor.steps if not pending(s.expr) and (c := cancelled(s.expr))), [])
    if "substitute" in rules:
        rules = tuple(r for r in rules if r in ("unit_sum", "cancel")) or ("substitute",)
    elif "by_name" in rules:
        rules = ("by_name",)
    else:
        rules = tuple(r for r in rules if r not in TIDYING) or ("linear",)
    layer = node.wrt.tensor.layer if isinstance(node, Deriv) else 0
    reason = reason_for(Step(node, rules), None, names, layer)
    return (*reason, "; cancel ", Product(tuple(map(number, found)), "·")) if found else reason


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
    steps = [Step(expr, ()), *until_stable(expr, TIDY)]
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
