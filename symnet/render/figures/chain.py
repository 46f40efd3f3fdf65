"""The chain of dependencies of one weight: everything through which it moves the cost, a numbered factor a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from symnet.algebra.expressions import Deriv, Expr, Ref, Tensor
from symnet.derive.derivation import Partial, element_example
from symnet.errors import SymnetError
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.render.display import Brace, Group, Node, Number, Relation, Tagged
from symnet.render.equations import names_for
from symnet.render.figures.edges import settled
from symnet.render.figures.figure import Circle, Dash, Figure, Label, Mark, Path, in_stages
from symnet.render.figures.geometry import Point, along, around, shortened
from symnet.render.figures.layers import (
    CAPTION,
    SYMBOL,
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
    weight_name,
    width_of,
    without_middle,
)
from symnet.render.figures.measure import size_of, sizes
from symnet.render.figures.network import LOW, WIDTH
from symnet.render.figures.quantities import links, quantities
from symnet.render.formula import formula
from symnet.render.partials import written_chain
from symnet.render.theme import LIGHT

MOST_COLUMNS, MOST_UNITS = 8, 5
_BADGE, _ONE = 9.5, 14.0
_DASHES: tuple[Dash, ...] = ("solid", "dashed")


def chain_figure(network: Network, wrt: str | None = None, notation: Any = None) -> Figure:
    """The quantities that one weight or bias moves, up to the cost, each step with its factor of the chain.

    ``wrt`` names one element (by default the first weight).  The factors appear from the cost back to the weight.
    Raises SymnetError for a name that is none of the network's, or a whole matrix.
    """
    derivation = network.derive()
    partial = derivation.partial(wrt or element_example(network.weight(1)))
    if partial.index is None:
        raise SymnetError(
            f"{wrt} has many elements; name the one to follow, such as wrt={element_example(partial.tensor)!r}"
        )
    habits = names_for(network, notation).notation.with_(cost_arguments=False)
    chain = _Chain(network, letters(network, notation), Names(network, habits), partial)
    return chain.figure()


class _Chain:
    """What the picture is made from: the columns, and which of their units lie on a path from the weight."""

    def __init__(self, network: Network, letters: Letters, names: Names, partial: Partial) -> None:
        self.network, self.letters, self.names, self.partial = network, letters, names, partial
        index = list(partial.index or ())
        layer = partial.tensor.layer
        axes = network.unit_axes
        is_weight = partial.tensor.role == "weight"
        self.layer = layer
        self.source: Place = (index.pop(0) if axes[layer - 1] else 1) if is_weight else None
        self.unit: int = index[0] if axes[layer] else 1
        self.written = written_chain(partial, "index", names)

    def figure(self) -> Figure:
        """The columns with the paths, the factors above them, the whole chain below."""
        tensors = without_middle(quantities(self.network, True), MOST_COLUMNS)
        shown = [t for t in tensors if t is not None]
        symbols = [self._symbol(t, p) for t in shown for p in places(width_of(t), MOST_UNITS) if p is not None]
        radius = radius_for(symbols)
        factors = [(n, link.derivative) for n, link in enumerate(self.written.links, 1)]
        whole = self._whole(factors)
        above = 20.0 + max([size_of(formula(f, self.names), SYMBOL)[1] for _, f in factors], default=0.0)
        side = radius + 16.0
        gap = min(190.0, (WIDTH - 2 * side) / (len(tensors) - 1))
        ones = any(has_ones(self.network, a, b) for a, b in pairwise(tensors))
        below = 20.0 + radius + size_of(whole, SYMBOL)[1] + 14.0
        fit = fitted(
            [width_of(t) for t in shown],
            top=above + radius,
            room=LOW - above - radius - below,
            least=2 * radius + 6.0,
            best=84.0,
            most=MOST_UNITS,
            ones_below=(radius + _ONE + 14.0) * ones,
        )
        made = columns(self.network, tensors, left=side, gap=gap, fit=fit)
        made = tuple(self._with_unit(column) for column in made)
        marks: list[Mark] = []
        front: list[Mark] = []
        last = len(self.written.links)
        for before, after in pairwise(made):
            number = self._number(before, after, factors)
            lines, badges = self._lines(before, after, radius, number)
            marks += lines
            front += badges
            if number and self._labels_here(before, after, factors[number - 1][1]):
                front += self._factor(factors[number - 1], (before.x + after.x) / 2, above / 2)
        for column in made:
            marks += self._circles(column, radius, fit.middle)
        lowest = max(
            y for column in made for y in [*(p[1] for _, p in column.at), *([column.one[1]] if column.one else [])]
        )
        bottom = lowest + radius + 12.0
        width = 2 * side + gap * (len(made) - 1)
        wide, high = size_of(whole, SYMBOL)
        if wide + 24.0 <= WIDTH:
            shift = max(0.0, (wide + 24.0 - width) / 2)
            width += 2 * shift
            marks, front = _moved(marks, shift), _moved(front, shift)
            front.append(Label(whole, (width / 2, bottom + high / 2), size=SYMBOL, stage=last))
            bottom += high + 12.0
        return in_stages(Figure(width, bottom + 8.0, (*marks, *front), self._described(factors)))

    def _whole(self, factors: Sequence[tuple[int, Expr]]) -> Node:
        """∂C/∂w as the product of its factors, each over its number."""
        marked = {f: Tagged(Brace(formula(f, self.names), Group(Number(str(n)))), f"factor{n}") for n, f in factors}
        return Relation((self.written.left, formula(self.written.whole, self.names, marked)))

    def _with_unit(self, column: Column) -> Column:
        """The column, in which the ellipsis gives way to a unit on the path that it would hide."""
        wanted = None
        if column.tensor is not None and column.tensor != COST:
            if column.tensor.layer == self.layer - 1:
                wanted = self.source
            elif column.tensor.layer == self.layer:
                wanted = self.unit
        known = [place for place, _ in column.at]
        if wanted is None or wanted in known or None not in known:
            return column
        k = known.index(None) - 1
        at = tuple((wanted if j == k else place, point) for j, (place, point) in enumerate(column.at))
        return Column(column.tensor, column.x, at, column.one)

    def _symbol(self, tensor: Tensor, place: Place) -> Node:
        return self.names.cost(arguments=False) if tensor == COST else self.letters.unit(tensor, place)

    def _moves(self, tensor: Tensor, place: Place) -> bool:
        """Whether the weight moves that unit."""
        if tensor == COST:
            return True
        if tensor.layer == self.layer:
            spread = tensor.role == "unit" and self.network.layers[self.layer - 1].function.normalised
            return spread or place == self.unit
        return tensor.layer > self.layer

    def _number(self, before: Column, after: Column, factors: Sequence[tuple[int, Expr]]) -> int:
        """The number of the factor that belongs to the lines between two columns, or 0."""
        if before.tensor is None or after.tensor is None:
            return 0
        for number, factor in factors:
            match factor:
                case Ref(tensor=adjoint) if adjoint.of is not None:
                    behind = quantities(self.network, True)
                    if behind.index(before.tensor) >= behind.index(adjoint.of):
                        return number
                case Deriv(body=Ref(tensor=body), wrt=wrt) if body == after.tensor:
                    if wrt.tensor == before.tensor or wrt.tensor == self.partial.tensor:
                        return number
        return 0

    def _labels_here(self, before: Column, after: Column, factor: Expr) -> bool:
        """Whether the factor's formula stands over these lines: over the last ones, where it spans several."""
        return not isinstance(factor, Ref) or after.tensor == COST

    def _lines(self, before: Column, after: Column, radius: float, number: int) -> tuple[list[Mark], list[Mark]]:
        """The lines between two columns; those on the path in the colour of their factor, with its number on one."""
        marks: list[Mark] = []
        on: list[tuple[Point, Point]] = []
        if before.tensor is None or after.tensor is None:
            return [], []
        into = after.tensor.layer == self.layer and after.tensor.role == "pre"
        for link in links(self.network, before, after):
            line = shortened(link.start, link.end, radius, radius)
            first = into and self.partial.tensor.role == "weight"
            moved = link.source == self.source if first else not into and self._moves(before.tensor, link.source)
            if moved and self._moves(after.tensor, link.target):
                on.append(line)
            else:
                marks.append(Path(line, "faint", width=1.0))
        if before.one is not None:
            for place, end in after.units:
                line = shortened(before.one, end, _ONE, radius)
                if into and self.partial.tensor.role == "bias" and place == self.unit:
                    on.append(line)
                else:
                    marks.append(Path(line, "faint", width=1.0, dash="dashed"))
        stage = number if number else 0
        role = LIGHT.factors[(number - 1) % len(LIGHT.factors)] if number else "ink"
        dash = _DASHES[(number - 1) % 2] if number else "solid"
        marks += [Path(line, "muted", width=1.4, arrow=True) for line in on]
        if number:
            marks += [Path(line, role, width=2.6, dash=dash, arrow=True, stage=stage) for line in on]
        return marks, self._badges(on, number, before, after, radius, into)

    def _badges(
        self, on: Sequence[tuple[Point, Point]], number: int, before: Column, after: Column, radius: float, into: bool
    ) -> list[Mark]:
        """The name of the weight on its line, and the number of the factor."""
        if not on:
            return []
        taken = [around(p, 2 * radius, 2 * radius) for column in (before, after) for _, p in column.at]
        badge = (2 * _BADGE, 2 * _BADGE)
        if not into:
            spots = settled([on[len(on) // 2]], [badge], taken) if number else []
            return _badge(number, spots[0]) if spots else []
        element = self._element()
        both = settled([on[0], on[0]], [size_of(element, SYMBOL), badge], taken)
        if not both:  # the number stands above the lines as well, the name only here
            both = settled(on[:1], [size_of(element, SYMBOL)], []) or [along(*on[0], 0.5)]
        marks: list[Mark] = [Label(element, both[0], size=SYMBOL, halo=True)]
        return marks + (_badge(number, both[1]) if number and len(both) > 1 else [])

    def _element(self) -> Node:
        """The name of what is followed."""
        tensor = self.partial.tensor
        if tensor.role == "bias":
            return self.letters.unit(tensor, self.unit)
        return weight_name(self.network, self.letters, self.layer, self.source, self.unit)

    def _factor(self, factor: tuple[int, Expr], x: float, y: float) -> list[Mark]:
        """A factor's number and formula above its lines."""
        number, expr = factor
        node = Tagged(formula(expr, self.names), f"factor{number}")
        wide, _ = sizes([node], SYMBOL)[0]
        whole = wide + 2 * _BADGE + 6.0
        left = x - whole / 2
        return [
            *_badge(number, (left + _BADGE, y)),
            Label(node, (left + 2 * _BADGE + 6.0, y), "start", size=SYMBOL, stage=number),
        ]

    def _circles(self, column: Column, radius: float, middle: float) -> list[Mark]:
        if column.tensor is None:
            return dots((column.x, middle), upright=False)
        marks: list[Mark] = []
        for place, at in column.at:
            if place is None:
                marks += dots(at)
                continue
            moved = self._moves(column.tensor, place)
            marks += circle(
                self._symbol(column.tensor, place), at, radius, "ink" if moved else "muted", 2.4 if moved else 1.0
            )
        if column.one is not None:
            marks += circle(Number("1"), column.one, _ONE, "muted", 1.0)
        return marks

    def _described(self, factors: Sequence[tuple[int, Expr]]) -> str:
        from symnet.render.text import text

        element = text(self.names.element(self.partial.tensor, self.partial.index or ()))
        listed = ", ".join(f"({n}) {text(formula(f, self.names))}" for n, f in factors)
        return (
            f"How the cost depends on {element}: the quantities that it moves are drawn in bold, "
            f"each step with its factor of the chain rule: {listed}."
        )


def _badge(number: int, at: Point) -> list[Mark]:
    role = LIGHT.factors[(number - 1) % len(LIGHT.factors)]
    return [
        Circle(at, _BADGE, stroke=role, fill="ground", width=1.6, stage=number),
        Label(Number(str(number)), at, size=CAPTION, colour=role, stage=number),
    ]


def _moved(marks: Sequence[Mark], by: float) -> list[Mark]:
    """The marks further to the right."""
    out: list[Mark] = []
    for mark in marks:
        match mark:
            case Path(points=points):
                out.append(replace(mark, points=tuple((x + by, y) for x, y in points)))
            case Circle(centre=(x, y)):
                out.append(replace(mark, centre=(x + by, y)))
            case Label(at=(x, y)):
                out.append(replace(mark, at=(x + by, y)))
    return out
