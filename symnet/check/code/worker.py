"""The child process that runs a student's function.  It is started by file name and imports nothing of symnet.

    python -I -B worker.py REQUEST_FD RESULT_FD SITE_PACKAGES

It reads one request (.npz bytes: the source, what to call, the data), gives up every right that computing does not
need (confine.py), says so with one byte (``R``), runs the source, calls the function once for each data set, and
writes one answer (.npz bytes).
"""

import importlib.util
import inspect
import io
import json
import os
import sys
import time
import types
from collections.abc import Callable, Mapping
from typing import Any


class CannotCall(TypeError):
    """The function's arguments are not the network's quantities."""


class BadResult(TypeError):
    """The function's result cannot be read."""


class Parameters(dict[str, Any]):
    """All parameters by name, for a function that takes them as one dict; other spellings of a name are understood."""

    spellings: Mapping[str, str] = {}

    def __missing__(self, key: str) -> Any:
        return self[self.spellings[key]]


def match(name: str, quantities: Mapping[str, list[str]]) -> str | None:
    """The quantity that an argument's name means, the first letter's case left aside."""
    for exact in (True, False):
        for quantity, spellings in quantities.items():
            if name in spellings or (not exact and name.swapcase()[:1] + name[1:] in spellings):
                return quantity
    return None


def bind(function: Callable[..., Any], request: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Which quantity goes where: positional arguments in order, and keyword arguments; ``*`` means all parameters."""
    quantities: Mapping[str, list[str]] = request["quantities"]
    positional: list[str] = []
    keywords: dict[str, str] = {}
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            continue
        quantity = match(argument.name, quantities)
        if quantity is None and argument.name in request["dict_names"]:
            quantity = "*"
        if quantity is None:
            if argument.default is not argument.empty:
                continue
            known = ", ".join(spellings[0] for spellings in quantities.values())
            raise CannotCall(f"its argument {argument.name} is none of {known}; rename it or give it a default")
        if argument.kind is argument.POSITIONAL_ONLY:
            positional.append(quantity)
        else:
            keywords[argument.name] = quantity
    return positional, keywords


def call(function: Callable[..., Any], request: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    """The function called with one data set."""
    positional, keywords = bind(function, request)

    def value(quantity: str) -> Any:
        if quantity != "*":
            return data[quantity].copy()[()]
        found = Parameters({name: data[name].copy()[()] for name in request["parameters"]})
        quantities = request["quantities"]
        spelt = {s: name for name in request["parameters"] for s in quantities[name]}
        found.spellings = {s[:1].swapcase() + s[1:]: name for s, name in spelt.items()} | spelt
        return found

    return function(*map(value, positional), **{name: value(q) for name, q in keywords.items()})


def describe(value: Any, arrays: dict[str, Any], room: int, depth: int = 0) -> Any:
    """The result's structure as JSON (lists, dicts, names of arrays), its numbers put into ``arrays``."""
    import numpy as np

    if isinstance(value, Mapping) and depth < 3:
        if len(value) > 1000:
            raise BadResult(f"it returned a dict of {len(value)} entries")
        return {"dict": [[str(k)[:100], describe(v, arrays, room, depth + 1)] for k, v in value.items()]}
    if (
        isinstance(value, tuple | list)
        and depth < 3
        and any(isinstance(v, Mapping | tuple | np.ndarray) for v in value)
    ):
        if len(value) > 1000:
            raise BadResult(f"it returned a sequence of {len(value)} parts")
        return {"list": [describe(v, arrays, room, depth + 1) for v in value]}
    if value is None or isinstance(value, str | bytes):
        raise BadResult(f"it returned {'nothing' if value is None else 'text'} where an array was expected")
    try:
        array = np.asarray(value)
    except ValueError as error:
        if isinstance(value, tuple | list) and depth < 3:
            return {"list": [describe(v, arrays, room, depth + 1) for v in value[:1000]]}
        raise BadResult(f"it returned a {type(value).__name__} that is no array") from error
    if array.dtype.kind not in "biuf":
        raise BadResult(f"it returned a {type(value).__name__} of type {array.dtype}, real numbers were expected")
    if array.size * 8 + sum(a.nbytes for a in arrays.values()) > room:
        raise BadResult(f"it returned an array of shape {array.shape}, which is too large for a gradient")
    name = f"r{len(arrays)}"
    arrays[name] = np.array(array, dtype=np.float64)
    sequence = isinstance(value, tuple | list) and array.ndim == 1
    return {"array": name, "numbers": True} if sequence else {"array": name}


def told(error: BaseException, filename: str) -> dict[str, Any]:
    """An exception of the student's code: its kind, its words, and the last of the student's lines in it."""
    line = None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == filename:
            line = frame.tb_lineno
        frame = frame.tb_next
    if isinstance(error, SyntaxError) and error.filename == filename:
        line = error.lineno
    try:
        words = str(error.msg if isinstance(error, SyntaxError) else error)[:300]
    except BaseException:
        words = ""
    return {
        "error": type(error).__name__[:100],
        "refused": getattr(type(error), "REFUSED", False) is True,
        "words": words,
        "line": line,
    }


def answer(
    source: str, request: Mapping[str, Any], sets: list[dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the source and call its function on every data set: the report (JSON) and the arrays."""
    arrays: dict[str, Any] = {}
    filename, stage = request["filename"], "run"
    try:
        module = types.ModuleType("student")
        module.__file__ = filename
        sys.modules["student"] = module
        exec(
            compile(source, filename, "exec", dont_inherit=True), module.__dict__
        )  # safe: in the confined process alone
        function = module.__dict__.get(request["function"])
        if not callable(function):
            known = [k for k, v in module.__dict__.items() if isinstance(v, types.FunctionType)][:20]
            return {"stage": "find", "functions": known}, {}
        stage, results = "call", []
        positional, keywords = bind(function, request)
        started = time.perf_counter()
        for data in sets:
            results.append(describe(call(function, request, data), arrays, request["room"]))
        seconds, order = time.perf_counter() - started, [*positional, *keywords.values()]
        return {"stage": "done", "results": results, "arguments": order, "seconds": seconds}, arrays
    except (CannotCall, BadResult) as error:
        return {"stage": type(error).__name__, "words": str(error)[:300]}, {}
    except BaseException as error:
        return {"stage": stage, **told(error, filename)}, {}


def sibling(name: str) -> Any:
    """The module in the file beside this one, without putting the folder on the path."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Read the request, confine the process, answer, leave without any of the student's clean-up code."""
    request_fd, result_fd = int(sys.argv[1]), int(sys.argv[2])
    sys.path.append(sys.argv[3])
    import numpy as np

    with open(request_fd, "rb") as pipe:
        content = pipe.read()
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    source = arrays.pop("source").tobytes().decode("utf-8")
    request = json.loads(arrays.pop("request").tobytes())
    sets: list[dict[str, Any]] = [{} for _ in range(request["sets"])]
    for name, value in arrays.items():
        number, _, quantity = name.partition("/")
        sets[int(number)][quantity] = value
    sibling("confine").confine(source, request["seconds"], request["memory_mb"])
    os.write(result_fd, b"R")
    report, values = answer(source, request, sets)
    buffer = io.BytesIO()
    values["report"] = np.frombuffer(json.dumps(report).encode(), dtype=np.uint8)
    np.savez(buffer, **values)
    sys.stdout.flush()
    sys.stderr.flush()
    view = memoryview(buffer.getvalue())
    while view:
        view = view[os.write(result_fd, view) :]
    os._exit(0)


if __name__ == "__main__":
    main()
