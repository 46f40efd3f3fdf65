"""Statements → the text of a Python module whose functions numba compiles."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symnet.emit.formula import ADD, ATOM, MUL, POW, formula, raised, strength
from symnet.lower.statements import (
    Accumulate,
    Array,
    Assign,
    Element,
    Extent,
    Formula,
    Function,
    Length,
    Loop,
    Name,
    Number,
    Plus,
    Raise,
    Scalar,
    Section,
    Statement,
    Times,
)

_INDENT = "    "


def module(about: str, functions: Sequence[Function], cache: bool = True) -> str:
    """Functions → a module: docstring, imports, one compiled function after another."""
    bodies = [function_text(f, cache) for f in functions]
    imports = ["import math"] if any("math." in body for body in bodies) else []
    third = ["import numpy as np"] if any("np." in body for body in bodies) else []
    head = [f'"""{_quotable(about)}"""', "\n".join(imports), "\n".join([*third, "from numba import njit"])]
    return "\n\n".join(part for part in head if part) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def function_text(function: Function, cache: bool = True) -> str:
    """A function → its text.  Divisions by zero give inf or nan, and sums keep their order."""
    arguments = (*function.inputs, *function.outputs, *function.workspace)
    lines = [
        f'@njit(error_model="numpy", cache={cache})',
        f"def {function.name}({', '.join(a.name for a in arguments)}):",
        f'{_INDENT}"""{_quotable(function.about)}',
        "",
    ]
    for verb, arrays in (
        ("reads", function.inputs),
        ("fills", function.outputs),
        ("works in", function.workspace),
        ("returns", function.returns),
    ):
        if arrays:
            lines += _wrapped(verb, [_described(a) for a in arrays])
    lines.append(f'{_INDENT}"""')
    for statement in function.body:
        lines += statement_lines(statement, 1)
    if function.returns:
        lines.append(f"{_INDENT}return {', '.join(a.name for a in function.returns)}")
    elif not function.body:
        lines.append(f"{_INDENT}return")
    return "\n".join(lines)


def _described(array: Array) -> str:
    shape = f"[{', '.join(map(str, array.lengths))}]" if array.lengths else ""
    meaning = f" = {array.quantity}" if array.quantity != array.name else ""
    return f"{array.name}{shape}{meaning}"


def _wrapped(verb: str, items: Sequence[str], width: int = 100) -> list[str]:
    lines, line = [], f"{_INDENT}{verb}:"
    for k, item in enumerate(items):
        word = f" {item}" + ("," if k < len(items) - 1 else "")
        if len(line) + len(word) > width:
            lines.append(line)
            line = _INDENT * 2 + word.strip()
        else:
            line += word
    return [*lines, line]


def _quotable(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")


def statement_lines(statement: Statement, depth: int = 0) -> list[str]:
    pad = _INDENT * depth
    match statement:
        case Extent(name=name, array=array, dimension=dimension):
            return [f"{pad}{name} = {array}.shape[{dimension}]"]
        case Assign(target=target, value=value):
            return [f"{pad}{_scalar(target)} = {_plain(value)}"]
        case Accumulate(target=target, value=value):
            return [f"{pad}{_scalar(target)} += {_plain(value)}"]
        case Loop(index=index, length=length, body=body):
            return [f"{pad}for {index} in range({_length(length)}):", *_block(body, depth + 1)]
        case Section(title=title, body=body):
            lines = _block(body, depth)
            return ["", f"{pad}# {title}", *(lines[1:] if isinstance(body[0], Section) else lines)]


def _block(body: Sequence[Statement], depth: int) -> list[str]:
    return [line for statement in body for line in statement_lines(statement, depth)]


def _length(length: Length) -> str:
    return str(length)


def _plain(value: Scalar) -> str:
    text = _scalar(value)
    return text[1:-1] if isinstance(value, Formula) and isinstance(value.expr, sp.Piecewise) else text


def _scalar(value: Scalar) -> str:
    match value:
        case Number(value=number):
            return formula(number, {})
        case Name(name=name):
            return name
        case Element(array=array, index=index):
            return f"{array}[{', '.join(map(str, index))}]"
        case Plus(terms=terms):
            return _sum(terms)
        case Times(factors=factors):
            return _product(factors)
        case Raise(base=base, exponent=exponent):
            return raised(_scalar(base), _strength(base), exponent)
        case Formula(expr=expr, names=names):
            call = isinstance(expr, sp.Function) and len(expr.args) == 1 and expr.args[0].is_Symbol
            return formula(expr, {s: _scalar(v) if call else _tight(v, ATOM) for s, v in names})


def _strength(value: Scalar) -> int:
    match value:
        case Number(value=number):
            return strength(number)
        case Plus(terms=terms):
            return ADD if len(terms) > 1 else _strength(terms[0])
        case Times(factors=factors):
            return ADD if _sign(factors) < 0 else MUL
        case Raise(exponent=exponent):
            return MUL if exponent.is_negative else ATOM if exponent == sp.Rational(1, 2) else POW
        case Formula(expr=expr):
            return strength(expr)
    return ATOM


def _tight(value: Scalar, level: int) -> str:
    text = _scalar(value)
    return f"({text})" if _strength(value) < level else text


def _sum(terms: Sequence[Scalar]) -> str:
    text = _scalar(terms[0])
    for term in terms[1:]:
        part = _scalar(term)
        text += f" - {part[1:]}" if _strength(term) == ADD and part.startswith("-") else f" + {part}"
    return text


def _sign(factors: Sequence[Scalar]) -> int:
    negative = [f for f in factors if isinstance(f, Number) and f.value.is_negative]
    return -1 if len(negative) % 2 else 1


def _product(factors: Sequence[Scalar]) -> str:
    """Numerators and divisors in their own order; the sign of a number comes first."""
    sign = "-" if _sign(factors) < 0 else ""
    above: list[Scalar] = []
    below: list[Scalar] = []
    for f in factors:
        if isinstance(f, Raise) and f.exponent.is_negative:
            below.append(f.base if f.exponent == -1 else Raise(f.base, -f.exponent))
        elif isinstance(f, Number):
            above += [Number(abs(f.value))] if abs(f.value) != 1 else []
        else:
            above.append(f)
    text = " * ".join(_tight(f, MUL if k == 0 else MUL + 1) for k, f in enumerate(above)) or "1.0"
    return sign + text + "".join(f" / {_tight(f, MUL + 1)}" for f in below)
