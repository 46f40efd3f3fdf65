"""How long symnet takes to start:  python -m tests.benchmarks.startup [--repeats N]

Whole processes, taken in turn so that a noisy machine disturbs all of them alike; the median of the repeats.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

COMMANDS = {
    "import sympy": ("-c", "import sympy"),
    "import symnet": ("-c", "import symnet"),
    'symnet derive "2 -> 3 sigmoid -> 1 linear"': ("-m", "symnet", "derive", "2 -> 3 sigmoid -> 1 linear"),
    'symnet forward "2 -> 1 linear" …': (
        *("-m", "symnet", "forward", "2 -> 1 linear", "--x", "1,2", "--w", "3,4", "--b", "1"),
    ),
    "symnet lecture": ("-m", "symnet", "lecture"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """The wall time of one process."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    print("| process | median | least |\n|---|---|---|")
    for name, times in taken.items():
        print(f"| {name} | {median(times):.3f} s | {min(times):.3f} s |")
    print(f"\nimport symnet is {median(taken['import symnet']) / median(taken['import sympy']):.2f} × import sympy")


if __name__ == "__main__":
    main()
