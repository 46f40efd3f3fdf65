from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import symnet as sn
from symnet.schedules import SCHEDULES, Schedule, T, k, schedule

lengths = st.integers(1, 300)
AFTER = ("constant", "step", "exponential", "cosine", "cosine(T=30, kappa_min=0.2)")


def values(text: str, length: int) -> np.ndarray:
    return schedule(text).at(np.arange(length), length)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "warm_up"])
@given(length=lengths)
def test_a_schedule_begins_at_the_learning_rate_itself_and_never_rises(name: str, length: int):
    found = values(name, length)
    assert found[0] == 1 and (found >= 0).all() and (np.diff(found) <= 1e-15).all()


@pytest.mark.parametrize("name", AFTER)
@given(length=lengths, steps=st.integers(1, 40), start=st.floats(0, 1))
def test_a_warm_up_rises_evenly_to_the_full_rate_and_the_other_begins_there(
    name: str, length: int, steps: int, start: float
):
    found = values(f"warm_up({steps}, kappa_0={start!r}) -> {name}", length + steps)
    assert found[: steps - 1] == pytest.approx(start + (1 - start) * np.arange(1, steps) / steps)
    after = schedule(name)
    rest = after.at(np.arange(length + 1), after.constants.get("T", length + 1))
    assert found[steps - 1] == 1 and found[steps - 1 :] == pytest.approx(rest, abs=1e-12)


@pytest.mark.parametrize("name", AFTER)
@given(steps=st.integers(1, 40))
def test_a_warm_up_and_what_follows_meet_without_a_jump(name: str, steps: int):
    whole = schedule(f"warm_up({steps}) -> {name}")
    join = steps - 1.0
    before, after = (float(whole.at(join + d, 100)) for d in (-1e-9, 1e-9))
    assert abs(after - before) < 1e-8


def test_the_smooth_ones_are_smooth_and_the_step_jumps_where_it_says():
    fine = np.linspace(0, 49, 5000)
    for name in ("exponential", "cosine"):
        assert np.abs(np.diff(schedule(name).at(fine, 50))).max() < 2e-3
    found = values("step(K=10, q=0.5)", 31)
    assert found.tolist() == [1] * 10 + [0.5] * 10 + [0.25] * 10 + [0.125]


def test_cosine_is_half_at_the_middle_and_stays_at_its_least_after_the_end():
    found = schedule("cosine(T=40, kappa_min=0.1)").at(np.array([0, 20, 40, 60]), 1000)
    assert found == pytest.approx([1, 0.55, 0.1, 0.1])


def test_the_length_of_training_has_no_say_where_the_schedule_has_one_of_its_own():
    assert np.array_equal(schedule("cosine(T=40)").at(np.arange(40), 7), values("cosine", 40))


def test_a_warm_up_longer_than_the_training_never_gets_there():
    assert values("warm_up(10) -> cosine", 4) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert values("warm_up(10) -> cosine", 9)[-1] == pytest.approx(0.9)


def test_schedules_are_read_from_text_and_written_back():
    for text in ("step(K=5, q=0.3)", "warm_up(T_w=3, kappa_0=0.1) -> cosine(kappa_min=0.2, T=20) per step", "cosine"):
        found = schedule(text)
        again = schedule(str(found))
        assert again == found and str(again) == str(found)
    assert schedule("exponential(0.9) per step").unit == "step" and schedule("step per epoch").unit == "epoch"
    assert schedule("warm_up(3) → cosine") == schedule("warm_up(3) -> cosine")
    assert sn.schedules.warm_up(T_w=3).then(sn.schedules.cosine) == schedule("warm_up(3) -> cosine")


def test_an_expression_in_k_and_t_is_a_schedule():
    found = schedule(1 - sp.Symbol("k") / (2 * sp.Symbol("T")))
    assert found.at(np.array([0.0, 5.0]), 10).tolist() == [1, 0.75]
    assert schedule(found) is found and schedule(1 / (1 + k / T)).at(3.0, 3) == 0.5


WRONG = {
    "cosin": "unknown schedule 'cosin'; did you mean 'cosine'?",
    "cosine -> step": "nothing follows cosine, which does not end; begin with warm_up",
    "warm_up -> cosine -> step": "has 3 parts; expected at most two",
    "step(q=0)": "q of step is 0; expected a finite number greater than 0",
    "step(K=0)": "K of step is 0; expected a number of at least 1",
    "cosine(T=-1)": "T of cosine is -1",
    "exponential(T=3)": "unknown constant of exponential 'T'",
    "warm_up(0.5)": "T_w of warm_up is 0.5; expected a number of at least 1",
    "warm_up(5) ->": "expected the name of a schedule",
    "per step": "expected the name of a schedule",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_understood_is_refused_in_a_sentence(text: str):
    with pytest.raises(sn.SymnetError) as caught:
        schedule(text)
    assert WRONG[text] in str(caught.value) and "\n" not in str(caught.value)


def test_schedules_that_cannot_be_are_refused():
    with pytest.raises(sn.SymnetError, match="uses q, which is neither k, T nor a constant"):
        schedule(sp.Symbol("q") ** k)
    with pytest.raises(sn.SymnetError, match="counts epochs and cosine steps"):
        sn.schedules.warm_up.then(sn.schedules.cosine.per("step"))
    with pytest.raises(sn.SymnetError, match="nothing follows own"):
        Schedule("own", 1 / (1 + k)).then(sn.schedules.cosine)
