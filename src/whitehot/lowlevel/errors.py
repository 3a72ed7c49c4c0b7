"""What goes wrong when low-level code is translated or run as Python."""

from __future__ import annotations

from whitehot.errors import WhitehotError


class LowLevelError(WhitehotError):
    """Low-level code that cannot be translated: where, what was found, and what to write instead."""


class SideExit(Exception):
    """`side_exit()` of a body that runs as Python."""


class RaiseExit(Exception):
    """`raise_exit()` of a body that runs as Python."""
