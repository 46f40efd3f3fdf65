"""The practice page under use, load and attack, as tables: ``python -m tests.benchmarks.practice --help``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.practice", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    session = what.add_parser("session", help="ten exercises by keyboard in Chromium, looked at by axe-core")
    session.add_argument("--pictures", type=Path, help="a folder for pictures of the pages")
    session.add_argument("--axe", type=Path, help="axe.min.js of the npm package axe-core")
    load = what.add_parser("load", help="many students at once, and a server that is killed in the middle")
    load.add_argument("--students", type=int, default=100)
    load.add_argument("--seconds", type=float, default=120.0, help="how long the traffic lasts (120)")
    load.add_argument("--compressed", type=float, default=10.0, help="think times are shortened by this factor (10)")
    load.add_argument("--workers", type=int, default=3)
    load.add_argument("--no-kill", action="store_true", help="let the server live")
    what.add_parser("attacks", help="what each attack got")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="practice-") as folder:
        if given.what == "session":
            from tests.benchmarks.practice import session as campaign

            campaign.run(Path(folder), given.pictures, given.axe)
        elif given.what == "load":
            from tests.benchmarks.practice import load as traffic

            traffic.run(Path(folder), given)
        else:
            from tests.benchmarks.practice import attacks

            attacks.run(Path(folder))


if __name__ == "__main__":
    main()
