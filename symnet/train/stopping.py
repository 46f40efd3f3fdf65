"""Early stopping: training ends when the cost of held-out samples no longer falls, and its best parameters are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from symnet.errors import SymnetError
from symnet.train import checks

SHARE = 0.2
"""The share of the samples that is held out where the user names none."""


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when the validation cost has not fallen by more than ``least`` below its best for ``patience`` epochs.

    The parameters of the best epoch are kept, whether training is stopped or comes to its end; the parameters before
    the first step count as those of epoch 0.  Goodfellow, Bengio & Courville 2016, Deep Learning, algorithm 7.1;
    Prechelt 1998, “Early stopping – but when?”, where other criteria are compared.

    Raises SymnetError for a patience below 1 and for a ``least`` below 0.
    """

    patience: int = 10
    least: float = 0.0

    def __post_init__(self) -> None:
        checks.whole(self.patience, "the patience of early_stopping", 1, hint=", the epochs to wait")
        if isinstance(self.least, bool) or not isinstance(self.least, int | float) or not 0 <= self.least < math.inf:
            raise SymnetError(f"least of early_stopping is {self.least!r}; expected a finite number of at least 0")


def stopping(given: Any) -> EarlyStopping | None:
    """What is meant by a number of epochs (the patience), or an :class:`EarlyStopping`; None for None.

    Raises SymnetError for anything else.
    """
    if given is None or isinstance(given, EarlyStopping):
        return given
    return EarlyStopping(checks.whole(given, "early_stopping", 1, hint=", the epochs to wait"))


@dataclass
class Best:
    """The best epoch so far: its number and its validation cost."""

    rule: EarlyStopping
    epoch: int = 0
    cost: float = math.inf

    def sees(self, epoch: int, cost: float) -> bool:
        """Take note of the validation cost after ``epoch`` epochs; whether it is the best so far."""
        if not cost < self.cost - self.rule.least:
            return False
        self.epoch, self.cost = epoch, cost
        return True

    def waited(self, epoch: int) -> bool:
        """Whether patience has run out after ``epoch`` epochs."""
        return epoch - self.epoch >= self.rule.patience

    def note(self, last: int, epochs: int) -> str:
        """What is to be said of a training of ``epochs`` epochs that ended after the ``last``."""
        where = f"after epoch {self.epoch}" if self.epoch else "before the first step"
        if last < epochs:
            waited = "1 epoch" if self.rule.patience == 1 else f"{self.rule.patience} epochs"
            enough = f" by more than {self.rule.least:g}" if self.rule.least else ""
            return (
                f"stopped after epoch {last} of {epochs}, for the validation cost had not fallen{enough} for {waited}; "
                f"these are the parameters {where}"
            )
        if self.epoch < last:
            return f"these are the parameters {where}, when the validation cost was least"
        return ""
