"""Checking what was derived by hand: reading an answer, deciding whether it is right, saying what went wrong.

An answer becomes an expression over the network's own tensors and named axes; nothing of it is ever executed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from symnet.check.code.gradcheck import GradCheck
    from symnet.check.document.findings import DocumentVerdict
    from symnet.check.read.symbols import Vocabulary
    from symnet.check.verdict import Verdict
    from symnet.network import Network


def check(
    network: Network,
    wrt: str,
    answer: str,
    *,
    syntax: Literal["auto", "latex", "python"] = "auto",
    names: Mapping[str, str] | Vocabulary | None = None,
    seed: int = 0,
) -> Verdict:
    """Whether ``answer``, in LaTeX or Python, is ∂C/∂wrt; see :func:`symnet.check.verdict.check`.

    Raises SymnetError when ``wrt`` names nothing that the cost depends on.
    """
    from symnet.check.verdict import check as decide

    return decide(network, wrt, answer, syntax=syntax, names=names, seed=seed)


def check_document(document: str | Path, networks: Any, *, seed: int = 0) -> DocumentVerdict:
    """Every equation of lecture notes against the networks that they speak of.

    ``document`` is a Markdown, LaTeX or notebook file, or Markdown as text; ``networks`` a Network, a spec string, a
    network file, or several of them.  See :func:`symnet.check.document.check.check_document`.

    Raises SymnetError for a document or a network that cannot be read.
    """
    from symnet.check.document.check import check_document as whole

    return whole(document, networks, seed=seed)


def gradcheck(f: Callable[..., Any], grad: Callable[..., Any], x: Any, **options: Any) -> GradCheck:
    """Whether ``grad`` is the gradient of ``f`` at ``x``; see :func:`symnet.check.gradcheck.gradcheck`."""
    from symnet.check.code.gradcheck import gradcheck as compare

    return compare(f, grad, x, **options)
