"""Training beside other tools, as tables: ``python -m tests.benchmarks --help``."""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

from tests.benchmarks.training.rows import ROWS, Row
from tests.benchmarks.training.worker import Worker

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
"""How far the final costs of two tools may lie apart, relatively."""

REST = 0.25
"""Seconds between two runs: threads of the tool before spin for a while."""


def main() -> None:
    """Print the tables that were asked for."""
    from tests.benchmarks.training.peers import PEERS

    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", help=f"some of: {'; '.join(names)} (separated by ;)")
    parser.add_argument("--peers", help=f"some of: {'; '.join(list(PEERS)[1:])} (separated by ;)")
    parser.add_argument("--repeats", type=int, default=21, help="runs of each tool, in turn (21)")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long a run takes, about (0.1)")
    parser.add_argument("--threads", type=int, default=2, help="threads for every tool (2)")
    parser.add_argument(
        "--cold", action="store_true", help="import, compile and first step, and memory, of new processes"
    )
    parser.add_argument("--growth", action="store_true", help="time a step as samples, width and depth grow")
    given = parser.parse_args()

    def some(chosen: str | None, known: list[str]) -> list[str]:
        found = known if chosen is None else [name.strip() for name in chosen.split(";")]
        if unknown := [name for name in found if name not in known]:
            parser.error(f"unknown {unknown[0]!r}; there are {'; '.join(known)} (separated by ;)")
        return found

    chosen = some(given.rows, names)
    rows = [row for row in ROWS if row.name in chosen]
    peers = ["symnet", *some(given.peers, list(PEERS)[1:])]
    _limit_threads(given.threads)
    if given.cold:
        from tests.benchmarks.training.cold import table

        table(peers)
    elif given.growth:
        _growth(peers, given.repeats, given.seconds)
    else:
        _machine(given.threads)
        print(
            f"\n{'row':>20} {'plan':>9} "
            + " ".join(f"{p:>14}" for p in peers)
            + "    best/symnet  aim   /limit  aim   costs"
        )
        for row in rows:
            print(compared(row, peers, given.repeats, given.seconds), flush=True)


def _limit_threads(threads: int) -> None:
    import os

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def _machine(threads: int) -> None:
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            processor = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), processor)
    except OSError:
        pass
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{processor}, {os.cpu_count()} cores, {threads} threads, load {load}; Python {platform.python_version()}")
    found = []
    for name in ("numba", "numpy", "scipy", "torch", "jax", "scikit-learn"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} –")
    print(", ".join(found))
    print("µs a step: the median of the runs of each tool, which take turns; compiling is not counted")
    print("ratios: the median of those of each turn, since a shared machine is faster in one minute than in the next")


def timed(
    row: Row, peers: list[str], repeats: int, wanted: float
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, str]]:
    """Seconds a step in each turn, and final costs, by tool (and the bare products), and why a tool has none.

    Every tool has a process of its own, so that no tool's threads are in another's way; they take turns.
    """
    names = [*peers, *(["limit"] if row.limit is not None else [])]
    workers = {name: Worker(row, name) for name in names}
    costs, missing, epochs = {}, {}, {}
    for name, worker in workers.items():
        why, cost = worker.ask("begin")
        if why:
            missing[name] = why
            continue
        costs[name] = cost
        epochs[name] = worker.ask("long enough", wanted)
    seconds: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(repeats):
        for name, some in epochs.items():
            time.sleep(REST)
            seconds[name].append(workers[name].ask("run", some) / (row.steps * some))
    for worker in workers.values():
        worker.end()
    costs.pop("limit", None)
    return seconds, costs, missing


def ratio(one: list[float], other: list[float]) -> float:
    """The median of the turns' ratios."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def compared(row: Row, peers: list[str], repeats: int, seconds: float) -> str:
    """A line of the table."""
    turns, costs, missing = timed(row, peers, repeats, seconds)
    times = {name: statistics.median(some) for name, some in turns.items()}
    cells = [f"{times[p] * 1e6:14.3f}" if p in times else f"{missing[p]:>14}" for p in peers]
    others = {p: t for p, t in times.items() if p not in ("symnet", "limit")}
    best = f"{ratio(turns[min(others, key=lambda p: others[p])], turns['symnet']):9.2f}×" if others else " " * 10
    limit = f"{ratio(turns['symnet'], turns['limit']):8.2f}× {row.limit:4.2f}" if "limit" in times else " " * 14
    apart = {p: abs(c - costs["symnet"]) / max(abs(costs["symnet"]), 1e-300) for p, c in costs.items()}
    wrong = [f"{p} {e:.0e}" for p, e in apart.items() if not e <= TOLERANCE[row.dtype]]
    agree = f"agree to {max(apart.values()):.0e}" if not wrong else f"DIFFER: {', '.join(wrong)}"
    return f"{row.name:>20} {row.plan.kind:>9} " + " ".join(cells) + f"    {best} {row.aim:5g} {limit}  {agree}"


def _growth(peers: list[str], repeats: int, seconds: float) -> None:
    base = {row.name: row for row in ROWS}
    neuron, moons = base["neuron"], base["moons"]
    wanted = [
        replace(neuron, name=f"neuron, {n:,} samples", samples=n, epochs=2, rate=0.1 / n)
        for n in (10, 1_000, 100_000, 1_000_000)
    ]
    wanted += [replace(moons, name=f"moons, {w} units", sizes=(2, w, w, 1), epochs=1) for w in (8, 16, 64, 256, 1024)]
    wanted += [
        replace(moons, name=f"moons, {d} layers", sizes=(2, *(16,) * (d - 1), 1), epochs=1) for d in (2, 4, 8, 16)
    ]
    print(f"{'row':>26} {'plan':>9} " + " ".join(f"{p:>14}" for p in peers) + "   µs a step")
    for row in wanted:
        turns, _, missing = timed(row, peers, repeats, seconds)
        times = {name: statistics.median(some) for name, some in turns.items()}
        cells = [f"{times[p] * 1e6:14.3f}" if p in times else f"{missing[p]:>14}" for p in peers]
        print(f"{row.name:>26} {row.plan.kind:>9} " + " ".join(cells), flush=True)


if __name__ == "__main__":
    main()
