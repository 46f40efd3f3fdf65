"""Statements → the text of a Python module whose functions numba compiles."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symnet.emit.formula import ATOM, MUL, POW, formula, raised, strength
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
