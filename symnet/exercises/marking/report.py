"""What a teacher learns of a class: marks, which slips were made, which answers were given alike, what was hard."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symnet.exercises.marking.grade import Graded, Item
from symnet.exercises.marking.overrides import cell, csv_text
from symnet.exercises.marking.said import code, words
from symnet.exercises.marking.scheme import KINDS

LISTED = 20
"""Clusters in the report that is read; the tables hold all."""


@dataclass(frozen=True, slots=True)
class Hard:
    """One part over the class: how it was answered, and what share of the marks was reached."""

    exercise: str
    part: str
    answers: int
    right: int
    followed: int
    wrong: int
    open: int
    empty: int
    share: float
    slip: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """One wrong or unread answer that several students gave to the same question."""

    exercise: str
    part: str
    asked: str
    answer: str
    read_as: str
    status: str
    kind: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A class marked: papers, slips by kind and detail, parts from the hardest on, clusters from the largest on.

    ``remarks`` are what a human should look at.
    """

    papers: tuple[Graded, ...]
    kinds: tuple[tuple[str, str, int], ...]
    parts: tuple[Hard, ...]
    clusters: tuple[Cluster, ...]
    remarks: tuple[str, ...] = ()

    @property
    def statuses(self) -> dict[str, int]:
        """How many answers were right, wrong, undecided, not understood, and how many are not there."""
        found = Counter(item.outcome.status for paper in self.papers for item in paper.items)
        return {s: found[s] for s in ("right", "wrong", "undecided", "not understood", "empty")}


def report(papers: Sequence[Graded], remarks: Sequence[str] = ()) -> Report:
    """The report on a class."""
    items = [(paper, item) for paper in papers for item in paper.items]
    slips = Counter(
        (i.outcome.kind or "other", i.outcome.detail or "") for _, i in items if i.outcome.status == "wrong"
    )
    kinds = tuple((*slip, many) for slip, many in sorted(slips.items(), key=lambda s: (-s[1], s[0])))
    return Report(tuple(papers), kinds, _hard(items), _clusters(items), tuple(remarks))


def _hard(items: Sequence[tuple[Graded, Item]]) -> tuple[Hard, ...]:
    parts: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for paper, item in items:
        parts[paper.exercise, item.label].append(item)
    out = []
    for (exercise, label), found in parts.items():
        by_status = Counter(item.outcome.status for item in found)
        slips = Counter(i.outcome.kind or "other" for i in found if i.outcome.status == "wrong")
        decided = [item for item in found if not item.open]
        reached = sum(item.marks / item.outcome.out_of for item in decided)
        usual = min(slips, key=lambda kind: (-slips[kind], kind)) if slips else ""
        out.append(
            Hard(
                *(exercise, label, len(found), by_status["right"], sum(item.outcome.followed for item in found)),
                *(by_status["wrong"], sum(item.open for item in found), by_status["empty"]),
                *(round(reached / len(decided), 4) if decided else 0.0, usual),
            )
        )
    return tuple(sorted(out, key=lambda part: (part.share, part.exercise, part.part)))


def _clusters(items: Sequence[tuple[Graded, Item]]) -> tuple[Cluster, ...]:
    alike: dict[tuple[str, ...], list[tuple[Graded, Item]]] = defaultdict(list)
    for paper, item in items:
        found = item.outcome
        if found.status in ("right", "empty"):
            continue
        answer = found.value or found.read_as.text or " ".join(item.answer.split()).casefold()
        alike[paper.exercise, item.label, item.asked.text, item.short.text, answer, found.status].append((paper, item))
    out = []
    for (exercise, label, asked, _, _, status), group in alike.items():
        if len(group) > 1:
            typed = Counter(item.answer for _, item in group)
            shown = min(typed, key=lambda text: (-typed[text], len(text), text))
            first = group[0][1].outcome
            students = tuple(paper.student for paper, _ in group)
            out.append(Cluster(exercise, label, asked, shown, first.read_as.text, status, first.kind or "", students))
    return tuple(sorted(out, key=lambda c: (-len(c.students), c.exercise, c.part, c.answer)))


# -- as text, values and tables ------------------------------------------------------------------------------------


def markdown(found: Report) -> str:
    """The report to be read."""
    papers, items = found.papers, [item for paper in found.papers for item in paper.items]
    students = sorted({paper.student for paper in papers})
    out = ["# Report", ""]
    reached = [paper.marks / decided for paper in papers if (decided := paper.out_of - paper.waiting)]
    out.append(
        f"{len(students)} students, {len(papers)} papers, {len(items)} answers; "
        f"on average {_percent(sum(reached) / max(1, len(reached)))} of the marks."
    )
    out += [
        "",
        *_table(("verdict", "answers", ""), [(s, n, _percent(n / len(items))) for s, n in found.statuses.items()]),
    ]
    waiting = [(paper, item) for paper in papers for item in paper.items if item.open]
    if waiting:
        out += ["", f"## {len(waiting)} answers wait for you", ""]
        out += [
            "Give marks in overrides.csv (with \\* as the student: to everybody with that answer) and grade again.",
            "",
        ]
        rows = [
            (words(p.student), words(p.exercise), i.label, _cell(i.answer), words(i.outcome.message))
            for p, i in waiting
        ]
        out += _table(("student", "exercise", "part", "answer", "why"), rows[: 5 * LISTED])
        out += [f"\n{len(rows) - 5 * LISTED} more are in results.csv."] if len(rows) > 5 * LISTED else []
    if found.kinds:
        wrong = sum(many for *_, many in found.kinds)
        out += ["", "## Slips", ""]
        rows_ = [
            (kind, KINDS.get(kind, ""), detail.replace("_", " "), many, _percent(many / wrong))
            for kind, detail, many in found.kinds
        ]
        out += _table(("kind", "", "in detail", "answers", ""), rows_)
    out += ["", "## Parts, the hardest first", ""]
    header = ("exercise", "part", "of the marks", "answers", "right", "of these followed", "wrong", "open", "empty")
    out += _table(
        (*header, "most often"),
        [
            (words(p.exercise), p.part, _percent(p.share), p.answers, p.right, p.followed, p.wrong, p.open, p.empty,
             p.slip)
            for p in found.parts
        ],
    )  # fmt: skip
    if found.clusters:
        out += ["", "## Answers given alike", ""]
        out += _table(
            ("students", "exercise", "part", "answer", "verdict", "kind"),
            [(len(c.students), words(c.exercise), c.part, _cell(c.answer), c.status, c.kind)
             for c in found.clusters[:LISTED]],
        )  # fmt: skip
        rest = len(found.clusters) - LISTED
        out += [f"\n{rest} more are in clusters.csv."] if rest > 0 else []
    if found.remarks:
        out += ["", "## To look at", "", *(f"- {words(remark)}" for remark in found.remarks)]
    return "\n".join(out) + "\n"


def _cell(answer: str) -> str:
    flat = " ".join(answer.split())
    flat = flat if len(flat) <= 60 else f"{flat[:59]}…"
    return code(flat).replace("|", "\\|") if flat else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]


def as_dict(found: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "papers": [
            {
                "student": p.student,
                "exercise": p.exercise,
                "seed": p.seed,
                "marks": p.marks,
                "out_of": p.out_of,
                "waiting": p.waiting,
            }
            for p in found.papers
        ],
        "statuses": found.statuses,
        "kinds": [{"kind": kind, "detail": detail, "answers": many} for kind, detail, many in found.kinds],
        "parts": [
            {name: getattr(part, name) for name in Hard.__slots__ if not name.startswith("_")} for part in found.parts
        ],
        "clusters": [
            {name: getattr(c, name) for name in Cluster.__slots__ if not name.startswith("_")} for c in found.clusters
        ],
        "remarks": list(found.remarks),
    }


def tables(found: Report) -> dict[str, str]:
    """The files that a report is written as, by their names."""
    results: list[Sequence[object]] = [
        ("student", "exercise", "seed", "part", "answer", "status", "marks", "out_of", "kind", "detail", "followed",
         "marked_by", "read_as", "message")
    ]  # fmt: skip
    labels = sorted({(paper.exercise, item.label) for paper in found.papers for item in paper.items})
    one = len({exercise for exercise, _ in labels}) == 1
    marks: list[Sequence[object]] = [
        ("student", "marks", "out_of", "waiting", *(label if one else f"{e}.{label}" for e, label in labels))
    ]
    by_student: dict[str, list[Graded]] = defaultdict(list)
    for paper in found.papers:
        by_student[paper.student].append(paper)
        for item in paper.items:
            o = item.outcome
            results.append(
                (cell(paper.student), paper.exercise, paper.seed, item.label, cell(item.answer), o.status,
                 f"{item.marks:g}", o.out_of, o.kind or "", o.detail or "", "yes" if o.followed else "",
                 "" if item.open else "symnet" if item.given is None else "teacher", cell(o.read_as.text),
                 cell(o.place.text or o.message))
            )  # fmt: skip
    for student, papers in by_student.items():
        own = {(paper.exercise, item.label): item for paper in papers for item in paper.items}
        each = (f"{own[at].marks:g}" if at in own and not own[at].open else "" for at in labels)
        total = round(sum(paper.marks for paper in papers), 6)
        waiting = sum(paper.waiting for paper in papers)
        marks.append((cell(student), f"{total:g}", sum(paper.out_of for paper in papers), waiting, *each))
    kinds = [("kind", "detail", "answers"), *found.kinds]
    clusters = [
        ("answers", "exercise", "part", "answer", "read_as", "status", "kind", "students"),
        *(
            (
                len(c.students),
                c.exercise,
                c.part,
                cell(c.answer),
                cell(c.read_as),
                c.status,
                c.kind,
                cell("; ".join(c.students)),
            )
            for c in found.clusters
        ),
    ]  # fmt: skip
    return {
        "results.csv": csv_text(results),
        "marks.csv": csv_text(marks),
        "kinds.csv": csv_text(kinds),
        "clusters.csv": csv_text(clusters),
        "report.md": markdown(found),
        "report.json": json.dumps(as_dict(found), ensure_ascii=False, indent=1) + "\n",
    }
