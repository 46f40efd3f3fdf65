"""Wrong answers that a slip leads to: what Moodle questions are tested with, and what they say to each.

Those of formulas are here: the checker's altered derivations.  No two of one part have the same value, and none has
that of the right answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import sympy as sp

from symnet.algebra.expressions import Equation, Expr, inline
from symnet.check.explain.alter import written_out
from symnet.check.explain.catalogue import Catalogue, catalogue
from symnet.check.explain.change import Alteration
from symnet.check.explain.diagnose import Diagnosis
from symnet.check.explain.sentences import explanation
from symnet.check.kept import Kept
from symnet.check.read.symbols import Target, target, vocabulary_of
from symnet.check.user_names import names_of
from symnet.errors import SymnetError
from symnet.exercises.export.maxima import COUNT, STEP, TOTAL, Beyond, Spelling
from symnet.exercises.variant import Formula
from symnet.network import Network
from symnet.render.document import Part as Piece

MOST = 6
"""Slips that a question looks for."""

POINTS = 2
SAMPLES = 3
APART = 1e-6
"""Values that differ by less than this part of themselves are taken for equal."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A wrong answer as sympy, its kind, and what is said to whoever gives it."""

    kind: str
    value: sp.Expr
    why: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Numbers for everything that a formula may name: what all samples share, and what each of them has."""

    shared: dict[sp.Symbol, sp.Rational]
    samples: tuple[dict[sp.Symbol, sp.Rational], ...]


@dataclass(frozen=True)
class Decided:
    """A formula that Maxima can decide on: how it is spelled, the right answer in two forms, slips, and points."""

    spelling: Spelling
    right: sp.Expr
    chain: sp.Expr
    slips: tuple[Slip, ...]
    points: tuple[Point, ...]


def target_of(answer: Formula) -> Target:
    """What is asked for.  Raises SymnetError where the network has no such quantity."""
    if isinstance(answer.wrt, Target):
        return answer.wrt
    return target(answer.network, answer.wrt, vocabulary_of(answer.network, answer.names))


_decided: Kept[Decided] = Kept(128)


def decided(answer: Formula) -> Decided:
    """The formula with all that a STACK question needs.  Raises Beyond where Maxima cannot decide on it."""
    asked = target_of(answer)
    if asked.layers or asked.axes or answer.form == "matrix":
        raise Beyond(f"{asked.wrt} stands for several elements; ask for one of them")
    return _decided.get(answer.network, lambda: _made(answer.network, asked), (asked.tensor, asked.index))


def _made(network: Network, asked: Target) -> Decided:
    known = catalogue(network, asked.tensor, asked.index)
    spelling = Spelling(network)
    right = spelling.expression(without_adjoints(known.derivation[-1].forms[-1], known))
    chain = spelling.expression(without_adjoints(known.truth, known))
    points = tuple(_point(spelling, number) for number in range(POINTS))
    taken = [_values(right, spelling, points)]
    slips = []
    names = names_of(network, asked)
    members = (member for group in known.groups() for member in group.members)
    for altered in by_kind(sorted(members, key=lambda one: one.rank)):
        try:
            value = spelling.expression(without_adjoints(written_out(altered, known.derivation), known))
            found = _values(value, spelling, points)
        except (SymnetError, TypeError, ValueError, ZeroDivisionError):
            continue
        if any(_alike(found, other) for other in taken):
            continue
        taken.append(found)
        why = explanation(Diagnosis(altered.kind, altered.detail, altered), names)
        slips.append(Slip(altered.kind, value, tuple(why)))
        if len(slips) == MOST:
            break
    return Decided(spelling, right, chain, tuple(slips), points)


def without_adjoints(expr: Expr, known: Catalogue) -> Expr:
    """The formula with the derivatives of the cost that it names worked out and simplified."""
    for line in reversed(known.derivation[:-1]):
        if line.target.role == "adjoint":
            expr = inline(expr, Equation(line.target, line.forms[-1]))
    return expr


def by_kind(slips: Iterable[Alteration]) -> Iterator[Alteration]:
    """The slips, one of each kind first; those of no kind last in each round."""
    queues: dict[str, list[Alteration]] = {}
    for one in slips:
        queues.setdefault(one.kind, []).append(one)
    kinds = sorted(queues, key=lambda kind: (kind == "other", queues[kind][0].rank, kind))
    for place in range(max(map(len, queues.values()), default=0)):
        yield from (queues[kind][place] for kind in kinds if place < len(queues[kind]))


def _point(spelling: Spelling, number: int) -> Point:
    rng = Random(f"a point of a question {number}")
    shared, own = spelling.given
    samples = SAMPLES if spelling.network.sample_axes else 1

    def drawn(low: int = -12, high: int = 12) -> sp.Rational:
        return sp.Rational(rng.choice([k for k in range(low, high + 1) if k % 7 and k]), 7)

    return Point({s: drawn() for s in shared}, tuple({s: drawn() for s in own} for _ in range(samples)))


def _values(expr: sp.Expr, spelling: Spelling, points: Sequence[Point]) -> list[float]:
    return [value_at(expr, spelling, point) for point in points]


def value_at(expr: sp.Expr, spelling: Spelling, point: Point) -> float:
    """The value of a formula at a point, as the question's own Maxima code works it out.

    Raises ValueError where it has none.
    """
    for symbol, definition in spelling.definitions.items():
        expr = expr.xreplace({symbol: definition})
    shared = {**point.shared, COUNT: sp.Integer(len(point.samples))}
    expr = expr.xreplace(shared)

    def numbers(e: sp.Expr) -> sp.Expr:
        e = e.replace(STEP, lambda u: sp.Piecewise((1, u > 0), (0, True)))
        for name, function in spelling.functions.items():
            e = e.replace(sp.Function(name, real=True), function)
        return sp.N(e)

    expr = expr.replace(TOTAL, lambda body: sp.Add(*(numbers(body.xreplace(sample)) for sample in point.samples)))
    if len(point.samples) == 1:
        expr = expr.xreplace(point.samples[0])
    found = numbers(expr)
    if not (found.is_Float or found.is_Integer) or not found.is_finite:
        raise ValueError(f"{expr} has no value")
    return float(found)


def _alike(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(abs(x - y) <= APART * (1 + abs(y)) for x, y in zip(a, b, strict=True))
