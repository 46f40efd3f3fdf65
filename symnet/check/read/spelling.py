"""How Python programs spell the symbols of mathematics: x1, delta2, y_hat, W2, dW1."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symnet.algebra.expressions import Axis
from symnet.check.read.letters import Choices
from symnet.check.read.symbols import Vocabulary
from symnet.check.read.syntax import Node, Number, Symbol

_NAME = re.compile(r"(?P<base>[A-Za-z]+(?:_[A-Za-z]{2,})*)_?(?P<digits>\d*)(?:_(?P<more>\d+|[A-Za-z]))?")
_LAMBDA = {"lam": "lambda", "lmbda": "lambda", "lamda": "lambda", "lambd": "lambda", "lambda_": "lambda"}


def spellings(node: Symbol, vocabulary: Vocabulary) -> Iterator[Symbol]:
    """The symbols that a Python name may stand for, the likeliest first."""
    name = _LAMBDA.get(node.base, node.base)
    yield Symbol(node.at, name, node.subs, node.sups)
    found = _NAME.fullmatch(name)
    if found is None or node.subs or node.sups:
        return
    digits = tuple(Number(node.at, part) for part in (found["digits"], found["more"]) if part and part.isdigit())
    for base in _bases(found["base"]):
        yield Symbol(node.at, base, digits)
        if len(digits) == 1:
            yield Symbol(node.at, base, (), digits)
            yield Symbol(node.at, base, digits[:1], ())


def _bases(word: str) -> Iterator[str]:
    yield word
    joined = word.replace("_", "")
    yield joined
    if joined.endswith("hat") or joined.endswith("pred"):
        letter = re.sub("(hat|pred)$", "", joined)
        yield letter + "hat"
    yield joined[:1].lower() + joined[1:]


def digits_from_zero(item: Node, axis: Axis, from_zero: bool | None, choices: Choices) -> Node:
    """A number in brackets as an index from 1.

    NumPy counts from 0 and sympy from 1; where the answer does not show which, both are readings.
    """
    if not isinstance(item, Number) or not item.text.isdigit() or axis.name == "one":
        return item
    zero = from_zero if from_zero is not None else choices.pick("first index") == 0
    return Number(item.at, str(int(item.text) + 1)) if zero else item
