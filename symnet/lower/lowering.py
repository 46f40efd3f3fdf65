"""From equations to a function of statements, in stages that can each be looked at.

    stage           Input                       Output
    needed          equations, outputs          the equations that the outputs depend on
    stable          equations                   equations that neither overflow nor lose digits, and by which rules
    normal_form     an equation                 equations without nested or repeated sums
    calls_apart     an equation                 equations whose loops call functions or sum, not both
    with_rows       an equation                 the same, its products of matrices from factors that lie as rows
    declared        equations, inputs           names, lengths, and which array is what
    loops           an equation, names          products of matrices; loops over elements as they lie
    lower           all of these                a :class:`~symnet.lower.statements.Function`

A printer in :mod:`symnet.emit` only writes down what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import sympy as sp

from symnet.algebra.expressions import Axis, Equation, Largest, Size, Sum, Tensor, refs, terms_of, walk
from symnet.lower.loops import loops, samples_of
from symnet.lower.normal import calls_apart, needed, normal_form
from symnet.lower.plain import equation_text
from symnet.lower.products import with_rows
from symnet.lower.scalars import Quantities
from symnet.lower.stable import Stable, flat, stable
from symnet.lower.statements import Array, Assign, Extent, Function, Length, Name, Number, Section, Statement


def lower(
    name: str,
    about: str,
    equations: Sequence[Equation],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    constants: Mapping[Tensor, float],
    reserved: tuple[str, ...] = (),
    blocks: bool = False,
) -> Function:
    """Equations → the function that computes ``outputs`` from ``inputs``.

    Outputs without axes are returned as numbers, the others are written into arrays that the caller gives, after the
    inputs; so are all quantities in between.  ``reserved`` are identifiers that the function must not use.  With
    ``blocks`` sums over the samples are taken in blocks whose sums are added in double precision.
    """
    groups = stabilised(equations, outputs)
    everything = [part for _, parts in groups for part in parts]
    quantities = declared(everything, inputs, constants, (*reserved, name))

    used = {ref for part in everything for ref in _tensors(part)}
    body: list[Statement] = [*lengths(inputs, everything, quantities)]
    for tensor, value in constants.items():
        if tensor in used:
            body.append(Assign(Name(quantities.tensor(tensor)), Number(sp.Float(value))))
    doubles: list[Tensor] = []
    for group, parts in groups:
        made: list[Statement] = []
        for part in parts:
            wide = None
            if blocks and any(samples_of(term, quantities) for term in terms_of(part.right)):
                wide = Tensor(f"{part.target.name}_sum", part.target.axes, "sum")
                doubles.append(wide)
            inner = loops(part, quantities, wide, products=True)
            made += inner if _same_text(parts, group) else [Section(equation_text(part), inner)]
        body.append(Section(equation_text(group.of), tuple(made), "; ".join(group.rules)))
    between = [part.target for part in everything if part.target not in outputs]
    return Function(
        name,
        about,
        tuple(array(t, quantities) for t in inputs),
        tuple(array(t, quantities) for t in outputs if t.axes),
        (
            *(array(t, quantities) for t in between if t.axes),
            *(replace(array(t, quantities), double=True) for t in doubles if t.axes),
        ),
        tuple(body),
        tuple(array(t, quantities) for t in outputs if not t.axes),
    )


def stabilised(equations: Sequence[Equation], outputs: Sequence[Tensor]) -> list[tuple[Stable, list[Equation]]]:
    """Equations → those that the outputs need, each with the equations in normal form that compute it."""
    groups = stable(needed(equations, outputs))
    kept = {equation.target for equation in needed(flat(groups), outputs)}
    number = count(1)
    out = []
    for group in groups:
        parts = [e for e in group.equations if e.target in kept]
        normal = [part for e in parts for part in normal_form(e, number)]
        if parts:
            apart = [part for e in normal for part in calls_apart(e, number)]
            out.append((group, [part for e in apart for part in with_rows(e)]))
    return out


def _same_text(parts: Sequence[Equation], group: Stable) -> bool:
    return len(parts) == 1 and equation_text(parts[0]) == equation_text(group.of)


def declared(
    equations: Sequence[Equation],
    inputs: Sequence[Tensor],
    constants: Mapping[Tensor, float],
    reserved: tuple[str, ...] = (),
) -> Quantities:
    """Equations and inputs → a name for everything, in the order in which a reader meets it."""
    quantities = Quantities(reserved)
    for tensor in (*inputs, *constants, *(equation.target for equation in equations)):
        quantities.tensor(tensor)
    for axis in _axes(equations):
        quantities.axis(axis)
        quantities.length(axis)
    for tensor in inputs:
        for axis in tensor.axes:
            quantities.length(axis)
    return quantities


def lengths(inputs: Sequence[Tensor], equations: Sequence[Equation], quantities: Quantities) -> tuple[Extent, ...]:
    """Every run-time length that the equations need, read off the first input that has it."""
    wanted: dict[Length, None] = dict.fromkeys(quantities.length(a) for a in _axes(equations))
    found: dict[Length, Extent] = {}
    for tensor in inputs:
        for dimension, axis in enumerate(tensor.axes):
            length = quantities.length(axis)
            if isinstance(length, str) and length in wanted and length not in found:
                found[length] = Extent(length, quantities.tensor(tensor), dimension)
    return tuple(found.values())


def array(tensor: Tensor, quantities: Quantities) -> Array:
    """The variable that holds ``tensor``, with its lengths."""
    return Array(quantities.tensor(tensor), tensor.name, tuple(map(quantities.length, tensor.axes)))


def _tensors(equation: Equation) -> set[Tensor]:
    return {ref.tensor for ref in refs(equation.right)}


def _axes(equations: Sequence[Equation]) -> tuple[Axis, ...]:
    found: dict[Axis, None] = {}
    for equation in equations:
        found |= dict.fromkeys(equation.target.axes)
        for node in walk(equation.right):
            if isinstance(node, Sum | Largest | Size):
                found[node.axis] = None
    return tuple(found)
