"""Modules from text: the cache folder, what happens without one, and several processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from symnet.emit import modules

PROGRAM = """
import sys
from symnet.network import Dense, Input, Network
net = Network(Input(2), Dense(1, "linear"), cost="mse")
print(net.compile().gradient([[1.0, 2.0]], [3.0], {"w": [1.0, 1.0], "b": 0.5}))
"""


def python(cache: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "SYMNET_CACHE": str(cache)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE, text=True)


def test_the_same_text_is_the_same_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path))
    first = modules.load("value = 1\n")
    assert modules.load("value = 1\n") is first
    assert modules.load("value = 2\n").value == 2
    assert Path(str(first.__file__)).parent == tmp_path


def test_a_file_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path))
    path = modules.written("a.py", "value = 1\n")
    os.utime(path, (1, 1))
    assert modules.written("a.py", "value = 1\n").stat().st_mtime == 1


def test_a_damaged_file_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path))
    path = modules.written("a.py", "value = 1\n")
    path.write_text("valu")
    assert modules.written("a.py", "value = 1\n").read_text() == "value = 1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]


def test_without_a_folder_that_can_be_written_a_temporary_one_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path / "file" / "cache"))
    path = modules.written("a.py", "value = 1\n")
    assert path.read_text() == "value = 1\n"
    assert tmp_path not in path.parents


def test_processes_that_compile_the_same_network_at_once_do_not_clash(tmp_path: Path) -> None:
    running = [python(tmp_path) for _ in range(3)]
    results = [(p.communicate(timeout=120)[0], p.returncode) for p in running]
    assert len(set(results)) == 1
    assert results[0][1] == 0
    again = python(tmp_path)
    assert (again.communicate(timeout=120)[0], again.returncode) == results[0]
    assert len(list(tmp_path.glob("*.py"))) == 1
    assert any((tmp_path / "__pycache__").glob("*.nbc"))
