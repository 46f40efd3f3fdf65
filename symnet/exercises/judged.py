"""Whether a formula is the derivative that was asked for: by the checker's reader and decider, kept."""

from __future__ import annotations

import time
from collections.abc import Mapping

from symnet.algebra.expressions import Expr
from symnet.check.decide.decide import decide
from symnet.check.kept import Kept
from symnet.check.read.reading import read
from symnet.check.read.symbols import Target, target, vocabulary_of
from symnet.network import Network

SECONDS = 60.0
"""A formula is read and decided in hundredths of a second; on a busy machine no variant may come out another."""

Readings = tuple[tuple[Target, Expr | None], ...]

_judged: Kept[tuple[str, Readings]] = Kept(8192)


def judged(network: Network, wrt: str | Target, text: str, names: Mapping[str, str]) -> tuple[str, Readings]:
    """The status of a LaTeX text as ∂C/∂wrt (proved, equal, different, undecided, not understood), and its readings."""

    def make() -> tuple[str, Readings]:
        vocabulary = vocabulary_of(network, names)
        asked = wrt if isinstance(wrt, Target) else target(network, wrt, vocabulary)
        worst, found = "proved", []
        for one in asked.concrete():
            until = time.monotonic() + SECONDS
            reading = read(network, text, one, syntax="latex", names=vocabulary, deadline=until)
            if reading.expr is None:
                return ("different" if reading.status == "shape" else reading.status), ((one, None),)
            status = decide(network, one.truth, reading.expr, one.axes, seconds=SECONDS).status
            worst = status if status != "proved" else worst
            found.append((one, reading.expr))
        return worst, tuple(found)

    if isinstance(wrt, Target):
        return make()
    return _judged.get(network, make, (wrt, text, tuple(names.items())))
