"""Hostile students: each is stopped within its limits and gets one sentence, and this process lives on."""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import symnet as sn
from symnet.check.code import process as code_process
from symnet.check.code.check import check_code

NETWORK = sn.Network("2 -> 1 linear")
SECONDS = 2.0

HOSTILE = {
    "fork bomb": ("import os\ndef g(x):\n    while True: os.fork()", "start another process in line 3"),
    "patient fork bomb": (
        "import os\ndef g(x):\n    while True:\n        try: os.fork()\n        except OSError: pass",
        "did not finish within 2 s",
    ),
    "endless loop": ("def g(x):\n    while True: pass", "did not finish within 2 s"),
    "endless import": ("while True: pass", "did not finish within 2 s"),
    "memory hog": ("def g(x):\n    a = []\n    while True: a.append(bytearray(10**7))", "ran out of memory in line 3"),
    "large array": ("import numpy as np\ndef g(x): return np.ones(10**10)", "MemoryError|memory"),
    "large result": ("import numpy as np\ndef g(x): return np.ones(10**7), 1.0", "too large for a gradient"),
    "huge output": ("def g(x):\n    while True: print('x' * 10000)", "printed more than 1 MB"),
    "sys.exit": ("import sys\ndef g(x): sys.exit(0)", "called exit in line 2"),
    "os._exit": ("import os\ndef g(x): os._exit(0)", "ended the Python process before it returned a result"),
    "deep recursion": ("def g(x): return g(x)", "calls itself too often"),
    "deeper recursion": ("import sys\nsys.setrecursionlimit(10**9)\ndef g(x): return g(x)", ""),
    "segmentation fault": (
        "import numpy as np\ndef g(x): return np.lib.stride_tricks.as_strided(x, (10**9,), (10**6,))[10**8]",
        "crashed the Python process",
    ),
    "ctypes": ("import ctypes\ndef g(x): ctypes.string_at(0)", "import ctypes in line 1"),
    "reads a file": ("def g(x): return open('/etc/passwd').read()", "read the file /etc/passwd"),
    "reads around": (
        "import sys, pathlib\ndef g(x): return pathlib.Path(sys.prefix + '/lib/../../../etc/passwd').read_text()",
        "read the file",
    ),
    "lists a folder": ("import os\ndef g(x): return os.listdir('/')", "read the file /"),
    "writes a file": ("def g(x): open('/tmp/symnet-was-here', 'w')", "write the file /tmp/symnet-was-here"),
    "ignores SIGTERM": (
        "import signal, time\ndef g(x):\n    for s in (1, 2, 15, 24): signal.signal(s, signal.SIG_IGN)\n"
        "    while True:\n        try: time.sleep(1)\n        except BaseException: pass",
        "did not finish within 2 s",
    ),
    "network": ("import socket\ndef g(x): socket.create_connection(('1.1.1.1', 80))", "import socket in line 1"),
    "another program": ("import os\ndef g(x): os.system('id')", "start another program in line 2"),
    "kills its parent": ("import os\ndef g(x): os.kill(os.getppid(), 9)", "send a signal to a process"),
    "asks for input": ("def g(x): return input()", "asked for input in line 1"),
    "forged answer": ("import os, sys\ndef g(x):\n    os.write(int(sys.argv[2]), b'no zip')\n    os._exit(0)", "ended"),
    "deep brackets": ("x = " + "(" * 50_000 + ")" * 50_000, ""),
    "null character": ("x = '\0'", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_stopped(tmp_path: Path, name: str) -> None:
    source, says = HOSTILE[name]
    (tmp_path / "hostile.py").write_text(source, encoding="utf-8")
    started = time.monotonic()
    verdict = check_code(NETWORK, tmp_path / "hostile.py", "g", seconds=SECONDS, memory_mb=256)
    assert time.monotonic() - started < 15
    assert verdict.status == "could not run" and len(verdict.printed) <= 2000
    assert any(part in verdict.message for part in says.split("|")), verdict.text()
    assert verdict.message.endswith(".") and "\n" not in verdict.message
    assert not Path("/tmp/symnet-was-here").exists()


def test_no_descriptor_and_no_child_is_left(tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text("def g(x):\n    while True: pass")
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("needs /proc")
    before = len(list(folder.iterdir()))
    for _ in range(2):
        check_code(NETWORK, tmp_path / "hostile.py", "g", seconds=0.2)
    assert len(list(folder.iterdir())) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


BARRIER = """
import ast, ctypes, dataclasses, importlib.util, json, linecache, os, platform, resource, socket, subprocess, sys
import sysconfig, traceback, unicodedata
import numpy, numpy.fft, numpy.linalg, numpy.ma, numpy.polynomial, numpy.random
sysconfig.get_paths()
if sys.argv[2] == "plain" and os.getuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
source = sys.stdin.read()
spec = importlib.util.spec_from_loader("code_confine", None)
confine = importlib.util.module_from_spec(spec)
exec(compile(source, "code_confine.py", "exec"), confine.__dict__)
confine.refusing = lambda: lambda event, arguments: None
def error(what):
    try: what()
    except OSError as e: return e.errno
    return 0
confine.confine("", 5.0, 256)
print(json.dumps({
    "uid": os.getuid(),
    "fork": error(os.fork), "open": error(lambda: open("/etc/passwd")), "socket": error(socket.socket),
    "write": error(lambda: open("/tmp/symnet-was-here", "w")), "kill": error(lambda: os.kill(os.getppid(), 0)),
    "exec": error(lambda: os.execv("/bin/true", ["true"])), "run": error(lambda: subprocess.run(["/bin/true"])),
    "setuid": error(lambda: os.setuid(0)),
}))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="seccomp is set on Linux x86-64")
@pytest.mark.parametrize("user", ["own", "plain"])
def test_the_kernel_refuses_without_the_audit_hook(user: str) -> None:
    source = Path(code_process.__file__).with_name("confine.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", BARRIER, "-", user], input=source, capture_output=True, text=True, timeout=30
    )
    found = json.loads(done.stdout) if done.stdout else pytest.fail(done.stderr)
    assert found.pop("uid") != 0
    assert all(number != 0 for number in found.values()), found


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


REPORT = npy(np.frombuffer(b'{"stage": "done"}', dtype=np.uint8))


def test_a_well_formed_answer_is_read() -> None:
    report, arrays = code_process.unpack(archive(report=REPORT, r0=npy(np.arange(6.0).reshape(2, 3))), 1000)
    assert report == {"stage": "done"} and np.array_equal(arrays["r0"], np.arange(6.0).reshape(2, 3))


def test_a_forged_answer_is_none() -> None:
    compressed = io.BytesIO()
    np.savez_compressed(compressed, report=np.zeros(10**6))
    claims = npy(np.zeros(2)).replace(b"(2,)", b"(9,)")
    pickled = npy(np.array([{}], dtype=object), allow_pickle=True)
    deep = npy(np.frombuffer(b"[" * 100_000, dtype=np.uint8))
    for content in (
        *(b"", b"PK", compressed.getvalue(), archive(r0=npy(np.zeros(2)))),
        *(archive(report=REPORT, r0=claims), archive(report=REPORT, r0=pickled), archive(report=deep)),
        *(archive(report=REPORT, r0=b"\x93NUMPY"), archive(report=REPORT, r0=npy(np.zeros(10**6)))),
    ):
        assert code_process.unpack(content, 1000) == ({}, {})
