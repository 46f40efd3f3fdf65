"""One answer checked: read, compared with the derivation, and diagnosed where it is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from symnet.algebra.expressions import Axis, Expr
from symnet.check.alter import lines
from symnet.check.decide import Decision, decide
from symnet.check.diagnose import Diagnosis, diagnose
from symnet.check.reading import Reading, read
from symnet.check.report import explanation, names_of, plain, report
from symnet.check.symbols import Target, target
from symnet.network import Network
from symnet.render.display import Node
from symnet.render.document import Part

Status = Literal["proved", "equal", "different", "undecided", "not understood"]

SECONDS = 2.0
"""How long one answer may take in all."""


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer.

    ``right`` is True (proved, or equal up to ``error_bound``), False, or None where nothing could be decided.
    ``reading`` is what the answer was read as, ``alternatives`` the readings between which it does not choose.
    ``witness`` is a table of (quantity, value) at which the answer fails, both sides last.
    """

    network: Network
    wrt: str
    answer: str
    status: Status
    message: str
    reading: Node | None = None
    alternatives: tuple[Node, ...] = ()
    position: int | None = None
    diagnosis: Diagnosis | None = None
    witness: tuple[tuple[Part, Part], ...] = ()
    assumptions: tuple[str, ...] = ()
    method: str = ""
    error_bound: float = 0.0
    sample_counts: tuple[int, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    expr: Expr | None = field(default=None, repr=False)
