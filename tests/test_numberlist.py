from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.errors import SymnetError
from symnet.network import Network
from symnet.numberlist import data, parameters, read_numbers


@given(st.lists(st.lists(st.fractions(max_denominator=10**9), min_size=2, max_size=4), min_size=1, max_size=4))
def test_fractions_are_kept_exactly(rows: list[list[Fraction]]):
    rows = [row[: len(min(rows, key=len))] for row in rows]
    text = ";".join(",".join(map(str, row)) for row in rows)
    read = read_numbers(text, "--W1", 2)
    assert [[Fraction(cell) for cell in row] for row in read] == rows


@pytest.mark.parametrize(
    ("text", "axes", "expected"),
    [
        ("3", 0, "3"),
        ("0.10", 0, "0.10"),
        ("1,2", 0, ["1", "2"]),
        ("1, -2", 1, ["1", "-2"]),
        ("1;−2", 1, ["1", "-2"]),
        ("3", 1, ["3"]),
        ("1/3,.5;1e-3,+2.", 2, [["1/3", ".5"], ["1e-3", "+2."]]),
    ],
)
def test_shapes(text: str, axes: int, expected: object):
    assert read_numbers(text, "--w", axes) == expected


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "--w, row 1, number 1 is empty"),
        ("1,,2", "--w, row 1, number 2 is empty"),
        ("1,2;3,x", "--w, row 2, number 2 is 'x'"),
        ("1,2;3", "row 2 has 1 numbers"),
        ("1,2;3,4", "2 rows of 2 numbers"),
        ("1/0", "division by 0"),
        ("nan", "is 'nan'"),
        ("inf", "is 'inf'"),
        ("1_000", "is '1_000'"),
        ("0x10", "is '0x10'"),
        ("1e9999", "is '1e9999'"),
        ("9" * 100, "expected a number"),
    ],
)
def test_a_fault_is_named_with_its_option_and_cell(text: str, fragment: str):
    with pytest.raises(SymnetError) as caught:
        read_numbers(text, "--w", 1)
    assert fragment in str(caught.value) and str(caught.value).startswith("--w")


@given(st.text(max_size=30) | st.text("0123456789.,;/-+e ", max_size=30), st.integers(0, 2))
def test_any_text_is_read_or_refused_in_one_line(text: str, axes: int):
    try:
        read_numbers(text, "--w", axes)
    except SymnetError as error:
        assert len(str(error).splitlines()) == 1


def test_data_are_one_sample_or_rows_of_samples():
    network = Network("2 -> 1")
    assert data(network, 0, "1,2", "--x") == ["1", "2"]
    assert data(network, 0, "1,2;3,4", "--x") == [["1", "2"], ["3", "4"]]
    assert data(network, -1, "1", "--y") == "1"
    assert data(network, -1, "1;0", "--y") == data(network, -1, "1,0", "--y") == ["1", "0"]


def test_parameters_are_options_by_their_names():
    network = Network("2 -> 2 sigmoid -> 1")
    assert parameters(network, ["--w1", "1,2;3,4", "--b1=-1,2", "--b2", "-3"], []) == {
        "W1": [["1", "2"], ["3", "4"]],
        "b1": ["-1", "2"],
        "b2": "-3",
    }


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--W3", "1"], "the parameters are --W1, --b1, --w2, --b2"),
        (["--digit", "1"], "did you mean --digits?"),
        (["stray"], "'stray' is no option here"),
        (["-b1", "1"], "did you mean --b1?"),
        (["--b1"], "--b1 has no numbers"),
        (["--b1", "--b2", "1"], "--b1 has no numbers"),
        (["--b1", "1,2", "--b1", "1,2"], "--b1 is given twice"),
    ],
)
def test_an_option_that_is_no_parameter_is_refused(arguments: list[str], fragment: str):
    with pytest.raises(SymnetError) as caught:
        parameters(Network("2 -> 2 sigmoid -> 1"), arguments, ["--digits", "--x"])
    assert fragment in str(caught.value)
