"""Verdicts on deep, wide and symbolic networks:  python -m tests.benchmarks.deep [--rounds N]

For each network a right and a wrong answer to several questions.  First is the first verdict on a network that the
process has just made, warm the longest of later ones, each with another seed.  None may take longer than two seconds;
where the machine is shared, the processor's time tells more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from symnet.check.verdict import SECONDS, check
from symnet.network import Network

DELTA = r"((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"
"""Nielsen 2015, equation BP2; he writes layers from 1, the input being layer 1."""


def deep(layers: int, units: int | str, function: str = "sigmoid", **options: object) -> Network:
    """``layers`` hidden layers, and the output."""
    middle = " -> ".join(
        f"{units if isinstance(units, int) else units + str(k)} {function}" for k in range(1, layers + 1)
    )
    first = units if isinstance(units, int) else units + "0"
    return Network(f"{first} -> {middle} -> 2 {function}", **options)  # type: ignore[arg-type]


Question = tuple[str, str, str]
"""By what, and a right and a wrong answer."""


def questions(depth: int, several: bool) -> list[Question]:
    """In Nielsen's notation, layer by layer and for all layers at once."""
    middle = depth // 2
    at = {"l+1": str(middle + 1), "l": str(middle)}
    written = DELTA.replace("l+1", at["l+1"]).replace("^l", "^{" + at["l"] + "}")
    last = rf"(a^{{{depth}}}-y)\odot \sigma'(z^{{{depth}}})"
    for k in (depth - 1, depth - 2):
        last = rf"((w^{{{k + 1}}})^T ({last})) \odot \sigma'(z^{{{k}}})"
    return [
        (f"z^{{{middle}}}", written, written.replace(r"\odot \sigma'(z^{" + at["l"] + "})", "")),
        ("w^1", r"\delta^1 x^T", r"x (\delta^1)^T"),
        ("b^1", r"\delta^1 \mathbf 1" if several else r"\delta^1", r"\delta^2"),
        (f"w^{{{depth}}}", rf"\delta^{{{depth}}} (a^{{{depth - 1}}})^T", rf"\delta^{{{depth}}} (a^{{{depth}}})^T"),
        ("delta^l", DELTA, DELTA.replace("z^l", "z^{l+1}")),
        ("w^l", r"\delta^l (a^{l-1})^T", r"2\delta^l (a^{l-1})^T"),
        (f"z^{{{depth - 2}}}", last, last.replace(f"z^{{{depth}}}", f"z^{{{depth - 1}}}")),
    ]


def networks() -> Iterator[tuple[str, Network, list[Question]]]:
    """Every network with its questions."""
    for layers, units in ((10, 4), (30, 4), (60, 8), (99, 4)):
        for samples in (1, "n"):
            name = f"{layers} hidden layers of {units}, {samples} sample{'s' if samples == 'n' else ''}"
            made = deep(layers, units, cost="quadratic", samples=samples, notation="nielsen")
            yield name, made, questions(layers + 1, samples == "n")
    of_relu = [
        (wrt, *(a.replace(r"\sigma'", r"\operatorname{relu}'") for a in answers))
        for wrt, *answers in questions(31, True)
    ]
    yield "30 hidden layers of relu", deep(30, 4, "relu", notation="nielsen"), of_relu  # type: ignore[misc]
    yield "10 symbolic widths", deep(10, "d_", cost="quadratic", samples=1, notation="nielsen"), questions(11, False)
    yield "30 symbolic widths", deep(30, "d_", cost="quadratic", notation="nielsen"), questions(31, True)
    wide = Network("784 -> 1024 relu -> 10 softmax", cost="categorical_cross_entropy", notation="ng")
    of_wide: list[Question] = [
        ("W^{[2]}", r"\frac1m (A^{[2]}-Y)A^{[1]T}", r"(A^{[2]}-Y)A^{[1]T}"),
        ("b^{[2]}", r"\frac1m \sum_i (a^{[2](i)}-y^{(i)})", r"\sum_i (a^{[2](i)}-y^{(i)})"),
        (
            "W^{[1]}",
            r"\frac1m \left(W^{[2]T}(A^{[2]}-Y)\odot 1_{Z^{[1]}>0}\right)X^T",
            r"\frac1m W^{[2]T}(A^{[2]}-Y)X^T",
        ),
        (
            "W^{[1]}_{3,7}",
            r"\frac1m\sum_i x_7^{(i)} 1_{z_3^{[1](i)}>0}\sum_k (a_k^{[2](i)}-y_k^{(i)}) W^{[2]}_{k3}",
            r"\frac1m\sum_i x_7^{(i)} \sum_k (a_k^{[2](i)}-y_k^{(i)}) W^{[2]}_{k3}",
        ),
    ]
    yield "784-1024-10, relu and softmax", wide, of_wide
    yield (
        "784-1024-10, one sample",
        Network("784 -> 1024 relu -> 10 softmax", cost="categorical_cross_entropy", samples=1, notation="ng"),
        [
            ("W^{[2]}", r"(a^{[2]}-y)a^{[1]T}", r"a^{[1]}(a^{[2]}-y)^T"),
            ("W^{[1]}", r"(W^{[2]T}(a^{[2]}-y)\odot 1_{z^{[1]}>0})x^T", r"W^{[2]T}(a^{[2]}-y)x^T"),
        ],
    )
    yield (
        "784-512-256-128-10, tanh",
        Network("784 -> 512 tanh -> 256 tanh -> 128 tanh -> 10 linear", cost="half_mse", notation="ng"),
        [("W^{[1]}", r"dZ^{[1]}".replace("dZ^{[1]}", r"\frac{\partial J}{\partial Z^{[1]}} X^T"),
          r"\frac{\partial J}{\partial A^{[1]}} X^T")],
    )  # fmt: skip


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    options = parser.parse_args()
    check(Network("2 -> 1 sigmoid"), "w_1", "0")
    print("| network | by | answer | verdict | diagnosis | first ms | warm, longest ms | processor: first | longest |")
    print("|---|---|---|---|---|---|---|---|---|")
    late = 0
    for name, network, asked in networks():
        if options.only not in name:
            continue
        for wrt, *answers in asked:
            for label, answer in zip(("right", "wrong"), answers, strict=True):
                times, worked = [], []
                for seed in range(options.rounds + 1):
                    start, work = time.perf_counter(), time.process_time()
                    found = check(network, wrt, answer, seed=seed)
                    times.append(1e3 * (time.perf_counter() - start))
                    worked.append(1e3 * (time.process_time() - work))
                late += sum(t > 1e3 * SECONDS for t in times)
                said = found.status if found.status != "not understood" else found.message[:60]
                slip = f"{found.kind or ''} {found.diagnosis.detail if found.diagnosis else ''}"
                took = (times[0], max(times[1:], default=0), worked[0], max(worked[1:], default=0))
                print(
                    f"| {name} | {wrt} | {label} | {said} | {slip} | {' | '.join(f'{t:.0f}' for t in took)} |",
                    flush=True,
                )
    print(f"\npast {SECONDS:.0f} s: {late}")


if __name__ == "__main__":
    main()
