"""A process in which one tool trains one row, when it is asked to."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from tests.benchmarks.training.rows import Row


class Worker:
    """The process of one tool; ``ask`` waits for its answer."""

    def __init__(self, row: Row, tool: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=serve, args=(row, tool, there), daemon=True)
        self._process.start()

    def ask(self, what: str, number: Any = None) -> Any:
        """ "begin": (why there is nothing to run, the cost after the row's epochs); "long enough": epochs that take so
        many seconds; "run": seconds that so many epochs took.
        """
        self._here.send((what, number))
        return self._here.recv()

    def end(self) -> None:
        """End the process."""
        self._here.send(("end", None))
        self._process.join()


def serve(row: Row, tool: str, there: Connection) -> None:
    """What the process does."""
    import warnings

    from tests.benchmarks.training.peers import PEERS, products

    warnings.simplefilter("ignore")
    run: Any = None
    while True:
        what, number = there.recv()
        if what == "end":
            return
        if what == "begin":
            try:
                run = products(row) if tool == "limit" else PEERS[tool](row)
                there.send(("–", 0.0) if run is None else ("", row.cost_of(run(row.epochs))))
            except ImportError as error:
                there.send((f"no {error.name}", 0.0))
        elif what == "long enough":
            there.send(_long_enough(run, row.epochs, number))
        else:
            there.send(_seconds(run, number))


def _seconds(run: Any, epochs: int) -> float:
    begun = time.perf_counter()
    run(epochs)
    return time.perf_counter() - begun


def _long_enough(run: Any, epochs: int, wanted: float) -> int:
    while True:
        run(epochs)  # compiled for so many epochs, where a tool does that
        taken = _seconds(run, epochs)
        if taken > wanted / 2:
            epochs = max(1, round(epochs * wanted / taken))
            run(epochs)
            return epochs
        epochs = max(epochs + 1, round(epochs * min(10, wanted / taken)))
