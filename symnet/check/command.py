"""``symnet check``: one answer, a derivation of several lines, a whole document, or a gradient function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symnet.errors import SymnetError

if TYPE_CHECKING:
    from symnet.check.read.symbols import Vocabulary
    from symnet.network import Network

RIGHT, WRONG, OPEN = 0, 1, 2
"""Exit status: yes, checked and wrong, could not be read or decided."""


def check(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A network, '2 -> 1 linear', or a .toml file.")],
    answer: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ANSWER]", help="The derivative, in LaTeX or Python; with --document, more networks."),
    ] = None,
    wrt: Annotated[str | None, typer.Option(help="What the cost is differentiated by: w_1, W1, 'w_{ij}'.")] = None,
    cost: Annotated[str | None, typer.Option("--cost", help="A cost by name.")] = None,
    samples: Annotated[str | None, typer.Option(metavar="n|1", help="Any number of samples, or one.")] = None,
    notation: Annotated[str | None, typer.Option(help="lecture, nielsen, ng or d2l.")] = None,
    syntax: Annotated[str, typer.Option(metavar="auto|latex|python", help="How the answer is written.")] = "auto",
    python: Annotated[str | None, typer.Option(metavar="FILE:FUNC", help="A NumPy gradient function.")] = None,
    document: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Lecture notes: .md, .txt, .tex or .ipynb.")
    ] = None,
    format: Annotated[str | None, typer.Option(metavar="text|json|latex|markdown|html", help="Of the report.")] = None,
    seed: Annotated[int, typer.Option(help="Of the numbers that are tried.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Check a derivative that was derived by hand.

    ANSWER may have several lines or be a chain of equalities: then every step is checked.  What is wrong is refuted
    with numbers, and explained where one slip explains it.  Exit status: 0 right, 1 wrong, 2 not decided or not
    understood.

    --document checks every formula of lecture notes; they may speak of several networks, so give as many.  Exit
    status: 0 nothing wrong, 1 something wrong, 2 it could not be read.

    \b
    Examples:
        symnet check "2 -> 1 linear" --wrt w_1 "2*sum(x1*(w1*x1 + w2*x2 + b - y))"
        symnet check "2 -> 1 sigmoid" --cost cross_entropy --samples 1 --wrt w_1 "(yhat - y)*x1"
        echo '$\\partial C/\\partial b = 2 \\sum (w_1 x_1 + w_2 x_2 + b - y)$' > notes.md
        symnet check --document notes.md '2 -> 1 linear'
    """
    if syntax not in ("auto", "latex", "python"):
        raise SymnetError(f"--syntax is {syntax!r}, expected auto, latex or python")
    if document is not None:
        given = {"--wrt": wrt, "--python": python}
        extra = next((name for name, value in given.items() if value is not None), None)
        if extra:
            raise SymnetError(f"{extra} does not go with --document, which is checked as a whole; leave it out")
        declared = [_network(one, cost, samples, notation) for one in (spec, *(answer or []))]
        raise typer.Exit(_document(document, [spec, *(answer or [])], declared, "json" if as_json else format, seed))
    if format is not None:
        raise SymnetError("--format goes with --document; of a single answer there are text and --json")
    if len(answer or []) > 1:
        raise SymnetError("one answer is checked at a time; put it in quotes, or give the notes with --document FILE")
    network, names = _network(spec, cost, samples, notation)
    if python is not None:
        shown, data, right = _code(network, python, seed)
    elif not answer:
        raise SymnetError("give --wrt and the answer to check, or a gradient function with --python FILE:FUNC")
    else:
        shown, data, right = _answer(network, names, wrt, answer[0], syntax, seed)
    print(json.dumps(data, ensure_ascii=False, indent=2) if as_json else shown)
    raise typer.Exit({True: RIGHT, False: WRONG, None: OPEN}[right])


def _document(
    document: Path,
    specs: list[str],
    declared: list[tuple[Network, Vocabulary | None]],
    format: str | None,
    seed: int,
) -> int:
    """A whole document: 0 nothing wrong, 1 something wrong."""
    from symnet.check.document.check import check_document
    from symnet.check.document.sides import Subject
    from symnet.check.read.symbols import Vocabulary

    stems = [Path(one).stem if one.endswith(".toml") else one for one in specs]
    subjects = [
        Subject(stem if stems.count(stem) == 1 else one, network, names or Vocabulary(network))
        for stem, one, (network, names) in zip(stems, specs, declared, strict=True)
    ]
    verdict = check_document(document, subjects, seed=seed)
    print(verdict.report(format or "text"), end="")
    return WRONG if verdict.wrong else RIGHT


def _network(
    spec: str, cost: str | None, samples: str | None, notation: str | None
) -> tuple[Network, Vocabulary | None]:
    if spec.endswith(".toml"):
        from symnet.check.read.network_file import load_check_network

        given = {"--cost": cost, "--samples": samples, "--notation": notation}
        extra = next((name for name, value in given.items() if value is not None), None)
        if extra:
            raise SymnetError(f"{extra} goes with a spec string; a network file says it itself")
        return load_check_network(spec)
    from symnet.spec import load

    number: Any = None if samples is None else 1 if samples == "1" else samples
    return load(spec, cost=cost, samples=number, notation=notation), None


def _answer(
    network: Network, names: Vocabulary | None, wrt: str | None, answer: str, syntax: Any, seed: int
) -> tuple[str, dict[str, Any], bool | None]:
    from symnet.check.derivations import check_derivation, rows_of
    from symnet.check.verdict import check as decide

    if wrt is None or sum(len(row) for row in rows_of(answer)) > 1:
        whole = check_derivation(network, wrt, answer, syntax=syntax, names=names, seed=seed)
        steps = [{"message": step.message, **step.verdict.as_dict()} for step in whole.steps]
        return whole.text(), {"right": whole.right, "message": whole.message, "steps": steps}, whole.right
    verdict = decide(network, wrt, answer, syntax=syntax, names=names, seed=seed)
    return verdict.report("text"), verdict.as_dict(), verdict.right


def _code(network: Network, python: str, seed: int) -> tuple[str, dict[str, Any], bool | None]:
    from symnet.check.code.check import check_code

    path, colon, function = python.rpartition(":")
    if not colon or not function.isidentifier():
        raise SymnetError(f"--python is {python!r}, expected a file and a function, such as student.py:gradient")
    verdict = check_code(network, Path(path), function, seed=seed)
    right = None if verdict.status == "could not run" else verdict.is_right
    return verdict.text(), verdict.to_json(), right
