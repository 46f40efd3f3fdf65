"""CSV files as arrays."""

from __future__ import annotations

import csv
import math

import numpy as np

from symnet.emit.host.arrays import TrainerError
from symnet.emit.host.given import NETWORK

# ---- below this line ----


def read_table(path, target=None, features=None, classes=None):
    """The columns of a CSV file with a header: X, y (None without a target), the features' names, and the classes."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainerError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; check the file"
        ) from None
    if len(rows) < 2:
        raise TrainerError(f"{path} has no samples; expected a row of names and a row for each sample")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise TrainerError(f"{path}, line {number}: {len(row)} cells, the first line has {len(names)}")
    wanted = [] if target is None else [t.strip() for t in target.split(",")]
    for name in (*wanted, *(features or ())):
        if name not in names:
            raise TrainerError(f"{path} has no column {name!r}; its columns are {', '.join(names)}")
    features = list(features) if features else [name for name in names if name not in wanted]
    columns = {name: [row[names.index(name)].strip() for row in rows[1:]] for name in (*features, *wanted)}

    def numbers(name):
        out = []
        for number, cell in enumerate(columns[name], 2):
            try:
                out.append(float(cell))
            except ValueError:
                out.append(math.nan)
            if not math.isfinite(out[-1]):
                raise TrainerError(f"{path}, line {number}, column {name}: {cell!r} is not a finite number; fill it in")
        return out

    X = np.array([numbers(name) for name in features]).T
    if X.shape[1] != NETWORK["inputs"]:
        raise TrainerError(
            f"{path} gives {X.shape[1]} features ({', '.join(features)}), the network has {NETWORK['inputs']} inputs"
        )
    if not wanted:
        return X, None, features, classes
    if NETWORK["classes"] and len(wanted) == 1:
        y, classes = _coded(columns[wanted[0]], wanted[0], classes)
        return X, y, features, classes
    return X, np.array([numbers(name) for name in wanted]).T, features, None


def _coded(labels, name, classes):
    classes = classes or sorted(set(labels), key=lambda c: (0, float(c), c) if _is_number(c) else (1, 0.0, c))
    unknown = [label for label in labels if label not in classes]
    if unknown:
        raise TrainerError(f"column {name} holds {unknown[0]!r}; the classes are {', '.join(classes)}")
    units = NETWORK["outputs"]
    if len(classes) != max(2, units):
        raise TrainerError(f"column {name} holds {len(classes)} classes, the network tells {max(2, units)}")
    codes = np.array([classes.index(label) for label in labels])
    coded = np.eye(units)[codes] if units > 1 else codes.astype(float)
    return 2 * coded - 1 if NETWORK["classes"] == "signs" else coded, classes


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
