"""A process of its own for work on what somebody handed in: it is ended if that takes too long or too much memory.

The process only reads and decides; like everything here it executes nothing that was handed in.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from symnet.errors import SymnetError

MEMORY = 4 * 2**30
"""Bytes of address space."""

LARGEST = 2**26
"""Bytes of a reply."""

SPARE = 2.0
"""Seconds after which a process that nobody waits for any more ends itself."""

Do = Callable[[bytes], bytes]
"""Work on a message; a function of a module, for the process finds it by its name."""


class TooMuch(SymnetError):
    """The process gave no reply; the message says why, as a clause."""


class Process:
    """A process that works on one message after the other; to be asked by one thread at a time."""

    def __init__(self, do: Do) -> None:
        methods = multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            context.set_forkserver_preload([do.__module__])
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(do, theirs), daemon=True, name="symnet worker")
        self._process.start()
        theirs.close()

    def ask(self, message: bytes, seconds: float) -> bytes:
        """The reply.  Raises TooMuch where there is none in time, or the process died over it; then close it."""
        connection: Connection = self._connection
        try:
            connection.send((message, seconds))
            if connection.poll(seconds):
                return connection.recv_bytes(LARGEST)
        except (OSError, EOFError):
            raise TooMuch("it took too much memory") from None
        raise TooMuch(f"it took longer than {seconds:g} s")

    def close(self) -> None:
        """End the process, whatever it does."""
        self._connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(do: Do, connection: Connection) -> None:
    """Work until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the one that asks
    _limit()
    while True:
        try:
            message, seconds = connection.recv()
        except (EOFError, OSError):
            return
        _alarm(seconds + SPARE)
        reply = do(message)
        _alarm(0)
        try:
            connection.send_bytes(reply)
        except OSError:
            return


def _limit() -> None:
    if os.name == "posix":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY if most < 0 else min(MEMORY, most), most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: float) -> None:
    """End this process after so many seconds: should the other one be gone, nobody else would."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
