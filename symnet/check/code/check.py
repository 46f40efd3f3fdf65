"""Checking a student's NumPy gradient function: run in a limited process, compared on random data, and diagnosed.

    gradient(X, y, W1, b1, w2, b2) → {"W1": …, "b1": …, …}      or a tuple in the order of the parameters

Arguments are matched by name, in any order, with the samples as rows and weights as inputs × units; ``params`` is a
dict of all parameters.  The student's code never runs in this process (see process.py and worker.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.check.code import answer as answers
from symnet.check.code.answer import Answer
from symnet.check.code.data import Trial, trials
from symnet.check.code.diagnosis import Diagnosis, comparable, deviation, diagnose, listed
from symnet.check.code.process import Limits, Outcome, printable, run_limited
from symnet.check.code.verdict import CLOSE, CodeVerdict, ParameterCheck, Status
from symnet.errors import SymnetError
from symnet.network import Network

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""The largest relative deviation that counts as rounding, or as a harmless 1e-8 in a denominator."""

WORDS = 300
"""So many characters of an exception's own words are shown."""

MOST_SOURCE = 200_000


def check_code(
    network: Network, source_path: Path, function: str, *, seed: int = 0, seconds: float = 10.0, memory_mb: int = 512
) -> CodeVerdict:
    """Whether ``function`` in the file computes the gradient of the network's cost.

    It is called on random data with 2 and 5 samples (symbolic sizes get pairwise different small numbers), in a
    process limited to ``seconds`` and to ``memory_mb`` beyond Python's own, and compared with the derivation, which is
    first compared with finite differences of the cost.  ``right`` means equal on these data to 6 digits: strong
    evidence, not a proof.

    Raises SymnetError when the file cannot be read, for limits that are no positive numbers, for a network that has
    no data to be tested on, and on systems without limited processes (Windows).
    """
    if not 0 < seconds < np.inf or memory_mb < 1:
        raise SymnetError(f"seconds is {seconds!r} and memory_mb {memory_mb!r}; both must be positive numbers")
    source = _source(source_path)
    sets = trials(network, seed)
    request = {
        "function": function,
        "filename": Path(source_path).name,
        "quantities": answers.spellings(network),
        "parameters": [p.name for p in network.parameters],
        "dict_names": answers.DICT_NAMES,
    }
    room = 16 * sum(g.nbytes for t in sets for g in t.gradient.values()) + 2**16
    limits = Limits(seconds, memory_mb, room)
    outcome = run_limited(source, request, [_data(network, t) for t in sets], limits)
    if outcome.report.get("stage") != "done":
        why = _why_not(outcome, function, Path(source_path).name, limits)
        return CodeVerdict("could not run", why, (), (), (), outcome.printed, seed, outcome.seconds)
    return _judged(network, sets, outcome, function, seed)


def _source(path: Path) -> str:
    try:
        content = Path(path).read_bytes()
        if len(content) > MOST_SOURCE:
            raise SymnetError(f"{path} has {len(content)} bytes; a source of at most {MOST_SOURCE} is checked")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise SymnetError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SymnetError(f"{path} is not UTF-8 text; save it as a Python source file in UTF-8") from None


def _data(network: Network, trial: Trial) -> dict[str, Floats]:
    data = {tensor.name: value for tensor, value in trial.given.items()}
    return {**data, "n": np.asarray(trial.samples)}


# -- why it could not run ----------------------------------------------------------------------------------------------


def _why_not(outcome: Outcome, function: str, filename: str, limits: Limits) -> str:
    """One or two sentences."""
    if outcome.ended:
        return f"{function} {outcome.ended}."
    report = outcome.report
    stage, error, words = (printable(str(report.get(key) or ""), WORDS) for key in ("stage", "error", "words"))
    line = report.get("line")
    where = f" in line {line}" if isinstance(line, int) else ""
    who = function if stage == "call" else filename
    if stage == "find":
        listing = report.get("functions")
        known = printable(", ".join(map(str, listing)) if isinstance(listing, list) else "", WORDS) or "none"
        return f"{filename} defines no function {function}; it defines {known}."
    if stage == "CannotCall":
        return f"{function} cannot be called: {words}."
    if stage == "BadResult":
        return f"The result of {function} cannot be read: {words}."
    if report.get("refused"):
        return f"{who} tried to {words}{where}; a gradient only computes, so that is refused."
    if error == "MemoryError":
        return f"{who} ran out of memory{where}: it may use {limits.memory_mb} MB."
    if error == "RecursionError":
        return f"{who} calls itself too often{where}: the recursion does not end."
    if error == "SystemExit":
        return f"{who} called exit{where} instead of returning a result."
    if error == "EOFError":
        return f"{who} asked for input{where}; there is none, everything comes as arguments."
    if error in ("ModuleNotFoundError", "ImportError"):
        there = "only numpy, scipy and the plain standard library are there"
        return f"{filename} could not import a module{where} ({words}); {there}."
    if error in ("SyntaxError", "IndentationError", "TabError"):
        return f"{filename} is not Python{where}: {words}."
    return f"{who} raised {error}{where}" + (f": {words}." if words else ".")


# -- the comparison ----------------------------------------------------------------------------------------------------


def _judged(network: Network, sets: Sequence[Trial], outcome: Outcome, function: str, seed: int) -> CodeVerdict:
    report = outcome.report
    shapes = [{name: g.shape for name, g in t.gradient.items()} for t in sets]
    try:
        readings = answers.read(network, report["results"], outcome.arrays, shapes, report["arguments"])
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        RecursionError,
    ):  # an answer that no worker wrote
        readings = []

    def verdict(status: Status, message: str, checks: Sequence[ParameterCheck] = (), *rest: Any) -> CodeVerdict:
        diagnoses, remarks = rest or ((), ())
        return CodeVerdict(status, message, tuple(checks), diagnoses, remarks, outcome.printed, seed, outcome.seconds)

    if not readings:
        names = ", ".join(p.name for p in network.parameters)
        hint = f"return a dict with the keys {names}, or a tuple in this order"
        return verdict("could not run", f"The result of {function} was not understood; {hint}.")
    checked = [(_checks(network, sets, answer), answer) for answer in readings]
    checks, answer = max(checked, key=lambda pair: sum(c.is_right for c in pair[0]))
    remarks = _remarks(checks, answer, sets, network)
    if all(c.is_right for c in checks):
        counts = " and ".join(str(n) for n in sorted({t.samples for t in sets}))
        largest = max(c.deviation or 0.0 for c in checks)
        parameters = "parameter" if len(checks) == 1 else f"{len(checks)} parameters"
        data = f"random data with {counts} samples (largest deviation {largest:.0e})"
        message = f"The gradient is right for the {parameters} on {data}."
        return verdict("right", message, checks, (), remarks)
    diagnoses: tuple[Diagnosis, ...] = ()
    if all(c.shape is not None for c in checks):
        diagnoses = diagnose(network, sets, answer.gradients, TOLERANCE)
    wrong = [c for c in checks if not c.is_right]
    named = listed([c.name for c in wrong])
    head = f"The gradient of {named} is wrong: {wrong[0].message}."
    return verdict("wrong", " ".join([head, *_sentences(diagnoses, wrong)]), checks, diagnoses, remarks)


def _sentences(diagnoses: Sequence[Diagnosis], wrong: Sequence[ParameterCheck]) -> list[str]:
    out = []
    for d in diagnoses:
        whose = "" if len(d.parameters) == len(wrong) else f" (This explains {listed(d.parameters)}.)"
        out.append(d.message + whose)
    return out


def _checks(network: Network, sets: Sequence[Trial], answer: Answer) -> list[ParameterCheck]:
    return [_check(p.name, sets, answer) for p in network.parameters]


def _check(name: str, sets: Sequence[Trial], answer: Answer) -> ParameterCheck:
    """The parameter on the data set where it deviates most; a shape that differs is worse than any number."""
    worst: ParameterCheck | None = None
    for trial, gradients in zip(sets, answer.gradients, strict=True):
        right, given = trial.gradient[name], gradients.get(name)
        if given is None:
            return ParameterCheck(name, False, right.shape, None, None)
        if not comparable(given, right):
            return ParameterCheck(name, False, right.shape, given.shape, None, samples=trial.samples)
        off = deviation(given, right)
        largest = float(off.max(initial=0.0))
        if worst is not None and worst.deviation is not None and largest <= worst.deviation:
            continue
        fine = largest <= TOLERANCE
        index = tuple(int(i) for i in np.argwhere(off > (0 if fine else TOLERANCE))[0]) if largest > 0 else None
        shown = given.reshape(right.shape)
        at = index if index is not None else (0,) * right.ndim
        worst = ParameterCheck(
            *(name, fine, right.shape, given.shape, largest, index),
            *(float(shown[at]), float(right[at]), trial.samples),
        )
    assert worst is not None
    return worst


def _remarks(
    checks: Sequence[ParameterCheck], answer: Answer, sets: Sequence[Trial], network: Network
) -> tuple[str, ...]:
    out = [answer.remark] if answer.remark else []
    for c in checks:
        if c.is_right and c.shape != c.expected:
            out.append(f"{c.name} was returned with shape {c.shape}; its own shape is {c.expected}")
    if answer.costs:
        off = [
            k
            for k, (given, t) in enumerate(zip(answer.costs, sets, strict=True))
            if not np.isclose(given, t.cost, 1e-6)
        ]
        if off:
            given, right = answer.costs[off[0]], sets[off[0]].cost
            out.append(f"the cost that was returned with the gradient is {given:.6g}, right is {right:.6g}")
    off_by = [c.deviation for c in checks if not c.is_right]
    if off_by and all(d is not None and d < CLOSE for d in off_by):
        out.append("the numbers are close: is it single precision, or differences with too large a step?")
    faint = _faint(network, sets)
    if faint:
        out.append(faint)
    return tuple(out)


def _faint(network: Network, sets: Sequence[Trial]) -> str:
    """A regulariser too weak to be seen in the numbers."""
    if network.regulariser is None:
        return ""
    for p in network.parameters:
        if p.role == "weight":
            share = max(network.regulariser.strength * _ratio(t.given[p], t.gradient[p.name]) for t in sets)
            if share < 100 * TOLERANCE:
                return f"λ = {network.regulariser.strength:g} is too small to tell whether the regulariser is there"
    return ""


def _ratio(first: Floats, second: Floats) -> float:
    return float(np.abs(first).max() / max(float(np.abs(second).max()), 1e-300))
