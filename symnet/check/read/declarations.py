r"""What a written symbol may mean: ``w^l_{jk}`` declared as a weight, and how a symbol matches that.

A declaration's scripts are items: a literal digit or letter, the layer's label, or the place of an index.  The same
written symbol can match in more than one way; deciding between them is the reader's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from symnet.algebra.expressions import Axis, Tensor
from symnet.check.read.syntax import Fraction, Group, Listing, Negative, Node, Number, Power, Symbol, Terms
from symnet.network import SAMPLES, Network

Labels = Mapping[str, int]

OWN = 1
"""The rank up to which a declaration comes from the user's file."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a declared script: ``kind`` "literal" (``text`` is it), "layer", or "index" (``text`` is its role).

    Where the symbol is defined by a formula, "any" is a letter of that formula.  ``letter`` is how an index was written
    in the declaration.
    """

    kind: str
    text: str = ""
    wrap: str = ""
    letter: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is declared: a tensor (one a layer's label, or label 0), or a ``kind`` of its own with a value."""

    kind: str
    tensors: Mapping[int, Tensor] = field(default_factory=dict, hash=False)
    value: int | str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A symbol and its meaning; of several that match, those of the lowest ``rank`` count."""

    base: str
    subs: tuple[Item, ...]
    sups: tuple[Item, ...]
    meaning: Meaning
    rank: int = 0
    called: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that have a place in the scripts."""
        return tuple(item.text for item in (*self.subs, *self.sups) if item.kind == "index")


@dataclass(frozen=True, slots=True)
class Match:
    """A written symbol read by a declaration: indices by role, and superscripts that are left (powers, ⊤)."""

    declaration: Declaration
    tensor: Tensor | None
    index: Mapping[str, Node] = field(hash=False)
    rest: tuple[Node, ...] = ()

    @property
    def by_letter(self) -> bool:
        """Whether every index has the letter that the declaration has: δ_j is then not the δ_k of another layer."""
        items = [i for i in (*self.declaration.subs, *self.declaration.sups) if i.kind == "index" and i.letter]
        given = [(item.letter, self.index.get(item.text)) for item in items]
        return bool(given) and all(isinstance(node, Symbol) and node.base == letter for letter, node in given)


def roles_of(tensor: Tensor, network: Network) -> tuple[str, ...]:
    """The roles of a quantity's possible indices, in the order of its axes."""
    of = tensor.of or tensor
    if of.role == "weight":
        return ("in", "out")
    if of.role == "bias":
        return ("unit",)
    if of.role in ("input", "target", "pre", "unit"):
        return ("s", "unit") if network.sample_axes else ("unit",)
    return ()


def axis_of(tensor: Tensor, role: str, network: Network) -> Axis | None:
    """The axis that a role stands for, or None where it has one element."""
    of = tensor.of or tensor
    if role == "s":
        return SAMPLES if SAMPLES in of.axes else None
    axes = network.unit_axes[of.layer - 1 if role == "in" else of.layer]
    return axes[0] if axes else None


def label_of(node: Node, labels: Labels) -> int | None:
    """The layer's label that a script says: ``2``, ``l+1``, ``L``; None if it says none."""
    match node:
        case Number(text=text) if text.isdigit() and len(text) < 6:
            return int(text)
        case Symbol(base=base, subs=subs, sups=(), primes=0):
            inner = "".join(s.base if isinstance(s, Symbol) else "?" for s in subs)
            return labels.get(f"{base}_{inner}" if subs else base)
        case Terms(terms=terms):
            parts = [(sign, label_of(part, labels)) for sign, part in terms]
            if any(part is None for _, part in parts):
                return None
            return sum(part if sign == "+" else -part for sign, part in parts if part is not None)
    return None


def matches(declaration: Declaration, symbol: Symbol, labels: Labels, lenient: bool = False) -> list[Match]:
    """The ways in which ``symbol`` is an instance of ``declaration``; ``lenient`` forgives other brackets."""
    found = []
    for subs in _spread(symbol.subs, len(declaration.subs)):
        left = _against(declaration.subs, subs, lenient, labels, declaration)
        if left is None or left[2]:
            continue
        right = _against(declaration.sups, symbol.sups, lenient, labels, declaration)
        if right is None or not all(map(is_exponent, right[2])):
            continue
        bare = [item for item in symbol.sups if not isinstance(item, Group) and item not in right[2]]
        if bare and any(isinstance(item, Number) for item in right[2]):
            continue  # a^{l2}: the label l2, or the square of a^l?
        named = {*left[0], *right[0]}
        if len(named) > 1:
            continue
        tensors = declaration.meaning.tensors
        tensor = tensors.get(named.pop() if named else 0)
        if tensors and tensor is None:
            continue
        found.append(Match(declaration, tensor, {**left[1], **right[1]}, right[2]))
    return found


def is_transpose(item: Node) -> bool:
    """Whether a superscript is ⊤ or T."""
    return isinstance(item, Symbol) and item.base in ("top", "T") and not item.subs


def is_exponent(item: Node) -> bool:
    """Whether a superscript that is no label can be a power or a transpose."""
    if isinstance(item, Negative):
        return is_exponent(item.body)
    return is_transpose(item) or isinstance(item, Number | Fraction | Power)


def _spread(items: tuple[Node, ...], wanted: int) -> Iterator[tuple[Node, ...]]:
    """The items as they are, and with ``12`` as 1, 2 where that makes the wanted number of them."""
    yield items
    split: list[Node] = []
    for item in items:
        if isinstance(item, Number) and item.text.isdigit():
            split += [Number(item.at + k, digit) for k, digit in enumerate(item.text)]
        else:
            split.append(item)
    if len(split) == wanted != len(items):
        yield tuple(split)


_Found = tuple[set[int], dict[str, Node], tuple[Node, ...]]


def _against(
    pattern: tuple[Item, ...], items: tuple[Node, ...], lenient: bool, labels: Labels, declaration: Declaration
) -> _Found | None:
    """Every item of the pattern found in the items, in order; what is left over comes last."""
    layers: set[int] = set()
    index: dict[str, Node] = {}
    rest: list[Node] = []
    todo = list(pattern)
    for item in items:
        inner, wrap = (item.body, item.delimiter) if isinstance(item, Group) else (item, "")
        if todo and (wrap == todo[0].wrap or lenient):
            first = todo[0]
            if first.kind == "literal" and _literal(inner) == first.text:
                todo.pop(0)
                continue
            if first.kind == "layer":
                label = label_of(inner, labels)
                if label is not None and label in declaration.meaning.tensors:
                    layers.add(label)
                    todo.pop(0)
                    continue
            if first.kind == "any" and not is_transpose(inner):
                index[first.text] = inner
                todo.pop(0)
                continue
            if first.kind == "index" and is_index(inner):
                index[first.text] = inner
                todo.pop(0)
                continue
        rest.append(item)
    return None if todo else (layers, index, tuple(rest))


def _literal(node: Node) -> str:
    match node:
        case Number(text=text):
            return text
        case Symbol(base=base, subs=(), sups=()):
            return base
        case Listing(items=items):
            return ",".join(map(_literal, items))
    return "?"


def is_index(node: Node) -> bool:
    """Whether a script can be an index: a number or a letter."""
    if isinstance(node, Number):
        return node.text.isdigit() and len(node.text) < 6
    return isinstance(node, Symbol) and not (node.subs or node.sups or node.primes) and not is_transpose(node)
