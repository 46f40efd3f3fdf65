"""Update rules in print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from symnet import NOTATIONS
from symnet.cli import main
from symnet.notation.notation import LECTURE, notation
from symnet.optimizers import OPTIMIZERS, Optimizer, optimizer
from symnet.render.document import LANGUAGES, write
from symnet.render.rows import columns, document
from symnet.render.updates import optimizer_blocks, printed, tables, update_rows
from symnet.schedules import SCHEDULES, schedule
from symnet.training_step import CLIPPINGS, DECAYS, clipping, decay, joined

ADAM = """\
adam
────

g(t) = ∇C(w(t − 1))                  │ derivative of the cost
m(t) = β₁·m(t − 1) + (1 − β₁)·g(t)   │ mean of the derivatives
v(t) = β₂·v(t − 1) + (1 − β₂)·g(t)²  │ mean of their squares
m̂(t) = m(t)/(1 − β₁ᵗ)                │ bias-corrected
v̂(t) = v(t)/(1 − β₂ᵗ)                │ bias-corrected
w(t) = w(t − 1) − γ·m̂(t)/(√v̂(t) + ε)

For every element of every parameter; t counts the steps from 1; m(0) = v(0) = 0. With γ = 0.001, β₁
= 0.9, β₂ = 0.999, ε = 10⁻⁸.

  ▸ source: Kingma & Ba 2015, “Adam: a method for stochastic optimization”, algorithm 1
"""


def everything() -> Iterator[tuple[str, Optimizer]]:
    """Every rule, and adam with every schedule, clipping and decay."""
    yield from OPTIMIZERS.items()
    adam = OPTIMIZERS["adam"]
    for text in (*SCHEDULES, *(f"warm_up -> {s}" for s in SCHEDULES if s != "warm_up"), "cosine per step"):
        yield f"adam, {text}", joined(adam, schedule(text))
    for name in CLIPPINGS:
        yield f"adam, {name}", joined(adam, clip=clipping(name))
    for name in DECAYS:
        yield f"adam, {name}", joined(adam, weight_decay=DECAYS[name])
    every = joined(adam, schedule("warm_up -> cosine"), clipping("norm_pytorch"), DECAYS["decoupled"])
    yield "adam, everything", every


RULES = dict(everything())
HABITS = {**NOTATIONS, "subscripts": LECTURE.with_(iteration="subscript")}


def shown(rule: Optimizer, habits: str, language: str) -> str:
    return write(optimizer_blocks(rule, HABITS[habits]), language)


def test_adam_is_printed_as_its_paper_has_it():
    assert optimizer("adam").text().startswith(ADAM)


def test_what_stood_before_the_step_is_told_from_what_it_computed():
    text = optimizer("amsgrad").text()
    assert "vᵐᵃˣ(t) = max(v(t), vᵐᵃˣ(t − 1))" in text and "v̂(t) = vᵐᵃˣ(t)/(1 − β₂ᵗ)" in text
    assert "g(t) = ∇C(w(t − 1) + μ·v(t − 1))" in optimizer("nesterov_lookahead").text()
    assert "r(0) = r₀" in optimizer("adagrad").text()
    assert "mₜ = β₁·mₜ₋₁ + (1 − β₁)·gₜ" in shown(RULES["adam"], "subscripts", "text")


@pytest.mark.parametrize(("habits", "last"), [("lecture", "w(t) = w(t − 1) − γ·v(t)"), ("nielsen", "w ← w − η·v")])
def test_the_letters_and_the_style_are_the_notations(habits: str, last: str):
    assert last in optimizer("momentum").text(habits)


def test_the_letters_of_notes_are_the_notations_too():
    text = optimizer("adamw").text("ng")
    assert "g ← ∇J(W)" in text and "W ← W − α·(m̂/(√v̂ + ε) + λ·W)" in text
    assert "The decay λ·W is decoupled" in text and "α multiplies it" in " ".join(text.split())
    assert "γ" not in text


def test_a_quantity_that_never_changes_has_no_step():
    text = shown(RULES["adam, warm_up -> cosine"], "lecture", "text")
    assert "T₂ = T − (T_w − 1)" in text and "k(t) = ⌊(t − 1)/N⌋" in text and "γ(t) = γ·κ(t)" in text
    assert "T is how long training lasts, in epochs; N is the number of steps in an epoch" in " ".join(text.split())
    per_step = " ".join(shown(RULES["adam, cosine per step"], "lecture", "text").split())
    assert "k(t) = t − 1" in per_step and "T is how long training lasts, in steps." in per_step


def test_every_part_has_its_source_and_its_note():
    text = " ".join(shown(RULES["adam, everything"], "lecture", "text").split())
    assert text.startswith("adam with schedule warm_up → cosine, clip norm_pytorch, weight decay decoupled")
    for part in ("warm_up → cosine", "norm_pytorch", "decoupled"):
        assert f"▸ source of {part}: " in text and f"▸ note on {part}: " in text


@pytest.mark.parametrize("habits", HABITS)
@pytest.mark.parametrize("title", RULES)
def test_every_rule_has_a_row_for_every_equation_in_every_notation(title: str, habits: str):
    rows = update_rows(RULES[title], HABITS[habits])
    assert len(rows) == 1 + len(RULES[title].updates)
    text, source = (shown(RULES[title], habits, language) for language in ("text", "markdown"))
    assert not re.search(r"\\[a-z]|\$|`", text)
    assert "otherwise" in text or max(map(columns, text.splitlines())) <= 112
    assert source.count("$$") == 2 and source.replace("$$", "").count("$") % 2 == 0
    begun, ended = (sorted(re.findall(rf"\\{word}\{{(\w+)\}}", source)) for word in ("begin", "end"))
    assert begun == ended and "`" not in source


def test_all_of_it_is_typeset_without_an_overfull_box(tmp_path: Path):
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    blocks = [write(tables(habits), "latex") for habits in HABITS.values()]
    blocks += [shown(rule, habits, "latex") for habits in HABITS for rule in RULES.values()]
    (tmp_path / "all.tex").write_text(document("\n\n".join(blocks), "All"), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull \\hbox" not in done.stdout


# The command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, status: int = 0) -> str:
        assert main(["optimizer", *arguments]) == status
        out, err = capsys.readouterr()
        return err if status else out

    return run_command


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_prints_what_the_rule_says_of_itself(run, language: str):
    out = run("adam(beta_1=0.8)", "--format", language, "--notation", "d2l")
    assert out.rstrip() == getattr(optimizer("adam(beta_1=0.8)"), language)("d2l").rstrip()


def test_without_a_name_all_are_listed_each_with_its_equation(run):
    out = run()
    for name in (*OPTIMIZERS, *CLIPPINGS, *DECAYS, *(set(SCHEDULES) - {"constant"})):
        assert re.search(rf"^{name} +\S+ ← .* \S", out, re.M), name
    assert "Kingma & Ba 2015" in out and "Duchi et al. 2011" in out
    assert out == printed(None, "text", "lecture", None, None, None)[0].rstrip() + "\n"


def test_tables_are_aligned_whatever_marks_their_letters_carry(run):
    lines = [line for line in run().split("Learning-rate")[0].splitlines() if re.search(r"\d{4}$", line)]
    starts = {columns(line) - columns(line.rsplit("  ", 1)[1]) for line in lines}
    assert len(lines) == len(OPTIMIZERS) - 1 and len(starts) == 1  # PyTorch alone is cited without a year


def test_parts_are_joined_and_written_to_a_file(run, tmp_path: Path):
    run("adamw", "--schedule", "warm_up(3) -> cosine", "--clip", "1", "--weight-decay", "0.1", "-o", "rule.tex")
    source = (tmp_path / "rule.tex").read_text(encoding="utf-8")
    assert source.startswith(r"\documentclass") and r"\lfloor" in source and r"\lambda = 0.1" in source


def test_the_examples_of_its_help_work(run, tmp_path: Path):
    help_ = run("--help")
    examples = [line.strip() for line in help_.splitlines() if line.strip().startswith("symnet optimizer")][0:3]
    assert len(examples) == 3
    import shlex

    for example in examples:
        run(*shlex.split(example)[2:])
    assert (tmp_path / "adamw.tex").exists()


def test_what_is_not_understood_is_refused(run):
    for message, arguments in {
        "unknown optimizer 'adma'; did you mean 'adam'?": ("adma",),
        "unknown notation": ("adam", "--notation", "mine"),
        "name one, such as adam": ("--clip", "1"),
        "unknown schedule": ("adam", "--schedule", "cosin"),
        "adamw has a weight decay of its own": ("adamw", "--weight-decay", "coupled"),
    }.items():
        assert message in run(*arguments, status=2)


def test_notations_are_given_by_name_or_as_they_are():
    assert optimizer("gd").text(notation("ng")) == optimizer("gd").text("ng")
    assert decay(0.1, optimizer("gd")) == DECAYS["coupled"](lamda=0.1)
