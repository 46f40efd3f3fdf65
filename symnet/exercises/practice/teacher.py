"""The pages of the teacher, behind a token: how each question went, and all attempts as CSV."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from symnet.exercises.practice.figures import CHUNK, csv_lines, figures
from symnet.exercises.practice.guard import Refused
from symnet.exercises.practice.pages import page
from symnet.exercises.practice.requests import checked, form_of, site_of, student_of, with_cookie
from symnet.exercises.practice.site import Site
from symnet.exercises.practice.store import Store

COOKIE = "symnet-teacher"
SECONDS = 12 * 3600.0
"""How long a teacher stays signed in."""

FAILURE_SECONDS = 0.5
"""A wrong token is answered no sooner."""


async def overview(request: Request) -> Response:
    """The figures, or the form that asks for the token."""
    site = site_of(request)
    student, cookie = await student_of(request)
    if not await _is_admitted(request, site):
        return with_cookie(request, page("signin", said="", token=_token(site, student.key, "sign in")), cookie)
    found = await site.keeper(lambda store: figures(store, site.shelf))
    shown = page("teacher", figures=found, ended=site.pool.ended, token=_token(site, student.key, "sign out"))
    return with_cookie(request, shown, cookie)


async def sign_in(request: Request) -> Response:
    """The token is given."""
    site = site_of(request)
    student, _ = await student_of(request)
    form = await form_of(request)
    checked(request, student, form, "sign in")
    address = request.client.host if request.client else ""
    given = form.get("teacher", "")
    if not hmac.compare_digest(sha256(given.encode()).digest(), request.app.state.teacher):
        wait = site.guesses.wait(address, time.monotonic())
        if wait:
            raise Refused(429, "Too many wrong tokens; wait a moment.", wait)
        await asyncio.sleep(FAILURE_SECONDS)
        said = "That is not the token that the server was started with."
        return page("signin", 403, said=said, token=_token(site, student.key, "sign in"))
    key, now = secrets.token_urlsafe(24), time.time()
    await site.keeper(lambda store: store.admit(_digest(request, key), now, now + SECONDS))
    response = RedirectResponse("/teacher", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, key, int(SECONDS), path="/teacher", httponly=True, samesite="strict", secure=secure)
    return response


async def sign_out(request: Request) -> Response:
    """The teacher leaves."""
    site = site_of(request)
    student, _ = await student_of(request)
    checked(request, student, await form_of(request), "sign out")
    key = _digest(request, request.cookies.get(COOKIE, ""))
    await site.keeper(lambda store: store.dismiss(key))
    response = RedirectResponse("/teacher", 303)
    response.delete_cookie(COOKIE, path="/teacher")
    return response


async def attempts(request: Request) -> Response:
    """All attempts as CSV."""
    site = site_of(request)
    if not await _is_admitted(request, site):
        raise Refused(403, "Sign in first.")

    async def lines() -> AsyncIterator[str]:
        yield "\ufeff"  # spreadsheets take it for a sign of UTF-8
        found = await site.keeper(lambda store: store.attempts(0, CHUNK))
        yield csv_lines(found, header=True)
        while len(found) == CHUNK:
            found = await site.keeper(partial(Store.attempts, after=found[-1][0], most=CHUNK))
            yield csv_lines(found, header=False)

    headers = {"Content-Disposition": 'attachment; filename="attempts.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


async def _is_admitted(request: Request, site: Site) -> bool:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return False
    key = _digest(request, cookie)
    return await site.keeper(lambda store: store.admitted(key, time.time()))


def _digest(request: Request, key: str) -> bytes:
    """What a teacher's cookie is kept under; with another token nobody is signed in any more."""
    token: bytes = request.app.state.teacher
    return sha256(token + key.encode()).digest()


def _token(site: Site, key: bytes, purpose: str) -> str:
    return site.signer.token(key, purpose, time.time())


ROUTES = [
    Route("/teacher", overview, methods=["GET"]),
    Route("/teacher", sign_in, methods=["POST"]),
    Route("/teacher/leave", sign_out, methods=["POST"]),
    Route("/teacher/attempts.csv", attempts, methods=["GET"]),
]
