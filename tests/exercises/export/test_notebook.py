"""Notebooks for nbgrader: what is in the cells, and what their tests say of right and wrong answers."""

import re

import nbformat
import pytest

from symnet.errors import SymnetError
from symnet.exercises.export import write
from symnet.exercises.export.graded import graded
from symnet.exercises.export.notebook import answer_in
from symnet.exercises.make import variant
from symnet.exercises.template import read

NAMES = ("forward-neuron", "partial-neuron", "chain-hidden")


@pytest.fixture(scope="module")
def variants():
    return [variant(name, 3) for name in NAMES]


@pytest.fixture(scope="module")
def source(variants, tmp_path_factory):
    path = tmp_path_factory.mktemp("notebook") / "a.ipynb"
    write(variants, path, solutions=True)
    return nbformat.read(path, 4)


def ran(notebook, answers=lambda source: source):
    """What each test cell did, by its grade_id: marks, or the AssertionError."""
    scope, found = {}, {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if not cell.metadata.nbgrader.grade:
            exec(answers(cell.source), scope)
            continue
        *before, last = (line for line in cell.source.splitlines() if not line.startswith("###"))
        try:
            exec("\n".join(before), scope)
            found[cell.metadata.nbgrader.grade_id] = eval(last, scope)
        except AssertionError as error:
            found[cell.metadata.nbgrader.grade_id] = str(error)
    return found


def test_it_is_a_notebook_whose_cells_nbgrader_knows(source, variants):
    nbformat.validate(source)
    own = [cell.metadata.nbgrader for cell in source.cells]
    assert len({cell.grade_id for cell in own}) == len(own)
    assert all(cell.schema_version == 3 and (cell.locked or cell.solution) for cell in own)
    assert sum(cell.points for cell in own if cell.grade) == sum(v.marks for v in variants)


def test_right_answers_get_all_marks(source, variants):
    found = ran(source)
    assert found == {f"{v.template}-3-{p.label}-test": p.marks for v in variants for p in v.parts}


def test_wrong_answers_get_none_and_are_told_why(source, variants):
    wrong = ran(source, lambda cell: re.sub(r'^(answer_\w+) = r".*', r'\1 = "-12345*w_1"', cell, flags=re.MULTILINE))
    assert len(wrong) == sum(len(v.parts) for v in variants)
    assert all(isinstance(said, str) and said.startswith(("Not right", "For a human")) for said in wrong.values())


def test_what_a_student_gets_holds_no_answer(variants, tmp_path):
    write(variants, tmp_path / "a.ipynb")
    notebook = nbformat.read(tmp_path / "a.ipynb", 4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "SOLUTION" not in code and "HIDDEN" not in code and "graded" not in code
    assert set(re.findall(r"^answer_\w+ = (.*)$", code, re.MULTILINE)) == {'r""'}


def test_later_parts_are_judged_on_earlier_results():
    exercise = variant("forward-neuron", 3)
    z, cost = exercise.parts
    y = exercise.numbers.y
    wrong = z.answer.exact + 1
    assert graded("forward-neuron", 3, cost.label, {z.label: str(wrong), cost.label: str((wrong - y) ** 2)}) > 0


def test_a_teachers_own_template_lies_beside_the_notebook(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(read("forward-neuron").text, "utf-8")
    monkeypatch.chdir(tmp_path)
    first = variant(read(tmp_path / "mine.toml"), 3).parts[0]
    assert graded("mine", 3, first.label, {first.label: str(first.answer.exact)}) == first.marks
    with pytest.raises(SymnetError, match="unknown part 'z'"):
        graded("mine", 3, "z", {})


def test_an_answer_is_read_from_its_cell_without_running_it():
    assert answer_in('answer_a = r"\\frac{1}{2}"  # mine') == r"\frac{1}{2}"
    assert answer_in("answer_a = 7/4") == "7/4"
    assert answer_in('answer_a = r""\nanswer_a = "3"') == "3"
    assert answer_in("__import__('os').system('x')") == "__import__('os').system('x')"


def test_several_sheets_are_files_of_their_own(tmp_path):
    made = write([variant("forward-neuron", seed) for seed in (1, 2)], tmp_path / "a.ipynb")
    assert [path.name for path in made] == ["a-1.ipynb", "a-2.ipynb"]
