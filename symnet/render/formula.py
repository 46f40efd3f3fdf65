"""From expressions to the display tree, element by element (the index view, and the scalar view once unrolled)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import (
    ONE,
    Add,
    Apply,
    Const,
    Deriv,
    Expr,
    Mul,
    Pow,
    Ref,
    ScalarFunction,
    Size,
    Sum,
    add,
    children,
    mul,
    power,
    rebuild,
    reindex,
)
from symnet.algebra.scalars import from_sympy
from symnet.errors import SymnetError
from symnet.notation.names import Names
from symnet.render.display import (
    BigSum,
    Call,
    Cases,
    Fraction,
    Group,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Root,
    Terms,
)

FUNCTION_WORDS = {"log": "ln", "sign": "sgn", "Abs": "abs"}
RELATIONS = {sp.Gt: ">", sp.Ge: "≥", sp.Lt: "<", sp.Le: "≤", sp.Eq: "=", sp.Ne: "≠"}


Marks = Mapping[Expr, Node]
"""What is to stand for a sub-expression: the same in a colour, over a brace, or by what it comes to.

A sub-expression is looked for among the factors of products, under sums, and in a sum of which every term has one:
there it is what the whole is made of, and the same letters elsewhere are not it.  The key for the numbers and 1/n of
a product is their product.
"""

_NONE: Marks = {}


def formula(expr: Expr, names: Names, marks: Marks = _NONE) -> Node:
    """The displayed form of ``expr``, terms and factors in its order, with what ``marks`` put for its parts."""
    sign, body = _signed(expr, names, marks)
    return body if sign == "+" else Terms((("-", body),))


def _signed(expr: Expr, names: Names, marks: Marks = _NONE) -> tuple[str, Node]:
    """Sign and absolute part of a term."""
    if expr in marks:
        return "+", marks[expr]
    if isinstance(expr, Const) and expr.value.is_negative:
        return "-", number(-expr.value)
    if isinstance(expr, Mul):
        value = sp.Mul(*(f.value for f in expr.factors if isinstance(f, Const)))
        if any(isinstance(f, Const) and f.value.is_negative for f in expr.factors):
            sizes = [Const(abs(f.value)) if isinstance(f, Const) else f for f in expr.factors]
            return "-" if value.is_negative else "+", _product([f for f in sizes if f != ONE], names, marks)
    return "+", _plain(expr, names, marks)


def _plain(expr: Expr, names: Names, marks: Marks = _NONE) -> Node:
    match expr:
        case Const(value=value):
            return number(value)
        case Size():
            return names.size()
        case Ref(tensor=tensor, index=index):
            return names.element(tensor, index)
        case Add(terms=terms):
            made_of = marks if all(_has_mark(t, marks) for t in terms) else _NONE
            return Terms(tuple(_signed(t, names, made_of) for t in terms))
        case Mul(factors=factors):
            return _product(list(factors), names, marks)
        case Pow(base=base, exponent=exponent):
            if exponent.is_negative:
                return Fraction(Number("1"), _plain(power(base, -exponent), names))
            if exponent == sp.Rational(1, 2):
                return Root(formula(base, names))
            return Power(formula(base, names), number(exponent))
        case Sum(axis=axis, body=body):
            return BigSum(formula(body, names, marks), names.below_sum(axis))
        case Apply(function=function, arguments=arguments):
            return apply(function, arguments, names)
        case Deriv(body=body, wrt=wrt):
            return derivative(body, wrt, names)
    raise TypeError(f"{type(expr).__name__} cannot be shown")


def _has_mark(expr: Expr, marks: Marks) -> bool:
    if expr in marks:
        return True
    parts = [_has_mark(part, marks) for part in children(expr)] if isinstance(expr, Add | Mul | Sum) else []
    return bool(parts) and (all(parts) if isinstance(expr, Add) else any(parts))


def derivative(body: Expr, wrt: Ref, names: Names) -> Node:
    """∂ body/∂ wrt; the cost is written with its arguments."""
    if isinstance(body, Ref) and body.tensor.role == "cost":
        return names.derivative(names.element(wrt.tensor, wrt.index))
    return Partial(formula(body, names), (names.element(wrt.tensor, wrt.index),))


def is_coefficient(expr: Expr) -> bool:
    base = expr.base if isinstance(expr, Pow) else expr
    if isinstance(base, Mul):
        return all(map(is_coefficient, base.factors))
    return isinstance(base, Const | Size) or (isinstance(base, Ref) and base.tensor.role == "constant")


def _product(factors: Sequence[Expr], names: Names, marks: Marks = _NONE) -> Node:
    """Numbers and 1/n as one coefficient in front, then the rest, over its denominators if it has any.

    Rational numbers that are still to be multiplied stay apart: ½·2 is seen before it is cancelled.
    """
    coefficients = [f for f in factors if is_coefficient(f)]
    rest = [f for f in factors if not is_coefficient(f)]
    front = mul(*coefficients)
    shown = [marks[front]] if coefficients and front in marks else _coefficient(coefficients, names)
    dividing = [f for f in rest if _negative_power(f)]
    if dividing:
        beside = [f for f in rest if isinstance(f, Sum | Deriv) or (isinstance(f, Ref) and f.tensor.role == "adjoint")]
        above_bar = [f for f in rest if f not in dividing and f not in beside]
        bar = formula(mul(*(power(f.base, -f.exponent) for f in dividing if isinstance(f, Pow))), names)
        shown += [formula(f, names, marks) for f in beside if isinstance(f, Ref)]
        if len(shown) == 1 and not isinstance(shown[0], Fraction) and not above_bar:
            shown = [Fraction(shown[0], bar)]
        else:
            shown.append(Fraction(formula(mul(*above_bar), names, marks), bar))
        shown += [formula(f, names, marks) for f in beside if not isinstance(f, Ref)]
    else:
        shown += [formula(f, names, marks) for f in rest]
    return _join(shown)


def _coefficient(coefficients: Sequence[Expr], names: Names) -> list[Node]:
    """Numbers and 1/n as they stand in front of a product."""
    shown: list[Node] = []
    above = [f for f in coefficients if not _negative_power(f)]
    below = [power(f.base, -f.exponent) for f in coefficients if isinstance(f, Pow) and _negative_power(f)]
    numbers = [f.value for f in above if isinstance(f, Const)]
    above = [f for f in above if not isinstance(f, Const)]
    apart = numbers[1:] if all(v.is_Rational and not v.is_Float for v in numbers) else []
    value = numbers[0] if apart or len(numbers) == 1 else sp.Mul(*numbers)
    numerator, denominator = (value, sp.S.One) if value.is_Float else sp.fraction(value)
    if denominator != 1 or below:
        top = ([Const(numerator)] if numerator != 1 or not above else []) + above
        bottom = ([Const(denominator)] if denominator != 1 else []) + below
        shown.append(Fraction(_join([_plain(f, names) for f in top]), _join([_plain(f, names) for f in bottom])))
    else:
        shown += [_plain(f, names) for f in ([Const(numerator)] if numerator != 1 else []) + above]
    return shown + [number(v) for v in apart]


def _negative_power(expr: Expr) -> bool:
    return isinstance(expr, Pow) and bool(expr.exponent.is_negative)


def _join(parts: Sequence[Node]) -> Node:
    if not parts:
        return Number("1")
    return parts[0] if len(parts) == 1 else Product(tuple(parts))


def number(value: sp.Expr) -> Node:
    """A sympy number: integers, fractions, decimals, roots, π."""
    if value.is_negative:
        return Terms((("-", number(-value)),))
    if value.is_Integer:
        return Number(str(value))
    if value.is_Rational and not value.is_Float:
        return Fraction(Number(str(value.p)), Number(str(value.q)))
    if value.is_Float:
        return Number(f"{float(value):.10g}")
    if value == sp.pi:
        return Name("π")
    if value == sp.E:
        return Name("e")
    if isinstance(value, sp.Pow) and value.exp == sp.Rational(1, 2):
        return Root(number(value.base))
    if isinstance(value, sp.Pow) and value.exp.is_negative:
        return Fraction(Number("1"), number(1 / value))
    if isinstance(value, sp.Pow):
        return Power(number(value.base), number(value.exp))
    if isinstance(value, sp.Mul):
        top, bottom = sp.fraction(value)
        if bottom != 1:
            return Fraction(number(top), number(bottom))
        return Product(tuple(number(a) for a in value.args))
    if isinstance(value, sp.Add):
        return Terms(tuple(("-", number(-a)) if a.could_extract_minus_sign() else ("+", number(a)) for a in value.args))
    return Number(str(value.evalf(10)))


def apply(function: ScalarFunction, arguments: Sequence[Expr], names: Names) -> Node:
    """A function of its argument: σ(k), e^k, ln ŷ, |u|, max(0, u), or cases."""
    if function.opaque:
        return Call(function_name(function, names), (formula(arguments[0], names),))
    if function.name == "exp":
        return Power(Name("e"), formula(arguments[0], names))
    if function.name == "floor":
        return Group(formula(arguments[0], names), "⌊⌋")
    if function.name != "cases":
        word = FUNCTION_WORDS.get(function.name, function.name)
        return Call(Name(word, "upright"), (formula(arguments[0], names),), bare=word == "ln")
    pairs = zip(function.parameters, arguments, strict=True)
    table = dict(sorted(pairs, key=lambda pair: not is_coefficient(pair[1])))

    def show(e: sp.Expr) -> Node:
        return formula(from_sympy(e, table), names)

    def condition(c: sp.Basic) -> Node:
        sign = RELATIONS.get(type(c))
        if sign is None:
            return Name(str(c), "upright")
        return Relation((show(c.args[0]), show(c.args[1])), sign)

    match function.expr:
        case sp.Abs():
            return Group(show(function.expr.args[0]), "||")
        case sp.Max() | sp.Min():
            word = "max" if isinstance(function.expr, sp.Max) else "min"
            return Call(Name(word, "upright"), tuple(show(a) for a in sorted(function.expr.args, key=_simple_first)))
        case sp.sign():
            return Call(Name("sgn", "upright"), (show(function.expr.args[0]),))
        case sp.Piecewise():
            branches = tuple((show(v), None if c == sp.true else condition(c)) for v, c in function.expr.args)
            return Cases(branches)
        case sp.Pow():
            return Power(show(function.expr.base), show(function.expr.exp))
        case sp.Function():
            word = FUNCTION_WORDS.get(function.expr.func.__name__, function.expr.func.__name__)
            return Call(Name(word, "upright"), tuple(show(a) for a in function.expr.args))
    raise TypeError(f"{function.expr} cannot be shown")


def _simple_first(e: sp.Expr) -> tuple[bool, str]:
    return (not e.is_number, str(e))


def function_name(function: ScalarFunction, names: Names) -> Name:
    """The letter of an activation, with its derivative strokes."""
    letters = {layer.function.name: layer.function.letter for layer in names.network.layers}
    known = ACTIVATIONS.get(function.name)
    letter = letters.get(function.name, known.letter if known else function.name)
    return Name(letter, "upright" if len(letter) > 1 else "italic", primes=function.primes)


def unrolled(expr: Expr, names: Names, samples: int | None = None) -> Expr:
    """``expr`` with every sum over units written out; the sum over samples only if their number is given.

    Raises SymnetError where an axis has no number for its size.
    """

    def expand(e: Expr) -> Expr:
        if isinstance(e, Sum):
            over_samples = e.axis.name.startswith("s")
            size = samples if over_samples else e.axis.size
            if isinstance(size, int):
                return add(*(expand(reindex(e.body, {e.axis: k})) for k in range(1, size + 1)))
            if not over_samples:
                raise SymnetError(
                    f"the scalar view writes every weight out and needs sizes in numbers, given {size}; "
                    "use the index or the matrix view, or put a number for it"
                )
        parts = children(e)
        return rebuild(e, tuple(expand(p) for p in parts)) if parts else e

    return expand(expr)
