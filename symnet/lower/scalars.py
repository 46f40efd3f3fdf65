"""One element of an expression as scalar code: values used twice are computed once, into local variables."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Size,
    Tensor,
    walk,
)
from symnet.lower.names import Names
from symnet.lower.statements import (
    Assign,
    Converted,
    Element,
    Formula,
    Length,
    Name,
    Number,
    Plus,
    Raise,
    Scalar,
    Statement,
    Times,
)


class Quantities:
    """How tensors, axes and lengths are named in one function."""

    def __init__(self, reserved: tuple[str, ...] = ()) -> None:
        self.names = Names(reserved)

    def tensor(self, tensor: Tensor) -> str:
        """The variable that holds a tensor."""
        return self.names.of(tensor, tensor.name)

    def axis(self, axis: Axis) -> str:
        """The loop variable of an axis."""
        return self.names.of(axis, axis.name.replace("'", "_"))

    def length(self, axis: Axis) -> Length:
        """The length of an axis: a number, or the name of the variable that holds it."""
        return axis.size if isinstance(axis.size, int) else self.names.of(("length", axis.size), axis.size)

    def count(self, axis: Axis) -> Length:
        """The length of an axis as a number in a formula."""
        return self.length(axis)

    def element(self, ref: Ref) -> Name | Element:
        """One use of a tensor."""
        name = self.tensor(ref.tensor)
        if not ref.index:
            return Name(name)
        return Element(name, tuple(self.axis(i) if isinstance(i, Axis) else i - 1 for i in ref.index))


def scalar(expr: Expr, quantities: Quantities, local: Names) -> tuple[tuple[Statement, ...], Scalar]:
    """Expression without sums → (assignments to local variables, the value of the expression by means of them)."""
    uses = Counter(node for node in walk(expr) if isinstance(node, Apply))
    out: list[Statement] = []
    known: dict[Expr, Name] = {}

    def assign(value: Scalar, hint: str) -> Name:
        name = Name(local.of(object(), hint))
        out.append(Assign(name, value))
        return name

    def convert(e: Expr) -> Scalar:
        match e:
            case Const(value=value):
                return Number(value)
            case Size(axis=axis):
                length = quantities.count(axis)
                return Number(sp.Integer(length)) if isinstance(length, int) else Converted(Name(str(length)))
            case Ref():
                return quantities.element(e)
            case Add(terms=parts):
                return Plus(tuple(map(convert, parts)))
            case Mul(factors=parts):
                return Times(tuple(map(convert, parts)))
            case Pow(base=base, exponent=exponent):
                return Raise(convert(base), exponent)
            case Apply(function=function, arguments=arguments):
                if e not in known:
                    value = apply(function, arguments)
                    if uses[e] == 1:
                        return value
                    known[e] = assign(value, function.name)
                return known[e]
        raise TypeError(f"{type(e).__name__} is not the value of one element")

    def apply(function: ScalarFunction, arguments: tuple[Expr, ...]) -> Scalar:
        shared, expr = computable(function)
        occurrences = Counter(n for part in (expr, *(v for _, v in shared)) for n in sp.preorder_traversal(part))
        names: dict[sp.Symbol, Scalar] = {}
        for parameter, argument in zip(function.parameters, arguments, strict=True):
            if not occurrences[parameter]:
                continue
            value = convert(argument)
            if occurrences[parameter] > 1 and not isinstance(value, Name | Number):
                hint = argument.tensor.name if isinstance(argument, Ref) else "t"
                value = known.get(argument) or assign(value, f"{hint}_")
                assert isinstance(value, Name)
                if isinstance(argument, Ref):
                    known[argument] = value
            names[parameter] = value
        for symbol, part in shared:
            names[symbol] = assign(_formula(part, names), "t")
        return _formula(expr, names)

    value = convert(expr)
    return tuple(out), value


def _formula(expr: sp.Expr, names: dict[sp.Symbol, Scalar]) -> Scalar:
    if expr.is_Symbol:
        return names[expr]
    if not expr.free_symbols:
        return Number(expr)
    found = sorted(expr.free_symbols, key=lambda s: str(s.name))
    return Formula(expr, tuple((s, names[s]) for s in found))


@lru_cache(maxsize=512)
def computable(function: ScalarFunction) -> tuple[tuple[tuple[sp.Symbol, sp.Expr], ...], sp.Expr]:
    """A function → (common subexpressions, its expression), in operations that compare and compute like IEEE numbers.

    Sign, and Max and Min against a number, become cases that pass NaN on.  Subexpressions are shared where a call
    (exp, tanh …) is saved.
    """
    expr = function.expr.doit()
    expr = expr.replace(lambda e: isinstance(e, sp.Max | sp.Min | sp.sign), _by_cases)
    shared, (rest,) = sp.cse(expr, symbols=sp.numbered_symbols("shared", real=True))
    worthwhile = any(value.has(sp.Function) for _, value in shared)
    if not worthwhile or any(isinstance(value, Boolean) for _, value in shared):
        return (), expr
    return tuple(shared), rest


def _by_cases(e: sp.Expr) -> sp.Expr:
    if isinstance(e, sp.sign):
        (u,) = e.args
        return sp.Piecewise((sp.S.One, u > 0), (sp.S.NegativeOne, u < 0), (u, True))
    bound, *others = sorted(e.args, key=lambda a: (not a.is_number, str(a)))
    if len(others) != 1 or not bound.is_number:
        return e
    (u,) = others
    return sp.Piecewise((bound, u <= bound if isinstance(e, sp.Max) else u >= bound), (u, True))
