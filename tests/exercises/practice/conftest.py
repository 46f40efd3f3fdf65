"""One server for all tests of the practice page, with two exercises that ship."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from tests.exercises.practice.served import Server, Visitor, served

EXERCISES = ("forward-neuron", "partial-neuron")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("practice")
    offered = folder / "exercises"
    offered.mkdir()
    for name in EXERCISES:
        text = (files("symnet.exercises.templates") / f"{name}.toml").read_text("utf-8")
        (offered / f"{name}.toml").write_text(text, "utf-8")
    with served(offered, folder / "practice.sqlite") as running:
        yield running


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    one = Visitor(server.port)
    yield one
    one.close()


@pytest.fixture
def database(server: Server) -> Path:
    return server.database
