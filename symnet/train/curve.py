"""The cost curve, the cost over the epochs: as numbers in a CSV file, or drawn by matplotlib."""

from __future__ import annotations

import importlib
import importlib.util
import io
from pathlib import Path

from symnet.errors import SymnetError
from symnet.train.model import History

FORMATS = (".csv", ".svg", ".png")


def check(path: Path) -> None:
    """SymnetError if a curve cannot be written in the format that the path's ending names."""
    if path.suffix.lower() not in FORMATS:
        raise SymnetError(f"the cost curve cannot be written as {path.name}; end the name in .csv, .svg or .png")
    if path.suffix.lower() != ".csv" and importlib.util.find_spec("matplotlib") is None:
        raise SymnetError(
            f"{path.name} is drawn by matplotlib, which is not installed; pip install matplotlib, or use .csv"
        )


def rendered(history: History, path: Path, title: str = "") -> bytes:
    """The curve in the format of the path's ending: one row, or point, for each epoch from 0."""
    if path.suffix.lower() == ".csv":
        return _csv(history).encode()
    return _drawn(history, path.suffix.lower()[1:], title)


def _csv(history: History) -> str:
    held_out = bool(history.validation)
    lines = ["epoch,cost,validation_cost" if held_out else "epoch,cost"]
    for epoch, cost in enumerate(history.cost):
        lines.append(f"{epoch},{cost!r},{history.validation[epoch]!r}" if held_out else f"{epoch},{cost!r}")
    return "\n".join(lines) + "\n"


def _drawn(history: History, extension: str, title: str) -> bytes:
    figure = importlib.import_module("matplotlib.figure").Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(history.cost, color="#0072B2", label="training")
    if history.validation:
        axes.plot(history.validation, color="#D55E00", linestyle="--", label="validation")
        axes.legend(frameon=False)
    if min(*history.cost, *history.validation) > 0 and max(history.cost) > 100 * min(history.cost):
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel="cost", title=title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=extension, dpi=150, metadata={"Date": None} if extension == "svg" else None)
    return buffer.getvalue()
