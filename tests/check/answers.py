"""What the tests of reading share: values for every tensor of a network, and whether a reading is the truth."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from symnet.algebra.interpret import Environment, evaluate, run
from symnet.check.read.network_file import load_check_network
from symnet.check.read.reading import Reading
from symnet.check.read.symbols import Target, Vocabulary
from symnet.network import Network

NETWORKS = Path(__file__).parent.parent / "networks"


@lru_cache
def declared(name: str) -> tuple[Network, Vocabulary]:
    """A network of ``tests/networks`` with its vocabulary."""
    return load_check_network(NETWORKS / f"{name}.toml")


@lru_cache
def values(network: Network, seed: int) -> Environment:
    """Every tensor's value, forward and backward, from random data of 3 samples."""
    random = np.random.default_rng(seed)
    drawn = {
        t: random.normal(size=tuple(a.size if isinstance(a.size, int) else 3 for a in t.axes))
        for t in (network.x, *network.parameters)
    }
    shape = tuple(a.size if isinstance(a.size, int) else 3 for a in network.y.axes)
    y = random.uniform(0.1, 0.9, shape)
    drawn[network.y] = y / y.sum(-1, keepdims=True) if network.layers[-1].function.normalised else y
    drawn |= {constant: np.asarray(random.uniform(0.2, 0.9)) for constant in network.constants}
    forward = run(network.equations, drawn)
    return run([adjoint.equation for adjoint in network.derive().backward], forward)


def is_true(network: Network, asked: Target, reading: Reading, seeds: int = 6) -> bool:
    """Whether the reading is the derivative that is asked for, at random numbers."""
    if reading.status != "read" or reading.expr is None:
        return False
    for seed in range(seeds):
        known = values(network, seed)
        given, truth = (evaluate(e, known, asked.axes) for e in (reading.expr, asked.truth))
        if not np.allclose(given, truth, rtol=1e-9, atol=1e-12):
            return False
    return True
