"""What was made of a network, kept for the next answer: vocabularies, derivations, points."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from symnet.derive.derivation import Derivation
from symnet.network import Network

T = TypeVar("T")


class Kept(Generic[T]):
    """The ``most`` last values, each of one network and one key; a network is found by its identity."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[tuple[int, Hashable], tuple[Network, T]] = OrderedDict()

    def get(self, network: Network, make: Callable[[], T], key: Hashable = None) -> T:
        """The value of ``network`` and ``key``, made if it is not there."""
        place = (id(network), key)
        found = self._found.get(place)
        if found is None or found[0] is not network:
            found = self._found[place] = (network, make())
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return found[1]


_derivations: Kept[Derivation] = Kept(32)


def derivation(network: Network) -> Derivation:
    """The derivation of a network."""
    return _derivations.get(network, network.derive)
