"""One gradient as the rows of a slide: the chain with numbered factors, a row a factor, the substitution, the result.

A factor has its number and its colour wherever it appears: under a brace in the chain, in front of its own row, and
as what it comes to in the rows after it, for as long as it stands there whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Const,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Sum,
    Tensor,
    factors_of,
    inline,
    mul,
    reindex,
)
from symnet.algebra.simplify import Step
from symnet.derive.derivation import Partial
from symnet.notation.names import Names
from symnet.render.display import (
    BigSum,
    Boxed,
    Brace,
    Group,
    Listing,
    Node,
    Number,
    Product,
    Row,
    Tagged,
    Terms,
    parenthesised,
)
from symnet.render.equations import matrix_rows, shape_in
from symnet.render.formula import Marks, formula, is_coefficient, unrolled
from symnet.render.messages import REASONS, SLIDES
from symnet.render.partials import Link, WrittenChain, written_chain
from symnet.render.reasons import reason_for

LONGEST_CHAIN = {"scalar": 1, "index": 2, "matrix": 2}
"""Over more layers than this a slide shows ∂C/∂w = ∂C/∂k · ∂k/∂w, not the chain from the cost."""


def tag(number: int) -> str:
    """The tag of a factor, which writers turn into its colour."""
    return f"factor{number}"


def gradient_rows(partial: Partial, view: str, names: Names, level: str) -> list[Row]:
    """The rows of ∂C/∂w; ``level`` is "final" (the result), "factors" or "full" (how each factor came about too).

    Every number under a brace has one row that begins with it.
    """
    if view == "matrix":
        return _matrix_rows(partial, names, level)
    chain = written_chain(partial, view, names, partial.last_link if is_deep(partial, view) else None)
    if is_deep(partial, view):
        chain = replace(chain, links=tuple(_from_above(link, partial, view, names) for link in chain.links))
    shape = shape_in(partial.tensor, names) if partial.index is None else ""
    if level == "final":
        last = chain.steps[-1].expr if chain.steps else chain.whole
        return [Row(chain.left, "=", Boxed(formula(last, names)), (), shape)]
    numbered = list(enumerate(chain.links, 1))
    braces = {k.derivative: _braced(formula(k.derivative, names), n) for n, k in numbered}
    rows = [Row(chain.left, "=", _dotted(formula(chain.whole, names, braces)), (REASONS["chain_rule"],))]
    for n, link in numbered:
        rows += _link_rows(link, n, names, level)
    after = _rows_after(chain, names)
    return [*rows, *after[:-1], replace(after[-1], right=Boxed(after[-1].right), shape=shape)]


def is_deep(partial: Partial, view: str) -> bool:
    """Whether the slide leads back to the layer above instead of to the cost."""
    depth = partial.derivation.network.depth
    return depth - partial.tensor.layer > LONGEST_CHAIN[view]


def _braced(node: Node, number: int) -> Node:
    return Tagged(Brace(node, Group(Number(str(number)))), tag(number))


def _labelled(node: Node, number: int) -> Node:
    return Tagged(Listing((Group(Number(str(number))), node), "  "), tag(number))


def _from_above(link: Link, partial: Partial, view: str, names: Names) -> Link:
    """∂C/∂k by what the layer above computes, that of the layer's own units put in."""
    if not isinstance(link.derivative, Ref):
        return link
    of = link.derivative.tensor.of
    assert of is not None
    adjoints = partial.derivation.adjoints
    own = next((a for a in adjoints.values() if a.of.role == "unit" and a.of.layer == of.layer), None)
    value = adjoints[of].equation.right if own is None else inline(adjoints[of].equation.right, own.equation)
    value = reindex(value, dict(zip(of.axes, link.derivative.index, strict=True)))
    step = Step(unrolled(value, names) if view == "scalar" else value, ())
    return replace(link, steps=(step,), reason=(SLIDES["layer_above"],))


def _link_rows(link: Link, number: int, names: Names, level: str) -> list[Row]:
    """What a factor is, with every step to it where all are asked for."""
    left = _labelled(formula(link.derivative, names), number)
    steps = link.steps if level == "full" else link.steps[-1:]
    rows: list[Row] = []
    for k, step in enumerate(steps):
        right = formula(step.expr, names)
        if rows and _bare(right) == _bare(rows[-1].right):
            continue
        reason = reason_for(step, steps[k - 1] if k else None, names) if len(steps) > 1 else link.reason
        rows.append(Row(None if rows else left, "=", Tagged(right, tag(number)), reason))
    return rows


def _rows_after(chain: WrittenChain, names: Names) -> list[Row]:
    """The factors put in, each in its colour, and what is made of it."""
    named = [k for k in chain.links if isinstance(k.derivative, Ref) and not _is_put_in(k, chain)]
    put_in = {
        k.derivative: Tagged(formula(k.derivative if k in named else k.value, names), tag(n))
        for n, k in enumerate(chain.links, 1)
    }
    substituted = _dotted(formula(chain.whole, names, put_in))
    rows = [Row(chain.left, "=", substituted, (REASONS["substitute_factors"],))]
    values = [k.derivative if k in named else k.value for k in chain.links]
    for k, step in enumerate(chain.steps[1:], 1):
        right = formula(step.expr, names, _marks(step.expr, values, names))
        if _bare(right) != _bare(rows[-1].right):
            rows.append(Row(None, "=", right, reason_for(step, chain.steps[k - 1], names)))
    flat = formula(chain.steps[-1].expr, names, _marks(chain.steps[-1].expr, values, names))
    if len(rows) == 1 and _bare(flat) != _bare(substituted):
        rows.append(Row(None, "=", flat))
    return rows


def _is_put_in(link: Link, chain: WrittenChain) -> bool:
    return not any(link.derivative in _parts(step.expr) for step in chain.steps[:1])


# ---- which parts of a later row are a factor of the chain


def _marks(expr: Expr, values: Sequence[Expr], names: Names) -> Marks:
    """Colour for the parts of ``expr`` that are a factor of the chain: for factors of which no part is missing.

    A part that two factors have could be either's, so it has no colour.  Numbers have the colour of a factor only
    where no other factor has numbers.
    """
    present = list(_parts(expr))
    marks: dict[Expr, Node] = {}
    taken: set[Expr] = set()
    owners = [n for n, value in enumerate(values, 1) if _number(value) != mul()]
    for n, value in enumerate(values, 1):
        parts = [f for f in factors_of(value) if not is_coefficient(f)]
        whole = all(part in present for part in parts)
        split = any(isinstance(part, Pow) and part.exponent.is_negative for part in parts)
        if not whole or split:
            continue
        for part in parts:
            if part in taken:
                marks.pop(part, None)
            else:
                marks[part] = Tagged(formula(part, names), tag(n))
        taken.update(parts)
        if owners == [n]:
            front = _number(value)
            marks[front] = Tagged(formula(front, names), tag(n))
    return marks


def _parts(expr: Expr) -> Iterator[Expr]:
    """What ``expr`` is made of: the factors of its product, those under its sums and of each of its terms."""
    yield expr
    match expr:
        case Mul(factors=parts) | Add(terms=parts):
            for part in parts:
                yield from _parts(part)
        case Sum(body=body):
            yield from _parts(body)


def _number(value: Expr) -> Expr:
    """The numbers and 1/n of a product, without their sign, as they stand before it when they are multiplied."""
    coefficients = [f for f in factors_of(value) if is_coefficient(f)]
    number = abs(sp.Mul(*(f.value for f in coefficients if isinstance(f, Const))))
    return mul(Const(number), *(f for f in coefficients if not isinstance(f, Const)))


# ---- display trees


def _dotted(node: Node) -> Node:
    """Products of coloured factors with a dot between them, so that what each one is can be seen."""
    match node:
        case Product(factors=factors, sign=""):
            inner = tuple(_dotted(f) for f in factors)
            return Product(inner, "·" if all(isinstance(f, Tagged | BigSum) for f in inner) else "")
        case BigSum(body=body):
            return replace(node, body=_dotted(body))
        case Terms(terms=terms):
            return Terms(tuple((sign, _dotted(term)) for sign, term in terms))
    return node


def _bare(node: Node) -> Node:
    """``node`` without colours and dots, to compare what is said."""
    bare: Node = _uncoloured(node)
    return parenthesised(bare)


def _uncoloured(value: Any) -> Any:
    match value:
        case Tagged(body=body) | Boxed(body=body):
            return _uncoloured(body)
        case Product(factors=factors, sign="·"):
            return Product(tuple(map(_uncoloured, factors)))
        case Node():
            parts = {f.name: _uncoloured(getattr(value, f.name)) for f in fields(value)}  # type: ignore[arg-type]
            return replace(value, **parts)  # type: ignore[type-var]
        case tuple():
            return tuple(map(_uncoloured, value))
    return value


# ---- matrices


@dataclass(frozen=True, slots=True)
class _Numbered(Names):
    """Names in which the derivatives of earlier rows stand over a brace with their row's number."""

    numbers: tuple[Tensor, ...] = ()

    def whole(self, tensor: Tensor) -> Node:
        """The matrix by its name."""
        return self._braced(Names.whole(self, tensor), tensor)

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """One element of it."""
        return self._braced(Names.element(self, tensor, index), tensor)

    def _braced(self, node: Node, tensor: Tensor) -> Node:
        return _braced(node, self.numbers.index(tensor) + 1) if tensor in self.numbers else node


def _matrix_rows(partial: Partial, names: Names, level: str) -> list[Row]:
    """∂C/∂W from the derivatives that it is computed from, each numbered in the row in which it is computed."""
    derivation = partial.derivation
    adjoint = derivation.adjoints[partial.tensor]
    if level == "final":
        row = matrix_rows(adjoint, names, "final")[-1]
        return [replace(row, right=Boxed(row.right), reason=())]
    last = adjoint.of.layer if is_deep(partial, "matrix") else derivation.network.depth
    needed = [a for a in derivation.backward if a.of.role in ("pre", "unit") and adjoint.of.layer <= a.of.layer <= last]
    numbered = tuple(a.equation.target for a in needed)
    coloured = _Numbered(names.network, names.notation, numbered)
    rows: list[Row] = []
    for a in (*needed, adjoint):
        made = [replace(row, shape="") for row in matrix_rows(a, coloured, level)]
        lefts = [row.left for row in matrix_rows(a, names, level)]
        made = [replace(row, left=left) for row, left in zip(made, lefts, strict=True)]
        if a is not adjoint:
            left = made[0].left
            assert left is not None
            made[0] = replace(made[0], left=_labelled(left, numbered.index(a.equation.target) + 1))
        rows += made
    return [*rows[:-1], replace(rows[-1], right=Boxed(rows[-1].right), shape=shape_in(adjoint.of, names))]
