"""The slides on cost functions, gradient descent, the learning rate, and training."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp

from symnet.algebra.interpret import run
from symnet.costs import COSTS
from symnet.lecture.declared import POINTS, correction, formulas, matrix, neuron, picture, say, targets
from symnet.network import COST
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render import messages
from symnet.render.definitions import cost_definition, update_rule
from symnet.render.display import (
    Fraction,
    Listing,
    Name,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Row,
)
from symnet.render.document import Block, Formulas, Heading, Part, Table
from symnet.render.formula import number
from symnet.render.partials import second_rows

CREEPING, GOOD, DIVERGING = 0.05, 1.0, 2.04
"""Learning rates in units of 1/λmax: too small, good, too large."""


def cost_functions() -> list[Block]:
    indexed = LECTURE.with_(sample_sum="i", sample_mark="subscript")
    printed = LECTURE.with_(sample_sum="i")
    others = [c for c in COSTS.values() if c.name not in ("quadratic", "cross_entropy")]
    return [
        Heading("Cost functions", 1),
        say(
            "A cost function says how well the network does its task. The lecture's two, over ",
            Name("n"),
            " samples:",
        ),
        formulas(
            Row(Name("C"), "=", cost_definition(COSTS["quadratic"], indexed), "quadratic"),
            Row(Name("C"), "=", cost_definition(COSTS["cross_entropy"], indexed), "cross-entropy"),
        ),
        correction(
            "the slide prints ",
            cost_definition(COSTS["quadratic"], printed),
            " and ",
            cost_definition(COSTS["cross_entropy"], printed),
            ": the sample index is missing on the prediction and the target. The cross-entropy is that of two "
            "classes and "
            "needs a prediction strictly between 0 and 1. It carries 1/n, the quadratic cost does not.",
        ),
        Heading("Others"),
        say("Others, each with its normalisation:"),
        Table(
            ("cost", "definition"),
            tuple((messages.COSTS.get(c.name, c.name.replace("_", " ")), cost_definition(c, indexed)) for c in others),
        ),
    ]


def gradient_descent() -> list[Block]:
    return [
        Heading("Gradient descent", 1),
        say(
            "The gradient points to where the cost rises fastest, so each step goes the other way, by the "
            "learning rate ",
            Name(LECTURE.learning_rate),
            "; here ",
            Name("i"),
            " counts the steps:",
        ),
        formulas(update_rule("gd", LECTURE), update_rule("gd", LECTURE, Name("b"))),
        Heading("The path"),
        picture("contours", neuron(), x=POINTS, y=targets(), wrt="w_1,w_2", rate=0.005, w=[0, 0], b=0),
    ]


def _hessian() -> list[list[float]]:
    """The second derivatives of the neuron's cost on the six samples, from the derivation."""
    derivation = neuron().derive()
    x = np.array(POINTS, dtype=float)
    names = ("w_1", "w_2", "b")
    return [
        [float(derivation.hessian(v, w).lambdify()(0, 0, 0, x[:, 0], x[:, 1], 0 * x[:, 0])) for w in names]
        for v in names
    ]


def learning_rate() -> list[Block]:
    net = neuron()
    names = Names(net, LECTURE.with_(cost_arguments=False))
    second = net.derive().hessian("w_1", "w_2")
    hessian = _hessian()
    largest = float(np.linalg.eigvalsh(np.array(hessian))[-1])
    lam = Name("λ", sub=Name("max", "upright"))
    header: tuple[Part, ...] = (
        "step",
        *(Relation((Name("γ"), _over(factor, lam))) for factor in (CREEPING, GOOD, DIVERGING)),
    )
    runs = [_descend(factor / largest) for factor in (CREEPING, GOOD, DIVERGING)]
    rows = tuple((Number(str(step)), *(_scientific(run[step]) for run in runs)) for step in (0, 1, 2, 5, 10, 20, 50))
    return [
        Heading("Learning rate", 1),
        say("How large a step may be follows from the curvature of the cost, its second derivatives. One of them:"),
        Formulas(tuple(second_rows(second, names, "full"))),
        Heading("The curvature"),
        say(
            "For the quadratic cost of a linear neuron they do not depend on the weights. On the six samples "
            "used below the "
            "matrix of all of them is"
        ),
        formulas(
            Row(
                Listing((Power(Name("∇"), Number("2")), Name("C")), ""),
                "=",
                matrix([[round(v) for v in row] for row in hessian]),
            ),
            Row(lam, "≈", Number(f"{largest:.4f}"), "its largest eigenvalue"),
        ),
        Heading("Too small, good, too large"),
        say(
            "Gradient descent converges for ",
            Relation((Name("γ"), _over(2.0, lam)), "<"),
            " and diverges above. The cost after a number of steps, from weights of 0:",
        ),
        Table(header, rows),
        Heading("The paths"),
        picture("rates", net, x=POINTS, y=targets(), wrt="w_1,w_2", w=[0, 0], b=0),
    ]


def _small(value: float) -> Node:
    """A small number by powers of ten."""
    mantissa, _, power = f"{value:.2e}".partition("e")
    return Product((Number(mantissa), Power(Number("10"), number(sp.Integer(int(power))))), "·")


def _over(factor: float, lam: Node) -> Node:
    return Fraction(Number(f"{factor:g}"), lam)


@cache
def _descend(rate: float, steps: int = 50) -> tuple[float, ...]:
    """The cost before each of the steps and after the last, in floating point, through the interpreter."""
    net = neuron()
    inputs = np.array(POINTS, dtype=float)
    w, b = net.parameters
    env = {net.x: inputs, net.y: np.array(targets(), dtype=float), w: np.zeros(2), b: np.zeros(())}
    backward = net.derive().backward
    costs = []
    for _ in range(steps + 1):
        values = run([*net.equations, *(a.equation for a in backward)], env)
        costs.append(float(values[COST]))
        for a in backward:
            if a.of in (w, b):
                env[a.of] = env[a.of] - rate * values[a.equation.target]
    return tuple(costs)


def training() -> list[Block]:
    inputs = np.array(POINTS, dtype=float)
    costs: dict[int, float] = {}
    model = neuron().fit(
        inputs,
        np.array(targets(), dtype=float),
        learning_rate=0.02,
        epochs=200,
        initial="zeros",
        callbacks=[lambda epoch, cost, _: costs.__setitem__(epoch, cost)],
    )
    shown = [k for k in (1, 2, 5, 10, 50, 200) if k in costs]
    fitted = {name: np.atleast_1d(value) for name, value in model.parameters.items()}
    parameters = ", ".join(f"{float(v):.4f}".rstrip("0").rstrip(".") for name in ("w", "b") for v in fitted[name])
    return [
        Heading("Learning is training", 1),
        say(
            "The neuron is trained on six samples whose targets were computed with the weights of the slide on forward "
            "propagation, 3, 4 and 1; it begins with zeros and takes steps with ",
            Relation((Name("γ"), Number("0.02"))),
            ". The cost falls:",
        ),
        Table(("epoch", "cost"), tuple((Number(str(k)), _scientific(costs[k])) for k in shown)),
        say(f"and the parameters that it finds are {parameters}."),
        Heading("The cost, step by step"),
        picture("cost", neuron(), x=POINTS, y=targets(), w=[0, 0], b=0),
    ]


def _scientific(value: float) -> Node:
    return Number(f"{value:.4g}") if value >= 1e-3 else _small(value)
