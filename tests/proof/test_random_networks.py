"""Over random networks: the derivation, the compiled kernel and JAX's automatic differentiation agree."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from symnet.activations import ACTIVATIONS
from symnet.algebra.interpret import evaluate, run
from symnet.algebra.simplify import pending
from symnet.costs import COSTS, NORMALISATIONS
from symnet.derive.reverse import adjoint_of, reverse
from symnet.emit.kernels import Kernels, compile_network
from symnet.lower import products
from symnet.network import COST

from . import reference
from .cases import Case, draw

CASES, CHUNK = 510, 10
COMPILED = 8
"""One network in so many is compiled, which takes seconds; ``python -m tests.proof.plans`` compiles more."""
KERNEL, SINGLE, JAX = 1e-12, 2e-5, 1e-10


@pytest.fixture(autouse=True)
def _no_garbage_collection() -> Iterator[None]:
    """Compiling makes a great deal of garbage; to look for it all the time costs a fifth of these tests."""
    gc.disable()
    yield
    gc.enable()


def compiled(case: Case, number: int, dtype: str = "float64") -> Kernels:
    """The kernels of a case; by its number all products of matrices are loops, in registers, or by BLAS."""
    with pytest.MonkeyPatch.context() as patch:
        if number % 3:
            patch.setattr(products, "FEW", 2)  # these networks are small
            patch.setattr(products, "SOME", 1)
            patch.setattr(products, "LARGE", math.inf if number % 3 == 1 else 1)
        return compile_network(case.net, dtype, cache=False)


def interpreted(case: Case) -> tuple[float, dict[str, Any]]:
    """Cost and gradient by the interpreter, from the derived equations."""
    adjoints = reverse(case.net.equations, case.net.y)
    values = run([*case.net.equations, *(a.equation for a in adjoints)], case.environment)
    return float(values[COST]), {p.name: values[adjoint_of(p)] for p in case.net.parameters}


def by_jax(case: Case) -> tuple[float, dict[str, Any]]:
    """Cost and gradient by JAX, of the formulas written by hand in reference.py."""
    net = case.net
    units = [net.inputs.units, *(layer.units for layer in net.layers)]
    parameters = []
    for k, layer in enumerate(net.layers, 1):
        p = {"W": np.reshape(case.parameters[net.weight(k).name], (units[k - 1], units[k]))}
        if layer.bias:
            p["b"] = np.reshape(case.parameters[net.bias(k).name], (units[k],))
        parameters.append(p)
    plain = reference.Reference(
        tuple(reference.Layer(d.function.name, d.bias, dict(d.function.constants)) for d in net.layers),
        net.cost.name,
        dict(net.cost.constants),
        (net.regulariser.name, net.regulariser.strength, net.regulariser.normalisation) if net.regulariser else None,
    )
    x, y = np.reshape(case.x, (-1, units[0])), np.reshape(case.y, (-1, units[-1]))
    value, gradient = reference.cost_and_gradient(plain, parameters, x, y)
    out = {}
    for k, p in enumerate(gradient, 1):
        out[net.weight(k).name] = np.reshape(p["W"], np.shape(case.parameters[net.weight(k).name]))
        if "b" in p:
            out[net.bias(k).name] = np.reshape(p["b"], np.shape(case.parameters[net.bias(k).name]))
    return value, out


def assert_same(
    a: tuple[float, dict[str, Any]], b: tuple[float, dict[str, Any]], tolerance: float, what: str, case: Case
) -> None:
    """Cost and gradients agree, relative to the largest element of each array."""
    pairs = [("cost", a[0], b[0]), *((f"dC/d{name}", a[1][name], b[1][name]) for name in b[1])]
    for name, left, right in pairs:
        left, right = np.asarray(left), np.asarray(right)
        assert left.shape == right.shape, f"{what}: {name} has shape {left.shape}, not {right.shape}\n{case.code()}"
        error = np.max(np.abs(left - right)) / max(np.max(np.abs(right)), np.finfo(float).tiny)
        assert error <= tolerance, f"{what}: {name} differs by {error:.1e} relative\n{case.code()}"


@pytest.mark.parametrize("chunk", range(CASES // CHUNK))
def test_derivation_kernel_and_jax_agree(chunk: int) -> None:
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        case = draw(number)
        derived = interpreted(case)
        if number % COMPILED == 0:
            kernels = compiled(case, number)
            assert_same(kernels.gradient(case.x, case.y, case.parameters), derived, KERNEL, "kernel, derivation", case)
        assert_same(derived, by_jax(case), JAX, "derivation, JAX", case)


@pytest.mark.parametrize("number", range(1, CASES, 25))
def test_kernels_of_single_precision_agree_with_the_interpreter(number: int) -> None:
    case = draw(number)
    kernels = compiled(case, number, "float32")
    found = kernels.gradient(case.x, case.y, case.parameters)
    assert_same(found, interpreted(case), SINGLE, "float32 kernel, derivation", case)


@pytest.mark.parametrize("number", range(0, CASES, 40))
def test_the_other_kernels_agree_with_the_interpreter(number: int) -> None:
    case = draw(number)
    kernels = compiled(case, number)
    values = run(case.net.equations, case.environment)
    np.testing.assert_allclose(kernels.cost(case.x, case.y, case.parameters), values[COST], rtol=KERNEL)
    prediction = kernels.forward(case.x, case.parameters)
    assert np.shape(prediction) == np.shape(values[case.net.prediction])
    np.testing.assert_allclose(prediction, values[case.net.prediction], rtol=KERNEL)


@pytest.mark.parametrize("chunk", range(CASES // CHUNK))
def test_every_step_has_the_value_of_the_last(chunk: int) -> None:
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        case = draw(number)
        adjoints = reverse(case.net.equations, case.net.y)
        values = run([*case.net.equations, *(a.equation for a in adjoints)], case.environment)
        for adjoint in adjoints:
            final = values[adjoint.equation.target]
            for k, step in enumerate(adjoint.steps):
                if pending(step.expr):
                    continue
                value = evaluate(step.expr, values, adjoint.equation.target.axes)
                error = np.max(np.abs(value - final)) / max(np.max(np.abs(final)), 1e-6)
                where = f"step {k} ({', '.join(step.rules)}) of dC/d{adjoint.of.name}"
                assert error <= 1e-9, f"{where} differs by {error:.1e} relative\n{case.code()}"


def test_the_cases_cover_every_declaration() -> None:
    nets = [draw(number).net for number in range(CASES)]
    layers = [layer for net in nets for layer in net.layers]
    assert {layer.function.name for net in nets for layer in net.layers[:-1]} == set(ACTIVATIONS)
    assert {net.layers[-1].function.name for net in nets} == set(ACTIVATIONS)
    assert {net.cost.name for net in nets} == set(COSTS)
    penalties = {(net.regulariser.name, net.regulariser.normalisation) for net in nets if net.regulariser}
    assert penalties == {(name, norm) for name in ("l1", "l2") for norm in NORMALISATIONS}
    assert {net.depth for net in nets} == {1, 2, 3, 4}
    assert {net.samples for net in nets} == {1, "n"}
    assert {layer.bias for layer in layers} == {True, False}
    assert {net.inputs.units for net in nets} == {layer.units for layer in layers} == {1, 2, 3, 4}
    assert any(net.layers[k].units == 1 for net in nets for k in range(net.depth - 1))
