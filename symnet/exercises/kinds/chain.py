"""Complete the chain rule: which factor is missing, and what does it come to?"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from symnet.algebra.expressions import Deriv, Ref
from symnet.check.kept import Kept
from symnet.costs import custom, yhat
from symnet.exercises.draw import Unsuitable
from symnet.exercises.kinds.partial import named, partial_of
from symnet.exercises.kinds.shown import definitions, described, equations, names_of, say, together
from symnet.exercises.template import Template
from symnet.exercises.variant import Choice, Formula, Option, Part, Variant
from symnet.network import Dense, Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Boxed, Name, Node, Partial, Relation, Row
from symnet.render.document import Formulas
from symnet.render.formula import formula
from symnet.render.partials import Link, written_chain

_cuts: Kept[Network] = Kept(256)

GAP = Boxed(Name("?", "upright"))
"""Stands where a factor is missing."""


def has_gap(node: Any) -> bool:
    """Whether a factor is missing."""
    return bool(filled(node, Name("1")) != node)


def filled(node: Any, factor: Node) -> Any:
    """The formula with the factor in its gap."""
    return exchanged(node, GAP, factor)


def exchanged(node: Any, old: Node, new: Node) -> Any:
    """The formula with one part in the place of another one."""
    if node == old:
        return new
    if isinstance(node, tuple):
        return tuple(exchanged(item, old, new) for item in node)
    if isinstance(node, Node):
        fields = node.__dataclass_fields__  # type: ignore[attr-defined]
        return replace(node, **{f: exchanged(getattr(node, f), old, new) for f in fields})  # type: ignore[type-var]
    return node


def draw(template: Template, rng: Random) -> Variant:
    """The chain of a derivative that [ask] names under ``wrt``, one factor of which is left out."""
    network = template.drawn(rng)
    wrt = rng.choice(named(template, network))
    partial = partial_of(network, wrt)
    names = names_of(network)
    view = "index" if partial.index is None else "scalar"
    chain = written_chain(partial, view, names)
    missing = rng.randrange(len(chain.links))
    link = chain.links[missing]
    whole = formula(chain.whole, names)
    factor = formula(link.derivative, names)
    gap = Relation((chain.left, exchanged(whole, factor, GAP)))
    if not has_gap(gap):
        raise Unsuitable("without a gap")
    options = _options(chain.links, missing, names, rng)
    rows = tuple(Row(formula(k.derivative, names), "=", formula(k.value, names), k.reason) for k in chain.links)
    solution = (Formulas((Row(chain.left, "=", whole, "chain rule"), *rows)),)
    which = Part(
        "a",
        ("Which factor is missing in ", gap, "?"),
        Choice(options),
        template.marks("factor"),
        (factor,),
        solution,
        ("Each factor is by the quantity that the next one differentiates.",),
        wrt,
    )
    parts = [which]
    asked = _formula_of(network, link)
    if asked is not None:
        hint = (
            ("It is the derivative of ", factor.of, " by ", factor.wrt[0], ".") if isinstance(factor, Partial) else ()
        )
        parts.append(
            Part(
                "b",
                ("What does the missing factor come to?",),
                asked,
                template.marks("value", 2),
                (Relation((factor, formula(link.value, names))),),
                (Formulas((rows[missing],)),),
                hint,
                "factor",
            )
        )
    given = together([say(described(network)), equations(network, view), *definitions(network)])
    return Variant(template.name, 0, template.title, given, tuple(parts), 2 * len(chain.links), network)


def _options(links: tuple[Link, ...], missing: int, names: Names, rng: Random) -> tuple[Option, ...]:
    """The missing factor among the others, and among derivatives that skip a step or stand upside down."""
    factors = [formula(link.derivative, names) for link in links]
    right = factors[missing]
    assert isinstance(right, Partial)
    wrong = [f for k, f in enumerate(factors) if k != missing]
    if 0 < missing < len(links) - 1:  # nothing is differentiated by a parameter's own function
        wrong.append(Partial(_letter(right.wrt[0]), (_letter(right.of),)))
    if missing + 1 < len(factors):
        following = factors[missing + 1]
        assert isinstance(following, Partial)
        wrong.append(Partial(right.of, following.wrt))
    wrong = [w for k, w in enumerate(wrong) if w != right and w not in wrong[:k]]
    chosen = rng.sample(wrong, min(3, len(wrong)))
    why = ("With this factor neighbours do not fit: each is by the quantity that the next one differentiates.",)
    options = [Option((right,), True), *(Option((w,), False, "missing_chain_factor", why) for w in chosen)]
    rng.shuffle(options)
    return tuple(options)


def _letter(node: Node) -> Node:
    return node.head if hasattr(node, "head") else node


def _formula_of(network: Network, link: Link) -> Formula | None:
    """The factor as the derivative of a cost, so that it is judged like any other: that of a network cut short.

    The cut network's cost is the quantity itself, and has its letter.  None where its letters would then differ.
    """
    habits = notation(network.notation)
    node = link.derivative
    if isinstance(node, Ref):
        assert node.tensor.of is not None
        names = names_of(network)
        return Formula(network, _written(names, Ref(node.tensor.of, node.index)))
    if not (isinstance(node, Deriv) and isinstance(node.body, Ref)):
        return None
    above, below = node.body.tensor, node.wrt
    names = names_of(network)
    wrt = _written(names, below)
    letter = names.element(above, above.axes)
    if not isinstance(letter, Name):
        return None
    mark = "ŷ" if letter.accent == "hat" else letter.letter
    quiet = {"cost": mark, "cost_arguments": False}
    last = above.layer == network.depth
    if above.role == "pre" and below.tensor.role == "unit":
        spare = "q" if last and habits.output_pre == mark else habits.output_pre
        if not last or above.layer != 2 or not network.layers[-1].function.is_linear:
            return None
        cut = _cut(network, network.layers, habits.with_(**quiet, output_pre=spare))
    elif above.role == "unit" and above.layer == 1:
        pre = names.element(below.tensor, below.tensor.axes)
        assert isinstance(pre, Name)
        own = habits.with_(**quiet, output_pre=pre.letter, prediction=mark, pre="q", unit="u")
        cut = _cut(network, network.layers[:1], own)
    elif above.role == "pre" and above.layer == 1 and below.tensor.role in ("weight", "bias"):
        own = habits.with_(**quiet, output_pre="q", prediction="u", pre="r", unit="v")
        first = network.layers[0]
        cut = _cut(network, (Dense(first.units, "linear", first.bias),), own)
    else:
        return None
    return Formula(cut, wrt)


def _written(names: Names, ref: Ref) -> str:
    from symnet.render.latex import latex

    return latex(names.element(ref.tensor, ref.index))


def _cut(network: Network, layers: tuple[Dense, ...], habits: Any) -> Network:
    def made() -> Network:
        return Network(network.inputs, *layers, cost=custom(yhat), samples=1, notation=habits)

    return _cuts.get(network, made, (layers, habits))
