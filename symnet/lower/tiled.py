"""The plan *tiled*: loops over units, and over tiles of samples small enough to stay in the fastest memory.

Samples are the innermost loop everywhere, so that processors take several at once.  Sums over units are written out
where they are short; sums over the samples of a tile are taken for several weights at once, in local variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from symnet.algebra.expressions import (
    Axis,
    Equation,
    Expr,
    Index,
    Ref,
    Sum,
    Tensor,
    add,
    inline,
    refs,
    reindex,
    terms_of,
    total,
    transform,
    walk,
)
from symnet.lower.names import Names
from symnet.lower.normal import summed
from symnet.lower.plain import equation_text
from symnet.lower.rules import common, looks_ahead, needs_norm, own, substituted
from symnet.lower.scalars import scalar
from symnet.lower.statements import (
    Accumulate,
    Array,
    Assign,
    Element,
    Formula,
    Function,
    Length,
    Loop,
    Name,
    Number,
    Offset,
    Parts,
    Plus,
    Raise,
    Scalar,
    Section,
    Statement,
    Times,
    used,
)
from symnet.lower.training import Body, Task, Variables, assembled
from symnet.lower.unrolled import normalised, passes

TILE = 64
"""Samples in a tile: their units' values stay in the first cache."""

SHORT = 64
"""Sums over at most so many units are written out."""

TOGETHER = 8
"""So many sums over the samples are taken in one loop, at most: the processor's registers hold them."""


def training_by_tiles(task: Task, whole: Length | None) -> Function:
    """The training function with loops over units and tiles of samples."""
    titles = {e.target: equation_text(e) for e in normalised(task.equations)}
    steps = normalised(_fused(task.equations, task))
    variables = Variables(task, Offset("tile", "lane"), "n" if whole is not None else "size")
    first, end = (0, "n") if whole is not None else ("start", "stop")
    ahead = looks_ahead(task.rule)
    local = [e.target for e in steps if task.samples in e.target.axes]
    sums = [e.target for e in steps if task.samples not in e.target.axes and e.target.axes]
    points = {p: replace(p, name=f"{p.name} ahead") for p in task.gradients} if ahead else {}
    variables.arrays |= {*task.gradients, *local, *sums, *points.values()}
    if ahead:
        steps = tuple(Equation(e.target, _moved(e.right, points)) for e in steps)
    step: list[Statement] = []
    if whole is None:
        step.append(Assign(Name("size"), Plus((Name("stop"), Times((Number(sp.S.NegativeOne), Name("start")))))))
    for p, point in points.items():
        value = substituted(task.rule.at, {**variables.constants, **_held(task, p, variables)})
        step += _nest(p.axes, [Assign(variables.element(point()), value)], variables)
    for part in passes(steps, task.samples):
        for equation in part.before:
            step.append(
                Section(
                    titles.get(equation.target, equation_text(equation)),
                    tuple(_plain(equation, equation.right, variables)),
                )
            )
        body: list[Statement] = [
            Section(titles.get(e.target, equation_text(e)), tuple(_by_lanes(e, variables))) for e in part.within
        ]
        for e in part.sums:
            start = add(*(term for term in terms_of(e.right) if not isinstance(term, Sum)))
            step += _plain(e, start, variables)
            body.append(Section(titles.get(e.target, equation_text(e)), tuple(_sums(e, task.samples, variables))))
        if body:
            lanes = Assign(Name("lanes"), Plus((Name("end"), Times((Number(sp.S.NegativeOne), Name("tile"))))))
            step.append(Parts("tile", "end", first, end, TILE, (lanes, *body)))
    step += _updates(task, variables)
    workspace = [
        *(Array(variables.tensor(t), t.name, (*_units(t, task.samples), TILE)) for t in local),
        *(Array(variables.tensor(t), t.name, _units(t, task.samples)) for t in (*sums, *points.values())),
    ]
    return assembled(task, variables, Body(tuple(step), workspace=tuple(workspace)), whole)


def _units(tensor: Tensor, samples: Axis) -> tuple[int, ...]:
    return tuple(int(a.size) for a in tensor.axes if a != samples) or ((1,) if samples not in tensor.axes else ())


def _fused(equations: Sequence[Equation], task: Task) -> tuple[Equation, ...]:
    """Equations → the same with short sums over units written out, and what is used once put where it is used."""
    written = [Equation(e.target, _written_out(e.right, task.samples)) for e in equations]
    out: list[Equation] = []
    for k, equation in enumerate(written):
        later = [use for other in written[k + 1 :] for use in refs(other.right, equation.target)]
        once = len(later) == 1 and later[0].index == equation.target.axes
        if once and task.samples in equation.target.axes and _elementwise(written[k + 1 :], equation.target):
            written[k + 1 :] = [Equation(e.target, inline(e.right, equation)) for e in written[k + 1 :]]
        else:
            out.append(equation)
    return tuple(out)


def _elementwise(equations: Sequence[Equation], tensor: Tensor) -> bool:
    """Whether the one use of ``tensor`` is outside of every sum."""
    for equation in equations:
        for term in terms_of(equation.right):
            if refs(term, tensor) and any(isinstance(part, Sum) and refs(part, tensor) for part in walk(term)):
                return False
    return True


def _written_out(expr: Expr, samples: Axis) -> Expr:
    def rule(e: Expr) -> Expr | None:
        if isinstance(e, Sum) and e.axis != samples and isinstance(e.axis.size, int) and e.axis.size <= SHORT:
            return add(*(reindex(e.body, {e.axis: k}) for k in range(1, e.axis.size + 1)))
        return None

    return transform(expr, rule)


def _moved(expr: Expr, points: dict[Tensor, Tensor]) -> Expr:
    return transform(expr, lambda e: points[e.tensor](*e.index) if isinstance(e, Ref) and e.tensor in points else None)


def _nest(axes: Sequence[Axis], body: list[Statement], variables: Variables) -> list[Statement]:
    for axis in reversed(axes):
        body = [Loop(variables.axis(axis), int(axis.size), tuple(body))]
    return body


def _plain(equation: Equation, right: Expr, variables: Variables) -> list[Statement]:
    """``target = right``, for all elements of what has no samples."""
    before, value = scalar(right, variables, variables.names.inner())
    return _nest(equation.target.axes, [*before, Assign(variables.element(equation.left), value)], variables)


def _by_lanes(equation: Equation, variables: Variables) -> list[Statement]:
    """``target = right`` for the samples of a tile; what does not depend on the sample is fetched before their loop."""
    local = variables.names.inner()
    before, value = scalar(equation.right, variables, local)
    lanes = _lanes([*before, Assign(variables.element(equation.left), value)], local)
    units = [a for a in equation.target.axes if a != variables.axis_of_samples]
    return _nest(units, lanes, variables)


def _sums(equation: Equation, samples: Axis, variables: Variables) -> list[Statement]:
    """``target += Σ`` over the samples of a tile, for several elements along the target's last axis at once."""
    out: list[Statement] = []
    for term in terms_of(equation.right):
        if not isinstance(term, Sum):
            continue
        over, body = summed(term)
        body = total(tuple(a for a in over if a != samples), body)
        axes = equation.target.axes
        if not axes:
            out += _together(equation.left, [({}, "")], body, variables)
            continue
        *outer, last = axes
        most = _at_once(int(last.size))
        blocks, rest = divmod(int(last.size), most)
        if blocks:
            begin = variables.names.of(("block", last), "block")
            steps: list[tuple[Mapping[Axis, Index], str]] = [
                ({last: Axis(f"{last.name}+{b}", last.size)}, f"_{b}") for b in range(most)
            ]
            for b, (at, _) in enumerate(steps):
                variables.places[at[last]] = Offset(begin, b)  # type: ignore[index]
            inner = _together(equation.left, steps, body, variables)
            out += _nest(outer, [Loop(begin, blocks * most, tuple(inner), step=most)], variables)
        if rest:
            left: list[tuple[Mapping[Axis, Index], str]] = [
                ({last: blocks * most + b + 1}, f"_{b}") for b in range(rest)
            ]
            out += _nest(outer, _together(equation.left, left, body, variables), variables)
    return out


def _at_once(size: int) -> int:
    """How many of ``size`` sums are taken in one loop: so many that none are left over, if that is not too few."""
    even = max(d for d in range(1, TOGETHER + 1) if size % d == 0)
    return even if even > 2 or size <= 2 else min(size, TOGETHER)


def _together(
    left: Ref, steps: Sequence[tuple[Mapping[Axis, Index], str]], body: Expr, variables: Variables
) -> list[Statement]:
    local = variables.names.inner()
    sums = [Name(local.of(("sum", mark), f"total{mark}")) for _, mark in steps]
    inner: list[Statement] = []
    for (at, _), name in zip(steps, sums, strict=True):
        before, value = scalar(reindex(body, at), variables, local)
        inner += [*before, Accumulate(name, value)]
    return [
        *(Assign(name, Number(sp.S.Zero)) for name in sums),
        *_lanes(inner, local),
        *(
            Accumulate(variables.element(Ref(left.tensor, reindex(left, at).index)), name)  # type: ignore[attr-defined]
            for (at, _), name in zip(steps, sums, strict=True)
        ),
    ]


def _lanes(body: Sequence[Statement], local: Names) -> list[Statement]:
    """The loop over the samples of a tile, after what it needs that is the same for all of them."""
    fetched: dict[Element, Name] = {}

    def fixed(value: Scalar) -> Scalar:
        match value:
            case Element() if not used(value) & {"lane"}:
                return fetched.setdefault(value, Name(local.of(("fetched", value), _hint(value))))
            case Plus(terms=terms):
                return Plus(tuple(map(fixed, terms)))
            case Times(factors=factors):
                return Times(tuple(map(fixed, factors)))
            case Raise(base=base):
                return replace(value, base=fixed(base))
            case Formula(names=names):
                return replace(value, names=tuple((s, fixed(v)) for s, v in names))
        return value

    assert all(isinstance(s, Assign | Accumulate) for s in body)
    moved = tuple(replace(s, value=fixed(s.value)) for s in body if isinstance(s, Assign | Accumulate))
    return [*(Assign(name, e) for e, name in fetched.items()), Loop("lane", "lanes", moved)]


def _hint(element: Element) -> str:
    numbers = "_".join(str(i + 1) for i in element.index if isinstance(i, int))
    return f"{element.array}_{numbers}"


def _held(task: Task, p: Tensor, variables: Variables) -> dict[str, Name | Element]:
    index = tuple(variables.axis(a) for a in p.axes) or (0,)
    states = {s: Element(name, index) for (s, of), name in variables.states.items() if of == p}
    return {"w": Element(variables.array(p), index), **states}


def _updates(task: Task, variables: Variables) -> list[Statement]:
    """The rule for every element of every parameter."""
    known: dict[str, Name | Element] = {"t": Name("t"), **variables.constants}
    out: list[Statement] = []
    if needs_norm(task.rule):
        squares = Name(variables.names.of("norm", "norm"))
        out.append(Assign(squares, Number(sp.S.Zero)))
        for p, slope in task.gradients.items():
            square = Raise(variables.element(slope(*p.axes)), sp.Integer(2))
            out += _nest(p.axes, [Accumulate(squares, square)], variables)
        out.append(Assign(squares, Raise(squares, sp.Rational(1, 2))))
        known["norm"] = squares
    before, known = common(task.rule, known, variables.names)
    out += before
    for p, slope in task.gradients.items():
        here = {**known, **_held(task, p, variables), "g": variables.element(slope(*p.axes))}
        out += _nest(p.axes, own(task.rule, here, variables.names.inner()), variables)
    return out
