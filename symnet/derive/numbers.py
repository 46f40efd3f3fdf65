"""Worked numbers: the equations evaluated with given numbers, exactly where the arithmetic is rational.

A number is a sympy Rational as long as only rational operations happened to it, and otherwise a sympy Float with
many more digits than are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
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
from symnet.derive.given import Key, Reader
from symnet.errors import SymnetError
from symnet.network import COST, Network

Values = Mapping[Key, sp.Expr]

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
    reader = Reader(network)
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
