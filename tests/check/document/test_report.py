"""The report of a document in every language, and the command that prints it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

import symnet as sn
from symnet.check.document.findings import DocumentVerdict
from symnet.cli import main
from symnet.errors import SymnetError
from symnet.render.rows import document

HERE = Path(__file__).parent
LECTURE = HERE / "documents" / "lecture.txt"
NETWORKS = [HERE / "networks" / "neuron.toml", HERE / "networks" / "hidden.toml"]
NOTES = HERE / "documents" / "logistic_wrong.md"
NEURON = HERE / "networks" / "sigmoid_neuron.toml"


@lru_cache
def lecture() -> DocumentVerdict:
    return sn.check_document(LECTURE, NETWORKS)


@lru_cache
def notes() -> DocumentVerdict:
    return sn.check_document(NOTES, NEURON)


def test_the_text_says_what_is_wrong_first_with_its_place() -> None:
    lines = lecture().report().splitlines()
    assert lines[:3] == ["lecture.txt", "═══════════", ""]
    assert lines[3] == "16 judged, 5 wrong."
    assert lines.index("Wrong") < lines.index("Remarks") < lines.index("Right") < lines.index("Numbers that were used")
    assert any(line.startswith("  ▸ line 79, column 96 [neuron]: ") for line in lines)


def test_a_wrong_derivative_is_told_as_an_answer_is() -> None:
    text = notes().report()
    assert "In ∂C/∂ŷ: the term −(1 − y)/(1 − ŷ) has the wrong sign." in text
    assert "as it should be" in text
    assert "the answer" in text


def test_the_fields_of_json_are_stable() -> None:
    told = json.loads(lecture().report("json"))
    assert set(told) == {"document", "networks", "right", "message", "counts", "findings", "seed", "seconds"}
    assert told["networks"] == ["neuron", "hidden"]
    assert told["counts"] == {"right": 11, "wrong": 5, "remark": 5, "given": 8, "open": 0}
    (first, *_) = [f for f in told["findings"] if f["status"] == "wrong"]
    assert first["line"] == 79 and first["column"] == 96 and first["item"] == "15" and first["should_be"] == "12"
    assert set(first) == {
        "status", "kind", "code", "line", "column", "text", "item", "network", "message", "should_be",
        "counterexample", "also", "verdict",
    }  # fmt: skip


def test_places_in_a_notebook_have_a_cell() -> None:
    verdict = sn.check_document(HERE / "documents" / "softmax.ipynb", HERE / "networks" / "softmax.toml")
    assert json.loads(verdict.report("json"))["findings"][0]["cell"] == 1


@pytest.mark.parametrize("verdict", [lecture, notes], ids=["lecture", "notes"])
def test_markdown_quotes_what_is_written_as_code(verdict: object) -> None:
    text = verdict().report("markdown")  # type: ignore[operator]
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert {row.replace(r"\|", "").count("|") for row in rows} <= {3, 4, 5}
    assert "`" in text


def test_a_notebook_shows_it_as_markdown() -> None:
    assert notes()._repr_markdown_() == notes().report("markdown")


def test_html_escapes_what_is_written() -> None:
    verdict = sn.check_document("$$\\hat y = w_1 x_1 < b$$ $$C = \\sum (\\hat y < y)^2 = 3$$\n", NETWORKS[0])
    page = verdict.report("html")
    assert "<script" not in page and "&lt;" in page


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(SymnetError, match="markdown"):
        lecture().report("docx")


@pytest.mark.parametrize("verdict", [lecture, notes], ids=["lecture", "notes"])
def test_latex_is_typeset(verdict: object, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "CI must have pdflatex"
        pytest.skip("there is no pdflatex")
    body = verdict().report("latex")  # type: ignore[operator]
    (tmp_path / "report.tex").write_text(document(body, "Report"), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


# -- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((str(LECTURE), *map(str, NETWORKS)), 1, "5 wrong"),
        ((str(HERE / "documents" / "logistic.md"), str(NEURON)), 0, "nothing is wrong"),
        ((str(HERE / "documents" / "logistic.md"), "2 -> 1 sigmoid", "--cost", "cross_entropy"), 0, "nothing is wrong"),
        ((str(HERE / "documents" / "unrelated.md"), str(NEURON)), 0, "Nothing in it could be judged"),
    ],
)
def test_the_exit_status_says_whether_something_is_wrong(
    arguments: tuple[str, ...], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--document", *arguments]) == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("flags", [("--json",), ("--format", "json")])
def test_a_program_may_read_it(flags: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--document", str(LECTURE), *map(str, NETWORKS), *flags]) == 1
    assert json.loads(capsys.readouterr().out)["right"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere.md", "2 -> 1 linear"),
        (str(LECTURE), "nowhere.toml"),
        (str(LECTURE), "2 -> "),
        (str(HERE / "test_report.py"), "2 -> 1 linear"),
        (str(LECTURE), "2 -> 1 linear", "--wrt", "w_1"),
        (str(LECTURE), "2 -> 1 linear", "--format", "docx"),
        (str(LECTURE), *(["2 -> 1 linear"] * 13)),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--document", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1 and "Traceback" not in err


def test_two_answers_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "2 -> 1 linear", "--wrt", "w_1", "1", "2"]) == 2
    assert "one answer" in capsys.readouterr().err


def test_nothing_of_it_is_loaded_with_symnet() -> None:
    code = "import sys, symnet; print([m for m in sys.modules if m.startswith('symnet.check.document')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
