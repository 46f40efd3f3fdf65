"""Dimension check: the shapes of quantities and of their derivatives, and how many parameters there are."""

from __future__ import annotations

from random import Random

import sympy as sp

from symnet.algebra.expressions import Tensor
from symnet.check.kept import derivation
from symnet.errors import unknown
from symnet.exercises.draw import check_sizes
from symnet.exercises.kinds.shown import described, equations, names_of, say, together
from symnet.exercises.kinds.values import label
from symnet.exercises.template import Template
from symnet.exercises.variant import Numbers, Part, Shape, Value, Variant
from symnet.network import Network
from symnet.notation.names import Names
from symnet.render.display import Name, Node, Product, Relation, Row
from symnet.render.display import Number as Digits
from symnet.render.document import Block, Formulas
from symnet.render.document import Part as Piece
from symnet.render.equations import matrix_row
from symnet.render.matrix import orientation

PARAMETERS = "parameters"
"""The name of the part that asks how many weights and biases there are."""


def draw(template: Template, rng: Random) -> Variant:
    """[ask] names the ``quantities``: ``W1``, ``z1``, ``dC/dW1``, and ``parameters`` for how many there are."""
    network = template.drawn(rng)
    check_sizes(template, network)
    names = names_of(network)
    asked = list(template.listed("quantities"))
    count = min(template.whole("ask", "count", len(asked)), len(asked))
    chosen = [asked[k] for k in sorted(rng.sample(range(len(asked)), count))]
    parts = tuple(
        _parameters(template, network, label(k)) if name == PARAMETERS else _shape(template, network, names, name, k)
        for k, name in enumerate(chosen)
    )
    way = "inputs × units" if names.notation.orientation == "inputs x units" else "units × inputs"
    several = ""
    if network.sample_axes:
        several = f" The n samples are the {names.notation.layout} of the data."
    given = together([
        say(described(network), f" A weight matrix is {way}.{several}"),
        equations(network, "matrix"),
    ])  # fmt: skip
    return Variant(template.name, 0, template.title, given, parts, 2 * len(parts), network, Numbers())


def tensors_of(network: Network) -> dict[str, Tensor]:
    """Every quantity by its name, derivatives among them."""
    found = {t.name: t for t in (network.x, network.y, *network.parameters)}
    found |= {eq.target.name: eq.target for eq in network.equations[:-1]}
    return found | {a.equation.target.name: a.equation.target for a in derivation(network).backward}


def _shape(template: Template, network: Network, names: Names, name: str, place: int) -> Part:
    known = tensors_of(network)
    if name not in known:
        raise unknown("quantity", name, (*known, PARAMETERS))
    tensor = known[name]
    whole = names.whole(tensor)
    rows, columns = (1 if side is None else side.size for side in orientation(tensor, names))
    shape = Relation((whole, Product((_size(rows), _size(columns)), "×")), ":")
    solution: list[Piece] = [whole, f" is {rows} × {columns}"]
    if tensor.of is not None:
        solution += [": a derivative has the shape of what is differentiated by, ", names.whole(tensor.of)]
    equation = next((e for e in network.equations if e.target == tensor), None)
    equation = equation or next((a.equation for a in derivation(network).backward if a.equation.target == tensor), None)
    blocks: list[Block] = [say(*solution, ".")]
    if equation is not None:
        row = matrix_row(network, equation, names)
        blocks.append(Formulas((Row(row.left, "=", row.right, (), row.shape),)))
    return Part(
        label(place),
        ("Which shape has ", whole, " (rows × columns)?"),
        Shape(rows, columns),
        template.marks(name),
        (shape,),
        tuple(blocks),
        ("In a product of matrices the inner sizes are equal, and drop out.",),
        name,
    )  # fmt: skip


def _size(size: int | str) -> Node:
    return Digits(str(size)) if isinstance(size, int) else Name(size)


def _parameters(template: Template, network: Network, letter: str) -> Part:
    sizes = [int(sp.prod([int(a.size) for a in p.axes])) for p in network.parameters]
    total = sp.Integer(sum(sizes))
    names = names_of(network)
    counted: list[Piece] = []
    for k, (parameter, size) in enumerate(zip(network.parameters, sizes, strict=True)):
        counted += [", " if k else "", names.whole(parameter), f" has {size}"]
    return Part(
        letter,
        ("How many weights and biases does the network have in all?",),
        Value(total, sp.S.Zero),
        template.marks(PARAMETERS),
        (Digits(str(total)),),
        (say(*counted, f"; together {' + '.join(map(str, sizes))} = {total}."),),
        ("Each unit has a weight for each of its inputs, and one bias.",),
        PARAMETERS,
    )
