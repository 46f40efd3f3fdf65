"""The words beside the mathematics, in one place: another language is another table like this one."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "definition": "by definition of the cost",
    "chain_rule": "chain rule",
    "sum": "sum rule",
    "one_term": "only one term of the sum depends on it",
    "constant_factor": "constant factor",
    "product": "product rule",
    "power": "power rule",
    "linear": "linear expression",
    "function": "derivative of {}",
    "function:cases": "derivative case by case",
    "activation": "derivative of the activation",
    "linearity": "linearity of the sum",
    "constant": "derivative of a constant",
    "identity": "derivative of itself",
    "by_name": "the derivative in terms of the function itself",
    "softmax_by_name": "softmax by its name",
    "cost_by_name": "the cost by its name",
    "common_factor": "common factor",
    "substitute": "substitute the derivative of the cost",
    "substitute_factors": "substitute the factors",
    "cancel": "common denominator; cancel",
    "signs": "sign",
    "unit_sum": "the targets of a sample sum to 1",
    "powers": "powers",
    "exponents": "add exponents",
    "numbers": "numbers first",
    "like_terms": "collect like terms",
    "order": "order of the factors",
    "pre": "weighted sum",
    "unit": "activation",
    "cost": "cost",
    "of_sample": " is input 1 of sample 2.",
    "no_matrix_form": "no matrix form; by elements",
}

CONDITIONS: Mapping[str, str] = {
    "unit_sum": "the targets of every sample sum to 1",
    "kink": "at its kink the derivative is taken as 0 from the left",
}

HEADINGS: Mapping[str, str] = {
    "forward": "Forward propagation",
    "cost": "Cost function",
    "backward": "Backward propagation",
    "derivatives": "Derivatives of the activation functions",
    "conditions": "Side conditions",
    "update": "Gradient descent",
}

SLIDES: Mapping[str, str] = {
    "network": "The network",
    "parameters": "Its parameters",
    "parameter": "parameter",
    "shape": "shape",
    "gradient": "The derivative with respect to",
    "backward": "Backward propagation, layer by layer",
    "layer_above": "from the layer above",
    "in_numbers": "{}, in numbers",
    "after_steps": "{}, in numbers (step {})",
    "continued": "(continued)",
}
"""Titles and words of slides; ``{}`` is the title of another slide, or a number."""

COSTS: Mapping[str, str] = {
    "mse": "mean squared error",
    "half_mse": "half the mean squared error",
    "categorical_cross_entropy": "categorical cross-entropy",
    "hellinger": "Hellinger",
    "kullback_leibler": "Kullback–Leibler",
    "generalized_kullback_leibler": "generalised Kullback–Leibler",
    "itakura_saito": "Itakura–Saito",
    "mae": "mean absolute error",
    "huber": "Huber",
    "log_cosh": "log-cosh",
}
"""Costs whose name is not that of their definition in words."""

PAGE: Mapping[str, str] = {
    "slides": "Slides",
    "back": "Step back",
    "on": "Step forward",
    "all": "All slides",
    "copy": "Copy the LaTeX",
    "copied": "LaTeX copied",
    "not_copied": "Your browser does not let pages copy. The LaTeX is",
}
"""What the HTML deck says of itself."""
