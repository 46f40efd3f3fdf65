r"""What a formula in LaTeX can be taken for by someone who sees it printed.

Braces that only group print nothing, so ``{a-b}c`` is seen as a − b c.  A bar does not say whether it opens or closes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from symnet.check.read.latex import Parser
from symnet.check.read.syntax import Node, NotUnderstood, Token
from symnet.check.read.tokens import tokens

MAX_BARS = 8


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
    """Every way to say of each bar without a direction whether it opens."""
    bars = [k for k, token in enumerate(found) if token.kind == "sign" and token.text in ("|", "‖")]
    if len(bars) > MAX_BARS:
        raise NotUnderstood(rf"more than {MAX_BARS} bars; write \lvert and \rvert", found[bars[MAX_BARS]].at)

    def pairings(place: int, open_: tuple[str, ...], said: dict[int, bool]) -> Iterator[Mapping[int, bool]]:
        if place == len(bars):
            if not open_:
                yield said
            return
        k = bars[place]
        if open_ and open_[-1] == found[k].text:
            yield from pairings(place + 1, open_[:-1], {**said, k: False})
        yield from pairings(place + 1, (*open_, found[k].text), {**said, k: True})

    return list(pairings(0, (), {})) or [{}]  # the parser says which bar is left over
