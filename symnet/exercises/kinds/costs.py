"""Evaluate a cost: predictions and targets are given; of one model, or of two that are to be compared."""

from __future__ import annotations

from random import Random
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Ref
from symnet.derive.given import Key
from symnet.derive.numbers import Line, Pass, Worked, evaluate
from symnet.exercises.difficulty import of_numbers
from symnet.exercises.draw import Unsuitable, choices, decimal
from symnet.exercises.kinds.shown import figure, names_of, say
from symnet.exercises.kinds.values import value_part
from symnet.exercises.quantities import Element, Working
from symnet.exercises.template import Template
from symnet.exercises.variant import Choice, Numbers, Option, Part, Variant
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.render.definitions import cost_definition
from symnet.render.display import Name, Relation, Row
from symnet.render.document import Formulas, Table
from symnet.render.document import Part as Piece

BETTER = "better"
"""The name of the part that compares two models."""


def draw(template: Template, rng: Random) -> Variant:
    """``samples`` predictions (``yhat``) and targets (``y``) of [data]; ``compare`` in [ask] makes it two models."""
    network = template.drawn(rng)
    count = template.whole("data", "samples", 3, 20)
    models = 2 if template.ask.get("compare") else 1
    y = tuple(rng.choice(choices(template, "y")) for _ in range(count))
    predicted = [tuple(rng.choice(choices(template, "yhat")) for _ in range(count)) for _ in range(models)]
    own = Numbers(
        {_yhat(k): values for k, values in enumerate(predicted)}, None, y,
        decimals=template.whole("data", "decimals", 3, 10), decimal=decimal(template),
    )  # fmt: skip
    for values in predicted:
        residuals = [abs(a - b) for a, b in zip(values, y, strict=True)]
        if 0 in residuals or all(r in (1, 2) for r in residuals) or len(set(residuals)) < min(count, 3):
            raise Unsuitable("of residuals that are 0, alike, or hide the square")
    if len(set(choices(template, "y"))) == 2 and len(set(y)) == 1:
        raise Unsuitable("of targets that are all alike")
    workings = [_working(network, own, k) for k in range(models)]
    names = names_of(network)
    parts = []
    for k, working in enumerate(workings):
        letter = "ab"[k]
        part = value_part(template, working, working[_c(k)], letter, template.marks("C", 2), ())
        if models > 1:
            which = "first" if k == 0 else "second"
            tail = part.asked[2:] if len(part.asked) > 2 else ()
            end = (f" of the {which} model{tail[0] if isinstance(tail[0], str) else '.'}",)
            part = Part(**{**_fields(part), "asked": (*part.asked[:2], *end)})
        parts.append(part)
    if models > 1:
        parts.append(_better(template, [w[_c(k)].value for k, w in enumerate(workings)], workings))
    return Variant(
        template.name, 0, template.title, _given(network, own, names, models), tuple(parts),
        sum(of_numbers(w, w.elements) for w in workings), network, own,
    )  # fmt: skip


def _fields(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in Part.__dataclass_fields__}


def _yhat(model: int) -> str:
    return f"yhat({model})" if model else "yhat"


def _c(model: int) -> str:
    return f"C({model})" if model else "C"


def _working(network: Network, own: Numbers, model: int) -> Working:
    """The cost of the predictions, with its line."""
    values: dict[Key, sp.Expr] = {}
    for k, (p, t) in enumerate(zip(own.parameters[_yhat(model)], own.y, strict=True), 1):
        values[network.prediction, (k,)] = p
        values[network.y, (k,)] = t
    values |= {(t, ()): sp.Rational(str(v)) for t, v in network.constants.items()}
    right = network.equations[-1].right
    value = evaluate(right, values, len(own.y), own.decimals)
    line = Line(Ref(COST, ()), right, value)
    done = Worked(network, (Pass(values, (line,)),), len(own.y), own.decimals, None, own.decimal)
    return Working(network, done, {_c(model): Element(_c(model), line.left, 0, value, line)})


def _given(network: Network, own: Numbers, names: Names, models: int) -> tuple[Any, ...]:
    yhat = Name("y", accent="hat")
    heads = [yhat] if models == 1 else [yhat, Name("y", accent="hat", primes=1)]
    y = Name("y")
    rows: tuple[tuple[Piece, ...], ...] = tuple(
        (
            str(k + 1),
            *(figure(own.parameters[_yhat(m)][k], own) for m in range(models)),
            figure(own.y[k], own),
        )
        for k in range(len(own.y))
    )
    one = "A model predicts" if models == 1 else "Two models predict"
    which = () if models == 1 else (" (the first) and ", heads[1], " (the second)")
    return (
        say(f"{one} ", heads[0], *which, "; the targets are ", y, ". The cost is"),
        Formulas((Row(names.cost(False), "=", cost_definition(network.cost, names.notation)),)),
        Table(("sample", *heads, y), rows),
    )


def _better(template: Template, found: list[sp.Expr], workings: list[Working]) -> Part:
    """Which of the two has learned its task better?"""
    if abs(found[0] - found[1]) * 20 < max(found):
        raise Unsuitable("of two models that are nearly as good")
    first = bool(found[0] < found[1])
    relation = Relation((workings[0].figure(found[0]), workings[1].figure(found[1])), "<" if first else ">")
    why = ("The model with the lower cost is the better one.",)
    options = (
        Option(("the first model",), first, None if first else "other", () if first else why),
        Option(("the second model",), not first, None if not first else "other", () if not first else why),
    )
    return Part(
        "c",
        ("Which model performs its task better, as this cost measures it?",),
        Choice(options),
        template.marks(BETTER),
        (f"the {'first' if first else 'second'} model, since ", relation),
        (say("The lower the cost, the better the model: ", relation, "."),),
        ("The cost measures how far predictions are from their targets.",),
        BETTER,
        ("C", "C(1)"),
    )
