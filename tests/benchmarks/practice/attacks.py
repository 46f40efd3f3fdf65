"""What each attack on the practice page got, as a table; the server must answer an honest student throughout."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from symnet.exercises.template import read
from tests.benchmarks.practice.session import HOSTILE
from tests.exercises.practice.served import TEACHER, Server, Visitor, right_answer, served

NEURON, PARTIAL = "forward-neuron", "partial-neuron"
FORM = "application/x-www-form-urlencoded"

Row = tuple[str, str, str, bool]
"""What was tried, how, what it got, and whether that is as it should be."""


class Attacker:
    """One who knows the page, and has a cookie of his own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.visitor = Visitor(server.port)

    def fields(self, name: str = NEURON, label: str = "a") -> dict[str, str]:
        """A form of his own."""
        return self.visitor.get(f"/exercise/{name}").forms()[f"/exercise/{name}/{label}"]

    def post(self, text: str, name: str = NEURON, fields: dict[str, str] | None = None, **headers: str) -> int:
        """The status of an answer."""
        sent = {**(fields or self.fields(name)), "answer": text, "do": "mark"}
        return self.visitor.post(f"/exercise/{name}/a", sent, **headers).status

    def raw(self, data: bytes, seconds: float = 5.0) -> str:
        """What comes back for bytes: the status line, or that the connection was closed."""
        with socket.create_connection(("127.0.0.1", self.server.port), seconds) as connection:
            try:
                connection.sendall(data)
                reply = connection.recv(200)
            except TimeoutError:
                return "no reply"
            except OSError:
                return "closed"
        return reply.partition(b"\r\n")[0].decode("latin-1").removeprefix("HTTP/1.1 ") or "closed"

    def kept(self, like: str) -> int:
        """How many answers like this are in the database."""
        with sqlite3.connect(self.server.database) as db:
            (count,) = db.execute("SELECT count(*) FROM attempts WHERE answer LIKE ?", (like,)).fetchone()
            return int(count)


def run(folder: Path) -> None:
    """Attack a server, and print the table."""
    offered = folder / "exercises"
    offered.mkdir()
    for name in (NEURON, PARTIAL):
        (offered / f"{name}.toml").write_text(read(name).text, "utf-8")
    with served(offered, folder / "practice.sqlite", workers=2) as server:
        attacker = Attacker(server)
        attacker.visitor.get(f"/exercise/{NEURON}")
        rows = [row for campaign in CAMPAIGNS for row in campaign(attacker)]
        rows += _alive(server)
        log = server.log
    print("| attack | how | what it got | |\n|---|---|---|---|")
    for what, how, got, is_right in rows:
        print(f"| {what} | {how} | {got} | {'as it should be' if is_right else 'WRONG'} |")
    print(
        f"\n{sum(row[3] for row in rows)} of {len(rows)} as they should be; {log.count('Traceback')} tracebacks logged"
    )


def _forged(attacker: Attacker) -> Iterator[Row]:
    """Posts from elsewhere, and tokens that are not one's own."""
    for how, headers in (
        ("Origin of another site", {"Origin": "https://elsewhere.example"}),
        ("Origin null", {"Origin": "null"}),
        ("Sec-Fetch-Site: cross-site", {"Sec_Fetch_Site": "cross-site"}),
        ("Sec-Fetch-Site: same-site", {"Sec_Fetch_Site": "same-site"}),
    ):
        status = attacker.post("111", **headers)
        yield "cross-site post", how, str(status), status == 403
    yield "cross-site post", "kept in the database", str(attacker.kept("111")), attacker.kept("111") == 0
    other = Attacker(attacker.server)
    other.visitor.get(f"/exercise/{NEURON}")
    fields = other.fields()
    for how, sent in (
        ("token of another student", fields),
        ("no token", {"seed": fields["seed"]}),
        ("token with one letter changed", {**attacker.fields(), "token": attacker.fields()["token"][:-1] + "!"}),
        ("token of another question", attacker.fields(NEURON, "b")),
        ("token for another variant", {**attacker.fields(), "seed": "999"}),
        ("token of a help button", attacker.visitor.get(f"/exercise/{NEURON}").forms()[f"/exercise/{NEURON}/a/help"]),
    ):
        status = attacker.post("222", fields=sent)
        yield "token", how, str(status), status == 403
    fields = attacker.fields()
    statuses = [attacker.post("333", fields=fields) for _ in range(3)]
    kept = attacker.kept("333")
    yield "token", "the same form sent three times", f"{statuses}, kept {kept}", kept == 1
    fresh = Visitor(attacker.server.port)
    fresh.cookies["symnet"] = "A" * 22 + "." + "B" * 27
    fresh.get("/")
    yield "cookie", "one that was not made here", "replaced", not fresh.cookies["symnet"].startswith("AAAA")
    fresh.cookies.clear()
    status = fresh.post(f"/exercise/{NEURON}/a", {**attacker.fields(), "answer": "444"}).status
    yield "cookie", "none, with a token", str(status), status == 403


def _answers(attacker: Attacker) -> Iterator[Row]:
    """Script, code and controls in answers."""
    time.sleep(20)  # the attacker's rate
    for text in HOSTILE:
        page = attacker.visitor.answer(PARTIAL, "a", text)
        said = page.said("a")[:40]
        is_right = page.status == 200 and not any(bad in page.text for bad in ("<img", "<script>"))
        yield "hostile answer", f"`{text[:30].replace('|', '')}`", f"{page.status}: {said}", is_right
    teacher = Visitor(attacker.server.port)
    fields = teacher.get("/teacher").forms()["/teacher"]
    teacher.post("/teacher", {**fields, "teacher": TEACHER})
    page = teacher.get("/teacher").text
    yield "hostile answer", "seen by the teacher", "escaped", "<img" not in page and "&lt;img" in page
    attacker.visitor.answer(PARTIAL, "a", "=cmd()!A1")
    export = teacher.get("/teacher/attempts.csv").text
    yield "hostile answer", "a spreadsheet's formula in the CSV", "quoted", "'=cmd()!A1" in export
    exists = Path("owned").exists()
    yield "hostile answer", "code was executed", str(exists), not exists


def _paths(attacker: Attacker) -> Iterator[Row]:
    """Paths that lead elsewhere."""
    for path in (
        "/exercise/../../etc/passwd",
        "/exercise/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/exercise/..%5c..%5cwindows",
        "/exercise/forward-neuron.toml",
        "/exercise/forward-neuron%00",
        "/page.css/../../pyproject.toml",
        "/exercise/" + "a" * 5000,
        "//elsewhere.example/",
        "/exercise/%ff%fe",
    ):
        got = attacker.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield "path", f"`{path[:48]}`", got, got[:3] in ("404", "414", "400")


def _malformed(attacker: Attacker) -> Iterator[Row]:
    """Bodies, heads and methods that are too large or no HTTP."""

    def post(head: str, body: bytes = b"", path: str = f"/exercise/{NEURON}/a") -> str:
        return attacker.raw(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + body)

    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    tried: tuple[tuple[str, str, Callable[[], str], tuple[str, ...]], ...] = (
        (
            "oversized",
            "Content-Length of 10 GB",
            lambda: post(f"Content-Type: {FORM}\r\nContent-Length: 10000000000"),
            ("413",),
        ),
        ("oversized", "an answer of 20,000 characters", lambda: str(attacker.post("7" * 20_000)), ("413",)),
        (
            "oversized",
            "chunks without end",
            lambda: post(f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked", chunk * 3),
            ("413", "closed"),
        ),
        (
            "oversized",
            "a head of 64 kB",
            lambda: attacker.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 65_536),
            ("400", "clo", "431"),
        ),
        (
            "oversized",
            "1,000 fields",
            lambda: str(attacker.visitor.post(f"/exercise/{NEURON}/a", {f"f{k}": "" for k in range(1000)}).status),
            ("400",),
        ),
        ("oversized", "an answer of 4,001 characters", lambda: str(attacker.post("7" * 4_001)), ("422",)),
        (
            "malformed",
            "bytes that are no UTF-8",
            lambda: post(f"Content-Type: {FORM}\r\nContent-Length: 13", b"answer=%ff%fe"),
            ("400", "403"),
        ),
        ("malformed", "JSON", lambda: post("Content-Type: application/json\r\nContent-Length: 2", b"{}"), ("415",)),
        (
            "malformed",
            "multipart",
            lambda: post("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2", b"--"),
            ("415",),
        ),
        (
            "malformed",
            "two lengths (smuggling)",
            lambda: post(f"Content-Type: {FORM}\r\nContent-Length: 1\r\nContent-Length: 9", b"a=1"),
            ("400",),
        ),
        (
            "malformed",
            "length and chunks (smuggling)",
            lambda: post(f"Content-Type: {FORM}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
            ("400", "403"),
        ),
        (
            "malformed",
            "no HTTP at all",
            lambda: attacker.raw(b"\x16\x03\x01\x02\x00\x01\x00" * 9 + b"\r\n\r\n"),
            ("400", "clo"),
        ),
        ("method", "PUT", lambda: attacker.raw(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), ("405",)),
        ("method", "TRACE", lambda: attacker.raw(b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), ("405",)),
        (
            "method",
            "an upgrade to a web socket",
            lambda: attacker.raw(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
            ("200",),
        ),
    )
    for what, how, attack, expected in tried:
        got = attack()
        yield what, how, got, got.startswith(expected)


def _slow(attacker: Attacker) -> Iterator[Row]:
    """Requests that arrive by drops, connections that do nothing, and a reader that does not read."""
    head = (
        f"POST /exercise/{NEURON}/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: 900\r\n\r\n"
    )
    found: dict[str, tuple[str, float]] = {}

    def drip(what: str, first: bytes, drop: bytes) -> None:
        start = time.perf_counter()
        with socket.create_connection(("127.0.0.1", attacker.server.port), 1) as connection:
            connection.sendall(first)
            got = ""
            while time.perf_counter() - start < 40 and not got:
                try:
                    connection.sendall(drop)
                    got = connection.recv(200).partition(b"\r\n")[0].decode() or "closed"
                except TimeoutError:
                    continue
                except OSError:
                    got = "closed"
        found[what] = got or "still open", time.perf_counter() - start

    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", attacker.server.port), 2))
        threads = [
            threading.Thread(target=drip, args=("a head, a letter a second", b"GET / HTTP/1.1\r\nX: ", b"a")),
            threading.Thread(target=drip, args=("a body, a letter a second", head.encode(), b"a")),
            threading.Thread(target=drip, args=("nothing at all", b"", b"")),
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        start = time.perf_counter()
        status = Visitor(attacker.server.port).get("/").status
        seconds = time.perf_counter() - start
        yield (
            "slow",
            "300 idle connections, meanwhile a page",
            f"{status} after {seconds:.2f} s",
            status == 200 and seconds < 2,
        )
        for thread in threads:
            thread.join()
    for how, (got, seconds) in found.items():
        yield "slow", how, f"{got} after {seconds:.0f} s", got != "still open" and seconds < 20


def _expensive(attacker: Attacker) -> Iterator[Row]:
    """Answers made to take long, from many students at once, while an honest one works."""
    heavy = "(" + "+".join(f"exp(x1*{k})*(w1*x1+w2*x2+b-y)**{k % 9 + 2}" for k in range(60)) + ")"

    def attack() -> None:
        one = Attacker(attacker.server)
        one.visitor.get(f"/exercise/{PARTIAL}")
        for _ in range(3):
            with contextlib.suppress(OSError):
                one.post(heavy[:3900], PARTIAL)

    threads = [threading.Thread(target=attack) for _ in range(4)]
    for thread in threads:
        thread.start()
    honest, times = Visitor(attacker.server.port), []
    for _ in range(5):
        start = time.perf_counter()
        seed = int(honest.get(f"/exercise/{NEURON}").forms()[f"/exercise/{NEURON}/a"]["seed"])
        said = honest.answer(NEURON, "a", right_answer(NEURON, seed, "a")).said("a")
        times.append(time.perf_counter() - start)
        time.sleep(1)
    for thread in threads:
        thread.join()
    got = f"{said[:7]}, {max(times):.1f} s at most"
    yield (
        "expensive",
        "4 students send the longest answers; an honest one meanwhile",
        got,
        said.startswith("✓") and max(times) < 15,
    )


def _often(attacker: Attacker) -> Iterator[Row]:
    """More than anybody types."""
    one = Attacker(attacker.server)
    one.visitor.get(f"/exercise/{NEURON}")
    statuses = [one.post(str(k)) for k in range(40)]
    limited = statuses.count(429)
    yield "often", "40 answers at once", f"{statuses.count(303)} taken, {limited} times 429", limited >= 10
    fields = one.visitor.get("/teacher").forms()["/teacher"]
    statuses = [one.visitor.post("/teacher", {**fields, "teacher": f"guess {k}"}).status for k in range(14)]
    yield (
        "teacher",
        "14 guesses of the token",
        f"{statuses.count(403)} times 403, {statuses.count(429)} times 429",
        statuses[-1] == 429,
    )
    one.visitor.cookies["symnet-teacher"] = "a" * 32
    status = one.visitor.get("/teacher/attempts.csv").status
    yield "teacher", "CSV with a cookie of one's own making", str(status), status == 403


def _alive(server: Server) -> Iterator[Row]:
    visitor = Visitor(server.port)
    seed = int(visitor.get(f"/exercise/{NEURON}").forms()[f"/exercise/{NEURON}/a"]["seed"])
    said = visitor.answer(NEURON, "a", right_answer(NEURON, seed, "a")).said("a")
    yield "after all this", "an honest answer", said[:7], said.startswith("✓ Right")


CAMPAIGNS = (_forged, _paths, _malformed, _slow, _answers, _expensive, _often)
