"""The estimators beside scikit-learn's MLP, cross-validated in a pipeline: ``python -m tests.benchmarks.estimators``.

Both have the same hidden layer, Adam with the same rate, batches of 64 and as many epochs; features are standardised in
the pipeline, targets of the regression too.  Seconds are those of all folds; symnet's kernels are compiled before.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import symnet as sn

EPOCHS, RATE = 60, 0.003
DATA = {
    "digits": datasets.load_digits,
    "breast cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "diabetes": datasets.load_diabetes,
}


def pipelines(classes: bool) -> dict[str, Any]:
    """Both tools, for classes or for numbers."""
    own = sn.SymNetClassifier if classes else sn.SymNetRegressor
    theirs = MLPClassifier if classes else MLPRegressor
    options = {"learning_rate_init": RATE, "max_iter": EPOCHS, "alpha": 0, "n_iter_no_change": EPOCHS}
    made = {
        "symnet": own("32 relu", epochs=EPOCHS, learning_rate=RATE, batch_size=64, random_state=0),
        "MLP": theirs(hidden_layer_sizes=(32,), batch_size=64, random_state=0, **options),
    }
    if not classes:
        made = {name: TransformedTargetRegressor(one, transformer=StandardScaler()) for name, one in made.items()}
    return {name: make_pipeline(StandardScaler(), one) for name, one in made.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.estimators", description=__doc__)
    parser.add_argument("--folds", type=int, default=5)
    folds = parser.parse_args().folds
    warnings.simplefilter("ignore")
    print(f"{folds} folds, {EPOCHS} epochs; accuracy, or R² for diabetes")
    for name, load in DATA.items():
        X, y = load(return_X_y=True)
        cells = []
        for tool, line in pipelines(name != "diabetes").items():
            line.fit(X, y).predict(X)
            begun = time.perf_counter()
            scores = cross_val_score(line, X, y, cv=folds)
            seconds = time.perf_counter() - begun
            cells.append(f"{tool} {np.mean(scores):.3f} ± {np.std(scores):.3f} in {seconds:5.2f} s")
        print(f"{name:>14}: {'; '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
