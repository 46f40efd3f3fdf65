"""uvicorn with what it lacks: connections that do not come to the point are closed."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long the head of a request may take to arrive, from the beginning of the connection or the last response."""

HEAD_BYTES = 16_384
CONNECTIONS = 1000


class PromptProtocol(H11Protocol):
    """HTTP/1.1 whose clients must finish a request's head in time, however slowly they trickle."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if self._deadline is None and self._is_idle:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_late)
        super().data_received(data)
        if not self._is_idle:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self._is_idle and not self.transport.is_closing():
            self.transport.abort()


def serve(app: Any, host: str, port: int, proxy: str | None) -> None:
    """Serve until interrupted.  Behind a ``proxy`` the address of a client is what that says it is."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PromptProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy or "",
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    uvicorn.Server(config).run()
