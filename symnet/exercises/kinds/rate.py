"""The effect of the learning rate: one weight, a quadratic cost, and what gradient descent does on it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import sympy as sp

from symnet.check.kept import derivation
from symnet.errors import SymnetError
from symnet.exercises.difficulty import of_numbers
from symnet.exercises.draw import listed, numbers
from symnet.exercises.kinds.shown import described, equations, figure, given_numbers, names_of, say, together
from symnet.exercises.kinds.values import label, tolerance, value_parts
from symnet.exercises.quantities import worked_out
from symnet.exercises.template import Template
from symnet.exercises.variant import Choice, Numbers, Option, Part, Value, Variant
from symnet.network import Network
from symnet.render.definitions import update_rule
from symnet.render.display import Fraction, Name, Number, Partial, Product, Relation, Row, Terms
from symnet.render.document import Formulas
from symnet.render.partials import second_rows

CURVATURE, BOUND, BEHAVIOUR = "curvature", "bound", "behaviour"
"""The names of the parts that ask for C″, for the largest useful learning rate, and for what happens."""

BEHAVIOURS = {
    "creeps": "approaches the minimum from one side, in ever smaller steps",
    "hits": "is at the minimum after one step",
    "swings": "jumps from one side of the minimum to the other and comes closer",
    "diverges": "jumps from one side of the minimum to the other and gets farther away",
}


FACTORS = [sp.Rational(1, 2), sp.S.One, sp.Rational(3, 2), sp.Integer(3)]
"""Learning rates, as multiples of the inverse curvature."""


def behaviour(product: sp.Rational) -> str:
    """What happens, by the learning rate times the second derivative."""
    if product <= 0 or product == 2:
        raise SymnetError(f"a learning rate of {product} times the inverse curvature neither converges nor diverges")
    return "creeps" if product < 1 else "hits" if product == 1 else "swings" if product < 2 else "diverges"


def draw(template: Template, rng: Random) -> Variant:
    """[data] says under ``factors`` what the learning rate may be, as a multiple of 1/C″; ``samples`` how many."""
    network = template.drawn(rng)
    if len(network.parameters) != 1 or network.parameters[0].axes:
        raise SymnetError(f"{template.name}: the effect of the rate is shown on one weight; use '1 -> 1 linear nobias'")
    samples = template.whole("data", "samples", 2, 20)
    own = replace(numbers(template, network, rng, samples=samples), steps=0)
    curvature = curvature_of(network, own)
    factor = rng.choice(listed(template, "factors") if "factors" in template.data else FACTORS)
    own = replace(own, rate=factor / curvature, steps=template.whole("data", "steps", 2, 10))
    working = worked_out(network, own, backward=True)
    names = names_of(network)
    steps = [f"w({k})" for k in range(1, own.steps + 1)]
    parts = [
        _curvature(template, network, own, curvature),
        _bound(template, own, curvature),
        *value_parts(template, working, steps, 2),
    ]
    parts.append(_behaviour(template, own, factor, curvature, len(parts)))
    row = update_rule("gd", names.notation, Name("w"))
    given = together([
        say(described(network)),
        equations(network, "scalar"),
        say("It is given this weight and these samples:"),
        *given_numbers(network, replace(own, rate=None), samples=samples),
        say("Gradient descent with ", Relation((_gamma(names), figure(own.rate, own))), " makes steps"),
        Formulas((Row(row.left, row.relation, row.right),)),
    ])  # fmt: skip
    effort = 4 + of_numbers(working, [n for n in working.elements if not n.startswith(("C", "z"))])
    return Variant(template.name, 0, template.title, given, tuple(parts), effort, network, own)


def curvature_of(network: Network, own: Numbers) -> sp.Rational:
    """C″, from the derivation: it is constant for a linear neuron and a quadratic cost."""
    second = derivation(network).hessian("w", "w").expr
    if sp.Symbol("w") in second.free_symbols or any(s.name == "w" for s in second.free_symbols):
        raise SymnetError("the second derivative of this cost depends on the weight; use a quadratic cost")
    at = [worked_out(network, replace(own, parameters={"w": w}), backward=True)["dC/dw"].value for w in (0, 1)]
    return at[1] - at[0]


def _gamma(names: object) -> Name:
    return Name(names.notation.learning_rate)  # type: ignore[attr-defined]


def _curvature(template: Template, network: Network, own: Numbers, curvature: sp.Rational) -> Part:
    names = names_of(network)
    w = names.element(network.parameters[0], ())
    left = Partial(names.cost(False), (w, w))
    rows = second_rows(derivation(network).hessian("w", "w"), names, "full")
    shown = figure(curvature, own)
    return Part(
        "a",
        ("Compute the second derivative ", left, " for these samples."),
        Value(curvature, tolerance(template)),
        template.marks(CURVATURE, 2),
        (Relation((left, shown)),),
        (Formulas((*rows, Row(None, "=", shown, "the inputs put in"))),),
        ("Differentiate the derivative once more; the targets and the weight drop out.",),
        CURVATURE,
    )


def _bound(template: Template, own: Numbers, curvature: sp.Rational) -> Part:
    gamma = Name("γ")
    value = 2 / curvature
    second = Partial(Name("C"), (Name("w"), Name("w")))
    error = Terms((("+", Number("1")), ("-", Product((gamma, second)))))
    return Part(
        "b",
        ("Below which learning rate does gradient descent converge?",),
        Value(value, min(tolerance(template), value / 20)),
        template.marks(BOUND, 2),
        (Relation((gamma, figure(value, own)), "<"),),
        (
            say("A step multiplies the distance from the minimum by ", error, "; it shrinks if this is from −1 to 1."),
            Formulas((Row(gamma, "<", Relation((Fraction(Number("2"), second), figure(value, own)))),)),
        ),
        ("By which factor does one step multiply the distance from the minimum?",),
        BOUND,
        (CURVATURE,),
    )  # fmt: skip


def _behaviour(template: Template, own: Numbers, factor: sp.Rational, curvature: sp.Rational, place: int) -> Part:
    right = behaviour(factor)
    rest = Terms((("+", Number("1")), ("-", Product((figure(own.rate, own), figure(curvature, own)), "·"))))
    multiplied = Relation((rest, figure(1 - factor, own)))
    why = ("A step multiplies the distance from the minimum by ", multiplied, ".")
    options = tuple(
        Option((f"It {text}.",), name == right, None if name == right else "other", () if name == right else why)
        for name, text in BEHAVIOURS.items()
    )
    return Part(
        label(place),
        ("What does gradient descent do with this learning rate?",),
        Choice(options),
        template.marks(BEHAVIOUR, 2),
        (f"It {BEHAVIOURS[right]}.",),
        (say("A step multiplies the distance from the minimum by ", multiplied, f". It {BEHAVIOURS[right]}."),),
        ("Compare the learning rate with the inverse of the second derivative, and with twice that.",),
        BEHAVIOUR,
        (CURVATURE, BOUND),
    )
