"""A forward pass with numbers: weighted sums, units, prediction and cost, each a part of its own."""

from __future__ import annotations

from random import Random

from symnet.exercises.degenerate import refuse
from symnet.exercises.difficulty import of_numbers
from symnet.exercises.draw import numbers
from symnet.exercises.kinds.shown import definitions, described, equations, given_numbers, say, together
from symnet.exercises.kinds.values import tolerance, value_parts
from symnet.exercises.quantities import worked_out
from symnet.exercises.template import Template
from symnet.exercises.variant import Variant


def draw(template: Template, rng: Random) -> Variant:
    """A network with numbers; asked for is what [ask] names under ``quantities``."""
    network = template.drawn(rng)
    own = numbers(template, network, rng)
    working = worked_out(network, own)
    quantities = template.listed("quantities")
    asked = [name for q in quantities for name in working.names_of(q)]
    refuse(working, own, asked, tolerance(template), backward=False)
    parts = value_parts(template, working, quantities)
    given = together([
        say(described(network)),
        equations(network, "scalar", cost=any(q.startswith("C") for q in quantities)),
        *definitions(network),
        say("It is given these numbers:"),
        *given_numbers(network, own),
    ])  # fmt: skip
    needed = {p.name for p in parts}.union(*(working.needs(p.name) for p in parts)) & working.elements.keys()
    return Variant(template.name, 0, template.title, given, parts, of_numbers(working, needed), network, own)
