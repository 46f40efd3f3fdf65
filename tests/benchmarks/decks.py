"""Decks of many networks, measured: ``python -m tests.benchmarks.decks [--count 60] [--no-tex]``.

Networks of 1 to 4 layers × notations × views are made into PDFs and Beamer files.  From the PDF's pages: words and ink
outside of the margins, things that overlap, and the smallest type that is used.  From pdflatex: warnings, and boxes
that are too full.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from symnet.network import Network
from symnet.render.deck.beamer import deck_latex
from symnet.render.deck.build import deck
from symnet.render.deck.model import Deck
from symnet.render.deck.pdf import HEIGHT, SIDE, WIDTH, deck_pdf
from tests.render.deck.test_beamer import complaints
from tests.render.deck.test_pdf import EDGE, boxes, ink, sizes, words

NETWORKS = (
    ("2 -> 1 linear", "sum_of_squares"),
    ("3 -> 1 sigmoid", "cross_entropy"),
    ("3 -> 4 sigmoid -> 1 linear", "quadratic"),
    ("4 -> 8 tanh -> 3 softmax", "categorical_cross_entropy"),
    ("3 -> 4 relu -> 3 tanh -> 2 linear", "mse"),
    ("5 -> 4 gelu -> 4 silu -> 3 elu -> 2 softplus", "generalized_kullback_leibler"),
)
NOTATIONS = ("lecture", "nielsen", "ng", "d2l")
VIEWS = ("scalar", "index", "matrix")
STEPS = ("factors", "full", "final")


def decks(count: int) -> list[tuple[str, Deck]]:
    """So many decks: every network in every notation and view, with options that take turns."""
    out = []
    for number, ((spec, cost), notation, view) in enumerate(product(NETWORKS, NOTATIONS, VIEWS)):
        net = Network(spec, cost=cost)
        large = net.depth > 1 and view == "scalar"
        options: dict[str, Any] = {"view": view, "notation": notation, "steps": STEPS[number % 3]}
        options |= {"theme": "dark"} if number % 4 == 3 else {}
        options |= {"reasons": False} if number % 5 == 4 else {}
        if large:  # a deck for every single weight is no lecture: one weight and one bias
            wrt = [next(f"{p.name}[1,2]" if len(p.axes) == 2 else f"{p.name}_1" for p in net.parameters)]
            options["wrt"] = [*wrt, f"b{net.depth}" if not net.bias(net.depth).axes else f"b{net.depth}_1"]
        title = f"{spec}, {notation}, {view}, {options['steps']}{', dark' if 'theme' in options else ''}"
        out.append((title, deck(net, **options)))
    spread = np.linspace(0, len(out) - 1, min(count, len(out))).round().astype(int)
    return [out[k] for k in spread]


def outside(document: bytes) -> int:
    """Pages with a word or with ink outside of the margins."""
    wrong = 0
    for page, shown in zip(words(document), ink(document), strict=True):
        out = any(
            w.left < SIDE - EDGE or w.right > WIDTH - SIDE + EDGE or w.top < 10 or w.bottom > HEIGHT - 5 for w in page
        )
        marked = np.argwhere(shown > 40)
        (top, left), (bottom, right) = marked.min(axis=0), marked.max(axis=0)
        out |= top < 20 or left < SIDE - EDGE or bottom > HEIGHT - 12 or right > WIDTH - SIDE + EDGE
        wrong += bool(out)
    return wrong


def overlapping(made: Deck) -> int:
    """Pairs of things on a page that lie over one another."""
    wrong = 0
    for page in boxes(made):
        for k, (left, top, right, bottom) in enumerate(page):
            for other in page[k + 1 :]:
                wide = min(right, other[2]) - max(left, other[0])
                high = min(bottom, other[3]) - max(top, other[1])
                wrong += wide > 0.5 and high > 0.5
    return wrong


def set_by_tex(made: Deck) -> tuple[bool, list[str]]:
    """Whether pdflatex sets the Beamer file, and what it complains of."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "deck.tex").write_text(deck_latex(made), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "deck.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
        log = Path(folder, "deck.log").read_text(encoding="utf-8", errors="replace")
        return done.returncode == 0, complaints(log)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decks", description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--no-tex", action="store_true", help="leave pdflatex out")
    given = parser.parse_args()
    print(f"{'pages':>5} {'outside':>7} {'overlap':>7} {'least pt':>8} {'TeX':>5} {'seconds':>7}  deck")
    totals = np.zeros(4, int)
    for title, made in decks(given.count):
        begun = time.perf_counter()
        document = deck_pdf(made)
        seconds = time.perf_counter() - begun
        out, over, least = outside(document), overlapping(made), min(sizes(made))
        good, said = (True, []) if given.no_tex else set_by_tex(made)
        tex = "–" if given.no_tex else "fails" if not good else str(len(said))
        pages = len(words(document))
        totals += (pages, out, over, len(said) + (not good))
        print(f"{pages:5} {out:7} {over:7} {least:8.1f} {tex:>5} {seconds:7.2f}  {title}", flush=True)
        for line in said[:3]:
            print(" " * 14, line)
    print(f"{totals[0]} pages; {totals[1]} with something outside, {totals[2]} overlaps, {totals[3]} complaints of TeX")


if __name__ == "__main__":
    main()
