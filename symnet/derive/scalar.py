"""The scalar view: a small network with every weight a named symbol, in sympy through and through.

It knows nothing of the structural rules: the cost is composed as one sympy expression and differentiated by
``sympy.diff``.  That is what the structural derivation is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from keyword import iskeyword
from typing import Any

import sympy as sp
from sympy.printing.numpy import NumPyPrinter

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
    Size,
    Sum,
    Tensor,
)
from symnet.algebra.scalars import kink_convention
from symnet.errors import SymnetError
from symnet.network import Network

LIMIT = 300
"""The most weights that the scalar view names."""

n = sp.Symbol("n", integer=True, positive=True)
i = sp.Symbol("i", integer=True, positive=True)


def units_first(network: Network) -> bool:
    """Whether the network's notation writes the index of the unit before that of the input."""
    from symnet.notation.notation import notation

    return notation(network.notation).orientation == "units x inputs"


def symbol_name(tensor: Tensor, index: tuple[int, ...], reverse: bool = False) -> str:
    """The ASCII name of one element: ``w_1``, ``w_12``, ``b``; with several layers ``W1[1,2]``, ``b2``.

    An index is (input, unit); after ``_``, but not in brackets, ``reverse`` writes the unit first.
    """
    if not index:
        return tensor.name
    if tensor.name[-1].isdigit():
        return f"{tensor.name}[{','.join(map(str, index))}]"
    index = index[::-1] if reverse else index
    joined = "".join(map(str, index)) if all(k < 10 for k in index) else "_".join(map(str, index))
    return f"{tensor.name.lower()}_{joined}"


@dataclass(frozen=True)
class ScalarView:
    """A network's quantities as sympy expressions of named scalars.

    Raises SymnetError when sizes are symbolic or there are more than 300 weights.
    """

    network: Network

    def __post_init__(self) -> None:
        sizes = [a.size for axes in self.network.unit_axes for a in axes]
        if any(not isinstance(size, int) for size in sizes):
            symbolic = ", ".join(str(s) for s in sizes if not isinstance(s, int))
            raise SymnetError(
                f"the scalar view names every weight and needs sizes in numbers, this network has {symbolic}; "
                "use the index or the matrix view, or put numbers"
            )
        count = sum(len(list(elements(p))) for p in self.network.parameters)
        if count > LIMIT:
            raise SymnetError(
                f"the scalar view names every weight, this network has {count}, more than {LIMIT}; "
                "use the index or the matrix view"
            )

    @cached_property
    def parameters(self) -> dict[tuple[Tensor, tuple[int, ...]], sp.Symbol]:
        """Every weight and bias as a symbol."""
        return {
            (p, index): sp.Symbol(symbol_name(p, index, units_first(self.network)), real=True)
            for p in self.network.parameters
            for index in elements(p)
        }

    @cached_property
    def data(self) -> dict[tuple[Tensor, tuple[int, ...]], sp.Expr]:
        """Inputs and targets: x_1[i], y[i] over the samples, or plain symbols for a single sample."""
        out: dict[tuple[Tensor, tuple[int, ...]], sp.Expr] = {}
        for tensor in (self.network.x, self.network.y):
            for index in elements(tensor, skip_samples=True):
                name = symbol_name(tensor, index)
                batched = bool(self.network.sample_axes)
                out[tensor, index] = sp.IndexedBase(name, real=True)[i] if batched else sp.Symbol(name, real=True)
        return out

    @cached_property
    def constants(self) -> dict[Tensor, sp.Symbol]:
        """α, τ, λ … as symbols."""
        return {tensor: sp.Symbol(tensor.name, positive=True) for tensor in self.network.constants}

    @cached_property
    def cost(self) -> sp.Expr:
        """The cost as one expression of the parameters and the data."""
        equations = {eq.target: eq for eq in self.network.equations}
        memo: dict[tuple[Expr, tuple[tuple[Axis, int], ...]], sp.Expr] = {}

        def value(expr: Expr, at: Mapping[Axis, int]) -> sp.Expr:
            key = (expr, tuple(sorted(((a, k) for a, k in at.items() if a in expr.axes), key=str)))
            if key not in memo:
                memo[key] = compute(expr, at)
            return memo[key]

        def compute(expr: Expr, at: Mapping[Axis, int]) -> sp.Expr:
            match expr:
                case Const(value=number):
                    return number
                case Size():
                    return n
                case Ref(tensor=tensor, index=index):
                    units = tuple(_fixed(k, at) for k in index if not _is_sample(k))
                    if (tensor, units) in self.parameters:
                        return self.parameters[tensor, units]
                    if (tensor, units) in self.data:
                        return self.data[tensor, units]
                    if tensor in self.constants:
                        return self.constants[tensor]
                    axes = [a for a in tensor.axes if a.name != "s"]
                    return value(equations[tensor].right, dict(zip(axes, units, strict=True)))
                case Add(terms=terms):
                    return sp.Add(*(value(t, at) for t in terms))
                case Mul(factors=factors):
                    return sp.Mul(*(value(f, at) for f in factors))
                case Pow(base=base, exponent=exponent):
                    return value(base, at) ** exponent
                case Sum(axis=axis, body=body) if axis.name == "s":
                    return sp.Sum(value(body, at), (i, 1, n))
                case Sum(axis=axis, body=body):
                    return sp.Add(*(value(body, {**at, axis: k}) for k in range(1, int(axis.size) + 1)))
                case Apply(function=function, arguments=arguments):
                    table = dict(zip(function.parameters, (value(a, at) for a in arguments), strict=True))
                    return function.expr.doit().subs(table, simultaneous=True)
            raise TypeError(type(expr).__name__)

        return value(self.network.equations[-1].right, {})

    def partial(self, *wrt: sp.Symbol) -> sp.Expr:
        """∂C/∂wrt by ``sympy.diff``; several symbols give a higher derivative.  relu′(0) is 0."""
        expr = self.cost
        for symbol in wrt:
            expr = kink_convention(sp.diff(expr, symbol))
        return sp.factor_terms(expr) if not expr.has(sp.Sum) else expr

    def lambdify(self, expr: sp.Expr, jit: bool = False) -> Callable[..., Any]:
        """``expr`` as a function of the parameters (numbers), the data (one array a column) and the constants.

        The argument names, in order, are in the function's docstring.  ``jit`` compiles it with numba.
        """
        data = list(self.data.values())
        arguments: list[sp.Symbol] = [*self.parameters.values(), *(sp.Symbol(_column(d)) for d in data)]
        arguments += list(self.constants.values())
        summed = expr.xreplace({d: sp.Symbol(_column(d)) for d in data})
        columns = {sp.Symbol(_column(d)) for d in data}
        lengths = sp.Symbol("_n")
        body = summed.xreplace({n: lengths})
        body = body.replace(
            lambda e: isinstance(e, sp.Sum),
            lambda e: _Total(e.args[0]) if e.args[0].free_symbols & columns else lengths * e.args[0],
        )
        first = arguments[len(self.parameters)]
        if body.has(lengths):
            body = body.xreplace({lengths: _Length(first)})
        modules = ["numpy", {"erf": _erf(jit)} if body.has(sp.erf) else {}]
        plain = all(str(a).isidentifier() and not iskeyword(str(a)) for a in arguments)
        function = sp.lambdify(arguments, body, modules=modules, printer=_Printer, dummify=not plain)
        function.__doc__ = f"({', '.join(str(a) for a in arguments)}) ↦ {expr}"
        if jit:
            import numba

            return numba.njit(function)  # type: ignore[no-any-return]
        return function  # type: ignore[no-any-return]


def _erf(jit: bool) -> Callable[..., Any]:
    """The error function of arrays, which NumPy lacks."""
    if not jit:
        from scipy.special import erf

        return erf  # type: ignore[no-any-return]
    import math

    import numba

    @numba.vectorize  # type: ignore[untyped-decorator]
    def compiled(u: float) -> float:
        return math.erf(u)

    return compiled  # type: ignore[no-any-return]


class _Total(sp.Function):  # type: ignore[misc]
    """The sum of an array."""


class _Length(sp.Function):  # type: ignore[misc]
    """The length of an array."""


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """NumPy that numba compiles: cases, conditions and extrema of two arguments each."""

    def _print__Total(self, expr: sp.Expr) -> str:
        return f"numpy.sum({self._print(expr.args[0])})"

    def _print__Length(self, expr: sp.Expr) -> str:
        return f"len({self._print(expr.args[0])})"

    def _print_erf(self, expr: sp.Expr) -> str:
        return f"erf({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: sp.Expr) -> str:
        out = "numpy.nan"
        for value, condition in reversed(expr.args):
            shown = self._print(value)
            out = shown if condition == sp.true else f"numpy.where({self._print(condition)}, {shown}, {out})"
        return out

    def _print_Max(self, expr: sp.Expr) -> str:
        return self._in_pairs("numpy.maximum", expr)

    def _print_Min(self, expr: sp.Expr) -> str:
        return self._in_pairs("numpy.minimum", expr)

    def _print_And(self, expr: sp.Expr) -> str:
        return self._in_pairs("numpy.logical_and", expr)

    def _print_Or(self, expr: sp.Expr) -> str:
        return self._in_pairs("numpy.logical_or", expr)

    def _in_pairs(self, name: str, expr: sp.Expr) -> str:
        shown = [str(self._print(argument)) for argument in expr.args]
        return reduce(lambda left, right: f"{name}({left}, {right})", shown)


def _column(expr: sp.Expr) -> str:
    return str(expr.base.label) if isinstance(expr, sp.Indexed) else str(expr)


def _is_sample(index: Index) -> bool:
    return isinstance(index, Axis) and index.name == "s"


def _fixed(index: Index, at: Mapping[Axis, int]) -> int:
    return index if isinstance(index, int) else at[index]


def elements(tensor: Tensor, skip_samples: bool = False) -> list[tuple[int, ...]]:
    """Every index of a tensor, counted from 1."""
    axes = [a for a in tensor.axes if not (skip_samples and a.name == "s")]
    return list(product(*(range(1, int(a.size) + 1) for a in axes)))
