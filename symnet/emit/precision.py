"""The two precisions that kernels compute in, and how their numbers are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.errors import SymnetError


@dataclass(frozen=True, slots=True)
class Precision:
    """An IEEE format: its name for NumPy, ``digits`` binary digits, the exponents' ``bias``, and the same-size integer.

    A number without a wrapper is float64 to numba, and makes everything float64 that it is combined with; so float32
    kernels wrap every literal.
    """

    name: str
    digits: int
    bias: int
    integer: str

    def number(self, text: str) -> str:
        """A number of this precision from the Python text of a float64: ``-0.5``, or ``-f32(0.5)``."""
        if self.name == "float64":
            return text
        return f"-f32({text[1:]})" if text.startswith("-") else f"f32({text})"

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The NumPy type."""
        return np.float64 if self.name == "float64" else np.float32


DOUBLE = Precision("float64", 53, 1023, "int64")
SINGLE = Precision("float32", 24, 127, "int32")
PRECISIONS = {p.name: p for p in (DOUBLE, SINGLE)}


def precision(name: object) -> Precision:
    """The precision of that name, or of that NumPy type; SymnetError for another."""
    given = getattr(name, "__name__", None) or str(name)
    if given not in PRECISIONS:
        raise SymnetError(f"dtype is {given!r}; kernels compute in 'float64' or 'float32'")
    return PRECISIONS[given]
