"""Where the template of a variant is found again by its name."""

from __future__ import annotations

from pathlib import Path

from symnet.exercises.template import Template, read, shipped


def found(name: str, folder: Path | None = None) -> Template:
    """The template that ships under a name, or else the one in ``name.toml`` in a folder, by default the current one.

    Raises SymnetError where there is none.
    """
    if name in shipped():
        return read(name)
    return read((folder or Path()) / f"{name}.toml")
