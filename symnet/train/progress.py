"""The progress bar: on a terminal, and only for training that takes longer than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds without a bar."""


class ProgressBar:
    """A bar over ``epochs`` on standard error.

    ``wanted`` is True (always), False (never), or None: on a terminal only.  The bar appears once
    :data:`PATIENCE` seconds have passed, so that short training prints nothing.
    """

    def __init__(self, epochs: int, wanted: bool | None) -> None:
        self._epochs = epochs
        self._wanted = sys.stderr.isatty() if wanted is None else wanted
        self._due = time.perf_counter() + PATIENCE
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, epoch: int, cost: float) -> None:
        """Show that ``epoch`` epochs are done, the cost being ``cost``."""
        if not self._wanted:
            return
        if self._bar is None:
            if time.perf_counter() < self._due:
                return
            self._start()
        assert self._bar is not None and self._task is not None
        self._bar.update(self._task, completed=epoch, cost=f"{cost:.6g}")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("cost {task.fields[cost]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=self._epochs, cost="")
