"""The forward and the backward pass with numbers: values above the units, derivatives of the cost below them.

Each is shown in stages: the values column by column from the inputs, the derivatives from the cost backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from symnet.algebra.expressions import Tensor
from symnet.errors import SymnetError
from symnet.network import COST, Network
from symnet.render.display import Node, Number, Relation
from symnet.render.figures.edges import FEW
from symnet.render.figures.figure import Figure, Label, Mark, Path, in_stages
from symnet.render.figures.geometry import Box, Point, around, shortened
from symnet.render.figures.layers import (
    CAPTION,
    Column,
    Letters,
    Place,
    circle,
    columns,
    dots,
    fitted,
    has_ones,
    letters,
    places,
    radius_for,
    width_of,
    without_middle,
)
from symnet.render.figures.measure import box_of, size_of, sizes
from symnet.render.figures.network import HEIGHT, LOW, WIDTH, role_of
from symnet.render.figures.numbered import NumberedLine, weighted, written
from symnet.render.figures.quantities import Link, Numbers, key, links, quantities, rounded, weight_key, worked_out

MOST_COLUMNS = 8
_ONE, _FOOT = 14.0, 70.0
_FROM_CIRCLE = 5.0
_READING = ("above a unit: its value", "below it: the derivative of the cost", "on a line: the local derivative")


def forward_figure(network: Network, x: Any = None, y: Any = None, notation: Any = None, **parameters: Any) -> Figure:
    """The network with the values of one sample, appearing from the inputs to the prediction (and the cost, given y).

    Raises SymnetError for missing inputs or parameters, and for more than one sample.
    """
    _check_inputs(x)
    drawing = _Forward(network, letters(network, notation), worked_out(network, x, y, parameters))
    return drawing.figure()


def backward_figure(network: Network, x: Any = None, y: Any = None, notation: Any = None, **parameters: Any) -> Figure:
    """The network with all values; the derivatives appear from the cost backwards, with the local ones on the lines.

    Raises SymnetError for missing inputs, targets or parameters, and for more than one sample.
    """
    _check_inputs(x)
    if y is None:
        raise SymnetError("the backward pass begins at the cost and needs a target; give y, such as --y 1")
    drawing = _Backward(network, letters(network, notation), worked_out(network, x, y, parameters, backward=True))
    return drawing.figure()


def _check_inputs(x: Any) -> None:
    if x is None:
        raise SymnetError("the picture shows numbers and needs the inputs; give x, such as --x 1,2")


@dataclass(frozen=True)
class _Forward:
    """What the picture of the forward pass is made from."""

    network: Network
    names: Letters
    done: Numbers

    most = 5
    apart = 22.0
    below_unit = 8.0

    def figure(self) -> Figure:
        """The lower of two layouts, whose letters are larger on a slide, unless the higher one shows more."""
        if self.done.samples > 1:
            raise SymnetError(f"the picture shows one sample, x has {self.done.samples}; give one of them")
        low, high = self.laid_out(LOW), self.laid_out(HEIGHT)
        return low if len(low.marks) >= len(high.marks) else high

    def laid_out(self, height: float) -> Figure:
        """At most about so high: columns of circles, then numbers, then what stands on the lines."""
        network = self.network
        every = quantities(network, COST in self.done.arrays)
        widest, last = self.widths(every)
        side = max(30.0, widest / 2, last / 2) + 12.0
        count = next((k for k in range(MOST_COLUMNS, 3, -1) if (WIDTH - 2 * side) / (k - 1) > widest + 8.0), 3)
        tensors = without_middle(every, count)
        shown = [t for t in tensors if t is not None]
        radius = radius_for([self.symbol(t, p) for t in shown for p in places(width_of(t), self.most) if p is not None])
        side, top = max(radius + 12.0, side), radius + 23.0
        gap = min(270.0 if len(tensors) <= 3 else 200.0, (WIDTH - 2 * side) / max(1, len(tensors) - 1))
        ones = any(has_ones(network, a, b) for a, b in pairwise(tensors))
        fit = fitted(
            [width_of(t) for t in shown],
            top=top,
            room=height - top - _FOOT - (_ONE if ones else radius + 24.0),
            least=2 * radius + self.apart,
            best=115.0,
            most=self.most,
            ones_below=(radius + _ONE + self.apart - 10.0) * ones,
        )
        made = columns(network, tensors, left=side, gap=gap, fit=fit)
        numbers = self.numbers(made, radius)
        taken = [box_of(label) for label in numbers]
        marks: list[Mark] = []
        for k, (before, after) in enumerate(pairwise(made)):
            marks += self.lines(before, after, radius, (k, len(made) - 1), taken)
        for column in made:
            marks += self.circles(column, radius, fit.middle)
        marks += numbers
        width = 2 * side + gap * (len(made) - 1)
        bottom = max(_lowest(mark) for mark in marks)
        marks += self.captions(made, bottom + 16.0)
        bottom += 24.0
        for text in _reading(self.reading(marks), width):
            bottom += 19.0
            marks.append(Label(text, (width / 2, bottom - 8.0), size=CAPTION, colour="muted"))
        return in_stages(Figure(width, bottom + 6.0, tuple(marks), self.described()))

    # -- what differs in the backward pass -----------------------------------------------------------------------

    def stage(self, k: int, last: int) -> int:
        """When the lines from column ``k`` to the next, and what they lead to, appear."""
        return k + 1

    def numbers(self, made: Sequence[Column], radius: float) -> list[Label]:
        """The value above each unit, the targets below the cost."""
        return self.values(made, radius, [k for k, _ in enumerate(made)])

    def line(self, of: Any, ends: Any, slope: Any, dashed: bool = False) -> NumberedLine:
        """A line with the weight on it."""
        return NumberedLine(ends, of, None if of is None else self.done.value(of), dashed=dashed)

    def weighed(self, lines: Sequence[NumberedLine], stage: int) -> list[Mark]:
        """Lines as wide as the weights are large."""
        return weighted(lines, lambda line: line.number, ("forward", "backward"), stage)

    def on_lines(self, lines: Sequence[NumberedLine], taken: Sequence[Box], stage: int) -> list[Mark] | None:
        """Lines with the weights written on them."""
        return written(lines, taken, "ink", stage, 0)

    def reading(self, marks: Sequence[Mark]) -> list[str]:
        """How to read the picture."""
        return ["thick line: large weight, dashed: negative"] if _dense(marks) else []

    def described(self) -> str:
        """What is to be seen, in words."""
        return f"The forward pass of the network {self.results()}."

    # -- shared --------------------------------------------------------------------------------------------------

    def symbol(self, tensor: Any, place: Place) -> Node:
        """What a unit, or the cost, is called."""
        return self.names.unit(tensor, place) if tensor != COST else self.names.cost(arguments=False)

    def widths(self, tensors: Sequence[Tensor]) -> tuple[float, float]:
        """How wide the widest value or derivative is, and the widest target."""
        prediction, target = self.network.prediction, self.network.y
        values = [self.done.value(key(t, p)) for t in tensors for p in places(width_of(t), self.most) if p is not None]
        slopes = [self.done.derivative(key(t, p)) for t in tensors for p in places(width_of(t), self.most) if p]
        shown = [rounded(v) for v in (*values, *slopes) if v is not None]
        listed = [p for p in places(width_of(prediction), self.most) if p is not None] if tensors[-1] == COST else []
        targets = [self.target(target, p) for p in listed]
        widest = max(width for width, _ in sizes(shown, CAPTION))
        return widest, max((width for width, _ in sizes(targets, CAPTION)), default=0.0)

    def target(self, tensor: Tensor, place: int | str) -> Node:
        """A target with its number: y = 10."""
        return Relation((self.names.unit(tensor, place), rounded(self.done.value(key(tensor, place)))))

    def circles(self, column: Column, radius: float, middle: float) -> list[Mark]:
        """A column's circles with their symbols."""
        if column.tensor is None:
            return dots((column.x, middle), upright=False)
        marks: list[Mark] = []
        role = "accent" if column.tensor == COST else role_of(self.network, column.tensor.layer)
        for place, at in column.at:
            if place is None:
                marks += dots(at)
            else:
                marks += circle(self.symbol(column.tensor, place), at, radius, role, 1.2 if role == "ink" else 2.2)
        if column.one is not None:
            marks += circle(Number("1"), column.one, _ONE, "muted", 1.2)
        return marks

    def values(self, made: Sequence[Column], radius: float, stages: Sequence[int]) -> list[Label]:
        """The value above each unit, from the stage of its column on; the targets below the cost."""
        labels = []
        for column, stage in zip(made, stages, strict=True):
            for place, (x, y) in column.units:
                assert column.tensor is not None
                value = rounded(self.done.value(key(column.tensor, place)))
                at = (x, y - radius - _FROM_CIRCLE - size_of(value, CAPTION)[1] / 2)
                labels.append(Label(value, at, size=CAPTION, colour="forward", halo=True, stage=stage))
        if made[-1].tensor == COST:
            ((_, (x, y)),) = made[-1].units
            for j, (place, _) in enumerate(made[-2].units):
                shown = self.target(self.network.y, place)
                below = (x, y + radius + self.below_unit + 12.0 + 20.0 * j)
                labels.append(Label(shown, below, size=CAPTION, halo=True, stage=stages[-1]))
        return labels

    def lines(
        self, before: Column, after: Column, radius: float, at: tuple[int, int], taken: Sequence[Box]
    ) -> list[Mark]:
        """The lines from one column to the next: with numbers where there are few, else of different widths."""
        listed = links(self.network, before, after)
        if not listed or after.tensor is None:
            return []
        found = [self.linked(before, after, link, radius) for link in listed]
        if before.one is not None:
            bias = self.network.bias(after.tensor.layer)
            found += [
                self.line(key(bias, p), shortened(before.one, end, _ONE, radius), None, True) for p, end in after.units
            ]
        stage = self.stage(*at)
        each_to_all = len(listed) > max(len(before.units), len(after.units)) or after.tensor.role != "unit"
        hidden = any(place is None for column in (before, after) for place, _ in column.at)
        if len(listed) <= FEW and not (each_to_all and hidden):
            marks = self.on_lines(found, [*taken, *_circle_boxes(before, after, radius)], stage)
            if marks is not None:
                return marks
        return self.weighed(found, stage)

    def linked(self, before: Column, after: Column, link: Link, radius: float) -> NumberedLine:
        """The line of a weight, or of one quantity that another is computed from."""
        assert before.tensor is not None and after.tensor is not None
        ends = shortened(link.start, link.end, radius, radius)
        if after.tensor.role == "pre":
            return self.line(weight_key(self.network, after.tensor.layer, link.source, link.target), ends, None)
        return self.line(None, ends, (key(before.tensor, link.source), key(after.tensor, link.target)))

    def captions(self, made: Sequence[Column], y: float) -> list[Mark]:
        """What each column is."""
        marks: list[Mark] = []
        for column in made:
            if column.tensor is None:
                continue
            several = width_of(column.tensor) != 1
            text = {"input": "input", "pre": "sum", "cost": "cost"}.get(column.tensor.role, "") + "s" * several
            if column.tensor.role == "unit":
                text = self.network.layers[column.tensor.layer - 1].function.name.replace("_", " ")
            marks.append(Label(text, (column.x, y), size=CAPTION, colour="muted"))
        return marks

    def results(self) -> str:
        """The prediction and the cost in words."""
        prediction = self.network.prediction
        listed = [self.done.value(key(prediction, j)) for j in range(1, int(width_of(prediction)) + 1)]
        text = f"{self.network.spec.replace('->', '→')} with numbers: the prediction is "
        text += ", ".join(f"{value:.4g}" for value in listed[:10]) + (", …" if len(listed) > 10 else "")
        return text + (f", the cost is {self.done.value((COST, ())):.4g}" if COST in self.done.arrays else "")


@dataclass(frozen=True)
class _Backward(_Forward):
    """What the picture of the backward pass is made from."""

    most = 4
    apart = 40.0
    below_unit = 26.0

    def stage(self, k: int, last: int) -> int:
        """The lines into the cost come first."""
        return last - k

    def numbers(self, made: Sequence[Column], radius: float) -> list[Label]:
        """All values from the beginning, the derivatives below the units from the cost backwards."""
        labels = self.values(made, radius, [0] * len(made))
        last = len(made) - 1
        for k, column in enumerate(made):
            for place, (x, y) in column.units:
                assert column.tensor is not None
                found = 1.0 if column.tensor == COST else self.done.derivative(key(column.tensor, place))
                if found is None:
                    continue
                node = rounded(found)
                at: Point = (x, y + radius + _FROM_CIRCLE + size_of(node, CAPTION)[1] / 2)
                stage = max(1, last - k)
                labels.append(Label(node, at, size=CAPTION, colour="backward", halo=True, stage=stage))
        return labels

    def line(self, of: Any, ends: Any, slope: Any, dashed: bool = False) -> NumberedLine:
        """A line with the weight and the derivative by it, or with the local derivative."""
        if of is None:
            return NumberedLine(ends, None, self.done.slope(*slope))
        return NumberedLine(ends, of, self.done.value(of), self.done.derivative(of), dashed)

    def weighed(self, lines: Sequence[NumberedLine], stage: int) -> list[Mark]:
        """Lines as wide as the derivatives by their weights are large."""

        def number(line: NumberedLine) -> float | None:
            return line.number if line.of is None else line.derivative

        return weighted(lines, number, ("backward", "backward"), stage)

    def on_lines(self, lines: Sequence[NumberedLine], taken: Sequence[Box], stage: int) -> list[Mark] | None:
        """Lines with what stands on them, in the colour of the backward pass."""
        return written(lines, taken, "backward", stage, 0)

    def reading(self, marks: Sequence[Mark]) -> list[str]:
        """How to read the picture."""
        return [*_READING, *(["thick: large derivative, dashed: negative"] if _dense(marks) else [])]

    def described(self) -> str:
        """What is to be seen, in words."""
        return (
            f"The backward pass of the network {self.results()}; "
            "below each unit stands the derivative of the cost with respect to it."
        )


def _dense(marks: Sequence[Mark]) -> bool:
    """Whether lines tell numbers by their width."""
    return any(isinstance(m, Path) and not m.arrow and m.stroke != "faint" for m in marks)


def _circle_boxes(before: Column, after: Column, radius: float) -> list[Box]:
    boxes = [around(p, 2 * radius, 2 * radius) for column in (before, after) for _, p in column.at]
    return boxes + [around(c.one, 2 * _ONE, 2 * _ONE) for c in (before, after) if c.one is not None]


def _lowest(mark: Mark) -> float:
    if isinstance(mark, Label):
        return box_of(mark).bottom
    if isinstance(mark, Path):
        return max(y for _, y in mark.points)
    return mark.centre[1] + mark.radius


def _reading(said: Sequence[str], width: float) -> list[str]:
    """How to read the picture, in as few lines as it is wide."""
    for together in range(len(said), 0, -1):
        lines = [" · ".join(said[k : k + together]) for k in range(0, len(said), together)]
        if max(w for w, _ in sizes(lines, CAPTION)) <= width - 16.0:
            return lines
    return []
