"""The slides on backward propagation and the chain rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symnet.derive.derivation import Partial as Gradient
from symnet.lecture.declared import W1, W2, X3, correction, formulas, hidden, neuron, picture, say
from symnet.network import Dense, Input, Network
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render.display import (
    Listing,
    Name,
    Node,
    Number,
    Partial,
    Row,
)
from symnet.render.document import Block, Formulas, Heading
from symnet.render.equations import equation_rows, matrix_row
from symnet.render.partials import partial_rows

RowsOf = Callable[[Gradient, str, Names, str], Sequence[Row]]
"""How a gradient becomes rows: of a document, or of a slide, where the factors are numbered and coloured."""


def backward_propagation(rows_of: RowsOf = partial_rows) -> list[Block]:
    net = neuron()
    names = Names(net, LECTURE)
    derivation = net.derive()
    cost = equation_rows(net, net.equations[-1], "scalar", names)[0]
    partials = [derivation.partial(name) for name in ("w_1", "w_2", "b")]
    results = tuple(partial_rows(p, "scalar", names, "final")[0] for p in partials)
    half = Network(Input(2), Dense(1), cost="quadratic").derive().partial("w_1")
    return [
        Heading("Backward propagation", 1),
        say("The cost as a function of the parameters, for the linear neuron:"),
        formulas(Row(cost.left, "=", cost.right)),
        say("Its derivative with respect to the first weight, step by step:"),
        Formulas(tuple(rows_of(partials[0], "scalar", names, "full"))),
        Heading("All three derivatives"),
        Formulas(results),
        correction(
            "the slide prints ",
            _slip("w_1"),
            " on the left. There is no d in it: the derivative is with respect to ",
            Name("w", sub=Number("1")),
            ". The right sides are right for this cost.",
        ),
        Heading("With the ½"),
        correction("this slide's cost is without the ½ of the slide on cost functions. With it the 2 is cancelled:"),
        Formulas(tuple(rows_of(half, "scalar", names, "full"))),
    ]


def _slip(name: str) -> Node:
    """The derivative as the slide prints it, with a spurious d."""
    letter, _, sub = name.partition("_")
    names = Names(neuron(), LECTURE)
    return Partial(names.cost(), (Listing((Name("d"), Name(letter, sub=Number(sub))), ""),))


def chain_rule(rows_of: RowsOf = partial_rows) -> list[Block]:
    linear = Network(Input(3), Dense(4), Dense(1), samples=1)
    sigmoid = Network(Input(3), Dense(4, "sigmoid"), Dense(1), samples=1)
    names, curved = Names(linear, LECTURE), Names(sigmoid, LECTURE)
    chain = partial_rows(linear.derive().partial("W1"), "index", names, "chain")[0]
    matrix = Names(sigmoid, LECTURE.with_(cost_arguments=False))
    adjoints = [a for a in sigmoid.derive().backward if a.of.role in ("weight", "pre", "unit")]
    return [
        Heading("Chain rule", 1),
        say(
            "With a hidden layer the cost depends on a weight ",
            names.element(linear.weight(1), linear.weight(1).axes),
            " through hidden unit ",
            names.element(linear.pre_activation(1), linear.pre_activation(1).axes),
            " and the output ",
            Name("z"),
            ":",
        ),
        formulas(Row(chain.left, "=", chain.right)),
        correction(
            "the slide prints ∂k in the last factor without its index. The weight ",
            names.element(linear.weight(1), linear.weight(1).axes),
            " moves hidden unit ",
            Name("j"),
            " only, so it is ",
            names.element(linear.pre_activation(1), linear.pre_activation(1).axes),
            " that is differentiated.",
        ),
        Heading("The way of one weight"),
        picture("chain", linear, wrt="W1[1,2]"),
        Heading("With an activation function"),
        say("With a sigmoid between the weighted sum and the output of each hidden unit there is one more factor:"),
        Formulas(tuple(rows_of(sigmoid.derive().partial("W1"), "index", curved, "full"))),
        Heading("In matrices"),
        say("The same for all weights at once, with matrices:"),
        Formulas(
            tuple(Row(row.left, "=", row.right) for a in adjoints for row in [matrix_row(sigmoid, a.equation, matrix)])
        ),
        Heading("Back through the network, with numbers"),
        picture("backward", hidden(), x=X3, y=160, W1=W1, w2=W2),
    ]
