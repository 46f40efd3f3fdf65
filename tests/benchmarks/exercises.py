"""Every template that ships, made for many seeds and verified: ``python -m tests.benchmarks.exercises [--seeds 50]``.

Prints a line a template: variants made, solutions verified both ways, degenerate ones, how many are different from
each other, and the spread of difficulty; then the totals, what draws were refused for, and which slides of the lecture
are covered.  Degenerate cases are counted a second time here, by plain arithmetic over the numbers.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from symnet.exercises import independent
from symnet.exercises.inspect import Inspection, inspected, table
from symnet.exercises.make import variant
from symnet.exercises.template import read, shipped
from symnet.exercises.variant import Choice, Shape, Value, Variant

BEYOND = {"sigmoid": 4.0, "tanh": 2.5}
"""Where a unit counts as saturated."""


def spoilt(one: Variant) -> Iterator[str]:
    """What is degenerate in a variant."""
    network, numbers = one.network, one.numbers
    assert network is not None
    sizes = [network.inputs.units, *(layer.units for layer in network.layers)]
    asked = {type(p.answer) for p in one.parts}
    if Shape in asked and len(set(sizes)) < len(sizes):
        yield "square"
    values = [p.answer for p in one.parts if isinstance(p.answer, Value)]
    if any(v.exact == 0 for v in values):
        yield "answer 0"
    for part in one.parts:
        if isinstance(part.answer, Choice) and len({repr(o.shown) for o in part.answer.options}) < len(
            part.answer.options
        ):
            yield "equal options"
    if numbers is None or numbers.x is None:
        return
    found = independent.forward(network, numbers)
    back = numbers.steps > 0 or any(p.name.startswith("dC/") for p in one.parts)
    for k, layer in enumerate(network.layers, 1):
        sums = [float(v) for name, v in found.items() if name == f"z{k}" or name.startswith(f"z{k}[")]
        kind = layer.function.name
        if kind in BEYOND and max(map(abs, sums)) > BEYOND[kind]:
            yield "saturated"
        if kind == "relu" and (max(sums) <= 0 or (back and min(sums) <= 0)):
            yield "dead ReLU"
        rows = numbers.parameters[network.weight(k).name]
        if isinstance(rows, tuple) and len(rows) > 1:
            lines = [r if isinstance(r, tuple) else (r,) for r in rows]
            if any(a == b for a, b in combinations(lines, 2)) or any(0 in r for r in lines):
                yield "equal weights, or 0"
    numbers_asked = [(p.name, p.answer.exact) for p in one.parts if isinstance(p.answer, Value)]
    for (a, first), (b, second) in combinations(numbers_asked, 2):
        if first == second and not (a[0] == "z" and b == f"a{a[1:]}"):
            yield "two equal answers"


def main() -> None:
    """Print what became of the templates."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exercises", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("templates", nargs="*")
    given = parser.parse_args()
    found: list[Inspection] = []
    start = time.process_time()
    again: Counter[str] = Counter()
    for name in given.templates or shipped():
        before = time.process_time()
        template = read(name)
        found.append(inspected(template, range(given.seeds)))
        print(f"{name:28} {time.process_time() - before:6.1f} s", flush=True)
    seconds = time.process_time() - start
    for name in given.templates or shipped():
        for seed in range(0, given.seeds, 5):
            again.update(spoilt(variant(name, seed)))
    print()
    print(table(found))
    for one in found:
        for fault in one.faults:
            print(f"fault: {fault}")
    made, verified = sum(i.made for i in found), sum(i.verified for i in found)
    print(
        f"\n{len(found)} templates × {given.seeds} seeds: {made} variants, {verified} verified both ways, "
        f"{sum(i.degenerate for i in found)} degenerate (every fifth again: {again.total()} {dict(again)}), "
        f"{sum(i.distinct for i in found)} different; {seconds:.0f} s of one core"
    )
    refused: Counter[str] = Counter()
    for one in found:
        refused.update(one.refused)
    print("draws refused: " + ", ".join(f"{why} {n}" for why, n in refused.most_common()))
    for what, counted in (("kinds", Counter(i.kind for i in found)), ("slides", Counter(i.slide for i in found))):
        print(f"{what}: " + ", ".join(f"{name} {n}" for name, n in sorted(counted.items())))


if __name__ == "__main__":
    main()
