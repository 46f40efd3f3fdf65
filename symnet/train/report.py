"""What ``symnet train`` prints: sizes, time, cost, and how well the network predicts."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from symnet.train.classes import decode
from symnet.train.data import Table, r2
from symnet.train.model import Model

SHOWN = 12
"""The most numbers of parameters that are printed."""


@dataclass(frozen=True)
class Report:
    """A training and its scores; a score is the accuracy, or R² in the target's own units, or None."""

    model: Model
    data: Path
    sizes: tuple[int, int]
    kind: str
    train_score: float | None
    validation_score: float | None
    seconds: float
    model_file: Path | None = None
    curve_file: Path | None = None
    batch_size: int | None = None
    asked: int = 0

    @classmethod
    def of(cls, model: Model, data: Path, train: Table, validation: Table | None, seconds: float) -> Report:
        """The report of ``model``, its tables being coded for the network but not standardised."""
        kind = "r2" if model.classes is None else "accuracy"
        held_out = None if validation is None else score(model, validation)
        sizes = len(train.X), 0 if validation is None else len(validation.X)
        return cls(model, data, sizes, kind, score(model, train), held_out, seconds)

    def json(self) -> str:
        """One JSON object; what is undefined or was not asked for is null."""
        model, history = self.model, self.model.history
        initial, final = history.cost[0], history.cost[history.kept]
        held_out = history.validation[history.kept] if history.validation else None
        return json.dumps(
            {
                "network": model.network.spec,
                "cost_function": model.network.cost.name,
                "data": str(self.data),
                "features": model.features,
                "targets": model.targets,
                "classes": model.classes,
                "samples": {"train": self.sizes[0], "validation": self.sizes[1]},
                "parameters": self._count(),
                "optimizer": history.step,
                "epochs": history.epochs,
                "kept": history.kept,
                "seconds": history.seconds,
                "cost": {
                    "initial": _finite(initial),
                    "train": _finite(final),
                    "validation": _finite(held_out),
                },
                self.kind: {"train": self.train_score, "validation": self.validation_score},
                "model": _text(self.model_file),
                "curve": _text(self.curve_file),
                "note": history.note,
            },
            ensure_ascii=False,
        )

    def text(self) -> str:
        """The same as lines for people."""
        model, history = self.model, self.model.history
        classes = "" if model.classes is None else f" ({_listed(model.classes)})"
        steps = "full batch" if self.batch_size is None else f"batches of {self.batch_size}"
        lines = [
            ("network", f"{model.network.spec}, cost {model.network.cost.name}"),
            ("data", f"{self.data.name}: {_listed(model.features)} → {_listed(model.targets)}{classes}"),
            ("samples", f"{self.sizes[0]} to train, {self.sizes[1]} to validate"),
            ("parameters", f"{self._count()}"),
            ("optimizer", history.step),
            ("epochs", f"{history.epochs}{f' of {self.asked}' if self.asked > history.epochs else ''}, {steps}"),
            ("time", f"{history.seconds:.3g} s, {self.seconds:.3g} s with compiling"),
        ]
        if history.note:
            lines.append(("note", history.note))
        if self._count() <= SHOWN:
            lines += [(name, np.array2string(value, precision=6)) for name, value in model.parameters.items()]
            if model.standardiser is not None:
                lines.append(("", "(of standardised features; --no-standardise fits the columns as they are)"))
        held_out = history.validation[history.kept] if history.validation else None
        table = [
            ("", "train", "validation"),
            ("cost", _number(history.cost[history.kept]), _number(held_out)),
        ]
        name = "R²" if self.kind == "r2" else "accuracy"
        table.append((name, _percent(self.kind, self.train_score), _percent(self.kind, self.validation_score)))
        scores = [(left, f"{a:<14}{b}" if self.sizes[1] else a) for left, a, b in table]
        before = f"before training {_number(history.cost[0])}"
        scores[1] = (scores[1][0], f"{scores[1][1]:<26}{before}")
        if model.target_standardiser is not None:
            scores.append(("", "(the cost is of the standardised target, R² of the target itself)"))
        wrote = [_text(path) for path in (self.model_file, self.curve_file) if path is not None]
        lines += scores + ([("wrote", ", ".join(filter(None, wrote)))] if wrote else [])
        return "\n".join(f"{left:<12}{right}".rstrip() for left, right in lines)

    def _count(self) -> int:
        return sum(np.size(value) for value in self.model.parameters.values())


def score(model: Model, table: Table) -> float | None:
    """Accuracy where the model knows classes, else R² in the target's own units, None for one sample."""
    predicted = model.predict(table.X)
    if model.classes is not None:
        return float(np.mean(decode(model.network, predicted) == decode(model.network, table.y)))
    if len(table.X) < 2 or not np.isfinite(predicted).all():
        return None
    return r2(table.y.reshape(predicted.shape), predicted)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _percent(kind: str, value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{100 * value:.1f} %" if kind == "accuracy" else f"{value:.4f}" if abs(value) < 1e4 else f"{value:.3g}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} … {names[-1]} ({len(names)})"


def _text(path: Any) -> str | None:
    return None if path is None else str(path)
