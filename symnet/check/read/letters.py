"""Running indices of an answer: which axis a letter runs over, found from its target, its bounds and its uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symnet.algebra.expressions import Axis, Index
from symnet.check.read.shapes import Workspace, described, kind
from symnet.check.read.syntax import Group, Node, NotUnderstood, Number, Symbol, Terms


@dataclass(slots=True)
class Letter:
    """A running index; its axis is None until a use says what it runs over."""

    name: str
    axis: Axis | None = None


@dataclass(slots=True)
class Choices:
    """Where an answer can be read in more than one way: the way taken, and how many there are."""

    taken: Mapping[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def pick(self, key: str, ways: int = 2) -> int:
        """The way taken at ``key``."""
        self.seen[key] = max(ways, self.seen.get(key, 0))
        return min(self.taken.get(key, 0), ways - 1)


@dataclass(slots=True)
class Scopes:
    """The letters that are known, innermost sum last; the first scope holds the target's and the free ones."""

    work: Workspace
    levels: list[dict[str, Letter]] = field(default_factory=lambda: [{}])

    def find(self, name: str) -> Letter | None:
        """The letter of that name."""
        return next((level[name] for level in reversed(self.levels) if name in level), None)

    def is_bound(self, node: Symbol) -> bool:
        """Whether a plain letter is the index of a sum around it."""
        plain = not (node.subs or node.sups or node.primes)
        return plain and any(node.base in level for level in self.levels[1:])

    def push(self, names: list[str]) -> dict[str, Letter]:
        """A new innermost scope with these letters."""
        self.levels.append({name: Letter(name) for name in names})
        return self.levels[-1]

    def pop(self) -> None:
        """Leave the innermost scope."""
        self.levels.pop()

    def index(self, node: Node, axis: Axis, what: str) -> Index:
        """The index that a script says, used at ``axis``.

        A letter that already runs over something else is noted as a shape error.
        Raises NotUnderstood for what is no index.
        """
        if isinstance(node, Number) and node.text.isdigit():
            return self.fixed(int(node.text), axis, node.at, what)
        if not isinstance(node, Symbol) or node.subs or node.sups or node.primes:
            raise NotUnderstood(f"an index of {what} is a letter or a number", node.at)
        letter = self.find(node.base)
        if letter is None:
            letter = self.levels[0][node.base] = Letter(node.base)
        if letter.axis is None:
            letter.axis = self.work.fresh(axis)
        elif kind(letter.axis) != kind(axis):
            self.work.note(
                f"{letter.name} runs over {described(letter.axis)}, but {what} has it run over {described(axis)}",
                node.at,
            )
        return letter.axis

    @staticmethod
    def fixed(number: int, axis: Axis, at: int, what: str) -> int:
        """A number as an index, counted from 1.  Raises NotUnderstood outside of the axis."""
        if number < 1 or (isinstance(axis.size, int) and number > axis.size):
            raise NotUnderstood(f"{what} has no element {number}; it counts from 1 to {axis.size}", at)
        return number


def written(node: Symbol) -> str:
    """A symbol for a message."""

    def item(n: Node) -> str:
        match n:
            case Number(text=text):
                return text
            case Symbol():
                return written(n)
            case Group(body=body):
                return f"({item(body)})"
            case Terms(terms=terms):
                return "".join(("" if not k and s == "+" else s) + item(t) for k, (s, t) in enumerate(terms))
        return "…"

    subs, sups = ("".join(map(item, part)) for part in (node.subs, node.sups))
    return node.base + "'" * node.primes + (f"_{subs}" if subs else "") + (f"^{sups}" if sups else "")
