"""A network and an update rule → one file that trains it, with numpy and numba alone.

part        comes from
head        the derivation, printed as everything else is (symnet.render), and the rule with its source
kernels     the equations, lowered as for net.compile and net.fit (symnet.lower, numba_source)
NETWORK     what the kernels are: names, shapes, constants
the rest    symnet.emit.host, from its line on
"""

from __future__ import annotations

import pprint
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from symnet.emit.kernels import describe, kernel_functions
from symnet.emit.numba_source import module
from symnet.emit.precision import SINGLE, precision
from symnet.emit.training import training_function
from symnet.files import write_atomically
from symnet.lower.plan import plan
from symnet.lower.statements import Function
from symnet.network import Network
from symnet.train import checks
from symnet.train.chosen import chosen
from symnet.train.classes import classifies
from symnet.update import Optimizer

LINE = "# ---- below this line ----\n"
HOST = ("given", "training", "arrays", "files", "tables", "program")


def standalone(
    network: Network,
    *,
    optimizer: str | Optimizer = "gd",
    learning_rate: float | None = None,
    schedule: Any = None,
    clip: Any = None,
    weight_decay: Any = None,
    dtype: str = "float64",
) -> str:
    """The text of a trainer: see :func:`symnet.train.fit.fit` for the options.

    Raises SymnetError for options out of range, for a network without numbers of units, and for one of a single sample.
    """
    checks.trainable(network)
    computed = precision(dtype)
    rule = chosen(optimizer, learning_rate, schedule, clip, weight_decay, 100, 10).rule
    found = plan(network, 32)
    names = {name: f"{name}_kernel" for name in ("forward", "cost", "gradient", "train", "moments")}
    kernels, conditions = kernel_functions(network, names, computed == SINGLE)
    train, rows = training_function(network, rule, found.kind, None, computed, names["train"])
    functions = [*kernels.values(), train]
    moments = None
    if plan(network).kind == "moments":
        moments, _ = training_function(network, rule, "moments", "n", computed, names["moments"])
        functions.append(moments)
    known = _known(network, rule, kernels, train, moments, rows, computed.name, "unit_sum" in conditions, schedule)
    lines = module("", functions, True, computed).partition('""""""')[2].strip().splitlines()
    first = next(k for k, line in enumerate(lines) if line and not line.startswith(("import ", "from ")))
    parts = [
        _head(network, rule, str(found), any("np.dot(" in line or "gemm(" in line for line in lines)),
        _imports(lines[:first]) + ("\n\n\n" if lines[first][0] in "d@" else "\n\n") + "\n".join(lines[first:]).strip(),
        *([] if moments else ["moments_kernel = None"]),
        f"NETWORK = {pprint.pformat(known, width=110, sort_dicts=False)}",
        *(text.partition(LINE)[2].strip() for text in _host()),
    ]
    return "\n\n\n".join(parts) + "\n"


def _host() -> list[str]:
    return [files("symnet.emit.host").joinpath(f"{name}.py").read_text(encoding="utf-8") for name in HOST]


def _imports(of_kernels: list[str]) -> str:
    """What kernels and host code import, but for symnet: Python's own first."""
    found = {line for text in _host() for line in text.partition(LINE)[0].splitlines() if line.startswith("import ")}
    found |= {line for line in of_kernels if line}
    others = [line for line in found if re.search(r"numpy|numba|llvmlite", line)]
    own = "\n".join(sorted(found - set(others)))
    return own + "\n\n" + "\n".join(sorted(others, key=lambda line: (line.startswith("from"), line)))


def generate(network: Network, path: str | Path, **options: Any) -> None:
    """Write a trainer to a file, whole or not at all; see :func:`standalone` for the options."""
    write_atomically(Path(path), standalone(network, **options))


def _head(network: Network, rule: Optimizer, how: str, blas: bool) -> str:
    said = [
        f"A trainer of {describe(network)}, by {rule.name}, written by symnet.",
        f"It needs {'numpy, numba and scipy (whose BLAS numba calls)' if blas else 'numpy and numba'}.",
        "",
        "    python trainer.py fit data.csv --target y -o model.npz",
        "    python trainer.py predict model.npz data.csv",
        "    python trainer.py check",
        "",
        "    import trainer",
        "    model = trainer.fit(X, y, epochs=100)",
        "    trainer.predict(X, model.kept)",
        "",
        f"Training is compiled as one function, {how}.",
        "",
        "How its gradients are derived",
        "",
        network.derive().text().strip(),
        "",
        "How a step is made",
        "",
        rule.text().strip(),
    ]
    text = "\n".join(line.rstrip() for line in "\n".join(said).splitlines())
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '\n"""'


def _known(
    network: Network,
    rule: Optimizer,
    kernels: dict[str, Function],
    train: Function,
    moments: Function | None,
    rows: bool,
    dtype: str,
    unit_sum: bool,
    schedule: Any,
) -> dict[str, Any]:
    sizes = [int(network.inputs.units), *(int(layer.units) for layer in network.layers)]
    columns = ", ".join(f"x_{k + 1}" for k in range(min(sizes[0], 3))) + (", …" if sizes[0] > 3 else "")
    coded = "signs" if network.cost.name == "hinge" else "one-hot" if sizes[-1] > 1 else "0 and 1"
    shapes = {p.name: tuple(int(a.size) for a in p.axes) for p in network.parameters}
    fans = {p.name: (sizes[p.layer - 1], sizes[p.layer]) if p.role == "weight" else () for p in network.parameters}
    return {
        "name": describe(network),
        "inputs": sizes[0],
        "outputs": sizes[-1],
        "dtype": dtype,
        "targets": network.cost.targets,
        "classes": coded if classifies(network) else "",
        "unit_sum": unit_sum,
        "prediction": network.prediction.name,
        "parameters": shapes,
        "fans": fans,
        "constants": {name: float(value) for name, value in rule.constants.items()},
        "states": {s.name: rule.begin(s.name) for s in rule.states},
        "schedule": "step" if schedule is not None and "per step" in str(schedule) else "epoch",
        "rows": rows,
        "workspace": [tuple(a.lengths) for a in train.workspace],
        "moments": None if moments is None else [tuple(a.lengths) for a in moments.workspace],
        "kernels": {name: _arrays(f) for name, f in kernels.items()},
        "example": f"python trainer.py fit data.csv --target y, where data.csv begins with a line {columns}, y",
    }


def _arrays(function: Function) -> dict[str, Any]:
    made = (*function.outputs, *function.workspace)
    return {
        "inputs": [a.quantity for a in function.inputs],
        "arrays": [(a.quantity, list(a.lengths), a.double) for a in made],
        "returns": [a.quantity for a in function.returns],
    }
