"""The estimators do what scikit-learn expects of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import symnet as sn

OPTIONS: dict[str, Any] = {"hidden": "", "epochs": 60, "learning_rate": 0.05}
"""No hidden layer: the checks fit data of many widths, and every width is compiled."""


@pytest.mark.parametrize("kind", [sn.SymNetClassifier, sn.SymNetRegressor])
def test_scikit_learns_own_checks_pass(kind: Any) -> None:
    results = check_estimator(kind(**OPTIONS), on_fail=None, on_skip=None)
    failed = [(r["check_name"], r["exception"]) for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert sum(r["status"] == "passed" for r in results) > 45


def test_in_a_pipeline_with_a_grid_search_over_processes() -> None:
    X, y = load_iris(return_X_y=True)
    line = make_pipeline(StandardScaler(), sn.SymNetClassifier("8 tanh", epochs=40, random_state=0))
    search = GridSearchCV(line, {"symnetclassifier__learning_rate": [0.01, 0.05]}, n_jobs=2, cv=3).fit(X, y)
    assert search.best_score_ > 0.93
    assert cross_val_score(search.best_estimator_, X, y, cv=3).mean() > 0.93


def test_seeds_repeat_and_models_survive_pickling() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    one = sn.SymNetClassifier("8 tanh", epochs=5, random_state=3).fit(X, names)
    other = clone(one).fit(X, names)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(one.predict(X), again.predict(X))
    np.testing.assert_allclose(one.predict_proba(X).sum(axis=1), 1)


def test_a_whole_network_is_taken_if_it_suits_the_data() -> None:
    X, y = load_iris(return_X_y=True)
    net = sn.Network("4 -> 5 tanh -> 3 softmax", cost="categorical_cross_entropy")
    assert sn.SymNetClassifier(net, epochs=5).fit(X, y).model_.network == net
    with pytest.raises(sn.SymnetError, match="has 4 inputs and 3 outputs, the data need 2 and 3"):
        sn.SymNetClassifier(net, epochs=5).fit(X[:, :2], y)
    with pytest.raises(sn.SymnetError, match="at least 2 classes"):
        sn.SymNetClassifier(epochs=5).fit(X, np.zeros(len(X)))


def test_symnet_is_imported_without_scikit_learn() -> None:
    code = "import sys, symnet; assert not {'sklearn', 'numba', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
