from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symnet.activations import ACTIVATIONS
from symnet.costs import COSTS, l1, l2
from symnet.errors import SymnetError
from symnet.network import Dense, Input, Network
from symnet.notation.notation import NOTATIONS
from symnet.spec import cost_of, load, parse, write

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)

sizes = st.integers(1, 10_000_000) | st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in ACTIVATIONS and name != "n"
)
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def layers(draw: st.DrawFn) -> Dense:
    function = draw(st.sampled_from(list(ACTIVATIONS.values())))
    constants = {name: draw(finite) for name in function.constants if draw(st.booleans())}
    units = draw(sizes.filter(lambda units: units != 1) if function.normalised else sizes)
    return Dense(units, function(**constants) if constants else function, draw(st.booleans()))


inputs = st.builds(Input, sizes)
deep = st.lists(layers(), min_size=1, max_size=6)


# Spec strings


@given(inputs, deep)
def test_what_is_written_is_read_back(first: Input, later: list[Dense]):
    assert parse(write(first, later)) == (first, *later)


def test_a_network_writes_itself():
    assert Network("2→3 elu(0.5) no bias→ 1").spec == "2 -> 3 elu(alpha=0.5) nobias -> 1 linear"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2 -> 3 sigmoid -> 1 linear", (Input(2), Dense(3, "sigmoid"), Dense(1, "linear"))),
        ("2 → 3 sigmoid → 1", (Input(2), Dense(3, "sigmoid"), Dense(1))),
        ("n_0 -> n_1 tanh -> 1", (Input("n_0"), Dense("n_1", "tanh"), Dense(1))),
        ("2->3relu->1", (Input(2), Dense(3, "relu"), Dense(1))),
        ("2 -> 3 sigmoid nobias", (Input(2), Dense(3, "sigmoid", bias=False))),
        ("2 -> 3 no bias", (Input(2), Dense(3, bias=False))),
        (" 2 -> 3 leaky_relu ( alpha = .2 ) ", (Input(2), Dense(3, ACTIVATIONS["leaky_relu"](alpha=0.2)))),
        ("2 -> 3 elu(-1e-3)", (Input(2), Dense(3, ACTIVATIONS["elu"](alpha=-0.001)))),
    ],
)
def test_ways_of_writing(text: str, parts: tuple[Input | Dense, ...]):
    assert parse(text) == parts


@pytest.mark.parametrize(
    ("text", "column", "fragment"),
    [
        ("", 1, "is empty"),
        ("   ", 1, "is empty"),
        ("2", 2, "has no layer"),
        ("2 3", 3, "after the inputs"),
        ("2 ->", 5, "found the end"),
        ("2 -> -> 1", 6, "found '->'"),
        ("2 - 3", 3, "unexpected '-'"),
        ("2 -> 3 sigmod", 8, "did you mean 'sigmoid'?"),
        ("2 -> 3 SIGMOID", 8, "did you mean 'sigmoid'?"),
        ("2 -> sigmoid", 6, "as in '3 sigmoid'"),
        ("2 -> 3 sigmoid relu", 16, "found 'relu'"),
        ("2 -> 3.5", 6, "whole number"),
        ("2 -> 0 tanh", 6, "at least 1"),
        ("2 -> -3", 6, "whole number"),
        ("2 -> 10000001", 6, "10,000,000"),
        ("2 -> " + "9" * 5000, 6, "10,000,000"),
        ("n -> 1", 1, "number of samples"),
        ("2 -> 1 softmax", 6, "softmax over 1 unit"),
        ("2 -> 3 relu(1)", 12, "relu has no constants"),
        ("2 -> 3 elu()", 12, "expected a number"),
        ("2 -> 3 elu(1", 13, "found the end"),
        ("2 -> 3 elu(1, 2)", 15, "given twice"),
        ("2 -> 3 elu(alpha 1)", 18, "comes '='"),
        ("2 -> 3 elu(beta=1)", 8, "unknown constant of elu 'beta'"),
        ("2 -> 3 elu(1e999)", 8, "finite"),
        ("2 -> 3 no", 10, "nobias"),
        ("2 -> ３", 6, "unexpected"),
    ],
)
def test_a_fault_is_named_with_its_column(text: str, column: int, fragment: str):
    with pytest.raises(SymnetError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"column {column}: ")
    assert fragment in str(caught.value)


ALMOST = st.text("0123 \t\n->→(),=.+-esigmoduanx_", max_size=40)


@settings(max_examples=500)
@given(st.text(max_size=60) | ALMOST)
def test_any_text_is_read_or_refused_in_one_line(text: str):
    refused_in_one_line(text)


@given(inputs, deep, st.data())
def test_a_slip_of_one_character_is_read_or_refused_in_one_line(first: Input, later: list[Dense], data: st.DataObject):
    text = write(first, later)
    at = data.draw(st.integers(0, len(text)))
    refused_in_one_line(text[:at] + data.draw(st.text(max_size=1)) + text[at + 1 :])


def refused_in_one_line(text: str) -> None:
    try:
        parse(text)
    except SymnetError as error:
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < 400


def test_limits_are_checked_before_anything_is_built():
    begun = time.perf_counter()
    for text in ("2" * 10_001, "2 -> 1 " * 2000, "->".join(["2"] * 3000)):
        with pytest.raises(SymnetError):
            parse(text)
    assert len(parse("->".join(["2"] * 2001))) == 2001
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("name", COSTS)
def test_every_cost_is_read_by_its_name(name: str):
    assert cost_of(name) == COSTS[name]


def test_a_cost_takes_constants():
    assert cost_of("huber(0.5)") == cost_of("huber(delta=0.5)") == COSTS["huber"](delta=0.5)
    for wrong in ("huber(0)", "huber(gamma=1)", "huber(0.5) x", "quadratic(1)", "", "quadratik"):
        with pytest.raises(SymnetError, match=r"^cost, column \d+: "):
            cost_of(wrong)


# Network files


def read(folder: Path, text: str | bytes, **given) -> Network:
    path = folder / "net.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, **given)


def test_a_file_says_everything_a_network_has(tmp_path: Path):
    network = read(
        tmp_path,
        """
        layers = "2 -> 3 sigmoid -> 1 linear"
        samples = 1
        [cost]
        name = "huber"
        delta = 0.5
        [regulariser]
        name = "l2"
        strength = 0.01
        normalisation = "1/n"
        [notation]
        base = "nielsen"
        weight = "v"
        layout = "rows"
        """,
    )
    assert network == Network(
        "2 -> 3 sigmoid -> 1 linear",
        cost=COSTS["huber"](delta=0.5),
        samples=1,
        regulariser=l2(0.01, "1/n"),
        notation=NOTATIONS["nielsen"].with_(weight="v", layout="rows"),
    )


def test_the_shortest_file_has_the_defaults(tmp_path: Path):
    network = read(tmp_path, 'layers = "2 -> 1"\nnotation = "ng"\ncost = "quadratic"')
    assert network == Network("2 -> 1", cost="quadratic", notation=NOTATIONS["ng"])
    assert read(tmp_path, 'layers = "2 -> 1"') == Network("2 -> 1")


@same_folder
@given(first=inputs, later=deep)
def test_layers_as_tables_are_layers_as_a_spec(tmp_path: Path, first: Input, later: list[Dense]):
    lines = [f"inputs = {json.dumps(first.units)}"]
    for layer in later:
        lines += ["[[layer]]", f"units = {json.dumps(layer.units)}", f"bias = {json.dumps(layer.bias)}"]
        lines += [f'activation = "{layer.function.name}"']
        lines += [f"{name} = {value!r}" for name, value in layer.function.constants.items()]
    assert read(tmp_path, "\n".join(lines)) == Network(first, *later)


def test_what_is_given_to_load_has_the_last_word(tmp_path: Path):
    text = 'layers = "2 -> 1"\ncost = "mse"\nsamples = 1\nnotation = "ng"'
    network = read(tmp_path, text, cost="huber(0.5)", samples="n", notation="d2l", regulariser=l1(0.1))
    assert (network.cost, network.samples) == (COSTS["huber"](delta=0.5), "n")
    assert (network.notation, network.regulariser) == (NOTATIONS["d2l"], l1(0.1))


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "layers is missing"),
        ("layers = 2", "expected a text"),
        ('layers = "2 -> 3 sigmod"', "net.toml: layers, column 8: unknown activation 'sigmod'"),
        ('layer = "2 -> 3"', "inputs or [[layer]] is missing"),
        ('layers = "2 -> 1"\ninputs = 2', "layers already says it all"),
        ('layers = "2 -> 1"\ncosts = "mse"', "unknown key 'costs'; did you mean 'cost'?"),
        ('layers = "2 -> 1"\ncost = 1', "cost is 1, expected a table"),
        ('layers = "2 -> 1"\ncost = { delta = 1 }', "cost, name is missing"),
        ('layers = "2 -> 1"\ncost = { name = "mse", delta = 1 }', "unknown key of cost 'delta'"),
        ('layers = "2 -> 1"\ncost = { name = "huber", delta = true }', "delta is true"),
        ('layers = "2 -> 1"\ncost = { name = "huber", delta = inf }', "delta is inf"),
        ('layers = "2 -> 1"\nsamples = true', "samples is true"),
        ('layers = "2 -> 1"\nsamples = "m"', "samples is 'm'"),
        ('layers = "2 -> 1"\nregulariser = { name = "l2" }', "no strength"),
        ('layers = "2 -> 1"\nregulariser = { name = "l3", strength = 1 }', "unknown regulariser 'l3'"),
        ('layers = "2 -> 1"\nregulariser = { name = "l2", strength = -1 }', "at least 0"),
        (
            'layers = "2 -> 1"\nregulariser = { name = "l2", strength = 1, normalisation = "2" }',
            "normalisation",
        ),
        ('layers = "2 -> 1"\nnotation = { bais = "ng" }', "unknown key of notation 'bais'"),
        ('layers = "2 -> 1"\nnotation = { self = 1 }', "unknown key of notation 'self'"),
        ('layers = "2 -> 1"\nnotation = { weight = 1 }', "notation field weight is 1"),
        ('layers = "2 -> 1"\nnotation = { layout = "diagonal" }', "notation field layout"),
        ("inputs = 2\nlayer = [1]", "layer 1 is 1, expected a table"),
        ("inputs = 2\n[[layer]]\nunits = 1.5", "layer 1: units is 1.5"),
        ('inputs = 2\n[[layer]]\nactivation = "tanh"', "layer 1: units is missing"),
        ('inputs = 2\n[[layer]]\nunits = 2\nbias = "no"', "bias is 'no'"),
        ('inputs = "2 3"\n[[layer]]\nunits = 2', "inputs is '2 3'"),
        ("inputs = 0\n[[layer]]\nunits = 2", "inputs: 0 units"),
        ("inputs = 2\n[layer]\nunits = 2", "two brackets"),
        ("layers = \n", "net.toml, line 1, column 10: "),
        (b"layers = '\xff'", "line 1: byte 0xff is not UTF-8"),
        (b"x" * 1_000_001, "larger than 1,000,000 bytes"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("inputs = " + "9" * 5_000, "too long"),
    ],
)
def test_a_fault_in_a_file_is_named_with_its_place(tmp_path: Path, text: str | bytes, fragment: str):
    with pytest.raises(SymnetError) as caught:
        read(tmp_path, text)
    assert fragment in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "net.toml"))
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_no_spec(tmp_path: Path):
    with pytest.raises(SymnetError, match=r"net\.toml cannot be read: no such file"):
        load(str(tmp_path / "net.toml"))
    with pytest.raises(SymnetError, match="is a directory"):
        (tmp_path / "folder.toml").mkdir()
        load(tmp_path / "folder.toml")


KEYS = (
    "layers",
    "inputs",
    "layer",
    "cost",
    "samples",
    "regulariser",
    "notation",
    "name",
    "units",
    "alpha",
    "x",
)
WORDS = ("2 -> 1", "2 -> 3 tanh", "mse", "huber", "l2", "ng", "n", "", "tanh", "1/2", "1")
plain = st.sampled_from(WORDS).map(json.dumps) | st.sampled_from(["1", "2", "-1", "0.5", "inf", "true", "1979-05-27"])
tables = st.dictionaries(st.sampled_from(KEYS), plain, max_size=3).map(
    lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
)
values = plain | tables | st.lists(plain | tables, max_size=3).map(lambda items: f"[{', '.join(items)}]")


@same_folder
@given(table=st.dictionaries(st.sampled_from(KEYS), values))
def test_any_table_is_read_or_refused_in_one_line(tmp_path: Path, table: dict[str, str]):
    try:
        read(tmp_path, "\n".join(f"{key} = {value}" for key, value in table.items()))
    except SymnetError as error:
        assert len(str(error).splitlines()) == 1


@same_folder
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(tmp_path: Path, raw: bytes):
    with pytest.raises(SymnetError) as caught:
        read(tmp_path, raw)
    assert len(str(caught.value).splitlines()) == 1
