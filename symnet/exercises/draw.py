"""Drawing the numbers of a variant, and refusing those that spoil it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Axis
from symnet.errors import SymnetError
from symnet.exercises.template import Template
from symnet.exercises.variant import Numbers
from symnet.network import Network

RANGES: Mapping[str, Sequence[Any]] = {"x": (1, 4), "w": (-3, 3), "b": (-2, 2), "y": (-3, 3)}
"""Where numbers come from if a template does not say."""

FEW = 6
"""So many weights are all different; of more only those of one unit, and of one input."""

TRIES = 200

WIDEST = 20
"""Units of a layer that are still worked out by hand."""

MOST = 1000
"""Values in a range."""


_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?(/[0-9]{1,12})?", re.ASCII)


class Unsuitable(Exception):
    """A draw that is not to be handed out, and why; another one is made."""


def exact(given: Any, where: str) -> sp.Rational:
    """A number of a template: 3, 0.5 or "1/2"."""
    try:
        value = sp.Rational(str(given)) if _NUMBER.fullmatch(str(given)) else None
    except ZeroDivisionError:
        value = None
    if value is None or not value.is_finite:
        raise SymnetError(f'{where} is {given!r}, expected a number such as 3, 0.5 or "1/2"')
    return value


def choices(template: Template, key: str) -> tuple[sp.Rational, ...]:
    """The values that [data] allows under ``key``, 0 left out."""
    given = template.data.get(key, RANGES.get(key[:1]))
    where = f"{template.name}: {key} under [data]"
    if isinstance(given, dict):
        given = given.get("among", ())
        found = [exact(value, where) for value in given]
    elif isinstance(given, list | tuple) and len(given) in (2, 3):
        low, high = exact(given[0], where), exact(given[1], where)
        step = exact(given[2], where) if len(given) == 3 else sp.S.One
        if step <= 0 or high < low or (high - low) / step > MOST:
            raise SymnetError(f"{where} runs from {low} to {high} in steps of {step}; write [from, to, step]")
        found = [low + k * step for k in range(int((high - low) / step) + 1)]
    else:
        raise SymnetError(f'{where} is {given!r}, expected [from, to], [from, to, "step"] or {{ among = [1, 2] }}')
    kept = tuple(value for value in found if value != 0 or template.data.get("zero"))
    if not kept:
        raise SymnetError(f"{where} allows no number but 0; widen it")
    return kept


def different(rng: Random, among: Sequence[sp.Rational], count: int) -> list[sp.Rational]:
    """So many values, no two alike while there are enough."""
    pool: list[sp.Rational] = []
    while len(pool) < count:
        pool += rng.sample(list(among), min(len(among), count - len(pool)))
    return pool


def numbers(template: Template, network: Network, rng: Random, samples: int = 1) -> Numbers:
    """Data and parameters for a network: the values of one tensor are pairwise different."""
    check_sizes(template, network)
    parameters = {}
    for tensor in network.parameters:
        key = tensor.name if tensor.name in template.data else tensor.name[0].lower()
        among, shape = choices(template, key), _shape(tensor, 1)
        for _ in range(TRIES):
            parameters[tensor.name] = _filled(rng, among, shape)
            if not alike(parameters[tensor.name]):
                break
        else:
            raise SymnetError(
                f"{template.name}: {key} under [data] has too few numbers for {tensor.name}, all different; "
                "widen the range"
            )
    x = _filled(rng, choices(template, "x"), _shape(network.x, samples))
    target = _filled(rng, choices(template, "y"), _shape(network.y, samples))
    rates = listed(template, "rate") if "rate" in template.data else []
    return Numbers(
        parameters,
        x,
        target,
        rng.choice(rates) if rates else None,
        template.whole("data", "steps", 0, 10),
        template.whole("data", "decimals", 3, 10),
        decimal(template),
    )


def listed(template: Template, key: str) -> list[sp.Rational]:
    """The numbers that [data] names under ``key``, one or several.  Raises SymnetError where there is none."""
    given = template.data[key]
    among = given if isinstance(given, list) else [given]
    if not among:
        raise SymnetError(f"{template.name}: {key} under [data] is empty; name at least one number")
    return [exact(value, f"{template.name}: {key} under [data]") for value in among]


def decimal(template: Template) -> bool:
    """Whether a template writes its numbers as decimals, so that variants do."""
    return "." in repr(dict(template.data))


def check_sizes(template: Template, network: Network) -> None:
    """Refuse networks whose sizes are letters, or too large for work by hand."""
    sizes = [network.inputs.units, *(layer.units for layer in network.layers)]
    if not all(isinstance(size, int) and size <= WIDEST for size in sizes):
        raise SymnetError(f"{template.name}: an exercise needs layers of 1 to {WIDEST} units, given {network.spec}")


def alike(nested: Any) -> bool:
    """Whether weights are equal: any two of a few, of a larger matrix two of one unit or of one input."""
    values = flat(nested)
    if len(values) <= FEW or not isinstance(nested[0], tuple):
        return len(set(values)) < len(values)
    return any(len(set(line)) < len(line) for line in (*nested, *zip(*nested, strict=True)))


def _shape(tensor: Any, samples: int) -> tuple[int, ...]:
    return tuple(samples if a.name == "s" else int(a.size) for a in tensor.axes)


def _filled(rng: Random, among: Sequence[sp.Rational], shape: tuple[int, ...]) -> Any:
    count = 1
    for size in shape:
        count *= size
    values = different(rng, among, count)
    rng.shuffle(values)

    def nested(sizes: tuple[int, ...]) -> Any:
        return values.pop() if not sizes else tuple(nested(sizes[1:]) for _ in range(sizes[0]))

    return nested(shape)


def flat(nested: Any) -> list[sp.Rational]:
    """All numbers of nested tuples in order."""
    return [v for part in nested for v in flat(part)] if isinstance(nested, tuple) else [nested]


def random_numbers(network: Network, rng: Random) -> Numbers:
    """Numbers for a network at which nothing is special."""

    def some(shape: tuple[int, ...], positive: bool = False) -> Any:
        if not shape:
            value = sp.Rational(rng.randint(1, 60), 61) if positive else sp.Rational(rng.randint(-120, 120), 61)
            return value or sp.Rational(1, 61)
        return tuple(some(shape[1:], positive) for _ in range(shape[0]))

    def shape(axes: tuple[Axis, ...]) -> tuple[int, ...]:
        return tuple(2 if a.name == "s" else int(a.size) for a in axes)

    y = some(shape(network.y.axes), network.cost.targets != "real")
    if network.layers[-1].function.normalised:
        y = _normed(y) if not network.sample_axes else tuple(map(_normed, y))
    return Numbers({p.name: some(shape(p.axes)) for p in network.parameters}, some(shape(network.x.axes)), y)


def _normed(row: Any) -> Any:
    return tuple(v / sum(row) for v in row)
