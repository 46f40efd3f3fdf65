"""A template: a family of networks, what is asked, where the numbers come from and what it is worth, in TOML.

title = "Forward pass through a hidden layer"
kind = "forward"                      # see symnet.exercises.make.KINDS
slide = "Forward Propagation"         # of the lecture
[network]                             # as in a network file; a list is a choice for each variant
layers = ["2 -> 2 relu -> 1 linear", "3 -> 2 relu -> 1 linear"]
cost = "quadratic"
samples = 1
[ask]                                 # what is asked, by kind; marks
quantities = ["z1", "a1", "z2", "C"]
marks = 1
difficulty = 22                       # of a usual variant, else found by drawing some; spread: how far off others are
spread = 0.15
[data]                                # numbers: [from, to] or [from, to, "step"], a list of choices under rate
x = [1, 4]
w = [-3, 3]
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from symnet.errors import SymnetError, unknown
from symnet.files import read_text
from symnet.network import Network
from symnet.networkfile import declared

MAX_BYTES = 100_000
ASK = (
    "quantities", "wrt", "form", "count", "options", "kinds", "compare", "slopes", "marks", "difficulty", "spread",
    "tolerance",
)  # fmt: skip
DATA = ("x", "y", "yhat", "rate", "steps", "samples", "decimals", "zero", "factors")
"""What [ask] and [data] may say; numbers for one parameter go by its name, those for all by w and b."""

FORMS = ("scalar", "index", "matrix")

FAMILY = ("layers", "cost", "notation", "samples")
"""Keys of [network] that may be a list: one of them is taken for each variant."""

KEYS = ("title", "kind", "slide", "network", "ask", "data", "names", "marking")
"""Of a template; [marking] is read by :mod:`symnet.exercises.marking.scheme`."""

MAX_FAMILY = 64
"""Networks that one template may speak of."""

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """What a template file says.

    ``network``, ``ask`` and ``data`` are its tables, ``names`` the ``[names]`` that answers are read with; ``text`` is
    the file's own text.
    """

    name: str
    title: str
    kind: str
    slide: str
    network: Table
    ask: Table
    data: Table
    names: Mapping[str, str] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """Every network of the family.  Raises SymnetError for one that cannot be declared."""
        return tuple(self._members())

    def _members(self) -> Iterator[Network]:
        lists = {k: v for k, v in self.network.items() if k in FAMILY and isinstance(v, list)}
        if any(not values for values in lists.values()):
            raise SymnetError(f"{self.name}: a list under [network] is empty; name at least one")
        choices = list(product(*lists.values()))
        if len(choices) > MAX_FAMILY:
            raise SymnetError(f"{self.name}: the family has {len(choices)} networks, at most {MAX_FAMILY}; shorten it")
        for chosen in choices:
            table = {**self.network, **dict(zip(lists, chosen, strict=True))}
            try:
                yield _network(json.dumps(table))
            except SymnetError as error:
                raise SymnetError(f"{self.name}, [network]: {error}") from None

    def drawn(self, rng: Random) -> Network:
        """One of the family."""
        return rng.choice(self.networks)

    def asked(self, key: str, default: Any = None) -> Any:
        """What [ask] says under ``key``.  Raises SymnetError where it says nothing and there is no default."""
        value = self.ask.get(key, default)
        if value is None:
            raise SymnetError(f"{self.name}: [ask] does not say {key!r}, which an exercise of kind {self.kind} needs")
        return value

    def listed(self, key: str, default: Any = None) -> tuple[str, ...]:
        """What [ask] says under ``key``, one text or several."""
        value = self.asked(key, default)
        found = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not found or not all(isinstance(item, str) for item in found):
            raise SymnetError(f"{self.name}: {key} under [ask] is {value!r}, expected a text or a list of texts")
        return found

    def whole(self, table: str, key: str, default: int, most: int = 100) -> int:
        """A whole number from 1 on of [ask] or [data].  Raises SymnetError for anything else."""
        value = (self.ask if table == "ask" else self.data).get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not (0 < value <= most or value == default):
            raise SymnetError(
                f"{self.name}: {key} under [{table}] is {value!r}, expected a whole number from 1 to {most}"
            )
        return value

    def among(self, key: str, known: Sequence[str], default: str) -> str:
        """What [ask] says under ``key``, one of the texts that are known."""
        value = str(self.ask.get(key, default))
        if value not in known:
            raise SymnetError(f"{self.name}: {unknown(f'{key} under [ask]', value, known)}")
        return value

    def marks(self, key: str = "", default: int = 1) -> int:
        """The marks of a part: one number for all, or by ``key``.  Raises SymnetError for what is no such number."""
        given = self.ask.get("marks", default)
        value = given.get(key, given.get("each", default)) if isinstance(given, dict) else given
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1000:
            raise SymnetError(f"{self.name}: marks are {value!r}, expected a whole number of at least 1")
        return value


@lru_cache(maxsize=256)
def _network(table: str) -> Network:
    """The network of a table; the same table gives the same object, so that its derivation is made once."""
    return declared(json.loads(table))


def shipped() -> tuple[str, ...]:
    """The names of the templates that come with symnet."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _folder().iterdir() if f.name.endswith(".toml")))


def _folder() -> Any:
    return files("symnet.exercises") / "templates"


def read(path_or_name: str | Path) -> Template:
    """The template in a file, or one that is shipped, by its name.

    Raises SymnetError, which names the file, for what is not understood.
    """
    given = str(path_or_name)
    if not given.endswith(".toml"):
        if given not in shipped():
            raise unknown("template", given, shipped())
        return parsed((_folder() / f"{given}.toml").read_text("utf-8"), given)
    path = Path(path_or_name)
    return parsed(read_text(path, MAX_BYTES), path.name.removesuffix(".toml"))


def parsed(text: str, name: str) -> Template:
    """The template that a text declares.  Raises SymnetError for what is not understood."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SymnetError(f"{name}: {error}; mend the TOML") from None
    from symnet.exercises.make import KINDS

    for key in table:
        if key not in KEYS:
            raise SymnetError(f"{name}: {unknown('key', key, KEYS)}")
    texts = {}
    for key, example in (("title", "A forward pass"), ("kind", "forward"), ("slide", "")):
        value = table.get(key, "" if key == "slide" else None)
        if not isinstance(value, str):
            found = "missing" if value is None else repr(value)
            raise SymnetError(f'{name}: {key} is {found}, expected a text, such as {key} = "{example}"')
        texts[key] = value
    if texts["kind"] not in KINDS:
        raise SymnetError(f"{name}: {unknown('kind of exercise', texts['kind'], KINDS)}")
    tables = {}
    for key in ("network", "ask", "data", "names"):
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise SymnetError(f"{name}: {key} is {value!r}, expected a table; write [{key}]")
        tables[key] = value
    for key in tables["ask"]:
        if key not in ASK:
            raise SymnetError(f"{name}: {unknown('key of [ask]', key, ASK)}")
    for key in tables["data"]:
        if key not in DATA and not re.fullmatch(r"[wWb]\d*", key):
            raise SymnetError(f"{name}: {unknown('key of [data]', key, (*DATA, 'w', 'b'))}")
    return Template(name, **texts, **tables, text=text)  # type: ignore[arg-type]
