"""A reading typeset back in the user's own letters: labels as labels, powers as powers, sums with their scope."""

from __future__ import annotations

from symnet.check.read.declarations import is_transpose
from symnet.check.read.grouping import arranged, signed_arguments
from symnet.check.read.resolve import Resolver
from symnet.check.read.syntax import (
    Applied,
    Attribute,
    Bars,
    BigSum,
    Call,
    Cases,
    Del,
    Everything,
    Fraction,
    Group,
    Index,
    Listing,
    Loop,
    Matrix,
    Negative,
    Node,
    Number,
    Operator,
    Power,
    Product,
    Relation,
    Scripted,
    Symbol,
    Terms,
)
from symnet.check.read.tokens import letter_of
from symnet.render import display as d


def shown(tree: Node, resolver: Resolver) -> d.Node:
    """The displayed form of a tree as this resolver reads it."""
    return _Shower(resolver).show(tree)


def _differentiated(node: Node) -> Node | None:
    """What ∂ stands before, arguments that say nothing (C(w, b)) left out."""
    match node:
        case Del(body=body):
            return body
        case Product(factors=(Del(body=body), Group()), signs=("",)):
            return body
    return None


class _Shower:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def show(self, node: Node) -> d.Node:
        match node:
            case Number(text=text):
                return d.Number(text)
            case Symbol():
                return self.symbol(node)
            case Group(body=Relation() as body):
                return d.Group(self.show(body), "[]")
            case Group(body=body):
                return self.show(body)
            case Negative(body=body):
                return d.Terms((("-", self.show(body)),))
            case Terms() if (joined := signed_arguments(self.resolver, node)) != node:
                return self.show(joined)
            case Terms(terms=terms):
                return d.Terms(tuple((sign, self.show(part)) for sign, part in terms))
            case Product():
                return self.product(node)
            case Applied():
                return self.applied(node)
            case Operator(wrt=wrt, body=body):
                operand = d.Group(self.show(body)) if isinstance(body, Product) else self.show(body)
                return d.Product((d.Fraction(d.Name("∂"), d.Product((d.Name("∂"), self.show(wrt)))), operand))
            case Fraction(top=top, bottom=bottom):
                above, below = _differentiated(top), _differentiated(bottom)
                if above is not None and below is not None:
                    return d.Partial(self.show(above), (self.show(below),))
                return d.Fraction(self.show(top), self.show(bottom))
            case Power(base=base, exponent=exponent):
                return d.Power(self.show(base), self.show(exponent))
            case Scripted(body=body, subs=subs, sups=sups):
                return self.raised(self.below(self.show(body), subs), sups)
            case BigSum(below=below, above=above, body=body):
                limits = (None if part is None else self.show(part) for part in (below, above))
                return d.BigSum(self.show(body), *limits)
            case Bars(body=body, double=double):
                return d.Group(self.show(body), "‖‖" if double else "||")
            case Relation(operands=operands, signs=signs):
                return d.Relation(tuple(map(self.show, operands)), signs[0])
            case Cases(branches=branches):
                return d.Cases(tuple((self.show(v), None if c is None else self.show(c)) for v, c in branches))
            case Matrix(rows=rows):
                return d.Matrix(tuple(tuple(map(self.show, row)) for row in rows))
            case Listing(items=items):
                return d.Listing(tuple(map(self.show, items)))
            case Call(head=head, arguments=arguments):
                if head == "Sum" and len(arguments) == 2:
                    return self.python_sum(arguments[0], arguments[1])
                return d.Call(self.name(head.lstrip(".")), tuple(map(self.show, arguments)))
            case Index(body=body, items=items):
                return self.below(self.show(body), tuple(map(self.counted, items)))
            case Attribute(body=body, name=name):
                return d.Transpose(self.show(body)) if name == "T" else self.below(self.show(body), (Symbol(1, name),))
            case Loop(body=body, letter=letter):
                return d.BigSum(self.show(body), self.show(letter))
            case Del(body=body) if body is not None:
                return d.Product((d.Name("∂"), self.show(body)))
            case Everything():
                return d.Name(":")
        return d.Name("∂")

    def counted(self, item: Node) -> Node:
        """A number in brackets as the index from 1 that it is read as."""
        zero = self.resolver.from_zero or (
            self.resolver.from_zero is None and not self.resolver.choices.taken.get("first index")
        )
        return Number(item.at, str(int(item.text) + 1)) if zero and isinstance(item, Number) else item

    def python_sum(self, body: Node, limits: Node) -> d.Node:
        inner = limits.body if isinstance(limits, Group) else limits
        if not isinstance(inner, Listing) or len(inner.items) != 3:
            return d.BigSum(self.show(body), self.show(inner))
        letter, start, stop = map(self.show, inner.items)
        return d.BigSum(self.show(body), d.Relation((letter, start)), stop)

    def product(self, node: Product) -> d.Node:
        resolver = self.resolver
        found = zip(("", *node.signs), node.factors, strict=True) if resolver.python else arranged(resolver, node)
        by_element = resolver.by_element
        parts = [("⊙" if mark == "*" and part.at in by_element else mark, self.show(part)) for mark, part in found]
        out = [parts[0][1]]
        common = {mark for mark, _ in parts[1:]} - {"/"}
        sign = next(iter(common)) if len(common) == 1 and common < {"⊙", "⊗", "·"} else ""
        for mark, shown in parts[1:]:
            if mark == "/":
                top = out[0] if len(out) == 1 else d.Product(tuple(out), sign)
                out = [d.Fraction(top, shown)]
            elif mark == "⊙" and sign != "⊙":
                out = [d.Product((out[0] if len(out) == 1 else d.Product(tuple(out)), shown), "⊙")]
            else:
                out.append(shown)
        return out[0] if len(out) == 1 else d.Product(tuple(out), sign)

    def applied(self, node: Applied) -> d.Node:
        """A function, ∇ or a quantity before what it is applied to."""
        shown = self.show(node.argument)
        if node.head.base == "nabla":
            return d.Product((self.symbol(node.head), shown))
        if isinstance(node.argument, Group) and isinstance(node.argument.body, Relation):
            return shown
        return self.call(node.head, shown)

    def call(self, head: Symbol, argument: d.Node) -> d.Node:
        """A function of LaTeX with its strokes and powers."""
        own = self.name(head.base)
        arguments = argument.items if isinstance(argument, d.Listing) else (argument,)
        called = d.Call(d.Name(own.letter, own.style, own.accent, primes=head.primes), arguments)
        return self.raised(called, head.sups)

    def name(self, base: str) -> d.Name:
        letter, accent = base, None
        base = base.replace("_hat", "hat").replace("_", "")
        for mark in ("hat", "bar", "tilde"):
            if base.endswith(mark) and len(base) > len(mark):
                letter, accent = base[: -len(mark)], mark
        letter = letter_of(letter)
        return d.Name(letter, "upright" if len(letter) > 1 else "italic", accent)  # type: ignore[arg-type]

    def symbol(self, node: Symbol) -> d.Node:
        node = self.resolver.spelled(node)
        match = self.resolver.match(node)
        rest = match.rest if match is not None else node.sups
        labels = [item for item in node.sups if not any(item is other for other in rest)]
        own = self.name(node.base)
        marked = d.Name(own.letter, own.style, own.accent, self.items(node.subs), self.items(labels), node.primes)
        return self.raised(marked, rest)

    def items(self, items: tuple[Node, ...] | list[Node]) -> d.Node | None:
        made = [
            d.Group(self.plain(i.body), "[]" if i.delimiter == "[]" else "()")
            if isinstance(i, Group)
            else self.plain(i)
            for i in items
        ]
        return None if not made else made[0] if len(made) == 1 else d.Listing(tuple(made), "")

    def plain(self, node: Node) -> d.Node:
        """A script, in which no symbol is a quantity."""
        match node:
            case Symbol(base=base):
                return self.name(base)
            case Terms(terms=terms):
                return d.Terms(tuple((sign, self.plain(part)) for sign, part in terms))
        return self.show(node)

    def below(self, body: d.Node, subs: tuple[Node, ...]) -> d.Node:
        if not subs:
            return body
        label = self.items(subs)
        if isinstance(body, d.Name) and label is not None:
            both = label if body.sub is None else d.Listing((body.sub, label), ",")
            return d.Name(body.letter, body.style, body.accent, both, body.sup, body.primes)
        return d.Group(body, "()", label)

    def raised(self, body: d.Node, sups: tuple[Node, ...]) -> d.Node:
        for item in sups:
            body = d.Transpose(body) if is_transpose(item) else d.Power(body, self.show(item))
        return body
