"""How many threads BLAS may use."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from symnet.train import checks


def limited(threads: int | None) -> AbstractContextManager[Any]:
    """A context in which BLAS uses so many threads; None leaves the choice to it.

    Raises SymnetError for a number that is not whole, or below 1.
    """
    if threads is None:
        return nullcontext()
    import scipy.linalg.cython_blas  # noqa: F401 - numba's BLAS, which can be limited once it is loaded
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(checks.whole(threads, "threads", 1), user_api="blas")
    return limits
