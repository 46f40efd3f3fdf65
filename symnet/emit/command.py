"""``symnet generate``: a trainer of one network as a file that needs numpy and numba alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def generate(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC", help="A network, '4 -> 8 tanh -> 3 softmax', or a .toml file.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.py", help="The file to write.")],
    cost: Annotated[str | None, typer.Option(help="A cost by name: mse, 'huber(delta=0.5)'.")] = None,
    optimizer: Annotated[str, typer.Option(help="The update rule; symnet optimizer lists them.")] = "gd",
    learning_rate: Annotated[float | None, typer.Option(help="γ, which the trainer's --gamma changes.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Of the learning rate: 'warm_up(5) -> cosine'.")] = None,
    clip: Annotated[str | None, typer.Option(help="The greatest norm of the gradient: 1, or 'value(0.5)'.")] = None,
    weight_decay: Annotated[str | None, typer.Option(help="λ, or 'decoupled(0.01)'.")] = None,
    dtype: Annotated[str, typer.Option(metavar="float64|float32", help="The precision.")] = "float64",
) -> None:
    """Write a trainer: one file with the derivation, its kernels, and a command line of its own.

    \b
    Examples:
        symnet generate "2 -> 1 linear" -o neuron.py
        symnet generate "64 -> 64 relu -> 10 softmax" --cost categorical_cross_entropy --optimizer adam \\
            --schedule "warm_up(5) -> cosine" --dtype float32 -o digits.py

    Then: python neuron.py check; python neuron.py fit data.csv --target y -o model.npz; python neuron.py --help
    """
    from symnet.emit.standalone import generate as written
    from symnet.spec import load

    network = load(spec, cost=cost)
    written(
        network,
        output,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        clip=clip,
        weight_decay=weight_decay,
        dtype=dtype,
    )
    typer.echo(f"written: {output}; see python {output} --help")
