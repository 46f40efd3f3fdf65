"""Single lines of notes: updates, conditions, numbers, repairs, costs, orientation; each judged for what it says."""

from __future__ import annotations

import pytest

import symnet as sn
from symnet.check.document.findings import DocumentVerdict
from symnet.check.document.report import plain

NEURON = sn.Network("2 -> 1 linear")
SIGMOID = sn.Network("2 -> 1 sigmoid", cost="cross_entropy")
HIDDEN = sn.Network("3 -> 4 sigmoid -> 1 linear", samples=1)
NG = sn.Network("3 -> 4 tanh -> 1 sigmoid", cost="cross_entropy", notation="ng")


def of(text: str, *networks: sn.Network) -> DocumentVerdict:
    return sn.check_document(f"{text}\n", list(networks) or NEURON)


def outcome(text: str, *networks: sn.Network) -> list[tuple[str, str]]:
    return [(f.status, f.code) for f in of(text, *networks).findings]


# -- updates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        r"w(i) = w(i-1) - \gamma \nabla C(w(i-1))",
        r"w_{t+1} = w_t - \eta \nabla C(w_t)",
        r"w^{(t+1)} = w^{(t)} - \eta \nabla C(w^{(t)})",
        r"w \leftarrow w - \eta \nabla_w C",
        r"w_1 := w_1 - \alpha \frac{\partial C}{\partial w_1}",
        r"b' = b - \eta \frac{\partial C}{\partial b}",
        r"b \rightarrow b' = b - \eta \frac{\partial C}{\partial b}",
        r"w_1 \leftarrow w_1 - \eta\, 2 \sum (\hat y - y) x_1",
        r"\theta_{k+1} = \theta_k - \eta \nabla C(\theta_k)",
    ],
)
def test_a_rule_of_gradient_descent_is_right(rule: str) -> None:
    assert outcome(f"$${rule}$$") == [("right", "")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (r"w(i) = w(i-1) + \gamma \nabla C(w(i-1))", "sign"),
        (r"w(i-1) = w(i) - \gamma \nabla C(w(i))", "step"),
        (r"w(i) = w(i) - \gamma \nabla C(w(i))", "step"),
        (r"w(i) = w(i-1) - \gamma \nabla C(w(i))", "step"),
        (r"w_{t+1} = w_t - \eta \nabla C(w_{t+1})", "step"),
        (r"w_1 \leftarrow w_1 - \eta \frac{\partial C}{\partial w_2}", "other_gradient"),
        (r"b \leftarrow b - \eta \frac{\partial C}{\partial w_1}", "other_gradient"),
        (r"w_1 \leftarrow w_1 - \eta \sum (\hat y - y) x_1", "gradient"),
        (r"w_1 \leftarrow w_1 - \eta\, 2 \sum (\hat y - y) x_2", "gradient"),
    ],
)
def test_a_wrong_rule_is_not(rule: str, code: str) -> None:
    assert outcome(f"$${rule}$$") == [("wrong", code)]


@pytest.mark.parametrize(
    "rule",
    [
        r"v \leftarrow \beta v + (1 - \beta) \nabla C",
        r"w \leftarrow w - \eta \frac{m}{\sqrt{v} + \epsilon}",
        r"w \leftarrow w - \eta \nabla J(w)",
        r"a \leftarrow a + 1",
    ],
)
def test_another_rule_is_left_open(rule: str) -> None:
    assert {status for status, _ in outcome(f"$${rule}$$")} == {"open"}


# -- slips of the pen ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "network", "code", "column"),
    [
        (r"\frac{\partial C}{\partial dw_1} = 2\sum(\hat y - y)x_1", NEURON, "stray_d", 30),
        (r"\frac{\partial C}{\partial db} = 2\sum(\hat y - y)", NEURON, "stray_d", 30),
        (r"\frac{\partial C}{w_1} = 2\sum(\hat y - y)x_1", NEURON, "missing_del", 21),
        (
            r"\frac{\partial C}{\partial w_{ij}} = \frac{\partial C}{\partial h} \frac{\partial h_j}{\partial w_{ij}}",
            HIDDEN,
            "missing_index",
            67,
        ),
        (r"\frac{\partial C}{\partial k_j} = 2(z - y) w^{(2)}_j \sigma'(k)", HIDDEN, "missing_index", 64),
        (r"h_j = \sigma(k)", HIDDEN, "missing_index", 16),
    ],
)
def test_a_slip_is_told_and_placed(line: str, network: sn.Network, code: str, column: int) -> None:
    (wrong,) = of(f"$${line}$$", network).wrong
    assert (wrong.code, wrong.place.column) == (code, column)


@pytest.mark.parametrize(
    "line",
    [
        r"\frac{\partial C}{\partial dw_1} = \sum(\hat y - y)x_2",
        r"\frac{\partial C}{\partial dw_1} = 2\sum(\hat y + y)x_1",
    ],
)
def test_a_slip_does_not_hide_what_is_wrong_besides(line: str) -> None:
    found = of(f"$${line}$$").wrong
    assert found[0].code == "stray_d"
    assert len(found) == 2
    assert "right side is right" not in plain(found[0].message)


def test_a_line_with_a_slip_is_never_right() -> None:
    assert of(r"$$\frac{\partial C}{\partial dw_1} = 2\sum(\hat y - y)x_1$$").of("right") == ()


# -- what is a statement, and what is a condition ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        r"$\hat y = y$",
        r"$\frac{\partial C}{\partial w_1} = 0$",
        r"$$\frac{\partial C}{\partial w_1} = \frac{\partial C}{\partial w_2} = 0$$",
        r"$w_1 x_1 + w_2 x_2 = -b$",
        r"If $\hat y = 2 w_1$, nothing follows.",
        r"It is a mistake to write $\frac{\partial C}{\partial b} = \sum(\hat y - y)$.",
        r"$$\hat y = w_1 x_1 \text{ if } b = 0$$",
        r"$$\hat y \overset{!}{=} 2 w_1$$",
        r"$y = w_1 x_1$ and $x_1 = x_2$ and $w_1 = w_2$",
        r"$C = A + B$, $w = mg$, $b^2 = 4ac$",
    ],
)
def test_what_may_be_a_condition_accuses_nobody(text: str) -> None:
    assert of(text).wrong == ()


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        (r"$\hat y = w_1 x_1 + b$", (NEURON,)),
        (r"$\hat y = w_1 x_1 - w_2 x_2 + b$", (NEURON,)),
        (r"$\hat y = w_1 x_2 + w_2 x_1 + b$", (NEURON,)),
        (r"$$C = \sum(\hat y + y)^2$$", (NEURON,)),
        (r"$$C = \sum(\hat y - y)^3$$", (NEURON,)),
        (r"$$k_j = \sum_i w_{ij} x_j + b_j$$", (HIDDEN,)),
        (r"$$h_j = \tanh(k_j)$$", (HIDDEN,)),
        (r"$$\frac{\partial h_j}{\partial k_j} = h_j (1 + h_j)$$", (HIDDEN,)),
        (r"$$\frac{\partial z}{\partial h_j} = w^{(2)}_i$$", (HIDDEN,)),
        (r"$$\frac{\partial \hat y}{\partial b} = x_1$$", (NEURON,)),
        (r"$$\frac{\partial}{\partial w_1} C = \sum(\hat y - y) x_1$$", (NEURON,)),
        (r"$$\frac{\partial}{\partial k_j} \sigma(k_j) = h_j$$", (HIDDEN,)),
        (r"$$\hat y = \sigma(w_1 x_1 + w_2 x_2 + b) = \frac{1}{1 + e^{w_1 x_1 + w_2 x_2 + b}}$$", (SIGMOID,)),
        (r"$2 \cdot 3 + 1 = 8$", (NEURON,)),
        (r"$$\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} (1, 1) = (3, 8)$$", (NEURON,)),
    ],
)
def test_a_false_statement_is_found(text: str, networks: tuple[sn.Network, ...]) -> None:
    assert len(of(text, *networks).wrong) == 1


def test_the_first_false_step_is_named_and_what_follows_from_it_is_not() -> None:
    text = (
        r"$$\frac{\partial C}{\partial w_1} = 2\sum(\hat y - y)x_1 = \sum(\hat y - y)x_1 = \sum x_1(\hat y - y)"
        r" = \sum x_2(\hat y - y)$$"
    )
    verdict = of(text)
    assert [f.item for f in verdict.wrong] == [r"\sum(\hat y - y)x_1", r"\sum x_2(\hat y - y)"]


def test_a_chain_of_which_a_side_cannot_be_read_is_not_right() -> None:
    (finding,) = of(r"$$\frac{\partial C}{\partial b} = \foo(1) = 2\sum(\hat y - y)$$").findings
    assert finding.status == "open"
    assert "1 of 2 steps right" in plain(finding.message)
    assert "foo" in plain(finding.message)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            r"\frac{\partial C}{\partial h} = \frac{\partial C}{\partial z} \frac{\partial z}{\partial h_j}",
            "the index j is",
        ),
        (r"\frac{\partial C}{\partial \mathbf{W}_1} = x_i \frac{\partial C}{\partial k_j}", "the indices i, j are"),
    ],
)
def test_a_whole_that_is_said_to_be_its_element_is_neither_right_nor_wrong(line: str, said: str) -> None:
    (finding,) = of(f"$${line}$$", HIDDEN).findings
    assert (finding.status, finding.code) == ("remark", "element")
    assert plain(finding.message).startswith(said)


@pytest.mark.parametrize("before", ["", "$$z^2 = w^2 a^1 + b^2$$\n\n"])
def test_a_vector_of_weights_has_its_orientation_too(before: str) -> None:
    net = sn.Network("2 -> 2 relu -> 1 linear", samples=1, notation="nielsen")
    left = r"\frac{\partial C}{\partial a^1}"
    assert of(f"{before}$${left} = (w^2)^T \\delta^2$$", net).wrong == ()
    assert [f.code for f in of(f"{before}$${left} = w^2 \\delta^2$$", net).wrong] == ["transpose"]


def test_a_symbol_of_two_meanings_counts_in_the_one_that_is_right() -> None:
    net = sn.Network("3 -> 4 sigmoid -> 1 linear", samples=1)
    assert outcome(r"$$\mathbf{k} = \mathbf{W}_1^T \mathbf{x} + \mathbf{b}_1$$", net) == [("right", "")]
    assert outcome(r"$$\mathbf{k} = \mathbf{W}_1^T \mathbf{x} - \mathbf{b}_1$$", net) == [("wrong", "other")]


# -- numbers ----------------------------------------------------------------------------------------------------

GIVEN = "$x_1 = 1$, $x_2 = 2$, $w_1 = 3$, $w_2 = 4$, $b = 1$"


@pytest.mark.parametrize("value", ["12", "12.0", r"\frac{24}{2}", r"1.2 \cdot 10^1"])
def test_a_value_is_right_however_it_is_written(value: str) -> None:
    assert of(f"{GIVEN} lead to $\\hat y = {value}$.").wrong == ()


@pytest.mark.parametrize("value", ["15", "11", "12.5", "-12", r"\frac{25}{2}"])
def test_a_wrong_value_is_wrong(value: str) -> None:
    (wrong,) = of(f"{GIVEN} lead to $\\hat y = {value}$.").wrong
    assert wrong.code == "value"
    assert plain(wrong.message).startswith("the value is 12, with the numbers of line 1")


def test_numbers_may_be_given_below() -> None:
    assert outcome(f"$\\hat y = 12$.\n\n{GIVEN}")[0] == ("right", "")


def test_other_numbers_later_are_other_numbers() -> None:
    assert of(f"{GIVEN} lead to $\\hat y = 12$.\n\nWith $x_1 = 2$ it is $\\hat y = 15$.").wrong == ()
    assert len(of(f"{GIVEN} lead to $\\hat y = 12$.\n\nWith $x_1 = 2$ it is $\\hat y = 16$.").wrong) == 1


def test_a_number_far_from_any_given_accuses_nobody() -> None:
    text = f"# A\n\n{GIVEN}\n\n# B\n\n# C\n\n# D\n\n# E\n\nThe value $\\hat y = 1.96$ is often used."
    assert of(text).wrong == ()


def test_missing_numbers_are_named() -> None:
    found = of("$x_1 = 1$, $x_2 = 2$, $w_1 = 3$, $b = 1$, so $\\hat y = 12$.").of("open")
    assert [plain(f.message) for f in found] == ["the value of w₂ is not given"]


def test_a_vector_of_another_length_is_not_taken() -> None:
    verdict = of(r"$\mathbf{x} = (1, 2, 3)$, $\mathbf{w} = (3, 4)$, $b = 1$, $\hat y = 12$")
    assert [f.text for f in verdict.of("given")] == [r"\mathbf{w} = (3, 4)", "b = 1"]
    assert verdict.wrong == ()


def test_derivatives_have_values_too() -> None:
    text = GIVEN + r", $y = 10$: $$\frac{\partial C}{\partial w_1} = 2 (\hat y - y) x_1 = 2 \cdot 2 \cdot 1 = %s$$"
    net = sn.Network("2 -> 1 linear", samples=1)
    assert of(text % "4", net).wrong == ()
    assert [f.item for f in of(text % "5", net).wrong] == ["5"]


# -- costs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        r"$$C = \frac{1}{n} \sum_i (\hat y_i - y_i)^2$$",
        r"$$C = \frac{1}{2n} \sum_i (\hat y_i - y_i)^2$$",
        r"$$C = -\frac{1}{n} \sum_i (y_i \ln \hat y_i + (1 - y_i) \ln(1 - \hat y_i))$$",
        r"$$C = (\hat y - y)^2$$",
    ],
)
def test_another_known_cost_is_a_remark(text: str) -> None:
    assert [(f.status, f.code) for f in of(text).findings if f.code != "normalisation"] == [("remark", "other_cost")]


def test_one_cost_with_two_factors_is_told_with_both_places() -> None:
    text = "$$C = \\sum_i(\\hat y_i - y_i)^2$$\n\n$$C = \\frac12\\sum_i(\\hat y_i - y_i)^2$$"
    (remark,) = [f for f in of(text).remarks if f.code == "normalisation"]
    assert [str(p) for p in (remark.place, *remark.also)] == ["line 1, column 7", "line 3, column 7"]


def test_a_list_of_costs_by_name_is_no_contradiction() -> None:
    plain = r"\sum_i(\hat y_i - y_i)^2"
    text = f"- MSE: $\\frac1n{plain}$\n- SSE: ${plain}$\n\n$$C = {plain}$$"
    assert of(text).remarks == ()


def test_a_sum_whose_terms_lack_the_index_is_a_remark_and_right() -> None:
    assert outcome(r"$$C = \sum_i (\hat y - y)^2$$") == [("right", ""), ("remark", "sample_index")]
