"""Every bad input of ``tests/test_bad_input.py`` and the sentence it gets, as a Markdown table.

python -m tests.benchmarks.bad_input
"""

from __future__ import annotations

import io
import shlex
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.test_bad_input import CASES, Case, attempt


def answer(case: Case) -> tuple[int, str]:
    """The exit status of a case and what it prints on stderr."""
    written = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        redirect_stderr(written),
        redirect_stdout(io.StringIO()),
    ):
        status = attempt(case, Path(folder), patch)
    return status, written.getvalue().strip()


def cell(text: str) -> str:
    """Text as a cell of a table."""
    return text.replace("\n", " ").replace("|", r"\|")


def main() -> None:
    print("| # | wrong | command | status | answer |\n|---|---|---|---|---|")
    for number, case in enumerate(CASES, 1):
        status, sentence = answer(case)
        command = cell(shlex.join(("symnet", *case.arguments)))
        print(f"| {number} | {case.wrong} | `{command}` | {status} | {cell(sentence)} |")


if __name__ == "__main__":
    main()
