"""The deck of a derivation: the network, the equations, a slide for each gradient, and worked numbers beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from symnet.algebra.expressions import Ref, Tensor
from symnet.derive.derivation import Derivation, Partial, element_example
from symnet.derive.numbers import Worked
from symnet.errors import SymnetError, unknown
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import notation as meant
from symnet.render.deck.gradient import gradient_rows, is_deep
from symnet.render.deck.model import Deck, Slide
from symnet.render.derivation import Section, backward_rows, condition_sections, forward_sections
from symnet.render.display import Node, Relation, Row, Words
from symnet.render.document import Block, Formulas, Paragraph, Picture, Table
from symnet.render.equations import VIEWS, names_for, shape_in
from symnet.render.messages import HEADINGS, SLIDES
from symnet.render.numbers import sample_remark, worked_sections
from symnet.render.partials import fixed
from symnet.render.text import text
from symnet.render.theme import THEMES
from symnet.spec import load

STEPS = ("final", "factors", "full")
"""How much of a gradient is shown: its result, the factors of its chain, or how each of them came about as well."""

_NUMBER = ("1", "1 × 1")

MOST_GRADIENTS = 60
"""The most slides of gradients that one deck may have."""


def deck(
    source: Network | Derivation,
    *,
    wrt: str | Sequence[str] | None = None,
    view: str = "index",
    notation: Any = None,
    steps: str = "factors",
    reasons: bool = True,
    numbers: Worked | None = None,
    title: str | None = None,
    theme: str = "light",
) -> Deck:
    """Slides of a derivation, one idea each.

    ``wrt`` names one parameter or several (``"W1"``, ``["w_1", "b"]``), by default all; in the scalar view a whole
    parameter stands for each of its elements.  ``numbers`` (from ``net.forward(…)``) adds slides that work the same
    equations out.  Raises SymnetError for an unknown choice or parameter, and for too many slides.
    """
    derivation = source.derive() if isinstance(source, Network) else source
    for what, given, known in (("view", view, VIEWS), ("level of steps", steps, STEPS), ("theme", theme, THEMES)):
        if given not in known:
            raise unknown(what, given, known)
    net = derivation.network
    if numbers is not None and numbers.network is not net and numbers.network != net:
        raise SymnetError(f"the numbers are of {numbers.network.spec}, the slides of {net.spec}; give both one network")
    names = names_for(net, notation)
    short = Names(net, names.notation.with_(cost_arguments=False))
    partials = _partials(derivation, wrt, view)
    done = [] if numbers is None else _number_slides(_of(numbers, partials), notation)
    slides = [
        Slide(SLIDES["network"], (Picture(net.figure("network", notation=names.notation)),)),
        Slide(SLIDES["parameters"], (_parameter_table(net, view, short),)),
    ]
    for section in forward_sections(derivation, view, names if view == "scalar" else short, steps):
        slides.append(_slide(HEADINGS[section.title], _shaped(section, net, view, short)))
        slides += [slide for step, title, slide in done if step == 0 and title == section.title]
    deep = [p for p in partials if is_deep(p, view)]
    if deep and steps != "final":
        needed = [a for a in derivation.backward if a.of.role in ("pre", "unit")]
        rows = backward_rows(derivation, needed, view, short, "factors")
        slides.append(_slide(SLIDES["backward"], [replace(row, shape="") for row in rows]))
    slides += [_gradient_slide(partial, view, short, steps) for partial in partials]
    slides += [
        Slide(HEADINGS[s.title], tuple(_condition_blocks(s.rows))) for s in condition_sections(derivation, short)
    ]
    slides += [slide for step, title, slide in done if step > 0 or title not in ("forward", "cost")]
    if not reasons:
        slides = [replace(slide, blocks=tuple(map(_without_reasons, slide.blocks))) for slide in slides]
    return Deck(title or net.spec.replace("->", "→"), tuple(slides), _subtitle(net), theme, declaration(net))


def declaration(net: Network) -> str:
    """Python that declares the network, or nothing where a line does not: a user's own functions, a penalty."""
    constants = ", ".join(f"{name}={value!r}" for name, value in net.cost.constants.items())
    options: dict[str, Any] = {"cost": f"{net.cost.name}({constants})" if constants else net.cost.name}
    if net.samples == 1:
        options["samples"] = net.samples
    habits = meant(net.notation)
    if habits.name != "lecture":
        options["notation"] = habits.name
    try:
        same = load(net.spec, **options)
    except SymnetError:
        return ""
    parts = [(n.inputs, n.layers, n.cost, n.regulariser, n.samples, meant(n.notation)) for n in (net, same)]
    if parts[0] != parts[1]:
        return ""
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"import symnet as sn\n\nnet = sn.load({net.spec!r}{given})"


def _slide(title: str, rows: Sequence[Row]) -> Slide:
    """Rows under a title; that something is a single number needs no saying."""
    return Slide(title, (Formulas(tuple(replace(r, shape="" if r.shape in _NUMBER else r.shape) for r in rows)),))


def _shaped(section: Section, net: Network, view: str, names: Names) -> list[Row]:
    """The forward rows with the shapes of their left sides as matrices; single numbers have none."""
    if view == "index" and section.title == "forward":
        pairs = zip(section.rows, net.equations, strict=False)
        return [replace(row, shape=shape_in(equation.target, names)) for row, equation in pairs]
    return [replace(row, shape="") if view == "scalar" else row for row in section.rows]


def _without_reasons(block: Block) -> Block:
    if not isinstance(block, Formulas):
        return block
    return Formulas(tuple(replace(row, reason=()) for row in block.rows))


def _subtitle(net: Network) -> str:
    return f"{HEADINGS['cost']}: {net.cost.name.replace('_', ' ')}"


def _parameter_table(net: Network, view: str, names: Names) -> Table:
    rows = [(_whole(p, view, names), shape_in(p, names)) for p in net.parameters]
    return Table((SLIDES["parameter"], SLIDES["shape"]), tuple(rows))


def _whole(tensor: Tensor, view: str, names: Names) -> Node:
    return names.whole(tensor) if view == "matrix" else names.element(tensor, tensor.axes)


def _gradient_slide(partial: Partial, view: str, names: Names, steps: str) -> Slide:
    tensor, at = partial.tensor, fixed(partial)
    node = names.element(tensor, tuple(at.get(a, a) for a in tensor.axes))
    if view == "matrix":
        node = names.whole(tensor)
    slide = _slide(f"{SLIDES['gradient']} {text(node)}", gradient_rows(partial, view, names, steps))
    return replace(slide, maths_title=(f"{SLIDES['gradient']} ", node))


def _condition_blocks(rows: Sequence[Row]) -> Iterator[Block]:
    """Conditions in mathematics as rows, those in words as prose."""
    stated = tuple(row for row in rows if not isinstance(row.right, Words))
    if stated:
        yield Formulas(stated)
    for row in rows:
        if isinstance(row.right, Words) and row.left is not None:
            yield Paragraph((row.left, f": {row.right.text}"))


def _of(numbers: Worked, partials: Sequence[Partial]) -> Worked:
    """The numbers without the derivatives by parameters that no slide is about."""
    shown = {(p.tensor, i) for p in partials for i in ([p.index] if p.index is not None else [None])}

    def wanted(ref: Ref, of: Tensor) -> bool:
        return of.role in ("pre", "unit") or (of, None) in shown or (of, ref.index) in shown

    passes = tuple(
        replace(
            each,
            backward=tuple(n for n in each.backward if n.left.tensor.of is None or wanted(n.left, n.left.tensor.of)),
            updates=tuple(u for u in each.updates if wanted(u.parameter, u.parameter.tensor)),
        )
        for each in numbers.passes
    )
    return replace(numbers, passes=passes)


def _with_value(rows: Sequence[Row]) -> tuple[Row, ...]:
    """A rounded value in the row that it is the value of."""
    out: list[Row] = []
    for row in rows:
        if row.left is None and row.relation == "≈":
            out[-1] = replace(out[-1], right=Relation((out[-1].right, row.right), "≈"))
        else:
            out.append(row)
    return tuple(out)


def _number_slides(numbers: Worked, notation: Any) -> list[tuple[int, str, Slide]]:
    """The worked numbers: the step of gradient descent, what is worked out, the slide."""
    done = numbers if notation is None else replace(numbers, notation=notation)
    remark = sample_remark(done)
    out: list[tuple[int, str, Slide]] = []
    for step, title, rows in worked_sections(done):
        words = SLIDES["in_numbers"] if len(done.passes) == 1 else SLIDES["after_steps"]
        blocks: tuple[Block, ...] = (Formulas(_with_value(rows)),)
        if remark and not out:
            blocks = (Paragraph(remark), *blocks)
        out.append((step, title, Slide(words.format(HEADINGS[title], step), blocks)))
    return out


def _partials(derivation: Derivation, wrt: str | Sequence[str] | None, view: str) -> list[Partial]:
    net = derivation.network
    named = [wrt] if isinstance(wrt, str) else [p.name for p in net.parameters] if wrt is None else list(wrt)
    partials = [derivation.partial(name) for name in named]
    if view == "scalar":
        derivation.scalars  # noqa: B018  refuses what is too large
        partials = [q for p in partials for q in _elements(p)]
    if not partials:
        raise SymnetError(f"there is nothing to derive; name a parameter, such as wrt={net.parameters[0].name!r}")
    if len(partials) > MOST_GRADIENTS:
        first = element_example(partials[0].tensor)
        raise SymnetError(
            f"that would be {len(partials)} slides of derivatives, more than {MOST_GRADIENTS}; "
            f"name some with wrt, such as {first}"
        )
    return partials


def _elements(partial: Partial) -> list[Partial]:
    """The partial derivative, or those by each element of a whole tensor."""
    if partial.index is not None:
        return [partial]
    sizes = (range(1, int(axis.size) + 1) for axis in partial.tensor.axes)
    return [Partial(partial.derivation, partial.tensor, index) for index in product(*sizes)]
