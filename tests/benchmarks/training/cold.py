"""New processes: import, compile and first step, and the most memory that each tool takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.training.rows import ROWS

PROGRAM = """
import sys
from tests.benchmarks.training.cold import first
first(sys.argv[1], sys.argv[2])
"""


def first(name: str, peer: str) -> None:
    """One epoch of a row in this process, and its peak of memory in megabytes on standard output."""
    from resource import RUSAGE_SELF, getrusage

    from tests.benchmarks.training.peers import PEERS

    row = next(r for r in ROWS if r.name == name)
    run = PEERS[peer](row)
    if run is None:
        print("none")
        return
    run(1)
    print(f"peak {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def table(peers: list[str], rows: tuple[str, ...] = ("xor", "moons", "digits")) -> None:
    """Print seconds and megabytes; symnet without anything compiled before, and again with it."""
    print("seconds from the start of a process to the end of its first epoch, and its peak of memory")
    columns = [p for p in peers if p != "symnet"]
    print(f"{'row':>10} " + " ".join(f"{p:>20}" for p in ("symnet, first", "symnet, again", *columns)))
    for name in rows:
        with tempfile.TemporaryDirectory() as cache:
            cells = [_measured(name, peer, cache) for peer in ("symnet", "symnet", *columns)]
        print(f"{name:>10} " + " ".join(f"{c:>20}" for c in cells), flush=True)


def _measured(name: str, peer: str, cache: str) -> str:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, peer],
        env={**os.environ, "SYMNET_CACHE": cache},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - begun
    peak = re.search(r"peak (\d+)", done.stdout)
    return f"{seconds:.2f} s, {peak[1]} MB" if peak else "–"
