"""One step of training whole: a learning-rate schedule, clipping and weight decay joined to an update rule.

What comes out is a rule again, with more equations: the schedule's, the clipping's, the decay's, then its own.  So it
is printed, computed and compiled like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import sympy as sp

from symnet.constants import changed, listed, within
from symnet.errors import SymnetError
from symnet.schedules import Schedule, k, kappa
from symnet.update import N, Optimizer, T, Updates, g, gamma, norm, t, w

phi, gamma_t = sp.Symbol("phi", positive=True), sp.Symbol("gamma_t", positive=True)
g_tilde, g_bar = sp.Symbol("g_tilde", real=True), sp.Symbol("g_bar", real=True)
c, delta = sp.Symbol("c", positive=True), sp.Symbol("delta", nonnegative=True)
lamda = sp.Symbol("lamda", nonnegative=True)

_REASONS = {
    "k": "{unit}s before this step",
    "k_2": "{unit}s since warm-up",
    "T_2": "{unit}s after warm-up",
    "kappa_2": "schedule after warm-up",
    "kappa": "schedule",
    "gamma_t": "learning rate",
    "phi": "factor of clipping",
    "g_tilde": "clipped",
    "g_bar": "with the decay",
}


@dataclass(frozen=True, slots=True)
class Clipping:
    """A way to bound the gradient: equations whose last quantity, ``g_tilde``, takes the place of ``g``."""

    name: str
    updates: Updates = field(hash=False)
    constants: Mapping[str, float] = field(hash=False)
    source: str
    note: str = ""

    kind: ClassVar[str] = "clip"

    def __call__(self, **constants: float) -> Clipping:
        """The same with other constants: ``norm(c=0.5)``; SymnetError for a name or value that is none."""
        return replace(self, constants=changed(f"clip {self.name}", self.constants, constants))

    def __str__(self) -> str:
        return listed(self.name, self.constants)


@dataclass(frozen=True, slots=True)
class Decay:
    """A way to let the parameters decay: ``added`` to the derivative, or ``taken`` from the parameter in every step."""

    name: str
    constants: Mapping[str, float] = field(hash=False)
    source: str
    note: str = ""
    added: sp.Expr = sp.S.Zero
    taken: sp.Expr = sp.S.Zero

    kind: ClassVar[str] = "weight decay"

    def __call__(self, **constants: float) -> Decay:
        """The same with other constants: ``coupled(lamda=0.1)``; SymnetError for a name or value that is none."""
        return replace(self, constants=changed(f"weight decay {self.name}", self.constants, constants))

    def __str__(self) -> str:
        return listed(self.name, self.constants)


_PASCANU = "Pascanu, Mikolov & Bengio 2013, “On the difficulty of training recurrent neural networks”, algorithm 1"

with sp.evaluate(False):
    _CLIPPINGS = (
        Clipping(
            "norm",
            {phi: c / sp.Max(c, norm), g_tilde: phi * g},
            {"c": 1.0},
            _PASCANU,
            "The norm is that over all parameters together, as in the paper, not that of each by itself, as Keras's "
            "clipnorm. A gradient that is short enough is left exactly as it is; PyTorch adds a millionth to the norm, "
            "as norm_pytorch does.",
        ),
        Clipping(
            "norm_pytorch",
            {phi: c / sp.Max(c, norm + delta), g_tilde: phi * g},
            {"c": 1.0, "delta": 1e-6},
            f"{_PASCANU}; PyTorch, clip_grad_norm_, for its form",
            "The norm is that over all parameters together.",
        ),
        Clipping(
            "value",
            {g_tilde: sp.Min(sp.Max(g, -c), c)},
            {"c": 1.0},
            "Mikolov 2012, “Statistical language models based on neural networks”; Goodfellow, Bengio & "
            "Courville 2016, Deep Learning, §10.11.1; PyTorch, clip_grad_value_",
            "Every derivative by itself, so that the direction of the step may change.",
        ),
    )
    _DECAYS = (
        Decay(
            "coupled",
            {"lamda": 0.01},
            "Krogh & Hertz 1991, “A simple weight decay can improve generalization”; PyTorch, weight_decay of "
            "torch.optim.SGD and torch.optim.Adam",
            "The decay is added to the derivative, after clipping, and passes through whatever the rule does with it. "
            "Every parameter decays, biases too, as in PyTorch; the regulariser l2 is the same but leaves biases "
            "alone, and is clipped with the rest of the cost.",
            added=lamda * w,
        ),
        Decay(
            "decoupled",
            {"lamda": 0.01},
            "Hanson & Pratt 1988, “Comparing biases for minimal network construction with back-propagation”; "
            "Loshchilov & Hutter 2019, “Decoupled weight decay regularization”",
            "The parameter itself decays, and the rule's means do not see it. `gamma` multiplies the decay, as in "
            "PyTorch's AdamW. Every parameter decays, biases too.",
            taken=gamma * lamda * w,
        ),
    )

CLIPPINGS: Mapping[str, Clipping] = {clipping.name: clipping for clipping in _CLIPPINGS}
"""Every clipping that can be asked for by name."""

DECAYS: Mapping[str, Decay] = {decay.name: decay for decay in _DECAYS}
"""Every weight decay that can be asked for by name."""


def clipping(given: float | str | Clipping) -> Clipping:
    """The clipping meant by a number (the greatest norm), a text such as ``"value(0.5)"``, or a :class:`Clipping`.

    Raises SymnetError for what is not understood, or out of range.
    """
    if isinstance(given, Clipping):
        return given
    number = _number(given)
    if number is not None:
        return CLIPPINGS["norm"](c=within("clip", "c", number))
    from symnet.spec import named

    return named(str(given), "clip", CLIPPINGS)


def decay(given: float | str | Decay, rule: Optimizer) -> Decay | Optimizer:
    """The weight decay meant by a number, a text such as ``"decoupled(0.01)"``, or a :class:`Decay`.

    A number is λ: of the rule itself if it has one (adamw), and the rule is returned with it; else of ``coupled``.

    Raises SymnetError for what is not understood or out of range, and for a second decay beside a rule's own.
    """
    number = _number(given)
    if number is not None:
        value = within("weight_decay", lamda.name, number)
        return rule(lamda=value) if lamda.name in rule.constants else DECAYS["coupled"](lamda=value)
    from symnet.spec import named

    found = given if isinstance(given, Decay) else named(str(given), "weight decay", DECAYS)
    if lamda.name in rule.constants:
        raise SymnetError(
            f"{rule.name} has a weight decay of its own; give weight_decay a number, or another optimizer, such as adam"
        )
    return found


def _number(given: Any) -> Any:
    """What is meant as a number, as it is; None for a name."""
    if isinstance(given, Clipping | Decay):
        return None
    if not isinstance(given, str):
        return given
    try:
        return float(given)
    except ValueError:
        return None


def joined(
    rule: Optimizer,
    schedule: Schedule | None = None,
    clip: Clipping | None = None,
    weight_decay: Decay | None = None,
    *,
    length: float | None = None,
    steps: int | None = None,
) -> Optimizer:
    """The rule with everything that happens beside it in a step.

    ``length`` is how many epochs (or steps, as the schedule counts) training is to have, ``steps`` how many steps an
    epoch; without them ``T`` and ``N`` stay symbols, and the rule can be printed but not carried out.

    Raises SymnetError for a schedule of a rule without a learning rate, and where two parts use one name.
    """
    with sp.evaluate(False):
        before: dict[sp.Symbol, sp.Expr] = {}
        constants: dict[str, float] = {}
        places: dict[sp.Symbol, sp.Expr] = {}
        gradient, unit = g, "epoch"
        if schedule is not None and schedule.factor != 1:
            unit = schedule.unit
            before |= _scheduled(rule, schedule)
            constants |= _counts(schedule, length, steps) | dict(schedule.constants)
            places[gamma] = gamma_t
        if clip is not None:
            before |= clip.updates
            constants |= clip.constants
            gradient = g_tilde
        taken = sp.S.Zero
        if weight_decay is not None:
            constants |= weight_decay.constants
            taken = weight_decay.taken.xreplace(places)
            if weight_decay.added != 0:
                before[g_bar] = gradient + weight_decay.added
                gradient = g_bar
        if gradient != g:
            places[g] = gradient
        own = {symbol: _put(expr, places) for symbol, expr in rule.updates.items()}
        if taken != 0:
            own[w] = own[w] - taken
    # A rule that says what a schedule multiplies, by a constant kappa of 1, leaves that constant to the schedule.
    kept = {n: v for n, v in rule.constants.items() if (n, v) != (kappa.name, 1.0) or kappa not in before}
    _refuse_twice(rule, {*kept, *(s.name for s in rule.updates)}, {*(s.name for s in before), *constants})
    return replace(
        rule,
        updates={**before, **own},
        constants={**kept, **constants},
        reasons={**{n: words.format(unit=unit) for n, words in _REASONS.items()}, **rule.reasons},
        parts=tuple(part for part in (schedule, clip, weight_decay) if part is not None),
    )


def _put(expr: sp.Expr, places: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The symbols of ``places`` replaced, by their names: a user's own ``g`` may have other assumptions."""
    by_name = {symbol.name: value for symbol, value in places.items()}
    return expr.xreplace({s: by_name[s.name] for s in expr.free_symbols if s.name in by_name})


def _scheduled(rule: Optimizer, schedule: Schedule) -> dict[sp.Symbol, sp.Expr]:
    if gamma.name not in rule.constants:
        raise SymnetError(
            f"optimizer {rule.name} has no learning rate gamma that a schedule could change; leave the schedule out"
        )
    done = t - 1 if schedule.unit == "step" else sp.floor((t - 1) / N)
    return {k: done, **schedule.named, kappa: schedule.factor, gamma_t: gamma * kappa}


def _counts(schedule: Schedule, length: float | None, steps: int | None) -> dict[str, float]:
    known: dict[str, float] = {}
    if length is not None and T in schedule.symbols:
        known[T.name] = float(length)
    if steps is not None and schedule.unit == "epoch":
        known[N.name] = float(steps)
    return known


def _refuse_twice(rule: Optimizer, own: set[str], added: set[str]) -> None:
    both = sorted(own & added)
    if both:
        raise SymnetError(
            f"optimizer {rule.name} uses {both[0]}, and so does a schedule, clipping or weight decay; "
            "call it otherwise in the rule"
        )
