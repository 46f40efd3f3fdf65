"""An exercise as one student gets it: what is given, what is asked, the answers, and how each is reached.

A variant is made by :mod:`symnet.exercises.make`; sheets, notebooks, Moodle questions, marking and the practice page
read it and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symnet.check.read.symbols import Target
from symnet.network import Network
from symnet.render.document import Block
from symnet.render.document import Part as Piece


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula is asked for: ``wrt`` is a partial derivative as :func:`symnet.check` takes it, ``wrt="w_1"``, or a
    target with a truth of its own (a factor of the chain, the derivative of an activation).

    ``names`` is the ``[names]`` table that answers are read with, ``form`` what the question asks for ("scalar",
    "index" or "matrix"); a right answer in another form is right.
    """

    network: Network
    wrt: str | Target
    form: str = "scalar"
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """A number is asked for.  ``exact`` is a Rational, or a Float of many digits where exp and ln come in.

    A decimal answer is right if it is within ``tolerance`` of it, absolutely; a fraction, if it is the number.
    """

    exact: sp.Expr
    tolerance: sp.Rational


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a quantity is asked for, rows × columns."""

    rows: int | str
    columns: int | str


@dataclass(frozen=True, slots=True)
class Option:
    """What may be ticked.  A wrong one says by which slip it is reached: the ``kind`` of a diagnosis, and why."""

    shown: tuple[Piece, ...]
    right: bool
    kind: str | None = None
    why: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options, or one of several numbered lines (``lines``: find the line that is wrong)."""

    options: tuple[Option, ...]
    lines: bool = False

    @property
    def right(self) -> int:
        """The place of the right option, from 0."""
        return next(place for place, option in enumerate(self.options) if option.right)


Answer = Formula | Value | Shape | Choice


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked, with its marks.

    ``asked`` is the question, ``label`` its letter ("a").  ``short`` is the answer in one line, ``solution`` the way to
    it in full, taken from the derivation.  ``hint`` says what to think of, without the answer.

    ``name`` is the quantity asked for as the network names it ("z1[2]", "w_1"), and ``uses`` the names of earlier parts
    that the way leads through: with follow-through a part is judged on the student's own results for those
    (:func:`symnet.exercises.make.followed`).
    """

    label: str
    asked: tuple[Piece, ...]
    answer: Answer
    marks: int
    short: tuple[Piece, ...]
    solution: tuple[Block, ...]
    hint: tuple[Piece, ...] = ()
    name: str = ""
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """The numbers of an exercise: data and parameters as exact numbers, nested as ``net.forward`` takes them.

    ``x`` and ``y`` are None where nothing is computed from them.  ``rate`` is the learning rate and ``steps`` how many
    steps of gradient descent are made.  Rounded values are shown to so many ``decimals``; ``decimal`` says that exact
    ones are written as decimals too, not as fractions.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    x: Any = None
    y: Any = None
    rate: sp.Rational | None = None
    steps: int = 0
    decimals: int = 3
    decimal: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """An exercise for one student.

    ``template`` is the name of its template and ``seed`` its number: together they give it again.  ``given`` is what
    stands above the questions: the network, the data, a derivation to look through.  ``difficulty`` counts what a
    solver has to do (arithmetic operations for numbers, factors and terms for formulas).  ``numbers`` are those that
    the answers are computed from, as far as they are numbers.
    """

    template: str
    seed: int
    title: str
    given: tuple[Block, ...]
    parts: tuple[Part, ...]
    difficulty: int
    network: Network | None = None
    numbers: Numbers | None = None

    @property
    def marks(self) -> int:
        """All marks that can be had."""
        return sum(part.marks for part in self.parts)
