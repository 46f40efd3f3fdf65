"""From indices to matrices: a derivative is given by its elements and wanted as a product of matrices."""

from __future__ import annotations

from random import Random

from symnet.exercises.kinds.partial import effort_of, named, partial_of, partial_part
from symnet.exercises.kinds.shown import definitions, described, equations, names_of, say, together
from symnet.exercises.template import Template
from symnet.exercises.variant import Variant
from symnet.render.document import Formulas
from symnet.render.partials import partial_rows


def draw(template: Template, rng: Random) -> Variant:
    """What is converted stands in [ask] under ``wrt``: whole parameters, ``W1``."""
    network = template.drawn(rng)
    wrt = rng.choice(named(template, network))
    partial, names = partial_of(network, wrt), names_of(network)
    (final,) = partial_rows(partial, "index", names, "final")
    part = partial_part(template, network, wrt, "matrix", "a")
    hint = ("A sum over an index that two factors share is a product of matrices; transpose so that it stands inside.",)
    left = part.short[0].operands[0]  # type: ignore[union-attr]
    asked = ("Write it in matrix form, as one formula for ", left, "; derivatives by weighted sums may stand in it.")
    part = type(part)("a", asked, part.answer, part.marks, part.short, part.solution, hint, part.name)
    way = "inputs × units" if names.notation.orientation == "inputs x units" else "units × inputs"
    layout = f" Samples are the {names.notation.layout} of the data." if network.sample_axes else ""
    given = together([
        say(described(network), f" A weight matrix is {way}.{layout}"),
        equations(network, "matrix"),
        *definitions(network),
        say("By elements, the derivative is"),
        Formulas((final,)),
    ])  # fmt: skip
    return Variant(template.name, 0, template.title, given, (part,), effort_of(network, wrt), network)
