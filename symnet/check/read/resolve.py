"""From the raw tree to a typed expression over the network's tensors: every symbol gets its meaning here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from symnet.algebra.expressions import ONE, Axis, Const, Expr, Index, Ref, Same, Size, Tensor, mul
from symnet.algebra.scalars import to_sympy
from symnet.check.read import elements, functions, grouping, matrices, partials, products, sums
from symnet.check.read.declarations import Labels, Match, axis_of, is_transpose, roles_of
from symnet.check.read.letters import Choices, Letter, Scopes, written
from symnet.check.read.shapes import (
    BARE,
    Value,
    Workspace,
    elementwise,
    negated,
    plus,
    raised,
    transposed,
)
from symnet.check.read.spelling import spellings
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.syntax import (
    Applied,
    Attribute,
    Bars,
    BigSum,
    Call,
    Cases,
    Del,
    Fraction,
    Group,
    Listing,
    Matrix,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Operator,
    Power,
    Product,
    Relation,
    Scripted,
    Symbol,
    Terms,
    put,
)
from symnet.check.read.syntax import (
    Index as Subscript,
)
from symnet.network import SAMPLES, Network

MAX_EXPONENT = 64
MAX_BITS = 4_000
MAX_INSIDE = 8


@dataclass(slots=True)
class Resolver:
    """One reading of a tree: one way at every choice.

    ``bounds`` are the letters that were not declared and end a sum; ``by_element`` are the columns of factors that *
    multiplies element by element.
    """

    vocabulary: Vocabulary
    target: Target
    choices: Choices
    python: bool = False
    numpy: bool = False
    from_zero: bool | None = None
    deadline: float = float("inf")
    inside: int = 0
    work: Workspace = field(default_factory=Workspace)
    bounds: dict[str, Axis] = field(default_factory=dict)
    by_element: set[int] = field(default_factory=set)
    operated: set[Tensor] = field(default_factory=set)
    scopes: Scopes = field(init=False)
    labels: Labels = field(init=False)

    def __post_init__(self) -> None:
        self.scopes = Scopes(self.work)
        self.labels = {**self.vocabulary.labels, **self.target.labels}
        by_use = bool(self.choices.taken.get("letters by use"))
        for name, axis in self.target.letters.items():
            self.scopes.levels[0][name] = Letter(name, None if by_use else axis)

    @property
    def network(self) -> Network:
        """The network that the answer is about."""
        return self.vocabulary.network

    def value(self, node: Node) -> Value:
        """The typed expression that a tree says.

        Raises NotUnderstood for what has no meaning and ShapeError for what does not fit.
        """
        if time.monotonic() > self.deadline:
            raise NotUnderstood("reading takes too long; shorten the answer")
        match node:
            case Number(text=text):
                return Value(Const(number(text, node.at)))
            case Symbol():
                return self.symbol(node)
            case Group(body=Relation() as body):
                return functions.indicator(self, body)
            case Group(body=Listing() as body):
                return matrices.vector(self, body)
            case Group(body=body):
                return self.value(body)
            case Matrix():
                return matrices.matrix(self, node)
            case Negative(body=body):
                return negated(self.value(body))
            case Terms() if (joined := grouping.signed_arguments(self, node)) != node:
                return self.value(joined)
            case Terms(terms=terms):
                values = [(sign, self.value(part), part.at) for sign, part in terms]
                return plus(values, self.work, self.python)
            case Applied():
                return products.applied(self, node)
            case Product():
                return products.product(self, node)
            case Operator(wrt=wrt, body=body):
                return partials.operated(self, wrt, body)
            case Fraction(top=top, bottom=bottom):
                return partials.fraction(self, top, bottom) or self.divided(
                    self.value(top), self.value(bottom), node.at
                )
            case Power(base=base, exponent=exponent):
                return self.power(base, exponent)
            case Scripted(primes=primes) if primes:
                raise NotUnderstood("a stroke behind a bracket is not understood; write f'(z)", node.at)
            case Scripted(body=Bars(double=True) as bars, subs=subs, sups=sups):
                return functions.normed(self, bars, subs, sups)
            case Scripted(body=body, subs=subs, sups=sups):
                return elements.scripted(self, self.value(body), subs, sups, node.at)
            case BigSum():
                return sums.big_sum(self, node)
            case Bars(body=body, double=double):
                return functions.norm(self, self.value(body), 2) if double else functions.absolute(self, body)
            case Cases(branches=branches):
                return functions.cases(self, branches, node.at)
            case Call(head=head, arguments=arguments, options=options):
                return functions.call(self, head, arguments, dict(options), node.at)
            case Subscript(body=body, items=items):
                return elements.subscripted(self, body, items, node.at)
            case Attribute(body=body, name=name):
                return functions.attribute(self, body, name, node.at)
            case Relation() if self.python:
                return functions.indicator(self, node)
            case Relation():
                raise NotUnderstood("an equation was given; give its right side", node.at)
            case Del():
                raise NotUnderstood("∂ stands alone; write the derivative as a fraction", node.at)
        raise NotUnderstood("this has no meaning here", node.at)

    # -- symbols ----------------------------------------------------------------------

    def symbol(self, node: Symbol) -> Value:
        """A symbol with its scripts."""
        match = self.match(node)
        if self.scopes.is_bound(node):
            raise NotUnderstood(f"{node.base} is the index of a sum here; write the quantity with its index", node.at)
        if match is not None:
            return self.meant(match, node)
        special = functions.special(self, node)
        if special is not None:
            return special
        if functions.is_function(self, node):
            raise NotUnderstood(f"the function {node.base} needs an argument", node.at)
        raise NotUnderstood(f"{written(node)} is no quantity of this network", node.at)

    def match(self, node: Symbol) -> Match | None:
        """What a symbol is; where it can be several things, the one chosen."""
        found = self.vocabulary.matches(self.spelled(node), self.labels)
        if not found:
            return None
        return found[self.choices.pick(f"symbol {written(node)}", len(found)) if len(found) > 1 else 0]

    def spelled(self, node: Symbol) -> Symbol:
        """A Python name as the symbol that it spells: x1 is x_1."""
        if not node.python:
            return node
        every = spellings(node, self.vocabulary)
        return next((symbol for symbol in every if self.vocabulary.matches(symbol, self.labels)), node)

    def meant(self, match: Match, node: Symbol) -> Value:
        """The value of a matched symbol, its remaining superscripts applied."""
        meaning = match.declaration.meaning
        if node.primes:
            raise NotUnderstood(f"{written(node)} is no function; a stroke has no meaning on it", node.at)
        match meaning.kind:
            case "samples":
                value = Value(Size(SAMPLES) if self.network.sample_axes else ONE)
            case "size":
                axes = self.network.unit_axes[int(meaning.value or 0)]
                value = Value(ONE if not axes else self.size(axes[0]))
            case "formula":
                value = self.formula(str(meaning.value), match.index, node)
            case "loss" | "penalty":
                value = Value(partials.part_of_cost(self.network, meaning.kind))
            case "ones":
                value = Value(ONE, self.work.anything())
            case "identity":
                value = self.identity()
            case "tensor":
                assert match.tensor is not None
                value = self.quantity(match.tensor, match.index, node)
                if meaning.value == "n" and self.network.sample_axes:
                    value = replace(value, expr=mul(Size(SAMPLES), value.expr))
            case _:
                raise NotUnderstood(f"{written(node)} has no meaning as a factor", node.at)
        return self.exponents(value, match.rest)

    def formula(self, text: str, index: Mapping[str, Node], node: Symbol) -> Value:
        """A symbol that a formula in the network's other symbols defines."""
        self.inside += 1
        if self.inside > MAX_INSIDE:
            raise NotUnderstood(f"{written(node)} is defined by itself", node.at)
        python, self.python = self.python, False
        value = self.value(put(self.vocabulary.formula(text), index))
        self.python, self.inside = python, self.inside - 1
        return value

    def size(self, axis: Axis) -> Expr:
        """The length of an axis."""
        return Const(sp.Integer(axis.size)) if isinstance(axis.size, int) else Size(axis)

    def identity(self) -> Value:
        """I, of whatever size fits."""
        row, column = self.work.anything(), self.work.anything()
        return Value(Same(row, column), row, column)

    def quantity(self, tensor: Tensor, given: Mapping[str, Node], node: Symbol) -> Value:
        """A tensor with the given indices; the others run over rows, columns, or the sample of a sum around it."""
        what = written(node)
        index: list[Index] = []
        open_roles: dict[str, Axis] = {}
        for role in roles_of(tensor, self.network):
            axis = axis_of(tensor, role, self.network)
            script = given.get(role)
            if axis is None:
                if isinstance(script, Number):
                    self.scopes.fixed(int(script.text), Axis(role, 1), script.at, what)
            elif script is not None:
                index.append(self.scopes.index(script, axis, what))
            elif role == "s" and self.choices.pick("samples") == (0 if self.bare_first() else 1):
                index.append(BARE)
            else:
                open_roles[role] = self.work.fresh(axis)
                index.append(open_roles[role])
        expr: Expr = Ref(tensor, tuple(index))
        if tensor.of is not None and tensor.of.role == "input":
            expr = partials.input_adjoint(self.network, tensor.of, tuple(index))
        return self.lying(tensor, expr, open_roles)

    def bare_first(self) -> bool:
        """Whether a quantity without a sample is first tried as that of one sample, not of all at once."""
        return self.target.form != "matrix"

    def lying(self, tensor: Tensor, expr: Expr, axes: dict[str, Axis]) -> Value:
        """``expr`` as the matrix or vector that its open axes make in this notation."""
        if not axes:
            return Value(expr)
        own = {axis_of(tensor, role, self.network): axis for role, axis in axes.items()}
        if len(axes) == len(tensor.axes):
            row, column = (own[side] if side is not None else None for side in self.vocabulary.sides(tensor))
        else:
            row, column = next(iter(axes.values())), None
        if self.python and (row is None or column is None) and self.choices.pick("vectors"):
            return Value(expr, row or column, None, True)
        return Value(expr, row, column)

    # -- scripts, powers, subscripts ----------------------------------------------------------------------

    def exponents(self, value: Value, items: tuple[Node, ...]) -> Value:
        """Transposes and a power.  Raises NotUnderstood for two powers, which print as one number."""
        powers = [item for item in items if not is_transpose(item)]
        if len(powers) > 1:
            raise NotUnderstood("a power of a power needs brackets", powers[1].at)
        for item in items:
            value = transposed(value) if is_transpose(item) else self.raised(value, self.exponent(item), item.at)
        return value

    def raised(self, value: Value, exponent: sp.Expr, at: int) -> Value:
        """A power, element by element."""
        matrix = value.row is not None and value.column is not None
        if matrix and not self.python and exponent != sp.Rational(1, 2):  # √ is taken element by element
            raise NotUnderstood("a power of a matrix is not understood; use ⊙ for one element by element", at)
        if isinstance(value.expr, Const):
            held = value.expr.value
            bits = held.p.bit_length() + held.q.bit_length() if held.is_Rational else 64
            if bits * abs(exponent) > MAX_BITS:
                raise NotUnderstood("a number is too large; simplify it", at)
            if value.expr.value == 0 and exponent <= 0:
                raise NotUnderstood("0 is raised to a power that is not positive", at)
        return raised(value, exponent)

    def exponent(self, node: Node) -> sp.Expr:
        """A constant exponent, a small rational number.  Raises NotUnderstood for another."""
        value = self.value(node).expr
        found = constant(value)
        if found is None or not found.is_rational or abs(found) > MAX_EXPONENT or found.q > 8:
            raise NotUnderstood("an exponent here is a small number", node.at)
        return found

    def power(self, base: Node, exponent: Node) -> Value:
        """base ** exponent of Python, where E ** x and exp are the same."""
        if isinstance(base, Symbol) and base.base in ("e", "E") and self.match(base) is None:
            return functions.call(self, "exp", (exponent,), {}, base.at)
        return self.raised(self.value(base), self.exponent(exponent), exponent.at)

    def divided(self, top: Value, bottom: Value, at: int) -> Value:
        """top over bottom, element by element."""
        if bottom.expr == Const(sp.S.Zero):
            raise NotUnderstood("a division by 0", at)
        return elementwise(top, raised(bottom, sp.S.NegativeOne), self.work, at, self.python)


def constant(expr: Expr) -> sp.Expr | None:
    """The number that an expression without quantities is."""
    if isinstance(expr, Const):
        return expr.value
    found, table = to_sympy(expr)
    return found if not table and found.is_number else None


def number(text: str, at: int) -> sp.Expr:
    """Digits as an exact number."""
    mantissa, _, power = text.lower().partition("e")
    if power and abs(int(power)) > 40:
        raise NotUnderstood("a number is too large or too small", at)
    return sp.Rational(mantissa.rstrip(".") or "0") * sp.Integer(10) ** int(power or 0)
