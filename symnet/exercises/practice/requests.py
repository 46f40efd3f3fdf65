"""Requests of the page: who sends them, what a form holds, and whether its token is right."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from symnet.exercises.practice.guard import Refused
from symnet.exercises.practice.site import Site, Student

COOKIE = "symnet"
COOKIE_SECONDS = 180 * 24 * 3600
FIELDS = 20


def site_of(request: Request) -> Site:
    """What requests share."""
    site: Site = request.app.state.site
    return site


async def student_of(request: Request) -> tuple[Student, str | None]:
    """Who sends it, and the new cookie of someone who had none."""
    site, cookie = site_of(request), request.cookies.get(COOKIE)
    key = site.signer.key(cookie)
    if key is not None:
        known = key
        return Student(key, await site.keeper(lambda store: store.known(known))), None
    cookie = site.signer.new_cookie()
    key = site.signer.key(cookie)
    assert key is not None
    return Student(key, None), cookie


def with_cookie(request: Request, response: Response, cookie: str | None) -> Response:
    """The response, with the cookie if it is new.

    It goes along with a link from a course's page (lax), which posts from there do not get.
    """
    if cookie is not None:
        response.set_cookie(
            COOKIE, cookie, COOKIE_SECONDS, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
    return response


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, by name.  Raises Refused for what is no form of ours."""
    try:
        body = (await request.body()).decode("utf-8")
        pairs = parse_qsl(
            body, keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=FIELDS
        )
    except ValueError:
        raise Refused(400, "The form could not be read.") from None
    return dict(pairs)


def checked(request: Request, student: Student, form: Mapping[str, str], purpose: str) -> bytes:
    """The number of the form.  Raises Refused where its token is not for this student and purpose, or too old."""
    once = site_of(request).signer.once(form.get("token", ""), student.key, purpose, time.time())
    if once is None:
        raise Refused(
            403,
            "This form is not valid for you any more (it is a day old, or cookies are off). "
            "Go back, load the page again, and send your answer once more.",
        )
    return once
