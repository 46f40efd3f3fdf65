"""Every picture: nothing outside of it, no label on another, everything legible, and told apart without colour."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from symnet import Network
from symnet.render.figures.draw import KINDS
from symnet.render.figures.figure import Circle, Figure, Label, Mark
from symnet.render.figures.geometry import Box, around
from symnet.render.figures.measure import box_of
from symnet.render.figures.network import HEIGHT, WIDTH
from symnet.render.theme import THEMES
from tests.proof.cases import draw
from tests.render.figures.pictures import LINEAR, Make, pictures

PICTURES = pictures()
every = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in PICTURES.items()])


def box(mark: Mark) -> Box:
    if isinstance(mark, Label):
        return box_of(mark)
    if isinstance(mark, Circle):
        return around(mark.centre, 2 * mark.radius + mark.width, 2 * mark.radius + mark.width)
    xs, ys = [x for x, _ in mark.points], [y for _, y in mark.points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def problems(figure: Figure) -> list[str]:
    """Whatever is outside of the picture, too small to read, or covers something else."""
    whole = Box(0, 0, figure.width, figure.height).grown(0.01)
    found = [f"outside: {mark}" for mark in figure.marks if not box(mark).within(whole)]
    labels = [mark for mark in figure.marks if isinstance(mark, Label)]
    found += [f"too small: {label}" for label in labels if label.size < 14]
    for a, b in itertools.combinations(labels, 2):
        if box_of(a).meets(box_of(b)):
            found.append(f"overlap: {a} and {b}")
    circles = [mark for mark in figure.marks if isinstance(mark, Circle) and mark.radius > 6]
    for label, circle in itertools.product(labels, circles):
        own = around(label.at, 1.0, 1.0).meets(around(circle.centre, 1.0, 1.0))
        if not own and box_of(label).meets(around(circle.centre, 1.4 * circle.radius, 1.4 * circle.radius)):
            found.append(f"on a circle: {label} and {circle}")
    return found


@every
def test_nothing_is_outside_nothing_overlaps_and_everything_is_legible(make: Make) -> None:
    assert problems(make()) == []


def test_the_search_for_problems_finds_them() -> None:
    marks = (Label("one", (50, 50)), Label("two", (60, 52)), Label("three", (99, 20)), Label("four", (50, 80), size=9))
    assert {problem.split(":")[0] for problem in problems(Figure(100, 100, marks, "a bad picture"))} == {
        "overlap",
        "outside",
        "too small",
    }


@every
def test_it_fits_a_slide(make: Make, request: pytest.FixtureRequest) -> None:
    figure = make()
    assert figure.width <= WIDTH + 1
    if "activations, all" not in request.node.name:
        assert figure.height <= HEIGHT + 1


@every
def test_it_says_what_is_to_be_seen(make: Make) -> None:
    description = make().description
    assert description.endswith(".")
    assert len(description) > 40


@every
def test_its_stages_follow_one_another_and_show_something_each(make: Make) -> None:
    figure = make()
    assert {mark.stage for mark in figure.marks} == set(range(figure.stages))


def test_every_kind_of_picture_is_among_them() -> None:
    assert {name.split()[0].rstrip(",") for name in PICTURES} == set(KINDS)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_every_role_that_letters_have_stands_out_from_the_ground(theme) -> None:
    for role, colour in theme.colours.items():
        if role not in ("ground", "faint"):
            high, low = sorted((luminance(colour), luminance(theme["ground"])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5


def test_without_colour_the_derivative_of_an_activation_is_dashed() -> None:
    figure = LINEAR.figure("activations", names="tanh")
    dashes = {mark.stroke: mark.dash for mark in figure.marks if getattr(mark, "stroke", "") in ("forward", "backward")}
    assert dashes == {"forward": "solid", "backward": "dashed"}


def test_without_colour_learning_rates_beside_each_other_differ_in_dash() -> None:
    figure = PICTURES["cost, linear"]()
    shown = {mark.stroke: mark.dash for mark in figure.marks if getattr(mark, "width", 0) == 2.4}
    assert sorted(shown.values()) == ["dashed", "dotted", "solid"]


def test_without_colour_the_factors_of_a_chain_are_numbered_and_neighbours_differ_in_dash() -> None:
    figure = PICTURES["chain 3 -> 4 sigmoid -> 1 sigmoid, ng W1"]()
    dashes = {mark.stage: mark.dash for mark in figure.marks if getattr(mark, "width", 0) == 2.6}
    assert list(dashes) == [5, 4, 3, 2, 1]
    assert all(dashes[k] != dashes[k + 1] for k in range(1, 5))


def test_without_colour_negative_weights_are_dashed() -> None:
    figure = Network("9 -> 1").figure("forward", x=[1] * 9, w=[1, -2, 3, -1, 2, -3, 1, 1, -1], b=0)
    drawn = {
        (mark.stroke, mark.dash) for mark in figure.marks if getattr(mark, "stage", 0) == 1 and hasattr(mark, "dash")
    }
    assert drawn == {("forward", "solid"), ("backward", "dashed")}


@pytest.mark.parametrize("number", range(0, 60, 4))
def test_nothing_overlaps_in_pictures_of_random_networks(number: int) -> None:
    case = draw(number)
    net = case.net
    x, y = np.array(case.x), np.array(case.y)
    if net.sample_axes:
        x, y = x[0], y[0]
    given = {"x": x.tolist(), "y": y.tolist(), **{name: np.asarray(v).tolist() for name, v in case.parameters.items()}}
    for figure in (net.figure("network"), net.figure("chain"), net.figure("backward", **given)):
        assert problems(figure) == []
