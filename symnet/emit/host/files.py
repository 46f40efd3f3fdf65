"""Models and checkpoints as files."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile

import numpy as np

from symnet.emit.host.arrays import TrainerError, _given
from symnet.emit.host.given import NETWORK
from symnet.emit.host.training import Model

# ---- below this line ----


def save(model, path):
    """Write a model or checkpoint, whole or not at all."""
    arrays = {f"parameter {k}": v for k, v in model.parameters.items()}
    arrays |= {f"kept {k}": v for k, v in model.kept.items()}
    arrays |= {f"state {s} {k}": v for s, d in model.states.items() for k, v in d.items()}
    known = {name: getattr(model, name) for name in ("epoch", "steps", "seed", "best", "table", "options")}
    known |= {"costs": model.costs, "validation_costs": model.validation_costs, "network": NETWORK["name"]}
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(known)), **arrays)
    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getvalue())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise TrainerError(
            f"{path} cannot be written: {error.strerror}; give a file in a folder that is writable"
        ) from None


def load(path):
    """The model in a file that ``save`` wrote."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        known = json.loads(str(arrays.pop("about")))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise TrainerError(f"{path} is not there; check the path") from None
        raise TrainerError(f"{path} cannot be read: {error}; check the path") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise TrainerError(f"{path} is damaged or no model; train again, or give another file") from None
    if known.pop("network", None) != NETWORK["name"]:
        raise TrainerError(f"{path} is a model of another network than {NETWORK['name']}")
    parts = {"parameter": {}, "kept": {}}
    states = {state: {} for state in NETWORK["states"]}
    for name, value in arrays.items():
        kind, *rest = name.split(" ")
        (states[rest[0]] if kind == "state" else parts[kind])[rest[-1]] = value
    return Model(_given(parts["parameter"]), kept=_given(parts["kept"]), states=states, **known)
