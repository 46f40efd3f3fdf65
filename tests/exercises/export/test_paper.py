"""Sheets on paper: PDF through typst, and LaTeX for the class exam."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace

import pytest

from symnet.errors import SymnetError
from symnet.exercises.export import check_path, write
from symnet.exercises.export.sheets import sheets
from symnet.exercises.make import variant
from symnet.render.document import Picture
from symnet.render.figures.network import network_figure

NAMES = ("forward-hidden-relu", "partial-neuron")


@pytest.fixture(scope="module")
def variants():
    return [variant(name, seed) for name in NAMES for seed in (1, 2)]


def test_a_sheet_a_seed(variants):
    assert [(s.number, [v.template for v in s.exercises]) for s in sheets(variants)] == [(1, [*NAMES]), (2, [*NAMES])]


@pytest.mark.parametrize("solutions", [False, True])
def test_a_pdf_is_the_same_every_time(variants, tmp_path, solutions):
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    write(variants, first, solutions=solutions, title="Exam; #quote [*]", course="Course $x$", date="1 May")
    write(variants, second, solutions=solutions, title="Exam; #quote [*]", course="Course $x$", date="1 May")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"%PDF")


def test_only_with_solutions_is_the_answer_on_the_sheet(variants, tmp_path):
    from symnet.exercises.export.paper import sheet_typst
    from symnet.exercises.export.sheets import Head

    made = sheets(variants)
    without, with_them = (sheet_typst(made, Head("Exam"), solutions) for solutions in (False, True))
    assert "#solution(" not in without.partition("#page(footer")[2]
    assert without.count("answer(20mm)") >= 12
    assert with_them.count("solution([") == sum(len(v.parts) for v in variants)


def test_latex_prints_solutions_when_told_to(variants, tmp_path):
    write(variants, tmp_path / "a.tex", title="50% & more_or_less")
    source = (tmp_path / "a.tex").read_text()
    assert r"\noprintanswers" in source
    assert source.count(r"\begin{solution}") == sum(len(v.parts) for v in variants)
    assert r"50\% \& more\_or\_less" in source


@pytest.mark.skipif(
    shutil.which("kpsewhich") is None or not subprocess.run(["kpsewhich", "exam.cls"], capture_output=True).stdout,
    reason="needs LaTeX with the class exam",
)
def test_latex_compiles_without_a_warning(variants, tmp_path):
    write(variants, tmp_path / "a.tex", solutions=True)
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "a.tex"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    log = (tmp_path / "a.log").read_text(errors="replace")
    assert [line for line in log.splitlines() if "Warning" in line or line.startswith("Overfull")] == []


def test_a_table_has_a_line_a_part_and_its_key(variants, tmp_path):
    write(variants, tmp_path / "a.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert len(lines) == sum(len(v.parts) for v in variants)
    first = variants[0].parts[0]
    assert lines[0]["key"] == str(first.answer.exact)
    assert lines[0]["marks"] == str(first.marks)


def test_every_format_shows_a_picture(variants, tmp_path):
    one = variants[0]
    pictured = replace(one, given=(*one.given, Picture(network_figure(one.network))))
    shown = {"tex": r"\begin{tikzpicture}", "ipynb": "picture-1.svg", "stack": "&lt;svg", "moodle": "&lt;svg"}
    for format, sign in shown.items():
        write([pictured], tmp_path / "a.txt", format=format)
        assert sign in (tmp_path / "a.txt").read_text()
    write([one], tmp_path / "a.pdf")
    write([pictured], tmp_path / "b.pdf")
    assert (tmp_path / "b.pdf").stat().st_size > (tmp_path / "a.pdf").stat().st_size


def test_what_cannot_be_written_is_said(variants, tmp_path):
    with pytest.raises(SymnetError, match="ends in none of"):
        write(variants, tmp_path / "a.doc")
    with pytest.raises(SymnetError, match="unknown format 'docx'"):
        check_path("a.pdf", "docx")
    with pytest.raises(SymnetError, match="no variant"):
        write([], tmp_path / "a.pdf")
