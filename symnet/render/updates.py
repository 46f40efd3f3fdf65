"""Update rules in print: their equations in a notation's letters, the constants, the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp

from symnet import update
from symnet.algebra.expressions import Expr, Tensor
from symnet.algebra.scalars import from_sympy
from symnet.network import Dense, Input, Network
from symnet.notation.names import greek
from symnet.notation.notation import Notation
from symnet.render.definitions import Letters
from symnet.render.display import (
    Accent,
    Call,
    Cases,
    Group,
    Name,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Row,
    Terms,
)
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table
from symnet.render.formula import RELATIONS, formula, number
from symnet.update import Optimizer

_ANY = Network(Input(1), Dense(1))
_T = Name("t")
_BEFORE = Terms((("+", _T), ("-", Number("1"))))
_ACCENTS: Mapping[str, Accent] = {"hat": "hat", "tilde": "tilde", "bar": "bar"}
_TRAINING = {"T": "how long training lasts, in {}s", "N": "the number of steps in an epoch"}


def optimizer_blocks(rule: Optimizer, habits: Notation) -> list[Block]:
    """The rule under its name: equations, what begins where, constants, source, and where versions differ."""
    title = " with ".join(filter(None, [rule.name, ", ".join(f"{part.kind} {part.name}" for part in rule.parts)]))
    rows = Formulas(tuple(update_rows(rule, habits)))
    blocks: list[Block] = [Heading(title.replace("->", "→")), rows, _explained(rule, habits)]
    remarks = [("", rule.source, rule.note)]
    remarks += [(f" on {part.name}".replace("->", "→"), part.source, part.note) for part in rule.parts]
    for of, source, note in remarks:
        blocks.append(Note(f"source{of.replace('on', 'of', 1)}", (source,)))
        if note:
            blocks.append(Note(f"note{of}", prose(note, habits)))
    return blocks


def optimizer_table(rules: Iterable[Optimizer], habits: Notation) -> list[Block]:
    """Every rule's name, its equation for the parameter, and its constants."""
    rows: list[tuple[Part, ...]] = []
    for rule in rules:
        last = [row for row in update_rows(rule, habits) if row.left == _timed(update.w.name, habits, new=True)]
        rows.append((rule.name, Relation((last[0].left or Name("w"), last[0].right), last[0].relation)))
    return [Table(("optimizer", "parameter"), tuple(rows))]


def update_rows(rule: Optimizer, habits: Notation) -> list[Row]:
    """One row an equation, the gradient first; steps are numbered, or arrows drawn, as the notation does."""
    sign = "←" if habits.iteration == "arrow" else "="
    gradient = Product((Name("∇"), Name(habits.cost)))
    place = _shown(rule.at, rule, habits, set())
    reason = rule.reasons.get(update.g.name, "derivative of the cost")
    rows = [Row(_timed(update.g.name, habits, new=True), sign, Call(gradient, (place,)), reason)]
    known = {update.g.name}
    for symbol, expr in rule.updates.items():
        right = _shown(expr, rule, habits, known)
        left = letter(symbol.name, habits) if symbol.name in fixed(rule) else _timed(symbol.name, habits, new=True)
        rows.append(Row(left, sign, right, rule.reasons.get(symbol.name, "")))
        known.add(symbol.name)
    return rows


def fixed(rule: Optimizer) -> set[str]:
    """The quantities that are the same in every step."""
    same = {*rule.constants, *update.TRAINING}
    found: set[str] = set()
    for symbol, expr in rule.updates.items():
        if {s.name for s in expr.free_symbols} <= same | found:
            found.add(symbol.name)
    return found


def _shown(expr: sp.Expr, rule: Optimizer, habits: Notation, known: set[str]) -> Node:
    """The right side of an equation; ``known`` are the quantities that this step has computed already."""
    if isinstance(expr, sp.Piecewise):
        return Cases(
            tuple(
                (_shown(value, rule, habits, known), _condition(when, rule, habits, known)) for value, when in expr.args
            )
        )
    names: dict[sp.Symbol, Expr] = {}
    letters: dict[str, Node] = {}
    changing = {update.w.name, update.g.name, *(s.name for s in rule.updates)} - fixed(rule)
    for symbol in sorted(expr.free_symbols, key=lambda s: (s.name in changing, s.name)):
        name = symbol.name
        names[symbol] = Tensor(name, (), "value")()
        if name in changing:
            letters[name] = _timed(name, habits, new=name in known)
        elif name == update.norm.name:
            letters[name] = Group(_timed(update.g.name, habits, new=True), "‖‖")
        else:
            letters[name] = letter(name, habits)
    return formula(from_sympy(expr, names, ordered=True), Letters(_ANY, habits, letters))


def _condition(when: sp.Basic, rule: Optimizer, habits: Notation, known: set[str]) -> Node | None:
    if when == sp.true:
        return None
    return Relation(tuple(_shown(side, rule, habits, known) for side in when.args), RELATIONS[type(when)])


def letter(name: str, habits: Notation) -> Name:
    """How a symbol is written: ``beta_1`` β₁, ``m_hat`` m̂, ``v_max``; w and γ as the notation calls them."""
    base, _, mark = name.partition("_")
    base = {update.w.name: habits.weight, update.gamma.name: habits.learning_rate}.get(base, greek(base))
    if mark in _ACCENTS:
        return Name(base, accent=_ACCENTS[mark])
    if not mark or mark == "t":
        return Name(base)
    if mark.isdigit():
        return Name(base, sub=Number(mark))
    if mark == "max":
        return Name(base, sup=Name(mark, "upright"))
    return Name(base, sub=Name(mark, "upright" if len(mark) > 1 else "italic"))


def _timed(name: str, habits: Notation, *, new: bool) -> Node:
    """A quantity of this step or of the one before, in the notation's style of iteration."""
    known, time = letter(name, habits), _T if new else _BEFORE
    if habits.iteration == "arrow":
        # An arrow replaces the old value by the new; what has no old value of its own letter is told by its step.
        return Name(known.letter, sub=_T) if name == "gamma_t" else known
    if habits.iteration == "subscript":
        return Name(known.letter, known.style, known.accent, time, known.sup)
    return Call(known, (time,))


def _explained(rule: Optimizer, habits: Notation) -> Paragraph:
    """What holds for every rule, where the states begin, and the values of the constants."""
    parts: list[Part] = ["For every element of every parameter; ", _T, " counts the steps from 1"]
    if any(update.norm in expr.free_symbols for expr in rule.updates.values()):
        parts += ["; ", Group(letter(update.g.name, habits), "‖‖"), " is the norm over all parameters"]
    for value, states in _beginnings(rule, habits):
        arrows = habits.iteration == "arrow"
        parts += ["; ", "at first " if arrows else "", Relation((*states, value))]
    used = {s.name for expr in rule.updates.values() for s in expr.free_symbols}
    per_step = any(s.name == "k" and update.N not in e.free_symbols for s, e in rule.updates.items())
    for name, words in _TRAINING.items():
        if name in used and name not in rule.constants:
            parts += ["; ", letter(name, habits), f" is {words.format('step' if per_step else 'epoch')}"]
    for place, (name, constant) in enumerate(rule.constants.items()):
        parts += [", " if place else ". With ", Relation((letter(name, habits), _decimal(constant)))]
    return Paragraph((*(part for part in parts if part != ""), "."))


def _beginnings(rule: Optimizer, habits: Notation) -> list[tuple[Node, list[Node]]]:
    """The values that states begin at, each with the states that do."""
    out: dict[Node, list[Node]] = {}
    for state in rule.states:
        begin = sp.S(rule.initial.get(state.name, sp.S.Zero))
        value = letter(begin.name, habits) if isinstance(begin, sp.Symbol) else number(begin)
        known = letter(state.name, habits)
        out.setdefault(value, []).append(known if habits.iteration == "arrow" else Call(known, (Number("0"),)))
    return list(out.items())


def prose(text: str, habits: Notation) -> tuple[Part, ...]:
    """A note, the symbols between backticks in the notation's letters."""
    parts = text.split("`")
    return tuple(letter(part, habits) if place % 2 else part for place, part in enumerate(parts) if part)


def _decimal(value: float) -> Node:
    """A constant's value as people write it: 0.9, 10⁻⁸."""
    text = f"{value:.6g}"
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return Number(text) if value >= 0 else Terms((("-", Number(text[1:])),))
    power = Power(Number("10"), number(sp.Integer(int(exponent))))
    return power if mantissa == "1" else Product((Number(mantissa), power), "·")
