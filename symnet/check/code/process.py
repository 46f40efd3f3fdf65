"""Starting the limited process, feeding it, and reading its answer, whatever it does.

Nothing of the student's runs here, and nothing that comes back is trusted: output is cut, the answer's size is
limited, and its arrays are read as plain numbers (no pickle, no compression, sizes checked before memory is taken).
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from symnet.errors import SymnetError

Floats = NDArray[np.float64]

START_SECONDS = 30.0
"""Time for Python and NumPy to load: none of the student's code runs in it."""

SHOWN = 2_000
"""So many characters of what the student's code printed are kept."""

PRINTED = 2**20
"""More bytes than this on standard output and error end the run."""

OVERHEAD = 2**18
"""Bytes that an answer may have beyond its numbers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: the worker's report with its arrays, or why there is none (``ended``, one sentence).

    ``printed`` is what the code printed, cut to 2,000 characters; ``seconds`` the wall time since the code was started.
    """

    report: Mapping[str, Any]
    arrays: Mapping[str, Floats]
    ended: str
    printed: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall and processor time, memory beyond Python's and NumPy's own, and bytes of a result's numbers."""

    seconds: float
    memory_mb: int
    room: int


def run_limited(
    source: str, request: Mapping[str, Any], sets: Sequence[Mapping[str, Floats]], limits: Limits
) -> Outcome:
    """Run ``source`` in the limited process on every data set.

    Raises SymnetError where there is no such process: without ``fork`` and resource limits (Windows).
    """
    if os.name != "posix" or not sys.executable:
        raise SymnetError(
            "code is checked in a limited process, which needs Linux, macOS or another Unix; on Windows use WSL"
        )
    own = {"seconds": limits.seconds, "memory_mb": limits.memory_mb, "room": limits.room, "sets": len(sets)}
    message = pack(source, {**request, **own}, sets)
    request_read, request_write = os.pipe()
    answer_read, answer_write = os.pipe()
    ends = [request_read, request_write, answer_read, answer_write]
    with contextlib.ExitStack() as stack:
        for end in ends[1:3]:
            stack.callback(os.close, end)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="symnet-"))
        os.chmod(folder, 0o555)
        try:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-B", str(Path(__file__).with_name("worker.py"))),
                    *(str(request_read), str(answer_write), str(Path(np.__file__).parents[1])),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(request_read, answer_write),
                cwd=folder,
                env=dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
                | {"LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        finally:
            os.close(request_read)
            os.close(answer_write)
        try:
            return _attend(process, message, request_write, answer_read, limits)
        finally:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The child and its whole session, before it is waited for (so its number cannot be another's yet)."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _attend(process: subprocess.Popen[bytes], message: bytes, into: int, out: int, limits: Limits) -> Outcome:
    """Feed and read the child until it has answered, ended, or used up a limit."""
    assert process.stdout is not None and process.stderr is not None
    shown, answer, printed = bytearray(), bytearray(), 0
    text_ends = (process.stdout.fileno(), process.stderr.fileno())
    most = limits.room + OVERHEAD + 1
    started, deadline = 0.0, time.monotonic() + START_SECONDS
    stopped = ""
    with selectors.DefaultSelector() as selector:
        for end in (*text_ends, out):
            selector.register(end, selectors.EVENT_READ)
        os.set_blocking(into, False)
        selector.register(into, selectors.EVENT_WRITE)
        rest = memoryview(message)
        reading = {*text_ends, out}
        while reading and not stopped:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                stopped = f"did not finish within {limits.seconds:g} s" if started else "could not be started in time"
                break
            for key, _ in selector.select(remaining):
                end = key.fd
                if end == into:
                    rest = _feed(selector, into, rest)
                    continue
                block = os.read(end, 65536)
                if not block:
                    selector.unregister(end)
                    reading.discard(end)
                elif end == out:
                    if not started:
                        started = time.monotonic()
                        deadline = started + limits.seconds
                    answer += block
                    if len(answer) > most:
                        stopped = "sent back more data than a gradient has"
                else:
                    printed += len(block)
                    shown += block[: max(0, 4 * SHOWN - len(shown))]
                    if printed > PRINTED:
                        stopped = f"printed more than {PRINTED // 2**20} MB"
            if answer and out not in reading:
                break  # the worker leaves as soon as it has answered; its text, if any, was written before
    text = bytes(shown).decode("utf-8", "replace")
    if not stopped:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.1, min(1.0, deadline - time.monotonic())))
    seconds = time.monotonic() - started if started else 0.0
    report, arrays = ({}, {}) if stopped else unpack(bytes(answer[1:]), limits.room)
    if not report and not stopped:
        stopped = _death(process.returncode, bool(started))
    return Outcome(report, arrays, stopped, printable(text), seconds)


def _feed(selector: selectors.BaseSelector, into: int, rest: memoryview) -> memoryview:
    """Write what the pipe takes; at the end (or when the reader is gone) send the end of file."""
    try:
        rest = rest[os.write(into, rest) :]
    except BrokenPipeError:
        rest = rest[:0]
    if not rest:
        selector.unregister(into)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, into)  # closes the pipe's end; the number stays ours until the caller closes it
        os.close(null)
    return rest


def _death(status: int | None, started: bool) -> str:
    """Why a process that gave no answer has ended."""
    if not started:
        return "could not be started"
    if status is None or status >= 0:
        return "ended the Python process before it returned a result"
    if -status in (signal.SIGXCPU, signal.SIGKILL):
        return "used up its processor time or memory and was stopped"
    if -status in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE):
        return f"crashed the Python process ({signal.Signals(-status).name}: memory was accessed outside of an array?)"
    return f"ended the Python process with signal {-status}"


def printable(text: str, most: int = SHOWN) -> str:
    """The text without control characters (a terminal would obey them), cut to ``most`` characters."""
    kept = "".join(c for c in text if c in "\n\t" or c.isprintable())
    return kept if len(kept) <= most else kept[: most - 1] + "…"


# -- messages ----------------------------------------------------------------------------------------------------------


def pack(source: str, request: Mapping[str, Any], sets: Sequence[Mapping[str, Floats]]) -> bytes:
    """The request as .npz bytes; the arrays of data set k are called ``k/name``."""
    arrays: dict[str, Any] = {
        "source": np.frombuffer(source.encode(), dtype=np.uint8),
        "request": np.frombuffer(json.dumps(request).encode(), dtype=np.uint8),
    }
    for number, data in enumerate(sets):
        arrays |= {f"{number}/{name}": value for name, value in data.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack(content: bytes, room: int) -> tuple[Mapping[str, Any], dict[str, Floats]]:
    """The worker's report and arrays; ({}, {}) for anything but a well-formed answer within its limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            stored = all(m.compress_type == zipfile.ZIP_STORED for m in members)
            if not stored or sum(m.file_size for m in members) > room + OVERHEAD:
                return {}, {}
            arrays = {m.filename.removesuffix(".npy"): _plain(archive.read(m)) for m in members}
        report = json.loads(arrays.pop("report").tobytes())
        if not isinstance(report, dict):
            return {}, {}
        return report, {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}
    except (
        ValueError,
        KeyError,
        TypeError,
        OSError,
        EOFError,
        RecursionError,
        NotImplementedError,
        zipfile.BadZipFile,
    ):
        return {}, {}


def _plain(content: bytes) -> NDArray[Any]:
    """One .npy member: numbers only, exactly as many as its header says; ValueError for anything else."""
    stream = io.BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("expected version 1.0 of the .npy format")
    shape, fortran, dtype = npy.read_array_header_1_0(stream, max_header_size=2000)
    body = content[stream.tell() :]
    if dtype.str not in ("<f8", "|u1") or len(shape) > 8 or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError("expected as many plain numbers as the header says")
    return np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
