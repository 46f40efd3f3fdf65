r"""LaTeX mathematics into the raw tree: a precedence parser over the tokens.

The scope of Σ is the product that follows it, up to the next + or −; side by side binds like a product.  What stands
in a script is a list of items (``{i1}``: i, 1; ``{(2)\top}``: (2), ⊤).  ``{…}`` groups, but prints nothing: for what
a reader sees see :mod:`symnet.check.read.printed`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

from symnet.check.read.environments import environment
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
from symnet.check.read.tokens import FUNCTIONS, tokens

_CLOSING = {"(": ")", "[": "]", r"\{": r"\}"}
_PRODUCTS = {"·": "·", "*": "*", "⊙": "⊙", "⊗": "⊗", "/": "/", "⊘": "⊘"}
_RELATIONS = ("=", "!=", "<", "<=", ">", ">=")


def parse_latex(text: str, names: Collection[str] = ()) -> Node:
    """The raw tree of LaTeX ``text``; ``names`` are the symbols of several letters.

    Raises NotUnderstood, with the column, for what is no formula.
    """
    return Parser(tokens(text, names)).formula()


class Parser(Tokens):
    """``opening`` says of bars whether they open; without it they close what is open.

    ``grouping`` are the braces that stand for no argument and no script.
    """

    def __init__(self, found: list[Token], opening: Mapping[int, bool] | None = None) -> None:
        super().__init__(found)
        self.opening = opening or {}
        self.grouping: set[int] = set()
        self.bars = ""
        self.in_script = False

    def formula(self) -> Node:
        """The whole text."""
        tree = self.listing()
        while self.take("sign", ".", ";", ","):
            pass
        if self.next.kind != "end":
            raise self.error("expected the formula to end or to go on with + or a factor")
        return tree

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
            minus = self.take("sign", "-")
            part = self.product()
            found.append((token.text, Group(minus.at, Negative(minus.at, part)) if minus else part))
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
                if minus and signs[-1] == "/":
                    raise NotUnderstood("a sign stands below the slash; write brackets", minus.at)
                part = self.factor()
                factors.append(Group(minus.at, Negative(minus.at, part)) if minus else part)
            elif self.starts(token):
                self.check_beside(token, factors[-1])
                signs.append("")
                factors.append(self.factor())
            else:
                break
        return Product(first.at, tuple(factors), tuple(signs)) if signs else first

    def check_beside(self, token: Token, before: Node) -> None:
        """Raises NotUnderstood where a factor side by side with the one before reads as something else."""
        if token.gap and token.gap[0] in (r"\quad", r"\qquad"):
            raise NotUnderstood("a wide space parts two formulas; write a product without it", token.gap[1])
        indicator = token.text == "1" and self.tokens[self.at + 1].text == "_"
        if token.kind != "digit" or self.in_script or indicator:
            return
        applied = isinstance(before, Symbol) and before.base in FUNCTIONS
        if isinstance(before, Number | Symbol | Scripted) and not applied:
            raise NotUnderstood("a number stands behind a factor; write it in front, or as a script in {…}", token.at)

    def starts(self, token: Token) -> bool:
        """Whether a factor begins with ``token``."""
        if token.kind in ("digit", "name"):
            return True
        if token.kind == "command":
            return token.text != "end"
        if token.kind == "sign":
            opening = token.text in ("(", "[", "{", r"\{", "|(", "‖(")
            return opening or (token.text in ("|", "‖") and self.opening.get(self.at, token.text not in self.bars))
        return False

    def factor(self) -> Node:
        self.enter()
        while self.nothing():
            pass
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
        """``{…}``: the content itself, grouped where it is a sum or a product."""
        token = self.advance()
        self.grouping.add(self.at - 1)
        outer, self.bars = self.bars, ""
        body = self.relation()
        self.bars = outer
        self.expect("sign", "}", f"to close the brace of column {token.at}")
        self.grouping.add(self.at - 1)
        return Group(token.at, body, "") if isinstance(body, Terms | Negative | Product | BigSum | Relation) else body

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
                return environment(self, token)
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
        self.check_argument()
        self.enter()
        node = self.braced_or_one()
        self.leave()
        return node

    def check_argument(self) -> None:
        """Raises NotUnderstood where a space comes first, which TeX takes for the argument."""
        if self.next.gap:
            name, at = self.next.gap
            raise NotUnderstood(f"{name} stands where an argument or a script is expected; delete it", at)

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
        if token.kind == "command" and token.text == "partial":
            self.advance()
            return Del(token.at, None)
        if token.kind == "command" and token.text != "nabla":
            raise self.error("expected braces around an argument that has arguments of its own")
        return self.atom()

    def environment(self) -> str:
        """The name of an environment in its braces."""
        self.expect("sign", "{", "before the name of the environment")
        name = ""
        while self.next.kind == "name":
            name += self.advance().text
        self.expect("sign", "}", "after the name of the environment")
        return name

    # -- scripts -----------------------------------------------------------------------------------------------------

    def nothing(self) -> bool:
        """Whether the next brace is empty; it is passed over, for it prints nothing."""
        if self.next.text != "{" or self.tokens[self.at + 1].text != "}":
            return False
        self.grouping |= {self.at, self.at + 1}
        self.at += 2
        return True

    def scripts(self, node: Node) -> Node:
        """``node`` with the scripts and primes that follow it."""
        subs: tuple[Node, ...] = ()
        sups: tuple[Node, ...] = ()
        primes = 0
        while True:
            if self.nothing():
                continue
            if token := self.take("sign", "'"):
                if sups:
                    raise NotUnderstood("a stroke comes before the superscript", token.at)
                primes += 1
            elif token := self.take("sign", "_"):
                subs += self.script()
            elif token := self.take("sign", "^"):
                more = self.script()
                strokes = [isinstance(item, Symbol) and item.base == "'" for item in more]
                primes += sum(strokes)
                more = tuple(item for item, stroke in zip(more, strokes, strict=True) if not stroke)
                if sups and not all(isinstance(item, Symbol | Number | Group) for item in more):
                    raise NotUnderstood("two superscripts print as one; write brackets", token.at)
                sups += more
                if any(isinstance(a, Number) and isinstance(b, Number) for a, b in pairwise(sups)):
                    raise NotUnderstood("two numbers above print as one; write brackets", token.at)
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
        self.check_argument()
        token = self.next
        if token.kind == "digit":
            self.advance()
            return (Number(token.at, token.text),)
        if token.kind != "sign" or token.text != "{":
            if token.text == "'" or (token.kind == "sign" and token.text in ("⊙", "*")):
                raise self.error("expected a label or a power")
            fraction = token.kind == "command" and token.text == "frac"  # which TeX lets pass here
            return (self.atom() if fraction else self.argument(),)
        self.advance()
        outer, self.bars, self.in_script = (self.bars, self.in_script), "", True
        items: list[Node] = []
        if self.next.kind == "sign" and self.next.text == "⊙":
            self.advance()  # the power of a vector's elements: a^{\odot 2}
        while stroke := self.take("sign", "'"):
            items.append(Symbol(stroke.at, "'"))
        if self.next.text != "}":
            items += _items(self.listing())
        self.bars, self.in_script = outer
        self.expect("sign", "}", f"to close the brace of column {token.at}")
        return tuple(items)


def _items(node: Node) -> list[Node]:
    match node:
        case Group(body=body, delimiter=""):
            return _items(body)
        case Listing(items=parts):
            return [item for part in parts for item in _items(part)]
        case Product(factors=factors, signs=signs) if not any(signs):
            whole = all(isinstance(f, Symbol | Number | Group) for f in factors)
            labels = whole and all(not (isinstance(f, Symbol) and (f.subs or f.sups)) for f in factors)
            return list(factors) if labels else [node]
    return [node]


def _half(at: int) -> Node:
    return Power(at, Number(at, "2"), Negative(at, Number(at, "1")))
