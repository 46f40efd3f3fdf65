"""A gradient function as an answer where a derivative is asked for: it runs in the checker's limited process only."""

from __future__ import annotations

import ast
import re
import tempfile
import warnings
from pathlib import Path

from symnet.check.code.check import check_code
from symnet.check.code.verdict import CodeVerdict
from symnet.check.read.symbols import Target, target, vocabulary_of
from symnet.check.read.syntax import NotUnderstood
from symnet.errors import SymnetError
from symnet.exercises.variant import Formula

SECONDS = 5.0
_DEF = re.compile(r"^def\s+\w+\s*\(", re.MULTILINE)


def is_code(text: str) -> bool:
    """Whether a text is Python that defines a function."""
    return _DEF.search(text) is not None


def checked(answer: Formula, text: str) -> tuple[bool, CodeVerdict]:
    """Whether the last function of a text computes the gradient that is asked for, and what was found.

    Raises NotUnderstood for code that does not run, and where something else than a parameter's gradient is asked for.
    """
    wanted = answer.wrt
    if not isinstance(wanted, Target):
        wanted = target(answer.network, wanted, vocabulary_of(answer.network, answer.names))
    if wanted.tensor not in answer.network.parameters:
        raise NotUnderstood("a formula is asked for here, and this is a program")
    try:
        with warnings.catch_warnings(action="ignore"):
            functions = [s.name for s in ast.parse(text).body if isinstance(s, ast.FunctionDef)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise NotUnderstood(f"this is not Python{line}") from None
    if not functions:
        raise NotUnderstood("the program defines no function")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.py"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            verdict = check_code(answer.network, path, functions[-1], seconds=SECONDS)
        except SymnetError as error:
            raise NotUnderstood(str(error)) from None
    if verdict.status == "could not run":
        raise NotUnderstood(verdict.message.rstrip("."))
    found = {parameter.name: parameter for parameter in verdict.parameters}
    return found[wanted.tensor.name].is_right, verdict
