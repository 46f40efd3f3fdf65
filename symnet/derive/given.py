"""Numbers that a user gives a network, as exact rationals, one for each element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Number
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Tensor
from symnet.errors import SymnetError
from symnet.network import Network

Key = tuple[Tensor, tuple[int, ...]]
"""An element: its tensor and its place, counted from 1."""

_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?(/\d{1,40})?", re.ASCII)
_READABLE = 60


def given(network: Network, x: Any, y: Any, **parameters: Any) -> tuple[int, dict[Key, sp.Expr]]:
    """How many samples are given, and the data, parameters and constants as exact numbers, element by element.

    Takes and refuses what :func:`symnet.derive.numbers.worked` does.
    """
    reader = Reader(network)
    values = reader.parameters(parameters)
    samples, data = reader.data(x, y)
    constants: dict[Key, sp.Expr] = {(t, ()): reader.number(v, t.name) for t, v in network.constants.items()}
    return samples, {**constants, **data, **values}


class Reader:
    """Numbers of a user, as exact rationals with an index for each."""

    def __init__(self, network: Network) -> None:
        if any(not isinstance(a.size, int) for axes in network.unit_axes for a in axes):
            raise SymnetError("worked numbers need sizes in numbers; this network has a symbolic size")
        self.network = network
        self.decimal = False

    def number(self, given: Any, where: str) -> sp.Rational:
        """One number, exactly as written."""
        if isinstance(given, bool):
            given = int(given)
        text = str(given) if isinstance(given, (str, Number, sp.Rational, sp.Float)) else repr(given)
        text = text.strip()
        if not _NUMBER.fullmatch(text):
            shown = repr(given) if len(repr(given)) <= _READABLE else repr(given)[: _READABLE - 1] + "…"
            raise SymnetError(f"{where} is {shown}, expected a number such as 3, 0.25 or 1/3")
        top, _, bottom = text.partition("/")
        if "." in text or "e" in text.lower():
            self.decimal = True
        if bottom and int(bottom) == 0:
            raise SymnetError(f"{where} is {given!r}, whose denominator is 0")
        return sp.Rational(top) / sp.Integer(int(bottom or "1"))

    def array(self, given: Any, shape: tuple[int, ...], where: str, expected: str) -> dict[tuple[int, ...], sp.Expr]:
        """Nested lists (or an array) of a given shape."""
        original = given = given.tolist() if hasattr(given, "tolist") else given
        if len(shape) > len(_shape(given)) and shape[0] == 1:
            given = [given]
        out: dict[tuple[int, ...], sp.Expr] = {}

        def read(part: Any, index: tuple[int, ...]) -> None:
            if len(index) == len(shape):
                out[index] = self.number(part, f"{where}{list(index) if index else ''}")
                return
            if index and isinstance(part, (list, tuple)) and len(part) != shape[len(index)]:
                first = len(given[0]) if isinstance(given[0], (list, tuple)) else 0
                if len(part) != first:
                    raise SymnetError(
                        f"row {index[0]} of {where} has {len(part)} numbers, the first has {first}, expected {expected}"
                    )
            if not isinstance(part, (list, tuple)) or len(part) != shape[len(index)]:
                found = " × ".join(map(str, _shape(original)))
                has = f"has shape {found}" if found else "is one number"
                raise SymnetError(f"{where} {has}, expected {expected}")
            for k, inner in enumerate(part, 1):
                read(inner, (*index, k))

        read(given, ())
        return out

    def parameters(self, given: Mapping[str, Any]) -> dict[Key, sp.Expr]:
        """All parameters by name, the case of the first letter free."""
        known = {p.name.lower(): p for p in self.network.parameters}
        described = ", ".join(_described(p) for p in self.network.parameters)
        values: dict[Key, sp.Expr] = {}
        found = set()
        for name, value in given.items():
            tensor = known.get(name.lower())
            if tensor is None:
                raise SymnetError(f"{name!r} is none of the network's parameters; they are {described}")
            if tensor in found:
                raise SymnetError(f"{tensor.name} is given twice, as {name!r} too; give it once")
            found.add(tensor)
            shape = tuple(int(a.size) for a in tensor.axes)
            expected = {0: "one number", 1: f"{''.join(map(str, shape))} numbers"}.get(
                len(shape), f"{' × '.join(map(str, shape))} (inputs × units)"
            )
            values |= {(tensor, k): v for k, v in self.array(value, shape, name, expected).items()}
        missing = [p for p in self.network.parameters if p not in found]
        if missing:
            raise SymnetError(f"{missing[0].name} is missing; the network's parameters are {described}")
        return values

    def data(self, x: Any, y: Any) -> tuple[int, dict[Key, sp.Expr]]:
        """Inputs and targets, and how many samples they are."""
        inputs = tuple(int(a.size) for a in self.network.unit_axes[0])
        outputs = tuple(int(a.size) for a in self.network.unit_axes[-1])
        batched = bool(self.network.sample_axes)
        x = x.tolist() if hasattr(x, "tolist") else x
        several = batched and len(_shape(x)) == len(inputs) + 1
        samples = len(x) if several else 1
        if samples == 0:
            raise SymnetError("x has no samples; give at least one")
        out: dict[Key, sp.Expr] = {}
        wide = " × ".join(map(str, inputs)) or "1"
        for tensor, given, units in ((self.network.x, x, inputs), (self.network.y, y, outputs)):
            if given is None:
                continue
            shape = ((samples,) if batched else ()) + units
            width = " × ".join(map(str, units)) or "one"
            role = f"{wide} inputs" if tensor is self.network.x else f"{width} target{'s' if units else ''}"
            expected = f"{role} for a sample" + (f", {samples} samples" if several else "")
            out |= {(tensor, k): v for k, v in self.array(given, shape, tensor.name, expected).items()}
        return samples, out


def _shape(given: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(given, (list, tuple)):
        shape.append(len(given))
        if not given:
            break
        given = given[0]
    return tuple(shape)


def _described(tensor: Tensor) -> str:
    shape = " × ".join(str(a.size) for a in tensor.axes)
    return f"{tensor.name} ({shape})" if shape else tensor.name
