"""Statements → the text of a Python module whose functions numba compiles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symnet.emit import products, promise
from symnet.emit.formula import ADD, ATOM, MUL, POW, formula, raised, strength
from symnet.emit.mathematics import ROUTINES, source
from symnet.emit.precision import DOUBLE, Precision
from symnet.lower.statements import (
    Accumulate,
    Array,
    Assign,
    Converted,
    Dot,
    Double,
    Element,
    End,
    Enlarge,
    Extent,
    Flat,
    Formula,
    Function,
    InDouble,
    Loop,
    Matrix,
    Name,
    Number,
    Offset,
    Parts,
    Plus,
    Product,
    Raise,
    Scalar,
    Section,
    Statement,
    Times,
    Unless,
    View,
    When,
    Whole,
)

_INDENT = "    "
_FAST = 'fastmath={"reassoc", "contract", "nsz"}, '


def module(about: str, functions: Sequence[Function], cache: bool = True, precision: Precision = DOUBLE) -> str:
    """Functions → a module: docstring, imports, the mathematics that they call, one compiled function after another."""
    bodies = [function_text(f, cache, precision) for f in functions]
    code = "\n".join(line for body in bodies for line in body.splitlines() if not line.lstrip().startswith("#"))
    called = [name for name in ROUTINES if re.search(rf"(?<![\w.]){name}\(", code)]
    bodies = [*source(called, precision, cache), *bodies]
    imports = ["import math"] if any("math." in body for body in bodies) else []
    single = any("f32(" in body for body in bodies)
    third = ["import numpy as np"] if single or any("np." in body for body in bodies) else []
    used = [name for name in products.SOURCES if any(f"{name}(" in body for body in bodies)]
    bodies = [*(products.SOURCES[name] for name in used), *bodies]
    reorders = any(f.reorders for f in functions)
    if reorders:
        bodies = [promise.SOURCE, *bodies]
    if reorders or used:
        llvm, compiled, extending = promise.IMPORTS
        third = [llvm, *third, compiled, *(products.IMPORTS if used else ()), extending]
    else:
        third.append("from numba import njit")
    head = [f'"""{_quotable(about)}"""', "\n".join(imports), "\n".join(third)]
    head += ["f32 = np.float32"] if single else []
    return "\n\n".join(part for part in head if part) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def function_text(function: Function, cache: bool = True, precision: Precision = DOUBLE) -> str:
    """A function → its text.  Divisions by zero give inf or nan, and sums keep their order unless it says otherwise."""
    arguments = (*function.inputs, *function.outputs, *function.workspace)
    lines = [
        f'@njit(error_model="numpy", {_FAST if function.reorders else ""}cache={cache})',
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
    if function.reorders:
        lines += [_INDENT + line for line in promise.opening(arguments)]
    for statement in function.body:
        lines += statement_lines(statement, 1, precision)
    if function.reorders:
        lines.append(_INDENT + promise.CLOSING)
    if function.returns:
        lines.append(f"{_INDENT}return {', '.join(a.name for a in function.returns)}")
    elif not function.body:
        lines.append(f"{_INDENT}return")
    return "\n".join(lines)


def _described(array: Array) -> str:
    shape = f"[{', '.join(map(str, array.lengths))}]" if array.lengths else ""
    meaning = " (float64)" if array.double else f" = {array.quantity}" if array.quantity != array.name else ""
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


def statement_lines(statement: Statement, depth: int = 0, precision: Precision = DOUBLE) -> list[str]:
    """A statement → its lines, ``depth`` levels deep."""
    pad = _INDENT * depth
    text = _Text(precision)

    def block(body: Sequence[Statement], deeper: int = 1) -> list[str]:
        return [line for s in body for line in statement_lines(s, depth + deeper, precision)]

    match statement:
        case Extent(name=name, array=array, dimension=dimension):
            return [f"{pad}{name} = {array}.shape[{dimension}]"]
        case Flat(name=name, array=array):
            return [f"{pad}{name} = {array}.reshape({array}.size)"]
        case Assign(target=target, value=value):
            return [f"{pad}{text.scalar(target)} = {text.plain(value)}"]
        case Accumulate(target=target, value=value):
            return [f"{pad}{text.scalar(target)} += {text.plain(value)}"]
        case Enlarge(target=target, value=value):
            return [f"{pad}{text.scalar(target)} = max({text.scalar(target)}, {text.plain(value)})"]
        case View(name=name, array=array, first=first, end=end):
            return [f"{pad}{name} = {array}[{first}:{end}]"]
        case Dot(target=target, left=left, right=right, start=start, columns=columns) as dot:
            arrays = f"{_matrix(left)}, {_matrix(right)}, {_matrix(target)}"
            factors = f"{text.plain(dot.scale)}, {text.plain(dot.keep)}"
            if columns is not None:
                begin = "None" if start is None else _matrix(start)
                return [f"{pad}multiply({arrays}, {columns}, {begin}, {factors})"]
            return [f"{pad}np.dot({arrays})"] if start is None else [f"{pad}gemm({arrays}, {factors})"]
        case Loop(index=index, end=end, body=body, first=first, step=step):
            start, to = _length(first), _length(end)
            span = f"{start}, {to}, {step}" if step != 1 else f"{start}, {to}" if first else to
            return [f"{pad}for {index} in range({span}):", *block(body)]
        case Parts(start=start, stop=stop, first=first, end=end, most=most, body=body):
            return [
                f"{pad}for {start} in range({_length(first)}, {_length(end)}, {_length(most)}):",
                f"{pad}{_INDENT}{stop} = min({start} + {_length(most)}, {_length(end)})",
                *block(body),
            ]
        case Unless(first=one, second=other, body=body):
            return [f"{pad}if {one} != {other}:", *block(body)]
        case When(first=one, second=other, body=body):
            return [f"{pad}if {one} == {other}:", *block(body)]
        case InDouble(body=body):
            return [line for s in body for line in statement_lines(s, depth, DOUBLE)]
        case Section(title=title, body=body, note=note):
            lines = block(body, 0)
            head = ["", f"{pad}# {title}", *([f"{pad}# stable form: {note}"] if note else [])]
            return [*head, *(lines[1:] if isinstance(body[0], Section) else lines)]


@dataclass(frozen=True, slots=True)
class _Text:
    """Scalars as text, in a precision."""

    precision: Precision

    def plain(self, value: Scalar) -> str:
        """A value that stands alone, without the brackets that cases need elsewhere."""
        text = self.scalar(value)
        return text[1:-1] if isinstance(value, Formula) and isinstance(value.expr, sp.Piecewise) else text

    def scalar(self, value: Scalar) -> str:
        """A value."""
        match value:
            case Number(value=number):
                return formula(number, {}, self.precision)
            case Double(value=inside):
                return formula(inside.value, {}, DOUBLE)
            case Converted(value=inside):
                return self.scalar(inside) if self.precision == DOUBLE else f"f32({self.scalar(inside)})"
            case Name(name=name):
                return name
            case Element(array=array, index=index):
                return f"{array}[{', '.join(map(_index, index))}]"
            case Plus(terms=terms):
                return self._sum(terms)
            case Times(factors=factors):
                return self._product(factors)
            case Raise(base=base, exponent=exponent):
                return raised(self.scalar(base), _strength(base), exponent, self.precision)
            case Formula(expr=expr, names=names):
                call = isinstance(expr, sp.Function) and len(expr.args) == 1 and expr.args[0].is_Symbol
                parts = {s: self.scalar(v) if call else self._tight(v, ATOM) for s, v in names}
                return formula(expr, parts, self.precision)

    def _tight(self, value: Scalar, level: int) -> str:
        text = self.scalar(value)
        return f"({text})" if _strength(value) < level else text

    def _sum(self, terms: Sequence[Scalar]) -> str:
        text = self.scalar(terms[0])
        for term in terms[1:]:
            part = self.scalar(term)
            text += f" - {part[1:]}" if _strength(term) == ADD and part.startswith("-") else f" + {part}"
        return text

    def _product(self, factors: Sequence[Scalar]) -> str:
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
        text = " * ".join(self._tight(f, MUL if k == 0 else MUL + 1) for k, f in enumerate(above))
        text = text or self.precision.number("1.0")
        return sign + text + "".join(f" / {self._tight(f, MUL + 1)}" for f in below)


def _length(length: End) -> str:
    match length:
        case Whole(length=name, step=step):
            return f"{name} // {step} * {step}"
        case Product(length=name, times=times):
            return f"{name} * {times}"
    return str(length)


def _matrix(matrix: Matrix) -> str:
    rows = matrix.array if matrix.rows is None else f"{matrix.array}[:{matrix.rows}]"
    return f"{rows}.T" if matrix.transposed else rows


def _index(index: str | int | Offset) -> str:
    if not isinstance(index, Offset):
        return str(index)
    return f"{index.start} + {index.index}" if index.index else index.start


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


def _sign(factors: Sequence[Scalar]) -> int:
    negative = [f for f in factors if isinstance(f, Number) and f.value.is_negative]
    return -1 if len(negative) % 2 else 1
