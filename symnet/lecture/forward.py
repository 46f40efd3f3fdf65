"""The slides up to forward propagation."""

from __future__ import annotations

from typing import Any

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Tensor, inline
from symnet.derive.numbers import Worked
from symnet.lecture.declared import W1, W2, X3, B, W, X, correction, formulas, hidden, matrix, neuron, picture, say
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render.definitions import activation_definition, activation_slope
from symnet.render.display import (
    Call,
    Listing,
    Matrix,
    Name,
    Node,
    Number,
    Product,
    Relation,
    Row,
    Terms,
    Transpose,
)
from symnet.render.document import Block, Formulas, Heading, Table
from symnet.render.equations import matrix_row
from symnet.render.formula import formula, number
from symnet.render.matrix import matrix_formula
from symnet.render.numbers import decimals, forward_rows


def learning() -> list[Block]:
    return [
        Heading("What is learning?", 1),
        say(
            "Machine learning is the study of algorithms that improve with experience, from data. An artificial neural "
            "network is one of them, modelled loosely on neurons that signal to one another: each weights what it "
            "receives and passes on a function of the sum."
        ),
        say(
            "A network computes a prediction from its inputs, with parameters: weights and biases. Learning is "
            "changing "
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


def what_a_neuron_is() -> list[Block]:
    return [
        Heading("What is a neural network?", 1),
        say(
            "A neuron weights its inputs, adds a bias and applies an activation function ",
            Name("σ"),
            ". With its elements written out, with vectors, and with a sum over the inputs:",
        ),
        formulas(neuron_forms()),
        picture("neuron", neuron("sigmoid")),
    ]


def activation_functions() -> list[Block]:
    names = ("linear", "sigmoid", "tanh", "relu")
    chosen = [ACTIVATIONS[name] for name in names]
    return [
        Heading("Activation functions", 1),
        say("An activation function decides how active a neuron is. The lecture's four, with their derivatives:"),
        Formulas(
            tuple(row for a in chosen for row in (activation_definition(a, LECTURE), activation_slope(a, LECTURE)))
        ),
        say(
            "The derivative of the ReLU does not exist at 0; it is taken as 0 there. That of the sigmoid and of "
            "tanh is "
            "written in terms of the function itself, which is why a backward pass needs no second exponential."
        ),
        Heading("How they look"),
        picture("activations", neuron("sigmoid"), names=names),
    ]


def one_neuron() -> list[Block]:
    done = neuron().forward(X, w=W, b=B)
    values = []
    for name, digits in (("sigmoid", 10), ("tanh", 11), ("relu", 6)):
        out = neuron(name).forward(X, w=W, b=B, digits=digits)
        values.append((name, Call(Name(ACTIVATIONS[name].letter, _upright(name)), (Number("12"),)), _figure(out)))
    return [
        Heading("Forward propagation: one neuron", 1),
        say(
            "With ",
            _given(("x_1", X[0]), ("x_2", X[1]), ("w_1", W[0]), ("w_2", W[1]), ("b", B)),
            " and a linear activation:",
        ),
        Formulas(tuple(forward_rows(done))),
        correction(
            "the slide prints 15 as the value of (1 × 3 + 2 × 4 + 1). It is 12; 15 is the first hidden sum of "
            "the next slide."
        ),
        Heading("The numbers in the network"),
        picture("forward", neuron(), x=X, w=W, b=B),
        say("With the other activation functions:"),
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


def hidden_layer() -> list[Block]:
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
    put_in = Product((Transpose(matrix(W1), "T"), matrix([[v] for v in X3])))
    put_out = Product((Transpose(matrix([[v] for v in W2]), "T"), matrix(hidden_sums)))
    sigmoid = hidden("sigmoid").forward(X3, W1=W1, w2=W2, digits=8)
    both = hidden("sigmoid", "sigmoid").forward(X3, W1=W1, w2=W2, digits=10)
    relu = hidden("relu").forward(X3, W1=W1, w2=W2)
    return [
        Heading("Forward propagation: a hidden layer", 1),
        formulas(
            Row(x, "=", matrix([[v] for v in X3])),
            Row(first, "=", matrix(W1)),
            Row(second, "=", matrix([[v] for v in W2])),
        ),
        say(
            "Column ",
            Name("j"),
            " of ",
            first,
            " holds the weights of hidden unit ",
            Name("j"),
            ": inputs × units. Without biases:",
        ),
        formulas(
            Row(top.left, "=", Relation((top.right, put_in, matrix(hidden_sums)))),
            Row(
                Relation((Name("y", accent="hat"), out.left)),
                "=",
                Relation((out.right, put_out, _figure(done))),
            ),
        ),
        Heading("Layer by layer"),
        picture("forward", net, x=X3, W1=W1, w2=W2),
        Heading("Unit by unit"),
        Formulas(tuple(forward_rows(done))),
        correction(
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
        Heading("Other activation functions"),
        say("The prediction with other activation functions:"),
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
