"""What is known about one equation in one network: its steps, and what they need to know of the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from symnet.activations import Activation
from symnet.check.document.findings import Evidence
from symnet.check.document.numbers import Given
from symnet.check.document.sides import Subject
from symnet.check.read.symbols import Target
from symnet.check.verdict import Verdict
from symnet.render.display import Node
from symnet.render.document import Part


@dataclass(frozen=True)
class Remark:
    """Something about a step that is not wrong."""

    code: str
    message: tuple[Part, ...]
    offset: int | None = None


@dataclass(frozen=True)
class Step:
    """What is known of one member: ``holds`` is None where nothing is.

    ``offset`` is where in the document the piece stands that is meant, and ``item`` the piece, if it is not the whole
    member.
    """

    member: int
    holds: bool | None
    kind: str
    code: str = ""
    message: tuple[Part, ...] = ()
    offset: int | None = None
    item: str = ""
    should_be: Node | None = None
    counterexample: Evidence = ()
    verdict: Verdict | None = None
    remarks: tuple[Remark, ...] = ()
    strict: Step | None = None
    """Where it holds by another convention of matrices: what it is by the file's own."""


@dataclass(frozen=True)
class Judged:
    """An equation in one network; ``reason`` says why nothing could be judged.

    ``read`` counts the ``members`` that could be read; ``cost`` says under which other cost of the document it holds,
    and ``about`` what it is about where that is no network.
    """

    subject: Subject | None
    kind: str
    steps: tuple[Step, ...] = ()
    reason: str = ""
    base: Target | None = None
    read: int = 0
    members: int = 2
    cost: Remark | None = None
    about: str = ""

    @property
    def known(self) -> int:
        """How many steps are judged."""
        return sum(step.holds is not None for step in self.steps)

    @property
    def false(self) -> tuple[Step, ...]:
        """The steps that do not hold."""
        return tuple(step for step in self.steps if step.holds is False)

    @property
    def perfect(self) -> bool:
        """Whether every step holds, and none was left out."""
        return sum(step.holds is True for step in self.steps) >= self.members - 1

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """How much it says: everything right comes first, then as many steps as possible, then few wrong ones."""
        return int(self.perfect), self.known, -len(self.false), self.read


@dataclass
class Context:
    """What the document has said so far about functions, and the numbers that it gives anywhere."""

    numbers: Sequence[Given] = ()
    functions: dict[str, Activation] = field(default_factory=dict)
    seed: int = 0
