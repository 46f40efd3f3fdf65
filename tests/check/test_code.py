"""C7: ten students' gradient functions, six of them wrong, and what else a function may take and give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import symnet as sn
from symnet.check.code.check import CodeVerdict, check_code

STUDENTS = Path(__file__).with_name("students")

LINEAR = sn.Network("2 -> 1 linear")
SIGMOID = sn.Network("3 -> 4 sigmoid -> 1 sigmoid", cost="quadratic")
SOFTMAX = sn.Network("4 -> 5 tanh -> 3 softmax", cost="categorical_cross_entropy")
REGULARISED = sn.Network("3 -> 4 relu -> 2 linear", cost="mse", regulariser=sn.l2(0.1))

RIGHT = [
    (LINEAR, "linear_right"),
    (SIGMOID, "sigmoid_right"),
    (SOFTMAX, "softmax_right"),
    (REGULARISED, "regularised_right"),
]
WRONG = [
    (LINEAR, "linear_one_sample", "missing_sum", "only the first sample counts", {"w", "b"}),
    (LINEAR, "linear_half", "factor", "the factor 2 is missing", {"w", "b"}),
    (SIGMOID, "sigmoid_no_derivative", "missing_activation_derivative", "In ∂C/∂z1", {"W1", "b1"}),
    (SOFTMAX, "softmax_swapped", "swapped_y_yhat", "ŷ and y are swapped", {"W1", "b1", "W2", "b2"}),
    (SOFTMAX, "softmax_transposed", "transpose", "rows and columns are exchanged", {"W1", "W2"}),
    (REGULARISED, "regularised_missing", "other", "the regulariser's term is missing", {"W2"}),
]


@pytest.mark.parametrize(("network", "name"), RIGHT, ids=[name for _, name in RIGHT])
def test_a_right_function_is_right(network: sn.Network, name: str) -> None:
    verdict = check_code(network, STUDENTS / f"{name}.py", "gradient")
    assert verdict.status == "right", verdict.text()
    assert all(p.is_right for p in verdict.parameters) and len(verdict.parameters) == len(network.parameters)


@pytest.mark.parametrize(("network", "name", "kind", "says", "wrong"), WRONG, ids=[case[1] for case in WRONG])
def test_a_wrong_function_is_wrong_and_told_why(
    network: sn.Network, name: str, kind: str, says: str, wrong: set[str]
) -> None:
    verdict = check_code(network, STUDENTS / f"{name}.py", "gradient")
    assert verdict.status == "wrong"
    assert (verdict.kind, len(verdict.diagnoses)) == (kind, 1)
    assert says in verdict.message and verdict.message.count(". ") <= 1
    assert {p.name for p in verdict.parameters if not p.is_right} == wrong
    assert set(verdict.diagnoses[0].parameters) == wrong


# -- what is understood ------------------------------------------------------------------------------------------------

SIGMOID_PASS = """
import numpy as np
def run(X, y, W1, b1, W2, b2):
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    a1 = sigmoid(X @ W1 + b1)
    p = sigmoid(a1 @ W2 + b2)
    d2 = (p - y) * p * (1 - p)
    d1 = np.outer(d2, W2) * a1 * (1 - a1)
    return X.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(), np.sum((p - y) ** 2) / 2
"""


@pytest.fixture
def checked(tmp_path: Path):
    def check(source: str, network: sn.Network = SIGMOID, function: str = "gradient", **options) -> CodeVerdict:
        path = tmp_path / "student.py"
        path.write_text(source, encoding="utf-8")
        return check_code(network, path, function, **options)

    return check


@pytest.mark.parametrize(
    "body",
    [
        "def gradient(X, y, W1, b1, w2, b2): return run(X, y, W1, b1, w2, b2)[:4]",
        "def gradient(w2, W1, b2, b1, t, x): return list(run(x, t, W1, b1, w2, b2)[:4])",
        "def gradient(x, Y, parameters): return run(x, Y, *[parameters[k] for k in ('w1', 'b1', 'W2', 'B2')])[:4]",
        "def gradient(X, y, /, *, W1, b1, W2, b2, verbose=False): return run(X, y, W1, b1, W2, b2)[:4]",
        "def gradient(X, y, W1, W2, b1, b2):\n    g = run(X, y, W1, b1, W2, b2)\n    return g[0], g[2], g[1], g[3]",
        "def gradient(X, y, W1, b1, W2, b2):\n    *g, c = run(X, y, W1, b1, W2, b2)\n    return c, g",
        "def gradient(X, y, W1, b1, W2, b2):\n    *g, c = run(X, y, W1, b1, W2, b2)\n    return (c, *g)",
        "def gradient(X, y, W1, b1, W2, b2):\n"
        "    g = run(X, y, W1, b1, W2, b2)\n"
        "    return {'cost': g[4], 'dC/dW1': g[0], 'db1': g[1], 'w2_grad': g[2].tolist(), 'grad_b2': g[3]}",
        "def gradient(X, y, W1, b1, W2, b2):\n"
        "    g = run(X, y, W1, b1, W2, b2)\n"
        "    return np.concatenate([np.ravel(part) for part in g[:4]])",
    ],
)
def test_a_calling_convention_is_understood(checked, body: str) -> None:
    verdict = checked(SIGMOID_PASS + body)
    assert verdict.status == "right", verdict.text()


def test_one_parameter_needs_no_dict(checked) -> None:
    network = sn.Network(sn.Input(3), sn.Dense(1, "linear", bias=False), cost="quadratic")
    assert checked("def gradient(X, y, w): return X.T @ (X @ w - y)", network).is_right


def test_the_number_of_samples_and_constants_may_be_arguments(checked) -> None:
    network = sn.Network("3 -> 1 linear", cost="half_mse", regulariser=sn.l2(0.3))
    source = "def gradient(X, y, w, b, lam, n):\n    e = (X @ w + b - y) / n\n    return X.T @ e + lam * w, e.sum()"
    assert checked(source, network).is_right


def test_symbolic_sizes_get_different_numbers(checked) -> None:
    network = sn.Network("n_0 -> n_1 linear", cost="quadratic")
    right = "def gradient(X, Y, W, b):\n    e = X @ W + b - Y\n    return X.T @ e, e.sum(axis=0)"
    assert checked(right, network).is_right
    assert checked(right.replace("X.T @ e", "e.T @ X"), network).kind == "transpose"


def test_a_wrong_cost_beside_a_right_gradient_is_remarked(checked) -> None:
    body = "def gradient(X, y, W1, b1, W2, b2):\n    *g, c = run(X, y, W1, b1, W2, b2)\n    return 2 * c, g"
    verdict = checked(SIGMOID_PASS + body)
    assert verdict.is_right and any("cost" in remark for remark in verdict.remarks)


def test_a_gradient_of_single_precision_is_called_close(checked) -> None:
    source = (
        "import numpy as np\ndef gradient(X, y, w, b):\n    e = np.float16(2) * (X @ w + b - y).astype(np.float16)\n"
    )
    verdict = checked(source + "    return X.T @ e, e.sum()", LINEAR)
    assert verdict.status == "wrong" and any("close" in remark for remark in verdict.remarks)


# -- more mistakes -----------------------------------------------------------------------------------------------------

TWO_LAYERS = """
import numpy as np
def gradient(X, y, W1, b1, W2, b2):
    n = len(X)
    a1 = np.tanh(X @ W1 + b1)
    e = np.exp(a1 @ W2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    d2 = (p - y) / n
    d1 = d2 @ W2.T * (1 - a1 ** 2)
    return X.T @ d1, d1.sum(axis=0), a1.T @ d2, d2.sum(axis=0)
"""


@pytest.mark.parametrize(
    ("old", "new", "kind", "says"),
    [
        ("(p - y) / n", "p - y", "wrong_normalisation", "division by the number of samples is missing"),
        ("(p - y) / n", "(p - y) / (3 * n)", "wrong_normalisation", "number of outputs"),
        ("(1 - a1 ** 2)", "a1 * (1 - a1)", "other", "derivative of sigmoid stands where that of tanh belongs"),
        ("(1 - a1 ** 2)", "(1 - a1)", "other", "the power 2 is missing"),
        ("(1 - a1 ** 2)", "(1 + a1 ** 2)", "sign", "sign is wrong"),
        ("axis=1, keepdims=True", "axis=0", "wrong_index", "normalised over the samples"),
        ("np.tanh(X @ W1 + b1)", "np.tanh(X @ W1)", "other", "the bias is missing"),
        ("np.tanh(X @ W1 + b1)", "(X @ W1 + b1)", "other", "the activation is not applied"),
        (", d1.sum(axis=0)", ", d1", "missing_sum", "sum over the samples is missing"),
        (", d1.sum(axis=0)", ", d1.sum(axis=1)", "wrong_index", "over the units instead of over the samples"),
        (", d1.sum(axis=0)", ", d1.mean(axis=0)", "wrong_normalisation", "mean"),
        ("X.T @ d1, d1.sum(axis=0), a1.T @ d2", "a1.T @ d2, d1.sum(axis=0), X.T @ d1", "wrong_layer", "changed places"),
        ("X.T @ d1", "7 * X.T @ d1", "factor", "7 times"),
        ("X.T @ d1", "W1 - 0.1 * X.T @ d1", "other", "after a step of descent"),
    ],
)
def test_a_typical_mistake_is_named(checked, old: str, new: str, kind: str, says: str) -> None:
    assert old in TWO_LAYERS
    verdict = checked(TWO_LAYERS.replace(old, new), SOFTMAX)
    assert (verdict.status, verdict.kind) == ("wrong", kind), verdict.text()
    assert says in verdict.message


def test_two_mistakes_are_both_named(checked) -> None:
    source = TWO_LAYERS.replace("* (1 - a1 ** 2)", "").replace("d2.sum(axis=0)", "d2")
    kinds = {d.kind: d.parameters for d in checked(source, SOFTMAX).diagnoses}
    assert kinds == {"missing_activation_derivative": ("W1", "b1"), "missing_sum": ("b2",)}


def test_what_no_mistake_explains_has_no_diagnosis(checked) -> None:
    verdict = checked(TWO_LAYERS.replace("X.T @ d1", "np.sin(X).T @ d1"), SOFTMAX)
    assert (verdict.status, verdict.diagnoses) == ("wrong", ())
    assert verdict.message.startswith("The gradient of W1 is wrong: W1[0, 0] is ")


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def gradient(x:\n    pass", "student.py is not Python in line 1"),
        ("def other(x): pass", "student.py defines no function gradient; it defines other."),
        ("def gradient(q): pass", "its argument q is none of X, y, w, b"),
        ("def gradient(x): return None", "it returned nothing"),
        ("def gradient(x): return 'w'", "it returned text"),
        ("def gradient(x): return [1, 2, 3, 4, 5, 6]", "was not understood"),
        ("def gradient(x): return {'v': x, 'u': 1}", "was not understood"),
        ("def gradient(x): return 1j * x, 1.0", "real numbers were expected"),
        ("def gradient(x):\n\n    return x @ x", "gradient raised ValueError in line 3"),
        ("import torch", "could not import a module in line 1"),
        ("raise KeyError('\\x1b[31mred')", "student.py raised KeyError in line 1"),
    ],
)
def test_what_cannot_be_judged_is_never_called_wrong(checked, source: str, says: str) -> None:
    verdict = checked(source, LINEAR)
    assert verdict.status == "could not run" and says in verdict.message
    assert "\n" not in verdict.message and "\x1b" not in verdict.text()


def test_a_missing_parameter_is_wrong_and_named(checked) -> None:
    verdict = checked("def gradient(X, y, w, b): return {'w': 2 * X.T @ (X @ w + b - y)}", LINEAR)
    assert verdict.status == "wrong" and "b is missing from the result" in verdict.message


def test_nan_is_wrong(checked) -> None:
    verdict = checked("def gradient(X, y, w, b): return w * float('nan'), b", LINEAR)
    assert verdict.status == "wrong" and "w[0] is nan" in verdict.message


def test_the_verdict_is_plain_json_and_the_same_again(checked) -> None:
    source = "print('hello')\ndef gradient(X, y, w, b): return X.T @ (X @ w + b - y), (X @ w + b - y).sum()"
    first, second = (checked(source, LINEAR, seed=3).to_json() for _ in range(2))
    assert first.pop("seconds") >= 0 and second.pop("seconds") >= 0
    assert json.loads(json.dumps(first)) == first == second
    assert (first["kind"], first["printed"], first["seed"]) == ("factor", "hello\n", 3)
    w = first["parameters"][0]
    assert np.isclose(w["given_value"] * 2, w["right_value"]) and w["index"] == [0]


@pytest.mark.parametrize("options", [{"seconds": 0.0}, {"seconds": float("nan")}, {"memory_mb": 0}])
def test_limits_must_be_positive(checked, options) -> None:
    with pytest.raises(sn.SymnetError, match="positive"):
        checked("", LINEAR, **options)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(sn.SymnetError, match="cannot be read"):
        check_code(LINEAR, tmp_path / "none.py", "gradient")
    (tmp_path / "latin.py").write_bytes(b"# \xe4")
    with pytest.raises(sn.SymnetError, match="UTF-8"):
        check_code(LINEAR, tmp_path / "latin.py", "gradient")
