"""From the raw tree to a typed expression over the network's tensors: every symbol gets its meaning here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from symnet.algebra.expressions import ONE, Axis, Const, Expr, Index, Ref, Same, Size, Tensor, reindex
from symnet.check import functions, partials, products, sums
from symnet.check.declarations import Labels, Match, axis_of, is_transpose, roles_of
from symnet.check.letters import Choices, Letter, Scopes
from symnet.check.shapes import (
    BARE,
    ShapeError,
    Value,
    Workspace,
    elementwise,
    is_open,
    negated,
    plus,
    raised,
    transposed,
)
from symnet.check.spelling import digits_from_zero, spellings
from symnet.check.symbols import Target, Vocabulary
from symnet.check.syntax import (
    Attribute,
    Bars,
    BigSum,
    Call,
    Cases,
    Del,
    Everything,
    Fraction,
    Group,
    Index as Subscript,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Power,
    Product,
    Relation,
    Scripted,
    Symbol,
    Terms,
)
from symnet.network import SAMPLES, Network

MAX_EXPONENT = 64
MAX_BITS = 4_000


@dataclass(slots=True)
class Resolver:
    """One reading of a tree: one way at every choice."""

    vocabulary: Vocabulary
    target: Target
    choices: Choices
    python: bool = False
    numpy: bool = False
    from_zero: bool | None = None
    deadline: float = float("inf")
    work: Workspace = field(default_factory=Workspace)
    scopes: Scopes = field(init=False)
    labels: Labels = field(init=False)

    def __post_init__(self) -> None:
        self.scopes = Scopes(self.work)
        self.labels = self.target.labels
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
            case Group(body=body):
                return self.value(body)
            case Negative(body=body):
                return negated(self.value(body))
            case Terms(terms=terms):
                values = [(sign, self.value(part), part.at) for sign, part in terms]
                return plus(values, self.work, self.python)
            case Product():
                return products.product(self, node)
            case Fraction(top=top, bottom=bottom):
                return partials.fraction(self, top, bottom) or self.divided(self.value(top), self.value(bottom), node.at)
            case Power(base=base, exponent=exponent):
                return self.power(base, exponent)
            case Scripted(body=Bars(double=True) as bars, subs=subs, sups=sups, primes=0):
                return functions.normed(self, bars, subs, sups)
            case Scripted(body=body, subs=subs, sups=sups, primes=0):
                return self.scripted(self.value(body), subs, sups, node.at)
            case BigSum():
                return sums.big_sum(self, node)
            case Bars(body=body, double=double):
                return functions.norm(self, self.value(body), 2) if double else functions.absolute(self, body)
            case Cases(branches=branches):
                return functions.cases(self, branches, node.at)
            case Call(head=head, arguments=arguments, options=options):
                return functions.call(self, head, arguments, dict(options), node.at)
            case Subscript(body=body, items=items):
                return self.subscripted(body, items, node.at)
            case Attribute(body=body, name=name):
                return functions.attribute(self, body, name, node.at)
            case Relation() if self.python:
                return functions.indicator(self, node)
            case Relation():
                raise NotUnderstood("an equation was given; give its right side", node.at)
            case Del():
                raise NotUnderstood("∂ stands alone; write the derivative as a fraction", node.at)
        raise NotUnderstood("this has no meaning here", node.at)

    # -- symbols -----------------------------------------------------------------------------------------------------

    def symbol(self, node: Symbol) -> Value:
        """A symbol with its scripts."""
        match = self.match(node)
        if match is not None:
            return self.meant(match, node)
        special = functions.special(self, node)
        if special is not None:
            return special
        raise NotUnderstood(f"{written(node)} is no quantity of this network", node.at)

    def match(self, node: Symbol) -> Match | None:
        """What a symbol is; where it can be several things, the one chosen."""
        for spelling in spellings(node, self.vocabulary) if node.python else (node,):
            found = self.vocabulary.matches(spelling, self.labels)
            if found:
                return found[self.choices.pick(f"symbol {written(node)}", len(found)) if len(found) > 1 else 0]
        return None

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
            case "ones":
                value = Value(ONE, self.work.anything())
            case "identity":
                value = self.identity()
            case "tensor":
                assert match.tensor is not None
                value = self.quantity(match.tensor, match.index, node)
            case _:
                raise NotUnderstood(f"{written(node)} has no meaning as a factor", node.at)
        return self.exponents(value, match.rest)

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
            elif role == "s" and self.choices.pick("samples") == (0 if self.bare_first(tensor) else 1):
                index.append(BARE)
            else:
                open_roles[role] = self.work.fresh(axis)
                index.append(open_roles[role])
        expr: Expr = Ref(tensor, tuple(index))
        if tensor.of is not None and tensor.of.role == "input":
            expr = partials.input_adjoint(self.network, tensor.of, tuple(index))
        return self.lying(tensor, expr, open_roles)

    def bare_first(self, tensor: Tensor) -> bool:
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

    # -- scripts, powers, subscripts ------------------------------------------------------------------------------------

    def exponents(self, value: Value, items: tuple[Node, ...]) -> Value:
        """Transposes and powers applied one after another."""
        for item in items:
            value = transposed(value) if is_transpose(item) else self.raised(value, self.exponent(item), item.at)
        return value

    def raised(self, value: Value, exponent: sp.Expr, at: int) -> Value:
        """A power, element by element."""
        if not self.python and value.row is not None and value.column is not None:
            raise NotUnderstood("a power of a matrix is not understood; use ⊙ for one element by element", at)
        if isinstance(value.expr, Const):
            size = sum(abs(int(k)).bit_length() for k in sp.fraction(sp.nsimplify(value.expr.value, rational=True)))
            if size * abs(exponent) > MAX_BITS:
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
        if any(v.row is not None and v.column is not None for v in (bottom,)) and not self.python:
            raise ShapeError("a matrix stands below a fraction bar", at)
        return elementwise(top, raised(bottom, sp.S.NegativeOne), self.work, at, self.python)

    def scripted(self, value: Value, subs: tuple[Node, ...], sups: tuple[Node, ...], at: int) -> Value:
        """Scripts on an expression: elements of it, its sample, powers and transposes."""
        if subs:
            value = self.element(value, subs, at)
        for item in sups:
            if isinstance(item, Group) and isinstance(item.body, Symbol | Number):
                if BARE not in value.expr.axes:
                    raise NotUnderstood("this superscript has no meaning here", item.at)
                index = self.scopes.index(item.body, SAMPLES, "the bracket")
                value = replace(value, expr=reindex(value.expr, {BARE: index}))
            else:
                value = self.exponents(value, (item,))
        return value

    def element(self, value: Value, items: tuple[Node, ...], at: int) -> Value:
        """The element, row or column of an array that subscripts name."""
        axes = [axis for axis in (value.row, value.column) if axis is not None]
        if len(items) == 1 and isinstance(items[0], Number) and len(items[0].text) == len(axes) == 2:
            items = tuple(Number(items[0].at, digit) for digit in items[0].text)
        if not axes and BARE in value.expr.axes and len(items) == 1:
            return Value(reindex(value.expr, {BARE: self.scopes.index(items[0], SAMPLES, "this")}))
        if len(items) != len(axes):
            raise NotUnderstood(f"{len(items)} subscripts for an array of {len(axes)} dimensions", at)
        for axis, item in zip(axes, items, strict=True):
            if is_open(axis):
                raise NotUnderstood("the size of this array is not known", at)
            value = replace(value, expr=reindex(value.expr, {axis: self.scopes.index(item, axis, "this")}))
        return Value(value.expr)

    def subscripted(self, body: Node, items: tuple[Node, ...], at: int) -> Value:
        """Python's body[items]: an element, a row or column, a new axis, a layer of a list."""
        if isinstance(body, Attribute) and body.name == "shape" and len(items) == 1 and isinstance(items[0], Number):
            return functions.length(self, body.body, items[0].text == "1", at)
        if isinstance(body, Symbol) and len(items) == 1 and self.match(body) is None:
            layered = self.match(Symbol(body.at, body.base, (), items, 0))
            if layered is not None:
                return self.meant(layered, body)
        value = self.value(body)
        new = [isinstance(i, Symbol) and i.base in ("None", "newaxis") for i in items]
        if any(new) and len(items) == 2 and value.vector is not None and isinstance(items[1 - new.index(True)], Everything):
            return Value(value.expr, None, value.vector) if new[0] else Value(value.expr, value.vector, None)
        axes = [axis for axis in (value.row, value.column) if axis is not None]
        if not axes and BARE in value.expr.axes:
            axes = [BARE]
        if len(items) == 2 and len(axes) == 1 and not value.flat:
            axes = [value.row or Axis("one", 1), value.column or Axis("one", 1)]
        if len(items) > len(axes):
            raise NotUnderstood(f"{len(items)} indices for an array of {len(axes)} dimensions", at)
        for axis, item in zip(axes, items, strict=False):
            if isinstance(item, Everything):
                continue
            shifted = digits_from_zero(item, axis, self.from_zero, self.choices)
            if axis.name == "one":
                continue
            index = self.scopes.index(shifted, SAMPLES if axis == BARE else axis, "this array")
            value = Value(
                reindex(value.expr, {axis: index}),
                None if value.row == axis else value.row,
                None if value.column == axis else value.column,
            )
        left = value.vector
        return Value(value.expr, left, None, True) if left is not None and len(axes) == 2 else value


def constant(expr: Expr) -> sp.Expr | None:
    """The number that an expression without quantities is."""
    if isinstance(expr, Const):
        return expr.value
    from symnet.algebra.scalars import to_sympy

    found, table = to_sympy(expr)
    return found if not table and found.is_number else None


def number(text: str, at: int) -> sp.Expr:
    """Digits as an exact number."""
    mantissa, _, power = text.lower().partition("e")
    if power and abs(int(power)) > 40:
        raise NotUnderstood("a number is too large or too small", at)
    return sp.Rational(mantissa.rstrip(".") or "0") * sp.Integer(10) ** int(power or 0)


def written(node: Symbol) -> str:
    """A symbol for a message."""

    def item(n: Node) -> str:
        match n:
            case Number(text=text):
                return text
            case Symbol():
                return written(n)
            case Group(body=body):
                return f"({item(body)})"
            case Terms(terms=terms):
                return "".join(("" if not k and s == "+" else s) + item(t) for k, (s, t) in enumerate(terms))
        return "…"

    subs, sups = ("".join(map(item, part)) for part in (node.subs, node.sups))
    return node.base + "'" * node.primes + (f"_{subs}" if subs else "") + (f"^{sups}" if sups else "")

