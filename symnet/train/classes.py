"""Classes as numbers: how a network's targets code them, and which class its outputs mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.errors import SymnetError, unknown
from symnet.network import Network

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def classifies(network: Network) -> bool:
    """Whether the network tells classes: by a softmax, a cross-entropy or the hinge cost."""
    last = network.layers[-1].function
    return last.normalised or network.cost.name in ("cross_entropy", "categorical_cross_entropy", "hinge")


def encode(network: Network, codes: ArrayLike, classes: Sequence[str], target: str = "the target") -> Floats:
    """The targets for classes numbered from 0, ``codes`` (n,): (n,) for one output unit, else one-hot, n×k.

    The hinge cost's targets are −1 and 1 where the others' are 0 and 1.

    Raises SymnetError if the number of output units does not suit the number of classes.
    """
    codes = np.asarray(codes, dtype=np.intp)
    count, units = len(classes), int(network.layers[-1].units)
    if units != count and not (units == 1 and count == 2):
        named = ", ".join(classes[:5]) + (", …" if count > 5 else "")
        expected = "1 or 2 units" if count == 2 else f"{count} units"
        example = "as in … -> 1 sigmoid with cost cross_entropy" if count == 2 else f"as in … -> {count} softmax"
        raise SymnetError(
            f"{target} holds {count} classes ({named}), the last layer has {units} unit{'s' * (units > 1)}; "
            f"give it {expected}, {example}"
        )
    coded = codes.astype(np.float64) if units == 1 else np.eye(count)[codes]
    return 2 * coded - 1 if network.cost.name == "hinge" else coded


def decode(network: Network, yhat: ArrayLike) -> Codes:
    """The number of the class that each output means, (n,): the first of its greatest units.

    One unit means class 1 from ½ on; with the hinge cost, from 0 on.
    """
    values = np.asarray(yhat, dtype=np.float64)
    if values.ndim == 1:
        return (values >= (0.0 if network.cost.name == "hinge" else 0.5)).astype(np.intp)
    return np.asarray(values.argmax(axis=1), dtype=np.intp)


def numbered(labels: ArrayLike, classes: Sequence[str]) -> Codes:
    """The numbers of classes given by their names, (n,); SymnetError for a name that is none of them."""
    numbers = {name: number for number, name in enumerate(classes)}
    names = [str(label) for label in np.asarray(labels).ravel()]
    for name in names:
        if name not in numbers:
            raise unknown("class", name, classes)
    return np.array([numbers[name] for name in names], dtype=np.intp)
