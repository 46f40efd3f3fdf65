"""The command line: ``symnet derive | forward | check | lecture | train | generate | optimizer | figure | slides``.

Exit status: 0 done, 1 checked and wrong, 2 could not be read, 3 a fault of symnet itself, 130 interrupted.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from symnet.check.command import check
from symnet.derive.derivation import Derivation
from symnet.emit.command import generate
from symnet.errors import SymnetError, unknown
from symnet.exercises.command import exercise
from symnet.exercises.marking.command import grade
from symnet.exercises.practice.command import serve
from symnet.files import reason, write_atomically
from symnet.network import Network
from symnet.numberlist import data, parameters, read_numbers, shown
from symnet.render.deck.command import slides
from symnet.render.figures.command import figure
from symnet.spec import load
from symnet.train.command import train
from symnet.watch import changes

app = typer.Typer(
    help="Neural networks declared symbolically: gradients derived as a lecture writes them.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FORMATS = {"text": ".txt", "latex": ".tex", "markdown": ".md"}

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="A network, '2 -> 3 sigmoid -> 1 linear', or a .toml file.")]
CostName = Annotated[str | None, typer.Option("--cost", help="A cost by name: quadratic, 'huber(delta=0.5)'.")]
Samples = Annotated[
    str | None, typer.Option("--samples", metavar="n|1", help="Any number of samples, or a single one.")
]
NotationName = Annotated[str | None, typer.Option("--notation", help="lecture, nielsen, ng or d2l.")]
Format = Annotated[str | None, typer.Option("--format", metavar="text|latex|markdown", help="By default as -o ends.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write a file: .txt, .tex (complete) or .md.")]


@app.callback(invoke_without_command=True)
def _symnet(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show_version:
        try:
            print(f"symnet {version('symnet')}")
        except PackageNotFoundError:
            print("symnet, not installed")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def derive(
    spec: Spec,
    cost: CostName = None,
    samples: Samples = None,
    wrt: Annotated[str | None, typer.Option(help="One parameter, W1, or element, w_1 or 'W1[1,3]'.")] = None,
    view: Annotated[str | None, typer.Option(metavar="scalar|index|matrix", help="How equations are written.")] = None,
    notation: NotationName = None,
    format: Format = None,
    steps: Annotated[str | None, typer.Option(metavar="final|chain|factors|full", help="How much is shown.")] = None,
    shapes: Annotated[bool, typer.Option("--shapes", help="Show the shape of each quantity.")] = False,
    hessian: Annotated[str | None, typer.Option(metavar="V,W", help="The second derivative by two elements.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Do it again whenever the network's file changes.")] = False,
    output: Output = None,
) -> None:
    """Derive the gradients of a network, every step shown.

    \b
    Examples:
        symnet derive "2 -> 3 sigmoid -> 1 linear" --cost quadratic
        symnet derive "2 -> 1 linear" --wrt w_1 --notation nielsen
        symnet derive "2 -> 1 linear" --hessian w_1,w_2
        symnet derive "4 -> 8 tanh -> 3 softmax" --view matrix -o gradients.tex
    """
    language = _language(format, output)

    def render() -> None:
        network = _network(spec, cost, samples, notation)
        body = _derived(
            network.derive(), language, wrt, view, steps, hessian, shapes=shapes, **_width(language, output)
        )
        _deliver(body, language, output, network.spec)

    if watch:
        _again_and_again(spec, render, output)
    else:
        render()


def _derived(
    derivation: Derivation,
    language: str,
    wrt: str | None,
    view: str | None,
    steps: str | None,
    hessian: str | None,
    **options: Any,
) -> str:
    """What ``derive`` prints."""
    if hessian is not None:
        if wrt is not None or view not in (None, "scalar"):
            raise SymnetError(
                "--hessian is in the scalar view and names its weights itself; leave out --wrt and --view"
            )
        pair = re.split(r",(?![^\[({]*[\])}])", hessian)
        if len(pair) != 2:
            raise SymnetError(f"--hessian is {shown(hessian)}, expected two elements, such as w_1,w_2")
        second = derivation.hessian(*(name.strip() for name in pair))
        return str(getattr(second, language)(steps=_level(steps, "full") != "final", **options))
    if wrt is not None:
        return str(getattr(derivation.partial(wrt), language)(view=view, steps=_level(steps, "full"), **options))
    return str(getattr(derivation, language)(view=view or "index", steps=_level(steps, "factors"), **options))


def _again_and_again(spec: str, render: Callable[[], None], output: Path | None) -> None:
    """Render now and whenever the network's file changes, until interrupted; what is wrong with it is one sentence."""
    if not spec.strip().casefold().endswith(".toml"):
        raise SymnetError(f"--watch needs a file that can change, given the network {shown(spec)}; write a .toml file")
    for _ in changes(Path(spec)):
        try:
            if output is None and sys.stdout.isatty():
                print("\x1b[2J\x1b[3J\x1b[H", end="")  # each derivation on an empty screen
            render()
            if output is not None:
                print(f"symnet: {output} is written; waiting for {spec} to change", file=sys.stderr, flush=True)
        except BrokenPipeError:
            raise
        except (SymnetError, OSError, RecursionError, MemoryError) as error:
            _refuse(_sentence(error))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def forward(
    context: typer.Context,
    spec: Spec,
    x: Annotated[str, typer.Option(help="The inputs, 1,2; several samples: '1,2;3,4'.")],
    y: Annotated[str | None, typer.Option(help="The target, 1; several samples: '1;0'.")] = None,
    cost: CostName = None,
    samples: Samples = None,
    backward: Annotated[bool, typer.Option("--backward", help="Work out every derivative as well.")] = False,
    steps: Annotated[int, typer.Option(min=0, help="Steps of gradient descent.")] = 0,
    rate: Annotated[str | None, typer.Option(help="Their learning rate.")] = None,
    digits: Annotated[int, typer.Option(help="Decimal places.")] = 6,
    notation: NotationName = None,
    format: Format = None,
    output: Output = None,
) -> None:
    """Work a network out with numbers, line by line.

    Each weight and bias is an option by its name: --w and --b with one layer, --W1 --b1 --w2 … with several.
    A weight matrix is inputs × units, rows separated by ';'.  Numbers are exact: 3, 0.25, 1/3.

    \b
    Examples:
        symnet forward "2 -> 1 linear" --x 1,2 --w 3,4 --b 1
        symnet forward "2 -> 1 linear" --x 1,2 --w 3,4 --b 1 --y 10 --backward --steps 2 --rate 0.1
        symnet forward "2 -> 2 sigmoid -> 1" --x 1,2 --W1 "1,2;3,4" --b1 0,1 --w2 1/2,1/3 --b2 0
    """
    language = _language(format, output)
    network = _network(spec, cost, samples, notation)
    worked = network.forward(
        x=data(network, 0, x, "--x"),
        y=None if y is None else data(network, -1, y, "--y"),
        digits=digits,
        backward=backward,
        steps=steps,
        rate=None if rate is None else read_numbers(rate, "--rate", 0),
        **parameters(network, context.args, [name for p in context.command.params for name in p.opts]),
    )
    body = getattr(worked, language)(**_width(language, output))
    _deliver(body, language, output, network.spec)


@app.command()
def lecture(
    format: Annotated[str, typer.Option("--format", metavar="text|latex|markdown", help="To print it in.")] = "text",
    dark: Annotated[bool, typer.Option("--dark", help="Slides on dark ground.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the slides: .pdf, .html, .tex (Beamer), .md or .ipynb.")
    ] = None,
) -> None:
    """The whole lecture, slide by slide: every formula derived, every number computed, its slips put right.

    Printed without pictures; with -o as a deck, pictures and all.

    \b
    Examples:
        symnet lecture
        symnet lecture -o lecture.pdf
        symnet lecture -o lecture.html --dark
    """
    if output is None:
        from symnet import lecture as room

        print(room.lecture(_language(format, None)), end="", flush=True)
        return
    from symnet.lecture.deck import lecture_deck
    from symnet.render.deck.write import check_path, write_deck

    check_path(output)
    write_deck(lecture_deck("dark" if dark else "light"), output)


@app.command()
def optimizer(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="adam, 'adam(beta_1=0.8)'; without a name all are listed.")
    ] = None,
    schedule: Annotated[str | None, typer.Option(help="A learning-rate schedule: 'warm_up(5) -> cosine'.")] = None,
    clip: Annotated[str | None, typer.Option(help="Gradient clipping: 1, 'value(0.5)'.")] = None,
    weight_decay: Annotated[str | None, typer.Option(help="Weight decay: 0.01, 'decoupled(0.01)'.")] = None,
    notation: NotationName = None,
    format: Format = None,
    output: Output = None,
) -> None:
    """Print the equations of an optimizer, its constants, its sources, and where published versions differ.

    Without a name: the optimizers, schedules, clippings and weight decays that there are.

    \b
    Examples:
        symnet optimizer
        symnet optimizer adam --notation d2l
        symnet optimizer "adamw(lamda=0.1)" --schedule "warm_up(5) -> cosine" --clip 1 -o adamw.tex
    """
    from symnet.render import updates

    language = _language(format, output)
    if name is None and (schedule, clip, weight_decay) != (None, None, None):
        raise SymnetError("a schedule, clip or weight decay is joined to an optimizer; name one, such as adam")
    body, title = updates.printed(name, language, notation or "lecture", schedule, clip, weight_decay)
    _deliver(body, language, output, title)


app.command()(check)
app.command()(train)
app.command()(generate)
app.command()(serve)
app.command()(grade)
app.add_typer(exercise, name="exercise")
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(figure)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(slides)


def _network(spec: str, cost: str | None, samples: str | None, notation: str | None) -> Network:
    if samples not in (None, "1", "n"):
        raise SymnetError(f"--samples is {shown(samples)}, expected n (any number of samples) or 1 (a single one)")
    if spec.startswith("--"):
        raise SymnetError(
            f"the network comes before {shown(spec)}: symnet forward '2 -> 1 linear' --x 1,2 --w 3,4 --b 1"
        )
    return load(spec, cost=cost, samples=1 if samples == "1" else samples, notation=notation)


def _language(format: str | None, output: Path | None) -> str:
    """The format asked for, or the one that the file's name ends in."""
    if format is not None:
        if format not in FORMATS:
            raise unknown("format", format, FORMATS)
        return format
    if output is None:
        return "text"
    for language, suffix in FORMATS.items():
        if output.suffix.lower() == suffix:
            return language
    raise SymnetError(f"{output} ends in none of {', '.join(FORMATS.values())}; rename it, or give --format")


def _level(steps: str | None, default: str) -> str:
    levels = ("final", "chain", "factors", "full")
    if steps is not None and steps not in levels:
        raise unknown("level of steps", steps, levels)
    return steps or default


def _width(language: str, output: Path | None) -> dict[str, int]:
    """The width of the terminal, where there is one to fit."""
    if language != "text" or output is not None or not sys.stdout.isatty():
        return {}
    return {"width": max(60, shutil.get_terminal_size().columns)}


def _deliver(body: str, language: str, output: Path | None, title: str) -> None:
    """Print what was written, or put it in a file, where LaTeX and Markdown are whole documents."""
    body = body.rstrip("\n") + "\n"
    if output is None:
        print(body, end="", flush=True)
        return
    title = title if len(title) <= 80 else title[:79] + "…"
    if language == "latex":
        from symnet.render.rows import document

        body = document(body, title.replace("->", "→"))
    elif language == "markdown":
        body = f"# {title.replace('->', '→')}\n\n{body}"
    write_atomically(output, body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; whatever goes wrong is one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = app(args=arguments, prog_name="symnet", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except SystemExit:
        return 0  # typer's answer to a pipe that was closed at the other end
    except (SymnetError, OSError, RecursionError, MemoryError) as error:
        return _refuse(_sentence(error))
    except typer.TyperException as error:
        return _refuse(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        return _refuse("interrupted", 130)
    except Exception as error:
        if os.environ.get("SYMNET_TRACEBACK"):
            raise
        kind = type(error).__name__
        return _refuse(f"a fault of symnet, please report it ({kind}: {error}); SYMNET_TRACEBACK=1 shows where", 3)


def _sentence(error: Exception) -> str:
    """What went wrong, and how to mend it."""
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{reason(error)}; check the path and its permissions"
    if isinstance(error, SymnetError):
        return str(error)
    return "this network is too large for that; use fewer layers or samples, or another view"


def _usage(error: typer.TyperException) -> str:
    """Typer's complaint about the command line as one sentence."""
    message = error.format_message().rstrip(".")
    message = re.sub(r"(?:^|(\.) )([A-Z])", lambda m: ("; " if m[1] else "") + m[2].lower(), message)
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "symnet"
    return f"{message}{' ' if message.endswith('?') else '; '}see {where} --help"


def _refuse(message: str, status: int = 2) -> int:
    print(f"symnet: {' '.join(message.split())}", file=sys.stderr)
    return status
