"""Wrong answers, built as expressions over the network's quantities, and the slip that each was made by."""

import numpy as np
import pytest
import sympy as sp

from symnet import Network, costs
from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import Apply, Expr, Ref, Size, Sum, add, const, mul, negative, power
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.scalars import differentiate
from symnet.check.explain.alter import written_out
from symnet.check.explain.catalogue import catalogue
from symnet.check.explain.diagnose import Diagnosis, diagnose
from symnet.check.explain.points import Points
from symnet.derive.derivation import Derivation
from symnet.derive.reverse import adjoint_of
from symnet.network import SAMPLES

TWO, HALF = const(2), const(sp.Rational(1, 2))
ONE_N = power(Size(SAMPLES), sp.Integer(-1))

LINE = Network("2 -> 1 linear")
MEAN = Network("2 -> 1 linear", cost="mse")
RIDGE = Network("2 -> 1 linear", cost="quadratic", samples=1, regulariser=costs.l2(0.1))
NEURON = Network("2 -> 1 sigmoid", samples=1)
BINARY = Network("2 -> 1 sigmoid", cost="cross_entropy", samples=1)
BATCH = Network("2 -> 1 sigmoid", cost="cross_entropy")
TANH = Network("2 -> 1 tanh", cost="quadratic", samples=1)
RELU = Network("2 -> 1 relu", samples=1)
HIDDEN = Network("3 -> 4 sigmoid -> 1 linear", samples=1)
DEEP = Network("3 -> 4 sigmoid -> 3 sigmoid -> 2 sigmoid", cost="quadratic", samples=1)
SOFTMAX = Network("4 -> 3 softmax", cost="categorical_cross_entropy", samples=1)
DECAY = Network("4 -> 3 softmax", cost="categorical_cross_entropy", regulariser=costs.l2(0.1))


def minus(a: Expr, b: Expr) -> Expr:
    return add(a, negative(b))


def x(net: Network, k: int) -> Expr:
    return net.x(*net.sample_axes, k)


def error(net: Network) -> Expr:
    return minus(net.prediction(), net.y())


def over_samples(body: Expr) -> Expr:
    return Sum(SAMPLES, body)


def slope(net: Network, layer: int, of: str | None = None, at: Expr | None = None) -> Expr:
    function = ACTIVATIONS[of].function if of else net.layers[layer - 1].function.function
    return Apply(differentiate(function), (at or net.pre_activation(layer)(),))


def one_minus(a: Expr) -> Expr:
    return minus(const(1), a)


def weighted(net: Network) -> Expr:
    """w₁x₂ + w₂x₁ + b"""
    w = net.weight(1)
    return add(mul(w(1), x(net, 2)), mul(w(2), x(net, 1)), net.bias(1)())


def diagnosed(net: Network, wrt: str, answer: Expr) -> Diagnosis | None:
    if wrt in ("a", "z"):
        tensor = net.prediction if wrt == "a" else net.pre_activation(net.depth)
        return diagnose(net, tensor, tensor.axes, answer)
    tensor, index = Derivation(net).resolve(wrt)
    return diagnose(net, tensor, tensor.axes if index is None else index, answer)


A, Y = NEURON.prediction(), NEURON.y()
K, V, C = HIDDEN.unit(1), HIDDEN.weight(2), HIDDEN.prediction()
J = K.axes[0]
P, PY = SOFTMAX.prediction(), SOFTMAX.y()
LAMBDA = next(iter(RIDGE.constants))()
DELTA = [adjoint_of(DEEP.pre_activation(k)) for k in (1, 2, 3)]

SLIPS: list[tuple[str, Network, str, Expr, str]] = [
    ("sum", LINE, "w_1", mul(TWO, x(LINE, 1), error(LINE)), "missing_sum"),
    ("parameter", LINE, "b", mul(TWO, LINE.bias(1)(), over_samples(error(LINE))), "other"),
    (
        "Σb is nb",
        LINE,
        "b",
        mul(
            TWO,
            add(
                *(mul(LINE.weight(1)(k), over_samples(x(LINE, k))) for k in (1, 2)),
                LINE.bias(1)(),
                negative(over_samples(LINE.y())),
            ),
        ),
        "missing_sum",
    ),
    ("product of sums", LINE, "w_1", mul(TWO, over_samples(x(LINE, 1)), over_samples(error(LINE))), "other"),
    (
        "swapped",
        LINE,
        "w_2",
        over_samples(mul(TWO, minus(LINE.y(), LINE.prediction()), x(LINE, 2))),
        "swapped_y_yhat",
    ),
    ("sign", LINE, "w_2", negative(over_samples(mul(TWO, error(LINE), x(LINE, 2)))), "sign"),
    (
        "inputs exchanged",
        LINE,
        "w_2",
        mul(TWO, over_samples(mul(x(LINE, 2), minus(weighted(LINE), LINE.y())))),
        "wrong_index",
    ),
    ("factor", LINE, "w_1", over_samples(mul(x(LINE, 1), error(LINE))), "factor"),
    ("1/n", MEAN, "w_1", over_samples(mul(TWO, x(MEAN, 1), error(MEAN))), "wrong_normalisation"),
    ("free index", MEAN, "w_1", mul(TWO, ONE_N, x(MEAN, 1), error(MEAN)), "missing_sum"),
    (
        "λ(w₁ + w₂)",
        RIDGE,
        "w_1",
        add(mul(error(RIDGE), x(RIDGE, 1)), mul(LAMBDA, add(RIDGE.weight(1)(1), RIDGE.weight(1)(2)))),
        "other",
    ),
    (
        "λ/2 w",
        RIDGE,
        "w_1",
        add(mul(error(RIDGE), x(RIDGE, 1)), mul(HALF, LAMBDA, RIDGE.weight(1)(1))),
        "factor",
    ),
    ("no penalty", RIDGE, "w_1", mul(error(RIDGE), x(RIDGE, 1)), "other"),
    ("no σ′", NEURON, "w_1", mul(TWO, minus(A, Y), x(NEURON, 1)), "missing_activation_derivative"),
    ("σ for σ′", NEURON, "w_1", mul(TWO, minus(A, Y), A, x(NEURON, 1)), "missing_activation_derivative"),
    ("no x", NEURON, "w_1", mul(TWO, minus(A, Y), A, one_minus(A)), "missing_chain_factor"),
    ("1 + ŷ", NEURON, "w_1", mul(TWO, minus(A, Y), A, add(const(1), A), x(NEURON, 1)), "sign"),
    ("w for x", NEURON, "w_1", mul(TWO, minus(A, Y), slope(NEURON, 1), NEURON.weight(1)(1)), "other"),
    ("1 − y", NEURON, "w_1", mul(TWO, minus(A, Y), A, one_minus(Y), x(NEURON, 1)), "other"),
    (
        "inner sign",
        BINARY,
        "a",
        negative(add(mul(Y, power(A, sp.Integer(-1))), mul(one_minus(Y), power(one_minus(A), sp.Integer(-1))))),
        "sign",
    ),
    (
        "σ′ not cancelled",
        BINARY,
        "w_1",
        mul(minus(A, Y), power(mul(A, one_minus(A)), sp.Integer(-1)), x(BINARY, 1)),
        "missing_activation_derivative",
    ),
    (
        "σ′ twice",
        BATCH,
        "w_1",
        mul(
            ONE_N,
            over_samples(mul(error(BATCH), BATCH.prediction(), one_minus(BATCH.prediction()), x(BATCH, 1))),
        ),
        "other",
    ),
    ("(1 − a)", TANH, "w_1", mul(minus(A, Y), one_minus(A), x(TANH, 1)), "other"),
    ("1 + a²", TANH, "w_1", mul(minus(A, Y), add(const(1), power(A, sp.Integer(2))), x(TANH, 1)), "sign"),
    ("no relu′", RELU, "w_1", mul(TWO, minus(A, Y), x(RELU, 1)), "missing_activation_derivative"),
    ("1[x₁ > 0]", RELU, "w_1", mul(TWO, minus(A, Y), slope(RELU, 1, at=x(RELU, 1)), x(RELU, 1)), "other"),
    (
        "1[z < 0]",
        RELU,
        "w_1",
        mul(TWO, minus(A, Y), slope(RELU, 1, at=negative(RELU.pre_activation(1)())), x(RELU, 1)),
        "sign",
    ),
    (
        "Σ_j too many",
        HIDDEN,
        "W1",
        mul(TWO, minus(C, HIDDEN.y()), Sum(J, mul(V(), K(), one_minus(K()))), HIDDEN.x()),
        "other",
    ),
    ("∂C/∂v", HIDDEN, "W1", mul(TWO, minus(C, HIDDEN.y()), K()), "wrong_layer"),
    ("σ′(k)", HIDDEN, "W1", mul(TWO, minus(C, HIDDEN.y()), V(), slope(HIDDEN, 1, at=K()), HIDDEN.x()), "other"),
    (
        "w_21",
        HIDDEN,
        "W1[1,2]",
        mul(TWO, minus(C, HIDDEN.y()), V(1), K(1), one_minus(K(1)), x(HIDDEN, 2)),
        "wrong_index",
    ),
    (
        "1 − k_i",
        HIDDEN,
        "W1",
        mul(TWO, minus(C, HIDDEN.y()), V(), K(), one_minus(Ref(K, HIDDEN.x.axes)), HIDDEN.x()),
        "wrong_index",
    ),
    ("tanh′", HIDDEN, "b1", mul(TWO, minus(C, HIDDEN.y()), V(), slope(HIDDEN, 1, of="tanh")), "other"),
    ("no v", HIDDEN, "b1", mul(TWO, minus(C, HIDDEN.y()), K(), one_minus(K())), "missing_chain_factor"),
    ("a^l for a^(l−1)", DEEP, "W3", mul(Ref(DEEP.unit(1), DEEP.unit(2).axes), DELTA[2]()), "wrong_layer"),
    ("δ of the next layer", DEEP, "b2", Ref(DELTA[2], DEEP.bias(2).axes), "wrong_layer"),
    ("y − p", SOFTMAX, "z", minus(PY, P), "swapped_y_yhat"),
    ("diagonal", SOFTMAX, "z", negative(mul(PY, one_minus(P))), "missing_sum"),
    ("no target", SOFTMAX, "z", P, "other"),
    (
        "2λW",
        DECAY,
        "W",
        add(
            over_samples(mul(DECAY.x(), ONE_N, error(DECAY))),
            mul(TWO, next(iter(DECAY.constants))(), DECAY.weight(1)()),
        ),
        "factor",
    ),
    (
        "1/n of the data",
        DECAY,
        "W",
        add(over_samples(mul(DECAY.x(), error(DECAY))), mul(next(iter(DECAY.constants))(), DECAY.weight(1)())),
        "wrong_normalisation",
    ),
]


@pytest.mark.parametrize(("net", "wrt", "answer", "kind"), [s[1:] for s in SLIPS], ids=[s[0] for s in SLIPS])
def test_a_slip_is_named(net: Network, wrt: str, answer: Expr, kind: str) -> None:
    found = diagnosed(net, wrt, answer)
    assert (found.kind if found else "other") == kind


NETWORKS = [
    (BATCH, "w", None),
    (HIDDEN, "W1", None),
    (HIDDEN, "W1", (1, 2)),
    (DEEP, "W1", None),
    (DECAY, "W", None),
]


@pytest.mark.parametrize(("net", "name", "index"), NETWORKS)
def test_every_altered_derivation_written_out_has_the_value_that_it_was_found_by(
    net: Network, name: str, index: tuple[int, ...] | None
) -> None:
    tensor = next(p for p in net.parameters if p.name == name)
    known = catalogue(net, tensor, index or tensor.axes)
    for group in known.groups():
        for altered, value in zip(group.members, group.values, strict=True):
            written, axes = known.points.over(written_out(altered, known.derivation), known.axes)
            assert set(axes) == set(group.axes)
            order = [axes.index(a) for a in group.axes]
            np.testing.assert_allclose(written[0].transpose(0, *(1 + k for k in order)), value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("net", [BATCH, HIDDEN, DEEP, DECAY])
def test_the_values_at_points_are_those_of_the_interpreter(net: Network) -> None:
    points = Points(net, 0, 5)
    given = (net.x, net.y, *net.parameters, *net.constants)
    equations = [*net.equations, *(a.equation for a in Derivation(net).backward)]
    for k in range(2):
        environment = run(equations, {t: points.values[t][0][0, k] for t in given})
        for tensor, value in environment.items():
            np.testing.assert_allclose(points.values[tensor][0][0, k], value, rtol=1e-9, atol=1e-12)
        assert evaluate(net.equations[0].right, environment, net.equations[0].target.axes).shape


@pytest.mark.parametrize("net", [LINE, NEURON, HIDDEN])
def test_an_answer_that_no_slip_explains_is_not_explained(net: Network) -> None:
    tensor = net.weight(1)
    for power_ in (3, 5):
        answer = power(add(error(net), const(7), tensor()), sp.Integer(power_))
        answer = over_samples(answer) if net.sample_axes else answer
        assert diagnose(net, tensor, tensor.axes, answer) is None


def test_the_place_is_the_line_that_went_wrong() -> None:
    found = diagnosed(NEURON, "w_1", mul(TWO, minus(A, Y), x(NEURON, 1)))
    assert found is not None
    assert found.place == "dC/dz1"


def test_the_right_answer_has_no_diagnosis() -> None:
    right = mul(TWO, minus(A, Y), A, one_minus(A), x(NEURON, 1))
    assert diagnosed(NEURON, "w_1", right) is None


def test_what_decide_refutes_is_not_said() -> None:
    tensor, index = Derivation(NEURON).resolve("w_1")
    answer = mul(TWO, minus(A, Y), x(NEURON, 1))
    assert diagnose(NEURON, tensor, index or (), answer, decide=lambda *_: "different") is None
