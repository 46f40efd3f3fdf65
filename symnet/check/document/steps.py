"""One step of a chain of equalities: is this side equal to that one, in this network?

Derivatives of the cost go to :func:`symnet.check.verdict.check`, which also says what went wrong; everything else is
read and decided by the same reader and decider.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from symnet.algebra.expressions import Axis, Expr, Tensor, refs
from symnet.check.decide.decide import decide
from symnet.check.decide.points import laboratory
from symnet.check.decide.witness import Witness
from symnet.check.document.findings import Evidence
from symnet.check.document.sides import Layers, Side, Subject, narrowed, readings, with_sum_index
from symnet.check.read.reading import Reading, Syntax, read
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.symbols import target as target_of
from symnet.check.report import SHOWN
from symnet.check.user_names import names_of
from symnet.check.verdict import ORDER, SECONDS, Proof, Verdict, check
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.notation import Notation, notation
from symnet.render.document import Part


@dataclass(frozen=True)
class Compared:
    """A verdict on one side, with what it assumes: a sum's index completed, or another convention of matrices."""

    verdict: Verdict
    target: Target
    sum_index: str = ""
    element: str = ""
    """The index of the other side's elements, where this one is a whole without an index."""
    convention: str = ""
    loose: bool = False
    """Whether it is called wrong for the shape of a matrix product alone, which habits differ in."""

    @property
    def right(self) -> bool | None:
        """Whether both sides are equal."""
        return self.verdict.right


def compared(
    targets: Sequence[Target], text: str, subject: Subject, syntax: Syntax, seed: int = 0, plain: bool = False
) -> Compared:
    """A side beside every reading of the other one; the reading under which it is right counts.

    ``plain`` leaves out the conventions that may be meant.
    """
    found: list[Compared] = []
    for target in targets:
        one = _compared(target, text, subject, syntax, seed)
        if one.right:
            return replace(one, element=_element(target, text, subject, syntax))
        found.append(one)
    meant = [] if plain else list(_by_meaning(targets, text, subject, syntax, seed))
    for one in [*meant, *([] if plain else _otherwise(targets, text, subject, syntax, seed))]:
        if one.right:
            return one
    if meant and all(one.right is False for one in meant):
        return min(meant, key=_preference)
    return min(found, key=_preference)


def _element(target: Target, text: str, subject: Subject, syntax: Syntax) -> str:
    """The index that a side has and the other one, a whole, lacks: ∂C/∂h = … ∂z/∂h_j."""
    first = target.concrete()[0]
    if first.form != "matrix" or first.letters:
        return ""
    own = [one.concrete()[0] for one in readings(text, subject, syntax)]
    if not own or any(not one.letters or one.row is not None or one.column is not None for one in own):
        return ""
    return ", ".join(own[0].letters)


def _preference(one: Compared) -> int:
    """Which of several readings that are not right is told of: one that could not be decided accuses nobody."""
    verdict = one.verdict
    if verdict.status == "undecided":
        return 0
    if verdict.status == "different":
        return 1 if verdict.counterexample else 2
    return 3


def _by_meaning(
    targets: Sequence[Target], text: str, subject: Subject, syntax: Syntax, seed: int
) -> Iterator[Compared]:
    """The side with one meaning for each symbol of several, b_2 the second bias or the second layer's."""
    for vocabulary in narrowed(text, subject.vocabulary, syntax):
        one_meaning = Subject(subject.name, subject.network, vocabulary)
        for target in targets:
            yield _compared(target, text, one_meaning, syntax, seed)


def _otherwise(targets: Sequence[Target], text: str, subject: Subject, syntax: Syntax, seed: int) -> Iterator[Compared]:
    for target in targets:
        first = target.concrete()[0]
        completed = with_sum_index(text, tuple(first.letters))
        if completed is not None:
            one = _compared(target, completed[0], subject, syntax, seed)
            yield replace(one, sum_index=completed[1])
        if first.form == "matrix" and not isinstance(target, Layers):
            yield from _by_other_convention(target, text, subject, syntax, seed)


def _by_other_convention(target: Target, text: str, subject: Subject, syntax: Syntax, seed: int) -> Iterator[Compared]:
    """The side with weights, or samples, lying the other way than the network's file says."""
    own = notation(subject.network.notation)
    orientation = "units x inputs" if own.orientation == "inputs x units" else "inputs x units"
    layout = "columns" if own.layout == "rows" else "rows"
    for changes, name in (({"orientation": orientation}, orientation), ({"layout": layout}, f"samples in {layout}")):
        other = _noted(subject.network, tuple(subject.vocabulary.names.items()), own.with_(**changes))
        for again in _again(target, other, syntax):
            one = _compared(again, text, other, syntax, seed)
            if one.right:
                yield replace(one, convention=name)


def _again(side: Target, subject: Subject, syntax: Syntax) -> Sequence[Target]:
    """The same side in another notation."""
    if isinstance(side, Side):
        return readings(side.wrt, subject, syntax)
    try:
        return [target_of(subject.network, side.wrt, subject.vocabulary)]
    except SymnetError:
        return []


@lru_cache(maxsize=64)
def _noted(network: Network, names: tuple[tuple[str, str], ...], notation: Notation) -> Subject:
    """The network in another notation."""
    other = Network(
        network.inputs,
        *network.layers,
        cost=network.cost,
        regulariser=network.regulariser,
        samples=network.samples,
        notation=notation,
    )
    return Subject("", other, Vocabulary(other, dict(names)))


def _compared(target: Target, text: str, subject: Subject, syntax: Syntax, seed: int) -> Compared:
    each = target.concrete()
    if not isinstance(each[0], Side):
        verdict = _checked(target, text, subject, syntax, seed)
        if verdict is not None and (verdict.status != "not understood" or verdict.expr is None):
            return Compared(verdict, target)
        # it names the derivative itself: a definition, not an answer
    start = time.monotonic()
    found: list[Compared] = []
    for one in each:
        side = one if isinstance(one, Side) else _as_side(one)
        reading = read(subject.network, text, side, syntax=syntax, names=subject.vocabulary)
        left = SECONDS - (time.monotonic() - start)
        found.append(_decided(side, reading, subject, text, seed, left))
    understood = [one for one in found if one.verdict.status != "not understood"]
    return max(understood or found[:1], key=lambda one: ORDER.index(one.verdict.status))


def _checked(target: Target, text: str, subject: Subject, syntax: Syntax, seed: int) -> Verdict | None:
    """The verdict on a derivative; None where what it is by cannot be named again, as a diagnosis wants."""
    try:
        return check(subject.network, target, text, syntax=syntax, names=subject.vocabulary, seed=seed)
    except SymnetError:
        return None


def _as_side(target: Target) -> Side:
    """A derivative of the cost as any other side, which may be equal to itself."""
    own = {f.name: getattr(target, f.name) for f in fields(Target) if f.name != "tensor"}
    return Side(**own, tensor=Tensor("side", target.axes), expr=target.truth, kind="derivative")


def _decided(side: Side, reading: Reading, subject: Subject, text: str, seed: int, seconds: float) -> Compared:
    blank = Verdict(
        subject.network, side.wrt, text, "undecided", reading=reading.shown, alternatives=reading.alternatives,
        expr=reading.expr, asked=side, seed=seed, position=reading.position,
    )  # fmt: skip
    if reading.status in ("not understood", "ambiguous"):
        return Compared(replace(blank, status="not understood", message=f"not understood: {reading.message}"), side)
    if reading.status == "shape":
        verdict = replace(blank, status="different", message=reading.message)
        return Compared(verdict, side, loose=not (reading.free or "runs over" in reading.message))
    if reading.expr is None or seconds < 0.05:
        return Compared(replace(blank, message="there was no time left to decide"), side)
    axes = tuple(dict.fromkeys((*side.axes, *side.truth.axes, *reading.expr.axes)))
    decision = decide(subject.network, side.truth, reading.expr, axes, seed=seed, seconds=seconds)
    proof = Proof(decision.method, decision.error_bound, decision.sample_counts)
    blank = replace(blank, status=decision.status, proof=proof, assumptions=decision.assumptions)
    if decision.status == "undecided":
        return Compared(replace(blank, message=f"not decided: {decision.method}"), side)
    if decision.status == "different" and decision.witness is not None:
        blank = replace(blank, counterexample=_rows(decision.witness, side, reading.expr))
    return Compared(blank, side)


def _rows(witness: Witness, side: Side, answer: Expr) -> Evidence:
    """The numbers of a witness that matter, and at the end what both sides come to."""
    network = side.vocabulary.network
    values = [value for value in witness.values if value[0] in _used(network, side.truth, answer)]
    names = names_of(network, side)
    if witness.sizes.get("n", 1) > 1:
        names = replace(names, notation=names.notation.with_samples_marked(network.depth))
    rows: list[tuple[Part, Part]] = [(names.element(of, at), str(value)) for of, at, value in values[:SHOWN]]
    if len(values) > SHOWN:
        rows.append(("…", f"{len(values) - SHOWN} more"))
    place = ", ".join(
        f"{letter} = {k}"
        for axis, k in zip(side.axes, witness.index, strict=False)
        for letter, own in side.letters.items()
        if own == axis
    )
    where = f" for {place}" if place else ""
    ends: tuple[tuple[Part, Part], ...] = (
        (f"the left side{where}", witness.truth),
        (f"the right side{where}", witness.answer),
    )
    return (*rows, *ends)


def _used(network: Network, *sides: Expr) -> set[Tensor]:
    """Everything that the sides depend on."""
    definitions = laboratory(network).definitions
    found: set[Tensor] = set()
    todo = [ref.tensor for side in sides for ref in refs(side)]
    while todo:
        tensor = todo.pop()
        if tensor not in found:
            found.add(tensor)
            todo += [ref.tensor for ref in refs(definitions[tensor].right)] if tensor in definitions else []
    return found


def same(first: Verdict, second: Verdict, subject: Subject, axes: tuple[Axis, ...], seed: int) -> bool:
    """Whether two sides are equal to each other, whatever they should be equal to."""
    if first.expr is None or second.expr is None:
        return False
    every = tuple(dict.fromkeys((*axes, *first.expr.axes, *second.expr.axes)))
    status = decide(subject.network, first.expr, second.expr, every, seed=seed, seconds=SECONDS).status
    return status in ("proved", "equal")
