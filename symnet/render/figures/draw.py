"""A network's pictures by what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symnet.errors import unknown
from symnet.network import Network
from symnet.render.figures.figure import Figure
from symnet.render.figures.network import network_figure
from symnet.render.figures.neuron import neuron_figure

KINDS: Mapping[str, Callable[..., Figure]] = {
    "network": network_figure,
    "neuron": neuron_figure,
}
"""Every kind of picture; the functions say what each needs."""


def figure(kind: str, network: Network, **options: Any) -> Figure:
    """The picture of that kind; SymnetError for an unknown kind, or for what the kind needs and was not given."""
    if kind not in KINDS:
        raise unknown("kind of picture", kind, KINDS)
    return KINDS[kind](network, **options)
