"""Typeset exercises kept in a file beside the database, so that a server that is started again has them at once.

Nothing is lost with that file: what is not in it is made again, and so is everything when symnet itself has changed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import symnet


class Sheets:
    """Exercises by edition and seed, for several threads.  Where the file cannot be used, nothing is kept."""

    def __init__(self, path: Path, build: str) -> None:
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error):
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")
            db.execute("CREATE TABLE IF NOT EXISTS sheets (build TEXT, edition TEXT, seed INTEGER, sheet TEXT, "
                       "PRIMARY KEY (build, edition, seed)) WITHOUT ROWID")  # fmt: skip
            db.execute("DELETE FROM sheets WHERE build <> ?", (build,))
            self._db = db
        self._build = build

    def get(self, edition: str, seed: int) -> dict[str, Any] | None:
        """The exercise, if it is there."""
        with self._lock, contextlib.suppress(sqlite3.Error, ValueError):
            if self._db is not None:
                key = (self._build, edition, seed)
                query = "SELECT sheet FROM sheets WHERE build = ? AND edition = ? AND seed = ?"
                row = self._db.execute(query, key).fetchone()
                if row is not None:
                    found: dict[str, Any] = json.loads(row[0])
                    return found
        return None

    def put(self, edition: str, seed: int, sheet: dict[str, Any]) -> None:
        """Keep an exercise."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._db is not None:
                values = (self._build, edition, seed, json.dumps(sheet))
                self._db.execute("INSERT OR REPLACE INTO sheets VALUES (?, ?, ?, ?)", values)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None


def build() -> str:
    """Another text whenever a file of symnet is another one."""
    root = Path(symnet.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".jinja"))
    seen = "\n".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files)
    return sha256(seen.encode()).hexdigest()[:16]
