"""Cookies and form tokens: random, signed with a secret of the database, compared in constant time.

A form's token says what it is for and who it was given to; it holds for a day and answers one question once.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

TOKEN_SECONDS = 24 * 3600.0
"""How long a form can be sent."""

_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{27})")
_TOKEN = re.compile(r"(\d{1,12})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{27})")


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes and checks what is signed with ``secret``."""

    secret: bytes

    def new_cookie(self) -> str:
        """A new student's cookie."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._mac('cookie', name)}"

    def key(self, cookie: str | None) -> bytes | None:
        """The key that the holder of this cookie is kept under; None if it was not made here."""
        found = _COOKIE.fullmatch(cookie or "")
        if found is None or not hmac.compare_digest(found[2], self._mac("cookie", found[1])):
            return None
        return sha256(found[1].encode()).digest()

    def token(self, key: bytes, purpose: str, now: float) -> str:
        """A form's token."""
        issued, once = str(int(now)), secrets.token_urlsafe(12)
        return f"{issued}.{once}.{self._mac('form', key.hex(), purpose, issued, once)}"

    def once(self, token: str, key: bytes, purpose: str, now: float) -> bytes | None:
        """The number of the form that a token stands in; None if it is not valid for this holder and purpose now."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        issued, once, mac = found.groups()
        if not hmac.compare_digest(mac, self._mac("form", key.hex(), purpose, issued, once)):
            return None
        if not -60 <= now - int(issued) <= TOKEN_SECONDS:
            return None
        return sha256(token.encode()).digest()[:16]

    def number(self, key: bytes, of: str) -> int:
        """A number that belongs to a student, the same every time."""
        return int.from_bytes(hmac.digest(self.secret, b"number\0" + key + of.encode(), "sha256")[:8], "big")

    def _mac(self, *parts: str) -> str:
        digest = hmac.digest(self.secret, "\0".join(parts).encode(), "sha256")
        return urlsafe_b64encode(digest[:20]).decode().rstrip("=")
