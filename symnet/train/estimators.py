"""scikit-learn's interface: a network whose inputs and outputs are taken from the data, in pipelines and searches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from symnet.errors import SymnetError
from symnet.network import Dense, Network

SHUFFLED = 64
"""Samples in a batch where ``batch_size`` is "auto", and there are more."""


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What both have: the options of :func:`symnet.train.fit.fit`, and a network made for the data."""

    def __init__(
        self,
        hidden: str | Network = "32 relu",
        *,
        cost: Any = None,
        regulariser: Any = None,
        optimizer: Any = "adam",
        learning_rate: float | None = 0.01,
        schedule: Any = None,
        clip: Any = None,
        weight_decay: Any = None,
        early_stopping: Any = None,
        validation: float | None = None,
        epochs: int = 200,
        batch_size: int | str | None = "auto",
        initial: Any = "xavier",
        dtype: str = "float64",
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.cost = cost
        self.regulariser = regulariser
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation = validation
        self.epochs = epochs
        self.batch_size = batch_size
        self.initial = initial
        self.dtype = dtype
        self.random_state = random_state

    def _network(self, inputs: int, outputs: int, last: str, cost: str) -> Network:
        """The network for data of these widths, or the one that was given, if it suits them."""
        if isinstance(self.hidden, Network):
            given = self.hidden
            units = (given.inputs.units, given.layers[-1].units)
            if units != (inputs, outputs):
                raise SymnetError(
                    f"the network {given.spec} has {units[0]} inputs and {units[1]} outputs, the data need {inputs} "
                    f"and {outputs}; change it, or give the hidden layers alone, as '16 tanh'"
                )
            return given
        middle = f" -> {self.hidden}" if self.hidden else ""
        read = Network(f"{inputs}{middle} -> {outputs} {last}")
        layers: list[Dense] = list(read.layers)
        return Network(read.inputs, *layers, cost=self.cost or cost, regulariser=self.regulariser)

    def _fitted(self, network: Network, X: NDArray[Any], y: NDArray[Any]) -> None:
        n = len(X)
        size = (None if n <= SHUFFLED else SHUFFLED) if self.batch_size == "auto" else self.batch_size
        self.model_ = network.fit(
            X,
            y,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            clip=self.clip,
            weight_decay=self.weight_decay,
            early_stopping=self.early_stopping,
            validation=self.validation,
            epochs=self.epochs,
            batch_size=size,
            initial=self.initial,
            dtype=self.dtype,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
            progress=False,
        )
        self.n_iter_ = self.model_.history.epochs

    def _outputs(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False, dtype=np.float64))


class SymNetRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A regressor: ``hidden`` are the hidden layers, ``"32 tanh -> 16 tanh"`` ("" for none), or a whole network.

    The output layer is linear with one unit a target, the cost the mean squared error unless ``cost`` says otherwise.
    Features and targets are taken as they are: standardise them in a pipeline, as for every network.  The other
    options are those of :func:`symnet.train.fit.fit`; ``batch_size="auto"`` is 64, or all of fewer samples.

    After ``fit``: ``model_`` (a :class:`symnet.train.model.Model`), ``n_features_in_``, ``n_iter_``.
    """

    def fit(self, X: Any, y: Any) -> SymNetRegressor:
        """Fit to X (n×d) and y ((n,) or n×k)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        y = np.asarray(y, dtype=np.float64)
        self._single = y.ndim == 1
        outputs = 1 if self._single else y.shape[1]
        self._fitted(self._network(X.shape[1], outputs, "linear", "mse"), X, y)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The outputs for X (n×d), shaped as y was."""
        out = self._outputs(X)
        return out if self._single or out.ndim == 2 else out[:, None]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class SymNetClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A classifier: ``hidden`` are the hidden layers, ``"32 tanh -> 16 tanh"`` ("" for none), or a whole network.

    Two classes have one sigmoid output and the cost cross_entropy, more a softmax and categorical_cross_entropy, unless
    ``cost`` says otherwise.  The other options are those of :func:`symnet.train.fit.fit`.

    After ``fit``: ``model_``, ``classes_``, ``n_features_in_``, ``n_iter_``.
    """

    def fit(self, X: Any, y: Any) -> SymNetClassifier:
        """Fit to X (n×d) and the labels y (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        count = len(self.classes_)
        if count < 2:
            raise SymnetError("y holds 1 class; a classifier needs at least 2 classes")
        single = count == 2 and not (isinstance(self.hidden, Network) and self.hidden.layers[-1].units == 2)
        last, cost = ("sigmoid", "cross_entropy") if single else ("softmax", "categorical_cross_entropy")
        network = self._network(X.shape[1], 1 if single else count, last, cost)
        targets = codes.astype(np.float64) if single else np.eye(count)[codes]
        self._fitted(network, X, 2 * targets - 1 if network.cost.name == "hinge" else targets)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """The probability of each class for X (n×d): n×k, in the order of ``classes_``."""
        out = self._outputs(X)
        if self.model_.network.cost.name == "hinge":
            raise SymnetError("the hinge cost gives no probabilities; use predict, or another cost")
        return np.column_stack([1 - out, out]) if out.ndim == 1 else out

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each sample of X (n×d), (n,)."""
        out = self._outputs(X)
        if out.ndim == 2:
            return np.asarray(self.classes_[out.argmax(axis=1)])
        least = 0.0 if self.model_.network.cost.name == "hinge" else 0.5
        return np.asarray(self.classes_[(out >= least).astype(int)])
