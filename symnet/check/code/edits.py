"""The ways in which a gradient typically goes wrong, as alterations of the derivation's own equations.

Nothing here knows a formula of a network.  A mistake is an edit of one node of one equation: a factor left out, a sum
not taken, a quantity confused with another of its shape.  Whatever the network is, evaluating its altered equations
gives the gradient that this mistake leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from symnet import activations
from symnet.algebra.expressions import (
    ONE,
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    children,
    const,
    fresh,
    mul,
    negative,
    power,
    rebuild,
    refs,
    reindex,
    total,
    walk,
)
from symnet.algebra.scalars import differentiate, in_terms_of_itself
from symnet.check.explain.change import is_penalty
from symnet.network import SAMPLES, Network


@dataclass(frozen=True, slots=True)
class Edit:
    """An altered right side: ``kind`` is the stable code, ``says`` completes “in ∂C/∂t …”.

    ``rank`` orders edits that explain the same numbers: the more telling explanation has the smaller rank.
    """

    right: Expr
    kind: str
    says: str
    rank: int = 5


COMMON = ("linear", "sigmoid", "tanh", "relu", "softplus")
"""Activations that are often taken for one another."""

Shapes = Mapping[Tensor, tuple[int | str, ...]]
"""Quantities with their declared sizes, among which one may be taken for another."""

Local = Callable[[Expr], Iterator[tuple[Expr, str, str, int]]]


def everywhere(expr: Expr, local: Local) -> Iterator[Edit]:
    """``local`` applied to one node of ``expr`` at a time."""
    for new, kind, says, rank in local(expr):
        yield Edit(new, kind, says, rank)
    parts = children(expr)
    for k, part in enumerate(parts):
        for edit in everywhere(part, local):
            yield Edit(rebuild(expr, (*parts[:k], edit.right, *parts[k + 1 :])), edit.kind, edit.says, edit.rank)


def prime(function: object) -> str:
    """σ′ for an applied derivative."""
    assert isinstance(function, Apply)
    known = activations.ACTIVATIONS.get(function.function.name)
    return (known.letter if known else "f") + "′" * function.function.primes


def is_size(expr: Expr) -> bool:
    """Whether ``expr`` is a power of a length, such as 1/n."""
    return isinstance(expr, Size) or (isinstance(expr, Pow) and isinstance(expr.base, Size))


# -- edits of one node -------------------------------------------------------------------------------------------------


def left_out(of: Tensor) -> Local:
    """A factor of a product, a term of a sum or an exponent is missing in what computes ``of`` or its adjoint."""
    return lambda node: _left_out(node, of)


def _left_out(node: Expr, of: Tensor) -> Iterator[tuple[Expr, str, str, int]]:
    match node:
        case Mul(factors=factors):
            for k, factor in enumerate(factors):
                rest = mul(*factors[:k], *factors[k + 1 :])
                yield (rest, *_without(factor, of))
        case Add(terms=terms):
            for k, term in enumerate(terms):
                rest = rebuild(node, (*terms[:k], *terms[k + 1 :]))
                if is_penalty(term):
                    yield rest, "other", "the regulariser's term is missing", 1
                elif isinstance(term, Ref) and term.tensor.role == "bias":
                    yield rest, "other", "the bias is missing", 1
                elif any(isinstance(n, Sum) for n in walk(term)) and len(terms) == 2:
                    yield rest, "missing_sum", "the sum over the other units is missing", 3
                else:
                    yield rest, "other", "one of its terms is missing", 6
        case Pow(base=base, exponent=exponent) if exponent.is_integer and exponent > 1:
            yield base, "other", f"the power {exponent} is missing", 4


def _without(factor: Expr, of: Tensor) -> tuple[str, str, int]:
    match factor:
        case Apply(function=f) if f.primes:
            return ("missing_activation_derivative", f"the activation's derivative {prime(factor)} is missing", 1)
        case Const(value=value) if value == -1:
            return "sign", "a sign is wrong", 4
        case Const(value=value):
            return "factor", f"the factor {value} is missing", 2
        case Ref(tensor=tensor) if tensor.role == "constant":
            return "other", f"the constant {tensor.name} is missing", 2
        case Ref(tensor=tensor) if tensor.role == "weight":
            return ("missing_chain_factor", f"the factor {tensor.name} (the weights on the way back) is missing", 2)
        case Ref(tensor=tensor) if tensor.role == "adjoint":
            return "missing_chain_factor", "the error from the layer above is missing", 3
        case Ref(tensor=tensor) if of.role == "pre" and tensor.role == "unit" and tensor.layer == of.layer:
            return "other", f"the factor {tensor.name} of the activation's derivative is missing", 3
        case Ref(tensor=tensor):
            return "missing_chain_factor", f"the factor {tensor.name} is missing", 3
    if is_size(factor):
        return "wrong_normalisation", "the division by the number of samples is missing", 1
    return "other", "one of its factors is missing", 6


def signs(node: Expr) -> Iterator[tuple[Expr, str, str, int]]:
    """One term of a sum has the wrong sign, or the regulariser's term a wrong factor."""
    if not isinstance(node, Add):
        return
    for k, term in enumerate(node.terms):

        def put(new: Expr, k: int = k) -> Expr:
            return rebuild(node, (*node.terms[:k], new, *node.terms[k + 1 :]))

        yield put(negative(term)), "sign", "a sign inside is wrong", 5
        if is_penalty(term):
            yield put(mul(const(2), term)), "factor", "the regulariser's term is doubled (its ½ was ignored)", 1
            yield put(mul(const(sp.Rational(1, 2)), term)), "factor", "the regulariser's term is halved", 1
            n = Size(SAMPLES)
            for by, done in ((power(n, sp.S.NegativeOne), "divided"), (n, "multiplied")):
                yield put(mul(by, term)), "wrong_normalisation", f"the regulariser is {done} by n", 1


def sums(samples: int) -> Local:
    """A sum that is not taken, taken over one sample or of the factors apart, or a normaliser along another axis."""

    def local(node: Expr) -> Iterator[tuple[Expr, str, str, int]]:
        if isinstance(node, Pow) and isinstance(node.base, Sum) and node.base.axis.name.startswith("u"):
            axis, body = node.base.axis, node.base.body
            other = fresh(SAMPLES, {SAMPLES})
            unit = Axis(axis.name.rstrip("'"), axis.size)
            apart = reindex(body, {axis: unit, SAMPLES: other})
            everything = Sum(other, Sum(axis, reindex(body, {SAMPLES: other})))
            for new, over in ((Sum(other, apart), "over the samples"), (everything, "over all samples and units")):
                says = f"softmax is normalised {over} instead of over the units"
                yield power(new, node.exponent), "wrong_index", says, 1
        if not isinstance(node, Sum):
            return
        axis, body = node.axis, node.body
        over = "the samples" if axis == SAMPLES else "the units"
        if axis == SAMPLES:
            yield body, "missing_sum", "the sum over the samples is missing", 2
            for place, which in ((1, "first"), (samples, "last")):
                says = f"only the {which} sample counts, the sum over the samples is missing"
                yield reindex(body, {axis: place}), "missing_sum", says, 2
        else:
            yield reindex(body, {axis: 1}), "missing_sum", "only one unit of the layer above counts", 3
            if "'" in axis.name:
                says = "only the diagonal of softmax's Jacobian counts, the sum over the other units is missing"
                yield reindex(body, {axis: Axis(axis.name.rstrip("'"), axis.size)}), "missing_sum", says, 1
        if isinstance(body, Mul):
            parts = [Sum(axis, f) if axis in f.axes else f for f in body.factors]
            if sum(isinstance(p, Sum) for p in parts) > 1:
                yield mul(*parts), "other", f"the sum over {over} of a product became a product of sums", 3

    return local


def confused(tensors: Shapes) -> Local:
    """A quantity taken for another one of its shape (or, square, for its transpose)."""

    def local(node: Expr) -> Iterator[tuple[Expr, str, str, int]]:
        if not isinstance(node, Ref) or node.tensor not in tensors:
            return
        used, shape = node.tensor, tensors[node.tensor]
        if used.role == "weight" and len(shape) == 2 and shape[0] == shape[1]:
            yield Ref(used, node.index[::-1]), "transpose", f"{used.name} is transposed", 3
        for other, its_shape in tensors.items():
            if other != used and its_shape == shape:
                yield (Ref(other, node.index), *_taken_for(used, other))

    return local


def _taken_for(used: Tensor, other: Tensor) -> tuple[str, str, int]:
    pair = {used.role, other.role}
    says = f"{_name(other)} stands where {_name(used)} belongs"
    if used.of is not None and other.of is not None and other.of.role == "pre" and other.layer == used.layer + 1:
        return "missing_chain_factor", f"{says}: the weights on the way back are missing", 2
    if used.role == other.role or (pair <= {"input", "unit", "pre"} and used.layer != other.layer):
        return "wrong_layer", f"{says} (another layer's)", 3
    if pair == {"unit", "pre"}:
        return (
            "other",
            f"{says} (the layer's {'sum before' if other.role == 'pre' else 'output after'} its activation)",
            4,
        )
    return "other", says, 6


def _name(tensor: Tensor) -> str:
    return f"∂C/∂{tensor.of.name}" if tensor.of is not None else tensor.name


def other_derivative(network: Network) -> Local:
    """An activation's derivative: the function itself, another function's, or at another place."""
    used = {layer.function.name for layer in network.layers}

    def local(node: Expr) -> Iterator[tuple[Expr, str, str, int]]:
        if not isinstance(node, Apply) or not node.function.primes or node.function.name not in activations.ACTIVATIONS:
            return
        own, (z, *_) = activations.ACTIVATIONS[node.function.name], node.arguments
        if not isinstance(z, Ref):
            return
        plain = Apply(own.function, node.arguments)
        yield (
            plain,
            "missing_activation_derivative",
            f"{own.letter} stands where its derivative {own.letter}′ belongs",
            2,
        )
        yield (
            Apply(node.function, (plain, *node.arguments[1:])),
            "other",
            f"{own.letter}′ is taken at the unit's output",
            3,
        )
        yield mul(node, node), "other", f"the derivative {own.letter}′ occurs twice", 3
        for name in dict.fromkeys((*(n for n in used if n in activations.ACTIVATIONS), *COMMON)):
            another = activations.ACTIVATIONS[name]
            if name == own.name or another.normalised or another.constants:
                continue
            says = f"the derivative of {name} stands where that of {own.name} belongs"
            kind, rank = ("wrong_layer", 2) if name in used else ("other", 3)
            yield Apply(differentiate(another.function), (z,)), kind, says, rank
            coefficients = by_output(another)
            if coefficients is not None:
                powers = (ONE, plain, power(plain, sp.Integer(2)))
                yield (add(*(mul(const(c), p) for c, p in zip(coefficients, powers, strict=True))), kind, says, rank)

    return local


@lru_cache(maxsize=64)
def by_output(function: activations.Activation) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """f′ as a polynomial in f, which is how code has it (σ − σ², 1 − tanh²), where there is one."""
    return in_terms_of_itself(function.function)


# -- edits of a whole right side ---------------------------------------------------------------------------------------


def scaled(right: Expr, outputs: Axis | None, samples: bool) -> Iterator[Edit]:
    """The whole is off by a constant."""
    n = Size(SAMPLES)
    yield Edit(mul(const(2), right), "factor", "it is twice too large", 7)
    yield Edit(mul(const(sp.Rational(1, 2)), right), "factor", "it is half of what it should be", 7)
    yield Edit(negative(right), "sign", "its sign is wrong", 7)
    if samples:
        yield Edit(mul(n, right), "wrong_normalisation", "it is n times too large (n samples)", 7)
        says = "it is n times too small (a mean over the n samples, or 1/n once too often)"
        yield Edit(mul(power(n, sp.S.NegativeOne), right), "wrong_normalisation", says, 7)
    if outputs is not None:
        k = Size(outputs)
        says = "it is divided by the number of outputs as well (a mean over all elements)"
        yield Edit(mul(power(k, sp.S.NegativeOne), right), "wrong_normalisation", says, 8)


def swapped(right: Expr, target: Tensor, prediction: Tensor) -> Iterator[Edit]:
    """ŷ and y have changed places."""
    found = [r.tensor for r in refs(right)]
    if target not in found:
        return
    yield Edit(negative(right), "swapped_y_yhat", "ŷ and y are swapped (y − ŷ)", 1)
    if prediction in found:
        yield Edit(_exchanged(right, target, prediction), "swapped_y_yhat", "ŷ and y are swapped", 2)


def _exchanged(expr: Expr, first: Tensor, second: Tensor) -> Expr:
    if isinstance(expr, Ref):
        partner = {first: second, second: first}.get(expr.tensor)
        return Ref(partner, expr.index) if partner else expr
    return rebuild(expr, tuple(_exchanged(part, first, second) for part in children(expr)))


def not_carried_back(of: Tensor, above: Tensor) -> Iterator[Edit]:
    """The adjoint of a weighted sum is taken to be the one of the unit's output."""
    says = f"the activation's derivative is missing (it was taken to be {_name(above)})"
    yield Edit(Ref(above, of.axes), "missing_activation_derivative", says, 1)


def summed_too_far(right: Expr, axes: tuple[Axis, ...]) -> Iterator[Edit]:
    """Summed over the units as well, or instead of over the samples."""
    own = tuple(a for a in axes if a != SAMPLES and a in right.axes)
    if own:
        renamed = {a: fresh(a, set(right.axes) | set(own)) for a in own}
        yield Edit(
            total(tuple(renamed.values()), reindex(right, renamed)), "other", "it is summed over the units as well", 3
        )
        if isinstance(right, Sum) and right.axis == SAMPLES:
            instead = total(tuple(renamed.values()), reindex(right.body, renamed))
            yield Edit(
                instead, "wrong_index", "it is summed over the units instead of over the samples (axis=1, not 0)", 2
            )
