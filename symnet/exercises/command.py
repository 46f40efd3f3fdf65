"""``symnet exercise make | check | list``: variants of a template to a file, and whether a template is fit for use."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from symnet.errors import SymnetError

exercise = typer.Typer(
    help="Exercises from templates: made with worked solutions, checked, listed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

MOST = 100_000
"""Seeds in one run."""

SHOWN_EXPORTS = 2
"""Variants that are put through every format."""

Files = Annotated[
    list[str], typer.Argument(metavar="FILE…", help="Templates: .toml files, or names of those that come with symnet.")
]


@exercise.command("list")
def listed(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """List the templates that come with symnet, by the slides of the lecture.

    \b
    Example:
        symnet exercise list
    """
    from symnet.exercises.template import read, shipped

    found = sorted((read(name) for name in shipped()), key=lambda t: (t.slide, t.name))
    if as_json:
        rows = [{"name": t.name, "title": t.title, "kind": t.kind, "slide": t.slide} for t in found]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max(len(t.name) for t in found)
    slide = None
    for template in found:
        if template.slide != slide:
            slide = template.slide
            print(slide)
        print(f"  {template.name.ljust(width)}  {template.title}")


@exercise.command()
def make(
    files: Files,
    output: Annotated[Path | None, typer.Option("--output", "-o", help=".pdf, .tex, .ipynb, .xml or .csv.")] = None,
    seeds: Annotated[str, typer.Option(metavar="N|A-B", help="How many variants, or which seeds.")] = "1",
    format: Annotated[str | None, typer.Option(help="A format, where the file's ending does not say it.")] = None,
    solutions: Annotated[bool, typer.Option("--solutions", help="With the worked solutions.")] = False,
    title: Annotated[str, typer.Option(help="Stands at the top of every sheet.")] = "",
    course: Annotated[str, typer.Option(help="Stands at the top too.")] = "",
    date: Annotated[str, typer.Option(help="Stands at the top too.")] = "",
) -> None:
    """Make variants, a sheet for each seed with every exercise named; each solution is verified before it is written.

    Without -o one variant is printed.

    \b
    Examples:
        symnet exercise make forward-neuron --solutions
        symnet exercise make forward-neuron chain-hidden --seeds 3 -o exam.pdf
        symnet exercise make forward-neuron chain-hidden --seeds 3 --solutions -o solutions.pdf
    """
    from symnet.exercises.export.formats import check_path, write
    from symnet.exercises.make import variant
    from symnet.exercises.template import read
    from symnet.exercises.verify import verify

    numbers = seeds_of(seeds)
    templates = [read(name) for name in files]
    if output is not None:
        check_path(output, format)
    made = []
    for seed in numbers:
        for template in templates:
            one = variant(template, seed)
            verify(one)
            made.append(one)
    if output is None:
        if len(numbers) > 1:
            raise SymnetError("several variants go to a file; give one with -o, such as -o exam.pdf")
        print("\n".join(printed(one, solutions) for one in made), end="")
        return
    for path in write(made, output, solutions=solutions, format=format, title=title, course=course, date=date):
        print(f"wrote {path}")


@exercise.command()
def check(
    files: Files,
    seeds: Annotated[str, typer.Option(metavar="N|A-B", help="How many variants, or which seeds.")] = "50",
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Check templates: every seed gives a variant, every solution holds, difficulty, degenerate cases, exports.

    A solution is verified exactly and by arithmetic that knows no derivation.  Exit status: 0 all is well, 1 something
    is not, 2 a template could not be read.

    \b
    Example:
        symnet exercise check forward-neuron --seeds 10
    """
    from symnet.exercises.inspect import exported, inspected, table
    from symnet.exercises.make import variant
    from symnet.exercises.template import read

    numbers = seeds_of(seeds)
    found = [inspected(read(name), numbers) for name in files]
    faults = [fault for one in found for fault in one.faults]
    exports: dict[str, str] = {}
    if all(one.perfect for one in found):
        exports = exported([variant(read(name), seed) for seed in numbers[:SHOWN_EXPORTS] for name in files])
    fine = all(one.perfect for one in found) and not any(exports.values())
    if as_json:
        data: dict[str, Any] = {"right": fine, "templates": [asdict(one) for one in found], "exports": exports}
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print(table(found))
        for fault in faults:
            print(f"not well: {fault}")
        for name, wrong in exports.items():
            print(f"export {name}: {wrong or 'written'}")
    raise typer.Exit(0 if fine else 1)


def printed(variant: Any, solutions: bool) -> str:
    """A variant as text for a terminal."""
    from symnet.exercises.export.sheets import marked
    from symnet.render.document import Heading, Paragraph, write

    out = [write([Heading(f"{variant.title} ({variant.template}, seed {variant.seed})"), *variant.given], "text")]
    for part in variant.parts:
        out.append(write([Paragraph((f"({part.label}) ", *part.asked, f" ({marked(part.marks)})"))], "text"))
        for letter, option in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", getattr(part.answer, "options", ()), strict=False):
            out.append(write([Paragraph((f"    {letter}. ", *option.shown))], "text"))
        if solutions:
            out += [write([Paragraph(("Answer: ", *part.short)), *part.solution], "text")]
    return "\n".join(out)


def seeds_of(text: str) -> range:
    """The seeds that a number or a range names.  Raises SymnetError for what is neither."""
    first, dash, last = text.partition("-")
    if not (first.isdigit() and (last.isdigit() if dash else True)) or len(text) > 20:
        raise SymnetError(f"--seeds is {text!r}, expected how many, such as 50, or which, such as 100-149")
    found = range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)
    if not 0 < len(found) <= MOST:
        raise SymnetError(f"--seeds is {text!r}, which is {len(found):,} seeds; give 1 to {MOST:,}")
    return found
