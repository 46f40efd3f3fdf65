"""Costs and gradients at logits up to ±10000 beside mpmath: ``python -m tests.benchmarks.logits [COST …]``.

For every pair of cost and output activation: how many numbers were compared, how many true ones are beyond the range
of the precision, the largest errors relative to what is allowed, and how many are wrong.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from tests.proof.logits import PAIRS, TOLERANCE, Error, errors


def relative(found: list[Error]) -> float:
    """The largest error relative to the true number, of numbers that are not lost in the rounding of 1."""
    known = [e for e in found if e.allowed > 0 and float(abs(e.true)) > 1e-3]
    return max((e.distance / float(abs(e.true)) for e in known), default=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("costs", nargs="*", metavar="COST", help="only these costs")
    wanted = parser.parse_args().costs
    print("| cost | output | precision | numbers | beyond range | cost, rel. | gradient, rel. | wrong |")
    print("|---|---|---|---|---|---|---|---|")
    wrong = 0
    for cost, output in PAIRS:
        if wanted and cost not in wanted:
            continue
        for dtype in TOLERANCE:
            found = errors(cost, output, dtype)
            costs, slopes = [e for e in found if e.what == "C"], [e for e in found if e.what != "C"]
            beyond = sum(abs(e.true) > float(np.finfo(dtype).max) for e in found)
            bad = [e for e in found if e.wrong]
            wrong += len(bad)
            print(
                f"| {cost} | {output} | {dtype} | {len(found)} | {beyond} | {relative(costs):.1e} | "
                f"{relative(slopes):.1e} | {len(bad)} |"
            )
            for e in bad:
                print(f"    {e}", file=sys.stderr)
            sys.stdout.flush()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
