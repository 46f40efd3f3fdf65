"""Models as files: an ``.npz`` of the arrays and of JSON that declares the network.  Nothing is pickled."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from symnet import activations, costs
from symnet.errors import SymnetError
from symnet.files import reason, write_atomically
from symnet.network import Dense, Input, Network
from symnet.train.data import Standardiser
from symnet.train.model import History, Model
from symnet.train.parameters import given, read_only

FORMAT, VERSION = "symnet model", 1
_METADATA = "symnet"
_REGULARISERS = {"l1": costs.l1, "l2": costs.l2}
_STANDARDISERS = {"standardiser": "x", "target_standardiser": "y"}

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(ValueError, KeyError, MemoryError, RuntimeError, SyntaxError),
)
"""What ``zipfile`` and NumPy raise for a file with wrong bytes."""

Definition = TypeVar("Definition", activations.Activation, costs.Cost)


def network_to_dict(network: Network) -> dict[str, Any]:
    """The network's declaration in numbers, texts, lists and dicts; :func:`network_from_dict` reads it.

    Raises SymnetError for an activation, cost or regulariser that is not symnet's own under its name.
    """
    layers = []
    for k, layer in enumerate(network.layers, 1):
        function = _by_name(layer.function, activations.ACTIVATIONS, f"the activation of layer {k}")
        layers.append({"units": layer.units, "activation": function, "bias": layer.bias})
    out: dict[str, Any] = {
        "inputs": network.inputs.units,
        "layers": layers,
        "cost": _by_name(network.cost, costs.COSTS, "the cost"),
        "regulariser": None,
        "samples": network.samples,
    }
    penalty = network.regulariser
    if penalty is not None:
        known = _REGULARISERS.get(penalty.name)
        if known is None or known(penalty.strength, penalty.normalisation) != penalty:
            raise _unnamed("the regulariser", penalty.element)
        out["regulariser"] = {
            "name": penalty.name,
            "strength": penalty.strength,
            "normalisation": penalty.normalisation,
        }
    if isinstance(network.notation, str):
        out["notation"] = network.notation
    return out


def network_from_dict(given: Mapping[str, Any]) -> Network:
    """The network that :func:`network_to_dict` described.

    Raises SymnetError for anything else: a key that is missing, a value of another type, an unknown name.
    """
    try:
        layers = [
            Dense(
                layer["units"],
                _configured(activations.activation, layer["activation"]),
                _truth(layer["bias"]),
            )
            for layer in given["layers"]
        ]
        penalty = given["regulariser"]
        return Network(
            Input(given["inputs"]),
            *layers,
            cost=_configured(costs.cost, given["cost"]),
            regulariser=None
            if penalty is None
            else _REGULARISERS[penalty["name"]](float(penalty["strength"]), penalty["normalisation"]),
            samples=given["samples"],
            notation=str(given.get("notation", "lecture")),
        )
    except KeyError as error:
        raise SymnetError(f"the description of the network lacks {error.args[0]!r}; save the model again") from None
    except (TypeError, AttributeError, OverflowError) as error:
        raise SymnetError(f"the description of the network is not understood ({error}); save the model again") from None


def _by_name(definition: Definition, known: Mapping[str, Definition], what: str) -> dict[str, Any]:
    original = known.get(definition.name)
    constants = {name: float(value) for name, value in definition.constants.items()}
    if original is None or set(constants) != set(original.constants) or original(**constants) != definition:
        expr = definition.expr if isinstance(definition, activations.Activation) else definition.element
        raise _unnamed(what, expr)
    return {"name": definition.name, "constants": constants}


def _unnamed(what: str, expr: Any) -> SymnetError:
    return SymnetError(
        f"{what}, {expr}, is an expression of your own, and a model file names the definitions that it uses; "
        "save the arrays with np.savez(path, **model.parameters) and declare the network again to use them"
    )


def _configured(find: Any, described: Mapping[str, Any]) -> Any:
    found = find(str(described["name"]))
    constants = {str(name): float(value) for name, value in described["constants"].items()}
    return found(**constants) if constants else found


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"bias is {value!r}")
    return value


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model; see :meth:`Model.save`."""
    write_atomically(Path(path), packed(model))


def packed(model: Model) -> bytes:
    """The bytes of a model's file."""
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": network_to_dict(model.network),
        "seconds": model.history.seconds,
        "note": model.history.note,
        "best": model.history.best,
        "step": model.history.step,
        "classes": model.classes,
        "features": model.features,
        "targets": model.targets,
    }
    arrays: dict[str, Any] = {
        _METADATA: np.array(json.dumps(metadata)),
        **model.parameters,
        "history_cost": np.array(model.history.cost, dtype=np.float64),
        "history_validation": np.array(model.history.validation, dtype=np.float64),
    }
    for attribute, letter in _STANDARDISERS.items():
        standardiser = getattr(model, attribute)
        if standardiser is not None:
            arrays |= {f"{letter}_mean": standardiser.mean, f"{letter}_scale": standardiser.scale}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model; see :meth:`Model.load`."""
    where = os.fspath(path)
    arrays = _arrays(Path(path))
    try:
        metadata = json.loads(str(arrays[_METADATA][()]))
        found, version = metadata["format"], metadata["version"]
    except (KeyError, TypeError, ValueError, RecursionError):
        found, version = None, None
    if found != FORMAT:
        raise SymnetError(
            f"{where} holds arrays, but is not a model that symnet saved; give a file that Model.save wrote"
        )
    if version != VERSION:
        raise SymnetError(
            f"{where} is of version {version!r} of the model format, this symnet reads version {VERSION}; "
            "use the symnet that wrote it, or train again"
        )
    try:
        return _unpacked(metadata, arrays)
    except SymnetError as error:
        raise SymnetError(f"{where}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SymnetError(f"{where} is damaged: {error} is missing or not understood; train again") from None


def _unpacked(metadata: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    network = network_from_dict(metadata["network"])
    own = {tensor.name for tensor in network.parameters}
    parameters = given(network, {name: value for name, value in arrays.items() if name in own})
    standardisers = {
        attribute: _standardiser(arrays, letter, width)
        for (attribute, letter), width in zip(
            _STANDARDISERS.items(), (network.inputs.units, network.layers[-1].units), strict=True
        )
    }
    cost = tuple(arrays["history_cost"].astype(float).tolist())
    best = metadata.get("best")  # models of before there was early stopping lack it
    if best is not None and not (isinstance(best, int) and 0 <= best < len(cost)):
        raise SymnetError(f"the best epoch is {best!r} of {len(cost) - 1}; train again")
    classes = metadata["classes"]
    if classes is not None and len(classes) not in (2, network.layers[-1].units):
        raise SymnetError(f"{len(classes)} classes do not suit {network.layers[-1].units} output units; train again")
    return Model(
        network,
        read_only(parameters),
        History(
            cost,
            tuple(arrays["history_validation"].astype(float).tolist()),
            float(metadata["seconds"]),
            str(metadata["note"]),
            best,
            str(metadata.get("step", "")),
        ),
        **standardisers,
        classes=None if classes is None else tuple(map(str, classes)),
        features=tuple(map(str, metadata["features"])),
        targets=tuple(map(str, metadata["targets"])),
    )


def _standardiser(arrays: Mapping[str, NDArray[Any]], letter: str, width: Any) -> Standardiser | None:
    if f"{letter}_mean" not in arrays:
        return None
    mean, scale = (arrays[f"{letter}_{part}"].astype(np.float64) for part in ("mean", "scale"))
    if mean.shape != (width,) or scale.shape != (width,) or not (np.isfinite(mean).all() and (scale > 0).all()):
        raise SymnetError(f"the standardiser of {letter} does not suit {width} columns; train again")
    return Standardiser(mean, scale)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of an ``.npz`` file."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"PK"
            file.seek(0)
            if zipped:
                with np.load(file, allow_pickle=False) as archive:
                    return dict(archive)
    except OSError as error:
        raise SymnetError(f"{path} cannot be read: {reason(error)}; check the path") from None
    except _DAMAGE:
        raise SymnetError(f"{path} is damaged or cut short; copy it again, or train again") from None
    raise SymnetError(f"{path} is not a model; give an .npz file that Model.save or symnet train -o wrote")
