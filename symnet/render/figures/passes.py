"""The forward and the backward pass with numbers: values above the units, derivatives of the cost below them.

Each is shown in stages: the values column by column from the inputs, the derivatives from the cost backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from symnet.derive.numbers import Key, Worked
from symnet.errors import SymnetError
from symnet.network import COST, Network
from symnet.render.display import Node, Number, Relation
from symnet.render.figures.edges import FEW, Line, settled
from symnet.render.figures.figure import Figure, Label, Mark, Path
from symnet.render.figures.geometry import Box, Point, around
from symnet.render.figures.geometry import shortened as cut
from symnet.render.figures.layers import (
    CAPTION,
    Column,
    Letters,
    circle,
    columns,
    dots,
    has_ones,
    letters,
    places,
    radius_for,
    shortened,
    width_of,
)
from symnet.render.figures.measure import box_of, size_of, sizes
from symnet.render.figures.network import HEIGHT, WIDTH, role_of
from symnet.render.figures.quantities import (
    Link,
    gradient,
    key,
    links,
    quantities,
    rounded,
    slope,
    weight_key,
)

MOST_COLUMNS = 8
_ABOVE, _BELOW = 5.0, 5.0
_ONE = 14.0


def forward_figure(network: Network, x: Any = None, y: Any = None, notation: Any = None, **parameters: Any) -> Figure:
    """The network with the values of one sample, appearing from the inputs to the prediction (and the cost, given y).

    Raises SymnetError for missing inputs or parameters, and for more than one sample.
    """
    done = _worked(network, x, y, notation, parameters, backward=False)
    drawing = _Drawing(network, letters(network, notation), done)
    return drawing.figure(backward=False)


def backward_figure(network: Network, x: Any = None, y: Any = None, notation: Any = None, **parameters: Any) -> Figure:
    """The network with all values; the derivatives appear from the cost backwards, with the local ones on the lines.

    Raises SymnetError for missing inputs, targets or parameters, and for more than one sample.
    """
    if y is None:
        raise SymnetError("the backward pass begins at the cost and needs a target; give y, such as --y 1")
    done = _worked(network, x, y, notation, parameters, backward=True)
    drawing = _Drawing(network, letters(network, notation), done)
    return drawing.figure(backward=True)


def _worked(network: Network, x: Any, y: Any, notation: Any, given: Mapping[str, Any], backward: bool) -> Worked:
    if x is None:
        raise SymnetError("the picture shows numbers and needs the inputs; give x, such as --x 1,2")
    done = network.forward(x, y, backward=backward, notation=notation, **given)
    if done.samples > 1:
        raise SymnetError(f"the picture shows one sample, x has {done.samples}; give one of them")
    return done


@dataclass(frozen=True)
class _Drawing:
    """What the picture of a pass is made from."""

    network: Network
    names: Letters
    done: Worked

    def figure(self, backward: bool) -> Figure:
        """The layout: columns of circles, then numbers, then what stands on the lines."""
        network = self.network
        tensors = shortened(quantities(network, (COST, ()) in self.done.passes[0].values), MOST_COLUMNS)
        shown = [t for t in tensors if t is not None]
        most = 4 if backward else 5
        symbols = [self._symbol(t, p) for t in shown for p in places(width_of(t), most) if p is not None]
        radius = radius_for(symbols)
        ones = any(has_ones(network, a, b) for a, b in pairwise(tensors))
        tall = max(len(places(width_of(t), most)) for t in shown)
        side = max(radius, 30.0) + 12.0
        gap = min(200.0, (WIDTH - 2 * side) / max(1, len(tensors) - 1))
        top = radius + 26.0
        least = 2 * radius + (44.0 if backward else 24.0)
        spacing = max(least, min(115.0, (HEIGHT - 60.0) / (tall + ones)))
        middle = top + (tall - 1) / 2 * spacing
        made = columns(network, tensors, left=side, gap=gap, middle=middle, spacing=spacing, most=most)
        marks: list[Mark] = []
        numbers = self._numbers(made, radius, backward)
        taken = [box_of(label) for label in numbers if isinstance(label, Label)]
        for k, (before, after) in enumerate(pairwise(made)):
            marks += self._lines(before, after, radius, k, len(made) - 1, taken, backward)
        for column in made:
            marks += self._circles(column, radius, middle)
        marks += numbers
        width = 2 * side + gap * (len(made) - 1)
        bottom = max(box_of(m).bottom if isinstance(m, Label) else _lowest(m) for m in marks)
        marks += self._captions(made, bottom + 22.0)
        bottom += 34.0
        dense = any(isinstance(m, Path) and not m.arrow and m.stroke != "faint" for m in marks)
        for text in _key(backward, dense, width):
            bottom += 20.0
            marks.append(Label(text, (width / 2, bottom), size=CAPTION, colour="muted"))
        return Figure(width, bottom + 16.0, tuple(marks), self._described(backward))

    def _symbol(self, tensor: Any, place: Any) -> Node:
        return self.names.unit(tensor, place) if tensor != COST else self.names.cost(arguments=False)

    def _role(self, column: Column) -> str:
        assert column.tensor is not None
        if column.tensor == COST:
            return "accent"
        return role_of(self.network, column.tensor.layer)

    def _circles(self, column: Column, radius: float, middle: float) -> list[Mark]:
        if column.tensor is None:
            return dots((column.x, middle), upright=False)
        marks: list[Mark] = []
        for place, at in column.at:
            if place is None:
                marks += dots(at)
            else:
                role = self._role(column)
                marks += circle(self._symbol(column.tensor, place), at, radius, role, 1.2 if role == "ink" else 2.2)
        if column.one is not None:
            marks += circle(Number("1"), column.one, _ONE, "muted", 1.2)
        return marks

    def _numbers(self, made: Sequence[Column], radius: float, backward: bool) -> list[Mark]:
        """The value above each unit, the derivative below it; the targets below the cost."""
        values = self.done.passes[0].values
        adjoints = self.network.derive().adjoints
        last = len(made) - 1
        marks: list[Mark] = []
        for k, column in enumerate(made):
            for place, (x, y) in column.units if column.tensor is not None else ():
                assert column.tensor is not None
                of = key(column.tensor, place)
                value = rounded(values[of])
                height = size_of(value, CAPTION)[1]
                at = (x, y - radius - _ABOVE - height / 2)
                marks.append(Label(value, at, size=CAPTION, colour="forward", halo=True, stage=0 if backward else k))
                if not backward:
                    continue
                found = 1 if column.tensor == COST else gradient(values, of, adjoints)
                if found is not None:
                    derivative = rounded(found)
                    at = (x, y + radius + _BELOW + size_of(derivative, CAPTION)[1] / 2)
                    stage = 1 + last - k
                    marks.append(Label(derivative, at, size=CAPTION, colour="backward", halo=True, stage=stage))
        if made[last].tensor == COST:
            marks += self._targets(made[last], made[last - 1], radius + (26.0 if backward else 8.0), backward, last)
        return marks

    def _targets(self, cost: Column, outputs: Column, below: float, backward: bool, last: int) -> list[Mark]:
        (_, (x, y)) = cost.units[0]
        values = self.done.passes[0].values
        target = self.network.y
        marks: list[Mark] = []
        for j, (place, _) in enumerate(outputs.units):
            shown = Relation((self.names.unit(target, place), rounded(values[key(target, place)])))
            at = (x, y + below + 12.0 + 20.0 * j)
            marks.append(Label(shown, at, size=CAPTION, halo=True, stage=0 if backward else last))
        return marks

    def _lines(
        self,
        before: Column,
        after: Column,
        radius: float,
        k: int,
        last: int,
        numbers: Sequence[Box],
        backward: bool,
    ) -> list[Mark]:
        """The lines from one column to the next, with the weights or local derivatives where there is room."""
        listed = links(self.network, before, after)
        if not listed or before.tensor is None or after.tensor is None:
            return []
        found = [_Line(cut(link.start, link.end, radius, radius), *self._said(before, after, link)) for link in listed]
        if before.one is not None:
            layer = after.tensor.layer
            for place, end in after.units:
                of = key(self.network.bias(layer), place)
                found.append(_Line(cut(before.one, end, _ONE, radius), of, self._value(of), True))
        stage = 1 + last - k if backward else k + 1
        few = len(listed) <= FEW and all(place is not None for column in (before, after) for place, _ in column.at)
        taken = [*numbers, *_circle_boxes(before, after, radius)]
        marks = self._named(found, taken, stage, backward) if few else None
        return marks if marks is not None else self._weighted(found, stage, backward)

    def _said(self, before: Column, after: Column, link: Link) -> tuple[Key | None, Any]:
        """The parameter that a line stands for, if it does, and the number on it."""
        assert before.tensor is not None and after.tensor is not None
        if after.tensor.role == "pre":
            of = weight_key(self.network, after.tensor.layer, link.source, link.target)
            return of, self._value(of)
        source, target = key(before.tensor, link.source), key(after.tensor, link.target)
        return None, slope(self.done, self.names, source, target) if after.tensor != COST or self._back else None

    @property
    def _back(self) -> bool:
        return bool(self.done.passes[0].backward)

    def _value(self, of: Key) -> Any:
        return self.done.passes[0].values[of]

    def _derivative(self, of: Key | None) -> Any:
        if of is None:
            return None
        return gradient(self.done.passes[0].values, of, self.network.derive().adjoints)

    def _named(self, lines: Sequence[_Line], taken: Sequence[Box], stage: int, backward: bool) -> list[Mark] | None:
        """Lines with their numbers; below a weight the derivative by it, where there is room for that too."""
        for full in (True, False) if backward else (False,):
            labels = [self._stack(line, full, stage, backward) for line in lines]
            spoken = [j for j, stack in enumerate(labels) if stack]
            measured = [_extent(labels[j]) for j in spoken]
            spots = settled([lines[j].ends for j in spoken], measured, taken)
            if len(spots) < len(spoken):
                continue
            marks: list[Mark] = [line.drawn("muted", stage=0) for line in lines]
            marks += [line.drawn("backward" if backward else "ink", stage=stage) for line in lines]
            for j, at in zip(spoken, spots, strict=True):
                marks += _stacked(labels[j], at)
            return marks
        return None

    def _stack(self, line: _Line, full: bool, stage: int, backward: bool) -> list[Label]:
        """What stands on a line, from above to below."""
        here = (0.0, 0.0)
        if line.number is None or (line.of is None and not backward):
            return []
        first = Label(rounded(line.number), here, size=CAPTION, halo=True, stage=0 if line.of is not None else stage)
        derivative = self._derivative(line.of) if full else None
        if derivative is None:
            return [first]
        return [first, Label(rounded(derivative), here, size=CAPTION, colour="backward", halo=True, stage=stage)]

    def _weighted(self, lines: Sequence[_Line], stage: int, backward: bool) -> list[Mark]:
        """Lines without numbers: how wide they are tells how large the weight or the derivative is, dashes its sign."""
        marks: list[Mark] = [line.drawn("faint", width=0.8, stage=0, arrow=False) for line in lines]
        numbers = [
            float((self._derivative(line.of) if backward and line.of is not None else line.number) or 0)
            for line in lines
        ]
        largest = max(map(abs, numbers)) or 1.0
        for line, number in zip(lines, numbers, strict=True):
            if number:
                marks.append(
                    Path(
                        line.ends,
                        "backward" if backward or number < 0 else "forward",
                        width=0.7 + 2.6 * abs(number) / largest,
                        dash="dashed" if number < 0 else "solid",
                        stage=stage,
                    )
                )
        return marks

    def _captions(self, made: Sequence[Column], y: float) -> list[Mark]:
        marks: list[Mark] = []
        for column in made:
            if column.tensor is None:
                continue
            role = column.tensor.role
            if role == "input":
                text = "inputs" if self.network.inputs.units != 1 else "input"
            elif role == "unit":
                text = self.network.layers[column.tensor.layer - 1].function.name.replace("_", " ")
            else:
                text = "cost" if role == "cost" else "sum" if width_of(column.tensor) == 1 else "sums"
            marks.append(Label(text, (column.x, y), size=CAPTION, colour="muted"))
        return marks

    def _described(self, backward: bool) -> str:
        way = "backward" if backward else "forward"
        said = f"The {way} pass of the network {self.network.spec.replace('->', '→')} with numbers"
        predictions = ", ".join(_plain(self._value(key(self.network.prediction, j))) for j in self._outputs())
        text = f"{said}: the prediction is {predictions}"
        cost = self.done.cost
        if cost is not None:
            text += f", the cost is {_plain(cost)}"
        if backward:
            text += "; below each unit stands the derivative of the cost with respect to it"
        return text + "."

    def _outputs(self) -> range:
        return range(1, int(width_of(self.network.prediction)) + 1)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with the parameter that it stands for and the number on it."""

    ends: Line
    of: Key | None
    number: Any
    dashed: bool = False

    def drawn(self, role: str, stage: int, width: float = 1.4, arrow: bool = True) -> Path:
        """The line as a mark."""
        return Path(self.ends, role, width=width, dash="dashed" if self.dashed else "solid", arrow=arrow, stage=stage)


def _extent(stack: Sequence[Label]) -> tuple[float, float]:
    measured = sizes([label.content for label in stack], CAPTION)
    return max(w for w, _ in measured), sum(h for _, h in measured) + 4.0 * (len(stack) - 1)


def _stacked(stack: Sequence[Label], at: Point) -> list[Label]:
    _, whole = _extent(stack)
    y = at[1] - whole / 2
    out = []
    for label in stack:
        height = size_of(label.content, label.size)[1]
        out.append(
            Label(label.content, (at[0], y + height / 2), "middle", label.size, label.colour, label.halo, label.stage)
        )
        y += height + 4.0
    return out


def _circle_boxes(before: Column, after: Column, radius: float) -> list[Box]:
    boxes = [around(p, 2 * radius, 2 * radius) for column in (before, after) for _, p in column.at]
    return boxes + [around(c.one, 2 * _ONE, 2 * _ONE) for c in (before, after) if c.one is not None]


def _lowest(mark: Mark) -> float:
    if isinstance(mark, Path):
        return max(y for _, y in mark.points)
    assert not isinstance(mark, Label)
    return mark.centre[1] + mark.radius


def _key(backward: bool, dense: bool, width: float) -> list[str]:
    """How to read the picture, in as few lines as it is wide."""
    said = ["above a unit: its value", "below it: the derivative of C", "on a line: the local derivative"]
    said = said if backward else []
    if dense:
        said.append(f"thick line: large {'derivative by the weight' if backward else 'weight'}, dashed: negative")
    for together in range(len(said), 0, -1):
        lines = [" · ".join(said[k : k + together]) for k in range(0, len(said), together)]
        if max(w for w, _ in sizes(lines, CAPTION)) <= width - 16.0:
            return lines
    return []


def _plain(value: Any) -> str:
    return f"{float(value):.4g}"
