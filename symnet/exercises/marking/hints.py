"""What to think of after each kind of slip: a hint that does not give the answer away."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symnet.exercises.variant import Part
from symnet.render.document import Part as Piece

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "factor": "Look at the constant factors: where does each of them come from?",
        "sign": "Go through the signs once more.",
        "swapped_y_yhat": "Which is taken from which, the target from the prediction or the other way round?",
        "wrong_normalisation": "Look at how the cost is normalised: is there an average over the samples?",
        "missing_sum": "Over what does the cost sum, and which of its terms depend on this quantity?",
        "missing_chain_factor": "Follow the path from the cost down to this quantity: every step of it is a factor.",
        "missing_activation_derivative": "On the way back through a layer its activation has to be differentiated.",
        "wrong_index": "Go through the indices: which input and which unit does each quantity belong to?",
        "wrong_layer": "Which layer does each quantity belong to?",
        "transpose": "Write the shapes next to the matrices: do they fit?",
        "arithmetic": "The calculation is set up well; work it out once more.",
        "rounding": "Keep more digits until the end.",
        "other_quantity": "Read once more which quantity is asked for.",
        "old_values": "Which parameters hold after the step?",
        "shape": "How many rows and columns has each factor?",
    }
)


def hint(part: Part, kind: str | None) -> tuple[Piece, ...]:
    """What a student is told after a wrong answer: by its kind, else the hint of the question."""
    said = HINTS.get(kind or "")
    return (said,) if said else part.hint
