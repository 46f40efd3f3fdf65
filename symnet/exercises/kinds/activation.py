"""An activation function: its derivative as a formula, its value and its slope at a point."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import sympy as sp

from symnet.algebra.expressions import Expr, inline
from symnet.check.kept import Kept, derivation
from symnet.costs import custom, yhat
from symnet.exercises.difficulty import of_formula, of_numbers
from symnet.exercises.draw import choices, decimal
from symnet.exercises.kinds.shown import figure, names_of, say
from symnet.exercises.kinds.values import tolerance
from symnet.exercises.quantities import worked_out
from symnet.exercises.template import Template
from symnet.exercises.variant import Formula, Numbers, Part, Value, Variant
from symnet.network import Network
from symnet.notation.notation import notation
from symnet.render.definitions import activation_definition, activation_slope
from symnet.render.display import Call, Node, Relation, Row
from symnet.render.document import Block, Formulas

_plain: Kept[Network] = Kept(64)


def plain(network: Network) -> Network:
    """The activation alone: one unit whose weighted sum is called x, and whose cost is its output f(x)."""
    habits = notation(network.notation).with_(input="u", output_pre="x", prediction="v", cost="f", cost_arguments=False)
    layer = replace(network.layers[-1], units=1, bias=False)
    one = replace(network.inputs, units=1)
    return _plain.get(network, lambda: Network(one, layer, cost=custom(yhat), samples=1, notation=habits))


def draw(template: Template, rng: Random) -> Variant:
    """The activation is that of the network's last layer; ``x`` in [data] is where it is evaluated."""
    network = plain(template.drawn(rng))
    function = network.layers[0].function
    names = names_of(network)
    definition = activation_definition(function, names.notation)
    slope = activation_slope(function, names.notation)
    assert isinstance(slope.left, Call) and isinstance(definition.left, Call)
    point = rng.choice(choices(template, "x"))
    own = Numbers(
        {"w": sp.S.One}, point, sp.S.Zero, decimals=template.whole("data", "decimals", 3, 10),
        decimal=decimal(template),
    )  # fmt: skip
    working = worked_out(network, own, backward=True)
    at = figure(point, own)
    derive = Part(
        "a",
        ("Derive ", slope.left, "."),
        Formula(network, "x", "scalar", template.names),
        template.marks("derivative", 2),
        (Relation((slope.left, _written(network, slope))),),
        (Formulas((definition, slope)),),
        ("Use the rules of differentiation; then look for the function itself in the result.",),
        "slope",
    )
    parts = [derive]
    for letter, name, head, what in (
        ("b", "a1", definition.left.head, "value"),
        ("c", "dC/dz1", slope.left.head, "slope"),
    ):
        value = working[name].value
        shown = Call(head, (at,))
        exact = bool(value.is_Rational and not value.is_Float)
        row = Row(shown, "=" if exact else "≈", working.figure(value))
        asked = "." if exact else f", rounded to {own.decimals} decimals."
        parts.append(
            Part(
                letter,
                ("Compute ", shown, asked),
                Value(value, tolerance(template)),
                template.marks(what),
                (Relation((row.left, row.right), row.relation),) if row.left is not None else (),
                (Formulas((definition if what == "value" else slope, row)),),
                ("Put the number into the function.",) if what == "value" else ("Put the number into the derivative.",),
                name,
                ("a1",) if what == "slope" and _by_itself(network) else (),
            )
        )
    effort = of_formula(derivation(network).adjoints[network.pre_activation(1)].equation.right)
    effort += of_numbers(working, ("a1", "dC/dz1"))
    given: list[Block] = [say("An activation function is defined by"), Formulas((definition,))]
    for tensor, size in network.constants.items():
        symbol = names.constant(tensor)
        value = figure(sp.Rational(str(size)), own)
        given.append(say("where ", Relation((symbol, value)), "; leave the letter in formulas."))
    return Variant(template.name, 0, template.title, tuple(given), tuple(parts), effort, network, own)


def _written(network: Network, slope: Row) -> Node:
    """The derivative as the slope's definition has it, the unit's output by the function's own name."""
    return slope.right


def _by_itself(network: Network) -> bool:
    """Whether the slope is computed from the function's value, as σ′ = σ(1 − σ)."""
    right: Expr = derivation(network).adjoints[network.pre_activation(1)].equation.right
    return inline(right, network.equations[1]) != right
