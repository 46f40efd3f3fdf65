from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import symnet as sn
from symnet.optimizers import OPTIMIZERS, Optimizer, g, gamma, norm, optimizer, t, w

numbers = st.floats(-1e3, 1e3)
gradients = st.lists(numbers, min_size=1, max_size=5)
RNG = np.random.default_rng(3)
START = {"W": RNG.normal(size=(3, 2)), "b": np.array(0.5)}


def slope(p):
    """The gradient of Σ a·w⁴/4 + w²/2 with a different a for every element."""
    return {name: (1 + np.arange(np.size(v)).reshape(np.shape(v))) * v**3 + v for name, v in p.items()}


def walked(rule: Optimizer, steps: int = 20):
    """Parameters and states after every step."""
    p, states, out = START, rule.start(START), []
    for number in range(1, steps + 1):
        p, states = rule.step(p, slope(rule.place(p, states)), states, number)
        out.append((p, states))
    return out


def same(left: Optimizer, right: Optimizer, rel: float = 1e-12) -> bool:
    pairs = zip(walked(left), walked(right), strict=True)
    return all(np.allclose(a[name], b[name], rtol=rel, atol=0) for (a, _), (b, _) in pairs for name in START)


# What every rule is


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=str)
def test_a_rule_is_equations_in_sympy_with_a_source(rule: Optimizer):
    assert all(isinstance(e, sp.Expr) for e in (*rule.updates.values(), rule.at))
    assert rule.source and rule.constants[gamma.name] > 0


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=str)
def test_fresh_states_have_the_parameters_shapes_and_are_zero_unless_the_rule_says_otherwise(rule: Optimizer):
    begun = {"r": rule.constants.get("r_0", 0.0)}
    for state, values in rule.start(START).items():
        assert {name: np.shape(v) for name, v in values.items()} == {"W": (3, 2), "b": ()}
        assert all((v == begun.get(state, 0.0)).all() for v in values.values())


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=str)
def test_a_step_keeps_shapes_and_leaves_what_it_is_given_alone(rule: Optimizer):
    states = rule.start(START)
    before = {state: {n: v.copy() for n, v in values.items()} for state, values in states.items()}
    kept = {n: v.copy() for n, v in START.items()}
    after, later = rule.step(START, slope(START), states, 1)
    assert all(np.array_equal(START[n], kept[n]) and np.shape(after[n]) == np.shape(kept[n]) for n in START)
    assert all(np.array_equal(states[s][n], before[s][n]) for s in states for n in START)
    assert {s: set(values) for s, values in later.items()} == {s: {"W", "b"} for s in states}


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=str)
def test_every_rule_goes_downhill(rule: Optimizer):
    first, last = (sum(float((v**2).sum()) for v in p.values()) for p in (START, walked(rule, 50)[-1][0]))
    assert last < first


def test_a_quantity_that_is_computed_before_it_is_used_is_no_state():
    assert [s.name for s in OPTIMIZERS["adam"].states] == ["m", "v"]
    assert [s.name for s in OPTIMIZERS["amsgrad"].states] == ["m", "v", "v_max"]
    assert OPTIMIZERS["gd"].states == ()


def test_what_is_the_same_for_all_elements_is_a_scalar_of_the_step():
    assert [s.name for s in OPTIMIZERS["adam_epsilon_hat"].scalars] == ["gamma_hat"]
    assert OPTIMIZERS["adam"].scalars == ()


# What the papers say of them


@given(gradients, st.floats(1e-6, 10))
def test_a_step_of_gradient_descent_is_w_minus_gamma_g(slopes: list[float], rate: float):
    p, d = np.ones(len(slopes)), np.array(slopes)
    after, states = optimizer("gd")(gamma=rate).step({"w": p}, {"w": d}, {}, 1)
    assert np.array_equal(after["w"], p - rate * d) and states == {}


@pytest.mark.parametrize("name", ["momentum", "momentum_pytorch", "heavy_ball", "nesterov", "nesterov_lookahead"])
def test_without_momentum_each_is_gradient_descent(name: str):
    rate = OPTIMIZERS[name].constants["gamma"]
    assert same(optimizer(name)(mu=0.0), optimizer("gd")(gamma=rate), 1e-14)
    assert not same(optimizer(name), optimizer("gd")(gamma=rate))


@given(st.lists(numbers.filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=5), st.floats(1e-4, 1))
def test_adams_first_step_is_as_long_as_the_learning_rate_in_every_element(slopes: list[float], rate: float):
    p, d = {"w": np.zeros(len(slopes))}, np.array(slopes)
    rule = optimizer("adam")(gamma=rate)
    after, _ = rule.step(p, {"w": d}, rule.start(p), 1)
    assert after["w"] == pytest.approx(-rate * np.sign(d), rel=2e-5)  # ε / |g| short of it


def test_the_heavy_ball_goes_the_way_of_momentum_while_the_rate_is_constant():
    assert same(optimizer("heavy_ball"), optimizer("momentum"), 1e-13)


def test_nesterovs_two_forms_are_one_path_seen_from_two_places():
    ahead, at = walked(optimizer("nesterov")), walked(optimizer("nesterov_lookahead"))
    for (p, _), (q, states) in zip(ahead, at, strict=True):
        assert all(np.allclose(p[n], q[n] + 0.9 * states["v"][n], rtol=1e-12) for n in START)
    assert not np.allclose(ahead[-1][0]["W"], at[-1][0]["W"], rtol=1e-3)


def test_dampening_differs_from_pytorchs_in_the_first_step_alone_and_not_without_it():
    assert same(optimizer("momentum"), optimizer("momentum_pytorch"), 1e-15)
    plain, theirs = (walked(optimizer(n)(tau=0.5), 1)[0][0] for n in ("momentum", "momentum_pytorch"))
    for name in START:
        assert START[name] - theirs[name] == pytest.approx(2 * (START[name] - plain[name]))


def test_epsilon_before_the_correction_or_inside_the_root_matters_only_where_it_is_not_0():
    for name in ("adam_epsilon_hat", "adam_inside"):
        assert same(optimizer(name)(epsilon=0.0), optimizer("adam")(epsilon=0.0))
        assert not same(optimizer(name)(epsilon=0.1), optimizer("adam")(epsilon=0.1), 1e-3)
    for name in ("adagrad", "rmsprop"):
        assert same(optimizer(f"{name}_inside")(epsilon=0.0, r_0=0.5), optimizer(name)(epsilon=0.0, r_0=0.5))


def test_without_correction_adams_first_step_is_longer_by_the_ratio_of_the_corrections():
    plain, corrected = (walked(optimizer(n)(epsilon=0.0), 1)[0][0] for n in ("adam_uncorrected", "adam"))
    ratio = (1 - 0.9) / np.sqrt(1 - 0.999)
    assert START["W"] - plain["W"] == pytest.approx(ratio * (START["W"] - corrected["W"]))


def test_amsgrads_steps_are_never_longer_than_adams_with_the_same_moments():
    rule = optimizer("amsgrad")
    for p, states in walked(rule):
        assert all((states["v_max"][n] >= states["v"][n]).all() for n in p)


def test_adamw_without_decay_is_adam_and_the_papers_decay_leaves_the_rate_out():
    assert same(optimizer("adamw")(lamda=0.0), optimizer("adam"))
    assert same(optimizer("adamw")(gamma=0.01, lamda=0.1), optimizer("adamw_paper")(gamma=0.01, lamda=0.001))


def test_a_constant_gradient_leaves_no_variance_to_divide_by_and_no_nan():
    rule = optimizer("rmsprop_centered")
    p, states = {"w": np.zeros(2)}, rule.start({"w": np.zeros(2)})
    for number in range(1, 2000):
        p, states = rule.step(p, {"w": np.array([0.1, 0.3])}, states, number)
    assert np.isfinite(p["w"]).all()


# Asking for them


def test_a_rule_is_found_by_its_name_with_constants_and_as_an_attribute():
    assert optimizer("adam(beta_1=0.8)").constants["beta_1"] == 0.8
    assert optimizer("adam(0.01)").constants["gamma"] == 0.01
    assert sn.optimizers.adam(beta_1=0.8) == optimizer("adam(beta_1=0.8)")
    assert optimizer(str(sn.optimizers.adamw(lamda=0.2))) == sn.optimizers.adamw(lamda=0.2)
    with pytest.raises(AttributeError):
        sn.optimizers.adm  # noqa: B018


WRONG = {
    "adma": "unknown optimizer 'adma'; did you mean 'adam'?",
    "adam(beta=0.5)": "unknown constant of adam 'beta'; did you mean 'beta_",
    "adam(beta_1=1)": "beta_1 of adam is 1; expected a number from 0 to below 1",
    "adam(gamma=0)": "gamma of adam is 0; expected a finite number greater than 0",
    "momentum(tau=2)": "tau of momentum is 2; expected a number from 0 to 1",
    "rmsprop(epsilon=-1)": "epsilon of rmsprop is -1; expected a finite number of at least 0",
    "adam beta_1=0.8": "after the optimizer nothing else is expected, found 'beta_1'",
    "": "expected the name of an optimizer, such as 'gd', found the end",
    "adam(beta_1='0.8')": 'unexpected "\'"',
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_understood_is_refused_in_a_sentence(text: str):
    with pytest.raises(sn.SymnetError) as caught:
        optimizer(text)
    assert WRONG[text] in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "big", None, 1j])
def test_constants_are_numbers(value):
    with pytest.raises(sn.SymnetError, match="gamma of gd is"):
        sn.optimizers.gd(gamma=value)


# A user's own


def test_a_rule_of_ones_own_has_states_scalars_and_a_beginning():
    s, a, rate, s_0 = sp.symbols("s a rate s_0")
    rule = Optimizer(
        "own",
        {rate: gamma / t, s: sp.Max(s, sp.Abs(g)), a: g / s, w: w - rate * a},
        {"gamma": 0.5, "s_0": 2.0},
        initial={"s": s_0},
    )
    assert (rule.states, rule.scalars) == ((s,), (rate,))
    p, states = rule.step({"w": np.zeros(2)}, {"w": np.array([1.0, -4.0])}, rule.start({"w": np.zeros(2)}), 2)
    assert p["w"] == pytest.approx([-0.125, 0.25]) and states["s"]["w"].tolist() == [2, 4]


def test_the_norm_is_taken_over_all_parameters():
    rule = Optimizer("normalised", {w: w - gamma * g / norm}, {"gamma": 1.0})
    after, _ = rule.step({"a": np.zeros(2), "b": np.zeros(())}, {"a": np.array([3.0, 0]), "b": np.array(4.0)}, {}, 1)
    assert after["a"].tolist() == [-0.6, 0] and after["b"] == -0.8


def test_rules_that_cannot_be_carried_out_are_refused():
    s = sp.Symbol("s")
    for message, build in {
        "never assigns w": lambda: Optimizer("idle", {s: g}),
        "uses beta, which is neither": lambda: Optimizer("m", {w: w - sp.Symbol("beta") * g}),
        "gives t two meanings": lambda: Optimizer("m", {t: t + 1, w: w - g}),
        "gives gamma two meanings": lambda: Optimizer("m", {gamma: gamma / 2, w: w - gamma * g}, {"gamma": 1.0}),
        "lets r begin at": lambda: Optimizer("m", {s: s + g, w: w - s}, initial={"r": sp.S.One}),
        "lets s begin at c": lambda: Optimizer("m", {s: s + g, w: w - s}, initial={"s": sp.Symbol("c")}),
    }.items():
        with pytest.raises(sn.SymnetError, match=message):
            build()
    needs = Optimizer("m", {w: w - g * t / sp.Symbol("T")})
    with pytest.raises(sn.SymnetError, match="needs T, which a training knows"):
        needs.step({"w": np.ones(1)}, {"w": np.ones(1)}, {}, 1)
