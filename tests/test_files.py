from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from symnet.errors import SymnetError
from symnet.files import read_text, write_atomically


def test_what_is_written_is_there_whole_and_nothing_else(tmp_path: Path):
    write_atomically(tmp_path / "a.txt", "σ\n")
    write_atomically(tmp_path / "b.bin", b"\x00\xff")
    write_atomically(tmp_path / "a.txt", "∂\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.bin"]
    assert read_text(tmp_path / "a.txt", 100) == "∂\n"


def test_a_new_file_has_the_permissions_of_any_other_and_an_old_one_keeps_its_own(tmp_path: Path):
    plain, new = tmp_path / "plain", tmp_path / "new"
    plain.touch()
    write_atomically(new, "x")
    assert new.stat().st_mode == plain.stat().st_mode
    new.chmod(0o640)
    write_atomically(new, "y")
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "x"


def test_a_device_is_not_replaced():
    write_atomically(Path(os.devnull), "x")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["missing/a.txt", ".", "a.txt/b", "x" * 300])
def test_what_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path, name: str):
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(SymnetError):
        write_atomically(tmp_path / name, "after")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    path.write_text("before")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SymnetError, match="no space left"):
        write_atomically(path, "after")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and path.read_text() == "before"


def test_a_byte_order_mark_is_left_out(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx")
    assert read_text(tmp_path / "a", 10) == "x"
