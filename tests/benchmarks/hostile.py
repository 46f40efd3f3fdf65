r"""Hostile answers under an audit hook:  python -m tests.benchmarks.hostile [--count 10000] [--workers 2]

Mutations of the answers of ``tests/check/cases.jsonl`` and 100 chosen texts are checked as answers (read, decided,
diagnosed), each after a warm-up, and everything that Python audits is looked at meanwhile.

Recorded is every event of ``exec``, ``compile``, ``open``, ``import``, code objects, ``os.*``, ``subprocess.*``,
``socket.*``, ``ctypes.*``, ``pickle.*`` and the like that happens during a check.  Allowed are ``object.*`` and
``sys._getframe`` and the like alone, which reach nothing outside and run nothing.  The warm-up is the only exemption:
before it, symnet and sympy load modules of their own when they are first needed, whatever the text; with ``--strict``
only one answer warms up, so that such loading shows in the table and can be told from what a text brings about.
"""

# ruff: noqa: E501  (the texts stand one beside the other)

from __future__ import annotations

import argparse
import multiprocessing
import re
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from types import FrameType
from typing import Any

from symnet.check.verdict import check
from tests.benchmarks.answers import CASES, Case, verdict, warm
from tests.check.answers import declared

SECONDS = 2.0
STOPPED = 20.0
"""A check that has not ended after so long is interrupted, and counts as hanging."""

WATCHED = (
    *("exec", "compile", "open", "import", "code.__new__", "function.__new__", "marshal.", "pickle.", "ctypes."),
    *("os.", "subprocess.", "socket.", "shutil.", "tempfile.", "pty.", "urllib.", "http.", "glob.", "mmap."),
    *("webbrowser.", "sqlite3.", "builtins.input", "builtins.breakpoint", "cpython.run", "fcntl.", "ftplib."),
)

LATEX = (
    *(r"\input{/etc/passwd}", r"\include{x}", r"\write18{id}", r"\immediate\write18{id}", r"\def\a{\a\a}\a"),
    *(r"\newcommand{\x}{\x}", r"\csname", r"\endcsname", r"\catcode`\%=0", r"\openin", r"\read", r"\loop\repeat"),
    *(r"\frac", r"\frac{}{}", r"\sqrt", r"\sum_", r"\sum_{i=1}^{", r"\left(", r"\right)", r"\begin{cases}", r"\\", "&"),
    *(r"\end{cases}", r"\operatorname{__import__}", r"\mathrm{os}", r"\odot", r"\top", r"\partial", r"\hat", r"\bar"),
    *(r"\text{x}", r"\,", r"\exp", r"\log", r"\max", r"\prod", r"\int", r"\delta_{ij}", r"\nabla", r"\mathbb{1}[", "$"),
)
PYTHON = (
    *(
        "__import__('os').system('x')",
        "__class__",
        ".__subclasses__()",
        "exec('1')",
        "eval('1')",
        "open('/etc/passwd')",
    ),
    *("lambda: 0", "[x for x in y]", "import os", "9**9**9**9", "1e999", "0x1F", "'a'*9", "f'{x}'", "x if y else z"),
    *("Sum(1,(i,1,10**9))", "np.load('x')", "np.random.rand()", "Piecewise((1, x>0),(0,True))", "x[10**9]", "x[-1]"),
    *(
        "(:=",
        "**",
        "//0",
        "%",
        "@",
        ".T",
        ".T.T",
        "np.dot(",
        "*args",
        "yield",
        "await x",
        ";",
        "\n",
        "# x",
        "\\\n",
        "...",
    ),
    *("Max(", "exp(exp(exp(x)))", "log(0)", "1/0", "0/0", "zoo", "nan", "oo", "I", "E", "pi", "None", "True", "S(1)"),
)
CHARACTERS = (
    *("\x00", "\x01", "\x07", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\u200b", "\u200d", "\u200e", "\u200f", "\u202a"),
    *("\u202e", "\u2066", "\u2069", "\ufeff", "\u2028", "\u0301", "\u0302", "\u0338", "\u20d7", "\ud800", "\udfff"),
    *("\U0001f600", "\U0001d465", "\u0445", "\uff38", "\u0660", "\u00b2", "\u2032", "\u2211", "\u2202", "\ufffd"),
    *("(", ")", "[", "]", "{", "}", "^", "_", "'", "|", "‖", "\\", "/", "*", "+", "-", "=", "<", ",", ".", "!", " ", "\t"),
    *("0", "9", "x", "y", "i", "n", "\"", "%", "#", "~", "`", "$", "&", "\r"),
)  # fmt: skip


def _deep(before: str, inner: str, after: str, times: int) -> str:
    return before * times + inner + after * times


CHOSEN: tuple[str, ...] = (
    # names and code
    "__import__('os').system('x')", "__import__('os').system('touch hacked')", "__builtins__", "__class__",
    "x.__class__.__bases__[0].__subclasses__()", "().__class__.__mro__[1]", "x_1.__init__.__globals__", "__name__",
    "eval('1+1')", "exec('import os')", "compile('1','','eval')", "open('/etc/passwd').read()", "globals()", "vars()",
    "getattr(x, '__class__')", "breakpoint()", "exit()", "quit()", "input()", "print(1)", "help()", "type(x)",
    "lambda: 0", "(lambda f: f(f))(lambda f: f(f))", "[x for x in range(10**9)]", "import os", "from os import *",
    "sum(1 for i in range(10**12))", "f'{__import__(\"os\")}'", "(x := 1)", "await x", "yield x", "x; y", "del x",
    "np.load('/etc/passwd', allow_pickle=True)", "np.fromfile('/dev/zero')", "os.system('id')", "sympify('x')",
    "np.zeros((10**9,10**9))", "np.ones(10**12)", "np.random.rand(10**9)", "np.linalg.inv(W)", "S('x')",
    # large numbers
    "9**9**9**9", "9^{9^{9^9}}", "x_1**(10**10)", "x_1^{99999999999}", "2**10000000", "(1+w_1)**100000", "w_1**-9999999",
    "7" * 10_000, "0." + "3" * 10_000, "1e999999999", "1e-999999999", "x_{" + "1" * 10_000 + "}", "x[10**9]",
    "x[999999999999999999999]", r"x_{99999999999999}", "Sum(1,(i,1,10**9))", "Sum(Sum(1,(i,1,10**9)),(j,1,10**9))",
    r"\sum_{i=1}^{1000000000} 1", r"\sum_{i=1}^{n}\sum_{j=1}^{n}\sum_{k=1}^{n}\sum_{l=1}^{n} x_1^{(i)}x_1^{(j)}x_1^{(k)}x_1^{(l)}",
    r"\prod_{i=1}^{10^9} i", "factorial(10**6)", "1000000!", "exp(exp(exp(exp(exp(w_1)))))", "exp(10**10)", "1/0", "0/0",
    "0**0", "0**-1", "log(0)", "sqrt(-1)*w_1", "(-8)**(1/3)", "w_1**w_1**w_1", "zoo", "nan", "oo - oo",
    # brackets and nesting
    "(" * 100_000, "(" * 100_000 + ")" * 100_000, "{" * 100_000, "[" * 100_000 + "]" * 100_000, ")" * 100_000,
    _deep("(", "x_1", ")", 59), _deep("(", "x_1", ")", 2_000), _deep(r"\frac{1}{1+", "w_1", "}", 55),
    _deep(r"\frac{1}{1+", "w_1", "}", 900), _deep(r"\sqrt{1+", "w_1^2", "}", 55), _deep("exp(", "w_1", ")", 55),
    _deep("x_{", "1", "}", 3_000), _deep("-", "x_1", "", 2_900), _deep("np.dot(", "x", ")", 900), "w_1" + "^{2" * 50 + "}" * 50,
    # characters
    "x\u202e_1", "\x00", "x_1\x00+y", "x" + "\u0301" * 5_000, "\ufeff", "\ud800", "\u0445_1", "𝑥_1", "²" * 1_000, "",
    # TeX
    r"\input{/etc/passwd}", r"\write18{rm -rf /}", r"\def\x{\x\x}\x", r"\newcommand{\a}[1]{\a{#1}}\a{x}", "\\" * 9_999,
    "{-x_1}" * 400, "{" * 50 + "-x_1" + "}" * 50, "{}" * 4_000 + "x_1", r"\," * 4_900 + "x_1", r"\frac\," * 1_000,
    "|" + "w_1|x_1|" * 3 + "x_2|", "|w_1" * 40, "|(-|" * 20 + "w_1" + "|)|" * 20, "|-" * 20 + "|-w_1" * 20, r"|\ln x_1 w_1/x_2 w_2|x_1|\ln w_1 x_2/w_2 x_1|{-x_1}w_1", "|w_1" * 9, r"\left|" * 300,
    r"\left(" * 58 + "x_1" + r"\right)" * 58, r"\left(" * 500 + "x_1" + r"\right)" * 500, r"\left\right" * 500,
    r"\exp -\exp -\exp -\exp -x_1 w_1", r"\sum_{i=1}^{m}" * 30 + "x_1", "x_1" + "'" * 2_000, "x_1" + "^{2}" * 500,
    "x_1" + "²" * 30 + "₁" * 30, r"\begin{pmatrix}" + "x_1&" * 500 + r"x_1\end{pmatrix}", "(" + "x_1," * 2_000 + "x_1)",
    r"\csname end\endcsname", r"\begin{cases}" * 500, r"\left(" * 2_000, "$$x_1$$", r"\catcode`\_=11 x_1",
    # size
    "x_1+" * 25_000, "x" * 100_000, "(w_1+x_1)" * 300, "+".join(["w_1*x_1"] * 700), " " * 100_000, "x_1" * 3_000,
    "*".join(f"(w_1+{k})" for k in range(300)), "+".join(f"exp({k}*w_1)" for k in range(250)),
    "+".join(f"Max(0,w_1-{k})" for k in range(150)), "Max(" * 40 + "w_1" + ",w_2)" * 40,
    "Piecewise((" * 20 + "w_1" + ",w_1>0),(0,True))" * 20, "Piecewise((lambda: 0, w_1>0),(0,True))",
    "Piecewise((w_1, w_1 > w_2), (w_2, w_1 < 0), (exp(w_1), True))", "||" * 500, "|" * 1_001, "=" * 1_000,
)  # fmt: skip


def fuzzed(count: int, seed: int = 0) -> Iterator[tuple[Case, str]]:
    """Answers of the cases, each mutated one to six times."""
    for k in range(count):
        rng = Random(f"{seed} {k}")
        case = rng.choice(CASES)
        text = case["answer"]
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6))):
            text = _mutated(rng, text)
        yield case, text


def _mutated(rng: Random, text: str) -> str:
    at = rng.randint(0, len(text))
    to = min(len(text), at + rng.randint(1, 8))
    brackets = [k for k, c in enumerate(text) if c in "()[]{}"]
    digits = [k for k, c in enumerate(text) if c.isdigit()]
    match rng.randrange(12):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[to:]
        case 2:
            return text[:at] + rng.choice(CHARACTERS) * rng.choice((1, 1, 1, 2, 30)) + text[at:]
        case 3:
            return text[:at] + rng.choice(LATEX) + text[at:]
        case 4:
            return text[:at] + rng.choice(PYTHON) + text[at:]
        case 5 if brackets:
            k = rng.choice(brackets)
            return text[:k] + text[k] * rng.choice((2, 2, 3, 70)) + text[k + 1 :]
        case 6 if brackets:
            k = rng.choice(brackets)
            return text[:k] + rng.choice("()[]{}") + text[k + 1 :]
        case 7 if digits:
            k = rng.choice(digits)
            return text[:k] + rng.choice(("0", "-1", "7", "99", "123456789", "1e30", "0.5", "9" * 41)) + text[k + 1 :]
        case 8:
            return text[:at] + text[at:to] * rng.choice((2, 3, 50)) + text[to:]
        case 9:
            other: str = rng.choice(CASES)["answer"]
            start = rng.randint(0, len(other))
            return text[:at] + other[start : start + rng.randint(1, 40)] + text[at:]
        case 10:
            before, after = rng.choice((("exp(", ")"), (r"\frac{1}{", "}"), ("(", ")^{2}"), (r"\sum_i", ""), ("-", "")))
            times = rng.choice((1, 1, 2, 5, 20))
            return before * times + text + after * times
    swapped = list(text)
    if len(swapped) > 1:
        one, two = rng.randrange(len(swapped)), rng.randrange(len(swapped))
        swapped[one], swapped[two] = swapped[two], swapped[one]
    return "".join(swapped)


class Hanging(BaseException):
    """A check went on for longer than it may."""


class Recorder:
    """What Python audits while a check runs.  A hook cannot be removed, so there is one, switched on and off."""

    def __init__(self) -> None:
        self.on = False
        self.events: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or not event.startswith(WATCHED):
            return
        self.on = False
        frame: FrameType | None = sys._getframe(1)
        where: list[str] = []
        while frame is not None and len(where) < 14:
            file, _, own = frame.f_code.co_filename.rpartition("/symnet/")
            if file or len(where) < 3:
                place = f"symnet/{own}" if file else own.rpartition("-packages/")[2]
                where += [] if where and place in where[-1] else [f"{place}:{frame.f_lineno}"]
            frame = frame.f_back
        stack = " < ".join(where)
        shown = re.sub(r" at 0x\w+", "", str(arguments[:1]))[:80]
        self.events.append(f"{event} {shown} at {stack}")
        self.on = True


_recorders: list[Recorder] = []


def recorder() -> Recorder:
    """The recorder of this process."""
    if not _recorders:
        _recorders.append(Recorder())
    return _recorders[0]


def _interrupt(*_: object) -> None:
    raise Hanging


@dataclass
class Tally:
    """What happened to hostile answers."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[tuple[float, float, str]] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)
    hanging: list[str] = field(default_factory=list)
    internal: list[str] = field(default_factory=list)
    grown: int = 0
    most: list[tuple[int, str]] = field(default_factory=list)

    def one(self, case: Case, text: str, syntax: str = "auto") -> None:
        """Checks one text as an answer to the question of a case."""
        name = f"{case['network']['id']} {case['target']} {syntax} {text[:300]!r} ({len(text)} characters)"
        watch, memory = recorder(), _peak()
        network, names = declared(case["network"]["id"])
        watch.events, watch.on = [], True
        signal.setitimer(signal.ITIMER_REAL, STOPPED)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            found = check(network, case["target"], text, syntax=syntax, names=names)  # type: ignore[arg-type]
            self.statuses[found.status] += 1
            if found.status == "undecided" and found.proof and found.proof.method.endswith("while deciding"):
                self.internal.append(f"{found.proof.method}: {name}")
        except Hanging:
            self.statuses["interrupted"] += 1
        except Exception as error:
            self.statuses["crash"] += 1
            trace, last = error.__traceback__, ""
            while trace is not None:
                last, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
            self.crashes.append(f"{type(error).__name__}: {str(error)[:100]} at {last}: {name}")
        finally:
            watch.on = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        taken = (time.perf_counter() - wall, time.process_time() - cpu)
        self.seconds.append((*taken, name))
        if min(taken) > SECONDS:
            self.hanging.append(f"{taken[0]:.2f} s ({taken[1]:.2f} s of processor): {name}")
        self.events.update(watch.events)
        for event in watch.events:
            self.example.setdefault(event, name)
        self.most.append((_peak() - memory, name))

    def add(self, other: Tally) -> None:
        """Takes in what happened in another process."""
        self.statuses += other.statuses
        for mine, more in (
            (self.crashes, other.crashes),
            (self.hanging, other.hanging),
            (self.internal, other.internal),
        ):
            mine += more
        self.events += other.events
        self.example = other.example | self.example
        self.seconds += other.seconds
        self.most += other.most
        self.grown = max(self.grown, other.grown)

    def text(self, title: str) -> str:
        """The table of C4."""
        times = sorted(s for s, _, _ in self.seconds)
        rows: list[tuple[str, object]] = [
            ("checks", len(times)),
            *sorted(self.statuses.items()),
            ("exceptions out of check (crashes)", len(self.crashes)),
            ("exceptions inside decide, said as undecided", len(self.internal)),
            ("audited events caused", self.events.total()),
            (f"past {SECONDS:.0f} s", len(self.hanging)),
            (
                "median, 99 %, longest",
                " / ".join(f"{1e3 * times[int(q * (len(times) - 1))]:.0f} ms" for q in (0.5, 0.99, 1)),
            ),
            ("memory grown after warm-up, the worst process", f"{self.grown / 1024:.0f} MB"),
        ]
        lines = [f"| {title} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
        lines += [f"\nevent, {n} times: {one}: {self.example[one][:160]}" for one, n in self.events.most_common(40)]
        for what in ("crashes", "internal", "hanging"):
            lines += [f"\n{what}: {one}" for one in sorted(set(getattr(self, what)))[:40]]
        lines += [
            f"\nslow: {s:.2f} s ({c:.2f} s of processor) {name[:160]}" for s, c, name in sorted(self.seconds)[:-4:-1]
        ]
        lines += [f"\nmemory: {m / 1024:.0f} MB {name[:160]}" for m, name in sorted(self.most)[:-4:-1] if m > 8 * 1024]
        return "\n".join(lines)


def _peak() -> int:
    """The most memory this process has had, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def warmed(strict: bool = False) -> Tally:
    """An empty tally, after what this process loads when it is first needed; events until then are in it."""
    signal.signal(signal.SIGALRM, _interrupt)
    if strict:
        verdict(CASES[0])
    else:
        warm()
        for case in CASES:
            verdict(case)
    return Tally()


def chosen(tally: Tally) -> None:
    """Each chosen text, in every syntax, as an answer on one network; by itself on three more."""
    first = next(c for c in CASES if c["network"]["id"] == "SIG_BCE")
    others = [next(c for c in CASES if c["network"]["id"] == n) for n in ("RELU_Q", "VEC_MSE", "NIELSEN_Q")]
    for text in CHOSEN:
        for syntax in ("auto", "latex", "python"):
            tally.one(first, text, syntax)
        for case in others:
            tally.one(case, text)


def _part(job: tuple[int, int, int, bool, str]) -> Tally:
    count, part, parts, strict, what = job
    tally = warmed(strict)
    before = _peak()
    if what == "chosen":
        chosen(tally)
    else:
        for k, (case, text) in enumerate(fuzzed(count)):
            if k % parts == part:
                tally.one(case, text)
    tally.grown = _peak() - before
    return tally


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--strict", action="store_true", help="warm up with one answer alone")
    options = parser.parse_args()
    parts = options.workers
    context = multiprocessing.get_context("spawn")
    with context.Pool(parts, maxtasksperchild=1) as pool:
        mine = pool.apply_async(_part, ((0, 0, 1, options.strict, "chosen"),))
        jobs = [(options.count, part, parts, options.strict, "fuzzed") for part in range(parts)]
        found = pool.map(_part, jobs, chunksize=1)
        print(mine.get().text(f"C4, {len(CHOSEN)} chosen texts"))
    total = Tally()
    for tally in found:
        total.add(tally)
    print("\n" + total.text(f"C4, {options.count} mutated answers"))


if __name__ == "__main__":
    main()
