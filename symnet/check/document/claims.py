"""A number beside what stands before it: arithmetic as it is written, and what follows from the values given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from symnet.algebra.expressions import Tensor, refs
from symnet.check.document.equations import Equation
from symnet.check.document.figures import Figure, Rows, agreement, loosened, printed, table
from symnet.check.document.judged import Context, Step
from symnet.check.document.numbers import Array, Given, Missing, State, states
from symnet.check.document.sides import Subject, kind_of, parsed, readings, value_of
from symnet.check.document.steps import compared
from symnet.check.read.letters import Choices
from symnet.check.read.resolve import Resolver
from symnet.check.read.shapes import ShapeError
from symnet.check.read.symbols import Target
from symnet.check.read.syntax import Node, NotUnderstood
from symnet.check.read.syntax import Number as Digits
from symnet.check.user_names import names_of
from symnet.errors import SymnetError
from symnet.render.display import Matrix, Number
from symnet.render.display import Node as Shown
from symnet.render.document import Part

MAX_LOOSENED = 30

NEAR = 2
"""So many sections before a bare “z = 1.96” numbers must be given for it to be about them."""

_NOTHING = Tensor("side", ())
_NO_VALUE = (Missing, SymnetError, TypeError, KeyError, ValueError, ArithmeticError, RecursionError)


def claim(
    equation: Equation, k: int, numeric: int | None, base: Sequence[Target], subject: Subject, context: Context
) -> Step:
    """A member of numbers alone, beside the numbers before it, or beside the quantities at the values given."""
    member, syntax = equation.members[k], equation.formula.syntax
    tree, _ = parsed(member.text, subject.vocabulary, syntax)
    blank = Step(k, None, "numbers")
    approximate = member.relation == "≈"
    data = frozenset(v for given in context.numbers for v in given.values.values())
    if numeric is not None and numeric == k - 1:
        earlier, _ = parsed(equation.members[numeric].text, subject.vocabulary, syntax)
        before = worked(earlier, subject)
        if before is None:
            return blank
        return _beside(blank, before, _slack(earlier, before, subject, data), tree, subject, approximate, (), data)
    symbolic = _symbolic(equation, k, subject, base)
    if symbolic is None:
        return blank
    outcomes: list[Step] = []
    missing: Missing | None = None
    for state, used in states(subject, context.numbers, equation):
        try:
            actual = state.array(value_of(symbolic))
        except Missing as error:
            missing = missing or error
            continue
        except _NO_VALUE:
            continue
        sources = _sources(symbolic, used, state)
        outcome = _beside(blank, actual, sp.S.Zero, tree, subject, approximate, sources, data)
        if outcome.holds:
            return outcome
        outcomes.append(outcome)
    if not outcomes and compared([symbolic], member.text, subject, syntax, context.seed, plain=True).right:
        return Step(k, True, "identity")
    if _is_zero(tree):
        return replace(blank, message=("set to zero: an equation to be solved, not a value",))
    if not outcomes:
        if missing is None:
            return blank
        return replace(blank, message=("the value of ", _name(subject, missing), " is not given"))
    first = next((o for o in outcomes if o.holds is None), outcomes[0])
    if first.holds is False and len(equation.members) == 2 and not _near(equation, subject, context):
        return replace(blank, message=("numbers for it are given only far away",))
    return first


def _near(equation: Equation, subject: Subject, context: Context) -> bool:
    """Whether numbers for the network are given in this section or shortly before."""
    here = equation.formula.section
    given = {g.equation.formula.section for g in context.numbers if g.subject is subject}
    return any(here - NEAR <= section <= here for section in given)


def _name(subject: Subject, missing: Missing) -> Part:
    try:
        return names_of(subject.network).element(missing.tensor, missing.index)
    except (KeyError, TypeError, ValueError):
        return missing.tensor.name


def _symbolic(equation: Equation, k: int, subject: Subject, base: Sequence[Target]) -> Target | None:
    """The last side before member ``k`` that has quantities in it and can be read."""
    for j in reversed(range(k)):
        found = readings(equation.members[j].text, subject, equation.formula.syntax)
        if found and kind_of(found[0]) != "number":
            return found[0].concrete()[0]
    return base[0].concrete()[0] if base else None


def _is_zero(tree: Node) -> bool:
    rows = table(tree)
    return rows is not None and all(f.value == 0 for row in rows for f in row)


# -- arithmetic ----------------------------------------------------------------------------------------------------


def worked(tree: Node, subject: Subject) -> Array | None:
    """The value of a side of numbers alone; None where it has none."""
    resolver = Resolver(subject.vocabulary, Target("", subject.vocabulary, _NOTHING, ()), Choices())
    try:
        value = resolver.value(tree)
        return None if resolver.work.notes else State(subject.network, {}, 1, {}).array(value)
    except (NotUnderstood, ShapeError, *_NO_VALUE):
        return None


def _slack(tree: Node, value: Array, subject: Subject, data: frozenset[sp.Rational]) -> sp.Expr:
    """By how much the side may be off if its decimal numbers, those that are data left out, are rounded ones."""
    total = sp.S.Zero
    for k, other in enumerate(loosened(tree, data)):
        moved = worked(other, subject)
        if moved is None or k > MAX_LOOSENED:
            return sp.S.Zero
        total += max(abs(a - b) for row, own in zip(value, moved, strict=True) for a, b in zip(row, own, strict=True))
    return total


def _beside(
    blank: Step,
    actual: Array,
    slack: sp.Expr,
    tree: Node,
    subject: Subject,
    approximate: bool,
    sources: tuple[Part, ...],
    data: frozenset[sp.Rational],
) -> Step:
    """What is written beside what it should come to, entry by entry."""
    rows = table(tree)
    if rows is None:
        value = worked(tree, subject)
        if value is None:
            return blank
        slack += _slack(tree, value, subject, data)
        rows = tuple(tuple(Figure(v, worked=True) for v in row) for row in value)
    laid = _laid(actual, rows)
    if laid is None:
        return replace(blank, message=("the numbers have another shape",))
    pairs = [(a, f) for row, own in zip(laid, rows, strict=True) for a, f in zip(row, own, strict=True)]
    found = [agreement(a, f, slack, approximate) for a, f in pairs]
    if "differs" in found:
        should = _shown(laid, rows)
        instead = f", not {_printed(tree)}" if len(rows) == len(rows[0]) == 1 and isinstance(tree, Digits) else ""
        message: tuple[Part, ...] = ("the value is ", should, *sources, instead)
        return replace(blank, holds=False, code="value", message=message, should_be=should)
    if "near" in found:
        return replace(blank, message=("it agrees only as far as rounding in between goes",))
    return replace(blank, holds=True)


def _printed(tree: Node) -> str:
    return tree.text if isinstance(tree, Digits) else ""


def _laid(actual: Array, rows: Rows) -> Array | None:
    """The values in the shape of the figures; a vector may lie either way."""
    shape = (len(rows), len(rows[0]))
    if shape == (len(actual), len(actual[0])):
        return actual
    turned = 1 in shape and shape == (len(actual[0]), len(actual))
    return tuple(zip(*actual, strict=True)) if turned else None


def _shown(values: Array, rows: Rows) -> Shown:
    entries = tuple(
        tuple(Number(printed(v, f)) for v, f in zip(row, own, strict=True))
        for row, own in zip(values, rows, strict=True)
    )
    return entries[0][0] if len(entries) == len(entries[0]) == 1 else Matrix(entries)


def _sources(symbolic: Target, used: Sequence[Given], state: State) -> tuple[Part, ...]:
    """Where the values come from."""
    wanted = {ref.tensor for ref in refs(symbolic.truth)}
    for _ in state.definitions:
        more = {ref.tensor for t in wanted if t in state.definitions for ref in refs(state.definitions[t].right)}
        if more <= wanted:
            break
        wanted |= more
    places = sorted({g.place for g in used if g.tensor in wanted})
    if not places:
        return ()
    several = len({place.cell for place in places}) > 1
    where = list(dict.fromkeys(f"cell {p.cell}, line {p.line}" if several else str(p.line) for p in places))
    listed = where[0] if len(where) == 1 else f"{', '.join(where[:-1])} and {where[-1]}"
    return (f", with the numbers of line{'s' if len(where) > 1 else ''} {listed}",)
