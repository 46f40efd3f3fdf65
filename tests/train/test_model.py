from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import symnet as sn
from symnet.activations import ACTIVATIONS
from symnet.costs import COSTS
from symnet.train.archive import network_from_dict, network_to_dict
from symnet.train.data import Standardiser
from symnet.train.model import History, Model

RNG = np.random.default_rng(1)
X = RNG.normal(3, 2, size=(20, 3))
NET = sn.Network("3 -> 4 tanh -> 3 softmax", cost="categorical_cross_entropy", regulariser=sn.l2(0.01))
CODES = np.arange(20) % 3
NAMES = ("ant", "bee", "cat")


@pytest.fixture(scope="module")
def model() -> Model:
    """A classifier with everything that training on a table leaves."""
    scale = Standardiser.fit(X)
    fitted = NET.fit(scale.transform(X), np.eye(3)[CODES], epochs=20, validation=(X[:4], np.eye(3)[CODES[:4]]))
    return replace(fitted, standardiser=scale, classes=NAMES, features=("a", "b", "größe"), targets=("animal",))


@pytest.fixture(scope="module")
def line() -> Model:
    """A regression whose target was standardised."""
    y = X @ [1.0, 2.0, 3.0] + 50
    x_scale, y_scale = Standardiser.fit(X), Standardiser.fit(y[:, None])
    fitted = sn.Network("3 -> 1 linear", cost="mse").fit(
        x_scale.transform(X), y_scale.transform(y[:, None]), learning_rate=0.3, epochs=400
    )
    return replace(fitted, standardiser=x_scale, target_standardiser=y_scale)


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    model.save(path)
    return path


def refused(path: Path, message: str) -> None:
    with pytest.raises(sn.SymnetError) as caught:
        Model.load(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# Predicting


def test_predictions_are_the_outputs_for_data_as_they_were_given(model: Model):
    hidden = np.tanh((X - X.mean(0)) / X.std(0) @ model.parameters["W1"] + model.parameters["b1"])
    z = hidden @ model.parameters["W2"] + model.parameters["b2"]
    assert model.predict(X) == pytest.approx(np.exp(z) / np.exp(z).sum(1, keepdims=True), rel=1e-12)


def test_classes_are_named_if_the_model_knows_them_and_numbered_if_not(model: Model):
    best = model.predict(X).argmax(axis=1)
    assert model.classify(X).tolist() == [NAMES[code] for code in best]
    assert replace(model, classes=None).classify(X).tolist() == best.tolist()


def test_the_cost_takes_names_of_classes_or_coded_targets(model: Model):
    names = np.array(NAMES)[CODES]
    assert model.cost(X, names) == model.cost(X, np.eye(3)[CODES])
    assert model.cost(X, names) == pytest.approx(model.history.cost[-1], rel=1e-14)
    with pytest.raises(sn.SymnetError, match="unknown class 'dog'; known: ant, bee, cat"):
        model.cost(X[:1], ["dog"])


def test_predictions_and_costs_are_in_the_targets_own_units(line: Model):
    assert line.predict(X) == pytest.approx(X @ [1, 2, 3] + 50, rel=1e-8)
    assert line.cost(X, X @ [1.0, 2.0, 3.0] + 50) == pytest.approx(line.history.cost[-1], abs=1e-12)


def test_one_unit_means_the_second_class_from_a_half_on_and_with_hinge_from_zero_on():
    weights = {"w": np.array(1.0), "b": np.array(0.0)}
    sigmoid = Model(sn.Network("1 -> 1 sigmoid", cost="cross_entropy"), weights, classes=("no", "yes"))
    assert sigmoid.classify([-1, 0, 1]).tolist() == ["no", "yes", "yes"]
    hinge = Model(sn.Network("1 -> 1 linear", cost="hinge"), weights)
    assert hinge.classify([-0.1, 0, 0.1]).tolist() == [0, 1, 1]


def test_a_model_answers_unfit_data_in_a_sentence(model: Model, line: Model):
    with pytest.raises(sn.SymnetError, match="X has 2 columns, the network has 3 inputs"):
        model.predict(X[:, :2])
    with pytest.raises(sn.SymnetError, match="predicts numbers; use predict"):
        line.classify(X)
    with pytest.raises(sn.SymnetError, match="X has 20 samples and y has 19"):
        model.cost(X, np.eye(3)[CODES[1:]])


# Saving and loading


def test_a_loaded_model_predicts_to_the_bit_what_the_saved_one_did(model: Model, saved: Path):
    loaded = Model.load(saved)
    assert np.array_equal(loaded.predict(X), model.predict(X))
    assert loaded.classify(X).tolist() == model.classify(X).tolist()
    assert loaded.cost(X, np.eye(3)[CODES]) == model.cost(X, np.eye(3)[CODES])
    assert loaded.network == model.network and loaded.history == model.history
    assert (loaded.classes, loaded.features, loaded.targets) == (NAMES, ("a", "b", "größe"), ("animal",))


def test_a_target_standardiser_is_saved_too(line: Model, tmp_path: Path):
    line.save(tmp_path / "m.npz")
    assert np.array_equal(Model.load(tmp_path / "m.npz").predict(X), line.predict(X))


def test_a_model_file_is_plain_arrays_by_the_parameters_names(model: Model, saved: Path):
    with np.load(saved, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["W1"], model.parameters["W1"])
        assert json.loads(str(arrays["symnet"]))["format"] == "symnet model"


units = st.integers(1, 5)
layers = st.lists(
    st.tuples(units, st.sampled_from(sorted(set(ACTIVATIONS) - {"softmax"})), st.booleans()), min_size=1, max_size=4
)
penalties = st.none() | st.builds(
    lambda f, strength, how: f(strength, how),
    st.sampled_from([sn.l1, sn.l2]),
    st.floats(0, 10),
    st.sampled_from(["1", "1/2", "1/n", "1/(2n)"]),
)


@given(units, layers, st.sampled_from(sorted(set(COSTS) - {"categorical_cross_entropy"})), penalties)
@settings(max_examples=50)
def test_every_network_survives_its_description(inputs, layers, cost, penalty):
    net = sn.Network(sn.Input(inputs), *(sn.Dense(*layer) for layer in layers), cost=cost, regulariser=penalty)
    assert network_from_dict(json.loads(json.dumps(network_to_dict(net)))) == net


def test_constants_of_activations_and_costs_survive():
    net = sn.Network("2 -> 3 leaky_relu(0.3) -> 1 elu(0.7)", cost=sn.cost("huber")(delta=0.25))
    assert network_from_dict(network_to_dict(net)).constants == net.constants


def test_definitions_of_the_users_own_are_refused_with_a_way_out(tmp_path: Path):
    x, yhat, y = sp.symbols("x yhat y")
    for net, what in (
        (sn.Network(sn.Input(2), sn.Dense(1, x * sp.exp(-(x**2)))), "the activation of layer 1, x*exp(-x**2), is"),
        (sn.Network("2 -> 1 linear", cost=(yhat - y) ** 4), "the cost, (-y + yhat)**4, is"),
        (sn.Network("2 -> 1 linear", cost=sn.costs.custom((yhat - y) ** 4, name="mse")), "the cost, "),
    ):
        fitted = net.fit(X[:, :2], X[:, 2], epochs=1, learning_rate=1e-6)
        with pytest.raises(sn.SymnetError) as caught:
            fitted.save(tmp_path / "m.npz")
        assert what in str(caught.value) and "np.savez(path, **model.parameters)" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_path_that_cannot_be_written_is_refused(model: Model, tmp_path: Path):
    with pytest.raises(sn.SymnetError, match="cannot be written"):
        model.save(tmp_path / "nowhere" / "m.npz")


def test_saving_over_a_model_that_fails_leaves_the_old_one(saved: Path):
    before = saved.read_bytes()
    net = sn.Network(sn.Input(1), sn.Dense(1, sp.sin(sp.Symbol("x"))))
    with pytest.raises(sn.SymnetError):
        Model(net, {"w": np.array(1.0), "b": np.array(0.0)}, History()).save(saved)
    assert saved.read_bytes() == before and os.listdir(saved.parent) == [saved.name]


def test_the_epoch_that_early_stopping_kept_and_how_steps_were_made_are_saved(tmp_path: Path):
    net = sn.Network("3 -> 1 linear", cost="mse")
    model = net.fit(X, X @ [1.0, 2, 3], learning_rate=0.4, epochs=50, early_stopping=3)
    assert model.history.best == 0 and model.history.epochs == 3
    model.save(tmp_path / "m.npz")
    loaded = Model.load(tmp_path / "m.npz")
    assert loaded.history == model.history and loaded.history.kept == 0 and loaded.history.step == "gd(gamma=0.4)"


def test_a_model_saved_before_there_was_early_stopping_is_read(model: Model, saved: Path):
    with np.load(saved) as file:
        arrays = dict(file)
    metadata = json.loads(str(arrays["symnet"]))
    del metadata["best"], metadata["step"]
    np.savez(saved, **{**arrays, "symnet": np.array(json.dumps(metadata))})
    assert Model.load(saved).history.kept == model.history.epochs


# What is refused on loading


def rewritten(path: Path, **changes) -> None:
    """The file with some arrays, or keys of its metadata, replaced; None leaves an array out."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    metadata = json.loads(str(arrays["symnet"]))
    for name, value in changes.items():
        if name in metadata:
            metadata[name] = value
        elif value is None:
            del arrays[name]
        else:
            arrays[name] = value
    arrays["symnet"] = np.array(json.dumps(metadata))
    np.savez(path, **arrays)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.99])
def test_a_truncated_file_is_damaged(saved: Path, share: float):
    raw = saved.read_bytes()
    saved.write_bytes(raw[: int(share * len(raw))])
    refused(saved, "is damaged or cut short")


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_is_noticed_or_harmless_but_never_another_error(model: Model, saved: Path, seed: int):
    rng = np.random.default_rng(seed)
    raw = bytearray(saved.read_bytes())
    raw[rng.integers(2, len(raw))] ^= 1 << rng.integers(8)
    saved.write_bytes(raw)
    try:
        loaded = Model.load(saved)
    except sn.SymnetError as error:
        assert str(saved) in str(error)
    else:
        assert np.array_equal(loaded.predict(X), model.predict(X))


def test_other_files_are_no_models(saved: Path, tmp_path: Path):
    refused(tmp_path / "missing.npz", "missing.npz cannot be read: no such file or directory")
    refused(tmp_path, "cannot be read: is a directory")
    for name, content in {"empty": b"", "text": b"a,b\n1,2\n", "pickle": b"\x80\x04N."}.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, "is not a model; give an .npz file")
    np.save(tmp_path / "one.npy", X)
    refused(tmp_path / "one.npy", "is not a model; give an .npz file")
    np.savez(tmp_path / "others.npz", X=X)
    refused(tmp_path / "others.npz", "holds arrays, but is not a model that symnet saved")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    refused(tmp_path / "other.zip", "holds arrays, but is not a model that symnet saved")


def test_pickled_objects_are_never_loaded(tmp_path: Path):
    np.savez(tmp_path / "evil.npz", symnet=np.array([object()], dtype=object))
    refused(tmp_path / "evil.npz", "is damaged")


def test_another_version_is_refused(saved: Path):
    rewritten(saved, version=2)
    refused(saved, "is of version 2 of the model format, this symnet reads version 1")


def test_arrays_that_do_not_suit_the_network_are_refused(saved: Path):
    rewritten(saved, W1=np.ones((4, 3)))
    refused(saved, "parameter W1 has shape (4, 3), the network expects (3, 4); W is inputs × units")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W1": None}, "parameter W1 is missing"),
        ({"W1": np.full((3, 4), np.nan)}, "parameter W1 holds a value that is not finite"),
        ({"W1": np.full((3, 4), "a")}, "parameter W1 is not an array of numbers"),
        ({"x_mean": np.ones(2)}, "the standardiser of x does not suit 3 columns"),
        ({"x_scale": np.zeros(3)}, "the standardiser of x does not suit 3 columns"),
        ({"history_cost": None}, "is damaged"),
        ({"best": 21}, "the best epoch is 21 of 20"),
        ({"best": "last"}, "the best epoch is 'last' of 20"),
        ({"classes": ["a", "b", "c", "d"]}, "4 classes do not suit 3 output units"),
        ({"network": {}}, "the description of the network lacks 'layers'"),
        ({"network": None}, "the description of the network is not understood"),
        ({"network": {**network_to_dict(NET), "inputs": -1}}, "Input has -1 units"),
        ({"network": {**network_to_dict(NET), "cost": {"name": "msee", "constants": {}}}}, "unknown cost 'msee'"),
        ({"network": {**network_to_dict(NET), "regulariser": {"name": "l3"}}}, "l3"),
    ],
)
def test_metadata_that_are_wrong_get_a_sentence(saved: Path, changes, message: str):
    rewritten(saved, **changes)
    refused(saved, message)
