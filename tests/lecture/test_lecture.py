"""The lecture's formulas come out of the derivation as the lecture prints them, its numbers as they should be."""

from pathlib import Path

import pytest

from symnet.activations import ACTIVATIONS
from symnet.cli import main
from symnet.costs import COSTS
from symnet.lecture import lecture, slides
from symnet.lecture.deck import lecture_deck
from symnet.lecture.declared import W1, W2, X3, B, W, X, hidden, neuron
from symnet.lecture.forward import neuron_forms
from symnet.network import Dense, Input, Network
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE
from symnet.render.definitions import activation_definition, cost_definition, update_rule
from symnet.render.display import Relation, Row
from symnet.render.document import Heading, Note
from symnet.render.equations import equation_rows
from symnet.render.latex import latex
from symnet.render.numbers import decimals

GENERATED = Path(__file__).parents[2] / "generated"


def bare(source: str) -> str:
    """LaTeX without white space, braces and the sizes of delimiters."""
    for mark in (r"\left", r"\right", "{", "}"):
        source = source.replace(mark, "")
    return "".join(source.split())


def line(row: Row) -> str:
    assert row.left is not None
    return latex(Relation((row.left, row.right)))


def printed_cost(name: str) -> str:
    return latex(cost_definition(COSTS[name], LECTURE.with_(sample_sum="i")))


def cost_of_the_neuron() -> str:
    net = neuron()
    (row,) = equation_rows(net, net.equations[-1], "scalar", Names(net, LECTURE))
    return line(row)


def partial(name: str) -> str:
    return neuron().derive().partial(name).latex(steps=False)


def chain_rule() -> str:
    return Network(Input(3), Dense(4), Dense(1), samples=1).derive().partial("W1").latex(steps="chain")


FORMULAS = {
    r"\hat{y} = \sigma([w_1 \quad w_2]\begin{bmatrix}x_1\\x_2\end{bmatrix}+b) = \sigma(\mathbf{w}^T\mathbf{x}+b)"
    r" = \sigma(\sum w_i x_i+b)": lambda: line(neuron_forms()),
    r"\sigma(x)=\frac{1}{1+e^{-x}}": lambda: line(activation_definition(ACTIVATIONS["sigmoid"], LECTURE)),
    r"\tanh(x)=\frac{e^x-e^{-x}}{e^x+e^{-x}}": lambda: line(activation_definition(ACTIVATIONS["tanh"], LECTURE)),
    r"\operatorname{relu}(x)=\max(0,x)": lambda: line(activation_definition(ACTIVATIONS["relu"], LECTURE)),
    r"f(x)=x": lambda: line(activation_definition(ACTIVATIONS["linear"], LECTURE)),
    r"\frac{1}{2}\sum_i(\hat{y}-y)^2": lambda: printed_cost("quadratic"),
    r"-\frac{1}{n}\sum_i(y\ln\hat{y}+(1-y)\ln(1-\hat{y}))": lambda: printed_cost("cross_entropy"),
    r"w(i)=w(i-1)-\gamma\nabla C(w(i-1))": lambda: line(update_rule("gd", LECTURE)),
    r"C(w_1,w_2,b)=\sum(\hat{y}-y)^2=\sum(w_1x_1+w_2x_2+b-y)^2": cost_of_the_neuron,
    r"\frac{\partial C(w_1,w_2,b)}{\partial w_1}=2\sum x_1(w_1x_1+w_2x_2+b-y)": lambda: partial("w_1"),
    r"\frac{\partial C(w_1,w_2,b)}{\partial w_2}=2\sum x_2(w_1x_1+w_2x_2+b-y)": lambda: partial("w_2"),
    r"\frac{\partial C(w_1,w_2,b)}{\partial b}=2\sum (w_1x_1+w_2x_2+b-y)": lambda: partial("b"),
    r"\frac{\partial C(w,b)}{\partial w_{ij}}=\frac{\partial C(w,b)}{\partial z}\frac{\partial z}{\partial k_j}"
    r"\frac{\partial k_j}{\partial w_{ij}}": chain_rule,
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_formula_is_printed_as_the_lecture_prints_it(formula: str):
    assert bare(FORMULAS[formula]()) == bare(formula)


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_formula_stands_in_the_lecture(formula: str):
    assert bare(formula) in bare(lecture("latex")).replace("&=", "=")


@pytest.mark.parametrize(
    ("activation", "digits", "value"),
    [("linear", 6, "12"), ("relu", 6, "12"), ("sigmoid", 10, "0.9999938558"), ("tanh", 11, "0.99999999992")],
)
def test_the_neuron_gives(activation: str, digits: int, value: str):
    done = neuron(activation).forward(X, w=W, b=B, digits=digits)
    assert decimals(done.value, digits) == value


@pytest.mark.parametrize(
    ("activation", "output", "digits", "value"),
    [
        ("linear", "linear", 6, "163"),
        ("relu", "linear", 6, "163"),
        ("sigmoid", "linear", 8, "9.99999198"),
        ("sigmoid", "sigmoid", 10, "0.9999546018"),
    ],
)
def test_the_network_with_a_hidden_layer_gives(activation: str, output: str, digits: int, value: str):
    done = hidden(activation, output).forward(X3, W1=W1, w2=W2, digits=digits)
    assert decimals(done.value, digits) == value
    assert done.values("z1") == [15, 23, 18, 13]


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Forward propagation: one neuron", "It is 12"),
        ("Forward propagation: a hidden layer", "does not exist"),
        ("Cost functions", "the sample index is missing"),
        ("Backward propagation", "There is no d in it"),
        ("Backward propagation", "without the ½"),
        ("Chain rule", "without its index"),
    ],
)
def test_a_slip_of_the_slide_is_put_right(title: str, said: str):
    (slide,) = (s for s in slides() if isinstance(s[0], Heading) and s[0].title == title)
    notes = [note for note in slide if isinstance(note, Note)]
    assert any(said in "".join(p for p in note.parts if isinstance(p, str)) for note in notes)


@pytest.mark.parametrize("suffix", ["pdf", "html", "tex", "md"])
def test_the_generated_deck_is_what_the_code_writes(tmp_path: Path, suffix: str):
    assert main(["lecture", "-o", str(tmp_path / f"lecture.{suffix}")]) == 0
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {name: (GENERATED / name).read_bytes() for name in written}


def test_the_deck_has_every_block_of_the_lecture():
    deck = lecture_deck()
    shown = [type(block) for slide in deck.slides for block in slide.blocks]
    assert shown == [type(block) for slide in slides() for block in slide if not isinstance(block, Heading)]
    assert len({slide.title for slide in deck.slides}) == len(deck.slides)
