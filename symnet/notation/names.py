"""From quantities to displayed names: one network's tensors and indices in one notation."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import lookup

from symnet.algebra.expressions import Axis, Index, Tensor
from symnet.network import Network
from symnet.notation.notation import LayerMark, Notation
from symnet.render.display import Call, Group, Listing, Name, Node, Number, Partial, Style

_CAPITALS = {"σ": "Σ", "δ": "Δ"}


@dataclass(frozen=True, slots=True)
class Names:
    """What every tensor and index of ``network`` is called in ``notation``."""

    network: Network
    notation: Notation

    # -- indices ---------------------------------------------------------------------------------------------------

    def axis(self, axis: Axis) -> Node:
        """The running index of an axis."""
        if axis.name.startswith("s"):
            return Name(self.notation.sample_letter)
        layer, marks = int(axis.name.rstrip("'")[1:]), axis.name.count("'")
        letters = self.notation.unit_letters
        place = layer if not marks else self.network.depth + marks
        if self.notation.sample_mark != "none" and place == letters.find(self.notation.sample_letter):
            place = self.network.depth + 4  # past the letters of every layer and mark
        return Name(letters[place % len(letters)], primes=place // len(letters))

    def index(self, index: Index) -> Node:
        """A running index, or a fixed number."""
        return Number(str(index)) if isinstance(index, int) else self.axis(index)

    def below_sum(self, axis: Axis) -> Node | None:
        """What is written below Σ over ``axis``: nothing, for a bare Σ."""
        if axis.name.startswith("s"):
            return Name(self.notation.sample_sum) if self.notation.sample_sum else None
        return self.axis(axis) if self.notation.unit_sum else None

    # -- names -------------------------------------------------------------------------------------------------------

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The name of one element, its indices and marks attached."""
        if tensor.role == "adjoint":
            assert tensor.of is not None
            letter = self._adjoint_letter(tensor.of)
            if letter is None:
                return self.derivative(self.element(tensor.of, index))
            return self._marked(letter, tensor.of, index, self.notation.layer_mark)
        if tensor.role == "cost":
            return Name(self.notation.cost)
        if tensor.role == "constant":
            return self.constant(tensor)
        return self._marked(self._letter(tensor), tensor, index, self.notation.layer_mark)

    def size(self) -> Node:
        """The number of samples."""
        return Name(self.notation.size)

    def constant(self, tensor: Tensor) -> Node:
        """α, τ, λ …, with the layer's number where layers differ."""
        name = tensor.name.rstrip("0123456789")
        return Name(greek(name), sub=Number(str(tensor.layer)) if tensor.layer else None)

    def derivative(self, *wrt: Node) -> Node:
        """∂C/∂wrt, with the cost's arguments where the notation writes them."""
        return Partial(self.cost(), wrt)

    def cost(self, arguments: bool | None = None) -> Node:
        """C, or C(w_1, w_2, b): all parameters where there are few, else C(w, b)."""
        head = Name(self.notation.cost)
        if not (self.notation.cost_arguments if arguments is None else arguments):
            return head
        few = (
            self.network.depth == 1 and self.network.layers[0].units == 1 and self.network.inputs.units in (1, 2, 3, 4)
        )
        if few:
            listed = tuple(
                self.element(p, (k,) if p.axes else ())
                for p in self.network.parameters
                for k in range(1, int(p.axes[0].size) + 1 if p.axes else 2)
            )
        else:
            biases = any(layer.bias for layer in self.network.layers)
            listed = (Name("w"), Name("b")) if biases else (Name("w"),)
        return Call(head, listed)

    def whole(self, tensor: Tensor) -> Node:
        """The name of a whole tensor, as a matrix, a vector or a number."""
        if tensor.role == "adjoint":
            assert tensor.of is not None
            letter = self._adjoint_letter(tensor.of)
            if letter is None:
                return Partial(Name(self.notation.cost), (self.whole(tensor.of),))
            capital = self.notation.capital_batches and self._is_matrix(tensor)
            return self._named(_capital(letter, capital), tensor.of, (), self.notation.matrix_mark)
        if tensor.role in ("cost", "constant"):
            return self.element(tensor, ())
        letter = self._letter(tensor)
        if tensor.role == "weight":
            matrix = len(tensor.axes) == 2
            letter = self.notation.weight_matrix if matrix or self.notation.capital_vectors else self.notation.weight
        elif self._is_matrix(tensor) and self.notation.capital_batches:
            letter = _capital(letter, True)
        return self._named(letter, tensor, (), self.notation.matrix_mark)

    def _is_matrix(self, tensor: Tensor) -> bool:
        """Whether a capital is due: for a matrix, and without bold type for the numbers of all samples in a row too."""
        batched = bool(tensor.axes) and tensor.axes[0].name == "s"
        return len(tensor.axes) == 2 or (batched and not self.notation.bold)

    def _adjoint_letter(self, of: Tensor) -> str | None:
        return self.notation.adjoint if self.notation.adjoint and of.role == "pre" else None

    def _letter(self, tensor: Tensor) -> str:
        notation, last = self.notation, tensor.layer == self.network.depth
        match tensor.role:
            case "input":
                return notation.input
            case "target":
                return notation.target
            case "weight":
                return notation.weight
            case "bias":
                return notation.bias
            case "pre":
                linear = tensor == self.network.prediction
                if last and linear and self.network.depth == 1 and notation.prediction:
                    return notation.prediction
                return notation.output_pre if last else notation.pre
            case "unit":
                return notation.prediction if last and notation.prediction else notation.unit
        return tensor.name

    def _layer_number(self, tensor: Tensor, mark: LayerMark) -> Node | None:
        notation, network = self.notation, self.network
        if tensor.role in ("target", "input") or mark == "none":
            return None
        hidden = tensor.role in ("pre", "unit")
        last = tensor.layer == network.depth
        if hidden and last and self._letter(tensor) not in (notation.pre, notation.unit):
            return None
        if notation.plain_units and hidden and network.depth <= 2:
            return None
        if notation.plain_first and (
            network.depth == 1 or (network.depth == 2 and tensor.layer == 1 and mark != notation.matrix_mark)
        ):
            return None
        number = Number(str(tensor.layer))
        if mark == "(superscript)":
            return Group(number, "()")
        return Group(number, "[]") if mark == "[superscript]" else number

    def _named(self, letter: str, tensor: Tensor, index: tuple[Index, ...], mark: LayerMark) -> Node:
        style: Style = "bold" if self.notation.bold and tensor.axes else "italic"
        number = self._layer_number(tensor, mark)
        below = number if mark == "subscript" else None
        return _name(letter, style, below, None if mark == "subscript" else number)

    def _marked(self, letter: str, tensor: Tensor, index: tuple[Index, ...], mark: LayerMark) -> Node:
        number = self._layer_number(tensor, mark)
        sampled = bool(tensor.axes) and tensor.axes[0].name == "s"
        units = index[1:] if sampled else index
        if tensor.role == "weight" and len(units) == 2 and self.notation.orientation == "units x inputs":
            units = (units[1], units[0])
        subs = [self.index(i) for i in units]
        sups: list[Node] = [] if number is None else [number]
        if mark == "subscript" and number is not None:
            subs.insert(0, sups.pop())
        if sampled and self.notation.sample_mark != "none":
            sample = self.index(index[0])
            if self.notation.sample_mark == "subscript":
                subs.insert(0, sample)
            else:
                sups.append(Group(sample, "[]" if self.notation.sample_mark == "[superscript]" else "()"))
        sub = None if not subs else subs[0] if len(subs) == 1 else Listing(tuple(subs), "")
        sup = None if not sups else sups[0] if len(sups) == 1 else Listing(tuple(sups), "")
        return _name(letter, "italic", sub, sup)


def greek(name: str) -> str:
    """The Greek letter of a name (``alpha``: α), or the name itself."""
    try:
        return lookup(f"GREEK SMALL LETTER {'LAMDA' if name == 'lambda' else name.upper()}")
    except KeyError:
        return name


def _capital(letter: str, matrix: bool) -> str:
    if not matrix:
        return letter
    if letter == "ŷ":
        return "Ŷ"
    return _CAPITALS.get(letter, letter.upper())


def _name(letter: str, style: Style, sub: Node | None, sup: Node | None) -> Node:
    if letter in ("ŷ", "Ŷ"):
        return Name("y" if letter == "ŷ" else "Y", style, "hat", sub, sup)
    return Name(letter, style, None, sub, sup)
