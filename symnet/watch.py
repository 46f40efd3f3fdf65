"""Doing something again whenever a file changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL = 0.2
"""Seconds between two looks at the file."""


def changes(path: Path, pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """One item at once, and one whenever the file has become another.

    Editors that put a new file in the place of the old one leave none for a moment: only a file that is still missing
    at the next look counts as gone.
    """
    seen, missing = _stamp(path), False
    yield
    while True:
        pause(POLL)
        found = _stamp(path)
        if found is None and not missing:
            missing = True
            continue
        missing = False
        if found != seen:
            seen = found
            yield


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of a file from another; nothing for a file that is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
