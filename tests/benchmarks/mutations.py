"""Answers made by rewriting (right) and by mutation (wrong) over random networks, put to ``check.decide``.

``python -m tests.benchmarks.mutations --count 10000`` prints how many wrong ones passed, how many right ones were
called different, how many were left undecided, and how long a decision took.  Which answers are right is not known
from how they were made, but by the NumPy interpreter at random points; where that is not clear, the answer is dropped.
An answer that is refuted although it agreed at those points is evaluated by the interpreter at the witness as well.
With ``--parts`` these small networks are judged as deep ones are, by what an answer names.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import numpy as np
import sympy as sp

from symnet.activations import ACTIVATIONS
from symnet.algebra.expressions import (
    ONE,
    Add,
    Apply,
    Axis,
    Const,
    Expr,
    Mul,
    Pow,
    Ref,
    Size,
    Sum,
    Tensor,
    add,
    const,
    inline,
    mul,
    negative,
    power,
    refs,
    reindex,
    transform,
    walk,
)
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.scalars import apply_definition, differentiate, elementary
from symnet.algebra.simplify import common_factor
from symnet.check.decide import segment as segments
from symnet.check.decide.decide import Decision, decide
from symnet.check.decide.points import laboratory
from symnet.check.decide.witness import Witness
from symnet.costs import COSTS, NORMALISATIONS, l1, l2
from symnet.derive.reverse import adjoint_of
from symnet.network import SAMPLES, Dense, Input, Network

_EXP, _TANH, _LOG = elementary(sp.exp), elementary(sp.tanh), elementary(sp.log)
_INVERSE = sp.S.NegativeOne
_OUTPUTS = {
    "real": ("linear", "linear", "tanh", "sigmoid", "softmax", "softplus", "gelu", "silu"),
    "probability": ("sigmoid", "sigmoid", "softmax"),
    "positive": ("sigmoid", "softmax", "softplus"),
}
_HIDDEN = ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu", "elu", "leaky_relu", "linear", "softmax", "gelu_tanh")


def random_network(rng: Random) -> Network:
    """One to three layers of one to three units."""
    cost = rng.choice(list(COSTS.values()))
    last = rng.choice(_OUTPUTS[cost.domain])
    several = last == "softmax" or cost.name == "categorical_cross_entropy"
    units = [rng.randint(1, 3) for _ in range(rng.choice((1, 1, 2, 2, 2, 3)))]
    names = [rng.choice(_HIDDEN) for _ in units[:-1]] + [last]
    units[-1] = max(units[-1], 2) if several else units[-1]
    sizes = [max(size, 2) if name == "softmax" else size for size, name in zip(units, names, strict=True)]
    layers = [Dense(u, name, bias=rng.random() < 0.8) for u, name in zip(sizes, names, strict=True)]
    make = rng.choice((None, None, None, l1, l2))
    penalty = make(0.3, rng.choice(list(NORMALISATIONS))) if make else None
    samples = 1 if rng.random() < 0.25 else "n"
    return Network(Input(rng.randint(1, 3)), *layers, cost=cost, regulariser=penalty, samples=samples)


# -- values ---------------------------------------------------------------------------------------------------------


@dataclass
class Oracle:
    """The network at random points, by the interpreter."""

    network: Network
    points: list[dict[Tensor, np.ndarray]] = field(default_factory=list)

    def draw(self, rng: np.random.Generator, count: int) -> None:
        """Random points with 3 and 4 samples."""
        network = self.network
        backward = [adjoint.equation for adjoint in network.derive().backward]
        for k in range(count):
            lengths = {"n": 3 + k % 2}

            def shape(tensor: Tensor, lengths: dict[str, int] = lengths) -> tuple[int, ...]:
                return tuple(a.size if isinstance(a.size, int) else lengths[a.size] for a in tensor.axes)

            env = {p: rng.normal(0, (0.4, 1, 2)[k % 3], shape(p)) for p in network.parameters}
            env |= {t: rng.uniform(0.4, 1.6, ()) for t in network.constants}
            env[network.x] = rng.normal(0, 1, shape(network.x))
            y = rng.normal(0, (0.7, 3)[k % 2], shape(network.y))
            if network.cost.targets != "real":
                y = rng.uniform(0.1, 0.9, shape(network.y))
            if network.layers[-1].function.normalised and network.cost.targets == "probability":
                y = y / y.sum(axis=-1, keepdims=True)
            env[network.y] = y
            self.points.append(run([*network.equations, *backward], env))

    def label(self, truth: Expr, answer: Expr, axes: tuple[Axis, ...]) -> bool | None:
        """Whether they agree; None where rounding leaves it open."""
        worst, moderate = 0.0, 0
        for env in self.points:
            a, b = evaluate(truth, env, axes), evaluate(answer, env, axes)
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                return None
            scale = np.abs(a).max() + np.abs(b).max() + 1e-300
            worst = max(worst, float(np.abs(a - b).max() / scale))
            moderate += 1e-300 < scale < 100  # where 1e-9 more or less would be seen
        if worst < 3e-12:
            return True if moderate >= 3 else None
        return False if worst > 3e-10 else None

    def fails_at(self, witness: Witness, truth: Expr, answer: Expr, axes: tuple[Axis, ...]) -> bool:
        """Whether the interpreter too finds different values at the numbers of a witness."""
        arrays: dict[Tensor, np.ndarray] = {}
        for tensor, index, value in witness.values:
            shape = tuple(a.size if isinstance(a.size, int) else witness.sizes[a.size] for a in tensor.axes)
            arrays.setdefault(tensor, np.empty(shape))[tuple(k - 1 for k in index)] = float(value)
        backward = [adjoint.equation for adjoint in self.network.derive().backward]
        env = run([*self.network.equations, *backward], arrays)
        at = tuple(k - 1 for k in witness.index)
        a, b = float(evaluate(truth, env, axes)[at]), float(evaluate(answer, env, axes)[at])
        return abs(a - b) > 1e-9 * (abs(a) + abs(b)) and bool(
            np.allclose([a, b], [float(witness.truth), float(witness.answer)], rtol=1e-6, atol=1e-9)
        )


# -- right rewritings -----------------------------------------------------------------------------------------------


def at_random(rng: Random, expr: Expr, fits, change) -> Expr | None:  # type: ignore[no-untyped-def]
    """``change`` applied to one random node that ``fits``; None if there is none."""
    places = [node for node in walk(expr) if fits(node)]
    if not places:
        return None
    chosen = rng.choice(places)
    new = change(chosen)
    if new is None:
        return None
    done = False

    def rule(node: Expr) -> Expr | None:
        nonlocal done
        if node is chosen and not done:
            done = True
            return new
        return None

    out = transform(expr, rule)
    return out if done else None


def _is(*kinds):  # type: ignore[no-untyped-def]
    return lambda node: isinstance(node, kinds)


def shuffled(rng: Random, node: Expr) -> Expr:
    """Terms or factors in another order."""
    parts = list(node.terms if isinstance(node, Add) else node.factors)
    rng.shuffle(parts)
    return Add(tuple(parts)) if isinstance(node, Add) else Mul(tuple(parts))


def expanded(node: Expr) -> Expr | None:
    """a(b + c) = ab + ac; (b + c)² written out; Σ(b + c) = Σb + Σc."""
    if isinstance(node, Sum) and isinstance(node.body, Add):
        return add(*(Sum(node.axis, t) if node.axis in t.axes else mul(Size(node.axis), t) for t in node.body.terms))
    if isinstance(node, Pow) and node.exponent == 2:
        return mul(node.base, node.base) if not isinstance(node.base, Add) else Mul((node.base, node.base))
    if isinstance(node, Mul):
        at = next((k for k, f in enumerate(node.factors) if isinstance(f, Add)), None)
        if at is not None:
            rest = [f for k, f in enumerate(node.factors) if k != at]
            return add(*(mul(*rest, t) for t in node.factors[at].terms))
    return None


def renamed(node: Expr) -> Expr:
    """Another name of a bound index."""
    new = Axis(node.axis.name + "'''", node.axis.size)
    return Sum(new, reindex(node.body, {node.axis: new}))


def exponential(rng: Random, node: Expr) -> Expr | None:
    """A named function by exponentials."""
    if not isinstance(node, Apply):
        return None
    u = node.arguments[0]
    up, down, twice = Apply(_EXP, (u,)), Apply(_EXP, (negative(u),)), Apply(_EXP, (mul(const(2), u),))
    key = (node.function.name, node.function.primes)
    if key == ("sigmoid", 0):
        half = mul(Const(sp.S.Half), add(ONE, Apply(_TANH, (mul(Const(sp.S.Half), u),))))
        forms = [mul(up, power(add(ONE, up), _INVERSE)), add(ONE, negative(power(add(ONE, up), _INVERSE))), half]
        return rng.choice(forms)
    if key == ("sigmoid", 1):
        return mul(down, power(add(ONE, down), sp.Integer(-2)))
    if key == ("tanh", 0):
        below = power(add(up, down), _INVERSE)
        other = add(ONE, mul(const(-2), power(add(twice, ONE), _INVERSE)))
        return rng.choice([mul(add(up, negative(down)), below), other])
    if key == ("tanh", 1):
        return mul(const(4), power(add(up, down), sp.Integer(-2)))
    if key == ("softplus", 0):
        return add(u, Apply(_LOG, (add(ONE, down),)))
    return apply_definition(node)


def by_square(node: Expr) -> Expr | None:
    """u = (u·v)/v for a weight-like v, u/u = 1 and u − u = 0 put in."""
    if isinstance(node, Ref) and node.tensor.role in ("pre", "unit", "input"):
        v = add(ONE, power(node, sp.Integer(2)))
        return mul(v, node, power(v, _INVERSE))
    return None


def rewritten(rng: Random, network: Network, expr: Expr) -> Expr:
    """The same function, written otherwise."""
    equations = [*network.equations, *(a.equation for a in network.derive().backward)]
    for _ in range(rng.randint(1, 5)):
        used = [e for e in equations if refs(expr, e.target)]
        move = rng.randrange(9)
        new: Expr | None = None
        if move == 0:
            new = at_random(rng, expr, _is(Add, Mul), lambda n: shuffled(rng, n))
        elif move == 1:
            new = at_random(rng, expr, _is(Mul, Pow, Sum), expanded)
        elif move == 2:
            new = at_random(rng, expr, _is(Sum), renamed)
        elif move == 3:
            new = at_random(rng, expr, _is(Apply), lambda n: exponential(rng, n))
        elif move == 4:
            new = at_random(rng, expr, _is(Ref), by_square)
        elif move in (5, 6) and used:
            new = inline(expr, rng.choice(used))
        elif move == 7:
            new = at_random(rng, expr, _is(Add), common_factor)
        elif move == 8:
            new = at_random(rng, expr, _is(Mul), lambda n: mul(add(n, n), Const(sp.S.Half)))
        if new is not None and sum(1 for _ in walk(new)) < 400:
            expr = new
    return expr


# -- mutations ------------------------------------------------------------------------------------------------------


def mutated(rng: Random, network: Network, expr: Expr) -> Expr | None:
    """One slip."""
    yhat, y = network.prediction, network.y
    outs = [t for k in range(network.depth + 1) for t in (network.unit(k),)]
    smooth = [ACTIVATIONS[name].function for name in ("sigmoid", "tanh", "softplus", "silu", "relu")]

    def other_index(node: Expr) -> Expr | None:
        choices = [a for a in expr.axes if a not in node.index]
        at = [k for k, i in enumerate(node.index) if any(isinstance(i, Axis) and a.size == i.size for a in choices)]
        if not at:
            return None
        k = rng.choice(at)
        same = [a for a in choices if a.size == node.index[k].size]
        return Ref(node.tensor, tuple(rng.choice(same) if j == k else i for j, i in enumerate(node.index)))

    def dropped(node: Expr) -> Expr | None:
        parts = list(node.terms if isinstance(node, Add) else node.factors)
        if len(parts) < 2:
            return None
        parts.pop(rng.randrange(len(parts)))
        return add(*parts) if isinstance(node, Add) else mul(*parts)

    def swapped(node: Expr) -> Expr | None:
        if isinstance(node, Ref) and node.tensor in (yhat, y):
            return Ref(y if node.tensor == yhat else yhat, node.index)
        return None

    def wrong_layer(node: Expr) -> Expr | None:
        if not isinstance(node, Ref):
            return None
        like = [
            t
            for t in outs
            if t != node.tensor and tuple(a.size for a in t.axes) == tuple(a.size for a in node.tensor.axes)
        ]
        return Ref(rng.choice(like), node.index) if like else None

    def other_function(node: Expr) -> Expr | None:
        if not isinstance(node, Apply) or len(node.arguments) != 1:
            return None
        f = rng.choice([g for g in smooth if g.name != node.function.name])
        return Apply(differentiate(f) if node.function.primes else f, node.arguments)

    def signed(node: Expr) -> Expr:
        terms = list(node.terms)
        k = rng.randrange(len(terms))
        terms[k] = negative(terms[k])
        return add(*terms)

    moves = (
        lambda: mul(const(2), expr),
        lambda: mul(Const(sp.S.Half), expr),
        lambda: negative(expr),
        lambda: mul(Const(sp.Rational(10000001, 10000000)), expr),
        lambda: add(expr, Const(sp.Rational(1, 10**9))),
        lambda: mul(power(Size(SAMPLES), rng.choice((_INVERSE, sp.S.One))), expr) if network.sample_axes else None,
        lambda: at_random(rng, expr, _is(Add, Mul), dropped),
        lambda: at_random(rng, expr, _is(Add, Mul), dropped),
        lambda: at_random(rng, expr, lambda n: isinstance(n, Ref) and n.index, other_index),
        lambda: at_random(rng, expr, lambda n: isinstance(n, Ref) and n.tensor in (yhat, y), swapped),
        lambda: at_random(rng, expr, _is(Ref), wrong_layer),
        lambda: at_random(rng, expr, _is(Apply), other_function),
        lambda: at_random(rng, expr, _is(Add), signed),
        lambda: at_random(rng, expr, _is(Pow), lambda n: power(n.base, n.exponent + rng.choice((-1, 1)))),
        lambda: at_random(rng, expr, _is(Sum), lambda n: n.body if n.axis not in expr.axes else None),
        lambda: Sum(rng.choice(expr.axes), expr) if expr.axes else None,
        lambda: at_random(rng, expr, _is(Const), lambda n: Const(n.value + rng.choice((-1, 1, sp.Rational(1, 10**6))))),
        lambda: at_random(rng, expr, _is(Ref), lambda n: power(n, sp.Integer(2))),
    )
    return rng.choice(moves)()


# -- the run --------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came out."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    dropped: int = 0
    corrected: int = 0

    def note(self, label: bool, decision: Decision, seconds: float, what: str) -> None:
        """One decision more."""
        (self.right if label else self.wrong)[decision.status] += 1
        self.seconds.append(seconds)
        if decision.status == "undecided":
            self.methods[decision.method] += 1
        if decision.status == "different" if label else decision.status in ("equal", "proved"):
            self.bad.append(f"{'right called different' if label else 'FALSE ACCEPTANCE'}: {what}")

    def text(self) -> str:
        """The figures."""
        times = np.array(self.seconds) * 1000
        undecided = self.right["undecided"] + self.wrong["undecided"]
        return "\n".join(
            [
                f"wrong answers {self.wrong.total()}: false acceptances {self.wrong['equal'] + self.wrong['proved']}",
                f"right answers {self.right.total()}: called different {self.right['different']}, "
                f"proved {self.right['proved']}",
                f"undecided {undecided} ({100 * undecided / max(1, len(times)):.2f} %): {dict(self.methods)}",
                f"milliseconds: median {np.median(times):.1f}, 99 % {np.percentile(times, 99):.0f}, "
                f"max {times.max():.0f}",
                f"labels open, dropped: {self.dropped}; taken for right until the interpreter saw the witness: "
                f"{self.corrected}",
                *self.bad,
            ]
        )


def campaign(count: int, seed: int = 0, each: int = 24) -> Tally:
    """At least ``count`` right and ``count`` wrong answers, ``each`` of both kinds on a network."""
    tally = Tally()
    number = 0
    while min(tally.right.total(), tally.wrong.total()) < count:
        number += 1
        one_network(tally, Random(f"{seed} {number}"), each, f"seed {seed} network {number}")
    return tally


def one_network(tally: Tally, rng: Random, each: int, name: str) -> None:
    """The answers on one random network."""
    network = random_network(rng)
    oracle = Oracle(network)
    oracle.draw(np.random.default_rng(rng.getrandbits(32)), 24 if laboratory(network).kinked else 8)
    backward = [a for a in network.derive().backward if a.equation.right.axes or not a.of.axes]
    for k in range(each):
        adjoint = rng.choice(backward)
        truth, axes = adjoint_of(adjoint.of)(), adjoint.of.axes
        answer: Expr | None = rewritten(rng, network, adjoint.equation.right)
        if k % 2:
            answer = mutated(rng, network, answer)
        if answer is None or not set(answer.axes) <= set(axes):
            continue
        try:
            label = oracle.label(truth, answer, axes)
        except (ValueError, KeyError, TypeError):
            continue
        if label is None or (label is False and not k % 2):
            tally.dropped += 1
            continue
        start = time.perf_counter()
        decision = decide(network, truth, answer, axes, seed=number_of(name))
        took = time.perf_counter() - start
        if label and decision.witness and oracle.fails_at(decision.witness, truth, answer, axes):
            label = False  # the random points had missed the region (a slip inside a sign, 1e-9 beside large numbers)
            tally.corrected += 1
        tally.note(label, decision, took, f"{name} answer {k} {network.spec} {network.cost.name} {adjoint.of.name}")


def number_of(name: str) -> int:
    """A seed from a name."""
    return sum(map(ord, name))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", action="store_true", help="judge small networks as deep ones are")
    options = parser.parse_args()
    if options.parts:
        segments.FEW = 0
    start = time.perf_counter()
    tally = campaign(options.count, options.seed)
    print(tally.text())
    print(f"{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
