"""Small networks without loops over units: every weight and every unit is a number of its own, samples are the loop.

stage          Input                          Output
unrolled       equations                      equations of single elements; only the samples keep an axis
passes         such equations                 what is computed before, within and after each loop over the samples
gradient_loop  passes, names                  statements
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import count, product

import sympy as sp

from symnet.algebra.expressions import (
    ONE,
    ZERO,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Largest,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    add,
    children,
    rebuild,
    refs,
    reindex,
    terms_of,
)
from symnet.lower.normal import needed, normal_form, summed
from symnet.lower.plain import equation_text
from symnet.lower.scalars import Quantities, scalar
from symnet.lower.statements import Accumulate, Assign, Length, Loop, Section, Statement


def element(tensor: Tensor, index: Sequence[Index]) -> Tensor:
    """One element of ``tensor`` as a quantity of its own; the axes that the index keeps stay axes."""
    numbers = "_".join(str(i) for i in index if isinstance(i, int))
    kept = tuple(i for i in index if isinstance(i, Axis))
    return replace(tensor, name=f"{tensor.name}_{numbers}" if numbers else tensor.name, axes=kept)


def places(tensor: Tensor, samples: Axis | None) -> list[tuple[Index, ...]]:
    """The index of every element; the samples stay an axis."""
    return list(product(*([a] if a == samples else range(1, int(a.size) + 1) for a in tensor.axes)))


def unrolled(equations: Sequence[Equation], samples: Axis | None, whole: Collection[Tensor]) -> tuple[Equation, ...]:
    """Equations → equations of single elements.  ``whole`` are tensors that stay arrays, used element by element.

    Every axis but ``samples`` must have a length that is known.
    """

    def expanded(expr: Expr) -> Expr:
        match expr:
            case Sum(axis=axis, body=body) if axis != samples:
                return add(*(expanded(reindex(body, {axis: k})) for k in range(1, int(axis.size) + 1)))
            case Largest(axis=axis, body=body, but=but):
                return _largest([expanded(reindex(body, {axis: k})) for k in range(1, int(axis.size) + 1) if k != but])
            case Size(axis=axis) if axis != samples:
                return Const(sp.Integer(axis.size))
            case Same(first=int() as first, second=int() as second, negated=negated):
                return ONE if (first == second) != negated else ZERO
            case Ref(tensor=tensor, index=index) if tensor not in whole:
                alone = element(tensor, index)
                return Ref(alone, alone.axes)
        parts = children(expr)
        return rebuild(expr, tuple(map(expanded, parts))) if parts else expr

    out = []
    for equation in equations:
        for index in places(equation.target, samples):
            at = {a: i for a, i in zip(equation.target.axes, index, strict=True) if a != i}
            out.append(Equation(element(equation.target, index), expanded(reindex(equation.right, at))))
    return tuple(out)


def _largest(values: Sequence[Expr]) -> Expr:
    symbols = tuple(sp.Symbol(f"u{k}", real=True) for k in range(len(values)))
    return Apply(ScalarFunction("max", symbols, sp.Max(*symbols)), tuple(values))


@dataclass(frozen=True, slots=True)
class Pass:
    """What comes ``before`` a loop over the samples, ``within`` it, and the ``sums`` that it takes."""

    before: tuple[Equation, ...]
    within: tuple[Equation, ...]
    sums: tuple[Equation, ...]


def normalised(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """Equations → equations in normal form."""
    number = count(1)
    return tuple(part for whole in equations for part in normal_form(whole, number))


def passes(equations: Sequence[Equation], samples: Axis) -> tuple[Pass, ...]:
    """Equations in normal form → as few loops over the samples as they need.

    An equation that uses a sum over the samples waits for the loop that takes it.  What a later loop needs of a single
    sample it computes again, since each loop keeps the values of one sample, or of some, only.
    """
    ready: dict[Tensor, int] = {}
    made: list[tuple[list[Equation], list[Equation], list[Equation]]] = []
    for equation in equations:
        stage = max((ready.get(ref.tensor, 0) for ref in refs(equation.right)), default=0)
        made += [([], [], []) for _ in range(len(made), stage + 1)]
        takes = samples not in equation.target.axes and any(samples in summed(t)[0] for t in terms_of(equation.right))
        made[stage][2 if takes else 1 if samples in equation.target.axes else 0].append(equation)
        ready[equation.target] = stage + takes
    out: list[Pass] = []
    earlier: list[Equation] = []
    for before, within, sums in made:
        targets = [e.target for e in (*within, *sums)]
        again = needed([*earlier, *within, *sums], targets) if targets else ()
        out.append(Pass(tuple(before), tuple(e for e in again if e not in sums), tuple(sums)))
        earlier += within
    return tuple(out)


def loop_over_samples(
    steps: Sequence[Pass], index: str, first: Length, end: Length, quantities: Quantities
) -> list[Statement]:
    """Passes → statements."""
    out: list[Statement] = []
    for step in steps:
        for equation in step.before:
            out.append(Section(equation_text(equation), _assigned(equation, equation.right, quantities)))
        if not step.within and not step.sums:
            continue
        body: list[Statement] = []
        for equation in step.within:
            body += _assigned(equation, equation.right, quantities)
        for equation in step.sums:
            start = add(*(term for term in terms_of(equation.right) if not isinstance(term, Sum)))
            out += _assigned(equation, start, quantities)
            for term in terms_of(equation.right):
                if isinstance(term, Sum):
                    before, value = scalar(summed(term)[1], quantities, quantities.names.inner())
                    body += [*before, Accumulate(quantities.element(equation.left), value)]
        out.append(Loop(index, end, tuple(body), first))
    return out


def _assigned(equation: Equation, right: Expr, quantities: Quantities) -> tuple[Statement, ...]:
    before, value = scalar(right, quantities, quantities.names.inner())
    return (*before, Assign(quantities.element(equation.left), value))
