"""The numbers in pictures of passes are the interpreter's and the derivation's, and they are rounded sensibly."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet import Network, SymnetError
from symnet.algebra.interpret import run
from symnet.network import COST
from symnet.render.display import Node, Number, Terms
from symnet.render.figures.figure import Figure, Label
from symnet.render.figures.quantities import rounded, worked_out
from symnet.render.text import text
from tests.proof.cases import draw
from tests.render.figures.pictures import numbers

NETWORKS = [
    Network("2 -> 1 linear"),
    Network("2 -> 2 sigmoid -> 2 sigmoid", cost="quadratic"),
    Network("3 -> 2 tanh -> 2 softmax", cost="categorical_cross_entropy", samples=1),
    Network("2 -> 3 relu -> 1 sigmoid", cost="cross_entropy"),
]


def value(node: Node) -> float:
    return float(text(node).replace("−", "-"))


def labels(figure: Figure, colour: str) -> list[Label]:
    return [m for m in figure.marks if isinstance(m, Label) and m.colour == colour and not isinstance(m.content, str)]


def environment(net: Network, given: dict[str, Any]) -> dict[Any, Any]:
    rows = {net.x: np.array(given["x"], dtype=float), net.y: np.array(given["y"], dtype=float)}
    data = {t: v.reshape([1, *v.shape] if net.sample_axes else v.shape) for t, v in rows.items()}
    return {**data, **{p: np.array(given[p.name], dtype=float) for p in net.parameters}, **net.constants}


@pytest.mark.parametrize("net", NETWORKS, ids=lambda net: net.spec)
def test_the_values_above_the_units_are_the_interpreters(net: Network) -> None:
    given = numbers(net)
    values = run(net.equations, environment(net, given))
    expected = [v for t in (net.x, *(eq.target for eq in net.equations)) for v in np.ravel(values[t])]
    shown = [label.content for label in labels(net.figure("forward", **given), "forward")]
    assert shown == [rounded(v) for v in expected]


@pytest.mark.parametrize("net", NETWORKS, ids=lambda net: net.spec)
def test_the_derivatives_below_the_units_are_the_derivations(net: Network) -> None:
    given = numbers(net)
    derivation = net.derive()
    values = run([*net.equations, *(a.equation for a in derivation.backward)], environment(net, given))
    figure = net.figure("backward", **given)
    circles = {label.at[0] for label in labels(figure, "forward")}
    below = [label.content for label in labels(figure, "backward") if label.at[0] in circles]
    targets = [eq.target for eq in net.equations[:-1]]
    expected = [v for t in targets for v in np.ravel(values[derivation.adjoints[t].equation.target])]
    assert below == [*map(rounded, expected), Number("1")]


@pytest.mark.parametrize("net", NETWORKS[:2], ids=lambda net: net.spec)
def test_below_each_weight_stands_the_derivative_by_it(net: Network) -> None:
    given = numbers(net)
    derivation = net.derive()
    values = run([*net.equations, *(a.equation for a in derivation.backward)], environment(net, given))
    figure = net.figure("backward", **given)
    circles = {label.at[0] for label in labels(figure, "forward")}
    on_lines = [label.content for label in labels(figure, "backward") if label.at[0] not in circles]
    gradients = [v for p in net.parameters for v in np.ravel(values[derivation.adjoints[p].equation.target])]
    assert sorted(map(str, on_lines)) == sorted(str(rounded(v)) for v in gradients)


@pytest.mark.parametrize("number", range(12))
def test_a_local_derivative_is_the_slope_of_one_quantity_by_the_one_before(number: int) -> None:
    case = draw(number * 7 + 3)
    net = case.net
    x, y = np.array(case.x, dtype=float), np.array(case.y, dtype=float)
    if net.sample_axes:
        x, y = x[:1], y[:1]
    base = {**case.environment, net.x: x, net.y: y}
    names = {p.name: np.asarray(v).tolist() for p, v in ((p, base[p]) for p in net.parameters)}
    found = worked_out(
        net, x.tolist() if x.ndim else float(x), y.tolist() if y.ndim else float(y), names, backward=True
    )
    step = 1e-6
    for before, equation in zip((net.x, *(eq.target for eq in net.equations)), net.equations[:-1], strict=False):
        after = equation.target
        values = run(net.equations, base)
        for source, target in product(np.ndindex(values[before].shape), np.ndindex(values[after].shape)):
            moved = []
            for sign in (1, -1):
                changed = {**values, before: values[before].copy()}
                changed[before][source] += sign * step
                moved.append(run([equation], changed)[after][target])
            slope = (moved[0] - moved[1]) / (2 * step)
            keys = ((before, tuple(k + 1 for k in source)), (after, tuple(k + 1 for k in target)))
            joined = net.layers[after.layer - 1].function.normalised or after.role == "pre" or source == target
            if joined:
                assert found.slope(*keys) == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_the_slope_of_the_cost_is_the_derivative_by_the_prediction() -> None:
    net = NETWORKS[0]
    found = worked_out(net, [1, 2], 10, {"w": [3, 4], "b": 1}, backward=True)
    assert found.slope((net.prediction, (1,)), (COST, ())) == found.derivative((net.prediction, (1,))) == 4.0


def test_the_lectures_neuron_is_twelve() -> None:
    figure = NETWORKS[0].figure("forward", x=[1, 2], w=[3, 4], b=1)
    assert [label.content for label in labels(figure, "forward")] == [Number("1"), Number("2"), Number("12")]


def test_of_a_wide_layer_the_width_of_lines_tells_the_weights() -> None:
    weights = [1, -2, 3, -1, 2, -3, 1, 1, -1]
    figure = Network("9 -> 1").figure("forward", x=[1] * 9, w=weights, b=0)
    widths = [mark.width for mark in figure.marks if getattr(mark, "stage", 0) == 1 and hasattr(mark, "dash")]
    shown = [abs(weights[k]) for k in (0, 1, 2, 8)]
    assert [round((width - 0.7) / 2.6 * 3, 6) for width in widths] == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (12, "12"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333"),
        (0.9999999, "1.00"),
        (-0.25, "−0.25"),
        (1234.5, "1234"),
        (0.00012345, "1.23e−4"),
        (123456789.5, "1.23e8"),
        (0.0, "0"),
        (-0.0, "0"),
        (11.9996, "12.0"),
    ],
)
def test_numbers_are_rounded_sensibly(number: float, shown: str) -> None:
    assert text(rounded(number)) == shown


@given(st.floats(min_value=-1e9, max_value=1e9, allow_subnormal=False))
def test_a_rounded_number_is_right_to_half_a_unit_of_its_third_digit(number: float) -> None:
    assert value(rounded(number)) == pytest.approx(number, rel=0.0051, abs=1e-300)


def test_a_negative_number_has_its_sign_apart() -> None:
    assert rounded(-2) == Terms((("-", Number("2")),))


def test_several_samples_are_refused() -> None:
    with pytest.raises(SymnetError, match="shows one sample, x has 2; give one of them"):
        NETWORKS[0].figure("forward", x=[[1, 2], [3, 4]], w=[3, 4], b=1)


def test_what_is_missing_is_named() -> None:
    net = NETWORKS[0]
    with pytest.raises(SymnetError, match="needs the inputs; give x"):
        net.figure("forward", w=[3, 4], b=1)
    with pytest.raises(SymnetError, match="needs a target; give y"):
        net.figure("backward", x=[1, 2], w=[3, 4], b=1)
    with pytest.raises(SymnetError, match="b is missing"):
        net.figure("forward", x=[1, 2], w=[3, 4])


def test_a_prediction_that_the_cost_is_not_defined_for_is_refused() -> None:
    net = Network("1 -> 1 linear", cost="cross_entropy")
    with pytest.raises(SymnetError, match="the prediction is 4"):
        net.figure("backward", x=1, y=1, w=3, b=1)
