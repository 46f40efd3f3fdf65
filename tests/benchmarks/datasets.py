"""A7: ``symnet train`` on three real data sets, beside scikit-learn on the same splits.

    python -m tests.benchmarks.datasets [--splits 5]

Each split holds a quarter of the samples out, stratified where there are classes.  The others are written to
a CSV file that ``symnet train`` reads; the model that it saves predicts the quarter.  scikit-learn gets the
same samples, standardised on the training part.  Its MLP has the same layers, cost and penalty, and its
L-BFGS solver (full batch, the one it recommends for few samples); its linear model is logistic or
least-squares regression.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from symnet.cli import main as symnet
from symnet.train.data import Table, read_csv, split
from symnet.train.model import Model

TEST = 0.25


@dataclass(frozen=True)
class Row:
    """A data set and its network with one hidden layer of tanh; ``penalty`` is the λ of (λ/2) Σ w²."""

    name: str
    load: Callable[[], Any]
    spec: str
    hidden: int
    cost: str
    rate: float
    epochs: int
    penalty: float

    @property
    def classes(self) -> bool:
        """Whether the target names classes."""
        return self.cost != "mse"


ROWS = (
    Row("iris", load_iris, "4 -> 8 tanh -> 3 softmax", 8, "categorical_cross_entropy", 0.5, 300, 0.002),
    Row("breast cancer", load_breast_cancer, "30 -> 8 tanh -> 1 sigmoid", 8, "cross_entropy", 0.5, 300, 0.002),
    Row("diabetes", load_diabetes, "10 -> 6 tanh -> 1 linear", 6, "mse", 0.05, 300, 0.02),
)


def compare(row: Row, splits: int, folder: Path) -> dict[str, list[float]]:
    """The test scores on every split, and symnet's seconds (reading, compiling, training, saving)."""
    data = row.load()
    target = data.target_names[data.target] if row.classes else data.target
    whole = folder / "whole.csv"
    write(whole, data.feature_names, data.data, target)
    table = read_csv(whole, "target", classes=row.classes)
    scores: dict[str, list[float]] = {name: [] for name in ("symnet", "MLP", "linear", "seconds")}
    for seed in range(splits):
        parts = split(table, test=TEST, validation=0, seed=seed)
        score, seconds = trained(row, parts.train, parts.test, folder)
        scores["symnet"].append(score)
        scores["seconds"].append(seconds)
        scores["MLP"].append(peer(mlp(row, seed, len(parts.train.X)), parts.train, parts.test))
        line = LogisticRegression() if row.classes else LinearRegression()
        scores["linear"].append(peer(line, parts.train, parts.test))
    return scores


def trained(row: Row, train: Table, test: Table, folder: Path) -> tuple[float, float]:
    """The test score of what the command ``symnet train`` saves, and the seconds it took."""
    source, model = folder / "train.csv", folder / "model.npz"
    write(source, train.features, train.X, labels(train))
    begun = time.perf_counter()
    arguments = [
        "train",
        row.spec,
        str(source),
        "--target",
        "target",
        "--cost",
        row.cost,
        "--validation",
        "0",
    ]
    arguments += ["--learning-rate", str(row.rate), "--epochs", str(row.epochs), "-o", str(model)]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = symnet([*arguments, "--regulariser", f"l2:{row.penalty}"])
    seconds = time.perf_counter() - begun
    assert status == 0, printed.getvalue()
    fitted = Model.load(model)
    if row.classes:
        return float(accuracy_score(labels(test), fitted.classify(test.X))), seconds
    return float(r2_score(test.y, fitted.predict(test.X))), seconds


def peer(estimator: Any, train: Table, test: Table) -> float:
    """scikit-learn's test score: accuracy, or R²."""
    fitted = make_pipeline(StandardScaler(), estimator).fit(train.X, labels(train))
    return float(fitted.score(test.X, labels(test)))


def mlp(row: Row, seed: int, n: int) -> Any:
    """The same network; scikit-learn's penalty is α/(2n) Σ w², and its squared error has a factor ½."""
    options = {"hidden_layer_sizes": row.hidden, "activation": "tanh", "solver": "lbfgs", "max_iter": 2000}
    if row.classes:
        return MLPClassifier(**options, alpha=row.penalty * n, random_state=seed)
    regressor = MLPRegressor(**options, alpha=row.penalty * n / 2, random_state=seed)
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def labels(table: Table) -> Any:
    """The target as a file has it: the classes' names, or numbers."""
    if table.classes is None:
        return table.y
    codes = table.y if table.y.ndim == 1 else table.y.argmax(axis=1)
    return np.array(table.classes)[codes.astype(int)]


def write(path: Path, features: Sequence[str], X: Any, target: Any) -> None:
    """A CSV file with a header; numbers to the last bit."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*features, "target"])
        writer.writerows([*x, y] for x, y in zip(X.tolist(), target.tolist(), strict=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="symnet train beside scikit-learn on real data")
    parser.add_argument("--splits", type=int, default=5, help="how many splits to average over")
    splits = parser.parse_args().splits
    print(f"test score, mean ± standard deviation over {splits} splits, {TEST:.0%} of the samples held out\n")
    print("| data set | network | score | symnet | scikit-learn MLP | scikit-learn linear | symnet, s |")
    print("|---|---|---|---|---|---|---|")
    for row in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            scores = compare(row, splits, Path(folder))
        cells = [f"{np.mean(scores[name]):.3f} ± {np.std(scores[name]):.3f}" for name in ("symnet", "MLP", "linear")]
        kind = "accuracy" if row.classes else "R²"
        print(f"| {row.name} | {row.spec} | {kind} | {' | '.join(cells)} | {np.median(scores['seconds']):.1f} |")


if __name__ == "__main__":
    main()
