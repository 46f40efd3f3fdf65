from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.errors import SymnetError, closest, unknown

NAMES = ["relu", "sigmoid", "softmax", "tanh"]


def test_an_unknown_name_is_answered_with_the_closest_and_all_known_ones():
    assert str(unknown("activation", "sigmod", NAMES)) == (
        "unknown activation 'sigmod'; did you mean 'sigmoid'? known: relu, sigmoid, softmax, tanh"
    )


def test_nothing_is_suggested_where_nothing_is_close():
    assert "did you mean" not in str(unknown("activation", "xyz", NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_capitals_do_not_hide_a_name(name: str):
    assert closest(name.upper(), NAMES) == name


@given(st.sampled_from(NAMES), st.data())
def test_one_letter_left_out_still_finds_the_name(name: str, data: st.DataObject):
    i = data.draw(st.integers(0, len(name) - 1))
    assert closest(name[:i] + name[i + 1 :], NAMES) == name


@given(st.text(max_size=300), st.lists(st.text(string.ascii_letters, min_size=1), max_size=60))
def test_the_message_is_one_line_of_bounded_length_whatever_was_given(given_name: str, known: list[str]):
    error = unknown("column", given_name, known)
    assert isinstance(error, SymnetError) and isinstance(error, ValueError)
    assert "\n" not in str(error) and "\r" not in str(error)
    assert len(str(unknown("column", given_name, [f"x{i}" for i in range(10_000)]))) < 1000


def test_a_long_list_of_known_names_is_cut_and_counted():
    assert str(unknown("column", "?", [f"x{i}" for i in range(100)])).endswith("x28, x29 and 70 more")
