"""Activation functions and their derivatives as curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symnet.activations import ACTIVATIONS, Activation
from symnet.activations import activation as meant
from symnet.algebra.expressions import ScalarFunction
from symnet.algebra.scalars import differentiate
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.render.display import Call, Name, Node
from symnet.render.equations import names_for
from symnet.render.figures.axes import CAPTION, SYMBOL, Axes, Scale, padded, room_left
from symnet.render.figures.curves import function_of, polylines
from symnet.render.figures.figure import Dash, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Box, Point
from symnet.render.figures.measure import size_of, sizes
from symnet.render.formula import function_name

LECTURE = ("linear", "sigmoid", "tanh", "relu")
"""The four of the lecture."""

REACH = 5.0
"""The curves run over arguments from −5 to 5."""

_INNER = 3.0
_HEAD, _FOOT, _APART = 64.0, 30.0, 22.0
_SAMPLE, _BETWEEN = 24.0, 14.0
_TICKS = 4
_STYLES: tuple[tuple[str, Dash], ...] = (("forward", "solid"), ("backward", "dashed"))


def activations_figure(network: Network, names: str | Sequence[Any] | None = None, notation: Any = None) -> Figure:
    """Each activation (solid) with its derivative (dashed): the network's, ``"lecture"``, ``"all"``, or those named.

    Raises SymnetError for an unknown activation, and for softmax alone, which is no function of one argument.
    """
    chosen = _chosen(network, names)
    columns = len(chosen) if len(chosen) <= 3 else 2 if len(chosen) == 4 else 3
    rows = -(-len(chosen) // columns)
    width = {1: 460.0, 2: 340.0, 3: 250.0}[columns]
    height = (270.0 if columns == 1 else 210.0) if rows == 1 else 92.0 if rows == 2 else 125.0
    curves = [_curves(activation) for activation in chosen]
    room = 14.0 + max(room_left(shown.y, _TICKS) for shown in curves)
    marks: list[Mark] = []
    for k, shown in enumerate(curves):
        left = (k % columns) * width
        top = (k // columns) * (height + _HEAD + _FOOT)
        box = Box(left, top, left + width, top + height + _HEAD + _FOOT)
        marks += _panel(network, shown, box, room, notation)
    said = ", ".join(a.name.replace("_", " ") for a in chosen)
    return Figure(
        columns * width + 8.0,
        rows * (height + _HEAD + _FOOT) + 8.0,
        tuple(marks),
        f"Activation functions as solid curves, with their derivatives as dashed curves, for arguments from "
        f"−{REACH:g} to {REACH:g}: {said}.",
    )


def _chosen(network: Network, names: str | Sequence[Any] | None) -> list[Activation]:
    if names is None:
        found = [layer.function for layer in network.layers]
    elif isinstance(names, str):
        listed = {"lecture": LECTURE, "all": tuple(ACTIVATIONS)}.get(names) or names.split(",")
        found = [meant(name.strip()) for name in listed]
    else:
        found = [meant(name) for name in names]
    curves = list({(a.name, a.expr): a for a in found if not a.normalised}.values())
    if not curves:
        raise SymnetError(
            "softmax depends on all units of its layer and is no curve; name others, such as names='sigmoid,tanh'"
        )
    return curves


@dataclass(frozen=True, slots=True)
class _Curves:
    """An activation with its curve and that of its derivative, over the arguments that are shown."""

    activation: Activation
    slope: ScalarFunction
    curve: list[list[Point]]
    slopes: list[list[Point]]
    y: Scale


def _curves(activation: Activation) -> _Curves:
    slope = differentiate(activation.function)
    curve = polylines(function_of(activation, activation.function), -REACH, REACH)
    slopes = polylines(function_of(activation, slope), -REACH, REACH)
    inner = [v for piece in (*curve, *slopes) for u, v in piece if abs(u) <= _INNER]
    return _Curves(activation, slope, curve, slopes, padded(inner))


def _panel(network: Network, shown: _Curves, box: Box, room: float, notation: Any) -> list[Mark]:
    left = box.left + room
    axes = Axes(Box(left, box.top + _HEAD, box.right - _APART, box.bottom - _FOOT), Scale(-REACH, REACH), shown.y)
    marks: list[Mark] = [*axes.zero_lines(), *axes.drawn(Name("x"), None, y_ticks=_TICKS)]
    marks += [Path(line, "forward", width=2.6) for piece in shown.curve for line in axes.line(piece)]
    for piece in shown.slopes:
        marks += [Path(line, "backward", width=2.0, dash="dashed", stage=1) for line in axes.line(piece)]
    marks.append(Label(shown.activation.name.replace("_", " "), (left, box.top + 16.0), "start", size=SYMBOL))
    return marks + _key(network, shown, (left, box.top + 42.0), box.right - left, notation)


def _key(network: Network, shown: _Curves, at: Point, room: float, notation: Any) -> list[Mark]:
    """Which line is the function, and which its derivative; with their argument where there is room for it."""
    names = names_for(network, notation)
    heads: list[Node] = [function_name(of, names) for of in (shown.activation.function, shown.slope)]
    entries = [Call(head, (Name("x"),)) for head in heads]
    needed = sum(_SAMPLE + 5.0 + width for width, _ in sizes(entries, CAPTION)) + _BETWEEN
    x, y = at
    marks: list[Mark] = []
    for stage, entry in enumerate(entries if needed <= room else heads):
        role, dash = _STYLES[stage]
        marks.append(Path(((x, y), (x + _SAMPLE, y)), role, width=2.4, dash=dash, stage=stage))
        marks.append(Label(entry, (x + _SAMPLE + 5.0, y), "start", size=CAPTION, stage=stage))
        x += _SAMPLE + 5.0 + size_of(entry, CAPTION)[0] + _BETWEEN
    return marks
