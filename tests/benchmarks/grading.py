r"""A class graded: ``python -m tests.benchmarks.grading [--students 200] [--processes 2]`` prints a table.

Made-up students answer ten questions each, every one on a variant of their own: right in several spellings, wrong by
the slips of the derivation (the checker's mutations, written as LaTeX) and of arithmetic, right from an own wrong
result onwards, unreadable, hostile, or not at all.  ``symnet grade`` marks them as a command, then once more.  Known
from how an answer was made is whether it is right; the table sets that against what was found.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import sympy as sp

from symnet.algebra.expressions import Expr
from symnet.check.explain.alter import written_out
from symnet.check.explain.catalogue import catalogue
from symnet.check.read.symbols import Target, target, vocabulary_of
from symnet.check.user_names import names_of
from symnet.exercises.make import followed, variant
from symnet.exercises.variant import Choice, Formula, Part, Shape, Value, Variant
from symnet.render.display import Node, Relation
from symnet.render.formula import formula
from symnet.render.latex import latex

SHEET = ("forward-hidden-relu", "partial-neuron", "choice-neuron", "convert-hidden")
MIXTURE = {"right": 60, "wrong": 26, "unreadable": 5, "hostile": 5, "empty": 4}
LIMIT = 60.0
"""Seconds for 200 students with ten answers each, on two cores."""

UNREADABLE = ("?", "see next page", "x_1 (", "the answer is twelve", "12 or 13", r"\frac{1}{", "idk sorry", "= =", "🙂")
HOSTILE = (
    "__import__('os').system('touch owned')",
    "9**9**9**9",
    "(" * 5000 + "1" + ")" * 5000,
    "x" * 20_000,
    r"\input{/etc/passwd}",
    r"\def\a{\a\a}\a",
    "=HYPERLINK(\"http://example.org\",\"a\")",
    "<script>fetch('http://example.org')</script>",
    "w_1" + "+w_1*w_2" * 1500,
    r"\sum" * 700 + "x",
    "0/0",
    "\x00\x1b[2J",
    "exp(exp(exp(exp(99))))",
    "{" * 300 + "}" * 300,
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """An answer, how it was made, and whether it is right; None where nobody knows."""

    student: str
    seed: int
    exercise: str
    part: str
    answer: str
    how: str
    right: bool | None


def answers(students: int, seed: int = 0) -> Iterator[Made]:
    """The answers of a class."""
    for number in range(1, students + 1):
        rng = Random(f"{seed}:{number}")
        for exercise in SHEET:
            own: dict[str, sp.Expr] = {}
            made = variant(exercise, number)
            for part in made.parts:
                how = rng.choices(list(MIXTURE), list(MIXTURE.values()))[0]
                text, right, how = _answer(made, part, how, own, rng)
                yield Made(f"student{number:03}", number, exercise, part.label, text, how, right)


def _answer(made: Variant, part: Part, how: str, own: dict[str, sp.Expr], rng: Random) -> tuple[str, bool | None, str]:
    if how == "unreadable":
        return rng.choice(UNREADABLE), None, how
    if how == "hostile":
        return rng.choice(HOSTILE), None, how
    if how == "empty":
        return "", False, how
    match part.answer:
        case Value(exact=exact):
            mine = {name: v for name, v in own.items() if name in part.uses}
            after = followed(made, part, mine) if mine else None
            by_own = after.exact if isinstance(after, Value) else exact
            value = by_own if how == "right" else rng.choice((-exact, 2 * exact, exact + 1, exact - 3, exact / 2 + 7))
            own[part.name] = value
            if value == exact:
                return _typed(value, rng), True, "right"
            right = value == by_own
            return _typed(value, rng), right, "by own result" if right else "wrong"
        case Shape(rows=rows, columns=columns):
            sizes = (rows, columns) if how == "right" else (columns, f"{rows}1")
            return rng.choice(("{}×{}", "({}, {})", "{} by {}", "{} x {}")).format(*sizes), how == "right", how
        case Choice(options=options):
            right = part.answer.right
            at = right if how == "right" else rng.choice([k for k in range(len(options)) if k != right])
            return str(at + 1), how == "right", how
        case Formula() as asked:
            node = next(piece for piece in reversed(part.short) if isinstance(piece, Node))
            right_side = latex(node.operands[-1] if isinstance(node, Relation) else node)
            if how == "right":
                return rng.choice(("{}", "{} + 0", r"\frac{{1}}{{2}} \cdot 2 \cdot ({})")).format(right_side), True, how
            wrong = _slips(asked)
            return rng.choice((f"3 \\cdot ({right_side})", *wrong, *wrong)), False, how


def _typed(value: sp.Expr, rng: Random) -> str:
    """A number as one of many would type it."""
    exact = str(value)
    styles = [exact, f"z = {exact}", f"${exact}$", f"{2 * value.p}/{2 * value.q}", f"≈ {exact}"]
    if sp.Integer(value * 1000).is_Integer and (value * 1000).is_Integer:
        styles += [f"{float(value):.3f}", f"{float(value):.3f}".replace(".", ",")]
    return rng.choice(styles)


_kept: dict[tuple[int, str], tuple[str, ...]] = {}


def _slips(asked: Formula) -> tuple[str, ...]:
    """Derivations with one rule broken, as LaTeX."""
    key = (id(asked.network), str(asked.wrt))
    if key not in _kept:
        network = asked.network
        vocabulary = vocabulary_of(network, asked.names)
        meant = asked.wrt if isinstance(asked.wrt, Target) else target(network, asked.wrt, vocabulary)
        known = catalogue(network, meant.tensor, meant.index)
        members = [m for group in known.groups() if group.axes == known.axes for m in group.members if m.rank == 1]
        if meant.form == "matrix":  # then letters are free, and indices exchanged may be right
            members = [m for m in members if m.kind not in ("wrong_index", "transpose")]
        names = names_of(network, meant)
        _kept[key] = tuple(dict.fromkeys(_shown(written_out(m, known.derivation), names) for m in members[:40]))
    return _kept[key]


def _shown(expr: Expr, names: object) -> str:
    return latex(formula(expr, names))  # type: ignore[arg-type]


def _grade(folder: Path, processes: int) -> tuple[float, float]:
    """Seconds by the clock, and of processor time over all its processes."""
    start, used = time.perf_counter(), dict[int, float]()
    files = [*SHEET, str(folder / "answers.csv"), "-o", str(folder / "marked")]
    command = [sys.executable, "-m", "symnet", "grade", *files, "--processes", str(processes)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while process.poll() is None:
            used |= _processor(process.pid)
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit("grading failed")
    return time.perf_counter() - start, sum(used.values())


def _processor(session: int) -> dict[int, float]:
    """The processor time of every process of a session (on Linux)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _print(folder: Path) -> dict[str, str]:
    """A hash of every file that grading wrote."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _overridden(folder: Path) -> list[dict[str, str]]:
    """A teacher gives marks to the first waiting answers and comments on one more; the rows as they are then."""
    path = folder / "marked" / "overrides.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:5]:
        row["marks"] = "1"
    rows[5]["comment"] = "come and see me"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows[:6]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.grading", description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = list(answers(given.students))
        with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("student", "seed", "exercise", "part", "answer"))
            writer.writerows((m.student, m.seed, m.exercise, m.part, m.answer) for m in made)
        first = _grade(folder, given.processes)
        before = _print(folder / "marked")
        again = _grade(folder, given.processes)
        same = before == _print(folder / "marked")
        results = {(r["student"], r["exercise"], r["part"]): r for r in _read(folder / "marked" / "results.csv")}
        written = _overridden(folder)
        _grade(folder, given.processes)
        after = _read(folder / "marked" / "overrides.csv")
        kept = all(row in after for row in written)
        marked = {(r["student"], r["exercise"], r["part"]): r for r in _read(folder / "marked" / "results.csv")}
        counted = all(
            marked[row["student"], row["exercise"], row["part"]]["marked_by"] == "teacher" for row in written[:5]
        )
    _table(made, results)
    print(f"\n{given.students} students, {len(made)} answers, {given.processes} processes: {first[0]:.1f} s", end="")
    print(f" (limit {LIMIT:g} s), {first[1]:.1f} s of processor time; load {os.getloadavg()[0]:.1f}")
    print(f"again: {again[0]:.1f} s ({again[1]:.1f} s), {'nothing changed' if same else 'FILES CHANGED'}")
    print(f"overrides: {'kept' if kept else 'LOST'}, {'counted' if counted else 'NOT COUNTED'}")


def _table(made: list[Made], results: dict[tuple[str, str, str], dict[str, str]]) -> None:
    statuses = ("right", "wrong", "undecided", "not understood", "empty")
    counts: dict[str, Counter[str]] = {}
    false: list[tuple[Made, dict[str, str]]] = []
    for one in made:
        found = results[one.student, one.exercise, one.part]
        counts.setdefault(one.how, Counter())[found["status"]] += 1
        counts[one.how]["followed"] += found["followed"] == "yes"
        if (
            one.right is not None
            and found["status"] in ("right", "wrong")
            and one.right != (found["status"] == "right")
        ):
            false.append((one, found))
    print(f"{'made as':15}" + "".join(f"{s:>16}" for s in (*statuses, "followed")))
    for how, found_ in counts.items():
        print(f"{how:15}" + "".join(f"{found_[s]:16}" for s in (*statuses, "followed")))
    slips = Counter(r["kind"] for r in results.values() if r["status"] == "wrong")
    print("\nslips: " + ", ".join(f"{kind} {many}" for kind, many in slips.most_common()))
    print(f"false verdicts: {len(false)}")
    for one, found in false[:20]:
        print(f"  {one.student} {one.exercise} {one.part}: {one.answer[:80]!r} made {one.how}, found {found['status']}")


if __name__ == "__main__":
    main()
