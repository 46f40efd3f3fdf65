"""The matrix view is right: what it prints, evaluated as matrices, is what the interpreter computes by elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.special import erf

from symnet import Dense, Input, Network, l1, l2
from symnet.algebra.expressions import Tensor
from symnet.algebra.interpret import run
from symnet.algebra.scalars import differentiate
from symnet.algebra.simplify import pending
from symnet.costs import y, yhat
from symnet.network import COST
from symnet.notation.names import Names
from symnet.notation.notation import LECTURE, NIELSEN, NOTATIONS, Notation
from symnet.render.derivation import sections
from symnet.render.display import (
    Call,
    Cases,
    Fraction,
    Group,
    Name,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Root,
    Row,
    Terms,
    Transpose,
    parenthesised,
    walk,
)
from symnet.render.formula import formula, function_name
from symnet.render.matrix import orientation
from symnet.render.messages import REASONS

SAMPLES_GIVEN = 5
ONES, ZEROS = Name("1", "bold"), Name("0", "bold")


class Unreadable(Exception):
    """A formula that a reader could not compute: shapes that do not fit, or an unknown name."""


@dataclass(frozen=True)
class Value:
    """A matrix (two dimensions), or a number (none); ``literal`` numbers broadcast, as in 1 − H."""

    array: np.ndarray
    literal: bool = False

    @property
    def is_number(self) -> bool:
        return self.array.ndim == 0


def value_of(array: Any, literal: bool = False) -> Value:
    array = np.asarray(array, dtype=float)
    return Value(array.reshape(()) if array.size == 1 else array, literal)


class Reader:
    """Computes a matrix formula as a reader would, given what every name stands for."""

    def __init__(self, names: Names, table: Mapping[Node, Value], functions: Mapping[Node, Any]) -> None:
        self.names, self.table, self.functions = names, table, functions
        self.lengths: Iterator[int] = iter(())

    def read(self, node: Node, lengths: Sequence[int]) -> Value:
        """The value of ``node`` if its vectors of ones have these lengths, from left to right."""
        self.lengths = iter(lengths)
        return self._read(node)

    def _read(self, node: Node) -> Value:
        if node in self.table:
            return self.table[node]
        if node == ONES:
            return Value(np.ones((next(self.lengths), 1)))
        match node:
            case Number(digits=digits):
                return value_of(float(digits), literal=True)
            case Name(letter="π"):
                return value_of(np.pi, literal=True)
            case Group(body=body, delimiter="()" | "[]" | "{}"):
                return self._read(body)
            case Group(body=body, delimiter="||"):
                return elementwise(np.abs, self._read(body))
            case Power(base=Group(body=body, delimiter="‖‖", sub=sub), exponent=Number("2")):
                inner = self._read(body)
                is_vector = inner.is_number or 1 in inner.array.shape
                if (sub is None) != is_vector:
                    raise Unreadable("a norm that does not say which")
                return value_of(np.sum(inner.array**2))
            case Power(base=Name(letter="e"), exponent=exponent):
                return elementwise(np.exp, self._number(exponent))
            case Power(base=base, exponent=exponent):
                below, above = self._read(base), self._read(exponent)
                if not below.is_number:
                    raise Unreadable("a power of a matrix is not a power of its elements")
                return value_of(below.array**above.array, below.literal)
            case Root(body=body):
                return elementwise(np.sqrt, self._read(body))
            case Transpose(body=body):
                inner = self._read(body)
                if inner.is_number:
                    raise Unreadable("the transpose of a number")
                return Value(inner.array.T)
            case Fraction(numerator=top, denominator=bottom):
                return elementwise(np.divide, self._read(top), self._read(bottom), broadcast=True)
            case Terms(terms=terms):
                return self._sum([(sign, self._read(term)) for sign, term in terms])
            case Product(factors=factors, sign="⊙"):
                parts = [self._read(f) for f in factors]
                if len({p.array.shape for p in parts if not p.is_number}) > 1:
                    raise Unreadable("⊙ of different shapes")
                return value_of(np.prod([np.broadcast_arrays(p.array, parts[0].array)[0] for p in parts], axis=0))
            case Product(factors=factors):
                out = self._read(factors[0])
                for f in factors[1:]:
                    out = times(out, self._read(f))
                return out
            case Call(head=Name(letter="max"), arguments=arguments):
                return elementwise(np.maximum, *map(self._number, arguments))
            case Cases(branches=((yes, Relation(operands=(left, right), sign=sign)), (no, None))):
                a, b = self._number(left).array, self._number(right).array
                holds = {"<": a < b, "≤": a <= b, ">": a > b, "≥": a >= b}[sign]
                return self._read(yes) if holds else self._read(no)
            case Call(head=head, arguments=(argument,)):
                if head not in self.functions:
                    raise Unreadable(f"an unknown function {head}")
                return elementwise(self.functions[head], self._read(argument))
        raise Unreadable(f"an unknown name {node}")

    def _number(self, node: Node) -> Value:
        value = self._read(node)
        if not value.is_number:
            raise Unreadable("cases of a matrix")
        return value

    @staticmethod
    def _sum(terms: Sequence[tuple[str, Value]]) -> Value:
        shapes = {v.array.shape for _, v in terms if not v.is_number}
        if len(shapes) > 1 or (shapes and any(v.is_number and not v.literal for _, v in terms)):
            raise Unreadable("a sum of different shapes")
        total = sum(v.array if sign == "+" else -v.array for sign, v in terms)
        return value_of(total, all(v.literal for _, v in terms))


def elementwise(function: Any, *values: Value, broadcast: bool = False) -> Value:
    shapes = {v.array.shape for v in values if not (broadcast and v.is_number)}
    if len(shapes) > 1:
        raise Unreadable("an element-by-element function of different shapes")
    return value_of(function(*(v.array for v in values)), all(v.literal for v in values))


def times(a: Value, b: Value) -> Value:
    if a.is_number or b.is_number:
        return value_of(a.array * b.array, a.literal and b.literal)
    if a.array.shape[1] != b.array.shape[0]:
        raise Unreadable(f"a product of {a.array.shape} and {b.array.shape}")
    return value_of(a.array @ b.array)


# -- networks with numbers --------------------------------------------------------------------------------------------


def numbers(net: Network, seed: int = 0) -> dict[Tensor, np.ndarray]:
    """Random data, parameters and every value that the interpreter computes from them; targets sum to 1."""
    rng = np.random.default_rng(seed)
    lengths = {"n": SAMPLES_GIVEN, "n_0": 3, "n_1": 4, "n_2": 2}

    def shape(tensor: Tensor) -> tuple[int, ...]:
        return tuple(lengths[a.size] if isinstance(a.size, str) else a.size for a in tensor.axes)

    env: dict[Tensor, np.ndarray] = {net.x: rng.normal(size=shape(net.x))}
    targets = rng.uniform(0.1, 0.9, size=shape(net.y))
    if any(a.name != "s" for a in net.y.axes):
        targets = targets / targets.sum(axis=-1, keepdims=True)
    env[net.y] = targets
    env |= {p: rng.normal(size=shape(p)) for p in net.parameters}
    env |= {t: np.asarray(v) for t, v in net.constants.items()}
    return run([*net.equations, *(a.equation for a in net.derive().backward)], env)


def laid(tensor: Tensor, array: np.ndarray, names: Names) -> Value:
    """The array as a matrix that lies as the notation says."""
    row, column = orientation(tensor, names)
    order = [tensor.axes.index(a) for a in (row, column) if a is not None]
    turned = np.transpose(array, order)
    return value_of(turned.reshape(*(turned.shape[:1] if row else (1,)), *(turned.shape[-1:] if column else (1,))))


def functions_of(net: Network, names: Names) -> dict[Node, Any]:
    from symnet.algebra.interpret import numeric

    units_last = names.notation.layout == "rows" and bool(net.sample_axes)

    def softmax(z: np.ndarray) -> np.ndarray:
        e = np.exp(z)
        return e / e.sum(axis=1 if units_last else 0, keepdims=True)

    found: dict[Node, Any] = {Name("softmax", "upright"): softmax}
    for layer in net.layers:
        f = layer.function
        if f.normalised:
            continue
        others = tuple(f.constants.values())
        for function in (f.function, differentiate(f.function)):
            found[function_name(function, names)] = lambda v, g=numeric(function), c=others: g(v, *c)
    plain = {
        "ln": np.log,
        "exp": np.exp,
        "tanh": np.tanh,
        "cosh": np.cosh,
        "sinh": np.sinh,
        "sgn": np.sign,
        "erf": erf,
        "abs": np.abs,
    }
    return {**{Name(word, "upright"): f for word, f in plain.items()}, **found}


def reader_of(net: Network, names: Names, values: Mapping[Tensor, np.ndarray]) -> Reader:
    table: dict[Node, Value] = {}
    for tensor, array in values.items():
        if tensor == COST:
            table[names.cost()] = value_of(array)
        elif tensor.role == "constant":
            table[names.constant(tensor)] = value_of(array, literal=True)
        else:
            table[names.whole(tensor)] = laid(tensor, array, names)
    table[names.size()] = value_of(SAMPLES_GIVEN, literal=True)
    return Reader(names, table, functions_of(net, names))


def evaluated(node: Node, reader: Reader, shape: tuple[int, ...], lengths: Sequence[int]) -> list[np.ndarray]:
    """Every value of the shape that the formula can be read as, over the lengths of its vectors of ones."""
    if node == ZEROS:
        return [np.zeros(shape)]
    count = sum(part == ONES for part in walk(node))
    found: list[np.ndarray] = []
    why = "no lengths"
    for chosen in product(lengths, repeat=count):
        try:
            value = reader.read(node, chosen).array
        except Unreadable as error:
            why = str(error)
            continue
        if value.shape == shape:
            found.append(value)
    if not found:
        raise Unreadable(why)
    return found


def printed_rows(net: Network, names: Names) -> list[tuple[Tensor, Row, Node]]:
    """Every row of the matrix view with the quantity that it is about, and the left side it stands under."""
    known: dict[Node, Tensor] = {}
    derivation = net.derive()
    targets = [eq.target for eq in net.equations] + [a.equation.target for a in derivation.backward]
    for tensor in targets:
        known[names.cost() if tensor == COST else names.whole(tensor)] = tensor
        known[names.cost() if tensor == COST else names.element(tensor, tensor.axes)] = tensor
    out: list[tuple[Tensor, Row, Node]] = []
    for section in sections(derivation, "matrix", names, "factors"):
        if section.title in ("derivatives", "conditions"):
            continue
        for row in section.rows:
            left = row.left if row.left is not None else out[-1][2]
            first = left.operands[0] if isinstance(left, Relation) else left
            out.append((known[first], row, first))
    return out


def by_elements(row: Row) -> bool:
    """Whether the row says that it is written by elements."""
    words = (row.reason,) if isinstance(row.reason, str) else row.reason
    return REASONS["no_matrix_form"] in words


NETWORKS: dict[str, Any] = {
    "neuron": lambda s: Network("2 -> 1 linear", samples=s),
    "one input": lambda s: Network("1 -> 1 linear", samples=s),
    "one input, wide": lambda s: Network("1 -> 3 tanh", cost="quadratic", samples=s),
    "sigmoid": lambda s: Network("3 -> 4 sigmoid -> 1 linear", cost="quadratic", samples=s),
    "cross-entropy": lambda s: Network("3 -> 4 sigmoid -> 1 sigmoid", cost="cross_entropy", samples=s),
    "several outputs": lambda s: Network("3 -> 4 tanh -> 2 sigmoid", cost="cross_entropy", samples=s),
    "softmax": lambda s: Network("3 -> 4 sigmoid -> 2 softmax", cost="categorical_cross_entropy", samples=s),
    "softmax, mean square": lambda s: Network("3 -> 4 softmax -> 2 softmax", cost="mse", samples=s),
    "deep": lambda s: Network("2 -> 3 relu -> 4 tanh -> 1 sigmoid", cost="cross_entropy", samples=s),
    "narrow": lambda s: Network("3 -> 1 tanh -> 4 relu -> 1 linear", cost="half_mse", samples=s),
    "narrowest": lambda s: Network("1 -> 1 tanh -> 1 linear", cost="half_mse", samples=s),
    "no biases": lambda s: Network(
        Input(3), Dense(4, "sigmoid", False), Dense(2, "tanh", False), cost="mse", samples=s
    ),
    "l2": lambda s: Network("3 -> 4 tanh -> 1 linear", cost="mse", regulariser=l2(0.3), samples=s),
    "l2, neuron": lambda s: Network("3 -> 1 linear", cost="mse", regulariser=l2(0.3, "1/n"), samples=s),
    "l2, one weight": lambda s: Network("1 -> 1 linear", cost="mse", regulariser=l2(0.3), samples=s),
    "l1": lambda s: Network("3 -> 4 tanh -> 1 linear", cost="mse", regulariser=l1(0.3), samples=s),
    "slopes": lambda s: Network("3 -> 4 gelu -> 2 softplus", cost="itakura_saito", samples=s),
    "cases": lambda s: Network("3 -> 4 elu -> 2 leaky_relu", cost="huber", samples=s),
    "absolute": lambda s: Network("3 -> 2 silu", cost="mae", samples=s),
    "hinge": lambda s: Network("3 -> 2 step -> 1 linear", cost="hinge", samples=s),
    "hyperbolic": lambda s: Network("3 -> 4 gelu_tanh -> 2 linear", cost="log_cosh", samples=s),
    "exponential": lambda s: Network("3 -> 4 silu -> 2 linear", cost="exponential", samples=s),
    "hellinger": lambda s: Network("3 -> 4 tanh -> 2 sigmoid", cost="hellinger", samples=s),
    "divergence": lambda s: Network("3 -> 4 tanh -> 2 softmax", cost="kullback_leibler", samples=s),
    "generalised": lambda s: Network("3 -> 2 sigmoid", cost="generalized_kullback_leibler", samples=s),
    "a cost of one's own": lambda s: Network("3 -> 4 tanh -> 2 linear", cost=sp.exp(yhat) - y * yhat**3, samples=s),
    "a higher power": lambda s: Network("3 -> 2 linear", cost=(yhat - y) ** 4, samples=s),
    "symbolic": lambda s: Network(Input("n_0"), Dense("n_1", "sigmoid"), Dense("n_2"), cost="mse", samples=s),
}
#: The lengths that a vector of ones may have.
LENGTHS = (2, 3, 4, SAMPLES_GIVEN)
#: The four notations, and each of the other ways in which matrices can lie.
LAID = {
    **NOTATIONS,
    "rows, units × inputs": LECTURE.with_(orientation="units x inputs"),
    "columns, inputs × units": NIELSEN.with_(orientation="inputs x units"),
}


def names_in(net: Network, habits: Notation) -> Names:
    return Names(net, habits.with_(cost_arguments=False))


@pytest.mark.parametrize("samples", [1, "n"])
@pytest.mark.parametrize("habits", LAID.values(), ids=LAID)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_matrix_formula_has_the_interpreters_value_and_shape(
    network: str, habits: Notation, samples: int | str
) -> None:
    net = NETWORKS[network](samples)
    names = names_in(net, habits)
    values = numbers(net)
    reader = reader_of(net, names, values)
    wrong = []
    for target, row, _ in printed_rows(net, names):
        if by_elements(row):
            continue
        expected = laid(target, values[target], names).array
        for shown in (row.right, parenthesised(row.right)):
            try:
                read = evaluated(shown, reader, expected.shape, LENGTHS)
            except Unreadable as error:
                wrong.append(f"{target.name}: {error}")
                break
            if not all(np.allclose(r, expected, rtol=1e-10, atol=1e-12) for r in read):
                wrong.append(f"{target.name}: another value")
    assert not wrong


@pytest.mark.parametrize("samples", [1, "n"])
@pytest.mark.parametrize("habits", NOTATIONS.values(), ids=NOTATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_row_is_by_elements_exactly_where_its_reason_says_that_there_is_no_matrix_form(
    network: str, habits: Notation, samples: int | str
) -> None:
    net = NETWORKS[network](samples)
    names = names_in(net, habits)
    adjoints = {a.equation.target: a for a in net.derive().backward}
    steps = {t: [s.expr for s in a.steps if not pending(s.expr)] for t, a in adjoints.items()}
    steps |= {eq.target: [eq.right] for eq in net.equations}
    for target, row, left in printed_rows(net, names):
        whole = names.cost() if target == COST else names.whole(target)
        element = names.cost() if target == COST else names.element(target, target.axes)
        assert left == (element if by_elements(row) else whole)
        if by_elements(row):
            assert row.right in [formula(expr, names) for expr in steps[target]]


@pytest.mark.parametrize("habits", NOTATIONS.values(), ids=NOTATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_two_quantities_share_a_name(network: str, habits: Notation) -> None:
    net = NETWORKS[network]("n")
    names = names_in(net, habits)
    tensors = [*numbers(net)]
    for named in (names.whole, lambda t: names.element(t, t.axes)):
        given: dict[Node, Tensor] = {}
        for tensor in tensors:
            assert given.setdefault(named(tensor), tensor) == tensor


@pytest.mark.parametrize("network", ["cases", "absolute", "a higher power", "l1"])
def test_what_has_no_matrix_form_is_said_to_have_none(network: str) -> None:
    net = NETWORKS[network]("n")
    cost = next(row for target, row, _ in printed_rows(net, names_in(net, LECTURE)) if target == COST)
    assert by_elements(cost)


NEURON = NETWORKS["several outputs"]("n")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda w, x: Product((w, x)),
        lambda w, x: Product((x, w), "⊙"),
        lambda w, x: Terms((("+", Product((x, w))), ("+", ONES))),
        lambda w, x: Power(x, Number("2")),
    ],
    ids=["order", "⊙", "sum", "power"],
)
def test_the_reader_refuses_shapes_that_do_not_fit(wrong: Any) -> None:
    names = names_in(NEURON, LECTURE)
    reader = reader_of(NEURON, names, numbers(NEURON))
    with pytest.raises(Unreadable):
        evaluated(wrong(names.whole(NEURON.weight(1)), names.whole(NEURON.x)), reader, (SAMPLES_GIVEN, 4), LENGTHS)
