"""One change in one line of a derivation: the kinds of slip, where they are made, and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from symnet.algebra.expressions import (
    Add,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Ref,
    Sum,
    Tensor,
    children,
    rebuild,
    refs,
    walk,
)
from symnet.network import Network

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


def itself(expr: Expr) -> Expr:
    """Puts an expression in the place of the whole line."""
    return expr


def spots(
    expr: Expr, put: Put, scope: tuple[Index, ...], parent: Expr | None, line: Line, network: Network
) -> Iterator[Spot]:
    """Every node of ``expr``, which ``put`` puts into the line, itself first."""
    yield Spot(expr, put, scope, parent, line, network)
    inner = (*scope, expr.axis) if isinstance(expr, Sum) else scope
    parts = children(expr)
    for k, part in enumerate(parts):

        def put_part(new: Expr, k: int = k) -> Expr:
            return put(rebuild(expr, (*parts[:k], new, *parts[k + 1 :])))

        yield from spots(part, put_part, inner, expr, line, network)


# -- what stands there ----------------------------------------------------------------------------------------------


def compares(expr: Expr, network: Network) -> bool:
    """Whether this is a difference between the target and something else, such as ŷ − y."""
    if not isinstance(expr, Add):
        return False
    others = [t for t in expr.terms if not only(t, network.y)]
    return 0 < len(others) < len(expr.terms) and all(refs(t) and not refs(t, network.y) for t in others)


def is_slope(expr: Expr, network: Network) -> bool:
    """Whether this is the 1 − a of an activation's derivative in terms of itself."""
    used = {ref.tensor.role for ref in refs(expr)}
    return isinstance(expr, Add) and used == {"unit"} and any(isinstance(t, Const) for t in expr.terms)


def is_penalty(expr: Expr) -> bool:
    """Whether λ occurs, so that a term comes from the regulariser."""
    return any(isinstance(n, Ref) and n.tensor.name == "lambda" for n in walk(expr))


def only(expr: Expr, tensor: Tensor) -> bool:
    """Whether ``tensor`` is the only quantity that occurs."""
    return bool(found := refs(expr)) and all(ref.tensor == tensor for ref in found)


def elements(tensor: Tensor, scope: tuple[Index, ...], start: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """Indices for a tensor: those of the scope that fit its axes, else each number where there are few."""
    choices: list[list[Index]] = []
    for axis in tensor.axes[len(start) :]:
        fitting: list[Index] = [i for i in scope if isinstance(i, Axis) and i.size == axis.size]
        if not fitting and isinstance(axis.size, int) and axis.size <= SMALL:
            fitting = list(range(1, axis.size + 1))
        choices.append(fitting)
    yield from ((*start, *rest) for rest in product(*choices))
