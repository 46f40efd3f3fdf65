"""Python, NumPy and sympy syntax into the raw tree: a small precedence parser of its own; nothing is ever executed."""

from __future__ import annotations

import re

from symnet.check.read.syntax import (
    Attribute,
    Call,
    Cases,
    Everything,
    Group,
    Index,
    Listing,
    Loop,
    Negative,
    Node,
    NotUnderstood,
    Number,
    Power,
    Product,
    Relation,
    Symbol,
    Terms,
    Token,
    Tokens,
    checked,
)
from symnet.check.read.tokens import letter_name

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)|(?P<name>[A-Za-zα-ωΑ-Ω_][A-Za-z0-9_α-ωΑ-Ω]*)"
    r"|(?P<sign>\*\*|//|==|!=|<=|>=|[-+*/@()\[\],.<>=:&])|(?P<space>\s+)"
)
_REFUSED = ("and", "or", "not", "if", "else", "import", "in", "is", "for", "while", "def", "class", "return", "with")
_RELATIONS = ("==", "!=", "<", "<=", ">", ">=")
_MODULES = ("np", "numpy", "sp", "sympy", "math", "torch", "jnp", "linalg", "special", "scipy")


def parse_python(text: str) -> Node:
    """The raw tree of an expression in Python's syntax.

    Raises NotUnderstood, with the column, for what is no such expression.
    """
    parser = _Parser(_tokens(checked(text)))
    tree = parser.listing(True)
    if parser.next.kind != "end":
        raise parser.error("expected the expression to end or to go on with an operator")
    return tree


def _tokens(text: str) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotUnderstood(f"the character {text[at]!r} has no meaning here", at + 1)
        kind, found = str(match.lastgroup), match.group()
        if kind == "name":
            found = "".join(letter_name(c) for c in found)
            if found.startswith("_") or "__" in found:
                raise NotUnderstood(f"the name {found[:30]!r} has no meaning here", at + 1)
        if kind != "space":
            out.append(Token(kind, found, at + 1))
        at = match.end()
    out.append(Token("end", "", len(text) + 1))
    return out


class _Parser(Tokens):
    def listing(self, top: bool = False) -> Node:
        """Expressions between commas."""
        first = self.expression()
        items = [first]
        comma = False
        while self.take("sign", ","):
            comma = True
            if self.next.text in (")", "]") or self.next.kind == "end":
                break
            items.append(self.expression())
        if top and comma:
            raise NotUnderstood("one expression is expected, found several", first.at)
        return Listing(first.at, tuple(items)) if comma else first

    def expression(self) -> Node:
        """A comparison, or ``value if condition else other``."""
        value = self.comparison()
        if not self.take("name", "if"):
            return value
        self.enter()
        condition = self.comparison()
        if not self.take("name", "else"):
            raise self.error("expected 'value if condition else other value'")
        other = self.expression()
        self.leave()
        return Cases(value.at, ((value, condition), (other, None)))

    def comparison(self) -> Node:
        first = self.terms()
        operands, signs = [first], []
        while token := self.take("sign", *_RELATIONS):
            signs.append("=" if token.text == "==" else token.text)
            operands.append(self.terms())
        return Relation(first.at, tuple(operands), tuple(signs)) if signs else first

    def terms(self) -> Node:
        at = self.next.at
        found = [("+", self.product())]
        while token := self.take("sign", "+", "-"):
            found.append((token.text, self.product()))
        return Terms(at, tuple(found)) if len(found) > 1 else found[0][1]

    def product(self) -> Node:
        first = self.unary()
        factors, signs = [first], []
        while token := self.take("sign", "*", "/", "@"):
            signs.append(token.text)
            factors.append(self.unary())
        return Product(first.at, tuple(factors), tuple(signs)) if signs else first

    def unary(self) -> Node:
        self.enter()
        token = self.take("sign", "-", "+")
        if token is None:
            node = self.power()
        else:
            node = self.unary()
            node = Negative(token.at, node) if token.text == "-" else node
        self.leave()
        return node

    def power(self) -> Node:
        base = self.postfix()
        if token := self.take("sign", "**"):
            return Power(token.at, base, self.unary())
        return base

    def postfix(self) -> Node:
        node = self.atom()
        while True:
            if self.take("sign", "."):
                name = self.take("name")
                if name is None:
                    raise self.error("expected a name after '.'")
                if isinstance(node, Symbol) and node.base in _MODULES:
                    node = Symbol(name.at, name.text, python=True)
                else:
                    node = Attribute(name.at, node, name.text)
            elif token := self.take("sign", "("):
                node = self.call(node, token)
            elif token := self.take("sign", "["):
                node = Index(token.at, node, self.subscripts())
            else:
                return node

    def call(self, head: Node, token: Token) -> Node:
        arguments: list[Node] = []
        options: list[tuple[str, Node]] = []
        while not self.take("sign", ")"):
            name = self.next
            if name.kind == "name" and self.tokens[self.at + 1].text == "=":
                self.advance()
                self.advance()
                options.append((name.text, self.expression()))
            else:
                argument = self.expression()
                if self.take("name", "for"):
                    argument = self.loop(argument)
                arguments.append(argument)
            if self.next.text != ")" and not self.take("sign", ","):
                raise self.error(f"expected ',' or ')' to close the '(' of column {token.at}")
        match head:
            case Symbol(at=at, base=base):
                return Call(at, base, tuple(arguments), tuple(options))
            case Attribute(at=at, body=body, name=method):
                return Call(at, "." + method, (body, *arguments), tuple(options))
        raise NotUnderstood("only a function called by its name is understood", token.at)

    def loop(self, body: Node) -> Node:
        letter = self.take("name")
        if letter is None or not self.take("name", "in") or not self.take("name", "range"):
            raise self.error("expected 'for i in range(n)'")
        self.expect("sign", "(", "after range")
        stop = self.comparison()
        self.expect("sign", ")", "to close range(…); a start and a step are not understood")
        return Loop(body.at, body, Symbol(letter.at, letter.text), stop)

    def subscripts(self) -> tuple[Node, ...]:
        items: list[Node] = []
        while True:
            token = self.next
            if self.take("sign", ":"):
                items.append(Everything(token.at))
            else:
                items.append(self.comparison())
            if self.take("sign", "]"):
                return tuple(items)
            if not self.take("sign", ","):
                raise self.error("expected ',' or ']'")

    def atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            self.advance()
            return Number(token.at, token.text)
        if token.kind == "name":
            if token.text in _REFUSED:
                raise NotUnderstood(f"{token.text!r} is not understood in an answer", token.at)
            self.advance()
            return Symbol(token.at, token.text, python=True)
        if self.take("sign", "("):
            body = self.listing()
            self.expect("sign", ")", f"to close the '(' of column {token.at}")
            return Group(token.at, body)
        raise self.error("expected a name, a number or '('")
