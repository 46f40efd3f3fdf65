"""What stands before every request: limits of size, time and rate, no posts from other sites, strict headers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from symnet.exercises.practice.rates import Rate

BODY_BYTES = 16_384
BODY_SECONDS = 10.0
"""How large a request may be, and how long it may take to arrive."""

SEND_SECONDS = 30.0
"""How long a client may take for a piece of a response."""

PATH = 400
"""Characters of a path; no link of the page is longer."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send "Origin: null" with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is answered with this status and one sentence."""

    def __init__(self, status: int, sentence: str, retry: float = 0.0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry = status, sentence, retry


class Guard:
    """ASGI middleware; an address may make ``rate`` requests."""

    def __init__(self, app: ASGIApp, rate: Rate) -> None:
        self._app, self._rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            self._check(scope)
            body = b"" if scope["method"] in ("GET", "HEAD") else await _body(scope, receive)
        except Refused as refused:
            headers = {"Connection": "close"}
            if refused.retry:
                headers["Retry-After"] = str(int(refused.retry) + 1)
            await PlainTextResponse(refused.sentence, refused.status, headers)(scope, receive, sent)
            return
        await self._app(scope, _received(body, receive), sent)

    def _check(self, scope: Scope) -> None:
        wait = self._rate.wait((scope.get("client") or ("",))[0], time.monotonic())
        if wait:
            raise Refused(429, "Too many requests; wait a moment.", wait)
        if len(scope["path"]) > PATH:
            raise Refused(414, "There is no such page.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise Refused(405, "Pages are read (GET) and forms are sent (POST).")
        if scope["method"] == "POST":
            _same_site(Headers(scope=scope))


def _same_site(headers: Headers) -> None:
    """A browser says where a form came from; what comes from another site is refused whatever token it holds."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "This form was sent from another site.")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != headers.get("host", "").casefold():
        raise Refused(403, "This form was sent from another site.")


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The body, whole.  Raises Refused for one that is too large, too slow, or no form."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_BYTES:
        raise Refused(413, f"An answer has at most {BODY_BYTES:,} bytes.")
    if headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/x-www-form-urlencoded":
        raise Refused(415, "A form is expected (application/x-www-form-urlencoded).")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "The request ended early.")
                body += message.get("body", b"")
                if len(body) > BODY_BYTES:
                    raise Refused(413, f"An answer has at most {BODY_BYTES:,} bytes.")
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise Refused(408, f"The request took longer than {BODY_SECONDS:g} s to arrive.") from None


def _received(body: bytes, receive: Receive) -> Receive:
    """Hands the body on, whole."""
    handed = False

    async def received() -> Message:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return received
