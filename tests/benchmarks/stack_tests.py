"""The questions' own tests, run by Maxima: what STACK does with ``<qtest>``, without Moodle."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

MARK = "@@"


def has_maxima() -> bool:
    """Whether there is a Maxima to run them with."""
    return shutil.which("maxima") is not None


@dataclass(frozen=True)
class Ran:
    """How many tests of how many questions ran, and those that found another node than they should."""

    questions: int
    tests: int
    failed: tuple[str, ...]


def run(xml: str, seconds: float = 300.0) -> Ran:
    """Every test of every STACK question in a file."""
    questions = [q for q in ElementTree.fromstring(xml) if q.get("type") == "stack"]
    source, wanted = ["display2d:false$", "simp:true$"], []
    for question in questions:
        for lines, name, note in _tests(question):
            source += lines
            wanted.append((name, note))
    done = subprocess.run(
        ["maxima", "--very-quiet"], input="\n".join(source), capture_output=True, text=True, timeout=seconds
    )
    found = re.findall(rf"{MARK} ([^@\n]*) {MARK}", done.stdout)
    if len(found) != len(wanted):
        raise RuntimeError(f"{len(wanted)} results were expected, {len(found)} came: {done.stdout[-2000:]}")
    pairs = zip(wanted, found, strict=True)
    failed = tuple(f"{name}: {note} was expected, {got} came" for (name, note), got in pairs if note != got)
    return Ran(len(questions), len(wanted), failed)


def _tests(question: ElementTree.Element) -> Iterator[tuple[list[str], str, str]]:
    """Code that prints the last answer note of each tree in each test, the test's name, and the note expected."""
    name = question.findtext("name/text")
    variables = _statements(question.findtext("questionvariables/text") or "")
    for test in question.findall("qtest"):
        inputs = {i.findtext("name"): i.findtext("value") for i in test.findall("testinput")}
        notes = {e.findtext("name"): e.findtext("expectedanswernote") for e in test.findall("expected")}
        for tree in question.findall("prt"):
            own = tree.findtext("name")
            lines = ["kill(allbut(simp,display2d))$", *variables]
            lines += [f"{ans}:{given}$" for ans, given in inputs.items()]
            lines += _statements(tree.findtext("feedbackvariables/text") or "")
            lines.append(f'print("{MARK}",{_walk(tree)},"{MARK}")$')
            yield lines, f"{name} test {test.findtext('testcase')} {own}", str(notes[own])


def _walk(tree: ElementTree.Element) -> str:
    """The tree as one conditional that comes to the last answer note."""
    nodes = {node.findtext("name"): node for node in tree.findall("node")}

    def at(number: str) -> str:
        node = nodes[number]
        sides = {}
        for side in ("true", "false"):
            following = node.findtext(f"{side}nextnode") or "-1"
            own = f'"{node.findtext(f"{side}answernote")}"'
            sides[side] = own if following == "-1" else at(following)
        assert node.findtext("answertest") == "AlgEquiv" and node.findtext("tans") == "true"
        return f"(if is(({node.findtext('sans')})=true) then {sides['true']} else {sides['false']})"

    return at("0")


def _statements(code: str) -> list[str]:
    return [f"{line.strip()}$" for line in code.split(";") if line.strip()]
