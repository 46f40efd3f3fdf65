"""The application: routes, errors, and what is started and ended with the server."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from symnet.errors import SymnetError
from symnet.exercises.practice import pages, student, teacher
from symnet.exercises.practice.guard import Guard, Refused
from symnet.exercises.practice.pool import Busy, Pool
from symnet.exercises.practice.rates import Rate
from symnet.exercises.practice.sheets import Sheets, build
from symnet.exercises.practice.shelf import Shelf
from symnet.exercises.practice.site import Site
from symnet.exercises.practice.store import Keeper, Store
from symnet.exercises.practice.tokens import Signer

ADDRESS_RATE = (200.0, 1000.0)
"""Requests a second, and at once, from one address: a class may sit behind one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a site is made of.  ``is_warm``: variants are made beforehand."""

    shelf: Shelf
    database: Path
    teacher_token: str
    workers: int
    variants: int = 20
    is_warm: bool = True


def app(settings: Settings) -> Starlette:
    """The application; its workers and its database are opened when the server starts."""

    @contextlib.asynccontextmanager
    async def lifespan(running: Starlette) -> AsyncIterator[None]:
        store = Store(settings.database)
        signer = Signer(store.secret("signing", secrets.token_bytes(32)))
        keeper, pool = Keeper(store), Pool(settings.workers)
        sheets = Sheets(settings.database.with_suffix(".sheets"), build())
        preparing: asyncio.Task[None] | None = None
        try:
            pool.start()
            running.state.site = Site(settings.shelf, keeper, sheets, pool, signer, settings.variants)
            running.state.teacher = sha256(settings.teacher_token.encode()).digest()
            if settings.is_warm:
                preparing = asyncio.create_task(running.state.site.prepare())
            yield
        finally:
            if preparing is not None:
                preparing.cancel()
            await pool.close()
            keeper.close()
            sheets.close()

    style, script = pages.style(), pages.script()

    async def page_css(_: Request) -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    async def page_js(_: Request) -> Response:
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"})

    async def icon(_: Request) -> Response:
        return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    async def robots(_: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    return Starlette(
        routes=[
            *student.ROUTES,
            *teacher.ROUTES,
            Route("/page.css", page_css, methods=["GET"]),
            Route("/page.js", page_js, methods=["GET"]),
            Route("/icon.svg", icon, methods=["GET"]),
            Route("/robots.txt", robots, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, rate=Rate(*ADDRESS_RATE))],
        exception_handlers={Refused: _refused, SymnetError: _refused, HTTPException: _refused, 500: _refused},
        lifespan=lifespan,
    )


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#0072b2"/>'
    '<path d="M5 11.5 8 4.5l3 7" fill="none" stroke="#fff" stroke-width="1.6"/></svg>'
)


async def _refused(request: Request, error: Exception) -> Response:
    """One sentence, as a page or as JSON, and never where in the program it went wrong."""
    headers: dict[str, str] = {}
    match error:
        case Refused(status=status, sentence=said, retry=retry):
            headers = {"Retry-After": str(int(retry) + 1)} if retry else {}
        case HTTPException(status_code=status):
            said = "There is no such page." if status == 404 else "This cannot be done here."
        case Busy():
            status, said, headers = 503, "The server is busy; load the page again in a moment.", {"Retry-After": "2"}
        case SymnetError():
            status, said = 500, f"This page cannot be shown: {error}."
        case _:
            status, said = 500, "Something went wrong on this page. What was sent before is kept."
    if request.url.path.endswith("/read"):
        return JSONResponse({"letters": "", "readings": [], "said": said}, status, headers)
    response = pages.page("refused", status, said=said)
    response.headers.update(headers)
    return response
