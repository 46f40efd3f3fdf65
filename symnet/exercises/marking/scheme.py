"""How a teacher marks: what share of the marks a slip leaves, and what is right by wrong earlier results.

::

    [marking]
    follow = 1          # a later part that is right by the student's own earlier results gets all its marks
    step = 0.5          # marks are rounded to halves
    [marking.shares]    # by kind of slip, or finer, by its detail
    sign = 0.5
    bias_missing = 0.75
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from symnet.check.explain.sentences import SENTENCES
from symnet.errors import SymnetError, unknown
from symnet.exercises.template import MAX_BYTES, Template
from symnet.files import read_text

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "factor": "a constant factor is wrong or missing",
        "sign": "a sign is wrong",
        "swapped_y_yhat": "prediction and target are exchanged",
        "wrong_normalisation": "the normalisation 1/n is wrong or missing",
        "missing_sum": "a sum is missing",
        "missing_chain_factor": "a factor of the chain rule is missing",
        "missing_activation_derivative": "the derivative of the activation is missing",
        "wrong_index": "an index is wrong",
        "wrong_layer": "a quantity of another layer was taken",
        "transpose": "a matrix is transposed",
        "arithmetic": "set up rightly, but reckoned wrong",
        "rounding": "rounded too much, or too early",
        "other_quantity": "the value of another quantity",
        "old_values": "the value before the step",
        "wrong_choice": "another option",
        "shape": "another shape",
        "other": "something else",
    }
)
"""The kinds of slips in words.  The first are the checker's, the last those of numbers, shapes and choices."""

DETAILS = frozenset(SENTENCES) | {"step_uphill", "rate_missing", "only_the_step", "not_updated"}


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a slip leaves of the marks (``shares``, by detail or kind; none otherwise), what following through is worth
    (``follow``), and to what ``step`` marks are rounded, downwards."""

    shares: Mapping[str, float] = field(default_factory=dict)
    follow: float = 1.0
    step: float = 0.5

    def of_slip(self, marks: int, kind: str | None, detail: str | None = None) -> float:
        """The marks that an answer with this slip gets."""
        share = self.shares.get(detail or "", self.shares.get(kind or "", 0.0))
        return self._rounded(marks * share)

    def of_following(self, marks: int) -> float:
        """The marks for a part that is right by the student's own earlier results."""
        return self._rounded(marks * self.follow)

    def _rounded(self, marks: float) -> float:
        return round(math.floor(marks / self.step + 1e-9) * self.step, 6)


def scheme_of(template: Template) -> Scheme:
    """The scheme under ``[marking]`` of a template.  Raises SymnetError for what is none."""
    return scheme(tomllib.loads(template.text).get("marking", {}), template.name)


def scheme_in(path: Path) -> Scheme:
    """The scheme in a file of its own, under ``[marking]`` or at its top.  Raises SymnetError for what is none."""
    try:
        table = tomllib.loads(read_text(path, MAX_BYTES))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SymnetError(f"{path}: {error}; mend the TOML") from None
    return scheme(table.get("marking", table), str(path))


def scheme(table: Any, where: str) -> Scheme:
    """The scheme in a ``[marking]`` table; ``where`` names its file.

    Raises SymnetError, naming the key, for what is no scheme.
    """
    if not isinstance(table, Mapping):
        raise SymnetError(f"{where}: marking is no table; write [marking] and below it follow, step or shares")
    for key in table:
        if key not in ("shares", "follow", "step"):
            raise SymnetError(f"{where}: {unknown('key of [marking]', str(key), ('shares', 'follow', 'step'))}")
    shares = table.get("shares", {})
    if not isinstance(shares, Mapping):
        raise SymnetError(f"{where}: marking.shares is no table; write [marking.shares] and below it sign = 0.5")
    for kind in shares:
        if kind not in KINDS and kind not in DETAILS:
            raise SymnetError(f"{where}: {unknown('kind of slip', str(kind), [*KINDS, *sorted(DETAILS)])}")
    step = _share(table.get("step", 0.5), f"{where}: marking.step")
    if step == 0:
        raise SymnetError(f"{where}: marking.step is 0, expected a number such as 0.5")
    return Scheme(
        {str(kind): _share(share, f"{where}: marking.shares.{kind}") for kind, share in shares.items()},
        _share(table.get("follow", 1), f"{where}: marking.follow"),
        step,
    )


def _share(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SymnetError(f"{what} is {value!r}, expected a number from 0 to 1")
    return float(value)
