"""Types of arrays and C functions for ctypes, each made once.

A type refers to itself. One that is let go of would be garbage, which the program could see its collector find.
"""

from __future__ import annotations

import ctypes
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@cache
def words(count: int) -> type[ctypes.Array[ctypes.c_uint64]]:
    """So many unsigned words."""
    return ctypes.c_uint64 * count


@cache
def signed_words(count: int) -> type[ctypes.Array[ctypes.c_int64]]:
    """So many signed words."""
    return ctypes.c_int64 * count


@cache
def function(result: type | None, *arguments: type) -> Any:
    """A C function that is called with the GIL held. Attributes of `ctypes.pythonapi` would be shared with the program."""
    return ctypes.PYFUNCTYPE(result, *arguments)
