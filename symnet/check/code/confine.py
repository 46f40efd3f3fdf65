"""How the child process gives up its rights before it runs a student's source.  It imports nothing of symnet.

The barriers, from the outside in: the parent kills the whole session at the time limit; resource limits; as root, the
user nobody; a network namespace of its own where permitted; a seccomp filter (Linux on x86-64) that leaves only the
system calls which computing needs, so that from then on nothing can be opened, started or connected; and an audit
hook, which is what explains a refusal to the student.  Python itself is no barrier: whoever gets past the hook, and
that is possible, meets the kernel's.
"""

import ast
import ctypes
import importlib
import os
import platform
import resource
import struct
import sys
import sysconfig
import types
from collections.abc import Callable, Mapping
from typing import Any

NOBODY = 65534

MODULES = frozenset(
    (
        *("__future__", "abc", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses"),
        *("datetime", "decimal", "enum", "fractions", "functools", "heapq", "inspect", "io", "itertools"),
        *("json", "logging", "math", "numbers", "numpy", "operator", "os", "pathlib", "pprint", "random"),
        *("re", "scipy", "signal", "statistics", "string", "sys", "textwrap", "time", "timeit", "traceback"),
        *("types", "typing", "typing_extensions", "warnings"),
    )
)
"""What a student's source may import: loaded for it before the process gives up its rights."""

FORBIDDEN = frozenset(
    (
        *("_ctypes", "_posixsubprocess", "_socket", "_thread", "asyncio", "cffi", "ctypes", "fcntl", "gc"),
        *("mmap", "multiprocessing", "pty", "resource", "socket", "subprocess", "threading"),
    )
)
"""Modules whose import is refused with a sentence of its own; other unknown ones are simply not found."""

NUMPY_PARTS = ("numpy.linalg", "numpy.random", "numpy.fft", "numpy.polynomial", "numpy.ma", "numpy.lib.stride_tricks")

REFUSED: Mapping[str, str] = {
    "socket": "use the network",
    "urllib": "use the network",
    "http": "use the network",
    "subprocess": "start another program",
    "pty": "start another program",
    "os.system": "start another program",
    "os.exec": "start another program",
    "os.posix_spawn": "start another program",
    "os.spawn": "start another program",
    "os.startfile": "start another program",
    "os.fork": "start another process",
    "os.forkpty": "start another process",
    "_thread": "start a thread",
    "os.kill": "send a signal to a process",
    "os.killpg": "send a signal to a process",
    "ctypes": "reach below Python with ctypes",
    "gc": "search Python's memory",
    "mmap": "map files into memory",
    "resource": "change its limits",
    "fcntl": "change open files",
    "shutil": "change files",
    "tempfile": "change files",
    "sqlite3": "open a database",
    "webbrowser": "open a browser",
    "sys.addaudithook": "install an audit hook",
} | {
    f"os.{name}": "change files"
    for name in (
        "remove",
        "rename",
        "rmdir",
        "mkdir",
        "link",
        "symlink",
        "truncate",
        "chmod",
        "chown",
        "chdir",
        "fchdir",
    )
}
"""Audit events, or what they begin with, and what the student's code may therefore not do."""

ALLOWED_CALLS = (
    *(
        0,
        1,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        19,
        20,
        23,
        24,
        25,
        26,
        28,
        32,
        33,
        34,
        35,
        36,
        37,
        38,
        39,
    ),
    *(60, 63, 72, 79, 89, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 131, 186, 201, 202, 204, 218, 228, 229, 230),
    *(231, 262, 270, 271, 273, 274, 318, 324, 332, 334),
)
"""x86-64's numbers of the system calls for reading and writing what is open, memory, clocks, signals of one's own,
random bytes, file status, one's own identity and the end."""


class Refused(PermissionError):
    """The student's code tried what it may not do."""

    REFUSED = True


def address_space() -> int:
    """The bytes of address space in use, 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def limit(kind: int, soft: int, hard: int | None = None) -> None:
    """A resource limit, never above what the process may have already."""
    _, most = resource.getrlimit(kind)
    wanted = soft if hard is None else hard
    hard = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(kind, (min(soft, hard), hard))


def limit_memory(megabytes: int) -> None:
    """So much address space beyond what Python and NumPy occupy."""
    limit(resource.RLIMIT_AS, address_space() + megabytes * 2**20)


def limit_rest(seconds: float) -> None:
    """Processor time from now on, no files, no processes, no core dumps."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime + seconds) + 2
    limit(resource.RLIMIT_CPU, end, end + 1)
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, 16)
    limit(resource.RLIMIT_NPROC, 0)


def leave_network(libc: Any) -> None:
    """A network namespace of its own, without any connection; a plain user needs a user namespace for that."""
    if sys.platform == "linux" and libc.unshare(0x40000000) != 0:
        libc.unshare(0x40000000 | 0x10000000)


def become_nobody() -> None:
    """Root is exempt from RLIMIT_NPROC and may read every file, so as root the process first becomes nobody."""
    if os.geteuid() == 0 or os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def drop_capabilities(libc: Any) -> None:
    """No capabilities (a new user namespace gives them all), no way to regain any; die with the parent."""
    if sys.platform != "linux":
        return
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    libc.capset(header, ctypes.create_string_buffer(24))
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG


def filter_calls(libc: Any) -> None:
    """Every system call but the allowed ones fails with EPERM from now on (seccomp, man 2 seccomp)."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or sys.maxsize < 2**32:
        return
    count = len(ALLOWED_CALLS)
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, 0x80000000), (0x20, 0, 0, 0)]
    program += [(0x15, count - k, 0, number) for k, number in enumerate(ALLOWED_CALLS)]
    program += [(0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    filled = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    libc.prctl(22, 2, ctypes.create_string_buffer(filled), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def refusing(open_fds: int = 3) -> Callable[[str, tuple[Any, ...]], None]:
    """The audit hook: refuses with a sentence.  Its tables are locals, out of the student's reach by name."""
    paths = sysconfig.get_paths()
    roots = tuple({os.path.join(paths[k], "") for k in ("stdlib", "platstdlib", "purelib", "platlib")})
    refused, readable = (
        types.MappingProxyType(dict(REFUSED)),
        roots + tuple(os.path.realpath(r) + os.sep for r in roots),
    )
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    forbidden, refusal, is_a, fspath = FORBIDDEN, Refused, isinstance, os.fsdecode
    loaded, known, missing = sys.modules, MODULES, ModuleNotFoundError

    def opened(path: Any, flags: Any) -> None:
        if is_a(path, int):
            if path >= open_fds:
                raise refusal("open files")
            return
        name = fspath(path)
        if is_a(flags, int) and flags & writing:
            raise refusal(f"write the file {name}")
        if ".." in name or not (name + "/").startswith(readable):
            raise refusal(f"read the file {name}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            opened(arguments[0], arguments[2])
        elif event in ("os.listdir", "os.scandir"):
            opened(arguments[0] or ".", 0)
        elif event == "import":
            name = arguments[0].partition(".")[0]
            if name in forbidden:
                raise refusal(f"import {arguments[0]}")
            if name not in loaded and name not in known:
                raise missing(f"No module named {name!r}")
        elif event in ("object.__setattr__", "object.__delattr__"):
            if arguments[0] is hook or arguments[0] is opened:
                raise refusal("change the audit hook")
        else:
            head = event.partition(".")[0]
            if event in refused or head in refused:
                raise refusal(refused.get(event) or refused[head])

    return hook


def preload(source: str) -> None:
    """Import what the source names and may have: afterwards no file can be opened any more."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # told properly when it is compiled
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    if "testing" in source:
        names.append("numpy.testing")  # np.testing loads itself when it is used, which is too late then
    for name in dict.fromkeys(names):
        if name.partition(".")[0] in MODULES:
            try:
                importlib.import_module(name)
            except Exception:  # a name inside a module, or a mistake that the source itself will run into
                continue


def confine(source: str, seconds: float, memory_mb: int) -> None:
    """All of the above in the only order that works: what needs a right before that right is given up."""
    for name in (*NUMPY_PARTS, "traceback", "linecache", "dataclasses", "unicodedata"):
        importlib.import_module(name)
    libc, hook = ctypes.CDLL(None), refusing()
    limit_memory(memory_mb)
    preload(source)
    limit_memory(memory_mb)
    leave_network(libc)
    become_nobody()
    drop_capabilities(libc)
    limit_rest(seconds)
    filter_calls(libc)
    for name in ("ctypes", "_ctypes", "resource", "gc", "socket", "_socket", "subprocess", "_posixsubprocess", "mmap"):
        sys.modules.pop(name, None)
    sys.addaudithook(hook)
