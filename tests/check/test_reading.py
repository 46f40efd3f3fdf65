"""Reading: single constructs, what symnet prints itself, ambiguity, shapes, and text that means harm."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared, is_true
from hypothesis import given, settings
from hypothesis import strategies as st

import symnet as sn
from symnet.algebra.expressions import Axis
from symnet.check.read.reading import Reading, read, read_layers
from symnet.check.read.symbols import Target, Vocabulary, target
from symnet.check.verdict import check
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import NOTATIONS
from symnet.render.formula import formula
from symnet.render.latex import latex
from symnet.render.matrix import NoMatrixForm, matrix_formula
from symnet.render.text import text

LEAKY = {
    "x_i": "input[i]", "u_{ij}": "weight 1[i,j]", "c_j": "bias 1", "a_j": "pre 1", "h_j": "unit 1", "v_j": "weight 2",
    "d": "bias 2", "o": "prediction", "t": "target", r"\phi": "activation", "r": "= o - t", r"\alpha": "constant alpha",
}  # fmt: skip
NG = {
    "dZ^{[l]}": "n adjoint pre l", "Y": "target", "X": "input", "m": "samples", "A^{[l]}": "unit l",
    "Z^{[l]}": "pre l", "W^{[l]}": "weight l", "b^{[l]}": "bias l", "g": "activation 1",
}  # fmt: skip
SOFTMAX = {"x": "input", "W": "weight", "b": "bias", "z": "pre", "p": "prediction", "y": "target"}


def right(network: Network, names: dict[str, str], wrt: str, answer: str) -> Reading:
    asked = target(network, wrt, Vocabulary(network, names))
    reading = read(network, answer, asked)
    assert reading.status == "read", (reading.status, reading.message, reading.position)
    assert is_true(network, asked, reading)
    return reading


LINEAR = sn.Network("2 -> 1 linear", cost="mse")


@pytest.mark.parametrize(
    "answer",
    [
        r"\frac{2}{n}\sum x_1(w_1x_1+w_2x_2+b-y)",
        r"\frac2n\sum_{i=1}^{n}(\mathbf w\cdot\mathbf x^{(i)}+b-y^{(i)})x_1^{(i)}",
        r"2/n \sum_i x_{1}(\hat y-y)",
        r"\frac{\partial C}{\partial w_1}=\frac2n\sum x_1(\hat y-y)",
        r"\dfrac{2}{n}\cdot\Bigl(\sum_i \left(\hat{y}_i - y_i\right) x_{i1}\Bigr)",
        "2/n*sum((w1*x1[i]+w2*x2[i]+b-y[i])*x1[i] for i in range(n))",
        "2*np.mean((yhat-y)*x1)",
        "(2/len(y))*np.sum((y_hat-y)*X[:,0])",
        "2/n*np.dot(X[:,0], X@w+b-y)",
        r"½·½·8/n Σ x₁(ŷ−y)",
    ],
)
def test_the_linear_neuron_is_read_in_many_hands(answer: str) -> None:
    right(LINEAR, {}, "w_1", answer)


@pytest.mark.parametrize(
    "answer",
    [
        r"\frac{2}{n}X^T(Xw+b-y)",
        r"\frac2n\sum_i(\hat y^{(i)}-y^{(i)})x^{(i)}",
        r"\frac2n X^\top(Xw + b\mathbf{1}-y)",
        "2*X.T.dot(yhat-y)/len(X)",
        "2*((yhat-y)[:,None]*X).mean(axis=0)",
        "(2/n)*np.sum((yhat - y)*X, axis=0)",
    ],
)
def test_the_linear_neuron_is_read_in_matrices(answer: str) -> None:
    right(LINEAR, {}, "w", answer)


@pytest.mark.parametrize(
    "answer",
    [
        r"r v_j\phi'(a_j)x_i",
        r"(o-t)v_j x_i(\mathbb{1}_{a_j>0}+\alpha\mathbb{1}_{a_j\le 0})",
        r"(o-t)v_jx_i\begin{cases}1&\text{if }a_j>0\\ \alpha&\text{otherwise}\end{cases}",
        "(o-t)*v[j]*x[i]*np.where(a[j]>0,1,alpha)",
        r"\frac{\partial C}{\partial o}\frac{\partial o}{\partial u_{ij}}",
        r"\frac{\partial C}{\partial h_j}\cdot\frac{\partial h_j}{\partial a_j}\frac{\partial a_j}{\partial u_{ij}}",
    ],
)
def test_indicators_cases_and_chains_are_read_with_the_users_own_letters(answer: str) -> None:
    right(sn.Network("3 -> 4 leaky_relu -> 1 linear", cost="quadratic", samples=1), LEAKY, "u_{ij}", answer)


@pytest.mark.parametrize(
    "answer",
    [
        r"\sum_k \frac{\partial C}{\partial p_k}\frac{\partial p_k}{\partial z_j}",
        r"\sum_i -\frac{y_i}{p_i}\begin{cases}p_i(1-p_j)& i=j\\ -p_ip_j & i\neq j\end{cases}",
        r"\mathrm{softmax}(z)_j-y_j",
        r"-\sum_k y_k([k=j]-p_j)",
        r"-\sum_k y_k(\delta_{kj}-p_j)",
        r"-y_j(1-p_j)+\sum_{k\ne j}y_kp_j",
        r"p_j(y_1+y_2+y_3)-y_j",
        r"p_j\sum_{k=1}^{2} y_k+p_jy_3-y_j",
    ],
)
def test_kronecker_deltas_and_the_softmax_jacobian_are_read(answer: str) -> None:
    network = sn.Network("4 -> 3 softmax", cost="categorical_cross_entropy", samples=1, notation="nielsen")
    right(network, SOFTMAX, "z_j", answer)


@pytest.mark.parametrize(
    ("wrt", "answer"),
    [
        ("W^{[2]}", r"\frac1m dZ^{[2]} A^{[1]T}"),
        ("W^{[2]}", "(1/m) * np.dot(dZ2, A1.T)"),
        ("W^{[2]}", r"\frac1m\sum_{i=1}^m (a^{[2](i)}-y^{(i)})a^{[1](i)T}"),
        ("b^{[1]}", "1/m*np.sum(dZ1, axis=1, keepdims=True)"),
        ("b^{[1]}", r"\frac{1}{m}\left(W^{[2]T}(A^{[2]}-Y)\odot g'(Z^{[1]})\right)\mathbf{1}"),
        ("W^{[1]}_{jk}", r"\frac1m\sum_{i}\sum_{l} (a^{[2](i)}_l-y^{(i)}_l)W^{[2]}_{lj}(1-(a^{[1](i)}_j)^2)x_k^{(i)}"),
    ],
)
def test_batches_in_columns_are_read_in_ngs_notation(wrt: str, answer: str) -> None:
    network = sn.Network("3 -> 4 tanh -> 2 sigmoid", cost="cross_entropy", notation="ng")
    right(network, NG, wrt, answer)


def test_a_generic_layer_stands_for_every_layer_that_the_answer_has() -> None:
    network, names = declared("NIELSEN_Q")
    asked = target(network, "delta^l", names)
    assert asked.layers == (1, 2, 3)
    found = read_layers(network, r"((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", asked)
    assert [t.tensor.layer for t, _ in found] == [1, 2]


@pytest.mark.parametrize("wrt", ["q", "y", "x_1", "w_5", "((", "", "C", r"\input", "w_1 + b"])
def test_what_is_no_quantity_is_refused_as_a_target(wrt: str) -> None:
    with pytest.raises(SymnetError):
        target(LINEAR, wrt)


# -- what symnet prints ------------------------------------------------------------------------------------------------

SPECS = [
    ("2 -> 1 linear", "half_mse"),
    ("3 -> 1 sigmoid", "cross_entropy"),
    ("2 -> 3 sigmoid -> 1 linear", "quadratic"),
    ("3 -> 4 tanh -> 2 linear", "mse"),
    ("3 -> 4 relu -> 3 softmax", "categorical_cross_entropy"),
    ("2 -> 3 tanh -> 4 sigmoid -> 2 linear", "half_mse"),
]


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(("spec", "cost"), SPECS, ids=[spec for spec, _ in SPECS])
@pytest.mark.parametrize("samples", ["n", 1])
def test_what_symnet_prints_is_read_back(spec: str, cost: str, notation: str, samples: str | int) -> None:
    network = sn.Network(spec, cost=cost, samples=samples, notation=notation)
    vocabulary, names = Vocabulary(network), Names(network, NOTATIONS[notation])
    for adjoint in network.derive().backward:
        of, expr = adjoint.of, adjoint.equation.right
        letters: dict[str, Axis] = {text(names.axis(axis)): axis for axis in of.axes}
        if len(letters) == len(of.axes):
            asked = Target(of.name, vocabulary, of, of.axes, letters)
            assert is_true(network, asked, read(network, latex(formula(expr, names)), asked), seeds=1)
        row, column = vocabulary.sides(of)
        asked = Target(of.name, vocabulary, of, of.axes, {}, True, row, column)
        try:
            shown = latex(matrix_formula(expr, (row, column), names))
        except NoMatrixForm:
            continue
        assert is_true(network, asked, read(network, shown, asked), seeds=1), shown


def test_a_reading_is_shown_in_the_users_letters_with_calls_and_powers_told_apart() -> None:
    reading = right(sn.Network("2 -> 1 tanh", cost="quadratic", samples=1), {"a": "prediction", "z": "pre"}, "w_1",
                    r"(a-y)(1-\tanh^2(z))x_1")  # fmt: skip
    assert reading.shown is not None
    assert text(reading.shown) == "(a − y)·(1 − tanh(z)²)·x₁"


# -- shapes and ambiguity ----------------------------------------------------------------------------------------------


def found(network: Network, names: dict[str, str], wrt: str, answer: str) -> Reading:
    return read(network, answer, target(network, wrt, Vocabulary(network, names)))


def test_a_product_is_compared_by_axes_and_not_by_sizes() -> None:
    square = sn.Network("3 -> 3 tanh -> 3 linear", cost="quadratic", samples=1, notation="nielsen")
    reading = found(square, {}, "z^1", r"(w^2 \delta^2)\odot(1-a^1\odot a^1)")
    assert reading.status == "shape"
    assert "units of layer" in reading.message


def test_a_sample_may_be_dropped_only_under_a_sum() -> None:
    reading = found(LINEAR, {}, "w_1", r"\frac2n x_1(\hat y-y)")
    assert reading.status == "shape"
    assert reading.free == ("the sample",)
    assert reading.expr is not None


def test_a_free_index_is_reported() -> None:
    assert found(LINEAR, {}, "w_1", r"\frac2n x_{i1}(\hat y_i-y_i)").free == ("i",)


def test_a_free_index_beside_a_vector_is_not_taken_for_its_elements() -> None:
    reading = found(LINEAR, {}, "w", r"\frac2n X^\top(\hat y-y) w_j")
    assert (reading.status, reading.free) == ("shape", ("j",))


def test_the_transposed_reading_is_kept_beside_a_finding_of_shape() -> None:
    network, names = declared("SOFTMAX1")
    reading = read(network, r"x(p-y)^\top", target(network, "W", names))
    assert (reading.status, reading.shape, reading.needed) == ("shape", ("4", "3"), ("3", "4"))
    assert reading.transposed is not None


def test_a_number_added_to_a_vector_is_a_finding_of_shape_and_the_one_in_one_minus_a_is_not() -> None:
    network, names = declared("VEC_RIDGE")
    assert read(network, r"2X^\top(Xw-y)+2\lambda\|w\|", target(network, "w", names)).status == "shape"
    network, names = declared("M341_TANH")
    assert read(network, r"W_2^\top\delta_2\odot(1-a_1^2)", target(network, "b_1", names)).status == "read"


@pytest.mark.parametrize(
    "answer", [r"1/2n\sum x_1", r"\sum \ln w_1 w_2 x_1", r"2/w_1w_2\sum x_1", r"\sum_i x_{i1} y_i/n w_1"]
)
def test_two_readings_of_different_value_are_both_shown_and_none_is_chosen(answer: str) -> None:
    reading = found(LINEAR, {}, "b", answer)
    assert (reading.status, reading.expr) == ("ambiguous", None)
    assert len({text(shown) for shown in reading.alternatives}) >= 2


def test_first_elements_of_index_0_and_1_are_two_readings() -> None:
    network = sn.Network("3 -> 4 tanh -> 1 linear", cost="quadratic", samples=1)
    names = {"v": "weight 2", "x": "input", "o": "prediction", "y": "target"}
    assert found(network, names, "w_{11}^{(1)}", "(o-y)*v[1]*x[2]").status == "ambiguous"
    assert found(network, names, "w_{11}^{(1)}", "(o-y)*v[0]*x[2]").status == "read"


def test_an_answer_that_names_what_was_asked_is_circular() -> None:
    assert found(LINEAR, {}, "w_1", r"\frac{\partial C}{\partial w_1}").circular


# -- what is not understood ------------------------------------------------------------

HOSTILE = [
    "__import__('os').system('true')",
    "x.__class__.__base__",
    "9**9**9**9",
    "(" * 100_000,
    "(" * 4_000,
    r"\input{/etc/passwd}",
    r"\write18{ls}",
    r"\def\x{1}",
    r"\catcode`\@=11",
    "x_1\u202e",
    "x_1\x00",
    "a" * 100_000,
    "\ufeffx_1",
    "x_1" * 3_000,
    r"\frac1{" * 400,
    r"\sum" * 900,
    "-" * 5_000 + "1",
    "2**100000000",
    "9^{9^{9}}",
    "(9**64)**64",
    "x_{" * 100,
    "exec('1')",
    "lambda: 0",
    "[x for x in y]",
    "f(*a)",
    "x:=1",
    "open('x')",
    "eval(x1)",
    "1" * 50,
    "x1.T.T.__init__",
    "np.load('x')",
    r"\begin{tikzpicture}",
    r"\newcommand{\a}{b}",
    r"\csname x\endcsname",
    "x_1$",
    "",
    "   ",
    "\u2066w_1\u2069",
    "'",
    "^",
    "_",
]


@pytest.mark.parametrize("syntax", ["auto", "latex", "python"])
@pytest.mark.parametrize("answer", HOSTILE, ids=[repr(h[:20]) for h in HOSTILE])
def test_hostile_text_is_not_understood_and_quickly(answer: str, syntax: str) -> None:
    start = time.perf_counter()
    reading = read(LINEAR, answer, target(LINEAR, "w_1"), syntax=syntax)  # type: ignore[arg-type]
    assert reading.status == "not understood"
    assert reading.message
    assert time.perf_counter() - start < 1.5


PIECES = [*"xywbnz_^{}()[]+-*/|'0123 ,.=<>&", r"\frac", r"\sum", r"\hat", r"\sigma", r"\partial", r"\left", r"\right",
          r"\ln ", r"\mathbf", "w_1", "x_1", "np.", "sum(", "@", ".T", r"\delta", r"\odot ", r"\begin{cases}", r"\|",
          r"\end{cases}", "**", r"\operatorname{diag}", " for i in range(n)", r"\top", "T", "len("]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_without_an_error(answer: str) -> None:
    reading = read(LINEAR, answer, target(LINEAR, "w_1"))
    assert reading.status in ("read", "shape", "ambiguous", "not understood")


@pytest.mark.parametrize(
    ("answer", "column"), [(r"x_1 + \foo", 7), ("x_1 + q", 7), ("2*x1 + q*b", 8), (r"(x_1 + b", 9), (r"w_7", 3)]
)
def test_what_is_not_understood_has_its_column(answer: str, column: int) -> None:
    reading = found(LINEAR, {}, "w_1", answer)
    assert (reading.status, reading.position) == ("not understood", column)


def test_every_line_of_a_names_table_is_checked() -> None:
    for names in (
        {"q": "nonsense"},
        {"q_i": "weight 7"},
        {"((": "input"},
        {"q": "= \\foo"},
        {"w_{ijk}": "weight[i,j,k]"},
    ):
        with pytest.raises(SymnetError):
            Vocabulary(LINEAR, names)


def test_reading_a_network_in_its_own_notation_needs_no_names() -> None:
    for notation, samples in itertools.product(NOTATIONS, ("n", 1)):
        network = sn.Network("2 -> 3 sigmoid -> 2 linear", notation=notation, samples=samples)
        for parameter in network.parameters:
            assert target(network, parameter.name).tensor == parameter


def test_no_text_brings_about_an_import_an_execution_or_an_open_file() -> None:
    """In a process of its own, for an audit hook cannot be taken off again."""
    program = """
import sys
from symnet import Network
from symnet.check.read.reading import read
from symnet.check.read.symbols import target
network = Network("2 -> 1 relu", cost="mse")
asked = target(network, "w_1")
seen = []
def hook(event, arguments):
    if event in ("import", "exec", "compile", "open", "os.system", "subprocess.Popen"):
        seen.append((event, arguments))
sys.addaudithook(hook)
for line in sys.argv[1:]:
    read(network, line, asked)
    print(seen) if seen else None
"""
    texts = [h for h in HOSTILE if "\x00" not in h and len(h) < 30_000 and h.isprintable()]
    texts += [
        r"\sum\sigma''(x_1)\max(0,w_1x_1)",
        "np.where(x1>0,1,0)",
        r"1/2n\sum x_1",
        r"\frac{\partial z}{\partial w_1}",
    ]
    run = subprocess.run([sys.executable, "-c", program, *texts], capture_output=True, text=True, check=True)
    assert run.stdout == ""


BISHOP = {
    "x_i": "input[i]",
    "w_{ji}^{(1)}": "weight 1[i,j]",
    "w_{kj}^{(2)}": "weight 2[j,k]",
    "a_j": "pre 1[j]",
    "z_j": "unit 1[j]",
    "y_k": "prediction[k]",
    "t_k": "target[k]",
    r"\delta_k": "adjoint pre 2[k]",
    r"\delta_j": "adjoint pre 1[j]",
    "h": "activation 1",
}


@pytest.mark.parametrize(
    ("wrt", "answer"),
    [
        (r"\delta_j", r"h'(a_j)\sum_k w_{kj}^{(2)}\delta_k"),
        (r"w_{kj}^{(2)}", r"\delta_k z_j"),
        (r"w_{ji}^{(1)}", r"\delta_j x_i"),
    ],
)
def test_of_two_quantities_with_one_symbol_the_one_with_that_letter_is_meant(wrt: str, answer: str) -> None:
    net = Network("3 -> 4 tanh -> 2 linear", cost="quadratic", samples=1, notation="nielsen")
    assert check(net, wrt, answer, names=Vocabulary(net, BISHOP)).status in ("proved", "equal")


def test_a_conditional_expression_is_read() -> None:
    net = Network("2 -> 1 leaky_relu", samples=1)
    names = Vocabulary(
        net, {"x_j": "input[j]", "z": "pre", "a": "prediction", "y": "target", r"\alpha": "constant alpha"}
    )
    assert check(net, "w_1", "2*(a - y)*x1*(1 if z > 0 else alpha)", names=names).status in ("proved", "equal")
    assert check(net, "w_1", "2*(a - y)*x1*(alpha if z > 0 else 1)", names=names).status == "different"
    assert check(net, "w_1", "2*(a - y)*x1*(1 if z > 0)", names=names).status == "not understood"


def test_a_symbol_may_be_declared_as_programs_write_it() -> None:
    net = Network("3 -> 4 tanh -> 1 sigmoid", cost="cross_entropy", notation="ng")
    names = Vocabulary(
        net, {"A1": "unit 1", "A2": "prediction", "Y": "target", "m": "samples", "dZ2": "n adjoint pre 2"}
    )
    assert check(net, "W2", "np.dot(dZ2, A1.T) / m", names=names).status in ("proved", "equal")
    assert check(net, "W2", "np.dot(A2 - Y, A1.T) / m", names=names).status in ("proved", "equal")
