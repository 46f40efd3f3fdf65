from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symnet.cli import main
from symnet.network import Network
from symnet.train.command import train
from symnet.train.data import Standardiser, read_csv, split
from symnet.train.model import Model

IRIS = ("4 -> 3 softmax", "--cost", "categorical_cross_entropy", "--learning-rate", "0.5", "--epochs", "200")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """``symnet train`` with these arguments; the JSON that it prints."""

    def trained(spec: str, data: Path, *options: str) -> dict:
        assert main(["train", spec, str(data), *options, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return trained


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]):
    """The command ends with status 2, one sentence that contains ``message``, and no new file."""

    def check(message: str, spec: str, data: Path | str, *options: str) -> None:
        before = sorted(os.listdir())
        assert main(["train", spec, str(data), *options]) == 2
        out, err = capsys.readouterr()
        assert message in err and out == "" and err.count("\n") == 1
        assert sorted(os.listdir()) == before

    return check


def table(name: str, header: str, *rows: str) -> Path:
    Path(name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return Path(name)


def line(n: int = 40) -> Path:
    """y = 3a − 2b + 100 with a in hundreds."""
    rng = np.random.default_rng(0)
    a, b = 100 * rng.normal(5, 1, n), rng.normal(size=n)
    rows = [f"{p},{q},{3 * p - 2 * q + 100}" for p, q in zip(a.tolist(), b.tolist(), strict=True)]
    return table("line.csv", "a,b,y", *rows)


def labelled(*labels: str) -> Path:
    rng = np.random.default_rng(0)
    codes = [i % len(labels) for i in range(30)]
    rows = [f"{code + 0.3 * rng.normal()},{rng.normal()},{labels[code]}" for code in codes]
    return table("labelled.csv", "a,b,kind", *rows)


# Real data


def test_iris_is_learnt_and_what_was_fitted_predicts_the_same_from_the_saved_file(run, iris_csv):
    report = run(*(IRIS[0], iris_csv, "--target", "target", *IRIS[1:], "-o", "iris.npz", "--curve", "cost.csv"))
    assert report["samples"] == {"train": 120, "validation": 30}
    assert report["classes"] == ["setosa", "versicolor", "virginica"] and report["parameters"] == 15
    assert report["accuracy"]["train"] > 0.9 and report["accuracy"]["validation"] > 0.9
    model, iris = Model.load("iris.npz"), read_csv(iris_csv, "target")
    parts = split(iris, validation=0.2, seed=0)
    held_out = np.array(iris.classes)[parts.validation.y.argmax(axis=1)]
    accuracy = np.mean(model.classify(parts.validation.X) == held_out)
    assert accuracy == report["accuracy"]["validation"]
    assert model.cost(parts.train.X, parts.train.y) == pytest.approx(report["cost"]["train"], rel=1e-12)
    assert model.cost(parts.validation.X, held_out) == pytest.approx(report["cost"]["validation"], rel=1e-12)


def test_features_are_standardised_by_the_training_part_alone(run, iris_csv):
    run(IRIS[0], iris_csv, "--target", "target", *IRIS[1:], "-o", "iris.npz", "--validation", "0.3", "--seed", "4")
    parts = split(read_csv(iris_csv, "target"), validation=0.3, seed=4)
    assert np.array_equal(Model.load("iris.npz").standardiser.mean, Standardiser.fit(parts.train.X).mean)


def test_the_curve_has_a_row_for_every_epoch_from_the_start(run, iris_csv):
    report = run(IRIS[0], iris_csv, "--target", "target", *IRIS[1:], "--curve", "cost.csv")
    with open("cost.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(201))
    assert float(rows[0]["cost"]) == report["cost"]["initial"]
    assert float(rows[-1]["cost"]) == report["cost"]["train"] < 0.5 * report["cost"]["initial"]
    assert float(rows[-1]["validation_cost"]) == report["cost"]["validation"]


# Regression


def test_a_regression_reports_r2_in_the_targets_own_units(run):
    report = run("2 -> 1 linear", line(), "--target", "y", "--cost", "mse", "-o", "m.npz")
    assert report["r2"]["train"] > 0.99999 and report["r2"]["validation"] > 0.9999
    model, data = Model.load("m.npz"), read_csv("line.csv", "y")
    assert model.target_standardiser is not None
    assert model.predict(data.X) == pytest.approx(data.y, rel=1e-4)


def test_without_standardising_the_parameters_are_those_of_the_columns(run):
    rows = [f"{a},{b},{3 * a + 4 * b + 1}" for a in (-1, 0, 1) for b in (-1, 0, 1)]
    data = table("plane.csv", "a,b,y", *rows)
    run(
        *("2 -> 1 linear", data, "--target", "y", "--cost", "mse", "--epochs", "400", "-o", "m.npz"),
        *("--no-standardise", "--learning-rate", "0.3"),
    )
    model = Model.load("m.npz")
    assert model.parameters["w"] == pytest.approx([3, 4]) and model.parameters["b"] == pytest.approx(1)
    assert model.standardiser is None and model.target_standardiser is None


def test_several_targets_are_several_outputs(run):
    report = run("1 -> 2 linear", line(), "--target", "y,b", "--features", "a", "--cost", "mse", "-o", "m.npz")
    assert report["targets"] == ["y", "b"] and report["features"] == ["a"]
    assert Model.load("m.npz").predict([400, 500]).shape == (2, 2)


# Classes


@pytest.mark.parametrize(
    ("spec", "cost", "coded"),
    [
        ("2 -> 1 sigmoid", "cross_entropy", (2,)),
        ("2 -> 1 linear", "hinge", (2,)),
        ("2 -> 2 softmax", "categorical_cross_entropy", (2, 2)),
    ],
)
def test_two_classes_suit_one_unit_or_two(run, spec: str, cost: str, coded: tuple[int, ...]):
    report = run(spec, labelled("no", "yes"), "--target", "kind", "--cost", cost, "-o", "m.npz")
    assert report["classes"] == ["no", "yes"] and report["accuracy"]["train"] > 0.9
    model = Model.load("m.npz")
    assert model.predict([[0, 0], [1, 0]]).shape == coded
    assert model.classify([[0, 0], [1, 0]]).tolist() == ["no", "yes"]


def test_three_classes_with_the_hinge_cost_are_coded_one_against_the_others(run):
    report = run("2 -> 3 linear", labelled("a", "b", "c"), "--target", "kind", "--cost", "hinge")
    assert report["classes"] == ["a", "b", "c"]


def test_numbers_are_classes_where_the_network_tells_classes(run, breast_cancer_csv):
    report = run("30 -> 1 sigmoid", breast_cancer_csv, "--target", "target", "--cost", "cross_entropy")
    assert report["classes"] == ["0", "1"] and report["accuracy"]["validation"] > 0.9


def test_classes_that_do_not_suit_the_output_units_are_refused(refused):
    spec = "2 -> 2 softmax"
    message = "column kind of labelled.csv holds 3 classes (a, b, c), the last layer has 2 units; give it 3 units"
    refused(message, spec, labelled("a", "b", "c"), "--target", "kind", "-o", "m.npz")
    message = "2 classes (no, yes), the last layer has 3 units; give it 1 or 2 units"
    refused(message, "2 -> 3 softmax", labelled("no", "yes"), "--target", "kind")


# What is printed


def test_the_examples_of_the_help_work_as_pasted(tmp_path: Path):
    assert train.__doc__ is not None
    example = train.__doc__.split("Examples:\n")[1]
    script = f'symnet() {{ "{sys.executable}" -m symnet "$@"; }}\n{example}'
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("100.0 %") == 2 and "wrote       xor.npz" in done.stdout
    assert re.search(r"^note        stopped after epoch \d+ of 500, for the validation cost had", done.stdout, re.M)
    assert Model.load("xor.npz").classify([[0, 1], [1, 1]]).tolist() == ["1", "0"]


def test_people_are_told_sizes_time_costs_and_scores(capsys, iris_csv):
    assert main(["train", IRIS[0], str(iris_csv), "--target", "target", *IRIS[1:], "--curve", "c.csv"]) == 0
    out = capsys.readouterr().out
    for expected in (
        r"^network     4 -> 3 softmax, cost categorical_cross_entropy$",
        r"^samples     120 to train, 30 to validate$",
        r"^parameters  15$",
        r"^epochs      200, full batch$",
        r"^time        [\d.e-]+ s, [\d.]+ s with compiling$",
        r"^cost        0\.\d+ +0\.\d+ +before training [\d]\.\d+$",
        r"^accuracy    9\d\.\d % +\d+\.\d %$",
        r"^wrote       c\.csv$",
    ):
        assert re.search(expected, out, re.MULTILINE), expected


def test_a_small_networks_parameters_are_printed(capsys):
    assert main(["train", "2 -> 1 linear", str(line()), "--target", "y", "--cost", "mse"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^w +\[ ?[\d.-]+ +-?[\d.-]+\]$", out, re.MULTILINE)
    assert "of standardised features" in out and "R² of the target itself" in out


# How steps are made


STEPS = (
    *(
        "--optimizer",
        "adam(beta_1=0.8)",
        "--learning-rate",
        "0.05",
        "--schedule",
        "warm_up(3) -> cosine(T=40) per step",
    ),
    *("--clip", "norm(0.5)", "--weight-decay", "decoupled(0.01)"),
)


def test_the_options_of_a_step_are_those_of_fit(run):
    report = run("2 -> 1 linear", line(), "--target", "y", "--cost", "mse", "--epochs", "30", *STEPS, "-o", "m.npz")
    said = (
        "adam(gamma=0.05, beta_1=0.8, beta_2=0.999, epsilon=1e-08), "
        "schedule warm_up(T_w=3, kappa_0=0) -> cosine(kappa_min=0, T=40) per step, clip norm(c=0.5), "
        "weight decay decoupled(lamda=0.01)"
    )
    assert report["optimizer"] == said == Model.load("m.npz").history.step
    again = read_csv("line.csv", "y")
    parts = split(again, validation=0.2, seed=0)
    x, y = Standardiser.fit(parts.train.X), Standardiser.fit(parts.train.y[:, None])
    fitted = Network("2 -> 1 linear", cost="mse").fit(
        *(x.transform(parts.train.X), y.transform(parts.train.y[:, None])[:, 0]),
        **{"optimizer": "adam(beta_1=0.8)", "learning_rate": 0.05, "clip": 0.5, "weight_decay": "decoupled(0.01)"},
        schedule="warm_up(3) -> cosine(T=40) per step",
        epochs=30,
    )
    # Not the same to the last digit: the bias's slope is rounding alone here, and Adam divides it by its own size.
    np.testing.assert_allclose(fitted.parameters["w"], Model.load("m.npz").parameters["w"], rtol=1e-5, atol=1e-6)


def test_early_stopping_reports_the_cost_of_the_parameters_that_it_kept(run, iris_csv):
    options = (*IRIS[1:], "--epochs", "2000", "--early-stopping", "5", "--optimizer", "momentum", "-o", "iris.npz")
    report = run("4 -> 30 tanh -> 3 softmax", iris_csv, "--target", "target", *options, "--curve", "cost.csv")
    model, parts = Model.load("iris.npz"), split(read_csv(iris_csv, "target"), validation=0.2, seed=0)
    assert report["kept"] == model.history.kept < report["epochs"] < 2000
    assert report["epochs"] == report["kept"] + 5
    assert model.cost(parts.train.X, parts.train.y) == pytest.approx(report["cost"]["train"], rel=1e-12)
    assert model.cost(parts.validation.X, parts.validation.y) == pytest.approx(report["cost"]["validation"], rel=1e-12)
    with open("cost.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == report["epochs"] + 1


def test_the_learning_rate_is_the_rules_own_unless_given(run):
    for options, rate in (((), 0.001), (("--learning-rate", "0.2"), 0.2)):
        report = run("2 -> 1 linear", line(), "--target", "y", "--cost", "mse", "--optimizer", "adam", *options)
        assert report["optimizer"].startswith(f"adam(gamma={rate}, ")


def test_steps_that_cannot_be_made_are_refused(refused):
    data, spec, wanted = line(), "2 -> 1 linear", ("--target", "y", "-o", "m.npz")
    refused("unknown optimizer 'adma'; did you mean 'adam'?", spec, data, *wanted, "--optimizer", "adma")
    refused("unknown schedule 'cosin'; did you mean 'cosine'?", spec, data, *wanted, "--schedule", "cosin")
    refused("clip is -1; expected a finite number greater than 0", spec, data, *wanted, "--clip", "-1")
    refused("unknown weight decay 'l2'", spec, data, *wanted, "--weight-decay", "l2(0.1)")
    refused("early_stopping is 0; expected a whole number of at least 1", spec, data, *wanted, "--early-stopping", "0")
    few = ("--early-stopping", "3", "--validation", "0")
    refused("--early-stopping watches the cost of held-out samples, and none are held out", spec, data, *wanted, *few)


# Small data


def test_few_samples_are_all_trained_on_unless_a_share_is_asked_for(run, refused):
    data = table("few.csv", "x,y", "1,2", "2,4", "3,6", "4,8")
    assert run("1 -> 1 linear", data, "--target", "y")["samples"] == {"train": 4, "validation": 0}
    held_out = run("1 -> 1 linear", data, "--target", "y", "--validation", "0.25")
    assert held_out["samples"] == {"train": 3, "validation": 1} and held_out["r2"]["validation"] is None
    message = "4 samples cannot be split into a share of 0.1 to validate"
    refused(message, "1 -> 1 linear", data, "--target", "y", "--validation", "0.1")


# What is refused


def test_bad_input_gets_one_sentence_and_writes_nothing(refused):
    data = line()
    spec = "2 -> 1 linear"
    wanted = ("--target", "y", "-o", "m.npz", "--curve", "c.csv")
    refused("line.csv has 2 features, the network has 3 inputs; begin it with 2 ->", "3 -> 1 linear", data, *wanted)
    refused("--target names 1 column of numbers, the last layer has 2 units", "2 -> 2 linear", data, *wanted)
    refused("unknown column 'z'", spec, data, "--target", "z")
    refused("--features is 'a,,b'", spec, data, *wanted, "--features", "a,,b")
    refused("missing.csv cannot be read", spec, "missing.csv", *wanted)
    refused("line 2", spec, table("bad.csv", "a,b,y", "1,x,2", "1,2,3"), *wanted)
    refused("unknown regulariser 'l3'", spec, data, *wanted, "--regulariser", "l3:1")
    refused("expected a name and a strength, such as l2:0.01", spec, data, *wanted, "--regulariser", "l2")
    refused("unknown normalisation '2/n'", spec, data, *wanted, "--regulariser", "l2:0.1:2/n")
    refused("--standardise-target needs", "2 -> 1 tanh", data, *wanted, "--standardise-target")
    refused("epochs is 0", spec, data, *wanted, "--epochs", "0")
    refused("seed is -1", spec, data, *wanted, "--seed", "-1")
    refused("give shares of the samples", spec, data, *wanted, "--validation", "1.5")
    refused("the input has the symbolic size n_0", "n_0 -> 1 linear", data, *wanted)


def test_training_that_fails_writes_nothing(refused):
    wanted = ("--target", "y", "-o", "m.npz", "--curve", "c.csv")
    refused(
        *("in epoch", "2 -> 1 linear", line(), *wanted),
        *("--no-standardise", "--cost", "mse", "--learning-rate", "10", "--epochs", "300"),
    )


def test_files_that_cannot_be_written_are_refused_before_training(refused):
    data = line()
    spec, target = "2 -> 1 linear", ("--target", "y", "--epochs", "1000000000")
    refused("nowhere/m.npz cannot be written", spec, data, *target, "-o", "nowhere/m.npz")
    refused("a model cannot be written as m.txt; end the name in .npz", spec, data, *target, "-o", "m.txt")
    refused("end the name in .csv, .svg or .png", spec, data, *target, "--curve", "c.gif")
    refused("is the file of the data, which would be lost", spec, data, *target, "--curve", "line.csv")
    assert len(read_csv(data, "y").X) == 40


def test_a_picture_of_the_curve_is_drawn_where_matplotlib_is_installed_and_refused_where_not(run, refused):
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        refused("which is not installed", "2 -> 1 linear", line(), "--target", "y", "--curve", "c.svg")
    else:
        for name, start in {"c.svg": b"<?xml", "c.png": b"\x89PNG"}.items():
            run("2 -> 1 linear", line(), "--target", "y", "--cost", "mse", "--curve", name)
            assert Path(name).read_bytes().startswith(start)


def test_a_cost_that_rose_is_reported_with_status_1_and_a_rate_to_try(capsys):
    rows = "\n".join(f"{x},{3 * x}" for x in range(1, 60))
    Path("line.csv").write_text(f"x,y\n{rows}\n")
    arguments = ["1 -> 1 linear", "line.csv", "--target", "y", "--learning-rate", "0.025", "--epochs", "20"]
    assert main(["train", *arguments, "--cost", "sum_of_squares", "--json"]) == 1
    note = json.loads(capsys.readouterr().out)["note"]
    assert re.search(r"rose from .*a smaller learning rate, such as", note)
