from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symnet.activations import ACTIVATIONS
from symnet.cli import app, main
from symnet.network import Network

ROOT = Path(__file__).parents[1]
NEURON = "2 -> 1 linear"
NUMBERS = ("--x", "1,2", "--w", "3,4", "--b", "1")
COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, status: int = 0) -> str:
        found = main(arguments)
        captured = capsys.readouterr()
        assert (found, captured.err if status == 0 else "") == (status, "")
        return captured.out + captured.err

    return run_command


def process(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


# derive


@pytest.mark.parametrize("language", ["text", "latex", "markdown"])
@pytest.mark.parametrize("view", ["scalar", "index", "matrix"])
def test_derive_prints_what_the_derivation_says(run, view: str, language: str):
    derivation = Network("2 -> 3 sigmoid -> 1", cost="quadratic").derive()
    out = run("derive", "2 -> 3 sigmoid -> 1", "--cost", "quadratic", "--view", view, "--format", language)
    assert out.rstrip() == getattr(derivation, language)(view=view, steps="factors", shapes=False).rstrip()


def test_derive_one_partial_of_one_sample_in_a_notation(run):
    partial = Network(NEURON, samples=1, notation="nielsen").derive().partial("w_1")
    out = run("derive", NEURON, "--samples", "1", "--wrt", "w_1", "--notation", "nielsen", "--steps", "final")
    assert out.rstrip() == partial.text(steps="final").rstrip()


def test_derive_shows_shapes_when_asked(run):
    assert "n × 3" in run("derive", "2 -> 3", "--shapes")
    assert "n × 3" not in run("derive", "2 -> 3")


@pytest.mark.parametrize("pair", ["W1[1,2],W1[2,1]", "w1_12, w1_21", "W1_{1,2},W1_{2,1}"])
def test_derive_a_second_derivative_by_names_that_hold_commas(run, pair: str):
    second = Network("2 -> 2 sigmoid -> 1").derive().hessian("W1[1,2]", "W1[2,1]")
    assert run("derive", "2 -> 2 sigmoid -> 1", "--hessian", pair).rstrip() == second.text().rstrip()


def test_derive_reads_a_network_file_and_options_have_the_last_word(run, tmp_path: Path):
    (tmp_path / "net.toml").write_text('layers = "2 -> 1"\ncost = "mse"\nnotation = "ng"', encoding="utf-8")
    derivation = Network("2 -> 1", cost="quadratic", notation="ng").derive()
    out = run("derive", "net.toml", "--cost", "quadratic")
    assert out.rstrip() == derivation.text(steps="factors").rstrip()


# forward


def test_forward_prints_the_worked_numbers(run):
    assert "= 3·1 + 4·2 + 1 = 12" in run("forward", NEURON, *NUMBERS)


def test_forward_of_several_samples_backward_and_two_steps(run):
    worked = Network("1 -> 2 tanh -> 1").forward(
        x=["1", "2"], y=["0", "1"], w1=["1/2", "0.1"], b1=["0", "-1"], w2=["1", "2"], b2="0",
        backward=True, steps=2, rate="0.1", digits=4,
    )  # fmt: skip
    options = "--x 1;2 --y 0;1 --w1 1/2,0.1 --b1 0,-1 --w2=1,2 --b2 0 --backward --steps 2 --rate 0.1 --digits 4"
    assert run("forward", "1 -> 2 tanh -> 1", *options.split()).rstrip() == worked.text().rstrip()


def test_forward_wants_the_network_first(run):
    out = run("forward", "--w", "3,4", NEURON, "--x", "1,2", "--b", "1", status=2)
    assert "the network comes before '--w'" in out


# Files


@pytest.mark.parametrize(("name", "begins"), [("a.txt", "Forward"), ("a.md", "# 2 → 1"), ("a.tex", r"\document")])
def test_a_file_has_the_format_that_its_name_ends_in(run, tmp_path: Path, name: str, begins: str):
    assert run("derive", NEURON, "-o", name) == ""
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_the_format_asked_for_goes_before_the_name(run, tmp_path: Path):
    run("derive", NEURON, "-o", "a.txt", "--format", "markdown")
    assert "$$" in (tmp_path / "a.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize(
    "arguments",
    [
        ("derive", "2 -> 3 leaky_relu(0.2) -> 1", "--shapes"),
        ("derive", NEURON, "--wrt", "w_1", "--steps", "final"),
        ("derive", " -> ".join(["4"] * 60), "--view", "matrix"),
        ("derive", NEURON, "--hessian", "w_1,b"),
        ("forward", NEURON, *NUMBERS, "--y", "10", "--backward"),
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_a_tex_file_compiles(run, tmp_path: Path, arguments: tuple[str, ...]):
    run(*arguments, "-o", "a.tex")
    compiled = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True
    )
    assert compiled.returncode == 0, compiled.stdout[-2000:]
    assert b"Overfull" not in compiled.stdout


# Help, version, errors


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "serve"])  # which serves until it is interrupted
def test_the_examples_in_the_help_work_as_pasted(run, tmp_path: Path, command: str):
    examples = re.findall(r"^ {6,}(\S.*)$", run(command, "--help").partition("Example")[2].partition("\n\n")[0], re.M)
    assert any(line.startswith(f"symnet {command}") for line in examples)
    shell = f'set -e\nsymnet() {{ "{sys.executable}" -m symnet "$@"; }}\n' + "\n".join(examples)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_without_a_command_lists_the_commands(run):
    for out in (run(), run("--help")):
        assert all(command in out for command in COMMANDS)


def test_a_fault_of_symnet_is_one_line_and_its_traceback_is_kept_for_who_asks(run, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Network, "derive", broken)
    assert "a fault of symnet, please report it (KeyError: 'x')" in run("derive", NEURON, status=3)
    monkeypatch.setenv("SYMNET_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["derive", NEURON])


def test_an_interruption_is_one_line(run, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Network, "derive", interrupted)
    assert main(["derive", NEURON]) == 130


# As a process


def test_the_process_prints_its_version_and_its_errors():
    done = process("-m", "symnet", "--version")
    assert done.returncode == 0 and done.stdout.startswith("symnet")
    failed = process("-m", "symnet", "derive", "2 -> 3 sigmod")
    assert failed.returncode == 2 and failed.stdout == ""
    assert failed.stderr.startswith("symnet: column 8: unknown activation 'sigmod'; did you mean 'sigmoid'?")


def test_the_process_writes_utf_8_whatever_the_terminal_says():
    assert "Σ" in process("-m", "symnet", "derive", NEURON, PYTHONIOENCODING="ascii").stdout


def test_a_pipe_closed_at_the_other_end_is_no_error():
    command = f'"{sys.executable}" -m symnet derive "2 -> 20 sigmoid -> 1" --steps full --format markdown'
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -c 1"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["symnet", "symnet.cli"])
def test_importing_is_light(module: str):
    heavy = "[m for m in ('numpy', 'numba', 'scipy', 'matplotlib', 'rich') if m in sys.modules]"
    done = process("-c", f"import sys, {module}; print({heavy})")
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_derived_from_the_command_line(run, name: str):
    assert "∂C" in run("derive", f"2 -> 3 {name}")
