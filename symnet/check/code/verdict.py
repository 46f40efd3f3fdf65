"""The verdict on a student's gradient function, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from symnet.check.code.diagnosis import Diagnosis

CLOSE = 1e-3
"""Below this, a deviation looks like single precision or crude differences rather than a mistake."""

Status = Literal["right", "wrong", "could not run"]


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """One parameter's gradient: whether it is right, and if not, where it first deviates.

    ``index`` counts from 0 as NumPy does; ``shape`` is what the function returned, ``expected`` the parameter's.
    ``given`` and ``right`` are None where the shapes differ or the parameter is missing.
    """

    name: str
    is_right: bool
    expected: tuple[int, ...]
    shape: tuple[int, ...] | None
    deviation: float | None
    index: tuple[int, ...] | None = None
    given: float | None = None
    right: float | None = None
    samples: int = 0

    @property
    def message(self) -> str:
        """One clause for a student."""
        if self.is_right:
            return f"{self.name} is right"
        if self.shape is None:
            return f"{self.name} is missing from the result"
        if self.given is None:
            return f"{self.name} has shape {self.shape} for {self.samples} samples, its gradient has {self.expected}"
        place = f"{self.name}[{', '.join(map(str, self.index))}]" if self.index else self.name
        digits = 6 if (self.deviation or 0) > CLOSE else 12
        return f"{place} is {self.given:.{digits}g}, right is {self.right:.{digits}g}"

    def to_json(self) -> dict[str, Any]:
        """As plain values for ``json.dumps``."""
        return {
            "name": self.name,
            "right": self.is_right,
            "shape": None if self.shape is None else list(self.shape),
            "expected_shape": list(self.expected),
            "deviation": _plain(self.deviation),
            "index": None if self.index is None else list(self.index),
            "given_value": _plain(self.given),
            "right_value": _plain(self.right),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class CodeVerdict:
    """What :func:`~symnet.check.code.check.check_code` found.

    ``message`` is one or two sentences for the student, ``parameters`` says it for each parameter, ``diagnoses`` are
    the mistakes that explain the numbers, ``remarks`` what else is worth knowing; ``printed`` is what the code printed.
    """

    status: Status
    message: str
    parameters: tuple[ParameterCheck, ...]
    diagnoses: tuple[Diagnosis, ...]
    remarks: tuple[str, ...]
    printed: str
    seed: int
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether every parameter's gradient is right."""
        return self.status == "right"

    @property
    def kind(self) -> str | None:
        """The stable code of the first diagnosis."""
        return self.diagnoses[0].kind if self.diagnoses else None

    def text(self) -> str:
        """The verdict for a terminal."""
        lines = [f"{self.status}: {self.message}"]
        if self.status == "wrong":
            lines += [f"  {p.message}" for p in self.parameters]
        lines += [f"  note: {remark}" for remark in self.remarks]
        if self.printed:
            lines += ["  the code printed:", *(f"    {line}" for line in self.printed.splitlines())]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain values for ``json.dumps``."""
        return {
            "status": self.status,
            "message": self.message,
            "kind": self.kind,
            "parameters": [p.to_json() for p in self.parameters],
            "diagnoses": [
                {"kind": d.kind, "message": d.message, "parameters": list(d.parameters)} for d in self.diagnoses
            ],
            "remarks": list(self.remarks),
            "printed": self.printed,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
        }


def _plain(number: float | None) -> float | None:
    return number if number is not None and np.isfinite(number) else None
