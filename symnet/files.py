"""Reading and writing files so that nothing is half-read or half-written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from symnet.errors import SymnetError


def read_text(path: Path, limit: int) -> str:
    """The text of a UTF-8 file of at most ``limit`` bytes, without a byte order mark.

    Raises SymnetError for a file that is missing, unreadable, larger, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise SymnetError(f"{path} cannot be read: {reason(error)}; check the path") from None
    if len(raw) > limit:
        raise SymnetError(f"{path} is larger than {limit:,} bytes; give a smaller file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SymnetError(
            f"{path}, line {line}: byte {raw[error.start]:#04x} is not UTF-8; save the file in UTF-8"
        ) from None


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` whole, or leave what is there untouched; text is written as UTF-8.

    It is written beside the file, then put in place.  A link is followed, a device is written to directly.

    Raises SymnetError where that is not possible.
    """
    raw = content.encode("utf-8") if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise SymnetError(f"{path} is a folder; give the name of a file to write")
        if target.exists() and not target.is_file():
            target.write_bytes(raw)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".symnet-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            os.chmod(beside, mode)
            os.replace(beside, target)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        raise SymnetError(
            f"{path} cannot be written: {reason(error)}; give a file in a folder that exists and is writable"
        ) from None


def reason(error: OSError) -> str:
    """Why the system refused, in its own words."""
    return (error.strerror or type(error).__name__).lower()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
