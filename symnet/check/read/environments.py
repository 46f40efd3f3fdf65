r"""``\begin{cases}`` and matrices, as LaTeX writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symnet.check.read.syntax import Cases, Matrix, Node, NotUnderstood, Token

if TYPE_CHECKING:
    from symnet.check.read.latex import Parser

_MATRICES = ("matrix", "bmatrix", "pmatrix", "Bmatrix", "smallmatrix", "array")
_OTHERWISE = ("otherwise", "else", "elsewhere", "in all other cases", "sonst")
_CONDITION_WORDS = ("if", "for", "when", "falls", "wenn", "where")


def environment(parser: Parser, begin: Token) -> Node:
    r"""What stands between ``\begin`` and ``\end``.  Raises NotUnderstood for another environment."""
    name = parser.environment()
    if name in _MATRICES:
        return _matrix(parser, begin, name)
    if name == "cases":
        return _cases(parser, begin)
    raise NotUnderstood(f"the environment {name!r} is not understood; cases and matrices are", begin.at)


def _cases(parser: Parser, begin: Token) -> Node:
    branches: list[tuple[Node, Node | None]] = []
    while True:
        value = parser.terms()
        parser.take("sign", ",")
        parser.expect("sign", "&", "between a value and its condition")
        branches.append((value, _condition(parser)))
        parser.take("sign", ",", ".")
        more = parser.take("sign", r"\\")
        ended = parser.take("command", "end")
        if ended:
            break
        if not more:
            raise parser.error(r"expected \\ or \end{cases}")
    if parser.environment() != "cases":
        raise NotUnderstood(r"expected \end{cases}", ended.at)
    return Cases(begin.at, tuple(branches))


def _condition(parser: Parser) -> Node | None:
    """A relation, with words before it that say nothing; None for “otherwise”."""
    while parser.next.kind == "text" and parser.next.text.strip(" ,.:") in _CONDITION_WORDS:
        parser.advance()
    if parser.next.kind != "text":
        return parser.relation()
    words = parser.advance()
    if words.text.strip(" ,.:") not in _OTHERWISE:
        raise NotUnderstood(f"the condition {words.text!r} is not understood; write a formula", words.at)
    return None


def _matrix(parser: Parser, begin: Token, name: str) -> Node:
    """The rows of a matrix, from its first entry to its end."""
    if name == "array" and parser.next.text == "{":
        parser.environment()  # the columns, {cc}
    rows: list[tuple[Node, ...]] = []
    while not parser.take("command", "end"):
        entries = [parser.terms()]
        while parser.take("sign", "&"):
            entries.append(parser.terms())
        rows.append(tuple(entries))
        if not parser.take("sign", r"\\") and (parser.next.kind, parser.next.text) != ("command", "end"):
            raise parser.error("expected & or \\\\ or the end of the matrix")
    if parser.environment() != name:
        raise NotUnderstood(rf"expected \end{{{name}}}", begin.at)
    if not rows:
        raise NotUnderstood("a matrix without entries", begin.at)
    return Matrix(begin.at, tuple(rows))
