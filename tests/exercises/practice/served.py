"""The practice page served for tests: a server in a process of its own, and a visitor without a browser."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from symnet.exercises.make import variant
from symnet.exercises.variant import Choice, Formula, Part, Shape, Value
from symnet.render.display import Node, Relation
from symnet.render.latex import latex

TEACHER = "a token of the tests"
IDLE_SECONDS = 8.0


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """``symnet serve`` in a process of its own."""

    folder: Path
    database: Path
    port: int = field(default_factory=free_port)
    workers: int = 1
    variants: int = 1
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "symnet", "serve", str(self.folder), "--port", str(self.port)]
        command += ["--database", str(self.database), "--teacher-token", TEACHER]
        command += ["--workers", str(self.workers), "--variants", str(self.variants)]
        with (self.database.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the server did not start: {self.log[-2000:]}")

    @property
    def log(self) -> str:
        """What the server printed."""
        return (self.database.parent / "server.log").read_text()

    def kill(self) -> None:
        """Kill it without a warning (``kill -9``)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@contextlib.contextmanager
def served(folder: Path, database: Path, **options: int) -> Iterator[Server]:
    """A server that is ended afterwards."""
    server = Server(folder, database, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    def forms(self) -> dict[str, dict[str, str]]:
        """The hidden fields of each form, by where it is sent to."""
        found = {}
        for form in re.finditer(r'<form method="post" action="([^"]*)"(.*?)</form>', self.text, re.DOTALL):
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2])
            found[unescape(form[1])] = {name: unescape(value) for name, value in fields}
        return found

    def said(self, label: str) -> str:
        """The verdict on a part, in plain letters."""
        found = re.search(rf'id="said-{label}"[^>]*>(.*?)</section>', self.text, re.DOTALL)
        return " ".join(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", found[1] if found else "", flags=re.DOTALL).split())


class Visitor:
    """Somebody with cookies and no script, who keeps a connection open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request, and its reply; a connection that the server closed meanwhile is opened again."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        body = None
        if fields is not None:
            body = urlencode(fields)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()  # as browsers do, before the server does
        for is_last in (False, True):
            connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self._connection = connection
            try:
                connection.request(method, path, body, sent)
                response = connection.getresponse()
                text = response.read().decode()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if is_last or method == "POST":
                    raise
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self._used = time.monotonic()
        if response.headers.get("Connection") == "close":
            self.close()
        return Reply(response.status, response.headers, text)

    def get(self, path: str) -> Reply:
        """A page."""
        return self.ask("GET", path)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """A form sent."""
        return self.ask("POST", path, fields, {name.replace("_", "-"): value for name, value in headers.items()})

    def answer(self, name: str, label: str, text: str) -> Reply:
        """An exercise opened, one of its questions answered, and the page that this leads to."""
        path = f"/exercise/{name}/{label}"
        fields = self.get(f"/exercise/{name}").forms()[path]
        reply = self.post(path, {**fields, "answer": text, "do": "mark"})
        return self.get(f"/exercise/{name}") if reply.status == 303 else reply

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def right_answer(name: str, seed: int, label: str) -> str:
    """A right answer to a question of a template that ships."""
    return right(next(part for part in variant(name, seed).parts if part.label == label))


def right(part: Part) -> str:
    """A right answer as a student writes it."""
    match part.answer:
        case Value(exact=exact):
            return str(exact) if exact.is_Rational else f"{float(exact):.10g}"
        case Shape(rows=rows, columns=columns):
            return f"{rows} x {columns}"
        case Choice() as choice:
            return str(choice.right + 1)
        case Formula():
            node = next(piece for piece in part.short if isinstance(piece, Node))
            return latex(node.operands[-1] if isinstance(node, Relation) else node)


def quiet() -> None:
    """Be nice to others who use this machine."""
    os.nice(15)
