"""A proof by normal form, for every size of every axis and every number of samples at once.

An expression is multiplied out into Σ c · Σ_{indices} (product of powers of atoms).  Atoms are uses of tensors, sizes,
functions of normal forms, and sums that stand under a power; bound indices get canonical names, in the order that
makes the product smallest.  Equal normal forms mean equal functions: every step is an identity of commutative rings
and of finite sums (constants out of sums, Σ_i 1 = length, Kronecker's δ carried out).  The converse does not hold
(1/(1 + e^{−u}) and e^u/(1 + e^u) differ): unequal normal forms say nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, permutations, product
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from symnet.algebra.expressions import (
    Add,
    Apply,
    Axis,
    Const,
    Equation,
    Expr,
    Index,
    Mul,
    Pow,
    Ref,
    Same,
    ScalarFunction,
    Size,
    Sum,
    Tensor,
    inline,
    refs,
)
from symnet.algebra.expressions import count as count_of

TERMS = 120
"""More terms than this are not worth multiplying out."""

NODES = 4_000
"""Longer expressions are not written out."""

SUMS = 4
"""Up to so many indices of a term are put in every order."""

SECONDS = 0.03

Number: TypeAlias = sp.Expr


class TooLarge(Exception):
    """The normal form would take too long; the question goes to another method."""


class Atom(NamedTuple):
    """What is not multiplied out: a use of a tensor, a length, a function, a sum under a power."""

    kind: str
    what: Any
    at: tuple[Index, ...] = ()
    forms: tuple[Form, ...] = ()


class Term(NamedTuple):
    """Σ over ``bound`` of a product of powers."""

    bound: tuple[Axis, ...]
    factors: tuple[tuple[Atom, sp.Expr], ...]


Form = tuple[tuple[Term, Number], ...]
Key = tuple[object, ...]


class Limit(NamedTuple):
    """How long a normal form may take: until a moment, and up to an amount of the processor's time."""

    moment: float = float("inf")
    work: float = float("inf")

    def check(self) -> None:
        """Raises TooLarge when it is past."""
        if time.monotonic() > self.moment or time.thread_time() > self.work:
            raise TooLarge


def proved(
    definitions: Mapping[Tensor, Equation],
    truth: Expr,
    answer: Expr,
    deadline: float,
    seconds: float = SECONDS,
) -> bool:
    """Whether the normal forms are equal, with the names of intermediate quantities kept or all put in.

    A form that takes longer than ``seconds``, or lasts past the deadline, counts as no proof.
    """
    limit = Limit(deadline, time.thread_time() + seconds)
    try:
        maker = _Maker(limit)
        named = {ref.tensor for ref in refs(answer)}
        adjoints = {t: e for t, e in definitions.items() if t.role == "adjoint" and t not in named}
        left = written_out(truth, adjoints, limit)
        if maker.key(left) == maker.key(answer):
            return True
        left, right = written_out(left, definitions, limit), written_out(answer, definitions, limit)
        return bool(maker.key(left) == maker.key(right))
    except (TooLarge, RecursionError):
        return False


def written_out(expr: Expr, definitions: Mapping[Tensor, Equation], limit: Limit) -> Expr:
    """``expr`` with every defined tensor replaced by its definition, again and again.

    Raises TooLarge for what takes longer than ``limit``, or becomes long.
    """
    for _ in range(64):
        limit.check()
        if count_of(expr) > NODES:
            raise TooLarge
        used = next((r.tensor for r in refs(expr) if r.tensor in definitions), None)
        if used is None:
            return expr
        expr = inline(expr, definitions[used])
    raise TooLarge


@dataclass
class _Maker:
    """Normal forms; every bound index gets a name that no other has."""

    limit: Limit
    numbers: count[int] = field(default_factory=count)

    def key(self, expr: Expr) -> Key:
        """The normal form of an expression with canonical names, comparable."""
        return self._form_key(self.form(expr), {})

    def _fresh(self, axis: Axis) -> Axis:
        return Axis(f"#{next(self.numbers)}", axis.size)

    # -- multiplying out -----------------------------------------------------------------------------------------

    def form(self, expr: Expr) -> dict[Term, Number]:
        """The sum of terms that an expression is."""
        self.limit.check()
        match expr:
            case Const(value=value):
                return {Term((), ()): _exact(value)} if value != 0 else {}
            case Size(axis=axis):
                return self._one(Atom("size", axis.size))
            case Ref(tensor=tensor, index=index):
                return self._one(Atom("ref", tensor, index))
            case Same(first=first, second=second, negated=negated):
                delta = self._one(Atom("same", None, (first, second)))
                return (
                    self._sum([{Term((), ()): sp.S.One}, self._times({Term((), ()): sp.S.NegativeOne}, delta)])
                    if negated
                    else delta
                )
            case Add(terms=parts):
                return self._sum([self.form(part) for part in parts])
            case Mul(factors=parts):
                out = {Term((), ()): sp.S.One}
                for part in parts:
                    out = self._times(out, self.form(part))
                return out
            case Sum(axis=axis, body=body):
                return self._total(axis, self.form(body))
            case Pow(base=base, exponent=exponent):
                return self._power(self.form(base), sp.S(exponent))
            case Apply(function=function, arguments=parts):
                return self._one(Atom("apply", function, (), tuple(_frozen(self.form(p)) for p in parts)))
        raise TooLarge

    def _one(self, atom: Atom, exponent: sp.Expr = sp.S.One) -> dict[Term, Number]:
        return {Term((), ((atom, exponent),)): sp.S.One}

    def _sum(self, forms: Sequence[Mapping[Term, Number]]) -> dict[Term, Number]:
        out: dict[Term, Number] = {}
        for form in forms:
            for term, number in form.items():
                out[term] = out.get(term, sp.S.Zero) + number
        if len(out) > TERMS:
            raise TooLarge
        return {term: number for term, number in out.items() if number != 0}

    def _times(self, a: Mapping[Term, Number], b: Mapping[Term, Number]) -> dict[Term, Number]:
        if len(a) * len(b) > 4 * TERMS:
            raise TooLarge
        out: dict[Term, Number] = {}
        for (s, m), (t, n) in product(a.items(), b.items()):
            t = self._renamed(t) if set(s.bound) & set(t.bound) else t
            term = Term(s.bound + t.bound, _collected(s.factors + t.factors))
            out[term] = out.get(term, sp.S.Zero) + m * n
        return {term: number for term, number in out.items() if number != 0}

    def _renamed(self, term: Term) -> Term:
        names = {axis: self._fresh(axis) for axis in term.bound}
        return Term(tuple(names.values()), tuple((_moved(atom, names), e) for atom, e in term.factors))

    def _total(self, axis: Axis, form: Mapping[Term, Number]) -> dict[Term, Number]:
        out: dict[Term, Number] = {}
        for term, number in form.items():
            new = self._fresh(axis)
            factors = tuple((_moved(atom, {axis: new}), e) for atom, e in term.factors)
            made = self._summed(Term((*term.bound, new), factors), new)
            out[made] = out.get(made, sp.S.Zero) + number
        return out

    def _summed(self, term: Term, axis: Axis) -> Term:
        """A new sum, carried out where its index does not occur or is tied to another by a δ."""
        for atom, exponent in term.factors:
            if atom.kind == "same" and axis in atom.at and exponent == 1:
                other = atom.at[0] if atom.at[1] == axis else atom.at[1]
                if isinstance(other, int) and not (isinstance(axis.size, int) and 1 <= other <= axis.size):
                    raise TooLarge  # whether the sum meets that index depends on its length
                if other == axis or (isinstance(other, Axis) and other.size != axis.size):
                    continue
                rest = tuple((_moved(f, {axis: other}), e) for f, e in term.factors if f != atom)
                return Term(tuple(b for b in term.bound if b != axis), _collected(rest))
        if any(_has(atom, axis) for atom, _ in term.factors):
            return term
        factors = (*term.factors, (Atom("size", axis.size), sp.S.One))
        return Term(tuple(b for b in term.bound if b != axis), _collected(factors))

    def _power(self, form: dict[Term, Number], exponent: sp.Expr) -> dict[Term, Number]:
        whole = bool(exponent.is_Integer)
        if len(form) == 1 and whole:
            ((term, number),) = form.items()
            if not term.bound:
                factors = tuple((atom, e * exponent) for atom, e in term.factors)
                return {Term((), factors): number**exponent}
        if whole and 0 < exponent <= 4:
            out = form
            for _ in range(int(exponent) - 1):
                out = self._times(out, form)
            return out
        if not form:
            raise TooLarge
        if not whole:
            return self._one(Atom("sum", None, (), (_frozen(form),)), exponent)
        first = min(form.items(), key=lambda item: self._term_key(item[0], {}))[1]  # (2a + 2b)⁻¹ = ½(a + b)⁻¹
        scaled = {term: number / first for term, number in form.items()}
        atom = Atom("sum", None, (), (_frozen(scaled),))
        return {Term((), ((atom, exponent),)): first**exponent}

    # -- canonical names -----------------------------------------------------------------------------------------

    def _form_key(self, form: Mapping[Term, Number] | Form, names: Mapping[Axis, str]) -> Key:
        pairs = form.items() if isinstance(form, Mapping) else form
        collected: dict[Key, Number] = {}
        for term, number in pairs:
            key = self._term_key(term, names)
            collected[key] = collected.get(key, sp.S.Zero) + number
        found = [(key, str(n)) for key, n in collected.items() if n != 0]
        return tuple(sorted(found, key=repr))

    def _term_key(self, term: Term, names: Mapping[Axis, str]) -> Key:
        self.limit.check()
        if len(term.bound) > SUMS:
            raise TooLarge
        best: Key | None = None
        start = len(names)
        for order in permutations(term.bound):
            inner = {**names, **{axis: f"%{start + k}:{axis.size}" for k, axis in enumerate(order)}}
            factors = sorted(((self._atom_key(atom, inner), str(e)) for atom, e in term.factors), key=repr)
            key = (tuple(inner[axis] for axis in order), tuple(factors))
            best = key if best is None or repr(key) < repr(best) else best
        assert best is not None
        return best

    def _atom_key(self, atom: Atom, names: Mapping[Axis, str]) -> Key:
        index = tuple(names.get(i, f"{i.name}:{i.size}") if isinstance(i, Axis) else i for i in atom.at)
        if atom.kind == "same":
            index = tuple(sorted(index, key=repr))
        what: object = atom.what
        if isinstance(what, Tensor):
            what = (what.name, what.role, what.layer)
        elif isinstance(what, ScalarFunction):
            renamed = dict(zip(what.parameters, sp.symbols(f"u:{len(what.parameters)}"), strict=True))
            what = str(what.expr.xreplace(renamed))
        return atom.kind, what, index, tuple(self._form_key(form, names) for form in atom.forms)


def _exact(value: Number) -> Number:
    """A decimal number stands for itself."""
    return value.xreplace({f: sp.Rational(str(f)) for f in value.atoms(sp.Float)})


def _frozen(form: Mapping[Term, Number]) -> Form:
    return tuple(form.items())


def _collected(factors: Sequence[tuple[Atom, sp.Expr]]) -> tuple[tuple[Atom, sp.Expr], ...]:
    """Equal atoms are one power; what cancels disappears."""
    out: dict[Atom, sp.Expr] = {}
    for atom, exponent in factors:
        if atom.kind == "same" and atom in out:
            continue  # δ² = δ
        out[atom] = out.get(atom, sp.S.Zero) + exponent
    return tuple((atom, exponent) for atom, exponent in out.items() if exponent != 0)


def _moved(atom: Atom, names: Mapping[Axis, Index]) -> Atom:
    index = tuple(names.get(i, i) if isinstance(i, Axis) else i for i in atom.at)
    forms = tuple(
        tuple((Term(t.bound, tuple((_moved(f, names), e) for f, e in t.factors)), n) for t, n in form)
        for form in atom.forms
    )
    return Atom(atom.kind, atom.what, index, forms)


def _has(atom: Atom, axis: Axis) -> bool:
    return axis in atom.at or any(_has(f, axis) for form in atom.forms for t, _ in form for f, _ in t.factors)
