"""B2: 1000 steps of every update rule equal an independent NumPy implementation, step after step, and PyTorch's.

The rules below are written out by hand from the papers, as loops over arrays; nothing in them comes from symnet's
definitions.  So is the network's gradient.  Run with ``-s`` to see the deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import symnet as sn
from symnet.optimizers import OPTIMIZERS

Floats = NDArray[np.float64]
Values = dict[str, Any]

STEPS, BATCH, SAMPLES = 1000, 8, 40
NETWORK = sn.Network("3 -> 5 tanh -> 2 linear", cost="half_mse")

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(SAMPLES, 3)), RNG.normal(size=(SAMPLES, 2))
START: Values = {p.name: RNG.normal(0, 0.5, tuple(a.size for a in p.axes)) for p in NETWORK.parameters}


def gradient(p: Values, x: Floats, y: Floats) -> Values:
    """3-5-2 with tanh, C = 1/(2n) Σ‖ŷ − y‖²."""
    h = np.tanh(x @ p["W1"] + p["b1"])
    d2 = (h @ p["W2"] + p["b2"] - y) / len(x)
    d1 = d2 @ p["W2"].T * (1 - h**2)
    return {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": h.T @ d2, "b2": d2.sum(axis=0)}


def batches(epochs: int, size: int) -> Iterator[NDArray[np.intp]]:
    """The samples of every step, dealt as ``fit`` documents it."""
    rng = np.random.default_rng((0, 1))
    for _ in range(epochs):
        order = rng.permutation(SAMPLES) if size < SAMPLES else np.arange(SAMPLES)
        for start in range(0, SAMPLES, size):
            yield order[start : start + size]


# ---- the rules by hand: (w, states, the gradient at a place, t) → w; the states are changed in place

Slope = Callable[[Values], Values]
Rule = Callable[[Values, dict[str, Values], Slope, int], Values]


def zeros() -> Values:
    return {name: np.zeros_like(value) for name, value in START.items()}


def element_by_element(rule: Callable[..., Any], *states: str, initial: float = 0.0) -> Rule:
    """A rule of arrays (w, g, t, states…) → (w, states…), carried out for every parameter."""

    def step(w: Values, memory: dict[str, Values], slope: Slope, t: int) -> Values:
        g, new = slope(w), {}
        for name in w:
            old = (memory.setdefault(s, {n: v + initial for n, v in zeros().items()})[name] for s in states)
            out = rule(w[name], g[name], t, *old)
            new[name], *later = out if states else (out,)
            for state, value in zip(states, later, strict=True):
                memory[state][name] = value
        return new

    return step


def lookahead(w: Values, memory: dict[str, Values], slope: Slope, t: int) -> Values:
    """v ← μv − ε∇f(θ + μv), θ ← θ + v (Sutskever et al. 2013, eq. 3–4)."""
    v = memory.setdefault("v", zeros())
    g = slope({name: w[name] + 0.9 * v[name] for name in w})
    for name in w:
        v[name] = 0.9 * v[name] - 0.01 * g[name]
    return {name: w[name] + v[name] for name in w}


def gd(w, g, t):
    return w - 0.1 * g


def momentum(w, g, t, v):
    v = 0.9 * v + g
    return w - 0.01 * v, v


def heavy_ball(w, g, t, v):
    v = 0.9 * v - 0.01 * g
    return w + v, v


def nesterov(w, g, t, v):
    """Θ ← Θ + μ²v − (1 + μ)ε∇f(Θ), v ← μv − ε∇f(Θ) (Bengio et al. 2013, with constant μ and ε)."""
    after = w + 0.81 * v - 1.9 * 0.01 * g
    return after, 0.9 * v - 0.01 * g


def adagrad(w, g, t, r):
    r = r + g * g
    return w - 0.01 * g / (np.sqrt(r) + 1e-10), r


def adagrad_inside(w, g, t, r):
    r = r + g * g
    return w - 0.01 * g / np.sqrt(r + 1e-7), r


def rmsprop(w, g, t, r):
    r = 0.9 * r + 0.1 * g * g
    return w - 0.001 * g / (np.sqrt(r) + 1e-8), r


def rmsprop_inside(w, g, t, r):
    r = 0.9 * r + 0.1 * g * g
    return w - 0.001 / np.sqrt(1e-6 + r) * g, r


def rmsprop_momentum(w, g, t, r, v):
    r = 0.9 * r + 0.1 * g * g
    v = 0.9 * v + g / (np.sqrt(r) + 1e-8)
    return w - 0.001 * v, r, v


def rmsprop_centered(w, g, t, r, m):
    r, m = 0.9 * r + 0.1 * g * g, 0.9 * m + 0.1 * g
    return w - 0.001 * g / (np.sqrt(r - m * m) + 1e-8), r, m


def rmsprop_graves(w, g, t, n, m, delta):
    n, m = 0.95 * n + 0.05 * g * g, 0.95 * m + 0.05 * g
    delta = 0.9 * delta - 0.0001 * g / np.sqrt(n - m * m + 0.0001)
    return w + delta, n, m, delta


def adam(w, g, t, m, v):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def adam_epsilon_hat(w, g, t, m, v):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7), m, v


def adam_inside(w, g, t, m, v):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - 0.001 * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t) + 1e-16), m, v


def adam_uncorrected(w, g, t, m, v):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - 0.001 * m / (np.sqrt(v) + 1e-6), m, v


def amsgrad(w, g, t, m, v, top):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    top = np.maximum(top, v)
    return w - 0.001 / (1 - 0.9**t) * m / (np.sqrt(top) / np.sqrt(1 - 0.999**t) + 1e-8), m, v, top


def amsgrad_paper(w, g, t, m, v, top):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    top = np.maximum(top, v)
    return w - 0.001 * m / (np.sqrt(top) + 1e-8), m, v, top


def adamw(w, g, t, m, v):
    after, m, v = adam(w, g, t, m, v)
    return after - 0.001 * 0.01 * w, m, v


def adamw_paper(w, g, t, m, v):
    after, m, v = adam(w, g, t, m, v)
    return after - 1e-5 * w, m, v


BY_HAND: Mapping[str, Rule] = {
    "gd": element_by_element(gd),
    "sgd": element_by_element(gd),
    "momentum": element_by_element(momentum, "v"),
    "momentum_pytorch": element_by_element(momentum, "v"),
    "heavy_ball": element_by_element(heavy_ball, "v"),
    "nesterov": element_by_element(nesterov, "v"),
    "nesterov_lookahead": lookahead,
    "adagrad": element_by_element(adagrad, "r"),
    "adagrad_inside": element_by_element(adagrad_inside, "r", initial=0.1),
    "rmsprop": element_by_element(rmsprop, "r"),
    "rmsprop_inside": element_by_element(rmsprop_inside, "r"),
    "rmsprop_momentum": element_by_element(rmsprop_momentum, "r", "v"),
    "rmsprop_centered": element_by_element(rmsprop_centered, "r", "m"),
    "rmsprop_graves": element_by_element(rmsprop_graves, "n", "m", "delta"),
    "adam": element_by_element(adam, "m", "v"),
    "adam_epsilon_hat": element_by_element(adam_epsilon_hat, "m", "v"),
    "adam_inside": element_by_element(adam_inside, "m", "v"),
    "adam_uncorrected": element_by_element(adam_uncorrected, "m", "v"),
    "amsgrad": element_by_element(amsgrad, "m", "v", "top"),
    "amsgrad_paper": element_by_element(amsgrad_paper, "m", "v", "top"),
    "adamw": element_by_element(adamw, "m", "v"),
    "adamw_paper": element_by_element(adamw_paper, "m", "v"),
}


def by_hand(rule: Rule, size: int) -> list[Values]:
    """The parameters after every epoch of 1000 steps."""
    p, memory, out, per_epoch = START, {}, [], SAMPLES // size
    for t, batch in enumerate(batches(STEPS // per_epoch, size), 1):
        p = rule(p, memory, lambda at, b=batch: gradient(at, X[b], Y[b]), t)
        if t % per_epoch == 0:
            out.append(p)
    return out


def fitted(size: int | None, **options: Any) -> list[Values]:
    """The same by symnet."""
    seen: list[Values] = []
    per_epoch = SAMPLES // (size or SAMPLES)
    NETWORK.fit(
        *(X, Y),
        batch_size=size,
        epochs=STEPS // per_epoch,
        initial=START,
        callbacks=[lambda _, cost, p: seen.append(dict(p))],
        **options,
    )
    return seen


def worst(found: list[Values], expected: list[Values]) -> float:
    """The greatest deviation in any epoch, relative to the parameter's greatest element."""
    assert len(found) == len(expected)
    return max(
        float(np.max(np.abs(a[name] - b[name])) / np.max(np.abs(b[name])))
        for a, b in zip(found, expected, strict=True)
        for name in START
    )


def moved(trajectory: list[Values]) -> float:
    return max(float(np.max(np.abs(trajectory[-1][name] - START[name]))) for name in START)


def test_every_rule_is_written_out_by_hand():
    assert set(BY_HAND) == set(OPTIMIZERS)


# With all samples in every step there is no noise, and RMSProp circles its minimum in steps as long as γ: the
# hand-written rule itself, begun 1e-15 away, is 1e-3 away after 200 steps.  Such a path can be compared with nothing.
CASES = [(name, BATCH) for name in OPTIMIZERS]
CASES += [(name, SAMPLES) for name in ("gd", "heavy_ball", "nesterov_lookahead", "adam_epsilon_hat")]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_thousand_steps_equal_the_hand_written_ones(name: str, size: int):
    expected = by_hand(BY_HAND[name], size)
    found = worst(fitted(size if size < SAMPLES else None, optimizer=name), expected)
    print(f"{name:20} batches of {size:2}  by hand  worst deviation {found:.1e}")
    assert moved(expected) > 0.01  # else the comparison would say nothing
    assert found < 1e-9


# ---- PyTorch


@dataclass(frozen=True)
class Peer:
    """What PyTorch is to do, and symnet's options for the same."""

    title: str
    optimizer: str
    options: Mapping[str, Any]
    symnet: Mapping[str, Any]
    scheduler: tuple[str, Mapping[str, Any]] | None = None
    per_step: bool = False
    clip: Callable[[Any], None] | None = field(default=None)
    full: bool = False


def _clip_norm(parameters: Any) -> None:
    import torch

    torch.nn.utils.clip_grad_norm_(parameters, 0.05)


def _clip_value(parameters: Any) -> None:
    import torch

    torch.nn.utils.clip_grad_value_(parameters, 0.02)


_SGD = {"lr": 0.05}

PEERS = (
    Peer("gd", "SGD", {"lr": 0.05}, {"optimizer": "gd", "learning_rate": 0.05}, full=True),
    Peer("sgd", "SGD", {"lr": 0.05}, {"optimizer": "sgd", "learning_rate": 0.05}),
    Peer("sgd, L2", "SGD", {"lr": 0.05, "weight_decay": 0.02}, {"optimizer": "sgd(0.05)", "weight_decay": 0.02}),
    Peer("momentum", "SGD", {"lr": 0.01, "momentum": 0.9}, {"optimizer": "momentum"}),
    Peer("momentum, full batch", "SGD", {"lr": 0.01, "momentum": 0.9}, {"optimizer": "momentum"}, full=True),
    Peer(
        "momentum, dampened",
        *("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.4}),
        {"optimizer": "momentum_pytorch(tau=0.4)"},
    ),
    Peer(
        "momentum, L2",
        *("SGD", {"lr": 0.01, "momentum": 0.8, "weight_decay": 0.02}),
        {"optimizer": "momentum(mu=0.8)", "weight_decay": 0.02},
    ),
    Peer("heavy_ball", "SGD", {"lr": 0.01, "momentum": 0.9}, {"optimizer": "heavy_ball"}),
    Peer("nesterov", "SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}, {"optimizer": "nesterov"}),
    Peer("adagrad", "Adagrad", {"lr": 0.01}, {"optimizer": "adagrad"}),
    Peer(
        "adagrad, r₀, ε",
        *("Adagrad", {"lr": 0.02, "initial_accumulator_value": 0.1, "eps": 1e-3}),
        {"optimizer": "adagrad(0.02, r_0=0.1, epsilon=1e-3)"},
    ),
    Peer(
        "adagrad, lr_decay",
        *("Adagrad", {"lr": 0.02, "lr_decay": 0.01}),
        {"optimizer": "adagrad(0.02)", "schedule": sn.schedules.schedule(1 / (1 + sn.schedules.k / 100)).per("step")},
    ),
    Peer("rmsprop", "RMSprop", {"lr": 0.001, "alpha": 0.99}, {"optimizer": "rmsprop(rho=0.99)"}),
    Peer(
        "rmsprop, momentum",
        *("RMSprop", {"lr": 0.001, "alpha": 0.9, "momentum": 0.9}),
        {"optimizer": "rmsprop_momentum"},
    ),
    Peer(
        "rmsprop, centered",
        *("RMSprop", {"lr": 0.001, "alpha": 0.9, "centered": True}),
        {"optimizer": "rmsprop_centered"},
    ),
    Peer(
        "rmsprop, centered, momentum",
        *("RMSprop", {"lr": 0.001, "alpha": 0.9, "centered": True, "momentum": 0.5}),
        {"optimizer": "rmsprop_centered(mu=0.5)"},
    ),
    Peer("adam", "Adam", {"lr": 0.001}, {"optimizer": "adam"}),
    Peer("adam, full batch", "Adam", {"lr": 0.001}, {"optimizer": "adam"}, full=True),
    Peer(
        "adam, β, ε",
        *("Adam", {"lr": 0.003, "betas": (0.8, 0.95), "eps": 1e-4}),
        {"optimizer": "adam(0.003, beta_1=0.8, beta_2=0.95, epsilon=1e-4)"},
    ),
    Peer("adam, L2", "Adam", {"lr": 0.001, "weight_decay": 0.02}, {"optimizer": "adam", "weight_decay": 0.02}),
    Peer("amsgrad", "Adam", {"lr": 0.001, "amsgrad": True}, {"optimizer": "amsgrad"}),
    Peer("adamw", "AdamW", {"lr": 0.001}, {"optimizer": "adamw"}),
    Peer(
        "adamw, amsgrad",
        *("AdamW", {"lr": 0.001, "weight_decay": 0.1, "amsgrad": True}),
        {"optimizer": "amsgrad", "weight_decay": "decoupled(0.1)"},
    ),
    Peer(
        "adam, decoupled decay",
        *("AdamW", {"lr": 0.001, "weight_decay": 0.1}),
        {"optimizer": "adam", "weight_decay": "decoupled(0.1)"},
    ),
    Peer(
        "momentum, step schedule",
        *("SGD", {"lr": 0.01, "momentum": 0.9}, {"optimizer": "momentum", "schedule": "step(K=30, q=0.5)"}),
        ("StepLR", {"step_size": 30, "gamma": 0.5}),
    ),
    Peer(
        "nesterov, exponential per step",
        *("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
        {"optimizer": "nesterov(0.02)", "schedule": "exponential(0.998) per step"},
        ("ExponentialLR", {"gamma": 0.998}),
        per_step=True,
    ),
    Peer(
        "adam, cosine",
        *("Adam", {"lr": 0.01}, {"optimizer": "adam(0.01)", "schedule": "cosine(kappa_min=0.1)"}),
        ("CosineAnnealingLR", {"T_max": 200, "eta_min": 0.001}),
    ),
    Peer(
        "adamw, linear warm-up per step",
        *("AdamW", {"lr": 0.01}, {"optimizer": "adamw(0.01)", "schedule": "warm_up(100) per step"}),
        ("LinearLR", {"start_factor": 0.01, "total_iters": 99}),
        per_step=True,
    ),
    Peer(
        "sgd, clipped by norm",
        *("SGD", {"lr": 0.05}, {"optimizer": "sgd(0.05)", "clip": "norm_pytorch(0.05)"}),
        clip=_clip_norm,
    ),
    Peer(
        "adam, clipped by value, L2",
        *("Adam", {"lr": 0.001, "weight_decay": 0.02}),
        {"optimizer": "adam", "clip": "value(0.02)", "weight_decay": 0.02},
        clip=_clip_value,
    ),
)


def by_pytorch(peer: Peer) -> list[Values]:
    """The parameters after every epoch of 1000 steps, by PyTorch's optimiser and PyTorch's gradient."""
    torch = pytest.importorskip("torch")
    size = SAMPLES if peer.full else BATCH
    per_epoch = SAMPLES // size
    p = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in START.items()}
    chosen = getattr(torch.optim, peer.optimizer)(list(p.values()), foreach=False, **peer.options)
    schedule = None
    if peer.scheduler is not None:
        schedule = getattr(torch.optim.lr_scheduler, peer.scheduler[0])(chosen, **peer.scheduler[1])
    x, y = torch.tensor(X), torch.tensor(Y)
    out: list[Values] = []
    for t, batch in enumerate(batches(STEPS // per_epoch, size), 1):
        index = torch.tensor(batch)
        h = torch.tanh(x[index] @ p["W1"] + p["b1"])
        cost = ((h @ p["W2"] + p["b2"] - y[index]) ** 2).sum() / (2 * len(index))
        chosen.zero_grad()
        cost.backward()
        if peer.clip is not None:
            peer.clip(list(p.values()))
        chosen.step()
        if t % per_epoch == 0:
            out.append({name: value.detach().numpy().copy() for name, value in p.items()})
        if schedule is not None and (peer.per_step or t % per_epoch == 0):
            schedule.step()
    return out


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.title)
def test_a_thousand_steps_equal_those_of_pytorch(peer: Peer):
    expected = by_pytorch(peer)
    found = worst(fitted(None if peer.full else BATCH, **peer.symnet), expected)
    print(f"{peer.title:32} PyTorch  worst deviation {found:.1e}")
    assert moved(expected) > 0.01
    assert found < 1e-9
