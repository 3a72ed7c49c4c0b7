"""The tiers of native code. What decides which one code gets is in `runtime/tiering.py`."""

from __future__ import annotations

from enum import Enum


class Tier(Enum):
    """How code is compiled; the value is its name in settings, counts and reports."""

    BASELINE = "baseline"
    """Ready within milliseconds, and counts how much it does."""
    OPTIMIZING = "optimizing"
    """By LLVM, for what is white-hot."""
