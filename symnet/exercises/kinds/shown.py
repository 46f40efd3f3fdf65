"""What stands above the questions of an exercise: the network in words and formulas, and the numbers that are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Tensor
from symnet.exercises.variant import Numbers
from symnet.network import COST, Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Listing, Matrix, Name, Node, Relation, Row, Terms
from symnet.render.document import Block, Formulas, Paragraph, Part, Table
from symnet.render.equations import activation_rows, equation_rows, matrix_row
from symnet.render.formula import number

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def names_of(network: Network) -> Names:
    """The names of a network's quantities, C without its arguments."""
    return Names(network, notation(network.notation).with_(cost_arguments=False))


def how_many(count: int | str, thing: str) -> str:
    """ "two inputs", "one input", "n_0 inputs"."""
    word = COUNTS[count] if isinstance(count, int) and count < len(COUNTS) else str(count)
    return f"{word} {thing}{'' if count == 1 else 's'}"


def described(network: Network) -> str:
    """A network in words."""
    parts = [how_many(network.inputs.units, "input")]
    for k, layer in enumerate(network.layers, 1):
        role = "output unit" if k == network.depth else "hidden unit"
        name = {"relu": "ReLU"}.get(layer.function.name, layer.function.name.replace("_", " "))
        parts.append(f"{how_many(layer.units, role)} ({name}{'' if layer.bias else ', without bias'})")
    return f"A network has {', '.join(parts[:-1])} and {parts[-1]}."


def equations(network: Network, view: str = "index", cost: bool = True) -> Formulas:
    """The forward pass and the cost as a teacher would write them on the board."""
    names = names_of(network)
    rows: list[Row] = []
    for equation in network.equations:
        if equation.target == COST:
            if cost:
                rows += equation_rows(network, equation, "index", names)
        elif view == "matrix":
            rows.append(matrix_row(network, equation, names))
        else:
            rows += equation_rows(network, equation, view, names)
    return Formulas(tuple(Row(row.left, row.relation, row.right) for row in rows))


def definitions(network: Network, slopes: bool = False) -> Iterator[Block]:
    """What the activations are; tanh and the linear one need no saying, and derivatives only if they are given."""
    rows = [row for row in activation_rows(network, names_of(network)) if slopes or _is_definition(row)]
    if rows:
        yield Formulas(tuple(Row(row.left, row.relation, row.right) for row in rows))


def _is_definition(row: Row) -> bool:
    head = getattr(row.left, "head", None)
    return not (isinstance(head, Name) and head.primes)


def given_numbers(network: Network, numbers: Numbers, *, samples: int = 1) -> Iterator[Block]:
    """The data and the parameters: matrices as matrices, everything else element by element."""
    names = names_of(network)
    tensors: list[tuple[Tensor, Any]] = []
    if samples == 1 and numbers.x is not None:
        tensors.append((network.x, _single(network, numbers.x)))
    tensors += [(p, numbers.parameters[p.name]) for p in network.parameters if p.name in numbers.parameters]
    if samples == 1 and numbers.y is not None:
        tensors.append((network.y, _single(network, numbers.y)))
    rows = [_row(tensor, value, names, numbers) for tensor, value in tensors]
    for tensor, size in network.constants.items():
        rows.append(Row(names.constant(tensor), "=", figure(sp.Rational(str(size)), numbers)))
    yield Formulas(tuple(rows))
    if samples > 1:
        yield samples_table(network, numbers)
    if numbers.rate is not None:
        yield Paragraph(
            (
                "The learning rate is ",
                Relation((Name(names.notation.learning_rate), figure(numbers.rate, numbers))),
                ".",
            )
        )


def _single(network: Network, value: Any) -> Any:
    """The numbers of the one sample."""
    return value[0] if network.sample_axes else value


def _row(tensor: Tensor, value: Any, names: Names, numbers: Numbers) -> Row:
    units = [a for a in tensor.axes if a.name != "s"]
    if len(units) == 2:
        entries = tuple(tuple(figure(v, numbers) for v in row) for row in value)
        if names.notation.orientation == "units x inputs":
            entries = tuple(zip(*entries, strict=True))
        return Row(names.whole(tensor), "=", Matrix(entries))
    plain = Names(names.network, names.notation.with_(sample_mark="none", sample_sum=""))
    sample: tuple[int, ...] = (1,) if tensor.axes and tensor.axes[0].name == "s" else ()
    if not units:
        return Row(plain.element(tensor, sample), "=", figure(value, numbers))
    pairs = [Relation((plain.element(tensor, (*sample, k)), figure(v, numbers))) for k, v in enumerate(value, 1)]
    first, *others = pairs
    return Row(first.operands[0], "=", Listing((first.operands[1], *others)) if others else first.operands[1])


def samples_table(network: Network, numbers: Numbers) -> Table:
    """Inputs and targets, a row a sample."""
    names = Names(network, notation(network.notation).with_(cost_arguments=False, sample_mark="none", sample_sum=""))
    header: list[Part] = ["sample"]
    for tensor in (network.x, network.y):
        units = [a for a in tensor.axes if a.name != "s"]
        counts = range(1, int(units[0].size) + 1) if units else [None]
        header += [names.element(tensor, (1, *(() if k is None else (k,)))) for k in counts]
    rows: list[tuple[Part, ...]] = []
    for k, (x, y) in enumerate(zip(numbers.x, numbers.y, strict=True), 1):
        cells = [*(x if isinstance(x, tuple) else (x,)), *(y if isinstance(y, tuple) else (y,))]
        rows.append((str(k), *(figure(v, numbers) for v in cells)))
    return Table(tuple(header), tuple(rows))


def figure(value: sp.Expr, numbers: Numbers) -> Node:
    """A number as this exercise writes numbers."""
    from symnet.render.display import Number
    from symnet.render.numbers import decimals

    if value.is_negative:
        return Terms((("-", figure(-value, numbers)),))
    rational = value.is_Rational and not value.is_Float
    if value.is_Integer or (rational and not numbers.decimal):
        return number(value)
    return Number(decimals(value, 20 if rational else numbers.decimals))


def say(*parts: Part) -> Paragraph:
    """A paragraph."""
    return Paragraph(parts)


def together(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Blocks, adjoining formulas as one block."""
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Formulas) and out and isinstance(out[-1], Formulas):
            out[-1] = Formulas((*out[-1].rows, *block.rows))
        else:
            out.append(block)
    return tuple(out)
