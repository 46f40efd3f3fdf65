"""How often one student, or one address, may ask for something: a bucket of tokens each, filled as time goes by."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

KEPT = 20_000
"""Buckets that are remembered; the ones not used for longest are forgotten."""


@dataclass(slots=True)
class Rate:
    """``burst`` at once, and then ``a_second``."""

    a_second: float
    burst: float
    _buckets: OrderedDict[object, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, who: object, now: float) -> float:
        """0 if ``who`` may go on, which is counted; else the seconds to wait."""
        level, then = self._buckets.get(who, (self.burst, now))
        level = min(self.burst, level + (now - then) * self.a_second)
        allowed = level >= 1
        self._buckets[who] = (level - 1 if allowed else level, now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self.a_second
