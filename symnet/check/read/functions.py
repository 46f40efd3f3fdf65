"""Functions of an answer by their names: activations, exp, max, diag, norms, NumPy's and sympy's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp

from symnet.activations import Activation
from symnet.algebra.expressions import ONE, Apply, Axis, Const, Expr, Pow, Ref, Size, Tensor, mul, power, reindex
from symnet.algebra.scalars import differentiate, elementary, from_sympy
from symnet.check.read import conditions, sums
from symnet.check.read.conditions import cases, indicator
from symnet.check.read.declarations import label_of
from symnet.check.read.shapes import (
    BARE,
    ShapeError,
    Value,
    diagonal,
    elementwise,
    everything,
    inner,
    kind,
    matmul,
    outer,
    summed,
    transposed,
)
from symnet.check.read.syntax import (
    Bars,
    Group,
    Listing,
    Loop,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Product,
    Relation,
    Symbol,
)
from symnet.check.read.tokens import FUNCTIONS, letter_name
from symnet.network import SAMPLES

if TYPE_CHECKING:
    from symnet.check.read.resolve import Resolver

MAX_PRIMES = 3
_ELEMENTARY: Mapping[str, type[sp.Function]] = {
    "exp": sp.exp, "ln": sp.log, "log": sp.log, "tanh": sp.tanh, "sinh": sp.sinh, "cosh": sp.cosh, "sech": sp.sech,
    "sin": sp.sin, "cos": sp.cos,
}  # fmt: skip
_PICKING = ("max", "min", "Max", "Min", "maximum", "minimum", "abs", "Abs", "fabs", "absolute", "sgn", "sign")
_PRIME = re.compile("(?<=[a-z])_?(prime|derivative|deriv|grad)$")
_STEPS = ("Heaviside", "heaviside", "step")


def is_function(resolver: Resolver, node: Symbol) -> bool:
    """Whether a symbol is applied to what follows it."""
    named = node.base in FUNCTIONS or node.base in resolver.vocabulary.functions
    return named and (node.primes > 0 or resolver.match(replace(node, sups=())) is None)


def applied(resolver: Resolver, head: Symbol, argument: Node) -> Value:
    """A LaTeX function applied: σ′(z), tanh²(z), max(0, z)."""
    if isinstance(argument, Relation):
        raise NotUnderstood("a condition is no argument here", argument.at)
    nodes = argument.items if isinstance(argument, Listing) else (argument,)
    return apply_to(resolver, head, [resolver.value(n) for n in nodes])


def apply_to(resolver: Resolver, head: Symbol, values: list[Value]) -> Value:
    """A function, with its strokes and powers, of values."""
    if head.subs:
        raise NotUnderstood(f"a subscript on {head.base} is not understood", head.at)
    out = named(resolver, head.base, head.primes, values, head.at)
    powers: list[Node] = []
    for item in head.sups:
        if isinstance(item, Negative):
            raise NotUnderstood(
                f"{head.base} to a negative power could be its inverse; write 1/{head.base}(…)", item.at
            )
        if not isinstance(item, Group):
            powers.append(item)
        elif not _labels(resolver, head, item):
            raise NotUnderstood(f"what is in brackets above {head.base} is no layer that has this function", item.at)
    return resolver.exponents(out, tuple(powers))


def _labels(resolver: Resolver, head: Symbol, item: Group) -> bool:
    """Whether [2] above g says no more than that g is the function of layer 2; (2) could be the second derivative."""
    label = label_of(item.body, resolver.labels)
    layers = resolver.network.layers
    if item.delimiter != "[]" or label is None or not 1 <= label <= len(layers):
        return False
    return resolver.vocabulary.functions.get(head.base) == layers[label - 1].function


def named(resolver: Resolver, name: str, primes: int, values: list[Value], at: int) -> Value:
    """A function by its name, differentiated ``primes`` times.

    Raises NotUnderstood for an unknown name or another number of arguments.
    """
    if primes > MAX_PRIMES:
        raise NotUnderstood("a function with so many strokes is not understood", at)
    if name in _PICKING and not primes:
        return conditions.picked(resolver, name.lower(), values, at)
    if len(values) != 1:
        raise NotUnderstood(f"{name} has one argument here, {len(values)} were given", at)
    (value,) = values
    if name in resolver.vocabulary.functions:
        activation = _of_layer(resolver, name, value) or resolver.vocabulary.functions[name]
        function = activation.function
        for _ in range(primes):
            function = differentiate(function)
        return replace(value, expr=Apply(function, (value.expr, *_constants(resolver, activation))))
    if name in _ELEMENTARY:
        function = elementary(_ELEMENTARY[name])
        for _ in range(primes):
            function = differentiate(function)
        if primes:
            return replace(value, expr=from_sympy(function.expr, {function.parameters[0]: value.expr}))
        return replace(value, expr=Apply(function, (value.expr,)))
    if primes:
        raise NotUnderstood(f"the derivative of {name} is not understood", at)
    match name:
        case "sqrt":
            return replace(value, expr=power(value.expr, sp.Rational(1, 2)))
        case "square":
            return resolver.raised(value, sp.Integer(2), at)
        case "diag" | "diagflat":
            return diagonal(value, resolver.work, at)
        case "tr" | "trace":
            return _trace(value, at)
        case "softmax":
            return _softmax(resolver, value, at)
        case "norm":
            return norm(resolver, value, 2)
        case _ if name in _STEPS:
            return conditions.step(resolver, value)
    raise NotUnderstood(f"the function {name} is not known here", at)


def _of_layer(resolver: Resolver, name: str, value: Value) -> Activation | None:
    """The activation of the argument's layer, if it has that name: another layer's may have other constants."""
    if isinstance(value.expr, Ref) and value.expr.tensor.role == "pre":
        own = resolver.network.layers[value.expr.tensor.layer - 1].function
        if not own.normalised and name in (own.name, letter_name(own.letter)):
            return own
    return None


def _constants(resolver: Resolver, activation: Activation) -> list[Expr]:
    """The constants of an activation as the network's equations name them."""
    layers = resolver.network.layers
    layer = next((k for k, one in enumerate(layers, 1) if one.function == activation), 0)
    known = resolver.network.constants
    out: list[Expr] = []
    for name, value in activation.constants.items():
        tensor = Tensor(f"{name}{layer}", (), "constant", layer)
        if tensor not in known:
            tensor = Tensor(name, (), "constant")
        out.append(tensor() if tensor in known and layer else Const(sp.Rational(str(value))))
    return out


def _trace(value: Value, at: int) -> Value:
    if value.row is None or value.column is None or kind(value.row) != kind(value.column):
        raise ShapeError("a trace needs a square matrix", at)
    return Value(summed(value.row, reindex(value.expr, {value.column: value.row})))


def _softmax(resolver: Resolver, value: Value, at: int) -> Value:
    axis = next((a for a in (value.row, value.column) if a is not None and kind(a) != "s"), None)
    if axis is None:
        raise ShapeError("softmax needs a vector, one number a class", at)
    other = resolver.work.fresh(axis)
    top = Apply(elementary(sp.exp), (value.expr,))
    below = summed(other, reindex(top, {axis: other}))
    return replace(value, expr=mul(top, power(below, sp.S.NegativeOne)))


def norm(resolver: Resolver, value: Value, order: int) -> Value:
    """‖value‖: the root of the sum of all squares, or the sum of absolute values."""
    if order == 1:
        return everything(conditions.picked(resolver, "abs", [value], 1))
    if value.is_number:
        return conditions.picked(resolver, "abs", [value], 1)
    squares = everything(replace(value, expr=power(value.expr, sp.Integer(2))))
    return Value(power(squares.expr, sp.Rational(1, 2)))


def normed(resolver: Resolver, bars: Bars, subs: tuple[Node, ...], sups: tuple[Node, ...]) -> Value:
    """A norm with its index and power: ‖W‖_F²."""
    order = 2
    if subs:
        (item, *more) = subs
        name = item.text if isinstance(item, Number) else item.base if isinstance(item, Symbol) else "?"
        if more or name not in ("1", "2", "F"):
            raise NotUnderstood("the norms 1, 2 and F are understood", item.at)
        order = 1 if name == "1" else 2
    value = norm(resolver, resolver.value(bars.body), order)
    if isinstance(value.expr, Pow) and len(sups) == 1 and isinstance(sups[0], Number) and sups[0].text == "2":
        return Value(value.expr.base)
    return resolver.exponents(value, sups)


def absolute(resolver: Resolver, body: Node) -> Value:
    """|body|; of an array that is the absolute value of every element to one author and the norm to another."""
    value = resolver.value(body)
    if not value.is_number and resolver.choices.pick("|v|"):
        return norm(resolver, value, 2)
    return conditions.picked(resolver, "abs", [value], body.at)


def special(resolver: Resolver, node: Symbol) -> Value | None:
    """What a symbol is when the network has none of that name: e, π, 1, I, Kronecker's δ."""
    if node.primes:
        return None
    if node.base == "E" and node.python:
        return Value(Const(sp.E))
    if node.base == "e" and not node.subs:
        if not node.sups:
            raise NotUnderstood("e stands alone; write e with its exponent, or exp(1)", node.at)
        if any(isinstance(item, Number) for item in node.sups[1:]):
            raise NotUnderstood("a number stands behind a letter; write it in front", node.sups[1].at)
        exponent = node.sups[0] if len(node.sups) == 1 else Product(node.at, node.sups, ("",) * (len(node.sups) - 1))
        return named(resolver, "exp", 0, [resolver.value(exponent)], node.at)
    if node.base == "pi" and not (node.subs or node.sups):
        return Value(Const(sp.pi))
    if node.base == "one":
        if len(node.subs) == 1 and isinstance(node.subs[0], Relation):
            return resolver.exponents(indicator(resolver, node.subs[0]), node.sups)
        if len(node.subs) == 1 and isinstance(node.subs[0], Group) and isinstance(node.subs[0].body, Relation):
            return resolver.exponents(indicator(resolver, node.subs[0].body), node.sups)
        if not _is_size(resolver, node.subs):
            return None
        return resolver.exponents(Value(ONE, resolver.work.anything()), node.sups)
    if node.base == "I" and _is_size(resolver, node.subs):
        return resolver.exponents(resolver.identity(), node.sups)
    declared = resolver.vocabulary.declarations.get(node.base, ())
    kronecker = node.base == "delta" or any(d.meaning.kind == "kronecker" for d in declared)
    if kronecker and not node.sups:
        items = node.subs
        if len(items) == 1 and isinstance(items[0], Number) and len(items[0].text) == 2:
            items = tuple(Number(items[0].at, digit) for digit in items[0].text)
        if len(items) == 2:
            return Value(conditions.same_index(resolver, items[0], items[1], False))
    return None


def _is_size(resolver: Resolver, items: tuple[Node, ...]) -> bool:
    """Whether scripts say a size, as in I_n; what fits is found from what is beside it."""

    def says(item: Node) -> bool:
        found = resolver.match(item) if isinstance(item, Symbol) else None
        return isinstance(item, Number) or (found is not None and found.declaration.meaning.kind in ("samples", "size"))

    return all(map(says, items))


# -- calls as Python writes them ----------------------------------------------------------------------


def call(resolver: Resolver, head: str, arguments: tuple[Node, ...], options: dict[str, Node], at: int) -> Value:
    """A call by name: NumPy's, sympy's, or a function of the network; ``.name`` is a method."""
    name = head.lstrip(".")
    if name in ("sum", "Sum", "mean", "nansum"):
        return _sum(resolver, name, arguments, options, at)
    if options and name != "heaviside":
        raise NotUnderstood(f"{name} with {next(iter(options))}= is not understood", at)
    if name in ("where", "Piecewise", "select"):
        return conditions.chosen(resolver, name, arguments, at)
    if name == "len" and len(arguments) == 1:
        return length(resolver, arguments[0], False, at)
    if name in ("eye", "identity", "Identity") and len(arguments) == 1:
        return resolver.identity()
    if name in ("KroneckerDelta", "kron_delta") and len(arguments) == 2:
        return Value(conditions.same_index(resolver, arguments[0], arguments[1], False))
    if name in ("Rational",) and len(arguments) == 2:
        return resolver.divided(resolver.value(arguments[0]), resolver.value(arguments[1]), at)
    if name in ("ones_like",) and len(arguments) == 1:
        return replace(resolver.value(arguments[0]), expr=ONE)
    if name in ("copy", "asarray", "array", "float") and len(arguments) == 1:
        return resolver.value(arguments[0])
    if name in ("reshape", "squeeze", "ravel", "flatten"):
        return _reshaped(resolver, name, arguments, at)
    if name in _STEPS and len(arguments) == 2:
        arguments = arguments[:1]
    values = [resolver.value(argument) for argument in arguments]
    if len(values) == 2:
        a, b = values
        match name:
            case "dot" | "matmul":
                return matmul(a, b, resolver.work, at)
            case "outer":
                return outer(a, b, at)
            case "inner" | "vdot":
                return inner(a, b, resolver.work, at)
            case "multiply" | "multiply_elementwise" | "hadamard" | "HadamardProduct":
                return elementwise(a, b, resolver.work, at, True)
            case "divide":
                return resolver.divided(a, b, at)
            case "power" | "Pow":
                return resolver.power(arguments[0], arguments[1])
    if name in ("transpose",) and len(values) == 1:
        return transposed(values[0])
    plain = _PRIME.sub("", name)
    return named(resolver, plain, int(plain != name), values, at)


def _reshaped(resolver: Resolver, name: str, arguments: tuple[Node, ...], at: int) -> Value:
    """A vector made flat, or a column; of a matrix nothing of the kind is understood."""
    if name == "reshape" and not _as_column(arguments):
        raise NotUnderstood("of reshape only reshape(-1, 1) is understood", at)
    if name != "reshape" and len(arguments) != 1:
        raise NotUnderstood(f"{name} has no arguments here", at)
    value = resolver.value(arguments[0])
    if sum((value.row is not None, value.column is not None, BARE in value.expr.axes)) > 1:
        raise NotUnderstood(f"{name} of a matrix is not understood", at)
    return Value(value.expr, value.vector, None, name != "reshape" and value.vector is not None)


def _as_column(arguments: tuple[Node, ...]) -> bool:
    inner_nodes = arguments[1].items if len(arguments) == 2 and isinstance(arguments[1], Listing) else arguments[1:]
    return len(inner_nodes) == 2 and isinstance(inner_nodes[1], Number) and inner_nodes[1].text == "1"


def _sum(resolver: Resolver, name: str, arguments: tuple[Node, ...], options: dict[str, Node], at: int) -> Value:
    if name == "Sum" or (len(arguments) > 1 and isinstance(arguments[1], Group)):
        limits = [sums.python_bounds(resolver, node) for node in arguments[1:]]
        if limits:
            return sums.over(resolver, [n for n, _ in reversed(limits)], dict(limits), arguments[0], at)
    if len(arguments) == 1 and isinstance(arguments[0], Loop):
        loop = arguments[0]
        bounds = sums.Bounds(0, sums.python_stop(resolver, loop.stop))
        if isinstance(bounds.stop, int):
            bounds = sums.Bounds(1, bounds.stop)
        return sums.over(resolver, [loop.letter.base], {loop.letter.base: bounds}, loop.body, at)
    if len(arguments) == 2 and "axis" not in options:
        options = {**options, "axis": arguments[1]}
    if not arguments or not set(options) <= {"axis", "keepdims"}:
        raise NotUnderstood(f"this form of {name} is not understood", at)
    value = resolver.value(arguments[0])
    axis = _axis_number(options.get("axis"), value, at)
    if axis is None:
        count = [a for a in (value.row, value.column) if a is not None] + ([BARE] if BARE in value.expr.axes else [])
        out = sums.python_sum(resolver, value)
        return out if name != "mean" else _mean(resolver, out, count)
    if BARE in value.expr.axes and value.is_number and axis == 0:
        out = sums.python_sum(resolver, value)
        return out if name != "mean" else _mean(resolver, out, [BARE])
    gone = value.row if axis == 0 else value.column
    left = value.column if axis == 0 else value.row
    expr = value.expr if gone is None else summed(gone, value.expr)
    kept = options.get("keepdims")
    if isinstance(kept, Symbol) and kept.base == "True":
        out = Value(expr, None if axis == 0 else left, left if axis == 0 else None)
    else:
        out = Value(expr, left, None, left is not None)
    return out if name != "mean" else _mean(resolver, out, [gone] if gone else [])


def _axis_number(node: Node | None, value: Value, at: int) -> int | None:
    if node is None or (isinstance(node, Symbol) and node.base == "None"):
        return None
    if isinstance(node, Negative) and isinstance(node.body, Number) and node.body.text == "1":
        return 0 if value.flat else 1
    if isinstance(node, Number) and node.text in ("0", "1"):
        return int(node.text)
    raise NotUnderstood("axis is 0, 1 or -1", at)


def _mean(resolver: Resolver, value: Value, axes: list[Axis]) -> Value:
    sizes = [Size(SAMPLES) if kind(a) == "s" else resolver.size(a) for a in axes]
    return replace(value, expr=mul(*(power(s, sp.S.NegativeOne) for s in sizes), value.expr))


def length(resolver: Resolver, node: Node, second: bool, at: int) -> Value:
    """len(X), X.shape[0] and X.shape[1]."""
    value = resolver.value(node)
    axis = value.column if second else value.row or value.column
    if axis is None and BARE in value.expr.axes and not second:
        axis = BARE
    if axis is None:
        raise NotUnderstood("this has no such length", at)
    return Value(Size(SAMPLES) if kind(axis) == "s" else resolver.size(axis))


def attribute(resolver: Resolver, body: Node, name: str, at: int) -> Value:
    """body.T; of other attributes nothing is understood."""
    if name == "T":
        return transposed(resolver.value(body))
    if name == "size":
        value = resolver.value(body)
        if value.vector is not None:
            return length(resolver, body, False, at)
    raise NotUnderstood(f"the attribute .{name} is not understood", at)


__all__ = ["absolute", "applied", "apply_to", "call", "cases", "indicator", "named", "norm", "special"]
