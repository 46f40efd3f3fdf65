"""A network file with a ``[names]`` table: the network, and the vocabulary of the answers about it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from symnet.check.symbols import Vocabulary
from symnet.errors import SymnetError
from symnet.files import read_text
from symnet.network import Network
from symnet.networkfile import MAX_BYTES, network_of


def load_check_network(path: str | Path) -> tuple[Network, Vocabulary]:
    """The network in a TOML file and its vocabulary; ``[names]`` says what each symbol of an answer is.

    Raises SymnetError, which names the file, for what is not understood.
    """
