r"""Where declarations come from: a network's notation, the ``[names]`` of a network file, and what follows from those.

A line of ``[names]`` says what a symbol is: ``'w^l_{jk}' = "weight l[k,j]"``, ``"x_j^{(i)} | x_{ij}" = "input[i,j]"``,
``'\delta^{(l)}' = "adjoint pre l-1"``, ``"n | m" = "samples"``.  In brackets stand the letters of the indices in the
order samples, units, or inputs, units for a weight; without them they are taken in the notation's own order.
``'r_i' = "= \hat y_i - y_i"`` defines a symbol by a formula in the others; ``"n adjoint pre l"`` is n·∂C/∂(pre).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from symnet.algebra.expressions import Tensor
from symnet.check.read.declarations import Declaration, Item, Meaning, axis_of, roles_of
from symnet.check.read.latex import parse_latex
from symnet.check.read.syntax import Group, Node, NotUnderstood, Number, Product, Symbol
from symnet.check.read.tokens import letter_name
from symnet.derive.reverse import GIVEN, adjoint_of
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import LayerMark, Notation, SampleMark
from symnet.render import display

EXAMPLE = "'pre 1', 'weight l', 'adjoint pre 2', 'input[i,j]', 'prediction', 'samples', 'lambda'"
_TENSORS = ("input", "target", "prediction", "weight", "bias", "pre", "unit", "constant", "lambda")
_OTHERS = ("cost", "loss", "penalty", "samples", "layer", "activation", "kronecker", "size", "ones", "identity")
_VALUE = re.compile(
    rf"(?P<scaled>n\s+)?(?P<adjoint>adjoint\s+)?(?P<kind>{'|'.join(_TENSORS + _OTHERS)})"
    r"(?:\s+(?P<layer>[A-Za-z0-9+\- ]+?))?\s*(?:\[(?P<index>[^\]]*)\])?"
)


# -- from a file's names ----------------------------------------------------------------------


def declared(names: Mapping[str, str], network: Network, notation: Notation) -> list[Declaration]:
    """The declarations of a ``[names]`` table.

    Raises SymnetError for a line that is not understood.
    """
    out = []
    for patterns, value in names.items():
        for pattern in patterns.split(" | "):
            out.append(_declaration(pattern.strip(), value, network, notation))
    return out


def _declaration(pattern: str, value: str, network: Network, notation: Notation) -> Declaration:
    if isinstance(value, str) and value.strip().startswith("="):
        return _formula(pattern, value.strip()[1:])
    found = _VALUE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise SymnetError(f"names: {pattern} is {value!r}, expected what it is, such as {EXAMPLE}")
    symbol, called = _symbol(pattern)
    kind, layer = found["kind"], (found["layer"] or "").replace(" ", "")
    if kind in _OTHERS and kind not in ("cost", "loss", "penalty"):
        literal = _items(symbol, lambda text, wrap: Item("literal", text, wrap))
        return Declaration(symbol.base, *literal, Meaning(kind, {}, layer), 0, called)
    letter, tensors = _tensors(kind, layer, bool(found["adjoint"]), network)
    if not tensors:
        raise SymnetError(f"names: {pattern} is {value!r}, but the network has no such quantity")
    letters = _letters(symbol, letter, found["index"], max(tensors.values(), key=_rank), network, notation)

    def item(text: str, wrap: str) -> Item:
        if text == letter:
            return Item("layer", "", wrap)
        return Item("index", letters[text], wrap, text) if text in letters else Item("literal", text, wrap)

    kind = kind if kind in ("loss", "penalty") else "tensor"
    return Declaration(
        symbol.base, *_items(symbol, item), Meaning(kind, tensors, "n" if found["scaled"] else ""), 0, called
    )


def _formula(pattern: str, text: str) -> Declaration:
    symbol, called = _symbol(pattern)

    def item(letter: str, wrap: str) -> Item:
        return Item("any" if letter.isalpha() and len(letter) == 1 else "literal", letter, wrap)

    return Declaration(symbol.base, *_items(symbol, item), Meaning("formula", {}, text), 0, called)


def _rank(tensor: Tensor) -> int:
    return len(tensor.axes)


def _symbol(pattern: str) -> tuple[Symbol, bool]:
    word = re.match(r"[A-Za-z]{2,}", pattern)
    compact = re.fullmatch(r"([A-Za-z]+)([0-9])", pattern)  # W1, as a program writes W_1
    try:
        tree = parse_latex(f"{compact[1]}_{compact[2]}" if compact else pattern, {word.group()} if word else ())
    except NotUnderstood as error:
        raise SymnetError(f"names: {pattern!r} is no symbol: {error.message}") from None
    called = isinstance(tree, Product) and len(tree.factors) == 2 and isinstance(tree.factors[1], Group)
    head = tree.factors[0] if isinstance(tree, Product) and called else tree
    if not isinstance(head, Symbol):
        raise SymnetError(f"names: {pattern!r} is no symbol; write one letter or word with its scripts")
    return head, called


def _items(symbol: Symbol, item: Callable[[str, str], Item]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    def made(nodes: tuple[Node, ...]) -> tuple[Item, ...]:
        out = []
        for node in nodes:
            inner, wrap = (node.body, node.delimiter) if isinstance(node, Group) else (node, "")
            text = inner.text if isinstance(inner, Number) else inner.base if isinstance(inner, Symbol) else "?"
            out.append(item(text, wrap))
        return tuple(out)

    return made(symbol.subs), made(symbol.sups)


def _tensors(kind: str, layer: str, adjoint: bool, network: Network) -> tuple[str, dict[int, Tensor]]:
    """The letter of the layer, if it is one, and the tensor of every label."""
    if kind in ("lambda", "constant"):
        return "", {0: Tensor("lambda" if kind == "lambda" else layer, (), "constant")}
    written = re.fullmatch(r"(?P<letter>[A-Za-z]?)(?P<offset>[+-]?\d*)|last", layer)
    if written is None:
        raise SymnetError(f"names: the layer {layer!r} is not understood; write a number, l, l-1 or last")
    if layer == "last" or (not layer and kind in ("weight", "bias", "pre", "unit") and network.depth == 1):
        letter, offset = "", network.depth
    else:
        letter, offset = written["letter"] or "", int(written["offset"] or 0)
    labels = range(-1, network.depth + 3) if letter else (0,)
    found: dict[int, Tensor] = {}
    for label in labels:
        tensor = _tensor(kind, label + offset, network)
        if tensor is not None:
            found[label] = adjoint_of(tensor) if adjoint else tensor
    return letter, found


def _tensor(kind: str, layer: int, network: Network) -> Tensor | None:
    match kind:
        case "input":
            return network.x
        case "target":
            return network.y
        case "prediction":
            return network.prediction
        case "cost" | "loss" | "penalty":
            return network.equations[-1].target
        case "unit" | "pre":
            if not 0 <= layer <= network.depth:
                return None
            return network.unit(layer) if kind == "unit" or layer == 0 else network.pre_activation(layer)
    wanted = (t for t in network.parameters if t.role == kind and t.layer == layer)
    return next(wanted, None)


def _letters(
    symbol: Symbol, layer: str, given: str | None, tensor: Tensor, network: Network, notation: Notation
) -> dict[str, str]:
    """The role of every index letter in a pattern."""
    roles = roles_of(tensor, network)
    present = tuple(role for role in roles if axis_of(tensor, role, network) is not None)
    if given is not None:
        letters = [letter.strip() for letter in given.split(",")]
        order = roles if len(letters) == len(roles) else present
        if len(letters) != len(order):
            raise SymnetError(f"names: {symbol.base} has {len(order)} indices, [{given}] are {len(letters)}")
        return {letter: role for letter, role in zip(letters, order, strict=True) if letter != "."}
    found: list[tuple[str, bool]] = []
    for in_sup, nodes in ((False, symbol.subs), (True, symbol.sups)):
        for node in nodes:
            inner = node.body if isinstance(node, Group) else node
            if isinstance(inner, Symbol) and inner.base != layer and inner.base.isalpha():
                found.append((inner.base, in_sup and isinstance(node, Group)))
    if len({letter.isupper() for letter, raised in found if not raised}) > 1:
        found = [(letter, raised) for letter, raised in found if raised]  # h_{W,b}: what it depends on, no indices
    out: dict[str, str] = {}
    if "s" in present and not layer:
        for letter, raised in found:
            if raised:
                out[letter] = "s"
    open_letters = [letter for letter, _ in found if letter not in out]
    order = tuple(role for role in roles if role not in out.values())
    if "in" in order and notation.orientation == "units x inputs":
        order = ("out", "in")
    if len(open_letters) == 1:
        order = tuple(role for role in order if role in present and role != "s") or order[-1:]
    return out | dict(zip(open_letters, order, strict=False))


# -- from the notation ----------------------------------------------------------------------


def printed(network: Network, notation: Notation) -> list[Declaration]:
    """Every name that the notation prints, and the same with the other ways to mark samples and layers."""
    found: dict[tuple[object, ...], Declaration] = {}
    tensors = _alike(network)
    for rank, names in _variants(network, notation):
        for tensor, layers in tensors:
            for node, indexed in ((names.element(tensor, tensor.axes), True), (names.whole(tensor), False)):
                if isinstance(node, display.Name):
                    made = _from_name(node, tensor, names, rank, indexed)
                    if layers and 0 not in made.meaning.tensors:
                        made = replace(made, meaning=Meaning("tensor", layers))
                    key = (made.base, made.subs, made.sups)
                    if key in found and found[key].rank == rank:
                        made = replace(made, meaning=_joined(found[key].meaning, made.meaning))
                    if key not in found or found[key].rank == rank:
                        found[key] = made
    for d in list(found.values()):
        if not d.roles and all(t.role == "weight" for t in d.meaning.tensors.values()):
            other = replace(d, base=d.base.swapcase(), rank=5)
            found.setdefault((other.base, other.subs, other.sups), other)
    found |= _sizes(network)
    if network.sample_axes:
        size = Declaration(letter_name(notation.size), (), (), Meaning("samples"), 2)
        found[(size.base, (), ())] = size
    return list(found.values())


def _sizes(network: Network) -> dict[tuple[object, ...], Declaration]:
    """The letters of symbolic sizes."""
    out: dict[tuple[object, ...], Declaration] = {}
    for layer, axes in enumerate(network.unit_axes):
        for axis in axes:
            name = axis.size if isinstance(axis.size, str) else ""
            base, _, label = name.partition("_")
            if name and (base, label) not in out:
                subs = (Item("literal", label),) if label else ()
                out[base, label] = Declaration(letter_name(base), subs, (), Meaning("size", {}, str(layer)), 2)
    return out


def _joined(one: Meaning, other: Meaning) -> Meaning:
    return Meaning(one.kind, {**other.tensors, **one.tensors})


def _variants(network: Network, notation: Notation) -> Iterator[tuple[int, Names]]:
    plain = notation.with_(sample_letter="S", unit_letters="ijklmpqrtuv")
    yield 2, Names(network, plain)
    for sample in get_args(SampleMark):
        yield 3, Names(network, plain.with_(sample_mark=sample))
    for layer in get_args(LayerMark):
        if layer != "none":
            for sample in get_args(SampleMark):
                marks = {"layer_mark": layer, "matrix_mark": layer, "sample_mark": sample}
                yield 4, Names(network, plain.with_(**marks, plain_first=False, plain_units=False))


def _all_tensors(network: Network) -> list[Tensor]:
    quantities = list(dict.fromkeys([network.x, network.y, *(eq.target for eq in network.equations[:-1])]))
    quantities += network.parameters
    adjoints = [adjoint_of(t) for t in quantities if t.role not in GIVEN]
    return [*quantities, *adjoints, *network.constants, network.equations[-1].target]


def _alike(network: Network) -> list[tuple[Tensor, dict[int, Tensor]]]:
    """Every tensor, but of those in the middle of a deep network, whose names differ by a number, only the first.

    It comes with all of them by layer; the others with nothing.
    """
    first: dict[tuple[object, ...], tuple[Tensor, dict[int, Tensor]]] = {}
    for tensor in _all_tensors(network):
        of = tensor.of or tensor
        middle = 2 < of.layer < network.depth - 1
        present = tuple(axis_of(tensor, role, network) is not None for role in roles_of(tensor, network))
        alike = (tensor.role, of.role, present) if middle else (tensor,)
        _, layers = first.setdefault(alike, (tensor, {}))
        if middle:
            layers[of.layer] = tensor
    return list(first.values())


def _from_name(name: display.Name, tensor: Tensor, names: Names, rank: int, indexed: bool) -> Declaration:
    of = tensor.of or tensor
    letters: dict[display.Node, str] = {}
    for role in roles_of(of, names.network):
        axis = axis_of(of, role, names.network)
        if axis is not None and indexed:
            letters[names.axis(axis)] = role
    labelled = False

    def items(node: display.Node | None, wrap: str = "") -> Iterator[Item]:
        nonlocal labelled
        match node:
            case display.Listing(items=parts):
                for part in parts:
                    yield from items(part)
            case display.Group(body=body, delimiter=delimiter):
                yield from items(body, delimiter)
            case display.Number():
                labelled = True
                yield Item("layer", "", wrap)
            case display.Name():
                yield Item("index", letters[node], wrap) if node in letters else Item("literal", node.letter, wrap)

    subs, sups = tuple(items(name.sub)), tuple(items(name.sup))
    base = letter_name(name.letter) + (name.accent or "")
    return Declaration(base, subs, sups, Meaning("tensor", {of.layer if labelled else 0: tensor}), rank)


# -- what follows from what is declared ----------------------------------------------------------------------


def derived(declarations: list[Declaration], network: Network, notation: Notation) -> Iterator[Declaration]:
    """The same symbols with the sample's index, or every index, left out; elements of what is declared whole."""
    for d in declarations:
        if d.meaning.kind != "tensor" or d.called:
            continue
        tensor = max(d.meaning.tensors.values(), key=_rank)
        if "s" in d.roles and len(d.roles) > 1:
            yield _without(d, ("s",))
        if d.roles:
            yield _without(d, d.roles)
        elif tensor.axes:
            yield from _elements(d, tensor, network, notation)


def _without(d: Declaration, roles: tuple[str, ...]) -> Declaration:
    def keep(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(item for item in items if item.text not in roles or item.kind != "index")

    return replace(d, subs=keep(d.subs), sups=keep(d.sups), rank=d.rank + 1)


def _elements(d: Declaration, tensor: Tensor, network: Network, notation: Notation) -> Iterator[Declaration]:
    roles = [r for r in roles_of(tensor, network) if axis_of(tensor, r, network) is not None]
    of = tensor.of or tensor
    if of.role == "weight" and notation.orientation == "units x inputs":
        roles.reverse()
    if of.role != "weight" and notation.layout == "columns":
        roles.reverse()
    bases = {d.base, d.base[0].lower() + d.base[1:]} if len(roles) == 2 else {d.base}
    for base in sorted(bases):
        yield replace(d, base=base, subs=d.subs + tuple(Item("index", r) for r in roles), rank=d.rank + 1)
        if "s" in roles:
            yield replace(d, base=base, sups=(*d.sups, Item("index", "s", "()")), rank=d.rank + 1)
            if len(roles) == 2:
                yield replace(d, base=base, subs=(*d.subs, Item("index", "s")), rank=d.rank + 1)
                if base[0].isupper():  # X_1 is the first sample to one author and the first feature to another
                    yield replace(d, base=base, subs=(*d.subs, Item("index", "unit")), rank=d.rank + 1)
                both = (*d.sups, Item("index", "s", "()"))
                yield replace(d, base=base, subs=(*d.subs, Item("index", "unit")), sups=both, rank=d.rank + 1)
