"""What a user declares: an input, layers and a cost, turned into named equations.

Conventions: samples are rows (X is n × d), a weight matrix is inputs × units.  An axis of one element is left out:
a layer of one unit has a weight vector, and its output is one number a sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sympy as sp

from symnet import activations, costs
from symnet.algebra.expressions import (
    Apply,
    Axis,
    Equation,
    Expr,
    Size,
    Tensor,
    add,
    mul,
    power,
    total,
)
from symnet.algebra.scalars import from_sympy
from symnet.errors import SymnetError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from symnet.derive.derivation import Derivation
    from symnet.derive.numbers import Worked
    from symnet.emit.kernels import Kernels
    from symnet.lower.plan import Plan
    from symnet.render.figures.figure import Figure
    from symnet.train.model import Model

Units = int | str
"""A number of units, or the name of a symbolic size (``"n_0"``)."""

SAMPLES = Axis("s", "n")
"""The axis that runs over the samples."""


@dataclass(frozen=True, slots=True)
class Input:
    """The inputs of a network: how many numbers a sample has."""

    units: Units

    def __post_init__(self) -> None:
        _check_units(self.units, "Input")


@dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer: ``units`` weighted sums of all inputs, each through the activation.

    ``activation`` is a name, an :class:`~symnet.activations.Activation` or a sympy expression in one symbol.
    """

    units: Units
    activation: str | activations.Activation | sp.Expr = "linear"
    bias: bool = True

    def __post_init__(self) -> None:
        _check_units(self.units, "Dense")
        object.__setattr__(self, "activation", activations.activation(self.activation))
        if self.function.normalised and self.units == 1:
            raise SymnetError("softmax over 1 unit is always 1; give the layer at least 2 units, or use sigmoid")

    @property
    def function(self) -> activations.Activation:
        """The activation, resolved."""
        assert isinstance(self.activation, activations.Activation)
        return self.activation


def _check_units(units: Units, where: str) -> None:
    sized = isinstance(units, int) and not isinstance(units, bool) and units >= 1
    if units == "n":
        raise SymnetError(
            f"{where} has 'n' units, but n is the number of samples; name the size otherwise, such as 'n_0'"
        )
    if not sized and not (isinstance(units, str) and units.isidentifier()):
        raise SymnetError(
            f"{where} has {units!r} units; expected a whole number of at least 1 or the name of a size, such as 'n_0'"
        )


@dataclass(frozen=True)
class Network:
    """A feed-forward network with its cost.

    ``Network("2 -> 3 sigmoid -> 1 linear", cost="quadratic")`` and
    ``Network(Input(2), Dense(3, "sigmoid"), Dense(1, "linear"), cost="quadratic")`` are the same.
    ``samples="n"`` derives over n samples; ``samples=1`` over a single one, without an axis for it.
    ``notation`` is the default for printing: a name or a :class:`~symnet.notation.notation.Notation`.

    Raises SymnetError for a specification that cannot be read, with its place.
    """

    layers: tuple[Dense, ...]
    inputs: Input
    cost: costs.Cost
    regulariser: costs.Regulariser | None
    samples: int | str
    notation: Any

    def __init__(
        self,
        *parts: str | Input | Dense,
        cost: str | costs.Cost | sp.Expr = "sum_of_squares",
        regulariser: costs.Regulariser | None = None,
        samples: int | str = "n",
        notation: Any = "lecture",
    ) -> None:
        if len(parts) == 1 and isinstance(parts[0], str):
            from symnet.spec import parse

            parts = parse(parts[0])
        if not parts or not isinstance(parts[0], Input):
            raise SymnetError(
                "a network begins with its inputs: Network(Input(2), Dense(1)) or Network('2 -> 1 linear')"
            )
        layers = parts[1:]
        if not layers or not all(isinstance(layer, Dense) for layer in layers):
            raise SymnetError("after Input come one or more Dense layers: Network(Input(2), Dense(1, 'linear'))")
        if samples not in (1, "n"):
            raise SymnetError(f"samples is {samples!r}, expected 'n' (any number of samples) or 1 (a single one)")
        for name, value in {
            "layers": layers,
            "inputs": parts[0],
            "cost": costs.cost(cost),
            "regulariser": regulariser,
            "samples": samples,
            "notation": notation,
        }.items():
            object.__setattr__(self, name, value)
        self._check_output()

    def _check_output(self) -> None:
        last, cost = self.layers[-1], self.cost
        if cost.name == "categorical_cross_entropy" and last.units == 1:
            raise SymnetError(
                "categorical_cross_entropy needs one output a class, the last layer has 1 unit; "
                "use cross_entropy for two classes"
            )

    @property
    def spec(self) -> str:
        """The layers as a spec string, ``"2 -> 3 sigmoid -> 1 linear"``."""
        from symnet.spec import write

        return write(self.inputs, self.layers)

    # -- the quantities ------------------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """The number of layers with weights."""
        return len(self.layers)

    @cached_property
    def sample_axes(self) -> tuple[Axis, ...]:
        """The axis over samples, or none for a single sample."""
        return () if self.samples == 1 else (SAMPLES,)

    @cached_property
    def unit_axes(self) -> tuple[tuple[Axis, ...], ...]:
        """For every layer (0 is the input) its axis over units, or none where there is one unit."""
        sizes = (self.inputs.units, *(layer.units for layer in self.layers))
        return tuple(() if size == 1 else (Axis(f"u{k}", size),) for k, size in enumerate(sizes))

    @cached_property
    def x(self) -> Tensor:
        """The inputs."""
        return Tensor("x", self.sample_axes + self.unit_axes[0], "input", 0)

    @cached_property
    def y(self) -> Tensor:
        """The targets."""
        return Tensor("y", self.sample_axes + self.unit_axes[-1], "target", self.depth)

    def _number(self, layer: int) -> str:
        return str(layer) if self.depth > 1 else ""

    def weight(self, layer: int) -> Tensor:
        """The weights of a layer, inputs × units (layers count from 1)."""
        axes = self.unit_axes[layer - 1] + self.unit_axes[layer]
        return Tensor(f"{'W' if len(axes) == 2 else 'w'}{self._number(layer)}", axes, "weight", layer)

    def bias(self, layer: int) -> Tensor:
        """The biases of a layer."""
        return Tensor(f"b{self._number(layer)}", self.unit_axes[layer], "bias", layer)

    def pre_activation(self, layer: int) -> Tensor:
        """The weighted sums of a layer, before its activation."""
        return Tensor(f"z{layer}", self.sample_axes + self.unit_axes[layer], "pre", layer)

    def unit(self, layer: int) -> Tensor:
        """The outputs of a layer (0: the inputs); with a linear activation they are its weighted sums."""
        if layer == 0:
            return self.x
        if self.layers[layer - 1].function.is_linear:
            return self.pre_activation(layer)
        return Tensor(f"a{layer}", self.sample_axes + self.unit_axes[layer], "unit", layer)

    @property
    def prediction(self) -> Tensor:
        """The output of the last layer, ŷ."""
        return self.unit(self.depth)

    @cached_property
    def parameters(self) -> tuple[Tensor, ...]:
        """Weights and biases, layer by layer."""
        out: list[Tensor] = []
        for k, layer in enumerate(self.layers, 1):
            out.append(self.weight(k))
            if layer.bias:
                out.append(self.bias(k))
        return tuple(out)

    @cached_property
    def constants(self) -> Mapping[Tensor, float]:
        """The constants (α, τ, λ …) that occur in the equations, with their values."""
        found: dict[Tensor, float] = {}
        for k in range(1, self.depth + 1):
            found |= {tensor: value for tensor, value in self._activation_constants(k)}
        for name, value in self.cost.constants.items():
            found[Tensor(name, (), "constant")] = float(value)
        if self.regulariser:
            found[Tensor("lambda", (), "constant")] = self.regulariser.strength
        return found

    def _activation_constants(self, layer: int) -> list[tuple[Tensor, float]]:
        function = self.layers[layer - 1].function
        out = []
        for name, value in function.constants.items():
            users = [f for f in (other.function for other in self.layers) if name in f.constants]
            shared = all(f.constants[name] == value for f in users)
            out.append(
                (
                    Tensor(name if shared else f"{name}{layer}", (), "constant", 0 if shared else layer),
                    float(value),
                )
            )
        return out

    # -- the equations -------------------------------------------------------------------------------------------

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """The forward pass and the cost, one named equation after another."""
        out: list[Equation] = []
        for k, layer in enumerate(self.layers, 1):
            inner = self.unit_axes[k - 1]
            weighted = total(inner, mul(self.weight(k)(), self.unit(k - 1)()))
            z = self.pre_activation(k)
            out.append(Equation(z, add(weighted, self.bias(k)()) if layer.bias else weighted))
            if not layer.function.is_linear:
                out.append(Equation(self.unit(k), self._activated(k, z)))
        out.append(Equation(COST, self._cost()))
        return tuple(out)

    def _activated(self, layer: int, z: Tensor) -> Expr:
        f = self.layers[layer - 1].function
        if f.normalised:
            (axis,) = self.unit_axes[layer]
            other = Axis(axis.name + "'", axis.size)
            numerator = from_sympy(f.expr, {activations.x: z()}, ordered=True)
            denominator = from_sympy(f.expr, {activations.x: z(*self.sample_axes, other)}, ordered=True)
            return mul(numerator, power(total((other,), denominator), sp.S.NegativeOne))
        constants = [tensor() for tensor, _ in self._activation_constants(layer)]
        return Apply(f.function, (z(), *constants))

    def _cost(self) -> Expr:
        axes = self.sample_axes + self.unit_axes[-1]
        samples = Size(SAMPLES) if self.sample_axes else from_sympy(sp.S.One, {})
        names: dict[sp.Symbol, Expr] = {costs.yhat: self.prediction(), costs.y: self.y(), costs.n: samples}
        for symbol in self.cost.constant_symbols:
            names[symbol] = Tensor(symbol.name, (), "constant")()
        element = from_sympy(self.cost.element, names, ordered=True)
        out = mul(
            *(from_sympy(f, names, ordered=True) for f in sp.Mul.make_args(self.cost.factor)),
            total(axes, element),
        )
        if self.cost.outer is not None:
            out = from_sympy(self.cost.outer, {**names, costs.u: out}, ordered=True)
        if self.regulariser:
            strength = Tensor("lambda", (), "constant")()
            factor = from_sympy(self.regulariser.factor, names)
            for k in range(1, self.depth + 1):
                weight = self.weight(k)
                penalty = from_sympy(self.regulariser.element, {costs.w: weight()}, ordered=True)
                out = add(out, mul(factor, strength, total(weight.axes, penalty)))
        return out

    def forward(self, x: Any, y: Any = None, **given: Any) -> Worked:
        """Worked numbers: the forward pass (and with ``backward=True`` the backward one) line by line.

        ``net.forward(x=[1, 2], w=[3, 4], b=1)``; see :func:`symnet.derive.numbers.worked` for the rest.
        """
        from symnet.derive.numbers import worked

        return worked(self, x, y, **given)

    def derive(self) -> Derivation:
        """The derivation: forward equations, backward equations, and the steps that lead to each."""
        from symnet.derive.derivation import Derivation

        return Derivation(self)

    def figure(self, kind: str = "network", **options: Any) -> Figure:
        """A picture: ``network``, ``neuron`` and those of :data:`symnet.render.figures.draw.KINDS`, which say what
        each needs.

        ``net.figure("network").svg()``.  Raises SymnetError for an unknown kind, or for what the kind needs and was
        not given.
        """
        from symnet.render.figures.draw import figure

        return figure(kind, self, **options)

    def slides(self, path: str | Path, **options: Any) -> None:
        """Slides of the derivation in a file: .pdf, .html, .tex (Beamer), .md or .ipynb.

        ``net.slides("deck.pdf", wrt="W1", theme="dark")``; see :func:`symnet.render.deck.build.deck` for the options,
        and :func:`symnet.render.deck.write.write_deck` for ``fragment``.
        """
        self.derive().slides(path, **options)

    def _repr_svg_(self) -> str:
        return self.figure().svg()

    def compile(self, dtype: str = "float64") -> Kernels:
        """The compiled forward pass, cost and gradient: see :class:`symnet.emit.kernels.Kernels`.

        They compute in ``dtype``, "float64" or "float32".

        Raises SymnetError for another dtype, and for a function that numba cannot compile.
        """
        from symnet.emit.kernels import compiled_network

        return compiled_network(self, dtype)

    def plan(self, batch_size: int | None = None, **options: Any) -> Plan:
        """How training in steps of ``batch_size`` samples (``None``: all) is compiled, and why.

        ``print(net.plan())``; see :func:`symnet.lower.plan.plan` for the plans and the options.
        """
        from symnet.lower.plan import plan

        return plan(self, batch_size, **options)

    def fit(self, X: ArrayLike, y: ArrayLike, **options: Any) -> Model:
        """Fit the parameters to the samples X (n×d) and their targets y ((n,) for one output unit, else n×k).

        ``net.fit(X, y, learning_rate=0.1, epochs=100)``; see :func:`symnet.train.fit.fit` for the options, what the
        model's history holds, and the errors.
        """
        from symnet.train.fit import fit

        return fit(self, X, y, **options)

    def generate(self, path: str | Path, **options: Any) -> None:
        """Write a trainer of this network to a file that needs only numpy and numba.

        ``net.generate("trainer.py", optimizer="adam")``; see :func:`symnet.emit.standalone.standalone` for the options.
        Raises SymnetError where the file cannot be written, and for options out of range.
        """
        from symnet.emit.standalone import generate

        generate(self, path, **options)


COST = Tensor("C", (), "cost")
"""The cost."""
