"""``symnet serve``: the practice page."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from symnet.errors import SymnetError

SHORTEST = 12
"""Characters of a teacher's token."""


def serve(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Of exercise files; by default those that ship.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8000,
    database: Annotated[Path, typer.Option(metavar="FILE", help="Where answers are kept.")] = Path("practice.sqlite"),
    teacher_token: Annotated[
        str | None,
        typer.Option(envvar="SYMNET_TEACHER_TOKEN", help="What opens /teacher; without one it is made up and printed."),
    ] = None,
    variants: Annotated[int, typer.Option(min=1, max=1000, help="Of each exercise, shared out to students.")] = 20,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that read answers.")] = None,
    proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a proxy in front, which says who is asking.")
    ] = None,
) -> None:
    """Serve exercises for practice: a page for students, and one for the teacher behind a token.

    Students need no account: a cookie keeps how far they got.  Answers are kept in one SQLite file.

    \b
    Examples:
        symnet serve
        symnet serve exercises/ --port 8080 --database autumn.sqlite --teacher-token "$TOKEN"
    """
    try:
        from symnet.exercises.practice.app import Settings, app
        from symnet.exercises.practice.server import serve as run
    except ModuleNotFoundError as error:
        raise SymnetError(f'the practice page needs {error.name}; install it: pip install "symnet[serve]"') from None
    from symnet.exercises.practice.shelf import shelf

    if teacher_token is not None and len(teacher_token) < SHORTEST:
        raise SymnetError(f"the teacher's token has {len(teacher_token)} characters; give at least {SHORTEST}")
    offered = shelf(folder)
    token = teacher_token or secrets.token_urlsafe(16)
    settings = Settings(offered, database, token, workers or (os.cpu_count() or 2) + 1, variants)
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    typer.echo(f"{len(offered)} exercises at {where}, answers in {database}; end with Ctrl-C")
    typer.echo(f"for the teacher: {where}teacher" + ("" if teacher_token else f", token {token}"))
    run(app(settings), host, port, proxy)
