"""Many students at once on loopback, and a server that is killed in the middle: how fast, and what was lost.

Each student thinks, looks at what the page reads, answers, wrong at first about half of the time, and goes on.
Requests that the killed server did not answer are sent again, the same form, until it is back.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from symnet.exercises.template import read
from symnet.exercises.variant import Choice, Part
from tests.benchmarks.practice.session import UNREADABLE, chosen, wrong
from tests.exercises.practice.served import Reply, Server, Visitor, right, served

THINKING = 60.0
"""Seconds between two answers of a student in class, in the mean."""

VARIANTS = 10


@dataclass
class Watch:
    """What all students saw together."""

    times: dict[str, list[float]] = field(default_factory=dict)
    interrupted: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[tuple[bytes, str, str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    down: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def add(self, what: str, seconds: float) -> None:
        """A request was answered."""
        with self.lock:
            self.times.setdefault(what, []).append(seconds)


Parts = dict[tuple[str, int], tuple[Part, ...]]


def _student(watch: Watch, server: Server, names: list[str], parts: Parts, mean: float, number: int) -> None:
    rng = random.Random(number)
    visitor = Visitor(server.port)
    rng.shuffle(names)
    time.sleep(rng.uniform(0, mean))
    while not watch.over.is_set():
        for name in names:
            page = _asked(watch, visitor, "page", "GET", f"/exercise/{name}")
            if page is None:
                return
            forms = page.forms()
            if not forms:
                continue
            seed = int(next(iter(forms.values()))["seed"])
            for part in parts[name, seed]:
                page = _answered(watch, visitor, rng, page, name, part, mean)
                if page is None:
                    return


def _answered(
    watch: Watch, visitor: Visitor, rng: random.Random, page: Reply, name: str, part: Part, mean: float
) -> Reply | None:
    """A question answered once or twice; the page after that."""
    path = f"/exercise/{name}/{part.label}"
    right_text = right(part)
    kind = rng.random()
    tries = [right_text] if kind < 0.45 else [wrong(part) if kind < 0.9 else rng.choice(UNREADABLE), right_text]
    for text in tries:
        while path not in (forms := page.forms()):  # the page was refused
            again = _asked(watch, visitor, "page", "GET", f"/exercise/{name}")
            if again is None or watch.over.wait(1):
                return None
            page = again
        fields = forms[path]
        if not isinstance(part.answer, Choice):
            for share in (0.5, 1.0):
                if watch.over.wait(rng.expovariate(3 / mean)):
                    return None
                typed = {**fields, "answer": text[: max(1, int(share * len(text)))]}
                _asked(watch, visitor, "preview", "POST", f"{path}/read", typed)
        if watch.over.wait(rng.expovariate(3 / mean)):
            return None
        sent = _asked(watch, visitor, "answer", "POST", path, {**fields, "answer": text, "do": "mark"})
        if sent is None:
            return None
        if sent.status == 303:
            key = sha256(visitor.cookies["symnet"].partition(".")[0].encode()).digest()
            with watch.lock:
                watch.acknowledged[key, name, part.label, text] += 1
        after = _asked(watch, visitor, "verdict", "GET", f"/exercise/{name}")
        if after is None:
            return None
        page = after
    return page


def _asked(
    watch: Watch, visitor: Visitor, what: str, method: str, path: str, fields: dict[str, str] | None = None
) -> Reply | None:
    """A request until it is answered; None when time is over."""
    while not watch.over.is_set():
        start, was_down = time.perf_counter(), watch.down.is_set()
        try:
            reply = visitor.ask(method, path, fields)
        except (OSError, http.client.HTTPException) as error:
            visitor.close()
            with watch.lock:
                watch.interrupted += 1
                if not (was_down or watch.down.is_set()):
                    watch.errors[f"{what}: {type(error).__name__}"] += 1
            time.sleep(1)
            continue
        is_disturbed = was_down or watch.down.is_set()
        watch.add(f"{what} around the kill" if is_disturbed else what, time.perf_counter() - start)
        if reply.status not in (200, 303):
            with watch.lock:
                watch.errors[f"{what}: {reply.status}"] += 1
        return reply
    return None


def run(folder: Path, given: argparse.Namespace) -> None:
    """Let them in, kill the server in the middle, and print the tables."""
    offered = folder / "exercises"
    offered.mkdir()
    names = chosen()
    for name in names:
        (offered / f"{name}.toml").write_text(read(name).text, "utf-8")
    with served(offered, folder / "practice.sqlite", workers=given.workers, variants=VARIANTS) as server:
        start = time.perf_counter()
        parts = _prepared(folder, names)
        print(f"{len(parts)} variants ready after {time.perf_counter() - start:.0f} s", flush=True)
        watch, mean = Watch(), THINKING / given.compressed
        students = [
            threading.Thread(target=_student, args=(watch, server, list(names), parts, mean, k), daemon=True)
            for k in range(given.students)
        ]
        for student in students:
            student.start()
        outage, before, spent = 0.0, _processor_seconds(server), 0.0
        if given.no_kill:
            time.sleep(given.seconds)
        else:
            time.sleep(given.seconds / 2)
            spent = _processor_seconds(server) - before
            outage, before = _killed(server, watch), 0.0
            time.sleep(given.seconds / 2)
        spent += _processor_seconds(server) - before
        watch.over.set()
        for student in students:
            student.join(30)
        lost = _lost(watch, folder / "practice.sqlite")
    _print(watch, given, outage, lost, spent)


def _prepared(folder: Path, names: list[str]) -> Parts:
    """The parts of every variant, once the server has made and typeset them too."""
    from symnet.exercises.make import variant

    parts = {(name, seed): variant(name, seed).parts for name in names for seed in range(1, VARIANTS + 1)}
    sheets = folder / "practice.sheets"
    for _ in range(600):
        if sheets.exists():
            with sqlite3.connect(sheets) as db:
                if db.execute("SELECT count(*) FROM sheets").fetchone()[0] == len(parts):
                    break
        time.sleep(0.5)
    return parts


def _processor_seconds(server: Server) -> float:
    """Processor time of the server and all its processes, where /proc tells."""
    assert server.process is not None
    ours, total, rest = {server.process.pid}, 0.0, []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            rest.append((int(stat.parent.name), int(fields[1]), int(fields[11]) + int(fields[12])))
    for pid, parent, ticks in sorted(rest):
        if pid in ours or parent in ours:
            ours.add(pid)
            total += ticks / os.sysconf("SC_CLK_TCK")
    return total


def _killed(server: Server, watch: Watch) -> float:
    """Kill the server and start it again; the seconds until it answers."""
    watch.down.set()
    start = time.perf_counter()
    server.kill()
    server.start()
    seconds = time.perf_counter() - start
    time.sleep(10)  # everybody comes back at once
    watch.down.clear()
    return seconds


def _lost(watch: Watch, database: Path) -> int:
    """Acknowledged answers that are not in the database."""
    query = (
        "SELECT key, exercise, part, answer, count(*) FROM attempts JOIN students ON students.id = student "
        "GROUP BY key, exercise, part, answer"
    )
    with sqlite3.connect(database) as db:
        kept = {(bytes(key), name, part, text): count for key, name, part, text, count in db.execute(query)}
    return sum(max(0, count - kept.get(key, 0)) for key, count in watch.acknowledged.items())


def _print(watch: Watch, given: argparse.Namespace, outage: float, lost: int, spent: float) -> None:
    print(
        f"{given.students} students, {given.seconds:g} s, think time / {given.compressed:g}, "
        f"load of the machine {os.getloadavg()[0]:.1f}"
    )
    print("| request | number | a second | median s | 99 % s | most s |\n|---|---|---|---|---|---|")
    for what, times in sorted(watch.times.items()):
        times.sort()
        cells = (len(times) / given.seconds, times[len(times) // 2], times[int(0.99 * (len(times) - 1))], times[-1])
        print(f"| {what} | {len(times)} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    print(f"the server and its workers took {spent:.0f} s of processor time")
    print(f"errors: {dict(watch.errors) or 'none'}")
    if outage:
        print(
            f"killed (-9) in the middle, back after {outage:.1f} s; "
            f"{watch.interrupted} requests were cut off and sent again"
        )
    print(f"{sum(watch.acknowledged.values())} answers acknowledged, {lost} of them lost")
