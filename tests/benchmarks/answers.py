"""The 129 answers of ``tests/check/cases.jsonl`` through ``check``:  python -m tests.benchmarks.answers [--rounds N]

Prints how many were judged rightly (C1), then how long a verdict takes in a process that has loaded its networks: in
the first round every answer is new to the process, in later ones it was seen before, with another seed.  Then answers a
minute with several processes, and the first verdict of a whole process.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

from symnet.check.verdict import Verdict, check
from tests.check.answers import NETWORKS, declared

Case = dict[str, Any]
LINES = (Path(__file__).parent.parent / "check" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
CASES: list[Case] = [json.loads(line) for line in LINES]

COLD = """
import sys
from symnet.check.read.network_file import load_check_network
from symnet.check.verdict import check
network, names = load_check_network(sys.argv[1])
print(check(network, sys.argv[2], sys.argv[3], names=names).status)
"""


def verdict(case: Case, answer: str | None = None, seed: int = 0) -> Verdict:
    """The verdict on a case's answer, or on another answer to its question."""
    network, names = declared(case["network"]["id"])
    text = case["answer"] if answer is None else answer
    return check(network, case["target"], text, syntax=case["syntax"], names=names, seed=seed)


def warm() -> None:
    """Loads every network and asks every question once, with the answer 0."""
    for question in {(case["network"]["id"], case["target"]): case for case in CASES}.values():
        verdict(question, "0")


def timed(seed: int) -> list[tuple[float, Case, Verdict]]:
    """All cases once: seconds, case, verdict."""
    out = []
    for case in CASES:
        start = time.perf_counter()
        found = verdict(case, seed=seed)
        out.append((time.perf_counter() - start, case, found))
    return out


def quality(found: list[tuple[float, Case, Verdict]]) -> str:
    """The table of C1."""
    right = [v for _, case, v in found if case["verdict"] == "correct"]
    wrong = [(case, v) for _, case, v in found if case["verdict"] != "correct"]
    fitting = [v for case, v in wrong if v.kind in {case["error_kind"], *case["also_accept_kinds"]}]
    misled = [(c, v) for c, v in wrong if v.diagnosis and v.kind not in {c["error_kind"], *c["also_accept_kinds"]}]
    rows: list[tuple[str, object]] = [
        ("right answers", len(right)),
        ("of these accepted", sum(v.right is True for v in right)),
        ("of these proved", sum(v.status == "proved" for v in right)),
        ("of these called different", sum(v.right is False for v in right)),
        ("wrong answers", len(wrong)),
        ("of these accepted (must be 0)", sum(v.right is True for _, v in wrong)),
        ("of these called different", sum(v.right is False for _, v in wrong)),
        ("kind is error_kind or in also_accept_kinds", f"{len(fitting)} ({len(fitting) / len(wrong):.0%})"),
        ("a diagnosis of another kind (misleading)", len(misled)),
        ("undecided, right or wrong", sum(v.status == "undecided" for _, _, v in found)),
        ("not understood, right or wrong", sum(v.status == "not understood" for _, _, v in found)),
    ]
    lines = ["| C1 | answers |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    for _, case, v in found:
        kinds = {case["error_kind"], *case["also_accept_kinds"]}
        if v.right is not (case["verdict"] == "correct") or (v.right is False and v.kind not in kinds):
            lines.append(f"\n{case['id']} {case['network']['id']} {v.status} {v.kind}, not {case['error_kind']}")
    return "\n".join(lines)


def latency(name: str, seconds: list[float]) -> str:
    """A row of the table of C3."""
    ordered = sorted(seconds)
    worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return f"| {name} | {len(ordered)} | {1e3 * median(ordered):.1f} | {1e3 * worst:.0f} | {1e3 * ordered[-1]:.0f} |"


def _work(start: Barrier, done: Queue[float], rounds: int, seed: int) -> None:
    warm()
    start.wait()
    begun = time.perf_counter()
    for k in range(rounds):
        timed(seed + k)
    done.put(time.perf_counter() - begun)


def per_minute(workers: int, rounds: int) -> float:
    """Answers a minute, by the slowest of several warm processes."""
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(workers), context.Queue()
    processes = [context.Process(target=_work, args=(start, done, rounds, 1000 * k)) for k in range(workers)]
    for process in processes:
        process.start()
    taken = max(done.get(timeout=600) for _ in processes)
    for process in processes:
        process.join()
    return 60 * workers * rounds * len(CASES) / taken


def cold(case: Case) -> float:
    """Seconds of a whole process that gives one verdict."""
    file = str(NETWORKS / f"{case['network']['id']}.toml")
    start = time.perf_counter()
    command = [sys.executable, "-c", COLD, file, case["target"], case["answer"]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    warm()
    rounds = [timed(seed) for seed in range(options.rounds)]
    print(quality(rounds[0]))
    print("\n| C3, warm | verdicts | median ms | 99 % ms | longest ms |\n|---|---|---|---|---|")
    print(latency("answers not seen before", [s for s, _, _ in rounds[0]]))
    print(latency("answers seen before", [s for found in rounds[1:] for s, _, _ in found] or [0.0]))
    for seconds, case, v in sorted(rounds[0], key=lambda one: -one[0])[:5]:
        print(
            f"\nslow: {1e3 * seconds:.0f} ms {case['id']} {case['network']['id']} {case['target']} {v.status} {v.kind}"
        )
    print(f"\nanswers a minute, {options.workers} processes: {per_minute(options.workers, options.rounds):.0f}")
    starts = [cold(case) for case in (CASES[0], CASES[64], CASES[128]) for _ in range(3)]
    print(f"first verdict of a whole process: median {median(starts):.2f} s, longest {max(starts):.2f} s")


if __name__ == "__main__":
    main()
