"""Standalone trainers: they take the steps of ``net.fit``, go on where they were stopped, and say what is amiss."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symnet as sn
from symnet.emit.standalone import generate
from tests.emit.trainers import FOLDER, TRAINERS, text

FLOWERS = "2 -> 1 sigmoid"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("trainers")
    sys.path.insert(0, str(path))
    yield path
    sys.path.remove(str(path))


@pytest.fixture(scope="module")
def neuron(folder: Path) -> ModuleType:
    (folder / "neuron_trainer.py").write_text(text("neuron"), encoding="utf-8")
    return importlib.import_module("neuron_trainer")


@pytest.fixture(scope="module")
def flowers(folder: Path) -> ModuleType:
    net = sn.Network(FLOWERS, cost="cross_entropy")
    generate(net, folder / "flowers_trainer.py", optimizer="adam", schedule="cosine per step", clip=1.0)
    return importlib.import_module("flowers_trainer")


def line(n: int = 40) -> tuple[Any, Any]:
    X = np.random.default_rng(1).normal(size=(n, 2))
    return X, X @ [3.0, 4.0] + 1


def classes(n: int = 40) -> tuple[Any, Any]:
    X, _ = line(n)
    return X, (X.sum(axis=1) > 0.2).astype(float)


@pytest.mark.parametrize("name", TRAINERS)
def test_generated_trainers_are_what_symnet_writes(name: str) -> None:
    assert (FOLDER / f"{name}.py").read_text(encoding="utf-8") == text(name)


@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer_needs_nothing_of_symnet(name: str) -> None:
    source = text(name)
    assert "import symnet" not in source and "from symnet" not in source and "sympy" not in source.split('"""')[2]
    compile(source, name, "exec")


def test_full_batches_take_the_steps_of_fit(neuron: ModuleType) -> None:
    X, y = line()
    start = {"w": np.array([0.5, -0.5]), "b": np.array(0.0)}
    model = neuron.fit(X, y, epochs=30, initial=start, gamma=0.001)
    wanted = sn.Network("2 -> 1 linear").fit(X, y, epochs=30, initial=start, learning_rate=0.001)
    np.testing.assert_allclose(model.parameters["w"], wanted.parameters["w"], rtol=1e-12)
    np.testing.assert_allclose(model.costs[:5], wanted.history.cost[:5], rtol=1e-12)
    np.testing.assert_allclose(neuron.predict(X, model.kept), wanted.predict(X), rtol=1e-10)


def test_cost_and_gradient_are_those_of_the_kernels(flowers: ModuleType) -> None:
    X, y = classes()
    parameters = {"w": np.array([0.3, -0.2]), "b": np.array(0.1)}
    cost, slopes = flowers.gradient(X, y, parameters)
    wanted, expected = sn.Network(FLOWERS, cost="cross_entropy").compile().gradient(X, y, parameters)
    assert cost == pytest.approx(wanted, rel=1e-14) and flowers.cost(X, y, parameters) == pytest.approx(
        wanted, rel=1e-14
    )
    np.testing.assert_allclose(slopes["w"], expected["w"], rtol=1e-13)


def test_training_goes_on_from_a_checkpoint_to_the_same_numbers(flowers: ModuleType, folder: Path) -> None:
    X, y = classes()
    path = str(folder / "half.npz")
    options = {"batch_size": 7, "validation": 0.2, "seed": 3}
    whole = flowers.fit(X, y, epochs=6, **options, T=36.0)
    flowers.fit(X, y, epochs=6, **options, checkpoint=path, report=_stopping_after(3))
    assert flowers.load(path).epoch == 3
    rest = flowers.fit(X, y, epochs=6, **options, checkpoint=path, resume=True)
    assert rest.epoch == 6 and rest.costs == whole.costs and rest.validation_costs == whole.validation_costs
    assert all(np.array_equal(whole.parameters[k], rest.parameters[k]) for k in whole.parameters)
    assert all(np.array_equal(whole.kept[k], rest.kept[k]) for k in whole.kept)


def _stopping_after(epoch: int) -> Any:
    def report(model: Any) -> None:
        if model.epoch == epoch:
            raise KeyboardInterrupt

    return report


def test_killed_while_it_writes_a_checkpoint_it_goes_on_to_the_same_numbers(flowers: ModuleType, folder: Path) -> None:
    X, y = classes(4000)
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", y)
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import flowers_trainer as flowers, numpy as np\n"
        "X, y = np.load('X.npy'), np.load('y.npy')\n"
        "print('begun', flush=True)\n"
        "model = flowers.fit(X, y, epochs=25, batch_size=50, checkpoint='kept.npz', resume=True)\n"
        "np.savez('done.npz', **model.parameters)\n"
    )
    for pause in (0.05, 0.15):
        child = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        try:
            child.wait(pause)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, timeout=120)
    whole = flowers.fit(X, y, epochs=25, batch_size=50)
    with np.load(folder / "done.npz") as done:
        assert all(np.array_equal(done[name], value) for name, value in whole.parameters.items())


def test_blocks_of_a_memory_map_hold_every_sample_once(neuron: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neuron, "BLOCK", 8)
    monkeypatch.setattr(neuron, "BUFFER", 3)
    parts = list(neuron._blocks(100, 6, 1, 0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(100))
    assert all(len(part) % 6 == 0 for part in parts[:-1])
    assert not np.array_equal(np.concatenate(parts), np.concatenate(list(neuron._blocks(100, 6, 2, 0))))


def test_a_memory_map_is_trained_on(neuron: ModuleType, folder: Path) -> None:
    X, y = line(3000)
    np.save(folder / "big.npy", X)
    np.save(folder / "target.npy", y)
    maps = [np.load(folder / name, mmap_mode="r") for name in ("big.npy", "target.npy")]
    model = neuron.fit(*maps, epochs=20, batch_size=20, gamma=0.005)
    np.testing.assert_allclose(model.parameters["w"], [3, 4], rtol=1e-6)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=180, env={**os.environ}
    )


def table(folder: Path, name: str, rows: list[str], head: str = "a,b,kind") -> None:
    (folder / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def test_the_command_line_fits_predicts_and_checks(flowers: ModuleType, folder: Path) -> None:
    X, y = classes()
    table(folder, "data.csv", [f"{a},{b},{'yes' if t else 'no'}" for (a, b), t in zip(X, y, strict=True)])
    fitted = command(
        folder, "flowers_trainer.py", "fit", "data.csv", "--target", "kind", "--epochs", "300", "-o", "model.npz"
    )
    assert fitted.returncode == 0, fitted.stderr
    assert "of the samples are told right" in fitted.stdout
    told = command(folder, "flowers_trainer.py", "predict", "model.npz", "data.csv")
    assert told.stdout.split()[0] == "prediction" and set(told.stdout.split()[1:]) == {"yes", "no"}
    right = command(folder, "flowers_trainer.py", "check")
    assert right.returncode == 0 and "right" in right.stdout
    assert "fit" in command(folder, "flowers_trainer.py", "--help").stdout


BAD = {
    "a wrong column": (["fit", "good.csv", "--target", "colour"], "no column 'colour'; its columns are a, b, kind"),
    "another number of features": (["fit", "wide.csv", "--target", "kind"], "3 features (a, b, c), the network has 2"),
    "a value that is missing": (["fit", "nan.csv", "--target", "kind"], "line 3, column b: 'nan' is not a finite"),
    "three classes": (["fit", "three.csv", "--target", "kind"], "holds 3 classes, the network tells 2"),
    "a file that is not there": (["fit", "none.csv", "--target", "kind"], "none.csv cannot be read"),
    "a truncated checkpoint": (
        ["fit", "good.csv", "--target", "kind", "--checkpoint", "cut.npz", "--resume"],
        "damaged",
    ),
    "a checkpoint of another network": (["predict", "other.npz", "good.csv"], "a model of another network"),
    "a path that cannot be written": (
        ["fit", "good.csv", "--target", "kind", "-o", "no/where.npz"],
        "cannot be written",
    ),
    "no epochs": (["fit", "good.csv", "--target", "kind", "--epochs", "0"], "epochs is 0; give a whole number"),
}


@pytest.fixture(scope="module")
def broken(flowers: ModuleType, neuron: ModuleType, folder: Path) -> Path:
    rows = [f"{k},{k % 3},{'yes' if k % 2 else 'no'}" for k in range(8)]
    table(folder, "good.csv", rows)
    table(folder, "wide.csv", [f"{k},1,2,yes" for k in range(4)], "a,b,c,kind")
    table(folder, "nan.csv", ["1,2,yes", "2,nan,no"])
    table(folder, "three.csv", ["1,2,yes", "2,3,no", "3,4,maybe"])
    model = neuron.fit(*line(), epochs=1)
    neuron.save(model, str(folder / "other.npz"))
    (folder / "cut.npz").write_bytes((folder / "other.npz").read_bytes()[:200])
    return folder


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_sentence(
    what: str, flowers: ModuleType, broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, expected = BAD[what]
    monkeypatch.chdir(broken)
    before = sorted(p.name for p in broken.iterdir())
    assert flowers.main(arguments) == 2
    said = capsys.readouterr().err.strip()
    assert expected in said and "\n" not in said
    assert sorted(p.name for p in broken.iterdir()) == before


@pytest.mark.parametrize(
    ("X", "y", "expected"),
    [
        (np.zeros((3, 3)), np.zeros(3), "X has shape (3, 3), the network has 2 inputs"),
        (np.zeros((3, 2)), np.zeros(2), "X has 3 samples and y has 2"),
        (np.array([[0, np.nan], [1, 1]]), np.zeros(2), "not finite in sample 1"),
        (np.zeros((2, 2)), np.array([0, 2.0]), "targets between 0 and 1"),
        ("abc", np.zeros(2), "X is not an array of numbers"),
        (np.zeros((0, 2)), np.zeros(0), "no samples"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(flowers: ModuleType, X: Any, y: Any, expected: str) -> None:
    with pytest.raises(flowers.TrainerError) as caught:
        flowers.fit(X, y)
    assert expected in str(caught.value)


def test_the_best_epoch_is_kept_and_training_ends_when_nothing_gets_better(flowers: ModuleType) -> None:
    X, y = classes()
    model = flowers.fit(X, 1 - y * 0 - (np.arange(len(y)) % 2), epochs=60, validation=0.3, patience=3, gamma=0.5)
    assert model.epoch < 60 and model.best == int(np.argmin(model.validation_costs))
    assert flowers.cost(X, y, model.kept) > 0


def test_a_network_without_numbers_of_units_is_refused() -> None:
    with pytest.raises(sn.SymnetError, match="symbolic size"):
        sn.Network("n_0 -> 1").generate("trainer.py")
