"""A deck says what the derivation says: every step taken, every factor explained once, every colour a factor's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

import symnet as sn
from symnet.algebra.expressions import factors_of
from symnet.costs import Regulariser
from symnet.derive.derivation import Partial
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.deck.build import MOST_GRADIENTS, deck
from symnet.render.deck.gradient import gradient_rows, is_deep, tag
from symnet.render.deck.model import Deck, Slide
from symnet.render.display import (
    Boxed,
    Brace,
    Group,
    Listing,
    Node,
    Number,
    Product,
    Row,
    Tagged,
    parenthesised,
    walk,
)
from symnet.render.document import Formulas, Paragraph, Picture, Table
from symnet.render.formula import formula, is_coefficient
from symnet.render.partials import written_chain
from symnet.render.text import text

NETWORKS = {
    "2 -> 1 linear": "mse",
    "2 -> 1 sigmoid": "cross_entropy",
    "1 -> 1 relu": "quadratic",
    "2 -> 3 sigmoid -> 1 linear": "quadratic",
    "2 -> 2 tanh -> 2 softmax": "categorical_cross_entropy",
    "3 -> 2 relu -> 2 elu(0.5) -> 2 linear": "huber",
    "2 -> 2 tanh -> 2 tanh -> 2 tanh -> 2 tanh -> 1 sigmoid": "cross_entropy",
    "2 -> 2 softplus -> 1 softplus": "itakura_saito",
    "1 -> 2 linear -> 1 linear": "log_cosh",
}
CHOICES = [
    ("index", "lecture", "n", None),
    ("index", "nielsen", 1, sn.l2(0.1)),
    ("scalar", "d2l", "n", None),
    ("scalar", "ng", 1, sn.l1(0.1)),
    ("matrix", "lecture", "n", sn.l2(0.1)),
    ("matrix", "ng", 1, None),
]
CASES = [(spec, *choice) for spec in NETWORKS for choice in CHOICES]


def network(spec: str, samples: int | str = "n", penalty: Regulariser | None = None) -> sn.Network:
    return sn.Network(spec, cost=NETWORKS[spec], samples=samples, regulariser=penalty)


def gradients(made: Deck) -> Iterator[tuple[Slide, tuple[Row, ...]]]:
    for slide in made.slides:
        if slide.maths_title:
            (block,) = slide.blocks
            assert isinstance(block, Formulas)
            yield slide, block.rows


def label_of(node: Node | None) -> int:
    """The number that a row begins with, 0 for none."""
    match node:
        case Tagged(body=Listing(items=(Group(body=Number(digits=digits)), _)), tag=colour):
            assert colour == f"factor{digits}"
            return int(digits)
    return 0


def braced(row: Row) -> list[int]:
    nodes = [n for n in walk(row.right) if isinstance(n, Tagged) and isinstance(n.body, Brace)]
    for node in nodes:
        assert isinstance(node.body, Brace)
        assert node.body.label == Group(Number(node.tag.removeprefix("factor")))
    return [int(node.tag.removeprefix("factor")) for node in nodes]


def bare(node: Node) -> Node:
    """Without colours, braces, frames and the dots between coloured factors."""

    def plain(value: Any) -> Any:
        match value:
            case Tagged(body=body) | Boxed(body=body) | Brace(body=body):
                return plain(body)
            case Product(factors=factors, sign="·"):
                return Product(tuple(map(plain, factors)))
            case Node():
                return replace(value, **{f.name: plain(getattr(value, f.name)) for f in fields(value)})
            case tuple():
                return tuple(map(plain, value))
        return value

    return parenthesised(plain(node))


@pytest.mark.parametrize("level", ["factors", "full"])
@pytest.mark.parametrize(("spec", "view", "habits", "samples", "penalty"), CASES)
def test_every_number_under_a_brace_has_exactly_one_row_that_explains_it(
    spec, view, habits, samples, penalty, level
) -> None:
    made = deck(network(spec, samples, penalty), view=view, notation=habits, steps=level)
    found = list(gradients(made))
    assert found
    for slide, rows in found:
        explained = Counter(label_of(row.left) for row in rows if label_of(row.left))
        used = {number for row in rows for number in braced(row)}
        assert set(explained.values()) <= {1}, slide.title
        assert set(explained) == used == set(range(1, len(used) + 1)), slide.title


def partials(net: sn.Network, view: str) -> Iterator[Partial]:
    derivation = net.derive()
    for p in net.parameters:
        yield Partial(derivation, p, tuple(1 for _ in p.axes)) if view == "scalar" else derivation.partial(p.name)


@pytest.mark.parametrize(("spec", "view", "habits", "samples", "penalty"), [c for c in CASES if c[1] != "matrix"])
def test_what_is_in_a_factors_colour_is_what_the_factor_comes_to(spec, view, habits, samples, penalty) -> None:
    net = network(spec, samples, penalty)
    names = Names(net, notation(habits).with_(cost_arguments=False))
    coloured = 0
    for partial in partials(net, view):
        chain = written_chain(partial, view, names, partial.last_link if is_deep(partial, view) else None)
        rows = gradient_rows(partial, view, names, "factors")
        first, *after = rows[1 + len(chain.links) :]
        for number, link in enumerate(chain.links, 1):
            kept = is_deep(partial, view) and link.derivative.__class__.__name__ == "Ref"
            value = link.derivative if kept else link.value
            parts = {formula(f, names) for f in factors_of(value) if not is_coefficient(f)}
            put_in = [n.body for n in walk(first.right) if isinstance(n, Tagged) and n.tag == tag(number)]
            assert {*put_in} == {formula(value, names)}
            for row in after:
                shown = [n.body for n in walk(row.right) if isinstance(n, Tagged) and n.tag == tag(number)]
                letters = {n for n in shown if n in parts}
                others = [n for n in shown if n not in parts]
                coloured += len(shown)
                assert not shown or letters == parts, "a factor is coloured whole or not at all"
                for node in others:  # its numbers
                    assert re.fullmatch(r"[0-9nmλατδ/()·√ₐ-ₜ₁₂₃]+", text(node)), text(node)
    assert coloured


def test_a_factor_whose_parts_are_gone_has_no_colour() -> None:
    (slide,) = [s for s, _ in gradients(deck(network("2 -> 1 sigmoid"), wrt="w"))]
    rows = slide.blocks[0].rows
    substituted, cancelled = rows[4], rows[5]
    assert {n.tag for n in walk(substituted.right) if isinstance(n, Tagged)} == {"factor1", "factor2", "factor3"}
    assert {n.tag for n in walk(cancelled.right) if isinstance(n, Tagged)} == {"factor3"}
    assert text(bare(cancelled.right)) == "Σ (1/n)·(ŷ − y)·xᵢ"


def test_letters_within_another_factor_are_not_a_factor() -> None:
    """With e^z as activation ŷ is its own derivative: in (1 − y/ŷ)·ŷ one ŷ is a factor, in ŷ − y none is."""
    import sympy as sp

    x, yhat, y = sp.symbols("x yhat y")
    net = sn.Network(sn.Input(1), sn.Dense(1, sn.activation(sp.exp(x))), cost=yhat - y * sp.log(yhat))
    ((_, rows),) = gradients(deck(net, wrt="w"))
    assert not [n for n in walk(rows[-1].right) if isinstance(n, Tagged) and text(n.body) == "ŷ"]


@pytest.mark.parametrize(("spec", "view", "habits", "samples", "penalty"), [c for c in CASES if c[1] != "matrix"])
def test_the_steps_printed_are_steps_taken(spec, view, habits, samples, penalty) -> None:
    net = network(spec, samples, penalty)
    names = Names(net, notation(habits).with_(cost_arguments=False))
    for partial in partials(net, view):
        chain = written_chain(partial, view, names, partial.last_link if is_deep(partial, view) else None)
        rows = gradient_rows(partial, view, names, "factors")
        assert bare(rows[0].right) == bare(formula(chain.whole, names))
        taken = [bare(formula(step.expr, names)) for step in chain.steps]
        printed = [bare(row.right) for row in rows[2 + len(chain.links) :]]
        assert [p for p in printed if p not in taken] == []
        assert taken[-1] in (bare(rows[-1].right),)


def test_full_shows_how_each_factor_came_about_and_ends_with_the_same() -> None:
    net = network("2 -> 3 sigmoid -> 1 linear")
    short, long = (next(gradients(deck(net, wrt="W1", steps=s)))[1] for s in ("factors", "full"))
    assert len(long) > len(short)
    ends = {label_of(row.left): row.right for row in short if label_of(row.left)}
    last: dict[int, Node] = {}
    current = 0
    for row in long[1:]:
        current = label_of(row.left) or (current if row.left is None else 0)
        if current:
            last[current] = row.right
    assert last == ends
    assert long[-1] == short[-1]


@pytest.mark.parametrize(("view", "shape"), [("index", "2 × 3"), ("matrix", "2 × 3"), ("scalar", "")])
def test_the_result_is_boxed_with_its_shape(view: str, shape: str) -> None:
    rows = next(gradients(deck(network("2 -> 3 sigmoid -> 1 linear"), view=view, wrt="W1")))[1]
    assert [isinstance(row.right, Boxed) for row in rows] == [False] * (len(rows) - 1) + [True]
    assert rows[-1].shape == shape


def test_forward_quantities_have_their_shapes_and_numbers_have_none() -> None:
    made = deck(network("2 -> 3 sigmoid -> 1 linear"))
    shapes = {slide.title: [row.shape for row in slide.blocks[0].rows] for slide in made.slides[2:4]}
    assert shapes == {"Forward propagation": ["n × 3", "n × 3", "n × 1"], "Cost function": [""]}
    assert next(reversed([rows for _, rows in gradients(made)]))[-1].shape == ""


def test_a_notation_of_units_by_inputs_has_the_shapes_of_one() -> None:
    made = deck(network("2 -> 3 sigmoid -> 1 linear"), notation="nielsen", wrt="W1")
    assert next(gradients(made))[1][-1].shape == "3 × 2"
    (table,) = [b for s in made.slides for b in s.blocks if isinstance(b, Table)]
    assert [row[1] for row in table.rows] == ["3 × 2", "3 × 1", "1 × 3", "1 × 1"]


def test_final_is_one_boxed_row_a_gradient() -> None:
    for view in ("index", "scalar", "matrix"):
        for _, rows in gradients(deck(network("2 -> 3 sigmoid -> 1 linear"), view=view, steps="final")):
            assert len(rows) == 1
            assert isinstance(rows[0].right, Boxed)


def test_one_idea_a_slide_from_the_network_to_the_side_conditions() -> None:
    titles = [slide.title for slide in deck(network("3 -> 2 relu -> 2 elu(0.5) -> 2 linear")).slides]
    assert titles == [
        "The network",
        "Its parameters",
        "Forward propagation",
        "Cost function",
        "Derivatives of the activation functions",
        "The derivative with respect to wᵢⱼ⁽¹⁾",
        "The derivative with respect to bⱼ⁽¹⁾",
        "The derivative with respect to wⱼₖ⁽²⁾",
        "The derivative with respect to bₖ⁽²⁾",
        "The derivative with respect to wₖₗ⁽³⁾",
        "The derivative with respect to bₗ⁽³⁾",
        "Side conditions",
    ]


def test_the_picture_is_in_the_notation_of_the_slides() -> None:
    (picture,) = [b for b in deck(network("2 -> 1 linear"), notation="nielsen").slides[0].blocks]
    assert isinstance(picture, Picture)
    assert picture.figure == network("2 -> 1 linear").figure("network", notation="nielsen")


def test_a_deep_network_has_its_backward_pass_before_the_gradients_that_lead_back_to_it() -> None:
    spec = "2 -> 2 tanh -> 2 tanh -> 2 tanh -> 2 tanh -> 1 sigmoid"
    titles = [slide.title for slide in deck(network(spec), wrt="W1").slides]
    assert titles[-2:] == ["Backward propagation, layer by layer", "The derivative with respect to wᵢⱼ⁽¹⁾"]
    assert "Backward propagation, layer by layer" not in [s.title for s in deck(network(spec), wrt="W5").slides]


def test_a_parameter_or_several_or_in_the_scalar_view_each_element() -> None:
    net = network("2 -> 3 sigmoid -> 1 linear")

    def shown(**options: object) -> list[str]:
        return [slide.title.rsplit(" ", 1)[1] for slide, _ in gradients(deck(net, **options))]

    assert shown(wrt="w2") == ["wⱼ⁽²⁾"]
    assert shown(wrt=["W1[1,3]", "b2"]) == ["w₁₃", "b⁽²⁾"]
    assert shown(wrt=["b1", "w2_2"], view="scalar") == ["b₁", "b₂", "b₃", "w₂⁽²⁾"]
    assert len(shown(view="scalar")) == 13


def test_without_reasons_none_is_left() -> None:
    made = deck(network("2 -> 3 sigmoid -> 1 linear"), reasons=False)
    assert not [row for s in made.slides for b in s.blocks if isinstance(b, Formulas) for row in b.rows if row.reason]


def test_numbers_stand_beside_what_they_work_out() -> None:
    net = sn.Network("2 -> 1 linear", cost="sum_of_squares")
    done = net.forward(x=[1, 2], y=10, w=[3, 4], b=1, backward=True, steps=1, rate="0.1")
    made = deck(net, numbers=done)
    titles = [slide.title for slide in made.slides]
    assert titles.index("Forward propagation, in numbers (step 0)") == titles.index("Forward propagation") + 1
    assert titles[-4:] == [
        "Backward propagation, in numbers (step 0)",
        "Gradient descent, in numbers (step 0)",
        "Cost function, in numbers (step 1)",
        "Backward propagation, in numbers (step 1)",
    ]
    rows = made.slides[titles.index("Forward propagation, in numbers (step 0)")].blocks[0].rows
    assert text(rows[0].right) == "w₁·x₁ + w₂·x₂ + b = 3·1 + 4·2 + 1 = 12"


def test_several_samples_are_told_apart_in_a_word() -> None:
    net = sn.Network("2 -> 1 linear")
    made = deck(net, numbers=net.forward(x=[[1, 2], [3, 4]], w=[3, 4], b=1))
    (slide,) = [s for s in made.slides if s.title == "Forward propagation, in numbers"]
    assert isinstance(slide.blocks[0], Paragraph)


def test_the_numbers_of_another_network_are_refused() -> None:
    net, other = sn.Network("2 -> 1 linear"), sn.Network("1 -> 1 linear")
    with pytest.raises(sn.SymnetError, match="give both one network"):
        deck(net, numbers=other.forward(x=1, w=1, b=1))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"view": "tensor"}, "unknown view 'tensor'; known: scalar, index, matrix"),
        ({"steps": "chain"}, "unknown level of steps 'chain'; known: final, factors, full"),
        ({"theme": "sepia"}, "unknown theme 'sepia'; known: light, dark"),
        ({"notation": "moon"}, "unknown notation 'moon'"),
        ({"wrt": "w_7"}, "'w_7' is outside of w"),
        ({"wrt": []}, "there is nothing to derive; name a parameter, such as wrt='w'"),
    ],
)
def test_a_choice_that_there_is_not_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(sn.SymnetError, match=re.escape(said)):
        deck(network("2 -> 1 linear"), **options)


def test_too_many_slides_are_refused_with_one_to_name() -> None:
    with pytest.raises(sn.SymnetError, match=rf"121 slides of derivatives, more than {MOST_GRADIENTS}; .* W1\[1,1\]"):
        deck(sn.Network("8 -> 12 sigmoid -> 1"), view="scalar")


@pytest.mark.parametrize(
    "net",
    [
        network("2 -> 3 sigmoid -> 1 linear"),
        sn.load("2 -> 2 elu(0.5) -> 1", cost="huber(delta=0.5)", samples=1, notation="ng"),
    ],
    ids=lambda net: net.spec,
)
def test_the_declaration_declares_the_network(net: sn.Network) -> None:
    namespace: dict[str, object] = {}
    subprocess.run([sys.executable, "-c", deck(net).declaration], check=True)
    exec(deck(net).declaration, namespace)
    assert namespace["net"].derive().text() == net.derive().text()


def test_what_a_line_cannot_declare_is_not_declared() -> None:
    import sympy as sp

    x, yhat, y = sp.symbols("x yhat y")
    own = sn.Network(sn.Input(1), sn.Dense(1, sn.activation(x**3)))
    assert deck(own).declaration == ""
    assert deck(sn.Network("1 -> 1", cost=(yhat - y) ** 4)).declaration == ""
    assert deck(sn.Network("1 -> 1", regulariser=sn.l2(0.1))).declaration == ""
    assert deck(sn.Network("1 -> 1", notation=sn.NOTATIONS["ng"].with_(weight="v"))).declaration == ""


def test_importing_symnet_and_its_command_line_loads_no_typesetting() -> None:
    heavy = ["numba", "scipy", "matplotlib", "typst", "jinja2", "nbformat"]
    code = f"import sys, symnet, symnet.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_numbers_are_of_the_parameters_that_the_slides_are_of() -> None:
    net = sn.Network("2 -> 2 sigmoid -> 1", cost="quadratic")
    given = {"W1": [[1, 2], [3, 4]], "b1": [0, 1], "w2": [1, 1], "b2": 0}
    done = net.forward(x=[1, 2], y=1, backward=True, steps=1, rate="0.1", **given)

    def lefts(**options: object) -> set[str]:
        slides = [s for s in deck(net, numbers=done, **options).slides if "in numbers (step 0)" in s.title]
        return {text(r.left) for s in slides for b in s.blocks if isinstance(b, Formulas) for r in b.rows if r.left}

    both = {"k₁", "k₂", "h₁", "h₂", "z", "C", "∂C/∂z", "∂C/∂h₁", "∂C/∂h₂", "∂C/∂k₁", "∂C/∂k₂"}
    assert lefts(wrt="b2") == both | {"∂C/∂b⁽²⁾", "b⁽²⁾(1)"}
    assert lefts(wrt="W1[1,2]", view="scalar") == both | {"∂C/∂w₁₂", "w₁₂(1)"}


def test_a_rounded_value_stands_in_the_row_that_it_is_the_value_of() -> None:
    net = sn.Network("1 -> 1 sigmoid")
    made = deck(net, numbers=net.forward(x=1, w=1, b=0, digits=4))
    (slide,) = [s for s in made.slides if s.title == "Forward propagation, in numbers"]
    assert [text(row.right) for row in slide.blocks[0].rows] == ["w·x + b = 1·1 + 0 = 1", "σ(z) = σ(1) ≈ 0.7311"]


def test_a_condition_in_words_is_prose() -> None:
    blocks = deck(sn.Network("1 -> 1 relu", cost="hinge")).slides[-1].blocks
    assert [type(block) for block in blocks] == [Formulas, Paragraph]
