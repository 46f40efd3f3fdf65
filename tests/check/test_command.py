"""``symnet check``: exit status and what is printed."""

import json
from pathlib import Path

import pytest

from symnet.cli import main

NETWORKS = Path(__file__).parents[1] / "networks"
STUDENTS = Path(__file__).parent / "students"
RIGHT = r"2\sum x_1(w_1x_1+w_2x_2+b-y)"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("2 -> 1 linear", "--wrt", "w_1", RIGHT), 0, "Right"),
        (("2 -> 1 linear", "--wrt", "w_1", RIGHT.replace("2", "", 1)), 1, "Not right"),
        (("2 -> 1 linear", "--wrt", "w_1", "2*sum(x1*(yhat - y))"), 0, "Right"),
        (("2 -> 1 linear", "--wrt", "w_1", "foo("), 2, "Not understood"),
        ((str(NETWORKS / "N341_SIG.toml"), "--wrt", "w_{ij}", "2(z-y)v_jk_j(1-k_j)x_i"), 0, "Right"),
        ((str(NETWORKS / "N341_SIG.toml"), "--wrt", "w_{ij}", "2(z-y)v_ik_i(1-k_i)x_j"), 1, "exchanged"),
        (("2 -> 1 linear", "--wrt", "w_1", rf"2\sum x_1(\hat y-y) = {RIGHT}"), 0, "Every step holds"),
        (("2 -> 1 linear", "--wrt", "w_1", rf"{RIGHT} = \sum x_1(\hat y-y)"), 1, "first that does not hold"),
        (("2 -> 1 linear", "--python", f"{STUDENTS / 'linear_right.py'}:gradient"), 0, "right"),
        (("2 -> 1 linear", "--python", f"{STUDENTS / 'linear_half.py'}:gradient"), 1, "wrong"),
    ],
)
def test_the_exit_status_says_the_verdict(
    arguments: tuple[str, ...], status: int, said: str, capsys: pytest.CaptureFixture[str]
):
    assert main(["check", *arguments]) == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("2 -> 1 linear", "--wrt", "w_1"),
        ("2 -> 1 linear", RIGHT),
        ("2 -> 1 linear", "--wrt", "v", "1"),
        ("2 -> 1 linear", "--wrt", "w_1", "1", "--syntax", "maple"),
        ("2 -> 1 linear", "--python", "student.py"),
        ("2 -> 1 linear", "--python", "nowhere.py:gradient"),
        ("nowhere.toml", "--wrt", "w", "1"),
        (str(NETWORKS / "N341_SIG.toml"), "--cost", "mse", "--wrt", "c", "1"),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1 and "Traceback" not in err


def test_json_is_for_a_program_to_read(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "2 -> 1 linear", "--wrt", "w_1", r"\sum x_1(\hat y - y)", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "different" and told["diagnosis"]["kind"] == "factor"
