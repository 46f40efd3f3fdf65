"""Every template that ships, made for many seeds and verified: ``python -m tests.benchmarks.exercises [--seeds 50]``.

Prints a line a template: variants made, solutions verified both ways, degenerate ones, how many are different from
each other, and the spread of difficulty; then the totals, and which slides of the lecture are covered.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from symnet.exercises.inspect import Inspection, inspected, table
from symnet.exercises.template import read, shipped


def main() -> None:
    """Print what became of the templates."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exercises", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("templates", nargs="*")
    given = parser.parse_args()
    found: list[Inspection] = []
    start = time.process_time()
    for name in given.templates or shipped():
        before = time.process_time()
        found.append(inspected(read(name), range(given.seeds)))
        print(f"{name:28} {time.process_time() - before:6.1f} s", flush=True)
    seconds = time.process_time() - start
    print()
    print(table(found))
    for one in found:
        for fault in one.faults:
            print(f"fault: {fault}")
    made, verified = sum(i.made for i in found), sum(i.verified for i in found)
    print(
        f"\n{len(found)} templates × {given.seeds} seeds: {made} variants, {verified} verified both "
        f"ways, {sum(i.degenerate for i in found)} degenerate, {sum(i.distinct for i in found)} different; "
        f"{seconds:.0f} s of one core"
    )
    for what, counted in (("kinds", Counter(i.kind for i in found)), ("slides", Counter(i.slide for i in found))):
        print(f"{what}: " + ", ".join(f"{name} {n}" for name, n in sorted(counted.items())))


if __name__ == "__main__":
    main()
