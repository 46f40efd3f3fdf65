"""A network's derivation: every equation, forward and backward, and the steps that lead to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sympy as sp

from symnet.algebra.expressions import Equation, Tensor
from symnet.algebra.simplify import Step
from symnet.derive.chain import Chain, chain, last_link
from symnet.derive.reverse import Adjoint, reverse, users_of
from symnet.derive.scalar import ScalarView, symbol_name, units_first
from symnet.errors import SymnetError
from symnet.network import Network


@dataclass(frozen=True)
class Derivation:
    """What ``net.derive()`` returns.

    ``equations`` are the forward equations with the cost last, ``backward`` the adjoints in the order of their
    computation, ``steps`` the steps of each adjoint by its name, ``partials`` the gradient of every parameter.
    """

    network: Network

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The forward pass and the cost."""
        return self.network.equations

    @cached_property
    def backward(self) -> tuple[Adjoint, ...]:
        """∂C/∂t for every intermediate quantity and every parameter, in the order of computation."""
        return reverse(self.network.equations, self.network.y)

    @cached_property
    def adjoints(self) -> Mapping[Tensor, Adjoint]:
        """The adjoint of every tensor."""
        return {adjoint.of: adjoint for adjoint in self.backward}

    @cached_property
    def users(self) -> Mapping[Tensor, Sequence[Equation]]:
        """The equations that use each tensor."""
        return users_of(self.network.equations)

    @cached_property
    def steps(self) -> Mapping[str, tuple[Step, ...]]:
        """The steps to every adjoint, by its name (``dC/dW1``)."""
        return {adjoint.equation.target.name: adjoint.steps for adjoint in self.backward}

    @cached_property
    def partials(self) -> Mapping[str, Partial]:
        """The gradient of every parameter, by the parameter's name."""
        return {p.name: Partial(self, p) for p in self.network.parameters}

    @cached_property
    def scalars(self) -> ScalarView:
        """The scalar view's sympy expressions."""
        return ScalarView(self.network)

    def partial(self, wrt: str) -> Partial:
        """The derivative of the cost with respect to a parameter (``"W1"``) or one element (``"w_1"``, ``"W1[1,3]"``).

        In brackets the order is inputs, units; an index after ``_`` is read as the network's notation writes it.
        Raises SymnetError for a name that is none of the network's parameters.
        """
        tensor, index = self.resolve(wrt)
        return Partial(self, tensor, index)

    def hessian(self, first: str, second: str) -> Second:
        """The second derivative of the cost with respect to two named weights, in the scalar view."""
        return Second(self, self._element(first), self._element(second))

    def _element(self, name: str) -> tuple[Tensor, tuple[int, ...]]:
        tensor, index = self.resolve(name)
        if index is None:
            raise SymnetError(f"{name} is a whole tensor; name one element, such as {element_example(tensor)}")
        return tensor, index

    def resolve(self, name: str) -> tuple[Tensor, tuple[int, ...] | None]:
        """The parameter meant by a name and, if it names one element, its index (inputs, units)."""
        return resolve(self.network, name)

    def latex(self, view: str = "index", notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The whole derivation as LaTeX (``align*`` blocks); ``view`` is "scalar", "index" or "matrix"."""
        return self._show("latex", view, notation, steps, options)

    def markdown(self, view: str = "index", notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The whole derivation as Markdown with ``$$`` blocks."""
        return self._show("markdown", view, notation, steps, options)

    def text(self, view: str = "index", notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The whole derivation as text for a terminal."""
        return self._show("text", view, notation, steps, options)

    def _repr_latex_(self) -> str:
        from symnet.render.rich import derivation_latex

        return derivation_latex(self)

    def slides(self, path: str | Path, *, fragment: bool = False, **options: Any) -> None:
        """Slides in a file: .pdf, .html, .tex (Beamer), .md or .ipynb.

        See :func:`symnet.render.deck.build.deck` for the options; a ``fragment`` is LaTeX for slides of one's own.
        Raises SymnetError for another ending, an unknown option, and where the file cannot be written.
        """
        from symnet.render.deck.build import deck
        from symnet.render.deck.write import check_path, write_deck

        check_path(Path(path), fragment)
        write_deck(deck(self, **options), path, fragment=fragment)

    def _show(self, language: str, view: str, notation: Any, steps: bool, options: Mapping[str, Any]) -> str:
        from symnet.render.derivation import show

        return show(self, language, view, notation, "factors" if steps is True else steps or "final", **options)


@dataclass(frozen=True)
class Partial:
    """∂C/∂w: the gradient of a whole parameter (``index`` is None) or the derivative by one of its elements."""

    derivation: Derivation
    tensor: Tensor
    index: tuple[int, ...] | None = None

    @property
    def equation(self) -> Equation:
        """The equation of the whole gradient, with named axes."""
        return self.derivation.adjoints[self.tensor].equation

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps to the equation, the last one being its right side."""
        return self.derivation.adjoints[self.tensor].steps

    @cached_property
    def chain(self) -> Chain:
        """The chain from the cost to the parameter, with its factors."""
        return chain(self.tensor, self.derivation.adjoints, self.derivation.equations)

    @cached_property
    def last_link(self) -> Chain:
        """The chain from the layer's own weighted sum, whose derivative keeps its name."""
        return last_link(self.tensor, self.derivation.adjoints, self.derivation.equations)

    @property
    def symbol(self) -> sp.Symbol:
        """The element's symbol in the scalar view."""
        if self.index is None:
            raise SymnetError(
                f"{self.tensor.name} is a whole tensor; the scalar view is of one element, "
                f"such as {element_example(self.tensor)}"
            )
        return self.derivation.scalars.parameters[self.tensor, self.index]

    @cached_property
    def expr(self) -> sp.Expr:
        """The derivative as one sympy expression of the named weights and the data, by ``sympy.diff``.

        Over n samples the data are indexed (``x_1[i]``) under an explicit ``Sum``.
        """
        return self.derivation.scalars.partial(self.symbol)

    def lambdify(self, jit: bool = False) -> Callable[..., Any]:
        """The derivative as a function: parameters as numbers, each column of data as an array; numba if ``jit``."""
        return self.derivation.scalars.lambdify(self.expr, jit)

    def latex(self, view: str | None = None, notation: Any = None, steps: bool | str = True, **options: Any) -> str:
        """The derivative with its steps as LaTeX; ``view`` is "scalar", "index" or "matrix"."""
        return self._show("latex", view, notation, steps, options)

    def markdown(self, view: str | None = None, notation: Any = None, steps: bool | str = True, **options: Any) -> str:
        """The derivative with its steps as Markdown."""
        return self._show("markdown", view, notation, steps, options)

    def text(self, view: str | None = None, notation: Any = None, steps: bool | str = True, **options: Any) -> str:
        """The derivative with its steps as text."""
        return self._show("text", view, notation, steps, options)

    def _repr_latex_(self) -> str:
        return self.markdown()

    def _show(
        self, language: str, view: str | None, notation: Any, steps: bool | str, options: Mapping[str, Any]
    ) -> str:
        from symnet.render.derivation import show_partial

        view = view or ("index" if self.index is None else "scalar")
        return show_partial(self, language, view, notation, "full" if steps is True else steps or "final", **options)


@dataclass(frozen=True)
class Second:
    """∂²C/∂v∂w for two named weights."""

    derivation: Derivation
    first: tuple[Tensor, tuple[int, ...]]
    second: tuple[Tensor, tuple[int, ...]]

    @cached_property
    def expr(self) -> sp.Expr:
        """The second derivative as one sympy expression, by ``sympy.diff``."""
        scalars = self.derivation.scalars
        return scalars.partial(scalars.parameters[self.first], scalars.parameters[self.second])

    def lambdify(self, jit: bool = False) -> Callable[..., Any]:
        """The second derivative as a function, like :meth:`Partial.lambdify`."""
        return self.derivation.scalars.lambdify(self.expr, jit)

    def latex(self, notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The second derivative as LaTeX."""
        return self._show("latex", notation, steps, options)

    def text(self, notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The second derivative as text."""
        return self._show("text", notation, steps, options)

    def markdown(self, notation: Any = None, steps: bool = True, **options: Any) -> str:
        """The second derivative as Markdown."""
        return self._show("markdown", notation, steps, options)

    def _repr_latex_(self) -> str:
        return self.markdown()

    def _show(self, language: str, notation: Any, steps: bool, options: Mapping[str, Any]) -> str:
        from symnet.render.derivation import show_second

        return show_second(self, language, notation, "full" if steps else "final", **options)


def element_example(tensor: Tensor) -> str:
    """The name of a tensor's first element."""
    return symbol_name(tensor, tuple(1 for _ in tensor.axes))


_NAME = re.compile(
    r"(?P<letter>[wWbB])"
    r"(?:(?:\^[\(\[{]*|\(?)(?P<layer>[0-9]{1,9})[\)\]}]*)?"
    r"(?:_\{?(?P<under>[a-z]{1,3}|[a-z],[a-z]|[0-9]{1,9}(?:[,_][0-9]{1,9})?)\}?"
    r"|\[(?P<bracket>[0-9]{1,9}(?:,[0-9]{1,9})?)\])?"
)
_READABLE = 60


def resolve(network: Network, name: str) -> tuple[Tensor, tuple[int, ...] | None]:
    """The parameter of ``network`` meant by ``name``, and the index if it names one element, counted from 1.

    Raises SymnetError when there is none such, listing those that there are.
    """
    if not isinstance(name, str):
        raise SymnetError(
            f"{name!r} is no name of a parameter; give a text, such as {element_example(network.weight(1))!r}"
        )
    match = _NAME.fullmatch(
        name.replace(" ", "").replace("{(", "(").replace(")}", ")").replace("^{", "^(").replace("\\", "")
    )
    tensor = None
    if match:
        layer = int(match["layer"] or 1)
        wanted = "weight" if match["letter"] in "wW" else "bias"
        if not match["layer"] and network.depth > 2 and match["letter"]:
            layer = 0
        tensor = next((p for p in network.parameters if p.role == wanted and p.layer == layer), None)
    if match is None or tensor is None:
        known = ", ".join(_described(p) for p in network.parameters[:8])
        more = ", …" if len(network.parameters) > 8 else ""
        shown = name if len(name) <= _READABLE else name[: _READABLE - 1] + "…"
        raise SymnetError(f"{shown!r} is none of the network's parameters; they are {known}{more}")
    text = (match["under"] or match["bracket"] or "").replace("_", ",")
    if not text or text[0].isalpha():
        return tensor, None if tensor.axes else ()
    index = tuple(int(part) for part in (text.split(",") if "," in text else text))
    if (match["bracket"] and "," not in text) or (len(tensor.axes) == 1 and "," not in text):
        index = (int(text),)
    if match["under"] and len(index) == 2 and units_first(network):
        index = (index[1], index[0])
    sizes = [axis.size for axis in tensor.axes]
    inside = all(k >= 1 and (isinstance(s, str) or k <= s) for k, s in zip(index, sizes, strict=False))
    if len(index) != len(sizes) or not inside:
        raise SymnetError(f"{name!r} is outside of {_described(tensor)}; indices count from 1 and are (input, unit)")
    return tensor, index


def _described(tensor: Tensor) -> str:
    shape = " × ".join(str(axis.size) for axis in tensor.axes)
    return f"{tensor.name} ({shape})" if shape else tensor.name
