"""Numbers on the way back: the gradient at a point, and steps of gradient descent."""

from __future__ import annotations

from random import Random

from symnet.exercises.degenerate import glance, refuse
from symnet.exercises.difficulty import of_numbers
from symnet.exercises.draw import numbers
from symnet.exercises.kinds.shown import definitions, described, equations, given_numbers, names_of, say, together
from symnet.exercises.kinds.values import tolerance, value_parts
from symnet.exercises.quantities import worked_out
from symnet.exercises.template import Template
from symnet.exercises.variant import Variant
from symnet.network import Network
from symnet.render.definitions import update_rule
from symnet.render.display import Name, Row
from symnet.render.document import Block, Formulas


def draw(template: Template, rng: Random) -> Variant:
    """A network with numbers; asked for is what [ask] names under ``quantities``: ``dC/dw``, ``w(1)``, ``C(1)``.

    [data] may say how many ``samples`` there are and, with a ``rate``, how many ``steps`` are made.
    """
    network = template.drawn(rng)
    samples = template.whole("data", "samples", 1, 20)
    own = numbers(template, network, rng, samples=samples)
    glance(network, own)
    working = worked_out(network, own, backward=True)
    asked = [name for q in template.listed("quantities") for name in working.names_of(q)]
    refuse(working, own, asked, tolerance(template), backward=True)
    parts = value_parts(template, working, template.listed("quantities"))
    rule: list[Block] = [say("A step of gradient descent is"), _rule(network)] if own.steps else []
    given = together([
        say(described(network)),
        equations(network, "scalar"),
        *definitions(network, slopes=bool(template.ask.get("slopes", False))),
        say("It is given these numbers:" if samples == 1 else "It is given these parameters and samples:"),
        *given_numbers(network, own, samples=samples),
        *rule,
    ])  # fmt: skip
    needed = {p.name for p in parts}.union(*(working.needs(p.name) for p in parts)) & working.elements.keys()
    return Variant(template.name, 0, template.title, given, parts, of_numbers(working, needed), network, own)


def _rule(network: Network) -> Formulas:
    """How a parameter is updated, with the letters of the network's notation."""
    row = update_rule("gd", names_of(network).notation, Name("w"))
    return Formulas((Row(row.left, row.relation, row.right),))
