"""Bad input: each gets one sentence with the mend, exit status 2, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from symnet.cli import main

NEURON = "2 -> 1 linear"
XOR = "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n"


@dataclass(frozen=True)
class Case:
    """A command line that is wrong somewhere, with the files it reads, and words that its answer has."""

    wrong: str
    arguments: tuple[str, ...]
    answer: str
    files: dict[str, str | bytes] = field(default_factory=dict)


def derive(wrong: str, answer: str, *arguments: str, **files: str | bytes) -> Case:
    return Case(wrong, ("derive", *arguments), answer, {f"{k}.toml": v for k, v in files.items()})


def forward(wrong: str, answer: str, *arguments: str, spec: str = NEURON) -> Case:
    return Case(wrong, ("forward", spec, *arguments), answer)


def train(wrong: str, answer: str, csv: str | bytes, *options: str, spec: str = "2 -> 1") -> Case:
    options = options if "--target" in options else ("--target", "y", *options)
    return Case(wrong, ("train", spec, "data.csv", *options, "-o", "m.npz"), answer, {"data.csv": csv})


CASES = [
    # The spec string
    derive("empty specification", "column 1: the network is empty", ""),
    derive("unknown activation", "column 8: unknown activation 'sigmod'; did you", "2 -> 3 sigmod -> 1"),
    derive("wrong arrow", "column 4: unexpected '>'", "2 => 3"),
    derive("nothing after the arrow", "column 5: a layer begins with its number", "2 ->"),
    derive("activation before the units", "column 6: the units come before", "2 -> sigmoid 3"),
    derive("no units", "column 6: 0 units", "2 -> 0 tanh -> 1"),
    derive("half a unit", "column 6: '2.5' units", "2 -> 2.5 tanh -> 1"),
    derive("too many units", "column 6: more than 10,000,000 units", "2 -> 99999999"),
    derive("parenthesis not closed", "column 15: expected ','", "2 -> 3 elu(0.5"),
    derive("constant of a function without", "column 12: relu has no constants", "2 -> 3 relu(0.5)"),
    derive("unknown constant", "column 8: unknown constant of elu 'beta'", "2 -> 3 elu(beta=1)"),
    derive("softmax over one unit", "column 6: softmax over 1 unit", "2 -> 1 softmax"),
    derive("size called as the samples are", "column 1: n is the number of samples", "n -> 1"),
    # Options
    Case("unknown command", ("derve", NEURON), "did you mean 'derive', 'serve'?"),
    Case("missing argument", ("derive",), "missing argument 'SPEC'"),
    derive("unknown option", "no such option: --costs", NEURON, "--costs", "mse"),
    derive("unknown cost", "unknown cost 'quadratc'; did you mean", NEURON, "--cost", "quadratc"),
    derive("cost with an impossible constant", "delta of huber is -1", NEURON, "--cost", "huber(-1)"),
    derive("classes with one unit", "one output a class", NEURON, "--cost", "categorical_cross_entropy"),
    derive("unknown notation", "did you mean 'nielsen'?", NEURON, "--notation", "nilsen"),
    derive("unknown view", "did you mean 'scalar'?", NEURON, "--view", "scaler"),
    derive("unknown level of steps", "unknown level of steps 'all'", NEURON, "--steps", "all"),
    derive("unknown format", "unknown format 'pdf'", NEURON, "--format", "pdf"),
    derive("unknown parameter", "'v_1' is none of the network's parameters", NEURON, "--wrt", "v_1"),
    derive("index outside of the parameter", "'w_3' is outside of w (2)", NEURON, "--wrt", "w_3"),
    derive("second derivative by one weight", "expected two elements", NEURON, "--hessian", "w_1"),
    derive("scalar view of a large network", "more than 300", "100 -> 100", "--view", "scalar"),
    derive("file in a folder that is not there", "cannot be written", NEURON, "-o", "nowhere/a.tex"),
    derive("file of an unknown kind", "a.doc ends in none of .txt, .tex, .md", NEURON, "-o", "a.doc"),
    # Network files
    derive("network file that is not there", "net.toml cannot be read", "net.toml"),
    derive("network file with an error of syntax", "net.toml, line 1, column 12", "net.toml", net="layers = 2 ->"),
    derive("network file that is not UTF-8", "line 2: byte 0xff", "net.toml", net=b"#\n\xff"),
    derive("unknown key", "did you mean 'layers'?", "net.toml", net='layer_s = "2 -> 1"'),
    derive("wrong type", "layers is 3, expected a text", "net.toml", net="layers = 3"),
    derive("fault within", "layers, column 13", "net.toml", net='layers = "2 -> 1 step up"'),
    # Numbers
    forward("missing parameter", "b is missing", "--x", "1,2", "--w", "3,4"),
    forward("parameter that is none", "did you mean --w?", "--x", "1,2", "--W2", "3,4", "--b", "1"),
    forward("weights of a wrong shape", "w has shape 3, expected 2", "--x", "1,2", "--w", "3,4,5", "--b", "1"),
    forward("inputs of a wrong shape", "x has shape 3, expected 2", "--x", "1,2,3", "--w", "3,4", "--b", "1"),
    forward("no number", "--w, row 1, number 2 is 'four'", "--x", "1,2", "--w", "3,four", "--b", "1"),
    forward("rows of unequal length", "make the rows", "--x", "1,2;3", "--w", "3,4", "--b", "1"),
    forward("division by zero", "a division by 0", "--x", "1/0,2", "--w", "3,4", "--b", "1"),
    forward(
        "step without a rate",
        "learning rate",
        *("--x", "1,2", "--w", "3,4", "--b", "1", "--y", "1", "--steps", "1"),
    ),
    forward("symbolic size", "symbolic size", "--x", "1", spec="n_0 -> 1"),
    forward(
        "cost undefined for the output",
        "cross_entropy",
        *("--x", "1", "--w", "1", "--b", "1", "--y", "1", "--cost", "cross_entropy"),
        spec="1 -> 1 linear",
    ),
    # Data and training
    Case("data that are not there", ("train", NEURON, "no.csv", "--target", "y"), "no.csv cannot be read"),
    train("empty data", "data.csv is empty", ""),
    train("header alone", "no rows below it", "a,b,y\n"),
    train("data that are not UTF-8", "data.csv, line 2: byte 0xe9 is not UTF-8", b"a,b,y\n\xe9,1,1\n"),
    train("word among numbers", 'data.csv, line 3, column "b": "one"', "a,b,y\n1,2,3\n4,one,6\n7,8,9\n"),
    train("missing cell", 'data.csv, line 3, column "b"', "a,b,y\n1,2,3\n4,,6\n7,8,9\n"),
    train("decimal comma", "decimals with a point", "a;b;y\n1;2;3\n4;0,5;6\n7;8;9\n"),
    train("row of another length", "line 3 has 2 cells", "a,b,y\n1,2,3\n4,5\n"),
    train("unknown column", "unknown column 'z'", XOR, "--target", "z"),
    train("more inputs than columns", "2 features, the network has 3 inputs", XOR, spec="3 -> 1"),
    train("unknown optimizer", "unknown optimizer 'adm'", XOR, "--optimizer", "adm"),
    train("learning rate below zero", "learning_rate", XOR, "--learning-rate", "-1"),
    train(
        "targets that the cost is not defined for",
        "the targets of hellinger are at least 0",
        "a,b,y\n0,0,-1\n0,1,2\n1,0,3\n1,1,4\n",
        *("--cost", "hellinger"),
        spec="2 -> 1 softplus",
    ),
    train(
        "cost undefined for the outputs",
        "cross_entropy is defined for outputs between 0 and 1",
        XOR,
        *("--cost", "cross_entropy", "--epochs", "5", "--seed", "1"),
    ),
    train(
        "training that diverges",
        "diverges at learning rate 100",
        "a,b,y\n" + "".join(f"{k},{k * k % 7},{k}\n" for k in range(9)),
        *("--learning-rate", "100", "--epochs", "500"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong)
def test_bad_input_gets_one_sentence_and_nothing_is_written(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    status = attempt(case, tmp_path, monkeypatch)
    out, err = capsys.readouterr()
    assert status == 2, err
    assert case.answer in err
    assert err.startswith("symnet: ") and err.endswith("\n") and err.count("\n") == 1
    assert out == ""
    assert {path.name for path in tmp_path.iterdir()} == set(case.files)


def attempt(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of the command, run in a folder that holds its files."""
    for name, content in case.files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    monkeypatch.chdir(folder)
    return main(case.arguments)
