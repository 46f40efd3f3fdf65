"""The decision boundary of a network with two inputs, and the data that it divides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.expressions import Tensor
from symnet.algebra.interpret import run
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.render.display import Listing, Node, Number, Relation
from symnet.render.figures.axes import CAPTION, Axes, padded, room_left
from symnet.render.figures.figure import Circle, Figure, Label, Mark, Path
from symnet.render.figures.geometry import Box, Point
from symnet.render.figures.layers import Letters, letters
from symnet.render.figures.marching import level_lines
from symnet.render.figures.measure import box_of
from symnet.render.figures.quantities import rounded, worked_out

MOST_CLASSES = 4
ROLES = ("forward", "backward", "hidden", "accent")
_COLUMNS, _ROWS = 161, 121
_SIZE = 5.0
_HEAD, _FOOT = 62.0, 36.0


def boundary_figure(network: Network, x: Any = None, y: Any = None, notation: Any = None, **parameters: Any) -> Figure:
    """Where the network's decision changes, over its two inputs, with the samples x and their classes y.

    One output divides halfway between the two targets (a probability at ½); of several the largest decides.  Each
    class has a shape of its own.  Raises SymnetError for another number of inputs, missing data or parameters, and
    targets that are no classes.
    """
    if network.inputs.units != 2:
        raise SymnetError(
            f"a boundary is drawn over two inputs, this network has {network.inputs.units}; give one with 2 inputs"
        )
    if not network.sample_axes:
        raise SymnetError("a boundary needs a network over any number of samples; leave samples at 'n'")
    if x is None or y is None:
        raise SymnetError("a boundary is shown with its data; give x and y, such as --x '0,1;1,0' --y '1;0'")
    if not parameters:
        raise SymnetError(
            "a boundary needs the parameters of a trained network; give them, such as **model.parameters, "
            f"or --{network.parameters[0].name} with its numbers"
        )
    names = letters(network, notation)
    environment = worked_out(network, x, y, parameters).arrays
    points = np.asarray(environment[network.x]).reshape(-1, 2)
    classes, labels = _classes(network, np.asarray(environment[network.y]), names)
    sx, sy = padded(points[:, 0].tolist(), 0.15), padded(points[:, 1].tolist(), 0.15)
    room = 14.0 + room_left(sy)
    axes = Axes(Box(room, _HEAD, room + 420.0, _HEAD + 280.0), sx, sy)
    xs, ys = np.linspace(sx.low, sx.high, _COLUMNS), np.linspace(sy.low, sy.high, _ROWS)
    outputs = _outputs(network, environment, np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2))
    lines, sides = _dividing(network, environment, outputs)
    marks: list[Mark] = []
    dots = [axes.point(float(a), float(b)) for a, b in points]
    for field, level in lines:
        for values in level_lines(xs, ys, field.reshape(_ROWS, _COLUMNS), level):
            marks += [Path(line, "ink", width=2.6) for line in axes.line(values)]
    for field, level in sides:
        for values in level_lines(xs, ys, field.reshape(_ROWS, _COLUMNS), level):
            marks += [Path(line, "muted", width=1.2, dash="dashed") for line in axes.line(values)]
    for k, at in zip(classes, dots, strict=True):
        marks += marker(k, at)
    marks += axes.drawn(names.unit(network.x, 1), names.unit(network.x, 2))
    marks += _key(labels, _beside(names, network, [level for _, level in sides]), axes.frame)
    right = sum(k == c for k, c in zip(classes, _decided(network, environment, points), strict=True))
    description = (
        f"The decision boundary of {network.spec.replace('->', '→')} over its two inputs as a thick line, with "
        f"{len(points)} samples of {len(labels)} classes, each class with a shape of its own; "
        f"{right} of the samples lie on the side of their class."
    )
    return Figure(axes.frame.right + 22.0, axes.frame.bottom + _FOOT, tuple(marks), description)


def marker(kind: int, at: Point, size: float = _SIZE) -> list[Mark]:
    """The mark of a class: a ring, a square, a triangle or a diamond."""
    x, y = at
    role = ROLES[kind]
    if kind == 0:
        return [Circle(at, size, stroke=role, fill="ground", width=2.4)]
    around_it = {
        1: ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        2: ((0, -1.2), (1.2, 1), (-1.2, 1)),
        3: ((0, -1.4), (1.2, 0), (0, 1.4), (-1.2, 0)),
    }[kind]
    points = tuple((x + size * a, y + size * b) for a, b in around_it)
    return [Path(points, role, fill=role if kind == 1 else "ground", width=2.0, closed=True)]


def _outputs(network: Network, environment: Mapping[Tensor, Any], points: NDArray[Any]) -> NDArray[Any]:
    """The predictions at many points (points × outputs), through the interpreter."""
    given = {t: v for t, v in environment.items() if t in network.parameters or t in network.constants}
    values = {**given, network.x: points}
    return np.asarray(run(network.equations[:-1], values)[network.prediction]).reshape(len(points), -1)


def _targets(network: Network, environment: Mapping[Tensor, Any]) -> list[float]:
    return sorted({float(v) for v in np.asarray(environment[network.y]).ravel()})


def _classes(network: Network, targets: NDArray[Any], names: Letters) -> tuple[list[int], list[Any]]:
    """The class of every sample, counted from 0, and what the classes are called."""
    if targets.ndim == 1:
        values = sorted({float(v) for v in targets})
        if len(values) != 2:
            raise SymnetError(
                f"a boundary divides two classes, y has {len(values)} different values; give y of two values, 0 and 1"
            )
        return [values.index(float(v)) for v in targets], [
            Relation((names.unit(network.y), rounded(v))) for v in values
        ]
    count = targets.shape[1]
    if count > MOST_CLASSES:
        raise SymnetError(f"the picture tells {MOST_CLASSES} classes apart, y has {count}; give fewer")
    if not all(sorted(row) == [0.0] * (count - 1) + [1.0] for row in targets.tolist()):
        raise SymnetError("y is not one class a sample; give a 1 for the class of each sample and 0 for the others")
    return [int(k) for k in np.argmax(targets, axis=1)], [
        Relation((names.unit(network.y, k), Number("1"))) for k in range(1, count + 1)
    ]


def _decided(network: Network, environment: Mapping[Tensor, Any], points: NDArray[Any]) -> list[int]:
    """The class that the network decides for, for every point."""
    outputs = _outputs(network, environment, points)
    if outputs.shape[1] > 1:
        return [int(k) for k in np.argmax(outputs, axis=1)]
    return [int(v > _middle(network, environment)) for v in outputs[:, 0]]


def _middle(network: Network, environment: Mapping[Tensor, Any]) -> float:
    low, high = _targets(network, environment)
    return (low + high) / 2


def _dividing(
    network: Network, environment: Mapping[Tensor, Any], outputs: NDArray[Any]
) -> tuple[list[tuple[NDArray[Any], float]], list[tuple[NDArray[Any], float]]]:
    """The fields and levels of the boundary, and of the lines beside it (a tenth and nine tenths of the way)."""
    if outputs.shape[1] == 1:
        low, high = _targets(network, environment)
        field = outputs[:, 0]
        return [(field, (low + high) / 2)], [(field, low + part * (high - low)) for part in (0.1, 0.9)]
    fields = []
    for k in range(outputs.shape[1]):
        others = np.max(np.delete(outputs, k, axis=1), axis=1)
        fields.append((outputs[:, k] - others, 0.0))
    return fields[1:] if len(fields) == 2 else fields, []


def _beside(names: Letters, network: Network, levels: Sequence[float]) -> Node | None:
    """What the dashed lines are."""
    if not levels:
        return None
    return Relation((names.unit(network.prediction), Listing(tuple(map(rounded, levels)), ", ")))


def _key(labels: Sequence[Node], beside: Node | None, frame: Box) -> list[Mark]:
    """Which mark is which class, and what the dashed lines are, right-aligned above the frame."""
    marks: list[Mark] = []
    x, y = frame.right, _HEAD - 20.0
    if beside is not None:
        label = Label(beside, (x, y), "end", size=CAPTION)
        x = box_of(label).left - 6.0
        marks += [label, Path(((x - 26.0, y), (x, y)), "muted", width=1.2, dash="dashed")]
        x -= 26.0 + 18.0
    for kind in reversed(range(len(labels))):
        label = Label(labels[kind], (x, y), "end", size=CAPTION)
        x = box_of(label).left - 12.0
        marks += [label, *marker(kind, (x, y))]
        x -= 22.0
    return marks
