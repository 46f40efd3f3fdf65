"""``symnet figure``: a picture of a network as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from symnet.errors import SymnetError
from symnet.numberlist import data, parameters
from symnet.render.theme import THEMES, theme
from symnet.spec import load


def figure(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is shown: network, neuron, … (below).")],
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A network, '2 -> 3 sigmoid -> 1', or a .toml file.")],
    cost: Annotated[str | None, typer.Option("--cost", help="A cost by name: quadratic, 'huber(delta=0.5)'.")] = None,
    samples: Annotated[str | None, typer.Option(metavar="n|1", help="Any number of samples, or a single one.")] = None,
    notation: Annotated[str | None, typer.Option(help="lecture, nielsen, ng or d2l.")] = None,
    wrt: Annotated[str | None, typer.Option(help="The weight of a chain, w_1; the two of contours: w_1,w_2.")] = None,
    x: Annotated[str | None, typer.Option(help="The inputs, 1,2; several samples: '1,2;3,4'.")] = None,
    y: Annotated[str | None, typer.Option(help="The target, 1; several samples: '1;0'.")] = None,
    rate: Annotated[str | None, typer.Option(help="Learning rate of contours; of cost several: 0.01,0.1.")] = None,
    steps: Annotated[int | None, typer.Option(min=0, help="Steps of gradient descent.")] = None,
    names: Annotated[str | None, typer.Option(help="Activations: lecture, all, or sigmoid,relu.")] = None,
    theme_name: Annotated[str, typer.Option("--theme", metavar="|".join(THEMES), help="The colours.")] = "light",
    stage: Annotated[int | None, typer.Option(min=0, help="Only what is shown up to this stage.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write .svg, .pdf, .png or .tex; else SVG is printed.")
    ] = None,
) -> None:
    """Draw a network, its numbers, its chain rule, or its cost.

    \b
    KIND                 shows                                             and needs
    network, neuron      layers of units; one neuron from input to output
    activations          each activation with its derivative
    chain                what one weight moves, up to the cost             --wrt
    forward, backward    the passes with numbers, in stages                --x (--y), parameters
    contours, rates      the cost over two parameters, descent on it       --x --y, --wrt
    cost                 the cost against the steps, several rates         --x --y
    boundary             the decision boundary with the data               --x --y, parameters

    Each weight and bias is an option by its name: --w and --b with one layer, --W1 --b1 --w2 … with several.

    \b
    Examples:
        symnet figure network "2 -> 3 sigmoid -> 1" -o network.svg
        symnet figure chain "3 -> 4 sigmoid -> 1" --wrt "W1[2,3]" -o chain.pdf
        symnet figure backward "2 -> 1" --x 1,2 --y 10 --w 3,4 --b 1 -o backward.png
        symnet figure contours "2 -> 1" --wrt w_1,w_2 --x "0,1;1,0;1,1" --y "5;4;8" --w 0,0 --b 1 -o contours.tex
    """
    from symnet.render.figures.draw import figure as draw
    from symnet.render.figures.pages import check, write

    if samples not in (None, "1", "n"):
        raise SymnetError(f"--samples is {samples!r}, expected n (any number of samples) or 1 (a single one)")
    colours = theme(theme_name)
    if output is not None:
        check(output)
    network = load(spec, cost=cost, samples=1 if samples == "1" else samples, notation=notation)
    flags = [name for p in context.command.params for name in p.opts]
    given: dict[str, Any] = {
        "wrt": wrt,
        "x": None if x is None else data(network, 0, x, "--x"),
        "y": None if y is None else data(network, -1, y, "--y"),
        "rate": rate,
        "steps": steps,
        "names": names,
    }
    options = {name: value for name, value in given.items() if value is not None}
    made = draw(kind, network, **options, **parameters(network, context.args, flags))
    if output is None:
        print(made.svg(colours, stage), end="", flush=True)
    else:
        write(made, output, colours, stage)
