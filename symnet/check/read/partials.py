"""∂-fractions between quantities of the network: adjoints, local derivatives, and chains of them, by symnet.derive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symnet.algebra.expressions import (
    ONE,
    ZERO,
    Axis,
    Equation,
    Expr,
    Index,
    Ref,
    Same,
    Sum,
    Tensor,
    add,
    mul,
    refs,
    reindex,
    terms_of,
    total,
    transform,
)
from symnet.check.read.grouping import takes_arguments
from symnet.check.read.shapes import Value, negated, summed, transposed
from symnet.check.read.syntax import Applied, Del, Group, Node, NotUnderstood, Number, Product, Symbol
from symnet.derive.calculus import carry_out
from symnet.derive.reverse import adjoint_of
from symnet.network import Network

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

_MARKS = "'" * 60


def fraction(resolver: Resolver, top: Node, bottom: Node) -> Value | None:
    """The derivative that a fraction is, or None if it is an ordinary fraction."""
    above, below = _operand(resolver, top), _operand(resolver, bottom)
    if above is None and below is None:
        return None
    if above is None or below is None:
        raise NotUnderstood("a derivative has ∂ and a quantity both above and below", top.at)
    return derivative(resolver, above, below)


def _operand(resolver: Resolver, node: Node) -> Node | None:
    """What ∂ (or d) stands before."""
    if isinstance(node, Del):
        if node.body is None:
            raise NotUnderstood("write the quantity beside ∂, above the bar", node.at)
        return node.body
    if isinstance(node, Group):
        return _operand(resolver, node.body)
    if isinstance(node, Product) and not any(node.signs):
        head, *rest = node.factors
        if isinstance(head, Del) and head.body is not None and _are_arguments(resolver, head.body, rest):
            return head.body
        if isinstance(head, Del) and any(isinstance(f, Del) for f in rest):
            raise NotUnderstood("derivatives of higher order are not understood", node.at)
        upright = isinstance(head, Symbol) and head.base == "d" and not (head.subs or head.sups)
        alone = len(rest) == 1 or _are_arguments(resolver, rest[0], rest[1:])
        if upright and alone and resolver.match(Symbol(head.at, "d")) is None:
            return rest[0]
    return None


def _are_arguments(resolver: Resolver, head: Node, rest: Sequence[Node]) -> bool:
    """Whether what follows a quantity in a derivative are its arguments, as in ∂C(w, b)."""
    return len(rest) == 1 and isinstance(rest[0], Group) and takes_arguments(resolver, head, rest[0])


def gradient(resolver: Resolver, nabla: Symbol, of: Node) -> Value:
    """∇_w C; an index of a quantity that only exists layer by layer means the last one."""
    if len(nabla.subs) != 1 or nabla.sups or nabla.primes:
        raise NotUnderstood("∇ needs the quantity below it and nothing above, as in ∇_w C", nabla.at)
    if isinstance(of, Applied):
        of = of.head
    wrt = nabla.subs[0]
    if isinstance(wrt, Symbol) and not wrt.sups and resolver.match(wrt) is None:
        for label in range(resolver.network.depth + 2, -1, -1):
            labelled = Symbol(wrt.at, wrt.base, wrt.subs, (Number(wrt.at, str(label)),))
            if resolver.match(labelled) is not None:
                wrt = labelled
                break
    return derivative(resolver, of, wrt)


def derivative(resolver: Resolver, above: Node, below: Node) -> Value:
    """∂above/∂below, both quantities of the network."""
    kind, part = _cost_part(resolver, above)
    if _cost_part(resolver, below)[0] in ("loss", "penalty") and kind == "cost":
        return Value(ONE)
    wrt = resolver.value(below)
    if not isinstance(wrt.expr, Ref) or wrt.expr.tensor.role in ("target", "constant", "adjoint", "cost"):
        raise NotUnderstood("a derivative is by a quantity of the network", below.at)
    tensor, index = wrt.expr.tensor, wrt.expr.index
    if kind:
        return Value(_by_cost(resolver.network, kind, part, tensor, index), wrt.row, wrt.column, wrt.flat)
    of = resolver.value(above)
    if not isinstance(of.expr, Ref) or of.expr.tensor.role not in ("pre", "unit"):
        raise NotUnderstood("a derivative is of a quantity of the network", above.at)
    expr = between(resolver.network, of.expr, wrt.expr)
    if of.is_number:
        out = Value(expr, wrt.row, wrt.column, wrt.flat)
        sided = wrt.vector is not None
    elif wrt.is_number:
        return Value(expr, of.row, of.column, of.flat)
    elif of.vector is not None and wrt.vector is not None:
        out, sided = Value(expr, of.vector, wrt.vector), True
    else:
        raise NotUnderstood("a derivative of or by a matrix as a whole is not understood; use indices", above.at)
    return transposed(out) if sided and resolver.choices.pick("layout of ∂") else out


def operated(resolver: Resolver, below: Node, body: Node) -> Value:
    """∂/∂w of an expression that is written out, through every quantity in it that depends on w."""
    of, wrt = resolver.value(body), resolver.value(below)
    if not isinstance(wrt.expr, Ref) or wrt.expr.tensor.role in ("target", "constant", "adjoint", "cost"):
        raise NotUnderstood("a derivative is by a quantity of the network", below.at)
    if not of.is_number or any(ref.tensor.role == "adjoint" for ref in refs(of.expr)):
        raise NotUnderstood("what ∂/∂ is applied to is one number, without derivatives in it", body.at)
    if isinstance(of.expr, Ref) and of.expr.tensor.role == "cost":
        right = resolver.network.equations[-1].right
        return Value(
            _by_cost(resolver.network, "cost", right, wrt.expr.tensor, wrt.expr.index), wrt.row, wrt.column, wrt.flat
        )
    resolver.operated.add(wrt.expr.tensor)
    whole = Tensor("operand", of.expr.axes)
    definitions = {eq.target: eq for eq in resolver.network.equations} | {whole: Equation(whole, of.expr)}
    expr = _placed(_chained(whole, wrt.expr.tensor, definitions), wrt.expr.tensor, wrt.expr.index)
    out = Value(expr, wrt.row, wrt.column, wrt.flat)
    return transposed(out) if wrt.vector is not None and resolver.choices.pick("layout of ∂") else out


def _cost_part(resolver: Resolver, node: Node) -> tuple[str, Expr]:
    """Whether a symbol is the cost, or its part without the penalty, or the penalty; and its expression."""
    found = resolver.match(node) if isinstance(node, Symbol) else None
    right = resolver.network.equations[-1].right
    if found is None or found.rest or (isinstance(node, Symbol) and node.primes):
        return "", right
    kind = found.declaration.meaning.kind
    if kind in ("loss", "penalty"):
        return kind, part_of_cost(resolver.network, kind)
    return ("cost" if found.tensor is not None and found.tensor.role == "cost" else ""), right


def part_of_cost(network: Network, kind: str) -> Expr:
    """The cost without its penalty ("loss"), or the penalty alone."""
    parts = [t for t in terms_of(network.equations[-1].right) if _is_penalty(t) == (kind == "penalty")]
    return add(*parts)


def _is_penalty(term: Expr) -> bool:
    return all(ref.tensor.role in ("weight", "constant") for ref in refs(term))


def _by_cost(network: Network, kind: str, part: Expr, tensor: Tensor, index: tuple[Index, ...]) -> Expr:
    if tensor.role == "input":
        return input_adjoint(network, tensor, index)
    if kind == "penalty":
        return _placed(_local(part, (), tensor), tensor, index)
    whole: Expr = adjoint_of(tensor)(*index)
    if kind == "loss" and tensor.role in ("weight", "bias"):
        penalties = add(*(t for t in terms_of(network.equations[-1].right) if _is_penalty(t)))
        slope = _placed(_local(penalties, (), tensor), tensor, index)
        return whole if slope == ZERO else _minus(whole, slope)
    return whole


def input_adjoint(network: Network, x: Tensor, index: tuple[Index, ...]) -> Expr:
    """∂C/∂x, through the first layer."""
    first = network.equations[0]
    slope = _local(first.right, first.target.axes, x)
    unit = network.unit_axes[1]
    samples = dict(zip(network.sample_axes, index, strict=False))
    expr = mul(adjoint_of(first.target)(), slope)
    for axis, mark in zip(network.sample_axes, _marked(x), strict=False):
        expr = transform(expr, lambda e, a=axis, m=mark: ONE if e == Same(a, m) else None)  # type: ignore[misc]
    expr = reindex(expr, {a: b for a, b in samples.items() if a != b})
    return _placed(total(unit, expr), x, index)


# -- one quantity by another ----------------------------------------------------------------------


def between(network: Network, of: Ref, wrt: Ref) -> Expr:
    """∂of/∂wrt through every equation between them, with the indices of both."""
    definitions = {eq.target: eq for eq in network.equations}
    expr = _chained(of.tensor, wrt.tensor, definitions)
    own = {a: b for a, b in zip(of.tensor.axes, of.index, strict=True) if a != b}
    return _placed(reindex(expr, own), wrt.tensor, wrt.index)


def _marked(tensor: Tensor) -> tuple[Axis, ...]:
    return tuple(Axis(a.name + _MARKS, a.size) for a in tensor.axes)


def _placed(expr: Expr, tensor: Tensor, index: tuple[Index, ...]) -> Expr:
    """``expr`` with the marked axes of ``tensor`` put at ``index``."""
    moved = reindex(expr, dict(zip(_marked(tensor), index, strict=True)))
    return settled(moved)


def settled(expr: Expr) -> Expr:
    """``expr`` with Kronecker δs of known value put in."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Same):
            if node.first == node.second:
                return ZERO if node.negated else ONE
            if isinstance(node.first, int) and isinstance(node.second, int):
                return ONE if node.negated else ZERO
        if isinstance(node, Sum):
            return summed(node.axis, node.body) if node.body != ZERO else ZERO
        return None

    return transform(expr, rule)


def _chained(of: Tensor, wrt: Tensor, definitions: dict[Tensor, Equation]) -> Expr:
    """The derivative in the axes of ``of`` and the marked axes of ``wrt``."""
    if of == wrt:
        return mul(*(Same(a, b) for a, b in zip(of.axes, _marked(wrt), strict=True)))
    equation = definitions.get(of)
    if equation is None:
        return ZERO
    out = [_local(equation.right, of.axes, wrt)]
    for middle in dict.fromkeys(ref.tensor for ref in refs(equation.right)):
        if middle == wrt or middle not in definitions:
            continue
        inner = _chained(middle, wrt, definitions)
        if inner == ZERO:
            continue
        step = _local(equation.right, of.axes, middle)
        places = tuple(Axis(a.name + _MARKS + "''", a.size) for a in middle.axes)
        step = reindex(step, dict(zip(_marked(middle), places, strict=True)))
        inner = reindex(inner, dict(zip(middle.axes, places, strict=True)))
        body = mul(step, inner)
        for axis in reversed(places):
            body = summed(axis, body)
        out.append(body)
    return settled(add(*out))


def _local(right: Expr, axes: tuple[Axis, ...], tensor: Tensor) -> Expr:
    """∂right/∂tensor of one equation; indices that the equation shares become Kronecker δs."""
    out = []
    for use in refs(right, tensor):
        expr = carry_out(right, use)[-1].expr
        deltas: list[Expr] = []
        moved: dict[Axis, Index] = {}
        for own, mark in zip(use.index, _marked(tensor), strict=True):
            if isinstance(own, int) or own in axes:
                deltas.append(Same(own, mark))
            else:
                moved[own] = mark
        out.append(mul(*deltas, reindex(expr, moved)))
    return add(*out)


def _minus(a: Expr, b: Expr) -> Expr:
    return add(a, negated(Value(b)).expr)
