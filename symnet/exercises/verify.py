"""Every solution verified twice before it is handed out: exactly, and by arithmetic that knows no derivation.

Formulas are put to the checker and compared with finite differences at random numbers; numbers are recomputed by plain
loops over the layers (:mod:`symnet.exercises.independent`), derivatives there both by differentiating the cost and by
finite differences; of options the right one must be right and every other one refuted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from symnet.algebra import interpret
from symnet.algebra.expressions import Axis, Expr, Index, reindex
from symnet.check.kept import Kept, derivation
from symnet.check.read.symbols import Target
from symnet.derive.given import given
from symnet.derive.numbers import evaluate
from symnet.errors import SymnetError
from symnet.exercises import independent
from symnet.exercises.draw import random_numbers
from symnet.exercises.judged import judged
from symnet.exercises.kinds import chain, costs, dimensions, rate
from symnet.exercises.quantities import name_of, parsed, worked_out
from symnet.exercises.variant import Choice, Formula, Numbers, Option, Part, Shape, Value, Variant
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Node, Partial, Relation
from symnet.render.latex import latex

CLOSE = sp.Float("1e-15")
"""Relative: exact values of exp and ln have 28 digits, finite differences 20."""


class NotVerified(SymnetError):
    """A solution that does not hold."""


def verify(variant: Variant) -> None:
    """Raise SymnetError if a solution of the variant does not hold."""
    for part in variant.parts:
        try:
            _part(variant, part)
        except SymnetError as error:
            raise NotVerified(f"{variant.template}, seed {variant.seed}, ({part.label}): {error}") from None


def _part(variant: Variant, part: Part) -> None:
    match part.answer:
        case Formula() as answer:
            formula_holds(answer, _text(part.short))
        case Value() as answer:
            value_holds(variant, part.name, answer.exact)
        case Choice() as answer:
            _choice_holds(variant, part, answer)
        case Shape() as answer:
            shape_holds(variant, part.name, (answer.rows, answer.columns))


def _text(short: tuple[Any, ...]) -> str:
    """The right side of an answer in one line, as LaTeX."""
    nodes = [piece for piece in short if isinstance(piece, Node)]
    if len(nodes) != 1:
        raise NotVerified("the answer in one line has no formula")
    (node,) = nodes
    return latex(node.operands[-1] if isinstance(node, Relation) else node)


# -- formulas ----------------------------------------------------------------------------------------------------------

_sloped: Kept[bool] = Kept(4096)


def formula_holds(answer: Formula, text: str) -> None:
    """Raise SymnetError unless the formula is the derivative, by the checker and by finite differences."""
    status, found = judged(answer.network, answer.wrt, text, answer.names)
    if status not in ("proved", "equal"):
        raise NotVerified(f"the checker calls the solution {text} {status}")
    for asked, expr in found:
        if expr is None or not _agrees(answer.network, asked, expr, text):
            raise NotVerified(f"the solution {text} does not agree with finite differences")


def _agrees(network: Network, asked: Target, expr: Expr, text: str) -> bool:
    """Whether an expression agrees with finite differences of the cost at random numbers, at a random index."""

    def make() -> bool:
        rng = Random(text)
        numbers = random_numbers(network, rng)
        working = worked_out(network, numbers, backward=True)
        samples = 2 if network.sample_axes else 1
        values = dict(working.done.passes[0].values)
        for _ in range(2):
            at: dict[Axis, Index] = {
                a: rng.randint(1, samples if a.name.startswith("s") else int(a.size)) for a in asked.axes
            }
            place = tuple(at.get(i, i) if isinstance(i, Axis) else i for i in asked.index)
            wanted = independent.slope(network, numbers, name_of(asked.tensor, place), exactly=False)
            if not close(evaluate(reindex(expr, at), values, samples, 25), wanted):
                return False
        return True

    return _sloped.get(network, make, (asked.wrt, text))


def close(one: Any, other: Any) -> bool:
    """Whether two values are the same number, up to the digits that were kept."""
    return bool(abs(one - other) <= CLOSE * max(1, abs(one), abs(other)))


# -- numbers -----------------------------------------------------------------------------------------------------------


def value_holds(variant: Variant, name: str, value: sp.Expr) -> None:
    """Raise SymnetError unless the quantity called ``name`` has this value, worked out in two other ways."""
    network, numbers = variant.network, variant.numbers
    assert network is not None and numbers is not None
    for way in (True, False):
        found = recomputed(network, numbers, name, exactly=way)
        if not close(found, value) or (way and _rational(found) and _rational(value) and found != value):
            raise NotVerified(f"{name} is {value}, but recomputed {found}")


def _rational(value: sp.Expr) -> bool:
    return bool(value.is_Rational and not value.is_Float)


def recomputed(network: Network, numbers: Numbers, name: str, exactly: bool) -> Any:
    """A quantity in plain arithmetic; not ``exactly`` is by the NumPy interpreter, and by finite differences."""
    if name in (dimensions.PARAMETERS, rate.CURVATURE, rate.BOUND):
        return _derived(network, numbers, name, exactly)
    tensor, index, step = parsed(name)
    current = replace(numbers, steps=0)
    if current.x is None:
        return _of_predictions(network, current, step, exactly)
    plain = name.partition("(")[0]
    updated = step > 0 and not tensor.startswith("dC/") and any(p.name == tensor for p in network.parameters)
    for _ in range(step - 1 if updated else step):
        current = replace(current, parameters=_stepped(network, current, exactly))
    if updated:
        return _after(network, current, plain, exactly)
    if tensor.startswith("dC/d"):
        return independent.slope(network, current, plain.removeprefix("dC/d"), exactly)
    if exactly:
        return independent.forward(network, current)[plain]
    return _interpreted(network, current, tensor, index)


def _interpreted(network: Network, numbers: Numbers, tensor: str, index: tuple[int, ...]) -> sp.Expr:
    """By the NumPy interpreter; close is then to the digits of floating point."""
    samples, values = given(network, numbers.x, numbers.y, **numbers.parameters)
    sizes = {t: tuple(samples if a.name == "s" else int(a.size) for a in t.axes) for t, _ in values}
    arrays = {t: np.zeros(size) for t, size in sizes.items()}
    for (t, at), value in values.items():
        arrays[t][tuple(k - 1 for k in at)] = float(value)
    equations = network.equations if numbers.y is not None else network.equations[:-1]
    done = interpret.run(equations, arrays)
    found = next(array for t, array in done.items() if t.name == tensor)
    value = float(found[tuple(k - 1 for k in index)])
    exact = independent.forward(network, numbers)[name_of(next(t for t in done if t.name == tensor), index)]
    return exact if abs(value - float(exact)) <= 1e-9 * max(1.0, abs(value)) else sp.Float(value)


def _derived(network: Network, numbers: Numbers, name: str, exactly: bool) -> Any:
    """How many parameters there are; the second derivative by the one weight, and twice its inverse."""
    if name == dimensions.PARAMETERS:
        sizes = [int(network.inputs.units), *(int(layer.units) for layer in network.layers)]
        if exactly:
            return sp.Integer(sum((a + 1) * b if layer.bias else a * b
                                  for a, b, layer in zip(sizes, sizes[1:], network.layers, strict=False)))  # fmt: skip
        shapes = [np.zeros([int(a.size) for a in p.axes]).size for p in network.parameters]
        return sp.Integer(sum(shapes))
    current = replace(numbers, steps=0)
    if exactly:
        t = sp.Symbol("t", real=True)
        second = sp.diff(independent.forward(network, current, {"w": t})["C"], t, 2)
    else:
        far, here, back = (independent.forward(network, current, {"w": k})["C"] for k in (1, 0, -1))
        second = far - 2 * here + back  # exact, as the cost is quadratic
    return second if name == rate.CURVATURE else 2 / second


def _of_predictions(network: Network, numbers: Numbers, model: int, exactly: bool) -> Any:
    """The cost of predictions that are given as such."""
    given_ones = numbers.parameters[f"yhat({model})" if model else "yhat"]
    predictions = [[v] for v in given_ones]
    targets = [[v] for v in numbers.y]
    exact = independent.cost_of(network, predictions, targets)
    if exactly:
        return exact
    axes = tuple(a.name for a in network.y.axes)
    shape = tuple(len(predictions) if a == "s" else len(predictions[0]) for a in axes)
    arrays = {
        network.prediction: np.array([[float(v) for v in row] for row in predictions]).reshape(shape),
        network.y: np.array([[float(v) for v in row] for row in targets]).reshape(shape),
    } | {t: np.array(float(v)) for t, v in network.constants.items()}
    value = float(interpret.evaluate(network.equations[-1].right, arrays))
    return exact if abs(value - float(exact)) <= 1e-9 * max(1.0, abs(value)) else sp.Float(value)


def _after(network: Network, numbers: Numbers, name: str, exactly: bool) -> Any:
    before = independent.forward(network, numbers)[name]
    return before - numbers.rate * independent.slope(network, numbers, name, exactly)


def _stepped(network: Network, numbers: Numbers, exactly: bool) -> dict[str, Any]:
    """All parameters after one step of gradient descent."""

    def moved(given: Any, name: str, index: tuple[int, ...]) -> Any:
        if isinstance(given, tuple):
            return tuple(moved(v, name, (*index, k)) for k, v in enumerate(given, 1))
        full = f"{name}[{','.join(map(str, index))}]" if index else name
        return independent.number(_after(network, numbers, full, exactly))

    return {name: moved(value, name, ()) for name, value in numbers.parameters.items()}


# -- options and shapes ------------------------------------------------------------------------------------------------


def _better(variant: Variant, part: Part, choice: Choice) -> None:
    assert variant.network is not None and variant.numbers is not None
    for exactly in (True, False):
        first, second = (recomputed(variant.network, variant.numbers, name, exactly) for name in ("C", "C(1)"))
        if first == second or (choice.right == 0) is not bool(first < second):
            raise NotVerified(f"the costs are {first} and {second}, which option {choice.right + 1} does not say")


def _behaviour(variant: Variant, part: Part, choice: Choice) -> None:
    """By running gradient descent: the distances from where the slope is 0 after each of three steps."""
    network, numbers = variant.network, variant.numbers
    assert network is not None and numbers is not None
    for exactly in (True, False):
        at = [
            independent.slope(network, replace(numbers, parameters={"w": sp.Integer(w)}), "w", exactly) for w in (0, 1)
        ]
        minimum = -at[0] / (at[1] - at[0])
        current, distances = replace(numbers, steps=0), [numbers.parameters["w"] - minimum]
        for _ in range(3):
            current = replace(current, parameters=_stepped(network, current, exactly))
            distances.append(current.parameters["w"] - minimum)
        done = [abs(d) < sp.Rational(1, 10**12) for d in distances]
        swaps = distances[0] * distances[1] < 0
        nearer = abs(distances[-1]) < abs(distances[0])
        seen = "hits" if done[1] else "diverges" if swaps and not nearer else "swings" if swaps else "creeps"
        said = choice.options[choice.right].shown[0]
        if said != f"It {rate.BEHAVIOURS[seen]}.":
            raise NotVerified(f"gradient descent {rate.BEHAVIOURS[seen]}, and the right option is: {said}")


SPECIAL: dict[str, Callable[[Variant, Part, Choice], None]] = {costs.BETTER: _better, rate.BEHAVIOUR: _behaviour}
"""What verifies options that are no formulas, by the name of their part."""


def _choice_holds(variant: Variant, part: Part, choice: Choice) -> None:
    if sum(option.right for option in choice.options) != 1:
        raise NotVerified("of the options not exactly one is right")
    shown = [latex(node) if (node := _formula_of(o)) is not None else repr(o.shown) for o in choice.options]
    if len(set(shown)) < len(shown):
        raise NotVerified("two options are alike")
    if part.name in SPECIAL:
        SPECIAL[part.name](variant, part, choice)
        return
    network = variant.network
    assert network is not None
    for place, option in enumerate(choice.options, 1):
        wrt, text = _claim(part, choice, option)
        status, found = judged(network, wrt, text, {})
        right = not option.right if choice.lines else option.right
        wanted = ("proved", "equal") if right else ("different",)
        if status not in wanted:
            raise NotVerified(f"option {place}, {text}, is {status}, expected {wanted[0]}")
        for asked, expr in found:
            if expr is not None and _agrees(network, asked, expr, text) is not right and (right or not asked.axes):
                raise NotVerified(f"option {place}, {text}, is not confirmed by finite differences")


def _claim(part: Part, choice: Choice, option: Option) -> tuple[str, str]:
    """What an option says that ∂C/∂(something) is: by itself, as a line, or put in the gap of a chain."""
    node = _formula_of(option)
    assert node is not None
    if choice.lines:
        assert isinstance(node, Relation)
        left = node.operands[0]
        assert isinstance(left, Partial)
        return latex(left.wrt[0]), latex(node.operands[-1])
    gap = next((p for p in part.asked if isinstance(p, Relation) and chain.has_gap(p)), None)
    if gap is not None:
        return part.name, latex(chain.filled(gap.operands[-1], node))
    return part.name, latex(node.operands[-1] if isinstance(node, Relation) else node)


def _formula_of(option: Option) -> Node | None:
    return next((piece for piece in option.shown if isinstance(piece, Node)), None)


def shape_holds(variant: Variant, name: str, shape: tuple[Any, Any]) -> None:
    """Raise SymnetError unless an array of this quantity, in the network's notation, has this shape."""
    network = variant.network
    assert network is not None
    names = Names(network, notation(network.notation))
    of = name.removeprefix("dC/d")
    tensors = {t.name: t for t in (*network.parameters, network.x, network.y)}
    tensors |= {e.target.name: e.target for e in network.equations}
    samples = 7  # of no layer's size
    sizes = [samples if a.name == "s" else int(a.size) for a in tensors[of].axes]
    layers = [network.inputs.units, *(layer.units for layer in network.layers)]
    if name.startswith("dC/d"):
        own = derivation(network).adjoints[tensors[of]].equation.target.axes
        sizes = [samples if a.name == "s" else int(a.size) for a in own]
    tensor = tensors[of]
    if tensor.role == "weight":
        k = tensor.layer
        wanted = (layers[k - 1], layers[k])
        wanted = wanted if names.notation.orientation == "inputs x units" else wanted[::-1]
    elif tensor.role == "bias":
        row = bool(network.sample_axes) and names.notation.layout == "rows"
        wanted = (1, layers[tensor.layer]) if row else (layers[tensor.layer], 1)
    else:
        units = layers[tensor.layer]
        count = "n" if network.sample_axes else 1
        wanted = (count, units) if network.sample_axes and names.notation.layout == "rows" else (units, count)
    if tuple(map(str, wanted)) != tuple(map(str, shape)) or int(np.prod(sizes or [1])) != int(
        np.prod([samples if v == "n" else int(v) for v in wanted])
    ):
        raise NotVerified(f"the shape of {name} is {shape}, expected {wanted}")
