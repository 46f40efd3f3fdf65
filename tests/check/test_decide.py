"""Deciding: right answers pass, wrong ones are refuted by numbers, and what cannot be known is left open."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from symnet.algebra.expressions import (
    ONE,
    Apply,
    Axis,
    Const,
    Expr,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    add,
    const,
    inline,
    mul,
    negative,
    power,
    transform,
)
from symnet.algebra.scalars import elementary
from symnet.check.decide.decide import Decision, decide
from symnet.costs import l1
from symnet.derive.reverse import adjoint_of
from symnet.network import SAMPLES, Network

EXP, LOG, TANH, SQRT = elementary(sp.exp), elementary(sp.log), elementary(sp.tanh), sp.Rational(1, 2)
RIGHT = ("proved", "equal")


def judged(network: Network, name: str, answer: Expr, **options: float) -> Decision:
    """The decision on an answer for ∂C/∂(name)."""
    derivation = network.derive()
    tensor = next(a.of for a in derivation.backward if a.of.name == name)
    options = {"seconds": 30.0, **options}  # what is decided is tested, not how busy the machine is
    return decide(network, adjoint_of(tensor)(), answer, tensor.axes, **options)  # type: ignore[arg-type]


def whole(network: Network, name: str) -> Expr:
    """∂C/∂(name) in inputs, targets and parameters alone."""
    backward = [a.equation for a in network.derive().backward]
    out = next(e.right for e in backward if e.target.of is not None and e.target.of.name == name)
    for equation in (*reversed(backward), *reversed(network.equations)):
        out = inline(out, equation)
    return out


NETWORKS = {
    "linear": Network("2 -> 1 linear", cost="sum_of_squares"),
    "sigmoid": Network("2 -> 3 sigmoid -> 1 sigmoid", cost="cross_entropy"),
    "softmax": Network("2 -> 3 tanh -> 3 softmax", cost="categorical_cross_entropy"),
    "relu": Network("2 -> 3 relu -> 1 linear", cost="quadratic", regulariser=l1(0.1)),
    "gelu": Network("2 -> 2 gelu -> 1 softplus", cost="itakura_saito"),
    "roots": Network("2 -> 2 softmax", cost="hellinger"),
    "exponential": Network("1 -> 2 tanh -> 1 linear", cost="exponential"),
    "huber": Network("2 -> 1 gelu_tanh", cost="huber"),
    "single": Network("2 -> 2 elu -> 1 tanh", cost="log_cosh", samples=1),
    "symbolic": Network("n_0 -> n_1 sigmoid -> n_2 softmax", cost="categorical_cross_entropy"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_gradient_written_out_is_right(name: str) -> None:
    network = NETWORKS[name]
    for adjoint in network.derive().backward:
        found = judged(network, adjoint.of.name, whole(network, adjoint.of.name))
        assert found.status in RIGHT, (adjoint.of.name, found)
        assert found.status == "proved" or (found.error_bound is not None and found.error_bound < 1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_tiny_change_is_refuted(name: str) -> None:
    network = NETWORKS[name]
    for adjoint in network.derive().backward:
        right = whole(network, adjoint.of.name)
        for wrong in (
            mul(Const(sp.Rational(10000001, 10000000)), right),
            add(right, Const(sp.Rational(1, 10**9))),
            add(right, Const(sp.Rational(1, 2**31 - 1))),
        ):
            found = judged(network, adjoint.of.name, wrong)
            assert found.status == "different", (adjoint.of.name, found)
            assert found.witness is not None and found.witness.truth != found.witness.answer


def test_a_witness_names_every_given_number_and_both_values() -> None:
    network = NETWORKS["linear"]
    witness = judged(network, "b", mul(const(2), whole(network, "b"))).witness
    assert witness is not None
    assert {tensor.name for tensor, _, _ in witness.values} == {"x", "y", "w", "b"}
    assert all(isinstance(v, Fraction) and abs(v) <= 3 and v.denominator <= 2 for _, _, v in witness.values)
    assert 2 * float(witness.truth) == float(witness.answer)


def test_sigma_prime_in_exponentials() -> None:
    network = Network("1 -> 1 sigmoid", cost="quadratic")
    z, a, y = network.pre_activation(1)(), network.unit(1)(), network.y()
    up, down = Apply(EXP, (z,)), Apply(EXP, (negative(z),))
    half = Apply(TANH, (mul(Const(SQRT), z),))
    slopes = (
        mul(down, power(add(ONE, down), sp.Integer(-2))),
        mul(up, power(add(ONE, up), sp.Integer(-2))),
        power(add(up, const(2), down), sp.Integer(-1)),
        mul(Const(sp.Rational(1, 4)), add(ONE, negative(power(half, sp.Integer(2))))),
    )
    for slope in slopes:
        assert judged(network, "z1", mul(add(a, negative(y)), slope)).status in RIGHT
    wrong = mul(up, power(add(ONE, down), sp.Integer(-2)))
    assert judged(network, "z1", mul(add(a, negative(y)), wrong)).status == "different"


def test_logarithms_of_products() -> None:
    network = Network("1 -> 1 softplus", cost="kullback_leibler", samples=1)
    yhat, y = network.prediction(), network.y()
    ratio = Apply(LOG, (mul(y, power(yhat, sp.Integer(-1))),))
    apart = add(Apply(LOG, (y,)), negative(Apply(LOG, (yhat,))))
    assert decide(network, ratio, apart, ()).status in RIGHT
    assert decide(network, ratio, negative(apart), ()).status == "different"
    z = network.pre_activation(1)()
    other = add(z, Apply(LOG, (add(ONE, Apply(EXP, (negative(z),))),)))
    assert decide(network, yhat, other, ()).status in RIGHT


def test_square_roots() -> None:
    network = NETWORKS["roots"]
    p, y = network.prediction(), network.y()
    axes = network.prediction.axes
    root = power(mul(p, y), SQRT)
    assert decide(network, root, mul(power(p, SQRT), power(y, SQRT)), axes).status in RIGHT
    assert decide(network, root, negative(mul(power(p, SQRT), power(y, SQRT))), axes).status == "different"


def test_relu_without_its_derivative_is_refuted() -> None:
    network = Network("1 -> 1 relu", cost="quadratic")
    x, a, y = network.x(), network.unit(1)(), network.y()
    assert judged(network, "w", Sum(SAMPLES, mul(add(a, negative(y)), x))).status == "different"
    u = sp.Symbol("u", real=True)
    step = ScalarFunction("cases", (u,), sp.Piecewise((1, u > 0), (0, True)))
    z = network.pre_activation(1)()
    right = judged(network, "w", Sum(SAMPLES, mul(add(a, negative(y)), Apply(step, (z,)), x)))
    assert right.status in RIGHT


def test_the_number_of_samples_matters() -> None:
    network = Network("1 -> 1 linear", cost="mse")
    b = whole(network, "b")
    assert judged(network, "b", mul(Size(SAMPLES), b)).status == "different"
    n = Size(SAMPLES)
    vanishing = mul(*(add(n, const(-k)) for k in (2, 3, 5)))
    assert judged(network, "b", add(b, vanishing)).status == "different"


def test_kronecker_deltas() -> None:
    network = NETWORKS["softmax"]
    p, y = network.prediction, network.y
    k = Axis("k'", 3)
    (i,) = network.unit_axes[-1]
    jacobian = mul(p(SAMPLES, k), add(Same(k, i), negative(p())))
    inner = Sum(k, mul(y(SAMPLES, k), power(p(SAMPLES, k), sp.Integer(-1)), jacobian))
    answer = mul(const(-1), power(Size(SAMPLES), sp.Integer(-1)), inner)
    found = judged(network, "z2", answer)
    assert found.status in RIGHT and any("Σy = 1" in a for a in found.assumptions)
    diagonal = mul(p(), add(ONE, negative(p())))
    only = mul(const(-1), power(Size(SAMPLES), sp.Integer(-1)), y(), power(p(), sp.Integer(-1)), diagonal)
    assert judged(network, "z2", only).status == "different"


def test_a_weight_transposed_is_seen_at_square_sizes() -> None:
    network = Network("2 -> 2 sigmoid -> 2 linear", cost="quadratic")
    weight = network.weight(2)
    right = whole(network, "a1")

    def turned(e: Expr) -> Expr:
        return Ref(weight, (e.index[1], e.index[0])) if isinstance(e, Ref) and e.tensor == weight else e

    backward = next(a.equation.right for a in network.derive().backward if a.of.name == "a1")
    assert judged(network, "a1", right).status in RIGHT
    assert judged(network, "a1", transform(backward, turned)).status == "different"


def test_a_wide_network_is_judged_at_small_widths() -> None:
    network = Network("784 -> 128 relu -> 10 softmax", cost="categorical_cross_entropy")
    backward = {a.of.name: a.equation.right for a in network.derive().backward}
    right = inline(backward["W1"], next(a.equation for a in network.derive().backward if a.of.name == "z1"))
    assert judged(network, "W1", right).status in RIGHT
    found = judged(network, "W1", mul(const(2), right))
    assert found.status == "different" and any("few units" in a for a in found.assumptions)


def test_what_has_no_value_is_undecided() -> None:
    network = NETWORKS["linear"]
    zero = add(network.x(SAMPLES, 1), negative(network.x(SAMPLES, 1)))
    nothing = mul(whole(network, "z1"), zero, power(zero, sp.Integer(-1)))
    assert judged(network, "z1", nothing).status == "undecided"
    assert judged(network, "z1", network.x()).status == "undecided"  # a free index
    assert judged(network, "z1", network.x(SAMPLES, 7)).status == "undecided"


def test_without_time_nothing_is_decided() -> None:
    network = Network("3 -> 3 tanh -> 3 tanh -> 1 linear")
    assert judged(network, "W1", whole(network, "W1"), seconds=1e-4).status == "undecided"


def test_the_same_seed_gives_the_same_witness() -> None:
    network = NETWORKS["sigmoid"]
    wrong = negative(whole(network, "W1"))
    assert judged(network, "W1", wrong, seed=3).witness == judged(network, "W1", wrong, seed=3).witness


def test_a_small_campaign_of_mutations() -> None:
    from tests.benchmarks.mutations import campaign

    tally = campaign(60, seed=1)
    assert tally.bad == []
    assert tally.right["undecided"] + tally.wrong["undecided"] <= 6
