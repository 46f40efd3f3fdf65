"""``symnet train``: a network fitted to a CSV file, from the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symnet.errors import SymnetError, unknown

if TYPE_CHECKING:
    from symnet.costs import Regulariser
    from symnet.network import Network
    from symnet.train.data import Split, Standardiser, Table
    from symnet.train.model import Model

FEW = 10
"""With fewer samples none are held out by default."""


def train(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC", help="A network, '4 -> 8 tanh -> 3 softmax', or a .toml file.")
    ],
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", help="The samples, a row for each.")],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="What to predict: a name or number; several: y1,y2.")],
    cost: Annotated[str | None, typer.Option(help="A cost by name: mse, 'huber(delta=0.5)'.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The length of a step; by default the optimizer's own: gd 0.1, adam 0.001.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="How often every sample is used.")] = 100,
    batch_size: Annotated[int | None, typer.Option(help="Samples a step; by default all.")] = None,
    optimizer: Annotated[
        str, typer.Option(help="The update rule: adam, 'adam(beta_1=0.8)'; symnet optimizer lists them.")
    ] = "gd",
    schedule: Annotated[
        str | None,
        typer.Option(
            help="Of the learning rate: cosine, 'step(K=10, q=0.5)', 'exponential(0.95)', 'warm_up(5) -> cosine'; by "
            "epochs, or with 'per step' at its end."
        ),
    ] = None,
    clip: Annotated[
        str | None, typer.Option(help="The greatest norm of the gradient, 1; of its elements: 'value(0.5)'.")
    ] = None,
    weight_decay: Annotated[
        str | None, typer.Option(help="λ, added to the gradient as λ·w (adamw: its own); or 'decoupled(0.01)'.")
    ] = None,
    early_stopping: Annotated[
        int | None,
        typer.Option(metavar="EPOCHS", help="Stop when the validation cost has not fallen for so long; keep the best."),
    ] = None,
    initial: Annotated[str, typer.Option(help="Starting weights: xavier, he, uniform or zeros.")] = "xavier",
    standardise: Annotated[
        bool, typer.Option("--standardise/--no-standardise", help="Bring features to mean 0 and deviation 1.")
    ] = True,
    standardise_target: Annotated[
        bool | None,
        typer.Option(
            "--standardise-target/--no-standardise-target",
            help="The target too; by default with --standardise, if a number and the last layer linear.",
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(help=f"The share of samples held out; by default 0.2, below {FEW} samples none."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of starting weights, split and shuffling.")] = 0,
    dtype: Annotated[str, typer.Option(metavar="float64|float32", help="The precision of training.")] = "float64",
    threads: Annotated[int | None, typer.Option(help="Of BLAS, for large layers; by default all cores.")] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether the first row names the columns.")
    ] = None,
    features: Annotated[
        str | None, typer.Option(metavar="A,B", help="The columns to learn from; by default all others.")
    ] = None,
    regulariser: Annotated[
        str | None,
        typer.Option(metavar="NAME:λ", help="l1:0.01 or l2:0.01; with a normalisation, l2:0.01:1/n."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the model: .npz.")] = None,
    curve: Annotated[Path | None, typer.Option(help="Write the cost over the epochs: .csv, .svg or .png.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a network on the rows of a CSV file.

    A target of words, or any target of a softmax, cross-entropy or hinge network, names classes.  Exit status 1: the
    cost rose.

    \b
    Examples:
        printf 'a,b,y\\n0,0,0\\n0,1,1\\n1,0,1\\n1,1,0\\n' > xor.csv
        symnet train "2 -> 4 tanh -> 1 sigmoid" xor.csv --target y --cost cross_entropy \\
            --epochs 500 --learning-rate 1 -o xor.npz
        symnet train "2 -> 4 tanh -> 1 sigmoid" xor.csv --target y --cost cross_entropy \\
            --optimizer "adam(beta_1=0.8)" --learning-rate 0.1 --schedule "warm_up(5) -> cosine" --clip 1
        seq 30 | awk '{print $1 "," $1 + ($1 * 7) % 11}' > line.csv
        symnet train "1 -> 8 tanh -> 1" line.csv --target 2 --no-header --cost mse --optimizer nesterov \\
            --weight-decay "decoupled(0.001)" --epochs 500 --early-stopping 20
    """
    job = _read(spec, cost, regulariser, data, target, features, header)
    _check_outputs(data, output, curve)
    parts, held_out = _split(job.table, validation, seed)
    if early_stopping is not None and not held_out:
        raise SymnetError(
            "--early-stopping watches the cost of held-out samples, and none are held out; add --validation 0.2"
        )
    x_scale, y_scale = _standardisers(job, parts.train, standardise, standardise_target)
    begun = time.perf_counter()
    from symnet.train.fit import fit

    fitted = fit(
        job.network,
        *_scaled(parts.train, x_scale, y_scale),
        validation=_scaled(parts.validation, x_scale, y_scale) if held_out else None,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        clip=clip,
        weight_decay=weight_decay,
        early_stopping=early_stopping,
        epochs=epochs,
        batch_size=batch_size,
        initial=initial,
        seed=seed,
        dtype=dtype,
        threads=threads,
    )
    model = replace(
        fitted,
        standardiser=x_scale,
        target_standardiser=y_scale,
        classes=job.table.classes,
        features=job.table.features,
        targets=job.table.targets,
    )
    whole = time.perf_counter() - begun
    _write(model, output, curve)
    from symnet.train.report import Report

    report = Report.of(model, data, parts.train, parts.validation if held_out else None, whole)
    report = replace(report, model_file=output, curve_file=curve, batch_size=batch_size, asked=epochs)
    print(report.json() if json else report.text())
    if model.history.cost[-1] > model.history.cost[0]:
        raise typer.Exit(1)  # written all the same, for the curve shows why


@dataclass(frozen=True)
class _Job:
    """A network and the table that it learns from, whose y is coded as the network takes it."""

    network: Network
    table: Table


def _read(
    spec: str,
    cost: str | None,
    regulariser: str | None,
    data: Path,
    target: str,
    features: str | None,
    header: bool | None,
) -> _Job:
    from symnet.spec import load
    from symnet.train.checks import trainable
    from symnet.train.classes import classifies, encode
    from symnet.train.data import read_csv

    network = load(spec, cost=cost, regulariser=_regulariser(regulariser), samples="n")
    trainable(network)
    names = _columns(target, "--target")
    chosen = None if features is None else _columns(features, "--features")
    many = len(names) > 1
    table = read_csv(
        data,
        names if many else names[0],
        features=chosen,
        header=header,
        classes=classifies(network) and not many,
    )
    width, units = network.inputs.units, network.layers[-1].units
    if len(table.features) != width:
        raise SymnetError(
            f"{data.name} has {_counted(len(table.features), 'feature')}, "
            f"the network has {_counted(width, 'input')}; begin it with {len(table.features)} ->, or "
            f"choose {_counted(width, 'column')} with --features"
        )
    if table.classes is not None:
        codes = table.y if table.y.ndim == 1 else table.y.argmax(axis=1)
        coded = encode(network, codes, table.classes, f"column {table.targets[0]} of {data.name}")
        return _Job(network, replace(table, y=coded))
    if len(names) != units:
        raise SymnetError(
            f"--target names {_counted(len(names), 'column')} of numbers, "
            f"the last layer has {_counted(units, 'unit')}; give it {len(names)}, or name "
            f"{_counted(units, 'column')}, as in --target y1,y2"
        )
    return _Job(network, replace(table, y=table.y.reshape(len(table.y), -1)) if many else table)


def _columns(text: str, option: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise SymnetError(f"{option} is {text!r}; expected columns separated by commas, such as a,b")
    return names


def _regulariser(text: str | None) -> Regulariser | None:
    from symnet import costs

    if text is None:
        return None
    name, _, rest = text.partition(":")
    strength, _, normalisation = rest.partition(":")
    known = {"l1": costs.l1, "l2": costs.l2}
    if name not in known:
        raise unknown("regulariser", name, known)
    try:
        value = float(strength)
    except ValueError:
        raise SymnetError(f"--regulariser is {text!r}; expected a name and a strength, such as l2:0.01") from None
    return known[name](value, *([normalisation] if normalisation else []))


def _check_outputs(data: Path, output: Path | None, curve: Path | None) -> None:
    """What can be known before training about the files to write."""
    from symnet.train.curve import check

    if output is not None and output.suffix.lower() != ".npz":
        raise SymnetError(f"a model cannot be written as {output.name}; end the name in .npz")
    if curve is not None:
        check(curve)
    for path in (output, curve):
        if path is None:
            continue
        if os.path.realpath(path) == os.path.realpath(data):
            raise SymnetError(f"{path} is the file of the data, which would be lost; give another name")
        folder = Path(os.path.realpath(path)).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK) or path.is_dir():
            raise SymnetError(f"{path} cannot be written; give a file in a folder that exists and is yours to write")


def _split(table: Table, validation: float | None, seed: int) -> tuple[Split, bool]:
    """The split, and whether anything is held out."""
    from symnet.train.checks import whole
    from symnet.train.data import split
    from symnet.train.stopping import SHARE

    share = validation
    if share is None:
        share = SHARE if len(table.X) >= FEW else 0.0
    return split(table, validation=share, seed=whole(seed, "seed", 0)), share > 0


def _standardisers(
    job: _Job, table: Table, features: bool, target: bool | None
) -> tuple[Standardiser | None, Standardiser | None]:
    """The standardisers of features and target, fitted to the training part alone."""
    from symnet.train.data import Standardiser

    network = job.network
    suits = job.table.classes is None and network.layers[-1].function.is_linear
    suits = suits and network.cost.domain == "real" and network.cost.targets == "real"
    if target and not suits:
        raise SymnetError(
            "--standardise-target needs a target of numbers, a linear last layer and a cost defined for any "
            "number; leave it out"
        )
    wanted = suits and (features if target is None else target)
    return (
        Standardiser.fit(table.X) if features else None,
        Standardiser.fit(table.y.reshape(len(table.y), -1)) if wanted else None,
    )


def _scaled(table: Table, x_scale: Standardiser | None, y_scale: Standardiser | None) -> tuple[Any, Any]:
    y = table.y if y_scale is None else y_scale.transform(table.y.reshape(len(table.y), -1)).reshape(table.y.shape)
    return table.X if x_scale is None else x_scale.transform(table.X), y


def _write(model: Model, output: Path | None, curve: Path | None) -> None:
    """Both files, made before either is written."""
    from symnet.files import write_atomically
    from symnet.train.archive import packed
    from symnet.train.curve import rendered

    contents: Mapping[Path, bytes] = {
        **({output: packed(model)} if output is not None else {}),
        **({curve: rendered(model.history, curve, model.network.spec)} if curve is not None else {}),
    }
    for path, content in contents.items():
        write_atomically(path, content)


def _counted(number: int | str, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
