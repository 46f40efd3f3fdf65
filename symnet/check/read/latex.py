r"""LaTeX mathematics into the raw tree: a precedence parser over the tokens.

The scope of Σ is the product that follows it, up to the next + or −; side by side binds like a product.  ``{…}`` is
invisible, and what stands in a script is a list of items (``{i1}``: i, 1; ``{(2)\top}``: (2), ⊤).
"""

from __future__ import annotations

from collections.abc import Collection

from symnet.check.read.syntax import (
    Bars,
    BigSum,
    Cases,
    Del,
    Fraction,
    Group,
    Listing,
    Matrix,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Power,
    Product,
    Relation,
    Scripted,
    Symbol,
    Terms,
    Token,
    Tokens,
)
from symnet.check.read.tokens import tokens

_CLOSING = {"(": ")", "[": "]", r"\{": r"\}"}
_PRODUCTS = {"·": "·", "*": "*", "⊙": "⊙", "⊗": "⊗", "/": "/", "⊘": "⊘"}
_RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
_MATRICES = ("matrix", "bmatrix", "pmatrix", "Bmatrix", "smallmatrix", "array")
_CONDITION_WORDS = ("if", "for", "when", "falls", "wenn", "where")


def parse_latex(text: str, names: Collection[str] = ()) -> Node:
    """The raw tree of LaTeX ``text``; ``names`` are the symbols of several letters.

    Raises NotUnderstood, with the column, for what is no formula.
    """
    parser = _Parser(tokens(text, names))
    tree = parser.listing()
    while parser.take("sign", ".", ";", ","):
        pass
    if parser.next.kind != "end":
        raise parser.error("expected the formula to end or to go on with + or a factor")
    return tree


class _Parser(Tokens):
    bars = ""

    def listing(self) -> Node:
        """Relations between commas."""
        first = self.relation()
        items = [first]
        while self.next.text == "," and self.next.kind == "sign" and self.tokens[self.at + 1].kind != "end":
            self.advance()
            items.append(self.relation())
        return first if len(items) == 1 else Listing(first.at, tuple(items))

    def relation(self) -> Node:
        first = self.terms()
        operands, signs = [first], []
        while token := self.take("sign", *_RELATIONS):
            sign = token.text
            if sign in "<>" and self.take("sign", "="):
                sign += "="
            signs.append(sign)
            operands.append(self.terms())
        return Relation(first.at, tuple(operands), tuple(signs)) if signs else first

    def terms(self) -> Node:
        at = self.next.at
        sign = self.take("sign", "+", "-")
        found = [(sign.text if sign else "+", self.product())]
        while token := self.take("sign", "+", "-"):
            found.append((token.text, self.product()))
        if len(found) > 1:
            return Terms(at, tuple(found))
        return Negative(at, found[0][1]) if found[0][0] == "-" else found[0][1]

    def product(self) -> Node:
        first = self.factor()
        factors, signs = [first], []
        while True:
            token = self.next
            if token.kind == "sign" and token.text in _PRODUCTS:
                self.advance()
                signs.append("/" if token.text == "⊘" else _PRODUCTS[token.text])
                minus = self.take("sign", "-")
                part = self.factor()
                factors.append(Group(minus.at, Negative(minus.at, part)) if minus else part)
            elif self.starts(token):
                signs.append("")
                factors.append(self.factor())
            else:
                break
        return Product(first.at, tuple(factors), tuple(signs)) if signs else first

    def starts(self, token: Token) -> bool:
        """Whether a factor begins with ``token``."""
        if token.kind in ("digit", "name"):
            return True
        if token.kind == "command":
            return token.text != "end"
        if token.kind == "sign":
            opening = token.text in ("(", "[", "{", r"\{", "|(", "‖(")
            return opening or (token.text in ("|", "‖") and token.text not in self.bars)
        return False

    def factor(self) -> Node:
        self.enter()
        node = self.scripts(self.atom())
        self.leave()
        return node

    # -- atoms -------------------------------------------------------------------------------------------------------

    def atom(self) -> Node:
        token = self.next
        if token.kind == "digit":
            return self.number()
        if token.kind == "name":
            self.advance()
            return Symbol(token.at, token.text)
        if token.kind == "command":
            return self.command()
        if token.kind == "sign" and token.text in _CLOSING:
            return self.group()
        if token.kind == "sign" and token.text == "{":
            return self.braces()
        if token.kind == "sign" and token.text in ("|", "‖", "|(", "‖("):
            return self.norm()
        raise self.error("expected a quantity, a number or an opening bracket")

    def number(self) -> Number:
        token = self.advance()
        text, end = token.text, token.at + 1
        while self.next.at == end and (
            self.next.kind == "digit"
            or (self.next.text == "." and "." not in text and self.tokens[self.at + 1].kind == "digit")
        ):
            text += self.advance().text
            end += 1
        return Number(token.at, text)

    def group(self) -> Node:
        token = self.advance()
        outer, self.bars = self.bars, ""
        body = self.listing()
        self.bars = outer
        closing = _CLOSING[token.text]
        self.expect("sign", closing, f"to close the {token.text!r} of column {token.at}")
        return Group(token.at, body, {"(": "()", "[": "[]"}.get(token.text, "{}"))

    def braces(self) -> Node:
        """``{…}``: the content itself, bracketed where it is a sum or a product."""
        token = self.advance()
        outer, self.bars = self.bars, ""
        body = self.relation()
        self.bars = outer
        self.expect("sign", "}", f"to close the brace of column {token.at}")
        return Group(token.at, body) if isinstance(body, Terms | Negative | Product | BigSum | Relation) else body

    def norm(self) -> Node:
        token = self.advance()
        kind = token.text[0]
        outer, self.bars = self.bars, self.bars + kind
        body = self.terms()
        self.bars = outer
        if not self.take("sign", kind, f"{kind})"):
            raise self.error(f"expected {kind!r} to close the one of column {token.at}")
        return Bars(token.at, body, kind == "‖")

    def command(self) -> Node:
        token = self.advance()
        match token.text:
            case "frac":
                top = self.argument()
                return Fraction(token.at, top, self.argument())
            case "sqrt":
                if self.next.text == "[":
                    raise self.error("only square roots are understood, expected a brace")
                return Scripted(token.at, Group(token.at, self.argument()), (), (_half(token.at),))
            case "sum":
                below, above = self.limits()
                return BigSum(token.at, below, above, self.summand())
            case "partial":
                if self.take("sign", "^"):
                    raise NotUnderstood("derivatives of higher order are not understood", token.at)
                follows = self.starts(self.next)
                return Del(token.at, self.factor() if follows else None)
            case "nabla":
                return Symbol(token.at, "nabla")
            case "begin":
                return self.cases(token)
        if token.text.startswith("accent "):
            inner = self.argument()
            if not isinstance(inner, Symbol) or inner.sups or inner.primes:
                raise NotUnderstood("an accent goes over one letter", token.at)
            return Symbol(token.at, inner.base + token.text[7:], inner.subs)
        raise NotUnderstood(rf"\{token.text} has no place here", token.at)

    def summand(self) -> Node:
        """The product after Σ; a sign directly after Σ belongs to it."""
        sign = self.take("sign", "-", "+")
        body = self.product()
        return Negative(sign.at, body) if sign and sign.text == "-" else body

    def limits(self) -> tuple[Node | None, Node | None]:
        found: dict[str, Node] = {}
        while token := self.take("sign", "_", "^"):
            if token.text in found:
                raise NotUnderstood(f"Σ has two {token.text!r}", token.at)
            items = self.script()
            if not items:
                raise NotUnderstood("a bound of Σ is empty", token.at)
            one = len(items) == 1
            found[token.text] = items[0] if one else Product(items[0].at, items, ("",) * (len(items) - 1))
        return found.get("_"), found.get("^")

    def argument(self) -> Node:
        r"""The argument of ``\frac`` and its like: braces, or one token."""
        self.enter()
        node = self.braced_or_one()
        self.leave()
        return node

    def braced_or_one(self) -> Node:
        """Braces, or one token."""
        token = self.next
        if token.kind == "sign" and token.text == "{":
            self.advance()
            outer, self.bars = self.bars, ""
            body = self.relation()
            self.bars = outer
            self.expect("sign", "}", f"to close the brace of column {token.at}")
            return body
        if token.kind == "digit":
            self.advance()
            return Number(token.at, token.text)
        return self.atom()

    def cases(self, token: Token) -> Node:
        name = self.environment()
        if name in _MATRICES:
            return self.matrix(token, name)
        if name != "cases":
            raise NotUnderstood(f"the environment {name!r} is not understood; cases and matrices are", token.at)
        branches: list[tuple[Node, Node | None]] = []
        while True:
            value = self.terms()
            self.take("sign", ",")
            self.expect("sign", "&", "between a value and its condition")
            while self.next.kind == "text" and self.next.text.strip(" ,.:") in _CONDITION_WORDS:
                self.advance()
            if self.next.kind == "text":
                self.advance()
                branches.append((value, None))
            else:
                branches.append((value, self.relation()))
            self.take("sign", ",", ".")
            more = self.take("sign", r"\\")
            ended = self.take("command", "end")
            if ended:
                break
            if not more:
                raise self.error(r"expected \\ or \end{cases}")
        if self.environment() != "cases":
            raise NotUnderstood(r"expected \end{cases}", ended.at)
        return Cases(token.at, tuple(branches))

    def matrix(self, token: Token, name: str) -> Node:
        """The rows of a matrix environment, from its first entry to its end."""
        if name == "array" and self.next.text == "{":
            self.environment()  # the columns, {cc}
        rows: list[tuple[Node, ...]] = []
        while not self.take("command", "end"):
            entries = [self.terms()]
            while self.take("sign", "&"):
                entries.append(self.terms())
            rows.append(tuple(entries))
            if not self.take("sign", r"\\") and (self.next.kind, self.next.text) != ("command", "end"):
                raise self.error("expected & or \\\\ or the end of the matrix")
        if self.environment() != name:
            raise NotUnderstood(rf"expected \end{{{name}}}", token.at)
        if not rows:
            raise NotUnderstood("a matrix without entries", token.at)
        return Matrix(token.at, tuple(rows))

    def environment(self) -> str:
        self.expect("sign", "{", "before the name of the environment")
        name = ""
        while self.next.kind == "name":
            name += self.advance().text
        self.expect("sign", "}", "after the name of the environment")
        return name

    # -- scripts -----------------------------------------------------------------------------------------------------

    def scripts(self, node: Node) -> Node:
        """``node`` with the scripts and primes that follow it."""
        subs: tuple[Node, ...] = ()
        sups: tuple[Node, ...] = ()
        primes = 0
        while True:
            if token := self.take("sign", "'"):
                primes += 1
            elif token := self.take("sign", "_"):
                subs += self.script()
            elif token := self.take("sign", "^"):
                more = self.script()
                strokes = [isinstance(item, Symbol) and item.base == "'" for item in more]
                primes += sum(strokes)
                sups += tuple(item for item, stroke in zip(more, strokes, strict=True) if not stroke)
            else:
                break
        if not (subs or sups or primes):
            return node
        if isinstance(node, Symbol) and not (node.sups or node.primes) and not (node.subs and subs):
            return Symbol(node.at, node.base, node.subs + subs, sups, primes)
        if isinstance(node, Number) and node.text == "1" and subs:
            return Symbol(node.at, "one", subs, sups)
        if isinstance(node, Number | Group | Bars | Symbol | Scripted | Fraction | Cases | Matrix):
            return Scripted(node.at, node, subs, sups, primes)
        raise NotUnderstood("a script has no place here", token.at if token else node.at)

    def script(self) -> tuple[Node, ...]:
        r"""The items of a script: ``{i1}`` are two, ``{(2)\top}`` as well, ``{l+1}`` is one."""
        token = self.next
        if token.kind == "digit":
            self.advance()
            return (Number(token.at, token.text),)
        if token.kind != "sign" or token.text != "{":
            if token.text == "'" or (token.kind == "sign" and token.text in ("⊙", "*")):
                raise self.error("expected a label or a power")
            return (self.argument(),)
        self.advance()
        outer, self.bars = self.bars, ""
        items: list[Node] = []
        if self.next.kind == "sign" and self.next.text == "⊙":
            self.advance()  # the power of a vector's elements: a^{\odot 2}
        while stroke := self.take("sign", "'"):
            items.append(Symbol(stroke.at, "'"))
        if self.next.text != "}":
            items += _items(self.listing())
        self.bars = outer
        self.expect("sign", "}", f"to close the brace of column {token.at}")
        return tuple(items)


def _items(node: Node) -> list[Node]:
    match node:
        case Listing(items=parts):
            return [item for part in parts for item in _items(part)]
        case Product(factors=factors, signs=signs) if not any(signs):
            whole = all(isinstance(f, Symbol | Number | Group) for f in factors)
            labels = whole and all(not (isinstance(f, Symbol) and (f.subs or f.sups)) for f in factors)
            return list(factors) if labels else [node]
    return [node]


def _half(at: int) -> Node:
    return Power(at, Number(at, "2"), Negative(at, Number(at, "1")))
