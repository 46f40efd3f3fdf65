"""Data to learn from: a CSV file read into arrays, split, standardised; and what a prediction scores."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """n samples: features X (n×d) and targets y, which are (n,) for one target column and n×k for several.

    Where the target names classes, ``classes`` lists them in order: with two, y is (n,) and 1 stands for the
    second; with k > 2, y is one-hot, n×k.  A table without targets has a y of n×0.
    """

    X: Floats
    y: Floats
    features: tuple[str, ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...] | None = None

    @classmethod
    def from_arrays(cls, X: ArrayLike, y: ArrayLike) -> Table:
        """A table of X (n×d) and y ((n,) or n×k), its columns named x_1 … x_d and y (or y_1 … y_k).

        Raises DataError if the shapes do not fit or a value is not a finite number.
        """
        try:
            X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"X and y must be rectangular arrays of numbers: {error}") from None
        if X.ndim != 2 or y.ndim not in (1, 2) or len(X) != len(y) or X.size == 0:
            raise DataError(
                f"X has shape {X.shape} and y {y.shape}; expected n×d and (n,) or n×k, a row a sample"
            )
        for name, values in (("X", X), ("y", y)):
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                where = bad[0].tolist()
                raise DataError(
                    f"{name}{where} is {values[tuple(where)]}; drop the sample or fill the value in"
                )
        targets = ("y",) if y.ndim == 1 else tuple(f"y_{j + 1}" for j in range(y.shape[1]))
        return cls(X, y, tuple(f"x_{i + 1}" for i in range(X.shape[1])), targets)

    def rows(self, index: NDArray[np.intp]) -> Table:
        """The table of the samples that ``index`` (m,) picks, in its order."""
        return Table(self.X[index], self.y[index], self.features, self.targets, self.classes)


def read_csv(
    path: str | os.PathLike[str],
    target: Column | Sequence[Column] | None,
    *,
    features: Sequence[Column] | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    classes: bool = False,
    max_bytes: int = MAX_BYTES,
) -> Table:
    """The table in a CSV file: UTF-8, cells separated by comma, semicolon or tab (or by ``delimiter``).

    A column is given by its name in the header, or by its number: from 1, or from −1 for the last.
    ``target`` is a column, several, or None for no target; ``features`` are the columns to learn from, by
    default all others.  Without a header a column's name is its number.  ``header`` says whether the first
    row is one; None decides, and refuses a row that could be either.

    Features and several targets are numbers.  A single target column holds classes if its cells are not
    numbers, or if ``classes`` asks for them and they are whole numbers; :class:`Table` says how coded.

    Raises DataError for anything that cannot be read with certainty.
    """
    file = Path(path).name
    rows, lines = _rows(_text(Path(path), max_bytes), delimiter, file)
    target_columns = [] if target is None else _listed(target)
    asked = {_tidy(column) for column in (*target_columns, *(features or ())) if isinstance(column, str)}
    if header is None:
        header = _has_header(list(zip(*rows, strict=True)), asked, f"{file}, line {lines[0]}")
    if header:
        names = _header(rows[0], f"{file}, line {lines[0]}")
        rows, lines = rows[1:], lines[1:]
        if not rows:
            raise DataError(f"{file} has a header and no rows below it; expected one row for each sample")
    else:
        names = [str(number + 1) for number in range(len(rows[0]))]
    columns = [_CsvColumn(file, *part, lines) for part in zip(names, zip(*rows, strict=True), strict=True)]

    y_at = [_position(column, names, file) for column in target_columns]
    others = [i for i in range(len(names)) if i not in y_at]
    x_at = others if features is None else [_position(column, names, file) for column in features]
    repeated = [names[i] for i, count in Counter(x_at + y_at).items() if count > 1]
    if repeated:
        raise DataError(f"{file}: column {_quoted(repeated[0])} is asked for twice; name each column once")
    if not x_at:
        raise DataError(
            f"{file} leaves no column to learn from, for its only ones are {_some(names)}; if its cells are "
            "separated by something other than comma, semicolon or tab, pass that as delimiter"
        )
    X = np.column_stack([columns[i].numbers() for i in x_at])
    found: tuple[str, ...] | None = None
    if len(y_at) == 1:
        y, found = columns[y_at[0]].target(classes)
    else:
        y = np.column_stack([np.empty((len(rows), 0)), *(columns[i].numbers() for i in y_at)])
    return Table(X, y, tuple(names[i] for i in x_at), tuple(names[i] for i in y_at), found)


@dataclass(frozen=True, slots=True)
class _CsvColumn:
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
                f"{self.file}: target column {_quoted(self.name)} holds {len(found)} different values in "
                f"{len(labels)} rows; expected 2 to {MAX_CLASSES} classes"
            )
        return (codes.astype(np.float64) if len(found) == 2 else np.eye(len(found))[codes]), found

    def _refuse(self, i: int, complaint: str = "") -> NoReturn:
        cell = self.cells[i]
        where = f"{self.file}, line {self.lines[i]}, column {_quoted(self.name)}: "
        raise DataError(where + (f"{_quoted(cell)} {complaint}" if complaint else _complaint(cell)))


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
                f"{where} is part names, part numbers: {_quoted(first)} looks like a column's name; "
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
            raise DataError(
                f"{where}: columns {numbers[name]} and {number} are both named {_quoted(name)}; rename one"
            )
        numbers[name] = number
    return list(numbers)


def _listed(columns: Column | Sequence[Column]) -> list[Column]:
    return [columns] if isinstance(columns, str | int) else list(columns)


def _position(column: Column, names: list[str], file: str) -> int:
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
            f"(the last) to -{len(names)}: its columns are {_some(names)}"
        )
    return number - 1 if number > 0 else number + len(names)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


def _tidy(cell: str) -> str:
    return " ".join(cell.split())


def _quoted(cell: str) -> str:
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
        return f"the cell is missing ({_quoted(cell)}); fill it in, or delete the row or the column"
    if _is_number(cell.replace(",", ".")):
        return f"{_quoted(cell)} is not a number; write decimals with a point, 0.5"
    try:
        float(cell.replace("_", "?"))
    except ValueError:
        return (
            f"{_quoted(cell)} is not a number; mend the cell, code the column as numbers, or leave it out by "
            "listing the others as features"
        )
    return f"{_quoted(cell)} is not finite; write a finite number, or delete the row"


class Split(NamedTuple):
    """Three tables with the same columns and no sample in common; together they hold every sample."""

    train: Table
    validation: Table
    test: Table


def split(
    table: Table, *, validation: float = 0.2, test: float = 0.0, seed: int = 0, stratify: bool | None = None
) -> Split:
    """Deal n samples out: round(validation·n) to validate, round(test·n) to test, the others to train.

    Stratified, each part holds the target's values in the proportions of the whole, as nearly as whole
    samples allow; that is the default where the table has classes.  Order is random; equal seeds deal alike.

    Raises DataError for shares outside [0, 1) and for a split that leaves a part empty that should not be.
    """
    n = len(table.X)
    if not (0 <= validation < 1 and 0 <= test < 1):
        raise DataError(
            f"validation is {validation} and test {test}; give shares of the samples, from 0 to below 1"
        )
    sizes = round(validation * n), round(test * n)
    if sum(sizes) >= n or (validation and not sizes[0]) or (test and not sizes[1]):
        raise DataError(
            f"{n} samples cannot be split into a share of {validation:g} to validate, {test:g} to test "
            "and some to train; give more samples or other shares"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    stratum = np.zeros(n, dtype=np.intp)
    if (table.classes is not None if stratify is None else stratify) and table.targets:
        stratum = np.unique(table.y.reshape(n, -1), axis=0, return_inverse=True)[1].reshape(n)
    counts = np.bincount(stratum)
    held_out = _shares(counts, sum(sizes), rng)
    tested = _shares(held_out, sizes[1], rng)
    strata = np.split(order[np.argsort(stratum[order], kind="stable")], np.cumsum(counts)[:-1])
    part = np.zeros(n, dtype=np.intp)
    for members, held, test_only in zip(strata, held_out, tested, strict=True):
        part[members[:held]] = 1
        part[members[:test_only]] = 2
    return Split(*(table.rows(order[part[order] == number]) for number in range(3)))


def _shares(sizes: NDArray[np.intp], total: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """``total`` shared out in proportion to ``sizes``, by largest remainder; ties are drawn."""
    shares, remainders = np.divmod(sizes * total, max(1, sizes.sum()))
    largest = np.lexsort((rng.random(len(sizes)), -remainders))
    shares[largest[: total - shares.sum()]] += 1
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Standardiser:
    """The map (X − mean) / scale and its inverse, column by column; mean and scale are (d,).

    Fit it to the training part alone: a mean taken over all samples tells training about the others.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, X: ArrayLike) -> Standardiser:
        """Each column's mean and standard deviation (divisor n) in X (n×d); a constant column has scale 1."""
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0:
            raise DataError(f"X has shape {X.shape}; expected n×d with at least one sample")
        # A constant column's mean is rounded and so are its deviations: their ratio would be noise of size 1.
        constant = X.min(axis=0) == X.max(axis=0)
        scale = X.std(axis=0)
        return cls(np.where(constant, X[0], X.mean(axis=0)), np.where(constant | (scale == 0), 1.0, scale))

    def transform(self, X: ArrayLike) -> Floats:
        """X (n×d) in units of standard deviations from the mean, n×d."""
        return (self._checked(X) - self.mean) / self.scale

    def inverse(self, X: ArrayLike) -> Floats:
        """The X (n×d) that :meth:`transform` took to this one, n×d."""
        return self._checked(X) * self.scale + self.mean

    def _checked(self, X: ArrayLike) -> Floats:
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1:] != self.mean.shape:
            raise DataError(f"X has shape {X.shape}; this standardiser was fitted to n×{len(self.mean)}")
        return X


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The share of samples whose class is predicted.

    (n,) or n×1: y_true holds 0 and 1, y_pred probabilities, and class 1 is predicted from ½ on.
    n×k: y_true is one-hot, and the class predicted is that of y_pred's first greatest entry.
    """
    true, predicted = _pair(y_true, y_pred)
    if not np.isin(true, (0.0, 1.0)).all() or (true.shape[1] > 1 and (true.sum(axis=1) != 1).any()):
        raise DataError("accuracy compares classes; expected a y_true of 0 and 1, or one-hot rows")
    if true.shape[1] == 1:
        return float(np.mean((predicted >= 0.5) == (true == 1)))
    return float(np.mean(predicted.argmax(axis=1) == true.argmax(axis=1)))


def r2(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The coefficient of determination 1 − Σ(y − ŷ)² / Σ(y − ȳ)² (Kvålseth 1985, eq. 1), of (n,) or n×k.

    Several outputs: the mean of their coefficients.  For an output that is constant in y_true the quotient is
    undefined: it counts 1 if it is predicted exactly and 0 if not.  Both are scikit-learn's choices.
    """
    true, predicted = _pair(y_true, y_pred)
    residual = ((true - predicted) ** 2).sum(axis=0)
    total = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    constant = (true.min(axis=0) == true.max(axis=0)) | (total == 0)
    quotient = np.where(constant, residual > 0, residual / np.where(constant, 1.0, total))
    return float(np.mean(1 - quotient))


def _pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Floats, Floats]:
    """Both as n×k."""
    true, predicted = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    true, predicted = (y[:, None] if y.ndim == 1 else y for y in (true, predicted))
    if true.ndim != 2 or true.shape != predicted.shape or true.size == 0:
        raise DataError(
            f"y_true has shape {np.shape(y_true)}, y_pred {np.shape(y_pred)}; expected both (n,) or both n×k"
        )
    return true, predicted
