"""A notation: the letter of every role, the marks of layers, samples and steps, and which way matrices lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from symnet.errors import SymnetError, unknown

LayerMark = Literal["none", "subscript", "superscript", "(superscript)", "[superscript]"]
SampleMark = Literal["none", "subscript", "(superscript)", "[superscript]"]
Layout = Literal["rows", "columns"]
Orientation = Literal["inputs x units", "units x inputs"]
Iteration = Literal["parentheses", "subscript", "arrow"]


@dataclass(frozen=True, slots=True)
class Notation:
    """Letters and habits of one author.

    Letters: ``weight`` and ``weight_matrix`` (element and whole), ``pre`` and ``unit`` (a hidden layer before and
    after its activation), ``output_pre`` and ``prediction`` (the same for the last layer; empty: as hidden ones),
    ``size`` (number of samples), ``adjoint`` (name of ∂C/∂(pre); empty: written as the derivative).

    Habits: ``capital_vectors`` gives the weights into a single unit the letter of a matrix; ``layer_mark`` on
    quantities, ``matrix_mark`` on whole matrices, ``plain_first`` leaves the mark off where a two-layer network needs
    none; ``sample_mark`` on quantities and ``sample_sum`` below Σ (empty: a bare Σ);
    ``unit_sum`` writes the index below sums over units; ``unit_letters`` are the running indices of layers 0, 1, 2 …;
    ``layout`` says whether samples are rows or columns, ``orientation`` which way a weight matrix lies;
    ``cost_arguments`` writes C(w, b) for C inside derivatives; ``iteration`` is the style of w(i) = w(i−1) − γ∇C.
    """

    name: str = "lecture"
    source: str = "Barzideh 2021, Introduction to Neural Networks"
    input: str = "x"
    weight: str = "w"
    weight_matrix: str = "W"
    bias: str = "b"
    pre: str = "k"
    unit: str = "h"
    output_pre: str = "z"
    prediction: str = "ŷ"
    target: str = "y"
    cost: str = "C"
    size: str = "n"
    learning_rate: str = "γ"
    adjoint: str = ""
    capital_batches: bool = True
    capital_vectors: bool = False
    bold: bool = True
    transpose: Literal["T", "⊤"] = "T"
    layer_mark: LayerMark = "(superscript)"
    matrix_mark: LayerMark = "subscript"
    plain_units: bool = True
    plain_first: bool = True
    sample_mark: SampleMark = "none"
    sample_sum: str = ""
    sample_letter: str = "i"
    unit_sum: bool = True
    unit_letters: str = "ijklmpqrtuv"
    layout: Layout = "rows"
    orientation: Orientation = "inputs x units"
    cost_arguments: bool = True
    iteration: Iteration = "parentheses"

    def with_(self, **changes: Any) -> Notation:
        """The same notation with some fields changed; unknown fields and values are refused with a SymnetError."""
        for key, value in changes.items():
            if key not in _HINTS:
                raise unknown("notation field", key, (f.name for f in fields(Notation)))
            hint = _HINTS[key]
            if get_origin(hint) is Literal:
                if value not in get_args(hint):
                    raise unknown(f"value of notation field {key}", str(value), get_args(hint))
            elif not isinstance(value, hint):
                raise SymnetError(
                    f"notation field {key} is {value!r}, expected {'true or false' if hint is bool else 'a text'}"
                )
            elif (
                hint is str
                and key not in ("name", "source")
                and not (value == "" or (value.isalpha() and len(value) < 13))
            ):
                raise SymnetError(f"notation field {key} is {value!r}, expected a letter or a word of letters")
        made = replace(self, **changes)
        if len(set(made.unit_letters)) != len(made.unit_letters) or len(made.unit_letters) < 5:
            raise SymnetError(
                f"notation field unit_letters is {made.unit_letters!r}; expected at least 5 different letters, "
                "such as 'ijklm'"
            )
        letters = {role: getattr(made, role) for role in ("input", "weight", "bias", "pre", "unit", "target", "cost")}
        for role, letter in letters.items():
            other = next((r for r, known in letters.items() if known == letter and r != role), None)
            if other is not None:
                raise SymnetError(
                    f"notation fields {role} and {other} are both {letter!r}; give them different letters"
                )
        return made

    def with_samples_marked(self, layers: int) -> Notation:
        """The same, with a mark that tells sample 2 from layer 2 where samples had none."""
        if self.sample_mark != "none":
            return self
        alike = layers > 1 and self.layer_mark == "(superscript)"
        return replace(self, sample_mark="[superscript]" if alike else "(superscript)")


_HINTS = get_type_hints(Notation)

LECTURE = Notation()

NIELSEN = Notation(
    name="nielsen",
    source="Nielsen 2015, Neural Networks and Deep Learning, chapter 2",
    weight_matrix="w",
    pre="z",
    unit="a",
    prediction="",
    adjoint="δ",
    learning_rate="η",
    capital_vectors=True,
    capital_batches=False,
    bold=False,
    layer_mark="superscript",
    matrix_mark="superscript",
    plain_units=False,
    plain_first=False,
    sample_sum="x",
    sample_letter="x",
    unit_letters="kjlmpqrtuv",
    layout="columns",
    orientation="units x inputs",
    cost_arguments=False,
    iteration="arrow",
)

NG = Notation(
    name="ng",
    source="Ng, deeplearning.ai, Neural Networks and Deep Learning, course notation",
    weight_matrix="W",
    weight="W",
    pre="z",
    unit="a",
    prediction="",
    cost="J",
    size="m",
    learning_rate="α",
    capital_vectors=True,
    bold=False,
    layer_mark="[superscript]",
    matrix_mark="[superscript]",
    plain_units=False,
    plain_first=False,
    sample_mark="(superscript)",
    sample_sum="i",
    unit_letters="kjlpqrtuv",
    layout="columns",
    orientation="units x inputs",
    cost_arguments=False,
    iteration="arrow",
)

D2L = Notation(
    name="d2l",
    source="Zhang, Lipton, Li & Smola 2023, Dive into Deep Learning, §5.1 and §5.3",
    weight="w",
    pre="z",
    unit="h",
    output_pre="o",
    cost="L",
    learning_rate="η",
    capital_vectors=True,
    transpose="⊤",
    matrix_mark="(superscript)",
    plain_first=False,
    sample_mark="(superscript)",
    sample_sum="i",
    unit_letters="jklmpqrtuv",
    cost_arguments=False,
    iteration="arrow",
)

NOTATIONS: Mapping[str, Notation] = {n.name: n for n in (LECTURE, NIELSEN, NG, D2L)}
"""Every notation that can be asked for by name."""


def notation(given: str | Notation) -> Notation:
    """The notation meant by a name or a :class:`Notation`."""
    if isinstance(given, Notation):
        return given
    if given not in NOTATIONS:
        raise unknown("notation", str(given), NOTATIONS)
    return NOTATIONS[given]
