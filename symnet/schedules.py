"""Learning-rate schedules, by name: what the learning rate is multiplied by as training goes on, with sources.

A schedule is an expression for κ, so that the learning rate of a step is κ·γ, in ``k``: the number of whole epochs
(or of steps) before this step, 0 in the first.  ``T`` is how many there are to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import sympy as sp

from symnet.constants import changed, listed
from symnet.errors import SymnetError
from symnet.update import T, Updates, numeric, silent

k = sp.Symbol("k", nonnegative=True)
"""The number of whole epochs, or of steps, before this step."""

k_2, T_2 = sp.Symbol("k_2", nonnegative=True), sp.Symbol("T_2", positive=True)
"""The same for a schedule that follows another: counted from the end of that one."""

kappa, kappa_2 = sp.Symbol("kappa", positive=True), sp.Symbol("kappa_2", positive=True)
"""What the learning rate is multiplied by; and what it is after a warm-up."""

Unit = Literal["epoch", "step"]

_ARROWS = ("->", "→")
_PER: Mapping[str, Unit] = {"per epoch": "epoch", "per step": "step"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule: ``factor`` is κ as an expression in ``k``, ``T`` and constants.

    ``unit`` says what ``k`` and ``T`` count.  A constant called ``T`` has the last word over the length of the
    training.  ``named`` are quantities that the factor uses, in order, in the same symbols.  ``parts`` are the
    schedules that follow each other in this one, if there are several.

    Raises SymnetError for a symbol that is none of these.
    """

    name: str
    factor: sp.Expr
    constants: Mapping[str, float] = field(default_factory=dict, hash=False)
    source: str = "given by the user"
    note: str = ""
    unit: Unit = "epoch"
    parts: tuple[Schedule, ...] = ()
    named: Updates = field(default_factory=dict, hash=False)

    kind: ClassVar[str] = "schedule"

    def __post_init__(self) -> None:
        known = {k.name, T.name, *self.constants, *(s.name for s in self.named)}
        used = sorted(s.name for s in self.symbols if s.name not in known)
        if used:
            raise SymnetError(
                f"schedule {self.name} uses {used[0]}, which is neither k, T nor a constant; "
                f"k counts the epochs before this step, from 0, and T is how many there are to be"
            )

    def __call__(self, **constants: float) -> Schedule:
        """The same schedule with other constants: ``step(K=10)``; SymnetError for a name or value that is none.

        Any schedule that uses ``T`` takes it as a constant.
        """
        known = {**self.constants, **({T.name: 0.0} if T in self.symbols else {})}
        given = changed(self.name, known, constants)
        return replace(self, constants={n: v for n, v in given.items() if n in self.constants or n in constants})

    def __str__(self) -> str:
        shown = (listed(p.name, {n: self.constants[n] for n in p.constants}) for p in self.parts or (self,))
        return " -> ".join(shown) + (" per step" if self.unit == "step" else "")

    @property
    def symbols(self) -> frozenset[sp.Symbol]:
        """Every symbol that the schedule uses."""
        return frozenset().union(self.factor.free_symbols, *(e.free_symbols for e in self.named.values()))

    def per(self, unit: Unit) -> Schedule:
        """The same schedule with ``k`` and ``T`` counting epochs, or steps."""
        return replace(self, unit=unit)

    def then(self, after: Schedule) -> Schedule:
        """This schedule until it reaches 1, then the other from its beginning: ``warm_up(T_w=5).then(cosine)``.

        Raises SymnetError if this schedule does not end at 1, or the two count differently.
        """
        if after.unit != self.unit:
            raise SymnetError(
                f"{self.name} counts {self.unit}s and {after.name} {after.unit}s; join them first, then say per(unit)"
            )
        if (
            not isinstance(self.factor, sp.Piecewise)
            or self.factor.args[-1].expr != 1
            or T_w.name not in self.constants
        ):
            raise SymnetError(
                f"nothing follows {self.name}, which does not end; begin with warm_up, as in 'warm_up(5) -> cosine'"
            )
        places = {k: k_2} | ({T: T_2} if T in after.symbols and T.name not in after.constants else {})
        with sp.evaluate(False):
            named = {late: early - (T_w - 1) for early, late in places.items()}
            named[kappa_2] = after.factor.xreplace(places)
            factor = sp.Piecewise(*self.factor.args[:-1], (kappa_2, True))
        return Schedule(
            f"{self.name} -> {after.name}",
            factor,
            {**self.constants, **after.constants},
            f"{self.source}; then {after.source}",
            " ".join(filter(None, (self.note, after.note))),
            self.unit,
            (self, after),
            named,
        )

    def at(self, k: Any, T: float) -> Any:
        """κ after ``k`` epochs (or steps) of ``T``; ``k`` may be an array, and κ is then one of its shape."""
        values: dict[str, Any] = {"k": k, "T": T, **self.constants}
        with silent():
            for symbol, expr in (*self.named.items(), (kappa, self.factor)):
                names, function = numeric(expr)
                values[symbol.name] = function(*(values[name] for name in names))
            return values[kappa.name] + 0.0 * k


q, K, T_w = sp.Symbol("q", positive=True), sp.Symbol("K", positive=True), sp.Symbol("T_w", positive=True)
kappa_min, kappa_0 = sp.Symbol("kappa_min", nonnegative=True), sp.Symbol("kappa_0", nonnegative=True)

with sp.evaluate(False):
    _DEFINITIONS = (
        Schedule("constant", sp.S.One, source="no schedule"),
        Schedule(
            "step",
            q ** sp.floor(k / K),
            {"K": 10.0, "q": 0.1},
            "He, Zhang, Ren & Sun 2016, “Deep residual learning for image recognition”, §3.4, for division by 10; "
            "PyTorch, StepLR, for its form",
        ),
        Schedule(
            "exponential",
            q**k,
            {"q": 0.95},
            "Zhang, Lipton, Li & Smola 2023, Dive into Deep Learning, §12.11; PyTorch, ExponentialLR",
        ),
        Schedule(
            "cosine",
            kappa_min + sp.Rational(1, 2) * (1 - kappa_min) * (1 + sp.cos(sp.pi * sp.Min(k, T) / T)),
            {"kappa_min": 0.0},
            "Loshchilov & Hutter 2017, “SGDR: stochastic gradient descent with warm restarts”, equation 5, "
            "without restarts",
            "After `T` the cosine stays at its least, where PyTorch's CosineAnnealingLR rises again.",
        ),
        Schedule(
            "warm_up",
            sp.Piecewise((kappa_0 + (1 - kappa_0) * (k + 1) / T_w, k + 1 < T_w), (sp.S.One, True)),
            {"T_w": 5.0, "kappa_0": 0.0},
            "Goyal et al. 2017, “Accurate, large minibatch SGD”, §2.2; Vaswani et al. 2017, “Attention is all you "
            "need”, equation 3",
            "The warm-up reaches the full rate in its last epoch (or step), number `T_w`, and where `kappa_0` is 0 it "
            "begins at `gamma`/`T_w`, not at 0.",
        ),
    )

SCHEDULES: Mapping[str, Schedule] = {s.name: s for s in _DEFINITIONS}
"""Every schedule that can be asked for by name; each is an attribute of this module as well: ``cosine(T=50)``."""


def __getattr__(name: str) -> Schedule:
    if name in SCHEDULES:
        return SCHEDULES[name]
    raise AttributeError(f"module 'symnet.schedules' has no attribute {name!r}")


def schedule(given: str | Schedule | sp.Expr) -> Schedule:
    """The schedule meant by a :class:`Schedule`, an expression for κ in ``k`` and ``T``, or a text.

    A text is a name, with constants or without, ``"step(K=10, q=0.5)"``; a warm-up and what follows it,
    ``"warm_up(5) -> cosine"``; and at its end, if epochs are not meant, ``per step``.

    Raises SymnetError for what is not understood.
    """
    if isinstance(given, Schedule):
        return given
    if isinstance(given, sp.Expr):
        known = {k.name: k, T.name: T}
        return Schedule("own", given.xreplace({s: known[s.name] for s in given.free_symbols if s.name in known}))
    from symnet.spec import named

    text, unit = str(given).strip(), None
    for words, meant in _PER.items():
        if text.endswith(words):
            text, unit = text[: -len(words)].rstrip(), meant
    parts = text.replace(_ARROWS[1], _ARROWS[0]).split(_ARROWS[0])
    if len(parts) > 2:
        raise SymnetError(
            f"schedule {text[:60]!r} has {len(parts)} parts; expected at most two, 'warm_up(5) -> cosine'"
        )
    first, *rest = (named(part.strip(), "schedule", _configurable(part)) for part in parts)
    found = first.then(rest[0]) if rest else first
    return found if unit is None else found.per(unit)


def _configurable(text: str) -> Mapping[str, Schedule]:
    """The schedules, T among the constants of those that use it if the text gives it a value."""
    if T.name not in text.replace(T_w.name, ""):
        return SCHEDULES
    return {n: s(T=1.0) if T in s.symbols else s for n, s in SCHEDULES.items()}
