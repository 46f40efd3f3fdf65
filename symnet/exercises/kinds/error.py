"""Find the error: in a derivation one line is altered, as the checker's own catalogue of slips has it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from symnet.algebra.expressions import Expr
from symnet.check.explain.catalogue import Catalogue, catalogue
from symnet.check.explain.change import Alteration, Line
from symnet.check.explain.diagnose import Diagnosis
from symnet.check.explain.sentences import chains, explanation
from symnet.exercises.draw import Unsuitable
from symnet.exercises.judged import judged
from symnet.exercises.kinds.partial import named, partial_of
from symnet.exercises.kinds.shown import definitions, described, equations, names_of, say, together
from symnet.exercises.slips import plausible, tidied
from symnet.exercises.template import Template
from symnet.exercises.variant import Choice, Formula, Option, Part, Variant
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Node, Relation, Row
from symnet.render.document import Formulas
from symnet.render.formula import formula
from symnet.render.latex import latex

RANK = 2
"""Slips that are further fetched are not planted."""


def draw(template: Template, rng: Random) -> Variant:
    """A derivation by what [ask] names under ``wrt`` with one slip, of the ``kinds`` that [ask] allows."""
    network = template.drawn(rng)
    wrt = rng.choice(named(template, network))
    partial = partial_of(network, wrt)
    index = partial.index if partial.index is not None else partial.tensor.axes
    names = names_of(network)
    known = catalogue(network, partial.tensor, tuple(index))
    lines = [line for line in known.derivation if line.target.role == "adjoint"]
    if len(lines) < 2:
        raise Unsuitable("too short to look for an error in")
    altered = _planted(template, known, rng)
    place = next(k for k, line in enumerate(lines) if line is altered.line)
    shown = [_relation(line, altered.right if k == place else _final(line), names) for k, line in enumerate(lines)]
    fault = _relation(altered.line, _original(altered), names)
    if latex(shown[place]) == latex(fault):
        raise Unsuitable("of an error that cannot be seen")
    status, _ = judged(network, _wrt(altered.line, names), latex(shown[place].operands[-1]), {})
    if status != "different":
        raise Unsuitable("of an error that the checker does not see")
    return _variant(template, network, names, altered, place, shown, fault, lines)


def _planted(template: Template, known: Catalogue, rng: Random) -> Alteration:
    """One slip: first its kind is drawn, then one of that kind, so that frequent kinds are not all there is."""
    wanted = template.ask.get("kinds")
    found: dict[str, list[Alteration]] = {}
    for group in known.groups():
        for one in group.members:
            fits = one.kind in wanted if wanted else one.kind != "other"
            shown = one.line.target.role == "adjoint" and _original(one) == _final(one.line)
            if shown and fits and one.rank <= RANK and plausible(one):
                found.setdefault(one.kind, []).append(one)
    if not found:
        raise Unsuitable("without a slip of these kinds")
    return tidied(rng.choice(found[rng.choice(sorted(found))]))


def _original(altered: Alteration) -> Expr:
    return altered.put(altered.old)


def _final(line: Line) -> Expr:
    return line.forms[-1]


def _relation(line: Line, right: Expr, names: Names) -> Relation:
    try:
        return Relation((_left(line, names), formula(right, names)))
    except TypeError as error:
        raise Unsuitable("not to be written") from error


def _left(line: Line, names: Names) -> Node:
    assert line.target.of is not None
    return names.derivative(names.element(line.target.of, line.index or line.target.of.axes))


def _wrt(line: Line, names: Names) -> str:
    assert line.target.of is not None
    return latex(names.element(line.target.of, line.index or line.target.of.axes))


def _variant(
    template: Template, network: Network, names: Names, altered: Alteration, place: int,
    shown: list[Relation], fault: Relation, lines: list[Line],
) -> Variant:  # fmt: skip
    diagnosis = Diagnosis(altered.kind, altered.detail, altered)
    why = explanation(diagnosis, names)
    holds = ("This line follows from the ones before it.",)
    options = tuple(
        Option((line,), k == place, altered.kind if k == place else None, why if k == place else holds)
        for k, line in enumerate(shown)
    )
    reasons = ("as it should be", "as it stands there")
    rows = tuple(replace(row, reason=said) for row, said in zip(chains(diagnosis, names), reasons, strict=True))
    find = Part(
        "a",
        ("Which line is wrong?",),
        Choice(options, lines=True),
        template.marks("find", 2),
        (f"line {place + 1}",),
        (say(f"Line {place + 1}. ", *why), Formulas(rows)),
        ("Derive each line for itself, from the ones before it.",),
        "line",
    )
    mend = Part(
        "b",
        ("What should its right side be?",),
        Formula(network, _wrt(altered.line, names), "index" if lines[place].target.axes else "scalar"),
        template.marks("mend", 2),
        (fault,),
        (Formulas((Row(fault.operands[0], "=", fault.operands[-1], "as it should be"),)),),
        ("Only this line is wrong: everything before it may be used.",),
        "mended",
    )
    view = "index" if any(line.target.axes != network.sample_axes for line in lines[:-1]) else "scalar"
    given = together([
        say(described(network)),
        equations(network, view),
        *definitions(network, slopes=True),
        say("Somebody derived the following, line by line. One line is wrong."),
        Formulas(tuple(Row(line.operands[0], "=", line.operands[-1], f"({k})") for k, line in enumerate(shown, 1))),
    ])  # fmt: skip
    return Variant(template.name, 0, template.title, given, (find, mend), 3 * len(lines), network)
