"""What the generated file has in the place of these: its kernels, and what they are."""

from __future__ import annotations

from typing import Any

import numpy as np

NETWORK: dict[str, Any] = {}


def forward_kernel(*arguments: Any) -> Any:
    """ŷ."""


def cost_kernel(*arguments: Any) -> Any:
    """C."""


def gradient_kernel(*arguments: Any) -> Any:
    """C and its partial derivatives."""


def train_kernel(*arguments: Any) -> Any:
    """Steps."""


moments_kernel: Any = None

# ---- below this line ----

DTYPE = np.dtype(NETWORK["dtype"]) if NETWORK else np.dtype("float64")
GATHERED = 16_000_000
"""Bytes of samples that are put in order at a time."""
BLOCK, BUFFER = 4096, 16
"""A memory map is read in blocks of so many samples; so many blocks are shuffled together."""
JUDGED = 100_000
"""The cost of a memory map is that of so many of its first samples."""
PIECE = 16_384
"""Predictions are made for so many samples at a time: what is computed between has room in memory."""
