"""Worked numbers: published examples to the last printed digit, exact where they can be, refused in a sentence."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet import Dense, Input, Network, SymnetError
from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Tensor
from symnet.algebra.interpret import run
from symnet.costs import COSTS
from symnet.network import COST
from symnet.render.numbers import decimals


def rounded(value: sp.Expr, like: str) -> str:
    """``value`` with as many decimal places as ``like`` is printed with."""
    places = len(like.partition(".")[2])
    return f"{Decimal(str(sp.N(value, 40))):.{places}f}"


# -- Mazur 2015, “A Step by Step Backpropagation Example” ----------------------------------------------------------

MAZUR = Network("2 -> 2 sigmoid -> 2 sigmoid", cost="quadratic")
MAZUR_START: dict[str, Any] = {
    "W1": [["0.15", "0.25"], ["0.20", "0.30"]],
    "b1": ["0.35", "0.35"],
    "W2": [["0.40", "0.50"], ["0.45", "0.55"]],
    "b2": ["0.60", "0.60"],
}
MAZUR_DONE = MAZUR.forward(
    x=["0.05", "0.10"], y=["0.01", "0.99"], digits=12, backward=True, steps=1, rate="0.5", **MAZUR_START
)

MAZUR_PRINTED = [
    ("net_h1", "z1", (0,), 0, "0.3775"),
    ("out_h1", "a1", (0,), 0, "0.593269992"),
    ("out_h2", "a1", (1,), 0, "0.596884378"),
    ("net_o1", "z2", (0,), 0, "1.105905967"),
    ("out_o1", "a2", (0,), 0, "0.75136507"),
    ("out_o2", "a2", (1,), 0, "0.772928465"),
    ("E", "C", (), 0, "0.298371109"),
    ("dE/dout_o1", "dC/da2", (0,), 0, "0.74136507"),
    ("dE/dw5", "dC/dW2", (0, 0), 0, "0.082167041"),
    ("w5+", "W2", (0, 0), 1, "0.35891648"),
    ("w6+", "W2", (1, 0), 1, "0.408666186"),
    ("w7+", "W2", (0, 1), 1, "0.511301270"),
    ("w8+", "W2", (1, 1), 1, "0.561370121"),
    ("dE/dout_h1", "dC/da1", (0,), 0, "0.036350306"),
    ("dE/dw1", "dC/dW1", (0, 0), 0, "0.000438568"),
    ("w1+", "W1", (0, 0), 1, "0.149780716"),
    ("w2+", "W1", (1, 0), 1, "0.19956143"),
    ("w3+", "W1", (0, 1), 1, "0.24975114"),
    ("w4+", "W1", (1, 1), 1, "0.29950229"),
]


@pytest.mark.parametrize(("what", "name", "index", "step", "printed"), MAZUR_PRINTED, ids=lambda v: str(v))
def test_mazurs_example_to_the_last_printed_digit(
    what: str, name: str, index: tuple[int, ...], step: int, printed: str
) -> None:
    value = MAZUR_DONE.values(name, step)
    for k in index:
        value = value[k]
    assert rounded(value, printed) == printed


MAZUR_DATA: dict[str, Any] = {"x": ["0.05", "0.10"], "y": ["0.01", "0.99"], "digits": 12}
MAZUR_BIASES = {name: MAZUR_START[name] for name in ("b1", "b2")}


def test_mazurs_error_after_the_step_is_computed_from_the_weights_that_he_prints() -> None:
    after = {name: MAZUR_DONE.values(name, 1) for name in ("W1", "W2")}
    assert rounded(MAZUR.forward(**MAZUR_DATA, **after, **MAZUR_BIASES).cost, "0.291027774") == "0.291027774"


def test_the_error_that_he_prints_instead_is_that_of_hidden_weights_moved_with_the_new_output_weights() -> None:
    new, old = MAZUR_DONE.values("W2", 1), MAZUR_DONE.values("W2", 0)
    signals = MAZUR_DONE.values("dC/dz2")
    slopes = [a * (1 - a) for a in MAZUR_DONE.values("a1")]
    assert new != old
    moved = [
        [
            w - sp.Rational(1, 2) * x * slope * sum(v * s for v, s in zip(row, signals, strict=True))
            for w, slope, row in zip(weights, slopes, new, strict=True)
        ]
        for x, weights in zip(MAZUR_DONE.values("x"), MAZUR_DONE.values("W1"), strict=True)
    ]
    assert rounded(MAZUR.forward(**MAZUR_DATA, W1=moved, W2=new, **MAZUR_BIASES).cost, "0.291027924") == "0.291027924"


def test_mazurs_numbers_are_printed() -> None:
    done = MAZUR.forward(x=["0.05", "0.10"], y=["0.01", "0.99"], digits=9, backward=True, **MAZUR_START)
    text = done.text()
    for printed in ("0.593269992", "1.105905967", "0.298371109", "0.082167041", "0.000438568"):
        assert printed in text


# -- Han, Kamber & Pei, “Data Mining”, example 9.1 -----------------------------------------------------------------
# The book carries rounded figures on, so its δ₆ = 0.1311 differs from 0.13117 in the fourth place.

HAN = Network("3 -> 2 sigmoid -> 1 sigmoid", cost="quadratic")
HAN_DONE = HAN.forward(
    x=[1, 0, 1],
    y=1,
    digits=12,
    backward=True,
    steps=1,
    rate="0.9",
    W1=[["0.2", "-0.3"], ["0.4", "0.1"], ["-0.5", "0.2"]],
    b1=["-0.4", "0.2"],
    w2=["-0.3", "-0.2"],
    b2="0.1",
)
HAN_PRINTED = [
    ("I4", "z1", (0,), 0, "-0.7"),
    ("I5", "z1", (1,), 0, "0.1"),
    ("I6", "z2", (), 0, "-0.105"),
    ("O4", "a1", (0,), 0, "0.332"),
    ("O5", "a1", (1,), 0, "0.525"),
    ("O6", "a2", (), 0, "0.474"),
    ("-Err6", "dC/dz2", (), 0, "-0.131"),
    ("-Err5", "dC/dz1", (1,), 0, "0.0065"),
    ("-Err4", "dC/dz1", (0,), 0, "0.0087"),
    ("w46", "w2", (0,), 1, "-0.261"),
    ("w56", "w2", (1,), 1, "-0.138"),
    ("w14", "W1", (0, 0), 1, "0.192"),
    ("w15", "W1", (0, 1), 1, "-0.306"),
    ("w24", "W1", (1, 0), 1, "0.4"),
    ("w25", "W1", (1, 1), 1, "0.1"),
    ("w34", "W1", (2, 0), 1, "-0.508"),
    ("w35", "W1", (2, 1), 1, "0.194"),
    ("θ6", "b2", (), 1, "0.218"),
    ("θ5", "b1", (1,), 1, "0.194"),
    ("θ4", "b1", (0,), 1, "-0.408"),
]


@pytest.mark.parametrize(("what", "name", "index", "step", "printed"), HAN_PRINTED, ids=lambda v: str(v))
def test_hans_example_to_the_last_printed_digit(
    what: str, name: str, index: tuple[int, ...], step: int, printed: str
) -> None:
    value = HAN_DONE.values(name, step)
    for k in index:
        value = value[k]
    assert rounded(value, printed) == printed


# -- exactness -----------------------------------------------------------------------------------------------------


def test_rational_arithmetic_is_exact() -> None:
    done = Network("2 -> 1", cost="mse").forward(
        x=[["1/3", "0.1"], [2, Fraction(1, 7)]],
        y=[1, "2/3"],
        w=["3/5", 4],
        b="1e-2",
        backward=True,
        steps=2,
        rate="1/10",
    )
    for current in done.passes:
        assert all(value.is_Rational for value in current.values.values())
    assert done.value == [sp.Rational(61, 100), sp.Rational(3, 5) * 2 + sp.Rational(4, 7) + sp.Rational(1, 100)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.1, sp.Rational(1, 10)),
        ("0.1", sp.Rational(1, 10)),
        (Decimal("0.1"), sp.Rational(1, 10)),
        (np.float64(0.1), sp.Rational(1, 10)),
        (Fraction(1, 3), sp.Rational(1, 3)),
        (sp.Rational(1, 3), sp.Rational(1, 3)),
        (np.int64(3), sp.Integer(3)),
        ("-.5", sp.Rational(-1, 2)),
        (" 2e-3 ", sp.Rational(1, 500)),
        (1e-7, sp.Rational(1, 10**7)),
        (True, sp.Integer(1)),
    ],
    ids=repr,
)
def test_a_number_is_taken_as_it_is_written(given: Any, expected: sp.Expr) -> None:
    assert Network("1 -> 1").forward(x=given, w=1, b=0).value == expected


def test_a_sigmoid_of_a_rational_is_right_to_the_digits_asked() -> None:
    done = Network("2 -> 1 sigmoid").forward(x=[1, 2], w=[3, 4], b=1, digits=50)
    exact = 1 / (1 + sp.exp(-12))
    assert abs(sp.N(done.value - exact, 80)) < sp.Float("1e-50", 80)


@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh", "softplus", "silu", "elu", "sigmoid", "tanh"])
@pytest.mark.parametrize("z", ["-12", "-35", "1e-20", "30"])
def test_far_from_zero_no_digit_is_lost_to_cancellation(activation: str, z: str) -> None:
    f = ACTIVATIONS[activation]
    constants = {sp.Symbol(name, real=True): sp.S(int(value)) for name, value in f.constants.items()}
    expr = f.expr.doit().subs(constants).subs(sp.Symbol("x", real=True), sp.Rational(z))
    exact = sp.N(sp.N(expr.rewrite(sp.erfc), 2500, maxn=10000), 20)
    done = Network(f"1 -> 1 {activation}").forward(x=z, w=1, b=0)
    assert abs(done.value / exact - 1) < sp.Float("1e-15")


@pytest.mark.parametrize("x", ["1e300", "-1e300", "1e40"])
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_huge_numbers_are_worked_out_or_refused_at_once(activation: str, x: str) -> None:
    start = time.perf_counter()
    net = Network(f"1 -> 1 {activation} -> 1")
    try:
        assert net.forward(x=x, w1="1e300", b1=1, w2=1, b2=0, y=1, backward=True).value.is_finite
    except SymnetError as error:
        assert "no real, finite value" in str(error)
    assert time.perf_counter() - start < 2


def test_one_sample_may_be_given_as_a_row_or_a_table_of_one_row() -> None:
    net = Network("2 -> 1")
    assert net.forward(x=[1, 2], w=[3, 4], b=1).value == net.forward(x=[[1, 2]], w=[3, 4], b=1).value == 12


def test_several_samples_give_as_many_predictions() -> None:
    assert Network("2 -> 1").forward(x=[[1, 2], [0, 1], [5, 5]], w=[3, 4], b=1).value == [12, 5, 36]


def test_steps_of_gradient_descent_are_those_of_numpy() -> None:
    x, y, w, b = np.array([[1.0, 2], [0, 1], [2, -1]]), np.array([1.0, 0, 2]), np.array([0.5, -0.5]), 0.25
    done = Network("2 -> 1", cost="mse").forward(x=x, y=y, w=w, b=b, steps=3, rate=0.125)
    for _ in range(3):
        residual = x @ w + b - y
        w, b = w - 0.125 * 2 * x.T @ residual / 3, b - 0.125 * 2 * residual.mean()
    np.testing.assert_allclose([float(v) for v in done.values("w", 3)], w, rtol=1e-14)
    np.testing.assert_allclose(float(done.values("b", 3)), b, rtol=1e-14)


# -- against the interpreter ---------------------------------------------------------------------------------------

numbers = st.integers(-100, 100).map(lambda k: k / 100)


@st.composite
def worked_cases(draw: st.DrawFn) -> tuple[Network, dict[str, Any]]:
    activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
    cost = draw(st.sampled_from(["quadratic", "mse", "cross_entropy", "log_cosh", "huber", "hellinger"]))
    top = "sigmoid" if COSTS[cost].domain != "real" else "linear"
    units = draw(st.integers(1, 2))
    net = Network(
        Input(draw(st.integers(1, 2))),
        Dense(2, activation, draw(st.booleans())),
        Dense(units, top, draw(st.booleans())),
        cost=cost,
        samples=draw(st.sampled_from([1, "n"])),
    )
    samples = draw(st.integers(1, 2))

    def array(tensor: Tensor, element: st.SearchStrategy[float]) -> Any:
        shape = tuple(samples if a.name == "s" else int(a.size) for a in tensor.axes)
        values = draw(st.lists(element, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        return np.array(values).reshape(shape)

    given_numbers = {p.name: array(p, numbers) for p in net.parameters}
    given_numbers["x"] = array(net.x, numbers)
    given_numbers["y"] = array(net.y, st.integers(10, 90).map(lambda k: k / 100))
    return net, given_numbers


@given(worked_cases())
@settings(max_examples=40, deadline=None)
def test_every_worked_value_is_the_interpreters(case: tuple[Network, dict[str, Any]]) -> None:
    net, given_numbers = case
    done = net.forward(**given_numbers, backward=True)
    env = {net.x: given_numbers["x"], net.y: given_numbers["y"], **net.constants}
    env |= {p: given_numbers[p.name] for p in net.parameters}
    env = {t: np.asarray(v, dtype=float) for t, v in env.items()}
    values = run([*net.equations, *(a.equation for a in net.derive().backward)], env)
    assert {tensor for tensor, _ in done.passes[0].values} == set(values)
    for (tensor, index), value in done.passes[0].values.items():
        expected = values[tensor][tuple(k - 1 for k in index)]
        np.testing.assert_allclose(float(value), expected, rtol=1e-12, atol=1e-12)
    assert float(done.passes[0].values[COST, ()]) == float(done.cost)


# -- refusals ------------------------------------------------------------------------------------------------------

NEURON = Network("2 -> 1")
HIDDEN = Network("2 -> 2 sigmoid -> 2 sigmoid", cost="quadratic")
GOOD: dict[str, Any] = {"x": [1, 2], "w": [3, 4], "b": 1}

REFUSED: list[tuple[Network, dict[str, Any], str]] = [
    (NEURON, {"b": None}, "b is None, expected a number such as 3, 0.25 or 1/3"),
    (NEURON, {"v": 2}, "'v' is none of the network's parameters; they are w (2), b"),
    (NEURON, {"W": [3, 4]}, "w is given twice"),
    (NEURON, {"w": [3]}, "w has shape 1, expected 2 numbers"),
    (NEURON, {"w": 3}, "w is one number, expected 2 numbers"),
    (NEURON, {"w": [[3], [4]]}, "w[1] is [3], expected a number"),
    (NEURON, {"x": [1, 2, 3]}, "expected 2 inputs for a sample"),
    (NEURON, {"x": 5}, "expected 2 inputs for a sample"),
    (NEURON, {"x": []}, "expected 2 inputs for a sample"),
    (NEURON, {"x": "12"}, "expected 2 inputs for a sample"),
    (NEURON, {"x": [[1, 2], [3]]}, "row 2 of x has 1 number"),
    (NEURON, {"x": ["a", 2]}, "x[1, 1] is 'a', expected a number"),
    (NEURON, {"x": [1, "__import__('os')"]}, "x[1, 2] is \"__import__('os')\", expected a number"),
    (NEURON, {"x": [1, "1e999999"]}, "x[1, 2] is '1e999999', expected a number"),
    (NEURON, {"x": [1, "9**9**9"]}, "expected a number"),
    (NEURON, {"x": [1, "9" * 100_000]}, "expected a number"),
    (NEURON, {"x": [1, "1/0"]}, "x[1, 2] is '1/0', whose denominator is 0"),
    (NEURON, {"x": [1, float("nan")]}, "x[1, 2] is nan, expected a number"),
    (NEURON, {"x": [1, float("inf")]}, "x[1, 2] is inf, expected a number"),
    (NEURON, {"x": [1, 1 + 2j]}, "x[1, 2] is (1+2j), expected a number"),
    (NEURON, {"x": [1, sp.pi]}, "x[1, 2] is pi, expected a number"),
    (NEURON, {"x": [1, "٣"]}, "x[1, 2] is '٣', expected a number"),
    (NEURON, {"backward": True}, "the backward pass needs a target; give y"),
    (NEURON, {"y": 1, "steps": 1}, "gradient descent needs a learning rate; give rate, such as rate=0.1"),
    (NEURON, {"y": 1, "steps": 1, "rate": "fast"}, "rate is 'fast', expected a number"),
    (NEURON, {"y": 1, "steps": -1, "rate": 1}, "steps is -1, expected a whole number of at least 0"),
    (NEURON, {"y": 1, "steps": 1.5, "rate": 1}, "steps is 1.5, expected a whole number of at least 0"),
    (NEURON, {"y": 1, "steps": 10**9, "rate": 1}, "give fewer samples or steps"),
    (NEURON, {"y": [1, 2]}, "expected"),
    (NEURON, {"digits": 0}, "digits is 0, expected a whole number of decimal places from 1 to 100"),
    (NEURON, {"digits": "six"}, "digits is 'six', expected a whole number"),
    (NEURON, {"notation": "foo"}, "unknown notation 'foo'"),
    (Network("2 -> 1", samples=1), {"x": [[1, 2], [3, 4]]}, "expected"),
    (Network(Input("n_0"), Dense(1)), {}, "worked numbers need sizes in numbers"),
    (Network("2 -> 1", cost="cross_entropy"), {"y": 1}, "the prediction is 12, but cross_entropy is defined for"),
    (Network("2 -> 1 sigmoid", cost="cross_entropy"), {"y": 2}, "the target is 2, but cross_entropy is defined for"),
    (Network("2 -> 1", cost="kullback_leibler"), {"y": 1, "b": -40}, "defined for predictions greater than 0"),
]


@pytest.mark.parametrize(("net", "changes", "sentence"), REFUSED, ids=lambda v: v[:40] if isinstance(v, str) else "")
def test_what_cannot_be_worked_out_is_refused_in_one_sentence(
    net: Network, changes: dict[str, Any], sentence: str
) -> None:
    start = time.perf_counter()
    with pytest.raises(SymnetError) as error:
        net.forward(**{**GOOD, **changes})
    message = str(error.value)
    assert sentence in message
    assert len(message) < 250
    assert "\n" not in message
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("missing", ["W1", "b1", "W2", "b2"])
def test_a_missing_parameter_is_named(missing: str) -> None:
    given_numbers = {name: value for name, value in MAZUR_START.items() if name != missing}
    with pytest.raises(SymnetError, match=f"{missing} is missing; the network's parameters are W1"):
        HIDDEN.forward(x=[1, 2], **given_numbers)


def test_a_transposed_matrix_is_refused_with_the_way_it_must_lie() -> None:
    with pytest.raises(SymnetError, match=r"W1 has shape 4 × 3, expected 3 × 4 \(inputs × units\)"):
        Network("3 -> 4 -> 1").forward(x=[1, 2, 3], W1=[[1, 2, 3]] * 4, b1=[0] * 4, w2=[1] * 4, b2=0)


def test_a_value_without_such_a_name_is_refused() -> None:
    with pytest.raises(SymnetError, match="no quantity is called 'z9'; there are"):
        NEURON.forward(**GOOD).values("z9")


# -- decimals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (sp.Rational(1, 3), 4, "0.3333"),
        (sp.Rational(-1, 8), 2, "-0.12"),
        (sp.Rational(3, 8), 2, "0.38"),
        (sp.Integer(12), 3, "12"),
        (sp.Rational(5, 2), 6, "2.5"),
        (sp.Float("0.0000001234567", 20), 6, "1.234567e-7"),
        (sp.Float("123456789.123456789", 30), 4, "123456789.1235"),
        (sp.Integer(0), 6, "0"),
    ],
)
def test_decimals_are_rounded_half_to_even_and_end_without_zeros(value: sp.Expr, digits: int, expected: str) -> None:
    assert decimals(value, digits) == expected


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_a_printed_decimal_is_within_half_a_unit_of_its_last_place(value: Fraction, digits: int) -> None:
    printed = decimals(sp.Rational(value.numerator, value.denominator), digits)
    assert abs(Fraction(printed) - value) <= Fraction(1, 2 * 10**digits)
