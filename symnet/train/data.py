"""Data to learn from: a table of samples, split, standardised; and what a prediction scores."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.train.csvfile import MAX_BYTES, Column, DataError, Floats, position, quoted, read_columns, some

__all__ = ["DataError", "Split", "Standardiser", "Table", "accuracy", "r2", "read_csv", "split"]


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
            raise DataError(f"X has shape {X.shape} and y {y.shape}; expected n×d and (n,) or n×k, a row a sample")
        for name, values in (("X", X), ("y", y)):
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                where = bad[0].tolist()
                raise DataError(f"{name}{where} is {values[tuple(where)]}; drop the sample or fill the value in")
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
    target_columns = [] if target is None else _listed(target)
    asked = [*target_columns, *(features or ())]
    columns = read_columns(Path(path), asked, header=header, delimiter=delimiter, max_bytes=max_bytes)
    names = [column.name for column in columns]
    y_at = [position(column, names, file) for column in target_columns]
    others = [i for i in range(len(names)) if i not in y_at]
    x_at = others if features is None else [position(column, names, file) for column in features]
    repeated = [names[i] for i, count in Counter(x_at + y_at).items() if count > 1]
    if repeated:
        raise DataError(f"{file}: column {quoted(repeated[0])} is asked for twice; name each column once")
    if not x_at:
        raise DataError(
            f"{file} leaves no column to learn from, for its only ones are {some(names)}; if its cells are "
            "separated by something other than comma, semicolon or tab, pass that as delimiter"
        )
    X = np.column_stack([columns[i].numbers() for i in x_at])
    found: tuple[str, ...] | None = None
    if len(y_at) == 1:
        y, found = columns[y_at[0]].target(classes)
    else:
        y = np.column_stack([np.empty((len(X), 0)), *(columns[i].numbers() for i in y_at)])
    return Table(X, y, tuple(names[i] for i in x_at), tuple(names[i] for i in y_at), found)


def _listed(columns: Column | Sequence[Column]) -> list[Column]:
    return [columns] if isinstance(columns, str | int) else list(columns)


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
        raise DataError(f"validation is {validation} and test {test}; give shares of the samples, from 0 to below 1")
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
