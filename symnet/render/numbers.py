"""Worked numbers as rows: each equation, the equation with its numbers put in, and its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction as Ratio
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Index, Tensor
from symnet.derive.numbers import Line, Pass, Update, Values, Worked
from symnet.network import COST
from symnet.notation.names import Names
from symnet.notation.notation import Notation, notation
from symnet.render.display import Call, Name, Node, Number, Product, Relation, Row, Terms
from symnet.render.document import Block, Formulas, Heading, Paragraph, Part, write
from symnet.render.formula import formula, number, unrolled
from symnet.render.messages import HEADINGS, REASONS


@dataclass(frozen=True, slots=True)
class Figures(Names):
    """Names that are written as the numbers they stand for."""

    values: Values = None  # type: ignore[assignment]
    samples: int = 1
    digits: int = 6
    decimal: bool = False

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The value of the element."""
        return self.figure(self.values[tensor, tuple(i for i in index if isinstance(i, int))])

    def size(self) -> Node:
        """The number of samples."""
        return Number(str(self.samples))

    def figure(self, value: sp.Expr) -> Node:
        """A number: exact as an integer or a fraction, else in decimals, to the digits asked."""
        if value.is_negative:
            return Terms((("-", self.figure(-value)),))
        if value.is_Integer or (value.is_Rational and not value.is_Float and not self.decimal):
            return number(value)
        return Number(decimals(value, self.digits))

    def exact(self, value: sp.Expr) -> bool:
        """Whether :meth:`figure` shows all of the value."""
        if not value.is_Rational or value.is_Float:
            return False
        return not self.decimal or sp.Rational(decimals(value, self.digits)) == value


LARGE = 10**21
"""Numbers from here on are written by powers of ten, as the digits of no lecture's numbers go so far."""


def decimals(value: sp.Expr, digits: int) -> str:
    """Rounded to decimal places (half to even), without trailing zeros; very small and large ones by powers of ten."""
    exact = value if value.is_Rational else sp.Rational(str(value))
    if abs(exact) >= LARGE:
        return _by_powers(exact, digits)
    whole = round(Ratio(int(exact.p), int(exact.q)) * 10**digits)  # half to even
    if whole == 0 and exact != 0:
        return _by_powers(exact, digits)
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    body = f"{whole:0{digits + 1}d}"
    out = f"{body[:-digits]}.{body[-digits:]}".rstrip("0").rstrip(".")
    return sign + out


def _by_powers(exact: sp.Rational, digits: int) -> str:
    figures, _, power = f"{Decimal(exact.p) / Decimal(exact.q):.{min(digits, 15)}e}".partition("e")
    return f"{figures.rstrip('0').rstrip('.')}e{int(power)}" if "." in figures else f"{figures}e{int(power)}"


def names_and_figures(done: Worked, values: Values, habits: Notation) -> tuple[Names, Figures]:
    """What the quantities are called beside their numbers, and the same names written as the numbers."""
    if done.samples > 1:
        habits = habits.with_samples_marked(done.network.depth)
    habits = habits.with_(cost_arguments=False)
    names = Names(done.network, habits) if done.samples > 1 else _Single(done.network, habits)
    return names, Figures(done.network, habits, values, done.samples, done.digits, done.decimal)


@dataclass(frozen=True, slots=True)
class _Single(Names):
    """With one sample its index is not written."""

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        plain = self.notation.with_(sample_mark="none", sample_sum="")
        return Names.element(Names(self.network, plain), tensor, index)


def line_rows(line: Line, names: Names, figures: Figures, samples: int, reason: str) -> list[Row]:
    """``k = w·x + b = 3·1 + 4·2 + 1 = 12``; a rounded value stands on a line of its own, after ≈."""
    left = names.cost() if line.left.tensor == COST else names.element(line.left.tensor, line.left.index)
    right = unrolled(line.right, names, samples)
    symbols, substituted, value = formula(right, names), formula(right, figures), figures.figure(line.value)
    operands = [symbols]
    if substituted not in (symbols, value):
        operands.append(substituted)
    if not figures.exact(line.value):
        shown = operands[0] if len(operands) == 1 else Relation(tuple(operands))
        return [Row(left, "=", shown, reason), Row(None, "≈", value)]
    return [Row(left, "=", Relation((*operands, value)), reason)]


def update_row(update: Update, step: int, names: Names, figures: Figures, rate: sp.Expr) -> list[Row]:
    """``w(1) = w(0) − γ ∂C/∂w = 3 − 0.1·22 = 0.8``."""
    tensor, index = update.parameter.tensor, update.parameter.index
    name = names.element(tensor, index)
    after, before = (iterated(name, k, names.notation) for k in (step + 1, step))
    gamma = Name(names.notation.learning_rate)
    symbols = Terms((("+", before), ("-", Product((gamma, names.derivative(name))))))
    put_in = Terms(
        (
            ("+", figures.figure(update.before)),
            ("-", Product((figures.figure(rate), figures.figure(update.slope)))),
        )
    )
    value = figures.figure(update.after)
    sign = "←" if names.notation.iteration == "arrow" else "="
    if figures.exact(update.after):
        return [Row(after, sign, Relation((symbols, put_in, value)), "")]
    return [Row(after, sign, Relation((symbols, put_in)), ""), Row(None, "≈", value)]


def iterated(name: Node, step: int, habits: Notation) -> Node:
    """A parameter after a number of steps, in the notation's style."""
    if habits.iteration == "arrow":
        return name
    return Call(name, (Number(str(step)),))


def show_worked(done: Worked, language: str, **options: Any) -> str:
    """The whole of the worked numbers in a language."""
    blocks: list[Block] = [Paragraph(parts)] if (parts := sample_remark(done)) else []
    for step, title, rows in worked_sections(done):
        heading = HEADINGS[title] + (f" ({step})" if len(done.passes) > 1 else "")
        blocks += [Heading(heading), Formulas(rows)]
    return write(blocks, language, **options)


def sample_remark(done: Worked) -> tuple[Part, ...]:
    """Which mark is the sample's, where there are several."""
    if done.samples == 1:
        return ()
    habits = notation(done.network.notation if done.notation is None else done.notation)
    names, _ = names_and_figures(done, done.passes[0].values, habits)
    return (names.element(done.network.x, (2, 1)), REASONS["of_sample"])


def worked_sections(done: Worked) -> list[tuple[int, str, tuple[Row, ...]]]:
    """The step of gradient descent, the title and the rows of each part: forward, cost, backward, update."""
    habits = notation(done.network.notation if done.notation is None else done.notation)
    last = len(done.passes) - 1
    return [
        (step, title, tuple(rows))
        for step, current in enumerate(done.passes)
        for title, rows in _pass_rows(done, current, step, habits, brief=bool(step) and step == last)
    ]


def forward_rows(done: Worked) -> list[Row]:
    """The forward pass alone, without reasons."""
    habits = notation(done.network.notation if done.notation is None else done.notation)
    parts = dict(_pass_rows(done, done.passes[0], 0, habits, brief=False))
    return [Row(row.left, row.relation, row.right) for row in parts["forward"]]


def _pass_rows(
    done: Worked, current: Pass, step: int, habits: Notation, brief: bool
) -> list[tuple[str, Sequence[Row]]]:
    names, figures = names_and_figures(done, current.values, habits)

    def rows(lines: Sequence[Line]) -> list[Row]:
        return [
            row
            for line in lines
            for row in line_rows(line, names, figures, done.samples, REASONS.get(line.left.tensor.role, ""))
        ]

    forward = [line for line in current.forward if line.left.tensor != COST]
    cost = [line for line in current.forward if line.left.tensor == COST]
    parts: list[tuple[str, Sequence[Row]]] = [] if brief else [("forward", rows(forward))]
    if cost:
        parts.append(("cost", rows(cost)))
    if current.backward:
        parts.append(("backward", rows(current.backward)))
    if current.updates:
        assert done.rate is not None
        parts.append(("update", [r for u in current.updates for r in update_row(u, step, names, figures, done.rate)]))
    return parts
