"""What the quantities of a network are called in reports: as its file declares them, else as its notation has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symnet.algebra.expressions import Axis, Index, Tensor
from symnet.check.read.declarations import OWN, Declaration, Item, axis_of, roles_of
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.tokens import letter_of
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Group, Listing, Name, Node, Number, Style


@dataclass(frozen=True, slots=True)
class UserNames(Names):
    """Names as the network's file declares them, its notation's for the rest; ``letters`` are the answer's indices."""

    vocabulary: Vocabulary | None = None
    letters: Mapping[str, str] = field(default_factory=dict, hash=False)

    def axis(self, axis: Axis) -> Node:
        """The running index of an axis: the user's letter, or the first one of the notation that is free."""
        if axis.name in self.letters:
            return Name(self.letters[axis.name])
        usual = Names.axis(self, axis)
        taken = set(self.letters.values())
        if isinstance(usual, Name) and usual.letter in taken:
            return Name(next((x for x in self.notation.unit_letters if x not in taken), usual.letter))
        return usual

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The name of one element."""
        found = self._declared(tensor)
        if found is None:
            if tensor.role == "adjoint" and tensor.of is not None:
                return self.derivative(self.element(tensor.of, index))
            return Names.element(self, tensor, index)
        declaration, label = found
        at = dict(zip(self._roles(tensor), index, strict=False))

        def items(parts: tuple[Item, ...]) -> Node | None:
            made: list[Node] = []
            for part in parts:
                node: Node = Number(str(label)) if part.kind == "layer" else Name(part.text)
                node = self.index(at[part.text]) if part.kind == "index" else node
                made.append(Group(node, "()") if part.wrap == "()" else node)
            return None if not made else made[0] if len(made) == 1 else Listing(tuple(made), "")

        base, accent = declaration.base, None
        if base.endswith("hat") and len(base) > 3:
            base, accent = base[:-3], "hat"
        letter = letter_of(base)
        style: Style = "upright" if len(letter) > 1 else "italic"
        return Name(letter, style, accent, items(declaration.subs), items(declaration.sups))  # type: ignore[arg-type]

    def cost(self, arguments: bool | None = None) -> Node:
        """The letter of the cost."""
        return self.element(self.network.equations[-1].target, ())

    def _roles(self, tensor: Tensor) -> tuple[str, ...]:
        roles = roles_of(tensor, self.network)
        return tuple(role for role in roles if axis_of(tensor, role, self.network) is not None)

    def _declared(self, tensor: Tensor) -> tuple[Declaration, int] | None:
        """The declaration in the user's file that says most about the indices, and the layer's label in it."""
        wanted, best, found = set(self._roles(tensor)), (len(tensor.axes) + 1, False, 0), None
        for declaration in (d for ds in (self.vocabulary.declarations if self.vocabulary else {}).values() for d in ds):
            if declaration.rank > OWN or declaration.meaning.kind != "tensor" or declaration.called:
                continue
            if not set(declaration.roles) <= wanted:
                continue
            sums = tensor.role != "pre" and any(t.role == "pre" for t in declaration.meaning.tensors.values())
            rank = (len(wanted - {"s"} - set(declaration.roles)), sums, declaration.rank)
            for label, meant in declaration.meaning.tensors.items():
                if (meant.name, meant.role) == (tensor.name, tensor.role) and rank < best:
                    best, found = rank, (declaration, label)
        return found


def names_of(network: Network, asked: Target | None = None) -> Names:
    """The names of a network's quantities: the user's own, else those of its notation."""
    plain_notation = replace(notation(network.notation), cost_arguments=False)
    if asked is None:
        return UserNames(network, plain_notation)
    letters = {axis.name: letter_of(letter) for letter, axis in asked.letters.items()}
    return UserNames(network, plain_notation, asked.vocabulary, letters)
