"""``symnet slides``: a derivation as a deck."""

from __future__ import annotations

import re
from math import prod
from pathlib import Path
from typing import Annotated

import typer

from symnet.derive.numbers import Worked
from symnet.errors import SymnetError
from symnet.network import Network
from symnet.numberlist import data, parameters, read_numbers, shown
from symnet.render.theme import THEMES
from symnet.spec import load


def slides(
    context: typer.Context,
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A network, '2 -> 3 sigmoid -> 1', or a .toml file.")],
    cost: Annotated[str | None, typer.Option("--cost", help="A cost by name: quadratic, 'huber(delta=0.5)'.")] = None,
    samples: Annotated[str | None, typer.Option(metavar="n|1", help="Any number of samples, or a single one.")] = None,
    wrt: Annotated[str | None, typer.Option(help="Parameters or elements, W1,b1 or 'W1[1,3]'; else all.")] = None,
    view: Annotated[str, typer.Option(metavar="scalar|index|matrix", help="How equations are written.")] = "index",
    notation: Annotated[str | None, typer.Option(help="lecture, nielsen, ng or d2l.")] = None,
    steps: Annotated[str, typer.Option(metavar="final|factors|full", help="How much is shown.")] = "factors",
    reasons: Annotated[bool, typer.Option("--reasons/--no-reasons", help="Why each row follows.")] = True,
    numbers: Annotated[bool, typer.Option("--numbers", help="Work an example with small numbers as well.")] = False,
    x: Annotated[str | None, typer.Option(help="Work with these inputs, 1,2; several samples: '1,2;3,4'.")] = None,
    y: Annotated[str | None, typer.Option(help="The target, 1; several samples: '1;0'.")] = None,
    rate: Annotated[str | None, typer.Option(help="Learning rate: adds a step of gradient descent.")] = None,
    digits: Annotated[int, typer.Option(help="Decimal places.")] = 6,
    title: Annotated[str | None, typer.Option(help="The title; else the network.")] = None,
    theme: Annotated[str, typer.Option("--theme", metavar="|".join(THEMES), help="The colours.")] = "light",
    dark: Annotated[bool, typer.Option("--dark", help="The same as --theme dark.")] = False,
    fragment: Annotated[bool, typer.Option("--fragment", help="A .tex file to \\input, not a whole one.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write .pdf, .html, .tex (Beamer), .md or .ipynb.")
    ] = None,
) -> None:
    """Slides of a derivation: the network, the equations, and each gradient by its chain, factor by factor.

    With --x and every weight and bias as an option by its name, as symnet forward takes them, the same equations are
    worked out with numbers.

    \b
    Examples:
        symnet slides "2 -> 3 sigmoid -> 1" --cost quadratic -o deck.pdf
        symnet slides "2 -> 1 linear" --view scalar --wrt w_1,b --steps full --dark -o deck.html
        symnet slides "2 -> 1" --x 1,2 --y 10 --w 3,4 --b 1 --rate 0.1 -o deck.tex
        symnet slides "4 -> 8 tanh -> 3 softmax" --cost categorical_cross_entropy --wrt W2 --fragment -o w2.tex
    """
    from symnet.render.deck.build import deck
    from symnet.render.deck.write import check_path, write_deck

    if samples not in (None, "1", "n"):
        raise SymnetError(f"--samples is {shown(samples)}, expected n (any number of samples) or 1 (a single one)")
    if output is None:
        raise SymnetError("slides go to a file; give its name, such as -o deck.pdf")
    if dark and theme not in ("light", "dark"):
        raise SymnetError(f"--theme is {shown(theme)}, and --dark another; give one of them")
    check_path(output, fragment)
    network = load(spec, cost=cost, samples=1 if samples == "1" else samples, notation=notation)
    flags = [name for p in context.command.params for name in p.opts]
    given = parameters(network, context.args, flags)
    worked = None
    if x is not None:
        worked = network.forward(
            x=data(network, 0, x, "--x"),
            y=None if y is None else data(network, -1, y, "--y"),
            digits=digits,
            backward=y is not None,
            steps=0 if rate is None else 1,
            rate=None if rate is None else read_numbers(rate, "--rate", 0),
            **given,
        )
    elif given or y is not None:
        raise SymnetError("numbers need inputs; give them too, such as --x 1,2")
    elif numbers:
        worked = example(network, digits=digits, rate=rate)
    made = deck(
        network,
        wrt=None if wrt is None else [name.strip() for name in re.split(r",(?![^\[({]*[\])}])", wrt)],
        view=view,
        steps=steps,
        reasons=reasons,
        numbers=worked,
        title=title,
        theme="dark" if dark else theme,
    )
    write_deck(made, output, fragment=fragment)


MOST_WORKED = 300
"""Of more parameters than this no example is worked: its sums would fill hundreds of slides."""


def example(network: Network, *, digits: int = 6, rate: str | None = None) -> Worked:
    """The network worked out with small numbers: inputs 1, 2, 3 …, weights 1, −1, 2 in turn, and the target 1.

    Raises SymnetError for symbolic sizes, and for more parameters than can be followed.
    """

    def filled(sizes: tuple[int, ...], values: tuple[str, ...], start: int = 0) -> object:
        if not sizes:
            return values[start % len(values)]
        return [filled(sizes[1:], values, start + k * (sizes[1] if len(sizes) > 1 else 1)) for k in range(sizes[0])]

    if any(not isinstance(axis.size, int) for axes in network.unit_axes for axis in axes):
        raise SymnetError("worked numbers need sizes in numbers; this network has a symbolic size")
    count = sum(prod(int(axis.size) for axis in p.axes) for p in network.parameters)
    if count > MOST_WORKED:
        raise SymnetError(
            f"this network has {count} parameters, and worked numbers are for {MOST_WORKED} at most; "
            "leave --numbers out, or show them on a smaller network"
        )
    weights = {
        p.name: filled(tuple(int(a.size) for a in p.axes), ("1", "-1", "2") if p.role == "weight" else ("1", "0"))
        for p in network.parameters
    }
    inputs, outputs = (tuple(int(a.size) for a in network.unit_axes[k]) for k in (0, -1))
    steps = 0 if rate is None else 1
    return network.forward(
        x=filled(inputs, ("1", "2", "3")),
        y=filled(outputs, ("1", "0")),
        digits=digits,
        backward=True,
        steps=steps,
        rate=None if rate is None else read_numbers(rate, "--rate", 0),
        **weights,
    )
