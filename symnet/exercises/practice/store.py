"""Students, their answers and how far they got, in SQLite: what was committed survives the server being killed.

Write-ahead log with ``synchronous=FULL``: a commit is on the disk when it returns.  One thread works with the database;
what several requests ask of it at the same time is committed together, and each is answered after that.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from symnet.errors import SymnetError

Result = TypeVar("Result")

SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS students (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
  id INTEGER PRIMARY KEY,
  student INTEGER NOT NULL REFERENCES students,
  exercise TEXT NOT NULL, edition TEXT NOT NULL, seed INTEGER NOT NULL,
  part TEXT NOT NULL, name TEXT NOT NULL, answer TEXT NOT NULL,
  status TEXT NOT NULL, kind TEXT, detail TEXT, marks REAL NOT NULL, out_of INTEGER NOT NULL,
  followed INTEGER NOT NULL, value TEXT, help INTEGER NOT NULL, told TEXT NOT NULL,
  once BLOB NOT NULL UNIQUE, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts (student, edition, seed, part);
CREATE INDEX IF NOT EXISTS attempts_at ON attempts (edition, part);
CREATE TABLE IF NOT EXISTS helped (
  student INTEGER NOT NULL REFERENCES students, edition TEXT NOT NULL, seed INTEGER NOT NULL, part TEXT NOT NULL,
  level INTEGER NOT NULL, PRIMARY KEY (student, edition, seed, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rounds (
  student INTEGER NOT NULL REFERENCES students, edition TEXT NOT NULL, round INTEGER NOT NULL,
  PRIMARY KEY (student, edition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS teachers (key BLOB PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""

VERSION = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer that was marked.  ``told`` is what the student was told, as JSON; ``help`` how much help had
    been given; ``once`` the number of the form that it came from, which counts once."""

    student: int
    exercise: str
    edition: str
    seed: int
    part: str
    name: str
    answer: str
    status: str
    kind: str | None
    detail: str | None
    marks: float
    out_of: int
    followed: bool
    value: str | None
    help: int
    told: str
    once: bytes
    at: float


COLUMNS = tuple(Attempt.__dataclass_fields__)
_INSERT = (
    f"INSERT INTO attempts ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "
    "ON CONFLICT (once) DO NOTHING"
)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM attempts"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a student got with a part: its last attempt, how many were wrong, whether it was solved, help asked for.

    ``is_solved``: right before the solution was shown.
    """

    last: Attempt | None = None
    wrong: int = 0
    is_solved: bool = False
    help: int = 0


class Store:
    """The database.  Its methods are to be called by one thread at a time; :class:`Keeper` sees to it."""

    def __init__(self, path: Path | str) -> None:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # the log beside it gets the same permissions
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._db.execute("PRAGMA trusted_schema=OFF")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise SymnetError(f"{path} was written by another version of symnet; give another --database")
            self._db.executescript(SCHEMA)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise SymnetError(
                f"{path} cannot be used as the database: {error}; give a file in a folder that is writable"
            ) from None

    def begin(self) -> None:
        """Begin what is committed together."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Put it on the disk."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Undo it."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def secret(self, name: str, new: bytes) -> bytes:
        """The secret of this name; ``new`` if there was none yet."""
        self._db.execute("INSERT INTO secrets VALUES (?, ?) ON CONFLICT DO NOTHING", (name, new))
        (value,) = self._db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
        return bytes(value)

    def student(self, key: bytes, now: float) -> int:
        """The number of the student with this key, who is entered if new."""
        self._db.execute("INSERT INTO students (key, since) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, now))
        found = self.known(key)
        assert found is not None
        return found

    def known(self, key: bytes) -> int | None:
        """The number of the student with this key, if there is one."""
        row = self._db.execute("SELECT id FROM students WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])

    def add(self, attempt: Attempt) -> bool:
        """Keep an attempt; False if its form was answered before, and nothing is kept."""
        values = tuple(getattr(attempt, column) for column in COLUMNS)
        return self._db.execute(_INSERT, values).rowcount == 1

    def has(self, once: bytes) -> bool:
        """Whether a form was answered before."""
        return self._db.execute("SELECT 1 FROM attempts WHERE once = ?", (once,)).fetchone() is not None

    def help(self, student: int, edition: str, seed: int, part: str, level: int) -> None:
        """Note that a student was given help of this level."""
        self._db.execute(
            "INSERT INTO helped VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET level = max(level, excluded.level)",
            (student, edition, seed, part, level),
        )

    def progress(self, student: int, edition: str, seed: int) -> dict[str, Progress]:
        """How far a student got with each part of a variant."""
        found: dict[str, Progress] = {}
        key = (student, edition, seed)
        rows = self._db.execute(f"{_SELECT} WHERE student = ? AND edition = ? AND seed = ? ORDER BY id", key)
        for attempt in _attempts(rows):
            before = found.get(attempt.part, Progress())
            wrong = before.wrong + (attempt.status == "wrong")
            solved = before.is_solved or (attempt.status == "right" and attempt.help < SOLUTION)
            found[attempt.part] = Progress(attempt, wrong, solved)
        helped = "SELECT part, level FROM helped WHERE student = ? AND edition = ? AND seed = ?"
        for part, level in self._db.execute(helped, key).fetchall():
            before = found.get(part, Progress())
            found[part] = Progress(before.last, before.wrong, before.is_solved, level)
        return found

    def solved(self, student: int) -> dict[tuple[str, int], int]:
        """How many parts of each variant (edition, seed) a student has solved."""
        rows = self._db.execute(
            "SELECT edition, seed, count(DISTINCT part) FROM attempts "
            "WHERE student = ? AND status = 'right' AND help < ? GROUP BY edition, seed",
            (student, SOLUTION),
        )
        return {(edition, seed): count for edition, seed, count in rows}

    def rounds(self, student: int) -> dict[str, int]:
        """Which variant of each exercise a student is at, counted from 0."""
        return dict(self._db.execute("SELECT edition, round FROM rounds WHERE student = ?", (student,)))

    def next_round(self, student: int, edition: str, after: int) -> None:
        """Go on to the variant after that; once, however often it is asked for."""
        self._db.execute(
            "INSERT INTO rounds VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET round = max(round, excluded.round)",
            (student, edition, after + 1),
        )

    def admit(self, key: bytes, now: float, until: float) -> None:
        """Let a teacher in, and forget those whose time is over."""
        self._db.execute("DELETE FROM teachers WHERE until < ?", (now,))
        self._db.execute("INSERT OR REPLACE INTO teachers VALUES (?, ?)", (key, until))

    def dismiss(self, key: bytes) -> None:
        """A teacher leaves."""
        self._db.execute("DELETE FROM teachers WHERE key = ?", (key,))

    def admitted(self, key: bytes, now: float) -> bool:
        """Whether a teacher was let in with this key."""
        row = self._db.execute("SELECT 1 FROM teachers WHERE key = ? AND until >= ?", (key, now)).fetchone()
        return row is not None

    def attempts(self, after: int, most: int) -> list[tuple[int, Attempt]]:
        """The attempts with higher numbers than ``after``, at most so many, with their numbers."""
        columns = ", ".join(COLUMNS)
        rows = self._db.execute(
            f"SELECT id, {columns} FROM attempts WHERE id > ? ORDER BY id LIMIT ?", (after, most)
        ).fetchall()
        return [(row[0], _attempt(row[1:])) for row in rows]

    def asked(self, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a query that a module of this folder wrote."""
        return self._db.execute(query, values).fetchall()


SOLUTION = 3
"""The level of help at which the solution is shown: 1 a hint, 2 the place."""


def _attempts(rows: Iterable[tuple[Any, ...]]) -> Iterable[Attempt]:
    return map(_attempt, rows)


def _attempt(row: tuple[Any, ...]) -> Attempt:
    values = dict(zip(COLUMNS, row, strict=True))
    return Attempt(**{**values, "followed": bool(values["followed"])})


_Asked = tuple[Callable[[Store], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]

TOGETHER = 64
"""So many requests at most are committed together."""


class Keeper:
    """The store's thread, asked from the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="symnet-store", daemon=True)
        self._thread.start()

    async def __call__(self, what: Callable[[Store], Result]) -> Result:
        """What ``what`` gives when it is called with the store, once it is committed."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._queue.put((what, loop, answer))
        return await answer

    def close(self) -> None:
        """Finish what was asked, and close the store."""
        self._queue.put(None)
        self._thread.join()
        self._store.close()

    def _work(self) -> None:
        while True:
            batch = self._batch()
            if not batch:
                return
            done = self._committed(batch)
            for (_, loop, answer), (result, error) in zip(batch, done, strict=True):
                loop.call_soon_threadsafe(_resolve, answer, result, error)

    def _batch(self) -> list[_Asked]:
        batch: list[_Asked] = []
        asked = self._queue.get()
        while asked is not None:
            batch.append(asked)
            if len(batch) == TOGETHER:
                return batch
            try:
                asked = self._queue.get_nowait()
            except queue.Empty:
                return batch
        if batch:
            self._queue.put(None)  # first what was asked before
        return batch

    def _committed(self, batch: list[_Asked]) -> list[tuple[Any, BaseException | None]]:
        """Each result, or the error; where one of them fails, each has a transaction of its own."""
        try:
            return [(result, None) for result in self._at_once(batch)]
        except Exception as error:
            if len(batch) == 1:
                return [(None, error)]
        return [self._committed([asked])[0] for asked in batch]

    def _at_once(self, batch: list[_Asked]) -> list[Any]:
        self._store.begin()
        try:
            results = [what(self._store) for what, _, _ in batch]
            self._store.commit()
        except BaseException:
            self._store.rollback()
            raise
        return results


def _resolve(answer: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)
