"""Students and teachers at the practice page, without a browser."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

from tests.exercises.practice.served import TEACHER, Server, Visitor, right_answer

NEURON = "/exercise/forward-neuron"


def _seed(visitor: Visitor, path: str = NEURON) -> int:
    return int(visitor.get(path).forms()[f"{path}/a"]["seed"])


def test_a_right_answer_is_right_and_progress_is_kept(visitor: Visitor) -> None:
    text = right_answer("forward-neuron", _seed(visitor), "a")
    assert visitor.answer("forward-neuron", "a", text).said("a").startswith("✓ Right 2 of 2 marks")
    assert "1 of 2 questions solved" in visitor.get(NEURON).text
    assert "1 solved" in visitor.get("/").text


def test_help_comes_as_a_hint_then_the_place_then_the_solution(visitor: Visitor) -> None:
    seed = _seed(visitor, "/exercise/partial-neuron")
    wrong = f"-({right_answer('partial-neuron', seed, 'a')})"
    said = visitor.answer("partial-neuron", "a", wrong).said("a")
    assert said.startswith("✗ Not right") and "With these numbers it fails" in said
    assert "Hint: Go through the signs" in said and "Where:" not in said
    path = "/exercise/partial-neuron/a/help"
    for expected, absent in (("Where:", "Solution"), ("Solution", "Show the solution")):
        page = visitor.get("/exercise/partial-neuron")
        assert visitor.post(path, page.forms()[path]).status == 303
        said = visitor.get("/exercise/partial-neuron").said("a")
        assert expected in said and absent not in said
    after = visitor.answer("partial-neuron", "a", right_answer("partial-neuron", seed, "a"))
    assert "after the solution was shown" in after.said("a")
    assert "0 of 2 questions solved" in after.text


def test_follow_through_takes_the_students_own_earlier_result(visitor: Visitor) -> None:
    value = int(right_answer("forward-neuron", _seed(visitor), "a")) + 1
    visitor.answer("forward-neuron", "a", str(value))
    target = next(p for p in _numbers(visitor) if p is not None)
    assert "by your own earlier result" in visitor.answer("forward-neuron", "b", str((value - target) ** 2)).said("b")


def _numbers(visitor: Visitor) -> list[int]:
    from symnet.exercises.make import variant

    numbers = variant("forward-neuron", _seed(visitor)).numbers
    assert numbers is not None
    given = numbers.y
    while isinstance(given, list | tuple):
        given = given[0]
    return [int(given)]


def test_what_cannot_be_read_is_shown_with_the_place_and_what_is_written_stays_harmless(visitor: Visitor) -> None:
    page = visitor.answer("partial-neuron", "a", "2*sum(x1*(w1*<script>alert(1)</script>")
    assert "<mark>" in page.text and page.said("a").startswith("? Not understood")
    assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in page.text


def test_an_answer_is_read_while_it_is_typed_and_without_a_script(visitor: Visitor) -> None:
    path = "/exercise/partial-neuron/a"
    fields = visitor.get("/exercise/partial-neuron").forms()[path]
    found = json.loads(visitor.post(f"{path}/read", {**fields, "answer": "2*sum(x1)/n"}).text)
    assert "}{n}" in found["readings"][0] and not found["said"]
    assert "expected" in json.loads(visitor.post(f"{path}/read", {**fields, "answer": "2*("}).text)["said"]
    page = visitor.post(path, {**fields, "answer": "2*sum(x1)/n", "do": "read"})
    assert "Read as" in page.text and 'id="said-a"' not in page.text


def test_a_form_counts_once_and_only_for_who_it_was_given_to(visitor: Visitor, server: Server, database: Path) -> None:
    path = f"{NEURON}/a"
    fields = {**visitor.get(NEURON).forms()[path], "answer": "12345", "do": "mark"}
    assert [visitor.post(path, fields).status for _ in range(2)] == [303, 303]
    assert database.stat().st_mode & 0o077 == 0
    db = sqlite3.connect(database)
    assert db.execute("SELECT count(*) FROM attempts WHERE answer = '12345'").fetchone() == (1,)
    other = Visitor(server.port)
    other.get(NEURON)
    assert other.post(path, {**fields, "answer": "777"}).status == 403
    assert visitor.post(f"{NEURON}/b", {**fields, "answer": "777"}).status == 403
    assert visitor.post(path, {**fields, "answer": "777"}, Origin="https://elsewhere.example").status == 403
    assert visitor.post(path, {**fields, "answer": "7" * 20_000}).status == 413
    assert visitor.get("/exercise/..%2f..%2fetc%2fpasswd").status == 404
    assert db.execute("SELECT count(*) FROM attempts WHERE answer LIKE '777%'").fetchone() == (0,)


def test_the_teacher_sees_slips_and_exports_them_behind_a_token(visitor: Visitor) -> None:
    assert visitor.get("/teacher/attempts.csv").status == 403
    visitor.answer("forward-neuron", "a", "=HYPERLINK(1)")
    fields = visitor.get("/teacher").forms()["/teacher"]
    assert visitor.post("/teacher", {**fields, "teacher": "a guess"}).status == 403
    assert visitor.post("/teacher", {**fields, "teacher": TEACHER}).status == 303
    assert "=HYPERLINK(1)" in visitor.get("/teacher").text
    rows = list(csv.DictReader(io.StringIO(visitor.get("/teacher/attempts.csv").text.removeprefix("\ufeff"))))
    assert rows[-1]["answer"] == "'=HYPERLINK(1)" and rows[-1]["status"] == "not understood"


def test_other_numbers_are_another_variant(visitor: Visitor) -> None:
    forms = visitor.get(NEURON).forms()
    assert visitor.post(f"{NEURON}/again", forms[f"{NEURON}/again"]).status == 303
    assert visitor.get(NEURON).forms()[f"{NEURON}/again"]["round"] == "1"


def test_killed_and_started_again_nothing_that_was_acknowledged_is_lost(visitor: Visitor, server: Server) -> None:
    page = visitor.answer("forward-neuron", "a", "1")
    server.kill()
    server.start()
    visitor.close()
    assert visitor.get("/exercise/forward-neuron").said("a") == page.said("a") != ""
