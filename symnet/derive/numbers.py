"""Worked numbers: the equations evaluated with given numbers, exactly where the arithmetic is rational.

A number is a sympy Rational as long as only rational operations happened to it, and otherwise a sympy Float with
many more digits than are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from numbers import Number
from typing import Any

import sympy as sp

from symnet import optimizers
from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    reindex,
)
from symnet.costs import RANGES
from symnet.errors import SymnetError
from symnet.network import COST, Network

Key = tuple[Tensor, tuple[int, ...]]
Values = Mapping[Key, sp.Expr]

_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?(/\d{1,40})?", re.ASCII)
_READABLE = 60
_GUARD = 25
_FINEST = 1000
_SMALL = sp.Float(f"1e-{_FINEST}")
LIMIT = 20_000
"""The most scalar equations that are worked out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One scalar equation with its index, and the value of its right side."""

    left: Ref
    right: Expr
    value: sp.Expr


@dataclass(frozen=True, slots=True)
class Update:
    """One parameter before and after a step of gradient descent."""

    parameter: Ref
    before: sp.Expr
    slope: sp.Expr
    after: sp.Expr


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward pass, its backward pass and the update that follows, if they were asked for."""

    values: Values
    forward: tuple[Line, ...]
    backward: tuple[Line, ...] = ()
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True)
class Worked:
    """What ``net.forward(...)`` returns: the values, and the lines that lead to them."""

    network: Network
    passes: tuple[Pass, ...]
    samples: int
    digits: int
    rate: sp.Expr | None
    decimal: bool
    notation: Any = field(default=None)

    @property
    def value(self) -> Any:
        """The prediction for the numbers given: a number, or nested lists over samples and units."""
        return self._nested(self.network.prediction, self.passes[0].values)

    @property
    def cost(self) -> sp.Expr | None:
        """The cost for the numbers given, if targets were."""
        return self.passes[0].values.get((COST, ()))

    def values(self, name: str, step: int = 0) -> Any:
        """The value of a quantity by its name (``"z1"``, ``"a1"``, ``"W1"``, ``"dC/dW1"``), after ``step`` updates."""
        found = {key[0].name: key[0] for key in self.passes[step].values}
        if name not in found:
            raise SymnetError(f"no quantity is called {name!r}; there are {', '.join(found)}")
        return self._nested(found[name], self.passes[step].values)

    def _nested(self, tensor: Tensor, values: Values) -> Any:
        sizes = [self.samples if a.name == "s" else int(a.size) for a in tensor.axes]
        if self.samples == 1 and sizes and tensor.axes[0].name == "s":
            return _nest(lambda index: values[tensor, (1, *index)], sizes[1:])
        return _nest(lambda index: values[tensor, index], sizes)

    def text(self, **options: Any) -> str:
        """The lines as text for a terminal."""
        return self._show("text", options)

    def latex(self, **options: Any) -> str:
        """The lines as LaTeX."""
        return self._show("latex", options)

    def markdown(self, **options: Any) -> str:
        """The lines as Markdown."""
        return self._show("markdown", options)

    def _repr_latex_(self) -> str:
        from symnet.render.rich import worked_latex

        return worked_latex(self)

    def _show(self, language: str, options: Mapping[str, Any]) -> str:
        from symnet.render.numbers import show_worked

        return show_worked(self, language, **options)


def _nest(get: Any, sizes: Sequence[int], index: tuple[int, ...] = ()) -> Any:
    if len(index) == len(sizes):
        return get(index)
    return [_nest(get, sizes, (*index, k)) for k in range(1, sizes[len(index)] + 1)]


def worked(
    network: Network,
    x: Any,
    y: Any = None,
    *,
    digits: int = 6,
    backward: bool = False,
    steps: int = 0,
    rate: Any = None,
    notation: Any = None,
    **parameters: Any,
) -> Worked:
    """Work the network out with numbers.

    ``x`` is one sample (d numbers) or several (rows of d numbers), ``y`` the target or targets; a weight matrix is
    inputs × units.  Numbers may be integers, fractions (``"1/3"``), decimals (``"0.1"``, 0.1: taken as written).
    ``backward`` works out every adjoint and gradient, ``steps`` and ``rate`` gradient descent.  ``digits`` are
    decimal places.

    Raises SymnetError for missing or unknown parameters, wrong shapes, anything that is not a number.
    """
    if not isinstance(digits, int) or not 1 <= digits <= 100:
        raise SymnetError(f"digits is {digits!r}, expected a whole number of decimal places from 1 to 100")
    if not isinstance(steps, int) or steps < 0:
        raise SymnetError(f"steps is {steps!r}, expected a whole number of at least 0")
    if notation is not None:
        from symnet.notation.notation import notation as meant

        notation = meant(notation)
    reader = _Reader(network)
    given = reader.parameters(parameters)
    samples, data = reader.data(x, y)
    if (backward or steps) and y is None:
        raise SymnetError("the backward pass needs a target; give y")
    if steps and rate is None:
        raise SymnetError("gradient descent needs a learning rate; give rate, such as rate=0.1")
    gamma = reader.number(rate, "rate") if rate is not None else None
    constants: dict[Key, sp.Expr] = {(t, ()): reader.number(v, t.name) for t, v in network.constants.items()}
    work = sum(len(indices(eq.target, samples)) for eq in network.equations) * (steps + 1)
    if work > LIMIT:
        raise SymnetError(f"{work} lines of numbers would be printed, more than {LIMIT}; give fewer samples or steps")
    passes: list[Pass] = []
    for step in range(steps + 1):
        values: dict[Key, sp.Expr] = {**constants, **data, **given}
        forward = run(network.equations[:-1], values, samples, digits)
        if y is not None:
            check_domain(network, values, samples)
            forward += run(network.equations[-1:], values, samples, digits)
        back: tuple[Line, ...] = ()
        updates: tuple[Update, ...] = ()
        if backward or step < steps:
            back = run([a.equation for a in network.derive().backward], values, samples, digits)
        if step < steps:
            assert gamma is not None
            updates = updates_of(network, values, gamma, samples)
            given = {key: update.after for update in updates for key in [_key(update.parameter)]}
        passes.append(Pass(values, forward, back, updates))
    return Worked(network, tuple(passes), samples, digits, gamma, reader.decimal, notation)


def given(network: Network, x: Any, y: Any, **parameters: Any) -> tuple[int, dict[Key, sp.Expr]]:
    """How many samples are given, and the data, parameters and constants as exact numbers, element by element.

    Takes and refuses what :func:`worked` does.
    """
    reader = _Reader(network)
    values = reader.parameters(parameters)
    samples, data = reader.data(x, y)
    constants: dict[Key, sp.Expr] = {(t, ()): reader.number(v, t.name) for t, v in network.constants.items()}
    return samples, {**constants, **data, **values}


def check_domain(network: Network, values: Values, samples: int) -> None:
    """Refuse predictions and targets that the cost is not defined for."""
    cost = network.cost
    for tensor, domain in ((network.prediction, cost.domain), (network.y, cost.targets)):
        for index in indices(tensor, samples):
            value = values[tensor, index]
            low = value < 0 if domain in ("nonnegative", "probability") else domain == "positive" and value <= 0
            strict = domain == "probability" and tensor == network.prediction and value in (0, 1)
            if low or strict or (domain == "probability" and value > 1):
                what = "prediction" if tensor == network.prediction else "target"
                mend = "use a sigmoid or softmax output" if domain == "probability" else "use a softplus output"
                raise SymnetError(
                    f"the {what} is {float(value):.6g}, but {cost.name} is defined for {what}s {RANGES[domain]}; "
                    + (mend if what == "prediction" else "change the target")
                )


def updates_of(network: Network, values: Values, gamma: sp.Expr, samples: int) -> tuple[Update, ...]:
    """One step of gradient descent for every parameter, from its value and its derivative among ``values``."""
    out = []
    rule = optimizers.optimizer("gd").updates[optimizers.w].doit()
    for adjoint in network.derive().backward:
        if adjoint.of not in network.parameters:
            continue
        for index in indices(adjoint.of, samples):
            before, slope = values[adjoint.of, index], values[adjoint.equation.target, index]
            after = rule.subs({optimizers.w: before, optimizers.g: slope, optimizers.gamma: gamma}, simultaneous=True)
            out.append(Update(Ref(adjoint.of, index), before, slope, after))
    return tuple(sorted(out, key=lambda u: network.parameters.index(u.parameter.tensor)))


def _key(ref: Ref) -> Key:
    return ref.tensor, tuple(i for i in ref.index if isinstance(i, int))


def indices(tensor: Tensor, samples: int) -> list[tuple[int, ...]]:
    """The place of every element of a tensor, counted from 1."""
    sizes = [samples if a.name == "s" else int(a.size) for a in tensor.axes]
    return list(product(*(range(1, size + 1) for size in sizes)))


def run(
    equations: Sequence[Equation],
    values: dict[Key, sp.Expr],
    samples: int,
    digits: int,
    pinned: Mapping[Key, sp.Expr] | None = None,
) -> tuple[Line, ...]:
    """The equations one after another, element by element; ``values`` is added to.

    What is ``pinned`` is taken as it is given instead of being worked out: somebody's own earlier result.
    """
    lines = []
    own = pinned or {}
    for equation in equations:
        for index in indices(equation.target, samples):
            at: dict[Axis, Index] = dict(zip(equation.target.axes, index, strict=True))
            right = reindex(equation.right, at)
            value = own.get((equation.target, index))
            value = evaluate(right, values, samples, digits) if value is None else value
            values[equation.target, index] = value
            lines.append(Line(Ref(equation.target, index), right, value))
    return tuple(lines)


def evaluate(expr: Expr, values: Values, samples: int, digits: int) -> sp.Expr:
    """The value of an expression without running indices: a Rational, or a Float with digits to spare."""

    def number(e: sp.Expr) -> sp.Expr:
        try:
            out = e if e.is_Rational and not e.is_Float and _short(e) else sp.N(e, digits + _GUARD)
            if out == 0 and e != 0:
                out = sp.N(sp.N(e, _FINEST), digits + _GUARD) or sp.Float(0)  # sympy takes ln(1 + tiny) for 0
        except OverflowError:  # mpmath, in erf of more than 1e150
            out = sp.nan
        if not (out.is_real and out.is_finite):
            raise SymnetError(
                "for these numbers the cost or an activation has no real, finite value; "
                "change the weights or the targets"
            )
        return out

    def value(e: Expr) -> sp.Expr:
        match e:
            case Const(value=constant):
                return constant
            case Size():
                return sp.Integer(samples)
            case Ref():
                return values[_key(e)]
            case Add(terms=terms):
                return number(sp.Add(*map(value, terms)))
            case Mul(factors=factors):
                return number(sp.Mul(*map(value, factors)))
            case Pow(base=base, exponent=exponent):
                return number(value(base) ** exponent)
            case Sum(axis=axis, body=body):
                size = samples if axis.name == "s" else int(axis.size)
                return number(sp.Add(*(value(reindex(body, {axis: k})) for k in range(1, size + 1))))
            case Apply(function=function, arguments=arguments):
                table = dict(zip(function.parameters, (_exact(value(a)) for a in arguments), strict=True))
                return number(_definition(function).xreplace(table))
        raise TypeError(type(e).__name__)

    return number(value(expr))


def _exact(v: sp.Expr) -> sp.Expr:
    """A Float of ordinary size as the Rational that it is, so that no function of it loses digits."""
    return sp.Rational(v) if v.is_Float and (v == 0 or _SMALL < abs(v) < 1 / _SMALL) else v


@lru_cache(maxsize=256)
def _definition(function: ScalarFunction) -> sp.Expr:
    """The function's definition, in which neither 1 + erf(u) nor 1 + tanh(u) cancels for u far below 0."""
    expr = function.expr.doit().replace(sp.erf, lambda u: 1 - sp.erfc(u))
    return expr.replace(sp.tanh, lambda u: 2 / (1 + sp.exp(-2 * u)) - 1)


def _short(e: sp.Rational) -> bool:
    return len(str(e.q)) < 400 and len(str(e.p)) < 400


class _Reader:
    """Numbers of a user, as exact rationals with an index for each."""

    def __init__(self, network: Network) -> None:
        if any(not isinstance(a.size, int) for axes in network.unit_axes for a in axes):
            raise SymnetError("worked numbers need sizes in numbers; this network has a symbolic size")
        self.network = network
        self.decimal = False

    def number(self, given: Any, where: str) -> sp.Rational:
        """One number, exactly as written."""
        if isinstance(given, bool):
            given = int(given)
        text = str(given) if isinstance(given, (str, Number, sp.Rational, sp.Float)) else repr(given)
        text = text.strip()
        if not _NUMBER.fullmatch(text):
            shown = repr(given) if len(repr(given)) <= _READABLE else repr(given)[: _READABLE - 1] + "…"
            raise SymnetError(f"{where} is {shown}, expected a number such as 3, 0.25 or 1/3")
        top, _, bottom = text.partition("/")
        if "." in text or "e" in text.lower():
            self.decimal = True
        if bottom and int(bottom) == 0:
            raise SymnetError(f"{where} is {given!r}, whose denominator is 0")
        return sp.Rational(top) / sp.Integer(int(bottom or "1"))

    def array(self, given: Any, shape: tuple[int, ...], where: str, expected: str) -> dict[tuple[int, ...], sp.Expr]:
        """Nested lists (or an array) of a given shape."""
        original = given = given.tolist() if hasattr(given, "tolist") else given
        if len(shape) > len(_shape(given)) and shape[0] == 1:
            given = [given]
        out: dict[tuple[int, ...], sp.Expr] = {}

        def read(part: Any, index: tuple[int, ...]) -> None:
            if len(index) == len(shape):
                out[index] = self.number(part, f"{where}{list(index) if index else ''}")
                return
            if index and isinstance(part, (list, tuple)) and len(part) != shape[len(index)]:
                first = len(given[0]) if isinstance(given[0], (list, tuple)) else 0
                if len(part) != first:
                    raise SymnetError(
                        f"row {index[0]} of {where} has {len(part)} numbers, the first has {first}, expected {expected}"
                    )
            if not isinstance(part, (list, tuple)) or len(part) != shape[len(index)]:
                found = " × ".join(map(str, _shape(original)))
                has = f"has shape {found}" if found else "is one number"
                raise SymnetError(f"{where} {has}, expected {expected}")
            for k, inner in enumerate(part, 1):
                read(inner, (*index, k))

        read(given, ())
        return out

    def parameters(self, given: Mapping[str, Any]) -> dict[Key, sp.Expr]:
        """All parameters by name, the case of the first letter free."""
        known = {p.name.lower(): p for p in self.network.parameters}
        described = ", ".join(_described(p) for p in self.network.parameters)
        values: dict[Key, sp.Expr] = {}
        found = set()
        for name, value in given.items():
            tensor = known.get(name.lower())
            if tensor is None:
                raise SymnetError(f"{name!r} is none of the network's parameters; they are {described}")
            if tensor in found:
                raise SymnetError(f"{tensor.name} is given twice, as {name!r} too; give it once")
            found.add(tensor)
            shape = tuple(int(a.size) for a in tensor.axes)
            expected = {0: "one number", 1: f"{''.join(map(str, shape))} numbers"}.get(
                len(shape), f"{' × '.join(map(str, shape))} (inputs × units)"
            )
            values |= {(tensor, k): v for k, v in self.array(value, shape, name, expected).items()}
        missing = [p for p in self.network.parameters if p not in found]
        if missing:
            raise SymnetError(f"{missing[0].name} is missing; the network's parameters are {described}")
        return values

    def data(self, x: Any, y: Any) -> tuple[int, dict[Key, sp.Expr]]:
        """Inputs and targets, and how many samples they are."""
        inputs = tuple(int(a.size) for a in self.network.unit_axes[0])
        outputs = tuple(int(a.size) for a in self.network.unit_axes[-1])
        batched = bool(self.network.sample_axes)
        x = x.tolist() if hasattr(x, "tolist") else x
        several = batched and len(_shape(x)) == len(inputs) + 1
        samples = len(x) if several else 1
        if samples == 0:
            raise SymnetError("x has no samples; give at least one")
        out: dict[Key, sp.Expr] = {}
        wide = " × ".join(map(str, inputs)) or "1"
        for tensor, given, units in ((self.network.x, x, inputs), (self.network.y, y, outputs)):
            if given is None:
                continue
            shape = ((samples,) if batched else ()) + units
            width = " × ".join(map(str, units)) or "one"
            role = f"{wide} inputs" if tensor is self.network.x else f"{width} target{'s' if units else ''}"
            expected = f"{role} for a sample" + (f", {samples} samples" if several else "")
            out |= {(tensor, k): v for k, v in self.array(given, shape, tensor.name, expected).items()}
        return samples, out


def _shape(given: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(given, (list, tuple)):
        shape.append(len(given))
        if not given:
            break
        given = given[0]
    return tuple(shape)


def _described(tensor: Tensor) -> str:
    shape = " × ".join(str(a.size) for a in tensor.axes)
    return f"{tensor.name} ({shape})" if shape else tensor.name
