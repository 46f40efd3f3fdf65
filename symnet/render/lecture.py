"""The whole lecture, slide by slide, from symbolic declarations: every formula derived, every number computed.

Where the lecture as printed is wrong, a note says what was printed, what is right, and why.
The slides follow Barzideh 2021, “Introduction to Neural Networks”.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Tensor, inline
from symnet.algebra.interpret import run
from symnet.costs import COSTS
from symnet.derive.numbers import Worked
from symnet.network import COST, Dense, Input, Network
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render.definitions import activation_definition, activation_slope, cost_definition, update_rule
from symnet.render.derivation import equation_rows, matrix_row, partial_rows, second_rows
from symnet.render.display import (
    Call,
    Fraction,
    Listing,
    Matrix,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Row,
    Terms,
    Transpose,
)
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table, write
from symnet.render.formula import formula, number
from symnet.render.matrix import matrix_formula
from symnet.render.numbers import decimals, forward_rows

X, W, B = [1, 2], [3, 4], 1
"""The lecture's neuron: inputs, weights, bias."""

X3 = [1, 2, 3]
W1 = [[4, 3, 1, 1], [1, 4, 4, 3], [3, 4, 3, 2]]
W2 = [4, 2, 1, 3]
"""The lecture's network with a hidden layer: inputs, weights (inputs × units), output weights."""

POINTS = [[0, 1], [1, 0], [1, 1], [2, 1], [1, 2], [2, 3]]
"""Inputs that the neuron is trained on; the targets are the lecture's own weights applied to them."""

CREEPING, GOOD, DIVERGING = 0.05, 1.0, 2.04
"""Learning rates in units of 1/λmax: too small, good, too large."""


def lecture(language: str = "text", **options: Any) -> str:
    """The lecture in "text", "markdown" or "latex" (the body of a document)."""
    return write([block for slide in slides() for block in slide], language, **options)


def slides() -> list[list[Block]]:
    """The slides in order; each begins with its heading."""
    made = (
        _learning,
        _neuron,
        _activations,
        _forward_neuron,
        _forward_layer,
        _costs,
        _descent,
        _learning_rate,
        _backward,
        _chain_rule,
        _training,
    )
    return [make() for make in made]


@cache
def neuron(activation: str = "linear", samples: int | str = "n") -> Network:
    """The lecture's neuron: two inputs, one output."""
    return Network(Input(2), Dense(1, activation), samples=samples)


@cache
def hidden(activation: str = "linear", output: str = "linear", bias: bool = False) -> Network:
    """The lecture's network: three inputs, four hidden units, one output."""
    return Network(Input(3), Dense(4, activation, bias), Dense(1, output, bias), samples=1)


def _say(*parts: Part) -> Paragraph:
    return Paragraph(parts)


def _correction(*parts: Part) -> Note:
    return Note("Correction", parts)


def _rows(*rows: Row) -> Formulas:
    return Formulas(rows)


# -- what it is about --------------------------------------------------------------------------------------------


def _learning() -> list[Block]:
    return [
        Heading("What is learning?", 1),
        _say(
            "Machine learning is the study of algorithms that improve with experience, from data. An artificial neural "
            "network is one of them, modelled loosely on neurons that signal to one another: each weights what it "
            "receives and passes on a function of the sum."
        ),
        _say(
            "A network computes a prediction from its inputs, with parameters: weights and biases. Learning is changing "
            "the parameters so that the predictions become better. What “better” means is said by a cost function; how "
            "the parameters are changed, by gradient descent; the gradient comes from the chain rule."
        ),
    ]


def neuron_forms() -> Row:
    """The neuron in its three equal forms: with its elements, with vectors, with a sum."""
    net = neuron("sigmoid", samples=1)
    bare = Names(net, LECTURE.with_(unit_sum=False))
    z, a = net.equations[0], net.equations[1]
    written = inline(a.right, z)
    w, x, b = net.weight(1), net.x, net.bias(1)
    elements = Product((_elements(bare, w, row=True), _elements(bare, x)))
    head = formula(a.right, bare)
    assert isinstance(head, Call)
    first = Call(head.head, (Terms((("+", elements), ("+", bare.element(b, ())))),))
    second = matrix_formula(written, (None, None), bare)
    return Row(bare.element(a.target, ()), "=", Relation((first, second, formula(written, bare))))


def _elements(names: Names, tensor: Tensor, row: bool = False) -> Matrix:
    size = int(tensor.axes[0].size)
    entries = [names.element(tensor, (k,)) for k in range(1, size + 1)]
    return Matrix((tuple(entries),), inline=True) if row else Matrix(tuple((e,) for e in entries))


def _neuron() -> list[Block]:
    return [
        Heading("What is a neural network?", 1),
        _say(
            "A neuron weights its inputs, adds a bias and applies an activation function ",
            Name("σ"),
            ". With its elements written out, with vectors, and with a sum over the inputs:",
        ),
        _rows(neuron_forms()),
    ]


def _activations() -> list[Block]:
    chosen = [ACTIVATIONS[name] for name in ("linear", "sigmoid", "tanh", "relu")]
    return [
        Heading("Activation functions", 1),
        _say("An activation function decides how active a neuron is. The lecture's four, with their derivatives:"),
        Formulas(
            tuple(row for a in chosen for row in (activation_definition(a, LECTURE), activation_slope(a, LECTURE)))
        ),
        _say(
            "The derivative of the ReLU does not exist at 0; it is taken as 0 there. That of the sigmoid and of tanh is "
            "written in terms of the function itself, which is why a backward pass needs no second exponential."
        ),
    ]


# -- forward propagation --------------------------------------------------------------------------------------------


def _forward_neuron() -> list[Block]:
    done = neuron().forward(X, w=W, b=B)
    values = []
    for name, digits in (("sigmoid", 10), ("tanh", 11), ("relu", 6)):
        out = neuron(name).forward(X, w=W, b=B, digits=digits)
        values.append((name, Call(Name(ACTIVATIONS[name].letter, _upright(name)), (Number("12"),)), _figure(out)))
    return [
        Heading("Forward propagation: one neuron", 1),
        _say(
            "With ",
            _given(("x_1", X[0]), ("x_2", X[1]), ("w_1", W[0]), ("w_2", W[1]), ("b", B)),
            " and a linear activation:",
        ),
        Formulas(tuple(forward_rows(done))),
        _correction(
            "the slide prints 15 as the value of (1 × 3 + 2 × 4 + 1). It is 12; 15 is the first hidden sum of the next slide."
        ),
        _say("With the other activation functions:"),
        Table(("activation", "prediction", "value"), tuple(values)),
    ]


def _upright(name: str) -> Any:
    return "upright" if len(ACTIVATIONS[name].letter) > 1 else "italic"


def _given(*pairs: tuple[str, int]) -> Node:
    shown = []
    for name, value in pairs:
        letter, _, sub = name.partition("_")
        shown.append(Relation((Name(letter, sub=Number(sub) if sub else None), Number(str(value)))))
    return Listing(tuple(shown), ", ")


def _figure(done: Worked) -> Node:
    value = done.value
    return number(value) if value.is_Integer else Number(decimals(value, done.digits))


def _matrix(rows: Sequence[Sequence[int]]) -> Matrix:
    return Matrix(tuple(tuple(Number(str(v)) for v in row) for row in rows))


def _forward_layer() -> list[Block]:
    net = hidden()
    names = Names(net, LECTURE.with_(cost_arguments=False))
    done = net.forward(X3, W1=W1, w2=W2)
    x, first, second = names.whole(net.x), names.whole(net.weight(1)), names.whole(net.weight(2))
    k, z = net.equations[0], net.equations[1]
    hidden_sums = [[int(v)] for v in done.values("z1")]
    top = matrix_row(net, k, names)
    assert top.left is not None
    out = matrix_row(net, z, names)
    assert out.left is not None
    put_in = Product((Transpose(_matrix(W1), "T"), _matrix([[v] for v in X3])))
    put_out = Product((Transpose(_matrix([[v] for v in W2]), "T"), _matrix(hidden_sums)))
    sigmoid = hidden("sigmoid").forward(X3, W1=W1, w2=W2, digits=8)
    both = hidden("sigmoid", "sigmoid").forward(X3, W1=W1, w2=W2, digits=10)
    relu = hidden("relu").forward(X3, W1=W1, w2=W2)
    return [
        Heading("Forward propagation: a hidden layer", 1),
        _rows(
            Row(x, "=", _matrix([[v] for v in X3])),
            Row(first, "=", _matrix(W1)),
            Row(second, "=", _matrix([[v] for v in W2])),
        ),
        _say(
            "Column ",
            Name("j"),
            " of ",
            first,
            " holds the weights of hidden unit ",
            Name("j"),
            ": inputs × units. Without biases:",
        ),
        _rows(
            Row(top.left, "=", Relation((top.right, put_in, _matrix(hidden_sums)))),
            Row(
                Relation((Name("y", accent="hat"), out.left)),
                "=",
                Relation((out.right, put_out, _figure(done))),
            ),
        ),
        _say("Unit by unit:"),
        Formulas(tuple(forward_rows(done))),
        _correction(
            "the hidden sums are ",
            top.right,
            "; the product ",
            Product((first, x)),
            " does not exist, for ",
            first,
            " is 3 × 4 and ",
            x,
            " is 3 × 1.",
        ),
        _say("The prediction with other activation functions:"),
        Table(
            ("hidden layer", "output", "prediction"),
            (
                ("linear", "linear", _figure(done)),
                ("relu", "linear", _figure(relu)),
                ("sigmoid", "linear", _figure(sigmoid)),
                ("sigmoid", "sigmoid", _figure(both)),
            ),
        ),
    ]


# -- cost and descent ------------------------------------------------------------------------------------------------


def _costs() -> list[Block]:
    indexed = LECTURE.with_(sample_sum="i", sample_mark="subscript")
    printed = LECTURE.with_(sample_sum="i")
    others = [c for c in COSTS.values() if c.name not in ("quadratic", "cross_entropy")]
    return [
        Heading("Cost functions", 1),
        _say(
            "A cost function says how well the network does its task. The lecture's two, over ",
            Name("n"),
            " samples:",
        ),
        _rows(
            Row(Name("C"), "=", cost_definition(COSTS["quadratic"], indexed), "quadratic"),
            Row(Name("C"), "=", cost_definition(COSTS["cross_entropy"], indexed), "cross-entropy"),
        ),
        _correction(
            "the slide prints ",
            cost_definition(COSTS["quadratic"], printed),
            " and ",
            cost_definition(COSTS["cross_entropy"], printed),
            ": the sample index is missing on the prediction and the target. The cross-entropy is that of two classes and "
            "needs a prediction strictly between 0 and 1. It carries 1/n, the quadratic cost does not.",
        ),
        _say("Others, each with its normalisation:"),
        Table(
            ("cost", "definition"),
            tuple((c.name.replace("_", " "), cost_definition(c, indexed)) for c in others),
        ),
    ]


def _descent() -> list[Block]:
    return [
        Heading("Gradient descent", 1),
        _say(
            "The gradient points to where the cost rises fastest, so each step goes the other way, by the learning rate ",
            Name(LECTURE.learning_rate),
            "; here ",
            Name("i"),
            " counts the steps:",
        ),
        _rows(update_rule("gd", LECTURE), update_rule("gd", LECTURE, Name("b"))),
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


def _learning_rate() -> list[Block]:
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
        _say("How large a step may be follows from the curvature of the cost, its second derivatives. One of them:"),
        Formulas(tuple(second_rows(second, names, "full"))),
        _say(
            "For the quadratic cost of a linear neuron they do not depend on the weights. On the six samples used below the "
            "matrix of all of them is"
        ),
        _rows(
            Row(
                Listing((Power(Name("∇"), Number("2")), Name("C")), ""),
                "=",
                _matrix([[round(v) for v in row] for row in hessian]),
            ),
            Row(lam, "≈", Number(f"{largest:.4f}"), "its largest eigenvalue"),
        ),
        _say(
            "Gradient descent converges for ",
            Relation((Name("γ"), _over(2.0, lam)), "<"),
            " and diverges above. The cost after a number of steps, from weights of 0:",
        ),
        Table(header, rows),
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
    env = {net.x: inputs, net.y: inputs @ np.array(W, dtype=float) + B, w: np.zeros(2), b: np.zeros(())}
    backward = net.derive().backward
    costs = []
    for _ in range(steps + 1):
        values = run([*net.equations, *(a.equation for a in backward)], env)
        costs.append(float(values[COST]))
        for a in backward:
            if a.of in (w, b):
                env[a.of] = env[a.of] - rate * values[a.equation.target]
    return tuple(costs)


# -- backward propagation --------------------------------------------------------------------------------------------


def _backward() -> list[Block]:
    net = neuron()
    names = Names(net, LECTURE)
    derivation = net.derive()
    cost = equation_rows(net, net.equations[-1], "scalar", names)[0]
    partials = [derivation.partial(name) for name in ("w_1", "w_2", "b")]
    results = tuple(partial_rows(p, "scalar", names, "final")[0] for p in partials)
    half = Network(Input(2), Dense(1), cost="quadratic").derive().partial("w_1")
    return [
        Heading("Backward propagation", 1),
        _say("The cost as a function of the parameters, for the linear neuron:"),
        _rows(Row(cost.left, "=", cost.right)),
        _say("Its derivative with respect to the first weight, step by step:"),
        Formulas(tuple(partial_rows(partials[0], "scalar", names, "full"))),
        _say("So all three:"),
        Formulas(results),
        _correction(
            "the slide prints ",
            _slip("w_1"),
            " on the left. There is no d in it: the derivative is with respect to ",
            Name("w", sub=Number("1")),
            ". The right sides are right for this cost.",
        ),
        _correction("this slide's cost is without the ½ of the slide on cost functions. With it the 2 is cancelled:"),
        Formulas(tuple(partial_rows(half, "scalar", names, "full"))),
    ]


def _slip(name: str) -> Node:
    """The derivative as the slide prints it, with a spurious d."""
    letter, _, sub = name.partition("_")
    names = Names(neuron(), LECTURE)
    return Partial(names.cost(), (Listing((Name("d"), Name(letter, sub=Number(sub))), ""),))


def _chain_rule() -> list[Block]:
    linear = Network(Input(3), Dense(4), Dense(1), samples=1)
    sigmoid = Network(Input(3), Dense(4, "sigmoid"), Dense(1), samples=1)
    names, curved = Names(linear, LECTURE), Names(sigmoid, LECTURE)
    chain = partial_rows(linear.derive().partial("W1"), "index", names, "chain")[0]
    matrix = Names(sigmoid, LECTURE.with_(cost_arguments=False))
    adjoints = [a for a in sigmoid.derive().backward if a.of.role in ("weight", "pre", "unit")]
    return [
        Heading("Chain rule", 1),
        _say(
            "With a hidden layer the cost depends on a weight ",
            names.element(linear.weight(1), linear.weight(1).axes),
            " through hidden unit ",
            names.element(linear.pre_activation(1), linear.pre_activation(1).axes),
            " and the output ",
            Name("z"),
            ":",
        ),
        _rows(Row(chain.left, "=", chain.right)),
        _correction(
            "the slide prints ∂k in the last factor without its index. The weight ",
            names.element(linear.weight(1), linear.weight(1).axes),
            " moves hidden unit ",
            Name("j"),
            " only, so it is ",
            names.element(linear.pre_activation(1), linear.pre_activation(1).axes),
            " that is differentiated.",
        ),
        _say("With a sigmoid between the weighted sum and the output of each hidden unit there is one more factor:"),
        Formulas(tuple(partial_rows(sigmoid.derive().partial("W1"), "index", curved, "full"))),
        _say("The same for all weights at once, with matrices:"),
        Formulas(
            tuple(Row(row.left, "=", row.right) for a in adjoints for row in [matrix_row(sigmoid, a.equation, matrix)])
        ),
    ]


# -- training ---------------------------------------------------------------------------------------------------------


def _training() -> list[Block]:
    inputs = np.array(POINTS, dtype=float)
    targets = inputs @ np.array(W, dtype=float) + B
    costs: dict[int, float] = {}
    model = neuron().fit(
        inputs,
        targets,
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
        _say(
            "The neuron is trained on six samples whose targets were computed with the weights of the slide on forward "
            "propagation, 3, 4 and 1; it begins with zeros and takes steps with ",
            Relation((Name("γ"), Number("0.02"))),
            ". The cost falls:",
        ),
        Table(("epoch", "cost"), tuple((Number(str(k)), _scientific(costs[k])) for k in shown)),
        _say(f"and the parameters that it finds are {parameters}."),
    ]


def _scientific(value: float) -> Node:
    return Number(f"{value:.4g}") if value >= 1e-3 else _small(value)
