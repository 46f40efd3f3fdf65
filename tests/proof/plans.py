"""Training functions against the interpreter: random networks × plans × precisions × rules.

``python -m tests.proof.plans --count 500`` draws so many (compiling takes some seconds each) and prints the worst.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from typing import Any

import numpy as np

from symnet.algebra.interpret import run
from symnet.derive.reverse import adjoint_of
from symnet.emit.training import trainer
from symnet.errors import SymnetError
from symnet.lower import products, rows
from symnet.lower.plan import Plan, plan
from symnet.network import COST, Dense, Network
from symnet.optimizers import OPTIMIZERS
from symnet.schedules import schedule
from symnet.training_step import clipping, decay, joined
from symnet.update import Optimizer
from tests.proof.cases import draw, network_code

TOLERANCE = {"float64": 1e-12, "float32": 2e-5}
KINDS = ("unrolled", "tiled", "blas", "moments")
POLYNOMIAL = ("sum_of_squares", "quadratic", "mse", "half_mse")
EPOCHS, COPIES, BATCH = 2, 15, 23


def checked(number: int) -> tuple[str, float]:
    """What case ``number`` was, and how far its training lies from the interpreter's, relatively.

    NaN where the interpreter has no answer: ∞ ÷ ∞ in a training that diverges, which kernels may survive.
    """
    case, dtype = draw(number), ("float64", "float32")[number // 3 % 2]
    net, start = network(number)
    kind = _kind(net, number)
    rule = _rule(number)
    x, y = (_repeated(a, case.net.samples == 1) for a in (case.x, case.y))
    batch = None if kind == "moments" else BATCH

    def trained(precision: str) -> tuple[Any, Any]:
        made = _trainer(net, rule, kind, len(x) if batch is None else None, precision, number // 6 % 2 == 1)
        running = made.start(start, rule.start(start))
        return running, running.run(made.laid(x), made.laid(y), EPOCHS, batch)

    running, costs = trained(dtype)
    held = [running.parameters, *running.states.values(), {"cost": costs}]
    if dtype == "float32" and not all(np.isfinite(a).all() for values in held for a in values.values()):
        dtype = "float64"  # its cost, or the squares of its gradients, are beyond the range of single precision
        running, costs = trained(dtype)
    wanted, before = interpreted(net, rule, x, y, start, EPOCHS, batch or len(x))
    if any(np.isnan(value).any() for value in (*wanted.values(), before)):
        return f"{kind} {dtype} {rule.name}", math.nan
    after = running.parameters
    errors = [_apart(after[name], value) for name, value in wanted.items()]
    errors.append(_apart(costs, before) if kind != "moments" else 0.0)
    return f"{kind} {dtype} {rule.name}", max(errors) / TOLERANCE[dtype]


def network(number: int) -> tuple[Network, dict[str, Any]]:
    """The network of a case, over samples, and where it starts; one in ten is such that moments train it."""
    case = draw(number)
    net, start = case.net, dict(case.parameters)
    if number % 10 == 9:
        only = Dense(net.layers[-1].units, "linear", bias=number % 20 == 9)
        net = Network(net.inputs, only, cost=POLYNOMIAL[number // 10 % len(POLYNOMIAL)])
        rng = np.random.default_rng(number)
        start = {p.name: rng.normal(size=[int(a.size) for a in p.axes]) for p in net.parameters}
    elif net.samples == 1:
        net = Network(net.inputs, *net.layers, cost=net.cost, regulariser=net.regulariser)
    return net, start


def _apart(got: Any, wanted: Any) -> float:
    got, wanted = np.asarray(got, np.float64), np.asarray(wanted, np.float64)
    usual = np.isfinite(wanted)
    if not np.array_equal(got[~usual], wanted[~usual], equal_nan=True):  # both overflow alike, or it is wrong
        return math.inf
    got, wanted = got[usual], wanted[usual]
    return float(np.max(np.abs(got - wanted) / np.maximum(1.0, np.max(np.abs(wanted))))) if wanted.size else 0.0


def _kind(net: Network, number: int) -> str:
    if plan(net).kind == "moments":
        return "moments"
    return KINDS[number % 3]


def _rule(number: int) -> Optimizer:
    names = list(OPTIMIZERS)
    rule = OPTIMIZERS[names[number % len(names)]]
    if "gamma" in rule.constants:
        rule = rule(gamma=1e-3)
    parts: list[Any] = [None, None, None]
    if number % 5 == 1:
        parts[0] = schedule("warm_up(3) -> cosine per step")
    if number % 5 == 2:
        parts[1] = clipping(0.1)
    if number % 5 == 3:
        parts[1] = clipping("value(0.05)")
    if number % 5 == 4:
        try:
            parts[2] = decay("decoupled(0.01)", rule)
        except SymnetError:  # a rule with a decay of its own
            rule = rule(lamda=0.05)
    return joined(rule, *parts, length=20, steps=4)


def _repeated(array: Any, single: bool) -> Any:
    array = np.asarray(array)[None] if single else np.asarray(array)
    return np.concatenate([array] * COPIES)


def _trainer(net: Network, rule: Optimizer, kind: str, whole: int | None, dtype: str, small: bool) -> Any:
    large, tile = products.LARGE, dict(rows.TILE)
    products.LARGE = 4  # so that BLAS has something to do in networks of this size
    if small:
        rows.TILE.update({kind: 9 for kind in tile})  # so that a batch is several tiles
    try:
        return trainer(net, rule, Plan(kind, ""), whole, dtype=dtype, cache=False)
    finally:
        products.LARGE = large
        rows.TILE.update(tile)


def interpreted(
    net: Network, rule: Optimizer, x: Any, y: Any, start: Any, epochs: int, batch: int
) -> tuple[dict[str, Any], list[float]]:
    """The parameters after some epochs, and the cost of each epoch's last batch before its step."""
    parameters = dict(start)
    states, steps, costs = rule.start(parameters), 0, []
    equations = [*net.equations, *(a.equation for a in net.derive().backward)]
    for _ in range(epochs):
        for first in range(0, len(x), batch):
            steps += 1
            at = rule.place(parameters, states)
            given = {net.x: x[first : first + batch], net.y: y[first : first + batch]}
            given |= {p: np.asarray(at[p.name]) for p in net.parameters}
            given |= {c: np.asarray(v) for c, v in net.constants.items()}
            values = run(equations, given)
            slopes = {p.name: values[adjoint_of(p)] for p in net.parameters}
            parameters, states = rule.step(parameters, slopes, states, steps)
        costs.append(float(values[COST]))
    return parameters, costs


def main() -> None:
    """Draw, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.plans", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    seen: Counter[str] = Counter()
    worst: dict[str, tuple[float, int]] = {}
    wrong = unanswered = 0
    begun = time.perf_counter()
    for number in range(given.first, given.first + given.count):
        what, error = checked(number)
        key = " ".join(what.split()[:2])
        if math.isnan(error):
            unanswered += 1
            print(f"case {number} ({what}): no answer: {network_code(network(number)[0])}", flush=True)
            continue
        seen[key] += 1
        if not error <= worst.get(key, (-1.0, 0))[0]:
            worst[key] = (error, number)
        if not error <= 1.0:
            wrong += 1
            print(
                f"case {number} ({what}): {error:.3g} times the tolerance: {network_code(network(number)[0])}",
                flush=True,
            )
    print(
        f"{sum(seen.values())} cases, {wrong} beyond the tolerance, {time.perf_counter() - begun:.0f} s; "
        f"{unanswered} besides in which the interpreter ends with NaN"
    )
    for key, number_of in sorted(seen.items()):
        error, number = worst[key]
        print(f"{key:>20} {number_of:5} cases, worst {error * TOLERANCE[key.split()[1]]:.1e} in case {number}")


if __name__ == "__main__":
    main()
