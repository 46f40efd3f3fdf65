"""Kernels of a network: what they take, what they return, and what they refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnet import activations
from symnet.emit.kernels import Kernels, compile_network
from symnet.emit.modules import load
from symnet.errors import SymnetError
from symnet.network import Dense, Input, Network

X = np.array([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]])
Y = np.array([1.0, 0.0, 2.0])
W = {"w": [0.5, -0.25], "b": 0.1}


@pytest.fixture(scope="module")
def neuron() -> Kernels:
    return compile_network(Network(Input(2), Dense(1, "linear")), cache=False)


@pytest.fixture(scope="module")
def classifier() -> Kernels:
    net = Network(Input("n_0"), Dense(3, "tanh"), Dense(2, "softmax"), cost="categorical_cross_entropy")
    return compile_network(net, cache=False)


def parameters(inputs: int = 2) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"W1": rng.normal(size=(inputs, 3)), "b1": np.zeros(3), "W2": rng.normal(size=(3, 2)), "b2": np.zeros(2)}


def test_the_lecture_neuron(neuron: Kernels) -> None:
    residuals = X @ W["w"] + 0.1 - Y
    np.testing.assert_allclose(neuron.forward(X, W), X @ W["w"] + 0.1, rtol=1e-15)
    assert neuron.cost(X, Y, W) == pytest.approx(np.sum(residuals**2), rel=1e-15)
    value, gradient = neuron.gradient(X, Y, W)
    assert value == neuron.cost(X, Y, W)
    np.testing.assert_allclose(gradient["w"], 2 * X.T @ residuals, rtol=1e-14)
    assert gradient["b"] == pytest.approx(2 * np.sum(residuals), rel=1e-14)
    assert isinstance(gradient["b"], float)


def test_lists_integers_and_columns_are_taken_too(neuron: Kernels) -> None:
    expected = neuron.gradient(X, Y, W)
    column = neuron.gradient(X.tolist(), Y[:, None], {"w": [[0.5], [-0.25]], "b": [0.1]})
    turned = neuron.gradient(np.asfortranarray(X), Y[::-1][::-1], W)
    for given in (column, turned):
        assert given[0] == expected[0]
        np.testing.assert_array_equal(given[1]["w"], expected[1]["w"])
    assert neuron.forward(np.array([[1, 2]]), {"w": [1, 1], "b": 0}).tolist() == [3.0]


def test_what_was_given_is_not_changed(neuron: Kernels) -> None:
    x, w = X.copy(), np.array(W["w"])
    x.flags.writeable = w.flags.writeable = False
    neuron.gradient(x, Y, {"w": w, "b": 0.1})
    np.testing.assert_array_equal(x, X)


def test_a_single_sample_has_no_axis() -> None:
    kernels = compile_network(Network(Input(2), Dense(1, "sigmoid"), samples=1), cache=False)
    out = kernels.forward([1.0, 2.0], W)
    assert isinstance(out, float)
    assert out == pytest.approx(1 / (1 + np.exp(-0.1)))
    assert kernels.cost([[1.0, 2.0]], 1.0, W) == pytest.approx((out - 1) ** 2)


def test_nan_and_infinity_are_numbers(neuron: Kernels) -> None:
    assert np.isnan(neuron.cost(X, [1.0, np.nan, 2.0], W))
    assert neuron.cost([[np.inf, 0.0]], [0.0], W) == np.inf


def test_nan_passes_relu() -> None:
    kernels = compile_network(Network(Input(2), Dense(1, "relu")), cache=False)
    assert np.isnan(kernels.forward([[np.nan, 1.0]], W)).all()


def test_division_by_zero_is_infinite_as_in_ieee_arithmetic() -> None:
    kernels = compile_network(Network(Input(1), Dense(1, "linear"), cost="kullback_leibler"), cache=False)
    assert kernels.cost([[1.0]], [1.0], {"w": 0.0, "b": 0.0}) == np.inf


def test_symbolic_sizes_are_read_off_the_arrays(classifier: Kernels) -> None:
    for inputs in (2, 5):
        out = classifier.forward(np.ones((4, inputs)), parameters(inputs))
        np.testing.assert_allclose(np.sum(out, axis=1), 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W1": None}, "parameter 'W1' is missing; expected W1, b1, W2, b2"),
        ({"w1": 1.0}, "unknown parameter 'w1'; did you mean 'W1'?"),
        ({"W2": np.zeros((4, 2))}, "layer 2 expects 3 inputs and 2 units, W2 has shape (4, 2); W2 is inputs × units"),
        ({"b2": np.zeros(3)}, "layer 2 has 2 units, b2 has shape (3,), expected (2,)"),
        ({"b2": ["one", "two"]}, "b2 holds str"),
        ({"b2": [[1.0], [1.0, 2.0]]}, "b2 cannot be read as an array of numbers"),
        ({"b2": np.array([1j, 2])}, "b2 holds complex128 values, expected real numbers"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(classifier: Kernels, change: dict[str, Any], message: str) -> None:
    given = {k: v for k, v in {**parameters(), **change}.items() if v is not None}
    with pytest.raises(SymnetError, match=re.escape(message)) as caught:
        classifier.forward(X, given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((3, 4)), np.eye(2)[[0, 1, 0]], "x has shape (3, 4), expected (n, 2): samples × inputs"),
        (np.ones(2), np.eye(2)[[0]], "x has shape (2,), expected (n, 2): samples × inputs"),
        (X, np.eye(2), "y has shape (2, 2), expected (3, 2): samples × outputs"),
        (np.ones((0, 2)), np.ones((0, 2)), "x has shape (0, 2): no samples; give at least one"),
        (X, [[0.0, 1.0], [0.5, 0.6], [1.0, 0.0]], "the targets of sample 2 sum to 1.1"),
    ],
)
def test_data_that_do_not_fit_are_refused(classifier: Kernels, x: Any, y: Any, message: str) -> None:
    with pytest.raises(SymnetError, match=re.escape(message)):
        classifier.gradient(x, y, parameters())


def test_parameters_must_be_a_mapping(neuron: Kernels) -> None:
    with pytest.raises(SymnetError, match="parameters are a list, expected a mapping"):
        neuron.forward(X, [1, 2])  # type: ignore[arg-type]


def test_another_dtype_is_refused() -> None:
    with pytest.raises(SymnetError, match="dtype is 'float16'"):
        compile_network(Network(Input(2), Dense(1)), dtype="float16")


def test_a_function_without_equal_in_python_is_refused() -> None:
    f = activations.custom(sp.Si(sp.Symbol("x")))
    with pytest.raises(SymnetError, match="Si cannot be compiled"):
        compile_network(Network(Input(2), Dense(1, f)))


def test_units_may_be_called_like_words_of_python() -> None:
    kernels = compile_network(Network(Input("math"), Dense("range", "tanh"), Dense(1)), cache=False)
    given = {"W1": np.ones((2, 3)), "b1": np.zeros(3), "w2": np.ones(3), "b2": 0.0}
    np.testing.assert_allclose(kernels.forward([[0.25, 0.25]], given), 3 * np.tanh(0.5))


def test_a_name_cannot_leave_its_comment() -> None:
    f = activations.custom(sp.tanh(sp.Symbol("x")), 'f"""\nraise SystemExit\n#')
    kernels = compile_network(Network(Input(1), Dense(1, f)), cache=False)
    assert kernels.forward([[0.0]], {"w": 1.0, "b": 0.0}).tolist() == [0.0]


def test_deriving_and_writing_import_no_numba() -> None:
    program = (
        "import sys, symnet.emit.kernels\n"
        "from symnet.network import Dense, Input, Network\n"
        "Network(Input(2), Dense(1)).compile()\n"
        "print([m for m in ('numba', 'scipy', 'matplotlib') if m in sys.modules])\n"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["tanh", "silu", "gelu", "softmax"])
def test_loops_over_functions_of_elements_are_vectorised(activation: str, dtype: str) -> None:
    kernels = compile_network(Network(Input(2), Dense(3, activation)), dtype, cache=False)
    kernels.forward(X, {"W": np.ones((2, 3)), "b": np.zeros(3)})
    instructions = "".join(load(kernels.source, keep=False).forward.inspect_llvm().values())
    lanes = re.findall(rf"fmul contract <(\d+) x {'double' if dtype == 'float64' else 'float'}>", instructions)
    assert max(map(int, lanes), default=1) >= 128 // (64 if dtype == "float64" else 32)


# -- single precision --------------------------------------------------------------------------------------------------


def test_a_dtype_may_be_given_as_numpy_has_it() -> None:
    net = Network(Input(2), Dense(1))
    assert compile_network(net, np.float32).dtype == "float32"  # type: ignore[arg-type]
    assert compile_network(net, np.dtype("float64")).dtype == "float64"  # type: ignore[arg-type]


def test_single_precision_gives_single_precision() -> None:
    net = Network(Input(2), Dense(3, "tanh"), Dense(2, "softmax"), cost="categorical_cross_entropy")
    kernels, reference = compile_network(net, "float32", cache=False), compile_network(net, cache=False)
    y = np.eye(2)[[0, 1, 0]]
    assert kernels.forward(X, parameters()).dtype == np.float32
    value, gradient = kernels.gradient(X, y, parameters())
    expected, exact = reference.gradient(X, y, parameters())
    assert value == pytest.approx(expected, rel=1e-6)
    for name, array in gradient.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, exact[name], rtol=2e-5, atol=1e-6)


def test_a_kernel_of_single_precision_computes_in_single_precision() -> None:
    kernels = compile_network(Network(Input(2), Dense(3, "gelu"), Dense(1, "sigmoid"), cost="huber"), "float32")
    for name in ("forward", "cost", "gradient"):
        x, y, p = X, [0.0, 1.0, 0.5], {**parameters(), "w2": np.ones(3), "b2": 0.5}
        del p["W2"]
        kernels.forward(x, p) if name == "forward" else getattr(kernels, name)(x, y, p)
        compiled = getattr(load(kernels.source), name)
        instructions = "".join(compiled.inspect_llvm().values())
        kept = {line.split()[2] for line in instructions.splitlines() if re.search(r"= fmul [\w ]*double", line)}
        assert not kept, kept


def test_a_sum_of_millions_in_single_precision_loses_no_more_than_one_of_hundreds() -> None:
    net = Network(Input(1), Dense(1, "linear"), cost="mse")
    kernels = compile_network(net, "float32", cache=False)
    n = 3_000_000
    x = np.random.default_rng(0).uniform(0.0, 1.0, (n, 1)).astype(np.float32)
    y = np.zeros(n, np.float32)
    given = {"w": 1.0, "b": 0.1}
    value, gradient = kernels.gradient(x, y, given)
    z = x[:, 0].astype(np.float64) + 0.1
    assert value == pytest.approx(np.mean(z**2), rel=1e-6)
    assert gradient["w"] == pytest.approx(2 * np.mean(z * x[:, 0]), rel=1e-6)
    assert gradient["b"] == pytest.approx(2 * np.mean(z), rel=1e-6)
    assert kernels.cost(x, y, given) == value
