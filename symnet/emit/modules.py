"""Source text → an imported module, from a file in a cache folder, so that numba finds its compiled code again.

The folder is ``$SYMNET_CACHE``, or ``~/.cache/symnet``; where neither can be written, a temporary folder of this
process.  A file's name is the hash of its text and of the versions that compile it.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

_LOCK = threading.RLock()


def load(source: str, keep: bool = True) -> ModuleType:
    """The module with this text; the same text is imported once a process.

    Without ``keep`` its file goes into the temporary folder of this process.
    """
    digest = hashlib.sha256("\n".join((source, _versions())).encode()).hexdigest()[:32]
    name = f"symnet_kernels_{digest}"
    with _LOCK:
        if name in sys.modules:
            return sys.modules[name]
        path = written(f"{name}.py", source) if keep else _write(_own_folder() / f"{name}.py", source)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def written(name: str, source: str) -> Path:
    """A file of that name with that text: in the cache folder if it can be written, else in a temporary one.

    The file appears whole or not at all, and is left alone when it is there already (its date is part of numba's
    key), so that several processes can do this at once.
    """
    wanted = os.environ.get("SYMNET_CACHE")
    folder = Path(wanted) if wanted else Path("~/.cache/symnet").expanduser()
    try:
        return _write(folder / name, source)
    except OSError:
        return _write(_own_folder() / name, source)


def _write(path: Path, source: str) -> Path:
    data = source.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return path
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    return path


@lru_cache(maxsize=1)
def _own_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="symnet-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=1)
def _versions() -> str:
    return " ".join((sys.version, *(f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy"))))
