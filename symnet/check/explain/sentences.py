"""A diagnosis for a student: one sentence, and the line that went wrong beside what was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from symnet.algebra.expressions import ONE, ZERO, Expr, Ref, Tensor
from symnet.check.explain.change import Alteration
from symnet.check.explain.diagnose import Diagnosis
from symnet.notation.names import Names
from symnet.render.display import Brace, Name, Node, Row, Tagged, Words
from symnet.render.document import Part
from symnet.render.formula import formula
from symnet.render.text import text

SENTENCES: Mapping[str, str] = {
    "transposed": "the answer is the transpose of the derivative",
    "shape": "the shape does not fit; look for a missing or superfluous transposition",
    "constant_ratio": "the answer is {ratio} times the derivative",
    "ambiguous": "more than one slip would lead to this answer",
    "swapped": "the prediction and the target are exchanged",
    "sign_missing": "the sign is wrong",
    "sign_of_term": "the term {old} has the wrong sign",
    "argument_negated": "the derivative of the activation is {old}, not {new}",
    "power_rule": "the factor {old} is missing",
    "factor_of_term": "the term {old} has a wrong factor",
    "penalty_factor": "the penalty's derivative is {old}, a factor is wrong",
    "penalty_not_differentiated": "the penalty is not differentiated: its derivative is {old}",
    "penalty_sum_kept": "only the term of this one weight depends on it: {old}, without a sum",
    "penalty_norm": "the penalty's derivative is taken element by element, {old}; a norm is one number",
    "regulariser_missing": "the penalty's derivative {old} is missing",
    "spurious_penalty": "the penalty does not contain this parameter",
    "strength_missing": "the factor {old} of the penalty is missing",
    "normalisation_missing": "the normalisation {old} is missing",
    "normalisation_of_term": "the normalisation of the term {old} is wrong",
    "sum_missing": "the sum is missing",
    "one_term_of_sum": "of the sum only one term is there",
    "sum_of_constant": "the sum of a constant over n samples is n times it",
    "product_of_sums": "a sum of products is not the product of the sums",
    "spurious_sum": "there is a sum too many: only one term depends on what is differentiated by",
    "activation_derivative_missing": "the derivative of the activation, {old}, is missing",
    "activation_derivative_incomplete": "the derivative of the activation is incomplete: {old} is missing",
    "activation_itself": "{new} stands for its derivative {old}",
    "wrong_activation_derivative": "the derivative of another activation is taken; here it is {old}",
    "activation_derivative_twice": "the derivative of the activation is counted once too often",
    "wrong_argument": "the derivative of the activation is {old}, not {new}: it is taken at the wrong argument",
    "wrong_argument_layer": "the derivative of the activation is {old}, not {new}: that belongs to another layer",
    "diagonal_only": "every output depends on every weighted sum; here is only the diagonal of the derivatives",
    "case_missing": "not every case is there: it should be {old}",
    "cases_exchanged": "the condition is the wrong way round: it should be {old}",
    "function_missing": "{new} stands for {old}",
    "upstream_missing": "the factor {old} of the chain is missing",
    "weight_missing": "the weight {old} that leads on from here is missing",
    "cost_derivative_missing": "the derivative of the cost, {old}, is missing",
    "input_missing": "the factor {old} is missing",
    "factor_missing": "the factor {old} is missing",
    "term_missing": "the term {old} is missing",
    "target_missing": "the target, {old}, is missing",
    "bias_missing": "the bias is missing from the weighted sum",
    "activation_missing": "the activation is missing from the forward pass",
    "inputs_exchanged": "in the weighted sum the weights are paired with the wrong inputs",
    "not_differentiated": "{new} is not differentiated: {old}",
    "power_missing": "the exponent in {old} is missing",
    "denominator_missing": "{old} is a divisor",
    "target_for_prediction": "the target {new} stands for the prediction {old}",
    "prediction_for_target": "the prediction {new} stands for the target {old}",
    "pre_for_unit": "{new}, before the activation, stands for {old}",
    "layer_of_quantity": "{new} is of another layer; it should be {old}",
    "layer_of_adjoint": "{new} is of another layer; it should be {old}",
    "layers_exchanged": "each factor is of the other one's layer: {new} stands for {old}",
    "other_gradient": "this is the derivative by another parameter",
    "other_element": "this is the derivative by another element of the parameter",
    "indices_exchanged": "the indices are exchanged",
    "wrong_index": "{new} has a wrong index; it should be {old}",
    "weight_transposed": "{new} is transposed; it should be {old}",
    "weight_for_input": "the weight {new} stands for {old}, what the weight multiplies",
    "parameter_as_factor": "the parameter itself is a factor; its coefficient should be",
    "spurious_input": "the factor {new} belongs to a weight's derivative, not to a bias's",
    "other_cost": "this is the derivative of another cost",
}
"""What a student is told, by the ``detail`` of a diagnosis."""


_MARK = "⟦mark⟧"


def explanation(diagnosis: Diagnosis, names: Names) -> tuple[Part, ...]:
    """The sentence for a student, mathematics within."""
    altered = diagnosis.alteration
    template = SENTENCES.get(diagnosis.detail, diagnosis.detail.replace("_", " "))
    parts: list[Part] = []
    if altered is not None:
        parts += ["In ", _left(altered, names), ": "]
    for k, piece in enumerate(template.replace("{", "}").split("}")):
        if k % 2 == 0:
            parts.append(piece)
        elif piece == "ratio":
            parts.append(str(diagnosis.ratio).replace("**", "^").replace("*", "·"))
        elif altered is not None:
            parts.append(_shown(altered.old if piece == "old" else altered.change.new, names))
    return (*_with_capital(parts), ".")


def chains(diagnosis: Diagnosis, names: Names) -> tuple[Row, ...]:
    """The line that went wrong, as it should be and as it was taken, the deviating part marked in each."""
    altered = diagnosis.alteration
    if altered is None:
        return ()
    left = _left(altered, names)
    right = _marked(altered, altered.old, "expected", names)
    wrong = _marked(altered, altered.change.new, "taken", names)
    return (Row(left, "=", right, "as it should be"), Row(None, "≠", wrong, "what leads to the answer"))


def _left(altered: Alteration, names: Names) -> Node:
    target, of = altered.line.target, altered.line.target.of
    if of is None:
        return names.element(target, target.axes)
    return names.derivative(names.element(of, altered.line.index or of.axes))


def _with_capital(parts: Sequence[Part]) -> Iterator[Part]:
    for k, part in enumerate(p for p in parts if p != ""):
        yield part[0].upper() + part[1:] if k == 0 and isinstance(part, str) else part


def _shown(expr: Expr, names: Names) -> Node:
    try:
        return formula(expr, names)
    except TypeError:
        return Name("…")


def _marked(altered: Alteration, part: Expr, tag: str, names: Names) -> Node:
    """The line with ``part`` in its place, tagged and braced; what is left out leaves no mark."""
    if part in (ZERO, ONE):
        return _shown(altered.put(part), names)
    mark = Ref(Tensor(_MARK, part.axes, "mark"), part.axes)
    marked: Node = _replaced(_shown(altered.put(mark), names), Tagged(Brace(_shown(part, names), Words(tag)), tag))
    return marked


def _replaced(tree: Any, new: Node) -> Any:
    if isinstance(tree, Name) and tree.letter == _MARK:
        return new
    if isinstance(tree, tuple):
        return tuple(_replaced(item, new) for item in tree)
    if isinstance(tree, Node):
        fields = tree.__dataclass_fields__  # type: ignore[attr-defined]
        return replace(tree, **{f: _replaced(getattr(tree, f), new) for f in fields})  # type: ignore[type-var]
    return tree


def plain(parts: Sequence[Part]) -> str:
    """Prose with mathematics as one line of text."""
    return "".join(text(p) if isinstance(p, Node) else p for p in parts)
