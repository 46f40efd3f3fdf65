"""``symnet figure``: every kind, every format, one helpful sentence for whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from symnet import Network, SymnetError
from symnet.cli import main
from symnet.render.figures.draw import KINDS

NUMBERS = ("--x", "1,2", "--y", "10", "--w", "3,4", "--b", "1")
DATA = ("--x", "0,1;1,0;1,1", "--y", "5;4;8", "--w", "0,0", "--b", "1")
CLASSES = ("--x", "0,1;1,0;1,1", "--y", "0;0;1", "--w", "1,1", "--b", "-1")
NEEDED = {
    "forward": NUMBERS,
    "backward": NUMBERS,
    "contours": (*DATA, "--wrt", "w_1,w_2"),
    "rates": (*DATA, "--wrt", "w_1,b"),
    "cost": (*DATA, "--rate", "0.01,0.1", "--steps", "9"),
    "boundary": CLASSES,
    "chain": ("--wrt", "w_2"),
    "activations": ("--names", "relu,tanh"),
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, status: int = 0) -> str:
        assert main(["figure", *arguments]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return run_command


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_from_the_command_line(run, kind: str) -> None:
    assert run(kind, "2 -> 1", *NEEDED.get(kind, ())).startswith("<svg ")


def test_without_a_file_the_picture_is_printed_as_python_draws_it(run) -> None:
    assert run("network", "2 -> 1 tanh", "--notation", "ng") == Network("2 -> 1 tanh", notation="ng").figure().svg()


@pytest.mark.parametrize(
    ("name", "head"), [("f.svg", b"<svg "), ("f.pdf", b"%PDF-"), ("f.PNG", b"\x89PNG"), ("f.tex", b"\\documentclass")]
)
def test_the_format_is_what_the_name_ends_in_and_the_same_every_time(
    run, tmp_path: Path, name: str, head: bytes
) -> None:
    made = []
    for _ in range(2):
        assert run("backward", "2 -> 1", *NUMBERS, "--theme", "dark", "-o", name) == ""
        made.append((tmp_path / name).read_bytes())
    assert made[0].startswith(head)
    assert made[0] == made[1]


def test_stage_and_theme_change_what_is_drawn(run) -> None:
    whole = run("chain", "2 -> 1", "--wrt", "w_1")
    assert len(run("chain", "2 -> 1", "--wrt", "w_1", "--stage", "0")) < len(whole)
    assert run("chain", "2 -> 1", "--wrt", "w_1", "--theme", "dark") != whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("netwerk", "2 -> 1"), "unknown kind of picture 'netwerk'; did you mean 'network'?"),
        (("network", "2 -> 1", "-o", "f.jpg"), "f.jpg ends in none of .svg, .pdf, .png, .tex"),
        (("network", "2 -> 1", "--theme", "pink"), "unknown theme 'pink'; known: light, dark"),
        (("network", "2 -> 1", "--samples", "3"), "--samples is '3', expected n"),
        (("network", "2 -> 1", "--w", "1,2"), "unknown option of the picture network 'w'"),
        (("network", "2 -> 1", "--wieght", "1,2"), "'--wieght' is no option here"),
        (
            ("forward", "2 -> 1", *NUMBERS, "--wrt", "w_1"),
            "unknown option of the picture forward 'wrt'; known: notation",
        ),
        (("chain", "2 -> 1", "--wrt", "w"), "w has many elements; name the one to follow, such as wrt='w_1'"),
        (("contours", "2 -> 1", *DATA), "3 parameters (w_1, w_2, b)"),
        (("neuron", "2 -> "), "2 -> "),
        (("activations", "2 -> 2 softmax"), "softmax depends on all units"),
        (("activations", "2 -> 1", "--names", "sigmod"), "did you mean 'sigmoid'?"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(
    run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    complaint = run(*arguments, status=2)
    assert said in complaint
    assert complaint.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_neuron_that_is_not_there_is_refused() -> None:
    with pytest.raises(SymnetError, match="layers count from 1 to 1"):
        Network("2 -> 1").figure("neuron", layer=2)
    with pytest.raises(SymnetError, match="layer 1 has units from 1 to 3"):
        Network("2 -> 3").figure("neuron", unit=4)


def test_numbers_of_a_network_without_numbers_are_refused() -> None:
    with pytest.raises(SymnetError, match="symbolic size"):
        Network("n_0 -> 1").figure("forward", x=[1], w=[1], b=1)
