"""Networks as a line of text, ``"2 -> 3 sigmoid -> 1 linear"``: read and written.

network     inputs -> layer -> layer …            (→ for -> serves as well)
inputs      a number, or the name of a size: 2, n_0
layer       units, activation, bias: 3 · 3 sigmoid · 3 elu(0.5) · n_1 leaky_relu(alpha=0.2) nobias
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeVar, cast

from symnet import activations, costs
from symnet.errors import SymnetError, unknown
from symnet.network import Dense, Input, Network, Units

if TYPE_CHECKING:
    from symnet.notation.notation import Notation

MAX_CHARACTERS = 10_000
MAX_LAYERS = 2_000
MAX_UNITS = 10_000_000

EXAMPLE = "'2 -> 3 sigmoid -> 1 linear'"


class Defined(Protocol):
    """What can be asked for by its name and with other constants."""

    @property
    def name(self) -> str: ...
    @property
    def constants(self) -> Mapping[str, float]: ...
    def __call__(self, **constants: float) -> Self: ...


Definition = TypeVar("Definition", bound=Defined)


def parse(text: str) -> tuple[Input | Dense, ...]:
    """The input and the layers that a spec string declares; a layer without an activation is linear.

    Raises SymnetError with the faulty column, counted from 1.
    """
    reader = _Reader(text)
    if reader.next.kind == "end":
        raise reader.error(f"the network is empty; write its inputs and layers, as in {EXAMPLE}")
    parts: list[Input | Dense] = [Input(reader.units("a network begins with the number of its inputs"))]
    if reader.next.kind not in ("arrow", "end"):
        raise reader.error(f"after the inputs comes '->' and a layer, found {reader.found}, expected as in {EXAMPLE}")
    if reader.next.kind == "end":
        raise reader.error(f"the network has no layer; add one, as in {EXAMPLE}")
    while reader.take("arrow"):
        if len(parts) > MAX_LAYERS:
            raise reader.error(f"there are more than {MAX_LAYERS:,} layers; use fewer")
        parts.append(reader.layer())
    if reader.next.kind != "end":
        raise reader.error(f"after a layer comes '->' and the next, found {reader.found}, expected as in {EXAMPLE}")
    return tuple(parts)


def cost_of(text: str) -> costs.Cost:
    """The cost that a text names: ``"quadratic"``, ``"huber(0.5)"``, ``"huber(delta=0.5)"``."""
    return named(text, "cost", costs.COSTS, example="quadratic")


def named(text: str, kind: str, known: Mapping[str, Definition], example: str | None = None) -> Definition:
    """The definition that a text names, with constants if there are any: ``"adam"``, ``"adam(beta_1=0.8)"``.

    ``kind`` is what errors call it.  Raises SymnetError with the faulty column, counted from 1.
    """
    reader = _Reader(str(text), f"{kind}, ")
    a_kind = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    if reader.next.kind != "word":
        raise reader.error(
            f"expected the name of {a_kind}, such as {example or next(iter(known))!r}, found {reader.found}"
        )
    found = reader.definition(kind, known)
    if reader.next.kind != "end":
        raise reader.error(f"after the {kind} nothing else is expected, found {reader.found}; leave it out")
    return found


def write(inputs: Input, layers: Sequence[Dense]) -> str:
    """The spec string of a network; :func:`parse` reads it back, unless an activation is the user's own."""
    return " -> ".join([str(inputs.units), *map(_written, layers)])


def _written(layer: Dense) -> str:
    function = layer.function
    known = activations.ACTIVATIONS.get(function.name)
    changed = [(k, v) for k, v in function.constants.items() if known is None or known.constants.get(k) != v]
    constants = f"({', '.join(f'{name}={value!r}' for name, value in changed)})" if changed else ""
    return f"{layer.units} {function.name}{constants}{'' if layer.bias else ' nobias'}"


def load(
    path_or_spec: str | Path,
    *,
    cost: Any = None,
    regulariser: costs.Regulariser | None = None,
    samples: int | str | None = None,
    notation: str | Notation | None = None,
) -> Network:
    """The network in a ``.toml`` file, or that a spec string declares; what is given here has the last word.

    Raises SymnetError for what cannot be read, with its place.
    """
    options = {"cost": cost, "regulariser": regulariser, "samples": samples, "notation": notation}
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(cost, str):
        given["cost"] = cost_of(cost)
    if notation is not None:
        from symnet.notation.notation import notation as meant

        given["notation"] = meant(notation)
    if str(path_or_spec).strip().casefold().endswith(".npz"):
        raise SymnetError(f"{path_or_spec} is a trained model; read it with sn.Model.load({str(path_or_spec)!r})")
    if isinstance(path_or_spec, Path) or path_or_spec.strip().casefold().endswith(".toml"):
        from symnet.networkfile import read

        return read(Path(path_or_spec), **given)
    return Network(*parse(path_or_spec), **given)


def check_units(units: Units) -> str | None:
    """What is wrong with a number of units or the name of a size, if anything is."""
    if isinstance(units, str):
        if units == "n":
            return "n is the number of samples; call the size otherwise, such as n_0"
        if units in activations.ACTIVATIONS:
            return f"the units come before the activation, as in '3 {units}'"
    elif units < 1:
        return f"{units} units; expected at least 1"
    elif units > MAX_UNITS:
        return f"more than {MAX_UNITS:,} units; use fewer"
    return None


def configured(definition: Definition, constants: Mapping[str, float]) -> Definition:
    """A definition with constants, whose names and values are checked."""
    above_0 = isinstance(definition, costs.Cost)
    for name, value in constants.items():
        if name not in definition.constants:
            raise unknown(f"constant of {definition.name}", name, definition.constants)
        if not math.isfinite(value) or (above_0 and value <= 0):
            wanted = "a number above 0" if above_0 else "a finite number"
            raise SymnetError(f"{name} of {definition.name} is {value:g}, expected {wanted}")
    return cast(Definition, definition(**constants)) if constants else definition


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


_TOKEN = re.compile(
    r"(?P<arrow>->|→)|(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>[(),=])"
    r"|(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)


class _Reader:
    """The tokens of a text, read from left to right."""

    def __init__(self, text: str, where: str = "") -> None:
        self.where = where
        if len(text) > MAX_CHARACTERS:
            raise SymnetError(f"{where}the text has {len(text):,} characters, more than {MAX_CHARACTERS:,}; shorten it")
        self.tokens: list[_Token] = []
        end, at = len(text.rstrip()), len(text) - len(text.lstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise SymnetError(
                    f"{where}column {at + 1}: unexpected {text[at]!r}; "
                    f"expected names, numbers and '->' between layers, as in {EXAMPLE}"
                )
            self.tokens.append(_Token(str(match.lastgroup), match.group(), at + 1))
            at = match.end()
            while at < end and text[at].isspace():
                at += 1
        self.tokens.append(_Token("end", "", end + 1))
        self.at = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    @property
    def found(self) -> str:
        text = self.next.text
        return repr(text if len(text) <= 30 else text[:29] + "…") if text else "the end"

    def error(self, message: object, column: int | None = None) -> SymnetError:
        return SymnetError(f"{self.where}column {column or self.next.column}: {message}")

    def take(self, kind: str, text: str | None = None) -> _Token | None:
        token = self.next
        if token.kind != kind or (text is not None and token.text != text):
            return None
        self.at += 1
        return token

    def layer(self) -> Dense:
        start = self.next.column
        units = self.units("a layer begins with its number of units")
        activation = activations.ACTIVATIONS["linear"]
        if self.next.kind == "word" and self.next.text not in ("nobias", "no"):
            activation = self.definition("activation", activations.ACTIVATIONS)
        bias = True
        if self.take("word", "nobias"):
            bias = False
        elif self.take("word", "no"):
            if not self.take("word", "bias"):
                raise self.error(f"after 'no' comes 'bias', found {self.found}; write 'nobias' or 'no bias'")
            bias = False
        try:
            return Dense(units, activation, bias)
        except SymnetError as error:
            raise self.error(error, start) from None

    def units(self, expected: str) -> Units:
        token = self.next
        if token.kind not in ("number", "word"):
            raise self.error(f"{expected} or the name of a size, found {self.found}, expected as in {EXAMPLE}")
        units: Units = token.text
        if token.kind == "number":
            if not re.fullmatch(r"[0-9]+", token.text):
                raise self.error(f"{self.found} units; expected a whole number of at least 1")
            units = int(token.text.lstrip("0")[:20] or "0")
        if wrong := check_units(units):
            raise self.error(wrong)
        self.at += 1
        return units

    def definition(self, kind: str, known: Mapping[str, Definition]) -> Definition:
        """A name, and constants in parentheses if there are any."""
        token = self.next
        if token.text not in known:
            raise self.error(unknown(kind, token.text, known))
        self.at += 1
        if not self.take("sign", "("):
            return known[token.text]
        constants = self._constants(token.text, tuple(known[token.text].constants))
        try:
            return configured(known[token.text], constants)
        except SymnetError as error:
            raise self.error(error, token.column) from None

    def _constants(self, owner: str, names: tuple[str, ...]) -> dict[str, float]:
        if not names:
            raise self.error(f"{owner} has no constants; leave the parentheses out", self.next.column - 1)
        found: dict[str, float] = {}
        example = f"{owner}({names[0]}=0.5)"
        while True:
            start = self.next
            name = names[min(len(found), len(names) - 1)]
            if word := self.take("word"):
                name = word.text
                if not self.take("sign", "="):
                    raise self.error(
                        f"after {name} comes '=' and a number, found {self.found}, expected as in {example}"
                    )
            value = self.take("number")
            if value is None:
                raise self.error(f"expected a number, found {self.found}; write the constant as in {example}")
            if name in found:
                raise self.error(f"{name} is given twice, give it once, as in {example}", start.column)
            found[name] = float(value.text)
            if self.take("sign", ")"):
                return found
            if not self.take("sign", ","):
                raise self.error(f"expected ',' or ')', found {self.found}; write the constant as in {example}")
