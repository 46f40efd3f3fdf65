"""``symnet slides`` and ``symnet derive --watch``, as they are typed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import symnet as sn
from symnet.cli import main
from symnet.render.deck.beamer import deck_latex, fragment
from symnet.render.deck.build import deck
from symnet.render.deck.command import example
from symnet.render.deck.markdown import deck_markdown
from symnet.render.deck.notebook import deck_notebook
from symnet.render.deck.write import SUFFIXES, write_deck
from symnet.watch import changes

ROOT = Path(__file__).parents[3]
SPEC = "2 -> 2 sigmoid -> 1 linear"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, status: int = 0) -> str:
        found = main(["slides", *arguments])
        captured = capsys.readouterr()
        assert (found, captured.out) == (status, "")
        assert (captured.err == "") == (status == 0)
        return captured.err

    return run_command


BEGINNINGS = {
    ".pdf": b"%PDF-",
    ".html": b"<!DOCTYPE html>",
    ".tex": b"\\documentclass",
    ".md": b"---\n",
    ".ipynb": b"{\n",
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_format_is_what_the_files_name_ends_in(run, suffix: str) -> None:
    run(SPEC, "--wrt", "w2", "-o", f"deck{suffix}")
    assert Path(f"deck{suffix}").read_bytes()[:15].lower().startswith(BEGINNINGS[suffix].lower())
    beside = {"deck-picture-1.svg"} if suffix == ".md" else set()
    assert {path.name for path in Path().iterdir()} == {f"deck{suffix}"} | beside


def test_every_option_reaches_the_deck(run) -> None:
    net = sn.load(SPEC, cost="mse", samples=1, notation="nielsen")
    options = {"wrt": ["W1[1,2]", "b2"], "view": "scalar", "steps": "full", "title": "Ours", "theme": "dark"}
    arguments = ["--cost", "mse", "--samples", "1", "--notation", "nielsen", "--wrt", "W1[1,2], b2", "--no-reasons"]
    arguments += ["--view", "scalar", "--steps", "full", "--title", "Ours"]
    made = deck(net, reasons=False, **options)
    run(SPEC, *arguments, "--dark", "-o", "deck.tex")
    assert Path("deck.tex").read_text(encoding="utf-8") == deck_latex(made)
    run(SPEC, *arguments, "--theme", "dark", "--fragment", "-o", "deck.tex")
    assert Path("deck.tex").read_text(encoding="utf-8") == fragment(made)
    run(SPEC, *arguments, "--theme", "dark", "-o", "deck.md")
    assert Path("deck.md").read_text(encoding="utf-8") == deck_markdown(made, "deck").text
    run(SPEC, *arguments, "--theme", "dark", "-o", "deck.ipynb")
    assert Path("deck.ipynb").read_text(encoding="utf-8") == deck_notebook(made)


def test_numbers_are_given_as_forward_takes_them(run) -> None:
    net = sn.load("2 -> 1 linear")
    done = net.forward(x=["1", "2"], y="10", w=["3", "4"], b="1", backward=True, steps=1, rate="0.1", digits=3)
    numbers = ["--x", "1,2", "--y", "10", "--w", "3,4", "--b=1", "--rate", "0.1", "--digits", "3"]
    run("2 -> 1 linear", *numbers, "-o", "deck.tex")
    assert Path("deck.tex").read_text(encoding="utf-8") == deck_latex(deck(net, numbers=done))


def test_numbers_of_symnets_own_choice(run) -> None:
    run(SPEC, "--numbers", "-o", "deck.tex")
    assert r"w_{11} x_1 + w_{21} x_2 + b_1 = 1 \cdot 1 + 2 \cdot 2 + 1 = 6" in Path("deck.tex").read_text()


@pytest.mark.parametrize(
    "spec", ["1 -> 1", "3 -> 1 sigmoid", "2 -> 3 tanh -> 2 linear", "1 -> 4 relu -> 1", "2 -> 2 nobias"]
)
def test_the_example_has_numbers_for_every_parameter(spec: str) -> None:
    done = example(sn.Network(spec), rate="0.1")
    assert done.cost is not None
    assert len(done.passes) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["784 -> 128 relu -> 10", "--numbers", "-o", "a.pdf"], "101770 parameters"),
        ([SPEC], "slides go to a file; give its name, such as -o deck.pdf"),
        ([SPEC, "-o", "deck.png"], "deck.png ends in none of .pdf, .html, .tex, .md, .ipynb; rename it"),
        ([SPEC, "-o", "deck.md", "--fragment"], "a fragment is LaTeX, but deck.md ends in .md; call it deck.tex"),
        ([SPEC, "-o", "deck.tex", "--wrt", "w9"], "'w9' is none of the network's parameters"),
        ([SPEC, "-o", "deck.tex", "--view", "cube"], "unknown view 'cube'; known: scalar, index, matrix"),
        ([SPEC, "-o", "deck.tex", "--steps", "some"], "unknown level of steps 'some'"),
        ([SPEC, "-o", "deck.tex", "--theme", "blue"], "unknown theme 'blue'; known: light, dark"),
        ([SPEC, "-o", "deck.tex", "--samples", "3"], "--samples is '3', expected n"),
        ([SPEC, "-o", "deck.tex", "--w2", "1,2"], "numbers need inputs; give them too, such as --x 1,2"),
        ([SPEC, "-o", "deck.tex", "--x", "1,2"], "W1 is missing"),
        ([SPEC, "-o", "deck.tex", "--sise", "3"], "'--sise' is no option here"),
        (["2 -> -> 1", "-o", "deck.tex"], "column"),
        ([SPEC, "-o", "no/such/folder/deck.tex"], "cannot be written: no such file or directory"),
        (["n_0 -> 1", "-o", "deck.tex", "--numbers"], "worked numbers need sizes in numbers"),
        ([SPEC, "-o", "deck.tex", "--dark", "--theme", "sepia"], "give one of them"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_written(run, arguments: list[str], said: str) -> None:
    told = run(*arguments, status=2)
    assert said in told
    assert told.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_slides_from_python(tmp_path: Path) -> None:
    net = sn.Network(SPEC, cost="quadratic")
    net.slides(tmp_path / "a.tex", wrt="w2", theme="dark")
    net.derive().slides(str(tmp_path / "b.tex"), wrt="w2", theme="dark", fragment=True)
    made = deck(net, wrt="w2", theme="dark")
    assert (tmp_path / "a.tex").read_text(encoding="utf-8") == deck_latex(made)
    assert (tmp_path / "b.tex").read_text(encoding="utf-8") == fragment(made)
    with pytest.raises(sn.SymnetError, match="ends in none of"):
        net.slides(tmp_path / "deck.pptx")


def test_nothing_half_written_takes_the_place_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deck.tex"
    path.write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(sn.SymnetError, match="no space left"):
        write_deck(deck(sn.Network("1 -> 1")), path)
    assert path.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [path]


# watching


def test_changes_come_at_once_and_whenever_the_file_is_another(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("one", encoding="utf-8")
    happenings = iter(["", "write", "", "", "gone", "gone", "", "back", "replaced in between", "", "end"])
    seen: list[str] = []

    class End(Exception):
        pass

    def pause(_: float) -> None:
        match next(happenings):
            case "write":
                path.write_text("longer", encoding="utf-8")
                seen.append("write")
            case "gone":
                path.unlink(missing_ok=True)
                seen.append("gone")
            case "back":
                path.write_text("back", encoding="utf-8")
                seen.append("back")
            case "replaced in between":
                other = tmp_path / "other"
                other.write_text("back", encoding="utf-8")
                other.replace(path)
                seen.append("replaced")
            case "end":
                raise End

    with pytest.raises(End):
        for _ in changes(path, pause):
            seen.append("did it")
    assert seen == [
        *("did it", "write", "did it"),
        *("gone", "gone", "did it"),
        *("back", "did it"),
        *("replaced", "did it"),
    ]


def test_a_file_that_an_editor_puts_in_place_is_not_gone(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("same", encoding="utf-8")
    stamp = path.stat()
    looks = iter([path.unlink, lambda: (path.write_text("same", encoding="utf-8"), os.utime(path, (1, 1)))])
    count = 0
    for _ in changes(path, lambda _: next(looks)()):
        count += 1
        if count == 2:
            break
    assert path.stat() != stamp
    assert count == 2


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "net.toml").write_text('layers = "2 -> 1 linear"\n', encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "symnet", "derive", "net.toml", "--watch", "-o", "net.md"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    yield process
    process.kill()
    process.wait()


def test_derive_watch_follows_the_file_says_what_is_wrong_and_ends_with_the_interrupt(
    watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    net, out = tmp_path / "net.toml", tmp_path / "net.md"
    assert watching.stderr is not None
    assert watching.stderr.readline() == "symnet: net.md is written; waiting for net.toml to change\n"
    assert "# 2 → 1 linear" in out.read_text(encoding="utf-8")

    net.write_text('layers = "2 -> 1 tangent"\n', encoding="utf-8")
    said = watching.stderr.readline()
    assert re.fullmatch(r"symnet: .*unknown activation 'tangent'.*\n", said)
    assert "# 2 → 1 linear" in out.read_text(encoding="utf-8")

    net.write_text('layers = "2 -> 1 tanh"\n', encoding="utf-8")
    assert watching.stderr.readline().startswith("symnet: net.md is written")
    assert "# 2 → 1 tanh" in out.read_text(encoding="utf-8")

    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 130
    assert "Traceback" not in watching.stderr.read()
    assert {p.name for p in tmp_path.iterdir()} == {"net.toml", "net.md"}


def test_watch_needs_a_file(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "2 -> 1", "--watch"]) == 2
    assert "--watch needs a file that can change, given the network '2 -> 1'" in capsys.readouterr().err
