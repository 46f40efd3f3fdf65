"""What the lecture declares: its networks, its numbers, and the blocks that its slides are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from symnet.network import Dense, Input, Network
from symnet.render.display import (
    Matrix,
    Number,
    Row,
)
from symnet.render.document import Formulas, Note, Paragraph, Part, Picture

X, W, B = [1, 2], [3, 4], 1
"""The lecture's neuron: inputs, weights, bias."""


X3 = [1, 2, 3]


W1 = [[4, 3, 1, 1], [1, 4, 4, 3], [3, 4, 3, 2]]


W2 = [4, 2, 1, 3]
"""The lecture's network with a hidden layer: inputs, weights (inputs × units), output weights."""


POINTS = [[0, 1], [1, 0], [1, 1], [2, 1], [1, 2], [2, 3]]
"""Inputs that the neuron is trained on; the targets are the lecture's own weights applied to them."""


@cache
def neuron(activation: str = "linear", samples: int | str = "n") -> Network:
    """The lecture's neuron: two inputs, one output."""
    return Network(Input(2), Dense(1, activation), samples=samples)


@cache
def hidden(activation: str = "linear", output: str = "linear", bias: bool = False) -> Network:
    """The lecture's network: three inputs, four hidden units, one output."""
    return Network(Input(3), Dense(4, activation, bias), Dense(1, output, bias), samples=1)


def say(*parts: Part) -> Paragraph:
    return Paragraph(parts)


def correction(*parts: Part) -> Note:
    return Note("Correction", parts)


@cache
def targets() -> tuple[int, ...]:
    """The targets of :data:`POINTS`: what the neuron predicts with the lecture's own weights."""
    return tuple(int(v) for v in neuron().forward(POINTS, w=W, b=B).values("z1"))


def picture(kind: str, network: Network, **options: Any) -> Picture:
    """A picture of a network."""
    return Picture(network.figure(kind, **options))


def formulas(*rows: Row) -> Formulas:
    return Formulas(rows)


def matrix(rows: Sequence[Sequence[int]]) -> Matrix:
    return Matrix(tuple(tuple(Number(str(v)) for v in row) for row in rows))
