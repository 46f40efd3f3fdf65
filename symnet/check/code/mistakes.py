"""The mistakes that a wrong gradient is compared with, and the gradient that each of them leads to.

Each is the derivation with one alteration: of the result, of one backward or forward equation (edits.py), or of
the network as a whole.  They are a table of their own beside :mod:`symnet.check.explain`, for arrays go wrong in other
places than formulas (the axis of a sum, one sample for all, another array of the same shape), one mistake shows in
several gradients, and its sentence speaks of arrays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Apply, Equation, Expr, Ref, Tensor, add, mul, replace, terms_of, walk
from symnet.algebra.scalars import differentiate
from symnet.algebra.simplify import pending
from symnet.check.code import edits
from symnet.check.code.data import Trial, gradients
from symnet.check.code.edits import Edit
from symnet.check.explain.change import is_penalty
from symnet.costs import COSTS
from symnet.derive.reverse import Adjoint, adjoint_of
from symnet.errors import SymnetError
from symnet.network import Dense, Input, Network

Floats = NDArray[np.float64]
Gradients = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake, and the gradient that it leads to on a data set."""

    kind: str
    place: str
    says: str
    rank: int
    gradient: Callable[[int], Gradients]


def mistakes(network: Network, trials: Sequence[Trial]) -> Iterator[Mistake]:
    """Every mistake that is tried: of the result, of the backward and the forward pass, of the whole network."""
    yield from _of_the_result(network, trials)
    yield from _of_the_equations(network, trials)
    yield from _of_the_network(network, trials)


def _of_the_result(network: Network, trials: Sequence[Trial]) -> Iterator[Mistake]:
    def given_for(sources: Mapping[str, str], turned: bool = False) -> Callable[[int], Gradients]:
        """The right gradient, but with another parameter's (or, ``turned``, the transpose) for some parameters."""

        def gradient(k: int) -> Gradients:
            right = trials[k].gradient
            return {**right, **{p: right[q].T if turned else right[q] for p, q in sources.items()}}

        return gradient

    names = [p.name for p in network.parameters]
    shapes = {p: trials[0].gradient[p].shape for p in names}
    for p in names:
        if len(shapes[p]) == 2:
            says = "rows and columns are exchanged; a gradient has its parameter's shape, inputs × units"
            yield Mistake("transpose", f"∂C/∂{p}", says, 0, given_for({p: p}, turned=True))
    for p, q in permutations(names, 2):
        if p < q:
            says = "the two results have changed places"
            yield Mistake("wrong_layer", f"∂C/∂{p} and ∂C/∂{q}", says, 0, given_for({p: q, q: p}))
        if shapes[p] == shapes[q]:
            yield Mistake("wrong_layer", f"∂C/∂{p}", f"the result is ∂C/∂{q}", 1, given_for({p: q}))


def _of_the_equations(network: Network, trials: Sequence[Trial]) -> Iterator[Mistake]:
    counts = sorted({t.samples for t in trials})
    adjoints = network.derive().backward
    lists = {n: list(_altered(network, adjoints, next(t for t in trials if t.samples == n))) for n in counts}
    for versions in zip(*lists.values(), strict=True):
        by_count = dict(zip(counts, versions, strict=True))
        first = versions[0]

        def gradient(k: int, by_count: Mapping[int, Altered] = by_count) -> Gradients:
            altered = by_count[trials[k].samples]
            return gradients(network, altered.forward, altered.backward, trials[k].given)

        yield Mistake(first.edit.kind, first.place, first.edit.says, first.edit.rank, gradient)


@dataclass(frozen=True, slots=True)
class Altered:
    """The equations with one mistake in them."""

    edit: Edit
    place: str
    forward: Sequence[Equation]
    backward: Sequence[Equation]


def _altered(network: Network, adjoints: Sequence[Adjoint], trial: Trial) -> Iterator[Altered]:
    backward = [Equation(a.equation.target, _by_parts(a)) for a in adjoints]
    shapes = {t: tuple(axis.size for axis in t.axes) for t in trial.values if t.axes}
    penalties = _penalties(adjoints)
    for k, adjoint in enumerate(adjoints):
        best: dict[Expr, Edit] = {}
        above = {adjoints[j].equation.target: shapes[adjoints[j].of] for j in range(k) if adjoints[j].of.axes}
        for form in _forms(adjoint):
            for edit in _edits(network, adjoint, form, {**shapes, **above}, trial.samples, penalties):
                if edit.right not in best or edit.rank < best[edit.right].rank:
                    best[edit.right] = edit
        for edit in best.values():
            changed = Equation(adjoint.equation.target, edit.right)
            version = [*backward[:k], changed, *backward[k + 1 :]]
            yield Altered(edit, f"∂C/∂{adjoint.of.name}", network.equations, version)
    raw = [Equation(a.equation.target, _unnamed(a)) for a in adjoints]
    for k, equation in enumerate(network.equations[:-1]):
        for edit in _forward_edits(network, equation, shapes, trial.samples):
            forward = [*network.equations[:k], Equation(equation.target, edit.right), *network.equations[k + 1 :]]
            for version in (backward, raw) if raw != backward else (backward,):
                yield Altered(edit, f"the forward pass ({equation.target.name})", forward, version)


def _forms(adjoint: Adjoint) -> list[Expr]:
    """The right side in all the forms that the derivation went through once everything was differentiated."""
    return list(dict.fromkeys(step.expr for step in reversed(adjoint.steps) if not pending(step.expr)))


def _by_parts(adjoint: Adjoint) -> Expr:
    """The right side before anything was put in for the error from above, so that a mistake in that one propagates."""
    before = [s.expr for s in adjoint.steps[: _substituted(adjoint)] if not pending(s.expr)]
    return before[-1] if before else adjoint.equation.right


def _unnamed(adjoint: Adjoint) -> Expr:
    """The right side in its first complete form, with σ′(z) not yet written by the unit's output."""
    before = [s.expr for s in adjoint.steps[: _substituted(adjoint)] if not pending(s.expr)]
    return before[0] if before else adjoint.equation.right


def _substituted(adjoint: Adjoint) -> int:
    return next((k for k, s in enumerate(adjoint.steps) if "substitute" in s.rules), len(adjoint.steps))


def _edits(
    network: Network,
    adjoint: Adjoint,
    form: Expr,
    shapes: edits.Shapes,
    samples: int,
    penalties: Mapping[int, tuple[Tensor, Expr]],
) -> Iterator[Edit]:
    of = adjoint.of
    last = of in (network.prediction, network.pre_activation(network.depth))
    outputs = next(iter(network.unit_axes[-1]), None) if last else None
    yield from edits.swapped(form, network.y, network.prediction)
    yield from _everywhere(
        form,
        (edits.left_out(of), edits.signs, edits.sums(samples), edits.confused(shapes), edits.other_derivative(network)),
    )
    yield from edits.scaled(form, outputs, bool(network.sample_axes))
    yield from edits.summed_too_far(form, of.axes)
    if of.role == "pre" and form == adjoint.equation.right:
        if not network.layers[of.layer - 1].function.is_linear:
            yield from edits.not_carried_back(of, adjoint_of(network.unit(of.layer)))
        yield from _derivative_again(network, of, form)
    if of.role == "bias" and of.layer in penalties:
        weight, penalty = penalties[of.layer]
        uses: dict[Expr, Expr] = {
            node: of() for node in walk(penalty) if isinstance(node, Ref) and node.tensor == weight
        }
        yield Edit(add(form, replace(penalty, uses)), "other", "the bias is regularised, but only weights are", 1)


def _penalties(adjoints: Sequence[Adjoint]) -> dict[int, tuple[Tensor, Expr]]:
    """The regulariser's term in the gradient of every layer's weights."""
    terms = ((a.of, t) for a in adjoints if a.of.role == "weight" for t in terms_of(a.equation.right))
    return {of.layer: (of, t) for of, t in terms if is_penalty(t)}


def _everywhere(form: Expr, locals_: Iterable[edits.Local]) -> Iterator[Edit]:
    for local in locals_:
        yield from edits.everywhere(form, local)


def _derivative_again(network: Network, of: Tensor, form: Expr) -> Iterator[Edit]:
    """The last layer's σ′ is there although it has cancelled, or a hidden layer's is there twice."""
    function = network.layers[of.layer - 1].function
    if function.normalised or function.is_linear:
        return
    definition = next(e.right for e in network.equations if e.target == network.unit(of.layer))
    if isinstance(definition, Apply):
        again = Apply(differentiate(definition.function), definition.arguments)
        yield Edit(
            mul(form, again), "other", f"the activation's derivative {edits.prime(again)} is there once too often", 2
        )


def _forward_edits(network: Network, equation: Equation, shapes: edits.Shapes, samples: int) -> Iterator[Edit]:
    known = {
        t: s
        for t, s in shapes.items()
        if t.role in ("input", "unit", "pre", "weight") and t.layer <= equation.target.layer
    }
    known.pop(equation.target, None)
    earlier = {t: s for t, s in known.items() if t.role != "unit" or t.layer < equation.target.layer}
    for edit in _everywhere(
        equation.right, (edits.left_out(equation.target), edits.sums(samples), edits.confused(earlier))
    ):
        if set(edit.right.axes) <= set(equation.target.axes):
            yield edit
    right = equation.right
    if isinstance(right, Apply):
        yield Edit(right.arguments[0], "other", "the activation is not applied", 1)
        for name in edits.COMMON[1:]:
            if name != right.function.name:
                function = ACTIVATIONS[name].function
                yield Edit(
                    Apply(function, right.arguments[:1]), "other", f"{name} is applied, not {right.function.name}", 2
                )


# -- another network ---------------------------------------------------------------------------------------------------


def _of_the_network(network: Network, trials: Sequence[Trial]) -> Iterator[Mistake]:
    """The right gradient of a network with another cost or activation."""
    for other, kind, place, says in _others(network):
        equations = [a.equation for a in other.derive().backward]

        def gradient(k: int, other: Network = other, equations: Sequence[Equation] = equations) -> Gradients:
            return gradients(other, other.equations, equations, {**trials[k].given, **_new_constants(other, trials[k])})

        yield Mistake(kind, place, says, 3, gradient)


def _new_constants(other: Network, trial: Trial) -> dict[Tensor, Floats]:
    return {t: np.asarray(v, dtype=np.float64) for t, v in other.constants.items() if t not in trial.given}


OFTEN = ("sum_of_squares", "quadratic", "mse", "half_mse", "cross_entropy", "categorical_cross_entropy")
"""Costs that are often taken for one another."""


def _others(network: Network) -> Iterator[tuple[Network, str, str, str]]:
    own = network.cost
    for name in OFTEN:
        cost = COSTS[name]
        if name == own.name:
            continue
        ratio, alike = cost.factor / own.factor, cost.element == own.element and cost.outer == own.outer
        kind = ("factor" if ratio.is_number else "wrong_normalisation") if alike else "other"
        with contextlib.suppress(SymnetError):
            yield (
                _like(network, cost=name),
                kind,
                "the whole gradient",
                f"the cost is {name}, it should be {own.name}",
            )
    for k, layer in enumerate(network.layers):
        if layer.function.normalised:
            continue
        for name in edits.COMMON:
            if name != layer.function.name:
                says = f"the activation is {name} throughout, it should be {layer.function.name}"
                layers = (*network.layers[:k], Dense(layer.units, name, layer.bias), *network.layers[k + 1 :])
                yield _like(network, layers=layers), "other", f"layer {k + 1}", says


def _like(network: Network, cost: str | None = None, layers: tuple[Dense, ...] | None = None) -> Network:
    return Network(
        Input(network.inputs.units),
        *(layers or network.layers),
        cost=cost or network.cost,
        regulariser=network.regulariser,
        samples=network.samples,
    )
