"""Reading an answer: text, tree, every way to read it, and the one expression that it says, in the target's indices.

An answer that can be read in two ways of different value is ambiguous: both are shown, none is chosen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy.random  # noqa: F401  (numpy would load it while the decider looks at the first ambiguous text)

from symnet.algebra.expressions import Expr, refs
from symnet.check.decide.decide import decide
from symnet.check.read.letters import Choices
from symnet.check.read.placing import Placed, place
from symnet.check.read.printed import parse_printed
from symnet.check.read.python import parse_python
from symnet.check.read.resolve import Resolver
from symnet.check.read.shapes import ShapeError, described
from symnet.check.read.shown import shown
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.syntax import (
    MAX_SECONDS,
    Bars,
    Call,
    Index,
    Node,
    NotUnderstood,
    Number,
    Product,
    Relation,
    checked,
)
from symnet.check.read.syntax import walk as nodes
from symnet.network import Network
from symnet.render import display

Status = Literal["read", "not understood", "ambiguous", "shape"]
Syntax = Literal["auto", "latex", "python"]
Trees = Sequence[tuple[Node, ...]]
"""Ways to take a text apart, and for each the tree as it is grouped and, if that is another, as it is printed."""

Parsed = tuple[Trees, bool]
"""The trees of a text, and whether it is Python."""

MAX_WAYS = 32
SHOWN = 4
SECONDS_EQUAL = 0.3
_CODE = re.compile(
    r"\*|@|\w\[|\bnp\.|\.T\b|\b(sum|Sum|exp|log|tanh|sigma|sigmoid|Max|max|Heaviside|Piecewise|sqrt|abs|len|relu)\("
)


@dataclass(frozen=True)
class Reading:
    """What an answer says.

    ``status`` "read": ``expr`` is the answer in the target's indices.  "shape": it is understood, but has another
    shape than the target, a free index (``free``), or a product that does not fit.  Then ``expr`` is its value where
    there is one at all sizes, ``transposed`` its value once transposed (or with its indices exchanged) where that has
    the target's shape, ``square`` a value that exists only where the sizes that were confused are equal, and ``mapped``
    one that runs over other units than asked for, of which there are as many.
    ``shape`` and ``needed`` are rows and columns; ``circular`` says that the answer names what was asked for;
    ``assumed`` is what letters that were not declared are taken for.
    """

    status: Status
    expr: Expr | None = None
    message: str = ""
    position: int | None = None
    shape: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    transposed: Expr | None = None
    square: Expr | None = None
    mapped: Expr | None = None
    free: tuple[str, ...] = ()
    shown: display.Node | None = None
    alternatives: tuple[display.Node, ...] = ()
    circular: bool = False
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the answer: where it leads, and how it looks."""

    placed: Placed
    resolver: Resolver
    tree: Node

    @property
    def shown(self) -> display.Node:
        """The answer as it is read."""
        return shown(self.tree, self.resolver)

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
    deadline: float | None = None,
) -> Reading:
    """The answer as an expression over the network's tensors, in the indices of ``target``.

    Nothing of the text is executed.  Never raises for a text: what cannot be read is "not understood".
    """
    vocabulary = names or target.vocabulary
    deadline = time.monotonic() + MAX_SECONDS if deadline is None else deadline
    return _understood(lambda: _read(answer, _parsed(answer, syntax, vocabulary), target, vocabulary, deadline))


def _understood(reading: Callable[[], Reading]) -> Reading:
    """The reading, or what stands in its way."""
    try:
        return reading()
    except NotUnderstood as error:
        return Reading("not understood", None, error.message, error.position)
    except RecursionError:
        return Reading("not understood", None, "the answer is nested too deeply; simplify it")
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):  # a fault of ours is no verdict
        return Reading("not understood", None, "this could not be read; write it in another way")


def read_layers(
    network: Network, answer: str, target: Target, *, syntax: Syntax = "auto", names: Vocabulary | None = None
) -> tuple[tuple[Target, Reading], ...]:
    """The reading at every layer that a target of a generic layer l stands for.

    Layers for which the answer speaks of none that exists (l+1 of the last one) are left out.
    """
    vocabulary = names or target.vocabulary
    deadline = time.monotonic() + MAX_SECONDS
    targets = target.concrete()
    parsed: list[Parsed] = []

    def parse() -> Reading:
        parsed.append(_parsed(answer, syntax, vocabulary))
        return Reading("read")

    failed = _understood(parse)
    if not parsed:
        return ((targets[0], failed),)

    def reading(one: Target) -> Reading:
        return _understood(lambda: _read(answer, parsed[0], one, vocabulary, deadline))

    found = [(one, reading(one)) for one in targets]
    understood = [pair for pair in found if pair[1].status != "not understood"]
    return tuple(understood or found[:1])


def _grammars(answer: str, syntax: Syntax) -> Sequence[bool]:
    if syntax != "auto":
        return (syntax == "python",)
    if "\\" in answer or re.search(r"[_^]\{|\^", answer):
        return (False,)
    if _CODE.search(answer):
        return (True, False)
    return (False, True)


def _parsed(answer: str, syntax: Syntax, vocabulary: Vocabulary) -> Parsed:
    """The trees by the first grammar that knows the text, and whether that is Python's."""
    checked(answer)
    failure: NotUnderstood | None = None
    for python in _grammars(answer, syntax):
        try:
            return ([(parse_python(answer),)] if python else parse_printed(answer, vocabulary.words)), python
        except NotUnderstood as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _read(answer: str, parsed: Parsed, target: Target, vocabulary: Vocabulary, deadline: float) -> Reading:
    trees, python = parsed
    modules = re.search(r"\b(np|numpy|jnp|torch)\.", answer) is not None
    every: list[_Way] = []
    groups: list[list[list[_Way]]] = []  # by the pairing of the bars, then as grouped and as printed
    failure: NotUnderstood | None = None
    for variants in trees:
        group = []
        try:
            for tree in variants:
                right = _right_side(tree, target, vocabulary, python)
                ways = list(_ways(right, target, vocabulary, python, deadline, modules))
                best = max(way.rank for way in ways)
                group.append([way for way in ways if way.rank == best])
                every += ways
            groups.append(group)
        except NotUnderstood as error:
            failure = failure or error
    if not groups:
        assert failure is not None
        raise failure
    best = max(max(ways[0].rank for ways in group) for group in groups)
    found = [group for group in groups if max(ways[0].rank for ways in group) == best]
    if best == 3:
        alike = all(ways[0].rank == best for group in found for ways in group)
        different = _different([way for group in found for ways in group for way in ways], deadline)
        if len(different) > 1 or not alike:
            message = f"the answer can be read in two ways that differ: {_question(different)}"
            return Reading("ambiguous", None, message, alternatives=tuple(way.shown for way in different))
    way = found[0][-1][0]
    placed = way.placed
    transposed = next((w.placed.transposed for w in every if w.placed.transposed is not None), None)
    message, position = placed.notes[0] if placed.notes else ("", None)
    return Reading(
        "shape" if placed.notes else "read",
        placed.expr, message, position, placed.shape, target.shape if target.form == "matrix" else (),
        transposed if placed.notes else None, placed.square, placed.mapped, placed.free, way.shown,
        circular=_names(placed.expr, target, way.resolver),
        assumed=tuple(f"a sum to {k} is over all {described(a)}" for k, a in way.resolver.bounds.items()),
    )  # fmt: skip


def _names(expr: Expr | None, target: Target, resolver: Resolver) -> bool:
    """Whether an answer names what is asked for, or leaves that derivative to be carried out."""
    named = expr is not None and any(ref.tensor.of == target.tensor for ref in refs(expr))
    return named or target.tensor in resolver.operated


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


def _ways(
    tree: Node, target: Target, vocabulary: Vocabulary, python: bool, deadline: float, modules: bool = False
) -> Iterator[_Way]:
    """Every way to read the tree; the first error where there is none."""
    numpy = any(
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
        resolver = Resolver(vocabulary, target, choices, python, modules or numpy, _from_zero(tree), deadline)
        try:
            placed = place(resolver, tree)
            found += 1
            yield _Way(placed, resolver, tree)
            if placed.notes and target.letters and resolver.work.forced:
                choices.pick("letters by use")
        except (NotUnderstood, ShapeError) as problem:
            if error is None or (isinstance(problem, ShapeError) and not isinstance(error, ShapeError)):
                error = problem
        todo += [
            {**taken, name: way} for name, ways in choices.seen.items() if name not in taken for way in range(ways)
        ]
    if found:
        return
    if isinstance(error, ShapeError):
        yield _Way(Placed(None, ((error.message, error.position),)), resolver, tree)
        return
    assert isinstance(error, NotUnderstood)
    raise error


_NUMPY = ("dot", "outer", "matmul", "multiply", "where", "maximum", "minimum", ".dot", ".sum")


def _from_zero(tree: Node) -> bool | None:
    """Whether numbers in brackets count from 0, where the answer shows it."""
    numbers = [item.text for n in nodes(tree) if isinstance(n, Index) for item in n.items if isinstance(item, Number)]
    return True if "0" in numbers else None


_QUESTIONS = {
    "a/bc": "is a/bc meant as (a/b)c or as a/(bc)? write brackets",
    "f(x)": "is a bracket that follows a quantity its argument or a factor? write a sign between factors",
    "f ab": "is the function of one factor or of all that follow? write brackets",
    "∂ of": "is ∂/∂ of one factor or of all that follow? write brackets",
    "|v|": r"is |…| of a vector its norm or taken element by element? write \| for the norm",
    "⊙": "which comes first, ⊙ or the product beside it? write brackets",
    "*": "is * element by element or a matrix product? write @ for the latter",
    "first index": "has the first element index 0 or 1? write out which",
    "vectors": "are vectors columns or arrays of one dimension? write np.outer or @",
    "samples": "is a quantity without a sample that of one sample or of all? write the index",
    "layout of ∂": "which way does the derivative of a vector lie? write ⊤ or indices",
}


def _question(ways: Sequence[_Way]) -> str:
    """What has to be said for the ways to be one."""
    if ways[0].tree != ways[-1].tree:
        grouped = "braces print no brackets; write ( ) where brackets are meant"
        bars = any(isinstance(n, Bars) for n in nodes(ways[0].tree))
        return r"which bars belong together? write \lvert and \rvert" if bars else grouped
    first, second = (way.resolver.choices.taken for way in ways[:2])
    keys = [k for k in (*first, *second) if first.get(k, 0) != second.get(k, 0)]
    asked = [_QUESTIONS[k] for k in keys if k in _QUESTIONS]
    symbols = [k.removeprefix("symbol ") for k in keys if k.startswith("symbol ")]
    return asked[0] if asked else f"what is {symbols[0]}? write it otherwise" if symbols else "write brackets"


def _different(ways: Sequence[_Way], deadline: float) -> list[_Way]:
    """Up to ``SHOWN`` ways whose values differ from each other's."""
    out: list[_Way] = []
    for way in ways:
        if not any(_same(way, other, deadline) for other in out):
            out.append(way)
        if len(out) == SHOWN:
            break
    return out


def _same(one: _Way, other: _Way, deadline: float) -> bool:
    """Whether two ways have one value; where that cannot be decided in time they count as different."""
    a, b = one.placed.expr, other.placed.expr
    if a is None or b is None or a == b:
        return a == b
    target = one.resolver.target
    seconds = min(SECONDS_EQUAL, deadline - time.monotonic())
    if seconds <= 0:
        return False
    return decide(target.vocabulary.network, a, b, target.axes, seconds=seconds).status in ("proved", "equal")
