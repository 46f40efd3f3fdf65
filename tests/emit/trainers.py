"""The trainers in ``generated/``: ``python -m tests.emit.trainers`` writes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symnet.emit.standalone import generate, standalone
from symnet.network import Network

FOLDER = Path(__file__).parents[2] / "generated"
TRAINERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "neuron": ("2 -> 1 linear", "sum_of_squares", {"learning_rate": 0.01}),
    "xor": ("2 -> 4 sigmoid -> 1 sigmoid", "sum_of_squares", {"learning_rate": 1.0}),
    "moons": ("2 -> 16 tanh -> 16 tanh -> 1 sigmoid", "cross_entropy", {"optimizer": "adam", "learning_rate": 0.01}),
    "digits": (
        "64 -> 64 relu -> 10 softmax",
        "categorical_cross_entropy",
        {"optimizer": "adam", "schedule": "cosine", "dtype": "float32"},
    ),
}


def text(name: str) -> str:
    """The trainer as symnet writes it today."""
    spec, cost, options = TRAINERS[name]
    return standalone(Network(spec, cost=cost), **options)


if __name__ == "__main__":
    for name, (spec, cost, options) in TRAINERS.items():
        generate(Network(spec, cost=cost), FOLDER / f"{name}.py", **options)
