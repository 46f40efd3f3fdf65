"""Formulas as Maxima reads them, which is what STACK questions are marked with.

A quantity has the name that a student types: its letter, the layer after it where one stands above, its indices after
an underscore (``w_1``, ``w2_1``, ``yhat``).  Σ over the samples is ``total( … )`` of what stands for one sample; sums
over units are written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from unicodedata import name as unicode_name

import sympy as sp
from sympy.printing.str import StrPrinter

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    reindex,
)
from symnet.errors import SymnetError
from symnet.exercises.kinds.shown import names_of
from symnet.network import Network
from symnet.render.display import Group, Listing, Name, Node, Number

TOTAL = sp.Function("total", real=True)
"""The sum over the samples."""

STEP = sp.Function("unitstep", real=True)
"""1 for positive numbers and 0 else: the derivative of relu."""

COUNT = sp.Symbol("n", positive=True)
"""How many samples there are."""

LETTERS = {"sigmoid": "sigma"}
"""Activation functions that are typed by another name than their own."""

BUILT_IN = ("tanh", "exp", "log", "abs", "max", "min")

MOST_TERMS = 200
"""Longer sums are not written out."""


class Beyond(SymnetError):
    """A formula that Maxima is not asked to decide on: with running indices, or too long."""


@dataclass(frozen=True)
class Spelling:
    """The quantities of a network by the names that are typed."""

    network: Network

    def symbol(self, tensor: Tensor, index: tuple[Index, ...]) -> sp.Symbol:
        """One element as a symbol; samples are not told apart.  Raises Beyond for a running index of a unit."""
        units = tuple(i for i in index if not _of_sample(i))
        if any(isinstance(i, Axis) for i in units):
            raise Beyond(f"{tensor.name} has a running index; ask for an element")
        if tensor.role == "adjoint":
            raise Beyond(f"{tensor.name} is a derivative that is not worked out")
        node = names_of(self.network).element(tensor, index)
        assert isinstance(node, Name)
        return sp.Symbol(_typed(node), real=True)

    def expression(self, expr: Expr) -> sp.Expr:
        """An expression over single elements as sympy.  Raises Beyond where that cannot be."""
        match expr:
            case Const(value=value):
                return value
            case Size(axis=axis):
                return COUNT if _of_sample(axis) else sp.Integer(_size(axis))
            case Ref(tensor=tensor, index=index):
                return self.symbol(tensor, index)
            case Add(terms=parts):
                return sp.Add(*map(self.expression, parts))
            case Mul(factors=parts):
                return sp.Mul(*map(self.expression, parts))
            case Pow(base=base, exponent=exponent):
                return sp.Pow(self.expression(base), exponent)
            case Sum(axis=axis, body=body) if _of_sample(axis):
                return TOTAL(self.expression(body))
            case Sum(axis=axis, body=body):
                if _size(axis) > MOST_TERMS:
                    raise Beyond(f"a sum has {axis.size} terms")
                return sp.Add(*(self.expression(reindex(body, {axis: k})) for k in range(1, _size(axis) + 1)))
            case Apply(function=function, arguments=arguments):
                return _applied(function, [self.expression(a) for a in arguments])
            case Same(first=first, second=second, negated=negated) if isinstance(first, int) and isinstance(
                second, int
            ):
                return sp.Integer((first == second) != negated)
        raise Beyond(f"{type(expr).__name__} is not written for Maxima")

    @cached_property
    def definitions(self) -> dict[sp.Symbol, sp.Expr]:
        """Every weighted sum, unit and prediction by what it is computed from, the last one first."""
        found: dict[sp.Symbol, sp.Expr] = {}
        for equation in self.network.equations:
            target = equation.target
            if target.role == "cost":
                continue
            units = [axis for axis in target.axes if not _of_sample(axis)]
            for at in _places(units):
                left = self.symbol(target, tuple(at.get(a, a) for a in target.axes))
                right = self.expression(reindex(equation.right, at))
                if left != right:
                    found[left] = right
        return dict(reversed(found.items()))

    @cached_property
    def given(self) -> tuple[tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
        """What nothing defines: weights, biases and constants, and what each sample has of its own."""
        network = self.network
        single = [*network.parameters, *network.constants]
        shared = [self.symbol(t, i) for t in single for i in _elements(t)]
        own = [self.symbol(t, i) for t in (network.x, network.y) for i in _elements(t)]
        return tuple(dict.fromkeys(shared)), tuple(dict.fromkeys(own))

    @cached_property
    def functions(self) -> dict[str, sp.Lambda]:
        """The activation functions that Maxima does not have, by the names that are typed."""
        found = {}
        for layer in self.network.layers:
            function = layer.function.function
            name = LETTERS.get(function.name, function.name)
            if not layer.function.is_linear and name not in BUILT_IN and len(function.parameters) == 1:
                found[name] = sp.Lambda(function.parameters, function.expr.doit())
        return found


def maxima(expr: sp.Expr) -> str:
    """A sympy expression in Maxima's syntax."""
    return str(_Maxima({"order": None}).doprint(expr))


class _Maxima(StrPrinter):  # type: ignore[misc]
    """Sympy's own way of writing, with Maxima's powers, constants and cases."""

    def _print_Pow(self, expr: sp.Expr, rational: bool = False) -> str:
        return str(super()._print_Pow(expr, rational=False)).replace("**", "^")

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return "%e"

    def _print_Pi(self, expr: sp.Expr) -> str:
        return "%pi"

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Max(self, expr: sp.Expr) -> str:
        return f"max({', '.join(map(self._print, expr.args))})"

    def _print_Min(self, expr: sp.Expr) -> str:
        return f"min({', '.join(map(self._print, expr.args))})"

    def _print_Piecewise(self, expr: sp.Expr) -> str:
        *cases, (last, _) = expr.args
        branches = [f"if {self._print(when)} then {self._print(value)}" for value, when in cases]
        return f"({' else '.join(branches)} else {self._print(last)})"

    def _print_Float(self, expr: sp.Expr) -> str:
        return str(super()._print_Float(expr)).rstrip("0").rstrip(".") if "e" not in str(expr) else str(expr)


def _applied(function: ScalarFunction, arguments: Iterable[sp.Expr]) -> sp.Expr:
    """An activation by its name, its derivative and everything else by their definitions."""
    values = list(arguments)
    named = function.opaque and not function.primes and len(values) == 1 and not function.expr.is_Symbol
    if named and function.name not in BUILT_IN:
        return sp.Function(LETTERS.get(function.name, function.name), real=True)(values[0])
    expr = function.expr.doit().subs(dict(zip(function.parameters, values, strict=True)), simultaneous=True)
    return _steps(expr)


def _steps(expr: sp.Expr) -> sp.Expr:
    """Two cases by a step function, which Maxima keeps until the numbers are put in."""

    def two_cases(e: sp.Expr) -> bool:
        strict = sp.StrictGreaterThan | sp.StrictLessThan
        return isinstance(e, sp.Piecewise) and len(e.args) == 2 and isinstance(e.args[0][1], strict)

    def step(e: sp.Expr) -> sp.Expr:
        (first, condition), (other, _) = e.args
        return other + (first - other) * STEP(condition.gts - condition.lts)

    return expr.replace(two_cases, step)


def _typed(node: Name) -> str:
    """A name in letters that a keyboard has."""
    letter = node.letter if node.letter.isascii() else _latin(node.letter)
    base = letter + (node.accent or "") + _marks(node.sup)
    return base + (f"_{_marks(node.sub)}" if node.sub is not None else "")


def _latin(letter: str) -> str:
    """``σ`` is sigma."""
    word = unicode_name(letter[0], "x").rpartition(" ")[2].lower()
    return "lambda" if word == "lamda" else word


def _marks(node: Node | None) -> str:
    match node:
        case None:
            return ""
        case Number(digits=digits):
            return digits
        case Name(letter=letter):
            return letter
        case Group(body=body):
            return _marks(body)
        case Listing(items=items):
            return "".join(map(_marks, items))
    raise Beyond("an index that is no number")


def _of_sample(index: Index) -> bool:
    return isinstance(index, Axis) and index.name.startswith("s")


def _size(axis: Axis) -> int:
    if not isinstance(axis.size, int):
        raise Beyond(f"the size of a layer is {axis.size}, no number")
    return axis.size


def _places(axes: list[Axis]) -> Iterable[Mapping[Axis, int]]:
    if not axes:
        return [{}]
    return [{axes[0]: k, **rest} for k in range(1, _size(axes[0]) + 1) for rest in _places(axes[1:])]


def _elements(tensor: Tensor) -> Iterable[tuple[Index, ...]]:
    units = [axis for axis in tensor.axes if not _of_sample(axis)]
    return [tuple(at.get(axis, axis) for axis in tensor.axes) for at in _places(units)]
