"""What a document says in two places, and whether it says the same: costs, weights' orientation, sample indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symnet.algebra.expressions import Tensor, refs
from symnet.check.document.costs import Known
from symnet.check.document.equations import Equation, Member
from symnet.check.document.findings import Finding
from symnet.check.document.judged import Judged, Step
from symnet.check.document.numbers import Given
from symnet.check.document.passages import Place
from symnet.check.document.sides import Subject, parsed
from symnet.check.read.declarations import axis_of, roles_of
from symnet.check.read.symbols import Vocabulary
from symnet.check.read.syntax import BigSum, Node, NotUnderstood, Relation, Symbol, walk
from symnet.check.user_names import names_of
from symnet.network import SAMPLES
from symnet.render.display import Name, Transpose
from symnet.render.display import Node as Shown
from symnet.render.document import Part


@dataclass(frozen=True)
class Written:
    """A cost that the document writes down somewhere."""

    equation: Equation
    member: int
    known: Known
    subject: Subject

    @property
    def is_equation(self) -> bool:
        """Whether it is said to be the cost, not only listed as one."""
        return len(self.equation.members) > 1


def normalisations(costs: Sequence[Written]) -> Iterator[Finding]:
    """A cost that is written with different factors: in equations, or in an equation and in none of a list of costs."""
    for family in dict.fromkeys(w.known.family for w in costs):
        own = [w for w in costs if w.known.family == family and not w.known.single]
        said = [w for w in own if w.is_equation]
        listed = [w for w in own if not w.is_equation]
        factors = {w.known.factor for w in said}
        if len(factors) < 2:
            if not said or not listed or factors & {w.known.factor for w in listed}:
                continue
            said = [listed[0], said[0]]
        first: dict[object, Written] = {}
        for written in sorted(said, key=lambda w: w.equation.number):
            first.setdefault(written.known.factor, written)
        one, *others = first.values()
        message: list[Part] = [f"{one.known.name} is written with different factors: ", one.known.shown, " here"]
        for other in others:
            message += [", ", other.known.shown, f" in {other.equation.place(other.member)}"]
        message.append("; derivatives differ by that factor")
        yield Finding(
            "remark", "cost", "normalisation", one.equation.place(one.member), one.equation.text, tuple(message),
            also=tuple(w.equation.place(w.member) for w in others),
        )  # fmt: skip


# -- which way weights lie -----------------------------------------------------------------------------------------


Telling = Callable[[Equation, Step, Judged], Finding]
"""How a step that does not hold is told of."""


def orientations(
    numbers: Sequence[Given], judged: Sequence[tuple[Equation, Judged]], many: bool, wrong: Telling
) -> Iterator[Finding]:
    """Weights that lie one way here and the other way there, or otherwise than the network's file says.

    What contradicts the file alone is a remark if the document says so in a definition, k = Wx; else it is wrong.
    """
    used = [(e, j, s) for e, j in judged for s in j.steps if s.holds]
    contrary = [use for use in used if _convention(use[2])]
    plain = [use for use in used if not _convention(use[2]) and _weights(use[1], use[2])]
    told: set[str] = set()
    for given in numbers:
        tensor = given.tensor
        if given.transposed is None or tensor is None or tensor.name in told:
            continue
        told.add(tensor.name)
        against = [use for use in (plain if given.transposed else contrary) if tensor in _weights(use[1], use[2])]
        with_it = [use for use in (contrary if given.transposed else plain) if tensor in _weights(use[1], use[2])]
        weight, _, lying = _sums(given, given.subject, tensor)
        said: tuple[Part, ...] = (
            weight, f" is given as {lying}, {_sizes(given)}, in {given.place}, but is used here as if it lay the "
            "other way; a transposition is missing or too many",
        )  # fmt: skip
        yield from (_clash(use, said, (given.place,), many, wrong) for use in against)
        if not against and not with_it:
            yield _lying(given, given.subject, tensor, many)
    rest = [use for use in contrary if not told & {t.name for t in _weights(use[1], use[2])}]
    usual = [use for use in plain if not told & {t.name for t in _weights(use[1], use[2])}]
    if rest and usual:
        fewer, more = (rest, usual) if len(rest) <= len(usual) else (usual, rest)
        places = tuple(e.place() for e, _, _ in more)
        said = (f"weights lie the other way in {places[0]}; a transposition is missing here or too many",)
        yield from (_clash(use, said, places, many, wrong) for use in fewer)
    elif rest and not any(step.kind == "definition" for _, _, step in rest):
        yield from (_clash(use, (), (), many, wrong) for use in rest)
    elif rest:
        yield _contrary(rest, many)


Use = tuple[Equation, Judged, Step]


def _contrary(uses: Sequence[Use], many: bool) -> Finding:
    """That the document has weights the other way than the file."""
    equation, one, step = uses[0]
    how = _convention(step)
    what = f"weights are written {how.replace(' x ', ' × ')}" if " x " in how else f"it is written with {how}"
    return Finding(
        "remark", "weights", "orientation", equation.place(), equation.text,
        (f"right if {what}; the network's file has it the other way",), network=_name(one.subject, many),
        also=tuple(dict.fromkeys(e.place() for e, _, _ in uses[1:])),
    )  # fmt: skip


def _clash(use: Use, said: tuple[Part, ...], also: tuple[Place, ...], many: bool, wrong: Telling) -> Finding:
    """What contradicts the rest: by its own diagnosis where it has one."""
    equation, judged, step = use
    if step.strict is not None and step.strict.holds is False:
        return replace(wrong(equation, step.strict, judged), also=also)
    if not said:
        return _contrary([use], many)
    return Finding(
        "wrong", "weights", "orientation", equation.place(step.member), equation.text, said,
        item=equation.written(step.member), network=_name(judged.subject, many), also=also,
    )  # fmt: skip


def _convention(step: Step) -> str:
    """The convention under which a step is right, if it is another than the file's."""
    return next((str(r.message[0]) for r in step.remarks if r.code == "convention"), "")


def _weights(judged: Judged, step: Step) -> set[Tensor]:
    """The weights that a step uses as a whole."""
    sides = [] if judged.base is None else [target.truth for target in judged.base.concrete()]
    if step.verdict is not None and step.verdict.expr is not None:
        sides.append(step.verdict.expr)
    found = {t for side in sides for ref in refs(side) for t in (ref.tensor.of or ref.tensor,)}
    return {t for t in found if t.role == "weight" and t.axes} if _whole(judged) else set()


def _whole(judged: Judged) -> bool:
    return judged.base is not None and judged.base.concrete()[0].form == "matrix"


def _name(subject: Subject | None, many: bool) -> str:
    return subject.name if many and subject is not None else ""


def _sizes(given: Given) -> str:
    return f"{len(given.rows)} × {len(given.rows[0])}"


def _sums(given: Given, subject: Subject, tensor: Tensor) -> tuple[Shown, Shown, str]:
    """The weights, the weights turned, and how they lie."""
    weight = names_of(subject.network).whole(tensor)
    lying = "units × inputs" if _inputs_first(subject) == bool(given.transposed) else "inputs × units"
    return weight, Transpose(weight, "T"), lying


def _inputs_first(subject: Subject) -> bool:
    return subject.vocabulary.notation.orientation == "inputs x units"


def _lying(given: Given, subject: Subject, tensor: Tensor, many: bool) -> Finding:
    weight, turned, lying = _sums(given, subject, tensor)
    source = names_of(subject.network).whole(subject.network.unit(tensor.layer - 1))
    first, second = (turned, weight) if lying == "inputs × units" else (weight, turned)
    message: tuple[Part, ...] = (
        weight, f" is given as {lying}, {_sizes(given)}: the weighted sums are ", first, " ", source, "; ",
        second, " ", source, " does not exist",
    )  # fmt: skip
    return Finding(
        "remark", "weights", "orientation", given.place, given.equation.text, message, network=_name(subject, many)
    )


# -- indices that a sum has and its terms lack ---------------------------------------------------------------------


def sample_indices(equation: Equation, member: Member, subject: Subject) -> Finding | None:
    """A sum over samples whose terms do not say which sample they are of."""
    if not subject.network.sample_axes:
        return None
    try:
        tree, _ = parsed(member.text, subject.vocabulary, equation.formula.syntax)
    except NotUnderstood:
        return None
    for node in walk(tree):
        if not isinstance(node, BigSum) or node.below is None:
            continue
        letter = _letter(node.below)
        if letter is None or letter in _scripts(node.body) or letter in _bare(subject.vocabulary):
            continue
        lacking = list(dict.fromkeys(_of_samples(node.body, subject.vocabulary)))
        if lacking:
            message: list[Part] = [f"the sum runs over {letter}, but nothing in it has this index; it should be on "]
            for k, name in enumerate(lacking):
                message += [", " if 0 < k < len(lacking) - 1 else " and " if k else "", name]
            place = equation.formula.part.place(member.passage.offset(node.at - 1))
            return Finding("remark", "cost", "sample_index", place, equation.text, tuple(message))
    return None


def _bare(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Letters below Σ that name the sample itself, as in Nielsen's Σ over x, and are no index."""
    notation = vocabulary.notation
    return (notation.input, *([notation.sample_sum] if notation.sample_mark == "none" else []))


def _letter(below: Node) -> str | None:
    node = below.operands[0] if isinstance(below, Relation) else below
    return node.base if isinstance(node, Symbol) and len(node.base) == 1 and not node.subs else None


def _scripts(body: Node) -> set[str]:
    return {
        inner.base
        for node in walk(body)
        if isinstance(node, Symbol)
        for script in (*node.subs, *node.sups)
        for inner in walk(script)
        if isinstance(inner, Symbol)
    }


def _of_samples(body: Node, vocabulary: Vocabulary) -> Iterator[Shown]:
    network = vocabulary.network
    for node in walk(body):
        if not isinstance(node, Symbol) or node.primes:
            continue
        for match in vocabulary.matches(node, {})[:1]:
            tensor = match.tensor
            if tensor is None or "s" in match.index:
                continue
            if "s" in roles_of(tensor, network) and axis_of(tensor, "s", network) == SAMPLES:
                accent = "hat" if node.base.endswith("hat") else None
                yield Name(node.base.removesuffix("hat"), accent=accent)  # type: ignore[arg-type]
