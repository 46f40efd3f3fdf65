"""One answer marked: forms that students type, slips, following through, and what is no answer at all."""

import pytest
import sympy as sp

from symnet.check.read.syntax import NotUnderstood
from symnet.exercises.make import variant
from symnet.exercises.marking.mark import Scheme, mark
from symnet.exercises.marking.written import choice, number, shape
from symnet.exercises.variant import Choice, Formula, Numbers, Option, Part, Shape, Value, Variant
from symnet.network import Network

NEURON = Network("2 -> 1 linear", cost="sum_of_squares", samples=1)
CENT = sp.Rational(1, 200)


def asked(label, answer, marks=2, name="", uses=()):
    return Part(label, ("?",), answer, marks, (), (), ("Think.",), name, uses)


HAND = Variant(
    "by-hand", 1, "One neuron", (),
    (
        asked("a", Value(sp.Integer(12), CENT), name="z1"),
        asked("b", Value(sp.Integer(4), CENT), name="C", uses=("z1",)),
        asked("c", Formula(NEURON, "w_1"), 4),
        asked("d", Shape(3, 2)),
        asked("e", Choice((Option(("2",), False, "factor", ("Twice too much.",)), Option(("1",), True)))),
        asked("f", Value(sp.Rational(1, 3), CENT)),
        asked("g", Value(sp.Float("0.880797077978", 20), CENT)),
    ),
    1, NEURON, Numbers({"w": [3, 4], "b": 1}, [1, 2], 10),
)  # fmt: skip
PARTS = {part.label: part for part in HAND.parts}


def marked(label, text, **options):
    return mark(HAND, PARTS[label], text, **options)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ŷ = 12", 12), ("12.0", 12), ("24/2", 12), ("w_1 = -3/4", "-3/4"), ("0,5", "1/2"), (r"\frac{1}{2}", "1/2"),
        ("3·1 + 4·2 + 1 = 12", 12), ("−5", -5), ("½", "1/2"), ("≈ 0.62", "0.62"), (r"$\hat{y} \approx 3$", 3),
        ("1e-3", "0.001"), (r"1\cdot 10^{-3}", "0.001"), ("2*3**2", 18), ("2^10", 1024), ("w1' ← 3", 3),
        ("1.234,5", "1234.5"), ("5 = ŷ", 5), ("z[2]=4.", 4),
    ],
)  # fmt: skip
def test_numbers_are_read_as_students_type_them(text, value):
    assert number(text).figure.value == sp.Rational(value)


@pytest.mark.parametrize(
    "text",
    [
        "12 or 13",
        "12 = no, it is 13",
        "9**9**9",
        "1/0",
        "2^60^60",
        "exp(10**9)",
        "__import__('os')",
        "1" * 600,
        "x",
        "\x00",
        "ln(-1)",
        "=",
    ],
)
def test_what_is_no_number_is_not_understood(text):
    with pytest.raises(NotUnderstood):
        number(text)


def test_shapes_and_choices_are_read():
    for text in ("3×2", "(3, 2)", "3 by 2", "3x2", r"\mathbb{R}^{3\times 2}", "W ∈ ℝ^{3×2}", "3 rows and 2 columns"):
        assert shape(text) == (3, 2)
    assert shape("(3,)") == (3, 1) and shape("n × n_1") == ("n", "n_1")
    for text in ("b", "B)", "2", "(b)", "option 2", "answer: b"):
        assert choice(text, 4) == 1
    for text in ("e", "5", "a, b", "both"):
        with pytest.raises(NotUnderstood):
            choice(text, 4)
    with pytest.raises(NotUnderstood):
        choice("b", 4, lines=True)


def test_right_answers_get_all_marks():
    formula = "2*x1*(w1*x1 + w2*x2 + b - y)"
    for label, text in {"a": "12", "b": "(12-10)^2 = 4", "c": formula, "d": "3 by 2", "e": "2", "f": "0.33"}.items():
        found = marked(label, text)
        assert (found.status, found.marks) == ("right", PARTS[label].marks), (label, found)
    assert marked("g", "1/(1+e^{-2})").right and marked("g", "0.88").right
    assert marked("f", "33/100").right is False  # a fraction has to be the number


def test_slips_have_a_kind_and_marks_by_the_scheme():
    half = Scheme({"sign": 0.5, "arithmetic": 0.75, "factor": 0.5}, step=0.5)
    found = {
        "-12": ("a", "sign", 1.0),
        "3 + 8 + 1 = 13": ("a", "arithmetic", 1.5),
        "24": ("a", "factor", 1.0),
        "4": ("a", "other", 0.0),  # a third of it, or the value of part b: who knows
        "1/3": ("a", "other_quantity", 0.0),
        "17": ("a", "other", 0.0),
        "x1*(w1*x1 + w2*x2 + b - y)": ("c", "factor", 2.0),
        "2×3": ("d", "transpose", 0.0),
        "a": ("e", "factor", 1.0),
    }
    for text, (label, kind, marks) in found.items():
        slip = marked(label, text, scheme=half)
        assert (slip.status, slip.kind, slip.marks) == ("wrong", kind, marks), text


SLIPS = [
    ("a", "17", "other", "bias_missing"),
    ("a", "3*2 + 4*3 + 1", "wrong_index", "inputs_exchanged"),
    ("b", "10", "other", "power_missing"),
    ("c", "20", "missing_chain_factor", "input_missing"),
    ("c", "30", "factor", "power_rule"),
    ("c", "40", "wrong_index", None),
    ("d", "9", "sign", "step_uphill"),
    ("d", "3 - 60", "factor", "rate_missing"),
    ("e", "100", "old_values", "not_updated"),
    ("e", "101", "other", None),
]
STEP = Variant(
    "by-hand", 1, "A step", (),
    (
        asked("a", Value(sp.Integer(18), CENT), name="z1"),
        asked("b", Value(sp.Integer(100), CENT), name="C", uses=("z1",)),
        asked("c", Value(sp.Integer(60), CENT), name="dC/dw[1]", uses=("z1",)),
        asked("d", Value(sp.Integer(-3), CENT), name="w[1](1)", uses=("z1", "dC/dw[1]")),
        asked("e", Value(sp.Integer(324), CENT), name="C(1)"),
    ),
    1, NEURON, Numbers({"w": [3, 4], "b": 1}, [3, 2], 8, sp.Rational(1, 10), 1),
)  # fmt: skip


@pytest.mark.parametrize(("label", "text", "kind", "detail"), SLIPS)
def test_wrong_numbers_are_explained_by_the_derivation_with_one_rule_broken(label, text, kind, detail):
    part = next(part for part in STEP.parts if part.label == label)
    found = mark(STEP, part, text)
    assert (found.status, found.kind, found.detail) == ("wrong", kind, detail)
    assert bool(found.place) == (kind != "other" or detail is not None)


def test_what_is_not_understood_costs_nothing_yet():
    for label, text in (("a", "?"), ("c", "x1*("), ("d", "wide"), ("e", "z"), ("c", "b" * 20_000)):
        found = marked(label, text)
        assert (found.status, found.open, found.right) == ("not understood", True, None)
    assert marked("a", "  ").status == "empty"


FOLLOWING = [
    ("forward-neuron", 7, {"z1": "1/2"}),
    ("forward-hidden-relu", 4, {"z1[1]": 2}),
    ("forward-hidden-relu", 4, {"z1[1]": 2, "a1[1]": 5}),  # two slips: the second is not the first one's consequence
    ("gradient-neuron", 2, {"z1": 7}),
    ("step-neuron", 2, {"dC/dw[1]": 5, "b(1)": 1}),
]


@pytest.mark.parametrize(("template", "seed", "slips"), FOLLOWING)
def test_a_later_part_is_judged_on_the_students_own_earlier_results(template, seed, slips):
    """The student errs in ``slips`` and goes on rightly from there; the reckoning here is the student's, by hand."""
    exercise = variant(template, seed)
    own = _reckoned_on(exercise, {name: sp.Rational(value) for name, value in slips.items()})
    earlier = {}
    for part in exercise.parts:
        found = mark(exercise, part, str(own[part.name]), earlier=earlier)
        erred = own[part.name] != part.answer.exact
        expected = ("wrong", False) if part.name in slips else ("right", erred)
        assert (found.status, found.followed) == expected, part.name
        assert found.marks == (0 if part.name in slips else part.marks)
        earlier[part.name] = found.value
    last = exercise.parts[-1]
    assert mark(exercise, last, str(own[last.name]), earlier={}).status == "wrong"  # without them it is not right


def _reckoned_on(exercise, slips):
    n = exercise.numbers
    weights, x, y = n.parameters, n.x, n.y
    values = {}

    def put(name, value):
        values[name] = slips.get(name, value)

    if "w" in weights:
        factor = {"quadratic": 1, "sum_of_squares": 2}[exercise.network.cost.name]
        put("z1", sum(w * v for w, v in zip(weights["w"], x, strict=True)) + weights["b"])
        put("C", sp.Rational(factor, 2) * (values["z1"] - y) ** 2)
        put("dC/dz1", factor * (values["z1"] - y))
        for i, v in enumerate(x, 1):
            put(f"dC/dw[{i}]", v * values["dC/dz1"])
            put(f"w[{i}](1)", weights["w"][i - 1] - (n.rate or 0) * values[f"dC/dw[{i}]"])
        put("b(1)", weights["b"] - (n.rate or 0) * values["dC/dz1"])
        after = sum(values[f"w[{i}](1)"] * v for i, v in enumerate(x, 1)) + values["b(1)"]
        put("C(1)", sp.Rational(factor, 2) * (after - y) ** 2)
        return values
    for j in (1, 2):
        put(f"z1[{j}]", sum(row[j - 1] * v for row, v in zip(weights["W1"], x, strict=True)) + weights["b1"][j - 1])
        put(f"a1[{j}]", max(values[f"z1[{j}]"], 0))
    put("z2", sum(w * values[f"a1[{j}]"] for j, w in enumerate(weights["w2"], 1)) + weights["b2"])
    put("C", sp.Rational(1, 2) * (values["z2"] - y) ** 2)
    return values


def test_of_a_derivation_the_result_counts_and_the_first_false_step_is_named():
    right = r"\begin{aligned} \frac{\partial C}{\partial w_1} &= 2 (\hat{y} - y) x_1 \\ &= "
    result = r"2 x_1 (w_1 x_1 + w_2 x_2 + b - y)"
    assert marked("c", f"{right}{result}\\end{{aligned}}").marks == 4
    assert marked("c", f"$ {result} $").right and marked("c", f"dC/dw_1 = {result}").right
    slip = marked("c", right.replace("2 (", "(") + result.replace("2 x_1", "x_1") + r"\end{aligned}")
    assert (slip.status, slip.kind) == ("wrong", "factor")
    assert slip.place[0] == "Step 1 is the first that does not hold. "
    lucky = marked("c", right.replace("2 (", "3 (") + result + r"\end{aligned}")
    assert lucky.status == "undecided" and "step 1" in lucky.message


def test_a_matrix_is_right_where_elements_are_asked_for():
    hidden = Network("3 -> 2 sigmoid -> 1 linear", cost="quadratic")
    part = asked("a", Formula(hidden, "w_{ij}^{(1)}", "index"))
    gradient = hidden.derive().partial("W1")
    for view in ("index", "matrix"):
        answer = gradient.latex(view=view, steps=False).partition("=")[2]
        assert mark(HAND, part, answer).right, answer
    assert mark(HAND, part, answer.replace("^T", "")).right is False


def test_a_gradient_function_runs_in_the_limited_process_only(tmp_path):
    right = "def gradient(x, y, w, b):\n    d = 2 * (w @ x + b - y)\n    return {'w': d * x, 'b': d}\n"
    found = marked("c", right)
    assert (found.status, found.marks) == ("right", 4), found
    assert marked("c", right.replace("2 *", "")).status == "wrong"
    mark_of_it = tmp_path / "owned"
    hostile = f"open({str(mark_of_it)!r}, 'w')\n" + right
    assert marked("c", hostile).status == "not understood" and not mark_of_it.exists()
    assert marked("c", "def gradient(x:\n").status == "not understood"
