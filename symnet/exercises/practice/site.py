"""What the practice page does, without HTTP: who is at which variant, how an answer is taken, what help is given."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from symnet.errors import SymnetError
from symnet.exercises.practice.guard import Refused
from symnet.exercises.practice.pool import Busy, Pool
from symnet.exercises.practice.rates import Rate
from symnet.exercises.practice.sheets import Sheets
from symnet.exercises.practice.shelf import Exercise, Shelf
from symnet.exercises.practice.store import SOLUTION, Attempt, Keeper, Progress
from symnet.exercises.practice.tokens import Signer
from symnet.exercises.process import TooMuch

LONGEST = 4000
"""Characters of an answer."""

SHEETS = 2000
SOLUTIONS = 500
MARKS = 5000
"""Typeset exercises and solutions that are remembered, and equal answers to a question, or beginnings of them."""

TOLD = ("letters", "message", "reading", "hint", "place", "witness", "short", "position")
"""What a student may be told of an answer."""

STEP = 7
"""From one variant of a student to the next; no number of variants that is a multiple of it makes sense."""


@dataclass(frozen=True, slots=True)
class Student:
    """Who asks: the key of the cookie, and the number in the database once something was answered."""

    key: bytes
    number: int | None


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part as the page shows it: the question, the last answer with what was said of it, and the help so far.

    ``told`` is HTML by what it is: message, reading, witness, short.  ``more`` says what help there is next.
    """

    label: str
    marks: int
    kind: str
    is_lines: bool
    asked: str
    options: Sequence[str]
    progress: Progress
    level: int
    told: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    place: str = ""
    solution: str = ""
    letters: Sequence[str] = ()
    more: str = ""

    @property
    def last(self) -> Attempt | None:
        """The last attempt."""
        return self.progress.last

    @property
    def broken(self) -> tuple[str, str] | None:
        """An answer that was not understood, parted where reading stopped."""
        position = self.told["position"]
        if self.last is None or not position:
            return None
        place = min(int(position) - 1, len(self.last.answer))
        return self.last.answer[:place], self.last.answer[place:]


@dataclass(frozen=True, slots=True)
class Shown:
    """An exercise as the page shows it."""

    exercise: Exercise
    seed: int
    round: int
    title: str
    given: str
    letters: str
    parts: tuple[ShownPart, ...]

    @property
    def solved(self) -> int:
        """How many parts are solved."""
        return sum(part.progress.is_solved for part in self.parts)


class Site:
    """Everything that requests share."""

    def __init__(self, shelf: Shelf, keeper: Keeper, sheets: Sheets, pool: Pool, signer: Signer, variants: int) -> None:
        self.shelf, self.keeper, self.pool, self.signer = shelf, keeper, pool, signer
        self._file = sheets
        self.variants = variants
        self.answers = Rate(0.5, 20)
        self.previews = Rate(4, 30)
        self.helps = Rate(0.5, 20)
        self.guesses = Rate(1 / 6, 10)
        self._sheets: _Remembered = _Remembered(SHEETS)
        self._solutions: _Remembered = _Remembered(SOLUTIONS)
        self._previews: _Remembered = _Remembered(MARKS)
        self._marks: _Remembered = _Remembered(MARKS)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    # -- variants

    def seed(self, student: Student, exercise: Exercise, round: int) -> int:
        """The seed of a student's variant."""
        return (self.signer.number(student.key, exercise.name) + STEP * round) % self.variants + 1

    async def sheet(self, exercise: Exercise, seed: int) -> dict[str, Any]:
        """The exercise as it is handed out."""
        return await self._sheets.get((exercise.edition, seed), lambda: self._sheet(exercise, seed))

    async def _sheet(self, exercise: Exercise, seed: int) -> dict[str, Any]:
        found = await asyncio.to_thread(self._file.get, exercise.edition, seed)
        if found is None:
            found = await self._run("sheet", exercise, seed)
            await asyncio.to_thread(self._file.put, exercise.edition, seed, found)
        return found

    async def _run(self, do: str, exercise: Exercise, seed: int, **more: Any) -> dict[str, Any]:
        return await self.pool.run({"do": do, "name": exercise.name, "template": exercise.text, "seed": seed, **more})

    async def prepare(self) -> None:
        """Make and typeset the variants one after the other, so that nobody has to wait for them."""
        for round in range(self.variants):
            for exercise in self.shelf.values():
                while self.pool.idle < min(2, self.pool.size):  # students come first
                    await asyncio.sleep(0.2)
                try:
                    await self.sheet(exercise, round + 1)
                except Busy:
                    await asyncio.sleep(1)
                except SymnetError:
                    continue
                await asyncio.sleep(0.01)

    # -- what is shown

    async def rounds(self, student: Student) -> dict[str, int]:
        """Which variant of each exercise a student is at."""
        number = student.number
        return {} if number is None else await self.keeper(lambda store: store.rounds(number))

    async def solved(self, student: Student) -> dict[str, int]:
        """How many parts of each exercise, by name, a student has solved in the variant that it is at."""
        number = student.number
        if number is None:
            return {}
        rounds, solved = await self.keeper(lambda store: (store.rounds(number), store.solved(number)))
        return {
            e.name: solved.get((e.edition, self.seed(student, e, rounds.get(e.edition, 0))), 0)
            for e in self.shelf.values()
        }

    async def shown(self, student: Student, exercise: Exercise) -> Shown:
        """An exercise as a student sees it."""
        round = (await self.rounds(student)).get(exercise.edition, 0)
        seed = self.seed(student, exercise, round)
        sheet = await self.sheet(exercise, seed)
        progress = await self._progress(student, exercise, seed)
        parts = [
            await self._part(exercise, seed, part, progress.get(part["label"], Progress())) for part in sheet["parts"]
        ]
        return Shown(exercise, seed, round, sheet["title"], sheet["given"], sheet["letters"], tuple(parts))

    async def _progress(self, student: Student, exercise: Exercise, seed: int) -> dict[str, Progress]:
        number = student.number
        if number is None:
            return {}
        return await self.keeper(lambda store: store.progress(number, exercise.edition, seed))

    async def _part(self, exercise: Exercise, seed: int, part: Mapping[str, Any], progress: Progress) -> ShownPart:
        label, level = part["label"], help_level(progress)
        told = dict.fromkeys(TOLD, "") | ({} if progress.last is None else json.loads(progress.last.told))
        solved = await self._solution(exercise, seed, label) if level >= SOLUTION else {"letters": "", "solution": ""}
        is_right = progress.last is not None and progress.last.status == "right"
        return ShownPart(
            label,
            part["marks"],
            part["kind"],
            part["is_lines"],
            part["asked"],
            part["options"],
            progress,
            level,
            told,
            (told["hint"] or part["hint"]) if level >= 1 and not is_right else "",
            told["place"] if level >= 2 else "",
            solved["solution"],
            (told["letters"], solved["letters"]),
            "" if progress.is_solved else _MORE[next_level(progress) - 1],
        )

    async def _solution(self, exercise: Exercise, seed: int, label: str) -> dict[str, Any]:
        """The solution; a page is shown without it where there is no worker for it now."""
        key = (exercise.edition, seed, label)
        try:
            return await self._solutions.get(key, lambda: self._run("solution", exercise, seed, label=label))
        except SymnetError:
            return {"letters": "", "solution": "It cannot be shown now; load the page again in a moment."}

    # -- what is done

    async def answer(
        self, student: Student, exercise: Exercise, seed: int, part: Mapping[str, Any], text: str, once: bytes
    ) -> None:
        """Take an answer: mark it and keep it.  It is on the disk when this returns; a form counts once.

        Raises Busy where it could not be looked at now; nothing is kept then.
        """
        number = await self._entered(student)
        lock = self._locks.setdefault(number, asyncio.Lock())
        async with lock:  # one after the other: nobody keeps more than one worker busy
            progress, was_sent = await self.keeper(
                lambda store: (store.progress(number, exercise.edition, seed), store.has(once))
            )
            if was_sent:
                return
            wait = self.answers.wait(number, time.monotonic())
            if wait:
                raise Refused(429, "That were many answers in a short time; wait a moment.", wait)
            before = progress.get(part["label"], Progress())
            found = await self._marked(exercise, seed, part, text, progress)
            html = found["html"]
            told = {key: value for key, value in html.items() if value}
            if found["position"]:
                told["position"] = str(found["position"])
            attempt = Attempt(
                number, exercise.name, exercise.edition, seed, part["label"], part["name"], text, found["status"],
                found["kind"], found["detail"], found["marks"], found["out_of"], found["followed"], found["value"],
                help_level(before), json.dumps(told), once, time.time(),
            )  # fmt: skip
            await self.keeper(lambda store: store.add(attempt))

    async def _marked(
        self, exercise: Exercise, seed: int, part: Mapping[str, Any], text: str, progress: Mapping[str, Progress]
    ) -> dict[str, Any]:
        """What marking found; an answer that takes too long is left to the teacher."""
        lasts = [own.last for own in progress.values() if own.last is not None]
        earlier = {a.name: a.value for a in lasts if a.value is not None and a.name in part["uses"]}
        try:
            key = (exercise.edition, seed, part["label"], text, *sorted(earlier.items()))
            job = partial(self._run, "mark", exercise, seed, label=part["label"], text=text, earlier=earlier)
            return await self._marks.get(key, job)
        except Busy:
            raise
        except TooMuch as error:
            why = f"It could not be decided: {error}."
        except SymnetError:
            why = "It could not be decided, by a fault of this page."
        message = f"{why} Your answer is kept for your teacher; write it more simply, and it may be decided at once."
        return {
            "status": "undecided", "kind": None, "detail": None, "marks": 0.0, "out_of": part["marks"],
            "followed": False, "value": None, "position": None, "html": {"message": message},
        }  # fmt: skip

    async def preview(
        self, student: Student, exercise: Exercise, seed: int, part: Mapping[str, Any], text: str
    ) -> dict[str, Any]:
        """What an answer is read as."""
        wait = self.previews.wait(student.key, time.monotonic())
        if wait:
            raise Refused(429, "Too many previews; wait a moment.", wait)
        key = (exercise.edition, seed, part["label"], text)
        return await self._previews.get(key, partial(self._run, "read", exercise, seed, label=part["label"], text=text))

    async def help(self, student: Student, exercise: Exercise, seed: int, label: str) -> None:
        """Give the next help: a hint, the place, the solution."""
        number = await self._entered(student)
        wait = self.helps.wait(number, time.monotonic())
        if wait:
            raise Refused(429, "That was much help in a short time; wait a moment.", wait)
        progress = (await self._progress(Student(student.key, number), exercise, seed)).get(label, Progress())
        level = min(next_level(progress), SOLUTION)
        await self.keeper(lambda store: store.help(number, exercise.edition, seed, label, level))

    async def again(self, student: Student, exercise: Exercise, round: int) -> None:
        """Go on to the next variant."""
        number = await self._entered(student)
        await self.keeper(lambda store: store.next_round(number, exercise.edition, round))

    async def _entered(self, student: Student) -> int:
        if student.number is not None:
            return student.number
        return await self.keeper(lambda store: store.student(student.key, time.time()))


_MORE = ("hint", "place", "solution", "")


def help_level(progress: Progress) -> int:
    """The help that is shown: what was asked for, and after each wrong answer a little more, but never the solution."""
    return max(progress.help, min(progress.wrong, 2))


def next_level(progress: Progress) -> int:
    """The help that comes next: without a wrong answer whose slip is known there is no place."""
    level = help_level(progress) + 1
    is_placed = progress.last is not None and bool(json.loads(progress.last.told).get("place"))
    return SOLUTION if level == 2 and not is_placed else level


class _Remembered:
    """Results by key, the ones not used for longest forgotten; what several ask for is made once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Any, dict[str, Any]] = OrderedDict()
        self._making: dict[Any, asyncio.Task[dict[str, Any]]] = {}

    async def get(self, key: Any, make: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(make())
            task.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(task)

    def _made(self, key: Any, task: asyncio.Task[dict[str, Any]]) -> None:
        del self._making[key]
        if not task.cancelled() and task.exception() is None:
            self._kept[key] = task.result()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
