"""Parts that ask for numbers: one for each element of the quantities that a template names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symnet.derive.numbers import Update
from symnet.exercises.kinds.shown import together
from symnet.exercises.quantities import Element, Working, parsed
from symnet.exercises.template import Template
from symnet.exercises.variant import Part, Value
from symnet.render.display import Relation
from symnet.render.document import Formulas
from symnet.render.document import Part as Piece

TOLERANCE = sp.Rational(1, 200)
"""How far a decimal may be off: three decimals asked for, two of them counted, as rounding adds up on the way."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

HINTS = {
    "z": "Multiply each input of the unit by its weight, add the products and the bias.",
    "a": "Apply the activation function to the weighted sum of the same unit.",
    "C": "Put the predictions and the targets into the cost, one sample after another.",
    "dC/dz": "Go one factor of the chain further than the derivative before it.",
    "dC/da": "The unit reaches the cost through every weight that leads on from it.",
    "dC/dw": "The derivative of the weighted sum by a weight is the number that the weight multiplies.",
    "dC/db": "The derivative of the weighted sum by its bias is 1.",
    "step": "Subtract the learning rate times the derivative from the parameter.",
}


def label(place: int) -> str:
    """a, b, …, z, aa, ab …"""
    first, second = divmod(place, len(LETTERS))
    return (LETTERS[first - 1] if first else "") + LETTERS[second]


def tolerance(template: Template) -> sp.Rational:
    """What a template says, or the usual."""
    from symnet.exercises.draw import exact

    given = template.ask.get("tolerance")
    return TOLERANCE if given is None else exact(given, f"{template.name}: tolerance")


def value_parts(template: Template, working: Working, quantities: Sequence[str], first: int = 0) -> tuple[Part, ...]:
    """A part for each element of the quantities, in the order given."""
    asked = [(q, name) for q in quantities for name in working.names_of(q)]
    done: list[str] = []
    parts: list[Part] = []
    for place, (quantity, name) in enumerate(asked, first):
        uses = tuple(n for n in done if n in working.needs(name))
        parts.append(value_part(template, working, working[name], label(place), template.marks(quantity), uses))
        done.append(name)
    return tuple(parts)


def value_part(
    template: Template, working: Working, element: Element, letter: str, marks: int, uses: tuple[str, ...]
) -> Part:
    """What is one number?"""
    shown, value = working.shown(element), element.value
    rational = value.is_Rational and not value.is_Float
    figure = working.figure(value)
    when = "" if not element.step or isinstance(element.made, Update) else after(element.step)
    rounded = "" if rational else f", rounded to {working.done.digits} decimals"
    asked: list[Piece] = ["Compute ", shown, f"{when}{rounded}."]
    rows = [row for one in _way(working, element, uses) for row in working.rows(one)]
    return Part(
        letter,
        tuple(asked),
        Value(value, tolerance(template)),
        marks,
        (Relation((shown, figure), "=" if rational else "≈"),),
        together([Formulas(tuple(rows))]),
        (HINTS[hint_of(element)],),
        element.name,
        uses,
    )


def after(step: int) -> str:
    """When a quantity is meant."""
    return " after the step" if step == 1 else f" after {step} steps"


def _way(working: Working, element: Element, uses: Sequence[str]) -> Iterator[Element]:
    """What has to be worked out that earlier parts did not ask for, and the element itself."""
    known = set(uses)
    for name in uses:
        known |= working.needs(name)
    wanted = working.needs(element.name) - known
    yield from (one for name, one in working.elements.items() if name in wanted)
    yield element


def hint_of(element: Element) -> str:
    """Which hint belongs to a quantity."""
    tensor, _, step = parsed(element.name)
    if step and not tensor.startswith("dC/") and tensor[0] in "wWb":
        return "step"
    name = tensor.removeprefix("dC/d")
    kind = name[0].lower() if name[0] != "C" else "C"
    return f"dC/d{kind}" if tensor.startswith("dC/") else kind
