from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sympy as sp

import symnet as sn
from symnet.optimizers import Optimizer, g, gamma, optimizer, w
from symnet.train import progress
from symnet.train.data import Standardiser, Table, read_csv, split

NEURON = sn.Network("2 -> 1 linear", cost="mse")
LOGISTIC = sn.Network("2 -> 1 linear", cost="cross_entropy")
SIGMOID = sn.Network("2 -> 1 sigmoid", cost="cross_entropy")
SOFTMAX = sn.Network("2 -> 3 softmax", cost="categorical_cross_entropy")
HINGE = sn.Network("2 -> 1 linear", cost="hinge")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(25, 2))
Y = X @ [3.0, 4.0] + 1


def refused(message: str, net: sn.Network = NEURON, X=X, y=Y, **options) -> None:
    with pytest.raises(sn.SymnetError) as caught:
        net.fit(X, y, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def same(left, right) -> bool:
    return set(left) == set(right) and all(np.array_equal(left[name], right[name]) for name in left)


# What training does


def test_gradient_descent_finds_the_line_that_made_the_data():
    model = NEURON.fit(X, Y, learning_rate=0.2, epochs=300)
    assert model.parameters["w"] == pytest.approx([3, 4], abs=1e-9)
    assert model.parameters["b"] == pytest.approx(1, abs=1e-9)


def test_the_cost_falls_on_real_data(iris_csv):
    table = read_csv(iris_csv, "target")
    net = sn.Network("4 -> 3 softmax", cost="categorical_cross_entropy")
    scaled = Standardiser.fit(table.X).transform(table.X)
    cost = net.fit(scaled, table.y, learning_rate=0.5, epochs=100, batch_size=30).history.cost
    assert cost[-1] < 0.2 * cost[0]
    assert np.all(np.diff(cost[::10]) < 0)


@pytest.mark.parametrize("batch_size", [None, 7])
def test_history_is_the_cost_of_all_samples_after_each_epoch_and_before_the_first(batch_size: int | None):
    seen: dict[int, tuple[float, dict]] = {}
    start = {"w": [0.1, 0.2], "b": 0.3}
    model = NEURON.fit(
        *(X, Y),
        epochs=4,
        batch_size=batch_size,
        initial=start,
        validation=(X[:5], Y[:5]),
        callbacks=[lambda epoch, cost, p: seen.update({epoch: (cost, dict(p))})],
    )
    history = model.history
    assert len(history.cost) == len(history.validation) == 5 and history.epochs == 4
    assert history.cost[0] == pytest.approx(np.mean((X @ start["w"] + start["b"] - Y) ** 2), rel=1e-14)
    assert list(seen) == [1, 2, 3, 4]
    for epoch, (cost, p) in seen.items():
        error = X @ p["w"] + p["b"] - Y
        assert cost == history.cost[epoch] == pytest.approx(np.mean(error**2), rel=1e-14)
        assert history.validation[epoch] == pytest.approx(np.mean(error[:5] ** 2), rel=1e-14)
    assert same(seen[4][1], model.parameters)


def test_the_last_smaller_batch_is_used_and_normalised_by_its_own_size():
    model = NEURON.fit(X, Y, epochs=1, batch_size=10, initial={"w": [0, 0], "b": 0}, seed=5)
    order = np.random.default_rng((5, 1)).permutation(25)
    weights, bias = np.zeros(2), 0.0
    for batch in (order[:10], order[10:20], order[20:]):
        error = X[batch] @ weights + bias - Y[batch]
        weights, bias = weights - 0.2 * X[batch].T @ error / len(batch), bias - 0.2 * np.mean(error)
    assert model.parameters["w"] == pytest.approx(weights, rel=1e-14)
    assert model.parameters["b"] == pytest.approx(bias, rel=1e-14)


def test_equal_seeds_reproduce_to_the_bit_and_others_differ():
    def fitted(seed: int) -> sn.Network:
        return NEURON.fit(X, Y, epochs=3, batch_size=4, seed=seed).parameters

    assert same(fitted(1), fitted(1))
    assert not same(fitted(1), fitted(2))


def test_a_batch_of_all_samples_is_a_full_batch():
    assert same(NEURON.fit(X, Y, batch_size=25).parameters, NEURON.fit(X, Y).parameters)


def test_one_output_may_be_a_column_and_lists_serve_as_arrays():
    assert same(NEURON.fit(X.tolist(), Y[:, None].tolist()).parameters, NEURON.fit(X, Y).parameters)


def test_training_leaves_its_arguments_alone_and_its_results_cannot_be_changed():
    start = {"w": np.ones(2), "b": np.zeros(())}
    X_before, Y_before = X.copy(), Y.copy()
    model = NEURON.fit(X, Y, initial=start)
    assert np.array_equal(X, X_before) and np.array_equal(Y, Y_before) and start["w"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        model.parameters["w"][0] = 0


def test_ctrl_c_keeps_the_parameters_of_the_last_whole_epoch():
    kept = {}

    def interrupt(epoch: int, cost: float, p) -> None:
        kept[epoch] = dict(p)
        if epoch == 3:
            raise KeyboardInterrupt

    model = NEURON.fit(X, Y, callbacks=[interrupt])
    assert same(model.parameters, kept[3]) and model.history.epochs == 3
    assert model.history.note == "interrupted in epoch 4 of 100; these are the parameters after epoch 3"


# The progress bar


def test_short_training_shows_no_bar(capsys):
    NEURON.fit(X, Y, progress=True)
    assert capsys.readouterr() == ("", "")


def test_long_training_shows_a_bar_on_stderr_where_it_is_wanted(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    NEURON.fit(X, Y, progress=None)
    assert capsys.readouterr() == ("", "")
    NEURON.fit(X, Y, progress=True)
    assert capsys.readouterr().out == ""


# Optimisers


def test_gradient_descent_is_the_lectures_formula_and_names_its_source():
    rule = optimizer("gd")
    assert sp.simplify(rule.updates[w] - (w - gamma * g)) == 0
    assert "Cauchy 1847" in rule.source and "Gradient Descent" in rule.source


def test_a_rule_with_a_state_of_its_own_fits_the_same_form():
    v, beta = sp.symbols("v beta")
    momentum = Optimizer("momentum", {v: beta * v + g, w: w - gamma * v}, {"gamma": 0.1, "beta": 0.9})
    model = NEURON.fit(X, Y, optimizer=momentum, learning_rate=0.05, epochs=3, initial="zeros")
    p, state = np.zeros(3), np.zeros(3)
    ones = np.column_stack([X, np.ones(len(X))])
    for _ in range(3):
        state = 0.9 * state + 2 * ones.T @ (ones @ p - Y) / len(X)
        p = p - 0.05 * state
    assert [*model.parameters["w"], model.parameters["b"]] == pytest.approx(p, rel=1e-13)


def test_a_rule_that_cannot_be_carried_out_is_refused():
    with pytest.raises(sn.SymnetError, match="never assigns w"):
        Optimizer("idle", {sp.Symbol("v"): g})
    with pytest.raises(sn.SymnetError, match="uses beta, which is neither"):
        Optimizer("momentum", {w: w - sp.Symbol("beta") * g})
    with pytest.raises(sn.SymnetError, match="unknown constant of gd 'eta'"):
        optimizer("gd")(eta=1)


def curve(p):
    """The gradient of the mean squared error of NEURON on X and Y, by hand."""
    error = X @ p["w"] + p["b"] - Y
    return {"w": 2 * X.T @ error / len(X), "b": 2 * np.mean(error)}


ZEROS = {"w": np.zeros(2), "b": np.zeros(())}


def test_the_learning_rate_is_the_rules_own_unless_one_is_given():
    net, few = NEURON, {"epochs": 1, "initial": ZEROS}
    for options, rate in (
        ({"optimizer": "gd"}, 0.1),
        ({"optimizer": "gd(0.03)"}, 0.03),
        ({"optimizer": sn.optimizers.gd(gamma=0.03)}, 0.03),
        ({"optimizer": "gd(0.03)", "learning_rate": 0.2}, 0.2),
    ):
        model = net.fit(X, Y, **options, **few)
        assert model.parameters["w"] == pytest.approx(-rate * curve(ZEROS)["w"], rel=1e-13)
        assert model.history.step == f"gd(gamma={rate})"


def test_the_gradient_of_a_rule_that_looks_ahead_is_taken_there():
    model = NEURON.fit(X, Y, optimizer="nesterov_lookahead(0.05)", epochs=5, initial=ZEROS)
    p, v = ZEROS, ZEROS
    for _ in range(5):
        d = curve({n: p[n] + 0.9 * v[n] for n in p})
        v = {n: 0.9 * v[n] - 0.05 * d[n] for n in p}
        p = {n: p[n] + v[n] for n in p}
    assert model.parameters["w"] == pytest.approx(p["w"], rel=1e-13)
    assert model.history.cost[-1] == pytest.approx(np.mean((X @ p["w"] + p["b"] - Y) ** 2), rel=1e-13)


def test_schedule_clipping_and_decay_are_what_they_say():
    model = NEURON.fit(
        *(X, Y),
        **{"learning_rate": 0.3, "schedule": "warm_up(2) -> step(K=2, q=0.5)", "clip": 2.0, "weight_decay": 0.1},
        epochs=6,
        initial=ZEROS,
    )
    p = ZEROS
    for rate in (0.15, 0.3, 0.3, 0.15, 0.15, 0.075):
        d = curve(p)
        norm = np.sqrt((d["w"] ** 2).sum() + d["b"] ** 2)
        p = {n: p[n] - rate * (d[n] * min(1, 2 / norm) + 0.1 * p[n]) for n in p}
    assert model.parameters["w"] == pytest.approx(p["w"], rel=1e-13)
    assert model.parameters["b"] == pytest.approx(p["b"], rel=1e-13)


def test_a_schedule_counts_epochs_of_several_steps_or_the_steps_themselves():
    order = [np.random.default_rng((0, 1)).permutation(25)]
    for text, rates in (("exponential(0.5)", [0.1] * 3), ("exponential(0.5) per step", [0.1, 0.05, 0.025])):
        model = NEURON.fit(X, Y, schedule=text, epochs=1, batch_size=10, initial=ZEROS)
        p = ZEROS
        for rate, batch in zip(rates, np.split(order[0], [10, 20]), strict=True):
            error = X[batch] @ p["w"] + p["b"] - Y[batch]
            p = {"w": p["w"] - rate * 2 * X[batch].T @ error / len(batch), "b": p["b"] - rate * 2 * np.mean(error)}
        assert model.parameters["w"] == pytest.approx(p["w"], rel=1e-13)


def test_the_length_of_training_is_the_schedules_in_epochs_and_in_steps():
    for text, length in (("cosine", 8), ("cosine per step", 24)):
        by_name = NEURON.fit(X, Y, schedule=text, epochs=8, batch_size=10).parameters
        words = text.split(" ", 1)
        spelt = " ".join([f"cosine(T={length})", *words[1:]])
        assert same(by_name, NEURON.fit(X, Y, schedule=spelt, epochs=8, batch_size=10).parameters)
    own = NEURON.fit(X, Y, schedule=(1 + sp.cos(sp.pi * sn.schedules.k / sp.Symbol("T"))) / 2, epochs=8).parameters
    assert own["w"] == pytest.approx(NEURON.fit(X, Y, schedule="cosine", epochs=8).parameters["w"], rel=1e-13)


# Early stopping

NOISY = sn.Network("2 -> 30 tanh -> 1 linear", cost="mse")
FEW_X, HELD_X = RNG.normal(size=(12, 2)), RNG.normal(size=(200, 2))
FEW_Y, HELD_Y = (x[:, 0] + RNG.normal(size=len(x)) for x in (FEW_X, HELD_X))


def stopped(stopping, epochs: int = 400, **options):
    kept = {}
    model = NOISY.fit(
        *(FEW_X, FEW_Y),
        **{"optimizer": "adam", "learning_rate": 0.02, "validation": (HELD_X, HELD_Y), **options},
        early_stopping=stopping,
        epochs=epochs,
        callbacks=[lambda epoch, cost, p: kept.update({epoch: dict(p)})],
    )
    return model, kept


def test_early_stopping_returns_the_parameters_of_the_best_epoch_and_says_so():
    model, kept = stopped(7)
    history = model.history
    best = int(np.argmin(history.validation))
    assert 0 < best == history.best == history.kept and history.epochs == best + 7 < 400
    assert same(model.parameters, kept[best]) and not same(model.parameters, kept[history.epochs])
    assert history.note == (
        f"stopped after epoch {best + 7} of 400, for the validation cost had not fallen for 7 epochs; "
        f"these are the parameters after epoch {best}"
    )
    assert model.cost(HELD_X, HELD_Y) == pytest.approx(min(history.validation), rel=1e-13)


def test_training_that_comes_to_its_end_keeps_the_best_epoch_too():
    model, kept = stopped(1000, epochs=200)
    best = int(np.argmin(model.history.validation))
    assert 0 < best < 200 == model.history.epochs and same(model.parameters, kept[best])
    assert model.history.note == f"these are the parameters after epoch {best}, when the validation cost was least"


def test_without_early_stopping_the_last_epoch_is_kept_and_nothing_said():
    model, kept = stopped(None, epochs=200)
    assert model.history.best is None and model.history.kept == 200 and model.history.note == ""
    assert same(model.parameters, kept[200])


def test_early_stopping_changes_nothing_of_the_path():
    whole, _ = stopped(None, epochs=200)
    cut, _ = stopped(7)
    assert cut.history.cost == whole.history.cost[: cut.history.epochs + 1]


def test_a_fall_that_is_too_small_does_not_count():
    patient, _ = stopped(sn.EarlyStopping(7))
    strict, _ = stopped(sn.EarlyStopping(7, least=0.05))
    assert strict.history.epochs < patient.history.epochs
    assert "had not fallen by more than 0.05 for 7 epochs" in strict.history.note


def test_training_that_only_makes_it_worse_gives_back_where_it_began():
    start = {"w": [3.5, 4.0], "b": 1.0}
    model = NEURON.fit(X, Y, initial=start, learning_rate=2.0, early_stopping=4, validation=(X, Y))
    assert model.history.best == 0 and model.parameters["w"].tolist() == [3.5, 4]
    assert "these are the parameters before the first step" in model.history.note


def test_ctrl_c_keeps_the_best_epoch_with_early_stopping():
    def interrupt(epoch: int, cost: float, p) -> None:
        if epoch == 150:
            raise KeyboardInterrupt

    model = NOISY.fit(
        *(FEW_X, FEW_Y),
        **{"optimizer": "adam", "learning_rate": 0.02, "validation": (HELD_X, HELD_Y), "epochs": 400},
        early_stopping=1000,
        callbacks=[interrupt],
    )
    best = int(np.argmin(model.history.validation))
    assert best < 150 and model.history.best == best
    assert model.history.note == f"interrupted in epoch 151 of 400; these are the parameters after epoch {best}"


def test_a_share_of_the_samples_is_held_out_as_split_does_and_a_fifth_where_none_is_named():
    parts = split(Table.from_arrays(X, Y), validation=0.4, seed=3, stratify=False)
    by_hand = NEURON.fit(
        *(parts.train.X, parts.train.y), validation=(parts.validation.X, parts.validation.y), epochs=5, seed=3
    )
    shared = NEURON.fit(X, Y, validation=0.4, epochs=5, seed=3)
    assert same(shared.parameters, by_hand.parameters)
    assert shared.history.validation == by_hand.history.validation
    fifth, none = (NEURON.fit(X, Y, early_stopping=50, epochs=5, **o).history for o in ({"validation": 0.2}, {}))
    assert fifth.validation == none.validation and len(none.validation) == 6


def test_a_share_of_classes_is_held_out_class_by_class():
    labels = np.arange(25) % 5 == 0
    fitted = SIGMOID.fit(X, labels.astype(float), validation=0.2, epochs=1)
    parts = split(Table.from_arrays(X, labels.astype(float)), validation=0.2, stratify=True)
    assert parts.validation.y.sum() == 1
    assert fitted.history.validation[0] == pytest.approx(
        SIGMOID.fit(
            X, labels.astype(float), validation=(parts.validation.X, parts.validation.y), epochs=1
        ).history.validation[0],
        rel=1e-13,
    )


# What is refused

BAD_DATA = {
    "X has 3 columns, the network has 2 inputs": {"X": np.ones((25, 3))},
    "X has shape (25,), the network has 2 inputs": {"X": np.ones(25)},
    "X has shape (1, 2, 3)": {"X": np.ones((1, 2, 3))},
    "y has 2 columns, the network has 1 output": {"y": np.ones((25, 2))},
    "X has 25 samples and y has 24": {"y": Y[:24]},
    "X has no samples": {"X": np.ones((0, 2)), "y": []},
    "X[3, 1] is nan": {"X": np.where(np.arange(50).reshape(25, 2) == 7, np.nan, X)},
    "y[0] is inf": {"y": [np.inf, *Y[1:]]},
    "X is not a rectangular array of numbers": {"X": [["a", "b"]] * 25},
    "X holds complex numbers": {"X": X * 1j},
    "y is not a rectangular array of numbers": {"y": [[1], [1, 2]]},
}


@pytest.mark.parametrize("message", BAD_DATA)
def test_data_that_do_not_fit_the_network_are_refused(message: str):
    refused(message, **BAD_DATA[message])


BAD_OPTIONS = {
    "epochs is 0; expected a whole number of at least 1": {"epochs": 0},
    "epochs is 2.5": {"epochs": 2.5},
    "learning_rate is -1; expected a finite number greater than 0": {"learning_rate": -1},
    "learning_rate is nan": {"learning_rate": float("nan")},
    "learning_rate is 'fast'": {"learning_rate": "fast"},
    "batch_size is 26; expected a whole number from 1 to 25, the number of samples": {"batch_size": 26},
    "batch_size is 0": {"batch_size": 0},
    "seed is -1": {"seed": -1},
    "unknown optimizer 'adma'": {"optimizer": "adma"},
    "unknown initialiser 'xaver'; did you mean 'xavier'?": {"initial": "xaver"},
    "parameter b is missing": {"initial": {"w": [1, 2]}},
    "unknown parameter 'W'": {"initial": {"W": [1, 2], "b": 0}},
    "parameter w has shape (3,), the network expects (2,)": {"initial": {"w": [1, 2, 3], "b": 0}},
    "parameter b holds a value that is not finite": {"initial": {"w": [1, 2], "b": np.nan}},
    "validation is not a pair": {"validation": X},
    "validation is 1.5; expected a share of the samples between 0 and 1": {"validation": 1.5},
    "25 samples cannot be split into a share of 0.01": {"validation": 0.01},
    "early_stopping is 0; expected a whole number of at least 1": {"early_stopping": 0},
    "early_stopping is True; expected": {"early_stopping": True},
    "unknown schedule 'cosin'; did you mean 'cosine'?": {"schedule": "cosin"},
    "multiplies the learning rate by -0.1 in epoch 12 of 100": {"schedule": 1 - sn.schedules.k / 10},
    "multiplies the learning rate by inf in step 1 of 300": {
        "schedule": sn.schedules.schedule(sn.schedules.k / sn.schedules.k**2).per("step"),
        "batch_size": 10,
    },
    "clip is 0; expected a finite number greater than 0": {"clip": 0},
    "weight_decay is -0.1; expected a finite number of at least 0": {"weight_decay": -0.1},
    "adamw has a weight decay of its own": {"optimizer": "adamw", "weight_decay": "coupled(0.1)"},
    "optimizer own has no learning rate gamma; leave learning_rate out": {
        "optimizer": Optimizer("own", {w: w - g}),
        "learning_rate": 0.1,
    },
    "optimizer own has no learning rate gamma that a schedule": {
        "optimizer": Optimizer("own", {w: w - g}),
        "schedule": "cosine",
    },
    "the validation X has 1 column,": {"validation": (X[:, :1], Y)},
    "the validation X has 25 samples and the validation y has 3": {"validation": (X, Y[:3])},
}


@pytest.mark.parametrize("message", BAD_OPTIONS)
def test_options_out_of_range_are_refused(message: str):
    refused(message, **BAD_OPTIONS[message])


def test_targets_that_the_cost_is_not_defined_for_are_refused():
    refused("but the targets of cross_entropy are between 0 and 1", SIGMOID)
    refused("y[0] is 0, but the targets of hinge are -1 or 1", HINGE, y=np.zeros(25))
    kl = sn.Network("2 -> 1 softplus", cost="kullback_leibler")
    refused("y[0] is 0, but the targets of kullback_leibler are greater than 0", kl, y=np.zeros(25))
    refused("row 0 of y sums to 0.6, but softmax", SOFTMAX, y=np.full((25, 3), 0.2))


def test_outputs_that_leave_the_domain_of_the_cost_are_named_with_the_epoch():
    y = (Y > 0).astype(float)
    start = {"w": [0, 0], "b": 0.5}
    with pytest.raises(sn.SymnetError, match=r"^in epoch \d+ the last layer \(linear\) gives "):
        LOGISTIC.fit(X, y, initial=start)
    refused("outputs between 0 and 1; give the last layer a sigmoid", LOGISTIC, y=y, initial=start)
    refused("before the first epoch the last layer (linear) gives -3", LOGISTIC, y=y, initial={"w": [0, 0], "b": -3})


def test_outputs_that_reach_the_edge_of_the_domain_are_told_from_divergence():
    edge = {"w": [0, 0], "b": 1}
    refused(
        "before the first epoch an output of the last layer (linear) is exactly 1, where cross_entropy is not finite",
        *(LOGISTIC, X, np.zeros(25)),
        initial=edge,
    )


def test_divergence_is_named_with_its_epoch_and_the_mend():
    with pytest.raises(sn.SymnetError, match=r"^in epoch \d+ the cost or a parameter is not finite"):
        NEURON.fit(X, Y, learning_rate=50.0, epochs=1000)
    refused("training diverges at learning rate 50; standardise the data, or try", learning_rate=50.0, epochs=1000)
    refused("in epoch", learning_rate=50.0, epochs=1000, batch_size=5)
    refused("not finite with the initial parameters", initial={"w": [1e200, 1e200], "b": 0})


def test_a_cost_that_rose_but_is_finite_is_noted_with_a_learning_rate_to_try():
    net = sn.Network("2 -> 1 linear", cost="sum_of_squares")
    note = net.fit(X, Y, epochs=5).history.note
    assert note.startswith("the cost rose from ")
    assert note.endswith("such as 0.004: sum_of_squares sums over 25 samples")


def test_the_number_of_samples_is_no_reason_where_the_gradients_length_does_not_matter():
    net = sn.Network("2 -> 1 linear", cost="sum_of_squares")
    for options in ({"optimizer": "adam"}, {"clip": 1.0}):
        note = net.fit(X, Y, epochs=2, initial={"w": [3, 4], "b": 1}, learning_rate=9.0, **options).history.note
        assert note.endswith("a smaller learning rate, such as 0.9")
    own = Optimizer("own", {w: w - g})
    note = net.fit(X, Y, epochs=2, optimizer=own).history.note
    assert note.endswith("training diverges; try smaller steps")


def test_networks_without_samples_or_sizes_are_refused():
    refused("declare it with samples='n'", sn.Network("2 -> 1 linear", samples=1))
    refused("the input has the symbolic size n_0", sn.Network("n_0 -> 1 linear"))
    refused("layer 1 has the symbolic size h", sn.Network("2 -> h tanh -> 1 linear"))


def test_importing_the_command_loads_no_heavy_library():
    code = "import sys, symnet.train.command; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "scipy", "matplotlib"} & set(done.stdout.split())


def test_single_precision_leads_to_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = np.eye(2)[(X.sum(axis=1) > 0).astype(int)]
    net = sn.Network("3 -> 2 softmax", cost="categorical_cross_entropy")
    options = {"epochs": 30, "batch_size": 8, "learning_rate": 0.1}
    double, single = (net.fit(X, y, dtype=dtype, **options) for dtype in ("float64", "float32"))
    np.testing.assert_allclose(single.parameters["W"], double.parameters["W"], rtol=1e-4, atol=1e-5)
    with pytest.raises(sn.SymnetError, match="dtype is 'float16'"):
        net.fit(X, y, dtype="float16")
    monkeypatch.setattr("symnet.train.fit.GATHERED", 1)
    again = net.fit(X, y, **options)
    np.testing.assert_array_equal(again.parameters["W"], double.parameters["W"])


def test_threads_change_nothing_beyond_rounding() -> None:
    network = sn.Network("40 -> 64 tanh -> 2", cost="mse")
    rng = np.random.default_rng(1)
    data = rng.normal(size=(600, 40)), rng.normal(size=(600, 2))
    one, two = (network.fit(*data, epochs=3, batch_size=200, threads=k) for k in (1, 2))
    for name, value in one.parameters.items():
        np.testing.assert_allclose(value, two.parameters[name], rtol=1e-12, atol=1e-14)


def test_threads_are_a_whole_number() -> None:
    with pytest.raises(sn.SymnetError, match="threads is 0; expected a whole number of at least 1"):
        NEURON.fit(X, Y, threads=0)
