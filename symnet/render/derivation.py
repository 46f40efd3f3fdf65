"""A derivation as sections of rows, in each of the three views, and printed in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symnet.derive.derivation import Derivation, Partial, Second
from symnet.derive.reverse import Adjoint
from symnet.derive.scalar import elements
from symnet.network import COST
from symnet.notation.names import Names
from symnet.render.display import Relation, Row
from symnet.render.document import Block, Formulas, Heading, write
from symnet.render.equations import (
    activation_rows,
    adjoint_rows,
    check_choice,
    condition_row,
    equation_rows,
    matrix_rows,
    names_for,
)
from symnet.render.latex import latex
from symnet.render.messages import HEADINGS
from symnet.render.partials import partial_rows, second_rows


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together, under a heading."""

    title: str
    rows: tuple[Row, ...]


def sections(derivation: Derivation, view: str, names: Names, level: str) -> list[Section]:
    """The derivation from the forward equations to the last gradient.

    Raises SymnetError for an unknown view or level, and for a scalar view of too many weights.
    """
    check_choice(view, level)
    if view != "scalar":
        names = Names(derivation.network, names.notation.with_(cost_arguments=False))
    return [
        *forward_sections(derivation, view, names, level),
        Section("backward", backward_rows(derivation, derivation.backward, view, names, level)),
        *condition_sections(derivation, names),
    ]


def forward_sections(derivation: Derivation, view: str, names: Names, level: str) -> list[Section]:
    """The forward equations, the cost and, unless only results are shown, what the activations' derivatives are."""
    if view == "scalar":
        derivation.scalars  # noqa: B018  refuses what is too large
    net = derivation.network
    forward = [eq for eq in net.equations if eq.target != COST]
    out = [
        Section("forward", tuple(r for eq in forward for r in equation_rows(net, eq, view, names))),
        Section("cost", tuple(equation_rows(net, net.equations[-1], view, names))),
    ]
    slopes = activation_rows(net, names)
    return [*out, Section("derivatives", tuple(slopes))] if slopes and level != "final" else out


def backward_rows(
    derivation: Derivation, adjoints: Sequence[Adjoint], view: str, names: Names, level: str
) -> tuple[Row, ...]:
    """The adjoints given, in the scalar view each by all of its elements."""
    rows: list[Row] = []
    for adjoint in adjoints:
        if view == "matrix":
            rows += matrix_rows(adjoint, names, level)
        elif view == "index":
            rows += adjoint_rows(derivation, adjoint, {}, names, level)
        else:
            for index in elements(adjoint.of, skip_samples=True):
                axes = [a for a in adjoint.of.axes if a.name != "s"]
                rows += adjoint_rows(derivation, adjoint, dict(zip(axes, index, strict=True)), names, level)
    return tuple(rows)


def condition_sections(derivation: Derivation, names: Names) -> list[Section]:
    """What the derivation assumes, if anything."""
    conditions = tuple(dict.fromkeys(c for adjoint in derivation.backward for c in adjoint.conditions))
    rows = tuple(condition_row(derivation.network, c, names) for c in conditions)
    return [Section("conditions", rows)] if rows else []


def show(derivation: Derivation, language: str, view: str, given: Any, level: str, **options: Any) -> str:
    """The whole derivation in a language."""
    names = names_for(derivation.network, given)
    return printed(sections(derivation, view, names, level), language, **options)


def show_partial(partial: Partial, language: str, view: str, given: Any, level: str, **options: Any) -> str:
    """One partial derivative in a language; without steps a single line."""
    names = names_for(partial.derivation.network, given)
    return printed_rows(partial_rows(partial, view, names, level), language, **options)


def show_second(second: Second, language: str, given: Any, level: str, **options: Any) -> str:
    """One second derivative in a language."""
    names = names_for(second.derivation.network, given)
    return printed_rows(second_rows(second, names, level), language, **options)


def printed(parts: Sequence[Section], language: str, **options: Any) -> str:
    """Sections with headings."""
    blocks: list[Block] = []
    for section in parts:
        if section.rows:
            blocks += [Heading(HEADINGS[section.title]), Formulas(section.rows)]
    return write(blocks, language, **options)


def printed_rows(rows: Sequence[Row], language: str, **options: Any) -> str:
    """Rows in a language; a single row without a reason is printed in LaTeX as a plain formula."""
    if len(rows) == 1 and language == "latex" and not options and rows[0].left is not None:
        return latex(Relation((rows[0].left, rows[0].right)))
    return write([Formulas(tuple(rows))], language, **options).rstrip("\n")
