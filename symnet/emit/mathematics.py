"""exp, log, tanh and their like without branches, as numba source text: LLVM turns loops over them into vector code.

numba hands ``math.exp`` and its like to the C library one value at a time.  The functions here are polynomials, shifts
and choices, so a loop over an array computes as many values at once as the processor's registers hold.  Their text is
written into the modules that call them, so that a generated file needs nothing of symnet.

Every function takes every number: ±∞, NaN, ±0 and subnormal ones.  Reductions of the arguments are textbook ones
(Muller 2016, “Elementary Functions”, §11; Cody & Waite 1980 for ln 2 in two parts); the polynomials are computed by
``python -m tests.benchmarks.minimax``; the errors in units in the last place (ulp) are measured by
``python -m tests.benchmarks.mathematics`` and held by tests/emit/test_mathematics.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from symnet.emit import coefficients
from symnet.emit.precision import Precision

LOG_2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680009")
"""ln 2 to 63 digits (OEIS A002162)."""


@dataclass(frozen=True, slots=True)
class Routine:
    """A function: how its text is written, and which others it calls."""

    write: Callable[[Precision], str]
    calls: tuple[str, ...] = ()


def source(names: Iterable[str], precision: Precision, cache: bool = True) -> list[str]:
    """The texts of the functions of these names and of all that they call, each once, callees first.

    Before them comes how they are compiled: fused multiplications and additions are welcome, every call is inlined,
    and nothing is made that only Python would call, which takes time.
    """
    wanted: dict[str, None] = {}

    def want(name: str) -> None:
        for other in ROUTINES[name].calls:
            want(other)
        wanted[name] = None

    for name in ROUTINES:
        if name in set(names):
            want(name)
    if not wanted:
        return []
    head = f"""inlined = njit(
    error_model="numpy",
    fastmath={{"contract"}},
    forceinline=True,
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    cache={cache},
)"""
    return [head, *(f"@inlined\n{ROUTINES[name].write(precision)}" for name in wanted)]


def _exp(p: Precision) -> str:
    return f'''def exp(x):
    """e^x: x = n ln 2 + r with |r| ≤ ½ ln 2, then 2^n (1 + r + r² q(r)), 2^n as two factors."""
{_exponential("", p)}'''


def _exp_sum(p: Precision) -> str:
    return f'''def exp_sum(x, tail):
    """e^(x + tail) for a tail far smaller than x, as exp does it."""
{_exponential(" + tail", p)}'''


def _exponential(tail: str, p: Precision) -> str:
    high, low = ln_2_in_two(p)
    top, bottom = (p.number(end) for end in _range(p))
    return f"""    x = {top} if x > {top} else x
    x = {bottom} if x < {bottom} else x
    shifted = x * {p.number(repr(1 / math.log(2)))} + {_magic(p)}
    n = shifted - {_magic(p)}
    r = (x - n * {high}) - n * {low}{tail}
{_estrin("q", coefficients.EXP, "r", p)}
    half = n * {p.number("0.5")} + {_magic(p)}
    rest = (n - (half - {_magic(p)})) + {_magic(p)}
    return (r * r * q + r + {p.number("1.0")}) * {_power_of_2("half", p)} * {_power_of_2("rest", p)}"""


def _expm1(p: Precision) -> str:
    high, low = ln_2_in_two(p)
    top, _ = _range(p)
    bottom = p.number(repr(-float(round(p.digits * math.log(2)) + 3)))
    return f'''def expm1(x):
    """e^x − 1: x = n ln 2 + r, then 2^n (r + r² q(r)) + (2^n − 1), halved until the end since 2^n may overflow."""
    y = {p.number(top)} if x > {p.number(top)} else x
    y = {bottom} if y < {bottom} else y
    shifted = y * {p.number(repr(1 / math.log(2)))} + {_magic(p)}
    n = shifted - {_magic(p)}
    r = (y - n * {high}) - n * {low}
{_estrin("q", coefficients.EXP, "r", p)}
    scale = {_power_of_2("shifted", p, -1)}
    value = {p.number("2.0")} * (scale * (r * r * q + r) + (scale - {p.number("0.5")}))
    return x if abs(x) < {p.number(repr(2.0 ** -(p.digits + 1)))} else value'''


def _split(p: Precision, of: str) -> str:
    """Lines: ``of`` = 2^n m with √½ ≤ m < √2; f = m − 1, s = f/(2 + f), and ln m = f − part."""
    low = p.digits - 1
    offset = int(np.array(math.sqrt(0.5), p.dtype).view(p.integer))
    return f"""    bits = np.{p.name}({of}).view(np.{p.integer})
    exponent = np.{p.integer}(bits - {offset}) >> {low}
    f = np.{p.integer}(bits - (exponent << {low})).view(np.{p.name}) - {p.number("1.0")}
    n = np.{p.name}(exponent)
    s = f / ({p.number("2.0")} + f)
    w = s * s
{_estrin("q", coefficients.LOG, "w", p)}
    part = s * (f - w * q)"""


def _log(p: Precision) -> str:
    high, low = ln_2_in_two(p)
    zero, pole, wrong = map(p.number, ("0.0", "-np.inf", "np.nan"))
    smallest, shift = p.number(repr(float(np.finfo(p.dtype).tiny))), p.digits
    return f'''def log(x):
    """ln x: x = 2^n (1 + f), then ln(1 + f) = 2 artanh s of s = f/(2 + f)."""
    y = x * {p.number(repr(2.0**shift))} if x < {smallest} else x
{_split(p, "y")}
    n = n - {p.number(f"{shift}.0")} if x < {smallest} else n
    value = n * {high} + (f - (part - n * {low}))
    value = value if x > {zero} else {pole} if x == {zero} else {wrong}
    return x if x == {p.number("np.inf")} else value'''


def _log1p(p: Precision) -> str:
    high, low = ln_2_in_two(p)
    zero, pole, wrong = map(p.number, ("0.0", "-np.inf", "np.nan"))
    return f'''def log1p(x):
    """ln(1 + x): 1 + x = u + c exactly (Knuth's two-sum), then ln u + c/u, ln u as in log."""
    u = {p.number("1.0")} + x
    back = u - {p.number("1.0")}
    c = ({p.number("1.0")} - (u - back)) + (x - back)
{_split(p, "u")}
    value = n * {high} + (f - (part - (n * {low} + c / u)))
    value = value if u > {zero} else {pole} if u == {zero} else {wrong}
    value = x if abs(x) < {p.number(repr(2.0 ** -(p.digits + 1)))} else value
    return x if x == {p.number("np.inf")} else value'''


def _sigmoid(p: Precision) -> str:
    return f'''def sigmoid(x):
    """1/(1 + e^−x) = (1 or t)/(1 + t) of t = e^−|x|, which cannot overflow."""
    t = exp(-abs(x))
    return ({p.number("1.0")} if x >= {p.number("0.0")} else t) / ({p.number("1.0")} + t)'''


def _tanh(p: Precision) -> str:
    high, low = ln_2_in_two(p)
    far = p.number("20.0" if p.digits > 24 else "10.0")
    return f'''def tanh(x):
    """tanh |x| = −t/(2 + t) of t = e^(−2|x|) − 1, with the sign of x; t as in expm1, between −1 and 0."""
    size = abs(x)
    y = {p.number("-2.0")} * ({far} if size > {far} else size)
    shifted = y * {p.number(repr(1 / math.log(2)))} + {_magic(p)}
    n = shifted - {_magic(p)}
    r = (y - n * {high}) - n * {low}
{_estrin("q", coefficients.EXP, "r", p)}
    scale = {_power_of_2("shifted", p)}
    t = scale * (r * r * q + r) + (scale - {p.number("1.0")})
    return math.copysign(-t / ({p.number("2.0")} + t), x)'''


def _softplus(p: Precision) -> str:
    one, half, zero = p.number("1.0"), p.number("0.5"), p.number("0.0")
    return f'''def softplus(x):
    """ln(1 + e^x) = max(x, 0) + ln(1 + t) of t = e^−|x|: 1 + t = u + c exactly, halved beyond √2, ln as in log.

    1/u is taken as 1 − t/2, near enough for the small c.
    """
    t = exp(-abs(x))
    u = {one} + t
    c = t - (u - {one})
    large = u > {p.number(repr(math.sqrt(2)))}
    f = (u * {half} if large else u) - {one}
    s = f / ({p.number("2.0")} + f)
    w = s * s
{_estrin("q", coefficients.LOG, "w", p)}
    value = f - (s * (f - w * q) - c * ({one} - {half} * t))
    value = value + {p.number(repr(math.log(2)))} if large else value
    return (x if x > {zero} else {zero}) + value'''


def _normal_tail(p: Precision) -> str:
    # Half of the digits, so that the square of what is left is exact.
    mask = -(1 << (p.digits + 1) // 2)
    far = p.number("40.0" if p.digits > 24 else "16.0")
    return f'''def normal_tail(x):
    """Φ(−x), the normal distribution's tail, for x ≥ 0: e^(−x²/2) times a polynomial in 2x/(x + 3) − 1, over x + 3.

    x² is taken to twice the precision: the error of its rounding would grow with x².
    """
    x = {far} if x > {far} else x
    high = np.{p.integer}(np.{p.name}(x).view(np.{p.integer}) & {mask}).view(np.{p.name})
    low = x - high
    square = x * x
    error = ((high * high - square) + {p.number("2.0")} * high * low) + low * low
    y = x + {p.number("3.0")}
    t = {p.number("2.0")} * x / y - {p.number("1.0")}
{_horner("q", coefficients.TAIL, "t", p)}
    return q / y * exp_sum({p.number("-0.5")} * square, {p.number("-0.5")} * error)'''


def _normal_cdf(p: Precision) -> str:
    return f'''def normal_cdf(x):
    """Φ(x), the standard normal distribution function."""
    tail = normal_tail(abs(x))
    return tail if x < {p.number("0.0")} else {p.number("1.0")} - tail'''


def _erf(p: Precision) -> str:
    return f'''def erf(x):
    """The error function: x q(x²) up to 1, then 1 − 2 Φ(−√2 |x|) with the sign of x."""
    size = abs(x)
    w = x * x
{_horner("q", coefficients.ERF, "w", p)}
    value = {p.number("1.0")} - {p.number("2.0")} * normal_tail({p.number(repr(math.sqrt(2)))} * size)
    value = -value if x < {p.number("0.0")} else value
    return x * q if size < {p.number("1.0")} else value'''


def _minus(p: Precision) -> str:
    return '''def minus(x, y):
    """x − y, before anything else is added to it: the caller may be allowed to add in another order."""
    return x - y'''


ROUTINES = {
    "minus": Routine(_minus),
    "exp": Routine(_exp),
    "expm1": Routine(_expm1),
    "log": Routine(_log),
    "log1p": Routine(_log1p),
    "sigmoid": Routine(_sigmoid, ("exp",)),
    "tanh": Routine(_tanh),
    "softplus": Routine(_softplus, ("exp",)),
    "normal_cdf": Routine(_normal_cdf, ("normal_tail",)),
    "erf": Routine(_erf, ("normal_tail",)),
    "exp_sum": Routine(_exp_sum),
    "normal_tail": Routine(_normal_tail, ("exp_sum",)),
}
"""Every function by name; the last ones serve the others."""


def ln_2_in_two(p: Precision) -> tuple[str, str]:
    """ln 2 as a short number, whose product with every exponent is exact, and the rest."""
    spare = 11 if p.digits > 24 else 8
    unit = Fraction(1, 2 ** (p.digits - spare))
    high = (LOG_2 // unit) * unit
    return p.number(repr(float(high))), p.number(_shortest(float(LOG_2 - high), p))


def _magic(p: Precision) -> str:
    """1.5 · 2^(digits − 1): adding it rounds to a whole number, which then is in the last bits."""
    return p.number(repr(1.5 * 2.0 ** (p.digits - 1)))


def _range(p: Precision) -> tuple[str, str]:
    """Beyond these e^x is infinite and zero."""
    return ("710.0", "-746.0") if p.digits > 24 else ("89.0", "-104.0")


def _power_of_2(shifted: str, p: Precision, less: int = 0) -> str:
    """2^(n + less), its exponent's bits taken from the sum of n and the magic number."""
    bits = f"np.{p.name}({shifted}).view(np.{p.integer})"
    return f"np.{p.integer}(({bits} + {p.bias + less}) << {p.digits - 1}).view(np.{p.name})"


def _horner(name: str, table: coefficients.Table, variable: str, p: Precision) -> str:
    """Lines that compute the polynomial by Horner's rule, where it is the value itself: the constant comes last, so
    little more than its rounding is seen."""
    first, *others = (p.number(_shortest(c, p)) for c in reversed(table[p.name]))
    lines = [f"    {name} = {first}"]
    return "\n".join([*lines, *(f"    {name} = {name} * {variable} + {c}" for c in others)])


def _estrin(name: str, table: coefficients.Table, variable: str, p: Precision) -> str:
    """Lines that compute the polynomial by Estrin's scheme (Muller, §5.5), where it is a small part of the value: its
    parts do not wait for each other, as every operation of Horner's rule does."""
    parts = [p.number(_shortest(c, p)) for c in table[p.name]]
    lines: list[str] = []
    power, width = variable, 1
    while len(parts) > 2:
        pairs = [f"{low} + {high} * {power}" for low, high in zip(parts[::2], parts[1::2], strict=False)]
        if width == 1:
            made = [f"({pair})" for pair in pairs]
        else:
            made = [f"{name}{2 * width}_{k}" for k in range(len(pairs))]
            lines += [f"    {one} = {pair}" for one, pair in zip(made, pairs, strict=True)]
        parts, width = made + parts[2 * len(pairs) :], 2 * width
        lines.append(f"    {variable}{width} = {power} * {power}")
        power = f"{variable}{width}"
    return "\n".join([*lines, f"    {name} = {parts[0]} + {parts[1]} * {power}"])


def _shortest(value: float, p: Precision) -> str:
    return repr(value) if p.digits > 24 else repr(float(str(np.float32(value))))
