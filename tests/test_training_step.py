from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import symnet as sn
from symnet.optimizers import Optimizer, g, optimizer, w
from symnet.schedules import schedule
from symnet.training_step import clipping, decay, joined

numbers = st.floats(-1e6, 1e6)
arrays = st.lists(numbers, min_size=1, max_size=6).map(np.array)
bounds = st.floats(1e-3, 1e3)
IDENTITY = Optimizer("identity", {w: g})
"""What it makes of a parameter is the gradient that reaches the rule."""


def clipped(clip: str, *slopes: np.ndarray) -> list[np.ndarray]:
    names = [f"p{i}" for i in range(len(slopes))]
    rule = joined(IDENTITY, clip=clipping(clip))
    after, _ = rule.step(dict.fromkeys(names, 0.0), dict(zip(names, slopes, strict=True)), {}, 1)
    return [after[name] for name in names]


def length(arrays: list[np.ndarray]) -> float:
    return float(np.sqrt(sum(float((a**2).sum()) for a in arrays)))


# Clipping


@given(arrays, arrays, bounds)
def test_clipping_by_norm_never_raises_it_and_keeps_the_direction(a: np.ndarray, b: np.ndarray, bound: float):
    for clip in (f"norm({bound!r})", f"norm_pytorch({bound!r})"):
        after = clipped(clip, a, b)
        assert length(after) <= min(length([a, b]), bound) * (1 + 1e-12)
        assert np.allclose(np.concatenate(after) * length([a, b]), np.concatenate([a, b]) * length(after))


@given(arrays, bounds)
def test_a_gradient_that_is_short_enough_is_left_exactly_as_it_is(a: np.ndarray, bound: float):
    if length([a]) <= bound:
        assert np.array_equal(clipped(f"norm({bound!r})", a)[0], a)
    else:
        assert length(clipped(f"norm({bound!r})", a)) == pytest.approx(bound)


def test_clipping_by_norm_is_over_all_parameters_together():
    a, b = clipped("norm(1)", np.array([3.0, 0.0]), np.array(4.0))
    assert a.tolist() == pytest.approx([0.6, 0]) and b == pytest.approx(0.8)


@given(arrays, bounds)
def test_clipping_by_value_bounds_every_element_and_no_other(a: np.ndarray, bound: float):
    after = clipped(f"value({bound!r})", a)[0]
    assert np.array_equal(after, np.clip(a, -bound, bound)) and length([after]) <= length([a])


def test_a_gradient_of_zeros_stays_one():
    for clip in ("norm", "norm_pytorch", "value"):
        assert clipped(clip, np.zeros(3))[0].tolist() == [0, 0, 0]


# Weight decay


def stepped(rule: Optimizer, p: np.ndarray, d: np.ndarray, steps: int = 3) -> np.ndarray:
    values, states = {"w": p}, rule.start({"w": p})
    for number in range(1, steps + 1):
        values, states = rule.step(values, {"w": d}, states, number)
    return values["w"]


P, D = np.array([1.0, -2.0, 3.0]), np.array([0.5, 0.1, -4.0])


def test_coupled_and_decoupled_decay_are_the_same_for_gradient_descent_and_differ_for_adam():
    for name, alike in (("gd", True), ("adam", False)):
        rule = optimizer(name)
        coupled, decoupled = (
            stepped(joined(rule, weight_decay=decay(f"{kind}(0.3)", rule)), P, D) for kind in ("coupled", "decoupled")
        )
        assert np.allclose(coupled, decoupled, rtol=1e-12) == alike


def test_decoupled_decay_beside_adam_is_adamw():
    adam = optimizer("adam")
    beside = joined(adam, weight_decay=decay("decoupled(0.3)", adam))
    assert stepped(beside, P, D) == pytest.approx(stepped(optimizer("adamw")(lamda=0.3), P, D), rel=1e-13)


def test_coupled_decay_is_added_after_clipping():
    rule = joined(IDENTITY, clip=clipping("value(1)"), weight_decay=decay("coupled(0.1)", IDENTITY))
    assert stepped(rule, P, D, 1) == pytest.approx([0.5 + 0.1, 0.1 - 0.2, -1 + 0.3])


def test_a_number_is_the_decay_of_the_rule_itself_where_it_has_one():
    assert decay(0.3, optimizer("adamw")) == optimizer("adamw")(lamda=0.3)
    assert str(decay(0.3, optimizer("adam"))) == str(decay("0.3", optimizer("adam"))) == "coupled(lamda=0.3)"
    with pytest.raises(sn.SymnetError, match="adamw has a weight decay of its own; give weight_decay a number"):
        decay("coupled", optimizer("adamw"))


# Schedules in a rule


def test_a_schedule_by_epochs_changes_between_epochs_and_one_by_steps_in_every_step():
    gd = optimizer("gd")(gamma=1.0)
    for text, expected in (("exponential(0.5)", [1, 1, 0.5, 0.5, 0.25]), ("exponential(0.5) per step", [1, 0.5, 0.25])):
        rule = joined(gd, schedule(text), length=10, steps=2)
        taken = [-rule.step({"w": 0.0}, {"w": np.array(1.0)}, {}, number)[0]["w"] for number in range(1, 6)]
        assert taken[: len(expected)] == expected


def test_a_schedule_moves_the_velocity_that_holds_the_rate_and_not_the_other():
    plan = schedule("exponential(0.5) per step")
    paths = [stepped(joined(optimizer(n), plan), P, D, 5) for n in ("heavy_ball", "momentum")]
    assert not np.allclose(*paths, rtol=1e-6)


def test_the_papers_adamw_decays_by_the_schedule_alone():
    plan = schedule("exponential(0.5) per step")
    rule = joined(optimizer("adamw_paper")(gamma=1e-30, lamda=0.1), plan)
    assert stepped(rule, P, D, 3) == pytest.approx(P * 0.9 * 0.95 * 0.975)


def test_schedule_and_clipping_are_computed_once_a_step():
    rule = joined(optimizer("adam"), schedule("warm_up(5) -> cosine"), clipping(1), length=50, steps=3)
    assert [s.name for s in rule.scalars] == ["k", "k_2", "T_2", "kappa_2", "kappa", "gamma_t", "phi"]
    assert [s.name for s in rule.states] == ["m", "v"]


def test_what_was_joined_is_said():
    adam = optimizer("adam")
    rule = joined(adam, schedule("cosine"), clipping(2), decay(0.1, adam), length=50, steps=3)
    said = "schedule cosine(kappa_min=0), clip norm(c=2), weight decay coupled(lamda=0.1)"
    assert str(rule) == f"{adam}, {said}"


def test_nothing_joined_changes_nothing():
    adam = optimizer("adam")
    assert joined(adam).updates == adam.updates == joined(adam, schedule("constant")).updates


# What is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (0, "clip is 0; expected a finite number greater than 0"),
        ("-1", "clip is -1; expected"),
        ("nrm(1)", "unknown clip 'nrm'; did you mean 'norm'?"),
        ("value(c=nan)", "expected a number, found 'nan'"),
        (float("nan"), "clip is nan"),
        ([1], "clip is [1]"),
    ],
)
def test_clippings_that_are_not_understood(given, message: str):
    with pytest.raises(sn.SymnetError) as caught:
        clipping(given)
    assert message in str(caught.value)


def test_decays_that_are_not_understood():
    for text, message in ((-1, "weight_decay is -1"), ("l2(1)", "unknown weight decay 'l2'")):
        with pytest.raises(sn.SymnetError, match=message):
            decay(text, optimizer("gd"))


def test_parts_that_do_not_fit_the_rule_are_refused():
    with pytest.raises(sn.SymnetError, match="has no learning rate gamma that a schedule could change"):
        joined(IDENTITY, schedule("cosine"))
    taken = Optimizer("own", {sp.Symbol("phi"): g, w: w - sp.Symbol("phi")})
    with pytest.raises(sn.SymnetError, match="own uses phi, and so does"):
        joined(taken, clip=clipping(1))
    with pytest.raises(sn.SymnetError, match="needs N, which a training knows"):
        stepped(joined(optimizer("gd"), schedule("step")), P, D)
