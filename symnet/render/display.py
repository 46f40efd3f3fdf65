"""The display tree: mathematics as it is to be shown, in the order in which it is to be shown.

Nothing here computes and nothing re-sorts.  A printer (LaTeX, text, …) is one function over these nodes;
adding a language means writing one more such function.  Trees carry no parentheses for precedence:
:func:`parenthesised` puts in the fewest that keep the meaning, once for all languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Literal

Style = Literal["italic", "bold", "upright", "bold_upright"]
Accent = Literal["hat", "bar", "tilde"]
Delimiter = Literal["()", "[]", "{}", "||", "‖‖", "⌊⌋"]


class Node:
    """A piece of displayed mathematics."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A symbol: a letter (``w``, ``σ``, ``gamma`` as ``γ``) or a word (``net``, ``tanh``) with its marks.

    ``sub`` and ``sup`` are labels (indices, layer marks), not powers; ``primes`` counts derivative strokes.
    Letters are given in Unicode (``σ``, ``∇``, ``γ``); a word of several letters is one name.
    """

    letter: str
    style: Style = "italic"
    accent: Accent | None = None
    sub: Node | None = None
    sup: Node | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as digits (``3``, ``0.25``, ``1e-5``), never negative: a sign belongs to :class:`Terms`."""

    digits: str


@dataclass(frozen=True, slots=True)
class Words(Node):
    """Ordinary prose inside mathematics (``where``, ``otherwise``)."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """Items one after another: ``w_1, w_2, b`` with separator ``","``, ``ij`` with separator ``""``."""

    items: tuple[Node, ...]
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Terms(Node):
    """A signed sum in the given order; a sign is ``"+"`` or ``"-"``."""

    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """Factors in the given order, joined by ``""`` (juxtaposition), ``"·"``, ``"×"`` or ``"⊙"``."""

    factors: tuple[Node, ...]
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Fraction(Node):
    """numerator / denominator."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Power(Node):
    """base raised to exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    """Square root of the body."""

    body: Node


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    """The body transposed; ``mark`` is ``"T"`` (italic T) or ``"⊤"``."""

    body: Node
    mark: str = "⊤"


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function applied: ``σ(k)``, ``max(0, x)``; ``bare`` drops the parentheses when the one argument is an
    atom or a product of atoms (``ln ŷ``)."""

    head: Node
    arguments: tuple[Node, ...]
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Group(Node):
    """The body between delimiters that are part of what is said (absolute value, norm, a set of brackets).

    ``sub`` says which norm it is.
    """

    body: Node
    delimiter: Delimiter = "()"
    sub: Node | None = None


@dataclass(frozen=True, slots=True)
class BigSum(Node):
    """Σ over ``below`` (and ``above``), each of which may be missing: the lecture's bare Σ."""

    body: Node
    below: Node | None = None
    above: Node | None = None


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """∂of/∂wrt, with several ``wrt`` a higher derivative; ``symbol`` is ``"∂"`` or ``"d"``.

    An ``of`` that is neither a name nor a call of one is written after the operator: ∂/∂z (z − y)².
    """

    of: Node
    wrt: tuple[Node, ...]
    symbol: str = "∂"


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """Rows of entries between square brackets; ``inline`` writes one row as ``[w_1  w_2]``."""

    rows: tuple[tuple[Node, ...], ...]
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Branches (value, condition); a condition of ``None`` reads “otherwise”."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """The operands joined by one relation sign (``=``, ``:=``, ``≤``, ``>``, ``∈``, ``≈``)."""

    operands: tuple[Node, ...]
    sign: str = "="


@dataclass(frozen=True, slots=True)
class Brace(Node):
    """The body with a brace under it, and a label below the brace."""

    body: Node
    label: Node


@dataclass(frozen=True, slots=True)
class Boxed(Node):
    """The body in a frame: a result."""

    body: Node


@dataclass(frozen=True, slots=True)
class Tagged(Node):
    """The body carrying a tag (the equation that made it); printers that have colour give a tag a colour."""

    body: Node
    tag: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a derivation: ``left relation right``, the reason for it and the shape of the right side.

    ``left`` is ``None`` on the lines that continue the one above.  A reason is prose, or prose with
    mathematics between (``("by the chain rule, since ", Relation(…))``), which each printer sets as its own.
    """

    left: Node | None
    relation: str
    right: Node
    reason: str | tuple[str | Node, ...] = ()
    shape: str = ""


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``, in order."""

    def nodes(value: object) -> Iterator[Node]:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from nodes(item)

    for field in fields(node):  # type: ignore[arg-type]
        yield from nodes(getattr(node, field.name))


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


# ---- parentheses: how tightly a node holds together, loosest first
LISTING, RELATION, SUM, PRODUCT, POWER, ATOM = range(6)


def core(node: Node) -> Node:
    """What a node is underneath its colour, frame or brace, none of which binds."""
    while isinstance(node, Tagged | Brace | Boxed):
        node = node.body
    return node


def is_operator(partial: Partial) -> bool:
    """Whether ∂/∂w stands before its operand, rather than the operand above the bar."""
    of = core(partial.of)
    return not (isinstance(of, Name) or (isinstance(of, Call) and not of.bare and isinstance(core(of.head), Name)))


def binding(node: Node, inline: bool = False) -> int:
    """How tightly ``node`` holds together; ``inline`` where fractions and roots are written on one line."""
    match core(node):
        case Listing(separator=separator):
            return LISTING if separator else POWER
        case Relation():
            return RELATION
        case Terms() | Cases():
            return SUM
        case Product() | BigSum() | Call(bare=True):
            return PRODUCT
        case Partial() as partial:
            return PRODUCT if is_operator(partial) else POWER
        case Fraction():
            return PRODUCT if inline else POWER
        case Power() | Transpose():
            return POWER
        case Number(digits=digits) if "e" in digits:
            return POWER
        case Root():
            return POWER if inline else ATOM
        case Name(sup=sup, primes=primes) if inline and (sup is not None or primes):
            return POWER
    return ATOM


def reaches_right(node: Node) -> bool:
    """Whether what follows ``node`` in a product would be read as part of it (Σ, ∂/∂z, a bare ln)."""
    match core(node):
        case BigSum() | Call(bare=True):
            return True
        case Partial() as partial:
            return is_operator(partial)
        case Product(factors=factors):
            return reaches_right(factors[-1])
    return False


def joints(product: Product) -> list[str]:
    """The sign between each two neighbours; ``·`` where juxtaposed they would read as one number (23, 2½)."""

    def starts_with_digit(node: Node) -> bool:
        match core(node):
            case Number():
                return True
            case Power(base=first) | Transpose(body=first) | Product(factors=(first, *_)) | Listing(items=(first, *_)):
                return starts_with_digit(first)
        return False

    def meet(left: Node, right: Node) -> bool:
        match core(left), core(right):
            case Number(), Fraction(numerator=Number(), denominator=Number()):
                return True
        return starts_with_digit(right)

    return [product.sign or ("·" if meet(left, right) else "") for left, right in pairwise(product.factors)]


def enclosed(node: Node) -> Node:
    """``node`` in parentheses, which go inside its colour, frame or brace."""
    return replace(node, body=enclosed(node.body)) if isinstance(node, Tagged | Brace | Boxed) else Group(node)


def parenthesised(node: Node, inline: bool = False) -> Node:
    """``node`` with the parentheses that its precedence needs as explicit groups, and no others.

    ``inline`` is for languages that write a/b and √x on one line.  A sum sign reaches over products and stops
    at the next + or −.  A bare call stays bare only where its argument ends by itself.  Sums and products of
    one member become that member; a first sum or an equal product inside joins its parent.  Applying it twice
    changes nothing.
    """
    node = _mapped(node, lambda child: parenthesised(child, inline))

    def at_least(level: int, child: Node) -> Node:
        return child if binding(child, inline) >= level else enclosed(child)

    def scope(body: Node) -> Node:
        return enclosed(body) if inline and isinstance(core(body), Fraction) else at_least(PRODUCT, body)

    match node:
        case Terms(terms=()):
            return Number("0")
        case Product(factors=()):
            return Number("1")
        case (
            Terms(terms=(("+", only),)) | Product(factors=(only,)) | Relation(operands=(only,)) | Listing(items=(only,))
        ):
            return only
        case Terms(terms=(("+", Terms(terms=first)), *rest)):
            return Terms((*first, *((sign, at_least(PRODUCT, term)) for sign, term in rest)))
        case Terms(terms=terms):
            return Terms(tuple((sign, at_least(PRODUCT, term)) for sign, term in terms))
        case Product(factors=nested, sign=sign):
            factors = [f for n in nested for f in (n.factors if isinstance(n, Product) and n.sign == sign else (n,))]
            return Product(
                (
                    *(_factor(f, sign, inline, False) for f in factors[:-1]),
                    _factor(factors[-1], sign, inline, True),
                ),
                sign,
            )
        case Listing(items=items, separator="") if any(isinstance(i, Number) and len(i.digits) > 1 for i in items):
            return replace(node, separator=",")
        case Fraction(numerator=top, denominator=bottom) if inline:
            split = isinstance(core(top), Fraction | Partial) or reaches_right(top)
            split = split or (isinstance(core(top), Product) and core(top).sign not in ("", "·"))  # type: ignore[attr-defined]
            below = enclosed(bottom) if isinstance(core(bottom), Partial) else at_least(POWER, bottom)
            return Fraction(enclosed(top) if split else at_least(PRODUCT, top), below)
        case Power(base=base):
            labelled = isinstance(core(base), Name) and core(base).sup is not None  # type: ignore[attr-defined]
            bare = labelled and not isinstance(core(base).sup, Group)  # type: ignore[attr-defined]
            return replace(node, base=enclosed(base) if bare else at_least(ATOM, base))  # else a² of layer 1 is a¹²
        case Transpose(body=body):
            return replace(node, body=body if isinstance(core(body), Name) else at_least(ATOM, body))
        case Root(body=body) if inline:
            return Root(at_least(ATOM, body))
        case Call(head=head, arguments=arguments, bare=bare):
            gradient = isinstance(head, Product) and isinstance(head.factors[0], Name) and head.factors[0].letter == "∇"
            if not gradient and (binding(head) < POWER or isinstance(core(head), Fraction | Partial)):
                head = enclosed(head)
            return Call(head, arguments, bare and len(arguments) == 1 and _ends_by_itself(arguments[0], inline))
        case BigSum(body=body):
            return replace(node, body=scope(body))
        case Partial(of=of, wrt=wrt):
            return replace(node, of=scope(of) if is_operator(node) else of, wrt=tuple(at_least(POWER, w) for w in wrt))
    return node


def _mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """``node`` with ``change`` applied to each node directly below it."""

    def new(value: object) -> object:
        if isinstance(value, Node):
            return change(value)
        return tuple(map(new, value)) if isinstance(value, tuple) else value

    return replace(node, **{f.name: new(getattr(node, f.name)) for f in fields(node)})  # type: ignore[type-var, arg-type]


def _factor(node: Node, sign: str, inline: bool, last: bool) -> Node:
    """``node`` as a factor of a product joined by ``sign``."""
    inner = core(node)
    if isinstance(node, Call) and node.bare and not last:
        return replace(node, bare=False)
    loose = binding(inner) < PRODUCT or (inline and isinstance(inner, Fraction)) or (reaches_right(inner) and not last)
    other = isinstance(inner, Product) and inner.sign not in ("", sign)
    return enclosed(node) if loose or other else node


def _ends_by_itself(argument: Node, inline: bool) -> bool:
    """Whether an argument can follow its function without parentheses: an atom, or atoms side by side."""
    match core(argument):
        case Product(factors=factors, sign=""):
            return all(_ends_by_itself(factor, inline) for factor in factors)
        case Matrix() | Words():
            return False
        case inner:
            return isinstance(inner, Name) or binding(inner, inline) == ATOM


Printer = Callable[[Node], str]
