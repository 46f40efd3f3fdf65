"""The whole lecture, slide by slide, from symbolic declarations: every formula derived, every number computed.

Where the lecture as printed is wrong, a note says what was printed, what is right, and why.
The slides follow Barzideh 2021, “Introduction to Neural Networks”.
"""

from __future__ import annotations

from typing import Any

from symnet.lecture.backward import RowsOf, backward_propagation, chain_rule
from symnet.lecture.descent import cost_functions, gradient_descent, learning_rate, training
from symnet.lecture.forward import activation_functions, hidden_layer, learning, one_neuron, what_a_neuron_is
from symnet.render.document import Block, write
from symnet.render.partials import partial_rows


def lecture(language: str = "text", **options: Any) -> str:
    """The lecture in "text", "markdown" or "latex" (the body of a document)."""
    return write([block for slide in slides() for block in slide], language, **options)


def slides(rows_of: RowsOf = partial_rows) -> list[list[Block]]:
    """The slides in order; each begins with its heading.  ``rows_of`` shows a gradient."""
    return [
        learning(),
        what_a_neuron_is(),
        activation_functions(),
        one_neuron(),
        hidden_layer(),
        cost_functions(),
        gradient_descent(),
        learning_rate(),
        backward_propagation(rows_of),
        chain_rule(rows_of),
        training(),
    ]
