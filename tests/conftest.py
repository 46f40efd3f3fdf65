"""Real data sets, written as the CSV files a user would have."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("symnet", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("symnet")


@pytest.fixture(scope="session")
def iris_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fisher's iris: 150 samples, 4 features, ``target`` one of three species by name."""
    from sklearn.datasets import load_iris

    return _write(tmp_path_factory, "iris", load_iris, lambda data: data.target_names[data.target])


@pytest.fixture(scope="session")
def breast_cancer_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wisconsin breast cancer: 569 samples, 30 features, ``target`` 0 (malignant) or 1 (benign)."""
    from sklearn.datasets import load_breast_cancer

    return _write(tmp_path_factory, "breast_cancer", load_breast_cancer, lambda data: data.target)


@pytest.fixture(scope="session")
def diabetes_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Diabetes progression: 442 samples, 10 features, ``target`` a number."""
    from sklearn.datasets import load_diabetes

    return _write(tmp_path_factory, "diabetes", load_diabetes, lambda data: data.target)


def _write(
    factory: pytest.TempPathFactory,
    name: str,
    load: Callable[[], Any],
    target: Callable[[Any], Iterable[Any]],
) -> Path:
    data = load()
    path = factory.mktemp("data") / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "target"])
        writer.writerows([*x.tolist(), y] for x, y in zip(data.data, target(data), strict=True))
    return path
