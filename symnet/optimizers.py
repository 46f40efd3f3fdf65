"""Optimisers, by name: update rules as sympy definitions with their sources.

Where published versions of a rule differ, the rule's ``note`` says how and which one it is.  The other versions are
rules of their own, under their own names, or other values of a constant.  The defaults follow the original paper
where it gives any.  In a note a symbol stands between backticks, to be printed in a notation's letters.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symnet.update import Optimizer, g, gamma, norm, t, w

__all__ = ["OPTIMIZERS", "Optimizer", "g", "gamma", "norm", "optimizer", "t", "w"]

m, v, r = (sp.Symbol(name, real=True) for name in ("m", "v", "r"))
m_hat, v_hat, v_max = (sp.Symbol(name, real=True) for name in ("m_hat", "v_hat", "v_max"))
mu, tau, rho, beta_1, beta_2 = (sp.Symbol(name, real=True) for name in ("mu", "tau", "rho", "beta_1", "beta_2"))
epsilon, lamda, kappa = (sp.Symbol(name, nonnegative=True) for name in ("epsilon", "lamda", "kappa"))
r_0, gamma_hat = sp.Symbol("r_0", nonnegative=True), sp.Symbol("gamma_hat", positive=True)

_GOODFELLOW = "Goodfellow, Bengio & Courville 2016, Deep Learning, algorithm"
_SUTSKEVER = (
    "Sutskever, Martens, Dahl & Hinton 2013, “On the importance of initialization and momentum in deep learning”"
)
_DUCHI = (
    "Duchi, Hazan & Singer 2011, “Adaptive subgradient methods for online learning and stochastic optimization”, "
    "with diagonal matrices"
)
_HINTON = "Tieleman & Hinton 2012, Neural Networks for Machine Learning, lecture 6.5"
_GRAVES = "Graves 2013, “Generating sequences with recurrent neural networks”, equations 38–41"
_KINGMA = "Kingma & Ba 2015, “Adam: a method for stochastic optimization”"
_REDDI = "Reddi, Kale & Kumar 2018, “On the convergence of Adam and beyond”, algorithm 2"
_LOSHCHILOV = "Loshchilov & Hutter 2019, “Decoupled weight decay regularization”, algorithm 2"

_MEAN = {"m": "mean of the derivatives", "v": "mean of their squares"}
_CORRECTED = {**_MEAN, "m_hat": "bias-corrected", "v_hat": "bias-corrected"}
_SQUARES = {"r": "mean of the squares of the derivatives"}
_VELOCITY = {"v": "velocity"}

with sp.evaluate(False):
    _mean, _mean_square = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    _correction_1, _correction_2 = 1 - beta_1**t, 1 - beta_2**t
    _moments = {m: _mean, v: _mean_square}
    _corrected = {**_moments, m_hat: m / _correction_1, v_hat: v / _correction_2}
    _running = rho * r + (1 - rho) * g**2

    _DESCENT = (
        Optimizer(
            "gd",
            {w: w - gamma * g},
            {"gamma": 0.1},
            "Cauchy 1847, Comptes rendus 25, “Méthode générale pour la résolution des systèmes d'équations "
            "simultanées”; the lecture, slide “Gradient Descent”",
        ),
        Optimizer(
            "sgd",
            {w: w - gamma * g},
            {"gamma": 0.1},
            f"Robbins & Monro 1951, “A stochastic approximation method”; {_GOODFELLOW} 8.1",
            "The equation is that of gd; the derivative is that of the cost of one batch, whose size batch_size sets.",
            reasons={"g": "derivative of the cost of the batch"},
        ),
    )
    _MOMENTUM = (
        Optimizer(
            "momentum",
            {v: mu * v + (1 - tau) * g, w: w - gamma * v},
            {"gamma": 0.01, "mu": 0.9, "tau": 0.0},
            "Polyak 1964, “Some methods of speeding up the convergence of iteration methods”; "
            "PyTorch, torch.optim.SGD, for its form",
            "`gamma` stands outside the velocity, as in PyTorch; heavy_ball has it inside, as Rumelhart and Sutskever: "
            "the same path while it is constant, another under a schedule. `tau` is the dampening: 0 is none, and the "
            "value of `mu` makes the velocity a mean of the derivatives. PyTorch leaves the first derivative "
            "undampened, which momentum_pytorch does; without dampening the two are the same.",
            reasons=_VELOCITY,
        ),
        Optimizer(
            "momentum_pytorch",
            {v: sp.Piecewise((g, t < 2), (mu * v + (1 - tau) * g, True)), w: w - gamma * v},
            {"gamma": 0.01, "mu": 0.9, "tau": 0.0},
            "PyTorch, torch.optim.SGD with momentum and dampening",
            "momentum, but that the first derivative is not dampened.",
            reasons=_VELOCITY,
        ),
        Optimizer(
            "heavy_ball",
            {v: mu * v - gamma * g, w: w + v},
            {"gamma": 0.01, "mu": 0.9},
            "Polyak 1964, “Some methods of speeding up the convergence of iteration methods”; Rumelhart, Hinton & "
            f"Williams 1986, Nature 323, equation 9; {_SUTSKEVER}, equations 1–2",
            "`gamma` stands inside the velocity; momentum has it outside: the same path while it is constant.",
            reasons={"v": "the last step"},
        ),
        Optimizer(
            "nesterov",
            {v: mu * v + g, w: w - gamma * (g + mu * v)},
            {"gamma": 0.01, "mu": 0.9},
            "Nesterov 1983, “A method of solving a convex programming problem with convergence rate O(1/k²)”; Bengio, "
            "Boulanger-Lewandowski & Pascanu 2013, “Advances in optimizing recurrent networks”, and PyTorch, "
            "torch.optim.SGD, for its form",
            "The derivative is taken at `w`, which here is already the point ahead; nesterov_lookahead is the form "
            "that keeps `w` and looks ahead for the derivative. The two are one path seen from two places while "
            "`gamma` is constant: what this rule calls `w` is `w` + `mu`·`v` of the other.",
            reasons=_VELOCITY,
        ),
        Optimizer(
            "nesterov_lookahead",
            {v: mu * v - gamma * g, w: w + v},
            {"gamma": 0.01, "mu": 0.9},
            f"Nesterov 1983; {_SUTSKEVER}, equations 3–4",
            "The derivative is taken at the point to which the velocity alone would lead, `w` + `mu`·`v`; nesterov is "
            "the form that takes it at `w`.",
            at=w + mu * v,
            reasons={"v": "the last step"},
        ),
    )
    _ADAPTIVE = (
        Optimizer(
            "adagrad",
            {r: r + g**2, w: w - gamma * g / (sp.sqrt(r) + epsilon)},
            {"gamma": 0.01, "epsilon": 1e-10, "r_0": 0.0},
            f"{_DUCHI}; {_GOODFELLOW} 8.4",
            "`epsilon` stands outside the root, as in the paper (there `delta`) and PyTorch; adagrad_inside has it "
            "inside, as Keras. `r` begins at `r_0`: 0 in the paper and PyTorch, 0.1 in Keras.",
            initial={"r": r_0},
            reasons={"r": "sum of the squares of the derivatives"},
        ),
        Optimizer(
            "adagrad_inside",
            {r: r + g**2, w: w - gamma * g / sp.sqrt(r + epsilon)},
            {"gamma": 0.01, "epsilon": 1e-7, "r_0": 0.1},
            f"{_DUCHI}; Zhang, Lipton, Li & Smola 2023, Dive into Deep Learning, §12.7, and Keras for its form",
            "adagrad with `epsilon` inside the root, and with Keras's `r_0`.",
            initial={"r": r_0},
            reasons={"r": "sum of the squares of the derivatives"},
        ),
        Optimizer(
            "rmsprop",
            {r: _running, w: w - gamma * g / (sp.sqrt(r) + epsilon)},
            {"gamma": 0.001, "rho": 0.9, "epsilon": 1e-8, "r_0": 0.0},
            f"{_HINTON}; PyTorch, torch.optim.RMSprop, for its form",
            "The lecture has no `epsilon`; here it stands outside the root, as in PyTorch; rmsprop_inside has it "
            "inside, as Goodfellow and TensorFlow. `rho` is Hinton's 0.9; PyTorch's is 0.99. `r` begins at `r_0`: 0 in "
            "PyTorch, 1 in TensorFlow 1.",
            initial={"r": r_0},
            reasons=_SQUARES,
        ),
        Optimizer(
            "rmsprop_inside",
            {r: _running, w: w - gamma * g / sp.sqrt(r + epsilon)},
            {"gamma": 0.001, "rho": 0.9, "epsilon": 1e-6, "r_0": 0.0},
            f"{_HINTON}; {_GOODFELLOW} 8.5",
            "rmsprop with `epsilon` inside the root.",
            initial={"r": r_0},
            reasons=_SQUARES,
        ),
        Optimizer(
            "rmsprop_momentum",
            {r: _running, v: mu * v + g / (sp.sqrt(r) + epsilon), w: w - gamma * v},
            {"gamma": 0.001, "rho": 0.9, "mu": 0.9, "epsilon": 1e-8, "r_0": 0.0},
            f"{_HINTON}; PyTorch, torch.optim.RMSprop with momentum, for its form",
            "`gamma` stands outside the velocity, as in PyTorch; rmsprop_graves has it inside.",
            initial={"r": r_0},
            reasons={**_SQUARES, **_VELOCITY},
        ),
        Optimizer(
            "rmsprop_centered",
            {
                r: _running,
                m: rho * m + (1 - rho) * g,
                v: mu * v + g / (sp.sqrt(sp.Max(0, r - m**2)) + epsilon),
                w: w - gamma * v,
            },
            {"gamma": 0.001, "rho": 0.9, "mu": 0.0, "epsilon": 1e-8},
            f"{_GRAVES}; PyTorch, torch.optim.RMSprop with centered, for its form",
            "`r` less the square of `m` estimates the variance of the derivatives; it is negative only by rounding, "
            "which the maximum keeps from the root. `epsilon` stands outside the root and `gamma` outside the "
            "velocity, as in PyTorch; rmsprop_graves has both inside. Where `mu` is 0 there is no momentum.",
            reasons={**_SQUARES, "m": "mean of the derivatives", **_VELOCITY},
        ),
        Optimizer(
            "rmsprop_graves",
            {
                r: _running,
                m: rho * m + (1 - rho) * g,
                v: mu * v - gamma * g / sp.sqrt(r - m**2 + epsilon),
                w: w + v,
            },
            {"gamma": 0.0001, "rho": 0.95, "mu": 0.9, "epsilon": 0.0001},
            _GRAVES,
            "The first published form with centring and momentum: `epsilon` inside the root, `gamma` inside the "
            "velocity.",
            reasons={**_SQUARES, "m": "mean of the derivatives", "v": "the last step"},
        ),
    )
    _ADAM = (
        Optimizer(
            "adam",
            {**_corrected, w: w - gamma * m_hat / (sp.sqrt(v_hat) + epsilon)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
            f"{_KINGMA}, algorithm 1",
            "`epsilon` stands outside the root and both means are corrected for their start at 0, as in algorithm 1 "
            "and PyTorch. Other versions: adam_epsilon_hat (the paper's shorter order of computing, and TensorFlow's), "
            "adam_inside (`epsilon` inside the root), adam_uncorrected (no correction), amsgrad (the greatest mean "
            "square).",
            reasons=_CORRECTED,
        ),
        Optimizer(
            "adam_epsilon_hat",
            {
                **_moments,
                gamma_hat: gamma * sp.sqrt(_correction_2) / _correction_1,
                w: w - gamma_hat * m / (sp.sqrt(v) + epsilon),
            },
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
            f"{_KINGMA}, end of section 2; TensorFlow and Keras",
            "adam in a shorter order of computing. `epsilon` is added before the correction (the paper writes "
            "`epsilon_hat`), so that it weighs more in the first steps; where it is 0 the two are the same.",
            reasons={**_MEAN, "gamma_hat": "both corrections at once"},
        ),
        Optimizer(
            "adam_inside",
            {**_corrected, w: w - gamma * m_hat / sp.sqrt(v_hat + epsilon)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-16},
            f"{_KINGMA}, algorithm 1; Optax, scale_by_adam with eps_root, for its form",
            "adam with `epsilon` inside the root, where its square root acts as it does outside.",
            reasons=_CORRECTED,
        ),
        Optimizer(
            "adam_uncorrected",
            {**_moments, w: w - gamma * m / (sp.sqrt(v) + epsilon)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-6},
            f"{_KINGMA}, without the corrections; Devlin, Chang, Lee & Toutanova 2019, “BERT”, in its program",
            "adam without the corrections for the start at 0: with these constants the first step is about three times "
            "as long.",
            reasons=_MEAN,
        ),
        Optimizer(
            "amsgrad",
            {
                **_moments,
                v_max: sp.Max(v_max, v),
                m_hat: m / _correction_1,
                v_hat: v_max / _correction_2,
                w: w - gamma * m_hat / (sp.sqrt(v_hat) + epsilon),
            },
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
            f"{_REDDI}; PyTorch, torch.optim.Adam with amsgrad, for its form",
            "The greatest mean square so far takes the place of the mean square. Both means are corrected and "
            "`epsilon` is added, as in PyTorch; the paper does neither, see amsgrad_paper.",
            reasons={**_CORRECTED, "v_max": "the greatest so far"},
        ),
        Optimizer(
            "amsgrad_paper",
            {**_moments, v_max: sp.Max(v_max, v), w: w - gamma * m / (sp.sqrt(v_max) + epsilon)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
            _REDDI,
            "amsgrad without corrections, as in the paper, where `epsilon` is 0.",
            reasons={**_MEAN, "v_max": "the greatest so far"},
        ),
        Optimizer(
            "adamw",
            {**_corrected, w: w - gamma * (m_hat / (sp.sqrt(v_hat) + epsilon) + lamda * w)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "lamda": 0.01},
            f"{_LOSHCHILOV}; PyTorch, torch.optim.AdamW, for its form",
            "The decay `lamda`·`w` is decoupled: it does not pass through the means, as it does when it is added to "
            "the derivative (adam with weight_decay). `gamma` multiplies it, as in PyTorch; in the paper only the "
            "schedule does, see adamw_paper. Every parameter decays, biases too.",
            reasons=_CORRECTED,
        ),
        Optimizer(
            "adamw_paper",
            {**_corrected, w: w - kappa * (gamma * m_hat / (sp.sqrt(v_hat) + epsilon) + lamda * w)},
            {"gamma": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "lamda": 1e-5, "kappa": 1.0},
            _LOSHCHILOV,
            "adamw, but that `gamma` does not multiply the decay: only `kappa` does, what a schedule multiplies "
            "`gamma` by, which is 1 without one. `lamda` here is `gamma`·`lamda` there.",
            reasons=_CORRECTED,
        ),
    )

OPTIMIZERS: Mapping[str, Optimizer] = {o.name: o for o in (*_DESCENT, *_MOMENTUM, *_ADAPTIVE, *_ADAM)}
"""Every optimiser that can be asked for by name; each is an attribute of this module as well: ``adam(beta_1=0.8)``."""


def __getattr__(name: str) -> Optimizer:
    if name in OPTIMIZERS:
        return OPTIMIZERS[name]
    raise AttributeError(f"module 'symnet.optimizers' has no attribute {name!r}")


def optimizer(given: str | Optimizer) -> Optimizer:
    """The optimiser meant by an :class:`Optimizer`, a name, or a name with constants: ``"adam(beta_1=0.8)"``.

    Raises SymnetError for an unknown name or constant, and for a value out of range.
    """
    if isinstance(given, Optimizer):
        return given
    from symnet.spec import named

    return named(given, "optimizer", OPTIMIZERS)
