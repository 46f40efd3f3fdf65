"""The picture of a network: its layers as columns of units, its weights as the lines between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from symnet.network import Network
from symnet.render.display import Listing, Node, Number, Product
from symnet.render.figures.edges import FEW, Line, settled
from symnet.render.figures.figure import Figure, Label, Mark, Path
from symnet.render.figures.geometry import Point, around, shortened
from symnet.render.figures.layers import (
    CAPTION,
    SYMBOL,
    Column,
    Letters,
    circle,
    columns,
    dots,
    fitted,
    has_ones,
    letters,
    places,
    radius_for,
    size_name,
    weight_name,
    width_of,
    without_middle,
)
from symnet.render.figures.measure import Content, sizes

WIDTH, HEIGHT = 780.0, 400.0
"""What a picture may take of a slide, in points."""

LOW = 348.0
"""The height up to which the letters of a picture that has a slide to itself are of 12 points at least."""

MOST_LAYERS, MOST_UNITS = 8, 6
_ONE = 15.0


def network_figure(network: Network, notation: Any = None) -> Figure:
    """The layers of units with the notation's symbols; weights are named on the lines where these are few.

    Of a layer wider than six, and of a network deeper than seven layers, the middle is left out.
    """
    names = letters(network, notation)
    every = [network.unit(k) for k in range(network.depth + 1)]
    tensors = without_middle(every, MOST_LAYERS)
    shown = [t for t in tensors if t is not None]
    symbols = [names.unit(t, p) for t in shown for p in places(width_of(t), MOST_UNITS) if p is not None]
    radius = radius_for(symbols)
    ones = any(has_ones(network, a, b) for a, b in pairwise(tensors))
    captions = [_caption(network, tensor.layer) for tensor in shown]
    widest = max(width for lines in captions for width, _ in sizes(lines, CAPTION))
    side = max(radius, widest / 2) + 10.0
    gap = min(240.0, (WIDTH - 2 * side) / (len(tensors) - 1))
    above, below = 42.0, 44.0
    fit = fitted(
        [width_of(t) for t in shown],
        top=above + radius,
        room=HEIGHT - above - below - 2 * radius,
        least=2 * radius + 6.0,
        best=2 * radius + 50.0,
        most=MOST_UNITS,
        ones_below=(radius + _ONE + 12.0) * ones,
    )
    made = columns(network, tensors, left=side, gap=gap, fit=fit)
    lowest = max([p[1] for c in made for _, p in c.at] + [c.one[1] for c in made if c.one])
    marks: list[Mark] = []
    front: list[Mark] = []
    for before, after in pairwise(made):
        lines, labels = _between(network, names, before, after, radius)
        marks += lines
        front += labels
    for column in made:
        marks += _units(network, names, column, radius, fit.middle)
        if column.tensor is not None:
            for k, text in enumerate(_caption(network, column.tensor.layer)):
                at = (column.x, lowest + radius + 14.0 + 18.0 * k)
                front.append(Label(text, at, size=CAPTION, colour="muted" if k else "ink"))
    width = 2 * side + gap * (len(made) - 1)
    return Figure(width, lowest + radius + below, (*marks, *front), _described(network))


def _caption(network: Network, layer: int) -> list[str]:
    if layer == 0:
        return ["inputs" if network.inputs.units != 1 else "input"]
    word = "output" if layer == network.depth else "hidden"
    return [word, network.layers[layer - 1].function.name.replace("_", " ")]


def role_of(network: Network, layer: int) -> str:
    """The colour of a layer's circles."""
    return "ink" if layer == 0 else "forward" if layer == network.depth else "hidden"


def _units(network: Network, names: Letters, column: Column, radius: float, middle: float) -> list[Mark]:
    marks: list[Mark] = []
    if column.tensor is None:
        return dots((column.x, middle), upright=False)
    role = role_of(network, column.tensor.layer)
    for place, at in column.at:
        if place is None:
            marks += dots(at)
        else:
            marks += circle(names.unit(column.tensor, place), at, radius, role, 1.2 if role == "ink" else 2.2)
    if column.one is not None:
        marks += circle(Number("1"), column.one, _ONE, "muted", 1.2)
    return marks


def _between(
    network: Network, names: Letters, before: Column, after: Column, radius: float
) -> tuple[list[Mark], list[Mark]]:
    """The lines from one column to the next, and what they are called: each by itself, or all of them by the matrix."""
    if before.tensor is None or after.tensor is None:
        return [], []
    layer = after.tensor.layer
    weights: list[tuple[Line, Node]] = [
        (shortened(start, end, radius, radius), weight_name(network, names, layer, source, target))
        for source, start in before.units
        for target, end in after.units
    ]
    biases: list[tuple[Line, Node]] = []
    if before.one is not None:
        biases = [
            (shortened(before.one, end, _ONE, radius), names.unit(network.bias(layer), target))
            for target, end in after.units
        ]
    full = all(isinstance(width_of(t), int) for t in (before.tensor, after.tensor))
    whole = all(place is not None for column in (before, after) for place, _ in column.at)
    spots: list[Point] = []
    if full and whole and len(weights) <= FEW:
        every = [*weights, *biases]
        measured = sizes([name for _, name in every], CAPTION)
        circles = [around(p, 2 * radius, 2 * radius) for column in (before, after) for _, p in column.at]
        circles += [around(before.one, 2 * _ONE, 2 * _ONE)] if before.one else []
        spots = settled([line for line, _ in every], measured, circles)
    head = len(weights) <= FEW
    marks: list[Mark] = [Path(line, "muted", width=1.2, arrow=head) for line, _ in weights]
    marks += [Path(line, "muted", width=1.0, dash="dashed", arrow=head) for line, _ in biases]
    if spots:
        named = zip((name for _, name in (*weights, *biases)), spots, strict=True)
        return marks, [Label(name, at, size=CAPTION, halo=True) for name, at in named]
    top = min(p[1] for column in (before, after) for _, p in column.at)
    return marks, _matrices(network, names, layer, ((before.x + after.x) / 2, top), radius, after.x - before.x, marks)


def _matrices(
    network: Network, names: Letters, layer: int, at: Point, radius: float, room: float, lines: list[Mark]
) -> list[Mark]:
    """The name of the weight matrix with its shape, above the lines."""
    weight = network.weight(layer)
    parts: list[Node] = [names.whole(weight)]
    if network.layers[layer - 1].bias:
        parts.append(names.whole(network.bias(layer)))
    shape = Product(tuple(size_name(axis.size) for axis in weight.axes), "×")
    stacked: list[Content] = [Listing(tuple(parts)), shape]
    if max(width for width, _ in sizes(stacked, CAPTION)) > room - 8.0:
        return []
    places_at = [at[1] - radius - 24.0, at[1] - radius - 5.0]
    return [
        Label(content, (at[0], y), size=SYMBOL if k == 0 else CAPTION, colour="muted" if k else "ink", halo=True)
        for k, (content, y) in enumerate(zip(stacked, places_at, strict=True))
    ]


def _described(network: Network) -> str:
    """What is to be seen, in words."""
    layers = []
    for k, layer in enumerate(network.layers, 1):
        kind = "output" if k == network.depth else "hidden"
        unit = "unit" if layer.units == 1 else "units"
        layers.append(f"{layer.units} {kind} {unit} ({layer.function.name.replace('_', ' ')})")
    inputs = f"{network.inputs.units} {'input' if network.inputs.units == 1 else 'inputs'}"
    listed = ", then ".join([inputs, *layers])
    return (
        f"A network drawn as layers of circles, from left to right: {listed}. Each unit is joined to all of the next."
    )
