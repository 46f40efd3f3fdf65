"""Moodle XML: its structure as Moodle reads it, and what STACK questions hold."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import sympy as sp

import symnet as sn
from symnet.exercises.export import write
from symnet.exercises.export.maxima import COUNT, TOTAL, Beyond, Spelling, maxima
from symnet.exercises.export.options import options_of
from symnet.exercises.export.slips import APART, decided, value_at
from symnet.exercises.export.stack import tree
from symnet.exercises.export.wrong import number_slips
from symnet.exercises.make import variant
from symnet.exercises.variant import Choice, Formula, Shape, Value
from symnet.render.latex import latex

NAMES = ("forward-neuron", "partial-neuron", "chain-hidden", "dimensions-hidden", "choice-neuron", "partial-matrix")
FIELD = re.compile(r"\{(\d+):(NUMERICAL|MULTICHOICE):((?:[^}\\]|\\.)*)\}")


@pytest.fixture(scope="module")
def variants():
    return [variant(name, 5) for name in NAMES]


def _questions(variants, folder, format):
    write(variants, folder / f"{format}.xml", format=format)
    return ElementTree.parse(folder / f"{format}.xml").getroot()


@pytest.fixture(scope="module")
def stack(variants, tmp_path_factory):
    return _questions(variants, tmp_path_factory.mktemp("moodle"), "stack")


@pytest.fixture(scope="module")
def plain(variants, tmp_path_factory):
    return _questions(variants, tmp_path_factory.mktemp("moodle"), "moodle")


def test_every_exercise_has_a_category_and_every_question_what_moodle_needs(variants, stack, plain):
    for root in (stack, plain):
        kinds = [q.get("type") for q in root]
        assert root.tag == "quiz" and kinds.count("category") == len(NAMES)
        for question in root.iterfind("question"):
            if question.get("type") == "category":
                assert question.findtext("category/text").startswith("$course$/top/")
                continue
            assert question.findtext("name/text") and question.findtext("questiontext/text")
            assert question.find("questiontext").get("format") == "html"
            assert float(question.findtext("defaultgrade")) > 0
    assert [q.findtext("idnumber") for q in stack if q.get("type") == "stack"] == [f"{n}-5" for n in NAMES]


def test_without_stack_each_part_has_one_right_answer(variants, plain):
    by_name = {q.findtext("idnumber"): q for q in plain}
    for one in variants:
        question = by_name[f"{one.template}-5"]
        if question.get("type") == "cloze":
            fields = FIELD.findall(question.findtext("questiontext/text"))
            fields_wanted = sum(2 if _in_numbers(p.answer) else 1 for p in one.parts)
            assert len(fields) == fields_wanted
            assert all(answers.count("%100%") == 1 and answers.count("%0%") >= 1 for _, _, answers in fields)
        else:
            right = [a for a in question.iterfind("answer") if a.get("fraction") == "100"]
            assert len(right) == 1 and len(question.findall("answer")) >= 3


def _in_numbers(answer):
    return isinstance(answer, Shape) and isinstance(answer.rows, int) and isinstance(answer.columns, int)


def test_stack_questions_have_tests_of_right_forms_and_three_slips(variants, stack):
    for question in (q for q in stack if q.get("type") == "stack"):
        trees = [t.findtext("name") for t in question.iterfind("prt")]
        inputs = [i.findtext("name") for i in question.iterfind("input")]
        asked = question.findtext("questiontext/text") + question.findtext("specificfeedback/text")
        assert all(f"[[input:{name}]]" in asked and f"[[validation:{name}]]" in asked for name in inputs)
        assert all(f"[[feedback:{name}]]" in asked for name in trees)
        notes = {n.text for n in question.iter("trueanswernote")}
        wrong = dict.fromkeys(trees, 0)
        for test in question.iterfind("qtest"):
            assert [i.findtext("name") for i in test.iterfind("testinput")] == inputs
            for expected in test.iterfind("expected"):
                assert expected.findtext("expectedanswernote") in notes
                wrong[expected.findtext("name")] += expected.findtext("expectedscore").startswith("0")
        assert min(wrong.values()) >= 3, question.findtext("name/text")


def test_the_nodes_of_a_tree_lead_on_to_each_other(stack):
    for own in stack.iter("prt"):
        nodes = own.findall("node")
        assert [n.findtext("name") for n in nodes] == [str(k) for k in range(len(nodes))]
        assert all(a.findtext("falsenextnode") == b.findtext("name") for a, b in pairwise(nodes))
        assert nodes[-1].findtext("falsenextnode") == "-1"
        assert [n.findtext("truescore") for n in nodes] == ["1"] + ["0"] * (len(nodes) - 1)


def test_no_slip_of_a_formula_has_the_value_of_another(variants):
    for part in (p for v in variants for p in v.parts if isinstance(p.answer, Formula)):
        try:
            found = decided(part.answer)
        except Beyond:
            continue
        every = [found.right, *(slip.value for slip in found.slips)]
        values = [[value_at(e, found.spelling, point) for point in found.points] for e in every]
        assert all(
            any(abs(x - y) > APART for x, y in zip(a, b, strict=True)) for k, a in enumerate(values) for b in values[:k]
        )


@pytest.mark.parametrize("name", ["partial-neuron", "partial-sigmoid-neuron", "partial-matrix"])
def test_of_formulas_to_click_on_the_checker_takes_one(name):
    one = variant(name, 5)
    for part in one.parts:
        options = options_of(one, part)
        verdicts = [
            sn.check(part.answer.network, part.answer.wrt, latex(option.shown[0]), names=part.answer.names).right
            for option in options
        ]
        assert len(options) >= 4
        assert [verdict is True for verdict in verdicts] == [option.right for option in options]


def test_slips_on_the_way_to_a_number_are_worked_out():
    one = variant("step-neuron", 5)
    by_name = {part.name: part for part in one.parts}
    numbers, z = one.numbers, by_name["z1"]
    kinds = {"".join(map(str, s.why)): s.value for s in number_slips(one, z, z.answer)}
    assert kinds["The bias is missing from the weighted sum."] == z.answer.exact - numbers.parameters["b"]
    after, slope = by_name["w[1](1)"], by_name["dC/dw[1]"].answer.exact
    said = {s.why[0]: s.value for s in number_slips(one, after, after.answer)}
    assert said["The learning rate is missing."] == numbers.parameters["w"][0] - slope


def test_what_maxima_cannot_decide_on_is_a_choice(variants):
    matrix = next(v for v in variants if v.template == "partial-matrix")
    assert tree(matrix, matrix.parts[0], 1).kind == "radio"
    kinds = {Formula: {"algebraic", "radio"}, Value: {"algebraic"}, Shape: {"algebraic"}, Choice: {"radio"}}
    for one in variants:
        assert all(tree(one, part, 1).kind in kinds[type(part.answer)] for part in one.parts)


# -- Maxima --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "cost", "wrt"),
    [
        ("2 -> 1 linear", "sum_of_squares", "w_1"),
        ("2 -> 1 sigmoid", "cross_entropy", "b"),
        ("2 -> 3 tanh -> 1 linear", "quadratic", "W1[1,2]"),
    ],
)
def test_formulas_for_maxima_are_read_back_as_what_they_are(spec, cost, wrt):
    network = sn.Network(spec, cost=cost, samples=1)
    found = decided(Formula(network, wrt))
    names = {"w2_": r"w^{(2)}_", "yhat": r"\hat{y}", "b2": "b^{(2)}", "*": " ", "sigma": r"\sigma", "tanh": r"\tanh"}
    for form in (found.right, found.chain):
        text = maxima(form)
        for typed, shown in names.items():
            text = text.replace(typed, shown)
        text = re.sub(r"_(\d\d)", r"_{\1}", text)
        assert sn.check(network, wrt, text, syntax="latex").right, text
    assert sn.check(network, wrt, text + "+1", syntax="latex").right is False


def test_sums_over_samples_and_powers_in_maxima():
    x, w = sp.symbols("x_1 w_1", real=True)
    assert maxima(2 / COUNT * TOTAL(x * (w * x - 1))) == "2*total(x_1*(w_1*x_1 - 1))/n"
    assert maxima(sp.exp(-x) + sp.Rational(1, 2) * x**2 + sp.sqrt(x)) == "sqrt(x_1) + x_1^2/2 + exp(-x_1)"
    assert maxima(sp.Abs(x) + sp.Max(0, x)) == "abs(x_1) + max(0, x_1)"
    assert maxima(sp.E * sp.pi) == "%e*%pi"


def test_running_indices_are_not_for_maxima():
    network = sn.Network("2 -> 3 sigmoid -> 1 linear", cost="quadratic")
    with pytest.raises(Beyond):
        decided(Formula(network, "W1", "matrix"))
    names = {str(name) for name in Spelling(network).definitions}
    assert names == {"h_1", "h_2", "h_3", "k_1", "k_2", "k_3", "z"}
