"""Cost surfaces: level lines, slopes and curvature are those of the cost; the paths are gradient descent."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

import numpy as np
import pytest

from symnet import Network, SymnetError
from symnet.algebra.interpret import run
from symnet.network import COST
from symnet.render.figures.axes import Axes, Scale, clipped, simplified
from symnet.render.figures.contours import rates_figure
from symnet.render.figures.curves import polylines
from symnet.render.figures.figure import Label
from symnet.render.figures.geometry import Box
from symnet.render.figures.marching import level_lines
from symnet.render.figures.surface import Surface, surface
from tests.render.figures.pictures import AND, LINEAR, LOGISTIC, POINTS, TARGETS, XOR

TANH = Network("2 -> 2 tanh -> 1 sigmoid", cost="cross_entropy")


def linear(**given) -> Surface:
    return surface(LINEAR, POINTS, TARGETS, "w_1,w_2", 2, given or {"w": [0, 0], "b": 1})


# level lines


def test_a_level_line_of_a_paraboloid_is_one_closed_circle() -> None:
    x, y = np.linspace(-2, 2, 81), np.linspace(-2, 2, 61)
    (line,) = level_lines(x, y, x[None, :] ** 2 + y[:, None] ** 2, 1.0)
    assert line[0] == line[-1]
    assert all(hypot(*point) == pytest.approx(1.0, abs=0.002) for point in line)
    steps = [hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(line)]
    assert sum(steps) == pytest.approx(2 * np.pi, abs=0.01)


@pytest.mark.parametrize("level", [-0.3, 0.0, 0.3])
def test_beside_a_saddle_there_are_two_lines_that_do_not_cross(level: float) -> None:
    x = y = np.linspace(-1, 1, 24)
    lines = level_lines(x, y, x[None, :] * y[:, None], level)
    assert len(lines) == 2
    assert all(px * py == pytest.approx(level, abs=0.01) for line in lines for px, py in line)


def test_each_point_of_a_level_line_is_used_once() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(size=(12, 15))
    lines = level_lines(np.arange(15.0), np.arange(12.0), z, 0.1)
    open_points = [point for line in lines for point in (line[:-1] if line[0] == line[-1] else line)]
    crossings = sum(int(np.sum((a > 0.1) != (b > 0.1))) for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1])))
    assert len(open_points) == len(set(open_points)) == crossings


def test_cells_without_a_value_are_left_out() -> None:
    x = y = np.linspace(-1, 1, 21)
    z = x[None, :] + 0 * y[:, None]
    z[:10] = np.nan
    (line,) = level_lines(x, y, z, 0.05)
    assert min(py for _, py in line) == pytest.approx(y[10])


# the surface


@pytest.mark.parametrize("net", [LINEAR, LOGISTIC, TANH, Network("2 -> 1 tanh", cost="exponential")])
def test_costs_at_many_points_are_the_interpreters_at_each(net: Network) -> None:
    targets = TARGETS if net is LINEAR else [0, 1, 1, 0, 1, 0]
    names = "W1[1,1],w2[2]" if net is TANH else "w_1,b"
    found = surface(net, POINTS, targets, names, 2, {})
    points = np.random.default_rng(2).normal(size=(5, 2))
    for point, cost in zip(points, found.costs(points), strict=True):
        values = dict(found.environment)
        for (tensor, index), value in zip(found.chosen, point, strict=True):
            values[tensor] = np.array(values[tensor])
            values[tensor][tuple(k - 1 for k in index)] = value
        assert run(net.equations, values)[COST] == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize(("net", "names"), [(LINEAR, "w_1,b"), (LOGISTIC, "w_1,w_2"), (TANH, "W1[1,2],w2[1]")])
def test_slopes_and_curvature_are_those_of_the_costs(net: Network, names: str) -> None:
    found = surface(net, POINTS, [0, 1, 1, 0, 1, 0], names, 2, {})
    at, step = np.array([0.3, -0.4]), 1e-5
    for k in range(2):
        move = step * np.eye(2)[k]
        slope = (found.cost(at + move) - found.cost(at - move)) / (2 * step)
        assert found.gradient(at)[k] == pytest.approx(slope, rel=1e-6, abs=1e-8)
        curve = (found.gradient(at + move) - found.gradient(at - move)) / (2 * step)
        assert found.hessian(at)[k] == pytest.approx(curve, rel=1e-6, abs=1e-8)


def test_descent_takes_the_steps_of_training() -> None:
    model = LINEAR.fit(
        POINTS, TARGETS, learning_rate=0.01, epochs=7, initial={"w": [0.0, 0.0], "b": 1.0}, progress=False
    )
    everything = surface(LINEAR, POINTS, TARGETS, None, 3, {"w": [0, 0], "b": 1})
    path = everything.descent(0.01, 7)
    assert path[-1] == pytest.approx([*model.parameters["w"], float(model.parameters["b"])], rel=1e-12)
    assert everything.costs(path) == pytest.approx(model.history.cost, rel=1e-12)


def test_the_minimum_of_a_quadratic_cost_is_the_least_squares_solution() -> None:
    assert linear().minimum() == pytest.approx([3.0, 4.0])


def test_a_minimum_is_where_the_slopes_vanish() -> None:
    found = surface(
        LOGISTIC, [[-2, 0], [-1, 0], [1, 0], [2, 0], [0.5, 0], [-0.3, 0]], [0, 0, 1, 1, 0, 1], "w_1,b", 2, {}
    )
    assert found.gradient(found.minimum()) == pytest.approx([0, 0], abs=1e-8)


def test_where_the_cost_only_falls_there_is_no_minimum() -> None:
    separable = surface(LOGISTIC, [[-1, 0], [1, 0]], [0, 1], "w_1,b", 2, {"w": [1, 0], "b": 0})
    assert separable.minimum() is None


def test_learning_rates_from_the_curvature_creep_converge_and_diverge() -> None:
    largest = linear().curvature()
    assert largest == pytest.approx(np.linalg.eigvalsh([[22.0, 22.0], [22.0, 32.0]])[-1])
    figure = rates_figure(LINEAR, POINTS, TARGETS, "w_1,w_2", w=[0, 0], b=1)
    words = [m.content for m in figure.marks if isinstance(m, Label) and isinstance(m.content, str)]
    assert [w for w in words if w != "start"] == ["creeps", "converges", "diverges"]


def test_twice_over_the_largest_curvature_is_the_border_of_divergence() -> None:
    found = linear()
    for factor, falls in ((1.98, True), (2.02, False)):
        costs = found.costs(found.descent(factor / found.curvature(), 400))
        assert (costs[-1] < costs[0]) == falls


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"the cost needs data; give x and y"),
        ({"x": POINTS, "y": TARGETS}, r"3 parameters \(w_1, w_2, b\), .* such as --wrt w_1,w_2"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w_1"}, "over two parameters, given 1"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w_1,w_1"}, "names the same parameter twice"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w,b"}, "w has many elements; name one of them, such as w_1"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w_1,w_9"}, "'w_9' is outside"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w_1,b", "rate": "-1"}, "rate is '-1', expected a positive number"),
        ({"x": POINTS, "y": TARGETS, "wrt": "w_1,b", "steps": -1}, "steps is -1"),
        ({"x": POINTS, "y": TARGETS[:2], "wrt": "w_1,b"}, "expected one target for a sample"),
    ],
)
def test_contours_say_what_they_need(options, said: str) -> None:
    with pytest.raises(SymnetError, match=said):
        LINEAR.figure("contours", **options)


def test_rates_of_a_cost_that_does_not_curve_upwards_are_refused() -> None:
    with pytest.raises(SymnetError, match="does not curve upwards"):
        Network("1 -> 1", cost="mae").figure("rates", x=[1, 2], y=[0, 1], w=5, b=0)


def test_the_cost_of_many_parameters_needs_rates() -> None:
    wide = Network("2 -> 4 tanh -> 1")
    with pytest.raises(SymnetError, match="17 parameters, too many to take learning rates"):
        wide.figure("cost", **XOR)
    assert wide.figure("cost", rate=[0.01, 0.1], **XOR).stages == 2


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        (Network("3 -> 1"), {}, "over two inputs, this network has 3"),
        (LOGISTIC, {}, "is shown with its data; give x and y"),
        (LOGISTIC, AND, r"needs the parameters of a trained network; .* --w"),
        (LOGISTIC, {**AND, "y": [0, 0.2, 0.4, 1], "w": [1, 1], "b": 0}, "y has 4 different values"),
        (Network("2 -> 1", samples=1), {}, "leave samples at 'n'"),
    ],
)
def test_a_boundary_says_what_it_needs(net: Network, options, said: str) -> None:
    with pytest.raises(SymnetError, match=said):
        net.figure("boundary", **options)


def test_on_the_boundary_the_prediction_is_a_half() -> None:
    figure = LOGISTIC.figure("boundary", w=[3, 3], b=-4, **AND)
    (line,) = [mark for mark in figure.marks if getattr(mark, "width", 0) == 2.6]
    (frame,) = [mark for mark in figure.marks if getattr(mark, "closed", False) and mark.stroke == "muted"]
    (left, top), (right, bottom) = frame.points[0], frame.points[2]
    for px, py in line.points:  # the samples lie between 0 and 1, and the frame 15 per cent around them
        x, y = -0.15 + 1.3 * (px - left) / (right - left), -0.15 + 1.3 * (bottom - py) / (bottom - top)
        assert 3 * x + 3 * y - 4 == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("bias", "right"), [(-4, 4), (-7, 3), (-1, 2)])
def test_the_description_counts_the_samples_on_their_side(bias: int, right: int) -> None:
    assert f"{right} of the samples" in LOGISTIC.figure("boundary", w=[3, 3], b=bias, **AND).description


# curves and axes


def test_a_jump_breaks_a_curve_where_it_is() -> None:
    left, right = polylines(lambda x: float(x > 0.1234), -1.0, 1.0, 31)
    assert left[-1] == (pytest.approx(0.1234), 0.0)
    assert right[0] == (pytest.approx(0.1234), 1.0)


def test_a_steep_curve_is_not_broken() -> None:
    assert len(polylines(lambda x: float(np.tanh(200 * x)), -1.0, 1.0, 31)) == 1


def test_where_a_function_has_no_value_there_is_no_curve() -> None:
    (piece,) = polylines(lambda x: float(np.sqrt(x)) if x >= 0 else float("nan"), -1.0, 1.0, 21)
    assert piece[0][0] >= 0


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-5, 5), (0.003, 0.0041), (-1e6, 3e6), (12, 12.5)])
def test_ticks_are_round_few_and_on_the_axis(low: float, high: float) -> None:
    ticks = [value for value, _ in Scale(low, high).ticks(5)]
    assert 2 <= len(ticks) <= 7
    assert low <= min(ticks)
    assert max(ticks) <= high


def test_a_logarithmic_scale_has_powers_of_ten() -> None:
    scale = Scale(0.02, 5000, logarithmic=True)
    assert [value for value, _ in scale.ticks(5)] == pytest.approx([0.1, 1, 10, 100, 1000])
    assert scale.part(10) == pytest.approx(np.log(500) / np.log(250000))


def test_a_line_is_cut_off_at_the_frame() -> None:
    box = Box(0, 0, 10, 10)
    assert clipped([(-5, 5), (15, 5)], box) == [((0, 5), (10, 5))]
    assert clipped([(5, 5), (5, 20), (8, 20), (8, 5)], box) == [((5, 5), (5, 10)), ((8, 10), (8, 5))]
    assert clipped([(-5, -5), (-1, 20)], box) == []
    axes = Axes(box, Scale(0, 1), Scale(0, 1))
    assert axes.line([(0.5, float("nan")), (0, 0), (1, 1)]) == [((0, 10), (10, 0))]


def test_simplifying_drops_only_what_lies_on_the_line() -> None:
    assert simplified([(0, 0), (1, 0.05), (2, 0), (3, 5)]) == ((0, 0), (2, 0), (3, 5))
    square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0), (0.0, 0.0)]
    assert simplified(square) == tuple(square)
