"""Numbers on a command line: ``1,2;3,4``, rows separated by ``;``, each kept exactly as written."""

from __future__ import annotations

import re
from typing import TypeAlias

from symnet.errors import SymnetError

MAX_CHARACTERS = 1_000_000

Numbers: TypeAlias = "str | list[str] | list[list[str]]"

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,40}/[0-9]{1,40}|(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?)"
)


def read_numbers(text: str, option: str, axes: int) -> Numbers:
    """The numbers in ``text`` for a quantity of that many axes: one number, a list, or a list of rows.

    A list may be written as a row or as a column.  Numbers are integers, decimals or fractions: ``3``, ``0.25``,
    ``1/3``; they stay texts, for ``Network.forward`` takes them exactly.

    Raises SymnetError, naming the option and the row and place of the cell.
    """
    if len(text) > MAX_CHARACTERS:
        raise SymnetError(f"{option} has more than {MAX_CHARACTERS:,} characters; give fewer numbers")
    rows = [
        [_number(cell, f"{option}, row {i}, number {j}") for j, cell in enumerate(row.split(","), 1)]
        for i, row in enumerate(text.split(";"), 1)
    ]
    for i, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise SymnetError(
                f"{option}, row {i} has {len(row)} numbers, row 1 has {len(rows[0])}; make the rows equally long"
            )
    if axes >= 2:
        return rows
    if len(rows) > 1 and len(rows[0]) > 1:
        shape = "one number" if axes == 0 else "a single row"
        raise SymnetError(f"{option} has {len(rows)} rows of {len(rows[0])} numbers, expected {shape}; leave out the ';'")
    cells = [cell for row in rows for cell in row]
    return cells if axes or len(cells) > 1 else cells[0]


def _number(cell: str, where: str) -> str:
    number = cell.strip().replace("−", "-")
    if not _NUMBER.fullmatch(number):
        found = "is empty" if not number else f"is {number if len(number) <= 40 else number[:39] + '…'!r}"
        raise SymnetError(f"{where} {found}, expected a number such as 3, 0.25 or 1/3")
    if "/" in number and not number.partition("/")[2].strip("0"):
        raise SymnetError(f"{where} is {number!r}, a division by 0; give another denominator")
    return number
