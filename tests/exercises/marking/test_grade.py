"""A class marked by ``symnet grade``: tables, folders, overrides, hostile answers, and runs that change nothing."""

import csv
import json

import pytest

from symnet.cli import main
from symnet.errors import SymnetError
from symnet.exercises.export import write
from symnet.exercises.make import variant
from symnet.exercises.marking.command import file_name
from symnet.exercises.marking.scheme import scheme, scheme_of
from symnet.exercises.marking.workers import Ask, Question, Worker
from symnet.exercises.process import TooMuch
from symnet.exercises.template import read

NEURON = "forward-neuron"


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def written(folder):
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def values():
    return {part.label: part.answer.exact for part in variant(NEURON, 1).parts}


@pytest.fixture(scope="module")
def marked(tmp_path_factory, values):
    """Five students: right, following an own slip, unreadable, hostile, nothing."""
    folder = tmp_path_factory.mktemp("class")
    slip = values["a"] + 2
    y = variant(NEURON, 1).numbers.y
    text = "student;seed;a;b;remark\n"
    text += f"ada;1;z = {values['a']},0;{values['b']};early\n"
    text += f"bob;1;{slip};({slip} - ({y}))^2 = {(slip - y) ** 2};\n"
    text += f"cem;1;?;{values['b']};\n"
    text += "=eve|../x;1;__import__('os');<script>alert(1)</script>;\n"
    text += "dan;1;;;\n"
    (folder / "answers.csv").write_text(text, encoding="utf-8-sig")
    assert main(["grade", NEURON, str(folder / "answers.csv"), "-o", str(folder / "marked"), "--processes", "1"]) == 0
    return folder


def test_a_class_is_marked(marked):
    found = {(r["student"], r["part"]): r for r in rows(marked / "marked" / "results.csv")}
    status = {at: r["status"] for at, r in found.items()}
    assert status["ada", "a"] == status["ada", "b"] == status["bob", "b"] == status["cem", "b"] == "right"
    assert (status["bob", "a"], found["bob", "b"]["followed"]) == ("wrong", "yes")
    assert status["cem", "a"] == status["'=eve|../x", "a"] == status["'=eve|../x", "b"] == "not understood"
    assert status["dan", "a"] == "empty"
    totals = {r["student"]: (r["marks"], r["waiting"]) for r in rows(marked / "marked" / "marks.csv")}
    assert totals == {
        "ada": ("4", "0"),
        "bob": ("2", "0"),
        "cem": ("2", "2"),
        "'=eve|../x": ("0", "4"),
        "dan": ("0", "0"),
    }
    report = json.loads((marked / "marked" / "report.json").read_text())
    assert report["statuses"] == {"right": 4, "wrong": 1, "undecided": 0, "not understood": 3, "empty": 2}
    assert "passed over: column 'remark' of answers.csv" in report["remarks"]


def test_feedback_shows_what_was_typed_and_costs_nothing_for_what_was_not_understood(marked):
    feedback = {file.name: file.read_text() for file in (marked / "marked" / "feedback").iterdir()}
    assert len(feedback) == 10 and all("/" not in name for name in feedback)
    for ending in (".md", ".html"):
        assert "2 of 2 marks." in feedback["cem" + ending]
        assert "2 more marks are not decided yet" in feedback["cem" + ending]
        assert "Right, by your own earlier result" in feedback["bob" + ending]
    eve = {name.rpartition(".")[2]: text for name, text in feedback.items() if "eve" in name}
    assert "`<script>alert(1)</script>`" in eve["md"] and "<script" not in eve["md"].replace("`<script>", "")
    assert "<code>&lt;script&gt;" in eve["html"] and "<script" not in eve["html"]
    assert "default-src 'none'" in eve["html"] and "http://" not in eve["html"]


def test_running_again_changes_nothing_and_what_a_teacher_wrote_stays(marked):
    before = written(marked / "marked")
    command = ["grade", NEURON, str(marked / "answers.csv"), "-o", str(marked / "marked"), "--processes", "1"]
    assert main(command) == 0
    assert written(marked / "marked") == before
    path = marked / "marked" / "overrides.csv"
    waiting = rows(path)
    assert [(r["student"], r["part"], r["marks"]) for r in waiting] == [
        ("'=eve|../x", "a", ""), ("'=eve|../x", "b", ""), ("cem", "a", "")
    ]  # fmt: skip
    text = path.read_text().replace("cem,forward-neuron,a,?,,", "cem,forward-neuron,a,?,1.5,nearly")
    path.write_text(text + "ada,,b,,0.5,copied\n")
    for _ in range(2):
        assert main(command) == 0
        assert path.read_text() == text + "ada,,b,,0.5,copied\n"
    totals = {r["student"]: r["marks"] for r in rows(marked / "marked" / "marks.csv")}
    assert (totals["cem"], totals["ada"]) == ("3.5", "2.5")
    assert "*Your teacher says:* nearly" in (marked / "marked" / "feedback" / "cem.md").read_text()
    answers = (marked / "answers.csv").read_text(encoding="utf-8-sig")
    (marked / "answers.csv").write_text(answers.replace("cem;1;?;", "cem;1;??;"))
    assert main(command) == 0
    assert {r["student"]: r["waiting"] for r in rows(marked / "marked" / "marks.csv")}["cem"] == "2"
    assert "cem has changed the answer to a since" in (marked / "marked" / "report.md").read_text()
    assert "cem,forward-neuron,a,?,1.5,nearly" in path.read_text()
    path.write_text(path.read_text() + "*,,a,??,0,\n*,,b,??,0,\n")
    assert main(command) == 0
    assert {r["student"]: r["waiting"] for r in rows(marked / "marked" / "marks.csv")}["cem"] == "0"
    assert "there is no such answer of anybody to b" in (marked / "marked" / "report.md").read_text()


def test_folders_and_notebooks_are_read(tmp_path, values):
    write([variant(NEURON, 1)], tmp_path / "sheet.ipynb")
    empty = (tmp_path / "sheet.ipynb").read_text()
    notebook = empty.replace('answer_a = r\\"\\"', f'answer_a = r\\"z = {values["a"]}\\"')
    assert notebook != empty
    for name, text in {
        "ada/a.txt": str(values["a"]), "ada/b.tex": f"${values['b']}$", "ada/seed.txt": "1\n",
        "bob.txt": f"seed: 1\na) {values['a']}\nb) {values['b']}\n", "cem/work.ipynb": notebook,
    }.items():  # fmt: skip
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text)
    assert main(["grade", NEURON, str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--processes", "1"]) == 0
    marks = {r["student"]: r["marks"] for r in rows(tmp_path / "out" / "marks.csv")}
    assert marks == {"ada": "4", "bob": "4", "cem": "2"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,seed,a\nada,x,1\n", "line 2: the seed is 'x', expected a whole number"),
        ("who,seed,a\nada,1,1\n", "no column says who answered"),
        ("student,a\nada,1\n", "it is not said which variant 'ada' had"),
        ("student,seed,a\nada,1,1,5\n", "line 2: 4 cells below 3 columns"),
        ("student,seed,exercise,a\nada,1,other,1\n", "the exercise is 'other', expected one of forward-neuron"),
        ("student,seed,a\n", "holds no answers"),
    ],
)
def test_tables_that_cannot_be_used_are_refused_in_a_sentence(tmp_path, capsys, text, said):
    (tmp_path / "answers.csv").write_text(text)
    assert main(["grade", NEURON, str(tmp_path / "answers.csv"), "-o", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


def test_a_template_says_how_its_slips_are_marked(tmp_path):
    text = read(NEURON).text + "\n[marking.shares]\nsign = 0.5\n"
    (tmp_path / "own.toml").write_text(text)
    assert scheme_of(read(tmp_path / "own.toml")).of_slip(3, "sign") == 1.5
    (tmp_path / "own.toml").write_text(text.replace("sign", "sgin"))
    with pytest.raises(SymnetError, match="did you mean 'sign'"):
        scheme_of(read(tmp_path / "own.toml"))


def test_schemes_are_refused_where_they_say_nothing_sensible():
    for table in ({"shares": {"sgin": 0.5}}, {"shares": {"sign": 2}}, {"follow": "yes"}, {"step": 0}, {"other": 1}, []):
        with pytest.raises(SymnetError):
            scheme(table, "here")
    assert scheme({"shares": {"bias_missing": 0.5}, "step": 0.25}, "here").of_slip(3, "other", "bias_missing") == 1.5


def test_an_answer_that_takes_too_long_ends_its_process_only():
    template = read("partial-neuron")
    question = Question(template.name, template.text, 1, "a")
    worker = Worker()
    with pytest.raises(TooMuch):
        worker.mark(Ask(question, "x_1", {}, scheme({}, "")), seconds=0.0)
    assert worker.mark(Ask(question, "x_1", {}, scheme({}, ""))).status == "wrong"
    worker.close()


def test_names_of_files_stay_in_their_folder():
    names = ["../x", "a/b", ".hidden", "", "ada", "Ada Lovelace", "x" * 300, "é"]
    made = [file_name(name) for name in names]
    assert len(set(made)) == len(names) and made[4] == "ada"
    assert all(name and "/" not in name and not name.startswith(".") and len(name) < 100 for name in made)
