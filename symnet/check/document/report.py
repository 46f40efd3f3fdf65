"""The findings of a document for people and for programs: text, JSON, Markdown, LaTeX or HTML, from one list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from symnet.check.document.findings import DocumentVerdict, Finding
from symnet.check.document.passages import Place
from symnet.check.explain.sentences import chains, plain
from symnet.check.report import LANGUAGES
from symnet.errors import unknown
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table, write
from symnet.render.html import html
from symnet.render.latex import latex

SHOWN = 12
"""So many numbers of a counterexample are printed."""

LONGEST, IN_TABLES = 110, 44
"""So many characters of what is written are shown where it is wrong, and in tables."""


Quote = Callable[[str], str]
"""How a language shows what is written in the document, so that nothing of it is taken for markup."""


def blocks(verdict: DocumentVerdict, quote: Quote = str) -> list[Block]:
    """The findings as blocks: what is wrong, remarks, what is right, and what could not be judged."""
    out: list[Block] = [Heading(f"{verdict.name}", 1), Paragraph((verdict.message,))]
    if verdict.wrong:
        out.append(Heading("Wrong"))
        for finding in verdict.wrong:
            out += _told(finding, quote)
    if verdict.remarks:
        out.append(Heading("Remarks"))
        out += [Note(f"{f.place}{_of(f)}", (*_sentence(f), _also(f))) for f in verdict.remarks]
    if right := verdict.of("right"):
        out += [Heading("Right"), _table(right, quote)]
    if given := verdict.of("given"):
        out += [Heading("Numbers that were used"), _table(given, quote)]
    left = verdict.of("open")
    if unread := [f for f in left if f.code != "unrelated"]:
        out.append(Heading("Could not be judged"))
        out += [Note(f"{f.place}{_of(f)}", (f"{quote(_short(f.text, IN_TABLES))}: ", *f.message)) for f in unread]
    if other := [f for f in left if f.code == "unrelated"]:
        places = "; ".join(str(f.place) for f in other)
        out += [Heading("Of something else"), Paragraph((f"These have no quantity of the networks: {places}.",))]
    return out


def _told(finding: Finding, quote: Quote) -> Iterator[Block]:
    """A wrong equation: where, what, why, and numbers that show it."""
    shown = _short(finding.text, LONGEST)
    yield Note(f"{finding.place}{_of(finding)}", (quote(shown),))
    if finding.item and finding.item not in shown:
        yield Paragraph((f"The piece meant: {quote(_short(finding.item, LONGEST))}",))
    yield Paragraph(_sentence(finding))
    if finding.should_be is not None and finding.should_be not in finding.message:
        yield Paragraph(("It should be ", finding.should_be, "."))
    verdict = finding.verdict
    if verdict is not None and verdict.diagnosis is not None and (rows := chains(verdict.diagnosis, verdict.names)):
        yield Formulas(rows)
    if finding.counterexample:
        yield Table(("quantity", "value"), finding.counterexample[:SHOWN] + finding.counterexample[SHOWN:][-2:])


def _also(finding: Finding) -> str:
    """Other places that a remark is about, where its message does not name them."""
    others = [str(place) for place in finding.also if str(place) not in plain(finding.message)]
    return f" Also {'; '.join(others)}." if others else ""


def _of(finding: Finding) -> str:
    return f" [{finding.network}]" if finding.network else ""


def _sentence(finding: Finding) -> tuple[Part, ...]:
    """The message as a sentence."""
    parts = [part for part in finding.message if part != ""]
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0][:1].upper() + parts[0][1:]
    if not parts:
        return ()
    last = parts[-1]
    return tuple(parts) if isinstance(last, str) and last.endswith(".") else (*parts, ".")


def _table(findings: tuple[Finding, ...], quote: Quote) -> Table:
    """Places, networks and outcomes of what is not wrong; a column that would be empty is left out."""
    columns: list[tuple[str, list[str]]] = [
        ("place", [str(f.place) for f in findings]),
        ("as written", [quote(_short(f.text, IN_TABLES)) for f in findings]),
        ("network", [f.network for f in findings]),
        ("outcome", [plain(f.message) for f in findings]),
    ]
    kept = [(name, cells) for name, cells in columns if any(cells)]
    rows = zip(*(cells for _, cells in kept), strict=True)
    return Table(tuple(name for name, _ in kept), tuple(rows))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# -- for programs ----------------------------------------------------------------------------------------------------


def as_dict(verdict: DocumentVerdict) -> dict[str, Any]:
    """The findings as plain values under stable names."""
    return {
        "document": verdict.name,
        "networks": list(verdict.networks),
        "right": verdict.right,
        "message": verdict.message,
        "counts": {status: verdict.counts.get(status, 0) for status in ("right", "wrong", "remark", "given", "open")},
        "findings": [_finding(f) for f in verdict.findings],
        "seed": verdict.seed,
        "seconds": round(verdict.seconds, 3),
    }


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "status": f.status,
        "kind": f.kind,
        "code": f.code,
        **_place(f.place),
        "text": f.text,
        "item": f.item,
        "network": f.network,
        "message": plain(_sentence(f)),
        "should_be": latex(f.should_be) if f.should_be is not None else None,
        "counterexample": [{"quantity": plain((a,)), "value": plain((b,))} for a, b in f.counterexample],
        "also": [_place(place) for place in f.also],
        "verdict": f.verdict.as_dict() if f.verdict is not None and f.status == "wrong" else None,
    }


def _place(place: Place) -> dict[str, int]:
    out = {"line": place.line, "column": place.column}
    return {"cell": place.cell, **out} if place.cell else out


def report(verdict: DocumentVerdict, language: str = "text") -> str:
    """The findings in a language: text, json, latex (the body of a document), markdown or html (a fragment).

    Raises SymnetError for another language.
    """
    if language == "json":
        return json.dumps(as_dict(verdict), ensure_ascii=False, indent=2) + "\n"
    if language == "html":
        return html(blocks(verdict))
    if language not in LANGUAGES:
        raise unknown("format", language, LANGUAGES)
    return write(blocks(verdict, _as_code if language == "markdown" else str), language)


def _as_code(text: str) -> str:
    """A text between so many backticks that none of its own ends it; bars would end the cell of a table."""
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{marks}{' ' if len(marks) > 1 else ''}{text}{' ' if len(marks) > 1 else ''}{marks}".replace("|", r"\|")
