"""The coefficients of :mod:`symnet.emit.coefficients`, computed: ``python -m tests.benchmarks.minimax [--write]``.

Each is the polynomial of its degree whose largest weighted error on an interval is least, found with mpmath by the
exchange algorithm (Remez 1934, “Sur le calcul effectif des polynomes d'approximation de Tchebichef”): a polynomial
that errs by ±E at degree + 2 points in turn is found by solving linear equations; the points move to where its error
is largest; until they stay.  The weight makes the error one of the function that the polynomial is used for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

import symnet.emit

Function = Callable[[Any], Any]

DIGITS = 45
MARGIN = mp.mpf("1.0005")
"""Intervals are a little longer than what the reduced arguments can reach."""


@dataclass(frozen=True)
class Problem:
    """A function on an interval, with the weight of its error, and the degrees for float64 and float32.

    ``ends`` are of float64 and float32; ``says`` is the comment beside the coefficients.
    """

    name: str
    says: str
    function: Function
    weight: Function
    ends: tuple[tuple[Any, Any], tuple[Any, Any]]
    degrees: tuple[int, int]


def exp_remainder(r: Any) -> Any:
    """(e^r − 1 − r)/r²."""
    if abs(r) < mp.mpf(10) ** -12:
        return mp.mpf(1) / 2 + r / 6
    return (mp.expm1(r) - r) / r**2


def atanh_remainder(w: Any) -> Any:
    """(2 artanh(s)/s − 2)/s² of w = s²."""
    if w < mp.mpf(10) ** -12:
        return mp.mpf(2) / 3 + 2 * w / 5
    s = mp.sqrt(w)
    return (2 * mp.atanh(s) / s - 2) / w


def erf_quotient(v: Any) -> Any:
    """erf(x)/x of v = x²."""
    return mp.erf(mp.sqrt(v)) / mp.sqrt(v) if v > 0 else 2 / mp.sqrt(mp.pi)


CENTRE = 3
"""k in t = (x − k)/(x + k), which carries the half-line x ≥ 0 to −1 ≤ t < 1."""


def mills(t: Any) -> Any:
    """(x + k) e^(x²/2) Φ(−x) of t = (x − k)/(x + k)."""
    x = CENTRE * (1 + t) / (1 - t)
    return (x + CENTRE) * mp.exp(x * x / 2) * mp.erfc(x / mp.sqrt(2)) / 2


def problems() -> tuple[Problem, ...]:
    """What is approximated.  Call it at the working precision."""
    half = mp.log(2) / 2 * MARGIN
    s = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * MARGIN
    far64, far32 = ((mp.mpf(x) - CENTRE) / (x + CENTRE) for x in (40, 16))
    nothing = mp.mpf(10) ** -9
    return (
        Problem(
            "EXP",
            "(e^r − 1 − r)/r² for |r| ≤ ½ ln 2",
            exp_remainder,
            lambda r: abs(r) + nothing,
            ((-half, half),) * 2,
            (9, 5),
        ),
        Problem(
            "LOG",
            "(2 artanh(s)/s − 2)/s² in s² for |s| ≤ (√2 − 1)/(√2 + 1)",
            atanh_remainder,
            lambda w: w / 2 + nothing,
            ((mp.mpf(0), s**2),) * 2,
            (6, 3),
        ),
        Problem(
            "ERF",
            "erf(x)/x in x² for |x| ≤ 1",
            erf_quotient,
            lambda v: 1 / erf_quotient(v),
            ((mp.mpf(0), MARGIN**2),) * 2,
            (11, 6),
        ),
        Problem(
            "TAIL",
            "(x + 3) e^(x²/2) Φ(−x) in t = (x − 3)/(x + 3) for 0 ≤ x ≤ 40 (float32: 16)",
            mills,
            lambda t: 1 / mills(t),
            ((mp.mpf(-1), far64), (mp.mpf(-1), far32)),
            (24, 9),
        ),
    )


def minimax(f: Function, a: Any, b: Any, degree: int, weight: Function, grid: int = 24) -> tuple[list[Any], Any]:
    """The coefficients from the constant upwards, and the largest weighted error."""
    n = degree + 2
    xs = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * k / (n * grid)) for k in range(n * grid + 1)]
    values, weights = [f(x) for x in xs], [weight(x) for x in xs]
    at = [round((k + 0.5) * grid) for k in range(n)]
    for _ in range(20):
        matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
        for row, k in enumerate(at):
            for power in range(degree + 1):
                matrix[row, power] = xs[k] ** power
            matrix[row, n - 1] = (-1) ** row / weights[k]
            right[row] = values[k]
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [w * (mp.polyval(coefficients[::-1], x) - v) for x, v, w in zip(xs, values, weights, strict=True)]
        at = alternating(errors, n)
        sizes = [abs(errors[k]) for k in at]
        if max(sizes) < min(sizes) * mp.mpf("1.001"):
            break
    return coefficients, max(sizes)


def alternating(errors: list[Any], n: int) -> list[int]:
    """Where the error is largest between each two changes of its sign: n places."""
    found, begin = [], 0
    for k in range(1, len(errors) + 1):
        if k == len(errors) or mp.sign(errors[k]) != mp.sign(errors[begin]):
            found.append(max(range(begin, k), key=lambda j: abs(errors[j])))
            begin = k
    while len(found) > n:
        del found[0 if abs(errors[found[0]]) < abs(errors[found[-1]]) else -1]
    if len(found) < n:
        raise ArithmeticError(f"{len(found)} alternations, {n} needed")
    return found


def rounded(value: Any, dtype: type[np.floating[Any]]) -> str:
    """The shortest text of the nearest number of that precision."""
    return str(dtype(mp.nstr(value, 30)))


def table() -> str:
    """The text of the module."""
    mp.mp.dps = DIGITS
    lines = [
        '"""Coefficients of the vectorised mathematics, from the constant upwards; computed, see the last line.',
        "",
        "Each polynomial is the one whose largest error on its interval is least, relative to the function that it is",
        "used for; the error is given in units in the last place of 1.",
        "",
        "Written by ``python -m tests.benchmarks.minimax --write``.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "",
        "Table = Mapping[str, tuple[float, ...]]",
        '"""The coefficients by precision."""',
    ]
    for problem in problems():
        lines += ["", f"{problem.name}: Table = {{"]
        for k, dtype in enumerate((np.float64, np.float32)):
            found, error = minimax(problem.function, *problem.ends[k], problem.degrees[k], problem.weight)
            ulps = mp.nstr(error / mp.mpf(float(np.finfo(dtype).eps)), 2)
            lines.append(f'    "{dtype.__name__}": (  # degree {problem.degrees[k]}, error {ulps} ulp')
            lines += [f"        {rounded(c, dtype)}," for c in found]
            lines.append("    ),")
        lines += ["}", f'"""{problem.says}."""']
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="rewrite symnet/emit/coefficients.py")
    text = table()
    if parser.parse_args().write:
        (Path(symnet.emit.__file__).parent / "coefficients.py").write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
