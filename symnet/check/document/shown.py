"""A side of an equation typeset as it was read."""

from __future__ import annotations

from symnet.algebra.expressions import Tensor
from symnet.check.document.sides import Subject, parsed
from symnet.check.read.letters import Choices
from symnet.check.read.resolve import Resolver
from symnet.check.read.shapes import ShapeError
from symnet.check.read.shown import shown
from symnet.check.read.symbols import Target
from symnet.check.read.syntax import NotUnderstood
from symnet.render.display import Node


def side_shown(text: str, subject: Subject, syntax: str) -> Node | None:
    """The side as mathematics; None where it cannot be read."""
    vocabulary = subject.vocabulary
    try:
        tree, python = parsed(text, vocabulary, syntax)
        resolver = Resolver(vocabulary, Target(text, vocabulary, Tensor("side", ()), ()), Choices(), python)
        resolver.value(tree)
        return shown(tree, resolver)
    except (NotUnderstood, ShapeError):
        return None
