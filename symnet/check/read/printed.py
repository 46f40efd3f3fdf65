r"""What a formula in LaTeX can be taken for by someone who sees it printed.

Braces that only group print nothing, so ``{a-b}c`` is seen as a − b c.  A bar does not say whether it opens or closes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count, islice

from symnet.check.read.latex import Parser
from symnet.check.read.syntax import Node, NotUnderstood, Token
from symnet.check.read.tokens import tokens

MAX_BARS = 40
MAX_PAIRINGS = 16
MAX_STEPS = 2_000


def parse_printed(text: str, names: Collection[str] = ()) -> list[tuple[Node, ...]]:
    """Every way to pair the bars of ``text``, and for each the tree as its braces group it and as it is printed.

    The printed tree is left out where there is no brace that only groups.  Raises NotUnderstood as
    :func:`parse_latex`, also where the printed formula has no tree.
    """
    found = tokens(text, names)
    out: list[tuple[Node, ...]] = []
    failure: NotUnderstood | None = None
    for opening in _pairings(found):
        try:
            parser = Parser(found, opening)
            tree = parser.formula()
            if not parser.grouping:
                out.append((tree,))
                continue
            left = [k for k in range(len(found)) if k not in parser.grouping]
            moved = {left.index(k): opens for k, opens in opening.items()}
            out.append((tree, Parser([found[k] for k in left], moved).formula()))
        except NotUnderstood as error:
            failure = failure or error
    if not out:
        assert failure is not None
        raise failure
    return out


def _pairings(found: Sequence[Token]) -> Sequence[Mapping[int, bool]]:
    """Every way to say of each bar without a direction whether it opens, as far as its neighbours let it."""
    bars = [k for k, token in enumerate(found) if token.kind == "sign" and token.text in ("|", "‖")]
    if len(bars) > MAX_BARS:
        raise NotUnderstood(rf"more than {MAX_BARS} bars; write \lvert and \rvert", found[bars[MAX_BARS]].at)

    steps = count()

    def pairings(place: int, open_: tuple[str, ...], said: dict[int, bool]) -> Iterator[Mapping[int, bool]]:
        if next(steps) > MAX_STEPS:
            raise _many(found[bars[0]])
        if place == len(bars):
            if not open_:
                yield said
            return
        k = bars[place]
        if open_ and open_[-1] == found[k].text and _ends(found[k - 1]):
            yield from pairings(place + 1, open_[:-1], {**said, k: False})
        if _begins(found[k + 1]) and len(open_) < len(bars) - place:
            yield from pairings(place + 1, (*open_, found[k].text), {**said, k: True})

    out = list(islice(pairings(0, (), {}), MAX_PAIRINGS + 1))
    if len(out) > MAX_PAIRINGS:
        raise _many(found[bars[0]])
    return out or [{}]  # the parser says which bar is left over


def _many(bar: Token) -> NotUnderstood:
    return NotUnderstood(r"these bars can be paired in many ways; write \lvert and \rvert", bar.at)


def _begins(token: Token) -> bool:
    """Whether what stands between bars can begin with this."""
    return token.kind in ("digit", "name", "command") or token.text in ("(", "[", "{", r"\{", "-", "|", "‖", "|(", "‖(")


def _ends(token: Token) -> bool:
    """Whether what stands between bars can end with this."""
    closing = (")", "]", "}", r"\}", "'", "|", "‖", "|)", "‖)")
    return token.kind in ("digit", "name") or token.text in closing
