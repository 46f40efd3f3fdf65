"""What the LaTeX printer writes, read back: ``python -m tests.benchmarks.roundtrip [--count 500]``.

Random networks are derived; every backward equation, in index form and, where it has one, in matrix form, is printed
as LaTeX in a notation that takes turns, read by the checker's reader, and compared with what was printed, at random
numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from symnet.check.read.reading import read
from symnet.check.read.symbols import Target, Vocabulary
from symnet.network import Network
from symnet.notation.names import Names
from symnet.notation.notation import NOTATIONS
from symnet.render.formula import formula
from symnet.render.latex import latex
from symnet.render.matrix import NoMatrixForm, matrix_formula
from symnet.render.text import text
from tests.proof.cases import draw

sys.path.insert(0, str(Path(__file__).parents[1] / "check"))
from answers import is_true


def tried(number: int, outcomes: Counter[str]) -> list[str]:
    """One derivation; what was not read back as it was printed."""
    drawn = draw(number).net
    notation = list(NOTATIONS)[number % len(NOTATIONS)]
    parts = dict(cost=drawn.cost, regulariser=drawn.regulariser, samples=drawn.samples, notation=notation)
    net = Network(drawn.inputs, *drawn.layers, **parts)
    vocabulary, names = Vocabulary(net), Names(net, NOTATIONS[notation])
    wrong = []
    for adjoint in net.derive().backward:
        of, expr = adjoint.of, adjoint.equation.right
        letters = {text(names.axis(axis)): axis for axis in of.axes}
        row, column = vocabulary.sides(of)
        forms = []
        if len(letters) == len(of.axes):
            forms.append((latex(formula(expr, names)), Target(of.name, vocabulary, of, of.axes, letters)))
        try:
            shown = latex(matrix_formula(expr, (row, column), names))
            forms.append((shown, Target(of.name, vocabulary, of, of.axes, {}, True, row, column)))
        except NoMatrixForm:
            outcomes["no matrix form"] += 1
        for shown, asked in forms:
            reading = read(net, shown, asked)
            if is_true(net, asked, reading, seeds=1):
                outcomes["read back"] += 1
                continue
            kind = "read as something else" if reading.status == "read" else reading.status
            outcomes[kind] += 1
            wrong.append(f"case {number}, {notation}, {of.name}: {kind}: {shown}")
    return wrong


def main() -> None:
    """Print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.roundtrip", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    whole = 0
    for number in range(given.count):
        wrong = tried(number, outcomes)
        whole += not wrong
        for line in wrong:
            print(line, flush=True)
    formulas = outcomes.total() - outcomes["no matrix form"]
    print(f"{given.count} derivations, {whole} read back whole; {formulas} formulas: {dict(outcomes)}")


if __name__ == "__main__":
    main()
