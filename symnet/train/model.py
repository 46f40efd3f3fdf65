"""A fitted network: its parameters, how it came to them, and what it predicts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.errors import SymnetError
from symnet.network import Network
from symnet.train import checks
from symnet.train.classes import classifies, decode, encode, numbered
from symnet.train.data import Standardiser
from symnet.train.parameters import read_only

if TYPE_CHECKING:
    from symnet.train.fit import Kernels


@dataclass(frozen=True, slots=True)
class History:
    """How training went.

    ``cost[k]`` is the cost of all training samples, regulariser included, with the parameters after k epochs;
    k = 0 is before the first step.  ``validation[k]`` is the same for the validation samples, empty if there
    were none. ``seconds`` were spent training, compilation apart.  ``note`` says if training ended early, or
    the cost rose.  ``best`` is the epoch whose parameters early stopping kept; without early stopping None, and the
    last epoch's are kept.  ``step`` says by which rule, with which constants, the steps were made.
    """

    cost: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    seconds: float = 0.0
    note: str = ""
    best: int | None = None
    step: str = ""

    @property
    def epochs(self) -> int:
        """The number of whole epochs."""
        return max(0, len(self.cost) - 1)

    @property
    def kept(self) -> int:
        """The epoch whose parameters the model has."""
        return self.epochs if self.best is None else self.best


@dataclass(frozen=True, eq=False)
class Model:
    """A network with fitted parameters (read-only arrays by name).

    If it was trained on a table it also keeps what was done to the columns: ``standardiser`` of the features,
    ``target_standardiser`` of the targets, the ``classes`` in the order of their numbers, and the columns'
    names.
    """

    network: Network
    parameters: Mapping[str, Any]
    history: History = field(default_factory=History)
    standardiser: Standardiser | None = None
    target_standardiser: Standardiser | None = None
    classes: tuple[str, ...] | None = None
    features: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name != "kernels"}
        return {**state, "parameters": {name: np.asarray(value) for name, value in self.parameters.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "parameters": read_only(state["parameters"])})

    @cached_property
    def kernels(self) -> Kernels:
        """The compiled network."""
        kernels: Kernels = self.network.compile(dtype="float64")
        return kernels

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The outputs for X (n×d, as in the data): (n,) for one output unit, else n×k, in the targets' units.

        Raises SymnetError for an X that does not fit the network.
        """
        outputs = np.asarray(self._outputs(self._inputs(X)))
        if self.target_standardiser is None:
            return outputs
        return self.target_standardiser.inverse(outputs.reshape(len(outputs), -1)).reshape(outputs.shape)

    def classify(self, X: ArrayLike) -> NDArray[Any]:
        """The class of every sample of X (n×d), (n,): names if the model knows them, else numbers from 0.

        Raises SymnetError if the network does not tell classes.
        """
        if self.classes is None and not classifies(self.network):
            raise SymnetError(
                f"a network with cost {self.network.cost.name} that was not trained on classes predicts "
                "numbers; use predict, or a last layer of softmax or the cost cross_entropy"
            )
        codes = decode(self.network, self._outputs(self._inputs(X)))
        return codes if self.classes is None else np.array(self.classes)[codes]

    def cost(self, X: ArrayLike, y: ArrayLike) -> float:
        """The cost of X (n×d) with y: targets in the units of :meth:`predict`, or the names of classes, (n,).

        It is the cost that training minimised: of standardised targets, if they were; the regulariser
        included.

        Raises SymnetError for data that do not fit the network or its cost.
        """
        labels = np.asarray(y)
        if self.classes is not None and labels.dtype.kind in "OSU":
            y = encode(self.network, numbered(labels, self.classes), self.classes)
        given = checks.targets(self.network, y)
        if self.target_standardiser is not None:
            given = self.target_standardiser.transform(given.reshape(len(given), -1)).reshape(given.shape)
        x = self._inputs(X)
        checks.same_length(x, given)
        with np.errstate(all="ignore"):
            return float(self.kernels.cost(x, given, self.parameters))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to an ``.npz`` file, whole or not at all; :meth:`load` reads it.

        Raises SymnetError where the file cannot be written, and for a network with an activation or cost of
        the user's own, which has no name to be saved by.
        """
        from symnet.train.archive import save

        save(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Model:
        """The model in a file that :meth:`save` wrote; SymnetError for any other file, or a damaged one."""
        from symnet.train.archive import load

        return load(path)

    def _inputs(self, X: ArrayLike) -> NDArray[np.float64]:
        x = checks.samples(self.network, X)
        if self.standardiser is None:
            return x
        return np.ascontiguousarray(self.standardiser.transform(x.reshape(len(x), -1)).reshape(x.shape))

    def _outputs(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray(self.kernels.forward(x, self.parameters))
