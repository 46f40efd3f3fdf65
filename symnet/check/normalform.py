from __future__ import annotations
from typing import Any


def proved(*args: Any) -> bool:
    return False
