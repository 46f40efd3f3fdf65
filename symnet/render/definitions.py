"""Definitions by themselves: an activation function, a cost, an update rule, each in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from symnet import optimizers
from symnet.activations import Activation, x
from symnet.algebra.expressions import Expr, Index, Tensor
from symnet.algebra.scalars import differentiate, from_sympy, in_terms_of_itself
from symnet.costs import Cost
from symnet.network import Dense, Input, Network
from symnet.notation.names import Names
from symnet.notation.notation import Notation
from symnet.render.display import BigSum, Call, Fraction, Name, Node, Number, Power, Product, Row, Terms
from symnet.render.formula import formula, function_name, number

_ANY = Network(Input(1), Dense(1))


@dataclass(frozen=True, slots=True)
class Letters(Names):
    """Names given one by one, by the tensor's name."""

    letters: Mapping[str, Node] = None  # type: ignore[assignment]

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The letter given for the tensor."""
        return self.letters[tensor.name]


def shown(expr: sp.Expr, letters: Mapping[sp.Symbol, Node], habits: Notation, *, ordered: bool = True) -> Node:
    """A sympy definition in which every symbol is written as given."""
    table: dict[sp.Symbol, Expr] = {s: Tensor(s.name, (), "value" if s == x else "constant")() for s in letters}
    names = Letters(_ANY, habits, {s.name: node for s, node in letters.items()})
    return formula(from_sympy(expr, table, ordered=ordered), names)


def activation_definition(activation: Activation, habits: Notation, *, lecture: bool = True) -> Row:
    """``σ(x) = 1/(1 + e^{−x})``; softmax with its sum over the units."""
    names = Names(_ANY, habits)
    argument = Name("x")
    if activation.normalised:
        i, j = Name("i"), Name("j")
        top = shown(activation.expr, {x: Name("x", sub=i)}, habits)
        bottom = BigSum(shown(activation.expr, {x: Name("x", sub=j)}, habits), j)
        head = Name(activation.letter, "upright", sub=i)
        return Row(Call(head, (argument,)), "=", Fraction(top, bottom))
    letters = _letters(activation, names)
    expr = activation.lecture if lecture and activation.lecture is not None else activation.expr
    return Row(Call(function_name(activation.function, names), (argument,)), "=", shown(expr, letters, habits))


def activation_slope(activation: Activation, habits: Notation) -> Row:
    """``σ′(x) = σ(x)(1 − σ(x))`` where the derivative is a polynomial of the function, else by sympy's expression."""
    names = Names(_ANY, habits)
    argument = Name("x")
    slope = differentiate(activation.function)
    left = Call(function_name(slope, names), (argument,))
    coefficients = in_terms_of_itself(activation.function)
    if coefficients is not None:
        value: Node = Call(function_name(activation.function, names), (argument,))
        return Row(left, "=", polynomial(coefficients, value))
    letters = _letters(activation, names)
    return Row(left, "=", shown(slope.expr, letters, habits, ordered=False))


def _letters(activation: Activation, names: Names) -> dict[sp.Symbol, Node]:
    """The symbols of a definition, constants first: they are written before the argument."""
    constants = {sp.Symbol(n, real=True): names.constant(Tensor(n, (), "constant")) for n in activation.constants}
    return {**constants, x: Name("x")}


def polynomial(coefficients: tuple[sp.Expr, sp.Expr, sp.Expr], value: Node) -> Node:
    """c₀ + c₁v + c₂v², as v(c₁ + c₂v) when there is no constant term."""
    c0, c1, c2 = coefficients

    def signed(c: sp.Expr, node: Node | None) -> tuple[str, Node]:
        size = abs(c)
        if node is None:
            return ("-" if c.is_negative else "+", number(size))
        return ("-" if c.is_negative else "+", node if size == 1 else Product((number(size), node)))

    if c0 == 0 and c2 != 0:
        inside = Terms(tuple(signed(c, n) for c, n in ((c1, None), (c2, value)) if c != 0))
        return Product((value, inside))
    parts = ((c0, None), (c1, value), (c2, Power(value, Number("2"))))
    return Terms(tuple(signed(c, n) for c, n in parts if c != 0))


def cost_definition(cost: Cost, habits: Notation) -> Node:
    """The right side of a cost's definition, for one output (for several where it needs them)."""
    several = cost.name == "categorical_cross_entropy"
    layer = Dense(3, "softmax") if several else Dense(1, "sigmoid")
    net = Network(Input(1), layer, cost=cost)
    return formula(net.equations[-1].right, Names(net, habits))


def update_rule(name: str, habits: Notation, letter: Node | None = None) -> Row:
    """``w(i) = w(i−1) − γ∇C(w(i−1))``, in the notation's style of iteration."""
    rule = optimizers.optimizer(name).updates[optimizers.w]
    w = letter or Name("w")
    i = Name("i")
    earlier: Node = Terms((("+", i), ("-", Number("1"))))
    if habits.iteration == "arrow":
        after, before, sign = w, w, "←"
    elif habits.iteration == "subscript":
        assert isinstance(w, Name)
        after, before, sign = Name(w.letter, sub=i), Name(w.letter, sub=earlier), "="
    else:
        after, before, sign = Call(w, (i,)), Call(w, (earlier,)), "="
    slope = Call(Product((Name("∇"), Name(habits.cost))), (before,))
    letters = {optimizers.w: before, optimizers.g: slope, optimizers.gamma: Name(habits.learning_rate)}
    return Row(after, sign, shown(rule, letters, habits))
