"""Update rules: equations for one step of training, carried out for every element of every parameter.

A rule is a list of equations in sympy, one for each quantity, in the order in which they are computed:

    m = β₁·m + (1 − β₁)·g          a quantity that is used before it is computed is a *state*: there its old value
    m̂ = m/(1 − β₁ᵗ)                stands, from the step before; the others live for one step only
    w = w − γ·m̂

Each equation sees the new values of those before it.  Besides its own quantities and constants a rule may use ``g``,
``t``, ``norm``, and ``T`` and ``N``, which a training knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import sympy as sp

from symnet.constants import changed, listed
from symnet.errors import SymnetError

w = sp.Symbol("w", real=True)
"""An element of a parameter."""

g = sp.Symbol("g", real=True)
"""The derivative of the cost with respect to it."""

gamma = sp.Symbol("gamma", positive=True)
"""The learning rate."""

t = sp.Symbol("t", integer=True, positive=True)
"""The number of the step, from 1."""

norm = sp.Symbol("norm", nonnegative=True)
"""‖g‖: the square root of the sum of all squares of derivatives, over every element of every parameter."""

T = sp.Symbol("T", positive=True)
"""How long the training is meant to last, in epochs or, for a schedule by steps, in steps."""

N = sp.Symbol("N", integer=True, positive=True)
"""The number of steps in an epoch."""

GIVEN = (g.name, t.name, norm.name)
TRAINING = (T.name, N.name)

Values = Mapping[str, Any]
"""Arrays by the name of the parameter that they belong to."""

Updates = Mapping[sp.Symbol, sp.Expr]


class Part(Protocol):
    """What is joined to a rule: a schedule, a clipping, a weight decay."""

    kind: ClassVar[str]

    @property
    def name(self) -> str: ...
    @property
    def constants(self) -> Mapping[str, float]: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An update rule.

    ``updates`` gives the equations, by the quantity that each computes; ``w`` is among them.  ``constants`` are named
    after their symbols; ``gamma`` is the learning rate, and a ``kappa`` of 1 stands for what a schedule multiplies it
    by.  ``at`` is where the derivative ``g`` is taken, in ``w``,
    states and constants: ``w`` itself but for rules that look ahead.  ``initial`` are the states before the first
    step, in constants; those left out begin at 0.  ``reasons`` say in a few words what a quantity is; ``note`` says
    where published versions differ and which one this is.  ``parts`` are the schedule, the clipping and the weight
    decay whose equations have been joined to the rule's own.

    Raises SymnetError for a rule without ``w``, or with a symbol that is neither computed, nor a constant, nor known
    to every rule.
    """

    name: str
    updates: Updates = field(hash=False)
    constants: Mapping[str, float] = field(default_factory=dict, hash=False)
    source: str = "given by the user"
    note: str = ""
    at: sp.Expr = w
    initial: Mapping[str, sp.Expr] = field(default_factory=dict, hash=False)
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        computed = [symbol.name for symbol in self.updates]
        if w.name not in computed:
            raise SymnetError(f"optimizer {self.name} never assigns w; give symnet.optimizers.w its new value")
        for name in (*computed, *self.constants):
            if name in GIVEN or (name in computed and (name in self.constants or computed.count(name) > 1)):
                raise SymnetError(
                    f"optimizer {self.name} gives {name} two meanings; "
                    f"{', '.join(GIVEN)} are given in every step: call what it computes otherwise"
                )
        known = {*GIVEN, *TRAINING, *computed, *self.constants}
        used = sorted(s.name for e in (*self.updates.values(), self.at) for s in e.free_symbols if s.name not in known)
        if used:
            raise SymnetError(
                f"optimizer {self.name} uses {used[0]}, which is neither g nor assigned; "
                f"give it a value among the constants, as in {{{used[0]!r}: 0.9}}"
            )
        for state, expr in self.initial.items():
            wrong = [s.name for s in sp.S(expr).free_symbols if s.name not in self.constants]
            if wrong or state not in {s.name for s in self.states}:
                raise SymnetError(
                    f"optimizer {self.name} lets {state} begin at {expr}; expected an expression in its constants "
                    f"for one of its states, {', '.join(s.name for s in self.states) or 'of which it has none'}"
                )

    def __call__(self, **constants: float) -> Optimizer:
        """The same rule with other constants: ``adam(beta_1=0.8)``; SymnetError for a name or value that is none."""
        return replace(self, constants=changed(self.name, self.constants, constants))

    def __str__(self) -> str:
        """Everything that was chosen: ``adam(gamma=0.001, …), schedule cosine(T=100), clip norm(c=1)``."""
        joined = {*TRAINING, *(name for part in self.parts for name in part.constants)}
        own = {name: value for name, value in self.constants.items() if name not in joined}
        return ", ".join([listed(self.name, own), *(f"{part.kind} {part}" for part in self.parts)])

    @property
    def states(self) -> tuple[sp.Symbol, ...]:
        """What the rule remembers from step to step, for every element of every parameter."""
        old = {s.name for s in self.at.free_symbols}
        computed: set[str] = set()
        for symbol, expr in self.updates.items():
            old |= {s.name for s in expr.free_symbols} - computed
            computed.add(symbol.name)
        return tuple(symbol for symbol in self.updates if symbol.name in old and symbol.name != w.name)

    @property
    def scalars(self) -> tuple[sp.Symbol, ...]:
        """What is the same for all elements in a step, such as a scheduled learning rate: computed once a step."""
        return _scalars(tuple(self.updates.items()), frozenset(self.constants))

    def start(self, parameters: Values) -> dict[str, dict[str, Any]]:
        """The states before the first step, by state and parameter, in the parameters' shapes."""
        import numpy as np

        return {
            state.name: {name: np.full(np.shape(value), self.begin(state.name)) for name, value in parameters.items()}
            for state in self.states
        }

    def begin(self, state: str) -> float:
        """The value of a state before the first step."""
        expr = sp.S(self.initial.get(state, sp.S.Zero))
        return float(expr.subs({s: self.constants[s.name] for s in expr.free_symbols}))

    def place(self, parameters: Values, states: Mapping[str, Values]) -> Values:
        """Where the gradient of the next step is taken: the parameters, or where a rule that looks ahead looks."""
        if self.at == w:
            return parameters
        arguments, at = numeric(self.at)
        with silent():
            return {
                name: at(*self._arguments(arguments, {w.name: value, **{s: v[name] for s, v in states.items()}}))
                for name, value in parameters.items()
            }

    def step(
        self, parameters: Values, gradient: Values, states: Mapping[str, Values], t: int = 1
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The parameters and states after step ``t``, counted from 1; what is given is left as it was.

        Each array keeps its parameter's shape; ``gradient`` has one array for every parameter, taken at
        :meth:`place`.  Floating-point exceptions yield inf and nan silently, as IEEE arithmetic does.
        """
        with silent():
            return self._step(parameters, gradient, states, t)

    def _step(
        self, parameters: Values, gradient: Values, states: Mapping[str, Values], t: int
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        import numpy as np

        single: dict[str, Any] = {"t": t}
        rules = _numeric_rules(tuple(self.updates.items()))
        if any(norm.name in arguments for _, arguments, _ in rules):
            single[norm.name] = _norm(gradient)
        once = {symbol.name for symbol in self.scalars}
        for target, arguments, rule in rules:
            if target in once:
                single[target] = np.float64(rule(*self._arguments(arguments, single)))
        new: dict[str, Any] = {}
        later: dict[str, dict[str, Any]] = {state: {} for state in states}
        for name, value in parameters.items():
            now = {**single, w.name: value, g.name: gradient[name], **{s: values[name] for s, values in states.items()}}
            for target, arguments, rule in rules:
                if target not in once:
                    now[target] = rule(*self._arguments(arguments, now))
            new[name] = now[w.name]
            for state in later:
                later[state][name] = now[state]
        return new, later

    def _arguments(self, names: tuple[str, ...], values: Mapping[str, Any]) -> list[Any]:
        import numpy as np

        try:  # a Python number would raise ZeroDivisionError
            return [values[name] if name in values else np.float64(self.constants[name]) for name in names]
        except KeyError as missing:
            raise SymnetError(
                f"optimizer {self.name} needs {missing.args[0]}, which a training knows; "
                f"give it a value among the constants, as in {{{missing.args[0]!r}: 100}}"
            ) from None

    def text(self, notation: Any = "lecture") -> str:
        """The rule's equations, constants, source and note for a terminal, in a notation's letters."""
        return self._written("text", notation)

    def latex(self, notation: Any = "lecture") -> str:
        """The same as LaTeX, the body of a document."""
        return self._written("latex", notation)

    def markdown(self, notation: Any = "lecture") -> str:
        """The same as Markdown."""
        return self._written("markdown", notation)

    def _written(self, language: str, notation: Any) -> str:
        from symnet.notation.notation import notation as meant
        from symnet.render.document import write
        from symnet.render.updates import optimizer_blocks

        return write(optimizer_blocks(self, meant(notation)), language)


Function = tuple[tuple[str, ...], Callable[..., Any]]
"""The names of the arguments, and a NumPy function of them."""


@lru_cache(maxsize=128)
def _scalars(updates: tuple[tuple[sp.Symbol, sp.Expr], ...], constants: frozenset[str]) -> tuple[sp.Symbol, ...]:
    single = {t.name, norm.name, *TRAINING, *constants}
    found = []
    for symbol, expr in updates:
        if {s.name for s in expr.free_symbols} <= single:
            single.add(symbol.name)
            found.append(symbol)
    return tuple(found)


@lru_cache(maxsize=128)
def _numeric_rules(updates: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> tuple[tuple[str, tuple[str, ...], Any], ...]:
    """For every equation its target, the names of its arguments and the NumPy function of them."""
    return tuple((target.name, *numeric(expr)) for target, expr in updates)


@lru_cache(maxsize=512)
def numeric(expr: sp.Expr) -> Function:
    """The NumPy function of an expression, and the names of its arguments in order."""
    symbols = sorted(expr.free_symbols, key=str)
    return tuple(symbol.name for symbol in symbols), sp.lambdify(symbols, expr, modules="numpy", printer=_printer())


@lru_cache(maxsize=1)
def _printer() -> Any:
    """Sympy's printer for NumPy, but that the greatest of an array and a number is taken element by element."""
    from sympy.printing.numpy import NumPyPrinter

    class Printer(NumPyPrinter):  # type: ignore[misc]
        def _print_Max(self, expr: sp.Expr) -> str:
            return self._nested("maximum", expr.args)

        def _print_Min(self, expr: sp.Expr) -> str:
            return self._nested("minimum", expr.args)

        def _nested(self, function: str, arguments: tuple[sp.Expr, ...]) -> str:
            first, *rest = arguments
            shown = str(self._print(first))
            return f"{function}({shown}, {self._nested(function, tuple(rest))})" if rest else shown

    return Printer({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})


def silent() -> Any:
    """What keeps floating-point exceptions quiet: they yield inf and nan."""
    import numpy as np

    return np.errstate(all="ignore")


def _norm(gradient: Values) -> Any:
    import numpy as np

    return np.sqrt(np.float64(sum(float(np.vdot(value, value)) for value in gradient.values())))
