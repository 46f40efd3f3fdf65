"""The one base of every error meant for a user, and the wording for a name that symnet does not know."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 30
_READABLE = 60


class SymnetError(ValueError):
    """One sentence for the user: what was given, what was expected, how to mend it."""


def unknown(kind: str, given: str, known: Iterable[str]) -> SymnetError:
    """The error for a name that is not among the ``known`` ones; it suggests the closest, if one is close.

    >>> print(unknown("activation", "sigmod", ["relu", "sigmoid", "tanh"]))
    unknown activation 'sigmod'; did you mean 'sigmoid'? known: relu, sigmoid, tanh
    """
    names = list(known)
    shown = given if len(given) <= _READABLE else given[: _READABLE - 1] + "…"
    close = closest(shown, names)
    question = f" did you mean {close!r}?" if close is not None else ""
    listed = ", ".join(names[:_LISTED]) or "none"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return SymnetError(f"unknown {kind} {shown!r};{question} known: {listed}{more}")


def closest(given: str, known: Iterable[str]) -> str | None:
    """The known name that ``given`` most likely misspells, whatever its capitals; None if none is close."""
    by_lower_case = {name.casefold(): name for name in known}
    matches = get_close_matches(given.casefold(), by_lower_case, n=1)
    return by_lower_case[matches[0]] if matches else None
