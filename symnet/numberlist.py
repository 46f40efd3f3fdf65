"""Numbers on a command line: ``1,2;3,4``, rows separated by ``;``, each kept exactly as written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from symnet.errors import SymnetError, closest
from symnet.network import Network

MAX_CHARACTERS = 1_000_000

Numbers: TypeAlias = "str | list[str] | list[list[str]]"

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}/[0-9]{1,40}|(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?)"
)


def read_numbers(text: str, option: str, axes: int) -> Numbers:
    """The numbers in ``text`` for a quantity of that many axes: one number, a list, or a list of rows.

    A list may be written as a row or as a column.  Numbers are integers, decimals or fractions: ``3``,
    ``0.25``, ``1/3``; they stay texts, for ``Network.forward`` takes them exactly.

    Raises SymnetError, naming the option and the row and place of the cell.
    """
    if len(text) > MAX_CHARACTERS:
        raise SymnetError(f"{option} has more than {MAX_CHARACTERS:,} characters; give fewer numbers")
    rows = [
        [_number(cell, f"{option}, row {i}, number {j}") for j, cell in enumerate(row.split(","), 1)]
        for i, row in enumerate(text.split(";"), 1)
    ]
    width = len(rows[0])
    for i, row in enumerate(rows, 1):
        if len(row) != width:
            raise SymnetError(
                f"{option}, row {i} has {len(row)} numbers, row 1 has {width}; make the rows equally long"
            )
    if axes >= 2:
        return rows
    if len(rows) > 1 and width > 1:
        expected = "one number" if axes == 0 else "a single row"
        raise SymnetError(f"{option} has {len(rows)} rows of {width} numbers, expected {expected}; leave out the ';'")
    cells = [cell for row in rows for cell in row]
    return cells if axes or len(cells) > 1 else cells[0]


def _number(cell: str, where: str) -> str:
    number = cell.strip().replace("−", "-")
    if not _NUMBER.fullmatch(number):
        found = f"is {shown(number)}" if number else "is empty"
        raise SymnetError(f"{where} {found}, expected a number such as 3, 0.25 or 1/3")
    if "/" in number and not number.partition("/")[2].strip("0"):
        raise SymnetError(f"{where} is {number!r}, a division by 0; give another denominator")
    return number


def data(network: Network, layer: int, text: str, option: str) -> Numbers:
    """Inputs (``layer`` 0) or targets (−1): the numbers of one sample, or a row for each of several."""
    if not network.unit_axes[layer]:
        return read_numbers(text, option, 0)
    rows = read_numbers(text, option, 2)
    assert isinstance(rows, list)
    return rows[0] if len(rows) == 1 else rows


def parameters(network: Network, arguments: Sequence[str], options: Sequence[str]) -> dict[str, Numbers]:
    """The network's parameters as ``--w 3,4 --b=1`` give them; ``options`` are those the command has besides.

    Raises SymnetError for any other option, suggesting the closest; for one without numbers or given twice.
    """
    known = {p.name: p for p in network.parameters}
    by_lower_case = {name.lower(): name for name in known}
    flags = [f"--{name}" for name in known]
    found: dict[str, Numbers] = {}
    rest = iter(arguments)
    for argument in rest:
        option, equals, value = argument.partition("=")
        name = by_lower_case.get(option.removeprefix("--").lower())
        if not option.startswith("--") or name is None:
            near = closest(option, [*flags, *options])
            question = f" did you mean {near}?" if near else ""
            listed = ", ".join(flags[:30]) + (", …" if len(flags) > 30 else "")
            raise SymnetError(f"{shown(option)} is no option here;{question} the parameters are {listed}")
        text = value if equals else next(rest, None)
        if text is None or text.startswith("--"):
            raise SymnetError(f"{option} has no numbers; write {option} 3,4")
        if name in found:
            raise SymnetError(f"{option} is given twice; give it once")
        found[name] = read_numbers(text, option, len(known[name].axes))
    return found


def shown(text: str) -> str:
    """A user's text in quotes, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:59] + "…")
