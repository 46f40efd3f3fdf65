"""A chain of equalities in one network, step by step: what holds, what does not, and what is left open.

Only a statement is ever called wrong: an equation whose left side is a derivative or a quantity that the network
computes, or a chain whose earlier steps hold.  ``w_1 x_1 + b = 0`` and ``ŷ = y`` may be conditions; they are left open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symnet.algebra.expressions import Ref
from symnet.check.document import repairs
from symnet.check.document.claims import claim
from symnet.check.document.costs import recognised
from symnet.check.document.equations import Equation
from symnet.check.document.judged import Context, Judged, Remark, Step
from symnet.check.document.sides import GIVEN, Side, Subject, kind_of, readings
from symnet.check.document.steps import Compared, compared, same
from symnet.check.read.symbols import Target
from symnet.render.document import Part

KINDS = {"derivative": "derivative", "quantity": "definition", "cost": "cost", "expression": "identity"}


def chain(equation: Equation, subject: Subject, context: Context) -> Judged:
    """Every step of an equation in one network."""
    syntax = equation.formula.syntax
    base: tuple[Target, ...] = ()
    kind, reason = "other", ""
    steps: list[Step] = []
    numeric: int | None = None
    read = 0
    for k, member in enumerate(equation.members):
        found = readings(member.text, subject, syntax)
        read += bool(found)
        if found and kind_of(found[0]) == "number":
            if numeric is not None or base:
                steps.append(claim(equation, k, numeric, base, subject, context))
            numeric = k
            continue
        if not base:
            base = found
            if found:
                kind = KINDS.get(kind_of(found[0]), "other")
                if kind == "other" and kind_of(found[0]) == "given":
                    reason = f"{member.text.strip()} is given, not computed, in this network"
            continue
        if kind_of(base[0]) == "given":
            continue
        steps.append(_step(equation, k, base, steps, subject, context))
    if not reason and (not steps or read < len(equation.members)):
        reason = _why_not(equation, subject)
    kind = kind if base else "numbers" if steps else "other"
    first = base[0] if base else None
    return Judged(subject, kind, tuple(steps), reason, first, read, len(equation.members))


def _why_not(equation: Equation, subject: Subject) -> str:
    """Why no step could be judged: the reader's own words about the first side that it cannot read."""
    for member in equation.members:
        if not readings(member.text, subject, equation.formula.syntax):
            return repairs.unread(member.text, subject, equation.formula.syntax)
    return "there is nothing to compare"


def _step(
    equation: Equation,
    k: int,
    base: Sequence[Target],
    before: Sequence[Step],
    subject: Subject,
    context: Context,
    plain: bool = False,
) -> Step:
    """A side with quantities in it beside the first one that could be read."""
    text, syntax = equation.members[k].text, equation.formula.syntax
    kind = KINDS.get(kind_of(base[0]), "identity")
    found = compared(base, text, subject, syntax, context.seed, plain)
    step = Step(k, found.right, kind, verdict=found.verdict, remarks=_remarks(found, equation, k))
    if found.right and found.element:
        lacking = f"indices {found.element} are" if "," in found.element else f"index {found.element} is"
        told = f"the {lacking} missing on the left side: it is right for the elements"
        where = equation.members[0].passage.start
        return replace(step, holds=None, code="element", remarks=(*step.remarks, Remark("element", (told,), where)))
    if found.right:
        strict = _step(equation, k, base, before, subject, context, True) if found.convention else None
        return replace(step, strict=strict)
    if kind == "cost" and (known := recognised(text, subject, syntax)) is not None:
        return replace(step, holds=None, code="other_cost", remarks=(Remark("other_cost", known.message(subject)),))
    if found.verdict.status in ("undecided", "not understood"):
        return replace(step, message=(_bare(found.verdict.message),))
    repaired = repairs.missing_index(equation.members[k], base, subject, syntax, context.seed)
    if repaired is not None:
        return replace(
            step, holds=False, code="missing_index", message=repaired.message, offset=repaired.offset,
            item=repaired.item, should_be=repaired.should_be,
        )  # fmt: skip
    if not _is_statement(base[0], found, before):
        return replace(step, holds=None, message=("it does not hold for all numbers, so it may be a condition",))
    if found.loose and kind != "derivative":
        return replace(step, holds=None, message=(_bare(found.verdict.message),))
    earlier = next((s for s in reversed(before) if s.verdict is not None and s.holds is False), None)
    if earlier is not None and earlier.verdict is not None:
        axes = base[0].concrete()[0].axes
        if same(earlier.verdict, found.verdict, subject, axes, context.seed):
            return replace(step, holds=None, code="follows", message=("it follows from what is already wrong",))
    return replace(
        step, code=found.verdict.kind or "other", message=_told(found), counterexample=found.verdict.counterexample
    )


def _is_statement(base: Target, found: Compared, before: Sequence[Step]) -> bool:
    """Whether an equation that does not hold is one that claims to."""
    kind = kind_of(base)
    if kind == "derivative" or any(step.holds for step in before):
        return True
    if kind not in ("quantity", "cost"):
        return False
    expr = found.verdict.expr
    partial = isinstance(base, Side) and bool(re.search(r"\\partial|∂|\\mathrm\{d\}", base.wrt))
    return partial or not (isinstance(expr, Ref) and expr.tensor.role in GIVEN)


def _told(found: Compared) -> tuple[Part, ...]:
    message = re.sub(r"^(In layer \d+: )?[Nn]ot right(?:, for |\. |: )", r"\1", found.verdict.message).rstrip(".")
    return (message or "there are numbers on which both sides differ",)


def _bare(message: str) -> str:
    return message.removeprefix("Not understood: ").removeprefix("Not decided: ").rstrip(".")


def _remarks(found: Compared, equation: Equation, k: int) -> tuple[Remark, ...]:
    out = []
    if found.sum_index and found.right:
        out.append(
            Remark("sum_without_index", (f"the sum has no index; it is read as running over {found.sum_index}",))
        )
    if found.convention and found.right:
        out.append(Remark("convention", (found.convention,), equation.members[k].passage.start))
    return tuple(out)
