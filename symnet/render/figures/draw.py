"""A network's pictures by what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from symnet.errors import unknown
from symnet.network import Network
from symnet.render.figures.activations import activations_figure
from symnet.render.figures.boundary import boundary_figure
from symnet.render.figures.chain import chain_figure
from symnet.render.figures.contours import contours_figure, rates_figure
from symnet.render.figures.figure import Figure
from symnet.render.figures.iterations import cost_figure
from symnet.render.figures.network import network_figure
from symnet.render.figures.neuron import neuron_figure
from symnet.render.figures.passes import backward_figure, forward_figure

KINDS: Mapping[str, Callable[..., Figure]] = {
    "network": network_figure,
    "neuron": neuron_figure,
    "activations": activations_figure,
    "forward": forward_figure,
    "backward": backward_figure,
    "chain": chain_figure,
    "contours": contours_figure,
    "rates": rates_figure,
    "cost": cost_figure,
    "boundary": boundary_figure,
}
"""Every kind of picture; the functions say what each needs."""


def figure(kind: str, network: Network, **options: Any) -> Figure:
    """The picture of that kind; ``options`` are those of its function, and the parameters of the network by name.

    Raises SymnetError for an unknown kind or option, and for what the kind needs and was not given.
    """
    if kind not in KINDS:
        raise unknown("kind of picture", kind, KINDS)
    taken = options_of(kind)
    for name in options:
        if name in _ALL - taken or (not takes_parameters(kind) and name not in taken):
            raise unknown(f"option of the picture {kind}", name, sorted(taken))
    return KINDS[kind](network, **options)


def options_of(kind: str) -> set[str]:
    """What the picture of a kind can be given, besides the parameters of the network."""
    listed = list(signature(KINDS[kind]).parameters.values())[1:]
    return {p.name for p in listed if p.kind is not p.VAR_KEYWORD}


def takes_parameters(kind: str) -> bool:
    """Whether the picture of a kind shows numbers, and takes the network's parameters by name."""
    return any(p.kind is p.VAR_KEYWORD for p in signature(KINDS[kind]).parameters.values())


_ALL = set().union(*map(options_of, KINDS))
