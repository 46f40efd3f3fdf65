"""A CSV file read into columns: encoding, separator, header, and where each cell stands."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from symnet.errors import SymnetError, unknown

Floats = NDArray[np.float64]
Column = str | int

MAX_BYTES = 100_000_000
MAX_CLASSES = 1000
_MISSING = {"", "?", "na", "n/a", "#n/a", "nan", "null"}
_SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma"}
_SAMPLED_ROWS = 100
_LISTED = 30


class DataError(SymnetError):
    """Data that cannot be learnt from as it is: where, what is there, what was expected, how to mend it."""


@dataclass(frozen=True, slots=True)
class CsvColumn:
    """One column's cells, and where each stands in the file."""

    file: str
    name: str
    cells: tuple[str, ...]
    lines: list[int]

    def numbers(self) -> Floats:
        """The cells as numbers, (n,); a cell that is none is an error."""
        try:
            values = np.fromiter(map(float, self.cells), np.float64, len(self.cells))
        except ValueError:
            self._refuse(next(i for i, cell in enumerate(self.cells) if not _is_number(cell)))
        if not np.isfinite(values).all():
            self._refuse(int(np.argmin(np.isfinite(values))))
        if "_" in "".join(self.cells):
            self._refuse(next(i for i, cell in enumerate(self.cells) if "_" in cell))
        return values

    def target(self, classes: bool) -> tuple[Floats, tuple[str, ...] | None]:
        """The cells as a target: numbers and None, or class codes and the classes."""
        labels = [_tidy(cell) for cell in self.cells]
        for i, label in enumerate(labels):
            if _is_missing(label):
                self._refuse(i)
        texts = [i for i, label in enumerate(labels) if not _is_number(label)]
        if not texts:
            values = self.numbers()
            if not classes:
                return values, None
            fractions = np.flatnonzero(values != np.floor(values))
            if len(fractions):
                self._refuse(int(fractions[0]), "names no class; classes are whole numbers or words")
            known, codes = np.unique(values, return_inverse=True)
            found = tuple(str(int(value)) for value in known)
        else:
            if 2 * len(texts) < len(labels) and not classes:
                self._refuse(
                    texts[0],
                    "is no number, as most here are; mend it, or pass classes=True if all are classes",
                )
            known, codes = np.unique(np.array(labels, dtype=object), return_inverse=True)
            found = tuple(known)
        if not 2 <= len(found) <= MAX_CLASSES:
            raise DataError(
                f"{self.file}: target column {quoted(self.name)} holds {len(found)} different values in "
                f"{len(labels)} rows; expected 2 to {MAX_CLASSES} classes"
            )
        return (codes.astype(np.float64) if len(found) == 2 else np.eye(len(found))[codes]), found

    def _refuse(self, i: int, complaint: str = "") -> NoReturn:
        cell = self.cells[i]
        where = f"{self.file}, line {self.lines[i]}, column {quoted(self.name)}: "
        raise DataError(where + (f"{quoted(cell)} {complaint}" if complaint else _complaint(cell)))


def read_columns(
    path: Path,
    asked: Sequence[Column],
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> list[CsvColumn]:
    """The columns of a CSV file, at least one row long; without a header a column's name is its number.

    Where ``header`` is None, a first row that holds one of the names ``asked`` for is a header.

    Raises DataError for anything that cannot be read with certainty.
    """
    file = path.name
    rows, lines = _rows(_text(path, max_bytes), delimiter, file)
    if header is None:
        wanted = {_tidy(column) for column in asked if isinstance(column, str)}
        header = _has_header(list(zip(*rows, strict=True)), wanted, f"{file}, line {lines[0]}")
    if header:
        names = _header(rows[0], f"{file}, line {lines[0]}")
        rows, lines = rows[1:], lines[1:]
        if not rows:
            raise DataError(f"{file} has a header and no rows below it; expected one row for each sample")
    else:
        names = [str(number + 1) for number in range(len(rows[0]))]
    return [CsvColumn(file, *part, lines) for part in zip(names, zip(*rows, strict=True), strict=True)]


def _text(path: Path, max_bytes: int) -> str:
    """The file's text, without a byte order mark."""
    try:
        if path.stat().st_size > max_bytes:
            raise DataError(
                f"{path.name} has {path.stat().st_size:,} bytes, more than the {max_bytes:,} allowed; "
                "thin it out, or raise max_bytes (reading takes about ten times that in memory)"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); expected a CSV file") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path.name}, line {line}: byte {raw[error.start]:#04x} is not UTF-8; save the file in UTF-8"
        ) from None


def _rows(text: str, delimiter: str | None, file: str) -> tuple[list[list[str]], list[int]]:
    """The rows that are not blank, all equally wide, and the line each begins at."""
    if delimiter is None:
        delimiter = max(_SEPARATORS, key=lambda separator: _agreement(text, separator))
    elif len(delimiter) != 1 or delimiter in '\r\n"':
        raise DataError(f"delimiter is {delimiter!r}; expected one character, such as ',' or '|'")
    # Strict parsing finds a quote that is never closed, but takes a space after a closing quote amiss.
    text = re.sub(rf'("[^"]*(?:""[^"]*)*")(?: +(?=[{re.escape(delimiter)}\r\n]|\Z))?', r"\1", text)
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                if rows and len(row) != len(rows[0]):
                    name = _SEPARATORS.get(delimiter, repr(delimiter))
                    raise DataError(
                        f"{file}, line {line} has {len(row)} cells, but line {lines[0]} has {len(rows[0])}; "
                        f"mend the row, or quote the cell if it contains a {name} of its own"
                    )
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{file}, line {line}: {error}; check the quotes of this row") from None
    if not rows:
        raise DataError(f"{file} is empty; expected one row for each sample, its cells separated by commas")
    return rows, lines


def _agreement(text: str, separator: str) -> int:
    """How many of the first rows this separator cuts into the same number of cells, more than one."""
    widths: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True):
            if any(map(str.strip, row)):
                widths[len(row)] += 1
            if widths.total() == _SAMPLED_ROWS:
                break
    except csv.Error:
        return 0
    (width, count), *_ = widths.most_common(1) or [(1, 0)]
    return count if width > 1 else 0


def _has_header(columns: list[tuple[str, ...]], asked: set[str], where: str) -> bool:
    """Whether the first row names the columns; DataError if it may or may not.

    It does if it holds a name that was asked for, or no number at all.  A row with numbers is data, unless
    a word stands over numbers, or over labels that repeat without it: it may be a header as 0,1,2,species is.
    """
    top = [column[0] for column in columns]
    if any(_tidy(cell) in asked and not _is_number(cell) for cell in top):
        return True
    if not any(_is_number(cell) for cell in top):
        return True
    for first, *below in columns:
        if _is_number(first) or _is_missing(first):
            continue
        if any(map(_is_number, below)) or (first not in below and len(set(below)) < len(below)):
            raise DataError(
                f"{where} is part names, part numbers: {quoted(first)} looks like a column's name; "
                "pass header=True if this row names the columns, header=False if it is a sample"
            )
    return False


def _header(cells: list[str], where: str) -> list[str]:
    """The names in a header: none empty, no two alike."""
    numbers: dict[str, int] = {}
    for number, name in enumerate(map(_tidy, cells), start=1):
        if not name:
            raise DataError(f"{where}: column {number} has no name; name it, or delete the column")
        if name in numbers:
            raise DataError(f"{where}: columns {numbers[name]} and {number} are both named {quoted(name)}; rename one")
        numbers[name] = number
    return list(numbers)


def position(column: Column, names: list[str], file: str) -> int:
    """Where a column stands, from 0: by its name, else by its number from 1, or from −1 for the last."""
    if isinstance(column, str) and _tidy(column) in names:
        return names.index(_tidy(column))
    try:
        number = int(column)
    except ValueError:
        raise DataError(f"{file}: {unknown('column', str(column), names)}") from None
    if not 1 <= abs(number) <= len(names):
        raise DataError(
            f"{file} has no column {number}; give a name, or a number from 1 to {len(names)}, or from -1 "
            f"(the last) to -{len(names)}: its columns are {some(names)}"
        )
    return number - 1 if number > 0 else number + len(names)


def some(names: list[str]) -> str:
    """The first names, for a message."""
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


def _tidy(cell: str) -> str:
    return " ".join(cell.split())


def quoted(cell: str) -> str:
    """A cell in quotes, for a message, cut where it is long."""
    text = _tidy(cell)
    return f'"{text}"' if len(text) <= 40 else f'"{text[:39]}…"'


def _is_missing(cell: str) -> bool:
    return cell.strip().casefold() in _MISSING


def _is_number(cell: str) -> bool:
    """Whether a cell is a finite number as data write it: not 1_000, which only Python reads."""
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def _complaint(cell: str) -> str:
    if _is_missing(cell):
        return f"the cell is missing ({quoted(cell)}); fill it in, or delete the row or the column"
    if _is_number(cell.replace(",", ".")):
        return f"{quoted(cell)} is not a number; write decimals with a point, 0.5"
    try:
        float(cell.replace("_", "?"))
    except ValueError:
        return (
            f"{quoted(cell)} is not a number; mend the cell, code the column as numbers, or leave it out by "
            "listing the others as features"
        )
    return f"{quoted(cell)} is not finite; write a finite number, or delete the row"
