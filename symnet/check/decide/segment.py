"""The part of a deep network that two expressions are about; what they name is independent of everything there.

An identity of functions of δ^{l+1}, W^{l+1} and z^l that holds for all values of these holds for the values that the
network gives them.  The converse is false: what differs as a function of the quantities that it names may be equal in
the network all the same.  So in a part only equality is ever concluded.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping

from symnet.algebra.expressions import (
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
    Same,
    Size,
    Sum,
    Tensor,
    children,
    refs,
)

FEW = 16
"""Up to so many definitions a network is looked at as a whole."""

Definitions = Mapping[Tensor, Equation]

Uses = Mapping[Tensor, tuple[Tensor, ...]]
"""What the definition of each defined tensor uses, in the order of computation."""


def uses_of(definitions: Definitions) -> Uses:
    """What every definition uses."""
    return {t: tuple(dict.fromkeys(r.tensor for r in refs(e.right))) for t, e in definitions.items()}


def needed(uses: Uses, first: Iterable[Tensor], free: Collection[Tensor] = ()) -> set[Tensor]:
    """The defined tensors that the ``first`` ones depend on, themselves included; ``free`` ones need nothing."""
    found: set[Tensor] = set()
    todo = list(first)
    while todo:
        tensor = todo.pop()
        if tensor in uses and tensor not in found and tensor not in free:
            found.add(tensor)
            todo += uses[tensor]
    return found


def segment(uses: Uses, truth: Expr, answer: Expr) -> frozenset[Tensor] | None:
    """The defined tensors that tell ``truth`` from ``answer``, both as functions of what they name.

    Free are the adjoint nearest to the cost and the forward quantity nearest to the inputs that are named.  None if
    that leaves little out, or if the whole is small.
    """
    asked = {truth.tensor} if isinstance(truth, Ref) else set()
    named = {r.tensor for side in (truth, answer) for r in refs(side)} - asked
    everything = needed(uses, asked | named)
    if len(everything) <= FEW:
        return None
    order = {tensor: k for k, tensor in enumerate(uses)}
    backward = [t for t in named if t in order and t.of is not None and t.of.role in ("pre", "unit")]
    free = {min(backward, key=order.__getitem__)} if backward else set()
    adjoints = [t for t in needed(uses, asked | named, free) if t.role == "adjoint"]
    used = named.union(*(uses[t] for t in adjoints))
    forward = [t for t in used if t in order and t.role in ("pre", "unit")]
    first = {t.role for t in named if t.layer <= 1 and t not in order}
    if forward and not ("input" in first and first & {"weight", "bias"}):  # else the forward pass is written out
        lowest = min(forward, key=order.__getitem__)
        before = [t for t in uses[lowest] if t.role == "pre"]
        free.update(before if lowest.role == "unit" and before else [lowest])  # a = f(z) stays known
    left = needed(uses, asked | named, free)
    return frozenset(left) if 2 * len(left) < len(everything) else None


def pattern(definitions: Definitions, truth: Expr, answer: Expr, axes: tuple[Axis, ...]) -> Hashable | None:
    """The question with layers counted from its lowest one: equal patterns have equal answers.

    None where an expression has a node that is not known here.
    """
    sides = (truth, answer, *(e.right for e in definitions.values()))
    tensors = {r.tensor for side in sides for r in refs(side)} | set(definitions)
    lowest = min((t.layer for t in tensors if t.role not in ("constant", "target")), default=0)
    sizes: dict[str, int] = {}
    met: dict[Tensor, int] = {}

    def of_axis(axis: Axis) -> Hashable:
        size = axis.size if isinstance(axis.size, int) else ("size", sizes.setdefault(axis.size, len(sizes)))
        digits = axis.name.strip("'")[1:]
        layer = int(digits) - lowest if digits.isdigit() else axis.name
        return layer, axis.name.count("'"), size

    def of_index(index: Index) -> Hashable:
        return of_axis(index) if isinstance(index, Axis) else index

    def of_tensor(tensor: Tensor) -> Hashable:
        name = tensor.name.rstrip("0123456789") if tensor.role == "constant" else ""
        inner = None if tensor.of is None else of_tensor(tensor.of)
        number = met.setdefault(tensor, len(met))  # two of one role and layer are told apart by when they come
        return tensor.role, name, tensor.layer - lowest, tuple(map(of_axis, tensor.axes)), number, inner

    def of(expr: Expr) -> Hashable:
        match expr:
            case Ref(tensor=tensor, index=index):
                return of_tensor(tensor), tuple(map(of_index, index))
            case Const(value=value):
                return "number", value
            case Size(axis=axis):
                return "size", of_axis(axis)
            case Same(first=first, second=second, negated=negated):
                return "same", of_index(first), of_index(second), negated
            case Sum(axis=axis, body=body):
                return "sum", of_axis(axis), of(body)
            case Pow(base=base, exponent=exponent):
                return "power", of(base), exponent
            case Apply(function=function, arguments=arguments):
                return "apply", function, tuple(map(of, arguments))
            case Add() | Mul():
                return type(expr).__name__, tuple(map(of, children(expr)))
        raise TypeError(type(expr).__name__)

    try:
        equations = tuple((of_tensor(t), of(e.right)) for t, e in definitions.items())
        return equations, of(truth), of(answer), tuple(map(of_axis, axes))
    except TypeError:
        return None
