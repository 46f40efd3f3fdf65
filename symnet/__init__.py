"""symnet: networks declared symbolically, gradients derived as a lecture writes them, compiled as derived."""

from typing import TYPE_CHECKING

from symnet import optimizers, schedules
from symnet.activations import activation
from symnet.check import check, check_document, gradcheck
from symnet.costs import cost, l1, l2
from symnet.errors import SymnetError
from symnet.network import Dense, Input, Network
from symnet.notation.notation import NOTATIONS, Notation
from symnet.spec import load

if TYPE_CHECKING:
    from symnet.train.estimators import SymNetClassifier, SymNetRegressor
    from symnet.train.model import Model
    from symnet.train.stopping import EarlyStopping


def __getattr__(name: str) -> object:
    """What needs NumPy or scikit-learn is loaded when it is asked for."""
    if name == "Model":
        from symnet.train.model import Model

        return Model
    if name in ("SymNetClassifier", "SymNetRegressor"):
        from symnet.train import estimators

        return getattr(estimators, name)
    if name == "EarlyStopping":
        from symnet.train.stopping import EarlyStopping

        return EarlyStopping
    raise AttributeError(f"module 'symnet' has no attribute {name!r}")


__all__ = [
    "NOTATIONS",
    "Dense",
    "EarlyStopping",
    "Input",
    "Model",
    "Network",
    "Notation",
    "SymNetClassifier",
    "SymNetRegressor",
    "SymnetError",
    "activation",
    "check",
    "check_document",
    "cost",
    "gradcheck",
    "l1",
    "l2",
    "load",
    "optimizers",
    "schedules",
]
