"""Each notation writes a network as its author does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from symnet import NOTATIONS, Network, Notation, SymnetError
from symnet.algebra.expressions import Axis
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE, notation
from symnet.render.latex import latex

NETWORK = Network("3 -> 4 sigmoid -> 1 sigmoid", cost="cross_entropy")
CLASSES = Network("3 -> 4 sigmoid -> 3 softmax", cost="categorical_cross_entropy")
ONE = Network("3 -> 4 sigmoid -> 1", samples=1)


def lines(net: Network, view: str, habits: Any) -> list[str]:
    """The equations, from the forward pass to the last gradient, without layout and white space."""
    source = net.derive().latex(view=view, notation=habits, steps=False, reasons=False)
    rows = [
        row
        for block in re.findall(r"\\begin{align\*}(.*?)\\end{align\*}", source, re.S)
        for row in re.split(r"\\\\(?:\[0.5ex\])?", block)
    ]
    return [re.sub(r"\s|&", "", row) for row in rows if row.strip()]


def plain(*expected: str) -> list[str]:
    return [re.sub(r"\s", "", line) for line in expected]


LECTURE_INDEX = plain(
    r"k_j = \sum_{i} w_{ij} x_i + b_j",
    r"h_j = \sigma(k_j)",
    r"z = \sum_{j} w_j^{(2)} h_j + b^{(2)}",
    r"\hat{y} = \sigma(z)",
    r"C = -\frac{1}{n} \sum (y \ln \hat{y} + (1 - y) \ln(1 - \hat{y}))",
    r"\frac{\partial C}{\partial \hat{y}} = -\frac{1}{n} \left( \frac{y}{\hat{y}} - \frac{1 - y}{1 - \hat{y}} \right)",
    r"\frac{\partial C}{\partial z} = \frac{1}{n} (\hat{y} - y)",
    r"\frac{\partial C}{\partial w_j^{(2)}} = \sum h_j \frac{\partial C}{\partial z}",
    r"\frac{\partial C}{\partial h_j} = \frac{\partial C}{\partial z} w_j^{(2)}",
    r"\frac{\partial C}{\partial b^{(2)}} = \sum \frac{\partial C}{\partial z}",
    r"\frac{\partial C}{\partial k_j} = \frac{\partial C}{\partial h_j} h_j (1 - h_j)",
    r"\frac{\partial C}{\partial w_{ij}} = \sum x_i \frac{\partial C}{\partial k_j}",
    r"\frac{\partial C}{\partial b_j} = \sum \frac{\partial C}{\partial k_j}",
)
LECTURE_MATRIX = plain(
    r"\mathbf{K} = \mathbf{X} \mathbf{W}_1 + \mathbf{1} \mathbf{b}_1",
    r"\mathbf{H} = \sigma(\mathbf{K})",
    r"\mathbf{z} = \mathbf{H} \mathbf{w}_2 + \mathbf{1} b_2",
    r"\hat{\mathbf{y}} = \sigma(\mathbf{z})",
    r"\frac{\partial C}{\partial \mathbf{w}_2} = \mathbf{H}^T \frac{\partial C}{\partial \mathbf{z}}",
    r"\frac{\partial C}{\partial \mathbf{K}}"
    r" = \frac{\partial C}{\partial \mathbf{H}} \odot \mathbf{H} \odot (1 - \mathbf{H})",
    r"\frac{\partial C}{\partial \mathbf{W}_1} = \mathbf{X}^T \frac{\partial C}{\partial \mathbf{K}}",
)
# Nielsen 2015, chapter 2: z^l_j = Σ_k w^l_jk a^{l−1}_k + b^l_j, δ^l_j = ∂C/∂z^l_j, ∂C/∂w^l_jk = a^{l−1}_k δ^l_j.
NIELSEN_INDEX = plain(
    r"z_j^{1} = \sum_{k} w_{jk}^{1} x_k + b_j^{1}",
    r"a_j^{1} = \sigma(z_j^{1})",
    r"z^{2} = \sum_{j} w_j^{2} a_j^{1} + b^{2}",
    r"a^{2} = \sigma(z^{2})",
    r"C = -\frac{1}{n} \sum_{x} (y \ln a^{2} + (1 - y) \ln(1 - a^{2}))",
    r"\delta^{2} = \frac{1}{n} (a^{2} - y)",
    r"\frac{\partial C}{\partial w_j^{2}} = \sum_{x} a_j^{1} \delta^{2}",
    r"\frac{\partial C}{\partial b^{2}} = \sum_{x} \delta^{2}",
    r"\delta_j^{1} = \frac{\partial C}{\partial a_j^{1}} a_j^{1} (1 - a_j^{1})",
    r"\frac{\partial C}{\partial w_{jk}^{1}} = \sum_{x} x_k \delta_j^{1}",
    r"\frac{\partial C}{\partial b_j^{1}} = \sum_{x} \delta_j^{1}",
)
NIELSEN_MATRIX = plain(
    r"z^{1} = w^{1} x + b^{1} \mathbf{1}^T",
    r"a^{1} = \sigma(z^{1})",
    r"z^{2} = w^{2} a^{1} + b^{2} \mathbf{1}^T",
    r"\delta^{2} = \frac{\partial C}{\partial z^{2}} = \frac{1}{n} (a^{2} - y)",
    r"\frac{\partial C}{\partial w^{2}} = \delta^{2} {a^{1}}^T",
    r"\frac{\partial C}{\partial a^{1}} = {w^{2}}^T \delta^{2}",
    r"\delta^{1} = \frac{\partial C}{\partial z^{1}} = \frac{\partial C}{\partial a^{1}} \odot a^{1} \odot (1 - a^{1})",
    r"\frac{\partial C}{\partial w^{1}} = \delta^{1} x^T",
)
# Ng: Z^[l] = W^[l] A^[l−1] + b^[l], samples as columns x^(i), capitals for all m samples, of one unit too.
NG_INDEX = plain(
    r"z_j^{[1](i)} = \sum_{k} W_{jk}^{[1]} x_k^{(i)} + b_j^{[1]}",
    r"a_j^{[1](i)} = \sigma(z_j^{[1](i)})",
    r"z^{[2](i)} = \sum_{j} W_j^{[2]} a_j^{[1](i)} + b^{[2]}",
    r"J = -\frac{1}{m} \sum_{i} (y^{(i)} \ln a^{[2](i)} + (1 - y^{(i)}) \ln(1 - a^{[2](i)}))",
    r"\frac{\partial J}{\partial W_{jk}^{[1]}} = \sum_{i} x_k^{(i)} \frac{\partial J}{\partial z_j^{[1](i)}}",
)
NG_MATRIX = plain(
    r"Z^{[1]} = W^{[1]} X + b^{[1]} \mathbf{1}^T",
    r"A^{[1]} = \sigma(Z^{[1]})",
    r"Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]} \mathbf{1}^T",
    r"A^{[2]} = \sigma(Z^{[2]})",
    r"\frac{\partial J}{\partial Z^{[2]}} = \frac{1}{m} (A^{[2]} - Y)",
    r"\frac{\partial J}{\partial W^{[2]}} = \frac{\partial J}{\partial Z^{[2]}} {A^{[1]}}^T",
    r"\frac{\partial J}{\partial A^{[1]}} = {W^{[2]}}^T \frac{\partial J}{\partial Z^{[2]}}",
    r"\frac{\partial J}{\partial b^{[1]}} = \frac{\partial J}{\partial Z^{[1]}} \mathbf{1}",
)
# Zhang et al. 2023, §5.1: H = σ(XW^(1) + b^(1)), O = HW^(2) + b^(2), samples as rows; §5.3: z before the activation.
D2L_INDEX = plain(
    r"z_k^{(i)} = \sum_{j} w_{jk}^{(1)} x_j^{(i)} + b_k^{(1)}",
    r"h_k^{(i)} = \sigma(z_k^{(i)})",
    r"o^{(i)} = \sum_{k} w_k^{(2)} h_k^{(i)} + b^{(2)}",
    r"\frac{\partial L}{\partial w_{jk}^{(1)}} = \sum_{i} x_j^{(i)} \frac{\partial L}{\partial z_k^{(i)}}",
)
D2L_MATRIX = plain(
    r"\mathbf{Z} = \mathbf{X} \mathbf{W}^{(1)} + \mathbf{1} \mathbf{b}^{(1)}",
    r"\mathbf{H} = \sigma(\mathbf{Z})",
    r"\mathbf{o} = \mathbf{H} \mathbf{W}^{(2)} + \mathbf{1} b^{(2)}",
    r"\frac{\partial L}{\partial \mathbf{W}^{(2)}} = \mathbf{H}^{\top} \frac{\partial L}{\partial \mathbf{o}}",
    r"\frac{\partial L}{\partial \mathbf{H}} = \frac{\partial L}{\partial \mathbf{o}} {\mathbf{W}^{(2)}}^{\top}",
)
AUTHORS = {
    ("lecture", "index"): LECTURE_INDEX,
    ("lecture", "matrix"): LECTURE_MATRIX,
    ("nielsen", "index"): NIELSEN_INDEX,
    ("nielsen", "matrix"): NIELSEN_MATRIX,
    ("ng", "index"): NG_INDEX,
    ("ng", "matrix"): NG_MATRIX,
    ("d2l", "index"): D2L_INDEX,
    ("d2l", "matrix"): D2L_MATRIX,
}


@pytest.mark.parametrize(("habits", "view"), AUTHORS)
def test_the_equations_are_those_of_the_author(habits: str, view: str) -> None:
    printed = lines(NETWORK, view, habits)
    missing = [line for line in AUTHORS[habits, view] if line not in printed]
    assert not missing, printed


@pytest.mark.parametrize(
    ("habits", "line"),
    [
        ("lecture", r"\frac{\partial C}{\partial \mathbf{Z}} = \frac{1}{n} (\hat{\mathbf{Y}} - \mathbf{Y})"),
        ("nielsen", r"\delta^{2} = \frac{\partial C}{\partial z^{2}} = \frac{1}{n} (a^{2} - y)"),
        ("ng", r"\frac{\partial J}{\partial Z^{[2]}} = \frac{1}{m} (A^{[2]} - Y)"),
        ("d2l", r"\frac{\partial L}{\partial \mathbf{O}} = \frac{1}{n} (\hat{\mathbf{Y}} - \mathbf{Y})"),
    ],
)
def test_softmax_with_cross_entropy_is_a_difference_in_every_notation(habits: str, line: str) -> None:
    assert plain(line)[0] in lines(CLASSES, "matrix", habits)


@pytest.mark.parametrize(
    ("habits", "line"),
    [
        ("lecture", r"\mathbf{k} = \mathbf{W}_1^T \mathbf{x} + \mathbf{b}_1"),
        ("nielsen", r"z^{1} = w^{1} x + b^{1}"),
        ("ng", r"z^{[1]} = W^{[1]} x + b^{[1]}"),
        ("d2l", r"\mathbf{z} = {\mathbf{W}^{(1)}}^{\top} \mathbf{x} + \mathbf{b}^{(1)}"),
    ],
)
def test_a_single_sample_is_a_column(habits: str, line: str) -> None:
    assert plain(line)[0] in lines(ONE, "matrix", habits)


# -- a user's own ----------------------------------------------------------------------------------------------------

OWN = LECTURE.with_(
    name="own",
    input="u",
    weight="θ",
    weight_matrix="Θ",
    bias="β",
    pre="s",
    unit="v",
    output_pre="s",
    prediction="o",
    target="t",
    cost="E",
    size="N",
    learning_rate="ε",
    layer_mark="superscript",
    plain_first=False,
    plain_units=False,
    sample_mark="subscript",
    sample_sum="p",
    sample_letter="p",
    unit_letters="abcde",
    orientation="units x inputs",
    cost_arguments=False,
)


def test_a_notation_of_ones_own_names_every_role() -> None:
    printed = lines(NETWORK, "index", OWN)
    for line in plain(
        r"s_{pb}^{1} = \sum_{a} \theta_{ba}^{1} u_{pa} + \beta_b^{1}",
        r"v_{pb}^{1} = \sigma(s_{pb}^{1})",
        r"s_p^{2} = \sum_{b} \theta_b^{2} v_{pb}^{1} + \beta^{2}",
        r"o_p = \sigma(s_p^{2})",
        r"E = -\frac{1}{N} \sum_{p} (t_p \ln o_p + (1 - t_p) \ln(1 - o_p))",
        r"\frac{\partial E}{\partial \theta_{ba}^{1}} = \sum_{p} u_{pa} \frac{\partial E}{\partial s_{pb}^{1}}",
    ):
        assert line in printed


def test_no_letter_of_the_lecture_is_left_in_a_notation_of_ones_own() -> None:
    source = "".join(lines(NETWORK, "index", OWN))
    words = re.sub(r"\\[a-z]+", "", source)
    assert not set(words) & set("xwkhzyCni")


@pytest.mark.parametrize("habits", NOTATIONS)
def test_a_network_may_carry_its_notation(habits: str) -> None:
    net = Network("3 -> 4 sigmoid -> 1 sigmoid", cost="cross_entropy", notation=habits)
    assert lines(net, "matrix", None) == lines(NETWORK, "matrix", habits)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"leter": "q"}, "unknown notation field 'leter'"),
        ({"layout": "diagonal"}, "unknown value of notation field layout 'diagonal'; known: rows, columns"),
        ({"weight": 3}, "notation field weight is 3, expected a text"),
        ({"bold": "yes"}, "notation field bold is 'yes', expected true or false"),
        ({"unit_letters": "ij"}, "expected at least 5 different letters"),
        ({"unit_letters": "iijkl"}, "expected at least 5 different letters"),
        ({"iteration": 1}, "unknown value of notation field iteration '1'"),
    ],
)
def test_what_no_notation_can_have_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SymnetError) as error:
        LECTURE.with_(**changes)
    assert sentence in str(error.value)


def test_changing_a_notation_leaves_the_original_alone() -> None:
    assert LECTURE.with_(weight="v").weight == "v"
    assert LECTURE.weight == "w"
    assert Notation() == LECTURE


def test_an_unknown_notation_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SymnetError, match="unknown notation 'nielson'; did you mean 'nielsen'"):
        notation("nielson")


MARKED = {
    **NOTATIONS,
    "lecture, samples marked": LECTURE.with_(sample_mark="(superscript)", sample_sum="i"),
    "samples called k": LECTURE.with_(sample_mark="subscript", sample_letter="k", sample_sum="k"),
}


@pytest.mark.parametrize("depth", [1, 2, 7, 8, 11, 40])
@pytest.mark.parametrize("habits", MARKED.values(), ids=MARKED)
def test_no_two_indices_share_a_letter(habits: Notation, depth: int) -> None:
    names = Names(Network("2" + " -> 3 tanh" * depth), habits)
    axes = [axis for layer in names.network.unit_axes for axis in layer]
    axes += [Axis(axes[-1].name + "'" * marks, 3) for marks in (1, 2)]
    shown = [latex(names.axis(axis)) for axis in axes]
    if habits.sample_mark != "none":
        shown.append(habits.sample_letter)
    assert len(set(shown)) == len(shown)
