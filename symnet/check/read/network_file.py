"""A network file with a ``[names]`` table: the network, and the vocabulary of the answers about it."""

from __future__ import annotations

import re
import tempfile
import tomllib
from pathlib import Path

from symnet.check.read.symbols import Vocabulary
from symnet.errors import SymnetError
from symnet.files import read_text
from symnet.network import Network
from symnet.networkfile import MAX_BYTES
from symnet.spec import load

_NAMES = re.compile(r"^\[names\].*?(?=^\[|\Z)", re.DOTALL | re.MULTILINE)


def load_check_network(path: str | Path) -> tuple[Network, Vocabulary]:
    """The network in a TOML file and its vocabulary; ``[names]`` says what each symbol of an answer is.

    Raises SymnetError, which names the file, for what is not understood.
    """
    text = read_text(Path(path), MAX_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        rest = Path(folder) / "network.toml"
        rest.write_text(_NAMES.sub("", text), encoding="utf-8")
        try:
            network = load(rest)
        except SymnetError as error:
            raise SymnetError(str(error).replace(str(rest), str(path))) from None
    try:
        names = tomllib.loads(text).get("names", {})
        if not isinstance(names, dict):
            raise SymnetError("names is no table; write [names] and a line for each symbol")
        return network, Vocabulary(network, names)
    except (SymnetError, tomllib.TOMLDecodeError) as error:
        raise SymnetError(f"{path}: {error}") from None
