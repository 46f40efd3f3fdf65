"""Multiple choice: the derivative among formulas that one slip each leads to."""

from __future__ import annotations

from random import Random

from symnet.algebra.expressions import Axis, Expr, Index, reindex
from symnet.check.explain.alter import alterations
from symnet.check.explain.change import Alteration, Line
from symnet.check.explain.diagnose import Diagnosis
from symnet.check.explain.sentences import SENTENCES
from symnet.check.kept import Kept
from symnet.derive.derivation import Partial
from symnet.derive.numbers import evaluate
from symnet.errors import SymnetError
from symnet.exercises.difficulty import of_formula
from symnet.exercises.draw import Unsuitable, random_numbers
from symnet.exercises.judged import judged
from symnet.exercises.kinds.partial import named, partial_of
from symnet.exercises.kinds.shown import definitions, described, equations, names_of, say, together
from symnet.exercises.quantities import worked_out
from symnet.exercises.slips import plausible, tidied
from symnet.exercises.template import FORMS, Template
from symnet.exercises.variant import Choice, Option, Part, Variant
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Node, Relation
from symnet.render.document import Formulas
from symnet.render.document import Part as Piece
from symnet.render.equations import activation_rows
from symnet.render.formula import formula
from symnet.render.latex import latex
from symnet.render.matrix import NoMatrixForm, matrix_formula, orientation
from symnet.render.partials import partial_rows, written_chain

ORIENTED = frozenset({"indices_exchanged", "weight_transposed"})
"""Slips that are a transposition where a formula is one of matrices."""

_Wrong = tuple[Alteration, str]
_known: Kept[tuple[_Wrong, ...]] = Kept(128)


def draw(template: Template, rng: Random) -> Variant:
    """What is asked for stands in [ask] under ``wrt`` and ``form``; ``options`` is how many there are."""
    network = template.drawn(rng)
    wrt = rng.choice(named(template, network))
    form = template.among("form", FORMS, "scalar")
    count = template.whole("ask", "options", 4, 8)
    partial, names = partial_of(network, wrt), names_of(network)
    right, left = _truth(partial, form, names)
    among = _known.get(network, lambda: _wrong(partial, right, form, names), (wrt, form))
    options = [Option((_shown(right, partial, form, names),), True)]
    options += _distractors(network, wrt, partial, form, names, among, count - 1, rng)
    rng.shuffle(options)
    shown = options[next(k for k, o in enumerate(options) if o.right)].shown[0]
    assert isinstance(shown, Node)
    part = Part(
        "a",
        ("Which of these is ", left, "?"),
        Choice(tuple(options)),
        template.marks(default=2),
        (Relation((left, shown)),),
        together([Formulas((*activation_rows(network, names), *partial_rows(partial, form, names, "full")))]),
        ("Follow the chain from the cost, one factor for every step; then compare term by term.",),
        wrt,
    )
    view = "matrix" if form == "matrix" else form
    given = together([say(described(network)), equations(network, view), *definitions(network)])
    return Variant(template.name, 0, template.title, given, (part,), of_formula(right) + count, network)


def _truth(partial: Partial, form: str, names: Names) -> tuple[Expr, Node]:
    """The derivative in the form asked for, and its name."""
    if form == "matrix":
        return partial.equation.right, names.derivative(names.whole(partial.tensor))
    chain = written_chain(partial, form, names)
    steps = [step.expr for step in chain.steps if "substitute_forward" not in step.rules]
    return (steps[-1] if steps else chain.whole), chain.left


def _shown(expr: Expr, partial: Partial, form: str, names: Names) -> Node:
    if form == "matrix":
        return matrix_formula(expr, orientation(partial.tensor, names), names)
    return formula(expr, names)


def _wrong(partial: Partial, right: Expr, form: str, names: Names) -> tuple[_Wrong, ...]:
    """Every slip in the formula itself that changes its value, one for each value, simplest first."""
    network = partial.derivation.network
    index = partial.index if partial.index is not None and form != "matrix" else partial.tensor.axes
    target = partial.derivation.adjoints[partial.tensor].equation.target
    own = tuple(i for i in index if isinstance(i, Axis))
    line = Line(type(target)(target.name, own, "adjoint", target.layer, partial.tensor), (right,), tuple(index))
    rng = Random(latex(names.element(partial.tensor, tuple(index))))
    numbers = random_numbers(network, rng)
    values = dict(worked_out(network, numbers, backward=True).done.passes[0].values)
    samples = 2 if network.sample_axes else 1
    at: dict[Axis, Index] = {a: rng.randint(1, int(a.size)) for a in own if isinstance(a.size, int)}
    seen = [evaluate(reindex(right, at), values, samples, 25)]
    found: list[_Wrong] = []
    slips = (tidied(one) for one in alterations(network, (line,)) if plausible(one, form))
    for one in sorted(slips, key=lambda a: a.rank):
        try:
            value = evaluate(reindex(one.right, at), values, samples, 25)
            text = latex(_shown(one.right, partial, form, names))
        except (KeyError, TypeError, SymnetError, NoMatrixForm):
            continue
        if set(one.right.axes) == set(own) and all(abs(value - other) > 1e-9 for other in seen):
            seen.append(value)
            found.append((one, text))
    return tuple(found)


def _distractors(
    network: Network, wrt: str, partial: Partial, form: str, names: Names,
    among: tuple[_Wrong, ...], count: int, rng: Random,
) -> list[Option]:  # fmt: skip
    """Wrong options, of different kinds as far as there are so many, each refuted by the checker."""
    by_kind: dict[str, list[_Wrong]] = {}
    for one in among:
        by_kind.setdefault(one[0].kind, []).append(one)
    queues = [rng.sample(found, len(found)) for _, found in sorted(by_kind.items())]
    rng.shuffle(queues)
    out: list[Option] = []
    while len(out) < count and any(queues):
        for queue in queues:
            while queue:
                altered, text = queue.pop()
                if judged(network, wrt, text, {})[0] == "different":
                    shown = _shown(altered.right, partial, form, names)
                    turned = form == "matrix" and altered.detail in ORIENTED
                    told = ("It is transposed.",) if turned else why(altered, names)
                    out.append(Option((shown,), False, "transpose" if turned else altered.kind, told))
                    break
            if len(out) == count:
                break
    if len(out) < count:
        raise Unsuitable("without enough slips to choose among")
    return out


def why(altered: Alteration, names: Names) -> tuple[Piece, ...]:
    """What the slip is, with its mathematics."""
    diagnosis = Diagnosis(altered.kind, altered.detail, altered)
    template = SENTENCES.get(diagnosis.detail, diagnosis.detail.replace("_", " "))
    pieces: list[Piece] = []
    for k, piece in enumerate(template.replace("{", "}").split("}")):
        if k % 2 == 0:
            pieces.append(piece)
        else:
            pieces.append(formula(altered.old if piece == "old" else altered.change.new, names))
    if isinstance(pieces[0], str) and pieces[0]:
        pieces[0] = pieces[0][0].upper() + pieces[0][1:]
    return (*(p for p in pieces if p != ""), ".")
