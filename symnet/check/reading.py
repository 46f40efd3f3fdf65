"""Reading an answer: text, tree, every way to read it, and the one expression that it says, in the target's indices.

An answer that can be read in two ways of different value is ambiguous: both are shown, none is chosen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from symnet.algebra.expressions import Axis, Expr, Size, Tensor, refs, walk
from symnet.algebra.interpret import evaluate
from symnet.check.latex import parse_latex
from symnet.check.letters import Choices
from symnet.check.placing import Placed, place
from symnet.check.python import parse_python
from symnet.check.resolve import Resolver
from symnet.check.shapes import ShapeError
from symnet.check.shown import shown
from symnet.check.symbols import Target, Vocabulary
from symnet.check.syntax import MAX_SECONDS, Call, Index, Node, NotUnderstood, Number, Product, Relation, checked, walk as nodes
from symnet.network import Network
from symnet.render import display

Status = Literal["read", "not understood", "ambiguous", "shape"]
Syntax = Literal["auto", "latex", "python"]
MAX_WAYS = 32


@dataclass(frozen=True)
class Reading:
    """What an answer says.

    ``status`` "read": ``expr`` is the answer in the target's indices.  "shape": it is understood, but has another
    shape than the target, a free index (``free``), or a product that does not fit.  Then ``expr`` is its value where
    there is one at all sizes, ``transposed`` its value once transposed (or with its indices exchanged) where that has
    the target's shape, and ``square`` a value that exists only where the sizes that were confused are equal.
    ``shape`` and ``needed`` are rows and columns; ``circular`` says that the answer names what was asked for.
    """

    status: Status
    expr: Expr | None = None
    message: str = ""
    position: int | None = None
    shape: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    transposed: Expr | None = None
    square: Expr | None = None
    free: tuple[str, ...] = ()
    shown: display.Node | None = None
    alternatives: tuple[display.Node, ...] = ()
    circular: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the answer: where it leads, and how it looks."""

    placed: Placed
    resolver: Resolver

    @property
    def rank(self) -> int:
        """How good a reading it is: as asked for, with a value, of another shape."""
        found = self.placed
        if not found.notes:
            return 3
        values = (found.expr, found.transposed, found.square)
        beside = bool(found.free) and self.resolver.target.form == "matrix"
        return 2 if any(value is not None for value in values) and not beside else 1


def read(
    network: Network,
    answer: str,
    target: Target,
    *,
    syntax: Syntax = "auto",
    names: Vocabulary | None = None,
) -> Reading:
    """The answer as an expression over the network's tensors, in the indices of ``target``.

    Nothing of the text is executed.  Never raises for a text: what cannot be read is "not understood".
    """
    vocabulary = names or target.vocabulary
    deadline = time.monotonic() + MAX_SECONDS
    try:
        checked(answer)
        failure: NotUnderstood | None = None
        for python in _grammars(answer, syntax):
            try:
                return _read(answer, target, vocabulary, python, deadline)
            except NotUnderstood as error:
                failure = failure or error
        assert failure is not None
        return Reading("not understood", None, failure.message, failure.position)
    except NotUnderstood as error:
        return Reading("not understood", None, error.message, error.position)
    except RecursionError:
        return Reading("not understood", None, "the answer is nested too deeply; simplify it")


def read_layers(
    network: Network, answer: str, target: Target, *, syntax: Syntax = "auto", names: Vocabulary | None = None
) -> tuple[tuple[Target, Reading], ...]:
    """The reading at every layer that a target of a generic layer l stands for.

    Layers for which the answer speaks of none that exists (l+1 of the last one) are left out.
    """
    found = [(t, read(network, answer, t, syntax=syntax, names=names)) for t in target.concrete()]
    understood = [pair for pair in found if pair[1].status != "not understood"]
    return tuple(understood or found[:1])


def _grammars(answer: str, syntax: Syntax) -> Sequence[bool]:
    if syntax != "auto":
        return (syntax == "python",)
    if "\\" in answer or re.search(r"[_^]\{|\^", answer):
        return (False,)
    if re.search(r"\*|@|\[|\bnp\.|[A-Za-z]\w*\(|\.T\b", answer):
        return (True, False)
    return (False, True)


def _read(answer: str, target: Target, vocabulary: Vocabulary, python: bool, deadline: float) -> Reading:
    tree = parse_python(answer) if python else parse_latex(answer, vocabulary.words)
    tree = _right_side(tree, target, vocabulary, python)
    ways = list(_ways(tree, target, vocabulary, python, deadline))
    best = max(way.rank for way in ways)
    kept = [way for way in ways if way.rank == best]
    if best == 3:
        different = _different(kept)
        if len(different) > 1:
            nodes_shown = tuple(shown(tree, way.resolver) for way in different[:4])
            return Reading(
                "ambiguous", None, "the answer can be read in two ways that differ; write brackets",
                tree.at, alternatives=nodes_shown, needed=target.shape,
            )  # fmt: skip
    way = kept[0]
    found = way.placed
    transposed = next((w.placed.transposed for w in ways if w.placed.transposed is not None), None)
    message, position = found.notes[0] if found.notes else ("", None)
    return Reading(
        "shape" if found.notes else "read",
        found.expr, message, position, found.shape, target.shape if target.form == "matrix" else (),
        transposed if found.notes else None, found.square, found.free, shown(tree, way.resolver),
        circular=found.expr is not None and any(r.tensor.of == target.tensor for r in refs(found.expr)),
    )  # fmt: skip


def _right_side(tree: Node, target: Target, vocabulary: Vocabulary, python: bool) -> Node:
    """The right side, where the left one is the derivative that is asked for."""
    if not isinstance(tree, Relation) or tree.signs != ("=",):
        return tree
    try:
        left = place(Resolver(vocabulary, target, Choices(), python), tree.operands[0])
    except (NotUnderstood, ShapeError):
        left = None
    if left is None or left.expr != target.truth:
        raise NotUnderstood("an equation was given; give the derivative itself", tree.at)
    return tree.operands[1]


def _ways(tree: Node, target: Target, vocabulary: Vocabulary, python: bool, deadline: float) -> Iterator[_Way]:
    """Every way to read the tree; the first error where there is none."""
    numpy = python and any(
        (isinstance(n, Product) and "@" in n.signs) or (isinstance(n, Call) and n.head in _NUMPY) for n in nodes(tree)
    )
    todo: list[dict[str, int]] = [{}]
    done: set[tuple[tuple[str, int], ...]] = set()
    error: Exception | None = None
    found = 0
    while todo and len(done) < MAX_WAYS:
        taken = todo.pop(0)
        key = tuple(sorted((k, v) for k, v in taken.items() if v))
        if key in done:
            continue
        done.add(key)
        choices = Choices(taken)
        resolver = Resolver(vocabulary, target, choices, python, numpy, _from_zero(tree), deadline)
        try:
            placed = place(resolver, tree)
            found += 1
            yield _Way(placed, resolver)
            if placed.notes and target.letters and resolver.work.forced:
                choices.pick("letters by use")
        except (NotUnderstood, ShapeError) as problem:
            if error is None or (isinstance(problem, ShapeError) and not isinstance(error, ShapeError)):
                error = problem
        todo += [{**taken, name: way} for name, ways in choices.seen.items() if name not in taken for way in range(ways)]
    if found:
        return
    if isinstance(error, ShapeError):
        yield _Way(Placed(None, ((error.message, error.position),)), resolver)
        return
    assert isinstance(error, NotUnderstood)
    raise error


_NUMPY = frozenset("dot outer matmul multiply where maximum minimum .dot .sum".split())


def _from_zero(tree: Node) -> bool | None:
    """Whether numbers in brackets count from 0, where the answer shows it."""
    numbers = [
        item.text for n in nodes(tree) if isinstance(n, Index) for item in n.items if isinstance(item, Number)
    ]
    return True if "0" in numbers else None


def _different(ways: Sequence[_Way]) -> list[_Way]:
    """The ways whose values differ from each other's, at random numbers."""
    out: list[_Way] = []
    for way in ways:
        if not any(_equal(way.placed.expr, other.placed.expr) for other in out):
            out.append(way)
    return out


def _equal(a: Expr | None, b: Expr | None) -> bool:
    if a == b or a is None or b is None:
        return a == b
    both = (a, b)
    axes = tuple(dict.fromkeys(axis for e in both for axis in e.axes))
    tensors = dict.fromkeys(r.tensor for e in both for r in refs(e))
    environment = _environment(tensors, axes, both)
    one, other = (evaluate(e, environment, axes) for e in both)
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))


def _environment(tensors: dict[Tensor, None], axes: Sequence[Axis], exprs: Sequence[Expr]) -> dict[Tensor, np.ndarray]:  # type: ignore[type-arg]
    random = np.random.default_rng(1)
    used = [n.axis for e in exprs for n in walk(e) if isinstance(n, Size)]
    symbolic: dict[int | str, int] = {}

    def length(axis: Axis) -> int:
        return axis.size if isinstance(axis.size, int) else symbolic.setdefault(axis.size, 3 + len(symbolic))

    out = {t: random.uniform(0.2, 0.9, tuple(length(a) for a in t.axes)) for t in tensors}
    known = {a.name.rstrip("'") for t in tensors for a in t.axes}
    for axis in (*axes, *used):
        base = Axis(axis.name.rstrip("'"), axis.size)
        if base.name not in known:
            known.add(base.name)
            out[Tensor(f"_{base.name}", (base,))] = np.zeros(length(base))
    return out

