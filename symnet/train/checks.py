"""What must hold before and during training: sizes, shapes, finite data, and the domain of the cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.costs import RANGES, Cost
from symnet.errors import SymnetError
from symnet.network import Network

if TYPE_CHECKING:
    from symnet.train.chosen import Chosen

Floats = NDArray[np.float64]

_KEPT: dict[str, tuple[str, ...]] = {
    "sigmoid": ("probability", "positive", "nonnegative"),
    "softmax": ("probability", "positive", "nonnegative"),
    "softplus": ("positive", "nonnegative"),
    "relu": ("nonnegative",),
    "step": ("nonnegative",),
}
"""The domains that an activation's values never leave, save by rounding onto their edge."""


def trainable(network: Network) -> None:
    """SymnetError unless the network has a sample axis, and a number for each of its sizes."""
    if not network.sample_axes:
        raise SymnetError(
            "a network of a single sample (samples=1) cannot be trained on data; declare it with samples='n'"
        )
    for layer, size in enumerate((network.inputs.units, *(layer.units for layer in network.layers))):
        if isinstance(size, str):
            where = f"layer {layer}" if layer else "the input"
            raise SymnetError(f"{where} has the symbolic size {size}; give it a number of units to compute with")


def samples(network: Network, X: ArrayLike, name: str = "X", first: int = 0) -> Floats:
    """X as the network takes it: float64, n×d, or (n,) where the network has one input.

    ``first`` is the number of the first row, where X is a part of more.

    Raises SymnetError for what is not n×d finite numbers with n ≥ 1.
    """
    return _matrix(X, name, int(network.inputs.units), "input", first)


def targets(network: Network, y: ArrayLike, name: str = "y", first: int = 0) -> Floats:
    """y as the network takes it: float64, n×k, or (n,) where the last layer has one unit; ``first`` as above.

    Raises SymnetError for what is not n×k finite numbers, and for targets that the cost is not defined for.
    """
    array = _matrix(y, name, int(network.layers[-1].units), "output", first)
    _check_targets(network, array, name, first)
    return array


def pair(network: Network, X: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("X", "y")) -> tuple[Floats, Floats]:
    """X and y, each checked, and of the same number of samples."""
    x_checked, y_checked = samples(network, X, names[0]), targets(network, y, names[1])
    same_length(x_checked, y_checked, names)
    return x_checked, y_checked


def same_length(X: Floats, y: Floats, names: tuple[str, str] = ("X", "y")) -> None:
    """SymnetError unless there are as many samples as targets."""
    if len(X) != len(y):
        raise SymnetError(
            f"{names[0]} has {len(X)} samples and {names[1]} has {len(y)}; give one target for each sample"
        )


def _matrix(given: ArrayLike, name: str, width: int, kind: str, first: int) -> Floats:
    try:
        raw = np.asarray(given)
        array = np.ascontiguousarray(raw if raw.dtype.kind != "c" else [], dtype=np.float64)
    except (TypeError, ValueError):
        raise SymnetError(f"{name} is not a rectangular array of numbers; expected one row for each sample") from None
    if raw.dtype.kind == "c":
        raise SymnetError(f"{name} holds complex numbers, expected real ones; give the parts as columns of their own")
    counted = f"{width} {kind}{'s' * (width > 1)}"
    if raw.ndim not in (1, 2) or (raw.ndim == 1 and width > 1):
        raise SymnetError(
            f"{name} has shape {raw.shape}, the network has {counted}; expected n × {width}, a row for each sample"
        )
    if raw.ndim == 2 and raw.shape[1] != width:
        columns = f"{raw.shape[1]} column{'s' * (raw.shape[1] != 1)}"
        raise SymnetError(f"{name} has {columns}, the network has {counted}; drop columns or change the network")
    if len(raw) == 0:
        raise SymnetError(f"{name} has no samples; expected at least one row")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        at, value = _place(bad[0], first), array[tuple(bad[0])]
        raise SymnetError(f"{name}[{at}] is {value}, not a finite number; fill it in or drop the sample")
    return array.reshape(len(array)) if width == 1 else array


def _place(at: NDArray[np.intp], first: int) -> str:
    """An index, its row counted from the first of all."""
    return ", ".join(str(i) for i in (at[0] + first, *at[1:]))


def _check_targets(network: Network, y: Floats, name: str, first: int) -> None:
    cost = network.cost
    if cost.name == "hinge":
        wrong, expected = np.abs(y) != 1, "-1 or 1"
    else:
        wrong, expected = _outside(y, cost.targets), RANGES[cost.targets]
    if wrong.any():
        at = np.argwhere(wrong)[0]
        where = _place(at, first)
        mend = (
            "code the classes so" if cost.name in ("hinge", "cross_entropy") else "rescale them or choose another cost"
        )
        raise SymnetError(f"{name}[{where}] is {y[tuple(at)]:g}, but the targets of {cost.name} are {expected}; {mend}")
    if cost.name == "categorical_cross_entropy" and network.layers[-1].function.normalised:
        # The derivation's p − y assumes it: without Σy = 1 the compiled gradient is not this cost's.
        sums = y.sum(axis=1)
        off = np.flatnonzero(np.abs(sums - 1) > 1e-6)
        if len(off):
            raise SymnetError(
                f"row {off[0] + first} of {name} sums to {sums[off[0]]:g}, but softmax with {cost.name} needs "
                "targets that sum to 1; give one-hot rows or probabilities"
            )


def _outside(values: Floats, domain: str) -> NDArray[np.bool_]:
    if domain == "probability":
        return (values < 0) | (values > 1)
    if domain == "positive":
        return values <= 0
    if domain == "nonnegative":
        return values < 0
    return np.zeros(values.shape, dtype=bool)


def may_leave_domain(network: Network) -> bool:
    """Whether the last layer can give values for which the cost is not defined."""
    domain = network.cost.domain
    return domain != "real" and domain not in _KEPT.get(network.layers[-1].function.name, ())


def outputs(network: Network, yhat: Floats, epoch: int) -> None:
    """SymnetError if the cost is not defined for these outputs, the network's after ``epoch`` epochs."""
    wrong = _outside(yhat, network.cost.domain)
    if wrong.any():
        value = float(yhat[tuple(np.argwhere(wrong)[0])])
        last = network.layers[-1].function.name
        raise SymnetError(
            f"{_when(epoch)} the last layer ({last}) gives {value:.6g}, but {network.cost.name} "
            f"is defined for outputs {RANGES[network.cost.domain]}; "
            f"give the last layer {_fitting(network.cost)}"
        )


def _fitting(cost: Cost) -> str:
    if cost.domain == "probability":
        return "a softmax" if cost.name == "categorical_cross_entropy" else "a sigmoid"
    return "a softplus or a sigmoid"


def diverged(network: Network, epoch: int, yhat: Floats, n: int, step: Chosen) -> SymnetError:
    """The error for a cost or parameter that is no finite number, with what most likely mends it.

    ``yhat`` are the outputs there; ``epoch`` 0 is before the first step.
    """
    cost, last = network.cost, network.layers[-1].function.name
    edge = {"probability": (0.0, 1.0), "positive": (0.0,)}.get(cost.domain, ())
    if np.isfinite(yhat).all() and np.isin(yhat, edge).any():
        reached = next(value for value in edge if (yhat == value).any())
        smooth = last in ("sigmoid", "softmax", "softplus")
        slower = f"standardise the inputs, or try {_smaller(network, n, step)}"
        mend = slower if smooth else f"give the last layer {_fitting(cost)}"
        return SymnetError(
            f"{_when(epoch)} an output of the last layer ({last}) is exactly {reached:g}, where {cost.name} is not "
            f"finite; {mend}"
        )
    if epoch == 0:
        return SymnetError(
            "the cost is not finite with the initial parameters, before any step; standardise the data, "
            "or give smaller initial parameters"
        )
    return SymnetError(
        f"{_when(epoch)} the cost or a parameter is not finite any more: training diverges"
        f"{'' if step.rate is None else f' at learning rate {step.rate:g}'}; standardise the data, or try "
        f"{_smaller(network, n, step)}"
    )


def risen(network: Network, first: float, last: float, n: int, step: Chosen) -> str:
    """A note if the cost rose over the training, "" if not."""
    if last <= first:
        return ""
    mend = _smaller(network, n, step)
    return f"the cost rose from {first:.6g} to {last:.6g}, so training diverges; try {mend}"


def _smaller(network: Network, n: int, step: Chosen) -> str:
    if step.rate is None:
        return "smaller steps"
    summed = not any(symbol.name == "n" for symbol in network.cost.factor.free_symbols)
    if n > 10 and summed and step.proportional:
        why = f"{network.cost.name} sums over {n} samples"
        return f"a smaller learning rate, such as {step.rate / n:.1g}: {why}"
    return f"a smaller learning rate, such as {step.rate / 10:g}"


def _when(epoch: int) -> str:
    return f"in epoch {epoch}" if epoch else "before the first epoch"


def whole(value: Any, name: str, least: int, most: int | None = None, hint: str = "") -> int:
    """``value`` as a whole number within bounds, else SymnetError."""
    try:
        number = int(value)
        exact = number == value and not isinstance(value, bool)
    except (TypeError, ValueError, OverflowError):
        number, exact = 0, False
    if not exact or number < least or (most is not None and number > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise SymnetError(f"{name} is {value!r}; expected a whole number {bounds}{hint}")
    return number


def positive(value: Any, name: str) -> float:
    """``value`` as a finite number above 0, else SymnetError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf or isinstance(value, bool):
        raise SymnetError(f"{name} is {value!r}; expected a finite number greater than 0, such as 0.1")
    return number
