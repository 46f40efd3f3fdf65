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
    letters,
    places,
    radius_for,
    weight_name,
    width_of,
)
from symnet.render.figures.measure import size_of, sizes
from symnet.render.figures.network import HEIGHT
from symnet.render.formula import formula, unrolled

_LEFT, _SUM, _BOX, _END = 34.0, 250.0, 380.0, 500.0
_SIDE, _ROUND, _ONE = 30.0, 24.0, 15.0
_FORMULA, _WIDEST = 18.0, 520.0
_MOST = 5


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
    formula_below = _formula(network, notation, layer, unit, _WIDEST)
    tall = 0.0 if formula_below is None else size_of(formula_below, _FORMULA)[1] + 24.0
    inputs, radius = _inputs(network, names, layer, HEIGHT - tall)
    ends = [y for _, (_, y) in inputs.at] + ([inputs.one[1]] if inputs.one else [])
    middle = (min(ends) + max(ends)) / 2
    marks = [
        *_weights(network, names, inputs, radius, (_SUM, middle), (layer, unit)),
        *_inner(network, names, middle, (layer, unit)),
    ]
    result = names.unit(network.unit(layer), unit)
    marks.append(Label(result, (_END - 12.0, middle), "start", size=20.0, colour="forward"))
    bottom = max(max(ends) + radius, middle + _SIDE + 26.0) + 20.0
    words = {"inputs": _LEFT, "weighted sum": _SUM, "activation": _BOX, "output": _END}
    marks += [Label(text, (x, bottom), size=CAPTION, colour="muted") for text, x in words.items()]
    wide = _END + 36.0 + size_of(result, 20.0)[0] / 2
    if formula_below is not None:
        marks.append(Label(formula_below, (wide / 2, bottom + 8.0 + tall / 2), size=_FORMULA))
    return Figure(wide, bottom + 16.0 + max(0.0, tall - 8.0), tuple(marks), _described(network, layer))


def _inputs(network: Network, names: Letters, layer: int, room: float) -> tuple[Column, float]:
    """The column of inputs from the top of the picture on, and the radius of its circles."""
    before = network.unit(layer - 1)
    radius = radius_for([names.unit(before, p) for p in places(width_of(before), _MOST) if p is not None])
    top = max(radius, _SIDE) + 8.0
    ones = network.layers[layer - 1].bias
    fit = fitted(
        [width_of(before)],
        top=top,
        room=room - top - 36.0 - (_ONE if ones else radius),
        least=2 * radius + 6.0,
        best=58.0,
        most=_MOST,
        ones_below=(radius + _ONE + 14.0) * ones,
    )
    tensors = (before, network.pre_activation(layer))
    (column, _) = columns(network, tensors, left=_LEFT, gap=_SUM - _LEFT, fit=fit)
    return column, radius


def _weights(
    network: Network, names: Letters, inputs: Column, radius: float, centre: Point, place: tuple[int, int]
) -> list[Mark]:
    """The inputs, and the lines from them to the sum with the weights on them."""
    layer, unit = place
    lines = [shortened(at, centre, radius, _ROUND) for _, at in inputs.units]
    labels: list[Node] = [weight_name(network, names, layer, source, unit) for source, _ in inputs.units]
    marks: list[Mark] = [Path(line, "ink", width=1.4, arrow=True) for line in lines]
    if inputs.one is not None:
        lines.append(shortened(inputs.one, centre, _ONE, _ROUND))
        labels.append(names.unit(network.bias(layer), unit))
        marks.append(Path(lines[-1], "ink", width=1.4, dash="dashed", arrow=True))
    taken = [around(at, 2 * radius, 2 * radius) for _, at in inputs.at] + [around(centre, 2 * _ROUND, 2 * _ROUND)]
    spots = settled(lines, [size_of(label, SYMBOL) for label in labels], taken)
    marks += [Label(label, at, size=SYMBOL, halo=True) for label, at in zip(labels, spots, strict=bool(spots))]
    for source, at in inputs.at:
        named = dots(at) if source is None else circle(names.unit(network.unit(layer - 1), source), at, radius, "ink")
        marks += named
    if inputs.one is not None:
        marks += circle(Number("1"), inputs.one, _ONE, "muted", 1.2)
    return marks


def _inner(network: Network, names: Letters, middle: float, place: tuple[int, int]) -> list[Mark]:
    """The sum, the activation, and the arrows from one to the other and to the output."""
    layer, unit = place
    marks: list[Mark] = [
        Circle((_SUM, middle), _ROUND, "hidden", "ground", 2.2),
        Label(Name("Σ", "upright"), (_SUM, middle), size=22.0),
        Path(((_SUM + _ROUND, middle), (_BOX - _SIDE, middle)), "ink", width=1.4, arrow=True),
        *_activation(network.layers[layer - 1].function, (_BOX, middle)),
        Path(((_BOX + _SIDE, middle), (_END - 18.0, middle)), "ink", width=1.4, arrow=True),
    ]
    pre = network.pre_activation(layer)
    if pre != network.unit(layer):
        at = ((_SUM + _ROUND + _BOX - _SIDE) / 2 - 3.0, middle - 15.0)
        marks.append(Label(names.unit(pre, unit), at, size=SYMBOL))
    return marks


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


def _described(network: Network, layer: int) -> str:
    function = network.layers[layer - 1].function
    count = network.inputs.units if layer == 1 else network.layers[layer - 2].units
    bias = ", and a bias is added" if network.layers[layer - 1].bias else ""
    return (
        f"A neuron: each of its {count} inputs is multiplied by a weight, the products are summed{bias}, "
        f"and the sum goes through the activation function {function.name.replace('_', ' ')} to become the output."
    )
