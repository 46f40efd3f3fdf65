"""The vocabulary of an answer, and which derivative is asked for.

A vocabulary is made from a network, its notation and the ``[names]`` of its file; it says what a written symbol can
mean.  A target is the quantity that the cost is differentiated by, with the letters or numbers of its indices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from symnet.activations import ACTIVATIONS, Activation
from symnet.algebra.expressions import Axis, Expr, Index, Tensor
from symnet.algebra.scalars import differentiate
from symnet.check.kept import Kept
from symnet.check.read.declarations import Declaration, Labels, Match, axis_of, is_transpose, matches, roles_of
from symnet.check.read.latex import parse_latex
from symnet.check.read.naming import declared, derived, printed
from symnet.check.read.syntax import Node, NotUnderstood, Number, Symbol
from symnet.check.read.tokens import letter_name
from symnet.derive.derivation import resolve
from symnet.derive.reverse import adjoint_of
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.notation.notation import Notation
from symnet.notation.notation import notation as meant

Side = Axis | None


@dataclass(frozen=True)
class Vocabulary:
    """What the symbols of an answer mean in one network; ``names`` is the ``[names]`` table of its file.

    Raises SymnetError for a line of the table that is not understood.
    """

    network: Network
    names: Mapping[str, str] = field(default_factory=dict)
    _parsed: dict[str, Symbol] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # sympy imports parts of itself at the first derivative and the first condition: not while a text is read
        differentiate(ACTIVATIONS["sigmoid"].function)
        differentiate(ACTIVATIONS["relu"].function)
        formulas = [d for found in self.declarations.values() for d in found if d.meaning.kind == "formula"]
        for d in formulas:
            try:
                self.formula(str(d.meaning.value))
            except NotUnderstood as error:
                raise SymnetError(f"names: {d.base} = {d.meaning.value!r} is no formula: {error.message}") from None

    @cached_property
    def notation(self) -> Notation:
        """The network's notation."""
        return meant(self.network.notation)

    @cached_property
    def declarations(self) -> Mapping[str, tuple[Declaration, ...]]:
        """The declarations of every base."""
        own = declared(self.names, self.network, self.notation)
        taken = {d.base for d in own}
        own += [d for d in derived(own, self.network, self.notation) if not _covered(d, own)]
        other = [d for d in printed(self.network, self.notation) if d.base not in taken]
        other += [d for d in derived(other, self.network, self.notation) if not _covered(d, other)]
        out: dict[str, list[Declaration]] = {}
        for d in (*own, *other):
            out.setdefault(d.base, []).append(d)
        return {base: tuple(found) for base, found in out.items()}

    @cached_property
    def words(self) -> frozenset[str]:
        """The names of several letters."""
        return frozenset({base for base in self.declarations if len(base) > 1 and base.isalpha()} | {"yhat"})

    @cached_property
    def labels(self) -> Labels:
        """Symbols that are a layer's label, such as L."""
        own = {
            "_".join([d.base, *(i.text for i in d.subs)][: 2 if d.subs else 1]): int(d.meaning.value or 0)
            for found in self.declarations.values()
            for d in found
            if d.meaning.kind == "layer"
        }
        return own if own or "L" in self.declarations else {"L": self.network.depth}

    @cached_property
    def functions(self) -> Mapping[str, Activation]:
        """The activations by every name that they may have."""
        known: dict[str, Activation] = {"sigma": ACTIVATIONS["sigmoid"], "logistic": ACTIVATIONS["sigmoid"]}
        known |= {"expit": ACTIVATIONS["sigmoid"]}
        known |= {name: a for name, a in ACTIVATIONS.items() if name not in ("linear", "step", "softmax")}
        used = [layer.function for layer in self.network.layers]
        for activation in used:
            if not activation.is_linear and not activation.normalised:
                known[activation.name] = activation
                if letter_name(activation.letter) not in self.declarations:  # H of d2l is a layer, not the step
                    known[letter_name(activation.letter)] = activation
        curved = [f for f in used if not f.is_linear and not f.normalised]
        for found in self.declarations.values():
            for d in found:
                if d.meaning.kind == "activation":
                    layer = str(d.meaning.value)
                    if layer.isdigit() and 1 <= int(layer) <= len(used):
                        known[d.base] = used[int(layer) - 1]
                    elif layer in ACTIVATIONS:
                        known[d.base] = ACTIVATIONS[layer]
                    elif curved:
                        known[d.base] = curved[0]
        return known

    def formula(self, text: str) -> Node:
        """A defining formula of ``[names]`` as a tree."""
        return parse_latex(text, self.words)

    def matches(self, symbol: Symbol, labels: Labels) -> list[Match]:
        """The meanings of a written symbol, the best kind only; several are several readings."""
        labels = {**self.labels, **labels}
        for lenient in (False, True):
            found = [
                m
                for d in self.declarations.get(symbol.base, ())
                if d.meaning.kind not in ("activation", "layer", "kronecker")
                for m in matches(d, symbol, labels, lenient)
            ]
            if found:
                rank = min(m.declaration.rank for m in found)
                best = [m for m in found if m.declaration.rank == rank]
                if len({m.tensor for m in best}) > 1:
                    best = [m for m in best if m.by_letter] or best
                distinct = {(m.tensor, tuple(m.index.items()), m.rest, m.declaration.meaning.kind): m for m in best}
                return list(distinct.values())
        return []

    def sides(self, tensor: Tensor) -> tuple[Side, Side]:
        """The row axis and the column axis of a whole quantity in the notation; None is one element."""
        of = tensor.of or tensor
        columns = self.notation.layout == "columns"
        if of.role == "weight":
            inner, outer = axis_of(of, "in", self.network), axis_of(of, "out", self.network)
            return (inner, outer) if self.notation.orientation == "inputs x units" else (outer, inner)
        unit = axis_of(of, "unit", self.network) if roles_of(of, self.network) else None
        batched = bool(self.network.sample_axes)
        if of.role == "bias":
            return (None, unit) if batched and not columns else (unit, None)
        if not batched:
            return unit, None
        sample = axis_of(of, "s", self.network) if roles_of(of, self.network) else None
        return (unit, sample) if columns else (sample, unit)


_vocabularies: Kept[Vocabulary] = Kept(16)


def vocabulary_of(network: Network, names: Mapping[str, str]) -> Vocabulary:
    """The vocabulary of a network with the ``[names]`` of its file, kept."""
    return _vocabularies.get(network, lambda: Vocabulary(network, names), tuple(names.items()))


def _covered(d: Declaration, others: Iterable[Declaration]) -> bool:
    return any((d.base, d.subs, d.sups) == (o.base, o.subs, o.sups) for o in others)


@dataclass(frozen=True)
class Target:
    """The quantity ∂C/∂(``tensor``[``index``]) that is asked for.

    ``letters`` are the running indices by the user's letters, ``whole`` says that the quantity was asked for as a
    whole (no index given), ``row`` and ``column`` how it then lies.  A target of a generic layer has no tensor yet:
    ``layers`` are the labels that it stands for, and :meth:`at` is the target at one of them.
    """

    wrt: str
    vocabulary: Vocabulary
    tensor: Tensor
    index: tuple[Index, ...]
    letters: Mapping[str, Axis] = field(default_factory=dict)
    whole: bool = False
    row: Side = None
    column: Side = None
    labels: Labels = field(default_factory=dict)
    layers: tuple[int, ...] = ()
    letter: str = ""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The running indices, in the tensor's order."""
        return tuple(i for i in self.index if isinstance(i, Axis))

    @property
    def truth(self) -> Expr:
        """∂C/∂(the quantity), by its name: the adjoint with these indices."""
        return adjoint_of(self.tensor)(*self.index)

    @property
    def form(self) -> str:
        """ "matrix" for a whole quantity with axes, "index" with letters, "scalar" otherwise."""
        return "matrix" if self.whole and self.axes else "index" if self.letters else "scalar"

    @property
    def shape(self) -> tuple[str, ...]:
        """Rows and columns of a whole quantity, as sizes."""
        return tuple("1" if side is None else str(side.size) for side in (self.row, self.column))

    def alike(self, other: Target) -> Target | None:
        """This target at the layer of another one."""
        if not self.layers:
            return self if self.labels == other.labels else None
        label = other.labels.get(self.letter)
        return self.at(label) if label in self.layers and label is not None else None

    def concrete(self) -> tuple[Target, ...]:
        """The targets that a generic layer stands for; a target of one layer is its own."""
        return tuple(self.at(layer) for layer in self.layers) if self.layers else (self,)

    def at(self, layer: int) -> Target:
        """The target at the layer with this label."""
        found = _target(self.vocabulary, self.wrt, {self.letter: layer})
        assert found is not None
        return found


def target(network: Network, wrt: str, names: Vocabulary | None = None) -> Target:
    r"""The target meant by ``wrt``: ``w_1``, ``b``, ``w_{ij}``, ``W^{(1)}``, ``w^l_{jk}``, ``delta^l``, ``yhat_i``.

    A quantity stands for ∂C/∂(quantity), a named adjoint (``delta^l``) for itself.
    Raises SymnetError when ``wrt`` names nothing that the cost depends on.
    """
    vocabulary = names or Vocabulary(network)
    if wrt in {p.name for p in network.parameters if p.name not in vocabulary.declarations}:
        plain = _parameter(vocabulary, wrt)
        assert plain is not None
        return plain
    try:
        found = _target(vocabulary, wrt, {})
    except SymnetError:
        found = _parameter(vocabulary, wrt)
        if found is None:
            raise
    if found is not None:
        return found
    plain = _parameter(vocabulary, wrt)
    if plain is not None:
        return plain
    symbol = _parsed(vocabulary, wrt)
    letters = [i.base for i in _inner(symbol.sups + symbol.subs) if isinstance(i, Symbol)]
    for letter in letters:
        layers = tuple(k for k in range(network.depth + 2) if _target(vocabulary, wrt, {letter: k}) is not None)
        if layers:
            first = _target(vocabulary, wrt, {letter: layers[0]})
            assert first is not None
            return replace(first, layers=layers, letter=letter)
    raise SymnetError(f"{wrt!r} is no quantity of this network that the cost can be differentiated by")


def _parameter(vocabulary: Vocabulary, wrt: str) -> Target | None:
    """A parameter by its plain name: ``W1``, ``W_2``, ``W1[1,3]``."""
    try:
        tensor, index = resolve(vocabulary.network, wrt)
    except SymnetError:
        return None
    if index is not None:
        return Target(wrt, vocabulary, tensor, index)
    row, column = vocabulary.sides(tensor)
    return Target(wrt, vocabulary, tensor, tensor.axes, {}, True, row, column)


def _inner(items: Iterable[Node]) -> list[Node]:
    return [getattr(item, "body", item) for item in items]


def _parsed(vocabulary: Vocabulary, wrt: str) -> Symbol:
    if wrt not in vocabulary._parsed:
        vocabulary._parsed[wrt] = _symbol(vocabulary, wrt)
    return vocabulary._parsed[wrt]


def _symbol(vocabulary: Vocabulary, wrt: str) -> Symbol:
    try:
        symbol = parse_latex(wrt.strip(), vocabulary.words)
    except NotUnderstood as error:
        raise SymnetError(f"{wrt[:60]!r} names no quantity: {error.message}") from None
    if isinstance(symbol, Symbol):
        return symbol
    compact = re.fullmatch(r"([A-Za-z]+?)(\d+)", wrt.strip())
    if compact is None:
        raise SymnetError(f"{wrt[:60]!r} names no quantity; write one symbol, such as w_1 or W^{{(1)}}")
    digits = tuple(Number(1 + k, d) for k, d in enumerate(compact[2]))
    return Symbol(1, compact[1], digits)


def _target(vocabulary: Vocabulary, wrt: str, labels: Labels) -> Target | None:
    symbol = _parsed(vocabulary, wrt)
    network = vocabulary.network
    for match in vocabulary.matches(symbol, labels):
        tensor = match.tensor
        if tensor is None or match.declaration.meaning.kind != "tensor" or any(map(is_transpose, match.rest)):
            continue
        tensor = tensor.of or tensor
        if match.rest or tensor.role in ("target", "constant", "cost", "input"):
            continue
        letters: dict[str, Axis] = {}
        index: list[Index] = []
        for role in roles_of(tensor, network):
            axis = axis_of(tensor, role, network)
            given = match.index.get(role)
            if axis is None:
                continue
            if isinstance(given, Number):
                if isinstance(axis.size, int) and not 1 <= int(given.text) <= axis.size:
                    raise SymnetError(f"{wrt!r} is outside: the index counts from 1 to {axis.size}")
                index.append(int(given.text))
            else:
                index.append(axis)
                if isinstance(given, Symbol):
                    letters[given.base] = axis
        whole = not match.index
        row, column = vocabulary.sides(tensor) if whole else (None, None)
        return Target(wrt, vocabulary, tensor, tuple(index), letters, whole, row, column, labels)
    return None
