r"""What TeX prints is what is read: nothing invisible changes a value, and what could be taken for two things is asked.

Every formula here is one that a careless reader of LaTeX gets wrong without noticing.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from answers import declared

import symnet as sn
from symnet.check.decide.decide import decide
from symnet.check.read.reading import Reading, read, read_layers
from symnet.check.read.symbols import Vocabulary, target
from symnet.check.verdict import check
from symnet.network import Network
from symnet.render.text import text

LINE = sn.Network("2 -> 1 linear", cost="mse")
CHAIN = sn.Network("n_0 -> n_1 tanh -> 1 linear", cost="quadratic", samples=1)


def found(answer: str, name: str = "SIG_Q", wrt: str = "w_1") -> Reading:
    network, names = declared(name)
    return read(network, answer, target(network, wrt, names))


# -- read as printed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        (r"{x_1}^2", r"(x_1)^2"),
        (r"x^2_1", r"(x_1)^2"),
        (r"-x_1^2", r"-(x_1^2)"),
        (r"z\cdot-y", r"z(-y)"),
        (r"z + -y", r"z-y"),
        (r"z+{-y}", r"z-y"),
        (r"\frac12x_1", r"\frac{x_1}{2}"),
        (r"x_1^\frac12z", r"\sqrt{x_1}z"),
        (r"\frac\partial{\partial w_1}z", r"x_1"),
        (r"\frac{1}{2}{(z-y)}", r"\frac{z-y}{2}"),
        (r"1-{\sigma(z)}", r"1-\sigma(z)"),
        (r"\exp{-z}", r"\exp(-z)"),
        (r"\exp -z", r"\exp(-z)"),
        (r"\sigma{(z)}x_1", r"x_1\sigma(z)"),
        (r"\sigma(z)^2", r"(\sigma(z))^2"),
        (r"\sigma^2(z)", r"(\sigma(z))^2"),
        (r"\tanh{z}^2", r"\tanh(z^2)"),
        (r"\tanh z\tanh y", r"(\tanh(z))(\tanh(y))"),
        (r"x_1{}^2", r"(x_1)^2"),
        (r"{\hat y{}}^2", r"(\hat y)^2"),
        ("x₁¹⁰", r"x_1^{10}"),
        ("e⁻¹x₁", r"\exp(-1)x_1"),
        (r"\left|z\right|x_1|w_1|", r"\lvert z\rvert x_1\lvert w_1\rvert"),
        (r"| |w_1| - |z| |", r"\lvert\lvert w_1\rvert-\lvert z\rvert\rvert"),
        ("+".join(["|z|"] * 9), r"9\lvert z\rvert"),
        ("|z|-|w_1|-|b|", r"\lvert z\rvert-\lvert w_1\rvert-\lvert b\rvert"),
        (r"\sum_{i=1}^3 x_1", r"3x_1"),
        (r"\frac{\partial}{\partial w_1} 2z^2", r"4zx_1"),
        (r"\frac{\partial}{\partial w_1} zx_2", r"x_1x_2"),
    ],
)
def test_it_is_read_as_it_is_printed(answer: str, plain: str) -> None:
    one, other = found(answer), found(plain)
    assert (one.status, other.status) == ("read", "read"), (one.message, other.message)
    assert one.expr is not None
    assert other.expr is not None
    network, _ = declared("SIG_Q")
    same = one.expr == other.expr or decide(network, one.expr, other.expr, ()).status in ("proved", "equal")
    assert same


def test_a_sum_reaches_over_the_product_and_no_further() -> None:
    reading = read(LINE, r"\sum_{i=1}^n \hat y_i - y_i", target(LINE, "b"))
    assert (reading.status, reading.free) == ("shape", ("i",))


# -- asked -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        r"{\hat y-y}x_1",
        r"2{-x_1}",
        r"{-x_1}^2",
        r"{x_1 y}^2",
        r"\ln{1-\hat y}",
        r"\exp{-z}x_1",
        r"{1/2}x_1",
        r"z{-y}",
        r"|z|x_1|w_1|",
        r"1/2x_1",
        r"1/2(z-y)",
        r"(\hat y-y)/\hat y(1-\hat y)",
        r"x_1/\sigma(z)(1-y)",
        r"\ln x_1 x_2",
        r"\ln x_1 (1-y)",
        r"\ln x_1 \frac{1}{z}",
        r"\frac{\partial}{\partial w_1} \hat y \sigma(z)",
        r"\hat y(x_1)-y(x_1)",
        r"\hat y(z)",
    ],
)
def test_what_can_be_taken_for_two_things_is_asked_and_both_are_shown(answer: str) -> None:
    reading = found(answer)
    assert reading.status == "ambiguous", (reading.status, reading.message)
    assert len({text(shown) for shown in reading.alternatives}) >= 2
    network, names = declared("SIG_Q")
    assert check(network, "w_1", answer, names=names).status == "not understood"


def test_braces_that_a_reader_does_not_see_make_no_right_answer() -> None:
    network, names = declared("SIG_BCE")
    assert check(network, "w_1", r"{\hat y-y}x_1", names=names).right is None
    assert check(network, "w_1", r"(\hat y-y)x_1", names=names).right is True


def test_braces_whose_absence_would_break_the_shapes_are_asked_as_well() -> None:
    assert found(r"{\hat y-y}a_1^\top", "M341_TANH", "W_2").status == "ambiguous"


def test_bars_around_a_vector_are_its_norm_or_taken_element_by_element() -> None:
    assert found(r"w/|w|", "VEC_RIDGE", "w").status == "ambiguous"


# -- not understood ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "column"),
    [
        (r"\frac{y}\,{\hat y}", 9),
        (r"\frac\,{y}{\hat y}", 6),
        (r"\frac{y}~{\hat y}", 9),
        (r"\sqrt\,{x_1}", 6),
        (r"\hat\,y", 5),
        (r"\frac{1}\frac{z}x_1", 9),
        (r"\frac\hat y2", 6),
        (r"\sqrt\frac{z}{y}", 6),
        (r"z^\sqrt2", 3),
        (r"x_\,1", 3),
        (r"z^\;{2}", 3),
        (r"2((z-y)x_1\right)", 11),
        (r"\left(z-y)x_1", 1),
        (r"2(z-y\right)x_1", 6),
        (r"{\left(z-y}\right)x_1", 2),
        (r"\left z-y\right", 1),
        (r"(z-y\right)\left(x_1)", 5),
        (r"{x_1^2}^3", 8),
        (r"x_1^2^3", 6),
        (r"x_1^{2 3}", 4),
        (r"x_1^{2}'", 8),
        ("2 3", 3),
        (r"2\,3 x_1", 4),
        ("{2}{3}", 5),
        (r"w_1 x_1 2", 9),
        ("z^10", 4),
        ("2½", 2),
        (r"0,5x_1", 1),
        (r"0{,}5x_1", 3),
        (r"(0,5)x_1", 2),
        (r"x_1^-1", 5),
        (r"x_1/-z", 5),
        (r"\sigma(z)'", 7),
        (r"2(\sigma(z))'", 2),
        (r"\sigma^{(2)}(z)", 9),
        (r"\sigma^{[2]}(z)", 9),
        (r"\sigma^{-1}(z)", 9),
        (r"\tanh^{-1}(z)", 8),
        (r"\sigma_2(z)", 1),
        (r"\sigma (z) (1-\sigma)(z)", 15),
        (r"\sigma\cdot(z)", 1),
        (r"\nabla^2_{w_1} C", 1),
        (r"\nabla_{w_1} C^2", 14),
        (r"\frac{\partial C^2}{\partial w_1}", 16),
        (r"\frac{\partial C(z-y)}{\partial w_1}", 7),
        (r"\frac{\partial^2 C}{\partial w_1^2}", 7),
        (r"\begin{cases}1 & \text{if positive}\\0&\text{otherwise}\end{cases}", 18),
        (r"\begin{cases}1 & \text{unless } z>0\\0&\text{otherwise}\end{cases}", 18),
        (r"x_1\quad z", 4),
        (r"E x_1", 1),
        (r"e x_1", 1),
        (r"I_{z>0} x_1", 1),
        (r"{z\over y}", 3),
        (r"{z\choose y}", 3),
        (r"|z", 3),
        (r"|z||", 5),
        ("|z|w_1" * 12, 1),
        ("|z|+" * 21 + "1", 81),
    ],
)
def test_what_tex_prints_otherwise_or_not_at_all_is_not_understood(answer: str, column: int) -> None:
    network, names = declared("SIG_Q")
    reading = read(network, answer, target(network, "w_1", names), syntax="latex")
    assert (reading.status, reading.position) == ("not understood", column), reading.message


@pytest.mark.parametrize("power", ["a^{l2}", "{a^l}^2", "a^{l1}"])
def test_a_power_beside_a_bare_label_is_not_understood(power: str) -> None:
    wanted = rf"((w^{{l+1}})^T \delta^{{l+1}}) \odot ({power})"
    assert found(wanted, "NIELSEN_Q", "z^2").status == "not understood"
    network, names = declared("NIELSEN_Q")
    assert check(network, "delta^l", wanted, names=names).status == "not understood"
    assert check(network, "delta^l", wanted.replace(power, "(a^l)^2"), names=names).right is False


def test_the_bound_letter_of_a_sum_is_not_also_a_quantity() -> None:
    assert found(r"\sum_k k", "N341_SIG", "v_j").position == 8
    assert found(r"\sum_k v_kk_k", "N341_SIG", "v_j").status == "read"


@pytest.mark.parametrize(
    "answer",
    [
        "np.array(z, dtype=int)",
        "np.eye(3, k=1) @ w",
        "np.eye(3, 3, 1) @ w",
        "int(2.5)*w",
        "X.ravel()",
        "X.reshape(-1, 1)",
        "np.where(w > 0, w, -w, out=w)",
        "e*w",
    ],
)
def test_what_numpy_would_do_to_an_array_is_not_passed_over(answer: str) -> None:
    assert found(answer, "VEC_RIDGE", "w").status == "not understood"


# -- the bounds of sums ------------------------------------------------------------------------------------------------


def bound(network: Network, wrt: str, answer: str, names: dict[str, str] | None = None) -> Reading:
    return read(network, answer, target(network, wrt, Vocabulary(network, names or {})))


@pytest.mark.parametrize(
    ("answer", "assumed"),
    [
        (r"\frac2n\sum_{i=1}^n(\hat y_i-y_i)", ()),
        (r"\frac2n\sum_{i=1}^m(\hat y_i-y_i)", ("a sum to m is over all n samples",)),
        (r"\frac2n\sum_{i=1}^N(\hat y-y)", ("a sum to N is over all n samples",)),
        (r"\frac2n\sum_i(\sum_{k=1}^d w_kx_{ik}+b-y_i)", ("a sum to d is over all 2 inputs",)),
        ("2/n*Sum(yhat[i] - y[i], (i, 1, m))", ("a sum to m is over all n samples",)),
    ],
)
def test_a_letter_that_was_not_declared_ends_a_sum_where_nothing_else_can_be_meant(
    answer: str, assumed: tuple[str, ...]
) -> None:
    verdict = check(LINE, "b", answer)
    assert verdict.right is True
    assert tuple(a for a in verdict.assumptions if a.startswith("a sum to")) == assumed


@pytest.mark.parametrize(
    "answer",
    [
        r"\frac2n\sum_{i=1}^K(\hat y-y)",  # the index is used nowhere, and K is no usual number of samples
        r"\frac2n\sum_{i=1}^m(\sum_{k=1}^m w_kx_{ik}+b-y_i)",  # m cannot be two lengths
        r"\frac2n\sum_{i=1}^{L}(\hat y_i-y_i)",  # a layer's label
        r"\frac2n\sum_{j=1}^{n}\sum_{i=1}^{j}(\hat y_i-y_i)",  # an index: only a part of the samples
        r"\frac2n\sum_{i=1}^{n_2}(\hat y_i-y_i)",  # the size of another layer
        r"\frac2n\sum_{i=1}^{n-1}(\hat y_i-y_i)",
        r"\frac2n\sum_{i=2}^{n}(\hat y_i-y_i)",
        "2/n*sum(yhat[i] - y[i] for i in range(oon))",
    ],
)
def test_a_bound_that_could_be_something_else_is_not_understood(answer: str) -> None:
    assert bound(LINE, "b", answer).status == "not understood"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (r"\sum_{k=1}^{n_1} w_k^{(2)}h_k", "read"),
        (r"\sum_{k=1}^{q} w_k^{(2)}h_k", "read"),
        (r"\sum_{k=1}^{n_0} w_k^{(2)}h_k", "not understood"),
        (r"n_1 h_j", "read"),
    ],
)
def test_a_declared_size_ends_the_sums_over_its_own_layer_alone(answer: str, status: str) -> None:
    assert bound(CHAIN, "w_j^{(2)}", answer).status == status


def test_a_label_below_a_size_is_that_of_its_layer_in_the_authors_own_counting() -> None:
    asked = ("UFLDL_ONE", "b^{(2)}_1")
    assert found(r"\sum_{k=1}^{s_3}(h_k-y_k)", *asked).status == "read"
    assert found(r"\sum_{k=1}^{s_2}(h_k-y_k)", *asked).status == "not understood"


def test_a_quantity_declared_with_its_arguments_may_be_a_factor_all_the_same() -> None:
    shown = found("h_1(1-h_1)", "UFLDL_ONE", "b^{(2)}_1").shown
    assert shown is not None
    assert text(shown) == "h₁·(1 − h₁)"


# -- nothing invisible changes a value ---------------------------------------------------------------------------------

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
TEX = [case for case in CASES if case["syntax"] == "latex"]
_ARGUMENTS = ("_", "^", r"\frac", r"\sqrt", r"\hat", r"\left", r"\right", r"\begin", r"\end", r"\mathbf", "}")


def invisible(rng: random.Random, formula: str) -> str:
    r"""The formula with braces, spaces or ``\left`` and ``\right`` put in that print nothing of their own."""
    tokens = re.findall(r"\\(?:[A-Za-z]+|.)|.", formula)
    at = rng.randrange(len(tokens))
    match rng.randrange(4):
        case 0:
            to = rng.randrange(at + 1, min(len(tokens), at + 9) + 1)
            inside, before = tokens[at:to], "".join(tokens[:at]).split()[-1:] or [""]
            level = [inside[: k + 1].count("{") - inside[: k + 1].count("}") for k in range(len(inside))]
            if min(level) < 0 or level[-1] or before[0].endswith(_ARGUMENTS) or inside[0] in "_^'":
                return formula
            if re.search(r"frac\s*\d?\s*$", "".join(tokens[:at])) or r"\end" in formula:
                return formula
            return "".join([*tokens[:at], "{", *inside, "}", *tokens[to:]])
        case 1:
            return "".join([*tokens[:at], rng.choice([r"\,", r"\;", r"\!", "~", r"\ "]), *tokens[at:]])
        case 2:
            return "".join([*tokens[:at], "{}", *tokens[at:]])
    sides = rng.choice([{"(": r"\left("}, {")": r"\right)"}, {"(": r"\left(", ")": r"\right)"}])
    return "".join(sides.get(t, t) for t in tokens)


@pytest.mark.parametrize("seed", range(4))
def test_what_prints_nothing_never_changes_what_is_read(seed: int) -> None:
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for _ in range(250):
        case = rng.choice(TEX)
        network, names = declared(case["network"]["id"])
        asked = target(network, case["target"], names)
        changed = invisible(rng, invisible(rng, case["answer"]))
        before, after = (read_layers(network, a, asked, syntax="latex") for a in (case["answer"], changed))
        for (at, plain), (_, other) in zip(before, after, strict=False):
            outcomes[other.status] += 1
            if other.status == "read":
                assert plain.expr is not None
                assert other.expr is not None
                assert plain.status == "read", changed
                assert plain.expr == other.expr or decide(network, plain.expr, other.expr, at.axes).status in (
                    "proved",
                    "equal",
                ), changed
    assert outcomes["read"] > 60  # else nothing was tested
    assert outcomes["not understood"] > 20
