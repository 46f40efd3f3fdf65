"""Identifiers for quantities, axes and lengths: the name each has in the mathematics, as far as a program allows it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Hashable, Iterable

_CALLED = "erf exp exp_sum expm1 f32 inlined log log1p minus normal_cdf normal_tail sigmoid softplus tanh"

MATHEMATICS = frozenset(_CALLED.split())
"""What kernels call by its name alone."""

RESERVED = (
    frozenset(keyword.kwlist)
    | {
        "abs",
        "float",
        "math",
        "before",
        "binding",
        "cgutils",
        "control",
        "marked",
        "gemm",
        "ir",
        "intrinsic",
        "max",
        "min",
        "multiply",
        "njit",
        "np",
        "promise",
        "range",
        "restore",
        "types",
    }
    | MATHEMATICS
)


class Names:
    """Gives every thing one identifier that no other thing has; the same thing gets the same one again."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(RESERVED) | set(reserved)
        self._names: dict[Hashable, str] = {}

    def of(self, thing: Hashable, hint: str) -> str:
        """The identifier of ``thing``; a new one resembles ``hint``."""
        if thing not in self._names:
            self._names[thing] = self._unused(hint)
        return self._names[thing]

    def inner(self) -> Names:
        """Names for use beside these; what they give out is free again elsewhere."""
        return Names(self._taken)

    def _unused(self, hint: str) -> str:
        stem = re.sub(r"\W", "_", hint.replace("dC/d", "d"))
        stem = stem if stem.isidentifier() else f"v_{stem}"
        name, k = stem, 0
        while name in self._taken:
            k += 1
            name = f"{stem}_" if k == 1 else f"{stem}_{k}"
        self._taken.add(name)
        return name
