"""Derive a partial derivative: by one weight, by an element with running indices, or by a whole matrix."""

from __future__ import annotations

from random import Random

from symnet.check.kept import derivation
from symnet.derive.derivation import Partial
from symnet.errors import SymnetError
from symnet.exercises.difficulty import of_formula
from symnet.exercises.kinds.shown import definitions, described, equations, names_of, say, together
from symnet.exercises.kinds.values import label
from symnet.exercises.template import FORMS, Template
from symnet.exercises.variant import Formula, Part, Variant
from symnet.network import Network
from symnet.render.display import Node, Relation, Row
from symnet.render.document import Formulas
from symnet.render.equations import activation_rows
from symnet.render.partials import partial_rows

IN_WORDS = {
    "scalar": "Derive",
    "index": "Derive, with running indices,",
    "matrix": "Derive, in matrix form,",
}


def draw(template: Template, rng: Random) -> Variant:
    """Which derivatives are asked for stands in [ask] under ``wrt``, and under ``form`` how they are to be written.

    Under ``count`` stands how many of those named are taken for one variant.
    """
    network = template.drawn(rng)
    form = template.among("form", FORMS, "scalar")
    among = named(template, network)
    count = min(template.whole("ask", "count", len(among)), len(among))
    chosen = sorted(rng.sample(range(len(among)), count))
    parts = tuple(partial_part(template, network, among[k], form, label(p)) for p, k in enumerate(chosen))
    given = together([
        say(described(network)),
        equations(network, "matrix" if form == "matrix" else "scalar" if form == "scalar" else "index"),
        *definitions(network),
    ])  # fmt: skip
    effort = sum(effort_of(network, among[k]) for k in chosen)
    return Variant(template.name, 0, template.title, given, parts, effort, network)


def named(template: Template, network: Network) -> list[str]:
    """What [ask] names under ``wrt``, as far as this network of the family has it.

    Raises SymnetError where it has nothing of it.
    """
    listed = template.listed("wrt")
    found = [wrt for wrt in listed if _is_there(network, wrt)]
    if not found:
        derivation(network).resolve(listed[0])
    return found


def _is_there(network: Network, wrt: str) -> bool:
    try:
        derivation(network).resolve(wrt)
    except SymnetError:
        return False
    return True


def partial_of(network: Network, wrt: str) -> Partial:
    """The derivative by a parameter or one of its elements."""
    return derivation(network).partial(wrt)


def effort_of(network: Network, wrt: str) -> int:
    """Factors of the chain, and what the result is made of."""
    partial = partial_of(network, wrt)
    return of_formula(partial.equation.right, len(partial.chain.factors))


def partial_part(template: Template, network: Network, wrt: str, form: str, letter: str) -> Part:
    """What is ∂C/∂w?"""
    partial = partial_of(network, wrt)
    names = names_of(network)
    (final,) = partial_rows(partial, form, names, "final")
    assert final.left is not None
    left = left_of(final)
    rows = partial_rows(partial, form, names, "full")
    slopes = [row for row in activation_rows(network, names)]
    return Part(
        letter,
        (f"{IN_WORDS[form]} ", left, "."),
        Formula(network, wrt, form, template.names),
        template.marks(wrt, 3),
        (Relation((left, final.right)),),
        together([Formulas((*slopes, *rows))]),
        ("Follow the chain from the cost back to ", wrt_node(partial, form), ": one factor for every step between."),
        wrt,
    )


def left_of(row: Row) -> Node:
    """The derivative itself, where a row begins with a name for it too."""
    left = row.left
    assert left is not None
    return left.operands[-1] if isinstance(left, Relation) else left


def wrt_node(partial: Partial, form: str) -> Node:
    """What is differentiated by, as it is written."""
    names = names_of(partial.derivation.network)
    if form == "matrix":
        return names.whole(partial.tensor)
    at = dict(zip(partial.tensor.axes, partial.index or (), strict=bool(partial.index)))
    return names.element(partial.tensor, tuple(at.get(a, a) for a in partial.tensor.axes))
