"""How long deriving takes as networks grow, deeper and wider: ``python -m tests.benchmarks.growth``."""

from __future__ import annotations

import time

from symnet.algebra.expressions import count
from symnet.derive.reverse import reverse
from symnet.network import Dense, Input, Network

GOALS = {3: 0.020, 10: 0.050, 100: 0.5, 1000: 5.0}
"""Seconds that deriving a network of so many layers may take, after everything is imported."""

SHAPES = ((7, 10, 10, 3), (784, 1024, 1024, 10))


def chain(*units: int) -> Network:
    """A network of sigmoid layers with a linear output and the quadratic cost."""
    hidden = [Dense(u, "sigmoid") for u in units[1:-1]]
    return Network(Input(units[0]), *hidden, Dense(units[-1], "linear"), cost="quadratic")


def measured(net: Network) -> tuple[float, int]:
    """Seconds to write the equations of ``net`` and derive all adjoints, and the nodes of the adjoint equations."""
    start = time.perf_counter()
    adjoints = reverse(net.equations, net.y)
    seconds = time.perf_counter() - start
    return seconds, sum(count(a.equation.right) for a in adjoints)


def main() -> None:
    """Print the table."""
    measured(chain(2, 2, 1))
    print(f"{'network':>24} {'seconds':>9} {'goal':>7} {'nodes':>8} {'nodes/layer':>12}")
    for layers, goal in GOALS.items():
        seconds, nodes = measured(chain(7, *[10] * (layers - 1), 3))
        print(f"{layers:>17} layers {seconds:9.4f} {goal:7.3f} {nodes:8} {nodes / layers:12.1f}")
    for shape in SHAPES:
        seconds, nodes = measured(chain(*shape))
        print(f"{'-'.join(map(str, shape)):>24} {seconds:9.4f} {'':7} {nodes:8} {nodes / (len(shape) - 1):12.1f}")


if __name__ == "__main__":
    main()
