"""What marking one answer found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy as sp

from symnet.render.display import Node
from symnet.render.document import Part as Piece

Status = Literal["right", "wrong", "undecided", "not understood", "empty"]


@dataclass(frozen=True, slots=True)
class Marked:
    """One answer marked.

    ``marks`` of ``out_of`` are what it gets; an answer that is undecided or not understood has none yet, and waits for
    a human (``open``).  ``kind`` and ``detail`` say by which slip a wrong answer is reached, under stable names.

    ``message`` is the verdict in a sentence, with no more than that; ``hint`` says what to think of, ``place`` where it
    went wrong and what it should be.  ``witness`` are numbers on which a formula fails.  ``reading`` is what the answer
    was read as, ``position`` the column where reading stopped.

    ``followed``: it is right by the student's own earlier results.  ``value`` is the number that was handed in.
    """

    status: Status
    marks: float
    out_of: int
    message: str
    kind: str | None = None
    detail: str | None = None
    hint: tuple[Piece, ...] = ()
    place: tuple[Piece, ...] = ()
    witness: tuple[tuple[Piece, Piece], ...] = ()
    reading: Node | None = None
    position: int | None = None
    followed: bool = False
    value: sp.Expr | None = None

    @property
    def right(self) -> bool | None:
        """Whether it is right, or None where that is not known."""
        return {"right": True, "wrong": False, "empty": False}.get(self.status)

    @property
    def open(self) -> bool:
        """Whether a human has to look at it."""
        return self.status in ("undecided", "not understood")
