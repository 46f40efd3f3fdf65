"""What went wrong in a wrong answer: the one altered derivation that leads to it, if there is exactly one.

Direct tests come first (the answer is c times the derivative, or its transpose), then every altered derivation of
:mod:`symnet.check.explain.alter`, compared at random points.  What fits is confirmed by ``decide``.  Explanations are
ranked by simplicity; where the simplest ones disagree about the kind, none is given: a wrong
diagnosis is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Same,
    Size,
    Sum,
    Tensor,
    const,
    count,
    factors_of,
    mul,
    power,
    refs,
    walk,
)
from symnet.check.decide.program import Op, Unsupported, program
from symnet.check.explain.alter import Alteration, Line, alterations, derived, lines, written_out
from symnet.network import SAMPLES, Network

Array = NDArray[Any]
Value = tuple[Array, tuple[Axis, ...]]
Deciding = Callable[[Network, Expr, Expr, tuple[Axis, ...]], str]
"""Decides whether two expressions are equal: proved, equal, different or undecided."""

NO_VALUE = (KeyError, TypeError, ValueError, IndexError, OverflowError, Unsupported)
"""What an expression without a value at the points raises."""

POINTS = 8
LARGEST = 12
"""Longer axes are cut to this length where values are compared; what fits is confirmed at full length."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong: a stable ``kind`` for teachers, a finer ``detail``, and the place in the derivation.

    ``line`` is the equation that went wrong, ``old`` and ``new`` what stands there and what was taken instead, each
    with the way to put it back (``put``); without a place these are ``None``.  ``ratio`` is answer / derivative where
    that is constant.
    """

    kind: str
    detail: str
    alteration: Alteration | None = None
    ratio: sp.Expr | None = None
    confirmed: str = "undecided"

    @property
    def place(self) -> str | None:
        """The name of the line that went wrong (``dC/dz1``)."""
        return self.alteration.line.target.name if self.alteration else None


class Points:
    """Random points: values of every quantity of a network, forward and backward, at ``POINTS`` points at once.

    An array has two leading dimensions, alternatives and points, and then one for each of its axes.
    """

    def __init__(self, network: Network, seed: int, samples: int, largest: int = LARGEST) -> None:
        self.network, self.samples, self.largest = network, samples, largest
        self.names: dict[str, int] = {}
        self.memo: dict[int, tuple[Expr, Value]] = {}
        self.values: dict[Tensor, Value] = {}
        self._fill(np.random.default_rng([seed, samples]))
        for equation in (*network.equations, *(a.equation for a in derived(network).backward)):
            self.values[equation.target] = self.over(equation.right, equation.target.axes)

    def _fill(self, rng: np.random.Generator) -> None:
        network = self.network
        positive = network.cost.domain != "real" and network.layers[-1].function.name not in ("sigmoid", "softmax")
        for tensor in (network.x, network.y, *network.parameters, *network.constants):
            shape = (1, POINTS, *(self.length(a) for a in tensor.axes))
            value = rng.uniform(0.3, 1.7, shape) if positive or tensor.role == "constant" else rng.normal(size=shape)
            if tensor == network.y and network.layers[-1].function.normalised:
                value = np.exp(value) / np.exp(value).sum(axis=-1, keepdims=True)
            elif tensor == network.y and network.cost.targets != "real":
                value = rng.uniform(0.1, 0.9, shape)
            self.values[tensor] = (value, tensor.axes)

    def length(self, axis: Axis) -> int:
        """How long an axis is here."""
        if isinstance(axis.size, int):
            return min(axis.size, self.largest)
        if axis.size == SAMPLES.size:
            return self.samples
        return self.names.setdefault(axis.size, 3 + len(self.names))

    def over(self, expr: Expr, axes: Sequence[Axis], given: Mapping[Tensor, Value] | None = None) -> Value:
        """The value over ``axes`` and then whatever other indices are left free; ``given`` replaces tensors."""
        with np.errstate(all="ignore"):
            value, own = self._value(expr, given or {}, self.memo if not given else {})
        wanted = (*axes, *(a for a in own if a not in axes))
        value = _aligned(value, own, wanted)
        shape = (len(value), POINTS, *(self.length(a) for a in wanted))
        return np.broadcast_to(value, shape), wanted

    def _value(self, e: Expr, given: Mapping[Tensor, Value], memo: dict[int, tuple[Expr, Value]]) -> Value:
        if id(e) not in memo:
            memo[id(e)] = (e, self._compute(e, given, memo))
        return memo[id(e)][1]

    def _compute(self, e: Expr, given: Mapping[Tensor, Value], memo: dict[int, tuple[Expr, Value]]) -> Value:
        def together(parts: Sequence[Expr]) -> tuple[list[Array], tuple[Axis, ...]]:
            values = [self._value(p, given, memo) for p in parts]
            axes = tuple(dict.fromkeys(a for _, own in values for a in own))
            return [_aligned(v, own, axes) for v, own in values], axes

        match e:
            case Const(value=value):
                return np.full((1, 1), float(value)), ()
            case Size(axis=axis):
                return np.full((1, 1), float(self.length(axis))), ()
            case Ref(tensor=tensor, index=index):
                return self._taken(given.get(tensor) or self.values[tensor], tensor, index)
            case Same(first=first, second=second, negated=negated):
                places = [self._places(i, e.axes) for i in (first, second)]
                return (np.equal(*places) != negated).astype(float)[None, None], e.axes
            case Add(terms=parts):
                values, axes = together(parts)
                return sum(values[1:], values[0]), axes
            case Mul(factors=parts):
                values, axes = together(parts)
                out = values[0]
                for v in values[1:]:
                    out = out * v
                return out, axes
            case Pow(base=base, exponent=exponent):
                value, axes = self._value(base, given, memo)
                return value ** (int(exponent) if exponent.is_integer else float(exponent)), axes
            case Sum(axis=axis, body=body):
                value, axes = self._value(body, given, memo)
                if axis not in axes:
                    return value * self.length(axis), axes
                return value.sum(axis=2 + axes.index(axis)), tuple(a for a in axes if a != axis)
            case Apply(function=function, arguments=parts):
                values, axes = together(parts)
                shape = np.broadcast_shapes((1, 1), *(v.shape for v in values))
                value = _run(program(function.expr.doit(), function.parameters), values)
                return np.broadcast_to(value, shape), axes
        raise TypeError(f"{type(e).__name__} has no value")

    def _places(self, index: Index, axes: Sequence[Axis]) -> Array:
        if isinstance(index, int):
            return np.full((1,) * len(axes), index)
        return np.arange(1, self.length(index) + 1).reshape([-1 if a == index else 1 for a in axes])

    def _taken(self, stored: Value, tensor: Tensor, index: tuple[Index, ...]) -> Value:
        """The elements that an index picks; what lies outside of the tensor is nan."""
        value, held = stored
        if index == tensor.axes == held:
            return value, held
        extra = tuple(a for a in held if a not in tensor.axes)
        axes = tuple(dict.fromkeys([*(i for i in index if isinstance(i, Axis)), *extra]))
        places = [self._places(i, axes) - 1 for i in (*index, *extra)]
        lengths = value.shape[2:]
        inside = np.ones((1,) * len(axes), dtype=bool)
        for place, length in zip(places, lengths, strict=True):
            inside = inside & (place < length)
        out = value[(..., *(np.minimum(p, n - 1) for p, n in zip(places, lengths, strict=True)))]
        return (out if np.all(inside) else np.where(inside, out, np.nan)), axes


def _run(op: Op, arguments: Sequence[Array]) -> Array:
    """The value of a scalar function's program: what an answer says is interpreted, never compiled."""
    if op.kind == "argument":
        position: int = op.value
        return arguments[position]
    if op.kind in ("const", "pi"):
        return np.asarray(np.pi if op.kind == "pi" else float(op.value))
    if op.kind == "case":
        whens = [_run(when, arguments) for when in op.value]
        return np.asarray(_select(whens, [_run(part, arguments) for part in op.parts]))
    values = [_run(part, arguments) for part in op.parts]
    match op.kind:
        case "add":
            return np.asarray(sum(values[1:], values[0]))
        case "and":
            return np.asarray(reduce(np.logical_and, values))
        case "mul":
            return np.asarray(prod(values))
        case "power":
            return np.asarray(values[0] ** (int(op.value) if op.value.denominator == 1 else float(op.value)))
        case "true":
            return np.asarray(True)
        case "or":
            return np.asarray(reduce(np.logical_or, values))
        case "erf":
            from scipy.special import erf

            return np.asarray(erf(values[0]))
    return np.asarray(_FUNCTIONS[op.kind](values[0]))


def _select(whens: Sequence[Array], values: Sequence[Array]) -> Array:
    out: Array = np.asarray(np.nan)
    for when, value in zip(reversed(whens), reversed(values), strict=True):
        out = np.where(when, value, out)
    return out


_FUNCTIONS: Mapping[str, Callable[[Array], Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "not": np.logical_not,
    "positive": lambda u: u > 0,
    "nonzero": lambda u: u != 0,
}


def _aligned(value: Array, own: Sequence[Axis], axes: Sequence[Axis]) -> Array:
    if tuple(own) == tuple(axes):
        return value
    order = [own.index(a) for a in axes if a in own]
    lengths = [value.shape[2 + own.index(a)] if a in own else 1 for a in axes]
    return value.transpose(0, 1, *(2 + k for k in order)).reshape(*value.shape[:2], *lengths)


# -- the altered derivations and their values ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Alterations whose results have the same indices, and the results, one row for each."""

    axes: tuple[Axis, ...]
    members: tuple[Alteration, ...]
    values: Array


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can go wrong on the way to one derivative, with what it leads to."""

    derivation: tuple[Line, ...]
    points: Points
    more: Points
    groups: tuple[Group, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The running indices of the derivative."""
        return self.derivation[-1].target.axes

    @property
    def truth(self) -> Expr:
        """The derivative."""
        return self.derivation[-1].forms[0]


@lru_cache(maxsize=64)
def catalogue(network: Network, tensor: Tensor, index: tuple[Index, ...], seed: int = 0) -> Catalogue:
    """All alterations of the derivation of ∂C/∂(tensor[index]), evaluated once."""
    derivation = lines(network, tensor, index)
    largest = max([LARGEST, *(i for i in index if isinstance(i, int))])
    points, more = (Points(network, seed, n, largest) for n in (5, 7))
    target = derivation[-1].target.axes
    by_line: dict[int, dict[tuple[Axis, ...], list[tuple[Alteration, Array]]]] = {}
    for altered in alterations(network, derivation):
        place = derivation.index(altered.line)
        try:
            value, axes = points.over(altered.right, altered.line.target.axes)
        except NO_VALUE:
            continue
        by_line.setdefault(place, {}).setdefault(axes, []).append((altered, value))
    groups: list[Group] = []
    right, _ = points.over(derivation[-1].forms[0], target)
    for place in sorted(by_line, reverse=True):
        for axes, members in by_line[place].items():
            stack = np.concatenate([v for _, v in members])
            values, all_axes = _followed(points, derivation, place, (stack, axes))
            wrong = [k for k, v in enumerate(values) if all_axes != target or not _close(v, right[0])]
            groups.append(Group(all_axes, tuple(members[k][0] for k in wrong), values[wrong]))
    return Catalogue(derivation, points, more, tuple(groups))


def _followed(points: Points, derivation: tuple[Line, ...], place: int, value: Value) -> Value:
    """What alternatives for one line lead to at the last line."""
    given: dict[Tensor, Value] = {derivation[place].target: value}
    for line in derivation[place + 1 :]:
        if any(ref.tensor in given for ref in refs(line.forms[0])):
            given[line.target] = value = points.over(line.forms[0], line.target.axes, given)
    array, axes = value
    return np.broadcast_to(array, (given[derivation[place].target][0].shape[0], *array.shape[1:])), axes


def _close(a: Array, b: Array) -> bool:
    """Whether two arrays agree wherever both are numbers, and are numbers in the same places."""
    finite = np.isfinite(a)
    if not (np.array_equal(finite, np.isfinite(b)) and finite.any()):
        return False
    a, b = a[finite], b[finite]
    scale = np.abs(b).max()
    return bool(np.all(np.abs(a - b) <= 1e-8 * np.abs(b) + 1e-11 * scale + 1e-300))


# -- diagnosing ------------------------------------------------------------------------------------------------------


def diagnose(
    network: Network,
    tensor: Tensor,
    index: tuple[Index, ...],
    answer: Expr,
    *,
    transposed: Expr | None = None,
    decide: Deciding | None = None,
    seed: int = 0,
) -> Diagnosis | None:
    """The one simplest slip that leads from the derivation of ∂C/∂(tensor[index]) to ``answer``.

    ``None`` if nothing fits; kind "other" without a place if several kinds of slip fit equally well.
    """
    known = catalogue(network, tensor, index, seed)

    def confirmed(explained: Expr) -> str:
        return decide(network, explained, answer, known.axes) if decide else "undecided"

    if transposed is not None and _equal_values(known, transposed):
        status = decide(network, known.truth, transposed, known.axes) if decide else "undecided"
        return None if status == "different" else Diagnosis("transpose", "transposed", confirmed=status)
    ratio = _ratio(known, answer)
    if ratio is not None:
        scaled = Diagnosis(*_of_ratio(ratio, answer, network), ratio=ratio)
        status = confirmed(mul(_factor(ratio), known.truth))
        return None if status == "different" else Diagnosis(scaled.kind, scaled.detail, None, ratio, status)
    found = _fitting(known, answer)
    simplest = [a for a in found if a.rank == min(f.rank for f in found)]
    if len({a.kind for a in simplest}) > 1:
        return Diagnosis("other", "ambiguous")
    for altered in sorted(simplest, key=_size):
        status = confirmed(written_out(altered, known.derivation))
        if status != "different":
            return Diagnosis(altered.kind, altered.detail, altered, None, status)
    return None


def _size(altered: Alteration) -> tuple[bool, int]:
    """Of several places for the same slip a term says more than a sign, and the shortest line with it most."""
    return altered.detail == "sign_missing", count(altered.put(altered.old)) + count(altered.old)


def _fitting(known: Catalogue, answer: Expr) -> list[Alteration]:
    found: list[Alteration] = []
    try:
        value, axes = known.points.over(answer, known.axes)
    except NO_VALUE:
        return []
    for group in known.groups:
        if set(group.axes) == set(axes):
            mine = _aligned(value, axes, group.axes)[0]
            found += [a for a, v in zip(group.members, group.values, strict=True) if _close(v, mine)]
    return found


def _equal_values(known: Catalogue, answer: Expr) -> bool:
    try:
        value, axes = known.points.over(answer, known.axes)
    except NO_VALUE:
        return False
    return axes == known.axes and _close(value[0], known.points.over(known.truth, known.axes)[0][0])


N = sp.Symbol("n", positive=True)


def _ratio(known: Catalogue, answer: Expr) -> sp.Expr | None:
    """answer / derivative as c·nᵏ with a simple rational c, if it is that at every point."""
    found = []
    for points in (known.points, known.more):
        try:
            value, axes = points.over(answer, known.axes)
        except NO_VALUE:
            return None
        truth = points.over(known.truth, known.axes)[0]
        if axes != known.axes:
            return None
        finite = np.isfinite(truth) & np.isfinite(value)
        if not finite.any():
            return None
        truth, value = truth[finite], value[finite]
        large = np.abs(truth) > 1e-6 * np.abs(truth).max()
        if not large.any() or np.any(np.abs(value[~large]) > 1e-4 * np.abs(value).max()):
            return None
        with np.errstate(all="ignore"):
            ratios = value[large] / truth[large]
        if not np.all(np.isfinite(ratios)) or np.ptp(ratios) > 1e-8 * np.abs(ratios).max() or abs(ratios[0]) < 1e-9:
            return None
        found.append((float(ratios.mean()), points.samples))
    (first, n), (second, m) = found
    exponent = np.log(abs(second / first)) / np.log(m / n) if known.derivation[0].target.axes else 0.0
    if first * second < 0 or abs(exponent - round(exponent)) > 1e-6:
        return None
    c = sp.nsimplify(first / n ** round(exponent), rational=True, tolerance=1e-9)
    return c * N ** round(exponent) if c.q <= 24 and abs(c.p) <= 24 and c * N ** round(exponent) != 1 else None


def _factor(ratio: sp.Expr) -> Expr:
    c, rest = ratio.as_coeff_Mul()
    return mul(const(c), power(Size(SAMPLES), rest.as_base_exp()[1])) if rest.has(N) else const(ratio)


def _of_ratio(ratio: sp.Expr, answer: Expr, network: Network) -> tuple[str, str]:
    if ratio.has(N):
        return "wrong_normalisation", "constant_ratio"
    if ratio != -1:
        return "factor", "constant_ratio"
    return ("swapped_y_yhat", "swapped") if _target_first(answer, network) else ("sign", "sign_missing")


def _target_first(answer: Expr, network: Network) -> bool:
    """Whether y − ŷ is written somewhere: a sum in which the target is counted and other quantities are taken away."""

    def minus(term: Expr) -> bool:
        return any(isinstance(f, Const) and f.value.is_negative for f in factors_of(term))

    for node in walk(answer):
        if isinstance(node, Add):
            mine = [t for t in node.terms if refs(t) and all(r.tensor == network.y for r in refs(t))]
            others = [t for t in node.terms if t not in mine and refs(t)]
            if mine and others and not any(map(minus, mine)) and all(map(minus, others)):
                return True
    return False
