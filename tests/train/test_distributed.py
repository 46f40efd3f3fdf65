"""Training on Dask arrays, on a cluster of two processes and on none: the trajectory of one machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

from symnet import Network, SymnetError, cost, l1, l2

ROUNDING = 1e-13


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _data(n: int = 205) -> tuple[Any, Any]:
    X = np.random.default_rng(0).normal(size=(n, 3))
    return X, X @ [1.0, 2.0, -1.0] / 3


def _apart(a: Any, b: Any) -> float:
    """The greatest difference of two trainings, relative to the quantity."""
    pairs = [(a.parameters[name], b.parameters[name]) for name in a.parameters]
    pairs.append((a.history.cost, b.history.cost))
    return max(float(np.max(np.abs(np.subtract(p, q))) / np.max(np.abs(p))) for p, q in pairs)


CASES = [
    (Network("3 -> 4 tanh -> 1", cost="mse"), {"learning_rate": 0.1}),
    (
        Network("3 -> 2 softmax", cost="categorical_cross_entropy", regulariser=l2(0.1)),
        {"optimizer": "adam", "batch_size": 90, "epochs": 3},
    ),
    (Network("3 -> 1", cost=cost("exponential")(tau=500.0), regulariser=l1(0.5)), {"learning_rate": 1e-5}),
]


@pytest.mark.parametrize(
    ("network", "options", "where"),
    [(*CASES[0], "cluster"), (*CASES[0], "threads"), (*CASES[1], "cluster"), (*CASES[2], "cluster")],
    ids=["mse", "without a cluster", "softmax, penalty, batches", "outer function"],
)
def test_trajectory_is_that_of_one_machine(network: Network, options: Any, where: str, client: Any) -> None:
    X, t = _data()
    y = np.c_[t > 0, t <= 0].astype(float) if network.layers[-1].units == 2 else t
    options = {"epochs": 6, **options}
    here = network.fit(X, y, **options)
    spread = network.fit(
        da.from_array(X, chunks=(50, 2)), da.from_array(y, chunks=77), client=client if where == "cluster" else None,
        **options,
    )  # fmt: skip
    assert here.history.cost[-1] < here.history.cost[0]
    assert _apart(here, spread) < ROUNDING


def test_a_worker_killed_in_the_middle_costs_time_and_nothing_else(client: Any) -> None:
    X, y = _data()
    network, options = CASES[0]
    killed = []

    def kill(epoch: int, *_: Any) -> None:
        if epoch == 4:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    spread = network.fit(
        da.from_array(X, chunks=(20, 3)), da.from_array(y, chunks=20), client=client, callbacks=[kill], epochs=12,
        **options,
    )  # fmt: skip
    assert killed
    assert _apart(network.fit(X, y, epochs=12, **options), spread) < ROUNDING


def test_arrays_of_numpy_are_cut_for_the_workers_and_validation_stops_early(client: Any) -> None:
    X, y = _data()
    network, options = CASES[0]
    options = {**options, "epochs": 40, "early_stopping": 2, "validation": (X[:40], y[:40] + 5)}
    here, spread = network.fit(X[40:], y[40:], **options), network.fit(X[40:], y[40:], client=client, **options)
    assert here.history.best == spread.history.best
    assert _apart(here, spread) < ROUNDING


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda X, y: (np.where(np.arange(205)[:, None] == 120, np.nan, X), y), r"X\[120, 0\] is nan"),
        (lambda X, y: (X[:, :2], y), "X has 2 columns, the network has 3 inputs"),
        (lambda X, y: (X, y[:100]), "X has 205 samples and y has 100"),
        (lambda X, y: (X[None], y), "X has 3 axes"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_a_sentence(spoil: Any, said: str, client: Any) -> None:
    X, y = spoil(*_data())
    with pytest.raises(SymnetError, match=said):
        CASES[0][0].fit(da.from_array(X, chunks=50), da.from_array(y, chunks=50), client=client)


def test_samples_are_not_held_out_of_blocks(client: Any) -> None:
    X, y = _data()
    with pytest.raises(SymnetError, match=r"give validation=\(X, y\)"):
        CASES[0][0].fit(X, y, client=client, early_stopping=3)
