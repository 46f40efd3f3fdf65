"""symnet: networks declared symbolically, gradients derived as a lecture writes them, compiled as derived."""

from symnet.activations import activation
from symnet.check import check, gradcheck
from symnet.costs import cost, l1, l2
from symnet.errors import SymnetError
from symnet.network import Dense, Input, Network
from symnet.notation.notation import NOTATIONS, Notation
from symnet.spec import load

__all__ = [
    "NOTATIONS",
    "Dense",
    "Input",
    "Network",
    "Notation",
    "SymnetError",
    "activation",
    "check",
    "cost",
    "gradcheck",
    "l1",
    "l2",
    "load",
]
