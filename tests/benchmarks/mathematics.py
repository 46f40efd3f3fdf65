"""Errors and speed of the vectorised mathematics: ``python -m tests.benchmarks.mathematics [--values N]``.

The error of a value is its distance from the true one, which mpmath computes, in units in the last place (ulp): the
distance of the two numbers of the precision that the true value lies between.  The speed is that of a loop over an
array that stays in the cache, beside the same loop over numba's ``math`` functions.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any

import mpmath as mp
import numpy as np

from symnet.emit.mathematics import ROUTINES, source
from symnet.emit.modules import load
from symnet.emit.precision import PRECISIONS, Precision

DIGITS = 60
CACHED = 8192

TRUE: dict[str, Callable[[Any], Any]] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "tanh": mp.tanh,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "erf": mp.erf,
    "normal_cdf": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
}
"""What each function should be."""

FAR = 1e5
"""Beyond it every function but the logarithms is where it is going."""

LIBRARY = {
    "exp": "math.exp(v)",
    "expm1": "math.expm1(v)",
    "log": "math.log(v)",
    "log1p": "math.log1p(v)",
    "sigmoid": "one / (one + math.exp(-v))",
    "tanh": "math.tanh(v)",
    "softplus": "math.log(one + math.exp(v))",
    "erf": "math.erf(v)",
    "normal_cdf": "math.erfc(-v)",
}
"""What stands in for each in the comparison of speed."""


@lru_cache(maxsize=8)
def compiled(precision: Precision, contract: bool = True) -> ModuleType:
    """A module with every function, for Python too, and ``loop_<function>(x, out)``.

    Without ``contract`` no multiplication is fused with an addition, as on processors that cannot.
    """
    parts = source(ROUTINES, precision, cache=False)
    for name, expression in LIBRARY.items():
        for loop, value in ((f"loop_{name}", f"{name}(v)"), (f"library_{name}", expression)):
            parts.append(
                f'@njit(error_model="numpy")\ndef {loop}(x, out):\n    one = {precision.number("1.0")}\n'
                f"    for i in range(x.shape[0]):\n        v = x[i]\n        out[i] = {value}"
            )
    head = "import math\n\nimport numpy as np\nfrom numba import njit\n\nf32 = np.float32\n"
    text = "\n\n".join((head, *parts)) + "\n"
    text = re.sub(r"    no_\w+_wrapper=True,\n", "", text)
    if not contract:
        text = text.replace('    fastmath={"contract"},\n', "")
    return load(text, keep=False)


def computed(name: str, x: Any, precision: Precision, contract: bool = True) -> Any:
    """The function's values for an array."""
    out = np.empty_like(x)
    getattr(compiled(precision, contract), f"loop_{name}")(x, out)
    return out


def true(name: str, x: float) -> Any:
    """What the function should be at a finite x."""
    if name.startswith("log") or abs(x) < FAR:
        return TRUE[name](mp.mpf(x))
    return mp.mpf(x) if name == "softplus" and x > 0 else TRUE[name](mp.sign(x) * FAR)


def error(value: float, true: Any, precision: Precision) -> float:
    """The distance in ulp; an infinite value is right from halfway between the largest number and the next one on."""
    limits = np.finfo(precision.dtype)
    beyond = mp.ldexp(1, int(limits.maxexp))
    if abs(true) >= beyond * (1 - mp.ldexp(1, -precision.digits - 1)):
        true = mp.sign(true) * beyond
    _, exponent = mp.frexp(true)
    unit = mp.ldexp(1, int(max(exponent, limits.minexp + 1)) - precision.digits)
    got = mp.mpf(float(value))
    if mp.isinf(got):
        got = mp.sign(got) * beyond
    return float(abs(got - true) / unit) if mp.isfinite(got) else math.inf


def worst(name: str, x: Any, precision: Precision, contract: bool = True) -> tuple[float, float]:
    """The largest error over the finite arguments ``x``, and where it is."""
    with mp.workdps(DIGITS):
        values = computed(name, x, precision, contract)
        errors = [error(v, true(name, float(at)), precision) for at, v in zip(x, values, strict=True)]
    k = int(np.argmax(errors))
    return errors[k], float(x[k])


def arguments(name: str, count: int, precision: Precision, rng: np.random.Generator) -> Any:
    """Arguments from the function's whole domain: where its value changes, near 0, and any bit patterns at all."""
    limits = np.finfo(precision.dtype)
    deepest, highest = (limits.minexp - precision.digits) * math.log(2), limits.maxexp * math.log(2)
    digits = precision.digits * math.log(2)
    interval = {
        "exp": (deepest, highest),
        "expm1": (-digits - 2, highest),
        "log": (0.5, 2.0),
        "log1p": (-1.0, 2.0),
        "sigmoid": (deepest, digits + 2),
        "tanh": (-digits / 2 - 1, digits / 2 + 1),
        "softplus": (deepest, digits + 2),
        "erf": (-math.sqrt(digits) - 0.5, math.sqrt(digits) + 0.5),
        "normal_cdf": (-math.sqrt(-2 * deepest), math.sqrt(2 * digits)),
    }[name]
    across = rng.uniform(*interval, count)
    middle = rng.uniform(max(interval[0], -3), min(interval[1], 3), count)
    small = np.exp2(rng.uniform(-precision.digits - 10, 1, count)) * rng.choice([-1, 1], count)
    patterns = rng.integers(np.iinfo(precision.integer).min, np.iinfo(precision.integer).max, count)
    anything = patterns.astype(precision.integer).view(precision.dtype)
    with np.errstate(over="ignore"):
        x = np.concatenate([v.astype(precision.dtype) for v in (across, middle, small, anything)])
    x = x[np.isfinite(x)]
    if name == "log":
        return np.abs(x)[x != 0]
    return x[x > -1] if name == "log1p" else x


def rate(function: Callable[..., object], x: Any) -> float:
    """Million values a second, the best of several runs."""
    out, best = np.empty_like(x), math.inf
    function(x, out)
    for _ in range(15):
        begun = time.perf_counter()
        for _ in range(20):
            function(x, out)
        best = min(best, (time.perf_counter() - begun) / 20)
    return float(x.size / best / 1e6)


def vector_width(name: str, precision: Precision) -> int:
    """How many values the compiled loop multiplies at once, by LLVM's own text; 1 if it is not vectorised."""
    loop = getattr(compiled(precision), f"loop_{name}")
    loop(np.ones(1, precision.dtype), np.empty(1, precision.dtype))
    kind = "double" if precision.name == "float64" else "float"
    found = re.findall(rf"fmul contract <(\d+) x {kind}>", "".join(loop.inspect_llvm().values()))
    return max(map(int, found), default=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--values", type=int, default=2000, help="arguments of each kind for the errors")
    count = parser.parse_args().values
    rng = np.random.default_rng(0)
    print("| function | precision | max ulp | at | max ulp, not fused | lanes | M values/s | math.* | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for precision in PRECISIONS.values():
        for name in TRUE:
            x = arguments(name, count, precision, rng)
            (most, at), (plain, _) = worst(name, x, precision), worst(name, x, precision, contract=False)
            data = np.abs(rng.normal(size=CACHED)).astype(precision.dtype)
            module = compiled(precision)
            ours, theirs = (rate(getattr(module, f"{which}_{name}"), data) for which in ("loop", "library"))
            print(
                f"| {name} | {precision.name} | {most:.2f} | {at:.6g} | {plain:.2f} | "
                f"{vector_width(name, precision)} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.1f} |"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    assert set(TRUE) <= set(ROUTINES)
    main()
