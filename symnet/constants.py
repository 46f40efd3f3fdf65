"""Constants of definitions: given by name, checked for their range, in one wording."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from symnet.errors import SymnetError, unknown

_DECAY = (0.0, False, 1.0, True, "a number from 0 to below 1, such as 0.9")
_POSITIVE = (0.0, True, math.inf, True, "a finite number greater than 0")
_AT_LEAST_0 = (0.0, False, math.inf, True, "a finite number of at least 0")
_SHARE = (0.0, False, 1.0, False, "a number from 0 to 1")
_COUNT = (1.0, False, math.inf, True, "a number of at least 1")

_RANGES: Mapping[str, tuple[float, bool, float, bool, str]] = {
    **dict.fromkeys(("beta_1", "beta_2", "mu", "rho"), _DECAY),
    **dict.fromkeys(("gamma", "c", "q", "T"), _POSITIVE),
    **dict.fromkeys(("epsilon", "delta", "lamda", "r_0"), _AT_LEAST_0),
    **dict.fromkeys(("tau", "kappa_min", "kappa_0"), _SHARE),
    **dict.fromkeys(("K", "T_w"), _COUNT),
}
"""For each name: the least value and whether it is left out, the greatest and whether it is, and both in words."""


def changed(owner: str, known: Mapping[str, float], given: Mapping[str, Any]) -> dict[str, float]:
    """The constants of ``owner`` with those ``given`` in place of its own.

    Raises SymnetError for a name that it does not have, and for a value that is no number within the range of its name.
    """
    for name in given:
        if name not in known:
            raise unknown(f"constant of {owner}", name, known)
    return {**known, **{name: within(f"{name} of {owner}", name, value) for name, value in given.items()}}


def within(what: str, name: str, value: Any) -> float:
    """``value`` as a number in the range of constants called ``name``; else SymnetError, which calls it ``what``."""
    least, above, most, below, words = _RANGES.get(
        name, (-math.inf, True, math.inf, True, "a finite number, such as 0.5")
    )
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    too_small = number <= least if above else number < least
    too_large = number >= most if below else number > most
    if math.isnan(number) or too_small or too_large:
        shown = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)[:60]
        raise SymnetError(f"{what} is {shown}; expected {words}")
    return number


def listed(name: str, constants: Mapping[str, float]) -> str:
    """``adam(gamma=0.001, beta_1=0.9)``, which reads back as the definition with these constants."""
    values = ", ".join(f"{constant}={value:.12g}" for constant, value in constants.items())
    return f"{name}({values})" if values else name
