"""Hostile answers: none runs code, opens a file, raises, hangs or takes much memory."""

from __future__ import annotations

import pytest

from symnet.check.verdict import check
from tests.benchmarks.answers import CASES
from tests.benchmarks.hostile import CHOSEN, SECONDS, Tally, fuzzed, recorder, warmed
from tests.check.answers import declared

MEGABYTES = 256
CASE = next(case for case in CASES if case["network"]["id"] == "SIG_BCE")


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    warmed()


def harmless(tally: Tally) -> None:
    assert not tally.events
    assert tally.crashes == []
    assert tally.internal == []
    assert "interrupted" not in tally.statuses
    assert [name for _, processor, name in tally.seconds if processor > SECONDS] == []
    assert sum(grown for grown, _ in tally.most) < MEGABYTES * 1024


@pytest.mark.parametrize("syntax", ["auto", "latex", "python"])
def test_chosen_answers_are_harmless(syntax: str) -> None:
    tally = Tally()
    for text in CHOSEN:
        tally.one(CASE, text, syntax)
    harmless(tally)
    assert not tally.statuses.keys() & {"proved", "equal"}


def test_mutated_answers_are_harmless() -> None:
    tally = Tally()
    for case, text in fuzzed(200, seed=2):
        tally.one(case, text)
    harmless(tally)


@pytest.mark.parametrize("text", [r"\sum_{}{x}", r"\sum^{}p_i", "Sum(z[j], (j, 0.5, 3))", "p.shape[0.5]"])
def test_odd_bounds_are_not_understood(text: str) -> None:
    tally = Tally()
    tally.one(next(case for case in CASES if case["network"]["id"] == "SOFTMAX1"), text)
    assert tally.crashes == []
    assert set(tally.statuses) == {"not understood"}


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{cases}0 & z\le 0\end{cases}",
        r"\begin{cases}2(z-y)x_1 & z>0\\ 0 & z\le -5\end{cases}",
        "Piecewise((2*(z - y)*x1, z > 0))",
    ],
)
def test_an_answer_with_a_value_in_some_places_alone_is_not_right(text: str) -> None:
    network, names = declared("RELU_Q")
    assert check(network, "w_1", text, names=names).right is not True


@pytest.mark.parametrize("text", [r"2\sum_{i=1}^{n-1}(\hat y_i-y_i)", "2*Sum(yhat[i] - y[i], (i, 1, n-1))"])
def test_a_sum_that_leaves_out_a_sample_is_not_right(text: str) -> None:
    network, names = declared("LIN_SSE")
    assert check(network, "b", text, names=names).right is not True


def test_the_recorder_sees_what_it_is_for() -> None:
    watch = recorder()
    watch.events, watch.on = [], True
    exec(compile("1", "x", "exec"))
    open(__file__).close()
    watch.on = False
    assert [event.split()[0] for event in watch.events] == ["compile", "exec", "open"]
