"""Which of the checker's slips somebody could make: options and planted errors are not to give themselves away."""

from __future__ import annotations

from dataclasses import replace

from symnet.algebra.expressions import MINUS_ONE, Add, Const, Expr, Mul, Ref, add, mul, negative, refs, walk
from symnet.check.explain.change import Alteration

FAR_FETCHED = frozenset({
    "factor_of_term", "normalisation_of_term", "term_missing", "target_for_prediction", "prediction_for_target",
    "layers_exchanged", "parameter_as_factor", "one_term_of_sum", "function_missing", "penalty_factor", "order",
    "product_of_sums", "denominator_missing",
})  # fmt: skip
"""Details that lead to formulas which nobody writes, or that no sentence explains."""

IN_MATRICES = frozenset({"weight_for_input"})
"""Details that no product of matrices shows."""


def plausible(altered: Alteration, form: str = "index") -> bool:
    """Whether the slip leads to a formula that somebody could write."""
    detail, old = altered.detail, altered.old
    if detail in FAR_FETCHED or (form == "matrix" and detail in IN_MATRICES):
        return False
    if detail == "sign_of_term" and not _is_negative(old):
        return False
    if detail == "activation_derivative_incomplete" and isinstance(old, Const):
        return False
    if detail == "pre_for_unit" and form != "matrix" and _in_sum(altered):
        return False
    before, after = altered.put(old), altered.right
    return bool(refs(after)) and _lone_numbers(after) <= _lone_numbers(before)


def _is_negative(term: Expr) -> bool:
    return isinstance(term, Mul) and any(isinstance(f, Const) and f.value.is_negative for f in term.factors)


def _in_sum(altered: Alteration) -> bool:
    """Whether the change is inside of a sum of terms, such as 1 − a."""
    sums = [node for node in walk(altered.right) if isinstance(node, Add)]
    return any(altered.change.new in walk(node) for node in sums)


def _lone_numbers(expr: Expr) -> int:
    """Terms of sums that are numbers: the y of ŷ − y left out as a factor leaves ŷ − 1."""
    sums = [node for node in walk(expr) if isinstance(node, Add)]
    return sum(isinstance(t, Const) or (isinstance(t, Mul) and not refs(t)) for node in sums for t in node.terms)


def tidied(altered: Alteration) -> Alteration:
    """The slip as it is written, and called: −(ŷ − y) for an exchange is y − ŷ; not every factor is that of a slope."""
    old = altered.old
    if altered.detail == "activation_derivative_incomplete" and isinstance(old, Ref) and not _of_slope(altered, old):
        return replace(altered, change=replace(altered.change, kind="missing_chain_factor", detail="input_missing"))
    if altered.detail != "swapped" or not isinstance(old, Add) or altered.change.new != negative(old):
        return altered
    turned = [_turned(term) for term in old.terms]
    written = add(*(t for t in turned if not _is_negative(t)), *(t for t in turned if _is_negative(t)))
    return replace(altered, change=replace(altered.change, new=written))


def _of_slope(altered: Alteration, factor: Ref) -> bool:
    """Whether the factor is the a of a(1 − a)."""
    sums = [node for node in walk(altered.right) if isinstance(node, Add)]
    return any(factor in walk(node) for node in sums)


def _turned(term: Expr) -> Expr:
    """The term with the other sign."""
    if isinstance(term, Mul) and term.factors[0] == MINUS_ONE:
        return mul(*term.factors[1:])
    return negative(term)
