"""Update rules in print: their equations in a notation's letters, the constants, the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symnet import schedules, training_step, update
from symnet.algebra.expressions import Expr, Tensor
from symnet.algebra.scalars import from_sympy
from symnet.network import Dense, Input, Network
from symnet.notation.names import greek
from symnet.notation.notation import Notation
from symnet.notation.notation import notation as meant
from symnet.optimizers import OPTIMIZERS, optimizer
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
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table, write
from symnet.render.formula import RELATIONS, formula, number
from symnet.update import Optimizer

_ANY = Network(Input(1), Dense(1))
_T = Name("t")
_BEFORE = Terms((("+", _T), ("-", Number("1"))))
_ACCENTS: Mapping[str, Accent] = {"hat": "hat", "tilde": "tilde", "bar": "bar"}
_TRAINING = {"T": "how long training lasts, in {}s", "N": "the number of steps in an epoch"}


def printed(
    name: str | None, language: str, notation: str | Notation, schedule: Any, clip: Any, weight_decay: Any
) -> tuple[str, str]:
    """An optimiser by its name, joined to what is named beside it, in a language; or the table of all.  And a title.

    Raises SymnetError for a name that is not known.
    """
    habits = meant(notation)
    if name is None:
        return write(tables(habits), language), "Optimizers"
    rule = optimizer(name)
    decaying = None if weight_decay is None else training_step.decay(weight_decay, rule)
    if isinstance(decaying, Optimizer):
        rule, decaying = decaying, None
    whole = training_step.joined(
        rule,
        None if schedule is None else schedules.schedule(schedule),
        None if clip is None else training_step.clipping(clip),
        decaying,
    )
    return write(optimizer_blocks(whole, habits), language), "Optimizer"


def _title(rule: Optimizer) -> str:
    """``adam with schedule warm_up → cosine, clip norm``."""
    beside = ", ".join(f"{part.kind} {part.name}" for part in rule.parts)
    return " with ".join(filter(None, [rule.name, beside])).replace("->", "→")


def optimizer_blocks(rule: Optimizer, habits: Notation) -> list[Block]:
    """The rule under its name: equations, what begins where, constants, source, and where versions differ."""
    rows = Formulas(tuple(update_rows(rule, habits)))
    blocks: list[Block] = [Heading(_title(rule)), rows, _explained(rule, habits)]
    remarks = [("", rule.source, rule.note)]
    remarks += [(f" on {part.name}".replace("->", "→"), part.source, part.note) for part in rule.parts]
    for of, source, note in remarks:
        blocks.append(Note(f"source{of.replace('on', 'of', 1)}", (source,)))
        if note:
            blocks.append(Note(f"note{of}", prose(note, habits)))
    return blocks


def tables(habits: Notation) -> list[Block]:
    """All there is to choose from, each with its equation and its source; with arrows, to be short."""
    habits = habits.with_(iteration="arrow")
    rules = OPTIMIZERS.values()
    base = OPTIMIZERS["gd"]
    scheduled = [(s, training_step.joined(base, s)) for s in schedules.SCHEDULES.values() if s.factor != 1]
    clipped = [(c, training_step.joined(base, clip=c)) for c in training_step.CLIPPINGS.values()]
    decaying = [(d, training_step.joined(base, weight_decay=d)) for d in training_step.DECAYS.values()]
    return [
        Heading("Update rules"),
        Table(("name", "parameter", "source"), tuple(_entry(o.name, o, update.w, o.source, habits) for o in rules)),
        Heading("Learning-rate schedules"),
        Table(
            ("name", "factor of the learning rate", "source"),
            tuple(_entry(s.name, whole, schedules.kappa, s.source, habits) for s, whole in scheduled),
        ),
        Heading("Clipping"),
        Table(
            ("name", "gradient", "source"),
            tuple(_entry(c.name, whole, training_step.g_tilde, c.source, habits) for c, whole in clipped),
        ),
        Heading("Weight decay"),
        Table(
            ("name", "gradient or parameter", "source"),
            tuple(
                _entry(d.name, whole, training_step.g_bar if d.added != 0 else update.w, d.source, habits)
                for d, whole in decaying
            ),
        ),
    ]


def _entry(name: str, rule: Optimizer, target: sp.Symbol, source: str, habits: Notation) -> tuple[Part, ...]:
    """A row of a table; a factor that the equation only names is put in its place."""
    place = {training_step.phi: rule.updates.get(training_step.phi, training_step.phi)}
    with sp.evaluate(False):
        expr = rule.updates[target].xreplace(place)
    rows = {row.left: row for row in update_rows(replace(rule, updates={**rule.updates, target: expr}), habits)}
    row = rows[_timed(target.name, habits, new=True)]
    return name, Relation((_timed(target.name, habits, new=True), row.right), row.relation), _cited(source)


def _cited(source: str) -> str:
    """The first work of a source: Kingma & Ba 2015, Duchi et al. 2011."""
    found = re.match(r"(.*?) (\d{4})", source)
    if found is None:
        return re.split(r"[,;]", source)[0]
    authors = found[1].split(", ")
    return f"{authors[0]} et al. {found[2]}" if len(authors) > 1 else found[0]


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
