"""A network in a TOML file: layers, cost, regulariser, names and notation.

layers = "2 -> 3 sigmoid -> 1 linear"   # or inputs = 2 and [[layer]] tables: units, activation, bias …
cost = "quadratic"                      # or a [cost] table: name, constants
samples = "n"                           # or 1
notation = "nielsen"                    # or a [notation] table: base, and any field of Notation
[regulariser]
name = "l2"
strength = 0.01
normalisation = "1/2"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from symnet import activations, costs
from symnet.errors import SymnetError, unknown
from symnet.files import read_text
from symnet.network import Dense, Input, Network, Units
from symnet.notation.notation import Notation, notation
from symnet.spec import EXAMPLE, MAX_LAYERS, check_units, configured, cost_of, parse

MAX_BYTES = 1_000_000

Table = Mapping[str, Any]

_KEYS = ("layers", "inputs", "layer", "cost", "samples", "regulariser", "notation")
_REGULARISERS: Mapping[str, Callable[..., costs.Regulariser]] = {"l1": costs.l1, "l2": costs.l2}


def read(path: Path, **given: Any) -> Network:
    """The network in a TOML file; ``given`` are arguments of Network that have the last word.

    Raises SymnetError, which names the file, for anything that is not understood.
    """
    table = _parsed(path, read_text(path, MAX_BYTES))
    try:
        return declared(table, **given)
    except SymnetError as error:
        raise SymnetError(f"{path}: {error}") from None


def declared(table: Table, **given: Any) -> Network:
    """The network that a table of a TOML file declares; ``given`` are arguments of Network that have the last word.

    Raises SymnetError for anything that is not understood.
    """
    _only(table, "key", _KEYS)
    parts = _parts(table)
    found: dict[str, Any] = {}
    if "cost" in table:
        found["cost"] = _cost(table["cost"])
    if "samples" in table:
        found["samples"] = _samples(table["samples"])
    if "regulariser" in table:
        found["regulariser"] = _regulariser(table["regulariser"])
    if "notation" in table:
        found["notation"] = _notation(table["notation"])
    return Network(*parts, **{**found, **given})


def _parsed(path: Path, text: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, place = re.fullmatch(r"(.*?)(?: \(at (.*)\))?", str(error), re.DOTALL).groups()  # type: ignore[union-attr]
        where = f", {place}" if place else ""
        raise SymnetError(f"{path}{where}: {message[0].lower()}{message[1:]}; mend the TOML") from None
    except (RecursionError, ValueError):
        raise SymnetError(f"{path} is nested too deeply, or a number in it is too long; simplify the TOML") from None


def _parts(table: Table) -> tuple[Input | Dense, ...]:
    if "layers" in table:
        if "layer" in table or "inputs" in table:
            raise SymnetError("layers already says it all; leave out inputs and [[layer]], or leave out layers")
        text = _text(table["layers"], "layers", EXAMPLE)
        try:
            return parse(text)
        except SymnetError as error:
            raise SymnetError(f"layers, {error}") from None
    if "layer" not in table or "inputs" not in table:
        missing = "layers" if "layer" not in table and "inputs" not in table else "inputs or [[layer]]"
        raise SymnetError(f"{missing} is missing; write layers = {EXAMPLE}, or inputs = 2 and [[layer]] tables")
    layers = table["layer"]
    if not isinstance(layers, list):
        raise SymnetError("layer is not a list of tables; write [[layer]] with two brackets")
    if len(layers) > MAX_LAYERS:
        raise SymnetError(f"there are more than {MAX_LAYERS:,} layers; use fewer")
    return Input(_units(table["inputs"], "inputs")), *(_layer(k, layer) for k, layer in enumerate(layers, 1))


def _layer(number: int, given: Any) -> Dense:
    where = f"layer {number}"
    table = _table(given, where, "{ units = 3, activation = 'sigmoid' }")
    name = _text(table.get("activation", "linear"), f"{where}, activation", "'sigmoid'")
    try:
        function = activations.activation(name)
        _only(table, "key", ("units", "activation", "bias", *function.constants))
        if "units" not in table:
            raise SymnetError("units is missing; write units = 3")
        bias = table.get("bias", True)
        if not isinstance(bias, bool):
            raise SymnetError(f"bias is {_shown(bias)}, expected true or false")
        constants = {name: _number(table[name], name) for name in function.constants if name in table}
        return Dense(_units(table["units"], "units"), configured(function, constants), bias)
    except SymnetError as error:
        raise SymnetError(f"{where}: {error}") from None


def _units(given: Any, where: str) -> Units:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise SymnetError(f"{where} is {_shown(given)}, expected a whole number or the name of a size, such as 'n_0'")
    if isinstance(given, str) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", given):
        raise SymnetError(f"{where} is {_shown(given)}, expected a name of letters, digits and _, such as 'n_0'")
    if wrong := check_units(given):
        raise SymnetError(f"{where}: {wrong}")
    return given


def _cost(given: Any) -> costs.Cost:
    if isinstance(given, str):
        return cost_of(given)
    table = _table(given, "cost", "'quadratic' or { name = 'huber', delta = 0.5 }")
    cost = costs.cost(_text(table.get("name"), "cost, name", "'huber'"))
    _only(table, "key of cost", ("name", *cost.constants))
    return configured(cost, {k: _number(v, f"cost, {k}") for k, v in table.items() if k != "name"})


def _samples(given: Any) -> int | str:
    if isinstance(given, bool) or given not in (1, "n"):
        raise SymnetError(f"samples is {_shown(given)}, expected 'n' (any number of samples) or 1 (a single one)")
    return "n" if given == "n" else 1


def _regulariser(given: Any) -> costs.Regulariser:
    table = _table(given, "regulariser", "{ name = 'l2', strength = 0.01 }")
    _only(table, "key of regulariser", ("name", "strength", "normalisation"))
    name = _text(table.get("name"), "regulariser, name", "'l1' or 'l2'")
    if name not in _REGULARISERS:
        raise unknown("regulariser", name, _REGULARISERS)
    if "strength" not in table:
        raise SymnetError("regulariser has no strength; write strength = 0.01")
    strength = _number(table["strength"], "regulariser, strength")
    if "normalisation" not in table:
        return _REGULARISERS[name](strength)
    return _REGULARISERS[name](strength, _text(table["normalisation"], "regulariser, normalisation", "'1/2'"))


def _notation(given: Any) -> Notation:
    if isinstance(given, str):
        return notation(given)
    table = _table(given, "notation", "'nielsen' or { base = 'lecture', weight = 'v' }")
    _only(table, "key of notation", ("base", *(f.name for f in fields(Notation))))
    base = notation(_text(table.get("base", "lecture"), "notation, base", "'lecture'"))
    return base.with_(**{key: value for key, value in table.items() if key != "base"})


def _only(table: Table, kind: str, known: Iterable[str]) -> None:
    names = list(known)
    for key in table:
        if key not in names:
            raise unknown(kind, key, names)


def _table(given: Any, where: str, example: str) -> Table:
    if not isinstance(given, dict):
        raise SymnetError(f"{where} is {_shown(given)}, expected a table, such as {example}")
    return given


def _text(given: Any, where: str, example: str) -> str:
    if not isinstance(given, str):
        found = "missing" if given is None else _shown(given)
        raise SymnetError(f"{where} is {found}, expected a text, such as {example}")
    return given


def _number(given: Any, where: str) -> float:
    try:
        if not isinstance(given, bool) and isinstance(given, int | float) and abs(float(given)) < float("inf"):
            return float(given)
    except OverflowError:
        pass
    raise SymnetError(f"{where} is {_shown(given)}, expected a finite number, such as 0.5")


def _shown(given: Any) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, int):
        return str(given) if abs(given) < 10**20 else "a huge number"
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "a table"
    text = repr(given)
    return text if len(text) <= 60 else text[:59] + "…"
