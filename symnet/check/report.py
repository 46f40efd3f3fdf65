"""What a check found, for people and for programs: one verdict as text, JSON, LaTeX or HTML.

Everything is first laid out as blocks (:mod:`symnet.render.document`); the languages only print them.  The JSON fields
are stable: see :func:`as_dict`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from symnet.algebra.expressions import ONE, ZERO, Axis, Expr, Index, Ref, Tensor
from symnet.check.decide.witness import Witness
from symnet.check.explain.alter import Alteration
from symnet.check.explain.diagnose import Diagnosis
from symnet.check.read.declarations import OWN, Declaration, Item, axis_of, roles_of
from symnet.check.read.symbols import Target, Vocabulary
from symnet.check.read.tokens import letter_of
from symnet.errors import unknown
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import notation
from symnet.render.display import Brace, Group, Listing, Name, Node, Number, Row, Style, Tagged, Words
from symnet.render.document import Block, Formulas, Heading, Note, Paragraph, Part, Table, write
from symnet.render.formula import formula
from symnet.render.html import html
from symnet.render.latex import latex
from symnet.render.text import text

if TYPE_CHECKING:
    from symnet.check.verdict import Verdict

HEADLINES: Mapping[str, str] = {
    "proved": "Right, and proved",
    "equal": "Right",
    "different": "Not right",
    "undecided": "Not decided",
    "not understood": "Not understood",
}

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

SHOWN = 40
"""How many numbers of a witness are printed."""

_MARK = "⟦mark⟧"


@dataclass(frozen=True, slots=True)
class UserNames(Names):
    """Names as the network's file declares them, its notation's for the rest; ``letters`` are the answer's indices."""

    vocabulary: Vocabulary | None = None
    letters: Mapping[str, str] = field(default_factory=dict, hash=False)

    def axis(self, axis: Axis) -> Node:
        """The running index of an axis: the user's letter, or the first one of the notation that is free."""
        if axis.name in self.letters:
            return Name(self.letters[axis.name])
        usual = Names.axis(self, axis)
        taken = set(self.letters.values())
        if isinstance(usual, Name) and usual.letter in taken:
            return Name(next((x for x in self.notation.unit_letters if x not in taken), usual.letter))
        return usual

    def element(self, tensor: Tensor, index: tuple[Index, ...]) -> Node:
        """The name of one element."""
        found = self._declared(tensor)
        if found is None:
            if tensor.role == "adjoint" and tensor.of is not None:
                return self.derivative(self.element(tensor.of, index))
            return Names.element(self, tensor, index)
        declaration, label = found
        at = dict(zip(self._roles(tensor), index, strict=False))

        def items(parts: tuple[Item, ...]) -> Node | None:
            made: list[Node] = []
            for part in parts:
                node: Node = Number(str(label)) if part.kind == "layer" else Name(part.text)
                node = self.index(at[part.text]) if part.kind == "index" else node
                made.append(Group(node, "()") if part.wrap == "()" else node)
            return None if not made else made[0] if len(made) == 1 else Listing(tuple(made), "")

        base, accent = declaration.base, None
        if base.endswith("hat") and len(base) > 3:
            base, accent = base[:-3], "hat"
        letter = letter_of(base)
        style: Style = "upright" if len(letter) > 1 else "italic"
        return Name(letter, style, accent, items(declaration.subs), items(declaration.sups))  # type: ignore[arg-type]

    def cost(self, arguments: bool | None = None) -> Node:
        """The letter of the cost."""
        return self.element(self.network.equations[-1].target, ())

    def _roles(self, tensor: Tensor) -> tuple[str, ...]:
        roles = roles_of(tensor, self.network)
        return tuple(role for role in roles if axis_of(tensor, role, self.network) is not None)

    def _declared(self, tensor: Tensor) -> tuple[Declaration, int] | None:
        """The declaration in the user's file that says most about the indices, and the layer's label in it."""
        wanted, best, found = set(self._roles(tensor)), (len(tensor.axes) + 1, False, 0), None
        for declaration in (d for ds in (self.vocabulary.declarations if self.vocabulary else {}).values() for d in ds):
            if declaration.rank > OWN or declaration.meaning.kind != "tensor" or declaration.called:
                continue
            if not set(declaration.roles) <= wanted:
                continue
            sums = tensor.role != "pre" and any(t.role == "pre" for t in declaration.meaning.tensors.values())
            rank = (len(wanted - {"s"} - set(declaration.roles)), sums, declaration.rank)
            for label, meant in declaration.meaning.tensors.items():
                if (meant.name, meant.role) == (tensor.name, tensor.role) and rank < best:
                    best, found = rank, (declaration, label)
        return found


def names_of(network: Network, asked: Target | None = None) -> Names:
    """The names of a network's quantities: the user's own, else those of its notation."""
    plain_notation = replace(notation(network.notation), cost_arguments=False)
    if asked is None:
        return UserNames(network, plain_notation)
    letters = {axis.name: letter_of(letter) for letter, axis in asked.letters.items()}
    return UserNames(network, plain_notation, asked.vocabulary, letters)


# -- a diagnosis in words and as two chains --------------------------------------------------------------------------


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


def chains(diagnosis: Diagnosis, names: Names) -> tuple[Row, ...]:
    """The line that went wrong, as it should be and as it was taken, the deviating part marked in each."""
    altered = diagnosis.alteration
    if altered is None:
        return ()
    left = _left(altered, names)
    right = _marked(altered, altered.old, "expected", names)
    wrong = _marked(altered, altered.change.new, "taken", names)
    return (Row(left, "=", right, "as it should be"), Row(None, "≠", wrong, "what leads to the answer"))


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


def witness_rows(witness: Witness, asked: Target, names: Names) -> tuple[tuple[Part, Part], ...]:
    """The numbers of a witness, one a row, and at the end what the derivative and the answer come to."""
    if witness.sizes.get("n", 1) > 1:
        names = Names(names.network, names.notation.with_samples_marked(names.network.depth))
    rows: list[tuple[Part, Part]] = [
        (names.element(of, index), str(value)) for of, index, value in witness.values[:SHOWN]
    ]
    if len(witness.values) > SHOWN:
        rows.append(("…", f"{len(witness.values) - SHOWN} more"))
    places = iter(witness.index)
    index = tuple(next(places) if isinstance(i, Axis) else i for i in asked.index)
    left = names.derivative(names.element(asked.tensor, index))
    return (*rows, (left, witness.truth), ("the answer", witness.answer))


# -- the report ------------------------------------------------------------------------------------------------------


def blocks(verdict: Verdict) -> list[Block]:
    """The verdict as blocks: headline, reading, witness, diagnosis, assumptions, and how it was decided."""
    names = verdict.names
    out: list[Block] = [Heading(HEADLINES[verdict.status]), Paragraph(_message(verdict, names))]
    if verdict.reading is not None:
        out.append(Note("Read as", (verdict.reading,)))
    if verdict.alternatives:
        out += [Note(f"Reading {k}", (shown,)) for k, shown in enumerate(verdict.alternatives, 1)]
    if verdict.diagnosis is not None and (rows := chains(verdict.diagnosis, names)):
        out.append(Formulas(rows))
    if verdict.counterexample:
        out.append(Paragraph(("Numbers on which it fails:",)))
        out.append(Table(("quantity", "value"), verdict.counterexample))
    if verdict.assumptions:
        out.append(Note("Assuming", ("; ".join(verdict.assumptions),)))
    if (proof := verdict.proof) is not None:
        bound = f", error bound {proof.error_bound:.1e}" if proof.error_bound else ""
        counts = f", for n = {', '.join(map(str, proof.sample_counts))}" if proof.sample_counts else ""
        out.append(Note("Method", (f"{proof.method}{bound}{counts}; seed {verdict.seed}",)))
    return out


def _message(verdict: Verdict, names: Names) -> tuple[Part, ...]:
    """The message, with the mathematics of the diagnosis as mathematics, below a headline that says the verdict."""
    diagnosis, message = verdict.diagnosis, verdict.message
    parts: tuple[Part, ...] = () if diagnosis is None else explanation(diagnosis, names)
    if parts and message.endswith(plain(parts)):
        before = message.removesuffix(plain(parts)).removeprefix("Not right. ")
        return (before, *parts) if before else parts
    return (message,)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values under stable names."""
    diagnosis = verdict.diagnosis
    names = verdict.names
    proof = verdict.proof
    found: dict[str, Any] | None = None
    if diagnosis is not None:
        rows = chains(diagnosis, names)
        found = {
            "kind": diagnosis.kind,
            "detail": diagnosis.detail,
            "place": diagnosis.place,
            "sentence": plain(explanation(diagnosis, names)),
            "should_be": latex(rows[0].right) if rows else None,
            "taken": latex(rows[1].right) if rows else None,
            "confirmed": diagnosis.confirmed,
        }
    return {
        "status": verdict.status,
        "right": verdict.right,
        "kind": verdict.kind,
        "message": verdict.message,
        "wrt": verdict.wrt,
        "answer": verdict.answer,
        "read_as": latex(verdict.reading) if verdict.reading is not None else None,
        "readings": [latex(shown) for shown in verdict.alternatives],
        "position": verdict.position,
        "diagnosis": found,
        "counterexample": [{"quantity": plain((a,)), "value": plain((b,))} for a, b in verdict.counterexample],
        "assumptions": list(verdict.assumptions),
        "method": proof.method if proof else None,
        "error_bound": proof.error_bound if proof else None,
        "sample_counts": list(proof.sample_counts) if proof else [],
        "seed": verdict.seed,
        "seconds": round(verdict.seconds, 4),
    }


def plain(parts: Sequence[Part]) -> str:
    """Prose with mathematics as one line of text."""
    return "".join(text(p) if isinstance(p, Node) else p for p in parts)


LANGUAGES = ("text", "json", "latex", "markdown", "html")


def report(verdict: Verdict, language: str = "text") -> str:
    """The verdict in a language: text, json, latex (the body of a document), markdown or html (a fragment).

    Raises SymnetError for another language.
    """
    if language == "json":
        return json.dumps(as_dict(verdict), ensure_ascii=False, indent=2) + "\n"
    if language == "html":
        return html(blocks(verdict))
    if language not in LANGUAGES:
        raise unknown("format", language, LANGUAGES)
    return write(blocks(verdict), language)
