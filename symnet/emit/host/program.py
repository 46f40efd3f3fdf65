"""The command line of a trainer."""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np

from symnet.emit.host.arrays import TrainerError, cost, gradient, predict
from symnet.emit.host.files import load, save
from symnet.emit.host.given import DTYPE, JUDGED, NETWORK
from symnet.emit.host.tables import read_table
from symnet.emit.host.training import fit

# ---- below this line ----


def main(arguments=None):
    """Run a command; returns 0 for done, 1 for checked and wrong, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description=f"A trainer of {NETWORK['name']}.", epilog=NETWORK["example"])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "fit", help="train on a CSV file, or on memory maps X.npy and y.npy", epilog=NETWORK["example"]
    )
    one.add_argument("data", help="data.csv, or X.npy")
    one.add_argument("--target", required=True, help="the column to predict (several: y1,y2), or y.npy")
    one.add_argument("--epochs", type=int, default=100)
    one.add_argument("--batch-size", type=int, help="samples a step; all by default")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--validation", type=float, default=0.0, help="the share of the samples to hold out")
    one.add_argument("--patience", type=int, help="stop when the validation cost has not fallen for so many epochs")
    one.add_argument("--as-is", action="store_true", help="do not bring features to mean 0 and deviation 1")
    one.add_argument("--checkpoint", help="a file to write after every epoch")
    one.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    one.add_argument("-o", "--output", help="write the model: model.npz")
    for name, value in NETWORK["constants"].items():
        if name not in ("T", "N"):
            one.add_argument(
                f"--{name.replace('_', '-')}", dest=f"constant {name}", type=float, default=value, help=f"({value:g})"
            )
    two = commands.add_parser("predict", help="predict for a CSV file or X.npy")
    two.add_argument("model")
    two.add_argument("data")
    two.add_argument("-o", "--output", help="a .csv or .npy file; standard output by default")
    three = commands.add_parser("check", help="the gradient against finite differences, at random numbers")
    three.add_argument("--seed", type=int, default=0)
    for command in (one, two):
        command.add_argument("--threads", type=int, help="of BLAS, for large layers; all cores by default")
    given = parser.parse_args(arguments)
    _limit(getattr(given, "threads", None), arguments)
    try:
        return {"fit": _fit, "predict": _predict, "check": _check}[given.command](given)
    except TrainerError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 2


def _limit(threads, arguments):
    """BLAS reads the number of its threads when it is loaded, so the program begins once more with that number."""
    name = "OPENBLAS_NUM_THREADS"
    if threads is None or arguments is not None or os.environ.get(name) == str(threads):
        return
    os.environ |= {name: str(threads), "MKL_NUM_THREADS": str(threads)}
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])


def _fit(given):
    table = {}
    if given.data.endswith(".npy"):
        X, y = _mapped(given.data), _mapped(given.target)
    else:
        X, y, features, classes = read_table(given.data, given.target)
        mean, scale = X.mean(axis=0), X.std(axis=0)
        constant = [name for name, s in zip(features, scale, strict=True) if s == 0]
        if constant and not given.as_is:
            print(f"column {constant[0]} is constant: it tells nothing", file=sys.stderr)
        if given.as_is:
            mean, scale = np.zeros_like(mean), np.ones_like(scale)
        scale = np.where(scale == 0, 1.0, scale)
        X = (X - mean) / scale
        table = {"features": features, "classes": classes, "mean": mean.tolist(), "scale": scale.tolist()}
    begun = time.perf_counter()

    def report(model):
        held = f", held out {model.validation_costs[-1]:.6g}" if model.validation_costs else ""
        end = "\n" if model.epoch == given.epochs else ""
        print(f"\repoch {model.epoch} of {given.epochs}: cost {model.costs[-1]:.6g}{held}   ", end=end, file=sys.stderr)

    constants = {k.removeprefix("constant "): v for k, v in vars(given).items() if k.startswith("constant ")}
    model = fit(
        X,
        y,
        given.epochs,
        given.batch_size,
        given.seed,
        validation=given.validation,
        patience=given.patience,
        checkpoint=given.checkpoint,
        resume=given.resume,
        report=report if sys.stderr.isatty() else None,
        table=table,
        **constants,
    )
    seconds = time.perf_counter() - begun
    print(f"cost {model.costs[0]:.6g} -> {model.costs[-1]:.6g} in {model.epoch} epochs, {seconds:.2f} s")
    if NETWORK["classes"]:
        right = _classes(predict(X[:JUDGED], model.kept)) == _classes(np.asarray(y[:JUDGED], float))
        print(f"{100 * right.mean():.2f} % of the samples are told right")
    if given.output:
        save(model, given.output)
        print(f"written: {given.output}")
    return 0


def _mapped(path):
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path} cannot be read as an array: {error}; give a .npy file that np.save wrote") from None


def _classes(values):
    if values.ndim == 2:
        return values.argmax(axis=1)
    return (values >= (0.0 if NETWORK["classes"] == "signs" else 0.5)).astype(int)


def _predict(given):
    model = load(given.model)
    table = model.table
    if given.data.endswith(".npy"):
        X = _mapped(given.data)
    else:
        X, *_ = read_table(given.data, features=table.get("features"))
    if table:
        X = (X - np.array(table["mean"])) / np.array(table["scale"])
    out = predict(X, model.kept)
    names = table.get("classes")
    shown = [names[k] for k in _classes(out)] if names else None
    if given.output and given.output.endswith(".npy"):
        np.save(given.output, out)
        return 0
    lines = shown or [",".join(f"{v:.9g}" for v in np.atleast_1d(row)) for row in out]
    text = "\n".join(["prediction", *lines]) + "\n"
    if not given.output:
        sys.stdout.write(text)
        return 0
    try:
        with open(given.output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise TrainerError(f"{given.output} cannot be written: {error.strerror}; give another file") from None
    return 0


def _check(given):
    rng = np.random.default_rng(given.seed)
    n = 5
    X = rng.normal(size=(n, NETWORK["inputs"]))
    y = rng.uniform(0.1, 0.9, (n, NETWORK["outputs"]))
    y = y / y.sum(axis=1, keepdims=True) if NETWORK["unit_sum"] else y
    parameters = {name: rng.normal(size=shape) * 0.5 for name, shape in NETWORK["parameters"].items()}
    _, slopes = gradient(X, y, parameters)
    step, bound = (1e-3, 1e-7) if np.float64 == DTYPE else (2e-2, 2e-3)
    at, worst, kinks = cost(X, y, parameters), 0.0, 0
    for name, value in parameters.items():
        for index in np.ndindex(np.shape(value)):
            sides = {}
            for distance in (step, -step, step / 2, -step / 2):
                there = {k: np.array(v) for k, v in parameters.items()}
                there[name][index] += distance
                sides[distance] = (cost(X, y, there) - at) / distance
            wide, narrow = (sides[h] + sides[-h] for h in (step, step / 2))
            bent, less = (sides[h] - sides[-h] for h in (step, step / 2))
            difference = (4 * narrow - wide) / 6  # Richardson: the error is of the fourth order
            slope = float(np.asarray(slopes[name])[index])
            error = abs(difference - slope) / max(1.0, abs(difference))
            if error > bound and max(abs(bent - 2 * less), abs(narrow - wide) / 2) > bound:
                kinks += 1  # it bends at a point, not evenly: a kink lies between
                continue
            worst = max(worst, error)
            if error > bound:
                print(f"{name}{list(index)}: {slope:.8g}, by differences {difference:.8g}")
    verdict = "right" if worst <= bound else "WRONG"
    print(f"gradient against central differences: worst relative error {worst:.1e}: {verdict}")
    if kinks:
        print(f"{kinks} elements beside a kink of the cost were not judged; --seed gives other numbers")
    return 0 if worst <= bound else 1


if __name__ == "__main__" and NETWORK:
    sys.exit(main())
