"""The pages of students: the list of exercises, an exercise, and what is done with its parts."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from symnet.errors import SymnetError
from symnet.exercises.practice.guard import Refused
from symnet.exercises.practice.pages import page
from symnet.exercises.practice.pool import Busy
from symnet.exercises.practice.requests import checked, form_of, site_of, student_of, with_cookie
from symnet.exercises.practice.shelf import Exercise
from symnet.exercises.practice.site import LONGEST, Site, Student


async def exercises(request: Request) -> Response:
    """The list of exercises, with how far one got."""
    site = site_of(request)
    student, cookie = await student_of(request)
    solved = await site.solved(student)
    groups: list[tuple[str, int, list[tuple[Exercise, str, int]]]] = []
    for place, exercise in enumerate(site.shelf.values(), 1):
        if not groups or groups[-1][0] != exercise.slide:
            groups.append((exercise.slide, place, []))
        groups[-1][2].append((exercise, quote(exercise.name, safe=""), solved.get(exercise.name, 0)))
    return with_cookie(request, page("exercises", groups=groups), cookie)


async def exercise(request: Request) -> Response:
    """One exercise."""
    student, cookie = await student_of(request)
    return with_cookie(request, await _exercise(request, student, _chosen(request)), cookie)


async def _exercise(
    request: Request,
    student: Student,
    chosen: Exercise,
    *,
    label: str = "",
    text: str = "",
    said: str = "",
    preview: Any = None,
    status: int = 200,
) -> Response:
    """The page of an exercise; ``text`` stands in the field of the part ``label``, with what is ``said`` of it."""
    site = site_of(request)
    shown = await site.shown(student, chosen)
    names = list(site.shelf)
    place = names.index(chosen.name)

    def token(what: str, part: str = "") -> str:
        return site.signer.token(student.key, _purpose(what, chosen, shown.seed, part), time.time())

    return page(
        "exercise",
        status,
        shown=shown,
        url=f"/exercise/{quote(chosen.name, safe='')}",
        place=place + 1,
        many=len(names),
        after=f"/exercise/{quote(names[place + 1], safe='')}" if place + 1 < len(names) else "",
        token=token,
        longest=LONGEST,
        at=label,
        text=text,
        said=said,
        preview=preview,
    )


async def answer(request: Request) -> Response:
    """An answer is sent, or a look at how it is read without a script."""
    site, chosen = site_of(request), _chosen(request)
    student, _ = await student_of(request)
    form = await form_of(request)
    label, seed = request.path_params["label"], _seed(form)
    once = checked(request, student, form, _purpose("answer", chosen, seed, label))
    part = await _part(site, chosen, seed, label)
    text = form.get("answer", "").replace("\r\n", "\n")
    if form.get("do") == "read" and text.strip():
        preview = await _preview(site, student, chosen, seed, part, text[:LONGEST])
        return await _exercise(request, student, chosen, label=label, text=text, preview=preview)
    said = _unsuitable(text)
    if said:
        return await _exercise(request, student, chosen, label=label, text=text, said=said, status=422)
    try:
        await site.answer(student, chosen, seed, part, text, once)
    except (Busy, Refused) as error:
        said = f"{_sentence(error)} Your answer was not marked; send it again."
        status = error.status if isinstance(error, Refused) else 503
        return await _exercise(request, student, chosen, label=label, text=text, said=said, status=status)
    return RedirectResponse(f"/exercise/{quote(chosen.name, safe='')}#said-{quote(label)}", 303)


def _sentence(error: Exception) -> str:
    said = str(error).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def _unsuitable(text: str) -> str:
    """Why an answer is not even looked at."""
    if not text.strip():
        return "Write an answer first."
    if len(text) > LONGEST:
        return f"The answer has {len(text):,} characters; at most {LONGEST:,} are read."
    if "\0" in text:
        return "The answer holds characters that cannot be read."
    return ""


async def read(request: Request) -> Response:
    """What an answer is read as, while it is typed."""
    site, chosen = site_of(request), _chosen(request)
    student, _ = await student_of(request)
    form = await form_of(request)
    label, seed = request.path_params["label"], _seed(form)
    checked(request, student, form, _purpose("answer", chosen, seed, label))
    part = await _part(site, chosen, seed, label)
    text = form.get("answer", "")
    if not text.strip() or len(text) > LONGEST:
        return JSONResponse({"letters": "", "readings": [], "said": _unsuitable(text) if text else ""})
    return JSONResponse(await _preview(site, student, chosen, seed, part, text))


async def _preview(site: Site, student: Student, chosen: Exercise, seed: int, part: Any, text: str) -> dict[str, Any]:
    try:
        return await site.preview(student, chosen, seed, part, text)
    except SymnetError as error:
        return {"letters": "", "readings": [], "said": f"no preview now, {error}", "position": None}


async def help(request: Request) -> Response:
    """More help is asked for."""
    site, chosen = site_of(request), _chosen(request)
    student, _ = await student_of(request)
    form = await form_of(request)
    label, seed = request.path_params["label"], _seed(form)
    checked(request, student, form, _purpose("help", chosen, seed, label))
    await _part(site, chosen, seed, label)
    await site.help(student, chosen, seed, label)
    return RedirectResponse(f"/exercise/{quote(chosen.name, safe='')}#help-{quote(label)}", 303)


async def again(request: Request) -> Response:
    """Another variant is asked for."""
    site, chosen = site_of(request), _chosen(request)
    student, _ = await student_of(request)
    form = await form_of(request)
    seed, round = _seed(form), form.get("round", "")
    checked(request, student, form, _purpose("again", chosen, seed, ""))
    if not (round.isascii() and round.isdigit() and len(round) < 6) or seed != site.seed(student, chosen, int(round)):
        raise Refused(400, "The form could not be read.")
    await site.again(student, chosen, int(round))
    return RedirectResponse(f"/exercise/{quote(chosen.name, safe='')}", 303)


def _chosen(request: Request) -> Exercise:
    found = site_of(request).shelf.get(request.path_params["name"])
    if found is None:
        raise Refused(404, "There is no such exercise.")
    return found


def _seed(form: dict[str, str]) -> int:
    seed = form.get("seed", "")
    if not (seed.isascii() and seed.isdigit() and len(seed) < 10):
        raise Refused(400, "The form could not be read.")
    return int(seed)


async def _part(site: Site, chosen: Exercise, seed: int, label: str) -> Any:
    """The part of a variant; its seed was signed with the form."""
    sheet = await site.sheet(chosen, seed)
    part = next((part for part in sheet["parts"] if part["label"] == label), None)
    if part is None:
        raise Refused(404, "There is no such question.")
    return part


def _purpose(what: str, chosen: Exercise, seed: int, label: str) -> str:
    return f"{what}\0{chosen.edition}\0{seed}\0{label}"


ROUTES = [
    Route("/", exercises, methods=["GET"]),
    Route("/exercise/{name}", exercise, methods=["GET"]),
    Route("/exercise/{name}/again", again, methods=["POST"]),
    Route("/exercise/{name}/{label}", answer, methods=["POST"]),
    Route("/exercise/{name}/{label}/read", read, methods=["POST"]),
    Route("/exercise/{name}/{label}/help", help, methods=["POST"]),
]
