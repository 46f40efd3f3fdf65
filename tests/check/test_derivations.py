"""Derivations of several lines: which step is the first that does not hold, and what follows from what."""

import pytest

from symnet import Network
from symnet.check.derivations import Member, check_derivation, rows_of

LINE = Network("2 -> 1 linear")
MEAN = Network("2 -> 1 linear", cost="mse")
NEURON = Network("2 -> 1 sigmoid", samples=1)
BINARY = Network("2 -> 1 sigmoid", cost="cross_entropy", samples=1)
TANH = Network("2 -> 1 tanh", cost="quadratic", samples=1)

LEFT = r"\frac{\partial C}{\partial w_1}"

RIGHT: list[tuple[str, Network, str]] = [
    ("one line", LINE, LEFT + r" = 2\sum (\hat y - y) x_1 = 2\sum x_1 (w_1 x_1 + w_2 x_2 + b - y)"),
    (
        "an align",
        LINE,
        r"\begin{align*}" + LEFT + r" &= \sum 2 (\hat y - y) x_1 \\ &= 2\sum x_1(\hat y - y) \\"
        r" &= 2\sum x_1 \hat y - 2\sum x_1 y \end{align*}",
    ),
    (
        "the chain rule",
        NEURON,
        LEFT + "\n"
        r"= \frac{\partial C}{\partial \hat y} \frac{\partial \hat y}{\partial z} \frac{\partial z}{\partial w_1}"
        + "\n"
        r"= 2(\hat y - y)\,\sigma'(z)\, x_1" + "\n"
        r"= 2(\hat y - y)\,\hat y (1 - \hat y)\, x_1",
    ),
    (
        "cancelling",
        BINARY,
        LEFT + r" = \left(-\frac{y}{\hat y} + \frac{1-y}{1-\hat y}\right) \hat y (1-\hat y) x_1 \\"
        r" = \left(-y(1-\hat y) + (1-y)\hat y\right) x_1 \\ = (\hat y - y) x_1",
    ),
    (
        "tanh",
        TANH,
        LEFT + r" = (\hat y - y)\tanh'(z) x_1 \\ = (\hat y - y)(1-\tanh^2(z)) x_1 \\ = (\hat y - y)(1-\hat y^2) x_1",
    ),
]

WRONG: list[tuple[str, Network, str, int, str]] = [
    (
        "a factor is lost",
        LINE,
        LEFT + r" = 2\sum (\hat y - y) x_1 \\ = 2\sum x_1(w_1x_1+w_2x_2+b-y) \\ = \sum x_1(w_1x_1+w_2x_2+b-y)",
        3,
        "factor",
    ),
    (
        "σ for σ′",
        NEURON,
        LEFT + r" = \frac{\partial C}{\partial \hat y} \frac{\partial \hat y}{\partial z} x_1 \\"
        r" = 2(\hat y - y)\,\sigma(z)\, x_1 \\ = 2(\hat y-y)\hat y x_1",
        2,
        "missing_activation_derivative",
    ),
    (
        "the inner sign",
        BINARY,
        LEFT + r" = \left(-\frac{y}{\hat y} + \frac{1-y}{1-\hat y}\right) \hat y (1-\hat y) x_1 \\"
        r" = \left(-y(1-\hat y) + (1-y)\hat y\right) x_1 \\ = (y - \hat y) x_1",
        3,
        "swapped_y_yhat",
    ),
    (
        "the square",
        TANH,
        LEFT
        + r" = (\hat y - y)\tanh'(z) x_1 \\ = (\hat y - y)(1-\hat y) x_1 \\ = (\hat y - y - \hat y^2 + y\hat y) x_1",
        2,
        "other",
    ),
    (
        "the sum",
        MEAN,
        LEFT + r" = \frac{1}{n}\sum 2(\hat y - y)x_1 \\ = \frac{2}{n}\sum x_1(\hat y - y) \\ = 2\sum x_1(\hat y - y)",
        3,
        "wrong_normalisation",
    ),
]


@pytest.mark.parametrize(("net", "text"), [d[1:] for d in RIGHT], ids=[d[0] for d in RIGHT])
def test_a_right_derivation_holds_in_every_step(net: Network, text: str) -> None:
    found = check_derivation(net, "w_1", text)
    assert found.first_false is None
    assert found.right is True


@pytest.mark.parametrize(("net", "text", "line", "kind"), [d[1:] for d in WRONG], ids=[d[0] for d in WRONG])
def test_the_first_false_step_is_named(net: Network, text: str, line: int, kind: str) -> None:
    found = check_derivation(net, "w_1", text)
    assert found.right is False
    assert found.first_false is not None
    assert (found.first_false.member.line, found.first_false.verdict.kind) == (line, kind)


def test_what_follows_from_a_wrong_line_is_judged_on_its_own() -> None:
    found = check_derivation(TANH, "w_1", WRONG[3][2])
    assert [s.holds for s in found.steps] == ["holds", "fails", "holds"]
    assert "line 2" in found.steps[2].message


def test_a_second_false_step_is_found_too() -> None:
    text = LEFT + r" = (\hat y - y)(1-\hat y) x_1 \\ = (\hat y - y)(1-\hat y) x_2"
    assert [s.holds for s in check_derivation(TANH, "w_1", text).steps] == ["fails", "fails"]


def test_a_line_that_cannot_be_read_accuses_nobody() -> None:
    text = LEFT + r" = (\hat y - y)(1-\hat y^2) x_1 \\ = (\hat y - y) \qux \\ = x_1(\hat y - y)(1-\hat y^2)"
    found = check_derivation(TANH, "w_1", text)
    assert [s.holds for s in found.steps] == ["holds", "not understood", "holds"]
    assert found.right is None


def test_the_left_side_says_what_is_differentiated_by() -> None:
    text = r"\frac{\partial C}{\partial w_1} = (\hat y - y)(1-\hat y^2) x_1" + "\n"
    text += r"\frac{\partial C}{\partial b} = (\hat y - y)(1-\hat y^2)"
    found = check_derivation(TANH, None, text)
    assert [s.verdict.wrt for s in found.steps] == ["w_1", "b"]
    assert found.right is True


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("a = b = c", [("a", 1), ("b", 1), ("c", 1)]),
        (r"\begin{align} a &= b \\ &= c \end{align}", [("a", 1), ("b", 1), ("", 2), ("c", 2)]),
        ("a = b\n  = c", [("a", 1), ("b", 1), ("", 2), ("c", 2)]),
        (r"a = \sum_{i=1}^n b_i", [("a", 1), (r"\sum_{i=1}^n b_i", 1)]),
        ("a = sum(b, axis=0)", [("a", 1), ("sum(b, axis=0)", 1)]),
        (r"a \overset{(1)}{=} b", [("a", 1), ("b", 1)]),
    ],
)
def test_members_are_taken_apart_at_equality_signs(text: str, members: list[tuple[str, int]]) -> None:
    found: list[Member] = [m for row in rows_of(text) for m in row]
    assert [(m.text, m.line) for m in found] == members
