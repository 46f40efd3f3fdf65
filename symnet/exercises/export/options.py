"""The options of a question that is answered by a click: its own, or what is asked for among wrong answers."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from symnet.algebra.expressions import Equation, Expr, inline
from symnet.check.explain.alter import alterations
from symnet.check.explain.catalogue import Catalogue, catalogue
from symnet.check.explain.points import NO_VALUE, close
from symnet.check.user_names import names_of
from symnet.errors import SymnetError
from symnet.exercises.export.sheets import name_of
from symnet.exercises.export.slips import by_kind, target_of, without_adjoints
from symnet.exercises.export.wrong import shape_slips
from symnet.exercises.kinds.choice import why
from symnet.exercises.variant import Choice, Formula, Option, Part, Shape, Variant
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Name, Node, Number, Product, Relation, walk
from symnet.render.formula import formula
from symnet.render.latex import latex
from symnet.render.matrix import NoMatrixForm, matrix_formula, orientation

WRONG = 4
"""Wrong options beside the right one."""


def options_of(variant: Variant, part: Part) -> tuple[Option, ...]:
    """What may be ticked, in an order that is the variant's own.  Raises SymnetError for a number."""
    match part.answer:
        case Choice(options=options):
            return options
        case Formula() as answer:
            options = _formulas(part, answer)
        case Shape() as answer:
            shapes = [Option((_shape(*shape),), False, slip.kind, slip.why) for shape, slip in shape_slips(answer)]
            options = (Option((_shape(answer.rows, answer.columns),), True), *shapes[:WRONG])
        case _:
            raise SymnetError(f"part {part.label} of {name_of(variant)} asks for a number, which has no options")
    shuffled = list(options)
    Random(f"{name_of(variant)}-{part.label}").shuffle(shuffled)
    return tuple(shuffled)


def _formulas(part: Part, answer: Formula) -> tuple[Option, ...]:
    """The derivative among those that one slip each leads to, all written in one manner.

    Quantities that the key does not name are worked out, unless there is no matrix form for that.
    """
    asked = target_of(answer)
    known = catalogue(answer.network, asked.tensor, asked.index)
    names = names_of(answer.network, asked)
    key = part.short[-1]
    unnamed = _unnamed(answer.network, key, names)

    def worked_out(expr: Expr) -> Expr:
        expr = without_adjoints(expr, known)
        for equation in unnamed:
            expr = inline(expr, equation)
        return expr

    right, whole = known.derivation[-1].forms[-1], True
    try:
        full = worked_out(right)
        node, right = _shown(full, answer.form, known, names), full
    except NoMatrixForm:
        whole = False
        node = _shown(right, answer.form, known, names)
    if _has_primes(node) and isinstance(key, Relation):
        node = key.operands[-1]
    found, seen = [Option((node,), True)], {latex(node)}
    line = replace(known.derivation[-1], forms=(right,))
    taken = [known.points.over(right, known.axes)]
    for altered in by_kind(sorted(alterations(answer.network, (line,)), key=lambda one: one.rank)):
        try:
            value = known.points.over(altered.right, known.axes)
            wrong = _shown(worked_out(altered.right) if whole else altered.right, answer.form, known, names)
        except (*NO_VALUE, SymnetError, NoMatrixForm, TypeError):
            continue
        if value[1] != taken[0][1] or any(close(value[0], other[0]) for other in taken):
            continue
        if latex(wrong) not in seen and not _has_primes(wrong):
            seen.add(latex(wrong))
            taken.append(value)
            found.append(Option((wrong,), False, altered.kind, why(altered, names)))
        if len(found) > WRONG:
            break
    return tuple(found)


def _unnamed(network: Network, key: object, names: Names) -> list[Equation]:
    """The forward equations of what the key does not name, the last one first."""
    said = {latex(node) for node in walk(key) if isinstance(node, Name)} if isinstance(key, Node) else set()
    letters = {node.letter.lower() for node in walk(key) if isinstance(node, Name)} if isinstance(key, Node) else set()

    def is_named(equation: Equation) -> bool:
        name = names.element(equation.target, equation.target.axes)
        return not isinstance(name, Name) or latex(name) in said or name.letter.lower() in letters

    return [e for e in reversed(network.equations) if e.target.role in ("unit", "pre") and not is_named(e)]


def _has_primes(node: Node) -> bool:
    return any(isinstance(part, Name) and part.primes for part in walk(node))


def _shown(expr: Expr, form: str, known: Catalogue, names: Names) -> Node:
    of = known.derivation[-1].target.of
    if form == "matrix" and of is not None:
        return matrix_formula(expr, orientation(of, names), names)
    return formula(expr, names)


def _shape(rows: int | str, columns: int | str) -> Node:
    return Product((_size(rows), _size(columns)), "×")


def _size(size: int | str) -> Node:
    return Number(str(size)) if str(size).isdigit() else Name(str(size))
