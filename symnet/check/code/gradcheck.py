"""Is this gradient right?  One's own function against finite differences of it.

The derivative of f at each coordinate is a central difference with Richardson's extrapolation (L. F. Richardson, 1911):
D(h) = (f(x+h) − f(x−h))/2h has the error O(h²), and (4·D(h/2) − D(h))/3 the error O(h⁴); a step of about ε^(1/5) then
balances it against rounding, and leaves ten to twelve right digits where plain central differences leave seven or
eight.  A complex step (Squire & Trapp, 1998) would be exact to rounding, but only for functions that are analytic and
written for complex numbers; ``abs``, ``max`` and comparisons make it wrong without a sign, so it is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.errors import SymnetError

Floats = NDArray[np.float64]
Point = ArrayLike | Mapping[str, ArrayLike]

EPS = float(np.finfo(float).eps)

STEP = EPS**0.2
"""Where error of the extrapolation (h⁴) and rounding (ε/h) meet, for x of the size of 1."""

SHRINK = 2.0**-10
"""How much smaller the step is with which a kink is looked for."""

_LISTED = 5


def central_difference(f: Callable[[float], float], x: float, step: float | None = None) -> float:
    """f′(x), extrapolated from central differences with the steps h and h/2; h is ε^(1/5)·max(1, |x|) if not given."""
    h = (step or STEP) * max(1.0, abs(x))
    wide, narrow = (_slope(x, k, f(x - k), f(x + k)) for k in (h, h / 2))
    return (4 * narrow - wide) / 3


@dataclass(frozen=True, slots=True)
class Kink:
    """A coordinate at which the differences to the left and to the right disagree."""

    name: str
    index: tuple[int, ...]
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class GradCheck:
    """What :func:`gradcheck` found; true in a condition if the gradient passes.

    ``relative_error`` is the largest over all coordinates, at ``index`` of ``name`` ("" for a plain array), where the
    gradient says ``given`` and the differences ``numerical``.
    """

    passed: bool
    relative_error: float
    tolerance: float
    name: str
    index: tuple[int, ...]
    given: float
    numerical: float
    coordinates: int
    kinks: tuple[Kink, ...]

    def __bool__(self) -> bool:
        return self.passed

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each kink, at most five, and how many more there are."""
        places = [(_place(k.name, k.index), k) for k in self.kinks[:_LISTED]]
        sides = "the slope is {0.left:.6g} to the left and {0.right:.6g} to the right"
        lines = [f"f has a kink at {place}: {sides.format(k)}" for place, k in places]
        more = len(self.kinks) - _LISTED
        return (*lines, f"and {more} more kinks") if more > 0 else tuple(lines)

    @property
    def message(self) -> str:
        """The result in one or two sentences."""
        where = _place(self.name, self.index)
        numbers = f"{self.given:.10g} against {self.numerical:.10g} by differences"
        if self.passed:
            most = f"largest relative error {self.relative_error:.1e}"
            return f"The gradient is right: {self.coordinates} coordinates, {most} at {where} ({numbers})."
        error = f"{self.relative_error:.1e}, tolerance {self.tolerance:.0e}"
        return f"The gradient is wrong at {where}: {numbers} (relative error {error})."

    def __str__(self) -> str:
        return "\n".join((self.message, *(f"Warning: {line}." for line in self.warnings)))

    def to_json(self) -> dict[str, Any]:
        """The result as plain values for ``json.dumps``."""
        return {
            "passed": self.passed,
            "relative_error": _plain(self.relative_error),
            "tolerance": self.tolerance,
            "name": self.name,
            "index": list(self.index),
            "given": _plain(self.given),
            "numerical": _plain(self.numerical),
            "coordinates": self.coordinates,
            "warnings": list(self.warnings),
            "message": self.message,
        }


def gradcheck(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any] | Point,
    x: Point,
    *,
    step: float | None = None,
    tolerance: float = 1e-6,
) -> GradCheck:
    """Compare ``grad`` with finite differences of the scalar function ``f`` at ``x``.

    ``x`` is an array of any shape (or a number), or a dict of arrays; ``f(x)`` is one real number; ``grad`` is a
    function whose value at x has the shape (or the keys and shapes) of x, or that value itself.  ``step`` is h for
    x of the size of 1, by default ε^(1/5) ≈ 7e-4.

    The relative error is |a − d| / max(|a|, |d|) for the gradient's a and the differences' d (CS231n, "Gradient
    checks": Karpathy, Li & Johnson 2015); where both are below what the differences can resolve, 10·ε·max|f|/h, the
    error is taken relative to that divided by the tolerance, so that rounding alone never fails.  The gradient passes
    if no relative error exceeds ``tolerance``.  At a kink, where the differences to the two sides disagree, any value
    between the two slopes passes, and a warning says so.

    Raises SymnetError when f is not a finite real number at x, or shapes differ.
    """
    point = _arrays(x, "x")
    _sizes(step, tolerance)
    plain = not isinstance(x, Mapping)

    def shaped(values: Mapping[str, Floats]) -> Any:
        copies = {name: value.copy() for name, value in values.items()}
        return copies[""][()] if plain else copies

    def value(values: Mapping[str, Floats]) -> float:
        return _number(f(shaped(values)))

    given = _arrays(grad(shaped(point)) if callable(grad) else grad, "the gradient")
    _same_shapes(given, point)
    centre = value(point)
    if not np.isfinite(centre):
        raise SymnetError(f"f is {centre} at x; differences need a finite value, so choose another x")
    worst: tuple[float, str, tuple[int, ...], float, float] | None = None
    kinks: list[Kink] = []
    for name, array in point.items():
        for index in np.ndindex(array.shape):
            at = float(array[index])

            def along(v: float, name: str = name, array: Floats = array, index: tuple[int, ...] = index) -> float:
                moved = array.copy()
                moved[index] = v
                return value({**point, name: moved})

            numerical, noise, kink = _derivative(along, at, centre, step)
            a = float(given[name][index])
            if kink is not None:
                kinks.append(Kink(name, index, *kink))
                numerical = min(max(a, min(kink)), max(kink)) if np.isfinite(a) else numerical
            error = _relative(a, numerical, noise / tolerance)
            if worst is None or error > worst[0]:
                worst = (error, name, index, a, numerical)
    if worst is None:
        raise SymnetError("x has no coordinates; give at least one number")
    count = sum(array.size for array in point.values())
    error, name, where, a, numerical = worst
    return GradCheck(error <= tolerance, error, tolerance, name, where, a, numerical, count, tuple(kinks))


def _derivative(
    f: Callable[[float], float], x: float, centre: float, step: float | None
) -> tuple[float, float, tuple[float, float] | None]:
    """The derivative at x, what it can resolve, and the two slopes if there is a kink at x."""
    h = (step or STEP) * max(1.0, abs(x))
    right, left, right2, left2 = f(x + h), f(x - h), f(x + h / 2), f(x - h / 2)
    noise = 10 * EPS * max(abs(centre), abs(right), abs(left)) / h
    wide, narrow = _slope(x, h, left, right), _slope(x, h / 2, left2, right2)
    extrapolated = (4 * narrow - wide) / 3
    # The slopes to the two sides differ by h·f″ where f is smooth, so half the step halves that, and the central
    # differences agree; where not, a kink is near.  A much smaller step tells whether it is at x itself (the slopes'
    # difference stays), beside x (the differences change), or not there at all.
    far, near = (right + left - 2 * centre) / h, (right2 + left2 - 2 * centre) / (h / 2)
    scale = 1e-4 * max(abs(wide), abs(narrow)) + 100 * noise
    even = abs(far) + abs(near) <= scale or 0.45 * abs(far) < abs(near) < 0.55 * abs(far)
    if even and abs(wide - narrow) <= scale:
        return extrapolated, noise, None
    k = h * SHRINK
    right, left, fine = f(x + k), f(x - k), noise / SHRINK
    central, jump = _slope(x, k, left, right), abs(right + left - 2 * centre) / k
    if jump > 0.3 * max(abs(far), abs(near)) and jump > 100 * fine:
        return central, fine, ((centre - left) / (x - (x - k)), (right - centre) / ((x + k) - x))
    if abs(central - extrapolated) <= 0.02 * abs(wide - narrow) + fine:
        return extrapolated, noise, None
    return central, fine, None


def _slope(x: float, h: float, left: float, right: float) -> float:
    return (right - left) / ((x + h) - (x - h))


def _relative(a: float, b: float, floor: float) -> float:
    if not (np.isfinite(a) and np.isfinite(b)):
        return float("inf")
    return abs(a - b) / max(abs(a), abs(b), floor) if a != b else 0.0


def _arrays(given: Any, what: str) -> dict[str, Floats]:
    parts = given if isinstance(given, Mapping) else {"": given}
    try:
        raw = {str(name): np.asarray(part) for name, part in parts.items()}
        if any(r.dtype.kind not in "biuf" for r in raw.values()):
            raise TypeError
    except (TypeError, ValueError):
        raise SymnetError(f"{what} is not an array of real numbers, nor a dict of such") from None
    return {name: np.array(r, dtype=np.float64) for name, r in raw.items()}


def _same_shapes(given: Mapping[str, Floats], point: Mapping[str, Floats]) -> None:
    if set(given) != set(point):
        names = [", ".join(sorted(k or "an array" for k in part)) for part in (given, point)]
        raise SymnetError(f"the gradient has {names[0]}, x has {names[1]}; they must have the same keys")
    for name, array in point.items():
        if given[name].shape != array.shape:
            of = f" of {name}" if name else ""
            raise SymnetError(
                f"the gradient{of} has shape {given[name].shape}, x{of} has {array.shape}; they must be equal"
            )


def _number(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise SymnetError(f"f(x) must be one real number, it is of shape {array.shape} and type {array.dtype}")
    return float(array.reshape(()))


def _sizes(step: float | None, tolerance: float) -> None:
    for name, number in (("step", 1.0 if step is None else step), ("tolerance", tolerance)):
        if not 0 < number < np.inf:
            raise SymnetError(f"{name} is {number!r}, expected a finite number greater than 0")


def _place(name: str, index: tuple[int, ...]) -> str:
    inner = ", ".join(map(str, index))
    return f"{name or 'x'}[{inner}]" if index else name or "x"


def _plain(number: float) -> float | None:
    return number if np.isfinite(number) else None
