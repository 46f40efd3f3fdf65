r"""Which factors of a written product belong together: functions and their arguments, ∇C, C(w, b), a / b.

Where habits differ (``a/bc``, ``\ln ab``, ``\hat y(x)``) each way is a reading of its own.  What is found here serves
both for the value of a product and for showing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symnet.check.read import functions
from symnet.check.read.syntax import (
    Applied,
    Bars,
    BigSum,
    Cases,
    Del,
    Fraction,
    Group,
    Listing,
    Matrix,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Operator,
    Product,
    Relation,
    Scripted,
    Symbol,
    Terms,
)

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

_LARGE = (BigSum, Fraction, Cases, Matrix)
"""What is set so large that nobody takes it to stand below the slash before it."""

_GIVEN = ("input", "weight", "bias")


def arranged(resolver: Resolver, node: Product) -> list[tuple[str, Node]]:
    """The factors of a product with the sign before each: functions have their arguments, bars what is below them."""
    nodes, signs = node.factors, ("", *node.signs)
    out: list[tuple[str, Node]] = []
    at = 0
    while at < len(nodes):
        factor, end = _one(resolver, nodes, signs, at)
        if signs[at] == "/" and not isinstance(nodes[at], Group):
            stop = end
            while stop < len(nodes) and signs[stop] == "" and not isinstance(nodes[stop], _LARGE):
                stop += 1
            if stop > end and resolver.choices.pick("a/bc"):
                factor, end = Group(factor.at, _product(nodes[at:stop], signs[at:stop])), stop
        out.append((signs[at], factor))
        at = end
    return out


def signed_arguments(resolver: Resolver, node: Terms) -> Terms | Product:
    r"""``\exp -z`` is no difference, for a function does not stand alone: it is taken of −z."""
    out: list[tuple[str, Node]] = []
    for sign, part in node.terms:
        if sign != "-" or not out or not _lacks_argument(resolver, out[-1][1]):
            out.append((sign, part))
            continue
        before_sign, before = out.pop()
        nodes, signs = _factors(before)
        more, more_signs = _factors(part)
        _, end = _one(resolver, more, more_signs, 0)
        stop = _run(resolver, more, more_signs, end)
        end = stop if stop > end and resolver.choices.pick("f ab") else end
        argument = Group(part.at, Negative(part.at, _product(more[:end], more_signs[:end])))
        whole = Product(before.at, (*nodes, argument, *more[end:]), (*signs[1:], "", *more_signs[end:]))
        out.append((before_sign, whole))
    if len(out) == 1 and out[0][0] == "+" and isinstance(out[0][1], Product):
        return out[0][1]
    return Terms(node.at, tuple(out))


def _factors(node: Node) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    return (node.factors, ("", *node.signs)) if isinstance(node, Product) else ((node,), ("",))


def _product(nodes: tuple[Node, ...], signs: tuple[str, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else Product(nodes[0].at, nodes, signs[1:])


def _lacks_argument(resolver: Resolver, node: Node) -> bool:
    last = _factors(node)[0][-1]
    return isinstance(last, Symbol) and not resolver.python and functions.is_function(resolver, last)


def _one(resolver: Resolver, nodes: tuple[Node, ...], signs: tuple[str, ...], at: int) -> tuple[Node, int]:
    """The factor that begins at ``at``, with what it is applied to, and where the next one begins."""
    node, after = nodes[at], at + 1
    beside = nodes[after] if after < len(nodes) and signs[after] == "" else None
    if isinstance(node, Del) and after < len(nodes) and signs[after] == "/" and isinstance(nodes[after], Del):
        return Fraction(node.at, node, nodes[after]), after + 1
    if isinstance(node, Fraction) and after < len(nodes) and signs[after] in ("", "·"):
        wrt = _operator(resolver, node)
        if wrt is not None:
            end = after
            while end < len(nodes):
                factor, end = _one(resolver, nodes, signs, end)
                if not _is_number(factor):
                    break
            end = end if end < len(nodes) and resolver.choices.pick("∂ of") else len(nodes)
            return Operator(node.at, wrt, _product(nodes[after:end], ("", *signs[after + 1 : end]))), end
    if not isinstance(node, Symbol):
        return node, after
    if functions.is_function(resolver, node):
        if beside is None:
            raise NotUnderstood(f"the function {node.base} needs an argument", node.at)
        return _function(resolver, node, nodes, signs, after)
    if node.base == "nabla":
        if beside is None:
            raise NotUnderstood("∇ needs the cost after it", node.at)
        of, end = _one(resolver, nodes, signs, after)
        return Applied(node.at, node, of), end
    if isinstance(beside, Group):
        if node.base == "one" and isinstance(beside.body, Relation):
            return Applied(node.at, node, beside), after + 1
        if takes_arguments(resolver, node, beside):
            return Applied(node.at, node, beside), after + 1
        if _looks_called(resolver, node, beside) and resolver.choices.pick("f(x)"):
            return Applied(node.at, node, beside), after + 1
    return node, after


def _is_number(node: Node) -> bool:
    return isinstance(node, Number) or (isinstance(node, Fraction) and _is_number(node.top) and _is_number(node.bottom))


def _operator(resolver: Resolver, node: Fraction) -> Node | None:
    """What ∂/∂w, or d/dw, differentiates by; None for any other fraction."""
    match node.top, node.bottom:
        case Del(body=None), Del(body=wrt):
            return wrt
        case Symbol(base="d", subs=(), sups=()) as top, Product(factors=(Symbol(base="d"), wrt), signs=("",)):
            return wrt if resolver.match(top) is None else None
    return None


def _function(
    resolver: Resolver, head: Symbol, nodes: tuple[Node, ...], signs: tuple[str, ...], at: int
) -> tuple[Node, int]:
    """A function of what begins at ``at``."""
    first = nodes[at]
    if isinstance(first, Group):
        return Applied(head.at, head, first), at + 1
    if isinstance(first, Scripted) and isinstance(first.body, Group):
        if first.primes:
            raise NotUnderstood(f"a stroke behind the bracket is not understood; write {head.base}'(…)", first.at)
        return Scripted(first.at, Applied(head.at, head, first.body), first.subs, first.sups), at + 1
    argument, end = _one(resolver, nodes, signs, at)
    stop = end if isinstance(argument, Applied | Bars) else _run(resolver, nodes, signs, end)
    if stop > end and resolver.choices.pick("f ab"):
        argument, end = _product(nodes[at:stop], signs[at:stop]), stop
    return Applied(head.at, head, argument), end


def _run(resolver: Resolver, nodes: tuple[Node, ...], signs: tuple[str, ...], start: int) -> int:
    """How far factors go on side by side, up to the next function or sum."""
    while start < len(nodes) and signs[start] == "" and not isinstance(nodes[start], BigSum):
        node = nodes[start]
        if isinstance(node, Symbol) and functions.is_function(resolver, node):
            break
        start += 1
    return start


def takes_arguments(resolver: Resolver, node: Node, group: Group) -> bool:
    """Whether a symbol is written with arguments that say nothing: C(w, b), h(x)."""
    found = resolver.match(node) if isinstance(node, Symbol) else None
    if found is None:
        return False
    items = group.body.items if isinstance(group.body, Listing) else (group.body,)
    if found.declaration.meaning.kind in ("loss", "penalty") or (found.tensor and found.tensor.role == "cost"):
        return all(isinstance(item, Symbol) for item in items)
    return found.declaration.called and all(_role(resolver, item) in _GIVEN for item in items)


def _looks_called(resolver: Resolver, node: Symbol, group: Group) -> bool:
    """Whether ŷ(x) could be ŷ as a function of x as well as a product."""
    given = _role(resolver, group.body)
    own = _role(resolver, node)
    return (own in ("pre", "unit") and given in (*_GIVEN, "pre")) or (own == "target" and given == "input")


def _role(resolver: Resolver, node: Node) -> str:
    found = resolver.match(node) if isinstance(node, Symbol) else None
    return found.tensor.role if found is not None and found.tensor is not None else ""
