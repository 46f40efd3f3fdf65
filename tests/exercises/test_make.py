"""Variants of the shipped templates: the same for the same seed, verified, not degenerate, followed through."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import sympy as sp

from symnet.errors import SymnetError
from symnet.exercises.degenerate import degenerate
from symnet.exercises.make import KINDS, followed, variant
from symnet.exercises.template import parsed, read, shipped
from symnet.exercises.variant import Choice, Formula, Numbers, Shape, Value
from symnet.exercises.verify import verify

SLIDES = (
    "What Is Machine Learning?", "What Is Learning?", "What Is An Artificial Neural Network?",
    "What Is A Neural Network?", "Activation Function", "Forward Propagation", "How Does A Neural Network Learn?",
    "Cost Function", "Gradient Descent", "Learning Rate", "Backward Propagation", "Chain Rule",
)  # fmt: skip

ONE_OF_EACH = {
    "forward": "forward-hidden-relu", "cost": "cost-squares", "partial": "partial-neuron", "chain": "chain-neuron",
    "gradient": "gradient-neuron", "step": "step-two-steps", "error": "error-neuron",
    "dimensions": "dimensions-hidden", "activation": "activation-derivative", "convert": "convert-neuron",
    "choice": "choice-neuron", "rate": "rate-three-samples",
}  # fmt: skip


def test_the_templates_cover_every_slide_and_every_kind():
    found = [read(name) for name in shipped()]
    assert len(found) >= 30
    assert {t.slide for t in found} == set(SLIDES)
    assert {t.kind for t in found} == set(KINDS) == set(ONE_OF_EACH)
    assert all(t.networks for t in found)


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_a_variant_of_each_kind_is_solved_and_fit_for_use(kind: str):
    one = variant(ONE_OF_EACH[kind], 3)
    assert one.seed == 3 and one.parts and one.difficulty > 0 and not degenerate(one)
    verify(one)


def test_a_seed_gives_the_same_variant_in_every_process():
    names = ["forward-neuron", "choice-neuron"]
    program = f"from symnet.exercises.make import variant; print([variant(n, 5) for n in {names}])"
    other = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=other, encoding="utf-8")
    assert done.stdout.strip() == repr([variant(name, 5) for name in names])
    assert repr(variant("forward-neuron", 5).given) != repr(variant("forward-neuron", 6).given)


def test_difficulty_stays_near_the_usual_one():
    found = [variant("forward-hidden-relu", seed).difficulty for seed in range(6)]
    assert max(found) <= 1.5 * min(found)


def _spoilt(name: str, letter: str):
    """A variant whose part has another answer than the right one."""
    one = variant(name, 1)
    part = next(p for p in one.parts if p.label == letter)
    match part.answer:
        case Value(exact=exact):
            part = replace(part, answer=replace(part.answer, exact=exact + 1))
        case Shape(rows=rows, columns=columns):
            part = replace(part, answer=Shape(columns, rows))
        case Choice(options=options):
            flipped = tuple(
                replace(o, right=k == (part.answer.right + 1) % len(options)) for k, o in enumerate(options)
            )
            part = replace(part, answer=replace(part.answer, options=flipped))
        case Formula():
            part = replace(part, short=one.parts[1].short)
    return replace(one, parts=(part,))


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("forward-neuron", "b"),
        ("step-two-steps", "d"),
        ("cost-squares", "a"),
        ("dimensions-hidden", "a"),
        ("choice-neuron", "a"),
        ("error-neuron", "a"),
        ("rate-three-samples", "b"),
        ("rate-three-samples", "d"),
        ("partial-neuron", "a"),
    ],
)
def test_a_wrong_key_is_found(name: str, letter: str):
    with pytest.raises(SymnetError, match=rf"seed 1, \({letter}\)"):
        verify(_spoilt(name, letter))


def test_later_parts_follow_from_a_students_own_results():
    one = variant("forward-neuron", 1)
    prediction, cost = one.parts
    assert one.numbers is not None
    slipped = followed(one, cost, {prediction.name: prediction.answer.exact + 1})
    assert slipped.exact == (prediction.answer.exact + 1 - one.numbers.y) ** 2
    assert followed(one, cost, {prediction.name: prediction.answer.exact}) == cost.answer
    assert followed(one, prediction, {cost.name: sp.Integer(3)}) is None


def test_a_step_follows_from_a_students_own_slope():
    one = variant("step-two-steps", 1)
    slope, first, _, second = one.parts
    own = followed(one, first, {slope.name: sp.Integer(100)})
    assert own.exact == one.numbers.parameters["w"] - 100 * one.numbers.rate
    assert followed(one, second, {first.name: own.exact}).exact != second.answer.exact


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"parameters": {"W1": ((1, 2), (1, 3)), "b1": (1, 2), "w2": (2, 3), "b2": 1}}, "equal weights"),
        ({"parameters": {"W1": ((-1, -2), (-4, -3)), "b1": (-1, -2), "w2": (2, 3), "b2": 1}}, "dead ReLUs"),
        ({"y": None}, "residual"),
    ],
)
def test_what_spoils_an_exercise_is_seen(changes: dict, why: str):
    one = variant("forward-hidden-relu", 1)
    if "parameters" in changes:
        changes = {"parameters": {k: _exact(v) for k, v in changes["parameters"].items()}}
    else:
        changes = {"y": next(p for p in one.parts if p.name == "z2").answer.exact + 1}
    assert why in degenerate(replace(one, numbers=replace(one.numbers, **changes)))


def _exact(value):
    return tuple(map(_exact, value)) if isinstance(value, tuple) else sp.Integer(value)


def test_a_saturated_sigmoid_is_seen():
    one = variant("forward-sigmoid-neuron", 1)
    numbers = Numbers(
        {"w": tuple(sp.Integer(k + 5) for k in range(one.network.inputs.units)), "b": sp.S.One},
        one.numbers.x,
        one.numbers.y,
    )
    assert "saturated" in degenerate(replace(one, numbers=numbers))


HEAD = 'title = "T"\nkind = "forward"\n[network]\nlayers = "2 -> 1 linear"\nsamples = 1\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "forward"', "title is missing"),
        ('title = "T"\nkind = "foward"', "did you mean 'forward'"),
        (HEAD + "[ask]\nquantity = 3", "did you mean 'quantities'"),
        (HEAD + '[ask]\nquantities = ["z9"]', "unknown quantity 'z9'"),
        (HEAD + '[ask]\nquantities = ["z1"]\n[data]\nx = "many"', "expected"),
        (HEAD + '[ask]\nquantities = ["z1"]\n[data]\nx = [0, 0]', "no number but 0"),
        (HEAD + '[ask]\nquantities = ["z1"]\n[data]\nw = [1, 1]', "too few numbers for w"),
        (HEAD + '[ask]\nquantities = ["z1"]\nmarks = -1', "expected a whole number"),
        (HEAD.replace("2 -> 1", "n_0 -> 1") + '[ask]\nquantities = ["z1"]', "units"),
        (HEAD.replace("2 -> 1", "2 ->"), r"\[network\]"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_in_a_sentence(text: str, said: str):
    with pytest.raises(SymnetError, match=said):
        variant(parsed(text, "mine"), 1)
