"""Every template that ships, exported and checked by other tools: ``python -m tests.benchmarks.exports [--seeds 2]``.

A line a template: pages of the sheet with solutions; what pdflatex complains of (class exam); notebooks, validated by
nbformat and by nbgrader where it is installed, with how many test cells pass on the right answers and fail on wrong
ones; Moodle XML read by another library (moodle-xml-parser) where it is installed; the tests of STACK questions, run by
Maxima where there is one.  Then how long 100 sheets of two exercises take as PDF.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat

from symnet.exercises.export import write
from symnet.exercises.make import variant
from symnet.exercises.template import shipped
from symnet.exercises.variant import Choice, Variant
from tests.benchmarks.stack_tests import has_maxima, run
from tests.exercises.export.test_notebook import ran

WRONG = "-12345*q_7"
TOGETHER = ("forward-hidden-relu", "partial-neuron")
HUNDRED = 100


def pages(variants: Sequence[Variant], folder: Path) -> str:
    """The pages of the sheets without and with solutions."""
    found = []
    for solutions in (False, True):
        write(variants, folder / "a.pdf", solutions=solutions)
        found.append(str(len(re.findall(rb"/Type\s*/Page\b", (folder / "a.pdf").read_bytes()))))
    return "/".join(found)


def complaints(variants: Sequence[Variant], folder: Path) -> str:
    """Warnings, errors and full boxes of pdflatex in its second run, with and without solutions."""
    if not _finds("exam.cls"):
        return "–"
    count = 0
    for solutions in (False, True):
        write(variants, folder / "a.tex", solutions=solutions)
        for _ in range(2):
            command = ["pdflatex", "-interaction=nonstopmode", "a.tex"]
            subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
        log = (folder / "a.log").read_text(errors="replace")
        count += len(re.findall(r"^!|Warning|^(?:Over|Under)full|Missing character", log, re.MULTILINE))
    return str(count)


def notebooks(variants: Sequence[Variant], folder: Path) -> tuple[str, str]:
    """Test cells that pass on the right answers and that fail on wrong ones, of how many; and what nbgrader says."""
    passed = failed = cells = 0
    said = "–"
    for one in variants:
        write([one], folder / "a.ipynb", solutions=True)
        notebook = nbformat.read(folder / "a.ipynb", 4)
        nbformat.validate(notebook)
        said = _nbgrader(folder / "a.ipynb")
        right = ran(notebook)
        wrong = ran(notebook, lambda source: re.sub(r"^(\w+) = r\".*", rf'\1 = "{WRONG}"', source, flags=re.MULTILINE))
        cells += len(one.parts)
        passed += sum(right[f"{one.template}-{one.seed}-{p.label}-test"] == p.marks for p in one.parts)
        failed += sum(isinstance(found, str) for found in wrong.values())
    return f"{passed}+{failed} of 2×{cells}", said


def _nbgrader(path: Path) -> str:
    """Whether nbgrader reads the source and makes of it what a student gets, with no answer in it."""
    if importlib.util.find_spec("nbgrader") is None:
        return "–"
    from nbgrader.nbgraderformat import read
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearHiddenTests,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )

    notebook, resources = read(path, as_version=4), {}
    for step in (CheckCellMetadata, LockCells, ClearSolutions, ClearHiddenTests, ComputeChecksums, CheckCellMetadata):
        notebook, resources = step().preprocess(notebook, resources)
    left = "".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return "valid" if not re.search(r"SOLUTION|HIDDEN|graded\(", left) else "answers are left"


def moodle(variants: Sequence[Variant], folder: Path) -> str:
    """Questions that another parser reads with the marks and the right answers that they have."""
    write(variants, folder / "a.xml", format="moodle")
    ElementTree.parse(folder / "a.xml")
    if importlib.util.find_spec("moodle_xml_parser") is None:
        return "–"
    from moodle_xml_parser import parser

    found = parser.parse_file(str(folder / "a.xml"))
    good = 0
    for question in found["multichoice"]:
        right = [option for option in question.options if option.score_fraction == 100]
        (one,) = (v for v in variants if question.name.endswith(f"[{v.template}-{v.seed}]"))
        good += len(right) == 1 and question.default_grade == one.marks
    for question in found["cloze"]:
        (one,) = (v for v in variants if question.name.endswith(f"[{v.template}-{v.seed}]"))
        fields = [gap for gap in question.gaps if gap.sub_type in ("NUMERICAL", "MULTICHOICE")]
        each = all(sum(option.score == 100 for option in gap.options) == 1 for gap in fields)
        good += each and len(fields) >= len(one.parts)
    for question in ElementTree.parse(folder / "a.xml").getroot().iterfind("question[@type='numerical']"):
        (one,) = (v for v in variants if question.findtext("idnumber") == f"{v.template}-{v.seed}")
        (right,) = (a for a in question.iterfind("answer") if a.get("fraction") == "100")
        exact = float(one.parts[0].answer.exact)  # that parser knows no numerical questions
        good += abs(float(right.findtext("text")) - exact) < 1e-9 * max(1.0, abs(exact))
    return f"{good} of {len(variants)}"


def stack(variants: Sequence[Variant], folder: Path) -> tuple[str, str]:
    """How many inputs are formulas that Maxima decides on; tests that find the node they should, of how many."""
    write(variants, folder / "a.xml", format="stack")
    xml = (folder / "a.xml").read_text()
    inputs = [i.findtext("type") for i in ElementTree.fromstring(xml).iter("input")]
    own = sum(isinstance(p.answer, Choice) for v in variants for p in v.parts)
    turned = inputs.count("radio") - own
    if not has_maxima():
        return f"{len(inputs)} ({turned})", "–"
    done = run(xml)
    for line in done.failed[:3]:
        print(f"    {line}")
    return f"{len(inputs)} ({turned})", f"{done.tests - len(done.failed)} of {done.tests}"


def _finds(name: str) -> bool:
    if shutil.which("kpsewhich") is None or shutil.which("pdflatex") is None:
        return False
    return bool(subprocess.run(["kpsewhich", name], capture_output=True).stdout)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exports", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="variants of each template (2)")
    parser.add_argument("--only", help="some of the templates, separated by commas")
    given = parser.parse_args()
    names = given.only.split(",") if given.only else shipped()
    line = "{:<26} {:>7} {:>5} {:>16} {:>8} {:>9} {:>9} {:>12}"
    print(line.format("template", "pages", "TeX", "cells", "nbgrader", "Moodle", "inputs", "STACK tests"))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in names:
            variants = [variant(name, seed) for seed in range(1, given.seeds + 1)]
            row: list[Any] = [name, pages(variants, folder), complaints(variants, folder)]
            row += [*notebooks(variants, folder), moodle(variants, folder), *stack(variants, folder)]
            print(line.format(*row), flush=True)
        print(f"{len(names)} templates × {given.seeds} in {time.perf_counter() - start:.0f} s; inputs in parentheses:")
        print("formulas that Maxima cannot decide on, asked as a choice")
        variants = [variant(name, seed) for seed in range(HUNDRED) for name in TOGETHER]
        for solutions in (True, False):
            start = time.perf_counter()
            write(variants, folder / "a.pdf", solutions=solutions)
            count = len(re.findall(rb"/Type\s*/Page\b", (folder / "a.pdf").read_bytes()))
            with_them = "with" if solutions else "without"
            took = time.perf_counter() - start
            print(f"{HUNDRED} sheets of two exercises {with_them} solutions as PDF: {count} pages in {took:.1f} s")


if __name__ == "__main__":
    main()
