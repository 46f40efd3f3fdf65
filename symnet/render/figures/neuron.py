"""The picture of one neuron: inputs, weights, the sum, the activation function, the output."""

from __future__ import annotations

from typing import Any

from symnet.activations import Activation
from symnet.algebra.expressions import Axis, Expr, Index, inline, reindex
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import notation as meant
from symnet.render.display import Name, Node, Number, Relation
from symnet.render.figures.curves import function_of, polylines
from symnet.render.figures.edges import settled
from symnet.render.figures.figure import Circle, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Point, around
from symnet.render.figures.geometry import shortened as cut
from symnet.render.figures.layers import (
    CAPTION,
    SYMBOL,
    Column,
    circle,
    columns,
    dots,
    letters,
    radius_for,
    weight_name,
)
from symnet.render.figures.measure import size_of, sizes
from symnet.render.formula import formula, unrolled

_LEFT, _SUM, _BOX, _END = 34.0, 250.0, 380.0, 500.0
_SIDE, _ROUND = 30.0, 24.0
_WIDEST = 520.0


def neuron_figure(network: Network, notation: Any = None, layer: int = 1, unit: int = 1) -> Figure:
    """One unit of one layer with all that leads to it; below, the same as a formula.

    Raises SymnetError for a layer or a unit that the network does not have.
    """
    if not 1 <= layer <= network.depth:
        raise SymnetError(f"layer is {layer}; this network's layers count from 1 to {network.depth}")
    width = network.layers[layer - 1].units
    if unit < 1 or (isinstance(width, int) and unit > width):
        raise SymnetError(f"unit is {unit}; layer {layer} has units from 1 to {width}")
    names = letters(network, notation)
    spacing, top = 58.0, 34.0
    pre, out = network.pre_activation(layer), network.unit(layer)
    (inputs, _) = columns(
        network, (network.unit(layer - 1), pre), left=_LEFT, gap=_SUM, middle=0.0, spacing=spacing, most=5
    )
    before = network.unit(layer - 1)
    shown = [names.unit(before, place) for place, _ in inputs.units]
    radius = radius_for(shown)
    rise = top + radius - 4.0 - min(y for _, (_, y) in inputs.at)
    one = None if inputs.one is None else (inputs.one[0], inputs.one[1] + rise)
    inputs = Column(before, inputs.x, tuple((p, (x, y + rise)) for p, (x, y) in inputs.at), one)
    ends = [y for _, (_, y) in inputs.at] + ([one[1]] if one else [])
    middle = (min(ends) + max(ends)) / 2
    centre = (_SUM, middle)
    lines = [cut(at, centre, radius, _ROUND) for _, at in inputs.units]
    labels: list[Node] = [weight_name(network, names, layer, place, unit) for place, _ in inputs.units]
    if one is not None:
        lines.append(cut(one, centre, 15.0, _ROUND))
        labels.append(names.unit(network.bias(layer), unit))
    marks: list[Mark] = [
        Path(line, "ink", width=1.4, dash="dashed" if one and line is lines[-1] else "solid", arrow=True)
        for line in lines
    ]
    circles = [around(at, 2 * radius, 2 * radius) for _, at in inputs.at] + [around(centre, 2 * _ROUND, 2 * _ROUND)]
    spots = settled(lines, [size_of(label, SYMBOL) for label in labels], circles)
    marks += [Label(label, at, size=SYMBOL, halo=True) for label, at in zip(labels, spots, strict=True)]
    for place, at in inputs.at:
        marks += dots(at) if place is None else circle(names.unit(before, place), at, radius, "ink", 1.4)
    if one is not None:
        marks += circle(Number("1"), one, 15.0, "muted", 1.2)
    function = network.layers[layer - 1].function
    marks += [
        Circle(centre, _ROUND, "hidden", "ground", 2.2),
        Label(Name("Σ", "upright"), centre, size=22.0),
        Path(((_SUM + _ROUND, middle), (_BOX - _SIDE, middle)), "ink", width=1.4, arrow=True),
        *_activation(function, (_BOX, middle)),
        Path(((_BOX + _SIDE, middle), (_END - 18.0, middle)), "ink", width=1.4, arrow=True),
    ]
    if pre != out:
        marks.append(
            Label(names.unit(pre, unit), ((_SUM + _ROUND + _BOX - _SIDE) / 2 - 3.0, middle - 15.0), size=SYMBOL)
        )
    result = names.unit(out, unit)
    end = _END - 12.0
    marks.append(Label(result, (end, middle), "start", size=20.0, colour="forward"))
    captions = [
        ("inputs", _LEFT, "start"),
        ("weighted sum", _SUM, "middle"),
        ("activation", _BOX, "middle"),
        ("output", _END, "middle"),
    ]
    bottom = max(max(ends) + radius, middle + _SIDE + 26.0) + 22.0
    at_left = _LEFT - radius
    marks += [
        Label(
            text,
            (at_left if anchor == "start" else x, bottom),
            "start" if anchor == "start" else "middle",
            CAPTION,
            "muted",
        )
        for text, x, anchor in captions
    ]
    shown_formula = _formula(network, notation, layer, unit, _WIDEST)
    height = bottom + 20.0
    width_needed = _END + 40.0 + size_of(result, 20.0)[0] / 2
    if shown_formula is not None:
        tall = size_of(shown_formula, 18.0)[1]
        marks.append(Label(shown_formula, (width_needed / 2, bottom + 30.0 + tall / 2), size=18.0))
        height = bottom + 30.0 + tall + 14.0
    return Figure(width_needed, height, tuple(marks), _described(network, function, layer))


def _activation(function: Activation, centre: Point) -> list[Mark]:
    """A square with the curve of the function, its name below."""
    x, y = centre
    side = _SIDE
    frame = ((x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side))
    marks: list[Mark] = [Path(frame, "forward", "ground", 2.2, closed=True)]
    named = Label(function.name.replace("_", " "), (x, y + side + 15.0), size=CAPTION)
    if function.normalised:
        return [*marks, named]
    marks.append(Path(((x - side + 5, y), (x + side - 5, y)), "faint", width=1.0))
    marks.append(Path(((x, y - side + 5), (x, y + side - 5)), "faint", width=1.0))
    pieces = polylines(function_of(function, function.function), -3.0, 3.0, 61)
    reach = max([abs(v) for piece in pieces for _, v in piece], default=1.0) or 1.0
    for piece in pieces:
        points = tuple((x + u / 3.0 * (side - 6), y - v / reach * (side - 8)) for u, v in piece)
        marks.append(Path(points, "forward", width=2.2))
    return [*marks, named]


def _formula(network: Network, notation: Any, layer: int, unit: int, widest: float) -> Node | None:
    """The neuron as a formula: with every term where that is short, else with a sum."""
    habits = meant(network.notation if notation is None else notation)
    names = Names(network, habits.with_(sample_mark="none", sample_sum=""))
    equations = {equation.target: equation for equation in network.equations}
    pre, out = equations[network.pre_activation(layer)], equations[network.unit(layer)]
    if network.layers[layer - 1].function.normalised:
        out = pre
    right: Expr = inline(out.right, pre) if out is not pre else out.right
    at: dict[Axis, Index] = {axis: unit for axis in network.unit_axes[layer]}
    left = reindex(out.left, at)
    right = reindex(right, at)
    forms = [right]
    count = network.unit(layer - 1).axes[-1:] if network.unit_axes[layer - 1] else ()
    if all(isinstance(axis.size, int) and axis.size <= 4 for axis in count):
        forms.insert(0, unrolled(right, names))
    for form in forms:
        shown = Relation((formula(left, names), formula(form, names)))
        if sizes([shown], 18.0)[0][0] <= widest:
            return shown
    return None


def _described(network: Network, function: Activation, layer: int) -> str:
    count = network.inputs.units if layer == 1 else network.layers[layer - 2].units
    bias = ", and a bias is added" if network.layers[layer - 1].bias else ""
    return (
        f"A neuron: each of its {count} inputs is multiplied by a weight, the products are summed{bias}, "
        f"and the sum goes through the activation function {function.name.replace('_', ' ')} to become the output."
    )
