"""Worker processes that are warm, asked from the event loop, and ended and replaced when a job takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from symnet.errors import SymnetError
from symnet.exercises.practice.work import done_as_json
from symnet.exercises.process import Process

SECONDS: Mapping[str, float] = {"sheet": 20.0, "read": 3.0, "mark": 6.0, "solution": 10.0}
"""How long each job may take; the checker itself stops after two seconds."""

WAIT_SECONDS = 15.0
"""How long a job waits for a worker; a preview, which is worth nothing when it is late, a second."""

LOG = logging.getLogger("symnet.practice")

START_SECONDS = 120.0
AGAIN_SECONDS = 5.0


class Busy(SymnetError):
    """No worker came free in time."""


class Worker:
    """One process; to be asked by one thread at a time.  It ``knows`` exercises that it has made before."""

    def __init__(self) -> None:
        self._process = Process(done_as_json)
        self.knows: set[str] = set()

    def ask(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The result of a job.  Raises TooMuch where the process did not give one in time, or died over it."""
        found: dict[str, Any] = json.loads(self._process.ask(json.dumps(job).encode(), seconds))
        return found

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.close()


class Pool:
    """So many workers.  Previews never take the last one."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise SymnetError(f"{workers} workers were asked for, expected at least 1")
        self.size = workers
        self.ended = 0
        self._idle: list[Worker] = []
        self._free = asyncio.Semaphore(0)
        self._all: set[Worker] = set()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="symnet-pool")
        self._starters = ThreadPoolExecutor(2, thread_name_prefix="symnet-start")
        self._starting: set[asyncio.Task[None]] = set()
        self._previews = asyncio.Semaphore(max(1, workers - 1))
        self._closed = False

    def start(self) -> None:
        """Start all workers; what is asked before one is ready waits for it."""
        for _ in range(self.size):
            self._later(self._start_one())

    async def _start_one(self) -> None:
        try:
            worker = await asyncio.get_running_loop().run_in_executor(self._starters, _started)
        except (OSError, SymnetError) as error:
            LOG.error("a worker could not be started: %s; it is tried again", error)
            await asyncio.sleep(AGAIN_SECONDS)
            self._later(self._start_one())
            return
        if self._closed:
            worker.close()
            return
        self._all.add(worker)
        self._is_idle(worker)

    def _is_idle(self, worker: Worker) -> None:
        self._idle.append(worker)
        self._free.release()

    def _taken(self, name: str) -> Worker:
        """An idle worker, if possible one that knows this exercise already, else the one that worked last."""
        worker = next((one for one in reversed(self._idle) if name in one.knows), self._idle[-1])
        self._idle.remove(worker)
        worker.knows.add(name)
        return worker

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return len(self._idle)

    async def run(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a job.

        Raises TooMuch where it had to be ended, Busy where no worker came free, SymnetError for what cannot be done.
        """
        if job["do"] != "read":
            return await self._run(job, WAIT_SECONDS)
        try:
            async with asyncio.timeout(1.0):
                await self._previews.acquire()
        except TimeoutError:
            raise Busy("the server is busy") from None
        try:
            return await self._run(job, 1.0)
        finally:
            self._previews.release()

    async def _run(self, job: Mapping[str, Any], wait: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(wait):
                await self._free.acquire()
        except TimeoutError:
            raise Busy("the server is busy; try again in a moment") from None
        worker = self._taken(job["name"])
        asked = asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, job, SECONDS[job["do"]])
        asked.add_done_callback(lambda done: self._after(worker, done, f"{job['do']} {job['name']}"))
        reply = await asyncio.shield(asked)  # who asked may be gone before it is done
        if "failed" in reply:
            raise SymnetError(reply["failed"])
        return reply

    def _after(self, worker: Worker, done: asyncio.Future[dict[str, Any]], doing: str) -> None:
        """A worker that answered is free again; another one is ended and replaced."""
        if self._closed:
            return
        if done.exception() is None:
            self._is_idle(worker)
            return
        self.ended += 1
        LOG.warning("a worker was ended over %s: %s", doing, done.exception())
        self._all.discard(worker)
        self._later(self._replace(worker))

    def _later(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _replace(self, worker: Worker) -> None:
        await asyncio.get_running_loop().run_in_executor(self._starters, worker.close)
        await self._start_one()

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        for worker in self._all:
            with contextlib.suppress(OSError, ValueError):
                worker.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._starters.shutdown(wait=False, cancel_futures=True)


def _started() -> Worker:
    worker = Worker()
    try:
        worker.ask({"do": "start"}, START_SECONDS)
    except SymnetError:
        worker.close()
        raise
    return worker
