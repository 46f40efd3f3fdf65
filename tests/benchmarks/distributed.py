"""Training on a cluster of two processes beside one process: the same trajectory, and from where on it pays.

    python -m tests.benchmarks.distributed --samples 1000,10000,100000,1000000

An epoch is a step over all samples.  In the last row a worker is killed in the middle.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from typing import Any

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import symnet as sn

SPEC, COST = "20 -> 64 tanh -> 1", "mse"


def data(n: int) -> tuple[Any, Any]:
    """n samples of 20 normal features, and a target that the network can learn."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 20))
    return X, np.sin(X @ rng.normal(size=20) / 4)


def trained(X: Any, y: Any, epochs: int, **options: Any) -> tuple[sn.Model, float]:
    """A training, and its milliseconds an epoch."""
    model = sn.Network(SPEC, cost=COST).fit(X, y, epochs=epochs, learning_rate=0.05, progress=False, **options)
    return model, model.history.seconds / epochs * 1e3


def apart(a: sn.Model, b: sn.Model) -> float:
    """The greatest relative difference of parameters and costs."""
    pairs = [(a.parameters[name], b.parameters[name]) for name in a.parameters]
    pairs.append((a.history.cost, b.history.cost))
    return max(float(np.max(np.abs(np.subtract(p, q))) / np.max(np.abs(p))) for p, q in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", default="1000,10000,100000,1000000")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--blocks", type=int, default=4)
    arguments = parser.parse_args()
    print(f"{SPEC}, cost {COST}; {arguments.epochs} epochs, each one step over all samples; two worker processes\n")
    print("  samples   one process   two workers   one ÷ two   trajectories apart")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        sizes = [int(n) for n in arguments.samples.split(",")]
        for n in sizes:
            X, y = data(n)
            size = -(-n // arguments.blocks)
            spread = da.from_array(X, chunks=(size, 20)), da.from_array(y, chunks=size)
            trained(X, y, 1)
            trained(*spread, 1, client=client)
            here, one = trained(X, y, arguments.epochs)
            there, two = trained(*spread, arguments.epochs, client=client)
            print(f"{n:9,} {one:10.2f} ms {two:10.2f} ms {one / two:11.2f}   {apart(here, there):.1e}", flush=True)

        def kill(epoch: int, *_: Any) -> None:
            if epoch == arguments.epochs // 2:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        begun = time.perf_counter()
        there, two = trained(*spread, arguments.epochs, client=client, callbacks=[kill])
        print(
            f"{n:9,} {'':13} {two:10.2f} ms {'':11}   {apart(here, there):.1e}   a worker killed in epoch "
            f"{arguments.epochs // 2}; {time.perf_counter() - begun:.1f} s in all"
        )


if __name__ == "__main__":
    main()
